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


@pytest.mark.parametrize(
    ("id", "answer", "sentence"),
    [
        ("contrastive.temperature", [0.15, 0.66, 0.03], "several ways lead there. Perhaps"),
        ("autoencoders.weight", [8.86, 1.03, 10.43, 0.868], "Only one number is off; several"),
        ("autoencoders.beta", [1024, [1 / 1024]], "not all numbers: are some of them lists?"),
        ("autoencoders.beta", [-3, 1 / 1024], "of the wrong sign, and far too small"),
        ("autoencoders.beta", [-2000, 1 / 1024], "of the wrong sign; the others"),
        ("fusion.limit", [0.64, 0.952], "accuracy = P(read)"),  # the formula: the first is right
    ],
)
def test_what_is_said_of_several_numbers(id: str, answer: Any, sentence: str) -> None:
    assert sentence in " ".join(judge(checks.find(id), answer).sentences)


def test_several_numbers_with_too_few_digits_are_rounded_and_no_mistake() -> None:
    """Though one of them is also what a mistake gives, rounded."""
    verdict = judge(checks.find("evaluation.items_needed"), [0.039, 1537, 0.06, 0.035, 1249, 2])
    assert verdict.status == "relation"
    assert "more decimals" in verdict.sentences[0]


def test_a_number_is_a_rounded_mistake_only_to_the_digits_that_it_has() -> None:
    count = checks.find("vit.count")  # pairs of different tokens: 13.6
    assert judge(count, 13.6).mistakes == ("without_self",)
    assert judge(count, 18.1).mistakes == ("class_token_late",)  # 18.0625
    assert not judge(count, 13.69).mistakes


def test_a_number_with_all_its_digits_is_no_guess() -> None:
    found = judge(checks.find("contrastive.temperature"), [0.1526, 0.66, 0.03])
    assert found.mistakes and not any("several ways" in sentence for sentence in found.sentences)


def test_what_is_known_of_the_first_wrong_number_is_said_though_the_rest_is_unknown() -> None:
    found = judge(checks.find("video.pairs"), [10, 97, 21, 11])
    assert found.mistakes == ("tokens_steps",)
    assert "Numbers 2, 3, 4 are not right yet, either." in found.sentences


def test_a_number_that_may_follow_from_an_unknown_one_is_not_named() -> None:
    found = judge(checks.find("video.pairs"), [77, 480, 27840, 23040])  # the second is known
    assert not found.mistakes and "Number 1 is off" in found.sentences[0]
