"""How noise becomes what the words ask for: flow matching, guidance, cycles (lesson 18).

Time runs from 0, where everything is noise, to 1, where it is data. A *field* is a function: states
and their times in, velocities out. A caption of a letter is four numbers: the letter and the
family, weight and slant of its face; `SILENT` stands for a word that is not said.
"""

import copy
import math
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64, UInt8
from torch import Tensor, nn

from mmtutor import gans
from mmtutor.autoencoders import network
from mmtutor.crossmodal import CrossAttention
from mmtutor.datasets.letters import STYLES, Letters, split_by_pair, style_words
from mmtutor.metrics import judging
from mmtutor.metrics.judging import Judge
from mmtutor.training import Batches, History, Recipe, Stream, fit, predict, seed_everything
from mmtutor.training.sizes import require_size
from mmtutor.transformer import EncoderBlock, frequencies
from mmtutor.vit import patchify, unpatchify

States = Float[Tensor, "batch *shape"]
Times = Float[Tensor, " batch"]
Field = Callable[[States, Times], States]
"""`field(states, times)` returns a velocity for each state."""

# ── The straight path ─────────────────────────────────────────────────────────────────────────────


def on_the_way(noise: States, data: States, times: Times) -> tuple[States, States]:
    """Return `x_t = (1 − t) noise + t data`, and the velocity there, `data − noise`.

    Sources: Lipman et al. 2022, "Flow Matching for Generative Modeling", arXiv:2210.02747 (with
    σ_min = 0); Liu et al. 2022, "Flow Straight and Fast: Rectified Flow", arXiv:2209.03003.
    """
    t = beside(times, data)
    return (1 - t) * noise + t * data, data - noise


def beside(times: Times, states: States) -> Tensor:
    """Return times with as many dimensions as the states, so that each state has its own."""
    return times.view(-1, *[1] * (states.dim() - 1))


def to_noise(states: States, velocities: States, times: Times) -> tuple[States, States]:
    """Return the noise and the data that a velocity promises: `x − t v` and `x + (1 − t) v`."""
    t = beside(times, states)
    return states - t * velocities, states + (1 - t) * velocities


def flow_loss(model: nn.Module, data: States, *condition: Tensor) -> Float[Tensor, ""]:
    """Return the mean squared error of `model(x_t, t, *condition)` against the velocity.

    Every member of the batch gets noise and a time of its own, drawn anew at each call.
    """
    noise, times = torch.randn_like(data), torch.rand(len(data), device=data.device)
    states, velocity = on_the_way(noise, data, times)
    return F.mse_loss(model(states, times, *condition), velocity)


# ── Solvers ───────────────────────────────────────────────────────────────────────────────────────


def euler_step(field: Field, states: States, time: float, size: float) -> States:
    """Go straight on, with the velocity of the beginning: one call of the field."""
    return states + size * field(states, all_at(time, states))


def midpoint_step(field: Field, states: States, time: float, size: float) -> States:
    """Go on with the velocity of half way: two calls of the field."""
    middle = euler_step(field, states, time, size / 2)
    return states + size * field(middle, all_at(time + size / 2, states))


def heun_step(field: Field, states: States, time: float, size: float) -> States:
    """Go on with the mean of the velocities at the beginning and at the end: two calls.

    The last step asks the field at time 1.
    """
    first = field(states, all_at(time, states))
    second = field(states + size * first, all_at(time + size, states))
    return states + size * (first + second) / 2


def all_at(time: float, states: States) -> Times:
    """Return the same time for each state."""
    return torch.full((len(states),), time, dtype=states.dtype, device=states.device)


SOLVERS = {"Euler": euler_step, "midpoint": midpoint_step, "Heun": heun_step}


@torch.no_grad()
def trace(
    field: Field, noise: States, steps: int, step: Callable[..., States] = euler_step
) -> Float[Tensor, "moment batch *shape"]:
    """Return the states at the times 0, 1/steps … 1, from the noise to what is drawn.

    Raises ValueError for fewer than one step.
    """
    if steps < 1:
        raise ValueError(f"there is no way with {steps} steps: it takes at least one")
    moments = [noise]
    for place in range(steps):
        moments.append(step(field, moments[-1], place / steps, 1 / steps))
    return torch.stack(moments)


def euler(field: Field, noise: States, steps: int) -> States:
    """Return where the field leads from the noise, in so many equal steps."""
    return trace(field, noise, steps)[-1]


# ── A field that is known exactly ─────────────────────────────────────────────────────────────────


def chances(
    points: Float[Tensor, "point number"], states: Float[Tensor, "batch number"], times: Times
) -> Float[Tensor, "batch point"]:
    """Return how likely each of the points is the one that a state is on its way to.

    A state x at time t comes from point d if the noise was (x − t d) / (1 − t): the chance is the
    softmax of `−‖x − t d‖² / 2(1 − t)²` over the points, all equally frequent.
    """
    t = times.view(-1, 1, 1)
    squares = (states.unsqueeze(1) - t * points).square().sum(dim=2)  # (batch, point)
    return (-squares / (2 * (1 - t.squeeze(2)).square())).softmax(dim=1)


