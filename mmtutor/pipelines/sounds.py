"""Samples as a microphone gives them to log-mel pictures, and about back again."""

from dataclasses import dataclass

import torch
from jaxtyping import Complex, Float, Int16, Shaped
from torch import Tensor

from mmtutor.datasets import spectrograms
from mmtutor.datasets.spectrograms import log_mel, mel_filters, short_time_fourier
from mmtutor.pipelines.description import Pipeline

LOUDEST = 32768
"""16-bit samples are whole numbers from -32,768 to 32,767."""


@dataclass(frozen=True)
class SoundPipeline(Pipeline):
    """Samples as a microphone gives them to log-mel pictures: loudness by time and pitch.

    In: 16-bit whole numbers at `rate` samples a second. `window` and `hop` are counted in samples,
    `bands` is how many pitches are told apart. `mean` and `deviation` bring the logarithms to
    numbers around 0, if they are given.
    """

    steps = f"divided by {LOUDEST}; Hann; power; mel (HTK); ln above {spectrograms.FLOOR}"

    rate: int
    window: int
    hop: int
    bands: int
    mean: float = 0.0
    deviation: float = 1.0

    def __post_init__(self) -> None:
        """Raise ValueError for sizes that do not go together."""
        if not 1 <= self.hop <= self.window:
            raise ValueError(
                f"a hop of {self.hop} with a window of {self.window}: it is at least 1 sample, and "
                "no longer than the window, or samples between two windows are never heard"
            )
        if self.deviation <= 0:
            raise ValueError("a deviation is above 0")
        mel_filters(self.bands, self.window, self.rate)

    def prepare(
        self, waves: Shaped[Tensor, "sound sample"]
    ) -> Float[Tensor, "sound frame {self.bands}"]:
        """Return the log-mel pictures. Raises ValueError where they are no 16-bit samples."""
        if waves.dtype != torch.int16:
            raise ValueError(f"sound is 16-bit samples, torch.int16, not {waves.dtype}")
        if waves.shape[1] < self.window:
            raise ValueError(
                f"a sound of {waves.shape[1]} samples is shorter than the window of {self.window}"
            )
        mel = log_mel(waves.float() / LOUDEST, self.rate, self.window, self.hop, self.bands)
        return (mel - self.mean) / self.deviation

    def restore(
        self, prepared: Float[Tensor, "sound frame {self.bands}"], rounds: int = 30
    ) -> Int16[Tensor, "sound sample"]:
        """Return sounds with about these log-mel pictures: pitch within a band and phase are lost.

        `rounds` is how often the phases are guessed anew (`guess_phases`).
        """
        power = (prepared * self.deviation + self.mean).exp() - spectrograms.FLOOR
        spread = torch.linalg.pinv(mel_filters(self.bands, self.window, self.rate))
        loud = (power.clamp(min=0) @ spread).clamp(min=0).sqrt()  # (sound, frame, frequency)
        waves = guess_phases(loud, self.window, self.hop, rounds)
        return (waves * LOUDEST).round().clamp(-LOUDEST, LOUDEST - 1).to(torch.int16)


def overlap_add(
    spectrum: Complex[Tensor, "*batch frame frequency"],
    window: int = spectrograms.WINDOW,
    hop: int = spectrograms.HOP,
) -> Float[Tensor, "*batch sample"]:
    """Turn a short-time Fourier transform back into the wave, where a window has weight.

    Each frame goes back to its piece, is weighted by the window once more and added in its place;
    then the sum is divided by that of the squared windows. Samples that no window sees (the first
    one, where the Hann window is 0) come back as 0. Source: Griffin & Lim 1984, "Signal Estimation
    from Modified Short-Time Fourier Transform", IEEE Transactions on Acoustics, Speech, and Signal
    Processing 32(2).
    """
    pieces = torch.fft.irfft(spectrum, n=window)  # (*batch, frame, window)
    hann = torch.hann_window(window, dtype=pieces.dtype, device=pieces.device)
    total, weight = added(pieces * hann, hop), added((hann**2).expand_as(pieces), hop)
    return torch.where(weight > 1e-12, total / weight.clamp(min=1e-12), 0.0)


def added(pieces: Float[Tensor, "*batch frame window"], hop: int) -> Float[Tensor, "*batch sample"]:
    """Add overlapping pieces, each `hop` samples after the one before."""
    frames, window = pieces.shape[-2:]
    wave = pieces.new_zeros(*pieces.shape[:-2], (frames - 1) * hop + window)
    for frame in range(frames):
        wave[..., frame * hop : frame * hop + window] += pieces[..., frame, :]
    return wave


def guess_phases(
    loud: Float[Tensor, "*batch frame frequency"], window: int, hop: int, rounds: int
) -> Float[Tensor, "*batch sample"]:
    """Return waves whose short-time Fourier transform is about as loud as this.

    Starts from random phases, always the same; makes a wave of them and takes the phases of that
    wave, again and again. Source: Griffin & Lim 1984, as `overlap_add`.
    """
    generator = torch.Generator().manual_seed(0)
    angle = 2 * torch.pi * torch.rand(loud.shape, generator=generator, dtype=loud.dtype)
    for _ in range(rounds):
        wave = overlap_add(torch.polar(loud, angle), window, hop)
        angle = short_time_fourier(wave, window, hop).angle()
    return overlap_add(torch.polar(loud, angle), window, hop)
