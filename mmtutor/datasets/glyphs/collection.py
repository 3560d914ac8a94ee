"""The glyphs: pictures with captions and labels."""

from dataclasses import dataclass, replace
from functools import cached_property

from jaxtyping import Bool, Int32, Int64, UInt8
from torch import Tensor

from mmtutor.datasets.glyphs.characters import caption
from mmtutor.datasets.glyphs.faces import Face
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
