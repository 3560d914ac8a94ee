"""The next token at a temperature. Traps: division by 0, ties shared, the axis, T after softmax."""

from collections.abc import Callable

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    Implement,
    Mistake,
    Property,
    Wrong,
    random_tensor,
)
from mmtutor.checks.engine.properties import agree
from mmtutor.checks.gpt.shared import either, sums_to_one

AXES = {"axis": 0, "second_axis": 1, "axis_before": -2}
POWERS = {"multiplied": -1.0, "root": 0.5, "squared": 2.0, "ignored": 0.0, "late": 0.0}
"""By which power of the temperature the logits are divided."""


def next_distribution(logits: Tensor, temperature: float, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: softmax(logits / temperature), and all for the largest logit at 0."""
    if "negated" in wrong:
        logits = -logits
    axis = next((a for name, a in AXES.items() if name in wrong), -1)
    if temperature == 0:
        return greedy(logits, axis, wrong)
    if "logarithms" in wrong:
        return (logits / temperature).log_softmax(axis)
    if "not_renormalised" in wrong:
        return (logits.log_softmax(axis) / temperature).exp()
    if "at_most_one" in wrong:
        temperature = min(temperature, 1.0)
    if "not_softmax" in wrong:
        return logits / temperature
    if "overflow" in wrong:
        positive = (logits / temperature).exp()
        return positive / positive.sum(axis, keepdim=True)
    if "always_greedy" in wrong:
        return greedy(logits, axis, RIGHT)
    if "floored" in wrong:
        temperature = max(temperature, 0.1)
    power = next((p for name, p in POWERS.items() if name in wrong), 1.0)
    probabilities = (logits / temperature**power).softmax(axis)
    return probabilities / temperature if "late" in wrong else probabilities


def greedy(logits: Tensor, axis: int, wrong: Wrong) -> Tensor:
    """Give all to the largest logit, or what people give at temperature 0."""
    ways: dict[str, Callable[[], Tensor]] = {
        "zero_is_one": lambda: logits.softmax(axis),
        "zero_divides": lambda: (logits / 0.0).softmax(axis),
        "ties_shared": lambda: shared(largest(logits, axis), axis),
        "ties_all": lambda: largest(logits, axis),
        "last_of_ties": lambda: one_hot(logits.flip(axis), axis).flip(axis),
        "one_for_all": lambda: one_hot(logits.flatten(), 0).view_as(logits),
        "zero_is_smallest": lambda: one_hot(-logits, axis),
        "zero_is_even": lambda: shared(torch.ones_like(logits), axis),
        "zero_is_logits": lambda: logits,
        "zero_is_zeros": lambda: torch.zeros_like(logits),
        "index": lambda: logits.argmax(axis),
        "floored": lambda: (logits / 0.1).softmax(axis),
    }
    return either(ways, wrong, lambda: one_hot(logits, axis))


def one_hot(logits: Tensor, axis: int) -> Tensor:
    """Return 1 for the first of the largest along an axis, and 0 for the others."""
    return torch.zeros_like(logits).scatter(axis, logits.argmax(axis, keepdim=True), 1.0)


def largest(logits: Tensor, axis: int) -> Tensor:
    """Return 1 for all that are as large as the largest along an axis."""
    return (logits == logits.amax(axis, keepdim=True)).to(logits.dtype)


def shared(weights: Tensor, axis: int) -> Tensor:
    """Divide by the sum along an axis."""
    return weights / weights.sum(axis, keepdim=True)


def temperature_cases() -> list[Case]:
    near = torch.tensor([[1.0, 3.0, 2.99, -1.0], [0.5, -0.5, 0.0, 0.497]])
    tied = torch.tensor([[2.0, 5.0, 5.0, 1.0], [0.0, -1.0, 0.0, -1.0], [-3.0, -2.0, -2.0, -2.0]])
    large = torch.tensor([[900.0, -1000.0, 899.0], [-999.0, -998.0, -1001.0]])
    return [
        Case(logits=torch.tensor([2.0, 1.0, 0.0]), temperature=1.0),
        Case(logits=random_tensor(2, 4, seed=400), temperature=0.0),
        Case(logits=random_tensor(3, 5, seed=410), temperature=0.5),
        Case(logits=random_tensor(2, 3, 4, seed=420), temperature=2.5),
        Case(logits=random_tensor(3, 2, 5, seed=430), temperature=0.0),
        Case(logits=random_tensor(5, seed=440), temperature=0.0),
        Case(logits=tied, temperature=0.0),
        Case(logits=near, temperature=0.0),
        Case(logits=near, temperature=0.004),
        Case(logits=tied, temperature=0.7),
        Case(logits=large, temperature=0.5),
        Case(logits=large / 20, temperature=40.0),
        Case(logits=torch.tensor([[1e-3, 2e-3, 0.0], [5e-4, 5e-4, 4e-4]]), temperature=5e-4),
        Case(logits=random_tensor(3, 1, seed=450), temperature=0.333),
        Case(logits=random_tensor(1, 4, seed=460), temperature=3.0),
        Case(logits=random_tensor(4, 1, 3, seed=470), temperature=1.5),
    ]


def greedy_takes_all(case: Case, output: Tensor) -> bool:
    """Say whether, at temperature 0, one token of each row has all."""
    if case["temperature"] != 0:
        return True
    return bool((output.amax(-1) - 1).abs().max() < 1e-4) and sums_to_one(output)


def right_at_one(case: Case, output: Tensor) -> bool:
    """Say whether the answer is a softmax where the temperature is 1."""
    return case["temperature"] != 1 or agree(output, case["logits"].softmax(-1))


TEMPERATURE = Implement(
    id="gpt.temperature",
    title="The next token at a temperature",
    difficulty=1,
    minutes=10,
    hints=(
        "What would a division by 0 give? The two cases need two ways. For the one that takes all, "
        "ask first *where* the largest logit stands.",
        "p_i = exp(z_i / T) / Σ_j exp(z_j / T) for T > 0. For T = 0: p_i = 1 for the first i with "
        "the largest z_i, and 0 for all others.",
        "logits (…, token) → probabilities (…, token). The place of the largest: (…), or (…, 1) "
        "with keepdim=True; as a row with a single 1: (…, token).",
        "if temperature == 0:\n  best = logits.argmax(dim=..., keepdim=True)\n"
        "  return torch.zeros_like(logits).scatter(-1, best, ...)\n"
        "return (logits / ...).softmax(dim=...)",
    ),
    reference=next_distribution,
    cases=temperature_cases,
    mistakes=(
        Mistake(
            "multiplied",
            "You multiply by the temperature. A high temperature should make the probabilities "
            "more even: what must happen to the differences between the logits?",
            "hot",
        ),
        Mistake(
            "late",
            "The temperature comes after the softmax, so the rows no longer sum to 1. Where should "
            "it meet the logits?",
            "hot",
        ),
        Mistake(
            "ignored",
            "Above 0 the temperature has no effect. Where should it meet the logits?",
            "hot",
        ),
        Mistake(
            "root", "You divide by the temperature's *root*. By what does the card divide?", "hot"
        ),
        Mistake(
            "squared",
            "It looks as if the temperature divides twice. In which two lines do you use it?",
            "hot",
        ),
        Mistake(
            "not_renormalised",
            "The temperature divides the *logarithms of the probabilities*, which then no longer "
            "sum to 1. What has to come after the division?",
            "hot",
        ),
        Mistake(
            "at_most_one",
            "A temperature above 1 has the effect of 1. What keeps yours from being larger?",
            "hot",
        ),
        Mistake(
            "not_softmax",
            "You return logits divided by the temperature. What turns them into probabilities?",
            "hot axis",
        ),
        Mistake(
            "logarithms",
            "You return the logarithms of the probabilities. Which function is the softmax itself?",
            "hot",
        ),
        Mistake(
            "overflow",
            "Where a logit is large, its exponential is too large for a float, and where all are "
            "very negative, every exponential is 0: hence the NaN. Which function of PyTorch's "
            "takes care of that?",
            "hot axis cold",
        ),
        Mistake(
            "always_greedy",
            "The largest logit takes all at every temperature. Above 0 the others get something.",
            "hot cold axis",
        ),
        Mistake(
            "floored",
            "A temperature below some small number is replaced by that number, 0 as well. Below "
            "it there is still a difference, and at 0 a single token should have exactly all.",
            "hot cold axis",
        ),
        Mistake(
            "zero_is_one",
            "At temperature 0 you give what temperature 1 gives. Which token should have all?",
            "cold",
        ),
        Mistake(
            "zero_divides",
            "At temperature 0 you divide by 0, hence the NaN. 0 needs a way of its own: which "
            "token should have all?",
            "cold axis hot sign",
        ),
        Mistake(
            "ties_shared",
            "At temperature 0 tokens with equally large logits share. The card gives all to the "
            "*first* of them. (A tiny temperature in place of 0 shares, too.)",
            "cold axis",
        ),
        Mistake(
            "ties_all",
            "At temperature 0 each of several equally large logits gets 1, so the row sums to more "
            "than 1. Which of them should have all?",
            "cold axis",
        ),
        Mistake(
            "last_of_ties",
            "At temperature 0 the *last* of several equally large logits gets all. Which one "
            "should have it?",
            "cold axis",
        ),
        Mistake(
            "one_for_all",
            "At temperature 0 a single token of the whole tensor gets all. Along which axis should "
            "`argmax` look, so that each row has one?",
            "cold axis",
        ),
        Mistake(
            "zero_is_smallest",
            "At temperature 0 the *smallest* logit gets all, and above 0 you are right. Which one "
            "should it be?",
            "cold axis sign hot",
        ),
        Mistake(
            "zero_is_even",
            "At temperature 0 all tokens get the same. That happens at a very *high* temperature: "
            "what happens when it falls?",
            "cold axis",
        ),
        Mistake(
            "zero_is_logits",
            "At temperature 0 you return the logits. Which token should have the probability 1?",
            "cold axis",
        ),
        Mistake(
            "zero_is_zeros",
            "At temperature 0 no token gets anything. Which one should have all?",
            "cold axis",
        ),
        Mistake(
            "index",
            "At temperature 0 you return *which* token is the largest. A distribution is asked "
            "for: 1 there, and 0 everywhere else.",
            "cold axis",
        ),
        Mistake(
            "negated",
            "The smallest logit gets most. Which sign stands in the exponent?",
            "sign cold hot",
        ),
        Mistake(
            "axis",
            "You work along the first axis. On which axis do the tokens of one distribution lie?",
            "axis",
        ),
        Mistake(
            "second_axis",
            "`dim=1` is the last axis only when there are two. How do you count from the end?",
            "axis hot cold",
        ),
        Mistake(
            "axis_before",
            "You work along the axis *before* the last. On which axis do the tokens of one "
            "distribution lie?",
            "axis hot cold",
        ),
    ),
    properties=(
        Property(
            "A probability should never be negative.",
            lambda case, output: bool((output >= 0).all()),
        ),
        Property(
            "At temperature 0 one token of each row should have the probability 1, and all others "
            "0; yours do not.",
            greedy_takes_all,
        ),
        Property("Each row should sum to 1; yours do not.", lambda c, o: sums_to_one(o)),
        Property(
            "At temperature 1 it should be a plain softmax of the logits; yours is another.",
            right_at_one,
        ),
    ),
)
