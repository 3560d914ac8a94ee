"""Attention over pictures: hues stay, brightness is the weight, frames have a legend."""

from colorsys import rgb_to_hsv
from itertools import pairwise

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from mmtutor import plots
from mmtutor.plots.looks import lit
from mmtutor.plots.style import BRIGHTNESS, DIM
from tests.plots.read import shown

COLOURS = np.array([[[220, 20, 30], [20, 160, 40]], [[30, 60, 220], [240, 150, 10]]], np.uint8)
"""Red, green, blue and orange."""


def legend(figure: Figure) -> list[str]:
    """What the frames of a figure mean, as it says under the pictures."""
    return [text.get_text() for text in figure.legends[0].get_texts()]


def panel_pixels(figure: Figure, index: int) -> np.ndarray:
    """The picture that a panel shows."""
    (image,) = figure.axes[index].images  # one picture and nothing laid over it
    return np.asarray(image.get_array())


def ticks(figure: Figure) -> list[str]:
    """The numbers beside the bar."""
    return [label.get_text() for label in figure.axes[-1].get_yticklabels()]


@pytest.mark.parametrize("between", ["nearest", "bilinear"])
def test_light_leaves_every_hue_alone(between: str) -> None:
    weights = np.array([[0.0, 0.05], [0.3, 0.1]])
    bright = lit(COLOURS, weights, 0.3, between)
    for place in np.ndindex(2, 2):
        before, after = rgb_to_hsv(*COLOURS[place] / 255), rgb_to_hsv(*bright[place])
        assert after[:2] == pytest.approx(before[:2])  # hue and saturation
        share = DIM + (1 - DIM) * weights[place] / 0.3
        assert after[2] == pytest.approx(share * before[2])


def test_weights_of_8_and_22_hundredths_do_not_look_alike() -> None:
    white = np.full((1, 2, 3), 255, np.uint8)
    low, high = lit(white, np.array([[0.08, 0.22]]), 0.22, "nearest")[0, :, 0]
    assert high - low > 0.25


def test_light_shows_on_a_black_picture_and_leaves_a_bright_one_as_it_is() -> None:
    ends = np.array([[0.0, 1.0]])
    dark, full = lit(np.zeros((1, 2, 3), np.uint8), ends, 1.0, "nearest")[0, :, 0]
    assert full - dark > 0.15
    assert (lit(COLOURS, np.ones((2, 2)), 1.0, "nearest") == COLOURS / 255).all()


def test_attention_over_picture_marks_and_names_the_strongest_patch() -> None:
    weights = torch.full((16,), 0.01)
    weights[6] = 0.85
    box = (34.0, 18.0, 46.0, 30.0)
    figure = plots.attention_over_picture(torch.rand(64, 64, 3), weights, (4, 4), [box], "umbrella")
    seen = figure.axes[1]
    frames = [patch.get_xy() for patch in seen.patches]
    assert (32.0, 16.0) in frames  # the corner of row 1, column 2, in pixels
    assert box[:2] in frames
    assert legend(figure) == ["strongest patch", "true box"]
    assert figure.description == "“umbrella” looks most at patch row 1, column 2 of 4 x 4: 0.85."


