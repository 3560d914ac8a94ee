"""Video: time as a third axis (lesson 16).

A film is a row of pictures. What can it say that none of them can, and how does a model read it?
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64, UInt8
from torch import Tensor, nn

from mmtutor.attention import record_attention
from mmtutor.contrastive import TextTransformer, contrastive_loss, unit
from mmtutor.datasets.lamp_sounds import HERTZ, MIDDLES, loudness, sounds, switched_on
from mmtutor.datasets.lamp_words import EVENTS, captions, event_frames, sentence
from mmtutor.datasets.lamps import (
    BRIGHT,
    DIM,
    FLASH,
    FRAMES,
    LAMPS,
    QUESTIONS,
    SIDE,
    TYPES,
    Lamps,
    compared,
    make_lamps,
)
from mmtutor.datasets.names import PADDING, encode
from mmtutor.datasets.watching import Watching
from mmtutor.metrics import recall_at
from mmtutor.training import Batches, History, Recipe, fit, predict, seed_everything
from mmtutor.transformer import EncoderBlock

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

Films = UInt8[Tensor, "film time colour height width"]
Pieces = Float[Tensor, "film pieces place numbers"]
Scores = Float[Tensor, "film question choice"]
Cut = Callable[[Films], Pieces]

LOUDER = 4.0
"""Changes are small numbers: they are multiplied by this, or the lamps drown them."""

# ── From a film to pieces: what stands side by side in one vector ─────────────────────────────────


def tubelets(film: Tensor, frames: int, patch: int) -> Float[Tensor, "film token numbers"]:
    """Cut films into boxes of `frames` × `patch` × `patch`, a token each.

    film: (film, time, channel, height, width). Tokens come in the order of time, then row, then
    column; the numbers of one in the order time, channel, row, column. Source: Arnab et al. 2021,
    "ViViT", arXiv:2103.15691, section 3.2. Raises ValueError where a side cannot be cut so.
    """
    _, time, _, height, width = film.shape
    if time % frames or height % patch or width % patch:
        raise ValueError(
            f"a film of {time} frames of {height} × {width} cannot be cut into tubelets of "
            f"{frames} × {patch} × {patch}"
        )
    boxes = film.unflatten(1, (-1, frames)).unflatten(4, (-1, patch)).unflatten(6, (-1, patch))
    return boxes.permute(0, 1, 4, 6, 2, 3, 5, 7).flatten(4).flatten(1, 3)


def as_numbers(films: Films) -> Float[Tensor, "film time colour pixel"]:
    """Return light from 0 to 1, each lamp's picture as one row of pixels."""
    return films.flatten(3).float() / 255


def stills(films: Films) -> Pieces:
    """Return each lamp's picture in each frame: a vector knows one moment."""
    return as_numbers(films)


def neighbours(films: Films) -> Pieces:
    """Return each picture with how it changes to the next and since the last, `LOUDER`.

    So a single vector knows three moments. At both ends there is no change.
    """
    light = as_numbers(films)
    to_next = F.pad(LOUDER * light.diff(dim=1), (0, 0, 0, 0, 0, 1))
    since_last = to_next.roll(1, 1)  # the last frame's 0 comes to the first
    return torch.cat([light, to_next, since_last], 3)


def in_pairs(films: Films) -> Pieces:
    """Return tubelets of two frames and one lamp: half as many tokens, twice as long."""
    pairs = as_numbers(films).unflatten(1, (-1, 2))  # (film, pair, 2, colour, pixel)
    return pairs.transpose(2, 3).flatten(3)


def patches(films: Films) -> Pieces:
    """Return patches of 4 × 4 pixels of all lamps, 16 places a frame."""
    tokens = tubelets(films.float() / 255, 1, 4)
    return tokens.unflatten(1, (films.shape[1], -1))


class Moments(nn.Module):
    """Detectors of 3 frames × 5 × 5 pixels, the same everywhere: a convolution over space and time.

    A detector answers to light that changes in its own way. Of its answers in one frame the mean
    and the largest are kept: that something moves left, and no longer where. The picture goes on
    beyond its edges, as the lamps do. Source: Tran et al. 2015, "C3D", arXiv:1412.0767.
    """

    def __init__(self, width: int, detectors: int = 16) -> None:
        super().__init__()
        self.detect = nn.Conv2d(3, detectors, 5, padding=2, padding_mode="circular")
        self.embed = nn.Linear(2 * detectors, width)

    def forward(self, films: Films) -> Float[Tensor, "film time colour numbers"]:
        """Return a vector for each lamp in each frame."""
        pieces = neighbours(films)  # (film, time, lamp, 3 · pixel)
        moments = pieces.flatten(0, 2).unflatten(1, (3, *films.shape[3:]))
        found = F.gelu(self.detect(moments)).flatten(2)  # (film · time · lamp, detector, pixel)
        kept = torch.cat([found.mean(2), found.amax(2)], 1)
        return self.embed(kept).unflatten(0, pieces.shape[:3])


