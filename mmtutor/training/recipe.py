"""How a model is trained: a recipe, the budget that chooses one, and where random numbers start.

Two budgets, one recipe: `quick` (two CPU cores, at most about a minute) and `full` (a GPU). The
environment variable MMTUTOR_BUDGET chooses; without it, a GPU means `full`.
"""

import math
import os
import random
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a model is trained. A lesson's recipe adds the sizes of its model.

    The learning rate rises over the first `warmup` share of the steps, then falls along a cosine
    to zero. `clip` bounds the norm of the gradient. `expect` says what result to look for.
    """

    steps: int
    batch_size: int
    learning_rate: float
    weight_decay: float = 0.01
    warmup: float = 0.1
    clip: float = 1.0
    seed: int = 0
    expect: str = ""

    def rate(self, step: int) -> float:
        """Return the share of the learning rate that is used at `step`, from 0 to 1."""
        rise = max(1, round(self.warmup * self.steps))
        if step < rise:
            return (step + 1) / rise
        return 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, self.steps - rise)))


SomeRecipe = TypeVar("SomeRecipe", bound=Recipe)


def budget() -> str:
    """Return "quick" or "full": MMTUTOR_BUDGET if it is set, else whether there is a GPU."""
    chosen = os.environ.get("MMTUTOR_BUDGET") or ("full" if torch.cuda.is_available() else "quick")
    if chosen not in ("quick", "full"):
        raise ValueError(f"MMTUTOR_BUDGET is {chosen!r}: it must be quick or full")
    return chosen


def choose(quick: SomeRecipe, full: SomeRecipe) -> SomeRecipe:
    """Return the recipe of this machine's budget, and print which one it is."""
    recipe = quick if budget() == "quick" else full
    print(f"Budget {budget()}: {recipe.steps} steps of {recipe.batch_size}. {recipe.expect}")
    return recipe


def seed_everything(seed: int) -> None:
    """Start Python's, NumPy's and PyTorch's random numbers from `seed`."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - libraries still draw from the global generator
    torch.manual_seed(seed)
