"""Wrong answers that are lists of numbers: each number is wrong in a way of its own, or several."""

import math
from collections.abc import Callable, Iterator, Sequence

from mmtutor.checks.engine.exercise import Mistake

ALIKE = 2e-3
"""Numbers that differ by less, relatively or from 0, cannot be told apart."""


def each_alone_or_together(
    right: Callable[[], list[float]],
    *places: list[Mistake],
    whole: tuple[Mistake, ...] = (),
    at_most: int | None = None,
) -> tuple[Mistake, ...]:
    """Return a mistake for every way to get one number wrong, or several (`at_most`) at a time.

    `places` holds, for each number, what people answer instead; its hints speak of that number.
    `whole` are wrong answers that have a sentence of their own: they stand first, and what comes to
    the same is left out.
    """
    counts = range(1, (at_most or len(places)) + 1)
    found = [combined(right, row) for count in counts for row in rows(places, count)]
    return (*whole, *(one for one in found if not any(same(one, other) for other in whole)))


def combined(right: Callable[[], list[float]], wrong: tuple[Mistake | None, ...]) -> Mistake:
    """Return the mistake of being wrong in these places at once."""
    made = [mistake for mistake in wrong if mistake]
    names, hints = "+".join(m.name for m in made), " ".join(m.hint for m in made)
    return Mistake(names, hints, value=lambda: numbers(right(), wrong))


def numbers(right: list[float], wrong: tuple[Mistake | None, ...]) -> list[float]:
    """Return the right numbers, but for the places that are wrong."""
    pairs = zip(right, wrong, strict=True)
    return [m.value() if m and m.value else number for number, m in pairs]


def rows(places: Sequence[list[Mistake]], wrong: int) -> Iterator[tuple[Mistake | None, ...]]:
    """Yield every way to be wrong in exactly so many places; None stands where a number is right.

    Ways that are wrong too often are never begun: seven places of eight mistakes have five million.
    """
    if not 0 <= wrong <= len(places):
        return
    if not places:
        yield ()
        return
    first, *rest = places
    for choice in (None, *first):
        for row in rows(rest, wrong - (choice is not None)):
            yield (choice, *row)


def same(one: Mistake, other: Mistake) -> bool:
    """Say whether two mistakes lead to the same numbers."""
    if not (one.value and other.value):
        return False
    pairs = zip(one.value(), other.value(), strict=True)
    return all(math.isclose(a, b, rel_tol=ALIKE, abs_tol=1e-6) for a, b in pairs)
