"""The fit loop: batches, budgets, resuming, interrupts, memory, several processes."""

import dataclasses
import json
import os
import statistics
import subprocess
import sys
import time

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from mmtutor.training import (
    Batches,
    Recipe,
    budget,
    checkpoints,
    choose,
    fit,
    predict,
    seed_everything,
)
from mmtutor.training.checkpoints import CheckpointError

RECIPE = Recipe(steps=20, batch_size=16, learning_rate=1e-2)


@pytest.fixture(autouse=True)
def headless(monkeypatch):
    monkeypatch.setenv("MMTUTOR_HEADLESS", "1")


def task() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(64, 8, generator=generator)
    return x, x @ torch.randn(8, 1, generator=generator)


def network(seed: int = 0) -> nn.Module:
    seed_everything(seed)
    return nn.Sequential(nn.Linear(8, 16), nn.Dropout(0.1), nn.GELU(), nn.Linear(16, 1))


def squared_error(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return F.mse_loss(model(x), y)


def batches(recipe: Recipe = RECIPE) -> Batches:
    return Batches(*task(), batch_size=recipe.batch_size, seed=recipe.seed)


# Batches -------------------------------------------------------------------------------------


def test_a_batch_depends_on_seed_and_step_alone():
    forwards, again = batches(), batches()
    steps = [7, 0, 3, 7]
    for step in steps:
        assert torch.equal(forwards[step][0], again[step][0])
    assert not torch.equal(forwards[0][0], forwards[4][0])


def test_an_epoch_holds_every_example_once():
    numbers = torch.arange(64)
    stream = Batches(numbers, batch_size=16)
    seen = torch.cat([stream[step][0] for step in range(4)])
    assert torch.equal(seen.sort().values, numbers)
    assert not torch.equal(seen, torch.cat([stream[step][0] for step in range(4, 8)]))


def test_tensors_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="one length"):
        Batches(torch.zeros(3), torch.zeros(4), batch_size=1)
    with pytest.raises(ValueError, match="a batch of 5 cannot come from 3 examples"):
        Batches(torch.zeros(3), batch_size=5)


# Recipes -------------------------------------------------------------------------------------


def test_the_learning_rate_rises_and_falls():
    rates = [RECIPE.rate(step) for step in range(RECIPE.steps)]
    assert rates[0] == 0.5 and rates[1] == rates[2] == 1.0
    assert rates[2:] == sorted(rates[2:], reverse=True)
    assert 0 < rates[-1] < 0.02


def test_the_budget_follows_the_environment(monkeypatch, capsys):
    full = dataclasses.replace(RECIPE, steps=99)
    for name, steps in (("quick", 20), ("full", 99)):
        monkeypatch.setenv("MMTUTOR_BUDGET", name)
        assert choose(RECIPE, full).steps == steps
        assert f"Budget {name}: {steps} steps" in capsys.readouterr().out
    monkeypatch.setenv("MMTUTOR_BUDGET", "enormous")
    with pytest.raises(ValueError, match="must be quick or full"):
        budget()


# Fit -----------------------------------------------------------------------------------------


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


def test_stopping_keeps_what_was_learnt(capsys):
    stream = batches()

    class Interrupted(Batches):
        def __getitem__(self, step):
            if step == 7:
                raise KeyboardInterrupt
            return stream[step]

    model = network()
    before = model[0].weight.clone()
    interrupted = Interrupted(*task(), batch_size=16)
    history = fit(model, interrupted, squared_error, RECIPE)
    assert history.stopped and len(history.losses) == 7
    assert not torch.equal(model[0].weight, before)
    assert "Stopped after step 7 of 20" in capsys.readouterr().out
    assert history.plot() is not None


