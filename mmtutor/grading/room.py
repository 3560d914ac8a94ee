"""The answer process: it runs a submission's cells, then calls its answers as it is asked to.

`python -m mmtutor.grading.room LIMITS` speaks the messages of `wire` on its standard input and
output; what the submission prints goes nowhere. It runs with a package that holds no references,
and whatever a submission does to it, it does to itself: the judge is another process.
"""

import inspect
import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from io import BufferedIOBase
from typing import Any

import torch
from torch import Tensor

from mmtutor.checks.engine import guards, world
from mmtutor.checks.engine.call import Call, NeverReturned, Raised, call, run_with_limit
from mmtutor.checks.engine.exercise import Case
from mmtutor.checks.engine.outcome import is_float
from mmtutor.grading import handed_in
from mmtutor.grading.wire import Message, decode, encode, receive, send

Reply = tuple[Message, list[Tensor]]
PRINTED = 2000
"""How much of what an answer prints is told."""
MOST_NUMBERS = 2**20
"""How many numbers an answer may give at once; right ones give thousands."""


class Room:
    """A submission's namespace, and what was done last in it."""

    def __init__(self) -> None:
        self.made: tuple[Call, list[Tensor]] | None = None

    @cached_property
    def shell(self) -> Any:
        """What runs cells: IPython, without a history."""
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        config = Config(HistoryManager={"enabled": False}, InteractiveShell={"colors": "NoColor"})
        return InteractiveShell.instance(config=config)

    def reply(self, request: Message, tensors: list[Tensor]) -> Reply:
        """Do what a message asks for."""
        deeds: dict[str, Callable[[Message, list[Tensor]], Reply]] = {
            "cell": self.run_cell,
            "answers": self.list_answers,
            "call": self.call,
            "functions": self.functions,
            "back": self.pull_back,
        }
        return deeds[request["do"]](request, tensors)

    def run_cell(self, request: Message, _: list[Tensor]) -> Reply:
        """Run a cell as a notebook would; say in one line how it failed, if it did."""
        done = self.shell.run_cell(request["source"], store_history=False)
        error = done.error_before_exec or done.error_in_exec
        message = "" if error is None else f"{type(error).__name__}: {error}".split("\n")[0][:200]
        return {"error": message}, []

    def list_answers(self, request: Message, _: list[Tensor]) -> Reply:
        """Describe every answer handed in; names stand for answers whose check is missing."""
        space, names = self.shell.user_ns, request["names"].items()
        found = {id: space[name] for id, name in names if name in space}
        handed_in.ANSWERS.update({i: a for i, a in found.items() if i not in handed_in.ANSWERS})
        tensors: list[Tensor] = []
        said = {id: described(answer, tensors) for id, answer in handed_in.ANSWERS.items()}
        return {"answers": said, "times": handed_in.TIMES}, tensors

    def case(self, request: Message, tensors: list[Tensor]) -> Case:
        """Return the arguments that a message holds."""
        case = Case({name: decode(value, tensors) for name, value in request["case"].items()})
        for name in request["leaves"]:
            case[name].requires_grad_()
        return case

    def call(self, request: Message, tensors: list[Tensor]) -> Reply:
        """Call an answer as the engine does in a notebook, and tell everything that it did."""
        answer, case = handed_in.ANSWERS[request["exercise"]], self.case(request, tensors)
        with world.standard():
            made = call(answer, case, request["seconds"], request["seed"])
        results: list[Tensor] = []
        told = {
            "output": output(made.output, results),
            "printed": made.printed[:PRINTED],
            "changed": made.changed,
            "deeds": made.deeds,
        }
        self.made = made, results
        return told, results

    def functions(self, request: Message, tensors: list[Tensor]) -> Reply:
        """Name PyTorch's functions that an answer calls."""
        answer, case = handed_in.ANSWERS[request["exercise"]], self.case(request, tensors)
        with world.standard():
            return {"names": sorted(guards.functions_called(answer, case, request["seconds"]))}, []

    def pull_back(self, request: Message, gradients: list[Tensor]) -> Reply:
        """Return the gradients of the last call's inputs, given those of some of its outputs."""
        assert self.made is not None
        made, results = self.made
        inputs = [v for v in made.given.values() if is_float(v) and v.requires_grad]
        outputs = [results[place] for place in request["outputs"]]
        found = run_with_limit(
            lambda: torch.autograd.grad(
                outputs, inputs, gradients, allow_unused=True, retain_graph=True
            ),
            request["seconds"],
        )
        if isinstance(found, NeverReturned):
            return {"late": True}, []
        if isinstance(found, Raised):
            return {"error": found.message}, []
        arrived = [gradient for gradient in found if gradient is not None]
        return {"arrived": [gradient is not None for gradient in found]}, arrived


