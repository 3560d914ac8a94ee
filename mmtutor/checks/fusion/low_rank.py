"""Low-rank bilinear fusion. Traps: the 1 that is appended, and sums before the product."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

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


def low_rank(x1: Tensor, x2: Tensor, u: Tensor, v: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: `Σ_r ([x1; 1] U_r) ⊙ ([x2; 1] V_r)`."""
    if "crossed" in wrong:
        u, v = v, u
    first = projected(x1, u, "first", wrong)  # (rank, batch, out)
    second = projected(x2, v, "second", wrong)
    if "sum_first" in wrong:
        return first.sum(0) * second.sum(0)
    if "mean_first" in wrong:
        return first.mean(0) * second.mean(0)
    return over_ranks(met(first, second, wrong), wrong)


def projected(x: Tensor, matrices: Tensor, side: str, wrong: Wrong) -> Tensor:
    """Return `[x; 1]` times the matrix of every rank, in one of the ways that people try."""
    if "plus_one" in wrong or "features_plus_one" in wrong:
        return x @ matrices[:, :-1] + 1 if "plus_one" in wrong else (x + 1) @ matrices[:, :-1]
    if "shifted" in wrong:
        return x @ matrices[:, 1:]
    if "over_last" in wrong:
        return F.pad(x[:, :-1], (0, 1), value=1.0) @ matrices[:, :-1]
    if "front" in wrong or f"front_{side}" in wrong:
        return F.pad(x, (1, 0), value=1.0) @ matrices
    nothing = "zeros" in wrong or f"one_missing_{side}" in wrong
    return F.pad(x, (0, 1), value=0.0 if nothing else 1.0) @ matrices


def met(first: Tensor, second: Tensor, wrong: Wrong) -> Tensor:
    """Let the projections meet: (rank, batch, out)."""
    if "first_only" in wrong or "second_only" in wrong:
        return first if "first_only" in wrong else second
    ways: dict[str, Callable[[], Tensor]] = {
        "add": lambda: first + second,
        "divided": lambda: first / second,
        "sides_again": lambda: first * second + first + second,
        "rectified": lambda: (first * second).relu(),
        "bent": lambda: (first * second).tanh(),
        "size": lambda: (first * second).abs(),
        "next_rank": lambda: first * second.roll(1, 0),
        "reversed_ranks": lambda: first * second.flip(0),
    }
    return next((way() for name, way in ways.items() if name in wrong), first * second)


def over_ranks(products: Tensor, wrong: Wrong) -> Tensor:
    """Make (batch, out) of the products of all ranks, in one of the ways that people try."""
    ways: dict[str, Callable[[], Tensor]] = {
        "mean": lambda: products.mean(0),
        "first_rank": lambda: products[0],
        "last_rank": lambda: products[-1],
        "without_first": lambda: products[1:].sum(0),
        "without_last": lambda: products[:-1].sum(0),
        "two_ranks": lambda: products[:2].sum(0),
        "maximum": lambda: products.amax(0),
        "chained": lambda: products.prod(0),
        "kept": lambda: products,
        "side_by_side": lambda: products.movedim(0, 1).flatten(1),
        "batch_mean": lambda: products.sum(0).mean(0).expand_as(products[0]),
        "batch_sum": lambda: products.sum(1),
        "out_sum": lambda: products.sum(2),
    }
    return next((way() for name, way in ways.items() if name in wrong), products.sum(0))


def low_rank_cases() -> list[Case]:
    def case(batch: int, a: int, b: int, rank: int, out: int, seed: int) -> Case:
        return Case(
            x1=random_tensor(batch, a, seed=seed),
            x2=random_tensor(batch, b, seed=seed + 1),
            u=random_tensor(rank, a + 1, out, seed=seed + 2),
            v=random_tensor(rank, b + 1, out, seed=seed + 3),
        )

    single = case(3, 2, 3, rank=3, out=4, seed=330)
    for matrix in (single["u"], single["v"]):
        matrix[0], matrix[2] = 0.0, 0.0
    silent = case(4, 3, 2, rank=3, out=5, seed=340)
    silent["x1"], silent["x2"] = torch.zeros(4, 3), torch.zeros(4, 2)
    return [
        case(1, 2, 1, rank=2, out=2, seed=300),
        case(4, 3, 2, rank=3, out=5, seed=310),
        case(5, 3, 3, rank=2, out=4, seed=320),
        case(3, 2, 3, rank=3, out=4, seed=325),
        single,
        silent,
        case(7, 4, 2, rank=6, out=8, seed=350),
        case(3, 1, 2, rank=2, out=1, seed=360),
        halfway(case(3, 2, 3, rank=3, out=4, seed=370), "x1", "x2"),
        halfway(case(3, 2, 3, rank=3, out=4, seed=380), "x2", "x1"),
        *(louder(case(4, 3, 2, rank=3, out=5, seed=390), name) for name in ("x1", "x2")),
        *(louder(case(4, 3, 2, rank=3, out=5, seed=400), name) for name in ("u", "v")),
    ]


