"""What the properties of exercises ask of tensors."""

import torch
from torch import Tensor


def agree(a: Tensor, b: Tensor) -> bool:
    """Say whether two tensors have one shape and the same numbers, within float32's precision."""
    return a.shape == b.shape and torch.allclose(a.double(), b.double(), atol=1e-4)
