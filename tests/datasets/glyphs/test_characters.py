"""Characters: which take part, and in which order."""

import unicodedata

import pytest

from mmtutor.datasets.glyphs import FACES
from mmtutor.datasets.glyphs.characters import NOT_CHARACTERS, ORDER, order_hash


def test_order_is_code_point_then_face(glyphs):
    key = glyphs.codepoints.long() * len(FACES) + glyphs.faces
    assert (key.diff() > 0).all()


@pytest.mark.parametrize("typeface", ["dejavu", "stix"])
def test_same_number_same_character_on_any_machine(typeface, request):
    found = request.getfixturevalue("glyphs" if typeface == "dejavu" else "stix")
    assert order_hash(found.codepoints, found.faces) == ORDER[typeface]


@pytest.mark.parametrize(
    ("number", "character", "face"),
    [
        (0, "!", "DejaVuSans"),
        (11, "!", "DejaVuSerif-BoldItalic"),
        (12, '"', "DejaVuSans"),
        (12 * 32, "A", "DejaVuSans"),
    ],
)
def test_hand_counted_places(glyphs, number, character, face):
    """ASCII from "!" on has no gap and is in all 12 faces, so these places follow by counting."""
    assert glyphs.character(number) == character
    assert FACES[glyphs.faces[number]].name == face


def test_what_is_left_out(glyphs):
    present = set(glyphs.characters.tolist())
    for name in ("SPACE", "COMBINING ACUTE ACCENT", "ZERO WIDTH JOINER", "BRAILLE PATTERN BLANK"):
        assert ord(unicodedata.lookup(name)) not in present
    assert not present & NOT_CHARACTERS
    assert 0xE000 not in present  # private use: no name
