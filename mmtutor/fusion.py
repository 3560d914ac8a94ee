"""Fusion: where two modalities meet, from the inputs to the decisions (lesson 06).

Every variant is a model with one signature, `model(pictures, sounds) -> scores`, and is built from
the same parts, so that one table can compare them all at the same number of parameters.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import mean, stdev
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64, UInt8
from torch import Tensor, nn

from mmtutor.attention import MultiHeadAttention, record_attention
from mmtutor.datasets.paired import (
    INK,
    PAPER,
    PIXELS,
    SOUND,
    Pairs,
    Setting,
    make_pairs,
    posterior,
)
from mmtutor.metrics import accuracy, precision_recall_f1
from mmtutor.training import Batches, History, Loss, Recipe, fit, predict, seed_everything
from mmtutor.training.sizes import require_size
from mmtutor.vit import parameters

Pictures = Float[Tensor, "pair *picture"]
Sounds = Float[Tensor, "pair *sound"]
Features = Float[Tensor, "pair width"]
Scores = Float[Tensor, "pair label"]

# ── Places to meet ────────────────────────────────────────────────────────────────────────────────


def in_a_row(examples: Pictures | Sounds, numbers: int) -> Float[Tensor, "pair {numbers}"]:
    """Lay each example's numbers in one row; ValueError, naming both sizes, for more or fewer."""
    rows = examples.flatten(1)
    sentence = "this model reads {} numbers from each example of this side, not {}"
    require_size(sentence, numbers, rows.shape[1])
    return rows


class InARow(nn.Module):
    """`in_a_row` as the first layer of an encoder."""

    def __init__(self, numbers: int) -> None:
        super().__init__()
        self.numbers = numbers

    def forward(self, examples: Pictures | Sounds) -> Float[Tensor, "pair number"]:
        """Return one row for each example."""
        return in_a_row(examples, self.numbers)


def encoder(inputs: int, width: int) -> nn.Sequential:
    """Turn a modality's numbers into `width` features."""
    return nn.Sequential(
        InARow(inputs), nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()
    )


def classifier(inputs: int, width: int, classes: int) -> nn.Sequential:
    """Turn features into a score for every label. In the hidden layer features can interact."""
    return nn.Sequential(nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, classes))


class Early(nn.Module):
    """Early fusion: concatenate the inputs; one encoder reads everything."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.encode = encoder(PIXELS + SOUND, width)
        self.classify = classifier(width, width, classes)

    def forward(self, pictures: Pictures, sounds: Sounds) -> Scores:
        """Return a score for every label."""
        both = torch.cat([in_a_row(pictures, PIXELS), in_a_row(sounds, SOUND)], dim=1)
        return self.classify(self.encode(both))


class LateDecisions(nn.Module):
    """Late fusion of decisions: two whole classifiers, whose probabilities are averaged."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.picture = nn.Sequential(encoder(PIXELS, width), classifier(width, width, classes))
        self.sound = nn.Sequential(encoder(SOUND, width), classifier(width, width, classes))

    def forward(self, pictures: Pictures, sounds: Sounds) -> Scores:
        """Return the logarithm of the mean probability of every label."""
        decisions = torch.stack([self.picture(pictures), self.sound(sounds)])
        return decisions.log_softmax(dim=-1).logsumexp(dim=0) - math.log(2)


class TwoTowers(nn.Module):
    """Encode each modality on its own, let the features meet, classify what came of it."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.picture = encoder(PIXELS, width)
        self.sound = encoder(SOUND, width)
        self.classify = classifier(width, width, classes)

    def forward(self, pictures: Pictures, sounds: Sounds) -> Scores:
        """Return a score for every label."""
        return self.classify(self.meet(self.picture(pictures), self.sound(sounds)))

    def meet(self, x1: Features, x2: Features) -> Float[Tensor, "pair fused"]:
        """Return one vector of features for two: each variant has its own way."""
        raise NotImplementedError


class LateFeatures(TwoTowers):
    """Late fusion of features: concatenate what the encoders made."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__(width, classes)
        self.classify = classifier(2 * width, width, classes)

    def meet(self, x1: Features, x2: Features) -> Float[Tensor, "pair fused"]:
        """Return `[x_1; x_2]`."""
        return torch.cat([x1, x2], dim=1)


