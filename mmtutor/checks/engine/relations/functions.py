"""A simple function of the right answer: a step too many at the end, or one that is missing."""

import math
from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from mmtutor.checks.engine.relations.evidence import Pair, alike, same_shapes, speaks
from mmtutor.checks.engine.relations.quantities import AXES

Function = Callable[[Tensor], Tensor]

ELEMENTWISE: dict[str, Function] = {
    "square": torch.square,
    "square root": torch.sqrt,
    "exponential": torch.exp,
    "natural logarithm": torch.log,
    "logarithm to base 2": torch.log2,
    "logarithm to base 10": torch.log10,
    "negative logarithm": lambda x: -x.log(),
    "exponential of minus it": lambda x: (-x).exp(),
    "reciprocal (1/x)": torch.reciprocal,
    "reciprocal of the square root": torch.rsqrt,
    "complement (1 − x)": lambda x: 1 - x,
    "opposite (NOT)": lambda x: (x == 0).double(),
    "absolute value": torch.abs,
    "positive part (ReLU)": torch.relu,
    "sigmoid": torch.sigmoid,
    "hyperbolic tangent": torch.tanh,
    "logarithm of 1 + x": torch.log1p,
    "sign": torch.sign,
    "cosine": torch.cos,
    "angle (arccosine)": torch.arccos,
    "value times its logarithm": lambda x: x * x.log(),
    "value times its sigmoid": lambda x: x * x.sigmoid(),
}


def along(axis: int) -> dict[str, Function]:
    """Return the functions that look at a whole row along an axis."""
    return {
        "softmax": partial(torch.softmax, dim=axis),
        "log-softmax": partial(torch.log_softmax, dim=axis),
        "share of the sum (x / sum)": lambda x: x / x.sum(axis, keepdim=True),
        "share of the norm (x / norm)": lambda x: x / x.norm(dim=axis, keepdim=True),
        "share of the largest (x / max)": lambda x: x / x.amax(axis, keepdim=True),
        "running sum": partial(torch.cumsum, dim=axis),
        "running product": partial(torch.cumprod, dim=axis),
        "distance from the mean": lambda x: x - x.mean(axis, keepdim=True),
        "distance from the largest": lambda x: x - x.amax(axis, keepdim=True),
    }


def step_too_many(pairs: Sequence[Pair]) -> str | None:
    """Say that what came out is a function of the right answer."""
    for words, function in candidates(pairs):
        if holds(function, [(pair.wanted, pair.found) for pair in pairs]):
            return f"What comes out is the {words} of the right answer. {where(words)}"
    return None


def step_missing(pairs: Sequence[Pair]) -> str | None:
    """Say that the right answer is a function of what came out."""
    for words, function in candidates(pairs):
        if holds(function, [(pair.found, pair.wanted) for pair in pairs]):
            return f"A step is missing: the {words} of what you return would be right."
    return None


def where(words: str) -> str:
    """Ask for the step."""
    one_sided = words in ("absolute value", "positive part (ReLU)", "sign")
    return "What becomes of negative numbers?" if one_sided else "Which step is one too many?"


def candidates(pairs: Sequence[Pair]) -> list[tuple[str, Function]]:
    """Return the functions to try, with their names, where the shapes allow any."""
    if not same_shapes(pairs) or not speaks([pair.wanted for pair in pairs]):
        return []
    found = list(ELEMENTWISE.items())
    axes = min(3, *(pair.wanted.ndim for pair in pairs))
    for axis in range(-1, -axes - 1, -1):
        found += [(f"{words}, along the {AXES[axis]} axis,", f) for words, f in along(axis).items()]
    return found


def holds(function: Function, both: Sequence[tuple[Tensor, Tensor]]) -> bool:
    """Say whether a function leads from the first to the second of all, and not trivially."""
    made = [function(before) if before.numel() else before for before, _ in both]
    if not all(alike(one, after) for one, (_, after) in zip(made, both, strict=True)):
        return False
    results = [after for _, after in both]
    return speaks(results) and not all(bool(one.isnan().all()) for one in results)


def rounded(pairs: Sequence[Pair]) -> str | None:
    """Say that what came out is rounded, or cut to whole numbers."""
    if not same_shapes(pairs) or not speaks([pair.wanted for pair in pairs]):
        return None
    for digits in range(5):
        if all(rounds(pair, digits) for pair in pairs) and any(map(departs, pairs)):
            what = ("whole numbers", "1 decimal", *(f"{n} decimals" for n in (2, 3, 4)))[digits]
            return f"Your numbers are right but for rounding to {what}. Leave them unrounded."
    for words, function in (("down", torch.floor), ("up", torch.ceil), ("towards 0", torch.trunc)):
        if holds(function, [(pair.wanted, pair.found) for pair in pairs]):
            return f"Your numbers are the right ones rounded {words} to whole numbers."
    return None


def rounds(pair: Pair, digits: int) -> bool:
    """Say whether a case's numbers are the right ones with so many decimals."""
    cut = pair.found.mul(10**digits)
    whole = torch.isclose(cut, cut.round(), atol=1e-3 * math.sqrt(10) ** digits, rtol=0.0)
    near = (pair.found - pair.wanted).abs() <= 0.5 * 10.0**-digits + 1e-6
    return bool((whole & near).all())


def departs(pair: Pair) -> bool:
    """Say whether a case is wrong."""
    return not alike(pair.found, pair.wanted)
