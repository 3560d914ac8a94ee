"""Shared by the exercises of lesson 02: what `block` and `bug_decoder` are handed."""

import math

from torch import Tensor

from mmtutor.checks.trace import part


@part
def normalise(x: Tensor) -> Tensor:
    """Bring every token's vector to mean 0 and variance 1; gain and bias are left out."""
    centred = x - x.mean(-1, keepdim=True)
    return centred / (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt()


@part
def self_attention(x: Tensor, matrices: Tensor) -> Tensor:
    """Let every token look at all of them; `matrices` make queries, keys and values."""
    query, key, value = x @ matrices[0], x @ matrices[1], x @ matrices[2]
    return (query @ key.mT / math.sqrt(key.shape[-1])).softmax(-1) @ value


@part
def linear(x: Tensor, matrix: Tensor) -> Tensor:
    """Make one vector of each token's another one."""
    return x @ matrix
