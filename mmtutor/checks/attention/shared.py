"""Shared by the exercises of lesson 01."""

from torch import Tensor


def sums_to_one(weights: Tensor, dim: int = -1) -> bool:
    """Say whether weights sum to 1 along `dim`, or to 0 where nothing may be looked at."""
    sums = weights.detach().sum(dim)
    return bool(((sums - 1).abs() < 1e-4).logical_or(sums.abs() < 1e-4).all())


def with_odd_numbers(x: Tensor, large: float = 25.0) -> Tensor:
    """Return a copy in which the first number is 0 and the last one `large`."""
    x = x.clone()
    x.view(-1)[0], x.view(-1)[-1] = 0.0, large
    return x
