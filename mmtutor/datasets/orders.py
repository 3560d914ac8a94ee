"""Orders: a scene of one or two things, what is said about it in at most five words, and questions.

"red star left of blue heart" is five words: two for each thing, and how the first stands to the
second. Number 0 is a word that is not said: an order of one thing has two words. Whoever draws to
order can be examined by somebody who only answers questions about pictures.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Int8, Int64, UInt8
from torch import Tensor

from mmtutor.datasets.asking.questions import OPPOSITE, exists
from mmtutor.datasets.asking.words import ANSWER_NUMBERS
from mmtutor.datasets.scenes import COLOURS, KINDS, NOTHING, SIDE, make_scenes
from mmtutor.datasets.scenes.boxes import middles
from mmtutor.datasets.telling.words import RELATIONS

SORTS = tuple(KINDS)[:6]
"""The kinds that lesson 15's model knows."""
NAMES = ("", *COLOURS, *SORTS, *RELATIONS)
"""Every word of an order by its number; nothing is said by the first."""
PLACES = 5
"""Colour, kind, relation, colour, kind."""
FIRST_KIND, FIRST_RELATION = 1 + len(COLOURS), 1 + len(COLOURS) + len(SORTS)

Words = Int64[Tensor, "order 5"]


class Orders(NamedTuple):
    """Scenes, the words of each, and whose ink every pixel is: the first thing's (0), the other's.

    Where no ink is, the owner is −1.
    """

    pictures: UInt8[Tensor, "order 3 64 64"]
    words: Words
    owners: Int8[Tensor, "order 64 64"]


def make_orders(count: int, pairs: str = "seen", alone: float = 0.25, seed: int = 0) -> Orders:
    """Draw scenes and say what is in them; a share holds one thing `alone`, the others two.

    Two things stand clearly left and right of each other, or one above the other: their middles lie
    in different thirds of the canvas, along the axis on which they are further apart. Either may be
    said first. `pairs` is as in `make_scenes`.
    """
    single = round(alone * count)
    one, two = single, 3 * (count - single) + 20  # about half of all scenes of two are clear
    parts = [orders_of(one, 1, pairs, seed)] if one else []
    parts += [Orders(*(part[: count - single] for part in orders_of(two, 2, pairs, seed + 1)))]
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    return Orders(*(torch.cat(some)[order] for some in zip(*parts, strict=True)))


def orders_of(count: int, things: int, pairs: str, seed: int) -> Orders:
    """Draw scenes of one or of two things, and say what is in those where it is clear."""
    scenes = make_scenes(
        count,
        kinds=len(SORTS),
        objects=(things, things),
        questions=("colour",),
        pairs=pairs,
        seed=seed,
    )
    said = torch.stack([1 + scenes.colours, FIRST_KIND + scenes.kinds], dim=2)  # (scene, thing, 2)
    if things == 1:
        silent = torch.zeros(count, 3, dtype=torch.long)
        return Orders(scenes.pictures, torch.cat([said[:, 0], silent], dim=1), scenes.owners)
    swapped = torch.rand(count, generator=torch.Generator().manual_seed(seed)) < 0.5
    said = torch.where(swapped.view(-1, 1, 1), said.flip(1), said)
    boxes = torch.where(swapped.view(-1, 1, 1), scenes.boxes.flip(1), scenes.boxes)
    owner = scenes.owners
    owners = torch.where(swapped.view(-1, 1, 1) & (owner != NOTHING), 1 - owner, owner)
    relation, clear = relations(boxes)
    words = torch.cat([said[:, 0], relation.unsqueeze(1), said[:, 1]], dim=1)
    return Orders(scenes.pictures[clear], words[clear], owners[clear])


def relations(boxes: Int64[Tensor, "scene 2 4"]) -> tuple[Int64[Tensor, " scene"], Tensor]:
    """Return how the first of two things stands to the second, as a word, and where it is clear."""
    middle = middles(boxes)  # (scene, thing, across and down)
    way = middle[:, 0] - middle[:, 1]
    axis = way.abs().argmax(dim=1, keepdim=True)
    thirds = (middle / (SIDE / 3)).long()
    apart = (thirds[:, 0] != thirds[:, 1]).gather(1, axis).squeeze(1)
    second = way.gather(1, axis).squeeze(1) > 0  # right of, or below
    return FIRST_RELATION + 2 * axis.squeeze(1) + second.long(), apart


def say(words: Words) -> list[str]:
    """Return orders as text: "a red star left of a blue heart"."""
    return [
        " ".join(filter(None, (thing(*row[:2]), NAMES[row[2]], thing(*row[3:]))))
        for row in words.tolist()
    ]


def thing(colour: int, kind: int) -> str:
    """Return a thing as text, or nothing where it is not said."""
    article = "an" if NAMES[colour].startswith("o") or not colour and kind == FIRST_KIND else "a"
    return " ".join(filter(None, (article, NAMES[colour], NAMES[kind]))) if kind else ""


def is_unseen(words: Words) -> Tensor:
    """Say which orders hold a pair of colour and kind that no scene with `pairs="seen"` has."""
    colour, kind = words[:, [0, 3]] - 1, words[:, [1, 4]] - FIRST_KIND
    return ((kind >= 0) & (colour == kind % len(COLOURS))).any(dim=1)


class Asked(NamedTuple):
    """A question about what was ordered: which order, of what type, and the true answer."""

    order: int
    type: str
    text: str
    answer: str


def questions_about(words: Words) -> list[Asked]:
    """Return what is asked of each order.

    Of each thing: whether its kind is there ("kind"), its colour ("colour"), and whether there is
    one in that colour ("pair"). Of two things: whether the first stands to the second as was said,
    and whether it stands the opposite way ("place": yes and no, so that who always says yes has
    half). And of two things of different colours whether there is one of the first kind in the
    colour of the second ("swapped": no).
    """
    return [asked for order, row in enumerate(words.tolist()) for asked in about(order, row)]


def about(order: int, row: Sequence[int]) -> list[Asked]:
    """Return the questions of one order."""
    things = [(NAMES[c], NAMES[k]) for c, k in (row[:2], row[3:]) if k]
    found = []
    for colour, kind in things:
        found += [
            Asked(order, "kind", f"how many {kind}s are there ?", ANSWER_NUMBERS[1]),
            Asked(order, "colour", f"what colour is the {kind} ?", colour),
            Asked(order, "pair", exists(colour, kind), "yes"),
        ]
    if len(things) == 2:
        found += about_two(order, NAMES[row[2]], *things)
    return found


def about_two(
    order: int, relation: str, one: tuple[str, str], other: tuple[str, str]
) -> list[Asked]:
    """Return the questions about two things together."""
    asked = [
        Asked(order, "place", f"is the {one[1]} {said} the {other[1]} ?", answer)
        for said, answer in ((relation, "yes"), (OPPOSITE[relation], "no"))
    ]
    if one[0] != other[0]:
        asked.append(Asked(order, "swapped", exists(other[0], one[1]), "no"))
    return asked
