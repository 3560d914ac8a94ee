"""Cross-modal attention: how a word finds its place in a picture (lesson 07).

Two sequences of different kinds and lengths meet. In every function and class here `x` asks (its
tokens make the queries) and `y` answers (keys and values): swap them and the other modality asks.
A mask always belongs to the side that answers, is boolean, and True means *may be looked at*.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64, UInt8
from torch import Tensor, nn

from mmtutor.attention import MultiHeadAttention, known_cross_entropy, record_attention
from mmtutor.datasets.scenes import (
    ANSWERS,
    COLOURS,
    IGNORED,
    NOTHING,
    PADDING,
    SIDE,
    WORDS,
    Scenes,
    as_input,
    held_out_colour,
    make_scenes,
    patches_in_box,
)
from mmtutor.metrics import accuracy, pointing_accuracy
from mmtutor.pipelines import Pipeline
from mmtutor.training import Recipe
from mmtutor.training.sizes import require_pictures
from mmtutor.vit import ConvolutionalStem, VisionTransformer

# ── Ways for two sequences to meet ────────────────────────────────────────────────────────────────


class CrossAttention(nn.Module):
    """Let `x` read `y`, and add what it found: `x + MultiHead(norm(x), y, y)`.

    Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.2.3 ("encoder-decoder attention").
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.attention = MultiHeadAttention(width, heads)

    def forward(
        self,
        x: Float[Tensor, "batch query width"],
        y: Float[Tensor, "batch key width"],
        mask: Bool[Tensor, "batch key"] | None = None,
    ) -> Float[Tensor, "batch query width"]:
        """Return `x`, richer by what it found in `y` where `mask` allows."""
        return x + self.attention(self.norm(x), y, y, for_every_query(mask))


def for_every_query(mask: Bool[Tensor, "batch key"] | None) -> Bool[Tensor, "batch 1 key"] | None:
    """Give a mask the axis of the queries: all of them may look at the same keys."""
    return None if mask is None else mask.unsqueeze(-2)


class TwoWayAttention(nn.Module):
    """Both directions at once: words read the picture, patches read the words.

    `softmax(Q_1 K_2ᵀ / √d) V_2` and `softmax(Q_2 K_1ᵀ / √d) V_1`, each with its own weights, both
    from what the two sequences were before. Source: Lu et al. 2019, "ViLBERT", arXiv:1908.02265,
    section 2.2 ("co-attention").
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.text_reads = CrossAttention(width, heads)
        self.picture_reads = CrossAttention(width, heads)

    def forward(
        self,
        text: Float[Tensor, "batch word width"],
        picture: Float[Tensor, "batch patch width"],
        text_mask: Bool[Tensor, "batch word"] | None = None,
        picture_mask: Bool[Tensor, "batch patch"] | None = None,
    ) -> tuple[Float[Tensor, "batch word width"], Float[Tensor, "batch patch width"]]:
        """Return text and picture, each richer by the other; a mask says which tokens are real."""
        return (
            self.text_reads(text, picture, picture_mask),
            self.picture_reads(picture, text, text_mask),
        )


class GatedCrossAttention(nn.Module):
    """Let a trained stream look at something new without being disturbed at first.

    `x + tanh(a) · MultiHead(x, y, y)`, then `x + tanh(b) · network(x)`. Both gates start at 0, so
    that the block starts as the identity and opens as far as it helps. Source: Alayrac et al. 2022,
    "Flamingo", arXiv:2204.14198, section 2.2 and figure 4.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = MultiHeadAttention(width, heads)
        self.attention_gate = nn.Parameter(torch.zeros(()))
        self.network_norm = nn.LayerNorm(width)
        self.network = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )
        self.network_gate = nn.Parameter(torch.zeros(()))

    def forward(
        self,
        x: Float[Tensor, "batch query width"],
        y: Float[Tensor, "batch key width"],
        mask: Bool[Tensor, "batch key"] | None = None,
    ) -> Float[Tensor, "batch query width"]:
        """Return `x`, changed by as much as the gates are open."""
        found = self.attention(self.attention_norm(x), y, y, for_every_query(mask))
        x = x + self.attention_gate.tanh() * found
        return x + self.network_gate.tanh() * self.network(self.network_norm(x))


