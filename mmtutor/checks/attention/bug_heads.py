"""Mend heads that mix up the words: `view` alone cuts across positions."""

import math

import torch
from torch import Tensor

from mmtutor.checks.attention.shared import with_odd_numbers
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

LEFT = {"value_only": "qk", "value_left": "v", "key_left": "k", "query_left": "q"}
"""Which of query, key and value are still cut by `view` alone."""


def attend_in_heads(
    query: Tensor, key: Tensor, value: Tensor, heads: int, wrong: Wrong = RIGHT
) -> Tensor:
    """Reference: split the width into heads, attend in each, and put the heads side by side."""
    *batch, length, width = query.shape
    if "one_head" in wrong:
        return attend(query, key, value, 1, wrong)
    if "query_key" in wrong:
        query, key = key, query
    if "sizes_swapped" in wrong:
        heads = width // heads

    def split(x: Tensor) -> Tensor:
        if "split_by_view" in wrong:
            return x.reshape(*batch, heads, -1, width // heads)
        if "overlapping" in wrong:
            return x.unfold(-1, width // heads, 1)[..., :heads, :].transpose(-3, -2)
        if "not_moved" in wrong:
            return x.unflatten(-1, (heads, -1))
        if {"interleaved", "interleaved_back"} & wrong:
            return x.unflatten(-1, (-1, heads)).movedim(-1, -3)
        return x.unflatten(-1, (heads, -1)).transpose(-3, -2)

    def cut(x: Tensor) -> Tensor:
        return x.reshape(*batch, heads, -1, width // heads)

    left = next((parts for name, parts in LEFT.items() if name in wrong), "")
    query = cut(query) if "q" in left else split(query)
    key = cut(key) if "k" in left else split(key)
    value = cut(value) if "v" in left else split(value)
    gathered = attend(query, key, value, heads, wrong)
    if "not_joined" in wrong:
        return gathered
    if "join_by_view" in wrong or "not_moved" in wrong:
        return gathered.reshape(*batch, length, width)
    if "reversed" in wrong:
        gathered = gathered.flip(-3)
    if {"interleaved_back", "interleaved_join"} & wrong:
        return gathered.movedim(-3, -1).reshape(*batch, length, width)
    return gathered.transpose(-3, -2).reshape(*batch, length, width)


def attend(query: Tensor, key: Tensor, value: Tensor, heads: int, wrong: Wrong) -> Tensor:
    """Return what every head gathers; its part of the width is the last axis."""
    scores = query @ key.transpose(-2, -1) / divisor(query, heads, wrong)
    if "columns" in wrong:
        across = query.transpose(-2, -1) @ key / divisor(query, heads, wrong)
        return value @ across.softmax(-1)
    if "no_softmax" in wrong:
        return scores @ value
    if "one_map" in wrong:
        return scores.softmax(-1).mean(-3, keepdim=True) @ value
    axis = -2 if "axis" in wrong else -3 if "over_heads" in wrong else -1
    return scores.softmax(axis) @ value


def divisor(query: Tensor, heads: int, wrong: Wrong) -> float:
    """Return what the scores of a head are divided by."""
    part = query.shape[-1]
    if "no_scale" in wrong:
        return 1.0
    if "by_part" in wrong:
        return float(part)
    if "by_heads" in wrong:
        return math.sqrt(heads)
    if "by_length" in wrong:
        return math.sqrt(query.shape[-2])
    return math.sqrt(part * heads if "full_width" in wrong else part)


def heads_cases() -> list[Case]:
    def case(shape: tuple[int, ...], heads: int, seed: int) -> Case:
        q, k, v = (random_tensor(*shape, seed=seed + i) for i in range(3))
        return Case(query=q, key=k, value=v, heads=heads)

    same = case((2, 3, 6), 3, 90)  # every position holds the same value
    same["query"][1] = same["query"][0]
    same["value"] = torch.arange(10.0, 70.0, 10.0).expand(2, 3, 6).clone()
    apart = case((2, 5, 6), 2, 95)  # the examples differ in head 0's part of the queries alone
    for name in ("query", "key", "value"):
        apart[name][1] = apart[name][0]
    apart["query"][1, :, :3] += 1.0
    low, high = (
        odd_numbers(case((3, 4, 8), 2, 80), -25.0),
        odd_numbers(case((3, 4, 8), 2, 81), 25.0),
    )
    return [
        case((2, 3, 4), 2, 50),
        same,
        apart,
        case((2, 4, 6), 3, 60),
        case((1, 5, 8), 2, 70),
        case((2, 1, 3), 1, 75),
        case((3, 2, 1), 1, 85),
        low,
        high,
    ]


def odd_numbers(case: Case, large: float) -> Case:
    """Put zeros and large numbers into a case with two heads of four columns."""
    case["query"] = with_odd_numbers(case["query"], large)
    case["value"] = with_odd_numbers(case["value"], large)
    case["key"] = with_odd_numbers(case["key"].flip(-1), large).flip(-1)
    case["query"][..., :4] /= 25  # each head has one large and one small side
    case["key"][..., 4:] /= 25
    return case


def same_stays(case: Case, output: Tensor) -> bool:
    """Say whether what all positions share comes back, whatever the weights are."""
    value = case["value"]
    return not torch.equal(value, value[:1, :1].expand_as(value)) or agree(output, value)


def moves_with_queries(case: Case, output: Tensor) -> bool:
    """Say whether the output has one row per query in the range that its values allow."""
    value = case["value"]
    return bool((output.amax(-2) <= value.amax(-2) + 1e-4).all()) and bool(
        (output.amin(-2) >= value.amin(-2) - 1e-4).all()
    )


def heads_apart(case: Case, output: Tensor) -> bool:
    """Say whether head 0's queries leave the other heads' columns alone."""
    query, value = case["query"], case["value"]
    part = query.shape[-1] // case["heads"]
    if len(value) < 2 or not torch.equal(value[0], value[1]) or torch.equal(query[0], query[1]):
        return True
    if not torch.equal(query[0, :, part:], query[1, :, part:]):
        return True
    return agree(output[0, :, part:], output[1, :, part:])


def is_right(case: Case, output: Tensor) -> bool:
    """Say whether the output is what the mended program gives."""
    return agree(output, attend_in_heads(*case.values()))


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
            "key_left",
            "Queries and values are cut rightly. Does the key of a head still come from the same "
            "columns of every position?",
            "split",
        ),
        Mistake(
            "query_left",
            "Keys and values are cut rightly. Does the query of a head still come from the same "
            "columns of every position?",
            "split",
        ),
        Mistake(
            "overlapping",
            "Your heads overlap: head i begins at column i. Where should it begin, if each head "
            "takes as many columns as the one before it?",
            "split",
        ),
        Mistake(
            "sizes_swapped",
            "The number of heads and the width of a head have changed places. Which of the two is "
            "`heads`, and which is width / heads?",
            "split join",
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
        Mistake(
            "by_part",
            "The scores are divided by the width of a head itself. By what did the program that "
            "you were given divide?",
            "scale",
        ),
        Mistake(
            "by_heads",
            "The scores are divided by the root of the number of *heads*. A head's dot product "
            "sums over its own part of the width: how wide is that?",
            "scale",
        ),
        Mistake(
            "by_length",
            "The scores are divided by the root of the sequence's length. It should be the width "
            "of a head.",
            "scale split",
        ),
        Mistake(
            "interleaved_back",
            "Your heads take every n-th column and put them back there. The symptom is gone, but "
            "head i should get *neighbouring* columns: which comes first when the width is "
            "unfolded, the head or the part?",
            "split join",
        ),
        Mistake(
            "one_head",
            "There is one head now, as wide as all of them, so the symptom is gone. Where does "
            "`heads` come in?",
            "split join scale softmax map swap",
        ),
        Mistake(
            "one_map",
            "All heads look with the same weights, the mean of their own. Each head should mix its "
            "values with the weights that *it* found.",
            "softmax split join map",
        ),
        Mistake(
            "reversed",
            "The heads come back in the reverse order. Which columns of the result belong to head "
            "0?",
            "join",
        ),
        Mistake(
            "interleaved_join",
            "The heads' columns are shuffled together when they are joined. Which must stand "
            "first when the last two axes become one, the head or the part?",
            "join split",
        ),
        Mistake(
            "no_softmax",
            "The scores themselves mix the values. What turns a row of scores into weights?",
            "softmax map",
        ),
        Mistake(
            "columns",
            "The *columns* of a head attend to each other: the sum runs over the positions. A "
            "score compares two positions; over what does its dot product run?",
            "softmax map scale",
        ),
        Mistake(
            "not_joined",
            "You return the heads one by one, on an axis of their own. What is still to be done, "
            "so that each position has one row of the whole width?",
            "join",
        ),
        Mistake(
            "query_key",
            "Queries and keys have changed places: row i of the scores belongs to query i.",
            "swap",
        ),
    ),
    properties=(
        Property(
            "Where every position holds the same value, every position must receive exactly that, "
            "because weights sum to 1. In yours it does not: the symptom is still there.",
            same_stays,
        ),
        Property(
            "Each column of the output mixes the same column of the values, so it cannot leave "
            "their range; yours does.",
            moves_with_queries,
        ),
        Property(
            "The queries of head 0 should change head 0's columns only. In yours they change "
            "others, too: what does a head hold, and what do the heads share?",
            heads_apart,
        ),
        Property(
            "Head 0's queries keep to themselves, but something else is not as it should be: each "
            "head takes its own neighbouring columns of query, key and value, divides its dot "
            "products by the root of *its* width, shares out over the keys, mixes its values, and "
            "the heads stand side by side again.",
            is_right,
        ),
    ),
)
