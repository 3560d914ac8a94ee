"""Diversity within a letter. Traps: other letters, a picture with itself, one pool of pairs."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
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
from mmtutor.checks.gans.shared import either


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
        "no_zeros": lambda: mean_of([above_zero(distances(g)) for g in groups]),
        "largest_difference": lambda: mean_of([torch.pdist(g, p=math.inf).mean() for g in groups]),
        "root_mean_square": lambda: mean_of([distances(g).square().mean().sqrt() for g in groups]),
        "directions": lambda: mean_of([distances(F.normalize(g)).mean() for g in groups]),
        "first_two": lambda: mean_of([(g[0] - g[1]).norm() for g in groups]),
        "by_pictures": lambda: mean_of([distances(g).sum() / len(g) for g in groups]),
        "by_width": lambda: mean_of([distances(g).mean() / features.shape[1] for g in groups]),
        "by_root_of_width": lambda: (
            mean_of([distances(g).mean() for g in groups]) / features.shape[1] ** 0.5
        ),
        "by_all_pictures": lambda: sum_of([distances(g).mean() for g in groups]) / len(letters),
        "by_highest": lambda: (
            mean_of([distances(g).mean() for g in groups]) * len(groups) / (letters.max() + 1)
        ),
        "each_picture": lambda: mean_of(
            [distances(features[letters == k]).mean() for k in letters]
        ),
        "runs": lambda: mean_of(
            [distances(features[letters == k]).mean() for k in letters.unique_consecutive()]
        ),
        "counted_up": lambda: counted_up(features, letters, int(letters.max()) + 1),
        "equal_parts": lambda: equal_parts(features[letters.argsort(stable=True)], len(groups)),
        "in_order": lambda: equal_parts(features, len(groups)),
        "others": lambda: torch.cdist(features, features)[letters[:, None] != letters].mean(),
        "median_of_letters": lambda: torch.stack([distances(g).mean() for g in groups]).median(),
        "largest_letter": lambda: torch.stack([distances(g).mean() for g in groups]).max(),
        "one_letter": lambda: distances(groups[0]).mean(),
        "ordered_pairs": lambda: mean_of([2 * distances(g).mean() for g in groups]),
        "half_pairs": lambda: mean_of([distances(g).mean() / 2 for g in groups]),
        "last_letter": lambda: distances(groups[-1]).mean(),
        "from_the_first": lambda: mean_of([(g[1:] - g[0]).norm(dim=1).mean() for g in groups]),
        "pooled_with_itself": lambda: torch.cdist(features, features)[
            letters[:, None] == letters
        ].mean(),
        "all_letters_with_itself": lambda: torch.cdist(features, features).mean(),
        "zeros_of_others": lambda: pooled_sum(groups) / len(features) ** 2,
        "zeros_of_others_twice": lambda: 2 * pooled_sum(groups) / len(features) ** 2,
        "cosine": lambda: mean_of([cosines(g).mean() for g in groups]),
        "cosine_of_pairs": lambda: mean_of(
            [cosines(g)[torch.ones(len(g), len(g)).triu(1).bool()].mean() for g in groups]
        ),
        "pooled_by_letters": lambda: torch.cat([distances(g) for g in groups]).mean() / len(groups),
        "alphabet": lambda: counted_up(features, letters, 26),
        "by_alphabet": lambda: mean_of([distances(g).mean() for g in groups]) * len(groups) / 26,
        "as_many_numbers": lambda: counted_up(features, letters, len(groups)),
        "as_many_that_occur": lambda: torch.stack(
            [distances(features[letters == k]).mean() for k in range(len(groups))]
        ).nanmean(),
        "cut_by_runs": lambda: mean_of(by_runs(features, letters)),
        "cut_by_longer_runs": lambda: torch.stack(by_runs(features, letters)).nanmean(),
        "one_fewer": lambda: sum_of([distances(g).mean() for g in groups]) / (len(groups) - 1),
        "geometric": lambda: mean_of([distances(g).mean().log() for g in groups]).exp(),
        "deviation_of_letters": lambda: torch.stack([distances(g).mean() for g in groups]).std(),
        "entries_with_itself": lambda: mean_of([(g[:, None] - g).abs().mean() for g in groups]),
        "later_pictures": lambda: torch.cat([to_later(g) for g in groups]).mean(),
        "squared_sums": lambda: sum_of([distances(g).square().sum() for g in groups]),
        "between_columns": lambda: mean_of([distances(g.T.contiguous()).mean() for g in groups]),
        "no_equal_columns": lambda: mean_of([distances(g.unique(dim=1)).mean() for g in groups]),
        "copies_left_out": lambda: torch.stack(
            [distances(g.unique(dim=0)).mean() for g in groups]
        ).nanmean(),
        "zeros_left_out": lambda: torch.stack([above_zero(distances(g)) for g in groups]).nanmean(),
        "no_equal_pictures": lambda: mean_of([distances(g.unique(dim=0)).mean() for g in groups]),
    }
    return either(ways, wrong, mean_of([distances(g).mean() for g in groups]))


def above_zero(distances: Tensor) -> Tensor:
    """Return the mean of the distances that are not 0: NaN for a letter drawn always the same."""
    return distances[distances > 0].mean()


def counted_up(features: Tensor, letters: Tensor, count: int) -> Tensor:
    """Return the mean over letters 0, 1, 2 … : NaN where one of them does not occur."""
    return mean_of([distances(features[letters == k]).mean() for k in range(count)])


def equal_parts(features: Tensor, count: int) -> Tensor:
    """Return the mean over so many parts of equal length."""
    return mean_of([distances(part).mean() for part in features.chunk(count)])


def by_runs(features: Tensor, letters: Tensor) -> list[Tensor]:
    """Return the mean of each run of one letter: NaN for a picture that stands alone."""
    lengths = letters.unique_consecutive(return_counts=True)[1].tolist()
    return [distances(part).mean() for part in features.split(lengths)]


def pooled_sum(groups: list[Tensor]) -> Tensor:
    """Return the sum of the distances of all pairs within groups."""
    return sum_of([distances(group).sum() for group in groups])


def cosines(group: Tensor) -> Tensor:
    """Return one minus the cosine of every two rows, each with itself among them."""
    return 1 - F.normalize(group) @ F.normalize(group).T


def to_later(group: Tensor) -> Tensor:
    """Return each picture's mean distance to the pictures after it; the last has none."""
    return torch.stack(
        [(group[i + 1 :] - one).norm(dim=1).mean() for i, one in enumerate(group[:-1])]
    )


