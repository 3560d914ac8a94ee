"""Probes: half yes, half no, and absent in the three ways of POPE."""

from random import Random

import pytest

from mmtutor.datasets.asking.by_hand import Thing
from mmtutor.datasets.exam import PROBES, make_probes, popular_pairs, text_of
from mmtutor.datasets.exam.blind import share_by_heart
from mmtutor.datasets.exam.probes import absent_pair
from mmtutor.datasets.exam.scenes import NEVER
from mmtutor.datasets.telling import make_told

TOLD = make_told(80, kinds=6, seed=31)
POPULAR = popular_pairs(make_told(300, kinds=6, seed=32))


def there_and_asked(item):
    there = {(thing[1], thing[0]) for thing in item.shows["things"]}
    colour, kinds = item.question.split()[2:4]
    return there, (colour, kinds.removesuffix("s"))


@pytest.mark.parametrize("way", PROBES)
def test_half_of_the_probes_are_there(way):
    items = make_probes(TOLD, way, POPULAR)
    assert sum(item.answer == "yes" for item in items) == len(items) / 2 > 20
    for item in items:
        there, asked = there_and_asked(item)
        assert (asked in there) == (item.answer == "yes")
        assert asked not in NEVER
        if way == "adversarial" and item.answer == "no":
            assert {colour for colour, _ in there} >= {asked[0]}
            assert {kind for _, kind in there} >= {asked[1]}


def test_popular_probes_ask_for_few_things_so_the_text_gives_them_away():
    blind = {way: share_by_heart(make_probes(TOLD, way, POPULAR), text_of) for way in PROBES}
    assert blind["popular"] > 0.9 > blind["random"]


def test_popular_pairs_come_first():
    assert len(POPULAR) == 30 and not set(POPULAR) & NEVER
    things = [Thing(kind, colour, 0, 0) for colour, kind in POPULAR[:2]]
    assert absent_pair(tuple(things), "popular", POPULAR, Random(0)) == POPULAR[2]


def test_a_scene_of_one_thing_has_no_adversarial_pair():
    things = (Thing("star", "red", 0, 0),)
    assert absent_pair(things, "adversarial", POPULAR, Random(0)) is None
    with pytest.raises(ValueError, match="a way to probe"):
        absent_pair(things, "rare", POPULAR, Random(0))
