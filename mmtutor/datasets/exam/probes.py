"""Probes for things that are not there, as POPE asks: random, popular and adversarial ones.

Of each scene two questions: whether there is a pair of colour and kind that it has (yes), and one
that it has not (no). Which one it has not is what the three ways differ in. Source: Li et al. 2023,
"Evaluating Object Hallucination in Large Vision-Language Models", arXiv:2305.10355, section 5.
"""

from collections import Counter
from collections.abc import Sequence
from random import Random

from mmtutor.datasets.asking import Question
from mmtutor.datasets.asking.by_hand import allowed_colours, things_of
from mmtutor.datasets.asking.questions import exists
from mmtutor.datasets.exam.items import Item
from mmtutor.datasets.exam.scenes import EXAM_KINDS, Things, item_of
from mmtutor.datasets.telling import Told

PROBES = ("random", "popular", "adversarial")
Pair = tuple[str, str]
"""A colour and a kind."""
ALL = [(colour, kind) for kind in EXAM_KINDS for colour in allowed_colours(kind)]


def popular_pairs(told: Told) -> list[Pair]:
    """Return all pairs, those that most scenes have first; drawn evenly, they hardly differ."""
    counts = Counter((group.colour, group.kind) for facts in told.facts for group in facts)
    return sorted(ALL, key=lambda pair: (-counts[pair], pair))


def absent_pair(things: Things, way: str, popular: Sequence[Pair], random: Random) -> Pair | None:
    """Return a pair that a scene has not.

    Any ("random"); of those the most popular ("popular"); or one whose kind is there in another
    colour and whose colour is there on another kind ("adversarial"; None where there is no such).
    Raises ValueError for another way.
    """
    if way not in PROBES:
        raise ValueError(f"a way to probe is one of {', '.join(PROBES)}, not {way!r}")
    there = {(thing.colour, thing.kind) for thing in things}
    colours, kinds = ({pair[i] for pair in there} for i in (0, 1))
    absent = [pair for pair in popular if pair not in there]
    if way == "popular":
        return absent[0]
    if way == "adversarial":
        absent = [(c, k) for c, k in absent if c in colours and k in kinds]
    return random.choice(absent) if absent else None


def make_probes(told: Told, way: str, popular: Sequence[Pair], seed: int = 0) -> list[Item]:
    """Return two items for each scene, one for yes and one for no.

    A scene that has no adversarial pair is left out.
    """
    random, items = Random(f"{way} {seed}"), []
    for scene in range(len(told)):
        things = things_of(told.scenes, scene)
        absent = absent_pair(things, way, popular, random)
        if absent:
            one = random.choice(things)
            for pair, answer in (((one.colour, one.kind), "yes"), (absent, "no")):
                question = Question("exists", exists(*pair), answer, ())
                items.append(item_of((things, question), f"probe, {way}", len(items)))
    return items
