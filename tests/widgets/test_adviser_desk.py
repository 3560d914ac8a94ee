"""The adviser's desk and its static twin: what is said, shown, kept, forgotten and refused."""

import json
from types import SimpleNamespace

import matplotlib.pyplot as plt
import pytest

from mmtutor import plots
from mmtutor.datasets.dialogues import Catalogue, Reply, make_catalogue
from mmtutor.plots.adviser_desk import LONGEST, said_to, state_of, tidied
from mmtutor.widgets import AdviserDesk

BOX = (16, 0, 32, 48)


class Parrot:
    """Replies with what it was told to; keeps what was said, as lesson 20's adviser does."""

    def __init__(self) -> None:
        self.replies = {
            "a star ?": Reply("Perhaps <b>these</b>.", (4, 2), confidence=0.75),
            "its colour ?": Reply("red.", about=2, answer="red", confidence=0.5, box=BOX),
            "like it": Reply("These.", (1, 2), about=2),
            "who ?": Reply("I do not know.", about=2, confidence=0.0),
            "far": Reply("", (9,)),
            "odd": Reply("", confidence=float("nan")),
        }
        self.forget()

    def forget(self) -> None:
        self.state = SimpleNamespace(wanted={}, shown=(), said=[])

    def reply(self, text: str) -> Reply:
        self.state.said.append(text)
        if text == "zebra":
            raise ValueError("There is\nno zebra.")
        reply = self.replies[text]
        if reply.shown:
            self.state.shown, self.state.wanted = reply.shown, {"kind": "star", "limit": "9"}
        return reply


@pytest.fixture(scope="module")
def shop() -> Catalogue:
    return make_catalogue(5, seed=0)


