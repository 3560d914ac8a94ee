"""The attention explorer: point at a query and see where every head looks, at every step.

Over a picture a weight is a brightness, and it answers the other way round too: point at a patch
and see which words it meets.

Its script and its style lie beside this file and travel with the notebook's own connection: nothing
is fetched from anywhere. Its static twins are `attention_maps`, `attention_over_picture` and
`attention_history` in `mmtutor.plots`.
"""

from collections.abc import Sequence
from pathlib import Path

import anywidget
import numpy as np
import traitlets
from jaxtyping import Float, Shaped
from torch import Tensor

from mmtutor import plots
from mmtutor.plots.looks import lifted
from mmtutor.plots.style import DIM, palette
from mmtutor.widgets.style import script_of

ONE = 65535
"""A weight of 1 as the browser receives it: 16-bit fixed point, exact to 0.00001."""


class AttentionExplorer(anywidget.AnyWidget):
    """An interactive picture of attention maps, for words over words or words over a picture.

    `query`, `head`, `layer` and `step` say what is shown. They count from 0, as the maps are
    indexed; Python can read and set them, and they follow what the reader does. `step` starts at
    the last one. All that a layer can show, over its heads and steps, shares one bar from 0 to its
    largest weight, so that a colour keeps its meaning while the history plays.

    Pointing at a patch of the picture lights up the queries: with `back`, those that the patch
    itself looks at, on the scale of `back`'s own largest weight in the layer; without it, those
    that look at the patch.

    Args:
        maps: attention weights of shape (steps, layers, heads, query, key); leading dimensions may
            be missing and then have size 1: (layers, heads, query, key), (heads, query, key) or
            (query, key). A row's weights over the keys lie between 0 and 1.
        queries: the label of each query token (who looks).
        keys: the label of each key token (where it looks).
        steps: the label of each step in the training history, such as the step's number.
        picture: (height, width, 3), floats from 0 to 1 or bytes. The keys are then its patches.
        grid: (rows, columns) of patches in reading order; needed with a picture.
        back: attention the other way round, (steps, layers, heads, key, query); its leading
            dimensions are those of `maps` and may be missing in the same way.
        boxes: the true box of what each query names, to compare with: (left, top, right, bottom) in
            pixels of the picture, right and bottom exclusive, or None where it names no object.

    Raises:
        ValueError: the maps are no attention weights, or labels, picture, grid, the way back or
            boxes do not fit them.
    """

    _esm = script_of(__file__)
    _css = Path(__file__).with_suffix(".css")

    query = traitlets.Int(0).tag(sync=True)
    head = traitlets.Int(0).tag(sync=True)
    layer = traitlets.Int(0).tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)

    _shape = traitlets.List(traitlets.Int()).tag(sync=True)
    _weights = traitlets.Bytes().tag(sync=True)
    _back = traitlets.Bytes().tag(sync=True)
    _query_labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _key_labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _step_labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _palette = traitlets.Bytes().tag(sync=True)
    _dim = traitlets.Float(DIM).tag(sync=True)
    _picture = traitlets.Bytes().tag(sync=True)
    _picture_size = traitlets.List(traitlets.Int()).tag(sync=True)
    _grid = traitlets.List(traitlets.Int()).tag(sync=True)
    _boxes = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)

    def __init__(
        self,
        maps: Float[Tensor, "..."] | Float[np.ndarray, "..."],
        queries: Sequence[str],
        keys: Sequence[str],
        steps: Sequence[int | str] | None = None,
        picture: Shaped[Tensor, "..."] | Shaped[np.ndarray, "..."] | None = None,
        grid: tuple[int, int] | None = None,
        back: Float[Tensor, "..."] | Float[np.ndarray, "..."] | None = None,
        boxes: Sequence[Sequence[float | int] | Tensor | np.ndarray | None] | None = None,
    ) -> None:
        weights = _five_dimensions(plots.as_array(maps))
        steps = list(range(len(weights)) if steps is None else steps)
        _check_weights(weights)
        _check_labels(weights, queries, keys, steps)
        picture_traits = _picture_traits(picture, grid, len(keys))
        super().__init__(
            step=len(weights) - 1,
            _shape=list(weights.shape),
            _weights=_fixed_point(weights),
            _back=b"" if back is None else _fixed_point(_way_back(back, weights)),
            _query_labels=[str(label) for label in queries],
            _key_labels=[str(label) for label in keys],
            _step_labels=[str(label) for label in steps],
            _palette=palette(),
            _boxes=_true_boxes(boxes, queries, picture_traits.get("_picture_size")),
            **picture_traits,
        )

    @traitlets.validate("query", "head", "layer", "step")
    def _stay_inside(self, proposal: traitlets.Bunch) -> int:
        """Refuse an index that the maps do not have."""
        name, value = proposal["trait"].name, proposal["value"]
        sizes = dict(zip(("step", "layer", "head", "query", "key"), self._shape, strict=False))
        if not 0 <= value < sizes.get(name, value + 1):
            raise traitlets.TraitError(f"{name} must lie from 0 to {sizes[name] - 1}, not {value}.")
        return value

    def __repr__(self) -> str:
        """One sentence: what a stored notebook says where the widget cannot be drawn."""
        steps, layers, heads, queries, keys = self._shape
        return (
            f"Attention explorer, live in a running notebook. Queries: {queries}, keys: {keys}, "
            f"heads: {heads}, layers: {layers}, training steps: {steps}"
        )


