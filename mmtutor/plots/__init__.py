"""The course's pictures: one matplotlib figure per question, one visual language for all of them.

A colour means the same thing in every lesson. Attention always has the same map and the same bar
from 0 to its maximum. Chance and baselines are grey dashed lines with their name on them. Figures
carry their own white ground, so that they read on a light and on a dark page.

Every function returns a `matplotlib.figure.Figure` that has been through `describe`: a notebook
shows it once, with one line of text under it for those who cannot see it, whether the cell ends in
a semicolon or not.
"""

from mmtutor.plots.attention import (
    attention_history,
    attention_maps,
    attention_over_picture,
    attention_over_picture_history,
    attention_over_pictures,
)
from mmtutor.plots.compare import bars, curves, heat_map, vectors
from mmtutor.plots.describe import as_array, as_picture, describe
from mmtutor.plots.patches import label_maps, numbered_patches, position_maps
from mmtutor.plots.pictures import picture_row
from mmtutor.plots.style import (
    ATTENTION,
    BASELINE,
    FUSED,
    INK,
    KEY,
    PICTURE,
    QUERY,
    SOUND,
    STYLE,
    TEXT,
    baseline,
)
from mmtutor.plots.training import Curve, training_curve

__all__ = [
    "ATTENTION",
    "BASELINE",
    "FUSED",
    "INK",
    "KEY",
    "PICTURE",
    "QUERY",
    "SOUND",
    "STYLE",
    "TEXT",
    "Curve",
    "as_array",
    "as_picture",
    "attention_history",
    "attention_maps",
    "attention_over_picture",
    "attention_over_picture_history",
    "attention_over_pictures",
    "bars",
    "baseline",
    "curves",
    "describe",
    "heat_map",
    "label_maps",
    "numbered_patches",
    "picture_row",
    "position_maps",
    "training_curve",
    "vectors",
]
