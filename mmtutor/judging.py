"""Who says that a drawn letter can be read? A judge, trained apart from everything it judges.

It names the letter and the face. It never sees what a generator draws, and its own accuracy on a
typeface that it never saw stands beside every number that it gives.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor, nn

from mmtutor.datasets.letters import Letters
from mmtutor.training import Batches, Recipe, fit, predict, seed_everything


@dataclass(frozen=True, kw_only=True)
class JudgeRecipe(Recipe):
    """How the judge is trained."""

    steps: int = 400
    batch_size: int = 128
    learning_rate: float = 3e-3


class Judge(nn.Module):
    """A small convolutional network: a picture in, scores of letters and of faces out."""

    def __init__(self, side: int, letters: int, faces: int = 12) -> None:
        """For pictures of `side` pixels, which must be a multiple of 8."""
        super().__init__()
        self.side, self.letters = side, letters
        widths = ((1, 16), (16, 32), (32, 64))
        layers = [layer for inside, outside in widths for layer in halve(inside, outside)]
        inside = 64 * (side // 8) ** 2
        self.features = nn.Sequential(*layers, nn.Flatten(), nn.Linear(inside, 128), nn.GELU())
        self.heads = nn.Linear(128, letters + faces)

    def forward(self, pixels: Float[Tensor, "batch pixel"]) -> Float[Tensor, "batch score"]:
        """Return scores: first those of the letters, then those of the faces."""
        return self.heads(self.look(pixels))

    def look(self, pixels: Float[Tensor, "batch pixel"]) -> Float[Tensor, "batch 128"]:
        """Return what the judge sees before it decides: features to measure distances in."""
        return self.features(pixels.view(-1, 1, self.side, self.side))


def halve(inside: int, outside: int) -> tuple[nn.Module, ...]:
    """Return layers that halve the sides of a picture."""
    return nn.Conv2d(inside, outside, 3, 2, 1), nn.BatchNorm2d(outside), nn.GELU()


def shaken(pixels: Float[Tensor, "batch pixel"], side: int) -> Float[Tensor, "batch pixel"]:
    """Turn, resize and move each picture a little, and add grain: what a judge must not mind."""
    pictures, count = pixels.view(-1, 1, side, side), len(pixels)
    turn, size = 0.16 * torch.rand(count) - 0.08, 0.93 + 0.14 * torch.rand(count)
    cosine, sine, move = size * turn.cos(), size * turn.sin(), 0.16 * torch.rand(2, count) - 0.08
    rows = torch.stack([cosine, -sine, move[0], sine, cosine, move[1]], dim=1).view(-1, 2, 3)
    grid = F.affine_grid(rows.to(pixels.device), pictures.shape, align_corners=False)
    moved = F.grid_sample(pictures, grid, align_corners=False).flatten(1)
    return moved + 0.15 * torch.rand(count, 1, device=pixels.device) * torch.randn_like(moved)


def judge_loss(
    judge: Judge,
    pixels: Float[Tensor, "batch pixel"],
    letters: Int64[Tensor, " batch"],
    faces: Int64[Tensor, " batch"],
) -> Float[Tensor, ""]:
    """Return both cross-entropies, added."""
    scores = judge(shaken(pixels, judge.side))
    count = judge.letters
    return F.cross_entropy(scores[:, :count], letters) + F.cross_entropy(scores[:, count:], faces)


def train_judge(letters: Letters, recipe: JudgeRecipe | None = None) -> Judge:
    """Train a judge on all pairs of letter and face, also on those kept from other models."""
    recipe = recipe or JudgeRecipe()
    seed_everything(recipe.seed)
    judge = Judge(letters.images.shape[-1], len(letters.alphabet))
    data = (letters.pixels, letters.letters, letters.faces)
    fit(judge, Batches(*data, batch_size=recipe.batch_size), judge_loss, recipe)
    return judge


def verdict(
    judge: Judge, pixels: Float[Tensor, "picture pixel"]
) -> tuple[Int64[Tensor, " picture"], Int64[Tensor, " picture"]]:
    """Return the letter and the face that the judge sees in each picture."""
    scores = predict(judge, pixels)
    return scores[:, : judge.letters].argmax(dim=1), scores[:, judge.letters :].argmax(dim=1)


def recognised(
    judge: Judge, pixels: Float[Tensor, "picture pixel"], asked: Letters
) -> dict[str, float]:
    """Return the share of pictures that show the letter asked for, its face, and both."""
    letters, faces = verdict(judge, pixels)
    right, style = letters == asked.letters, faces == asked.faces
    found = {"letter": right, "face": style, "both": right & style}
    return {name: share.float().mean().item() for name, share in found.items()}