class Flat(nn.Module):
    """Pieces of a film as vectors, each through one small network. `cut` makes the pieces."""

    def __init__(self, width: int, cut: Cut, hidden: int = 192) -> None:
        super().__init__()
        self.cut = cut
        numbers = cut(torch.zeros(1, FRAMES, len(LAMPS), SIDE, SIDE).byte()).shape[3]
        self.embed = nn.Sequential(nn.Linear(numbers, hidden), nn.GELU(), nn.Linear(hidden, width))

    def forward(self, films: Films) -> Float[Tensor, "film pieces place numbers"]:
        """Return a vector for each piece."""
        return self.embed(self.cut(films))


# ── Ways to read time ─────────────────────────────────────────────────────────────────────────────


class Joint(nn.Module):
    """Leave all tokens of all frames as they are, in one row: the questions' blocks mix them."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()

    def forward(self, tokens: Float[Tensor, "film time place width"]) -> Tensor:
        """Return the tokens (film, time · place, width)."""
        return tokens.flatten(1, 2)


class Factorised(nn.Module):
    """Tokens look at their own frame, then at their own place in all frames.

    Source: Bertasius et al. 2021, "Is Space-Time Attention All You Need for Video Understanding?",
    arXiv:2102.05095, "divided" attention (there time comes first). Both blocks' small networks are
    narrow, so that the two have as many parameters as the one of `Joint`.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.space = EncoderBlock(width, heads, hidden=width)
        self.time = EncoderBlock(width, heads, hidden=width)

    def forward(self, tokens: Float[Tensor, "film time place width"]) -> Tensor:
        """Return the tokens (film, time · place, width)."""
        films, frames, places, _ = tokens.shape
        tokens = self.space(tokens.flatten(0, 1)).unflatten(0, (films, frames))
        tokens = self.time(tokens.transpose(1, 2).flatten(0, 1)).unflatten(0, (films, places))
        return tokens.transpose(1, 2).flatten(1, 2)


class Recurrent(nn.Module):
    """A memory goes from frame to frame, and what it holds at the end is all that is left.

    Source: Cho et al. 2014, arXiv:1406.1078 (the gated recurrent unit).
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.memory = nn.GRU(width, width, batch_first=True)
        self.block = EncoderBlock(width, heads, hidden=width)

    def forward(self, tokens: Float[Tensor, "film time place width"]) -> Tensor:
        """Return one token for each place (film, place, width)."""
        films = len(tokens)
        last = self.memory(tokens.transpose(1, 2).flatten(0, 1))[1][0]
        return self.block(last.unflatten(0, (films, -1)))


class Averaged(nn.Module):
    """The mean over time: which frame came first is gone."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.block = EncoderBlock(width, heads)

    def forward(self, tokens: Float[Tensor, "film time place width"]) -> Tensor:
        """Return one token for each place (film, place, width)."""
        return self.block(tokens.mean(1))


class FilmReader(nn.Module):
    """Read a film once and answer all its questions.

    `see` makes tokens of the film; a vector for the frame and one for the place are added to each.
    `mix` is one of Joint, Factorised, Recurrent and Averaged. Then the questions, learnt vectors,
    join the tokens in two blocks of attention, and each type has its own last layer.
    """

    def __init__(
        self,
        see: Callable[[int], nn.Module] = Moments,
        mix: Callable[[int, int], nn.Module] = Joint,
        width: int = 96,
        heads: int = 4,
    ) -> None:
        super().__init__()
        self.see = see(width)
        times, places = self.see(torch.zeros(1, FRAMES, len(LAMPS), SIDE, SIDE).byte()).shape[1:3]
        self.when = nn.Parameter(0.02 * torch.randn(times, 1, width))
        self.where = nn.Parameter(0.02 * torch.randn(places, width))
        self.mix = mix(width, heads)
        self.questions = nn.Parameter(0.02 * torch.randn(len(QUESTIONS), width))
        blocks = [EncoderBlock(width, heads, hidden=2 * width) for _ in range(2)]
        self.ask = nn.Sequential(*blocks)
        self.norm = nn.LayerNorm(width)
        self.answer = nn.ModuleList(nn.Linear(width, choices_of(kind)) for kind in TYPES)

    def forward(self, films: Films) -> Scores:
        """Return a score for each choice; −∞ where a question has fewer choices than four."""
        each = zip(self.answer, self.read(films).split(len(LAMPS), dim=1), strict=True)
        most = max(map(choices_of, TYPES))
        scores = [layer(some) for layer, some in each]
        return torch.cat([F.pad(s, (0, most - s.shape[2]), value=-torch.inf) for s in scores], 1)

    def read(self, films: Films) -> Float[Tensor, "film question numbers"]:
        """Return what each question has gathered from the film, before the last layers."""
        tokens = self.mix(self.see(films) + self.when + self.where)
        asked = self.questions.expand(len(films), -1, -1)
        return self.norm(self.ask(torch.cat([asked, tokens], 1))[:, : len(QUESTIONS)])


