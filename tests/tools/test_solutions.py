"""The exercises work: solutions pass every check, and blanks say that nothing was attempted.

nbval proves that no cell of a notebook raises. Here the verdicts are read: a check that says "not
yet" raises nothing.
"""

from pathlib import Path

import pytest

from mmtutor import checks
from mmtutor.tools.rooms import Lesson, lessons
from mmtutor.tools.run import Result, run

LESSONS = lessons(Path(__file__).resolve().parents[2])

pytestmark = [
    pytest.mark.notebooks,
    pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name),
]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The budget of a reader without a GPU."""
    monkeypatch.setenv("MMTUTOR_BUDGET", "quick")


def statuses(result: Result) -> dict[str, set[str]]:
    """What the checks of each exercise said."""
    said: dict[str, set[str]] = {}
    for verdict in result.verdicts:
        said.setdefault(verdict["exercise"], set()).add(verdict["status"])
    return said


def everywhere(lesson: Lesson, status: str) -> dict[str, set[str]]:
    """The same status for every exercise of a lesson, and for no other."""
    return {exercise.id: {status} for exercise in checks.exercises(lesson.slug)}


def test_solutions_pass_every_check(lesson: Lesson) -> None:
    result = run(lesson.solution)
    assert not result.complaints()
    assert statuses(result) == everywhere(lesson, "passed")


def test_blank_exercises_run_through_and_say_so(lesson: Lesson) -> None:
    result = run(lesson.exercise)
    assert not result.complaints()
    assert statuses(result) == everywhere(lesson, "not attempted")
