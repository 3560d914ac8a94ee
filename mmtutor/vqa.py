"""Visual question answering: how a language model learns to see (lesson 15).

A tower that was trained to see, a language model that was trained on text, and a small projector
between them: the picture's vectors stand in the text where the words for them would stand.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import combinations, groupby
from math import isqrt
from random import Random
from statistics import mean
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64, UInt8
from torch import Tensor, nn

from mmtutor import gpt, vit
from mmtutor.attention import known_cross_entropy, record_attention
from mmtutor.crossmodal import PictureTokens, TransformerTokens, next_colour, repaint
from mmtutor.datasets.asking import (
    CAPTION_WISH,
    END,
    IMAGE_TOKEN,
    MODEL_TOKEN,
    PADDING,
    STOP,
    TYPES,
    WORDS,
    Asked,
    Question,
    by_scene,
    conversation,
    decode,
    encode,
    in_words,
)
from mmtutor.datasets.asking.by_hand import Cells, draw_things, scene_with
from mmtutor.datasets.asking.parsing import CHOICES
from mmtutor.datasets.asking.questions import be, exists, the
from mmtutor.datasets.scenes import COLOURS, KINDS, NOTHING, SIDE, Scenes, as_input
from mmtutor.datasets.shipped import shipped
from mmtutor.datasets.telling import Told
from mmtutor.datasets.telling.groups import GROUPS
from mmtutor.datasets.telling.words import PLURALS
from mmtutor.gpt import GPT, KeyValueCache
from mmtutor.metrics import pointing_accuracy
from mmtutor.training import History, Recipe, checkpoints, fit, predict
from mmtutor.transfer import freeze
from mmtutor.vit import VisionTransformer

IGNORED = -100
"""The target that is none: cross-entropy leaves it out."""
WIDTH = 64
"""Numbers of a vector, in the tower and in the language model."""
WINDOW = 128
"""Tokens that the language model reads at most."""

Pictures = UInt8[Tensor, "picture 3 64 64"]
Patches = Float[Tensor, "row patch tower"]
Tokens = Int64[Tensor, "row token"]
Labels = Callable[[Tokens], Tokens]

# ── From the picture to the language ──────────────────────────────────────────────────────────────


def pooled(patches: Patches, pool: int) -> Float[Tensor, "row group numbers"]:
    """Put `pool` × `pool` neighbouring patches one behind the other: fewer, longer vectors.

    Raises ValueError where the patches make no square that can be cut so.
    """
    side = isqrt(patches.shape[1])
    if side**2 != patches.shape[1] or side % pool:
        raise ValueError(f"{patches.shape[1]} patches cannot be pooled {pool} by {pool}")
    grid = patches.unflatten(1, (side // pool, pool, side // pool, pool))
    return grid.transpose(2, 3).flatten(3).flatten(1, 2).flatten(2)


class Projector(nn.Module):
    """Turn a tower's vectors into vectors that stand where words stand.

    Source: Liu et al. 2023, "Visual Instruction Tuning" (LLaVA), arXiv:2304.08485, section 4.1 (one
    layer); Liu et al. 2023, "Improved Baselines", arXiv:2310.03744 (two layers).
    """

    def __init__(
        self, tower: int, width: int, layers: int = 2, pool: int = 2, hidden: int | None = None
    ) -> None:
        """From `tower` numbers a patch to `width` a token; `layers` is 1 or 2.

        Between two layers stand `hidden` numbers, or as many as a token has.
        """
        super().__init__()
        self.pool, inside, hidden = pool, pool**2 * tower, hidden or width
        self.layers = (
            nn.Linear(inside, width)
            if layers == 1
            else nn.Sequential(nn.Linear(inside, hidden), nn.GELU(), nn.Linear(hidden, width))
        )

    def forward(self, patches: Patches) -> Float[Tensor, "row group width"]:
        """Return one vector for each group of patches, in reading order."""
        return self.layers(pooled(patches, self.pool))


def put_in(
    words: Float[Tensor, "row token width"],
    tokens: Tokens,
    features: Float[Tensor, "row feature width"],
) -> Float[Tensor, "row token width"]:
    """Put a picture's features where the text keeps places for them.

    Raises ValueError where a text has more or fewer places than its picture has features.
    """
    places = tokens == IMAGE_TOKEN
    for count in places.sum(dim=1).tolist():
        if count != features.shape[1]:
            raise ValueError(
                f"a text keeps {count} places for its picture, which has {features.shape[1]} tokens"
            )
    return words.masked_scatter(places.unsqueeze(2), features.to(words.dtype))


class VisionLanguageModel(nn.Module):
    """A frozen tower, a projector, and a language model that reads what they make as words.

    The tower's patches are computed once (`watch`): it does not learn.
    """

    def __init__(self, tower: nn.Module, projector: Projector, language: GPT) -> None:
        super().__init__()
        self.tower, self.projector, self.language = freeze(tower), projector, language

    @torch.no_grad()
    def watch(self, pictures: Pictures, batch: int = 500) -> Float[Tensor, "picture patch tower"]:
        """Return what the tower sees in pictures."""
        return torch.cat([self.tower(as_input(some)) for some in pictures.split(batch)])

    def forward(
        self, patches: Patches, tokens: Tokens, cache: KeyValueCache | None = None
    ) -> Float[Tensor, "row token word"]:
        """Return the scores of what follows each token of a text with a picture in it."""
        words = self.language.token(tokens)
        return self.language.read(put_in(words, tokens, self.projector(patches)), cache)


# ── Which tokens carry the loss ───────────────────────────────────────────────────────────────────


def labels_of(tokens: Tokens) -> Tokens:
    """Return the tokens that the model is to say: its words and its <end>; else IGNORED."""
    model, end = tokens == MODEL_TOKEN, tokens == END
    begun = model.cumsum(dim=1) - model.long()  # turns of the model that began before this token
    ended = end.cumsum(dim=1) - end.long()
    return tokens.where((begun > ended) & (tokens != PADDING), IGNORED)


def all_words(tokens: Tokens) -> Tokens:
    """Return every token but the picture's places and the padding: questions carry loss, too."""
    return tokens.masked_fill((tokens == IMAGE_TOKEN) | (tokens == PADDING), IGNORED)


