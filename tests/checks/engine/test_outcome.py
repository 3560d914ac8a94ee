"""Comparing what came out, and taking arrays, lists and numbers for the tensors they hold."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mmtutor.checks.engine import outcome
from mmtutor.checks.engine.call import Raised

ONE = torch.tensor(1.0)
NAN, INFINITE = torch.tensor(float("nan")), torch.tensor(float("inf"))


def test_outcomes_are_compared_by_value() -> None:
    assert outcome.same(1, ONE) and outcome.same((ONE, 2), (1.0, 2))
    assert outcome.same([(ONE, 2), (ONE, 3)], [(1, 2), (1, 3)])
    assert outcome.same(ONE + 1e-6, ONE) and not outcome.same(ONE + 1e-3, ONE)
    assert outcome.same(NAN, NAN) and outcome.same(INFINITE, INFINITE)
    assert outcome.same(Raised("A", "x"), Raised("A", "y"))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (ONE, torch.tensor([1.0])),
        (torch.tensor(True), ONE),
        (ONE + 0j, ONE),
        ("1", ONE),
        ((ONE, ONE), ONE),
        ((ONE, ONE), (ONE,)),
        ([(ONE, ONE), ONE], [ONE, (ONE, ONE)]),
        (NAN, ONE),
        (INFINITE, -INFINITE),
        (Raised("A", ""), Raised("B", "")),
        (Raised("A", ""), ONE),
        (ONE.to_sparse(), ONE),
    ],
)
def test_different_outcomes_differ(a: Any, b: Any) -> None:
    assert not outcome.same(a, b) and not outcome.same(b, a)


@given(st.lists(st.floats(-2, 2, width=32), min_size=1), st.floats(-1e-4, 1e-4))
def test_many_comparisons_at_once_are_many_single_ones(values: list[float], shift: float) -> None:
    found = torch.tensor(values, dtype=torch.float64)
    wanted = torch.stack([found, found + shift, found * (1 + shift), -found])
    single = [torch.allclose(found, row, atol=1e-5, rtol=1e-4) for row in wanted]
    assert outcome.agree(found, wanted).tolist() == single


FLOATS, WHOLE = torch.zeros(2), torch.zeros(2, dtype=torch.int64)


@pytest.mark.parametrize(
    ("value", "expected", "dtype"),
    [
        (np.array([1.0, 2.0]), FLOATS, torch.float32),
        (np.array([1, 2]), FLOATS, torch.int64),
        ([1, 2], FLOATS, torch.float32),
        ([1, 2], WHOLE, torch.int64),
        ([1.0, 2.0], WHOLE, torch.float64),
        ([np.float32(1), ONE + 1], FLOATS, torch.float32),
        ([Fraction(1), Fraction(4, 2)], FLOATS, torch.float32),
        (torch.tensor([1.0, 2.0], dtype=torch.float64), FLOATS, torch.float32),
    ],
)
def test_numbers_become_what_is_expected_where_they_say_so(
    value: Any, expected: torch.Tensor, dtype: torch.dtype
) -> None:
    found = outcome.like(value, expected)
    assert found.tolist() == [1, 2] and found.dtype == dtype


@pytest.mark.parametrize("row", [torch.tensor([1, 2]), np.array([1, 2])])
def test_a_row_of_numbers_is_as_good_as_so_many_numbers(row: Any) -> None:
    assert outcome.like(row, (0, 0)) == (1, 2)
    assert outcome.like(row, (0, 0, 0)) is row and outcome.like(row, (FLOATS, FLOATS)) is row


@pytest.mark.parametrize("nothing", [[], np.array([]), torch.tensor([])])
def test_an_empty_list_is_one_of_whole_numbers_too(nothing: Any) -> None:
    none = torch.zeros(0, dtype=torch.int64)
    assert outcome.like(nothing, none).dtype == torch.int64
    assert outcome.like(torch.zeros(0, 2), none).dtype == torch.float32  # of another shape
    assert outcome.like(torch.tensor([1.0]), torch.tensor([1])).dtype == torch.float32


@pytest.mark.parametrize(
    "value", [None, "12", ["1"], [[1.0], []], [None], {1: 2}, (1.0, 2.0, 3.0), ONE]
)
def test_everything_else_stays_itself(value: Any) -> None:
    assert outcome.like(value, FLOATS) is value
