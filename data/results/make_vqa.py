"""Precompute the tables of lesson 15: `python data/results/make_vqa.py`.

A seed changes the projector's first weights and the order of the batches. All is measured on test
scenes (seed 1001), which chose nothing. It goes on where it was stopped. On one CPU core it takes
half an hour.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from statistics import mean

import torch
from controls import Found, keep

from mmtutor import vqa
from mmtutor.datasets.asking import CAPTION_WISH, Asked, make_asked
from mmtutor.datasets.scenes import KINDS
from mmtutor.metrics.telling import against_truth
from mmtutor.training import seed_everything
from mmtutor.vqa import QUICK_ONE, QUICK_TWO, VisionLanguageModel

PLACE = Path(__file__).parent / "vqa.json"
SEEDS = 3


@dataclass(frozen=True)
class Way:
    """One way to make the model: what differs from the recipe of the lesson."""

    tower: Callable = vqa.load_tower
    """What makes the tower."""
    language: bool = True
    """Whether the language model is the trained one."""
    layers: int = 2
    pool: int = 2
    one: int = QUICK_ONE.steps
    two: int = QUICK_TWO.steps
    captions: float = QUICK_TWO.captions
    parts: tuple[str, ...] = ("projector", "language")
    labels: Callable = vqa.labels_of


WAYS = {
    "the recipe": Way(),
    "after stage 1": Way(two=0),
    "no stage 1": Way(one=0),
    "no stage 1, as many steps": Way(one=0, two=QUICK_ONE.steps + QUICK_TWO.steps),
    "untrained tower": Way(tower=lambda: vqa.new_tower().eval()),
    "tower of lesson 04": Way(tower=vqa.load_pixel_tower),
    "untrained language model": Way(language=False),
    "projector only": Way(parts=("projector",)),
    "one layer": Way(layers=1),
    "64 tokens": Way(pool=1),
    "question in the loss": Way(labels=vqa.all_words),
    "no captions in stage 2": Way(captions=0.0),
}


@cache
def asked(seed: int = 1, count: int = QUICK_TWO.questions, scenes: int = QUICK_TWO.scenes) -> Asked:
    """Return questions about scenes, drawn once."""
    return make_asked(count, scenes=scenes, seed=seed)


def to_test() -> Asked:
    """Return questions on which something is measured."""
    return asked(1001, 1600, 400)


@cache
def trained(name: str, seed: int) -> VisionLanguageModel:
    """Train a model in one of the ways."""
    way = WAYS[name]
    seed_everything(seed)
    language = vqa.load_language_model() if way.language else vqa.new_language_model()
    model = vqa.new_model(way.tower(), language, way.layers, way.pool)
    learn = vqa.lessons_of(model, asked())
    if way.one:
        vqa.stage_one(model, learn, replace(QUICK_ONE, steps=way.one, seed=seed))
    if way.two:
        recipe = replace(QUICK_TWO, steps=way.two, captions=way.captions, seed=seed)
        vqa.train(model, learn, recipe, way.parts, way.labels)
    return model.eval()


def measured(name: str, seed: int) -> Found:
    """Return what a model answers right, by type, and how many of its captions are true."""
    model, test = trained(name, seed), to_test()
    patches = model.watch(test.told.scenes.pictures)
    found = vqa.accuracy_by_type(model, patches, test)
    shuffled = vqa.accuracy_by_type(model, vqa.shuffled(patches), test)
    captions = vqa.answer(model, patches, [CAPTION_WISH] * len(patches))
    return {
        **found,
        "mean": mean(found.values()),
        "shuffled": mean(shuffled.values()),
        "captions true": against_truth(captions, test.told.facts)["all true"],
    }


def evidence(name: str, seed: int) -> Found:
    """Return where a model looks, layer by layer, and whether an answer follows the paint."""
    model, test = trained(name, seed), to_test()
    patches = model.watch(test.told.scenes.pictures)
    some = test.only([i for i, q in enumerate(test.questions) if q.type in ("colour", "row")])
    pointing = vqa.pointing(model, patches, some)
    painted = vqa.repainted(model, test.told)
    return {
        **{f"layer {i}": share for i, share in enumerate(pointing)},
        "chance": vqa.inside(model, some).float().mean().item(),
        "new colour is said": painted.follows,
        "the rest stays": painted.stays,
    }


def held_out(seed: int) -> Found:
    """Return how the recipe's model does on pairs of kind and colour that training never had."""
    model, test = (
        trained("the recipe", seed),
        make_asked(800, scenes=400, pairs="held_out", seed=1002),
    )
    some = test.only([i for i, question in enumerate(test.questions) if of_the_pair(test, i)])
    return vqa.accuracy_by_type(model, model.watch(test.told.scenes.pictures), some)


def of_the_pair(test: Asked, question: int) -> bool:
    """Say whether a question asks for the colour of the object with its held-out colour."""
    scenes, asks = test.told.scenes, test.questions[question]
    kind = tuple(KINDS)[scenes.kinds[test.scene[question], 0]]
    return asks.type == "colour" and f"the {kind}" in asks.text


def in_text(seed: int) -> Found:
    """Return what the language model answers of the same scenes, told in words and never shown."""
    return vqa.told_accuracy(vqa.load_language_model(), to_test())


EXPERIMENTS = {
    "ways": {name: partial(measured, name) for name in WAYS},
    "evidence": {name: partial(evidence, name) for name in ("the recipe", "64 tokens")},
    "held out": {"the recipe": held_out},
    "in text": {"language model": in_text},
}

if __name__ == "__main__":
    torch.set_num_threads(1)
    keep(EXPERIMENTS, {"ways": SEEDS, "evidence": SEEDS, "held out": SEEDS, "in text": 1}, PLACE)
