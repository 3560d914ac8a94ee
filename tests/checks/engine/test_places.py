"""Lists of numbers that are wrong in one place or in several."""

from mmtutor.checks.engine.exercise import Mistake
from mmtutor.checks.engine.places import each_alone_or_together

FIRST = [Mistake("zero", "Not nothing.", value=lambda: 0.0)]
SECOND = [Mistake("one", "Not 1.", value=lambda: 1.0), Mistake("two", "Not 2.", value=lambda: 2.0)]
BOTH = Mistake("both", "Another sentence.", value=lambda: [0.0, 2.0])


def test_each_number_is_wrong_alone_and_with_every_other_one_alone_first() -> None:
    found = each_alone_or_together(lambda: [5.0, 6.0], FIRST, SECOND)
    assert [m.name for m in found] == ["one", "two", "zero", "zero+one", "zero+two"]
    assert [m.value() for m in found if m.value][2:4] == [[0.0, 6.0], [0.0, 1.0]]
    assert found[3].hint == "Not nothing. Not 1."


def test_an_answer_with_a_sentence_of_its_own_stands_first_and_only_once() -> None:
    found = each_alone_or_together(lambda: [5.0, 6.0], FIRST, SECOND, whole=(BOTH,))
    assert [m.name for m in found] == ["both", "one", "two", "zero", "zero+one"]


def test_no_more_are_wrong_at_a_time_than_asked_for() -> None:
    found = each_alone_or_together(lambda: [5.0, 6.0], FIRST, SECOND, at_most=1)
    assert [m.name for m in found] == ["one", "two", "zero"]
