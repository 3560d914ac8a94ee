"""Training curves: losses, metrics, named baselines, and a history that says nothing."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from mmtutor import plots


@dataclass
class Recorded:
    """The parts of a training history that a curve needs."""

    steps: list[int] = field(default_factory=lambda: list(range(1, 201)))
    losses: list[float] = field(default_factory=lambda: [2 / step for step in range(1, 201)])
    metrics: dict[str, list[tuple[int, float]]] = field(
        default_factory=lambda: {"accuracy": [(100, 0.5), (200, 0.75)]}
    )


def test_training_curve_draws_loss_metric_and_named_baselines() -> None:
    figure = plots.training_curve(Recorded(), {"chance": 0.1, "guess the mode": 0.3})
    loss, metric = figure.axes
    assert list(loss.lines[0].get_ydata()) == Recorded().losses
    assert list(metric.lines[0].get_ydata()) == [0.5, 0.75]
    assert [line.get_linestyle() for line in metric.lines[1:]] == ["--", "--"]
    assert [text.get_text() for text in metric.texts] == ["chance: 0.1", "guess the mode: 0.3"]
    assert "loss from 2 to 0.01, accuracy 0.75 at the end, chance 0.1" in figure.description


def test_training_curve_mean_stays_on_the_curve() -> None:
    straight = Recorded(losses=[300.0 - step for step in range(1, 201)], metrics={})
    raw, mean = plots.training_curve(straight).axes[0].lines
    on_raw = np.interp(mean.get_xdata(), raw.get_xdata(), raw.get_ydata())
    assert np.abs(on_raw - mean.get_ydata()).max() <= 0.5


def test_training_curve_without_metrics_has_one_panel() -> None:
    assert len(plots.training_curve(Recorded(metrics={})).axes) == 1


@pytest.mark.parametrize(
    ("history", "message"),
    [(Recorded(steps=[], losses=[]), "no steps yet"), (Recorded(metrics={}), "no metric")],
)
def test_training_curve_refuses_a_history_that_says_nothing(history, message) -> None:
    with pytest.raises(ValueError, match=message):
        plots.training_curve(history, {"chance": 0.1})


def test_the_legend_of_several_metrics_stands_above_their_panel() -> None:
    """No baseline runs through it, wherever the baselines lie."""
    points = [(100, 0.5), (200, 0.75)]
    figure = plots.training_curve(
        Recorded(metrics={"words": points, "letters": points}), {"a": 0.0}
    )
    figure.canvas.draw()
    panel = figure.axes[1]
    assert panel.get_legend().get_window_extent().y0 >= panel.get_window_extent().y1


@pytest.mark.parametrize(
    ("values", "side"), [((0.1, 0.5, 0.9), "right"), ((0.9, 0.5, 0.1), "left")]
)
def test_a_baseline_has_its_name_where_the_curve_is_far(values, side) -> None:
    points = list(zip((100, 150, 200), values, strict=True))
    figure = plots.training_curve(Recorded(metrics={"accuracy": points}), {"chance": 0.1})
    assert [text.get_ha() for text in figure.axes[1].texts] == [side]
