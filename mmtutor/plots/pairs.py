"""What belongs together? Pictures beside names: every cosine, the nearest few, a map of all."""

from collections.abc import Mapping, Sequence
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float, UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from mmtutor.plots.attention import number_cells
from mmtutor.plots.describe import as_array, describe
from mmtutor.plots.letters import drawable, families
from mmtutor.plots.style import ATTENTION, BASELINE, INK

Pictures = UInt8[Tensor, "item *channels 32 32"]
GROUPS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#8C6D31", "#000000")
"""One colour for each group of a map, told apart by the colour-blind, too (Okabe and Ito)."""


def on_paper(picture: UInt8[Tensor, "*channels high wide"]) -> UInt8[np.ndarray, "high wide 3"]:
    """Return a picture to look at: gray ink becomes dark on white paper, colour stays."""
    if picture.ndim == 3:
        return as_array(picture.movedim(0, -1))
    return np.repeat(255 - as_array(picture)[..., None], 3, axis=2)


def similarity_matrix(
    pictures: Pictures, names: Sequence[str], tables: Mapping[str, Float[Tensor, "item item"]]
) -> Figure:
    """Which picture is like which name? A table of cosines for each title, pictures at its left.

    Own pairs lie on the diagonal. Cosines below 0 have the colour of 0.

    Raises:
        ValueError: not one name for each picture.
    """
    size = len(pictures)
    if len(names) != size:
        raise ValueError(f"{len(names)} names for {size} pictures.")
    figure, axes = plt.subplots(
        1, len(tables), figsize=(0.62 * size * len(tables) + 1.4, 0.62 * size + 2.2), squeeze=False
    )
    for panel, (title, table) in zip(axes[0], tables.items(), strict=True):
        panel.imshow(as_array(table), vmin=0, vmax=1, cmap=ATTENTION)
        number_cells(panel, as_array(table), 1.0)
        panel.set_xticks(range(size), [fill(name, 20) for name in names], rotation=90, fontsize=8)
        panel.set(title=title, yticks=[])
        for place, picture in enumerate(pictures):
            small = panel.inset_axes((-1.45, place - 0.45, 0.9, 0.9), transform=panel.transData)
            bare(small, picture)
    own = ", ".join(
        f"{title}: {float(table.diagonal().mean()):.2f} on the diagonal, "
        f"{float(table.mean()):.2f} in all"
        for title, table in tables.items()
    )
    return describe(figure, f"Mean cosines of {size} pictures with {size} names; {own}.")


def bare(axes: Axes, picture: UInt8[Tensor, "*channels high wide"]) -> None:
    """Draw a picture without an axis, in a thin frame."""
    axes.imshow(on_paper(picture), interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(True)
    axes.spines[:].set_color(BASELINE)


def nearest_rows(
    rows: Mapping[str, tuple[Pictures, Sequence[str]]],
    right: Mapping[str, Sequence[bool]] | None = None,
) -> Figure:
    """What is nearest to each query? A row of pictures for each, with a caption under every one.

    `right` says for each row which pictures get a thick frame. What cannot be drawn (Chinese, on a
    machine without a typeface for it) is left out of the figure; the description says it.
    """
    longest = max(len(captions) for _, captions in rows.values())
    size = (1.3 * longest + 1.5, 1.62 * len(rows))
    figure, axes = plt.subplots(len(rows), longest, figsize=size, squeeze=False)
    for line, (query, (pictures, captions)) in zip(axes, rows.items(), strict=True):
        for panel in line[len(captions) :]:
            panel.set_visible(False)
        for place, (panel, picture) in enumerate(zip(line, pictures, strict=False)):
            bare(panel, picture)
            label = fill(drawable(captions[place]), 20)
            panel.set_xlabel(label, fontsize=7.5, family=families(), labelpad=2)
            if right and right[query][place]:
                panel.spines[:].set(color=INK, linewidth=2.6)
        label = fill(drawable(query, "(Chinese)"), 18)
        line[0].set_ylabel(label, rotation=0, ha="right", va="center", family=families())
    said = "; ".join(f"“{query}”: {captions[0]}" for query, (_, captions) in rows.items())
    return describe(figure, f"The first of each row: {said}.".replace("\n", " "))


def space_map(
    points: Float[np.ndarray, "item 2"] | Float[Tensor, "item 2"],
    groups: Sequence[str],
    sides: Sequence[str],
    text: str,
) -> Figure:
    """What lies near what? Each point with the colour of its group and the mark of its side."""
    array, sides = as_array(points), np.asarray(sides)
    figure, axes = plt.subplots(figsize=(7.2, 5.0))
    colours = dict(zip(dict.fromkeys(groups), GROUPS, strict=False))
    for side, mark in zip(dict.fromkeys(sides.tolist()), "o^", strict=False):
        for group, color in colours.items():
            chosen = (sides == side) & (np.asarray(groups) == group)
            name = group if mark == "o" else None
            axes.scatter(*array[chosen].T, s=16, marker=mark, color=color, alpha=0.6, label=name)
        axes.scatter([], [], marker=mark, color=INK, label=side)
    axes.set(xticks=[], yticks=[])
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return describe(figure, text)
