"""A shop's catalogue: picture postcards with a title and a price, and what is true of each."""

from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from jaxtyping import UInt8
from torch import Tensor

from mmtutor.datasets.asking.by_hand import Thing, draw_things, things_of
from mmtutor.datasets.telling import Facts, make_told
from mmtutor.datasets.telling.grammar import named

KINDS_SOLD = 6
"""How many kinds of things stand on cards: those that lesson 15's model has learnt."""
PRICES = range(3, 20)


class Card(NamedTuple):
    """One postcard. The title names one of the groups on the picture; `facts` is for the judge."""

    title: str
    price: int
    facts: Facts

    def has(self, colour: str | None, kind: str) -> bool:
        """Say whether a thing stands on the picture; None is any colour."""
        return any(g.kind == kind and colour in (None, g.colour) for g in self.facts)


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Postcards, numbered by their places."""

    pictures: UInt8[Tensor, "card 3 64 64"]
    cards: tuple[Card, ...]
    things: tuple[tuple[Thing, ...], ...]
    """What stands on each picture, thing by thing: to draw it without one of them."""

    def __len__(self) -> int:
        return len(self.cards)

    def __repr__(self) -> str:
        return f"{len(self)} postcards"


def make_catalogue(count: int = 60, seed: int = 0) -> Catalogue:
    """Draw `count` postcards; the same seed gives the same ones."""
    told, random = make_told(count, kinds=KINDS_SOLD, seed=seed), Random(seed)
    cards = tuple(
        Card(named(random.choice(facts)), random.choice(PRICES), facts) for facts in told.facts
    )
    things = tuple(things_of(told.scenes, number) for number in range(count))
    return Catalogue(told.scenes.pictures, cards, things)


def without(catalogue: Catalogue, card: int, kind: str | None) -> UInt8[Tensor, "1 3 64 64"]:
    """Draw a card anew, on plain paper, without the things of a kind; None leaves all there."""
    kept = [thing for thing in catalogue.things[card] if thing.kind != kind]
    return draw_things(kept).unsqueeze(0)


class Wish(NamedTuple):
    """What a customer wants: a colour and a kind, a second kind on the same card, a price."""

    colour: str | None = None
    kind: str | None = None
    beside: str | None = None
    limit: int | None = None


def fulfils(card: Card, wish: Wish) -> bool:
    """Say whether a card is what is wished for; what is None does not matter."""
    there = wish.kind is None or card.has(wish.colour, wish.kind)
    if wish.kind is None and wish.colour is not None:
        there = any(group.colour == wish.colour for group in card.facts)
    beside = wish.beside is None or card.has(None, wish.beside)
    return there and beside and (wish.limit is None or card.price <= wish.limit)


def fulfilling(catalogue: Catalogue, wish: Wish) -> list[int]:
    """Return the numbers of the cards that are what is wished for."""
    return [number for number, card in enumerate(catalogue.cards) if fulfils(card, wish)]
