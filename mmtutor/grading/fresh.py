"""Inputs that nobody could know: the exercise's own, drawn from another seed.

Whoever learnt the right numbers for the inputs of the notebook's check does not know these. They
come from the exercise's own `cases`, so they are of the kind that the card promises; kept are those
on which the reference gives finite numbers, the same in float64, and keeps all properties. (Where
∞ or NaN is part of every right answer, finite is not asked for.)
"""

from typing import Any

import torch
from torch import Tensor

from mmtutor.checks.engine import outcome
from mmtutor.checks.engine.call import Raised
from mmtutor.checks.engine.exercise import RIGHT, SHIFT, Case, Implement
from mmtutor.checks.engine.mistakes import play
from mmtutor.checks.engine.steps import kept


def fresh_cases(exercise: Implement, seed: int) -> list[Case]:
    """Return the inputs of an exercise that another seed makes others; the same for each seed."""
    usual = exercise.cases()
    token = SHIFT.set(seed)
    try:
        drawn = exercise.cases()
    finally:
        SHIFT.reset(token)
    others = [new for new, old in zip(drawn, usual, strict=True) if not alike(new, old)]
    others += [new for old in usual for new in reordered(old, seed)] if not others else []
    finite = [case for case in others if sound(exercise, case)]
    return finite or [case for case in others if sound(exercise, case, finite=False)]


def alike(one: Case, other: Case) -> bool:
    """Say whether two inputs hold the same numbers, and the same words."""
    return all(map(equal, one.values(), other.values()))


def equal(one: Any, other: Any) -> bool:
    """Say whether two arguments are the same; lists of words are compared as they are."""
    return outcome.same(one, other) or (not outcome.tensors(one) and bool(one == other))


def reordered(case: Case, seed: int) -> list[Case]:
    """Return the input with the numbers of every tensor moved on, where that makes another.

    For exercises whose inputs are written down, and hold labels: what is moved on is a label still.
    """

    def moved(place: int, value: Any) -> Any:
        return value.roll(1 + seed % 97 * (place + 1)) if isinstance(value, Tensor) else value

    named = enumerate(case.items())
    new = Case({name: moved(place, value) for place, (name, value) in named})
    return [] if alike(new, case) else [new]


def sound(exercise: Implement, case: Case, finite: bool = True) -> bool:
    """Say whether the reference's numbers on an input are finite, exact and have all properties."""
    output = play(exercise, RIGHT, case)
    if isinstance(output, Raised) or (finite and not outcome.numbers(output).isfinite().all()):
        return False
    exactly = play(exercise, RIGHT, in_float64(case))
    if isinstance(exactly, Raised) or not outcome.same(outcome.like(exactly, output), output):
        return False
    return all(kept(rule, case, output) for rule in exercise.properties)


def near(found: Any, wanted: Any) -> bool:
    """Say whether an answer is right on a fresh input, ten times less strictly than usual.

    The usual inputs were chosen so that rounding does not matter; of these nobody knows.
    """
    if outcome.form(found) != outcome.form(wanted):
        return False
    mine, right = outcome.numbers(found), outcome.numbers(wanted)
    return torch.allclose(
        mine, right, atol=10 * outcome.ABSOLUTE, rtol=10 * outcome.RELATIVE, equal_nan=True
    )


def in_float64(case: Case) -> Case:
    """Return an input with every float in double precision."""
    return Case({n: v.double() if outcome.is_float(v) else v for n, v in case.items()})