def choices_of(kind: str) -> int:
    """Return how many answers a type of question has."""
    return next(len(question.choices) for question in QUESTIONS if question.type == kind)


# ── Training, and what it is held against ─────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True)
class FilmRecipe(Recipe):
    """How a reader of films is trained, and on how many films."""

    films: int


QUICK = FilmRecipe(
    steps=400,
    batch_size=64,
    learning_rate=3e-3,
    films=20_000,
    expect="Expect more than 95 % for every type after about a minute.",
)
FULL = replace(
    QUICK,
    steps=3_000,
    batch_size=256,
    films=100_000,
    expect="Nobody has run this recipe yet; expect more than 98 % for every type.",
)


def answer_loss(model: nn.Module, films: Films, answers: Tensor) -> Tensor:
    """Return the mean surprise of the right answers, of all questions of all films."""
    return F.cross_entropy(model(films).flatten(0, 1), answers.flatten())


def train(model: nn.Module, films: Lamps, recipe: FilmRecipe, **options: Any) -> History:
    """Train a reader in place; `options` are those of `fit`."""
    batches = Batches(films.frames, films.answers, batch_size=recipe.batch_size, seed=recipe.seed)
    return fit(model, batches, answer_loss, recipe, **options)


def answers_of(model: nn.Module, frames: Films) -> Int64[Tensor, "film question"]:
    """Return the number of the best choice of each question."""
    return predict(model, frames).argmax(2)


def by_type(
    said: Int64[Tensor, "film question"], right: Int64[Tensor, "film question"]
) -> dict[str, float]:
    """Return the share of right answers, by type of question."""
    shares = (said == right).float().mean(0).tolist()
    found: dict[str, list[float]] = {kind: [] for kind in TYPES}
    for question, share in zip(QUESTIONS, shares, strict=True):
        found[question.type].append(share)
    return {kind: sum(some) / len(some) for kind, some in found.items()}


def means(found: Mapping[str, list[float]]) -> dict[str, float]:
    """Return the mean over seeds of each type, of a row of a shipped table."""
    return {kind: sum(found[kind]) / len(found[kind]) for kind in TYPES}


CHANCE = {kind: 1 / choices_of(kind) for kind in TYPES}

# ── Films that were tampered with ─────────────────────────────────────────────────────────────────


