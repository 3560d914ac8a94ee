"""The probe pad and its static twin: what a line holds, what is learnt, said, shown and refused."""

import matplotlib.pyplot as plt
import pytest
import torch
import traitlets

from mmtutor import plots
from mmtutor.plots import Shelf
from mmtutor.plots.probe_pad import Examples, find_examples, judged, verdict_says
from mmtutor.widgets import ProbePad
from mmtutor.widgets.probe_pad import WINDOW

SYMBOLS = ("👩", "👩‍🚒", "❤️", "🍕", "🐶", "🐱")
NAMES = ("woman", "woman firefighter", "red heart", "pizza", "dog face", "<b>cat</b>")
FEATURES = torch.tensor([[3.0, 0], [2, 0], [1, 1], [0, 3], [0, 2], [1, 2]])


def shelf(more: int = 0, read: bool = False) -> Shelf:
    """Six things, and as many nameless ones as a test asks for, each with a picture of its own."""
    count = len(NAMES) + more
    pictures = torch.arange(count, dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, 3, 32, 32)
    extra = [f"thing {place}" for place in range(more)]
    features = torch.cat(
        [FEATURES, torch.rand(more, 2, generator=torch.Generator().manual_seed(0))]
    )
    words = (
        (lambda texts: torch.tensor([[float(len(text)), 0.0] for text in texts])) if read else None
    )
    return Shelf(pictures, (*SYMBOLS, *extra), (*NAMES, *extra), features, words)


def learn(known: torch.Tensor, labels: torch.Tensor, things: torch.Tensor) -> torch.Tensor:
    """Say which class's mean is near."""
    means = torch.stack([known[labels == label].mean(0) for label in labels.unique()])
    return (-torch.cdist(things, means)).softmax(dim=1)


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure open between tests."""
    yield
    plt.close("all")


# ---------------------------------------------------------------------------- what a line holds


@pytest.mark.parametrize(
    ("line", "places", "words"),
    [
        ("👩‍🚒👩", (1, 0), ()),
        ("❤", (2,), ()),
        ("❤️🍕 ❤", (2, 3), ()),
        ("pizza, Dog Face", (3, 4), ()),
        ("🐶 pizza; something else", (4, 3), ("something else",)),
        (" , ", (), ()),
    ],
)
def test_a_line_holds_symbols_names_and_words(line: str, places: tuple, words: tuple) -> None:
    assert find_examples(shelf(), line) == Examples(places, words)


def test_the_examples_are_learnt_and_left_out_of_the_list() -> None:
    found = judged(shelf(), learn, ("woman", "pizza"))
    assert found.order == ((1, 2, 5, 4), (4, 5, 2, 1))
    assert found.counts == [2, 2] or found.counts == [1, 3]
    assert verdict_says(found).startswith("Learnt from 2 examples; of the 4 others, ")
    assert sum(found.counts) == 4


def test_words_that_can_be_read_are_examples() -> None:
    found = judged(shelf(read=True), learn, ("abc", "pizza"))
    expected = judged(shelf(), learn, ("woman", "pizza"))  # a word of three letters lies there
    torch.testing.assert_close(found.chances, expected.chances)
    assert 0 in found.order[0]


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        (("🍕", ""), "two or three classes"),
        (("", ""), "two or three classes"),
        (("🍕", "", "🐶"), "Class B has no example"),
        (("🍕", "nothing known"), "Class B has no example"),
        (("🍕 🐶", "dog face"), "“dog face” cannot be in two classes"),
    ],
)
def test_lines_that_teach_nothing_are_refused(texts: tuple, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        judged(shelf(), learn, texts)


def test_a_shelf_has_one_of_each_for_every_thing() -> None:
    with pytest.raises(ValueError, match="every thing needs"):
        Shelf(torch.zeros(2, 3, 32, 32, dtype=torch.uint8), ("a",), ("a", "b"), torch.zeros(2, 4))


# ---------------------------------------------------------------------------- the widget in Python


def test_it_learns_again_when_a_line_changes() -> None:
    pad = ProbePad(shelf(), learn, ("woman", "pizza"))
    assert pad.texts == ["woman", "pizza", ""] and "Learnt from 2 examples" in pad.sentence
    pad.texts = ["woman", "pizza", "🐱"]
    assert "Learnt from 3 examples" in pad.sentence and pad._shown["classes"] == 3
    assert pad._shown["tiles"][0]["name"] == "woman firefighter"
    pad.chosen = 1
    assert pad._shown["tiles"][0]["name"] == "dog face"


def test_the_page_gets_the_pictures_of_the_examples_and_then_of_the_list() -> None:
    pad = ProbePad(shelf(), learn, ("woman", "pizza, dog face"))
    plane = 3 * 32 * 32
    firsts = [pad._pictures[at] for at in range(0, len(pad._pictures), plane)]
    assert firsts == [0, 3, 4, *judged(shelf(), learn, pad.texts).order[0]]


def test_the_window_moves_down_the_list() -> None:
    pad = ProbePad(shelf(more=60), learn, ("woman", "pizza"))
    order = judged(shelf(more=60), learn, ("woman", "pizza")).order[0]
    pad.first = 30
    names = [tile["name"] for tile in pad._shown["tiles"]]
    assert names == [f"thing {place - 6}" if place > 5 else NAMES[place] for place in order[30:54]]
    assert pad._shown["last"] == 64 - WINDOW
    pad.texts = ["woman", "pizza", "dog face"]
    assert pad.first == 0


def test_lines_that_teach_nothing_leave_the_list_as_it_was() -> None:
    pad = ProbePad(shelf(), learn, ("woman", "pizza"))
    tiles = pad._shown["tiles"]
    pad.texts = ["woman", "", ""]
    assert pad.sentence.startswith("Type examples of two") and pad._shown["tiles"] == tiles
    pad.texts = ["woman", "zzz", ""]
    assert pad._shown["unknown"][1] == ["zzz"]
    pad.texts = ["woman", "pizza", ""]
    assert pad.sentence.startswith("Learnt from 2")


def test_a_choice_stays_inside() -> None:
    pad = ProbePad(shelf(), learn, ("woman", "pizza"))
    for name, outside in (("chosen", 2), ("chosen", -1), ("first", 4)):
        with pytest.raises(traitlets.TraitError, match=f"{name} must lie from 0 to"):
            setattr(pad, name, outside)


def test_first_lines_that_teach_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="two or three classes"):
        ProbePad(shelf(), learn, ("woman",))


def test_it_says_what_it_is() -> None:
    assert repr(ProbePad(shelf(), learn, ("woman", "pizza"))).startswith(
        "Probe pad over 6 pictures"
    )


def test_the_page_has_the_colours_of_the_course() -> None:
    for place, colour in enumerate((plots.TEXT, plots.PICTURE, plots.SOUND)):
        assert f"--mm-of-{place}: {colour};" in str(ProbePad._css)


# ---------------------------------------------------------------------------- the static twin


def test_the_figure_shows_examples_and_the_likeliest() -> None:
    figure = plots.probe_pad(shelf(), learn, ("woman", "pizza, dog face"), top=3)
    shown = [int(axes.images[0].get_array()[0, 0, 0]) for axes in figure.axes if axes.images]
    order = judged(shelf(), learn, ("woman", "pizza, dog face")).order
    assert shown == [0, *order[0][:3], 3, 4, *order[1][:3]]
    assert figure.description.startswith("Learnt from 3 examples; of the 3 others, ")
    assert "A: woman firefighter, " in figure.description
