"""Precompute the tables of lesson 14: `python data/results/make_captioning.py`.

A seed changes the first weights and the order of the batches. Rates are chosen on validation scenes
(seed 501); everything reported is measured on test scenes (seed 1001), which chose nothing. It goes
on where it was stopped. On one CPU core it takes half an hour.
"""

import math
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial
from itertools import product
from pathlib import Path
from random import Random

import torch
from controls import Found, keep
from torch import Tensor

from mmtutor import captioning as cp
from mmtutor.attention import maps_of
from mmtutor.captioning import QUICK
from mmtutor.datasets.scenes import COLOURS, KINDS, patches_in_box
from mmtutor.datasets.telling import (
    COMPANIONS,
    NOUNS,
    Facts,
    Told,
    claims,
    encode,
    make_told,
    related,
    swap_directions,
    truth,
)
from mmtutor.datasets.telling.grammar import named
from mmtutor.datasets.telling.words import RELATIONS
from mmtutor.metrics import pointing_accuracy
from mmtutor.metrics.telling import FAULTS, against_truth, judged, mean
from mmtutor.training import checkpoints

PLACE = Path(__file__).parent / "captioning.json"
WEIGHTS = PLACE.with_suffix(".run")
"""Trained models, while the program runs."""
TEST = 300
RATES = (1.5e-3, 3e-3, 6e-3, 12e-3)
"""The same grid for every way to learn; for those that see, the best has worse ones beside it."""
WAYS = {
    "cross-attention": ("cross-attention", 1.0),
    "prefix, equal steps": ("prefix", 1.0),
    "prefix, equal time": ("prefix", 1 / 3),
    "blind": ("blind", 1.0),
}
"""A decoder, and its share of the steps: a step of the prefix takes three times as long."""


@cache
def scenes(world: str = "plain", seed: int = 1, count: int = QUICK.scenes, **held: str) -> Told:
    """Return told scenes, drawn once."""
    return make_told(count, kinds=QUICK.kinds, world=world, seed=seed, **held)


def to_test(world: str = "plain", **held: str) -> Told:
    """Return scenes on which something is measured."""
    return scenes(world, 1001, TEST, **held)


@cache
def trained(way: str, rate: float, seed: int, world: str = "plain") -> cp.Decoder:
    """Train a decoder, once."""
    variant, share = WAYS[way]
    recipe = replace(QUICK, steps=round(share * QUICK.steps), learning_rate=rate, seed=seed)
    place = WEIGHTS / f"{way}, {rate}, {seed}, {world}.safetensors"
    if place.exists():
        checkpoints.load(place, model := cp.build(variant, recipe))
        return model.eval()
    model = cp.train(variant, scenes(world), recipe)[0]
    WEIGHTS.mkdir(exist_ok=True)
    checkpoints.save(place, model)
    return model


@cache
def tuned(way: str, seed: int, world: str = "plain") -> cp.Decoder:
    """Train a decoder at the rate with the most true captions of validation scenes.

    Of rates with as many, such as the blind decoder's, that with the least loss.
    """

    def goodness(rate: float) -> tuple[float, float]:
        found = validated(way, rate, 0)
        return found["all true"], -found["loss"]

    best = max(rates_of(way), key=goodness)
    return trained(way, best, seed, world)


def rates_of(way: str) -> tuple[float, ...]:
    """Return the rates that are tried; the costliest way does without the highest."""
    return RATES[:-1] if way == "prefix, equal steps" else RATES


# ── What is measured ──────────────────────────────────────────────────────────────────────────────


@cache
def validated(way: str, rate: float, seed: int) -> Found:
    """Return the loss and the share of true captions on validation scenes."""
    valid, model = scenes("plain", 501, TEST), trained(way, rate, seed)
    pictures, captions = cp.CaptionBatches(valid, TEST, seed=7)[0]
    with torch.no_grad():
        loss = float(cp.caption_loss(model, pictures, captions))
    greedy = cp.greedy(model, valid.scenes.pictures)
    return {"loss": loss, "all true": against_truth(greedy, valid.facts)["all true"]}


