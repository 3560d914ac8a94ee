"""Glyphs: 45,000 small pictures of 6,500 characters, each with a caption, drawn on your machine.

matplotlib ships the DejaVu and STIX typefaces, Python ships the Unicode names. Together they make
pairs of a picture and a caption ("latin small letter e with acute") with exact labels, parsed from
the name and the face. `data/glyphs.md` is the data card: sources, licences, known problems.

A picture is 32 × 32 pixels of uint8: 0 is paper, 255 is ink.

**Size.** Every character is drawn at one font size, 11/16 of the picture, on one baseline, 3/4 of
the way down, with its ink centred from left to right: small letters stay small, descenders descend.
The 0.2 % that would leave the picture are drawn smaller until they fit, then moved inside.

**Order.** Pictures are sorted by code point, then by face. Which characters take part follows from
the typeface files and from Unicode names, which never change once given; a fingerprint of the
list (`ORDER`) is checked on every load.
"""

import hashlib
import re
import unicodedata
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

import torch
from jaxtyping import Bool, Int, Int32, Int64, UInt8
from torch import Tensor

from mmtutor.datasets.cache import cached

# ── Faces ─────────────────────────────────────────────────────────────────────────────────────────


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

FONT_SIZE = 11 / 16
"""Font size as a share of the picture's side."""
BASELINE = 3 / 4
"""Height of the baseline from the top, as a share of the picture's side."""
SIDE = 32
"""The side of a picture in pixels."""


def face_number(name: str) -> int:
    """A face's place in `FACES`. Raises ValueError, with the names there are, for any other."""
    names = [face.name for face in FACES]
    if name not in names:
        raise ValueError(f"no face is called {name!r}; there are {', '.join(names)}")
    return names.index(name)


def _path(face: str) -> Path:
    """The face's file. Raises FileNotFoundError where this matplotlib does not ship it."""
    import matplotlib

    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{face}.ttf"
    if not path.is_file():
        raise FileNotFoundError(
            f"matplotlib does not have its typeface {path.name}: reinstall it with pip or conda"
        )
    return path


@cache
def _code_points(face: str) -> frozenset[int]:
    """The code points for which the face has a drawing."""
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(str(_path(face))).get_charmap())


@cache
def _font(face: str, size: int):
    from PIL import ImageFont

    return ImageFont.truetype(str(_path(face)), size, layout_engine=ImageFont.Layout.BASIC)


# ── Drawing ───────────────────────────────────────────────────────────────────────────────────────


def draw(character: str, face: str = "DejaVuSans", size: int = SIDE) -> UInt8[Tensor, "size size"]:
    """One character as a square picture of `size` pixels: 0 is paper, 255 is ink.

    Raises ValueError for more or less than one character, an unknown face, a character that the
    face lacks, or a size below 8 pixels.
    """
    if len(character) != 1:
        raise ValueError(f"draw takes one character, not {len(character)}: {character!r}")
    face_number(face)
    if ord(character) not in _code_points(face):
        raise ValueError(f"{face} has no drawing of {character!r} (U+{ord(character):04X})")
    if size < 8:
        raise ValueError(f"a picture needs at least 8 pixels a side, not {size}")
    return torch.frombuffer(bytearray(_ink(character, face, size)), dtype=torch.uint8).view(
        size, size
    )


def _ink(character: str, face: str, size: int) -> bytes:
    """The picture, row by row, one byte a pixel."""
    from PIL import Image, ImageDraw

    font = _fitting_font(character, face, size)
    left, top, right, bottom = font.getbbox(character, anchor="ls")  # from the baseline's left end
    x = (size - (right - left)) // 2 - left
    y = max(-top, min(round(BASELINE * size), size - bottom))
    picture = Image.new("L", (size, size), color=0)
    ImageDraw.Draw(picture).text((x, y), character, fill=255, font=font, anchor="ls")
    return picture.tobytes()


def _fitting_font(character: str, face: str, size: int):
    """The face at the course's font size, or at the largest smaller one that fits the picture."""
    for font_size in range(round(FONT_SIZE * size), 0, -1):
        font = _font(face, font_size)
        left, top, right, bottom = font.getbbox(character, anchor="ls")
        if right - left <= size and bottom - top <= size:
            break
    return font


