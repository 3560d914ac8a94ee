"""Split the glyphs: no character, or no face, on both sides."""

import hashlib

import torch
from jaxtyping import Int64
from torch import Tensor

from mmtutor.datasets.glyphs.collection import Glyphs
from mmtutor.datasets.glyphs.faces import face_number


def split_by_character(
    glyphs: Glyphs, held_out: float = 0.1, seed: int = 0
) -> tuple[Int64[Tensor, " train"], Int64[Tensor, " test"]]:
    """Positions to train on and to test on, with no character in both.

    About `held_out` of the characters are tested on, in all faces. A hash of code point and seed
    decides, so that a character held out of "dejavu" is held out of "stix" too, on any machine.
    Raises ValueError where `held_out` is not between 0 and 1.
    """
    if not 0 < held_out < 1:
        raise ValueError(f"held_out is a share between 0 and 1, not {held_out}")
    is_held_out = torch.tensor(
        [share_of(f"{seed} {code}") < held_out for code in glyphs.characters.tolist()]
    )
    is_test = is_held_out[torch.searchsorted(glyphs.characters, glyphs.codepoints)]
    return (~is_test).nonzero().squeeze(1), is_test.nonzero().squeeze(1)


def share_of(text: str) -> float:
    """A number between 0 and 1 that depends on the text and nothing else."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) / 2**64


def split_by_face(
    glyphs: Glyphs, face: str
) -> tuple[Int64[Tensor, " train"], Int64[Tensor, " test"]]:
    """Positions in all other faces to train on, and those in this face to test on.

    Raises ValueError, with the names there are, for an unknown face.
    """
    is_test = glyphs.faces == face_number(face)
    return (~is_test).nonzero().squeeze(1), is_test.nonzero().squeeze(1)
