"""Stamps: every kind drawn once at every size, to be put into scenes."""

from functools import cache
from itertools import count as counting

import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from mmtutor.datasets.glyphs import draw
from mmtutor.datasets.scenes.kinds import KINDS

SMALLEST, LARGEST = 11, 17
"""The longer side of an object's ink, in pixels."""
FAINT = 60
"""Ink up to this much of 255 does not count as part of an object."""


@cache
def stamps_of_kinds() -> Float[Tensor, "kind size high wide"]:
    """Every kind at every size: ink from 0 to 1, in the top left corner of a square."""
    stamps = torch.zeros(len(KINDS), LARGEST - SMALLEST + 1, LARGEST, LARGEST)
    for kind, character in enumerate(KINDS.values()):
        for size in range(LARGEST - SMALLEST + 1):
            cut = cut_out(character, SMALLEST + size)
            stamps[kind, size, : cut.shape[0], : cut.shape[1]] = cut / 255
    return stamps


@cache
def extents_of_stamps() -> Int64[Tensor, "kind size 2"]:
    """Height and width of every stamp's ink in pixels."""
    inked = stamps_of_kinds() > 0
    return torch.stack([inked.any(dim=3).sum(dim=2), inked.any(dim=2).sum(dim=2)], dim=-1)


def cut_out(character: str, longer: int) -> UInt8[Tensor, "height width"]:
    """Draw a character at the largest size at which no side of its ink exceeds `longer` pixels."""
    best = torch.zeros(0, 0, dtype=torch.uint8)
    for size in counting(longer):
        drawn = draw(character, size=size)
        rows, columns = (drawn > FAINT).any(dim=1).nonzero(), (drawn > FAINT).any(dim=0).nonzero()
        cut = drawn[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        if max(cut.shape) > longer:
            return best
        best = cut
