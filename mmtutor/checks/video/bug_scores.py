"""Mend a monitor that scales every film to its own smallest and largest score.

So the highest frame of *any* film gets 1, odd or not. Published code does it before it measures:
the area under the curve looks better, and what is measured could never be an alarm in time.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    FindTheBug,
    Mistake,
    Property,
    Wrong,
    random_tensor,
)
from mmtutor.checks.gpt.shared import either

Pair = tuple[Tensor, Tensor]


def alarms(usual: Tensor, scores: Tensor, share: float, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: scores above what only `share` of the usual frames exceed, one line for all."""
    before, now = scaled(usual, scores, wrong)
    line = threshold(before, now, share, wrong)
    ways: dict[str, Callable[[], Tensor]] = {
        "at_threshold": lambda: now >= line,
        "below": lambda: now < line,
        "at_most": lambda: now <= line,
        "whole_film": lambda: (now > line).any(1),
        "whole_film_frames": lambda: (now > line).any(1, keepdim=True).expand_as(now).clone(),
        "film_mean": lambda: (now.mean(1, keepdim=True) > line).expand_as(now).clone(),
        "distances": lambda: now - line,
        "numbers": lambda: (now > line).float(),
        "shares": lambda: (now > line).float().mean(1),
        "on_usual": lambda: before > line,
        "from_then_on": lambda: (now > line).cummax(1).values,
    }
    return either(ways, wrong, lambda: now > line)


def scaled(usual: Tensor, scores: Tensor, wrong: Wrong) -> Pair:
    """Return validation and test scores in the units in which they are compared."""
    one = by_range(usual, usual)
    ways: dict[str, Callable[[], Pair]] = {
        "per_film": lambda: (one, by_range(scores, scores, 1)),
        "all_test": lambda: (one, by_range(scores, scores)),
        "per_frame": lambda: (one, by_range(scores, scores, 0)),
        "both_per_film": lambda: (by_range(usual, usual, 1), by_range(scores, scores, 1)),
        "both_per_frame": lambda: (by_range(usual, usual, 0), by_range(scores, scores, 0)),
        "usual_per_film": lambda: (by_range(usual, usual, 1), by_range(scores, usual)),
        "z_per_film": lambda: (by_spread(usual, usual), by_spread(scores, scores, 1)),
        "z_both": lambda: (by_spread(usual, usual, 1), by_spread(scores, scores, 1)),
        "z_all_test": lambda: (by_spread(usual, usual), by_spread(scores, scores)),
        "by_largest": lambda: (usual / usual.max(), scores / scores.amax(1, keepdim=True)),
        "by_smallest": lambda: (
            usual - usual.min(),
            scores - scores.amin(1, keepdim=True),
        ),
        "by_mean": lambda: (usual - usual.mean(), scores - scores.mean(1, keepdim=True)),
        "by_median": lambda: (
            usual - usual.median(),
            scores - scores.median(1, keepdim=True).values,
        ),
        "by_first_frame": lambda: (usual, scores - scores[:, :1]),
        "half_mended": lambda: (one, scores),
        "other_half": lambda: (usual, by_range(scores, usual)),
        "threshold_raw": lambda: (usual, by_range(scores, scores, 1)),
        "as_if_seen": lambda: (one, seen_so_far(scores)),
        "first_film_range": lambda: (one, by_range(scores, scores[:1])),
        "first_usual_range": lambda: (one, by_range(scores, usual[:1])),
        "both_together": lambda: (one, by_range(scores, torch.cat([usual, scores.flatten()[None]]))
        if False
        else by_both(usual, scores)),
    }
    return either(ways, wrong, lambda: (usual, scores))
