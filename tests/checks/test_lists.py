"""The lists of mistakes are test cases: every exercise is tried on its own list."""

import inspect
import math
import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import jaxtyping
import nbformat
import pytest
import torch

from mmtutor import checks
from mmtutor.checks.engine import numbers
from mmtutor.checks.engine.call import Call, Raised, call, unchanged
from mmtutor.checks.engine.exercise import (
    Case,
    Exercise,
    FindTheBug,
    Implement,
    Mistake,
    Number,
    Property,
    Wrong,
    versions,
)
from mmtutor.checks.engine.judge import judge
from mmtutor.checks.engine.mistakes import outcomes, play
from mmtutor.checks.engine.rows import seated
from mmtutor.checks.engine.steps import Trial, judge_trial
from mmtutor.checks.engine.verdict import Judgement, Verdict
from tests.answers import RIGHT
from tests.checks.play import make, name

pytestmark = pytest.mark.answers

ALL = checks.all_exercises()
FUNCTIONS = [version for e in ALL if isinstance(e, Implement) for version in versions(e)]
NUMBERS = [e for e in ALL if isinstance(e, Number)]
BUGS = [e for e in ALL if isinstance(e, FindTheBug)]

each_function = pytest.mark.parametrize("exercise", FUNCTIONS, ids=name)


