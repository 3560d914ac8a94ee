"""What does a computation cost? Seconds and memory, measured on the device that runs it."""

import time
import weakref
from collections.abc import Callable
from statistics import median
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


def seconds(work: Callable[[], Any], repeats: int = 5) -> float:
    """Return the median time of `work()`; one call more, before, warms up."""
    work()
    return median(one_call(work) for _ in range(repeats))


def one_call(work: Callable[[], Any]) -> float:
    """Return how long one call takes, a GPU's work included."""
    begun = time.perf_counter()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - begun


class Held(TorchDispatchMode):
    """While active, adds up the memory of every tensor that is made and still alive."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.peak = 0, 0

    def __torch_dispatch__(
        self, operation: Any, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        """Run one operation and take note of what it made."""
        made = operation(*args, **(kwargs or {}))
        given = {tensor.untyped_storage().data_ptr() for tensor in tensors_in((args, kwargs))}
        for tensor in tensors_in(made):
            storage = tensor.untyped_storage()
            if storage.data_ptr() not in given:  # a view of what was given costs nothing
                self.now += storage.nbytes()
                weakref.finalize(storage, self.release, storage.nbytes())
        self.peak = max(self.peak, self.now)
        return made

    def release(self, size: int) -> None:
        """A tensor's memory was given back."""
        self.now -= size


def tensors_in(tree: Any) -> list[torch.Tensor]:
    """Return the tensors anywhere in nested tuples, lists and dictionaries."""
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, torch.Tensor)]


def peak_megabytes(work: Callable[[], Any]) -> float:
    """Return how much memory the tensors that `work()` makes hold at most at one time.

    What an operation uses inside itself and gives back before it ends is not seen.
    """
    with Held() as held:
        work()
    return held.peak / 1e6
