"""Choose the ridge regression of lesson 12: `python data/results/make_contrastive.py`.

Four settings are scored on the lesson's validation split; `contrastive.ridge_words` has the best as
its defaults. On one CPU core it takes half a minute.
"""

from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from controls import Found, keep
from transformers import AutoTokenizer

from mmtutor import contrastive
from mmtutor.datasets import glyphs, names
from mmtutor.datasets.shipped import shipped
from mmtutor.metrics import recall_at

HERE = Path(__file__).parent
EVERY = glyphs.load_glyphs()
TRAIN = EVERY.select(glyphs.split_by_character(EVERY)[0])
TOKENIZER = AutoTokenizer.from_pretrained(shipped("checkpoints/names"))


def ridge(sharpness: float, penalty: float) -> Callable[[int], Found]:
    """Return an experiment: kernel ridge regression on the validation split; the seed is idle."""

    def run(seed: int) -> Found:
        known = contrastive.one_each(TRAIN)
        bags = names.bags(TOKENIZER, names.encode(TOKENIZER, known.captions))
        words = F.normalize(bags * -(bags.mean(dim=0) + 1e-4).log())
        ink, aside = contrastive.inks(known.images), torch.arange(len(known)) % 12 == 0
        found = contrastive.ridge_words(ink[aside], ink[~aside], words[~aside], sharpness, penalty)
        return {"R@1": recall_at(found @ words[aside].T, torch.arange(len(found)), 1)}

    return run


EXPERIMENTS = {
    "ridge": {f"{s}, {penalty}": ridge(s, penalty) for s in (5.0, 20.0) for penalty in (0.03, 0.3)},
}
"""By sharpness and penalty."""

if __name__ == "__main__":
    keep(EXPERIMENTS, {"ridge": 1}, HERE / "contrastive.json")
