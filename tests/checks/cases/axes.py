"""Sizes: all different in some case, and each of them 1 in some case.

Axes (and whole numbers among the arguments) that have one size in every case are one thing. An axis
is counted from the right, as `mask[-1]`: an argument may come with a batch or without.
"""

from itertools import combinations

from torch import Tensor

from mmtutor.checks.engine.exercise import Case, Implement

Sizes = tuple[int, ...]
"""The size of one axis in every case."""


def sizes(cases: list[Case]) -> dict[str, Sizes]:
    """Return the sizes of every axis that all cases have, and of every whole number."""
    found: dict[str, Sizes] = {}
    for name, value in cases[0].items():
        values = [case[name] for case in cases]
        if isinstance(value, Tensor):
            for axis in range(-min(v.ndim for v in values), 0):
                found[f"{name}[{axis}]"] = tuple(v.shape[axis] for v in values)
        elif isinstance(value, int):
            found[name] = tuple(values)
    return found


def things(cases: list[Case]) -> dict[Sizes, str]:
    """Return each thing that has a size, named after the first axis that has it."""
    named: dict[Sizes, str] = {}
    for name, found in sizes(cases).items():
        named.setdefault(found, name)
    return named


def never_all_different(exercise: Implement) -> list[str]:
    """Name the pairs of things of the case in which fewest have one size, if some have."""
    named = things(exercise.cases())
    clashes = [
        [f"{named[a]}={named[b]}" for a, b in combinations(named, 2) if a[case] == b[case]]
        for case in range(len(exercise.cases()))
    ]
    fewest = min(clashes, key=len)
    return [f"different {', '.join(fewest)}"] if fewest else []


def never_one(exercise: Implement) -> list[str]:
    """Name the things that have the size 1 in no case."""
    return [f"one {name}" for found, name in things(exercise.cases()).items() if 1 not in found]
