"""What does the temperature do? The shares it gives, the loss, and who is pulled and pushed."""

import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from torch import Tensor

from mmtutor.plots.attention import number_cells
from mmtutor.plots.describe import as_array, describe
from mmtutor.plots.letters import drawable, families, shorten
from mmtutor.plots.style import ATTENTION, GRADIENT

LOWEST, HIGHEST = 0.005, 2.0
"""The ends of the slider. CLIP starts at 0.07 and never goes below 0.01."""
FEWEST, MOST = 2, 10
"""So many pairs are too few to choose from, so many too many to read."""
STILL = 5e-4
"""A row whose pushes add up to less has nothing left to learn."""
HAIR = 1e-9
"""Differences below this are the computer's rounding."""

Square = Float[np.ndarray, "row row"]
Cosines = Float[Tensor, "..."] | Float[np.ndarray, "..."]


# ── The numbers ───────────────────────────────────────────────────────────────────────────────────


def shares(cosines: Square, temperature: float) -> Square:
    """Return the softmax of cosines / τ along each row: the row's probability of each column."""
    scores = cosines / temperature
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def loss(cosines: Square, temperature: float) -> float:
    """Return InfoNCE in nats, the mean of both directions; row i belongs with column i.

    Source: Radford et al. 2021, "CLIP", arXiv:2103.00020, figure 3.
    """
    return sum(one_way(scores / temperature) for scores in (cosines, cosines.T)) / 2


def one_way(scores: Square) -> float:
    """Return the mean cross-entropy of choosing the diagonal in each row, in nats."""
    top = scores.max(axis=1)
    totals = top + np.log(np.exp(scores - top[:, None]).sum(axis=1))
    return float((totals - np.diag(scores)).mean())


def gradient(cosines: Square, temperature: float) -> Square:
    """Return the gradient of `loss` with respect to the cosines.

    A step of training raises a cosine where it is negative (a pull) and lowers it where it is
    positive (a push).
    """
    both = shares(cosines, temperature) + shares(cosines.T, temperature).T
    size = len(cosines)
    return (both - 2 * np.eye(size)) / (2 * size * temperature)


def hardest(cosines: Square, temperature: float, row: int) -> tuple[int, float, float]:
    """Return the column that a row pushes most, its share of the row's push, and all of the push.

    Of equal columns it is the first.
    """
    pushes = gradient(cosines, temperature)[row]
    pushes[row] = 0.0
    most, total = pushes.max(), pushes.sum()
    column = int((pushes >= most * (1 - HAIR)).argmax())
    return column, float(most / total) if total else 0.0, float(total)


def sentence(
    cosines: Square,
    temperature: float,
    left_labels: Sequence[str],
    right_labels: Sequence[str],
    row: int = 0,
) -> str:
    """Say in one sentence what the loss is, and which wrong column a row has most trouble with."""
    size = len(cosines)
    costs = f"τ = {temperature:.3g}: loss {two_digits(loss(cosines, temperature))} nats"
    costs += f" (chance ln {size} = {two_digits(math.log(size))})"
    column, share, total = hardest(cosines, temperature, row)
    if total < STILL:
        return f"{costs}; in row “{left_labels[row]}” hardly anything is pushed any more"
    takes = f"takes {math.floor(100 * share + 0.5 + HAIR)} % of the push"
    wrong = f"the hardest wrong text, “{right_labels[column]}”,"
    return f"{costs}; in row “{left_labels[row]}” {wrong} {takes}"


def two_digits(value: float) -> str:
    """Write a number with two digits behind the point; a half goes up, as on the widget's page."""
    return f"{math.floor(100 * value + 0.5 + HAIR) / 100:.2f}"


def signed(value: float) -> str:
    """Write a number with its sign and three digits at most: "−28.6", "+0.93"; "0.00" has none."""
    size = abs(value)
    text = two_digits(size) if size < 9.995 else f"{math.floor(10 * size + 0.5 + HAIR) / 10:.1f}"
    return text if text == "0.00" else ("−" if value < 0 else "+") + text


# ── What is refused ───────────────────────────────────────────────────────────────────────────────


def read_cosines(
    cosines: Cosines, left_labels: Sequence[str], right_labels: Sequence[str]
) -> Square:
    """Return cosines as a square array of float64.

    Raises:
        ValueError: not square, too few or too many, labels that do not fit, or no cosines.
    """
    array = as_array(cosines).astype(np.float64)
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        raise ValueError(f"cosines must be a square, shape (n, n), not {array.shape}.")
    size = len(array)
    if not FEWEST <= size <= MOST:
        raise ValueError(f"cosines must have {FEWEST} to {MOST} rows, not {size}.")
    for name, labels in (("left_labels", left_labels), ("right_labels", right_labels)):
        if len(labels) != size:
            raise ValueError(f"{len(labels)} labels in {name} for {size} pairs: give one per pair.")
    if not (np.abs(array) <= 1 + 1e-3).all():  # also false for NaN
        raise ValueError(
            "cosines must lie between -1 and 1: normalise the vectors, and do not divide by τ."
        )
    return array


