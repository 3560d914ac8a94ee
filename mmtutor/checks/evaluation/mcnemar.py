"""McNemar's exact test. Traps: the agreements, one side, p above 1, no disagreement.

McNemar, "Note on the sampling error of the difference between correlated proportions",
Psychometrika 1947; Dietterich, "Approximate Statistical Tests", Neural Computation 1998.
"""

import math
from collections.abc import Callable
from functools import partial

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
from mmtutor.checks.gpt.shared import either


def mcnemar(first: Tensor, second: Tensor, wrong: Wrong = RIGHT) -> float | bool:
    """Reference: how probable so uneven a split of the disagreements is if a coin decides."""
    b, c = int((first & ~second).sum()), int((~first & second).sum())
    both, none = int((first & second).sum()), int((~first & ~second).sum())
    some: dict[str, Callable[[], tuple[int, int]]] = {
        "agreements": lambda: (both, none),
        "right_ones": lambda: (both + b, both + c),
        "wrong_ones": lambda: (none + c, none + b),
        "right_and_wrong": lambda: (both + b, none + c),
        "against_both": lambda: (b, both),
        "against_none": lambda: (c, none),
        "all_questions": lambda: (min(b, c), len(first) - min(b, c)),
        "one_right": lambda: (min(b, c), both + max(b, c)),
        "one_wrong": lambda: (min(b, c), none + max(b, c)),
        "one_more": lambda: (min(b, c) + 1, max(b, c) + 1),
        "all_right_answers": lambda: (min(b, c), 2 * both + max(b, c)),
        "shared_out": lambda: (b + (both + none) // 2, c + (both + none) // 2),
    }
    whole: dict[str, Callable[[], float | bool]] = {
        "two_samples": lambda: unpaired(both + b, both + c, len(first)),
        "paired_z": lambda: of_differences(b, c, len(first)),
        "right_in_all": lambda: min(1.0, 2 * tail(both + min(b, c), b + c)),
    }
    return either(whole, wrong, lambda: test(*either(some, wrong, lambda: (b, c)), wrong))


def of_differences(b: int, c: int, count: int) -> float:
    """Return p of the z-test for the mean of the differences."""
    spread = b + c - (b - c) ** 2 / count
    return chi_squared((b - c) ** 2 / spread) if spread else 1.0


def unpaired(one: int, other: int, count: int) -> float:
    """Return p of the z-test for two shares that are not paired."""
    pooled = (one + other) / (2 * count)
    spread = math.sqrt(2 * pooled * (1 - pooled) / count)
    return chi_squared(((one - other) / count / spread) ** 2) if spread else 1.0


def test(b: int, c: int, wrong: Wrong) -> float | bool:
    """Return p of a split of b + c disagreements, or what people take for it."""
    if b + c == 0 and {"none_is_zero", "none_is_nan"} & wrong:
        return 0.0 if "none_is_zero" in wrong else math.nan
    count, small = b + c, min(b, c)
    chi = (b - c) ** 2 / max(count, 1)
    corrected = max(abs(b - c) - 1, 0) ** 2 / max(count, 1)
    ways: dict[str, Callable[[], float | bool]] = {
        "one_sided": lambda: tail(small, count),
        "first_side": lambda: tail(b, count),
        "second_side": lambda: tail(c, count),
        "first_doubled": lambda: min(1.0, 2 * tail(b, count)),
        "second_doubled": lambda: min(1.0, 2 * tail(c, count)),
        "larger_doubled": lambda: min(1.0, 2 * tail(max(b, c), count)),
        "no_cap": lambda: 2 * tail(small, count),
        "significant_number": lambda: float(min(1.0, 2 * tail(small, count)) < 0.05),
        "strict": lambda: min(1.0, 2 * (tail(small - 1, count))),
        "strict_one_side": lambda: tail(small - 1, count),
        "point": lambda: point(small, count),
        "two_points": lambda: min(1.0, 2 * point(small, count)),
        "zero_left_out": lambda: min(1.0, 2 * (tail(small, count) - point(0, count))),
        "mid_p": lambda: 2 * tail(small, count) - point(small, count),
        "chi_squared": lambda: chi_squared(chi),
        "chi_corrected": lambda: chi_squared(corrected),
        "chi_overcorrected": lambda: chi_squared((abs(b - c) - 1) ** 2 / max(count, 1)),
        "chi_one_side": lambda: chi_squared(chi) / 2 if count else 1.0,
        "statistic": lambda: float(chi),
        "root_of_statistic": lambda: (b - c) / math.sqrt(max(count, 1)),
        "corrected_statistic": lambda: float(corrected),
        "one_minus": lambda: 1 - min(1.0, 2 * tail(small, count)),
        "not_counted": lambda: min(1.0, 2 * (small + 1) / 2**count),
        "max_for_min": lambda: max(1.0, 2 * tail(small, count)),
        "one_minus_side": lambda: 1 - tail(small, count),
        "twice_the_share": lambda: 2 * small / count if count else 1.0,
        "of_the_smaller": lambda: min(1.0, 2 * 2.0 ** (small - count)),
        "in_order": lambda: min(1.0, 2 * sum(ordered(count, small)) / 2**count),
        "up_to_difference": lambda: min(1.0, 2 * tail(abs(b - c), count)),
        "share": lambda: small / max(count, 1),
        "smaller": lambda: float(small),
        "difference": lambda: float(c - b),
        "reciprocal": lambda: b / max(c, 1),
        "significant": lambda: min(1.0, 2 * tail(small, count)) < 0.05,
        "half_as_many": lambda: min(1.0, tail(small, count) / 2),
    }
    return either(ways, wrong, lambda: min(1.0, 2 * tail(small, count)))


def point(number: int, count: int) -> float:
    """Return the probability of so many heads among `count` coins."""
    return math.comb(count, number) / 2**count


def tail(number: int, count: int) -> float:
    """Return the probability of so many heads or fewer among `count` coins."""
    return sum((point(k, count) for k in range(number + 1)), 0.0)


def ordered(count: int, number: int) -> list[int]:
    """Return in how many orders 0, 1, … up to so many of `count` can be drawn."""
    return [math.perm(count, k) for k in range(number + 1)]


def chi_squared(value: float) -> float:
    """Return the share of χ² with one degree of freedom that lies above a value."""
    return math.erfc(math.sqrt(value / 2))


FEW, MANY = 14, 30
"""With fewer disagreements p · 2ⁿ is seen to be whole; from so many on factorials are vast."""


def counted(b: int, c: int, both: int, none: int, seed: int) -> Case:
    """So many right by the first only, by the second only, by both, by none; shuffled."""
    first = torch.tensor([1] * b + [0] * c + [1] * both + [0] * none).bool()
    second = torch.tensor([0] * b + [1] * c + [1] * both + [0] * none).bool()
    order = random_tensor(len(first), seed=seed).argsort()
    return Case(first=first[order], second=second[order])


def drawn(count: int, seed: int, better: float) -> Case:
    """Return two models on the same questions, the second the better one."""
    hard = random_tensor(3, count, seed=seed)
    return Case(first=hard[0] + hard[1] > 0, second=hard[0] + hard[2] + better > 0)


def mcnemar_cases() -> list[Case]:
    return [
        counted(1, 4, 2, 1, 1),
        counted(5, 1, 6, 3, 2),
        counted(0, 0, 3, 2, 3),
        counted(3, 3, 1, 4, 4),
        counted(0, 6, 2, 0, 5),
        counted(1, 0, 0, 0, 6),
        counted(0, 0, 0, 1, 7),
        counted(2, 8, 40, 7, 8),
        counted(12, 5, 3, 9, 9),
        counted(0, 3, 0, 0, 10),
        counted(40, 61, 30, 80, 11),
        counted(2, 1, 5, 0, 12),
        counted(7, 6, 0, 11, 13),
        counted(110, 90, 400, 500, 14),
        drawn(30, 20, 0.5),
        drawn(50, 30, -0.4),
        drawn(90, 40, 0.3),
        drawn(17, 50, 0.8),
    ]


def between(case: Case, output: float) -> bool:
    """Say whether p lies between 0 and 1."""
    return -1e-6 <= float(output) <= 1 + 1e-6


def split(case: Case) -> tuple[int, int]:
    """Return how many only the first has right, and how many only the second."""
    first, second = case["first"], case["second"]
    return int((first & ~second).sum()), int((second & ~first).sum())


def is_near(when: Callable[[int, int], bool], case: Case, output: float) -> bool:
    """Say whether p is right for such splits."""
    return not when(*split(case)) or abs(float(output) - mcnemar(*case.values())) < 1e-4


def counts_splits(case: Case, output: float) -> bool:
    """Say whether p is a whole number of splits by all that there are, if these are few."""
    count = sum(split(case))
    whole = float(output) * 2**count if count < FEW else 0.0
    return abs(whole - math.floor(whole + 0.5)) < 0.01


MCNEMAR = Implement(
    id="evaluation.mcnemar",
    title="Better, or lucky?",
    difficulty=2,
    minutes=15,
    hints=(
        "Which questions can tell the two models apart at all? If both are equally good, what is "
        "as good as a coin for each of these?",
        "With n questions on which they differ, and m of them won by the one that wins fewer: p = "
        "2 · Σ C(n, k) / 2ⁿ over k = 0 … m, but never above 1.",
        "first, second: (question,), boolean. `first & ~second` is True where only the first is "
        "right. Two whole numbers come out, then one float.",
        "b, c = int((first & ~second).sum()), int(...)\nn, m = b + c, ...\n"
        "below = sum(math.comb(n, k) for k in range(...)) / 2**n\nreturn min(1.0, ...)",
    ),
    reference=mcnemar,
    cases=mcnemar_cases,
    mistakes=(
        Mistake(
            "agreements",
            "You compare the questions that *both* have right with those that neither has. Which "
            "questions tell the models apart?",
            "counts none",
        ),
        Mistake(
            "right_ones",
            "You compare how many each has right in all. What both have right tells nothing apart.",
            "counts none",
        ),
        Mistake(
            "wrong_ones",
            "You compare how many each has wrong in all. What both have wrong tells nothing apart.",
            "counts none",
        ),
        Mistake(
            "right_and_wrong",
            "You compare how many the first has right with how many it has wrong. Where is the "
            "second?",
            "counts none",
        ),
        Mistake(
            "against_both",
            "You compare what only the first has right with what both have right.",
            "counts none",
        ),
        Mistake(
            "against_none",
            "You compare what only the second has right with what neither has.",
            "counts none",
        ),
        Mistake(
            "all_questions",
            "You toss a coin for *every* question. Those on which both agree are no coin's work.",
            "counts none",
        ),
        Mistake(
            "one_right",
            "What both have right is among your n. Only the questions on which they differ are.",
            "counts none",
        ),
        Mistake(
            "one_wrong",
            "What both have wrong is among your n. Only the questions on which they differ are.",
            "counts none",
        ),
        Mistake("one_more", "You add 1 to both counts.", "counts none"),
        Mistake(
            "two_samples",
            "You compare two shares as if the models had answered different questions. They "
            "answered the same: look at the pairs.",
            "counts test none",
        ),
        Mistake("none_is_zero", "They never differ, and p is 0 in yours. It is 1.", "none"),
        Mistake(
            "none_is_nan",
            "They never differ, and p is NaN in yours (0/0?). It is 1.",
            "none",
        ),
        Mistake(
            "one_sided",
            "That is one side. The other model could as well have won by so much: two sides.",
            "test",
        ),
        Mistake(
            "first_side",
            "You take the side on which the *first* is worse, whichever wins, and only that one.",
            "test counts",
        ),
        Mistake(
            "second_side",
            "You take the side on which the *second* is worse, whichever wins, and only that one.",
            "test counts",
        ),
        Mistake(
            "first_doubled",
            "You count up to what the *first* won alone. If it won more than the other, that is "
            "the wrong end: which of the two counts is it?",
            "test counts",
        ),
        Mistake(
            "second_doubled",
            "You count up to what the *second* won alone. If it won more than the other, that is "
            "the wrong end: which of the two counts is it?",
            "test counts",
        ),
        Mistake(
            "larger_doubled",
            "Your p is always 1: the sum is too large for what it is divided by. Does it go up to "
            "the larger count? How probable is one coin? 2 to which power stands below?",
            "test counts",
        ),
        Mistake(
            "no_cap",
            "Your p goes above 1 where both won equally many: the middle is counted twice. A "
            "probability ends at 1.",
            "test counts",
        ),
        Mistake(
            "strict",
            "Your sum ends one too early. “At most m” includes m (`range` leaves its end out).",
            "test none",
        ),
        Mistake(
            "strict_one_side",
            "Your sum ends one too early, and it is one side only.",
            "test none counts",
        ),
        Mistake(
            "point",
            "That is the probability of exactly this split. Splits that are more uneven count, "
            "too.",
            "test",
        ),
        Mistake(
            "two_points",
            "That is twice the probability of exactly this split. Splits that are more uneven "
            "count, too.",
            "test counts",
        ),
        Mistake(
            "zero_left_out",
            "Your sum begins at 1. A model may win nothing at all: 0.",
            "test none counts",
        ),
        Mistake(
            "mid_p",
            "That is the “mid-p” version, which counts the split itself half. Here it counts "
            "whole.",
            "test counts",
        ),
        Mistake(
            "chi_squared",
            "That is the approximation by χ², not the exact test. Count with binomials.",
            "test none",
        ),
        Mistake(
            "chi_corrected",
            "That is the approximation by χ² with a correction, not the exact test. Count with "
            "binomials.",
            "test none",
        ),
        Mistake(
            "chi_overcorrected",
            "That is the approximation by χ² with a correction, which even takes off where both "
            "won equally many. Here the exact test is asked for.",
            "test none counts",
        ),
        Mistake(
            "statistic", "That is the χ² statistic. The exact p is asked for.", "test none counts"
        ),
        Mistake(
            "corrected_statistic",
            "That is the corrected χ² statistic. The exact p is asked for.",
            "test none counts",
        ),
        Mistake("one_minus", "That is 1 − p.", "test none counts"),
        Mistake(
            "not_counted",
            "You count each number of wins once. How many ways are there to win k of n?",
            "test counts",
        ),
        Mistake("share", "That is a share of the disagreements, no p.", "test none counts"),
        Mistake("smaller", "That is a count, no p.", "test none counts"),
        Mistake("difference", "That is a difference of counts, no p.", "test none counts"),
        Mistake(
            "reciprocal", "You divide one count by the other. That is no p.", "test none counts"
        ),
        Mistake(
            "significant",
            "You say whether p is below 0.05. How large is it?",
            "test none counts",
        ),
        Mistake(
            "half_as_many",
            "You halve one side where it is to be doubled.",
            "test counts",
        ),
        Mistake(
            "shared_out",
            "You share the questions on which both agree between the two models. They tell "
            "nothing apart: leave them out.",
            "counts test none",
        ),
        Mistake(
            "chi_one_side",
            "That is the normal distribution, and one side of it. The exact test counts with "
            "binomials, on both sides.",
            "counts test none",
        ),
        Mistake(
            "root_of_statistic",
            "That is a number of standard deviations, no p.",
            "counts test none",
        ),
        Mistake(
            "of_the_smaller",
            "You choose among the m questions that the one model won. The coins are all n.",
            "counts test none",
        ),
        Mistake(
            "in_order",
            "You count the orders in which k of n can be drawn (`math.perm`). In which order "
            "a model wins makes no difference.",
            "counts test none",
        ),
        Mistake(
            "up_to_difference",
            "You count up to the *difference* of both counts. Up to which count?",
            "counts test none",
        ),
        Mistake(
            "all_right_answers",
            "Your n counts all right answers of both models. Which questions are a coin's work?",
            "counts test none",
        ),
        Mistake(
            "max_for_min",
            "`max(1, …)` is never below 1. A probability is never above it.",
            "counts test none",
        ),
        Mistake(
            "one_minus_side",
            "You take one side away from 1. What is left is the rest, which is less uneven.",
            "counts test none",
        ),
        Mistake(
            "twice_the_share",
            "That is twice a share of the disagreements, no p. How probable is such a split?",
            "counts test none",
        ),
        Mistake(
            "significant_number",
            "You say whether p is below 0.05, as 1 or 0. How large is it?",
            "counts test none",
        ),
        Mistake(
            "paired_z",
            "That is the normal approximation for the mean of the differences, not the exact "
            "test. Count with binomials.",
            "counts test none",
        ),
        Mistake(
            "right_in_all",
            "You count up to how many the weaker model has right in *all*. m is how many of the n "
            "disagreements it won.",
            "counts test none",
        ),
    ),
    properties=(
        Property("p lies between 0 and 1. Yours does not, somewhere.", between),
        Property(
            "They never differ: nothing speaks against a coin, and p is 1.",
            partial(is_near, lambda b, c: b + c == 0),
        ),
        Property(
            "Splits are counted: if they differ on n questions, p · 2ⁿ is a whole number. Yours is "
            "not, somewhere: an approximation, another test, or another number below the line?",
            counts_splits,
        ),
        Property(
            "Each won as many as the other, and p is 1. In yours, somewhere, it is not.",
            partial(is_near, lambda b, c: b == c),
        ),
        Property(
            "One of them won all n disagreements: p = 2 / 2ⁿ, whatever they agree on. In yours, "
            "somewhere, it is not.",
            partial(is_near, lambda b, c: b + c > 0 and min(b, c) == 0),
        ),
        Property(
            "p is off where the *first* won more.",
            partial(is_near, lambda b, c: b > c and b + c < MANY),
        ),
        Property(
            "p is off where the *second* won more.",
            partial(is_near, lambda b, c: b < c and b + c < MANY),
        ),
        Property(
            "p is right where they differ on few questions, and off where on dozens. Do such "
            "factorials and powers still fit into your numbers?",
            partial(is_near, lambda b, c: b + c >= MANY),
        ),
    ),
)
