"""The frames of lesson 17: 64 milliseconds of sound under a window, one every 16, 40 mel bands.

`SOUND` is a pipeline as lesson 05 has them. What else is here goes between counts of samples and
counts of frames, and between prepared frames and the power of their bands.
"""

import math

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from mmtutor.datasets.spectrograms import FLOOR, RATE, mel_filters, short_time_fourier
from mmtutor.pipelines.sounds import SoundPipeline

WINDOW, HOP, BANDS = 512, 128, 40
"""Samples under a window, samples from one to the next, mel bands of a frame."""
MILLISECONDS = 1000 * HOP / RATE
"""From one frame to the next."""
FIRST = (WINDOW - HOP) / 2 / RATE
"""The second at which the first frame begins, if each frame tells of the hop in its middle."""
SOUND = SoundPipeline(RATE, WINDOW, HOP, BANDS, mean=-1.5, deviation=4.0)
"""The pipeline of lesson 05; mean and deviation are those of the phrases to learn from."""
SILENCE = (math.log(FLOOR) - SOUND.mean) / SOUND.deviation
"""What a frame holds, band by band, where there is no sound."""

Mels = Float[Tensor, "phrase frame 40"]
Lengths = Int64[Tensor, " phrase"]


def frame_counts(samples: Lengths) -> Lengths:
    """Return how many frames so many samples have."""
    return (samples - WINDOW) // HOP + 1


def within(counts: Lengths, size: int) -> Bool[Tensor, "phrase {size}"]:
    """Say which places are real where each row has so many of them."""
    return torch.arange(size, device=counts.device) < counts.unsqueeze(1)


def mel_power(mels: Mels) -> Mels:
    """Return the power of every band of prepared frames."""
    return (mels * SOUND.deviation + SOUND.mean).exp()


def as_frames(waves: Float[Tensor, "phrase sample"]) -> Mels:
    """Return the frames of sound that nobody has rounded to 16 bits."""
    power = short_time_fourier(waves, WINDOW, HOP).abs() ** 2
    bands = power @ mel_filters(BANDS, WINDOW, RATE).to(power) + FLOOR
    return (bands.log() - SOUND.mean) / SOUND.deviation
