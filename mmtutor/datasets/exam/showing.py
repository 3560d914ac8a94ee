"""Make what an item shows, from the few plain values that it keeps."""

from collections.abc import Sequence
from functools import cache

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from mmtutor.datasets.asking.by_hand import Thing, draw_things
from mmtutor.datasets.glyphs import draw
from mmtutor.datasets.lamps import Lamps, make_lamps
from mmtutor.datasets.scenes import COLOURS, NOISE, SIDE
from mmtutor.datasets.spoken import Spoken, load_spoken

LETTER = 20
"""The side of a letter's square in pixels: three fit side by side."""


def scene(things: Sequence[Sequence[str | int]]) -> UInt8[Tensor, "3 64 64"]:
    """Draw things: kind, colour, left, top and size of each."""
    return draw_things([Thing(*thing) for thing in things])


def word(
    text: str, colour: str, left: int, top: int, face: str = "DejaVuSans", seed: int = 0
) -> UInt8[Tensor, "3 64 64"]:
    """Write up to three letters on noisy paper; a seed draws the noise.

    Raises ValueError where the word does not lie on the canvas.
    """
    right, bottom = left + LETTER * len(text), top + LETTER
    if min(left, top) < 0 or max(right, bottom) > SIDE:
        raise ValueError(f"{text!r} does not lie on the canvas")
    ink = torch.zeros(SIDE, SIDE)
    ink[top:bottom, left:right] = torch.cat([draw(x, face, LETTER) / 255 for x in text], dim=1)
    taken = (1 - torch.tensor(COLOURS[colour])).view(3, 1, 1)
    noise = torch.randn(3, SIDE, SIDE, generator=torch.Generator().manual_seed(seed))
    return ((1 + NOISE * noise - ink * taken).clamp(0, 1) * 255).round().to(torch.uint8)


def film(seed: int, count: int, number: int) -> UInt8[Tensor, "8 3 16 16"]:
    """Return one of `count` films of lamps that are made together."""
    return films(seed, count).frames[number]


@cache
def films(seed: int, count: int) -> Lamps:
    """Return films of lamps, made once."""
    return make_lamps(count, seed)


def sound(number: int) -> Float[Tensor, " sample"]:
    """Return one of the words that the small synthesiser sings."""
    return sung().waves(torch.tensor([number]))[0]


@cache
def sung() -> Spoken:
    """Return all words that are sung: on every machine the same."""
    return load_spoken("vowels")
