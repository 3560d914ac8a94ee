"""Truth: what is right is all true, and every single damage is found as what it is."""

from dataclasses import asdict
from random import Random

import pytest

from mmtutor.datasets.scenes import COLOURS, KINDS
from mmtutor.datasets.telling import (
    FORMS,
    PLACES,
    Group,
    related,
    right_captions,
    swap_directions,
    truth,
)
from mmtutor.datasets.telling.grammar import AROUND, named

FAULTS = ("absent", "wrong_colour", "wrong_number", "wrong_place", "wrong_relation", "left_out")


def faults(caption, facts):
    """What the judge finds, by name, without zeros."""
    counts = asdict(truth(caption, facts))
    return {name: counts[name] for name in (*FAULTS, "unread") if counts[name]}


def another(word, words, random):
    return random.choice([other for other in words if other != word])


def damaged(facts, old, new, form, random):
    """A right caption of a form with other words for one group."""
    return random.choice(FORMS[form](facts)).replace(named(old), named(new))


@pytest.fixture(scope="module")
def cases(told):
    """Scenes, each with a group to damage and each form that it has captions of."""
    random = Random(0)
    return [
        (facts, random.choice(facts), form, random)
        for facts in told.facts[:200]
        for form in FORMS
        if FORMS[form](facts)
    ]


def test_right_captions_are_all_true(told):
    for facts in told.facts:
        for caption in right_captions(facts):
            assert faults(caption, facts) == {}
            assert truth(caption, facts).said == len(facts)


def test_a_wrong_colour_is_found(cases):
    for facts, group, form, random in cases:
        changed = group._replace(colour=another(group.colour, COLOURS, random))
        caption = damaged(facts, group, changed, form, random)
        assert faults(caption, facts) == {"wrong_colour": 1}


def test_a_wrong_number_is_found(cases):
    for facts, group, form, random in cases:
        changed = group._replace(number=3 - group.number)
        caption = damaged(facts, group, changed, form, random)
        assert faults(caption, facts) == {"wrong_number": 1}


def test_something_absent_instead_is_found_and_what_it_stands_for_is_left_out(cases):
    for facts, group, form, random in cases:
        there = {g.kind for g in facts}
        changed = group._replace(kind=random.choice([k for k in KINDS if k not in there]))
        caption = damaged(facts, group, changed, form, random)
        assert faults(caption, facts) == {"absent": 1, "left_out": 1}


def test_something_absent_besides_is_found_alone(cases):
    for facts, group, form, random in cases:
        there = {g.kind for g in facts}
        changed = group._replace(kind=random.choice([k for k in KINDS if k not in there]))
        caption = f"{random.choice(FORMS[form](facts))} and {named(changed)}"
        assert faults(caption, facts) == {"absent": 1}


def test_what_is_left_out_is_found(cases):
    for facts, group, form, random in cases:
        rest = tuple(g for g in facts if g is not group)
        if captions := FORMS[form](rest) if len(rest) > 1 else ():
            assert faults(random.choice(captions), facts) == {"left_out": 1}


def test_a_wrong_place_is_found(told):
    random = Random(1)
    for facts in told.facts:
        for place in {group.place for group in facts}:
            caption = random.choice(FORMS["placed"](facts))
            wrong = caption.replace(PLACES[place], PLACES[another(place, PLACES, random)], 1)
            assert faults(wrong, facts) == {"wrong_place": 1}


@pytest.mark.parametrize("form", ["relation", "with"])
def test_a_wrong_relation_is_found(told, form):
    """For every pair of groups, and every relation that does not hold between them."""
    for facts in told.facts[:150]:
        for one in facts:
            for other in (g for g in facts if g is not one):
                for word in set(AROUND) - set(related(one, other)):
                    caption = (
                        f"{named(one)} {word} {named(other)}"
                        if form == "relation"
                        else f"{named(other)} with {named(one)} {AROUND[word]}"
                    )
                    found = faults(caption, facts)
                    assert found.pop("left_out", 0) == len(facts) - 2
                    assert found == {"wrong_relation": 1}


def test_something_said_twice_is_a_wrong_number(told):
    for facts in told.facts[:150]:
        caption = right_captions(facts)[0]
        assert faults(f"{caption} and {named(facts[0])}", facts) == {"wrong_number": 1}


def test_two_named_one_by_one_are_two():
    twins = Group(2, "red", "star", "top", ((0, 0, 9, 9), (20, 0, 29, 9)))
    assert truth("a red star and a red star", (twins,)).right


def test_of_what_is_absent_nothing_else_is_judged():
    star = Group(1, "red", "star", "top", ((0, 0, 9, 9),))
    assert faults("a red star left of two blue suns at the bottom", (star,)) == {"absent": 1}


def test_a_missing_colour_is_not_a_wrong_one():
    star = Group(1, "red", "star", "top", ((0, 0, 9, 9),))
    assert truth("a star", (star,)).right


def test_who_says_nothing_or_nonsense_says_nothing_true():
    star = Group(1, "red", "star", "top", ((0, 0, 9, 9),))
    assert not truth("", (star,)).all_true
    assert not truth("a red star of", (star,)).all_true
    assert truth("", (star,)).left_out == 1
    assert truth("a red star of", (star,)).unread == 1


def test_who_leaves_something_out_says_nothing_false(told):
    facts = next(f for f in told.facts if len(f) == 3)
    short = truth(named(facts[0]), facts)
    assert short.all_true and not short.right and short.left_out == 2


def test_swapped_directions_are_wrong_where_there_are_any(told):
    for facts in told.facts[:150]:
        for form in ("relation", "with"):
            for caption in FORMS[form](facts):
                found = faults(swap_directions(caption), facts)
                assert found == {"wrong_relation": len(facts) - 1}
                assert swap_directions(swap_directions(caption)) == caption
        for caption in FORMS["list"](facts):
            assert swap_directions(caption) == caption
        for caption in FORMS["placed"](facts):
            wrong = sum(group.place != "middle" for group in facts)
            assert faults(swap_directions(caption), facts) == (
                {"wrong_place": wrong} if wrong else {}
            )
