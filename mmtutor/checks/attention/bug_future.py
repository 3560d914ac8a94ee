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
from mmtutor.checks.engine.properties import agree

FILLS = {"filled_with_zero": 0.0, "small_fill": -50.0, "plus_infinity": math.inf}
"""Which number the hidden scores get."""


def causal_self_attention(
    x: Tensor,
    query_matrix: Tensor,
    key_matrix: Tensor,
    value_matrix: Tensor,
    wrong: Wrong = RIGHT,
) -> Tensor:
    """Reference: self-attention in which no position looks at a later one."""
    query, key, value = projected(x, query_matrix, key_matrix, value_matrix, wrong)
    scores = query @ key.transpose(-2, -1) / divisor(x, key, value, wrong)
    seen = places_seen(torch.ones_like(scores).bool(), wrong)
    axis = -2 if "axis" in wrong else 1 if "second_axis" in wrong else -1
    if "after_softmax" in wrong:
        return (scores.softmax(axis) * seen) @ value
    if "added" in wrong:
        return (scores + seen).softmax(axis) @ value
    if "zero_hidden" in wrong:
        scores, seen = scores * seen, (scores * seen) != 0
    hidden = next((number for name, number in FILLS.items() if name in wrong), -math.inf)
    weights = scores.masked_fill(~seen, hidden).softmax(axis)
    return (weights.nan_to_num() if "without_self_mended" in wrong else weights) @ value


def projected(
    x: Tensor, query_matrix: Tensor, key_matrix: Tensor, value_matrix: Tensor, wrong: Wrong
) -> tuple[Tensor, Tensor, Tensor]:
    """Return queries, keys and values."""
    if "x_hidden" in wrong:
        x = x.tril()
    query, key = (x, x) if "no_matrices" in wrong else (x @ query_matrix, x @ key_matrix)
    if "query_key" in wrong:
        query, key = key, query
    return query, key, x @ value_matrix


def divisor(x: Tensor, key: Tensor, value: Tensor, wrong: Wrong) -> float:
    """Return what the scores are divided by."""
    if "no_scale" in wrong:
        return 1.0
    if "by_width" in wrong:
        return float(key.shape[-1])
    if "by_length" in wrong:
        return math.sqrt(x.shape[-2])
    if "by_input" in wrong:
        return math.sqrt(x.shape[-1])
    return math.sqrt(value.shape[-1] if "by_value_width" in wrong else key.shape[-1])


def places_seen(every: Tensor, wrong: Wrong) -> Tensor:
    """Return the mask of (query, key) that says who sees whom; `every` is all True."""
    if "future" in wrong:
        return every.triu()
    if "one_more" in wrong:
        return every.tril(1)
    if "inverted" in wrong:
        return ~every.tril()
    if {"without_self", "without_self_mended"} & wrong:
        return every.tril(-1)
    if "last_only" in wrong:
        return every.tril() | (torch.arange(every.shape[-1]) < every.shape[-1] - 1)
    if "first_only" in wrong:
        return every.tril() | (torch.arange(every.shape[-2]) > 0)[:, None]
    return every if {"no_mask", "x_hidden"} & wrong else every.tril()


def causal_cases() -> list[Case]:
    def case(batch: tuple[int, ...], sizes: tuple[int, ...], seed: int) -> Case:
        length, width, inner, out = sizes
        return Case(
            x=random_tensor(*batch, length, width, seed=seed),
            query_matrix=random_tensor(width, inner, seed=seed + 1),
            key_matrix=random_tensor(width, inner, seed=seed + 2),
            value_matrix=random_tensor(width, out, seed=seed + 3),
        )

    begins_alike = case((2,), (5, 4, 3, 2), 30)
    begins_alike["x"][1, :3] = begins_alike["x"][0, :3]
    with_zeros = case((), (4, 3, 2, 3), 60)
    with_zeros["x"][1] = 0.0
    with_zeros["query_matrix"] /= 25
    with_zeros["x"][3] = with_zeros["x"][2]
    for name in ("key_matrix", "value_matrix"):
        with_zeros[name][2, 1], with_zeros[name][1, 0] = 25.0, -25.0
    return [
        case((), (3, 2, 4, 5), 20),
        begins_alike,
        case((2,), (6, 4, 8, 1), 40),
        with_zeros,
        case((2,), (1, 1, 1, 1), 50),
        extreme_case(),
    ]


def extreme_case() -> Case:
    """Scores near −2000 and 1000, one of the future far above, and one far below its row."""
    scores = [[-2000, -1800, -2001], [-2001, -2000, -1990], [1000, 850, 999]]
    signs = torch.tensor([1.0, -1.0, 1.0])
    x, key_matrix = 32 * torch.diag(signs), torch.eye(3, 4)
    query_matrix = torch.zeros(3, 4)
    query_matrix[:, :3] = torch.tensor(scores) / 16 * signs * signs[:, None]
    value_matrix = torch.tensor([[1.0, 0.0], [-1.0, 1.0], [2.0, -2.0]]) / 64
    return Case(
        x=x, query_matrix=query_matrix, key_matrix=key_matrix / 32, value_matrix=value_matrix
    )


