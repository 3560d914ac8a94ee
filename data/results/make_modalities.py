"""Precompute what bugs cost, and lags: `python data/results/make_modalities.py`.

Every reader of lesson 05 from three seeds, shown unseen examples with each bug ("at test"); then as
many readers that learnt with the bug, too ("in both"). A reader that cannot be trained, its numbers
being infinite, is scored as it was before. It goes on where it was stopped. On one CPU core it
takes a quarter of an hour.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import torch
from controls import Found, keep
from torch import Tensor

from mmtutor import modalities
from mmtutor.datasets import bugs
from mmtutor.datasets.films import KINDS, Films, make_films
from mmtutor.modalities import Reader, Task
from mmtutor.training.finite import NotFinite

HERE = Path(__file__).parent
TASKS: dict[str, Callable[[], Task]] = {
    "picture": cache(modalities.picture_task),
    "sound": cache(modalities.sound_task),
    "text": cache(modalities.text_task),
}


# ── What a bug costs ──────────────────────────────────────────────────────────────────────────────


@cache
def rightly_trained(name: str, seed: int) -> Reader:
    """Return a reader that learnt from examples as they should be."""
    return modalities.train_reader(TASKS[name](), seed=seed)


def at_test(name: str, bug: bugs.Bug) -> Callable[[int], Found]:
    """Return an experiment: a right reader meets one bug among the unseen examples."""
    return lambda seed: modalities.shares_right(rightly_trained(name, seed), TASKS[name](), bug)


def in_both(name: str, bug: bugs.Bug) -> Callable[[int], Found]:
    """Return an experiment: a reader learns with a bug, and meets it again."""

    def run(seed: int) -> Found:
        task = TASKS[name]()
        reader = modalities.new_reader(task, seed)
        with suppress(NotFinite):
            modalities.train_reader(task, bug, seed, reader)
        return modalities.shares_right(reader, task, bug)

    return run


LONGER = {
    "picture": (
        "right",
        "channels viewed",
        "not divided",
        "divided twice",
        "not normalised",
        "mean of imagenet",
    ),
    "sound": ("right", "not divided", "no logarithm", "hop halved"),
}
"""What is also learnt with three times the steps."""


def three_times(name: str, way: str) -> Callable[[int], Found]:
    """Return an experiment: a reader learns with a bug for three times the steps."""

    def run(seed: int) -> Found:
        task = TASKS[name]()
        bug = {"right": bugs.right, **task.bugs}[way]
        longer = replace(task, recipe=replace(task.recipe, steps=3 * task.recipe.steps))
        return modalities.shares_right(modalities.train_reader(longer, bug, seed), task, bug)

    return run


def everything(
    experiment: Callable[[str, bugs.Bug], Callable[[int], Found]], name: str
) -> dict[str, Callable[[int], Found]]:
    """Return an experiment for every preparation of one modality."""
    ways = {"right": bugs.right, **TASKS[name]().bugs}
    return {way: experiment(name, bug) for way, bug in ways.items()}


# ── Rivals, and a norm ────────────────────────────────────────────────────────────────────────────


def bag_of_words(seed: int) -> Found:
    """Return the share of orders that a reader understands who does not know where words stand."""
    task = replace(TASKS["text"](), reader=partial(modalities.text_reader, positions=False))
    return modalities.shares_right(modalities.train_reader(task, seed=seed), task)


@cache
def with_norm(seed: int) -> Reader:
    """Return a right reader of sounds that brings each to mean 0 and deviation 1 by itself."""
    task = replace(TASKS["sound"](), reader=partial(modalities.sound_reader, norm=True))
    return modalities.train_reader(task, seed=seed)


def normed(bug: bugs.Bug) -> Callable[[int], Found]:
    """Return an experiment: a right reader with a norm meets one bug among the unseen examples."""
    return lambda seed: modalities.shares_right(with_norm(seed), TASKS["sound"](), bug)


# ── By how much is the sound late? ────────────────────────────────────────────────────────────────


@cache
def films(kind: str) -> Films:
    """Return unseen films with unknown lags."""
    return make_films(1000, seed=1001, kind=kind)


def by_kind(lags: Callable[[Films], Tensor]) -> Found:
    """Return the errors of one method, on every kind of film."""
    found = {kind: modalities.errors(lags(films(kind)), films(kind)) for kind in KINDS}
    return {f"{kind}: {what}": n for kind, errors in found.items() for what, n in errors.items()}


def by_hand(measure: Callable[[Films], Tensor]) -> Callable[[int], Found]:
    """Return an experiment: the lag at which one measure goes best with the loudness."""
    return lambda seed: by_kind(lambda some: modalities.lags_by_hand(some, measure))


def by_towers(kinds: Sequence[str]) -> Callable[[int], Found]:
    """Return an experiment: two towers that learnt from films in time, of these kinds."""

    def run(seed: int) -> Found:
        towers = modalities.train_towers(kinds, seed)
        return by_kind(lambda some: modalities.lags_by_towers(some, towers))

    return run


# ── Do more steps help against scales? ────────────────────────────────────────────────────────────


def longer(picture: float, sound: float) -> Callable[[int], Found]:
    """Return an experiment: the network of the lesson at two scales, with ten times its steps."""
    steps = 10 * modalities.SCALES.steps
    return lambda seed: modalities.learnt_at_scales(picture, sound, seed, steps)


EXPERIMENTS = {
    "scales, ten times the steps": {
        "equal": longer(1.0, 1.0),
        "sound × 100": longer(1.0, 100.0),
    },
    "lags by hand": {
        "always 0": lambda seed: by_kind(lambda some: torch.zeros_like(some.lags)),
        **{name: by_hand(measure) for name, measure in modalities.BY_HAND.items()},
    },
    "lags by towers": {
        "towers, learnt from flicker": by_towers(["flicker"]),
        "towers, learnt from flash": by_towers(["flash"]),
        "towers, learnt from all three": by_towers(["flash", "bounce", "flicker"]),
    },
    "rivals": {"bag of words": bag_of_words},
    "sound with a norm, at test": {
        way: normed(bug) for way, bug in {"right": bugs.right, **bugs.sounds.BUGS}.items()
    },
    **{f"{name}, at test": everything(at_test, name) for name in TASKS},
    **{f"{name}, in both": everything(in_both, name) for name in TASKS},
    **{
        f"{name}, in both, three times the steps": {way: three_times(name, way) for way in ways}
        for name, ways in LONGER.items()
    },
}
SEEDS = {part: 2 if "three times" in part else 3 for part in EXPERIMENTS} | {"lags by hand": 1}


if __name__ == "__main__":
    torch.set_num_threads(1)
    keep(EXPERIMENTS, SEEDS, HERE / "modalities.json")
