"""The language of scenes as text: true answers, held-out pairs and formats, the same for a seed."""

from collections import Counter

import pytest
import torch

from mmtutor.datasets.scenes import COLOURS, KINDS, NUMBERS, PADDING, held_out_colour
from mmtutor.datasets.sentences import (
    ASKS_COLOUR,
    FEWEST,
    FORMATS,
    HELD_OUT,
    MOST,
    NEW,
    REVERSED,
    TRAINED,
    WORDS,
    decode,
    describe,
    encode,
    make_sentences,
)


def parts(text: str) -> tuple[dict[str, str], list[str]]:
    """The colour of each kind, read out of the facts, and the questions with their answers."""
    facts, *questions = text.removesuffix(" .").split(" . ")
    colours = [word for word in facts.split() if word in COLOURS]
    kinds = [word for word in facts.split() if word in KINDS]
    return dict(zip(kinds, colours, strict=True)), questions


def kind_in(question: str) -> str:
    return next(word for word in question.split() if word in KINDS)


@pytest.mark.parametrize("colour_first", [False, True])
def test_every_answer_is_true(colour_first: bool) -> None:
    made = make_sentences(300, tuple(FORMATS), questions=3, colour_first=colour_first)
    for text in decode(made.tokens):
        facts, questions = parts(text)
        assert len(questions) == min(3, len(facts)) and FEWEST <= len(facts) <= MOST
        for question in questions:
            answer = question.split()[-1]
            if answer in NUMBERS:
                assert answer == NUMBERS[len(facts) - 1]
            elif answer in COLOURS:
                assert answer == facts[kind_in(question)]
            else:  # reversed
                asked = next(word for word in question.split() if word in COLOURS)
                assert facts[answer] == asked


def test_the_answer_stands_where_it_is_said_to() -> None:
    tokens, answers = make_sentences(200, ASKS_COLOUR, seed=1)
    rows = torch.arange(200)
    assert all(WORDS[n] in COLOURS for n in tokens[rows, answers].tolist())
    assert (tokens[rows, answers + 1] == WORDS.index(".")).all()
    assert torch.equal((tokens != PADDING).sum(dim=1), answers + 2)  # a full stop follows it
    assert torch.equal(tokens != PADDING, torch.arange(tokens.shape[1]) < answers.unsqueeze(1) + 2)


def test_every_format_is_used_and_only_those_asked_for() -> None:
    for name, pattern in FORMATS.items():
        first = pattern.split("{")[0]
        for text in decode(make_sentences(20, [name]).tokens):
            assert parts(text)[1][0].startswith(first.strip())
    seen = Counter(parts(t)[1][0].split()[0] for t in decode(make_sentences(400).tokens))
    assert {"what", "which", "the", "question", "how"} <= set(seen)


def test_the_new_formats_are_made_of_known_words_in_a_new_order() -> None:
    trained = set(" ".join(TRAINED.values()).split()) | {"{colour}", "{kind}"}
    for pattern in (*NEW.values(), *REVERSED.values()):
        assert set(pattern.split()) <= trained and pattern not in TRAINED.values()
    assert set(ASKS_COLOUR) < set(TRAINED) and not set(TRAINED) & set(NEW)


def test_pairs_that_are_held_out_never_come_with_those_seen() -> None:
    assert [list(COLOURS)[held_out_colour(torch.tensor(n))] for n in range(12)] == [
        HELD_OUT[kind] for kind in KINDS
    ]
    for text in decode(make_sentences(300, questions=2).tokens):
        assert all(HELD_OUT[kind] != colour for kind, colour in parts(text)[0].items())
    for text in decode(make_sentences(100, ASKS_COLOUR, "held out").tokens):
        facts, questions = parts(text)
        pairs = {kind for kind, colour in facts.items() if HELD_OUT[kind] == colour}
        assert pairs == {kind_in(questions[-1])}


def test_facts_are_told_in_two_orders() -> None:
    facts = [("red", "star"), ("orange", "sun")]
    assert describe(facts) == "star red , sun orange ."
    assert describe(facts, colour_first=True) == "a red star , an orange sun ."


def test_a_reversed_question_has_one_answer() -> None:
    for text in decode(make_sentences(200, tuple(REVERSED)).tokens):
        facts, questions = parts(text)
        assert list(facts.values()).count(facts[questions[0].split()[-1]]) == 1


def test_shuffled_facts_do_not_tell() -> None:
    texts = decode(make_sentences(1000, ASKS_COLOUR, shuffled=True).tokens)
    read = [(parts(text)[0], parts(text)[1][0]) for text in texts]
    there = [facts.get(kind_in(q)) == q.split()[-1] for facts, q in read]
    assert sum(there) / 1000 < 0.1  # the kind is rarely there, and then of any colour
    named = [q.split()[-1] in facts.values() for facts, q in read]
    assert 0.3 < sum(named) / 1000 < 0.6


def test_the_place_in_the_facts_gives_nothing_away() -> None:
    texts = decode(make_sentences(1000, ASKS_COLOUR).tokens)
    places = Counter()
    for facts, questions in map(parts, texts):
        if len(facts) == MOST:
            places[list(facts).index(kind_in(questions[0]))] += 1
    assert min(places.values()) > 0.15 * sum(places.values())


def test_the_same_seed_gives_the_same_sentences_and_another_others() -> None:
    first, again, other = (make_sentences(50, seed=seed).tokens for seed in (3, 3, 4))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_words_come_back_and_unknown_ones_are_named() -> None:
    assert decode(encode(["what colour is the star ?", ""], 8)) == ["what colour is the star ?", ""]
    assert len(set(WORDS)) == len(WORDS)
    with pytest.raises(ValueError, match="the word 'yellow' is not among"):
        encode(["a yellow star"], 8)
    with pytest.raises(ValueError, match="at most 3 words, not 4"):
        encode(["a red star ."], 3)


@pytest.mark.parametrize("formats", [(), ("ask", "sing")])
def test_no_such_format(formats: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="formats must be some of ask, which"):
        make_sentences(2, formats)


def test_no_question_at_all() -> None:
    with pytest.raises(ValueError, match="at least one question, not 0"):
        make_sentences(2, questions=0)
