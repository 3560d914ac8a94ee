"""Compare what came out of two functions: tensors, tuples, numbers, exceptions."""

from collections.abc import Hashable, Iterator
from numbers import Real
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmtutor.checks.engine.call import Raised

ABSOLUTE, RELATIVE = 1e-5, 1e-4
FLOATS = (torch.float32, torch.float64)
WHOLE = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)
VAST = 10**8
"""More numbers than a check's input could ask for; views of one number can have any number."""
DEEP = 3
"""A list of outputs, each a tuple of tensors, and one more; a list that holds itself ends there."""


def same(found: Any, wanted: Any) -> bool:
    """Say whether two outputs agree, within float32's precision. NaN agrees with NaN."""
    return form(found) == form(wanted) and bool(agree(numbers(found), numbers(wanted)))


def form(output: Any, deep: int = DEEP) -> Hashable:
    """Return what two outputs must share before their numbers can be compared.

    Shapes, and whether they hold numbers or yes and no; for an exception its type. What holds no
    numbers has the form of nothing but itself.
    """
    if isinstance(output, tuple | list) and deep:
        return ("several", *(form(member, deep - 1) for member in output))
    if isinstance(output, Raised):
        return ("raised", output.type)
    if not is_numeric(output):
        return ("other", id(output))
    tensor = as_tensor(output)
    kind = "complex" if tensor.is_complex() else tensor.dtype == torch.bool
    return (kind, *tensor.shape)


def numbers(output: Any) -> Tensor:
    """Return all numbers of an output, one behind the other, in float64."""
    found = [as_tensor(part) for part in parts(output) if is_numeric(part)]
    rows = [tensor.detach().cpu().double().flatten() for tensor in found]
    return torch.cat(rows) if rows else torch.zeros(0, dtype=torch.float64)


def is_vast(output: Any) -> bool:
    """Say whether an output holds more numbers than anybody should compute with."""
    return any(tensor.numel() > VAST for tensor in tensors(output))


def parts(output: Any, deep: int = DEEP) -> Iterator[Any]:
    """Give what tuples and lists hold, one after the other, as deep as `form` looks."""
    if isinstance(output, tuple | list) and deep:
        for member in output:
            yield from parts(member, deep - 1)
    else:
        yield output


def agree(found: Tensor, wanted: Tensor) -> Tensor:
    """Say whether numbers agree along the last axis; either side may have more axes before it."""
    close = torch.isclose(found, wanted, atol=ABSOLUTE, rtol=RELATIVE, equal_nan=True)
    return close.all(-1)


def as_tensor(value: Tensor | Real) -> Tensor:
    """Return a number as a tensor without axes; one too large for any float becomes infinite."""
    if isinstance(value, Tensor):
        return value
    try:
        return torch.tensor(value if isinstance(value, bool) else float(value))
    except OverflowError:
        return torch.tensor(float("inf"))


def like(output: Any, expected: Any) -> Any:
    """Return an answer as the kind of thing that is expected, if it holds its numbers otherwise.

    Arrays, lists and numbers become tensors, and float64 is as good as float32.
    """
    if isinstance(expected, tuple):
        output = output if tensors(expected) else taken_apart(output, len(expected))
        pair = isinstance(output, tuple | list) and len(output) == len(expected)
        return tuple(map(like, output, expected)) if pair else output
    tensor = tensor_of(output, expected)
    if is_float(tensor) and (is_float(expected) or is_empty(tensor, expected)):
        return tensor.to(expected.dtype)
    return tensor


def is_empty(found: Tensor, expected: Any) -> bool:
    """Say whether nothing is asked for and nothing came: an empty list is one of any numbers."""
    return isinstance(expected, Tensor) and not expected.numel() and found.shape == expected.shape


def taken_apart(output: Any, many: int) -> Any:
    """Return a row of so many numbers as a tuple of numbers, and all else unchanged."""
    row = isinstance(output, np.ndarray) or (isinstance(output, Tensor) and readable(output))
    return tuple(output.tolist()) if row and output.shape == (many,) else output


def tensor_of(value: Any, expected: Any) -> Any:
    """Return an array or, where a tensor is expected, a list or number as a tensor.

    Anything else stays what it is. Python's whole numbers count as floats where those are expected.
    """
    array = isinstance(value, np.ndarray | np.generic)
    plainly = isinstance(value, list | tuple | int | float) and isinstance(expected, Tensor)
    if not array and not plainly:
        return value
    try:
        numbers = np.array(plain(value), order="C")
        if numbers.dtype == object and all(isinstance(one, Real) for one in numbers.flat):
            numbers = numbers.astype(float)  # fractions
        tensor = torch.from_numpy(numbers)
    except (TypeError, ValueError, RuntimeError, RecursionError, OverflowError):
        return value
    if isinstance(value, tuple) and tensor.shape != expected.shape:
        return value  # several things where one is asked for
    whole = not array and tensor.dtype == torch.int64
    return tensor.double() if whole and is_float(expected) else tensor


def plain(value: Any) -> Any:
    """Return a list with the tensors in it as arrays."""
    if isinstance(value, list | tuple):
        return [plain(member) for member in value]
    return value.detach().cpu().numpy() if isinstance(value, Tensor) else value


def other_kind(output: Any, expected: Any) -> str | None:
    """Name the kind of the first thing in a right output that should be a tensor and is none."""
    if isinstance(expected, tuple):
        return next(filter(None, map(other_kind, output, expected)), None)
    wanted = isinstance(expected, Tensor) and not isinstance(output, Tensor)
    return kind(output) if wanted else None


def is_float(value: Any) -> bool:
    """Say whether a value is a tensor of ordinary floats."""
    return isinstance(value, Tensor) and value.dtype in FLOATS


def is_numeric(value: Any) -> bool:
    """Say whether a value is a tensor or a number, which counts as a tensor without axes."""
    return readable(value) if isinstance(value, Tensor) else isinstance(value, Real)


def readable(tensor: Tensor) -> bool:
    """Say whether a tensor holds its numbers in the ordinary way."""
    odd = tensor.is_meta or tensor.is_nested or tensor.is_quantized
    return tensor.layout == torch.strided and not odd


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


def is_short_row(value: Any) -> bool:
    """Say whether it is a row of a few whole numbers."""
    whole = isinstance(value, Tensor) and value.dtype in WHOLE
    return whole and value.ndim == 1 and len(value) < 13


def shape(value: Any) -> str:
    """Name an output's shape or, where it has none, its type."""
    if isinstance(value, tuple):
        return "a tuple of " + ", ".join(shape(member) for member in value)
    if isinstance(value, Tensor):
        return f"shape {tuple(value.shape)}" if value.ndim else "a single number"
    return kind(value)


def kind(value: Any) -> str:
    """Name the type of a value with its article: "a list", "an ndarray"."""
    name = type(value).__name__
    return f"{'an' if name[:1] in 'aeioAEIO' or name == 'ndarray' else 'a'} {name}"
