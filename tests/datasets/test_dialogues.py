"""A shop of postcards: its catalogue, what customers say, and how their talks end."""

from collections import Counter
from random import Random

import pytest
import torch

from mmtutor.datasets.dialogues import (
    ACTS,
    HEARD,
    NEW,
    ORDINALS,
    PRICES,
    SOLD,
    UNKNOWABLE,
    Dialogue,
    Plan,
    Reply,
    Wish,
    fulfilling,
    fulfils,
    make_catalogue,
    make_messages,
    make_plan,
    phrase,
    question,
    talk,
    visit,
    without,
)
from mmtutor.datasets.scenes import COLOURS

SHOP = make_catalogue(30, seed=3)


class Shows:
    """An adviser that shows the same cards, and notes what it hears."""

    def __init__(self, *cards: int) -> None:
        self.cards, self.heard, self.forgot = cards, list[str](), 0

    def reply(self, text: str) -> Reply:
        self.heard.append(text)
        return Reply("these", self.cards)

    def forget(self) -> None:
        self.forgot += 1


# ---------------------------------------------------------------------------- the catalogue


def test_a_seed_is_a_catalogue() -> None:
    again, other = make_catalogue(30, seed=3), make_catalogue(30, seed=4)
    assert again.cards == SHOP.cards
    assert torch.equal(again.pictures, SHOP.pictures)
    assert other.cards != SHOP.cards
    assert len(SHOP) == 30
    assert repr(SHOP) == "30 postcards"


def test_a_title_names_one_group_and_the_price_is_a_price() -> None:
    for card in SHOP.cards:
        colour, kind = card.title.split()[1:]
        assert card.has(colour, kind.removesuffix("s"))
        assert card.price in PRICES
        assert {group.kind for group in card.facts} <= set(SOLD)


def test_a_thing_can_be_taken_off_a_card() -> None:
    number, card = next((n, c) for n, c in enumerate(SHOP.cards) if len(c.facts) > 1)
    gone = card.facts[0]
    whole, rest = (without(SHOP, number, kind)[0] for kind in (None, gone.kind))
    left, top, right, bottom = gone.boxes[0]
    changed = (whole != rest).any(dim=0)
    assert changed[top:bottom, left:right].any()
    touched = torch.zeros_like(changed)
    for left, top, right, bottom in gone.boxes:
        touched[top : bottom + 1, left : right + 1] = True
    assert not (changed & ~touched).any()


def test_a_wish_is_fulfilled_by_what_it_names_and_by_nothing_else() -> None:
    card = next(c for c in SHOP.cards if len(c.facts) > 1)
    one, two = card.facts[:2]
    wish = Wish(one.colour, one.kind, two.kind, card.price)
    assert fulfils(card, wish)
    assert fulfils(card, Wish())
    assert fulfils(card, Wish(colour=two.colour))
    assert not fulfils(card, wish._replace(limit=card.price - 1))
    others = [colour for colour in COLOURS if not card.has(colour, one.kind)]
    assert not fulfils(card, wish._replace(colour=others[0]))
    missing = next(kind for kind in SOLD if not card.has(None, kind))
    assert not fulfils(card, wish._replace(beside=missing))
    assert SHOP.cards.index(card) in fulfilling(SHOP, wish)


# ---------------------------------------------------------------------------- what is said


def test_new_phrasings_are_new_and_every_act_has_some() -> None:
    assert set(NEW) == set(HEARD) == set(ACTS)
    for act in ACTS:
        assert len(HEARD[act]) >= 4
        assert len(NEW[act]) >= 3
    heard, new = ({text for texts in some.values() for text in texts} for some in (HEARD, NEW))
    assert not heard & new
    assert len(heard) == sum(map(len, HEARD.values()))


@pytest.mark.parametrize("new", [False, True])
def test_messages_are_balanced_and_say_their_slots(new: bool) -> None:
    messages = make_messages(len(ACTS) * 50, seed=1, new=new)
    assert set(Counter(message.act for message in messages).values()) == {50}
    assert messages == make_messages(len(ACTS) * 50, seed=1, new=new)
    for message in messages:
        assert all(value in message.text for value in message.slots.values())


@pytest.mark.parametrize("new", [False, True])
def test_no_single_word_tells_an_act_alone(new: bool) -> None:
    """A word may be a hint: none is in all that an act says and in nothing else."""
    messages = make_messages(2000, seed=0, new=new)
    bags = [(set(message.text.split()), message.act) for message in messages]
    words = {word for bag, _ in bags for word in bag}
    for act in ACTS:
        own = [bag for bag, other in bags if other == act]
        foreign = [bag for bag, other in bags if other != act]
        for word in words:
            in_all = all(word in bag for bag in own)
            assert not in_all or any(word in bag for bag in foreign)


def test_what_is_wished_for_tells_nothing_about_the_act() -> None:
    """Colours, kinds and ordinals are drawn alike whatever the act."""
    asked = Counter(m.slots["kind"] for m in make_messages(8000, seed=2) if "kind" in m.slots)
    assert max(asked.values()) < 1.3 * min(asked.values())


def test_a_phrasing_says_exactly_its_slots() -> None:
    slots = {"colour": "red", "kind": "star"}
    for new in (False, True):
        for seed in range(20):
            text = phrase("want", slots, Random(seed), new)
            assert "red" in text
            assert "star" in text
            assert "{" not in text
    assert "price" in phrase("drop", {"drop": "price"}, Random(0))
    with pytest.raises(ValueError, match="no phrasing of 'limit' says nothing"):
        phrase("limit", {}, Random(0))