def shuffled(films: Films, seed: int = 0) -> Films:
    """Put the frames of each film into an order of its own: the same heap, without its order."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.rand(films.shape[:2], generator=generator).argsort(1)
    return films[torch.arange(len(films)).unsqueeze(1), order]


def one_frame(films: Films, seed: int = 0) -> Films:
    """Show one frame of each film, drawn by chance, as long as the film lasts."""
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randint(films.shape[1], (len(films),), generator=generator)
    return films[torch.arange(len(films)), chosen].unsqueeze(1).expand_as(films)


def mean_frame(films: Films) -> Films:
    """Show the mean of all frames of each film, as long as the film lasts."""
    return films.float().mean(1, keepdim=True).round().to(torch.uint8).expand_as(films)


def none(films: Films) -> Films:
    """Show a dark film: what is left is what one knows before."""
    return torch.zeros_like(films)


def sampled(total: int, count: int) -> list[int]:
    """Return the middle frame of each of `count` equal parts of a film of `total` frames.

    Frame ⌊(i + ½) · total / count⌋ for part i; frames repeat where count > total. Source: Wang et
    al. 2016, "Temporal Segment Networks", arXiv:1608.00859, section 3.1 (a frame of each segment).
    """
    return [(2 * part + 1) * total // (2 * count) for part in range(count)]


def with_frames(films: Films, kept: list[int]) -> Films:
    """Keep some frames; each other shows the last kept one before it (at first: the first)."""
    held = [max([k for k in kept if k <= frame], default=min(kept)) for frame in range(FRAMES)]
    return films[:, held]


def brightened(films: UInt8[Tensor, "*film 3 16 16"]) -> UInt8[Tensor, "*film 3 16 16"]:
    """Make dim lamps visible on a page: for the eye alone, no model reads this."""
    light = ((films.float() - 10).clamp(min=0) / 245).sqrt()  # without the camera's grain
    blue = light[..., 2:3, :, :].clone()
    light[..., 1:2, :, :] = torch.maximum(light[..., 1:2, :, :], 0.45 * blue)  # blue is dark alone
    return (255 * light).round().to(torch.uint8)


# ── Where a question looks ────────────────────────────────────────────────────────────────────────


def look(model: FilmReader, films: Films) -> Float[Tensor, "film question time place"]:
    """Return how each question's first look is spread over the tokens, summing to 1.

    In the first block that asks, a token still holds no more than its own lamp and moment. Mean
    over heads; what a question gives to other questions is left out. Raises ValueError for a reader
    whose tokens are no longer those of single moments.
    """
    if not isinstance(model.mix, Joint):
        raise ValueError(f"after {type(model.mix).__name__} no token belongs to one moment")
    with record_attention(model) as maps:
        predict(model, films)
    asking = torch.cat(maps["ask.0.attention"]).cpu().mean(1)  # (film, query, key)
    count, times = len(QUESTIONS), len(model.when)
    onto = asking[:, :count, count:].unflatten(2, (times, -1))
    return onto / onto.sum((2, 3), keepdim=True)


def flash_frames(films: Lamps) -> Bool[Tensor, "film lamp time"]:
    """Return in which frames each lamp is bright."""
    since = torch.arange(FRAMES) - films.flashes.unsqueeze(2)
    return (since >= 0) & (since < FLASH)


def exchange_flashes(films: Lamps, one: int, other: int) -> Lamps:
    """Let two lamps flash at each other's time, and nothing else; with the answers then right.

    A lamp is dimmed in the frames of its flash and brightened in those of the other's.
    """
    bright, frames = flash_frames(films), films.frames.float()
    for lamp, instead in ((one, other), (other, one)):
        light = torch.where(bright[:, lamp], DIM / BRIGHT, 1.0)
        light = torch.where(bright[:, instead], BRIGHT / DIM, light)  # (film, time)
        frames[:, :, lamp] = frames[:, :, lamp] * light[..., None, None]
    flashes, answers = films.flashes.clone(), films.answers.clone()
    flashes[:, [one, other]] = films.flashes[:, [other, one]]
    answers[:, [question.type == "flash" for question in QUESTIONS]] = compared(flashes)
    return replace(
        films,
        frames=frames.round().clamp(0, 255).to(torch.uint8),
        flashes=flashes,
        answers=answers,
    )


# ── By hand ───────────────────────────────────────────────────────────────────────────────────────


def middles(films: Films) -> Float[Tensor, "film time lamp 2"]:
    """Return where each lamp's light is on average, across and down, on a picture without edges.

    Pixels stand on a circle: the mean of their points on it has an angle, and that is the place.
    """
    light = (films.float() - 30).clamp(min=0)  # the grain is dark
    angle = 2 * torch.pi / SIDE * (torch.arange(SIDE) + 0.5)
    axes = []
    for axis in (3, 4):  # the sum over rows leaves columns: across; the sum over columns, down
        along = light.sum(axis)
        turn = torch.atan2((along * angle.sin()).sum(-1), (along * angle.cos()).sum(-1))
        axes.append(SIDE / (2 * torch.pi) * turn % SIDE)
    return torch.stack(axes, 3)


def track(films: Films) -> Int64[Tensor, "film question"]:
    """Answer all questions by following the lamps: no training, but a program that knows them."""
    steps = middles(films).diff(dim=1)
    steps = (steps + SIDE / 2) % SIDE - SIDE / 2  # (film, step, lamp, axis)
    way, speed = steps.sum(1), steps.abs().sum(3).amax(1)
    across = way[..., 0].abs() > way[..., 1].abs()
    direction = torch.where(across, (way[..., 0] > 0).long(), 2 + (way[..., 1] > 0).long())
    moves = steps.abs().sum(3) > 0.5
    start = moves.int().argmax(1)
    turned = way.abs().sum(2) < 3 * speed
    light = films.flatten(3).float()
    flash = light.topk(8, dim=3).values.mean(3).argmax(1)
    size = (light > 60).sum(3).amax(1) > 26
    answers = direction, compared(start), compared(-speed), turned.long(), compared(flash), size
    return torch.cat([part.long() for part in answers], 1)


# ── Learning what is usual ────────────────────────────────────────────────────────────────────────

SEEN = 2
"""Frames before the first that is scored: the predictor reads two."""
WATCH = Recipe(steps=3000, batch_size=128, learning_rate=4e-3)


def scaled(watching: Watching) -> Float[Tensor, "film time pixel"]:
    """Return the pixels, about from -1 to 3."""
    return watching.frames.flatten(2).float() / 64 - 0.7


def two_and_next(watching: Watching) -> tuple[Tensor, Tensor]:
    """Return each two frames that follow one another, as one row, and the frame after them."""
    frames = scaled(watching)
    before = torch.cat([frames[:, :-2], frames[:, 1:-1]], dim=2)
    return before.flatten(0, 1), frames[:, SEEN:].flatten(0, 1)


def learn_usual(watching: Watching, recipe: Recipe = WATCH) -> nn.Module:
    """Train a network that predicts a frame of usual films from the two before it."""
    seed_everything(recipe.seed)
    pixels = SIDE**2
    model = nn.Sequential(
        nn.Linear(SEEN * pixels, 256),
        nn.ReLU(),
        nn.Linear(256, 256),
        nn.ReLU(),
        nn.Linear(256, pixels),
    )
    pairs = two_and_next(watching)
    batches = Batches(*pairs, batch_size=recipe.batch_size, seed=recipe.seed)
    fit(model, batches, lambda model, x, y: F.mse_loss(model(x), y), recipe)
    return model


def with_silence(scores: Float[Tensor, "film scored"]) -> Float[Tensor, "film frame"]:
    """Put NaN in front of scores, for the frames that have none."""
    return F.pad(scores, (SEEN, 0), value=torch.nan)


def surprise(predictor: nn.Module, watching: Watching) -> Float[Tensor, "film frame"]:
    """Score frames from the third on by the mean squared error of what was expected."""
    before, after = two_and_next(watching)
    error = (predict(predictor, before) - after).double().square().mean(dim=1)
    return error.view(len(watching), -1)


# ── From a caption to its film, and back ──────────────────────────────────────────────────────────

Vectors = Float[Tensor, "film dimension"]
Read = Float[Tensor, "film question numbers"]
LONGEST = 24
"""Tokens of the longest caption, its end included."""
GALLERY = 64
"""Among how many films a caption looks for its own."""
MATCH = Recipe(steps=300, batch_size=128, learning_rate=4e-3)


class BagOfWords(nn.Module):
    """Read a text as the heap of its words: a rival, which cannot know their order."""

    def __init__(self, words: int, width: int) -> None:
        super().__init__()
        self.words = nn.EmbeddingBag(words, width, padding_idx=PADDING)
        self.network = nn.Sequential(nn.Linear(width, 256), nn.GELU(), nn.Linear(256, width))

    def forward(self, texts: Int64[Tensor, "text word"]) -> Float[Tensor, "text width"]:
        """Return one vector for each text."""
        return self.network(self.words(texts))


def text_tower(words: int, width: int) -> nn.Module:
    """Return lesson 12's reader of texts, small."""
    return TextTransformer(words, LONGEST, width, depth=2, heads=4)


