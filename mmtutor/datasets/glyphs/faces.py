"""Faces: the typefaces that matplotlib ships, cut by cut, what each looks like, and its file."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont


class Face(NamedTuple):
    """One cut of a typeface: the name of its file in matplotlib, and what it looks like."""

    name: str
    family: str
    weight: str
    slant: str


FACES = (
    Face("DejaVuSans", "sans", "regular", "upright"),
    Face("DejaVuSans-Bold", "sans", "bold", "upright"),
    Face("DejaVuSans-Oblique", "sans", "regular", "slanted"),
    Face("DejaVuSans-BoldOblique", "sans", "bold", "slanted"),
    Face("DejaVuSansMono", "mono", "regular", "upright"),
    Face("DejaVuSansMono-Bold", "mono", "bold", "upright"),
    Face("DejaVuSansMono-Oblique", "mono", "regular", "slanted"),
    Face("DejaVuSansMono-BoldOblique", "mono", "bold", "slanted"),
    Face("DejaVuSerif", "serif", "regular", "upright"),
    Face("DejaVuSerif-Bold", "serif", "bold", "upright"),
    Face("DejaVuSerif-Italic", "serif", "regular", "slanted"),
    Face("DejaVuSerif-BoldItalic", "serif", "bold", "slanted"),
    Face("STIXGeneral", "stix", "regular", "upright"),
    Face("STIXGeneralBol", "stix", "bold", "upright"),
    Face("STIXGeneralItalic", "stix", "regular", "slanted"),
    Face("STIXGeneralBolIta", "stix", "bold", "slanted"),
)
"""Every face of the course. A face's number is its place in this list, for both typefaces."""

TYPEFACES = {"dejavu": range(12), "stix": range(12, 16)}
"""The numbers of the faces that each typeface has."""


def face_number(name: str) -> int:
    """A face's place in `FACES`. Raises ValueError, with the names there are, for any other."""
    names = [face.name for face in FACES]
    if name not in names:
        raise ValueError(f"no face is called {name!r}; there are {', '.join(names)}")
    return names.index(name)


def font_file(face: str) -> Path:
    """The face's file. Raises FileNotFoundError where this matplotlib does not ship it."""
    import matplotlib

    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{face}.ttf"
    if not path.is_file():
        raise FileNotFoundError(
            f"matplotlib does not have its typeface {path.name}: reinstall it with pip or conda"
        )
    return path


@cache
def code_points(face: str) -> frozenset[int]:
    """The code points for which the face has a drawing."""
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(str(font_file(face))).get_charmap())


@cache
def font_at(face: str, size: int) -> "FreeTypeFont":
    """The face at a font size in pixels, in the layout that every Pillow has."""
    from PIL import ImageFont

    return ImageFont.truetype(str(font_file(face)), size, layout_engine=ImageFont.Layout.BASIC)
