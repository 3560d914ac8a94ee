"""Intervals: scipy's bootstrap, pairs, groups, and where the bootstrap has no width."""

import numpy as np
import pytest
import torch
from scipy import stats

from mmtutor.metrics import intervals

RIGHT = torch.arange(60) % 3 > 0  # 40 of 60
OTHER = torch.arange(60) % 5 > 1  # 36 of 60


def test_a_resample_draws_items_with_replacement():
    picks = intervals.resamples(7, 400)
    assert picks.shape == (400, 7) and set(picks.unique().tolist()) == set(range(7))
    assert not torch.equal(picks[0].sort().values, torch.arange(7))
    assert torch.equal(picks, intervals.resamples(7, 400))
    assert not torch.equal(picks, intervals.resamples(7, 400, seed=1))


def test_means_are_those_of_the_picked_items():
    picks = torch.tensor([[0, 0, 2], [1, 1, 1]])
    means = intervals.means_of(torch.tensor([1.0, 0.5, 0.0]), picks)
    assert means.tolist() == pytest.approx([2 / 3, 0.5])


def test_the_middle_part_is_numpys_percentiles():
    means = torch.rand(999, dtype=torch.double)
    low, high = intervals.middle_part(means, 0.9)
    assert (low, high) == pytest.approx(tuple(np.percentile(means.numpy(), [5, 95])))


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_lies_between_0_and_1(level):
    with pytest.raises(ValueError, match="level must lie between 0 and 1"):
        intervals.middle_part(torch.rand(9), float(level))


def test_the_bootstrap_is_about_scipys():
    ours = intervals.bootstrap(RIGHT, times=9999)
    theirs = stats.bootstrap(
        (RIGHT.double().numpy(),), np.mean, method="percentile", rng=np.random.default_rng(0)
    ).confidence_interval
    assert ours.mean == pytest.approx(40 / 60)
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs), abs=0.02)


def test_nothing_has_no_interval():
    with pytest.raises(ValueError, match="no item"):
        intervals.bootstrap(torch.zeros(0))


def test_pairing_helps_where_models_are_right_about_the_same_items():
    better = RIGHT.clone()
    better[:6] = True
    paired = intervals.paired_bootstrap(better, RIGHT)
    alone = [intervals.bootstrap(scores) for scores in (better, RIGHT)]
    assert paired.mean == pytest.approx(better.double().mean().item() - 40 / 60)
    assert paired.high - paired.low < max(some.high - some.low for some in alone) / 2


def test_unequal_numbers_cannot_be_paired():
    with pytest.raises(ValueError, match="60 and 59 items"):
        intervals.paired_bootstrap(RIGHT, OTHER[:59])


def test_groups_of_one_are_items():
    single = intervals.bootstrap_groups(RIGHT, torch.arange(60))
    assert single == pytest.approx(intervals.bootstrap(RIGHT))


def test_items_that_share_a_picture_make_the_interval_wider():
    scores = torch.arange(20).repeat_interleave(10) % 2 == 0
    groups = torch.arange(20).repeat_interleave(10)
    shared, alone = intervals.bootstrap_groups(scores, groups), intervals.bootstrap(scores)
    assert shared.mean == alone.mean
    assert shared.high - shared.low > 2 * (alone.high - alone.low)


@pytest.mark.parametrize(("right", "count"), [(0, 20), (13, 20), (20, 20), (150, 150)])
def test_wilsons_interval_is_scipys(right, count):
    ours = intervals.wilson(right, count)
    theirs = stats.binomtest(right, count).proportion_ci(method="wilson")
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_where_all_are_right_the_bootstrap_has_no_width():
    all_right = torch.ones(30, dtype=torch.bool)
    assert intervals.bootstrap(all_right) == (1, 1, 1)
    assert intervals.wilson(30, 30).low < 0.9


def test_the_share_right_draws_names_together_or_is_wilsons():
    right, names = torch.tensor([True, True, False, False]), ["a", "a", "b", "b"]
    groups = intervals.bootstrap_groups(right, torch.tensor([0, 0, 1, 1]))
    assert intervals.share_right(right, names) == groups
    assert intervals.share_right(right[:2], names[:2]) == intervals.wilson(2, 2)


def test_there_is_no_share_right_of_nothing():
    for right, names in ((RIGHT[:0], []), (RIGHT[:2], ["a"])):
        with pytest.raises(ValueError, match="have no common share"):
            intervals.share_right(right, names)
