"""Which characters take part, in which order, and what each is called.

Pictures are sorted by code point, then by face. Which characters take part follows from the
typeface files and from Unicode names, which never change once given; a fingerprint of the list
(`ORDER`) is checked on every load.
"""

import hashlib
import unicodedata

import torch
from jaxtyping import Int
from torch import Tensor

from mmtutor.datasets.glyphs.drawing import SIDE
from mmtutor.datasets.glyphs.faces import FACES, TYPEFACES, code_points, font_at

LEFT_OUT = {"Mn", "Me", "Cf", "Cc", "Zs", "Zl", "Zp"}
"""General categories left out: marks that only combine, controls, spaces."""

NOT_CHARACTERS = {0xFB37, 0xFB3D, 0xFB3F, 0xFB42, 0xFB45}
"""Drawn by DejaVu, unassigned in Unicode: left out, even if a later Unicode should name them."""

ORDER = {
    "dejavu": "7b28aa8ecdf9e3301dcb5aba424e4b65cf96f728bc35424ca2441cfae2e398d7",
    "stix": "a3a2a5f5b2aca39e682ff507e24caaab00395530405cc3d127e1dd71111da842",
}
"""SHA-256 of the list of (code point, face) that the course was made with."""


def has_caption(code_point: int) -> bool:
    """Whether the course shows this character: it has a Unicode name and stands on its own."""
    character = chr(code_point)
    return (
        code_point not in NOT_CHARACTERS
        and unicodedata.category(character) not in LEFT_OUT
        and unicodedata.name(character, "") != ""
    )


def drawn_by(face: str) -> list[int]:
    """The code points that have a caption and leave ink in this face."""

    def leaves_ink(code_point: int) -> bool:
        left, top, right, bottom = font_at(face, SIDE).getbbox(chr(code_point))
        return right > left and bottom > top

    return [code for code in code_points(face) if has_caption(code) and leaves_ink(code)]


def pairs_of(typeface: str) -> list[tuple[int, int]]:
    """Every (code point, face number) of a typeface, in the course's order."""
    numbers = TYPEFACES[typeface]
    return sorted((code, number) for number in numbers for code in drawn_by(FACES[number].name))


def order_hash(codepoints: Int[Tensor, " glyph"], faces: Int[Tensor, " glyph"]) -> str:
    """The fingerprint of a list of (code point, face); equal lists, equal fingerprints."""
    pairs = torch.stack([codepoints, faces], dim=1).to(torch.int32).numpy()
    return hashlib.sha256(pairs.astype("<i4").tobytes()).hexdigest()


def caption(character: str) -> str:
    """The character's Unicode name in small letters. Raises ValueError where it has none."""
    return unicodedata.name(character).lower()
