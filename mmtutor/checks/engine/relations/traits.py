"""Right on some inputs and wrong on others: what sets those apart."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import Case
from mmtutor.checks.engine.relations.quantities import AXES


def set_apart(cases: Sequence[Case], right: Sequence[bool], no_chance: bool = False) -> str | None:
    """Say on how many inputs the answer is right, and what only the others have.

    Nothing is said if it is wrong on most: to be right on a few may be chance.
    """
    if all(right) or (sum(right) < len(right) / 2 and not no_chance):
        return None
    good = [case for case, fine in zip(cases, right, strict=True) if fine]
    bad = [case for case, fine in zip(cases, right, strict=True) if not fine]
    begin = f"It is right on {len(good)} of {len(cases)} inputs"
    if telling := alone(bad, good):
        which = "The other is the only one" if len(bad) == 1 else "The others are the only ones"
        return f"{begin}. {which} where {telling}."
    return f"{begin}."


def alone(some: Sequence[Case], others: Sequence[Case]) -> str | None:
    """Say what all of some inputs have and none of the others: of two arguments at most."""
    found = [list(traits(case)) for case in some]
    foreign = {trait for case in others for trait in traits(case)}
    shared = [trait for trait in dict.fromkeys(found[0]) if all(trait in one for one in found)]
    telling = {trait.split("`")[1]: trait for trait in reversed(shared) if trait not in foreign}
    return " and ".join(list(reversed(telling.values()))[:2]) or None


def traits(case: Case) -> Iterator[str]:
    """Give what can be said of an input, the most telling first."""
    for name, value in case.items():
        yield from traits_of(name, value)
    tensors = [(name, value) for name, value in case.items() if isinstance(value, Tensor)]
    for name, value in tensors:
        for other, second in tensors:
            long = name < other and min(value.ndim, second.ndim) >= 2
            if long and value.shape[-2] != second.shape[-2]:
                yield f"`{name}` and `{other}` have different lengths"
    for name, value in tensors:
        if value.ndim:
            yield f"`{name}` has {value.ndim} axes" if value.ndim > 1 else f"`{name}` has one axis"


def traits_of(name: str, value: Any) -> Iterator[str]:
    """Give what can be said of one argument."""
    if isinstance(value, bool | int | float):
        yield f"`{name}` is {value:.4g}" if isinstance(value, float) else f"`{name}` is {value}"
    elif isinstance(value, Tensor) and value.dtype == torch.bool:
        yield from traits_of_mask(name, value)
        yield from sizes(name, value)
    elif isinstance(value, Tensor):
        yield from traits_of_numbers(name, value.detach().double())
        yield from sizes(name, value)


def traits_of_mask(name: str, mask: Tensor) -> Iterator[str]:
    """Give what can be said of a mask."""
    if mask.numel() and not mask.any():
        yield f"`{name}` is False everywhere"
    elif mask.ndim and not mask.any(-1).all():
        yield f"`{name}` has a row without any True"
    if not mask.all():
        yield f"`{name}` hides something"
    else:
        yield f"`{name}` is True everywhere"
    rows = mask.flatten(0, -2) if mask.ndim > 1 else mask[None]
    if len(rows) and not (rows == rows[:1]).all():
        yield f"the rows of `{name}` differ"


def traits_of_numbers(name: str, value: Tensor) -> Iterator[str]:
    """Give what can be said of the numbers in a tensor."""
    if not value.numel():
        yield f"`{name}` is empty"
        return
    if not value.isfinite().all():
        yield f"`{name}` holds ∞ or NaN"
    top = float(value[value.isfinite()].abs().max()) if value.isfinite().any() else 0.0
    for bound in (1000, 50, 10):
        if top > bound:
            yield f"`{name}` holds numbers beyond ±{bound}"
    if 0 < top < 0.01:
        yield f"`{name}` holds nothing but tiny numbers"
    if (value < 0).any():
        yield f"`{name}` holds negative numbers"
    if (value == 0).all():
        yield f"`{name}` is 0 everywhere"
    elif (value == 0).any():
        yield f"`{name}` holds a 0"
    if value.numel() > 1 and len(value.unique()) < value.numel():
        yield f"`{name}` holds equal numbers"


def sizes(name: str, value: Tensor) -> Iterator[str]:
    """Give the axes of size 1."""
    for axis in range(-1, -min(4, value.ndim) - 1, -1):
        if value.shape[axis] == 1:
            yield f"the {AXES[axis]} axis of `{name}` has size 1"
    if value.ndim >= 2 and value.shape[-1] != value.shape[-2]:
        yield f"the last two axes of `{name}` differ in size"
