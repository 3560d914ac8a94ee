"""What else writes words backwards? Rivals of lesson 01: `python data/results/make_attention.py`.

One hidden layer over all letters: two widths, two lengths of training, and a learning rate that is
chosen on validation words after the short training. A mixer, which knows the length of the word and
nothing else of it. The lesson's model, with and without its padding mask. Two seeds each, scored on
the lesson's test words. On one CPU core it takes minutes.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from jaxtyping import Float, Int
from make import as_text
from torch import Tensor, nn

import mmtutor
from mmtutor.attention import (
    QUICK,
    AttentionReverser,
    NoAttention,
    reversing_loss,
    words_and_letters_right,
)
from mmtutor.datasets import words
from mmtutor.training import Batches, History, fit, seed_everything

DONE = Path(__file__).parent / "attention_rivals.json"
WIDTHS, SHORT, LONG, RATES, SEEDS = (72, 512), 500, 5000, (4e-3, 1e-2, 2e-2), (0, 1)
EARLY = (100, 200, SHORT)
"""The steps after which the mixer and attention are scored."""
TOKENS, LONGEST = len(words.ALPHABET), QUICK.longest
Build = Callable[[], nn.Module]

different = words.random_words(22_000, longest=LONGEST)
train, test = different[:20_000], different[20_000:]
used = set(words.decode(different))
fresh = words.random_words(2_000, longest=LONGEST, seed=1)
validation = fresh[[word not in used for word in words.decode(fresh)]]


class Mixer(nn.Module):
    """Mix the letters by one matrix, which a small network makes from the word's length alone.

    No queries, no keys, no softmax: which place listens to which never depends on a letter.
    """

    def __init__(self, width: int = 32, hidden_width: int = 64) -> None:
        super().__init__()
        self.letter = nn.Embedding(TOKENS, width)
        self.hidden = nn.Linear(LONGEST, hidden_width)
        self.matrix = nn.Linear(hidden_width, LONGEST * LONGEST)
        self.readout = nn.Linear(width, TOKENS)

    def forward(
        self, words_in: Int[Tensor, "word longest"]
    ) -> Float[Tensor, "word longest tokens"]:
        """Return a score for every letter at every place of the reversed word."""
        full = (words_in != words.PADDING).float()  # (word, longest): which places hold a letter
        matrix = self.matrix(self.hidden(full).relu()).unflatten(-1, (LONGEST, LONGEST))
        return self.readout(matrix @ self.letter(words_in))


class NoMask(AttentionReverser):
    """The lesson's model, but everybody may look at the padding, too."""

    def forward(
        self, words_in: Int[Tensor, "word longest"]
    ) -> Float[Tensor, "word longest tokens"]:
        """Return a score for every letter at every place of the reversed word."""
        x = self.letter(words_in) + self.position
        for layer in self.layers:
            x = x + layer(x, x, x)
        return self.readout(x)


def no_attention(width: int) -> Build:
    """Return what builds the rival with one hidden layer of this width."""
    return lambda: NoAttention(TOKENS, LONGEST, width)


def trained(
    build: Build, steps: int, rate: float, seed: int, every: int
) -> tuple[nn.Module, History]:
    """Train as the lesson does but for steps and rate; score on the test words `every` so often."""
    recipe = replace(QUICK, steps=steps, learning_rate=rate, seed=seed)
    seed_everything(seed)
    model = build()
    batches = Batches(train, batch_size=recipe.batch_size, seed=seed)

    def score(model: nn.Module) -> dict[str, float]:
        return words_and_letters_right(model, test)

    return model, fit(model, batches, reversing_loss, recipe, evaluate=score, every=every)


def best_rate(build: Build) -> float:
    """Return the rate with which the short training does best on the validation words."""

    def letters(rate: float) -> float:
        model, _ = trained(build, SHORT, rate, SEEDS[0], every=SHORT)
        return words_and_letters_right(model, validation)["letters"]

    return max(RATES, key=letters)


def measure(
    name: str, build: Build, rate: float, moments: tuple[int, ...]
) -> list[dict[str, object]]:
    """Train once from each seed, to the last of the moments; return a row for each moment."""
    runs = [trained(build, moments[-1], rate, seed, every=moments[0]) for seed in SEEDS]
    size = sum(parameter.numel() for parameter in runs[0][0].parameters())
    rows = []
    for steps in moments:
        row = {"model": name, "parameters": size, "rate": rate, "steps": steps}
        for metric in ("exact match", "letters"):
            row[metric] = [round(dict(run.metrics[metric])[steps], 4) for _, run in runs]
        print(row, flush=True)
        rows.append(row)
    return rows


if __name__ == "__main__":
    rows = []
    for width in WIDTHS:
        build = no_attention(width)
        rate = best_rate(build)
        for steps in (SHORT, LONG):
            rows += measure("one hidden layer", build, rate, (steps,))
    shape = (TOKENS, LONGEST, QUICK.width, QUICK.heads)
    others = {
        "mixer": Mixer,
        "attention": lambda: AttentionReverser(*shape),
        "attention, no mask": lambda: NoMask(*shape),
    }
    for name, build in others.items():
        rows += measure(name, build, QUICK.learning_rate, EARLY)
    versions = f"mmtutor {mmtutor.__version__}, torch {torch.__version__.split('+')[0]}"
    DONE.write_text(
        as_text({"rivals": rows, "made with": versions}), encoding="utf-8", newline="\n"
    )
