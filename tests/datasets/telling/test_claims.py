"""Claims: what is read in a caption, and what makes no sense."""

import pytest

from mmtutor.datasets.telling import Item, claims

STAR, SUNS = Item(1, "red", "star"), Item(2, "blue", "sun")
HEART = Item(1, "orange", "heart")


def test_a_list_names_its_items():
    found = claims("a red star and two blue suns and an orange heart")
    assert found.items == [STAR, SUNS, HEART]
    assert not (found.places or found.relations or found.unread)


def test_a_place_belongs_to_the_item_before_it():
    found = claims("a red star at the top and two blue suns in the middle")
    assert found.places == [(0, "top"), (1, "middle")] and not found.unread


def test_a_relation_is_said_of_the_first_item():
    found = claims("a red star left of two blue suns and above an orange heart")
    assert found.items == [STAR, SUNS, HEART]
    assert found.relations == [(0, "left of", 1), (0, "above", 2)] and not found.unread


def test_with_says_where_the_others_are_seen_from_the_first():
    found = claims("a red star with two blue suns to the left and an orange heart above")
    assert found.relations == [(1, "left of", 0), (2, "above", 0)] and not found.unread


def test_forms_may_be_mixed():
    found = claims("an orange heart at the top and a red star above two blue suns at the bottom")
    assert found.places == [(0, "top"), (2, "bottom")]
    assert found.relations == [(1, "above", 2)] and not found.unread


def test_a_colour_may_be_missing():
    assert claims("a star and two suns").items == [Item(1, None, "star"), Item(2, None, "sun")]


def test_case_does_not_matter():
    assert claims("A red Star").items == [STAR]


@pytest.mark.parametrize(
    ("caption", "unread"),
    [
        ("", []),
        ("two red star", ["two", "red", "star"]),
        ("a red stars", ["a", "red", "stars"]),
        ("red star", ["red", "star"]),
        ("a red red star", ["a", "red", "red", "star"]),
        ("a red star and", ["and"]),
        ("and a red star", ["and"]),
        ("a red star and and two blue suns", ["and"]),
        ("a red star two blue suns", ["two", "blue", "suns"]),
        ("a red star above", ["above"]),
        ("a red star with above", ["above"]),
        ("above a red star", ["above", "a", "red", "star"]),
        ("at the top", ["at", "the", "top"]),
        ("a red star at top", ["at", "top"]),
        ("a red star with two blue suns above above", ["above"]),
    ],
)
def test_words_that_make_no_sense_are_kept_apart(caption, unread):
    assert claims(caption).unread == unread
