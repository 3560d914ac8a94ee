"""Which way of fusing wins? A row for every model, a dot for every seed, the limit beside them.

`fusion_dial` is the static twin of `mmtutor.widgets.FusionDial`. Both read the same results and
share one rule for who wins and who is within the winner's noise.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mmtutor.plots.describe import describe
from mmtutor.plots.style import BASELINE, FUSED, INK, PICTURE, SOUND

KEYS = ("rules", "lost", "variants", "accuracy", "limit", "chance", "sound", "made with")
"""What results hold, as `data/results/make.py` writes them."""
COLORS = {"picture alone": PICTURE, "sound alone": SOUND}
"""The colours of the models that use one modality; all others are fused."""
CLEAR = 0.02
"""So much above chance is more than luck: about two standard errors of 4,000 pairs, which repeat
360 pictures and 440 sounds and so count for fewer."""
HAIR = 1e-9
"""Differences below this are the computer's rounding."""


# ── Reading the results ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, eq=False)
class Dial:
    """Accuracies at every position of the dial; a position counts from 0 in each direction."""

    rules: list[str]
    lost: list[float]
    variants: list[str]
    accuracy: Float[np.ndarray, "rule picture sound variant seed"]
    limit: Float[np.ndarray, "rule picture sound"]
    chance: Float[np.ndarray, " rule"]

    def scores(self, rule: int, picture: int, sound: int) -> dict[str, list[float]]:
        """Return the accuracy of every model at a position, a number for every seed."""
        seeds = self.accuracy[rule, picture, sound].tolist()
        return dict(zip(self.variants, seeds, strict=True))

    def low(self, rule: int) -> float:
        """Return where a rule's axis begins: a round number under chance and every accuracy."""
        lowest = min(float(self.accuracy[rule].min()), float(self.chance[rule]) - 0.05)
        return max(0.0, math.floor(10 * lowest + HAIR) / 10)


def read_dial(results: Mapping[str, Any]) -> Dial:
    """Return parsed JSON as a `Dial`.

    Raises:
        ValueError: keys are missing or unknown, sizes do not fit, or a number is no share.
    """
    check_keys(results)
    rules, variants = (names(results, key) for key in ("rules", "variants"))
    lost = shares(results, "lost", (None,))
    if (np.diff(lost) <= 0).any():
        raise ValueError(f"lost must rise from each level to the next, not be {lost.tolist()}.")
    sizes = (len(rules), len(lost), len(lost))
    accuracy = shares(results, "accuracy", (*sizes, len(variants), None))
    if accuracy.shape[-1] < 2:
        raise ValueError("accuracy needs two seeds or more: one tells nothing about the noise.")
    limit, chance = shares(results, "limit", sizes), shares(results, "chance", sizes[:1])
    return Dial(rules, lost.tolist(), variants, accuracy, limit, chance)


def check_keys(results: Mapping[str, Any]) -> None:
    """Raise a ValueError that names the keys that are missing or unknown."""
    missing = [key for key in KEYS if key not in results]
    unknown = [str(key) for key in results if key not in KEYS]
    if missing or unknown:
        raise ValueError(
            f"results must have exactly the keys {', '.join(KEYS)}; "
            f"missing: {', '.join(missing) or 'none'}; unknown: {', '.join(unknown) or 'none'}."
        )


def names(results: Mapping[str, Any], key: str) -> list[str]:
    """Return a list of names, each of them once."""
    found = results[key]
    texts = isinstance(found, list | tuple) and all(isinstance(name, str) for name in found)
    if not texts or not found or len(set(found)) < len(found):
        raise ValueError(f"{key} must be a list of names, each of them once, not {found!r}.")
    return list(found)


