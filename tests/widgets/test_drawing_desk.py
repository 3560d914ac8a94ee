"""The drawing desk and its static twin: what is asked, what is sent, what is refused."""

import matplotlib.pyplot as plt
import pytest
import torch
import traitlets

from mmtutor import plots
from mmtutor.widgets import DrawingDesk


class Painter:
    """Draws `steps` + 1 moments of three even pictures, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked = []

    def __call__(self, first, second, between, guidance, steps, seed):
        self.asked.append((first, second, between, guidance, steps, seed))
        if "unicorn" in first + second:
            raise ValueError("no caption has the word “unicorn”")
        shades = 10 * torch.arange(steps + 1) + seed
        return shades.view(-1, 1, 1, 1).expand(-1, 3, 4, 5).to(torch.uint8)


@pytest.fixture
def painter() -> Painter:
    return Painter()


@pytest.fixture
def desk(painter: Painter) -> DrawingDesk:
    return DrawingDesk(painter, "g", guidance=2.0)


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure open between tests."""
    yield
    plt.close("all")


def test_the_page_gets_every_moment_in_order(desk: DrawingDesk) -> None:
    assert desk._sizes == [17, 3, 4, 5]
    assert desk._ink == bytes(10 * moment for moment in range(17) for _ in range(3 * 4 * 5))


@pytest.mark.parametrize(
    ("name", "value"),
    [("first", "a"), ("second", "b"), ("between", 0.5), ("guidance", 3.0), ("steps", 4)],
)
def test_whatever_changes_is_asked_of_the_model(
    desk: DrawingDesk, painter: Painter, name: str, value: object
) -> None:
    setattr(desk, name, value)
    usual = {"first": "g", "second": "", "between": 0.0, "guidance": 2.0, "steps": 16, "seed": 0}
    assert painter.asked[-1] == tuple((usual | {name: value}).values())
    assert desk._sizes[0] == desk.steps + 1


def test_another_moment_asks_nothing(desk: DrawingDesk, painter: Painter) -> None:
    before = len(painter.asked)
    desk.time = 0.3
    assert len(painter.asked) == before


def test_an_unknown_word_is_a_sentence_and_the_pictures_stay(desk: DrawingDesk) -> None:
    before = desk._ink
    desk.first = "unicorn"
    assert desk._error == "no caption has the word “unicorn”." and desk._ink == before
    desk.first = "g"
    assert desk._error == ""


def test_the_first_caption_must_be_one(painter: Painter) -> None:
    with pytest.raises(ValueError, match="unicorn"):
        DrawingDesk(painter, "unicorn")


@pytest.mark.parametrize(
    ("name", "value"), [("between", 1.1), ("guidance", -1.0), ("steps", 0), ("time", 2.0)]
)
def test_what_cannot_be_is_refused(desk: DrawingDesk, name: str, value: float) -> None:
    with pytest.raises(traitlets.TraitError):
        setattr(desk, name, value)


def test_the_static_twin_shows_the_first_and_the_last_moment(painter: Painter) -> None:
    figure = plots.moments(painter("g", "", 0.0, 1.0, 16, 0), count=3)
    assert len(figure.axes) == 9
    shades = [int(axes.images[0].get_array()[0, 0, 0]) for axes in figure.axes[::3]]
    assert shades == [255, 255 - 80, 255 - 160]
    assert [axes.get_ylabel() for axes in figure.axes[::3]] == ["t = 0.00", "t = 0.50", "t = 1.00"]


@pytest.mark.parametrize("count", [1, 18])
def test_moments_that_there_are_not_cannot_be_shown(painter: Painter, count: int) -> None:
    with pytest.raises(ValueError, match="2 to 17 can be shown"):
        plots.moments(painter("g", "", 0.0, 1.0, 16, 0), count=count)
