"""What does a bug in preparing data look like, and what does it cost? The right way beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Bool, Float, UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from mmtutor.plots.describe import as_array, describe
from mmtutor.plots.letters import families
from mmtutor.plots.sound import LOUDNESS
from mmtutor.plots.style import BASELINE, PICTURE, SOUND, TEXT

COLOURS = {"text": TEXT, "picture": PICTURE, "sound": SOUND}
"""The modalities, and the colour of each."""
NO_NUMBER = (204, 0, 102)
"""How a place is painted that holds no number, or an infinite one."""
SILENT = 0.03
"""A fall by less is not seen by somebody who looks at the score."""
WAYS = ("right", "bug in test only", "bug in training, too")
PER_LINE = 4
"""Tokens in one line of the figure."""

View = Sequence[str] | Float[Tensor, "..."]
"""What a preparation makes of one example: tokens, a picture (channel, height, width), or a log-mel
(frame, band)."""


class Scores(NamedTuple):
    """Accuracies from 0 to 1: guessing; no bug; a bug in test only; in training and test alike."""

    chance: float
    right: float
    test_only: float
    alike: float

    @property
    def ways(self) -> tuple[float, float, float]:
        """The three that were measured, in the order of WAYS."""
        return self.right, self.test_only, self.alike


@dataclass(frozen=True, eq=False)
class BugCase:
    """One bug: what it does to one example, and what it costs.

    Args:
        modality: "text", "picture" or "sound".
        name: what the bug is called.
        says: what it does, in one sentence.
        right: the example as it should be prepared.
        bugged: the same with the bug.
        scores: for each answer that the model gives (such as "colour"), its scores.
        said: what the model that was trained right says to the bugged example; may be left out.

    Raises:
        ValueError: another modality, a view that is not of it, or scores outside 0 to 1.
    """

    modality: str
    name: str
    says: str
    right: View
    bugged: View
    scores: Mapping[str, Scores]
    said: str = ""

    def __post_init__(self) -> None:
        if self.modality not in COLOURS:
            raise ValueError(f"modality must be text, picture or sound, not {self.modality!r}.")
        for view in (self.right, self.bugged):
            check_view(self.modality, view)
        if not self.scores:
            raise ValueError(f"{self.name!r} needs the scores of at least one answer.")
        for answer, scores in self.scores.items():
            if not all(0 <= score <= 1 for score in scores):
                raise ValueError(f"The scores of {answer!r} must lie between 0 and 1: {scores}.")


def check_view(modality: str, view: View) -> None:
    """Raise ValueError, with a sentence, unless a view is one of this modality."""
    if modality == "text":
        if isinstance(view, Tensor) or not all(isinstance(token, str) for token in view):
            raise ValueError("A view of text is a list of tokens, each of them a string.")
        return
    shape = tuple(getattr(view, "shape", ()))
    if modality == "picture" and not (len(shape) == 3 and shape[0] in (1, 3)):
        raise ValueError(f"A view of a picture is (1 or 3, height, width), not {shape}.")
    if modality == "sound" and len(shape) != 2:
        raise ValueError(f"A view of a sound is (frame, band), not {shape}.")


# ---- What is shown -------------------------------------------------------------------------------


def painted(case: BugCase, view: View) -> UInt8[np.ndarray, "height width 3"]:
    """Return a picture or a sound as it looks on the scale of the right one.

    The smallest number of the right one is black (or pale) and the largest white (or dark); what
    lies beyond is clipped, as a model that was trained right has never seen it. Time runs to the
    right and pitch upwards. What is no finite number is painted in one colour of its own.
    """
    right, array = (as_array(x).astype(float) for x in (case.right, view))
    low, high = right[np.isfinite(right)].min(), right[np.isfinite(right)].max()
    levels = np.nan_to_num((array - low) / max(high - low, 1e-9), nan=0).clip(0, 1)
    finite = np.isfinite(array)
    if case.modality == "sound":
        colours = mpl.colormaps[LOUDNESS](levels.T[::-1])[..., :3]
        return coloured(colours, finite.T[::-1])
    colours = np.broadcast_to(levels.transpose(1, 2, 0), (*levels.shape[1:], 3))
    return coloured(colours, finite.all(axis=0))


def coloured(
    colours: Float[np.ndarray, "height width 3"], finite: Bool[np.ndarray, "height width"]
) -> UInt8[np.ndarray, "height width 3"]:
    """Return colours as bytes, with the colour of NO_NUMBER where something is not finite."""
    pixels = (colours * 255).round().astype(np.uint8)
    pixels[~finite] = NO_NUMBER
    return pixels


def changed(case: BugCase) -> list[bool]:
    """Say of each token of the bugged text whether another one stands there in the right text."""
    right = [*case.right, *[None] * len(case.bugged)]
    return [token != at for token, at in zip(case.bugged, right, strict=False)]


def numbers(view: View) -> str:
    """Say in a few words what a view holds."""
    if not isinstance(view, Tensor):
        return f"{len(view)} tokens"
    array = as_array(view).astype(float)
    finite = array[np.isfinite(array)]
    size = " × ".join(map(str, array.shape))
    if len(finite) < array.size:
        return f"{size}; {array.size - len(finite)} of {array.size} are no finite numbers"
    return (
        f"{size}; from {short(finite.min())} to {short(finite.max())}, mean {short(finite.mean())}"
    )


def short(number: float) -> str:
    """Return a number with three digits that count."""
    text = f"{number:.0f}" if abs(number) >= 100 else f"{number:.2g}"
    return text.replace("-", "−")


def percent(share: float) -> str:
    """Return a share in whole percent."""
    return f"{100 * share:.0f} %"


def sentence(case: BugCase) -> str:
    """Say what the bug costs, of the answer that falls most when only the test has it."""
    answer, scores = max(case.scores.items(), key=lambda item: item[1].right - item[1].test_only)
    if scores.right - scores.test_only < SILENT:
        said = f"silent: with the bug in test only, no answer falls by {percent(SILENT)} or more"
    else:
        said = f"{answer} falls from {percent(scores.right)} to {percent(scores.test_only)}"
        said += " where only the test has the bug"
    worst, lowest = max(case.scores.items(), key=lambda item: item[1].right - item[1].alike)
    return f"{said}; with it in training, too, {worst} has {percent(lowest.alike)}"


# ---- The figure ----------------------------------------------------------------------------------


def bug_bench(case: BugCase) -> Figure:
    """What does this bug do, and what does it cost? The static twin of `widgets.BugBench`."""
    wide = (1.5, 1.5) if case.modality == "text" else (1, 1)
    figure, axes = plt.subplots(1, 3, figsize=(10.5, 2.9), width_ratios=(*wide, 1.6))
    draw_view(axes[0], case, case.right, "right")
    draw_view(axes[1], case, case.bugged, case.name)
    draw_scores(axes[2], case)
    return describe(figure, f"{case.name}: {case.says} {sentence(case)}.".replace("\n", " "))


def draw_view(axes: Axes, case: BugCase, view: View, title: str) -> None:
    """Draw tokens, a picture or a sound, and say under it what it holds."""
    if case.modality == "text":
        draw_tokens(axes, view, changed(case) if view is case.bugged else [False] * len(view))
    else:
        aspect = "auto" if case.modality == "sound" else "equal"
        axes.imshow(painted(case, view), interpolation="nearest", aspect=aspect)
    axes.set_title(title)
    axes.set_xlabel(numbers(view).replace("; ", "\n"), fontsize=9)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(visible=True, color=BASELINE, linewidth=0.5)  # a white picture has an edge


def draw_tokens(axes: Axes, tokens: Sequence[str], marked: Sequence[bool]) -> None:
    """Write tokens line by line; those that are marked stand in bold."""
    lines = -(-len(tokens) // PER_LINE) or 1
    for place, (token, bold) in enumerate(zip(tokens, marked, strict=True)):
        line, column = divmod(place, PER_LINE)
        weight = "bold" if bold else "normal"
        where = ((column + 0.5) / PER_LINE, 1 - (line + 0.5) / lines)
        axes.text(
            *where,
            token,
            ha="center",
            va="center",
            fontsize=10,
            color=TEXT,
            weight=weight,
            family=families(),
        )


def draw_scores(axes: Axes, case: BugCase) -> None:
    """Draw three bars for each answer, from pale to dark, with guessing as a dashed line."""
    for place, (answer, scores) in enumerate(reversed(case.scores.items())):
        for way, (score, shade) in enumerate(zip(scores.ways, (1, 0.65, 0.35), strict=True)):
            level = 4 * place + 2 - way
            axes.barh(level, 100 * score, color=COLOURS[case.modality], alpha=shade, height=0.85)
            axes.text(101, level, percent(score), va="center", fontsize=9)
            axes.text(-2, level, f"{answer}, {WAYS[way]}", va="center", ha="right", fontsize=9)
        low, high = 4 * place - 0.5, 4 * place + 2.5
        axes.plot(2 * [100 * scores.chance], [low, high], color=BASELINE, linestyle="--")
    axes.set(xlim=(0, 100), yticks=[], xlabel="percent right (dashed: guessing)")
    axes.spines["left"].set_visible(False)