def halfway(case: Case, moved: str, fixed: str) -> Case:
    """Let one side stay, and the third example of the other lie between the first two."""
    case[fixed] = case[fixed][:1].expand(3, -1).clone()
    case[moved][2] = (case[moved][0] + case[moved][1]) / 2
    return case


def louder(case: Case, name: str) -> Case:
    """Make one argument forty times as large."""
    case[name] = 40 * case[name]
    return case


def halfway_stays_halfway(case: Case, output: Tensor) -> bool:
    """Say whether what lies between two examples, the other side being equal, lands between."""
    for moved, fixed in (("x1", "x2"), ("x2", "x1")):
        x, still = case[moved], case[fixed]
        alike = len(x) == 3 and bool((still == still[0]).all())
        if alike and torch.equal(x[2], (x[0] + x[1]) / 2):
            return agree(output[2], (output[0] + output[1]) / 2)
    return True


def silence_leaves_the_ones(case: Case, output: Tensor) -> bool:
    """Say whether, where both inputs are zero, the ones alone speak."""
    silent = not case["x1"].any() and not case["x2"].any()
    return not silent or agree(output, (case["u"][:, -1] * case["v"][:, -1]).sum(0).expand(4, -1))


def a_rank_alone_counts_whole(case: Case, output: Tensor) -> bool:
    """Say whether, where only one rank is not zero, its product is the result."""
    used = [rank for rank, matrix in enumerate(case["u"]) if matrix.any()]
    sides = [(F.pad(case[x], (0, 1), value=1.0), case[m]) for x, m in (("x1", "u"), ("x2", "v"))]
    first, second = (x @ matrices[used[0]] for x, matrices in sides)
    return len(used) > 1 or agree(output, first * second)


ALONE = "ones ranks meet sides"
"""Every group: a mistake of all of them is never paired."""

