"""The adviser's desk in a real browser: asked, looked at and forgotten, by mouse and by keys."""

from collections.abc import Iterator

import pytest

pytest.importorskip("playwright", reason="playwright is not installed: pip install mmtutor[test]")
from playwright.sync_api import Locator, expect

from tests.browser.page import IN_A_BROWSER, NotebookPage, widget_page

pytestmark = IN_A_BROWSER

GIVEN = """
from types import SimpleNamespace
from mmtutor.datasets.dialogues import Reply, make_catalogue
from mmtutor.widgets import AdviserDesk

shop = make_catalogue(4, seed=0)
cards = [one._replace(title=f"<i>card</i> {n}", price=n + 3) for n, one in enumerate(shop.cards)]
replies = {
    "a star ?": Reply("Perhaps <b>these</b>.", (3, 1), confidence=0.75),
    "its colour ?": Reply("red.", about=1, answer="red", confidence=0.987, box=(16, 32, 32, 64)),
}

class Parrot:
    def forget(self):
        self.state = SimpleNamespace(wanted={}, shown=(), said=[])

    def reply(self, text):
        if text == "zebra":
            raise ValueError("There is no <b>zebra</b>.")
        self.state.said.append(text)
        reply = replies[text]
        if reply.shown:
            self.state.shown, self.state.wanted = reply.shown, {"kind": "star", "limit": "9"}
        return reply

desk = AdviserDesk(Parrot(), shop.pictures, cards)
desk
"""
ASK = "print(len(desk.turns), desk.state['said'], len(desk._cards))"
SET = "desk.forget(); print('put back')"
SAY = "desk.say('A star?'); print('said')"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotebookPage]:
    """The notebook with a desk, run from top to bottom."""
    folder = tmp_path_factory.mktemp("notebooks")
    with widget_page(folder, [GIVEN, ASK, SET, SAY], ".mm-adviser") as opened:
        yield opened


@pytest.fixture
def desk(page: NotebookPage) -> Locator:
    """The desk before a new customer."""
    assert page.run_cell(SET) == "put back"
    one = page.tab.locator(".mm-adviser")
    one.scroll_into_view_if_needed()
    expect(one.locator(".mm-turn")).to_have_count(0)
    expect(one.get_by_role("status")).to_have_text("Nothing of you is kept.")
    box(one).fill("")
    return one


def box(desk: Locator) -> Locator:
    return desk.get_by_role("textbox", name="your message")


def typed(desk: Locator, text: str) -> None:
    box(desk).fill(text)
    box(desk).press("Enter")


def test_a_message_is_answered_with_cards(page: NotebookPage, desk: Locator) -> None:
    typed(desk, "A star?")
    turn = desk.get_by_role("log").locator(".mm-turn")
    expect(turn.locator(".mm-said")).to_have_text("you: A star?")
    expect(turn.locator(".mm-reply")).to_have_text("adviser: Perhaps <b>these</b>.")
    expect(turn.locator(".mm-sure")).to_have_text("how sure: 0.750")
    captions = turn.locator("figcaption")
    expect(captions).to_have_text(["first<i>card</i> 3price 6", "second<i>card</i> 1price 4"])
    picture = turn.get_by_role("img", name="picture of <i>card</i> 3")
    assert picture.evaluate("one => one.naturalWidth") == 64
    expect(box(desk)).to_have_value("")
    assert page.run_cell(ASK) == "1 ['a star ?'] 2"


def test_the_same_message_twice_is_two_messages(desk: Locator) -> None:
    for count in (1, 2):
        typed(desk, "a star ?")
        expect(desk.locator(".mm-turn")).to_have_count(count)


def test_evidence_is_framed_on_its_card(desk: Locator) -> None:
    typed(desk, "a star ?")
    typed(desk, "its colour ?")
    turn = desk.locator(".mm-turn").nth(1)
    expect(turn.locator("figcaption")).to_have_text(["about this one<i>card</i> 1price 4"])
    frame = turn.get_by_role("img", name="the answer was seen here: 16 to 32 pixels from the left")
    place, whole = frame.bounding_box(), turn.locator("img").bounding_box()
    left, top = ((place[side] - whole[side]) / whole["width"] for side in ("x", "y"))
    assert left == pytest.approx(0.25, abs=0.02) and top == pytest.approx(0.5, abs=0.02)
    assert place["height"] / whole["height"] == pytest.approx(0.5, abs=0.02)
    expect(desk.locator(".mm-frame")).to_have_count(1)


