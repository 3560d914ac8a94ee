"""Frozen features of emoji, and what a linear probe makes of them: for `make_transfer.py`."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import torch
import torch.nn.functional as F
from kept import Kept, by_name
from torch import Tensor

from mmtutor import transfer as tf
from mmtutor.datasets import towers
from mmtutor.datasets.groups import GROUPS, Grouped, family_split, few, load_groups
from mmtutor.metrics import balanced_accuracy
from mmtutor.training import predict, seed_everything
from mmtutor.transfer import QUICK, ridge

PLACE = Path(__file__).parent / "transfer.json"
KEPT = Kept(PLACE)
over = KEPT.over
LABELS = (5, 20, 100)
"""Labels a group; of Activities there are about 60 to learn from, of the others 100 or more."""
SEEDS, FEW_SEEDS = 5, 3
STRENGTHS = tuple(10.0**power for power in range(-4, 3))

Found = dict[str, object]
"""What one run found, by name."""
Split = tuple[Tensor, Tensor, Tensor]
"""Places with a label, places to choose by, places to test on."""

grouped = cache(load_groups)

# ── Features ──────────────────────────────────────────────────────────────────────────────────────


def split_of(count: int, seed: int, data: Grouped | None = None) -> Split:
    """Return the places with a label, of the validation and of the test families."""
    data = data or grouped()
    learn, valid, test = family_split(data, seed)
    return learn[few(data.labels[learn], count, seed)], valid, test


def counts_of(texts: Sequence[str], characters: bool = False) -> Tensor:
    """Return how often each word (or character) occurs in each text: a bag of words."""
    bags = [list(text) if characters else text.lower().split() for text in texts]
    number = {word: place for place, word in enumerate(sorted({w for bag in bags for w in bag}))}
    found = torch.zeros(len(texts), len(number))
    for row, bag in zip(found, bags, strict=True):
        for word in bag:
            row[number[word]] += 1
    return found


def one_convolution(pictures: Tensor, count: int = 256, size: int = 7) -> Tensor:
    """Return what `count` random filters see: their positive answers, averaged in four quarters."""
    filters = torch.randn(count, 3, size, size, generator=torch.Generator().manual_seed(0))
    filters -= filters.mean(dim=(1, 2, 3), keepdim=True)
    seen = [F.relu(F.conv2d(part.float() / 255, filters)) for part in pictures.split(256)]
    return torch.cat([F.adaptive_avg_pool2d(part, 2).flatten(1) for part in seen])


@cache
def features() -> dict[str, Tensor]:
    """Return every kind of features of all emoji, by name."""
    emoji = grouped().emoji
    return {
        "picture, pixels": emoji.pictures.float().flatten(1) / 255,
        "picture, one random convolution": one_convolution(emoji.pictures),
        "picture, untrained tower": towers.picture_features(emoji.pictures, untrained=True),
        "picture, tower": towers.picture_features(emoji.pictures),
        "English name, bag of words": counts_of(emoji.english),
        "English name, untrained tower": towers.text_features(emoji.english, untrained=True),
        "English name, tower": towers.text_features(emoji.english),
        "Chinese name, bag of characters": counts_of(emoji.chinese, characters=True),
        "Chinese name, tower": towers.text_features(emoji.chinese),
    }


def side_by_side(*sides: Tensor, labelled: Tensor) -> Tensor:
    """Return two kinds of features in one row, each scaled by itself."""
    return torch.cat([tf.Scaling.of(side[labelled])(side) for side in sides], dim=1)


# ── Probes ────────────────────────────────────────────────────────────────────────────────────────


def probe(x: Tensor, labels: Tensor, split: Split, scaled: bool = False) -> tuple[Tensor, float]:
    """Return a linear probe's scores for all examples, and the strength that validation chose."""
    labelled, valid, _ = split
    x = x if scaled else tf.Scaling.of(x[labelled])(x)
    wanted = F.one_hot(labels, int(labels.max()) + 1).float()

    def scores(strength: float) -> Tensor:
        weight, bias = ridge(x[labelled], wanted[labelled], strength)
        return x @ weight + bias

    best = max(STRENGTHS, key=lambda s: right(scores(s)[valid], labels[valid]))
    return scores(best), best


def right(scores: Tensor, labels: Tensor) -> float:
    """Return the balanced accuracy of the classes with the highest scores."""
    return balanced_accuracy(scores.argmax(dim=1), labels)


def nearest(x: Tensor, labels: Tensor, split: Split) -> float:
    """Return the balanced accuracy of the nearest labelled example, by cosine."""
    labelled, _, test = split
    x = F.normalize(x - x[labelled].mean(dim=0), dim=1)
    found = labels[labelled][(x[test] @ x[labelled].T).argmax(dim=1)]
    return balanced_accuracy(found, labels[test])


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
    labels, (labelled, _, test) = grouped().labels, split_of(count, seed)
    sides = [features()[name] for name in BOTH["towers"]]
    sides = [8 * tf.Scaling.of(side[labelled])(side) for side in sides]
    seed_everything(seed)
    model = tf.Joint((1280, 384), len(GROUPS), fusion)
    known = [*(side[labelled] for side in sides), labels[labelled]]
    tf.train(model, *known, recipe=replace(QUICK, seed=seed, steps=5 * QUICK.steps))
    return right(predict(model, *(side[test] for side in sides)), labels[test])


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
