"""Where does it look? Attention maps over words, at one moment or many."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure
from torch import Tensor

from mmtutor.plots.describe import as_array, describe
from mmtutor.plots.style import ATTENTION


def attention_maps(
    maps: Float[Tensor, "heads query key"] | Float[np.ndarray, "heads query key"],
    queries: Sequence[str],
    keys: Sequence[str],
    titles: Sequence[str] | None = None,
) -> Figure:
    """Where does each head look? One panel per head, one bar from 0 to the largest weight for all.

    Args:
        maps: attention weights; a row is a query, and its weights over the keys sum to 1.
        queries: the label of each row (who looks).
        keys: the label of each column (where it looks).
        titles: one per panel; "head 0", "head 1" … if left out.

    Raises:
        ValueError: the labels do not match the maps' shape.
    """
    array = as_array(maps)
    _check_labels(array, queries, keys)
    titles = list(titles or (f"head {head}" for head in range(len(array))))
    if len(titles) != len(array):
        raise ValueError(f"{len(titles)} titles for {len(array)} maps: give one title per map.")
    figure = _map_panels(array, queries, keys, titles)
    lines = [
        f"{title}: {_strongest(one, queries, keys)}"
        for title, one in zip(titles, array, strict=True)
    ]
    return describe(figure, f"Attention weights, one map per panel. {shorten(lines)}.")


def attention_history(
    maps: Float[Tensor, "steps query key"] | Float[np.ndarray, "steps query key"],
    steps: Sequence[int],
    queries: Sequence[str],
    keys: Sequence[str],
) -> Figure:
    """How did a map form? At most six moments of training in a row, under one bar.

    The static twin of the slider in `mmtutor.widgets.AttentionExplorer`.

    Args:
        maps: one head's attention weights at each of the saved training steps.
        steps: the number of each training step.
        queries: the label of each row (who looks).
        keys: the label of each column (where it looks).

    Raises:
        ValueError: steps or labels do not match the maps' shape.
    """
    array = as_array(maps)
    _check_labels(array, queries, keys)
    if len(steps) != len(array):
        raise ValueError(f"{len(steps)} steps for {len(array)} maps: give one step per map.")
    chosen = np.unique(np.linspace(0, len(array) - 1, min(6, len(array))).round().astype(int))
    titles = [f"step {steps[index]}" for index in chosen]
    figure = _map_panels(array[chosen], queries, keys, titles, columns=len(chosen))
    ends = [f"at {titles[end]}: {_strongest(array[chosen[end]], queries, keys)}" for end in (0, -1)]
    return describe(
        figure, f"One attention map at {len(chosen)} training steps; {'; '.join(ends)}."
    )


def _check_labels(maps: np.ndarray, queries: Sequence[str], keys: Sequence[str]) -> None:
    """Raise a ValueError unless there is one label per query and per key."""
    for name, labels, size in (("queries", queries, maps.shape[1]), ("keys", keys, maps.shape[2])):
        if len(labels) != size:
            raise ValueError(f"{len(labels)} labels in {name}, but the maps have {size} {name}.")


def largest(weights: np.ndarray) -> float:
    """The end of the colour bar: the largest weight shown, or 1 where all weights are 0."""
    return float(weights.max()) or 1.0


def _map_panels(
    maps: np.ndarray,
    queries: Sequence[str],
    keys: Sequence[str],
    titles: Sequence[str],
    columns: int | None = None,
) -> Figure:
    """One heat map per panel on a common scale, as many side by side as fit a page."""
    longest = max(len(queries), len(keys))
    numbered = longest <= 8 and columns is None
    side = 1.2 if columns else 0.46 * longest if numbered else np.clip(0.17 * longest, 1.2, 3.2)
    cell = float(side) / longest  # inches
    columns = columns or max(1, min(len(maps), int(8 // (cell * len(keys) + 0.2))))
    figure, axes = _empty_panels(-(-len(maps) // columns), columns, cell, queries, keys)
    top = largest(maps)
    for panel, weights, title in zip(axes.flat, maps, titles, strict=False):
        image = panel.imshow(weights, vmin=0, vmax=top, cmap=ATTENTION, interpolation="nearest")
        panel.set_title(title)
        if numbered:
            number_cells(panel, weights, top)
    _label_panels(axes, len(maps), queries, keys, cell)
    weight_bar(figure, image, axes)
    return figure


def _empty_panels(
    rows: int, columns: int, cell: float, queries: Sequence[str], keys: Sequence[str]
) -> tuple[Figure, np.ndarray]:
    """A grid of empty panels, as large as cells of that size in inches and their labels need."""
    wide = columns * (cell * len(keys) + 0.2) + 0.085 * max(map(len, queries)) + 1.4
    high = rows * (cell * len(queries) + 0.4) + 0.085 * max(map(len, keys)) + 0.4
    figure, axes = plt.subplots(
        rows, columns, figsize=(wide, high), sharex=True, sharey=True, squeeze=False
    )
    figure.supylabel("query (who looks)", fontsize=11)
    figure.supxlabel("key (where)", fontsize=11)
    return figure, axes


def number_cells(axes: Axes, weights: np.ndarray, top: float) -> None:
    """Write each weight into its cell, in black or white, whichever reads."""
    for (row, column), weight in np.ndenumerate(weights):
        color = "black" if weight > 0.55 * top else "white"
        axes.text(column, row, f"{weight:.2f}", ha="center", va="center", color=color, fontsize=9)


def _label_panels(
    axes: np.ndarray, used: int, queries: Sequence[str], keys: Sequence[str], cell: float
) -> None:
    """Token labels on the outer edges, as many as cells of that size in inches have room for."""
    every = max(1, round(0.15 / cell))
    for panel in axes.flat[used:]:
        panel.set_visible(False)
    rows, columns = range(0, len(queries), every), range(0, len(keys), every)
    axes[0, 0].set_yticks(rows, queries[::every], fontsize=10)
    turn = 90 if 0.11 * max(map(len, keys)) > cell else 0
    for index in range(axes.shape[1]):
        lowest = [panel for panel in axes[:, index] if panel.get_visible()][-1]
        lowest.set_xticks(columns, keys[::every], rotation=turn, fontsize=10)
        lowest.tick_params(labelbottom=True)
    for panel in axes.flat:
        panel.tick_params(length=0)
        panel.spines[:].set_visible(False)


def weight_bar(
    figure: Figure,
    scale: ScalarMappable,
    axes: Sequence[Axes] | np.ndarray,
    name: str = "attention weight",
) -> Colorbar:
    """The bar that every attention picture has: from 0 to the largest weight shown."""
    top = scale.norm.vmax
    bar = figure.colorbar(scale, ax=axes, ticks=[0, top / 2, top], format="%.2f", aspect=25)
    bar.set_label(name)
    bar.outline.set_visible(False)
    return bar


def _strongest(weights: np.ndarray, queries: Sequence[str], keys: Sequence[str]) -> str:
    """The largest weight of a map in words: who looks, where, how much."""
    query, key = np.unravel_index(weights.argmax(), weights.shape)
    return f"{queries[query]} looks most at {keys[key]}, {weights.max():.2f}"


def shorten(lines: Sequence[str], limit: int = 4) -> str:
    """The first few of many sentences, and how many more there are."""
    rest = [f"and {len(lines) - limit} more"] if len(lines) > limit else []
    return "; ".join([*lines[:limit], *rest])
