"""An answer that serves one customer at a time, judged by what all of them got."""

from dataclasses import replace
from typing import Any

from mmtutor.checks.engine.exercise import Case, Implement, Mistake, Property, Wrong
from mmtutor.checks.engine.judge import judge
from mmtutor.checks.engine.rows import rows, seated
from tests.checks.play import TWICE


def larger(a: int, b: int, wrong: Wrong = frozenset()) -> int:
    """Reference: any number above both."""
    return max(a, b) if "equal" in wrong else max(a, b) + 1


def above(case: Case, outputs: list[Any]) -> tuple[int]:
    """Return how many outputs are above both numbers."""
    return (sum(x > max(row.values()) for row, x in zip(rows(case), outputs, strict=True)),)


ANY_ABOVE = Implement(
    id="test.above",
    title="Any number above both",
    difficulty=1,
    minutes=1,
    hints=("a", "b", "c", "d"),
    reference=larger,
    cases=lambda: [Case(a=[1, 5, -3], b=[2, 4, -4]), Case(a=[0, 7], b=[0, 9])],
    together=above,
    mistakes=(Mistake("equal", "That is the larger one. Which is above it?"),),
    properties=(Property("Above both.", lambda case, out: out[0] == len(case["a"])),),
    seconds=0.5,
)


def test_many_answers_are_right_where_no_number_is_asked_for() -> None:
    for answer in (larger, lambda a, b: abs(a) + abs(b) + 1, lambda a, b: 1000):
        assert judge(ANY_ABOVE, answer).passed


def test_a_known_mistake_is_named_by_what_all_rows_got() -> None:
    found = judge(ANY_ABOVE, max)
    assert found.mistakes == ("equal",)


def test_whatever_else_is_wrong_hears_the_property_and_the_first_row_without_it() -> None:
    found = judge(ANY_ABOVE, lambda a, b: a + 3)
    assert not judge(ANY_ABOVE, lambda a, b: min(a, b) + 2).passed
    assert found.passed
    found = judge(ANY_ABOVE, lambda a, b: a + 1)
    assert found.sentences == (
        "Above both.",
        "The first such customer: `a` 1, `b` 2. Yours returns 2.",
    )


def test_what_stops_at_a_row_stops_there() -> None:
    assert "ZeroDivisionError" in judge(ANY_ABOVE, lambda a, b: 10 + 1 // a).sentences[0]
    assert "returns nothing" in judge(ANY_ABOVE, lambda a, b: print(a)).sentences[0]
    assert "is called with (a, b)" in judge(ANY_ABOVE, lambda a: 5).sentences[0]


def test_an_answer_without_an_end_is_stopped() -> None:
    def endless(a: int, b: int) -> int:
        while True:
            pass

    assert "still running" in judge(ANY_ABOVE, endless).sentences[0]


def test_other_exercises_are_left_alone() -> None:
    assert seated(TWICE, larger) is larger
    assert list(rows(Case(a=[1, 2], b=[3, 4]))) == [{"a": 1, "b": 3}, {"a": 2, "b": 4}]


def test_the_learners_own_line_is_shown() -> None:
    def halves(a: int, b: int) -> int:
        return 10 + 1 // a

    found = judge(ANY_ABOVE, halves)
    assert any("10 + 1 // a" in sentence for sentence in found.sentences)


def test_who_changes_what_a_row_holds_hears_it() -> None:
    def top(some: list[int], wrong: Wrong = frozenset()) -> int:
        return max(some) + 1

    def found(case: Case, outputs: list[Any]) -> tuple[int]:
        return (sum(x > max(row["some"]) for row, x in zip(rows(case), outputs, strict=True)),)

    lists = replace(
        ANY_ABOVE,
        reference=top,
        cases=lambda: [Case(some=[[1, 2], [3]])],
        together=found,
        mistakes=(),
        properties=(),
    )
    assert judge(lists, lambda some: max(some) + 5).passed
    assert "changes its input (some)" in judge(lists, lambda some: some.pop() + 1).sentences[0]
