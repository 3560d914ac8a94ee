"""Scenes made by hand: things anywhere, drawn as in all scenes, and what is true of them."""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

import torch
from jaxtyping import UInt8
from torch import Tensor

from mmtutor.datasets.asking.questions import Question, questions_of
from mmtutor.datasets.scenes import (
    COLOURS,
    KINDS,
    NOTHING,
    ROWS,
    SIDE,
    Scenes,
    held_out_colour,
)
from mmtutor.datasets.scenes.drawing import paint_some
from mmtutor.datasets.scenes.stamps import extents_of_stamps, stamps_of_kinds
from mmtutor.datasets.telling import Facts, Group
from mmtutor.datasets.telling.facts import Box


class Thing(NamedTuple):
    """One thing of a scene. `left` and `top` are in pixels, `size` is from 0 (small) to 6."""

    kind: str
    colour: str
    left: int
    top: int
    size: int = 3

    @property
    def box(self) -> Box:
        """Left, top, right, bottom of its ink."""
        high, wide = extents_of_stamps()[tuple(KINDS).index(self.kind), self.size].tolist()
        return self.left, self.top, self.left + wide, self.top + high

    @property
    def row(self) -> str:
        """The third of the canvas, down, that its middle is in."""
        _, top, _, bottom = self.box
        return ROWS[int((top + bottom) / 2 / (SIDE / 3))]


def things_of(scenes: Scenes, scene: int) -> tuple[Thing, ...]:
    """Return what stands in a scene, thing by thing."""
    parts = (part[scene].tolist() for part in (scenes.kinds, scenes.colours, scenes.boxes))
    return tuple(
        Thing(tuple(KINDS)[kind], tuple(COLOURS)[colour], box[0], box[1], size_of(kind, box))
        for kind, colour, box in zip(*parts, strict=True)
        if kind != NOTHING
    )


def size_of(kind: int, box: Sequence[int]) -> int:
    """Return the size of a thing from its box."""
    left, top, right, bottom = box
    return extents_of_stamps()[kind].tolist().index([bottom - top, right - left])


def draw_things(things: Sequence[Thing]) -> UInt8[Tensor, "3 64 64"]:
    """Draw a scene. Its paper is always the same, so that nothing but the things can change.

    Raises ValueError for a thing that does not lie on the canvas.
    """
    for thing in things:
        left, top, right, bottom = thing.box
        if min(left, top) < 0 or max(right, bottom) > SIDE:
            raise ValueError(f"the {thing.kind} does not lie on the canvas")
    kinds = torch.tensor([tuple(KINDS).index(thing.kind) for thing in things], dtype=torch.long)
    sizes = torch.tensor([thing.size for thing in things], dtype=torch.long)
    boxes = torch.tensor([thing.box for thing in things], dtype=torch.long).view(1, -1, 4)
    ink = torch.tensor([COLOURS[thing.colour] for thing in things]).view(1, -1, 3)
    stamps = stamps_of_kinds()[kinds, sizes].flatten(1).unsqueeze(0)
    pictures, _ = paint_some(boxes, stamps, 1 - ink, torch.Generator().manual_seed(0))
    return pictures[0]


def facts_of_things(things: Sequence[Thing]) -> Facts | None:
    """Return what is true of a scene made by hand, group by group, from the top left.

    None where a kind makes no group: three of it, or two in different colours or rows.
    """
    kinds: dict[str, list[Thing]] = {}
    for thing in things:
        kinds.setdefault(thing.kind, []).append(thing)
    if any(len(some) > 2 or len({(t.colour, t.row) for t in some}) > 1 for some in kinds.values()):
        return None
    groups = [
        Group(len(some), some[0].colour, kind, some[0].row, tuple(thing.box for thing in some))
        for kind, some in kinds.items()
    ]
    return tuple(sorted(groups, key=lambda group: (ROWS.index(group.place), group.span(0)[0])))


def questions_about(things: Sequence[Thing], kinds: int = 6) -> list[Question]:
    """Return every question about a scene made by hand that has a clear answer."""
    facts = facts_of_things(things)
    return [] if facts is None else questions_of(facts, tuple(KINDS)[:kinds])


Cells = tuple[tuple[int, int], ...]
"""Rows and columns of a canvas of 3 × 3."""
CASES: dict[str, Cells] = {
    "one": ((0, 0),),
    "two in a row": ((0, 0), (0, 2)),
    "two in two rows": ((0, 0), (1, 2)),
    "one under the other": ((0, 0), (1, 0)),
    "corner to corner": ((0, 0), (1, 1)),
    "three in a row": ((0, 0), (0, 1), (0, 2)),
}
"""Where things of one kind stand; told scenes hold none, one, or two in a row."""


def scene_with(cells: Cells, random: Random) -> tuple[Thing, ...]:
    """Return things of one kind and colour in some cells, and one of another kind below them.

    Each pair of kind and colour is one that scenes to learn from have.
    """
    kind, other = random.sample(tuple(KINDS)[:6], 2)
    ways = {name: random.choice(allowed_colours(name)) for name in (kind, other)}
    places = [(kind, *cell) for cell in cells] + [(other, 2, random.randrange(3))]
    return tuple(
        Thing(name, ways[name], 21 * column + random.randrange(5), 21 * row + random.randrange(5))
        for name, row, column in places
    )


def allowed_colours(kind: str) -> list[str]:
    """Return the colours that a kind has in the scenes to learn from."""
    never = held_out_colour(torch.tensor(tuple(KINDS).index(kind))).item()
    return [name for number, name in enumerate(COLOURS) if number != never]
