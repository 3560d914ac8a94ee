"""The depth lens and the sampling dial in a real browser: what is turned is what is shown and said.

One notebook and one browser serve both: to start them costs more than what is tested.
"""

import re
from collections.abc import Iterator

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

pytest.importorskip("playwright", reason="playwright is not installed: pip install mmtutor[test]")
from playwright.sync_api import Locator, expect

from tests.browser.page import IN_A_BROWSER, NotebookPage, jupyterlab, notebook

pytestmark = IN_A_BROWSER

LENS = """
import torch
from mmtutor.plots.depth import Reading
from mmtutor.widgets import DepthLens, SamplingDial

NAMES = ["a", "b", "<i>", " "]

def read(text):
    if "x" in text:
        raise ValueError("there is no x in this alphabet")
    tokens, size = text.split("|"), len(text.split("|"))
    looks = torch.eye(size).expand(2, 3, size, size).clone()
    looks[1, 2] = torch.eye(size)[0]  # head 2 of block 2 looks at the first token, always
    share = torch.tensor([0.4, 0.6, 0.8])  # the deeper, the surer: of token (place + depth) mod 4
    place = (torch.arange(size) + torch.arange(3).unsqueeze(1)) % 4
    sure = torch.eye(4)[place] * (share - (1 - share) / 3)[:, None, None]
    return Reading(tokens, looks, sure + ((1 - share) / 3)[:, None, None], NAMES)

lens = DepthLens(read, "a|b|<b>c</b>")
lens
"""
DIAL = """
logits = torch.tensor([2.0, 1.0, 0.0, -1.0])

def distribution(logits, temperature, top_k, top_p):
    if temperature == 0:
        return (logits == logits.max()).float()
    shares = (logits / temperature).softmax(dim=0)
    ranked = shares.sort(descending=True).values
    kept = shares >= ranked[(top_k or 4) - 1]
    if top_p:
        kept &= shares >= ranked[int((ranked.cumsum(0) < top_p).sum())]
    return shares * kept / (shares * kept).sum()

dial = SamplingDial(lambda text: logits.roll(len(text) - 1), distribution, NAMES, "a")
dial
"""
ASK = """
print(lens.place, lens.depth, lens.head, lens.text, dial.temperature, dial.top_k, dial.top_p)
"""
SET = "lens.depth, lens.place, dial.temperature, dial.text = 0, 1, 0.5, 'moved'; print('set')"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotebookPage]:
    """The notebook with a lens and a dial, run from top to bottom."""
    folder = tmp_path_factory.mktemp("notebooks")
    book = new_notebook(cells=[new_code_cell(cell.strip()) for cell in (LENS, DIAL, ASK, SET)])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(book, folder / "language.ipynb")
    with jupyterlab(folder) as lab, notebook(lab, "language.ipynb") as opened:
        opened.run_all()
        expect(opened.tab.locator(".mm-lens")).to_have_count(1)
        expect(opened.tab.locator(".mm-sampling")).to_have_count(1)
        yield opened


def said(widget: Locator) -> Locator:
    """The widget's sentence."""
    return widget.locator(".mm-sentence")


def test_the_lens_follows_token_depth_head_and_text(page: NotebookPage) -> None:
    lens = page.tab.locator(".mm-lens")
    lens.scroll_into_view_if_needed()
    # the cell above set it to depth 0 and the second token
    expect(said(lens)).to_have_text(
        "“b”, after the embedding: next “b” 0.40; what follows is “<b>c</b>”"
    )
    expect(lens.locator(".mm-heads")).to_be_hidden()
    lens.get_by_role("radio").nth(1).focus()
    page.tab.keyboard.press("ArrowRight")  # JupyterLab listens to arrows, too
    expect(lens.get_by_role("radio").nth(2)).to_be_focused()
    slider = lens.get_by_role("slider", name="depth")
    slider.focus()
    page.tab.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "after block 2 of 2")
    expect(said(lens)).to_have_text("“<b>c</b>”, after block 2 of 2: next “a” 0.80")
    expect(lens.locator(".mm-guesses tr").first).to_have_text("a0.80")
    expect(lens.locator(".mm-caption")).to_contain_text("block 2 looked")
    assert [brightest(lens, head) for head in range(3)] == [8, 8, 6]
    lens.get_by_role("button", name="head 2").press("Enter")
    expect(lens.get_by_role("button", name="head 2")).to_have_attribute("aria-pressed", "true")
    box = lens.get_by_role("textbox")
    box.fill("b|a")
    box.press("Enter")
    expect(lens.get_by_role("radio")).to_have_text(["b", "a"])
    expect(said(lens)).to_have_text("“a”, after block 2 of 2: next “␣” 0.80")
    box.fill("x")
    box.press("Enter")
    expect(lens.get_by_role("alert")).to_have_text("there is no x in this alphabet")


