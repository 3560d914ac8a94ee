"""The fusion dial: who wins and who ties, what is refused, the static twin, the shipped numbers."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
import traitlets

from mmtutor import fusion, plots
from mmtutor.datasets import paired
from mmtutor.plots.dial import COLORS, percent, read_dial, sentence, standing
from mmtutor.widgets import FusionDial

SHIPPED = Path(__file__).parents[2] / "data" / "results" / "fusion_dial.json"


def made_up() -> dict[str, Any]:
    """Results of two rules, three levels of loss, four models and three seeds."""
    generator = np.random.default_rng(0)
    accuracy = 0.6 + 0.3 * generator.random((2, 3, 3, 4, 1))
    accuracy = accuracy + 0.03 * generator.random((2, 3, 3, 4, 3))
    return {
        "rules": ["redundant", "xor"],
        "lost": [0.0, 0.25, 0.5],
        "variants": ["picture alone", "sound alone", "early", "gated"],
        "accuracy": accuracy.round(3).tolist(),
        "limit": [[[0.95] * 3] * 3] * 2,
        "chance": [0.1, 0.5],
        "sound": "vowels",
        "made with": "nothing: made up",
    }


@pytest.fixture
def results() -> dict[str, Any]:
    """Made-up results, for the test alone."""
    return copy.deepcopy(made_up())


@pytest.fixture(scope="module")
def shipped() -> dict[str, Any]:
    """The results that the course ships."""
    return json.loads(SHIPPED.read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure open between tests."""
    yield
    plt.close("all")


# ---------------------------------------------------------------------------- who wins


def test_the_highest_mean_wins_and_what_lies_far_below_does_not_tie() -> None:
    found = standing({"a": [0.90, 0.91, 0.92], "b": [0.95, 0.96, 0.97], "c": [0.1, 0.1, 0.1]})
    assert found.winner == "b"
    assert found.mean == pytest.approx(0.96)
    assert found.ties == ()


@pytest.mark.parametrize(("below", "ties"), [(0.016, ("b",)), (0.017, ())])
def test_less_than_two_standard_errors_is_a_tie(below: float, ties: tuple[str, ...]) -> None:
    """By hand: the variance of both is 0.0001, √(0.0001 · (1/3 + 1/3)) = 0.0082, twice 0.0163."""
    first = [0.94, 0.95, 0.96]
    assert standing({"a": first, "b": [x - below for x in first]}).ties == ties


def test_the_noise_of_both_counts() -> None:
    """A model that never varies ties with a winner that does."""
    assert standing({"a": [0.90, 0.95, 1.00], "b": [0.93] * 3}).ties == ("b",)
    assert standing({"a": [0.95] * 3, "b": [0.93] * 3}).ties == ()


def test_of_equal_means_the_first_wins_and_the_others_tie() -> None:
    found = standing({"a": [0.1, 0.2, 0.3], "b": [0.3, 0.1, 0.2], "c": [0.2, 0.3, 0.1]})
    assert (found.winner, found.ties) == ("a", ("b", "c"))
    assert standing({"a": [0.5, 0.5], "b": [0.5, 0.5]}).ties == ("b",)


@pytest.mark.parametrize(
    ("others", "says"),
    [
        ({}, "no other is within its noise"),
        ({"b": [0.94, 0.95]}, "1 other is within its noise"),
        ({"b": [0.94, 0.95], "c": [0.95, 0.94]}, "2 others are within its noise"),
    ],
)
def test_the_sentence_counts_the_ties(others: dict[str, list[float]], says: str) -> None:
    scores = {"late features": [0.94, 0.952], "far": [0.1, 0.1], **others}
    assert sentence(scores, 1.0) == f"late features wins with 94.6 %; {says}; the limit is 100 %"


def test_at_chance_nobody_wins() -> None:
    """A coin has a highest side too: within two points of chance no winner is named."""
    scores = {"a": [0.505, 0.495, 0.5], "b": [0.52, 0.51, 0.51]}
    found = standing(scores, 0.5)
    assert (found.clear, found.winner, found.place("a"), found.place("b")) == (False, "b", "", "")
    says = "nobody clearly beats chance; b has 51.3 %; the limit is 53.1 %"
    assert sentence(scores, 0.531, 0.5) == says
    found = standing(scores, 0.49)
    assert (found.clear, found.place("a"), found.place("b")) == (True, "", "wins")


def test_percent_rounds_half_upwards_as_the_page_does() -> None:
    assert [percent(x) for x in (0.0, 0.5, 0.9625, 1.0)] == ["0 %", "50 %", "96.3 %", "100 %"]
    assert percent(0.5, digits=1) == "50.0 %"


# ---------------------------------------------------------------------------- what is refused


