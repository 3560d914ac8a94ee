"""How high is a voice? The time after which a sound comes again, frame by frame."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

LOWEST, HIGHEST = 60, 450
"""Pitches that are looked for, in hertz."""
OCTAVE = 0.1
"""What is taken off for each octave that a pitch is lower: all its multiples fit as well."""
FINE = 4
"""Lags that are looked at from one sample to the next: a period need not be whole samples."""
PERIODIC = 0.6
"""From which autocorrelation on a frame counts as voiced, where it is not soft."""
SOFT = 0.2
"""Frames with less than this share of the loudest one's amplitude are not looked at."""


class Pitch(NamedTuple):
    """The pitch of each frame in hertz, which frames are loud, and which of them are voiced."""

    hertz: Float[Tensor, "phrase frame"]
    loud: Bool[Tensor, "phrase frame"]
    voiced: Bool[Tensor, "phrase frame"]


def pitch_of(
    waves: Float[Tensor, "phrase sample"], rate: int, window: int = 512, hop: int = 128
) -> Pitch:
    """Return how high sound is in each frame: the largest autocorrelation at a lag that is short.

    Source: Boersma 1993, "Accurate Short-Term Analysis of the Fundamental Frequency and the
    Harmonics-to-Noise Ratio of a Sampled Sound": divided by the window's own autocorrelation.
    """
    frames = waves.unfold(1, window, hop)
    frames = frames - frames.mean(dim=2, keepdim=True)
    shortest, longest = FINE * rate // HIGHEST, FINE * rate // LOWEST
    alike = autocorrelation(frames)[..., shortest - 1 : longest + 2]
    lags = torch.arange(shortest, longest + 1).to(alike)
    best = (alike[..., 1:-1] - OCTAVE * (lags / shortest).log2()).argmax(dim=2)
    around = alike.gather(2, best.unsqueeze(2) + torch.arange(3))
    size = frames.norm(dim=2)
    loud = size > SOFT * size.amax(dim=1, keepdim=True)
    hertz = FINE * rate / (lags[best] + vertex(around))
    return Pitch(hertz, loud, loud & (around[..., 1] > PERIODIC))


def autocorrelation(
    frames: Float[Tensor, "phrase frame sample"],
) -> Float[Tensor, "phrase frame lag"]:
    """Return how alike each frame is to itself, later: 1 at lag 0, and 1 where it comes again.

    Lags are FINE to a sample, up to a third of a frame.
    """
    size = frames.shape[2]
    window = torch.hann_window(size).to(frames)
    of_frames, of_window = (
        torch.fft.irfft(torch.fft.rfft(x, 2 * size).abs() ** 2, 2 * FINE * size)
        for x in (frames * window, window)
    )
    lags = FINE * size // 3
    share = of_window[:lags] / of_window[0]  # of the window is left at such a lag
    return of_frames[..., :lags] / of_frames[..., :1].clamp(min=1e-9) / share


def vertex(around: Float[Tensor, "phrase frame 3"]) -> Float[Tensor, "phrase frame"]:
    """Return where between -1/2 and 1/2 a parabola through three neighbours is highest."""
    left, middle, right = around.unbind(dim=2)
    bend = (2 * middle - left - right).clamp(min=1e-9)
    return ((right - left) / (2 * bend)).clamp(-0.5, 0.5)


def semitones(hertz: Float[Tensor, "*any"], wanted: int | float) -> Float[Tensor, "*any"]:
    """Return how many twelfths of an octave pitches are above what was wanted."""
    return 12 * (hertz / wanted).log2()
