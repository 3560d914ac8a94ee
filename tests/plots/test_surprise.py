"""A text whose colours are bits."""

import pytest
import torch

from mmtutor import plots


def test_each_character_stands_on_its_bits() -> None:
    text, bits = "ab c\nd", torch.tensor([0.0, 1.0, 2.0, 8.0, 0.5, 0.25])
    figure = plots.surprise_text(text, bits, columns=4)
    written = [label.get_text() for label in figure.axes[0].texts]
    assert written == ["a", "b", "·", "c", "↵", "d"]
    cells = figure.axes[0].images[0].get_array()
    assert cells.shape == (2, 4) and cells[0, 3] == 8 and cells[1, 1] == 0.25
    colors = [label.get_color() for label in figure.axes[0].texts]
    assert colors == ["white", "white", "white", "black", "white", "white"]
    assert "8.0, for “c” after “ab·”" in figure.description


def test_a_number_for_each_character() -> None:
    with pytest.raises(ValueError, match="3 characters need as many numbers, not 2"):
        plots.surprise_text("abc", torch.zeros(2))
