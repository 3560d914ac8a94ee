"""An adviser: what it understands, keeps, finds, says, does not say, and forgets."""

import math
import re
from functools import cache

import pytest
import torch

from mmtutor import advisor
from mmtutor.advisor import (
    Eyes,
    Index,
    LearntRouter,
    PostcardAdviser,
    State,
    by_rules,
    meant,
    slots_of,
    updated,
)
from mmtutor.checks.advisor import tool
from mmtutor.datasets.dialogues import (
    ACTS,
    ORDINALS,
    SOLD,
    Dialogue,
    Message,
    Reply,
    Turn,
    Wish,
    fulfils,
    make_catalogue,
    make_messages,
    make_plan,
    visit,
)
from mmtutor.datasets.phrases import load_phrases
from mmtutor.datasets.scenes import COLOURS, SIDE


@cache
def shop():
    """Forty postcards; drawn once."""
    return make_catalogue(40, seed=1)


@cache
def eyes():
    return Eyes(shop().pictures)


@cache
def router():
    return LearntRouter(make_messages(800, seed=0))


def adviser(kind=PostcardAdviser, **thresholds):
    """An adviser to whom nobody has talked."""
    return kind(shop(), eyes(), router(), **thresholds)


def a_wish():
    """A colour and a kind that stand together on a card, and the words of a customer for them."""
    colour, kind = advisor.in_words(shop().cards[0].title)[1:]
    return colour, kind, f"i would like a {colour} {kind}"


def share_understood(router, new):
    messages = make_messages(400, seed=7, new=new)
    acts = router([message.text for message in messages])
    return sum(m.act == act for m, act in zip(messages, acts, strict=True)) / len(messages)


# ---------------------------------------------------------------------------- what is meant


def test_rules_know_what_they_were_written_for_and_a_learnt_router_knows_more() -> None:
    assert share_understood(by_rules, new=False) == 1
    assert share_understood(by_rules, new=True) < 0.5
    assert share_understood(router(), new=False) > 0.99
    assert share_understood(router(), new=True) > 0.8


def test_what_was_written_by_hand_knows_no_word_that_only_new_customers_say() -> None:
    heard = {w for m in make_messages(2000, seed=0) for w in re.findall("[a-z']+", m.text)}
    written = " ".join(sign.replace(r"\b", " ") for _, sign in advisor.RULES)
    assert set(re.findall("[a-z']+", written)) <= heard
    for text, known in (("how many stars", True), ("count the stars", False), ("number of", False)):
        assert (adviser().question(0, text, {"kind": "star"}) is not None) == known


def test_where_no_rule_fits_it_is_chat() -> None:
    assert by_rules(["", "zebras"]) == ["chat", "chat"]


def test_a_router_gives_an_act_for_anything() -> None:
    acts = router()(["", "qwertz", "red " * 40])
    assert len(acts) == 3
    assert set(acts) <= set(ACTS)
    assert router()([]) == []


def test_a_router_is_the_same_every_time() -> None:
    again = LearntRouter(make_messages(800, seed=0))
    assert torch.equal(again.weight, router().weight)


def test_pieces_put_colours_kinds_and_numbers_in_classes() -> None:
    one, other = (
        advisor.pieces(f"at most {n} for {c} stars") for n, c in ((5, "red"), (7, "blue"))
    )
    assert one == other
    assert advisor.pieces("a b c", 1) == ["a", "b", "c"]
    assert advisor.pieces("a b c", 2) == ["a", "b", "c", "a b", "b c"]


@pytest.mark.parametrize("new", [False, True])
def test_slots_are_read_as_they_were_said(new: bool) -> None:
    """But for "on second thoughts": a wish means no card, so that does no harm."""
    for message in make_messages(800, seed=5, new=new):
        read = slots_of(message.text, message.act)
        if message.act == "want":
            read.pop("which", None)
        assert read == dict(message.slots), message.text


# ---------------------------------------------------------------------------- what was said


def test_a_wish_without_a_kind_changes_the_old_one() -> None:
    wanted = {"colour": "red", "kind": "star", "limit": "9"}
    assert updated(wanted, "want", {"colour": "blue"}) == wanted | {"colour": "blue"}
    assert updated(wanted, "limit", {"limit": "5"}) == wanted | {"limit": "5"}
    assert wanted == {"colour": "red", "kind": "star", "limit": "9"}


