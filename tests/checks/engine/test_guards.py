"""Bad answers: each gets one sentence, whatever it does."""

import math
import re
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from mmtutor import checks
from mmtutor.checks.engine import progress
from mmtutor.checks.engine.guards import which_axis
from mmtutor.checks.engine.judge import judge
from tests.checks.play import TWICE

ASKED = replace(TWICE, gradient=True)


def changes_input(x):
    x *= 2
    return x


def never_returns(x):
    while True:
        pass


def raises(x):
    return x @ missing  # noqa: F821


class Silent(Exception):
    def __str__(self):
        raise RuntimeError


def silent(x):
    raise Silent


def long_message(x):
    raise ValueError("x" * 1_000_000)


def prints_only(x):
    print(x * 2)


def holds_itself(x):
    result = [1.0]
    result.append(result)
    return result


BAD = {
    "not a function": (torch.ones(2), "needs your function itself, but it got a Tensor"),
    "wrong signature": (lambda: 1, r"called with \(x\)"),
    "too many arguments": (lambda x, y: x, r"called with \(x\), but yours is written as"),
    "returns None": (lambda x: {}.get("x"), "returns None"),
    "a None inside": (lambda x: [None, 1.0], "a None in what it returns"),
    "returns a text": (lambda x: str(x), "returns a str, but a torch tensor is expected"),
    "returns ragged lists": (lambda x: [[1.0], []], "returns a list, but a torch tensor"),
    "returns a list that holds itself": (holds_itself, "returns a list, but a torch tensor"),
    "returns a tuple": (lambda x: (x * 2, x), "returns a tuple"),
    "returns NaN": (lambda x: x / 0 * 0, "returns NaN"),
    "wrong shape": (lambda x: x.sum(), r"shape \(\), but the shape should be \(2,\)"),
    "wrong numbers": (lambda x: (x * 2).int(), "type torch.int32, but torch.float32"),
    "whole numbers in an array": (lambda x: (x * 2).int().numpy(), "type torch.int32"),
    "yes and no in a list": (lambda x: [True, False], "type torch.bool"),
    "half precision": (lambda x: (x * 2).half(), "type torch.float16"),
    "changes its input": (changes_input, r"changes its input \(x\)"),
    "raises": (raises, r"NameError in `return x @ missing.*`: name 'missing' is not defined"),
    "prints only": (prints_only, "prints its result but returns nothing"),
    "never returns": (never_returns, "still running when its time was up"),
    "sparse": (lambda x: (x * 2).to_sparse(), "sparse"),
    "meta": (lambda x: (x * 2).to("meta"), "sparse or empty-handed"),
    "as large as no memory": (lambda x: torch.zeros(1).expand(10**13), "the shape should be"),
    "complex": (lambda x: x * 2 + 0j, "type torch.complex64"),
    "a complex number": (lambda x: 2j, "returns a complex"),
    "huge number": (lambda x: 10**400, "returns an int"),
    "silent exception": (silent, "stops with Silent in"),
    "long message": (long_message, "stops with ValueError"),
    "leaves": (lambda x: exit(), "SystemExit"),
    "dots inside": (lambda x: ..., "still a `...`"),
}

CUT = {
    "cuts the gradient": (lambda x: x.detach() * 2, "gradient does not flow"),
    "through numpy": (lambda x: torch.tensor(x.numpy() * 2), "gradient does not flow"),
    "new leaf": (lambda x: (x * 2).detach().requires_grad_(), "gradient does not flow"),
    "half detached": (lambda x: x + x.detach(), "gradient does not flow"),
    "a list": (lambda x: (x * 2).tolist(), "returns a list. A gradient must flow"),
    "an array": (lambda x: (x * 2).numpy(), "returns an ndarray. A gradient must flow"),
}


def assert_one_sentence(verdict: Any, sentence: str) -> None:
    assert verdict.status == "guard"
    assert len(verdict.sentences) <= 3 and len(verdict.sentences[0]) < 500
    assert re.search(sentence, verdict.sentences[0]), verdict