class WeightedResidualFusion(nn.Module):
    """`h^(l) = MultiHead(H_T, H_I) + (1 − α_l)(H_T + H_I)`: how much of the old is kept, learnt.

    At α = 1 only what attention gathered goes on; at α = 0 both sequences go on whole beside it.
    """

    def __init__(self, width: int, heads: int, alpha: float = 0.5) -> None:
        """`alpha` is where α_l starts; it is learnt like any other weight."""
        super().__init__()
        self.attention = MultiHeadAttention(width, heads)
        self.alpha = nn.Parameter(torch.tensor(alpha))

    def forward(
        self,
        text: Float[Tensor, "batch word width"],
        picture: Float[Tensor, "batch patch width"],
    ) -> Float[Tensor, "batch word width"]:
        """Return the fused sequence, as long as the text.

        Raises ValueError where the two differ in length: they could not be added (`resample` one).
        """
        if text.shape[1] != picture.shape[1]:
            raise ValueError(
                f"{text.shape[1]} words and {picture.shape[1]} patches cannot be added: "
                f"bring them to one length first, as in resample(picture, {text.shape[1]})"
            )
        kept = (1 - self.alpha) * (text + picture)
        return self.attention(text, picture, picture) + kept


def resample(
    tokens: Float[Tensor, "batch token width"], length: int
) -> Float[Tensor, "batch {length} width"]:
    """Bring a sequence to `length` tokens, each the mean of a stretch of neighbours."""
    return F.adaptive_avg_pool1d(tokens.transpose(1, 2), length).transpose(1, 2)


class AveragedFusion(WeightedResidualFusion):
    """The weighted residual for a picture of any length: what is kept of it is averaged down."""

    def forward(
        self,
        text: Float[Tensor, "batch word width"],
        picture: Float[Tensor, "batch patch width"],
    ) -> Float[Tensor, "batch word width"]:
        """Return the fused sequence: attention reads all patches, `resample` makes the rest fit."""
        kept = (1 - self.alpha) * (text + resample(picture, text.shape[1]))
        return self.attention(text, picture, picture) + kept


def ways_to_meet(width: int, heads: int) -> dict[str, nn.Module]:
    """Return six ways for words to read patches, in pairs that differ in one thing.

    "gate open" is "gate closed" with both gates at tanh 2 = 0.96 at the start; the three α are one
    form, and in the first two of them α is not learnt.
    """
    gated = [GatedCrossAttention(width, heads) for _ in range(2)]
    for gate in (gated[1].attention_gate, gated[1].network_gate):
        nn.init.constant_(gate, 2.0)
    weighted = [AveragedFusion(width, heads, alpha) for alpha in (0.0, 1.0, 0.5)]
    for fusion in weighted[:2]:
        fusion.alpha.requires_grad_(False)
    names = ("plain", "gate closed", "gate open", "α = 0", "α = 1", "α learnt")
    ways = (CrossAttention(width, heads), *gated, *weighted)
    return dict(zip(names, ways, strict=True))


# ── A word asks the picture ───────────────────────────────────────────────────────────────────────


