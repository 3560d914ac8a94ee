"""How far does lesson 01's rival without attention get? `python data/results/make_attention.py`.

Two widths, two lengths of training. The learning rate is chosen on validation words after the short
training; two seeds are then scored on the lesson's test words. On one CPU core it takes minutes.
"""

from dataclasses import replace
from pathlib import Path

import torch
from make import as_text

import mmtutor
from mmtutor.attention import QUICK, NoAttention, reversing_loss, words_and_letters_right
from mmtutor.datasets import words
from mmtutor.training import Batches, fit, seed_everything

DONE = Path(__file__).parent / "attention_rivals.json"
WIDTHS, SHORT, LONG, RATES, SEEDS = (72, 512), 500, 5000, (4e-3, 1e-2, 2e-2), (0, 1)

different = words.random_words(22_000, longest=QUICK.longest)
train, test = different[:20_000], different[20_000:]
used = set(words.decode(different))
fresh = words.random_words(2_000, longest=QUICK.longest, seed=1)
validation = fresh[[word not in used for word in words.decode(fresh)]]


def trained(width: int, steps: int, rate: float, seed: int) -> NoAttention:
    """Return the rival after a training that differs from the lesson's in steps and rate only."""
    recipe = replace(QUICK, steps=steps, learning_rate=rate, seed=seed)
    seed_everything(seed)
    model = NoAttention(len(words.ALPHABET), QUICK.longest, width)
    batches = Batches(train, batch_size=recipe.batch_size, seed=seed)
    fit(model, batches, reversing_loss, recipe)
    return model


def best_rate(width: int) -> float:
    """Return the rate with which the short training does best on the validation words."""

    def letters(rate: float) -> float:
        model = trained(width, SHORT, rate, SEEDS[0])
        return words_and_letters_right(model, validation)["letters"]

    return max(RATES, key=letters)


def measure(width: int, steps: int, rate: float) -> dict[str, object]:
    """Return what the rival reaches on the test words, from each seed."""
    models = [trained(width, steps, rate, seed) for seed in SEEDS]
    scores = [words_and_letters_right(model, test) for model in models]
    row = {name: [round(score[name], 4) for score in scores] for name in scores[0]}
    size = sum(parameter.numel() for parameter in models[0].parameters())
    return {"width": width, "steps": steps, "rate": rate, "parameters": size, **row}


if __name__ == "__main__":
    rows = []
    for width in WIDTHS:
        rate = best_rate(width)
        for steps in (SHORT, LONG):
            rows.append(measure(width, steps, rate))
            print(rows[-1], flush=True)
    versions = f"mmtutor {mmtutor.__version__}, torch {torch.__version__.split('+')[0]}"
    DONE.write_text(
        as_text({"rivals": rows, "made with": versions}), encoding="utf-8", newline="\n"
    )
