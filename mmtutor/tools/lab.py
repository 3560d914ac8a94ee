"""Start JupyterLab on the first lesson: this machine only, with a token, on a free port."""

import os
import secrets
import socket
import subprocess
import sys
import time
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, runtime_checkable

from mmtutor.tools.show import console

HOST = "127.0.0.1"
PORT = 8888
FIRST = "notebooks/00_start_here.ipynb"


@runtime_checkable
class Server(Protocol):
    """What is asked of a running server; `subprocess.Popen` is one."""

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def terminate(self) -> None: ...


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


def address(port: int, token: str) -> str:
    """Return the address that opens the first lesson."""
    return f"http://{HOST}:{port}/lab/tree/{FIRST}?token={token}"


def answers(port: int) -> bool:
    """Say whether a server listens at the port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def start(line: list[str], env: dict[str, str]) -> Server:
    """Start the server beside this program."""
    return subprocess.Popen(line, env=env)


def lab(root: Path, port: int = PORT, browser: bool = True) -> int:
    """Run the server until it is stopped; return its exit status. Control-C stops it."""
    port, token = free_port(port), secrets.token_hex(24)
    browser = browser and can_open_browser(os.environ)
    # The second lets this environment's kernel come first where the environment is not active.
    env = {**os.environ, "JUPYTER_TOKEN": token, "JUPYTER_PREFER_ENV_PATH": "1"}
    return attend(start(command(root, port, browser, is_root()), env), port, token)


def attend(server: Server, port: int, token: str) -> int:
    """Print the address once the server answers, then wait for its end."""
    try:
        while server.poll() is None and not answers(port):
            time.sleep(0.2)
        if server.poll() is None:
            console.print(
                f"\nThe course is open at\n  {address(port, token)}\nControl-C ends it.\n"
            )
        return server.wait()
    except KeyboardInterrupt:
        return stopped(server)


def stopped(server: Server) -> int:
    """Wait for a server that was told to stop; tell it again if it did not hear."""
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.terminate()
        server.wait()
    return 0
