"""Made scenes: twins, worlds, what is held out, references, and the same for a seed."""

from collections import Counter
from math import sqrt

import pytest
import torch

from mmtutor.datasets.scenes import COLOURS, KINDS, NOTHING, SIDE, held_out_colour
from mmtutor.datasets.telling import (
    COMPANIONS,
    FORMS,
    REFERENCES,
    TOGETHER,
    TWINS,
    make_told,
    right_captions,
)
from mmtutor.datasets.telling.making import relates_neighbours

SIGMAS = 4.5
COUNT = 400


def near(share, expected, count):
    return abs(share - expected) < SIGMAS * sqrt(expected * (1 - expected) / count)


def test_scenes_have_two_or_three_groups_and_a_third_of_them_twins(told):
    groups = [group for facts in told.facts for group in facts]
    assert near(sum(len(facts) == 3 for facts in told.facts) / len(told), 0.5, len(told))
    assert near(sum(group.number == 2 for group in groups) / len(groups), TWINS, len(groups))
    assert {len(facts) for facts in told.facts} == {2, 3}


def test_kinds_colours_and_places_are_drawn_evenly(told):
    groups = [group for facts in told.facts for group in facts]
    for field, values in (("kind", KINDS), ("colour", COLOURS), ("place", range(3))):
        counts = Counter(getattr(group, field) for group in groups)
        assert len(counts) == len(values)
        for count in counts.values():
            assert near(count / len(groups), 1 / len(values), len(groups))


def test_kinds_are_different_and_twins_alike_and_in_one_row(told):
    for facts in told.facts:
        assert len({group.kind for group in facts}) == len(facts)
    first, second = told.scenes.kinds.chunk(2, dim=1)
    twins = second != NOTHING
    assert (first == second)[twins].all()
    colours = told.scenes.colours.chunk(2, dim=1)
    assert (colours[0] == colours[1])[twins].all()
    rows = ((told.scenes.boxes[..., 1] + told.scenes.boxes[..., 3]) / 2 / (SIDE / 3)).long()
    assert (rows[:, :3] == rows[:, 3:])[twins].all()


def test_objects_stand_in_cells_of_their_own_all_over_the_canvas(told):
    middles = (told.scenes.boxes[..., :2] + told.scenes.boxes[..., 2:]) / 2
    cells = (middles / (SIDE / 3)).long() @ torch.tensor([1, 3])
    there = told.scenes.kinds != NOTHING
    for row, here in zip(cells, there, strict=True):
        assert len(row[here].unique()) == int(here.sum())
    shares = cells[there].bincount(minlength=9) / there.sum()
    assert shares.min() > 0.08
    assert told.scenes.boxes.min() >= 0 and told.scenes.boxes.max() <= SIDE


def test_the_ink_of_every_object_is_where_its_box_is(told):
    for slot in range(6):
        owned = told.scenes.owners == slot
        assert torch.equal(owned.flatten(1).any(1), told.scenes.kinds[:, slot] != NOTHING)
    scene = 5
    left, top, right, bottom = told.scenes.boxes[scene, 0].tolist()
    rows, columns = (told.scenes.owners[scene] == 0).nonzero().unbind(1)
    assert (rows.min(), rows.max() + 1) == (top, bottom)
    assert (columns.min(), columns.max() + 1) == (left, right)


def test_references_are_right_and_of_several_forms(told):
    forms = Counter()
    for facts, references in zip(told.facts, told.references, strict=True):
        assert len(references) == REFERENCES and set(references) <= set(right_captions(facts))
        forms.update(n for n, form in FORMS.items() for c in references if c in form(facts))
    total = sum(forms.values())
    assert all(0.15 < forms[name] / total < 0.35 for name in FORMS)


def test_references_are_different_where_there_are_enough():
    told = make_told(500, relations="all", seed=4)
    for facts, references in zip(told.facts, told.references, strict=True):
        assert len(set(references)) == min(REFERENCES, len(right_captions(facts)))


def test_no_reference_relates_neighbours_unless_it_shall(told):
    assert not any(relates_neighbours(c) for refs in told.references for c in refs)
    held = make_told(300, relations="held_out", seed=2)
    for facts, references in zip(held.facts, held.references, strict=True):
        possible = any(relates_neighbours(c) for c in right_captions(facts))
        assert all(relates_neighbours(c) for c in references) == possible
        numbers = [[*KINDS].index(group.kind) // 2 for group in facts]
        assert len(set(numbers)) < len(numbers)


def test_held_out_colours():
    def is_held_out(group):
        kind = torch.tensor([*KINDS].index(group.kind))
        return [*COLOURS].index(group.colour) == int(held_out_colour(kind))

    seen, held = make_told(500, seed=3), make_told(500, pairs="held_out", seed=3)
    assert not any(is_held_out(group) for facts in seen.facts for group in facts)
    assert {sum(map(is_held_out, facts)) for facts in held.facts} == {1}
    every = make_told(500, pairs="all", seed=3)
    assert {sum(map(is_held_out, facts)) for facts in every.facts} > {0, 1}


@pytest.mark.parametrize("kinds", [6, 12])
def test_companions_go_together_in_training_and_never_when_parted(kinds):
    pair = {[*KINDS][number] for number in COMPANIONS}

    def companions(world):
        made = make_told(COUNT, kinds=kinds, world=world, seed=7)
        return Counter(frozenset(pair & {g.kind for g in facts}) for facts in made.facts)

    found = companions("companions")
    either = sum(count for which, count in found.items() if which)
    assert near(found[frozenset(pair)] / either, TOGETHER, either)
    assert found[frozenset()] > 0
    parted = companions("parted")
    assert set(parted) == {frozenset({name}) for name in pair}
    assert all(near(count / COUNT, 0.5, COUNT) for count in parted.values())


def test_the_same_seed_gives_the_same_scenes_and_captions():
    one, same, other = (make_told(50, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one.scenes.pictures, same.scenes.pictures)
    assert one.references == same.references and one.facts == same.facts
    assert one.references != other.references
    assert len(one) == 50 and one.right(0) == right_captions(one.facts[0])
    assert repr(one) == "50 scenes with 5 captions each"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"kinds": 7}, "kinds must be an even number from 6 to 12, not 7"),
        ({"kinds": 4}, "kinds must be"),
        ({"world": "flat"}, "plain, companions, parted, not 'flat'"),
        ({"pairs": "some"}, "seen, held_out or all, not 'some'"),
        ({"relations": "none"}, "not 'none'"),
        ({"world": "parted", "relations": "held_out"}, "only"),
    ],
)
def test_strange_arguments_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        make_told(2, **arguments)
