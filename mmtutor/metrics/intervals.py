"""How far could a score be off, had other items been drawn? The bootstrap, also for differences."""

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

Scores = Float[Tensor, " item"] | Bool[Tensor, " item"]
"""What each item scored: right or wrong, or a share."""
OtherScores = Float[Tensor, " other_item"] | Bool[Tensor, " other_item"]
"""The same of another model: as many, or the two cannot be paired."""
Picks = Int64[Tensor, "time item"]
"""Item numbers, drawn with replacement, as many each time as there are items."""


class Interval(NamedTuple):
    """A mean, and the ends of the interval around it."""

    mean: float
    low: float
    high: float


def resamples(count: int, times: int = 2000, seed: int = 0) -> Int64[Tensor, "{times} {count}"]:
    """Draw `count` of `count` items with replacement, so many times."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(count, (times, count), generator=generator)


def means_of(scores: Scores, picks: Picks) -> Float[Tensor, " time"]:
    """Return the mean score of each resample."""
    return scores.double()[picks].mean(dim=1)


def middle_part(means: Float[Tensor, " time"], level: float = 0.95) -> tuple[float, float]:
    """Return between which two numbers the middle share `level` of the means lies (percentiles).

    Raises ValueError for a level that is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
    ends = torch.tensor([(1 - level) / 2, (1 + level) / 2], dtype=means.dtype)
    low, high = means.quantile(ends).tolist()
    return low, high


def bootstrap(scores: Scores, times: int = 2000, level: float = 0.95, seed: int = 0) -> Interval:
    """Return the mean score, and its percentile interval over resampled items.

    Source: Efron 1979, "Bootstrap Methods: Another Look at the Jackknife". Raises ValueError for
    no items at all.
    """
    if not len(scores):
        raise ValueError("there is no item to draw from")
    means = means_of(scores, resamples(len(scores), times, seed))
    return Interval(scores.double().mean().item(), *middle_part(means, level))


def paired_bootstrap(
    one: Scores, other: OtherScores, times: int = 2000, level: float = 0.95, seed: int = 0
) -> Interval:
    """Return by how much the first of two models is better, with its interval.

    Both answered the same items, in the same order: an item is drawn for both or for neither.
    Raises ValueError where they did not answer as many.
    """
    return bootstrap(differences(one, other), times, level, seed)


def differences(one: Scores, other: OtherScores) -> Float[Tensor, " item"]:
    """Return by how much one model scores higher on each item. ValueError for unequal numbers."""
    if len(one) != len(other):
        raise ValueError(f"{len(one)} and {len(other)} items cannot be paired")
    return one.double() - other.double()


def bootstrap_groups(
    scores: Scores,
    groups: Int64[Tensor, " item"],
    times: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Return the mean score and its interval where whole groups of items are drawn.

    For items that share a picture: ten questions about one scene are not ten draws. `groups` holds
    each item's group, counted from 0; each group has an item. A resample's mean is over its items.
    """
    counts = groups.bincount().double()
    sums = torch.zeros(len(counts), dtype=torch.double).index_add_(0, groups, scores.double())
    picks = resamples(len(counts), times, seed)
    means = sums[picks].sum(dim=1) / counts[picks].sum(dim=1)
    return Interval(scores.double().mean().item(), *middle_part(means, level))


def wilson(right: int, count: int, level: float = 0.95) -> Interval:
    """Return a share and Wilson's interval, which also has a width where all or none are right.

    There the bootstrap has none: it draws nothing that was not seen. Source: Wilson 1927, "Probable
    Inference, the Law of Succession, and Statistical Inference".
    """
    z = NormalDist().inv_cdf((1 + level) / 2)
    share, shrunk = right / count, 1 + z**2 / count
    middle = (share + z**2 / (2 * count)) / shrunk
    half = z * sqrt(share * (1 - share) / count + z**2 / (4 * count**2)) / shrunk
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))


def share_right(right: Bool[Tensor, " item"], names: Sequence[str]) -> Interval:
    """Return the share of right answers and its interval; items of one name are drawn together.

    `names` holds each item's group, such as its pair. Wilson's interval where all or none are
    right. Raises ValueError for no items, or for another number of names.
    """
    if not len(right) or len(right) != len(names):
        raise ValueError(f"{len(right)} answers and {len(names)} names have no common share")
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    count = int(right.sum())
    if count in (0, len(right)):
        return wilson(count, len(right))
    return bootstrap_groups(right, torch.tensor([numbers[name] for name in names]))
