"""The fusion dial in a real browser: what the reader chooses decides what is drawn and said.

It stands apart from `test_explorer.py` because each of the two opens a browser of its own.
"""

import json
from collections.abc import Iterator
from itertools import product

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook

pytest.importorskip("playwright", reason="playwright is not installed: pip install mmtutor[test]")
from playwright.sync_api import Locator, expect

from mmtutor.plots.dial import mean, percent, read_dial, sentence, standing
from tests.browser.page import IN_A_BROWSER, NotebookPage, jupyterlab, notebook

pytestmark = IN_A_BROWSER

MODELS = ["picture alone", "sound alone", "<b>early</b>", "late decisions", "low-rank bilinear"]
LEVELS = [0.0, 0.25, 0.5, 0.75]


def made_up() -> dict:
    """Results with close and clear winners, equal means, and two models that never vary."""
    generator = np.random.default_rng(3)
    accuracy = 0.55 + 0.25 * generator.random((3, 4, 4, 1, 1))
    accuracy = accuracy + 0.03 * generator.random((3, 4, 4, 5, 1))
    accuracy = accuracy + 0.02 * generator.random((3, 4, 4, 5, 3))
    accuracy[1, 1, 1] = accuracy[1, 1, 1, :1]
    accuracy[1, 2, 2, 3:] = 0.9
    accuracy[0, 3, 3, 4] = 0.888  # far above all others: the longest sentence
    accuracy[2, 3, 3] += 0.5 - accuracy[2, 3, 3].mean()
    return {
        "rules": ["redundant", "complementary", "xor"],
        "lost": LEVELS,
        "variants": MODELS,
        "accuracy": accuracy.round(3).tolist(),
        "limit": generator.uniform(0.9, 1, (3, 4, 4)).round(3).tolist(),
        "chance": [0.1, 0.25, 0.5],
        "sound": "vowels",
        "made with": "nothing: <i>made up</i>",
    }


RESULTS = made_up()
DIAL = read_dial(RESULTS)
GIVEN = """
import json
from pathlib import Path
from mmtutor.widgets import FusionDial

dial = FusionDial(json.loads(Path("results.json").read_text()))
dial
"""
ASK = "print(dial.rule, dial.picture, dial.sound)"
SET = "dial.rule, dial.picture, dial.sound = 2, 1, 3; print('moved')"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotebookPage]:
    """The notebook with a dial, run from top to bottom."""
    folder = tmp_path_factory.mktemp("notebooks")
    (folder / "results.json").write_text(json.dumps(RESULTS))
    book = new_notebook(cells=[new_code_cell(cell.strip()) for cell in (GIVEN, ASK, SET)])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(book, folder / "dial.ipynb")
    with jupyterlab(folder) as lab, notebook(lab, "dial.ipynb") as opened:
        opened.run_all()
        expect(opened.tab.locator(".mm-dial")).to_have_count(1)
        yield opened


@pytest.fixture
def dial(page: NotebookPage) -> Locator:
    """The dial at its first position."""
    one = page.tab.locator(".mm-dial")
    one.scroll_into_view_if_needed()
    move_to(one, 0, 0, 0)
    return one


def move_to(dial: Locator, rule: int, picture: int, sound: int) -> None:
    """Choose a position with the controls."""
    dial.locator(".mm-rule").nth(rule).click()
    for name, level in (("picture", picture), ("sound", sound)):
        dial.locator(f"input.mm-{name}").fill(str(level))


def shown(dial: Locator) -> dict[str, list]:
    """What the chart shows now: dots in percent of the axis, numbers, and places."""
    read = """root => [...root.querySelectorAll('.mm-row')].map(row => ({
        dots: [...row.querySelectorAll('.mm-dot')].map(dot => Number(dot.getAttribute('cx'))),
        mean: row.querySelector('.mm-value').textContent,
        place: row.querySelector('.mm-place').textContent,
        said: row.getAttribute('aria-label'),
    }))"""
    rows = dial.evaluate(read)
    return {key: [row[key] for row in rows] for key in rows[0]}


