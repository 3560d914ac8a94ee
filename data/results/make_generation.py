"""Precompute the tables of lesson 18: `python data/results/make_generation.py`.

A seed changes the first weights, the batches, the noise and which pairs are captioned. The judge is
that of lesson 11. Nothing is chosen on the test pairs: the guidance was on the validation pairs.
It goes on where it was stopped. On one CPU core it takes three quarters of an hour. With
`--missing` it makes only the rows that the file lacks.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import generation_rivals as patches
import generation_scenes as scenes
import torch
from controls import Found, add, keep
from torch import Tensor, nn

from mmtutor import autoencoders, gans
from mmtutor import generation as flow
from mmtutor.attention import record_attention
from mmtutor.datasets import letters
from mmtutor.metrics import judging
from mmtutor.training import Batches, checkpoints, fit, seed_everything

PLACE = Path(__file__).parent / "generation.json"
WEIGHTS = PLACE.with_suffix(".run")
"""Trained models, while the program runs."""
SEEDS = {
    "guidance": 2,
    "guidance|1.5": 3,
    "steps": 2,
    "rivals": 1,
    "couples": 1,
    "few": 2,
    "scenes": 1,
}
SEEDS |= {"cheat": 2, "rivals|GAN": 2, "rivals|GAN, letter": 2}
SEEDS |= {"rivals|autoregressive": 2, "rivals|autoregressive, 3 ×": 2}
SPLITS = ("seen", "valid", "unseen")


@cache
def bench() -> dict[str, object]:
    """Return the data and the judge."""
    every = letters.load_letters(letters.SMALL, side=16)
    shown, valid, test = flow.split(every)
    judge = judging.Judge(16, 26)
    judge = trained("judge", judge, lambda: judging.train_judge(every, judging.SHARP))
    parts = dict(zip(SPLITS, (shown, valid, test), strict=True))
    real, fresh = gans.real_pairs(shown), gans.real_pairs(every, versions=2, seed=1)
    return {"every": every, "judge": judge, "real": real, "fresh": fresh, **parts}


def trained(name: str, model: nn.Module, train: Callable[[], nn.Module]) -> nn.Module:
    """Return what `train` makes: from a file, into `model`, where it was made before."""
    place = WEIGHTS / f"{name}.safetensors"
    if place.exists():
        checkpoints.load(place, model)
        return model.eval()
    begun = time.process_time()
    model = train()
    WEIGHTS.mkdir(exist_ok=True)
    checkpoints.save(place, model)
    print(f"{name}: {time.process_time() - begun:.0f} s", flush=True)
    return model


# ── One examination for all ───────────────────────────────────────────────────────────────────────

Draw = Callable[[flow.Words], Tensor]
"""Pictures of captions."""


def report(draw: Draw) -> Found:
    """Return how drawings of every caption obey, split by split, and how varied they are.

    Two drawings of each caption are compared with two real ones; six more of each are read.
    """
    judge, found = bench()["judge"], {}
    asked = flow.words_of(bench()["every"]).repeat_interleave(2, dim=0)
    begun = time.process_time()
    pixels = draw(asked)
    found["ms a picture"] = 1000 * (time.process_time() - begun) / len(asked)
    found |= flow.variety(judge, pixels, asked, bench()["fresh"])
    found["letter"] = flow.obeyed(judge, pixels, asked)["letter"]
    for split, each in zip(SPLITS, (2, 12, 6), strict=True):
        words = flow.words_of(bench()[split]).repeat_interleave(each, dim=0)
        pixels = draw(words)
        found[split] = flow.obeyed(judge, pixels, words)["all"]
        nearest = judging.nearest_distance(pixels, bench()["real"].pictures)[0]
        found[f"to nearest, {split}"] = nearest.mean().item()
    return found


def report_letters(draw: Draw, each: int = 24) -> Found:
    """Return the same for captions that say the letter alone."""
    words = flow.letters_alone(each)
    pixels, judge = draw(words), bench()["judge"]
    drawn = gans.Pairs(pixels, flow.said_styles(words), words[:, 0] - 1)
    found = gans.score_variety(judge, drawn, bench()["fresh"])
    return {"letter": flow.obeyed(judge, pixels, words)["letter"], **found}


# ── Flow, guidance, steps ─────────────────────────────────────────────────────────────────────────


@cache
def painter(seed: int) -> nn.Module:
    """Return the lesson's painter."""
    recipe, real = replace(flow.QUICK, seed=seed), bench()["real"]
    return trained(
        f"painter {seed}",
        flow.Painter(256, recipe.width, recipe.hidden, recipe.blocks),
        lambda: flow.train_painter(real.pictures, flow.words_of(real), recipe)[0],
    )


