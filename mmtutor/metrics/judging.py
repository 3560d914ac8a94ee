"""Who says that a drawn letter can be read? A judge, trained apart from everything it judges.

It names the letter and the face. It never sees what a generator draws, and its own accuracy on a
typeface that it never saw stands beside every number that it gives.
"""

from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor, nn

from mmtutor.datasets.letters import STYLES, Letters, style_words
from mmtutor.training import Batches, Recipe, fit, predict, seed_everything
from mmtutor.training.sizes import require_size


@dataclass(frozen=True, kw_only=True)
class JudgeRecipe(Recipe):
    """How the judge is trained.

    Pictures are turned (in radians), resized (by a share) and moved (in half sides) by `shake` at
    most, with up to `grain` of noise: the more, the more a judge forgives, and the less it sees.
    """

    steps: int = 800
    batch_size: int = 128
    learning_rate: float = 3e-3
    shake: float = 0.15
    grain: float = 0.3


SHARP = JudgeRecipe(steps=1600, shake=0.08, grain=0.1)
"""For pictures of 16 pixels, where a serif is half a pixel: it must not be shaken away."""


class Judge(nn.Module):
    """A small convolutional network: a picture in, scores of letters and of faces out."""

    def __init__(self, side: int, letters: int, faces: int = 12) -> None:
        """For pictures of `side` pixels, which must be a multiple of 8 (ValueError otherwise)."""
        super().__init__()
        if side % 8:
            raise ValueError(f"a side that is halved three times is a multiple of 8, not {side}")
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
        return self.features(as_pictures(pixels, self.side))


def as_pictures(
    pixels: Float[Tensor, "batch pixel"], side: int
) -> Float[Tensor, "batch 1 {side} {side}"]:
    """Return rows of pixels as pictures; ValueError, naming both sizes, for more or fewer."""
    require_size("this model reads pictures of {} pixels, not {}", side * side, pixels.shape[1])
    return pixels.view(-1, 1, side, side)


def halve(inside: int, outside: int) -> tuple[nn.Module, ...]:
    """Return layers that halve the sides of a picture."""
    return nn.Conv2d(inside, outside, 3, 2, 1), nn.BatchNorm2d(outside), nn.GELU()


def moved(
    pixels: Float[Tensor, "batch pixel"],
    side: int,
    turn: Float[Tensor, " batch"],
    size: Float[Tensor, " batch"],
    right: Float[Tensor, " batch"],
    down: Float[Tensor, " batch"],
) -> Float[Tensor, "batch pixel"]:
    """Turn each picture (in radians), shrink it by a share, and move it (in half sides)."""
    cosine, sine = (1 + size) * turn.cos(), (1 + size) * turn.sin()
    rows = torch.stack([cosine, -sine, right, sine, cosine, down], dim=1).view(-1, 2, 3)
    pictures = as_pictures(pixels, side)
    grid = F.affine_grid(rows.to(pixels.device), pictures.shape, align_corners=False)
    return F.grid_sample(pictures, grid, align_corners=False).flatten(1)


def shaken(
    pixels: Float[Tensor, "batch pixel"], side: int, recipe: JudgeRecipe
) -> Float[Tensor, "batch pixel"]:
    """Turn, resize and move each picture a little, and add grain: what a judge must not mind."""
    shift = recipe.shake * (2 * torch.rand(4, len(pixels)) - 1)
    grain = recipe.grain * torch.rand(len(pixels), 1, device=pixels.device)
    return moved(pixels, side, *shift) + grain * torch.randn_like(pixels)


def judge_loss(
    judge: Judge,
    pixels: Float[Tensor, "batch pixel"],
    letters: Int64[Tensor, " batch"],
    faces: Int64[Tensor, " batch"],
    recipe: JudgeRecipe,
) -> Float[Tensor, ""]:
    """Return both cross-entropies, added."""
    scores = judge(shaken(pixels, judge.side, recipe))
    count = judge.letters
    return F.cross_entropy(scores[:, :count], letters) + F.cross_entropy(scores[:, count:], faces)


