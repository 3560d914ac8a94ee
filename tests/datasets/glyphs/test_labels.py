"""Labels: hand-checked characters and faces, and numbers that mean the same everywhere."""

import pytest
import torch

from tests.datasets.glyphs.find import position
from tests.datasets.glyphs.test_parts import HAND_CHECKED


def test_labels_say_what_was_checked_by_hand(glyphs, labels):
    for character, parts in HAND_CHECKED:
        place = int((glyphs.codepoints == ord(character)).nonzero()[0])
        assert {name: labels[name][place] for name in parts._fields} == parts._asdict(), character


@pytest.mark.parametrize(
    ("face", "family", "weight", "slant"),
    [
        ("DejaVuSans", "sans", "regular", "upright"),
        ("DejaVuSansMono-BoldOblique", "mono", "bold", "slanted"),
        ("DejaVuSerif-Italic", "serif", "regular", "slanted"),
        ("DejaVuSerif-Bold", "serif", "bold", "upright"),
    ],
)
def test_hand_checked_faces(glyphs, labels, face, family, weight, slant):
    place = position(glyphs, "Ω", face)
    assert labels["family"][place] == family
    assert labels["weight"][place] == weight
    assert labels["slant"][place] == slant


def test_sixteen_scripts_and_common(glyphs):
    script = glyphs.label("script")
    assert script.names[0] == "common"
    assert len(script.names) == 17
    assert script.values.unique().tolist() == list(range(17))


@pytest.mark.parametrize("label", ["script", "case", "base", "marks", "family", "weight", "slant"])
def test_numbers_mean_the_same_in_every_selection(glyphs, labels, stix, label):
    whole = labels[label]
    part = torch.arange(100, len(glyphs), 777)
    assert torch.equal(glyphs.select(part).label(label).values, whole.values[part])
    assert stix.label(label).names == whole.names


def test_unknown_label(glyphs):
    with pytest.raises(ValueError, match="script, case, base, marks, family, weight, slant"):
        glyphs.label("colour")
