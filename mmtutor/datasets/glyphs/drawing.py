"""Draw one character: every one at one size and on one baseline, so that sizes tell.

Every character is drawn at one font size, 11/16 of the picture, on one baseline, 3/4 of the way
down, with its ink centred from left to right: small letters stay small, descenders descend. The
0.2 % that would leave the picture are drawn smaller until they fit, then moved inside.
"""

from typing import TYPE_CHECKING

import torch
from jaxtyping import UInt8
from torch import Tensor

from mmtutor.datasets.glyphs.faces import code_points, face_number, font_at

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

FONT_SIZE = 11 / 16
"""Font size as a share of the picture's side."""
BASELINE = 3 / 4
"""Height of the baseline from the top, as a share of the picture's side."""
SIDE = 32
"""The side of a picture in pixels."""


def draw(character: str, face: str = "DejaVuSans", size: int = SIDE) -> UInt8[Tensor, "size size"]:
    """One character as a square picture of `size` pixels: 0 is paper, 255 is ink.

    Raises ValueError for more or less than one character, an unknown face, a character that the
    face lacks, or a size below 8 pixels.
    """
    if len(character) != 1:
        raise ValueError(f"draw takes one character, not {len(character)}: {character!r}")
    face_number(face)
    if ord(character) not in code_points(face):
        raise ValueError(f"{face} has no drawing of {character!r} (U+{ord(character):04X})")
    if size < 8:
        raise ValueError(f"a picture needs at least 8 pixels a side, not {size}")
    return torch.frombuffer(bytearray(pixels(character, face, size)), dtype=torch.uint8).view(
        size, size
    )


def pixels(character: str, face: str, size: int) -> bytes:
    """The picture, row by row, one byte a pixel."""
    from PIL import Image, ImageDraw

    font = fitting_font(character, face, size)
    left, top, right, bottom = font.getbbox(character, anchor="ls")  # from the baseline's left end
    x = (size - (right - left)) // 2 - left
    y = max(-top, min(round(BASELINE * size), size - bottom))
    picture = Image.new("L", (size, size), color=0)
    ImageDraw.Draw(picture).text((x, y), character, fill=255, font=font, anchor="ls")
    return picture.tobytes()


def fitting_font(character: str, face: str, size: int) -> "FreeTypeFont":
    """The face at the course's font size, or at the largest smaller one that fits the picture."""
    for font_size in range(round(FONT_SIZE * size), 0, -1):
        font = font_at(face, font_size)
        left, top, right, bottom = font.getbbox(character, anchor="ls")
        if right - left <= size and bottom - top <= size:
            break
    return font
