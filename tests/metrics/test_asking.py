"""VQA accuracy, as its authors count it."""

import pytest

from mmtutor.metrics.asking import vqa_accuracy


@pytest.mark.parametrize(
    ("same", "accuracy"), [(0, 0.0), (1, 0.3), (2, 0.6), (3, 0.9), (4, 1.0), (10, 1.0)]
)
def test_ten_people(same, accuracy):
    """The numbers that the field's program gives: the mean over ten sets of nine."""
    assert vqa_accuracy("red", ["red"] * same + ["blue"] * (10 - same)) == pytest.approx(accuracy)


def test_it_is_not_the_short_formula():
    people = ["red"] * 2 + ["blue"] * 8
    assert vqa_accuracy("red", people) == pytest.approx(0.6)
    assert min(people.count("red") / 3, 1) == pytest.approx(2 / 3)


def test_the_order_of_people_does_not_matter_and_the_answer_must_be_the_same_word():
    people = ["a", "b"] * 5
    assert vqa_accuracy("a", people) == vqa_accuracy("a", people[::-1]) == 1.0
    assert vqa_accuracy("A", people) == 0.0


def test_somebody_must_be_left_out():
    with pytest.raises(ValueError, match="two people or more, not 1"):
        vqa_accuracy("a", ["a"])
