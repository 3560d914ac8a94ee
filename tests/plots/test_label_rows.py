"""Rows of dots for few labels and more: where the dots stand, and in which order."""

import matplotlib.pyplot as plt
import pytest

from mmtutor.plots import label_rows
from mmtutor.plots.label_rows import APART

ROWS = {
    "bag": {"5": [0.2, 0.4], "20": [0.5, 0.5]},
    "tower": {"5": [0.5, 0.6], "20": [0.7, 0.9]},
    "guess": {"5": [0.1, 0.1], "20": [0.1, 0.2]},
}


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure open between tests."""
    yield
    plt.close("all")


def test_the_best_with_most_labels_is_on_top() -> None:
    figure = label_rows({"name": ROWS}, chance=0.125)
    panel = figure.axes[0]
    assert [label.get_text() for label in panel.get_yticklabels()] == ["tower", "bag", "guess"]
    assert panel.yaxis_inverted()


def test_a_dot_is_the_mean_and_a_line_the_range_of_the_seeds() -> None:
    panel = label_rows({"name": ROWS}, chance=0.125).axes[0]
    dots = [line for line in panel.lines if line.get_marker() == "o"]
    means = [(line.get_ydata()[0], line.get_xdata()[0]) for line in dots]
    up, down = -APART / 2, APART / 2
    assert means == [
        (level + side, pytest.approx(share))
        for level, shares in enumerate([(55, 80), (30, 50), (10, 15)])
        for side, share in zip((up, down), shares, strict=True)
    ]
    ranges = [tuple(line.get_xdata()) for line in panel.lines if line.get_linewidth() == 1]
    assert ranges[0] == pytest.approx((50, 60)) and ranges[2] == pytest.approx((20, 40))
    assert panel.lines[-1].get_xdata()[0] == 12.5


def test_it_says_the_best_and_the_worst() -> None:
    says = label_rows({"name": ROWS, "again": ROWS}, chance=0.125).description
    assert "name, fewest to most labels: best tower 55 to 80 %, worst guess 10 to 15 %." in says
    assert "again, fewest" in says


@pytest.mark.parametrize(
    "panels", [{}, {"name": {}}, {"name": {**ROWS, "odd": {"5": [0.1], "100": [0.2]}}}]
)
def test_what_cannot_be_drawn_is_refused(panels: dict) -> None:
    with pytest.raises(ValueError, match="row"):
        label_rows(panels, chance=0.125)