class Matcher(nn.Module):
    """Bring films and captions into one space, as lesson 12 does with pictures and names.

    A film comes as what the reader's questions gathered from it (`gathered`): the reader itself
    learns nothing more. `text` makes the tower that reads captions.
    """

    def __init__(
        self, words: int, text: Callable[[int, int], nn.Module] = text_tower, width: int = 64
    ) -> None:
        super().__init__()
        self.film, self.text = nn.Linear(len(QUESTIONS) * 96, width), text(words, width)
        self.log_scale = nn.Parameter(torch.tensor(2.7))  # 1 / 0.07, as CLIP begins

    def forward(self, read: Read, texts: Int64[Tensor, "film word"]) -> tuple[Vectors, Vectors]:
        """Return unit vectors of films and of captions."""
        return unit(self.film(read.flatten(1))), unit(self.text(texts))


@torch.no_grad()
def gathered(reader: FilmReader, films: Films) -> Read:
    """Return what the reader's questions gather from each film."""
    return torch.cat([reader.read(some) for some in films.split(500)])


def learn_to_match(
    matcher: Matcher,
    read: Read,
    texts: Int64[Tensor, "film word"],
    names: Int64[Tensor, " film"],
    recipe: Recipe = MATCH,
) -> History:
    """Train with lesson 12's loss; captions that say the same are no negatives of each other."""

    def loss(model: nn.Module, read: Tensor, texts: Tensor, names: Tensor) -> Tensor:
        return contrastive_loss(*model(read, texts), model.log_scale.exp(), names)

    batches = Batches(read, texts, names, batch_size=recipe.batch_size, seed=recipe.seed)
    return fit(matcher, batches, loss, recipe)


def retrieval(films: Vectors, texts: Vectors) -> dict[str, float]:
    """Return how often the own one is first, or among five, of `GALLERY`, both ways.

    Films are taken in groups of `GALLERY`, and the mean over groups is returned; those left over
    play no part.
    """
    groups = zip(films.split(GALLERY), texts.split(GALLERY), strict=True)
    scores = [film @ text.T for film, text in groups if len(film) == GALLERY]
    own = torch.arange(GALLERY)
    found = {}
    for count in (1, 5):
        for name, some in (("text → film", [s.T for s in scores]), ("film → text", scores)):
            shares = [recall_at(one, own, count) for one in some]
            found[f"{name} @{count}"] = sum(shares) / len(shares)
    return found


