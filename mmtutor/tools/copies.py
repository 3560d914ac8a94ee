"""Give a student notebooks to write in, from a copy of the course that nobody writes to."""

import os
import shutil
from pathlib import Path

WRITABLE = ("*", "notebooks/*", "exercises/*")


def copies(course: Path, mine: Path) -> int:
    """Copy what is not in the folder `mine` yet, and return the number of files copied.

    A file that is there is never touched, whatever the student made of it: whoever wants a new one
    removes or renames the old. `mine/data` is a link, since trained models are read and not
    written. Raises OSError where the disk is full or the course cannot be read.
    """
    found = [path for pattern in WRITABLE for path in sorted(course.glob(pattern))]
    files = [path for path in found if path.is_file()]
    missing = [path for path in files if not (mine / path.relative_to(course)).exists()]
    for path in missing:
        copy(path, mine / path.relative_to(course))
    if not os.path.lexists(mine / "data"):
        (mine / "data").symlink_to(course / "data")
    return len(missing)


def copy(path: Path, place: Path) -> None:
    """Copy a file in one step: a full disk leaves none, and the copy is the student's to write."""
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f"{place.name}.{os.getpid()}.part")
    try:
        shutil.copyfile(path, part)
        os.replace(part, place)
    finally:
        part.unlink(missing_ok=True)
