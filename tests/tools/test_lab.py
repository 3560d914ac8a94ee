"""JupyterLab opens on the first lesson, for this machine only."""

import socket
import sys
from pathlib import Path

import pytest

from mmtutor.tools import lab
from tests.tools.small import mmtutor_


def test_a_taken_port_is_avoided() -> None:
    with socket.socket() as taken:
        taken.bind((lab.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert lab.free_port(port) not in (0, port)
    assert lab.free_port(port) == port


class Server:
    """Stands in for a running JupyterLab, and listens where it was told to."""

    def __init__(self, line: list[str], env: dict[str, str]) -> None:
        self.line, self.env, self.ended = line, env, False
        self.socket = socket.socket()
        self.socket.bind((lab.HOST, self.port))
        self.socket.listen()

    @property
    def port(self) -> int:
        (option,) = [word for word in self.line if word.startswith("--ServerApp.port=")]
        return int(option.split("=")[1])

    def poll(self) -> int | None:
        return None

    def wait(self, timeout: float | None = None) -> int:
        self.socket.close()
        return 0

    def terminate(self) -> None:
        self.ended = True


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> list[Server]:
    """Every server that the command starts."""
    started: list[Server] = []

    def start(line: list[str], env: dict[str, str]) -> Server:
        started.append(Server(line, env))
        return started[-1]

    monkeypatch.setattr(lab, "start", start)
    return started


def test_lab_serves_this_machine_only_and_prints_the_address(
    course: Path, servers: list[Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab, "is_root", lambda: True)
    result = mmtutor_("lab", "--no-browser", "--port", str(lab.free_port(0)))
    (server,) = servers
    token = server.env["JUPYTER_TOKEN"]
    assert result.exit_code == 0 and len(token) >= 32
    page = "lab/tree/notebooks/00_start_here.ipynb"
    assert f"http://127.0.0.1:{server.port}/{page}?token={token}\n" in result.output
    assert {"--ServerApp.ip=127.0.0.1", "--no-browser", "--allow-root"} <= set(server.line)
    assert f"--ServerApp.root_dir={course}" in server.line
    assert token not in " ".join(server.line)
    assert server.line[:3] == [sys.executable, "-m", "jupyterlab"]


@pytest.mark.parametrize("as_root", [True, False])
@pytest.mark.parametrize("browser", [True, False])
def test_the_command_line_follows_the_machine(browser: bool, as_root: bool) -> None:
    line = lab.command(Path("course"), 8888, browser, as_root)
    assert ("--no-browser" in line) is not browser
    assert ("--allow-root" in line) is as_root


def test_lab_takes_another_port_when_8888_is_taken(course: Path, servers: list[Server]) -> None:
    with socket.socket() as taken:
        taken.bind((lab.HOST, 0))
        taken.listen()
        mmtutor_("lab", "--port", str(taken.getsockname()[1]))
        assert servers[0].port != taken.getsockname()[1]


def test_without_a_screen_no_browser_is_opened() -> None:
    assert not lab.can_open_browser({}, "linux")
