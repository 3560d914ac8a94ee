"""A name and a sentence for every bug: those of the function that has it."""

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

Bug = Callable[[Any, Any], Tensor]
"""`bug(pipeline, raw)` returns what a network is given, wrongly prepared."""


def right(pipeline: Any, raw: Any) -> Tensor:
    """Prepared as the model knows it."""
    return pipeline.prepare(raw)


def by_name(*bugs: Bug) -> Mapping[str, Bug]:
    """Return the functions under their names, written with spaces."""
    return {bug.__name__.replace("_", " "): bug for bug in bugs}


def sentence(bug: Bug) -> str:
    """Return what a bug does: the first line of its description."""
    return (bug.__doc__ or "").strip().splitlines()[0]
