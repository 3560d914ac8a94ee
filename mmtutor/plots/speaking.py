"""When is which word heard, and where did a model look while it spoke?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from mmtutor.plots.describe import as_array, describe
from mmtutor.plots.sound import LOUDNESS
from mmtutor.plots.style import ATTENTION, KEY, SOUND, TEXT

Numbers = Float[Tensor, "..."] | Float[np.ndarray, "..."]


def spoken(
    wave: Numbers,
    mel: Numbers,
    words: Sequence[str],
    bounds: Sequence[float],
    rate: int,
    window: int = 512,
    hop: int = 128,
) -> Figure:
    """What does a phrase look like? Its waveform and its log-mel picture, and when words begin.

    Args:
        wave: air pressure, (sample).
        mel: (frame, band).
        words: what is said.
        bounds: the second at which each word begins, and the one at which the last ends.
        rate: samples a second.
        window, hop: samples under a frame's window, and from one frame to the next. A frame is
            drawn where its middle is, as wide as a hop.

    Raises:
        ValueError: not one bound more than words.
    """
    check_bounds(words, bounds)
    seconds = len(wave) / rate
    figure, (above, below) = plt.subplots(2, 1, figsize=(8.4, 4.0), sharex=True)
    above.plot(np.arange(len(wave)) / rate, as_array(wave), color=SOUND, linewidth=0.5)
    above.set(ylabel="air pressure", ylim=(-1, 1))
    draw_mel(below, mel, (window - hop) / 2 / rate, hop / rate)
    for panel in (above, below):
        for edge in bounds:
            panel.axvline(edge, color=TEXT, linewidth=1.2)
    name_words(above, words, bounds)
    figure.colorbar(below.images[0], ax=below, label="log power", aspect=10)
    below.set(xlabel="seconds", xlim=(0, seconds))
    return describe(figure, f"A wave and its log-mel picture. {times_in_words(words, bounds)}")


def check_bounds(words: Sequence[str], bounds: Sequence[float]) -> None:
    """Raise ValueError unless there is one bound more than words."""
    if len(bounds) != len(words) + 1:
        raise ValueError(f"{len(words)} words have {len(words) + 1} bounds, not {len(bounds)}.")


def times_in_words(words: Sequence[str], bounds: Sequence[float]) -> str:
    """Say when each word begins, and when the last ends."""
    begin = ", ".join(f"{w} at {b:.2f} s" for w, b in zip(words, bounds, strict=False))
    return f"Words begin: {begin}; the last ends at {bounds[-1]:.2f} s."


def draw_mel(axes: Axes, mel: Numbers, begin: float, frame: float) -> None:
    """Draw a log-mel picture from some second on; a frame is so many seconds wide."""
    extent = (begin, begin + frame * len(mel), 0, mel.shape[1])
    axes.imshow(as_array(mel).T, LOUDNESS, origin="lower", aspect="auto", extent=extent)
    axes.set_ylabel("mel band")


def name_words(axes: Axes, words: Sequence[str], bounds: Sequence[float]) -> None:
    """Write each word above the time in which it is heard."""
    for word, begin, end in zip(words, bounds, bounds[1:], strict=False):
        axes.annotate(
            *(word, ((begin + end) / 2, 1), (0, 3)),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            color=TEXT,
        )


@dataclass(frozen=True, eq=False)
class Look:
    """Where a model looked while it said one phrase.

    Args:
        weights: attention, (step, letter): how much of it each letter got in each step.
        letters: the text, a space between words; behind it, places that are no letter.
        step: seconds from one step to the next.
        bounds: the second at which each word is truly heard first, and the one at which the last
            ends; empty where nobody knows.
        begin: the second at which the first step begins.
    """

    weights: Numbers
    letters: str
    step: float
    bounds: Sequence[float] = ()
    begin: float = 0.0

    def __post_init__(self) -> None:
        """Raise ValueError where texts and times do not go together."""
        if len(self.letters) > self.weights.shape[1]:
            raise ValueError(f"{len(self.letters)} letters for {self.weights.shape[1]} columns.")
        if len(self.bounds):
            check_bounds(self.letters.split(), self.bounds)

    @property
    def end(self) -> float:
        """The second at which the last step ends."""
        return self.begin + self.step * len(self.weights)

    @property
    def rows(self) -> list[tuple[int, int]]:
        """The first letter of each word and the one behind its last; a space is its next word's."""
        ends = [at for at, letter in enumerate(self.letters) if letter == " "]
        return list(zip([0, *ends], [*ends, len(self.letters)], strict=True))


