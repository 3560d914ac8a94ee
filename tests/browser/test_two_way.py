"""From word to picture and back in a real browser: what is pointed at decides who lights up.

It stands apart from `test_explorer.py` because each of the two opens a browser of its own.
"""

import re
from collections.abc import Iterator

import nbformat
import numpy as np
import pytest
import torch
from nbformat.v4 import new_code_cell, new_notebook

pytest.importorskip("playwright", reason="playwright is not installed: pip install mmtutor[test]")
from playwright.sync_api import Locator, expect

from tests.browser.page import IN_A_BROWSER, NotebookPage, jupyterlab, notebook

pytestmark = IN_A_BROWSER

WORDS = ["is", "the", "<i>red</i>", "umbrella", "left"]
STEPS, LAYERS, HEADS, PATCHES = 3, 2, 2, 64


def random_attention(*shape: int, seed: int, sharp: float = 2) -> torch.Tensor:
    """Random attention weights, each row with the sum 1."""
    scores = torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
    return torch.softmax(sharp * scores, -1)


MAPS = random_attention(STEPS, LAYERS, HEADS, len(WORDS), PATCHES, seed=0).numpy()
BACK = random_attention(STEPS, LAYERS, HEADS, PATCHES, len(WORDS), seed=1, sharp=1).numpy()

GIVEN = """
import numpy as np
from mmtutor.widgets import AttentionExplorer

saved = np.load("maps.npz")
maps, back = saved["maps"], saved["back"]
words = ["is", "the", "<i>red</i>", "umbrella", "left"]
picture = np.ones((64, 64, 3))
picture[9:25, 34:55] = (0.8, 0.2, 0.2)
given = dict(keys=[str(patch) for patch in range(64)], picture=picture, grid=(8, 8))
boxes = [None, None, (34, 9, 55, 25), (34, 9, 55, 25), None]
"""
TWO_WAY = "AttentionExplorer(maps, words, steps=[0, 50, 100], back=back, boxes=boxes, **given)"
ONE_WAY = "AttentionExplorer(maps, words, steps=[0, 50, 100], **given)"
OVER_WORDS = "AttentionExplorer(maps[..., :5], words, words, steps=[0, 50, 100])"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotebookPage]:
    """The notebook with its three explorers, run from top to bottom."""
    folder = tmp_path_factory.mktemp("notebooks")
    np.savez(folder / "maps.npz", maps=MAPS, back=BACK)
    cells = [GIVEN, TWO_WAY, ONE_WAY, OVER_WORDS]
    book = new_notebook(cells=[new_code_cell(cell.strip()) for cell in cells])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(book, folder / "two_way.ipynb")
    with jupyterlab(folder) as lab, notebook(lab, "two_way.ipynb") as opened:
        opened.run_all()
        expect(opened.tab.locator(".mm-explorer")).to_have_count(3)
        yield opened


@pytest.fixture
def explorer(page: NotebookPage) -> Locator:
    """The explorer that has both ways, at the last step of the first head, pointer outside."""
    return at_rest(page, 0)


def at_rest(page: NotebookPage, which: int) -> Locator:
    """An explorer as a reader first meets it, with the first word chosen."""
    one = page.tab.locator(".mm-explorer").nth(which)
    one.scroll_into_view_if_needed()
    one.locator("select.mm-head").select_option("0")
    one.locator("select.mm-layer").select_option("0")
    one.locator(".mm-step").focus()
    page.tab.keyboard.press("End")
    one.locator(".mm-token").first.click()
    page.tab.mouse.move(0, 0)
    return one


def hover_patch(explorer: Locator, row: int, column: int) -> None:
    """Put the pointer on the middle of a patch."""
    image = explorer.locator(".mm-large .mm-picture image").first
    box = image.bounding_box()
    place = {"x": (column + 0.5) * box["width"] / 8, "y": (row + 0.5) * box["height"] / 8}
    image.hover(position=place, force=True)  # the weights lie over the picture


def answers(explorer: Locator) -> list[str]:
    """The numbers under the words."""
    return explorer.locator(".mm-answer").all_text_contents()


def as_shown(row: np.ndarray) -> list[str]:
    """Weights with as many digits as the page shows."""
    return [f"{weight:.2f}" for weight in row]


