"""Attention with a mask. Traps: the scale, the axis, a mask too late, rows that see nothing."""

import math

import torch
from torch import Tensor

from mmtutor.attention import causal_mask
from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    Implement,
    Mistake,
    Property,
    Wrong,
    random_tensor,
)
from mmtutor.checks.engine.properties import agree


def scaled_dot_product(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor, wrong: Wrong = RIGHT
) -> tuple[Tensor, Tensor]:
    """Reference: `softmax(query keyᵀ / √d) value` under a boolean mask, True = may look."""
    if "inverted" in wrong:
        mask = ~mask
    if "first_mask" in wrong and mask.ndim > 2:
        mask = mask.flatten(0, -3)[0]
    scores = query @ key.transpose(-2, -1) / scale_of(query, value, wrong)
    if "negated" in wrong:
        scores = -scores
    axis = -2 if "axis" in wrong else 1 if "second_axis" in wrong else -1
    weights = weights_of(scores, mask, axis, wrong)
    output = weights @ value
    if "nan_in_output" in wrong:
        weights = weights.nan_to_num()
    if "nan_in_weights" in wrong:
        output = output.nan_to_num()
    if "hidden_scores" in wrong:
        return output, scores.masked_fill(~mask, -math.inf)
    return output, scores if "scores" in wrong else weights


def weights_of(scores: Tensor, mask: Tensor, axis: int, wrong: Wrong) -> Tensor:
    """Share out what the mask lets through, in the right way or in one that people try."""
    if "ignored" in wrong:
        return scores.softmax(axis)
    if "after_softmax" in wrong:
        return scores.softmax(axis) * mask
    if "divided_afterwards" in wrong:
        left = scores.softmax(axis) * mask
        return left / left.sum(axis, keepdim=True).clamp(min=1e-9)
    if "unstable" in wrong:
        left = scores.exp() * mask
        return left / left.sum(axis, keepdim=True).clamp(min=1e-9)
    if "added" in wrong:
        return (scores + mask).softmax(axis)
    weights = scores.masked_fill(~mask, fill_of(wrong)).softmax(axis)
    if "all_for_any" in wrong:
        return weights.nan_to_num() * mask.all(-1, keepdim=True)
    if {"even_row", "small_fill", "filled_with_zero"} & wrong or keeps_nan(wrong):
        return weights
    return weights.masked_fill(~mask, 0.0)


def keeps_nan(wrong: Wrong) -> bool:
    """Say whether a query that may look nowhere is left with its NaN."""
    return bool({"empty_row", "nan_in_output", "nan_in_weights"} & wrong)


def fill_of(wrong: Wrong) -> float:
    """Return the score that hidden places get."""
    if "filled_with_zero" in wrong:
        return 0.0
    if {"small_fill", "small_fill_zeroed"} & wrong:
        return -50.0
    return -1e9 if "even_row" in wrong else -math.inf


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


def extreme_case() -> Case:
    """Rows of scores near 1000 below a hidden one, near −2000, and far apart."""
    scores = [[1000, 999, 1200, 998], [-2000, -2001, -1999, -2002], [0, 128, 3, 2]]
    signs = torch.tensor([1.0, -1.0, 1.0, 1.0])
    return Case(
        query=torch.tensor(scores) / 16 * signs,  # times these keys, by √4 = 2: exactly the scores
        key=32 * torch.diag(signs),
        value=torch.tensor(
            [[30.0, 0.0, 1.0], [-25.0, 2.0, -1.0], [40.0, 3.0, 0.0], [0.5, 1.0, 2.0]]
        ),
        mask=torch.tensor([True, True, False, True]).expand(3, 4),
    )


def scaled_dot_product_cases() -> list[Case]:
    seen = torch.ones(2, 3, dtype=torch.bool)
    some = torch.tensor([[True, False, True], [True, True, False]])
    empty_row = torch.tensor([[True, True, False, True], [False, False, False, False]])
    lengths = torch.arange(4) < torch.tensor([3, 4, 2])[:, None]  # (batch, key)
    each = lengths[:, None] & torch.tensor([[True, False, True, True], [False, True, True, False]])
    twins = attention_case((2, 3, 4, 2), some, seed=3)  # one query twice, under two masks
    twins["query"][1] = twins["query"][0]
    return [
        attention_case((2, 3, 4, 5), seen, seed=0),
        twins,
        attention_case((2, 3, 5, 5, 8, 4), causal_mask(5), seed=6),
        attention_case((2, 4, 4, 3), empty_row, seed=9),
        attention_case((3, 2, 4, 5, 6), each, seed=12),  # the mask of each example is another
        attention_case((3, 2, 5, 4, 3, 2), lengths[:, None, None], seed=15),  # and has no query
        attention_case((2, 1, 1, 1, 1), torch.tensor([[[True]], [[False]]]), seed=18),
        extreme_case(),
    ]


def ordinary(case: Case) -> bool:
    """Say whether no score is very large or very negative."""
    scores = case["query"] @ case["key"].transpose(-2, -1)
    return bool((scores.abs() < 30).all())


def ignores_masked_values(case: Case, output: tuple[Tensor, Tensor]) -> bool:
    """Say whether every masked place has weight 0."""
    return bool((output[1].masked_select(~case["mask"]).abs() < 1e-6).all())


def shares_out(case: Case, output: tuple[Tensor, Tensor]) -> bool:
    """Say whether weights sum to 1 where something may be seen, and to 0 elsewhere."""
    sums = output[1].sum(-1)
    return agree(sums, case["mask"].any(-1).expand(sums.shape))


