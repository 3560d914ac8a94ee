"""Boxes: which patches lie in one."""

import torch

from mmtutor.datasets.scenes import patches_in_box
from tests.datasets.scenes.reader import present


def test_patches_in_box_by_hand():
    boxes = torch.tensor([[0, 0, 64, 64], [4, 12, 5, 21], [0, 0, 0, 0], [5, 0, 12, 64]])
    found = patches_in_box(boxes, grid=8).view(-1, 8, 8)
    assert found[0].all()
    assert found[1].nonzero().tolist() == [[1, 0], [2, 0]]  # the middle of a patch is at 4, 12, 20
    assert not found[2:].any()  # right and bottom do not belong to a box


def test_every_box_holds_the_middle_of_a_patch(scenes):
    boxes = scenes.boxes[present(scenes)]
    assert patches_in_box(boxes, grid=8).any(1).all()