def conversation_loss(
    model: nn.Module, patches: Patches, tokens: Tokens, labels: Labels = labels_of
) -> Float[Tensor, ""]:
    """Return the mean cross-entropy of the tokens that `labels` leaves, each after those before."""
    scores = model(patches, tokens)[:, :-1]
    return known_cross_entropy(scores.flatten(0, 1), labels(tokens)[:, 1:].flatten(), IGNORED)


def told_loss(model: GPT, tokens: Tokens) -> Float[Tensor, ""]:
    """Return the loss of a language model on text alone: its answers, and a fifth for all words."""
    scores = model(tokens[:, :-1]).flatten(0, 1)
    answers, words = labels_of(tokens)[:, 1:].flatten(), tokens[:, 1:].flatten()
    all_of_them = known_cross_entropy(scores, words, PADDING)
    return known_cross_entropy(scores, answers, IGNORED) + 0.2 * all_of_them


# ── What it learns from ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, eq=False)
class Talk:
    """Conversations about pictures: which picture each is about, and its tokens."""

    scene: Int64[Tensor, " row"]
    tokens: Tokens


def question_talk(asked: Asked, places: int, turns: int = 4) -> Talk:
    """Return the questions of each scene with their answers, at most so many in a conversation."""
    rows = by_scene(asked, turns)
    texts = [conversation([(q.text, q.answer) for q in some], places) for _, some in rows]
    return Talk(torch.tensor([scene for scene, _ in rows]), encode(texts))


def caption_talk(told: Told, places: int) -> Talk:
    """Return one wish for a caption for each reference of each scene."""
    captions = [text for several in told.references for text in several]
    texts = [conversation([(CAPTION_WISH, text)], places) for text in captions]
    each = torch.arange(len(told)).repeat_interleave(len(told.references[0]))
    return Talk(each, encode(texts))


