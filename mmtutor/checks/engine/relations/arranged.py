"""The right numbers in another order: axes swapped, reversed, rolled, sorted, interleaved."""

from collections.abc import Callable, Iterator, Sequence
from itertools import permutations

from torch import Tensor

from mmtutor.checks.engine.relations.evidence import Pair, alike, right, speaks
from mmtutor.checks.engine.relations.quantities import AXES

Order = Callable[[Tensor], Tensor]


def rearranged(pairs: Sequence[Pair]) -> str | None:
    """Say which rearrangement turns the right answer into what came out."""
    if not speaks([pair.wanted for pair in pairs]):
        return None
    if any(pair.found.numel() != pair.wanted.numel() for pair in pairs):
        return None
    for sentence, order in orders(min(pair.wanted.ndim for pair in pairs)):
        if all(fits(order, pair) for pair in pairs) and matters(order, pairs):
            return sentence
    if all(pair.found.shape == pair.wanted.shape for pair in pairs):
        return None  # a property of the exercise says more than `shuffled`
    return reshaped(pairs) or shuffled(pairs)


def fits(order: Order, pair: Pair) -> bool:
    """Say whether an order turns the right answer of a case into what came out."""
    try:
        return alike(pair.found, order(pair.wanted))
    except (RuntimeError, IndexError):  # an axis that this case does not have
        return False


def matters(order: Order, pairs: Sequence[Pair]) -> bool:
    """Say whether an order changes anything in some case."""
    return any(not alike(pair.wanted, order(pair.wanted)) for pair in pairs)


def orders(axes: int) -> Iterator[tuple[str, Order]]:
    """Give rearrangements of a tensor with at least so many axes, the simplest first."""
    yield from swaps(axes)
    for axis in range(-1, -min(axes, 4) - 1, -1):
        yield from along(axis)
    if axes:
        yield from splits()


def swaps(axes: int) -> Iterator[tuple[str, Order]]:
    """Give the rearrangements of the last axes, counted from the end so that a batch may differ."""
    count = min(axes, 4)
    last = list(range(-count, 0))
    for new in sorted(permutations(last), key=lambda p: sum(map(int.__ne__, p, last))):
        if list(new) != last:
            yield swap_sentence(last, list(new)), permuter(new)


def permuter(new: Sequence[int]) -> Order:
    """Return a function that puts the last axes into a new order."""
    return lambda x: x.permute(*range(x.ndim - len(new)), *(x.ndim + axis for axis in new))


def swap_sentence(last: list[int], new: list[int]) -> str:
    """Say which axes changed places."""
    moved = [axis for axis, other in zip(last, new, strict=True) if axis != other]
    if len(moved) == 2:
        if len(last) == 2:
            return "The numbers are right, but rows and columns of the result are swapped."
        names = " and ".join(AXES[axis] for axis in reversed(moved))
        return f"The numbers are right, but the {names} axes of the result are swapped."
    return "The numbers are right, but the axes of the result stand in another order."


def along(axis: int) -> Iterator[tuple[str, Order]]:
    """Give the rearrangements along one axis."""
    name = f"along the {AXES[axis]} axis"
    yield f"The numbers are right, but in reverse order {name}.", lambda x: x.flip(axis)
    for step in (1, -1):
        where = "later" if step > 0 else "earlier"
        yield (
            f"The numbers are right, but {name} each stands one place {where} than it should, and "
            "the one that falls out comes in at the other end. Where do you count from?",
            lambda x, step=step: x.roll(step, axis),
        )
    yield f"The right numbers, but sorted {name}: leave them in place.", lambda x: x.sort(axis)[0]
    yield (
        f"The right numbers, but sorted {name}, the largest first: leave them in place.",
        lambda x: x.sort(axis, descending=True)[0],
    )


def splits() -> Iterator[tuple[str, Order]]:
    """Give the two ways to mix up a split of the last axis into parts."""
    for parts in (2, 3, 4, 5, 8):
        for order in (interleave(parts), deal(parts)):
            yield (
                f"The right numbers, but along the last axis they are interleaved: your {parts} "
                "parts take turns there, or should. Which numbers belong together?",
                order,
            )


def interleave(parts: int) -> Order:
    """Return a function that lets the parts of the last axis take turns."""
    return lambda x: x.unflatten(-1, (parts, -1)).transpose(-1, -2).flatten(-2)


def deal(parts: int) -> Order:
    """Return the opposite of `interleave`: what takes turns is put together."""
    return lambda x: x.unflatten(-1, (-1, parts)).transpose(-1, -2).flatten(-2)


def reshaped(pairs: Sequence[Pair]) -> str | None:
    """Say that the right numbers come in the right order and in another shape."""
    if not all(alike(pair.found.flatten(), pair.wanted.flatten()) for pair in pairs):
        return None
    odd = next(pair for pair in pairs if pair.found.shape != pair.wanted.shape)
    long = [[size for size in one.shape if size > 1] for one in (odd.found, odd.wanted)]
    ones = long[0] == long[1] and odd.found.ndim != odd.wanted.ndim
    asked = "An axis of size 1 is lost or added." if ones else "Which axes belong together?"
    return (
        f"The numbers are right and in the right order, but the shape is {tuple(odd.found.shape)} "
        f"and should be {tuple(odd.wanted.shape)}{here(odd, pairs)}. {asked}"
    )


def here(odd: Pair, pairs: Sequence[Pair]) -> str:
    """Say on which of several inputs it is so."""
    number = next(i for i, pair in enumerate(pairs, start=1) if pair is odd)
    return f" (input {number} of {len(pairs)})" if number > 1 else ""


def shuffled(pairs: Sequence[Pair]) -> str | None:
    """Say that the right numbers come in an order without a name."""
    flat = [(pair.found.flatten().sort()[0], pair.wanted.flatten().sort()[0]) for pair in pairs]
    if not all(alike(found, wanted) for found, wanted in flat) or right(pairs):
        return None
    if sum(len(wanted.unique()) > 2 for _, wanted in flat) < 2:  # one could be chance
        return None
    odd = next((pair for pair in pairs if pair.found.shape != pair.wanted.shape), None)
    shapes = odd and f", as {tuple(odd.found.shape)} for {tuple(odd.wanted.shape)}"
    return (
        f"You return the right numbers in the wrong places{shapes or ''}. Which `reshape`, `view`, "
        "`permute` or index decides where each one goes?"
    )


def exchanged(columns: Sequence[Sequence[Pair]]) -> bool:
    """Say whether the two things that are returned are each other's."""
    if len(columns) != 2:
        return False
    first, second = columns
    both = list(zip(first, second, strict=True))
    crossed = all(alike(a.found, b.wanted) and alike(b.found, a.wanted) for a, b in both)
    return crossed and any(not alike(a.wanted, b.wanted) for a, b in both)