def refused(results: dict[str, Any]) -> str:
    """What the widget says about results that do not fit; one sentence, no more."""
    with pytest.raises(ValueError) as error:
        FusionDial(results)
    says = str(error.value)
    assert says.endswith(".") and "\n" not in says
    with pytest.raises(ValueError, match=re.escape(says)):
        plots.fusion_dial(results, [("xor", 0, 0)])
    return says


def test_a_missing_and_an_unknown_key_are_named(results: dict[str, Any]) -> None:
    results["limits"] = results.pop("limit")
    assert "missing: limit; unknown: limits." in refused(results)


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("rules", "xor", "rules must be a list of names"),
        ("rules", ["xor", "xor"], "each of them once"),
        ("variants", [], "variants must be a list of names"),
        ("variants", [1, 2, 3, 4], "variants must be a list of names"),
        ("lost", [0.0, 0.5, 0.25], "lost must rise"),
        ("lost", [0.0, 25.0, 50.0], "lost must hold shares between 0 and 1"),
        (
            "lost",
            [0.0, 0.5],
            r"accuracy must have the shape (2, 2, 2, 4, any), not (2, 3, 3, 4, 3)",
        ),
        ("accuracy", [[1], [1, 2]], "nested lists of equal lengths"),
        ("accuracy", None, "accuracy must have the shape"),
        ("limit", [[0.9] * 3] * 3, "limit must have the shape (2, 3, 3), not (3, 3)"),
        ("limit", "high", "limit must hold numbers in nested lists"),
        ("chance", [0.1, 0.5, 0.5], "chance must have the shape (2), not (3,)"),
        ("chance", [10, 50], "look for percent"),
        ("chance", [0.1, float("nan")], "NaN"),
    ],
)
def test_what_does_not_fit_is_said_in_a_sentence(
    results: dict[str, Any], key: str, value: object, says: str
) -> None:
    results[key] = value
    assert says in refused(results)


def test_one_seed_is_not_enough(results: dict[str, Any]) -> None:
    results["accuracy"] = np.array(results["accuracy"])[..., :1].tolist()
    assert "two seeds or more" in refused(results)


# ---------------------------------------------------------------------------- the widget in Python


@pytest.mark.parametrize(("name", "last"), [("rule", 1), ("picture", 2), ("sound", 2)])
def test_a_position_stays_inside(results: dict[str, Any], name: str, last: int) -> None:
    dial = FusionDial(results)
    assert getattr(dial, name) == 0
    setattr(dial, name, last)
    for outside in (-1, last + 1):
        with pytest.raises(traitlets.TraitError, match=f"{name} must lie from 0 to {last}"):
            setattr(dial, name, outside)
    assert getattr(dial, name) == last


def test_the_page_gets_plain_lists_also_of_arrays(results: dict[str, Any]) -> None:
    sent = FusionDial({**results, "accuracy": np.array(results["accuracy"])})._results
    assert json.loads(json.dumps(sent)) == sent
    assert sent["accuracy"] == results["accuracy"]


def test_an_axis_begins_under_everything_that_is_drawn(results: dict[str, Any]) -> None:
    assert FusionDial(results)._results["low"] == [0.0, 0.4]
    results["accuracy"][1][2][2][3][0] = 0.38
    assert FusionDial(results)._results["low"] == [0.0, 0.3]


def test_it_says_what_it_is(results: dict[str, Any]) -> None:
    says = "Rules: redundant, xor, levels of loss: 3, models: 4"
    assert repr(FusionDial(results)).endswith(says)


def test_the_page_has_the_colours_of_the_course() -> None:
    style = str(FusionDial._css)
    colors = {"picture": plots.PICTURE, "sound": plots.SOUND, "fused": plots.FUSED}
    for name, color in colors.items():
        assert f"--mm-of-{name}: {color};" in style
    assert f"--mm-baseline: {plots.BASELINE};" in style


# ---------------------------------------------------------------------------- the static twin


def test_a_panel_per_position_with_a_row_per_model(results: dict[str, Any]) -> None:
    figure = plots.fusion_dial(results, [("redundant", 0, 0), ("xor", 0.25, 0.5)])
    assert len(figure.axes) == 2
    titles = [axes.get_title() for axes in figure.axes]
    assert titles[1] == "xor\nlost: pictures 25 %, sounds 50 %"
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == results["variants"]