def expected_places(rule: int, picture: int, sound: int) -> list[str]:
    """Who wins and who ties, by the rule in Python."""
    found = standing(DIAL.scores(rule, picture, sound), float(DIAL.chance[rule]))
    return [found.place(model) for model in MODELS]


def expected_sentence(rule: int, picture: int, sound: int) -> str:
    """What is to be said at a position, by the rule in Python."""
    levels = float(DIAL.limit[rule, picture, sound]), float(DIAL.chance[rule])
    return sentence(DIAL.scores(rule, picture, sound), *levels)


def shares(dial: Locator, rule: int) -> np.ndarray:
    """The accuracies that the dots stand for, measured with the axis' first and last number."""
    ticks = dial.locator(".mm-tick").evaluate_all(
        "all => all.slice(0, -1).map(t => [Number(t.getAttribute('x')), parseFloat(t.textContent)])"
    )
    (x0, first), (x1, last) = ticks[0], ticks[-1]
    assert first == pytest.approx(100 * DIAL.low(rule))
    assert last == 100
    return (first + (np.array(shown(dial)["dots"]) - x0) * (last - first) / (x1 - x0)) / 100


def test_it_is_drawn_as_a_row_per_model_with_a_dot_per_seed(dial: Locator) -> None:
    expect(dial.locator(".mm-model")).to_have_text(MODELS)
    np.testing.assert_allclose(shares(dial, 0), RESULTS["accuracy"][0][0][0], atol=1e-6)
    expect(dial.locator(".mm-of-limit")).to_have_text(
        f"limit: {percent(RESULTS['limit'][0][0][0])}"
    )
    expect(dial.locator(".mm-of-chance")).to_have_text("chance: 10 %")


def test_every_position_says_what_python_says(dial: Locator) -> None:
    """Sentence, numbers, dots, winner and ties, at all 48 positions."""
    for place in product(range(3), range(4), range(4)):
        move_to(dial, *place)
        scores = DIAL.scores(*place)
        expect(dial.locator(".mm-sentence")).to_have_text(expected_sentence(*place))
        now = shown(dial)
        assert now["place"] == expected_places(*place)
        assert now["mean"] == [percent(mean(seeds), digits=1) for seeds in scores.values()]
        np.testing.assert_allclose(shares(dial, place[0]), [*scores.values()], atol=1e-6)


def test_the_made_up_results_have_all_cases() -> None:
    """Else the test above would prove little."""
    places = [*product(range(3), range(4), range(4))]
    assert {0, 1, 2, 4} <= {len(standing(DIAL.scores(*place)).ties) for place in places}
    assert ["nobody" in expected_sentence(*place) for place in places].count(True) == 1


def test_the_keyboard_is_enough(dial: Locator) -> None:
    """Tab enters at the chosen rule; arrows choose; Tab goes on to the sliders."""
    keys = dial.page.keyboard
    dial.locator(".mm-rule").first.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"):
        keys.press(key)
    expect(dial.locator(".mm-rule").nth(1)).to_be_focused()
    expect(dial.locator(".mm-rule[aria-checked=true]")).to_have_text("complementary")
    keys.press("Tab")
    expect(dial.locator("input.mm-picture")).to_be_focused()
    keys.press("ArrowRight")
    keys.press("ArrowRight")
    keys.press("Tab")
    expect(dial.locator("input.mm-sound")).to_be_focused()
    keys.press("End")
    expect(dial.locator(".mm-level")).to_have_text(["50 %", "75 %"])
    expect(dial.locator(".mm-sentence")).to_have_text(expected_sentence(1, 2, 3))
    np.testing.assert_allclose(shares(dial, 1), RESULTS["accuracy"][1][2][3], atol=1e-6)
    keys.press("Shift+Tab")
    keys.press("Shift+Tab")
    expect(dial.locator(".mm-rule").nth(1)).to_be_focused()


