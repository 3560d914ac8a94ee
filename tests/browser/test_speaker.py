"""The speaker in a real browser: typed into, played, stepped, dragged, by mouse and by keys."""

import re
from collections.abc import Callable, Iterator

import pytest

pytest.importorskip("playwright", reason="playwright is not installed: pip install mmtutor[test]")
from playwright.sync_api import Locator, expect

from tests.browser.page import IN_A_BROWSER, NotebookPage, widget_page

pytestmark = IN_A_BROWSER

GIVEN = """
import torch
from mmtutor.plots import Look, Said
from mmtutor.widgets import Speaker

def say(text, speed):
    if "zebra" in text:
        raise ValueError("It can say one, two: not 'zebra'.")
    steps = len(text) + 1
    mel = torch.arange(2.0 * steps).repeat(4, 1).T
    look = Look(torch.eye(steps), text, 0.1 / speed)
    return Said(mel, look, torch.sin(torch.arange(800 * steps) / 5), 8000, "one")

speaker = Speaker(say, "one two")
speaker
"""
ASK = "print(repr(speaker.text), round(speaker.speed, 2))"
SET = "speaker.text, speaker.speed = 'one two', 1.0; print('put back')"
MOVE = "speaker.text = '<b>e</b>'; print('moved')"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotebookPage]:
    """The notebook with a speaker, run from top to bottom."""
    folder = tmp_path_factory.mktemp("notebooks")
    with widget_page(folder, [GIVEN, ASK, SET, MOVE], ".mm-speaker") as opened:
        yield opened


@pytest.fixture
def speaker(page: NotebookPage) -> Locator:
    """The speaker as it was at first."""
    assert page.run_cell(SET) == "put back"
    one = page.tab.locator(".mm-speaker")
    one.scroll_into_view_if_needed()
    expect(one.locator(".mm-said")).to_contain_text("0.80 seconds; it looks at one, two.")
    expect(one.locator(".mm-now")).to_have_text("0.75 s: most at the end")
    return one


def comes_to(speaker: Locator, holds: Callable[[], bool]) -> bool:
    """Wait, at most five seconds, until something holds."""
    for _ in range(100):
        if holds():
            return True
        speaker.page.wait_for_timeout(50)
    return False


def typed(speaker: Locator, text: str) -> None:
    box = speaker.get_by_role("textbox", name="text to say")
    box.fill(text)
    box.press("Enter")


def drawn(speaker: Locator, name: str = "mm-look") -> int:
    """How many columns of a picture are drawn."""
    read = """c => [...Array(c.width).keys()].filter(
        x => c.getContext('2d').getImageData(x, 0, 1, 1).data[3] === 255).length"""
    return speaker.locator(f".{name}").evaluate(read)


def test_what_is_typed_is_said_and_shown(page: NotebookPage, speaker: Locator) -> None:
    typed(speaker, "two")
    expect(speaker.locator(".mm-said")).to_contain_text("0.40 seconds; it looks at two.")
    expect(speaker.locator(".mm-letters span")).to_have_text(["t", "w", "o", "end"])
    assert drawn(speaker) == 4 and drawn(speaker, "mm-mel") == 8
    assert page.run_cell(ASK) == "'two' 1.0"


def test_what_cannot_be_said_leaves_what_was(speaker: Locator) -> None:
    typed(speaker, "zebra")
    expect(speaker.get_by_role("alert")).to_have_text("It can say one, two: not 'zebra'.")
    expect(speaker.locator(".mm-said")).to_contain_text("it looks at one, two.")
    expect(speaker.get_by_role("textbox")).to_have_value("zebra")
    typed(speaker, "one")
    expect(speaker.get_by_role("alert")).to_have_text("")


def test_the_slider_changes_the_speed(page: NotebookPage, speaker: Locator) -> None:
    slider = speaker.get_by_role("slider", name="speed")
    slider.focus()
    for _ in range(6):
        speaker.page.keyboard.press("ArrowRight")
    expect(speaker.locator(".mm-value")).to_have_text("× 1.6")
    expect(speaker.locator(".mm-said")).to_contain_text("0.50 seconds")
    expect(slider).to_have_attribute("aria-valuetext", "1.6 times as fast")
    assert page.run_cell(ASK) == "'one two' 1.6"


def test_pictures_grow_while_it_plays(speaker: Locator) -> None:
    typed(speaker, "one two one two one two")
    expect(speaker.locator(".mm-said")).to_contain_text("2.40 seconds")
    speaker.locator(".mm-play").click()
    seen = set()
    comes_to(speaker, lambda: seen.add(drawn(speaker)) or len(seen) > 4)
    assert len(seen) > 4 and min(seen) < 12
    expect(speaker.locator(".mm-play")).to_have_text("play")
    assert drawn(speaker) == 24


def test_arrows_step_and_space_plays(speaker: Locator) -> None:
    picture = speaker.locator(".mm-look")
    picture.focus()
    for _ in range(3):
        picture.press("ArrowLeft")
    expect(speaker.locator(".mm-now")).to_have_text("0.45 s: most at t")
    expect(speaker.locator(".mm-here")).to_have_text("t")
    assert drawn(speaker) == 5 and drawn(speaker, "mm-mel") == 10
    picture.press("ArrowLeft")
    expect(speaker.locator(".mm-now")).to_have_text("0.35 s: most at the space")
    picture.press("Space")
    expect(speaker.locator(".mm-play")).to_have_text("stop")
    expect(speaker.locator(".mm-now")).to_have_text("0.75 s: most at the end")
    expect(speaker.locator(".mm-play")).to_have_text("play")


def test_tab_goes_through_everything(speaker: Locator) -> None:
    speaker.get_by_role("textbox").focus()
    for part in (".mm-play", ".mm-speed", ".mm-look"):
        speaker.page.keyboard.press("Tab")
        expect(speaker.locator(part)).to_be_focused()


def test_the_page_follows_python_and_letters_are_text(page: NotebookPage, speaker: Locator) -> None:
    assert page.run_cell(MOVE) == "moved"
    expect(speaker.get_by_role("textbox")).to_have_value("<b>e</b>")
    expect(speaker.locator(".mm-letters span").first).to_have_text("<")
    assert speaker.locator("b").count() == 0


def test_a_screen_reader_hears_names_and_values(speaker: Locator) -> None:
    expect(speaker).to_have_attribute("aria-label", "speaker")
    named = re.compile("attention of letters over time; it looks at one, two. Left and right")
    expect(speaker.get_by_role("img", name=named)).to_be_visible()
    expect(speaker.get_by_role("status")).to_have_attribute("aria-live", "polite")


def test_the_page_asks_nobody_and_complains_of_nothing(page: NotebookPage) -> None:
    assert page.outside == []
    assert page.errors == []
