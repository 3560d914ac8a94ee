"""The course's pictures: one matplotlib figure per question, one visual language for all of them.

A colour means the same thing in every lesson. Attention always has the same map and the same bar
from 0 to its maximum. Chance and baselines are grey dashed lines with their name on them. Figures
carry their own white ground, so that they read on a light and on a dark page.

Every function returns a `matplotlib.figure.Figure` that has been through `describe`: a notebook
shows it once, with one line of text under it for those who cannot see it, whether the cell ends in
a semicolon or not.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from html import escape
from itertools import cycle
from typing import Protocol, runtime_checkable

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float, Shaped
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from torch import Tensor

TEXT = "#0072B2"
"""Whatever comes from words (blue of the Okabe-Ito palette, safe for colour-blind readers)."""
PICTURE = "#D55E00"
"""Whatever comes from pictures (vermilion)."""
SOUND = "#009E73"
"""Whatever comes from sound (green)."""
FUSED = "#CC79A7"
"""Whatever has met: the fused code (purple)."""
QUERY = "#56B4E9"
"""Queries (sky blue)."""
KEY = "#E69F00"
"""Keys (orange)."""
BASELINE = "#7F7F7F"
"""Chance levels and baselines, always dashed."""
INK = "#222222"
"""What belongs to no modality: losses and metrics."""
ATTENTION = "viridis"
"""The colour map of attention weights, always from 0 to the largest weight shown."""

STYLE = {
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "figure.constrained_layout.use": True,
    "font.size": 11,
    "axes.titlesize": 11,
    "axes.labelsize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": mpl.cycler(color=[TEXT, PICTURE, SOUND, FUSED, QUERY, KEY]),
    "legend.frameon": False,
    "image.cmap": ATTENTION,
}

mpl.rcParams.update(STYLE)


def baseline(axes: Axes, value: float, name: str) -> None:
    """Draw a chance level or baseline across `axes`: grey, dashed, with name and number on it."""
    axes.axhline(value, color=BASELINE, linestyle="--", linewidth=1.2)
    axes.annotate(
        f"{name}: {value:.3g}",
        (1.0, value),
        xycoords=("axes fraction", "data"),
        xytext=(-4, 3),
        textcoords="offset points",
        ha="right",
        va="bottom",
        color=BASELINE,
        fontsize=10,
    )


# Figures that say what they show ------------------------------------------------------------------


def describe(figure: Figure, text: str) -> Figure:
    """Attach one line of text to a figure: what it shows, for those who cannot see it.

    The line is kept as `figure.description`. A notebook that shows the figure stores the line three
    times: as `alt` in the picture's metadata (nbconvert's classic template reads it; JupyterLab 4
    and nbconvert's lab template do not), as the picture's `text/plain`, and as a small sentence
    under the picture, which every reader of a notebook shows and every screen reader speaks.

    Raises:
        ValueError: the text is empty or longer than one line, or the figure has no axes yet.
    """
    if not figure.axes:
        raise ValueError("An empty figure shows nothing that could be described: draw first.")
    if not text.strip() or "\n" in text:
        raise ValueError("A figure's description is one line of text, neither empty nor longer.")
    figure.description = text
    figure._ipython_display_ = partial(_show, figure)
    return figure


def _show(figure: Figure) -> None:
    """Show a described figure in a notebook: the picture, and its sentence under it."""
    from IPython.core.pylabtools import retina_figure
    from IPython.display import display

    png, size = retina_figure(figure, base64=True)
    alt = {"image/png": {**size, "alt": figure.description}}
    display({"image/png": png, "text/plain": figure.description}, metadata=alt, raw=True)
    sentence = f"<p><small>{escape(figure.description)}</small></p>"
    display({"text/html": sentence, "text/plain": figure.description}, raw=True)
    plt.close(figure)  # else the inline backend shows it a second time when the cell ends


def as_array(
    values: Shaped[Tensor, "..."] | Shaped[np.ndarray, "..."],
) -> Shaped[np.ndarray, "..."]:
    """A NumPy array of a tensor on any device, of any dtype, with or without a gradient."""
    if isinstance(values, Tensor):
        values = values.detach().cpu()
        values = values.float() if values.is_floating_point() else values
    return np.asarray(values)


def as_picture(
    picture: Shaped[Tensor, "height width 3"] | Shaped[np.ndarray, "height width 3"],
) -> Shaped[np.ndarray, "height width 3"]:
    """A picture as bytes from 0 to 255, from bytes or from floats between 0 and 1.

    Raises:
        ValueError: not (height, width, 3), or floats outside 0 to 1.
    """
    array = as_array(picture)
    if array.ndim != 3 or array.shape[2] != 3:
        raise ValueError(f"A picture must have the shape (height, width, 3), not {array.shape}.")
    if array.dtype == np.uint8:
        return array
    if not (array.min() >= 0 and array.max() <= 1):
        raise ValueError("A picture must hold floats between 0 and 1, or bytes (uint8).")
    return (array * 255).round().astype(np.uint8)


# Attention ----------------------------------------------------------------------------------------


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
    return describe(figure, f"Attention weights, one map per panel. {_shorten(lines)}.")


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


def attention_over_picture(
    picture: Shaped[Tensor, "height width 3"] | Shaped[np.ndarray, "height width 3"],
    weights: Float[Tensor, "..."] | Float[np.ndarray, "..."],
    grid: tuple[int, int],
    boxes: Sequence[Sequence[float]] | None = None,
    title: str | None = None,
) -> Figure:
    """Where in the picture does it look? The picture, and beside it the same under its weights.

    A strong weight also covers more, so that what the query ignores stays visible.

    Args:
        picture: floats from 0 to 1, or bytes.
        weights: one attention weight per patch in reading order, or of the grid's own shape.
        grid: rows and columns of patches.
        boxes: (left, top, right, bottom) in pixels, right and bottom exclusive, of the objects that
            the query is about: the truth to compare with.
        title: what is looked for, such as "umbrella".

    Raises:
        ValueError: not a picture, or not one weight per patch.
    """
    pixels, array = as_picture(picture), as_array(weights)
    if array.size != grid[0] * grid[1]:
        raise ValueError(f"{array.size} weights for a grid of {grid[0]} x {grid[1]} patches.")
    array = array.reshape(grid)
    figure, (plain, seen) = plt.subplots(1, 2, figsize=(7.4, 3.4), sharex=True, sharey=True)
    _draw_picture(plain, pixels, boxes)
    plain.set_title("the picture" + (", true box in white" if boxes else ""))
    _draw_picture(seen, pixels, boxes)
    overlay = _draw_overlay(seen, pixels, array)
    seen.set_title(f"looking for: {title}" if title else "where it looks")
    _weight_bar(figure, overlay, [plain, seen])
    row, column = np.unravel_index(array.argmax(), grid)
    who = f"“{title}”" if title else "The query"
    where = f"patch row {row}, column {column} of {grid[0]} x {grid[1]}"
    return describe(figure, f"{who} looks most at {where}: {array.max():.2f}.")


def _check_labels(maps: np.ndarray, queries: Sequence[str], keys: Sequence[str]) -> None:
    """Raise a ValueError unless there is one label per query and per key."""
    for name, labels, size in (("queries", queries, maps.shape[1]), ("keys", keys, maps.shape[2])):
        if len(labels) != size:
            raise ValueError(f"{len(labels)} labels in {name}, but the maps have {size} {name}.")


def _top(weights: np.ndarray) -> float:
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
    top = _top(maps)
    for panel, weights, title in zip(axes.flat, maps, titles, strict=False):
        image = panel.imshow(weights, vmin=0, vmax=top, cmap=ATTENTION, interpolation="nearest")
        panel.set_title(title)
        if numbered:
            _number_cells(panel, weights, top)
    _label_panels(axes, len(maps), queries, keys, cell)
    _weight_bar(figure, image, axes)
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


def _number_cells(axes: Axes, weights: np.ndarray, top: float) -> None:
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


def _weight_bar(figure: Figure, image: AxesImage, axes: Sequence[Axes] | np.ndarray) -> None:
    """The bar that every attention picture has: from 0 to the largest weight shown."""
    top = image.norm.vmax
    bar = figure.colorbar(image, ax=axes, ticks=[0, top / 2, top], format="%.2f", aspect=25)
    bar.set_label("attention weight")
    bar.outline.set_visible(False)


def _draw_picture(axes: Axes, pixels: np.ndarray, boxes: Sequence[Sequence[float]] | None) -> None:
    """The picture with the objects' true boxes, in pixels."""
    height, width = pixels.shape[:2]
    axes.imshow(pixels, extent=(0, width, height, 0), interpolation="nearest")
    axes.set_axis_off()
    for left, top, right, bottom in boxes or ():
        for color, thickness in (("black", 4), ("white", 2)):
            frame = Rectangle((left, top), right - left, bottom - top, fill=False)
            frame.set(edgecolor=color, linewidth=thickness)
            axes.add_patch(frame)


