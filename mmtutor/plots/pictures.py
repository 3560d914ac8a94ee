"""What is in the data? Pictures in a row, each with its caption."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Shaped
from matplotlib.figure import Figure
from torch import Tensor

from mmtutor.plots.describe import as_picture, describe
from mmtutor.plots.style import BASELINE

WIDE, ROW = 2.3, 12.0
"""Inches: so wide is a picture, and so wide a row may become before its pictures get smaller."""


def picture_row(
    pictures: Sequence[Shaped[Tensor, "height width 3"] | Shaped[np.ndarray, "height width 3"]],
    captions: Sequence[str],
    grid: tuple[int, int] | None = None,
) -> Figure:
    """Draw pictures side by side, with thin lines between the patches where `grid` is given.

    Raises:
        ValueError: not one caption per picture, or not a picture.
    """
    if len(pictures) != len(captions):
        raise ValueError(f"{len(captions)} captions for {len(pictures)} pictures.")
    wide = min(WIDE, ROW / max(1, len(pictures)))
    size = (wide * len(pictures), wide + 0.3)
    figure, axes = plt.subplots(1, len(pictures), figsize=size, squeeze=False)
    for panel, picture, caption in zip(axes[0], pictures, captions, strict=True):
        pixels = as_picture(picture)
        panel.imshow(pixels, interpolation="nearest")
        panel.set_title(caption, fontsize=10)
        panel.set(xticks=[], yticks=[])
        panel.spines[:].set_visible(True)
        panel.spines[:].set_color(BASELINE)
        for lines, count, length in zip(
            (panel.axhline, panel.axvline), grid or (1, 1), pixels.shape, strict=False
        ):
            for i in range(1, count):
                lines(i * length / count - 0.5, color=BASELINE, linewidth=0.6)
    said = "; ".join(captions).replace("\n", " ")
    return describe(figure, f"{len(pictures)} pictures: {said}.")
