"""A reader's way through a notebook, in a real browser: what the page shows is what counts."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

pytest.importorskip("playwright", reason="playwright is not installed: pip install mmtutor[test]")
from playwright.sync_api import Locator, Page, expect

from tests.browser.page import IN_A_BROWSER, NotebookPage, jupyterlab, notebook

pytestmark = IN_A_BROWSER

WORDS = """
import numpy as np
import torch
from mmtutor import plots
from mmtutor.widgets import AttentionExplorer

scores = 2 * torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
history = torch.stack([torch.softmax(scores * share, -1) for share in torch.linspace(0, 1, 5)])
words = ["the", "<b>red</b>", "umbrella", "."]
explorer = AttentionExplorer(history, words, words, steps=[0, 50, 100, 150, 200])
explorer
"""
PICTURE = """
picture = np.ones((64, 64, 3))
picture[18:30, 34:46] = (0.1, 0.6, 0.2)
over_picture = torch.full((1, 2, 16), 0.005)
over_picture[0, 0, 6] = 0.925
over_picture[0, 1, 12] = 0.925
AttentionExplorer(over_picture, ["umbrella", "star"], [str(patch) for patch in range(16)],
                  picture=picture, grid=(4, 4))
"""
FIGURES = """
plots.attention_maps(history[-1, 0], words, words)
plots.attention_history(history[:, 0, 0], [0, 50, 100, 150, 200], words, words);
plots.attention_maps(history[0, 0], words, words);
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotebookPage]:
    """A notebook that shows the explorer over words and over a picture, run from top to bottom."""
    folder = tmp_path_factory.mktemp("notebooks")
    cells = [WORDS, PICTURE, FIGURES, "print('kernel sees', explorer.query, explorer.head)"]
    book = new_notebook(cells=[new_code_cell(cell.strip()) for cell in cells])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(book, folder / "explorer.ipynb")
    with jupyterlab(folder) as lab, notebook(lab, "explorer.ipynb") as opened:
        opened.run_all()
        yield opened


def check_explorer(page: Page, which: int = 0) -> Locator:
    """Drive an explorer on a page as a reader would; every control must change the picture.

    Works on any notebook: controls that leave no choice are hidden, and then not driven.
    """
    explorer = page.locator(".mm-explorer").nth(which)
    explorer.scroll_into_view_if_needed()
    expect(explorer.locator(".mm-map image")).to_be_visible()
    assert explorer.bounding_box()["width"] <= 800
    assert _picture(explorer) == _picture(explorer), "the picture moves by itself"
    _move_query(page, explorer)
    if explorer.locator(".mm-step").is_visible():
        _move_step(page, explorer)
    if explorer.locator(".mm-head").is_visible():
        _move_head(explorer)
    return explorer


def _picture(explorer: Locator) -> bytes:
    """What a reader sees of the large picture and the map."""
    return explorer.locator(".mm-panels").screenshot()


def _move_query(page: Page, explorer: Locator) -> None:
    """The arrow keys choose the next query: its token, the sentence and the picture follow."""
    tokens = explorer.locator(".mm-token")
    tokens.first.click()
    page.mouse.move(0, 0)
    before = _picture(explorer)
    page.keyboard.press("ArrowRight")
    expect(tokens.nth(1)).to_be_focused()
    expect(tokens.nth(1)).to_have_attribute("aria-checked", "true")
    expect(explorer.locator(".mm-sentence")).to_contain_text(f"“{tokens.nth(1).inner_text()}”")
    assert _picture(explorer) != before, "the query changed, the picture did not"


def _move_step(page: Page, explorer: Locator) -> None:
    """The slider goes back by a step, and to the first step of training."""
    slider, label = explorer.locator(".mm-step"), explorer.locator(".mm-step-label")
    before, last = _picture(explorer), label.inner_text()
    slider.focus()
    page.keyboard.press("ArrowLeft")  # JupyterLab listens to arrows too
    expect(label).not_to_have_text(last)
    expect(label).to_contain_text("step ")
    page.keyboard.press("Home")
    expect(slider).to_have_value("0")
    assert _picture(explorer) != before, "the step changed, the picture did not"
    page.keyboard.press("End")
    expect(label).to_have_text(last)


def _move_head(explorer: Locator) -> None:
    """The list of heads chooses the second head."""
    before = _picture(explorer)
    explorer.locator("select.mm-head").select_option("1")
    expect(explorer.locator(".mm-head-button").nth(1)).to_have_attribute("aria-pressed", "true")
    assert _picture(explorer) != before, "the head changed, the picture did not"


