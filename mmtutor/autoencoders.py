"""Autoencoders of two modalities: one code for a picture and its caption (lesson 10).

`first` and `second` are the two sides of the same pairs, row by row, as plain rows of numbers.
`present` says which sides the encoder may see: a column for each.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from mmtutor.datasets.glyphs import Glyphs
from mmtutor.datasets.letters import Letters
from mmtutor.training import Recipe
from mmtutor.training.sizes import require_size

Pair = tuple[Tensor, Tensor]


def network(*widths: int) -> nn.Sequential:
    """Return linear layers of these widths, with GELU between them."""
    layers = []
    for inside, outside in pairwise(widths):
        layers += [nn.Linear(inside, outside), nn.GELU()]
    return nn.Sequential(*layers[:-1])


def widths(layers: nn.Sequential) -> list[int]:
    """Return how many numbers go into a `network`, and how many come out of each linear layer."""
    linear = [layer for layer in layers if isinstance(layer, nn.Linear)]
    return [linear[0].in_features, *(layer.out_features for layer in linear)]


# ── Which side is there ───────────────────────────────────────────────────────────────────────────

BOTH, FIRST, SECOND = (True, True), (True, False), (False, True)


def seeing(sides: tuple[bool, bool], count: int) -> Bool[Tensor, "pair 2"]:
    """Return that all of `count` pairs show the same sides: BOTH, FIRST or SECOND."""
    return torch.tensor(sides).expand(count, 2)


def modality_dropout(count: int, share: float) -> Bool[Tensor, "pair 2"]:
    """Hide at random the first side of a `share` of the pairs, and the second of as many others.

    No pair loses both. Sources: Ngiam et al. 2011, "Multimodal Deep Learning", ICML, who train on
    pairs with one side zeroed; Neverova et al. 2014, "ModDrop", arXiv:1501.00102, who do it at
    random. That nobody loses both is ours.
    Raises ValueError for a share above a half.
    """
    if not 0 <= share <= 0.5:
        raise ValueError(f"share must lie from 0 to 0.5 (each side loses as many), not {share}")
    draw = torch.rand(count)
    return torch.stack([draw >= share, draw < 1 - share], dim=1)


# ── One code for two sides ────────────────────────────────────────────────────────────────────────


class TwoDecoders(nn.Module):
    """What both models share: how they read two sides, and two networks that draw them again."""

    sizes: tuple[int, int]
    decoders: nn.ModuleList

    def read(
        self,
        first: Float[Tensor, "pair first"],
        second: Float[Tensor, "pair second"],
        present: Bool[Tensor, "pair 2"],
    ) -> tuple[Float[Tensor, "pair first"], Float[Tensor, "pair second"]]:
        """Return both sides with zeros where one is absent, whatever stood there.

        Filled, and not multiplied by 0: 0 · NaN and 0 · ∞ are NaN, in the gradient too. Raises
        ValueError, naming both sizes, for sides of other sizes than the model's.
        """
        given = first.shape[1], second.shape[1]
        if given != tuple(self.sizes):
            sentence = "this model reads sides of {} and {} numbers, not of {} and {}"
            raise ValueError(sentence.format(*self.sizes, *given))
        absent = ~present.to(first.device)
        return first.masked_fill(absent[:, :1], 0.0), second.masked_fill(absent[:, 1:], 0.0)

    def decode(
        self, code: Float[Tensor, "pair code"]
    ) -> tuple[Float[Tensor, "pair first"], Float[Tensor, "pair second"]]:
        """Return both sides from a code; ValueError, naming both sizes, for one of another size."""
        wanted = self.decoders[0][0].in_features
        require_size("this model draws from codes of {} numbers, not {}", wanted, code.shape[1])
        first, second = (decoder(code) for decoder in self.decoders)
        return first, second


class JointAutoencoder(TwoDecoders):
    """`z = f_θ(x_1, x_2)`, `x̂_1 = g_φ1(z)`, `x̂_2 = g_φ2(z)`: one encoder, two decoders.

    A missing side is zeros, and a flag beside it says so: a black picture and no picture are not
    the same. Source: Ngiam et al. 2011, "Multimodal Deep Learning", ICML; the flags are ours.
    """

    def __init__(self, sizes: tuple[int, int], code: int = 32, hidden: int = 512) -> None:
        """`sizes` are the numbers of numbers in the first and in the second side."""
        super().__init__()
        self.sizes = sizes
        self.encoder = network(sum(sizes) + 2, hidden, hidden, code)
        self.decoders = nn.ModuleList(network(code, hidden, hidden, size) for size in sizes)

    def encode(
        self,
        first: Float[Tensor, "pair first"],
        second: Float[Tensor, "pair second"],
        present: Bool[Tensor, "pair 2"],
    ) -> Float[Tensor, "pair code"]:
        """Return the code, from the sides that are present."""
        flags = present.to(first.dtype).to(first.device)
        seen = torch.cat([*self.read(first, second, present), flags], dim=1)
        return self.encoder(seen)

    def forward(
        self,
        first: Float[Tensor, "pair first"],
        second: Float[Tensor, "pair second"],
        present: Bool[Tensor, "pair 2"],
    ) -> tuple[Float[Tensor, "pair first"], Float[Tensor, "pair second"], Tensor]:
        """Return both sides, drawn again, and the code."""
        code = self.encode(first, second, present)
        return *self.decode(code), code


def squared_error(
    drawn: Float[Tensor, "pair number"], real: Float[Tensor, "pair number"]
) -> Float[Tensor, " pair"]:
    """Return `‖x − x̂‖²` of each pair: summed over the numbers, not averaged."""
    return (real - drawn).square().sum(dim=1)


@dataclass(frozen=True, kw_only=True)
class JointRecipe(Recipe):
    """How an autoencoder is trained.

    `weights` are λ_1 and λ_2; Ω is `penalty` times ‖z‖²; `dropout` is the share of pairs that lose
    one side, for each side; `noise` is added to the first side, where it is read and not where it
    is compared.
    """

    weights: tuple[float, float] = (1.0, 4.0)
    penalty: float = 1e-3
    dropout: float = 1 / 3
    noise: float = 0.0


QUICK = JointRecipe(
    steps=800,
    batch_size=128,
    learning_rate=1.5e-3,
    expect="Expect at least 90 % of the letters drawn from captions never seen to be recognised.",
)
FULL = QUICK
"""There are 503 pairs. Twice the steps learn them by heart, and draw those of a validation split
worse: `data/results/autoencoders.json`."""


def joint_loss(
    model: JointAutoencoder,
    first: Float[Tensor, "pair first"],
    second: Float[Tensor, "pair second"],
    recipe: JointRecipe,
) -> Float[Tensor, ""]:
    """Return `λ_1 ‖x_1 − x̂_1‖² + λ_2 ‖x_2 − x̂_2‖² + Ω`, averaged over the pairs.

    What the encoder may not see, the decoders must draw all the same. Noise on what is read makes
    it a denoising autoencoder: Vincent et al. 2008, ICML, section 2.3.
    """
    present = modality_dropout(len(first), recipe.dropout)
    read = first + recipe.noise * torch.randn_like(first)
    drawn_first, drawn_second, code = model(read, second, present)
    errors = squared_error(drawn_first, first), squared_error(drawn_second, second)
    weighted = sum(w * error for w, error in zip(recipe.weights, errors, strict=True))
    return (weighted + recipe.penalty * code.square().sum(dim=1)).mean()


@torch.no_grad()
def draw(
    model: nn.Module,
    first: Float[Tensor, "pair first"],
    second: Float[Tensor, "pair second"],
    sides: tuple[bool, bool] = BOTH,
) -> tuple[Float[Tensor, "pair first"], Float[Tensor, "pair second"]]:
    """Return both sides as a model draws them, where it sees only these `sides`."""
    drawn = model(first, second, seeing(sides, len(first)))
    return drawn[0], drawn[1]


def mismatch(
    model: nn.Module,
    first: Float[Tensor, "pair first"],
    second: Float[Tensor, "pair second"],
) -> dict[str, Float[Tensor, " pair"]]:
    """Return how much each pair surprises, in four ways; high means: these do not belong together.

    The first two are the errors of drawing the pair again; the others hide one side and compare it
    with what the other side says.
    """
    again = draw(model, first, second)
    return {
        "first, both seen": squared_error(again[0], first),
        "second, both seen": squared_error(again[1], second),
        "first from second": squared_error(draw(model, first, second, SECOND)[0], first),
        "second from first": squared_error(draw(model, first, second, FIRST)[1], second),
    }


# ── A code that is a distribution ─────────────────────────────────────────────────────────────────


STEEPEST = 20.0
"""Up to here `finite_exp` is e^x."""


def finite_exp(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Return e^x up to x = STEEPEST, and from there on its tangent, so that nothing overflows.

    In float32 e^89 is ∞, and a loss of ∞ ends a training. Limiting x would be as finite, but flat:
    with a gradient of 0 nothing leads back. The tangent's gradient stays e^20, about 5 · 10⁸.
    """
    low = x.clamp(max=STEEPEST)
    return low.exp() * (1 + (x - low))


