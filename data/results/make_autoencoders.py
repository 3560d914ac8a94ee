"""Precompute the controls of lesson 10: `python data/results/make_autoencoders.py`.

Each control changes one thing, at equal steps and data, from two or three seeds. It goes on where
it was stopped. On one CPU core it takes six minutes.
"""

import dataclasses
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from controls import Found, keep
from torch import nn

from mmtutor import autoencoders as ae
from mmtutor.datasets import letters
from mmtutor.datasets.letters import Letters
from mmtutor.metrics import judging
from mmtutor.training import Batches, fit, seed_everything

HERE = Path(__file__).parent


@cache
def judge() -> nn.Module:
    """Return the lesson's judge."""
    return judging.train_judge(letters.load_letters())


@cache
def known_and_test() -> tuple[Letters, Letters]:
    """Return the pairs to learn from, and those that the lesson reports."""
    every = letters.load_letters()
    known, test = (every.select(part) for part in letters.split_by_pair(every))
    return known, test


@cache
def learn_and_validation() -> tuple[Letters, Letters]:
    """Cut the pairs to learn from once more: what chooses is chosen on the second part."""
    known, _ = known_and_test()
    learn, validation = (known.select(part) for part in letters.split_by_pair(known, seed=1))
    return learn, validation


def learnt(model: nn.Module, loss: Callable, pairs: Letters, recipe: ae.JointRecipe) -> nn.Module:
    """Train a model on pairs."""
    batches = Batches(pairs.pixels, pairs.words, batch_size=recipe.batch_size)
    fit(model, batches, partial(loss, recipe=recipe), recipe, every=recipe.steps)
    return model


def joint(pairs: Letters, seed: int, **changed: object) -> nn.Module:
    """Train the lesson's autoencoder, with something changed in its recipe."""
    recipe = dataclasses.replace(ae.QUICK, seed=seed, **changed)
    seed_everything(seed)
    model = ae.JointAutoencoder((pairs.pixels.shape[1], pairs.words.shape[1]))
    return learnt(model, ae.joint_loss, pairs, recipe)


def scored(model: nn.Module, asked: Letters, sides: tuple[bool, bool] = ae.SECOND) -> Found:
    """Return how well pictures are drawn from these sides; the judge sees what a page can show."""
    drawn = ae.draw(model, asked.pixels, asked.words, sides)[0]
    error = ae.squared_error(drawn, asked.pixels).mean().item()
    return judging.recognised(judge(), drawn.clamp(0, 1), asked) | {"error": error}


def steps(count: int) -> Callable[[int], Found]:
    """Return an experiment: so many steps on a part of the pairs, scored on the rest."""

    def run(seed: int) -> Found:
        learn, validation = learn_and_validation()
        model = joint(learn, seed, steps=count)
        before = scored(model, learn)["error"]
        return scored(model, validation) | {"error on pairs it knows": before}

    return run


def dropout(share: float) -> Callable[[int], Found]:
    """Return an experiment: sides hidden in this share of the pairs, or never."""

    def run(seed: int) -> Found:
        known, test = known_and_test()
        model = joint(known, seed, dropout=share)
        with_both = scored(model, test, ae.BOTH)
        return scored(model, test) | {f"sees both: {name}": x for name, x in with_both.items()}

    return run


EXPERIMENTS = {
    "steps": {str(count): steps(count) for count in (200, 400, 800, 1600)},
    "dropout": {"a third each": dropout(1 / 3), "never": dropout(0.0)},
}

if __name__ == "__main__":
    keep(EXPERIMENTS, {"steps": 2, "dropout": 3}, HERE / "autoencoders.json")
