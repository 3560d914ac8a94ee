"""Values: a zero in every tensor of floats; ties and near ties where the largest is looked for."""

import inspect
import re

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import Implement
from mmtutor.checks.engine.outcome import is_float

NEAR = 0.01
"""So close, in parts of the larger, are two numbers that are nearly a tie."""


def floats(exercise: Implement) -> dict[str, list[Tensor]]:
    """Return the values in all cases of each argument that is a tensor of floats with axes."""
    cases = exercise.cases()
    names = [n for n, value in cases[0].items() if is_float(value) and value.ndim]
    return {name: [case[name] for case in cases] for name in names}


def never_zero(exercise: Implement) -> list[str]:
    """Name the arguments that hold no zero in any case."""
    found = floats(exercise).items()
    return [f"zero {name}" for name, values in found if not any((v == 0).any() for v in values)]


def never_tied(exercise: Implement) -> list[str]:
    """Name the arguments without a tie, or without a near tie, if a largest one is looked for."""
    if not re.search(r"argm|topk|sort", inspect.getsource(exercise.reference)):
        return []
    found = floats(exercise).items()
    return [f"tie {name}" for name, values in found if not {0.0, NEAR} <= set(map(gap, values))]


def gap(values: Tensor) -> float:
    """Return how close the two largest of some row come: 0, `NEAR` or further, as 1."""
    if values.shape[-1] < 2:
        return 1.0
    first, second = values.sort(dim=-1, descending=True).values[..., :2].unbind(-1)
    apart = (first - second) / first.abs().clamp(min=1e-30)
    near = (apart > 0) & (apart < NEAR)
    return 0.0 if (apart == 0).any() else NEAR if torch.any(near) else 1.0