def kl_to_prior(
    mean: Float[Tensor, "*batch code"], log_variance: Float[Tensor, "*batch code"]
) -> Float[Tensor, "*batch code"]:
    """Return `KL(N(μ, σ²) ‖ N(0, 1)) = (μ² + σ² − 1 − ln σ²) / 2` of each dimension, in nats.

    Where ln σ² exceeds 20, σ² is `finite_exp`: too small, but finite, and still growing. Source:
    Kingma & Welling 2013, arXiv:1312.6114, appendix B.
    """
    return (mean.square() + finite_exp(log_variance) - 1 - log_variance) / 2


def sample(
    mean: Float[Tensor, "*batch code"], log_variance: Float[Tensor, "*batch code"]
) -> Float[Tensor, "*batch code"]:
    """Return `μ + σ ε` with fresh noise, so that the gradient reaches μ and σ.

    σ is a `finite_exp`. Source: Kingma & Welling 2013, arXiv:1312.6114, section 2.4.
    """
    return mean + finite_exp(log_variance / 2) * torch.randn_like(mean)


def product_of_experts(
    means: Float[Tensor, "expert pair code"],
    log_variances: Float[Tensor, "expert pair code"],
    present: Bool[Tensor, "pair expert"],
) -> tuple[Float[Tensor, "pair code"], Float[Tensor, "pair code"]]:
    """Multiply Gaussians, and the prior N(0, 1): precisions add up, means are weighted by them.

    An expert who is absent says nothing, whatever stands in its place (NaN, ∞). A precision is a
    `finite_exp`. Source: Wu & Goodman 2018, "MVAE", arXiv:1802.05335.
    """
    absent = ~present.T.unsqueeze(2).to(means.device)  # (expert, pair, 1)
    # Filled before exp, since its gradient at ∞ times 0 is NaN, and after, since e^0 is 1.
    means, log_variances = (x.masked_fill(absent, 0.0) for x in (means, log_variances))
    precisions = finite_exp(-log_variances).masked_fill(absent, 0.0)
    total = 1 + precisions.sum(dim=0)  # the prior's precision is 1, its mean 0
    return (precisions * means).sum(dim=0) / total, -total.log()


