"""The words of lesson 01."""

import pytest
import torch

from mmtutor.datasets.words import (
    backwards,
    decode,
    encode,
    mirror,
    random_words,
)


def test_no_word_comes_twice_and_lengths_are_even():
    words = random_words(4000)
    assert len(words.unique(dim=0)) == 4000
    lengths = (words > 0).sum(1)
    assert lengths.min() == 3 and lengths.max() == 12
    assert lengths.bincount(minlength=13)[3:].min() > 300


def test_padding_stands_on_the_right():
    words = random_words(100)
    assert bool(((words > 0).int().diff(dim=1) <= 0).all())


def test_the_same_seed_gives_the_same_words():
    assert torch.equal(random_words(50, seed=3), random_words(50, seed=3))
    assert not torch.equal(random_words(50, seed=3), random_words(50, seed=4))


def test_backwards():
    words = encode(["cat", "umbrella"])
    assert decode(backwards(words)) == ["tac", "allerbmu"]
    assert mirror(words)[0, :3].tolist() == [2, 1, 0]
    assert decode(words) == ["cat", "umbrella"]


@pytest.mark.parametrize("text", ["", "Cat", "naïve", "abcdefghijklm"])
def test_other_words_are_refused_in_a_sentence(text):
    with pytest.raises(ValueError, match="1 to 12 letters from a to z"):
        encode([text])


def test_too_few_words():
    with pytest.raises(ValueError, match="too few different words"):
        random_words(1000, shortest=1, longest=1)
