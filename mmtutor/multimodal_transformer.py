"""One encoder that reads words, a face and a voice in one sequence (lesson 08).

Modalities stand in the order of MODALITIES: words, face, voice. The class token comes first, then
the tokens of all three. `there` says which modalities an example has, a mask which tokens may be
looked at; both are boolean, and True means yes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from textwrap import fill
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

from mmtutor import fusion
from mmtutor.attention import maps_of
from mmtutor.crossmodal import CrossAttention, TwoWayAttention
from mmtutor.datasets.moods import LONGEST, MODALITIES, SENSES, SIDE, WORDS, Moods
from mmtutor.metrics import accuracy, precision_recall_f1
from mmtutor.pipelines import FIRST, PADDING, PicturePipeline, SoundPipeline, WordPipeline
from mmtutor.plots import TokenRow, Verdict
from mmtutor.plots.mood_lab import Judge
from mmtutor.training import Batches, History, Loss, Recipe, fit, predict
from mmtutor.transformer import EncoderBlock
from mmtutor.vit import ConvolutionalStem

Tokens = Float[Tensor, "example _ width"]
"""Tokens of one modality or of a row; `_`, because modalities differ in their number."""
Mask = Bool[Tensor, "example _"]
Scores = Float[Tensor, "example classes"]

# ── From raw moods to tensors ─────────────────────────────────────────────────────────────────────


class Inputs(NamedTuple):
    """What a model reads: three modalities, each prepared, and which of them are there."""

    words: Int64[Tensor, "example word"]
    faces: Float[Tensor, "example channel high wide"]
    voices: Float[Tensor, "example frame band"]
    there: Bool[Tensor, "example modality"]

    def at(self, places: Tensor | slice) -> "Inputs":
        """Return some of the examples."""
        return Inputs(*(tensor[places] for tensor in self))


PIPELINES = {
    "words": WordPipeline(WORDS, LONGEST),
    "face": PicturePipeline(SIDE, mean=(0.5,), deviation=(0.25,)),
    "voice": SoundPipeline(rate=8000, window=1024, hop=512, bands=24, mean=-0.5, deviation=3.0),
}
"""How raw moods become tensors (lesson 05). The means are round numbers near the training set's."""


def prepare(moods: Moods) -> Inputs:
    """Return prepared words, faces and voices; all three modalities are there."""
    return Inputs(
        PIPELINES["words"].prepare(moods.texts),
        PIPELINES["face"].prepare(moods.faces),
        PIPELINES["voice"].prepare(moods.voices),
        torch.ones(len(moods), len(MODALITIES), dtype=torch.bool),
    )