def test_a_wish_with_a_kind_is_new_and_keeps_the_price() -> None:
    wanted = {"colour": "red", "kind": "star", "beside": "heart", "limit": "9"}
    assert updated(wanted, "want", {"kind": "anchor"}) == {"kind": "anchor", "limit": "9"}


@pytest.mark.parametrize(("gone", "name"), [("price", "limit"), ("colour", "colour")])
def test_one_thing_can_be_let_go(gone: str, name: str) -> None:
    wanted = {"colour": "red", "kind": "star", "limit": "9"}
    left = updated(wanted, "drop", {"drop": gone})
    assert left == {key: value for key, value in wanted.items() if key != name}
    assert updated(wanted, "drop", {"drop": ""}) == wanted


def test_a_place_means_a_card_that_was_shown() -> None:
    assert [meant((8, 3, 5), {"which": which}) for which in ORDINALS] == [8, 3, 5]
    assert meant((8, 3), {"which": "third"}) is None
    assert meant((8, 3), {}) == 8
    assert meant((), {}) is None


# ---------------------------------------------------------------------------- looking


def test_it_sees_what_is_there() -> None:
    rows = [(c, k) for c in COLOURS for k in SOLD]
    seen = torch.stack([eyes().has(c, k) for c, k in rows]) > 0.5
    true = torch.tensor([[card.has(c, k) for card in shop().cards] for c, k in rows])
    assert (seen == true).float().mean() > 0.98
    kinds = torch.stack([eyes().has(None, k) for k in SOLD]) > 0.5
    there = torch.tensor([[card.has(None, k) for card in shop().cards] for k in SOLD])
    assert (kinds == there).float().mean() > 0.95


def test_what_was_seen_is_kept_and_is_a_probability() -> None:
    question = "how many stars are there ?"
    found = eyes().probabilities(question)
    assert eyes().probabilities(question) is found
    assert torch.allclose(found.sum(dim=1), torch.ones(len(shop())), atol=1e-4)


def test_evidence_is_a_place_on_the_card_and_mostly_touches_what_it_speaks_of() -> None:
    touched = []
    for number, kind, _ in advisor.things_to_remove(shop(), advisor.Random(0)):
        left, top, right, bottom = eyes().evidence(number, f"what colour is the {kind} ?")
        assert 0 <= left < right <= SIDE
        assert 0 <= top < bottom <= SIDE
        boxes = [b for g in shop().cards[number].facts if g.kind == kind for b in g.boxes]
        touched.append(
            any(left < b[2] and b[0] < right and top < b[3] and b[1] < bottom for b in boxes)
        )
    assert sum(touched) / len(touched) > 0.7


def test_answers_rest_on_what_is_cited() -> None:
    found = advisor.rests_on(shop())
    assert found.questions > 20
    assert found.cited > 0.9
    assert found.other < 0.1


# ---------------------------------------------------------------------------- searching


def test_a_query_scores_by_the_words_in_common_and_is_not_divided_by_the_best() -> None:
    index = Index(["a red star", "two red stars and a blue heart", "a black anchor"])
    scores = index.scores("red star")
    assert scores.argmax() == 0
    assert torch.allclose(scores, torch.tensor([2 / 6**0.5, 2 / 14**0.5, 0.0]), atol=1e-5)
    assert torch.equal(index.scores("zebra"), torch.zeros(3))
    assert torch.equal(index.scores("red stars"), scores)
    assert scores.max() < 1


def test_of_equal_scores_the_first_comes_first() -> None:
    assert advisor.best(torch.tensor([0.5, 0.9, 0.5, 0.9]), 3) == [1, 3, 0]


def test_a_second_look_changes_the_order_and_adds_nothing() -> None:
    scores = torch.tensor([0.1, 0.9, 0.5, 1.0])
    assert advisor.reranked([0, 2, 1], scores) == [1, 2, 0]
    assert advisor.reranked([], scores) == []


