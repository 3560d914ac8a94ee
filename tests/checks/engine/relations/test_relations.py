"""Relations: each is found where it holds, and none is found by chance."""

import math
import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from mmtutor import checks
from mmtutor.checks.engine import outcome
from mmtutor.checks.engine.exercise import Case, Implement, random_tensor
from mmtutor.checks.engine.mistakes import outcomes
from mmtutor.checks.engine.relations import part, relation, right_on_some
from tests.checks.play import name

CASES = [
    Case(x=random_tensor(3, 4, seed=1), mask=torch.tensor([True, False, True, True])),
    Case(x=random_tensor(2, 6, seed=2), mask=torch.tensor([True] * 5 + [False])),
    Case(x=random_tensor(4, 8, seed=3), mask=torch.tensor([False] + [True] * 7)),
]
RIGHT = [3 * case["x"].abs() + 0.1 for case in CASES]

EXACT: dict[str, tuple[Callable[[Tensor], Any], str]] = {
    "twice": (lambda x: 2 * x, "is 2 times .* counted twice"),
    "half": (lambda x: x / 2, "is ½ times"),
    "minus": (lambda x: -x, "wrong sign"),
    "per cent": (lambda x: 100 * x, "100 times .* percentage"),
    "other base": (lambda x: x / math.log(2), "1/ln 2 times .* base"),
    "times the width": (lambda x: x * x.shape[-1], "times n, where n is the size of the last axis"),
    "by the root": (lambda x: x / x.shape[0] ** 0.5, "1/√n, where n is .*second to last axis"),
    "by what changes": (lambda x: x / x.max() * 3, "not what it should be, the rest is right"),
    "one more": (lambda x: x + 1, "too large by 1,"),
    "less ln 2": (lambda x: x - math.log(2), "too small by ln 2"),
    "the complement": (lambda x: 1 - x, "the complement .1 − x. of the right"),
    "a line": (lambda x: 3 * x - 1, "3 · right − 1"),
    "row by row": (lambda x: x / x.sum(-1, keepdim=True) * 2, "last axis the proportions"),
    "a row's shift": (
        lambda x: x - 2 * x.mean(-1, keepdim=True),
        "last axis everything is off by the same amount",
    ),
    "the square": (torch.square, "the square of"),
    "the root": (torch.sqrt, "the square root of"),
    "the exponential": (torch.exp, "the exponential of"),
    "the logarithm": (torch.log, "natural logarithm"),
    "upside down": (lambda x: 1 / x, "reciprocal"),
    "softmax": (lambda x: x.softmax(-1), "softmax, along the last axis, of the right"),
    "shares": (lambda x: x / x.sum(0), "share of the sum .* second to last axis"),
    "running sum": (lambda x: x.cumsum(-1), "running sum"),
    "transposed": (lambda x: x.T, "rows and columns of the result are swapped"),
    "reversed": (lambda x: x.flip(-1), "reverse order along the last"),
    "rolled": (lambda x: x.roll(1, -1), "one place later"),
    "sorted": (lambda x: x.sort(-1)[0], "sorted along the last"),
    "interleaved": (lambda x: x.unflatten(-1, (2, -1)).mT.flatten(-2), "interleaved"),
    "another shape": (lambda x: x.reshape(-1), "right order, but the shape"),
    "an axis more": (lambda x: x[None], "axis of size 1"),
    "shuffled": (lambda x: x.flatten()[torch.randperm(x.numel())], r"wrong places, as \(12,\)"),
    "summed": (lambda x: x.sum(-1), "the sum along the last axis of what is asked"),
    "averaged": (lambda x: x.mean(0), "the mean along the second to last axis"),
    "no last row": (lambda x: x[:-1], "The last row is missing"),
    "no first column": (lambda x: x[:, 1:], "The first column is missing"),
    "only the first": (lambda x: x[0], "You return the first row of"),
    "stretched": (lambda x: x.expand(2, *x.shape), "repeated along an axis"),
    "rounded": (lambda x: x.round(decimals=2), "rounding to 2 decimals"),
    "cut": (lambda x: (x * 0 + x).floor(), "rounded down"),
}


def test_rows_that_all_come_out_too_small_are_asked_for_what_is_added_below() -> None:
    small = [x / (x.amax(-1, keepdim=True) + 1) for x in RIGHT]
    assert "is something added there?" in str(relation(CASES, small, RIGHT))
    large = [x * x.amax(-1, keepdim=True) for x in RIGHT]
    assert "divided or multiplied by?" in str(relation(CASES, large, RIGHT))


def test_rows_of_one_number_have_no_proportions() -> None:
    columns = [Case(x=random_tensor(n, 1, seed=n)) for n in (3, 4, 5)]
    right = [*RIGHT, *(case["x"].abs() + 0.1 for case in columns)]
    odd = [*RIGHT, *(x.square() + 0.3 for x in right[3:])]
    assert relation([*CASES, *columns], odd, right) is None


@pytest.mark.parametrize("case", EXACT)
def test_an_exact_relation_is_named(case: str) -> None:
    torch.manual_seed(0)
    function, words = EXACT[case]
    said = relation(CASES, [function(x) for x in RIGHT], RIGHT)
    assert said and matches(words, said), said


