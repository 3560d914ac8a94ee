"""Sets from the network: fetched only when asked, and a clear sentence within seconds if not."""

import contextlib
import gzip
import http.server
import socket
import struct
import threading
import time

import pytest
import torch
from torchvision.datasets import CIFAR10, CocoCaptions, FashionMNIST

from mmtutor.datasets import online
from mmtutor.datasets.online import DatasetUnavailable, cifar10, coco_captions, fashion_mnist

SECONDS = 0.5


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Short waits, and no proxy but the one that a test sets."""
    monkeypatch.setattr(online, "FIRST_ANSWER", SECONDS)
    monkeypatch.setattr(online, "SILENCE", SECONDS)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def silent_server():
    """Accepts connections and never says a word, as a hanging proxy does."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def nobody():
    """An address at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    return f"http://127.0.0.1:{port}/"


def assert_one_sentence(error, name: str, stand_in: str):
    message = str(error.value)
    assert message.startswith(name)
    assert stand_in in message
    assert message.endswith(".")
    assert "\n" not in message


# ── Not asked to download ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("load", "name", "stand_in"),
    [
        (fashion_mnist, "FashionMNIST", "mmtutor.datasets.digits"),
        (cifar10, "CIFAR10", "mmtutor.datasets.glyphs"),
    ],
)
def test_nothing_is_fetched_unless_asked(load, name, stand_in, tmp_path, monkeypatch):
    monkeypatch.setattr(online, "answers", lambda *_: pytest.fail("asked the network"))
    with pytest.raises(DatasetUnavailable, match="download=True") as error:
        load(tmp_path)
    assert_one_sentence(error, name, stand_in)


def write_idx(path, values):
    """FashionMNIST's file format: a magic number, the shape, then bytes."""
    header = struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape)
    path.write_bytes(header + values.numpy().tobytes())


def test_files_on_disk_need_no_network(tmp_path, monkeypatch):
    monkeypatch.setattr(online, "answers", lambda *_: pytest.fail("asked the network"))
    raw = tmp_path / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    pictures = torch.arange(2 * 28 * 28).remainder(256).to(torch.uint8).view(2, 28, 28)
    for half in ("train", "t10k"):
        write_idx(raw / f"{half}-images-idx3-ubyte", pictures)
        write_idx(raw / f"{half}-labels-idx1-ubyte", torch.tensor([3, 9], dtype=torch.uint8))
    found = fashion_mnist(tmp_path, download=True)
    assert isinstance(found, FashionMNIST)
    assert torch.equal(found.data, pictures)
    assert found.targets.tolist() == [3, 9]


# ── Asked, but nobody answers ─────────────────────────────────────────────────────────────────────


@pytest.mark.serial
def test_offline(tmp_path, monkeypatch, nobody):
    monkeypatch.setattr(FashionMNIST, "mirrors", [nobody])
    monkeypatch.setattr(CIFAR10, "url", nobody)
    for load, name, stand_in in (
        (fashion_mnist, "FashionMNIST", "digits"),
        (cifar10, "CIFAR10", "glyphs"),
    ):
        start = time.perf_counter()
        with pytest.raises(DatasetUnavailable, match="does not answer") as error:
            load(tmp_path, download=True)
        assert time.perf_counter() - start < SECONDS  # refused: no need to wait
        assert_one_sentence(error, name, stand_in)


@pytest.mark.serial
def test_a_proxy_that_hangs(tmp_path, monkeypatch, silent_server):
    monkeypatch.setenv("http_proxy", silent_server)
    monkeypatch.setenv("https_proxy", silent_server)
    for load in (fashion_mnist, cifar10):
        start = time.perf_counter()
        with pytest.raises(DatasetUnavailable, match="does not answer"):
            load(tmp_path, download=True)
        assert time.perf_counter() - start < 10 * SECONDS


@pytest.mark.serial
def test_a_name_server_that_hangs(monkeypatch):
    """Looking up a name takes no time limit: `answers` must not wait for it."""
    woken = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: woken.wait(30) and [])
    start = time.perf_counter()
    assert not online.answers("http://example.org")
    assert time.perf_counter() - start < 10 * SECONDS
    woken.set()


