"""Precompute the tables of lesson 08: `python data/results/make_multimodal_transformer.py`.

Within a part the models differ in one thing, at equal steps, data and rates. A seed changes the
first weights, the order of the batches and what dropout hides. It goes on where it was stopped. On
one CPU core it takes twenty minutes.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import torch
from controls import Found, keep
from torch import Tensor, nn

from mmtutor import multimodal_transformer as mt
from mmtutor.datasets.moods import Moods, make_moods
from mmtutor.metrics import accuracy
from mmtutor.multimodal_transformer import QUICK, Inputs
from mmtutor.pipelines import described
from mmtutor.training import checkpoints, predict, seed_everything

HERE = Path(__file__).parent
CHECKPOINT = HERE.parent / "checkpoints/moods.safetensors"
"""The first model with modality dropout, for who wants to look without training."""


# ── Data ──────────────────────────────────────────────────────────────────────────────────────────


@cache
def examples(part: str, world: str = "independent") -> tuple[Moods, Inputs]:
    """Return raw and prepared examples: to learn from, to choose with, or never seen."""
    count = QUICK.examples if part == "learn" else 2000
    seed = {"learn": 1, "choose": 9, "unseen": 2}[part]
    moods = make_moods(count, seed, world, test=part == "unseen")
    return moods, mt.prepare(moods)


# ── Training, and what is asked of a model ────────────────────────────────────────────────────────


def learnt(
    variant: Callable[..., nn.Module],
    seed: int,
    world: str = "independent",
    hidden: float = QUICK.hidden,
    patch: int = 8,
    sees: tuple[int, ...] = (0, 1, 2),
    steps: int = QUICK.steps,
) -> nn.Module:
    """Train a variant on a world, from a seed, on all modalities or on some of them."""
    moods, inputs = examples("learn", world)
    recipe = replace(QUICK, seed=seed, hidden=hidden, steps=steps)
    seed_everything(seed)
    classes = len(moods.labels.unique())
    model = mt.build(variant, recipe, mt.sizes_of(inputs, patch), classes)
    mt.train(model, mt.only(inputs, sees), moods.labels, recipe, every=recipe.steps)
    return model


def examined(model: nn.Module, world: str = "independent") -> Found:
    """Return a model's scores on examples never seen, by subset, and where modalities disagree."""
    moods, inputs = examples("unseen", world)
    verdicts, irony = predict(model, *inputs).argmax(dim=1), mt.alone_against_both(moods)
    alone = mt.single_verdicts(model, inputs)
    return {
        **mt.scores(verdicts, moods.labels),
        "irony": accuracy(verdicts[irony], moods.labels[irony]),
        **mt.by_subset(model, inputs, moods.labels),
        "vote": accuracy(mt.vote(alone), moods.labels),
        "summed": accuracy(mt.summed(alone), moods.labels),
        **{f"recall {c}": share for c, share in enumerate(mt.recalls(verdicts, moods.labels))},
        **intervened(model, moods, inputs),
    }


def intervened(model: nn.Module, moods: Moods, inputs: Inputs) -> Found:
    """Return how often an answer changes when a modality is swapped or covered, by its role."""
    found: dict[str, list[Tensor]] = {}
    for modality in range(3):
        donors = mt.donors(moods, modality)
        after = {
            "swap": mt.swapped(inputs, donors, modality),
            "cover": mt.covered(inputs, modality),
        }
        for act, changed_inputs in after.items():
            changed = mt.answers_changed(model, inputs, changed_inputs)
            decides = moods.decider == modality
            other = "the face that points" if modality == 1 else "another"
            found.setdefault(f"{act} the decider", []).append(changed[decides])
            found.setdefault(f"{act} {other}", []).append(changed[~decides])
    return {name: torch.cat(parts).float().mean().item() for name, parts in found.items()}


def looked(model: nn.Module) -> Found:
    """Return how often the class token's lift is largest at the decider, by layer and split."""
    found = {}
    for part in ("choose", "unseen"):
        moods, inputs = examples(part)
        for layer in range(2):
            shares = mt.by_modality(mt.class_looks(model, inputs, layer), model.embedding.kinds)
            found[f"lift, layer {layer + 1}, {part}"] = mt.decider_found(
                mt.lift(shares), moods.decider
            )
            found[f"share, layer {layer + 1}, {part}"] = mt.decider_found(shares, moods.decider)
    return found


# ── One encoder and its rivals ────────────────────────────────────────────────────────────────────


def one_encoder(hidden: float) -> Callable[[int], Found]:
    """Return an experiment: the lesson's model, with modality dropout or without."""

    def run(seed: int) -> Found:
        begun = time.process_time()
        model = learnt(mt.MultimodalTransformer, seed, hidden=hidden)
        seconds = time.process_time() - begun
        if seed == 0 and hidden:
            checkpoints.save(CHECKPOINT, model, **described(**mt.PIPELINES))
        return examined(model) | looked(model) | {"seconds": seconds}

    return run


def rival(variant: Callable[..., nn.Module]) -> Callable[[int], Found]:
    """Return an experiment: another model with as many parameters; also its seconds."""

    def run(seed: int) -> Found:
        begun = time.process_time()
        model = learnt(variant, seed)
        seconds = time.process_time() - begun
        return examined(model) | {"seconds": seconds}

    return run


def addressed(marked: bool, restart: bool) -> Callable[[int], Found]:
    """Return an experiment: with a modality embedding or without, positions restarting or not."""

    def run(seed: int) -> Found:
        variant = partial(mt.MultimodalTransformer, marked=marked, restart=restart)
        return examined(learnt(variant, seed))

    return run


