"""Shared by the exercises of lesson 20, advisor.

- `drawing` is a source of chance that another shift makes another: all that ask for a function.
"""

import random

from mmtutor.checks.engine.exercise import SHIFT


def drawing(seed: int) -> random.Random:
    """Return a source of chance that another shift makes another."""
    return random.Random(1_000_003 * seed + SHIFT.get())
