"""The caption desk and its static twin: what is asked, what is said, what is refused."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
import traitlets

from mmtutor import plots
from mmtutor.plots.caption_desk import HOTTEST, WAYS, Said, Wish, told, word_says
from mmtutor.widgets import CaptionDesk

PICTURES = [torch.full((8, 8, 3), 200, dtype=torch.uint8), torch.rand(8, 8, 3)]
GRID = (2, 4)


def teller(wish: Wish) -> Said:
    """Goes on with as many words as its way has a number, then names a star; looks at one patch."""
    if "zzz" in wish.beginning:
        raise ValueError("it does not know the word 'zzz'")
    given = wish.beginning.split()
    words = (*given, *["red"] * WAYS.index(wish.way), "star")
    looks = torch.zeros(len(words), 8)
    looks[torch.arange(len(words)), (torch.arange(len(words)) + wish.draw) % 8] = 0.5
    shares = tuple(0.9 if wish.way == "sample" else 0.8 for _ in words)
    return Said(words, len(given), shares, looks, f"Picture {wish.picture}: all is true.")


@pytest.fixture
def desk() -> CaptionDesk:
    return CaptionDesk(teller, PICTURES, GRID)


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure open between tests."""
    yield
    plt.close("all")


# ---------------------------------------------------------------------------- what is said


def test_a_word_is_said_with_its_share_and_where_the_model_looked() -> None:
    said = teller(Wish(beginning="a", way="beam 2", draw=4))
    assert word_says(said, 1, 4) == (
        "“red” had 80 %; at this word the model looks most at patch row 1, column 1: 0.50."
    )
    assert word_says(said, 0, 4).startswith("“a”, written by hand, had 80 %")


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (Said((), 0, (), torch.zeros(0, 8), ""), "at least one word"),
        (Said(("a",), 0, (0.5, 0.5), torch.zeros(1, 8), ""), "1 words, 2 shares and 1 looks"),
        (Said(("a",), 0, (0.5,), torch.zeros(2, 8), ""), "and 2 looks"),
        (Said(("a",), 0, (0.5,), torch.full((1, 8), -0.1), ""), "from 0 on"),
        (Said(("a",), 0, (0.5,), torch.full((1, 8), float("nan")), ""), "from 0 on"),
    ],
)
def test_a_caption_that_is_none_is_refused(said: Said, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        told(lambda wish: said, Wish())


# ---------------------------------------------------------------------------- the widget in Python


def test_it_follows_every_choice(desk: CaptionDesk) -> None:
    assert desk.caption == "star" and desk._shown["verdict"].startswith("Picture 0")
    desk.beginning = "a big"
    assert desk.caption == "a big star" and desk._shown["given"] == 2
    desk.way = 2
    assert desk.caption == "a big red red star"
    desk.picture = 1
    assert desk._shown["verdict"].startswith("Picture 1")
    before = desk._looks
    desk.draw = 3
    assert desk._looks != before


def test_the_page_gets_the_pixels_and_the_looks(desk: CaptionDesk) -> None:
    assert desk._pixels == PICTURES[0].numpy().tobytes()
    desk.picture = 1
    assert desk._pixels == plots.as_picture(PICTURES[1]).tobytes()
    looks = np.frombuffer(desk._looks, "<f4").reshape(-1, 8)
    assert np.array_equal(looks, teller(Wish(picture=1)).looks.numpy())


def test_choosing_a_word_asks_nobody() -> None:
    asked = []

    def counts(wish: Wish) -> Said:
        asked.append(wish)
        return teller(wish)

    desk = CaptionDesk(counts, PICTURES, GRID)
    desk.way = 4
    desk.word = 3
    assert len(asked) == 2
    desk.temperature = 0.5
    assert asked[-1] == Wish(0, "", "sample", 0.5, 0)


def test_the_chosen_word_stays_inside_a_shorter_caption(desk: CaptionDesk) -> None:
    desk.way = 3
    desk.word = 3
    desk.way = 1
    assert desk.word == 1


def test_what_the_teller_cannot_read_is_said_and_the_caption_stays(desk: CaptionDesk) -> None:
    desk.beginning = "zzz"
    assert desk._error == "it does not know the word 'zzz'" and desk.caption == "star"
    desk.beginning = "a"
    assert desk._error == "" and desk.caption == "a star"


@pytest.mark.parametrize(("name", "last"), [("picture", 1), ("way", 4), ("word", 0)])
def test_a_choice_stays_inside(desk: CaptionDesk, name: str, last: int) -> None:
    setattr(desk, name, last)
    desk.way = 0
    for outside in (-1, last + 1):
        with pytest.raises(traitlets.TraitError, match=f"{name} must lie from 0 to {last}"):
            setattr(desk, name, outside)


@pytest.mark.parametrize("outside", [0.0, HOTTEST + 0.1])
def test_the_temperature_stays_on_its_slider(desk: CaptionDesk, outside: float) -> None:
    with pytest.raises(traitlets.TraitError, match="temperature must lie from"):
        desk.temperature = outside


def test_looks_that_do_not_fit_the_grid_are_refused() -> None:
    with pytest.raises(ValueError, match="each of 3 x 3 patches"):
        CaptionDesk(teller, PICTURES, (3, 3))


def test_it_says_what_it_is(desk: CaptionDesk) -> None:
    assert repr(desk) == "Caption desk with 2 pictures, live in a running notebook"


def test_the_page_has_the_colours_of_the_course() -> None:
    assert f"--mm-key: {plots.KEY};" in str(CaptionDesk._css)


# ---------------------------------------------------------------------------- the static twin


def test_the_figure_shows_each_noun_and_says_the_caption() -> None:
    wish = Wish(beginning="two stars left of a heart and", way="beam 2")
    figure = plots.caption_desk(teller, PICTURES[0], GRID, wish)
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == ["stars: 0.50", "heart: 0.50", "star: 0.50"]
    says = "beam 2: “two stars left of a heart and red star”. Picture 0: all is true."
    assert figure.description == says


def test_the_figure_without_a_noun_shows_the_last_word() -> None:
    def says(wish: Wish) -> Said:
        return Said(("two", "red"), 0, (0.5, 0.5), torch.ones(2, 8) / 8, "It names nothing.")

    figure = plots.caption_desk(says, PICTURES[1], GRID)
    assert [axes.get_title() for axes in figure.axes if axes.get_title()] == ["red: 0.12"]