def compares(case: Case, output: tuple[Tensor, Tensor]) -> bool:
    """Say whether the weights of a case that hides nothing are a softmax of scaled products."""
    return not case["mask"].all() or weighs_right(case, output)


def weighs_right(case: Case, output: tuple[Tensor, Tensor]) -> bool:
    """Say whether the weights are those of the formula."""
    return agree(output[1], scaled_dot_product(*case.values())[1])


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
            "In all, you divide by d. The *variance* of a dot product grows like d: what brings "
            "its standard deviation back to 1?",
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
            "negated",
            "The key that is *least* like the query gets most. Which sign have your scores?",
            "sign",
        ),
        Mistake(
            "axis",
            "The softmax runs over the queries, so columns sum to 1. Each query shares out its "
            "attention over the keys: which axis is that?",
            "axis",
        ),
        Mistake(
            "second_axis",
            "`dim=1` is the last axis only when there are two. Here more may lead: how do you "
            "count from the end?",
            "axis",
        ),
        Mistake(
            "inverted",
            "The mask is inverted: True should mean *may look*. `masked_fill` fills where its "
            "mask is True.",
            "sense",
        ),
        Mistake(
            "first_mask",
            "You take the first example's mask for all of them. A mask may have the batch's axes: "
            "then each example hides other places, and broadcasting sees to it.",
            "sense",
        ),
        Mistake(
            "after_softmax",
            "The mask comes after the softmax, so the weights left over no longer sum to 1. "
            "Hide the scores before they are shared out.",
            "hide",
        ),
        Mistake(
            "divided_afterwards",
            "What is hidden still takes part, in the softmax or in the maximum that is subtracted "
            "from a row. Where a hidden score towers above the others, nothing is left of them to "
            "divide by. When must a score be hidden?",
            "hide row axis sign",
        ),
        Mistake(
            "unstable",
            "You take the exponential of a score as it is: exp(1000) is not a float, and "
            "exp(−2000) is 0. What is subtracted from a row first?",
            "hide row axis",
        ),
        Mistake(
            "added",
            "A place that may be seen gains only 1 over the others, as if the mask were added to "
            "the scores, and nothing is hidden. What must be added to a score so that its "
            "exponential is 0?",
            "hide row",
        ),
        Mistake(
            "ignored",
            "The mask has no effect in your version.",
            "hide sense",
        ),
        Mistake(
            "filled_with_zero",
            "Your hidden scores are 0, or nearly, and exp(0) = 1: hidden places still get weight. "
            "Which score has the exponential 0?",
            "hide",
        ),
        Mistake(
            "small_fill",
            "Your hidden score is a number like −20 or −100. It hides only beside larger scores: "
            "where those that may be seen are more negative, the hidden place gets everything. "
            "Which number is below every score?",
            "hide row axis sense",
        ),
        Mistake(
            "small_fill_zeroed",
            "Your hidden score is a number like −20 or −100, and what weight it gets is taken away "
            "afterwards. Where the scores that may be seen are more negative, nothing is left of "
            "them. Which number is below every score?",
            "hide row axis sense sign",
        ),
        Mistake(
            "all_for_any",
            "Every query from which *anything* is hidden gets weights of 0. Only one that may look "
            "*nowhere* should. Is it `all` for `any`, or a hidden score of plus infinity?",
            "row hide",
        ),
        Mistake(
            "empty_row",
            "A query that may look nowhere gives NaN (0/0) in your version. It should get weights "
            "of zero: look again at the mask after the softmax.",
            "row hide",
        ),
        Mistake(
            "even_row",
            "A query that may look nowhere spreads its attention evenly over what is hidden, "
            "since all its scores are the same there: a large negative number hides only beside "
            "larger ones. That row should get weights of zero.",
            "row hide",
        ),
        Mistake(
            "nan_in_output",
            "The weights of a query that may look nowhere are 0, but its output is still NaN. From "
            "which weights was it made?",
            "row hide second",
        ),
        Mistake(
            "nan_in_weights",
            "The output of a query that may look nowhere is 0, but its weights are still NaN. Mend "
            "the weights, and the output follows.",
            "row hide second",
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
            "Each query's weights should sum to 1 along the keys; yours do not even where the mask "
            "hides nothing.",
            lambda case, output: not case["mask"].all() or shares_out(case, output),
        ),
        Property(
            "Even where the mask hides nothing, your weights are not those of the formula: compare "
            "each query with each key by a dot product, divide by the root of their width, and "
            "share out along the keys.",
            compares,
        ),
        Property(
            "Where the mask is False the weight must be 0; somewhere yours is not.",
            lambda case, output: not ordinary(case) or ignores_masked_values(case, output),
        ),
        Property(
            "Right where nothing is hidden. Where the mask hides something, each query's weights "
            "should still sum to 1 along the keys (to 0 where it may look nowhere).",
            lambda case, output: not ordinary(case) or shares_out(case, output),
        ),
        Property(
            "What is hidden gets 0 and the rest sums to 1, but on some input the weights are not "
            "those of the formula. Is a number built in, such as the root of one width, that each "
            "input should give itself?",
            lambda case, output: not ordinary(case) or weighs_right(case, output),
        ),
        Property(
            "The output should be the weights times the values: yours is something else.",
            lambda case, output: agree(output[0], output[1] @ case["value"]),
        ),
        Property(
            "Right for ordinary scores, but not where they reach 1000 or −2000. "
            "There hidden places get weight, or others lose theirs. Which number in your program "
            "is not small or large enough for every score?",
            lambda case, output: ignores_masked_values(case, output) and shares_out(case, output),
        ),
    ),
)