class JointVAE(TwoDecoders):
    """An encoder for each side, their product as the code's distribution, two decoders.

    Source: Wu & Goodman 2018, "Multimodal Generative Models for Scalable Weakly-Supervised
    Learning" (MVAE), arXiv:1802.05335. They add up a loss for each set of sides and draw those that
    are present; `vae_loss` hides sides at random and always draws both.
    """

    def __init__(self, sizes: tuple[int, int], code: int = 16, hidden: int = 512) -> None:
        """`sizes` are the numbers of numbers in the first and in the second side."""
        super().__init__()
        self.sizes = sizes
        self.encoders = nn.ModuleList(network(size, hidden, hidden, 2 * code) for size in sizes)
        self.decoders = nn.ModuleList(network(code, hidden, hidden, size) for size in sizes)

    def encode(
        self,
        first: Float[Tensor, "pair first"],
        second: Float[Tensor, "pair second"],
        present: Bool[Tensor, "pair 2"],
    ) -> tuple[Float[Tensor, "pair code"], Float[Tensor, "pair code"]]:
        """Return the mean and the logarithm of the variance of each code."""
        sides = self.read(first, second, present)
        experts = [encoder(side) for encoder, side in zip(self.encoders, sides, strict=True)]
        means, log_variances = torch.stack(experts).chunk(2, dim=-1)
        return product_of_experts(means, log_variances, present)

    def forward(
        self,
        first: Float[Tensor, "pair first"],
        second: Float[Tensor, "pair second"],
        present: Bool[Tensor, "pair 2"],
    ) -> tuple[Tensor, ...]:
        """Return both sides, the code's mean and the logarithm of its variance.

        In training mode they are drawn from a sample of the code, otherwise from its mean.
        """
        mean, log_variance = self.encode(first, second, present)
        code = sample(mean, log_variance) if self.training else mean
        return *self.decode(code), mean, log_variance


