"""Orders: a scene of one or two things, what is said about it in at most five words, and questions.

"red star left of blue heart" is five words: two for each thing, and how the first stands to the
second. Number 0 is a word that is not said: an order of one thing has two words. Whoever draws to
order can be examined by somebody who only answers questions about pictures.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Int64, UInt8
from torch import Tensor

from mmtutor.datasets.asking.questions import OPPOSITE, exists
from mmtutor.datasets.asking.words import ANSWER_NUMBERS
from mmtutor.datasets.scenes import COLOURS, KINDS, SIDE
from mmtutor.datasets.scenes.boxes import box_at, middles
from mmtutor.datasets.scenes.drawing import paint_some
from mmtutor.datasets.scenes.plan import colours_of
from mmtutor.datasets.scenes.stamps import extents_of_stamps, stamps_of_kinds
from mmtutor.datasets.telling.words import RELATIONS

TILE, STEP, SIZE = 16, 8, 5
"""Pixels along the tile of a thing and from one place to the next; SIZE is the stamps' sixth."""
SORTS = tuple(KINDS)[:6]
"""The kinds that lesson 15's model knows."""
NAMES = ("", *COLOURS, *SORTS, *RELATIONS)
"""Every word of an order by its number; nothing is said by the first."""
PLACES = 5
"""Colour, kind, relation, colour, kind."""
FIRST_KIND, FIRST_RELATION = 1 + len(COLOURS), 1 + len(COLOURS) + len(SORTS)

Words = Int64[Tensor, "order 5"]


class Orders(NamedTuple):
    """Scenes, and the words of each."""

    pictures: UInt8[Tensor, "order 3 64 64"]
    words: Words


def make_orders(count: int, pairs: str = "seen", alone: float = 0.25, seed: int = 0) -> Orders:
    """Draw scenes and say what is in them; a share holds one thing `alone`, the others two.

    Every thing stands in the middle of a tile of 16 × 16 pixels whose corner is a multiple of STEP.
    Two things stand clearly left and right of each other, or one above the other: their middles lie
    in different thirds of the canvas, along the axis on which they are further apart. (In one scene
    of twenty they are only 8 pixels apart, and overlap.)

    Args:
        count: how many.
        pairs: "seen" (no kind in its held-out colour), "held_out" (one of a scene's things, the
            first or the second, is in it) or "all".
        alone: the share of scenes that hold one thing.
        seed: the same seed and arguments give the same scenes.
    """
    generator = torch.Generator().manual_seed(seed)
    single = round(alone * count)
    tries = 4 * (count - single) + 40  # .85 of all scenes of two are clear
    two, one = (orders_of(*size, pairs, generator) for size in ((tries, 2), (single, 1)))
    parts = [Orders(*(part[: count - single] for part in two)), one]
    order = torch.randperm(count, generator=generator)
    return Orders(*(torch.cat(some)[order] for some in zip(*parts, strict=True)))


def orders_of(count: int, things: int, pairs: str, generator: torch.Generator) -> Orders:
    """Draw scenes of one or of two things, and say what is in those where it is clear."""
    kinds = torch.rand(count, len(SORTS), generator=generator).argsort(dim=1)[:, :things]
    colours = colours_of(kinds, pairs, generator)  # the held-out pair is the first thing's …
    second = torch.rand(count, 1, generator=generator) < 0.5  # … in half of the scenes the second's
    kinds, colours = (torch.where(second, part.flip(1), part) for part in (kinds, colours))
    boxes = boxes_of(kinds, generator)
    relation, clear = relations(boxes)
    kinds, colours, boxes = (part[clear] for part in (kinds, colours, boxes))
    stamps = stamps_of_kinds()[kinds, SIZE].flatten(2)
    taken = (1 - torch.tensor(list(COLOURS.values())))[colours]  # what ink takes from white
    parts = zip(*(part.split(64) for part in (boxes, stamps, taken)), strict=True)
    pictures = torch.cat([paint_some(*part, generator)[0] for part in parts])
    said = torch.stack([1 + colours, FIRST_KIND + kinds], dim=2).flatten(1)
    return Orders(pictures, in_words(said, relation[clear]))


