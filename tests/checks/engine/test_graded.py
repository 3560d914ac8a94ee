"""Under nbgrader a check that is not passed fails its cell; elsewhere nothing changes."""

import sys
import warnings
from dataclasses import replace
from typing import Any

import IPython.display
import pytest

from mmtutor import checks
from mmtutor.checks import check
from mmtutor.checks.engine import graded, progress
from mmtutor.checks.engine.verdict import Verdict
from tests.answers.attention import softmax_in_float64 as right

ID = "attention.softmax"


@pytest.fixture(params=["autograde", "validate"])
def nbgrader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("NBGRADER_EXECUTION", request.param)
    return request.param


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> list[Verdict]:
    """The cards that were shown."""
    shown: list[Any] = []
    monkeypatch.setattr(IPython.display, "display", shown.append)
    return shown


def loud(scores: Any, temperature: float) -> Any:
    """Right, and says so where nbgrader would take it for a failure."""
    print("on stderr", file=sys.stderr)
    warnings.warn("and a warning", stacklevel=1)
    return right(scores, temperature)


def wrong(scores: Any, temperature: float) -> Any:
    return right(scores, 1 / temperature)


def blank(scores: Any, temperature: float) -> Any: ...


def test_a_right_answer_is_shown_once_and_returned(nbgrader: str, cards: list[Verdict]) -> None:
    verdict = check(ID, right)
    assert verdict.passed and [card.exercise for card in cards] == [ID]
    assert hasattr(verdict, "_ipython_display_") and not hasattr(cards[0], "_ipython_display_")


@pytest.mark.filterwarnings("ignore:and a warning")
def test_what_an_answer_says_on_stderr_costs_nothing(
    nbgrader: str, cards: list[Verdict], capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(ID, loud).passed
    assert not capsys.readouterr().err


@pytest.mark.parametrize("answer", [wrong, blank, None, ...])
def test_an_answer_that_does_not_pass_fails_its_cell_with_the_card_above(
    answer: Any, nbgrader: str, cards: list[Verdict]
) -> None:
    with pytest.raises(graded.NotPassed) as raised:
        check(ID, answer)
    (card,) = cards
    assert not card.passed and card.headline() in str(raised.value)
    assert raised.value._render_traceback_() == [str(raised.value)]
    shown = all(sentence in str(raised.value) for sentence in card.sentences)
    assert shown == (nbgrader == "validate")  # there nothing but the error is shown


def endless(scores: Any, temperature: float) -> Any:
    while True:
        pass


def test_an_answer_that_never_returns_fails_its_cell(
    nbgrader: str, cards: list[Verdict], monkeypatch: pytest.MonkeyPatch
) -> None:
    hasty = replace(checks.find(ID), seconds=0.2)
    monkeypatch.setattr(checks, "find", lambda id: hasty)
    with pytest.raises(graded.NotPassed):
        check(ID, endless)
    assert cards[0].status == "guard"


def test_the_graders_own_progress_stays_as_it_is(nbgrader: str, cards: list[Verdict]) -> None:
    check(ID, right)
    assert not progress.location().exists() and not progress.UNSAVED


def test_elsewhere_a_check_raises_nothing_shows_nothing_and_remembers(
    cards: list[Verdict], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    assert not check(ID, wrong).passed and not cards
    assert progress.load()[ID]["attempts"] == 1
