"""The speaker and its static twin: what the page gets, what is refused, what is said."""

import io
import wave

import numpy as np
import pytest
import torch
import traitlets

from mmtutor.plots import Look, Said
from mmtutor.widgets import Speaker


def say(text: str, speed: float) -> Said:
    """Looks at one letter a step, twice as many frames as steps; hears nothing but "one"."""
    if "zebra" in text:
        raise ValueError("It can say one, two: not 'zebra'.")
    weights = torch.eye(len(text) + 1)
    mel = torch.arange(2.0 * (len(text) + 1)).repeat(4, 1).T
    sound = torch.sin(torch.arange(round(800 / speed)) / 5)
    return Said(mel, Look(weights, text, 0.1 / speed), sound, 8000, "one")


@pytest.fixture
def speaker() -> Speaker:
    return Speaker(say, "one two")


def test_the_page_gets_both_pictures_and_the_sound(speaker: Speaker) -> None:
    weights = np.frombuffer(speaker._weights, np.uint8).reshape(8, 8)
    assert np.array_equal(weights, 255 * np.eye(8))
    mel = np.frombuffer(speaker._mel, np.uint8).reshape(16, 4)
    assert mel.min() == 0 and mel.max() == 255 and (np.diff(mel[:, 0].astype(int)) > 0).all()
    with wave.open(io.BytesIO(speaker._wav)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (1, 8000, 800)
    shown = speaker._shown
    assert shown["letters"] == [*"one two", "end"] and shown["strongest"] == list(range(8))
    assert (shown["steps"], shown["frames"], shown["bands"]) == (8, 16, 4)
    assert shown["seconds"] == pytest.approx(0.8)
    assert len(speaker._palettes) == 2 * 768


def test_a_text_is_said_anew_and_a_wrong_one_leaves_what_was_said(speaker: Speaker) -> None:
    speaker.text = "two"
    assert speaker._shown["letters"] == [*"two", "end"] and speaker._error == ""
    speaker.text = "zebra"
    assert speaker._error == "It can say one, two: not 'zebra'."
    assert speaker._shown["letters"] == [*"two", "end"]
    speaker.text = "one"
    assert speaker._error == "" and speaker.said.look.letters == "one"


def test_speed_changes_how_long_it_lasts(speaker: Speaker) -> None:
    speaker.speed = 1.6
    assert speaker._shown["seconds"] == pytest.approx(0.5)
    for speed in (0.5, 1.7):
        with pytest.raises(traitlets.TraitError, match=r"speed must lie from 0\.6 to 1\.6"):
            speaker.speed = speed


def test_a_first_text_that_cannot_be_said_is_refused() -> None:
    with pytest.raises(ValueError, match="zebra"):
        Speaker(say, "zebra")


def test_it_says_what_it_is(speaker: Speaker) -> None:
    assert repr(speaker) == 'Speaker, live in a running notebook. It says "one two"'


def test_what_is_said_is_said_in_words() -> None:
    assert say("one", 1.0).says.endswith("it looks at one. The judge understands all of it.")
    said = say("one two", 1.0)
    assert said.says == '0.80 seconds; it looks at one, two. The judge understands "one".'
