"""Named bars: one panel for each score, in one order."""

import pytest

from mmtutor import plots


def test_named_bars_are_one_panel_for_each_score_in_one_order() -> None:
    panels = {
        "exact": {"two layers": 1.0, "rival": 0.25},
        "letters": {"rival": 0.5, "two layers": 0.125},
    }
    figure = plots.named_bars(panels, "share")
    heights = [[bar.get_height() for bar in axes.patches] for axes in figure.axes]
    assert heights == [[1.0, 0.25], [0.125, 0.5]]
    assert [axes.get_title() for axes in figure.axes] == ["exact", "letters"]
    ticks = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert ticks == ["two\nlayers", "rival"]
    assert figure.description == (
        "exact: two layers 1, rival 0.25; letters: two layers 0.125, rival 0.5."
    )
    with pytest.raises(ValueError, match="each of two layers, rival"):
        plots.named_bars({**panels, "loss": {"rival": 1.0}}, "share")


def test_four_curves_look_different() -> None:
    lines = {name: [1.0, 2.0, 3.0] for name in "abcd"}
    drawn = plots.curves([1.0, 2.0, 3.0], lines, "x", "y", "four lines").axes[0].lines
    assert len({(line.get_color(), line.get_linestyle(), line.get_marker()) for line in drawn}) == 4


def test_a_legend_lies_on_a_white_plate_above_every_dashed_line() -> None:
    lines = {"a": [1.0, 1.0], "b": [0.9, 0.95]}
    figure = plots.curves([1.0, 2.0], lines, "x", "y", "text", baselines={"even": 0.9})
    (axes,) = figure.axes
    legend = axes.get_legend()
    assert legend.get_frame_on() and legend.get_frame().get_facecolor()[:3] == (1, 1, 1)
    assert legend.get_zorder() > max(line.get_zorder() for line in axes.lines)


def test_curves_begin_where_they_are_told() -> None:
    for options, bottom in (({}, 0.0), ({"bottom": 1.5}, 1.5)):
        figure = plots.curves([1.0, 2.0], {"a": [2.0, 3.0]}, "x", "y", "text", **options)
        assert figure.axes[0].get_ylim()[0] == bottom


def test_a_short_logarithmic_axis_still_has_numbers() -> None:
    lines = {"bits": [3.64, 3.0, 2.55]}
    (axes,) = plots.curves([1.0, 2.0, 4.0], lines, "x", "y", "text", log="xy").axes
    low, high = axes.get_ylim()
    assert sum(low <= tick <= high for tick in axes.get_yticks()) >= 2


def test_names_of_curves_may_stand_beside_the_axes() -> None:
    lines = {"one": [1.0, 2.0], "two": [2.0, 1.0]}
    within, beside = (
        plots.curves([1.0, 2.0], lines, "x", "y", "two lines", beside=where)
        for where in (False, True)
    )
    assert beside.get_size_inches()[0] > within.get_size_inches()[0]
    for figure, at in ((within, False), (beside, True)):
        figure.canvas.draw()
        legend, axes = figure.axes[0].get_legend(), figure.axes[0]
        outside = legend.get_window_extent().x0 > axes.get_window_extent().x1
        assert bool(outside) is at
