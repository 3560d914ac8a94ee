"""Numbers with a name: constants of mathematics, and what a case can be measured by."""

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import Case

CONSTANTS = {
    "2": 2.0,
    "3": 3.0,
    "4": 4.0,
    "8": 8.0,
    "10": 10.0,
    "100": 100.0,
    "1000": 1000.0,
    "√2": math.sqrt(2),
    "ln 2": math.log(2),
    "ln 10": math.log(10),
    "e": math.e,
    "π": math.pi,
    "2π": 2 * math.pi,
    "√(2π)": math.sqrt(2 * math.pi),
    "ln 2π": math.log(2 * math.pi),
}
POWERS = {1.0: "{}", -1.0: "1/{}", 0.5: "√{}", -0.5: "1/√{}", 2.0: "{}²", -2.0: "1/{}²"}
AXES = {-1: "last", -2: "second to last", -3: "third to last", -4: "fourth to last"}


def place(which: str, axis: int, axes: int) -> str:
    """Name one place along an axis: the first row or column of a table, else with its axis."""
    if axes == 2:
        return f"{which} {'row' if axis == -2 else 'column'}"
    return f"{which} place" if axes == 1 else f"{which} place along the {AXES[axis]} axis"


def equal(a: float, b: float) -> bool:
    """Say whether two numbers are the same for a relation, which is stricter than for an answer."""
    return math.isclose(a, b, rel_tol=2e-4, abs_tol=1e-6)


def constant(value: float) -> str:
    """Return the name of a number, such as "√2" or "1/ln 2"; four digits if it has none."""
    sign, size = ("−" if value < 0 else ""), abs(value)
    if equal(size, 1.0):
        return f"{sign}1"
    for name, known in CONSTANTS.items():
        if equal(size, known):
            return sign + name
        if equal(size, 1 / known):
            return sign + ("½" if name == "2" else f"1/{name}")
    return f"{sign}{size:.4g}"


def measures(case: Case) -> Iterator[tuple[str, float]]:
    """Give what a case can be measured by, with words: its scalars, the sizes of its axes."""
    for name, value in case.items():
        if isinstance(value, bool):
            continue
        if isinstance(value, int | float):
            yield f"`{name}`", float(value)
        elif isinstance(value, Tensor) and value.ndim:
            yield from sizes(name, value)
        elif isinstance(value, Tensor) and value.dtype != torch.bool:
            yield f"`{name}`", float(value)


def sizes(name: str, value: Tensor) -> Iterator[tuple[str, float]]:
    """Give the sizes of a tensor's axes, their product, and how often True stands in it."""
    if value.ndim == 1:
        yield f"the length of `{name}`", float(value.shape[0])
    else:
        for axis in range(-min(value.ndim, 4), 0):
            yield f"the size of the {AXES[axis]} axis of `{name}`", float(value.shape[axis])
        yield f"the first size of `{name}`", float(value.shape[0])
        yield f"the number of elements of `{name}`", float(value.numel())
    if value.dtype == torch.bool:
        yield f"the number of True in `{name}`", float(value.sum())


def explained(cases: Sequence[Case], values: Sequence[float]) -> str | None:
    """Name what has these values on these cases: a power of something that a case is measured by.

    It must differ between the cases, or it could not be told from a constant.
    """
    if len(set(values)) < 2:
        return None
    tables = [dict(measures(case)) for case in cases]
    shared = [name for name in tables[0] if all(name in table for table in tables)]
    for sign, minus in ((1.0, ""), (-1.0, "−")):
        for power, form in POWERS.items():
            for name in shared:
                if all(
                    fits(table[name], power, sign * value)
                    for table, value in zip(tables, values, strict=True)
                ):
                    return minus + form.format("n") + f", where n is {name}"
    return None


def fits(measure: float, power: float, value: float) -> bool:
    """Say whether a power of a measure has a value."""
    return measure > 0 and equal(measure**power, value)
