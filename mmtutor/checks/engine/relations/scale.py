"""The right numbers times a constant, or with a constant added."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from mmtutor.checks.engine.relations.evidence import Pair, alike, same_shapes, speaks
from mmtutor.checks.engine.relations.quantities import AXES, constant, equal, explained

TINY = 1e-6
QUESTIONS = {
    "2": "Is something counted twice, or is a ½ missing?",
    "½": "Is something halved that should not be, or counted once that counts twice?",
    "100": "Is a percentage given where a share is asked for?",
    "1/100": "Is a share given where a percentage is asked for?",
    "ln 2": "Which base has your logarithm?",
    "1/ln 2": "Which base has your logarithm?",
    "ln 10": "Which base has your logarithm?",
    "1/ln 10": "Which base has your logarithm?",
}


def scaled(pairs: Sequence[Pair]) -> str | None:
    """Say that everything is off by one factor, or by one that has a name in all cases."""
    telling, found = factors(pairs)
    if not found:
        return None
    if all(equal(f, found[0]) for f in found):
        return one_factor(found[0])
    name = explained([pair.case for pair in telling], found)
    ask = "Where does that factor come in?"
    return f"Your numbers are the right ones times {name}. {ask}" if name else None


def factors(pairs: Sequence[Pair]) -> tuple[list[Pair], list[float]]:
    """Return the cases that are not 0 all over, and by which factor each is off.

    There are none if a case is off by no one factor, or if there are too few numbers to tell.
    """
    if not same_shapes(pairs) or not speaks([p.wanted[p.wanted.abs() > TINY] for p in pairs], 1):
        return [], []
    telling = [p for p in pairs if bool((p.wanted.abs() > TINY).any())]
    found = [f for f in map(factor, telling) if f is not None]
    whole = len(found) == len(telling) and all(map(stays_zero, pairs)) and same_gaps(pairs)
    return (telling, found) if whole else ([], [])


def scaled_by_case(pairs: Sequence[Pair]) -> str | None:
    """Say that each case is off by a factor of its own, which has no name."""
    telling, found = factors(pairs)
    if not found or any(int((pair.wanted.abs() > TINY).sum()) < 2 for pair in telling):
        return None
    shown = ", ".join(f"{f:.4g}" for f in list(dict.fromkeys(found))[:3])
    return (
        f"For each input your numbers are the right ones times one factor ({shown}): what they are "
        "multiplied or divided by is not what it should be, the rest is right."
    )


def factor(pair: Pair) -> float | None:
    """Return by how much all numbers of a case are too large, None if not by the same."""
    telling = pair.wanted.abs() > TINY
    ratio = pair.found[telling] / pair.wanted[telling]
    ratio = ratio[ratio.isfinite()]
    if not len(ratio) or not alike(pair.found, pair.wanted * ratio.median()):
        return None
    value = float(ratio[pair.wanted[telling][pair.wanted[telling].isfinite()].abs().argmax()])
    return value if abs(value) > TINY else None


def stays_zero(pair: Pair) -> bool:
    """Say whether what should be 0 is 0."""
    return bool((pair.found[pair.wanted.abs() <= TINY].abs() <= 1e-5).all())


def same_gaps(pairs: Sequence[Pair]) -> bool:
    """Say whether NaN stands where it should and nowhere else, also where nothing else stands."""
    return all(bool((p.found.isnan() == p.wanted.isnan()).all()) for p in pairs)


def one_factor(value: float) -> str | None:
    """Say by which factor all numbers are off."""
    if equal(value, 1.0):
        return None
    if equal(value, -1.0):
        return "Every number has the wrong sign, and nothing else is wrong."
    name = constant(value)
    asked = QUESTIONS.get(name, "Where does that factor come in, or get lost?")
    return f"Every number is {name} times what it should be, on every input. {asked}"


def shifted(pairs: Sequence[Pair]) -> str | None:
    """Say that one number is added to everything, the same in all cases or one for each."""
    if not same_shapes(pairs) or not speaks([pair.wanted for pair in pairs], 1):
        return None
    found = [offset(pair) for pair in pairs if pair.wanted.isfinite().any()]
    offsets = [value for value in found if value is not None]
    if not offsets or len(offsets) < len(found) or not same_gaps(pairs):
        return None
    if all(abs(value - offsets[0]) < 1e-4 for value in offsets):
        word = "large" if offsets[0] > 0 else "small"
        return (
            f"Every number is too {word} by {constant(abs(offsets[0]))}, on every input. "
            "What is added that should not be, or left out?"
        )
    if name := explained([pair.case for pair in pairs], offsets):
        return f"Your numbers are the right ones plus {name}. Where does that come in?"
    return None


def offset(pair: Pair) -> float | None:
    """Return what is added to all numbers of a case, None if not the same to all."""
    finite = pair.wanted.isfinite() & pair.found.isfinite()
    if not finite.any():
        return None
    value = float((pair.found - pair.wanted)[finite].median())
    return value if abs(value) > 1e-4 and alike(pair.found, pair.wanted + value) else None


def scaled_row_by_row(pairs: Sequence[Pair]) -> str | None:
    """Say that only the scale of each row (along some axis) is wrong."""
    axis = axis_along_which(proportional, pairs)
    if not axis:
        return None
    ask = "What is it divided or multiplied by?"
    if all(map(smaller, pairs)):
        ask = "All come out too small: what is it divided by, and is something added there?"
    return (
        f"Along the {axis} axis the proportions are right: each row there is the right row times "
        f"a number of its own. {ask}"
    )


def smaller(pair: Pair) -> bool:
    """Say whether no number is too large, and none has another sign."""
    largest = pair.wanted.abs() * (1 + TINY) + TINY
    return bool(((pair.found * pair.wanted >= 0) & (pair.found.abs() <= largest)).all())


def shifted_row_by_row(pairs: Sequence[Pair]) -> str | None:
    """Say that to each row (along some axis) one number is added."""
    axis = axis_along_which(parallel, pairs)
    return axis and (
        f"Along the {axis} axis everything is off by the same amount, elsewhere by another. What "
        "do you add or subtract that does not change along this axis?"
    )


def axis_along_which(related: Callable[[Pair, int], bool], pairs: Sequence[Pair]) -> str | None:
    """Return the name of the first axis along which all rows are related to the right ones."""
    if not same_shapes(pairs):
        return None
    for axis in shared_axes(pairs):
        wrong = [pair for pair in pairs if not alike(pair.found, pair.wanted)]
        if all(related(pair, axis) for pair in pairs) and tells_rows(wrong, axis):
            return AXES[axis]
    return None


def shared_axes(pairs: Sequence[Pair]) -> list[int]:
    """Return the axes of tables that every output has, counted from the end.

    What is the same for a whole batch, along an axis before them, is an argument of its own.
    """
    return list(range(-1, -min(2, *(pair.wanted.ndim for pair in pairs), 2) - 1, -1))


def proportional(pair: Pair, axis: int) -> bool:
    """Say whether each row along `axis` is the right row times a number that is not 0."""
    largest = pair.wanted.abs().argmax(axis, keepdim=True)
    top, mine = pair.wanted.gather(axis, largest), pair.found.gather(axis, largest)
    ratio = torch.where(top == 0, 1.0, mine / top)
    alive = bool(ratio.isfinite().all()) and bool((ratio.abs() > TINY).all())
    return alive and alike(pair.found, pair.wanted * ratio)


def parallel(pair: Pair, axis: int) -> bool:
    """Say whether each row along `axis` is the right row plus a number."""
    if not (pair.wanted.isfinite().all() and pair.found.isfinite().all()):
        return False
    shift = (pair.found - pair.wanted).mean(axis, keepdim=True)
    return alike(pair.found, pair.wanted + shift)


def tells_rows(pairs: Sequence[Pair], axis: int) -> bool:
    """Say whether rows are long enough, and different enough, to tell."""
    long = [pair.wanted for pair in pairs if pair.wanted.shape[axis] >= 3]
    spread = [one for one in long if bool((one.amax(axis) - one.amin(axis) > 1e-3).any())]
    return speaks(spread, sum(one.numel() // one.shape[axis] for one in spread[:1]))


def affine(pairs: Sequence[Pair]) -> str | None:
    """Say that the answer is a straight line through the right one: a·x + b."""
    if not same_shapes(pairs) or not speaks([pair.wanted for pair in pairs], 2):
        return None
    wanted = torch.cat([pair.wanted.flatten() for pair in pairs])
    found = torch.cat([pair.found.flatten() for pair in pairs])
    if not (wanted.isfinite().all() and found.isfinite().all()):
        return None
    slope, start = line(wanted, found)
    if abs(slope) < 1e-3 or not alike(found, slope * wanted + start):
        return None
    if equal(slope, -1.0) and equal(start, 1.0):
        return "It is 1 minus the right answer: the complement. Which of the two is asked for?"
    sign = "+" if start > 0 else "−"
    return (
        f"On every input it is {constant(slope)} · right {sign} {constant(abs(start))}, where "
        "*right* is the right answer. Which factor and which summand are too much?"
    )


def line(x: Tensor, y: Tensor) -> tuple[float, float]:
    """Return slope and start of the straight line through points."""
    design = torch.stack([x, torch.ones_like(x)], dim=1)
    slope, start = torch.linalg.lstsq(design, y[:, None]).solution.flatten().tolist()
    return slope, start
