"""Go down the four steps; the first that has something to say speaks.

1. Guards: the answer cannot be judged at all. 2. Known mistakes: it does exactly what a listed
mistake (or a pair of them) does. 3. Properties that every right answer has. 4. The first
difference. A wrong shape or NaN that a known mistake explains is named by the mistake: it says
more than the guard could.
"""

from functools import cache
from typing import Any

from torch import Tensor

from mmtutor.checks.engine import guards, numbers, outcome
from mmtutor.checks.engine.call import Call, NeverReturned, call, run_with_limit
from mmtutor.checks.engine.exercise import (
    Case,
    Exercise,
    FindTheBug,
    Implement,
    Number,
    Property,
    Wrong,
)
from mmtutor.checks.engine.verdict import Status, Verdict


def judge(exercise: Exercise, answer: Any) -> Verdict:
    """Judge `answer`; never raises because of it."""
    if guards.is_blank(answer):
        return verdict(exercise, "not attempted", ["Replace the `...` and run this cell again."])
    if isinstance(exercise, Number):
        status, sentences, mistakes = numbers.judge(exercise, answer)
        return verdict(exercise, status, sentences, mistakes=mistakes)
    assert isinstance(exercise, Implement)
    return judge_function(exercise, answer)


def verdict(
    exercise: Exercise,
    status: Status,
    sentences: list[str],
    tried: str = "",
    mistakes: Wrong = frozenset(),
) -> Verdict:
    return Verdict(
        exercise.id, exercise.title, status, tuple(sentences), tried, tuple(sorted(mistakes))
    )


def judge_function(exercise: Implement, answer: Any) -> Verdict:
    """Run `answer` on every case and go down the steps."""
    cases = exercise.cases()
    if sentence := guards.cannot_call(answer, cases[0]):
        return verdict(exercise, "guard", [sentence])
    calls = run(answer, cases, exercise.seconds)
    tried = summary(cases[: len(calls)])
    for sentence in filter(None, map(guards.broken_call, calls)):
        return verdict(exercise, "guard", [sentence], tried)
    expected = outcomes(exercise)
    outputs = [outcome.like(c.output, e) for c, e in zip(calls, expected, strict=True)]
    if outcome.same(outputs, expected) and not unfit(outputs, expected):
        return judge_right(exercise, answer, calls, cases, tried)
    if wrong := recognise(exercise, outputs):
        return verdict(exercise, "mistake", name(exercise, wrong), tried, wrong)
    for sentence in filter(None, map(guards.raised, calls)):
        return verdict(exercise, "guard", [sentence], tried)
    if sentence := unfit(outputs, expected):
        return verdict(exercise, "guard", [sentence], tried)
    if sentences := violated(exercise, cases, outputs):
        return verdict(exercise, "property", sentences, tried)
    return verdict(exercise, "difference", [difference(cases, outputs, expected)], tried)


def run(answer: Any, cases: list[Case], seconds: float) -> list[Call]:
    """Call `answer` on the cases in turn; stop at the first that never returns."""
    calls = []
    for case in cases:
        calls.append(call(answer, case, seconds))
        if isinstance(calls[-1].output, NeverReturned):
            break
    return calls


@cache
def outcomes(exercise: Implement, wrong: Wrong = frozenset()) -> list[Any]:
    """Return what the reference gives for each case when it makes the mistakes in `wrong`.

    Kept, because every wrong answer is compared with every mistake and every pair of them.
    """

    def outcome_of(case: Case) -> Any:
        return run_with_limit(lambda: exercise.reference(*case.values(), wrong=wrong), 60.0)

    return [outcome_of(case) for case in exercise.cases()]


def recognise(exercise: Implement, outputs: list[Any]) -> Wrong:
    """Return the listed mistakes that give exactly these outputs, or nothing."""
    if outcome.nothing_but_nan(outputs):
        return frozenset()
    for wrong in exercise.combinations():
        if outcome.same(outputs, outcomes(exercise, wrong)):
            return wrong
    return frozenset()


def name(exercise: Implement, wrong: Wrong) -> list[str]:
    """Say which mistakes it looks like."""
    hints = exercise.hints_of(wrong)
    if isinstance(exercise, FindTheBug) and wrong == exercise.given:
        return ["It still does exactly what the program you were given does.", *hints]
    if len(hints) > 1:
        count = "two" if len(hints) == 2 else str(len(hints))
        return [f"This looks like {count} mistakes at once.", *hints]
    return hints


def unfit(outputs: list[Any], expected: list[Any]) -> str | None:
    """Return the first guard's sentence on kind, shape, type of numbers or NaN."""
    found = (guards.wrong_kind(o, e) for o, e in zip(outputs, expected, strict=True))
    return next((sentence for sentence in found if sentence), None)


def violated(exercise: Implement, cases: list[Case], outputs: list[Any]) -> list[str]:
    """Return the sentence of the first property that some output lacks."""
    for rule in exercise.properties:
        if not all(kept(rule, c, o) for c, o in zip(cases, outputs, strict=True)):
            return [rule.sentence]
    return []


def kept(rule: Property, case: Case, output: Any) -> bool:
    """Say whether an output keeps a rule. One that the rule cannot even read is left to others."""
    try:
        return rule.holds(case, output)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        return True


def difference(cases: list[Case], outputs: list[Any], expected: list[Any]) -> str:
    """Show the smallest input on which the answer departs, what came out and what should have."""
    for case, output, right in zip(cases, outputs, expected, strict=True):
        if not outcome.same(output, right):
            given = ", ".join(f"{name} = {outcome.show(value)}" for name, value in case.items())
            return (
                f"The first difference is at {given}: yours gives "
                f"{outcome.show(output)} ({outcome.shape(output)}), "
                f"expected {outcome.show(right)} ({outcome.shape(right)})."
            )
    raise AssertionError("difference() was called on outputs that agree")


def judge_right(
    exercise: Implement, answer: Any, calls: list[Call], cases: list[Case], tried: str
) -> Verdict:
    """The numbers are right: pass, unless the answer prints or cuts the gradient."""
    if sentence := guards.prints(calls):
        return verdict(exercise, "guard", [sentence], tried)
    if exercise.differentiable and (
        sentence := guards.cuts_gradient(answer, exercise.reference, cases[0], exercise.seconds)
    ):
        return verdict(exercise, "guard", [sentence], tried)
    return verdict(exercise, "passed", [], tried)


def summary(cases: list[Case]) -> str:
    """Say in one line what the answer was tried on."""
    sizes = [
        f"{name} {'×'.join(map(str, value.shape))}"
        for name, value in cases[0].items()
        if isinstance(value, Tensor) and value.ndim
    ]
    first = f"the first with {', '.join(sizes)}" if sizes else "from small to large"
    return f"{len(cases)} inputs, {first}." if len(cases) > 1 else f"1 input, {first}."