def sentence(explorer: Locator) -> Locator:
    """What the line under the words says."""
    return explorer.locator(".mm-sentence strong")


def places(explorer: Locator) -> list[dict]:
    """Where everything stands that could jump."""
    parts = explorer.locator(".mm-token, .mm-sentence, .mm-large, .mm-map, .mm-bar-line")
    return [part.bounding_box() for part in parts.all()]


def test_a_word_lights_up_the_picture(explorer: Locator) -> None:
    """The sentence names the word's strongest patch, and its number stands there."""
    picture = explorer.locator(".mm-large .mm-picture")
    before = picture.screenshot()
    explorer.locator(".mm-token").nth(3).hover()
    row = MAPS[-1, 0, 0, 3]
    at, weight = divmod(int(row.argmax()), 8), f"{row.max():.2f}"
    says = f"“umbrella” looks most at patch row {at[0]}, column {at[1]}: {weight}"
    expect(sentence(explorer)).to_have_text(says)
    expect(picture.locator(".mm-plate-text")).to_have_text(weight)
    assert picture.screenshot() != before
    assert answers(explorer) == [""] * 5


def test_a_patch_lights_up_the_words_that_it_looks_at(explorer: Locator) -> None:
    """The numbers are the row of the way back, and they are gone with the pointer."""
    hover_patch(explorer, 2, 3)
    row = BACK[-1, 0, 0, 2 * 8 + 3]
    best = int(row.argmax())
    says = f"patch row 2, column 3 looks most at “{WORDS[best]}”: {row[best]:.2f}"
    expect(sentence(explorer)).to_have_text(says)
    assert answers(explorer) == as_shown(row)
    expect(explorer.locator(".mm-strongest")).to_have_text(WORDS[best])
    heading = explorer.locator(".mm-line .mm-caption")
    expect(heading).to_have_text("key (where patch row 2, column 3 looks)")
    explorer.page.mouse.move(0, 0)
    expect(heading).to_have_text("query (who looks)")
    assert answers(explorer) == [""] * 5
    assert explorer.locator(".mm-token[style*='background']").count() == 0


def test_nothing_jumps_when_words_light_up(explorer: Locator) -> None:
    """Every part keeps its place, with and without numbers under the words."""
    before = places(explorer)
    hover_patch(explorer, 7, 7)
    expect(explorer.locator(".mm-answer").first).not_to_be_empty()
    assert places(explorer) == before


@pytest.mark.parametrize("layer", [0, 1])
def test_shades_are_on_the_scale_of_the_way_back(explorer: Locator, layer: int) -> None:
    """Full yellow with black letters is the largest weight of the way back in that layer."""
    explorer.locator("select.mm-layer").select_option(str(layer))
    weights = BACK[:, layer]
    step, head, patch, word = np.unravel_index(weights.argmax(), weights.shape)
    explorer.locator("select.mm-head").select_option(str(head))
    explorer.locator(".mm-step").fill(str(step))
    hover_patch(explorer, *divmod(int(patch), 8))
    token = explorer.locator(".mm-token").nth(int(word))
    expect(token).to_have_css("background-color", "rgb(253, 231, 37)")
    expect(token).to_have_css("color", "rgb(0, 0, 0)")
    faint = int(weights[step, head, patch].argmin())
    expect(explorer.locator(".mm-token").nth(faint)).to_have_css("color", "rgb(255, 255, 255)")
    ends = explorer.locator(".mm-scale-numbers span:last-child").all_text_contents()
    assert ends == as_shown(np.array([MAPS[:, layer].max(), weights.max()]))


@pytest.mark.parametrize(
    ("control", "value", "at"),
    [("select.mm-head", "1", (2, 0, 1)), ("select.mm-layer", "1", (2, 1, 0))],
)
def test_head_and_layer_choose_the_answer(explorer, control, value, at) -> None:
    explorer.locator(control).select_option(value)
    hover_patch(explorer, 5, 1)
    assert answers(explorer) == as_shown(BACK[*at, 5 * 8 + 1])


