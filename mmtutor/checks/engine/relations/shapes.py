"""What came out has another shape, and yet it is related: a sum of the right answer, its parts."""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from mmtutor.checks.engine.relations.evidence import Pair, alike, speaks
from mmtutor.checks.engine.relations.quantities import AXES, place

Reduction = Callable[[Tensor], Tensor]
WAYS: dict[str, Callable[..., Tensor]] = {
    "sum": torch.sum,
    "mean": torch.mean,
    "largest": torch.amax,
    "smallest": torch.amin,
    "product": torch.prod,
    "norm": torch.linalg.vector_norm,
}


def reduced(pairs: Sequence[Pair]) -> str | None:
    """Say that an axis was summed away that should have stayed, or the other way round."""
    if all(pair.found.shape == pair.wanted.shape for pair in pairs):
        return None
    axes = max(max(pair.wanted.ndim, pair.found.ndim) for pair in pairs)
    for words, reduction in reductions(axes):
        if leads(reduction, [(pair.wanted, pair.found) for pair in pairs]):
            return f"You return the {words} of what is asked for. Which step is one too many?"
        if leads(reduction, [(pair.found, pair.wanted) for pair in pairs]):
            return f"You return the parts: their {words} is still to be taken."
    return None


def reductions(axes: int) -> Iterator[tuple[str, Reduction]]:
    """Give each way to reduce along all axes or one."""
    for name, way in WAYS.items():
        yield name, lambda x, way=way: way(x) if way is not torch.prod else x.prod()
        for axis in range(-1, -min(axes, 4) - 1, -1):
            yield (
                f"{name} along the {AXES[axis]} axis",
                lambda x, way=way, axis=axis: way(x, dim=axis),
            )


def leads(reduction: Reduction, both: Sequence[tuple[Tensor, Tensor]]) -> bool:
    """Say whether a reduction leads from the first to the second of all, but for axes of 1."""
    if not speaks([after for _, after in both]):
        return False
    return all(reaches(reduction, before, after) for before, after in both)


def reaches(reduction: Reduction, before: Tensor, after: Tensor) -> bool:
    """Say whether a reduction leads from one tensor to another, but for axes of size 1."""
    if before.numel() < after.numel():
        return False
    try:
        return alike(reduction(before).squeeze(), after.squeeze())
    except (RuntimeError, IndexError):  # this case does not have that axis
        return False


def cut(pairs: Sequence[Pair]) -> str | None:
    """Say that a part of the right answer came out, or more than it."""
    if not speaks([pair.wanted for pair in pairs]):
        return None
    axes = min(min(pair.wanted.ndim, pair.found.ndim) for pair in pairs)
    for axis in range(-1, -min(axes, 4) - 1, -1):
        for words, part in ends(axis):
            if all(is_part(part, p.wanted, p.found) for p in pairs):
                return f"The {place(words, axis, axes)} is missing; the rest is right."
            if all(is_part(part, p.found, p.wanted) for p in pairs):
                return f"There is one too many: without the {place(words, axis, axes)} it is right."
    return one_of(pairs)


def ends(axis: int) -> Iterator[tuple[str, Reduction]]:
    """Give what is left along an axis without its first and without its last place."""
    yield "first", lambda x: x.narrow(axis, 1, x.shape[axis] - 1)
    yield "last", lambda x: x.narrow(axis, 0, x.shape[axis] - 1)


def is_part(part: Reduction, whole: Tensor, rest: Tensor) -> bool:
    """Say whether a part of a tensor is the other one."""
    if whole.ndim != rest.ndim or whole.numel() <= rest.numel():
        return False
    return alike(part(whole), rest)


def one_of(pairs: Sequence[Pair]) -> str | None:
    """Say that only the first, or the last, of several came out."""
    axes = min(pair.wanted.ndim for pair in pairs)
    for axis in range(-1, -min(axes, 4) - 1, -1):
        for words, index in (("first", 0), ("last", -1)):
            made = [pair.wanted.select(axis, index) for pair in pairs if pair.wanted.shape[axis]]
            if len(made) == len(pairs) and all(
                alike(one.squeeze(), pair.found.squeeze())
                for one, pair in zip(made, pairs, strict=True)
            ):
                return f"You return the {place(words, axis, axes)} of the right answer only."
    return None


def spread_out(pairs: Sequence[Pair]) -> str | None:
    """Say that the right answer came out, repeated along an axis that it should not have."""
    if not speaks([pair.wanted for pair in pairs]):
        return None
    if any(pair.found.numel() < pair.wanted.numel() for pair in pairs):
        return None
    if all(repeats(pair) for pair in pairs) and any(p.found.shape != p.wanted.shape for p in pairs):
        return (
            "The right numbers come out, but repeated along an axis that should not be there. "
            "Which operation stretches one tensor over another (broadcasting)?"
        )
    return None


def repeats(pair: Pair) -> bool:
    """Say whether what came out is the right answer, stretched."""
    try:
        return alike(pair.wanted.expand_as(pair.found), pair.found)
    except RuntimeError:
        return False
