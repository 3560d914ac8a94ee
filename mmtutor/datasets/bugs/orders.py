"""Orders in a shop of signs: what is wanted, and what is not? A task in which word order counts.

"Not the red star, the blue sun." Three quarters of the orders name two things, and every sentence
about two can also be said with the two exchanged: somebody who knows which words occur, and not
their order, can only toss a coin between them (`BAG_LIMIT`). The same seed gives the same orders.
"""

from random import Random
from typing import NamedTuple

import torch
from jaxtyping import Int64
from torch import Tensor

from mmtutor.datasets.sentences import HELD_OUT, SEEN

THINGS = tuple(HELD_OUT)[:6]
"""What can be wanted: the answers."""
ONE = (
    "the {wanted}",
    "bring me the {wanted}",
    "today i want the {wanted}",
    "what i need is the {wanted} over there",
)
"""Sentences about one thing."""
TWO = (
    "the {wanted}, not the {other}",
    "not the {other}, the {wanted}",
    "bring the {wanted} instead of the {other}",
    "instead of the {other} bring the {wanted}",
    "take the {wanted} and leave the {other}",
    "leave the {other} and take the {wanted}",
    "the {wanted} is right, the {other} is wrong",
    "the {other} is wrong, the {wanted} is right",
)
"""Sentences about two things."""
BEFORE = ("", "", "please, ", "well, ", "excuse me, ")
"""What somebody may say first."""
SHARE_OF_TWO = 0.75
LOUD = 0.2
"""The share of orders in capital letters."""
BAG_LIMIT = 1 - SHARE_OF_TWO / 2
"""The best that anybody could do who knows the words of an order, and not where they stand."""
WORDS = tuple(
    sorted(
        {word for text in (*ONE, *TWO, *BEFORE) for word in text.replace(",", " ").split()}
        - {"{wanted}", "{other}"}
        | {","}
        | {colour for colours in SEEN.values() for colour in colours}
        | set(THINGS)
    )
)
"""Every word and mark of all orders, in small letters."""


class Orders(NamedTuple):
    """What somebody says, and which of THINGS is wanted."""

    texts: list[str]
    wanted: Int64[Tensor, " order"]


def make_orders(count: int, seed: int = 0, test: bool = False) -> Orders:
    """Return `count` orders. With `test`, every thing has a colour that it never has in training.

    So no order of the test is one of the training, whatever the seeds.
    """
    random = Random(seed)
    pairs = [random.sample(range(len(THINGS)), 2) for _ in range(count)]
    texts = [say(THINGS[wanted], THINGS[other], random, test) for wanted, other in pairs]
    return Orders(texts, torch.tensor([wanted for wanted, _ in pairs]))


def say(wanted: str, other: str, random: Random, test: bool) -> str:
    """Return one order as somebody might type it."""
    frame = random.choice(TWO if random.random() < SHARE_OF_TWO else ONE)
    named = {"wanted": coloured(wanted, random, test), "other": coloured(other, random, test)}
    text = random.choice(BEFORE) + frame.format(**named)
    return text.upper() if random.random() < LOUD else text[0].upper() + text[1:]


def coloured(thing: str, random: Random, test: bool) -> str:
    """Return a thing with a colour before it: the one that is kept for the test, or another."""
    return f"{HELD_OUT[thing] if test else random.choice(SEEN[thing])} {thing}"
