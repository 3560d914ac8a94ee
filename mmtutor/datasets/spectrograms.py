"""From a waveform to a picture of sound: short-time Fourier transform, mel bands, logarithm."""

import torch
from jaxtyping import Complex, Float
from torch import Tensor

RATE = 8000
"""Samples per second. Half of it, 4,000 Hz, is the highest pitch that can be told."""
WINDOW = 512
"""Samples under one window: 64 milliseconds."""
HOP = 256
"""Samples from one window to the next: 32 milliseconds."""
BANDS = 20
"""Mel bands of a log-mel picture."""
FLOOR = 1e-5
"""Added to every band's power before the logarithm: silence has a loudness, too."""


def short_time_fourier(
    waves: Float[Tensor, "*batch sample"], window: int = WINDOW, hop: int = HOP
) -> Complex[Tensor, "*batch frame frequency"]:
    """Cut waves into overlapping windows and take the Fourier transform of each.

    A Hann window fades each piece in and out, so that its ends make no pitch of their own. Returns
    (samples - window) // hop + 1 frames of window // 2 + 1 frequencies, from 0 to half the rate.
    Equal to `torch.stft(..., center=False)`, with its last two axes exchanged.
    """
    pieces = waves.unfold(-1, window, hop)  # (*batch, frame, window)
    return torch.fft.rfft(
        pieces * torch.hann_window(window, dtype=waves.dtype, device=waves.device)
    )


def to_mel(hertz: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """Return a pitch on the mel scale, on which equal steps sound about equally large.

    `2595 log10(1 + f / 700)`: O'Shaughnessy, Speech Communication, 1987 (the form that HTK uses).
    """
    return 2595 * torch.log10(1 + hertz / 700)


def mel_filters(
    bands: int = BANDS, window: int = WINDOW, rate: int = RATE
) -> Float[Tensor, "{window//2+1} {bands}"]:
    """Return triangles over the frequencies, one per band, equally wide on the mel scale.

    Each rises from the middle of the band below to 1 at its own, and falls to that of the next.
    Raises ValueError where a band would be narrower than the step between two frequencies.
    """
    frequencies = torch.linspace(0, rate / 2, window // 2 + 1, dtype=torch.float64)
    top = float(to_mel(torch.tensor(rate / 2)))
    middles = 700 * (10 ** (torch.linspace(0, top, bands + 2, dtype=torch.float64) / 2595) - 1)
    below, middle, above = middles[:-2], middles[1:-1], middles[2:]
    rising = (frequencies[:, None] - below) / (middle - below)
    falling = (above - frequencies[:, None]) / (above - middle)
    triangles = torch.minimum(rising, falling).clamp(min=0)
    if not (triangles.sum(dim=0) > 0).all():
        raise ValueError(f"{bands} bands are too many for a window of {window} samples")
    return triangles.float()


def log_mel(
    waves: Float[Tensor, "*batch sample"],
    rate: int = RATE,
    window: int = WINDOW,
    hop: int = HOP,
    bands: int = BANDS,
) -> Float[Tensor, "*batch frame {bands}"]:
    """Return how loud each mel band is over time, as the natural logarithm of its power."""
    power = short_time_fourier(waves, window, hop).abs() ** 2  # (*batch, frame, frequency)
    return (power @ mel_filters(bands, window, rate).to(power) + FLOOR).log()
