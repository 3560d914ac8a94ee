"""What does it cost to answer only when sure? Risk against coverage."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor


class RiskCoverage(NamedTuple):
    """For each threshold: the share of items that is answered, and of these the share wrong."""

    coverage: Float[Tensor, " threshold"]
    risk: Float[Tensor, " threshold"]
    threshold: Float[Tensor, " threshold"]
    """The least confidence that is still answered."""


def risk_coverage(confidence: Float[Tensor, " item"], right: Bool[Tensor, " item"]) -> RiskCoverage:
    """Return risk and coverage at every threshold, the most confident answers first.

    Answers of equal confidence cannot be told apart by any threshold: they come together. Source:
    El-Yaniv and Wiener 2010, "On the Foundations of Noise-free Selective Classification". Raises
    ValueError where a confidence is no number, and for no items.
    """
    if not len(confidence) or confidence.isnan().any():
        raise ValueError("every item needs a confidence that is a number, and there must be one")
    order = confidence.argsort(descending=True, stable=True)
    sure, wrong = confidence[order], (~right[order]).double().cumsum(0)
    answered = torch.arange(1, len(sure) + 1, dtype=torch.double)
    last = torch.ones(len(sure), dtype=torch.bool)
    last[:-1] = sure[:-1] != sure[1:]  # the last of those who tie
    return RiskCoverage(answered[last] / len(sure), (wrong / answered)[last], sure[last])


def risk_at(curve: RiskCoverage, coverage: float | int) -> float:
    """Return the risk at the highest threshold that answers at least this share of the items."""
    return curve.risk[(curve.coverage >= coverage - 1e-9).int().argmax()].item()


def area_under_risk(curve: RiskCoverage) -> float:
    """Return the mean risk over all coverages from 0 to 1, each step at its right end's height.

    Lower is better. Without ties it is the mean of the risks after 1, 2, 3 … answers (AURC, Geifman
    and El-Yaniv 2017, arXiv:1705.08500).
    """
    steps = curve.coverage.diff(prepend=curve.coverage.new_zeros(1))
    return (steps * curve.risk).sum().item()
