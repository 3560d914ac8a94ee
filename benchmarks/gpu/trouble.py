"""What must not spoil a training: memory that runs out, bad numbers, a run that is stopped.

`fit` trains wherever there is a GPU, so the tests of training are asked again here, as they are.
"""

from collections.abc import Callable
from functools import partial
from inspect import signature
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import torch
from torch import nn

from benchmarks.gpu.check import Check, Failed, Setup, require
from mmtutor.training import Recipe, fit
from tests.training import small, test_finite, test_loop, test_runs

TESTS: dict[str, Callable[..., None]] = {
    "bad: an infinite number": partial(
        test_finite.test_an_infinite_number_in_a_batch_leaves_the_model_where_it_was, small.network
    ),
    "bad: the same, with running means": partial(
        test_finite.test_an_infinite_number_in_a_batch_leaves_the_model_where_it_was,
        test_finite.with_running_means,
    ),
    "bad: a gradient alone": test_finite.test_a_gradient_alone_is_noticed,
    "bad: the file stays good": test_finite.test_the_file_keeps_the_last_finite_state,
    "resume: the same numbers": test_runs.test_a_run_resumes_with_the_same_numbers,
}


def ask(test: Callable[..., None]) -> str:
    """Run a test; one that writes files gets a folder. Failed where nothing was raised."""
    with TemporaryDirectory() as folder:
        files = {"tmp_path": Path(folder)} if "tmp_path" in signature(test).parameters else {}
        try:
            test(**files)
        except pytest.fail.Exception as error:  # no Exception to Python: it would end everything
            raise Failed(str(error)) from error
    return "as in tests/training"


# ── Memory ────────────────────────────────────────────────────────────────────────────────────────

DEPTH, WIDTH = 64, 1024
"""The layers of a model that is easy to fill memory with."""
ROW = DEPTH * 2 * WIDTH * 2
"""Bytes that an example keeps for the gradient: both halves of a layer, in bfloat16."""


def hungry() -> nn.Module:
    """Return a deep network whose activations grow with the batch and nothing else does."""
    layers = [layer for _ in range(DEPTH) for layer in (nn.Linear(WIDTH, WIDTH), nn.GELU())]
    return nn.Sequential(nn.Linear(8, WIDTH), *layers, nn.Linear(WIDTH, 1))


def overfill() -> RuntimeError:
    """Train with a batch that needs twice the GPU's memory; return what `fit` raises."""
    rows = 2 * torch.cuda.get_device_properties(0).total_memory // ROW
    recipe = Recipe(steps=1, batch_size=rows, learning_rate=1e-3)
    try:
        fit(hungry(), [(torch.zeros(rows, 8), torch.zeros(rows, 1))], small.squared_error, recipe)
    except RuntimeError as error:
        return error
    raise Failed(f"a batch of {rows:,} went through")


def out_of_memory(setup: Setup) -> str:
    """Fill the memory on purpose: a sentence, nothing held, and the next training works."""
    if setup.dry:
        test_loop.test_out_of_memory_suggests_a_smaller_batch(
            torch.OutOfMemoryError("out of memory")
        )
        return "raised by hand: there is no GPU to fill"
    before = torch.cuda.memory_allocated()
    error = overfill()
    require("try batch_size=" in str(error), f"fit says: {error}")
    held = (torch.cuda.memory_allocated() - before) / 1e6
    require(held < 500, f"{held:.0f} MB are held while the error is kept")
    fit(small.network(), small.batches(), small.squared_error, small.RECIPE)
    return f"“{error}” {held:.0f} MB held while the error is kept; the next training works"


def checks(setup: Setup) -> list[Check]:
    """Return the checks for bad numbers, for going on, and for memory."""
    tests = [Check(name, partial(ask, test)) for name, test in TESTS.items()]
    return [*tests, Check("memory: far too large a batch", partial(out_of_memory, setup))]
