"""Generative adversarial networks of pairs: a forger draws a letter and says its style (lesson 11).

`letters` is what is asked for (the condition c), `pictures` and `styles` are the pair: pixels from
0 to 1, and the words about the face (family, weight, slant), 1 for each that is said.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from mmtutor import plots
from mmtutor.datasets.letters import STYLES, Letters, style_words
from mmtutor.metrics import judging
from mmtutor.metrics.judging import Judge, moved
from mmtutor.training import Recipe, progress, seed_everything
from mmtutor.training.sizes import require_size

SIZES = tuple(len(words) for words in STYLES.values())
"""How many words each part of a style has: family 3, weight 2, slant 2."""
STYLE = sum(SIZES)
NOISE = 16
"""Numbers that the generator draws from: they decide what the letter leaves open."""
LEAK = 0.2
"""How much of a negative number a leaky ReLU lets through."""


class Pairs(NamedTuple):
    """Pictures and styles that belong together, row by row, and the letter of each."""

    pictures: Float[Tensor, "pair pixel"]
    styles: Float[Tensor, "pair style"]
    letters: Int64[Tensor, " pair"]

    def select(self, which: Int64[Tensor, " chosen"]) -> "Pairs":
        """Return the pairs at these places."""
        return Pairs(*(part[which] for part in self))


def real_pairs(letters: Letters, versions: int = 60, seed: int = 0) -> Pairs:
    """Return each letter drawn several times, a little moved and resized, with its style.

    A letter in a face is one picture: a perfect forger of that could only copy. With small moves
    there is something between the pictures that can be learnt.
    """
    generator = torch.Generator().manual_seed(seed)
    pixels = letters.pixels.repeat_interleave(versions, dim=0)
    shift = 0.06 * (2 * torch.rand(3, len(pixels), generator=generator) - 1)
    drawn = moved(pixels, letters.images.shape[-1], torch.zeros(len(pixels)), *shift)
    styles = letters.words[:, -STYLE:].repeat_interleave(versions, dim=0)
    return Pairs(drawn, styles, letters.letters.repeat_interleave(versions))


# ── Two players ───────────────────────────────────────────────────────────────────────────────────


def choose_words(scores: Float[Tensor, "pair style"]) -> Float[Tensor, "pair style"]:
    """Return 1 for the highest word of each part, 0 for the others; the gradient is the softmax's.

    This is the straight-through estimator: Bengio, Léonard & Courville 2013, arXiv:1308.3432.
    """
    soft = torch.cat([part.softmax(dim=1) for part in scores.split(SIZES, dim=1)], dim=1)
    best = [F.one_hot(p.argmax(dim=1), p.shape[1]) for p in scores.split(SIZES, dim=1)]
    return torch.cat(best, dim=1) + soft - soft.detach()


class Generator(nn.Module):
    """Noise and a letter in, a pair out: first the style is said, then the picture is drawn.

    Source for the condition: Mirza & Osindero 2014, "Conditional Generative Adversarial Nets",
    arXiv:1411.1784.
    """

    def __init__(self, letters: int, pixels: int = 256, hidden: int = 512) -> None:
        """For `letters` different letters and pictures of `pixels` pixels."""
        super().__init__()
        self.letters = nn.Embedding(letters, 64)
        self.say = nn.Sequential(nn.Linear(NOISE + 64, 128), nn.ReLU(), nn.Linear(128, STYLE))
        self.draw = nn.Sequential(
            *(nn.Linear(NOISE + 64 + STYLE, hidden), nn.BatchNorm1d(hidden), nn.ReLU()),
            *(nn.Linear(hidden, hidden), nn.BatchNorm1d(hidden), nn.ReLU()),
            *(nn.Linear(hidden, pixels), nn.Sigmoid()),
        )

    def forward(self, noise: Float[Tensor, "pair noise"], letters: Int64[Tensor, " pair"]) -> Pairs:
        """Return a pair for each row of noise; ValueError for rows of another length than NOISE."""
        require_size("the generator draws from {} numbers of noise, not {}", NOISE, noise.shape[1])
        asked = torch.cat([noise, self.letters(letters)], dim=1)
        styles = choose_words(self.say(asked))
        return Pairs(self.draw(torch.cat([asked, 3 * styles], dim=1)), styles, letters)


class Discriminator(nn.Module):
    """Packs of pairs in, a score for each pack out: high means "real".

    What is seen in the pictures is multiplied with what is said about them (projection): Miyato &
    Koyama 2018, "cGANs with Projection Discriminator", arXiv:1802.05637, equation 3. Several pairs
    of one letter are judged together (packing): Lin et al. 2018, "PacGAN", arXiv:1712.04086.
    """

    def __init__(
        self,
        letters: int,
        pixels: int = 256,
        hidden: int = 512,
        pack: int = 2,
        spectral: bool = False,
    ) -> None:
        """`spectral` divides each layer by its largest singular value (spectral norm)."""
        super().__init__()
        # Miyato et al. 2018, arXiv:1802.05957, equation 8
        bound = spectral_norm if spectral else nn.Identity()
        self.pack, self.kinds, self.pixels = pack, letters, pixels
        said = letters + STYLE * pack
        self.see = nn.Sequential(
            *(bound(nn.Linear(pixels * pack, hidden)), nn.LeakyReLU(LEAK)),
            *(bound(nn.Linear(hidden, hidden)), nn.LeakyReLU(LEAK)),
        )
        self.seen, self.match = bound(nn.Linear(hidden, 1)), bound(nn.Linear(said, hidden))
        self.said = nn.Sequential(
            bound(nn.Linear(said, 64)), nn.LeakyReLU(LEAK), bound(nn.Linear(64, 1))
        )

    def forward(self, pairs: Pairs) -> Float[Tensor, " pack"]:
        """Return a score for each pack; the pairs of a pack follow each other.

        Raises ValueError, naming both sizes, for pictures or styles of another size, and for pairs
        that do not fill their packs.
        """
        given = pairs.pictures.shape
        require_size("this model reads pictures of {} pixels, not {}", self.pixels, given[1])
        require_size("this model reads styles of {} words, not {}", STYLE, pairs.styles.shape[1])
        if given[0] % self.pack:
            raise ValueError(f"packs of {self.pack} are not filled by {given[0]} pairs")
        seen = self.see(pairs.pictures.reshape(-1, self.see[0].in_features))
        letters = F.one_hot(pairs.letters[:: self.pack], self.kinds).to(seen.dtype)
        said = torch.cat([letters, pairs.styles.reshape(len(letters), -1)], dim=1)
        return (self.seen(seen) + self.said(said)).squeeze(1) + (seen * self.match(said)).sum(dim=1)


# ── The game ──────────────────────────────────────────────────────────────────────────────────────

Scores = Float[Tensor, " pack"]


class Game(NamedTuple):
    """What each player makes small: `real`, `drawn` for the discriminator, `fool` for the other."""

    real: Callable[[Scores], Float[Tensor, ""]]
    drawn: Callable[[Scores], Float[Tensor, ""]]
    fool: Callable[[Scores], Float[Tensor, ""]]


def call_it_real(scores: Scores) -> Float[Tensor, ""]:
    """Return `−E[ln D]`, with D = sigmoid(score)."""
    return F.softplus(-scores).mean()


def call_it_drawn(scores: Scores) -> Float[Tensor, ""]:
    """Return `−E[ln(1 − D)]`, with D = sigmoid(score)."""
    return F.softplus(scores).mean()


GAMES = {
    "minimax": Game(call_it_real, call_it_drawn, lambda scores: -call_it_drawn(scores)),
    "non-saturating": Game(call_it_real, call_it_drawn, call_it_real),
    "hinge": Game(
        lambda scores: F.relu(1 - scores).mean(),
        lambda scores: F.relu(1 + scores).mean(),
        lambda scores: -scores.mean(),
    ),
}
"""Minimax and non-saturating: Goodfellow et al. 2014, arXiv:1406.2661, equation 1 and section 3.
Hinge: Lim & Ye 2017, arXiv:1705.02894; Miyato et al. 2018, arXiv:1802.05957, equations 16, 17."""


@dataclass(frozen=True, kw_only=True)
class GameRecipe(Recipe):
    """How the two are trained.

    `pack` pairs are judged together. `mismatch` weighs real pictures with a wrong style, `penalty`
    the R1 term. `average` is the share of the old in the generator's running mean.
    """

    game: str = "non-saturating"
    spectral: bool = False
    pack: int = 2
    mismatch: float = 2.0
    penalty: float = 0.3
    average: float = 0.995


QUICK = GameRecipe(
    steps=1100,
    batch_size=128,
    learning_rate=1e-3,
    expect="Expect at least 90 % of the letters recognised, in half a minute on two cores.",
)
FULL = replace(QUICK, steps=2000)

ONE_CHANGE = {
    "as trained": QUICK,
    "hinge": replace(QUICK, game="hinge"),
    "minimax": replace(QUICK, game="minimax"),
    "no R1": replace(QUICK, penalty=0.0),
    "spectral norm for R1": replace(QUICK, penalty=0.0, spectral=True),
    "no lies": replace(QUICK, mismatch=0.0),
    "packs of one": replace(QUICK, pack=1),
}
"""The quick recipe, and what becomes of it if one part is left out or exchanged."""
CARELESS = replace(QUICK, pack=1, mismatch=0.0, penalty=0.0)
SEVERAL_CHANGES = {
    "packs of one, no lies": replace(QUICK, pack=1, mismatch=0.0),
    "no R1, no lies": replace(QUICK, penalty=0.0, mismatch=0.0),
    "no R1, packs of one": replace(QUICK, pack=1, penalty=0.0),
    "careless": CARELESS,
    "careless, minimax": replace(CARELESS, game="minimax"),
}
"""Several at once; `data/results/gans_variants.json` holds what came of each of both lists."""


@dataclass
class Match:
    """What is left of a game.

    `generator` is the running mean of its weights, `last` the generator as it ended; `frames[step]`
    are pairs from the same noise, from the beginning to the end.
    """

    generator: Generator
    last: Generator
    losses: dict[str, list[float]] = field(default_factory=lambda: {"D": [], "G": []})
    frames: dict[int, Pairs] = field(default_factory=dict)


def play(
    data: Pairs, kinds: int, recipe: GameRecipe, watch: Sequence[int] = (), every: int = 50
) -> Match:
    """Let a generator and a discriminator move in turn, on the CPU; return what is left.

    Args:
        data: real pairs of `kinds` different letters.
        kinds: how many letters there are.
        recipe: the rules.
        watch: letters that are drawn from fixed noise before the start and `every` so many steps.
    """
    seed_everything(recipe.seed)
    generator = Generator(kinds, data.pictures.shape[1])
    discriminator = Discriminator(
        kinds, data.pictures.shape[1], pack=recipe.pack, spectral=recipe.spectral
    )
    match, game = Match(copy.deepcopy(generator).eval(), generator), GAMES[recipe.game]
    movers = [adam(player, recipe) for player in (discriminator, generator)]
    places, fixed = places_of(data.letters, kinds), noise(len(watch), recipe.seed)
    for step in progress(range(recipe.steps + 1)):
        if len(watch) and step % every == 0:
            match.frames[step] = drawn_by(match.generator, fixed, torch.tensor(watch))
        if step == recipe.steps:
            break
        # 1. The discriminator moves. What is drawn is detached: the generator stands still.
        real = data.select(packs(places, recipe))
        drawn = generator(noise(recipe.batch_size), real.letters)
        drawn = Pairs(*(part.detach() for part in drawn))
        loss = discriminator_loss(discriminator, game, real, drawn, recipe)
        move(movers[0], loss, recipe.rate(step))
        # 2. The generator moves. The gradient goes through the discriminator, which stands still.
        asked = data.letters[packs(places, recipe)]
        fooled = game.fool(discriminator(generator(noise(recipe.batch_size), asked)))
        move(movers[1], fooled, recipe.rate(step))
        # 3. The running mean follows.
        follow(match.generator, generator, recipe.average)
        match.losses["D"].append(loss.item())
        match.losses["G"].append(fooled.item())
    return match


def discriminator_loss(
    discriminator: Discriminator, game: Game, real: Pairs, drawn: Pairs, recipe: GameRecipe
) -> Float[Tensor, ""]:
    """Return the cost of real pairs, drawn pairs, and real pictures with a wrong style, and R1.

    Sources: the wrong style: Reed et al. 2016, "GAN-CLS", arXiv:1605.05396; R1: Mescheder et al.
    2018, arXiv:1801.04406, equation 9.
    """
    real = Pairs(*(part.clone().requires_grad_() for part in real[:2]), real.letters)
    scores = discriminator(real)
    loss = game.real(scores) + game.drawn(discriminator(drawn))
    if recipe.mismatch:
        lied = discriminator(with_wrong_style(real, recipe.pack))
        loss = loss + recipe.mismatch * game.drawn(lied)
    if recipe.penalty:
        loss = loss + recipe.penalty / 2 * steepness(scores, real)
    return loss


def with_wrong_style(pairs: Pairs, pack: int) -> Pairs:
    """Return the pairs with one part of the style changed in the last of each pack."""
    first, second, third = (part.clone() for part in pairs.styles.detach().split(SIZES, dim=1))
    parts = [first, second, third]
    which = torch.randint(len(parts), (len(first),))
    which[torch.arange(len(which)) % pack != pack - 1] = len(parts)  # nothing changes there
    for place, part in enumerate(parts):
        turned = part.roll(1 + int(torch.randint(part.shape[1] - 1, ())), dims=1)
        parts[place] = torch.where((which == place).unsqueeze(1), turned, part)
    return Pairs(pairs.pictures.detach(), torch.cat(parts, dim=1), pairs.letters)


def steepness(scores: Scores, real: Pairs) -> Float[Tensor, ""]:
    """Return the mean squared length of the scores' gradient at the real pairs."""
    slopes = torch.autograd.grad(scores.sum(), real[:2], create_graph=True)
    return sum(slope.square().sum() for slope in slopes) / len(scores)


