"""The report card in a real browser: filtered, ordered and opened, by mouse and by keys alone."""

from collections.abc import Iterator

import pytest

pytest.importorskip("playwright", reason="playwright is not installed: pip install mmtutor[test]")
from playwright.sync_api import Locator, expect

from tests.browser.page import IN_A_BROWSER, NotebookPage, widget_page

pytestmark = IN_A_BROWSER

GIVEN = """
from types import SimpleNamespace
from mmtutor.datasets.exam import Item
from mmtutor.metrics.intervals import Interval, wilson
from mmtutor.widgets import ReportCard

scene = {"things": [["star", "red", 20, 8, 0]]}
film = {"seed": 7, "count": 2, "number": 1}
shows = {"presence": ("scene", scene), "place": ("scene", scene), "time": ("film", film)}
items = [
    Item(f"{d} {n}", d, "exists", f"is it <b>{d}</b> {n} ?", "yes", ("no", "yes"), *shows[d])
    for d, count in (("presence", 4), ("place", 4), ("time", 2)) for n in range(count)
]
card = {
    "sees": {"presence": wilson(2, 4), "place": wilson(4, 4)},
    "<b>guesses</b>": {"presence": wilson(2, 4), "place": wilson(1, 4), "time": wilson(0, 2)},
}
outcomes = {"sees": "rw-rrrrr..", "<b>guesses</b>": "rrwwrwwww?"}
said = {"sees": {"presence 1": "<i>no</i>"}}
lines = {"chance": {"presence": 0.5, "place": 0.25}}
spoilt = {"noise": {"sees": {0: wilson(9, 10), 0.25: wilson(4, 10)}}}
desk = ReportCard(card, items, outcomes, said, lines, spoilt)

def back():
    desk.rows, desk.order, desk.alone, desk.opened = "dimensions", "exam", False, []
    desk.models, desk.dimensions = ["sees", "<b>guesses</b>"], ["presence", "place", "time"]
    desk.between = ["sees", "<b>guesses</b>"]

desk
"""
ASK = "print(desk.models, desk.dimensions, desk.order, desk.rows, desk.opened, desk.page)"
SET = "back(); print('put back')"
MOVE = "desk.opened = ['sees', 'presence']; desk.page = 1; print('moved')"
ADD = """
mark = SimpleNamespace(item=items[0], reply=SimpleNamespace(text="yes"), outcome="right")
desk.add("mine", [mark]); print("added")
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotebookPage]:
    """The notebook with a report card, run from top to bottom."""
    folder = tmp_path_factory.mktemp("notebooks")
    with widget_page(folder, [GIVEN, ASK, SET, MOVE, ADD], ".mm-reportcard") as opened:
        yield opened


@pytest.fixture
def desk(page: NotebookPage) -> Locator:
    """The report card as it was at first."""
    assert page.run_cell(SET) == "put back"
    one = page.tab.locator(".mm-reportcard")
    one.scroll_into_view_if_needed()
    expect(one.locator(".mm-items")).to_have_count(0)
    expect(dots(one).first).to_be_visible()
    return one


def dots(desk: Locator) -> Locator:
    return desk.locator(".mm-dot")


def dot(desk: Locator, model: str, row: str) -> Locator:
    return desk.get_by_role("button", name=f"{model}, {row}:")


def rows(desk: Locator) -> list[str]:
    """The names of the rows, from top to bottom."""
    return desk.locator(".mm-chart .mm-row:not(.mm-axis) .mm-name").all_inner_texts()


def status(desk: Locator) -> Locator:
    return desk.get_by_role("status")


def test_a_row_for_each_dimension_a_dot_for_each_model(desk: Locator) -> None:
    assert rows(desk) == ["presence", "place", "time"]
    expect(dots(desk)).to_have_count(5)
    expect(desk.get_by_role("group", name="presence, chance 50 %")).to_be_visible()
    label = dot(desk, "sees", "place").get_attribute("aria-label")
    assert label == "sees, place: 100 %, 51 % to 100 %; failed 0 of 4"


def test_dots_and_intervals_stand_on_one_axis(desk: Locator) -> None:
    box = desk.locator(".mm-chart .mm-lanes").nth(1).bounding_box()
    for model, row, share in (("sees", "presence", 0.5), ("sees", "place", 1.0)):
        one = dot(desk, model, row).bounding_box()
        assert one["x"] + one["width"] / 2 == pytest.approx(box["x"] + share * box["width"], abs=1)
    reach = desk.locator(".mm-reach").first.bounding_box()
    assert reach["x"] == pytest.approx(box["x"] + 0.15 * box["width"], abs=2)
    assert reach["x"] + reach["width"] == pytest.approx(box["x"] + 0.85 * box["width"], abs=2)


def test_models_and_dimensions_are_chosen(page: NotebookPage, desk: Locator) -> None:
    desk.get_by_role("checkbox", name="<b>guesses</b>").uncheck()
    expect(dots(desk)).to_have_count(2)
    desk.locator("summary", has_text="dimensions: 3 of 3").click()
    desk.get_by_role("checkbox", name="place").uncheck()
    expect(status(desk)).to_contain_text("1 of 3 models in 2 of 3 dimensions")
    assert rows(desk) == ["presence", "time"]
    shown = page.run_cell(ASK)
    assert shown.startswith("['sees'] ['presence', 'time'] exam")
    desk.get_by_role("button", name="no models").click()
    expect(status(desk)).to_contain_text("No model is chosen.")
    desk.locator("summary", has_text="dimensions: 2 of 3").click()


def test_rows_are_ordered_by_the_gap_of_two_models(desk: Locator) -> None:
    order = desk.get_by_role("combobox", name="order")
    order.select_option("gap")
    expect(status(desk)).to_contain_text("from +75.0 points in place to +0.0 in presence.")
    assert rows(desk) == ["place +75.0", "presence +0.0", "time no gap"]
    desk.get_by_role("combobox", name="gap of").select_option("<b>guesses</b>")
    desk.get_by_role("combobox", name="over").select_option("sees")
    expect(status(desk)).to_contain_text("from +0.0 points in presence to −75.0 in place.")


def test_a_click_shows_what_was_failed_one_by_one(desk: Locator) -> None:
    dot(desk, "sees", "presence").click()
    items = desk.locator(".mm-items")
    expect(items).to_contain_text("“sees” failed 2 of 4 items in presence. This is number 1.")
    expect(items.locator(".mm-question")).to_have_text("is it <b>presence</b> 1 ?")
    expect(items).to_contain_text("Right: “yes”.It said: “<i>no</i>” (wrong).")
    expect(items.get_by_role("img", name="a scene with red star")).to_be_visible()
    pixel = "c => [...c.getContext('2d').getImageData(1, 1, 1, 1).data]"
    assert min(items.locator("canvas").evaluate(pixel)) > 200  # the paper is white
    items.get_by_role("button", name="next").click()
    expect(items).to_contain_text("is it <b>presence</b> 2 ?")
    expect(items).to_contain_text("It refused to answer.")
    expect(items.get_by_role("button", name="next")).to_have_attribute("aria-disabled", "true")
    items.get_by_role("button", name="previous").click()
    expect(items).to_contain_text("This is number 1.")
    items.get_by_role("button", name="close").click()
    expect(items).to_have_count(0)
    expect(dot(desk, "sees", "presence")).to_be_focused()


def test_of_two_models_only_what_the_other_has_right(desk: Locator) -> None:
    desk.get_by_role("combobox", name="order").select_option("gap")
    desk.get_by_role("checkbox", name="only what the other").check()
    dot(desk, "sees", "presence").click()
    expect(desk.locator(".mm-items")).to_contain_text(
        "failed 2 of 4 items in presence; 1 of them “<b>guesses</b>” has right. This is number 1."
    )


def test_a_model_that_failed_nothing_says_so_and_films_are_frames(desk: Locator) -> None:
    dot(desk, "sees", "place").click()
    expect(desk.locator(".mm-items")).to_contain_text("failed none of 4 items in place.")
    expect(desk.get_by_role("button", name="next")).to_be_hidden()
    dot(desk, "<b>guesses</b>", "time").click()
    expect(desk.locator(".mm-items canvas")).to_have_count(8)
    expect(desk.get_by_role("img", name="frame 8 of 8")).to_be_visible()
    expect(desk.locator(".mm-items")).to_contain_text("was wrong; what it said is not kept.")


def test_strengths_of_noise_are_rows_with_spoilt_pictures(desk: Locator) -> None:
    desk.get_by_role("combobox", name="rows").select_option("noise")
    expect(status(desk)).to_contain_text("Pictures changed (noise): 2 rows, 1 model.")
    assert rows(desk) == ["0", "0.25"]
    dot(desk, "sees", "noise 0.25").click()
    expect(desk.locator(".mm-items")).to_contain_text("noise 0.25, picture 1 of 8.")
    expect(desk.locator(".mm-items canvas")).to_have_count(1)


def test_the_keyboard_is_enough(page: NotebookPage, desk: Locator) -> None:
    """Tab comes to the dots once; arrows walk, Enter opens, Page Down turns, Escape closes."""
    keys = page.tab.keyboard
    desk.get_by_role("combobox", name="order").focus()
    keys.press("Tab")
    keys.press("Home")
    expect(dot(desk, "sees", "presence")).to_be_focused()
    keys.press("ArrowRight")
    expect(dot(desk, "sees", "place")).to_be_focused()
    keys.press("ArrowUp")
    expect(dot(desk, "<b>guesses</b>", "presence")).to_be_focused()
    keys.press("Enter")
    expect(status(desk)).to_contain_text("“<b>guesses</b>” failed 2 of 4 items in presence.")
    keys.press("PageDown")
    expect(status(desk)).to_contain_text("This is number 2. is it <b>presence</b> 3 ?")
    keys.press("Tab")
    expect(desk.get_by_role("button", name="previous")).to_be_focused()
    keys.press("Enter")
    expect(status(desk)).to_contain_text("This is number 1.")
    keys.press("Escape")
    expect(dot(desk, "<b>guesses</b>", "presence")).to_be_focused()
    assert page.run_cell(ASK).endswith("exam dimensions [] 0")


def test_the_page_follows_python(page: NotebookPage, desk: Locator) -> None:
    assert page.run_cell(MOVE) == "moved"
    expect(desk.locator(".mm-items")).to_contain_text("is it <b>presence</b> 2 ?")
    expect(dot(desk, "sees", "presence")).to_have_attribute("aria-expanded", "true")


def test_names_and_texts_are_text_not_html(desk: Locator) -> None:
    dot(desk, "sees", "presence").click()
    expect(desk.locator(".mm-items")).to_contain_text("<i>no</i>")
    assert desk.locator("b, i").count() == 0
    expect(desk).to_have_attribute("aria-label", "report card")
    expect(status(desk)).to_have_attribute("aria-live", "polite")


def test_nothing_flows_over_on_a_telephone(desk: Locator) -> None:
    dot(desk, "<b>guesses</b>", "time").click()
    desk.evaluate("e => { e.style.width = '360px'; }")
    right = """e => Math.max(...[...e.querySelectorAll(":not(.mm-unseen)")]
        .map(x => x.getBoundingClientRect().right)) - e.getBoundingClientRect().right"""
    assert desk.evaluate(right) <= 0
    names, lanes = (
        desk.locator(f".mm-row .mm-{x}").nth(1).bounding_box() for x in ("name", "lanes")
    )
    assert names["y"] + names["height"] <= lanes["y"]  # the name stands above its dots
    desk.evaluate("e => { e.style.width = ''; }")


def test_own_marks_join_the_others(page: NotebookPage, desk: Locator) -> None:
    expect(desk.get_by_role("checkbox", name="mine")).not_to_be_checked()
    assert page.run_cell("desk.add(") == "added"
    expect(desk.get_by_role("checkbox", name="mine")).to_be_checked()
    expect(dot(desk, "mine", "presence")).to_be_visible()


def test_the_page_asks_nobody_and_complains_of_nothing(page: NotebookPage) -> None:
    assert page.outside == []
    assert page.errors == []