@pytest.fixture(autouse=True)
def as_a_reader_runs_it() -> Iterator[None]:
    """Without the type checks of the tests, which cost ten times what the references compute."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@each_function
def test_references_keep_to_their_types_whatever_mistake_they_make(exercise: Implement) -> None:
    jaxtyping.config.update("jaxtyping_disable", False)
    for wrong in [frozenset(), *(frozenset({m.name}) for m in exercise.mistakes)]:
        for case in exercise.cases():
            result = play(exercise, wrong, case)
            assert not (isinstance(result, Raised) and "TypeCheck" in result.type), result


# Mistakes -----------------------------------------------------------------------------------------


def stray(exercise: Implement, wrong: Wrong, found: Judgement | Verdict) -> str:
    """Say what is not as it should be in the judgement on an answer with these mistakes."""
    hints = {m.hint for m in exercise.mistakes if m.name in wrong}
    others = {m.hint for m in exercise.mistakes if m.name not in wrong}
    said = set(found.sentences)
    if found.status == "mistake" and set(found.mistakes) == wrong:
        return "" if hints <= said and not others & said else f"{name(wrong)}: {said}"
    return f"{name(wrong)} is taken for {name(frozenset(found.mistakes)) or found.status}"


@pytest.mark.parametrize(
    ("exercise", "mistake"), [(e, m) for e in FUNCTIONS for m in e.mistakes], ids=name
)
def test_every_mistake_gets_its_own_hint_and_no_other(
    exercise: Implement, mistake: Mistake
) -> None:
    wrong = frozenset({mistake.name})
    assert not stray(exercise, wrong, found_of(exercise, wrong, lambda output: output))


@cache
def inputs(exercise: Implement) -> list[Case]:
    """Return inputs that all mistakes of an exercise are played on; none may change them."""
    return exercise.cases()


def found_of(exercise: Implement, wrong: Wrong, form: Callable[[Any], Any]) -> Judgement:
    """Judge mistakes as `judge` does, but for a thread and a copy of the inputs for each call."""
    cases = inputs(exercise)
    calls = [Call(form(play(exercise, wrong, case)), "", [], case, []) for case in cases]
    for case, fresh in zip(cases, exercise.cases(), strict=True):
        assert all(unchanged(fresh[key], case[key]) for key in fresh), "a mistake changes its input"
    return judge_trial(Trial(exercise, cases, calls))


def judge_all(exercise: Implement) -> dict[Wrong, Judgement]:
    """Play every mistake and every pair, and judge each as `judge` does.

    What is saved is a thread and a copy of the inputs for each: all play on the same inputs, and
    none may change them.
    """
    cases, judged = exercise.cases(), {}
    for wrong in exercise.combinations():
        calls = [Call(play(exercise, wrong, case), "", [], case, []) for case in cases]
        judged[wrong] = judge_trial(Trial(exercise, cases, calls))
    for case, fresh in zip(cases, exercise.cases(), strict=True):
        assert all(unchanged(fresh[key], case[key]) for key in fresh), "a mistake changes its input"
    return judged


@pytest.mark.pairs
@each_function
def test_every_pair_gets_its_own_hints_and_no_other(exercise: Implement) -> None:
    judged = judge_all(exercise)
    strays = filter(None, (stray(exercise, wrong, found) for wrong, found in judged.items()))
    assert not (said := "\n".join(strays)), said
    # The last pair goes the whole way: the short one above must end in the same place.
    wrong, found = list(judged.items())[-1]
    verdict = judge(exercise, make(exercise, wrong))
    assert verdict.status == found.status and set(verdict.mistakes) == found.mistakes
    assert verdict.sentences == found.sentences


def test_two_mistakes_that_look_alike_are_named() -> None:
    """The test above can fail: a twin of a listed mistake is never recognised as itself."""
    exercise = checks.find("attention.softmax")
    assert isinstance(exercise, Implement)
    twin = Mistake("twin", "Nobody will ever read this.")

    def reference(*arguments: Any, wrong: Wrong = frozenset()) -> Any:
        return exercise.reference(
            *arguments, wrong=wrong | {"ignored"} if "twin" in wrong else wrong
        )

    both = Implement(
        **{**vars(exercise), "reference": reference, "mistakes": (*exercise.mistakes, twin)}
    )
    strays = [stray(both, wrong, found) for wrong, found in judge_all(both).items()]
    assert "twin is taken for ignored" in strays
    assert "axis+twin is taken for axis+ignored" in strays


@each_function
def test_every_mistake_leaves_something_to_recognise(exercise: Implement) -> None:
    for mistake in exercise.mistakes:
        results = outcomes(exercise, frozenset({mistake.name}))
        assert not all(isinstance(result, Raised) for result in results), mistake.name


@pytest.mark.parametrize("exercise", NUMBERS, ids=name)
def test_every_wrong_number_gets_its_own_hint(exercise: Number) -> None:
    """Of lists of numbers one at a time or two: three are put together in the same way."""
    for mistake in (one for one in exercise.mistakes if one.name.count("+") < 2):
        assert mistake.value is not None
        found = numbers.judge(exercise, mistake.value())
        assert found.mistakes == {mistake.name}
        assert found.sentences == (mistake.hint,)


# Right answers, and answers that are no listed mistake --------------------------------------------


@pytest.mark.parametrize(
    ("exercise", "answer"), [(e, a) for e in ALL for a in RIGHT[e.id]], ids=name
)
def test_right_answers_pass_however_they_are_written(exercise: Exercise, answer: Any) -> None:
    verdict = judge(exercise, answer)
    assert verdict.passed, verdict


@each_function
def test_a_right_answer_in_arrays_and_lists_passes_where_no_gradient_is_asked(
    exercise: Implement,
) -> None:
    def in_(kind: Callable[[torch.Tensor], Any]) -> Callable[..., Any]:
        def answer(*arguments: Any) -> Any:
            output = exercise.reference(*arguments)
            return tuple(map(turned, output)) if isinstance(output, tuple) else turned(output)

        def turned(value: Any) -> Any:
            return kind(value.detach()) if isinstance(value, torch.Tensor) else value

        return answer

    for kind in (torch.Tensor.numpy, torch.Tensor.tolist):
        verdict = judge(exercise, in_(kind))
        assert verdict.passed != exercise.gradient, verdict
    tensors = [o for o in outcomes(exercise)[:1] if not isinstance(o, int | float | tuple)]
    if exercise.gradient:
        assert "A gradient must flow" in verdict.sentences[0]
    elif tensors:
        assert "the lesson goes on with a torch tensor" in verdict.remarks[0]


@each_function
def test_a_mistake_in_arrays_is_named_like_any_other(exercise: Implement) -> None:
    def array(output: Any) -> Any:
        return output.detach().numpy() if isinstance(output, torch.Tensor) else output

    for mistake in exercise.mistakes:
        wrong = frozenset({mistake.name})
        assert found_of(exercise, wrong, array).mistakes == wrong


@each_function
def test_a_wrong_answer_in_float64_is_judged_like_any_other(exercise: Implement) -> None:
    def double(x: Any) -> Any:
        return x.double() if isinstance(x, torch.Tensor) and x.is_floating_point() else x

    def spoilt(x: Any) -> Any:
        if isinstance(x, torch.Tensor) and x.dtype == torch.bool:
            return x.roll(1)
        whole = isinstance(x, torch.Tensor) and not x.is_floating_point()
        return x + 7 if whole else x * 1.1

    def answer(*arguments: Any) -> Any:
        output = exercise.reference(*map(double, arguments))
        return tuple(map(spoilt, output)) if isinstance(output, tuple) else spoilt(output)

    assert judge(exercise, answer).status in ("relation", "property", "difference")


@each_function
def test_constants_and_identities_are_not_blamed_on_a_listed_mistake(exercise: Implement) -> None:
    for answer in (lambda *a: torch.zeros(1), lambda *a: a[0], lambda *a: a[0] * 0 + 0.5):
        verdict = judge(exercise, answer)
        assert verdict.status in ("guard", "relation", "property", "difference"), verdict


# Cards --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("exercise", ALL, ids=name)
def test_the_card_is_complete(exercise: Exercise) -> None:
    assert len(RIGHT[exercise.id]) >= 3
    assert len(exercise.mistakes) >= 5
    assert len(set(exercise.hints)) == 4
    assert 1 <= exercise.difficulty <= 3 and exercise.minutes > 0
    for a, b in combinations(exercise.mistakes, 2):
        assert a.name != b.name and a.hint != b.hint


def cells(exercise: Exercise) -> dict[str, str]:
    """Return what the cells of an exercise hold in the notebook of solutions, by their ids."""
    lesson, short = exercise.id.split(".")
    (path,) = Path("solutions").glob(f"[0-9][0-9]_{lesson}.ipynb")
    short = short.replace("_", "-")
    book = nbformat.read(path, as_version=4)
    return {c.id.removeprefix(short)[1:]: c.source for c in book.cells if c.id.startswith(short)}


@each_function
def test_the_card_asks_for_a_gradient_where_the_check_does(exercise: Implement) -> None:
    words = " ".join(text for id, text in cells(exercise).items() if id in ("card", "task"))
    assert words
    asked = re.search(r"gradients must (reach|flow)|let gradients through", words, re.IGNORECASE)
    assert bool(asked) == exercise.gradient


def given(exercise: Implement, answer: Callable[..., Any], case: Case) -> Any:
    """Return what an answer gives, or what all customers of the case got from it."""
    if exercise.together:
        return call(seated(exercise, answer), case, exercise.seconds).output
    return answer(*case.values())


@pytest.mark.parametrize(
    ("exercise", "rule"), [(e, rule) for e in FUNCTIONS for rule in e.properties], ids=name
)
def test_a_property_is_kept_by_right_answers_and_broken_by_some_mistake(
    exercise: Implement, rule: Property
) -> None:
    cases = exercise.cases()
    for answer in [make(exercise, frozenset()), *RIGHT[exercise.id]]:
        assert all(rule.holds(case, given(exercise, answer, case)) for case in cases)

    def breaks(mistake: Mistake) -> bool:
        results = outcomes(exercise, frozenset({mistake.name}))
        pairs = [(c, r) for c, r in zip(cases, results, strict=True) if not isinstance(r, Raised)]
        return not all(rule.holds(case, result) for case, result in pairs)

    assert any(map(breaks, exercise.mistakes))


@pytest.mark.parametrize("exercise", BUGS, ids=name)
def test_the_program_handed_out_is_recognised(exercise: FindTheBug) -> None:
    verdict = judge(exercise, make(exercise, exercise.given))
    assert set(verdict.mistakes) == exercise.given
    assert "It still does exactly what the program you were given does." in verdict.sentences


@pytest.mark.parametrize("exercise", BUGS, ids=name)
def test_the_program_in_the_notebook_is_the_one_handed_out(exercise: FindTheBug) -> None:
    space = {"torch": torch, "math": math, "F": torch.nn.functional}
    exec(cells(exercise)["given"], space)
    (program,) = (value for value in space.values() if inspect.isfunction(value))
    assert set(judge(exercise, program).mistakes) == exercise.given