def boxes_of(
    kinds: Int64[Tensor, "scene thing"], generator: torch.Generator
) -> Int64[Tensor, "scene thing 4"]:
    """Return where things stand: each in the middle of a tile, the tiles anywhere on the grid."""
    places = (SIDE - TILE) // STEP + 1
    corner = STEP * torch.randint(places, (*kinds.shape, 2), generator=generator)
    extent = extents_of_stamps()[kinds, SIZE]
    return box_at(corner + (TILE - extent) // 2, extent)


def in_words(said: Int64[Tensor, "scene _"], relation: Int64[Tensor, " scene"]) -> Words:
    """Return the words of each scene: of its only thing, or of both."""
    if said.shape[1] == 2:
        return F.pad(said, (0, 3))
    return torch.cat([said[:, :2], relation.unsqueeze(1), said[:, 2:]], dim=1)


def relations(
    boxes: Int64[Tensor, "scene thing 4"],
) -> tuple[Int64[Tensor, " scene"], Bool[Tensor, " scene"]]:
    """Return how the first thing stands to the last, as a word, and where that is clear.

    A thing alone stands in no relation, and clearly.
    """
    middle = middles(boxes)  # (scene, thing, across and down)
    way, thirds = middle[:, 0] - middle[:, -1], (middle / (SIDE / 3)).long()
    axis = way.abs().argmax(dim=1, keepdim=True)
    apart = (thirds[:, 0] != thirds[:, -1]).gather(1, axis).squeeze(1)
    second = way.gather(1, axis).squeeze(1) > 0  # right of, or below
    return FIRST_RELATION + 2 * axis.squeeze(1) + second.long(), apart | (boxes.shape[1] == 1)


def say(words: Words, between: str = " ") -> list[str]:
    """Return orders as text: "a red star left of a blue heart".

    `between` stands between the things and how they stand to each other.
    """
    rows = words.tolist()
    parts = [(thing(*row[:2]), NAMES[row[2]], thing(*row[3:])) for row in rows]
    return [between.join(filter(None, some)) for some in parts]


def turned_round(words: Words) -> Words:
    """Return orders that say the opposite: "left of" for "right of", and nothing else changed."""
    opposite = {NAMES.index(one): NAMES.index(other) for one, other in OPPOSITE.items()}
    relation = torch.tensor([opposite.get(word, word) for word in words[:, 2].tolist()])
    return torch.cat([words[:, :2], relation.unsqueeze(1), words[:, 3:]], dim=1)


def thing(colour: int, kind: int) -> str:
    """Return a thing as text, or nothing where it is not said."""
    article = "an" if NAMES[colour].startswith("o") else "a"
    return f"{article} {NAMES[colour]} {NAMES[kind]}" if kind else ""


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


TYPES = ("number", "colour", "pair", "swapped", "place", "all")
"""What is scored: five types of questions, and whether all answers about an order are right."""


def questions_about(words: Words) -> list[Asked]:
    """Return what is asked of each order.

    Of each thing: how many of its kind there are ("number"), its colour ("colour"), and whether
    there is one in that colour ("pair"). Of two things: whether the first stands to the second as
    was said, and whether it stands the opposite way ("place"); and where their colours differ,
    whether there is one of the first kind in the colour of the second ("swapped": no).
    """
    return [asked for order, row in enumerate(words.tolist()) for asked in about(order, row)]


def about(order: int, row: Sequence[int]) -> list[Asked]:
    """Return the questions of one order."""
    things = [(NAMES[colour], NAMES[kind]) for colour, kind in (row[:2], row[3:]) if kind]
    found = []
    for colour, kind in things:
        found += [
            Asked(order, "number", f"how many {kind}s are there ?", ANSWER_NUMBERS[1]),
            Asked(order, "colour", f"what colour is the {kind} ?", colour),
            Asked(order, "pair", exists(colour, kind), "yes"),
        ]
    return found + (about_two(order, NAMES[row[2]], *things) if len(things) == 2 else [])


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


def shares(asked: Sequence[Asked], said: Sequence[str]) -> dict[str, float]:
    """Return the share of what is right, by type.

    "place" is right where both its answers are, so that who always says yes has none.
    """
    right: dict[tuple[str, int, str], bool] = {}
    for question, answer in zip(asked, said, strict=True):
        one = "" if question.type == "place" else question.text
        for key in ((question.type, question.order, one), ("all", question.order, "")):
            right[key] = right.get(key, True) and answer == question.answer
    found = {kind: [hit for key, hit in right.items() if key[0] == kind] for kind in TYPES}
    return {kind: sum(hits) / len(hits) for kind, hits in found.items() if hits}
