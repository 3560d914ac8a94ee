"""BLEU, METEOR and CIDEr: by hand, and equal to sacrebleu and nltk."""

import math
from itertools import permutations
from random import Random

import pytest

from mmtutor.datasets.telling import make_told
from mmtutor.metrics.captions import (
    bleu,
    cider,
    clipped,
    closest_length,
    fewest_chunks,
    meteor,
    ngrams,
    sentence_bleu,
)


@pytest.fixture(scope="module")
def corpus():
    """Candidates of which half are references of another scene, and their references."""
    told, random = make_told(50, seed=1), Random(0)
    own = [(scene + (random.random() < 0.5)) % 50 for scene in range(50)]
    candidates = [random.choice(told.references[scene]).split() for scene in own]
    return candidates, [[text.split() for text in five] for five in told.references]


# ---------------------------------------------------------------------------- BLEU


def test_runs_are_counted_at_most_as_often_as_a_reference_has_them():
    candidate, references = ["the", "the", "the", "cat"], [["the", "cat"], ["the", "the", "dog"]]
    assert clipped(candidate, references, 1) == (3, 4)
    assert clipped(candidate, references, 2) == (2, 3)
    assert clipped(candidate, references, 5) == (0, 0)
    assert ngrams(candidate, 2) == {("the", "the"): 2, ("the", "cat"): 1}


def test_the_nearest_length_counts_and_of_two_the_shorter():
    assert closest_length([""] * 5, [[""] * 7, [""] * 3, [""] * 9]) == 3
    assert closest_length([""] * 8, [[""] * 7, [""] * 9]) == 7


def test_bleu_by_hand():
    candidate, reference = (
        ["a", "red", "star", "and", "a", "sun"],
        ["a", "red", "star", "and", "a", "heart"],
    )
    precisions = [5 / 6, 4 / 5, 3 / 4, 2 / 3]
    assert sentence_bleu(candidate, [reference]) == pytest.approx(math.prod(precisions) ** 0.25)
    short = ["a", "red", "star", "and"]
    assert sentence_bleu(short, [reference]) == pytest.approx(math.exp(1 - 6 / 4))
    assert sentence_bleu(["a"], [["a"]], up_to=1) == 1.0
    assert sentence_bleu(["b"], [["a"]]) == 0.0 and sentence_bleu([], [["a"]]) == 0.0


def test_bleu_is_sacrebleus(corpus):
    sacrebleu = pytest.importorskip("sacrebleu")
    candidates, references = corpus
    texts = [" ".join(words) for words in candidates]
    streams = [[" ".join(five[i]) for five in references] for i in range(5)]
    theirs = sacrebleu.corpus_bleu(texts, streams, tokenize="none", force=True)
    assert bleu(candidates, references) == pytest.approx(theirs.score / 100, abs=1e-9)


def test_the_corpus_is_no_mean_of_sentences(corpus):
    candidates, references = corpus
    alone = [sentence_bleu(*pair) for pair in zip(candidates, references, strict=True)]
    assert abs(bleu(candidates, references) - sum(alone) / len(alone)) > 0.02


# ---------------------------------------------------------------------------- METEOR


def test_chunks_are_the_fewest():
    assert fewest_chunks(["a", "b", "c"], ["a", "b", "c"]) == (3, 1)
    assert fewest_chunks(["c", "a", "b"], ["a", "b", "c"]) == (3, 2)
    assert fewest_chunks(["a", "x", "b"], ["a", "b"]) == (2, 2)
    assert fewest_chunks(["a", "b", "a", "c"], ["a", "c", "a", "b"]) == (4, 2)
    assert fewest_chunks(["x"], ["a"]) == (0, 0)
    assert fewest_chunks(["two", "red", "stars"], ["a", "red", "star"]) == (2, 1)  # by its stem


@pytest.mark.parametrize("seed", range(20))
def test_no_alignment_of_short_texts_has_fewer_chunks(seed):
    """Against all alignments, tried one by one."""
    random = Random(seed)
    candidate, reference = ([random.choice("aabc") for _ in range(5)] for _ in range(2))
    found = set()
    for places in permutations([*range(5), *[None] * 5], 5):
        pairs = [(at, p) for at, p in enumerate(places) if p is not None]
        if all(candidate[at] == reference[place] for at, place in pairs):
            follow = sum((at - 1, place - 1) in pairs for at, place in pairs)
            found.add((len(pairs), len(pairs) - follow))
    most = max(count for count, _ in found)
    assert fewest_chunks(candidate, reference) == min(f for f in found if f[0] == most)


def test_meteor_by_hand():
    candidate, reference = (
        ["a", "red", "star", "and", "a", "sun"],
        ["a", "sun", "and", "a", "red", "star"],
    )
    matches, chunks = 6, 3
    expected = 1 - 0.5 * (chunks / matches) ** 3
    assert meteor([candidate], [[reference]]) == pytest.approx(expected)
    assert meteor([["a"]], [[["b"], ["a"]]]) == pytest.approx(0.5)
    assert meteor([["a"]], [[["b"]]]) == 0.0


def test_meteor_is_nltks_where_its_alignment_has_the_fewest_chunks(corpus):
    """Its alignment takes the last equal word first; where that costs chunks, ours scores more."""
    theirs = pytest.importorskip("nltk.translate.meteor_score").single_meteor_score

    class NoSynonyms:
        def synsets(self, word: str) -> list:
            return []

    candidates, references = corpus
    pairs = [(c, r) for c, five in zip(candidates, references, strict=True) for r in five]
    gaps = [meteor([c], [[r]]) - theirs(r, c, wordnet=NoSynonyms()) for c, r in pairs]
    assert min(gaps) > -1e-9
    assert sum(abs(gap) < 1e-9 for gap in gaps) > 0.5 * len(gaps)


# ---------------------------------------------------------------------------- CIDEr


def test_cider_is_10_for_the_only_reference_and_0_for_strange_words():
    references = [
        [["a", "red", "star", "and", "a", "sun"]],
        [["two", "blue", "hearts", "on", "the", "left"]],
    ]
    own = [five[0] for five in references]
    assert cider(own, references) == pytest.approx(10)
    assert cider(own[::-1], references) == 0.0


def test_what_every_scene_has_counts_nothing():
    references = [[["a"]], [["a"]]]
    assert cider([["a"], ["a"]], references) == 0.0


def test_cider_by_hand():
    """Runs of one word alone count here: two of three words that are rare are right."""
    references = [[["x", "y"]], [["z"]]]
    assert cider([["x", "z"], ["q"]], references) == pytest.approx(10 * 0.5 / (4 * 2))
