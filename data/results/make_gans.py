"""Precompute what lesson 11's parts are worth: `python data/results/make_gans.py`.

Every recipe of `gans.ONE_CHANGE` from three seeds, of `gans.SEVERAL_CHANGES` from two. It goes on
where it was stopped. On one CPU core it takes a quarter of an hour.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from controls import Found, keep

from mmtutor import gans
from mmtutor.datasets import letters
from mmtutor.metrics import judging
from mmtutor.training import seed_everything

DONE = Path(__file__).parent / "gans_variants.json"
SEEDS = {"one change": 3, "several changes": 2}
EACH = 24
"""So many drawings of each letter are judged."""


class Bench:
    """The data and the judge of the lesson, made once."""

    def __init__(self) -> None:
        every = letters.load_letters(letters.SMALL, side=16)
        self.train, self.kept = (every.select(part) for part in letters.split_by_pair(every))
        self.real = gans.real_pairs(self.train)
        self.fresh = gans.real_pairs(every, versions=2, seed=1)
        self.judge = judging.train_judge(every, judging.SHARP)
        self.asked = torch.arange(26).repeat_interleave(EACH)

    def row(self, generator: gans.Generator) -> Found:
        """Return the lesson's row for what a forger draws, and how many styles a letter has."""
        seed_everything(1)  # the noise of the lesson
        pairs = gans.drawn_by(generator, gans.noise(len(self.asked)), self.asked)
        row = gans.report(self.judge, pairs, self.fresh, self.real, self.kept)
        return row | {"styles a letter": gans.styles_a_letter(pairs)}

    def play(self, recipe: gans.GameRecipe, seed: int) -> Found:
        """Train once; return the row of the running mean, and of the weights as they ended."""
        match = gans.play(self.real, 26, replace(recipe, seed=seed))
        last = {f"{name}, last step": value for name, value in self.row(match.last).items()}
        return self.row(match.generator) | last


if __name__ == "__main__":
    play = Bench().play
    lists = {"one change": gans.ONE_CHANGE, "several changes": gans.SEVERAL_CHANGES}
    games = {
        part: {name: partial(play, recipe) for name, recipe in recipes.items()}
        for part, recipes in lists.items()
    }
    keep(games, SEEDS, DONE)
