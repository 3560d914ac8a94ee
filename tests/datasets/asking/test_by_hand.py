"""Scenes made by hand: drawn as others are, and only what is clear is true of them."""

import pytest
import torch

from mmtutor.datasets.asking import questions_of
from mmtutor.datasets.asking.by_hand import (
    Thing,
    draw_things,
    facts_of_things,
    questions_about,
    things_of,
)
from mmtutor.datasets.scenes import KINDS
from mmtutor.datasets.telling import make_told

TOLD = make_told(60, kinds=6, seed=3)


def test_scenes_of_the_course_are_drawn_as_they_are():
    for scene in range(20):
        drawn = draw_things(things_of(TOLD.scenes, scene)).int()
        away = (drawn - TOLD.scenes.pictures[scene].int()).abs()
        assert away.max() < 80 and away.float().mean() < 9  # the paper's grain alone differs


def test_a_scene_without_things_is_paper():
    assert draw_things([]).float().mean() > 240


def test_scenes_of_the_course_have_the_same_facts_and_questions():
    for scene in range(len(TOLD)):
        things = things_of(TOLD.scenes, scene)
        assert facts_of_things(things) == TOLD.facts[scene]
        assert questions_about(things) == questions_of(TOLD.facts[scene], tuple(KINDS)[:6])


def test_a_moved_thing_changes_its_own_pixels_alone():
    star, heart = Thing("star", "red", 2, 2), Thing("heart", "blue", 40, 40)
    one, two = (draw_things([star, heart._replace(left=left)]) for left in (40, 41))
    changed = (one != two).any(dim=0).nonzero()
    assert changed.amin() >= 40 and len(changed)


@pytest.mark.parametrize(
    "other",
    [
        Thing("star", "blue", 40, 2),  # another colour
        Thing("star", "red", 40, 45),  # another row
    ],
)
def test_two_that_are_no_group_have_no_clear_facts(other):
    star = Thing("star", "red", 2, 2)
    assert facts_of_things([star, star._replace(left=40)])[0].number == 2
    assert facts_of_things([star, other]) is None and questions_about([star, other]) == []


def test_three_of_a_kind_have_no_clear_facts():
    stars = [Thing("star", "red", left, 2) for left in (2, 22, 42)]
    assert facts_of_things(stars) is None


@pytest.mark.parametrize("place", [(-1, 5), (5, -1), (60, 5), (5, 60)])
def test_a_thing_off_the_canvas_is_refused(place):
    with pytest.raises(ValueError, match="the star does not lie on the canvas"):
        draw_things([Thing("star", "red", *place)])


def test_things_may_lie_over_each_other():
    star = Thing("star", "red", 20, 20)
    assert torch.is_tensor(draw_things([star] * 6))