def of_model(way: str, seed: int, **held: str) -> Found:
    """Return the metrics of a decoder's greedy captions."""
    told = to_test(**held)
    return judged(cp.greedy(tuned(way, seed), told.scenes.pictures), told)


# ── Rivals that learn nothing ─────────────────────────────────────────────────────────────────────


def constant(seed: int) -> Found:
    """Return the metrics of the one caption that scores the best BLEU on validation scenes."""
    told = to_test()
    best = cp.best_constant(scenes(), scenes("plain", 501, TEST), seed)
    return judged([best] * len(told), told)


def nearest(seed: int) -> Found:
    """Return the metrics of a reference of the most similar training picture."""
    return judged(cp.nearest_captions(scenes(), to_test(), seed), to_test())


def unlisted(seed: int) -> Found:
    """Return the metrics of right captions that are in no reference, where there are any."""
    found = cp.unlisted(to_test(), seed)
    return judged(list(found.values()), cp.only(to_test(), list(found)))


def listed(seed: int) -> Found:
    """Return the metrics of one of the references, against the other four and itself."""
    told, random = to_test(), Random(seed)
    return judged([random.choice(five) for five in told.references], told)


def swapped(seed: int) -> Found:
    """Return the metrics of references with their directions swapped."""
    told, random = to_test(), Random(seed)
    return judged([swap_directions(random.choice(five)) for five in told.references], told)


def of_another(seed: int) -> Found:
    """Return the metrics of a reference of another scene."""
    told, random = to_test(), Random(seed)
    others = [*told.references[1:], told.references[0]]
    return judged([random.choice(five) for five in others], told)


# ── Decoding ──────────────────────────────────────────────────────────────────────────────────────

WIDTHS, POWERS, TEMPERATURES = (2, 4, 8), (0.0, 0.7, 1.0), (0.5, 1.0)
LISTED = ("greedy", "beam 2, power 0.0")
"""Ways to decode that are tried without the words for places and relations, too."""


def decodings() -> dict[str, Callable[[cp.Decoder, Told, int], list[str]]]:
    """Return ways to get captions from a decoder, by name."""
    found = {"greedy": lambda model, told, seed: cp.greedy(model, told.scenes.pictures)}
    for width, power in product(WIDTHS, POWERS):
        found[f"beam {width}, power {power}"] = partial(by_beam, width, power)
    found |= {f"sample {heat}": partial(by_chance, heat) for heat in TEMPERATURES}
    return found | {f"{name}, lists only": partial(as_lists, found[name]) for name in LISTED}


def by_beam(width: int, power: float, model: cp.Decoder, told: Told, seed: int) -> list[str]:
    """Return the captions that a beam finds."""
    return cp.beam(model, told.scenes.pictures, width, power)


def as_lists(way: Callable[..., list[str]], model: cp.Decoder, told: Told, seed: int) -> list[str]:
    """Return the captions that a way of decoding finds without words for places and relations."""
    return way(cp.ListsOnly(model), told, seed)


def by_chance(heat: float, model: cp.Decoder, told: Told, seed: int) -> list[str]:
    """Return drawn captions."""
    generator = torch.Generator().manual_seed(seed)
    return cp.sample(model, told.scenes.pictures, heat, generator)


def decoded(way: Callable[..., list[str]], seed: int) -> Found:
    """Return the metrics of cross-attention's captions by one way of decoding."""
    told = to_test()
    return judged(way(tuned("cross-attention", seed), told, seed), told)


def relations(seed: int) -> Found:
    """Return how often drawn relations between things that are there are wrong.

    "by chance" is how often one of the four, drawn blindly for the same two things, would be.
    """
    told, model = to_test(), tuned("cross-attention", seed)
    wrong = []
    for draw in (seed, seed + 50):
        captions = by_chance(1.0, model, told, draw)
        wrong += [one for pair in zip(captions, told.facts, strict=True) for one in of_two(*pair)]
    said, blindly = zip(*wrong, strict=True)
    return {"wrong": mean(said), "wrong by chance": mean(blindly), "said": len(wrong)}


