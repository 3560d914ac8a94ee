"""What can be asked of a scene, and what is true."""

from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import NamedTuple

from mmtutor.datasets.asking.words import ANSWER_NUMBERS, COLUMNS
from mmtutor.datasets.scenes import COLOURS, ROWS, SIDE
from mmtutor.datasets.telling import Facts, Group, related
from mmtutor.datasets.telling.facts import Box
from mmtutor.datasets.telling.words import RELATIONS

TYPES = ("colour", "row", "column", "count", "exists", "relation", "comparison", "two-step")
OPPOSITE = {"left of": "right of", "above": "below"}
OPPOSITE |= {second: first for first, second in OPPOSITE.items()}


class Question(NamedTuple):
    """A question about a scene, its answer, and the boxes of what the answer rests on."""

    type: str
    """One of TYPES."""
    text: str
    answer: str
    boxes: tuple[Box, ...]
    trap: bool = False
    """Whether half a look would be wrong: a star is there and something red, but no red star; or
    there are two stars, but not more than hearts.
    """


def questions_of(facts: Facts, kinds: Sequence[str]) -> list[Question]:
    """Return every question about a scene that has a clear answer; `kinds` is what could be there.

    What has no clear answer (is a star left of what stands under it?) is not asked.
    """
    return [*of_each(facts), *of_absent(facts, kinds), *of_pairs(facts), *two_steps(facts)]


def the(group: Group) -> str:
    """Return "the star" or "the stars"."""
    return f"the {group.kind}" + "s" * (group.number == 2)


def be(group: Group) -> str:
    """Return "is" or "are"."""
    return "is" if group.number == 1 else "are"


def column_of(group: Group) -> str:
    """Return in which third of the canvas, across, a single object has its middle."""
    left, _, right, _ = group.boxes[0]
    return COLUMNS[int((left + right) / 2 / (SIDE / 3))]


def of_each(facts: Facts) -> Iterator[Question]:
    """Yield what can be asked of one group: colour, row, column, number, and whether it exists."""
    for group in facts:
        boxes = group.boxes
        yield Question("colour", f"what colour {be(group)} {the(group)} ?", group.colour, boxes)
        yield Question("row", f"which row {be(group)} {the(group)} in ?", group.place, boxes)
        if group.number == 1:
            text = f"which column is {the(group)} in ?"
            yield Question("column", text, column_of(group), boxes)
        number = ANSWER_NUMBERS[group.number]
        yield Question("count", f"how many {group.kind}s are there ?", number, boxes)
        yield Question("exists", exists(group.colour, group.kind), "yes", boxes)


def exists(colour: str, kind: str) -> str:
    """Return the question whether there is such a thing, in the plural: it may be two."""
    return f"are there {colour} {kind}s ?"


def of_absent(facts: Facts, kinds: Sequence[str]) -> Iterator[Question]:
    """Yield the questions whose answer is that there is none.

    Either the kind is there in another colour, or the colour is there on another kind, or both: who
    looks for one of the two alone, or for both but not together, is wrong.
    """
    colour_of = {group.kind: group.colour for group in facts}
    colours = set(colour_of.values())
    for kind in kinds:
        if kind not in colour_of:
            yield Question("count", f"how many {kind}s are there ?", ANSWER_NUMBERS[0], ())
        for colour in COLOURS:
            there = [kind in colour_of, colour in colours]
            if colour_of.get(kind) != colour and any(there):
                yield Question("exists", exists(colour, kind), "no", (), all(there))


def of_pairs(facts: Facts) -> Iterator[Question]:
    """Yield how two groups compare in number, and how they stand to each other."""
    for one, other in permutations(facts, 2):
        boxes = one.boxes + other.boxes
        more = "yes" if one.number > other.number else "no"
        text = f"are there more {one.kind}s than {other.kind}s ?"
        yield Question("comparison", text, more, boxes, one.number == other.number == 2)
        for relation in RELATIONS:
            text = f"{be(one)} {the(one)} {relation} {the(other)} ?"
            if stands(one, relation, other):
                yield Question("relation", text, "yes", boxes)
            if stands(one, OPPOSITE[relation], other):
                yield Question("relation", text, "no", boxes)


def stands(one: Group, relation: str, other: Group) -> bool:
    """Say whether one group clearly stands so to another: by pixels, and by rows or columns.

    So whoever is told the rows and columns in words can answer what is asked of the picture.
    """
    if relation not in related(one, other):
        return False
    if relation in ("above", "below"):
        return one.place != other.place
    return one.number == other.number == 1 and column_of(one) != column_of(other)


def two_steps(facts: Facts) -> Iterator[Question]:
    """Yield the questions for the colour of a thing that is found by where it stands.

    One of two: where a scene has two groups, whoever names the colour of the other is right.
    """
    for centre in facts if len(facts) > 2 else ():
        others = [group for group in facts if group is not centre]
        for relation in RELATIONS:
            found = [group for group in others if stands(group, relation, centre)]
            clear = all(away(group, relation, centre) for group in others if group not in found)
            if len(found) == 1 and clear:
                text = f"what colour is the thing {relation} {the(centre)} ?"
                yield Question("two-step", text, found[0].colour, found[0].boxes + centre.boxes)


def away(one: Group, relation: str, other: Group) -> bool:
    """Say whether a group clearly does not stand so: it is in the same row or column, or beyond."""
    if relation in ("above", "below"):
        order, first, second = ROWS, one.place, other.place
    elif one.number == other.number == 1:
        order, first, second = COLUMNS, column_of(one), column_of(other)
    else:
        return False
    before, after = order.index(first), order.index(second)
    if relation in ("right of", "below"):
        before, after = after, before
    return before >= after and relation not in related(one, other)
