"""Fine-tuning the tower of names, and what it forgets: for `make_transfer.py`."""

import time
from dataclasses import replace
from functools import cache, partial

import torch
import torch.nn.functional as F
from kept import by_name
from torch import Tensor, nn
from transfer_probes import (
    FEW_SEEDS,
    LABELS,
    Found,
    grouped,
    over,
    right,
    split_of,
)

from mmtutor import transfer as tf
from mmtutor.datasets import towers
from mmtutor.datasets.groups import GROUPS
from mmtutor.training import predict, seed_everything
from mmtutor.transfer import QUICK

# ── Fine-tuning the tower of names ────────────────────────────────────────────────────────────────

TUNED = (
    "probe",
    "last block",
    "all",
    "LoRA 1",
    "LoRA 4",
    "LoRA 16",
    "adapter",
    "prompt",
    "scratch",
)
LONGER = ("probe", "all", "LoRA 4", "scratch")
RATES = {
    "last block": (0.03, 0.1, 0.3),
    "all": (0.01, 0.03, 0.1),
    "LoRA": (0.1, 0.3, 1.0),
    "adapter": (0.1, 0.3, 1.0),
    "prompt": (0.3, 1.0, 3.0),
    "scratch": (0.03, 0.1, 0.3),
}
"""Shares of the learning rate for what is not the head; validation chooses, with 20 labels."""


@cache
def tower() -> nn.Module:
    """Return the BERT."""
    return towers.load_text_tower()[1]


@cache
def tokens(language: str = "english") -> tuple[Tensor, Tensor]:
    """Return the tokens of all names, and where they are not padding."""
    texts = list(getattr(grouped().emoji, language))
    found = towers.load_tokenizer()(texts, padding=True, return_tensors="pt")
    return found["input_ids"], found["attention_mask"]


def prepared(way: str, seed: int) -> tf.TextClassifier:
    """Return a classifier with the tower as this way wants it, untrained in its new numbers."""
    seed_everything(seed)
    if way == "scratch":
        return tf.TextClassifier(tf.adapted(towers.new_text_tower(seed), "all"), len(GROUPS))
    return tf.TextClassifier(tf.adapted(tower(), way), len(GROUPS))


def fine_tuned(
    way: str, places: Tensor, seed: int, share: float, steps: int = QUICK.steps
) -> tf.TextClassifier:
    """Train a classifier of English names on these places and return it."""
    model, examples = prepared(way, seed), (*tokens(), grouped().labels)
    recipe = replace(QUICK, seed=seed, steps=steps)
    tf.train(model, *(part[places] for part in examples), recipe=recipe, tower=share)
    return model


def said(model: nn.Module, places: Tensor, language: str = "english") -> float:
    """Return a classifier's balanced accuracy at these places."""
    numbers, mask = (part[places] for part in tokens(language))
    return right(predict(model, numbers, mask), grouped().labels[places])


def tried(way: str, share: float, seed: int) -> float:
    """Return what a rate scores on the validation families, with 20 labels."""
    labelled, valid, _ = split_of(20, seed)
    return said(fine_tuned(way, labelled, seed, share), valid)


@cache
def rates() -> dict[str, list[float]]:
    """Return, by way, what each rate scores on the validation families."""
    return {
        name: [
            over(1, f"rate {name} {share}", partial(tried, like(name), share))[0]
            for share in shares
        ]
        for name, shares in RATES.items()
    }


def like(name: str) -> str:
    """Return the way that chooses the rate for all of its kind."""
    return "LoRA 4" if name == "LoRA" else name


def chosen(way: str) -> float:
    """Return the rate that validation chose for a way."""
    name = way.split()[0] if way.startswith("LoRA") else way
    if name == "probe":
        return 1.0
    scores = rates()[name]
    return RATES[name][scores.index(max(scores))]


def tuned(way: str, count: int, steps: int, seed: int) -> Found:
    """Return what a way scores, and how long it trained, in seconds of processor time."""
    labelled, _, test = split_of(count, seed)
    share, begun = chosen(way), time.process_time()
    model = fine_tuned(way, labelled, seed, share, steps)
    spent = time.process_time() - begun
    return {"accuracy": said(model, test), "seconds": spent}