def guidance(scale: float, seed: int) -> Found:
    """Return the report of the lesson's painter with so much guidance."""
    return report(partial(flow.paint, painter(seed), scale=scale))


def few_steps(said: str, scale: float, solver: str, steps: int, seed: int) -> Found:
    """Return the report of full captions, or of the letter alone, drawn in so many steps."""
    ask = report if said == "full" else report_letters
    step = flow.SOLVERS[solver]
    return ask(partial(flow.paint, painter(seed), scale=scale, steps=steps, step=step))


SCALES = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0)
STEPS = {
    f"{said}, {steps}": partial(few_steps, said, scale, "Euler", steps)
    for said, scale in (("full", 1.5), ("letter", 1.0))
    for steps in (1, 4, 16, 64)
} | {
    "letter, 16, guidance 3": partial(few_steps, "letter", 3.0, "Euler", 16),
    "letter, 8, midpoint": partial(few_steps, "letter", 1.0, "midpoint", 8),
    "letter, 8, Heun": partial(few_steps, "letter", 1.0, "Heun", 8),
}

# ── Rivals at the same time ───────────────────────────────────────────────────────────────────────


def real_again(seed: int) -> Found:
    """Return the report of real pictures, drawn once more."""
    pairs = gans.real_pairs(bench()["every"], versions=12, seed=9 + seed)
    return report(partial(one_of_each, pairs, flow.words_of(pairs)))


def one_of_each(pairs: gans.Pairs, words: flow.Words, asked: flow.Words) -> Tensor:
    """Return for each caption a picture at random of those whose captions share most with it.

    Those of the same letter come first.
    """
    same = asked.unsqueeze(1) == words  # (asked, known, place)
    alike = same.sum(dim=2) + 9 * same[:, :, 0] + 0.5 * torch.rand(len(asked), len(words))
    return pairs.pictures[alike.argmax(dim=1)]


def copyist(seed: int) -> Found:
    """Return the report of who hands over a picture that was shown."""
    seed_everything(seed)
    real = bench()["real"]
    return report(partial(one_of_each, real, flow.words_of(real)))


def ridge(draw: Callable[..., Tensor], strength: float) -> Found:
    """Return the report of who adds pictures of words, or of pairs of words (lesson 10)."""
    table = bench()["every"]
    drawn = draw(bench()["seen"], table, strength).clamp(0, 1)
    places = {tuple(row): place for place, row in enumerate(flow.words_of(table).tolist())}
    return report(lambda asked: drawn[[places[tuple(row)] for row in asked.tolist()]])


def of_words(known: letters.Letters, asked: letters.Letters, strength: float) -> Tensor:
    """Return what is drawn where every word has a picture, and these are added up."""
    return autoencoders.draw_by_ridge(known, asked, strength, lambda shared: shared)


def best_ridge(draw: Callable[..., Tensor], _seed: int) -> Found:
    """Return the report of the strength that obeys best on the validation pairs."""
    return max((ridge(draw, s) for s in (0.01, 0.1, 1.0, 10.0)), key=lambda row: row["valid"])


GAN = replace(gans.FULL, steps=1450)
"""As many seconds as the painter takes."""


@cache
def forger(seed: int) -> nn.Module:
    """Return the generator of lesson 11."""
    recipe = replace(GAN, seed=seed)
    return trained(
        f"gan {seed}",
        gans.Generator(26),
        lambda: gans.play(bench()["real"], 26, recipe).generator,
    )


@torch.no_grad()
def draw_as_told(model: nn.Module, asked: flow.Words) -> Tensor:
    """Return pictures of a generator that does not choose the style itself, but is told it."""
    told = [gans.noise(len(asked), 0), model.letters(asked[:, 0] - 1)]
    return model.eval().draw(torch.cat([*told, 3 * flow.said_styles(asked)], dim=1))


def gan(seed: int) -> Found:
    """Return the report of the GAN that is told letter and style."""
    return report(partial(draw_as_told, forger(seed)))


def gan_letters(seed: int) -> Found:
    """Return the report of the GAN that is told the letter."""
    model = forger(seed)
    return report_letters(
        lambda asked: gans.drawn_by(model, gans.noise(len(asked), 0), asked[:, 0] - 1).pictures
    )


