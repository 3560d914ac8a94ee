"""JupyterLab opens on the first lesson, for this machine only."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
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
        self.line, self.env, self.looks = line, env, 0
        self.socket = socket.socket()
        self.socket.bind((lab.HOST, self.port))
        self.socket.listen()

    @property
    def port(self) -> int:
        (option,) = [word for word in self.line if word.startswith("--ServerApp.port=")]
        return int(option.split("=")[1])

    def poll(self) -> int | None:
        """Run until it was looked at three times, then end by itself."""
        self.looks += 1
        return None if self.looks < 4 else self.wait()

    def wait(self, timeout: float | None = None) -> int:
        self.socket.close()
        return 0

    def terminate(self) -> None:
        raise AssertionError("it has ended by itself")

    kill = terminate


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


LISTENS = "s = socket.socket(); s.bind(('127.0.0.1', {port})); s.listen()"
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
PROGRAM = """
import signal, sys
from pathlib import Path
from mmtutor.tools import lab

before, after = sys.argv[1:]
SERVER = f"import os, signal, socket, time\\n{before}\\nprint(os.getpid(), flush=True)\\n{after}\\n"
lab.PATIENCE = 1
lab.command = lambda root, port, browser, as_root: [
    sys.executable, "-c", SERVER.format(port=port) + "time.sleep(600)"
]
sys.exit(lab.lab(Path.cwd(), 0, browser=False))
"""

unix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")


def fresh_signals(silent: bool) -> None:
    """Hear signals also where the tests run under `nohup`; `silent` programs ignore hanging up."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_IGN if silent else signal.SIG_DFL)


class Lab:
    """`mmtutor lab` as a program of its own, with a server that sleeps in JupyterLab's place."""

    def __init__(self, before: str, after: str, silent: bool = False) -> None:
        self.program = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, before, after],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: fresh_signals(silent),
        )
        self.server = int(self.program.stdout.readline())

    def read_until(self, words: str) -> None:
        assert any(words in line for line in self.program.stdout)

    def told(self, number: int) -> int:
        """Send a signal to the command alone and return its exit status."""
        self.program.send_signal(number)
        return self.program.wait(timeout=20)

    def serves(self) -> bool:
        """Say whether the server still runs."""
        try:
            os.kill(self.server, 0)
        except ProcessLookupError:
            return False
        return True


@pytest.fixture
def started() -> Iterator[list[Lab]]:
    """Programs that are ended after the test, whatever it found."""
    labs: list[Lab] = []
    yield labs
    for one in labs:
        if one.program.poll() is None or one.serves():
            os.killpg(one.program.pid, signal.SIGKILL)
        one.program.wait()


@unix
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_the_server_ends_with_the_command(started: list[Lab], name: str) -> None:
    started.append(Lab("", LISTENS))
    started[0].read_until("Control-C ends it")
    number = getattr(signal, name)
    assert started[0].told(number) == 128 + number and not started[0].serves()


@unix
def test_the_server_ends_before_it_has_answered(started: list[Lab]) -> None:
    started.append(Lab("", ""))
    assert started[0].told(signal.SIGTERM) == 128 + signal.SIGTERM and not started[0].serves()


@unix
def test_a_server_that_does_not_listen_to_signals_ends_too(started: list[Lab]) -> None:
    started.append(Lab(DEAF, LISTENS))
    started[0].read_until("Control-C ends it")
    assert started[0].told(signal.SIGTERM) == 128 + signal.SIGTERM and not started[0].serves()


@unix
def test_a_closed_terminal_is_ignored_where_its_user_asked_for_that(started: list[Lab]) -> None:
    """As `nohup mmtutor lab &` does."""
    started.append(Lab("", LISTENS, silent=True))
    started[0].read_until("Control-C ends it")
    started[0].program.send_signal(signal.SIGHUP)
    time.sleep(1)
    assert started[0].serves() and started[0].program.poll() is None
    assert started[0].told(signal.SIGTERM) == 128 + signal.SIGTERM and not started[0].serves()


@unix
def test_control_c_is_no_failure(started: list[Lab]) -> None:
    """A terminal tells both; here the server hears nothing, and is ended all the same."""
    started.append(Lab("", LISTENS))
    started[0].read_until("Control-C ends it")
    assert started[0].told(signal.SIGINT) == 0 and not started[0].serves()


def test_a_port_that_cannot_be_is_refused(course: Path, servers: list[Server]) -> None:
    result = mmtutor_("lab", "--port", "70000")
    assert result.exit_code == 2 and "65535" in result.output and not servers


def test_the_address_is_the_one_that_a_codespace_forwards() -> None:
    domain = {"GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN": "app.github.dev"}
    forwarded = lab.address(8888, "t", {"CODESPACE_NAME": "blue-star", **domain})
    assert forwarded.startswith("https://blue-star-8888.app.github.dev/lab/tree/notebooks/00")
    assert lab.address(8888, "t", domain).startswith("http://127.0.0.1:8888/lab/tree/")


def test_a_hub_has_its_own_jupyterlab(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/ada/")
    monkeypatch.setattr(lab, "start", lambda line, env: pytest.fail("a second server"))
    assert lab.lab(tmp_path) == 0
    assert "JupyterLab runs here already" in capsys.readouterr().out
    assert lab.in_a_hub({}) == ""