class Hierarchical(nn.Module):
    """Hierarchical fusion: the modalities meet after every layer, and what met goes on upwards."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.picture = nn.ModuleList([nn.Linear(PIXELS, width), nn.Linear(width, width)])
        self.sound = nn.ModuleList([nn.Linear(SOUND, width), nn.Linear(width, width)])
        self.join = nn.ModuleList([nn.Linear(2 * width, width), nn.Linear(3 * width, width)])
        self.classify = nn.Linear(width, classes)

    def forward(self, pictures: Pictures, sounds: Sounds) -> Scores:
        """Return a score for every label."""
        x1, x2 = in_a_row(pictures, PIXELS), in_a_row(sounds, SOUND)
        met = x1[:, :0]  # nothing has met yet
        for picture, sound, join in zip(self.picture, self.sound, self.join, strict=True):
            x1, x2 = picture(x1).relu(), sound(x2).relu()
            met = join(torch.cat([x1, x2, met], dim=1)).relu()
        return self.classify(met)


class WeightedAverage(TwoTowers):
    """A learnt weighted average, `z = Σ_i w_i x_i`: positive weights of sum 1, one per modality."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__(width, classes)
        self.weight_scores = nn.Parameter(torch.zeros(2))

    def meet(self, x1: Features, x2: Features) -> Features:
        """Return `w_1 x_1 + w_2 x_2`; the weights are the same for every input."""
        w1, w2 = self.weight_scores.softmax(dim=0)
        return w1 * x1 + w2 * x2


class AttentionFusion(TwoTowers):
    """Attention fusion: the modalities are two tokens that look at each other (lesson 01)."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__(width, classes)
        self.attention = MultiHeadAttention(width, heads=2)

    def meet(self, x1: Features, x2: Features) -> Features:
        """Return the mean of the two tokens, each richer by what it found."""
        tokens = torch.stack([x1, x2], dim=1)  # (pair, 2, width)
        return (tokens + self.attention(tokens, tokens, tokens)).mean(dim=1)


class GatedFusion(TwoTowers):
    """Gated fusion: weights that depend on the input, one for every feature.

    `g = σ(W [x_1; x_2])`, `z = g ⊙ x_1 + (1 - g) ⊙ x_2`. After the bimodal unit of Arevalo et al.
    2017, without its tanh: "Gated Multimodal Units for Information Fusion", arXiv:1702.01992.
    """

    def __init__(self, width: int, classes: int) -> None:
        super().__init__(width, classes)
        self.gate = nn.Linear(2 * width, width)

    def meet(self, x1: Features, x2: Features) -> Features:
        """Return a mixture of the two, feature by feature."""
        g = self.gate(torch.cat([x1, x2], dim=1)).sigmoid()
        return g * x1 + (1 - g) * x2


class LowRankBilinear(TwoTowers):
    """Low-rank bilinear fusion: products of features, `z = Σ_r ([x_1; 1] U_r) ⊙ ([x_2; 1] V_r)`.

    The 1 keeps each modality's own features beside the products. It equals a full tensor times the
    outer product of the two (Zadeh et al. 2017, "Tensor Fusion Network", arXiv:1707.07250), if the
    tensor has at most rank r in every output. Source: Liu et al. 2018, arXiv:1806.00064, section 3.
    """

    def __init__(self, width: int, classes: int, rank: int = 2) -> None:
        super().__init__(width, classes)
        start = (rank * width) ** -0.5
        self.u = nn.Parameter(start * torch.randn(rank, width + 1, width))
        self.v = nn.Parameter(start * torch.randn(rank, width + 1, width))

    def meet(self, x1: Features, x2: Features) -> Features:
        """Return the sum over ranks of products of projections."""
        one1, one2 = (F.pad(x, (0, 1), value=1.0) for x in (x1, x2))  # (pair, width + 1)
        first = torch.einsum("pi,rio->rpo", one1, self.u)
        second = torch.einsum("pi,rio->rpo", one2, self.v)
        return (first * second).sum(dim=0)


class PictureAlone(nn.Module):
    """A baseline that never hears the sound."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.picture = encoder(PIXELS, width)
        self.classify = classifier(width, width, classes)

    def forward(self, pictures: Pictures, sounds: Sounds) -> Scores:
        """Return a score for every label."""
        return self.classify(self.picture(pictures))