def test_a_screen_reader_hears_names_values_and_rows(dial: Locator) -> None:
    move_to(dial, 2, 1, 3)
    expect(dial).to_have_attribute("aria-label", "fusion dial")
    role = dial.get_by_role
    group = role("radiogroup", name="rule that gives the label")
    expect(group.get_by_role("radio")).to_have_count(3)
    expect(role("radio", name="xor")).to_be_checked()
    for name, value in (("pictures", "25 %"), ("sounds", "75 %")):
        slider = role("slider", name=f"share of lost {name}")
        expect(slider).to_have_attribute("aria-valuetext", value)
    rows = role("list", name="accuracy of every model").get_by_role("listitem")
    expect(rows).to_have_count(len(MODELS))
    winner = standing(DIAL.scores(2, 1, 3)).winner
    assert sum(", wins; seeds " in said for said in shown(dial)["said"]) == 1
    assert shown(dial)["said"][MODELS.index(winner)].startswith(f"{winner}: mean ")
    expect(role("status")).to_have_attribute("aria-live", "polite")


def test_the_winner_and_its_ties_look_different(dial: Locator) -> None:
    place = (1, 1, 1)  # all seeds equal: the first wins, all others tie
    move_to(dial, *place)
    grounds = dial.locator(".mm-ground").evaluate_all(
        "all => all.map(one => getComputedStyle(one).fillOpacity)"
    )
    assert grounds[0] > grounds[1] == grounds[-1]
    expect(dial.locator(".mm-wins .mm-model")).to_have_css("font-weight", "700")


def test_python_sees_what_the_reader_chose(page: NotebookPage, dial: Locator) -> None:
    move_to(dial, 1, 3, 2)
    assert page.run_cell(ASK) == "1 3 2"


def test_the_page_follows_python(page: NotebookPage, dial: Locator) -> None:
    assert page.run_cell("print('moved')") == "moved"
    expect(dial.locator(".mm-sentence")).to_have_text(expected_sentence(2, 1, 3))
    expect(dial.locator(".mm-rule[aria-checked=true]")).to_have_text("xor")
    expect(dial.locator(".mm-level")).to_have_text(["25 %", "75 %"])


def test_nothing_jumps_when_the_dial_moves(dial: Locator) -> None:
    def places() -> list[dict]:
        parts = dial.locator(".mm-control, .mm-sentence, .mm-chart, .mm-legend")
        return [part.bounding_box() for part in parts.all()]

    before = places()
    move_to(dial, 2, 3, 3)
    assert places() == before
    move_to(dial, 0, 3, 3)
    expect(dial.locator(".mm-sentence")).to_contain_text("low-rank bilinear wins with 88.8 %; no ")
    assert places() == before


def test_texts_keep_apart_in_the_chart(dial: Locator) -> None:
    """No name or number lies on another, whatever the axis."""
    read = """all => all.filter(t => t.textContent).map(t => {
        const box = t.getBoundingClientRect();
        return [box.left, box.right, box.top, box.bottom];
    })"""
    for rule in range(3):
        move_to(dial, rule, 3, 3)
        boxes = dial.locator(".mm-chart text").evaluate_all(read)
        for i, a in enumerate(boxes):
            for b in boxes[:i]:
                assert a[0] >= b[1] or b[0] >= a[1] or a[2] >= b[3] - 1 or b[2] >= a[3] - 1


def test_names_are_text_not_html(page: NotebookPage) -> None:
    """Names that look like HTML are shown letter by letter."""
    assert page.tab.locator(".mm-dial b, .mm-dial i").count() == 0
    expect(page.tab.locator(".mm-source")).to_contain_text("<i>made up</i>")


def test_nothing_left_the_machine_and_no_script_failed(page: NotebookPage) -> None:
    """After everything above: no request to elsewhere, no error on the page."""
    assert page.outside == []
    assert page.errors == []
