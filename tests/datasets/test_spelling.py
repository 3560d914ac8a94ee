"""Letters as numbers, there and back."""

import pytest

from mmtutor.datasets.spelling import STOP, decode, encode, to_say, words_of


def test_letters_go_there_and_back() -> None:
    texts = ["two seven", "one", ""]
    numbers = encode(texts)
    assert [decode(row) for row in numbers.tolist()] == texts
    assert numbers.shape == (3, 9) and numbers.max() < STOP
    said = to_say(texts)
    assert (said == STOP).sum(dim=1).tolist() == [1, 1, 1]
    assert said.argmax(dim=1).tolist() == [9, 3, 0]
    with pytest.raises(ValueError, match="'!'"):
        encode(["one!"])


def test_a_space_belongs_to_the_word_behind_it() -> None:
    words = words_of(to_say(["no zo", "no"]))
    assert words.tolist() == [[0, 0, 1, 1, 1, 2], [0, 0, 1, -1, -1, -1]]
