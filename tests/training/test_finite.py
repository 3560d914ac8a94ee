"""A number that is not finite ends a training; the model and the file keep what was learnt."""

import math

import pytest
import torch
from torch import nn

from mmtutor.training import Batches, fit
from mmtutor.training.finite import NotFinite
from tests.training.small import RECIPE, Interrupted, batches, network, squared_error, task

BAD = 7
"""The step, from 0, at which something goes wrong."""


class Spoilt(Batches):
    """One infinite number in the inputs of one batch."""

    def __getitem__(self, step: int) -> tuple[torch.Tensor, ...]:
        x, y = super().__getitem__(step)
        if step == BAD:
            x[0] = math.inf  # a batch is a copy
        return x, y


def spoilt() -> Spoilt:
    return Spoilt(*task(), batch_size=RECIPE.batch_size)


def with_running_means() -> nn.Module:
    model = network()
    return nn.Sequential(nn.BatchNorm1d(8), *model)


@pytest.mark.parametrize("make", [network, with_running_means])
def test_an_infinite_number_in_a_batch_leaves_the_model_where_it_was(make):
    expected, model = make(), make()
    torch.manual_seed(1)
    with pytest.raises(KeyboardInterrupt):
        fit(expected, Interrupted(BAD), squared_error, RECIPE)
    torch.manual_seed(1)
    with pytest.raises(NotFinite, match=r"At step 8 the loss is (nan|inf).*batches\[7\]") as told:
        fit(model, spoilt(), squared_error, RECIPE)
    assert len(told.value.history.losses) == BAD and not model.training
    for name, kept in expected.state_dict().items():
        assert torch.equal(model.state_dict()[name], kept), name


def test_a_gradient_alone_is_noticed():
    """The loss is 0, the gradient of the square root at 0 is not finite."""

    def root(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return squared_error(model, x, y) + (0 * model[0].weight).abs().sum().sqrt()

    model = network()
    before = [parameter.clone() for parameter in model.parameters()]
    with pytest.raises(NotFinite, match=r"step 1 the loss is .*, but its gradient is not finite"):
        fit(model, batches(), root, RECIPE)
    for kept, now in zip(before, model.parameters(), strict=True):
        assert torch.equal(kept, now)


def test_the_file_keeps_the_last_finite_state(tmp_path):
    path = tmp_path / "run.safetensors"
    with pytest.raises(NotFinite):
        fit(network(), spoilt(), squared_error, RECIPE, every=5, checkpoint=path)
    torch.manual_seed(5)
    resumed, whole = network(seed=9), network()
    history = fit(resumed, batches(), squared_error, RECIPE, every=5, checkpoint=path)
    assert len(history.losses) == RECIPE.steps and all(map(math.isfinite, history.losses))
    fit(whole, batches(), squared_error, RECIPE)
    assert all(parameter.isfinite().all() for parameter in resumed.parameters())


def test_evaluation_never_sees_a_bad_model(tmp_path):
    seen = []

    def evaluate(model: nn.Module) -> dict[str, float]:
        seen.append(all(bool(p.isfinite().all()) for p in model.parameters()))
        return {}

    with pytest.raises(NotFinite):
        fit(network(), spoilt(), squared_error, RECIPE, evaluate=evaluate, every=BAD + 1)
    assert seen == []


def test_a_notebook_shows_the_sentence_and_no_traceback():
    with pytest.raises(NotFinite) as told:
        fit(network(), spoilt(), squared_error, RECIPE)
    (line,) = told.value._render_traceback_()
    assert line.startswith("NotFinite: At step 8")