# ── Traps of the field ────────────────────────────────────────────────────────────────────────────


def congruent(sees: tuple[int, ...]) -> Callable[[int], Found]:
    """Return an experiment: learn where nearly all agree; be asked there, and where they do not."""

    def run(seed: int) -> Found:
        model = learnt(mt.MultimodalTransformer, seed, world="congruent", sees=sees)
        found = {}
        for world in ("congruent", "independent"):
            moods, inputs = examples("unseen", world)
            right = predict(model, *mt.only(inputs, sees)).argmax(dim=1) == moods.labels
            found[world] = right.float().mean().item()
            found[f"{world}, irony"] = right[mt.alone_against_both(moods)].float().mean().item()
        return found

    return run


def neutral(sees: tuple[int, ...]) -> Callable[[int], Found]:
    """Return an experiment: three classes, of which one is nine examples in ten."""

    def run(seed: int) -> Found:
        model = learnt(mt.MultimodalTransformer, seed, world="neutral", sees=sees)
        moods, inputs = examples("unseen", "neutral")
        verdicts = predict(model, *mt.only(inputs, sees)).argmax(dim=1)
        recalls = mt.recalls(verdicts, moods.labels)
        named = {f"recall {c}": share for c, share in enumerate(recalls)}
        return mt.scores(verdicts, moods.labels) | named

    return run


def chosen_epoch(seed: int) -> Found:
    """Return what a small study reports if its best epoch is chosen on its test set.

    600 examples to learn from; 2,000 unseen ones are ten test sets of 200. Reported is the best of
    20 epochs on one of them, true is its accuracy on the other 1,800. Honest is the accuracy
    on a test set of the epoch that another set chooses, and its truth that on the other eight sets.
    """
    (moods, inputs), (new, unseen) = examples("learn"), examples("unseen")
    recipe = replace(QUICK, steps=200, examples=600, seed=seed)
    few = inputs.at(slice(600))
    seed_everything(seed)
    model = mt.build(mt.MultimodalTransformer, recipe, mt.sizes_of(inputs))
    epochs: list[Tensor] = []

    def watch(model: nn.Module) -> Found:
        epochs.append(predict(model, *unseen).argmax(dim=1) == new.labels)
        return {}

    mt.train(model, few, moods.labels[:600], recipe, evaluate=watch, every=10)
    tests = torch.stack(epochs).float().unflatten(1, (10, 200)).mean(dim=2)  # (epoch, test set)
    best, epoch = tests.max(dim=0)  # for each test set
    rest = (tests.sum(dim=1, keepdim=True) - tests) / 9
    by_validation = tests.roll(1, dims=1).argmax(dim=0)  # the neighbour plays the validation set
    own = torch.arange(10)
    others = (tests.sum(dim=1, keepdim=True) - tests - tests.roll(1, dims=1)) / 8
    return {
        "reported": best.mean().item(),
        "true": rest[epoch, own].mean().item(),
        "honest": tests[by_validation, own].mean().item(),
        "true of the honest": others[by_validation, own].mean().item(),
    }


# ── Shorter sequences ─────────────────────────────────────────────────────────────────────────────


def sequence(variant: Callable[..., nn.Module], steps: int = QUICK.steps) -> Callable[[int], Found]:
    """Return an experiment: patches of 4 pixels, read in full or by a shorter way."""

    def run(seed: int) -> Found:
        begun = time.process_time()
        model = learnt(variant, seed, patch=4, steps=steps)
        seconds = time.process_time() - begun
        moods, inputs = examples("unseen")
        verdicts = predict(model, *inputs).argmax(dim=1)
        return {"accuracy": accuracy(verdicts, moods.labels), "seconds": seconds}

    return run


EXPERIMENTS: dict[str, dict[str, Callable[[int], Found]]] = {
    "one encoder": {"with dropout": one_encoder(QUICK.hidden), "without": one_encoder(0.0)},
    "rivals": {
        "two streams": rival(mt.TwoStreams),
        "late fusion": rival(mt.LateFusion),
        "late decisions": rival(mt.LateDecisions),
        "no attention": rival(mt.NoAttention),
    },
    "address": {
        "positions restart, no modality": addressed(marked=False, restart=True),
        "own positions, no modality": addressed(marked=False, restart=False),
        "own positions, modality": addressed(marked=True, restart=False),
    },
    "congruent": {"all three": congruent((0, 1, 2)), "words alone": congruent((0,))},
    "neutral": {"all three": neutral((0, 1, 2)), "words alone": neutral((0,))},
    "epoch": {"one encoder": chosen_epoch},
    "sequence": {
        "36 patches": sequence(mt.MultimodalTransformer),
        "36, pooled": sequence(mt.PooledTransformer),
        "36, bottleneck": sequence(mt.BottleneckTransformer),
        "36, latents": sequence(mt.LatentTransformer),
    },
    "patient": {"36, bottleneck, twice": sequence(mt.BottleneckTransformer, 2 * QUICK.steps)},
}
SEEDS = {
    "one encoder": 5,
    "rivals": 3,
    "address": 3,
    "congruent": 3,
    "neutral": 3,
    "epoch": 3,
    "sequence": 3,
    "patient": 2,
}


if __name__ == "__main__":
    keep(EXPERIMENTS, SEEDS, HERE / "multimodal_transformer.json")
