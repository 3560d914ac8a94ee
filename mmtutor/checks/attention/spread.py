"""Measure how far dot products spread. Traps: the variance, and vectors that are not normal."""

import math
from functools import cache

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import Measure, Mistake, Property, random_tensor

WIDTHS = (16, 64, 256)


@cache
def dot_product_spread() -> tuple[float, ...]:
    """Measure the standard deviation of 20,000 dot products of normal vectors, by width."""
    pairs = [
        (random_tensor(20_000, w, seed=w), random_tensor(20_000, w, seed=w + 1)) for w in WIDTHS
    ]
    return tuple((a * b).sum(-1).std().item() for a, b in pairs)


def spread(function: str) -> list[float]:
    """Return a wrong report that people hand in, for every width."""
    measured = dot_product_spread()
    wrong = {
        "variance": [s**2 for s in measured],
        "scaled": [s / math.sqrt(w) for s, w in zip(measured, WIDTHS, strict=True)],
        "absolute": [s * math.sqrt(2 / math.pi) for s in measured],
        "of_products": [1.0 / w for w in WIDTHS],
        "by_width": [s / w for s, w in zip(measured, WIDTHS, strict=True)],
        "uniform": [math.sqrt(7 / 144 * w) for w in WIDTHS],
        "itself": [math.sqrt(2 * w) for w in WIDTHS],
        "root": [math.sqrt(s) for s in measured],
        "standard_error": [s / math.sqrt(20_000) for s in measured],
        "over_pairs": [math.sqrt(20_000)] * 3,
        "largest": [4.2 * s for s in measured],
        "halved": [s / 2 for s in measured],
        "doubled": [2 * s for s in measured],
        "relative": [1.0, 2.0, 4.0],
        "quartiles": [2 * 0.6745 * s for s in measured],
    }
    return wrong[function]


def near(answer: Tensor, wanted: Tensor) -> bool:
    """Say whether every number is within 5 % of the measured one."""
    return bool(((answer / wanted - 1).abs() < 0.05).all())


MEASURE = Measure(
    id="attention.spread",
    title="How far do dot products spread?",
    difficulty=1,
    minutes=10,
    hints=(
        "Draw many random queries and as many random keys of one width. Multiply, sum, and look at "
        "how much the results vary.",
        "For independent numbers with mean 0 and variance 1: Var(q · k) = Σ_i Var(q_i k_i) = d. "
        "The standard deviation is the square root of that.",
        "queries: (20000, width), keys: (20000, width), their products summed over the last axis: "
        "(20000,), its standard deviation: one number for each width.",
        "measured = []\nfor width in (16, 64, 256):\n"
        "  query, key = torch.randn(20_000, width), torch.randn(20_000, width)\n"
        "  measured.append(... .std().item())",
    ),
    truth=dot_product_spread,
    tolerance=0.05,
    mistakes=(
        Mistake(
            "variance",
            "Those are variances. The standard deviation is asked for: the same information in the "
            "unit of the scores themselves.",
            value=lambda: spread("variance"),
        ),
        Mistake(
            "scaled",
            "Those are all near 1. Did you divide by √d, or is the sum over the width missing? "
            "Measure the raw dot products, to see what the scale has to mend.",
            value=lambda: spread("scaled"),
        ),
        Mistake(
            "absolute",
            "That looks like the mean absolute value. The standard deviation is the root of the "
            "mean square: about 1.25 times as much here.",
            value=lambda: spread("absolute"),
        ),
        Mistake(
            "of_products",
            "Your numbers shrink as the width grows. Did you take the mean over the width where a "
            "dot product takes the sum, and then square?",
            value=lambda: spread("of_products"),
        ),
        Mistake(
            "by_width",
            "Your numbers shrink like 1/√d. Were the products averaged over the width, or the "
            "vectors brought to length 1 (a cosine)? A dot product sums the products as they are.",
            value=lambda: spread("by_width"),
        ),
        Mistake(
            "uniform",
            "Those numbers come out if the vectors are drawn evenly between 0 and 1 (`rand`). "
            "Which function draws normal numbers?",
            value=lambda: spread("uniform"),
        ),
        Mistake(
            "itself",
            "Those are 1.41 times too large. Is each query multiplied with a *key*, drawn on its "
            "own?",
            value=lambda: spread("itself"),
        ),
        Mistake(
            "root",
            "Those are the roots of what is asked for. `std` has taken the root already.",
            value=lambda: spread("root"),
        ),
        Mistake(
            "standard_error",
            "Those are standard errors: the deviation over the root of the number of draws. They "
            "say how well a *mean* is known. How far does a single result lie from it?",
            value=lambda: spread("standard_error"),
        ),
        Mistake(
            "over_pairs",
            "Your numbers are near √20,000 whatever the width: you sum over the pairs. Along "
            "which axis does the dot product of one pair run?",
            value=lambda: spread("over_pairs"),
        ),
        Mistake(
            "largest",
            "Those look like the largest of 20,000 results, or half of their range. The standard "
            "deviation is the root of the mean square.",
            value=lambda: spread("largest"),
        ),
        Mistake(
            "halved",
            "Your numbers are half of what comes out. What did you divide by 2?",
            value=lambda: spread("halved"),
        ),
        Mistake(
            "doubled",
            "Your numbers are twice what comes out: a range of ± one deviation? One is asked for.",
            value=lambda: spread("doubled"),
        ),
        Mistake(
            "relative",
            "Your numbers count in multiples of the first. Give the three deviations themselves.",
            value=lambda: spread("relative"),
        ),
        Mistake(
            "quartiles",
            "Those look like the distance between the quartiles. The standard deviation is the "
            "root of the mean square.",
            value=lambda: spread("quartiles"),
        ),
    ),
    properties=(
        Property(
            "A standard deviation is never negative.",
            lambda case, answer: bool((answer >= 0).all()),
        ),
        Property(
            "Numbers this near to 0 look like means, or like something divided. How far do the raw "
            " results lie from their mean?",
            lambda case, answer: bool((answer > 0.15).all()),
        ),
        Property(
            "The spread should grow with the width, and yours does not. Are the widths in the "
            "order 16, 64, 256, and does each sum run over one pair's own numbers?",
            lambda case, answer: bool((answer.diff() > 0).all()),
        ),
        Property(
            "Four times the width doubles the spread; yours grows otherwise. A result is the sum "
            "over one pair's own numbers: how do you get from the results to one number?",
            lambda case, answer: bool(((answer[1:] / answer[:-1] - 2).abs() < 0.25).all()),
        ),
        Property(
            "They grow as they should, but all are off by one share. Did you draw far fewer than "
            "20,000 pairs, or measure the spread in another way than by a standard deviation?",
            lambda case, answer: near(answer.flatten(), torch.tensor(dot_product_spread())),
        ),
    ),
)
