"""Shared by the exercises of lesson 12, contrastive.

- `either` chooses what a mistake gives: all that ask for a function;
- `lengthened` makes unit vectors: `similarities`, `small_clip`;
- `reduced`, `joined` and `number` make one number of a loss: `info_nce`, `small_clip`;
- `diagonal` is the mask of the pairs: `info_nce`, `small_clip`, `gradient`;
- `score_cases` and `is_flat` are about the scores handed over: `info_nce`, `gradient`.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from mmtutor.checks.engine.exercise import Case, Wrong, random_tensor


def either(ways: dict[str, Callable[[], Tensor]], wrong: Wrong, right: Tensor) -> Tensor:
    """Return what the mistake that is being made gives, or what is right where none is made."""
    return next((way() for name, way in ways.items() if name in wrong), right)


def diagonal(scores: Tensor) -> Tensor:
    """Return a mask (n, n), True where a row meets its own column."""
    return torch.eye(len(scores), dtype=torch.bool)


def lengthened(x: Tensor, forgotten: str, wrong: Wrong) -> Tensor:
    """Make every vector as long as 1, in one of the ways that people try."""
    ways: dict[str, Callable[[], Tensor]] = {
        "raw": lambda: x,
        "after": lambda: x,
        forgotten: lambda: x,
        "batch_axis": lambda: F.normalize(x, dim=0),
        "whole": lambda: x / x.norm(),
        "longest": lambda: x / x.norm(dim=1).max(),
        "sum": lambda: x / x.abs().sum(1, keepdim=True),
        "largest": lambda: x / x.abs().amax(1, keepdim=True),
        "squared": lambda: x / x.square().sum(1, keepdim=True),
        "layer_norm": lambda: F.layer_norm(x, x.shape[1:]),
        "plain_sum": lambda: x / x.sum(1, keepdim=True),
        "centred": lambda: F.normalize(x - x.mean(1, keepdim=True), dim=1),
    }
    return either(ways, wrong, F.normalize(x, dim=1))


def reduced(side: Tensor, wrong: Wrong) -> Tensor:
    """Make one number of what the rows cost."""
    ways: dict[str, Callable[[], Tensor]] = {
        "summed": lambda: side.sum(),
        "by_cells": lambda: side.mean() / len(side),
        "kept": lambda: side,
        "median": lambda: side.median(),
    }
    return either(ways, wrong, side.mean())


def joined(rows: Tensor, columns: Tensor, wrong: Wrong) -> Tensor:
    """Let the two directions meet."""
    ways: dict[str, Callable[[], Tensor]] = {
        "not_halved": lambda: rows + columns,
        "bracket": lambda: rows + columns / 2,
        "worse": lambda: torch.maximum(rows, columns),
        "multiplied": lambda: rows * columns,
        "geometric": lambda: (rows * columns).sqrt(),
        "stacked": lambda: torch.stack([rows, columns]),
    }
    return either(ways, wrong, (rows + columns) / 2)


def score_cases() -> list[Case]:
    sure = random_tensor(4, 4, seed=140) + 30 * torch.eye(4)
    sharp = 40 * random_tensor(5, 5, seed=150)
    sharp = sharp.masked_fill(diagonal(sharp), 100.0)  # e^100 is no float32
    mistaken = random_tensor(3, 3, seed=160)
    mistaken[:2, 2] = 400.0  # sure of wrong answers: the right one's share is 0 in float32
    holed = random_tensor(4, 4, seed=170)
    holed[0, 0] = holed[2, 1] = 0.0
    return [
        Case(scores=random_tensor(2, 2, seed=100)),
        Case(scores=random_tensor(3, 3, seed=110)),
        Case(scores=2 * random_tensor(4, 4, seed=120)),
        Case(scores=3 * random_tensor(6, 6, seed=130)),
        Case(scores=torch.full((3, 3), 0.7)),
        Case(scores=sure),
        Case(scores=sharp),
        Case(scores=mistaken),
        Case(scores=holed),
        Case(scores=random_tensor(1, 1, seed=180)),
        Case(scores=3 * random_tensor(3, 3, seed=190) - 60),
    ]


def number(output: Tensor) -> float:
    """Return what a loss says, or the mean of somebody's who returns one for each pair."""
    return torch.as_tensor(output).double().mean().item()


def is_flat(scores: Tensor) -> bool:
    """Say whether a model has given every cell the same score."""
    return len(scores.unique()) == 1
