"""Find the place of a mistake: the one small change of a learner's program that makes it right.

The place is named, the change is not. What is said is true by construction: with another piece
there, the program is right on every case. (The idea is that of mutation testing, backwards.)
"""

import ast
import copy
import warnings
from collections.abc import Sequence
from types import FunctionType
from typing import Any

from torch import Tensor

from mmtutor.checks.engine import guards, outcome
from mmtutor.checks.engine.call import call, unchanged
from mmtutor.checks.engine.exercise import Case
from mmtutor.checks.engine.repair.edits import Place, edits
from mmtutor.checks.engine.repair.program import built, program

PATIENCE = 3.0
"""Seconds for the whole search. It ends, too, if a change makes a loop without an end."""


def place(answer: Any, cases: Sequence[Case], expected: Sequence[Any]) -> str | None:
    """Say at which place of a program one change would make it right, None if there is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = call(lambda: search(answer, cases, expected), Case(), PATIENCE).output
    return found if isinstance(found, str) else None


def search(answer: Any, cases: Sequence[Case], expected: Sequence[Any]) -> str | None:
    """Try one change after the other; an exception on the way counts as nothing found."""
    tree = program(answer)
    if tree is None:
        return None
    lines: list[str] = ast.unparse(tree).splitlines()
    seen: set[Any] = set()
    found: list[Place] = []
    for edit in edits(tree, sources(cases[0])):
        if found and edit.kind != found[0].kind:
            break
        changed = built(answer, tree)
        if changed is None or (same_code := code_of(changed)) in seen:
            continue
        seen.add(same_code)
        if mended(changed, cases, expected):
            found.append(edit)
            if edit.kind != "named":
                break
    if len({place.line for place in found}) != 1:
        return None  # where another name in either of two lines mends it, both may be an accident
    line = lines[found[0].line - 1].strip()
    return f"One change in `{line}` would make it right: look at {found[0].said}."


def sources(case: Case) -> list[str]:
    """Return where numbers could come from: scalars, and the sizes of tensors."""
    found = [name for name, value in case.items() if isinstance(value, int | float)]
    for name, value in case.items():
        if isinstance(value, Tensor):
            found += [f"{name}.shape[{axis}]" for axis in range(-1, -min(value.ndim, 4) - 1, -1)]
    return found


def code_of(function: FunctionType) -> tuple[bytes, str, tuple[str, ...]]:
    """Return what two functions that do the same have in common."""
    code = function.__code__
    return code.co_code, repr(code.co_consts), code.co_names + code.co_varnames


def copied(value: Any) -> Any:
    """Return a copy that a program may change."""
    return value.clone() if isinstance(value, Tensor) else copy.deepcopy(value)


def mended(changed: FunctionType, cases: Sequence[Case], expected: Sequence[Any]) -> bool:
    """Say whether a program is right on every case; it stops at the first where it is not."""
    for case, right in zip(cases, expected, strict=True):
        given = Case({name: copied(value) for name, value in case.items()})
        try:
            output = changed(*given.values())
        except Exception:
            return False
        found = outcome.like(output, right)
        if not outcome.same(found, right) or guards.wrong_kind(found, right):
            return False
        if not all(unchanged(case[name], given[name]) for name in case):
            return False
    return True
