"""From mel bands back to a wave: the spectrum under the bands is guessed, then its phases."""

import torch
from jaxtyping import Float
from torch import Tensor

from mmtutor.datasets.spectrograms import RATE, mel_filters, short_time_fourier
from mmtutor.pipelines.mel_frames import HOP, WINDOW
from mmtutor.pipelines.sounds import overlap_add

Waves = Float[Tensor, "*batch sample"]
Loud = Float[Tensor, "*batch frame frequency"]


def spread_out(
    power: Float[Tensor, "*batch frame band"], window: int = WINDOW, rate: int = RATE
) -> Loud:
    """Return how loud each frequency may have been: the bands' power times the pseudo-inverse.

    Of all spectra with these bands that is the smallest; what comes out below 0 is set to 0.
    """
    filters = mel_filters(power.shape[-1], window, rate).to(power)
    return (power @ torch.linalg.pinv(filters)).clamp(min=0).sqrt()


def least_squares(
    power: Float[Tensor, "*batch frame band"],
    rounds: int = 100,
    window: int = WINDOW,
    rate: int = RATE,
) -> Loud:
    """Return the same by non-negative least squares: no frequency's power is ever below 0.

    Each round multiplies every power by how much too small its bands are. Source: Lee and Seung
    2001, "Algorithms for Non-negative Matrix Factorization" (one of the two factors is known here).
    """
    filters = mel_filters(power.shape[-1], window, rate).to(power)
    guess, wanted = power @ filters.T, power @ filters.T
    for _ in range(rounds):
        guess = guess * wanted / (guess @ (filters @ filters.T) + 1e-12)
    return guess.sqrt()


def griffin_lim(
    loud: Loud,
    rounds: int = 32,
    momentum: float = 0.99,
    window: int = WINDOW,
    hop: int = HOP,
    seed: int | None = 0,
) -> Waves:
    """Return a wave about as loud, in each frame and frequency, as asked: phases are guessed.

    Starts from random phases (from zero phases, where `seed` is None); makes a wave of them and
    takes the phases of that wave, again and again. Source: Griffin & Lim 1984; with momentum,
    Perraudin, Balazs and Søndergaard 2013, "A fast Griffin-Lim algorithm".
    """
    phase, before = first_phases(loud, seed), 0.0
    for _ in range(rounds):
        rebuilt = short_time_fourier(overlap_add(loud * phase, window, hop), window, hop)
        ahead = rebuilt - momentum / (1 + momentum) * before
        phase, before = ahead / (ahead.abs() + 1e-16), rebuilt
    return overlap_add(loud * phase, window, hop)


def first_phases(loud: Loud, seed: int | None) -> Tensor:
    """Return numbers of size 1, one for each of `loud`: random phases, or none without a seed."""
    if seed is None:
        return torch.ones_like(loud) + 0j
    generator = torch.Generator().manual_seed(seed)
    turns = torch.rand(loud.shape, generator=generator, dtype=loud.dtype)
    return torch.polar(torch.ones_like(loud), 2 * torch.pi * turns)


def spectral_convergence(
    wave: Waves, loud: Loud, window: int = WINDOW, hop: int = HOP
) -> Float[Tensor, "*batch"]:
    """Return, in decibels, how far a wave is from being as loud as asked: lower is nearer.

    20 log10 of the norm of the difference over the norm of `loud`. Source: Sturmel and Daudet 2011,
    "Signal reconstruction from STFT magnitude: a state of the art".
    """
    away = short_time_fourier(wave, window, hop).abs() - loud
    norms = [part.flatten(-2).norm(dim=-1) for part in (away, loud)]
    return 20 * (norms[0] / norms[1]).log10()