def test_dots_numbers_and_levels_are_those_of_the_position(results: dict[str, Any]) -> None:
    (axes,) = plots.fusion_dial(results, [("xor", 0.25, 0.5)]).axes
    seeds = results["accuracy"][1][1][2]
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    np.testing.assert_allclose([dot.get_xdata() for dot in dots], 100 * np.array(seeds))
    colors = [COLORS.get(name, plots.FUSED) for name in results["variants"]]
    assert [dot.get_color() for dot in dots] == colors
    texts = [text.get_text() for text in axes.texts]
    assert [t.removesuffix(" wins").removesuffix(" tie") for t in texts[:4]] == [
        percent(sum(row) / 3, digits=1) for row in seeds
    ]
    assert sum(text.endswith(" wins") for text in texts) == 1
    assert texts[4:] == ["chance: 50 %", "limit: 95 %"]
    dashed = [line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == "--"]
    assert dashed == pytest.approx([50, 95])


def test_the_description_says_each_panel_in_a_sentence(results: dict[str, Any]) -> None:
    figure = plots.fusion_dial(results, [("redundant", 0, 0), ("xor", 0.25, 0.5)])
    scores = dict(zip(results["variants"], results["accuracy"][1][1][2], strict=True))
    assert (
        f"xor, lost: pictures 25 %, sounds 50 %: {sentence(scores, 0.95, 0.5)}."
        in figure.description
    )


def test_no_text_lies_on_another(results: dict[str, Any]) -> None:
    """Names and numbers keep apart also where limit and chance nearly meet."""
    results["limit"] = [[[0.52] * 3] * 3] * 2
    where = [("xor", 0, 0), ("redundant", 0, 0.5), ("xor", 0.5, 0.5), ("xor", 0.5, 0)]
    figure = plots.fusion_dial(results, where)
    figure.canvas.draw()
    texts = [
        text
        for axes in figure.axes
        for text in [*axes.texts, axes.title, *axes.get_xticklabels(), axes.xaxis.label]
        if text.get_text()
    ]
    boxes = [text.get_window_extent().padded(-1) for text in texts]
    overlaps = [
        (texts[i].get_text(), texts[j].get_text())
        for i in range(len(boxes))
        for j in range(i)
        if boxes[i].overlaps(boxes[j])
    ]
    assert not overlaps


@pytest.mark.parametrize(
    ("position", "says"),
    [(("or", 0, 0), "There is no rule 'or'"), (("xor", 0, 0.3), "0.3 is no level of loss")],
)
def test_a_position_that_is_not_there_is_named(
    results: dict[str, Any], position: tuple[str, float, float], says: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        plots.fusion_dial(results, [position])


def test_no_position_is_no_figure(results: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at least one position"):
        plots.fusion_dial(results, [])


# ---------------------------------------------------------------------------- what is shipped


def test_the_shipped_results_are_those_of_the_lesson(shipped: dict[str, Any]) -> None:
    """Well-formed, small, and of the rules and models that the lesson has today."""
    dial = read_dial(shipped)
    assert SHIPPED.stat().st_size < 60_000
    assert dial.rules == [*paired.RULES]
    assert dial.variants == [*fusion.ALONE, *fusion.VARIANTS]
    assert dial.accuracy.shape == (3, 4, 4, 10, 3)
    assert shipped["sound"] in ("espeak", "vowels")


def test_the_shipped_limits_are_those_of_the_rules(shipped: dict[str, Any]) -> None:
    dial = read_dial(shipped)
    for (r, p, s), limit in np.ndenumerate(dial.limit):
        lost = {"lost_picture": dial.lost[p], "lost_sound": dial.lost[s]}
        setting = paired.Setting(rule=paired.RULES[dial.rules[r]], **lost)
        assert limit == pytest.approx(paired.limit(setting)["both"], abs=6e-4)
    assert dial.chance.tolist() == [0.1, 0.25, 0.5]


def test_no_shipped_mean_is_clearly_above_the_limit(shipped: dict[str, Any]) -> None:
    dial = read_dial(shipped)
    above = dial.accuracy.mean(axis=-1) - dial.limit[..., None]
    assert above.max() <= 0.03


def test_on_xor_late_decisions_and_one_modality_stay_at_chance(shipped: dict[str, Any]) -> None:
    dial = read_dial(shipped)
    weak = [dial.variants.index(name) for name in ("late decisions", *fusion.ALONE)]
    means = dial.accuracy[dial.rules.index("xor")].mean(axis=-1)
    assert np.abs(means[..., weak] - 0.5).max() < 0.03
    assert means[0, 0].max() > 0.85


def test_the_shipped_numbers_are_what_the_lesson_trains_today(shipped: dict[str, Any]) -> None:
    """One training again, to within three points: else `data/results/make.py` has to run again."""
    dial, name = read_dial(shipped), "low-rank bilinear"
    setting = paired.Setting(rule=paired.RULES["xor"])
    again = fusion.compare({name: fusion.VARIANTS[name]}, {"xor": setting}, seeds=1)
    before = dial.scores(dial.rules.index("xor"), 0, 0)[name][0]
    assert again.values("xor", name)[0] == pytest.approx(before, abs=0.03)
