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


def share(batch: tuple[Tensor, ...], accelerator: Any) -> list[Tensor]:
    """Return this process's part of a batch, on its device: every n-th example of n processes."""
    mine = slice(accelerator.process_index, None, accelerator.num_processes)
    return [tensor[mine].to(accelerator.device, non_blocking=True) for tensor in batch]


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