def exact_field(points: Float[Tensor, "point number"]) -> Field:
    """Return the field that `flow_loss` would find with all data in the world and no mistake.

    It is the mean of `(d − x) / (1 − t)` over the points d, each with its chance. Raises ValueError
    at time 1, where no noise is left to say where the state came from. Source: the marginal vector
    field of Lipman et al. 2022, arXiv:2210.02747, equation 8, for a finite set.
    """

    def field(states: States, times: Times) -> States:
        if (times >= 1).any():
            raise ValueError("the exact field is known before time 1, not at it")
        goal = chances(points, states, times) @ points
        return (goal - states) / (1 - beside(times, states))

    return field


# ── Guidance ──────────────────────────────────────────────────────────────────────────────────────


def guided(silent: States, told: States, scale: float | Times) -> States:
    """Return `v_silent + s (v_told − v_silent)`: 0 is without words, 1 the plain model.

    Above 1 it goes beyond the words. Source: Ho & Salimans 2022, "Classifier-Free Diffusion
    Guidance", arXiv:2207.12598, equation 6, whose w is `s − 1`: there, 0 is the plain model.
    `scale` may have a number for each state.
    """
    scale = beside(scale, told) if isinstance(scale, Tensor) else scale
    return silent + scale * (told - silent)


def guided_field(model: nn.Module, words: Int64[Tensor, "batch word"], scale: float) -> Field:
    """Return the field of captions with guidance: two calls of the model for each velocity.

    Scales of 0 and 1 take one call.
    """
    nothing = torch.full_like(words, SILENT)

    def field(states: States, times: Times) -> States:
        if scale in (0, 1):
            return model(states, times, words if scale else nothing)
        return guided(model(states, times, nothing), model(states, times, words), scale)

    return field


# ── Captions ──────────────────────────────────────────────────────────────────────────────────────

SILENT = 0
"""The word that stands where nothing is said."""
PLACES = {"letter": 26, **{name: len(words) for name, words in STYLES.items()}}
"""How many words each place of a caption has."""
VOCABULARY = 1 + sum(PLACES.values())
START = (1, 27, 30, 32)
"""The number of the first word of each place."""

Words = Int64[Tensor, "batch word"]


def words_of(letters: Letters | gans.Pairs) -> Words:
    """Return the captions of small letters as numbers: letter, family, weight, slant, from 1 on."""
    styles = letters.styles if isinstance(letters, gans.Pairs) else style_words(letters.faces)
    said = [part.argmax(dim=1) for part in styles.split(gans.SIZES, dim=1)]
    return torch.tensor(START) + torch.stack([letters.letters, *said], dim=1)


NAMES = ("", *string.ascii_lowercase, *(word for words in STYLES.values() for word in words))
"""Every word by its number; nothing is said by the first."""


def say(words: Words) -> list[str]:
    """Return captions as text, "g, serif, bold, slanted", without the words that are not said."""
    return [", ".join(NAMES[word] for word in row if word != SILENT) for row in words.tolist()]


def hear(text: str) -> Words:
    """Return the one caption that a text says, in any order; what is not said stays silent.

    Raises ValueError for a word that no caption has, and for a second one of a kind.
    """
    row = [SILENT] * len(PLACES)
    for word in text.replace(",", " ").split():
        if word not in NAMES:
            raise ValueError(f"no caption has the word “{word}”")
        place = sum(NAMES.index(word) >= start for start in START) - 1
        if row[place] != SILENT:
            raise ValueError(f"“{NAMES[row[place]]}” and “{word}” cannot both be said")
        row[place] = NAMES.index(word)
    return torch.tensor([row])


def drop_captions(words: Words, draws: Float[Tensor, " batch"], share: float) -> Words:
    """Return captions of which a share is silent: all words of a caption or none.

    `draws` are uniform numbers from 0 to 1, one for each caption: those below `share` are dropped.
    """
    return words.masked_fill((draws < share).unsqueeze(1), SILENT)


def shorten_captions(words: Words, draws: Float[Tensor, " batch"], share: float) -> Words:
    """Return captions of which a share says the letter and nothing about its face."""
    short = (draws < share).unsqueeze(1).repeat(1, words.shape[1])
    short[:, 0] = False
    return words.masked_fill(short, SILENT)


# ── A network that is told ────────────────────────────────────────────────────────────────────────


