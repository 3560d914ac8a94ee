"""Narrow what goes into the reference, or what comes out: does any case notice?

What people add without need passes where no case asks for more: a `clamp`, an `abs`, a `squeeze`,
the first mask for all, a number that was read off the example.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import Case, Implement
from mmtutor.checks.engine.outcome import is_float
from mmtutor.checks.engine.rows import rows
from tests.checks.mutation.mutants import Mutant
from tests.checks.mutation.trial import passes

Change = Callable[[Any], Any]
Answer = Callable[..., Any]
FLOATS: dict[str, Change] = {
    "negative": torch.abs,
    "small": partial(torch.clamp, min=1e-3),
    "below_one": partial(torch.clamp, min=1),
    "above_one": partial(torch.clamp, max=1),
    "high": partial(torch.clamp, max=20),
    "low": partial(torch.clamp, min=-20),
    "exact": partial(torch.round, decimals=2),
}
INTEGERS: dict[str, Change] = {
    "whole_negative": partial(torch.clamp, min=0),
    "whole_huge": partial(torch.clamp, max=99),
}
IMPLIED = {"low": "negative", "high": "above_one"}
"""What is never below 0 is not below -20 either; it is enough to say so once."""
SQUEEZED: dict[str, Change] = {"squeezed": torch.squeeze}


def unnoticed(exercise: Implement) -> list[str]:
    """Name what may be done to an argument or to the result without a case that notices."""
    found: list[str] = []
    for rule, answer in narrowed(exercise):
        word, name = rule.split()
        implied = f"{IMPLIED.get(word)} {name}" in found
        if not implied and passes(Mutant(exercise.id, "reference", rule, "", answer)):
            found.append(rule)
    return found


def narrowed(exercise: Implement) -> Iterator[tuple[str, Answer]]:
    """Return the reference with each argument, then the result, narrowed in every way."""
    reference, cases = exercise.reference, exercise.cases()
    if exercise.together:
        cases = [row for case in cases for row in rows(case)]
    for place, name in enumerate(cases[0]):
        for rule, change in of_argument([case[name] for case in cases]).items():
            yield f"{rule} {name}", partial(with_argument, reference, place, change)
        if isinstance(cases[0][name], Tensor):
            for axis in range(-max(case[name].ndim for case in cases), 0):
                change = partial(first_for_all, axis)
                yield f"members {name}[{axis}]", partial(with_argument, reference, place, change)
    yield from counted_off(reference, cases[0])
    for rule, change in of_result(reference(*cases[0].values())).items():
        yield f"{rule} result", partial(with_result, reference, change)


def of_argument(values: list[Any]) -> dict[str, Change]:
    """Return how an argument can be narrowed, by its kind; a plain number can be built in."""
    first = values[0]
    if isinstance(first, Tensor):
        return FLOATS if is_float(first) else INTEGERS if first.dtype == torch.int64 else {}
    plain = FLOATS if isinstance(first, float) else {}
    ways = {rule: partial(as_number, change) for rule, change in plain.items()}
    return ways | {"fixed": lambda _: first}


def of_result(result: Any) -> dict[str, Change]:
    """Return how a result can be narrowed. Its range is that of the arguments, which are tried."""
    exact = {"exact": FLOATS["exact"]}
    if isinstance(result, float):
        return {rule: partial(as_number, change) for rule, change in exact.items()}
    first = result[0] if isinstance(result, tuple) else result
    if not isinstance(first, Tensor):
        return {}
    return (exact if is_float(first) else {}) | (SQUEEZED if first.ndim else {})


def counted_off(reference: Answer, case: Case) -> Iterator[tuple[str, Answer]]:
    """Return the reference with a number of ids that is read off the ids in a tensor."""
    for place, (name, value) in enumerate(case.items()):
        for source, (ids, tensor) in enumerate(case.items()):
            whole = isinstance(tensor, Tensor) and tensor.dtype == torch.int64
            for first in (0, 1) if whole and isinstance(value, int) else ():
                answer = partial(with_count, reference, place, source, first)
                yield f"counted{'_from_0' * first} {name}={ids}", answer


def first_for_all(axis: int, x: Tensor) -> Tensor:
    """Return a tensor in which everything along an axis, if there is such a one, is the first."""
    return x.narrow(axis, 0, 1).expand_as(x) if x.ndim >= -axis and x.numel() else x


def as_number(change: Change, value: float) -> float:
    """Change a plain number as if it were a tensor."""
    return change(torch.tensor(value, dtype=torch.float64)).item()


def with_argument(reference: Answer, place: int, change: Change, *arguments: Any) -> Any:
    """Return what the reference gives for arguments of which one is changed."""
    given = list(arguments)
    given[place] = change(given[place])
    return reference(*given)


def with_count(reference: Answer, place: int, source: int, more: int, *arguments: Any) -> Any:
    """Return what the reference gives if a number is the largest id of an argument, and `more`."""
    return with_argument(
        reference, place, lambda _: int(arguments[source].max()) + more, *arguments
    )


def with_result(reference: Answer, change: Change, *arguments: Any) -> Any:
    """Return what the reference gives, changed."""
    result = reference(*arguments)
    return tuple(map(change, result)) if isinstance(result, tuple) else change(result)
