"""Postcards in a row, and the frame on what an answer was seen by."""

import pytest
import torch

from mmtutor import plots

CARDS = torch.full((2, 3, 64, 64), 255, dtype=torch.uint8)


def test_each_card_stands_above_its_words_and_none_is_framed() -> None:
    figure = plots.postcards(CARDS, ["a red star\nprice 5", "two hearts\nprice 7"])
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["a red star\nprice 5", "two hearts\nprice 7"]
    assert not any(axes.patches for axes in figure.axes)
    assert figure.description == "2 pictures: a red star price 5; two hearts price 7."


def test_a_frame_covers_exactly_its_pixels_and_is_told_in_words() -> None:
    figure = plots.postcards(CARDS, ["one", "two"], {1: (8, 16, 24, 40)})
    assert not figure.axes[0].patches
    (frame,) = figure.axes[1].patches
    assert frame.get_xy() == (7.5, 15.5)
    assert (frame.get_width(), frame.get_height()) == (16, 24)
    assert "Framed: picture 2, from 8 to 24 across and 16 to 40 down." in figure.description


def test_each_card_needs_its_words() -> None:
    with pytest.raises(ValueError, match="1 captions for 2 pictures"):
        plots.postcards(CARDS, ["one"])
