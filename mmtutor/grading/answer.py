"""A function that lives in the answer process, as the engine's judge sees it."""

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from mmtutor.checks.engine.call import Call, Elsewhere, NeverReturned, Raised
from mmtutor.checks.engine.exercise import Case
from mmtutor.checks.engine.outcome import is_float
from mmtutor.grading.process import Ended
from mmtutor.grading.wire import Garbled, Message, decode, encode

MARGIN = 5.0
"""Seconds that a reply may take beyond the limit that the answer process itself keeps."""
DIED = Raised("the end of the whole process", "an exit, a crash, or more memory than is allowed")
KINDS = {
    kind.name: kind
    for kind in (
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.VAR_POSITIONAL,
        inspect.Parameter.KEYWORD_ONLY,
        inspect.Parameter.VAR_KEYWORD,
    )
}
Ask = Callable[[Message, list[Tensor], float], tuple[Message, list[Tensor]]]


class RemoteAnswer(Elsewhere):
    """An answer to one exercise. Once it has hung or ended its process, it is asked no more."""

    def __init__(self, exercise: str, described: Message, ask: Ask) -> None:
        self.exercise, self.ask = exercise, ask
        self.lost: Raised | NeverReturned | None = None
        self.outputs: list[Any] = []
        """What every call gave, in the order of the calls."""
        self.__name__ = str(described.get("name", "your function"))
        self.__signature__ = signature(described.get("arguments"))

    def __call__(self, *_: Any) -> Any:
        """Be callable, as the engine asks of an answer; it calls `call` instead."""
        raise NotImplementedError

    def request(self, case: Case, seconds: float, **more: Any) -> tuple[Message, list[Tensor]]:
        """Send the arguments of a call and return the reply."""
        tensors: list[Tensor] = []
        message = {
            "exercise": self.exercise,
            "case": {name: encode(value, tensors) for name, value in case.items()},
            "leaves": [n for n, v in case.items() if getattr(v, "requires_grad", False)],
            "seconds": seconds,
            **more,
        }
        return self.ask(message, tensors, seconds + MARGIN)

    def call(self, case: Case, seconds: float, seed: int) -> Call:
        """Call the answer where it lives, and report what it did."""
        made = self.lost or self.called(case, seconds, seed)
        if isinstance(made, Raised | NeverReturned):
            made = Call(made, "", [], case, [])
        self.outputs.append(made.output)
        return made

    def called(self, case: Case, seconds: float, seed: int) -> Call | Raised | NeverReturned:
        try:
            told, results = self.request(case, seconds, do="call", seed=seed)
        except Ended as ended:
            self.lost = NeverReturned() if ended.late else DIED
            return self.lost
        try:
            output = self.result(told["output"], results, case, seconds)
            changed = [name for name in case if name in told["changed"]]
            deeds = [str(deed)[:80] for deed in told["deeds"]]
            return Call(output, str(told["printed"]), changed, case, deeds)
        except (KeyError, TypeError) as error:
            raise Garbled("a reply lacks something") from error

    def result(self, told: Any, results: list[Tensor], case: Case, seconds: float) -> Any:
        """Return what a call gave, so that gradients flow through it back to `case`."""
        if isinstance(told, dict) and "never" in told:
            self.lost = NeverReturned()
            return self.lost
        if isinstance(told, dict) and "raised" in told:
            kind, message, line = (str(word)[:200] for word in told["raised"])
            return Raised(kind, message, line)
        leaves = [value for value in case.values() if is_float(value) and value.requires_grad]
        places = [place for place in with_gradient(told) if place < len(results)]
        if leaves and places:
            results = list(results)
            through = Through.apply(self, places, seconds, [results[p] for p in places], *leaves)
            for place, result in zip(places, through, strict=True):
                results[place] = result
        return decode(told, results)

    def pull_back(
        self, places: list[int], gradients: list[Tensor], seconds: float
    ) -> list[Tensor | None]:
        """Return the gradients of the last call's inputs; RuntimeError where there are none.

        Garbled where they do not come in time: that says nothing about whether they are right.
        """
        message = {"do": "back", "outputs": places, "seconds": seconds}
        try:
            told, arrived = self.ask(message, gradients, seconds + MARGIN)
        except Ended as ended:
            raise Garbled(f"gradients were asked for, and {ended}") from None
        if "late" in told:
            raise Garbled("gradients were asked for, and its time was up")
        if "error" in told:
            raise RuntimeError(str(told["error"])[:200])
        one_by_one = iter(arrived)
        return [next(one_by_one) if there else None for there in told["arrived"]]

    def functions_called(self, case: Case, seconds: float) -> set[str]:
        """Return the names of PyTorch's functions that the answer calls."""
        try:
            told, _ = self.request(case, seconds, do="functions")
        except Ended:
            return set()
        return {str(name) for name in told.get("names", [])}


class Through(torch.autograd.Function):
    """A call elsewhere as a step of PyTorch's: backwards, it asks the answer process."""

    @staticmethod
    def forward(
        ctx: Any,
        answer: RemoteAnswer,
        places: list[int],
        seconds: float,
        results: list[Tensor],
        *leaves: Tensor,
    ) -> tuple[Tensor, ...]:
        ctx.answer, ctx.places, ctx.seconds = answer, places, seconds
        ctx.shapes = [leaf.shape for leaf in leaves]
        return tuple(results)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        found = ctx.answer.pull_back(ctx.places, list(gradients), ctx.seconds)
        if [None if g is None else g.shape for g in found] != [
            None if g is None else shape for g, shape in zip(found, ctx.shapes, strict=False)
        ]:
            raise RuntimeError("the gradients have other shapes than the inputs")
        return (None, None, None, None, *found)


def with_gradient(told: Any) -> list[int]:
    """Return the places of the tensors of floats through which a gradient flows."""
    if not isinstance(told, dict):
        return []
    if isinstance(told.get("list"), list):
        return [place for member in told["list"] for place in with_gradient(member)]
    flows = told.get("gradient") is True and isinstance(told.get("tensor"), int)
    return [told["tensor"]] if flows else []


def signature(arguments: Any) -> inspect.Signature:
    """Return the signature that an answer was described with; one that fits all if none was."""
    try:
        return inspect.Signature([parameter(*argument) for argument in arguments])
    except (TypeError, ValueError, KeyError):
        return inspect.Signature([parameter("arguments", "VAR_POSITIONAL", None)])


def parameter(name: str, kind: str, default: str | None) -> inspect.Parameter:
    """Return an argument of a signature, as it was described."""
    nothing = inspect.Parameter.empty
    return inspect.Parameter(
        name, KINDS[kind], default=nothing if default is None else Default(default)
    )


class Default:
    """The default of an argument, which is known by its text alone."""

    def __init__(self, text: Any) -> None:
        self.text = str(text)[:40]

    def __repr__(self) -> str:
        return self.text
