"""Glyphs: 45,000 small pictures of 6,500 characters, each with a caption, drawn on your machine.

matplotlib ships the DejaVu and STIX typefaces, Python ships the Unicode names. Together they make
pairs of a picture and a caption ("latin small letter e with acute") with exact labels, parsed from
the name and the face. `data/glyphs.md` is the data card: sources, licences, known problems.

A picture is 32 × 32 pixels of uint8: 0 is paper, 255 is ink.
"""

from mmtutor.datasets.glyphs.characters import caption
from mmtutor.datasets.glyphs.collection import Glyphs
from mmtutor.datasets.glyphs.drawing import BASELINE, FONT_SIZE, SIDE, draw
from mmtutor.datasets.glyphs.faces import FACES, TYPEFACES, Face, face_number
from mmtutor.datasets.glyphs.labels import Label
from mmtutor.datasets.glyphs.loading import load_glyphs
from mmtutor.datasets.glyphs.parts import CASES, SCRIPTS, Parts, parse_name
from mmtutor.datasets.glyphs.splits import share_of, split_by_character, split_by_face

__all__ = [
    "BASELINE",
    "CASES",
    "FACES",
    "FONT_SIZE",
    "SCRIPTS",
    "SIDE",
    "TYPEFACES",
    "Face",
    "Glyphs",
    "Label",
    "Parts",
    "caption",
    "draw",
    "face_number",
    "load_glyphs",
    "parse_name",
    "share_of",
    "split_by_character",
    "split_by_face",
]
