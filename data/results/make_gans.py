"""Precompute what lesson 11's parts are worth: `python data/results/make_gans.py`.

Every recipe of `gans.ONE_CHANGE` from three seeds, of `gans.SEVERAL_CHANGES` from two; and how two
losses begin, with Adam and with plain steps, from two. It goes on where it was stopped. On one CPU
core it takes twenty minutes.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from unittest.mock import patch

import torch
from controls import Found, keep

from mmtutor import gans
from mmtutor.datasets import letters
from mmtutor.metrics import judging
from mmtutor.training import seed_everything

DONE = Path(__file__).parent / "gans_variants.json"
SEEDS = {"one change": 3, "several changes": 2, "opening": 2}
EACH = 24
"""So many drawings of each letter are judged."""
OPENING = 330
"""So many steps are watched from the beginning, in six parts."""
PLAIN_RATE = 0.3
"""The forger's learning rate in plain steps. Nobody tuned it."""


@dataclass(frozen=True, kw_only=True)
class Opening(gans.GameRecipe):
    """The first steps of a longer recipe."""

    def rate(self, step: int) -> float:
        """Return what the quick recipe, with all of its steps, has at this one."""
        return gans.QUICK.rate(step)


USUAL = gans.adam


def plain_for_the_forger(player: torch.nn.Module, recipe: gans.GameRecipe) -> torch.optim.Optimizer:
    """Return Adam for the inspector, and for the forger steps that are as long as the gradient."""
    if isinstance(player, gans.Generator):
        return torch.optim.SGD(player.parameters(), PLAIN_RATE)
    return USUAL(player, recipe)


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

    def begin(self, name: str, adam: Callable, seed: int) -> Found:
        """Return the letters read in what is drawn, and the last twenty scores, six times."""
        scores, game, every = [], gans.GAMES[name], OPENING // 6

        def fool(given: gans.Scores) -> torch.Tensor:
            scores.append(given.mean().item())
            return game.fool(given)

        # Without a running mean: what draws are the weights as they are
        other = {"game": name, "seed": seed, "steps": OPENING, "average": 0.0}
        recipe = Opening(**asdict(gans.QUICK) | other)
        watched = patch.dict(gans.GAMES, {name: game._replace(fool=fool)})
        with watched, patch.object(gans, "adam", adam):
            match = gans.play(self.real, 26, recipe, watch=self.asked.tolist(), every=every)
        found = {}
        for step in range(every, OPENING + 1, every):
            found[f"letter, step {step}"] = gans.letters_read(self.judge, match.frames[step])
            found[f"score, step {step}"] = sum(scores[step - 20 : step]) / 20
        return found


if __name__ == "__main__":
    bench = Bench()
    lists = {"one change": gans.ONE_CHANGE, "several changes": gans.SEVERAL_CHANGES}
    games = {
        part: {name: partial(bench.play, recipe) for name, recipe in recipes.items()}
        for part, recipes in lists.items()
    }
    games["opening"] = {
        f"{name}, {steps}": partial(bench.begin, name, adam)
        for name in ("non-saturating", "minimax")
        for steps, adam in {"Adam": USUAL, "plain steps": plain_for_the_forger}.items()
    }
    keep(games, SEEDS, DONE)