def sum_of(numbers: list[Tensor]) -> Tensor:
    """Return the sum of some numbers."""
    return torch.stack(numbers).sum()


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
        collapsed(case([4, 7, 4, 7, 7], 3, seed=30), 7),
        case([7, 7], 2, seed=40),
        case([3, 1, 3, 1, 1], 1, seed=50),
        named(case([0, 1, 0, 1, 1, 2, 2, 3, 3], 2, seed=60), [-4, 300, -9, 1000]),
        collapsed(case([0, 0, -9, -9, -9], 4, seed=70), 0, size=60.0),
        collapsed(case([9, 9, 9, 5, 5], 3, seed=80), 5, size=40.0),
        equal_columns(case([8, 6, 6, 8, 6, 8], 4, seed=90)),
        alphabet(),
        twins(case([3, 3, 3, 3, 12, 12], 2, seed=110)),
    ]


def named(case: Case, numbers: list[int]) -> Case:
    """Return a case whose letters have other numbers."""
    return Case(features=case["features"], letters=torch.tensor(numbers)[case["letters"]])


def alphabet() -> Case:
    """Return a case with 26 letters, two pictures each.

    They lie near 0: `torch.cdist` of more than 25 rows is inexact for features far from it.
    """
    letters = torch.arange(26).repeat(2)
    return Case(features=random_tensor(52, 2, seed=100), letters=letters)


def twins(case: Case) -> Case:
    """Return a case whose first two pictures are the same, but not the others of their letter."""
    features = case["features"].clone()
    features[1] = features[0]
    return Case(features=features, letters=case["letters"])


def equal_columns(case: Case) -> Case:
    """Return a case in which two columns are the same."""
    columns = case["features"].clone()
    columns[:, 2] = columns[:, 0]
    return Case(features=columns, letters=case["letters"])


