"""What an exercise is: a card, four hints, a truth, and the mistakes that people make."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import combinations
from typing import Any

import torch
from torch import Tensor

Wrong = frozenset[str]
"""The names of the mistakes that a reference is told to make."""
RIGHT: Wrong = frozenset()
"""No mistake at all."""


class Case(dict[str, Any]):
    """One input to an answer: arguments by name, handed over in this order, by position."""


@dataclass(frozen=True)
class Mistake:
    """Something a learner plausibly does wrong, and what to say to them.

    `name` is the switch that makes the reference do it. `group` is one word or several: mistakes
    that share a word are alternatives (no scale, or the wrong scale) and are never tried together.
    `value` is the wrong number itself, for exercises whose answer is a number.
    """

    name: str
    hint: str
    group: str = ""
    value: Callable[[], Any] | None = None


@dataclass(frozen=True)
class Property:
    """Something every right answer has: `holds(case, output)`. If not, `sentence` is said."""

    sentence: str
    holds: Callable[[Case, Any], bool]


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """The card of an exercise. `hints`: a nudge, the formula, the shapes, a skeleton."""

    id: str
    title: str
    difficulty: int
    minutes: int
    hints: tuple[str, str, str, str]
    mistakes: tuple[Mistake, ...]
    kind: str = "implement"


@dataclass(frozen=True, kw_only=True)
class Implement(Exercise):
    """Write a function. `reference(*arguments, wrong=names)` is right when `wrong` is empty.

    `cases` makes fresh inputs, the smallest first; `properties` catch what nobody listed. An
    answer is stopped after `seconds`. `gradient`: the card asks that a gradient flows through it.
    `forbids`: PyTorch's functions, by name, that the card asks to write oneself. `conventions`:
    switches of the reference that are no mistakes: each makes another right answer. `together`: the
    arguments of a case are lists, the answer is called for each row by itself, and judged is what
    this makes of the case and all that came out.
    """

    reference: Callable[..., Any]
    cases: Callable[[], list[Case]]
    properties: tuple[Property, ...] = ()
    seconds: float = 10.0
    gradient: bool = False
    forbids: tuple[str, ...] = ()
    conventions: tuple[str, ...] = ()
    together: Callable[[Case, list[Any]], Any] | None = None

    def combinations(self) -> list[Wrong]:
        """Every mistake alone, then every pair that can happen together."""
        alone = [frozenset({mistake.name}) for mistake in self.mistakes]
        pairs = [
            frozenset({a.name, b.name})
            for a, b in combinations(self.mistakes, 2)
            if not set(a.group.split()) & set(b.group.split())
        ]
        return alone + pairs

    def hints_of(self, wrong: Wrong) -> list[str]:
        """What to say about these mistakes, in the order in which they are listed."""
        return [mistake.hint for mistake in self.mistakes if mistake.name in wrong]


@cache
def versions(exercise: Implement) -> tuple[Implement, ...]:
    """Return an exercise as it is, then once for each further convention that is right as well."""
    others = (
        replace(exercise, reference=partial(in_convention, exercise.reference, name))
        for name in exercise.conventions
    )
    return (exercise, *others)


def in_convention(
    reference: Callable[..., Any], convention: str, *arguments: Any, wrong: Wrong = RIGHT
) -> Any:
    """Return what a reference gives in another convention, and with these mistakes."""
    return reference(*arguments, wrong=wrong | {convention})


@dataclass(frozen=True, kw_only=True)
class FindTheBug(Implement):
    """Mend a short program. `given` names the mistakes that the program was handed out with."""

    given: Wrong
    kind: str = "find the bug"

    def combinations(self) -> list[Wrong]:
        """Also three bugs and more of those handed out: people mend them one by one."""
        given, sizes = sorted(self.given), range(3, len(self.given) + 1)
        left = [frozenset(bugs) for size in sizes for bugs in combinations(given, size)]
        return [*super().combinations(), *left]


@dataclass(frozen=True, kw_only=True)
class Number(Exercise):
    """Report a number (or several): `truth()` computes it, by arithmetic or by experiment.

    `tolerance` is relative, one for all numbers or one for each. `properties` receive the answer
    as a float64 tensor and an empty case.
    """

    truth: Callable[[], Any]
    tolerance: float | tuple[float, ...] = 0.01
    properties: tuple[Property, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Predict(Number):
    """Work a number out before the machine does."""

    kind: str = "predict a number"


@dataclass(frozen=True, kw_only=True)
class Measure(Number):
    """Change one thing, run it, report what happened; checked against what really happens."""

    kind: str = "measure"
    tolerance: float | tuple[float, ...] = 0.1


SHIFT: ContextVar[int] = ContextVar("shift", default=0)
"""What is added to every seed of `random_tensor`: another shift, other inputs of the same kind."""


def random_tensor(*size: int, seed: int = 0) -> Tensor:
    """A tensor of normal numbers that is the same on every machine; for cases."""
    return torch.randn(*size, generator=torch.Generator().manual_seed(seed + SHIFT.get()))
