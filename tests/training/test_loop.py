"""The fit loop: it does what a bare loop does, and what stops it loses nothing."""

import dataclasses
import statistics
import time
import weakref

import pytest
import torch
from torch import nn

from mmtutor.training import (
    Batches,
    History,
    Recipe,
    fit,
)
from tests.training.small import RECIPE, Interrupted, batches, network, squared_error, task


def bare_loop(model: nn.Module, stream: Batches, recipe: Recipe) -> list[float]:
    """Train the way one would without the course: the reference for results and for speed."""
    matrices = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim == 1]
    groups = [{"params": matrices}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, recipe.learning_rate, weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, recipe.rate)
    losses = []
    for step in range(recipe.steps):
        loss = squared_error(model, *stream[step])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses


def test_fit_does_what_a_bare_loop_does():
    ours, theirs = network(), network()
    torch.manual_seed(1)
    history = fit(ours, batches(), squared_error, RECIPE)
    torch.manual_seed(1)
    losses = bare_loop(theirs, batches(), RECIPE)
    assert history.losses == pytest.approx(losses, abs=1e-6)
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b)


def test_fit_learns_evaluates_and_takes_snapshots():
    modes = []

    def evaluate(model: nn.Module) -> dict[str, float]:
        modes.append(model.training)
        return {"error": squared_error(model, *task()).item()}

    recipe = dataclasses.replace(RECIPE, steps=45)
    model = network()
    history = fit(model, batches(), squared_error, recipe, evaluate=evaluate, snapshot=id, every=20)
    assert [step for step, _ in history.metrics["error"]] == [20, 40, 45]
    assert list(history.snapshots) == [20, 40, 45]
    assert history.metrics["error"][-1][1] < history.metrics["error"][0][1]
    assert history.last("error") == history.metrics["error"][-1][1]
    assert modes == [False] * 3 and not model.training
    assert len(history.losses) == 45 and history.seconds > 0
    assert repr(history).startswith("History of 45 steps (") and len(repr(history)) < 100


def test_a_reader_who_stops_keeps_what_was_learnt(capsys, monkeypatch):
    monkeypatch.delenv("MMTUTOR_HEADLESS")
    model = network()
    before = model[0].weight.clone()
    history = fit(model, Interrupted(7), squared_error, RECIPE)
    assert history.stopped and len(history.losses) == 7
    assert not torch.equal(model[0].weight, before)
    assert "Stopped after step 7 of 20" in capsys.readouterr().out
    assert history.plot() is not None


def test_where_nobody_reads_an_interrupt_is_an_error():
    """Else a cell that runs out of time in CI would count as one that passed."""
    with pytest.raises(KeyboardInterrupt):
        fit(network(), Interrupted(7), squared_error, RECIPE)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("MPS backend out of memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
    ],
    ids=str,
)
def test_out_of_memory_suggests_a_smaller_batch(error):
    def hungry(model, *batch):
        raise error

    with pytest.raises(RuntimeError, match=r"batch of 16 does not fit .* try batch_size=8"):
        fit(network(), batches(), hungry, RECIPE)


def test_memory_is_given_back_while_the_error_is_kept():
    """As a notebook keeps it: the reader tries the smaller batch on a device that is empty."""
    held = []

    def hungry(model, *batch):
        large = torch.zeros(1000)
        held.append(weakref.ref(large))
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(RuntimeError, match="try batch_size=8") as kept:
        fit(network(), batches(), hungry, RECIPE)
    assert kept.value.__cause__ is not None and held[0]() is None


def test_another_error_stays_what_it_is():
    def broken(model, *batch):
        raise RuntimeError("shapes do not match")

    model = network()
    with pytest.raises(RuntimeError, match="shapes do not match"):
        fit(model, batches(), broken, RECIPE)
    assert not model.training


def test_a_run_starts_without_the_gradients_of_the_last_one():
    fresh, used = network(), network()
    squared_error(used, *task()).backward()
    torch.manual_seed(1)
    expected = fit(fresh, batches(), squared_error, RECIPE)
    torch.manual_seed(1)
    assert fit(used, batches(), squared_error, RECIPE).losses == expected.losses


@pytest.mark.serial
def test_the_loop_costs_little():
    """The bar is 3 % at 15 ms per step, measured in benchmarks/; noise allows for 10 here."""
    model = nn.Sequential(
        nn.Linear(8, 800), nn.GELU(), nn.Linear(800, 800), nn.GELU(), nn.Linear(800, 1)
    )
    recipe = Recipe(steps=15, batch_size=512, learning_rate=1e-4)
    x, y = (tensor.repeat(16, 1) for tensor in task())
    ratios = []
    for _ in range(7):
        stream = Batches(x, y, batch_size=512)
        begun = time.perf_counter()
        bare_loop(model, stream, recipe)
        bare = time.perf_counter() - begun
        ratios.append(fit(model, stream, squared_error, recipe).seconds / bare)
    assert statistics.median(ratios) < 1.10, ratios


def test_losses_do_not_pile_up_on_the_device():
    """A small tensor that lives long pins the memory around it: 5,000 of them once cost 20 GB."""
    history = History()
    for value in range(120):
        history.note(torch.empty((), device="meta") if value < 0 else torch.tensor(1.0), now=False)
        assert not history.pending  # on a CPU they come at once
    assert len(history.losses) == 120
