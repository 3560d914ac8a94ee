"""Metrics: small cases counted by hand."""

import subprocess
import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mmtutor.metrics import (
    accuracy,
    auroc,
    balanced_accuracy,
    exact_match,
    mean_iou,
    pointing_accuracy,
    precision_recall_f1,
    recall_at,
)

PREDICTED = torch.tensor([0, 0, 1, 1, 1, 2])
TARGET = torch.tensor([0, 1, 1, 1, 2, 2])


def test_accuracy():
    assert accuracy(PREDICTED, TARGET) == pytest.approx(4 / 6)


def test_balanced_accuracy_counts_a_rare_class_as_much():
    """By hand: all of class 0, two thirds of class 1, half of class 2 are found."""
    assert balanced_accuracy(PREDICTED, TARGET) == pytest.approx((1 + 2 / 3 + 1 / 2) / 3)


def test_precision_recall_f1_of_three_classes():
    """By hand: precision 1/2, 2/3, 1; recall 1, 2/3, 1/2; F1 2/3 in each class."""
    scores = precision_recall_f1(PREDICTED, TARGET)
    assert scores.precision == pytest.approx((1 / 2 + 2 / 3 + 1) / 3)
    assert scores.recall == pytest.approx((1 + 2 / 3 + 1 / 2) / 3)
    assert scores.f1 == pytest.approx(2 / 3)


def test_precision_and_recall_are_not_swapped():
    claims_much = precision_recall_f1(
        torch.tensor([1, 1, 1, 1]), torch.tensor([1, 0, 0, 0]), average="binary"
    )
    assert claims_much.precision == pytest.approx(1 / 4)
    assert claims_much.recall == 1


def test_a_class_never_predicted_has_precision_zero():
    scores = precision_recall_f1(torch.tensor([0, 0]), torch.tensor([0, 1]))
    assert scores.precision == pytest.approx((1 / 2 + 0) / 2)


def test_exact_match_needs_every_token():
    target = torch.tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9], [1, 1, 1]])
    predicted = target.clone()
    predicted[1, 2] = 0
    assert exact_match(predicted, target) == 0.75
    assert exact_match(predicted.view(2, 2, 3), target.view(2, 2, 3)) == 0.75
    assert exact_match(predicted[1], target[1]) == 0.0


def test_pointing_accuracy_by_hand():
    weights = torch.tensor([[0.1, 0.7, 0.2], [0.6, 0.3, 0.1], [0.0, 0.1, 0.9], [0.5, 0.2, 0.3]])
    mask = torch.tensor([[0, 1, 0], [0, 1, 1], [0, 0, 1], [0, 0, 0]]).bool()
    assert pointing_accuracy(weights, mask) == 0.5  # hit, miss, hit, empty region
    assert pointing_accuracy(weights.view(2, 2, 3), mask.view(2, 2, 3)) == 0.5


@given(keys=st.integers(1, 12), inside=st.integers(0, 12))
def test_even_attention_scores_what_chance_scores(keys, inside):
    inside = min(inside, keys)
    mask = torch.arange(keys) < inside
    even = torch.full((1, keys), 1 / keys)
    assert pointing_accuracy(even, mask[None]) == pytest.approx(inside / keys)


def test_import_is_light():
    code = "import sys, mmtutor.metrics; print('sklearn' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "False", result.stderr


def test_mean_iou_by_hand():
    truth = torch.tensor([[0, 1, 1, 2], [0, 0, 1, 2]])
    guess = torch.tensor([[0, 1, 2, 2], [0, 1, 1, 0]])
    # class 1: both in 2 pixels, either in 4; class 2: both in 1, either in 3; class 3: nowhere
    assert mean_iou(guess, truth, 4) == pytest.approx((2 / 4 + 1 / 3) / 2)
    assert mean_iou(truth, truth, 4) == 1.0
    assert mean_iou(torch.zeros_like(truth), truth, 4) == 0.0
    with pytest.raises(ValueError, match="nothing to score"):
        mean_iou(torch.zeros_like(truth), torch.zeros_like(truth), 4)


def test_recall_of_a_model_that_fell_apart_is_an_error() -> None:
    scores = torch.full((2, 2), float("nan"))
    with pytest.raises(ValueError, match="scores hold NaN"):
        recall_at(scores, torch.arange(2), 1)


def test_auroc_counts_the_pairs_in_the_right_order_and_ties_as_halves() -> None:
    positive, negative = torch.tensor([0.9, 0.4, 0.2]), torch.tensor([0.4, 0.1])
    # of six pairs: 0.9 above both, 0.4 above one and level with one, 0.2 above one
    assert auroc(positive, negative) == pytest.approx((2 + 1 + 0.5 + 1) / 6)
    assert auroc(negative, positive) == pytest.approx(1 - 4.5 / 6)
