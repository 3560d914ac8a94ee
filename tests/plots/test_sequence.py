"""A row of tokens is drawn token by token, and its sentence names the strongest."""

import pytest
import torch

from mmtutor import plots
from mmtutor.plots.style import FUSED, PICTURE, SOUND, TEXT


def row() -> plots.TokenRow:
    face = torch.arange(64, dtype=torch.uint8).view(8, 8, 1)
    return plots.TokenRow("eyes open", ["a", "", ""], face, 4, torch.rand(2, 5))


def test_every_token_has_the_colour_of_its_modality():
    assert row().colors == [FUSED, *3 * [TEXT], *4 * [PICTURE], *2 * [SOUND]]


def test_a_row_is_described_by_what_stands_in_it():
    figure = plots.token_rows([row()])
    assert len(figure.axes) == 1
    boxes = figure.axes[0].patches
    assert len(boxes) == 10
    pictures = [image.get_array() for image in figure.axes[0].images]
    assert [picture.shape for picture in pictures] == 4 * [(4, 4)] + 2 * [(5, 1)]
    assert pictures[1][0, 0] == 4 and pictures[2][0, 0] == 32  # patches in reading order
    assert "1 words, 4 patches, 2 frames" in figure.description


@pytest.mark.parametrize(("place", "name"), [(0, "the class token"), (1, "a"), (5, "patch 2")])
def test_looks_are_bars_on_one_scale(place, name):
    look, even = torch.full((10,), 0.05), torch.full((10,), 0.1)
    look[place] = 0.55
    figure = plots.token_rows([row(), row()], [look, even])
    assert len(figure.axes) == 4
    heights = [bar.get_height() for bar in figure.axes[1].patches]
    assert heights[place] == pytest.approx(0.55)
    assert figure.axes[1].get_ylim() == figure.axes[3].get_ylim()
    assert f"most attention, 0.55, goes to {name}" in figure.description
