"""Precompute the tables of lesson 16: `python data/results/make_video.py`.

A seed changes the first weights and the order of the batches. All is measured on test films (seed
1001), which chose nothing. It goes on where it was stopped. On one CPU core it takes 40 minutes.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from time import process_time

import torch
from controls import Found, keep
from torch import nn

from mmtutor import video
from mmtutor.datasets.lamps import Lamps, make_lamps, reversed_films
from mmtutor.training import seed_everything
from mmtutor.video import QUICK, FilmReader, Films, answers_of, by_type, train

PLACE = Path(__file__).parent / "video.json"
SEEDS = 3


@dataclass(frozen=True)
class Way:
    """One way to read films: what differs from the recipe of the lesson."""

    see: Callable[[int], nn.Module] = video.Moments
    mix: Callable[[int, int], nn.Module] = video.Joint
    shown: Callable[[Films, int], Films] = lambda films, seed: films
    """What is done to the films, those to learn from and those to be tested on."""
    timed: bool = True
    """Whether each token is told its frame's number."""


FLAT = {name: partial(video.Flat, cut=getattr(video, name)) for name in ("neighbours", "stills")}
PAIRS, PATCHES = (partial(video.Flat, cut=cut) for cut in (video.in_pairs, video.patches))
WAYS = {
    "the recipe": Way(),
    "mean over time": Way(mix=video.Averaged),
    "recurrence": Way(mix=video.Recurrent),
    "frame, then time": Way(mix=video.Factorised),
    "no frame numbers": Way(timed=False),
    "flat, with changes": Way(see=FLAT["neighbours"]),
    "flat, stills": Way(see=FLAT["stills"]),
    "flat, two frames": Way(see=PAIRS),
    "patches": Way(see=PATCHES),
    "patches, frame, then time": Way(see=PATCHES, mix=video.Factorised),
    "learnt from one frame": Way(shown=video.one_frame),
    "learnt from shuffled frames": Way(shown=video.shuffled),
}


@cache
def to_learn() -> Lamps:
    """Return the films to learn from."""
    return make_lamps(QUICK.films, seed=0)


@cache
def to_test() -> Lamps:
    """Return films that chose nothing."""
    return make_lamps(2_000, seed=1001)


def trained(way: Way, seed: int) -> tuple[FilmReader, float]:
    """Train a reader; return it, and the seconds of one core."""
    seed_everything(seed)
    reader, films = FilmReader(way.see, way.mix), to_learn()
    if not way.timed:
        reader.when = nn.Parameter(torch.zeros_like(reader.when), requires_grad=False)
    begun = process_time()
    shown = replace(films, frames=way.shown(films.frames, seed))
    train(reader, shown, replace(QUICK, seed=seed))
    return reader, process_time() - begun


def measured(name: str, seed: int) -> Found:
    """Train one way and score it by type."""
    way, films = WAYS[name], to_test()
    reader, seconds = trained(way, seed)
    scores = by_type(answers_of(reader, way.shown(films.frames, 7)), films.answers)
    return {**scores, "parameters": parameters(reader), "core seconds": round(seconds, 1)}


def parameters(model: nn.Module) -> int:
    """Return how many numbers are learnt."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def recipe(seed: int) -> FilmReader:
    """Return the recipe's reader of this seed."""
    return trained(Way(), seed)[0]


def columns(seed: int) -> dict[str, Found]:
    """Score the recipe on films that were tampered with, against the answers of the whole film."""
    reader, films = recipe(seed), to_test()
    tampered = {
        "all frames": films.frames,
        "backwards": films.frames.flip(1),
        "shuffled": video.shuffled(films.frames),
        "one frame": video.one_frame(films.frames),
        "none": video.none(films.frames),
        **{f"{n} frames": video.with_frames(films.frames, video.sampled(8, n)) for n in (4, 2)},
    }
    found = {
        name: by_type(answers_of(reader, frames), films.answers)
        for name, frames in tampered.items()
    }
    back = reversed_films(films)
    found["backwards, its own answers"] = by_type(answers_of(reader, back.frames), back.answers)
    return found


COLUMNS: dict[int, dict[str, Found]] = {}


def column(name: str, seed: int) -> Found:
    """Return one of the columns; the reader of a seed is trained once."""
    if seed not in COLUMNS:
        COLUMNS[seed] = columns(seed)
    return COLUMNS[seed][name]


NAMES = (
    "all frames",
    "backwards",
    "backwards, its own answers",
    "shuffled",
    "one frame",
    "none",
    "4 frames",
    "2 frames",
)
EXPERIMENTS = {
    "columns": {name: partial(column, name) for name in NAMES},
    "ways": {name: partial(measured, name) for name in WAYS},
}

if __name__ == "__main__":
    torch.set_num_threads(1)
    keep(EXPERIMENTS, dict.fromkeys(EXPERIMENTS, SEEDS), PLACE)
