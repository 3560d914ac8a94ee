"""What does a weight buy? The scores of two tasks for every weight, and where weights tie.

`weight_dial` is the static twin of `mmtutor.widgets.WeightDial`. Both read the same results and
share one rule for which weights are within the noise of a task's best.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mmtutor.plots.describe import describe
from mmtutor.plots.dial import HAIR, percent, shares
from mmtutor.plots.style import BASELINE, INK, PICTURE

KEYS = ("tasks", "labels", "test", "alone")
"""What the results hold for two tasks, among other things."""
ROOM = 0.08
"""Free space around the points, as a share of an axis."""

# ── Reading the results ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, eq=False)
class Weighing:
    """Two tasks that were trained together with several weights.

    Args:
        tasks: the first, whose weight is a ratio, and the second, whose weight is 1.
        labels: how many labels each has, in words.
        ratios: the weights of the first, rising.
        scores: shares of right answers.
        alone: the same where each task is trained alone.
    """

    tasks: tuple[str, str]
    labels: tuple[str, str]
    ratios: list[float]
    scores: Float[np.ndarray, "2 ratio seed"]
    alone: Float[np.ndarray, "2 run"]

    @property
    def means(self) -> Float[np.ndarray, "2 ratio"]:
        """The mean score over the seeds."""
        return self.scores.mean(axis=2)

    @property
    def edges(self) -> Float[np.ndarray, " 2"]:
        """For each task, the mean from which on a weight ties with the best.

        That is two standard errors of a difference of two means below it. The variance between
        seeds is pooled over all weights.
        """
        seeds = self.scores.shape[2]
        error = np.sqrt(self.scores.var(axis=2, ddof=1).mean(axis=1) * 2 / seeds)
        return self.means.max(axis=1) - 2 * error

    @property
    def ties(self) -> Bool[np.ndarray, "2 ratio"]:
        """Whether a weight is within the noise of the task's best weight."""
        return self.means > self.edges[:, None] - HAIR

    @property
    def span(self) -> Float[np.ndarray, "2 2"]:
        """Where the axis of each task begins and ends."""
        seeds = self.scores.reshape(2, -1)
        drawn = np.concatenate([seeds, self.alone.mean(axis=1, keepdims=True)], axis=1)
        low, high = drawn.min(axis=1), drawn.max(axis=1)
        room = ROOM * np.maximum(high - low, 0.02)
        return np.stack([low - room, high + 2 * room], axis=1)


def read_weighings(results: Mapping[str, Any]) -> dict[str, Weighing]:
    """Return the part "pareto" of `data/results/multitask.json` as a `Weighing` for each pair.

    Raises:
        ValueError: keys are missing, sizes do not fit, or a number is no share.
    """
    if missing := [key for key in ("ratios", "pairs") if key not in results]:
        raise ValueError(f"results must have the keys ratios and pairs; missing: {missing[0]}.")
    ratios = [float(ratio) for ratio in results["ratios"]]
    if len(ratios) < 2 or ratios[0] <= 0 or (np.diff(ratios) <= 0).any():
        raise ValueError(f"ratios must be two or more, above 0, and rise, not {ratios}.")
    if not results["pairs"]:
        raise ValueError("pairs must hold at least one pair of tasks.")
    return {name: read_pair(pair, ratios) for name, pair in results["pairs"].items()}


def read_pair(pair: Mapping[str, Any], ratios: list[float]) -> Weighing:
    """Return the results of two tasks. Raises ValueError for what does not fit."""
    if missing := [key for key in KEYS if key not in pair]:
        raise ValueError(f"a pair must have the keys {', '.join(KEYS)}; missing: {missing[0]}.")
    first, second = pair["tasks"]
    test, alone = (
        {"scores": [pair[part][task] for task in (first, second)]} for part in ("test", "alone")
    )
    scores = shares(test, "scores", (2, len(ratios), None))
    if scores.shape[2] < 2:
        raise ValueError("scores need two seeds or more: one tells nothing about the noise.")
    labels = tuple(str(count) for count in pair["labels"])
    return Weighing((first, second), labels, ratios, scores, shares(alone, "scores", (2, None)))


# ── In words ──────────────────────────────────────────────────────────────────────────────────────


def sentence(found: Weighing, place: int) -> str:
    """Say what both tasks score with a weight, and how far that is from each one's best."""
    (one, two), ratio = found.tasks, found.ratios[place]
    said = [said_of(found, task, place) for task in range(2)]
    alone = " and ".join(percent(value) for value in found.alone.mean(axis=1))
    return f"{one} : {two} = {ratio:g} : 1; {said[0]}; {said[1]}; alone {alone}"


