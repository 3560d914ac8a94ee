"""Ten made-up words of two vowels, sung by a small synthesiser: a stand-in for spoken digits.

A voice is a buzz with a pitch, which the mouth filters: some pitches come through, the formants,
and they make the vowel (Peterson & Barney 1952, "Control Methods Used in a Study of the Vowels").
The buzz is a sum of harmonics; each is as loud as the formants let it be.
"""

from itertools import permutations

import torch
from jaxtyping import Float, Int64
from torch import Tensor

VOWELS = {
    "i": (270, 2290, 3010),
    "e": (530, 1840, 2480),
    "a": (730, 1090, 2440),
    "o": (570, 840, 2410),
    "u": (300, 870, 2240),
}
"""The first three formants of five vowels in hertz, after the men's means of Peterson & Barney."""
WORDS = tuple(f"{a}-{b}" for a, b in permutations(VOWELS, 2))[::2]
"""The word for each digit: a glide from one vowel to another."""
BANDWIDTH = 90.0
"""How wide a formant is, in hertz."""
HARMONICS = 40


def sing(
    words: Int64[Tensor, " word"],
    pitch: Float[Tensor, " word"],
    tract: Float[Tensor, " word"],
    seconds: Float[Tensor, " word"],
    samples: int,
    rate: int,
) -> Float[Tensor, "word {samples}"]:
    """Return each word as sound between -1 and 1, followed by silence.

    `pitch` is the voice's in hertz, `tract` scales the formants (a short throat raises them all),
    `seconds` is how long the word takes. The pitch falls by a fifth of itself, as in speech.
    """
    time = torch.arange(samples) / rate  # (sample)
    place = (time / seconds[:, None]).clamp(max=1)  # (word, sample): 0 at the start, 1 at the end
    formants = glide(words, place) * tract[:, None, None]  # (word, sample, formant)
    fundamental = pitch[:, None] * (1.1 - 0.2 * place)  # (word, sample)
    phase = 2 * torch.pi * fundamental.cumsum(dim=1) / rate
    wave = torch.zeros(len(words), samples)
    for harmonic in range(1, HARMONICS + 1):
        loud = loudness(harmonic * fundamental, formants, rate) / harmonic
        wave += loud * (harmonic * phase).sin()
    wave *= fade(place)
    return wave / wave.abs().amax(dim=1, keepdim=True)


def glide(
    words: Int64[Tensor, " word"], place: Float[Tensor, "word sample"]
) -> Float[Tensor, "word sample 3"]:
    """Return the formants over time: the first vowel, a smooth change, the second vowel."""
    ends = torch.tensor([[VOWELS[v] for v in word.split("-")] for word in WORDS]).float()[words]
    change = ((place - 0.5) * 12).sigmoid().unsqueeze(-1)
    return ends[:, :1] * (1 - change) + ends[:, 1:] * change


def loudness(
    hertz: Float[Tensor, "word sample"], formants: Float[Tensor, "word sample 3"], rate: int
) -> Float[Tensor, "word sample"]:
    """Return how much of a pitch comes through: much near a formant, none above half the rate."""
    away = (hertz.unsqueeze(-1) - formants) / BANDWIDTH
    return (1 / (1 + away**2)).sum(dim=-1) * (hertz < rate / 2)


def fade(place: Float[Tensor, "word sample"]) -> Float[Tensor, "word sample"]:
    """Return a loudness that rises and falls over a tenth of the word, and silence after it."""
    return (10 * torch.minimum(place, 1 - place)).clamp(0, 1)
