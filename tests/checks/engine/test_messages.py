"""Common exceptions are translated, with the messages that this PyTorch really has."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from mmtutor.checks.engine.messages import MEANINGS, plain_words

TWO, TABLE, WHOLE, TRUE = torch.ones(2), torch.ones(2, 3), torch.tensor([1, 2]), torch.ones(2) > 0
RAISES: tuple[tuple[Callable[[], Any], str], ...] = (
    (lambda: torch.bmm(TABLE, TABLE), "three axes"),
    (lambda: torch.linalg.det(TABLE), "square"),
    (lambda: TABLE @ TABLE, "as many columns"),
    (lambda: torch.ones(2, 2, 3) @ torch.ones(2, 2, 3), "as many columns"),
    (lambda: TWO.sum(2), "does not exist"),
    (lambda: float(TWO), "no single number"),
    (lambda: bool(TWO), "torch.where"),
    (lambda: TWO.clone().requires_grad_().numpy(), "detach"),
    (lambda: WHOLE.mean(), "no mean"),
    (lambda: TWO + torch.ones(3), "lacks an axis of size 1"),
    (lambda: 0.1 * TWO.clone().requires_grad_().grad, "is None"),
    (lambda: WHOLE.softmax(0), "no whole numbers"),
    (lambda: TRUE.softmax(0), "True and False"),
    (lambda: torch.cat([TWO, TABLE]), "lacks an axis"),
    (lambda: torch.stack([TWO, torch.ones(3)]), "equally large"),
    (lambda: torch.stack([]), "is empty"),
    (lambda: TWO[TWO], "An index"),
    (lambda: TWO.masked_fill(TWO, 0), "A mask"),
    (lambda: F.cross_entropy(torch.ones(2, 3, 4), torch.zeros(2, 3).long()), "on axis 1"),
    (lambda: F.cross_entropy(TABLE, torch.zeros(3).long()), "cut both alike"),
    (lambda: torch.linalg.solve(torch.zeros(2, 2), torch.ones(2, 2)), "no inverse"),
)


@pytest.mark.parametrize(("mistake", "said"), RAISES)
def test_a_common_message_is_translated(mistake: Callable[[], Any], said: str) -> None:
    with pytest.raises((RuntimeError, IndexError, ValueError, TypeError)) as caught:
        mistake()
    assert said in plain_words(str(caught.value), "")


def test_every_meaning_is_for_a_message_that_exists() -> None:
    assert len(RAISES) >= len(MEANINGS)
    assert all(any(said in meaning for _, said in RAISES) for meaning in MEANINGS.values())


def test_what_is_not_common_is_left_alone() -> None:
    assert plain_words("something else", "x.sum(0)") == ""
