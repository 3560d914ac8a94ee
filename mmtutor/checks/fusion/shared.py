"""Shared by `weighted_average` and `gated` of lesson 06: a mixture lies among its parts."""

from torch import Tensor


def between(low: Tensor, x: Tensor, high: Tensor) -> bool:
    """Say whether every number lies between two others."""
    return bool(((low - 1e-4 <= x) & (x <= high + 1e-4)).all())
