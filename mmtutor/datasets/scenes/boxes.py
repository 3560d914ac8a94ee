"""Boxes on the canvas: left, top, right, bottom in pixels, right and bottom exclusive."""

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

SIDE = 64
"""The side of a scene in pixels."""


def box_at(corner: Int64[Tensor, "*n 2"], extent: Int64[Tensor, "*n 2"]) -> Int64[Tensor, "*n 4"]:
    """Left, top, right, bottom from (top, left) and (height, width)."""
    return torch.cat([corner.flip(-1), (corner + extent).flip(-1)], dim=-1)


def overlap(one: Int64[Tensor, "*#n 4"], other: Int64[Tensor, "*#n 4"]) -> Bool[Tensor, "..."]:
    """Say which boxes share a pixel or touch."""
    apart = (one[..., :2] > other[..., 2:]) | (other[..., :2] > one[..., 2:])
    return ~apart.any(dim=-1)


def middles(boxes: Int64[Tensor, "scene slot 4"]) -> Float[Tensor, "scene slot 2"]:
    """The middle of every box: across, down."""
    return (boxes[..., :2] + boxes[..., 2:]) / 2


def rows_of(boxes: Int64[Tensor, "scene slot 4"]) -> Int64[Tensor, "scene slot"]:
    """In which of `ROWS` every box has its middle."""
    return (middles(boxes)[..., 1] / (SIDE / 3)).long()


def patches_in_box(
    boxes: Int64[Tensor, "scene 4"], grid: int
) -> Bool[Tensor, "scene {grid}*{grid}"]:
    """Which patches of a `grid` × `grid` cut lie in a box: those whose middle does."""
    middle = (torch.arange(grid) + 0.5) * SIDE / grid
    left, top, right, bottom = boxes.unsqueeze(-1).unbind(1)  # (scene, 1)
    down = (top <= middle) & (middle < bottom)  # (scene, grid)
    across = (left <= middle) & (middle < right)
    return (down.unsqueeze(2) & across.unsqueeze(1)).flatten(1)
