"""Judge an answer that is a number, or a few of them."""

import math
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import Case, Mistake, Number
from mmtutor.checks.engine.outcome import kind
from mmtutor.checks.engine.verdict import Judgement


def judge(exercise: Number, answer: Any) -> Judgement:
    """Go down the steps for a number: guard, known mistakes, properties, direction."""
    numbers = read(answer)
    if isinstance(numbers, str):
        return Judgement("guard", (numbers,))
    truth = as_tensor(exercise.truth())
    if sentence := unfit(numbers, truth):
        return Judgement("guard", (sentence,))
    if near(numbers, truth, exercise.tolerance):
        return Judgement("passed")
    hits = near(numbers, mistaken(exercise), exercise.tolerance).nonzero().flatten().tolist()
    if hits:
        mistake = exercise.mistakes[hits[0]]
        return Judgement("mistake", (mistake.hint,), frozenset({mistake.name}))
    for rule in exercise.properties:
        if not rule.holds(Case(), numbers):
            return Judgement("property", (rule.sentence,))
    return Judgement("difference", (direction(numbers, truth, exercise.tolerance),))


@cache
def mistaken(exercise: Number) -> Tensor:
    """Return the numbers that the mistakes lead to, a row for each."""
    return torch.stack([numbers_of(mistake) for mistake in exercise.mistakes])


def numbers_of(mistake: Mistake) -> Tensor:
    """Return the numbers that a mistake leads to."""
    assert mistake.value is not None, f"{mistake.name} has no value"
    return as_tensor(mistake.value()).flatten()


def read(answer: Any) -> Tensor | str:
    """Return the answer as a float64 tensor, or a sentence that says why it is no number."""
    if isinstance(answer, str):
        return "Your answer is a text. Write the number without quotation marks."
    if answer is None:
        return "Your answer is None. Did you assign the result of something that only prints?"
    if callable(answer):
        return "Your answer is a function. Call it, or write the number down."
    if isinstance(answer, bool):
        return "Your answer is True or False, but a number is asked for."
    try:
        return as_tensor(answer)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        return f"Your answer is {kind(answer)}; a number is asked for."


def as_tensor(value: Any) -> Tensor:
    """Turn a number, a list or array of numbers or a tensor into float64."""
    if isinstance(value, Tensor):
        return value.detach().cpu().double()
    return torch.from_numpy(np.array(value, dtype=np.float64))


def unfit(numbers: Tensor, truth: Tensor) -> str | None:
    """Say that there are too many or too few numbers, or that one is not finite."""
    if numbers.numel() != truth.numel():
        return f"{truth.numel()} number(s) are asked for, and you gave {numbers.numel()}."
    if not numbers.isfinite().all():
        return "Your answer is not a finite number. Which step divides by zero?"
    return None


def near(numbers: Tensor, wanted: Tensor, tolerance: float) -> Tensor:
    """Say whether all numbers lie within `tolerance` of those wanted (of 1 where those are 0).

    `wanted` may hold several rows: there is an answer for each.
    """
    wanted = wanted.reshape(-1, numbers.numel())
    scale = torch.where(wanted == 0, 1.0, wanted.abs())
    return ((numbers.flatten() - wanted).abs() <= tolerance * scale + 1e-12).all(-1)


def direction(numbers: Tensor, truth: Tensor, tolerance: float) -> str:
    """Say which number is off, and to which side; never what it should be."""
    for i, (a, b) in enumerate(zip(numbers.flatten(), truth.flatten(), strict=True), start=1):
        if not near(a, b, tolerance):
            which = f"Number {i}" if truth.numel() > 1 else "Your number"
            return f"{which} is {size(float(a), float(b))}."
    raise AssertionError("direction() was called on numbers that agree")


def size(a: float, b: float) -> str:
    """Compare a with b in words."""
    if a * b < 0:
        return "of the wrong sign"
    side = "large" if abs(a) > abs(b) else "small"
    far = a == 0 or b == 0 or abs(math.log10(abs(a / b))) > 1
    return f"far too {side}" if far else f"too {side}"
