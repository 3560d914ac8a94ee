"""Softmax with a temperature. Traps: another axis, T in the wrong place, overflow."""

import math

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
from mmtutor.checks.engine.properties import agree

AXES = {"axis": 0, "second_axis": 1, "axis_before": -2}
BASES = {"base_two": 2.0, "base_ten": 10.0}
POWERS = {"ignored": 0.0, "late_temperature": 0.0, "multiplied": -1.0, "root": 0.5, "squared": 2.0}
"""By which power of the temperature the scores are divided."""


def softmax(scores: Tensor, temperature: float, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: softmax along the last axis at a temperature."""
    if "row_loop" in wrong:
        rows = [
            softmax(row, temperature) if row.ndim < 2 else down(row, temperature) for row in scores
        ]
        return torch.stack(rows)
    if "floored" in wrong:
        temperature = max(temperature, 1.0)
    axis = next((a for name, a in AXES.items() if name in wrong), -1)
    power = next((p for name, p in POWERS.items() if name in wrong), 1.0)
    scaled = scores / temperature**power * (-1 if "negated" in wrong else 1)
    if "hard" in wrong:
        return torch.zeros_like(scaled).scatter(axis, scaled.argmax(axis, keepdim=True), 1.0)
    if "no_exponential" in wrong:
        return scaled / scaled.sum(axis, keepdim=True)
    base = next((b for name, b in BASES.items() if name in wrong), math.e)
    weights = (math.log(base) * shifted(scaled, scores, axis, wrong)).exp()
    weights = shared_out(weights, axis, wrong)
    return weights / temperature if "late_temperature" in wrong else weights


def down(rows: Tensor, temperature: float) -> Tensor:
    """Return the softmax along the first axis: what a loop over rows makes of three axes."""
    return softmax(rows, temperature, frozenset({"axis"}))


def shifted(scaled: Tensor, scores: Tensor, axis: int, wrong: Wrong) -> Tensor:
    """Subtract from every row its largest score, or what people subtract instead."""
    if "one_maximum" in wrong:
        return scaled - scaled.max()
    if "maximum_unscaled" in wrong:
        return scaled - scores.amax(axis, keepdim=True)
    if "divided_by_maximum" in wrong:
        return scaled / scaled.amax(axis, keepdim=True)
    if "least" in wrong:
        return scaled - scaled.amin(axis, keepdim=True)
    if "mean" in wrong:
        return scaled - scaled.mean(axis, keepdim=True)
    if "size" in wrong:
        return scaled - scaled.abs().amax(axis, keepdim=True)
    if "clamped_above" in wrong:
        return scaled.clamp(max=30)
    if "clamped" in wrong:
        return scaled.clamp(-30, 30)
    if {"unstable", "nan_hidden"} & wrong:
        return scaled
    return scaled - scaled.amax(axis, keepdim=True)


def shared_out(weights: Tensor, axis: int, wrong: Wrong) -> Tensor:
    """Divide by the sum of the row, or of what people sum instead."""
    if "not_normalised" in wrong:
        return weights
    if "length" in wrong:
        return weights / weights.norm(dim=axis, keepdim=True)
    total = weights.sum() if "everything" in wrong else weights.sum(axis, keepdim=True)
    if "one_more" in wrong:
        total = total + 1
    return (weights / total).nan_to_num() if "nan_hidden" in wrong else weights / total


def softmax_cases() -> list[Case]:
    large = [[1000.0, 0.0, 999.0], [-999.0, -998.0, -1000.0]]
    return [
        Case(scores=torch.tensor([[2.0, 1.0, 0.0], [0.5, 3.0, -1.0]]), temperature=1.0),
        Case(scores=random_tensor(3, 4), temperature=0.5),
        Case(scores=random_tensor(2, 3, 5, seed=1), temperature=2.0),
        Case(scores=random_tensor(4, seed=2), temperature=3.0),
        Case(scores=random_tensor(2, 1, 3, 2, seed=3), temperature=0.3),
        Case(scores=random_tensor(3, 1, seed=6), temperature=0.7),
        Case(scores=random_tensor(1, 2, 4, seed=4), temperature=0.333),
        Case(scores=torch.tensor([[1e-3, 2e-3, 0.0], [5e-4, 5e-4, 4e-4]]), temperature=5e-4),
        Case(scores=10 * random_tensor(3, 6, seed=5), temperature=50.0),
        Case(scores=torch.tensor([[100.0, 0.0, 95.0]]), temperature=1.0),
        Case(scores=torch.tensor([[1000.0, 999.0], [0.0, 1.0]]), temperature=1.0),
        Case(scores=torch.tensor(large), temperature=0.5),
    ]


def ordinary(case: Case) -> bool:
    """Say whether no scaled score is very large or very negative."""
    return bool((case["scores"].abs() / case["temperature"] < 10).all())


def follows_differences(case: Case, weights: Tensor) -> bool:
    """Say whether two weights of a row have the ratio exp(difference of their scaled scores)."""
    scaled = (case["scores"] / case["temperature"]).double()
    wanted = (scaled - scaled.amax(-1, keepdim=True)).exp()
    return agree(weights.double() / weights.double().amax(-1, keepdim=True), wanted)


SOFTMAX = Implement(
    id="attention.softmax",
    title="Softmax with a temperature",
    difficulty=1,
    minutes=10,
    gradient=True,
    forbids=("softmax", "log_softmax", "softmin"),
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
            "root",
            "It looks as if the scores are divided by the temperature's *root*. That is what one "
            "does with the width; what does the card divide by?",
            "temperature",
        ),
        Mistake(
            "squared",
            "It looks as if the temperature divides twice. Once is enough: in which two lines do "
            "you use it?",
            "temperature",
        ),
        Mistake(
            "negated",
            "Your weights belong to the scores with the other sign: the smallest score gets most. "
            "Which sign stands in the exponent?",
            "sign exponential size",
        ),
        Mistake(
            "base_two",
            "Your weights are powers of 2. Which number does the softmax take to the power of a "
            "score?",
            "exponential",
        ),
        Mistake(
            "base_ten",
            "Your weights are powers of 10. Which number does the softmax take to the power of a "
            "score?",
            "exponential",
        ),
        Mistake(
            "hard",
            "The largest score takes everything. A softmax is soft: every score gets a share, and "
            "at a high temperature the shares come close to each other.",
            "temperature exponential shift normalise",
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
            "row_loop",
            "Your loop goes along the first axis and treats what it meets as one row of scores. "
            "With two axes that is right; how many may lead here? Think of an operation with "
            "`dim=-1` on everything at once.",
            "axis temperature normalise shift late exponential sign",
        ),
        Mistake(
            "floored",
            "Every temperature below 1 is taken as 1 in your version. A low temperature should "
            "make the weights sharper: what must happen to the scores at 0.5?",
            "temperature",
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
            "length",
            "Your rows have the length 1 (the root of their squares' sum), as `F.normalize` makes "
            "them. Their *sum* should be 1: by what is each row divided?",
            "normalise shift late",
        ),
        Mistake(
            "no_exponential",
            "You divide the scores by their sum without the exponential. Try scores 1 and -1: "
            "the sum is 0. What makes every score positive first?",
            "temperature normalise shift exponential",
        ),
        Mistake(
            "one_more",
            "Your rows sum to less than 1: something stands below the line beside the exponentials "
            "of this row. What is the sum to run over, and over nothing else?",
            "normalise shift late",
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
        Mistake(
            "maximum_unscaled",
            "You subtract the largest score *before* it is divided by the temperature, from scores "
            "that are divided already. At 1000 and a low temperature something huge is left. "
            "Largest of what?",
            "shift temperature",
        ),
        Mistake(
            "divided_by_maximum",
            "You *divide* by the largest score. That changes the differences between scores, and "
            "with them every weight. Which operation leaves the differences alone?",
            "shift temperature sign exponential normalise",
        ),
        Mistake(
            "least",
            "You subtract the *smallest* score of a row, so the largest may still be far too large "
            "for exp. Which score should become 0?",
            "shift axis exponential",
        ),
        Mistake(
            "mean",
            "You subtract the *mean* of a row. Where one score lies 1000 above another, half of "
            "that is left, and exp(500) is not a float. Which score should become 0?",
            "shift axis exponential",
        ),
        Mistake(
            "size",
            "You subtract the largest *absolute* value. In a row of very negative scores all are "
            "pushed down still further, and every exponential becomes 0. Which score should "
            "become 0?",
            "shift size",
        ),
        Mistake(
            "clamped_above",
            "You cap large scores, or their exponentials, so that nothing overflows. Then 1000 and "
            "999 get the same weight, and a row of very negative scores still gives 0/0. What can "
            "be subtracted from a row without any effect on its weights?",
            "shift axis normalise",
        ),
        Mistake(
            "clamped",
            "You clamp the scores so that exp does not overflow. Then 1000 and 999 get the same "
            "weight. What can be subtracted from a row without any effect on its weights?",
            "shift axis normalise",
        ),
        Mistake(
            "nan_hidden",
            "You write 0 where exp overflowed, so the row with the score 1000 loses its weights. "
            "Hide nothing: what can be subtracted from a row so that exp never overflows?",
            "shift normalise late",
        ),
    ),
    properties=(
        Property(
            "A weight should never be negative. Which step makes all numbers positive?",
            lambda case, weights: bool((weights >= 0).all()),
        ),
        Property(
            "The weights of a row should sum to 1; yours do not for every row.",
            lambda case, weights: not ordinary(case) or sums_to_one(weights),
        ),
        Property(
            "A larger score should get a larger weight; somewhere yours does not.",
            lambda case, weights: (
                not ordinary(case) or torch.equal(weights.argmax(-1), case["scores"].argmax(-1))
            ),
        ),
        Property(
            "Even at temperature 1 your weights are not a softmax: where one score of a row is "
            "larger by 1 than another, its weight should be e = 2.718 times as large. What do you "
            "do to a score before you share out?",
            lambda case, weights: (
                case["temperature"] != 1 or not ordinary(case) or follows_differences(case, weights)
            ),
        ),
        Property(
            "At temperature 1 you are right, at some other you are not: how far apart two weights "
            "are should depend on the difference of their scores, divided by the temperature. "
            "Where, and how often, does the temperature come in?",
            lambda case, weights: not ordinary(case) or follows_differences(case, weights),
        ),
        Property(
            "Right for ordinary scores, but not for very large or very negative ones: the weights "
            "should depend on the *differences* in a row alone. A bound, a rounding or a constant "
            "somewhere loses them.",
            follows_differences,
        ),
    ),
)
