"""Sounds as waves, spectra and mel pictures, on one scale."""

import numpy as np
import torch

from mmtutor import plots
from tests.plots.read import WORDS, scales


def test_a_sound_is_drawn_as_wave_spectrum_and_mel_picture() -> None:
    wave, spectrum, mel = torch.zeros(800), torch.rand(9, 33), torch.rand(9, 20)
    figure = plots.wave_to_mel(wave, spectrum, mel, rate=8000, name="“three”")
    titles = [axes.get_title() for axes in figure.axes[:3]]
    assert titles == ["waveform", "short-time Fourier, 9 × 33", "log-mel, 9 × 20"]
    assert figure.axes[1].images[0].get_extent() == [0, 0.1, 0, 4]  # seconds and kilohertz
    assert np.allclose(figure.axes[2].images[0].get_array(), mel.T)
    assert figure.description.startswith("“three” as a waveform of 800 samples")


def test_a_row_of_sounds_has_one_scale() -> None:
    figure = plots.log_mel_row(torch.rand(3, 9, 20), WORDS)
    assert len(set(scales(figure))) == 1
    assert [axes.get_title() for axes in figure.axes] == WORDS