def told_talk(asked: Asked, turns: int = 4) -> Tokens:
    """Return the questions of each scene, told in words instead of shown."""
    facts = asked.told.facts
    return encode(
        [
            conversation([(q.text, q.answer) for q in some], 0, in_words(facts[scene]))
            for scene, some in by_scene(asked, turns)
        ]
    )


def told_captions(told: Told) -> Tokens:
    """Return a wish for a caption of each scene, told in words instead of shown."""
    several = zip(told.facts, told.references, strict=True)
    wishes = [(facts, texts[i % len(texts)]) for i, (facts, texts) in enumerate(several)]
    return encode([conversation([(CAPTION_WISH, t)], 0, in_words(f)) for f, t in wishes])


class TalkBatches:
    """Batches of patches and tokens; a share of the rows of each are of a second kind of talk."""

    def __init__(
        self,
        patches: Patches,
        talks: Sequence[tuple[Talk, float]],
        batch_size: int,
        seed: int = 0,
    ) -> None:
        """`talks` come with their shares, which add up to 1."""
        self.patches, self.seed = patches, seed
        width = max(talk.tokens.shape[1] for talk, _ in talks)
        self.talks = [
            (talk.scene, F.pad(talk.tokens, (0, width - talk.tokens.shape[1])), share * batch_size)
            for talk, share in talks
        ]

    def __getitem__(self, step: int) -> tuple[Patches, Tokens]:
        generator = torch.Generator().manual_seed(1_000_003 * self.seed + step)
        scenes, rows = [], []
        for scene, tokens, count in self.talks:
            which = torch.randint(len(scene), (round(count),), generator=generator)
            scenes.append(scene[which])
            rows.append(tokens[which])
        tokens = torch.cat(rows)
        return self.patches[torch.cat(scenes)], tokens[:, : longest(tokens)]


def longest(tokens: Tokens) -> int:
    """Return how long the longest row is without its padding on the right."""
    return int((tokens != PADDING).sum(dim=1).max())


# ── Recipes ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True)
class TalkRecipe(Recipe):
    """How a stage of lesson 15 is trained; `captions` is the share of rows that are captions."""

    scenes: int = 6000
    questions: int = 24000
    captions: float = 0.0


QUICK_ONE = TalkRecipe(steps=600, batch_size=32, learning_rate=7e-3, captions=1.0)
QUICK_TWO = TalkRecipe(
    steps=800,
    batch_size=32,
    learning_rate=5e-3,
    captions=0.25,
    expect="Expect more than eight answers of ten after a minute on two CPU cores.",
)
SHIPPED = TalkRecipe(
    steps=3000, batch_size=32, learning_rate=4e-3, captions=0.25, scenes=12000, questions=48000
)
"""Stage 2 of the model that the course ships; its stage 1 is QUICK_ONE."""
FULL_ONE = TalkRecipe(steps=4000, batch_size=64, learning_rate=2e-3, captions=1.0)
FULL_TWO = TalkRecipe(
    steps=8000,
    batch_size=64,
    learning_rate=1e-3,
    captions=0.25,
    scenes=20000,
    questions=80000,
    expect="Expect nearly all answers.",
)


@dataclass(frozen=True, eq=False)
class Lessons:
    """What a model learns from: the tower's patches of some scenes, and the talk about them."""

    patches: Patches
    captions: Talk
    questions: Talk


def lessons_of(model: VisionLanguageModel, asked: Asked) -> Lessons:
    """Return the captions and the questions of scenes, with as many places as the model needs."""
    patches, count = model.watch(asked.told.scenes.pictures), places(model)
    return Lessons(patches, caption_talk(asked.told, count), question_talk(asked, count))


def places(model: VisionLanguageModel) -> int:
    """Return how many places of a text a picture takes."""
    return (SIDE // PATCH // model.projector.pool) ** 2


def train(
    model: VisionLanguageModel,
    learn: Lessons,
    recipe: TalkRecipe,
    parts: Sequence[str] = ("projector", "language"),
    labels: Labels = labels_of,
) -> History:
    """Train some parts of a model, in place; the others keep still."""
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.split(".")[0] in parts)
    share = recipe.captions
    talks = [(learn.captions, share), (learn.questions, 1 - share)]
    batches = TalkBatches(learn.patches, talks, recipe.batch_size, recipe.seed)

    def loss(model: nn.Module, patches: Patches, tokens: Tokens) -> Float[Tensor, ""]:
        return conversation_loss(model, patches, tokens, labels)

    return fit(model, batches, loss, recipe)


