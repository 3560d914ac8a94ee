"""What is asked is true of the picture, and follows from the scene in words."""

from collections import Counter

import pytest

from mmtutor.datasets.asking import CHOICES, TYPES, in_words, questions_of
from mmtutor.datasets.scenes import COLOURS, KINDS, ROWS
from mmtutor.datasets.telling import Group, related

NAMES = tuple(KINDS)[:6]
COLUMNS = ("left", "centre", "right")
BEYOND = {"left of": (3, -1), "right of": (3, 1), "above": (2, -1), "below": (2, 1)}
"""For each relation which word of a thing says where it is, and in which direction."""


def read(text):
    """Return number, colour, row and column (None for two) of each kind, from a scene in words."""
    found = {}
    for part in text.removesuffix(" .").split(" . "):
        _, noun, _, number, colour, row, *column = part.split()
        number = {"one": 1, "two": 2}[number]
        kind = noun if number == 1 else noun[:-1]
        found[kind] = (
            number,
            colour,
            ROWS.index(row),
            COLUMNS.index(column[0]) if column else None,
        )
    return found


def kind_of(word):
    return word if word in KINDS else word[:-1]


def beyond(one, other, relation):
    """Say whether one thing stands so to another; None where the words do not say it."""
    axis, sign = BEYOND[relation]
    if one[axis] is None or other[axis] is None:
        return None
    return sign * (one[axis] - other[axis]) > 0


def answered(question, things):
    """Answer a question from the words alone."""
    words = question.text.split()
    kinds = [kind_of(word) for word in words if kind_of(word) in KINDS]
    there = things.get(kinds[0])
    relation = next((name for name in BEYOND if f" {name} " in question.text), None)
    if question.type == "two-step":
        rest = {kind: thing for kind, thing in things.items() if kind != kinds[0]}
        found = [thing for thing in rest.values() if beyond(thing, there, relation)]
        assert None not in [beyond(thing, there, relation) for thing in rest.values()]
        assert len(found) == 1
        return found[0][1]
    if question.type == "relation":
        return "yes" if beyond(there, things[kinds[1]], relation) else "no"
    return {
        "colour": lambda: there[1],
        "row": lambda: ROWS[there[2]],
        "column": lambda: COLUMNS[there[3]],
        "count": lambda: ("none", "one", "two")[there[0] if there else 0],
        "exists": lambda: "yes" if there and there[1] == words[2] else "no",
        "comparison": lambda: "yes" if there[0] > things[kinds[1]][0] else "no",
    }[question.type]()


def test_every_answer_follows_from_the_words(asked):
    types = Counter()
    for facts in asked.told.facts[:400]:
        things = read(in_words(facts))
        for question in questions_of(facts, NAMES):
            assert answered(question, things) == question.answer, question
            types[question.type] += 1
    assert set(types) == set(TYPES)


def test_every_answer_is_a_choice_of_its_type_and_every_choice_is_an_answer(asked):
    for kind in TYPES:
        assert {asked.answers[i] for i in asked.of(kind)} == set(CHOICES[kind])


def test_a_relation_holds_pixel_by_pixel_or_its_opposite_does(asked):
    """A relation in words (rows, columns) is never said where the boxes do not show it."""
    opposite = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}
    for scene, question in zip(asked.scene.tolist(), asked.questions, strict=True):
        if question.type == "relation":
            groups = {group.kind: group for group in asked.told.facts[scene]}
            words = [kind_of(word) for word in question.text.split()]
            one, other = (groups[word] for word in words if word in KINDS)
            relation = next(name for name in BEYOND if f" {name} " in question.text)
            holds = related(one, other)
            right, wrong = (relation, opposite[relation])
            assert (right in holds, wrong in holds) == (
                (True, False) if question.answer == "yes" else (False, True)
            )


def test_an_answer_rests_on_the_boxes_of_what_is_named(asked):
    for scene, question in zip(asked.scene.tolist(), asked.questions, strict=True):
        groups = {group.kind: group for group in asked.told.facts[scene]}
        named = {kind_of(word) for word in question.text.split()} & set(groups)
        boxes = {box for kind in named for box in groups[kind].boxes}
        if question.type == "two-step":
            assert boxes < set(question.boxes)
            rest = set(question.boxes) - boxes
            owner = next(group for group in groups.values() if rest == set(group.boxes))
            assert owner.colour == question.answer
        elif question.answer == "none" or (question.type, question.answer) == ("exists", "no"):
            assert question.boxes == ()
        else:
            assert set(question.boxes) == boxes


def test_two_of_each_are_the_trap_of_a_comparison(asked):
    for scene, question in zip(asked.scene.tolist(), asked.questions, strict=True):
        if question.type == "comparison":
            numbers = {group.kind: group.number for group in asked.told.facts[scene]}
            words = [word.removesuffix("s") for word in question.text.split()]
            two = [numbers[word] for word in words if word in numbers] == [2, 2]
            assert question.trap == two


def test_a_trap_has_both_words_true_of_different_things(asked):
    for scene, question in zip(asked.scene.tolist(), asked.questions, strict=True):
        if question.type == "exists":
            facts = asked.told.facts[scene]
            colour, kind = question.text.split()[2:4]
            both = kind[:-1] in {group.kind for group in facts} and colour in {
                group.colour for group in facts
            }
            assert question.trap == (both and question.answer == "no")


@pytest.mark.parametrize("relation", ["left of", "right of"])
def test_what_stands_askew_in_a_column_is_not_asked(relation):
    star = Group(1, "red", "star", "top", ((2, 2, 12, 12),))
    heart = Group(1, "blue", "heart", "middle", ((7, 24, 17, 34),))  # five pixels further right
    flower = Group(1, "black", "flower", "bottom", ((8, 44, 18, 54),))
    texts = {question.text for question in questions_of((star, heart, flower), NAMES)}
    assert "is the star above the heart ?" in texts
    assert "what colour is the thing above the heart ?" in texts
    assert f"is the star {relation} the heart ?" not in texts
    assert f"what colour is the thing {relation} the heart ?" not in texts


def test_one_group_alone_is_asked_about_too():
    suns = Group(2, "red", "star", "top", ((2, 2, 12, 12), (30, 2, 40, 12)))
    types = Counter(question.type for question in questions_of((suns,), NAMES))
    # five kinds that are missing; six colours of what is there, and red things of five other kinds
    exists = len(COLOURS) + len(NAMES) - 1
    assert types == {"colour": 1, "row": 1, "count": len(NAMES), "exists": exists}
