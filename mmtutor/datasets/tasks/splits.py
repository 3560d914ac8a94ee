"""Split tasks so that nothing is seen twice, and hide labels."""

from dataclasses import replace
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from mmtutor.datasets.tasks.collection import UNKNOWN, Tasks

SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}
"""Shares of the characters (glyphs) or of the scenes."""


class Splits(NamedTuple):
    """Examples to learn from, to choose with, and never seen before the end."""

    train: Tasks
    validation: Tasks
    test: Tasks


def split_by(examples: Tasks, shares: Float[Tensor, " example"]) -> Splits:
    """Split by a number from 0 to 1 of each example, and give all splits the training's scale."""
    first = SHARES["train"]
    second = first + SHARES["validation"]
    chosen = (shares < first, (first <= shares) & (shares < second), second <= shares)
    parts = [examples.select(which) for which in chosen]
    std, mean = torch.std_mean(parts[0].pictures)
    return Splits(*(replace(part, pictures=(part.pictures - mean) / std) for part in parts))


def without_twins(splits: Splits) -> Splits:
    """Leave out of the validation and test split what an earlier split holds, pixel for pixel."""
    train, validation, test = splits
    validation = validation.select(~twins(train, validation))
    return Splits(train, validation, test.select(~(twins(train, test) | twins(validation, test))))


def twins(some: Tasks, others: Tasks) -> Bool[Tensor, " example"]:
    """Say which pictures of `others` are, pixel for pixel, among those of `some`."""
    seen = {picture.numpy().tobytes() for picture in some.pictures}
    return torch.tensor([picture.numpy().tobytes() in seen for picture in others.pictures])


def few_labels(tasks: Tasks, task: str, count: int, seed: int = 0) -> Tasks:
    """Hide all labels of one task but `count`, drawn at random; the other tasks keep theirs.

    Raises ValueError for an unknown task, or where it has fewer labels than `count`.
    """
    if task not in tasks.labels:
        raise ValueError(f"no task is called {task!r}; there are {', '.join(tasks.labels)}")
    known = (tasks.labels[task] != UNKNOWN).nonzero().squeeze(1)
    if not 0 <= count <= len(known):
        raise ValueError(f"{task!r} has {len(known)} labels, so {count} cannot be kept")
    order = torch.randperm(len(known), generator=torch.Generator().manual_seed(seed))
    kept = known[order[:count]]
    labels = torch.full_like(tasks.labels[task], UNKNOWN)
    labels[kept] = tasks.labels[task][kept]
    return replace(tasks, labels={**tasks.labels, task: labels})
