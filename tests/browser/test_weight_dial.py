"""The weight dial in a real browser: what the reader chooses decides what is drawn and said.

It stands apart from `test_explorer.py` because each of the two opens a browser of its own.
"""

import json
from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest

pytest.importorskip("playwright", reason="playwright is not installed: pip install mmtutor[test]")
from playwright.sync_api import Locator, expect

from mmtutor.plots.weights import read_weighings, sentence, title
from tests.browser.page import IN_A_BROWSER, NotebookPage, widget_page

pytestmark = IN_A_BROWSER

RATIOS = [0.01, 0.1, 1.0, 10.0, 100.0]
TASKS = {"a + b": ("a", "b"), "slant + base": ("slant", "base"), "<b>c</b> + d": ("<b>c</b>", "d")}


def made_up() -> dict:
    """Three pairs of tasks, one that rises as the other falls, with seeds of different noise."""
    generator = np.random.default_rng(5)
    rising = np.array([-0.15, 0, 0.1, 0.13, 0.135])

    def rows(means: np.ndarray, noise: float) -> list:
        return (means[:, None] + noise * generator.random((5, 3))).round(3).tolist()

    pairs = {
        name: {
            "tasks": [one, two],
            "labels": ["200", "all"],
            "test": {
                one: rows(0.7 + steep * rising, noise),
                two: rows(0.6 - steep * rising, noise / 2),
            },
            "alone": {one: [0.82, 0.84], two: [0.61, 0.63]},
        }
        for (name, (one, two)), noise, steep in zip(
            TASKS.items(), (0.01, 0.05, 0.15), (1, 1, 0.15), strict=True
        )
    }
    return {"ratios": RATIOS, "pairs": pairs}


RESULTS = made_up()
FOUND = list(read_weighings(RESULTS).values())
PLACES = list(product(range(len(FOUND)), range(len(RATIOS))))
GIVEN = """
import json
from pathlib import Path
from mmtutor.widgets import WeightDial

dial = WeightDial(json.loads(Path("results.json").read_text()))
dial
"""
ASK = "print(dial.pair, dial.place)"
SET = "dial.pair, dial.place = 1, 4; print('moved')"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotebookPage]:
    """The notebook with a dial, run from top to bottom."""
    folder = tmp_path_factory.mktemp("notebooks")
    (folder / "results.json").write_text(json.dumps(RESULTS))
    with widget_page(folder, (GIVEN, ASK, SET), ".mm-weigh") as opened:
        yield opened


@pytest.fixture
def dial(page: NotebookPage) -> Locator:
    """The dial at its first position."""
    one = page.tab.locator(".mm-weigh")
    one.scroll_into_view_if_needed()
    move_to(one, 0, 2)
    return one


def move_to(dial: Locator, pair: int, place: int) -> None:
    """Choose a position with the controls."""
    dial.locator(".mm-pair").nth(pair).click()
    dial.locator("input.mm-slider").fill(str(place))


def middles(dial: Locator, mark: str) -> np.ndarray:
    """Where the circles of a kind stand in the chart: (circle, 2)."""
    read = "all => all.map(c => [Number(c.getAttribute('cx')), Number(c.getAttribute('cy'))])"
    return np.array(dial.locator(f".mm-{mark}").evaluate_all(read))


def as_scores(dial: Locator, found: np.ndarray) -> np.ndarray:
    """Turn places in the chart into shares of right answers, with the numbers on its axes."""
    read = """all => all.filter(t => t.textContent !== "alone").map(t => [
        Number(t.getAttribute('x')), Number(t.getAttribute('y')), parseFloat(t.textContent)])"""
    below = np.array(dial.locator(".mm-tick.mm-middle").evaluate_all(read))
    beside = np.array(dial.locator(".mm-tick.mm-last").evaluate_all(read))
    assert len(below) >= 2
    assert len(beside) >= 2
    across = np.polyval(np.polyfit(below[:, 0], below[:, 2], 1), found[:, 0])
    up = np.polyval(np.polyfit(beside[:, 1], beside[:, 2], 1), found[:, 1])
    return np.stack([across, up], axis=1) / 100


