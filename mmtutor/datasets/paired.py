"""A picture and a sound, and a label with a dial: who knows what, and how well can it be made out?

The picture is a handwritten digit, the sound a spoken one. A rule says which label a pair of digits
has: both say the same (redundant), each knows a part (complementary), or neither knows anything
alone (xor). Grain and hiss make both harder to read; a lost picture or sound is noise and nothing
else. As rule and losses are known, so is the best that anybody could do.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from mmtutor.datasets import digits, spectrograms, spoken

NEVER = -1
"""In a rule's table: this pair of digits does not occur."""
DIGIT = torch.arange(10)
RULES: dict[str, Int64[Tensor, "10 10"]] = {
    "redundant": torch.diag(DIGIT) + NEVER * (1 - torch.eye(10, dtype=torch.long)),
    "complementary": 2 * (DIGIT.unsqueeze(1) >= 5) + (DIGIT >= 5).long(),
    "xor": (DIGIT.unsqueeze(1) + DIGIT) % 2,
}
"""The label of (digit in the picture, digit in the sound): the digit that both show; which of the
two are five or more, one of four; whether exactly one of the two is odd."""
PIXELS = 64
"""Numbers in a picture, 8 × 8."""
FRAMES = (spoken.SAMPLES - spectrograms.WINDOW) // spectrograms.HOP + 1
SOUND = FRAMES * spectrograms.BANDS
"""Numbers in a log-mel picture of a sound, 19 × 20."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Where the dial stands. `rule` is a table of labels, 10 × 10, as those in RULES.

    `grain` is the standard deviation of the noise on every pixel (ink is 1, paper 0), `hiss` that
    of the noise on every sample of sound (the loudest is about 0.9). `lost_picture` and
    `lost_sound` are the shares in which noise is all there is.
    """

    rule: Int64[Tensor, "10 10"]
    grain: float = 0.2
    hiss: float = 0.01
    lost_picture: float = 0.0
    lost_sound: float = 0.0

    @property
    def classes(self) -> int:
        """How many labels there are."""
        return int(self.rule.max()) + 1


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pictures and sounds, ready for a model, what they show, and their labels.

    `pictures` and `sounds` (log-mel) have mean 0 and standard deviation 1 over clean examples.
    `digits` and `lost` have a column for the picture and one for the sound.
    """

    pictures: Float[Tensor, "pair 8 8"]
    sounds: Float[Tensor, "pair frame band"]
    labels: Int64[Tensor, " pair"]
    digits: Int64[Tensor, "pair 2"]
    lost: Bool[Tensor, "pair 2"]

    def __len__(self) -> int:
        return len(self.labels)


def make_pairs(setting: Setting, count: int, seed: int = 0, test: bool = False) -> Pairs:
    """Draw `count` pairs. The same arguments give the same pairs.

    With `test`, pictures and voices are those that training never uses. Every pair of digits that
    the rule allows comes equally often, to within one.
    """
    generator = torch.Generator().manual_seed(2 * seed + test)
    allowed = (setting.rule != NEVER).nonzero()  # (allowed pair, 2)
    shown = allowed[torch.randperm(count, generator=generator) % len(allowed)]  # (pair, 2)
    chances = torch.tensor([setting.lost_picture, setting.lost_sound])
    lost = torch.rand(count, 2, generator=generator) < chances
    pictures = draw_pictures(shown[:, 0], lost[:, 0], setting.grain, test, generator)
    waves = draw_waves(shown[:, 1], lost[:, 1], setting.hiss, test, generator)
    labels = setting.rule[shown[:, 0], shown[:, 1]]
    return Pairs(pictures, as_input(waves), labels, shown, lost)


def without_picture(pairs: Pairs) -> Pairs:
    """Return the same pairs with every picture missing: zeros, an even grey."""
    return replace(pairs, pictures=torch.zeros_like(pairs.pictures))


def without_sound(pairs: Pairs) -> Pairs:
    """Return the same pairs with every sound missing: zeros, an even noise of mean loudness."""
    return replace(pairs, sounds=torch.zeros_like(pairs.sounds))


def draw_pictures(
    shown: Int64[Tensor, " pair"],
    lost: Bool[Tensor, " pair"],
    grain: float,
    test: bool,
    generator: torch.Generator,
) -> Float[Tensor, "pair 8 8"]:
    """Return a picture of each digit, with grain, standardised."""
    data = digits.load_digits()
    chosen = pick(data.labels, digits.split(data)[test], shown, generator)
    noise = torch.randn(len(shown), 8, 8, generator=generator)
    ink = data.images[chosen]
    # Nothing is left of a lost picture but its mean grey, and grain as strong as ink.
    ink = torch.where(lost.view(-1, 1, 1), PAPER + INK * noise, ink + grain * noise)
    return (ink - PAPER) / INK


PAPER, INK = 0.305, 0.376
"""Mean and standard deviation of the clean pictures' pixels."""
HISS_OF_LOST = 0.05
"""How loud a lost sound is."""
LOUDNESS, SPREAD = 0.24, 2.59
"""Mean and standard deviation of the clean log-mel pictures with the default hiss."""