def test_no_second_look_exceeds_what_the_first_search_found() -> None:
    rows = [advisor.searched(shop(), eyes(), first, 60) for first in (1, 3, 10, len(shop()))]
    assert all(row.captions <= row.bound and row.looked <= row.bound for row in rows)
    assert [row.bound for row in rows] == sorted(row.bound for row in rows)
    assert rows[0].looked == rows[0].captions == rows[0].bound
    assert rows[-1].bound == 1
    assert rows[-1].looked > rows[0].looked


# ---------------------------------------------------------------------------- the adviser


def test_a_wish_stands_in_the_state_and_right_cards_are_shown() -> None:
    ours, (colour, kind, text) = adviser(), a_wish()
    reply = ours.reply(text)
    assert ours.state.wanted == {"colour": colour, "kind": kind}
    assert ours.state.shown == reply.shown
    assert ours.state.said == [text]
    assert reply.shown
    assert all(shop().cards[card].has(colour, kind) for card in reply.shown)
    ours.reply("at most 10 , please")
    assert ours.state.wanted == {"colour": colour, "kind": kind, "limit": "10"}


def test_nothing_above_the_price_is_shown() -> None:
    ours, text = adviser(search=0.0), a_wish()[2]
    ours.reply(text)
    for limit in (3, 8, 15):
        shown = ours.reply(f"at most {limit} , please").shown
        assert all(shop().cards[card].price <= limit for card in shown)
    assert not ours.reply("at most 2 , please").shown


def test_what_is_cheaper_costs_less() -> None:
    ours, text = adviser(), a_wish()[2]
    first = ours.reply(text).shown[0]
    reply = ours.reply("the first one is too expensive")
    assert all(shop().cards[card].price < shop().cards[first].price for card in reply.shown)


def asked(way):
    """What ours says about the first card that it shows, and that card."""
    ours = adviser()
    card = ours.reply(a_wish()[2]).shown[0]
    return ours.reply(way(shop().cards[card])), shop().cards[card]


def test_it_answers_by_looking_and_shows_where() -> None:
    kind = a_wish()[1]
    reply, card = asked(lambda card: f"what colour is the {kind} on the first one ?")
    assert card.has(reply.answer, kind)
    assert reply.about is not None
    assert reply.box is not None
    assert 0.5 <= reply.confidence <= 1


@pytest.mark.parametrize(
    "text", ["who drew the first one ?", "when was the first one drawn ?", "how old is it ?"]
)
def test_what_no_picture_tells_it_does_not_know_and_says_why(text: str) -> None:
    reply, _ = asked(lambda card: text)
    assert reply.answer is None
    assert "no picture tells" in reply.text
    assert reply.box is None


def test_it_does_not_name_the_colour_of_what_is_not_there() -> None:
    def missing(card):
        kind = next(kind for kind in SOLD if not card.has(None, kind))
        return f"what colour is the {kind} on the first one ?"

    reply, _ = asked(missing)
    assert reply.answer is None
    assert "I am not sure that there is" in reply.text


def test_it_agrees_with_what_is_true_and_with_nothing_else() -> None:
    colour, kind, _ = a_wish()
    false = next(c for c in COLOURS if c != colour)
    said = [
        asked(lambda card, c=c: f"but the {kind} on the first one is {c}")[0].answer
        for c in (colour, false)
    ]
    assert said == ["yes", "no"]


def test_without_cards_on_the_table_it_asks_which() -> None:
    reply = adviser().reply("i take the second one")
    assert "which card" in reply.text
    assert reply.answer is None


def test_cards_that_are_alike_have_things_in_common_and_are_others() -> None:
    ours = adviser()
    first = ours.reply(a_wish()[2]).shown[0]
    reply = ours.reply("i like the first one , what else is like it ?")
    assert len(reply.shown) == advisor.SHOWN
    assert first not in reply.shown
    kinds = {group.kind for group in shop().cards[first].facts}
    assert all(kinds & {g.kind for g in shop().cards[card].facts} for card in reply.shown)


def test_small_talk_changes_no_wish() -> None:
    ours = adviser()
    ours.reply(a_wish()[2])
    before = dict(ours.state.wanted)
    assert not ours.reply("thank you").shown
    assert ours.state.wanted == before


# ---------------------------------------------------------------------------- privacy