class PictureTokens(nn.Module):
    """Turn a picture into tokens that know what they show and where they stand."""

    def __init__(self, side: int, patch: int, channels: int, width: int) -> None:
        super().__init__()
        self.channels, self.side = channels, side
        self.stem = ConvolutionalStem(channels, patch, width)
        self.position = nn.Parameter(0.2 * torch.randn((side // patch) ** 2, width))
        self.norm = nn.LayerNorm(width)

    def forward(
        self, pictures: Float[Tensor, "batch channels high wide"]
    ) -> Float[Tensor, "batch patch width"]:
        """Return one token for every patch, in reading order.

        Raises ValueError, naming both sizes, for pictures of another size or number of channels.
        """
        require_pictures(pictures.shape, self.channels, self.side)
        return self.norm(self.stem(pictures) + self.position)


class TransformerTokens(nn.Module):
    """Take a Vision Transformer's patches for tokens, without its class token."""

    def __init__(self, transformer: VisionTransformer) -> None:
        super().__init__()
        self.transformer = transformer
        self.norm = nn.LayerNorm(transformer.norm.normalized_shape)

    def forward(
        self, pictures: Float[Tensor, "batch channels high wide"]
    ) -> Float[Tensor, "batch patch width"]:
        """Return one token for every patch, in reading order."""
        return self.norm(self.transformer(pictures)[:, 1:])


class QuestionAnswerer(nn.Module):
    """Answer a question about a scene: every word looks, and the words are averaged.

    No word looks at another word or knows its place, so that a word's map is the look of this word
    alone, in any text. Nobody tells the model where to look; only the answer is trained.
    """

    def __init__(self, tower: nn.Module, width: int, heads: int) -> None:
        """`tower` turns pictures into tokens of `width` numbers."""
        super().__init__()
        self.tower = tower
        self.word = nn.Embedding(len(WORDS), width)
        self.cross = CrossAttention(width, heads)
        self.answer = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, 2 * width),
            nn.GELU(),
            nn.Linear(2 * width, len(ANSWERS)),
        )

    def forward(
        self,
        pictures: UInt8[Tensor, "batch 3 high wide"],
        questions: Int64[Tensor, "batch *several word"],
    ) -> Float[Tensor, "batch *several answers"]:
        """Return a score for every answer to each question; a picture may have several.

        Padding has no say, whatever its vector holds; a question of padding alone is a mean of 0.
        """
        picture = self.tower(as_input(pictures))  # (batch, patch, width)
        padding = (questions == PADDING).unsqueeze(-1)  # (batch, *several, word, 1)
        text = self.word(questions).masked_fill(padding, 0.0)  # (batch, *several, word, width)
        # No word looks at another, so the words of all questions can stand in one row.
        text = self.cross(text.flatten(1, -2), picture)
        text = text.unflatten(1, questions.shape[1:])
        total = text.masked_fill(padding, 0.0).sum(-2)
        return self.answer(total / (~padding).sum(-2).clamp(min=1))


def answer_loss(
    model: nn.Module,
    pictures: UInt8[Tensor, "batch 3 high wide"],
    questions: Int64[Tensor, "batch *several word"],
    answers: Int64[Tensor, " batch *several"],
) -> Float[Tensor, ""]:
    """Return the cross-entropy of the answers, in nats; answers that are IGNORED do not count."""
    scores = model(pictures, questions)
    return known_cross_entropy(scores.flatten(0, -2), answers.flatten(), IGNORED)


class TokenReader(nn.Module):
    """Answer a question from a picture's tokens, by any way to meet; the words are averaged.

    For a tower that is frozen: its tokens are computed once.
    """

    def __init__(self, meet: nn.Module, width: int) -> None:
        """`meet(words, tokens)` returns words that have read the tokens."""
        super().__init__()
        self.word, self.meet = nn.Embedding(len(WORDS), width), meet
        self.answer = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, len(ANSWERS)))

    def forward(
        self,
        tokens: Float[Tensor, "batch patch width"],
        questions: Int64[Tensor, "batch word"],
    ) -> Float[Tensor, "batch answers"]:
        """Return a score for every answer."""
        padding = (questions == PADDING).unsqueeze(-1)  # (batch, word, 1)
        text = self.meet(self.word(questions).masked_fill(padding, 0.0), tokens)
        total = text.masked_fill(padding, 0.0).sum(dim=1)
        return self.answer(total / (~padding).sum(dim=1).clamp(min=1))


@torch.no_grad()
def word_maps(
    model: QuestionAnswerer,
    pictures: UInt8[Tensor, "batch 3 high wide"],
    texts: Int64[Tensor, "batch word"],
) -> Float[Tensor, "batch heads word patch"]:
    """Return where each word looks in its picture, on the CPU."""
    device = model.word.weight.device
    with record_attention(model.cross) as maps:
        model(pictures.to(device), texts.to(device))
    return maps["attention"][0].cpu()


NOUNS = range(WORDS.index("umbrella"), len(WORDS))
"""The numbers of the words that name an object."""


def noun_looks(
    maps: Float[Tensor, "batch heads word patch"], texts: Int64[Tensor, "batch word"]
) -> Float[Tensor, "batch patch"]:
    """Return where the first noun of each text looks, its heads averaged; without one, word 0."""
    place = (texts >= NOUNS.start).float().argmax(dim=1)
    return maps.mean(dim=1)[torch.arange(len(maps)), place]


