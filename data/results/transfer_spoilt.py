"""Features that were made wrongly, and splits that leak: for `make_transfer.py`."""

from copy import deepcopy
from functools import cache, partial

import torch
import torch.nn.functional as F
from kept import by_name
from torch import Tensor, nn
from transfer_probes import (
    FEW_SEEDS,
    SEEDS,
    Found,
    features,
    grouped,
    nearest,
    over,
    probe,
    right,
    split_of,
)
from transfer_tuning import tokens, tower

from mmtutor import transfer as tf
from mmtutor.datasets import towers
from mmtutor.datasets.emoji import TONES, load_emoji
from mmtutor.datasets.groups import Grouped, family_split
from mmtutor.pipelines import PicturePipeline
from mmtutor.training import seed_everything

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
    seed_everything(seed)
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
