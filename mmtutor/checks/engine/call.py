"""Run a learner's function safely: it may raise, print, change its input, or never return."""

import contextlib
import copy
import ctypes
import io
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mmtutor.checks.engine.exercise import Case


@dataclass(frozen=True)
class Raised:
    """An answer raised an exception: its type, its message, and the learner's line that did it."""

    type: str
    message: str
    line: str = ""


class NeverReturned:
    """An answer was still running when its time was up."""


@dataclass
class Call:
    """What one call did: what came out, what was printed, which arguments it changed."""

    output: Any
    printed: str
    changed: list[str]


class OutOfTime(BaseException):
    """Thrown into the thread of an answer that does not return; no `except Exception` stops it."""


def run_with_limit(function: Callable[[], Any], seconds: float) -> Any:
    """Return what `function` returns, a `Raised`, or `NeverReturned` after `seconds`.

    It runs in a thread, because only that works in a notebook on every operating system. When time
    is up, an exception is thrown into the thread, which ends any loop written in Python.
    """
    result: list[Any] = [NeverReturned()]

    def work() -> None:
        try:
            result[0] = function()
        except OutOfTime:
            pass
        except BaseException as error:  # also SystemExit: the notebook must go on
            result[0] = describe(error, function)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        identity = ctypes.c_ulong(thread.ident or 0)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(identity, ctypes.py_object(OutOfTime))
        thread.join(1.0)
        return NeverReturned()
    return result[0]


def describe(error: BaseException, function: Callable[[], Any]) -> Raised:
    """Say what was raised and by which line of the learner's own code."""
    ours = (__file__, contextlib.__file__)
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename not in ours]
    line = frames[0].line if frames else ""
    message = str(error).split("\n")[0]
    return Raised(type(error).__name__, message, (line or "").strip())


def call(answer: Callable[..., Any], case: Case, seconds: float) -> Call:
    """Call `answer` on a copy of `case` and report everything that it did."""
    given = copy.deepcopy(case)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        output = run_with_limit(lambda: answer(*given.values()), seconds)
    changed = [name for name in case if not unchanged(case[name], given[name])]
    return Call(output, printed.getvalue(), changed)


def unchanged(before: Any, after: Any) -> bool:
    """Say whether an argument is what it was, element by element for tensors."""
    if hasattr(before, "shape"):
        return before.shape == after.shape and bool((before == after).all())
    return bool(before == after)
