"""The course's colours and style: a colour means the same thing in every lesson."""

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap

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
DIM = 0.5
"""The brightness of what a query ignores in a picture; what it looks at most has its full one."""
BRIGHTNESS = LinearSegmentedColormap.from_list("brightness", [(DIM, DIM, DIM), (1, 1, 1)])
"""Attention over a picture, whose hues stay: from dim (0) to full (the largest weight shown)."""

GRADIENT = LinearSegmentedColormap.from_list(
    "gradient", ["#08519c", "#6baed6", "#f7f7f7", "#fd9a4a", "#a63603"]
)
"""The colour map of gradients: blue where a step of training raises a number (a pull), orange where
it lowers it (a push), nearly white at 0, which is always its middle."""

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
    "legend.frameon": True,  # a white plate: no line runs through its words
    "legend.facecolor": "white",
    "legend.edgecolor": "none",
    "legend.framealpha": 0.9,
    "image.cmap": ATTENTION,
}

mpl.rcParams.update(STYLE)


def baseline(axes: Axes, value: float, name: str, right: bool = True) -> None:
    """Draw a chance level or baseline across `axes`: grey, dashed, with name and number on it.

    The name stands at the right end, or at the left.
    """
    axes.axhline(value, color=BASELINE, linestyle="--", linewidth=1.2)
    axes.annotate(
        f"{name}: {value:.3g}",
        (float(right), value),
        xycoords=("axes fraction", "data"),
        xytext=(-4 if right else 4, 3),
        textcoords="offset points",
        ha="right" if right else "left",
        va="bottom",
        color=BASELINE,
        fontsize=10,
    )


def palette(colors: str | Colormap = ATTENTION) -> bytes:
    """Return a colour map as 256 colours of 3 bytes, for a widget's page."""
    colors = mpl.colormaps.get_cmap(colors)(np.linspace(0, 1, 256))[:, :3]
    return (colors * 255).round().astype(np.uint8).tobytes()
