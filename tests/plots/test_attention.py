"""Attention maps over words: their scale, their labels, what they refuse."""

import numpy as np
import pytest
import torch

from mmtutor import plots
from tests.plots.read import WORDS, scales, shown


@pytest.fixture
def maps() -> torch.Tensor:
    """Two heads over three words; the largest weight, 0.8, is head 1's from star to red."""
    maps = torch.full((2, 3, 3), 1 / 3)
    maps[1, 2] = torch.tensor([0.15, 0.8, 0.05])
    return maps


def test_attention_maps_share_a_bar_from_zero_to_the_largest_weight(maps: torch.Tensor) -> None:
    figure = plots.attention_maps(maps, WORDS, WORDS)
    assert scales(figure) == [(0, 0.8), (0, 0.8)]
    bar = figure.axes[-1]
    assert [label.get_text() for label in bar.get_yticklabels()] == ["0.00", "0.40", "0.80"]


def test_attention_maps_number_their_cells_while_there_is_room(maps: torch.Tensor) -> None:
    assert shown(plots.attention_maps(maps, WORDS, WORDS)).count("0.80") == 1
    large = torch.full((1, 9, 9), 1 / 9)
    assert shown(plots.attention_maps(large, list("abcdefghi"), list("abcdefghi"))) == []


def test_attention_maps_label_both_axes(maps: torch.Tensor) -> None:
    figure = plots.attention_maps(maps[:, :2], ["a", "b"], WORDS, titles=["early", "late"])
    assert [axes.get_title() for axes in figure.axes[:2]] == ["early", "late"]
    assert figure.get_supylabel() == "query (who looks)"
    assert figure.get_supxlabel() == "key (where)"
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["a", "b"]
    assert [label.get_text() for label in figure.axes[1].get_xticklabels()] == WORDS


def test_attention_maps_say_where_each_head_looks_most(maps: torch.Tensor) -> None:
    text = plots.attention_maps(maps, WORDS, WORDS).description
    assert "head 1: star looks most at red, 0.80" in text


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_attention_maps_take_what_training_gives(maps: torch.Tensor, dtype: torch.dtype) -> None:
    figure = plots.attention_maps(maps.to(dtype).requires_grad_(), WORDS, WORDS)
    assert figure.axes[0].images[0].get_array().shape == (3, 3)


def test_attention_maps_of_nothing_but_zeros_keep_a_bar() -> None:
    figure = plots.attention_maps(np.zeros((1, 3, 3)), WORDS, WORDS)
    assert scales(figure) == [(0, 1)]


@pytest.mark.parametrize("heads", [1, 2, 3, 5, 7])
def test_attention_maps_hide_panels_without_a_map(heads: int) -> None:
    labels = list("abcdefgh")
    figure = plots.attention_maps(torch.full((heads, 8, 8), 1 / 8), labels, labels)
    visible = [axes for axes in figure.axes[:-1] if axes.get_visible()]
    assert len(visible) == heads
    assert figure.get_size_inches()[0] <= 11


@pytest.mark.parametrize(
    ("queries", "keys", "message"),
    [(WORDS[:2], WORDS, "2 labels in queries"), (WORDS, [*WORDS, "x"], "4 labels in keys")],
)
def test_attention_maps_refuse_labels_that_do_not_fit(maps, queries, keys, message) -> None:
    with pytest.raises(ValueError, match=message):
        plots.attention_maps(maps, queries, keys)
    with pytest.raises(ValueError, match="1 titles for 2 maps"):
        plots.attention_maps(maps, WORDS, WORDS, titles=["only one"])


def test_attention_history_shows_both_ends_and_at_most_six_moments() -> None:
    maps = torch.softmax(torch.arange(20.0).view(20, 1, 1) * torch.eye(3), -1)
    figure = plots.attention_history(maps, list(range(0, 2000, 100)), WORDS, WORDS)
    titles = [axes.get_title() for axes in figure.axes[:-1]]
    assert len(titles) == 6
    assert (titles[0], titles[-1]) == ("step 0", "step 1900")
    assert len(set(scales(figure))) == 1
    with pytest.raises(ValueError, match="2 steps for 20 maps"):
        plots.attention_history(maps, [0, 1], WORDS, WORDS)
