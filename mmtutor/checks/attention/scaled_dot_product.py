"""Attention with a mask. Traps: the scale, the axis, a mask too late, rows that see nothing."""

import math

import torch
from torch import Tensor

from mmtutor.attention import causal_mask
from mmtutor.checks.attention.shared import sums_to_one
from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    Implement,
    Mistake,
    Property,
    Wrong,
    random_tensor,
)


def scaled_dot_product(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor, wrong: Wrong = RIGHT
) -> tuple[Tensor, Tensor]:
    """Reference: `softmax(query keyᵀ / √d) value` under a boolean mask, True = may look."""
    scores = query @ key.transpose(-2, -1) / scale_of(query, value, wrong)
    axis = -2 if "axis" in wrong else -1
    if "inverted" in wrong:
        mask = ~mask
    if "after_softmax" in wrong:
        weights = scores.softmax(axis) * mask
    elif "ignored" in wrong:
        weights = scores.softmax(axis)
    elif "filled_with_zero" in wrong:
        weights = scores.masked_fill(~mask, 0.0).softmax(axis)
    elif "even_row" in wrong:
        weights = scores.masked_fill(~mask, -1e9).softmax(axis)
    else:
        weights = scores.masked_fill(~mask, -math.inf).softmax(axis)
        if "empty_row" not in wrong:
            weights = weights.masked_fill(~mask, 0.0)
    if "hidden_scores" in wrong:
        return weights @ value, scores.masked_fill(~mask, -math.inf)
    return weights @ value, scores if "scores" in wrong else weights


def scale_of(query: Tensor, value: Tensor, wrong: Wrong) -> float:
    """Return what the scores are divided by."""
    if "no_scale" in wrong:
        return 1.0
    if "by_width" in wrong:
        return float(query.shape[-1])
    if "power" in wrong:
        return 2.0 * query.shape[-1]
    if "times" in wrong:
        return 1 / math.sqrt(query.shape[-1])
    if "by_keys" in wrong:
        return math.sqrt(value.shape[-2])
    if "by_length" in wrong:
        return math.sqrt(query.shape[-2])
    return math.sqrt(value.shape[-1] if "by_value_width" in wrong else query.shape[-1])


def attention_case(shape: tuple[int, ...], mask: Tensor, seed: int) -> Case:
    """Make a case from (*batch, queries, keys, width, value width) and a mask."""
    *batch, queries, keys, width, value_width = shape
    return Case(
        query=random_tensor(*batch, queries, width, seed=seed),
        key=random_tensor(*batch, keys, width, seed=seed + 1),
        value=random_tensor(*batch, keys, value_width, seed=seed + 2),
        mask=mask,
    )


def scaled_dot_product_cases() -> list[Case]:
    seen = torch.ones(2, 3, dtype=torch.bool)
    some = torch.tensor([[True, False, True], [True, True, False]])
    empty_row = torch.tensor([[True, True, False, True], [False, False, False, False]])
    return [
        attention_case((2, 3, 4, 2), seen, seed=0),
        attention_case((2, 3, 4, 2), some, seed=3),
        attention_case((2, 3, 5, 5, 8, 4), causal_mask(5), seed=6),
        attention_case((2, 4, 4, 3), empty_row, seed=9),
    ]


def ignores_masked_values(case: Case, output: tuple[Tensor, Tensor]) -> bool:
    """Say whether every masked place has weight 0."""
    return bool((output[1].masked_select(~case["mask"]).abs() < 1e-6).all())


