"""Words: numbers and back, signs, and what is refused."""

import pytest
import torch

from mmtutor.datasets.telling import (
    END,
    LONGEST,
    NOUNS,
    PADDING,
    START,
    WORDS,
    decode,
    encode,
    right_captions,
)


def test_captions_come_back_as_they_were_and_the_longest_fills_its_row(told):
    captions = [caption for facts in told.facts for caption in right_captions(facts)]
    ids = encode(captions)
    assert decode(ids) == captions
    assert ids.shape == (len(captions), LONGEST)
    assert (ids != PADDING).sum(dim=1).max() == LONGEST
    assert {WORDS[i - 2] for i in ids.unique().tolist() if i != PADDING} == set(WORDS)


def test_a_caption_stands_between_its_signs():
    (row,) = encode(["a red star"]).tolist()
    assert row[0] == START and row[4] == END and set(row[5:]) == {PADDING}
    assert NOUNS[row[3]] == "star" and row[2] not in NOUNS


def test_what_follows_the_full_stop_is_cut():
    assert decode(encode(["a red star . two"])) == ["a red star"]
    assert decode(encode([""])) == [""]


def test_what_never_ends_is_cut_so_that_it_can_be_encoded():
    endless = torch.full((1, LONGEST), encode(["and"])[0, 1])
    (caption,) = decode(endless)
    assert caption == " ".join(["and"] * (LONGEST - 2)) and len(encode([caption])) == 1


def test_the_plural_names_the_same_kind():
    (row,) = encode(["two red stars"]).tolist()
    assert NOUNS[row[3]] == "star"


@pytest.mark.parametrize(
    ("caption", "sentence"), [("a pink star", "'pink'"), ("and " * 21, "at most 20 words, not 21")]
)
def test_strange_words_and_long_captions_are_refused(caption, sentence):
    with pytest.raises(ValueError, match=sentence):
        encode([caption])