def of_two(caption: str, facts: Facts) -> list[tuple[bool, float]]:
    """Return of each relation of two things that are there whether it is wrong, and by chance."""
    said, there = claims(caption), {group.kind: group for group in facts}
    found = []
    for one, word, other in said.relations:
        kinds = said.items[one].kind, said.items[other].kind
        if there.keys() >= {*kinds} and kinds[0] != kinds[1]:
            hold = related(*(there[kind] for kind in kinds))
            found.append((word not in hold, 1 - len(hold) / len(RELATIONS)))
    return found


# ── Where did it look? ────────────────────────────────────────────────────────────────────────────


def pointing(way: str, seed: int) -> Found:
    """Return how often a decoder looks into the box of a noun, by layer, query and measure."""
    told, random = to_test(), Random(seed)
    model, captions = tuned(way, seed), [random.choice(five) for five in told.references]
    inside = cp.noun_looks(model, told, captions)[1]
    found = {"chance": inside.float().mean().item()}
    for name, reads in {"predicts": False, "reads": True}.items():
        for layer, share in enumerate(cp.pointing(model, told, captions, reads)):
            found[f"layer {layer}, {name}"] = share
    return found | by_other_means(model, told, captions, way.startswith("prefix"))


def by_other_means(model: cp.Decoder, told: Told, captions: Sequence[str], rolls: bool) -> Found:
    """Return the same for the first noun of each caption, by gradients and by rollout, too."""
    pictures, ids = told.scenes.pictures, encode(captions)
    places = torch.tensor(
        [next(p for p, w in enumerate(row) if w in NOUNS) for row in ids.tolist()]
    )
    boxes = [
        next(group.boxes for group in facts if group.kind == NOUNS[int(row[place])])
        for facts, row, place in zip(told.facts, ids, places, strict=True)
    ]
    inside = torch.stack([patches_in_box(torch.tensor(some), 8).any(dim=0) for some in boxes])
    looks = {"gradient": gradient_looks(model, pictures, ids, places)}
    maps = cp.word_attention(model, pictures, captions)[:, torch.arange(len(ids)), places - 1]
    looks |= {f"layer {layer}": one for layer, one in enumerate(maps)}
    if rolls:
        rolled = rollout(model, pictures, ids)[torch.arange(len(ids)), places - 1]
        looks["rollout"] = rolled
    return {f"first noun, {name}": pointing_accuracy(look, inside) for name, look in looks.items()}


def gradient_looks(model: cp.Decoder, pictures: Tensor, ids: Tensor, places: Tensor) -> Tensor:
    """Return how much each patch's token, times the gradient by it, raises the noun's score."""
    seen = model.see(pictures).detach().requires_grad_()
    each = torch.arange(len(ids))
    model.say(seen, ids)[each, places - 1, ids[each, places]].sum().backward()
    return (seen * seen.grad).sum(dim=2).clamp(min=0)


def rollout(model: cp.Decoder, pictures: Tensor, ids: Tensor) -> Tensor:
    """Return where words look through all layers: half of each layer is what went past it.

    Source: Abnar and Zuidema 2020, "Quantifying Attention Flow in Transformers", arXiv:2005.00928.
    """
    layers = maps_of(model, pictures, ids).mean(dim=2)  # (layer, caption, token, token)
    through = torch.eye(layers.shape[-1])
    for layer in layers:
        through = (layer + torch.eye(layer.shape[-1])) / 2 @ through
    return through[:, -ids.shape[1] :, : -ids.shape[1]]


# ── Exposure ──────────────────────────────────────────────────────────────────────────────────────


FALSE = tuple(fault for fault in FAULTS if fault != "left_out")


