"""The scene chat in a real browser: dragged, coloured, asked by mouse and by keys alone."""

from collections.abc import Callable, Iterator
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
from mmtutor.datasets.asking.by_hand import Thing
from mmtutor.widgets import SceneChat

def ask(picture, question):
    if "zebra" in question:
        raise ValueError("it does not know <b>zebra</b>")
    ink = (255.0 - picture).clamp(min=60) - 60  # no paper
    blue = ink[2].sum() < ink[0].sum()
    halves = torch.stack([half.sum() for half in ink[1].chunk(2, dim=1)])  # red takes most of it
    look = torch.tensor([0.0, 0.0, 0.1, 0.1])
    look[halves.argmax()] = 0.8
    return ("blue" if blue else "red <i>it</i>" if "row" in question else "red"), look

chat = SceneChat(ask, [Thing("star", "red", 4, 4), Thing("heart", "green", 10, 45, 0)], (2, 2),
                 "what colour is the star ?")
FIRST = chat.things

def back():
    chat.things, chat.chosen, chat.lit = FIRST, 0, True
    chat.question = "what colour is the star ?"

chat
"""
ASK = "print(chat.things, chat.chosen, chat.question, chat.lit)"
SET = "back(); print('put back')"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotebookPage]:
    """The notebook with a chat, run from top to bottom."""
    folder = tmp_path_factory.mktemp("notebooks")
    book = new_notebook(cells=[new_code_cell(cell.strip()) for cell in (GIVEN, ASK, SET)])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(book, folder / "chat.ipynb")
    with jupyterlab(folder) as lab, notebook(lab, "chat.ipynb") as opened:
        opened.run_all()
        expect(opened.tab.locator(".mm-chat")).to_have_count(1)
        yield opened


@pytest.fixture
def chat(page: NotebookPage) -> Locator:
    """The chat as it was at first."""
    one = page.tab.locator(".mm-chat")
    assert page.run_cell(SET) == "put back"
    one.scroll_into_view_if_needed()
    expect(handle(one, "red star, 4 pixels from the left, 4 from the top")).to_be_visible()
    expect(one.locator(".mm-question")).to_have_text("what colour is the star ?")
    return one


def handle(chat: Locator, name: str) -> Locator:
    return chat.get_by_role("button", name=name)


def question(chat: Locator, text: str) -> None:
    box = chat.get_by_role("textbox", name="your question")
    box.fill(text)
    box.press("Enter")


def pixel(chat: Locator, x: int, y: int) -> list[int]:
    read = "(c, at) => [...c.getContext('2d').getImageData(...at, 1, 1).data].slice(0, 3)"
    return chat.locator("canvas").evaluate(read, [x, y])


def comes_to(chat: Locator, x: int, y: int, holds: Callable[[int, int, int], bool]) -> bool:
    """Wait, at most five seconds, until a pixel is drawn as it should be."""
    for _ in range(50):
        if holds(*pixel(chat, x, y)):
            return True
        chat.page.wait_for_timeout(100)
    return False


def drag(chat: Locator, name: str, across: int, down: int) -> None:
    """Drag a thing by so many of the picture's pixels."""
    canvas, box = chat.locator("canvas").bounding_box(), handle(chat, name).bounding_box()
    one = canvas["width"] / 64
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse = chat.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + one * across, y + one * down, steps=8)
    mouse.up()


def test_a_dragged_thing_is_drawn_there_and_the_look_follows(chat: Locator) -> None:
    expect(chat.locator(".mm-look")).to_contain_text("row 0, column 0: 0.80")
    drag(chat, "red star", 36, 10)
    expect(handle(chat, "red star, 40 pixels from the left, 14 from the top")).to_be_visible()
    expect(chat.locator(".mm-look")).to_contain_text("row 0, column 1: 0.80")
    assert comes_to(chat, 47, 22, lambda red, green, blue: red > 180 and max(green, blue) < 80)
    canvas, frame = (chat.locator(of).bounding_box() for of in ("canvas", ".mm-frame"))
    assert abs(frame["x"] - canvas["x"] - canvas["width"] / 2) < 2


def test_a_thing_stays_on_the_canvas(chat: Locator) -> None:
    drag(chat, "red star", -30, -30)
    expect(handle(chat, "red star, 0 pixels from the left, 0 from the top")).to_be_visible()


def test_another_colour_is_answered_at_once(chat: Locator) -> None:
    expect(chat.locator(".mm-answer")).to_have_text("red")
    chat.get_by_role("radio", name="blue").click()
    expect(chat.locator(".mm-answer")).to_have_text("blue")
    expect(chat.locator(".mm-verdict")).to_have_text("right")
    expect(handle(chat, "blue star")).to_be_visible()


