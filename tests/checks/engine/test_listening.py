"""What an answer does not listen to."""

import torch

from mmtutor import checks
from mmtutor.checks.engine import listening
from mmtutor.checks.engine.exercise import Implement
from mmtutor.checks.engine.judge import judge

SOFTMAX = checks.find("attention.softmax")
assert isinstance(SOFTMAX, Implement)


def fixed_temperature(scores, temperature):
    return torch.softmax(scores / 0.5, -1).square()


def always_the_same(scores, temperature):
    return torch.ones(2, 3) / 5


def listens(scores, temperature):
    return torch.softmax(scores / temperature, -1).square().cos()


def test_an_argument_that_changes_nothing_is_named() -> None:
    said = judge(SOFTMAX, fixed_temperature).sentences
    assert any("does not change with `temperature`" in sentence for sentence in said)


def test_an_answer_that_listens_to_nothing_is_named() -> None:
    ones = Implement(**{**vars(SOFTMAX), "cases": lambda: SOFTMAX.cases()[:1]})
    said = judge(ones, always_the_same).sentences
    assert any("does not depend on what your function is given" in sentence for sentence in said)


def draws(scores, temperature):
    return torch.softmax(scores / temperature, -1) + torch.rand(scores.shape)


def test_an_answer_that_draws_random_numbers_is_told_so() -> None:
    (sentence,) = judge(SOFTMAX, draws).sentences  # nothing about numbers that change every time
    assert "draws random numbers" in sentence


def draws_in_large_inputs(scores, temperature):
    noise = torch.rand(scores.shape) if scores.numel() > 8 else 0.25
    return torch.softmax(scores / temperature, -1) + noise


def test_what_draws_the_same_on_the_first_input_is_tried_on_the_largest() -> None:
    cases = SOFTMAX.cases()
    outputs = [draws_in_large_inputs(**case) for case in cases]
    assert listening.random(SOFTMAX, draws_in_large_inputs, cases, outputs)
    assert not listening.random(SOFTMAX, draws_in_large_inputs, cases[:1], outputs[:1])


def largest(weights, columns):
    return weights.max() // columns, weights.max() % columns


def test_an_argument_that_changes_something_is_not_called_unheard() -> None:
    place = checks.find("start_here.strongest_patch")
    assert isinstance(place, Implement)
    outputs = [largest(**case) for case in place.cases()]
    assert listening.deaf(place, largest, place.cases(), outputs) is None


def test_an_answer_that_listens_to_all_is_not_blamed() -> None:
    said = " ".join(judge(SOFTMAX, listens).sentences)
    assert "random" not in said
    assert "does not change" not in said and "does not depend" not in said