VAE = replace(autoencoders.VAE, steps=4000)
"""As many seconds as the painter takes."""


def one_hot(words: flow.Words) -> Tensor:
    """Return captions as lesson 10 writes them: 1 for every word that is said."""
    return nn.functional.one_hot(words, flow.VOCABULARY).sum(dim=1)[:, 1:].float()


def train_vae(seed: int) -> nn.Module:
    """Train the VAE of lesson 10 on pictures and captions."""
    recipe, real = replace(VAE, seed=seed), bench()["real"]
    seed_everything(seed)
    model = autoencoders.JointVAE((256, flow.VOCABULARY - 1))
    batches = Batches(real.pictures, one_hot(flow.words_of(real)), batch_size=64, seed=seed)
    fit(model, batches, partial(autoencoders.vae_loss, recipe=recipe), recipe)
    return model.eval()


@torch.no_grad()
def draw_by_vae(model: nn.Module, asked: flow.Words) -> Tensor:
    """Return pictures from codes that the caption allows: each is a sample."""
    seed_everything(0)
    said, sides = one_hot(asked), autoencoders.seeing(autoencoders.SECOND, len(asked))
    mean, log_variance = model.encode(torch.zeros(len(asked), 256), said, sides)
    return model.decode(autoencoders.sample(mean, log_variance))[0].clamp(0, 1)


def vae(seed: int) -> Found:
    """Return the report of the VAE."""
    blank = autoencoders.JointVAE((256, flow.VOCABULARY - 1))
    return report(partial(draw_by_vae, trained(f"vae {seed}", blank, lambda: train_vae(seed))))


def noise_told_loss(model: nn.Module, states: Tensor, words: flow.Words) -> Tensor:
    """Return `noise_loss`, with captions shortened and dropped as the lesson's recipe says."""
    draws = torch.rand(2, len(words))
    words = flow.shorten_captions(words, draws[0], flow.QUICK.short)
    words = flow.drop_captions(words, draws[1], flow.QUICK.silent)
    return flow.noise_loss(model, states, words)


class WithState(nn.Module):
    """A painter whose output is added to the state: near time 0 the noise is nearly the state."""

    def __init__(self, painter: nn.Module) -> None:
        super().__init__()
        self.painter = painter

    def forward(self, states: Tensor, times: Tensor, words: flow.Words) -> Tensor:
        return states + self.painter(states, times, words)


@cache
def denoiser(added: bool, seed: int) -> nn.Module:
    """Return a painter that predicts noise instead of velocities; nothing else differs.

    With `added`, what it says is added to the state.
    """
    recipe, real = replace(flow.QUICK, seed=seed), bench()["real"]

    def new() -> nn.Module:
        model = flow.Painter(256, recipe.width, recipe.hidden, recipe.blocks)
        return WithState(model) if added else model

    def train() -> nn.Module:
        seed_everything(seed)
        data = flow.to_states(real.pictures), flow.words_of(real)
        batches = Batches(*data, batch_size=recipe.batch_size, seed=seed)
        return flow.train_averaged(new(), batches, noise_told_loss, recipe)[0]

    return trained(f"denoiser {'added ' if added else ''}{seed}", new(), train)


def diffusion(steps: int, scale: float, added: bool, seed: int) -> Found:
    """Return the report of diffusion, drawn by DDIM."""
    model = denoiser(added, seed)

    def draw(asked: flow.Words) -> Tensor:
        predict = flow.guided_field(model, asked, scale)
        noise = flow.first_noise(len(asked), 256, 0)
        return flow.to_pixels(flow.ddim(predict, noise, steps, bound=1.0))

    return report(draw)


def velocities_by_ddim(steps: int, seed: int) -> Found:
    """Return the report of the lesson's painter, whose velocities say what the noise was."""
    model = painter(seed)

    def draw(asked: flow.Words) -> Tensor:
        predict = flow.as_noise(flow.guided_field(model, asked, flow.GUIDANCE))
        return flow.to_pixels(flow.ddim(predict, flow.first_noise(len(asked), 256, 0), steps))

    return report(draw)


LOOKING = replace(flow.QUICK, steps=700, batch_size=128, learning_rate=1e-3, short=0.0)
"""As many seconds as the painter takes, with patches."""


