"""Ways and arrows in a plane: every panel has its points, and all have one scale."""

import matplotlib.pyplot as plt
import pytest
import torch

from mmtutor import plots


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure open between tests."""
    yield
    plt.close("all")


def test_ways_begin_at_the_noise_and_end_where_it_leads() -> None:
    moments = torch.rand(5, 80, 2)
    figure = plots.ways({"one": moments, "two": moments + 1}, torch.rand(30, 2), limit=4.0)
    assert [axes.get_title() for axes in figure.axes] == ["one", "two"]
    data, noise, ends = figure.axes[0].collections
    assert len(data.get_offsets()) == 30 and len(noise.get_offsets()) == 60
    assert torch.allclose(torch.tensor(ends.get_offsets().data).float(), moments[-1])
    assert len(figure.axes[0].lines) == 60
    assert figure.axes[1].get_xlim() == (-4.0, 4.0)


def test_without_data_only_the_ways_are_drawn() -> None:
    figure = plots.ways({"one": torch.rand(3, 10, 2)})
    assert len(figure.axes[0].collections) == 2


def test_arrows_are_equally_long_and_point_the_right_way() -> None:
    places, velocities = torch.zeros(2, 2), torch.tensor([[3.0, 0.0], [0.0, -0.1]])
    figure = plots.arrows({"t = 0": (places, velocities)}, torch.rand(5, 2))
    quiver = figure.axes[0].collections[-1]
    assert quiver.U.tolist() == pytest.approx([1, 0]) and quiver.V.tolist() == pytest.approx(
        [0, -1]
    )
