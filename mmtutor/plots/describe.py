"""Figures that say what they show, and the arrays behind them."""

from base64 import b64encode
from functools import partial
from html import escape
from io import BytesIO

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Shaped
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

CHART_COLOURS = 2000
"""A picture of no more colours than this is a chart: lines, text, and the shades at their edges."""
UNSEEN = 1.5
"""So little, of 255, may a palette change the mean pixel of other pictures, such as tables."""


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

    png, size = retina_figure(figure)
    png = smaller(png)
    alt = {"image/png": {**size, "alt": figure.description}}
    display({"image/png": png, "text/plain": figure.description}, metadata=alt, raw=True)
    sentence = f"<p><small>{escape(figure.description)}</small></p>"
    display({"text/html": sentence, "text/plain": figure.description}, raw=True)
    plt.close(figure)  # else the inline backend shows it a second time when the cell ends


def smaller(png: bytes) -> str:
    """The same picture without its unused alpha channel, packed tightly; in base64.

    A chart, which has few colours, gets a palette of 256: half the size, and the eye sees no
    difference. So does a picture that a palette hardly changes; others stay as they are.
    """
    picture, packed = Image.open(BytesIO(png)).convert("RGB"), BytesIO()
    # Of its methods, the one that keeps a colour which few pixels have.
    few = picture.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    if picture.getcolors(CHART_COLOURS) or change(picture, few.convert("RGB")) < UNSEEN:
        picture = few
    picture.save(packed, "PNG", optimize=True)
    return b64encode(packed.getvalue()).decode()


def change(one: Image.Image, other: Image.Image) -> float:
    """Return how far two pictures differ: the mean over pixels of the channel that differs most."""
    apart = np.asarray(one).astype(int) - np.asarray(other).astype(int)
    return float(np.abs(apart).max(axis=-1).mean())


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
