"""Precompute what lesson 11's parts are worth: `python data/results/make_gans.py`.

Every recipe of `gans.VARIANTS` from three seeds. It goes on where it was stopped. On
one CPU core it takes a quarter of an hour.
"""

import json
import time
from dataclasses import replace
from itertools import product
from pathlib import Path

import torch
from make import as_text

import mmtutor
from mmtutor import gans
from mmtutor.datasets import letters
from mmtutor.metrics import judging
from mmtutor.training import seed_everything

HERE = Path(__file__).parent
DONE = HERE / "gans_variants.json"
PART = HERE / "gans_variants.part.json"
"""What is finished so far; gone at the end."""

SEEDS = 3
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

    def row(self, pairs: gans.Pairs) -> dict[str, float]:
        """Return the lesson's row for these pairs, and the number of styles that a letter has."""
        row = gans.report(self.judge, pairs, self.fresh, self.real, self.kept)
        row["styles a letter"] = gans.styles_a_letter(pairs)
        return {name: round(value, 4) for name, value in row.items()}

    def drawn(self, generator: gans.Generator) -> gans.Pairs:
        """Return the forger's drawings, from the same noise as in the lesson."""
        seed_everything(1)
        return gans.drawn_by(generator, gans.noise(len(self.asked)), self.asked)

    def play(self, recipe: gans.GameRecipe) -> dict[str, dict[str, float]]:
        """Train once; return the rows of the running mean and of the weights as they ended."""
        match = gans.play(self.real, 26, recipe)
        ends = {"mean": match.generator, "last": match.last}
        return {name: self.row(self.drawn(generator)) for name, generator in ends.items()}


def measure_all() -> dict[str, list[dict[str, dict[str, float]]]]:
    """Play every variant from every seed, or read what an earlier run has."""
    found = json.loads(PART.read_text(encoding="utf-8")) if PART.exists() else {}
    bench = Bench()
    for seed, (name, recipe) in product(range(SEEDS), gans.VARIANTS.items()):
        rows, begun = found.setdefault(name, []), time.perf_counter()
        if len(rows) <= seed:
            rows.append(bench.play(replace(recipe, seed=seed)))
            PART.write_text(json.dumps(found), encoding="utf-8", newline="\n")
        seconds = time.perf_counter() - begun
        print(f"{name}, seed {seed}: {rows[seed]['mean']}, {seconds:.0f} s", flush=True)
    return found


if __name__ == "__main__":
    versions = f"mmtutor {mmtutor.__version__}, torch {torch.__version__.split('+')[0]}"
    made = f"gans.QUICK ({gans.QUICK.steps} steps), {SEEDS} seeds; {versions}"
    results = {"variants": measure_all(), "made with": made}
    DONE.write_text(as_text(results), encoding="utf-8", newline="\n")
    PART.unlink()