def brightest(lens: Locator, head: int) -> int:
    """The place of the brightest cell in the last row of a head's map, counted over all cells."""
    read = """c => {
        const {data} = c.getContext('2d').getImageData(0, 2, 3, 1);
        const sums = [0, 1, 2].map((i) => data[4 * i] + data[4 * i + 1]);
        return 6 + sums.indexOf(Math.max(...sums));
    }"""
    return lens.locator("canvas.mm-map").nth(head).evaluate(read)


def test_the_dial_works_with_the_keyboard_alone(page: NotebookPage) -> None:
    dial = page.tab.locator(".mm-sampling")
    dial.scroll_into_view_if_needed()
    area = dial.get_by_role("textbox")
    expect(area).to_have_value("moved")
    area.fill(".")
    expect(dial.locator(".mm-bars th")).to_have_text(["a", "b", "<i>", "␣"])
    temperature = dial.get_by_role("slider", name="temperature")
    expect(temperature).to_have_attribute("aria-valuetext", "0.50")
    temperature.focus()
    page.tab.keyboard.press("Home")
    expect(said(dial)).to_have_text("“a” has 1.00; 1 of 4 tokens is left; entropy 0.00 bits")
    one = dial.get_by_role("button", name="one token")
    for text in (".a", ".ab", ".ab<i>"):
        one.press("Enter")
        expect(area).to_have_value(text)
    dial.get_by_role("button", name="back to the prompt").press("Enter")
    expect(area).to_have_value(".")
    area.fill("")
    expect(dial.get_by_role("alert")).to_contain_text("at least one letter")
    area.fill(".")
    expect(dial.get_by_role("alert")).to_be_empty()


def test_what_is_cut_off_is_out(page: NotebookPage) -> None:
    dial = page.tab.locator(".mm-sampling")
    dial.get_by_role("slider", name="temperature").fill("20")
    dial.get_by_role("slider", name="top-k").fill("1")
    expect(dial.locator(".mm-bars tr td:last-child")).to_have_text(["0.73", "0.27", "out", "out"])
    dial.get_by_role("slider", name="top-p").fill("9")
    expect(said(dial)).to_contain_text("1 of 4 tokens is left")
    dial.get_by_role("slider", name="top-k").fill("3")
    dial.get_by_role("slider", name="top-p").fill("19")
    expect(said(dial)).to_contain_text("4 of 4 tokens are left")
    dial.get_by_role("button", name="50 tokens").click()
    expect(dial.get_by_role("textbox")).to_have_value(re.compile(r"[\s\S]{50,}"))


def test_python_and_page_share_their_state(page: NotebookPage) -> None:
    assert page.run_cell("print(lens.place") == "1 2 2 x 1.0 0 1.0"
    assert page.run_cell("print('set')") == "set"
    lens = page.tab.locator(".mm-lens")
    expect(lens.get_by_role("slider")).to_have_attribute("aria-valuetext", "after the embedding")
    expect(page.tab.locator(".mm-sampling").get_by_role("textbox")).to_have_value("moved")


def test_nothing_left_the_machine_and_no_script_failed(page: NotebookPage) -> None:
    """After everything above: no request to elsewhere, no error on the page."""
    assert page.outside == []
    assert page.errors == []
