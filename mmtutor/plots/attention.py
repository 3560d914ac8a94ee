"""Where does it look? Attention maps, over words and over a picture, at one moment or many."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float, Shaped
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from torch import Tensor

from mmtutor.plots.describe import as_array, as_picture, describe
from mmtutor.plots.style import ATTENTION, KEY


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
    boxes: Sequence[Sequence[float | int]] | None = None,
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
    plain.set_title("the picture" + (", true box framed" if boxes else ""))
    _draw_picture(seen, pixels, boxes)
    overlay = _draw_overlay(seen, pixels, array, _top(array))
    middle = _frame_strongest(seen, pixels, array)
    number = seen.annotate(f"{array.max():.2f}", middle, ha="center", va="center")
    number.set(bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5})
    seen.set_title(f"looking for: {title}" if title else "where it looks")
    _weight_bar(figure, overlay, [plain, seen])
    row, column = np.unravel_index(array.argmax(), grid)
    who = f"“{title}”" if title else "The query"
    where = f"patch row {row}, column {column} of {grid[0]} x {grid[1]}"
    return describe(figure, f"{who} looks most at {where}: {array.max():.2f}.")


def attention_over_pictures(
    pictures: Sequence[Shaped[Tensor, "height width 3"] | Shaped[np.ndarray, "height width 3"]],
    weights: Float[Tensor, "picture patch"] | Float[np.ndarray, "picture patch"],
    grid: tuple[int, int],
    titles: Sequence[str],
    boxes: Sequence[Sequence[float | int] | None] | None = None,
    weight_name: str = "attention weight",
) -> Figure:
    """Where does it look in each of several pictures? The weights, smoothed, over each picture.

    A weight belongs to a whole patch: between the patches' middles the colours are interpolated.
    The strongest patch is framed; its weight stands in the title. One bar serves all pictures.

    Args:
        pictures: floats from 0 to 1, or bytes.
        weights: one weight per patch, in reading order, for each picture.
        grid: rows and columns of patches.
        titles: what is looked for in each picture.
        boxes: the true box of each picture's object (left, top, right, bottom), or None.
        weight_name: what stands beside the bar, where the weights are no attention.

    Raises:
        ValueError: not a picture, or not one row of weights and one title per picture.
    """
    array = as_array(weights)
    if not len(pictures) == len(array) == len(titles):
        raise ValueError(
            f"{len(pictures)} pictures, {len(array)} rows of weights and {len(titles)} titles: "
            "give one of each per picture."
        )
    array, top = array.reshape(-1, *grid), _top(array)
    columns = min(5, len(pictures))
    rows = -(-len(pictures) // columns)
    size = (1.9 * columns + 1.2, 2.15 * rows)
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
    for panel in axes.flat[len(pictures) :]:
        panel.set_visible(False)
    for index, panel in enumerate(axes.flat[: len(pictures)]):
        pixels, one = as_picture(pictures[index]), array[index]
        box = boxes[index] if boxes else None
        _draw_picture(panel, pixels, None if box is None else [box])
        overlay = _draw_smooth(panel, pixels, one, top)
        _frame_strongest(panel, pixels, one)
        panel.set_title(f"{titles[index]}: {one.max():.2f}", fontsize=10)
    _weight_bar(figure, overlay, axes, weight_name)
    lines = [f"{title}: {one.max():.2f}" for title, one in zip(titles, array, strict=True)]
    return describe(figure, f"Where each picture has its largest {weight_name}: {_shorten(lines)}.")


def attention_over_picture_history(
    picture: Shaped[Tensor, "height width 3"] | Shaped[np.ndarray, "height width 3"],
    weights: Float[Tensor, "steps patch"] | Float[np.ndarray, "steps patch"],
    grid: tuple[int, int],
    steps: Sequence[int],
    title: str,
) -> Figure:
    """How did a look form? The picture under its weights at each of a few training steps.

    Args:
        picture: floats from 0 to 1, or bytes.
        weights: one attention weight per patch, in reading order, at each step.
        grid: rows and columns of patches.
        steps: the number of each training step.
        title: what is looked for, such as "umbrella".

    Raises:
        ValueError: not a picture, or not one row of weights per step.
    """
    pixels, array = as_picture(picture), as_array(weights)
    if len(steps) != len(array):
        raise ValueError(f"{len(steps)} steps for {len(array)} rows of weights.")
    array = array.reshape(len(steps), *grid)
    wide = 1.75 * len(steps) + 1.0
    figure, axes = plt.subplots(1, len(steps), figsize=(wide, 2.2), squeeze=False)
    for panel, one, step in zip(axes[0], array, steps, strict=True):
        _draw_picture(panel, pixels, None)
        overlay = _draw_overlay(panel, pixels, one, _top(array))
        _frame_strongest(panel, pixels, one)
        panel.set_title(f"step {step}: {one.max():.2f}")
    _weight_bar(figure, overlay, axes)
    ends = " to ".join(f"{array[end].max():.2f} at step {steps[end]}" for end in (0, -1))
    return describe(figure, f"“{title}” over training: its largest weight goes from {ends}.")


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
            number_cells(panel, weights, top)
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


def _weight_bar(
    figure: Figure,
    image: AxesImage,
    axes: Sequence[Axes] | np.ndarray,
    name: str = "attention weight",
) -> None:
    """The bar that every attention picture has: from 0 to the largest weight shown."""
    top = image.norm.vmax
    bar = figure.colorbar(image, ax=axes, ticks=[0, top / 2, top], format="%.2f", aspect=25)
    bar.set_label(name)
    bar.outline.set_visible(False)


def _draw_picture(
    axes: Axes, pixels: np.ndarray, boxes: Sequence[Sequence[float | int]] | None
) -> None:
    """The picture with the objects' true boxes, in pixels."""
    height, width = pixels.shape[:2]
    axes.imshow(pixels, extent=(0, width, height, 0), interpolation="nearest")
    axes.set_axis_off()
    for left, top, right, bottom in boxes or ():
        for color, thickness in (("black", 4), ("white", 2)):
            frame = Rectangle((left, top), right - left, bottom - top, fill=False)
            frame.set(edgecolor=color, linewidth=thickness)
            axes.add_patch(frame)


