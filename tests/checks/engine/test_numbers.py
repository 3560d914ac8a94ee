"""Answers that are numbers."""

from typing import Any

import numpy as np
import pytest
import torch

from mmtutor import checks
from mmtutor.checks.engine.judge import judge


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("0.88", "is a text"),
        (None, "is None"),
        (lambda: 1, "is a function"),
        (True, "True or False"),
        ({}, "is a dict"),
        (1j, "is a complex"),
        ([0.1, 0.9], "you gave 2"),
        (float("nan"), "not finite"),
        (10**400, "is an int; a number"),
        (0.61, "another share"),
        (-0.88, "The sign is wrong"),
    ],
)
def test_bad_numbers_get_one_sentence(answer: Any, sentence: str) -> None:
    verdict = judge(checks.find("attention.predict"), answer)
    assert not verdict.passed
    assert sentence in verdict.sentences[0]


@pytest.mark.parametrize(
    "answer", [0.881, np.float32(0.881), torch.tensor([0.881]), [0.881], np.array([0.881])]
)
def test_numbers_come_in_many_types(answer: Any) -> None:
    assert judge(checks.find("attention.predict"), answer).passed
