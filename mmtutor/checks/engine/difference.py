"""The first difference: the smallest input where an answer departs, and the first number there."""

import math
from collections.abc import Sequence
from typing import Any

from torch import Tensor

from mmtutor.checks.engine import outcome
from mmtutor.checks.engine.exercise import Case
from mmtutor.checks.engine.relations import ORDINALS
from mmtutor.checks.engine.relations.evidence import close, comparable, number

ROOM = 16
"""So many numbers of an input are shown."""


def difference(cases: Sequence[Case], outputs: Sequence[Any], expected: Sequence[Any]) -> str:
    """Say on which input an answer departs first, at which index, and how many numbers depart."""
    for place, (case, output, right) in enumerate(zip(cases, outputs, expected, strict=True), 1):
        if not outcome.same(output, right):
            which = f"input {place} of {len(cases)}" if place > 1 else "the first input"
            return f"The first difference is at {which} ({given(case)}): {at(output, right)}."
    raise AssertionError("difference() was called on outputs that agree")


def given(case: Case) -> str:
    """Write an input in short: in full as long as there is room, then by its shapes.

    Plain numbers, and tuples of them, have no shape and always have room.
    """
    shown, room = [], ROOM
    for name, value in case.items():
        size = value.numel() if isinstance(value, Tensor) else 1
        room -= size
        whole = room >= 0 or not list(outcome.tensors(value))
        words = outcome.show(value) if whole else outcome.shape(value)
        shown.append(f"{name} = {words}" if whole else f"{name}: {words}")
    return ", ".join(shown)


def at(output: Any, right: Any) -> str:
    """Say what came out and what should have, at the first place where they depart."""
    mine, theirs = list(outcome.parts(output)), list(outcome.parts(right))
    if len(mine) != len(theirs):
        return f"yours gives {outcome.show(output)}, expected {outcome.show(right)}"
    for place, (one, other) in enumerate(zip(mine, theirs, strict=True)):
        if not outcome.same(one, other):
            which = f"in the {ORDINALS[place]} thing that you return, " if len(mine) > 1 else ""
            return which + between(one, other)
    raise AssertionError("at() was called on outputs that agree")


def between(found: Any, wanted: Any) -> str:
    """Compare two values; two tensors of one shape at the first index where they depart."""
    if not (comparable(found) and comparable(wanted)):
        return f"yours gives {outcome.show(found)}, expected {outcome.show(wanted)}"
    a, b = number(found), number(wanted)
    if a.shape != b.shape:
        return f"yours has {outcome.shape(found)}, expected is {outcome.shape(wanted)}"
    wrong = ~close(a, b)
    first = [int(i) for i in wrong.nonzero()[0]] if a.ndim else []
    mine, theirs = digits(float(a[tuple(first)]), float(b[tuple(first)]))
    if not a.ndim:
        return f"yours gives {mine}, expected {theirs}"
    many = f"{int(wrong.sum())} of {wrong.numel()} numbers depart"
    return f"at index {first} yours is {mine}, expected {theirs}; {many}"


def digits(a: float, b: float) -> tuple[str, str]:
    """Write two numbers with as many digits as it takes to see that they differ."""
    for count in (4, 6, 9, 17):
        mine, theirs = f"{a:.{count}g}", f"{b:.{count}g}"
        if mine != theirs or math.isnan(a):
            return mine, theirs
    return repr(a), repr(b)