class SoundAlone(nn.Module):
    """A baseline that never sees the picture."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.sound = encoder(SOUND, width)
        self.classify = classifier(width, width, classes)

    def forward(self, pictures: Pictures, sounds: Sounds) -> Scores:
        """Return a score for every label."""
        return self.classify(self.sound(sounds))


Variant = Callable[[int, int], nn.Module]
"""`variant(width, classes)` makes a model."""
ALONE: dict[str, Variant] = {"picture alone": PictureAlone, "sound alone": SoundAlone}
VARIANTS: dict[str, Variant] = {
    "early": Early,
    "late decisions": LateDecisions,
    "late features": LateFeatures,
    "hierarchical": Hierarchical,
    "weighted average": WeightedAverage,
    "attention": AttentionFusion,
    "gated": GatedFusion,
    "low-rank bilinear": LowRankBilinear,
}
"""Every way to meet, by name."""


def build(variant: Variant, classes: int, size: int, step: int = 2) -> nn.Module:
    """Return a model of about `size` parameters, with the nearest width that `step` divides."""
    widths = range(step, 1026, step)

    def count(width: int) -> int:
        with torch.device("meta"):  # counts without making the weights
            return parameters(variant(width, classes))

    above = bisect_left(widths, size, hi=len(widths) - 1, key=count)
    width = min(widths[max(0, above - 1) : above + 1], key=lambda w: abs(count(w) - size))
    return variant(width, classes)


# ── A fair comparison ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True)
class FusionRecipe(Recipe):
    """How a variant is trained: its number of parameters, and how many pairs it learns from."""

    size: int
    pairs: int


QUICK = FusionRecipe(
    steps=300,
    batch_size=128,
    learning_rate=5e-3,
    size=26_000,
    pairs=8_000,
    expect="About a second for each training; the best reach 95 % in the xor setting.",
)
FULL = FusionRecipe(
    steps=1_500,
    batch_size=256,
    learning_rate=2e-3,
    size=100_000,
    pairs=30_000,
    expect="A few seconds for each training; the best reach more than 95 % in the xor setting.",
)


def fusion_loss(
    model: nn.Module, pictures: Pictures, sounds: Sounds, labels: Int64[Tensor, " pair"]
) -> Float[Tensor, ""]:
    """Return the cross-entropy of the labels, in nats."""
    return F.cross_entropy(model(pictures, sounds), labels)


def train(
    model: nn.Module,
    pairs: Pairs,
    recipe: FusionRecipe,
    loss: Loss = fusion_loss,
    **options: object,
) -> History:
    """Train a model on pairs; `options` go to `fit`."""
    data = (pairs.pictures, pairs.sounds, pairs.labels)
    batches = Batches(*data, batch_size=recipe.batch_size, seed=recipe.seed)
    return fit(model, batches, loss, recipe, **{"every": recipe.steps, **options})


def train_variant(
    variant: Variant,
    classes: int,
    pairs: Pairs,
    recipe: FusionRecipe,
    seed: int = 0,
    loss: Loss = fusion_loss,
    **options: object,
) -> tuple[nn.Module, History]:
    """Build a variant and train it; `seed` sets its first weights and the order of the batches."""
    seed_everything(seed)
    model = build(variant, classes, recipe.size)
    return model, train(model, pairs, replace(recipe, seed=seed), loss, **options)


def right(model: nn.Module, pairs: Pairs) -> float:
    """Return the share of pairs whose label the model gets right."""
    return accuracy(predict(model, pairs.pictures, pairs.sounds).argmax(dim=1), pairs.labels)


@dataclass(frozen=True)
class Result:
    """One training of one variant in one setting, scored on pairs it has never seen."""

    setting: str
    variant: str
    seed: int
    accuracy: float
    precision: float
    recall: float
    f1: float
    parameters: int


@dataclass(repr=False)
class Comparison:
    """The results of every variant in every setting, seed by seed, and the trained models."""

    results: list[Result] = field(default_factory=list)
    models: dict[tuple[str, str, int], nn.Module] = field(default_factory=dict)

    def values(self, setting: str, variant: str, measure: str = "accuracy") -> list[float | int]:
        """Return one measure of one variant in one setting: a number for every seed."""
        rows = [r for r in self.results if (r.setting, r.variant) == (setting, variant)]
        return [getattr(row, measure) for row in rows]

    def mean_accuracy(self, setting: str, variant: str) -> float:
        """Return the accuracy of one variant in one setting, averaged over seeds."""
        return mean(self.values(setting, variant))

    def best(self, setting: str, variants: Iterable[str]) -> tuple[str, float]:
        """Return which of the variants is right most often in a setting, and its mean accuracy."""
        means = {variant: self.mean_accuracy(setting, variant) for variant in variants}
        winner = max(means, key=means.__getitem__)
        return winner, means[winner]

    def measure(
        self,
        setting: str,
        variant: str,
        look: Callable[[nn.Module, Pairs], Float[Tensor, " pair"]],
        pairs: Pairs,
    ) -> Float[Tensor, "seed pair"]:
        """Return what `look` finds on pairs in each seed's model of one variant in one setting."""
        models = [m for (s, v, _), m in self.models.items() if (s, v) == (setting, variant)]
        return torch.stack([look(model, pairs) for model in models])

    def table(self, setting: str) -> str:
        """Return the table of a setting as text: percent, mean ± standard deviation over seeds."""
        names = list(dict.fromkeys(r.variant for r in self.results if r.setting == setting))
        shares = ("accuracy", "precision", "recall", "f1")
        lines = [f"{'':18}" + "".join(f"{s:>13}" for s in (*shares, "parameters"))]
        for name in names:
            cells = [percent(self.values(setting, name, share)) for share in shares]
            count = f"{self.values(setting, name, 'parameters')[0]:,}"
            lines.append(f"{name:18}" + "".join(f"{c:>13}" for c in (*cells, count)))
        return "\n".join(lines)

    def plot(self, levels: Mapping[str, Mapping[str, float]]) -> Any:
        """Draw the accuracy of every seed, a panel per setting; `levels` are named baselines."""
        from mmtutor import plots

        panels: dict[str, dict[str, list[float | int]]] = {}
        for r in self.results:
            panels.setdefault(r.setting, {})[r.variant] = self.values(r.setting, r.variant)
        return plots.seed_dots(panels, levels, "share right")

    def __repr__(self) -> str:
        settings = {r.setting for r in self.results}
        return f"Comparison of {len(self.results)} trainings in {len(settings)} settings"


