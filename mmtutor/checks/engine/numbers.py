"""Judge an answer that is a number, or a few of them."""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import Case, Number, Wrong
from mmtutor.checks.engine.verdict import Status

Judgement = tuple[Status, list[str], Wrong]


def judge(exercise: Number, answer: Any) -> Judgement:
    """Go down the steps for a number: guard, known mistakes, properties, direction."""
    numbers = read(answer)
    if isinstance(numbers, str):
        return "guard", [numbers], frozenset()
    truth = as_tensor(exercise.truth())
    if sentence := unfit(numbers, truth):
        return "guard", [sentence], frozenset()
    if near(numbers, truth, exercise.tolerance):
        return "passed", [], frozenset()
    for mistake in exercise.mistakes:
        assert mistake.value is not None, f"{exercise.id}: {mistake.name} has no value"
        if near(numbers, as_tensor(mistake.value()), exercise.tolerance):
            return "mistake", [mistake.hint], frozenset({mistake.name})
    for rule in exercise.properties:
        if not rule.holds(Case(), numbers):
            return "property", [rule.sentence], frozenset()
    return "difference", [direction(numbers, truth, exercise.tolerance)], frozenset()


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
        return f"Your answer is a {type(answer).__name__}; a number is asked for."


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


def near(a: Tensor, b: Tensor, tolerance: float) -> bool:
    """Say whether all of `a` lies within `tolerance` of `b` (of 1 where b is 0)."""
    a, b = a.flatten(), b.flatten()
    scale = torch.where(b == 0, 1.0, b.abs())
    return a.shape == b.shape and bool(((a - b).abs() <= tolerance * scale + 1e-12).all())


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
