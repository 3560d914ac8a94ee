"""A run that was stopped, at any moment, ends with the numbers of an undisturbed one."""

import dataclasses
import json
import os
import random
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

from mmtutor.training import History, checkpoints, fit
from mmtutor.training.checkpoints import CheckpointError
from tests.training.small import RECIPE, Interrupted, batches, network, squared_error


def first_weights(model: nn.Module) -> torch.Tensor:
    return model[0].weight.clone()


def test_a_run_resumes_with_the_same_numbers(tmp_path):
    path, whole = tmp_path / "run.safetensors", network()
    first, second = network(), network(seed=9)
    options = {"every": 5, "snapshot": first_weights}
    torch.manual_seed(5)
    expected = fit(whole, batches(), squared_error, RECIPE, **options)
    torch.manual_seed(5)
    with pytest.raises(KeyboardInterrupt):
        fit(first, Interrupted(12), squared_error, RECIPE, checkpoint=path, **options)
    history = fit(second, batches(), squared_error, RECIPE, checkpoint=path, **options)
    assert history.losses == expected.losses and history.seconds > 0
    assert list(history.snapshots) == [5, 10, 15, 20]
    for a, b in zip(whole.parameters(), second.parameters(), strict=True):
        assert torch.equal(a, b)


def draws(model: nn.Module) -> dict[str, float]:
    """Every source of random numbers has its part in the metrics."""
    numpy = np.random.rand()  # noqa: NPY002 - the global generator is the one that is kept
    return {"python": random.random(), "numpy": numpy, "torch": torch.rand(()).item()}


@pytest.mark.parametrize("name", ["evaluate", "snapshot"])
def test_a_run_goes_on_after_a_function_that_looks_at_the_model_failed(tmp_path, name):
    def look(model: nn.Module) -> dict[str, float]:
        calls.append(model)
        if len(calls) == 3:
            raise OSError("the disk is full")
        return draws(model)

    def run(**checkpoint) -> History:
        model = network(seed=3)
        return fit(model, batches(), squared_error, RECIPE, every=4, **{name: look}, **checkpoint)

    path, calls = tmp_path / "run.safetensors", [None] * 9
    whole = run()
    calls.clear()
    with pytest.raises(OSError, match="disk is full"):
        run(checkpoint=path)
    resumed = run(checkpoint=path)
    assert resumed.losses == whole.losses
    # Beartype draws from Python's generator: that one is compared below, in a process without it.
    assert all(resumed.metrics.get(name) == whole.metrics.get(name) for name in ("numpy", "torch"))


def test_a_run_of_another_recipe_is_not_resumed(tmp_path):
    path = tmp_path / "run.safetensors"
    fit(network(), batches(), squared_error, RECIPE, checkpoint=path)
    other = dataclasses.replace(RECIPE, learning_rate=1e-3)
    with pytest.raises(CheckpointError, match="another recipe"):
        fit(network(), batches(), squared_error, other, checkpoint=path)


def test_a_damaged_run_is_a_sentence(tmp_path):
    path = tmp_path / "run.safetensors"
    fit(network(), batches(), squared_error, RECIPE, checkpoint=path)
    tensors, about = checkpoints.read(path)
    checkpoints.write(path, tensors, about | {"losses": "[1, 2"})
    with pytest.raises(CheckpointError, match="damaged"):
        fit(network(), batches(), squared_error, RECIPE, checkpoint=path)


# One process that has imported torch makes all the others by fork: an import takes seconds. A
# killed child has no say in when: the signal cannot be caught.
KILLED = """
import dataclasses, json, os, pathlib, random, signal, sys, time
import torch
from mmtutor.training import checkpoints, fit
from tests.training.small import RECIPE, batches, network, squared_error
from tests.training.test_runs import draws

LONG = dataclasses.replace(RECIPE, steps=400)
folder, moments = pathlib.Path(sys.argv[1]), random.Random(0)

def run(evaluate=draws, **checkpoint):
    model = network(seed=3)
    history = fit(
        model, batches(LONG), squared_error, LONG, every=2, evaluate=evaluate, **checkpoint
    )
    return [history.losses, history.metrics, [p.tolist() for p in model.parameters()]]

def slowly(model):
    time.sleep(0.02)  # else a fast machine would be done before the last kill
    return draws(model)

def killed_after(seconds):
    child = os.fork()
    if not child:
        run(evaluate=slowly, checkpoint=folder / "run.safetensors")
        os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])

whole = run()
kills = [killed_after(moments.uniform(0.03, 0.2)) for _ in range(20)]
reached = len(json.loads(checkpoints.read(folder / "run.safetensors")[1]["losses"]))
same = run(checkpoint=folder / "run.safetensors") == whole
print(json.dumps([kills, reached, same, sorted(p.name for p in folder.iterdir())]))
"""


@pytest.mark.serial
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_run_killed_twenty_times_ends_with_the_same_numbers(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": os.getcwd(), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    kills, reached, same, left = json.loads(done.stdout)
    assert kills == [True] * 20 and 0 < reached < 400
    assert same and left == ["run.safetensors"]
