"""Copy the course into a reader's folder: lessons, exercises, data. Nothing is overwritten."""

import shutil
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mmtutor.tools.bundle import files
from mmtutor.tools.rooms import is_course
from mmtutor.tools.trouble import Trouble


class Started(NamedTuple):
    """What became of the files, named as in the course."""

    written: tuple[str, ...]
    kept: tuple[str, ...]
    """There was one of the reader's own, which differs: it stays."""


def brought() -> Path:
    """Return where the course lies that came with the package: a repository, or an installed wheel.

    Raises Trouble where it came without one.
    """
    places = (Path(__file__).resolve().parents[2], installed())
    found = next((place for place in places if is_course(place)), None)
    if found is None:
        raise Trouble("This package came without its lessons: install it again with pip.")
    return found


def installed() -> Path:
    """Return where pip puts what a wheel brings beside its package."""
    return Path(sysconfig.get_path("data")) / "share" / "mmtutor"


def course_files(root: Path) -> Iterator[Path]:
    """Name what is copied; made folders such as `data/cache` are not."""
    yield from files(root)
    yield from sorted((root / "exercises").glob("*.ipynb"))


def start(folder: Path) -> Started:
    """Copy the course into a folder, which is made if need be, and say what was written and kept.

    Raises Trouble where the folder is the course's own, or a file.
    """
    root = brought()
    if folder.resolve() == root or (folder.exists() and not folder.is_dir()):
        raise Trouble(f"{folder} is {'a file' if folder.is_file() else 'the course itself'}.")
    written, kept = [], []
    for path in course_files(root):
        place, name = folder / path.relative_to(root), path.relative_to(root).as_posix()
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
            written.append(name)
        elif place.read_bytes() != path.read_bytes():
            kept.append(name)
    return Started(tuple(written), tuple(kept))