@pytest.fixture
def desk(shop: Catalogue) -> AdviserDesk:
    return AdviserDesk(Parrot(), shop.pictures, shop.cards)


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure open between tests."""
    yield
    plt.close("all")


def heard(desk: AdviserDesk, **told: object) -> None:
    """Send what the page would send."""
    desk._handle_custom_msg(told, [])


# ---------------------------------------------------------------------------- what is typed


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("Do you have a RED star?", "do you have a red star ?"),
        ("At most 9, please.", "at most 9 , please ."),
        ("  isn’t\tit ?", "isn't it ?"),
    ],
)
def test_a_message_is_tidied(typed: str, known: str) -> None:
    assert tidied(typed) == known


@pytest.mark.parametrize(
    ("typed", "says"),
    [(" ", "Type a message first."), ("a" * (LONGEST + 1), "at most 300 letters, not 301")],
)
def test_no_message_and_too_long_a_message_are_refused(typed: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        tidied(typed)


# ---------------------------------------------------------------------------- a conversation


def test_a_turn_is_plain_data(desk: AdviserDesk) -> None:
    heard(desk, say="A star?")
    assert desk.turns == [
        {
            "said": "A star?",
            "reply": "Perhaps <b>these</b>.",
            "cards": [4, 2],
            "shown": [4, 2],
            "about": None,
            "answer": None,
            "confidence": 0.75,
            "box": None,
        }
    ]
    assert json.loads(json.dumps(desk.turns)) == desk.turns


def test_the_state_is_what_the_adviser_keeps(desk: AdviserDesk) -> None:
    assert desk.state == {"wanted": {}, "shown": [], "said": [], "more": {}}
    desk.say("A star?")
    wanted = {"kind": "star", "limit": "9"}
    assert desk.state == {"wanted": wanted, "shown": [4, 2], "said": ["a star ?"], "more": {}}


def test_whatever_else_a_state_holds_is_shown_too() -> None:
    adviser = SimpleNamespace(state=SimpleNamespace(wanted={}, shown=(), said=[], taste=["blue"]))
    assert state_of(adviser)["more"] == {"taste": "['blue']"}


def test_an_adviser_without_a_state_has_none_to_show(shop: Catalogue) -> None:
    always = SimpleNamespace(reply=lambda text: Reply("", (0,)), forget=lambda: None)
    desk = AdviserDesk(always, shop.pictures, shop.cards)
    desk.say("hello")
    assert desk.state == {} and desk.turns[0]["shown"] == [0]


def test_an_answer_shows_the_card_that_it_is_about_and_where(desk: AdviserDesk) -> None:
    desk.say("its colour ?")
    assert desk.turns[0]["cards"] == [2] and desk.turns[0]["box"] == list(BOX)
    desk.say("like it")
    assert desk.turns[1]["cards"] == [1, 2]
    desk.say("who ?")
    assert desk.turns[2]["box"] is None and desk.turns[2]["confidence"] == 0


def test_only_cards_that_are_seen_are_sent_and_never_what_is_true(
    desk: AdviserDesk, shop: Catalogue
) -> None:
    assert desk._cards == {}
    desk.say("a star ?")
    assert set(desk._cards) == {"2", "4"}
    card = desk._cards["4"]
    assert set(card) == {"title", "price", "picture", "size"}
    assert (card["title"], card["price"]) == (shop.cards[4].title, shop.cards[4].price)
    assert card["picture"].startswith("data:image/png;base64,") and card["size"] == [64, 64]


@pytest.mark.parametrize("by_page", [True, False])
def test_forget_deletes_all(desk: AdviserDesk, by_page: bool) -> None:
    for text in ("a star ?", "zebra"):
        desk.say(text)
    heard(desk, forget=True) if by_page else desk.forget()
    assert (desk.turns, desk._cards, desk.error) == ([], {}, "")
    assert desk.state == {"wanted": {}, "shown": [], "said": [], "more": {}}


def test_a_new_customer_comes_to_the_desk(shop: Catalogue) -> None:
    adviser = Parrot()
    adviser.reply("a star ?")
    assert AdviserDesk(adviser, shop.pictures, shop.cards).state["said"] == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Type a message first."),
        ("zebra", "There is no zebra."),
        ("unknown", "The adviser broke off: KeyError: 'unknown'."),
        ("far", "The reply names card 9, but there are cards 0 to 4."),
        ("odd", "The reply's confidence is nan: that is no number."),
    ],
)
def test_what_fails_is_a_sentence_and_what_was_said_stays(
    desk: AdviserDesk, text: str, says: str
) -> None:
    desk.say("its colour ?")
    desk.say(text)
    assert desk.error == says and len(desk.turns) == 1
    assert desk.state["said"] == ["its colour ?", *([text] if text else [])]  # kept all the same
    desk.say("its colour ?")
    assert desk.error == "" and len(desk.turns) == 2


def test_nonsense_from_the_page_is_not_heard(desk: AdviserDesk) -> None:
    for told in ({}, {"say": 3}, {"other": "a star ?"}):
        heard(desk, **told)
    assert desk.turns == [] and desk.error == ""


def test_as_many_pictures_as_cards_are_asked_for(shop: Catalogue) -> None:
    with pytest.raises(ValueError, match="5 cards need as many pictures, not 4"):
        AdviserDesk(Parrot(), shop.pictures[:4], shop.cards)


def test_it_says_what_it_is(desk: AdviserDesk) -> None:
    assert repr(desk) == "Adviser's desk in a shop of 5 postcards, live in a running notebook"


def test_the_page_has_the_colours_of_the_course() -> None:
    css = str(AdviserDesk._css)
    assert f"--mm-key: {plots.KEY};" in css and f"--mm-text: {plots.TEXT};" in css


# ---------------------------------------------------------------------------- the static twin


def test_the_figure_has_a_row_for_each_message(shop: Catalogue) -> None:
    figure = plots.adviser_desk(Parrot(), shop.pictures, shop.cards, ["A star?", "its colour ?"])
    assert len(figure.axes) == 2 * 4  # said, two cards, kept
    titles = [axes.get_title().replace("\n", " ") for axes in figure.axes if axes.get_title()]
    of = [f"{card.title}, {card.price}" for card in shop.cards]
    assert titles == [of[4], of[2], of[2]]
    kept = [axes.texts[0].get_text() for axes in figure.axes[3::4]]
    assert kept == [f"kind: star\nlimit: 9\nmessages kept: {count}" for count in (1, 2)]
    frames = [axes.patches[0].get_bbox().bounds for axes in figure.axes if axes.patches]
    assert frames == [(15.5, -0.5, 16, 48)]


def test_the_figure_is_said(shop: Catalogue) -> None:
    figure = plots.adviser_desk(Parrot(), shop.pictures, shop.cards, ["its\ncolour ?"])
    card = shop.cards[2]
    assert figure.description == (
        f"“its colour ?”: red. (sure: 0.500); cards: {card.title}, {card.price}; "
        "nothing wanted; messages kept: 1."
    )


def test_letters_of_formulas_are_letters(shop: Catalogue) -> None:
    adviser = Parrot()
    adviser.replies["$x$ ?"] = Reply("$\\frac$")
    figure = plots.adviser_desk(adviser, shop.pictures, shop.cards, ["$x$ ?"])
    figure.canvas.draw()
    assert "$x$" in figure.axes[0].texts[0].get_text()


def test_a_dialogue_of_nothing_is_refused(shop: Catalogue) -> None:
    with pytest.raises(ValueError, match="at least one message"):
        plots.adviser_desk(Parrot(), shop.pictures, shop.cards, [])


def test_the_figure_raises_what_the_adviser_raises(shop: Catalogue) -> None:
    with pytest.raises(ValueError, match="no zebra"):
        said_to(Parrot(), "zebra", 5)
