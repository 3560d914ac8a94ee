"""Faces: what each is said to look like is what it looks like."""

import pytest

from mmtutor.datasets.glyphs import FACES, face_number
from mmtutor.datasets.glyphs import faces as module


def test_bold_has_more_ink_and_names_of_faces_tell_the_truth(glyphs):
    """Faces are named by hand above: the pictures must agree."""
    letters = glyphs.select(glyphs.codepoints == ord("H"))
    ink = letters.images.flatten(1).float().mean(dim=1)
    is_bold = letters.label("weight").values == 1
    assert ink[is_bold].min() > ink[~is_bold].max()


def test_a_face_has_a_number_and_an_unknown_one_a_sentence():
    assert [face_number(face.name) for face in FACES] == list(range(16))
    with pytest.raises(ValueError, match=r"'Arial'; there are DejaVuSans, .*STIXGeneralBolIta"):
        face_number("Arial")


def test_a_face_that_matplotlib_lacks_is_named():
    with pytest.raises(FileNotFoundError, match=r"typeface Arial.ttf: reinstall it"):
        module.font_file("Arial")
