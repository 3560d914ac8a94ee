"""The frame pad and its static twin: what is sent, what is refused, what is said."""

import matplotlib.pyplot as plt
import pytest
import torch
import traitlets

from mmtutor import plots
from mmtutor.widgets import FramePad

PICTURES = torch.arange(6 * 16 * 16, dtype=torch.int64).remainder(256).byte().view(2, 3, 16, 16)
TEXTS = [["a", "b", "c"], ["d", "e", "f"]]


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure open between tests."""
    yield
    plt.close("all")


def test_the_page_gets_every_pixel_in_order() -> None:
    pad = FramePad(PICTURES, TEXTS)
    assert pad._ink == bytes(PICTURES.flatten().tolist())
    assert pad._sizes == [2, 3, 16, 16]


def test_the_text_follows_the_place_and_the_place_stays_inside() -> None:
    pad = FramePad(PICTURES, TEXTS, across="steps")
    assert pad.text == "a"
    pad.column, pad.row = 2, 1
    assert pad.text == "f"
    for name, outside, last in (("column", 3, 2), ("row", 2, 1), ("row", -1, 1)):
        with pytest.raises(traitlets.TraitError, match=f"{name} must lie from 0 to {last}"):
            setattr(pad, name, outside)
    assert repr(pad).startswith("Pad of 2 × 3 pictures")


@pytest.mark.parametrize("texts", [TEXTS[:1], [["a", "b"], ["d", "e", "f"]], []])
def test_a_text_too_few_is_a_sentence_in_both(texts) -> None:
    for make in (FramePad, plots.frames):
        with pytest.raises(ValueError, match="2 × 3 pictures need as many texts"):
            make(PICTURES, texts)


def test_the_static_twin_has_a_panel_for_each_picture() -> None:
    figure = plots.frames(PICTURES, TEXTS, across="bolder", names=["one", "two"])
    assert [axes.get_xlabel() for axes in figure.axes] == ["a", "b", "c", "d", "e", "f"]
    assert figure.axes[3].get_ylabel() == "two"
    assert (figure.axes[4].images[0].get_array()[..., 0] == 255 - PICTURES[1, 1].numpy()).all()
    assert figure.description == "2 × 3 pictures: a to c to d to f; one, two."