def question_looks(model: QuestionAnswerer, scenes: Scenes) -> Float[Tensor, "scene patch"]:
    """Return where the noun of each scene's question looks, its heads averaged."""
    return noun_looks(word_maps(model, scenes.pictures, scenes.questions), scenes.questions)


def pointing(model: QuestionAnswerer, scenes: Scenes) -> float:
    """Return the share of scenes whose noun looks most at a patch in the true box."""
    looks = question_looks(model, scenes)
    grid = round(looks.shape[1] ** 0.5)
    return pointing_accuracy(looks, patches_in_box(scenes.asked_boxes(), grid))


def blind_accuracy(seen: Scenes, asked: Scenes) -> float:
    """Return how often the most frequent answer to the same words is right, without a picture."""
    questions = torch.cat([seen.questions, asked.questions])
    texts, number = questions.unique(dim=0, return_inverse=True)
    votes = torch.zeros(len(texts), len(ANSWERS))
    ones = torch.ones(len(seen))
    votes.index_put_((number[: len(seen)], seen.answers), ones, accumulate=True)
    return accuracy(votes.argmax(dim=1)[number[len(seen) :]], asked.answers)


def repaint(
    scenes: Scenes, slots: Int64[Tensor, " scene"], colours: Int64[Tensor, " scene"]
) -> UInt8[Tensor, "scene 3 64 64"]:
    """Return the pictures with the ink of one object per scene in another colour."""
    owned = (scenes.owners == slots.view(-1, 1, 1)).unsqueeze(1)  # (scene, 1, 64, 64)
    inks = torch.tensor(list(COLOURS.values()))[colours]  # (scene, 3)
    flat = (inks * 255).round().to(torch.uint8).view(-1, 3, 1, 1)
    return torch.where(owned, flat, scenes.pictures)


# ── A patch asks the sentence ─────────────────────────────────────────────────────────────────────


def silhouettes(pictures: UInt8[Tensor, "batch 3 high wide"]) -> Float[Tensor, "batch 1 high wide"]:
    """Return 1 where there is ink and 0 elsewhere: the shapes without their colours."""
    return (as_input(pictures).amax(dim=1, keepdim=True) > 0.4).float()


class Colouriser(nn.Module):
    """Colour a silhouette by its caption: every patch looks for the words that speak of it.

    The other direction: patches ask, words answer. Every word is first joined with the word before
    it, so that a noun knows its adjective.
    """

    def __init__(self, tower: nn.Module, width: int, heads: int) -> None:
        """`tower` turns silhouettes into tokens of `width` numbers."""
        super().__init__()
        self.tower = tower
        self.word = nn.Embedding(len(WORDS), width)
        self.pair = nn.Conv1d(width, width, kernel_size=2)
        self.norm = nn.LayerNorm(width)
        self.cross = CrossAttention(width, heads)
        self.colour = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, 3)
        )

    def forward(
        self,
        shapes: Float[Tensor, "batch 1 high wide"],
        captions: Int64[Tensor, "batch word"],
    ) -> Float[Tensor, "batch 3 patch"]:
        """Return the ink of every patch: what it takes from red, green and blue, from 0 to 1."""
        before = F.pad(self.word(captions).transpose(1, 2), (1, 0))  # nothing stands before word 0
        text = self.norm(self.pair(before).transpose(1, 2))  # (batch, word, width)
        picture = self.cross(self.tower(shapes), text, captions != PADDING)
        return self.colour(picture).sigmoid().transpose(1, 2)


def paint(
    colours: Float[Tensor, "batch 3 patch"], shapes: Float[Tensor, "batch 1 high wide"]
) -> Float[Tensor, "batch 3 high wide"]:
    """Return silhouettes with each patch's ink in its colour; paper takes none, whatever it is."""
    rows = round(colours.shape[-1] ** 0.5)
    inks = F.interpolate(colours.unflatten(-1, (rows, -1)), shapes.shape[-2:])
    return inks.masked_fill(shapes == 0, 0.0) * shapes