def time_waves(times: Times, width: int) -> Float[Tensor, "batch {width}"]:
    """Return times as sines and cosines: the sinusoid of lesson 02, with time instead of place."""
    angles = 1000 * times.unsqueeze(1) * frequencies(width).to(times)
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class ToldBlock(nn.Module):
    """`x + gate · network(norm(x) · (1 + scale) + shift)`: time and words set all three.

    They begin at 0, so that an untrained block changes nothing. Source: Peebles & Xie 2022,
    "Scalable Diffusion Models with Transformers", arXiv:2212.09748, section 3.2 (adaLN-Zero).
    """

    def __init__(self, width: int, hidden: int, condition: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.network = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))
        self.told = nn.Linear(condition, 3 * width)
        nn.init.zeros_(self.told.weight)
        nn.init.zeros_(self.told.bias)

    def forward(
        self, x: Float[Tensor, "*batch width"], condition: Float[Tensor, "*#batch condition"]
    ) -> Float[Tensor, "*batch width"]:
        scale, shift, gate = self.told(condition).chunk(3, dim=-1)
        return x + gate * self.network(self.norm(x) * (1 + scale) + shift)


class Painter(nn.Module):
    """The velocity of a picture on its way, told the time and a caption of four words."""

    def __init__(
        self, numbers: int = 256, width: int = 320, hidden: int = 640, blocks: int = 3
    ) -> None:
        """For pictures of so many `numbers`."""
        super().__init__()
        self.numbers, condition = numbers, 128
        self.words = nn.Embedding(VOCABULARY, condition)
        nn.init.normal_(self.words.weight, std=0.5)
        self.time = network(64, condition, condition)
        self.enter = nn.Linear(numbers, width)
        self.blocks = nn.ModuleList(ToldBlock(width, hidden, condition) for _ in range(blocks))
        self.leave = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, numbers))

    def listen(self, words: Words) -> Float[Tensor, "batch condition"]:
        """Return what a caption says: the sum of its words.

        Between the sums of two captions lie captions in between.
        """
        return self.words(words).sum(dim=1)

    def velocity(
        self,
        states: Float[Tensor, "batch number"],
        times: Times,
        heard: Float[Tensor, "batch condition"],
    ) -> Float[Tensor, "batch number"]:
        """Return velocities, from what `listen` gives."""
        condition = self.time(time_waves(times, 64)) + heard
        x = self.enter(states)
        for block in self.blocks:
            x = block(x, condition)
        return self.leave(x)

    def forward(
        self, states: Float[Tensor, "batch number"], times: Times, words: Words
    ) -> Float[Tensor, "batch number"]:
        """Return a velocity for each picture; ValueError for pictures of another size."""
        require_size("this model draws {} numbers, not {}", self.numbers, states.shape[1])
        return self.velocity(states, times, self.listen(words))


# ── Training and drawing ──────────────────────────────────────────────────────────────────────────

GUIDANCE, STEPS = 1.5, 16
"""How drawings are made unless something else is said; the scale was chosen on validation pairs."""


@dataclass(frozen=True, kw_only=True)
class FlowRecipe(Recipe):
    """How a painter is built and trained.

    `silent` is the share of captions that are dropped, `short` of those that keep the letter alone;
    `average` is the share of the old in the running mean of the weights.
    """

    width: int = 320
    hidden: int = 640
    blocks: int = 3
    silent: float = 0.1
    short: float = 0.05
    average: float = 0.99


QUICK = FlowRecipe(
    steps=1200,
    batch_size=256,
    learning_rate=2e-3,
    expect="Expect 97 % of the letters read and most of their styles, in a minute on two cores.",
)
FULL = replace(QUICK, steps=6000)


def split(letters: Letters) -> tuple[Letters, Letters, Letters]:
    """Return the letters to learn from, to choose the guidance with, and to examine with.

    No pair of letter and face is in two of them; the last are those that lesson 11 kept back.
    """
    rest, test = (letters.select(part) for part in split_by_pair(letters))
    shown, valid = (rest.select(part) for part in split_by_pair(rest, 0.12, seed=1))
    return shown, valid, test


