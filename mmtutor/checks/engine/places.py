"""Wrong answers that are lists of numbers: each number is wrong in a way of its own, or several."""

from collections.abc import Callable
from itertools import product

from mmtutor.checks.engine.exercise import Mistake


def each_alone_or_together(
    right: Callable[[], list[float]], *places: list[Mistake]
) -> tuple[Mistake, ...]:
    """Return a mistake for every way to get one number wrong, or several at a time.

    `places` holds, for each number, what people answer instead; its hints speak of that number.
    """

    def combined(wrong: tuple[Mistake | None, ...]) -> Mistake:
        made = [mistake for mistake in wrong if mistake]

        def value() -> list[float]:
            pairs = zip(right(), wrong, strict=True)
            return [m.value() if m and m.value else number for number, m in pairs]

        names, hints = "+".join(m.name for m in made), " ".join(m.hint for m in made)
        return Mistake(names, hints, value=value)

    rows = sorted(
        product(*([None, *place] for place in places)), key=lambda r: len(places) - r.count(None)
    )
    return tuple(combined(row) for row in rows if any(row))
