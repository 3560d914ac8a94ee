"""AdamW for a model's parameters: who gets which share of the learning rate, and what decays."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from mmtutor.training.recipe import Recipe

PLACES = ("position", "class_token")
"""Tables of places have two dimensions, yet they multiply nothing: they are added."""


def adamw(model: nn.Module, recipe: Recipe, rates: Mapping[str, float]) -> torch.optim.AdamW:
    """Return the optimiser; its groups know their share of the learning rate.

    Source: Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization", arXiv:1711.05101.
    """
    parts = groups(model, rates)
    for part in parts:
        part["weight_decay"] = recipe.weight_decay if part.pop("decays") else 0.0
    return torch.optim.AdamW(parts, lr=recipe.learning_rate, fused=True)


def groups(model: nn.Module, rates: Mapping[str, float]) -> list[dict[str, Any]]:
    """Return the parameters by part in `rates` (all others are one part) and by whether they decay.

    A group's "share" is what it gets of the learning rate. Raises ValueError where the model has
    no part of this name.
    """
    found: dict[tuple[str, bool], list[nn.Parameter]] = {}
    matrices = decaying(model)
    for name, parameter in model.named_parameters():
        part = next((part for part in rates if f"{name}.".startswith(f"{part}.")), "")
        found.setdefault((part, name in matrices), []).append(parameter)
    if missing := set(rates) - {part for part, _ in found}:
        raise ValueError(f"the model has no part {min(missing)!r} to train at a rate of its own")
    shares = {"": 1.0, **rates}
    return [
        {"params": parameters, "share": shares[part], "decays": decays}
        for (part, decays), parameters in found.items()
    ]


def decaying(model: nn.Module) -> set[str]:
    """Return the names of the parameters that weight decay pulls towards 0: matrices alone.

    A matrix mixes what comes in, so smaller entries mean a smoother function. Biases, norms,
    embeddings, positions, class tokens, gates and temperatures say where something lies or how
    much of it there is: 0 is no better place for them than any other.
    """
    tables = {id(part.weight) for part in model.modules() if isinstance(part, nn.Embedding)}
    return {
        name
        for name, parameter in model.named_parameters()
        if parameter.ndim >= 2 and id(parameter) not in tables and not name.endswith(PLACES)
    }