@dataclass(frozen=True)
class Sizes:
    """What an embedding must know of its inputs."""

    vocabulary: int
    words: int
    channels: int
    side: int
    patch: int
    frames: int
    bands: int

    @property
    def lengths(self) -> tuple[int, int, int]:
        """Return how many tokens each modality has."""
        return self.words, (self.side // self.patch) ** 2, self.frames


PATCH = 8
"""Pixels along each side of a patch."""


def sizes_of(inputs: Inputs, patch: int = PATCH) -> Sizes:
    """Return the sizes of prepared inputs, for patches of `patch` pixels."""
    channels, side = inputs.faces.shape[1:3]
    vocabulary = len(WORDS) + FIRST
    return Sizes(vocabulary, inputs.words.shape[1], channels, side, patch, *inputs.voices.shape[1:])


# ── One sequence ──────────────────────────────────────────────────────────────────────────────────


def kinds(lengths: Sequence[int]) -> Int64[Tensor, " token"]:
    """Return which modality each token belongs to: 0, 0, … 1, 1, … 2. No class token is counted."""
    return torch.cat([torch.full((length,), kind) for kind, length in enumerate(lengths)])


def restarting(lengths: Sequence[int]) -> Int64[Tensor, " token"]:
    """Return each token's position in its own modality: 0, 1, 2, … 0, 1, …"""
    return torch.cat([torch.arange(length) for length in lengths])


def one_sequence(class_token: Float[Tensor, " width"], parts: Sequence[Tokens]) -> Tokens:
    """Stand all tokens in one row, the class token in front of them."""
    first = class_token.expand(len(parts[0]), 1, -1)
    return torch.cat([first, *parts], dim=1)


def visible(there: Bool[Tensor, "example modality"], real: Sequence[Mask]) -> Mask:
    """Return which tokens may be looked at: the class token, and all real ones of what is there.

    `real` says for each modality which of its tokens are no padding.
    """
    shown = [mask & has.unsqueeze(1) for mask, has in zip(real, there.unbind(dim=1), strict=True)]
    return torch.cat([there.new_ones(len(there), 1), *shown], dim=1)


class MultimodalEmbedding(nn.Module):
    """Turn words, patches and sound frames into tokens of one width that know what they are.

    Positions restart in each modality and share one table, as house numbers do; the modality's
    embedding is the street. Source: segment embeddings of Devlin et al. 2018, "BERT",
    arXiv:1810.04805, section 3; for patches beside words, Kim et al. 2021, "ViLT",
    arXiv:2102.03334, section 3.
    """

    def __init__(self, width: int, sizes: Sizes, marked: bool = True, restart: bool = True) -> None:
        """Without `marked` no modality embedding; without `restart` each token its own position."""
        super().__init__()
        self.sizes = sizes
        self.words = nn.Embedding(sizes.vocabulary, width)
        self.face = ConvolutionalStem(sizes.channels, sizes.patch, width)
        self.voice = nn.Linear(sizes.bands, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in MODALITIES)
        self.class_token = nn.Parameter(0.2 * torch.randn(width))
        self.modality = nn.Embedding(len(MODALITIES), width) if marked else None
        longest = max(sizes.lengths) if restart else sum(sizes.lengths)
        self.position = nn.Embedding(longest, width)
        for table in (self.modality, self.position):
            if table is not None:
                nn.init.normal_(table.weight, std=0.2)
        places = restarting(sizes.lengths) if restart else torch.arange(longest)
        self.register_buffer("places", places, persistent=False)
        self.register_buffer("kinds", kinds(sizes.lengths), persistent=False)

    def parts(self, words: Tensor, faces: Tensor, voices: Tensor) -> list[Tokens]:
        """Return the tokens of each modality: content, position and modality added up."""
        contents = (self.words(words), self.face(faces), self.voice(voices))
        contents = [norm(x) for norm, x in zip(self.norms, contents, strict=True)]
        address = self.position(self.places)  # (token, width)
        if self.modality is not None:
            address = address + self.modality(self.kinds)
        streets = address.split(self.sizes.lengths)
        return [x + street for x, street in zip(contents, streets, strict=True)]

    def real(self, words: Int64[Tensor, "example word"]) -> list[Mask]:
        """Return which tokens are no padding: words may be, patches and frames never are."""
        whole = [words.new_ones(len(words), n, dtype=torch.bool) for n in self.sizes.lengths[1:]]
        return [words != PADDING, *whole]

    def forward(
        self, words: Tensor, faces: Tensor, voices: Tensor, there: Tensor
    ) -> tuple[Tokens, Mask]:
        """Return the row of all tokens, and which of them may be looked at."""
        tokens = one_sequence(self.class_token, self.parts(words, faces, voices))
        return tokens, visible(there, self.real(words))


# ── One encoder, and its rivals ───────────────────────────────────────────────────────────────────


def run(blocks: nn.ModuleList, tokens: Tokens, mask: Mask) -> Tokens:
    """Let encoder blocks work on a row of tokens; no query looks at what the mask hides."""
    for block in blocks:
        tokens = block(tokens, mask.unsqueeze(1))  # (example, 1, token): for every query
    return tokens


HEADS = 4
"""Heads of every attention in this lesson."""


def encoder_blocks(width: int) -> nn.ModuleList:
    """Return two encoder blocks (lesson 02)."""
    return nn.ModuleList(EncoderBlock(width, HEADS) for _ in range(2))


class MultimodalTransformer(nn.Module):
    """A single stream: one row of tokens, one encoder, the class token decides.

    Source: the layout of Li et al. 2019, "VisualBERT", arXiv:1908.03557, section 3, with a third
    modality.
    """

    def __init__(
        self,
        width: int,
        classes: int,
        sizes: Sizes,
        marked: bool = True,
        restart: bool = True,
    ) -> None:
        """`marked` and `restart` are the embedding's."""
        super().__init__()
        self.embedding = MultimodalEmbedding(width, sizes, marked, restart)
        self.blocks = encoder_blocks(width)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, classes)

    def encode(self, words: Tensor, faces: Tensor, voices: Tensor, there: Tensor) -> Tokens:
        """Return all tokens after the last block, the class token first."""
        return run(self.blocks, *self.embedding(words, faces, voices, there))

    def forward(self, words: Tensor, faces: Tensor, voices: Tensor, there: Tensor) -> Scores:
        """Return a score for each class, read from the class token."""
        return self.head(self.norm(self.encode(words, faces, voices, there)[:, 0]))


