"""Mend attention that sees the future: hidden scores are 0, and exp(0) is not 0."""

import math

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


def causal_self_attention(
    x: Tensor,
    query_matrix: Tensor,
    key_matrix: Tensor,
    value_matrix: Tensor,
    wrong: Wrong = RIGHT,
) -> Tensor:
    """Reference: self-attention in which no position looks at a later one."""
    query, key, value = x @ query_matrix, x @ key_matrix, x @ value_matrix
    scores = query @ key.transpose(-2, -1)
    if "no_scale" not in wrong:
        scores = scores / math.sqrt(scores.shape[-1] if "by_length" in wrong else key.shape[-1])
    seen = torch.ones_like(scores).bool()
    if "future" in wrong:
        seen = seen.triu()
    elif "one_more" in wrong:
        seen = seen.tril(1)
    elif "inverted" in wrong:
        seen = ~seen.tril()
    elif "without_self" in wrong:
        seen = seen.tril(-1)
    elif "no_mask" not in wrong:
        seen = seen.tril()
    axis = -2 if "axis" in wrong else -1
    if "after_softmax" in wrong:
        return (scores.softmax(axis) * seen) @ value
    hidden = 0.0 if "filled_with_zero" in wrong else -math.inf
    return scores.masked_fill(~seen, hidden).softmax(axis) @ value


def causal_cases() -> list[Case]:
    def case(batch: tuple[int, ...], length: int, width: int, inner: int, seed: int) -> Case:
        matrices = [random_tensor(width, inner, seed=seed + i) for i in (1, 2, 3)]
        names = ("query_matrix", "key_matrix", "value_matrix")
        x = random_tensor(*batch, length, width, seed=seed)
        return Case(x=x, **dict(zip(names, matrices, strict=True)))

    return [case((), 3, 2, 2, 20), case((2,), 5, 4, 3, 30), case((2,), 6, 4, 8, 40)]


def first_sees_itself(case: Case, output: Tensor) -> bool:
    """Say whether the first position returns its own value: it has nothing else to look at."""
    return torch.allclose(
        output[..., 0, :], (case["x"] @ case["value_matrix"])[..., 0, :], atol=1e-4
    )


CAUSAL_BUG = FindTheBug(
    id="attention.bug_future",
    title="Find the bug: it can see the future",
    difficulty=2,
    minutes=15,
    given=frozenset({"filled_with_zero"}),
    hints=(
        "Print the weights of the leaky program for three positions. What stands above the "
        "diagonal, and what should?",
        "softmax turns a score s into exp(s) / Σ exp. Which score gets exactly the weight 0?",
        "x (..., position, width); scores and mask (..., position, position); row i of the weights "
        "belongs to position i and may be non-zero in columns 0 … i only.",
        "scores = scores.masked_fill(~seen, ...)   # before the softmax\n"
        "weights = scores.softmax(dim=...)\nreturn weights @ value",
    ),
    reference=causal_self_attention,
    cases=causal_cases,
    mistakes=(
        Mistake(
            "filled_with_zero",
            "The hidden places still get weight: 0 is an ordinary score. What is exp(0)?",
            "hide",
        ),
        Mistake(
            "after_softmax",
            "Now the future has weight 0, but it still took its share before it was removed: the "
            "rows no longer sum to 1. Hide the scores before the softmax.",
            "hide",
        ),
        Mistake(
            "future",
            "Every position sees itself and the future, and the past is hidden. Draw the mask for "
            "three positions: which triangle should be True?",
            "triangle",
        ),
        Mistake(
            "one_more",
            "Every position also sees its next neighbour. Where does the triangle's edge lie?",
            "triangle",
        ),
        Mistake(
            "inverted",
            "The mask is the wrong way round: every position sees only what comes after it, and "
            "the last one sees nothing, hence the NaN. `masked_fill` fills where its mask is True.",
            "triangle axis",
        ),
        Mistake(
            "no_mask",
            "The mask is gone: every position sees everything.",
            "hide triangle",
        ),
        Mistake(
            "axis",
            "The softmax runs over the queries. Each *row* of the weights should sum to 1.",
            "axis",
        ),
        Mistake(
            "without_self",
            "Each position is hidden from itself, so the first one sees nothing at all, hence the "
            "NaN. Does the diagonal belong to 0 … i?",
            "triangle axis",
        ),
        Mistake(
            "by_length",
            "The scores are divided by the root of the sequence's length. It should be the width "
            "of a key.",
            "scale",
        ),
        Mistake(
            "no_scale",
            "The scores are no longer scaled. What did the program that you were given divide them "
            "by?",
            "scale",
        ),
    ),
    properties=(
        Property(
            "The first position can look only at itself, so its output must be its own value; "
            "yours is another.",
            first_sees_itself,
        ),
    ),
)
