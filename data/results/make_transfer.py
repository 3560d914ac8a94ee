"""Precompute the tables of lesson 13: `python data/results/make_transfer.py`.

Emoji, as pictures and by their names, into Unicode's groups. A seed changes which families are
learnt from, which of their emoji have a label, the first weights and the order of the batches.
Scores are balanced accuracies on the test families. What chooses a strength or a rate is the
validation families. It goes on where it was stopped.
"""

import time
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import torch
import torch.nn.functional as F
from kept import Kept, by_name
from torch import Tensor, nn

from mmtutor import transfer as tf
from mmtutor.datasets import manual, towers
from mmtutor.datasets.emoji import TONES, Emoji, load_emoji, readable
from mmtutor.datasets.glyphs import face_number, load_glyphs
from mmtutor.datasets.groups import GROUPS, Grouped, family_split, few, load_groups
from mmtutor.metrics import balanced_accuracy
from mmtutor.pipelines import PicturePipeline
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
}


def both(which: str, count: int, seed: int) -> Found:
    """Return what two kinds of features score side by side, and their probes' scores summed."""
    labels, split = grouped().labels, split_of(count, seed)
    sides, test = [features()[name] for name in BOTH[which]], split[2]
    scores, _ = probe(side_by_side(*sides, labelled=split[0]), labels, split, scaled=True)
    late = sum(probe(side, labels, split)[0] for side in sides)
    return {
        "concatenation": right(scores[test], labels[test]),
        "late sum": right(late[test], labels[test]),
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
    way: str, places: Tensor, seed: int, share: float, language: str = "english"
) -> tf.TextClassifier:
    """Train a classifier of names on these places and return it."""
    model, examples = prepared(way, seed), (*tokens(language), grouped().labels)
    tf.train(
        model, *(part[places] for part in examples), recipe=replace(QUICK, seed=seed), tower=share
    )
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


def tuned(way: str, count: int, seed: int) -> Found:
    """Return what a way scores, and how long it trained, in seconds of processor time."""
    labelled, _, test = split_of(count, seed)
    share, begun = chosen(way), time.process_time()
    model = fine_tuned(way, labelled, seed, share)
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
                str(n): by_name(over(FEW_SEEDS, f"tuned {way} {n}", partial(tuned, way, n)))
                for n in LABELS
            },
        }
        for way in TUNED
    }
    shares = {name: list(some) for name, some in RATES.items()}
    return {"rows": rows, "rates": shares, "on validation": rates(), "steps": QUICK.steps}


# ── Forgetting ────────────────────────────────────────────────────────────────────────────────────


def both_languages(model: nn.Module, places: Tensor) -> Found:
    """Return what a classifier scores on English and on Chinese names."""
    return {language: said(model, places, language) for language in ("english", "chinese")}


FORGETTING = {
    "all": ("all", False),
    "all, with replay": ("all", True),
    "all, a tenth of the rate": ("all", False),
    "LoRA 4": ("LoRA 4", False),
    "head alone": ("probe", False),
}