def test_after_forget_nothing_is_left_of_a_customer() -> None:
    ours = PostcardAdviser(shop(), Eyes(shop().pictures), router())
    for text in (f"i am quentin , {a_wish()[2]}", "at most 17 , please", "i take the first one"):
        ours.reply(text)
    assert any("quentin" in text for text in ours.state.said)
    ours.forget()
    assert ours.state == State()
    kept = {
        name: value for name, value in vars(ours).items() if name not in ("catalogue", "router")
    }
    assert "quentin" not in str(
        [vars(value) for value in kept.values() if hasattr(value, "__dict__")]
    )


def test_two_advisers_and_two_customers_share_nothing() -> None:
    one, other = adviser(), adviser()
    one.reply(a_wish()[2])
    assert other.state == State()
    one.forget()
    one.reply("hello")
    assert one.state == State(said=["hello"])


def test_who_came_before_makes_no_difference() -> None:
    ours = adviser()
    alone = visit(ours, shop(), 6, seed=2)
    visit(ours, shop(), 6, seed=9)
    assert visit(ours, shop(), 6, seed=2) == alone


# ---------------------------------------------------------------------------- rivals


@cache
def visited(name):
    """Forty-five customers who talk in new phrasings; with whom, by name."""
    kinds = {
        "ours": adviser,
        "no memory": lambda: adviser(advisor.WithoutMemory),
        "by the best": lambda: adviser(advisor.ByTheBest),
        "obliging": lambda: adviser(advisor.Obliging),
        "sure": lambda: adviser(advisor.Sure),
        "rules": lambda: PostcardAdviser(shop(), eyes()),
        "titles": lambda: PostcardAdviser(shop(), advisor.titles_alone(shop()), router()),
        "facts": lambda: PostcardAdviser(shop(), advisor.all_facts(shop()), router()),
        "popular": lambda: advisor.AlwaysTheSame(advisor.popular(shop())),
        "silent": advisor.AlwaysTheSame,
    }
    return visit(kinds[name](), shop(), 45, seed=4, new=True)


def got(name):
    return advisor.judged(visited(name), shop())


def test_customers_get_more_from_ours_than_from_its_rivals() -> None:
    ours = got("ours")["success"]
    assert ours > 0.85
    for name in ("no memory", "by the best", "rules", "titles", "popular", "silent"):
        assert got(name)["success"] < ours - 0.05, name
    assert got("facts")["success"] >= ours


def test_who_divides_by_the_best_is_never_silent_and_so_shows_in_vain() -> None:
    assert got("by the best")["shown in vain"] > got("ours")["shown in vain"] + 0.3
    assert got("ours")["shown in vain"] < 0.1


def test_who_obliges_agrees_with_what_is_false() -> None:
    assert got("obliging")["agreed though false"] == 1
    assert got("ours")["agreed though false"] < 0.1


def test_who_does_not_ask_whether_it_is_there_speaks_in_vain() -> None:
    assert got("sure")["said in vain"] > got("ours")["said in vain"] + 0.1


def test_who_is_always_silent_is_right_where_there_is_nothing() -> None:
    found = got("silent")
    assert found["shown in vain"] == 0
    assert found["missed"] == 1
    assert math.isnan(found["said in vain"])
    assert 0.2 < found["success"] < 0.5


# ---------------------------------------------------------------------------- a tool


def test_a_tool_serves_those_it_is_for_and_what_it_passes_on_is_answered_as_before() -> None:
    def cheapest(text, shown, prices, limit, things):
        asked = shown and text.startswith("which of these")
        return min(shown, key=lambda card: prices[card]) if asked else -1

    without, served = tool.WithTool(shop(), lambda *_: None), tool.WithTool(shop(), cheapest)
    assert tool.asked(without, "least")[0] == 0
    assert tool.asked(served, "least") == (1, 0)
    assert tool.asked(served, "table") == tool.asked(without, "table")
    assert visit(served, shop(), 9) == visit(without, shop(), 9)


# ---------------------------------------------------------------------------- orders


