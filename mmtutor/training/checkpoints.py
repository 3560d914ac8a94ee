"""Trained weights in files that cannot run code: safetensors only, never a pickle."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialized
from torch import Tensor, nn

HASH = "sha256"
"""The name of the hash among a file's texts."""


class CheckpointError(Exception):
    """A checkpoint that cannot be used; the message says why and what to do."""


def save(path: Path, model: nn.Module, **about: str) -> None:
    """Write the model's weights to `path` in one step; `about` is kept as text beside them."""
    write(path, model.state_dict(), about)


def load(path: Path, model: nn.Module) -> dict[str, str]:
    """Put the weights of `path` into `model` and return what was written about them.

    Raises CheckpointError when the file is missing, cut short, altered, no safetensors file (a
    pickle, for instance), or made for a model of another shape. The model is then left as it was.
    """
    fits(path, shapes(path), model.state_dict())
    tensors, about = read(path)
    model.load_state_dict(tensors)
    return about


def write(path: Path, tensors: dict[str, Tensor], about: dict[str, str]) -> None:
    """Replace `path` in one step, so that a crash leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    # Clones, because two names for one tensor (tied weights) may not share a file's memory.
    copies = {name: tensor.detach().cpu().clone() for name, tensor in tensors.items()}
    copies = {name: copy.contiguous() for name, copy in copies.items()}
    # Not save_file: killed half-way, it leaves a file behind whose name nobody knows.
    part.write_bytes(serialized(copies, about | {HASH: fingerprint(copies, about)}))
    os.replace(part, path)


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors and the text of a safetensors file, whole and as they were written."""
    with opened(path) as file:
        tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
        about = dict(file.metadata() or {})
    if about.pop(HASH, "") != fingerprint(tensors, about):
        raise CheckpointError(
            f"{path.name} is not what was written (its {HASH} differs): fetch or train it again"
        )
    return tensors, about


def shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Return the shapes that a file promises; nothing large is read."""
    with opened(path) as file:
        names = list(file.keys())
        return {name: tuple(file.get_slice(name).get_shape()) for name in names}


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a safetensors file; what cannot be read is a CheckpointError."""
    if not path.is_file():
        raise CheckpointError(
            f"there is no checkpoint {path.name}: train the model, or check the name"
        )
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except MemoryError as error:
        raise CheckpointError(f"{path.name} does not fit into this machine's memory") from error
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{path.name} is cut short or is not a safetensors file ({error}); "
            "pickles are never loaded, because they can run code. Fetch or train it again"
        ) from error


def fingerprint(tensors: Mapping[str, Tensor], about: Mapping[str, str]) -> str:
    """Return a hash of every name, type, shape and number, and of the text beside them."""
    sha = hashlib.sha256(json.dumps(sorted(about.items())).encode())
    for name, tensor in sorted(tensors.items()):
        sha.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        sha.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return sha.hexdigest()


def fits(path: Path, found: Mapping[str, tuple[int, ...]], wanted: Mapping[str, Tensor]) -> None:
    """Raise CheckpointError unless names and shapes agree."""
    if missing := sorted(wanted.keys() ^ found.keys()):
        raise CheckpointError(
            f"{path.name} was made for another model: {missing[0]} has no partner"
        )
    for name, tensor in wanted.items():
        if tuple(tensor.shape) != found[name]:
            raise CheckpointError(
                f"{path.name} was made for another model: {name} has shape "
                f"{found[name]} there and {tuple(tensor.shape)} here"
            )
