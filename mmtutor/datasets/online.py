"""torchvision's own data sets, for readers who have a network. No lesson needs them.

Nothing is downloaded unless you ask. Offline, or behind a proxy that never answers, a function here
fails within seconds, in one sentence that names a set which needs no download.
"""

import queue
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any

from torchvision.datasets import CIFAR10, CocoCaptions, FashionMNIST

from mmtutor.datasets import cache

FIRST_ANSWER = 4.0
"""Seconds to wait for a server's first answer."""
SILENCE = 8.0
"""Seconds without a byte after which a download is given up."""


class DatasetUnavailable(RuntimeError):
    """A set is not on this machine and cannot be fetched. Its message is one sentence."""


def fashion_mnist(
    root: str | Path | None = None, train: bool = True, download: bool = False, **options: Any
) -> FashionMNIST:
    """torchvision's FashionMNIST: 28 × 28 pictures of ten kinds of clothing.

    Args:
        root: the folder that has or gets the files; by default one beside the course's cache.
        train: the 60,000 training pictures, or the 10,000 test pictures.
        download: fetch about 30 MB where the files are missing.
        options: handed to torchvision, such as `transform`.

    Raises DatasetUnavailable, within seconds, where the set is missing and cannot be fetched.
    """

    def make(download: bool) -> FashionMNIST:
        return FashionMNIST(_root(root), train=train, download=download, **options)

    return _get("FashionMNIST", make, FashionMNIST.mirrors, download, "mmtutor.datasets.digits")


def cifar10(
    root: str | Path | None = None, train: bool = True, download: bool = False, **options: Any
) -> CIFAR10:
    """torchvision's CIFAR10: 32 × 32 colour pictures of ten kinds of animals and vehicles.

    Args:
        root: the folder that has or gets the files; by default one beside the course's cache.
        train: the 50,000 training pictures, or the 10,000 test pictures.
        download: fetch about 170 MB where the files are missing.
        options: handed to torchvision, such as `transform`.

    Raises DatasetUnavailable, within seconds, where the set is missing and cannot be fetched.
    """

    def make(download: bool) -> CIFAR10:
        return CIFAR10(_root(root), train=train, download=download, **options)

    return _get("CIFAR10", make, [CIFAR10.url], download, "mmtutor.datasets.glyphs")


def coco_captions(root: str | Path, annotations: str | Path, **options: Any) -> CocoCaptions:
    """torchvision's CocoCaptions: photographs with five captions each.

    torchvision cannot download them (about 20 GB): `root` is your folder of pictures, `annotations`
    your captions file. Needs the package pycocotools. `options` are handed to torchvision.

    Raises DatasetUnavailable where the files or pycocotools are missing.
    """
    try:
        return CocoCaptions(str(root), str(annotations), **options)
    except ModuleNotFoundError as error:
        reason = "needs the package pycocotools (pip install pycocotools)"
        raise _unavailable("CocoCaptions", reason, "mmtutor.datasets.glyphs") from error
    except OSError as error:
        reason = f"has no captions file at {annotations} (see cocodataset.org)"
        raise _unavailable("CocoCaptions", reason, "mmtutor.datasets.glyphs") from error


def _get(
    name: str, make: Callable[[bool], Any], urls: list[str], download: bool, stand_in: str
) -> Any:
    """The set from disk, else from the network if that was asked for and answers."""
    try:
        return make(False)
    except (RuntimeError, OSError) as error:
        if not download:
            reason = "is not on this machine (download=True fetches it)"
            raise _unavailable(name, reason, stand_in) from error
    if not any(answers(url) for url in urls):
        raise _unavailable(name, "cannot be fetched: its server does not answer", stand_in)
    try:
        with _silence_at_most(SILENCE):
            return make(True)
    except (RuntimeError, OSError, HTTPException) as error:
        raise _unavailable(name, "cannot be fetched: the download broke off", stand_in) from error


def _unavailable(name: str, reason: str, stand_in: str) -> DatasetUnavailable:
    return DatasetUnavailable(f"{name} {reason}; {stand_in} stands in for it without a download.")


def _root(root: str | Path | None) -> Path:
    return Path(root) if root else (cache.writable_directory() or Path("data")) / "torchvision"


def answers(url: str) -> bool:
    """Whether the address sends any answer in time, through the proxy if one is set.

    A name server that hangs cannot be given a time limit, so a thread asks and is not waited for.
    """
    verdict = queue.SimpleQueue()
    threading.Thread(target=lambda: verdict.put(_ask(url)), daemon=True).start()
    try:
        return verdict.get(timeout=FIRST_ANSWER)
    except queue.Empty:
        return False


def _ask(url: str) -> bool:
    """Whether anybody answers, be it with "forbidden" to the bare folder."""
    request = urllib.request.Request(url, method="HEAD")
    try:
        urllib.request.urlopen(request, timeout=FIRST_ANSWER).close()
    except urllib.error.HTTPError as refusal:
        refusal.close()
        return True
    except (OSError, HTTPException):
        return False
    return True


@contextmanager
def _silence_at_most(seconds: float) -> Iterator[None]:
    """Every new connection inside fails after this many seconds without a byte."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
