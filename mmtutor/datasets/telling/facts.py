"""What is true of a scene: its groups, where they stand, and how they stand to each other."""

from typing import NamedTuple

from mmtutor.datasets.scenes import COLOURS, KINDS, MARGIN, NOTHING, ROWS, Scenes
from mmtutor.datasets.scenes.boxes import middles, rows_of
from mmtutor.datasets.telling.groups import GROUPS

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels."""


class Group(NamedTuple):
    """One object or two alike: "two", "red", "star"; `place` is the row that they stand in."""

    number: int
    colour: str
    kind: str
    place: str
    boxes: tuple[Box, ...]

    def span(self, axis: int) -> tuple[float, float]:
        """Return the least and the greatest middle of its members, across (0) or down (1)."""
        found = [(box[axis] + box[axis + 2]) / 2 for box in self.boxes]
        return min(found), max(found)


Facts = tuple[Group, ...]
"""All that is true of a scene: its groups in reading order, from the top left."""


def related(one: Group, other: Group) -> tuple[str, ...]:
    """Return which of RELATIONS hold between two groups: for all members, by a clear margin."""
    found = []
    for axis, (before, after) in enumerate((("left of", "right of"), ("above", "below"))):
        (low, high), (other_low, other_high) = one.span(axis), other.span(axis)
        found += [before] if high + MARGIN <= other_low else []
        found += [after] if other_high + MARGIN <= low else []
    return tuple(found)


def facts_of(scenes: Scenes) -> list[Facts]:
    """Return what is true of each scene whose slots i and i + 3 are twins."""
    rows, across = rows_of(scenes.boxes).tolist(), middles(scenes.boxes)[..., 0].tolist()
    columns = zip(
        scenes.kinds.tolist(),
        scenes.colours.tolist(),
        scenes.boxes.tolist(),
        rows,
        across,
        strict=True,
    )
    return [facts_of_one(*scene) for scene in columns]


def facts_of_one(
    kinds: list[int],
    colours: list[int],
    boxes: list[list[int]],
    rows: list[int],
    across: list[float],
) -> Facts:
    """Return what is true of one scene, from the kind, colour, box and row of every slot."""
    groups = []
    for slot in range(GROUPS):
        members = [s for s in (slot, slot + GROUPS) if kinds[s] != NOTHING]
        if members:
            name = (tuple(COLOURS)[colours[slot]], tuple(KINDS)[kinds[slot]], ROWS[rows[slot]])
            where = tuple(tuple(boxes[s]) for s in members)
            order = (rows[slot], min(across[s] for s in members))
            groups.append((order, Group(len(members), *name, where)))
    return tuple(group for _, group in sorted(groups))