def preferred(right: Float[Tensor, " film"], wrong: Float[Tensor, " film"]) -> float:
    """Return how often the right one of two scores higher; a tie is a half."""
    return ((right > wrong).float() + (right == wrong).float() / 2).mean().item()


def exchanged(films: Lamps, fact: str) -> Lamps:
    """Say of red what is true of green, and of green what is true of red: a wrong caption's truth.

    `fact` is "starts", "flashes" or "ways". The frames stay.
    """
    order = [1, 0, 2]
    if fact != "ways":
        return replace(films, **{fact: getattr(films, fact)[:, order]})
    return replace(films, answers=torch.cat([films.answers[:, order], films.answers[:, 3:]], 1))


@torch.no_grad()
def hard_pairs(
    reader: FilmReader,
    matcher: Matcher,
    tokenizer: "PreTrainedTokenizerFast",
    films: Lamps,
    shown: Callable[[Films], Films] = lambda frames: frames,
) -> dict[str, float]:
    """Return how often the right one of two is preferred, where the two differ in one thing.

    "reversed": a caption chooses between its film and the film run backwards. The others: a film
    chooses between its caption and the same with red and green exchanged in one fact. `shown` is
    done to films before they are read.
    """
    texts, frames = encode(tokenizer, captions(films, seed=9)), shown(films.frames)
    vectors, said = matcher(gathered(reader, frames), texts)
    back = matcher(gathered(reader, shown(films.frames.flip(1))), texts)[0]
    right = (vectors * said).sum(1)
    found = {"reversed": preferred(right, (back * said).sum(1))}
    for fact in ("starts", "flashes", "ways"):
        wrong = encode(tokenizer, captions(exchanged(films, fact), seed=9))
        differ = (wrong != texts).any(1)
        other = (vectors * unit(matcher.text(wrong))).sum(1)
        found[fact] = preferred(right[differ], other[differ])
    return found


# ── When does it happen? ──────────────────────────────────────────────────────────────────────────

Tokens = Float[Tensor, "film time lamp numbers"]
MOMENTS = Recipe(steps=200, batch_size=256, learning_rate=3e-3)
UNHEARD = ((0, "turns back"), (1, "sets off"), (2, "flashes"))
"""A lamp and an event each: sentences that are kept for the test."""
ASKED_FOR = {
    "flashes": "flash",
    "sets off": "first",
    "comes to rest": "first",
    "turns back": "turned",
    "glides": "direction",
}
"""The type of the reader's questions that is about the event."""


class AlongTime(nn.Module):
    """Let each frame look at all frames, whose numbers it is told."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.when = nn.Parameter(0.1 * torch.randn(FRAMES, width))
        self.block = EncoderBlock(width, 4, hidden=2 * width)

    def forward(self, seen: Float[Tensor, "film time width"]) -> Float[Tensor, "film time width"]:
        """Return what each frame holds after its look."""
        return self.block(seen + self.when)


class MomentFinder(nn.Module):
    """Score each frame of a film for a sentence: does it happen now?

    The sentence is the sum of its words. It chooses among the lamps of a frame by attention, and
    then asks of what it has seen. `along` goes from frame to frame in between: nothing does, unless
    it is `AlongTime`.
    """

    def __init__(
        self, words: int, along: Callable[[int], nn.Module] = nn.Identity, width: int = 96
    ) -> None:
        super().__init__()
        self.words = nn.EmbeddingBag(words, width, mode="sum", padding_idx=PADDING)
        self.which, self.what = nn.Linear(width, width), nn.Linear(width, width)
        self.along = along(width)
        self.see = nn.Sequential(nn.Linear(width, 192), nn.GELU(), nn.Linear(192, width))

    def forward(
        self, tokens: Tokens, texts: Int64[Tensor, "film word"]
    ) -> Float[Tensor, "film time"]:
        """Return a score of each frame: above 0, where it says that it happens."""
        sentence = self.words(texts)
        share = torch.einsum("ftlw,fw->ftl", tokens, self.which(sentence)).softmax(2)
        seen = self.along((share.unsqueeze(3) * tokens).sum(2))  # (film, time, width)
        return torch.einsum("ftw,fw->ft", self.see(seen), self.what(sentence))


@torch.no_grad()
def tokens_of(reader: FilmReader, films: Films) -> Tokens:
    """Return what the reader's detectors make of each lamp in each frame, without its number."""
    return torch.cat([reader.see(some) + reader.where for some in films.split(500)])


@dataclass(frozen=True, eq=False)
class Sentences:
    """One sentence for each of some films: which lamp, which of EVENTS, and in which frames."""

    texts: list[str]
    lamps: Int64[Tensor, " film"]
    events: Int64[Tensor, " film"]
    when: Bool[Tensor, "film time"]