# ── Which characters ──────────────────────────────────────────────────────────────────────────────

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


def _drawn_by(face: str) -> list[int]:
    """The code points that have a caption and leave ink in this face."""

    def leaves_ink(code_point: int) -> bool:
        left, top, right, bottom = _font(face, SIDE).getbbox(chr(code_point))
        return right > left and bottom > top

    return [code for code in _code_points(face) if has_caption(code) and leaves_ink(code)]


def _pairs(typeface: str) -> list[tuple[int, int]]:
    """Every (code point, face number) of a typeface, in the course's order."""
    numbers = TYPEFACES[typeface]
    return sorted((code, number) for number in numbers for code in _drawn_by(FACES[number].name))


def order_hash(codepoints: Int[Tensor, " glyph"], faces: Int[Tensor, " glyph"]) -> str:
    """The fingerprint of a list of (code point, face); equal lists, equal fingerprints."""
    pairs = torch.stack([codepoints, faces], dim=1).to(torch.int32).numpy()
    return hashlib.sha256(pairs.astype("<i4").tobytes()).hexdigest()


# ── The set ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, eq=False)
class Label:
    """One property of every glyph: `names` is its vocabulary, `values` are places in it."""

    name: str
    names: tuple[str, ...]
    values: Int64[Tensor, " glyph"]

    def __getitem__(self, position: int) -> str:
        """The name at one position: `glyphs.label("script")[0]` is "latin"."""
        return self.names[self.values[position]]


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
            return _face_label(name, self.faces)
        if name in Parts._fields:
            return _name_label(name, self.codepoints, self.characters)
        raise ValueError(
            f"no label is called {name!r}; there are {', '.join(Parts._fields + Face._fields[1:])}"
        )


def caption(character: str) -> str:
    """The character's Unicode name in small letters. Raises ValueError where it has none."""
    return unicodedata.name(character).lower()


def load_glyphs(typeface: str = "dejavu") -> Glyphs:
    """All glyphs of a typeface: from the cache, or drawn in a few seconds.

    "dejavu" is the course's set, in 12 faces. "stix" shows those of its characters that STIX also
    has, in 4 faces that no model has been trained on: a test of style.

    Raises ValueError for any other typeface, FileNotFoundError where matplotlib lacks a face. Warns
    where this matplotlib's typefaces are not those that the course was made with.
    """
    if typeface not in TYPEFACES:
        raise ValueError(f"no typeface is called {typeface!r}; there are {', '.join(TYPEFACES)}")
    glyphs = Glyphs(**cached(f"glyphs-{typeface}", fingerprint(), lambda: _build(typeface)))
    if order_hash(glyphs.codepoints, glyphs.faces) != ORDER[typeface]:
        warnings.warn(
            f"this matplotlib's {typeface} typefaces are not those that the course was made with, "
            "so a glyph's number and the figures in the text may differ.",
            stacklevel=2,
        )
    return glyphs


def _build(typeface: str) -> dict[str, Tensor]:
    """The tensors of a `Glyphs`, drawn."""
    characters = {code for code, _ in _pairs("dejavu")}
    pairs = [(code, number) for code, number in _pairs(typeface) if code in characters]
    ink = bytearray().join(_ink(chr(code), FACES[number].name, SIDE) for code, number in pairs)
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
        digest.update(_path(face.name).read_bytes())
    return {
        "builder": "1",  # raise it whenever this file draws or orders differently
        "typefaces": digest.hexdigest(),
        "matplotlib": matplotlib.__version__,
        "pillow": PIL.__version__,
        "freetype": str(features.version("freetype2")),
        "unicode": unicodedata.unidata_version,
    }


# ── Labels ────────────────────────────────────────────────────────────────────────────────────────


class Parts(NamedTuple):
    """What a Unicode name says about its character, as words. "none" where it says nothing."""

    script: str
    case: str
    base: str
    marks: str


