"""Where in the picture does it look? Attention over a picture: a weight is a brightness.

What a query looks at is as bright as in the picture itself; what it ignores is dimmed, never
hidden. No colour is laid over the picture, so that a red star stays red.
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float, Shaped, UInt8
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from torch import Tensor

from mmtutor.plots.attention import largest, shorten, weight_bar
from mmtutor.plots.describe import as_array, as_picture, describe
from mmtutor.plots.style import BRIGHTNESS, DIM, KEY

FEW = 16
"""So many patches can carry their numbers."""
DARK, LIFT = 0.35, 0.4
"""A picture darker than this on average is lifted so far off black: black cannot be lit."""


def attention_over_picture(
    picture: Shaped[Tensor, "height width 3"] | Shaped[np.ndarray, "height width 3"],
    weights: Float[Tensor, "..."] | Float[np.ndarray, "..."],
    grid: tuple[int, int],
    boxes: Sequence[Sequence[float | int]] | None = None,
    title: str | None = None,
) -> Figure:
    """Where in the picture does it look? The picture, and beside it the same lit by its weights.

    Up to 16 patches carry their weights as numbers; of more, only the strongest does.

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
    figure, (plain, seen) = plt.subplots(1, 2, figsize=(7.6, 3.7), sharex=True, sharey=True)
    _draw_picture(plain, pixels, boxes)
    plain.set_title("the picture")
    _draw_picture(seen, lit(pixels, array, largest(array), "nearest"), boxes)
    _number_patches(seen, pixels, array)
    _frame_strongest(seen, pixels, array)
    seen.set_title(f"looking for: {title}" if title else "where it looks")
    _brightness_bar(figure, [plain, seen], largest(array))
    _frame_legend(figure, bool(boxes))
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
    """Where does it look in each of several pictures? The weights, smoothed, light each picture.

    A weight belongs to a whole patch: between the patches' middles the brightness is interpolated.
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
    array = array.reshape(-1, *grid)
    figure, axes = _empty_panels(len(pictures))
    for index, panel in enumerate(axes.flat[: len(pictures)]):
        pixels, one = as_picture(pictures[index]), array[index]
        box = boxes[index] if boxes else None
        bright = lit(pixels, one, largest(array), "bilinear")
        _draw_picture(panel, bright, None if box is None else [box])
        _frame_strongest(panel, pixels, one)
        panel.set_title(f"{titles[index]}: {one.max():.2f}", fontsize=10)
    _brightness_bar(figure, axes, largest(array), weight_name)
    _frame_legend(figure, any(box is not None for box in boxes or ()))
    lines = [f"{title}: {one.max():.2f}" for title, one in zip(titles, array, strict=True)]
    return describe(figure, f"Where each picture has its largest {weight_name}: {shorten(lines)}.")


def attention_over_picture_history(
    picture: Shaped[Tensor, "height width 3"] | Shaped[np.ndarray, "height width 3"],
    weights: Float[Tensor, "steps patch"] | Float[np.ndarray, "steps patch"],
    grid: tuple[int, int],
    steps: Sequence[int],
    title: str,
) -> Figure:
    """How did a look form? The picture as its weights light it at each of a few training steps.

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
    figure, axes = plt.subplots(1, len(steps), figsize=(wide, 2.5), squeeze=False)
    for panel, one, step in zip(axes[0], array, steps, strict=True):
        _draw_picture(panel, lit(pixels, one, largest(array), "nearest"), None)
        _frame_strongest(panel, pixels, one)
        panel.set_title(f"step {step}: {one.max():.2f}")
    _brightness_bar(figure, axes, largest(array))
    _frame_legend(figure, boxes=False)
    ends = " to ".join(f"{array[end].max():.2f} at step {steps[end]}" for end in (0, -1))
    return describe(figure, f"“{title}” over training: its largest weight goes from {ends}.")


def lit(
    pixels: UInt8[np.ndarray, "height width 3"],
    weights: Float[np.ndarray, "rows columns"],
    top: float,
    between: str,
) -> Float[np.ndarray, "height width 3"]:
    """The picture as its weights light it: from `DIM` of its brightness at 0 to all of it at `top`.

    All three colours of a pixel are multiplied by the same number, which leaves its hue alone.
    `between` says how a pixel gets its weight: that of its patch ("nearest"), or interpolated from
    the patches' middles ("bilinear").
    """
    from torch import from_numpy
    from torch.nn.functional import interpolate

    small = from_numpy(np.ascontiguousarray(weights, dtype=np.float32))[None, None]
    shares = interpolate(small, pixels.shape[:2], mode=between)[0, 0].numpy() / top
    brightness = DIM + (1 - DIM) * shares.clip(0, 1)
    return lifted(pixels) / 255 * brightness[:, :, None]


def lifted(pixels: UInt8[np.ndarray, "height width 3"]) -> UInt8[np.ndarray, "height width 3"]:
    """A dark picture mixed with some white, so that light can show on it; any other as it is."""
    if pixels.mean() >= 255 * DARK:
        return pixels
    return (255 * LIFT + (1 - LIFT) * pixels).round().astype(np.uint8)


def _empty_panels(count: int) -> tuple[Figure, np.ndarray]:
    """Rows of five panels, as many as are needed, with room for a legend under them."""
    columns = min(5, count)
    rows = -(-count // columns)
    size = (1.9 * columns + 1.2, 2.15 * rows + 0.3)
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
    for panel in axes.flat[count:]:
        panel.set_visible(False)
    return figure, axes


def _brightness_bar(
    figure: Figure,
    axes: Sequence[Axes] | np.ndarray,
    top: float,
    name: str = "attention weight",
) -> None:
    """The bar from dim (0) to full brightness (the largest weight shown)."""
    bar = weight_bar(figure, ScalarMappable(Normalize(0, top), BRIGHTNESS), axes, name)
    bar.outline.set_visible(True)  # else its white end is lost on the page
    bar.outline.set_linewidth(0.6)


def _frame_legend(figure: Figure, boxes: bool) -> None:
    """Under the pictures: what the frames mean."""
    white = [withStroke(linewidth=4, foreground="black")]
    marks = [Line2D([], [], color=KEY, linewidth=3, label="strongest patch")]
    if boxes:
        marks.append(Line2D([], [], color="white", path_effects=white, label="true box"))
    figure.legend(handles=marks, loc="outside lower center", ncols=2, fontsize=10)


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


def _number_patches(axes: Axes, pixels: np.ndarray, weights: np.ndarray) -> None:
    """Each patch's weight at its upper edge where patches are few, else that of the strongest."""
    high, wide = pixels.shape[0] / weights.shape[0], pixels.shape[1] / weights.shape[1]
    for (row, column), weight in np.ndenumerate(weights):
        best = (row, column) == np.unravel_index(weights.argmax(), weights.shape)
        if not best and weights.size > FEW:
            continue
        place = (column + 0.5) * wide, (row + (0.15 if weights.size <= FEW else 0.5)) * high
        number = axes.annotate(f"{weight:.2f}", place, ha="center", va="center", fontsize=9)
        number.set(bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1})
        number.set_fontweight("bold" if best else "normal")


def _frame_strongest(axes: Axes, pixels: np.ndarray, weights: np.ndarray) -> None:
    """Outline the patch with the largest weight."""
    height, width = pixels.shape[:2]
    row, column = np.unravel_index(weights.argmax(), weights.shape)
    high, wide = height / weights.shape[0], width / weights.shape[1]
    frame = Rectangle((column * wide, row * high), wide, high, fill=False)
    axes.add_patch(frame)
    frame.set(edgecolor=KEY, linewidth=3)
