"""Tensors that took seconds to make, kept on disk, and never trusted blindly.

A cached file is a safetensors file whose metadata say what made it (the fingerprint) and what the
tensors must hash to. A file that is missing, half-written, damaged or made by something else is
made again; where no directory can be written, the tensors are made in memory and a warning says so.
"""

import hashlib
import os
import tempfile
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

REPOSITORY = Path(__file__).resolve().parents[2]


def directories() -> list[Path]:
    """Where cached files may lie, in the order in which they are tried.

    The environment variable MMTUTOR_CACHE, where set, is the only place. Otherwise `data/cache` of
    the course's repository (if the package runs from one), then the user's cache directory.
    """
    if chosen := os.environ.get("MMTUTOR_CACHE"):
        return [Path(chosen).expanduser()]
    import platformdirs  # imported late: a bare machine may lack it, and MMTUTOR_CACHE needs none

    users = Path(platformdirs.user_cache_dir("mmtutor"))
    in_repository = (REPOSITORY / "pyproject.toml").is_file() and (REPOSITORY / "data").is_dir()
    return [REPOSITORY / "data" / "cache", users] if in_repository else [users]


def writable_directory() -> Path | None:
    """The first of `directories()` that can be written (made if need be), or None."""
    for directory in directories():
        try:
            directory.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=directory):
                return directory
        except OSError:
            continue
    return None


def cached(
    name: str, fingerprint: Mapping[str, str], build: Callable[[], dict[str, Tensor]]
) -> dict[str, Tensor]:
    """What `build()` returns, from disk if it is there and can be trusted.

    Args:
        name: the file's name without its ending, such as "glyphs-dejavu".
        fingerprint: everything the tensors depend on, such as versions and hashes of sources. A
            file with any other fingerprint is made again.
        build: makes the tensors, by name. Called only when no file can be trusted.

    Warns where nothing could be kept; raises only what `build` raises.
    """
    for directory in directories():
        if (tensors := read(directory / f"{name}.safetensors", fingerprint)) is not None:
            return tensors
    tensors = {key: tensor.contiguous() for key, tensor in build().items()}
    keep(name, tensors, fingerprint)
    return tensors


def read(path: Path, fingerprint: Mapping[str, str]) -> dict[str, Tensor] | None:
    """The tensors in `path`, or None if it is missing, damaged or has another fingerprint."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            # Cloned: what was checked stays what it was, even if the file is overwritten later.
            tensors = {key: file.get_tensor(key).clone() for key in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError):
        return None
    expected = {**fingerprint, "content": content_hash(tensors)}
    return tensors if metadata == expected else None


def keep(name: str, tensors: dict[str, Tensor], fingerprint: Mapping[str, str]) -> None:
    """Writes the tensors to the first directory that can be written; warns where none can."""
    metadata = {**fingerprint, "content": content_hash(tensors)}
    for directory in directories():
        try:
            return write(directory / f"{name}.safetensors", tensors, metadata)
        except (OSError, SafetensorError):
            continue
    places = " or ".join(map(str, directories()))
    warnings.warn(
        f"{name} was made in memory and will be made again next time, because {places} "
        "cannot be written (set MMTUTOR_CACHE to a directory that can).",
        stacklevel=4,
    )


def write(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Writes a whole file beside `path`, then renames it: a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".making-") as workshop:
        finished = Path(workshop) / path.name
        save_file(tensors, finished, metadata=metadata)
        os.replace(finished, path)


def content_hash(tensors: Mapping[str, Tensor]) -> str:
    """A SHA-256 over names, types, shapes and values: one flipped bit changes it."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.contiguous().view(-1).view(torch.uint8).numpy())
    return digest.hexdigest()
