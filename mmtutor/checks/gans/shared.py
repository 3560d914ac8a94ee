"""Shared by the exercises of lesson 11, gans.

- `pays` is −ln σ(−x), perhaps computed so that it overflows: `inspector`, `fool`;
- `OVERFLOWS` is what to say then, `LOGARITHMS` what of another logarithm: `inspector`, `fool`;
- `either` chooses what a mistake gives: all that ask for a function.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from mmtutor.checks.engine.exercise import Mistake, Wrong


def either(ways: dict[str, Callable[[], Tensor]], wrong: Wrong, right: Tensor) -> Tensor:
    """Return what the mistake that is being made gives, or what is right where none is made."""
    return next((way() for name, way in ways.items() if name in wrong), right)


def pays(x: Tensor, wrong: Wrong) -> Tensor:
    """Return ln(1 + eˣ) of each score, or what people compute for it."""
    if "overflows" in wrong:
        return torch.log1p(x.exp())
    if "little" in wrong:
        return -((-x).sigmoid() + 1e-8).log()
    return F.softplus(x)


OVERFLOWS = (
    Mistake(
        "overflows",
        "At a score of −100 your loss is infinite: e^100 is no float32, and σ(−100) is 0 there, "
        "which has no logarithm. Which functions keep the logarithm of a sigmoid finite?",
        "stable",
    ),
    Mistake(
        "little",
        "You add a small number before the logarithm, so that a score of −100 costs no more than "
        "one of −18, and does not pull any more. Which functions keep ln σ(s) finite as it is?",
        "stable",
    ),
)
LOGARITHMS = (
    Mistake("bits", "Your logarithm has base 2. The formula has the natural one.", "all"),
    Mistake("decimal", "Your logarithm has base 10. The formula has the natural one.", "all"),
    Mistake(
        "probabilities",
        "You take the logarithm of the *scores*, which may be negative or above 1. What "
        "makes a probability of a score?",
        "all stable",
    ),
)
