"""Sounds for a network: the right preparation, and what goes wrong on the way.

Raw sounds are as a microphone gives them: 8,000 whole numbers of 16 bits a second. Every function
here returns what the network is given, (sound, 19 frames, 20 mel bands).
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int16
from torch import Tensor

from mmtutor.datasets.bugs.named import by_name
from mmtutor.datasets.spectrograms import FLOOR, HOP, WINDOW, mel_filters, short_time_fourier

Raw = Int16[Tensor, "sound sample"]
Waves = Float[Tensor, "sound sample"]
Power = Float[Tensor, "sound frame frequency"]
Mels = Float[Tensor, "sound frame band"]

LOUDNESS, SPREAD = -3.9, 6.4
"""Mean and standard deviation of the training sounds' log-mel pictures."""
OTHER_RATE = 11_025
"""Samples a second that the loader believes in, for the bug of the wrong rate."""
GAIN = 8
"""How much too loud the microphone was, for the bug of the clipped sound."""


def right(raw: Raw) -> Mels:
    """Divide by 32,768, then power, mel bands and natural logarithm; take off the mean, scale."""
    return normalised(logarithm(power(as_waves(raw)) @ mel_filters()))


def as_waves(raw: Raw) -> Waves:
    """Return 16-bit samples as numbers from -1 to 1."""
    return raw.float() / 32768


def power(waves: Waves) -> Power:
    """Return how strong each frequency is under each window."""
    return short_time_fourier(waves).abs() ** 2


def logarithm(power: Mels) -> Mels:
    """Return the natural logarithm, with a floor under silence."""
    return (power + FLOOR).log()


def normalised(mels: Mels) -> Mels:
    """Take off the mean of the training sounds, and divide by their standard deviation."""
    return (mels - LOUDNESS) / SPREAD


def magnitude_for_power(raw: Raw) -> Mels:
    """The strength of a frequency is not squared: half of its logarithm."""
    return normalised(logarithm(power(as_waves(raw)).sqrt() @ mel_filters()))


def logarithm_to_base_10(raw: Raw) -> Mels:
    """The decimal logarithm stands for the natural one: every number is 0.43 times as large."""
    return normalised(logarithm(power(as_waves(raw)) @ mel_filters()) / math.log(10))


def no_logarithm(raw: Raw) -> Mels:
    """The power itself goes in."""
    return normalised(power(as_waves(raw)) @ mel_filters())


def logarithm_of_0(raw: Raw) -> Mels:
    """No floor lies under silence: the logarithm of 0 is minus infinity."""
    return normalised((power(as_waves(raw)) @ mel_filters()).log())


def not_scaled(raw: Raw) -> Mels:
    """Whole numbers up to 32,767 go where -1 to 1 is expected."""
    return normalised(logarithm(power(raw.float()) @ mel_filters()))


def no_window(raw: Raw) -> Mels:
    """No window fades the pieces in and out, so that their ends make pitches of their own."""
    pieces = as_waves(raw).unfold(-1, WINDOW, HOP)
    return normalised(logarithm(torch.fft.rfft(pieces).abs() ** 2 @ mel_filters()))


def wrong_rate(raw: Raw) -> Mels:
    """Read as 11,025 samples a second and brought to 8,000: faster, and higher by a third."""
    fewer = raw.shape[1] * 8000 // OTHER_RATE
    waves = F.interpolate(as_waves(raw).unsqueeze(1), fewer, mode="linear").squeeze(1)
    waves = F.pad(waves, (0, raw.shape[1] - fewer))
    return normalised(logarithm(power(waves) @ mel_filters()))


def hop_halved(raw: Raw) -> Mels:
    """Windows follow at half the distance, and as many are kept: the end is never heard."""
    frames = (raw.shape[1] - WINDOW) // HOP + 1
    dense = short_time_fourier(as_waves(raw), WINDOW, HOP // 2)[:, :frames].abs() ** 2
    return normalised(logarithm(dense @ mel_filters()))


def one_frame_late(raw: Raw) -> Mels:
    """A frame of silence stands in front, and the last one falls off."""
    return right(F.pad(raw, (HOP, -HOP)))


def clipped(raw: Raw) -> Mels:
    """The microphone was eight times too loud: what is over the largest number is cut off."""
    waves = (GAIN * as_waves(raw)).clamp(-1, 1)
    return normalised(logarithm(power(waves) @ mel_filters()))


BUGS = by_name(
    magnitude_for_power,
    logarithm_to_base_10,
    no_logarithm,
    logarithm_of_0,
    not_scaled,
    no_window,
    wrong_rate,
    hop_halved,
    one_frame_late,
    clipped,
)
"""What goes wrong with sounds, by name."""
