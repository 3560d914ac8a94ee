"""The caption desk in a real browser: the clicked word lights the picture, edits are heard."""

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

pytest.importorskip("playwright", reason="playwright is not installed: pip install mmtutor[test]")
from playwright.sync_api import Locator, expect

from tests.browser.page import CHROMIUM, NotebookPage, jupyterlab, notebook

pytestmark = [
    pytest.mark.browser,
    pytest.mark.serial,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"there is no browser at {CHROMIUM}"),
]

GIVEN = """
import torch
from mmtutor.plots.caption_desk import Said
from mmtutor.widgets import CaptionDesk

def teller(wish):
    given = wish.beginning.split()
    if "zzz" in given:
        raise ValueError("it does not know <b>zzz</b>")
    words = (*given, *f"{wish.way} at {wish.temperature:.1f} throw {wish.draw}".split())
    looks = torch.full((len(words), 4), 0.1)
    looks[torch.arange(len(words)), torch.arange(len(words)) % 4] = 0.7
    return Said(words, len(given), (0.5,) * len(words), looks, f"Picture {wish.picture} <i>is</i>.")

pictures = [torch.full((8, 8, 3), 255, dtype=torch.uint8), torch.zeros(8, 8, 3)]
pictures[1][..., 0] = 1
pictures[1][..., 1] = 0.6
desk = CaptionDesk(teller, pictures, (2, 2))
desk
"""
ASK = "print(desk.picture, desk.beginning, desk.way, desk.temperature, desk.draw, desk.word)"
SET = "desk.way = 0; desk.word = 1; print('moved')"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotebookPage]:
    """The notebook with a desk, run from top to bottom."""
    folder = tmp_path_factory.mktemp("notebooks")
    book = new_notebook(cells=[new_code_cell(cell.strip()) for cell in (GIVEN, ASK, SET)])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(book, folder / "desk.ipynb")
    with jupyterlab(folder) as lab, notebook(lab, "desk.ipynb") as opened:
        opened.run_all()
        expect(opened.tab.locator(".mm-desk")).to_have_count(1)
        yield opened


@pytest.fixture
def desk(page: NotebookPage) -> Locator:
    """The desk, greedy and without a beginning."""
    one = page.tab.locator(".mm-desk")
    one.scroll_into_view_if_needed()
    begin(one, "")
    one.get_by_role("radio", name="greedy", exact=True).first.click()
    words(one).first.click()
    return one


def begin(desk: Locator, text: str) -> None:
    box = desk.get_by_role("textbox", name="beginning of the caption")
    box.fill(text)
    box.press("Enter")


def words(desk: Locator) -> Locator:
    return desk.get_by_role("radiogroup", name="words of the caption").get_by_role("radio")


def pixel(desk: Locator, x: int, y: int) -> list[int]:
    read = "(c, at) => [...c.getContext('2d').getImageData(...at, 1, 1).data].slice(0, 3)"
    return desk.locator("canvas").evaluate(read, [x, y])


def test_a_clicked_word_lights_its_patch_and_is_said(desk: Locator) -> None:
    for place, (x, y) in enumerate([(0, 0), (7, 0), (0, 7), (7, 7)]):
        words(desk).nth(place).click()
        expect(words(desk).nth(place)).to_have_attribute("aria-checked", "true")
        assert pixel(desk, x, y) == [255, 255, 255]
        assert pixel(desk, 7 - x, 7 - y) == [146, 146, 146]  # 0.5 + 0.5 · 0.1 / 0.7
        says = f"patch row {y // 4}, column {x // 4}: 0.70."
        expect(desk.locator(".mm-sentence")).to_contain_text(says)
        canvas, frame = (desk.locator(of).bounding_box() for of in ("canvas", ".mm-frame"))
        assert abs(frame["x"] - canvas["x"] - canvas["width"] * (x // 4) / 2) < 2
        assert abs(frame["y"] - canvas["y"] - canvas["height"] * (y // 4) / 2) < 2


def test_a_beginning_by_hand_is_gone_on_from(desk: Locator) -> None:
    begin(desk, "a red")
    expect(words(desk)).to_have_text(["a", "red", "greedy", "at", "1.0", "throw", "0"])
    expect(desk.locator(".mm-given")).to_have_text(["a", "red"])
    words(desk).nth(1).click()
    expect(desk.locator(".mm-sentence")).to_contain_text("“red”, written by hand, had 50 %")


def test_what_the_model_cannot_read_is_said_and_the_caption_stays(desk: Locator) -> None:
    begin(desk, "zzz")
    expect(desk.get_by_role("alert")).to_have_text("it does not know <b>zzz</b>")
    expect(words(desk)).to_have_text(["greedy", "at", "1.0", "throw", "0"])
    begin(desk, "a")
    expect(desk.get_by_role("alert")).to_be_empty()


def test_ways_and_temperature_reach_the_model(desk: Locator) -> None:
    slider = desk.get_by_role("slider", name="temperature")
    expect(slider).to_be_disabled()
    desk.get_by_role("radio", name="beam 4", exact=True).click()
    expect(words(desk).first).to_have_text("beam")
    desk.get_by_role("radio", name="sample", exact=True).first.click()
    slider.fill("0.5")
    expect(words(desk)).to_have_text(["sample", "at", "0.5", "throw", "0"])
    desk.get_by_role("button", name="throw again").click()
    expect(words(desk)).to_have_text(["sample", "at", "0.5", "throw", "1"])


def test_another_picture_is_painted_and_judged(desk: Locator) -> None:
    for picture, first in ((1, [255, 153, 0]), (0, [255, 255, 255])):
        desk.get_by_role("button", name="next picture").click()
        expect(desk.locator(".mm-verdict")).to_have_text(f"Picture {picture} <i>is</i>.")
        assert pixel(desk, 0, 0) == first


def test_the_keyboard_is_enough_and_a_screen_reader_hears(desk: Locator) -> None:
    words(desk).first.focus()
    words(desk).first.press("ArrowRight")
    expect(words(desk).nth(1)).to_be_focused()
    desk.page.keyboard.press("End")
    expect(words(desk).last).to_have_attribute("aria-checked", "true")
    expect(desk.get_by_role("img", name="lit where the model looks at")).to_be_visible()
    expect(desk.get_by_role("status")).to_have_attribute("aria-live", "polite")
    greedy = desk.get_by_role("radio", name="greedy", exact=True).first
    greedy.focus()
    greedy.press("ArrowRight")
    expect(desk.get_by_role("radio", name="beam 2", exact=True)).to_be_focused()
    expect(words(desk).first).to_have_text("beam")


def test_python_and_page_share_their_state(page: NotebookPage, desk: Locator) -> None:
    begin(desk, "two")
    expect(words(desk).first).to_have_text("two")
    desk.get_by_role("radio", name="beam 8", exact=True).click()
    expect(words(desk).nth(2)).to_have_text("8")
    words(desk).nth(2).click()
    assert page.run_cell(ASK).startswith("0 two 3 ")
    assert page.run_cell(SET) == "moved"
    expect(words(desk).nth(1)).to_have_attribute("aria-checked", "true")
    expect(words(desk).nth(1)).to_have_text("greedy")


def test_nothing_left_the_machine_and_no_script_failed(page: NotebookPage) -> None:
    """After everything above: no request to elsewhere, no error on the page."""
    assert page.tab.locator(".mm-desk b, .mm-desk i").count() == 0
    assert page.outside == []
    assert page.errors == []
