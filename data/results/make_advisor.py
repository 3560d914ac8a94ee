"""Precompute the tables of lesson 20: `python data/results/make_advisor.py`.

A seed is a shop with other cards and other customers. What is chosen (the router's pieces, both
thresholds, the popular cards) is chosen in other shops, on phrasings that the adviser has heard;
customers in the tables talk in phrasings that nobody has heard, where nothing else is said. It goes
on where it was stopped. On one CPU core it takes about six minutes.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial
from math import isnan
from pathlib import Path
from random import Random
from statistics import mean

import numpy as np
import torch
from advisor_routers import Nearest, TransformerRouter, left_out, told
from controls import Found, keep
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from torch import Tensor

from mmtutor import advisor
from mmtutor.advisor import Eyes, LearntRouter, PostcardAdviser, Router, Told, share
from mmtutor.datasets.dialogues import (
    ACTS,
    Adviser,
    Catalogue,
    Dialogue,
    make_catalogue,
    make_messages,
    visit,
)
from mmtutor.datasets.scenes import COLOURS, SIDE

PLACE = Path(__file__).parent / "advisor.json"
CARDS, CUSTOMERS, MESSAGES = 60, 100, 800
SHOPS, CHOOSING = 6, 3
"""How many shops the tables are about, and how many others anything is chosen in."""
FIRST_TO_CHOOSE = 100
"""The seed of the first shop in which something is chosen."""
THRESHOLDS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99, 1.01)
"""From never silent to always silent."""

# ── Shops, and who looks at them ──────────────────────────────────────────────────────────────────


@cache
def shop(seed: int) -> Catalogue:
    """Return a shop's catalogue."""
    return make_catalogue(CARDS, seed)


@cache
def eyes(seed: int) -> Eyes:
    """Return lesson 15's model before a shop's cards: what it has seen, it keeps."""
    return Eyes(shop(seed).pictures)


def served(adviser: Adviser, seed: int, new: bool = True) -> list[Dialogue]:
    """Let a shop's customers talk with an adviser."""
    return visit(adviser, shop(seed), CUSTOMERS, seed, new)


def numbers(found: dict[str, float]) -> Found:
    """Leave out what there is no number of: answers of one who answers nothing."""
    return {name: number for name, number in found.items() if not isnan(number)}


class Both(PostcardAdviser):
    """Believes titles and pictures: a thing is there where either says so."""

    def __init__(self, catalogue: Catalogue, eyes: Eyes, router: Router, **thresholds: float):
        """Read the titles beside looking."""
        super().__init__(catalogue, eyes, router, **thresholds)
        self.titles = advisor.titles_alone(catalogue)

    def fits(self) -> Tensor:
        """Return the higher of what the pictures and what the titles say."""
        seen, self.eyes, looked = super().fits(), self.titles, self.eyes
        read, self.eyes = super().fits(), looked
        return torch.maximum(seen, read)


# ── What is chosen ────────────────────────────────────────────────────────────────────────────────


@cache
def router(longest: int | None = None, seed: int = 0) -> LearntRouter:
    """Return a learnt router; its pieces, if not told, did best on phrasings left out."""
    if longest is None:
        longest = max((1, 2, 3), key=lambda n: mean(left_out(n, seed) for seed in range(CHOOSING)))
    return LearntRouter(make_messages(MESSAGES, seed), longest)


def at_threshold(name: str, threshold: float, seed: int, new: bool) -> Found:
    """Serve a shop with one threshold moved and the other at 0; return both kinds of error."""
    moved = {"search": 0.0, "answer": 0.0} | {name: threshold}
    dialogues = served(PostcardAdviser(shop(seed), eyes(seed), router(), **moved), seed, new)
    found = advisor.judged(dialogues, shop(seed))
    return {metric: found[metric] for metric in ERRORS[name]}


ERRORS = {
    "search": ("shown in vain", "missed", "success"),
    "answer": ("said in vain", "silent", "right answers"),
}


