"""Shared by the exercises of lesson 03, gpt.

- `either` chooses what a mistake gives: all that ask for a function;
- `sums_to_one` is about rows of probabilities: `temperature`, `top_p`.
"""

from collections.abc import Callable
from typing import TypeVar

from torch import Tensor

from mmtutor.checks.engine.exercise import Wrong

T = TypeVar("T")


def either(ways: dict[str, Callable[[], T]], wrong: Wrong, right: Callable[[], T]) -> T:
    """Return what the mistake that is being made gives, or what is right where none is made."""
    return next((way for name, way in ways.items() if name in wrong), right)()


def sums_to_one(probabilities: Tensor) -> bool:
    """Say whether each row sums to 1."""
    return bool(((probabilities.sum(-1) - 1).abs() < 1e-3).all())