def stage_one(model: VisionLanguageModel, learn: Lessons, recipe: TalkRecipe) -> History:
    """Let the projector alone learn, from captions."""
    return train(model, learn, recipe, ("projector",))


def stage_two(model: VisionLanguageModel, learn: Lessons, recipe: TalkRecipe) -> History:
    """Let the projector and the language model learn, from questions and some captions."""
    return train(model, learn, recipe)


# ── Answers ───────────────────────────────────────────────────────────────────────────────────────


@torch.no_grad()
def answer(
    model: VisionLanguageModel,
    patches: Patches,
    wishes: Sequence[str],
    limit: int = 24,
    before: Sequence[Sequence[tuple[str, str]]] | None = None,
) -> list[str]:
    """Return what the model says to a wish about each picture: the likeliest word at each step.

    Wishes of equal length are read together, so that no padding stands in front of an answer.
    `before` holds, for each, the turns of its conversation so far.
    """
    before = before or [[]] * len(wishes)
    turns = [[*so_far, (wish, None)] for so_far, wish in zip(before, wishes, strict=True)]
    prompts = [encode([conversation(some, places(model))])[0] for some in turns]
    order = sorted(range(len(wishes)), key=lambda i: len(prompts[i]))
    said = [""] * len(wishes)
    for _, group in groupby(order, key=lambda i: len(prompts[i])):
        which = list(group)
        texts = go_on(model, patches[which], torch.stack([prompts[i] for i in which]), limit)
        for i, text in zip(which, texts, strict=True):
            said[i] = text
    return said


def go_on(model: VisionLanguageModel, patches: Patches, tokens: Tokens, limit: int) -> list[str]:
    """Return what follows texts of equal length, up to <end> or `limit` tokens."""
    model.eval()
    cache = model.language.new_cache()
    scores = model(patches, tokens, cache)[:, -1]
    said = scores.argmax(dim=1, keepdim=True)
    while said.shape[1] < limit and not (said == END).any(dim=1).all():
        scores = model.language(said[:, -1:], cache)[:, -1]
        said = torch.cat([said, scores.argmax(dim=1, keepdim=True)], dim=1)
    return [text.split(STOP)[0].strip() for text in decode(said)]


def shares(right: Sequence[bool], types: Sequence[str]) -> dict[str, float]:
    """Return the share of right answers for each type of question."""
    found = {
        kind: [hit for hit, t in zip(right, types, strict=True) if t == kind] for kind in TYPES
    }
    return {kind: sum(hits) / len(hits) for kind, hits in found.items() if hits}


def accuracy_by_type(
    model: VisionLanguageModel, patches: Patches, asked: Asked
) -> dict[str, float]:
    """Return the share of questions of each type that the model answers right, word for word.

    `patches` are those of all scenes of `asked`.
    """
    said = answer(model, patches[asked.scene], [q.text for q in asked.questions], limit=4)
    right = [one == question.answer for one, question in zip(said, asked.questions, strict=True)]
    return shares(right, [question.type for question in asked.questions])


def told_accuracy(model: GPT, asked: Asked) -> dict[str, float]:
    """Return, by type, what a language model answers right when scenes are told in words."""
    texts = [
        conversation([(question.text, None)], 0, in_words(asked.told.facts[scene]))
        for scene, question in zip(asked.scene.tolist(), asked.questions, strict=True)
    ]
    tokens = encode(texts)
    last = (tokens != PADDING).sum(dim=1) - 1
    said = predict(model, tokens)[torch.arange(len(tokens)), last].argmax(dim=1)
    words = decode(said.unsqueeze(1))
    right = [word == question.answer for word, question in zip(words, asked.questions, strict=True)]
    return shares(right, [question.type for question in asked.questions])


