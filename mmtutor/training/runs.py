"""A run in progress in a file: weights, optimiser, random numbers and history, to go on from."""

import json
import random
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mmtutor.training.checkpoints import CheckpointError, fits, read, shapes, write
from mmtutor.training.history import History
from mmtutor.training.recipe import Recipe


def save_run(
    path: Path | None,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    history: History,
    recipe: Recipe,
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
        "random": json.dumps(random.getstate()),
    }
    write(path, tensors, about)


def resume(
    path: Path | None,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    history: History,
    recipe: Recipe,
) -> None:
    """Set everything, `history` included, to where the run stopped; nothing when there is no file.

    Snapshots come back if they are tensors. Raises CheckpointError when the file is unusable or
    was written by another recipe.
    """
    if path is None:
        return
    sweep(path)
    if not path.exists():
        return
    fits(path, strip("model.", shapes(path)), model.state_dict())
    tensors, about = read(path)
    if about.get("recipe") != json.dumps(asdict(recipe)):
        raise CheckpointError(
            f"{path.name} is another recipe's run: delete it or name another file"
        )
    try:
        restore(history, tensors, about)
        optimizer.load_state_dict(optimizer.state_dict() | {"state": optimizer_state(tensors)})
        set_random_states(tensors, about["random"])
    except (KeyError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{path.name} is damaged ({error}): delete it") from error
    model.load_state_dict(strip("model.", tensors))


def restore(history: History, tensors: dict[str, Tensor], about: dict[str, str]) -> None:
    """Fill a fresh history from a run's file."""
    metrics = json.loads(about["metrics"])
    history.losses = json.loads(about["losses"])
    history.metrics = {name: [(s, value) for s, value in rows] for name, rows in metrics.items()}
    history.snapshots = {int(step): taken for step, taken in strip("snapshot.", tensors).items()}
    history.snapshots = dict(sorted(history.snapshots.items()))
    history.seconds = json.loads(about["seconds"])


def random_states() -> dict[str, Tensor]:
    """Return the state of PyTorch's random numbers, on the CPU and on a GPU, and of NumPy's."""
    _, keys, place, *_ = np.random.get_state()  # noqa: NPY002 - the global generator, as seeded
    gpu = {"random.cuda": torch.cuda.get_rng_state()} if torch.cuda.is_available() else {}
    numpy = torch.tensor([*keys.tolist(), place])
    return {"random.cpu": torch.get_rng_state(), "random.numpy": numpy, **gpu}


def set_random_states(tensors: dict[str, Tensor], python: str) -> None:
    """Go on with the random numbers where they stopped; `python` is the state of Python's own."""
    torch.set_rng_state(tensors["random.cpu"])
    *keys, place = tensors["random.numpy"].tolist()
    np.random.set_state(("MT19937", keys, place))  # noqa: NPY002
    version, numbers, rest = json.loads(python)
    random.setstate((version, tuple(numbers), rest))
    if "random.cuda" in tensors and torch.cuda.is_available():
        torch.cuda.set_rng_state(tensors["random.cuda"])


def sweep(path: Path) -> None:
    """Remove what a run that was killed while it wrote has left beside its file."""
    for part in path.parent.glob(f"{path.name}.*.part"):
        part.unlink(missing_ok=True)


def strip(prefix: str, named: dict[str, Any]) -> dict[str, Any]:
    """Return those whose name starts with `prefix`, without it."""
    return {n.removeprefix(prefix): v for n, v in named.items() if n.startswith(prefix)}


def optimizer_state(tensors: dict[str, Tensor]) -> dict[int, dict[str, Any]]:
    """Gather `optimizer.3.exp_avg` and its like into PyTorch's nested form."""
    state: dict[int, dict[str, Any]] = {}
    for name, tensor in strip("optimizer.", tensors).items():
        index, key = name.split(".", 1)
        state.setdefault(int(index), {})[key] = tensor
    return state