def forgotten(how: str, seed: int) -> Found:
    """Teach English names, then Chinese ones; return both scores before and after.

    With replay, half of what is learnt in the second part are the English names of the same emoji.
    """
    way, replay = FORGETTING[how]
    labelled, _, test = split_of(100, seed)
    first = fine_tuned("all", labelled, seed, chosen("all"))
    model = tf.TextClassifier(tf.adapted(first.tower, way), len(GROUPS))
    model.head.load_state_dict(first.head.state_dict())
    languages = ("chinese", "english") if replay else ("chinese",)
    wide = max(tokens(language)[0].shape[1] for language in languages)
    examples = [
        torch.cat([F.pad(part[labelled], (0, wide - part.shape[1])) for part in parts])
        for parts in zip(*(tokens(language) for language in languages), strict=True)
    ]
    labels = grouped().labels[labelled].repeat(len(languages))
    share = chosen(way) / (10 if "tenth" in how else 1)
    before = both_languages(model, test)
    tf.train(
        model,
        *examples,
        labels,
        recipe=replace(QUICK, seed=seed, steps=2 * QUICK.steps),
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


# ── What goes wrong quietly ───────────────────────────────────────────────────────────────────────

NORMALISATIONS = {
    "right": towers.PREPARE,
    "ImageNet's mean and spread": towers.PREPARE_ONLINE,
    "0 to 1": PicturePipeline(224, (0.0,) * 3, (1.0,) * 3),
    "0 to 255": PicturePipeline(224, (0.0,) * 3, (1 / 255,) * 3),
}


@cache
def prepared_pictures() -> dict[str, Tensor]:
    """Return the features of all pictures, prepared right and wrong."""
    pictures = grouped().emoji.pictures
    found = {
        name: towers.picture_features(pictures, pipeline=pipeline)
        for name, pipeline in NORMALISATIONS.items()
    }
    return found | {"blue for red": towers.picture_features(pictures.flip(1))}


@cache
def read_names() -> dict[str, Tensor]:
    """Return the features of all English names, read right and wrong."""
    ids, mask = tokens()
    everything = torch.ones_like(mask)

    def vectors(net: nn.Module, seen: Tensor) -> Tensor:
        parts = zip(ids.split(128), seen.split(128), strict=True)
        found = [net(input_ids=a, attention_mask=b).last_hidden_state for a, b in parts]
        return torch.cat(found)

    with torch.no_grad():
        own, blind = vectors(tower(), mask), vectors(tower(), everything)
        seed_everything(0)
        noisy = vectors(deepcopy(tower()).train(), mask)
    return {
        "right": tf.masked_mean(own, mask),
        "mean over padding": own.mean(dim=1),
        "no mask at all": blind.mean(dim=1),
        "first token alone": own[:, 0],
        "dropout on": tf.masked_mean(noisy, mask),
    }


def spoilt(kind: str, name: str, count: int, seed: int) -> float:
    """Return what a probe scores on features that were made wrongly, in training and test alike."""
    x = {"picture": prepared_pictures, "name": read_names}[kind]()[name]
    labels, split = grouped().labels, split_of(count, seed)
    return right(probe(x, labels, split)[0][split[2]], labels[split[2]])


def moving(seed: int) -> Found:
    """Let the statistics of a frozen picture tower's batch norms move; return what probes score.

    20 labels a group. The tower sees the labelled pictures three times in batches of 16 in training
    mode, as in a loop that forgot `eval()`. "in training": features as the loop sees them, with
    each batch's own statistics.
    """
    data, (labelled, valid, test) = grouped(), split_of(20, seed)
    places = torch.cat([labelled, valid, test])
    net, labels = deepcopy(towers.load_picture_tower()), data.labels[places]
    parts = (len(labelled), len(valid), len(test))
    split = tuple(torch.arange(len(places)).split(parts))

    def seen(some: Tensor) -> Tensor:
        batches = data.emoji.pictures[some].split(16)
        with torch.no_grad():
            maps = [net.forward_features(towers.prepare_pictures(part)) for part in batches]
            return torch.cat([net.forward_head(part, pre_logits=True) for part in maps])

    before = features()["picture, tower"][places]
    net.train()
    for _ in range(3):
        order = labelled[torch.randperm(len(labelled))]
        loop = torch.empty(len(order), before.shape[1])
        loop[order.argsort().argsort()] = seen(order)
    loop = loop[labelled.argsort().argsort()]
    net.eval()
    after = seen(places)
    cosine = F.cosine_similarity(before, after, dim=1).mean().item()
    mixed = torch.cat([before[: parts[0]], after[parts[0] :]])
    looped = torch.cat([loop, after[parts[0] :]])
    rows = {"frozen": before, "moved": after, "probe from before": mixed, "in training": looped}
    found = {
        name: right(probe(x, labels, split)[0][split[2]], labels[split[2]])
        for name, x in rows.items()
    }
    return {**found, "cosine": cosine}


def quiet() -> Found:
    """Return what each quiet mistake costs a probe."""
    kinds = {"picture": prepared_pictures, "name": read_names}
    found: Found = {
        kind: {
            name: {
                str(n): over(SEEDS, f"quiet {kind} {name} {n}", partial(spoilt, kind, name, n))
                for n in (20, 100)
            }
            for name in made()
        }
        for kind, made in kinds.items()
    }
    return {**found, "batch norm": by_name(over(FEW_SEEDS, "moving", moving))}


# ── Leaks ─────────────────────────────────────────────────────────────────────────────────────────


@cache
def with_tones() -> Grouped:
    """Return the grouped emoji and all their skin colours, which are of the same family."""
    plain, emoji = grouped(), load_emoji()
    bare = ["".join(sign for sign in s if ord(sign) not in TONES) for s in emoji.symbols]
    place = {s.replace("\ufe0f", ""): i for i, s in enumerate(plain.emoji.symbols)}
    found = torch.tensor([place.get(s.replace("\ufe0f", ""), -1) for s in bare])
    known = found >= 0
    emoji = emoji.select(known)
    return Grouped(emoji, plain.labels[found[known]], plain.families[found[known]])


def leak(which: str, kind: str, seed: int) -> Found:
    """Return what a probe and the nearest neighbour score by how the test was split off.

    All emoji to learn from have a label. The random split has parts of the same sizes.
    """
    data = {"without skin colours": grouped, "with skin colours": with_tones}[which]()
    pictures = kind == "picture"
    made = towers.picture_features if pictures else towers.text_features
    x = made(data.emoji.pictures if pictures else data.emoji.english)
    parts = family_split(data, seed)
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(seed))
    splits = {"family": parts, "random": order.split([len(part) for part in parts])}
    found = {}
    for name, split in splits.items():
        scores, _ = probe(x, data.labels, split)
        found[f"{name}, ridge"] = right(scores[split[2]], data.labels[split[2]])
        found[f"{name}, nearest"] = nearest(x, data.labels, split)
    return found


