"""What became of a message on its way? Words, pictures and sounds in a row, from left to right."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
from jaxtyping import Float, UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from mmtutor.plots.describe import as_array, describe
from mmtutor.plots.pairs import bare
from mmtutor.plots.sound import LOUDNESS
from mmtutor.plots.style import INK

Picture = UInt8[Tensor, "high wide"]
Frames = Float[Tensor, "frame band"]


def stations(rows: Sequence[Mapping[str, str | Picture | Frames]]) -> Figure:
    """Draw what each station made of a message, a row for each message, with arrows between.

    A station has a title and holds a text (which may have several lines), a picture in bytes (255
    is ink) or frames of sound.

    Raises:
        ValueError: the rows do not have the same stations.
    """
    titles = list(rows[0])
    if any(list(row) != titles for row in rows):
        raise ValueError("every row has the same stations, in the same order")
    size = (1.7 * len(titles), 1.4 * len(rows) + 0.3)
    figure, axes = plt.subplots(len(rows), len(titles), figsize=size, squeeze=False)
    for panels, row in zip(axes, rows, strict=True):
        for panel, made in zip(panels, row.values(), strict=True):
            draw_station(panel, made)
        for panel in panels[1:]:
            panel.annotate("→", (-0.1, 0.5), xycoords="axes fraction", ha="center", va="center")
    for panel, title in zip(axes[0], titles, strict=True):
        panel.set_title(title, fontsize=10)
    figure.get_layout_engine().set(wspace=0.12)
    said = " | ".join(row_says(row) for row in rows)
    return describe(figure, f"Stations of a message: {said}.")


def draw_station(panel: Axes, made: str | Picture | Frames) -> None:
    """Draw one station: a text in the middle, a picture on paper, or frames by loudness."""
    if isinstance(made, str):
        panel.text(0.5, 0.5, made, ha="center", va="center", fontsize=9, color=INK)
        panel.set(xticks=[], yticks=[])
        panel.spines[:].set_visible(False)
    elif made.is_floating_point():
        options = {"origin": "lower", "aspect": "auto", "interpolation": "nearest"}
        panel.imshow(as_array(made).T, LOUDNESS, **options)
        panel.set(xticks=[], yticks=[])
    else:
        bare(panel, made)


def row_says(row: Mapping[str, str | Picture | Frames]) -> str:
    """Say what a row shows, texts word by word."""
    parts = (
        made.replace("\n", " ") if isinstance(made, str) else f"a {title}"
        for title, made in row.items()
    )
    return " → ".join(parts)
