"""The bug bench in a real browser: the chosen bug is what is painted, said and scored."""

from collections.abc import Iterator

import pytest

pytest.importorskip("playwright", reason="playwright is not installed: pip install mmtutor[test]")
from playwright.sync_api import Locator, expect

from tests.browser.page import IN_A_BROWSER, NotebookPage, widget_page

pytestmark = IN_A_BROWSER

GIVEN = """
import torch
from mmtutor.plots import BugCase, Scores
from mmtutor.widgets import BugBench
red, sound = torch.zeros(3, 8, 8), torch.linspace(0, 1, 12).reshape(4, 3)
red[0] = 1
colour = {"colour": Scores(0.25, 1.0, 0.5, 0.75), "<i>row</i>": Scores(0.3, 1.0, 1.0, 1.0)}
loud, quiet = {"thing": Scores(0.2, 1, 0.4, 1)}, {"thing": Scores(0.2, 1, 0.99, 1)}
gone = {"digit": Scores(0.1, 1, 0.1, 0.1)}
bench = BugBench([
    BugCase("text", "<b>left</b>", "In front.", ["a", "·"], ["·", "a"], loud),
    BugCase("text", "no mask", "Read.", ["a", "·"], ["a", "·"], quiet),
    BugCase("picture", "swapped", "Red is blue.", red, red.flip(0), colour, "a blue <u>star</u>"),
    BugCase("sound", "log of 0", "Nothing is added.", sound, sound.log(), gone),
])
bench
"""
ASK = "print(bench.case)"
SET = "bench.case = 3; print('moved')"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotebookPage]:
    """The notebook with a bench, run from top to bottom."""
    folder = tmp_path_factory.mktemp("notebooks")
    with widget_page(folder, (GIVEN, ASK, SET), ".mm-bench") as opened:
        yield opened


@pytest.fixture
def bench(page: NotebookPage) -> Locator:
    """The bench at its first bug."""
    one = page.tab.locator(".mm-bench")
    one.scroll_into_view_if_needed()
    choose(one, "modality", 0)
    choose(one, "bug of text", 0)
    return one


def choose(bench: Locator, group: str, place: int) -> None:
    bench.get_by_role("radiogroup", name=group).get_by_role("radio").nth(place).click()


def pixel(bench: Locator, side: int, x: int, y: int) -> list[int]:
    """A colour of the right picture (0) or of the bugged one (1)."""
    read = "(c, at) => [...c.getContext('2d').getImageData(...at, 1, 1).data].slice(0, 3)"
    return bench.locator("canvas").nth(side).evaluate(read, [x, y])


def test_a_modality_shows_its_bugs_and_the_first_of_them(bench: Locator) -> None:
    expect(bench.get_by_role("radiogroup", name="bug of text")).to_be_visible()
    choose(bench, "modality", 1)
    expect(bench.get_by_role("radiogroup", name="bug of text")).to_be_hidden()
    expect(bench.get_by_role("radio", name="swapped")).to_have_attribute("aria-checked", "true")
    expect(bench.locator(".mm-says")).to_have_text("Red is blue.")


def test_tokens_stand_side_by_side_and_those_that_moved_are_marked(bench: Locator) -> None:
    """A name is text, not HTML."""
    expect(bench.locator(".mm-title").last).to_have_text("with the bug: <b>left</b>")
    expect(bench.locator(".mm-view").first.locator(".mm-token")).to_have_text(["a", "·"])
    expect(bench.locator(".mm-view").last.locator(".mm-token")).to_have_text(["·", "a"])
    expect(bench.locator(".mm-marked")).to_have_count(2)
    choose(bench, "bug of text", 1)
    expect(bench.locator(".mm-marked")).to_have_count(0)
    expect(bench.locator(".mm-sentence")).to_contain_text("silent")


def test_pictures_are_painted_right_and_bugged(bench: Locator) -> None:
    choose(bench, "modality", 1)
    expect(bench.locator("canvas")).to_have_count(2)
    assert pixel(bench, 0, 3, 3) == [255, 0, 0] and pixel(bench, 1, 3, 3) == [0, 0, 255]
    says = "The model that was trained right says: a blue <u>star</u>"
    expect(bench.locator(".mm-said").last).to_have_text(says)
    expect(bench.get_by_role("img", name="picture, right")).to_be_visible()


def test_what_is_no_number_is_seen_in_a_sound(bench: Locator) -> None:
    choose(bench, "modality", 2)
    expect(bench.locator(".mm-numbers").last).to_contain_text("1 of 12 are no finite numbers")
    assert pixel(bench, 1, 0, 2) == [204, 0, 102]  # first frame, lowest band: log of 0
    assert pixel(bench, 0, 0, 2) != [204, 0, 102]


def test_bars_are_as_long_as_their_numbers(bench: Locator) -> None:
    choose(bench, "modality", 1)
    rows = bench.locator(".mm-scores tbody tr")
    expect(rows.first.locator("th")).to_have_text("colour")
    expect(rows.last.locator("th")).to_have_text("<i>row</i>")
    expect(rows.first.locator(".mm-value")).to_have_text(["100 %", "50 %", "75 %"])
    for place, share in enumerate((1.0, 0.5, 0.75)):
        track = rows.first.locator(".mm-track").nth(place)
        wide = track.bounding_box()["width"]
        bench.page.wait_for_timeout(200)  # bars take a moment to grow
        bar = track.locator(".mm-bar").bounding_box()["width"]
        guess = track.locator(".mm-chance").bounding_box()["x"] - track.bounding_box()["x"]
        assert abs(bar - share * wide) < 2 and abs(guess - 0.25 * wide) < 2


def test_the_keyboard_is_enough_and_a_screen_reader_hears(bench: Locator) -> None:
    first = bench.get_by_role("radiogroup", name="bug of text").get_by_role("radio").first
    first.focus()
    first.press("ArrowRight")
    second = bench.get_by_role("radio", name="no mask")
    expect(second).to_be_focused()
    expect(second).to_have_attribute("aria-checked", "true")
    expect(bench.locator(".mm-sentence")).to_have_attribute("aria-live", "polite")
    bench.page.keyboard.press("Home")
    expect(first).to_have_attribute("aria-checked", "true")


def test_python_and_page_share_their_state(page: NotebookPage, bench: Locator) -> None:
    choose(bench, "modality", 1)
    assert page.run_cell(ASK) == "2"
    assert page.run_cell(SET) == "moved"
    expect(bench.locator(".mm-says")).to_have_text("Nothing is added.")


def test_nothing_left_the_machine_and_no_script_failed(page: NotebookPage) -> None:
    """After everything above: no request to elsewhere, no error on the page."""
    assert page.outside == []
    assert page.errors == []
