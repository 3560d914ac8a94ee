"""Telling: scenes with several right captions each, and a judge of what any caption claims.

A scene holds two or three groups, each one object or two alike ("two red stars"). Captions come in
three forms, "a red star and a blue sun", "a red star left of a blue sun", "a red star with a blue
sun to the right", and in several lengths. All right captions of a scene are known, and every claim
of any caption can be judged: what is named, its colour, number and place, relations, what is left
out. `data/telling.md` is the data card.
"""

from mmtutor.datasets.telling.claims import Claims, Item, claims
from mmtutor.datasets.telling.facts import Facts, Group, related
from mmtutor.datasets.telling.grammar import FORMS, right_captions
from mmtutor.datasets.telling.groups import COMPANIONS, TOGETHER, TWINS, neighbours
from mmtutor.datasets.telling.making import REFERENCES, Told, make_told
from mmtutor.datasets.telling.swapped import swap_directions
from mmtutor.datasets.telling.truth import Truth, truth
from mmtutor.datasets.telling.words import (
    END,
    LONGEST,
    NOUNS,
    PIPELINE,
    PLACES,
    RELATIONS,
    START,
    WORDS,
    decode,
    encode,
)
from mmtutor.pipelines import PADDING

__all__ = [
    "COMPANIONS",
    "END",
    "FORMS",
    "LONGEST",
    "NOUNS",
    "PADDING",
    "PIPELINE",
    "PLACES",
    "REFERENCES",
    "RELATIONS",
    "START",
    "TOGETHER",
    "TWINS",
    "WORDS",
    "Claims",
    "Facts",
    "Group",
    "Item",
    "Told",
    "Truth",
    "claims",
    "decode",
    "encode",
    "make_told",
    "neighbours",
    "related",
    "right_captions",
    "swap_directions",
    "truth",
]