def matches(words: str, said: str) -> bool:
    return re.search(words, said) is not None


def test_what_is_missing_is_named() -> None:
    right = [x.softmax(-1) for x in RIGHT]
    assert "the softmax" in str(relation(CASES, RIGHT, right))
    sums = [x.sum(-1) for x in RIGHT]
    assert "their sum along the last axis is still to be taken" in str(relation(CASES, RIGHT, sums))


def test_of_two_things_the_wrong_one_is_named() -> None:
    right = [(x, x.sum(-1)) for x in RIGHT]
    said = relation(CASES, [(x, 2 * total) for x, total in right], right)
    assert "the second is wrong, the other is right" in str(said) and "2 times" in str(said)
    said = relation(CASES, [(2 * x, 2 * total) for x, total in right], right)
    assert str(said).startswith("About both things")
    assert "other order" in str(relation(CASES, [(total, x) for x, total in right], right))


def masked(case: Case, x: Tensor) -> Tensor:
    return case["mask"].expand_as(x) if len(case["mask"]) == x.shape[-1] else x > -9


PARTS: dict[str, tuple[Callable[[Case, Tensor], Tensor], str]] = {
    "hidden": (lambda c, x: torch.where(masked(c, x), x, x.cos() + 3), "where `mask` is False"),
    "last row": (lambda c, x: torch.cat([x[:-1], x[-1:] * 1.7 + 1]), "in the last row"),
    "floor": (lambda c, x: x.clamp(min=1.5), "never go below 1.5"),
    "ceiling": (lambda c, x: x.clamp(max=2.5), "never go above 2.5"),
    "no floor": (lambda c, x: torch.where((x > 1) & (x < 2.5), 2.5, x), "it is 2.5"),  # some < 1
    "zeros": (lambda c, x: torch.where(x > 2.5, 0.0, x), "it is 0"),
    "epsilon": (lambda c, x: x + 1e-3 * x.square(), "close on every input"),
    "shuffled": (lambda c, x: x.flatten().sort()[0].view(-1, len(x)).T, "wrong places"),
}


@pytest.mark.parametrize("case", PARTS)
def test_where_it_departs_is_named(case: str) -> None:
    change, words = PARTS[case]
    outputs = [change(c, x) for c, x in zip(CASES, RIGHT, strict=True)]
    assert relation(CASES, outputs, RIGHT) is None
    assert matches(words, str(part(CASES, outputs, RIGHT)))


def test_the_odd_input_is_named() -> None:
    cases = [*CASES, Case(x=torch.tensor([[100.0, 2.0, 3.0]]), mask=CASES[0]["mask"])]
    said = str(part(cases, [*RIGHT, torch.ones(1, 3)], [*RIGHT, cases[-1]["x"]]))
    assert "right on 3 of 4 inputs. The other is the only one where `x` holds numbers" in said


def test_to_be_right_on_few_inputs_is_no_chance_if_it_stops_on_all_others() -> None:
    square = [Case(x=torch.ones(n, n)) for n in (1, 2)]
    others = [Case(x=torch.ones(n, n + 1)) for n in (1, 2, 3)]
    right, nothing = [1.0, 2.0, 3.0, 4.0, 5.0], [1.0, 2.0, 0.0, 0.0, 0.0]
    assert right_on_some([*square, *others], nothing, right) is None
    stops = [False, False, True, True, True]
    said = str(right_on_some([*square, *others], nothing, right, stops))
    assert "2 of 5 inputs" in said and "the last two axes of `x` differ in size" in said


@pytest.mark.parametrize(
    "exercise", [e for e in checks.all_exercises() if isinstance(e, Implement)], ids=name
)
def test_no_relation_holds_by_chance(exercise: Implement) -> None:
    def noise(value: Any, seed: int) -> Any:
        if isinstance(value, tuple):
            return tuple(noise(one, seed + i) for i, one in enumerate(value))
        if not isinstance(value, Tensor):
            return type(value)(random_tensor(1, seed=seed).item() * 5)
        drawn = random_tensor(max(1, value.numel()), seed=seed)[: value.numel()].reshape(
            value.shape
        )
        return drawn > 0 if value.dtype == torch.bool else (drawn * 5).to(value.dtype)

    expected = outcomes(exercise)
    for seed in range(5):
        outputs = [noise(right, 100 * seed + i) for i, right in enumerate(expected)]
        if not outcome.same(outputs, expected):
            assert relation(exercise.cases(), outputs, expected) is None


def test_what_a_whole_batch_shares_is_no_row() -> None:
    cases = [Case(x=random_tensor(4, 3, 5, seed=number)) for number in range(3)]
    right = [case["x"] for case in cases]
    shared = [x + random_tensor(3, 5, seed=9) for x in right]
    assert relation(cases, shared, right) is None


def test_what_is_empty_and_should_be_stands_in_no_relations_way() -> None:
    cases = [Case(x=random_tensor(size, seed=size)) for size in (4, 0, 3)]
    right = [case["x"] for case in cases]
    assert "2 times" in str(relation(cases, [2 * x for x in right], right))
    assert relation(cases, [x.clamp(min=0) for x in right], right) is None
    assert relation(cases, [torch.cat([x, x.new_ones(1)]) for x in right], right) is None
