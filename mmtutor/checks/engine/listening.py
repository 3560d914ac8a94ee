"""What an answer listens to: not to an argument, or to chance."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from mmtutor.checks.engine import outcome
from mmtutor.checks.engine.call import SEED, Raised, call
from mmtutor.checks.engine.exercise import RIGHT, Case, Implement
from mmtutor.checks.engine.mistakes import play

PATIENCE = 3.0
"""Seconds to spend on trying other inputs; what is not known by then is not said."""


def random(
    exercise: Implement, answer: Callable[..., Any], cases: Sequence[Case], outputs: Sequence[Any]
) -> str | None:
    """Say that an answer draws random numbers: another seed gives another answer.

    Two draws of a few numbers may well agree, so the largest output is tried as well as the first.
    """
    sizes = [sum(tensor.numel() for tensor in outcome.tensors([output])) for output in outputs]
    for place in {0, sizes.index(max(sizes))}:
        output = outputs[place]
        again = call(answer, cases[place], exercise.seconds, SEED + 1).output
        if not isinstance(output, Raised) and not outcome.same(outcome.like(again, output), output):
            return "It draws random numbers: called twice with the same input it gives two answers."
    return None


def deaf(
    exercise: Implement, answer: Callable[..., Any], cases: Sequence[Case], outputs: Sequence[Any]
) -> str | None:
    """Say that an answer is always the same, or which argument it does not listen to."""
    if any(isinstance(output, Raised) for output in outputs):
        return None
    over = time.monotonic() + PATIENCE
    unheard = [
        name for name in cases[0] if not listens(exercise, answer, cases, outputs, name, over)
    ]
    if time.monotonic() > over or not unheard:
        return None
    if len(unheard) == len(cases[0]) and len(cases[0]) > 1:
        return "Your answer does not depend on what your function is given."
    names = " nor with ".join(f"`{name}`" for name in unheard)
    asked = "Where does it" if len(unheard) == 1 else "Where do they"
    return f"Your answer does not change with {names}; the right one does. {asked} come in?"


def listens(
    exercise: Implement,
    answer: Callable[..., Any],
    cases: Sequence[Case],
    outputs: Sequence[Any],
    name: str,
    over: float,
) -> bool:
    """Say whether an answer follows an argument; yes, too, where the right one never does."""
    asked = False
    for case, before in zip(cases, outputs, strict=True):
        if outcome.nothing_but_nan([before]):  # which is no answer that could change
            continue
        truth = play(exercise, RIGHT, case)
        for other in variants(case, name):
            if time.monotonic() > over:
                return True
            asked = asked or moved(truth, play(exercise, RIGHT, other))
            after = outcome.like(call(answer, other, exercise.seconds).output, truth)
            if not isinstance(after, Raised) and not outcome.same(before, after):
                return True
    return not asked


def moved(before: Any, after: Any) -> bool:
    """Say whether a right answer changed to another right answer."""
    if isinstance(before, Raised) or isinstance(after, Raised):
        return False
    return not outcome.nothing_but_nan([after]) and not outcome.same(before, after)


def variants(case: Case, name: str) -> Iterator[Case]:
    """Give inputs that differ in one argument only, which stays one of its kind.

    A tensor is rolled along each axis: probabilities still sum to 1, labels stay labels. Rolling
    tells nothing to who looks at the set of labels only: then all become the first. Nor does a
    factor to who divides by the largest number: then each is multiplied by its own size.
    """
    value = case[name]
    if isinstance(value, Tensor):
        changed = [value.roll(1, axis) for axis in range(value.ndim) if value.shape[axis] > 1]
        changed += [value * 1.5, value * value.abs()] if outcome.is_float(value) else []
        changed += [~value] if value.dtype == torch.bool else []
        if value.dtype in outcome.WHOLE and value.numel():
            changed.append(torch.full_like(value, int(value.flatten()[0])))
    elif isinstance(value, bool):
        changed = [not value]
    elif isinstance(value, int):
        changed = [value + 1, value * 2, max(value - 1, 1)]
    elif isinstance(value, tuple) and all(isinstance(one, int | float) for one in value):
        changed = [value[1:] + value[:1], tuple(1.5 * one for one in value)]
    else:
        changed = [value * 1.5] if isinstance(value, float) else []
    for new in changed:
        yield Case({**case, name: new})
