"""How much is luck? Every seed as a dot, and bands from the lowest to the highest seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mmtutor.plots.describe import describe
from mmtutor.plots.style import BASELINE, FUSED, INK, KEY, PICTURE, QUERY, SOUND, TEXT, baseline

Runs = Mapping[str, Sequence[float | int]]
"""A name, and a number for every seed."""
MODALITIES = {"picture": PICTURE, "sound": SOUND, "text": TEXT}


def seed_dots(
    panels: Mapping[str, Runs],
    levels: Mapping[str, Mapping[str, float]],
    xlabel: str,
    xlim: tuple[float, float] | None = None,
    digits: int = 3,
) -> Figure:
    """Which is better, and by more than luck? One row per name, one dot per seed, one panel each.

    `levels` holds, by panel, the named baselines: grey dashed lines with their number on top. Rows
    whose name starts with a modality have its colour. The means have so many `digits`.
    """
    names = list(next(iter(panels.values())))
    size = (3.0 * len(panels) + 1.2, 0.27 * len(names) + 1.5)
    figure, axes = plt.subplots(1, len(panels), figsize=size, sharey=True, squeeze=False)
    for panel, (title, runs) in zip(axes[0], panels.items(), strict=True):
        _draw_rows(panel, runs, digits)
        _draw_levels(panel, levels.get(title, {}))
        panel.set(xlabel=xlabel, xlim=xlim)
        panel.set_title(title, pad=26 if len(levels.get(title, {})) > 1 else 16)
    axes[0, 0].set_yticks(range(len(names)), names)
    axes[0, 0].set_ylim(len(names) - 0.5, -0.5)  # the first on top, none at the edge
    return describe(figure, _in_words(panels, digits))


def _draw_rows(axes: Axes, runs: Runs, digits: int) -> None:
    """The dots of every row, and their mean as a number at the right edge."""
    for row, (name, values) in enumerate(runs.items()):
        color = MODALITIES.get(name.split()[0], FUSED)
        axes.scatter(values, [row] * len(values), color=color, s=26, alpha=0.7, linewidths=0)
        edge = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
        axes.annotate(
            f"{np.mean(values):.{digits}f}", (1, row), (3, 0), **edge, va="center", fontsize=9
        )
    axes.grid(axis="y", color="#eeeeee")
    axes.set_axisbelow(True)
    axes.margins(x=0.08)


def _draw_levels(axes: Axes, levels: Mapping[str, float]) -> None:
    """Named grey lines; the names stand above in two rows, so that none covers another."""
    order = sorted(levels.items(), key=lambda item: item[1])
    for number, (name, level) in enumerate(order):
        axes.axvline(level, color=BASELINE, linestyle="--", linewidth=1.2)
        side = "center" if len(order) == 1 else "right" if number == 0 else "left"
        axes.annotate(
            f"{name} {level:.3f}",
            (level, 1),
            (0, 2 + 11 * (number % 2)),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha=side,
            color=BASELINE,
            fontsize=8.5,
        )


def _in_words(panels: Mapping[str, Runs], digits: int) -> str:
    """The best and the worst row of every panel."""
    said = []
    for title, runs in panels.items():
        order = sorted(runs, key=lambda name: float(np.mean(runs[name])))
        ends = [f"{name} {np.mean(runs[name]):.{digits}f}" for name in (order[-1], order[0])]
        said.append(f"{title}: from {ends[0]} down to {ends[1]}")
    return "; ".join(said) + "."


@dataclass(frozen=True, kw_only=True)
class Lines:
    """A panel of `seed_curves`: by name, one curve over `x` for every seed."""

    x: Sequence[float | int]
    lines: Mapping[str, Sequence[Sequence[float]]]
    xlabel: str
    ylabel: str
    baselines: Mapping[str, float] = field(default_factory=dict)
    log: bool = False


def seed_curves(panels: Mapping[str, Lines], text: str) -> Figure:
    """A line for the mean over seeds, and a band from the lowest seed to the highest.

    Panels with one ylabel share one scale; one legend serves all. `text` says what is shown.
    """
    shared = len({panel.ylabel for panel in panels.values()}) == 1
    figure, axes = plt.subplots(
        1, len(panels), figsize=(4.3 * len(panels) + 1.6, 3.3), sharey=shared, squeeze=False
    )
    for axis, (title, panel) in zip(axes[0], panels.items(), strict=True):
        _draw_lines(axis, panel)
        axis.set(xlabel=panel.xlabel, ylabel=panel.ylabel, title=title)
        axis.set_ylim(bottom=0)
    named = {}  # by name, a line of any panel: it looks alike in all of them
    for axis in axes[0]:
        handles, names = axis.get_legend_handles_labels()
        named |= zip(names, handles, strict=True)
    figure.legend(named.values(), named.keys(), loc="outside right center", fontsize=9)
    return describe(figure, text)


def _draw_lines(axes: Axes, panel: Lines) -> None:
    """The lines and bands of one panel, each line with a dash and a marker of its own."""
    styles = cycle(zip((INK, QUERY, KEY, FUSED), ("-", "--", "-.", ":"), "os^D", strict=True))
    for (name, seeds), (color, dash, marker) in zip(panel.lines.items(), styles, strict=False):
        color = MODALITIES.get(name.split()[0], color)
        runs = np.asarray(seeds)  # (seed, x)
        axes.plot(panel.x, runs.mean(axis=0), dash, color=color, marker=marker, label=name)
        axes.fill_between(panel.x, runs.min(axis=0), runs.max(axis=0), color=color, alpha=0.15)
    for name, level in panel.baselines.items():
        baseline(axes, level, name)
    if panel.log:
        axes.set_xscale("log")
        axes.set_xticks(panel.x, [f"{value:g}" for value in panel.x])
        axes.minorticks_off()


def rule_tables(rules: Mapping[str, Sequence[Sequence[int]]]) -> Figure:
    """Which pair has which label? A table per rule; -1, a pair that never occurs, is left empty."""
    figure, axes = plt.subplots(1, len(rules), figsize=(3.1 * len(rules), 3.7), squeeze=False)
    for panel, (name, rule) in zip(axes[0], rules.items(), strict=True):
        table = np.ma.masked_less(np.asarray(rule), 0)
        panel.imshow(table, "cividis", alpha=0.4)
        for row, column in zip(*np.nonzero(~np.ma.getmaskarray(table)), strict=True):
            label = str(table[row, column])
            panel.annotate(label, (column, row), ha="center", va="center", fontsize=8)
        ticks = range(table.shape[0])
        panel.set(title=name, xticks=ticks, yticks=ticks, xlabel="digit in the sound")
    axes[0, 0].set_ylabel("digit in the picture")
    said = ", ".join(f"{name} ({1 + int(np.max(rule))} labels)" for name, rule in rules.items())
    return describe(figure, f"Tables of the label for every pair of digits: {said}.")
