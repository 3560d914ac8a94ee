"""What a whole kernel shares: PyTorch's functions, its switches, the random numbers.

A check neither trusts it nor changes it. References run with the functions that were there when
this file was imported; what an answer changes is put back and named; a training that goes on after
a check draws the random numbers that it would have drawn without it.
"""

import math
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from operator import is_
from typing import Any

import numpy as np
import torch
from torch import nn

Functions = dict[str, dict[str, Any]]
Switches = dict[str, Any]

SPACES: dict[str, Any] = {
    "torch": torch,
    "torch.Tensor": torch.Tensor,
    "torch.linalg": torch.linalg,
    "torch.nn": nn,
    "torch.nn.functional": nn.functional,
    "math": math,
    "numpy": np,
}
"""Where an answer could replace a function that the reference calls, too."""


def set_device(device: torch.device) -> None:
    """Set the default device; the CPU as PyTorch has it at first, by asking for none."""
    torch.set_default_device(None if device.type == "cpu" else device)


DTYPE, DEVICE, GRADIENT = "the default dtype", "the default device", "the gradient mode"
SWITCHES: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    DTYPE: (torch.get_default_dtype, torch.set_default_dtype),
    DEVICE: (torch.get_default_device, set_device),
    GRADIENT: (torch.is_grad_enabled, torch.set_grad_enabled),
    "the number of threads": (torch.get_num_threads, torch.set_num_threads),
    "the choice of deterministic algorithms": (
        torch.get_deterministic_debug_mode,
        torch.set_deterministic_debug_mode,
    ),
    "the precision of matrix products": (
        torch.get_float32_matmul_precision,
        torch.set_float32_matmul_precision,
    ),
    "what NumPy does about errors": (np.geterr, lambda kept: np.seterr(**kept)),
}
"""How to read and set what is switched for a thread (device, gradient, NumPy) or the process."""


def functions() -> Functions:
    """Return what the names in every space stand for now."""
    return {name: dict(vars(space)) for name, space in SPACES.items()}


def switches() -> Switches:
    """Return how every switch stands in this thread."""
    return {name: read() for name, (read, _) in SWITCHES.items()}


AT_IMPORT = functions()
STANDARD = {DTYPE: torch.float32, DEVICE: torch.device("cpu"), GRADIENT: True}


def put_back_functions(before: Functions) -> list[str]:
    """Let every name stand again for what it stood for `before`; say which did not."""
    changed = []
    for name, kept in before.items():
        space, now = SPACES[name], dict(vars(SPACES[name]))
        if now.keys() == kept.keys() and all(map(is_, now.values(), kept.values())):
            continue  # the way that is nearly always taken, and the fastest
        others = [key for key, value in kept.items() if now.get(key) is not value]
        for key in [key for key in others if is_replaced(key, kept[key], now.get(key))]:
            setattr(space, key, kept[key])
            changed.append(f"`{name}.{key}`")
        for key in [key for key in now.keys() - kept.keys() if is_inherited(space, key)]:
            delattr(space, key)
            changed.append(f"`{name}.{key}`")
    return changed


def is_replaced(key: str, before: Any, now: Any) -> bool:
    """Say whether a public name stands for another thing than before.

    PyTorch itself wraps `torch.manual_seed` when it loads its compiler: that is no other thing.
    """
    private = key.startswith("_") and not key.startswith("__")
    return now is not before and not private and getattr(now, "__wrapped__", None) is not before


def is_inherited(space: Any, key: str) -> bool:
    """Say whether a new name in a class hides one of its parents' (`Tensor.square`)."""
    parents = space.__mro__[1:] if isinstance(space, type) else ()
    return any(key in vars(parent) for parent in parents)


def switched(before: Switches) -> list[str]:
    """Say which switches stand otherwise than `before`, in this thread."""
    return [name for name, value in before.items() if SWITCHES[name][0]() != value]


def put_back_switches(before: Switches) -> list[str]:
    """Set every switch as it stood `before`; say which stood otherwise."""
    changed = switched(before)
    for name in changed:
        SWITCHES[name][1](before[name])
    return changed


@contextmanager
def standard() -> Iterator[list[str]]:
    """Work with the functions of the import and PyTorch's own defaults; then all is as found.

    Gives the names of the functions that something in the notebook had replaced before.
    """
    found, set_by_reader, generators = functions(), switches(), random_states()
    put_back_switches(STANDARD)
    try:
        yield put_back_functions(AT_IMPORT)
    finally:
        put_back_switches(set_by_reader)
        put_back_functions(found)
        put_back_random_states(generators)


@dataclass(frozen=True)
class RandomStates:
    """Where the generators of Python, NumPy and PyTorch (CPU and GPUs in use) stand."""

    python: Any
    numpy: Any
    torch: torch.Tensor
    gpus: list[torch.Tensor]


def random_states() -> RandomStates:
    gpus = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
    numpy = np.random.get_state()  # noqa: NPY002 (the old generator is the one that all share)
    return RandomStates(random.getstate(), numpy, torch.get_rng_state(), gpus)


def put_back_random_states(states: RandomStates) -> None:
    random.setstate(states.python)
    np.random.set_state(states.numpy)  # noqa: NPY002
    torch.set_rng_state(states.torch)
    if states.gpus:
        torch.cuda.set_rng_state_all(states.gpus)