def percent(shares: list[float | int]) -> str:
    """Write several shares as their mean and standard deviation, in percent."""
    spread = 100 * stdev(shares) if len(shares) > 1 else 0.0
    return f"{100 * mean(shares):.1f} ± {spread:.1f}"


def compare(
    variants: Mapping[str, Variant],
    settings: Mapping[str, Setting],
    seeds: int = 3,
    recipe: FusionRecipe = QUICK,
) -> Comparison:
    """Train every variant in every setting, from `seeds` different starts, and score each.

    All variants of a setting learn from the same pairs in the same order, have the same number of
    parameters (within a few percent), and are scored on the same 4,000 unseen pairs. A seed changes
    the first weights and the order of the batches.
    """
    found = Comparison()
    for name, setting in settings.items():
        learn = make_pairs(setting, recipe.pairs)
        unseen = make_pairs(setting, 4_000, test=True)
        for variant, make in variants.items():
            for seed in range(seeds):
                model, _ = train_variant(make, setting.classes, learn, recipe, seed)
                found.models[name, variant, seed] = model
                found.results.append(score(model, unseen, name, variant, seed))
    return found


def score(model: nn.Module, unseen: Pairs, setting: str, variant: str, seed: int) -> Result:
    """Return what a trained model is worth; precision, recall and F1 are means over the labels."""
    guesses = predict(model, unseen.pictures, unseen.sounds).argmax(dim=1)
    macro = precision_recall_f1(guesses, unseen.labels)
    share = accuracy(guesses, unseen.labels)
    return Result(setting, variant, seed, share, *macro, parameters(model))


