"""Turn an answer that cannot be judged into one sentence that says why."""

import dis
import inspect
from collections.abc import Callable, Collection, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from mmtutor.checks.engine import outcome
from mmtutor.checks.engine.call import Call, Elsewhere, NeverReturned, Raised, call
from mmtutor.checks.engine.difference import given
from mmtutor.checks.engine.exercise import Case
from mmtutor.checks.engine.messages import plain_words
from mmtutor.checks.engine.relations.quantities import AXES

IDLE = {"RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST", "CACHE", "NOT_TAKEN"}


def is_blank(answer: Any) -> bool:
    """Say whether nothing was written yet: `...`, or a function whose body is only that."""
    if answer is ... or (isinstance(answer, tuple | list) and any(a is ... for a in answer)):
        return True
    if not inspect.isfunction(answer):
        return False
    steps = list(dis.get_instructions(answer))
    returns_nothing = all(s.argval is None for s in steps if s.opname in ("RETURN_CONST",))
    loads_nothing = all(s.argval is None for s in steps if s.opname == "LOAD_CONST")
    return {s.opname for s in steps} <= IDLE and returns_nothing and loads_nothing


def cannot_call(answer: Any, case: Case) -> str | None:
    """Refuse what is not a function of the right number of arguments."""
    wanted = ", ".join(case)
    if not callable(answer):
        return (
            f"The check needs your function itself, but it got {outcome.kind(answer)}. "
            "Hand over its name, without parentheses and arguments behind it."
        )
    try:
        signature = inspect.signature(answer)
    except ValueError:  # a function written in C has none
        return None
    try:
        signature.bind(*case.values())
    except TypeError:
        name = getattr(answer, "__name__", "your function")
        return f"It is called with ({wanted}), but yours is written as {name}{signature}."
    return None


def broken_call(call: Call) -> str | None:
    """Say what makes a call worthless whatever its numbers are: no end, no value, damage."""
    if isinstance(call.output, NeverReturned):
        return (
            "It was still running when its time was up, so it was stopped. "
            "Look for a loop without an end, or for something very large."
        )
    if call.changed:
        names = " and ".join(call.changed)
        return (
            f"It changes its input ({names}) while it works. {how_it_changed(call)}"
            f"{into_statistics(call.changed)}."
        )
    if call.output is None and call.printed:
        return "It prints its result but returns nothing. End it with `return` and no `print`."
    if call.output is None:
        return "It returns None. Is the `return` missing, or on one branch only?"
    if any(not outcome.readable(tensor) for tensor in outcome.tensors(call.output)):
        return "It returns a sparse or empty-handed (meta) tensor. Return an ordinary, dense one."
    if any(x is None for x in members(call.output)):
        return "There is a None in what it returns. What is to stand there instead?"
    if call.output is ... or any(x is ... for x in members(call.output)):
        return "There is still a `...` in what it returns. Replace it with your own expression."
    return None


def how_it_changed(call: Call) -> str:
    """Say what writes into a list, or into a tensor."""
    if all(isinstance(call.given[name], list) for name in call.changed):
        return (
            "Work on a copy, `list(x)`: `append`, `pop`, `remove`, `sort`, `del` and `x[...] = ` "
            "change the list itself"
        )
    return (
        "Build a new tensor instead: operations that end in an underscore, `+=` and `x[...] = ` "
        "write into the old one"
    )


def into_statistics(changed: Sequence[str]) -> str:
    """Say who else writes into what it is given, where that may be it."""
    if not {"mean", "variance"} & set(changed):
        return ""
    return ", and `F.batch_norm(…, training=True)` writes into the mean and variance it is given"


def members(output: Any) -> tuple[Any, ...]:
    """Return what a tuple or list holds, and nothing for anything else."""
    return tuple(output) if isinstance(output, tuple | list) else ()


def raised(call: Call) -> str | None:
    """Say what an answer raised, and in which of its lines."""
    if not isinstance(call.output, Raised):
        return None
    where = f" in `{call.output.line}`" if call.output.line else ""
    why = f": {call.output.message.rstrip('.')}" if call.output.message else ""
    asked = plain_words(call.output.message, call.output.line)
    return f"It stops with {call.output.type}{where}{why}.{asked}"


def wrong_kind(output: Any, expected: Any) -> str | None:
    """Say that the answer is of another kind or shape than expected, or holds NaN."""
    return other_form(output, expected) or not_finite(output, expected)


