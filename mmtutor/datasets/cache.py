"""Tensors that took seconds to make, kept on disk, and never trusted blindly.

A cached file is a safetensors file whose metadata say what made it (the fingerprint) and what the
tensors must hash to. A file that is missing, half-written, damaged or made by something else is
made again; where no directory can be written, the tensors are made in memory and a warning says so.

Several people and several processes may share a directory. Everybody may read what one person
built, whatever the umask: the data are the same for all, and a class builds them once. One process
builds a set while the others wait for it; and to read takes no lock, so that a
directory which nobody can write serves everybody who can read it.
"""

import hashlib
import os
import stat
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import torch
from filelock import FileLock
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE = 120.0
"""Seconds to wait for another process that builds the same set, before building it here too."""


def directories() -> list[Path]:
    """Where cached files may lie, in the order in which they are tried.

    The environment variable MMTUTOR_CACHE, where set, is the only place. Otherwise `data/cache` of
    the course's repository (if the package runs from one), then the user's cache directory. What
    lies in a home directory is left out where the system knows of none.
    """
    chosen = os.environ.get("MMTUTOR_CACHE")
    in_repository = (REPOSITORY / "pyproject.toml").is_file() and (REPOSITORY / "data").is_dir()
    places = [REPOSITORY / "data" / "cache"] if in_repository and not chosen else []
    with suppress(RuntimeError):  # no HOME, and no entry for this user
        places.append(Path(chosen or users_directory()).expanduser())
    return places


def users_directory() -> str:
    """The user's cache directory for this course. RuntimeError where no home directory is known."""
    import platformdirs  # late: a bare machine may lack it, and MMTUTOR_CACHE needs none

    return platformdirs.user_cache_dir("mmtutor")


def writable_directory() -> Path | None:
    """The first of `directories()` that can be written (made if need be), or None."""
    for directory in directories():
        try:
            make(directory)
            with tempfile.TemporaryFile(dir=directory):
                return directory
        except OSError:
            continue
    return None


def make(directory: Path) -> None:
    """Makes a directory, and lets everybody enter what had to be made for MMTUTOR_CACHE.

    What lies above the user's own cache directory is left as the umask has it.
    """
    above = directory.parents if os.environ.get("MMTUTOR_CACHE") else ()
    missing = [folder for folder in (directory, *above) if not folder.exists()]
    directory.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        let_all_read(folder)


def let_all_read(path: Path) -> None:
    """Lets everybody read a file, or enter a directory, if its owner asks."""
    more = 0o555 if path.is_dir() else 0o444
    with suppress(OSError):
        path.chmod(stat.S_IMODE(path.stat().st_mode) | more)


def cached(
    name: str, fingerprint: Mapping[str, str], build: Callable[[], dict[str, Tensor]]
) -> dict[str, Tensor]:
    """What `build()` returns, from disk if it is there and can be trusted.

    Args:
        name: the file's name without its ending, such as "glyphs-dejavu".
        fingerprint: everything the tensors depend on, such as versions and hashes of sources. A
            file with any other fingerprint is made again.
        build: makes the tensors, by name. Called only when no file can be trusted.

    Where several processes need the same set, one builds it and the others wait and read it. Warns
    where nothing could be kept; raises only what `build` raises.
    """
    if (tensors := find(name, fingerprint)) is not None:
        return tensors
    with one_at_a_time(name):
        if (tensors := find(name, fingerprint)) is not None:  # made while this process waited
            return tensors
        tensors = {key: tensor.contiguous() for key, tensor in build().items()}
        keep(name, tensors, fingerprint)
        return tensors


@contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """Wait until no other process builds `name`, and let none begin before this one is done.

    The system gives the lock back when its holder ends, however it ends. Where no lock can be had,
    as in a directory that cannot be written, or within `PATIENCE`, work goes on without: `write`
    replaces files whole, so that two builders cost time and nothing else.
    """
    with ExitStack() as held:
        if directory := writable_directory():
            with suppress(OSError, NotImplementedError):  # filelock's Timeout is an OSError
                held.enter_context(FileLock(directory / f"{name}.lock", timeout=PATIENCE))
        yield


def find(name: str, fingerprint: Mapping[str, str]) -> dict[str, Tensor] | None:
    """The tensors from the first of `directories()` that has a file to be trusted, or None."""
    for directory in directories():
        if (tensors := read(directory / f"{name}.safetensors", fingerprint)) is not None:
            return tensors
    return None


def readable_sets() -> set[str]:
    """The names of the sets that lie in `directories()` and that this user may read."""
    return {file.stem for file in sets() if os.access(file, os.R_OK)}


def sets() -> list[Path]:
    """The files of all sets that lie in `directories()`, as far as this user may look."""
    return [file for folder in directories() for file in sorted(folder.glob("*.safetensors"))]


def closed() -> list[Path]:
    """The directories and files that are there and that this user may not read."""
    folders = [folder for folder in directories() if os.path.isdir(folder)]
    may_not = [folder for folder in folders if not os.access(folder, os.R_OK | os.X_OK)]
    return may_not + [file for file in sets() if not os.access(file, os.R_OK)]


def private() -> list[Path]:
    """What lies in MMTUTOR_CACHE, with that directory, and is not for everybody to read."""
    if not os.environ.get("MMTUTOR_CACHE"):
        return []
    places = [place for place in (*directories(), *sets()) if os.path.exists(place)]
    return [place for place in places if not place.stat().st_mode & stat.S_IROTH]


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
    warnings.warn(
        f"{name} was made in memory and will be made again next time, because {obstacle()} "
        "(set MMTUTOR_CACHE to a directory that can be written).",
        stacklevel=4,
    )


def obstacle() -> str:
    """Why nothing can be kept, where nothing can."""
    places = " or ".join(map(str, directories()))
    return f"{places} cannot be written" if places else "no home directory is known"


def write(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Writes a whole file beside `path`, then renames it: a reader never sees half a file.

    Python opens it, since safetensors' own `save_file` lets nobody read but its owner.
    """
    make(path.parent)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".making-") as workshop:
        finished = Path(workshop) / path.name
        finished.write_bytes(save(tensors, metadata=metadata))
        let_all_read(finished)
        os.replace(finished, path)


def content_hash(tensors: Mapping[str, Tensor]) -> str:
    """A SHA-256 over names, types, shapes and values: one flipped bit changes it."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.contiguous().view(-1).view(torch.uint8).numpy())
    return digest.hexdigest()
