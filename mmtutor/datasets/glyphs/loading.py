"""Load the glyphs: drawn on the first call, kept, and checked."""

import hashlib
import unicodedata
import warnings

import torch
from torch import Tensor

from mmtutor.datasets.cache import cached
from mmtutor.datasets.glyphs.characters import ORDER, order_hash, pairs_of
from mmtutor.datasets.glyphs.collection import Glyphs
from mmtutor.datasets.glyphs.drawing import SIDE, pixels
from mmtutor.datasets.glyphs.faces import FACES, TYPEFACES, font_file


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