def train_judge(letters: Letters, recipe: JudgeRecipe = JudgeRecipe()) -> Judge:
    """Train a judge on all pairs of letter and face, also on those kept from other models."""
    seed_everything(recipe.seed)
    judge = Judge(letters.images.shape[-1], len(letters.alphabet))
    data = (letters.pixels, letters.letters, letters.faces)
    loss = partial(judge_loss, recipe=recipe)
    fit(judge, Batches(*data, batch_size=recipe.batch_size), loss, recipe)
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


# ── Judging a generator ───────────────────────────────────────────────────────────────────────────


def agreement(
    judge: Judge, pixels: Float[Tensor, "picture pixel"], styles: Float[Tensor, "picture style"]
) -> dict[str, float]:
    """Return how often the style said is the style that the judge sees: each part, and all."""
    seen = style_words(verdict(judge, pixels)[1])
    sizes = [len(words) for words in STYLES.values()]
    parts = zip(styles.split(sizes, dim=1), seen.split(sizes, dim=1), strict=True)
    right = [said.argmax(dim=1) == saw.argmax(dim=1) for said, saw in parts]
    found = {**dict(zip(STYLES, right, strict=True)), "all": torch.stack(right).all(dim=0)}
    return {name: share.float().mean().item() for name, share in found.items()}


@torch.no_grad()
def look_at(judge: Judge, pixels: Float[Tensor, "picture pixel"]) -> Float[Tensor, "picture 128"]:
    """Return the judge's features of many pictures."""
    return judge.eval().look(pixels)


def diversity(
    features: Float[Tensor, "picture feature"], letters: Int64[Tensor, " picture"]
) -> float:
    """Return the mean distance between two pictures of one letter, averaged over the letters.

    A letter with a single picture does not count; ValueError where every letter has just one.
    """
    groups = [features[letters == letter] for letter in letters.unique()]
    distances = [torch.pdist(group).mean() for group in groups if len(group) > 1]
    if not distances:
        raise ValueError("no letter has two pictures: there is no distance to measure")
    return torch.stack(distances).mean().item()


def frechet_distance(
    real: Float[Tensor, "picture feature"], drawn: Float[Tensor, "other feature"]
) -> float:
    """Return `‖μ_r − μ_d‖² + tr(Σ_r + Σ_d − 2 (Σ_r Σ_d)^½)`: 0 for equal means and covariances.

    Raises ValueError for fewer than two pictures, which have no covariance. Source: Heusel et al.
    2017, arXiv:1706.08500, equation 6, with this judge's features.
    """
    if min(len(real), len(drawn)) < 2:
        raise ValueError("a covariance needs two pictures or more on each side")
    a, b = real.double(), drawn.double()
    first, second = a.T.cov(), b.T.cov()
    # tr (Σ_r Σ_d)^½ is the sum of the roots of the eigenvalues of Σ_r Σ_d, which are not negative.
    roots = torch.linalg.eigvals(first @ second).real.clamp(min=0).sqrt()
    distance = (a.mean(dim=0) - b.mean(dim=0)).square().sum()
    # Rounding may leave a little less than nothing.
    return max(0.0, (distance + first.trace() + second.trace() - 2 * roots.sum()).item())


def covered(
    places: Float[Tensor, "place feature"], by: Float[Tensor, "item feature"], nearest: int = 3
) -> float:
    """Return the share of `places` that lie within reach of any of `by`.

    Each item reaches as far as its third neighbour among its own. Precision is the share of drawn
    pictures that real ones cover, recall the share of real ones that drawn ones cover. Raises
    ValueError for too few items to have that neighbour. Source: Kynkäänniemi et al. 2019,
    arXiv:1904.06991, equations 1 and 2.
    """
    if len(by) <= nearest:
        raise ValueError(f"{len(by)} items do not have {nearest} neighbours each")
    own = torch.cdist(by, by)
    reach = own.kthvalue(nearest + 1, dim=1).values  # the nearest of all is the item itself
    return (torch.cdist(places, by) <= reach).any(dim=1).float().mean().item()


def nearest_distance(
    pixels: Float[Tensor, "picture pixel"], known: Float[Tensor, "other pixel"]
) -> tuple[Float[Tensor, " picture"], Int64[Tensor, " picture"]]:
    """Return how far each picture is from the nearest known one, and which one that is."""
    distance, place = torch.cdist(pixels, known).min(dim=1)
    return distance, place
