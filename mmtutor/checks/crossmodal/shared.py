"""Shared by `cross_attention`, `bug_padding` and `alpha` of lesson 07: masks that are readable."""

import torch
from torch import Tensor


def flags(*rows: str) -> Tensor:
    """Turn "110", "100" into a boolean mask: 1 is real, 0 is padding."""
    return torch.tensor([[letter == "1" for letter in row] for row in rows])
