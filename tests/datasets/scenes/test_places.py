"""Places: inside, apart, anywhere."""

import math

import pytest
import torch

from mmtutor.datasets.scenes import ANSWERS, ROWS, SIDE, make_scenes
from tests.datasets.scenes.reader import SIGMAS, of_type, present


@pytest.mark.parametrize("placement", ["anywhere", "jittered"])
def test_boxes_lie_inside_and_never_touch(placement):
    data = make_scenes(2_000, placement=placement, seed=5)
    assert data.boxes.min() >= 0 and data.boxes.max() <= SIDE
    for one in range(data.kinds.shape[1]):
        for other in range(one):
            a, b = data.boxes[:, one], data.boxes[:, other]
            gap = torch.maximum(a[:, :2] - b[:, 2:], b[:, :2] - a[:, 2:]).amax(1)
            both = present(data)[:, one] & present(data)[:, other]
            assert (gap[both] >= 1).all()


def test_places_do_not_follow_the_patches(scenes):
    corners = scenes.boxes[present(scenes)]
    for side in range(4):
        share = (corners[:, side] % 8).bincount(minlength=8) / len(corners)
        assert share.min() > 0.08  # of 0.125


def test_jittered_objects_have_a_cell_of_their_own_and_the_others_go_anywhere():
    for placement in ("jittered", "anywhere"):
        data = make_scenes(2_000, placement=placement, objects=(6, 6), seed=3)
        middles = (data.boxes[..., :2] + data.boxes[..., 2:]) / 2
        cells = (middles / (SIDE / 3)).long() @ torch.tensor([1, 3])
        distinct = torch.tensor([len(set(row)) == 6 for row in cells.tolist()])
        assert distinct.all() if placement == "jittered" else not distinct.all()
        assert cells.flatten().bincount(minlength=9).min() > 0.08 * cells.numel()


def test_the_object_that_is_asked_about_stands_in_each_row_as_often(scenes):
    chosen = of_type(scenes, "row")
    shares = scenes.answers[chosen].bincount(minlength=len(ANSWERS)) / chosen.sum()
    rows = shares[[ANSWERS.index(row) for row in ROWS]]
    assert (rows - 1 / 3).abs().max() < SIGMAS * math.sqrt(2 / 9 / int(chosen.sum()))
