"""What learns and what stays."""

import pytest

from mmtutor import plots
from mmtutor.plots.style import KEY
from mmtutor.plots.tuning import WAYS, coloured


def test_there_is_a_panel_for_every_way() -> None:
    figure = plots.tuning_ways()
    assert [axes.get_title() for axes in figure.axes] == list(WAYS)
    assert "LoRA" in figure.description


@pytest.mark.parametrize(
    ("way", "learns"),
    [
        ("probe", {"head"}),
        ("all", {"head", "one", "two"}),
        ("adapter", {"head", "a", "b"}),
        ("prompt", {"head", "a"}),
    ],
)
def test_orange_is_what_learns(way: str, learns: set[str]) -> None:
    boxes = coloured(way, WAYS[way][0].split())
    assert {key for key, box in boxes.items() if box[3] == KEY} == learns


@pytest.mark.parametrize("way", WAYS)
def test_every_arrow_joins_two_boxes(way: str) -> None:
    boxes = coloured(way, [])
    assert {end for arrow in WAYS[way][1].split() for end in arrow.split("-")} <= set(boxes)
