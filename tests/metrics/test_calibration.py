"""Calibration: bins with both their ends, scikit-learn's Brier and log scores, temperature."""

import math

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar
from sklearn.metrics import brier_score_loss, log_loss

from mmtutor.metrics import calibration


def test_a_bin_has_its_upper_end_and_the_first_has_0_too():
    confidence = torch.tensor([0.0, 0.05, 0.1, 0.1001, 0.2, 0.95, 1.0])
    assert calibration.bin_numbers(confidence).tolist() == [0, 0, 0, 1, 1, 9, 9]


@pytest.mark.parametrize("k", range(11))
def test_every_tenth_is_in_the_bin_that_it_ends(k):
    assert calibration.bin_numbers(torch.tensor([k / 10])).item() == max(k - 1, 0)


@pytest.mark.parametrize("wrong", [-0.1, 1.1, math.nan])
def test_a_confidence_lies_between_0_and_1(wrong):
    with pytest.raises(ValueError, match="between 0 and 1"):
        calibration.bin_numbers(torch.tensor([0.5, wrong]))


def by_loops(confidence, right, count):
    total = 0.0
    for k in range(count):
        here = [
            (c, r)
            for c, r in zip(confidence, right, strict=True)
            if k / count < c <= (k + 1) / count or (k == 0 and c == 0)
        ]
        if here:
            total += abs(sum(c for c, _ in here) - sum(r for _, r in here))
    return total / len(confidence)


@pytest.mark.parametrize("count", [1, 5, 10, 15])
def test_the_error_is_that_of_plain_loops(count):
    confidence = torch.rand(400, dtype=torch.double, generator=torch.Generator().manual_seed(1))
    confidence[:3] = torch.tensor([0.0, 1.0, 0.5])
    right = torch.rand(400, generator=torch.Generator().manual_seed(2)) < confidence**2
    ours = calibration.expected_calibration_error(confidence, right, count)
    assert ours == pytest.approx(by_loops(confidence.tolist(), right.tolist(), count))


def test_by_hand():
    confidence, right = torch.tensor([1.0, 1.0, 0.55]), torch.tensor([True, False, True])
    ours = calibration.expected_calibration_error(confidence, right)
    assert ours == pytest.approx((2 * 0.5 + 0.45) / 3)
    bins = calibration.bins_of(confidence, right)
    assert [some.count for some in bins] == [0, 0, 0, 0, 0, 1, 0, 0, 0, 2]
    assert math.isnan(bins[0].right) and bins[9].right == 0.5
    with pytest.raises(ValueError, match="no answers"):
        calibration.expected_calibration_error(torch.zeros(0), torch.zeros(0, dtype=torch.bool))


def test_brier_and_log_score_are_scikit_learns():
    generator = torch.Generator().manual_seed(0)
    confidence = torch.rand(200, dtype=torch.double, generator=generator)
    right = torch.rand(200, generator=generator) < 0.5
    theirs = brier_score_loss(right, confidence), log_loss(right, confidence)
    ours = calibration.brier(confidence, right), calibration.log_score(confidence, right)
    assert ours == pytest.approx(theirs)


def test_who_is_sure_and_wrong_is_infinitely_surprised():
    sure, wrong = torch.tensor([1.0, 0.5]), torch.tensor([False, True])
    assert calibration.log_score(sure, wrong) == math.inf
    assert calibration.brier(sure, wrong) == pytest.approx(0.625)
    assert calibration.log_score(torch.tensor([1.0, 0.0]), torch.tensor([True, False])) == 0


def drawn(temperature: float, count: int = 4000):
    """Return scores, and targets drawn with the probabilities that a temperature makes of them."""
    generator = torch.Generator().manual_seed(4)
    scores = 3 * torch.randn(count, 5, generator=generator)
    shares = (scores / temperature).softmax(dim=1)
    return scores, shares.multinomial(1, generator=generator)[:, 0]


@pytest.mark.parametrize("true", [0.5, 1.0, 2.5])
def test_the_temperature_is_found_and_is_scipys(true):
    scores, target = drawn(true)
    ours = calibration.best_temperature(scores, target)
    theirs = minimize_scalar(
        lambda log: calibration.loss_at(scores.double(), target, math.exp(log)),
        bounds=(-3, 3),
        method="bounded",
    )
    assert ours == pytest.approx(math.exp(theirs.x), rel=1e-3)
    assert ours == pytest.approx(true, rel=0.1)


def test_temperature_changes_how_sure_a_model_is_and_not_what_it_says():
    scores, target = drawn(2.5)
    right = scores.argmax(dim=1) == target
    sure, found = calibration.confidence_at(scores), calibration.best_temperature(scores, target)
    cooled = calibration.confidence_at(scores, found)
    errors = [calibration.expected_calibration_error(c, right) for c in (sure, cooled)]
    assert errors[1] < errors[0] / 4
    assert (cooled < sure).all()


def test_scores_that_are_no_numbers_are_refused():
    scores = torch.tensor([[0.0, -math.inf]])
    with pytest.raises(ValueError, match="not finite"):
        calibration.best_temperature(scores, torch.tensor([0]))


def test_where_all_is_right_the_coldest_temperature_is_best():
    scores = torch.eye(3)
    assert calibration.best_temperature(scores, torch.arange(3)) == pytest.approx(0.05)
    assert np.isfinite(calibration.loss_at(scores, torch.arange(3), 0.05))