def leaks() -> Found:
    """Return scores with and without a leak."""
    cases = (
        ("without skin colours", "picture"),
        ("without skin colours", "name"),
        ("with skin colours", "name"),
    )
    return {
        f"{kind}, {which}": by_name(over(SEEDS, f"leak {kind} {which}", partial(leak, which, kind)))
        for which, kind in cases
    }


# ── Where pretraining does not help ───────────────────────────────────────────────────────────────

COLOURS = {
    "red": (221, 46, 68),
    "yellow": (255, 204, 77),
    "brown": (193, 105, 79),
    "green": (119, 178, 85),
    "blue": (85, 172, 238),
    "grey": (153, 170, 181),
    "dark": (49, 55, 61),
}
"""Colours that Twemoji's palette has."""


@cache
def main_colours() -> Tensor:
    """Return which of `COLOURS` most pixels of each emoji are nearest to, paper left out."""
    pixels = grouped().emoji.pictures.flatten(2).movedim(1, 2).float()
    palette = torch.tensor(list(COLOURS.values())).float()
    nearest_colour = torch.cdist(pixels, palette).argmin(dim=2)
    votes = F.one_hot(nearest_colour, len(COLOURS)) * (pixels.min(dim=2).values < 240)[..., None]
    return votes.sum(dim=1).argmax(dim=1)


@cache
def slanted() -> tuple[Grouped, dict[str, Tensor]]:
    """Return letters in an upright and a slanted face, the label slant, and their features.

    A character is a family: it is in one part of the split only.
    """
    glyphs = load_glyphs()
    faces = [face_number(name) for name in ("DejaVuSans", "DejaVuSans-Oblique")]
    letters = [ord(sign) for sign in map(chr, range(0x41, 0x530)) if sign.isalpha()]
    chosen = torch.isin(glyphs.faces, torch.tensor(faces)) & torch.isin(
        glyphs.codepoints, torch.tensor(letters, dtype=glyphs.codepoints.dtype)
    )
    glyphs = glyphs.select(chosen)
    pictures = (255 - glyphs.images).reshape(len(glyphs), 1, 32, 32).expand(-1, 3, -1, -1)
    pictures = pictures.contiguous()
    names = tuple(map(str, range(len(glyphs))))
    families = glyphs.codepoints.unique(return_inverse=True)[1]
    labels = (glyphs.faces == faces[1]).long()
    made = {
        "pixels": pictures[:, 0].float().flatten(1) / 255,
        "one random convolution": one_convolution(pictures),
        "untrained tower": towers.picture_features(pictures, untrained=True),
        "tower": towers.picture_features(pictures),
    }
    return Grouped(Emoji(pictures, names, names, names), labels, families), made


def elsewhere(task: str, name: str, count: int, seed: int) -> float:
    """Return what a probe scores on a task that photographs or sentences may not teach."""
    data, x = ELSEWHERE[task]()
    split = split_of(count, seed, data)
    return right(probe(x[name], data.labels, split)[0][split[2]], data.labels[split[2]])


def colour_task() -> tuple[Grouped, dict[str, Tensor]]:
    """Return the main colour of emoji, and features."""
    data = grouped()
    kept = [name for name in features() if name.startswith("picture")]
    made = {name.removeprefix("picture, "): features()[name] for name in kept}
    made["name, tower"] = features()["English name, tower"]
    return replace(data, labels=main_colours()), made