def exposed(seed: int) -> Found:
    """Return how often a model adds nothing false to the first item of a list, by that item.

    Where the model's own first item names a kind that is there and says something false of it, the
    same item is put right, too; where it is true, it gets a wrong number.
    """
    told = to_test()
    model = tuned("cross-attention", seed)
    begins = beginnings(model, told, Random(seed))
    rests = {name: added(model, told, texts) for name, texts in begins.items()}
    right = {
        name: list(map(adds_nothing_false, begins[name], rests[name], told.facts))
        for name in begins
    }
    own = [truth(*pair) for pair in zip(begins["its own"], told.facts, strict=True)]
    false = [scene for scene, one in enumerate(own) if not one.all_true and not one.absent]
    true = [scene for scene, one in enumerate(own) if one.all_true]
    found = {name: mean(some) for name, some in right.items() if name in STARTS}
    for title, name, among in (
        ("its own, where its own is false", "its own", false),
        ("the same put right", "its own, put right", false),
        ("its own, where its own is true", "its own", true),
        ("the same with a wrong number", "its own, miscounted", true),
    ):
        found[title] = mean(right[name][scene] for scene in among)
    found["its own is false"] = mean(not one.all_true for one in own)
    found["its own has a wrong number"] = mean(one.wrong_number > 0 for one in own)
    for name in ("a wrong colour", "what is not there"):
        found[f"true colour once more, after {name}"] = names_colour(told, rests[name])
    return found


STARTS = ("true", "its own", "a wrong colour", "a wrong number", "what is not there")


def beginnings(model: cp.Decoder, told: Told, random: Random) -> dict[str, list[str]]:
    """Return first items of lists, by what is true or false in them, one for each scene."""
    kinds = tuple(KINDS)[: QUICK.kinds]
    begins = {name: [] for name in (*STARTS, "its own, put right", "its own, miscounted")}
    for facts, text in zip(told.facts, cp.greedy(model, told.scenes.pictures), strict=True):
        first, own = facts[0], " ".join(text.split()[:3])
        absent = random.choice([kind for kind in kinds if kind not in {g.kind for g in facts}])
        other = random.choice([colour for colour in COLOURS if colour != first.colour])
        meant = next((g for g in facts for i in claims(own).items if i.kind == g.kind), first)
        begins["true"].append(named(first))
        begins["its own"].append(own)
        begins["a wrong colour"].append(named(first._replace(colour=other)))
        begins["a wrong number"].append(named(first._replace(number=3 - first.number)))
        begins["what is not there"].append(named(first._replace(kind=absent)))
        begins["its own, put right"].append(named(meant))
        begins["its own, miscounted"].append(named(meant._replace(number=3 - meant.number)))
    return begins


def added(model: cp.Decoder, told: Told, begins: Sequence[str]) -> list[str]:
    """Return what a model adds to the beginnings of lists, those of one length at once."""
    texts = [f"{begin} and" for begin in begins]
    rests, lengths = [""] * len(texts), [len(text.split()) for text in texts]
    for length in {*lengths}:
        some = [scene for scene, words in enumerate(lengths) if words == length]
        ids = torch.cat([cp.begun(texts[scene], 1) for scene in some])
        captions = cp.go_on(model, model.see(told.scenes.pictures[some]), ids)
        for scene, caption in zip(some, captions, strict=True):
            rests[scene] = caption.removeprefix(f"{texts[scene]} ")
    return rests


def names_colour(told: Told, rests: Sequence[str]) -> float:
    """Return how often the rest names the first group's colour, of scenes where no other has it."""
    found = []
    for rest, (first, *others) in zip(rests, told.facts, strict=True):
        if first.colour not in {group.colour for group in others}:
            found.append(first.colour in {item.colour for item in claims(rest).items})
    return mean(found)


def adds_nothing_false(begin: str, rest: str, facts: Facts) -> bool:
    """Say whether what is added to the beginning of a list is true.

    Alone, or together with the beginning: who said "a star" of two may say another one.
    """
    before, after = truth(begin, facts), truth(f"{begin} and {rest}", facts)
    worse = any(getattr(after, name) > getattr(before, name) for name in (*FALSE, "unread"))
    return truth(rest, facts).all_true or not worse


