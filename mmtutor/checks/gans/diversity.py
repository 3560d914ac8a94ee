"""Diversity within a letter. Traps: other letters, a picture with itself, one pool of pairs."""

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


def diversity(features: Tensor, letters: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: the mean distance of two pictures of one letter, averaged over the letters."""
    groups = [features[letters == k] for k in letters.unique()]
    ways: dict[str, Callable[[], Tensor]] = {
        "all_letters": lambda: distances(features).mean(),
        "with_itself": lambda: mean_of([torch.cdist(g, g).mean() for g in groups]),
        "squared": lambda: mean_of([distances(g).square().mean() for g in groups]),
        "to_the_mean": lambda: mean_of([(g - g.mean(0)).norm(dim=1).mean() for g in groups]),
        "pooled": lambda: torch.cat([distances(g) for g in groups]).mean(),
        "largest": lambda: mean_of([distances(g).max() for g in groups]),
        "sums": lambda: mean_of([distances(g).sum() for g in groups]),
        "between": lambda: distances(torch.stack([g.mean(0) for g in groups])).mean(),
        "sum_of_letters": lambda: mean_of([distances(g).mean() for g in groups]) * len(groups),
        "deviation": lambda: mean_of([g.std(0).mean() for g in groups]),
        "city_block": lambda: mean_of([torch.pdist(g, p=1).mean() for g in groups]),
        "neighbours": lambda: mean_of([(g[1:] - g[:-1]).norm(dim=1).mean() for g in groups]),
        "half_empty": lambda: mean_of([torch.cdist(g, g).triu(1).mean() for g in groups]),
        "median": lambda: mean_of([distances(g).median() for g in groups]),
        "smallest": lambda: mean_of([distances(g).min() for g in groups]),
        "variance": lambda: mean_of([g.var(0).sum() for g in groups]),
    }
    right = mean_of([distances(g).mean() for g in groups])
    return next((way() for name, way in ways.items() if name in wrong), right)


def distances(group: Tensor) -> Tensor:
    """Return the distance of every two rows."""
    return torch.pdist(group)


def mean_of(numbers: list[Tensor]) -> Tensor:
    """Return the mean of some numbers."""
    return torch.stack(numbers).mean()


def diversity_cases() -> list[Case]:
    def case(letters: list[int], width: int, seed: int) -> Case:
        own = torch.tensor(letters)
        features = random_tensor(len(own), width, seed=seed) + 2 * own[:, None]
        return Case(features=features, letters=own)

    return [
        case([0, 0, 0, 1, 1], 2, seed=0),
        case([2, 0, 2, 0, 2, 2, 5, 5], 3, seed=10),
        case([1, 1, 1, 3, 3, 3, 3], 4, seed=20),
    ]


def letters_far_apart_do_not_count(case: Case, output: Tensor) -> bool:
    """Say whether the result is no larger than the largest distance within a letter."""
    own = [case["features"][case["letters"] == k] for k in case["letters"].unique()]
    return bool((output <= max(torch.pdist(group).max() for group in own) + 1e-5).all())


DIVERSITY = Implement(
    id="gans.diversity",
    title="One number that sees a collapse",
    difficulty=2,
    minutes=15,
    hints=(
        "Take one letter at a time. How far apart are two of its pictures, on average over all "
        "pairs? Then the mean over the letters.",
        "1/K Σ_k mean over i < j of ‖f_i − f_j‖, over the pictures i, j of letter k.",
        "features (picture, width); those of one letter: (n, width); `torch.pdist` gives the "
        "n(n − 1)/2 distances of its pairs. A mean for each letter, then the mean of those: ().",
        "means = []\nfor letter in letters.unique():\n    own = features[...]\n"
        "    means.append(torch.pdist(...).mean())\nreturn torch.stack(means)....",
    ),
    reference=diversity,
    cases=diversity_cases,
    mistakes=(
        Mistake(
            "all_letters",
            "You also measure from one letter to another. A forger that draws one picture a letter "
            "would look diverse. Which pairs count?",
            "all",
        ),
        Mistake(
            "with_itself",
            "Each picture's distance to itself is among yours, and it is always 0.",
            "all",
        ),
        Mistake("squared", "Your distances are squared.", "all"),
        Mistake(
            "to_the_mean",
            "You measure to the middle of each letter. Which distances are asked for?",
            "all",
        ),
        Mistake(
            "pooled",
            "You take one mean over all pairs, so that a letter with many pictures counts more. "
            "What comes first, the mean of each letter or the mean of all?",
            "all",
        ),
        Mistake(
            "deviation",
            "You take the standard deviation of each feature. That sees a collapse, too, but what "
            "is asked for is the distance between two pictures.",
            "all",
        ),
        Mistake(
            "neighbours",
            "You measure from each picture to the next one only. Which pairs i < j are left out?",
            "all",
        ),
        Mistake(
            "half_empty",
            "You take the upper half of the table of distances, and then the mean over the whole "
            "table, zeros and all. Over how many pairs should it be?",
            "all",
        ),
        Mistake("median", "You take the median of the distances, not the mean.", "all"),
        Mistake("smallest", "You take the smallest distance of each letter, not the mean.", "all"),
        Mistake(
            "variance",
            "You add up the variances of the features: that is half the mean *squared* distance of "
            "two pictures. What is asked for has no square.",
            "all",
        ),
        Mistake("largest", "You take the largest distance of each letter, not the mean.", "all"),
        Mistake("sums", "You add up the distances of a letter instead of averaging them.", "all"),
        Mistake(
            "between",
            "You measure between the middles of the letters. That says how well letters are told "
            "apart, and nothing about variety.",
            "all",
        ),
        Mistake("sum_of_letters", "You add up the letters. What is asked for is a mean.", "all"),
        Mistake(
            "city_block",
            "You add up absolute differences (city blocks). The distance asked for is the straight "
            "line.",
            "all",
        ),
    ),
    properties=(
        Property(
            "No mean of distances within letters exceeds the largest of them; yours does.",
            letters_far_apart_do_not_count,
        ),
    ),
)