def _five_dimensions(maps: np.ndarray) -> np.ndarray:
    """The maps as (steps, layers, heads, query, key); missing leading dimensions get size 1."""
    if not 2 <= maps.ndim <= 5 or 0 in maps.shape:
        raise ValueError(
            "maps must have the shape (steps, layers, heads, query, key), where leading dimensions "
            f"may be missing, and no dimension of size 0; this one is {maps.shape}."
        )
    return maps.reshape((1,) * (5 - maps.ndim) + maps.shape)


def _way_back(back: np.ndarray | Tensor, maps: np.ndarray) -> np.ndarray:
    """The way back as (steps, layers, heads, key, query), each size that of the maps."""
    array = plots.as_array(back)
    full = array.reshape((1,) * (5 - array.ndim) + array.shape)
    expected = (*maps.shape[:3], maps.shape[4], maps.shape[3])
    if full.shape != expected:
        raise ValueError(
            "back must have the shape (steps, layers, heads, key, query), which for these maps is "
            f"{expected} (leading dimensions of size 1 may be missing), not {array.shape}."
        )
    _check_weights(full, "back")
    return full


def _check_weights(maps: np.ndarray, name: str = "maps") -> None:
    """Raise a ValueError unless every number can be an attention weight."""
    if not np.isfinite(maps).all():
        raise ValueError(
            f"{name} must not hold NaN or infinite numbers: look for a row that is masked entirely."
        )
    if maps.min() < -1e-3 or maps.max() > 1 + 1e-2:
        raise ValueError(
            f"{name} must hold attention weights between 0 and 1, but these range from "
            f"{maps.min():.3g} to {maps.max():.3g}: are they scores from before the softmax?"
        )


def _fixed_point(weights: np.ndarray) -> bytes:
    """Weights as the browser receives them: see ONE."""
    return (weights.clip(0, 1) * ONE).round().astype("<u2").tobytes()


def _check_labels(
    maps: np.ndarray, queries: Sequence[str], keys: Sequence[str], steps: Sequence[int | str]
) -> None:
    """Raise a ValueError unless there is one label per step, query and key."""
    for name, labels, size in (
        ("queries", queries, maps.shape[3]),
        ("keys", keys, maps.shape[4]),
        ("steps", steps, maps.shape[0]),
    ):
        if len(labels) != size:
            raise ValueError(
                f"{len(labels)} labels in {name}, but maps of shape {maps.shape} "
                f"(steps, layers, heads, query, key) need {size}."
            )


def _picture_traits(
    picture: np.ndarray | Tensor | None, grid: tuple[int, int] | None, keys: int
) -> dict[str, object]:
    """What the browser needs to draw the picture and lay the keys over it as patches."""
    if picture is None and grid is None:
        return {}
    if picture is None or grid is None:
        raise ValueError("A picture needs its grid=(rows, columns), and a grid needs its picture.")
    if grid[0] * grid[1] != keys:
        raise ValueError(f"A grid of {grid[0]} x {grid[1]} patches does not fit {keys} keys.")
    pixels = plots.as_picture(picture)
    return {
        "_picture": lifted(pixels).tobytes(),
        "_picture_size": list(pixels.shape[:2]),
        "_grid": list(grid),
    }


def _true_boxes(
    boxes: Sequence[Sequence[float | int] | Tensor | np.ndarray | None] | None,
    queries: Sequence[str],
    size: list[int] | None,
) -> list[list[float]]:
    """One box per query in pixels, empty where it names no object; no list without boxes."""
    if boxes is None:
        return []
    if size is None:
        raise ValueError("boxes are drawn on a picture: give picture= and grid= as well.")
    if len(boxes) != len(queries):
        raise ValueError(
            f"{len(boxes)} boxes for {len(queries)} queries: give one (left, top, right, bottom) "
            "per query, or None where it names no object."
        )
    return [
        [] if box is None else _true_box(box, query, *size)
        for box, query in zip(boxes, queries, strict=True)
    ]


def _true_box(
    box: Sequence[float | int] | Tensor | np.ndarray, query: str, height: int, width: int
) -> list[float]:
    """One box as four numbers that lie in the picture."""
    try:
        left, top, right, bottom = (float(corner) for corner in box)
        inside = 0 <= left < right <= width and 0 <= top < bottom <= height
    except (TypeError, ValueError):  # not four, or no numbers
        inside = False
    if not inside:
        raise ValueError(
            f"The box of “{query}” must be (left, top, right, bottom) in pixels of a picture "
            f"{width} wide and {height} high, or None where it names no object, not {box}."
        )
    return [left, top, right, bottom]
