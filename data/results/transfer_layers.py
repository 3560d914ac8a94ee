"""What the towers know, layer by layer and head by head: for `make_transfer.py`."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from functools import cache, partial

import torch
import torch.nn.functional as F
from torch import Tensor
from transfer_probes import (
    FEW_SEEDS,
    LABELS,
    SEEDS,
    Found,
    bag,
    features,
    grouped,
    one_convolution,
    over,
    probe,
    right,
    split_of,
)
from transfer_tuning import tower

from mmtutor import transfer as tf
from mmtutor.datasets import manual, towers
from mmtutor.datasets.emoji import Emoji, readable
from mmtutor.datasets.glyphs import face_number, load_glyphs
from mmtutor.datasets.groups import Grouped

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
        "bag of characters": bag(names, characters=True),
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
        "same token elsewhere": (ids == ids[:, None]) & ~torch.eye(count).bool() & inner,
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