def collapsed(case: Case, letter: int, size: float = 1.0) -> Case:
    """Return a case in which one letter is always drawn the same."""
    features, own = size * case["features"], case["letters"] == letter
    features[own] = features[own][:1].clone()
    features[0, 0] = 0.0 if not own[0] else features[0, 0]
    return Case(features=features, letters=case["letters"])


def letters_far_apart_do_not_count(case: Case, output: Tensor) -> bool:
    """Say whether the result is no larger than the largest distance within a letter."""
    own = [case["features"][case["letters"] == k] for k in case["letters"].unique()]
    return not bool((output > max(torch.pdist(group).max() for group in own) + 1e-5).any())


DIVERSITY = Implement(
    id="gans.diversity",
    title="How varied the drawings of a letter are",
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
            "no_zeros",
            "You leave distances of 0 out. Two *different* pictures may be 0 apart: a forger that "
            "always draws the same is what this number is to see.",
            "all",
        ),
        Mistake(
            "largest_difference",
            "You take the largest difference of two pictures' features. The distance asked for is "
            "the straight line.",
            "all",
        ),
        Mistake(
            "root_mean_square",
            "You take the root of the mean *squared* distance. What is averaged in the formula?",
            "all",
        ),
        Mistake(
            "directions",
            "You make all features as long as 1 first. What is asked for is how far apart they "
            "are as they stand.",
            "all",
        ),
        Mistake(
            "first_two",
            "You compare the first two pictures of each letter only. Which pairs i < j are there?",
            "all",
        ),
        Mistake(
            "by_pictures",
            "You divide by the number of *pictures* of a letter. How many pairs do n pictures "
            "make?",
            "all",
        ),
        Mistake(
            "by_width",
            "You divide by the width of the features. A distance is what it is.",
            "all",
        ),
        Mistake(
            "by_root_of_width",
            "You divide by the root of the width. A distance is what it is.",
            "all",
        ),
        Mistake(
            "by_all_pictures",
            "You divide the sum over the letters by the number of *pictures*. How many letters are "
            "there?",
            "all",
        ),
        Mistake(
            "by_highest",
            "You divide by the highest letter plus 1. How many letters occur?",
            "all",
        ),
        Mistake(
            "each_picture",
            "You go through the pictures, not through the letters: a letter with many pictures "
            "counts more. How often should each letter be visited?",
            "all",
        ),
        Mistake(
            "runs",
            'A letter that comes again later counts again in your version. "In any order" is '
            "what the card says: how often should each letter be visited?",
            "all",
        ),
        Mistake(
            "counted_up",
            "You count letters up from 0, and some of those do not occur: the mean of nothing is "
            "NaN. Which letters are there?",
            "all",
        ),
        Mistake(
            "equal_parts",
            "You cut the pictures into parts of equal length. Letters need not have equally many "
            "pictures: by what can you choose those of one letter?",
            "all",
        ),
        Mistake(
            "in_order",
            'You cut the pictures into parts, as they stand. "In any order" is what the card '
            "says: by what can you choose those of one letter?",
            "all",
        ),
        Mistake(
            "others",
            "You measure between *different* letters. Which pairs count?",
            "all",
        ),
        Mistake(
            "median_of_letters",
            "You take the median of the letters, not the mean.",
            "all",
        ),
        Mistake(
            "largest_letter",
            "Only the most varied letter counts in your version. What is done with the K letters?",
            "all",
        ),
        Mistake(
            "one_letter",
            "Only one letter counts in your version. Does a loop overwrite, or return too early?",
            "all",
        ),
        Mistake(
            "ordered_pairs",
            "Your number is twice too large: do you count i < j and j < i, and divide by the "
            "pairs i < j?",
            "all",
        ),
        Mistake(
            "half_pairs",
            "Your number is half of it: do you count i < j only, and divide by n(n − 1), which "
            "counts j < i, too?",
            "all",
        ),
        Mistake(
            "last_letter",
            "Only the last letter counts in your version. Does a loop overwrite its result?",
            "all",
        ),
        Mistake(
            "from_the_first",
            "You measure from the first picture of each letter only. Which pairs i < j are "
            "left out?",
            "all",
        ),
        Mistake(
            "pooled_with_itself",
            "You take one mean over all pairs of all letters, and each picture with itself is "
            "among them, 0 apart. Which pairs count, and which mean comes first?",
            "all",
        ),
        Mistake(
            "all_letters_with_itself",
            "You measure from one letter to another, too, and from each picture to itself, "
            "which is always 0. Which pairs count?",
            "all",
        ),
        Mistake(
            "zeros_of_others",
            "You set pairs that do not count to 0, and then take the mean over the whole "
            "table, zeros and all. Over how many pairs should it be?",
            "all",
        ),
        Mistake(
            "zeros_of_others_twice",
            "You set pairs of different letters to 0, and then take the mean over the whole "
            "table, zeros and all. Over how many pairs should it be?",
            "all",
        ),
        Mistake(
            "cosine",
            "You take one minus the cosine, over all pairs, each picture with itself as well. "
            "The distance asked for is the straight line, over i < j.",
            "all",
        ),
        Mistake(
            "cosine_of_pairs",
            "You take one minus the cosine. The distance asked for is the straight line: "
            "lengths count.",
            "all",
        ),
        Mistake(
            "pooled_by_letters",
            "You take one mean over all pairs, and divide it by the number of letters once "
            "more. Each letter has a mean of its own.",
            "all",
        ),
        Mistake(
            "alphabet",
            "You go through 26 letters, and some of them do not occur: the mean of nothing is "
            "NaN. Which letters are there?",
            "all",
        ),
        Mistake("by_alphabet", "You divide by 26 letters. How many of them occur?", "all"),
        Mistake(
            "as_many_numbers",
            "You number the letters 0, 1, 2 … up to how many there are. They may have other "
            "numbers: then you take the mean of nothing, NaN. Which letters are there?",
            "all",
        ),
        Mistake(
            "as_many_that_occur",
            "You number the letters 0, 1, 2 … up to how many there are, and leave out those "
            "that do not occur: letters with higher numbers are never seen. Which letters are "
            "there?",
            "all",
        ),
        Mistake(
            "cut_by_runs",
            'You cut where the letter changes from one picture to the next. "In any order" is '
            "what the card says: by what can you choose those of one letter?",
            "all",
        ),
        Mistake(
            "cut_by_longer_runs",
            "You cut where the letter changes from one picture to the next, and leave pictures "
            'out that then stand alone. "In any order" is what the card says.',
            "all",
        ),
        Mistake(
            "one_fewer",
            "You divide by K − 1, which is 0 for a single letter. How many letters is the mean "
            "taken over?",
            "all",
        ),
        Mistake(
            "geometric",
            "You take the geometric mean of the letters: one that is always drawn the same "
            "makes it 0. What is 1/K Σ?",
            "all",
        ),
        Mistake(
            "deviation_of_letters",
            "You take the standard deviation over the letters, which one letter alone does not "
            "have. What is 1/K Σ?",
            "all",
        ),
        Mistake(
            "entries_with_itself",
            "You take the mean of absolute differences, over features and over all pairs, each "
            "picture with itself as well. The distance asked for is the straight line, over i "
            "< j.",
            "all",
        ),
        Mistake(
            "later_pictures",
            "You take a mean for each picture, to those after it, and then the mean of these: "
            "late pictures, with few pairs, count too much. Over what is the mean of a letter "
            "taken?",
            "all",
        ),
        Mistake(
            "squared_sums",
            "Your distances are squared, and they are added up. What is averaged in the "
            "formula, and over what?",
            "all",
        ),
        Mistake(
            "between_columns",
            "You measure between *columns* of the features. Which way round are the pictures?",
            "all",
        ),
        Mistake(
            "no_equal_columns",
            "You leave equal columns out. Each feature counts in a distance, if it equals "
            "another or not.",
            "all",
        ),
        Mistake(
            "copies_left_out",
            "You leave out pictures that equal another, and letters that are always drawn the "
            "same: just those are what this number is to see. How far apart are two equal "
            "pictures?",
            "all",
        ),
        Mistake(
            "zeros_left_out",
            "You leave out distances of 0, and letters that have no others: just those are "
            "what this number is to see. How far apart are two equal pictures?",
            "all",
        ),
        Mistake(
            "no_equal_pictures",
            "You leave out pictures that equal another: a forger that always draws the same is "
            "what this number is to see.",
            "all",
        ),
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
