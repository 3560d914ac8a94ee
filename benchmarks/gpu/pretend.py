"""What can be said of a GPU without one: every loss, on tensors that only pretend to lie there.

PyTorch's fake tensors have shapes, types and a device, and no numbers. A forward pass over them,
under bfloat16 autocast, fails where a loss mixes devices or types. It cannot take gradients.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import torch
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensorMode

from benchmarks.gpu.check import Check, Setup, Skipped, require
from benchmarks.gpu.lessons import types_of_outputs
from benchmarks.gpu.trainings import MAKERS, Make


@contextmanager
def half_precision() -> Iterator[None]:
    """Compute in bfloat16 on a GPU; `torch.autocast` would refuse where there is none."""
    torch.set_autocast_dtype("cuda", torch.bfloat16)
    torch.set_autocast_enabled("cuda", True)
    try:
        yield
    finally:
        torch.set_autocast_enabled("cuda", False)
        torch.clear_autocast_cache()


def forward(make: Make, setup: Setup) -> str:
    """Compute a loss as `fit` does; Failed unless all of it stays on the pretended GPU."""
    model, batches, loss, _, _ = make(setup)
    try:
        with FakeTensorMode(allow_non_fake_inputs=True), half_precision():
            model.to("cuda").train()
            with types_of_outputs(model) as seen:
                value = loss(model, *(tensor.to("cuda") for tensor in batches[0]))
    except DataDependentOutputException as error:
        raise Skipped("its loss reads a number that a fake tensor does not have") from error
    require(value.device.type == "cuda", f"the loss lies on {value.device}")
    require(seen == {("cuda", torch.bfloat16)}, f"layers put out {seen}")
    return "cuda, bfloat16"


def checks(setup: Setup) -> list[Check]:
    """Return a check for every training."""
    return [
        Check(f"pretend: {name}", partial(forward, make, setup)) for name, make in MAKERS.items()
    ]
