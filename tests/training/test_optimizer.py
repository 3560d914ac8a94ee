"""Who gets which share of the learning rate, and what decays."""

import dataclasses

import pytest
import torch
from torch import nn

from mmtutor.attention import AttentionReverser
from mmtutor.contrastive import DualEncoder, TextTransformer
from mmtutor.training import (
    fit,
)
from mmtutor.training.optimizer import decaying
from mmtutor.vit import VisionTransformer
from tests.training.small import RECIPE, batches, network, squared_error


def test_a_part_may_have_a_rate_of_its_own():
    recipe, model = dataclasses.replace(RECIPE, weight_decay=0.0), network()
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    fit(model, batches(), squared_error, recipe, rates={"0": 0.0, "3": 0.5})
    moved = {name: not torch.equal(p, before[name]) for name, p in model.named_parameters()}
    assert moved == {"0.weight": False, "0.bias": False, "3.weight": True, "3.bias": True}


def test_a_share_of_one_changes_nothing():
    losses = [
        fit(network(), batches(), squared_error, RECIPE, rates=rates).losses
        for rates in (None, {"3": 1.0})
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_a_rate_for_no_part_is_refused():
    with pytest.raises(ValueError, match="no part 'ear'"):
        fit(network(), batches(), squared_error, RECIPE, rates={"ear": 0.1})


class Everything(nn.Module):
    """One of each kind of parameter that a lesson's model has."""

    def __init__(self):
        super().__init__()
        self.linear, self.norm = nn.Linear(4, 4), nn.LayerNorm(4)
        self.convolution, self.letter = nn.Conv2d(1, 2, 3), nn.Embedding(5, 4)
        self.position = nn.Parameter(torch.ones(3, 4))
        self.class_token = nn.Parameter(torch.ones(1, 1, 4))
        self.log_scale = nn.Parameter(torch.ones(()))
        self.tied = nn.Linear(4, 5, bias=False)
        self.tied.weight = self.letter.weight


def test_only_matrices_decay():
    model = Everything()
    assert decaying(model) == {"linear.weight", "convolution.weight"}
    before = {name: p.detach().clone() for name, p in model.named_parameters()}

    def indifferent(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return 0 * sum(p.sum() for p in model.parameters())

    recipe = dataclasses.replace(RECIPE, weight_decay=0.1)
    fit(model, batches(), indifferent, recipe)
    moved = {name for name, p in model.named_parameters() if not torch.equal(p, before[name])}
    assert moved == {"linear.weight", "convolution.weight"}


@pytest.mark.parametrize("name", ["attention", "vit", "contrastive"])
def test_the_models_of_lessons_keep_their_places_and_temperature(name):
    kept = {
        "attention": (lambda: AttentionReverser(5, 8, 8, (2,)), {"letter.weight", "position"}),
        "vit": (lambda: VisionTransformer(8, 4, 1, 8, 1, 2), {"position", "class_token"}),
        "contrastive": (
            lambda: DualEncoder(
                VisionTransformer(8, 4, 1, 8, 1, 2), TextTransformer(20, 5, 8, 1, 2), 6
            ),
            {"log_scale", "text.embedding.weight", "text.position", "picture.class_token"},
        ),
    }
    make, names = kept[name]
    model = make()
    assert names <= {n for n, _ in model.named_parameters()}
    assert not decaying(model) & names
    assert all(dict(model.named_parameters())[n].ndim > 1 for n in decaying(model))
