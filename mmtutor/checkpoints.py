"""Trained weights in files that cannot run code: safetensors only, never a pickle.

Two kinds: a model's weights (`save`, `load`), which the course ships, and a run in progress
(`save_run`, `resume`), which also holds the optimiser, the random numbers and the history.
"""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

if TYPE_CHECKING:
    from mmtutor.training import History, Recipe


class CheckpointError(Exception):
    """A checkpoint that cannot be used; the message says why and what to do."""


def save(path: Path, model: nn.Module, **about: str) -> None:
    """Write the model's weights to `path` in one step; `about` is kept as text beside them."""
    write(path, {name: tensor.detach().cpu() for name, tensor in model.state_dict().items()}, about)


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
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, part, about)
    os.replace(part, path)


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors and the text of a safetensors file."""
    if not path.is_file():
        raise CheckpointError(
            f"there is no checkpoint {path.name}: train the model, or check the name"
        )
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
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


def save_run(
    path: Path | None,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    history: "History",
    recipe: "Recipe",
) -> None:
    """Write all that is needed to go on as if nothing had happened; nothing when `path` is None."""
    if path is None:
        return
    tensors = {f"model.{name}": t.detach().cpu() for name, t in model.state_dict().items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{key}": value.cpu() for key, value in state.items()}
    tensors["random"] = torch.get_rng_state()
    about = {
        "recipe": json.dumps(asdict(recipe)),
        "losses": json.dumps(history.losses),
        "metrics": json.dumps(history.metrics),
        "seconds": json.dumps(history.seconds),
    }
    write(path, tensors, about)


def resume(
    path: Path | None,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    recipe: "Recipe",
) -> "History":
    """Return the history so far and set everything to where the run stopped.

    A fresh History when there is no file. Raises CheckpointError when the file is unusable or was
    written by another recipe.
    """
    from mmtutor.training import History

    if path is None or not path.exists():
        return History()
    tensors, about = read(path)
    if about.get("recipe") != json.dumps(asdict(recipe)):
        raise CheckpointError(
            f"{path.name} was made by another recipe: delete it or name another file"
        )
    weights = strip("model.", tensors)
    fits(path, weights, model.state_dict())
    model.load_state_dict(weights)
    optimizer.load_state_dict(optimizer.state_dict() | {"state": optimizer_state(tensors)})
    torch.set_rng_state(tensors["random"])
    history = History(**{key: json.loads(about[key]) for key in ("losses", "metrics", "seconds")})
    history.metrics = {k: [(s, v) for s, v in rows] for k, rows in history.metrics.items()}
    return history


def strip(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors whose name starts with `prefix`, without it."""
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}


def optimizer_state(tensors: dict[str, Tensor]) -> dict[int, dict[str, Any]]:
    """Gather `optimizer.3.exp_avg` and its like into PyTorch's nested form."""
    state: dict[int, dict[str, Any]] = {}
    for name, tensor in strip("optimizer.", tensors).items():
        index, key = name.split(".", 1)
        state.setdefault(int(index), {})[key] = tensor
    return state
