"""Risk against coverage: by hand, with ties, and equal to plain loops."""

import math

import pytest
import torch

from mmtutor.metrics import selective

RIGHT = torch.tensor([True, False, True, True])


def test_the_surest_answers_come_first():
    curve = selective.risk_coverage(torch.tensor([0.9, 0.4, 0.7, 0.8]), RIGHT)
    assert curve.coverage.tolist() == [0.25, 0.5, 0.75, 1]
    assert curve.risk.tolist() == [0, 0, 0, 0.25]
    assert curve.threshold.tolist() == pytest.approx([0.9, 0.8, 0.7, 0.4])


def test_answers_that_tie_come_together_whatever_their_order():
    confidence = torch.tensor([0.9, 0.5, 0.5, 0.5])
    curve = selective.risk_coverage(confidence, RIGHT)
    assert curve.coverage.tolist() == [0.25, 1]
    assert curve.risk.tolist() == [0, 0.25]
    turned = selective.risk_coverage(confidence.flip(0), RIGHT.flip(0))
    assert torch.equal(curve.risk, turned.risk)


def test_every_point_is_what_a_threshold_gives():
    generator = torch.Generator().manual_seed(0)
    confidence = (torch.rand(300, generator=generator) * 20).round() / 20
    right = torch.rand(300, generator=generator) < confidence
    for coverage, risk, threshold in zip(*selective.risk_coverage(confidence, right), strict=True):
        answered = confidence >= threshold
        assert coverage.item() == pytest.approx(answered.double().mean().item())
        assert risk.item() == pytest.approx((~right[answered]).double().mean().item())


def test_the_risk_at_a_coverage_is_that_of_the_next_threshold():
    curve = selective.risk_coverage(torch.tensor([0.9, 0.4, 0.7, 0.8]), RIGHT)
    assert [selective.risk_at(curve, share) for share in (0.1, 0.75, 0.76, 1)] == [0, 0, 0.25, 0.25]


def test_the_area_is_the_mean_of_the_risks_where_nothing_ties():
    confidence = torch.tensor([0.9, 0.8, 0.7, 0.6])
    curve = selective.risk_coverage(confidence, RIGHT)
    assert selective.area_under_risk(curve) == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 4) / 4)
    worst = selective.risk_coverage(confidence, torch.zeros(4, dtype=torch.bool))
    assert selective.area_under_risk(worst) == 1


@pytest.mark.parametrize("confidence", [[], [0.5, math.nan]])
def test_there_is_no_curve_without_numbers(confidence):
    with pytest.raises(ValueError, match="a number"):
        selective.risk_coverage(torch.tensor(confidence), RIGHT[: len(confidence)])