def test_answers_of_questions_are_true() -> None:
    random, unknown, claims = Random(0), [], []
    for number in range(1200):
        card = SHOP.cards[number % len(SHOP)]
        asked = question(card, ORDINALS[number % 3], random, new=number % 2 == 0)
        kind, colour = asked.slots.get("kind"), asked.slots.get("colour")
        unknown.append(asked.answer is None)
        if asked.answer is None:
            words = set(asked.text.split())
            assert words & set(UNKNOWABLE) or not card.has(None, kind)
        elif asked.answer in ("yes", "no"):
            assert (asked.answer == "yes") == card.has(colour, kind)
        elif asked.answer in COLOURS:
            assert card.has(asked.answer, kind)
        else:
            number_of = next(group.number for group in card.facts if group.kind == kind)
            assert asked.answer == ("one", "two")[number_of - 1]
        if asked.act == "claim":
            claims.append(asked.answer == "no")
    assert 0.27 < sum(unknown) / len(unknown) < 0.4
    assert 0.4 < sum(claims) / len(claims) < 0.6


# ---------------------------------------------------------------------------- customers


@pytest.mark.parametrize("possible", [True, False])
def test_a_plan_ends_in_what_is_there_or_in_what_is_not(possible: bool) -> None:
    for seed in range(30):
        plan = make_plan(SHOP, Random(seed), possible)
        assert bool(fulfilling(SHOP, plan.then)) == possible
        assert plan.first.kind == plan.then.kind


def test_what_is_not_there_is_made_of_words_that_are() -> None:
    kinds = {group.kind for card in SHOP.cards for group in card.facts}
    colours = {group.colour for card in SHOP.cards for group in card.facts}
    for seed in range(30):
        wish = make_plan(SHOP, Random(seed), possible=False).then
        assert wish.kind in kinds
        assert wish.colour in colours


def test_a_customer_takes_the_first_card_that_was_shown_last() -> None:
    adviser = Shows(4, 7)
    dialogue = talk(adviser, SHOP, Plan(Wish("red", "star"), Wish("red", "star"), 2), Random(0))
    assert dialogue.taken == 4
    assert adviser.forgot == 1
    assert [turn.message.text for turn in dialogue.turns] == adviser.heard
    assert dialogue.turns[0].message.act == "want"
    assert dialogue.turns[-1].message.act == "take"
    assert sum(turn.message.act in ("ask", "claim") for turn in dialogue.turns) == 2


def test_a_customer_who_is_shown_nothing_leaves_without_questions() -> None:
    plan = Plan(Wish("red", "star"), Wish("red", "star"), 2)
    dialogue = talk(Shows(), SHOP, plan, Random(0))
    assert dialogue.taken is None
    assert [turn.message.act for turn in dialogue.turns] == ["want"]


def test_changes_of_mind_are_said_and_count() -> None:
    plan = Plan(Wish("blue", "star"), Wish("red", "star", limit=5), 1)
    dialogue = talk(Shows(), SHOP, plan, Random("no drop"))
    slots = [dict(turn.message.slots) for turn in dialogue.turns]
    assert slots[0] == {"colour": "blue", "kind": "star"}
    assert slots[1] == {"colour": "red"}
    assert slots[2] == {"limit": "5"}
    assert dialogue.wish.colour == "red"


def test_some_ask_for_something_cheaper_and_some_let_the_price_go() -> None:
    found = [d for seed in range(3) for d in visit(Shows(0), SHOP, 60, seed)]
    cheaper = [d for d in found if any(t.message.act == "cheaper" for t in d.turns)]
    assert 0.15 < len(cheaper) / len(found) < 0.45
    assert all(d.wish.limit == SHOP.cards[0].price - 1 for d in cheaper)
    nothing = visit(Shows(), SHOP, 100)
    dropped = [d for d in nothing if d.turns[-1].message.act == "drop"]
    assert dropped
    assert all(d.wish.limit is None for d in dropped)


def test_success_is_the_right_card_or_none_where_there_is_none() -> None:
    card = SHOP.cards[0]
    wish = Wish(card.facts[0].colour, card.facts[0].kind)
    right = next(n for n, c in enumerate(SHOP.cards) if fulfils(c, wish))
    wrong = next(n for n, c in enumerate(SHOP.cards) if not fulfils(c, wish))
    assert Dialogue((), wish, True, right).succeeded(SHOP)
    assert not Dialogue((), wish, True, wrong).succeeded(SHOP)
    assert not Dialogue((), wish, True, None).succeeded(SHOP)
    assert Dialogue((), wish, False, None).succeeded(SHOP)
    assert not Dialogue((), wish, False, wrong).succeeded(SHOP)


def test_the_same_customers_come_again_and_each_says_whether_it_is_there() -> None:
    one, two = (visit(Shows(1, 2), SHOP, 24, seed=5, new=True) for _ in range(2))
    assert one == two
    assert visit(Shows(1, 2), SHOP, 24, seed=6, new=True) != one
    assert all(d.possible == bool(fulfilling(SHOP, d.wish)) for d in one)
    heard = visit(Shows(1, 2), SHOP, 24, seed=5)
    begun, anew = ({d.turns[0].message.text for d in some} for some in (heard, one))
    assert not begun & anew
