"""Glued words: which recordings are taken, and what comes of them."""

import pytest
import torch

from mmtutor.datasets.phrases import Phrases, load_phrases
from mmtutor.pipelines import gluing
from mmtutor.pipelines.mel_frames import frame_counts


@pytest.fixture(scope="module")
def phrases() -> Phrases:
    return load_phrases("new", "vowels").only(torch.arange(0, 300, 25))


def test_glued_words_are_those_that_are_wanted(phrases: Phrases) -> None:
    found = gluing.recordings(phrases)
    assert sum(map(len, found.values())) == (phrases.digits >= 0).sum()
    mels, counts = gluing.glued(phrases, phrases.only(torch.arange(3)), seed=1)
    assert mels.shape == (3, counts.max(), 40)
    same, _ = gluing.glued(phrases, phrases.only(torch.arange(3)), seed=1)
    assert torch.equal(mels, same)


def test_alike_words_had_the_same_neighbours_where_there_are_such() -> None:
    around = ((1, 2), (3, 2), (3, 4))
    here, there, other = (gluing.Recorded(torch.zeros(1), *two) for two in around)
    some = [here, there, other]
    assert gluing.alike_ones(some, 1, 2) == [here]
    assert gluing.alike_ones(some, 5, 2) == [here, there]
    assert gluing.alike_ones(some, 5, 6) == some


def test_a_digit_in_context_has_its_neighbours_and_none_at_the_ends() -> None:
    assert gluing.in_context([7, 2, 3, -1, -1]) == [(7, -1, 2), (2, 7, 3), (3, 2, -1)]


def test_glued_alike_is_the_recording_itself_where_it_is_the_only_one(phrases: Phrases) -> None:
    one = phrases.only(torch.tensor([0]))
    _, counts = gluing.glued(one, one, alike=True)
    real = frame_counts(one.lengths)
    assert abs(int(counts[0]) - int(real[0])) <= 2
