"""The film player in Python: what the page gets, what is refused, and that it fetches nothing."""

import numpy as np
import pytest
import torch
import traitlets
from torch import nan

from mmtutor import plots
from mmtutor.datasets.watching import make_watching
from mmtutor.plots.film_player import watched
from mmtutor.widgets import FilmPlayer

MADE = make_watching(3, seed=0, odd="stop")
SCORES = torch.linspace(0, 4, 48).view(3, 16)


@pytest.fixture
def player() -> FilmPlayer:
    return FilmPlayer(MADE.frames, SCORES, MADE.odd, 2.0, ["a", "b", "c"])


def test_the_page_gets_all_pixels_scores_and_what_is_odd(player: FilmPlayer) -> None:
    pixels = np.frombuffer(player._pixels, np.uint8).reshape(3, 16, 16, 16, 3)
    assert np.array_equal(pixels[..., 1], MADE.frames[:, :, 0].numpy())
    fixed = player._fixed
    np.testing.assert_allclose(fixed["scores"], SCORES)
    assert fixed["odd"] == MADE.odd.tolist()
    assert (fixed["frames"], fixed["high"], fixed["wide"]) == (16, 16, 16)
    assert fixed["span"] == watched(MADE.frames, SCORES, MADE.odd).span


def test_a_score_that_is_not_there_is_none() -> None:
    scores = SCORES.clone()
    scores[:, :2] = nan
    fixed = FilmPlayer(MADE.frames, scores, MADE.odd)._fixed
    assert fixed["scores"][1][:2] == [None, None] and None not in fixed["scores"][1][2:]
    assert fixed["names"] == ("film 1", "film 2", "film 3")


def test_without_a_threshold_nothing_alarms() -> None:
    assert FilmPlayer(MADE.frames, SCORES, MADE.odd).threshold == 4.0


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("film", 3, "film must lie from 0 to 2, not 3"),
        ("frame", -1, "frame must lie from 0 to 15, not -1"),
        ("frame", 16, "frame must lie from 0 to 15, not 16"),
        ("threshold", nan, "threshold must be a number, not nan"),
    ],
)
def test_positions_stay_inside(player: FilmPlayer, name: str, value, says: str) -> None:
    with pytest.raises(traitlets.TraitError, match=says):
        setattr(player, name, value)


def test_positions_can_be_set(player: FilmPlayer) -> None:
    player.film, player.frame, player.threshold = 2, 15, 7.5  # also above all scores
    assert (player.film, player.frame, player.threshold) == (2, 15, 7.5)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="one film or more"):
        FilmPlayer(MADE.frames, SCORES[:2], MADE.odd)
    with pytest.raises(ValueError, match="2 names for 3 films"):
        FilmPlayer(MADE.frames, SCORES, MADE.odd, names=["a", "b"])
    with pytest.raises(ValueError, match="rate must be above 0"):
        FilmPlayer(MADE.frames, SCORES, MADE.odd, rate=0.0)


def test_it_says_what_it_is(player: FilmPlayer) -> None:
    assert repr(player) == "Film player, live in a running notebook. Films: a, b, c"


def test_the_page_has_the_colours_of_the_course() -> None:
    assert f"--mm-key: {plots.KEY};" in str(FilmPlayer._css)
    assert f"--mm-alarm: {plots.PICTURE};" in str(FilmPlayer._css)
