"""Video: time as a third axis (lesson 16).

A film is a row of pictures. What can it say that none of them can, and how does a model read it?
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64, UInt8
from torch import Tensor, nn

from mmtutor.attention import record_attention
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
)
from mmtutor.datasets.watching import Watching
from mmtutor.training import Batches, History, Recipe, fit, predict, seed_everything
from mmtutor.transformer import EncoderBlock

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
        tokens = self.mix(self.see(films) + self.when + self.where)
        asked = self.questions.expand(len(films), -1, -1)
        read = self.norm(self.ask(torch.cat([asked, tokens], 1))[:, : len(QUESTIONS)])
        each = zip(self.answer, read.split(len(LAMPS), dim=1), strict=True)
        most = max(map(choices_of, TYPES))
        scores = [layer(some) for layer, some in each]
        return torch.cat([F.pad(s, (0, most - s.shape[2]), value=-torch.inf) for s in scores], 1)


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