LOW_RANK = Implement(
    id="fusion.low_rank",
    title="Products of features, at a low price",
    difficulty=3,
    minutes=25,
    hints=(
        "Take one rank first. Append a 1 to each vector, project each with its own matrix, "
        "multiply the two results number by number. Only then think of the other ranks.",
        "z = Σ_r ([x1; 1] U_r) ⊙ ([x2; 1] V_r). The product comes before the sum.",
        "[x1; 1]: (batch, a + 1). Times u (rank, a + 1, out): (rank, batch, out). The same for x2 "
        "and v. Their product: (rank, batch, out). Its sum over the ranks: (batch, out).",
        "one = torch.ones(len(x1), ...)\n"
        "first = torch.cat([x1, one], dim=...) @ u  # (rank, batch, out)\n"
        "second = ...\nreturn (first ... second).sum(dim=...)",
    ),
    reference=low_rank,
    cases=low_rank_cases,
    mistakes=(
        Mistake(
            "zeros",
            "The last rows of U and V have no effect, as if you appended zeros or left these rows "
            "out. What should each of them be multiplied by?",
            "ones",
        ),
        Mistake(
            "one_missing_first",
            "The last rows of U have no effect, those of V do. What is appended to x1?",
            "ones",
        ),
        Mistake(
            "one_missing_second",
            "The last rows of V have no effect, those of U do. What is appended to x2?",
            "ones",
        ),
        Mistake(
            "front",
            "You put the 1 before the features. In [x; 1] the 1 is the last: which row of the "
            "matrix does it meet?",
            "ones",
        ),
        Mistake(
            "front_first",
            "The 1 stands before the features of x1, and behind those of x2. Where does [x1; 1] "
            "put it?",
            ALONE,
        ),
        Mistake(
            "front_second",
            "The 1 stands before the features of x2, and behind those of x1. Where does [x2; 1] "
            "put it?",
            ALONE,
        ),
        Mistake(
            "plus_one",
            "You add 1 to the projections. In the formula the 1 goes *through* the matrix: which "
            "row does it meet there?",
            "ones",
        ),
        Mistake(
            "features_plus_one",
            "You add 1 to every feature. In [x; 1] the 1 is a feature of its own: how many numbers "
            "has it, if x has a?",
            "ones",
        ),
        Mistake(
            "shifted",
            "Nothing is appended, and the *first* rows of U and V are left out, so that every "
            "feature meets its neighbour's row. Which row is the 1's?",
            "ones",
        ),
        Mistake(
            "over_last",
            "You write the 1 over the last feature. How many numbers has [x; 1], if x has a?",
            "ones",
        ),
        Mistake(
            "sum_first",
            "You add up the ranks of each side before the two meet, so a rank of the first also "
            "meets all other ranks of the second. Which comes first in the formula, Σ or ⊙?",
            "ranks meet",
        ),
        Mistake(
            "mean_first",
            "You average the ranks of each side before the two meet. Which sign stands in the "
            "formula, and what does it stand before?",
            "ranks meet",
        ),
        Mistake(
            "add",
            "You add the two projections. Then no feature of one modality is ever multiplied by "
            "one of the other: which sign stands between the brackets?",
            "meet",
        ),
        Mistake(
            "divided",
            "You divide the two projections. Which operation does ⊙ stand for?",
            ALONE,
        ),
        Mistake(
            "sides_again",
            "You add both projections to their product once more. What does the appended 1 do "
            "already?",
            ALONE,
        ),
        Mistake(
            "rectified",
            "You cut the products off at 0. Does a ReLU stand in the formula?",
            "meet",
        ),
        Mistake(
            "bent",
            "You bend the products with a tanh. Does one stand in the formula?",
            "meet",
        ),
        Mistake(
            "size",
            "You take the absolute values of the products. May a product be negative?",
            "meet",
        ),
        Mistake(
            "next_rank",
            "Each rank of the first side meets another rank of the second. Which V belongs to "
            "which U?",
            ALONE,
        ),
        Mistake(
            "reversed_ranks",
            "The first U meets the last V. In which order do the ranks of both sides run?",
            ALONE,
        ),
        Mistake(
            "first_only",
            "Your result does not depend on x2. What should the projection of x1 be multiplied by?",
            "meet sides ones",
        ),
        Mistake(
            "second_only",
            "Your result does not depend on x1. What should the projection of x2 be multiplied by?",
            "meet sides ones",
        ),
        Mistake(
            "mean",
            "You take the mean of the ranks. Which sign stands before the brackets of the formula?",
            "ranks",
        ),
        Mistake(
            "first_rank",
            "Only the first rank reaches your result. What happens to the others?",
            "ranks",
        ),
        Mistake(
            "last_rank",
            "Only the last rank reaches your result. Does a loop overwrite what it should add to?",
            "ranks",
        ),
        Mistake(
            "without_first",
            "The first rank does not reach your result. At which number does your loop begin?",
            ALONE,
        ),
        Mistake(
            "without_last",
            "The last rank does not reach your result. At which number does your loop end?",
            ALONE,
        ),
        Mistake(
            "two_ranks",
            "Only the first two ranks reach your result. What tells you how many there are?",
            ALONE,
        ),
        Mistake(
            "maximum",
            "You take the largest of the ranks. Which sign stands before the brackets of the "
            "formula?",
            "ranks",
        ),
        Mistake(
            "chained",
            "You multiply the ranks with each other. The two modalities are multiplied; what "
            "happens to the ranks?",
            "ranks",
        ),
        Mistake(
            "kept",
            "You return a product for every rank. What does Σ ask for?",
            "ranks",
        ),
        Mistake(
            "side_by_side",
            "You put the ranks side by side. How many numbers has an example in the result, and "
            "which sign stands before the brackets?",
            "ranks",
        ),
        Mistake(
            "batch_mean",
            "All examples of the batch get one result, their mean. Over which axis alone is the "
            "sum?",
            ALONE,
        ),
        Mistake(
            "batch_sum",
            "You add up the examples of the batch. Over which axis do the ranks lie?",
            "ranks",
        ),
        Mistake(
            "out_sum",
            "You add up the numbers of each output. Over which axis do the ranks lie?",
            "ranks",
        ),
        Mistake(
            "crossed",
            "x1 goes through V and x2 through U, which fits only where both have the same width. "
            "Which matrices belong to the first modality?",
            "sides",
        ),
    ),
    properties=(
        Property(
            "Where one side stays and the other goes half of the way from one example to another, "
            "the result does, too; yours does not. Is something bent, normalised or cut off on the "
            "way?",
            halfway_stays_halfway,
        ),
        Property(
            "Where all ranks but one are zero, the product of that one is the result; yours is "
            "something else.",
            a_rank_alone_counts_whole,
        ),
        Property(
            "Where both inputs are zero, only the appended ones speak: the result is made of the "
            "last rows of U and V. Yours is something else.",
            silence_leaves_the_ones,
        ),
    ),
)
