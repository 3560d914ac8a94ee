"""What a relation is judged on: for each case what came out beside what should have.

A relation is said only if it holds on every case and on more numbers than chance could explain.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from mmtutor.checks.engine import outcome
from mmtutor.checks.engine.exercise import Case

ENOUGH = 3
"""So many numbers must speak for a relation beyond those that its own constants explain."""

LARGEST = 1_000_000


class Pair(NamedTuple):
    """One case, what came out of it and what should have, in float64."""

    case: Case
    found: Tensor
    wanted: Tensor


def columns(cases: Sequence[Case], outputs: Sequence[Any], expected: Sequence[Any]) -> list[Any]:
    """Return for each thing that is to be returned its pairs, one a case; [] if one has no numbers.

    A function that returns one tensor has one column, one that returns two has two.
    """
    rows = []
    for case, output, right in zip(cases, outputs, expected, strict=True):
        found, wanted = list(outcome.parts(output)), list(outcome.parts(right))
        if len(found) != len(wanted) or not all(map(comparable, [*found, *wanted])):
            return []
        rows.append([Pair(case, *map(number, both)) for both in zip(found, wanted, strict=True)])
    same_length = len({len(row) for row in rows}) == 1
    return [list(column) for column in zip(*rows, strict=True)] if same_length else []


def comparable(value: Any) -> bool:
    """Say whether a value is a number or a tensor of real numbers, and not of absurd size."""
    if not outcome.is_numeric(value):
        return False
    tensor = outcome.as_tensor(value)
    return not tensor.is_complex() and tensor.numel() <= LARGEST


def number(value: Any) -> Tensor:
    """Return a number or tensor as float64, free of any gradient."""
    return outcome.as_tensor(value).detach().cpu().double()


def alike(found: Tensor, wanted: Tensor) -> bool:
    """Say whether two tensors have one shape and the same numbers."""
    return found.shape == wanted.shape and bool(outcome.agree(found.flatten(), wanted.flatten()))


def right(pairs: Sequence[Pair]) -> bool:
    """Say whether nothing is wrong in any case."""
    return all(alike(pair.found, pair.wanted) for pair in pairs)


def same_shapes(pairs: Sequence[Pair]) -> bool:
    """Say whether every output has the shape that it should have."""
    return all(pair.found.shape == pair.wanted.shape for pair in pairs)


def speaks(numbers: Sequence[Tensor], constants: int = 0) -> bool:
    """Say whether numbers are many enough and differ enough to carry a relation.

    `numbers` are those of the right answer; a relation with `constants` fitted to it needs more.
    Small whole numbers agree by chance more often than others, so there must be more of them.
    """
    flat = torch.cat([n.flatten() for n in numbers]) if numbers else torch.zeros(0)
    flat = flat[flat.isfinite()]
    different = flat.mul(1e4).round().unique()
    whole = bool((flat == flat.round()).all())
    return len(different) >= ENOUGH + constants + (2 if whole else 0)


def departing(pairs: Sequence[Pair]) -> list[Tensor]:
    """Return for each case where its numbers depart: True there."""
    return [~close(pair.found, pair.wanted) for pair in pairs]


def close(found: Tensor, wanted: Tensor) -> Tensor:
    """Say for each number whether it is right."""
    return torch.isclose(
        found, wanted, atol=outcome.ABSOLUTE, rtol=outcome.RELATIVE, equal_nan=True
    )
