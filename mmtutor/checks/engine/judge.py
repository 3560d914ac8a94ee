"""Go down the four steps; the first that has something to say speaks.

1. Guards: the answer cannot be judged at all. 2. Known mistakes: it does exactly what a listed
mistake (or a pair of them) does. 3. Properties that every right answer has. 4. The first
difference. A wrong shape or NaN that a known mistake explains is named by the mistake: it says
more than the guard could.
"""

from typing import Any

from torch import Tensor

from mmtutor.checks.engine import guards, numbers, outcome, remarks, world
from mmtutor.checks.engine.call import Call, NeverReturned, call
from mmtutor.checks.engine.exercise import (
    Case,
    Exercise,
    FindTheBug,
    Implement,
    Number,
    Property,
    Wrong,
)
from mmtutor.checks.engine.mistakes import outcomes, recognise
from mmtutor.checks.engine.verdict import Judgement, Verdict


def judge(exercise: Exercise, answer: Any) -> Verdict:
    """Judge `answer`; never raises because of it, and leaves the kernel as it was."""
    if guards.is_blank(answer):
        blank = Judgement("not attempted", ("Replace the `...` and run this cell again.",))
        return verdict(exercise, blank)
    with world.standard() as replaced:
        if isinstance(exercise, Number):
            return verdict(exercise, numbers.judge(exercise, answer))
        assert isinstance(exercise, Implement)
        return judge_function(exercise, answer, replaced)


def verdict(
    exercise: Exercise, found: Judgement, tried: str = "", said: list[str] | None = None
) -> Verdict:
    """Return the card to show: a judgement, what was tried, and the remarks."""
    return Verdict(
        exercise.id,
        exercise.title,
        found.status,
        found.sentences,
        tried,
        tuple(sorted(found.mistakes)),
        tuple(said or ()),
    )


def judge_function(exercise: Implement, answer: Any, replaced: list[str]) -> Verdict:
    """Run `answer` on every case, judge what came out, and add the remarks."""
    cases, expected = exercise.cases(), outcomes(exercise)  # before the answer runs
    if sentence := guards.cannot_call(answer, cases[0]):
        return verdict(exercise, Judgement("guard", (sentence,)))
    calls = run(answer, cases, exercise.seconds)
    found = judge_calls(exercise, cases, calls, expected)
    said = remarks.about_world(calls, replaced)
    if found.status == "passed":
        found = judge_gradient(exercise, answer, cases[0], calls[0].output)
    if found.status == "passed":
        said += remarks.about_printing(calls) + remarks.about_kind(calls[0].output, expected[0])
    return verdict(exercise, found, summary(cases[: len(calls)]), said)


def judge_calls(
    exercise: Implement, cases: list[Case], calls: list[Call], expected: list[Any]
) -> Judgement:
    """Go down the steps; "passed" says that the numbers are right."""
    for sentence in filter(None, map(guards.broken_call, calls)):
        return Judgement("guard", (sentence,))
    outputs = [outcome.like(c.output, e) for c, e in zip(calls, expected, strict=True)]
    if outcome.same(outputs, expected) and not unfit(outputs, expected):
        return Judgement("passed")
    if wrong := recognise(exercise, outputs):
        return Judgement("mistake", name(exercise, wrong), wrong)
    for sentence in filter(None, map(guards.raised, calls)):
        return Judgement("guard", (sentence,))
    if sentence := unfit(outputs, expected):
        return Judgement("guard", (sentence,))
    if sentence := violated(exercise, cases, outputs):
        return Judgement("property", (sentence,))
    return Judgement("difference", (difference(cases, outputs, expected),))


def judge_gradient(exercise: Implement, answer: Any, case: Case, output: Any) -> Judgement:
    """The numbers are right: pass, unless the card asks for a gradient and none flows."""
    if not exercise.gradient:
        return Judgement("passed")
    sentence = guards.no_tensor(output, outcomes(exercise)[0]) or guards.cuts_gradient(
        answer, exercise.reference, case, exercise.seconds
    )
    return Judgement("guard", (sentence,)) if sentence else Judgement("passed")


def run(answer: Any, cases: list[Case], seconds: float) -> list[Call]:
    """Call `answer` on the cases in turn; stop at the first that never returns."""
    calls = []
    for case in cases:
        calls.append(call(answer, case, seconds))
        if isinstance(calls[-1].output, NeverReturned):
            break
    return calls


def name(exercise: Implement, wrong: Wrong) -> tuple[str, ...]:
    """Say which mistakes it looks like."""
    hints = exercise.hints_of(wrong)
    if isinstance(exercise, FindTheBug) and wrong == exercise.given:
        return ("It still does exactly what the program you were given does.", *hints)
    if len(hints) > 1:
        count = "two" if len(hints) == 2 else str(len(hints))
        return (f"This looks like {count} mistakes at once.", *hints)
    return tuple(hints)


def unfit(outputs: list[Any], expected: list[Any]) -> str | None:
    """Return the first guard's sentence on kind, shape, type of numbers or NaN."""
    found = (guards.wrong_kind(o, e) for o, e in zip(outputs, expected, strict=True))
    return next((sentence for sentence in found if sentence), None)


def violated(exercise: Implement, cases: list[Case], outputs: list[Any]) -> str | None:
    """Return the sentence of the first property that some output lacks."""
    for rule in exercise.properties:
        if not all(kept(rule, c, o) for c, o in zip(cases, outputs, strict=True)):
            return rule.sentence
    return None


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


def summary(cases: list[Case]) -> str:
    """Say in one line what the answer was tried on."""
    sizes = [
        f"{name} {'×'.join(map(str, value.shape))}"
        for name, value in cases[0].items()
        if isinstance(value, Tensor) and value.ndim
    ]
    first = f"the first with {', '.join(sizes)}" if sizes else "from small to large"
    return f"{len(cases)} inputs, {first}." if len(cases) > 1 else f"1 input, {first}."
