"""Judge an answer: run it on every case, go down the steps, look closer, add the remarks.

To whatever is no known mistake `look_closer` adds what only running the answer again can tell:
which argument it does not listen to, and the one place where a change would make it right.
"""

from typing import Any

from torch import Tensor

from mmtutor.checks.engine import guards, listening, numbers, outcome, remarks, world
from mmtutor.checks.engine.call import Call, NeverReturned, Raised, call
from mmtutor.checks.engine.exercise import Case, Exercise, Implement, Number, versions
from mmtutor.checks.engine.mistakes import outcomes
from mmtutor.checks.engine.repair import place
from mmtutor.checks.engine.rows import RowByRow, seated
from mmtutor.checks.engine.steps import Trial, departs, judge_trial, lacks_a_property, said
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
    exercise: Exercise, found: Judgement, tried: str = "", remarked: list[str] | None = None
) -> Verdict:
    """Return the card to show: a judgement, what was tried, and the remarks."""
    return Verdict(
        exercise.id,
        exercise.title,
        found.status,
        found.sentences,
        tried,
        tuple(sorted(found.mistakes)),
        tuple(remarked or ()),
    )


def judge_function(exercise: Implement, answer: Any, replaced: list[str]) -> Verdict:
    """Run `answer` on every case, judge what came out, and add the remarks."""
    cases = exercise.cases()
    for version in versions(exercise):
        outcomes(version)  # before the answer runs
    if sentence := guards.cannot_call(answer, cases[0]):
        return verdict(exercise, Judgement("guard", (sentence,)))
    answer = seated(exercise, answer)
    trial, found = likeliest(exercise, cases, run(answer, cases, exercise.seconds))
    expected = trial.expected
    if found.status != "passed" and (sentence := guards.misnamed(answer, cases[0])):
        found = Judgement("guard", (sentence,))
    elif found.status in UNNAMED:
        found = look_closer(trial, answer, found)
    remarked = remarks.about_world(trial.calls, replaced)
    if found.status == "passed":
        found = judge_manner(trial, answer)
    if found.status == "passed":
        remarked += remarks.about_printing(trial.calls)
        remarked += remarks.about_kind(trial.calls[0].output, expected[0])
    return verdict(exercise, found, summary(cases[: len(trial.calls)]), remarked)


LIKELY = ("passed", "mistake")
"""What tells in which convention an answer is written."""


def likeliest(exercise: Implement, cases: list[Case], calls: list[Call]) -> tuple[Trial, Judgement]:
    """Judge an answer in each convention, and keep the one in which it passes or is a mistake."""
    trials = [Trial(version, cases, calls) for version in versions(exercise)]
    judged = [(trial, judge_trial(trial)) for trial in trials]
    return min(judged, key=lambda pair: doubt(pair[1]))


def doubt(judged: Judgement) -> tuple[int, int]:
    """Return how much speaks against a convention; the least is the likeliest."""
    rank = LIKELY.index(judged.status) if judged.status in LIKELY else len(LIKELY)
    return rank, len(judged.mistakes)


def look_closer(trial: Trial, answer: Any, found: Judgement) -> Judgement:
    """Add what only running the answer once more can tell: what it ignores, where it goes wrong.

    Of one that serves row by row, the first row.
    """
    if isinstance(answer, RowByRow):
        first = answer.first_without(found.sentences[0]) if found.status == "property" else None
        return found._replace(sentences=(*found.sentences, *said(first)))
    if any(made.deeds or guards.broken_call(made) for made in trial.calls):
        return found  # once was enough
    if any(outcome.is_vast(made.output) for made in trial.calls):
        return found  # a change of it may compute for hours, where no exception can reach it
    heard: tuple[str, ...] = ()
    if found.status in ("relation", "property", "difference"):
        if chance := listening.random(trial.exercise, answer, trial.cases, trial.outputs):
            return found._replace(sentences=(chance,))  # where it departs changes every time
        heard = said(listening.deaf(trial.exercise, answer, trial.cases, trial.outputs))
    where = said(place(answer, trial.cases, trial.expected))
    if where and stops_elsewhere(trial, where[0]):
        where = ()
    if found.mistakes and (where or heard):  # that one thing explains it: it is not two mistakes
        found = (None if where else lacks_a_property(trial)) or departs(trial)
    return found._replace(sentences=(*heard, *found.sentences, *where))


def stops_elsewhere(trial: Trial, sentence: str) -> bool:
    """Say whether the answer stops in another line than the one in which a change would mend it.

    Such a change is an accident as often as not: the line that stops is the one to look at.
    """
    stopped = [made.output.line for made in trial.calls if isinstance(made.output, Raised)]
    squeezed = sentence.replace(" ", "")
    return any(line and line.replace(" ", "") not in squeezed for line in stopped)


def judge_manner(trial: Trial, answer: Any) -> Judgement:
    """The numbers are right: pass, unless they were come by in a way that the card rules out."""
    exercise, cases = trial.exercise, trial.cases
    sentence = guards.calls_forbidden(answer, cases[0], exercise.forbids, exercise.seconds)
    if exercise.gradient and not sentence:
        sentence = guards.no_tensor(trial.calls[0].output, trial.expected[0])
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


def summary(cases: list[Case]) -> str:
    """Say in one line what the answer was tried on."""
    sizes = [
        f"{name} {'×'.join(map(str, value.shape))}"
        for name, value in cases[0].items()
        if isinstance(value, Tensor) and value.ndim
    ]
    first = f"the first with {', '.join(sizes)}" if sizes else "from small to large"
    return f"{len(cases)} inputs, {first}." if len(cases) > 1 else f"1 input, {first}."
