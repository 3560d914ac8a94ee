"""Captioning: how a model says what it sees (lesson 14).

A decoder writes a caption word by word, and each word may look at the picture. It can do so by
cross-attention, or the picture's tokens stand in front of the words in one sequence.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from random import Random

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64, UInt8
from torch import Tensor, nn

from mmtutor.attention import causal_mask, known_cross_entropy, record_attention
from mmtutor.crossmodal import PictureTokens, next_colour, repaint
from mmtutor.datasets.scenes import COLOURS, KINDS, NOTHING, SIDE, as_input, patches_in_box
from mmtutor.datasets.telling import (
    END,
    LONGEST,
    NOUNS,
    PADDING,
    WORDS,
    Group,
    Told,
    Truth,
    claims,
    decode,
    encode,
    truth,
)
from mmtutor.datasets.telling.words import PIPELINE, SAID
from mmtutor.metrics import pointing_accuracy
from mmtutor.metrics.captions import bleu
from mmtutor.metrics.telling import against_truth, mean
from mmtutor.pipelines import FIRST
from mmtutor.plots.caption_desk import Said, Teller, Wish
from mmtutor.training import History, Recipe, fit, seed_everything
from mmtutor.transformer import DecoderBlock, EncoderBlock

TOKENS = FIRST + len(WORDS)
"""Padding, unknown, and the words."""
WHERE = [PIPELINE.numbers[word] for word in SAID if word != "and"]
"""The numbers of the words that say where something is."""
IGNORED = -100
"""The target that is none: cross-entropy leaves it out."""

Pictures = UInt8[Tensor, "picture 3 64 64"]
Captions = Int64[Tensor, "caption word"]
Scores = Float[Tensor, "caption word token"]

# ── Decoders ──────────────────────────────────────────────────────────────────────────────────────


class Decoder(nn.Module):
    """What all decoders share: words in, scores for the word after each of them out.

    `see` reads pictures once; `say` reads captions beside what was seen. Pictures and captions come
    in pairs, or each picture has several captions that follow one another.
    """

    def __init__(self, width: int, patch: int) -> None:
        super().__init__()
        self.tower = PictureTokens(SIDE, patch, 3, width)
        self.word = nn.Embedding(TOKENS, width)
        self.position = nn.Parameter(0.1 * torch.randn(LONGEST, width))
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, TOKENS)
        nn.init.normal_(self.word.weight, std=0.1)

    def see(self, pictures: Pictures) -> Float[Tensor, "picture patch width"]:
        """Return the tokens of pictures, which every word can read."""
        return self.tower(as_input(pictures))

    def embed(self, captions: Captions) -> Float[Tensor, "caption word width"]:
        """Return the words' vectors, each with its place in the caption."""
        return self.word(captions) + self.position[: captions.shape[1]]

    def say(self, seen: Float[Tensor, "picture patch width"], captions: Captions) -> Scores:
        """Return scores for the word after each word."""
        raise NotImplementedError

    def forward(self, pictures: Pictures, captions: Captions) -> Scores:
        """Return scores for the word after each word of the captions of these pictures."""
        return self.say(self.see(pictures), captions)


class CrossDecoder(Decoder):
    """Words look at earlier words, then at the picture, then think. No word is in the picture.

    Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.1; for captions, Xu et al. 2015, "Show,
    Attend and Tell", arXiv:1502.03044 (there with an LSTM).
    """

    def __init__(self, width: int, heads: int, depth: int, patch: int) -> None:
        super().__init__(width, patch)
        self.blocks = nn.ModuleList(DecoderBlock(width, heads) for _ in range(depth))

    def say(self, seen: Float[Tensor, "picture patch width"], captions: Captions) -> Scores:
        """Return scores for the word after each word."""
        x, mask = self.embed(captions), causal_mask(captions.shape[1], captions.device)
        seen = for_each_caption(seen, captions)
        for block in self.blocks:
            x = block(x, seen, mask)
        return self.out(self.norm(x))