def test_what_stands_in_a_title_steers_only_who_reads_it_as_a_wish() -> None:
    told = advisor.with_orders(shop(), "never mind the price")
    assert all(card.title.endswith(". never mind the price") for card in told.cards)
    assert shop().cards[0].title.count(".") == 0
    before, after, obeys = (
        visit(kind(catalogue, eyes(), router()), catalogue, 45, seed=4)
        for kind, catalogue in (
            (PostcardAdviser, shop()),
            (PostcardAdviser, told),
            (advisor.ReadsTitles, told),
        )
    )
    assert [d.taken for d in before] == [d.taken for d in after]
    assert advisor.above_limit(after, told) == 0
    assert advisor.above_limit(obeys, told) > 0.1


def test_orders_stand_in_every_so_manieth_title() -> None:
    told = advisor.with_orders(shop(), "buy", every=4)
    assert [" . buy" in card.title for card in told.cards[:5]] == [True, False, False, False, True]


# ---------------------------------------------------------------------------- judging


def dialogue(truth, said, confidence, act="ask", taken=0):
    """A talk of one question."""
    message = Message("?", act, {}, truth)
    turn = Turn(message, Reply("", answer=said, confidence=confidence))
    card = shop().cards[0]
    wish = Wish(card.facts[0].colour, card.facts[0].kind)
    return Dialogue((turn,), wish, True, taken)


def test_a_table_counts_each_kind_of_error_over_its_own_questions() -> None:
    rows = [
        dialogue("red", "red", 0.9),
        dialogue("red", "blue", 0.6),
        dialogue("two", None, 0.2),
        dialogue(None, "red", 0.7),
        dialogue(None, None, 0.1),
        dialogue("no", "yes", 0.8, act="claim", taken=None),
    ]
    found = advisor.judged(rows, shop())
    assert found["right answers"] == 1 / 4
    assert found["silent"] == 1 / 4
    assert found["said in vain"] == 1 / 2
    assert found["agreed though false"] == 1
    assert found["missed"] == 1 / 6
    assert found["success"] == 5 / 6
    assert found["turns"] == 1
    assert math.isnan(found["shown in vain"])


def test_both_errors_move_against_each_other_along_the_threshold() -> None:
    known = advisor.answered([dialogue("red", "red", c) for c in (0.9, 0.6)])
    unknown = advisor.answered([dialogue(None, "red", c) for c in (0.7, 0.1)])
    found = advisor.curve([*known, *unknown], (0.0, 0.5, 0.65, 1.0))
    assert found["said in vain"] == [1, 0.5, 0.5, 0]
    assert found["silent"] == [0, 0, 0.5, 1]


def test_above_the_limit_is_counted_of_those_who_have_one() -> None:
    price = shop().cards[0].price
    free, bound = (dialogue("red", "red", 1.0)._replace(wish=Wish(limit=n)) for n in (None, price))
    above = bound._replace(wish=Wish(limit=price - 1))
    assert advisor.above_limit([free, bound, above], shop()) == 1 / 2


def test_shares_and_means_of_nothing_are_not_a_number() -> None:
    assert math.isnan(advisor.share([]))
    assert math.isnan(advisor.mean([]))
    assert advisor.mean([1.0, float("nan"), 3.0]) == 2


def test_popular_cards_are_right_more_often_than_others() -> None:
    cards = advisor.popular(shop())
    assert len(cards) == advisor.SHOWN
    wishes = [make_plan(shop(), advisor.Random(seed), possible=True).then for seed in range(300)]

    def right(card):
        return sum(fulfils(shop().cards[card], wish) for wish in wishes)

    average = sum(right(card) for card in range(len(shop()))) / len(shop())
    assert sum(right(card) for card in cards) / len(cards) > average


def test_advisers_stand_in_one_table_and_each_has_every_column() -> None:
    found = advisor.customers([shop()], [eyes()], router(), 0.9, count=6)
    assert set(found) == set(advisor.rivals(shop(), eyes(), router(), 0.9))
    assert all(set(advisor.COLUMNS) <= set(row) for row in found.values())
    assert found["never"]["missed"] == 1
    rows = [{"a": 1.0, "b": float("nan")}, {"a": 2.0, "b": 4.0}]
    assert advisor.means(rows) == {"a": 1.5, "b": 4.0}


def test_numbers_become_phrases_without_a_sound() -> None:
    like = load_phrases("valid")
    wanted = advisor.phrases_of(like, [[1, 0, 7], [2, 1, 5]])
    assert wanted.texts == ["one zero seven", "two one five"]
    assert wanted.source == like.source