def sentences(films: Lamps, heard: bool = True, seed: int = 0) -> Sentences:
    """Draw a sentence for each film: one of those in `UNHEARD`, or (`heard`) one of the others.

    A lamp that never turns is not asked when it does. ValueError where a film has no such sentence.
    """
    generator = torch.Generator().manual_seed(seed)
    frames = event_frames(films)
    kept = [[(lamp, event) in UNHEARD for event in EVENTS] for lamp in range(len(LAMPS))]
    allowed = frames.any(3) & (heard != torch.tensor(kept))  # (film, lamp, event)
    drawn = (allowed * torch.rand(allowed.shape, generator=generator)).flatten(1).argmax(1)
    lamps, events = drawn // len(EVENTS), drawn % len(EVENTS)
    wordings = torch.randint(2, drawn.shape, generator=generator)
    each = zip(lamps.tolist(), events.tolist(), wordings.tolist(), strict=True)
    texts = [sentence(lamp, list(EVENTS)[event], wording) for lamp, event, wording in each]
    return Sentences(texts, lamps, events, frames.flatten(1, 2)[torch.arange(len(films)), drawn])


def learn_moments(
    finder: nn.Module,
    tokens: Tokens,
    texts: Int64[Tensor, "film word"],
    when: Bool[Tensor, "film time"],
    recipe: Recipe = MOMENTS,
) -> History:
    """Train on sentences whose frames are known, frame by frame: yes or no."""

    def loss(model: nn.Module, tokens: Tensor, texts: Tensor, when: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(model(tokens, texts), when)

    batches = Batches(tokens, texts, when.float(), batch_size=recipe.batch_size, seed=recipe.seed)
    return fit(finder, batches, loss, recipe)


def usual_moment(heard: Sentences, asked: Sentences) -> Float[Tensor, "film time"]:
    """Score frames by how often each event was there in training: a rival that sees no film."""
    each = [heard.when[heard.events == event].float().mean(0) for event in range(len(EVENTS))]
    return torch.stack(each)[asked.events]


def most_change(films: Films) -> Float[Tensor, "film time"]:
    """Score frames by how much they differ from those before and after: a rival without words."""
    change = films.float().diff(dim=1).abs().mean((2, 3, 4))  # (film, step)
    return F.pad(change, (0, 1)) + F.pad(change, (1, 0))


def middle(films: Films) -> Float[Tensor, "film time"]:
    """Score the two frames in the middle 1, and the others 0: a rival that sees nothing."""
    return ((torch.arange(FRAMES) - (FRAMES - 1) / 2).abs() < 1).float().expand(len(films), -1)


def looked_at(
    look: Float[Tensor, "film question time lamp"], asked: Sentences
) -> Float[Tensor, "film time"]:
    """Score frames by where the reader's own questions about this event and lamp look.

    Of the questions about two lamps, those about this one count; and of the tokens, this lamp's.
    """
    scores = []
    for film, (lamp, event) in enumerate(zip(asked.lamps, asked.events, strict=True)):
        kind, name = ASKED_FOR[list(EVENTS)[event]], LAMPS[lamp]
        chosen = [n for n, q in enumerate(QUESTIONS) if q.type == kind and name in q.text]
        scores.append(look[film, chosen, :, lamp].mean(0))
    return torch.stack(scores)


def said_frames(
    scores: Float[Tensor, "film time"], count: Int64[Tensor, " film"]
) -> Bool[Tensor, "film time"]:
    """Return the `count` frames of each film that score highest, as many as the event lasts."""
    rank = scores.argsort(dim=1, descending=True, stable=True).argsort(1)
    return rank < count.unsqueeze(1)


def by_event(scores: Float[Tensor, " film"], asked: Sentences) -> dict[str, float]:
    """Return the mean of films' scores for each event that was asked for."""
    found = {}
    for number, event in enumerate(EVENTS):
        chosen = asked.events == number
        if chosen.any():
            found[event] = scores[chosen].mean().item()
    return found


# ── Does this sound belong to this film, and is it in time? ───────────────────────────────────────

Described = Float[Tensor, "film time dimension"]
HEAR = Recipe(steps=200, batch_size=128, learning_rate=3e-3)


@dataclass(frozen=True, eq=False)
class Loops:
    """Films with their sounds, in a loop that begins at any moment; the two are in time.

    `loud` is how loud each band of frequencies is in each frame. `later` tells at which frame of
    the film the loop begins.
    """

    frames: Films
    loud: Float[Tensor, "film time band"]
    later: Int64[Tensor, " film"]


def loops(count: int, seed: int = 0) -> Loops:
    """Make films with their sounds and switch them on at a moment drawn by chance."""
    films = make_lamps(count, seed)
    later = torch.randint(FRAMES, (count,), generator=torch.Generator().manual_seed(seed))
    loud = torch.cat([loudness(some) for some in sounds(films, seed).split(500)])
    return Loops(switched_on(films.frames, later), switched_on(loud, later), later)


class SoundMatcher(nn.Module):
    """Describe a film and a sound frame by frame, so that frame t of both can be compared.

    A film and a sound agree as much as their descriptions point the same way, all frames together.
    """

    def __init__(self, bands: int, width: int = 24) -> None:
        super().__init__()
        wide = len(LAMPS) * 96
        self.film = nn.Sequential(nn.Linear(wide, 128), nn.GELU(), nn.Linear(128, width))
        self.sound = nn.Sequential(nn.Linear(bands, 128), nn.GELU(), nn.Linear(128, width))
        self.log_scale = nn.Parameter(torch.tensor(2.7))

    def forward(
        self, tokens: Tokens, loud: Float[Tensor, "film time band"]
    ) -> tuple[Described, Described]:
        """Return what describes each frame of the film, and of the sound."""
        return self.film(tokens.flatten(2)), self.sound(loud)


def learn_to_hear(
    matcher: SoundMatcher,
    tokens: Tokens,
    loud: Float[Tensor, "film time band"],
    recipe: Recipe = HEAR,
) -> History:
    """Train with lesson 12's loss: a film and its sound in time are a pair, all else is not."""

    def loss(model: nn.Module, tokens: Tensor, loud: Tensor) -> Tensor:
        film, sound = (unit(part.flatten(1)) for part in model(tokens, loud))
        return contrastive_loss(film, sound, model.log_scale.exp())

    batches = Batches(tokens, loud, batch_size=recipe.batch_size, seed=recipe.seed)
    return fit(matcher, batches, loss, recipe)


def at_lags(film: Described, sound: Described) -> Float[Tensor, "film lag"]:
    """Score each film with its sound moved by 0, 1, 2, … frames: loops, so all shifts exist."""
    moved = [sound.roll(-lag, 1) for lag in range(FRAMES)]
    return torch.stack([(film * other).sum((1, 2)) for other in moved], 1)


def hearing(film: Described, sound: Described) -> dict[str, float]:
    """Return how often "in time" scores highest of eight lags, and the own sound of `GALLERY`.

    Film and sound must be in time. A sound's descriptions are made equally long, all together.
    """
    film, sound = (unit(part.flatten(1)).unflatten(1, part.shape[1:]) for part in (film, sound))
    in_time = torch.zeros(len(film), dtype=torch.long)
    return {
        "right lag": recall_at(at_lags(film, sound), in_time, 1),
        "own sound": retrieval(film.flatten(1), sound.flatten(1))["film → text @1"],
    }


def film_marks(loops: Loops) -> Float[Tensor, "film time 6"]:
    """Mark, for each lamp, when its flash begins and when it glides: a program that knows lamps."""
    frames = switched_on(loops.frames, -loops.later)  # as the film was made
    light = frames.flatten(3).float().mean(3)
    begins = (light > 1.4 * light.roll(1, 1)) & (light > 1.4 * light.median(1, keepdim=True).values)
    steps = (middles(frames).diff(dim=1) + SIDE / 2) % SIDE - SIDE / 2
    glides = F.pad((steps.abs().sum(3) > 0.5).float(), (0, 0, 0, 1))
    return switched_on(centred(torch.cat([begins.float(), glides], 2)), loops.later)


def sound_marks(loops: Loops) -> Float[Tensor, "film time 6"]:
    """Mark, for each pitch, when it clicks and when it hums: a program that was told the pitches.

    It marks frames in which the band is louder than halfway between its softest and its loudest.
    """
    clicks, hums = (loudest_near(loops.loud, [times * h for h in HERTZ]) for times in (4, 1))
    power = torch.cat([clicks, hums], 2)
    halfway = (power.amax(1, keepdim=True) + power.amin(1, keepdim=True)) / 2
    return centred((power > halfway).float())


def loudest_near(
    loud: Float[Tensor, "film time band"], hertz: Sequence[float]
) -> Float[Tensor, "film time pitch"]:
    """Return how loud it is near each pitch: the loudest band within an eighth of it."""
    near = [(MIDDLES / pitch).log().abs() < 0.125 for pitch in hertz]
    return torch.stack([loud[..., some].amax(2) for some in near], 2)


def centred(marks: Float[Tensor, "film time mark"]) -> Float[Tensor, "film time mark"]:
    """Return marks less their mean over time: what never changes agrees with nothing."""
    return marks - marks.mean(1, keepdim=True)


def any_lamp(marks: Float[Tensor, "film time 6"]) -> Float[Tensor, "film time 2"]:
    """Return how many lamps flash and how many glide, whichever they are."""
    return marks.unflatten(2, (2, -1)).sum(3)
