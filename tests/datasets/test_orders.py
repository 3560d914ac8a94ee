"""Orders: scenes of one or two things, said in at most five words, and questions about them."""

import pytest
import torch

from mmtutor.datasets import orders
from mmtutor.datasets.scenes import COLOURS, SIDE, held_out_colour

RED, BLUE = (1 + list(COLOURS).index(name) for name in ("red", "blue"))
STAR, HEART = (orders.NAMES.index(name) for name in ("star", "heart"))
LEFT, RIGHT = (orders.NAMES.index(name) for name in ("left of", "right of"))
PAIR = [RED, STAR, LEFT, BLUE, HEART]


def test_orders_have_as_many_scenes_as_asked_for_and_a_share_of_one_thing() -> None:
    made = orders.make_orders(40, alone=0.25, seed=3)
    assert made.pictures.shape == (40, 3, SIDE, SIDE)
    assert made.words.shape == (40, orders.PLACES)
    alone = made.words[:, 2] == 0
    assert alone.sum() == 10
    assert (made.words[alone][:, 3:] == 0).all()
    assert (made.words[~alone] > 0).all()


def test_the_same_seed_gives_the_same_orders_and_another_others() -> None:
    one, again, other = (orders.make_orders(12, seed=seed) for seed in (5, 5, 6))
    assert torch.equal(one.pictures, again.pictures)
    assert torch.equal(one.words, again.words)
    assert not torch.equal(one.words, other.words)


@pytest.mark.parametrize(("pairs", "unseen"), [("seen", False), ("held_out", True)])
def test_held_out_pairs_are_said_only_where_they_are_asked_for(pairs: str, unseen: bool) -> None:
    words = orders.make_orders(60, pairs, seed=1).words
    assert (orders.is_unseen(words) == unseen).all()


def test_a_held_out_pair_is_as_often_the_first_thing_as_the_second() -> None:
    words = orders.make_orders(400, "held_out", alone=0.0, seed=1).words
    kind, colour = words[:, 1] - orders.FIRST_KIND, words[:, 0] - 1
    assert 0.4 < (held_out_colour(kind) == colour).float().mean() < 0.6


def test_the_words_say_what_the_picture_shows() -> None:
    """In the picture, ink of each colour stands as the relation says."""
    made = orders.make_orders(60, alone=0.0, seed=4)
    known = torch.tensor([*COLOURS.values(), (1.0, 1.0, 1.0)])
    for picture, row in zip(made.pictures, made.words.tolist(), strict=True):
        if row[0] == row[3]:
            continue
        pixels = (picture / 255).permute(1, 2, 0).reshape(-1, 3)
        nearest = torch.cdist(pixels, known).argmin(dim=1).view(SIDE, SIDE)
        one, other = ((nearest == c - 1).nonzero().float().mean(dim=0) for c in (row[0], row[3]))
        down, across = (one - other).tolist()
        away = {"left of": -across, "right of": across, "above": -down, "below": down}
        assert away[orders.NAMES[row[2]]] > 4


def test_a_thing_alone_stands_in_no_relation_and_is_always_clear() -> None:
    boxes = torch.tensor([[[0, 0, 16, 16]], [[24, 24, 40, 40]]])
    assert orders.relations(boxes)[1].all()


def test_where_two_things_stand_is_not_clear_within_one_third() -> None:
    near, far = [0, 0, 8, 8], [40, 0, 56, 8]
    boxes = torch.tensor([[near, [10, 0, 18, 8]], [near, far], [far, near]])
    relation, clear = orders.relations(boxes)
    assert clear.tolist() == [False, True, True]
    assert [orders.NAMES[word] for word in relation[1:].tolist()] == ["left of", "right of"]


def test_orders_are_said_in_plain_words() -> None:
    orange, umbrella = orders.NAMES.index("orange"), orders.NAMES.index("umbrella")
    words = torch.tensor([PAIR, [orange, umbrella, 0, 0, 0], [0, 0, 0, 0, 0]])
    assert orders.say(words) == ["a red star left of a blue heart", "an orange umbrella", ""]


def test_questions_ask_for_each_thing_and_for_both() -> None:
    asked = orders.questions_about(torch.tensor([PAIR, [RED, STAR, 0, 0, 0]]))
    assert [question.order for question in asked] == [0] * 9 + [1] * 3
    texts = {(question.text, question.answer) for question in asked if question.order == 0}
    assert ("what colour is the heart ?", "blue") in texts
    assert ("is the star left of the heart ?", "yes") in texts
    assert ("is the star right of the heart ?", "no") in texts
    assert ("are there blue stars ?", "no") in texts


def test_who_always_says_yes_has_no_place_and_what_is_all_right_has_all() -> None:
    asked = orders.questions_about(torch.tensor([PAIR, [RED, STAR, RIGHT, RED, HEART]]))
    right = orders.shares(asked, [question.answer for question in asked])
    assert right == dict.fromkeys(orders.TYPES, 1.0)
    yes = orders.shares(asked, ["yes"] * len(asked))
    assert (yes["place"], yes["pair"], yes["swapped"], yes["all"]) == (0.0, 1.0, 0.0, 0.0)


def test_one_wrong_answer_spoils_its_order_and_no_other() -> None:
    asked = orders.questions_about(torch.tensor([PAIR, PAIR]))
    said = ["nonsense", *(question.answer for question in asked[1:])]
    assert orders.shares(asked, said)["all"] == 0.5
    assert orders.shares(asked, said)["number"] == 0.75


def test_turned_round_an_order_says_the_opposite_and_turned_again_the_same() -> None:
    words = orders.make_orders(50, seed=3).words
    turned = orders.turned_round(words)
    assert torch.equal(orders.turned_round(turned), words)
    for one, other in zip(orders.say(words), orders.say(turned), strict=True):
        for relation, opposite in orders.OPPOSITE.items():
            assert (relation in one) == (opposite in other)
