"""Kinds and colours: the pairs that are held out."""

import torch

from mmtutor.datasets.scenes import COLOURS, KINDS, held_out_colour


def test_every_kind_has_one_held_out_colour_and_every_colour_two_kinds():
    colours = held_out_colour(torch.arange(len(KINDS)))
    assert colours.bincount().tolist() == [2] * len(COLOURS)