def colour_loss(
    model: nn.Module,
    pictures: UInt8[Tensor, "batch 3 high wide"],
    captions: Int64[Tensor, "batch word"],
) -> Float[Tensor, ""]:
    """Return the mean squared error of the ink, over the pixels that have any; 0 if none has."""
    shapes = silhouettes(pictures)
    painted = paint(model(shapes, captions), shapes)
    wrong = ((painted - as_input(pictures) * shapes) ** 2).sum()
    return wrong / (3 * shapes.sum()).clamp(min=1)


@torch.no_grad()
def painted_colours(
    model: nn.Module, scenes: Scenes, captions: Int64[Tensor, "scene word"]
) -> Int64[Tensor, "scene slot"]:
    """Return which of the COLOURS each object's painted ink is nearest to; any, in empty slots."""
    device = next(model.parameters()).device
    shapes = silhouettes(scenes.pictures)
    painted = paint(model(shapes.to(device), captions.to(device)).cpu(), shapes)
    slots = torch.arange(scenes.kinds.shape[1]).view(-1, 1, 1)
    own = (scenes.owners.unsqueeze(1) == slots).float()  # (scene, slot, 64, 64)
    ink = torch.einsum("schw,sohw->soc", painted, own)  # (scene, slot, 3), summed over the object
    inks = 1 - torch.tensor(list(COLOURS.values()))
    # A cosine compares the mixture and not how thick the strokes are.
    likeness = F.normalize(ink, dim=-1) @ F.normalize(inks, dim=-1).T
    return likeness.argmax(dim=-1)


def colour_accuracy(
    model: nn.Module, scenes: Scenes, captions: Int64[Tensor, "scene word"]
) -> float:
    """Return the share of objects whose painted ink is nearest to their true colour's."""
    right = painted_colours(model, scenes, captions) == scenes.colours
    return right[scenes.kinds != NOTHING].float().mean().item()


@torch.no_grad()
def patch_maps(
    model: Colouriser,
    pictures: UInt8[Tensor, "batch 3 high wide"],
    captions: Int64[Tensor, "batch word"],
) -> Float[Tensor, "batch heads patch word"]:
    """Return which words each patch of the silhouette reads, on the CPU."""
    device = model.word.weight.device
    with record_attention(model.cross) as maps:
        model(silhouettes(pictures).to(device), captions.to(device))
    return maps["attention"][0].cpu()


def naming(model: Colouriser, scenes: Scenes) -> float:
    """Return the share of patches in an asked object's box that read its noun most."""
    captions = scenes.captions()
    read = patch_maps(model, scenes.pictures, captions).mean(dim=1).argmax(dim=-1)  # (scene, patch)
    kinds = scenes.kinds.gather(1, scenes.asked.unsqueeze(1))
    right = captions.gather(1, read) == NOUNS.start + kinds
    inside = patches_in_box(scenes.asked_boxes(), round(read.shape[1] ** 0.5))
    return right[inside].float().mean().item()


# ── Recipes ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class SceneQuestions(Pipeline):
    """What the lesson's models are given (lesson 05): number i is word i, score j is answer j."""

    steps = "questions in small letters, cut at spaces; 0 pads on the right"

    words: tuple[str, ...] = WORDS
    answers: tuple[str, ...] = ANSWERS


@dataclass(frozen=True, kw_only=True)
class SceneRecipe(Recipe):
    """How a model of lesson 07 is built and trained, and on what scenes."""

    width: int = 64
    heads: int
    kinds: int
    objects: tuple[int, int]
    placement: str
    scenes: int


QUICK = SceneRecipe(
    steps=800,
    batch_size=64,
    learning_rate=4e-3,
    heads=8,
    kinds=6,
    objects=(5, 6),
    placement="jittered",
    scenes=6000,
    expect="Expect at least 98 % right answers after about a minute on two CPU cores.",
)
FULL = SceneRecipe(
    steps=4000,
    batch_size=64,
    learning_rate=3e-3,
    heads=8,
    kinds=12,
    objects=(1, 6),
    placement="anywhere",
    scenes=24000,
    expect="Expect 99 % right answers with twice as many kinds, placed anywhere.",
)
COLOURS_QUICK = SceneRecipe(
    steps=156,
    batch_size=64,
    learning_rate=4e-3,
    heads=8,
    kinds=6,
    objects=(2, 6),
    placement="jittered",
    scenes=6000,
    expect="Expect at least 90 % of the objects in their true colour after about 15 seconds.",
)
COLOURS_FULL = SceneRecipe(
    steps=2000,
    batch_size=64,
    learning_rate=3e-3,
    heads=8,
    kinds=12,
    objects=(1, 6),
    placement="anywhere",
    scenes=24000,
    expect="Expect nearly every object in its true colour.",
)


