"""Show or export what a learner has tried, been shown and passed, and give the next hint."""

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmtutor import __version__, checks
from mmtutor.checks.engine import progress
from mmtutor.checks.engine.person import person
from mmtutor.tools.files import write
from mmtutor.tools.rooms import course, lessons
from mmtutor.tools.show import Cell, console, table
from mmtutor.tools.trouble import Trouble


def order() -> list[str]:
    """Return the lessons with exercises: those with a notebook first, in their order."""
    known = checks.lessons()
    try:
        numbered = [lesson.slug for lesson in lessons(course())]
    except Trouble:  # the package works without the notebooks
        numbered = []
    return sorted(known, key=lambda s: (numbered.index(s) if s in numbered else len(numbered), s))


def row(lesson: str, record: progress.Record) -> list[Cell]:
    """Return a lesson's line: exercises, attempts, hints, and how many were passed."""
    exercises = checks.exercises(lesson)
    entries = [record.get(exercise.id, {}) for exercise in exercises]
    attempts = sum(entry.get("attempts", 0) for entry in entries)
    hints = sum(entry.get("hints", 0) for entry in entries)
    passed = sum(bool(entry.get("passed")) for entry in entries)
    return [lesson, len(exercises), attempts, hints, f"{passed}/{len(exercises)}"]


@contextmanager
def plainly() -> Iterator[None]:
    """Print what cannot be kept or read as a sentence, without the file and line of a warning."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", progress.ProgressWarning)
        yield
    for warning in said:
        console.print(str(warning.message), style="yellow")


def show_progress() -> None:
    """Print the table of what was done so far."""
    with plainly():
        record = progress.load()
    titles = ("Lesson", "Exercises", "Attempts", "Hints used", "Passed")
    table(*titles, rows=[row(lesson, record) for lesson in order()], numbers=titles[1:])


def export_progress(path: Path) -> None:
    """Write all that is kept of this person as JSON: the counts, and every event with its time."""
    if not path.absolute().parent.is_dir():
        raise Trouble(f"There is no folder {path.parent} to write {path.name} into.")
    if path.is_dir():
        raise Trouble(f"{path} is a folder: name a file, such as {path / 'progress.json'}.")
    with plainly():
        kept = {"user": person(), "course": __version__, "exercises": progress.load()}
        text = json.dumps({**kept, "history": progress.events()}, indent=1, ensure_ascii=False)
    write(path, text + "\n")
    console.print(f"{path} holds what you have tried, passed and been shown.")


def show_hint(id: str) -> None:
    """Print the next hint of an exercise; Trouble when there is none of that name."""
    try:
        with plainly():
            shown = repr(checks.hint(id))
        console.print(shown)
    except LookupError as error:
        raise Trouble(f"{error.args[0][0].upper()}{error.args[0][1:]}") from error