def letter_task() -> tuple[Grouped, dict[str, Tensor]]:
    """Return whether there is an "o" in an emoji's English name, and features."""
    data = grouped()
    names = data.emoji.english
    made = {
        "bag of characters": counts_of(names, characters=True),
        "bag of words": features()["English name, bag of words"],
        "untrained tower": features()["English name, untrained tower"],
        "tower": features()["English name, tower"],
    }
    return replace(data, labels=torch.tensor([int("o" in name.lower()) for name in names])), made


ELSEWHERE = {
    "main colour": cache(colour_task),
    "slant of a letter": slanted,
    "an o in the name": cache(letter_task),
}


def no_help() -> Found:
    """Return, by task, features and labels a class, what a probe scores."""
    return {
        task: {
            name: {
                str(n): over(SEEDS, f"task {task} {name} {n}", partial(elsewhere, task, name, n))
                for n in LABELS
            }
            for name in made()[1]
        }
        for task, made in ELSEWHERE.items()
    }


# ── Layer by layer ────────────────────────────────────────────────────────────────────────────────

LANGUAGES = ("en", "de", "fr", "es", "it", "pt")


@cache
def polyglot() -> tuple[tuple[str, ...], Tensor]:
    """Return each emoji's name in one of six languages, and which one it is."""
    import emoji

    for language in LANGUAGES:
        emoji.config.load_language(language)
    symbols = grouped().emoji.symbols
    drawn = torch.randint(
        len(LANGUAGES), (len(symbols),), generator=torch.Generator().manual_seed(0)
    )
    about = [emoji.EMOJI_DATA[symbol] for symbol in symbols]
    names = [
        readable(row.get(LANGUAGES[place], row["en"]))
        for row, place in zip(about, drawn.tolist(), strict=True)
    ]
    return tuple(names), drawn


@cache
def stages(untrained: bool) -> Tensor:
    """Return the mean over all places after each stage of the picture tower: (stage, emoji, 1280).

    Narrow stages are filled up with zeros.
    """
    net = towers.new_picture_tower() if untrained else towers.load_picture_tower()
    parts = [net.bn1, *net.blocks, net.bn2]
    seen: list[Tensor] = []
    hooks = [
        part.register_forward_hook(lambda _, given, out: seen.append(out.mean(dim=(2, 3))))
        for part in parts
    ]
    rows = []
    with torch.no_grad():
        for batch in grouped().emoji.pictures.split(8):
            net.forward_features(towers.prepare_pictures(batch))
            rows.append(torch.stack([F.pad(one, (0, 1280 - one.shape[1])) for one in seen]))
            seen.clear()
    for hook in hooks:
        hook.remove()
    return torch.cat(rows, dim=1)


def layered(kind: str, task: str, untrained: bool) -> tuple[Tensor, Tensor]:
    """Return features by layer, and labels."""
    data, (names, language) = grouped(), polyglot()
    if kind == "picture":
        return stages(untrained), {"group": data.labels, "main colour": main_colours()}[task]
    if task == "language":
        return towers.text_layers(names, untrained), language
    labels = data.labels if task == "group" else letter_task()[0].labels
    return towers.text_layers(data.emoji.english, untrained), labels


def by_layer(kind: str, task: str, untrained: bool, seed: int) -> list[float]:
    """Return what a probe scores on each layer, with 100 labels a class."""
    x, labels = layered(kind, task, untrained)
    split = split_of(100, seed, replace(grouped(), labels=labels))
    return [
        right(probe(layer[:, layer.any(dim=0)], labels, split)[0][split[2]], labels[split[2]])
        for layer in x
    ]


def likeness() -> Found:
    """Return the CKA of layers, on all emoji."""
    emoji = grouped().emoji
    english, chinese = (towers.text_layers(some) for some in (emoji.english, emoji.chinese))
    blank = towers.text_layers(emoji.english, untrained=True)
    picture = features()["picture, tower"]
    return {
        "layer by layer": [[tf.cka(a, b) for b in english] for a in english],
        "untrained, layer by layer": [[tf.cka(a, b) for b in blank] for a in blank],
        "with the untrained tower": [tf.cka(a, b) for a, b in zip(english, blank, strict=True)],
        "English with Chinese": [tf.cka(a, b) for a, b in zip(english, chinese, strict=True)],
        "name with picture": [tf.cka(a, picture) for a in english],
    }


