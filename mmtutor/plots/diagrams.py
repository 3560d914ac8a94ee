"""How is it built? Diagrams of boxes and arrows."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mmtutor.plots.describe import describe
from mmtutor.plots.style import FUSED, INK, PICTURE, SOUND, TEXT

Boxes = Mapping[str, tuple[float | int, float | int, str, str]]

BOXES: Boxes = {
    "p0": (0, 0, "picture", PICTURE),
    "p1": (0, 1, "features", PICTURE),
    "p2": (0, 2, "features", PICTURE),
    "p3": (0, 3, "decision", PICTURE),
    "s0": (2, 0, "sound", SOUND),
    "s1": (2, 1, "features", SOUND),
    "s2": (2, 2, "features", SOUND),
    "s3": (2, 3, "decision", SOUND),
    "f1": (1, 1, "features", FUSED),
    "f2": (1, 2, "features", FUSED),
    "m1": (1, 1.6, "met", FUSED),
    "m2": (1, 2.9, "met", FUSED),
    "d": (1, 4, "decision", FUSED),
}
"""Where a box stands, what is written in it, and its colour."""
MEETINGS = {
    "early": "p0-f1 s0-f1 f1-f2 f2-d",
    "hierarchical": "p0-p1 s0-s1 p1-p2 s1-s2 p1-m1 s1-m1 p2-m2 s2-m2 m1-m2 m2-d",
    "late, features": "p0-p1 s0-s1 p1-p2 s1-s2 p2-m2 s2-m2 m2-d",
    "late, decisions": "p0-p1 s0-s1 p1-p2 s1-s2 p2-p3 s2-s3 p3-d s3-d",
}
"""What feeds what."""


def meeting_places() -> Figure:
    """Where can two modalities meet? Four places, from the inputs to the decisions."""
    figure, axes = plt.subplots(1, len(MEETINGS), figsize=(11, 3.4))
    for panel, (name, arrows) in zip(axes, MEETINGS.items(), strict=True):
        draw_boxes(panel, BOXES, arrows)
        panel.set(xlim=(-0.6, 2.6), ylim=(-0.4, 4.3))
        panel.set_title(name)
        panel.set_axis_off()
    text = (
        "Four networks that read a picture and a sound: in early fusion they meet at the inputs, "
        "in hierarchical fusion after every layer, in late fusion after their features or after "
        "their decisions."
    )
    return describe(figure, text)


STACKS: Boxes = {
    "e0": (0, 0, "embed + positions", TEXT),
    "e1": (0, 1, "self-attention", FUSED),
    "e3": (0, 3, "feed-forward", FUSED),
    "e4": (0, 4, "a vector per token", TEXT),
    "d0": (0, 0, "embed + positions", TEXT),
    "d1": (0, 1, "causal self-attention", FUSED),
    "d3": (0, 3, "feed-forward", FUSED),
    "d4": (0, 4, "scores of the next token", TEXT),
    "x0": (1, 0, "embed + positions", TEXT),
    "x1": (1, 1, "causal self-attention", FUSED),
    "x2": (1, 2, "cross-attention", PICTURE),
    "x3": (1, 3, "feed-forward", FUSED),
    "x4": (1, 4, "scores of the next token", TEXT),
}
FAMILY = {
    "encoder (BERT, ViT)": "e0-e1 e1-e3 e3-e4",
    "decoder (GPT)": "d0-d1 d1-d3 d3-d4",
    "encoder-decoder (2017, translation)": "e0-e1 e1-e3 e3-e4 x0-x1 x1-x2 x2-x3 x3-x4 e4-x2",
}
"""What feeds what; everything between the embedding and the top comes once for each block."""


def transformer_family() -> Figure:
    """Which parts does an encoder have, which a decoder, and what do both have together?"""
    wide = [1, 1, 2]
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.8), width_ratios=wide)
    for panel, columns, (name, arrows) in zip(axes, wide, FAMILY.items(), strict=True):
        draw_boxes(panel, STACKS, arrows)
        panel.set(xlim=(-0.5, columns - 0.5), ylim=(-0.4, 4.3))
        panel.set_title(name)
        panel.set_axis_off()
    text = (
        "Three stacks, read from below: an encoder with self-attention and feed-forward, a decoder "
        "whose self-attention is causal, and both, where the decoder's cross-attention reads the "
        "encoder's vectors. Not drawn: a residual and a layer norm around each of these parts."
    )
    return describe(figure, text)


def draw_boxes(axes: Axes, boxes: Boxes, feeds: str) -> None:
    """Every box that an arrow touches, and the arrows between their edges."""
    arrows, drawn = [arrow.split("-") for arrow in feeds.split()], {}
    for name in {name for arrow in arrows for name in arrow}:
        x, y, label, color = boxes[name]
        ground = {
            "boxstyle": "round,pad=0.35",
            "facecolor": color,
            "edgecolor": "none",
            "alpha": 0.3,
        }
        drawn[name] = axes.annotate(
            label, (x, y), ha="center", va="center", fontsize=9, bbox=ground
        )
    for start, end in arrows:
        edges = {"patchA": None, "shrinkA": 11, "patchB": drawn[end].get_bbox_patch(), "shrinkB": 2}
        line = {"arrowstyle": "-|>", "color": INK, **edges}
        axes.annotate("", boxes[end][:2], boxes[start][:2], arrowprops=line)
