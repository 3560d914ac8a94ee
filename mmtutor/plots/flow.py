"""Which way does noise go? Points of a plane on their way, and the arrows that they follow."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import torch.nn.functional as F
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from mmtutor.plots.describe import describe
from mmtutor.plots.style import BASELINE, INK, KEY, QUERY

Points = Float[Tensor, "_ 2"]
LINES = 60
"""As many ways are drawn as lines; of all others the ends alone."""


def ways(
    panels: Mapping[str, Float[Tensor, "moment point 2"]],
    data: Points | None = None,
    limit: float = 3.0,
) -> Figure:
    """Draw where points of noise go: their beginnings, their ways, and their ends, over the data.

    A panel's first moment is the noise, its last what has become of it.
    """
    figure, axes = _panels(len(panels), limit)
    for axis, (title, moments) in zip(axes, panels.items(), strict=True):
        if data is not None:
            axis.scatter(*data.T, s=4, color=BASELINE, label="data", zorder=1)
        axis.plot(*moments[:, :LINES].movedim(2, 0), color=INK, linewidth=0.4, alpha=0.6, zorder=2)
        axis.scatter(*moments[0, :LINES].T, s=8, color=QUERY, label="noise", zorder=3)
        axis.scatter(*moments[-1].T, s=8, color=KEY, label="where it leads", zorder=4)
        axis.set_title(title)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right center", fontsize=9)
    return describe(figure, f"Ways from noise to data: {', '.join(panels)}.")


def arrows(panels: Mapping[str, tuple[Points, Points]], data: Points, limit: float = 2.5) -> Figure:
    """Draw the arrow at each place of a plane, panel by panel, over the data.

    A panel holds places and their velocities; arrows show the direction and are equally long.
    """
    figure, axes = _panels(len(panels), limit)
    for axis, (title, (places, velocities)) in zip(axes, panels.items(), strict=True):
        axis.scatter(*data.T, s=4, color=BASELINE)
        ways = F.normalize(velocities).T
        axis.quiver(*places.T, *ways, color=INK, angles="xy", scale_units="xy", scale=3)
        axis.set_title(title)
    return describe(figure, f"Arrows that point to the data: {', '.join(panels)}.")


def _panels(count: int, limit: float) -> tuple[Figure, list[Axes]]:
    """Return square panels with one scale."""
    figure, axes = plt.subplots(1, count, figsize=(2.6 * count + 1.4, 2.9), squeeze=False)
    for axis in axes[0]:
        axis.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal")
    return figure, list(axes[0])