class PrefixDecoder(Decoder):
    """The picture's tokens stand in front of the words, in one sequence and one transformer.

    Source: Tsimpoukelli et al. 2021, "Frozen", arXiv:2106.13884; prefix mask: Raffel et al. 2020,
    "T5", arXiv:1910.10683, section 3.2.1.
    """

    def __init__(self, width: int, heads: int, depth: int, patch: int) -> None:
        super().__init__(width, patch)
        self.blocks = nn.ModuleList(wider_block(width, heads) for _ in range(depth))

    def say(self, seen: Float[Tensor, "picture patch width"], captions: Captions) -> Scores:
        """Return scores for the word after each word."""
        seen = for_each_caption(seen, captions)
        patches = seen.shape[1]
        mask = prefix_mask(patches, captions.shape[1], captions.device)
        x = torch.cat([seen, self.embed(captions)], dim=1)
        for block in self.blocks:
            x = block(x, mask)
        return self.out(self.norm(x[:, patches:]))


class BlindDecoder(Decoder):
    """The same without the picture: what can be said of any scene."""

    def __init__(self, width: int, heads: int, depth: int, patch: int) -> None:
        super().__init__(width, patch)
        self.tower = None
        self.blocks = nn.ModuleList(wider_block(width, heads) for _ in range(depth))

    def see(self, pictures: Pictures) -> Float[Tensor, "picture patch width"]:
        """Return nothing to look at: no patch of each picture."""
        return self.position.new_zeros(len(pictures), 0, self.position.shape[1])

    def say(self, seen: Float[Tensor, "picture patch width"], captions: Captions) -> Scores:
        """Return scores for the word after each word, whatever was seen."""
        x, mask = self.embed(captions), causal_mask(captions.shape[1], captions.device)
        for block in self.blocks:
            x = block(x, mask)
        return self.out(self.norm(x))


def wider_block(width: int, heads: int) -> EncoderBlock:
    """Return a block whose network is wider by as many weights as a cross-attention has."""
    return EncoderBlock(width, heads, hidden=4 * width + 2 * width + 2)


def prefix_mask(
    patches: int, words: int, device: torch.device | None = None
) -> Bool[Tensor, "token token"]:
    """Let patches look at all patches, and each word at all patches and at words up to itself."""
    mask = causal_mask(patches + words, device)
    mask[:patches, :patches] = True
    return mask


