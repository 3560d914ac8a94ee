"""Do tasks help each other? Networks that share, a matrix of gains, and cosines of gradients."""

from collections.abc import Mapping, Sequence
from statistics import mean, stdev

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mmtutor.plots.describe import describe
from mmtutor.plots.diagrams import Boxes, draw_boxes
from mmtutor.plots.style import BASELINE, FUSED, GRADIENT, INK, KEY, QUERY

BOXES: Boxes = {
    "x": (0.5, 0, "picture", BASELINE),
    "f1": (0.5, 1, "layer 1", FUSED),
    "f2": (0.5, 2, "layer 2", FUSED),
    "a1": (0, 1, "layer 1", QUERY),
    "a2": (0, 2, "layer 2", QUERY),
    "a3": (0, 3, "task a", QUERY),
    "b1": (1, 1, "layer 1", KEY),
    "b2": (1, 2, "layer 2", KEY),
    "b3": (1, 3, "task b", KEY),
}
SHARING = {
    "alone": "x-a1 a1-a2 a2-a3",
    "hard sharing": "x-f1 f1-f2 f2-a3 f2-b3",
    "branches": "x-f1 f1-a2 f1-b2 a2-a3 b2-b3",
    "soft sharing": "x-a1 x-b1 a1-a2 b1-b2 a2-a3 b2-b3",
}
"""What feeds what."""


def sharing_ways() -> Figure:
    """What do two tasks share? Nothing, all but the heads, the first layers, or a tie."""
    figure, axes = plt.subplots(1, len(SHARING), figsize=(11, 3.0))
    for panel, (name, arrows) in zip(axes, SHARING.items(), strict=True):
        draw_boxes(panel, BOXES, arrows)
        if name == "soft sharing":
            for row in (1, 2):
                _tie(panel, row)
        panel.set(xlim=(-0.5, 1.5), ylim=(-0.4, 3.4), title=name)
        panel.set_axis_off()
    text = (
        "Networks of two layers: a task alone; hard sharing, both layers common and a head for "
        "each task; branches, layer 1 common; soft sharing, two networks whose layers are tied."
    )
    return describe(figure, text)


def _tie(axes: Axes, row: int) -> None:
    """A dashed line without arrows between two layers that are pulled together."""
    axes.plot([0.32, 0.68], [row, row], "--", color=INK, linewidth=1.4)


def is_clear(gains: Sequence[float]) -> bool:
    """Say whether gains from several seeds have a mean beyond twice their standard deviation."""
    return abs(mean(gains)) > 2 * stdev(gains)


def help_matrix(gains: Mapping[str, Mapping[str, Sequence[float]]]) -> Figure:
    """Who is helped by whom? A row for each helped task, a column for each helper, in points.

    `gains` hold for every seed the share of right answers above being alone. A number is the mean;
    one that is not `is_clear` stands small and grey.
    """
    tasks = list(gains)
    places = [(task, helper) for task in tasks for helper in gains[task]]
    means = {place: 100 * mean(gains[place[0]][place[1]]) for place in places}
    top = max(map(abs, means.values()))
    table = np.full((len(tasks), len(tasks)), np.nan)
    figure, axes = plt.subplots(figsize=(len(tasks) + 1.2, 0.62 * len(tasks) + 1.2))
    for (task, helper), points in means.items():
        row, column = tasks.index(task), tasks.index(helper)
        table[row, column] = points
        _write(axes, row, column, points, top, is_clear(gains[task][helper]))
    # Orange lowers, blue raises.
    axes.imshow(table, cmap=GRADIENT.reversed(), vmin=-top, vmax=top, aspect="auto")
    axes.set_xticks(range(len(tasks)), tasks)
    axes.set_yticks(range(len(tasks)), tasks)
    axes.set(xlabel="trained beside", ylabel="the task that is to be helped")
    return describe(figure, _clear_in_words(gains, means))


def _clear_in_words(
    gains: Mapping[str, Mapping[str, Sequence[float]]], means: Mapping[tuple[str, str], float]
) -> str:
    """Name the gains and losses that are clear, the largest first."""
    told = [place for place in means if is_clear(gains[place[0]][place[1]])]
    told.sort(key=means.get, reverse=True)
    said = [f"{task} beside {helper} {means[task, helper]:+.1f}" for task, helper in told]
    some = "; ".join(said).replace("-", "−") or "none"
    return f"Gain in points over being alone, clear of their spread: {some}; {len(means)} cells."


def _write(axes: Axes, row: int, column: int, points: float, top: float, clear: bool) -> None:
    """A number in its cell, white on the darkest colours."""
    dark = abs(points) > 0.6 * top
    color = "white" if dark else INK if clear else "#555555"
    weight, size = ("bold", 11) if clear else ("normal", 9)
    text = f"{points:+.1f}".replace("-0.0", "+0.0").replace("-", "−")
    axes.text(column, row, text, ha="center", va="center", color=color, weight=weight, size=size)


def cosine_curves(steps: Sequence[int], cosines: Mapping[str, Sequence[Sequence[float]]]) -> Figure:
    """Do two tasks pull the same way? The cosine of their gradients over training, by pair.

    `cosines` hold by pair a curve for every seed: the line is their mean, the band reaches from the
    lowest to the highest.
    """
    figure, panels = plt.subplots(
        1, len(cosines), figsize=(2.7 * len(cosines) + 0.8, 2.9), sharey=True, squeeze=False
    )
    for axes, (pair, seeds) in zip(panels[0], cosines.items(), strict=True):
        runs = np.asarray(seeds)  # (seed, step)
        axes.axhline(0, color=BASELINE, linestyle="--", linewidth=1.2)
        axes.plot(steps, runs.mean(axis=0), color=INK, marker="o", ms=3)
        axes.fill_between(steps, runs.min(axis=0), runs.max(axis=0), color=INK, alpha=0.15)
        axes.set(title=pair, xlabel="training step", ylim=(-1.05, 1.05))
    panels[0, 0].set_ylabel("cosine of the gradients")
    said = [f"{pair} {np.mean(seeds):+.2f}" for pair, seeds in cosines.items()]
    line = f"Cosine of two tasks' gradients, mean over training: {', '.join(said)}."
    return describe(figure, line.replace("-", "−"))
