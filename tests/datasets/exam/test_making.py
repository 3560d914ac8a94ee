"""The examination: the same everywhere, balanced to the item, proved blind, and possible."""

import hashlib
from collections import Counter
from random import Random

import pytest
import torch

from mmtutor.datasets import lamps
from mmtutor.datasets.asking import parse_among
from mmtutor.datasets.asking.by_hand import Thing, questions_about
from mmtutor.datasets.exam import (
    COUNTS,
    DIMENSIONS,
    Spec,
    as_json,
    best_blind,
    by_dimension,
    chance,
    from_json,
    habits,
    make_exam,
    pairs_right,
)
from mmtutor.datasets.exam.changed import well_placed
from mmtutor.datasets.exam.scenes import NEVER, balanced
from mmtutor.datasets.exam.showing import sung

DIGEST = "c8d5855f5af9ec78"
"""Of the items of perception-1 as JSON. Whoever changes them makes perception-2."""
PERFECTLY_BLIND = set(DIMENSIONS) - {"colour", "changed"}


def things_of(item):
    return tuple(Thing(*thing) for thing in item.shows["things"])


def test_a_version_is_its_items(exam):
    text = as_json("perception-1", exam)
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == DIGEST


def test_items_survive_json(exam):
    assert from_json(as_json("perception-1", exam)) == ("perception-1", exam)
    assert from_json(as_json("none", [])) == ("none", ())


def test_every_dimension_has_the_items_that_it_should(exam):
    assert Counter(item.dimension for item in exam) == COUNTS
    assert len({item.id for item in exam}) == len(exam) >= 1000


def test_every_answer_is_an_option_that_the_parser_can_read(exam):
    for item in exam:
        assert item.answer in item.options
        assert len(set(item.options)) == len(item.options) > 1
    for options in {item.options for item in exam}:
        assert [parse_among(option, options) for option in options] == list(options)


def test_the_text_says_nothing_about_the_answer(exam):
    """Nobody who says the same to the same text is right more often than the number of answers."""
    blind, even = best_blind(exam), chance(exam)
    assert {name: blind[name] for name in PERFECTLY_BLIND} == pytest.approx(
        {name: even[name] for name in PERFECTLY_BLIND}
    )
    assert blind["colour"] == pytest.approx(1 / 5)  # each kind has a colour that it never has
    assert blind["changed"] <= 1 / 2  # of a pair at most one


def test_no_place_among_the_options_is_right_more_often(exam):
    words = by_dimension(exam)["reading"]
    assert set(Counter(item.options.index(item.answer) for item in words).values()) == {40}


def test_whoever_does_not_look_has_no_pair_right(exam):
    usual = habits(exam, key=lambda item: item.question)
    right = {item.id: usual[item.question] == item.answer for item in exam}
    found = pairs_right(right, exam)
    assert len(found) == COUNTS["changed"] / 2 and not any(found)
    assert all(pairs_right(dict.fromkeys(right, True), exam))


def test_a_pair_asks_the_same_of_two_scenes_that_differ_in_one_thing(exam):
    pairs = {}
    for item in by_dimension(exam)["changed"]:
        pairs.setdefault(item.pair, []).append(item)
    assert Counter(pair[0].type for pair in pairs.values()) == dict.fromkeys(
        ("colour", "exists", "count", "comparison", "relation"), 20
    )
    for one, other in pairs.values():
        assert one.question == other.question and one.answer != other.answer
        before, after = set(things_of(one)), set(things_of(other))
        assert 0 < len(before - after) <= 2 and len(after - before) <= 2
        assert well_placed(things_of(other))


def test_answers_about_scenes_are_true(exam):
    for item in exam[::4]:
        if item.medium == "scene" and item.dimension != "new layouts":
            known = {asked.text: asked.answer for asked in questions_about(things_of(item))}
            assert known[item.question] == item.answer


def test_answers_about_new_layouts_are_true_and_the_number_of_things_tells_nothing(exam):
    for item in by_dimension(exam)["new layouts"]:
        kinds = [thing.kind for thing in things_of(item)]
        kind = item.question.split()[2].removesuffix("s")
        assert ("none", "one", "two")[kinds.count(kind)] == item.answer
        assert len(kinds) == 3 and len(set(kinds)) == 2


def test_new_pairs_are_in_no_other_item(exam):
    with_one = {
        item.dimension
        for item in exam
        if item.medium == "scene"
        and {(thing.colour, thing.kind) for thing in things_of(item)} & NEVER
    }
    assert with_one == {"new pairs"}
    for item in by_dimension(exam)["new pairs"]:
        here = {(thing.colour, f"{thing.kind}s") for thing in things_of(item)}
        asked = tuple(item.question.split()[2:4])
        assert (asked in here) == (item.answer == "yes")
        colours, kinds = ({pair[i] for pair in here} for i in (0, 1))
        assert asked[0] in colours and asked[1] in kinds  # else half a look would do


def test_answers_about_films_and_sounds_are_true(exam):
    films = {}
    for item in by_dimension(exam)["time"]:
        some = item.shows["seed"], item.shows["count"]
        films.setdefault(some, lamps.make_lamps(some[1], some[0]))
        number = [question.text for question in lamps.QUESTIONS].index(item.question)
        answer = films[some].answers[item.shows["number"], number]
        assert lamps.QUESTIONS[number].choices[answer] == item.answer
    for item in by_dimension(exam)["sound"]:
        number = item.shows["number"]
        assert sung().words[sung().digits[number]] == item.answer
        assert sung().voices[number] % 5 == 0  # a voice that is kept for testing


def test_what_is_shown_is_made_again(exam):
    shapes = {"scene": (3, 64, 64), "word": (3, 64, 64), "film": (8, 3, 16, 16), "sound": (5120,)}
    for item in exam[::40]:
        assert item.shown().shape == shapes[item.medium]
        assert torch.equal(item.shown(), item.shown())


def test_another_seed_makes_other_items_and_a_part_can_be_made_alone():
    counts = {"colour": 30, "reading": 8}
    some, others = (make_exam(Spec("small", seed, 200, counts)) for seed in (1, 2))
    assert Counter(item.dimension for item in some) == counts
    assert not {str(item.shows) for item in some} & {str(item.shows) for item in others}


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({"colour": 31}, "31 questions cannot have 5 answers equally often"),
        ({"reading": 10}, "10 items do not ask for each of four words"),
        ({"changed": 14}, "14 items do not fill pairs"),
        ({"time": 100}, "100 items do not share out"),
        ({"two steps": 600}, "too few scenes for 600 questions"),
    ],
)
def test_what_cannot_be_balanced_is_refused(counts, message):
    with pytest.raises(ValueError, match=message):
        make_exam(Spec("wrong", 1, 60, counts))


def test_a_pool_without_enough_scenes_is_refused():
    with pytest.raises(ValueError, match="too few scenes"):
        balanced({"a ?": {"no": [], "yes": []}}, 2, Random(0))
