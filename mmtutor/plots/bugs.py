"""What does a bug cost? Shares right as a table of colours, and examples as a network gets them."""

from collections.abc import Mapping, Sequence
from statistics import mean, stdev
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float, UInt8
from matplotlib.figure import Figure
from torch import Tensor

from mmtutor.plots.attention import number_cells
from mmtutor.plots.describe import as_array, as_picture, describe
from mmtutor.plots.style import ATTENTION, BASELINE, FUSED, INK

Shares = Mapping[str, Mapping[str, float]]
"""By row and column, a share from 0 to 1."""


def share_table(panels: Mapping[str, Shares], text: str) -> Figure:
    """Which row is right about which question? A small table for each entry of `panels`.

    A panel's rows and columns are named; every cell has its number and its colour, from 0 to 1.
    """
    longest = max(len(rows) for rows in panels.values())
    widest = max(room(rows) for rows in panels.values())
    size = (widest * len(panels), 0.6 + 0.27 * longest)
    figure, axes = plt.subplots(1, len(panels), figsize=size, squeeze=False)
    for panel, (title, rows) in zip(axes[0], panels.items(), strict=True):
        columns = list(next(iter(rows.values())))
        table = np.array([[shares[column] for column in columns] for shares in rows.values()])
        panel.imshow(table, vmin=0, vmax=1, cmap=ATTENTION, aspect="auto")
        number_cells(panel, table, 1.0)
        panel.set_ylim(longest - 0.5, -0.5)  # so that rows are as high in every panel
        panel.spines[:].set_visible(False)
        panel.set_xticks(range(len(columns)), columns)
        panel.set_yticks(range(len(rows)), list(rows))
        panel.xaxis.tick_top()
        panel.tick_params(length=0)
        panel.set_title(title, pad=8)
    return describe(figure, text)


def room(rows: Shares) -> float:
    """Return the inches that a table needs so that no name touches the next."""
    columns = list(next(iter(rows.values())))
    each = 0.085 * max(len(name) for name in columns) + 0.15
    return max(3.6, 0.085 * max(len(name) for name in rows) + each * len(columns))


SILENCE = {(False, True): "silent", (True, False): "at test", (True, True): "always"}
"""What stands beside a bug that is silent in both, at test alone, or wherever it is."""


class Cost(NamedTuple):
    """What a bug costs: shares right from 0 to 1, one for each seed, of one question.

    `silent` says whether nobody would notice, with the bug at test and with the bug in both.
    """

    name: str
    question: str
    at_test: Sequence[float]
    in_both: Sequence[float]
    silent: tuple[bool, bool]


def cost_columns(panels: Mapping[str, Sequence[Cost]]) -> Figure:
    """What does a bug cost at test, and in training and test alike? A panel a modality.

    Every cell has its colour, from 0 to 1, and mean ± standard deviation over seeds in percent;
    where nobody would notice, that stands beside the row. The first row is that without a bug.
    """
    longest = max(len(costs) for costs in panels.values())
    size = (3.9 * len(panels), 0.6 + 0.29 * longest)
    figure, axes = plt.subplots(1, len(panels), figsize=size, squeeze=False)
    for panel, (title, costs) in zip(axes[0], panels.items(), strict=True):
        table = np.array([[mean(cost.at_test), mean(cost.in_both)] for cost in costs])
        panel.imshow(table, vmin=0, vmax=1, cmap=ATTENTION, aspect="auto")
        for row, cost in enumerate(costs):
            for column, shares in enumerate((cost.at_test, cost.in_both)):
                said = f"{100 * mean(shares):.1f} ± {100 * stdev(shares):.1f}"
                color = "black" if table[row, column] > 0.55 else "white"
                panel.text(column, row, said, ha="center", va="center", color=color, fontsize=8.5)
            if row and any(cost.silent):
                panel.text(1.57, row, SILENCE[cost.silent], va="center", fontsize=8.5)
        panel.set(xlim=(-0.5, 2.1), ylim=(longest - 0.5, -0.5))
        panel.set_xticks([0, 1], ["at test", "in both"])
        panel.set_yticks(range(len(costs)), [f"{c.name}: {c.question}" for c in costs], fontsize=9)
        panel.xaxis.tick_top()
        panel.tick_params(length=0)
        panel.spines[:].set_visible(False)
        panel.set_title(title, pad=8)
    return describe(figure, in_words(panels))


def in_words(panels: Mapping[str, Sequence[Cost]]) -> str:
    """Return the names of the bugs that are silent in both, by panel."""
    silent = {
        title: [cost.name for cost in costs[1:] if cost.silent[1]]
        for title, costs in panels.items()
    }
    named = "; ".join(f"{title}: {', '.join(names) or 'none'}" for title, names in silent.items())
    return f"Shares right with a bug at test, and in training and test; silent in both are {named}."


def prepared_pictures(
    pictures: Mapping[str, UInt8[Tensor, "high wide 3"]], said: Mapping[str, str], columns: int = 6
) -> Figure:
    """What does the network get? One picture in every preparation, and what a reader says of it.

    Both have the same names.
    """
    rows = -(-len(pictures) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(1.75 * columns, 2.3 * rows), squeeze=False)
    for panel in axes.flat:
        panel.set(xticks=[], yticks=[])
        panel.spines[:].set(visible=True, color=BASELINE, linewidth=0.5)
    for panel in axes.flat[len(pictures) :]:
        panel.set_axis_off()
    for panel, (name, picture) in zip(axes.flat, pictures.items(), strict=False):
        panel.imshow(as_picture(picture), interpolation="nearest")
        panel.set_title(f"{name}\n{said[name]}", fontsize=8.5)
    names = ", ".join(pictures)
    return describe(figure, f"One picture prepared in {len(pictures)} ways: {names}.")


def found_lags(
    true: Float[Tensor, " film"], found: Mapping[str, Float[Tensor, " film"]], near: float | int
) -> Figure:
    """Which method finds by how much a sound is late? A dot a film, a panel a method.

    On the diagonal what is found is true; `near` is the error, in milliseconds, that is allowed.
    """
    figure, axes = plt.subplots(
        1, len(found), figsize=(2.7 * len(found), 2.9), sharex=True, sharey=True, squeeze=False
    )
    ends, said = [float(true.min()), float(true.max())], []
    for panel, (name, lags) in zip(axes[0], found.items(), strict=True):
        share = float(((lags - true).abs() <= near).float().mean())
        panel.plot(ends, ends, color=BASELINE, linestyle="--", linewidth=1)
        panel.scatter(as_array(true), as_array(lags), s=5, color=FUSED if share > 0.5 else INK)
        panel.set_title(f"{name}: {share:.0%} within {near:g} ms", fontsize=10)
        panel.set_xlabel("true lag in ms")
        said.append(f"{name} {share:.0%}")
    axes[0, 0].set_ylabel("found lag in ms")
    what = f"Found lag over true lag of {len(true)} films, a panel a method"
    return describe(figure, f"{what}; within {near:g} milliseconds: {', '.join(said)}.")