def said_of(found: Weighing, task: int, place: int) -> str:
    """Say what one task scores with a weight."""
    value, best = found.means[task, place], found.means[task].max()
    away = f"{percent(best - value).removesuffix(' %')} points under its best"
    where = "within the noise of its best" if found.ties[task, place] else away
    return f"{found.tasks[task]} {percent(value)}, {where}"


def title(found: Weighing) -> str:
    """Say how many labels the two tasks have."""
    named = zip(found.tasks, found.labels, strict=True)
    return ", ".join(f"{task}: {labels} labels" for task, labels in named)


# ── The figure ────────────────────────────────────────────────────────────────────────────────────


def weight_dial(results: Mapping[str, Any], positions: Sequence[tuple[str, float | int]]) -> Figure:
    """One panel per position: both tasks' scores for every weight, and the chosen weight in colour.

    A position is (pair, weight of its first task), such as ("weight + base", 1). Each point is the
    mean over the seeds; the chosen one has a small dot for every seed, too. The grey bands hold
    what is within the noise of a task's best; where they cross, no task loses.

    Raises:
        ValueError: the results do not fit together, or they have no such position.
    """
    pairs = read_weighings(results)
    places = [find(pairs, *position) for position in positions]
    if not places:
        raise ValueError("Give at least one position: (pair, weight of its first task).")
    figure, axes = plt.subplots(1, len(places), figsize=(4.2 * len(places), 4.0), squeeze=False)
    for panel, place in zip(axes.flat, places, strict=True):
        draw_weighing(panel, *place)
    said = ". ".join(f"{title(found)}: {sentence(found, place)}" for found, place in places)
    return describe(figure, f"Scores of two tasks by their weights. {said}.")


def find(pairs: Mapping[str, Weighing], pair: str, ratio: float | int) -> tuple[Weighing, int]:
    """Return a position as a weighing and the place of its ratio."""
    if pair not in pairs:
        raise ValueError(f"There is no pair {pair!r}: choose from {', '.join(pairs)}.")
    found = pairs[pair]
    if ratio not in found.ratios:
        raise ValueError(f"{ratio:g} is no weight here: choose from {found.ratios}.")
    return found, found.ratios.index(ratio)


def draw_weighing(panel: Axes, found: Weighing, place: int) -> None:
    """Draw the curve of all weights, the bands of ties, the lines of being alone, one weight."""
    (low, right), (bottom, top) = 100 * found.span
    panel.set(xlim=(low, right), ylim=(bottom, top))
    across, up = 100 * found.edges
    panel.axvspan(across, right, color=INK, alpha=0.08, linewidth=0)
    panel.axhspan(up, top, color=INK, alpha=0.08, linewidth=0)
    draw_alone(panel, *(100 * found.alone.mean(axis=1)))
    x, y = 100 * found.means
    panel.plot(x, y, "o-", color=INK, markersize=4, linewidth=1)
    seeds_x, seeds_y = 100 * found.scores[:, place]
    panel.plot(seeds_x, seeds_y, ".", color=PICTURE, alpha=0.6, markersize=5)
    panel.plot(x[place], y[place], "o", color=PICTURE, markersize=9)
    for end, side in ((0, "left"), (-1, "right")):
        note_ratio(panel, x[end], y[end], found.ratios[end], side)
    one, two = found.tasks
    panel.set(xlabel=f"{one}: right answers (%)", ylabel=f"{two}: right answers (%)")
    panel.set_title(f"{title(found)}\nweights {found.ratios[place]:g} : 1")


def draw_alone(panel: Axes, across: float, up: float) -> None:
    """Draw what each task scores alone: grey, dashed, its name at the line's end."""
    panel.axvline(across, color=BASELINE, linestyle="--", linewidth=1.2)
    panel.axhline(up, color=BASELINE, linestyle="--", linewidth=1.2)
    text = {"color": BASELINE, "fontsize": 9, "textcoords": "offset points"}
    top = {"xycoords": ("data", "axes fraction"), "xytext": (-3, -10), "ha": "right"}
    panel.annotate("alone", (across, 1), **top, **text)
    panel.annotate("alone", (0, up), xycoords=("axes fraction", "data"), xytext=(4, 3), **text)


def note_ratio(panel: Axes, x: float, y: float, ratio: float, side: str) -> None:
    """Write beside an end of the curve which weights it has."""
    away = 5 if side == "left" else -5
    place = {"textcoords": "offset points", "xytext": (away, -11), "ha": side, "fontsize": 9}
    panel.annotate(f"{ratio:g} : 1", (x, y), color=INK, **place)