# ── Companions ────────────────────────────────────────────────────────────────────────────────────

STRENGTHS = (0.5, 1.0, 2.0)
PLAUSIBLE = 0.1
"""A word may be said if the picture's model finds it so likely, compared with the likeliest."""


class Contrast(torch.nn.Module):
    """Says what a picture makes likelier than it is without the picture.

    `(1 + a) log p(word | picture, text) - a log p(word | text)`, among plausible words. Source:
    Li et al. 2022, "Contrastive Decoding", arXiv:2210.15097; for pictures, Leng et al. 2023,
    arXiv:2311.16922.
    """

    def __init__(self, model: cp.Decoder, blind: cp.Decoder, strength: float) -> None:
        super().__init__()
        self.model, self.blind, self.strength = model, blind, strength

    def see(self, pictures: Tensor) -> Tensor:
        """Return what the picture's model sees."""
        return self.model.see(pictures)

    def say(self, seen: Tensor, captions: Tensor) -> Tensor:
        """Return the contrast for the word after each word."""
        scores = self.model.say(seen, captions).log_softmax(dim=2)
        plausible = scores >= scores.amax(dim=2, keepdim=True) + math.log(PLAUSIBLE)
        prior = self.blind.say(self.blind.see(seen), captions).log_softmax(dim=2)
        return (scores + self.strength * (scores - prior)).masked_fill(~plausible, -torch.inf)


def companions(learnt: str, contrast: bool, way: str, seed: int) -> Found:
    """Return how often the absent companion is said of parted scenes, and what else is true."""
    model = tuned("cross-attention", seed, learnt)
    if contrast:
        model = Contrast(model, tuned("blind", seed, learnt), best_strength(learnt, seed))
    found = {}
    for world in ("parted", "companions"):
        told = to_test(world)
        captions = decodings()[way](model, told, seed)
        found |= {f"{name}, {world}": n for name, n in of_companions(captions, told).items()}
    return found


def of_companions(captions: Sequence[str], told: Told) -> Found:
    """Return how often an absent companion is said, any other absent kind, and what is true.

    "another absent kind" is the mean over those kinds that are neither companions nor there.
    """
    pair = {tuple(KINDS)[number] for number in COMPANIONS}
    others = {*tuple(KINDS)[: QUICK.kinds]} - pair
    said, strange = [], []
    for text, facts in zip(captions, told.facts, strict=True):
        there = {group.kind for group in facts}
        absent = {item.kind for item in claims(text).items} - there
        said.append(bool(absent & pair))
        strange.append(len(absent & others) / len(others - there))
    found = against_truth(captions, told.facts)
    return {"companion": mean(said), "another absent kind": mean(strange)} | {
        name: found[name] for name in ("all true", "right", "absent", "left_out")
    }


def company(learnt: str, seed: int) -> Found:
    """Return what else training on companions changes, in greedy captions.

    How often a companion is said where neither stands, mean over the two; how many captions of
    parted scenes say a relation; and how many are all true if none may.
    """
    model, pair = tuned("cross-attention", seed, learnt), {tuple(KINDS)[n] for n in COMPANIONS}
    told = to_test()
    neither = [i for i, facts in enumerate(told.facts) if not pair & {g.kind for g in facts}]
    captions = cp.greedy(model, told.scenes.pictures[neither])
    parted = to_test("parted")
    free, lists = (cp.greedy(m, parted.scenes.pictures) for m in (model, cp.ListsOnly(model)))
    return {
        "companion, neither there": mean(
            kind in {item.kind for item in claims(text).items} for text in captions for kind in pair
        ),
        "relations, parted": against_truth(free, parted.facts)["relations"],
        "all true, parted, lists only": against_truth(lists, parted.facts)["all true"],
    }


