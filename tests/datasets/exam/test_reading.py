"""Words to read: options without a middle, and the common way of choosing them, which has one."""

import pytest
import torch

from mmtutor.datasets.exam import by_dimension, middle_option, naive_words
from mmtutor.datasets.exam.reading import WORDS, grids, shared
from mmtutor.datasets.exam.showing import word
from mmtutor.datasets.scenes import COLOURS


def test_words_have_three_letters_and_come_once():
    assert {len(one) for one in WORDS} == {3} and len(set(WORDS)) == len(WORDS)


def test_every_word_of_a_grid_is_as_near_to_the_others_as_any():
    assert len(grids()) > 100
    for four in grids():
        assert {sum(shared(a, b) for b in four if b != a) for a in four} == {5}


def test_the_middle_option_cracks_naive_words_and_not_the_examination(exam):
    naive = naive_words(300, seed=2)
    cracked = sum(middle_option(item.options) == item.answer for item in naive) / 300
    assert cracked > 0.6
    reading = by_dimension(exam)["reading"]
    assert sum(middle_option(item.options) == item.answer for item in reading) == len(reading) / 4


def test_a_word_is_written_in_its_colour_where_it_should_be():
    picture = word("cat", "blue", 2, 40)
    inked = (picture.float().amin(dim=0) < 140).nonzero()
    assert inked.amin(dim=0).tolist() >= [40, 2] and inked.amax(dim=0).tolist() <= [59, 61]
    darkest = picture.flatten(1).float().sort(dim=1).values[:, :5].mean(dim=1) / 255
    assert torch.allclose(darkest, torch.tensor(COLOURS["blue"]), atol=0.12)


@pytest.mark.parametrize(("left", "top"), [(-1, 0), (5, 0), (0, 45)])
def test_a_word_lies_on_the_canvas(left, top):
    with pytest.raises(ValueError, match="does not lie on the canvas"):
        word("cat", "red", left, top)
