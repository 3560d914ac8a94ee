"""Shared by the exercises of lesson 16, video.

- `at`, `whole` and `once` make wrong numbers: `pairs`, `backwards`;
- `off` is about one of several numbers: `pairs`, `backwards`.
"""

from collections.abc import Callable
from functools import partial

from torch import Tensor

from mmtutor.checks.engine.exercise import Case, Mistake, Property


def at(name: str, value: int | float, hint: str) -> Mistake:
    """Return a wrong number."""
    return Mistake(name, hint, value=lambda: float(value))


def whole(name: str, hint: str, *values: int | float) -> Mistake:
    """Return a wrong list of numbers."""
    return Mistake(name, hint, value=lambda: [float(value) for value in values])


def once(*mistakes: Mistake) -> list[Mistake]:
    """Leave out mistakes whose number another one has."""
    seen: dict[float, Mistake] = {}
    for mistake in mistakes:
        if mistake.value:
            seen.setdefault(mistake.value(), mistake)
    return list(seen.values())


def off(place: int, right: Callable[[], list[float]], question: str) -> Property:
    """Return the rule that one of the numbers is right, with the question to ask if it is not."""
    return Property(f"Number {place + 1} is off. {question}", partial(is_near, place, right))


def is_near(place: int, right: Callable[[], list[float]], case: Case, answer: Tensor) -> bool:
    """Say whether one of the numbers is right."""
    return abs(float(answer.flatten()[place]) - right()[place]) < 0.5
