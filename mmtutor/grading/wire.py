"""What goes through the pipe between judge and answer: JSON, and tensors as safetensors.

Never a pickle: to read one is to run what its writer wanted. A message is two lengths, a JSON
object, and the bytes of a safetensors file with the tensors that the object names by number.
"""

import json
import struct
from dataclasses import asdict
from io import BufferedIOBase
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from mmtutor.checks.engine import outcome, velocities

LENGTHS = struct.Struct("<II")
LARGEST = 32 * 2**20
"""Bytes that a message may have; an answer of a lesson has a few thousand."""
DEEP, MANY = 6, 100_000
"""How deep lists may lie in one another, and how many members they may have."""

Message = dict[str, Any]


class Garbled(Exception):
    """What came through the pipe is no message."""


def send(stream: BufferedIOBase, message: Message, tensors: list[Tensor] | None = None) -> None:
    """Write one message. OSError where nobody reads any more."""
    text = json.dumps(message).encode()
    named = {str(number): plain(tensor) for number, tensor in enumerate(tensors or [])}
    data = save(named) if named else b""
    stream.write(LENGTHS.pack(len(text), len(data)) + text + data)
    stream.flush()


def plain(tensor: Tensor) -> Tensor:
    """Return a tensor's numbers alone, in memory of their own, as safetensors wants them."""
    return torch.empty_like(tensor.detach(), memory_format=torch.contiguous_format).copy_(tensor)


def receive(stream: BufferedIOBase) -> tuple[Message, list[Tensor]] | None:
    """Read one message, None at the end of the stream; Garbled where it is none."""
    head = stream.read(LENGTHS.size)
    if len(head) < LENGTHS.size:
        return None
    text_length, data_length = LENGTHS.unpack(head)
    if text_length + data_length > LARGEST:
        raise Garbled("a message is too large")
    text, data = stream.read(text_length), stream.read(data_length)
    if len(text) < text_length or len(data) < data_length:
        return None
    return parsed(text), unpacked(data)


def parsed(text: bytes) -> Message:
    """Return the object that a text of JSON holds."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Garbled("a message is no JSON") from error
    if not isinstance(message, dict):
        raise Garbled("a message is no object")
    return message


def unpacked(data: bytes) -> list[Tensor]:
    """Return the tensors of a safetensors file, in the order of their numbers."""
    try:
        named = load(data) if data else {}
        return [named[str(number)] for number in range(len(named))]
    except (SafetensorError, KeyError, ValueError, RuntimeError) as error:
        raise Garbled("tensors cannot be read") from error


# ---------------------------------------------------------------------------- values


def encode(value: Any, tensors: list[Tensor], deep: int = DEEP) -> Any:
    """Write a value as JSON; its tensors are appended to `tensors` and named by their place.

    What is neither a number, a text, a tensor or array, nor a list of such, keeps its type's name;
    of a function that both sides know, its numbers go along.
    """
    if value is None or type(value) in (bool, str):
        return value
    if value is ...:
        return {"blank": True}
    if type(value) in (int, float):
        return value if type(value) is float or abs(value) < 2**200 else {"other": "int"}
    if isinstance(value, Tensor):
        return encode_tensor(value, tensors)
    if isinstance(value, list | tuple | range) and deep and len(value) <= MANY:
        members = [encode(member, tensors, deep - 1) for member in value]
        return {"list": members, "tuple": isinstance(value, tuple)}
    if type(value) in velocities.KNOWN.values():
        return {"known": type(value).__name__, "numbers": asdict(value)}
    if hasattr(type(value), "__array__"):
        return encode_array(np.asarray(value), isinstance(value, np.generic), tensors)
    if hasattr(type(value), "__float__"):  # a fraction, a decimal
        return float(value)
    return {"other": type(value).__name__[:80]}


def encode_array(value: np.ndarray, scalar: bool, tensors: list[Tensor]) -> Any:
    """Write an array of NumPy's, if it holds numbers, or one of its numbers."""
    if value.dtype.kind not in "biuf":
        return {"other": "ndarray"}
    tensors.append(torch.from_numpy(np.array(value, order="C")))
    return {"array": len(tensors) - 1, "scalar": scalar}


def encode_tensor(value: Tensor, tensors: list[Tensor]) -> Any:
    """Write a tensor; of one that holds no ordinary numbers only that it is one."""
    if not outcome.readable(value) or value.is_complex():
        return {"odd": "complex" if value.is_complex() else "layout"}
    tensors.append(value)
    return {"tensor": len(tensors) - 1, "gradient": bool(value.requires_grad)}


def decode(value: Any, tensors: list[Tensor]) -> Any:
    """Read a value as `encode` wrote it; Garbled where it did not."""
    if not isinstance(value, dict):
        if isinstance(value, list):
            raise Garbled("a list without its kind")
        return value
    try:
        return decode_object(value, tensors)
    except (KeyError, IndexError, TypeError, ValueError, RuntimeError, RecursionError) as error:
        raise Garbled("a value cannot be read") from error


def decode_object(value: dict[str, Any], tensors: list[Tensor]) -> Any:
    if "blank" in value:
        return ...
    if "tensor" in value:
        return tensors[value["tensor"]]
    if "array" in value:
        array = tensors[value["array"]].detach().numpy()
        return array[()] if value["scalar"] else array
    if "known" in value:
        return known(value["known"], value["numbers"])
    if "odd" in value:
        complex_ = torch.zeros(1, dtype=torch.complex64)
        return complex_ if value["odd"] == "complex" else torch.empty(1, device="meta")
    if "list" in value:
        members = [decode(member, tensors) for member in value["list"]]
        return tuple(members) if value["tuple"] else members
    name = value["other"] if isinstance(value["other"], str) else "object"
    return type(name.replace("\0", "")[:80], (), {})()


def known(name: Any, numbers: Any) -> Any:
    """Return a function that both sides know; TypeError where its numbers are none."""
    if type(numbers) is not dict or not all(type(n) in (int, float) for n in numbers.values()):
        raise TypeError("a function is made of numbers alone")
    return velocities.KNOWN[name](**numbers)
