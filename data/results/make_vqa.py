"""Precompute the tables of lesson 15: `python data/results/make_vqa.py`.

A seed changes the projector's first weights and the order of the batches. All is measured on test
scenes (seed 1001), on which no way was chosen; only the shipped language model (`in text`) was
looked at with them while it was trained. It goes on where it was stopped. On one CPU core it takes
an hour and a quarter.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from statistics import mean

import torch
from controls import Found, keep
from torch import Tensor, nn

from mmtutor import vqa
from mmtutor.datasets.asking import CAPTION_WISH, Asked, make_asked
from mmtutor.datasets.asking.by_hand import CASES
from mmtutor.datasets.asking.steps import with_steps
from mmtutor.datasets.scenes import KINDS, SIDE, as_input
from mmtutor.datasets.telling.grammar import placed_lists
from mmtutor.metrics.telling import against_truth
from mmtutor.training import seed_everything
from mmtutor.vqa import QUICK_ONE, QUICK_TWO, VisionLanguageModel

PLACE = Path(__file__).parent / "vqa.json"
ONCE = ("one under the other", "corner to corner")
"""Cases of counting that were run from one seed."""
SEEDS = {
    "in text": 1,
    "ways": 3,
    "evidence": 3,
    "held out": 3,
    "captions": 3,
    "counting": 3,
    "steps in words": 3,
    **{f"counting|{case}": 1 for case in ONCE},
}
"""From how many seeds each part is run: what the lesson compares, from several."""


@dataclass(frozen=True)
class Way:
    """One way to make the model: what differs from the recipe of the lesson."""

    tower: str = "trained"
    """Which of TOWERS."""
    language: bool = True
    """Whether the language model is the trained one."""
    layers: int = 2
    pool: int = 2
    one: int = QUICK_ONE.steps
    two: int = QUICK_TWO.steps
    captions: float = QUICK_TWO.captions
    parts: tuple[str, ...] = ("projector", "language")
    labels: Callable = vqa.labels_of


def three_turns(asked: Asked) -> vqa.Talk:
    """Return conversations of at most three turns: with steps, four do not fit into WINDOW."""
    return vqa.question_talk(asked, 16, turns=3)


TALKS = {
    "answers": three_turns,
    "facts, then the answer": lambda asked: three_turns(with_steps(asked)),
    "the answer, then facts": lambda asked: three_turns(with_steps(asked, after=True)),
}
"""What the model is taught to say; answers alone, or with a step in words."""


class Blind(nn.Module):
    """A tower that sees nothing."""

    def forward(self, pictures: Tensor) -> Tensor:
        """Return the same vectors for every picture."""
        return torch.zeros(len(pictures), (SIDE // vqa.PATCH) ** 2, vqa.WIDTH)


class Evened(nn.Module):
    """A tower whose vectors differ between pictures as much as those of a trained one.

    An untrained one's hardly do: where a patch stands drowns what it shows.
    """

    def __init__(self, tower: nn.Module) -> None:
        super().__init__()
        self.tower = tower
        with torch.no_grad():
            seen = tower(as_input(asked().told.scenes.pictures[:500]))
        self.usual, self.spread = seen.mean(dim=0), (seen - seen.mean(dim=0)).std()

    def forward(self, pictures: Tensor) -> Tensor:
        """Return how each patch differs from what usually stands there, in spreads."""
        return (self.tower(pictures) - self.usual) / self.spread


TOWERS = {
    "trained": vqa.load_tower,
    "untrained": lambda: vqa.new_tower().eval(),
    "untrained, evened": lambda: Evened(vqa.new_tower().eval()),
    "lesson 04": vqa.load_pixel_tower,
    "blind": Blind,
}
WAYS = {
    "the recipe": Way(),
    "after stage 1": Way(two=0),
    "no stage 1": Way(one=0),
    "untrained tower": Way(tower="untrained"),
    "untrained tower, evened": Way(tower="untrained, evened"),
    "untrained language model": Way(language=False),
    "projector only": Way(parts=("projector",)),
    "no captions in stage 2": Way(captions=0.0),
    "blind": Way(tower="blind"),
    "64 tokens": Way(pool=1),
    "one layer": Way(layers=1),
    "question in the loss": Way(labels=vqa.all_words),
    "tower of lesson 04": Way(tower="lesson 04"),
    "no stage 1, as many steps": Way(one=0, two=QUICK_ONE.steps + QUICK_TWO.steps),
}


@cache
def asked(seed: int = 1, count: int = QUICK_TWO.questions, scenes: int = QUICK_TWO.scenes) -> Asked:
    """Return questions about scenes, drawn once."""
    return make_asked(count, scenes=scenes, seed=seed)


def to_test() -> Asked:
    """Return questions on which something is measured."""
    return asked(1001, 1600, 400)


@cache
def tower_of(name: str, seed: int) -> tuple[nn.Module, Tensor]:
    """Return a tower and what it sees of the scenes; a seed draws an untrained one."""
    seed_everything(seed)
    tower = TOWERS[name]()
    watch = vqa.new_model(tower, vqa.new_language_model()).watch
    return tower, watch(asked().told.scenes.pictures)


@cache
def lessons(tower: str, seed: int, places: int) -> vqa.Lessons:
    """Return what a model learns from."""
    talks = vqa.caption_talk(asked().told, places), vqa.question_talk(asked(), places)
    return vqa.Lessons(tower_of(tower, seed)[1], *talks)


@cache
def after_one(
    tower: str, language: bool, layers: int, pool: int, steps: int, seed: int
) -> VisionLanguageModel:
    """Return a model after stage 1: ways that differ in stage 2 alone begin with the same one."""
    sees = tower_of(tower, seed if tower.startswith("untrained") else 0)[0]
    seed_everything(seed)
    words = vqa.load_language_model() if language else vqa.new_language_model()
    model = vqa.new_model(sees, words, layers, pool)
    if steps:
        learn = learns_from(tower, model, seed)
        vqa.stage_one(model, learn, replace(QUICK_ONE, steps=steps, seed=seed))
    return model


def learns_from(tower: str, model: VisionLanguageModel, seed: int) -> vqa.Lessons:
    """Return what a model learns from; only an untrained tower differs between seeds."""
    return lessons(tower, seed if tower.startswith("untrained") else 0, vqa.places(model))


@cache
def trained(name: str, seed: int) -> VisionLanguageModel:
    """Train a model in one of the ways."""
    way = WAYS[name]
    model = after_one(way.tower, way.language, way.layers, way.pool, way.one, seed)
    model = deepcopy(model)
    if way.two:
        recipe = replace(QUICK_TWO, steps=way.two, captions=way.captions, seed=seed)
        learn = learns_from(way.tower, model, seed)
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


def rows_told(seed: int) -> Found:
    """Return what a model answers right after a stage 1 whose captions say in which row all stands.

    Of the captions of the recipe one in four does.
    """
    model = deepcopy(after_one("trained", True, 2, 2, 0, seed))
    told = replace(asked().told, references=[tuple(placed_lists(f)) for f in asked().told.facts])
    learn = lessons("trained", 0, vqa.places(model))
    learn = replace(learn, captions=vqa.caption_talk(told, vqa.places(model)))
    vqa.stage_one(model, learn, replace(QUICK_ONE, seed=seed))
    return vqa.accuracy_by_type(model, model.watch(to_test().told.scenes.pictures), to_test())


def counting(case: str, seed: int) -> Found:
    """Return what the recipe's model says of how many things there are, as shares.

    Scenes to learn from held one, or two in a row, or none.
    """
    said = vqa.numbers_said(trained("the recipe", seed), CASES[case], 1003 + seed)
    return {f"said {word}": share for word, share in said.items()}


def in_steps(talk: str, seed: int) -> Found:
    """Return what a model answers right, and what of its facts is true, if it says facts.

    The recipe's stage 1, then a stage 2 that differs in what the model is taught to say alone.
    """
    model, test = deepcopy(after_one("trained", True, 2, 2, QUICK_ONE.steps, seed)), to_test()
    learn = replace(lessons("trained", 0, 16), questions=TALKS[talk](asked()))
    vqa.stage_two(model, learn, replace(QUICK_TWO, seed=seed))
    patches = model.eval().watch(test.told.scenes.pictures)[test.scene]
    said = vqa.answer(model, patches, [question.text for question in test.questions])
    place = 0 if talk == "the answer, then facts" else -1
    right = [
        text.split()[place] == question.answer
        for text, question in zip(said, test.questions, strict=True)
    ]
    found = vqa.shares(right, [question.type for question in test.questions])
    return found | {"mean": mean(found.values())} | true_steps(said, test, place)


def true_steps(said: list[str], test: Asked, place: int) -> Found:
    """Return how often all that is said beside the answer is right, over answers right and wrong.

    Questions without facts are left out.
    """
    hits = {True: [], False: []}
    for text, question, longer in zip(
        said, test.questions, with_steps(test).questions, strict=True
    ):
        words, facts = text.split(), longer.answer.split()[:-1]
        beside = words[1:] if place == 0 else words[:-1]
        if facts and beside:
            hits[words[place] == question.answer].append(beside == facts)
    names = {True: "facts true where right", False: "facts true where wrong"}
    return {names[right]: mean(some) for right, some in hits.items() if some}


EXPERIMENTS = {
    "in text": {"language model": in_text},
    "ways": {name: partial(measured, name) for name in WAYS},
    "evidence": {name: partial(evidence, name) for name in ("the recipe", "64 tokens")},
    "held out": {"the recipe": held_out},
    "captions": {"all name rows": rows_told},
    "counting": {case: partial(counting, case) for case in CASES},
    "steps in words": {talk: partial(in_steps, talk) for talk in TALKS},
}

if __name__ == "__main__":
    torch.set_num_threads(1)
    keep(EXPERIMENTS, SEEDS, PLACE)