def new_pairs(held: str, seed: int) -> Found:
    """Return what a greedy caption makes of the first object, whose pair of words may be new."""
    told = to_test(pairs=held)
    captions = cp.greedy(tuned("cross-attention", seed), told.scenes.pictures)
    fates = [of_pair(*three) for three in zip(captions, told.facts, first_pairs(told), strict=True)]
    return {fate: mean(one == fate for one in fates) for fate in FATES}


FATES = ("right", "kind, another colour", "colour, absent kind", "colour, other kind", "neither")


def first_pairs(told: Told) -> list[tuple[str, str]]:
    """Return kind and colour of the first object of each scene."""
    numbers = zip(told.scenes.kinds[:, 0].tolist(), told.scenes.colours[:, 0].tolist(), strict=True)
    return [(tuple(KINDS)[kind], tuple(COLOURS)[colour]) for kind, colour in numbers]


def of_pair(caption: str, facts: Facts, pair: tuple[str, str]) -> str:
    """Return which of FATES the pair of a kind and a colour has in a caption."""
    said = [(item.kind, item.colour) for item in claims(caption).items]
    with_colour = {kind for kind, colour in said if colour == pair[1]}
    if pair in said:
        return FATES[0]
    if pair[0] in dict(said):
        return FATES[1]
    if with_colour - {group.kind for group in facts}:
        return FATES[2]
    return FATES[3] if with_colour else FATES[4]


@cache
def best_strength(learnt: str, seed: int) -> float:
    """Return the strength of the contrast with which most validation captions are right."""
    valid = [scenes(world, 501, TEST) for world in ("parted", "companions")]
    pair = tuned("cross-attention", seed, learnt), tuned("blind", seed, learnt)

    def right(strength: float) -> float:
        model = Contrast(*pair, strength)
        greedy = [(cp.greedy(model, told.scenes.pictures), told) for told in valid]
        return sum(against_truth(texts, told.facts)["right"] for texts, told in greedy)

    return max(STRENGTHS, key=right)


# ── All of it ─────────────────────────────────────────────────────────────────────────────────────

SEEDS = {
    "rates": 1,
    "models": 3,
    "rivals": 3,
    "decoding": 3,
    "pointing": 3,
    "relations": 3,
    "exposure": 3,
    "held out": 3,
    "new pairs": 3,
    "companions": 3,
    "company": 3,
}
SIGHTED = ("cross-attention", "prefix, equal steps", "prefix, equal time")
RIVALS = {
    "best constant caption": constant,
    "caption of the nearest picture": nearest,
    "caption of another scene": of_another,
    "right, in no reference": unlisted,
    "directions swapped": swapped,
    "one of the references": listed,
}
EXPERIMENTS = {
    "rates": {
        f"{way}, {rate}": partial(validated, way, rate) for way in WAYS for rate in rates_of(way)
    },
    "models": {way: partial(of_model, way) for way in WAYS},
    "rivals": RIVALS,
    "decoding": {name: partial(decoded, way) for name, way in decodings().items()},
    "pointing": {way: partial(pointing, way) for way in SIGHTED},
    "relations": {"cross-attention": relations},
    "exposure": {"cross-attention": exposed},
    "held out": {
        "pairs": partial(of_model, "cross-attention", pairs="held_out"),
        "relations": partial(of_model, "cross-attention", relations="held_out"),
    },
    "new pairs": {
        "as in training": partial(new_pairs, "seen"),
        "new pairs": partial(new_pairs, "held_out"),
    },
    "company": {learnt: partial(company, learnt) for learnt in ("plain", "companions")},
    "companions": {
        f"{learnt}{', contrast' if contrast else ''}, {way}": partial(
            companions, learnt, contrast, way
        )
        for learnt, contrast in (("plain", False), ("companions", False), ("companions", True))
        for way in ("greedy", "sample 1.0")
    },
}

if __name__ == "__main__":
    keep(EXPERIMENTS, SEEDS, PLACE)
    shutil.rmtree(WEIGHTS)
