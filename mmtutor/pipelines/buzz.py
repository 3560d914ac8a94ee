"""From frames to sound of a pitch that one chooses: a buzz that the bands' loudness filters.

A voice is a source, the throat's buzz or the hiss of air, and a filter, the mouth. Frames of mel
bands hold the filter; how fast it buzzes is put in. Source: Dudley 1940, "The Carrier Nature of
Speech" (the vocoder).
"""

import torch
from jaxtyping import Bool, Complex, Float
from torch import Tensor

from mmtutor.datasets.spectrograms import RATE, short_time_fourier
from mmtutor.pipelines.griffin_lim import spread_out
from mmtutor.pipelines.mel_frames import BANDS, HOP, WINDOW, Mels, mel_power
from mmtutor.pipelines.sounds import overlap_add

BREATH = 0.2
"""How loud the hiss is in a voice, beside its buzz; it fills the spectrum between the multiples."""


def with_pitch(
    mels: Mels, hertz: int | float, breath: int | float = BREATH, seed: int = 0
) -> Float[Tensor, "phrase sample"]:
    """Return sound with about these frames and this pitch; `seed` draws the hiss.

    Phases are those of the source, so nothing is guessed but the spectrum under the bands.
    """
    samples = (mels.shape[1] - 1) * HOP + WINDOW
    hiss = even(torch.randn(samples, generator=torch.Generator().manual_seed(seed)))
    voice = (even(buzz(hertz, samples)) + breath * hiss) / (1 + breath**2) ** 0.5
    source = torch.where(voiced(mels), voice, hiss)
    return overlap_add(spread_out(mel_power(mels)) * source, WINDOW, HOP)


def buzz(hertz: int | float, samples: int, rate: int = RATE) -> Float[Tensor, " {samples}"]:
    """Return a buzz: a pitch with all its multiples below half the rate, equally loud."""
    turns = torch.arange(samples, dtype=torch.float64) * hertz / rate
    multiples = torch.arange(1, int((rate - 1) // (2 * hertz)) + 1)
    return (2 * torch.pi * torch.outer(multiples, turns)).cos().sum(dim=0).float()


def even(source: Float[Tensor, " sample"]) -> Complex[Tensor, "frame frequency"]:
    """Return the spectrum of a source, as loud as if every number in it had size 1."""
    spectrum = short_time_fourier(source, WINDOW, HOP)
    return spectrum / spectrum.abs().square().mean().sqrt()


def voiced(mels: Mels) -> Bool[Tensor, "phrase frame 1"]:
    """Say in which frames the lower half of the bands is louder: there it buzzes."""
    low, high = mel_power(mels).split(BANDS // 2, dim=2)
    return (low.sum(dim=2) > high.sum(dim=2)).unsqueeze(2)