def shares(
    results: Mapping[str, Any], key: str, sizes: tuple[int | None, ...]
) -> Float[np.ndarray, "..."]:
    """Return nested lists as an array of shares between 0 and 1; a size of None may be any."""
    wanted = ", ".join("any" if size is None else str(size) for size in sizes)
    try:
        array = np.asarray(results[key], dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(
            f"{key} must hold numbers in nested lists of equal lengths, shape ({wanted})."
        ) from None
    fits = [size in (None, here) for size, here in zip(sizes, array.shape, strict=False)]
    if array.ndim != len(sizes) or not all(fits) or not array.size:
        raise ValueError(f"{key} must have the shape ({wanted}), not {array.shape}.")
    if not ((array >= 0) & (array <= 1)).all():  # also false for NaN
        raise ValueError(f"{key} must hold shares between 0 and 1; look for percent or NaN.")
    return array


# ── Who wins ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Standing:
    """The model with the highest mean, its mean, and all others that may be as good.

    `clear` says whether the winner is clearly above chance. If it is not, nobody has won anything.
    """

    winner: str
    mean: float
    ties: tuple[str, ...]
    clear: bool

    def place(self, name: str) -> str:
        """Return "wins", "tie" or nothing: what stands in a model's row."""
        if not self.clear:
            return ""
        return "wins" if name == self.winner else "tie" if name in self.ties else ""


def standing(scores: Mapping[str, Sequence[float]], chance: float = 0.0) -> Standing:
    """Say who wins, and who is within the winner's noise.

    A model ties with the winner if its mean over the seeds is less than two standard errors lower.
    The standard error is that of a difference of two means, from the pooled variance of both. Of
    equal means the first wins and the others tie. The page of the widget has the same rule.
    """
    means = {name: mean(seeds) for name, seeds in scores.items()}
    top = max(means.values())
    winner = next(name for name, value in means.items() if value > top - HAIR)
    ties = [
        name
        for name, value in means.items()
        if name != winner and top - value < 2 * error(scores[winner], scores[name]) + HAIR
    ]
    return Standing(winner, means[winner], tuple(ties), clear=top - chance > CLEAR)


def mean(seeds: Sequence[float]) -> float:
    """Return the mean over seeds."""
    return sum(seeds) / len(seeds)


def error(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the standard error of the difference of two means, from their pooled variance."""
    squares = sum((x - mean(seeds)) ** 2 for seeds in (first, second) for x in seeds)
    pooled = squares / (len(first) + len(second) - 2)
    return math.sqrt(pooled * (1 / len(first) + 1 / len(second)))


def percent(share: float, digits: int = 0) -> str:
    """Write a share in percent: "94.6 %"; a whole number stays bare unless `digits` is 1."""
    tenths = math.floor(1000 * share + 0.5 + HAIR)  # as in the widget's page, also halfway
    text = f"{tenths / 10:.1f}"
    return (text if digits else text.removesuffix(".0")) + " %"


def sentence(scores: Mapping[str, Sequence[float]], limit: float, chance: float = 0.0) -> str:
    """Say in one sentence who wins, how sure that is, and how good anybody could be."""
    found = standing(scores, chance)
    others = len(found.ties)
    best = f"the limit is {percent(limit)}"
    if not found.clear:
        return f"nobody clearly beats chance; {found.winner} has {percent(found.mean)}; {best}"
    noise = f"{others} other{' is' if others == 1 else 's are'} within its noise"
    noise = noise if others else "no other is within its noise"
    return f"{found.winner} wins with {percent(found.mean)}; {noise}; {best}"


# ── The figure ────────────────────────────────────────────────────────────────────────────────────

Share = float | int
ACROSS = 3
"""Panels beside each other."""


def fusion_dial(
    results: Mapping[str, Any], positions: Sequence[tuple[str, Share, Share]]
) -> Figure:
    """One panel per position of the dial: a row per model, a dot per seed, the mean as a number.

    A position is (rule, share of lost pictures, share of lost sounds), each of them one that the
    results have, such as ("xor", 0, 0.5). The upright mark in a row is the mean. Rules have axes of
    their own, so that a place in a row means the same at every position of a rule.

    Raises:
        ValueError: the results do not fit together, or they have no such position.
    """
    dial = read_dial(results)
    places = [find(dial, *position) for position in positions]
    if not places:
        raise ValueError("Give at least one position: (rule, lost pictures, lost sounds).")
    columns = min(ACROSS, len(places))
    rows = math.ceil(len(places) / columns)
    high = 0.27 * len(dial.variants) + 1.5
    figure, axes = plt.subplots(
        rows, columns, figsize=(3.1 * columns + 1.3, high * rows), sharey=True, squeeze=False
    )
    for panel in axes.flat[len(places) :]:
        panel.set_axis_off()
    for panel, place in zip(axes.flat, places, strict=False):
        draw_position(panel, dial, *place)
    figure.get_layout_engine().set(wspace=0.07, hspace=0.06)
    said = [f"{title(dial, *place)}: {said_of(dial, *place)}" for place in places]
    return describe(figure, f"Accuracy of {len(dial.variants)} models. " + ". ".join(said) + ".")


def find(dial: Dial, rule: str, picture: Share, sound: Share) -> tuple[int, int, int]:
    """Return a position as three indices."""
    if rule not in dial.rules:
        raise ValueError(f"There is no rule {rule!r}: choose from {', '.join(dial.rules)}.")
    for share in (picture, sound):
        if share not in dial.lost:
            raise ValueError(f"{share:g} is no level of loss: choose from {dial.lost}.")
    return dial.rules.index(rule), dial.lost.index(picture), dial.lost.index(sound)


def title(dial: Dial, rule: int, picture: int, sound: int) -> str:
    """Say where the dial stands."""
    pictures, sounds = (percent(dial.lost[level]) for level in (picture, sound))
    return f"{dial.rules[rule]}, lost: pictures {pictures}, sounds {sounds}"


def said_of(dial: Dial, rule: int, picture: int, sound: int) -> str:
    """Return the sentence of a position."""
    levels = float(dial.limit[rule, picture, sound]), float(dial.chance[rule])
    return sentence(dial.scores(rule, picture, sound), *levels)


def draw_position(panel: Axes, dial: Dial, rule: int, picture: int, sound: int) -> None:
    """Draw one panel: rows of dots, and the two levels that they lie between."""
    scores = dial.scores(rule, picture, sound)
    chance = float(dial.chance[rule])
    found = standing(scores, chance)
    low = 100 * dial.low(rule)
    panel.set_xlim(low, 101)
    panel.set_xticks(np.arange(low, 101, 20 if low < 50 else 10))
    panel.set_yticks(range(len(scores)), list(scores))
    panel.set_ylim(len(scores) - 0.4, -0.6)
    panel.tick_params(axis="y", length=0)
    for row, (name, seeds) in enumerate(scores.items()):
        draw_row(panel, row, name, seeds, found)
    upright(panel, chance, "chance", 3)
    upright(panel, float(dial.limit[rule, picture, sound]), "limit", 16)
    panel.set_xlabel("accuracy on unseen pairs (%)")
    panel.set_title(title(dial, rule, picture, sound).replace(", lost", "\nlost"), pad=33)


def draw_row(panel: Axes, row: int, name: str, seeds: list[float], found: Standing) -> None:
    """Draw a model's dots, the mark of its mean, and at the right its number and its place."""
    color, place = COLORS.get(name, FUSED), found.place(name)
    panel.axhline(row, color="#dddddd", linewidth=0.8, zorder=0)
    dots = [100 * share for share in seeds]
    panel.plot(dots, [row] * len(seeds), "o", color=color, alpha=0.7, ms=5.5, clip_on=False)
    middle = 100 * mean(seeds)
    panel.plot([middle, middle], [row - 0.33, row + 0.33], color=INK, linewidth=1.6, zorder=3)
    panel.annotate(
        f"{percent(mean(seeds), digits=1)} {place}".rstrip(),
        (1.0, row),
        xycoords=("axes fraction", "data"),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        fontsize=10,
        fontweight="bold" if place == "wins" else "normal",
        color=INK,
    )


def upright(panel: Axes, share: float, name: str, above: int) -> None:
    """Draw `style.baseline` upright: grey, dashed, its name and number `above` the panel."""
    panel.axvline(100 * share, color=BASELINE, linestyle="--", linewidth=1.2)
    low, high = panel.get_xlim()
    panel.annotate(
        f"{name}: {percent(share)}",
        (100 * share, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(0, above),
        textcoords="offset points",
        ha="left" if 200 * share < low + high else "right",
        color=BASELINE,
        fontsize=10,
    )
