"""A task that is learnt in milliseconds, shared by the tests of training."""

import torch
import torch.nn.functional as F
from torch import nn

from mmtutor.training import Batches, Recipe, seed_everything

RECIPE = Recipe(steps=20, batch_size=16, learning_rate=1e-2)


def task() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(64, 8, generator=generator)
    return x, x @ torch.randn(8, 1, generator=generator)


def network(seed: int = 0) -> nn.Module:
    seed_everything(seed)
    return nn.Sequential(nn.Linear(8, 16), nn.Dropout(0.1), nn.GELU(), nn.Linear(16, 1))


def squared_error(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return F.mse_loss(model(x), y)


def batches(recipe: Recipe = RECIPE) -> Batches:
    return Batches(*task(), batch_size=recipe.batch_size, seed=recipe.seed)


class Interrupted(Batches):
    """Batches of the same task, with a reader who stops the cell at a step (from 0)."""

    def __init__(self, step: int) -> None:
        super().__init__(*task(), batch_size=RECIPE.batch_size, seed=RECIPE.seed)
        self.step = step

    def __getitem__(self, step: int) -> tuple[torch.Tensor, ...]:
        if step == self.step:
            raise KeyboardInterrupt
        return super().__getitem__(step)