def robustness(
    comparison: Comparison, name: str, setting: Setting, noise: str, levels: Sequence[float | int]
) -> dict[str, list[list[float]]]:
    """Return how often the models of a setting are right as one kind of noise grows.

    The models are those that `comparison` trained under `name`; they meet `setting` with its
    `noise` ("grain", "hiss", "lost_picture" or "lost_sound") at each of the `levels`. Returns, by
    variant, a list over levels for every seed.
    """
    drawn = [make_pairs(replace(setting, **{noise: v}), 1_500, test=True) for v in levels]
    found: dict[str, list[list[float]]] = {}
    for (trained, variant, _), model in comparison.models.items():
        if trained == name:
            curve = [right(model, pairs) for pairs in drawn]
            found.setdefault(variant, []).append(curve)
    return found


# ── Whom does a model trust? ──────────────────────────────────────────────────────────────────────

WEIGHED = ("attention", "gated", "weighted average")
"""The variants that multiply each side by a weight."""


def weights(model: TwoTowers, x1: Features, x2: Features) -> Float[Tensor, "pair columns"]:
    """Return what the picture's features are multiplied by; the sound's, by 1 minus this.

    In attention this is how much of what is found is the picture's; the residual adds both sides.
    """
    if isinstance(model, AttentionFusion):
        with record_attention(model) as maps:
            model.meet(x1, x2)
        return maps["attention"][0][..., 0].mean(dim=(1, 2)).unsqueeze(1)  # (pair, 1)
    if isinstance(model, GatedFusion):
        return model.gate(torch.cat([x1, x2], dim=1)).sigmoid()  # (pair, width)
    return model.weight_scores.softmax(0)[0].expand(len(x1), 1)


@torch.no_grad()
def picture_weight(model: TwoTowers, pairs: Pairs) -> Float[Tensor, " pair"]:
    """Return the weight of the picture in each pair, averaged over heads, tokens or features."""
    x1, x2 = predict(model.picture, pairs.pictures), predict(model.sound, pairs.sounds)
    return weights(model, x1, x2).mean(dim=1)


@torch.no_grad()
def picture_part(model: TwoTowers, pairs: Pairs) -> Float[Tensor, " pair"]:
    """Return how much of the fused code is the picture's: the length of its share of the sum."""
    x1, x2 = predict(model.picture, pairs.pictures), predict(model.sound, pairs.sounds)
    weight = weights(model, x1, x2)
    first, second = (weight * x1).norm(dim=1), ((1 - weight) * x2).norm(dim=1)
    return first / (first + second).clamp(min=1e-12)


@torch.no_grad()
def scores_with_weight(model: AttentionFusion, pairs: Pairs, weight: float) -> Scores:
    """Return the scores if attention gave the picture this weight, whatever it sees.

    Everything else stays: what the tokens offer, what they keep of themselves, the classifier.
    """
    x1, x2 = predict(model.picture, pairs.pictures), predict(model.sound, pairs.sounds)
    offer = model.attention.value_projection
    found = weight * offer(x1) + (1 - weight) * offer(x2)
    return model.classify((x1 + x2) / 2 + model.attention.output_projection(found))


def lengths(model: TwoTowers, pairs: Pairs) -> dict[str, float]:
    """Return the mean length of each side's features, where it can be read and where it is lost."""
    x1, x2 = predict(model.picture, pairs.pictures), predict(model.sound, pairs.sounds)
    found = {}
    for name, x, lost in (("picture", x1, pairs.lost[:, 0]), ("sound", x2, pairs.lost[:, 1])):
        found[name] = x[~lost].norm(dim=1).mean().item()
        found[f"lost {name}"] = x[lost].norm(dim=1).mean().item()
    return found


def followed(model: nn.Module, pairs: Pairs) -> tuple[float, float]:
    """Return how often a model follows the picture, and how often the sound, if they disagree.

    Every picture gets the sound of the pair before it; where that says the same digit, it does not
    count. `pairs` follow the redundant rule, so a label is the digit.
    """
    heard = pairs.labels.roll(1)
    guesses = predict(model, pairs.pictures, pairs.sounds.roll(1, dims=0)).argmax(dim=1)
    apart = heard != pairs.labels
    return accuracy(guesses[apart], pairs.labels[apart]), accuracy(guesses[apart], heard[apart])