# ── Small things that the loop needs ──────────────────────────────────────────────────────────────


def noise(count: int, seed: int | None = None) -> Float[Tensor, "pair noise"]:
    """Return fresh noise for `count` pairs; with a seed of its own, it disturbs no other."""
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    return torch.randn(count, NOISE, generator=generator)


def adam(player: nn.Module, recipe: GameRecipe) -> torch.optim.Adam:
    """Return an optimiser without momentum: the other player moves, so old gradients mislead."""
    return torch.optim.Adam(player.parameters(), recipe.learning_rate, betas=(0.0, 0.99))


def move(mover: torch.optim.Adam, loss: Float[Tensor, ""], share: float) -> None:
    """Take one step of one player, with a `share` of its learning rate.

    Raises FloatingPointError, and leaves the player where it was, where a number is not finite.
    """
    for group in mover.param_groups:
        group["lr"] = group.setdefault("full", group["lr"]) * share
    mover.zero_grad()
    loss.backward()
    moved = [p.grad for group in mover.param_groups for p in group["params"] if p.grad is not None]
    if not (loss.isfinite() and nn.utils.get_total_norm(moved).isfinite()):
        raise FloatingPointError(
            f"A player's loss is {loss.item()} or its gradient is not finite: it stays where it "
            "was. Look at the real pictures, then at the learning rate."
        )
    mover.step()


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, share: float) -> None:
    """Move a running mean of a model's numbers towards the model: `share` stays as it was."""
    for old, new in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
        if old.is_floating_point():
            old.lerp_(new, 1 - share)
        else:
            old.copy_(new)


