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
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{key}": value for key, value in state.items()}
    for step, taken in history.snapshots.items():
        tensors |= {f"snapshot.{step}": taken} if isinstance(taken, Tensor) else {}
    tensors |= random_states()
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
    history: "History",
    recipe: "Recipe",
) -> None:
    """Set everything, `history` included, to where the run stopped; nothing when there is no file.

    Snapshots come back if they are tensors. Raises CheckpointError when the file is unusable or
    was written by another recipe.
    """
    if path is None or not path.exists():
        return
    tensors, about = read(path)
    if about.get("recipe") != json.dumps(asdict(recipe)):
        raise CheckpointError(
            f"{path.name} is another recipe's run: delete it or name another file"
        )
    weights = strip("model.", tensors)
    fits(path, weights, model.state_dict())
    try:
        restore(history, tensors, about)
        optimizer.load_state_dict(optimizer.state_dict() | {"state": optimizer_state(tensors)})
        set_random_states(tensors)
    except (KeyError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{path.name} is damaged ({error}): delete it") from error
    model.load_state_dict(weights)


def restore(history: "History", tensors: dict[str, Tensor], about: dict[str, str]) -> None:
    """Fill a fresh history from a run's file."""
    metrics = json.loads(about["metrics"])
    history.losses = json.loads(about["losses"])
    history.metrics = {name: [(s, value) for s, value in rows] for name, rows in metrics.items()}
    history.snapshots = {int(step): taken for step, taken in strip("snapshot.", tensors).items()}
    history.snapshots = dict(sorted(history.snapshots.items()))
    history.seconds = json.loads(about["seconds"])


def random_states() -> dict[str, Tensor]:
    """Return the state of PyTorch's random numbers, on the CPU and on a GPU."""
    gpu = {"random.cuda": torch.cuda.get_rng_state()} if torch.cuda.is_available() else {}
    return {"random.cpu": torch.get_rng_state(), **gpu}


def set_random_states(tensors: dict[str, Tensor]) -> None:
    """Go on with the random numbers where they stopped."""
    torch.set_rng_state(tensors["random.cpu"])
    if "random.cuda" in tensors and torch.cuda.is_available():
        torch.cuda.set_rng_state(tensors["random.cuda"])


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
