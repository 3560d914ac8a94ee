"""The inputs of every exercise are wide enough, by rule, or it is said why not."""

from collections.abc import Iterator
from dataclasses import replace

import jaxtyping
import pytest
import torch
from torch import Tensor

from mmtutor import checks
from mmtutor.checks.engine.exercise import Case, Implement
from tests.checks.cases import RULES, broken
from tests.checks.cases.axes import never_all_different, never_one
from tests.checks.cases.narrow import unnoticed
from tests.checks.cases.values import never_tied, never_zero
from tests.checks.excused import excepted
from tests.checks.play import TWICE, name

FUNCTIONS = [e for e in checks.all_exercises() if isinstance(e, Implement)]
each_function = pytest.mark.parametrize("exercise", FUNCTIONS, ids=name)


@pytest.fixture(autouse=True)
def as_a_reader_runs_it() -> Iterator[None]:
    """Without the type checks of the tests, which cost ten times what the references compute."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.mark.pairs
@each_function
def test_cases_keep_the_rules_or_it_is_said_why_not(exercise: Implement) -> None:
    found, excused = broken(exercise.id), excepted(exercise.id)
    left = [f"{rule} ({RULES[rule.split()[0]]})" for rule in found if rule not in excused]
    assert not left, "\n".join(left)
    stale = [rule for rule in excused if rule not in found]
    assert not stale, f"excused for nothing: the cases keep it, or there is no such rule: {stale}"


@each_function
def test_every_excuse_has_a_reason(exercise: Implement) -> None:
    assert all(len(reason) > 10 for reason in excepted(exercise.id).values())


def made_of(*cases: Case) -> Implement:
    """Return an exercise with these cases."""
    return replace(TWICE, cases=lambda: list(cases))


def test_sizes_that_clash_in_every_case_are_named() -> None:
    wide = Case(x=torch.zeros(3, 2), y=torch.zeros(4, 2), heads=3)
    assert never_all_different(made_of(wide, Case(x=torch.zeros(5, 2), y=wide["y"], heads=4))) == [
        "different x[-2]=heads"
    ]
    assert not never_all_different(made_of(wide, Case(x=torch.zeros(5, 1), y=wide["y"], heads=6)))


def test_a_size_that_is_never_one_is_named_once_for_all_that_share_it() -> None:
    a, b = Case(x=torch.zeros(1, 2), y=torch.zeros(2)), Case(x=torch.zeros(3, 4), y=torch.zeros(4))
    assert never_one(made_of(a, b)) == ["one x[-1]"]


def test_an_axis_that_only_some_cases_have_has_no_size() -> None:
    assert never_one(made_of(Case(x=torch.zeros(3, 2)), Case(x=torch.zeros(5)))) == ["one x[-1]"]


def test_a_zero_is_missed() -> None:
    assert never_zero(made_of(Case(x=torch.ones(2)), Case(x=-torch.ones(3)))) == ["zero x"]
    assert not never_zero(made_of(Case(x=torch.ones(2)), Case(x=torch.tensor([1.0, 0.0]))))


def largest(x: Tensor) -> Tensor:
    """Reference of an exercise in which ties matter."""
    return x.argmax(-1)


@pytest.mark.parametrize(
    ("rows", "missed"),
    [
        ([[1.0, 2.0, 3.0]], True),
        ([[1.0, 3.0, 3.0]], True),
        ([[1.0, 3.0, 3.0], [1.0, 2.0, 2.001]], False),
    ],
)
def test_ties_are_missed_only_where_a_largest_is_looked_for(rows: list, missed: bool) -> None:
    exercise = made_of(*(Case(x=torch.tensor([row])) for row in rows))
    assert never_tied(replace(exercise, reference=largest)) == ["tie x"] * missed
    assert not never_tied(exercise)


def test_an_argument_that_never_changes_is_unnoticed() -> None:
    """The rules by trial can fail: cases that are all alike leave everything open."""
    exercise = checks.find("attention.softmax")
    assert isinstance(exercise, Implement)
    assert "negative temperature" in unnoticed(exercise)
    assert not {"negative scores", "fixed temperature"} & set(unnoticed(exercise))
