"""What do the patches hold? Numbered patches, where positions lie, and what every pixel is."""

from collections.abc import Sequence

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float, Integer, Shaped
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from mmtutor.plots.describe import as_array, as_picture, describe
from mmtutor.plots.style import BASELINE, INK


def numbered_patches(
    picture: Shaped[Tensor, "height width 3"] | Shaped[np.ndarray, "height width 3"],
    grid: tuple[int, int],
    first: int = 0,
) -> Figure:
    """How does a picture become a sentence? The picture, its patches apart, and the row of them.

    `first` is the number of the first patch: 1 where a class token is number 0.
    """
    pixels = as_picture(picture)
    rows, columns = grid
    high, wide = pixels.shape[0] // rows, pixels.shape[1] // columns
    figure = plt.figure(figsize=(8.4, 4.6))
    layout = figure.add_gridspec(2, 2, height_ratios=(3, 1))
    whole = figure.add_subplot(layout[0, 0])
    whole.imshow(pixels, interpolation="nearest")
    whole.set_title("the picture")
    whole.set_axis_off()
    apart = figure.add_subplot(layout[0, 1])
    _draw_apart(apart, pixels, grid, first)
    apart.set_title(f"{rows} × {columns} patches of {high} × {wide} pixels")
    sentence = figure.add_subplot(layout[1, :])
    _draw_sentence(sentence, pixels, grid, first)
    sentence.set_title("the sentence: patches in reading order")
    text = f"A picture cut into {rows} x {columns} patches, numbered in reading order from {first}."
    return describe(figure, text)


def _draw_apart(axes: plt.Axes, pixels: np.ndarray, grid: tuple[int, int], first: int) -> None:
    """The patches with gaps between them, each with its number."""
    high, wide = pixels.shape[0] // grid[0], pixels.shape[1] // grid[1]
    gap = 0.25
    for number, (row, column) in enumerate(np.ndindex(*grid), first):
        patch = pixels[row * high : (row + 1) * high, column * wide : (column + 1) * wide]
        x, y = column * (1 + gap), row * (1 + gap)
        axes.imshow(patch, extent=(x, x + 1, y + 1, y), interpolation="nearest")
        axes.add_patch(Rectangle((x, y), 1, 1, fill=False, edgecolor=BASELINE, linewidth=0.8))
        label = axes.annotate(str(number), (x + 0.05, y + 0.05), va="top", fontsize=9, color=INK)
        label.set_bbox({"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1})
    axes.set(xlim=(0, grid[1] * (1 + gap)), ylim=(grid[0] * (1 + gap), 0))
    axes.set_axis_off()


def _draw_sentence(axes: plt.Axes, pixels: np.ndarray, grid: tuple[int, int], first: int) -> None:
    """All patches in one row, at most the first 16 of them."""
    high, wide = pixels.shape[0] // grid[0], pixels.shape[1] // grid[1]
    places = list(np.ndindex(*grid))
    for number, (row, column) in enumerate(places[:16]):
        patch = pixels[row * high : (row + 1) * high, column * wide : (column + 1) * wide]
        axes.imshow(patch, extent=(1.15 * number, 1.15 * number + 1, 1, 0), interpolation="nearest")
        edge = Rectangle((1.15 * number, 0), 1, 1, fill=False, edgecolor=BASELINE, linewidth=0.8)
        axes.add_patch(edge)
        axes.annotate(str(number + first), (1.15 * number + 0.5, 1.05), va="top", ha="center")
    shown = min(16, len(places))
    if len(places) > shown:
        axes.annotate("…", (1.15 * shown + 0.1, 0.6), fontsize=14)
    axes.set(xlim=(0, 1.15 * shown + 0.6), ylim=(1.5, 0))
    axes.set_axis_off()


def position_maps(similarity: Float[Tensor, "patch patch"], grid: tuple[int, int]) -> Figure:
    """Does it know which patches are neighbours? One small map per patch: its likeness to all.

    `similarity` holds cosines from -1 to 1, as `mmtutor.vit.position_similarity` gives them.
    """
    array = as_array(similarity).reshape(*grid, *grid)
    figure, axes = plt.subplots(*grid, figsize=(1.15 * grid[1] + 1.2, 1.15 * grid[0]))
    for place in np.ndindex(*grid):
        panel = axes[place]
        image = panel.imshow(array[place], vmin=-1, vmax=1, cmap="RdBu_r")
        panel.plot(*place[::-1], marker="s", markersize=5, color="white", markeredgecolor="black")
        panel.set(xticks=[], yticks=[])
        panel.spines[:].set_visible(False)
    bar = figure.colorbar(image, ax=axes, ticks=[-1, 0, 1], aspect=25)
    bar.set_label("cosine of position vectors")
    bar.outline.set_visible(False)
    figure.supxlabel("column of the patch (white square: the patch itself)", fontsize=11)
    figure.supylabel("row of the patch", fontsize=11)
    return describe(
        figure, f"Likeness of the position of each of {grid[0] * grid[1]} patches to all."
    )


def label_maps(
    pictures: Sequence[Shaped[Tensor, "height width 3"]],
    maps: dict[str, Integer[Tensor, "picture height width"]],
    names: Sequence[str],
) -> Figure:
    """What is every pixel? Pictures on top, then one row per entry of `maps`, one colour per class.

    Class 0 is `names[0]` (the background, white).
    """
    colors = ["white", *mpl.colormaps["tab20"].colors][: len(names)]
    norm = BoundaryNorm(np.arange(len(names) + 1) - 0.5, len(names))
    rows, columns = 1 + len(maps), len(pictures)
    size = (1.75 * columns + 1.5, 1.85 * rows)
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
    for panel, picture in zip(axes[0], pictures, strict=True):
        panel.imshow(as_picture(picture), interpolation="nearest")
    for row, labels in zip(axes[1:], maps.values(), strict=True):
        for panel, one in zip(row, labels, strict=True):
            image = panel.imshow(as_array(one), cmap=ListedColormap(colors), norm=norm)
    for panel, title in zip(axes[:, 0], ("picture", *maps), strict=True):
        panel.set_ylabel(title)
    for panel in axes.flat:
        panel.set(xticks=[], yticks=[])
        panel.spines[:].set(visible=True, color=BASELINE)
    bar = figure.colorbar(image, ax=axes, ticks=range(len(names)), aspect=30)
    bar.ax.set_yticklabels(names)
    bar.ax.tick_params(length=0)
    what = f"{columns} pictures and, pixel by pixel, {' and '.join(maps)}"
    return describe(figure, f"{what}: {', '.join(names)}.")