def looks(panels: Mapping[str, Look]) -> Figure:
    """Where did models look while they spoke? Letters upwards, time to the right, one scale.

    A frame stands where the attention belongs: around a word's letters, while it is truly heard.
    """
    wide = 1.2 + 4.0 * len(panels)
    longest = max(look.weights.shape[1] for look in panels.values())
    figure, axes = plt.subplots(1, len(panels), figsize=(wide, 1.3 + 0.17 * longest), squeeze=False)
    top = max(float(as_array(look.weights).max()) for look in panels.values())
    for panel, (title, look) in zip(axes[0], panels.items(), strict=True):
        draw_look(panel, look, top)
        panel.set_title(title, fontsize=11)
    figure.colorbar(axes[0, 0].images[0], ax=axes[0], label="weight", aspect=30)
    said = "; ".join(f"{title}: {look_says(look)}" for title, look in panels.items())
    return describe(figure, f"Attention of letters over time. {said}.")


def draw_look(axes: Axes, look: Look, top: float) -> None:
    """Draw one map of attention, its letters, and the frames of its words."""
    weights = as_array(look.weights)
    count = weights.shape[1]
    extent = (look.begin, look.end, -0.5, count - 0.5)
    axes.imshow(
        weights.T, ATTENTION, vmin=0, vmax=top, origin="lower", aspect="auto", extent=extent
    )
    names = [*look.letters.replace(" ", "␣"), *["end"] * (count - len(look.letters))]
    axes.set_yticks(range(count), names[:count], fontsize=8)
    axes.set(xlabel="seconds", xlim=(0, look.end), ylim=(-0.5, count - 0.5))
    for (low, high), begin, end in zip(look.rows, look.bounds, look.bounds[1:], strict=False):
        size = (end - begin, high - low)
        axes.add_patch(Rectangle((begin, low - 0.5), *size, fill=False, edgecolor=KEY, lw=1.6))


def look_says(look: Look) -> str:
    """Say which word had most of the attention, from step to step, until it looks at the end."""
    weights, words = as_array(look.weights), look.letters.split()
    rows = [*look.rows, (len(look.letters), weights.shape[1])]
    order = np.stack([weights[:, low:high].sum(axis=1) for low, high in rows], axis=1).argmax(1)
    changes = order[np.flatnonzero(np.diff(order, prepend=-1))]
    return "it looks at " + ", ".join(words[at] for at in changes if at < len(words))


@dataclass(frozen=True, eq=False)
class Said:
    """What a model said, and what became of it.

    Args:
        mel: (frame, band).
        look: where it looked; as long as the frames together.
        wave: (sample), from -1 to 1 or nearly.
        rate: samples a second.
        heard: what a recogniser understood.
    """

    mel: Numbers
    look: Look
    wave: Numbers
    rate: int
    heard: str

    @property
    def seconds(self) -> float:
        """How long the attention's steps take together."""
        return self.look.step * len(self.look.weights)

    @property
    def says(self) -> str:
        """What is to be said of it in one sentence or two."""
        right = "all of it" if self.heard == self.look.letters else f'"{self.heard}"'
        return f"{self.seconds:.2f} seconds; {look_says(self.look)}. The judge understands {right}."


def speaker(said: Said) -> Figure:
    """What did a model say, and where did it look meanwhile? Attention above, its frames below.

    The static twin of `mmtutor.widgets.Speaker`.
    """
    look = said.look
    high = 0.6 + 0.16 * look.weights.shape[1]
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(7.6, high + 1.9), sharex=True, height_ratios=(high, 1.7)
    )
    draw_look(above, look, float(as_array(look.weights).max()))
    draw_mel(below, said.mel, look.begin, said.seconds / len(said.mel))
    above.set(title=f'"{look.letters}"', xlabel="")
    figure.colorbar(above.images[0], ax=above, label="weight")
    figure.colorbar(below.images[0], ax=below, label="log power")
    below.set(xlabel="seconds", xlim=(0, look.end))
    return describe(figure, f'"{look.letters}": {said.says}')