class TwoStreams(nn.Module):
    """What was said in one stream, how it was said in the other; in each layer they look across.

    Co-attention (lesson 07), then a block of its own for each stream. Source: Lu et al. 2019,
    "ViLBERT", arXiv:1908.02265, section 2.2; face and voice together are its second stream here.
    """

    def __init__(self, width: int, classes: int, sizes: Sizes) -> None:
        super().__init__()
        self.embedding = MultimodalEmbedding(width, sizes)
        self.class_tokens = nn.Parameter(0.2 * torch.randn(2, width))
        self.across = nn.ModuleList(TwoWayAttention(width, HEADS) for _ in range(2))
        self.said, self.shown = encoder_blocks(width), encoder_blocks(width)
        self.head = nn.Sequential(nn.LayerNorm(2 * width), nn.Linear(2 * width, classes))

    def forward(self, words: Tensor, faces: Tensor, voices: Tensor, there: Tensor) -> Scores:
        """Return a score for each class, read from both class tokens."""
        text, *senses = self.embedding.parts(words, faces, voices)
        real = self.embedding.real(words)
        x, y = map(one_sequence, self.class_tokens, ([text], senses))
        x_mask, y_mask = visible(there[:, :1], real[:1]), visible(there[:, 1:], real[1:])
        for across, said, shown in zip(self.across, self.said, self.shown, strict=True):
            x, y = across(x, y, x_mask, y_mask)
            x, y = said(x, x_mask.unsqueeze(1)), shown(y, y_mask.unsqueeze(1))
        return self.head(torch.cat([x[:, 0], y[:, 0]], dim=-1))


class ThreeTowers(nn.Module):
    """Three encoders that never read each other; a subclass says how their answers meet."""

    def __init__(self, width: int, classes: int, sizes: Sizes) -> None:
        super().__init__()
        self.embedding = MultimodalEmbedding(width, sizes)
        self.class_tokens = nn.Parameter(0.2 * torch.randn(len(MODALITIES), width))
        self.towers = nn.ModuleList(encoder_blocks(width) for _ in MODALITIES)

    def forward(self, words: Tensor, faces: Tensor, voices: Tensor, there: Tensor) -> Scores:
        """Return a score for each class."""
        parts, real = self.embedding.parts(words, faces, voices), self.embedding.real(words)
        found = []
        for i, tower in enumerate(self.towers):
            tokens = one_sequence(self.class_tokens[i], [parts[i]])
            found.append(run(tower, tokens, visible(there[:, i : i + 1], [real[i]]))[:, 0])
        return self.meet(torch.stack(found, dim=1))

    def meet(self, found: Float[Tensor, "example modality width"]) -> Scores:
        """Turn the three class tokens into scores."""
        raise NotImplementedError


class LateFusion(ThreeTowers):
    """Three encoders; a small network reads their three class tokens side by side."""

    def __init__(self, width: int, classes: int, sizes: Sizes) -> None:
        super().__init__(width, classes, sizes)
        self.head = nn.Sequential(
            nn.LayerNorm(3 * width),
            nn.Linear(3 * width, 2 * width),
            nn.GELU(),
            nn.Linear(2 * width, classes),
        )

    def meet(self, found: Float[Tensor, "example modality width"]) -> Scores:
        """Let the small network decide."""
        return self.head(found.flatten(1))