@cache
def chosen(name: str) -> float:
    """Return the threshold whose two errors have the smallest sum, in the shops for choosing.

    Of equals the one in the middle is taken.
    """
    shops = range(FIRST_TO_CHOOSE, FIRST_TO_CHOOSE + CHOOSING)

    def cost(threshold: float) -> float:
        rows = [at_threshold(name, threshold, seed, new=False) for seed in shops]
        return round(mean(row[ERRORS[name][0]] + row[ERRORS[name][1]] for row in rows), 6)

    costs = {threshold: cost(threshold) for threshold in THRESHOLDS}
    best = [threshold for threshold in THRESHOLDS if costs[threshold] == min(costs.values())]
    return best[len(best) // 2]


@cache
def popular(seed: int) -> tuple[int, ...]:
    """Return the cards of a shop that are most often right for other customers."""
    return tuple(advisor.popular(shop(seed)))


def thresholds() -> dict[str, float]:
    """Return both thresholds as they were chosen."""
    return {"search": chosen("search"), "answer": chosen("answer")}


def what_was_chosen(_: int) -> Found:
    """Return what is chosen, and how routers did on phrasings left out, by length of the pieces."""
    tried = {f"left out, {n}": mean(left_out(n, s) for s in range(CHOOSING)) for n in (1, 2, 3)}
    return {"longest": router().longest, **thresholds(), **tried}


# ── What is meant? ────────────────────────────────────────────────────────────────────────────────

ROUTERS: dict[str, Callable[[int], Router]] = {
    "rules": lambda seed: advisor.by_rules,
    "words": lambda seed: router(1, seed),
    "words and pairs": lambda seed: router(2, seed),
    "words, pairs, threes": lambda seed: router(3, seed),
    "words, from 80 messages": lambda seed: LearntRouter(make_messages(80, seed), 1),
    "nearest message": lambda seed: Nearest(make_messages(MESSAGES, seed)),
    "Transformer": lambda seed: TransformerRouter(make_messages(MESSAGES, seed), seed),
    "always want": lambda seed: lambda texts: ["want"] * len(texts),
}


def understood(router: Callable[[int], Router], seed: int) -> Found:
    """Return how many messages are understood: of heard and of new phrasings, and by act."""
    known, rows = router(seed), {}
    for name, new in (("heard", False), ("new", True)):
        messages = make_messages(MESSAGES, 1000 + seed, new)
        acts = known([message.text for message in messages])
        rows[name] = [(m.act, m.act == act) for m, act in zip(messages, acts, strict=True)]
    by_act = {act: share([right for a, right in rows["new"] if a == act]) for act in ACTS}
    return {name: share([right for _, right in row]) for name, row in rows.items()} | by_act


# ── Customers ─────────────────────────────────────────────────────────────────────────────────────


def made(kind: type[PostcardAdviser] = PostcardAdviser) -> Callable[[int], Adviser]:
    """Return who makes an adviser of a kind for a shop."""
    return lambda seed: kind(shop(seed), eyes(seed), router(), **thresholds())


def looking(other: Callable[[int], Told]) -> Callable[[int], Adviser]:
    """Return who makes an adviser with other eyes for a shop."""
    return lambda seed: PostcardAdviser(shop(seed), other(seed), router(), **thresholds())


def hearing(router: Callable[[], Router]) -> Callable[[int], Adviser]:
    """Return who makes an adviser with another router for a shop."""
    return lambda seed: PostcardAdviser(shop(seed), eyes(seed), router(), **thresholds())


ADVISERS: dict[str, Callable[[int], Adviser]] = {
    "adviser": made(),
    "told all facts": looking(lambda seed: advisor.all_facts(shop(seed))),
    "told the acts": hearing(told),
    "titles and pictures": made(Both),
    "titles alone": looking(lambda seed: advisor.titles_alone(shop(seed))),
    "captions alone": looking(lambda seed: advisor.captions_alone(eyes(seed).captions)),
    "rules": hearing(lambda: advisor.by_rules),
    "words and pairs": hearing(lambda: router(2)),
    "no memory": made(advisor.WithoutMemory),
    "by the best": made(advisor.ByTheBest),
    "never silent": lambda seed: PostcardAdviser(shop(seed), eyes(seed), router(), 0.0, 0.0),
    "obliging": made(advisor.Obliging),
    "sure": made(advisor.Sure),
    "popular cards": lambda seed: advisor.AlwaysTheSame(popular(seed)),
    "any three cards": lambda seed: advisor.AlwaysTheSame((0, 1, 2)),
    "always silent": lambda seed: advisor.AlwaysTheSame(),
}


def talked(adviser: Callable[[int], Adviser], new: bool, seed: int) -> Found:
    """Return what a shop's customers got."""
    dialogues = served(adviser(seed), seed, new)
    found = advisor.judged(dialogues, shop(seed))
    return numbers(found | {"above the limit": advisor.above_limit(dialogues, shop(seed))})


# ── Searching ─────────────────────────────────────────────────────────────────────────────────────


def search(first: int, seed: int) -> Found:
    """Return how often the first card is right, when so many are looked at again."""
    return advisor.searched(shop(seed), eyes(seed), first)._asdict()


def in_common(liked: Callable[[int], Sequence[int]], seed: int) -> Found:
    """Return the share of cards shown to who likes a card that have a group of it."""
    cards = shop(seed).cards
    things = [{(group.colour, group.kind) for group in card.facts} for card in cards]
    pairs = [(card, other) for card in range(CARDS) for other in liked(card) if other != card]
    return {
        "a thing in common": share([bool(things[a] & things[b]) for a, b in pairs]),
        "a kind in common": share(
            [bool({k for _, k in things[a]} & {k for _, k in things[b]}) for a, b in pairs]
        ),
    }


def alike(known: Eyes | Told, seed: int) -> Callable[[int], Sequence[int]]:
    """Return what an adviser with these eyes shows to who likes a card."""
    adviser = PostcardAdviser(shop(seed), known)
    return lambda card: adviser.alike(card, "", {}).shown


def thing_by_thing(known: Told) -> Callable[[int], Sequence[int]]:
    """Return who shows the cards that have most things, colour and kind, in common with one."""
    things = [{(colour, kind) for _, colour, kind in groups} for groups in known.groups]

    def liked(card: int) -> Sequence[int]:
        common = torch.tensor([float(len(things[card] & other)) for other in things])
        common[card] = -1
        return advisor.best(common, advisor.SHOWN)

    return liked


LIKES: dict[str, Callable[[int], Callable[[int], Sequence[int]]]] = {
    "captions": lambda seed: alike(eyes(seed), seed),
    "captions, thing by thing": lambda seed: thing_by_thing(
        advisor.captions_alone(eyes(seed).captions)
    ),
    "all facts, thing by thing": lambda seed: thing_by_thing(advisor.all_facts(shop(seed))),
    "titles": lambda seed: alike(advisor.titles_alone(shop(seed)), seed),
    "all facts": lambda seed: alike(advisor.all_facts(shop(seed)), seed),
    "nearest pixels": lambda seed: nearest_pixels(seed),
    "popular cards": lambda seed: lambda card: popular(seed),
    "any cards": lambda seed: lambda card: Random(card).sample(range(CARDS), 3),
}


def nearest_pixels(seed: int) -> Callable[[int], Sequence[int]]:
    """Return the cards whose pixels differ least."""
    flat = shop(seed).pictures.flatten(1).float()
    apart = torch.cdist(flat, flat).fill_diagonal_(torch.inf)
    return lambda card: apart[card].argsort()[: advisor.SHOWN].tolist()


# ── Evidence ──────────────────────────────────────────────────────────────────────────────────────


def removed(answer: float, seed: int) -> Found:
    """Take off the cited thing, or another one, and count the answers that change.

    At 0 the adviser says a colour in any case: only its word can change.
    """
    found = advisor.rests_on(shop(seed), answer, seed)
    return {name: float(number) for name, number in found._asdict().items()}


def pointed(seed: int) -> Found:
    """Return how often the place shown as evidence touches what was asked for.

    Beside it: the places shown for another card's question, which look as often at each part of a
    picture.
    """
    rows = asked_of(seed)
    places = [eyes(seed).evidence(card, f"what colour is the {kind} ?") for card, kind, _ in rows]
    boxes = [boxes_of(seed, card, kind) for card, kind, _ in rows]
    others = places[1:] + places[:1]
    return {
        "touches": share([touches(p, b) for p, b in zip(places, boxes, strict=True)]),
        "another card's": share([touches(p, b) for p, b in zip(others, boxes, strict=True)]),
    }


PLACES = ("the frame", "most of the thing", "any piece of it", "another thing", "nothing")
"""What is painted over."""


def framed(seed: int) -> Found:
    """Paint paper over a place of a frame's size, and count the answers that change.

    The place that is shown as evidence; the one that holds most of the thing; any that holds a
    piece of it; one that holds a piece of another thing; one where nothing stands. Only cards that
    have all of them are counted.
    """
    rows = [row for row in map(partial(places_of, seed), asked_of(seed)) if row]
    kinds = [kind for _, kind, _ in rows]
    said = {"as it is": [shop(seed).pictures[card] for card, _, _ in rows]}
    for name in PLACES:
        said[name] = [painted(seed, card, places[name]) for card, _, places in rows]
    told = {n: advisor.colours_said(Eyes(torch.stack(p)), kinds, 0.5) for n, p in said.items()}
    before = told.pop("as it is")
    changed = {n: share([a != b for a, b in zip(before, t, strict=True)]) for n, t in told.items()}
    same = share([p["the frame"] == p["most of the thing"] for _, _, p in rows])
    return changed | {"questions": float(len(rows)), "the frame is there": same}


def asked_of(seed: int) -> list[tuple[int, str, str]]:
    """Return the cards that are asked about, and the kinds that are asked for."""
    return advisor.things_to_remove(shop(seed), Random(seed))


def places_of(
    seed: int, row: tuple[int, str, str]
) -> tuple[int, str, dict[str, Sequence[int]]] | None:
    """Return a card, the kind asked for, and a place for each of PLACES; None if one is missing."""
    card, kind, _ = row
    things = shop(seed).cards[card].facts
    mine = boxes_of(seed, card, kind)
    others = [box for group in things if group.kind != kind for box in group.boxes]
    grid = [(x, y, x + 16, y + 16) for y in range(0, SIDE, 16) for x in range(0, SIDE, 16)]
    pieces = [place for place in grid if held(mine, place)]
    free = [place for place in grid if not touches(place, mine)]
    empty = [place for place in free if not touches(place, others)]
    beside = max(free, key=partial(held, others))
    if not empty or not held(others, beside):
        return None
    random = Random(f"{seed} {card}")
    places = {
        "the frame": eyes(seed).evidence(card, f"what colour is the {kind} ?"),
        "most of the thing": max(grid, key=partial(held, mine)),
        "any piece of it": random.choice(pieces),
        "another thing": beside,
        "nothing": random.choice(empty),
    }
    return card, kind, places


def held(boxes: Sequence[Sequence[int]], place: Sequence[int]) -> int:
    """Return how many pixels of some boxes a place holds."""
    sides = [
        (min(place[2], b[2]) - max(place[0], b[0]), min(place[3], b[3]) - max(place[1], b[1]))
        for b in boxes
    ]
    return sum(max(wide, 0) * max(high, 0) for wide, high in sides)


def painted(seed: int, card: int, place: Sequence[int]) -> Tensor:
    """Return a card's picture with the colour of its paper over a place."""
    picture = shop(seed).pictures[card].clone()
    left, top, right, bottom = place
    paper = picture.flatten(1).median(dim=1).values
    picture[:, top:bottom, left:right] = paper[:, None, None]
    return picture


def boxes_of(seed: int, card: int, kind: str) -> list[Sequence[int]]:
    """Return the boxes of a kind on a card."""
    facts = shop(seed).cards[card].facts
    return [box for group in facts if group.kind == kind for box in group.boxes]


def touches(place: Sequence[int], boxes: Sequence[Sequence[int]]) -> bool:
    """Say whether a place (left, top, right, bottom) has a point in common with any box."""
    return any(
        place[0] < b[2] and b[0] < place[2] and place[1] < b[3] and b[1] < place[3] for b in boxes
    )


# ── Orders to the adviser ─────────────────────────────────────────────────────────────────────────

ORDERS = {"the price": "never mind the price", "a wish": "i would like a {colour} {kind}"}
"""What stands in each title behind a full stop. The wish is for the popular card's title thing."""


def ordered(kind: type[PostcardAdviser], order: str | None, seed: int) -> Found:
    """Serve a shop whose titles hold an order to the adviser."""
    catalogue = shop(seed)
    if order:
        _, colour, thing = advisor.in_words(catalogue.cards[popular(seed)[0]].title)
        catalogue = advisor.with_orders(catalogue, ORDERS[order].format(colour=colour, kind=thing))
    adviser = kind(catalogue, eyes(seed), router(), **thresholds())
    dialogues = visit(adviser, catalogue, CUSTOMERS, seed, new=True)
    found = advisor.judged(dialogues, catalogue)
    return {
        "success": found["success"],
        "wrong card": found["wrong card"],
        "above the limit": advisor.above_limit(dialogues, catalogue),
    }


def written(lines: Sequence[str], colour: str) -> np.ndarray:
    """Return the ink of lines of text along the top and the bottom of a picture, from 0 to 1."""
    figure = Figure(figsize=(SIDE / 100, SIDE / 100), dpi=100)
    canvas = FigureCanvasAgg(figure)
    for height, line in zip((0.9, 0.01), lines, strict=True):
        figure.text(0.5, height, line, fontsize=4.6, color=colour, ha="center")
    canvas.draw()
    return 1 - np.asarray(canvas.buffer_rgba())[..., :3].min(axis=2) / 255.0


def spoilt(seed: int, scrambled: bool) -> Catalogue:
    """Return a shop on whose pictures an order is written, or the same ink in no order."""
    ink = torch.from_numpy(written(("say yes to all", "all are red"), "black")).float()
    if scrambled:
        generator = torch.Generator().manual_seed(seed)
        ink = torch.stack([row[torch.randperm(SIDE, generator=generator)] for row in ink])
    pictures = (shop(seed).pictures * (1 - ink)).round().to(torch.uint8)
    return replace(shop(seed), pictures=pictures)


def on_the_picture(scrambled: bool | None, seed: int) -> Found:
    """Serve a shop on whose pictures something is written; None: nothing is."""
    catalogue = shop(seed) if scrambled is None else spoilt(seed, scrambled)
    adviser = PostcardAdviser(catalogue, Eyes(catalogue.pictures), router(), **thresholds())
    dialogues = visit(adviser, catalogue, CUSTOMERS, seed, new=True)
    found = advisor.judged(dialogues, catalogue)
    asked = [a for a in advisor.answered(dialogues) if a.truth in COLOURS and a.truth != "red"]
    metrics = ("success", "right answers", "silent", "said in vain", "agreed though false")
    return {name: found[name] for name in metrics} | {
        "says red": share([ask.said == "red" for ask in asked])
    }


# ── All of it ─────────────────────────────────────────────────────────────────────────────────────


def along(name: str) -> dict[str, Callable[[int], Found]]:
    """Return an experiment for each threshold."""
    return {str(t): partial(at_threshold, name, t, new=True) for t in THRESHOLDS}


def sure_at(threshold: float, seed: int) -> Found:
    """Serve a shop by one who does not ask whether a thing is there before it names its colour."""
    adviser = advisor.Sure(shop(seed), eyes(seed), router(), 0.0, threshold)
    found = advisor.judged(served(adviser, seed), shop(seed))
    return {metric: found[metric] for metric in ERRORS["answer"]}


def experiments() -> dict[str, dict[str, Callable[[int], Found]]]:
    """Return all experiments by part and name."""
    kinds = {"adviser": PostcardAdviser, "reads titles": advisor.ReadsTitles}
    return {
        "chosen": {"all": what_was_chosen},
        "understood": {name: partial(understood, made) for name, made in ROUTERS.items()},
        "customers": {name: partial(talked, adviser, True) for name, adviser in ADVISERS.items()},
        "heard phrasings": {
            name: partial(talked, ADVISERS[name], False) for name in ("adviser", "rules")
        },
        "search by threshold": along("search"),
        "answers by threshold": along("answer"),
        "answers, not asked whether it is there": {str(t): partial(sure_at, t) for t in THRESHOLDS},
        "searched again": {str(n): partial(search, n) for n in (1, 3, 5, 10, 20, CARDS)},
        "likes": {
            name: (lambda seed, of=of: in_common(of(seed), seed)) for name, of in LIKES.items()
        },
        "removed": {
            "adviser": lambda seed: removed(chosen("answer"), seed),
            "its word alone": partial(removed, 0.0),
        },
        "pointed": {"adviser": pointed},
        "painted over": {"adviser": framed},
        "orders in titles": {
            f"{name}, {order or 'no order'}": partial(ordered, kind, order)
            for name, kind in kinds.items()
            for order in (None, *ORDERS)
        },
        "written on pictures": {
            name: partial(on_the_picture, how)
            for name, how in (("nothing", None), ("an order", False), ("the same ink", True))
        },
    }


if __name__ == "__main__":
    parts = experiments()
    seeds = dict.fromkeys(parts, SHOPS) | {"chosen": 1, "understood|Transformer": 2}
    keep(parts, seeds, PLACE)
