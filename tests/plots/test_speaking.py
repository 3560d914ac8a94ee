"""Phrases, looks and sounds: what is drawn where, what is said of it, what is stored."""

import io
import wave

import numpy as np
import pytest
import torch

from mmtutor import plots
from mmtutor.plots import Look, Said
from mmtutor.plots.speaking import look_says

SAID = Said(torch.rand(16, 4), Look(torch.eye(8), "one two", 0.1), torch.zeros(800), 8000, "one")


def test_the_speaker_shows_both_pictures() -> None:
    figure = plots.speaker(SAID)
    above, below = figure.axes[:2]
    assert above.images[0].get_array().shape == (8, 8)
    assert below.images[0].get_array().shape == (4, 16)
    assert above.get_xlim() == below.get_xlim() == (0, pytest.approx(0.8))
    assert figure.description.startswith('"one two": 0.80 seconds; it looks at one, two.')


def test_a_look_has_the_rows_of_its_words_and_frames_around_their_truth() -> None:
    look = Look(torch.eye(8), "one two", 0.1, [0.0, 0.3, 0.7])
    assert look.rows == [(0, 3), (3, 7)]
    assert look_says(look) == "it looks at one, two"
    (axes, _) = plots.looks({"all": look}).axes
    boxes = [patch.get_bbox().bounds for patch in axes.patches]
    assert np.allclose(boxes, [(0, -0.5, 0.3, 3), (0.3, 2.5, 0.4, 4)])
    labels = [tick.get_text() for tick in axes.get_yticklabels()]
    assert labels == [*"one␣two", "end"]
    with pytest.raises(ValueError, match="2 words have 3 bounds, not 2"):
        Look(torch.eye(8), "one two", 0.1, [0.0, 0.3])
    with pytest.raises(ValueError, match="7 letters for 5 columns"):
        Look(torch.eye(5), "one two", 0.1)


def test_a_phrase_shows_its_words_above_their_times() -> None:
    figure = plots.spoken(torch.randn(800), torch.randn(9, 4), ["a", "b"], [0.0, 0.04, 0.09], 8000)
    above = figure.axes[0]
    assert [text.get_text() for text in above.texts] == ["a", "b"]
    assert "Words begin: a at 0.00 s, b at 0.04 s; the last ends at 0.09 s." in figure.description


def test_frames_and_steps_stand_where_their_middle_is() -> None:
    wave, mel = torch.randn(800), torch.randn(5, 4)
    figure = plots.spoken(wave, mel, ["a"], [0.0, 0.09], 8000, window=160, hop=80)
    left, right = figure.axes[1].images[0].get_extent()[:2]
    assert (left, right) == pytest.approx((0.005, 0.055))  # the first one's middle is at 0.01
    look = Look(torch.eye(8), "one two", 0.1, begin=0.02)
    (axes, _) = plots.looks({"all": look}).axes
    assert axes.images[0].get_extent()[:2] == pytest.approx((0.02, 0.82))
    below = plots.speaker(Said(torch.rand(16, 4), look, wave, 8000, "one")).axes[1]
    assert below.images[0].get_extent()[:2] == pytest.approx((0.02, 0.82))


def test_players_store_sounds_and_their_names() -> None:
    shown = plots.players({"a <b>": torch.zeros(8), "c": torch.tensor([0.0, -2.0])}, 8000)
    bundle = shown._repr_mimebundle_()
    assert bundle["text/plain"] == "Sounds: a <b>, c"
    assert bundle["text/html"].count("<audio") == 2 and "a &lt;b&gt;" in bundle["text/html"]
    with wave.open(io.BytesIO(shown.sounds["c"])) as file:
        assert np.frombuffer(file.readframes(2), "<i2").tolist() == [0, -29490]
