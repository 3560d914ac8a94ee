"""Rows of ink: what is drawn, what is cut off, and which text stands where."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from mmtutor import plots
from mmtutor.plots.pairs import on_paper

generator = torch.Generator().manual_seed(0)
FIRST, SECOND = torch.rand(2, 3, 16, generator=generator)  # three pictures of 4 × 4, twice


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure open between tests."""
    yield
    plt.close("all")


def test_ink_becomes_bytes_in_a_square_and_what_is_beyond_is_cut_off() -> None:
    drawn = torch.tensor([[-0.5, 0.0, 0.5, 1.7]]).requires_grad_()
    assert plots.as_ink(drawn).tolist() == [[[0, 0], [127, 255]]]
    assert plots.as_ink(FIRST.view(1, 3, 16)).shape == (1, 3, 4, 4)


def test_a_caption_in_two_lines_keeps_its_face_together() -> None:
    assert plots.two_lines("g, serif, bold, slanted") == "g\nserif bold slanted"
    assert plots.two_lines("umbrella") == "umbrella"


def test_rows_of_ink_have_their_names_and_one_line_of_texts() -> None:
    figure = plots.ink_rows({"real": FIRST, "drawn": SECOND}, ["a", "b", "c"])
    assert [axes.get_ylabel() for axes in figure.axes] == ["real", "", "", "drawn", "", ""]
    assert [axes.get_xlabel() for axes in figure.axes] == ["a", "b", "c", "a", "b", "c"]
    shown = figure.axes[4].images[0].get_array()
    np.testing.assert_array_equal(shown, on_paper(plots.as_ink(SECOND)[1]))
    assert figure.description == "2 × 3 pictures: a to c; real, drawn."


def test_rows_of_ink_want_a_text_for_each_column() -> None:
    with pytest.raises(ValueError, match="need as many texts"):
        plots.ink_rows({"real": FIRST, "drawn": SECOND}, ["a", "b"])


def test_a_sheet_lays_pictures_in_reading_order() -> None:
    drawn = torch.stack([torch.full((4,), shade / 4) for shade in range(4)])
    sheet = plots.sheet(drawn, rows=2)
    assert sheet.shape == (4, 4)
    assert sheet[::2, ::2].tolist() == [[0, 63], [127, 191]]
    with pytest.raises(ValueError, match="4 pictures do not fill 3 rows"):
        plots.sheet(drawn, rows=3)
