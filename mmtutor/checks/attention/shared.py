"""Shared by the exercises of lesson 01 that return weights: `softmax` and `scaled_dot_product`."""

from torch import Tensor


def sums_to_one(weights: Tensor, dim: int = -1) -> bool:
    """Say whether weights sum to 1 along `dim`, or to 0 where nothing may be looked at."""
    sums = weights.detach().sum(dim)
    return bool(((sums - 1).abs() < 1e-4).logical_or(sums.abs() < 1e-4).all())
