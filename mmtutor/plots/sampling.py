"""From which tokens is the next one drawn? Bars before and after temperature, top-k and top-p."""

import math
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from mmtutor.plots.depth import drawn, likeliest, visible
from mmtutor.plots.describe import as_array, describe
from mmtutor.plots.letters import families
from mmtutor.plots.style import BASELINE, TEXT

Shares = Float[Tensor, " vocabulary"] | Float[np.ndarray, " vocabulary"]


def entropy(probabilities: Float[np.ndarray, " vocabulary"]) -> float:
    """Return the mean surprise of a draw, in bits."""
    some = probabilities[probabilities > 0]
    return float(-(some * np.log2(some)).sum()) + 0.0


def sentence(probabilities: Float[np.ndarray, " vocabulary"], names: Sequence[str]) -> str:
    """Say what is likeliest, how many tokens are left to draw from, and how open the choice is."""
    name, share = likeliest(probabilities, names, 1)[0]
    left = int((probabilities > 0).sum())
    count = f"1 of {len(names)} tokens is" if left == 1 else f"{left} of {len(names)} tokens are"
    return f"“{name}” has {share:.2f}; {count} left; entropy {entropy(probabilities):.2f} bits"


def check_shares(probabilities: Shares, names: Sequence[str]) -> Float[np.ndarray, " vocabulary"]:
    """Return probabilities as float64. ValueError unless each has a name and they sum to 1."""
    array = as_array(probabilities).astype(np.float64)
    if array.shape != (len(names),):
        raise ValueError(f"probabilities must be ({len(names)},), one per name, not {array.shape}")
    if not (array.min() >= 0 and math.isclose(array.sum(), 1, abs_tol=1e-3)):
        raise ValueError("probabilities must be 0 or more and sum to 1")
    return array


def sampling_bars(settings: Mapping[str, Shares], names: Sequence[str], most: int = 12) -> Figure:
    """What does each setting leave to draw from? A panel of bars for each, over the same tokens.

    The static twin of `mmtutor.widgets.SamplingDial`. The tokens are those that are likeliest in
    any setting, in the order of the first, whose bars stand behind the others' as an outline.

    Raises:
        ValueError: no setting, or probabilities that do not fit the names.
    """
    if not settings:
        raise ValueError("give at least one setting")
    arrays = {title: check_shares(shares, names) for title, shares in settings.items()}
    first = next(iter(arrays.values()))
    most_likely = np.argsort(-np.max(list(arrays.values()), axis=0), kind="stable")[:most]
    order = most_likely[np.argsort(-first[most_likely], kind="stable")]
    wide = max(2.1, 0.095 * max(map(len, arrays)))  # inches: titles stand side by side
    size = (wide * len(arrays) + 0.8, 0.24 * len(order) + 1.0)
    figure, axes = plt.subplots(1, len(arrays), figsize=size, sharey=True, squeeze=False)
    for axis, (title, array) in zip(axes[0], arrays.items(), strict=True):
        draw_bars(axis, array[order], first[order] if len(arrays) > 1 else None)
        axis.set_title(f"{title}\n{(array > 0).sum()} left, {entropy(array):.2f} bits")
    axes[0, 0].set_yticks(range(len(order)), [drawn(names[n]) for n in order], family=families())
    axes[0, 0].invert_yaxis()
    axes[0, 0].set_ylabel("next token")
    said = "; ".join(f"{title}: {sentence(array, names)}" for title, array in arrays.items())
    shown = " ".join(visible(names[place]) for place in order)
    return describe(figure, f"Probabilities of the next token ({shown}). {said}.")


def draw_bars(axes: Axes, shares: np.ndarray, before: np.ndarray | None) -> None:
    """Draw the bars of one setting over the outline of the first, if there are several."""
    places = range(len(shares))
    if before is not None:
        axes.barh(places, before, color="none", edgecolor=BASELINE, linewidth=1)
    axes.barh(places, shares, color=TEXT, height=0.55)
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.set_xlabel("probability")
