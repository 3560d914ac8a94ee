"""Show what a learner has tried, been shown and passed, and give the next hint."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from mmtutor import checks
from mmtutor.checks.engine import progress
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


def show_hint(id: str) -> None:
    """Print the next hint of an exercise; Trouble when there is none of that name."""
    try:
        with plainly():
            shown = repr(checks.hint(id))
        console.print(shown)
    except LookupError as error:
        raise Trouble(f"{error.args[0][0].upper()}{error.args[0][1:]}") from error
