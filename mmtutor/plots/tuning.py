"""What is trained and what is frozen? Six ways to use a network that others have trained."""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from mmtutor.plots.describe import describe
from mmtutor.plots.diagrams import Boxes, draw_boxes
from mmtutor.plots.style import BASELINE, KEY

TOWER = {"text": (0, 0, "text"), "one": (0, 1, "block 1"), "two": (0, 2, "block 2")}
HEAD = {"head": (0, 3, "head")}
TALLER = {
    "text": (0, 0, "text"),
    "one": (0, 0.8, "block 1"),
    "two": (0, 2.4, "block 2"),
    "head": (0, 4.0, "head"),
}
"""The same boxes, with room for one behind each block."""
ADDED = {
    "LoRA": {"a": (1, 0.45, "A, B"), "b": (1, 1.45, "A, B")},
    "adapter": {"a": (0, 1.6, "adapter"), "b": (0, 3.2, "adapter")},
    "prompt": {"a": (1, 0, "prompt")},
}
"""What a way adds beside the tower."""
WAYS = {
    "probe": ("head", "text-one one-two two-head"),
    "last block": ("head two", "text-one one-two two-head"),
    "all": ("head two one", "text-one one-two two-head"),
    "LoRA": ("head a b", "text-one one-two two-head a-one b-two"),
    "adapter": ("head a b", "text-one one-a a-two two-b b-head"),
    "prompt": ("head a", "text-one one-two two-head a-one"),
}
"""What learns, and what feeds what."""


def tuning_ways() -> Figure:
    """What learns in each way? Orange boxes do; grey ones stay as they were."""
    figure, axes = plt.subplots(1, len(WAYS), figsize=(12, 3.3))
    for panel, (name, (learning, arrows)) in zip(axes, WAYS.items(), strict=True):
        boxes = coloured(name, learning.split())
        draw_boxes(panel, boxes, arrows)
        panel.set(xlim=(-0.6, 1.6), ylim=(-0.4, boxes["head"][1] + 0.4), title=name)
        panel.set_axis_off()
    plates = [
        Patch(color=KEY, alpha=0.4, label="learns"),
        Patch(color=BASELINE, alpha=0.4, label="stays as it was"),
    ]
    figure.legend(handles=plates, loc="outside lower center", ncols=2)
    text = (
        "Two blocks and a head. Probe: the head learns; last block: head and block 2; all: head "
        "and both blocks; LoRA: head and two small matrices beside each block; adapter: head "
        "and a small network behind each block; prompt: head and vectors read before the text."
    )
    return describe(figure, text)


def coloured(name: str, learning: list[str]) -> Boxes:
    """Return the boxes of a way, what learns in orange."""
    boxes = (TALLER if name == "adapter" else TOWER | HEAD) | ADDED.get(name, {})
    return {key: (*box, KEY if key in learning else BASELINE) for key, box in boxes.items()}
