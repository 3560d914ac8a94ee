"""Compare what came out of two functions: tensors, tuples, numbers, exceptions."""

import numbers
from typing import Any

import torch
from torch import Tensor

from mmtutor.checks.engine.call import Raised

ABSOLUTE, RELATIVE = 1e-5, 1e-4
FLOATS = (torch.float32, torch.float64)


def same(a: Any, b: Any) -> bool:
    """Say whether two outputs agree, within float32's precision. NaN agrees with NaN."""
    if isinstance(a, Raised) or isinstance(b, Raised):
        return isinstance(a, Raised) and isinstance(b, Raised) and a.type == b.type
    if isinstance(a, tuple | list) and isinstance(b, tuple | list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if is_numeric(a) and is_numeric(b):
        a, b = as_tensor(a), as_tensor(b)
        return a.shape == b.shape and close(a, b)
    return type(a) is type(b) and a == b


def as_tensor(value: Any) -> Tensor:
    """Return a number as a tensor without axes; one too large for any float becomes infinite."""
    if isinstance(value, Tensor):
        return value
    try:
        return torch.tensor(value if isinstance(value, bool) else float(value))
    except OverflowError:
        return torch.tensor(float("inf"))


def like(output: Any, expected: Any) -> Any:
    """Return an answer's floats in the type that is expected: float64 is as good as float32."""
    pair = isinstance(output, tuple | list) and isinstance(expected, tuple)
    if pair and len(output) == len(expected):
        return tuple(like(o, e) for o, e in zip(output, expected, strict=True))
    if isinstance(output, Tensor) and isinstance(expected, Tensor) and is_float(output):
        return output.to(expected.dtype) if is_float(expected) else output
    return output


def is_float(value: Any) -> bool:
    """Say whether a value is a tensor of ordinary floats."""
    return isinstance(value, Tensor) and value.dtype in FLOATS


def is_numeric(value: Any) -> bool:
    """Say whether a value is a tensor or a number, which counts as a tensor without axes."""
    return isinstance(value, Tensor | numbers.Number)


def close(a: Tensor, b: Tensor) -> bool:
    """Say whether two tensors of one shape agree; a boolean never agrees with a number."""
    if (a.dtype == torch.bool) != (b.dtype == torch.bool):
        return False
    a, b = a.detach().cpu().double(), b.detach().cpu().double()
    return torch.allclose(a, b, atol=ABSOLUTE, rtol=RELATIVE, equal_nan=True)


def nothing_but_nan(outputs: list[Any]) -> bool:
    """Say whether there is no number in any output: it could be anyone's mistake."""
    found = [tensor for output in outputs for tensor in tensors(output)]
    return bool(found) and all(bool(tensor.isnan().all()) for tensor in found)


def tensors(output: Any) -> list[Tensor]:
    """Return the tensors in an output: itself, or the members of a tuple."""
    members = output if isinstance(output, tuple | list) else [output]
    return [member for member in members if isinstance(member, Tensor)]


def show(value: Any) -> str:
    """Write a value in one short piece: small tensors in full, large ones by their shape."""
    if isinstance(value, tuple | list):
        return "(" + ", ".join(show(member) for member in value) + ")"
    if not isinstance(value, Tensor):
        return f"{value:.4g}" if isinstance(value, float) else str(value)
    if value.numel() > 16:
        return f"a tensor of shape {tuple(value.shape)}"
    return str(rounded(value.detach().tolist()))


def rounded(value: Any) -> Any:
    """Round the floats of a nested list to three digits."""
    if isinstance(value, list):
        return [rounded(member) for member in value]
    return round(value, 3) if isinstance(value, float) else value


def shape(value: Any) -> str:
    """Name an output's shape or, where it has none, its type."""
    if isinstance(value, tuple):
        return "a tuple of " + ", ".join(shape(member) for member in value)
    if isinstance(value, Tensor):
        return f"shape {tuple(value.shape)}" if value.ndim else "a single number"
    return f"a {type(value).__name__}"
