"""The drawing desk in a real browser: what is typed and dragged is drawn and said."""

from collections.abc import Iterator

import pytest

pytest.importorskip("playwright", reason="playwright is not installed: pip install mmtutor[test]")
from playwright.sync_api import Locator, expect

from tests.browser.page import IN_A_BROWSER, NotebookPage, widget_page

pytestmark = IN_A_BROWSER

CELL = """
import torch
from mmtutor.widgets import DrawingDesk
def draw(first, second, between, guidance, steps, seed):
    if first == "<b>unicorn</b>":
        raise ValueError("no caption has the word “<b>unicorn</b>”")
    shades = (torch.linspace(0, 200, steps + 1) + 10 * seed + 20 * between).byte()
    return shades.view(-1, 1, 1, 1).expand(-1, 3, 4, 4)
desk = DrawingDesk(draw, "g")
desk
"""
ASK = (
    "print(desk.first, desk.second, desk.between, desk.guidance, desk.steps, desk.seed, desk.time)"
)
SET = "desk.steps, desk.time = 4, 0.5; print('set')"
BACK = "desk.steps, desk.time = 16, 1.0; print('put back')"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotebookPage]:
    folder = tmp_path_factory.mktemp("notebooks")
    with widget_page(folder, [CELL, ASK, SET, BACK], ".mm-desk") as opened:
        yield opened


@pytest.fixture
def desk(page: NotebookPage) -> Locator:
    one = page.tab.locator(".mm-desk")
    one.scroll_into_view_if_needed()
    return one


def becomes(desk: Locator, brightness: int) -> bool:
    """Whether the first picture gets this brightness (0 to 255) as soon as Python has drawn."""
    read = "c => c.getContext('2d').getImageData(1, 1, 1, 1).data[0]"
    for _ in range(50):
        if desk.locator("canvas").first.evaluate(read) == brightness:
            return True
        desk.page.wait_for_timeout(100)
    return False


def test_the_last_moment_of_all_pictures_is_shown_first(desk: Locator) -> None:
    expect(desk.locator("canvas")).to_have_count(3)
    expect(desk.locator(".mm-text")).to_have_text(
        "3 drawings of “g”, guidance 1.50, 16 steps, at t = 1.00"
    )
    assert becomes(desk, 55)


def test_time_is_scrubbed_without_drawing_anew(desk: Locator) -> None:
    desk.get_by_role("slider", name="time").fill("0")
    expect(desk.locator(".mm-text")).to_contain_text("at t = 0.00")
    assert becomes(desk, 255)
    desk.get_by_role("slider", name="time").fill("1")


def test_captions_are_typed_and_shown_as_text(desk: Locator) -> None:
    line = desk.get_by_role("textbox", name="draw", exact=True)
    line.fill("<b>unicorn</b>")
    line.press("Enter")
    expect(desk.get_by_role("alert")).to_have_text("no caption has the word “<b>unicorn</b>”.")
    line.fill("k")
    line.press("Enter")
    expect(desk.get_by_role("alert")).to_have_text("")
    expect(desk.locator(".mm-text")).to_contain_text("drawings of “k”")


def test_a_second_caption_and_the_place_between(desk: Locator) -> None:
    other = desk.get_by_role("textbox", name="on the way to")
    other.fill("a")
    other.press("Enter")
    desk.get_by_role("slider", name="between").fill("0.5")
    expect(desk.locator(".mm-text")).to_contain_text("→ “a” (0.50)")
    assert becomes(desk, 45)


def test_the_keyboard_is_enough(page: NotebookPage, desk: Locator) -> None:
    steps = desk.get_by_role("slider", name="steps")
    steps.focus()
    steps.press("ArrowLeft")
    expect(steps).to_have_attribute("aria-valuetext", "15")
    dice = desk.get_by_role("button", name="other noise")
    dice.focus()
    dice.press("Enter")
    expect(desk.locator(".mm-text")).to_contain_text("15 steps")
    assert page.run_cell(ASK) == "k a 0.5 1.5 15 1 1.0"


def test_python_sets_what_the_page_shows(page: NotebookPage, desk: Locator) -> None:
    assert page.run_cell(SET) == "set"
    expect(desk.locator(".mm-text")).to_contain_text("4 steps, at t = 0.50")


def test_nothing_left_the_machine_and_no_script_failed(page: NotebookPage) -> None:
    assert page.outside == []
    assert page.errors == []