def layers() -> Found:
    """Return, by tower, task and layer, what a probe scores; and how alike the layers are."""
    tasks = {"name": ("group", "language", "an o in the name"), "picture": ("group", "main colour")}
    found: Found = {}
    for kind, some in tasks.items():
        for task in some:
            for label, untrained in (("trained", False), ("untrained", True)):
                run = partial(by_layer, kind, task, untrained)
                rows = over(FEW_SEEDS, f"layers {kind} {task} {label}", run)
                found[f"{kind}, {task}, {label}"] = rows
    return {**found, "alike": over(1, "alike", lambda seed: likeness())[0]}


# ── Heads ─────────────────────────────────────────────────────────────────────────────────────────


@torch.no_grad()
def looks(texts: Sequence[str], untrained: bool) -> tuple[list[Tensor], list[Tensor]]:
    """Return for each text its tokens, and where each head looks: (layer, head, token, token)."""
    net = deepcopy(towers.new_text_tower() if untrained else tower())
    net.set_attn_implementation("eager")
    tokenizer, found = towers.load_tokenizer(), []
    rows = [tokenizer(text, return_tensors="pt", truncation=True, max_length=64) for text in texts]
    for row in rows:
        maps = net(**row, output_attentions=True).attentions
        found.append(torch.cat(maps))
    return [row["input_ids"][0] for row in rows], found


def relations(ids: Tensor) -> dict[str, Tensor]:
    """Return, by relation, which token (column) stands in it to which (row)."""
    count = len(ids)
    inner = torch.zeros(count, count, dtype=torch.bool)
    inner[1:-1] = True  # [CLS] and [SEP] look for nothing here
    last = torch.arange(count) == count - 1
    return {
        "itself": torch.eye(count, dtype=torch.bool) & inner,
        "previous token": torch.diag(torch.ones(count - 1), -1).bool() & inner,
        "next token": torch.diag(torch.ones(count - 1), 1).bool() & inner,
        "same word elsewhere": (ids == ids[:, None]) & ~torch.eye(count).bool() & inner,
        "[SEP]": last.expand(count, -1) & inner,
        "[CLS]": (torch.arange(count) == 0).expand(count, -1) & inner,
    }


def heads(what: str, untrained: bool) -> Found:
    """Return, by relation, the share of each head's look that goes there, and of an even look.

    Counted are tokens for which there is such a token.
    """
    ids, maps = looks(TEXTS[what](), untrained)
    found: Found = {}
    for name in relations(ids[0]):
        shares, even = [], []
        for row, look in zip(ids, maps, strict=True):
            wanted = relations(row)[name]
            asks = wanted.any(dim=1)
            shares.append((look * wanted).sum(dim=3)[:, :, asks])
            even.append(wanted[asks].float().mean(dim=1))
        found[name] = {
            "heads": torch.cat(shares, dim=2).mean(dim=2).tolist(),
            "even": torch.cat(even).mean().item(),
        }
    return found


def long_names() -> list[str]:
    """Return every tenth name of five words or more."""
    return [name for name in grouped().emoji.english if len(name.split()) >= 5][::2]


def paragraphs() -> list[str]:
    """Return 60 paragraphs of Python's manual, as one line each."""
    found = [" ".join(part.split()) for part in manual.paragraphs(manual.load_manual().valid)]
    return [part for part in found if len(part.split()) >= 15][:60]


TEXTS = {"names": long_names, "paragraphs": paragraphs}


def all_heads() -> Found:
    """Return what the heads look at in two kinds of texts, trained and untrained."""
    return {
        f"{what}, {label}": over(1, f"heads {what} {label}", lambda s, a=what, b=u: heads(a, b))[0]
        for what in TEXTS
        for label, u in (("trained", False), ("untrained", True))
    }


# ── All of it ─────────────────────────────────────────────────────────────────────────────────────


def gathered() -> Found:
    """Return everything that the file holds, and run what is not finished."""
    return {
        "probes": probes(),
        "fine-tuning": fine_tuning(),
        "forgetting": forgetting(),
        "quiet": quiet(),
        "leaks": leaks(),
        "no help": no_help(),
        "layers": layers(),
        "heads": all_heads(),
    }


if __name__ == "__main__":
    KEPT.write(gathered())