SCALED_DOT_PRODUCT = Implement(
    id="attention.scaled_dot_product",
    title="Scaled dot-product attention",
    difficulty=2,
    minutes=20,
    hints=(
        "Four lines: compare every query with every key, scale, turn into weights, mix the values. "
        "The mask belongs between the second and the third.",
        "Attention(Q, K, V) = softmax(Q Kᵀ / √d) V. Where the mask is False the score becomes -∞, "
        "so that its exponential is 0. A row of nothing but -∞ gives 0/0: set hidden weights to 0 "
        "afterwards.",
        "query (..., query, d) @ keyᵀ (..., d, key) → scores (..., query, key) → weights of the "
        "same shape → weights @ value (..., query, value width).",
        "scores = query @ key.transpose(..., ...) / ...\n"
        "scores = scores.masked_fill(..., -math.inf)\n"
        "weights = scores.softmax(dim=...)\n"
        "weights = weights.masked_fill(..., 0.0)  # a row of nothing but -∞ became NaN\n"
        "return weights @ value, weights",
    ),
    reference=scaled_dot_product,
    cases=scaled_dot_product_cases,
    mistakes=(
        Mistake(
            "no_scale",
            "The scores are not scaled. With d numbers per query, how much do dot products vary?",
            "scale",
        ),
        Mistake(
            "by_width",
            "You divide by d. The *variance* of a dot product grows like d: what brings its "
            "standard deviation back to 1?",
            "scale",
        ),
        Mistake(
            "by_length",
            "You divide by the square root of the number of queries. The sum inside a dot product "
            "runs over another axis: which one?",
            "scale",
        ),
        Mistake(
            "by_keys",
            "You divide by the root of the number of keys. Over which axis does one dot product "
            "sum?",
            "scale",
        ),
        Mistake(
            "power",
            "It looks as if `d ** 1/2` is read as (d ** 1) / 2. What does Python do first, the "
            "power or the division?",
            "scale",
        ),
        Mistake(
            "times",
            "You multiply by √d, which makes the scores wilder still. Which way should they move?",
            "scale",
        ),
        Mistake(
            "by_value_width",
            "You divide by the root of the *values'* width. The scores come from queries and keys: "
            "their width counts.",
            "scale",
        ),
        Mistake(
            "axis",
            "The softmax runs over the queries, so columns sum to 1. Each query shares out its "
            "attention over the keys: which axis is that?",
        ),
        Mistake(
            "inverted",
            "The mask is inverted: True should mean *may look*. `masked_fill` fills where its "
            "mask is True.",
            "sense",
        ),
        Mistake(
            "after_softmax",
            "The mask comes after the softmax, so the weights left over no longer sum to 1. "
            "Hide the scores before they are shared out.",
            "hide",
        ),
        Mistake(
            "ignored",
            "The mask has no effect in your version.",
            "hide sense",
        ),
        Mistake(
            "filled_with_zero",
            "You replace hidden scores by 0, and exp(0) = 1: hidden places still get weight. "
            "Which score has the exponential 0?",
            "hide",
        ),
        Mistake(
            "empty_row",
            "A query that may look nowhere gives NaN (0/0) in your version. It should get weights "
            "of zero: look again at the mask after the softmax.",
            "row hide",
        ),
        Mistake(
            "even_row",
            "A query that may look nowhere spreads its attention evenly over what is hidden: a "
            "large negative number hides a score only beside larger ones. That row should get "
            "weights of zero.",
            "row hide",
        ),
        Mistake(
            "scores",
            "The second thing that you return is the scores. Return the weights.",
            "second",
        ),
        Mistake(
            "hidden_scores",
            "The second thing that you return is the masked scores, with their -∞. Return what the "
            "softmax made of them.",
            "second hide row sense",
        ),
    ),
    properties=(
        Property(
            "Where the mask is False the weight must be 0; somewhere yours is not.",
            ignores_masked_values,
        ),
        Property(
            "Each query's weights should sum to 1 along the keys (to 0 where it may look nowhere).",
            lambda case, output: sums_to_one(output[1]),
        ),
        Property(
            "The output should be the weights times the values: yours is something else.",
            lambda case, output: torch.allclose(output[0], output[1] @ case["value"], atol=1e-4),
        ),
    ),
)
