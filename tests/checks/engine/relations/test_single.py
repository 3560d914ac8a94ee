"""How a number is related to the one asked for."""

import math
from dataclasses import replace

import pytest
import torch

from mmtutor import checks
from mmtutor.checks.engine.exercise import Mistake, Number, Predict, Property
from mmtutor.checks.engine.judge import judge
from mmtutor.checks.engine.relations.single import relation

PI, F = 3.14159, torch.float64


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (-PI, "sign"),
        (-3.1418, "sign"),
        (1 - PI, "complement"),
        (100 * PI, "percentage"),
        (2 * PI, "factor of 2"),
        (PI / 4, "factor of 4"),
        (1 / PI, "upside down"),
        (PI / math.log(2), "base"),
        (PI**2, "square or a root"),
        (math.log(PI), "exponential or a logarithm"),
        (10 * PI, "decimal point"),
        (3.14, "more decimals"),
        (2.5, "None"),
    ],
)
def test_a_slip_is_named_and_the_answer_is_not_given_away(given: float, words: str) -> None:
    said = str(relation(torch.tensor([given], dtype=F), torch.tensor([PI], dtype=F), 1e-4))
    assert words in said and "3.14" not in said


THREE = Predict(
    id="test.three",
    title="Three numbers",
    difficulty=1,
    minutes=1,
    hints=("a", "b", "c", "d"),
    truth=lambda: [0.123, 4.56, 78.9],
    mistakes=(Mistake("other", "You took the other.", value=lambda: [0.5, 6.7, 88.0]),),
)


def say(answer: object, exercise: Number = THREE) -> str:
    return " ".join(judge(exercise, answer).sentences)


def test_several_numbers_are_judged_one_by_one() -> None:
    assert "in reverse order" in say([78.9, 4.56, 0.123])
    assert say([78.9, 4.56, 0.123]).startswith("Numbers 1, 3 are not right yet, the rest is.")
    assert "in another order" in say([4.56, 78.9, 0.123])
    perhaps = "Only one number is off; several ways may lead to it. Perhaps this one:"
    assert say([0.123, 6.7, 78.9]) == f"{perhaps} You took the other."
    assert say([0.123, 5.5, 78.9]) == "Number 2 is too large; the others are right. b"
    assert say([0.2, "4.56", 1]) == "Number 2 is a text. Write the numbers without quotation marks."
    assert say([None, 4.56, 1]) == "Number 1 is no number but a NoneType."
    assert "Number 2 is not finite" in say([0.1, float("inf"), 2])


def test_a_rounded_mistake_is_named_where_the_right_answer_may_not_be_rounded() -> None:
    tight = replace(THREE, tolerance=1e-4)
    assert say([0.5, 6.71, 88.1], tight) == "You took the other."
    assert "more decimals" in say([0.12, 4.6, 78.9], tight)


def test_a_short_number_may_be_another_one_that_nobody_rounded() -> None:
    rule = Property("Something is off.", lambda case, answer: float(answer[1]) == 4.56)
    assert say([0.123, 4.6, 78.9], replace(THREE, properties=(rule,), tolerance=1e-4)) == (
        "Number 2 is not right yet, the rest is. If you rounded, that is right as far as it goes, "
        "but more decimals are asked for. If not: Something is off."
    )


def test_one_wrong_number_is_no_other_order() -> None:
    turned = Mistake("turned", "The other order.", value=lambda: [78.9, 4.56, 0.123])
    both = replace(THREE, mistakes=(*THREE.mistakes, turned))
    assert say([78.9, 4.56, 0.123], both) == turned.hint
    assert turned.hint not in say([0.123, 4.56, 0.123], both)


def test_a_small_number_is_not_taken_for_the_zero_of_a_mistake() -> None:
    zero = Mistake("zero", "You rounded it away.", value=lambda: [1024.0, 0.0])
    small = replace(THREE, truth=lambda: [1024.0, 1 / 1024], mistakes=(zero,), tolerance=1e-3)
    assert say([1024, 0.0], small) == zero.hint and zero.hint not in say([1024, 0.0001], small)


def test_each_number_may_have_a_tolerance_of_its_own() -> None:
    each = replace(THREE, tolerance=(0.1, 0.001, 0.1))
    assert say([0.13, 4.56, 80.0], each) == ""
    assert "Number 2 is not right yet" in say([0.123, 4.6, 78.9], each)


def test_whole_numbers_that_are_off_by_one() -> None:
    count = replace(THREE, truth=lambda: 17, mistakes=(Mistake("a", "b", value=lambda: 40),))
    assert "off by one" in say(16, count) and say(17, count) == ""


def test_no_slip_is_seen_in_random_numbers() -> None:
    generator = torch.Generator().manual_seed(0)
    seen = 0
    for exercise in checks.all_exercises():
        if isinstance(exercise, Number):
            truth = torch.as_tensor(exercise.truth()).double()
            for _ in range(200):
                drawn = truth * torch.rand(truth.shape, generator=generator).double() * 3
                seen += relation(drawn, truth, 0.01) is not None
    assert seen <= 20