def test_the_answer_follows_the_slider(explorer: Locator) -> None:
    """The pointer stays on its patch while the keyboard moves through the training steps."""
    explorer.locator(".mm-step").focus()
    hover_patch(explorer, 5, 1)
    for step, key in [(2, "End"), (1, "ArrowLeft"), (0, "Home")]:
        explorer.page.keyboard.press(key)
        expect(explorer.locator(".mm-step")).to_have_value(str(step))
        assert answers(explorer) == as_shown(BACK[step, 0, 0, 5 * 8 + 1])


def test_arrows_walk_over_the_picture(explorer: Locator) -> None:
    """Tab enters at the strongest patch, arrows move and stop at the edge, Escape lets go."""
    explorer.locator(".mm-token").first.focus()
    explorer.page.keyboard.press("Tab")
    expect(explorer.locator(".mm-large .mm-picture")).to_be_focused()
    row, column = divmod(int(MAPS[-1, 0, 0, 0].argmax()), 8)
    assert answers(explorer) == as_shown(BACK[-1, 0, 0, row * 8 + column])
    for key in ["ArrowDown"] * 8 + ["ArrowUp"] + ["ArrowLeft"] * 8 + ["ArrowRight"] * 2:
        explorer.page.keyboard.press(key)
    expect(sentence(explorer)).to_have_text(re.compile("^patch row 6, column 2 looks most at"))
    assert answers(explorer) == as_shown(BACK[-1, 0, 0, 6 * 8 + 2])
    explorer.page.keyboard.press("Escape")
    assert answers(explorer) == [""] * 5
    explorer.page.keyboard.press("ArrowRight")
    explorer.page.keyboard.press("Shift+Tab")
    expect(explorer.locator(".mm-token").first).to_be_focused()
    assert answers(explorer) == [""] * 5


def test_the_true_box_is_drawn_for_a_word_that_names_an_object(explorer: Locator) -> None:
    """The box lies where the object does, and only while its word is chosen."""
    box = explorer.locator(".mm-large .mm-box")
    expect(box).to_be_hidden()
    explorer.locator(".mm-token").nth(3).hover()
    expect(box).to_be_visible()
    drawn = [float(box.get_attribute(name)) for name in ("x", "y", "width", "height")]
    np.testing.assert_allclose(np.array(drawn) * 64 / 290, [34, 9, 21, 16])


def test_the_map_still_answers_for_its_own_cell(explorer: Locator) -> None:
    """A cell of the map is a word and a patch: no other word lights up."""
    image = explorer.locator(".mm-map image")
    image.hover(position={"x": 2, "y": 2})
    says = f"“is” gives patch row 0, column 0 a weight of {MAPS[-1, 0, 0, 0, 0]:.2f}"
    expect(sentence(explorer)).to_have_text(says)
    assert answers(explorer) == [""] * 5


def test_without_a_way_back_words_show_what_they_give_the_patch(page: NotebookPage) -> None:
    """The numbers are the column of the map, and one bar stands for all."""
    explorer = at_rest(page, 1)
    hover_patch(explorer, 2, 3)
    column = MAPS[-1, 0, 0, :, 2 * 8 + 3]
    best = int(column.argmax())
    says = f"patch row 2, column 3 gets most from “{WORDS[best]}”: {column[best]:.2f}"
    expect(sentence(explorer)).to_have_text(says)
    assert answers(explorer) == as_shown(column)
    expect(explorer.locator(".mm-line .mm-caption")).to_have_text("query (who looks)")
    expect(explorer.locator(".mm-scale-numbers")).to_have_count(1)


def test_words_over_words_stay_as_they_are(page: NotebookPage) -> None:
    """Pointing at a key tells its weight; no query lights up and no room is kept for it."""
    explorer = at_rest(page, 2)
    explorer.locator(".mm-key").nth(1).hover()
    expect(sentence(explorer)).to_have_text(re.compile("^“is” gives “the” a weight of"))
    expect(explorer.locator(".mm-answer")).to_have_count(0)


def test_labels_are_text_not_html(page: NotebookPage) -> None:
    """A label that looks like HTML is shown letter by letter, lit or not."""
    expect(page.tab.locator(".mm-token").nth(2)).to_have_text("<i>red</i>")
    assert page.tab.locator(".mm-explorer i").count() == 0


def test_nothing_left_the_machine_and_no_script_failed(page: NotebookPage) -> None:
    """After everything above: no request to elsewhere, no error on the page."""
    assert page.outside == []
    assert page.errors == []