# ── A server that answers ─────────────────────────────────────────────────────────────────────────


class Mirror(http.server.BaseHTTPRequestHandler):
    """Says 403 to the bare folder, as the real one does, and hands out `files`."""

    files: dict[str, bytes] = {}  # noqa: RUF012
    stalls = False

    def do_HEAD(self):
        self.send_error(403)

    def do_GET(self):
        content = self.files.get(self.path.strip("/"))
        if content is None:
            return self.send_error(404)
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2])
        if self.stalls:
            time.sleep(4 * SECONDS)
        with contextlib.suppress(ConnectionError):  # whoever asked may have gone
            self.wfile.write(content[len(content) // 2 :])

    def log_message(self, *_):
        """Not on the tests' screen."""


@pytest.fixture
def mirror(monkeypatch):
    monkeypatch.setattr(Mirror, "files", {})
    monkeypatch.setattr(Mirror, "stalls", False)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(FashionMNIST, "mirrors", [f"http://127.0.0.1:{server.server_port}/"])
    yield Mirror
    server.shutdown()
    server.server_close()


def put_on(mirror, monkeypatch, tmp_path):
    """Two pictures in FashionMNIST's four files, zipped, with no checksum to compare."""
    pictures = torch.arange(2 * 28 * 28).remainder(251).to(torch.uint8).view(2, 28, 28)
    for name, _ in FashionMNIST.resources:
        values = pictures if "images" in name else torch.tensor([1, 2], dtype=torch.uint8)
        write_idx(tmp_path / "plain", values)
        mirror.files[name] = gzip.compress((tmp_path / "plain").read_bytes())
    monkeypatch.setattr(FashionMNIST, "resources", [(name, None) for name in mirror.files])
    return pictures


def test_download_when_asked(mirror, tmp_path, monkeypatch):
    pictures = put_on(mirror, monkeypatch, tmp_path)
    assert torch.equal(fashion_mnist(tmp_path / "root", download=True).data, pictures)
    mirror.files.clear()
    assert torch.equal(fashion_mnist(tmp_path / "root").data, pictures)


def test_a_server_without_the_files(mirror, tmp_path):
    with pytest.raises(DatasetUnavailable, match="broke off") as error:
        fashion_mnist(tmp_path, download=True)
    assert_one_sentence(error, "FashionMNIST", "mmtutor.datasets.digits")


@pytest.mark.serial
def test_a_download_that_stalls(mirror, tmp_path, monkeypatch):
    put_on(mirror, monkeypatch, tmp_path)
    monkeypatch.setattr(mirror, "stalls", True)
    start = time.perf_counter()
    with pytest.raises(DatasetUnavailable, match="broke off"):
        fashion_mnist(tmp_path / "root", download=True)
    assert time.perf_counter() - start < 10 * SECONDS
    assert socket.getdefaulttimeout() is None


# ── COCO ──────────────────────────────────────────────────────────────────────────────────────────


def test_coco_without_its_files_or_its_package(tmp_path):
    with pytest.raises(DatasetUnavailable, match=r"pycocotools|captions file") as error:
        coco_captions(tmp_path, tmp_path / "captions.json")
    assert_one_sentence(error, "CocoCaptions", "mmtutor.datasets.glyphs")


@pytest.mark.parametrize(
    ("failure", "message"),
    [(ModuleNotFoundError("pycocotools"), "pip install"), (FileNotFoundError(), "captions file")],
)
def test_each_way_in_which_coco_fails(failure, message, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise failure

    monkeypatch.setattr(CocoCaptions, "__init__", fail)
    with pytest.raises(DatasetUnavailable, match=message):
        coco_captions(tmp_path, tmp_path / "captions.json")


def test_default_folder_is_beside_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MMTUTOR_CACHE", str(tmp_path))
    assert online._root(None) == tmp_path / "torchvision"