def numbers_said(model: VisionLanguageModel, cells: Cells, seed: int = 1003) -> dict[str, float]:
    """Return what share of 200 scenes made by hand gets "none", "one" and "two" for an answer.

    In each, things of one kind stand in these cells, and the question is how many there are.
    """
    random = Random(seed)
    scenes = [scene_with(cells, random) for _ in range(200)]
    wishes = [f"how many {things[0].kind}s are there ?" for things in scenes]
    patches = model.watch(torch.stack([draw_things(things) for things in scenes]))
    said = answer(model, patches, wishes, limit=4)
    return {word: said.count(word) / len(said) for word in CHOICES["count"]}


# ── Rivals that do not look ───────────────────────────────────────────────────────────────────────


def most_frequent(known: Asked, asked: Asked) -> dict[str, float]:
    """Return, by type, the share that the type's most frequent known answer gets right."""
    return guessed(known, asked, lambda question: question.type)


def question_alone(known: Asked, asked: Asked) -> dict[str, float]:
    """Return, by type, the share that the most frequent known answer to the same words gets."""
    return guessed(known, asked, lambda question: question.text)


def guessed(known: Asked, asked: Asked, key: Callable[[Question], str]) -> dict[str, float]:
    """Return, by type, how often the most frequent known answer to what shares a key is right."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for question in known.questions:
        counts[key(question)][question.answer] += 1
    best = {k: some.most_common(1)[0][0] for k, some in counts.items()}
    right = [best.get(key(question)) == question.answer for question in asked.questions]
    return shares(right, [question.type for question in asked.questions])


class Stands(NamedTuple):
    """Whether a model stands by the colour that it said of something."""

    by_its_own: float
    """How often it says yes when asked whether there are such things in the colour it said."""
    by_another: float
    """How often it says yes to another colour."""


def stands_by(model: VisionLanguageModel, patches: Patches, asked: Asked, goes_on: bool) -> Stands:
    """Ask colour questions, then whether there are such things in that colour, or in the next one.

    The second question `goes_on` in the same conversation, behind the answer, or begins another.
    Where the first answer is no colour, nothing more is asked.
    """
    names, some = [*COLOURS, next(iter(COLOURS))], asked.only(asked.of("colour"))
    wishes = [question.text for question in some.questions]
    said = answer(model, patches[some.scene], wishes, limit=4)
    rows = [i for i, colour in enumerate(said) if colour in COLOURS]
    seen = patches[some.scene[rows]]
    before = [[(wishes[i], said[i])] if goes_on else [] for i in rows]
    kinds = [PLURALS.get(kind, kind) for kind in (wishes[i].split()[4] for i in rows)]
    found = []
    for step in (0, 1):
        colours = [names[names.index(said[i]) + step] for i in rows]
        again = [exists(colour, kind) for colour, kind in zip(colours, kinds, strict=True)]
        replies = answer(model, seen, again, limit=4, before=before)
        found.append(mean(reply == "yes" for reply in replies))
    return Stands(*found)


def shuffled(patches: Patches) -> Patches:
    """Give every scene the picture of another one."""
    return patches.roll(1, dims=0)


# ── Looking ───────────────────────────────────────────────────────────────────────────────────────


@torch.no_grad()
def looks(
    model: VisionLanguageModel, patches: Patches, wishes: Sequence[str]
) -> Float[Tensor, "layer wish place"]:
    """Return how much the place that says an answer's first word looks at each of the picture's.

    The heads of a layer are averaged. The rows do not sum to 1: the rest goes to words.
    """
    model.eval()
    found = []
    for wish, seen in zip(wishes, patches, strict=True):
        tokens = encode([conversation([(wish, None)], places(model))])
        with record_attention(model.language) as maps:
            model(seen.unsqueeze(0), tokens)
        last = [calls[0][0, :, -1, : places(model)].mean(dim=0) for calls in maps.values()]
        found.append(torch.stack(last))
    return torch.stack(found, dim=1)


def inside(model: VisionLanguageModel, asked: Asked) -> Bool[Tensor, "question place"]:
    """Return which of the picture's places touch what an answer rests on.

    None where the answer is that there is none.
    """
    grid = isqrt(places(model))
    side = SIDE // grid
    found = torch.zeros(len(asked), grid, grid, dtype=torch.bool)
    for row, question in zip(found, asked.questions, strict=True):
        for left, top, right, bottom in question.boxes:
            row[top // side : -(-bottom // side), left // side : -(-right // side)] = True
    return found.flatten(1)


def most_ink(model: VisionLanguageModel, asked: Asked) -> Float[Tensor, "question place"]:
    """Return the ink of each of the picture's places: a look that costs nothing."""
    ink = (asked.told.scenes.owners != NOTHING).float()
    return F.adaptive_avg_pool2d(ink, isqrt(places(model))).flatten(1)[asked.scene]


