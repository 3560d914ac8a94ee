"""Edits are nltk's; rates count all words alike."""

import pytest
from nltk.metrics.distance import edit_distance

from mmtutor.metrics import transcripts


@pytest.mark.parametrize(
    ("said", "wanted"),
    [("", ""), ("", "one"), ("one", ""), ("oen", "one"), ("three", "there"), ("kitten", "sitting")],
)
def test_edits_are_nltks(said: str, wanted: str) -> None:
    assert transcripts.edits(said, wanted) == edit_distance(said, wanted)


def test_error_rates_count_all_words_alike() -> None:
    said, wanted = ["one two", "two", ""], ["one two", "two three four", "five"]
    assert transcripts.word_errors(said, wanted) == 3 / 6
    assert transcripts.error_rate(["ab"], ["abcd"]) == 0.5
    assert transcripts.word_errors(["one one one"], ["two"]) == 3.0
    found = transcripts.heard(said, wanted)
    assert found["right"] == 1 / 3 and found["word error"] == 0.5