def looking(seed: int) -> Found:
    """Return the report of four patches that look at the four words."""
    recipe, real = replace(LOOKING, seed=seed), bench()["real"]

    def new() -> nn.Module:
        return flow.ReadingPainter((16, 16), 4, patch=8, width=192)

    def train() -> nn.Module:
        seed_everything(seed)
        data = flow.to_states(real.pictures), flow.words_of(real)
        batches = Batches(*data, batch_size=recipe.batch_size, seed=seed)
        loss = partial(flow.told_loss, recipe=recipe)
        return flow.train_averaged(new(), batches, loss, recipe)[0]

    return report(partial(flow.paint, trained(f"looking {seed}", new(), train)))


@cache
def book() -> Tensor:
    """Return the patches that pictures are written with."""
    return patches.codebook(bench()["real"].pictures, patches.AUTOREGRESSIVE)


def real_in_patches(seed: int) -> Found:
    """Return the report of real pictures whose patches are replaced by the book's."""
    pairs = gans.real_pairs(bench()["every"], versions=12, seed=9 + seed)
    size = patches.AUTOREGRESSIVE.patch
    pixels = patches.from_codes(patches.to_codes(pairs.pictures, book(), size), book(), size)
    pairs = pairs._replace(pictures=pixels)
    return report(partial(one_of_each, pairs, flow.words_of(pairs)))


def autoregressive(times: int, seed: int) -> Found:
    """Return the report of the writer of patches, trained so many times as long as the painter."""
    real, usual = bench()["real"], patches.AUTOREGRESSIVE
    recipe = replace(usual, seed=seed, steps=times * usual.steps)
    model = trained(
        f"autoregressive {times} {seed}",
        patches.new_writer(recipe),
        lambda: patches.train_writer(real.pictures, flow.words_of(real), book(), recipe),
    )
    return report(lambda asked: patches.write(model, book(), asked, patches.GUIDANCE, usual.patch))


RIVALS = {
    "real, again": real_again,
    "copyist": copyist,
    "sum of words": partial(best_ridge, of_words),
    "sum of pairs of words": partial(best_ridge, autoencoders.draw_pairs_of_words),
    "sum of sets of words": partial(best_ridge, autoencoders.draw_sets_of_words),
    "GAN": gan,
    "GAN, letter": gan_letters,
    "VAE": vae,
    "diffusion, 64": partial(diffusion, 64, flow.GUIDANCE, False),
    "diffusion, state added, 64": partial(diffusion, 64, flow.GUIDANCE, True),
    "diffusion, 16": partial(diffusion, 16, flow.GUIDANCE, False),
    "diffusion, state added, 16": partial(diffusion, 16, flow.GUIDANCE, True),
    "diffusion, 1": partial(diffusion, 1, flow.GUIDANCE, False),
    "diffusion, state added, 1": partial(diffusion, 1, flow.GUIDANCE, True),
    "flow by DDIM, 16": partial(velocities_by_ddim, 16),
    "attention to words": looking,
    "real, in patches": real_in_patches,
    "autoregressive": partial(autoregressive, 1),
    "autoregressive, 3 ×": partial(autoregressive, 3),
}

# ── Couples: longer captions in free order ────────────────────────────────────────────────────────

COUPLES = replace(flow.QUICK, steps=800, batch_size=64, learning_rate=1e-3, short=0.0)


def couple(listener: str, seed: int) -> Found:
    """Return how one that hears in this way draws couples of captions that it never saw."""
    recipe, real = replace(COUPLES, seed=seed), bench()["real"]
    new = partial(flow.ReadingPainter, (16, 32), flow.LONG, listener)

    def train() -> nn.Module:
        seed_everything(seed)
        made = flow.couples(real, 20_000, seed)
        data = flow.to_states(made.pixels), made.texts
        batches = Batches(*data, batch_size=recipe.batch_size, seed=seed)
        loss = partial(flow.told_loss, recipe=recipe)
        return flow.train_averaged(new(), batches, loss, recipe)[0]

    model = trained(f"couples {listener} {seed}", new(), train)
    asked = flow.couples(bench()["fresh"].select(seen_places()), 400, seed=100 + seed)
    pixels = flow.paint(model, asked.texts)
    read = flow.read(bench()["judge"], flow.halves(pixels)).view(-1, 2, 4)
    found = scored(read, asked.words)
    return found | (looks(model, asked) if listener == "attention" else {})


def seen_places() -> Tensor:
    """Return where in `fresh` the captions stand that were shown."""
    shown = {tuple(row) for row in flow.words_of(bench()["seen"]).tolist()}
    rows = flow.words_of(bench()["fresh"]).tolist()
    return torch.tensor([place for place, row in enumerate(rows) if tuple(row) in shown])


