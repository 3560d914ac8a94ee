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
    """What one call did: what came out, what was printed, which of `given` it changed."""

    output: Any
    printed: str
    changed: list[str]
    given: Case


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
            result[0] = describe(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        stop(thread)
        return NeverReturned()
    return result[0]


def stop(thread: threading.Thread) -> None:
    """Throw OutOfTime into a thread, more than once: an `except:` may catch the first."""
    identity = ctypes.c_ulong(thread.ident or 0)
    for _ in range(5):
        ctypes.pythonapi.PyThreadState_SetAsyncExc(identity, ctypes.py_object(OutOfTime))
        thread.join(0.2)
        if not thread.is_alive():
            return


def describe(error: BaseException) -> Raised:
    """Say what was raised and by which line of the learner's own code."""
    ours = (__file__, contextlib.__file__)
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename not in ours]
    line = frames[0].line if frames else ""
    try:
        message = str(error).split("\n")[0][:200]
    except Exception:  # an exception of the learner's own may fail to describe itself
        message = ""
    return Raised(type(error).__name__, message, (line or "").strip()[:200])


def call(answer: Callable[..., Any], case: Case, seconds: float) -> Call:
    """Call `answer` on a copy of `case` and report everything that it did."""
    # A tensor that asks for its gradient must stay itself, or the gradient could not be asked for.
    given = Case({n: v if asks(v) else copy.deepcopy(v) for n, v in case.items()})
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        output = run_with_limit(lambda: answer(*given.values()), seconds)
    changed = [name for name in case if not unchanged(case[name], given[name])]
    return Call(output, printed.getvalue(), changed, given)


def asks(value: Any) -> bool:
    """Say whether a value is a tensor that asks for its gradient."""
    return bool(getattr(value, "requires_grad", False))


def unchanged(before: Any, after: Any) -> bool:
    """Say whether an argument is what it was, element by element for tensors."""
    if hasattr(before, "shape"):
        return before.shape == after.shape and bool((before == after).all())
    return bool(before == after)