@pytest.mark.parametrize(
    ("found", "wanted", "asked"),
    [
        ((2,), (2, 3), "Which axis was lost?"),
        ((2, 3, 1), (2, 3), "Which axis is one too many?"),
        ((3, 2), (2, 3), "Which axes have changed places?"),
        ((2, 4), (2, 3), "The last axis is too long"),
        ((1, 3), (2, 3), "The second to last axis is too short"),
        ((4,), (3,), "It is too long"),
        ((4, 5), (2, 3), "Which step makes these sizes?"),
    ],
)
def test_a_wrong_shape_is_asked_about_what_is_wrong(found, wanted, asked) -> None:
    assert which_axis(found, wanted).startswith(asked)


@pytest.mark.parametrize("case", BAD)
def test_a_bad_answer_gets_one_sentence(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    answer, sentence = BAD[case]
    assert_one_sentence(judge(TWICE, answer), sentence)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("case", CUT)
def test_a_gradient_must_flow_only_where_the_card_asks_for_it(case: str) -> None:
    answer, sentence = CUT[case]
    assert_one_sentence(judge(ASKED, answer), sentence)
    assert judge(TWICE, answer).passed


def test_a_gradient_flows_also_where_the_reader_switched_gradients_off() -> None:
    with torch.no_grad():
        assert judge(ASKED, lambda x: x + x).passed


def test_nothing_bad_is_recorded_as_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "find", lambda id: TWICE)
    for answer, _ in BAD.values():
        checks.check("test.twice", answer)
    assert progress.load()["test.twice"]["passed"] is False
    assert progress.load()["test.twice"]["attempts"] == len(BAD)


def test_no_answer_leaves_something_running() -> None:
    """One that did would take a core from the notebook until it is closed."""
    for answer, _ in BAD.values():
        judge(TWICE, answer)
    assert not [thread for thread in threading.enumerate() if "(work)" in thread.name]


@pytest.mark.serial
def test_a_loop_without_end_costs_little_time() -> None:
    begun = time.perf_counter()
    judge(TWICE, never_returns)
    assert time.perf_counter() - begun < 5


def blank(x: torch.Tensor) -> torch.Tensor:
    """Return twice x."""


@pytest.mark.parametrize("answer", [..., blank, [..., 1.0]])
def test_a_blank_is_not_an_attempt(answer: Any) -> None:
    assert judge(TWICE, answer).status == "not attempted"


def test_a_swapped_pair_is_named_and_a_list_of_two_is_a_pair() -> None:
    exercise = checks.find("attention.scaled_dot_product")
    reference: Callable[..., Any] = exercise.reference
    swapped = judge(exercise, lambda *a: reference(*a)[::-1])
    assert "come back in the other order" in swapped.sentences[0]
    assert judge(exercise, lambda *a: list(reference(*a))).passed


@pytest.mark.parametrize("truth", [True, torch.tensor(False)])
def test_a_truth_where_a_number_is_asked_for_is_a_sentence(truth: Any) -> None:
    said = judge(checks.find("evaluation.mcnemar"), lambda first, second: truth)
    assert "True or False where a number is expected" in said.sentences[0]


def test_a_list_that_is_changed_is_told_of_in_words_of_lists() -> None:
    def meant(phrase, shown, last, prices, colours):
        return shown.pop() if shown else -1

    said = judge(checks.find("advisor.meant"), meant)
    assert "`pop`" in said.sentences[0] and "tensor" not in said.sentences[0]


def test_overwriting_what_the_gradient_needs_is_a_sentence() -> None:
    def softmax(scores, temperature):
        positive = (scores / temperature - (scores / temperature).amax(-1, keepdim=True)).exp()
        positive /= positive.sum(-1, keepdim=True)
        return positive

    verdict = judge(checks.find("attention.softmax"), softmax)
    assert verdict.status == "guard" and "you overwrite a result" in verdict.sentences[0]


def test_nothing_but_nan_is_blamed_on_nobody() -> None:
    exercise = checks.find("attention.bug_future")

    def answer(x, q, k, v):
        scores = (x @ q) @ (x @ k).mT
        seen = torch.ones_like(scores).tril().bool()
        return (scores * seen + ~seen * -math.inf).softmax(-1) @ (x @ v)

    verdict = judge(exercise, answer)
    assert verdict.status == "guard" and "0 · ∞" in verdict.sentences[0]
