"""An answer may change what the whole kernel shares: the check neither suffers nor keeps it."""

import math
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mmtutor import checks
from mmtutor.checks.engine import world
from mmtutor.checks.engine.exercise import Case, random_tensor
from mmtutor.checks.engine.judge import judge
from tests.checks.play import TWICE

SOFTPLUS = replace(
    TWICE,
    id="test.softplus",
    reference=lambda x, wrong=frozenset(): F.softplus(x).square().softmax(-1),
    mistakes=(),
)
"""Its reference looks up, each time, what a learner could have replaced."""


def right(x: torch.Tensor) -> torch.Tensor:
    return torch.log1p(x.exp()).pow(2).softmax(-1)


def wrong(x: torch.Tensor) -> torch.Tensor:
    return x


def replaces(space: Any, name: str) -> Callable[..., Any]:
    """Return an answer that is wrong, and makes the reference wrong in the same way if it can."""

    def answer(x):
        setattr(space, name, lambda x, *rest, **more: x)
        return x

    return answer


PLACES = [
    (torch, "softmax", "torch.softmax"),
    (F, "softplus", "torch.nn.functional.softplus"),
    (torch.Tensor, "square", "torch.Tensor.square"),
    (torch.Tensor, "softmax", "torch.Tensor.softmax"),
    (torch.Tensor, "__add__", "torch.Tensor.__add__"),
    (torch.nn, "Linear", "torch.nn.Linear"),
    (torch.linalg, "svdvals", "torch.linalg.svdvals"),
    (math, "sqrt", "math.sqrt"),
    (np, "mean", "numpy.mean"),
]


@pytest.mark.parametrize(("space", "name", "said"), PLACES, ids=[said for *_, said in PLACES])
def test_a_replaced_function_is_put_back_and_named(space: Any, name: str, said: str) -> None:
    before = dict(vars(space))
    for _ in range(2):  # the second time would be poisoned if anything had stayed
        verdict = judge(SOFTPLUS, replaces(space, name))
        assert not verdict.passed
        assert verdict.remarks[0].startswith(f"Your function replaced `{said}`. That was put back")
        assert judge(SOFTPLUS, right).passed
    assert dict(vars(space)) == before


def test_a_removed_function_is_put_back_too() -> None:
    softmax = torch.softmax

    def removes(x):
        del torch.softmax
        return x

    assert "replaced `torch.softmax`" in judge(SOFTPLUS, removes).remarks[0]
    assert torch.softmax is softmax


def test_the_reference_is_right_though_its_functions_were_replaced_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fresh = replace(SOFTPLUS, id="test.fresh")
    mine = lambda x: x  # noqa: E731
    monkeypatch.setattr(F, "softplus", mine)
    verdict = judge(fresh, right)
    assert verdict.passed
    assert "something had replaced `torch.nn.functional.softplus`" in verdict.remarks[0]
    assert F.softplus is mine  # as found: it was not the answer that did it


SWITCHED: dict[str, Callable[[], Any]] = {
    "changed the default dtype": lambda: torch.set_default_dtype(torch.float64),
    "changed the default device": lambda: torch.set_default_device("meta"),
    "changed the gradient mode": lambda: torch.set_grad_enabled(False),
    "changed the number of threads": lambda: torch.set_num_threads(torch.get_num_threads() + 1),
    "changed the choice of deterministic algorithms": lambda: torch.set_deterministic_debug_mode(2),
    "changed the precision of matrix products": lambda: torch.set_float32_matmul_precision("high"),
    "changed what NumPy does about errors": lambda: np.seterr(all="ignore"),
    "set the seed": lambda: torch.manual_seed(0),
}


@pytest.mark.parametrize("deed", SWITCHED)
@pytest.mark.parametrize("end", ["returns", "raises", "never returns"])
def test_a_switch_is_put_back_and_named_however_the_answer_ends(deed: str, end: str) -> None:
    def answer(x):
        result = x * 2
        SWITCHED[deed]()
        while end == "never returns":
            pass
        return result if end == "returns" else {}[end]

    switches, states = world.switches(), world.random_states()
    verdict = judge(TWICE, answer)
    assert f"Your function {deed}." in verdict.remarks[0]
    assert verdict.status == ("passed" if end == "returns" else "guard")
    assert world.switches() == switches
    assert torch.equal(world.random_states().torch, states.torch)


def test_several_deeds_are_one_sentence() -> None:
    def answer(x):
        torch.manual_seed(0)
        torch.set_default_dtype(torch.float64)
        F.relu = F.gelu
        return x * 2

    verdict = judge(TWICE, answer)
    deeds = "replaced `torch.nn.functional.relu`, changed the default dtype and set the seed"
    assert verdict.passed and len(verdict.remarks) == 1 and deeds in verdict.remarks[0]


def draws() -> list[float]:
    return [torch.rand(1).item(), np.random.rand(), random.random()]  # noqa: NPY002


def seed(number: int) -> None:
    torch.manual_seed(number)
    np.random.seed(number)  # noqa: NPY002
    random.seed(number)


def test_a_check_does_not_disturb_the_random_numbers_of_a_training() -> None:
    def answer(x):
        seed(3)
        return x * 2 + 0 * sum(draws())

    measure = checks.find("attention.spread")
    seed(1)
    undisturbed = draws()
    seed(1)
    assert judge(TWICE, answer).passed
    assert judge(measure, [4.0, 8.0, 16.0]).passed
    assert draws() == undisturbed


def test_random_numbers_are_no_deed() -> None:
    def answer(x):
        return x * 2 + 0 * torch.rand(1) + 0 * torch.nn.Linear(2, 2)(torch.ones(2)).sum()

    verdict = judge(TWICE, answer)
    assert verdict.passed and verdict.remarks == ()


def test_what_libraries_do_when_they_load_is_no_deed() -> None:
    import torch._dynamo

    assert torch.manual_seed is not world.AT_IMPORT["torch"]["manual_seed"]  # PyTorch wraps it
    with world.standard() as replaced:
        assert replaced == []


def test_the_readers_own_settings_matter_to_no_exercise_and_stay() -> None:
    fresh = replace(TWICE, id="test.float64", cases=lambda: [Case(x=random_tensor(3))])
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    try:
        assert judge(fresh, lambda x: x * 2).passed
        assert torch.get_default_dtype() == torch.float64
        assert not torch.is_grad_enabled()
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(True)
