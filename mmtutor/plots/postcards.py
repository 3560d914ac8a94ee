"""Postcards of a shop in a row, and where on them an answer was seen."""

from collections.abc import Mapping, Sequence

from jaxtyping import UInt8
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from mmtutor.plots.describe import describe
from mmtutor.plots.pictures import picture_row
from mmtutor.plots.style import INK

Box = tuple[int, int, int, int]


def postcards(
    pictures: UInt8[Tensor, "card 3 high wide"],
    captions: Sequence[str],
    boxes: Mapping[int, Box] | None = None,
) -> Figure:
    """Draw postcards side by side; `boxes` are left, top, right, bottom in pixels, by place.

    Raises:
        ValueError: not one caption per picture.
    """
    figure = picture_row(list(pictures.movedim(1, 3)), captions)
    for place, (left, top, right, bottom) in (boxes or {}).items():
        corner = (left - 0.5, top - 0.5)
        frame = Rectangle(corner, right - left, bottom - top, fill=False, edgecolor=INK, lw=2.5)
        figure.axes[place].add_patch(frame)
    return describe(figure, figure.description + framed(boxes)) if boxes else figure


def framed(boxes: Mapping[int, Box]) -> str:
    """Say in words where the frames are."""
    places = [
        f"picture {place + 1}, from {left} to {right} across and {top} to {bottom} down"
        for place, (left, top, right, bottom) in boxes.items()
    ]
    return f" Framed: {'; '.join(places)}."
