"""How do these numbers compare? Bars, curves, vectors and small tables of numbers as pictures."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float, Shaped
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter
from torch import Tensor

from mmtutor.plots.attention import number_cells
from mmtutor.plots.describe import as_array, describe
from mmtutor.plots.style import ATTENTION, FUSED, INK, KEY, QUERY, baseline

Numbers = Sequence[float] | Shaped[Tensor, " n"] | Shaped[np.ndarray, " n"]


def bars(
    heights: Mapping[str, Numbers],
    labels: Sequence[str],
    ylabel: str,
    text: str,
    color: str = KEY,
) -> Figure:
    """One panel of bars for each entry of `heights`, all on one scale, the number on each bar.

    `text` is the line that says what the figure shows.
    """
    longest = max(len(line) for label in labels for line in label.split("\n"))
    wide = max(2.4, 0.1 * longest * len(labels) + 0.8)  # so that no label touches the next
    figure, axes = plt.subplots(
        1, len(heights), figsize=(wide * len(heights), 2.6), sharey=True, squeeze=False
    )
    for panel, (title, values) in zip(axes[0], heights.items(), strict=True):
        numbers = as_numbers(values)
        drawn = panel.bar(range(len(numbers)), numbers, color=color)
        panel.bar_label(drawn, [f"{number:.2f}" for number in numbers], fontsize=9)
        panel.set_xticks(range(len(labels)), labels)
        panel.set_title(title)
    axes[0, 0].set_ylabel(ylabel)
    axes[0, 0].margins(y=0.15)
    return describe(figure, text)


def named_bars(panels: Mapping[str, Mapping[str, float]], ylabel: str, color: str = KEY) -> Figure:
    """Who scores what? One panel of bars for each entry of `panels`: names and their numbers.

    All panels have the names of the first, in its order; long names are broken into lines.

    Raises:
        ValueError: a panel has other names than the first.
    """
    names = list(next(iter(panels.values())))
    if any(set(numbers) != set(names) for numbers in panels.values()):
        raise ValueError(f"Every panel needs a number for each of {', '.join(names)}.")
    heights = {title: [numbers[name] for name in names] for title, numbers in panels.items()}
    said = [
        f"{title}: {', '.join(f'{name} {numbers[name]:.3g}' for name in names)}"
        for title, numbers in panels.items()
    ]
    labels = [fill(name, 9, break_long_words=False) for name in names]
    return bars(heights, labels, ylabel, "; ".join(said) + ".", color)


def curves(
    x: Numbers,
    lines: Mapping[str, Numbers],
    xlabel: str,
    ylabel: str,
    text: str,
    baselines: Mapping[str, float] | None = None,
    log: str = "",
    bottom: float = 0.0,
    beside: bool = False,
) -> Figure:
    """One line per entry of `lines` over `x`; the axes named in `log` count in factors of 2.

    `log` is "", "x" or "xy"; `baselines` are grey dashed lines with their names; a linear y-axis
    begins at `bottom`; the names stand within the axes or `beside` them. `text` says what the
    figure shows.
    """
    figure, axes = plt.subplots(figsize=(8.4 if beside else 5.6, 3.4))
    styles = cycle(((INK, "-", "o"), (QUERY, "--", "s"), (KEY, "-.", "^"), (FUSED, ":", "D")))
    for (name, values), (color, dash, marker) in zip(lines.items(), styles, strict=False):
        axes.plot(as_numbers(x), as_numbers(values), dash, color=color, marker=marker, label=name)
    if "x" in log:
        axes.set_xscale("log", base=2)
        axes.set_xticks(as_numbers(x), [f"{value:g}" for value in as_numbers(x)])
    if "y" in log:
        axes.set_yscale("log", base=2)
        lowest, highest = axes.get_ylim()
        if highest < 4 * lowest:  # one power of 2, or none: label places between them, too
            axes.yaxis.set_major_locator(LogLocator(base=2, subs=(1, 1.25, 1.5, 1.75)))
            axes.yaxis.set_minor_formatter(NullFormatter())
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    else:
        axes.set_ylim(bottom=bottom)
    for name, level in (baselines or {}).items():
        baseline(axes, level, name)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    if len(lines) > 1:
        axes.legend(**({"loc": "upper left", "bbox_to_anchor": (1.02, 1.0)} if beside else {}))
    return describe(figure, text)


def heat_map(
    tables: Mapping[str, Float[Tensor, "row column"]], xlabel: str, ylabel: str, text: str
) -> Figure:
    """Small tables of numbers side by side, each number written into its cell, on one scale."""
    columns = max(table.shape[1] for table in tables.values())
    wide = max(3.0, 0.6 * columns)  # so that no number touches the next
    figure, axes = plt.subplots(
        1, len(tables), figsize=(wide * len(tables), wide - 0.1), sharey=True, squeeze=False
    )
    top = max(float(table.nan_to_num().max()) for table in tables.values())
    for panel, (title, table) in zip(axes[0], tables.items(), strict=True):
        panel.imshow(as_array(table), vmin=0, vmax=top, cmap=ATTENTION)
        number_cells(panel, as_array(table), top)
        panel.set(title=title, xlabel=xlabel)
        panel.set_xticks(range(table.shape[1]))
        panel.set_yticks(range(table.shape[0]))
    axes[0, 0].set_ylabel(ylabel)
    return describe(figure, text)


def vectors(
    query: Float[Tensor, "2"],
    keys: Float[Tensor, "key 2"],
    names: Sequence[str],
    text: str,
) -> Figure:
    """Draw a query and keys as arrows in the plane, each key with its dot product on it."""
    figure, axes = plt.subplots(figsize=(4.6, 4.2))
    arrows = [(query, QUERY, "query")]
    arrows += [
        (key, KEY, f"{name}: {float(query @ key):.1f}")
        for key, name in zip(keys, names, strict=True)
    ]
    for vector, color, label in arrows:
        x, y = vector.tolist()
        axes.annotate(
            "", (x, y), (0, 0), arrowprops={"arrowstyle": "-|>", "color": color, "lw": 2.5}
        )
        side = "left" if x >= 0 else "right"
        offset = (6 if x >= 0 else -6, -12 if label == "query" else 4)
        axes.annotate(label, (x, y), offset, textcoords="offset points", ha=side, fontsize=10)
    reach = 1.6 * max(float(query.abs().max()), float(keys.abs().max()))
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    axes.axhline(0, color="#cccccc", linewidth=0.8, zorder=0)
    axes.axvline(0, color="#cccccc", linewidth=0.8, zorder=0)
    axes.set(xlabel="first number", ylabel="second number")
    return describe(figure, text)


def as_numbers(values: Numbers) -> Shaped[np.ndarray, " n"]:
    """Return a list, tensor or array as an array."""
    return as_array(values) if isinstance(values, Tensor | np.ndarray) else np.asarray(values)