def test_a_run_resumes_with_the_same_numbers(tmp_path):
    whole = network()
    torch.manual_seed(5)
    expected = fit(whole, batches(), squared_error, RECIPE, every=5)

    def snapshot(model: nn.Module) -> torch.Tensor:
        return model[0].weight.clone()

    class Interrupted(Batches):
        def __getitem__(self, step):
            if step == 12:
                raise KeyboardInterrupt
            return super().__getitem__(step)

    path = tmp_path / "run.safetensors"
    first = network()
    torch.manual_seed(5)
    half = Interrupted(*task(), batch_size=16)
    fit(first, half, squared_error, RECIPE, every=5, checkpoint=path, snapshot=snapshot)
    second = network(seed=9)
    history = fit(
        second, batches(), squared_error, RECIPE, every=5, checkpoint=path, snapshot=snapshot
    )
    assert history.losses == expected.losses
    assert list(history.snapshots) == [5, 10, 15, 20]
    assert history.seconds > 0
    for a, b in zip(whole.parameters(), second.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_run_of_another_recipe_is_not_resumed(tmp_path):
    path = tmp_path / "run.safetensors"
    fit(network(), batches(), squared_error, RECIPE, checkpoint=path)
    other = dataclasses.replace(RECIPE, learning_rate=1e-3)
    with pytest.raises(CheckpointError, match="another recipe"):
        fit(network(), batches(), squared_error, other, checkpoint=path)


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


def test_another_error_stays_what_it_is():
    def broken(model, *batch):
        raise RuntimeError("shapes do not match")

    model = network()
    with pytest.raises(RuntimeError, match="shapes do not match"):
        fit(model, batches(), broken, RECIPE)
    assert not model.training


def test_another_seed_gives_another_order():
    first, second = Batches(*task(), batch_size=16), Batches(*task(), batch_size=16, seed=1)
    orders = {tuple(stream[s][0][:, 0].tolist()) for stream in (first, second) for s in range(40)}
    assert len(orders) == 80


def test_a_run_starts_without_the_gradients_of_the_last_one():
    fresh, used = network(), network()
    squared_error(used, *task()).backward()
    torch.manual_seed(1)
    expected = fit(fresh, batches(), squared_error, RECIPE)
    torch.manual_seed(1)
    assert fit(used, batches(), squared_error, RECIPE).losses == expected.losses


def test_predict_goes_in_chunks_and_leaves_the_mode_alone():
    model, (x, _) = network().train(), task()
    together = predict(model, x)
    torch.testing.assert_close(predict(model, x, batch_size=5), together)
    assert model.training and not together.requires_grad


TWO_PROCESSES = """
import json, os, pathlib, sys
from tests.training.test_loop import RECIPE, batches, network, squared_error
from mmtutor.training import fit
import torch
from torch import nn

model = nn.Sequential(*[m for m in network() if not isinstance(m, nn.Dropout)])
fit(model, batches(), squared_error, RECIPE)
sums = [p.double().sum().item() for p in model.parameters()]
pathlib.Path(sys.argv[1], os.environ["RANK"]).write_text(json.dumps(sums))
"""


def test_two_processes_learn_what_one_learns(tmp_path):
    script = tmp_path / "train.py"
    script.write_text(TWO_PROCESSES)
    environment = os.environ | {
        "PYTHONPATH": os.getcwd(),
        "OMP_NUM_THREADS": "1",
        "ACCELERATE_USE_CPU": "true",
    }
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--nproc_per_node",
        "2",
        "--standalone",
    ]
    two = subprocess.run(
        [*command, str(script), str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert two.returncode == 0, two.stderr[-2000:]
    one = nn.Sequential(*[m for m in network() if not isinstance(m, nn.Dropout)])
    fit(one, batches(), squared_error, RECIPE)
    expected = [p.double().sum().item() for p in one.parameters()]
    for rank in ("0", "1"):
        assert json.loads((tmp_path / rank).read_text()) == pytest.approx(expected, abs=1e-4)


# Checkpoints ---------------------------------------------------------------------------------


def test_a_checkpoint_brings_back_weights_and_text(tmp_path):
    path, model = tmp_path / "model.safetensors", network(seed=1)
    checkpoints.save(path, model, accuracy="0.97")
    other = network(seed=2)
    assert checkpoints.load(path, other) == {"accuracy": "0.97"}
    for a, b in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)
    assert [p.name for p in tmp_path.iterdir()] == ["model.safetensors"]


def test_tied_weights_are_saved(tmp_path):
    model = nn.Sequential(nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False))
    model[1].weight = model[0].weight
    checkpoints.save(tmp_path / "tied.safetensors", model)
    before = model[0].weight.clone()
    nn.init.zeros_(model[0].weight)
    checkpoints.load(tmp_path / "tied.safetensors", model)
    assert torch.equal(model[0].weight, before) and model[1].weight is model[0].weight


def test_a_damaged_run_is_a_sentence(tmp_path):
    path = tmp_path / "run.safetensors"
    fit(network(), batches(), squared_error, RECIPE, checkpoint=path)
    tensors, about = checkpoints.read(path)
    checkpoints.write(path, tensors, about | {"losses": "[1, 2"})
    with pytest.raises(CheckpointError, match="damaged"):
        fit(network(), batches(), squared_error, RECIPE, checkpoint=path)


def test_bad_checkpoints_give_a_sentence_and_change_nothing(tmp_path):
    path, model = tmp_path / "model.safetensors", network()
    before = [p.clone() for p in model.parameters()]
    with pytest.raises(CheckpointError, match="there is no checkpoint"):
        checkpoints.load(path, model)
    torch.save(model.state_dict(), path)
    with pytest.raises(CheckpointError, match="pickles are never loaded"):
        checkpoints.load(path, model)
    checkpoints.save(path, model)
    whole = path.read_bytes()
    for length in (0, 5, 40, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(CheckpointError, match="cut short"):
            checkpoints.load(path, model)
    checkpoints.save(path, nn.Sequential(nn.Linear(8, 4)))
    with pytest.raises(CheckpointError, match="made for another model"):
        checkpoints.load(path, model)
    checkpoints.save(
        path, nn.Sequential(*[nn.Linear(8, 16), nn.Dropout(), nn.GELU(), nn.Linear(16, 2)])
    )
    with pytest.raises(CheckpointError, match=r"shape \(2, 16\) there and \(1, 16\) here"):
        checkpoints.load(path, model)
    for a, b in zip(before, model.parameters(), strict=True):
        assert torch.equal(a, b)


# Speed ---------------------------------------------------------------------------------------


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
    recipe = dataclasses.replace(RECIPE, steps=120)
    history = fit(network(), batches(recipe), squared_error, recipe, every=1000)
    assert len(history.losses) == 120 and not history.pending
    for value in range(120):
        history.note(torch.tensor(float(value)))
        assert len(history.pending) < 50
