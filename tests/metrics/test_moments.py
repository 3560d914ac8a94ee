"""How well a set of frames agrees with the true one."""

import pytest
import torch

from mmtutor.metrics.moments import hits, temporal_overlap


def frames(*rows: str) -> torch.Tensor:
    return torch.tensor([[letter == "x" for letter in row] for row in rows])


def test_overlap_is_the_frames_in_both_over_those_in_either() -> None:
    said, truth = frames("xx....", ".xxx..", "xx...."), frames("xx....", "xx....", "...xx.")
    assert temporal_overlap(said, truth).tolist() == [1.0, 0.25, 0.0]


def test_a_film_in_which_neither_says_a_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="neither names a frame"):
        temporal_overlap(frames("x..", "..."), frames("x..", "..."))


def test_a_hit_is_a_highest_score_on_a_true_frame_and_ties_are_shared() -> None:
    scores = torch.tensor([[0.1, 0.9, 0.2, 0.0], [0.5, 0.5, 0.5, 0.5], [1.0, 0.0, 0.0, 0.0]])
    assert hits(scores, frames(".xx.", ".xx.", ".xx.")).tolist() == [1.0, 0.5, 0.0]
