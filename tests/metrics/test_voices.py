"""Whose voice: frames behind the end have no say, and voices that differ are told apart."""

import torch

from mmtutor.metrics.voices import long_term, voice_judge


def test_frames_behind_the_end_have_no_say() -> None:
    mels, frames = torch.randn(2, 6, 40), torch.tensor([4, 6])
    found = long_term(mels, frames)
    mels[0, 4:] = 9
    assert torch.equal(long_term(mels, frames), found)
    assert torch.allclose(found[0, :40], mels[0, :4].mean(dim=0), atol=1e-6)
    assert torch.allclose(found[1, 40:], mels[1].std(dim=0, correction=0), atol=1e-5)


def test_voices_that_differ_are_told_apart() -> None:
    torch.manual_seed(0)
    voices = torch.tensor([3, 7]).repeat(20)
    tilt = torch.linspace(-1, 1, 40)
    mels = torch.randn(40, 9, 40) + tilt * (voices - 5).view(-1, 1, 1)
    frames = torch.full((40,), 9)
    whose = voice_judge(mels[:20], frames[:20], voices[:20])
    assert torch.equal(whose(mels[20:], frames[20:]), voices[20:])
