"""The frame pad in a real browser: what is dragged to is what is shown large and said."""

from collections.abc import Iterator

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

pytest.importorskip("playwright", reason="playwright is not installed: pip install mmtutor[test]")
from playwright.sync_api import Locator, expect

from tests.browser.page import IN_A_BROWSER, NotebookPage, jupyterlab, notebook

pytestmark = IN_A_BROWSER

PLANE = """
import torch
from mmtutor.widgets import FramePad
shades = torch.tensor([[0, 40, 80, 120], [20, 60, 100, 140], [200, 220, 240, 255]])
pictures = shades[:, :, None, None].expand(3, 4, 16, 16).byte()
plane = FramePad(pictures, [[f"<b>{r}</b> {c}" for c in range(4)] for r in range(3)], "bold", "big")
plane
"""
LINE = """
film = FramePad(pictures[:1], [[f"step {c}" for c in range(4)]], across="training step")
film
"""
ASK = "print(plane.column, plane.row, film.column)"
SET = "plane.column, plane.row = 1, 2; print('moved')"
SHADES = [[0, 40, 80, 120], [20, 60, 100, 140], [200, 220, 240, 255]]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotebookPage]:
    """The notebook with a plane and a line, run from top to bottom."""
    folder = tmp_path_factory.mktemp("notebooks")
    book = new_notebook(cells=[new_code_cell(cell.strip()) for cell in (PLANE, LINE, ASK, SET)])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(book, folder / "pad.ipynb")
    with jupyterlab(folder) as lab, notebook(lab, "pad.ipynb") as opened:
        opened.run_all()
        expect(opened.tab.locator(".mm-pad")).to_have_count(2)
        yield opened


@pytest.fixture
def plane(page: NotebookPage) -> Locator:
    """The plane at its first picture."""
    one = page.tab.locator(".mm-pad").first
    one.scroll_into_view_if_needed()
    for slider in one.get_by_role("slider").all():
        slider.fill("0")
    return one


def brightness(pad: Locator) -> int:
    """The brightness of the large picture's middle, from 0 to 255."""
    read = "c => c.getContext('2d').getImageData(8, 8, 1, 1).data[1]"
    return pad.locator("canvas.mm-large").evaluate(read)


def test_every_place_shows_its_picture_and_its_text(plane: Locator) -> None:
    """Dark ink on white paper; a text is text, not HTML."""
    across, down = plane.get_by_role("slider", name="bold"), plane.get_by_role("slider", name="big")
    for row in range(3):
        for column in range(4):
            across.fill(str(column))
            down.fill(str(row))
            expect(plane.locator(".mm-text")).to_have_text(f"<b>{row}</b> {column}")
            assert brightness(plane) == 255 - SHADES[row][column]


def test_pointing_and_dragging_choose_what_lies_under_the_pointer(plane: Locator) -> None:
    box = plane.locator("canvas.mm-map").bounding_box()
    mouse = plane.page.mouse
    mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"])
    mouse.down()
    expect(plane.locator(".mm-text")).to_have_text("<b>1</b> 2")
    mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.9 * box["height"])
    expect(plane.locator(".mm-text")).to_have_text("<b>2</b> 3")
    mouse.move(box["x"] - 50, box["y"] - 50)  # beyond the edge: the nearest
    expect(plane.locator(".mm-text")).to_have_text("<b>0</b> 0")
    mouse.up()
    mark = plane.locator(".mm-mark").bounding_box()
    assert abs(mark["x"] - box["x"]) < 3 and abs(mark["y"] - box["y"]) < 3


def test_the_keyboard_is_enough_and_a_screen_reader_hears(plane: Locator) -> None:
    slider = plane.get_by_role("slider", name="bold")
    slider.focus()
    slider.press("ArrowRight")
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "<b>0</b> 2")
    expect(plane.get_by_role("img", name="<b>0</b> 2")).to_be_visible()
    expect(plane.locator(".mm-text")).to_have_attribute("aria-live", "polite")


def test_a_line_has_one_slider_and_no_map(page: NotebookPage) -> None:
    film = page.tab.locator(".mm-pad").last
    expect(film.get_by_role("slider")).to_have_count(1)
    expect(film.locator(".mm-map")).to_have_count(0)
    film.get_by_role("slider", name="training step").fill("3")
    expect(film.locator(".mm-text")).to_have_text("step 3")


def test_python_and_page_share_their_state(page: NotebookPage, plane: Locator) -> None:
    plane.get_by_role("slider", name="bold").fill("3")
    page.tab.locator(".mm-pad").last.get_by_role("slider").fill("2")
    assert page.run_cell(ASK) == "3 0 2"
    assert page.run_cell(SET) == "moved"
    expect(plane.locator(".mm-text")).to_have_text("<b>2</b> 1")
    assert brightness(plane) == 255 - SHADES[2][1]


def test_nothing_left_the_machine_and_no_script_failed(page: NotebookPage) -> None:
    """After everything above: no request to elsewhere, no error on the page."""
    assert page.outside == []
    assert page.errors == []
