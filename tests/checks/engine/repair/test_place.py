"""The place of a mistake is found and named; the mending is not said."""

import ast
import math

import pytest
import torch

from mmtutor import checks
from mmtutor.checks.engine.exercise import Implement
from mmtutor.checks.engine.judge import judge
from mmtutor.checks.engine.mistakes import outcomes
from mmtutor.checks.engine.repair import place
from mmtutor.checks.engine.repair.edits import knotted

ATTENTION = checks.find("attention.scaled_dot_product")
assert isinstance(ATTENTION, Implement)


def built_in(query, key, value, mask):
    scores = query @ key.mT / math.sqrt(8)
    weights = scores.masked_fill(~mask, -math.inf).softmax(-1).nan_to_num(0)
    return weights @ value, weights


def other_power(query, key, value, mask):
    scores = query @ key.mT / query.shape[-1] ** 0.25
    weights = scores.masked_fill(~mask, -math.inf).softmax(-1).nan_to_num(0)
    return weights @ value, weights


def other_name(query, key, value, mask):
    scores = query @ query.mT / query.shape[-1] ** 0.5
    weights = scores.masked_fill(~mask, -math.inf).softmax(-1).nan_to_num(0)
    return weights @ value, weights


def first_mask(query, key, value, mask):
    scores = query @ key.mT / query.shape[-1] ** 0.5
    weights = scores.masked_fill(~mask[0], -math.inf).softmax(-1).nan_to_num(0)
    return weights @ value, weights


def one_step_too_much(query, key, value, mask):
    scores = query @ key.mT / query.shape[-1] ** 0.5
    scores = scores.clamp(max=0.5)
    weights = scores.masked_fill(~mask, -math.inf).softmax(-1).nan_to_num(0)
    return weights @ value, weights


def one_step_missing(query, key, value, mask):
    scores = query @ key.mT / query.shape[-1] ** 0.5
    weights = scores.masked_fill(~mask, -math.inf).softmax(-1).nan_to_num(0)
    return weights @ value, weights.log()


def four_mistakes(query, key, value, mask):
    weights = (key @ query.mT).mT.cos().cumsum(-1) ** 3 + 0.123
    return weights @ value * 7, weights


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (built_in, "the `8`: it is built in"),
        (other_power, "look at the `0.25`"),
        (other_name, "whether `query` is the right one"),
        (first_mask, r"the index in `mask\[0\]`"),
        (one_step_too_much, r"whether `.clamp(…)` is needed"),
        (one_step_missing, r"whether `.log(…)` is needed"),
        (four_mistakes, ""),
    ],
)
def test_the_place_is_named(answer, words: str) -> None:
    said = place(answer, ATTENTION.cases(), outcomes(ATTENTION))
    assert (words.replace("\\", "") in str(said)) if words else said is None


def exchanged(query, key, value, mask):
    query, key = key, query
    scores = query @ key.mT / query.shape[-1] ** 0.5
    weights = scores.masked_fill(~mask, -math.inf).softmax(-1).nan_to_num(0)
    return weights @ value, weights


def test_two_things_in_another_order_are_found() -> None:
    said = place(exchanged, ATTENTION.cases(), outcomes(ATTENTION))
    assert "the order in `(key, query)`" in str(said)


def test_a_change_that_writes_into_the_input_mends_nothing() -> None:
    def half_a_copy(query, key, value, mask):
        scores = query.clone().mul_(0) @ key.mT
        return scores, query.mul_(1)

    assert place(half_a_copy, ATTENTION.cases(), outcomes(ATTENTION)) is None


def forever(query, key, value, mask):
    while key is query:
        pass
    raise ValueError


def test_a_change_that_never_ends_ends_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmtutor.checks.engine.repair.PATIENCE", 0.5)
    assert place(forever, ATTENTION.cases(), outcomes(ATTENTION)) is None


SOFTMAX = checks.find("attention.softmax")
assert isinstance(SOFTMAX, Implement)
WARM = (lambda s, t: torch.softmax(s * t, -1), lambda s, t: torch.softmax(s / t, 0))


def to_the_power(power):
    def answer(scores, temperature):
        return (scores / temperature).softmax(-1) ** power

    return answer


def test_lambdas_and_functions_in_functions_are_read_too() -> None:
    cases, expected = SOFTMAX.cases(), outcomes(SOFTMAX)
    assert "how `s` and `t` are joined" in str(place(WARM[0], cases, expected))
    assert "look at the `0`" in str(place(WARM[1], cases, expected))
    assert "`power` belongs in" in str(place(to_the_power(2), cases, expected))


@pytest.mark.parametrize("answer", [len, ATTENTION, torch.softmax, eval("lambda *a: a")])
def test_what_cannot_be_read_is_left_alone(answer) -> None:
    assert place(answer, ATTENTION.cases(), outcomes(ATTENTION)) is None


def test_a_program_that_prints_prints_once(capsys: pytest.CaptureFixture[str]) -> None:
    def loud(query, key, value, mask):
        print("here")
        return query.cos(), key

    judge(ATTENTION, loud)
    assert capsys.readouterr().out == ""


def mean_of_both(picture_scores, sound_scores):
    p, q = picture_scores.softmax(-1), sound_scores.softmax(-1)
    first = p.square().sum(-1, keepdim=True)
    second = q.square().sum(-1, keepdim=True)
    return (first * p + second * q) / (first + second)


def test_a_name_that_mends_it_in_either_of_two_lines_is_an_accident() -> None:
    """With p in both lines, or q in both, the weights cancel: that says nothing of the mistake."""
    late = checks.find("fusion.late_decisions")
    assert isinstance(late, Implement)
    assert place(mean_of_both, late.cases(), outcomes(late)) is None


@pytest.mark.parametrize(
    ("program", "knot"),
    [
        ("row[j] = out\nout.append(row)", True),
        ("row[j] = row", True),
        ("out.append([1, out])", True),
        ("row[j] = v\nout.append(row)", False),
        ("x[i] = x[i - 1]\nout.append(x.clone())", False),
    ],
)
def test_no_change_lets_a_list_hold_itself(program: str, knot: bool) -> None:
    """PyTorch ends the process if it is to make a tensor of such a list."""
    assert knotted(ast.parse(program)) == knot
