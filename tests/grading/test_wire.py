"""Values survive the pipe as what they were, and what is no message is refused."""

import io
import json
import pickle
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

from mmtutor.checks.engine import outcome
from mmtutor.checks.engine.velocities import Captioned, Field
from mmtutor.grading.wire import DEEP, LENGTHS, Garbled, decode, encode, receive, send


def through(value: Any) -> Any:
    """Send a value through a pipe."""
    tensors: list[torch.Tensor] = []
    stream = io.BytesIO()
    send(stream, {"value": encode(value, tensors)}, tensors)
    stream.seek(0)
    heard = receive(stream)
    assert heard
    return decode(heard[0]["value"], heard[1])


@pytest.mark.parametrize(
    "value",
    [None, True, 3, -2.5, float("inf"), "text", (1, [2.0, (None,)]), [], (), 2**100],
    ids=repr,
)
def test_plain_values_stay_what_they_are(value: Any) -> None:
    back = through(value)
    assert back == value and type(back) is type(value)


@pytest.mark.parametrize(
    "value",
    [
        torch.arange(6).view(2, 3).T,
        torch.zeros(()),
        torch.zeros(0, 3, dtype=torch.float64),
        torch.ones(1).expand(4),
        torch.tensor([True, False]),
        torch.ones(3, dtype=torch.bfloat16),
        torch.ones(2, requires_grad=True),
    ],
    ids=lambda value: f"{value.dtype}{tuple(value.shape)}",
)
def test_tensors_keep_shape_type_and_numbers(value: torch.Tensor) -> None:
    back = through((value, value))
    assert all(one.dtype == value.dtype and torch.equal(one, value.detach()) for one in back)


def test_arrays_numbers_of_numpy_and_fractions_arrive() -> None:
    array = through(np.arange(6.0).reshape(2, 3).T)
    assert isinstance(array, np.ndarray) and array.tolist() == [[0, 3], [1, 4], [2, 5]]
    assert through(np.float32(0.5)) == 0.5 and isinstance(through(np.int64(3)), np.integer)
    assert through([Fraction(1, 4), range(2)]) == [0.25, [0, 1]]


@pytest.mark.parametrize("value", [Field(1, -0.5, still=2), Captioned(0.25, 3.0)])
def test_a_function_that_both_sides_know_arrives_with_its_numbers(value: Any) -> None:
    assert through(value) == value


def test_what_holds_no_numbers_keeps_the_name_of_its_kind() -> None:
    assert outcome.kind(through({1, 2})) == "a set"
    assert outcome.kind(through(np.array(["a"]))) == "an ndarray"
    assert not outcome.readable(through(torch.ones(2, 2).to_sparse()))
    assert through(torch.ones(2, dtype=torch.complex64)).is_complex()
    assert through(...) is ...


def test_a_list_in_itself_comes_to_an_end() -> None:
    endless: list[Any] = []
    endless.append(endless)
    depth, back = 0, through(endless)
    while isinstance(back, list):
        depth, back = depth + 1, back[0]
    assert depth == DEEP


def packed(text: bytes, data: bytes = b"") -> io.BytesIO:
    return io.BytesIO(LENGTHS.pack(len(text), len(data)) + text + data)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        (b"{", b""),
        (b"[1]", b""),
        (b"[" * 100_000, b""),
        (b"{}", pickle.dumps([1])),
        (b"{}", b"\x00" * 64),
        (pickle.dumps({}), b""),
    ],
)
def test_what_is_no_message_is_refused(text: bytes, data: bytes) -> None:
    with pytest.raises(Garbled):
        receive(packed(text, data))


def test_an_endless_message_is_not_read() -> None:
    with pytest.raises(Garbled, match="too large"):
        receive(io.BytesIO(LENGTHS.pack(2**31, 2**31)))


def test_half_a_message_is_the_end() -> None:
    assert receive(io.BytesIO(LENGTHS.pack(10, 0) + b"{}")) is None
    assert receive(io.BytesIO(b"")) is None


@pytest.mark.parametrize(
    "value",
    [
        *([1], {"tensor": 5}, {"tensor": "x"}, {"list": 3, "tuple": True}, {}, {"array": 0}),
        *({"known": "Field", "numbers": {"pull": "x"}}, {"known": "open", "numbers": {}}),
        *({"known": "Field", "numbers": 3}, {"known": ["Field"], "numbers": {}}),
    ],
    ids=json.dumps,
)
def test_what_is_no_value_is_refused(value: Any) -> None:
    with pytest.raises(Garbled):
        decode(value, [])