# ── Two experts, perfectly combined ───────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Experts:
    """Two models that tell digits, one from pictures and one from sounds; neither knows a rule."""

    picture: nn.Module
    sound: nn.Module

    def right(self, setting: Setting, pairs: Pairs) -> float:
        """Return how often their probabilities, combined by Bayes' rule, give the right label."""
        seen = [
            predict(expert, pairs.pictures, pairs.sounds).softmax(dim=1)
            for expert in (self.picture, self.sound)
        ]
        return accuracy(posterior(setting.rule, *seen).argmax(dim=1), pairs.labels)


def train_experts(pairs: Pairs, recipe: FusionRecipe = QUICK) -> Experts:
    """Train an expert for each modality to tell its digit, under the noise of these pairs.

    Each has the size of a whole variant, so that together they are a mark that is hard to reach.
    """
    seed_everything(recipe.seed)
    experts = [build(alone, 10, recipe.size) for alone in ALONE.values()]
    for expert, digits in zip(experts, pairs.digits.T, strict=True):
        train(expert, replace(pairs, labels=digits), recipe)
    return Experts(*experts)


def nearest_pairs(learn: Pairs, unseen: Pairs, count: int = 5) -> float:
    """Return how often a rival is right that trains nothing and copies labels.

    It puts picture and sound in a row, looks up the `count` most similar pairs of `learn`, and
    takes the label that most of them have.
    """
    from sklearn.neighbors import KNeighborsClassifier

    known, new = (
        torch.cat([pairs.pictures.flatten(1), pairs.sounds.flatten(1)], dim=1).numpy()
        for pairs in (learn, unseen)
    )
    rival = KNeighborsClassifier(count).fit(known, learn.labels)
    return float(rival.score(new, unseen.labels))


def nearest_experts(setting: Setting, learn: Pairs, unseen: Pairs, count: int = 15) -> float:
    """Return how often two experts are right that train nothing, combined by Bayes' rule.

    The `count` most similar pictures of `learn` vote on the picture's digit, and so do sounds. One
    more vote is spread over all digits, so that none is impossible.
    """
    from sklearn.neighbors import KNeighborsClassifier

    seen = []
    for side, digits in zip(("pictures", "sounds"), learn.digits.T, strict=True):
        known, new = (getattr(pairs, side).flatten(1).numpy() for pairs in (learn, unseen))
        shares = KNeighborsClassifier(count).fit(known, digits.numpy()).predict_proba(new)
        seen.append((count * torch.from_numpy(shares).float() + 0.1) / (count + 1))
    return accuracy(posterior(setting.rule, *seen).argmax(dim=1), unseen.labels)


LOUDER = math.sqrt(SOUND / PIXELS)
"""Pictures times this count as much in a squared distance as sounds, which have more numbers."""


def rivals(setting: Setting, unseen: Pairs, recipe: FusionRecipe = QUICK) -> dict[str, float]:
    """Return how often each rival of the fusions is right: trained experts, and three copyists."""
    learn = make_pairs(setting, recipe.pairs)
    alike = [scaled(pairs, pictures=LOUDER) for pairs in (learn, unseen)]
    return {
        "trained experts": train_experts(learn, recipe).right(setting, unseen),
        "nearest experts": nearest_experts(setting, learn, unseen),
        "nearest pairs": nearest_pairs(learn, unseen),
        "with sides alike": nearest_pairs(*alike),
    }


# ── One modality is missing, or far easier than the other ─────────────────────────────────────────


def modality_dropout(pictures: Pictures, sounds: Sounds, share: float) -> tuple[Pictures, Sounds]:
    """Put zeros for one modality in a `share` of the pairs, at random, never for both.

    After Neverova et al. 2016, "ModDrop", arXiv:1501.00102. Raises ValueError for a share above 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share must lie from 0 to 1 (no pair loses both), not {share}")
    draw = torch.rand(len(pictures), device=pictures.device)
    no_picture, no_sound = draw < share / 2, draw >= 1 - share / 2
    return (
        pictures.masked_fill(no_picture.view(-1, *[1] * (pictures.ndim - 1)), 0.0),
        sounds.masked_fill(no_sound.view(-1, *[1] * (sounds.ndim - 1)), 0.0),
    )


def dropout_loss(share: float) -> Loss:
    """Return the loss of training with modality dropout."""

    def loss(model: nn.Module, pictures: Pictures, sounds: Sounds, labels: Tensor) -> Tensor:
        return fusion_loss(model, *modality_dropout(pictures, sounds, share), labels)

    return loss


class WithTasks(LateFeatures):
    """Late fusion of features in which each encoder has a task of its own: tell the label alone."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__(width, classes)
        self.of_picture = nn.Linear(width, classes)
        self.of_sound = nn.Linear(width, classes)


