"""Draw scenes: coloured ink on slightly noisy paper."""

import torch
from jaxtyping import Float, Int8, Int64, UInt8
from torch import Tensor

from mmtutor.datasets.scenes.boxes import SIDE
from mmtutor.datasets.scenes.kinds import COLOURS, NOTHING
from mmtutor.datasets.scenes.plan import Plan
from mmtutor.datasets.scenes.stamps import FAINT, LARGEST, stamps_of_kinds

NOISE = 0.03
"""The standard deviation of the paper's noise, as a share of the way from black to white."""


def paint(
    plan: Plan, boxes: Int64[Tensor, "scene slot 4"], generator: torch.Generator
) -> tuple[UInt8[Tensor, "scene 3 64 64"], Int8[Tensor, "scene 64 64"]]:
    """Draw every object in its colour on noisy paper; and say whose ink every pixel is."""
    stamps = stamps_of_kinds()[plan.kinds, plan.sizes].flatten(2) * plan.present.unsqueeze(2)
    taken = (1 - torch.tensor(list(COLOURS.values())))[plan.colours]  # what ink takes from white
    # A few scenes at a time stay in the processor's cache: three times as fast.
    parts = [part.split(64) for part in (boxes, stamps, taken)]
    drawn = [paint_some(*part, generator) for part in zip(*parts, strict=True)]
    pictures, owners = zip(*drawn, strict=True)
    return torch.cat(pictures), torch.cat(owners)


def paint_some(
    boxes: Int64[Tensor, "scene slot 4"],
    stamps: Float[Tensor, "scene slot stamp"],
    taken: Float[Tensor, "scene slot 3"],
    generator: torch.Generator,
) -> tuple[UInt8[Tensor, "scene 3 64 64"], Int8[Tensor, "scene 64 64"]]:
    """Draw a few scenes: `stamps` is how much ink, `taken` what a full stroke takes from white."""
    wide = SIDE + LARGEST  # a stamp at the rim may stand over, so that all stamps have one size
    ink = torch.zeros(len(boxes), 3, wide * wide)
    owners = torch.full((len(boxes), wide * wide), NOTHING, dtype=torch.int8)
    offsets = (torch.arange(LARGEST).unsqueeze(1) * wide + torch.arange(LARGEST)).flatten()
    for slot, (box, stamp, colour) in enumerate(
        zip(boxes.unbind(1), stamps.unbind(1), taken.unbind(1), strict=True)
    ):
        places = (box[:, 1] * wide + box[:, 0]).unsqueeze(1) + offsets  # (scene, stamp)
        strokes = stamp.unsqueeze(1) * colour.unsqueeze(2)  # (scene, 3, stamp)
        ink.scatter_add_(2, places.unsqueeze(1).expand_as(strokes), strokes)
        # No pixel has two owners, so that adding to -1 gives the slot's number.
        owners.scatter_add_(1, places, (stamp > FAINT / 255).to(torch.int8) * (slot + 1))
    ink = ink.view(-1, 3, wide, wide)[..., :SIDE, :SIDE]
    noise = torch.randn(ink.shape, generator=generator)
    pictures = noise.mul_(NOISE).add_(1).sub_(ink).clamp_(0, 1).mul_(255).round_()
    return pictures.to(torch.uint8), owners.view(-1, wide, wide)[..., :SIDE, :SIDE].contiguous()


def as_input(pictures: UInt8[Tensor, "scene 3 64 64"]) -> Float[Tensor, "scene 3 64 64"]:
    """Ink from 0 (white paper) to 1: what a network reads."""
    return 1 - pictures / 255
