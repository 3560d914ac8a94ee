"""Films as pictures: which frame stands where, what is marked, and what is said of a time line."""

import numpy as np
import pytest
import torch

from mmtutor import plots
from mmtutor.plots.films import as_frames
from tests.plots.read import shown

FILM = torch.randint(0, 256, (5, 3, 8, 8), generator=torch.Generator().manual_seed(0)).byte()
GREY = FILM[:, :1]


def test_a_film_becomes_pictures_with_colours_last() -> None:
    frames = as_frames(FILM)
    assert np.array_equal(frames, FILM.permute(0, 2, 3, 1).numpy())
    assert np.array_equal(as_frames(FILM.double() / 255), frames)
    assert np.array_equal(as_frames(GREY), frames[..., :1].repeat(3, axis=-1))


def test_what_is_no_film_is_refused() -> None:
    for film in (FILM[0], FILM[:, :2], FILM.permute(0, 2, 3, 1)):
        with pytest.raises(ValueError, match=r"\(time, 1 or 3, height, width\), not"):
            plots.filmstrip(film)


def test_a_strip_has_every_frame_at_its_time_with_its_number_and_label() -> None:
    figure = plots.filmstrip(FILM, ["a", "b", "c", "d", "e"])
    (axes,) = figure.axes
    assert shown(figure) == ["0", "1", "2", "3", "4"]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["a", "b", "c", "d", "e"]
    for time, image in enumerate(axes.images):
        left, right, _, _ = image.get_extent()
        assert (left + right) / 2 == pytest.approx(time)
        assert np.array_equal(image.get_array(), as_frames(FILM)[time])
    assert figure.description == "The 5 frames of a film: a, b, c, d, e."


def test_marked_frames_have_a_rim_of_their_own() -> None:
    (axes,) = plots.filmstrip(FILM, odd=[False, True, True, False, False]).axes
    assert [rim.get_linewidth() > 1 for rim in axes.patches] == [False, True, True, False, False]


@pytest.mark.parametrize("given", [{"labels": ["a"]}, {"odd": [True]}])
def test_a_strip_wants_something_for_each_frame(given: dict) -> None:
    with pytest.raises(ValueError, match="1 labels for 5 frames"):
        plots.filmstrip(FILM, **given)


def test_films_stand_in_rows_with_their_names() -> None:
    figure = plots.filmstrips({"forwards": FILM, "backwards": FILM.flip(0)})
    assert [axes.get_ylabel() for axes in figure.axes] == ["forwards", "backwards"]
    first, last = figure.axes[0].images[0], figure.axes[1].images[-1]
    assert np.array_equal(first.get_array(), last.get_array())
    assert shown(figure) == ["0", "1", "2", "3", "4"]  # once for all rows
    with pytest.raises(ValueError, match=r"one length, not \[4, 5\]"):
        plots.filmstrips({"a": FILM, "b": FILM[:4]})


def test_a_look_has_a_bar_under_each_frame_and_the_even_share() -> None:
    weights, event = torch.tensor([0.1, 0.1, 0.6, 0.1, 0.1]), torch.arange(5) == 2
    figure = plots.look_over_time(weights, FILM, event, "When does it flash?")
    strip, below = figure.axes
    heights = [bar.get_height() for bar in below.patches]
    np.testing.assert_allclose(heights, weights)
    assert strip.get_xlim() == below.get_xlim()
    assert below.lines[0].get_ydata()[0] == pytest.approx(0.2)
    assert "even share:\n0.2" in shown(figure)
    assert figure.description == (
        "When does it flash? It looks most at frame 2: 0.60, even 0.20. "
        "On the frames with something to see: 0.60, even 0.20."
    )


def test_a_look_wants_a_weight_for_each_frame() -> None:
    with pytest.raises(ValueError, match="a weight for each of 5 frames"):
        plots.look_over_time(torch.ones(4) / 4, FILM)


def test_a_time_line_tells_hits_misses_and_false_alarms_apart() -> None:
    scores = torch.tensor([torch.nan, 3.0, 1.0, 3.0, 2.0])
    odd = torch.tensor([False, False, False, True, True])
    figure = plots.time_line(scores, odd, 2.0, "Backwards.")
    (axes,) = figure.axes
    points = {drawn.get_label(): drawn.get_offsets().tolist() for drawn in axes.collections}
    assert points == {"hit": [[3, 3]], "miss": [[4, 2]], "false alarm": [[1, 3]]}
    assert shown(figure) == ["threshold: 2"]
    assert figure.description == "Backwards. 1 of 2 odd frames above 2, and 1 usual ones."
    with pytest.raises(ValueError, match="5 scores for 4 frames"):
        plots.time_line(scores, odd[1:], 2.0)
