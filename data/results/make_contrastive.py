"""Precompute the controls of lesson 12: `python data/results/make_contrastive.py`.

Each control changes one thing, at equal steps and data. It goes on where it was stopped. On one CPU
core it takes ten minutes.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from controls import Found, keep
from torch import Tensor, nn
from transformers import AutoTokenizer

from mmtutor import contrastive
from mmtutor.datasets import glyphs, names
from mmtutor.datasets.shipped import shipped
from mmtutor.metrics import recall_at
from mmtutor.training import Batches, fit, seed_everything

HERE = Path(__file__).parent
EVERY = glyphs.load_glyphs()
TRAIN, TEST = (EVERY.select(part) for part in glyphs.split_by_character(EVERY))
TOKENIZER = AutoTokenizer.from_pretrained(shipped("checkpoints/names"))


def ridge(sharpness: float, penalty: float) -> Callable[[int], Found]:
    """Return an experiment: kernel ridge regression on the lesson's validation split."""

    def run(seed: int) -> Found:
        known = contrastive.one_each(TRAIN)
        bags = names.bags(TOKENIZER, names.encode(TOKENIZER, known.captions))
        words = F.normalize(bags * -(bags.mean(dim=0) + 1e-4).log())
        ink, aside = contrastive.inks(known.images), torch.arange(len(known)) % 12 == 0
        found = contrastive.ridge_words(ink[aside], ink[~aside], words[~aside], sharpness, penalty)
        return {"R@1": recall_at(found @ words[aside].T, torch.arange(len(found)), 1)}

    return run


def untold(model: nn.Module, *batch: Tensor, hidden: float) -> Tensor:
    """Return the lesson's loss of a batch that does not say which names are the same."""
    pictures, texts, numbers = batch
    return contrastive.pair_loss(model, pictures, texts, torch.arange(len(numbers)), hidden=hidden)


def trained(loss: Callable) -> Callable[[int], Found]:
    """Return an experiment: the lesson's quick training with another loss."""

    def run(seed: int) -> Found:
        recipe = replace(contrastive.QUICK, seed=seed)
        seed_everything(seed)
        model = contrastive.dual_encoder(recipe, TOKENIZER)
        pairs = contrastive.glyph_pairs(TRAIN, TOKENIZER)
        batches = Batches(*pairs, batch_size=recipe.batch_size, seed=seed)
        fit(model, batches, loss, recipe, every=recipe.steps)
        found = contrastive.find_names(model, contrastive.one_each(TEST, 500), TOKENIZER)
        characters = contrastive.one_each(EVERY)
        words = contrastive.single_words(characters)
        share = contrastive.words_found(model, characters, words, TOKENIZER)
        return {"R@1": found["name R@1"], "single words": share}

    return run


EXPERIMENTS = {
    "ridge": {f"{s}, {penalty}": ridge(s, penalty) for s in (5.0, 20.0) for penalty in (0.03, 0.3)},
    "losses": {
        "whole names": trained(contrastive.pair_loss),
        "words lost, told": trained(partial(contrastive.pair_loss, hidden=0.15)),
        "words lost, not told": trained(partial(untold, hidden=0.15)),
    },
}
"""Ridge: sharpness and penalty. Losses: is a name read whole, and are equal names told?"""

if __name__ == "__main__":
    keep(EXPERIMENTS, {"ridge": 1, "losses": 2}, HERE / "contrastive.json")
