"""The ceiling: a program finds every thing and reads every word, from pixels alone."""

import pytest
import torch

from mmtutor.datasets.asking.by_hand import Thing, draw_things
from mmtutor.datasets.exam import by_dimension
from mmtutor.datasets.exam.program import answer_about, things_in, word_fits

THINGS = (
    Thing("star", "red", 3, 5, 4),
    Thing("star", "red", 40, 6, 2),
    Thing("umbrella", "black", 20, 40, 6),
)


def test_things_are_found_with_their_places_and_sizes():
    empty = torch.full((3, 64, 64), 250, dtype=torch.uint8)
    found = things_in(torch.stack([draw_things(THINGS), empty]))
    assert [set(some) for some in found] == [set(THINGS), set()]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("what colour is the umbrella ?", "black"),
        ("how many stars are there ?", "two"),
        ("how many hearts are there ?", "none"),
        ("are there green hearts ?", "no"),
        ("are there red stars ?", "yes"),
        ("why ?", ""),
    ],
)
def test_questions_are_answered_from_things(question, answer):
    assert answer_about(THINGS, question) == answer


def test_three_of_a_kind_are_more_than_it_can_say():
    third = Thing("star", "red", 3, 40, 0)
    assert answer_about((*THINGS, third), "how many stars are there ?") == ""


def test_the_program_has_scenes_right(exam):
    some = [item for item in exam if item.medium == "scene"][::20]
    found = things_in(torch.stack([item.shown() for item in some]))
    pairs = zip(found, some, strict=True)
    assert all(answer_about(things, item.question) == item.answer for things, item in pairs)


def test_the_program_has_words_right(exam):
    for item in by_dimension(exam)["reading"][::8]:
        fits = word_fits(item.shown(), item.options)
        assert item.options[fits.argmax()] == item.answer
        assert fits.max() <= 1 + 1e-5
