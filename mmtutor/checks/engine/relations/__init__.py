"""Say the simplest relation between what came out and what should have, if there is one.

A relation is exact: it holds on every case and on more numbers than chance explains. `part` is
weaker: it says where the answer is right and where it departs.
"""

from collections.abc import Callable, Sequence
from typing import Any

from mmtutor.checks.engine import outcome
from mmtutor.checks.engine.exercise import Case
from mmtutor.checks.engine.relations import arranged, functions, partly, scale, shapes, traits
from mmtutor.checks.engine.relations.evidence import Pair, columns, right

Finder = Callable[[Sequence[Pair]], str | None]
PLACES = (arranged.rearranged, shapes.spread_out, shapes.cut, shapes.reduced)
"""Relations of the places in which the right numbers stand."""
VALUES = (
    functions.step_too_many,
    functions.step_missing,
    functions.rounded,
    scale.affine,
    scale.scaled_by_case,
    scale.scaled_row_by_row,
    scale.shifted_row_by_row,
)
"""Relations of the numbers themselves, which must show in more than one case."""
PLAIN = (scale.scaled, scale.shifted)
"""What may come on top of a known mistake."""
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


def relation(cases: Sequence[Case], outputs: Sequence[Any], expected: Sequence[Any]) -> str | None:
    """Return a sentence on the simplest exact relation that holds in all cases, None without."""
    found = columns(cases, outputs, expected)
    if arranged.exchanged(found):
        return "The two things come back in the other order. Which does the exercise ask for first?"
    return about_one(found, between)


def plain_relation(
    cases: Sequence[Case], outputs: Sequence[Any], mistaken: Sequence[Any], expected: Sequence[Any]
) -> str | None:
    """Return the simplest relation with what a known mistake gives, None without.

    A mistake is not made where a thing that it would spoil is right.
    """
    found = columns(cases, outputs, mistaken)
    fine = map(right, columns(cases, outputs, expected))
    if any(a and not right(b) for a, b in zip(fine, found, strict=False)):
        return None
    return about_one(found, lambda pairs: first(PLAIN, pairs))


def part(cases: Sequence[Case], outputs: Sequence[Any], expected: Sequence[Any]) -> str | None:
    """Return a sentence on where the answer is right and where it departs, None if nowhere."""
    if said := right_on_some(cases, outputs, expected):
        return said
    found = columns(cases, outputs, expected)
    return about_one(found, within) or right_members(found)


def right_on_some(
    cases: Sequence[Case],
    outputs: Sequence[Any],
    expected: Sequence[Any],
    stops: Sequence[bool] = (),
) -> str | None:
    """Say on how many inputs the answer is right, if on some, and what the others have.

    `stops` says on which it stops. If on all others, then to be right on few is no chance.
    """
    fine = [outcome.same(o, e) for o, e in zip(outputs, expected, strict=True)]
    no_chance = sum(fine) > 1 and sum(fine) + sum(stops) == len(fine)
    return traits.set_apart(cases, fine, no_chance)


def between(pairs: Sequence[Pair]) -> str | None:
    """Return the first exact relation that holds between what came out and what should have."""
    pairs = filled(pairs)
    if any(not pair.found.numel() or not pair.wanted.numel() for pair in pairs):
        return None  # something for nothing, or nothing for something
    once = sum(not right([pair]) for pair in pairs) < min(2, len(pairs))
    return first((*PLAIN, *PLACES), pairs) or (None if once else first(VALUES, pairs))


def within(pairs: Sequence[Pair]) -> str | None:
    """Return where within its outputs an answer departs, or how."""
    finders = (partly.stuck, partly.right_in_part, partly.nearly, arranged.shuffled)
    return first(finders, filled(pairs))


def filled(pairs: Sequence[Pair]) -> list[Pair]:
    """Leave out what is empty and should be: no number stands there to compare."""
    return [pair for pair in pairs if pair.found.numel() or pair.wanted.numel()]


def first(finders: Sequence[Finder], pairs: Sequence[Pair]) -> str | None:
    """Return what the first of several finders says that has something to say."""
    return next(filter(None, (finder(pairs) for finder in finders)), None)


def about_one(found: Sequence[Sequence[Pair]], say: Finder) -> str | None:
    """Say something about the first wrong thing, of several that are returned, that has it."""
    wrong = [number for number, column in enumerate(found) if not right(column)]
    said = {number: sentence for number in wrong if (sentence := say(found[number]))}
    if not said:
        return None
    number, sentence = next(iter(said.items()))
    if len(found) == 1:
        return sentence
    if len(said) == len(found) and len(set(said.values())) == 1:
        many = "both" if len(found) == 2 else f"all {len(found)}"
        return f"About {many} things that you return: {sentence}"
    return f"{which(number, wrong, len(found))} {sentence}"


def right_members(found: Sequence[Sequence[Pair]]) -> str | None:
    """Say which of several things that are returned is right in all cases."""
    wrong = [number for number, column in enumerate(found) if not right(column)]
    return which(wrong[0], wrong, len(found)) if len(wrong) == 1 < len(found) else None


def which(number: int, wrong: Sequence[int], total: int) -> str:
    """Say which of several things is spoken of, and whether the others are right."""
    ordinal = ORDINALS[number] if number < len(ORDINALS) else f"{number + 1}th"
    if len(wrong) == 1:
        others = "the other is" if total == 2 else "the others are"
        return f"Of the {total} things that you return the {ordinal} is wrong, {others} right."
    return f"About the {ordinal} of the {total} things that you return:"
