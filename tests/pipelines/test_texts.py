"""Texts become numbers of words and come back; word lists that no text could use are refused."""

import unicodedata

import pytest
import torch

from mmtutor.pipelines import WordPipeline
from tests.pipelines.some import WORDS


def test_words_become_numbers_and_come_back() -> None:
    ids = WORDS.prepare(["The CAT!", "cafe\u0301 the dog", "", "the the the the the cat"])
    assert ids.tolist() == [
        [2, 3, 5, 0, 0],
        [4, 2, 1, 0, 0],
        [0, 0, 0, 0, 0],
        [2, 2, 2, 2, 2],
    ]
    assert WORDS.restore(ids) == ["the cat !", "café the �", "", "the the the the the"]
    assert WORDS.mask(ids).sum(dim=1).tolist() == [3, 3, 0, 5]


def test_padding_on_the_left_ends_with_the_last_word() -> None:
    left = WordPipeline(WORDS.words, length=4, side="left")
    assert left.prepare(["the cat", ""]).tolist() == [[0, 0, 2, 3], [0, 0, 0, 0]]
    assert left.restore(left.prepare(["the cat"])) == ["the cat"]


def test_without_lowering_capitals_are_other_words() -> None:
    kept = WordPipeline(("The", "the"), length=2, lowered=False)
    assert kept.prepare(["The the", "THE the"]).tolist() == [[2, 3], [1, 3]]


@pytest.mark.parametrize(
    ("words", "options", "says"),
    [
        (("the", "the"), {}, "stands twice"),
        (("The",), {}, "'The' is not one word"),
        (("two words",), {}, "is not one word"),
        (("",), {}, "is not one word"),
        (("e\u0301",), {}, "is not one word"),
        (("the",), {"side": "both"}, "on the left or on the right, not 'both'"),
    ],
)
def test_word_lists_that_no_text_could_use_are_refused(
    words: tuple[str, ...], options: dict[str, str], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        WordPipeline(words, 3, **options)


def test_two_ways_to_write_a_letter_are_one_word() -> None:
    two = "cafe\u0301"
    assert unicodedata.normalize("NFC", two) == "café" != two
    assert torch.equal(WORDS.prepare([two]), WORDS.prepare(["café"]))