def _draw_overlay(axes: Axes, pixels: np.ndarray, weights: np.ndarray, top: float) -> AxesImage:
    """The weights, see-through, one flat square per patch."""
    height, width = pixels.shape[:2]
    image = axes.imshow(weights, extent=(0, width, height, 0), cmap=ATTENTION, vmin=0, vmax=top)
    image.set_alpha(0.35 + 0.25 * weights / top)  # what it does not look at stays visible
    return image


def _draw_smooth(axes: Axes, pixels: np.ndarray, weights: np.ndarray, top: float) -> AxesImage:
    """The weights, see-through, upsampled to the picture's own size."""
    from torch import from_numpy
    from torch.nn.functional import interpolate

    height, width = pixels.shape[:2]
    small = from_numpy(np.ascontiguousarray(weights, dtype=np.float32))[None, None]
    large = interpolate(small, (height, width), mode="bilinear")[0, 0].numpy()
    image = axes.imshow(large, extent=(0, width, height, 0), cmap=ATTENTION, vmin=0, vmax=top)
    image.set_alpha(0.3 + 0.5 * (large / top).clip(0, 1))
    return image


def _frame_strongest(axes: Axes, pixels: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Outline the patch with the largest weight, and return its middle in pixels."""
    height, width = pixels.shape[:2]
    row, column = np.unravel_index(weights.argmax(), weights.shape)
    high, wide = height / weights.shape[0], width / weights.shape[1]
    frame = Rectangle((column * wide, row * high), wide, high, fill=False)
    axes.add_patch(frame)
    frame.set(edgecolor=KEY, linewidth=3)
    return float((column + 0.5) * wide), float((row + 0.5) * high)


def _strongest(weights: np.ndarray, queries: Sequence[str], keys: Sequence[str]) -> str:
    """The largest weight of a map in words: who looks, where, how much."""
    query, key = np.unravel_index(weights.argmax(), weights.shape)
    return f"{queries[query]} looks most at {keys[key]}, {weights.max():.2f}"


def _shorten(lines: Sequence[str], limit: int = 4) -> str:
    """The first few of many sentences, and how many more there are."""
    rest = [f"and {len(lines) - limit} more"] if len(lines) > limit else []
    return "; ".join([*lines[:limit], *rest])