def pointing(model: VisionLanguageModel, patches: Patches, asked: Asked) -> list[float]:
    """Return, for each layer, how often the strongest place touches what the answer rests on.

    Questions whose answer is that there is none are left out.
    """
    some = asked.only([i for i, question in enumerate(asked.questions) if question.boxes])
    maps = looks(model, patches[some.scene], [question.text for question in some.questions])
    truth = inside(model, some)
    return [pointing_accuracy(layer, truth) for layer in maps]


@contextmanager
def looking_away(model: VisionLanguageModel, layers: Sequence[int]) -> Iterator[None]:
    """Keep the place that says the next word from looking at the picture's places in some layers.

    The words before it look as ever, and what they have seen can be read from them.
    """
    parts = [model.language.blocks[layer].attention for layer in layers]
    for attention in parts:
        attention.look = partial(look_at_words, places(model))
    try:
        yield
    finally:
        for attention in parts:
            del attention.look


def look_at_words(pictures: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attend to what came before; the newest place leaves out the first `pictures` places."""
    new, read = query.shape[-2], key.shape[-2]
    mask = torch.ones(new, read, dtype=torch.bool, device=query.device).tril(read - new)
    mask[-1, :pictures] = False
    return F.scaled_dot_product_attention(query, key, value, attn_mask=mask)


Ask = Callable[[UInt8[Tensor, "3 64 64"], str], tuple[str, Float[Tensor, " place"]]]
"""Answers a question about a picture, and says how much it looked at each of its places."""


def asker(model: VisionLanguageModel, layer: int) -> Ask:
    """Return what a chat asks: a model's answer, and one layer's look as it answers.

    What it returns raises ValueError for a word that conversations do not have.
    """

    def ask(
        picture: UInt8[Tensor, "3 64 64"], question: str
    ) -> tuple[str, Float[Tensor, " place"]]:
        patches, wish = model.watch(picture.unsqueeze(0)), " ".join(question.lower().split())
        return answer(model, patches, [wish])[0], looks(model, patches, [wish])[layer, 0]

    return ask


class Repainted(NamedTuple):
    """What a model says of scenes in which one single object got another colour."""

    follows: float
    """The share of new colours that are said of the object itself."""
    stays: float
    """The share of other objects whose colour is said as before."""


def repainted(model: VisionLanguageModel, told: Told) -> Repainted:
    """Give the first object of each scene another colour, and ask for the colours of all.

    Scenes whose first object has a twin are left out.
    """
    scenes = told.scenes
    slots = torch.zeros(len(told), dtype=torch.long)
    new = next_colour(scenes, slots)
    before, after = (model.watch(p) for p in (scenes.pictures, repaint(scenes, slots, new)))
    rows = [
        (scene, group, group.kind == tuple(KINDS)[scenes.kinds[scene, 0]])
        for scene, facts in enumerate(told.facts)
        for group in facts
        if scenes.kinds[scene, GROUPS] == NOTHING
    ]
    wishes = [f"what colour {be(group)} {the(group)} ?" for _, group, _ in rows]
    which = [scene for scene, *_ in rows]
    was, became = (answer(model, patches[which], wishes, 4) for patches in (before, after))
    first = [is_first for *_, is_first in rows]
    follows = [
        said == tuple(COLOURS)[new[scene]]
        for said, scene, is_first in zip(became, which, first, strict=True)
        if is_first
    ]
    stays = [
        one == two for one, two, is_first in zip(was, became, first, strict=True) if not is_first
    ]
    return Repainted(mean(follows), mean(stays))


class Covered(NamedTuple):
    """How often a model says an object's colour when ink is covered with paper."""

    nothing: float
    another: float
    """With the other object covered, which has about as much ink."""
    itself: float
    ink: float
    """The median of the other's ink over its own."""


def covered(model: VisionLanguageModel, told: Told) -> Covered:
    """Cover one of two single objects of a scene, and ask for the colour of the first of them.

    Of the single objects of a scene the two are taken whose ink differs least; scenes with fewer
    than two are left out.
    """
    scenes = told.scenes
    rows = [(scene, *alike) for scene in range(len(told)) if (alike := most_alike(scenes, scene))]
    which, first, second = torch.tensor(rows).unbind(dim=1)
    kinds, colours = scenes.kinds[which, first].tolist(), scenes.colours[which, first].tolist()
    wishes = [f"what colour is the {tuple(KINDS)[kind]} ?" for kind in kinds]
    ink = [(scenes.owners[which] == slot.view(-1, 1, 1)) for slot in (first, second)]
    nothing = torch.zeros_like(ink[0])
    right = []
    for cover in (nothing, ink[1], ink[0]):
        paper = scenes.pictures[which].masked_fill(cover.unsqueeze(1), 255)
        said = answer(model, model.watch(paper), wishes, 4)
        pairs = zip(said, colours, strict=True)
        right.append(mean(one == tuple(COLOURS)[colour] for one, colour in pairs))
    own, other = (mask.sum(dim=(1, 2)).double() for mask in ink)
    return Covered(*right, (other / own).median().item())


def most_alike(scenes: Scenes, scene: int) -> tuple[int, int] | None:
    """Return the slots of the two single objects of a scene whose ink differs least."""
    kinds, owners = scenes.kinds[scene].tolist(), scenes.owners[scene]
    single = [s for s in range(GROUPS) if kinds[s] != NOTHING and kinds[s + GROUPS] == NOTHING]
    ink = {slot: int((owners == slot).sum()) for slot in single}
    pairs = combinations(single, 2)
    return min(pairs, key=lambda pair: abs(ink[pair[0]] - ink[pair[1]]), default=None)


# ── The parts that were trained before ────────────────────────────────────────────────────────────

PATCH = 8
"""Pixels along the side of a patch."""
DEPTH, HEADS = 4, 4
HIDDEN = 256
"""Numbers between the projector's layers: as many as four patches have."""


def new_tower() -> PictureTokens:
    """Return an untrained tower: 8 × 8 patches of 8 pixels, each WIDTH numbers."""
    return PictureTokens(SIDE, PATCH, 3, WIDTH)


def load_tower() -> PictureTokens:
    """Return the tower that the course ships: it says of 99 % of the patches what they show."""
    checkpoints.load(shipped("checkpoints/sight.safetensors"), tower := new_tower())
    return tower.eval()


def load_language_model() -> GPT:
    """Return the language model that the course ships: it never saw a picture."""
    checkpoints.load(shipped("checkpoints/talk.safetensors"), model := new_language_model())
    return model.eval()


def load_model() -> VisionLanguageModel:
    """Return the whole model that the course ships: stage 2 is longer than a lesson can wait."""
    language = new_language_model()
    model = new_model(new_tower(), language)
    checkpoints.load(shipped("checkpoints/seeing.safetensors"), model)
    return model.eval()


def load_pixel_tower() -> nn.Module:
    """Return lesson 04's tower, which learnt what kind of thing each pixel shows, and no colour."""
    model = vit.pixel_classifier(vit.PIXELS_FULL)
    checkpoints.load(shipped("checkpoints/pixels.safetensors"), model)
    return TransformerTokens(model.transformer).eval()


def new_model(
    tower: nn.Module | None = None, language: GPT | None = None, layers: int = 2, pool: int = 2
) -> VisionLanguageModel:
    """Put a tower and a language model together, with an untrained projector between them.

    Without others they are those that the course ships.
    """
    projector = Projector(WIDTH, WIDTH, layers, pool, hidden=HIDDEN)
    tower, language = tower or load_tower(), language or load_language_model()
    return VisionLanguageModel(tower, projector, language)


def new_language_model() -> GPT:
    """Return an untrained language model for the words of conversations.

    Its table starts twenty times as spread out as GPT-2's. (What that is worth was not measured.)
    """
    model = GPT(len(WORDS), WINDOW, WIDTH, DEPTH, HEADS, positions="rotary")
    nn.init.normal_(model.token.weight, std=0.4)
    return model


class PatchNamer(nn.Module):
    """A tower, and a layer that says of every patch what it shows, its row and its column.

    So the tower is trained: what stands where is what a language model will want to know.
    """

    def __init__(self, tower: PictureTokens, kinds: int) -> None:
        super().__init__()
        self.side = SIDE // PATCH
        self.sizes = (1 + kinds * len(COLOURS), self.side, self.side)
        self.tower, self.name = tower, nn.Linear(WIDTH, sum(self.sizes))

    def forward(
        self, pictures: Float[Tensor, "picture 3 64 64"]
    ) -> tuple[Float[Tensor, "picture patch _"], ...]:
        """Return scores for what each patch shows, for its row, and for its column."""
        return self.name(self.tower(pictures)).split(self.sizes, dim=2)


def naming_loss(
    model: nn.Module, pictures: Pictures, names: Int64[Tensor, "picture patch"]
) -> Float[Tensor, ""]:
    """Return the cross-entropy of the patches' names, rows and columns, added up."""
    side = SIDE // PATCH
    patch = torch.arange(side**2, device=names.device).expand_as(names)
    wanted = (names, patch // side, patch % side)
    pairs = zip(model(as_input(pictures)), wanted, strict=True)
    return sum(F.cross_entropy(scores.flatten(0, 1), target.flatten()) for scores, target in pairs)


def patch_names(scenes: Scenes, kinds: int) -> Int64[Tensor, "scene patch"]:
    """Return what each patch shows most of: 0 is paper, then each kind in each colour."""
    names = 1 + scenes.kinds * len(COLOURS) + scenes.colours  # (scene, slot)
    names = names.masked_fill(scenes.kinds == NOTHING, 0)
    slots = torch.arange(scenes.kinds.shape[1]).view(-1, 1, 1)
    ink = (scenes.owners.unsqueeze(1) == slots).float()  # (scene, slot, high, wide)
    most = F.avg_pool2d(ink, PATCH).flatten(2)  # (scene, slot, patch)
    found = names.gather(1, most.argmax(dim=1))
    return found.masked_fill(most.amax(dim=1) < LEAST_INK, 0)


LEAST_INK = 0.1
"""The share of a patch that an object's ink must cover, else the patch shows paper."""


# ── Weights of LLaVA ──────────────────────────────────────────────────────────────────────────────


class PatchesAlone(nn.Module):
    """A Vision Transformer's patches without the class token, as its last block leaves them.

    The published LLaVA reads them one block earlier.
    """

    def __init__(self, transformer: VisionTransformer) -> None:
        super().__init__()
        self.transformer = transformer
        self.transformer.norm = nn.Identity()  # what is read comes before the last norm

    def forward(self, pictures: Float[Tensor, "picture channels high wide"]) -> Patches:
        """Return one vector for every patch, in reading order."""
        return self.transformer(pictures)[:, 1:]


def from_llava(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights of transformers' LLaVA under the names of `VisionLanguageModel`.

    Its tower is a `ViTModel` (`PatchesAlone` here), its language model a GPT-2 (`GPT`).
    """

    def part(name: str) -> dict[str, Tensor]:
        front = f"model.{name}."
        return {k.removeprefix(front): v for k, v in weights.items() if k.startswith(front)}

    tower = vit.from_transformers(part("vision_tower"))
    between = part("multi_modal_projector")
    renamed = {
        "tower.transformer": {k: v for k, v in tower.items() if not k.startswith("norm.")},
        "projector.layers.0": {k[9:]: v for k, v in between.items() if k.startswith("linear_1.")},
        "projector.layers.2": {k[9:]: v for k, v in between.items() if k.startswith("linear_2.")},
        "language": gpt.from_transformers(part("language_model")),
    }
    return {f"{front}.{k}": v for front, some in renamed.items() for k, v in some.items()}
