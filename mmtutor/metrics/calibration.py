"""Does a model know when it is right? Bins, expected calibration error, Brier, log, temperature."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64
from torch import Tensor

Confidence = Float[Tensor, " item"]
"""How likely a model thinks that its answer is right, from 0 to 1."""
Right = Bool[Tensor, " item"]


class Bin(NamedTuple):
    """Answers of about the same confidence: above `low`, up to `high`. The first has 0, too.

    Where `count` is 0, `confidence` and `right` are NaN.
    """

    low: float
    high: float
    count: int
    confidence: float
    """Their mean confidence."""
    right: float
    """The share of them that is right."""


def bin_numbers(confidence: Confidence, count: int = 10) -> Int64[Tensor, " item"]:
    """Return the bin of each confidence, from 0: bin k holds what is above k/K, up to (k + 1)/K.

    So 1 is in the last bin, and 0 in the first. Raises ValueError outside 0 to 1, and for NaN.
    """
    if not ((confidence >= 0) & (confidence <= 1)).all():
        raise ValueError("a confidence must lie between 0 and 1")
    edges = torch.arange(1, count, dtype=confidence.dtype) / count
    return torch.bucketize(confidence, edges)


def bins_of(confidence: Confidence, right: Right, count: int = 10) -> list[Bin]:
    """Return what a reliability diagram shows: bins of equal width, with their means."""
    numbers, found = bin_numbers(confidence, count), []
    for k in range(count):
        here = numbers == k
        means = confidence[here].double().mean().item(), right[here].double().mean().item()
        found.append(Bin(k / count, (k + 1) / count, int(here.sum()), *means))
    return found


def expected_calibration_error(confidence: Confidence, right: Right, count: int = 10) -> float:
    """Return how far confidence and accuracy are apart, bin by bin, each weighed by its answers.

    Source: Naeini et al. 2015, "Obtaining Well Calibrated Probabilities Using Bayesian Binning";
    Guo et al. 2017, arXiv:1706.04599, equation 3. ValueError for no answers.
    """
    if not len(confidence):
        raise ValueError("there are no answers to calibrate")
    filled = [some for some in bins_of(confidence, right, count) if some.count]
    return sum(b.count * abs(b.right - b.confidence) for b in filled) / len(confidence)


def brier(confidence: Confidence, right: Right) -> float:
    """Return the mean squared gap between confidence and being right: 0 is best.

    Source: Brier 1950, "Verification of forecasts expressed in terms of probability", for the one
    question whether the answer is right.
    """
    return (confidence.double() - right.double()).square().mean().item()


def log_score(confidence: Confidence, right: Right) -> float:
    """Return the mean surprise at being right or wrong, in nats: infinite for a sure wrong answer.

    Source: Good 1952, "Rational Decisions".
    """
    given = torch.where(right, confidence.double(), 1 - confidence.double())
    return -given.log().mean().item()


# ── Temperature ───────────────────────────────────────────────────────────────────────────────────

Logits = Float[Tensor, "item choice"]
COLDEST, HOTTEST = 0.05, 20.0
"""Between which temperatures the best is looked for."""


def best_temperature(scores: Logits, target: Int64[Tensor, " item"]) -> float:
    """Return the temperature by which scores are divided to give the least mean log score.

    Give validation items: what is fitted on the test set is no longer tested. Found by halving the
    logarithm of the bracket, for the loss has one valley in 1/T. Source: Guo et al. 2017,
    arXiv:1706.04599, section 4.2. Raises ValueError where a score is no number.
    """
    if not scores.isfinite().all():
        raise ValueError("scores hold numbers that are not finite")
    low, high = (torch.tensor(t, dtype=torch.double).log() for t in (COLDEST, HOTTEST))
    for _ in range(60):
        middle = (low + high) / 2
        warmer = slope(scores.double(), target, middle.exp()) < 0
        low, high = torch.where(warmer, middle, low), torch.where(warmer, high, middle)
    return ((low + high) / 2).exp().item()


def slope(
    scores: Float[Tensor, "item choice"],
    target: Int64[Tensor, " item"],
    temperature: Float[Tensor, ""],
) -> Float[Tensor, ""]:
    """Return by how much the loss grows with temperature, but for a positive factor."""
    expected = ((scores / temperature).softmax(dim=1) * scores).sum(dim=1)
    return (scores.gather(1, target.unsqueeze(1))[:, 0] - expected).mean()


def confidence_at(scores: Logits, temperature: float = 1.0) -> Confidence:
    """Return how likely the best choice is, after dividing by a temperature."""
    return (scores / temperature).softmax(dim=1).amax(dim=1)


def loss_at(scores: Logits, target: Int64[Tensor, " item"], temperature: float) -> float:
    """Return the mean log score of the true choices at a temperature, in nats."""
    return F.cross_entropy(scores / temperature, target).item()
