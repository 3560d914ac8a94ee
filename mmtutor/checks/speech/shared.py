"""Shared by the exercises of lesson 17, speech.

- `at` and `whole` make wrong numbers, `off` is about one of several: `decibel`;
- `drawing` draws whole numbers: `word_error`.
"""

from collections.abc import Callable
from functools import partial

from torch import Tensor

from mmtutor.checks.engine.exercise import Case, Mistake, Property, random_tensor


def at(name: str, value: int | float, hint: str) -> Mistake:
    """Return a wrong number."""
    return Mistake(name, hint, value=lambda: float(value))


def whole(name: str, hint: str, *values: int | float) -> Mistake:
    """Return a wrong list of numbers."""
    return Mistake(name, hint, value=lambda: [float(value) for value in values])


def off(place: int, right: Callable[[], list[float]], question: str) -> Property:
    """Return the rule that one of the numbers is right, with the question to ask if it is not."""
    return Property(f"Number {place + 1} is off. {question}", partial(is_near, place, right))


def is_near(place: int, right: Callable[[], list[float]], case: Case, answer: Tensor) -> bool:
    """Say whether one of the numbers is right to 1 %."""
    wanted = right()[place]
    return abs(float(answer.flatten()[place]) - wanted) <= 0.01 * abs(wanted)


def drawing(seed: int, count: int = 400) -> Callable[[int], int]:
    """Return a function that draws whole numbers below a bound, the same for a seed."""
    chance = iter((random_tensor(count, seed=seed).abs() * 1e4).long().tolist())
    return lambda bound: next(chance) % bound
