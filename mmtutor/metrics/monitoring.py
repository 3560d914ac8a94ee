"""How good is a monitor? A threshold from usual films, alarms, their delay, and a known trap.

A score says how odd a frame is: the higher, the odder. Everywhere `scores` and `odd` are (film,
frame): a score for each frame, and whether something odd is going on in it.
"""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from mmtutor.metrics.scores import auroc

HOUR = 3600
"""Seconds."""


# ── Making scores of different films comparable, or not ───────────────────────────────────────────


def over_first(scores: Float[Tensor, "film frame"], count: int = 3) -> Float[Tensor, "film frame"]:
    """Divide a film's scores by the mean of its first `count`: what is much for *this* camera?

    Uses nothing that a monitor does not have at the time. Those first frames must be usual ones.
    """
    return scores / scores[:, :count].mean(dim=1, keepdim=True)


def min_max(scores: Float[Tensor, "film frame"], small: float = 0.0) -> Float[Tensor, "film frame"]:
    """Bring each film's scores to 0 … 1 by its own smallest and largest: a trap, kept to be seen.

    Many papers on anomalies in video do this to every test film (Liu et al., "Future Frame
    Prediction for Anomaly Detection", 2018, arXiv 1712.09867, of PSNR). It needs the film's end
    before its first frame can be scored, and it gives every film a frame with score 1, also where
    all is usual: measured on odd films alone it looks excellent. With something `small` added to
    what is divided by, the largest score is a hair below 1, by less where the range is larger: an
    AUC, which reads order alone, then reads that hair.

    Raises:
        ValueError: all scores of a film are the same and nothing is added.
    """
    low, high = scores.amin(dim=1, keepdim=True), scores.amax(dim=1, keepdim=True)
    if not small and (low == high).any():
        raise ValueError("all scores of a film are the same: it has no range to divide by.")
    return (scores - low) / (high - low + small)


# ── Alarms ────────────────────────────────────────────────────────────────────────────────────────


def threshold_for(usual: Float[Tensor, "*shape"], false_alarms: float) -> float:
    """Return the lowest threshold above which at most this share of usual scores lie.

    Give the scores of frames to bound the share of frames with a false alarm, or each film's
    largest score (`scores.amax(dim=1)`) to bound the share of films. The scores must come from
    validation films: neither those that were learnt from nor those that are reported on.

    Raises:
        ValueError: a score is NaN, there is none, or the share is not from 0 to below 1.
    """
    if not 0 <= false_alarms < 1:
        raise ValueError(f"false_alarms must lie from 0 to below 1, not {false_alarms}")
    refuse_nan(usual)
    ranked = usual.flatten().sort(descending=True).values
    if not len(ranked):
        raise ValueError("there are no usual scores to choose a threshold from.")
    allowed = math.floor(false_alarms * len(ranked) + 1e-9)  # scores above it
    return ranked[min(allowed, len(ranked) - 1)].item()


def alarmed(scores: Float[Tensor, "*shape"], threshold: float) -> Bool[Tensor, "*shape"]:
    """Return where a score lies above the threshold. ValueError for NaN, which no alarm answers."""
    refuse_nan(scores)
    return scores > threshold


def refuse_nan(scores: Float[Tensor, "*shape"]) -> None:
    """Raise ValueError where a score is no number: a monitor that fell apart is never silent."""
    if scores.isnan().any():
        raise ValueError("scores hold NaN: the monitor has fallen apart.")


def delays(
    scores: Float[Tensor, "film frame"], odd: Bool[Tensor, "film frame"], threshold: float
) -> Float[Tensor, " film"]:
    """Return how many frames pass from a film's first odd frame to the first alarm then or later.

    0 is an alarm at once; infinity, that none comes; NaN, that the film has nothing odd. An alarm
    before the first odd frame is a false one and does not count.
    """
    begun = odd.int().cumsum(dim=1) > 0
    waited = begun.cumsum(dim=1) - 1.0  # frames since the first odd one
    heard = alarmed(scores, threshold) & begun
    first = waited.masked_fill(~heard, torch.inf).amin(dim=1)
    return first.masked_fill(~odd.any(dim=1), torch.nan)


def false_alarms_an_hour(
    alarms: Bool[Tensor, "film frame"], frames_per_second: float | int
) -> float:
    """Return how often an hour of usual films calls somebody. `alarms` are those of usual films.

    Frames with an alarm that follow one another are one alarm.
    """
    begun = alarms.clone()
    begun[:, 1:] &= ~alarms[:, :-1]
    return begun.sum().item() / (alarms.numel() / frames_per_second / HOUR)


# ── Over all thresholds ───────────────────────────────────────────────────────────────────────────


def auc_of_frames(scores: Float[Tensor, "film frame"], odd: Bool[Tensor, "film frame"]) -> float:
    """Return the chance that an odd frame, of any film, scores higher than a usual one of any."""
    return auroc(scores[odd], scores[~odd])


def auc_of_films(scores: Float[Tensor, "film frame"], odd: Bool[Tensor, "film frame"]) -> float:
    """Return the chance that an odd film's largest score is higher than a usual film's."""
    largest, is_odd = scores.amax(dim=1), odd.any(dim=1)
    return auroc(largest[is_odd], largest[~is_odd])


def usual_films_alarmed(
    scores: Float[Tensor, "film frame"], odd: Bool[Tensor, "film frame"], caught: float = 0.9
) -> float:
    """Return the share of usual films with an alarm, at a threshold that catches odd frames.

    The threshold is the highest that catches at least the share `caught` of all odd frames.
    ValueError where no frame is odd, or no film is usual.
    """
    usual = scores[~odd.any(dim=1)]
    if not odd.any() or not len(usual):
        raise ValueError("there must be an odd frame and a usual film.")
    ranked = scores[odd].sort(descending=True).values
    lowest = ranked[math.ceil(caught * len(ranked) - 1e-9) - 1]
    return (usual >= lowest).any(dim=1).double().mean().item()