class LateDecisions(ThreeTowers):
    """Three encoders; each gives its own scores, and the scores are added."""

    def __init__(self, width: int, classes: int, sizes: Sizes) -> None:
        super().__init__(width, classes, sizes)
        self.norm = nn.LayerNorm(width)
        self.heads = nn.ModuleList(nn.Linear(width, classes) for _ in MODALITIES)

    def meet(self, found: Float[Tensor, "example modality width"]) -> Scores:
        """Add the scores of the three."""
        found = self.norm(found).unbind(dim=1)
        return torch.stack([head(x) for head, x in zip(self.heads, found, strict=True)]).sum(dim=0)


class NoAttention(nn.Module):
    """The cheap rival: a bag of words, all patches, all frames; a small network reads them at once.

    The words are averaged, because their places tell nothing here; patches and frames keep theirs.
    """

    def __init__(self, width: int, classes: int, sizes: Sizes) -> None:
        super().__init__()
        self.embedding = MultimodalEmbedding(NARROW, sizes)
        _, patches, frames = sizes.lengths
        self.network = nn.Sequential(
            nn.Linear(NARROW * (1 + patches + frames), width),
            nn.GELU(),
            nn.Linear(width, width),
            nn.GELU(),
            nn.Linear(width, classes),
        )

    def forward(self, words: Tensor, faces: Tensor, voices: Tensor, there: Tensor) -> Scores:
        """Return a score for each class; what is hidden counts as zeros."""
        tokens, mask = self.embedding(words, faces, voices, there)
        shown = tokens.masked_fill(~mask.unsqueeze(-1), 0.0)[:, 1:]
        text, rest = shown.tensor_split([words.shape[1]], dim=1)
        count = mask[:, 1 : 1 + words.shape[1]].sum(dim=1, keepdim=True)
        bag = text.sum(dim=1) / count.clamp(min=1)
        return self.network(torch.cat([bag, rest.flatten(1)], dim=-1))


NARROW = 16
"""Width of a token in the network without attention: its layers have the rest."""


# ── Shorter sequences ─────────────────────────────────────────────────────────────────────────────