SCRIPTS = (
    *("common", "latin", "greek", "cyrillic", "armenian", "georgian", "coptic", "hebrew", "arabic"),
    *("nko", "lao", "lisu", "tifinagh", "ogham", "old italic", "canadian syllabics", "braille"),
)
"""16 writing systems, and "common" for what belongs to none or to many: digits, signs, arrows."""

BICAMERAL = {"latin", "greek", "cyrillic", "armenian", "georgian", "coptic"}
"""The scripts that have capital and small letters."""

LATIN_UNSAID = (
    *("modifier letter small ", "modifier letter capital ", "roman numeral ", "small roman "),
    *("feminine ordinal", "masculine ordinal", "turned capital ", "turned small "),
)
"""How the names of Latin letters begin that do not say so."""

CASES = ("none", "capital", "small", "small capital")

_SCRIPT = re.compile(rf"\b({'|'.join(SCRIPTS[1:])})\b(?! cross)")
_STYLED = re.compile(r"^(mathematical|script|double-struck|black-letter)\b.*? (capital|small) ")
_LETTER = re.compile(
    r"\b(?:letter|syllabics)(?: small)?(?: capital)?(?: greek| cyrillic| georgian)? (?P<base>.+)$"
)
_SYMBOL = re.compile(r"^greek(?: capital| small)? (?P<base>.+) symbol$")
_LIGATURE = re.compile(r"\bligature (?P<base>.+)$")
_FORM = re.compile(r" (isolated|initial|medial|final) form$")


@cache
def parse_name(name: str) -> Parts:
    """Reads a caption: its script, case, base letter and marks.

    `parse_name("latin small letter e with acute")` is `Parts("latin", "small", "e", "acute")`.
    Ligatures count as one base letter. Several marks make one label ("circumflex and acute"). The
    initial, medial and final forms of an Arabic letter share its labels.
    """
    script = _script(name)
    base, marks = _base_and_marks(_FORM.sub("", name), script)
    return Parts(script, _case(name, script), base or "none", marks or "none")


def _script(name: str) -> str:
    """The first script that the name mentions, crosses apart; for some letters it goes unsaid."""
    if found := _SCRIPT.search(name):
        return found[1]
    return "latin" if name.startswith(LATIN_UNSAID) else "common"


def _case(name: str, script: str) -> str:
    if script not in BICAMERAL and not _STYLED.search(name):
        return "none"
    found = re.search(r"\bsmall capital\b|\bcapital\b|\bsmall\b", name)
    return found[0] if found else "none"


def _base_and_marks(name: str, script: str) -> tuple[str, str]:
    """What stands before and after the first " with " of a letter's own name; else nothing."""
    if styled := _STYLED.search(name):
        return name[styled.end() :].removesuffix(" symbol"), ""
    if script == "common":
        return "", ""
    if ligature := _LIGATURE.search(name):
        return ligature["base"], ""
    letter = _LETTER.search(name) or _SYMBOL.search(name)
    base, _, marks = letter["base"].partition(" with ") if letter else ("", "", "")
    return base, marks


def _vocabulary(name: str, used: Sequence[str]) -> tuple[str, ...]:
    """A label's fixed vocabulary; for base letters and marks, "none" and then all that occur."""
    fixed = {"script": SCRIPTS, "case": CASES}
    return fixed.get(name) or ("none", *sorted(set(used) - {"none"}))


def _name_label(
    name: str, codepoints: Int32[Tensor, " glyph"], characters: Int32[Tensor, " character"]
) -> Label:
    """A label that follows from the character's name."""
    words = [getattr(parse_name(caption(chr(code))), name) for code in characters.tolist()]
    names = _vocabulary(name, words)
    number = {word: place for place, word in enumerate(names)}
    of_character = torch.tensor([number[word] for word in words])
    return Label(name, names, of_character[torch.searchsorted(characters, codepoints)])


def _face_label(name: str, faces: Int64[Tensor, " glyph"]) -> Label:
    """A label that follows from the face."""
    words = [getattr(face, name) for face in FACES]
    names = tuple(dict.fromkeys(words))
    return Label(name, names, torch.tensor([names.index(word) for word in words])[faces])


# ── Splits ────────────────────────────────────────────────────────────────────────────────────────


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
