"""Softmax with a temperature. Traps: another axis, T in the wrong place, overflow."""

import torch
from torch import Tensor

from mmtutor.checks.attention.shared import sums_to_one
from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    Implement,
    Mistake,
    Property,
    Wrong,
    random_tensor,
)

AXES = {"axis": 0, "second_axis": 1, "axis_before": -2}


def softmax(scores: Tensor, temperature: float, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: softmax along the last axis at a temperature."""
    if "multiplied" in wrong:
        scores = scores * temperature
    elif "ignored" not in wrong and "late_temperature" not in wrong:
        scores = scores / temperature
    axis = next((a for name, a in AXES.items() if name in wrong), -1)
    if "no_exponential" in wrong:
        return scores / scores.sum(axis, keepdim=True)
    if "one_maximum" in wrong:
        scores = scores - scores.max()
    elif "unstable" not in wrong:
        scores = scores - scores.amax(axis, keepdim=True)
    weights = scores.exp()
    if "not_normalised" in wrong:
        return weights
    total = weights.sum() if "everything" in wrong else weights.sum(axis, keepdim=True)
    return weights / total / (temperature if "late_temperature" in wrong else 1.0)


def softmax_cases() -> list[Case]:
    return [
        Case(scores=torch.tensor([[2.0, 1.0, 0.0], [0.5, 3.0, -1.0]]), temperature=1.0),
        Case(scores=random_tensor(3, 4), temperature=0.5),
        Case(scores=random_tensor(2, 3, 5, seed=1), temperature=2.0),
        Case(scores=torch.tensor([[1000.0, 999.0], [0.0, 1.0]]), temperature=1.0),
        Case(
            scores=torch.tensor([[1000.0, 0.0, 999.0], [-999.0, -998.0, -1000.0]]), temperature=0.5
        ),
    ]


SOFTMAX = Implement(
    id="attention.softmax",
    title="Softmax with a temperature",
    difficulty=1,
    minutes=10,
    gradient=True,
    hints=(
        "Three steps: make every score positive, add them up, divide. What makes any number "
        "positive and keeps the order? And where does the temperature come in?",
        "weights_i = exp(s_i / T) / Σ_j exp(s_j / T). Subtracting the largest s_j / T from all of "
        "them changes nothing in the result and keeps exp from overflowing.",
        "scores: (..., key). The largest score of each row, with keepdim=True: (..., 1). The sum "
        "of each row: (..., 1). The weights: (..., key) again.",
        "scaled = scores / ...\nshifted = scaled - scaled.amax(dim=..., keepdim=True)\n"
        "positive = ...\nreturn positive / positive.sum(dim=..., keepdim=True)",
    ),
    reference=softmax,
    cases=softmax_cases,
    mistakes=(
        Mistake(
            "multiplied",
            "It looks as if you multiply by the temperature. A high temperature should make the "
            "weights more even: what must happen to the differences between the scores?",
            "temperature",
        ),
        Mistake(
            "ignored",
            "The temperature has no effect in your version. Where should it meet the scores?",
            "temperature",
        ),
        Mistake(
            "axis",
            "You work along the first axis, so the columns sum to 1. Each row is one query's "
            "scores: along which axis do its keys lie? Think of `dim=-1`.",
            "axis",
        ),
        Mistake(
            "second_axis",
            "`dim=1` is the last axis only when there are two. Scores may have more axes: how do "
            "you count from the end?",
            "axis",
        ),
        Mistake(
            "axis_before",
            "You work along the axis *before* the last, so the columns sum to 1. On which axis do "
            "the keys of one query lie?",
            "axis",
        ),
        Mistake(
            "late_temperature",
            "The temperature comes after the softmax, so the rows no longer sum to 1. What should "
            "it divide instead?",
            "temperature late",
        ),
        Mistake(
            "not_normalised",
            "The weights are positive, but they do not sum to 1. Which division is missing?",
            "normalise late",
        ),
        Mistake(
            "everything",
            "You divide by one sum over the whole tensor, so all rows together sum to 1. Every "
            "row needs its own sum: think of `dim` and `keepdim`.",
            "normalise",
        ),
        Mistake(
            "no_exponential",
            "You divide the scores by their sum without the exponential. Try scores 1 and -1: "
            "the sum is 0. What makes every score positive first?",
            "temperature normalise shift",
        ),
        Mistake(
            "unstable",
            "Right for small scores, but exp(1000) is not a float: the result is NaN. Subtracting "
            "the same number from every score of a row changes nothing; which number helps most?",
            "shift",
        ),
        Mistake(
            "one_maximum",
            "You subtract the largest score of the whole tensor. A row that lies far below it "
            "underflows to 0/0. Each row needs its own maximum.",
            "shift axis",
        ),
    ),
    properties=(
        Property(
            "A weight should never be negative. Which step makes all numbers positive?",
            lambda case, weights: bool((weights >= 0).all()),
        ),
        Property(
            "The weights of a row should sum to 1; yours do not for every row.",
            lambda case, weights: sums_to_one(weights),
        ),
        Property(
            "A larger score should get a larger weight; somewhere yours does not.",
            lambda case, weights: torch.equal(weights.argmax(-1), case["scores"].argmax(-1)),
        ),
    ),
)