@dataclass(frozen=True, kw_only=True)
class VAERecipe(Recipe):
    """How a VAE is trained: `beta` weighs the KL term, `spread` is how far a pixel may be off, σ.

    With the squared error over 2 σ² and β = 1, the loss is the negative ELBO up to a constant.
    `weights` and `dropout` are those of `JointRecipe`.
    """

    weights: tuple[float, float] = QUICK.weights
    dropout: float = QUICK.dropout
    beta: float = 1.0
    spread: float = 0.25


VAE = VAERecipe(steps=1000, batch_size=64, learning_rate=1.5e-3)


def vae_loss(
    model: JointVAE,
    first: Float[Tensor, "pair first"],
    second: Float[Tensor, "pair second"],
    recipe: VAERecipe,
) -> Float[Tensor, ""]:
    """Return `E[λ_1 ‖x_1 − x̂_1‖² + λ_2 ‖x_2 − x̂_2‖²] / 2σ² + β KL`, averaged over the pairs.

    Sources: Kingma & Welling 2013, arXiv:1312.6114, equation 3; β: Higgins et al. 2017, "β-VAE",
    ICLR, equation 4.
    """
    present = modality_dropout(len(first), recipe.dropout)
    drawn_first, drawn_second, mean, log_variance = model(first, second, present)
    errors = squared_error(drawn_first, first), squared_error(drawn_second, second)
    weighted = sum(w * error for w, error in zip(recipe.weights, errors, strict=True))
    likelihood = weighted / (2 * recipe.spread**2)
    return (likelihood + recipe.beta * kl_to_prior(mean, log_variance).sum(dim=1)).mean()


def active_dimensions(mean: Float[Tensor, "pair code"], least: float = 0.01) -> int:
    """Return how many dimensions of the code tell pairs apart: the variance of μ exceeds `least`.

    Source: Burda et al. 2015, "Importance Weighted Autoencoders", arXiv:1509.00519.
    """
    return int((mean.var(dim=0) > least).sum())


# ── Walks ─────────────────────────────────────────────────────────────────────────────────────────


def plane(corners: Float[Tensor, "4 code"], steps: int) -> Float[Tensor, "steps steps code"]:
    """Return codes between four corners (top left, top right, bottom left, bottom right)."""
    along = torch.linspace(0, 1, steps)
    top, bottom = (torch.lerp(*corners[i : i + 2, None], along[:, None]) for i in (0, 2))
    return torch.lerp(top, bottom, along[:, None, None])


@torch.no_grad()
def codes_of(
    model: JointAutoencoder,
    first: Float[Tensor, "pair first"],
    second: Float[Tensor, "pair second"],
    sides: tuple[bool, bool] = BOTH,
) -> Float[Tensor, "pair code"]:
    """Return the code of each pair, where the encoder sees only these `sides`."""
    return model.encode(first, second, seeing(sides, len(first)))


