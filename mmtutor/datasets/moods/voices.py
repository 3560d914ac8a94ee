"""A voice that says two vowels in a friendly, an unfriendly or a neutral tone.

A friendly tone rises and is bright, an unfriendly one falls, is dull and rough; a neutral one stays
level. The buzz of the throat is a sum of harmonics in closed form (Moorer 1976, "The Synthesis of
Complex Audio Spectra by Means of Discrete Summation Formulas"), the mouth lets the vowels' formants
through. What is said tells nothing; nor does how loud, nor how high the voice is.
"""

import torch
from jaxtyping import Float, Int16, Int64
from torch import Tensor

from mmtutor.datasets import vowels
from mmtutor.datasets.spectrograms import RATE

SAMPLES = 4096
"""Samples of every waveform: about half a second."""
HISS = 0.003
"""The standard deviation of the microphone's noise; 1 is the loudest that a sample can be."""
TRAITS = torch.tensor([[95, 210], [0.9, 1.2], [-0.03, 0.03]])
"""From and to, for each person: pitch in hertz (evenly in octaves), throat (a factor on the
formants), brightness."""
RISE = (-10.0, 10.0, 0.0)
"""For each sense (negative, positive, neutral): how far the pitch goes, in semitones."""
BRIGHT = (0.78, 0.80, 0.79)
"""How loud each harmonic is, as a share of the one below."""
ROUGH = (0.8, 0.05, 0.1)
"""How much of the loudness trembles, 40 to 70 times a second."""


def voices_of_people(count: int) -> Float[Tensor, "{count} 3"]:
    """Return the traits of so many people's voices; the same people at each call."""
    share = torch.rand(count, 3, generator=torch.Generator().manual_seed(8))
    low, high = TRAITS.T
    pitch = low[0] * (high[0] / low[0]) ** share[:, :1]
    return torch.cat([pitch, low[1:] + (high - low)[1:] * share[:, 1:]], dim=1)


def speak(
    traits: Float[Tensor, "voice 3"], senses: Int64[Tensor, " voice"], generator: torch.Generator
) -> Int16[Tensor, "voice 4096"]:
    """Let each voice say two vowels, drawn evenly, in a tone of its sense."""
    pitch, throat, own = traits.unsqueeze(-1).unbind(1)
    chance = torch.rand(8, len(traits), 1, generator=generator)  # one for each use below
    rise, bright, rough = (torch.tensor(x)[senses, None] for x in (RISE, BRIGHT, ROUGH))
    seconds, start = 0.38 + 0.07 * chance[0], 0.05 * chance[1]
    place = ((torch.arange(SAMPLES) / RATE - start) / seconds).clamp(0, 1)  # (voice, sample)
    bent = (rise + 3 * chance[2] - 1.5) * (place - 0.5) + 2 * chance[3] * (torch.pi * place).sin()
    hertz = pitch * 2 ** (bent / 12)
    wave = buzz(hertz, bright + own + 0.06 * chance[4] - 0.03)
    words = torch.randint(len(vowels.WORDS), (len(traits),), generator=generator)
    wave = through_mouth(wave, words, throat, place)
    turns = (40 + 30 * chance[5]) * seconds * place
    trembling = 1 + (rough + 0.2 * chance[6]) * (2 * torch.pi * turns).sin()
    wave = wave * vowels.fade(place) * trembling
    level = 0.04 + 0.06 * chance[7]
    wave = level * wave / wave.square().mean(dim=1, keepdim=True).sqrt()
    wave = wave + HISS * torch.randn(wave.shape, generator=generator)
    return (wave * 32767).round().clamp(-32768, 32767).to(torch.int16)


def buzz(
    hertz: Float[Tensor, "voice sample"], bright: Float[Tensor, "voice 1"]
) -> Float[Tensor, "voice sample"]:
    """Return the sum of a^n cos(n x) over all harmonics n that lie under half the rate.

    x is the phase of the pitch and a the brightness; the sum is that of a geometric series.
    """
    phase = 2 * torch.pi * hertz.cumsum(dim=1) / RATE
    count = (RATE / 2 / hertz.amax(dim=1, keepdim=True)).floor()
    step = torch.polar(bright.expand_as(phase), phase)  # a e^(ix)
    last = torch.polar(bright**count, torch.zeros_like(bright)) * torch.polar(
        torch.ones_like(phase), count * phase
    )
    return (step * (1 - last) / (1 - step)).real


def through_mouth(
    wave: Float[Tensor, "voice sample"],
    words: Int64[Tensor, " voice"],
    throat: Float[Tensor, "voice 1"],
    place: Float[Tensor, "voice sample"],
) -> Float[Tensor, "voice sample"]:
    """Filter a buzz by two vowels, and go over from the first to the second in the middle."""
    spectrum = torch.fft.rfft(wave)
    hertz = torch.fft.rfftfreq(wave.shape[1], 1 / RATE).expand(spectrum.shape)
    ends = torch.tensor([[vowels.VOWELS[v] for v in word.split("-")] for word in vowels.WORDS])
    formants = ends[words] * throat.unsqueeze(-1)  # (voice, vowel, formant)
    first, second = (
        torch.fft.irfft(spectrum * vowels.loudness(hertz, vowel.expand(*hertz.shape, 3), RATE))
        for vowel in formants.split(1, dim=1)
    )
    change = ((place - 0.5) * 12).sigmoid()
    return first * (1 - change) + second * change
