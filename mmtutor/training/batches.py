"""Where batches come from: tensors that lie in memory, so that a batch is an index."""

from typing import Protocol, runtime_checkable

import torch
from torch import Tensor


@runtime_checkable
class Stream(Protocol):
    """Where batches come from: `stream[step]` is a tuple of tensors, the same at every call."""

    def __getitem__(self, step: int) -> tuple[Tensor, ...]: ...


class Batches:
    """Shuffled batches of tensors that lie in memory: a batch is an index.

    `batches[step]` depends on the seed and the step alone, so training can stop and resume. Every
    example comes once per epoch; the examples left over at an epoch's end are dropped.
    """

    def __init__(self, *tensors: Tensor, batch_size: int, seed: int = 0) -> None:
        """All `tensors` have one example per row; ValueError when their lengths differ."""
        lengths = {len(tensor) for tensor in tensors}
        if len(lengths) != 1:
            raise ValueError(f"the tensors must have one length, not {sorted(lengths)}")
        if batch_size > min(lengths):
            raise ValueError(f"a batch of {batch_size} cannot come from {min(lengths)} examples")
        self.tensors, self.batch_size, self.seed = tensors, batch_size, seed
        self.epoch, self.order = -1, torch.empty(0, dtype=torch.long)

    def to(self, device: torch.device) -> "Batches":
        """Move the data once, so that no step waits for it."""
        self.tensors = tuple(tensor.to(device) for tensor in self.tensors)
        self.epoch = -1
        return self

    def __getitem__(self, step: int) -> tuple[Tensor, ...]:
        epoch, place = divmod(step, len(self.tensors[0]) // self.batch_size)
        if epoch != self.epoch:
            # Far apart, or one seed's epoch 1 would be the next seed's epoch 0.
            generator = torch.Generator().manual_seed(1_000_003 * self.seed + epoch)
            order = torch.randperm(len(self.tensors[0]), generator=generator)
            self.epoch, self.order = epoch, order.to(self.tensors[0].device)
        chosen = self.order[place * self.batch_size : (place + 1) * self.batch_size]
        return tuple(tensor[chosen] for tensor in self.tensors)
