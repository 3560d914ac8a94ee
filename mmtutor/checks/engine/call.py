"""Run a learner's function safely: it may raise, print, change its input, or never return."""

import contextlib
import copy
import ctypes
import io
import textwrap
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from mmtutor.checks.engine import world
from mmtutor.checks.engine.exercise import Case

SEED = 0x6D6D7475746F72
"""The generator stands here when an answer begins: another seed afterwards is the answer's."""


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
    """What one call did: what came out, what was printed, which of `given` it changed.

    `deeds` says what it did to what the kernel shares, in words that follow "your function".
    """

    output: Any
    printed: str
    changed: list[str]
    given: Case
    deeds: list[str]


class Elsewhere:
    """An answer that lives in another process: it makes and watches its own calls."""

    def call(self, case: Case, seconds: float, seed: int) -> Call:
        """Call it on `case`, where it lives, and report what `call` here reports."""
        raise NotImplementedError

    def functions_called(self, case: Case, seconds: float) -> set[str]:
        """Return the names of PyTorch's functions that it calls on `case`."""
        raise NotImplementedError


OURS = (__file__, str(Path(__file__).with_name("rows.py")))
"""The files that call an answer: what a traceback shows below them is the learner's."""


class OutOfTime(BaseException):
    """Thrown into the thread of an answer that does not return; no `except Exception` stops it."""


def run_with_limit(function: Callable[[], Any], seconds: float) -> Any:
    """Return what `function` returns, a `Raised`, or `NeverReturned` after `seconds`.

    It runs in a thread, because only that works in a notebook on every operating system. When time
    is up, an exception is thrown into the thread, which ends any loop written in Python.
    """
    result: list[Any] = [NeverReturned()]
    thread = threading.Thread(target=work, args=(function, result), daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        stop(thread)
        return NeverReturned()
    return result[0]


def work(function: Callable[[], Any], result: list[Any]) -> None:
    """Put what `function` returns or raises into `result`, and nothing if it was stopped."""
    with contextlib.suppress(OutOfTime):  # a second one may come while the first is caught
        try:
            result[0] = function()
        except OutOfTime:
            pass
        except BaseException as error:  # also SystemExit: the notebook must go on
            result[0] = describe(error)


def stop(thread: threading.Thread) -> None:
    """Throw OutOfTime into a thread, more than once: an `except:` may catch the first."""
    identity = ctypes.c_ulong(thread.ident or 0)
    for _ in range(5):
        ctypes.pythonapi.PyThreadState_SetAsyncExc(identity, ctypes.py_object(OutOfTime))
        thread.join(0.2)
        if not thread.is_alive():
            return
    ctypes.pythonapi.PyThreadState_SetAsyncExc(identity, None)  # none is left to come


def describe(error: BaseException) -> Raised:
    """Say what was raised and by which line of the learner's own code."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [number for number, frame in enumerate(frames) if frame.filename in OURS]
    learners = frames[ours[-1] + 1 :] if ours else frames
    line = learners[0].line if learners else ""
    try:
        lines = str(error).strip().split("\n")
        # einops begins with the pattern and ends with what is wrong; others the other way round
        told = lines[-1 if type(error).__name__ == "EinopsError" else 0][:1000]
        message = textwrap.shorten(told, 200, placeholder=" …")
    except Exception:  # an exception of the learner's own may fail to describe itself
        message = ""
    return Raised(type(error).__name__, message, (line or "").strip()[:200])


def call(
    answer: Callable[..., Any] | Elsewhere, case: Case, seconds: float, seed: int = SEED
) -> Call:
    """Call `answer` on a copy of `case`, report everything that it did, and undo what it may not.

    The random numbers begin at `seed`; whoever calls this puts the generators back.
    """
    if isinstance(answer, Elsewhere):
        return answer.call(case, seconds, seed)
    # A tensor that asks for its gradient must stay itself, or the gradient could not be asked for.
    given = Case({n: v if asks(v) else copy.deepcopy(v) for n, v in case.items()})
    printed, switched = io.StringIO(), []
    functions, switches = world.functions(), world.switches()
    torch.default_generator.manual_seed(seed)
    with contextlib.redirect_stdout(printed):
        output = run_with_limit(lambda: watched(lambda: answer(*given.values()), switched), seconds)
    switched += world.put_back_switches(switches)  # first: a switch may replace functions, too
    replaced = world.put_back_functions(functions)
    changed = [name for name in case if not unchanged(case[name], given[name])]
    return Call(output, printed.getvalue(), changed, given, deeds(replaced, switched, seed))


def watched(function: Callable[[], Any], switched: list[str]) -> Any:
    """Return what `function` returns and note what it switched: some ends with its thread."""
    before = world.switches()
    try:
        return function()
    finally:
        switched.extend(world.switched(before))


def deeds(replaced: list[str], switched: list[str], seed: int) -> list[str]:
    """Say what was done to what the kernel shares, each deed once."""
    seeded = ["set the seed"] if torch.initial_seed() != seed else []
    found = [f"replaced {name}" for name in replaced] + [f"changed {name}" for name in switched]
    return list(dict.fromkeys(found + seeded))


def asks(value: Any) -> bool:
    """Say whether a value is a tensor that asks for its gradient."""
    return bool(getattr(value, "requires_grad", False))


def unchanged(before: Any, after: Any) -> bool:
    """Say whether an argument is what it was, element by element for tensors."""
    if hasattr(before, "shape"):
        return before.shape == after.shape and bool((before == after).all())
    return bool(before == after)