def test_every_position_says_and_draws_what_python_says(dial: Locator) -> None:
    for pair, place in PLACES:
        move_to(dial, pair, place)
        found = FOUND[pair]
        expect(dial.locator(".mm-sentence")).to_have_text(sentence(found, place))
        expect(dial.locator(".mm-labels")).to_have_text(title(found))
        points, seeds, chosen = (
            as_scores(dial, middles(dial, mark)) for mark in ("point", "seed", "chosen")
        )
        np.testing.assert_allclose(points, found.means.T, atol=1e-6)
        np.testing.assert_allclose(seeds, found.scores[:, place].T, atol=1e-6)
        np.testing.assert_allclose(chosen, found.means[:, [place]].T, atol=1e-6)


def test_a_weight_lies_in_the_bands_of_the_tasks_that_it_ties_for(dial: Locator) -> None:
    read = (
        """all => all.map(r => ['x', 'y', 'width', 'height'].map(n => Number(r.getAttribute(n))))"""
    )
    for pair, found in enumerate(FOUND):
        move_to(dial, pair, 0)
        (left, _, _, _), (_, top, _, high) = dial.locator(".mm-band").evaluate_all(read)
        points = middles(dial, "point")
        assert (points[:, 0] >= left - 1e-6).tolist() == found.ties[0].tolist()
        assert (points[:, 1] <= top + high + 1e-6).tolist() == found.ties[1].tolist()


def test_the_made_up_results_have_all_cases() -> None:
    """Else the tests above would prove little."""
    both = [tuple(found.ties[:, place]) for found in FOUND for place in range(len(RATIOS))]
    assert set(both) == set(product((True, False), repeat=2))


def test_the_keyboard_is_enough(dial: Locator) -> None:
    """Tab enters at the chosen pair; arrows choose; Tab goes on to the slider."""
    keys = dial.page.keyboard
    dial.locator(".mm-pair").first.focus()
    keys.press("ArrowRight")
    expect(dial.locator(".mm-pair[aria-checked=true]")).to_have_text("slant + base")
    keys.press("Tab")
    expect(dial.locator("input.mm-slider")).to_be_focused()
    keys.press("ArrowRight")
    expect(dial.locator(".mm-level")).to_have_text("10 : 1")
    keys.press("End")
    expect(dial.locator(".mm-sentence")).to_have_text(sentence(FOUND[1], 4))


def test_a_screen_reader_hears_names_and_values(dial: Locator) -> None:
    move_to(dial, 1, 3)
    expect(dial).to_have_attribute("aria-label", "weight dial")
    role = dial.get_by_role
    expect(role("radiogroup", name="pair of tasks").get_by_role("radio")).to_have_count(3)
    expect(role("radio", name="slant + base")).to_be_checked()
    slider = role("slider", name="weights of the two tasks")
    expect(slider).to_have_attribute("aria-valuetext", "slant to base as 10 to 1")
    expect(role("img", name="slant: 200 labels, base: all labels")).to_be_visible()
    expect(role("status")).to_have_attribute("aria-live", "polite")


def test_python_sees_what_the_reader_chose(page: NotebookPage, dial: Locator) -> None:
    move_to(dial, 2, 1)
    assert page.run_cell(ASK) == "2 1"


def test_the_page_follows_python(page: NotebookPage, dial: Locator) -> None:
    assert page.run_cell("print('moved')") == "moved"
    expect(dial.locator(".mm-sentence")).to_have_text(sentence(FOUND[1], 4))
    expect(dial.locator("input.mm-slider")).to_have_value("4")


def test_nothing_jumps_when_the_slider_moves(dial: Locator) -> None:
    def places() -> list[dict]:
        parts = dial.locator(".mm-control, .mm-sentence, .mm-chart, .mm-legend")
        return [part.bounding_box() for part in parts.all()]

    before = places()
    for place in range(len(RATIOS)):
        move_to(dial, 0, place)
        assert places() == before


def test_names_are_text_not_html(page: NotebookPage, dial: Locator) -> None:
    """Names that look like HTML are shown letter by letter."""
    move_to(dial, 2, 2)
    expect(dial.locator(".mm-sentence")).to_contain_text("<b>c</b>")
    assert page.tab.locator(".mm-weigh b").count() == 0


def test_the_page_asks_nobody_and_complains_of_nothing(page: NotebookPage) -> None:
    assert page.outside == []
    assert page.errors == []
