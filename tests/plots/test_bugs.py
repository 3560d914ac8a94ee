"""What bugs cost, as tables of colours; examples in every preparation; lags found and true."""

import pytest
import torch

from mmtutor import plots


def test_every_share_stands_in_its_cell_and_rows_are_as_high_everywhere() -> None:
    picture = {"right": {"kind": 1.0, "row": 0.9}, "grey": {"kind": 0.5, "row": 0.25}}
    figure = plots.share_table({"picture": picture, "sound": {"right": {"digit": 0.75}}}, "Shares.")
    first, second = figure.axes
    assert [text.get_text() for text in first.texts] == ["1.00", "0.90", "0.50", "0.25"]
    assert [label.get_text() for label in first.get_yticklabels()] == ["right", "grey"]
    assert [label.get_text() for label in first.get_xticklabels()] == ["kind", "row"]
    assert first.get_ylim() == second.get_ylim()
    assert figure.description == "Shares."


@pytest.mark.parametrize("count", [1, 6, 8])
def test_a_picture_in_every_way_with_what_is_said_of_it(count: int) -> None:
    names = [f"way {number}" for number in range(count)]
    shown = {name: torch.full((4, 4, 3), 9, dtype=torch.uint8) for name in names}
    figure = plots.prepared_pictures(shown, dict.fromkeys(names, "star, red, top"))
    used = [axes for axes in figure.axes if axes.images]
    assert [axes.get_title().split("\n")[0] for axes in used] == names
    assert all("star, red, top" in axes.get_title() for axes in used)
    assert f"{count} ways" in figure.description


def test_found_lags_over_true_ones() -> None:
    true = torch.tensor([-300.0, 0.0, 100.0, 200.0])
    figure = plots.found_lags(true, {"good": true + 5, "poor": -true}, near=20)
    good, poor = figure.axes
    assert good.get_title() == "good: 100% within 20 ms"
    assert poor.get_title() == "poor: 25% within 20 ms"
    assert poor.collections[0].get_offsets()[0].tolist() == [-300.0, 300.0]
    assert "good 100%, poor 25%" in figure.description
