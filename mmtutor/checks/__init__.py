"""Checks that name the mistake: `check("attention.softmax", softmax)`, `hint("attention.softmax")`.

A folder is a lesson, a file is an exercise: `mmtutor.checks.attention` lists its exercises in order
as `EXERCISES`, and `attention.softmax` stands in `mmtutor/checks/attention/softmax.py`. The engine
that judges them is `mmtutor.checks.engine`.
"""

import difflib
import pkgutil
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from mmtutor.checks.engine import graded, progress
from mmtutor.checks.engine.exercise import Exercise
from mmtutor.checks.engine.judge import judge
from mmtutor.checks.engine.verdict import Verdict, markup


@dataclass(frozen=True)
class Hint:
    """One of the four hints of an exercise."""

    number: int
    total: int
    text: str

    def __repr__(self) -> str:
        return f"Hint {self.number} of {self.total}: {self.text}"

    def _repr_html_(self) -> str:
        body = markup(self.text).replace("\n", "<br>").replace("  ", "&nbsp; ")
        return f"<p><b>Hint {self.number} of {self.total}.</b> {body}</p>"


def lessons() -> list[str]:
    """Name the lessons that have exercises, in alphabetical order."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if m.ispkg and m.name != "engine")


def exercises(lesson: str) -> tuple[Exercise, ...]:
    """Return the exercises of a lesson, in the order of its notebook."""
    return import_module(f"{__name__}.{lesson}").EXERCISES


def find(id: str) -> Exercise:
    """Return an exercise by its id; LookupError with the nearest ids when there is none."""
    lesson = id.split(".")[0]
    known = exercises(lesson) if lesson in lessons() else all_exercises()
    for exercise in known:
        if exercise.id == id:
            return exercise
    near = difflib.get_close_matches(id, [e.id for e in all_exercises()], n=3, cutoff=0.3)
    raise LookupError(
        f"there is no exercise {id!r}; did you mean {' or '.join(near) or 'another'}?"
    )


def all_exercises() -> tuple[Exercise, ...]:
    """Return the exercises of all lessons."""
    return tuple(exercise for lesson in lessons() for exercise in exercises(lesson))


def check(id: str, answer: Any) -> Verdict:
    """Judge an answer, remember the attempt, and return the card to show.

    Where nbgrader runs the notebook, nothing is remembered, since it is not the learner who runs
    it, and an answer that does not pass raises NotPassed.
    """
    if graded.by():
        return graded.verdict(lambda: judge(find(id), answer))
    verdict = judge(find(id), answer)
    if verdict.status != "not attempted":
        progress.record_attempt(id, verdict.status, verdict.mistakes)
    return verdict


def hint(id: str) -> Hint:
    """Return the next hint of an exercise. None comes twice before all have been shown."""
    hints = find(id).hints
    number = progress.next_hint(id, len(hints))
    return Hint(number + 1, len(hints), hints[number])
