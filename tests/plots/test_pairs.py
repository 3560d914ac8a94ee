"""Figures of pairs: what is drawn beside what, what is said, and letters that cannot be drawn."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from mmtutor import plots
from mmtutor.plots import letters
from mmtutor.plots.pairs import on_paper

generator = torch.Generator().manual_seed(0)
GRAY = torch.randint(0, 256, (3, 32, 32), generator=generator, dtype=torch.uint8)
COLOUR = torch.randint(0, 256, (3, 3, 32, 32), generator=generator, dtype=torch.uint8)
NAMES = ["cat", "dog", "umbrella"]
TABLE = torch.tensor([[0.9, 0.1, -0.2], [0.0, 0.8, 0.3], [0.1, 0.2, 0.7]])


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure open between tests."""
    yield
    plt.close("all")


def test_ink_is_dark_on_paper_and_colour_stays() -> None:
    assert (on_paper(GRAY[0])[..., 1] == 255 - GRAY[0].numpy()).all()
    assert (on_paper(COLOUR[0])[3, 5] == COLOUR[0, :, 3, 5].numpy()).all()


def test_a_table_of_cosines_has_a_number_in_each_cell_and_pictures_beside_it() -> None:
    figure = plots.similarity_matrix(GRAY, NAMES, {"before": TABLE / 2, "after": TABLE})
    assert len(figure.axes) == 2 and [len(axes.child_axes) for axes in figure.axes] == [3, 3]
    texts = [text.get_text() for text in figure.axes[1].texts]
    assert texts == [f"{value:.2f}" for value in TABLE.flatten().tolist()]
    picture = figure.axes[1].child_axes[2].images[0].get_array()
    np.testing.assert_array_equal(picture, on_paper(GRAY[2]))
    assert "after: 0.80 on the diagonal, 0.32 in all" in figure.description


def test_a_name_too_few_is_a_sentence() -> None:
    with pytest.raises(ValueError, match="2 names for 3 pictures"):
        plots.similarity_matrix(GRAY, NAMES[:2], {"after": TABLE})


def test_nearest_rows_frame_what_is_right_and_hide_what_is_not_there() -> None:
    rows = {"a pet": (COLOUR, NAMES), "rain": (GRAY[2:], NAMES[2:])}
    figure = plots.nearest_rows(rows, {"a pet": [True, True, False], "rain": [True]})
    visible = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_xlabel() for axes in visible] == [*NAMES, "umbrella"]
    frames = [axes.spines["left"].get_linewidth() > 2 for axes in visible]
    assert frames == [True, True, False, True]
    assert figure.description == "The first of each row: “a pet”: cat; “rain”: umbrella."


def test_a_map_has_a_colour_for_each_group_and_a_mark_for_each_side() -> None:
    points = torch.randn(6, 2, generator=generator)
    groups, sides = ["x", "x", "y"] * 2, ["picture"] * 3 + ["name"] * 3
    figure = plots.space_map(points, groups, sides, "Six points.")
    (axes,) = figure.axes
    drawn = {tuple(p) for c in axes.collections for p in np.round(c.get_offsets().tolist(), 4)}
    assert drawn >= {tuple(p) for p in np.round(points.tolist(), 4)}
    entries = [text.get_text() for text in axes.get_legend().get_texts()]
    assert sorted(entries) == ["name", "picture", "x", "y"]


def test_what_no_typeface_draws_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "families", lambda: ["DejaVu Sans"])
    assert not letters.can_draw("火")
    assert letters.drawable("fire · 火") == "fire"
    assert letters.drawable("火", instead="(Chinese)") == "(Chinese)"
    assert letters.drawable("e with acute é") == "e with acute é"
    assert letters.shorten("horse chestnut", 8) == "horse c…"
