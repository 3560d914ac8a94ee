"""Verdicts survive being written, and what is no record is refused with a sentence."""

import json

import pytest

from mmtutor import checks
from mmtutor.grading.points import points
from mmtutor.grading.record import Graded, Record, dump, parse, well_formed

SOFTMAX = Graded(
    "attention.softmax", "mistake", 0.0, 2, ("Over which axis?",), ("axis",), "9 inputs.", "a1b2"
)
RECORD = Record("ada \"'\n", "attention", "1.0", (SOFTMAX,), ("One cell was there twice.",))


def test_a_record_is_read_as_it_was_written() -> None:
    assert parse(dump(RECORD)) == RECORD
    assert (RECORD.points, RECORD.of) == (0.0, 2)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Expecting value"),
        ("[]", "no record"),
        ("{}", "no record"),
        (json.dumps({"version": 99}), "form 99"),
        (json.dumps({"version": 1, "exercises": [{"x": 1}]}), "no record"),
    ],
)
def test_what_is_no_record_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse(text)


@pytest.mark.parametrize(
    ("field", "value"), [("student", 5), ("lesson", None), ("notes", "one"), ("exercises", 3)]
)
def test_a_field_of_another_type_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValueError, match="no record"):
        parse(json.dumps({**json.loads(dump(RECORD)), field: value}))


@pytest.mark.parametrize(
    ("field", "value"),
    [("status", 1), ("hints", "2"), ("mistakes", ("a", 1)), ("sentences", "Why?"), ("points", "1")],
)
def test_types_are_asked_for_where_python_does_not(field: str, value: object) -> None:
    graded = Graded(SOFTMAX.exercise, "passed", 1.0, 1)
    assert well_formed(Record("ada", "attention", "", (graded,)))
    object.__setattr__(graded, field, value)  # as if nothing had checked it, as in a real run
    assert not well_formed(Record("ada", "attention", "", (graded,)))


def test_every_exercise_is_worth_something_and_harder_ones_more() -> None:
    worth = {(e.difficulty, points(e)) for e in checks.all_exercises()}
    assert all(1 <= value <= 5 for _, value in worth)
    easiest = max(value for difficulty, value in worth if difficulty == 1)
    hardest = min(value for difficulty, value in worth if difficulty == 3)
    assert easiest < hardest
