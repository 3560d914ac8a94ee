"""Measure how far dot products spread. Traps: the variance, and vectors that are not normal."""

import math
from functools import cache

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import Measure, Mistake, Property, random_tensor

WIDTHS = (16, 64, 256)


@cache
def dot_products() -> tuple[Tensor, ...]:
    """Return 20,000 dot products of normal vectors, for every width."""
    pairs = [
        (random_tensor(20_000, w, seed=w), random_tensor(20_000, w, seed=w + 1)) for w in WIDTHS
    ]
    return tuple((a * b).sum(-1) for a, b in pairs)


@cache
def dot_product_spread() -> tuple[float, ...]:
    """Measure the standard deviation of the dot products, by width."""
    return tuple(results.std().item() for results in dot_products())


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
        "of_absolute": [results.abs().std().item() for results in dot_products()],
        "logarithm": [math.log(s) for s in measured],
        "squared_before": [results.square().std().item() for results in dot_products()],
        "quarter": [w / 4 for w in WIDTHS],
        "last_width": [*measured[:2], measured[2] / math.sqrt(2)],
        "widths_doubled": [s / r for s, r in zip(measured, (1, math.sqrt(2), 2), strict=True)],
        "halved": [s / 2 for s in measured],
        "doubled": [2 * s for s in measured],
        "relative": [1.0, 2.0, 4.0],
        "quartiles": [2 * 0.6745 * s for s in measured],
        "quartile": [0.6745 * s for s in measured],
    }
    return wrong[function]


def shares(answer: Tensor) -> Tensor:
    """Return by which factor every number departs from the measured one."""
    return answer.flatten() / torch.tensor(dot_product_spread())


def mostly_right(answer: Tensor) -> bool:
    """Say whether two of the three are right: then it helps to hear which is not."""
    return int(((shares(answer) - 1).abs() < 0.05).sum()) == 2


def all_off_alike(answer: Tensor) -> bool:
    """Say whether every number is off, and all by about the same factor."""
    off = shares(answer)
    return bool(((off - 1).abs() > 0.05).all()) and bool(((off / off.mean() - 1).abs() < 0.1).all())


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
            "Those look like the variances, or like the widths themselves. The standard deviation "
            "is asked for: the same information as the variance, in the unit of the scores.",
            value=lambda: spread("variance"),
        ),
        Mistake(
            "scaled",
            "So near to 1? Did you divide by √d, is the sum over the width missing, or is it a "
            "distance? Measure the raw dot products, to see what the scale has to mend.",
            value=lambda: spread("scaled"),
        ),
        Mistake(
            "absolute",
            "That looks like the mean absolute value (the standard deviation is the root of the "
            "mean square: about 1.25 times as much here), or as if the products lost their signs "
            "before they were summed.",
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
            "What is off is 1.41 times too large. Is each query multiplied with a *key*, drawn on "
            "its own, and is the width right?",
            value=lambda: spread("itself"),
        ),
        Mistake(
            "root",
            "What is off is the root of what is asked for. `std` has taken the root already.",
            value=lambda: spread("root"),
        ),
        Mistake(
            "standard_error",
            "Those are standard errors: the deviation over the root of the number of draws. They "
            "say how well a *mean* is known. How far does a single result lie from it?",
            value=lambda: spread("standard_error"),
        ),
        Mistake(
            "halved",
            "What is off is half of what comes out. Is it divided by 2, or do the numbers belong "
            "to the widths 4, 16 and 64?",
            value=lambda: spread("halved"),
        ),
        Mistake(
            "doubled",
            "What is off is twice what comes out. Is it a range of ± one deviation, where one is "
            "asked for, or do the numbers belong to the widths 64, 256 and 1024?",
            value=lambda: spread("doubled"),
        ),
        Mistake(
            "widths_doubled",
            "What is off is right for another width. Did you double the width each time (16, 32, "
            "64)? Each is four times the one before.",
            value=lambda: spread("widths_doubled"),
        ),
        Mistake(
            "last_width",
            "The first two are right. The third looks like that of width 128; which is asked for?",
            value=lambda: spread("last_width"),
        ),
        Mistake(
            "of_absolute",
            "It looks as if the standard deviation of the *absolute* dot products was taken. Leave "
            "them their signs.",
            value=lambda: spread("of_absolute"),
        ),
        Mistake(
            "logarithm",
            "What is off is the logarithm of what is asked for. Give the deviations themselves.",
            value=lambda: spread("logarithm"),
        ),
        Mistake(
            "squared_before",
            "It looks as if the dot products are squared before their spread is measured. Leave "
            "them as they are.",
            value=lambda: spread("squared_before"),
        ),
        Mistake(
            "quarter",
            "What is off is a quarter of the width. The *mean* comes to that if the vectors are "
            "drawn evenly between 0 and 1 (`rand`). Draw with `randn`; how far do the results lie "
            "from their mean?",
            value=lambda: spread("quarter"),
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
        Mistake(
            "quartile",
            "What is off looks like a quartile: half of all results lie nearer to 0. The standard "
            "deviation is the root of the mean square.",
            value=lambda: spread("quartile"),
        ),
    ),
    properties=(
        Property(
            "Numbers this near to 0 look like means, or like something divided. How far do the raw "
            "results lie from their mean?",
            lambda case, answer: bool((answer.abs() > 0.15).any()),
        ),
        Property(
            "A standard deviation is never negative.",
            lambda case, answer: bool((answer >= 0).all()),
        ),
        Property(
            "Your numbers lie about √20,000 = 141, whatever the width. Is the sum over the pairs? "
            "Along which axis does the dot product of one pair run?",
            lambda case, answer: not bool(((answer > 80) & (answer < 200)).all()),
        ),
        Property(
            "The spread should grow with the width, and yours does not. Are the widths in the "
            "order 16, 64, 256, and does each sum run over one pair's own numbers?",
            lambda case, answer: mostly_right(answer) or bool((answer.diff() > 0).all()),
        ),
        Property(
            "Your numbers are several times what comes out, as the largest of 20,000 results would "
            "be, or their whole range. The standard deviation is the root of the mean square.",
            lambda case, answer: not bool(((shares(answer) > 3) & (shares(answer) < 12)).all()),
        ),
        Property(
            "Four times the width doubles the spread; yours grows otherwise. A result is the sum "
            "over one pair's own numbers: how do you get from the results to one number?",
            lambda case, answer: (
                mostly_right(answer) or bool(((answer[1:] / answer[:-1] - 2).abs() < 0.25).all())
            ),
        ),
        Property(
            "They grow as they should, but all are off by about one factor. Is the spread measured "
            "in another way than by a standard deviation, or are the vectors not standard normal?",
            lambda case, answer: not all_off_alike(answer),
        ),
    ),
)
