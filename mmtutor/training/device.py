"""The machine that trains: its device, its precision, and its share of a batch."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn


def accelerate() -> Any:
    """Return accelerate's view of this machine: its device and its processes."""
    from accelerate import Accelerator  # imported late: it takes a second

    return Accelerator()


def share(batch: tuple[Tensor, ...], accelerator: Any) -> tuple[list[Tensor], float]:
    """Return this process's part of a batch, on its device, and what the part weighs.

    The part is every n-th example of n processes. Gradients are averaged over processes, so that a
    part's loss, a mean over its examples, must weigh n times its share of the batch: 1 where all
    parts are equal. Raises ValueError where a process would get no example.
    """
    whole, processes = len(batch[0]), accelerator.num_processes
    if whole < processes:
        raise ValueError(f"a batch of {whole} cannot be shared by {processes} processes")
    mine = slice(accelerator.process_index, None, processes)
    part = [tensor[mine].to(accelerator.device, non_blocking=True) for tensor in batch]
    return part, len(part[0]) * processes / whole


def half_precision(device: torch.device) -> AbstractContextManager[Any]:
    """Compute in bfloat16 on a GPU: half the memory of float32, the same range."""
    return torch.autocast("cuda", torch.bfloat16) if device.type == "cuda" else nullcontext()


@contextmanager
def coming_home(model: nn.Module) -> Iterator[None]:
    """Bring the model back to where it came from, in evaluation mode, however the block ends."""
    home = next(model.parameters()).device
    try:
        yield
    finally:
        model.to(home).eval()