def test_the_state_stands_beside(desk: Locator) -> None:
    typed(desk, "a star ?")
    state = desk.get_by_role("group", name="what the adviser keeps of you")
    expect(state.locator("dt")).to_have_text(["kind", "limit"])
    expect(state.locator("dd")).to_have_text(["star", "9"])
    expect(state.locator("figcaption .mm-soft")).to_have_text(["first", "second"])
    expect(state.locator("li")).to_have_text(["a star ?"])
    expect(desk.get_by_role("status")).to_have_text("1 message")


def test_forget_me_deletes_all(page: NotebookPage, desk: Locator) -> None:
    typed(desk, "a star ?")
    expect(desk.locator(".mm-turn")).to_have_count(1)
    desk.get_by_role("button", name="forget me").click()
    expect(desk.locator(".mm-turn")).to_have_count(0)
    expect(desk.get_by_role("status")).to_have_text("Nothing of you is kept.")
    expect(desk.locator("dt, li, figure")).to_have_count(0)
    assert page.run_cell(ASK) == "0 [] 0"


def test_what_fails_is_said_and_can_be_mended(desk: Locator) -> None:
    typed(desk, "zebra")
    expect(desk.get_by_role("alert")).to_have_text("There is no <b>zebra</b>.")
    expect(box(desk)).to_have_value("zebra")
    expect(desk.locator(".mm-turn")).to_have_count(0)
    typed(desk, "?")
    expect(desk.get_by_role("alert")).to_have_text("The adviser broke off: KeyError: '?'.")
    typed(desk, "a star ?")
    expect(desk.get_by_role("alert")).to_have_text("")


def test_the_keyboard_is_enough(desk: Locator) -> None:
    keys = desk.page.keyboard
    desk.get_by_role("log").focus()
    keys.press("Tab")
    expect(box(desk)).to_be_focused()
    keys.type("a star ?")
    keys.press("Tab")
    keys.press("Enter")
    expect(desk.locator(".mm-turn")).to_have_count(1)
    keys.press("Tab")
    expect(desk.get_by_role("button", name="forget me")).to_be_focused()
    keys.press("Space")
    expect(desk.locator(".mm-turn")).to_have_count(0)


def test_the_page_follows_python_and_texts_are_texts(page: NotebookPage, desk: Locator) -> None:
    assert page.run_cell(SAY) == "said"
    expect(desk.locator(".mm-turn")).to_have_count(1)
    assert desk.locator(".mm-turn b, .mm-turn i, .mm-state i, .mm-error b").count() == 0


def test_the_last_turn_is_in_view(desk: Locator) -> None:
    for count in range(1, 5):
        typed(desk, "a star ?")
        expect(desk.locator(".mm-turn")).to_have_count(count)
    log, last = desk.get_by_role("log").bounding_box(), desk.locator(".mm-said").last.bounding_box()
    assert log["y"] <= last["y"] <= log["y"] + log["height"]


def test_nothing_sticks_out_of_a_narrow_page(desk: Locator) -> None:
    typed(desk, "a star ?")
    expect(desk.locator(".mm-turn")).to_have_count(1)
    out = """(desk, wide) => {
        desk.style.width = `${wide}px`;
        const edge = desk.getBoundingClientRect().right;
        const over = [...desk.querySelectorAll("*")].filter(
            (one) => one.getBoundingClientRect().right > edge + 1).map((one) => one.className);
        desk.style.width = "";
        return over;
    }"""
    for wide in (390, 300):
        assert desk.evaluate(out, wide) == []


def test_the_page_asks_nobody_and_complains_of_nothing(page: NotebookPage) -> None:
    assert page.outside == []
    assert page.errors == []
