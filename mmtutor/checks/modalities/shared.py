"""Shared by the exercises of lesson 05, modalities.

- `either` chooses what a mistake gives: all that ask for a function.
"""

from collections.abc import Callable
from typing import TypeVar

from mmtutor.checks.engine.exercise import Wrong

T = TypeVar("T")


def either(ways: dict[str, Callable[[], T]], wrong: Wrong, right: Callable[[], T]) -> T:
    """Return what the mistake that is being made gives, or what is right where none is made."""
    return next((way for name, way in ways.items() if name in wrong), right)()
