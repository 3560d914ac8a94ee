"""The depth lens and its static twin: what is sent, what is refused, what is said."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
import traitlets

from mmtutor import plots
from mmtutor.plots.depth import Reading, likeliest, sentence, visible
from mmtutor.widgets import DepthLens

LETTERS = "ab \n"


def read(text: str) -> Reading:
    """A made-up model of 2 blocks and 3 heads over four letters; nothing random."""
    if not text or set(text) - set(LETTERS):
        raise ValueError(f"only the letters {LETTERS!r}, and at least one")
    generator = torch.Generator().manual_seed(len(text))
    scores = 3 * torch.randn(2, 3, len(text), len(text), generator=generator)
    logits = 2 * torch.randn(3, len(text), len(LETTERS), generator=generator)
    return Reading(list(text), scores.softmax(-1), logits.softmax(-1), list(LETTERS))


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure open between tests."""
    yield
    plt.close("all")


def test_it_begins_at_the_end_of_the_text_and_of_the_model() -> None:
    lens = DepthLens(read, "ab b")
    assert (lens.place, lens.depth, lens.head) == (3, 2, 0)
    assert lens._shown["tokens"] == ["a", "b", "␣", "b"]
    assert lens._shown["stops"][0] == "after the embedding"
    assert lens._shown["stops"][2] == "after block 2 of 2"


def test_the_page_gets_the_maps_as_shares_of_each_blocks_largest_weight() -> None:
    lens, reading = DepthLens(read, "ab b"), read("ab b")
    maps = np.frombuffer(lens._maps, dtype=np.uint8).reshape(2, 3, 4, 4) / 255
    tops = reading.maps.amax(dim=(1, 2, 3), keepdim=True)
    np.testing.assert_allclose(maps, (reading.maps / tops).numpy(), atol=1 / 255)
    assert lens._shown["tops"] == [round(top, 2) for top in tops.flatten().tolist()]


def test_the_guesses_and_the_sentence_are_those_of_the_reading() -> None:
    lens, reading = DepthLens(read, "ab b"), read("ab b")
    lens.depth, lens.place = 1, 2
    best = int(reading.probabilities[1, 2].argmax())
    share = float(reading.probabilities[1, 2, best])
    assert lens._shown["guesses"][1][2][0] == (visible(LETTERS[best]), pytest.approx(share))
    assert [len(row) for row in lens._shown["guesses"][1]] == [4, 4, 4, 4]
    assert lens.sentence == sentence(reading, 2, 1)
    assert lens.sentence.startswith("“␣”, after block 1 of 2: next “")
    assert lens.sentence.endswith("what follows is “b”")


def test_another_text_is_read_and_pointed_at_its_end() -> None:
    lens = DepthLens(read, "ab b")
    lens.depth, lens.text = 0, "aba"
    assert (lens.place, lens.depth, lens._shown["shape"]) == (2, 0, [2, 3, 3])
    assert len(lens._maps) == 2 * 3 * 3 * 3


def test_a_text_that_cannot_be_read_is_a_sentence_and_the_last_one_stays() -> None:
    lens = DepthLens(read, "ab b")
    lens.text = "xyz"
    assert lens._error.startswith("only the letters") and lens._shown["shape"] == [2, 3, 4]
    lens.text = "a"
    assert lens._error == "" and lens.place == 0
    lens.text = ""
    assert lens._error == "type at least one letter to read" and lens.place == 0
    with pytest.raises(ValueError, match="only the letters"):
        DepthLens(read, "xyz")


@pytest.mark.parametrize(("name", "last"), [("place", 3), ("depth", 2), ("head", 2)])
def test_a_place_outside_is_refused(name: str, last: int) -> None:
    lens = DepthLens(read, "ab b")
    for outside in (-1, last + 1):
        with pytest.raises(traitlets.TraitError, match=f"{name} must lie from 0 to {last}"):
            setattr(lens, name, outside)
    assert repr(lens).startswith("Depth lens over 4 tokens, 2 blocks of 3 heads")


GOOD = read("ab b")
BAD = {
    r"maps must be \(layer, head, 4, 4\)": GOOD._replace(maps=GOOD.maps[0]),
    "probabilities must be": GOOD._replace(probabilities=GOOD.probabilities[1:]),
    "maps must lie between 0 and 1": GOOD._replace(maps=GOOD.maps - 1),
    "probabilities must lie between": GOOD._replace(probabilities=GOOD.probabilities.log()),
    "at least one token": GOOD._replace(tokens=[]),
}


@pytest.mark.parametrize("message", BAD)
def test_what_does_not_fit_is_a_sentence_in_both(message: str) -> None:
    for make in (lambda reading: DepthLens(lambda _: reading, ""), plots.depth_lens):
        with pytest.raises(ValueError, match=message):
            make(BAD[message])


def test_of_equal_tokens_the_first_is_named() -> None:
    assert likeliest(np.array([0.2, 0.4, 0.4]), ["a", "b", ""], 2) == [("b", 0.4), ("∅", 0.4)]


def test_the_static_twin_writes_the_likeliest_token_of_each_cell() -> None:
    figure = plots.depth_lens(GOOD)
    best = GOOD.probabilities.argmax(dim=-1)
    drawn = [text.get_text() for text in figure.axes[0].texts]
    assert drawn == [visible(LETTERS[place]) for place in best.flatten().tolist()]
    bold = [text.get_weight() == "bold" for text in figure.axes[0].texts]
    right = [[LETTERS[n] == f for n, f in zip(row, "b b", strict=False)] for row in best.tolist()]
    assert bold == [hit for row in right for hit in (*row, False)]
    shares = ", ".join(f"{sum(row) / 3:.2f}" for row in right)
    assert figure.description.endswith(f"to the last block: {shares}.")
