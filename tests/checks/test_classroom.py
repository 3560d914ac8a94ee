"""A class hands in its answers: none that is wrong passes, none that is right is refused."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import jaxtyping
import pytest

from mmtutor import checks
from mmtutor.checks.engine import judge as engine
from mmtutor.checks.engine.verdict import Verdict
from tests.classroom import Wrong, rooms

pytestmark = pytest.mark.answers

ROOMS = rooms()
WRONG: dict[str, tuple[Wrong, ...]] = {
    k: v for room in ROOMS.values() for k, v in room.WRONG.items()
}
RIGHT: dict[str, tuple[Any, ...]] = {k: v for room in ROOMS.values() for k, v in room.RIGHT.items()}
DIFFERENCES = 0.1
"""So large a share of a lesson's wrong answers may hear only where the numbers first differ."""

each_lesson = pytest.mark.parametrize("lesson", ROOMS, ids="{}.class".format)


def each(answers: dict[str, tuple[Any, ...]]) -> pytest.MarkDecorator:
    """Try every answer; the tests are called after the exercise: `attention.softmax-3`."""
    places = [(id, number) for id, some in answers.items() for number in range(len(some))]
    return pytest.mark.parametrize(("id", "number"), places)


@cache
def card(id: str, number: int) -> Verdict:
    """Judge a wrong answer, once for all tests; closely only if that is needed to hear `says`.

    The closer look costs most of the time, and the judgement is the same without it.
    """
    wrong, exercise = WRONG[id][number], checks.find(id)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "look_closer", lambda trial, answer, found: found)
        found = engine.judge(exercise, wrong.answer)
    if re.search(wrong.says, repr(found)):
        return found
    return engine.judge(exercise, wrong.answer)


@pytest.fixture(autouse=True)
def as_a_reader_runs_it() -> Iterator[None]:
    """Without the type checks of the tests, which cost ten times what the references compute."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@each_lesson
def test_the_class_has_answers_to_every_exercise(lesson: str) -> None:
    known = {exercise.id for exercise in checks.exercises(lesson)}
    assert set(ROOMS[lesson].WRONG) == set(ROOMS[lesson].RIGHT) == known


@each(WRONG)
def test_a_wrong_answer_is_not_passed_and_hears_what_is_wrong(id: str, number: int) -> None:
    found, wrong = card(id, number), WRONG[id][number]
    assert found.status not in ("passed", "not attempted"), wrong.does
    assert re.search(wrong.says, repr(found)), f"{wrong.does}\n{found}"


@each(RIGHT)
def test_a_right_answer_passes_in_any_form(id: str, number: int) -> None:
    found = engine.judge(checks.find(id), RIGHT[id][number])
    assert found.passed, found


@each_lesson
def test_few_wrong_answers_hear_only_where_the_numbers_differ(lesson: str) -> None:
    wrong = [(id, n, w) for id, some in ROOMS[lesson].WRONG.items() for n, w in enumerate(some)]
    bare = [f"{id}-{n}: {w.does}" for id, n, w in wrong if card(id, n).status == "difference"]
    assert len(bare) <= DIFFERENCES * len(wrong), "\n".join(bare)