def other_form(output: Any, expected: Any) -> str | None:
    """Say that the answer is of another kind or shape than expected."""
    if isinstance(expected, tuple):
        return wrong_tuple(output, expected)
    if isinstance(expected, Tensor):
        return wrong_tensor(output, expected)
    if not outcome.is_numeric(output) or (isinstance(output, Tensor) and output.ndim):
        return f"It returns {outcome.shape(output)} where a single number is expected."
    if isinstance(expected, float) and says_whether(output):
        return "It returns True or False where a number is expected: how much, not whether."
    return None


def says_whether(output: Any) -> bool:
    """Say whether an output is a truth: one of Python's, or a tensor of them."""
    return isinstance(output, bool) or (isinstance(output, Tensor) and output.dtype == torch.bool)


def wrong_tuple(output: Any, expected: tuple[Any, ...]) -> str | None:
    if len(members(output)) != len(expected):
        got = "a single tensor" if isinstance(output, Tensor) else outcome.shape(output)
        return (
            f"It returns {got}, but {len(expected)} things are expected: "
            "`return` them with a comma between."
        )
    found = [other_form(o, e) for o, e in zip(output, expected, strict=True)]
    swapped = [other_form(o, e) for o, e in zip(reversed(output), expected, strict=True)]
    if any(found) and not any(swapped):
        two = "two things come back in the other order" if len(found) == 2 else "order is another"
        return f"The {two}. Which does the exercise ask for first?"
    return next((sentence for sentence in found if sentence), None)


def wrong_tensor(output: Any, expected: Tensor) -> str | None:
    """Compare kind, shape and type of numbers."""
    if not isinstance(output, Tensor):
        return (
            f"It returns {outcome.kind(output)}, but a torch tensor is expected "
            f"(shape {tuple(expected.shape)})."
        )
    if output.shape != expected.shape:
        return (
            f"It returns a tensor of shape {tuple(output.shape)}, but the shape should be "
            f"{tuple(expected.shape)}. {which_axis(output.shape, expected.shape)}"
        )
    if not same_numbers(output.dtype, expected.dtype):
        return f"It returns numbers of type {output.dtype}, but {expected.dtype} is expected."
    return None


def not_finite(output: Any, expected: Any) -> str | None:
    """Say that an answer of the right form holds NaN or ∞ where the right one has a number."""
    both = list(zip(outcome.tensors(output), outcome.tensors(expected), strict=False))
    if any(o.isnan().any() and not e.isnan().any() for o, e in both):
        return (
            "It returns NaN (not a number) somewhere. That comes from 0/0, ∞ − ∞ or 0 · ∞, or from "
            "the logarithm or root of a negative number: which line can divide by zero, multiply "
            "by ∞, take the exponential of something huge, or the logarithm of a negative number?"
        )
    if any((o.isinf() & e.isfinite()).any() for o, e in both):
        return (
            "It returns ∞ somewhere. Which line takes the exponential of something large or the "
            "logarithm of something that became 0, or divides by 0?"
        )
    return None


def which_axis(found: Sequence[int], wanted: Sequence[int]) -> str:
    """Ask for what two shapes differ in."""
    if len(found) != len(wanted):
        return f"Which axis {'was lost' if len(found) < len(wanted) else 'is one too many'}?"
    if sorted(found) == sorted(wanted):
        return "Which axes have changed places?"
    wrong = [axis for axis in range(-len(found), 0) if found[axis] != wanted[axis]]
    if len(wrong) > 1:
        return "Which step makes these sizes?"
    side = "long" if found[wrong[0]] > wanted[wrong[0]] else "short"
    which = "It is" if len(found) == 1 else f"The {AXES.get(wrong[0], 'first')} axis is"
    return f"{which} too {side}: of what is there one place each?"


def same_numbers(a: torch.dtype, b: torch.dtype) -> bool:
    """float32 is as good as float64 in an answer, and a whole number as any other."""
    kinds = (outcome.FLOATS, outcome.WHOLE)
    return a == b or any(a in kind and b in kind for kind in kinds)


def no_tensor(output: Any, expected: Any) -> str | None:
    """Say that a right answer cannot carry a gradient, because it is no tensor."""
    if kind := outcome.other_kind(output, expected):
        return (
            f"The numbers are right, but it returns {kind}. A gradient must flow through it: "
            "return a torch tensor."
        )
    return None


