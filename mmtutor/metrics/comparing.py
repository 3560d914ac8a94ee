"""Is one model better than another, or luckier? Tests on the same items, and how many they need."""

import math
from collections.abc import Sequence
from math import ceil, comb, sqrt
from statistics import NormalDist

import torch
from jaxtyping import Bool
from torch import Tensor

from mmtutor.metrics.intervals import OtherScores, Scores, differences

Right = Bool[Tensor, " item"]
"""Which items a model got right."""
TOGETHER = 500
"""Permutations that are drawn in one go."""


def mcnemar(one: Right, other: Right) -> float:
    """Return the exact two-sided p-value of McNemar's test of two models on the same items.

    Only the items count that one model alone got right: were the models equally good, each would
    be a coin. 1 where there is none. Source: McNemar 1947, "Note on the sampling error of the
    difference between correlated proportions"; the exact form is the sign test.
    """
    alone = [int((a & ~b).sum()) for a, b in ((one, other), (other, one))]
    flips = sum(alone)
    tail = sum(comb(flips, k) for k in range(min(alone) + 1))
    return min(1.0, 2 * tail / 2**flips)


def sign_flips(one: Scores, other: OtherScores, times: int = 10_000, seed: int = 0) -> float:
    """Return the two-sided p-value of a paired permutation test.

    Were the models equal, it would not matter which of an item's two scores is whose: the signs of
    the differences are drawn anew. The observed signs count as one of the draws, so that p is never
    0 (Phipson and Smyth 2010, arXiv:1603.05766).
    """
    apart = differences(one, other)
    apart, seen = apart[apart != 0], apart.sum().abs().item()
    generator, extreme = torch.Generator().manual_seed(seed), 0
    for begun in range(0, times, TOGETHER):
        shape = (min(TOGETHER, times - begun), len(apart))
        signs = 2.0 * torch.randint(2, shape, generator=generator).double() - 1
        extreme += int(((signs @ apart).abs() >= seen - 1e-9).sum())
    return (extreme + 1) / (times + 1)


def holm(values: Sequence[float]) -> list[float]:
    """Return p-values that allow for how many there are, in the order given.

    The smallest is multiplied by their number, the next by one less, and so on; none becomes
    smaller than one before it, none larger than 1. Reject where the result is at most α: then the
    chance of any false alarm is at most α. Source: Holm 1979, "A Simple Sequentially Rejective
    Multiple Test Procedure".
    """
    order = sorted(range(len(values)), key=values.__getitem__)
    adjusted, largest = [0.0] * len(values), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(values) - rank) * values[place]))
        adjusted[place] = largest
    return adjusted


def half_width(share: float, count: int, level: float = 0.95) -> float:
    """Return by how much a share of `count` items can be off: half of its normal interval."""
    return NormalDist().inv_cdf((1 + level) / 2) * sqrt(share * (1 - share) / count)


def items_needed(one: float, other: float, alpha: float = 0.05, power: float = 0.8) -> int:
    """Return how many items tell two shares apart if each model answers items of its own.

    Two-sided at level `alpha`, found with probability `power`, by the normal approximation without
    pooling. Raises ValueError where the shares are equal: no number is enough.
    """
    if one == other:
        raise ValueError("equal shares cannot be told apart by any number of items")
    spread = one * (1 - one) + other * (1 - other)
    return ceil(normal_sum(alpha, power) ** 2 * spread / (one - other) ** 2)


def paired_items_needed(
    alone: float, other_alone: float, alpha: float = 0.05, power: float = 0.8
) -> int:
    """Return how many items McNemar's test needs, by the normal approximation.

    `alone` is the share of items that the first model alone gets right, `other_alone` the second's.
    Source: Connor 1987, "Sample size for testing differences in proportions for the paired-sample
    design". ValueError where the two are equal.
    """
    if alone == other_alone:
        raise ValueError("equal shares cannot be told apart by any number of items")
    differ, gain = alone + other_alone, abs(alone - other_alone)
    sides, found = (NormalDist().inv_cdf(x) for x in (1 - alpha / 2, power))
    return ceil((sides * sqrt(differ) + found * sqrt(differ - gain**2)) ** 2 / gain**2)


def normal_sum(alpha: float, power: float) -> float:
    """Return how many standard errors a difference must be, to be found so often at this level."""
    return NormalDist().inv_cdf(1 - alpha / 2) + NormalDist().inv_cdf(power)


def any_false_alarm(tests: int, alpha: float = 0.05) -> float:
    """Return how likely at least one of so many independent tests of nothing says "different"."""
    return -math.expm1(tests * math.log1p(-alpha))