class PooledTransformer(MultimodalTransformer):
    """After the first block every square of four patches becomes their mean."""

    def encode(self, words: Tensor, faces: Tensor, voices: Tensor, there: Tensor) -> Tokens:
        """Return all tokens after the last block, with a quarter of the patches."""
        tokens, mask = self.embedding(words, faces, voices, there)
        tokens = run(self.blocks[:1], tokens, mask)
        count, patches, _ = self.embedding.sizes.lengths
        ends = (1 + count, 1 + count + patches)
        before, face, after = tokens.tensor_split(ends, dim=1)
        tokens = torch.cat([before, pool_squares(face), after], dim=1)
        before, face, after = mask.tensor_split(ends, dim=1)
        mask = torch.cat([before, face[:, : patches // 4], after], dim=1)
        return run(self.blocks[1:], tokens, mask)


def pool_squares(patches: Tokens) -> Float[Tensor, "example fewer width"]:
    """Average every square of 2 × 2 neighbouring patches of a square picture."""
    rows = round(patches.shape[1] ** 0.5)
    grid = patches.transpose(1, 2).unflatten(-1, (rows, rows))  # (example, width, row, column)
    return F.avg_pool2d(grid, 2).flatten(2).transpose(1, 2)


class BottleneckTransformer(MultimodalTransformer):
    """Modalities never look at each other: a few tokens carry what they have to say across.

    In each block a modality reads itself and the bottleneck, and the bottleneck becomes the mean of
    what the modalities that are there made of it. The same block serves all. Source: Nagrani et al.
    2021, "Attention Bottlenecks for Multimodal Fusion", arXiv:2107.00135, section 3.2.
    """

    def __init__(self, width: int, classes: int, sizes: Sizes, bottleneck: int = 4) -> None:
        super().__init__(width, classes, sizes)
        self.bottleneck = nn.Parameter(0.2 * torch.randn(bottleneck, width))

    def encode(self, words: Tensor, faces: Tensor, voices: Tensor, there: Tensor) -> Tokens:
        """Return the bottleneck after the last block; its first token stands for all."""
        parts, real = self.embedding.parts(words, faces, voices), self.embedding.real(words)
        shared = self.bottleneck.expand(len(words), -1, -1)
        always = shared.new_ones(shared.shape[:2], dtype=torch.bool)
        masks = [
            torch.cat([always, mask & has.unsqueeze(1)], dim=1).unsqueeze(1)
            for mask, has in zip(real, there.unbind(dim=1), strict=True)
        ]
        share = there / there.sum(dim=1, keepdim=True).clamp(min=1)  # (example, modality)
        for block in self.blocks:
            rows = [
                block(torch.cat([shared, part], dim=1), mask)
                for part, mask in zip(parts, masks, strict=True)
            ]
            cut = [row.tensor_split([shared.shape[1]], dim=1) for row in rows]
            told, parts = zip(*cut, strict=True)
            shared = (torch.stack(told, dim=-1) * share[:, None, None]).sum(dim=-1)
        return shared


class LatentTransformer(MultimodalTransformer):
    """A few latent tokens read the whole row once, and the blocks work on them alone.

    Source: Jaegle et al. 2021, "Perceiver", arXiv:2103.03206, section 3.1, with one reading.
    """

    def __init__(self, width: int, classes: int, sizes: Sizes, latents: int = 8) -> None:
        super().__init__(width, classes, sizes)
        self.latents = nn.Parameter(0.2 * torch.randn(latents, width))
        self.read = CrossAttention(width, HEADS)

    def encode(self, words: Tensor, faces: Tensor, voices: Tensor, there: Tensor) -> Tokens:
        """Return the latents after the last block; the first stands for all."""
        tokens, mask = self.embedding(words, faces, voices, there)
        latents = self.read(self.latents.expand(len(words), -1, -1), tokens, mask)
        return run(self.blocks, latents, latents.new_ones(latents.shape[:2], dtype=torch.bool))


# ── Missing modalities ────────────────────────────────────────────────────────────────────────────

SUBSETS = tuple(some for count in (1, 2, 3) for some in combinations(range(3), count))
"""The seven sets of modalities, as their numbers: one alone, two, all three."""


def subset_name(subset: Sequence[int]) -> str:
    """Return "words + voice" for (0, 2)."""
    return " + ".join(MODALITIES[i] for i in subset)


def modality_dropout(
    there: Bool[Tensor, "example modality"], share: float
) -> Bool[Tensor, "example modality"]:
    """Hide each modality with chance `share`; an example that would lose all it has keeps it.

    After Neverova et al. 2016, "ModDrop", arXiv:1501.00102, with a mask instead of zeros.
    """
    kept = there & (torch.rand(there.shape, device=there.device) >= share)
    return torch.where(kept.any(dim=1, keepdim=True), kept, there)


def only(inputs: Inputs, subset: Sequence[int]) -> Inputs:
    """Return the inputs with nothing but a subset of the modalities to be looked at."""
    allowed = torch.zeros(len(MODALITIES), dtype=torch.bool)
    allowed[list(subset)] = True
    return inputs._replace(there=inputs.there & allowed)


def by_subset(
    model: nn.Module, inputs: Inputs, labels: Int64[Tensor, " example"]
) -> dict[str, float]:
    """Return the accuracy with each of the seven subsets, by name."""
    verdicts = {some: predict(model, *only(inputs, some)).argmax(dim=1) for some in SUBSETS}
    return {subset_name(some): accuracy(verdict, labels) for some, verdict in verdicts.items()}


def single_verdicts(model: nn.Module, inputs: Inputs) -> Float[Tensor, "modality example classes"]:
    """Return the log-probabilities of a model that sees one modality at a time."""
    alone = [predict(model, *only(inputs, [i])) for i in range(len(MODALITIES))]
    return torch.stack(alone).log_softmax(dim=-1)


def vote(alone: Float[Tensor, "modality example classes"]) -> Int64[Tensor, " example"]:
    """Return the class that most modalities say, the first of equals."""
    verdicts = F.one_hot(alone.argmax(dim=-1), alone.shape[-1])  # (modality, example, classes)
    return verdicts.sum(dim=0).argmax(dim=-1)


def summed(alone: Float[Tensor, "modality example classes"]) -> Int64[Tensor, " example"]:
    """Return the class with the largest sum of log-probabilities."""
    return alone.sum(dim=0).argmax(dim=-1)


# ── Scores ────────────────────────────────────────────────────────────────────────────────────────


def recalls(predicted: Int64[Tensor, " example"], labels: Int64[Tensor, " example"]) -> list[float]:
    """Return for each class that occurs the share of its examples that was found."""
    return [(predicted[labels == c] == c).double().mean().item() for c in labels.unique()]


def scores(
    predicted: Int64[Tensor, " example"], labels: Int64[Tensor, " example"]
) -> dict[str, float]:
    """Return accuracy, macro F1, and the lowest recall of any class."""
    return {
        "accuracy": accuracy(predicted, labels),
        "macro F1": precision_recall_f1(predicted, labels).f1,
        "lowest recall": min(recalls(predicted, labels)),
    }


def senses(moods: Moods) -> Int64[Tensor, "example modality"]:
    """Return what words, mouth and voice say."""
    return torch.stack([moods.words, moods.mouth, moods.voice], dim=1)


def alone_against_both(moods: Moods) -> Bool[Tensor, " example"]:
    """Return where the modality that decides is contradicted by both others (irony)."""
    return (senses(moods) == moods.labels.unsqueeze(1)).sum(dim=1) == 1


# ── Where the class token looks ───────────────────────────────────────────────────────────────────


def class_looks(
    model: MultimodalTransformer, inputs: Inputs, layer: int
) -> Float[Tensor, "example row"]:
    """Return how the class token shares out its attention in a layer, heads averaged."""
    return maps_of(model, *inputs)[layer].mean(dim=1)[:, 0]


def by_modality(
    looks: Float[Tensor, "example row"], kinds: Int64[Tensor, " token"]
) -> Float[Tensor, "example modality"]:
    """Add up the attention to each modality; what the class token gives itself is left out.

    `looks` begins with the class token, `kinds` with the first word.
    """
    return looks[:, 1:] @ F.one_hot(kinds, len(MODALITIES)).to(looks)


def lift(shares: Float[Tensor, "example modality"]) -> Float[Tensor, "example modality"]:
    """Return each share over the mean share of its modality: above 1 is more than usual.

    Nine patches get more attention than two words whatever they say; a lift compares a modality
    with itself in other examples.
    """
    return shares / shares.mean(dim=0).clamp(min=1e-9)  # never looked at: a lift of 0


def decider_found(
    lifts: Float[Tensor, "example modality"], decider: Int64[Tensor, " example"]
) -> float:
    """Return how often the largest lift is at the modality that decides; chance is 1/3."""
    return accuracy(lifts.argmax(dim=1), decider)


# ── Interventions ─────────────────────────────────────────────────────────────────────────────────


def donors(moods: Moods, modality: int) -> Int64[Tensor, " example"]:
    """Find for each example another that says the opposite in one modality, its eyes the same.

    So a face that is exchanged still points to the same decider. Takes the next one in the list.
    Raises ValueError where an example has none.
    """
    said, places = senses(moods)[:, modality], torch.arange(len(moods))
    fits = (said.unsqueeze(1) != said) & (moods.eyes.unsqueeze(1) == moods.eyes)
    if not fits.any(dim=1).all():
        raise ValueError("an example has no partner that says the opposite: take more examples")
    ahead = (places - places.unsqueeze(1)) % len(moods)  # (example, other)
    return torch.where(fits, ahead, len(moods)).argmin(dim=1)


def swapped(inputs: Inputs, donor: Int64[Tensor, " example"], modality: int) -> Inputs:
    """Return the inputs with one modality taken from other examples."""
    changed = list(inputs)
    changed[modality] = inputs[modality][donor]
    return Inputs(*changed)


def covered(inputs: Inputs, modality: int) -> Inputs:
    """Return the inputs with one modality hidden by the mask."""
    return only(inputs, [i for i in range(len(MODALITIES)) if i != modality])


def answers_changed(model: nn.Module, before: Inputs, after: Inputs) -> Bool[Tensor, " example"]:
    """Return where a model's verdict differs between two versions of the same examples."""
    first, second = (predict(model, *inputs).argmax(dim=1) for inputs in (before, after))
    return first != second


# ── Recipes ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True)
class MoodRecipe(Recipe):
    """How a model of lesson 08 is built and trained.

    `size` is its number of parameters, `hidden` the chance that a modality is hidden in training.
    """

    size: int
    examples: int
    hidden: float


QUICK = MoodRecipe(
    steps=750,
    batch_size=64,
    learning_rate=3e-3,
    size=62_000,
    examples=8_000,
    hidden=0.2,
    expect="Expect at least 96 % after about a quarter of a minute.",
)
FULL = replace(
    QUICK,
    steps=2_000,
    batch_size=256,
    size=200_000,
    examples=30_000,
    expect="Nobody has run this recipe yet; expect at least 96 %.",
)


def build(
    variant: Callable[..., nn.Module], recipe: MoodRecipe, sizes: Sizes, classes: int = 2
) -> nn.Module:
    """Return a model of about the recipe's number of parameters (`fusion.build`)."""
    return fusion.build(partial(variant, sizes=sizes), classes, recipe.size, step=HEADS)


def mood_loss(share: float) -> Loss:
    """Return the loss of training with each modality hidden by chance; without, `share` is 0."""

    def loss(model: nn.Module, *batch: Tensor) -> Float[Tensor, ""]:
        *inputs, there, labels = batch
        return F.cross_entropy(model(*inputs, modality_dropout(there, share)), labels)

    return loss


def train(
    model: nn.Module,
    inputs: Inputs,
    labels: Int64[Tensor, " example"],
    recipe: MoodRecipe,
    **options: Any,
) -> History:
    """Train a model in place; `options` are those of `fit`."""
    batches = Batches(*inputs, labels, batch_size=recipe.batch_size, seed=recipe.seed)
    return fit(model, batches, mood_loss(recipe.hidden), recipe, **options)


# ── Pictures, and play ────────────────────────────────────────────────────────────────────────────


def as_row(moods: Moods, example: int) -> TokenRow:
    """Return one example as its row of tokens is drawn, with who decides in its title."""
    decider, label = int(moods.decider[example]), SENSES[moods.labels[example]]
    words = moods.texts[example].split()
    padding = [""] * (LONGEST - len(words))
    mel = PIPELINES["voice"].prepare(moods.voices[example : example + 1])[0]
    return TokenRow(
        f"{DECIDES[decider]}, {label}", [*words, *padding], moods.faces[example], PATCH, mel
    )


DECIDES = (
    "eyes open: the words decide",
    "eyes shut: the mouth decides",
    "a wink: the voice decides",
)
"""Who decides, by the number of its modality."""


def captions(moods: Moods) -> list[str]:
    """Return for each example its sentence and its tone, in two lines."""
    tones = [(*SENSES, "neutral")[sense] for sense in moods.voice]
    pairs = zip(moods.texts, tones, strict=True)
    return [f"“{fill(text, 26)}”\n{tone} tone" for text, tone in pairs]


def judge_of(model: MultimodalTransformer, layer: int = 0) -> Judge:
    """Return what the mood lab asks: a function of a text, a face, a wave, and what may be seen.

    Its verdict is the model's; the shares are those of the class token's attention in a layer, of
    what goes to the modalities.
    """

    def judge(text: str, face: Tensor, wave: Tensor, there: tuple[bool, bool, bool]) -> Verdict:
        """Raise ValueError, in a sentence, for a text that is empty or too long."""
        inputs = one_example(text, face, wave, there)
        positive = predict(model, *inputs).softmax(dim=-1)[0, 1].item()
        shares = by_modality(class_looks(model, inputs, layer), model.embedding.kinds)[0]
        shares = shares / shares.sum().clamp(min=1e-9)
        return Verdict(positive, tuple(shares.tolist()), unknown_words(text))

    return judge


def one_example(text: str, face: Tensor, wave: Tensor, there: tuple[bool, bool, bool]) -> Inputs:
    """Prepare one sentence, one face and one wave."""
    count = len(PIPELINES["words"].cut(text))
    if not 1 <= count <= LONGEST:
        raise ValueError(f"A sentence has 1 to {LONGEST} words here, not {count}.")
    return Inputs(
        PIPELINES["words"].prepare([text]),
        PIPELINES["face"].prepare(face.unsqueeze(0)),
        PIPELINES["voice"].prepare(wave.unsqueeze(0)),
        torch.tensor([there]),
    )


def unknown_words(text: str) -> tuple[str, ...]:
    """Return the words of a text that the model has never read."""
    return tuple(word for word in PIPELINES["words"].cut(text) if word not in WORDS)
