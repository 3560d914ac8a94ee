"""The cases bite: right answers that are damaged mechanically fail, or it is said why not."""

import ast
from collections.abc import Iterator

import jaxtyping
import pytest

from mmtutor import checks
from mmtutor.checks.engine.exercise import Implement
from tests.checks.excused import equivalent
from tests.checks.mutation.changes import damaged
from tests.checks.mutation.mutants import lines, mutants
from tests.checks.mutation.report import listed
from tests.checks.mutation.trial import passes
from tests.checks.play import name

FUNCTIONS = [e for e in checks.all_exercises() if isinstance(e, Implement)]


@pytest.fixture(autouse=True)
def as_a_reader_runs_it() -> Iterator[None]:
    """Without the type checks of the tests: an answer may well call the lesson's functions."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.mark.pairs
@pytest.mark.parametrize("exercise", FUNCTIONS, ids=name)
def test_every_damaged_answer_fails_or_is_excused(exercise: Implement) -> None:
    excused = equivalent(exercise.id)
    alive = {mutant.key: mutant for mutant in mutants(exercise.id) if passes(mutant)}
    left = [mutant for key, mutant in alive.items() if key not in excused]
    if left:
        ask = "These pass. Let a case tell them apart from what is right, or excuse them:"
        pytest.fail("\n".join([ask, *listed(left)]), pytrace=False)
    stale = [key for key in excused if key not in alive]
    assert not stale, f"excused for nothing: they fail, or occur no more: {stale}"


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=name)
def test_every_excuse_has_a_reason(exercise: Implement) -> None:
    assert all(len(reason) > 10 for reason in equivalent(exercise.id).values())


def changed(program: str) -> set[str]:
    """Return what becomes of the one line of a program's only function."""
    (function,) = ast.parse(program).body
    assert isinstance(function, ast.FunctionDef)
    right = ast.unparse(function)
    return {lines(right, text)[1] for text in damaged(function)}


def test_a_line_is_damaged_in_all_the_ways_that_people_damage_it() -> None:
    found = changed("def f(x, mask):\n return x.clamp(min=0).sum(-1, keepdim=True) / (2 + mask)")
    for expected in (
        "def f(mask, x):",
        "return x.sum(-1, keepdim=True) / (2 + mask)",
        "return x.clamp().sum(-1, keepdim=True) / (2 + mask)",
        "return x.clamp(min=1).sum(-1, keepdim=True) / (2 + mask)",
        "return x.clamp(min=0).mean(-1, keepdim=True) / (2 + mask)",
        "return x.clamp(min=0).sum(0, keepdim=True) / (2 + mask)",
        "return x.clamp(min=0).sum(-1, keepdim=False) / (2 + mask)",
        "return x.clamp(min=0).sum(-1, keepdim=True) * (2 + mask)",
        "return x.clamp(min=0).sum(-1, keepdim=True)",
        "return x.clamp(min=0).sum(-1, keepdim=True) / 2",
        "return x.clamp(min=0).sum(-1, keepdim=True) / (3 + mask)",
        "return x.clamp(min=0).sum(-1, keepdim=True) / torch.clamp(torch.as_tensor(2 + mask), 1)",
    ):
        assert expected in found


def test_a_logarithm_is_guarded_as_people_do() -> None:
    found = changed("def f(x, y):\n return x.log() + torch.log(y)")
    assert "return (x + 1e-08).log() + torch.log(y)" in found
    assert "return x.log() + torch.log(y + 1e-08)" in found


def test_conditions_and_lines_are_damaged_too() -> None:
    found = changed("def f(a, b):\n n = 0\n if a < b and not a: n += max(a, 1e-9)\n return n")
    for expected in (
        "if a <= b and (not a):",
        "if a > b and (not a):",
        "if a < b or not a:",
        "if a < b and a:",
        "n += min(a, 1e-09)",
        "n += max(a, 0.001)",
        "n -= max(a, 1e-09)",
        "pass",
    ):
        assert expected in found


def test_a_mutant_that_passes_is_found() -> None:
    """The test above can fail: a parameter's default that no case uses may be anything."""
    alive = [m for m in mutants("attention.softmax") if passes(m)]
    assert "def softmax_through_logarithms(s, t=2.0):" in {m.after for m in alive}
    assert "softmax_through_logarithms" in "\n".join(listed(alive))
