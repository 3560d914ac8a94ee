"""Raw and prepared side by side; tones and their pitches."""

import numpy as np
import torch

from mmtutor import plots


def test_three_devices_and_what_a_model_gets_of_them() -> None:
    ids, planes, mel = torch.tensor([2, 3, 0]), torch.rand(3, 8, 8), torch.rand(4, 5)
    picture, wave = torch.zeros(16, 16, 3, dtype=torch.uint8), torch.zeros(800, dtype=torch.int16)
    figure = plots.raw_and_prepared("the star", ids, picture, planes, wave, mel, rate=8000)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles[0] == "keyboard: 8 characters" and titles[2] == "microphone: 800 samples"
    assert titles[4] == "model: (3, 8, 8), 0 to 1"
    assert figure.axes[3].texts[0].get_text() == "2  3  0"
    assert np.allclose(figure.axes[4].images[0].get_array()[:, 8:16], planes[1])
    assert np.allclose(figure.axes[5].images[0].get_array(), mel.T)


def test_two_tones_go_through_the_same_samples() -> None:
    figure = plots.sampled_tones((5000, 3000), rate=8000, samples=16)
    high, low, dots = figure.axes[0].lines
    for line in (high, low):
        through = np.interp(dots.get_xdata(), line.get_xdata(), line.get_ydata())
        assert np.allclose(through, dots.get_ydata(), atol=0.01)
    assert "5,000 hertz and 3,000 hertz" in figure.description


def test_spectra_are_lines_over_pitch() -> None:
    hertz = torch.linspace(0, 4000, 9)
    lines = {"Hann": -hertz / 100, "none": -hertz / 200}
    figure = plots.spectra(hertz, lines, "two lines", lowest=-50)
    assert [line.get_label() for line in figure.axes[0].lines[:2]] == ["Hann", "none"]
    assert np.allclose(figure.axes[0].lines[1].get_ydata(), -hertz / 200)
    assert figure.axes[0].get_ylim()[0] == -50


def test_mel_bands_are_triangles_over_pitch() -> None:
    filters = torch.eye(9)[:, 1:]
    figure = plots.mel_triangles(filters, rate=8000)
    assert len(figure.axes[0].lines) == 8
    assert [text.get_text() for text in figure.axes[0].texts] == ["band 1", "band 7"]
    assert figure.axes[0].texts[1].xy[0] == 4000  # bin 8, the last
