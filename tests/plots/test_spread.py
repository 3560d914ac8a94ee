"""Every seed is a dot, bands show the spread, a rule is a table."""

import numpy as np

from mmtutor import plots
from tests.plots.read import shown


def test_every_seed_is_a_dot_and_every_level_a_named_line() -> None:
    runs = {"picture alone": [0.5, 0.6], "gated": [0.8, 0.9]}
    figure = plots.seed_dots({"xor": runs}, {"xor": {"limit": 1.0}}, "share right")
    panel = figure.axes[0]
    dots = [tuple(point) for rows in panel.collections for point in rows.get_offsets()]
    assert dots == [(0.5, 0), (0.6, 0), (0.8, 1), (0.9, 1)]
    assert shown(figure) == ["0.550", "0.850", "limit 1.000"]
    assert panel.get_ylim()[0] > panel.get_ylim()[1]  # the first row stands on top
    assert figure.description == "xor: from gated 0.850 down to picture alone 0.550."
    fewer = plots.seed_dots({"xor": runs}, {}, "share right", digits=2)
    assert shown(fewer) == ["0.55", "0.85"]


def test_curves_over_seeds_show_mean_and_spread() -> None:
    lines = plots.Lines(
        x=[1, 10],
        lines={"early": [[0.2, 0.4], [0.4, 0.8]]},
        xlabel="hiss",
        ylabel="share",
        log=True,
    )
    figure = plots.seed_curves({"more hiss": lines}, "one line")
    panel = figure.axes[0]
    assert np.allclose(panel.lines[0].get_ydata(), [0.3, 0.6])
    band = panel.collections[0].get_paths()[0].vertices
    assert band[:, 1].max() == 0.8 and panel.get_xscale() == "log"


def test_one_legend_beside_the_panels_names_every_line_once() -> None:
    runs = {"early": [[0.2, 0.4]], "gated": [[0.4, 0.8]]}
    lines = plots.Lines(x=[1, 10], lines=runs, xlabel="hiss", ylabel="share")
    figure = plots.seed_curves({"more hiss": lines, "more grain": lines}, "one line")
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["early", "gated"]
    assert not any(axes.get_legend() for axes in figure.axes)


def test_a_rule_is_a_table_with_a_number_for_every_pair_that_occurs() -> None:
    figure = plots.rule_tables({"redundant": [[0, -1], [-1, 1]], "xor": [[0, 1], [1, 0]]})
    assert [text.get_text() for text in figure.axes[0].texts] == ["0", "1"]
    assert [text.get_text() for text in figure.axes[1].texts] == ["0", "1", "1", "0"]
    assert "redundant (2 labels)" in figure.description