def to_states(pixels: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Return ink from 0 to 1 as numbers from −1 to 1, about as far from 0 as the noise is."""
    return 2 * pixels - 1


def to_pixels(states: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Return numbers from −1 to 1 as ink from 0 to 1; what lies outside is cut."""
    return ((states + 1) / 2).clamp(0, 1)


class Averaged:
    """A loss that keeps, besides, a running mean of the weights of the model that it is given."""

    def __init__(self, loss: Callable[..., Tensor], model: nn.Module, share: float) -> None:
        """`share` is what the mean keeps of itself at each call."""
        self.loss, self.mean, self.share = loss, copy.deepcopy(model).eval(), share

    def __call__(self, model: nn.Module, *batch: Tensor) -> Float[Tensor, ""]:
        """Return the loss of a batch, after a step of the mean."""
        self.follow(model)
        return self.loss(model, *batch)

    def follow(self, model: nn.Module) -> None:
        """Move the mean a little towards the model, on the model's device."""
        self.mean.to(next(model.parameters()).device)
        gans.follow(self.mean, model, self.share)


def told_loss(
    model: nn.Module, states: Float[Tensor, "batch number"], words: Words, recipe: FlowRecipe
) -> Float[Tensor, ""]:
    """Return `flow_loss` with captions of which some are shortened and some are dropped."""
    draws = torch.rand(2, len(words), device=words.device)
    words = shorten_captions(words, draws[0], recipe.short)
    return flow_loss(model, states, drop_captions(words, draws[1], recipe.silent))


def train_painter(
    pixels: Float[Tensor, "picture number"], words: Words, recipe: FlowRecipe = QUICK
) -> tuple[Painter, History]:
    """Train a painter on pictures and captions; return the running mean of its weights."""
    seed_everything(recipe.seed)
    model = Painter(pixels.shape[1], recipe.width, recipe.hidden, recipe.blocks)
    batches = Batches(to_states(pixels), words, batch_size=recipe.batch_size, seed=recipe.seed)
    return train_averaged(model, batches, partial(told_loss, recipe=recipe), recipe)


def train_averaged(
    model: nn.Module, batches: Stream, loss: Callable[..., Tensor], recipe: FlowRecipe
) -> tuple[nn.Module, History]:
    """Train a model; return the running mean of its weights, and what happened."""
    averaged = Averaged(loss, model, recipe.average)
    history = fit(model, batches, averaged, recipe)
    averaged.follow(model)
    return averaged.mean, history


def first_noise(count: int, numbers: int, seed: int) -> Float[Tensor, "{count} {numbers}"]:
    """Return the noise that drawings begin with; it disturbs no other random numbers."""
    return torch.randn(count, numbers, generator=torch.Generator().manual_seed(seed))


def paint(
    model: nn.Module,
    words: Words,
    scale: float = GUIDANCE,
    steps: int = STEPS,
    seed: int = 0,
    step: Callable[..., States] = euler_step,
) -> Float[Tensor, "batch pixel"]:
    """Return the pictures that a model draws of captions, each from noise of its own."""
    noise = first_noise(len(words), model.numbers, seed)
    return to_pixels(trace(guided_field(model, words, scale), noise, steps, step)[-1])


def drawer(model: Painter, pictures: int = 6) -> Callable[..., UInt8[Tensor, "moment picture h w"]]:
    """Return what a drawing desk asks: every moment of some drawings, in bytes (255 is ink).

    It takes two captions as text, the place between them from 0 to 1, the guidance, the number of
    steps and a seed; without a second caption the first one stands for it. Between two captions lie
    the sums of words between theirs. It raises ValueError for a word that no caption has.
    """

    def draw(
        first: str, second: str, between: float, scale: float, steps: int, seed: int
    ) -> UInt8[Tensor, "moment picture h w"]:
        said = model.listen(torch.cat([hear(first), hear(second or first)]))
        heard = torch.lerp(said[0], said[1], between).expand(pictures, -1)
        silence = model.listen(torch.zeros(pictures, len(PLACES), dtype=torch.long))

        def field(states: States, times: Times) -> States:
            both = (model.velocity(states, times, one) for one in (silence, heard))
            return guided(*both, float(scale))

        moments = trace(field, first_noise(pictures, model.numbers, seed), steps)
        return (255 * to_pixels(moments)).byte().unflatten(-1, (SIDE, SIDE))

    return torch.no_grad()(draw)


# ── Judging ───────────────────────────────────────────────────────────────────────────────────────


def read(judge: Judge, pixels: Float[Tensor, "picture pixel"]) -> Words:
    """Return the captions that a judge would give to pictures."""
    letters, faces = judging.verdict(judge, pixels)
    return words_of(gans.Pairs(pixels, style_words(faces), letters))


def is_right(read: Words, asked: Words) -> Bool[Tensor, "batch word"]:
    """Say which words are read as they were asked for; a silent one asks for nothing."""
    return (read == asked) | (asked == SILENT)


def obeyed(judge: Judge, pixels: Float[Tensor, "picture pixel"], asked: Words) -> dict[str, float]:
    """Return the share of pictures that show the letter asked for, and all that was asked for."""
    right = is_right(read(judge, pixels), asked)
    found = {"letter": right[:, 0], "all": right.all(dim=1)}
    return {name: share.float().mean().item() for name, share in found.items()}


def variety(
    judge: Judge, pixels: Float[Tensor, "picture pixel"], asked: Words, fresh: gans.Pairs
) -> dict[str, float]:
    """Return how varied drawings are, and how near to `fresh` real pairs as a crowd.

    "spread" is the mean distance between two drawings of one caption, as a share of that between
    two real pictures of one caption; the rest is `gans.score_variety`.
    """
    drawn = gans.Pairs(pixels, said_styles(asked), asked[:, 0] - 1)
    own = spread(judge, pixels, asked) / spread(judge, fresh.pictures, words_of(fresh))
    return {"spread": own, **gans.score_variety(judge, drawn, fresh)}


def spread(judge: Judge, pixels: Float[Tensor, "picture pixel"], words: Words) -> float:
    """Return the mean distance between two pictures of one caption, in the judge's features."""
    captions = words.unique(dim=0, return_inverse=True)[1]
    return judging.diversity(judging.look_at(judge, pixels), captions)


def said_styles(words: Words) -> Float[Tensor, "batch style"]:
    """Return what captions say about faces, as lesson 11 writes it: 1 for each word said."""
    return F.one_hot(words, VOCABULARY).sum(dim=1)[:, -gans.STYLE :].float()


def letters_alone(each: int) -> Words:
    """Return captions that say a letter and nothing else: every letter so many times in a row."""
    letters = torch.arange(1, 1 + PLACES["letter"]).repeat_interleave(each)
    return F.pad(letters.unsqueeze(1), (0, len(PLACES) - 1), value=SILENT)


def means(row: Mapping[str, Sequence[float]], metrics: Sequence[str]) -> str:
    """Return a row of results in words: the mean over its seeds of each of these metrics."""
    return ", ".join(f"{metric} {sum(row[metric]) / len(row[metric]):.2f}" for metric in metrics)


# ── A field in two dimensions ─────────────────────────────────────────────────────────────────────


def crescents(count: int, seed: int = 0) -> tuple[Float[Tensor, "{count} 2"], Int64[Tensor, " _"]]:
    """Return points on two crescents that reach into each other, and which one: kind 1 or 2."""
    generator = torch.Generator().manual_seed(seed)
    angles, grain = (
        torch.rand(count, generator=generator),
        torch.randn(count, 2, generator=generator),
    )
    kinds = 1 + torch.arange(count) % 2
    side = 3.0 - 2.0 * kinds.unsqueeze(1)  # 1 for the upper, −1 for the lower crescent
    turn = math.pi * angles
    arc = torch.stack([turn.cos(), turn.sin()], dim=1)  # the upper half of a circle
    return side * (1.4 * arc + torch.tensor([-0.7, -0.35])) + 0.08 * grain, kinds


class Arrows(nn.Module):
    """A velocity for each place in the plane, told the time and the kind of point (0: not said)."""

    def __init__(self, kinds: int = 2, hidden: int = 128) -> None:
        super().__init__()
        self.kinds = nn.Embedding(1 + kinds, 16)
        self.layers = network(2 + 32 + 16, hidden, hidden, hidden, 2)

    def forward(
        self, states: Float[Tensor, "batch 2"], times: Times, kinds: Int64[Tensor, " batch"]
    ) -> Float[Tensor, "batch 2"]:
        """Return the velocities."""
        told = [states, time_waves(times, 32), self.kinds(kinds)]
        return self.layers(torch.cat(told, dim=1))


ARROWS = FlowRecipe(steps=1500, batch_size=256, learning_rate=3e-3, silent=0.2)


def arrows_loss(
    model: nn.Module,
    points: Float[Tensor, "batch 2"],
    kinds: Int64[Tensor, " batch"],
    silent: float,
) -> Float[Tensor, ""]:
    """Return `flow_loss`, where a share of the kinds is not said."""
    dropped = torch.rand(len(kinds), device=kinds.device) < silent
    return flow_loss(model, points, kinds.masked_fill(dropped, SILENT))


def train_arrows(
    points: Float[Tensor, "point 2"],
    kinds: Int64[Tensor, " point"],
    recipe: FlowRecipe = ARROWS,
    loss: Callable[..., Tensor] = arrows_loss,
) -> tuple[Arrows, History]:
    """Train arrows on points of the plane; return the running mean of their weights.

    `loss` may be another one, with the arguments of `arrows_loss`.
    """
    seed_everything(recipe.seed)
    batches = Batches(points, kinds, batch_size=recipe.batch_size, seed=recipe.seed)
    loss = partial(loss, silent=recipe.silent)
    return train_averaged(Arrows(int(kinds.max())), batches, loss, recipe)


# ── Diffusion: the same thing in other clothes ────────────────────────────────────────────────────


class Schedule(NamedTuple):
    """How much of the data and of the noise is in a state, by time: `α(t) data + σ(t) noise`."""

    data: Callable[[Tensor], Tensor]
    noise: Callable[[Tensor], Tensor]


STRAIGHT = Schedule(lambda t: t, lambda t: 1 - t)
COSINE = Schedule(lambda t: (math.pi / 2 * t).sin(), lambda t: (math.pi / 2 * t).cos())
"""`α² + σ² = 1`. Source: Nichol & Dhariwal 2021, arXiv:2102.09672, equation 17, with s = 0."""


def blend(schedule: Schedule, noise: States, data: States, times: Times) -> States:
    """Return the state at a time: the noise and the data, each with its share."""
    t = beside(times, data)
    return schedule.data(t) * data + schedule.noise(t) * noise


def noise_loss(
    model: nn.Module, data: States, *condition: Tensor, schedule: Schedule = COSINE
) -> Float[Tensor, ""]:
    """Return the mean squared error of `model(state, t, *condition)` against the noise.

    Source: Ho et al. 2020, "Denoising Diffusion Probabilistic Models", arXiv:2006.11239, equation
    14; their time runs from data to noise.
    """
    noise, times = torch.randn_like(data), torch.rand(len(data), device=data.device)
    return F.mse_loss(model(blend(schedule, noise, data, times), times, *condition), noise)


def as_noise(field: Field) -> Field:
    """Return what a field on the straight path says about the noise of states with α² + σ² = 1.

    The state `α data + σ noise` is, divided by α + σ, one of the straight path at time α / (α + σ).
    """

    def predict(states: States, times: Times) -> States:
        t = COSINE.data(times), COSINE.noise(times)
        whole, when = sum(t), t[0] / sum(t)
        straight = states / beside(whole, states)
        return to_noise(straight, field(straight, when), when)[0]

    return predict


@torch.no_grad()
def ddim(
    predict: Field,
    noise: States,
    steps: int,
    schedule: Schedule = COSINE,
    first: float = 0.01,
    bound: float = math.inf,
) -> States:
    """Return what is drawn by a model that predicts noise, without new noise on the way.

    At each step the data is guessed, cut to ±`bound`, and mixed with the noise that goes with it
    anew, for the next time. At time 0 a state says nothing about the data: the way begins a little
    later, at `first`, and there a small mistake about the noise is a large one about the data.
    Source: Song et al. 2020, "Denoising Diffusion Implicit Models", arXiv:2010.02502, equation 12,
    σ = 0.
    """
    times, states = torch.linspace(first, 1, steps + 1), noise
    for now, later in pairwise(times):
        share, rest = schedule.data(now), schedule.noise(now)
        data = (states - rest * predict(states, all_at(now.item(), states))) / share
        data = data.clamp(-bound, bound)
        states = (
            schedule.data(later) * data + schedule.noise(later) * (states - share * data) / rest
        )
    return states


# ── Longer captions: two letters, told in any order ───────────────────────────────────────────────

COMMA, LEFT, RIGHT = range(VOCABULARY, VOCABULARY + 3)
LONG = 11
"""Words in the caption of a couple: five for each letter, and a comma."""
SIDE = 16
"""Pixels along a letter; a couple is twice as wide."""


class Couples(NamedTuple):
    """Two letters side by side, what is said about them, and the words of each."""

    pixels: Float[Tensor, "couple pixel"]
    texts: Int64[Tensor, "couple place"]
    words: Int64[Tensor, "couple 2 word"]


def couples(pairs: gans.Pairs, count: int, seed: int = 0) -> Couples:
    """Return so many couples of these pairs, drawn at random, each told in an order of its own."""
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randint(len(pairs.letters), (count, 2), generator=generator)
    pictures = pairs.pictures[chosen].view(count, 2, SIDE, SIDE)
    pixels = pictures.transpose(1, 2).flatten(1)  # line by line, the left letter first
    words = words_of(pairs)[chosen]
    return Couples(pixels, tell(words, generator), words)


def tell(
    words: Int64[Tensor, "couple 2 word"], generator: torch.Generator
) -> Int64[Tensor, "couple place"]:
    """Return captions: "slanted left sans g bold, mono regular a right upright".

    The words of a letter stand in any order, and either letter may come first.
    """
    sides = torch.tensor([LEFT, RIGHT]).expand(len(words), 2).unsqueeze(2)
    clauses = torch.cat([sides, words], dim=2)  # (couple, 2, 5)
    order = torch.rand(clauses.shape, generator=generator).argsort(dim=2)
    clauses = clauses.gather(2, order)
    swapped = torch.rand(len(words), 1, 1, generator=generator) < 0.5
    first, second = torch.where(swapped, clauses.flip(1), clauses).unbind(dim=1)
    return torch.cat([first, torch.full_like(first[:, :1], COMMA), second], dim=1)


def halves(pixels: Float[Tensor, "couple pixel"]) -> Float[Tensor, "half number"]:
    """Return the letters of couples: left, right, left, right …"""
    return pixels.view(-1, SIDE, 2, SIDE).transpose(1, 2).reshape(-1, SIDE * SIDE)


LISTENERS = ("bag", "places", "reader", "attention")


class ReadingBlock(nn.Module):
    """Let every patch read the words and the other patches (lesson 07), then think, told the time.

    Source for patches and words in one attention: Esser et al. 2024, arXiv:2403.03206, figure 2.
    """

    def __init__(self, width: int, hidden: int, condition: int) -> None:
        super().__init__()
        self.norm, self.look = nn.LayerNorm(width), CrossAttention(width, heads=4)
        self.think = ToldBlock(width, hidden, condition)

    def forward(
        self,
        patches: Float[Tensor, "batch patch width"],
        words: Float[Tensor, "batch word width"],
        condition: Float[Tensor, "batch 1 condition"],
    ) -> Float[Tensor, "batch patch width"]:
        patches = self.look(patches, self.norm(torch.cat([words, patches], dim=1)))
        return self.think(patches, condition)


class ReadingPainter(nn.Module):
    """The velocity of a picture in patches, told the time and a caption of `length` words.

    It hears the caption in one of four ways. "bag": the sum of the words' embeddings; "places": all
    embeddings side by side, through one matrix; "reader": the mean of what a block of
    self-attention makes of the words and their places. These three set scale, shift and gate, with
    the time. "attention": every patch looks at each word that the reader made.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        length: int,
        listener: str = "attention",
        patch: int = SIDE,
        width: int = 256,
        blocks: int = 3,
    ) -> None:
        """`shape`: pixels high and wide; ValueError for a way of hearing that there is not."""
        super().__init__()
        if listener not in LISTENERS:
            raise ValueError(f"listener must be one of {', '.join(LISTENERS)}, not {listener!r}")
        self.shape, self.patch, self.listener = shape, patch, listener
        self.numbers = shape[0] * shape[1]
        self.words = nn.Embedding(VOCABULARY + 3, width)
        self.word_places = nn.Parameter(0.5 * torch.randn(length, width))
        self.reader = EncoderBlock(width, heads=4, hidden=width)
        self.line = nn.Linear(length * width, width)
        self.time = network(64, width, width)
        self.enter = nn.Linear(patch * patch, width)
        self.patch_places = nn.Parameter(torch.randn(self.numbers // patch**2, width))
        self.blocks = nn.ModuleList(ReadingBlock(width, 2 * width, width) for _ in range(blocks))
        self.leave = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, patch * patch))

    def listen(
        self, texts: Int64[Tensor, "batch place"]
    ) -> tuple[Float[Tensor, "batch width"], Float[Tensor, "batch word width"]]:
        """Return what is told with the time, and the words that may be looked at."""
        words = self.words(texts)
        if self.listener == "bag":
            return words.sum(dim=1) / 2, words[:, :0]
        if self.listener == "places":
            return self.line(words.flatten(1)), words[:, :0]
        read = self.reader(words + self.word_places)
        if self.listener == "reader":
            return read.mean(dim=1), read[:, :0]
        return torch.zeros_like(read[:, 0]), read

    def forward(
        self,
        states: Float[Tensor, "batch number"],
        times: Times,
        texts: Int64[Tensor, "batch place"],
    ) -> Float[Tensor, "batch number"]:
        """Return a velocity for each picture; ValueError for pictures of another size."""
        require_size("this model draws {} numbers, not {}", self.numbers, states.shape[1])
        told, words = self.listen(texts)
        condition = (self.time(time_waves(times, 64)) + told).unsqueeze(1)
        pictures = states.view(-1, 1, *self.shape)
        patches = self.enter(patchify(pictures, self.patch)) + self.patch_places
        for block in self.blocks:
            patches = block(patches, words, condition)
        drawn = unpatchify(self.leave(patches), self.patch, self.shape[0] // self.patch)
        return drawn.flatten(1)


# ── Few captions, many pictures ───────────────────────────────────────────────────────────────────


class Draws:
    """Batches drawn with replacement: they may be larger than the data."""

    def __init__(self, *tensors: Tensor, batch_size: int, seed: int = 0) -> None:
        self.tensors, self.batch_size, self.seed = tensors, batch_size, seed

    def __getitem__(self, step: int) -> tuple[Tensor, ...]:
        generator = torch.Generator().manual_seed(1_000_003 * self.seed + step)
        chosen = torch.randint(len(self.tensors[0]), (self.batch_size,), generator=generator)
        return tuple(tensor[chosen] for tensor in self.tensors)


class Joined:
    """Batches of several streams, one below the other: each keeps its number of examples."""

    def __init__(self, *streams: Stream) -> None:
        self.streams = streams

    def __getitem__(self, step: int) -> tuple[Tensor, ...]:
        parts = zip(*(stream[step] for stream in self.streams), strict=True)
        return tuple(torch.cat(part) for part in parts)


def few(pairs: gans.Pairs, count: int, seed: int = 0) -> Int64[Tensor, " {count}"]:
    """Return places of pairs at random, as many of one letter as of another, or one more."""
    order = torch.randperm(len(pairs.letters), generator=torch.Generator().manual_seed(seed))
    rank = torch.empty_like(order)
    for own in gans.places_of(pairs.letters[order], PLACES["letter"]):
        rank[own] = torch.arange(len(own))
    return order[rank.argsort(stable=True)[:count]]


READER = replace(judging.SHARP, steps=600)


def train_reader(pairs: gans.Pairs, recipe: judging.JudgeRecipe = READER) -> Judge:
    """Train a reader of captions on these pairs alone; it is built like the judge of lesson 11."""
    seed_everything(recipe.seed)
    reader = Judge(SIDE, PLACES["letter"])
    data = pairs.pictures, pairs.letters, faces_of(words_of(pairs))
    loss = partial(judging.judge_loss, recipe=recipe)
    fit(reader, Draws(*data, batch_size=recipe.batch_size, seed=recipe.seed), loss, recipe)
    return reader


def faces_of(words: Words) -> Int64[Tensor, " batch"]:
    """Return the face that a caption names, as its place in `FACES`."""
    family, weight, slant = (words[:, place] - START[place] for place in (1, 2, 3))
    return 4 * family + weight + 2 * slant


def read_with_confidence(
    reader: Judge, pixels: Float[Tensor, "picture pixel"]
) -> tuple[Words, Float[Tensor, " picture"]]:
    """Return the captions that a reader gives to pictures, and how likely it takes each to be."""
    scores = predict(reader, pixels).split([reader.letters, 12], dim=1)
    (letter, letters), (face, faces) = (part.softmax(dim=1).max(dim=1) for part in scores)
    return words_of(gans.Pairs(pixels, style_words(faces), letters)), letter * face


# ── The cheat: a perfect cycle through a wrong picture ────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True)
class CycleRecipe(Recipe):
    """How a painter and a reader are trained on caption → picture → caption.

    `cycle` weighs that the caption comes back, `near` how far each drawing is from the nearest of
    the batch's real pictures, `paired` captioned pairs, in both directions; `grain` is noise on the
    drawing before it is read.
    """

    cycle: float = 1.0
    near: float = 0.0
    grain: float = 0.0
    paired: float = 0.0


CHEAT = CycleRecipe(steps=400, batch_size=128, learning_rate=2e-3)


class Cycle(nn.Module):
    """A painter without noise, and a reader: a caption becomes a picture, and a caption again."""

    def __init__(self, reader: Judge | None = None) -> None:
        """With a reader that has learnt already, which then learns no more, or with a new one."""
        super().__init__()
        self.embed = nn.Embedding(VOCABULARY, 32)
        self.draw = network(32 * len(PLACES), 512, 512, SIDE * SIDE)
        self.taught = reader is not None
        self.reader = reader or Judge(SIDE, PLACES["letter"])
        self.reader.requires_grad_(not self.taught)

    def train(self, mode: bool = True) -> "Cycle":
        """Set the mode; a reader that has learnt already stays in evaluation mode."""
        super().train(mode)
        self.reader.train(mode and not self.taught)
        return self

    def forward(self, words: Words) -> Float[Tensor, "batch pixel"]:
        """Return the picture of each caption, from 0 to 1."""
        return self.draw(self.embed(words).flatten(1)).sigmoid()


def reading_loss(
    reader: Judge, pixels: Float[Tensor, "batch pixel"], words: Words
) -> Float[Tensor, ""]:
    """Return both cross-entropies of a reader, of the letter and of the face, added."""
    letters, faces = reader(pixels).split([reader.letters, 12], dim=1)
    return F.cross_entropy(letters, words[:, 0] - 1) + F.cross_entropy(faces, faces_of(words))


def cycle_loss(
    cycle: Cycle,
    words: Words,
    real: Float[Tensor, "batch pixel"],
    shown: Float[Tensor, "batch pixel"],
    said: Words,
    recipe: CycleRecipe,
) -> Float[Tensor, ""]:
    """Return what the cycle costs: `words` and `real` pictures have nothing to do with each other.

    `shown` and `said` are captioned pairs; without `recipe.paired` nobody looks at them.
    """
    drawn = cycle(words)
    grain = recipe.grain * torch.randn_like(drawn)
    loss = recipe.cycle * reading_loss(cycle.reader, drawn + grain, words)
    if recipe.near:
        squares = torch.cdist(drawn, real).square().min(dim=1).values
        loss = loss + recipe.near * squares.mean()
    if recipe.paired:
        apart = (cycle(said) - shown).square().sum(dim=1).mean()
        loss = loss + recipe.paired * (apart + reading_loss(cycle.reader, shown, said))
    return loss


class Unpaired:
    """Batches for `cycle_loss`: captions, pictures of others, and captioned pairs."""

    def __init__(
        self, words: Words, real: gans.Pairs, known: gans.Pairs, recipe: CycleRecipe
    ) -> None:
        """`words` are captions to go round with; of `real`, only the pictures are taken."""
        size, seed = recipe.batch_size, recipe.seed
        self.words = Draws(words, batch_size=size, seed=seed)
        self.real = Draws(real.pictures, batch_size=size, seed=seed + 1)
        self.known = Draws(known.pictures, words_of(known), batch_size=size, seed=seed + 2)

    def __getitem__(self, step: int) -> tuple[Tensor, ...]:
        return *self.words[step], *self.real[step], *self.known[step]


def train_cycle(
    words: Words,
    real: gans.Pairs,
    known: gans.Pairs,
    recipe: CycleRecipe,
    reader: Judge | None = None,
) -> Cycle:
    """Train a painter and a reader on the cycle; a `reader` that is given learns no more."""
    seed_everything(recipe.seed)
    cycle = Cycle(reader)
    fit(cycle, Unpaired(words, real, known, recipe), partial(cycle_loss, recipe=recipe), recipe)
    return cycle


@torch.no_grad()
def examine(cycle: Cycle, judge: Judge, words: Words) -> dict[str, float]:
    """Return how often a cycle brings captions back, and how often a held-out judge reads them."""
    pixels = cycle.eval()(words)
    own, other = obeyed(cycle.reader, pixels, words), obeyed(judge, pixels, words)
    return {"cycle": own["all"], "judge, letter": other["letter"], "judge": other["all"]}
