"""Verdicts survive being written, and what is no record is refused with a sentence."""

import json

import pytest

from mmtutor import checks
from mmtutor.grading.points import points
from mmtutor.grading.record import Graded, Record, dump, parse

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


def test_every_exercise_is_worth_something_and_harder_ones_more() -> None:
    worth = {(e.difficulty, points(e)) for e in checks.all_exercises()}
    assert all(1 <= value <= 5 for _, value in worth)
    easiest = max(value for difficulty, value in worth if difficulty == 1)
    hardest = min(value for difficulty, value in worth if difficulty == 3)
    assert easiest < hardest