def test_explorer_over_words_follows_every_control(page: NotebookPage) -> None:
    """Query, step and head change the picture, and the kernel knows of it."""
    check_explorer(page.tab)
    assert page.run_cell("kernel sees") == "kernel sees 1 1"


def test_kernel_moves_the_explorer(page: NotebookPage) -> None:
    """What Python sets, the page shows."""
    _add_and_run(page, "explorer.query, explorer.layer, explorer.step = 2, 1, 1")
    where = page.tab.locator(".mm-explorer .mm-sentence").first
    expect(where).to_contain_text("“umbrella”")
    expect(where).to_contain_text("layer 1, step 50")


def _add_and_run(page: NotebookPage, code: str) -> None:
    """Type a new cell under the last one and run it."""
    page.tab.locator(".jp-CodeCell .cm-content").last.click()
    page.tab.keyboard.press("Alt+Enter")
    page.tab.keyboard.type(code)
    page.tab.keyboard.press("Shift+Enter")


def test_explorer_over_a_picture_names_the_patch(page: NotebookPage) -> None:
    """The strongest patch is named, and its number stands on the picture."""
    explorer = check_explorer(page.tab, which=1)
    sentence = explorer.locator(".mm-sentence strong")
    expect(sentence).to_have_text("“star” looks most at patch row 3, column 0: 0.93")
    explorer.locator(".mm-token").first.hover()
    expect(sentence).to_have_text("“umbrella” looks most at patch row 1, column 2: 0.93")
    expect(explorer.locator(".mm-large .mm-plate-text")).to_have_text("0.93")
    explorer.locator(".mm-large .mm-picture").hover(position={"x": 30, "y": 30})
    expect(sentence).to_have_text("“umbrella” gives patch row 0, column 0 a weight of 0.01")


def test_hovering_a_cell_of_the_map_chooses_its_query(page: NotebookPage) -> None:
    """The first row, last column of the map: its query, its key, its number."""
    explorer = page.tab.locator(".mm-explorer").nth(1)
    image = explorer.locator(".mm-map image")
    box = image.bounding_box()
    image.hover(position={"x": box["width"] - 4, "y": box["height"] - 4})
    sentence = "“star” gives patch row 3, column 3 a weight of 0.01"
    expect(explorer.locator(".mm-sentence strong")).to_have_text(sentence)
    expect(explorer.locator(".mm-map .mm-plate-text")).to_have_text("0.01")


def test_history_plays_to_its_end(page: NotebookPage) -> None:
    """Play starts over at the first step and stops at the last."""
    explorer = page.tab.locator(".mm-explorer").first
    explorer.locator(".mm-step").focus()
    page.tab.keyboard.press("End")
    explorer.locator(".mm-play").click()
    expect(explorer.locator(".mm-step-label")).to_have_text("step 0")
    expect(explorer.locator(".mm-step-label")).to_have_text("step 200")
    expect(explorer.locator(".mm-play")).to_contain_text("Play")


def test_labels_are_text_not_html(page: NotebookPage) -> None:
    """A label that looks like HTML is shown letter by letter."""
    explorer = page.tab.locator(".mm-explorer").first
    expect(explorer.locator(".mm-token").nth(1)).to_have_text("<b>red</b>")
    assert explorer.locator("b").count() == 0


def test_each_figure_is_shown_once_with_its_sentence(page: NotebookPage) -> None:
    """Three figures in one cell, with and without a semicolon: three pictures, three sentences."""
    cell = page.tab.locator(".jp-CodeCell", has_text="plots.attention_history")
    expect(cell.locator(".jp-RenderedImage img")).to_have_count(3)
    sentences = cell.locator(".jp-RenderedHTMLCommon small")
    expect(sentences).to_have_count(3)
    expect(sentences.first).to_contain_text("looks most at")


def test_nothing_left_the_machine_and_no_script_failed(page: NotebookPage) -> None:
    """After everything above: no request to elsewhere, no error on the page."""
    assert page.outside == []
    assert page.errors == []


def test_only_a_copy_is_opened(tmp_path: Path) -> None:
    """The lab serves a copy: whatever happens there, the course's notebooks stay as they are."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    nbformat.write(new_notebook(), folder / "a.ipynb")
    with jupyterlab(folder) as lab:
        assert [file["name"] for file in lab.ask("api/contents")["content"]] == ["a.ipynb"]
        shutil.rmtree(lab.root)
    assert (folder / "a.ipynb").exists()