def cuts_gradient(
    answer: Callable[..., Any], reference: Callable[..., Any], case: Case, seconds: float
) -> str | None:
    """Say that gradients do not flow from the output back to all the inputs that matter."""
    floats = [name for name, value in case.items() if outcome.is_float(value)]
    wanted = gradients(call(reference, leaves(case, floats), 60.0))
    # Who takes a mask out of torch is not to stumble over an input that has no say in the gradient.
    heard = [name for name, one in zip(floats, wanted or (), strict=False) if one is not None]
    wanted = [one for one in wanted if one is not None] if wanted else wanted
    try:
        found = gradients(call(answer, leaves(case, heard or floats), seconds))
    except RuntimeError:  # PyTorch noticed that a number the gradient needs was overwritten
        return (
            "The numbers are right, but you overwrite a result that the gradient still needs "
            "(`/=`, `x[...] =`). Which line could make a new tensor instead?"
        )
    if found is not None and wanted is not None and all(map(same_gradient, found, wanted)):
        return None
    if any(one is not None and not one.isfinite().all() for one in found or []):
        return (
            "The numbers are right, but the gradient is not finite (NaN or ∞) on the input "
            f"{given(case)}. Which step is right itself and has an endless or undefined slope "
            "there, such as the logarithm of something that became 0?"
        )
    if found is not None and wanted is not None and not any(map(lost, found, wanted)):
        return (
            "The numbers are right, but the gradient does not flow as it should: on the input "
            f"{given(case)} it is another one. Is a part detached, or is a step flat there (a "
            "clamp, a rounding, a sigmoid that has become 0 or 1)?"
        )
    return (
        "The numbers are right, but the gradient does not flow through as it should, so it could "
        "not be trained. `.item()`, `.detach()`, `.data`, `.numpy()`, `float()`, functions of "
        "`math`, `torch.tensor(...)` and `no_grad` cut it."
    )


def calls_forbidden(
    answer: Callable[..., Any], case: Case, names: tuple[str, ...], seconds: float
) -> str | None:
    """Say that an answer calls a function of PyTorch's that it was to write itself."""
    called = functions_called(answer, case, seconds) if names else set()
    found = [name for name in names if name in called]
    if not found:
        return None
    return (
        f"The numbers are right, but it calls PyTorch's own `{found[0]}`. Here you are to write "
        "that step yourself."
    )


def functions_called(
    answer: Callable[..., Any] | Elsewhere, case: Case, seconds: float
) -> set[str]:
    """Return the names of PyTorch's functions that an answer calls on a case."""
    if isinstance(answer, Elsewhere):
        return answer.functions_called(case, seconds)
    called: set[str] = set()

    def watched(*arguments: Any) -> Any:
        with Listener(called):
            return answer(*arguments)

    call(watched, case, seconds)
    return called


class Listener(TorchFunctionMode):
    """Notes the name of every function of PyTorch's that is called."""

    def __init__(self, called: set[str]) -> None:
        super().__init__()
        self.called = called

    def __torch_function__(
        self, function: Any, types: Any, arguments: Any = (), keywords: Any = None
    ) -> Any:
        self.called.add(getattr(function, "__name__", ""))
        return function(*arguments, **(keywords or {}))


def leaves(case: Case, names: Collection[str]) -> Case:
    """Return a copy of a case in which these tensors ask for their gradients."""
    return Case({n: v.clone().requires_grad_() if n in names else v for n, v in case.items()})


def gradients(made: Call) -> list[Tensor | None] | None:
    """Return the gradient of each input that asks for it, None for one that has no say.

    None instead of a list where nothing can be differentiated at all.
    """
    asking = [v for v in made.given.values() if outcome.is_float(v) and v.requires_grad]
    outputs = [o.double() for o in outcome.tensors(made.output) if outcome.is_float(o)]
    total = sum((o * weights_like(o)).sum() for o in outputs)
    if not isinstance(total, Tensor) or not total.requires_grad:
        return None
    return list(torch.autograd.grad(total, asking, allow_unused=True))


def weights_like(output: Tensor) -> Tensor:
    """Different weights for all numbers of an output, so that no two gradients can cancel."""
    return torch.linspace(0.5, 1.5, output.numel(), dtype=output.dtype).view_as(output)


def lost(found: Tensor | None, wanted: Tensor | None) -> bool:
    """Say whether a gradient that should be there does not arrive at all."""
    return found is None and wanted is not None and bool(wanted.any())


def misnamed(answer: Any, case: Case) -> str | None:
    """Say that the arguments of a function have the right names in another order."""
    try:
        names = list(inspect.signature(answer).parameters)
    except (TypeError, ValueError):
        return None
    if sorted(names) != sorted(case) or names == list(case):
        return None
    return (
        f"It is called with ({', '.join(case)}), in this order; "
        f"yours names them ({', '.join(names)})."
    )


def same_gradient(found: Tensor | None, wanted: Tensor | None) -> bool:
    if found is None or wanted is None:
        return wanted is None or not wanted.any()
    return torch.allclose(found.double(), wanted.double(), atol=1e-4, rtol=1e-3)