def for_each_caption(
    seen: Float[Tensor, "picture patch width"], captions: Captions
) -> Float[Tensor, "caption patch width"]:
    """Give every caption its picture's tokens: as many captions in a row for each picture."""
    return seen.repeat_interleave(len(captions) // len(seen), dim=0)


VARIANTS = {"cross-attention": CrossDecoder, "prefix": PrefixDecoder, "blind": BlindDecoder}

# ── Learning ──────────────────────────────────────────────────────────────────────────────────────


def shifted(
    captions: Captions,
) -> tuple[Int64[Tensor, "caption before"], Int64[Tensor, "caption before"]]:
    """Return what the model reads and what it is to say: the same words, one place later."""
    targets = captions[:, 1:]
    return captions[:, :-1], targets.masked_fill(targets == PADDING, IGNORED)


def caption_loss(
    model: nn.Module, pictures: Pictures, captions: Int64[Tensor, "picture word"]
) -> Float[Tensor, ""]:
    """Return the cross-entropy of each word after the true words before it, padding left out.

    Reading the true words and not its own is "teacher forcing" (Williams and Zipser 1989).
    """
    inputs, targets = shifted(captions)
    scores = model(pictures, inputs)
    return known_cross_entropy(scores.flatten(0, 1), targets.flatten(), IGNORED)


class CaptionBatches:
    """Pictures, each with one of its references, drawn anew each time."""

    def __init__(self, told: Told, batch_size: int, seed: int = 0) -> None:
        self.pictures, self.batch_size, self.seed = told.scenes.pictures, batch_size, seed
        texts = [caption for five in told.references for caption in five]
        self.references = encode(texts).view(len(told), -1, LONGEST)

    def __getitem__(self, step: int) -> tuple[Pictures, Captions]:
        generator = torch.Generator().manual_seed(1_000_003 * self.seed + step)
        scenes, which = (
            torch.randint(high, (self.batch_size,), generator=generator)
            for high in self.references.shape[:2]
        )
        return self.pictures[scenes], self.references[scenes, which]


@dataclass(frozen=True, kw_only=True)
class CaptionRecipe(Recipe):
    """How a model of lesson 14 is built and trained, and on what scenes."""

    width: int = 64
    heads: int = 8
    depth: int = 2
    patch: int = 8
    kinds: int
    scenes: int


QUICK = CaptionRecipe(
    steps=600,
    batch_size=64,
    learning_rate=3e-3,
    kinds=6,
    scenes=6000,
    expect="Expect half of the captions to be true after 40 seconds on two CPU cores.",
)
FULL = CaptionRecipe(
    steps=6000,
    batch_size=64,
    learning_rate=2e-3,
    kinds=12,
    scenes=24000,
    expect="Expect most captions to be true, with twice as many kinds.",
)


def build(variant: str, recipe: CaptionRecipe) -> Decoder:
    """Build a decoder by its name; those that see have equally many parameters."""
    return VARIANTS[variant](recipe.width, recipe.heads, recipe.depth, recipe.patch)


def train(
    variant: str, told: Told, recipe: CaptionRecipe, valid: Told | None = None
) -> tuple[Decoder, History]:
    """Return a decoder that has learnt from told scenes, and how that went.

    Twelve times on the way its captions of `valid` are judged, where there are any.
    """

    def all_true(model: nn.Module) -> dict[str, float]:
        captions = greedy(model, valid.scenes.pictures)
        return {"all true": against_truth(captions, valid.facts)["all true"]}

    seed_everything(recipe.seed)
    model = build(variant, recipe)
    batches = CaptionBatches(told, recipe.batch_size, recipe.seed)
    every = -(-recipe.steps // 12)
    look = all_true if valid else None
    return model, fit(model, batches, caption_loss, recipe, evaluate=look, every=every)


# ── Rivals that learn nothing ─────────────────────────────────────────────────────────────────────


def best_constant(known: Told, valid: Told, seed: int = 0) -> str:
    """Return, of 200 known captions, the one with the best BLEU if it is said of every scene."""
    texts = sorted({caption for several in known.references for caption in several})
    tried = Random(seed).sample(texts, 200)
    references = [[text.split() for text in several] for several in valid.references]
    return max(tried, key=lambda text: bleu([text.split()] * len(valid), references))


def nearest_captions(known: Told, told: Told, seed: int = 0) -> list[str]:
    """Return for each scene a caption of the known picture whose pixels are most like its own."""
    small = [F.avg_pool2d(as_input(t.scenes.pictures), 4).flatten(1) for t in (told, known)]
    random = Random(seed)
    return [random.choice(known.references[at]) for at in torch.cdist(*small).argmin(1).tolist()]


def unlisted(told: Told, seed: int = 0) -> dict[int, str]:
    """Return by scene a right caption that is none of its references, where there is one."""
    random = Random(seed)
    rest = [sorted({*told.right(i)} - {*told.references[i]}) for i in range(len(told))]
    return {scene: random.choice(captions) for scene, captions in enumerate(rest) if captions}


def only(told: Told, scenes: Sequence[int]) -> Told:
    """Return what is told of some of the scenes; the pictures stay as they are."""
    facts, references = [told.facts[i] for i in scenes], [told.references[i] for i in scenes]
    return replace(told, facts=facts, references=references)


def leave_out(told: Told, captions: Sequence[str]) -> Told:
    """Return what is told, without each scene's caption among its references."""
    pairs = zip(told.references, captions, strict=True)
    return replace(told, references=[[t for t in five if t != own] for five, own in pairs])


# ── Decoding ──────────────────────────────────────────────────────────────────────────────────────


def begun(
    beginning: str, count: int, device: torch.device | None = None
) -> Int64[Tensor, "{count} word"]:
    """Return the same beginning of a caption `count` times, as numbers, without its end."""
    row = encode([beginning])[0]
    return row[: row.tolist().index(END)].repeat(count, 1).to(device)


@torch.no_grad()
def greedy(model: nn.Module, pictures: Pictures, beginning: str = "") -> list[str]:
    """Return a caption of each picture, the likeliest word at each step."""
    return go_on(model, model.see(pictures), begun(beginning, len(pictures), pictures.device))


@torch.no_grad()
def go_on(model: nn.Module, seen: Float[Tensor, "caption patch width"], ids: Captions) -> list[str]:
    """Return captions that go on from beginnings, the likeliest word at each step."""
    while ids.shape[1] < LONGEST:
        ids = torch.cat([ids, model.say(seen, ids)[:, -1].argmax(1, keepdim=True)], dim=1)
    return decode(ids)


@torch.no_grad()
def sample(
    model: nn.Module,
    pictures: Pictures,
    temperature: float = 1.0,
    generator: torch.Generator | None = None,
    beginning: str = "",
) -> list[str]:
    """Return a caption of each picture, each word drawn as likely as the model says."""
    seen, ids = model.see(pictures), begun(beginning, len(pictures), pictures.device)
    while ids.shape[1] < LONGEST:
        chances = (model.say(seen, ids)[:, -1] / temperature).softmax(dim=1)
        ids = torch.cat([ids, chances.multinomial(1, generator=generator)], dim=1)
    return decode(ids)


@torch.no_grad()
def beam(
    model: nn.Module,
    pictures: Pictures,
    width: int,
    length_power: float = 0.0,
    beginning: str = "",
) -> list[str]:
    """Return the best caption of each picture that a beam of `width` captions finds.

    Captions are compared by their log probability divided by their length to the `length_power`. A
    caption that has ended is kept, goes on with padding at no cost, and competes with the others.
    """
    count, seen = len(pictures), model.see(pictures)
    ids = begun(beginning, count * width, pictures.device)
    start = ids.shape[1]
    scores = torch.full((count, width), -torch.inf)
    scores[:, 0] = 0.0  # all beams begin alike, so that only the first counts at first
    while ids.shape[1] < LONGEST and not ended(ids).all():
        ahead = model.say(seen, ids)[:, -1].log_softmax(dim=1)
        only_padding = torch.full_like(ahead, -torch.inf)
        only_padding[:, PADDING] = 0.0
        ahead = torch.where(ended(ids).unsqueeze(1), only_padding, ahead)
        scores = scores.unsqueeze(2) + ahead.view(count, width, -1)
        lengths = (ids[:, start:] > PADDING).sum(1) + ~ended(ids)  # words so far, with the next
        fair = scores / lengths.clamp(min=1).view(count, width, 1) ** length_power
        best = fair.flatten(1).topk(width, dim=1).indices  # (picture, beam)
        parents, words = best // TOKENS, best % TOKENS
        scores = scores.flatten(1).gather(1, best)
        rows = (torch.arange(count).unsqueeze(1) * width + parents).flatten()
        ids = torch.cat([ids[rows], words.view(-1, 1)], dim=1)
    return decode(ids[::width])


def ended(ids: Captions) -> Bool[Tensor, " caption"]:
    """Say which captions have had their full stop."""
    return (ids == END).any(dim=1)


class ListsOnly(nn.Module):
    """A decoder that may say no word for a place or a relation: plain lists are left."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def see(self, pictures: Pictures) -> Float[Tensor, "picture patch width"]:
        """Return what the decoder sees."""
        return self.model.see(pictures)

    def say(self, seen: Float[Tensor, "picture patch width"], captions: Captions) -> Scores:
        """Return its scores, and minus infinity for what may not be said."""
        scores = self.model.say(seen, captions)
        return scores.index_fill(2, torch.tensor(WHERE, device=scores.device), -torch.inf)


FORMS = ("plain list", "with places", "with relations")
"""What captions say beside kinds, colours and numbers."""


def form_of(caption: str) -> str:
    """Return which of `FORMS` a caption has."""
    said = claims(caption)
    return FORMS[2] if said.relations else FORMS[1] if said.places else FORMS[0]


# ── Looking ───────────────────────────────────────────────────────────────────────────────────────


@torch.no_grad()
def word_attention(
    model: Decoder, pictures: Pictures, captions: Sequence[str]
) -> Float[Tensor, "layer caption word patch"]:
    """Return how each place of some captions looks at the picture, its heads averaged, by layer.

    Place 0 is the sign that begins a caption: place t *reads* word t and *predicts* word t + 1,
    where word 1 is the caption's first.
    """
    ids = encode(captions).to(pictures.device)
    with record_attention(model) as maps:
        model(pictures, ids)
    patches = model.see(pictures[:1]).shape[1]
    layers = [calls[0].mean(dim=1)[:, -LONGEST:, :patches] for calls in maps.values()]
    cross = [layer for name, layer in zip(maps, layers, strict=True) if "cross" in name]
    return torch.stack(cross or layers).cpu()


def named_nouns(told: Told, captions: Sequence[str]) -> list[tuple[int, int, Group]]:
    """Return scene, place and group of each noun of captions that names what is there."""
    return [
        (scene, place, group)
        for scene, row in enumerate(encode(captions).tolist())
        for place, word in enumerate(row)
        for group in told.facts[scene]
        if NOUNS.get(word) == group.kind
    ]


def noun_looks(
    model: Decoder, told: Told, captions: Sequence[str], reads: bool = False
) -> tuple[Float[Tensor, "layer noun patch"], Bool[Tensor, "noun patch"]]:
    """Return where the model looks at each noun of captions, and where that noun's objects are.

    The look is that of the place which predicts the noun, or of the one that `reads` it. Nouns that
    name what is not there are left out.
    """
    maps = word_attention(model, told.scenes.pictures, captions)
    grid = round(maps.shape[-1] ** 0.5)
    found = named_nouns(told, captions)
    looks = [maps[:, scene, place if reads else place - 1] for scene, place, _ in found]
    boxes = [patches_in_box(torch.tensor(group.boxes), grid).any(dim=0) for *_, group in found]
    return torch.stack(looks, dim=1), torch.stack(boxes)


def most_ink(told: Told, captions: Sequence[str], grid: int = 8) -> Float[Tensor, "noun patch"]:
    """Return, for each noun, the ink of its picture's patches: a look that costs nothing."""
    ink = F.adaptive_avg_pool2d((told.scenes.owners != NOTHING).float(), grid).flatten(1)
    return ink[[scene for scene, *_ in named_nouns(told, captions)]]


def said_alone(told: Told, captions: Sequence[str], kind: str) -> dict[int, tuple[int, list[int]]]:
    """Return, by scene, the place of a noun in the caption and the box of the one object it names.

    Scenes in which the kind is missing, has a twin or is not named are left out.
    """
    return {
        scene: (place, list(group.boxes[0]))
        for scene, place, group in named_nouns(told, captions)
        if group.kind == kind and group.number == 1
    }


def pointing(
    model: Decoder, told: Told, captions: Sequence[str], reads: bool = False
) -> list[float]:
    """Return, for each layer, how often the strongest patch at a noun lies in a box of its own."""
    looks, inside = noun_looks(model, told, captions, reads)
    return [pointing_accuracy(layer, inside) for layer in looks]


def best_layer(model: Decoder, told: Told) -> int:
    """Return the layer that points best at the nouns of the scenes' first references."""
    found = pointing(model, told, [references[0] for references in told.references])
    return found.index(max(found))


def repainted(model: Decoder, told: Told) -> dict[str, float]:
    """Return what becomes of captions when one object gets another colour.

    Objects that have a twin, and those that are not named before, are left out; of those that are
    not named after, only that is counted. The other shares are of the objects named both times.
    """
    scenes = told.scenes
    slots = torch.zeros(len(told), dtype=torch.long)
    new = next_colour(scenes, slots)
    pictures = (scenes.pictures, repaint(scenes, slots, new))
    before, after = (greedy(model, some) for some in pictures)
    found = []
    for scene, texts in enumerate(zip(before, after, strict=True)):
        kind = tuple(KINDS)[scenes.kinds[scene, 0]]
        if scenes.kinds[scene, 3] == NOTHING and kind in colours(texts[0]):
            found.append(recoloured(*texts, kind, tuple(COLOURS)[new[scene]]))
    both = [one for one in found if one]
    return {"still named": len(both) / len(found)} | {
        name: mean(one[name] for one in both) for name in both[0]
    }


def recoloured(before: str, after: str, kind: str, colour: str) -> dict[str, bool]:
    """Return what a kind's new colour changed in a caption; nothing if the kind is not named."""
    was, became = colours(before), colours(after)
    if kind not in became:
        return {}
    words = f" {before} ".replace(f" {was[kind]} {kind} ", f" {colour} {kind} ").split()
    same = ["a" if word == "an" else word for word in words]
    return {
        "new colour is said": became[kind] == colour,
        "other kinds and colours stay": was | {kind: colour} == became | {kind: colour},
        "all other words stay": same == ["a" if w == "an" else w for w in after.split()],
    }


def colours(caption: str) -> dict[str, str | None]:
    """Return the colour that a caption says of each kind."""
    return {item.kind: item.colour for item in claims(caption).items}


# ── A desk to play at ─────────────────────────────────────────────────────────────────────────────


def desk_teller(model: Decoder, told: Told, layer: int) -> Teller:
    """Return what a caption desk asks: a model's caption of a scene, from any beginning."""

    def tell(wish: Wish) -> Said:
        picture = told.scenes.pictures[wish.picture : wish.picture + 1]
        beginning = " ".join(wish.beginning.lower().split())
        caption = gone_on(model, picture, wish._replace(beginning=beginning))
        words = caption.split()
        if not words:
            raise ValueError("the model says nothing: try another beginning")
        looks = word_attention(model, picture, [caption])[layer, 0, : len(words)]
        shares = word_shares(model, picture, caption)
        verdict = says_truth(truth(caption, told.facts[wish.picture]))
        return Said(tuple(words), len(beginning.split()), shares, looks, verdict)

    return tell


def gone_on(model: Decoder, picture: Pictures, wish: Wish) -> str:
    """Return one picture's caption in the way that a reader wishes."""
    if wish.way == "sample":
        generator = torch.Generator().manual_seed(wish.draw)
        return sample(model, picture, wish.temperature, generator, wish.beginning)[0]
    if wish.way == "greedy":
        return greedy(model, picture, wish.beginning)[0]
    return beam(model, picture, int(wish.way.split()[1]), beginning=wish.beginning)[0]


@torch.no_grad()
def word_shares(model: Decoder, picture: Pictures, caption: str) -> tuple[float, ...]:
    """Return how likely each word of a caption was after the words before it."""
    inputs, targets = shifted(encode([caption]))
    shares = model(picture, inputs)[0].softmax(dim=1)
    words = targets[0][: len(caption.split())]
    return tuple(shares[torch.arange(len(words)), words].tolist())


def says_truth(found: Truth) -> str:
    """Say what is false in a caption, and what it leaves out."""
    counts = asdict(found)
    names = ("absent", "wrong_colour", "wrong_number", "wrong_place", "wrong_relation", "left_out")
    wrong = [f"{name.replace('_', ' ')}: {counts[name]}" for name in names if counts[name]]
    wrong += [f"words that make no sense: {found.unread}"] if found.unread else []
    if not wrong:
        return "All is true, and nothing is left out."
    return ("All is true. " if found.all_true else "Not true. ") + ", ".join(wrong) + "."
