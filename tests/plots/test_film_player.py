"""The film player's static twin: what is counted at a threshold, what is said and refused."""

import numpy as np
import pytest
import torch
from torch import nan

from mmtutor import plots
from mmtutor.plots.film_player import all_say, counted, film_says, first_alarm, watched

FILMS = torch.zeros(3, 5, 1, 4, 4, dtype=torch.uint8)
SCORES = torch.tensor(
    [[nan, 3.0, 1.0, 1.0, 3.0], [nan, 1.0, 1.0, 1.0, 2.0], [nan, 1.0, 3.0, 1.0, 1.0]]
)
ODD = torch.tensor([[0, 0, 1, 1, 1], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0]]).bool()


def test_frames_are_counted_and_one_without_a_score_is_nothing() -> None:
    assert counted(SCORES.numpy(), ODD.numpy(), 2.0) == (1, 3, 2)
    assert counted(SCORES.numpy(), ODD.numpy(), 0.0) == (4, 0, 8)
    assert counted(SCORES.numpy(), ODD.numpy(), 9.0) == (0, 4, 0)


@pytest.mark.parametrize(("threshold", "delay"), [(0.5, 0), (2.0, 2), (3.0, None)])
def test_the_first_alarm_is_one_at_or_after_the_first_odd_frame(threshold, delay) -> None:
    assert first_alarm(SCORES[0].numpy(), ODD[0].numpy(), threshold) == delay


def test_what_is_said_of_films() -> None:
    found = watched(FILMS, SCORES, ODD)
    assert film_says(found, 0, 2.0) == (
        "film 1: 1 hit, 2 misses, 1 false alarm. "
        "It is odd from frame 2 on: the first alarm comes 2 frames late."
    )
    assert film_says(found, 0, 0.0).endswith("on: the first alarm comes at once.")
    assert film_says(found, 1, 2.0).endswith("It is odd from frame 4 on: no alarm comes.")
    assert film_says(found, 2, 2.0).endswith("1 false alarm. Nothing is odd in it.")
    assert all_say(found, 2.0) == (
        "All 3 films: 1 hit, 3 misses, 2 false alarms. "
        "Caught are 1 of 2 odd films, alarmed 1 of 1 usual ones."
    )


def test_the_span_holds_all_scores() -> None:
    assert watched(FILMS, SCORES, ODD).span == (1.0, 3.0)
    assert watched(FILMS, torch.ones(3, 5), ODD).span == (1.0, 2.0)


def test_the_figure_shows_one_film_and_says_what_becomes_of_all() -> None:
    names = ["a", "b", "c"]
    figure = plots.film_player(FILMS, SCORES, ODD, 2.0, names, film=1)
    found = watched(FILMS, SCORES, ODD, names)
    assert figure.axes[0].get_title() == film_says(found, 1, 2.0)
    assert figure.description == f"{film_says(found, 1, 2.0)} {all_say(found, 2.0)}"
    line = figure.axes[1].lines[0]
    np.testing.assert_array_equal(line.get_ydata(), SCORES[1])


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"scores": SCORES[:2]}, "one film or more: (3, 5), (2, 5) and (3, 5)"),
        ({"odd": ODD[:, :4]}, "(3, 5), (3, 5) and (3, 4)"),
        ({"films": FILMS[:0], "scores": SCORES[:0], "odd": ODD[:0]}, "one film or more"),
        ({"scores": SCORES * nan}, "not all of them"),
        ({"scores": SCORES / 0}, "must be numbers"),
        ({"names": ["a"]}, "1 names for 3 films"),
        ({"film": 3}, "film must lie from 0 to 2, not 3"),
    ],
)
def test_what_does_not_fit_is_refused(given: dict, says: str) -> None:
    with pytest.raises(ValueError) as refused:
        plots.film_player(
            **{"films": FILMS, "scores": SCORES, "odd": ODD, "threshold": 2.0, **given}
        )
    assert says in str(refused.value)
