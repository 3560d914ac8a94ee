"""A clip is some of a film's frames, each prepared as a picture."""

import pytest
import torch

from mmtutor.pipelines import ClipPipeline
from tests.pipelines.some import CLIP, COLOUR, drawn


def test_a_clip_keeps_the_nearest_frames() -> None:
    assert CLIP.kept(11) == [0, 3, 5, 8, 10]  # 0, 2.5, 5, 7.5, 10: halves go up
    assert ClipPipeline(COLOUR, 25).kept(4) == [0, 1, 2, 3]
    assert CLIP.kept(1) == [0] and CLIP.kept(0) == []


def test_a_clip_is_its_frames_prepared() -> None:
    films = drawn(2, 11, 24, 24, 3)
    clip = CLIP.prepare(films)
    assert clip.shape == (2, 5, 3, 24, 24)
    assert torch.equal(clip[1, 2], COLOUR.prepare(films[1, 5:6])[0])
    assert torch.equal(CLIP.restore(clip), films[:, [0, 3, 5, 8, 10]])
    with pytest.raises(ValueError, match="cannot be kept of 25"):
        ClipPipeline(COLOUR, rate=30)
