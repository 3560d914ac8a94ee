"""Letters: the alphabet in twelve faces, each picture with its caption as a vector of words.

A caption says which letter it is, and the family, weight and slant of its face: "g, serif, bold,
slanted". All pairs of letter and face exist, so some can be kept back: a model that draws them has
put together what it never saw together. Pictures come from `mmtutor.datasets.glyphs.draw`; the data
card is `data/glyphs.md`.
"""

import string
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64, UInt8
from torch import Tensor

from mmtutor.datasets.glyphs import FACES, SIDE, TYPEFACES, Face, draw, share_of

SMALL, BOTH_CASES = string.ascii_lowercase, string.ascii_letters
STYLES = {"family": ("sans", "mono", "serif"), "weight": ("regular", "bold")}
STYLES |= {"slant": ("upright", "slanted")}
"""What a caption says about the face; STIX has a family that no caption has."""


@dataclass(frozen=True, eq=False)
class Letters:
    """Pictures of letters and what they show.

    Args:
        images: 0 is paper, 255 is ink.
        letters: the place in `alphabet`.
        faces: the place in `mmtutor.datasets.glyphs.FACES`.
        alphabet: every letter that may occur.
    """

    images: UInt8[Tensor, "letter side side"]
    letters: Int64[Tensor, " letter"]
    faces: Int64[Tensor, " letter"]
    alphabet: str

    def __len__(self) -> int:
        return len(self.letters)

    def select(self, which: Int64[Tensor, " chosen"] | Bool[Tensor, " letter"]) -> "Letters":
        """Return the letters at these positions, or where a mask is True."""
        return Letters(self.images[which], self.letters[which], self.faces[which], self.alphabet)

    @property
    def pixels(self) -> Float[Tensor, "letter pixel"]:
        """The pictures as rows of numbers from 0 (paper) to 1 (ink)."""
        return self.images.flatten(1) / 255

    @property
    def words(self) -> Float[Tensor, "letter word"]:
        """The captions: 1 for every word that is said, 0 for the others."""
        letters = F.one_hot(self.letters, len(self.alphabet)).float()
        return torch.cat([letters, style_words(self.faces)], dim=1)

    @property
    def captions(self) -> list[str]:
        """The captions as text: "g, serif, bold, slanted"."""
        pairs = zip(self.letters.tolist(), self.faces.tolist(), strict=True)
        return [caption(self.alphabet[letter], FACES[face]) for letter, face in pairs]

    def find(self, captions: Sequence[str]) -> "Letters":
        """Return the letters with these captions, in this order; ValueError for one not here."""
        places = {text: place for place, text in enumerate(self.captions)}
        if missing := [text for text in captions if text not in places]:
            raise ValueError(f"no letter here has the caption “{missing[0]}”")
        return self.select(torch.tensor([places[text] for text in captions]))


def style_words(faces: Int64[Tensor, " letter"]) -> Float[Tensor, "letter style"]:
    """Return what captions say about faces: 1 for every word that is said, 0 for the others."""
    cuts = [FACES[face] for face in faces.tolist()]
    said = []
    for name, names in STYLES.items():
        places = torch.tensor([names.index(getattr(cut, name)) for cut in cuts])
        said.append(F.one_hot(places, len(names)))
    return torch.cat(said, dim=1).float()


def caption(letter: str, face: Face) -> str:
    """Return what is said about a letter in a face."""
    return ", ".join((letter, *face[1:]))


def load_letters(alphabet: str = BOTH_CASES, side: int = SIDE, typeface: str = "dejavu") -> Letters:
    """Draw the alphabet in every face of a typeface, sorted by letter, then by face.

    "stix" has four faces that no model learns from; its captions have no words.
    """
    pairs = [(place, face) for place in range(len(alphabet)) for face in TYPEFACES[typeface]]
    images = [draw(alphabet[place], FACES[face].name, side) for place, face in pairs]
    letters, faces = torch.tensor(pairs).T
    return Letters(torch.stack(images), letters.contiguous(), faces.contiguous(), alphabet)


def parts(alphabet: str) -> dict[str, slice]:
    """Return where in a caption's vector the letter stands, and each word about the face."""
    found, start = {}, 0
    for name, size in {"letter": len(alphabet), **{n: len(s) for n, s in STYLES.items()}}.items():
        found[name], start = slice(start, start + size), start + size
    return found


def loudest(
    words: Float[Tensor, "letter word"], part: str, alphabet: str = BOTH_CASES
) -> Int64[Tensor, " letter"]:
    """Return which word of a part ("letter", "family", "weight", "slant") each vector says most.

    A letter is its place in `alphabet`, a word about the face its place in `STYLES[part]`.
    """
    return words[:, parts(alphabet)[part]].argmax(dim=1)


def read(words: Float[Tensor, "letter word"], alphabet: str = BOTH_CASES) -> list[str]:
    """Return the captions that vectors say, also blurred ones: of each part the loudest word."""
    names: dict[str, Sequence[str]] = {"letter": alphabet, **STYLES}
    rows = zip(*(loudest(words, part, alphabet).tolist() for part in names), strict=True)
    return [", ".join(names[n][i] for n, i in zip(names, row, strict=True)) for row in rows]


def split_by_pair(
    letters: Letters, held_out: float = 0.2, seed: int = 0
) -> tuple[Int64[Tensor, " train"], Int64[Tensor, " test"]]:
    """Return positions to train on and to test on: no pair of letter and face is in both.

    A hash of letter, face and seed decides. Letters and faces themselves are in both.
    """
    texts = [f"{seed} {text}" for text in letters.captions]
    is_test = torch.tensor([share_of(text) < held_out for text in texts])
    return (~is_test).nonzero().squeeze(1), is_test.nonzero().squeeze(1)
