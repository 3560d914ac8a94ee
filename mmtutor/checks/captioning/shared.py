"""Shared by the exercises of lesson 14, captioning.

- `sentence` and `say` draw captions that another seed makes others: `clipped`, `hallucinated`.
"""

import random
from collections.abc import Sequence

from mmtutor.checks.engine.exercise import SHIFT


def drawing(seed: int) -> random.Random:
    """Return a source of chance that another shift makes another."""
    return random.Random(1_000_003 * seed + SHIFT.get())


def sentence(words: Sequence[str], length: int, chance: random.Random) -> list[str]:
    """Draw a caption of so many of these words."""
    return [chance.choice(words) for _ in range(length)]
