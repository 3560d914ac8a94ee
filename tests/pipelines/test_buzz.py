"""A buzz under mel bands: its pitch is what was asked, its frames are about what was given."""

import pytest
import torch
import torch.nn.functional as F

from mmtutor.datasets.vowels import sing
from mmtutor.metrics.pitch import pitch_of, semitones
from mmtutor.pipelines.buzz import buzz, even, voiced, with_pitch
from mmtutor.pipelines.mel_frames import as_frames


def vowel() -> torch.Tensor:
    """Return a second of a word of two vowels at 100 Hz, and silence at both ends."""
    one = torch.ones(1)
    wave = sing(torch.tensor([1]), 100 * one, one, one, samples=8000, rate=8000)
    return F.pad(wave, (512, 512))


def test_a_buzz_has_its_pitch_and_all_multiples_equally_loud() -> None:
    spectrum = torch.fft.rfft(buzz(500, 8000)).abs() / 4000
    assert torch.allclose(spectrum[500:4000:500], torch.ones(7), atol=1e-3)
    assert spectrum.square().sum() == pytest.approx(7, abs=1e-2)
    assert (buzz(1300, 80) == buzz(1300, 81)[:80]).all()


@pytest.mark.parametrize("hertz", [80, 130])
def test_the_pitch_is_what_was_asked(hertz: float) -> None:
    mels = as_frames(vowel())
    wave = with_pitch(mels, hertz)
    found = pitch_of(wave, 8000)
    assert (semitones(found.hertz[found.voiced], hertz).abs() < 0.5).float().mean() > 0.9
    middle = slice(10, -10)
    assert (as_frames(wave) - mels)[:, middle].abs().mean() < 0.6  # of a deviation


def test_a_source_is_as_loud_as_ones() -> None:
    spectrum = even(torch.randn(4000))
    assert spectrum.abs().square().mean() == pytest.approx(1.0, abs=1e-4)


def test_frames_whose_upper_bands_are_louder_hiss() -> None:
    mels = torch.zeros(1, 2, 40)
    mels[0, 0, 20:], mels[0, 1, :20] = 1.0, 1.0
    assert voiced(mels)[0, :, 0].tolist() == [False, True]
    one, other = (with_pitch(mels[:, :1], 100, seed=seed) for seed in (0, 1))
    assert not torch.equal(one, other)
