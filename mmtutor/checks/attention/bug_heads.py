"""Mend heads that mix up the words: `view` alone cuts across positions."""

import math

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