def recipe_scenes(recipe: SceneRecipe, count: int, seed: int, pairs: str = "seen") -> Scenes:
    """Draw scenes as the recipe wants them, with questions about colours and rows."""
    return make_scenes(
        count,
        kinds=recipe.kinds,
        objects=recipe.objects,
        questions=("colour", "row"),
        placement=recipe.placement,
        pairs=pairs,
        seed=seed,
    )


def question_answerer(recipe: SceneRecipe) -> QuestionAnswerer:
    """Build the model that the recipe trains."""
    return QuestionAnswerer(PictureTokens(SIDE, 8, 3, recipe.width), recipe.width, recipe.heads)


# ── Tests of a look ───────────────────────────────────────────────────────────────────────────────


def hits(
    looks: Float[Tensor, "scene patch"], inside: Bool[Tensor, "scene patch"]
) -> Bool[Tensor, " scene"]:
    """Return in which scenes the strongest patch (of equals the first) is one of those inside."""
    return inside.gather(1, looks.argmax(dim=1, keepdim=True)).squeeze(1)


def noun_place(scenes: Scenes, scene: int, text: Int64[Tensor, " word"]) -> int:
    """Return where a text names the object that a scene's question is about."""
    noun = NOUNS.start + int(scenes.kinds[scene, scenes.asked[scene]])
    return text.tolist().index(noun)


def noun_boxes(scenes: Scenes, scene: int, text: Int64[Tensor, " word"]) -> list[list[int] | None]:
    """Return the true box of what each word of a text names in one scene; None for no object."""
    boxes = dict(zip(scenes.kinds[scene].tolist(), scenes.boxes[scene].tolist(), strict=True))
    there = {kind: box for kind, box in boxes.items() if kind != NOTHING}
    return [there.get(word - NOUNS.start) for word in text.tolist()]


def next_colour(scenes: Scenes, slots: Int64[Tensor, " scene"]) -> Int64[Tensor, " scene"]:
    """Return for one object per scene another colour, which its kind may have in training."""
    each = torch.arange(len(slots))
    kinds, colours = scenes.kinds[each, slots], scenes.colours[each, slots]  # (scene)
    new = (colours + 1) % len(COLOURS)
    return torch.where(new == held_out_colour(kinds), (new + 1) % len(COLOURS), new)


def ink_in_patches(
    owned: Bool[Tensor, "scene 64 64"], grid: int = 8
) -> Float[Tensor, "scene patch"]:
    """Return which share of each patch these pixels fill, such as one object's ink."""
    return F.adaptive_avg_pool2d(owned.unsqueeze(1).float(), grid).flatten(1)


def cover(
    pictures: UInt8[Tensor, "scene 3 high wide"], patches: Int64[Tensor, " scene"], grid: int = 8
) -> UInt8[Tensor, "scene 3 high wide"]:
    """Return the pictures with white paper over one patch of each."""
    chosen = F.one_hot(patches, grid * grid).view(-1, 1, grid, grid)
    paper = F.interpolate(chosen.float(), pictures.shape[-2:])  # 1 on the patch, 0 elsewhere
    return pictures.masked_fill(paper.bool(), 255)


def on_white(ink: Float[Tensor, "batch channels high wide"]) -> Float[Tensor, "batch high wide 3"]:
    """Return ink on white paper, to look at: 1 is white, 0 black; one channel of ink is black."""
    return 1 - ink.expand(-1, 3, -1, -1).movedim(1, -1)


@torch.no_grad()
def painted(
    model: Colouriser,
    pictures: UInt8[Tensor, "batch 3 high wide"],
    captions: Int64[Tensor, "batch word"],
) -> Float[Tensor, "batch high wide 3"]:
    """Return the silhouettes of pictures, coloured by captions, to look at."""
    shapes = silhouettes(pictures)
    return on_white(paint(model(shapes, captions), shapes))