def output(value: Any, tensors: list[Tensor]) -> Any:
    """Write what a call gave: a value, an exception, or that it never returned."""
    if isinstance(value, NeverReturned):
        return {"never": True}
    if isinstance(value, Raised):
        return {"raised": [value.type, value.message, value.line]}
    told = written(value, tensors)
    if sum(tensor.numel() for tensor in tensors) > MOST_NUMBERS:
        shapes = ", ".join(str(tuple(tensor.shape)) for tensor in tensors[:5])
        tensors.clear()
        return {"raised": ["an output that is far too large", f"tensors of shape {shapes}", ""]}
    return told


def written(value: Any, tensors: list[Tensor]) -> Any:
    """Write a value, or its type alone where even that fails: it may be anything."""
    begun = len(tensors)
    try:
        return encode(value, tensors)
    except Exception:
        del tensors[begun:]
        return {"other": type(value).__name__[:80]}


def described(answer: Any, tensors: list[Tensor]) -> Message:
    """Describe an answer: a function by its name and arguments, all else by its value."""
    if not callable(answer):
        return {"value": written(answer, tensors)}
    return {
        "name": str(getattr(answer, "__name__", type(answer).__name__))[:80],
        "blank": bool(guards.is_blank(answer)),
        "arguments": arguments(answer),
    }


def arguments(answer: Callable[..., Any]) -> list[list[Any]] | None:
    """Return name, kind and default's text of each argument; None where nothing is known."""
    try:
        parameters = inspect.signature(answer).parameters.values()
        empty = inspect.Parameter.empty
        return [
            [p.name, p.kind.name, None if p.default is empty else repr(p.default)[:40]]
            for p in parameters
        ]
    except Exception:  # a signature, or the text of a default, may be the submission's own
        return None


def set_limits(limits: dict[str, int]) -> None:
    """Bound what this process may take: address space beyond what it has now, and more.

    Where the system knows no limits (Windows) there are none, but the judge's clock.
    """
    with suppress(ImportError):
        import resource

        names = {"cpu": "CPU", "file": "FSIZE", "processes": "NPROC", "core": "CORE"}
        wanted = {f"RLIMIT_{names[key]}": value for key, value in limits.items() if key in names}
        with suppress(OSError):  # /proc may not be there
            with open("/proc/self/statm", encoding="ascii") as file:
                pages = int(file.read().split()[0])
            wanted["RLIMIT_AS"] = pages * resource.getpagesize() + limits["memory"]
        for name, value in wanted.items():
            with suppress(ValueError, OSError, AttributeError):
                resource.setrlimit(getattr(resource, name), (value, value))


def channel() -> tuple[BufferedIOBase, BufferedIOBase]:
    """Keep the pipes to the judge for oneself: what the submission reads and prints is nothing."""
    streams = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    return streams


def main() -> None:
    """Serve until the judge closes the pipe."""
    judge, reply_to = channel()
    room = Room()
    set_limits(json.loads(sys.argv[1]))
    send(reply_to, {"ready": True})
    while message := receive(judge):
        send(reply_to, *room.reply(*message))


if __name__ == "__main__":
    main()
