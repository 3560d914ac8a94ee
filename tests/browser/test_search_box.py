"""Lesson 12's widgets in a real browser: the search box and the temperature dial."""

import re
from collections.abc import Iterator

import nbformat
import pytest
import torch
from nbformat.v4 import new_code_cell, new_notebook

pytest.importorskip("playwright", reason="playwright is not installed: pip install mmtutor[test]")
from playwright.sync_api import Locator, expect

from mmtutor.plots.temperature import gradient, sentence, shares, signed
from tests.browser.page import IN_A_BROWSER, NotebookPage, jupyterlab, notebook

pytestmark = IN_A_BROWSER

COSINES = [[0.9, 0.7, -0.2], [0.6, 0.8, 0.1], [0.0, 0.3, 0.75]]
LEFT, RIGHT = ["<b>é</b>", "è", "ô"], ["acute", "grave", "circumflex, a hat"]
DIAL = f"""
from mmtutor.widgets import TemperatureDial
dial = TemperatureDial(torch.tensor({COSINES}), {LEFT}, {RIGHT})
dial
"""
SEARCH = """
import torch
from mmtutor.widgets import SearchBox
names = ["red cat", "blue cat", "red <i>dog</i>", "blue dog", "grey owl", "grey elk"]
words = "red blue cat dog grey owl elk".split()
vectors = torch.nn.functional.normalize(
    torch.tensor([[float(word in name) for word in words] for name in names]), dim=1
)
def read(text):
    known = torch.tensor([float(word in text.split()) for word in words])
    if not known.any():
        raise ValueError(f"No word of “{text}” is known.")
    return known / known.norm()
pictures = torch.arange(6, dtype=torch.uint8)[:, None, None].expand(6, 32, 32) * 40
box = SearchBox(pictures, names, vectors, read, lambda likes: vectors @ vectors[likes].mean(0),
                examples=["red cat"], count=4)
box
"""
ASK = "print(box.query, box.likes, dial.temperature, dial.row)"
SET = "dial.temperature, dial.row, box.query = 0.5, 2, 'grey owl'; print('moved')"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotebookPage]:
    """The notebook with both widgets, run from top to bottom."""
    folder = tmp_path_factory.mktemp("notebooks")
    book = new_notebook(cells=[new_code_cell(cell.strip()) for cell in (SEARCH, DIAL, ASK, SET)])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(book, folder / "search.ipynb")
    with jupyterlab(folder) as lab, notebook(lab, "search.ipynb") as opened:
        opened.run_all()
        expect(opened.tab.locator(".mm-tau")).to_have_count(1)
        yield opened


@pytest.fixture
def dial(page: NotebookPage) -> Locator:
    """The dial at its first position."""
    one = page.tab.locator(".mm-tau")
    one.scroll_into_view_if_needed()
    one.locator(".mm-row-name").first.click()
    return one


def test_typing_finds_and_an_unknown_word_is_a_sentence(page: NotebookPage) -> None:
    field = page.tab.get_by_placeholder("type a name")
    field.fill("cat")
    captions = page.tab.locator("small:visible")
    for place in (0, 1):  # equally near: which comes first is open
        expect(captions.nth(place)).to_have_text(re.compile("0.71 (red|blue) cat"))
    field.fill("zebra")
    expect(page.tab.get_by_text("No word of “zebra” is known.")).to_be_visible()
    page.tab.get_by_role("button", name="red cat").click()
    expect(captions.first).to_have_text("1.00 red cat")
    expect(page.tab.get_by_text("0.50 red <i>dog</i>")).to_be_visible()  # text, not HTML


def test_hearts_recommend_and_neighbours_come_and_go(page: NotebookPage) -> None:
    page.tab.get_by_placeholder("type a name").fill("dog")
    captions = page.tab.locator("small:visible")
    expect(captions.first).to_contain_text("dog")
    page.tab.get_by_role("button", name="♥").locator("visible=true").first.click()
    expect(page.tab.get_by_text("You like: red <i>dog</i>. You may like")).to_be_visible()
    page.tab.get_by_role("button", name="neighbours").locator("visible=true").nth(1).click()
    expect(page.tab.get_by_text("neighbours of “blue dog”")).to_be_visible()
    page.tab.get_by_role("button", name="back to the words").click()
    expect(page.tab.get_by_text("nearest first")).to_be_visible()


@pytest.mark.parametrize("stop", [0, 60, 120, 200])
def test_every_temperature_shows_what_python_computes(dial: Locator, stop: int) -> None:
    dial.locator("input.mm-slider").fill(str(stop))
    shown = float(dial.locator(".mm-level").text_content())
    array = torch.tensor(COSINES, dtype=torch.float64).numpy()
    for row in range(3):
        dial.locator(".mm-row-name").nth(row).click()
        says = sentence(array, shown, LEFT, RIGHT, row)
        expect(dial.locator(".mm-sentence")).to_have_text(says)
    cells = dial.locator("tbody td").all_text_contents()
    assert cells[:9] == [f"{share:.2f}" for share in shares(array, shown).flat]
    assert cells[9:] == [signed(float(value)) for value in gradient(array, shown).flat]


def test_the_keyboard_is_enough_and_a_screen_reader_hears(dial: Locator) -> None:
    slider = dial.get_by_role("slider", name="temperature")
    slider.fill("0")
    slider.focus()
    slider.press("ArrowRight")
    assert float(dial.locator(".mm-level").text_content()) > 0.005
    slider.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "τ = 2")
    expect(dial.locator(".mm-sentence")).to_have_attribute("aria-live", "polite")
    expect(dial.locator(".mm-grid tbody th").first).to_have_text("<b>é</b>")


def test_nothing_jumps_when_the_dial_moves(dial: Locator) -> None:
    places = lambda: [part.bounding_box() for part in dial.locator("table, .mm-sentence").all()]  # noqa: E731
    dial.locator("input.mm-slider").fill("0")
    before = places()
    dial.locator("input.mm-slider").fill("150")
    assert places() == before


def test_python_and_page_share_their_state(page: NotebookPage, dial: Locator) -> None:
    dial.locator("input.mm-slider").fill("200")
    page.tab.get_by_placeholder("type a name").fill("grey elk")
    expect(page.tab.locator("small:visible").first).to_have_text("1.00 grey elk")
    assert page.run_cell(ASK).endswith("2.0 0")
    assert page.run_cell(SET) == "moved"
    expect(dial.locator(".mm-level")).to_have_text("0.5")
    expect(page.tab.locator("small:visible").first).to_have_text("1.00 grey owl")


def test_nothing_left_the_machine_and_no_script_failed(page: NotebookPage) -> None:
    """After everything above: no request to elsewhere, no error on the page."""
    assert page.outside == []
    assert page.errors == []
