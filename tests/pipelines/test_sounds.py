"""Sounds equal transformers' log-mel pictures, and a wave can be put together again."""

import numpy as np
import pytest
import torch
from transformers.audio_utils import mel_filter_bank, spectrogram

from mmtutor import pipelines
from mmtutor.datasets.spectrograms import short_time_fourier
from mmtutor.pipelines import SoundPipeline
from tests.pipelines.some import VOICE, drawn


@pytest.mark.parametrize(
    ("rate", "window", "hop", "bands"), [(8000, 256, 128, 16), (16000, 400, 160, 40)]
)
def test_log_mel_equals_that_of_transformers(rate: int, window: int, hop: int, bands: int) -> None:
    waves = drawn(2, 4000, top=60000, dtype=torch.int32).sub(30000).to(torch.int16)
    ours = SoundPipeline(rate, window, hop, bands).prepare(waves)
    for wave, picture in zip(waves, ours, strict=True):
        theirs = spectrogram(
            wave.numpy() / 32768,
            np.hanning(window + 1)[:-1],
            window,
            hop,
            fft_length=window,
            power=2.0,
            center=False,
            mel_filters=mel_filter_bank(window // 2 + 1, bands, 0, rate / 2, rate, mel_scale="htk"),
            mel_floor=0.0,
        )
        assert np.allclose(picture.numpy(), np.log(theirs.T + 1e-5), atol=1e-3)


def test_a_scaled_pipeline_is_the_same_numbers_scaled() -> None:
    waves = drawn(2, 1000, top=2000, dtype=torch.int16)
    scaled = SoundPipeline(8000, 256, 128, 16, mean=-3.0, deviation=2.0)
    assert torch.allclose(scaled.prepare(waves), (VOICE.prepare(waves) + 3) / 2)


def test_a_restored_sound_is_as_loud_at_each_pitch() -> None:
    """Pitch within a band and phase are lost; what the picture says is not."""
    time = torch.arange(4000) / 8000
    wave = (8000 * (2 * torch.pi * 700 * time).sin() * (time < 0.25)).to(torch.int16)[None]
    mel = VOICE.prepare(wave)
    again = VOICE.prepare(VOICE.restore(mel))
    assert again.shape == mel.shape
    assert (again.argmax(dim=2) == mel.argmax(dim=2))[0, :12].all()
    assert again[0, -1].max() < again[0, 5].max() - 4


def test_sounds_of_another_kind_are_refused() -> None:
    with pytest.raises(ValueError, match=r"torch\.int16, not torch\.float32"):
        VOICE.prepare(torch.zeros(1, 1000))
    with pytest.raises(ValueError, match="100 samples is shorter than the window of 256"):
        VOICE.prepare(drawn(1, 100, dtype=torch.int16))
    with pytest.raises(ValueError, match="never heard"):
        SoundPipeline(8000, 256, 300, 16)
    with pytest.raises(ValueError, match="too many for a window of 64"):
        SoundPipeline(8000, 64, 32, 60)
    with pytest.raises(ValueError, match="above 0"):
        SoundPipeline(8000, 256, 128, 16, deviation=0.0)


@pytest.mark.parametrize(("window", "hop"), [(256, 128), (256, 64), (400, 160)])
def test_overlap_add_gives_the_wave_back(window: int, hop: int) -> None:
    length = window + 9 * hop
    wave = torch.randn(2, length, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    back = pipelines.overlap_add(short_time_fourier(wave, window, hop), window, hop)
    assert back.shape == wave.shape
    assert torch.allclose(back[:, 1:], wave[:, 1:], atol=1e-9)
    assert back[0, 0] == 0  # the window is 0 there: nobody heard it
