"""What does a model make of words, a face and a tone that disagree, and where does it look?"""

from collections.abc import Callable
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Int16, UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from mmtutor.datasets import moods
from mmtutor.datasets.moods import MODALITIES, SENSES
from mmtutor.datasets.spectrograms import RATE
from mmtutor.plots.describe import describe
from mmtutor.plots.style import BASELINE, PICTURE, SOUND, TEXT

COLOURS = (TEXT, PICTURE, SOUND)
"""The colours of words, face and voice."""
SHOWN = ("all three", *(f"{name} covered" for name in MODALITIES))
"""What a model may see: everything, or all but one."""
FACES = ("eyes open", "eyes shut", "a wink")
POINTS = ("The eyes are open: the words", "Both eyes are shut: the mouth", "A wink: the voice")
"""What the eyes say, by their number in EYES."""


class Verdict(NamedTuple):
    """What a model says to one example.

    `positive` is how probable it finds that something positive is meant; `shares` are those of its
    attention that go to words, face and voice; `unknown` are words that it does not know.
    """

    positive: float
    shares: tuple[float, float, float]
    unknown: tuple[str, ...] = ()


Judge = Callable[
    [str, UInt8[Tensor, "24 24 1"], Int16[Tensor, " 4096"], tuple[bool, bool, bool]], Verdict
]
"""A model: a text, a face, a wave, and which of the three it may see."""


class Scene(NamedTuple):
    """A sentence, what eyes and mouth do, the sense of the tone, and the number of a person."""

    text: str
    eyes: int
    mouth: int
    tone: int
    person: int = 0

    @property
    def face(self) -> UInt8[Tensor, "24 24 1"]:
        """The person's face."""
        return moods.draw_face(self.eyes, self.mouth, self.person)

    @property
    def wave(self) -> Int16[Tensor, " 4096"]:
        """The person's voice."""
        return moods.say(self.tone, self.person)

    @property
    def meant(self) -> int | None:
        """What is meant by the rule; None where the words decide and no word bears a sense."""
        return (moods.sense_of(self.text), self.mouth, self.tone)[self.eyes]


def verdicts(judge: Judge, scene: Scene) -> list[Verdict]:
    """Return what a model says when it sees all, and when words, face or voice are covered.

    ValueError where the judge cannot read the text, or gives no probability or no shares.
    """
    seen = [tuple(name != covered for name in MODALITIES) for covered in ("", *MODALITIES)]
    found = [judge(scene.text, scene.face, scene.wave, there) for there in seen]
    for verdict in found:
        numbers = np.array([verdict.positive, *verdict.shares])
        if len(numbers) != 4 or not ((numbers >= 0) & (numbers <= 1.001)).all():
            raise ValueError(f"A verdict needs a probability and three shares, not {verdict}.")
    return found


def sense(verdict: Verdict) -> int:
    """Return the sense that a model finds likelier."""
    return int(verdict.positive >= 0.5)


def rule_says(scene: Scene) -> str:
    """Say who is meant, and what."""
    meant = scene.meant
    what = "but no single sense is among them" if meant is None else what_is(meant)
    return f"{POINTS[scene.eyes]} decide{'' if scene.eyes == 0 else 's'}, {what}."


def what_is(meant: int) -> str:
    """Say what is meant."""
    return f"and {(*SENSES, 'neutral')[meant]} is meant"


def model_says(found: list[Verdict], covered: int = 0) -> str:
    """Say what a model says when it sees all, or with number `covered` of MODALITIES from 1 on."""
    now, before = found[covered], found[0]
    chance = max(now.positive, 1 - now.positive)
    said = f"The model says {SENSES[sense(now)]}, {100 * chance:.0f} %"
    if covered == 0:
        return f"{said}."
    turns = "the answer turns" if sense(now) != sense(before) else "the answer stays"
    return f"With {MODALITIES[covered - 1]} covered: {said[0].lower()}{said[1:]}; {turns}."


def mood_lab(
    judge: Judge, text: str, eyes: int = 0, mouth: int = 0, tone: int = 1, person: int = 0
) -> Figure:
    """What is said, seen and heard; what a model makes of it; and of it with one thing covered.

    The static twin of `mmtutor.widgets.MoodLab`. `eyes` is a number in EYES, `mouth` and `tone` are
    senses (0 negative, 1 positive).
    """
    scene = Scene(text, eyes, mouth, tone, person)
    found = verdicts(judge, scene)
    figure, axes = plt.subplots(1, 4, figsize=(11, 2.6), width_ratios=(1, 1.3, 1.9, 1.6))
    axes[0].imshow(scene.face[..., 0].numpy(), cmap="gray", vmin=0, vmax=255)
    axes[0].set(xticks=[], yticks=[], title=FACES[eyes])
    axes[1].plot(
        np.arange(moods.SAMPLES) / RATE, scene.wave.numpy() / 32768, color=SOUND, linewidth=0.5
    )
    axes[1].set(xlabel="seconds", yticks=[], title=f"a {SENSES[tone]} tone")
    draw_verdicts(axes[2], found)
    draw_shares(axes[3], found[0])
    figure.suptitle(f"“{text}”", fontsize=12)
    said = f"“{text}”, {rule_says(scene)} {model_says(found)}"
    return describe(figure, f"{said} " + " ".join(model_says(found, at) for at in (1, 2, 3)))


def draw_verdicts(axes: Axes, found: list[Verdict]) -> None:
    """Draw how probable a model finds "positive", with everything and with one thing covered."""
    for level, (verdict, color) in enumerate(zip(found, ("#222222", *COLOURS), strict=True)):
        axes.plot([50, 100 * verdict.positive], [level, level], color=color, linewidth=3)
        axes.plot(100 * verdict.positive, level, "o", color=color, clip_on=False)
        axes.text(103, level, f"{100 * verdict.positive:.0f} %", va="center", fontsize=10)
    axes.axvline(50, color=BASELINE, linestyle="--")
    axes.set_yticks(range(4), SHOWN)
    axes.set(xlim=(0, 100), ylim=(3.6, -0.6), xlabel="“positive”, percent", xticks=[0, 50, 100])
    axes.set_title("what the model says")


def draw_shares(axes: Axes, verdict: Verdict) -> None:
    """Draw which share of a model's attention goes to words, face and voice."""
    for level, (share, color) in enumerate(zip(verdict.shares, COLOURS, strict=True)):
        axes.barh(level, 100 * share, color=color)
        axes.text(100 * share + 2, level, f"{100 * share:.0f} %", va="center", fontsize=10)
    axes.set_yticks(range(3), MODALITIES)
    axes.set(xlim=(0, 115), ylim=(2.6, -0.6), xlabel="share of attention, percent")
    axes.set(xticks=[0, 50, 100], title="where it looks")
