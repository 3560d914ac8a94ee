"""Where the objects stand: none over another, and every question's answer clear."""

from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from mmtutor.datasets.scenes.boxes import SIDE, box_at, middles, overlap
from mmtutor.datasets.scenes.plan import Plan
from mmtutor.datasets.scenes.words import SIDES

MARGIN = 3.0
"""Pixels by which an answer about places is clear: nothing lies on the line between two answers."""
TRIES = 12
"""How many places are tried for one object before the whole scene is arranged anew."""


@runtime_checkable
class Place(Protocol):
    """A way to place objects: some scenes' first corners and extents in, boxes out."""

    def __call__(
        self,
        first: Int64[Tensor, "scene 2"],
        extents: Int64[Tensor, "scene slot 2"],
        present: Bool[Tensor, "scene slot"],
        generator: torch.Generator,
    ) -> Int64[Tensor, "scene slot 4"]: ...


def arrange(plan: Plan, place: Place, generator: torch.Generator) -> Int64[Tensor, "scene slot 4"]:
    """A box for every object: none over another, and the question's answer clear.

    The first object is placed once, evenly over the three rows. Only the others are placed again
    until all is well, so that nothing about them bends where the first one stands.
    """
    first = first_corner(plan.extents[:, 0], generator)
    boxes = torch.zeros(*plan.extents.shape[:2], 4, dtype=torch.long)
    todo = torch.arange(len(first))
    while len(todo):
        tried = place(first[todo], plan.extents[todo], plan.present[todo], generator)
        boxes[todo] = tried
        good = apart(tried, plan.present[todo]) & clear(plan, boxes)[todo]
        todo = todo[~good]
    return boxes


def first_corner(
    extents: Int64[Tensor, "scene 2"], generator: torch.Generator
) -> Int64[Tensor, "scene 2"]:
    """Top and left of the first object: each third of the height and of the width is as likely."""
    third = torch.randint(3, extents.shape, generator=generator) * SIDE / 3
    low = (third + MARGIN - extents / 2).clamp(min=0).ceil()
    high = torch.minimum(third + SIDE / 3 - MARGIN - extents / 2, SIDE - extents).floor()
    return (low + torch.rand(extents.shape, generator=generator) * (high - low + 1)).long()


def place_anywhere(
    first: Int64[Tensor, "scene 2"],
    extents: Int64[Tensor, "scene slot 2"],
    present: Bool[Tensor, "scene slot"],
    generator: torch.Generator,
) -> Int64[Tensor, "scene slot 4"]:
    """One object after the other, each at the first of a few random places that is free."""
    boxes = torch.zeros(*extents.shape[:2], 4, dtype=torch.long)
    boxes[:, 0] = box_at(first, extents[:, 0])
    for slot in range(1, extents.shape[1]):
        room = SIDE + 1 - extents[:, slot].unsqueeze(1)  # (scene, 1, 2)
        corners = (torch.rand(len(boxes), TRIES, 2, generator=generator) * room).long()
        tried = box_at(corners, extents[:, slot].unsqueeze(1).expand_as(corners))
        taken = overlap(tried.unsqueeze(2), boxes[:, None, :slot]) & present[:, None, :slot]
        free = ~taken.any(dim=2)  # (scene, try)
        boxes[:, slot] = tried[torch.arange(len(tried)), free.float().argmax(dim=1)]
    return boxes


def place_in_cells(
    first: Int64[Tensor, "scene 2"],
    extents: Int64[Tensor, "scene slot 2"],
    present: Bool[Tensor, "scene slot"],
    generator: torch.Generator,
) -> Int64[Tensor, "scene slot 4"]:
    """Each object's middle in a cell of its own, 3 × 3; the first keeps its place."""
    down, across = ((first + extents[:, 0] / 2) / (SIDE / 3)).long().unbind(1)
    order = torch.rand(len(first), 9, generator=generator)
    order.scatter_(1, (3 * down + across).unsqueeze(1), -1.0)  # its own cell comes first
    cells = order.argsort(dim=1)[:, : extents.shape[1]]
    room = SIDE // 3 + 1 - extents
    corner = torch.stack([cells // 3, cells % 3], dim=-1) * SIDE // 3  # (scene, slot, 2)
    corner += (torch.rand(room.shape, generator=generator) * room).long()
    corner[:, 0] = first
    return box_at(corner, extents)


def apart(
    boxes: Int64[Tensor, "scene slot 4"], present: Bool[Tensor, "scene slot"]
) -> Bool[Tensor, " scene"]:
    """Say in which scenes no object lies over another."""
    pairs = (present.unsqueeze(1) & present.unsqueeze(2)).triu(1)
    return ~(overlap(boxes.unsqueeze(1), boxes.unsqueeze(2)) & pairs).flatten(1).any(dim=1)


def clear(plan: Plan, boxes: Int64[Tensor, "scene slot 4"]) -> Bool[Tensor, " scene"]:
    """Say in which scenes the question has an answer that nobody would argue about."""
    if boxes.shape[1] == 1:
        return torch.ones(len(boxes), dtype=torch.bool)
    down = middles(boxes)[..., 1]
    nearest = outwards(plan, boxes).topk(2, dim=1).values
    level = plan.asks("above") & ((down[:, 0] - down[:, 1]).abs() < MARGIN)
    return ~level & ~(plan.asks("side") & (nearest[:, 0] - nearest[:, 1] < MARGIN))


def outwards(plan: Plan, boxes: Int64[Tensor, "scene slot 4"]) -> Float[Tensor, "scene slot"]:
    """How far each object lies towards the side that is asked for."""
    signs = torch.where(plan.side == SIDES.index("left"), -1.0, 1.0)
    return (middles(boxes)[..., 0] * signs.unsqueeze(1)).masked_fill(~plan.present, -torch.inf)
