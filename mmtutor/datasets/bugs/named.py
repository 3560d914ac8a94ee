"""A name and a sentence for every preparation: those of the function that does it."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

Preparation = Callable[[Any], Tensor]
"""Raw examples in, what a network is given out."""


def by_name(*bugs: Preparation) -> dict[str, Preparation]:
    """Return the functions under their names, written with spaces."""
    return {bug.__name__.replace("_", " "): bug for bug in bugs}


def sentence(prepare: Preparation) -> str:
    """Return what a preparation does: the first line of its description."""
    return (prepare.__doc__ or "").strip().splitlines()[0]
