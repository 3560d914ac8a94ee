"""What goes wrong with sounds between a file and a network.

A bug is `bug(pipeline, raw)`: it returns what `pipeline.prepare(raw)` should have returned, with
one thing wrong. `pipeline` is lesson 05's SoundPipeline (or any dataclass with its fields); `raw`
is as a microphone gives it, whole numbers of 16 bits.
"""

import math
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int16
from torch import Tensor

from mmtutor.datasets.bugs.named import by_name
from mmtutor.datasets.spectrograms import FLOOR, mel_filters, short_time_fourier

Raw = Int16[Tensor, "sound sample"]
Strength = Float[Tensor, "sound frame frequency"]
Prepared = Float[Tensor, "sound frame band"]

SPEED = 11025 / 8000
"""How much too many samples a second the loader believes in, for the bug of the wrong rate."""
GAIN = 8
"""How much too loud the microphone was, for the bug of the clipped sound."""


def magnitude(pipeline: Any, raw: Raw) -> Strength:
    """Return how strong each frequency is under each window, not yet squared."""
    return short_time_fourier(raw.float() / 32768, pipeline.window, pipeline.hop).abs()


def bands(pipeline: Any, strength: Strength) -> Prepared:
    """Return the sums of the strength within the mel bands."""
    return strength @ mel_filters(pipeline.bands, pipeline.window, pipeline.rate)


def scaled(pipeline: Any, mels: Prepared) -> Prepared:
    """Take off the mean and divide by the deviation, as the pipeline does at its end."""
    return (mels - pipeline.mean) / pipeline.deviation


def magnitude_for_power(pipeline: Any, raw: Raw) -> Prepared:
    """The strength of a frequency is not squared, so that its logarithm is about half as large."""
    return scaled(pipeline, (bands(pipeline, magnitude(pipeline, raw)) + FLOOR).log())


def logarithm_to_base_10(pipeline: Any, raw: Raw) -> Prepared:
    """The decimal logarithm stands for the natural one: every number is 0.43 times as large."""
    natural = replace(pipeline, mean=0.0, deviation=1.0).prepare(raw)
    return scaled(pipeline, natural / math.log(10))


def no_logarithm(pipeline: Any, raw: Raw) -> Prepared:
    """The power itself goes in."""
    return scaled(pipeline, bands(pipeline, magnitude(pipeline, raw) ** 2))


def logarithm_of_0(pipeline: Any, raw: Raw) -> Prepared:
    """No floor lies under silence: the logarithm of 0 is minus infinity."""
    return scaled(pipeline, bands(pipeline, magnitude(pipeline, raw) ** 2).log())


def not_divided(pipeline: Any, raw: Raw) -> Prepared:
    """Whole numbers up to 32,767 go where -1 to 1 is expected."""
    power = (32768 * magnitude(pipeline, raw)) ** 2
    return scaled(pipeline, (bands(pipeline, power) + FLOOR).log())


def no_window(pipeline: Any, raw: Raw) -> Prepared:
    """No window fades the pieces in and out, so that their ends make pitches of their own."""
    pieces = (raw.float() / 32768).unfold(-1, pipeline.window, pipeline.hop)
    return scaled(pipeline, (bands(pipeline, torch.fft.rfft(pieces).abs() ** 2) + FLOOR).log())


def wrong_rate(pipeline: Any, raw: Raw) -> Prepared:
    """8,000 samples a second are read as 11,025: all is faster and higher, by more than a third."""
    waves = raw.float().unsqueeze(1)
    fast = F.interpolate(waves, int(raw.shape[1] / SPEED), mode="linear").squeeze(1)
    silence = raw.shape[1] - fast.shape[1]
    return pipeline.prepare(F.pad(fast.round().to(torch.int16), (0, silence)))


def hop_halved(pipeline: Any, raw: Raw) -> Prepared:
    """Windows follow at half the distance, and no more are kept: the second half is never heard."""
    frames = (raw.shape[1] - pipeline.window) // pipeline.hop + 1
    return replace(pipeline, hop=pipeline.hop // 2).prepare(raw)[:, :frames]


def one_frame_late(pipeline: Any, raw: Raw) -> Prepared:
    """Silence of one hop stands in front, and the end falls off."""
    return late(pipeline, raw, pipeline.hop)


def one_window_late(pipeline: Any, raw: Raw) -> Prepared:
    """Silence of one whole window stands in front, and the end falls off."""
    return late(pipeline, raw, pipeline.window)


def late(pipeline: Any, raw: Raw, samples: int) -> Prepared:
    """Return the sounds after so many samples of silence, as long as before."""
    return pipeline.prepare(F.pad(raw, (samples, -samples)))


def clipped(pipeline: Any, raw: Raw) -> Prepared:
    """The microphone was eight times too loud: what is over the largest number is cut off."""
    loud = (GAIN * raw.int()).clamp(-32768, 32767)
    return pipeline.prepare(loud.to(torch.int16))


BUGS = by_name(
    magnitude_for_power,
    logarithm_to_base_10,
    no_logarithm,
    logarithm_of_0,
    not_divided,
    no_window,
    wrong_rate,
    hop_halved,
    one_frame_late,
    one_window_late,
    clipped,
)
"""What goes wrong with sounds, by name."""
