"""Drawing: one size and one baseline, nothing cut off."""

import pytest
import torch

from mmtutor.datasets.glyphs import FACES, draw
from mmtutor.datasets.glyphs.drawing import fitting_font
from tests.datasets.glyphs.find import position


def rows_with_ink(picture) -> tuple[int, int]:
    rows = picture.amax(dim=1).nonzero()
    return int(rows.min()), int(rows.max())


@pytest.mark.parametrize(("character", "face"), [("é", "DejaVuSans"), ("☂", "DejaVuSansMono-Bold")])
def test_draw_draws_what_the_set_holds(glyphs, character, face):
    assert torch.equal(draw(character, face), glyphs.images[position(glyphs, character, face)])


@pytest.mark.parametrize("size", [8, 16, 33, 64])
def test_other_sizes(size):
    picture = draw("Q", size=size)
    top, bottom = rows_with_ink(picture)
    assert picture.shape == (size, size)
    assert 0.4 * size < bottom - top + 1 < 0.8 * size


def test_size_and_baseline_are_kept():
    capital, small, descender = (rows_with_ink(draw(letter)) for letter in "Hxp")
    assert capital[1] == small[1] == 23  # the baseline: rows 0 to 23 are above it
    assert capital[0] < small[0]
    assert descender[1] > small[1]


def test_no_ink_is_cut_off(glyphs):
    """As much ink as on a canvas without edges, for every glyph that reaches the picture's edge."""
    edges = [
        glyphs.images[:, 0],
        glyphs.images[:, -1],
        glyphs.images[..., 0],
        glyphs.images[..., -1],
    ]
    at_edge = torch.stack(edges).amax(dim=(0, 2)).nonzero().squeeze(1).tolist()
    assert len(at_edge) > 100  # else this test would look at nothing
    for place in [*at_edge, *range(0, len(glyphs), 50)]:
        character, face = glyphs.character(place), FACES[glyphs.faces[place]].name
        whole = fitting_font(character, face, 32).getmask(character, mode="L")
        assert int(glyphs.images[place].sum()) == sum(bytes(whole)), (character, face)


def test_only_what_does_not_fit_is_drawn_smaller():
    assert fitting_font("W", "DejaVuSans-Bold", 32).size == 22
    assert fitting_font("ᙲ", "DejaVuSans-Bold", 32).size < 22  # 44 pixels wide at 22


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ab",), "one character, not 2"),
        (("",), "one character, not 0"),
        (("a", "Arial"), "DejaVuSerif"),
        (("漢",), "no drawing of '漢' \\(U\\+6F22\\)"),
        (("a", "DejaVuSans", 7), "at least 8 pixels"),
    ],
)
def test_what_cannot_be_drawn(arguments, message):
    with pytest.raises(ValueError, match=message):
        draw(*arguments)
