"""Pitch: what is known is found, and what has none is not voiced."""

import pytest
import torch

from mmtutor.metrics.pitch import pitch_of, semitones, vertex
from mmtutor.pipelines.buzz import buzz


@pytest.mark.parametrize("hertz", [70, 93.7, 150, 251, 333])
def test_the_pitch_of_a_buzz_is_found(hertz: float) -> None:
    found = pitch_of(buzz(hertz, 8000)[None], 8000)
    assert found.voiced.any() and (semitones(found.hertz[found.voiced], hertz).abs() < 0.3).all()


def test_a_tone_without_its_fundamental_has_its_pitch() -> None:
    time = torch.arange(8000) / 8000
    wave = sum((2 * torch.pi * 120 * k * time).sin() for k in (2, 3, 4))
    found = pitch_of(wave[None], 8000)
    assert (found.hertz - 120).abs().max() < 1


def test_noise_and_silence_are_not_voiced() -> None:
    torch.manual_seed(0)
    found = pitch_of(torch.stack([torch.randn(8000), torch.zeros(8000)]), 8000)
    assert found.voiced[0].float().mean() < 0.05 and not found.voiced[1].any()


def test_soft_frames_are_not_looked_at() -> None:
    wave = torch.cat([buzz(100, 4000), 0.01 * buzz(100, 4000)])
    loud = pitch_of(wave[None], 8000).loud[0]
    assert loud[:25].all() and not loud[-20:].any()


def test_a_parabola_is_highest_at_its_vertex() -> None:
    for top in (-0.3, 0.0, 0.4):
        around = -((torch.tensor([-1.0, 0.0, 1.0]) - top) ** 2)
        assert vertex(around.view(1, 1, 3)).item() == pytest.approx(top, abs=1e-6)


def test_twelve_semitones_are_an_octave() -> None:
    found = semitones(torch.tensor([200.0, 100.0, 50.0]), 100)
    assert found.tolist() == pytest.approx([12, 0, -12])