def check_temperature(temperature: float) -> float:
    """Return a temperature that the slider has. Raises ValueError for any other."""
    if not LOWEST <= temperature <= HIGHEST:  # also for NaN
        raise ValueError(
            f"temperature must lie from {LOWEST:g} to {HIGHEST:g}, not {temperature:g}."
        )
    return float(temperature)


# ── The figure ────────────────────────────────────────────────────────────────────────────────────


def temperature_rows(
    cosines: Cosines,
    temperatures: Sequence[float | int],
    left_labels: Sequence[str],
    right_labels: Sequence[str],
) -> Figure:
    """One column per temperature: the loss, the softmax of each row, and the loss's gradient.

    Each gradient has a bar of its own: its largest number grows as τ falls.

    Args:
        cosines: (left, right), two to ten pairs; row i belongs with column i.
        temperatures: one or more, each from 0.005 to 2.
        left_labels: one for each row.
        right_labels: one for each column.

    Raises:
        ValueError: cosines, labels or a temperature do not fit.
    """
    array = read_cosines(cosines, left_labels, right_labels)
    if not len(temperatures):
        raise ValueError("Give at least one temperature.")
    values = [check_temperature(temperature) for temperature in temperatures]
    left, right = short(left_labels), short(right_labels)
    figure, axes = panels(len(values), left, right)
    for temperature, above, below in zip(values, *axes, strict=True):
        bar = draw_shares(above, array, temperature)
        draw_gradient(below, array, temperature)
    label_bar(figure.colorbar(bar, ax=axes[0, -1], ticks=[0, 0.5, 1], aspect=15), "probability")
    labelled = list(left_labels), list(right_labels)
    said = "; ".join(sentence(array, temperature, *labelled) for temperature in values)
    return describe(figure, f"Softmax and gradient at {len(values)} temperatures. {said}.")


def short(labels: Sequence[str]) -> list[str]:
    """Return labels that can be drawn and are not too long; a number where nothing is left."""
    return [
        shorten(drawable(label, instead=f"number {place}"), 18)
        for place, label in enumerate(labels)
    ]


def panels(count: int, left: list[str], right: list[str]) -> tuple[Figure, np.ndarray]:
    """Return two rows of empty panels, with names at the left and beneath."""
    size = len(left)
    cell = min(0.62, max(2.2, 0.32 * size) / size)  # inches
    names, turned = 0.085 * max(map(len, left)), 0.1 * max(map(len, right)) > cell
    beneath = 0.085 * max(map(len, right)) if turned else 0.2
    wide, high = (cell * size + 0.85) * count + names + 0.9, 2 * cell * size + beneath + 1.1
    figure, axes = plt.subplots(
        2, count, figsize=(wide, high), sharex=True, sharey=True, squeeze=False
    )
    axes[0, 0].set_yticks(range(size), left, family=families())
    for axis, name in zip(axes[:, 0], ("softmax of each row", "gradient"), strict=True):
        axis.set_ylabel(name)
    for axis in axes[1]:
        turn = 90 if turned else 0
        axis.set_xticks(range(size), right, rotation=turn, family=families())
    for axis in axes.flat:
        axis.tick_params(length=0)
        axis.spines[:].set_visible(False)
    return figure, axes


def draw_shares(axes: Axes, cosines: Square, temperature: float) -> AxesImage:
    """Draw the softmax of each row with a number in every cell, and the loss over it."""
    values = shares(cosines, temperature)
    image = axes.imshow(values, vmin=0, vmax=1, cmap=ATTENTION)
    number_cells(axes, values, 1.0)
    size = len(cosines)
    costs, chance = two_digits(loss(cosines, temperature)), two_digits(math.log(size))
    axes.set_title(f"τ = {temperature:.3g}\nloss {costs} nats (chance {chance})")
    return image


def draw_gradient(axes: Axes, cosines: Square, temperature: float) -> None:
    """Draw the gradient, numbered where there is room, with a bar to its largest number."""
    values = gradient(cosines, temperature)
    top = float(np.abs(values).max()) or 1.0
    image = axes.imshow(values, vmin=-top, vmax=top, cmap=GRADIENT)
    if len(values) <= 6:
        for (row, column), value in np.ndenumerate(values):
            color = "white" if abs(value) > 0.6 * top else "black"
            place = {"ha": "center", "va": "center", "fontsize": 8}
            axes.text(column, row, signed(float(value)), color=color, **place)
    bar = axes.figure.colorbar(image, ax=axes, ticks=[-top, 0, top], aspect=15)
    bar.ax.set_yticklabels([signed(-top), "0", signed(top)])
    label_bar(bar, "pull ←  → push")


def label_bar(bar: Colorbar, name: str) -> None:
    """Write beside a colour bar what it measures."""
    bar.set_label(name, fontsize=10)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=9)
