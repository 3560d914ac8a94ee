"""Values: zeros, twins, ties and near ties, ids that only one side has."""

import inspect
import re
from itertools import permutations

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


def never_twins(exercise: Implement) -> list[str]:
    """Name the first argument if it has several axes and never two equal members along the first.

    It is what is looked at; the others are mostly weights, of which nobody expects twins.
    """
    name, values = next(iter(floats(exercise).items()), ("", []))
    deep = bool(values) and all(value.ndim > 1 for value in values)
    return [f"twins {name}"] if deep and not any(map(has_twins, values)) else []


def has_twins(values: Tensor) -> bool:
    """Say whether two members along the first axis are equal."""
    return len(values.unique(dim=0)) < len(values)


def never_one_sided(exercise: Implement) -> list[str]:
    """Name pairs of tensors of ids of which the first has nowhere an id that the second lacks."""
    cases = exercise.cases()
    names = [n for n, v in cases[0].items() if isinstance(v, Tensor) and v.dtype == torch.int64]
    return [
        f"one_sided {a}-{b}"
        for a, b in permutations(names, 2)
        if all(set(case[a].flatten().tolist()) <= set(case[b].flatten().tolist()) for case in cases)
    ]


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