def costs(way: str, seed: int) -> Found:
    """Return how many numbers a way trains, and the megabytes that its training keeps.

    Kept are, for each trained number, its gradient and AdamW's two means; and what a step of
    16 names stores for the way back.
    """
    model, places = prepared(way, seed), torch.arange(QUICK.batch_size)
    numbers, mask = (part[places] for part in tokens())
    kept: dict[int, int] = {}

    def note(value: Tensor) -> Tensor:
        kept[value.untyped_storage().data_ptr()] = value.untyped_storage().nbytes()
        return value

    weights = {part.untyped_storage().data_ptr() for part in model.parameters()}
    with torch.autograd.graph.saved_tensors_hooks(note, lambda value: value):
        loss = F.cross_entropy(model(numbers, mask), grouped().labels[places])
        loss.backward()
    activations = sum(size for place, size in kept.items() if place not in weights)
    learnt = sum(part.numel() for part in model.parameters() if part.grad is not None)
    return {
        "trained": learnt,
        "optimiser megabytes": 12 * learnt / 1e6,
        "activation megabytes": activations / 1e6,
    }


def fine_tuning() -> Found:
    """Return every row of the table that trains the tower of names, or a copy of its shape."""
    rows = {
        way: {
            "cost": over(1, f"cost {way}", partial(costs, way))[0],
            **{
                str(n): by_name(
                    over(FEW_SEEDS, f"tuned {way} {n}", partial(tuned, way, n, QUICK.steps))
                )
                for n in LABELS
            },
        }
        for way in TUNED
    }
    shares = {name: list(some) for name, some in RATES.items()}
    return {
        "rows": rows,
        "rates": shares,
        "on validation": rates(),
        "steps": QUICK.steps,
        "longer": longer(),
    }


def longer() -> Found:
    """Return what some ways score after five times as many steps, at the same rates."""
    return {
        way: {
            str(n): by_name(
                over(FEW_SEEDS, f"longer {way} {n}", partial(tuned, way, n, 5 * QUICK.steps))
            )
            for n in (20, 100)
        }
        for way in LONGER
    }


# ── Forgetting ────────────────────────────────────────────────────────────────────────────────────


def both_languages(model: nn.Module, places: Tensor) -> Found:
    """Return what a classifier scores on English and on Chinese names."""
    return {language: said(model, places, language) for language in ("english", "chinese")}


FORGETTING = {
    "all": ("all", False),
    "all, with replay": ("all", True),
    "all, ten times the rate": ("all", False),
    "all, ten times the rate, with replay": ("all", True),
    "LoRA 4": ("LoRA 4", False),
    "head alone": ("probe", False),
}


@cache
def taught_english(seed: int) -> tf.TextClassifier:
    """Return a classifier of which all numbers learnt English names, 100 labels a group."""
    return fine_tuned("all", split_of(100, seed)[0], seed, chosen("all"))


def forgotten(how: str, seed: int) -> Found:
    """Teach Chinese names after English ones; return both scores before and after.

    With replay, half of what is learnt in the second part are the English names of the same emoji.
    """
    way, replay = FORGETTING[how]
    labelled, _, test = split_of(100, seed)
    first = taught_english(seed)
    model = tf.TextClassifier(tf.adapted(first.tower, way), len(GROUPS))
    model.head.load_state_dict(first.head.state_dict())
    languages = ("chinese", "english") if replay else ("chinese",)
    wide = max(tokens(language)[0].shape[1] for language in languages)
    examples = [
        torch.cat([F.pad(part[labelled], (0, wide - part.shape[1])) for part in parts])
        for parts in zip(*(tokens(language) for language in languages), strict=True)
    ]
    labels = grouped().labels[labelled].repeat(len(languages))
    share = chosen(way) * (10 if "ten times" in how else 1)
    before = both_languages(model, test)
    tf.train(
        model,
        *examples,
        labels,
        recipe=replace(QUICK, seed=seed),
        tower=share,
    )
    return {"before": before, "after": both_languages(model, test)}


def forgetting() -> Found:
    """Return, by how the second language was learnt, what became of the first."""
    found = {}
    for how in FORGETTING:
        runs = over(FEW_SEEDS, f"forget {how}", partial(forgotten, how))
        found[how] = {when: by_name([run[when] for run in runs]) for when in ("before", "after")}
    return found