def test_few_patches_carry_all_their_numbers_and_many_the_strongest() -> None:
    picture = torch.ones(64, 64, 3)
    few = plots.attention_over_picture(picture, torch.arange(16.0) / 100, (4, 4))
    assert shown(few) == [f"{weight / 100:.2f}" for weight in range(16)]
    for number in few.axes[1].texts:
        row, column = int(number.xy[1] // 16), int(number.xy[0] // 16)
        assert number.get_text() == f"{(4 * row + column) / 100:.2f}"
    many = plots.attention_over_picture(picture, torch.arange(64.0) / 2016, (8, 8))
    assert shown(many) == ["0.03"]


def test_the_bar_has_the_coding_of_the_picture() -> None:
    white = np.full((8, 16, 3), 255, np.uint8)
    figure = plots.attention_over_picture(white, np.eye(2, 4) / 2, (2, 4))
    assert ticks(figure) == ["0.00", "0.25", "0.50"]
    pixels = panel_pixels(figure, 1)
    assert pixels[0, 0] == pytest.approx(BRIGHTNESS(1.0)[:3])
    assert pixels[0, 15] == pytest.approx(BRIGHTNESS(0.0)[:3])
    assert figure.axes[1].get_xlim() == (0, 16)
    assert legend(figure) == ["strongest patch"]  # no box, no word about one


@pytest.mark.parametrize(
    ("picture", "patches", "message"),
    [
        (torch.rand(64, 64, 3), 15, "15 weights for a grid of 4 x 4"),
        (torch.rand(64, 64, 3) * 255, 16, "floats between 0 and 1"),
        (torch.full((64, 64, 3), float("nan")), 16, "floats between 0 and 1"),
    ],
)
def test_attention_over_picture_refuses_what_does_not_fit(picture, patches, message) -> None:
    with pytest.raises(ValueError, match=message):
        plots.attention_over_picture(picture, torch.ones(patches), (4, 4))


def test_several_pictures_share_a_bar_and_smooth_between_patches() -> None:
    weights = torch.zeros(2, 4)
    weights[0, 3], weights[1, 0] = 0.5, 0.8
    picture = torch.ones(8, 8, 3)
    figure = plots.attention_over_pictures(
        [picture, picture], weights, (2, 2), ["star", "heart"], boxes=[(4, 4, 8, 8), None]
    )
    assert ticks(figure) == ["0.00", "0.40", "0.80"]
    first, second = (panel_pixels(figure, index)[:, :, 0] for index in (0, 1))
    assert second[0, 0] == pytest.approx(1)
    assert first[7, 7] == pytest.approx(DIM + (1 - DIM) * 0.5 / 0.8)  # on the scale of both
    assert first[0, 0] == pytest.approx(DIM) and first[0, 0] < first[3, 3] < first[5, 5]
    titles = [axes.get_title() for axes in figure.axes[:2]]
    assert titles == ["star: 0.50", "heart: 0.80"]
    assert legend(figure) == ["strongest patch", "true box"]
    assert "star: 0.50" in figure.description
    with pytest.raises(ValueError, match="one of each"):
        plots.attention_over_pictures([picture], weights, (2, 2), ["star"])


def test_titles_over_a_row_of_pictures_do_not_touch() -> None:
    titles = [f"layer 2, head {head}" for head in range(5)]
    weights = torch.full((5, 4), 0.25)
    figure = plots.attention_over_pictures([torch.ones(8, 8, 3)] * 5, weights, (2, 2), titles)
    figure.canvas.draw()
    boxes = [axes.title.get_window_extent() for axes in figure.axes[:5]]
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))


def test_moments_of_training_share_a_bar() -> None:
    weights = torch.tensor([[0.25, 0.25, 0.25, 0.25], [0.1, 0.1, 0.1, 0.7]])
    figure = plots.attention_over_picture_history(
        torch.ones(8, 8, 3), weights, (2, 2), [0, 100], "star"
    )
    assert ticks(figure) == ["0.00", "0.35", "0.70"]
    start, end = (panel_pixels(figure, index)[:, :, 0] for index in (0, 1))
    assert start[0, 0] == pytest.approx(DIM + (1 - DIM) * 0.25 / 0.7)
    assert end[7, 7] == pytest.approx(1)
    assert [axes.get_title() for axes in figure.axes[:2]] == ["step 0: 0.25", "step 100: 0.70"]
    assert figure.description.endswith("from 0.25 at step 0 to 0.70 at step 100.")
    with pytest.raises(ValueError, match="2 rows of weights"):
        plots.attention_over_picture_history(torch.ones(8, 8, 3), weights, (2, 2), [0], "star")
