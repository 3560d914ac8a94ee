"""The glyphs: pictures with captions and labels, drawn once and kept."""

import hashlib
import unicodedata
import warnings
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from jaxtyping import Bool, Int32, Int64, UInt8
from torch import Tensor

from mmtutor.datasets.cache import cached
from mmtutor.datasets.glyphs.characters import ORDER, caption, order_hash, pairs_of
from mmtutor.datasets.glyphs.drawing import SIDE, pixels
from mmtutor.datasets.glyphs.faces import FACES, TYPEFACES, Face, font_file
from mmtutor.datasets.glyphs.labels import Label, face_label, name_label
from mmtutor.datasets.glyphs.parts import Parts


@dataclass(frozen=True, eq=False)
class Glyphs:
    """Pictures with captions and labels.

    Args:
        images: 0 is paper, 255 is ink.
        codepoints: the character on each picture.
        faces: the place in `FACES` of the face that drew it.
        characters: all code points of the course, sorted, whether or not they are in this
            selection. Vocabularies are made from them, so that a number means the same everywhere.
    """

    images: UInt8[Tensor, "glyph 32 32"]
    codepoints: Int32[Tensor, " glyph"]
    faces: Int64[Tensor, " glyph"]
    characters: Int32[Tensor, " character"]

    def __len__(self) -> int:
        return len(self.codepoints)

    def character(self, position: int) -> str:
        """The character itself, such as "é"."""
        return chr(self.codepoints[position])

    def caption(self, position: int) -> str:
        """Its Unicode name in small letters, such as "latin small letter e with acute"."""
        return caption(self.character(position))

    @cached_property
    def captions(self) -> tuple[str, ...]:
        """Every glyph's caption, in order."""
        names = {code: caption(chr(code)) for code in self.codepoints.unique().tolist()}
        return tuple(names[code] for code in self.codepoints.tolist())

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Every word in any caption of the course, sorted."""
        codes = self.characters.tolist()
        return tuple(sorted({word for code in codes for word in caption(chr(code)).split()}))

    def select(self, which: Int64[Tensor, " chosen"] | Bool[Tensor, " glyph"]) -> "Glyphs":
        """The glyphs at these positions, or where a mask is True; labels keep their numbers."""
        images, codepoints, faces = (
            tensor[which] for tensor in (self.images, self.codepoints, self.faces)
        )
        return replace(self, images=images, codepoints=codepoints, faces=faces)

    def label(self, name: str) -> Label:
        """One of "script", "case", "base", "marks", "family", "weight", "slant".

        Raises ValueError, with the names there are, for any other.
        """
        if name in Face._fields[1:]:
            return face_label(name, self.faces)
        if name in Parts._fields:
            return name_label(name, self.codepoints, self.characters)
        raise ValueError(
            f"no label is called {name!r}; there are {', '.join(Parts._fields + Face._fields[1:])}"
        )


def load_glyphs(typeface: str = "dejavu") -> Glyphs:
    """All glyphs of a typeface: from the cache, or drawn in a few seconds.

    "dejavu" is the course's set, in 12 faces. "stix" shows those of its characters that STIX also
    has, in 4 faces that no model has been trained on: a test of style.

    Raises ValueError for any other typeface, FileNotFoundError where matplotlib lacks a face. Warns
    where this matplotlib's typefaces are not those that the course was made with.
    """
    if typeface not in TYPEFACES:
        raise ValueError(f"no typeface is called {typeface!r}; there are {', '.join(TYPEFACES)}")
    glyphs = Glyphs(**cached(f"glyphs-{typeface}", fingerprint(), lambda: build(typeface)))
    if order_hash(glyphs.codepoints, glyphs.faces) != ORDER[typeface]:
        warnings.warn(
            f"this matplotlib's {typeface} typefaces are not those that the course was made with, "
            "so a glyph's number and the figures in the text may differ.",
            stacklevel=2,
        )
    return glyphs


def build(typeface: str) -> dict[str, Tensor]:
    """The tensors of a `Glyphs`, drawn."""
    characters = {code for code, _ in pairs_of("dejavu")}
    pairs = [(code, number) for code, number in pairs_of(typeface) if code in characters]
    ink = bytearray().join(pixels(chr(code), FACES[number].name, SIDE) for code, number in pairs)
    return {
        "images": torch.frombuffer(ink, dtype=torch.uint8).view(-1, SIDE, SIDE),
        "codepoints": torch.tensor([code for code, _ in pairs], dtype=torch.int32),
        "faces": torch.tensor([number for _, number in pairs]),
        "characters": torch.tensor(sorted(characters), dtype=torch.int32),
    }


def fingerprint() -> dict[str, str]:
    """Everything that the pictures and their order depend on."""
    import matplotlib
    import PIL
    from PIL import features

    digest = hashlib.sha256()
    for face in FACES:
        digest.update(font_file(face.name).read_bytes())
    return {
        "builder": "1",  # raise it whenever the course draws or orders differently
        "typefaces": digest.hexdigest(),
        "matplotlib": matplotlib.__version__,
        "pillow": PIL.__version__,
        "freetype": str(features.version("freetype2")),
        "unicode": unicodedata.unidata_version,
    }
