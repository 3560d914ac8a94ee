"""Facts: what a scene's slots say in words, and relations by a clear margin."""

import torch

from mmtutor.datasets.scenes import COLOURS, KINDS, NOTHING, ROWS, SIDE
from mmtutor.datasets.telling import Group, related


def group(*boxes):
    return Group(len(boxes), "red", "star", "top", boxes)


def test_facts_say_what_the_slots_hold(told):
    for scene, facts in enumerate(told.facts):
        slots = zip(
            told.scenes.kinds[scene].tolist(),
            told.scenes.colours[scene].tolist(),
            told.scenes.boxes[scene].tolist(),
            strict=True,
        )
        there = sorted((k, c, tuple(b)) for k, c, b in slots if k != NOTHING)
        said = [
            ([*KINDS].index(g.kind), [*COLOURS].index(g.colour), box)
            for g in facts
            for box in g.boxes
        ]
        assert sorted(said) == there
        assert all(g.number == len(g.boxes) for g in facts)


def test_the_place_is_the_third_of_the_middle(told):
    for facts in told.facts:
        for one in facts:
            for _, top, _, bottom in one.boxes:
                assert ROWS[int((top + bottom) / 2 / (SIDE / 3))] == one.place


def test_groups_come_in_reading_order(told):
    for facts in told.facts:
        order = [(ROWS.index(g.place), g.span(0)[0]) for g in facts]
        assert order == sorted(order)


def test_relations_need_every_member_and_a_margin():
    left, right, low = group((0, 0, 10, 10)), group((20, 0, 30, 10)), group((21, 40, 31, 50))
    assert related(left, right) == ("left of",) and related(right, left) == ("right of",)
    assert related(left, low) == ("left of", "above")
    assert related(low, right) == ("below",)  # one pixel to the right is not clear
    around = group((0, 0, 10, 10), (40, 0, 50, 10))
    assert related(around, right) == () and related(right, around) == ()


def test_relations_have_their_opposites(told):
    opposite = {"left of": "right of", "above": "below"}
    opposite |= {b: a for a, b in opposite.items()}
    for facts in told.facts:
        for one in facts:
            for other in facts:
                turned = tuple(opposite[word] for word in related(other, one))
                assert related(one, other) == turned


def test_each_member_is_where_the_relation_says(told):
    middles = (told.scenes.boxes[..., :2] + told.scenes.boxes[..., 2:]) / 2
    assert torch.isfinite(middles).all()
    for facts in told.facts:
        for one in facts:
            for other in (g for g in facts if "above" in related(one, g)):
                lowest = max(top + bottom for _, top, _, bottom in one.boxes)
                assert lowest < min(top + bottom for _, top, _, bottom in other.boxes)
