"""Shared by `cross_attention`, `bug_padding` and `alpha` of lesson 07: masks, as people take them.

`flags` makes masks that are readable. `taken` is what all three do with a mask before they use it,
`weighed` what the two kinds of attention do with their scores.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from mmtutor.checks.engine.exercise import Mistake, Wrong


def flags(*rows: str) -> Tensor:
    """Turn "110", "100" into a boolean mask: 1 is real, 0 is padding."""
    return torch.tensor([[letter == "1" for letter in row] for row in rows])


def taken(mask: Tensor, wrong: Wrong) -> Tensor:
    """Return the mask (example, token) that is used: its own, or one that people take for it."""
    ways: dict[str, Callable[[], Tensor]] = {
        "inverted": lambda: ~mask,
        "first_only": lambda: mask[:1].expand_as(mask),
        "longest": lambda: mask.any(0).expand_as(mask),
        "shortest": lambda: mask.all(0).expand_as(mask),
        "in_front": lambda: torch.arange(mask.shape[1]) < mask.sum(1, keepdim=True),
    }
    return next((way() for name, way in ways.items() if name in wrong), mask)


def takes(thing: str, token: str, group: str) -> tuple[Mistake, ...]:
    """Return the mistakes of `taken` that need no words of their own.

    `thing` is what has a row of the mask, `token` what the row tells of: a picture, a patch.
    """
    return (
        Mistake(
            "first_only",
            f"The first {thing}'s mask serves for all of them. Which row of the mask belongs to "
            f"the second {thing}?",
            group,
        ),
        Mistake(
            "longest",
            f"You hide only what is padding in *every* {thing} of the batch. What of the padding "
            "in the short ones?",
            group,
        ),
        Mistake(
            "shortest",
            f"You hide what is padding in *any* {thing} of the batch. How much of a long one is "
            "left beside a short one?",
            group,
        ),
        Mistake(
            "in_front",
            f"It looks as if you counted the real ones and took so many from the front. Nobody "
            f"says that the padding stands at the end: what does the mask say of each {token}?",
            group,
        ),
    )


def weighed(scores: Tensor, mask: Tensor, wrong: Wrong) -> Tensor:
    """Turn scores (example, asks, answers) into weights under a mask (example, answers)."""
    axis = 0 if "over_batch" in wrong else 1 if {"axis", "axis_even"} & wrong else -1
    if {"ignored", "zeroed", "values_only"} & wrong:
        return shared_out(scores, axis, wrong)
    side = -1 if {"wrong_side", "asks_even"} & wrong else 1
    seen = mask if "no_axis" in wrong else mask.unsqueeze(side)
    if "overflow" in wrong:
        powers = scores.exp() * seen
        return powers / powers.sum(-1, keepdim=True)
    if {"after_softmax", "left_over", "left_over_kept"} & wrong:
        return left_over(scores.softmax(axis) * seen, wrong)
    fills = {"filled_with_zero": 0.0, "filled_with_infinity": math.inf}
    fills |= {"axis_even": -1e9, "asks_even": -1e9}
    fill = next((number for name, number in fills.items() if name in wrong), -math.inf)
    return shared_out(scores.masked_fill(~seen, fill), axis, wrong)


def left_over(weights: Tensor, wrong: Wrong) -> Tensor:
    """Share out anew what a mask has left of weights, or leave it."""
    if "after_softmax" in wrong:
        return weights
    return weights / (weights.sum(-1, keepdim=True) + 1e-8 * ("left_over_kept" in wrong))


def shared_out(scores: Tensor, axis: int, wrong: Wrong) -> Tensor:
    """Return the softmax of scores, or what people take for it."""
    ways: dict[str, Callable[[], Tensor]] = {
        "twice": lambda: scores.softmax(axis).softmax(axis),
        "hardest": lambda: F.one_hot(scores.argmax(axis), scores.shape[axis]).to(scores),
        "no_softmax": lambda: scores,
        "logarithm": lambda: scores.log_softmax(axis),
        "by_sum": lambda: (
            scores.nan_to_num(neginf=0.0) / scores.nan_to_num(neginf=0.0).sum(-1, True)
        ),
    }
    return next((way() for name, way in ways.items() if name in wrong), scores.softmax(axis))