def scored(read: Tensor, asked: Tensor) -> Found:
    """Return what is right of couples, and what was drawn on the wrong side."""
    right = read == asked
    crossed = (read == asked.flip(1)) & (asked != asked.flip(1))
    found = {"letter": right[:, :, 0], "style": right[:, :, 1:].all(dim=2)}
    found |= {"all": right.all(dim=2), "both": right.all(dim=2).all(dim=1)}
    found["letter of the other side"] = crossed[:, :, 0]
    return {name: share.float().mean().item() for name, share in found.items()}


@torch.no_grad()
def looks(model: nn.Module, asked: flow.Couples, count: int = 200) -> Found:
    """Return which share of its look at words each half gives to its own clause, by time.

    By chance it would be 5/11.
    """
    texts, found = asked.texts[:count], {}
    noise = flow.first_noise(count, 512, 0)
    moments = flow.trace(flow.guided_field(model, texts, flow.GUIDANCE), noise, 16)
    second = (texts[:, 6:] == flow.LEFT).any(dim=1)  # whether the left letter is told last
    for place in (0, 8, 15):
        with record_attention(model) as maps:
            model(moments[place], torch.full((count,), place / 16), texts)
        for layer in range(3):
            seen = maps[f"blocks.{layer}.look.attention"][0].mean(dim=1)[:, :, : flow.LONG]
            seen = seen / seen.sum(dim=2, keepdim=True)  # (couple, half, word)
            first, last = seen[:, :, :5].sum(dim=2), seen[:, :, 6:].sum(dim=2)
            own = torch.where(second.unsqueeze(1), last, first)[:, 0]
            own = own + torch.where(second.unsqueeze(1), first, last)[:, 1]
            found[f"own clause, layer {layer}, step {place}"] = (own / 2).mean().item()
    return found


# ── Few captions ──────────────────────────────────────────────────────────────────────────────────

FEW = replace(flow.QUICK, steps=1000, batch_size=96, short=0.0)
"""Every way sees 96 captioned pairs in each of its steps; what else there is comes on top."""
SURE = 0.9


def few_way(count: int, way: str, seed: int) -> Found:
    """Return the report of a painter that had so few captions, trained in one of five ways."""
    recipe, known = replace(FEW, seed=seed), known_and_rest(count, seed)[0]
    streams, found = [draws(known.pictures, flow.words_of(known), recipe)], {}
    if way == "captioned twice":
        streams *= 2
    elif way != "captioned":
        more, words, found = captions_for(way, count, seed)
        streams.append(draws(more, words, replace(recipe, seed=seed + 50)))
    model = few_painter(f"few {count} {way} {seed}", flow.Joined(*streams), recipe)
    row = report(partial(flow.paint, model))
    return {name: row[name] for name in FEW_COLUMNS} | found


FEW_COLUMNS = ("letter", "seen", "unseen", "recall", "diversity", "Fréchet")


def draws(pixels: Tensor, words: flow.Words, recipe: flow.FlowRecipe) -> flow.Draws:
    """Return batches of pictures and captions, as the loss takes them."""
    states = flow.to_states(pixels)
    return flow.Draws(states, words, batch_size=recipe.batch_size, seed=recipe.seed)


def known_and_rest(count: int, seed: int) -> tuple[gans.Pairs, gans.Pairs]:
    """Return the captioned pairs, and pairs whose captions nobody may see."""
    real = bench()["real"]
    chosen = flow.few(real, count, seed)
    others = torch.ones(len(real.letters), dtype=torch.bool)
    others[chosen] = False
    return real.select(chosen), real.select(others.nonzero().squeeze(1))


def few_painter(name: str, batches: flow.Stream, recipe: flow.FlowRecipe) -> nn.Module:
    """Return a painter that has learnt from these batches."""

    def new() -> nn.Module:
        return flow.Painter(256, recipe.width, recipe.hidden, recipe.blocks)

    def train() -> nn.Module:
        seed_everything(recipe.seed)
        loss = partial(flow.told_loss, recipe=recipe)
        return flow.train_averaged(new(), batches, loss, recipe)[0]

    return trained(name, new(), train)


@cache
def reader(count: int, seed: int) -> nn.Module:
    """Return a reader that has learnt from the captioned pairs alone."""
    known = known_and_rest(count, seed)[0]
    return trained(
        f"reader {count} {seed}",
        judging.Judge(16, 26),
        lambda: flow.train_reader(known, replace(flow.READER, seed=seed)),
    )


