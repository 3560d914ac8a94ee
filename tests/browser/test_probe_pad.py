"""The probe pad in a real browser: what is typed or pressed is what is learnt from."""

from collections.abc import Iterator

import pytest

pytest.importorskip("playwright", reason="playwright is not installed: pip install mmtutor[test]")
from playwright.sync_api import Locator, expect

from tests.browser.page import IN_A_BROWSER, NotebookPage, widget_page

pytestmark = IN_A_BROWSER

GIVEN = """
import torch
from mmtutor.plots import Shelf
from mmtutor.widgets import ProbePad

count = 60
pictures = torch.zeros(count, 3, 32, 32, dtype=torch.uint8)
pictures[:, 0] = torch.arange(count, dtype=torch.uint8).view(-1, 1, 1) * 4
names = ("<b>bold</b>", *(f"thing {place}" for place in range(1, count)))
symbols = tuple(chr(0x1F600 + place) for place in range(count))
features = torch.linspace(0, 1, count).unsqueeze(1)

def learn(known, labels, things):
    means = torch.stack([known[labels == label].mean(0) for label in labels.unique()])
    return (-5 * torch.cdist(things, means) ** 2).softmax(dim=1)

pad = ProbePad(Shelf(pictures, symbols, names, features), learn, ("thing 1", "thing 58"))
pad
"""
ASK = "print(pad.texts, pad.chosen, pad.first)"
SET = "pad.texts, pad.chosen = ['thing 2', 'thing 50', 'thing 30'], 2; print('moved')"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotebookPage]:
    """The notebook with a pad, run from top to bottom."""
    folder = tmp_path_factory.mktemp("notebooks")
    with widget_page(folder, (GIVEN, ASK, SET), ".mm-probe") as opened:
        yield opened


@pytest.fixture
def pad(page: NotebookPage) -> Locator:
    """The pad with its first lines."""
    one = page.tab.locator(".mm-probe")
    one.scroll_into_view_if_needed()
    for name, text in (("A", "thing 1"), ("B", "thing 58"), ("C", "")):
        write(one, name, text)
    expect(one.get_by_role("status")).to_contain_text("Learnt from 2 examples; of the 58 others")
    one.get_by_role("radio").first.click()
    expect(tiles(one).first).to_have_attribute("aria-label", "<b>bold</b>, 99\u00a0%")
    return one


def write(pad: Locator, name: str, text: str) -> None:
    box = pad.get_by_role("textbox", name=f"examples of {name}")
    box.fill(text)
    box.press("Enter")


def tiles(pad: Locator) -> Locator:
    return pad.locator(".mm-tile")


def test_a_typed_line_is_learnt_from(pad: Locator) -> None:
    write(pad, "B", "thing 30, 😁 nobody")
    expect(pad.get_by_role("alert")).to_have_text("“thing 1” cannot be in two classes.")
    write(pad, "B", "thing 30, nobody")
    expect(pad.get_by_role("alert")).to_be_empty()
    expect(pad.locator(".mm-unknown")).to_have_text("not known: nobody")
    pad.get_by_role("radio", name="likeliest of B first").click()
    expect(tiles(pad).first).to_have_attribute("aria-label", "thing 59, 97\u00a0%")


def test_pictures_are_painted_as_they_are(pad: Locator) -> None:
    read = "c => [...c.getContext('2d').getImageData(3, 3, 1, 1).data].slice(0, 3)"
    assert pad.locator(".mm-found canvas").first.evaluate(read) == [4, 0, 0]
    assert pad.locator(".mm-found canvas").last.evaluate(read) == [232, 0, 0]
    assert tiles(pad).nth(1).locator("canvas").evaluate(read) == [8, 0, 0]
    expect(tiles(pad)).to_have_count(24)


def test_a_third_line_is_a_third_class(pad: Locator) -> None:
    expect(pad.get_by_role("radio")).to_have_count(2)
    write(pad, "C", "thing 30")
    expect(pad.get_by_role("radio")).to_have_count(3)
    pad.get_by_role("radio", name="likeliest of C first").click()
    expect(pad.get_by_role("status")).to_contain_text("to C")


def test_the_slider_goes_down_the_list(pad: Locator) -> None:
    slider = pad.get_by_role("slider", name="place in the list")
    slider.fill("34")
    expect(tiles(pad).last).to_have_attribute("aria-label", "thing 59, 1\u00a0%")
    expect(slider).to_have_attribute("aria-valuetext", "from place 35")


def test_a_pressed_picture_becomes_an_example(pad: Locator) -> None:
    tiles(pad).first.click()
    expect(pad.locator(".mm-menu")).to_contain_text("“<b>bold</b>” is an example of")
    pad.locator(".mm-menu").get_by_role("button", name="B").click()
    expect(pad.get_by_role("textbox", name="examples of B")).to_have_value("thing 58 😀")
    expect(pad.get_by_role("status")).to_contain_text("Learnt from 3 examples")


def test_the_keyboard_is_enough(pad: Locator) -> None:
    keys = pad.page.keyboard
    pad.get_by_role("radio").first.focus()
    keys.press("ArrowRight")
    expect(pad.get_by_role("radio").last).to_be_focused()
    expect(tiles(pad).first).to_have_attribute("aria-label", "thing 59, 99\u00a0%")
    keys.press("Tab")
    keys.press("ArrowRight")
    expect(pad.locator(".mm-place")).to_have_text("from place 2")
    keys.press("Tab")
    expect(tiles(pad).first).to_be_focused()
    keys.press("Enter")
    expect(pad.locator(".mm-menu").get_by_role("button")).to_have_count(3)


def test_names_are_text_not_html(page: NotebookPage, pad: Locator) -> None:
    write(pad, "A", "thing 1, <i>new</i>")
    expect(pad.locator(".mm-unknown")).to_have_text("not known: <i>new</i>")
    assert page.tab.locator(".mm-probe b, .mm-probe i").count() == 0


def test_python_and_page_share_their_state(page: NotebookPage, pad: Locator) -> None:
    pad.get_by_role("radio").last.click()
    assert page.run_cell(ASK) == "['thing 1', 'thing 58', ''] 1 0"
    assert page.run_cell(SET) == "moved"
    expect(pad.get_by_role("textbox", name="examples of C")).to_have_value("thing 30")
    expect(pad.get_by_role("radio", name="likeliest of C first")).to_be_checked()


def test_nothing_left_the_machine_and_no_script_failed(page: NotebookPage) -> None:
    """After everything above: no request to elsewhere, no error on the page."""
    assert page.outside == []
    assert page.errors == []
