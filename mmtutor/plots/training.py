"""Does it learn? Losses and metrics over training, beside their baselines."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Protocol, runtime_checkable

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mmtutor.plots.describe import describe
from mmtutor.plots.style import INK, baseline


@runtime_checkable
class Curve(Protocol):
    """What `training_curve` draws; `mmtutor.training.History` is one."""

    steps: list[int]
    losses: list[float]
    metrics: dict[str, list[tuple[int, float]]]


def training_curve(history: Curve, baselines: Mapping[str, float] | None = None) -> Figure:
    """Does it learn? The loss on the left; on the right the metrics beside their baselines.

    Args:
        history: the losses at each training step, and each metric as (step, value) pairs.
        baselines: name and level of what a metric is compared with, such as {"chance": 0.1}.

    Raises:
        ValueError: the history holds no steps, or baselines are given without any metric.
    """
    if not history.steps:
        raise ValueError("The history holds no steps yet: train before you draw its curve.")
    if baselines and not history.metrics:
        raise ValueError("Baselines are levels of a metric, and the history holds no metric.")
    panels = 2 if history.metrics else 1
    figure, axes = plt.subplots(1, panels, figsize=(4.6 * panels, 3.2), squeeze=False)
    _draw_loss(axes[0, 0], history)
    if history.metrics:
        _draw_metrics(axes[0, 1], history.metrics, baselines or {})
    return describe(figure, _curve_in_words(history, baselines or {}))


def _draw_loss(axes: Axes, history: Curve) -> None:
    """Every step's loss, pale; over it the running mean, where there are enough steps for one."""
    many = len(history.steps) >= 100
    axes.plot(history.steps, history.losses, color=INK, linewidth=1, alpha=0.25 if many else 1)
    if many:
        window = len(history.steps) // 25
        mean = np.convolve(history.losses, np.ones(window) / window, mode="valid")
        middles = history.steps[window // 2 :][: len(mean)]
        axes.plot(middles, mean, color=INK, linewidth=2, label=f"mean of {window} steps")
        axes.legend()
    axes.set(xlabel="training step", ylabel="loss")
    axes.set_ylim(bottom=min(0, min(history.losses)))


def _draw_metrics(
    axes: Axes,
    metrics: Mapping[str, Sequence[tuple[int, float]]],
    baselines: Mapping[str, float],
) -> None:
    """One line per metric, each with its own dash and its name; the baselines in grey."""
    for (name, points), dash in zip(metrics.items(), cycle(("-", ":", "-.")), strict=False):
        steps, values = zip(*points, strict=True)
        axes.plot(steps, values, color=INK, linestyle=dash, marker="o", markersize=4, label=name)
    for name, level in baselines.items():
        baseline(axes, level, name, right=_is_freer_at_the_end(level, metrics))
    axes.set(xlabel="training step", ylabel=" / ".join(metrics))
    axes.margins(y=0.12)
    if len(metrics) > 1:  # above the panel, where no baseline crosses it
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=len(metrics), borderaxespad=0)


def _is_freer_at_the_end(level: float, metrics: Mapping[str, Sequence[tuple[int, float]]]) -> bool:
    """Say whether the metrics keep as far from a level in their last third as in their first."""

    def distance(part: slice) -> float:
        return min(abs(value - level) for points in metrics.values() for _, value in points[part])

    third = -(-max(map(len, metrics.values())) // 3)
    return distance(slice(-third, None)) >= distance(slice(third))


def _curve_in_words(history: Curve, baselines: Mapping[str, float]) -> str:
    """The two ends of the loss, the last value of each metric, and the baselines."""
    words = [f"loss from {history.losses[0]:.3g} to {history.losses[-1]:.3g}"]
    words += [f"{name} {points[-1][1]:.3g} at the end" for name, points in history.metrics.items()]
    words += [f"{name} {level:.3g}" for name, level in baselines.items()]
    return f"Training over {history.steps[-1]} steps: {', '.join(words)}."