def captions_for(way: str, count: int, seed: int) -> tuple[Tensor, flow.Words, Found]:
    """Return pictures that came without captions, the captions they get, and how good these are.

    "silent": none; "read": what the reader says of each; "sure": the same, without the pictures
    that it is not sure of; "told": the true captions, which nobody would have.
    """
    rest = known_and_rest(count, seed)[1]
    true = flow.words_of(rest)
    if way in ("told", "silent"):
        return rest.pictures, true if way == "told" else torch.zeros_like(true), {}
    words, sure = flow.read_with_confidence(reader(count, seed), rest.pictures)
    kept = sure >= (SURE if way == "sure" else 0.0)
    right = (words == true).all(dim=1)[kept].float().mean().item()
    found = {"kept": kept.float().mean().item(), "kept right": right}
    return rest.pictures[kept], words[kept], found


def reader_again(count: int, seed: int) -> Found:
    """Return what a reader of few pairs reads of fresh pictures, before and after the cycle.

    After: half of each batch are drawings of captions without a picture, by the painter that learnt
    from what the reader was sure of (caption → picture → caption).
    """
    known = known_and_rest(count, seed)[0]
    few_way(count, "sure", seed)  # trains the painter, where that is to be done
    painter = few_painter(f"few {count} sure {seed}", flow.Joined(), replace(FEW, seed=seed))
    words = flow.words_of(bench()["seen"]).repeat_interleave(8, dim=0)
    drawn = gans.Pairs(flow.paint(painter, words), flow.said_styles(words), words[:, 0] - 1)
    again = known.select(torch.arange(len(words)) % len(known.letters))  # as many as are drawn
    both = gans.Pairs(*(torch.cat(parts) for parts in zip(again, drawn, strict=True)))
    readers = {"before": reader(count, seed)}
    readers["after"] = flow.train_reader(both, replace(flow.READER, seed=seed))
    readers["longer"] = flow.train_reader(known, replace(flow.READER, seed=seed, steps=1200))
    return {
        f"{name}, {split}": pair_reading(one, bench()[split])
        for name, one in readers.items()
        for split in ("seen", "unseen")
    }


def pair_reading(reader: nn.Module, some: letters.Letters) -> float:
    """Return the share of fresh pictures of these letters whose four words are all read."""
    fresh = gans.real_pairs(some, versions=8, seed=7)
    return flow.obeyed(reader, fresh.pictures, flow.words_of(fresh))["all"]


WAYS = ("captioned", "captioned twice", "silent", "read", "sure", "told")
FEW_RUNS = {f"{n}, {way}": partial(few_way, n, way) for n in (50, 200) for way in WAYS}
FEW_RUNS |= {f"{n}, reader": partial(reader_again, n) for n in (50, 200)}

# ── The cheat ─────────────────────────────────────────────────────────────────────────────────────

CHEATS = {
    "free": {},
    "near real pictures": {"near": 0.05},
    "near, grain": {"near": 0.05, "grain": 0.3},
    "near, 200 pairs": {"near": 0.05, "paired": 0.05},
    "200 pairs, no cycle": {"cycle": 0.0, "paired": 0.05},
}


def cheat(parts: dict[str, float], taught: bool, seed: int) -> Found:
    """Return how a cycle does before its own reader, and before the held-out judge."""
    known, rest = known_and_rest(200, seed)
    words, recipe = flow.words_of(bench()["seen"]), replace(flow.CHEAT, seed=seed, **parts)
    own = reader(200, seed) if taught else None
    cycle = flow.train_cycle(words, rest, known, recipe, own)
    with torch.no_grad():
        pixels = cycle(words)
    away = judging.nearest_distance(pixels, bench()["real"].pictures)[0].mean().item()
    return flow.examine(cycle, bench()["judge"], words) | {"to nearest": away}


CHEAT_RUNS = {name: partial(cheat, parts, False) for name, parts in CHEATS.items()} | {
    "near, reader of 200 pairs": partial(cheat, CHEATS["near real pictures"], True)
}

if __name__ == "__main__":
    experiments = {
        "guidance": {f"{scale:g}": partial(guidance, scale) for scale in SCALES},
        "steps": STEPS,
        "cheat": CHEAT_RUNS,
        "rivals": RIVALS,
        "few": FEW_RUNS,
        "couples": {name: partial(couple, name) for name in flow.LISTENERS},
        "scenes": scenes.ROWS,
    }
    make = add if "--missing" in sys.argv else keep
    make(experiments, SEEDS, PLACE)
