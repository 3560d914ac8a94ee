"""Drive a notebook in a real JupyterLab with a real Chromium, and read what the page shows.

    with jupyterlab(folder) as lab, notebook(lab, "a.ipynb") as page:
        page.run_all()
        expect(page.tab.get_by_text("done")).to_be_visible()

The notebooks are copied first, Jupyter's folders are its own, the port is free and a token is on:
nothing of the reader's is read or changed. Every request that leaves the machine is written down.
"""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Page, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
IN_A_BROWSER = [
    pytest.mark.browser,
    pytest.mark.serial,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"there is no browser at {CHROMIUM}"),
]
"""How a test module of a browser is marked."""
FLAGS = [
    "--no-sandbox",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
]


@dataclass
class Lab:
    """A running JupyterLab: its address, its token, and the folder it serves."""

    address: str
    token: str
    root: Path

    def ask(self, path: str) -> object:
        """Return the answer of Jupyter's own interface, such as `api/sessions`."""
        with urllib.request.urlopen(
            f"{self.address}/{path}?token={self.token}", timeout=5
        ) as answer:
            return json.load(answer)


@dataclass
class NotebookPage:
    """An open notebook, and what its page has done so far."""

    tab: Page
    lab: Lab
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def run_all(self, seconds: float = 120) -> None:
        """Run every cell; raise AssertionError if one fails or is not done in time."""
        self._start_all()
        waiting = self.tab.locator(
            ".jp-CodeCell .jp-InputPrompt", has_text=re.compile(r"\[[ *]\]:")
        )
        expect(waiting).to_have_count(0, timeout=seconds * 1000)
        failed = self.tab.locator("[data-mime-type='application/vnd.jupyter.error']")
        assert failed.count() == 0, failed.first.inner_text()

    def run_cell(self, text: str) -> str:
        """Run the one code cell that contains `text` again and return what it then prints."""
        cell = self.tab.locator(".jp-CodeCell", has_text=text)
        before = cell.locator(".jp-InputPrompt").first.inner_text()
        cell.locator(".cm-content").click()
        self.tab.keyboard.press("Shift+Enter")
        done = re.compile(rf"^\[(?!\*)(?!{before.strip('[]: ')}\]).+\]:")
        expect(cell.locator(".jp-InputPrompt").first).to_have_text(done, timeout=30_000)
        return cell.locator(".jp-OutputArea-output").first.inner_text().strip()

    def _start_all(self) -> None:
        """Ask for Run All until it is heard: one that comes a moment too early is dropped."""
        for _ in range(4):
            self.tab.locator(".lm-MenuBar-itemLabel", has_text="Run").first.click()
            label = re.compile("^Run All Cells$")
            self.tab.locator(".lm-Menu-itemLabel", has_text=label).click()
            try:
                first = self.tab.locator(".jp-CodeCell .jp-InputPrompt").first
                expect(first).not_to_have_text("[ ]:", timeout=5_000)
                return
            except AssertionError:
                continue
        raise AssertionError("JupyterLab did not hear Run All Cells.")


@contextmanager
def jupyterlab(folder: Path, dark: bool = False) -> Iterator[Lab]:
    """Start JupyterLab on a copy of the folder's notebooks, on a free port of this machine."""
    with tempfile.TemporaryDirectory(prefix="mmtutor-lab-") as temporary:
        root, private = Path(temporary) / "root", Path(temporary) / "jupyter"
        shutil.copytree(folder, root, ignore=shutil.ignore_patterns(".*"))
        _write_settings(private / "settings", dark)
        lab = Lab(f"http://127.0.0.1:{_free_port()}", secrets.token_hex(16), root)
        with open(Path(temporary) / "server.log", "wb") as log:
            server = _start_server(lab, private, log)
            try:
                _wait_for_server(lab, server, Path(log.name))
                yield lab
            finally:
                server.terminate()
                server.wait(20)


@contextmanager
def notebook(lab: Lab, name: str) -> Iterator[NotebookPage]:
    """Open a notebook of the lab in Chromium and wait until its kernel is connected."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = NotebookPage(chromium.new_page(viewport={"width": 1200, "height": 1000}), lab)
        _listen(page)
        page.tab.goto(f"{lab.address}/lab/tree/{name}?token={lab.token}&reset", timeout=90_000)
        page.tab.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=60_000)
        _wait_for_kernel(page)
        try:
            yield page
        finally:
            chromium.close()


@contextmanager
def widget_page(folder: Path, cells: Sequence[str], selector: str) -> Iterator[NotebookPage]:
    """Run a notebook of these cells, which shows one widget, and give its page."""
    book = new_notebook(cells=[new_code_cell(cell.strip()) for cell in cells])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(book, folder / "widget.ipynb")
    with jupyterlab(folder) as lab, notebook(lab, "widget.ipynb") as opened:
        opened.run_all()
        expect(opened.tab.locator(selector)).to_have_count(1)
        yield opened


def _listen(page: NotebookPage) -> None:
    """Write down requests that leave the machine, and errors of scripts on the page."""
    home = (page.lab.address, page.lab.address.replace("http", "ws", 1), "data:", "blob:")

    def request(url: str) -> None:
        if not url.startswith(home):
            page.outside.append(url)

    page.tab.on("request", lambda made: request(made.url))
    page.tab.on("websocket", lambda opened: request(opened.url))
    page.tab.on("pageerror", lambda error: page.errors.append(str(error)))
    page.tab.on("console", lambda said: said.type == "error" and page.errors.append(said.text))


def _wait_for_kernel(page: NotebookPage) -> None:
    """Wait for a connected kernel: the toolbar says "idle" too early, so ask the server as well."""
    for _ in range(240):
        sessions = page.lab.ask("api/sessions")
        kernel = sessions[0]["kernel"] if sessions else {"connections": 0}
        if kernel["connections"] and kernel["execution_state"] == "idle":
            break
        time.sleep(0.25)
    else:
        raise AssertionError("The notebook's kernel did not start within a minute.")
    status = page.tab.locator("#jp-main-statusbar").get_by_text("| Idle")
    expect(status).to_be_visible(timeout=60_000)


def _write_settings(folder: Path, dark: bool) -> None:
    """No news pop-up, every cell in the page (not only those in view), and the theme."""
    settings = {
        "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
        "apputils-extension/themes": {"theme": f"JupyterLab {'Dark' if dark else 'Light'}"},
        "notebook-extension/tracker": {"windowingMode": "none"},
    }
    for name, values in settings.items():
        file = folder / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))


def _start_server(lab: Lab, private: Path, log: object) -> subprocess.Popen:
    """Start the server with folders of its own."""
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    }
    environment = {**os.environ, **{name: str(private / place) for name, place in folders.items()}}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += ["--ServerApp.ip=127.0.0.1", f"--ServerApp.port={lab.address.rsplit(':')[-1]}"]
    command += ["--ServerApp.port_retries=0", f"--ServerApp.root_dir={lab.root}"]
    command += [f"--IdentityProvider.token={lab.token}"]
    return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)


def _wait_for_server(lab: Lab, server: subprocess.Popen, log: Path) -> None:
    """Wait until the server answers; show the end of its log if it does not."""
    for _ in range(240):
        try:
            lab.ask("api/status")
            return
        except OSError:
            if server.poll() is not None:
                break
            time.sleep(0.25)
    raise AssertionError("JupyterLab did not start: " + log.read_text()[-2000:])


def _free_port() -> int:
    """Return a port that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
