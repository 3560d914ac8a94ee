"""Photographs: a square of each, in three channels, and a sentence where they are missing."""

import numpy as np
import pytest
import torch

from mmtutor.datasets import photographs as module
from mmtutor.datasets.photographs import installed, load_photographs, square

needs_photographs = pytest.mark.skipif(not installed(), reason="scikit-image is not installed")


@needs_photographs
def test_what_there_is():
    shown = load_photographs()
    assert len(shown) == 11 and len(set(shown.names)) == 11
    assert shown.pictures.shape == (11, 3, 224, 224) and shown.pictures.dtype == torch.uint8
    assert (shown.pictures.float().std(dim=(1, 2, 3)) > 5).all()


@needs_photographs
def test_grey_ones_have_three_channels_alike():
    shown = load_photographs()
    camera = shown.pictures[shown.names.index("camera")]
    assert torch.equal(camera[0], camera[1]) and torch.equal(camera[0], camera[2])
    rocket = shown.pictures[shown.names.index("rocket")]
    assert not torch.equal(rocket[0], rocket[2])


def test_the_middle_is_cut_out_and_nothing_is_squeezed():
    picture = np.zeros((448, 896, 3), dtype=np.uint8)
    picture[:, 224:672, 1] = 200  # exactly the middle, in green
    cut = square(picture)
    assert cut.shape == (3, 224, 224)
    assert (cut[1, 2:-2, 2:-2] == 200).all() and (cut[0] == 0).all()


def test_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    assert not installed()
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'mmtutor\[towers\]'"):
        load_photographs()
