"""Frozen features of emoji, and what a linear probe makes of them: for `make_transfer.py`."""

from functools import cache, partial
from pathlib import Path

import torch
from kept import Kept, by_name
from torch import Tensor

from mmtutor import transfer as tf
from mmtutor.datasets import towers
from mmtutor.datasets.groups import GROUPS, Grouped, load_groups
from mmtutor.metrics import balanced_accuracy
from mmtutor.transfer import (
    Split,
    bag,
    nearest,
    one_convolution,
    probe,
    right,
    side_by_side,
)

PLACE = Path(__file__).parent / "transfer.json"
KEPT = Kept(PLACE)
over = KEPT.over
LABELS = (5, 20, 100)
"""Labels a group; of Activities there are about 60 to learn from, of the others 100 or more."""
SEEDS, FEW_SEEDS = 5, 3

Found = dict[str, object]
"""What one run found, by name."""

grouped = cache(load_groups)

# ── Features ──────────────────────────────────────────────────────────────────────────────────────


def split_of(count: int, seed: int, data: Grouped | None = None) -> Split:
    """Return the places with a label, of the validation and of the test families."""
    return tf.split_of(data or grouped(), count, seed)


@cache
def features() -> dict[str, Tensor]:
    """Return every kind of features of all emoji, by name."""
    emoji = grouped().emoji
    return {
        "picture, pixels": emoji.pictures.float().flatten(1) / 255,
        "picture, one random convolution": one_convolution(emoji.pictures),
        "picture, untrained tower": towers.picture_features(emoji.pictures, untrained=True),
        "picture, tower": towers.picture_features(emoji.pictures),
        "English name, bag of words": bag(emoji.english),
        "English name, untrained tower": towers.text_features(emoji.english, untrained=True),
        "English name, tower": towers.text_features(emoji.english),
        "Chinese name, bag of characters": bag(emoji.chinese, characters=True),
        "Chinese name, tower": towers.text_features(emoji.chinese),
    }


def by_class(scores: Tensor, labels: Tensor) -> list[float]:
    """Return the share of each class that is found."""
    hits = (scores.argmax(dim=1) == labels).float()
    return [hits[labels == label].mean().item() for label in range(int(labels.max()) + 1)]


def logistic(x: Tensor, labels: Tensor, split: Split) -> float:
    """Return the balanced accuracy of logistic regression, its strength chosen by validation."""
    from sklearn.linear_model import LogisticRegression

    labelled, valid, test = split
    x = tf.Scaling.of(x[labelled])(x)

    def fitted(c: float) -> LogisticRegression:
        return LogisticRegression(C=c, max_iter=200).fit(x[labelled], labels[labelled])

    def said(c: float, places: Tensor) -> Tensor:
        return torch.from_numpy(fitted(c).predict(x[places]))

    best = max((1.0, 10.0, 100.0), key=lambda c: balanced_accuracy(said(c, valid), labels[valid]))
    return balanced_accuracy(said(best, test), labels[test])


def probed(name: str, count: int, seed: int) -> Found:
    """Return what a probe and the nearest neighbour score on one kind of features."""
    labels, split, x = grouped().labels, split_of(count, seed), features()[name]
    scores, strength = probe(x, labels, split)
    test = split[2]
    return {
        "ridge": right(scores[test], labels[test]),
        "nearest": nearest(x, labels, split),
        "strength": strength,
        "groups": by_class(scores[test], labels[test]),
    }


BOTH = {
    "towers": ("picture, tower", "English name, tower"),
    "cheap": ("picture, one random convolution", "English name, bag of words"),
    "name with bag": ("English name, bag of words", "English name, tower"),
    "towers, Chinese": ("picture, tower", "Chinese name, tower"),
    "tower and Chinese bag": ("picture, tower", "Chinese name, bag of characters"),
}


def both(which: str, count: int, seed: int) -> Found:
    """Return what a probe scores on two kinds of features side by side."""
    labels, split = grouped().labels, split_of(count, seed)
    sides, test = [features()[name] for name in BOTH[which]], split[2]
    scores, _ = probe(side_by_side(*sides, labelled=split[0]), labels, split, scaled=True)
    return {
        "ridge": right(scores[test], labels[test]),
        "groups": by_class(scores[test], labels[test]),
    }


def joint(fusion: str, count: int, seed: int) -> float:
    """Return what a network on both towers' features scores after five times the steps."""
    one, other = (features()[name] for name in BOTH["towers"])
    return tf.joint(fusion, (one, other), grouped().labels, split_of(count, seed), seed)


def saved() -> list[list[str]]:
    """Return emoji that both say right and the name alone wrong, with the name's mistake."""
    data, split = grouped(), split_of(100, 0)
    sides, test = [features()[name] for name in BOTH["towers"]], split[2]
    two = probe(side_by_side(*sides, labelled=split[0]), data.labels, split, scaled=True)[0]
    one = probe(sides[1], data.labels, split)[0]
    said, name, truth = two[test].argmax(1), one[test].argmax(1), data.labels[test]
    places = test[(said == truth) & (name != truth)]
    wrong = name[(said == truth) & (name != truth)]
    return [
        [data.emoji.symbols[place], data.emoji.english[place], GROUPS[label]]
        for place, label in zip(places.tolist(), wrong.tolist(), strict=True)
    ]


def probes() -> Found:
    """Return every row of the table that trains no tower: by kind of features and labels."""
    found: Found = {"labels": list(LABELS), "groups": list(GROUPS)}
    for name in features():
        found[name] = {
            str(n): by_name(over(SEEDS, f"probe {name} {n}", partial(probed, name, n)))
            for n in LABELS
        }
    for name in ("picture, tower", "English name, tower"):
        for n in LABELS:
            run = partial(lambda name, n, seed: logistic(*of(name, n, seed)), name, n)
            found[name][str(n)]["logistic"] = over(SEEDS, f"logistic {name} {n}", run)
    for which in BOTH:
        found[f"both, {which}"] = {
            str(n): by_name(over(SEEDS, f"both {which} {n}", partial(both, which, n)))
            for n in LABELS
        }
    found["both, trained"] = {
        fusion: {
            str(n): over(FEW_SEEDS, f"joint {fusion} {n}", partial(joint, fusion, n))
            for n in LABELS
        }
        for fusion in ("concatenation", "attention", "late sum")
    }
    return {**found, "saved by the picture": saved()}


def of(name: str, count: int, seed: int) -> tuple[Tensor, Tensor, Split]:
    """Return features, labels and a split."""
    return features()[name], grouped().labels, split_of(count, seed)
