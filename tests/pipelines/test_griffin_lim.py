"""Griffin-Lim: as near as a library's, nearer with more rounds; and spectra under mel bands."""

import math

import pytest
import torch
from scipy.optimize import nnls
from torch import Tensor

from mmtutor.datasets.phrases import Phrases, load_phrases
from mmtutor.datasets.spectrograms import mel_filters, short_time_fourier
from mmtutor.pipelines.griffin_lim import (
    first_phases,
    griffin_lim,
    least_squares,
    spectral_convergence,
    spread_out,
)


@pytest.fixture(scope="module")
def phrases() -> Phrases:
    return load_phrases("new", "vowels").only(torch.arange(0, 300, 25))


def magnitudes(phrases: Phrases, count: int = 3) -> Tensor:
    return short_time_fourier(phrases.waves(torch.arange(count)), 512, 128).abs()


def test_spread_out_is_the_clamped_pseudo_inverse() -> None:
    power = torch.rand(2, 3, 40, dtype=torch.float64)
    filters = mel_filters(40, 512, 8000).double()
    by_hand = torch.linalg.lstsq(filters.T, power.reshape(6, 40).T).solution.T
    assert torch.allclose(spread_out(power).square(), by_hand.clamp(min=0).view(2, 3, 257))


def test_least_squares_comes_near_scipys() -> None:
    filters = mel_filters(40, 512, 8000).double()
    loud = torch.rand(257, dtype=torch.float64).pow(6)
    power = filters.T @ loud
    found = least_squares(power.view(1, 40), rounds=3000).square().view(-1)
    _, residual = nnls(filters.T.numpy(), power.numpy())
    assert (found >= 0).all()
    assert (filters.T @ found - power).norm() < residual + 1e-3 * power.norm()


def test_least_squares_fits_the_bands_better_than_clamping(phrases: Phrases) -> None:
    power = magnitudes(phrases).square() @ mel_filters(40, 512, 8000)
    away = [
        (make(power).square() @ mel_filters(40, 512, 8000) - power).norm()
        for make in (spread_out, least_squares)
    ]
    assert away[1] < 0.5 * away[0]


def test_silence_stays_silent() -> None:
    nothing = torch.zeros(1, 9, 40)
    for make in (spread_out, least_squares):
        assert (make(nothing) == 0).all()
    assert (griffin_lim(torch.zeros(1, 9, 257), 3) == 0).all()


def librarys(waves: Tensor) -> Tensor:
    """PyTorch's transform, which puts half a window of silence before and after."""
    window = torch.hann_window(512)
    spectrum = torch.stft(waves, 512, 128, window=window, pad_mode="constant", return_complex=True)
    return spectrum.mT


def librarys_griffin_lim(loud: Tensor, rounds: int, momentum: float) -> Tensor:
    """torchaudio.functional.griffinlim, line by line."""
    window, momentum = torch.hann_window(512), momentum / (1 + momentum)
    phase, before = first_phases(loud, 0), torch.tensor(0.0)
    for _ in range(rounds):
        wave = torch.istft((loud * phase).mT, 512, 128, window=window)
        rebuilt = librarys(wave)
        phase = rebuilt - before * momentum if momentum else rebuilt
        phase = phase / (phase.abs() + 1e-16)
        before = rebuilt
    return torch.istft((loud * phase).mT, 512, 128, window=window)


@pytest.mark.parametrize(("rounds", "momentum"), [(0, 0.0), (4, 0.0), (32, 0.0), (32, 0.99)])
def test_griffin_lim_comes_as_near_as_the_librarys(
    phrases: Phrases, rounds: int, momentum: float
) -> None:
    loud = magnitudes(phrases)
    centred = phrases.waves(torch.arange(3))[:, 256 : 256 + (loud.shape[1] - 1) * 128]
    assert torch.allclose(librarys(centred).abs(), loud, atol=1e-4)
    away = librarys(librarys_griffin_lim(loud, rounds, momentum)).abs() - loud
    library = 20 * (away.norm(dim=(1, 2)) / loud.norm(dim=(1, 2))).log10()
    ours = spectral_convergence(griffin_lim(loud, rounds, momentum), loud)
    assert (ours - library).abs().max() < 0.6


def test_more_rounds_come_nearer_and_momentum_sooner(phrases: Phrases) -> None:
    loud = magnitudes(phrases)
    away = {
        (rounds, momentum): spectral_convergence(griffin_lim(loud, rounds, momentum), loud).mean()
        for rounds, momentum in ((0, 0.0), (1, 0.0), (32, 0.0), (32, 0.99))
    }
    assert list(away.values()) == sorted(away.values(), reverse=True)


def test_the_right_phases_are_a_fixed_point(phrases: Phrases) -> None:
    wave = phrases.waves(torch.arange(2)).double()
    loud = short_time_fourier(wave, 512, 128).abs()
    away = spectral_convergence(wave[:, : (loud.shape[1] - 1) * 128 + 512], loud)
    assert (away < -200).all()
    assert math.isclose(spectral_convergence(torch.zeros_like(wave[0]), loud[0]), 0)


def test_phases_start_at_random_and_the_same(phrases: Phrases) -> None:
    loud = magnitudes(phrases)
    assert torch.equal(griffin_lim(loud, 2), griffin_lim(loud, 2))
    assert not torch.equal(griffin_lim(loud, 2), griffin_lim(loud, 2, seed=1))
    assert torch.equal(first_phases(loud, None), torch.ones_like(loud) + 0j)
    assert torch.allclose(first_phases(loud, 0).abs(), torch.ones_like(loud))