def test_questions_are_answered_judged_and_kept(chat: Locator) -> None:
    question(chat, "How many stars are there?")
    expect(chat.locator(".mm-question")).to_have_text("how many stars are there ?")
    expect(chat.locator(".mm-verdict")).to_have_text("wrong: the answer is one")
    expect(chat.locator(".mm-line").last).to_have_text("what colour is the star ?red✓")
    chat.locator(".mm-line").last.click()
    expect(chat.locator(".mm-question")).to_have_text("what colour is the star ?")


def test_what_the_model_cannot_read_is_said(chat: Locator) -> None:
    question(chat, "where is the zebra ?")
    expect(chat.get_by_role("alert")).to_have_text("it does not know <b>zebra</b>")
    expect(chat.locator(".mm-question")).to_have_text("what colour is the star ?")


def test_the_next_question_of_a_type(chat: Locator) -> None:
    types = chat.get_by_role("group", name="questions by type")
    for thing in ("star", "heart", "star"):
        types.get_by_role("button", name="row").click()
        expect(chat.locator(".mm-question")).to_have_text(f"which row is the {thing} in ?")
    expect(chat.locator(".mm-answer")).to_have_text("red <i>it</i>")
    chat.get_by_role("button", name="remove").click()
    expect(types.get_by_role("button", name="relation")).to_be_disabled()


def test_things_come_and_go(chat: Locator) -> None:
    things = chat.get_by_role("group", name="things of the scene").get_by_role("button")
    chat.get_by_role("button", name="add one").click()
    expect(things).to_have_count(3)
    chat.get_by_role("combobox", name="kind of the chosen thing").select_option("anchor")
    expect(handle(chat, "red anchor")).to_have_attribute("aria-pressed", "true")
    chat.get_by_role("button", name="remove").click()
    chat.get_by_role("button", name="remove").click()
    expect(things).to_have_count(1)
    expect(chat.get_by_role("button", name="remove")).to_be_disabled()
    for _ in range(5):
        chat.get_by_role("button", name="add one").click()
    expect(things).to_have_count(6)
    expect(chat.get_by_role("button", name="add one")).to_be_disabled()


def test_the_keyboard_is_enough_and_a_screen_reader_hears(chat: Locator) -> None:
    star, keys = handle(chat, "red star"), chat.page.keyboard
    star.focus()
    keys.press("ArrowRight")
    keys.press("Shift+ArrowDown")
    name = "red star, 5 pixels from the left, 12 from the top"
    expect(handle(chat, name)).to_be_focused()
    keys.press("Tab")
    expect(handle(chat, "green heart")).to_have_attribute("aria-pressed", "true")
    keys.press("Delete")
    expect(handle(chat, "red star")).to_be_focused()
    red = chat.get_by_role("radio", name="red", exact=True)
    red.focus()
    keys.press("ArrowRight")
    expect(chat.get_by_role("radio", name="orange")).to_be_focused()
    expect(handle(chat, "orange star")).to_be_visible()
    expect(chat.get_by_role("img", name="lit where the model looked")).to_be_visible()
    expect(chat.get_by_role("status")).to_have_attribute("aria-live", "polite")


def test_the_light_can_be_put_out(chat: Locator) -> None:
    dark = pixel(chat, 60, 2)
    chat.get_by_role("checkbox", name="lit where the model looked").click()
    expect(chat.locator(".mm-frame")).to_be_hidden()
    assert max(dark) > 100 and comes_to(chat, 60, 2, lambda *light: min(light) > max(dark))


def test_python_and_page_share_their_state(page: NotebookPage, chat: Locator) -> None:
    drag(chat, "green heart", 10, 0)
    expect(handle(chat, "green heart, 20 pixels")).to_be_visible()
    question(chat, "which row is the heart in?")
    expect(chat.locator(".mm-question")).to_have_text("which row is the heart in ?")
    said = "[[1, 0, 4, 4, 3], [2, 2, 20, 45, 0]] 1 which row is the heart in? True"
    assert page.run_cell(ASK) == said


def test_nothing_left_the_machine_and_no_script_failed(page: NotebookPage) -> None:
    """After everything above: no request to elsewhere, no error on the page."""
    assert page.tab.locator(".mm-chat .mm-answer i, .mm-chat .mm-error b").count() == 0
    assert page.outside == []
    assert page.errors == []
