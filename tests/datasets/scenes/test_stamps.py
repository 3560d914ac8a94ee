"""Stamps: every kind can be told from every other."""

import torch

from mmtutor.datasets.scenes import KINDS
from mmtutor.datasets.scenes.stamps import stamps_of_kinds


def test_no_two_kinds_look_alike():
    small = stamps_of_kinds()[:, 0].flatten(1)  # 11 pixels: the hardest size
    apart = torch.cdist(small, small, p=1) + 1000 * torch.eye(len(KINDS))
    assert apart.min() > 15
