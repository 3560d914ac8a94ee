"""What a check does where nbgrader runs the notebook: its cell fails unless the answer passes.

nbgrader reads points from a cell's outputs. An error or a line on stderr means none, a result that
is no number means all of them, with a warning. So a card is shown as a display, a check that is not
passed raises after it, and what an answer says on stderr costs nothing.
"""

import contextlib
import io
import os
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from mmtutor.checks.engine.verdict import Verdict


class NotPassed(Exception):
    """An answer did not pass its check. It is shown as its message, without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class Shown(Verdict):
    """A verdict whose card stands on the page already."""

    def _ipython_display_(self) -> None:
        """Show nothing a second time."""


def by() -> str:
    """Say what nbgrader is doing, "autograde" or "validate"; nothing where it is not running."""
    return os.environ.get("NBGRADER_EXECUTION", "")


def verdict(judge: Callable[[], Verdict]) -> Verdict:
    """Judge, show the card, and return it if it passed; else raise NotPassed.

    A student who validates sees only what is raised, so that it holds the sentences then.
    """
    from IPython.display import display

    with contextlib.redirect_stderr(io.StringIO()):
        found = judge()
    display(found)
    if not found.passed:
        raise NotPassed(repr(found) if by() == "validate" else found.headline())
    return shown(found)


def shown(found: Verdict) -> Shown:
    """Return the same verdict, already shown."""
    values: dict[str, Any] = {field.name: getattr(found, field.name) for field in fields(found)}
    return Shown(**values)