def weighted_loss(of_picture: float, of_sound: float) -> Loss:
    """Return the loss `L + λ_1 L_picture + λ_2 L_sound`; the model is a `WithTasks`.

    For one process: it reaches into the model, which several processes would wrap.

    After Wang et al. 2020, "What Makes Training Multi-Modal Classification Networks Hard?",
    arXiv:1905.12681, section 3, with weights chosen by hand.
    """

    def loss(model: WithTasks, pictures: Pictures, sounds: Sounds, labels: Tensor) -> Tensor:
        x1, x2 = model.picture(pictures), model.sound(sounds)
        scores = (model.classify(model.meet(x1, x2)), model.of_picture(x1), model.of_sound(x2))
        losses = [F.cross_entropy(score, labels) for score in scores]
        return losses[0] + of_picture * losses[1] + of_sound * losses[2]

    return loss


def gradient_norms(model: TwoTowers, pairs: Pairs) -> dict[str, float]:
    """Return the length of the loss's gradient for each encoder's weights, over all pairs."""
    device = next(model.parameters()).device
    data = (x.to(device) for x in (pairs.pictures, pairs.sounds, pairs.labels))
    sizes = {}
    with torch.enable_grad():
        loss = fusion_loss(model, *data)
        for name in ("picture", "sound"):
            weights = list(getattr(model, name).parameters())
            found = torch.autograd.grad(loss, weights, retain_graph=True)
            sizes[name] = torch.cat([gradient.flatten() for gradient in found]).norm().item()
    return sizes


def probe(model: TwoTowers, part: str, learn: Pairs, unseen: Pairs) -> float:
    """Return what a linear classifier reads off the features of one encoder: accuracy on `unseen`.

    `part` is "picture" or "sound". The encoder stays as it is; the classifier is scikit-learn's
    ridge regression.
    """
    from sklearn.linear_model import RidgeClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    encode = getattr(model, part)
    seen, new = (predict(encode, getattr(pairs, f"{part}s")).numpy() for pairs in (learn, unseen))
    reader = make_pipeline(StandardScaler(), RidgeClassifier()).fit(seen, learn.labels)
    return float(reader.score(new, unseen.labels))


# ── What the lesson draws and prints ──────────────────────────────────────────────────────────────


def picture_ink(pictures: Float[Tensor, "pair 8 8"]) -> UInt8[Tensor, "pair 8 8"]:
    """Undo the standardising of `make_pairs`: paper is 0, ink 255; what lies beyond is cut off."""
    ink = (pictures * INK + PAPER).clamp(0, 1)
    return (255 * ink).round().to(torch.uint8)


def pair_captions(pairs: Pairs) -> list[str]:
    """Say of each pair whether its picture is lost, and which digit its sound says."""
    told = zip(pairs.lost[:, 0].tolist(), pairs.digits[:, 1].tolist(), strict=True)
    return [
        f"picture {'lost' if lost else 'fine'}\n(the sound says {digit})" for lost, digit in told
    ]


def seed_means(
    found: Mapping[str, Float[Tensor, "seed pair"]], chosen: Bool[Tensor, " pair"]
) -> dict[str, list[float]]:
    """Return, by name, the mean over the chosen pairs: a number for every seed."""
    return {name: values[:, chosen].mean(dim=1).tolist() for name, values in found.items()}


def by_measure(
    runs: Mapping[str, Sequence[Mapping[str, float]]],
) -> dict[str, dict[str, list[float]]]:
    """Turn results around for `plots.seed_dots`: a panel for each measure, a row for each model.

    `runs` hold, by model, a dictionary from measure to number for every seed.
    """
    measures = next(iter(runs.values()))[0]
    return {
        measure: {name: [run[measure] for run in seeds] for name, seeds in runs.items()}
        for measure in measures
    }


