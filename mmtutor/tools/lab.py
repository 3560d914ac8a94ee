"""Start JupyterLab on the first lesson: this machine only, with a token, on a free port."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, runtime_checkable

from mmtutor.tools.places import home_for_jupyter
from mmtutor.tools.show import console

HOST = "127.0.0.1"
PORT = 8888
FIRST = "notebooks/00_start_here.ipynb"
PATIENCE = 10
"""Seconds that a server has to end by itself."""


@runtime_checkable
class Server(Protocol):
    """What is asked of a running server; `subprocess.Popen` is one."""

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


def free_port(wanted: int = PORT) -> int:
    """Return `wanted` if nothing listens there, else a port that the system finds free."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise OSError(f"no port of {HOST} is free")


def can_open_browser(environment: Mapping[str, str], platform: str = sys.platform) -> bool:
    """Say whether a window can appear: there is a browser, and on Linux a screen to draw on."""
    if platform.startswith("linux"):
        screens = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
        if not any(environment.get(name) for name in screens):
            return False
    try:
        return bool(webbrowser.get())
    except webbrowser.Error:
        return False


def command(root: Path, port: int, browser: bool, as_root: bool) -> list[str]:
    """Return the command line of the server. The token is not on it: others could read it there."""
    line = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={root}"]
    line += [f"--ServerApp.ip={HOST}", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    line += [f"--LabApp.default_url=/lab/tree/{FIRST}", "--ServerApp.answer_yes=True"]
    # Nothing is asked of the network: no news, no look for updates.
    line += ["--log-level=WARN", "--LabApp.news_url=None"]
    line += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    line += [] if browser else ["--no-browser"]
    return line + (["--allow-root"] if as_root else [])


def is_root() -> bool:
    """Say whether this is the administrator of a Unix machine, as in most containers."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def address(port: int, token: str, environment: Mapping[str, str] | None = None) -> str:
    """Return the address that opens the first lesson; in a Codespace, GitHub forwards it."""
    names = ("CODESPACE_NAME", "GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN")
    space, domain = ((environment or {}).get(name) for name in names)
    host = f"https://{space}-{port}.{domain}" if space and domain else f"http://{HOST}:{port}"
    return f"{host}/lab/tree/{FIRST}?token={token}"


def in_a_hub(environment: Mapping[str, str]) -> str:
    """Return what to do in a JupyterHub, whose JupyterLab runs already; "" elsewhere."""
    prefix = environment.get("JUPYTERHUB_SERVICE_PREFIX")
    if not prefix:
        return ""
    return (
        "JupyterLab runs here already: this is a JupyterHub. Open the course's folder in the list "
        f"of files on the left, then {FIRST}. (The page's address goes on with {prefix}lab.)"
    )


def answers(port: int) -> bool:
    """Say whether a server listens at the port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def start(line: list[str], env: dict[str, str]) -> Server:
    """Start the server beside this program."""
    return subprocess.Popen(line, env=env)


def lab(root: Path, port: int = PORT, browser: bool = True) -> int:
    """Run the server until it is stopped; return its exit status. Control-C stops it.

    Whatever ends this program ends the server: Control-C, a signal, a closed terminal.
    """
    if said := in_a_hub(os.environ):
        console.print(said)
        return 0
    home_for_jupyter()
    port, token = free_port(port), secrets.token_hex(24)
    browser = browser and can_open_browser(os.environ)
    # The second lets this environment's kernel come first where the environment is not active.
    env = {**os.environ, "JUPYTER_TOKEN": token, "JUPYTER_PREFER_ENV_PATH": "1"}
    with told_to_end() as told:
        return attend(start(command(root, port, browser, is_root()), env), port, token, told)


@contextmanager
def told_to_end() -> Iterator[list[int]]:
    """Collect the signals that ask this program to end; dying of one would leave the server behind.

    A signal that is ignored (`nohup mmtutor lab`) stays ignored.
    """
    told: list[int] = []
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {n: signal.getsignal(n) for n in numbers if signal.getsignal(n) != signal.SIG_IGN}
    for number in before:
        signal.signal(number, lambda number, frame: told.append(number))
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def attend(server: Server, port: int, token: str, told: Sequence[int]) -> int:
    """Print the address once the server answers, wait for its end or a signal, and end it."""

    def running() -> bool:
        return server.poll() is None and not told

    try:
        while running() and not answers(port):
            time.sleep(0.2)
        if running():
            opened = address(port, token, os.environ)
            console.print(f"\nThe course is open at\n  {opened}\nControl-C ends it.\n")
        while running():
            time.sleep(0.2)
    except KeyboardInterrupt:  # the terminal told the server too
        wait(server)
        return 0
    finally:
        end(server)
    return 128 + told[0] if told else server.wait()


def wait(server: Server) -> bool:
    """Wait for a server that was told to stop, and say whether it did."""
    try:
        server.wait(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return False
    return True


def end(server: Server) -> None:
    """End a server that still runs: ask it, so that it ends its kernels; then insist."""
    if server.poll() is None:
        server.terminate()
        if not wait(server):
            server.kill()
            server.wait()
