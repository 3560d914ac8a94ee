"""Report cards with what they are held against, reliability, risk and corruption."""

import matplotlib.colors
import pytest
import torch

from mmtutor import plots
from mmtutor.metrics.calibration import bins_of
from mmtutor.metrics.intervals import Interval, wilson
from mmtutor.metrics.selective import risk_coverage
from mmtutor.plots.style import BASELINE
from tests.plots.read import shown

SCORES = {
    "sees": {"colour": Interval(0.9, 0.8, 0.95), "place": Interval(0.7, 0.6, 0.8)},
    "hears": {"sound": Interval(0.5, 0.4, 0.6)},
}
AGAINST = {"chance": {"colour": 0.2, "place": 1 / 3}, "ceiling": {"sound": 1.0}}


def grey(figure):
    """The dashed grey lines of a figure: where each one lies, across and down."""
    lines = [line for axes in figure.axes for line in axes.lines if line.get_color() == BASELINE]
    return [line.get_data() for line in lines if len(line.get_data()[0])]


def test_a_report_card_has_a_row_for_each_dimension_and_a_dot_for_each_score() -> None:
    figure = plots.report_card(SCORES, AGAINST)
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["colour", "place", "sound"]
    dots = {(x[0], round(y[0])) for x, y in (line.get_data() for line in axes.lines) if len(x) == 1}
    assert dots == {(0.9, 0), (0.7, 1), (0.5, 2)}
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the first row is on top
    said = "sees: 0.80 on average over 2, best in colour (0.90), worst in place (0.70)"
    assert said in figure.description


def test_what_a_score_is_held_against_is_grey_dashed_and_named() -> None:
    figure = plots.report_card(SCORES, AGAINST)
    places = [(x[0], (y[0] + y[1]) / 2) for x, y in grey(figure)]
    assert [x for x, _ in places] == pytest.approx([0.2, 1 / 3, 1.0])
    assert [row for _, row in places] == pytest.approx([0, 1, 2])
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "sees",
        "hears",
        "chance",
        "ceiling",
    ]


def test_each_model_has_a_colour_of_its_own() -> None:
    many = {f"model {i}": {"colour": Interval(0.5, 0.4, 0.6)} for i in range(6)}
    (axes,) = plots.report_card(many, {}).axes
    dots = [line for line in axes.lines if len(line.get_data()[0]) == 1]
    assert len({matplotlib.colors.to_hex(line.get_color()) for line in dots}) == 6
    assert len({line.get_data()[1][0] for line in dots}) == 6  # none lies on another


def test_reliability_has_a_dot_for_each_filled_bin() -> None:
    confidence, right = torch.tensor([0.95, 0.97, 0.3]), torch.tensor([True, False, True])
    figure = plots.reliability_diagram({"as it is": bins_of(confidence, right)})
    (axes,) = figure.axes
    dots = [tuple(dot.get_offsets()[0]) for dot in axes.collections]
    assert dots == [pytest.approx((0.3, 1.0)), pytest.approx((0.96, 0.5))]
    assert axes.collections[1].get_sizes() > axes.collections[0].get_sizes()
    assert (
        "sure 0.30, right 1.00 (1 answers), sure 0.96, right 0.50 (2 answers)" in figure.description
    )
    assert shown(figure) == ["as sure as right"]


def test_risk_is_held_against_drawing_lots() -> None:
    curve = risk_coverage(
        torch.tensor([0.9, 0.8, 0.7, 0.6]), torch.tensor([True, True, True, False])
    )
    figure = plots.risk_coverage_curves({"clean": curve})
    (axes,) = figure.axes
    assert axes.lines[0].get_data()[1].tolist() == [0, 0, 0, 0.25]
    assert shown(figure) == ["clean, by lot: 0.25"]
    assert figure.description == "clean: mean risk 0.062, all answered 0.250."


def test_corruption_has_a_panel_for_each_way_and_a_band_for_each_model() -> None:
    points = {0.0: wilson(9, 10), 0.5: wilson(4, 10)}
    figure = plots.corruption_curves({"noise": {"sees": points}, "blur": {"sees": points}}, 0.4)
    assert [axes.get_title() for axes in figure.axes] == ["noise", "blur"]
    assert all(len(axes.collections) == 1 for axes in figure.axes)
    assert shown(figure) == ["blind: 0.4", "blind: 0.4"]
    assert "noise, sees: 0.90 to 0.40 at 0.5" in figure.description
