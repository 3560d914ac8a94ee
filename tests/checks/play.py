"""What the tests of the checks play with: the smallest exercise, and answers made to order."""

from collections.abc import Callable
from typing import Any

import torch

from mmtutor.checks.engine.exercise import Case, Implement, Mistake, Property, Wrong


def name(value: Any) -> str:
    """Return what a test is called after: an exercise's id, a function's or a mistake's name."""
    if isinstance(value, frozenset):
        return "+".join(sorted(value))
    if isinstance(value, Property):  # its repr holds an address, another in each process
        return value.sentence
    return getattr(value, "id", None) or getattr(value, "__name__", None) or repr(value)


def make(exercise: Implement, wrong: Wrong) -> Callable[..., Any]:
    """Return an answer that makes exactly the mistakes in `wrong`."""
    return lambda *arguments: exercise.reference(*arguments, wrong=wrong)


def twice(x: torch.Tensor, wrong: Wrong = frozenset()) -> torch.Tensor:
    """Reference of the smallest exercise."""
    return x * (3 if "thrice" in wrong else 2)


TWICE = Implement(
    id="test.twice",
    title="Twice",
    difficulty=1,
    minutes=1,
    hints=("a", "b", "c", "d"),
    reference=twice,
    cases=lambda: [Case(x=torch.tensor([1.0, -2.0])), Case(x=torch.ones(2, 3))],
    mistakes=(Mistake("thrice", "That is three times."),),
    seconds=0.5,
)
