"""Find what was handed in: in a folder, in nbgrader's `submitted/`, in a zip of Moodle or Canvas.

Nothing is unpacked or followed: files are read into memory, up to a size. What cannot be graded
is refused with one sentence, and the rest is graded.
"""

import hashlib
import json
import os
import re
import stat
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mmtutor import checks
from mmtutor.tools.trouble import Trouble

LARGEST = 20 * 2**20
"""Bytes that a notebook may have; a lesson with all its pictures has 1.5 million."""
MOST_CELLS = 500
MOODLE = re.compile(r"(?P<student>.+)_(?P<id>\d+)_assignsubmission_file_?(?P<file>.*)")
CANVAS = re.compile(r"(?P<student>[^_]+)_(?:LATE_)?(?P<id>\d+)_\d{3,}_(?P<file>.+)")
MENTIONED = re.compile(r"""["'](\w+\.\w+)["']""")


@dataclass(frozen=True)
class Submission:
    """One student's notebook of one lesson: its code cells, and the hash of its file.

    `identifier` is the student's number in Moodle or Canvas, empty where there is none.
    """

    student: str
    lesson: str
    name: str
    cells: tuple[str, ...]
    hash: str
    identifier: str = ""


@dataclass(frozen=True)
class Refused:
    """What cannot be graded, and one sentence that says why."""

    name: str
    sentence: str


@dataclass(frozen=True)
class File:
    """A file that was handed in, not read yet."""

    path: PurePosixPath
    size: int
    read: Callable[[], bytes]


def find(place: Path) -> tuple[list[Submission], list[Refused]]:
    """Return the submissions in a folder or zip by student and lesson, and what was refused.

    Trouble where there is neither a folder nor a zip.
    """
    if place.is_dir():
        inner = place / "submitted"
        files = list(in_folder(inner if inner.is_dir() else place))
    elif zipfile.is_zipfile(place):
        files = list(in_zip(place))
    else:
        raise Trouble(f"{place} is neither a folder of notebooks nor a zip file.")
    read = [one if isinstance(one, Refused) else submission(one, place) for one in files]
    taken: dict[tuple[str, str], Submission] = {}
    refused = [one for one in read if isinstance(one, Refused)]
    for one in sorted((o for o in read if isinstance(o, Submission)), key=lambda o: o.name):
        first = taken.setdefault((one.student, one.lesson), one)
        if first is not one:
            refused.append(Refused(one.name, doubled(one, first)))
    return [taken[key] for key in sorted(taken)], refused


def doubled(one: Submission, first: Submission) -> str:
    """Say that a student has two notebooks of a lesson."""
    return (
        f"{one.student} has handed in {one.lesson} twice: {first.name} is graded, this one is not; "
        "leave the one that counts and grade again."
    )


def in_folder(place: Path) -> Iterator[File | Refused]:
    """Give the files below a folder; links and what is no file are refused."""
    for at, folders, names in os.walk(place):
        folders[:] = sorted(name for name in folders if not passed_over(name))
        for name in sorted([*names, *(n for n in folders if (Path(at) / n).is_symlink())]):
            path = Path(at) / name
            inside = PurePosixPath(path.relative_to(place).as_posix())
            kind = os.lstat(path)
            if passed_over(name):
                continue
            if stat.S_ISLNK(kind.st_mode):
                yield Refused(printable(str(inside)), "This is a link, and links are not followed.")
            elif not stat.S_ISREG(kind.st_mode):
                yield Refused(printable(str(inside)), "This is no ordinary file.")
            else:
                yield File(inside, kind.st_size, path.read_bytes)


def in_zip(place: Path) -> Iterator[File | Refused]:
    """Give the files in a zip; nothing is written anywhere."""
    archive = zipfile.ZipFile(place)
    for entry in archive.infolist():
        path = PurePosixPath(entry.filename)
        name = printable(entry.filename)
        if entry.is_dir() or any(map(passed_over, path.parts)):
            continue
        if stat.S_ISLNK(entry.external_attr >> 16):
            yield Refused(name, "This is a link, and links are not followed.")
        elif path.is_absolute() or ".." in path.parts or "\\" in entry.filename:
            yield Refused(name, "Its path leads out of the zip.")
        elif entry.flag_bits & 1:
            yield Refused(name, "It is locked with a password.")
        else:
            yield File(path, entry.file_size, reader(archive, entry))


def reader(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Callable[[], bytes]:
    """Return a function that reads a file of a zip, whatever size it says it has."""

    def read() -> bytes:
        with archive.open(entry) as file:
            return file.read(LARGEST + 1)

    return read


def passed_over(name: str) -> bool:
    """Say whether a file or folder is nobody's work: hidden, or left by a Mac."""
    return name not in ("..", ".") and name.startswith((".", "__MACOSX"))


def submission(file: File, place: Path) -> Submission | Refused:
    """Read a file as a notebook of this course, or say why it is none."""
    name = printable(str(file.path))
    if file.path.suffix != ".ipynb":
        return Refused(name, "This is no notebook: its name does not end in .ipynb.")
    try:
        data = file.read() if file.size <= LARGEST else b" " * (LARGEST + 1)
    except (OSError, zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        return Refused(name, f"It cannot be read ({type(error).__name__}).")
    if len(data) > LARGEST:
        return Refused(name, f"It has more than {LARGEST // 2**20} MB: clear its outputs.")
    cells = code_cells(data)
    if isinstance(cells, str):
        return Refused(name, cells)
    lesson = lesson_of(cells)
    if not lesson:
        return Refused(name, "It holds no exercise of this course.")
    student, identifier = owner(file.path, lesson, place)
    digest = hashlib.sha256(data).hexdigest()
    return Submission(student, lesson, name, tuple(cells), digest, identifier)


def code_cells(data: bytes) -> list[str] | str:
    """Return the sources of a notebook's code cells, or a sentence that says why there are none."""
    try:
        book = json.loads(data)
        cells = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
        sources = ["".join(cell["source"]) for cell in cells]
    except (ValueError, TypeError, KeyError, RecursionError):
        return "It is damaged, or no notebook: Jupyter could not open it either."
    if len(sources) > MOST_CELLS:
        return f"It has more than {MOST_CELLS} code cells."
    return sources


def lesson_of(cells: list[str]) -> str:
    """Return the lesson whose exercises the cells name most often; empty where they name none."""
    there = checks.lessons()
    named = {id for cell in cells for id in MENTIONED.findall(cell) if id.split(".")[0] in there}
    lessons = Counter(id.split(".")[0] for id in named)
    known = [n for n, _ in lessons.most_common() if {e.id for e in checks.exercises(n)} & named]
    return known[0] if known else ""


def owner(path: PurePosixPath, lesson: str, place: Path) -> tuple[str, str]:
    """Return whose file it is, and that person's number in Moodle or Canvas.

    Who is not named by Moodle or Canvas is named by the outermost folder, or by the file's name
    without the lesson's.
    """
    if found := MOODLE.fullmatch(path.parts[0]):
        return printable(found["student"]), found["id"]
    if found := CANVAS.fullmatch(path.name):
        return printable(found["student"]), found["id"]
    if len(path.parts) > 1:
        return printable(path.parts[0]), ""
    alone = re.sub(rf"\d\d_{lesson}", "", path.stem).strip(" _-.")
    return printable(alone or place.stem), ""


def printable(text: str) -> str:
    """Return a text on one line, without what a terminal or a file name could not bear."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(shown.split())[:120] or "nameless"
