"""The short-time Fourier transform and the mel picture equal torch's and transformers'."""

import math

import numpy as np
import pytest
import torch
from transformers.audio_utils import mel_filter_bank, spectrogram

from mmtutor.datasets.spectrograms import (
    BANDS,
    FLOOR,
    HOP,
    RATE,
    WINDOW,
    log_mel,
    mel_filters,
    short_time_fourier,
    to_mel,
)


def noise(*size: int) -> torch.Tensor:
    return torch.randn(*size, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize(("window", "hop"), [(512, 256), (256, 64), (32, 32)])
def test_the_transform_equals_torchs(window: int, hop: int) -> None:
    waves = noise(3, 4000)
    hann = torch.hann_window(window, dtype=torch.float64)
    theirs = torch.stft(waves, window, hop, window=hann, center=False, return_complex=True)
    assert torch.allclose(short_time_fourier(waves, window, hop), theirs.transpose(1, 2))


@pytest.mark.parametrize(("bands", "window", "rate"), [(20, 512, 8000), (40, 1024, 16000)])
def test_the_filters_equal_those_of_transformers(bands: int, window: int, rate: int) -> None:
    theirs = mel_filter_bank(window // 2 + 1, bands, 0, rate / 2, rate, mel_scale="htk")
    assert np.allclose(mel_filters(bands, window, rate).numpy(), theirs, atol=1e-5)


def test_the_log_mel_picture_equals_that_of_transformers() -> None:
    wave = noise(5120)
    theirs = spectrogram(
        wave.numpy(),
        np.hanning(WINDOW + 1)[:-1],  # periodic, as torch's
        WINDOW,
        HOP,
        power=2.0,
        center=False,
        mel_filters=mel_filters().numpy(),
        mel_floor=0.0,
    )
    assert np.allclose(log_mel(wave).numpy(), np.log(theirs.T + FLOOR), atol=1e-4)


def middles() -> torch.Tensor:
    """The pitch in the middle of every band, by inverting the mel scale."""
    mels = torch.linspace(0, float(to_mel(torch.tensor(RATE / 2))), BANDS + 2)[1:-1]
    return 700 * (10 ** (mels / 2595) - 1)


def test_a_tone_lights_the_band_of_its_pitch_while_it_sounds() -> None:
    band = 11
    time = torch.arange(4 * WINDOW) / RATE
    tone = (2 * math.pi * middles()[band] * time).sin() * (time < 2 * WINDOW / RATE)
    mel = log_mel(tone)
    assert mel[:3].argmax(dim=1).tolist() == [band] * 3
    assert torch.allclose(mel[-1], torch.tensor(FLOOR).log())


def test_equal_steps_in_mel_are_wider_in_hertz_above() -> None:
    assert (middles().diff().diff() > 0).all()
    steps = to_mel(middles()).diff()
    assert torch.allclose(steps, steps.mean(), rtol=1e-3)


def test_too_many_bands_are_refused() -> None:
    with pytest.raises(ValueError, match="too many for a window of 64"):
        mel_filters(bands=60, window=64)


def test_a_wave_shorter_than_a_window_is_refused() -> None:
    with pytest.raises(RuntimeError, match="maximum size"):
        log_mel(noise(WINDOW - 1))
