"""The bug bench and its static twin: what is painted, what is said, what is refused."""

import re
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
import traitlets

from mmtutor import plots
from mmtutor.plots import BugCase, Scores
from mmtutor.plots.bench import NO_NUMBER, changed, numbers, painted, sentence
from mmtutor.widgets import BugBench

PICTURE = torch.linspace(-2, 2, 3 * 4 * 5).reshape(3, 4, 5)
SOUND = torch.linspace(-9, 3, 6 * 7).reshape(6, 7)
COLOUR = {"colour": Scores(1 / 6, 1.0, 0.5, 0.98), "row": Scores(1 / 3, 0.99, 0.98, 0.99)}
SWAPPED = BugCase("picture", "swapped", "Red is blue.", PICTURE, PICTURE.flip(0), COLOUR, "a star")
DIGIT = {"digit": Scores(0.1, 0.98, 0.97, 0.96)}
QUIET = BugCase("sound", "decimal", "The other logarithm.", SOUND, SOUND / 2.3, DIGIT)
THING = {"thing": Scores(1 / 6, 1.0, 0.47, 1.0)}
PADDED = BugCase("text", "padded left", "In front.", ["a", "b", "·"], ["·", "a", "b", "!"], THING)
CASES = [SWAPPED, QUIET, PADDED]


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure open between tests."""
    yield
    plt.close("all")


# ---------------------------------------------------------------------------- what is painted


def test_a_picture_keeps_its_colours_and_the_scale_of_the_right_one() -> None:
    right = painted(SWAPPED, PICTURE)
    assert right.shape == (4, 5, 3) and (right.min(), right.max()) == (0, 255)
    assert np.array_equal(painted(SWAPPED, PICTURE.flip(0)), right[..., ::-1])
    doubled = painted(SWAPPED, 2 * PICTURE)  # what lies beyond the right one's numbers is clipped
    assert np.array_equal(doubled, (255 * ((PICTURE + 1) / 2).clamp(0, 1)).permute(1, 2, 0).round())


def test_one_channel_is_grey() -> None:
    grey = replace(SWAPPED, right=PICTURE[:1], bugged=PICTURE[:1])
    pixels = painted(grey, grey.right)
    assert pixels.shape == (4, 5, 3) and (pixels[..., 0] == pixels[..., 2]).all()


def test_a_sound_has_time_to_the_right_and_pitch_upwards() -> None:
    one = torch.zeros(6, 7)
    one[5, 0] = 1  # the last frame, the lowest band
    pixels = painted(replace(QUIET, right=one, bugged=one), one)
    assert pixels.shape == (7, 6, 3)
    dark = pixels.astype(int).sum(axis=2)
    assert np.argwhere(dark == dark.min()).tolist() == [[6, 5]]


@pytest.mark.parametrize("nothing", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_painted_and_counted(nothing: float) -> None:
    bad = SOUND.clone()
    bad[1, 2] = bad[3, 3] = nothing
    pixels = painted(QUIET, bad)
    assert (pixels == NO_NUMBER).all(axis=2).sum() == 2
    assert numbers(bad) == "6 × 7; 2 of 42 are no finite numbers"


def test_even_a_constant_and_a_right_one_full_of_holes_can_be_painted() -> None:
    for right in (torch.ones(6, 7), SOUND.clone().index_fill(0, torch.tensor([0]), float("-inf"))):
        assert painted(replace(QUIET, right=right), right).shape == (7, 6, 3)


def test_tokens_that_stand_elsewhere_are_marked() -> None:
    assert changed(PADDED) == [True, True, True, True]
    assert changed(replace(PADDED, bugged=["a", "x"])) == [False, True]


def test_numbers_are_said_shortly() -> None:
    assert numbers(PICTURE) == "3 × 4 × 5; from −2 to 2, mean 0"
    assert numbers(255 * PICTURE.abs()).startswith("3 × 4 × 5; from 8.6 to 510, mean ")
    assert numbers(["a", "b"]) == "2 tokens"


# ---------------------------------------------------------------------------- what is said


def test_the_answer_that_falls_most_is_named() -> None:
    says = "colour falls from 100 % to 50 % where only the test has the bug; "
    assert sentence(SWAPPED) == says + "with it in training, too, colour has 98 %"


def test_a_bug_that_no_score_shows_is_called_silent() -> None:
    says = "silent: with the bug in test only, no answer falls by 3 % or more; "
    assert sentence(QUIET) == says + "with it in training, too, digit has 96 %"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"modality": "smell"}, "must be text, picture or sound, not 'smell'"),
        ({"right": PICTURE[0]}, "(1 or 3, height, width), not (4, 5)"),
        ({"bugged": PICTURE.permute(1, 2, 0)}, "(1 or 3, height, width), not (4, 5, 3)"),
        ({"bugged": ["a"]}, "(1 or 3, height, width), not ()"),
        ({"modality": "sound"}, "(frame, band), not (3, 4, 5)"),
        ({"modality": "text"}, "a list of tokens"),
        ({"scores": {}}, "at least one answer"),
        ({"scores": {"colour": Scores(10, 100, 50, 98)}}, "between 0 and 1"),
    ],
)
def test_what_does_not_fit_is_said_in_a_sentence(wrong: dict, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        replace(SWAPPED, **wrong)


# ---------------------------------------------------------------------------- the widget in Python


def test_modalities_stand_together_and_the_chosen_case_is_said() -> None:
    bench = BugBench([SWAPPED, QUIET, PADDED, replace(SWAPPED, name="grey")])
    names = [(case["modality"], case["name"]) for case in bench._cases]
    pictures = [("picture", "swapped"), ("picture", "grey")]
    assert names == [("text", "padded left"), *pictures, ("sound", "decimal")]
    bench.case = 1
    assert bench.sentence == sentence(SWAPPED)
    assert repr(bench).endswith("Bugs: text 1, picture 2, sound 1")


def test_the_page_finds_each_picture_in_the_bytes() -> None:
    bench = BugBench(CASES)
    for case, shown in zip((SWAPPED, QUIET), bench._cases[1:], strict=True):
        for side in ("right", "bugged"):
            (high, wide), begin = shown[side]["size"], shown[side]["begin"]
            sent = np.frombuffer(bench._pixels[begin : begin + 3 * high * wide], np.uint8)
            assert np.array_equal(sent.reshape(high, wide, 3), painted(case, getattr(case, side)))


@pytest.mark.parametrize("outside", [-1, 3])
def test_a_case_stays_inside(outside: int) -> None:
    bench = BugBench(CASES)
    with pytest.raises(traitlets.TraitError, match=f"case must lie from 0 to 2, not {outside}"):
        bench.case = outside


def test_no_case_and_two_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one case"):
        BugBench([])
    with pytest.raises(ValueError, match="Two cases of sound are called 'decimal'"):
        BugBench([QUIET, QUIET])


def test_the_page_has_the_colours_of_the_course() -> None:
    style = str(BugBench._css)
    for name in ("text", "picture", "sound"):
        assert f"--mm-of-{name}: {getattr(plots, name.upper())};" in style
    assert f"--mm-baseline: {plots.BASELINE};" in style


# ---------------------------------------------------------------------------- the static twin


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.modality)
def test_the_figure_shows_both_and_the_scores(case: BugCase) -> None:
    figure = plots.bug_bench(case)
    titles = [axes.get_title() for axes in figure.axes[:2]]
    assert titles == ["right", case.name]
    widths = [bar.get_width() for bar in figure.axes[2].patches]
    expected = [100 * way for scores in reversed(case.scores.values()) for way in scores.ways]
    assert widths == pytest.approx(expected)
    assert sentence(case) in figure.description and case.says in figure.description


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.modality)
def test_no_text_lies_on_another(case: BugCase) -> None:
    figure = plots.bug_bench(case)
    figure.canvas.draw()
    texts = [t for axes in figure.axes for t in (*axes.texts, axes.title, axes.xaxis.label)]
    boxes = [t.get_window_extent().padded(-1) for t in texts if t.get_text()]
    assert not any(boxes[i].overlaps(boxes[j]) for i in range(len(boxes)) for j in range(i))
