"""A running hub with docs/hub's settings, and students who log in and work over loopback."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import requests
import websocket

COURSE = Path(__file__).resolve().parents[2]
CONFIG = COURSE / "docs" / "hub" / "jupyterhub_config.py"
PATIENCE = 120.0
NEEDED = ("jupyterhub", "jupyterhub_idle_culler", "nbgrader")
PROXY = "configurable-http-proxy"


def missing() -> list[str]:
    """What this machine lacks to run a hub."""
    packages = [name for name in NEEDED if not find_spec(name)]
    return packages + [PROXY] * (shutil.which(PROXY) is None)


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nothing listens on just now."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def settings(folder: Path, idle: int) -> tuple[Path, str]:
    """Write settings that take the committed ones and change ports; return them and the address."""
    public, inner, api = free_ports(3)
    address = f"http://127.0.0.1:{public}/mmtutor/"
    lines = [
        f"load_subconfig({str(CONFIG)!r})",
        "assert c.JupyterHub.bind_url == 'http://127.0.0.1:8000/mmtutor/'",
        f"c.JupyterHub.bind_url = {address!r}",
        f"c.JupyterHub.hub_port = {inner}",
        f"c.ConfigurableHTTPProxy.api_url = 'http://127.0.0.1:{api}'",
        f"c.JupyterHub.services[0]['command'][-1] = '--timeout={idle}'",
        "c.JupyterHub.services[0]['command'].append('--cull-every=2')",
    ]
    if os.geteuid() == 0:  # as in most containers; a server refuses it unless told
        lines.append("c.Spawner.args.append('--allow-root')")
    file = folder / "hub_config.py"
    file.write_text("\n".join(lines))
    return file, address


@contextmanager
def hub(folder: Path, idle: int = 3600) -> Iterator["Hub"]:
    """Run a hub on a folder that holds `course` and `cache`, and end it after use."""
    file, address = settings(folder, idle)
    env = {**os.environ, "MMTUTOR_HUB": str(folder)}
    env.pop("MMTUTOR_HOME", None)
    log = folder / "hub.log"
    with log.open("w") as out:
        line = [sys.executable, "-m", "jupyterhub", "-f", str(file)]
        process = subprocess.Popen(
            line, cwd=folder, env=env, stdout=out, stderr=out, start_new_session=True
        )
        try:
            wait_for(lambda: answers(address), process, log)
            yield Hub(address, folder)
        finally:
            stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the hub, which ends its proxy, its services and its students' servers; then insist."""
    below = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for child in psutil.wait_procs(below, timeout=10)[1]:
        child.kill()


def answers(address: str) -> bool:
    """Say whether the hub answers through its proxy."""
    try:
        return requests.get(f"{address}hub/api/", timeout=5).ok
    except requests.RequestException:
        return False


def wait_for(done: Any, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the hub is up; show the end of its log if it does not come."""
    end = time.monotonic() + PATIENCE
    while not done():
        if process.poll() is not None or time.monotonic() > end:
            raise AssertionError("The hub did not start: " + log.read_text()[-3000:])
        time.sleep(0.5)


@dataclass(frozen=True)
class Hub:
    """Where a hub answers, and the folder that it works in."""

    address: str
    folder: Path


@dataclass
class Student:
    """Somebody with a browser: logs in by the form, and is sent to a server of their own."""

    hub: Hub
    name: str

    @cached_property
    def browser(self) -> requests.Session:
        return requests.Session()

    @property
    def home(self) -> str:
        return f"{self.hub.address}user/{self.name}/"

    @property
    def files(self) -> Path:
        return self.hub.folder / "homes" / self.name

    def log_in(self) -> str:
        """Log in, wait for the server, and return the address of the page that opens."""
        form = self.browser.get(f"{self.hub.address}hub/login", timeout=30)
        (token,) = set(re.findall(r'name="_xsrf"\s+value="([^"]+)"', form.text))
        data = {"username": self.name, "password": "any", "_xsrf": token}
        page = self.browser.post(f"{self.hub.address}hub/login", data, timeout=60)
        end = time.monotonic() + PATIENCE
        while not page.url.startswith(self.home):
            assert page.ok and time.monotonic() < end, page.url
            time.sleep(0.5)
            page = self.browser.get(f"{self.hub.address}hub/spawn-pending/{self.name}", timeout=60)
            if page.ok and "progress" not in page.text:
                page = self.browser.get(self.home, timeout=60)
        return page.url

    def ask(self, path: str, method: str = "GET", body: Any = None) -> requests.Response:
        """Ask this student's server; the token against forged requests goes with it."""
        token = self.browser.cookies.get("_xsrf", path=f"/mmtutor/user/{self.name}/") or ""
        return self.browser.request(
            method, f"{self.home}{path}", json=body, headers={"X-XSRFToken": token}, timeout=60
        )

    def open(self, notebook: str) -> "Kernel":
        """Open a notebook of the home folder, with a kernel, as a page does."""
        body = {"path": notebook, "name": notebook, "type": "notebook", "kernel": {"name": ""}}
        answer = self.ask("api/sessions", "POST", body)
        assert answer.status_code == 201, answer.text
        id = answer.json()["kernel"]["id"]
        address = f"{self.home}api/kernels/{id}/channels".replace("http", "ws", 1)
        jar = requests.utils.dict_from_cookiejar(self.browser.cookies)
        cookie = "; ".join(f"{key}={value}" for key, value in jar.items())
        return Kernel(websocket.create_connection(address, cookie=cookie, timeout=600))

    def processes(self) -> list[psutil.Process]:
        """The student's server and what it started."""
        return [p for p in psutil.process_iter() if belongs(p, self.files)]


def belongs(process: psutil.Process, home: Path) -> bool:
    """Say whether a process runs for the student with this home."""
    try:
        return process.environ().get("HOME") == str(home)
    except psutil.Error:
        return False


@dataclass
class Kernel:
    """A kernel that answers over the hub's proxy."""

    socket: websocket.WebSocket

    def run(self, code: str) -> str:
        """Run a cell and return what it printed; AssertionError with its traceback if it fails."""
        id, printed = uuid.uuid4().hex, []
        header = {"msg_id": id, "msg_type": "execute_request", "session": id, "username": ""}
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        message = {"header": header | {"version": "5.3"}, "content": content, "metadata": {}}
        self.socket.send(json.dumps(message | {"parent_header": {}, "channel": "shell"}))
        while True:
            received = self.socket.recv()
            if isinstance(received, bytes):  # a widget's numbers, which only a page shows
                continue
            reply = json.loads(received)
            if reply["parent_header"].get("msg_id") != id:
                continue
            kind, said = reply["msg_type"], reply["content"]
            assert kind != "error", "\n".join(said["traceback"])
            printed += [said["text"]] if kind == "stream" else []
            if kind == "status" and said["execution_state"] == "idle":
                return "".join(printed)

    def close(self) -> None:
        self.socket.close()
