"""Go down the steps; the first that has something to say speaks.

1. Guards: the answer cannot be judged at all. 2. Known mistakes: it does exactly what a listed
mistake (or a pair of them) does. 3. Relations: it is exactly twice the right answer, or its
transpose, or a known mistake and such a thing on top. 4. Properties that every right answer has.
5. The first difference. A wrong shape or NaN that a known mistake or a relation explains is named
by that: it says more than the guard could.

To whatever is no known mistake `look_closer` adds what only running the answer again can tell:
which argument it does not listen to, and the one place where a change would make it right.
"""

from typing import Any

from torch import Tensor

from mmtutor.checks.engine import guards, listening, numbers, outcome, remarks, world
from mmtutor.checks.engine.call import Call, NeverReturned, call
from mmtutor.checks.engine.difference import difference
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
from mmtutor.checks.engine.relations import part, plain_relation, relation, right_on_some
from mmtutor.checks.engine.repair import place
from mmtutor.checks.engine.verdict import Judgement, Verdict

UNNAMED = ("guard", "relation", "property", "difference")
"""How an answer can be found wrong without a known mistake."""


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
    meddled = any(made.deeds or guards.broken_call(made) for made in calls)
    if found.status in UNNAMED and not meddled:
        found = look_closer(exercise, answer, cases, calls, expected, found)
    said = remarks.about_world(calls, replaced)
    if found.status == "passed":
        found = judge_manner(exercise, answer, cases, calls)
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
    some_right = tuple(filter(None, [right_on_some(cases, outputs, expected)]))
    for sentence in filter(None, map(guards.raised, calls)):
        return Judgement("guard", (sentence, *some_right))
    if sentence := relation(cases, outputs, expected):
        return Judgement("relation", (sentence,))
    if beyond := beyond_a_mistake(exercise, cases, outputs):
        return beyond
    if sentence := unfit(outputs, expected):
        return Judgement("guard", (sentence, *some_right))
    partly = tuple(filter(None, [part(cases, outputs, expected)]))
    if sentence := violated(exercise, cases, outputs):
        return Judgement("property", (sentence, *partly))
    return Judgement("difference", (*partly, difference(cases, outputs, expected)))


def look_closer(
    exercise: Implement,
    answer: Any,
    cases: list[Case],
    calls: list[Call],
    expected: list[Any],
    found: Judgement,
) -> Judgement:
    """Add what only running the answer once more can tell: what it ignores, where it goes wrong."""
    said = list(found.sentences)
    if len(calls) == len(cases) and found.status in ("property", "difference"):
        outputs = [outcome.like(c.output, e) for c, e in zip(calls, expected, strict=True)]
        heard = (
            listening.random(exercise, answer, cases[0], outputs[0]),
            listening.deaf(exercise, answer, cases, outputs),
        )
        said = [*filter(None, heard), *said]
    return found._replace(sentences=(*said, *filter(None, [place(answer, cases, expected)])))


def judge_manner(
    exercise: Implement, answer: Any, cases: list[Case], calls: list[Call]
) -> Judgement:
    """The numbers are right: pass, unless they were come by in a way that the card rules out."""
    sentence = guards.calls_forbidden(answer, cases[0], exercise.forbids, exercise.seconds)
    if exercise.gradient and not sentence:
        sentence = guards.no_tensor(calls[0].output, outcomes(exercise)[0])
        for case in [] if sentence else cases:
            sentence = sentence or guards.cuts_gradient(
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


def beyond_a_mistake(
    exercise: Implement, cases: list[Case], outputs: list[Any]
) -> Judgement | None:
    """Recognise a known mistake that something nobody listed was added to, such as a factor."""
    for mistake in exercise.mistakes:
        wrong = frozenset({mistake.name})
        if sentence := plain_relation(cases, outputs, outcomes(exercise, wrong)):
            two = "This looks like two mistakes at once."
            return Judgement("mistake", (two, mistake.hint, f"Apart from that: {sentence}"), wrong)
    return None


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


def summary(cases: list[Case]) -> str:
    """Say in one line what the answer was tried on."""
    sizes = [
        f"{name} {'×'.join(map(str, value.shape))}"
        for name, value in cases[0].items()
        if isinstance(value, Tensor) and value.ndim
    ]
    first = f"the first with {', '.join(sizes)}" if sizes else "from small to large"
    return f"{len(cases)} inputs, {first}." if len(cases) > 1 else f"1 input, {first}."
