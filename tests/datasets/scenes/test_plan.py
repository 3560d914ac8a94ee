"""The plan of a scene: which pairs of kind and colour it may hold."""

import torch

from mmtutor.datasets.scenes import COLOURS, Scenes, held_out_colour, make_scenes
from tests.datasets.scenes.reader import of_type, present


def held(data: Scenes) -> torch.Tensor:
    """Which objects are in the colour that their kind never has in training."""
    return (data.colours == held_out_colour(data.kinds)) & present(data)


def test_held_out_pairs(few):
    assert not held(few).any()
    test = make_scenes(1_000, pairs="held_out", seed=1)
    assert held(test)[:, 0].all() and not held(test)[:, 1:].any()
    about = of_type(test, "colour", "row")
    assert (test.asked[about] == 0).all()
    both = make_scenes(1_000, pairs="all", seed=1)
    share = held(both).sum() / present(both).sum()
    assert abs(share - 1 / len(COLOURS)) < 0.03
