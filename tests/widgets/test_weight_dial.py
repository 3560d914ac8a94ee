"""The weight dial: what ties, what is said and refused, the static twin, the shipped numbers."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
import traitlets

from mmtutor import plots
from mmtutor.plots.weights import read_weighings, sentence, title
from mmtutor.widgets import WeightDial

SHIPPED = Path(__file__).parents[2] / "data" / "results" / "multitask.json"


def made_up() -> dict[str, Any]:
    """Two tasks, three weights, two seeds; one alone."""
    test = {
        "slant": [[0.50, 0.52], [0.80, 0.82], [0.81, 0.83]],
        "base": [[0.70, 0.70], [0.68, 0.68], [0.60, 0.60]],
    }
    alone = {"slant": [0.85, 0.87], "base": [0.69, 0.69]}
    pair = {"tasks": ["slant", "base"], "labels": ["200", "all"], "test": test, "alone": alone}
    return {"ratios": [0.1, 1.0, 10.0], "pairs": {"slant + base": pair}}


@pytest.fixture
def results() -> dict[str, Any]:
    """Made-up results, for the test alone."""
    return copy.deepcopy(made_up())


@pytest.fixture(scope="module")
def shipped() -> dict[str, Any]:
    """The results that the course ships."""
    return json.loads(SHIPPED.read_text(encoding="utf-8"))["pareto"]


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure open between tests."""
    yield
    plt.close("all")


def test_a_weight_ties_if_it_is_less_than_two_standard_errors_below_the_best(results):
    (found,) = read_weighings(results).values()
    np.testing.assert_allclose(found.means, [[0.51, 0.81, 0.82], [0.70, 0.68, 0.60]])
    # Two seeds 0.02 apart have a variance of 0.0002; of a difference of two means, 0.0002 · 2 / 2.
    np.testing.assert_allclose(found.edges, [0.82 - 2 * 0.0002**0.5, 0.70])
    assert found.ties.tolist() == [[False, True, True], [True, False, False]]


def test_the_variance_is_that_of_all_weights(results):
    results["pairs"]["slant + base"]["test"]["slant"][0] = [0.4, 0.6]
    (found,) = read_weighings(results).values()
    error = ((0.02 + 0.0002 + 0.0002) / 3) ** 0.5
    np.testing.assert_allclose(found.edges[0], 0.82 - 2 * error)


def test_the_sentence_says_both_scores_and_how_far_they_are_from_their_best(results):
    (found,) = read_weighings(results).values()
    assert sentence(found, 1) == (
        "slant : base = 1 : 1; slant 81 %, within the noise of its best; "
        "base 68 %, 2 points under its best; alone 86 % and 69 %"
    )
    assert sentence(found, 0).startswith("slant : base = 0.1 : 1; slant 51 %, 31 points under")
    assert title(found) == "slant: 200 labels, base: all labels"


def test_axes_hold_every_seed_and_being_alone(results):
    (found,) = read_weighings(results).values()
    (left, right), (bottom, top) = found.span
    assert left < 0.50 < 0.86 < right
    assert bottom < 0.60 < 0.70 < top


def broken(change: str) -> dict[str, Any]:
    """Made-up results with one thing wrong."""
    results = made_up()
    pair = results["pairs"]["slant + base"]
    if change == "no pairs":
        results["pairs"] = {}
    elif change == "no ratios":
        del results["ratios"]
    elif change == "falling":
        results["ratios"] = [0.1, 10.0, 1.0]
    elif change == "zero":
        results["ratios"] = [0.0, 1.0, 10.0]
    elif change == "no alone":
        del pair["alone"]
    elif change == "one seed":
        pair["test"] = {task: [seeds[:1] for seeds in rows] for task, rows in pair["test"].items()}
    elif change == "percent":
        pair["test"]["slant"][0][0] = 51
    elif change == "short":
        pair["test"] = {task: rows[:2] for task, rows in pair["test"].items()}
    return results


REFUSED = [
    ("no pairs", "at least one pair"),
    ("no ratios", "missing: ratios"),
    ("falling", "rise"),
    ("zero", "above 0"),
    ("no alone", "missing: alone"),
    ("one seed", "two seeds or more"),
    ("percent", "shares between 0 and 1"),
    ("short", "shape (2, 3, any)"),
]


@pytest.mark.parametrize(("change", "says"), REFUSED)
def test_what_does_not_fit_is_a_sentence_in_both(change, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        WeightDial(broken(change))
    with pytest.raises(ValueError, match=re.escape(says)):
        plots.weight_dial(broken(change), [("slant + base", 1)])


def test_positions_stay_inside(results):
    dial = WeightDial(results)
    assert (dial.pair, dial.place) == (0, 1)  # equal weights first
    with pytest.raises(traitlets.TraitError, match="place must lie from 0 to 2, not 3"):
        dial.place = 3
    with pytest.raises(traitlets.TraitError, match="pair must lie from 0 to 0, not 1"):
        dial.pair = 1
    assert repr(dial) == ("Weight dial, live in a running notebook. Pairs of tasks: slant + base")


# ── The static twin ───────────────────────────────────────────────────────────────────────────────


def test_the_figure_draws_the_curve_the_bands_and_the_chosen_weight(results):
    figure = plots.weight_dial(results, [("slant + base", 1), ("slant + base", 10)])
    (found,) = read_weighings(results).values()
    curve, seeds, chosen = figure.axes[0].lines[-3:]
    np.testing.assert_allclose(curve.get_xydata(), 100 * found.means.T)
    np.testing.assert_allclose(seeds.get_xydata(), [[80, 68], [82, 68]])
    np.testing.assert_allclose(chosen.get_xydata(), [[81, 68]])
    across, up = (patch.get_bbox() for patch in figure.axes[0].patches)
    assert across.x0 == pytest.approx(100 * found.edges[0])
    assert up.y0 == pytest.approx(100 * found.edges[1])
    assert sentence(found, 2) in figure.description
    assert figure.axes[1].get_title().endswith("weights 10 : 1")


def test_the_figure_refuses_what_is_not_there(results):
    with pytest.raises(ValueError, match="no pair 'a': choose from slant"):
        plots.weight_dial(results, [("a", 1)])
    with pytest.raises(ValueError, match=r"2 is no weight here: choose from \[0.1"):
        plots.weight_dial(results, [("slant + base", 2)])
    with pytest.raises(ValueError, match="at least one position"):
        plots.weight_dial(results, [])


# ── The shipped numbers ───────────────────────────────────────────────────────────────────────────


def test_the_shipped_results_can_be_drawn(shipped):
    dial = WeightDial(shipped)
    assert dial.place == shipped["ratios"].index(1)
    for name, found in read_weighings(shipped).items():
        assert found.scores.shape == (2, 9, 3)
        plots.weight_dial(shipped, [(name, 1)])


def test_nearly_no_weight_costs_more_than_noise(shipped):
    """Else the dial would show nothing: at each end one task lies under its band."""
    for found in read_weighings(shipped).values():
        assert not found.ties[0, 0]
        assert not found.ties[1, -1]