def draw_waves(
    shown: Int64[Tensor, " pair"],
    lost: Bool[Tensor, " pair"],
    hiss: float,
    test: bool,
    generator: torch.Generator,
) -> Float[Tensor, "pair sample"]:
    """Return a waveform of each digit, with hiss; a lost one is hiss alone."""
    data = spoken.load_spoken()
    chosen = pick(data.digits, spoken.split(data)[test], shown, generator)
    noise = torch.randn(len(shown), spoken.SAMPLES, generator=generator)
    waves = data.waves(chosen) + hiss * noise
    return torch.where(lost.unsqueeze(1), HISS_OF_LOST * noise, waves)


def as_input(waves: Float[Tensor, "pair sample"]) -> Float[Tensor, "pair frame band"]:
    """Return the log-mel pictures of waveforms, standardised."""
    parts = [spectrograms.log_mel(part) for part in waves.split(1000)]
    return (torch.cat(parts) - LOUDNESS) / SPREAD


def pick(
    labels: Int64[Tensor, " all"],
    places: Int64[Tensor, " part"],
    wanted: Int64[Tensor, " pair"],
    generator: torch.Generator,
) -> Int64[Tensor, " pair"]:
    """Return, for each wanted label, one of the places that have it, at random."""
    order = places[labels[places].argsort(stable=True)]
    counts = labels[places].bincount(minlength=10)
    starts = counts.cumsum(0) - counts
    offset = torch.rand(len(wanted), generator=generator) * counts[wanted]
    return order[starts[wanted] + offset.long()]


# ── The best that anybody could do ────────────────────────────────────────────────────────────────


def posterior(
    rule: Int64[Tensor, "10 10"],
    picture: Float[Tensor, "pair 10"],
    sound: Float[Tensor, "pair 10"],
) -> Float[Tensor, "pair label"]:
    """Return the probability of each label, for two experts who tell digits independently.

    `picture` and `sound` are their probabilities of each digit. This is Bayes' rule: add up the
    joint probability of all pairs of digits that have the label, and divide by the sum.
    """
    joint = picture.unsqueeze(2) * sound.unsqueeze(1)  # (pair, digit, digit)
    labels = torch.arange(int(rule.max()) + 1)
    owned = (rule == labels.view(-1, 1, 1)).to(joint)  # (label, digit, digit)
    mass = torch.einsum("pab,yab->py", joint, owned)
    return mass / mass.sum(dim=1, keepdim=True).clamp(min=1e-30)


def limit(setting: Setting) -> dict[str, float]:
    """Return the Bayes limit: the best accuracy by the picture alone, the sound alone, and both.

    For somebody who reads whatever is not lost without a mistake: sums over what may be lost and
    over all pairs of digits. Grain and hiss can only make it harder.
    """
    heard = {
        "picture": [(setting.lost_picture, 1.0)],
        "sound": [(1.0, setting.lost_sound)],
        "both": [(setting.lost_picture, setting.lost_sound)],
    }
    return {name: best(setting.rule, *lost[0]) for name, lost in heard.items()}


def best(rule: Int64[Tensor, "10 10"], lost_picture: float, lost_sound: float) -> float:
    """Return how often the likeliest label is right, over every way of losing what is lost."""
    shown = (rule != NEVER).nonzero()
    return sum(
        chance * posterior(rule, *seen).amax(dim=1).mean().item()
        for chance, seen in ways(shown, lost_picture, lost_sound)
    )


def ways(
    shown: Int64[Tensor, "pair 2"], lost_picture: float, lost_sound: float
) -> Iterator[tuple[float, list[Float[Tensor, "pair 10"]]]]:
    """Yield each way of losing, how likely it is, and what is then known of each digit."""
    known, unknown = torch.eye(10), torch.full((10, 10), 0.1)
    for lost in product((False, True), repeat=2):
        chances = zip(lost, (lost_picture, lost_sound), strict=True)
        chance = torch.tensor([share if gone else 1 - share for gone, share in chances]).prod()
        seen = [(unknown if g else known)[d] for g, d in zip(lost, shown.T, strict=True)]
        yield float(chance), seen