def one_line(title: str, shares: Mapping[str, Sequence[float]]) -> str:
    """Write a title and, by name, the mean over seeds."""
    means = ", ".join(f"{name} {mean(seeds):.3f}" for name, seeds in shares.items())
    return f"{title:37}{means}"


def kept_in_words(scores: Sequence[tuple[float, float, float]]) -> str:
    """Say what is kept without the sound.

    `scores` hold for every seed: right with both, with zeros for the sound, with a hiss for it.
    """
    both, zeros, hiss = (list(column) for column in zip(*scores, strict=True))
    kept = f"{sum(zeros) / sum(both):.0%} kept"
    return f"both {percent(both)}, zeros {percent(zeros)} ({kept}), hiss {percent(hiss)}"


def scaled(pairs: Pairs, pictures: float = 1.0, sounds: float = 1.0) -> Pairs:
    """Return the same pairs with all numbers of a side multiplied."""
    return replace(pairs, pictures=pictures * pairs.pictures, sounds=sounds * pairs.sounds)


NOISES = {
    "grain": ("grain (ink is 1)", "sound alone"),
    "hiss": ("hiss (the loudest sample is 0.9)", "picture alone"),
}
"""What stands at the axis of each noise, and the model that does not notice it."""


def plot_robustness(
    curves: Mapping[str, Mapping[str, Sequence[Sequence[float]]]],
    levels: Mapping[str, Sequence[float | int]],
    variants: Sequence[str],
) -> Any:
    """Draw how often `variants` are right as noise grows: a panel for each noise of `levels`.

    `curves` hold, by noise, what `robustness` returns. Dashed: the model that does not notice it.
    """
    from mmtutor import plots

    panels = {f"more {n}": noise_panel(n, curves[n], levels[n], variants) for n in levels}
    return plots.seed_curves(panels, f"At the worst {' and '.join(levels)}: {worst(curves)}.")


def noise_panel(
    noise: str,
    curves: Mapping[str, Sequence[Sequence[float]]],
    levels: Sequence[float | int],
    variants: Sequence[str],
) -> Any:
    """Return the panel of one noise, as `plots.seed_curves` wants it."""
    from mmtutor import plots

    xlabel, deaf = NOISES[noise]
    return plots.Lines(
        x=levels,
        lines={variant: curves[variant] for variant in variants},
        xlabel=xlabel,
        ylabel="share right",
        baselines={deaf: mean(mean(seed) for seed in curves[deaf])},
        log=noise == "hiss",
    )


def worst(curves: Mapping[str, Mapping[str, Sequence[Sequence[float]]]]) -> str:
    """Say of every variant how often it is right at the last level of each noise."""
    variants = next(iter(curves.values()))
    ends = {v: [mean(seed[-1] for seed in found[v]) for found in curves.values()] for v in variants}
    return "; ".join(f"{v} {', '.join(f'{end:.2f}' for end in ends[v])}" for v in variants)


def plot_imbalance(history: History, alone: float) -> Any:
    """Draw the gradient and the probe of both encoders over training.

    `history.metrics` hold them as "picture gradient", "sound gradient", "picture probe" and "sound
    probe". Dashed: `alone`, the probe of a picture's encoder that had no sound beside it.
    """
    from mmtutor import plots

    steps = [step for step, _ in history.metrics["picture probe"]]
    common = {"x": steps, "xlabel": "training step"}
    gradients = plots.Lines(
        lines=watched(history, "gradient"), ylabel="length of the gradient", **common
    )
    probes = plots.Lines(
        lines=watched(history, "probe"),
        ylabel="probe: share right",
        baselines={"picture alone": alone},
        **common,
    )
    end = history.last("picture probe")
    return plots.seed_curves(
        {"the gradient": gradients, "what the features hold": probes},
        f"The picture's probe ends at {end:.2f}; {alone:.2f} alone.",
    )


def watched(history: History, measure: str) -> dict[str, list[list[float]]]:
    """Return one measure of each encoder over training: a curve for a single seed."""
    return {
        side: [[value for _, value in history.metrics[f"{side} {measure}"]]]
        for side in ("picture", "sound")
    }