def _draw_overlay(axes: Axes, pixels: np.ndarray, weights: np.ndarray) -> AxesImage:
    """The weights, see-through, one flat square per patch; the largest outlined and numbered."""
    height, width = pixels.shape[:2]
    top = _top(weights)
    image = axes.imshow(weights, extent=(0, width, height, 0), cmap=ATTENTION, vmin=0, vmax=top)
    image.set_alpha(0.35 + 0.25 * weights / top)  # what it does not look at stays visible
    row, column = np.unravel_index(weights.argmax(), weights.shape)
    high, wide = height / weights.shape[0], width / weights.shape[1]
    frame = Rectangle((column * wide, row * high), wide, high, fill=False)
    axes.add_patch(frame)
    frame.set(edgecolor=KEY, linewidth=3)
    middle = (column + 0.5) * wide, (row + 0.5) * high
    number = axes.annotate(f"{weights.max():.2f}", middle, ha="center", va="center")
    number.set(bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5})
    return image


def _strongest(weights: np.ndarray, queries: Sequence[str], keys: Sequence[str]) -> str:
    """The largest weight of a map in words: who looks, where, how much."""
    query, key = np.unravel_index(weights.argmax(), weights.shape)
    return f"{queries[query]} looks most at {keys[key]}, {weights.max():.2f}"


def _shorten(lines: Sequence[str], limit: int = 4) -> str:
    """The first few of many sentences, and how many more there are."""
    rest = [f"and {len(lines) - limit} more"] if len(lines) > limit else []
    return "; ".join([*lines[:limit], *rest])


# Training -----------------------------------------------------------------------------------------


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
        baseline(axes, level, name)
    axes.set(xlabel="training step", ylabel=" / ".join(metrics))
    axes.margins(y=0.12)
    if len(metrics) > 1:
        axes.legend()


def _curve_in_words(history: Curve, baselines: Mapping[str, float]) -> str:
    """The two ends of the loss, the last value of each metric, and the baselines."""
    words = [f"loss from {history.losses[0]:.3g} to {history.losses[-1]:.3g}"]
    words += [f"{name} {points[-1][1]:.3g} at the end" for name, points in history.metrics.items()]
    words += [f"{name} {level:.3g}" for name, level in baselines.items()]
    return f"Training over {history.steps[-1]} steps: {', '.join(words)}."
