"""Trained weights in files that cannot run code: safetensors only, never a pickle."""

import os
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn


class CheckpointError(Exception):
    """A checkpoint that cannot be used; the message says why and what to do."""


def save(path: Path, model: nn.Module, **about: str) -> None:
    """Write the model's weights to `path` in one step; `about` is kept as text beside them."""
    write(path, model.state_dict(), about)


def load(path: Path, model: nn.Module) -> dict[str, str]:
    """Put the weights of `path` into `model` and return what was written about them.

    Raises CheckpointError when the file is missing, cut short, no safetensors file (a pickle, for
    instance), or made for a model of another shape. The model is then left as it was.
    """
    tensors, about = read(path)
    fits(path, tensors, model.state_dict())
    model.load_state_dict(tensors)
    return about


def write(path: Path, tensors: dict[str, Tensor], about: dict[str, str]) -> None:
    """Replace `path` in one step, so that a crash leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    # Clones, because two names for one tensor (tied weights) may not share a file's memory.
    copies = {name: tensor.detach().cpu().clone() for name, tensor in tensors.items()}
    save_file({name: copy.contiguous() for name, copy in copies.items()}, part, about)
    os.replace(part, path)


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors and the text of a safetensors file."""
    if not path.is_file():
        raise CheckpointError(
            f"there is no checkpoint {path.name}: train the model, or check the name"
        )
    try:
        with safe_open(path, framework="pt") as file:
            names = list(file.keys())
            return {name: file.get_tensor(name).clone() for name in names}, file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{path.name} is cut short or is not a safetensors file ({error}); "
            "pickles are never loaded, because they can run code. Fetch or train it again"
        ) from error


def fits(path: Path, tensors: dict[str, Tensor], wanted: dict[str, Tensor]) -> None:
    """Raise CheckpointError unless names and shapes agree."""
    if missing := sorted(wanted.keys() ^ tensors.keys()):
        raise CheckpointError(
            f"{path.name} was made for another model: {missing[0]} has no partner"
        )
    for name, tensor in wanted.items():
        if tensor.shape != tensors[name].shape:
            raise CheckpointError(
                f"{path.name} was made for another model: {name} has shape "
                f"{tuple(tensors[name].shape)} there and {tuple(tensor.shape)} here"
            )
