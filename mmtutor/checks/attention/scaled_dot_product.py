"""The exercises of lesson 01, attention."""

import math
from functools import cache

import torch
from torch import Tensor

from mmtutor.attention import causal_mask
from mmtutor.checks.engine.exercise import (
    Case,
    FindTheBug,
    Implement,
    Measure,
    Mistake,
    Predict,
    Property,
    Wrong,
    random_tensor,
)

RIGHT: Wrong = frozenset()


def sums_to_one(weights: Tensor, dim: int = -1) -> bool:
    """Say whether weights sum to 1 along `dim`, or to 0 where nothing may be looked at."""
    sums = weights.detach().sum(dim)
    return bool(((sums - 1).abs() < 1e-4).logical_or(sums.abs() < 1e-4).all())


# ------------------------------------------------------------------------------- softmax


AXES = {"axis": 0, "second_axis": 1, "axis_before": -2}


def softmax(scores: Tensor, temperature: float, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: softmax along the last axis at a temperature."""
    if "multiplied" in wrong:
        scores = scores * temperature
    elif "ignored" not in wrong and "late_temperature" not in wrong:
        scores = scores / temperature
    axis = next((a for name, a in AXES.items() if name in wrong), -1)
    if "no_exponential" in wrong:
        return scores / scores.sum(axis, keepdim=True)
    if "one_maximum" in wrong:
        scores = scores - scores.max()
    elif "unstable" not in wrong:
        scores = scores - scores.amax(axis, keepdim=True)
    weights = scores.exp()
    if "not_normalised" in wrong:
        return weights
    total = weights.sum() if "everything" in wrong else weights.sum(axis, keepdim=True)
    return weights / total / (temperature if "late_temperature" in wrong else 1.0)


def softmax_cases() -> list[Case]:
    return [
        Case(scores=torch.tensor([[2.0, 1.0, 0.0], [0.5, 3.0, -1.0]]), temperature=1.0),
        Case(scores=random_tensor(3, 4), temperature=0.5),
        Case(scores=random_tensor(2, 3, 5, seed=1), temperature=2.0),
        Case(scores=torch.tensor([[1000.0, 999.0], [0.0, 1.0]]), temperature=1.0),
        Case(
            scores=torch.tensor([[1000.0, 0.0, 999.0], [-999.0, -998.0, -1000.0]]), temperature=0.5
        ),
    ]


SOFTMAX = Implement(
    id="attention.softmax",
    title="Softmax with a temperature",
    difficulty=1,
    minutes=10,
    hints=(
        "Three steps: make every score positive, add them up, divide. What makes any number "
        "positive and keeps the order? And where does the temperature come in?",
        "weights_i = exp(s_i / T) / Σ_j exp(s_j / T). Subtracting the largest s_j / T from all of "
        "them changes nothing in the result and keeps exp from overflowing.",
        "scores: (..., key). The largest score of each row, with keepdim=True: (..., 1). The sum "
        "of each row: (..., 1). The weights: (..., key) again.",
        "scaled = scores / ...\nshifted = scaled - scaled.amax(dim=..., keepdim=True)\n"
        "positive = ...\nreturn positive / positive.sum(dim=..., keepdim=True)",
    ),
    reference=softmax,
    cases=softmax_cases,
    mistakes=(
        Mistake(
            "multiplied",
            "It looks as if you multiply by the temperature. A high temperature should make the "
            "weights more even: what must happen to the differences between the scores?",
            "temperature",
        ),
        Mistake(
            "ignored",
            "The temperature has no effect in your version. Where should it meet the scores?",
            "temperature",
        ),
        Mistake(
            "axis",
            "You work along the first axis, so the columns sum to 1. Each row is one query's "
            "scores: along which axis do its keys lie? Think of `dim=-1`.",
            "axis",
        ),
        Mistake(
            "second_axis",
            "`dim=1` is the last axis only when there are two. Scores may have more axes: how do "
            "you count from the end?",
            "axis",
        ),
        Mistake(
            "axis_before",
            "You work along the axis *before* the last, so the columns sum to 1. On which axis do "
            "the keys of one query lie?",
            "axis",
        ),
        Mistake(
            "late_temperature",
            "The temperature comes after the softmax, so the rows no longer sum to 1. What should "
            "it divide instead?",
            "temperature late",
        ),
        Mistake(
            "not_normalised",
            "The weights are positive, but they do not sum to 1. Which division is missing?",
            "normalise late",
        ),
        Mistake(
            "everything",
            "You divide by one sum over the whole tensor, so all rows together sum to 1. Every "
            "row needs its own sum: think of `dim` and `keepdim`.",
            "normalise",
        ),
        Mistake(
            "no_exponential",
            "You divide the scores by their sum without the exponential. Try scores 1 and -1: "
            "the sum is 0. What makes every score positive first?",
            "temperature normalise shift",
        ),
        Mistake(
            "unstable",
            "Right for small scores, but exp(1000) is not a float: the result is NaN. Subtracting "
            "the same number from every score of a row changes nothing; which number helps most?",
            "shift",
        ),
        Mistake(
            "one_maximum",
            "You subtract the largest score of the whole tensor. A row that lies far below it "
            "underflows to 0/0. Each row needs its own maximum.",
            "shift axis",
        ),
    ),
    properties=(
        Property(
            "A weight should never be negative. Which step makes all numbers positive?",
            lambda case, weights: bool((weights >= 0).all()),
        ),
        Property(
            "The weights of a row should sum to 1; yours do not for every row.",
            lambda case, weights: sums_to_one(weights),
        ),
        Property(
            "A larger score should get a larger weight; somewhere yours does not.",
            lambda case, weights: torch.equal(weights.argmax(-1), case["scores"].argmax(-1)),
        ),
    ),
)

# -------------------------------------------------------------------- one weight by hand

QUERY = torch.tensor([1.0, 1.0, 1.0, 1.0])
KEYS = torch.tensor([[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, -1.0, -1.0]])


def first_weight(scale: float) -> float:
    """Return the weight of the first of `KEYS` when the dot products are divided by `scale`."""
    return (KEYS @ QUERY / scale).softmax(-1)[0].item()


PREDICT = Predict(
    id="attention.predict",
    title="One weight by hand",
    difficulty=1,
    minutes=5,
    hints=(
        "Start with the two dot products of the query with each key. Only then scale.",
        "weight_1 = exp(s_1) / (exp(s_1) + exp(s_2)), where s_i = query · key_i / √d.",
        "The query has 4 numbers, so d = 4. There are two keys, so two scores and two weights.",
        "s_1 = (1 + 1 + 1 + 1) / √4 = ...\ns_2 = (1 + 1 - 1 - 1) / √4 = ...\n"
        "weight_1 = 1 / (1 + exp(s_2 - s_1)) = ...",
    ),
    truth=lambda: first_weight(math.sqrt(4)),
    tolerance=0.01,
    mistakes=(
        Mistake(
            "no_scale",
            "That is the weight without the scale. What are the dot products divided by?",
            value=lambda: first_weight(1.0),
        ),
        Mistake(
            "by_width",
            "That is the weight if you divide by d. Attention divides by another function of d.",
            value=lambda: first_weight(4.0),
        ),
        Mistake(
            "other_key",
            "That is the weight of the second key. Which key is more like the query?",
            value=lambda: 1 - first_weight(2.0),
        ),
        Mistake(
            "no_exponential",
            "You took the share of the scores themselves: 2 / (2 + 0). A softmax takes the share "
            "of their exponentials, so that nothing gets exactly 0 or 1.",
            value=lambda: 1.0,
        ),
        Mistake(
            "percent",
            "That looks like a percentage. Give the weight as a share of 1.",
            value=lambda: 100 * first_weight(2.0),
        ),
        Mistake(
            "exponential",
            "That is the exponential of the first score. What is it divided by?",
            value=lambda: math.exp(2),
        ),
        Mistake(
            "score",
            "That is the scaled score of the first key, not yet its weight. One step is left.",
            value=lambda: 2.0,
        ),
    ),
    properties=(
        Property(
            "A weight lies between 0 and 1.", lambda case, answer: bool(0 <= answer.item() <= 1)
        ),
    ),
)

# ---------------------------------------------------------- scaled dot-product attention


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

# ---------------------------------------------------------------- the spread of a dot product

WIDTHS = (16, 64, 256)


@cache
def dot_product_spread() -> tuple[float, ...]:
    """Measure the standard deviation of 20,000 dot products of normal vectors, by width."""
    pairs = [
        (random_tensor(20_000, w, seed=w), random_tensor(20_000, w, seed=w + 1)) for w in WIDTHS
    ]
    return tuple((a * b).sum(-1).std().item() for a, b in pairs)


def spread(function: str) -> list[float]:
    """Return a wrong report that people hand in, for every width."""
    measured = dot_product_spread()
    wrong = {
        "variance": [s**2 for s in measured],
        "scaled": [s / math.sqrt(w) for s, w in zip(measured, WIDTHS, strict=True)],
        "absolute": [s * math.sqrt(2 / math.pi) for s in measured],
        "of_products": [1.0 / w for w in WIDTHS],
        "by_width": [s / w for s, w in zip(measured, WIDTHS, strict=True)],
        "uniform": [math.sqrt(7 / 144 * w) for w in WIDTHS],
        "itself": [math.sqrt(2 * w) for w in WIDTHS],
    }
    return wrong[function]


MEASURE = Measure(
    id="attention.spread",
    title="How far do dot products spread?",
    difficulty=1,
    minutes=10,
    hints=(
        "Draw many random queries and as many random keys of one width. Multiply, sum, and look at "
        "how much the results vary.",
        "For independent numbers with mean 0 and variance 1: Var(q · k) = Σ_i Var(q_i k_i) = d. "
        "The standard deviation is the square root of that.",
        "queries: (20000, width), keys: (20000, width), their products summed over the last axis: "
        "(20000,), its standard deviation: one number for each width.",
        "measured = []\nfor width in (16, 64, 256):\n"
        "  query, key = torch.randn(20_000, width), torch.randn(20_000, width)\n"
        "  measured.append(... .std().item())",
    ),
    truth=dot_product_spread,
    tolerance=0.05,
    mistakes=(
        Mistake(
            "variance",
            "Those are variances. The standard deviation is asked for: the same information in the "
            "unit of the scores themselves.",
            value=lambda: spread("variance"),
        ),
        Mistake(
            "scaled",
            "Those are all near 1. Did you divide by √d, or is the sum over the width missing? "
            "Measure the raw dot products, to see what the scale has to mend.",
            value=lambda: spread("scaled"),
        ),
        Mistake(
            "absolute",
            "That looks like the mean absolute value. The standard deviation is the root of the "
            "mean square: about 1.25 times as much here.",
            value=lambda: spread("absolute"),
        ),
        Mistake(
            "of_products",
            "Your numbers shrink as the width grows. Did you take the mean over the width where a "
            "dot product takes the sum, and then square?",
            value=lambda: spread("of_products"),
        ),
        Mistake(
            "by_width",
            "Your numbers shrink like 1/√d: the products were averaged over the width. A dot "
            "product sums them.",
            value=lambda: spread("by_width"),
        ),
        Mistake(
            "uniform",
            "Those numbers come out if the vectors are drawn evenly between 0 and 1 (`rand`). "
            "Which function draws normal numbers?",
            value=lambda: spread("uniform"),
        ),
        Mistake(
            "itself",
            "Those are 1.41 times too large. Is each query multiplied with a *key*, drawn on its "
            "own?",
            value=lambda: spread("itself"),
        ),
    ),
    properties=(
        Property(
            "A standard deviation is never negative.",
            lambda case, answer: bool((answer >= 0).all()),
        ),
        Property(
            "Numbers this near to 0 look like means. How far do the results lie from their mean?",
            lambda case, answer: bool((answer > 0.15).all()),
        ),
        Property(
            "The spread should grow with the width, and yours does not. Are the widths in the "
            "order 16, 64, 256, and does each sum run over one pair's own numbers?",
            lambda case, answer: bool((answer.diff() > 0).all()),
        ),
    ),
)

# ------------------------------------------------------------------ find the bug: the future


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

# ------------------------------------------------------------------- find the bug: the heads


def attend_in_heads(
    query: Tensor, key: Tensor, value: Tensor, heads: int, wrong: Wrong = RIGHT
) -> Tensor:
    """Reference: split the width into heads, attend in each, and put the heads side by side."""
    *batch, length, width = query.shape

    def split(x: Tensor) -> Tensor:
        if "split_by_view" in wrong:
            return x.reshape(*batch, heads, -1, width // heads)
        if "not_moved" in wrong:
            return x.unflatten(-1, (heads, -1))
        if "interleaved" in wrong:
            return x.unflatten(-1, (-1, heads)).movedim(-1, -3)
        return x.unflatten(-1, (heads, -1)).transpose(-3, -2)

    def cut(x: Tensor) -> Tensor:
        return x.reshape(*batch, heads, -1, width // heads)

    query, key = (cut(x) if "value_only" in wrong else split(x) for x in (query, key))
    value = cut(value) if "value_left" in wrong else split(value)
    scale = 1 if "no_scale" in wrong else width if "full_width" in wrong else width // heads
    scores = query @ key.transpose(-2, -1) / math.sqrt(scale)
    axis = -2 if "axis" in wrong else -3 if "over_heads" in wrong else -1
    gathered = scores.softmax(axis) @ value
    if "join_by_view" in wrong or "not_moved" in wrong:
        return gathered.reshape(*batch, length, width)
    return gathered.transpose(-3, -2).reshape(*batch, length, width)


def heads_cases() -> list[Case]:
    def case(shape: tuple[int, ...], heads: int, seed: int) -> Case:
        q, k, v = (random_tensor(*shape, seed=seed + i) for i in range(3))
        return Case(query=q, key=k, value=v, heads=heads)

    return [case((2, 3, 4), 2, 50), case((2, 4, 6), 3, 60), case((1, 5, 8), 2, 70)]


def moves_with_queries(case: Case, output: Tensor) -> bool:
    """Say whether the output has one row per query in the range that its values allow."""
    value = case["value"]
    return bool((output.amax(-2) <= value.amax(-2) + 1e-4).all()) and bool(
        (output.amin(-2) >= value.amin(-2) - 1e-4).all()
    )


HEADS_BUG = FindTheBug(
    id="attention.bug_heads",
    title="Find the bug: heads that mix up the words",
    difficulty=2,
    minutes=15,
    given=frozenset({"split_by_view"}),
    hints=(
        "Every shape is right, and still the result is wrong. Follow one number: give the query "
        "the values 0, 1, 2, … and print what each head receives.",
        "Head i should receive the columns i·(width/heads) … (i+1)·(width/heads) - 1 of *every* "
        "position.",
        "(batch, position, width) → (batch, position, heads, part) → (batch, heads, position, "
        "part). The first step only renames; the second really moves an axis.",
        "def split(x):\n  x = x.view(batch, length, heads, ...)\n  return x.transpose(..., ...)",
    ),
    reference=attend_in_heads,
    cases=heads_cases,
    mistakes=(
        Mistake(
            "split_by_view",
            "A head should hold one slice of the width for *all* positions. Yours holds the whole "
            "width of *some* positions: `view` renames axes, it never moves numbers.",
            "split",
        ),
        Mistake(
            "interleaved",
            "Your heads take every n-th column. Each head should get neighbouring columns: which "
            "comes first when the width is unfolded, the head or the part?",
            "split",
        ),
        Mistake(
            "not_moved",
            "The heads attend to each other *inside one position*: positions never meet. The "
            "positions must stand where queries and keys stand, on the axis before the last.",
            "split join",
        ),
        Mistake(
            "join_by_view",
            "The heads are joined without moving their axis back: a position's row now holds "
            "numbers of other positions. Undo the transpose before you flatten.",
            "join",
        ),
        Mistake(
            "full_width",
            "The scale uses the whole width. A head's dot product sums over its own part only.",
            "scale",
        ),
        Mistake(
            "no_scale",
            "The scale is gone. A head's dot products still spread with the width of the head: "
            "what did the program divide by?",
            "scale",
        ),
        Mistake(
            "value_only",
            "The values are cut rightly, so the symptom is gone. What do the queries and keys of "
            "one head hold?",
            "split",
        ),
        Mistake(
            "value_left",
            "Queries and keys are cut rightly. Does the value of a head still come from the same "
            "columns of every position?",
            "split",
        ),
        Mistake(
            "axis", "The softmax runs over the queries. It should run over the keys.", "softmax"
        ),
        Mistake(
            "over_heads",
            "The softmax runs over the heads, so that they compete. Every head shares out its own "
            "attention over the keys.",
            "softmax",
        ),
    ),
    properties=(
        Property(
            "Each column of the output mixes the same column of the values, so it cannot leave "
            "their range; yours does.",
            moves_with_queries,
        ),
    ),
)

# ------------------------------------------------------------------------ additive attention


def additive_scores(
    query: Tensor,
    key: Tensor,
    query_matrix: Tensor,
    key_matrix: Tensor,
    vector: Tensor,
    wrong: Wrong = RIGHT,
) -> Tensor:
    """Reference: `vᵀ tanh(W query + U key)` for every pair."""
    projected_query, projected_key = query @ query_matrix, key @ key_matrix
    if "multiplied" in wrong:
        pairs = projected_query.unsqueeze(-2) * projected_key.unsqueeze(-3)
    elif "subtracted" in wrong:
        pairs = projected_query.unsqueeze(-2) - projected_key.unsqueeze(-3)
    else:
        pairs = projected_query.unsqueeze(-2) + projected_key.unsqueeze(-3)
    if "tanh_apart" in wrong:
        pairs = projected_query.tanh().unsqueeze(-2) + projected_key.tanh().unsqueeze(-3)
    elif "tanh_late" not in wrong and "no_tanh" not in wrong:
        pairs = pairs.tanh()
    scores = pairs.sum(-1) if "no_vector" in wrong else pairs @ vector
    if "tanh_late" in wrong:
        scores = scores.tanh()
    if "transposed" in wrong:
        scores = scores.transpose(-2, -1)
    if "scaled" in wrong:
        scores = scores / math.sqrt(vector.shape[-1])
    return scores.softmax(-1) if "softmax" in wrong else scores


def additive_cases() -> list[Case]:
    def case(shape: tuple[int, ...], seed: int) -> Case:
        *batch, queries, keys, query_width, key_width, hidden = shape
        return Case(
            query=random_tensor(*batch, queries, query_width, seed=seed),
            key=random_tensor(*batch, keys, key_width, seed=seed + 1),
            query_matrix=random_tensor(query_width, hidden, seed=seed + 2),
            key_matrix=random_tensor(key_width, hidden, seed=seed + 3),
            vector=random_tensor(hidden, seed=seed + 4),
        )

    return [case((2, 3, 2, 2, 3), 80), case((3, 3, 2, 4, 5), 90), case((2, 4, 3, 5, 3, 6), 100)]


ADDITIVE = Implement(
    id="attention.additive",
    title="Stretch: Bahdanau's additive scores",
    difficulty=3,
    minutes=25,
    hints=(
        "Every query must meet every key. Give one of them a new axis of size 1 in the right place "
        "and let broadcasting build all pairs.",
        "score(q, k) = vᵀ tanh(W q + U k). The tanh works on the *sum*, once for each pair.",
        "query @ W: (..., query, hidden) → (..., query, 1, hidden). key @ U: (..., key, hidden) → "
        "(..., 1, key, hidden). Their sum: (..., query, key, hidden). With v: (..., query, key).",
        "projected_query = (query @ query_matrix).unsqueeze(...)\n"
        "projected_key = (key @ key_matrix).unsqueeze(...)\n"
        "return (... + ...).tanh() @ ...",
    ),
    reference=additive_scores,
    cases=additive_cases,
    mistakes=(
        Mistake(
            "no_tanh",
            "The tanh is missing. Without it the query adds the same number to all of its scores, "
            "which a softmax ignores: the query would have no say.",
            "tanh meet",
        ),
        Mistake(
            "tanh_apart",
            "You bend the query and the key apart, then add. Then the query only shifts its whole "
            "row. The tanh must see the sum.",
            "tanh meet",
        ),
        Mistake(
            "tanh_late",
            "The tanh comes after the vector v. It should bend every hidden number before v weighs "
            "them.",
            "tanh",
        ),
        Mistake(
            "multiplied",
            "You multiply the two projections. This form *adds* them, hence its name.",
            "meet",
        ),
        Mistake(
            "subtracted", "You subtract the key's projection. Which sign has the formula?", "meet"
        ),
        Mistake(
            "scaled",
            "You divide by a root, as dot products need it. Does the formula here have one?",
        ),
        Mistake(
            "no_vector",
            "The hidden numbers are summed as they are. Where does the vector v come in?",
        ),
        Mistake(
            "transposed",
            "Your scores are (key, query): the two axes are swapped. Which of the two gets its new "
            "axis at -2, and which at -3?",
        ),
        Mistake(
            "softmax",
            "You return weights. The exercise asks for the scores, before the softmax.",
        ),
    ),
    properties=(
        Property(
            "A tanh lies between -1 and 1, so no score can exceed the sum of |v|; yours does.",
            lambda case, scores: bool((scores.abs() <= case["vector"].abs().sum() + 1e-4).all()),
        ),
    ),
)

EXERCISES = (SOFTMAX, PREDICT, SCALED_DOT_PRODUCT, MEASURE, CAUSAL_BUG, HEADS_BUG, ADDITIVE)