def first_sees_itself(case: Case, output: Tensor) -> bool:
    """Say whether the first position returns its own value: it has nothing else to look at."""
    return agree(output[..., 0, :], (case["x"] @ case["value_matrix"])[..., 0, :])


def beginnings_agree(case: Case, output: Tensor) -> bool:
    """Say whether two sequences that begin alike give the same as long as they are alike."""
    x = case["x"]
    if x.ndim < 3 or len(x) < 2 or x.shape[-2] < 2 or not torch.equal(x[0, :3], x[1, :3]):
        return True
    return agree(output[0, :3], output[1, :3])


def ordinary(case: Case) -> bool:
    """Say whether no score is very large or very negative."""
    x = case["x"]
    scores = (x @ case["query_matrix"]) @ (x @ case["key_matrix"]).transpose(-2, -1)
    return bool((scores.abs() < 100).all())


def is_right(case: Case, output: Tensor) -> bool:
    """Say whether the output is what the mended program gives."""
    return agree(output, causal_self_attention(*case.values()))


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
            "second_axis",
            "`dim=1` is the last axis only when there are two. With a batch it is another: how do "
            "you count from the end?",
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
        Mistake(
            "by_width",
            "The scores are divided by the width of a key itself. By what did the program that you "
            "were given divide?",
            "scale",
        ),
        Mistake(
            "by_input",
            "The scores are divided by the root of x's width. A dot product runs over what the "
            "matrices made of x: how wide is a key?",
            "scale",
        ),
        Mistake(
            "by_value_width",
            "The scores are divided by the root of the *values'* width. They come from queries and "
            "keys: how wide are those?",
            "scale",
        ),
        Mistake(
            "added",
            "What may be seen gains only 1 over the rest, as if the mask were added to the scores, "
            "and nothing is hidden. What must be added to a score so that its exponential is 0?",
            "hide",
        ),
        Mistake(
            "plus_infinity",
            "Your hidden scores are +∞, so every row that hides something becomes NaN (∞/∞). Which "
            "score has the exponential 0?",
            "hide axis triangle",
        ),
        Mistake(
            "small_fill",
            "Your hidden score is a number like −20 or −100. It hides only beside larger ones: "
            "where the scores of the past are more negative, the future gets everything. Which "
            "number is below every score?",
            "hide triangle axis matrices",
        ),
        Mistake(
            "zero_hidden",
            "You set the future's scores to 0 and then hide what *is* 0. A score of the past can "
            "be exactly 0, too, and disappears with them. What says where the future lies?",
            "hide triangle axis",
        ),
        Mistake(
            "without_self_mended",
            "Each position is hidden from itself, and the first one, which then sees nothing, is "
            "given zeros. Does the diagonal belong to 0 … i?",
            "triangle axis hide",
        ),
        Mistake(
            "query_key",
            "Queries and keys have changed places: row i of the scores belongs to query i.",
            "project",
        ),
        Mistake(
            "no_matrices",
            "It looks as if `x` is compared with itself, without the query and the key matrix. "
            "What did the program that you were given compare?",
            "project scale matrices",
        ),
        Mistake(
            "x_hidden",
            "You set numbers of `x` to 0 and hide no score. What stands in row i and column j of "
            "`x`, and what in row i and column j of the scores?",
            "hide triangle",
        ),
        Mistake(
            "last_only",
            "Only the *last* position is hidden from the others: that is what the symptom showed. "
            "Whom may position 1 not see?",
            "triangle",
        ),
        Mistake(
            "first_only",
            "Only the *first* position keeps from the future: that is where the symptom showed. "
            "What may position 1 not see?",
            "triangle",
        ),
    ),
    properties=(
        Property(
            "The first position can look only at itself, so its output must be its own value; "
            "yours is another.",
            first_sees_itself,
        ),
        Property(
            "Two sequences that begin alike must give the same as long as they are alike; yours "
            "do not. Some position still feels what comes after it.",
            beginnings_agree,
        ),
        Property(
            "The first position keeps to itself, but something else is not as in the program that "
            "you were given: the projections, the scale by the root of a key's width, a softmax "
            "over the keys, the mix of the values. And who sees whom: all of 0 … i?",
            lambda case, output: not ordinary(case) or is_right(case, output),
        ),
        Property(
            "Right for ordinary scores, but not where they reach 1000 or −2000: which number in "
            "your program is not small or large enough for every score?",
            is_right,
        ),
    ),
)
