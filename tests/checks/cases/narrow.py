"""Narrow what goes into the reference, or what comes out: does any case notice?

What people add without need passes where no case asks for more: a `clamp`, an `abs`, a `squeeze`,
the first mask for all, a number that was read off the example.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import Implement
from mmtutor.checks.engine.outcome import is_float
from tests.checks.mutation.mutants import Mutant
from tests.checks.mutation.trial import passes

Change = Callable[[Any], Any]
Changes = dict[str, Change]
FLOATS: Changes = {
    "negative": torch.abs,
    "small": partial(torch.clamp, min=1e-3),
    "below_one": partial(torch.clamp, min=1),
    "above_one": partial(torch.clamp, max=1),
    "huge": partial(torch.clamp, min=-20, max=20),
    "exact": partial(torch.round, decimals=2),
}
INTEGERS: Changes = {
    "whole_negative": partial(torch.clamp, min=0),
    "whole_huge": partial(torch.clamp, max=99),
}
MEMBERS: Changes = {"members": lambda x: x[:1].expand_as(x)}
SQUEEZED: Changes = {"squeezed": torch.squeeze}


def unnoticed(exercise: Implement) -> list[str]:
    """Name what may be done to an argument or to the result without a case that notices."""
    return [mutant.before for mutant in narrowed(exercise) if passes(mutant)]


def narrowed(exercise: Implement) -> Iterator[Mutant]:
    """Return the reference with each argument, then the result, narrowed in every way."""
    reference, case = exercise.reference, exercise.cases()[0]
    for place, (name, value) in enumerate(case.items()):
        for rule, change in of_argument(value).items():
            answer = partial(with_argument, reference, place, change)
            yield Mutant(exercise.id, reference.__name__, f"{rule} {name}", "", answer)
    for rule, change in of_result(reference(*case.values())).items():
        answer = partial(with_result, reference, change)
        yield Mutant(exercise.id, reference.__name__, f"{rule} result", "", answer)


def of_argument(value: Any) -> Changes:
    """Return how an argument can be narrowed, by its kind; a plain number can be built in."""
    if not isinstance(value, Tensor):
        plain = FLOATS if isinstance(value, float) else {}
        ways = {rule: partial(as_number, change) for rule, change in plain.items()}
        return ways | {"fixed": lambda _: value}
    several = MEMBERS if value.ndim else {}
    return several | (FLOATS if is_float(value) else INTEGERS if value.dtype == torch.int64 else {})


def of_result(result: Any) -> Changes:
    """Return how a result can be narrowed. Its range is that of the arguments, which are tried."""
    exact = {"exact": FLOATS["exact"]}
    if isinstance(result, float):
        return {rule: partial(as_number, change) for rule, change in exact.items()}
    first = result[0] if isinstance(result, tuple) else result
    if not isinstance(first, Tensor):
        return {}
    return (exact if is_float(first) else {}) | (SQUEEZED if first.ndim else {})


def as_number(change: Change, value: float) -> float:
    """Change a plain number as if it were a tensor."""
    return change(torch.tensor(value, dtype=torch.float64)).item()


def with_argument(reference: Change, place: int, change: Change, *arguments: Any) -> Any:
    """Return what the reference gives for arguments of which one is changed."""
    given = list(arguments)
    given[place] = change(given[place])
    return reference(*given)


def with_result(reference: Change, change: Change, *arguments: Any) -> Any:
    """Return what the reference gives, changed."""
    result = reference(*arguments)
    return tuple(map(change, result)) if isinstance(result, tuple) else change(result)
