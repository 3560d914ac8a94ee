"""The benchmark of a vision–language model compares what is alike, and notices what is not."""

import sys
from importlib import import_module
from pathlib import Path

import pytest
import torch

pytest.importorskip("transformers", reason="transformers is not installed")
FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def vlm_step():
    """The program, with its neighbours in reach as when it is run."""
    sys.path.insert(0, str(FOLDER))
    yield import_module("vlm_step")
    sys.path.remove(str(FOLDER))


@pytest.fixture(scope="module")
def pair(vlm_step):
    """Both models, tiny, with the same weights."""
    size = vlm_step.Size(side=16, patch=8, width=16, depth=2, heads=2, batch=3)
    torch.manual_seed(0)
    theirs = vlm_step.llava(size).eval()
    return vlm_step.ours_like(theirs, size).eval(), theirs, size


def test_all_compute_the_same_loss_and_write_the_same(vlm_step, pair) -> None:
    away, same = vlm_step.alike(*pair, new=6)
    assert away < 1e-5 and same


def test_a_model_with_other_weights_is_noticed(vlm_step, pair) -> None:
    _, theirs, size = pair
    other = vlm_step.ours_like(theirs, size).eval()
    with torch.no_grad():
        for parameter in other.language.parameters():
            parameter.mul_(-3).add_(0.1)
    away, _ = vlm_step.alike(other, theirs, size, new=6)
    assert away > 1e-2


def test_a_step_learns_and_leaves_the_tower_alone(vlm_step, pair) -> None:
    _, theirs, size = pair
    ours = vlm_step.ours_like(theirs, size)
    tower = [p.clone() for p in ours.tower.parameters()]
    word = ours.language.token.weight.clone()
    loss_of = vlm_step.losses(ours, theirs, size)["mmtutor"]
    assert vlm_step.make_step(ours, loss_of)() > 0
    assert all(map(torch.equal, tower, ours.tower.parameters()))
    assert not torch.equal(word, ours.language.token.weight)


def test_the_fastest_rival_is_named(vlm_step) -> None:
    taken = {"mmtutor": [1.0, 1.0], "transformers, a": [3.0, 5.0], "transformers, b": [4.0, 2.0]}
    assert vlm_step.fastest(taken) == "transformers, b"
