"""Monitors: thresholds, alarms and delays counted by hand, and what the trap gives away."""

import math

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from torch import Tensor, inf, nan

from mmtutor.metrics import monitoring
from mmtutor.metrics.monitoring import (
    alarmed,
    auc_of_films,
    auc_of_frames,
    delays,
    false_alarms_an_hour,
    min_max,
    over_first,
    threshold_for,
    usual_films_alarmed,
)

SCORES = torch.tensor(
    [
        [1.0, 5.0, 1.0, 2.0, 3.0, 4.0],  # a false alarm, then late
        [0.0, 0.0, 3.5, 0.0, 0.0, 0.0],  # at once
        [3.0, 3.0, 3.0, 3.0, 3.0, 3.0],  # never above 3
        [9.0, 9.0, 9.0, 9.0, 9.0, 9.0],  # nothing is odd
    ]
)
ODD = torch.tensor([[0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 0, 0], [1, 1, 1, 1, 1, 1], [0] * 6]).bool()


def grained(odd_too: bool = True) -> tuple[Tensor, Tensor]:
    """Scores of 200 films, every other one odd at its end, each with its own factor."""
    generator = torch.Generator().manual_seed(0)
    odd = torch.zeros(200, 12, dtype=torch.bool)
    odd[::2, 8:] = odd_too
    scores = 1 + 0.1 * torch.randn(200, 12, generator=generator, dtype=torch.float64) + odd
    return scores * 10 ** (2 * torch.rand(200, 1, generator=generator)), odd


# ── Thresholds and alarms ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("share", "threshold"), [(0.0, 9.0), (0.1, 8.0), (0.29, 7.0), (0.9, 0.0)])
def test_a_threshold_leaves_that_share_above_it(share: float, threshold: float) -> None:
    usual = torch.arange(10.0)[torch.randperm(10)].view(2, 5)
    assert threshold_for(usual, share) == threshold


@example([0], math.nextafter(1, 0))
@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=30),
    st.floats(0, 1, exclude_max=True),
)
def test_no_lower_threshold_would_do(values: list[int], share: float) -> None:
    usual = torch.tensor(values, dtype=torch.float64)
    threshold = threshold_for(usual, share)
    assert alarmed(usual, threshold).double().mean() <= share + 1e-9
    lower = alarmed(usual, math.nextafter(threshold, -math.inf))
    assert lower.double().mean() > share - 1e-9


def test_an_alarm_is_above_the_threshold_not_at_it() -> None:
    assert alarmed(torch.tensor([0.9, 1.0, 1.1]), 1.0).tolist() == [False, False, True]


def test_what_gives_no_threshold_is_refused() -> None:
    with pytest.raises(ValueError, match="from 0 to below 1, not 1"):
        threshold_for(torch.ones(3), 1.0)
    with pytest.raises(ValueError, match="no usual scores"):
        threshold_for(torch.ones(0), 0.1)
    with pytest.raises(ValueError, match="hold NaN"):
        threshold_for(torch.tensor([1.0, nan]), 0.1)
    with pytest.raises(ValueError, match="hold NaN"):
        alarmed(torch.tensor([1.0, nan]), 0.1)


def test_delays_by_hand() -> None:
    found = delays(SCORES, ODD, 3.0)
    assert found[:3].tolist() == [2, 0, inf] and found[3].isnan()


def test_an_alarm_after_the_odd_stretch_is_late_and_counts() -> None:
    odd = torch.tensor([[False, True, False, False]])
    assert delays(torch.tensor([[0.0, 0.0, 0.0, 1.0]]), odd, 0.5).tolist() == [2]


def test_alarms_that_follow_one_another_are_one() -> None:
    alarms = torch.tensor([[1, 1, 0, 1, 0], [1, 0, 0, 0, 1]]).bool()
    assert false_alarms_an_hour(alarms, frames_per_second=10) == 4 * 3600
    assert alarms[0].tolist() == [True, True, False, True, False]  # nothing was changed
    assert false_alarms_an_hour(torch.zeros(3, 4).bool(), 10) == 0


# ── Scores that can be compared ───────────────────────────────────────────────────────────────────


def test_over_its_first_frames_a_camera_has_no_factor_left() -> None:
    scores, _ = grained()
    torch.testing.assert_close(over_first(scores), over_first(7 * scores))
    assert over_first(SCORES[:1].double() * 3, 2).tolist() == [
        [1 / 3, 5 / 3, 1 / 3, 2 / 3, 1, 4 / 3]
    ]


def test_min_max_by_hand() -> None:
    assert min_max(SCORES[:1]).tolist() == [[0, 1, 0, 0.25, 0.5, 0.75]]
    with pytest.raises(ValueError, match="no range"):
        min_max(SCORES)


def test_the_trap_looks_best_on_frames_and_alarms_in_every_usual_film() -> None:
    scores, odd = grained()
    some = odd.any(dim=1)
    assert auc_of_frames(scores[some], odd[some]) < 0.8
    trapped = min_max(scores)
    assert auc_of_frames(trapped[some], odd[some]) == pytest.approx(1, abs=1e-3)
    assert auc_of_films(trapped, odd) == 0.5
    assert usual_films_alarmed(trapped, odd) == 1
    honest = over_first(scores)
    assert auc_of_films(honest, odd) > 0.99 and usual_films_alarmed(honest, odd) < 0.05


def test_something_small_in_the_trap_lets_the_range_out() -> None:
    scores, odd = grained()
    width = scores.amax(dim=1) - scores.amin(dim=1)
    by_range = auc_of_films(width[:, None].expand(-1, 12), odd)
    assert by_range > 0.7
    assert auc_of_films(min_max(scores, 1e-9), odd) == pytest.approx(by_range, abs=1e-3)


# ── Over all thresholds ───────────────────────────────────────────────────────────────────────────


def test_areas_by_hand() -> None:
    scores = torch.tensor([[1.0, 4.0], [2.0, 3.0]])
    odd = torch.tensor([[False, True], [False, False]])
    assert auc_of_frames(scores, odd) == 1
    assert auc_of_frames(-scores, odd) == 0
    assert auc_of_films(scores, odd) == 1
    assert auc_of_films(torch.tensor([[1.0, 3.0], [2.0, 3.0]]), odd) == 0.5


def test_usual_films_are_alarmed_where_one_frame_reaches_the_threshold() -> None:
    odd = torch.zeros(4, 2).bool()
    odd[0] = True
    scores = torch.tensor([[3.0, 5.0], [3.0, 0.0], [2.0, 4.0], [1.0, 1.0]])
    assert usual_films_alarmed(scores, odd, caught=1.0) == pytest.approx(2 / 3)
    assert usual_films_alarmed(scores, odd, caught=0.5) == 0


@pytest.mark.parametrize("odd", [torch.zeros(2, 3).bool(), torch.ones(2, 3).bool()])
def test_without_an_odd_frame_or_a_usual_film_nothing_can_be_said(odd: Tensor) -> None:
    with pytest.raises(ValueError, match="an odd frame and a usual film"):
        usual_films_alarmed(torch.ones(2, 3), odd)


def test_an_hour_has_its_seconds() -> None:
    assert monitoring.HOUR == 60 * 60
