"""check() and hint(): what a notebook calls."""

import pytest

from mmtutor import checks
from mmtutor.checks.engine import progress


def test_an_unknown_exercise_is_named_with_its_neighbours() -> None:
    with pytest.raises(LookupError, match=r"did you mean attention\.softmax"):
        checks.check("attention.sofmax", lambda x: x)


def test_hints_come_in_order_and_do_not_repeat_before_the_last() -> None:
    hints = checks.find("attention.softmax").hints
    shown = [checks.hint("attention.softmax").text for _ in range(5)]
    assert shown == [*hints, hints[0]]


def test_what_was_passed_stays_passed() -> None:
    checks.check("attention.predict", 0.8808)
    checks.check("attention.predict", 0.5)
    checks.check("attention.predict", ...)
    entry = progress.load()["attention.predict"]
    assert entry["passed"] is True and entry["attempts"] == 2
