"""Drawn questions: even types, and nothing to win for whoever does not look."""

from collections import Counter, defaultdict
from math import sqrt

import pytest
import torch

from mmtutor.datasets.asking import CHOICES, TYPES, make_asked
from mmtutor.datasets.scenes import COLOURS, KINDS, held_out_colour

SIGMAS = 4.5


def near(share, expected, count):
    return abs(share - expected) < SIGMAS * sqrt(expected * (1 - expected) / count)


@pytest.fixture(scope="module")
def new():
    return make_asked(4000, scenes=2000, seed=12)


def facts_of(asked, question):
    return asked.told.facts[asked.scene[question]]


def share_right(asked, kind, rule):
    which = asked.of(kind)
    return sum(rule(asked, i) == asked.answers[i] for i in which) / len(which)


def test_types_come_as_often_and_every_question_is_true_of_its_scene(asked):
    assert Counter(question.type for question in asked.questions) == dict.fromkeys(TYPES, 500)
    assert len(asked) == len(asked.scene) == 4000
    assert repr(asked) == "4000 questions about 2000 scenes"


@pytest.mark.parametrize("kind", TYPES)
def test_the_question_alone_is_right_as_often_as_chance(asked, new, kind):
    """The most frequent answer of a text, counted on some questions and tried on others."""
    counts = defaultdict(Counter)
    for question in asked.questions:
        counts[question.text][question.answer] += 1
    usual = {text: answers.most_common(1)[0][0] for text, answers in counts.items()}
    # a kind never has its held-out colour, so five are left
    chance = 1 / 5 if kind == "colour" else 1 / len(CHOICES[kind])
    share = share_right(new, kind, lambda asked, i: usual.get(asked.questions[i].text))
    assert near(share, chance, len(new.of(kind))), share


@pytest.mark.parametrize("kind", TYPES)
def test_the_answer_for_another_scene_helps_as_little(asked, kind):
    """Two questions with the same text have the same answer as often as chance."""
    answers = defaultdict(list)
    for i in asked.of(kind):
        answers[asked.questions[i].text].append(asked.answers[i])
    pairs = [two for some in answers.values() for two in zip(some[::2], some[1::2], strict=False)]
    chance = 1 / 5 if kind == "colour" else 1 / len(CHOICES[kind])
    assert near(sum(one == other for one, other in pairs) / len(pairs), chance, len(pairs))


def test_no_type_has_a_usual_answer(asked):
    for kind in TYPES:
        which = asked.of(kind)
        counts = Counter(asked.answers[i] for i in which)
        for choice in CHOICES[kind]:
            assert near(counts[choice] / len(which), 1 / len(CHOICES[kind]), len(which))


def test_looking_for_one_word_of_two_is_not_enough(asked):
    """Whether something exists: kind alone, colour alone, both but not together."""

    def words(asked, i):
        colour, kind = asked.questions[i].text.split()[2:4]
        facts = facts_of(asked, i)
        return kind[:-1] in {g.kind for g in facts}, colour in {g.colour for g in facts}

    def rule(check):
        return lambda asked, i: "yes" if check(words(asked, i)) else "no"

    for check, most in ((lambda w: w[0], 0.70), (lambda w: w[1], 0.70), (all, 0.80)):
        assert share_right(asked, "exists", rule(check)) < most


def test_half_a_look_is_not_enough_elsewhere_either(asked):
    """Comparison by the first number alone, two-step by any other thing."""

    def named(asked, i):
        words = {word.removesuffix("s") for word in asked.questions[i].text.split()}
        return [group for group in facts_of(asked, i) if group.kind in words]

    def first_is_two(asked, i):
        first = asked.questions[i].text.split()[3]
        return "yes" if first in {f"{g.kind}s" for g in named(asked, i) if g.number == 2} else "no"

    def another(asked, i):
        return next(g.colour for g in facts_of(asked, i) if g not in named(asked, i))

    assert share_right(asked, "comparison", first_is_two) < 0.82
    assert share_right(asked, "two-step", another) < 0.65


def test_relations_come_as_often(asked):
    for kind in ("relation", "two-step"):
        which = asked.of(kind)
        for word in ("left of", "right of", "above", "below"):
            count = sum(f" {word} " in asked.questions[i].text for i in which)
            assert near(count / len(which), 1 / 4, len(which))


def test_the_same_seed_gives_the_same_questions():
    first, again, other = (make_asked(64, scenes=30, seed=seed) for seed in (3, 3, 4))
    assert first.questions == again.questions
    assert (first.scene == again.scene).all()
    assert first.questions != other.questions


def test_some_types_only_and_some_questions_only(asked):
    some = make_asked(20, scenes=30, types=("colour", "row"), seed=1)
    assert Counter(question.type for question in some.questions) == {"colour": 10, "row": 10}
    few = asked.only([5, 2])
    assert few.answers == [asked.answers[5], asked.answers[2]]
    assert few.scene.tolist() == [asked.scene[5], asked.scene[2]]


def test_no_pair_that_is_held_out_is_shown_or_asked_for(asked):
    kinds = tuple(KINDS)[:6]
    held = dict(zip(kinds, held_out_colour(torch.arange(len(kinds))).tolist(), strict=True))
    pairs = {f"{tuple(COLOURS)[colour]} {kind}s" for kind, colour in held.items()}
    for i in asked.of("exists"):
        assert not any(pair in asked.questions[i].text for pair in pairs)
    for facts in asked.told.facts:
        assert all(f"{group.colour} {group.kind}s" not in pairs for group in facts)


def test_held_out_pairs_can_be_wished():
    asked = make_asked(200, scenes=200, types=("colour",), pairs="held_out", seed=1)
    assert set(asked.answers) == set(COLOURS)


def test_an_unknown_type_is_said():
    with pytest.raises(ValueError, match="'weight'"):
        make_asked(4, types=("weight",))