def places_of(letters: Int64[Tensor, " pair"], kinds: int) -> list[Int64[Tensor, " _"]]:
    """Return where each letter's pairs are."""
    return [(letters == letter).nonzero().squeeze(1) for letter in range(kinds)]


def packs(places: Sequence[Int64[Tensor, " _"]], recipe: GameRecipe) -> Int64[Tensor, " pair"]:
    """Return a batch of places: packs of different pairs of one letter, letters at random.

    Raises ValueError where the batch is no number of whole packs, or a letter cannot fill one.
    """
    if recipe.batch_size % recipe.pack:
        raise ValueError(f"packs of {recipe.pack} do not fill a batch of {recipe.batch_size} pairs")
    if (fewest := min(map(len, places))) < recipe.pack:
        raise ValueError(f"a pack takes {recipe.pack} pairs of a letter, and one has {fewest}")
    chosen = torch.randint(len(places), (recipe.batch_size // recipe.pack,)).tolist()
    return torch.cat([places[k][torch.randperm(len(places[k]))[: recipe.pack]] for k in chosen])


@torch.no_grad()
def drawn_by(
    generator: Generator, noise: Float[Tensor, "pair noise"], letters: Int64[Tensor, " pair"]
) -> Pairs:
    """Return pairs from a generator in evaluation mode: batch norm uses its running means."""
    return Pairs(*generator.eval()(noise, letters))


# ── What the lesson's tables and pictures say ─────────────────────────────────────────────────────


def letters_read(judge: Judge, pairs: Pairs) -> float:
    """Return the share of pictures in which the judge sees the letter that was asked for."""
    return (judging.verdict(judge, pairs.pictures)[0] == pairs.letters).float().mean().item()


def score_singles(judge: Judge, pairs: Pairs) -> dict[str, float]:
    """Return what can be said of one pair at a time: its letter is read, its style is as said."""
    agree = judging.agreement(judge, pairs.pictures, pairs.styles)
    return {"letter": letters_read(judge, pairs), "agree": agree["all"]}


def score_variety(judge: Judge, pairs: Pairs, real: Pairs) -> dict[str, float]:
    """Return what only many pairs show, beside `real` ones: how varied, how near, how complete.

    Diversity is a share of that of the real pairs.
    """
    drawn, true = (judging.look_at(judge, side.pictures) for side in (pairs, real))
    return {
        "diversity": judging.diversity(drawn, pairs.letters)
        / judging.diversity(true, real.letters),
        "precision": judging.covered(drawn, true),
        "recall": judging.covered(true, drawn),
        "Fréchet": judging.frechet_distance(true, drawn),
    }


def report(
    judge: Judge, pairs: Pairs, fresh: Pairs, shown: Pairs, kept: Letters
) -> dict[str, float]:
    """Return a row of the lesson's table: all that it asks of drawn pairs.

    `fresh` are real pairs to compare with, `shown` those that were trained on, `kept` the letters
    in faces that were not. "new" is the share of pairs that claim one of these and show it.
    """
    nearest, _ = judging.nearest_distance(pairs.pictures, shown.pictures)
    rest = {"to nearest": nearest.mean().item(), "new": found_new(judge, pairs, kept)}
    return score_singles(judge, pairs) | score_variety(judge, pairs, fresh) | rest


def found_new(judge: Judge, pairs: Pairs, kept: Letters) -> float:
    """Return the share of pairs that claim a letter and style of `kept`, and show both."""
    letters, faces = judging.verdict(judge, pairs.pictures)
    right = (letters == pairs.letters) & (style_words(faces) == pairs.styles.round()).all(dim=1)
    return (right & claims(pairs, kept)).float().mean().item()


def copy_at_random(known: Pairs, count: int) -> Pairs:
    """Return `count` known pairs: letters at random, and of each two different pairs in a row."""
    places = places_of(known.letters, int(known.letters.max()) + 1)
    return known.select(packs(places, replace(QUICK, batch_size=count)))


def copy_with_grain(known: Pairs, count: int, grain: float) -> Pairs:
    """Return what `copy_at_random` does, with noise of this spread on the ink, cut to 0 and 1."""
    return with_grain(copy_at_random(known, count), grain)


def with_grain(pairs: Pairs, grain: float) -> Pairs:
    """Return the pairs with noise of this spread on the ink, cut to 0 and 1."""
    grained = pairs.pictures + grain * torch.randn_like(pairs.pictures)
    return pairs._replace(pictures=grained.clamp(0, 1))


def copy_and_slant(known: Pairs, kept: Letters, count: int, grain: float) -> Pairs:
    """Return what `copy_with_grain` does, but one pair in seven leans the other way.

    That one is taken where the face that leans the other way is in `kept`: nobody showed it.
    """
    other, some = with_other_slant(known), count // 7
    unseen = claims(other, kept).nonzero().squeeze(1)
    leaned = other.select(unseen[torch.randint(len(unseen), (some,))])
    copied = copy_at_random(known, count)
    parts = zip(copied, leaned, strict=True)
    return with_grain(Pairs(*(torch.cat([a[some:], b]) for a, b in parts)), grain)


def with_other_slant(pairs: Pairs, lean: float = 0.2) -> Pairs:
    """Return the pairs sheared: upright ones lean by this share of their height, slanted ones back.

    The word about the slant changes, too.
    """
    family, weight, slant = pairs.styles.split(SIZES, dim=1)
    rows = torch.eye(2, 3).repeat(len(slant), 1, 1)  # (pair, 2, 3), of an affine map
    rows[:, 0, 1] = lean * (slant[:, 0] - slant[:, 1])
    pictures = judging.as_pictures(pairs.pictures, round(pairs.pictures.shape[1] ** 0.5))
    places = F.affine_grid(rows, list(pictures.shape), align_corners=False)
    sheared = F.grid_sample(pictures, places, align_corners=False).flatten(1)
    return Pairs(sheared, torch.cat([family, weight, slant.flip(1)], dim=1), pairs.letters)


def two_far_apart(judge: Judge, known: Pairs, each: int) -> Pairs:
    """Return the two known pairs of each letter that look least alike, `each` times in a row."""
    chosen = []
    for own in places_of(known.letters, int(known.letters.max()) + 1):
        looks = judging.look_at(judge, known.pictures[own])
        farthest = divmod(int(torch.cdist(looks, looks).argmax()), len(own))
        chosen.append(own[list(farthest)])
    return known.select(torch.cat(chosen).repeat_interleave(each))


def styles_a_letter(pairs: Pairs) -> float:
    """Return how many different styles a letter is said to have, averaged over the letters."""
    kinds = pairs.letters.unique()
    said = [pairs.styles[pairs.letters == kind].round().unique(dim=0) for kind in kinds]
    return sum(map(len, said)) / len(kinds)


def first_of(pairs: Pairs, letter: int, count: int) -> Pairs:
    """Return the first `count` pairs of one letter."""
    return pairs.select((pairs.letters == letter).nonzero()[:count, 0])


def claims(pairs: Pairs, letters: Letters) -> Bool[Tensor, " pair"]:
    """Return which pairs claim to be one of these letters: the letter and all of its style."""
    said = torch.cat([pairs.letters.unsqueeze(1), pairs.styles.round()], dim=1)
    known = torch.cat([letters.letters.unsqueeze(1), letters.words[:, -STYLE:]], dim=1)
    return (said.unsqueeze(1) == known).all(dim=2).any(dim=1)  # (pair, letter, said), reduced


def weight_and_slant(styles: Float[Tensor, "pair style"]) -> list[str]:
    """Return what is said about each face, "bold slanted": all of it that 16 pixels can show.

    The family is left out: a serif is half a pixel high, and only a judge can tell.
    """
    _, weight, slant = (part.argmax(dim=1).tolist() for part in styles.split(SIZES, dim=1))
    said = zip(weight, slant, strict=True)
    return [f"{STYLES['weight'][w]} {STYLES['slant'][s]}" for w, s in said]


def grid(pairs: Pairs, letters: Sequence[int], count: int) -> Figure:
    """Draw the first `count` pairs of each letter, a row each, with the weight and slant said."""
    rows = [first_of(pairs, letter, count) for letter in letters]
    pictures = torch.stack([plots.as_ink(row.pictures) for row in rows])  # (letter, count, side, …)
    return plots.frames(pictures, [weight_and_slant(row.styles) for row in rows])


def seed_panels(
    variants: Mapping[str, Mapping[str, list[float]]], columns: Sequence[str]
) -> dict[str, dict[str, list[float]]]:
    """Return shipped results as `plots.seed_dots` reads them: by column and variant, every seed.

    After the first variant comes what its weights draw as they ended, without their running mean.
    """
    (name, first), *others = variants.items()
    panels = {}
    for column in columns:
        same = {name: first[column], "no running mean": first[f"{column}, last step"]}
        panels[column] = same | {name: found[column] for name, found in others}
    return panels


def opening_curves(
    opening: Mapping[str, Mapping[str, list[float]]],
) -> tuple[list[int], dict[str, list[list[float]]]]:
    """Return the steps of shipped openings, and by name, for each seed, the share of letters read.

    That is what `plots.Lines` draws.
    """
    metrics = [name for name in next(iter(opening.values())) if name.startswith("letter")]
    steps = [int(name.rsplit(" ", 1)[1]) for name in metrics]
    lines = {
        name: [list(run) for run in zip(*(found[m] for m in metrics), strict=True)]
        for name, found in opening.items()
    }
    return steps, lines