@torch.no_grad()
def draw_codes(
    model: TwoDecoders, codes: Float[Tensor, "pair code"]
) -> tuple[Float[Tensor, "pair first"], Float[Tensor, "pair second"]]:
    """Return both sides as a model draws them from codes."""
    return model.decode(codes)


def mean_errors(
    model: nn.Module,
    first: Float[Tensor, "pair first"],
    second: Float[Tensor, "pair second"],
    sides: tuple[bool, bool] = BOTH,
) -> tuple[float, float]:
    """Return the mean squared error of each side, where a model sees only these `sides`."""
    drawn = draw(model, first, second, sides)
    errors = [squared_error(*pair) for pair in zip(drawn, (first, second), strict=True)]
    return errors[0].mean().item(), errors[1].mean().item()


# ── Pictures to compare with ──────────────────────────────────────────────────────────────────────


def copy_nearest(known: Letters, asked: Letters) -> Float[Tensor, "asked pixel"]:
    """Return for each letter asked for a known picture of it, whose face shares most words."""
    shared = asked.words @ known.words.T  # (asked, known), at most 4 words
    same_letter = asked.letters.unsqueeze(1) == known.letters
    return known.pixels[(shared + 9 * same_letter).argmax(dim=1)]  # 9: the letter comes first


def draw_pairs_of_words(
    known: Letters, asked: Letters, strength: float
) -> Float[Tensor, "asked pixel"]:
    """Return what is drawn where every pair of words has a picture, and these are added up.

    Captions that share n words share n² ordered pairs (a word with itself too).
    """
    return draw_by_ridge(known, asked, strength, torch.square)


def draw_sets_of_words(
    known: Letters, asked: Letters, strength: float
) -> Float[Tensor, "asked pixel"]:
    """Return what is drawn where every set of words has a picture, and these are added up.

    Captions that share n words share 2ⁿ sets. One of k words counts 0.65^k (0.65 = √e − 1), which
    makes e^(n/2) of all of them together.
    """
    return draw_by_ridge(known, asked, strength, lambda shared: (shared / 2).exp())


def draw_by_ridge(
    known: Letters, asked: Letters, strength: float, alike: Callable[[Tensor], Tensor]
) -> Float[Tensor, "asked pixel"]:
    """Return what ridge regression draws, in its dual form: `strength` is the penalty.

    `alike` says from how many words two captions share how alike they are.
    """
    mean = known.pixels.mean(dim=0)
    among_known = alike(known.words @ known.words.T)  # (known, known)
    penalty = strength * torch.eye(len(known))
    shares = torch.linalg.solve(among_known + penalty, known.pixels - mean)
    return mean + alike(asked.words @ known.words.T) @ shares


def thickened(pixels: Float[Tensor, "picture pixel"]) -> Float[Tensor, "picture pixel"]:
    """Return square pictures with each pixel as dark as the darkest of 2 × 2.

    These are the pixel, its neighbours to the left and above, and the one between those.
    """
    side = math.isqrt(pixels.shape[1])
    padded = F.pad(pixels.view(-1, 1, side, side), (1, 0, 1, 0))
    return F.max_pool2d(padded, kernel_size=2, stride=1).flatten(1)


def in_two_faces(
    glyphs: Glyphs, first: int, second: int
) -> tuple[
    Int[Tensor, " character"], Float[Tensor, "character pixel"], Float[Tensor, "character pixel"]
]:
    """Return the code points that two faces draw, and their ink in each, from 0 to 1."""
    faces = [glyphs.select(glyphs.faces == face) for face in (first, second)]
    common = faces[0].codepoints[torch.isin(faces[0].codepoints, faces[1].codepoints)]
    drawn = [face.select(torch.isin(face.codepoints, common)) for face in faces]
    ink = [face.images[face.codepoints.argsort()].flatten(1) / 255 for face in drawn]
    return common.sort().values, *ink
