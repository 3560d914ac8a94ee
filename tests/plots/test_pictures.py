"""Captions under pictures, described in one line."""

import torch

from mmtutor import plots


def test_a_caption_of_two_lines_is_described_in_one() -> None:
    figure = plots.picture_row([torch.ones(4, 4, 3)], ["what is it?\na star"])
    assert figure.description == "1 pictures: what is it? a star."
