"""Find the verdicts of a class in a folder; of each file that is none say in a sentence why."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mmtutor.grading.record import Record, parse
from mmtutor.grading.report import export, notebook
from mmtutor.tools.rooms import NAME
from mmtutor.tools.trouble import Trouble

ROOMS = ("verdicts", "autograded", "submitted")
"""Where `mmtutor grade` and nbgrader keep what is to be read; the first that is there counts."""
LARGEST = 20 * 2**20
"""Bytes of a file that is still read; a solved notebook with pictures has a million or two."""
MOODLE = re.compile(r"_assignsubmission_.*")
"""What Moodle hangs on the name of a student's folder."""


@dataclass(frozen=True)
class Gathered:
    """One record for each student and lesson, and a sentence for each file that was left out."""

    records: tuple[Record, ...]
    notes: tuple[str, ...]


def gather(folder: Path) -> Gathered:
    """Read what a class handed in: records, saved notebooks, exported progress.

    No file can spoil the others. Nothing in a notebook is run. Raises Trouble for no folder.
    """
    if not folder.is_dir():
        raise Trouble(f"There is no folder {folder} (an archive has to be unpacked first).")
    root = next((folder / room for room in ROOMS if (folder / room).is_dir()), folder)
    records: dict[tuple[str, str], Record] = {}
    notes = []
    for path in files(root):
        name = printable(str(path.relative_to(root)))
        try:
            for record in read(path, student(path.relative_to(root))):
                first = records.setdefault((record.student, record.lesson), record)
                if first is not record:
                    lesson = printable(record.lesson)
                    notes.append(f"{name}: there are verdicts of this student on {lesson} already.")
        except (ValueError, OSError, RecursionError, MemoryError) as error:
            notes.append(f"{name} was left out: {printable(reason(error))}.")
    order = sorted(records.values(), key=lambda record: (record.lesson, record.student))
    notes += [*not_run(order), *not_graded(folder, root)]
    return Gathered(tuple(order), tuple(notes))


def not_run(records: list[Record]) -> Iterator[str]:
    """Say that nothing was checked, where no record knows how any exercise went."""
    went = {graded.status for record in records for graded in record.exercises}
    if went == {"not attempted"}:
        yield "No check was run in any of these: `mmtutor grade FOLDER` runs them."


def not_graded(folder: Path, root: Path) -> Iterator[str]:
    """Name those who handed in and whom nbgrader did not grade: a file of another name, say."""
    if root.name == "autograded" and (folder / "submitted").is_dir():
        handed_in, graded = (
            {path.name for path in place.iterdir() if path.is_dir() and path.name[:1] != "."}
            for place in (folder / "submitted", root)
        )
        for name in sorted(handed_in - graded):
            yield f"{printable(name)} handed in, and nbgrader did not grade it: not counted here."


def files(root: Path) -> Iterator[Path]:
    """Walk through JSON files, notebooks and links; hidden ones are left out, no link is followed.

    `01.ipynb` comes before `01-Copy1.ipynb`: the shorter name is the one that was handed out.
    """
    for folder, below, names in os.walk(root):
        below[:] = sorted(name for name in below if not name.startswith("."))
        yield from (Path(folder, name) for name in below if Path(folder, name).is_symlink())
        for name in sorted(names, key=lambda name: (len(name), name)):
            if name.endswith((".json", ".ipynb")) and not name.startswith("."):
                yield Path(folder, name)


def read(path: Path, student: str) -> list[Record]:
    """Return the records in a file; ValueError with a sentence if there are none."""
    if path.is_symlink():
        raise ValueError(f"it is a link to another {'folder' if path.is_dir() else 'file'}")
    if not path.is_file():
        raise ValueError("it is no file")
    if path.stat().st_size > LARGEST:
        raise ValueError(f"it is larger than {LARGEST >> 20} MB")
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix == ".ipynb":
        return notebook.records(text, student)
    return export.records(text) if export.is_export(text) else [parse(text)]


def student(path: Path) -> str:
    """Return whose file it is: the first folder's name, or the file's, if none lies around it.

    A folder that has the name of a lesson is nobody's.
    """
    parts = [*path.parts[:-1], path.stem]
    owned = [part for part in parts if not NAME.fullmatch(part)] or parts
    return MOODLE.sub("", owned[0])


def reason(error: BaseException) -> str:
    """Say in a few words why a file was left out."""
    if isinstance(error, UnicodeDecodeError):
        return "it is no text"
    if isinstance(error, (RecursionError, MemoryError)):
        return "it is nested too deeply or too large"
    return (getattr(error, "strerror", None) or str(error)).rstrip(".")


def printable(text: str, longest: int = 200) -> str:
    """Return a text that is safe to print: no line breaks, no signs that steer a terminal."""
    clean = "".join(sign if sign.isprintable() else "?" for sign in text)
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"
