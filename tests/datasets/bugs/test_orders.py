"""Orders: the truth, the words, and the best that anybody could do without their order."""

from collections import Counter, defaultdict

import pytest

from mmtutor.datasets.bugs.orders import (
    BAG_LIMIT,
    ONE,
    THINGS,
    TWO,
    WORDS,
    make_orders,
)
from mmtutor.modalities import WordPipeline

PIPELINE = WordPipeline(WORDS, 16)


@pytest.mark.parametrize("test", [False, True])
def test_what_is_wanted_is_named_and_every_word_is_known(test: bool) -> None:
    orders = make_orders(500, seed=3, test=test)
    ids = PIPELINE.prepare(orders.texts)
    assert not (ids == 1).any()
    assert (ids != 0).sum(dim=1).max() <= 14
    for text, wanted in zip(orders.texts, orders.wanted.tolist(), strict=True):
        assert THINGS[wanted] in PIPELINE.cut(text)


def test_no_order_of_the_test_is_one_of_the_training() -> None:
    learnt = {text.lower() for text in make_orders(5000, seed=1).texts}
    assert not learnt & {text.lower() for text in make_orders(2000, seed=2, test=True).texts}


def test_every_sentence_about_two_things_has_the_words_of_one_with_the_answer_exchanged() -> None:
    answers = defaultdict(set)
    for frame in TWO:
        for wanted, other in (("star", "sun"), ("sun", "star")):
            words = frame.format(wanted=wanted, other=other).replace(",", " ,").split()
            answers[tuple(sorted(words))].add(wanted)
    assert all(found == {"star", "sun"} for found in answers.values())


def test_the_limit_of_a_bag_of_words_is_that_of_somebody_who_tosses_a_coin() -> None:
    orders = make_orders(20_000, seed=4)
    named = [sum(thing in PIPELINE.cut(text) for thing in THINGS) for text in orders.texts]
    assert set(named) == {1, 2}
    assert named.count(1) / len(named) + named.count(2) / len(named) / 2 == pytest.approx(
        BAG_LIMIT, abs=0.01
    )
    assert len(ONE) == 4 and BAG_LIMIT == 0.625


def test_all_things_are_wanted_as_often_and_some_people_shout() -> None:
    orders = make_orders(6000, seed=5)
    assert min(Counter(orders.wanted.tolist()).values()) > 850
    assert 0.15 < sum(text.isupper() for text in orders.texts) / 6000 < 0.25


def test_the_same_seed_gives_the_same_orders() -> None:
    assert make_orders(20, seed=7).texts == make_orders(20, seed=7).texts
    assert make_orders(20, seed=7).texts != make_orders(20, seed=8).texts
