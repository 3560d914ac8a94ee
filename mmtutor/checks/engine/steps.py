"""Go down the steps; the first that has something to say speaks.

1. Guards: the answer cannot be judged at all. 2. Known mistakes: it does exactly what a listed
mistake (or a pair of them) does. 3. Relations: it is exactly twice the right answer, or its
transpose, or a known mistake and such a thing on top. 4. Properties that every right answer has.
5. The first difference. A wrong shape or NaN that a known mistake or a relation explains is named
by that: it says more than the guard could.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mmtutor.checks.engine import guards, outcome
from mmtutor.checks.engine.call import Call, Raised
from mmtutor.checks.engine.difference import ROOM, difference, given
from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    FindTheBug,
    Implement,
    Property,
    Wrong,
)
from mmtutor.checks.engine.mistakes import outcomes, recognise
from mmtutor.checks.engine.relations import part, plain_relation, relation, right_on_some
from mmtutor.checks.engine.verdict import Judgement


@dataclass(frozen=True)
class Trial:
    """What an answer did on every case of an exercise."""

    exercise: Implement
    cases: list[Case]
    calls: list[Call]

    @cached_property
    def expected(self) -> list[Any]:
        """What a right answer gives for each case."""
        return outcomes(self.exercise)

    @cached_property
    def outputs(self) -> list[Any]:
        """What the answer gave, as the kind of thing that is expected."""
        both = zip(self.calls, self.expected, strict=True)
        return [outcome.like(call.output, wanted) for call, wanted in both]

    @cached_property
    def unfit(self) -> list[str | None]:
        """Why an output cannot be compared (raised, another shape, NaN), for each case.

        Where right answers hold NaN or ∞, too, these are numbers like others.
        """
        finite = all(bool(t.isfinite().all()) for t in outcome.tensors(self.expected))
        wrong = guards.wrong_kind if finite else guards.other_form
        both = zip(self.calls, self.outputs, self.expected, strict=True)
        return [guards.raised(c) or wrong(o, e) for c, o, e in both]

    @cached_property
    def sides(self) -> tuple[list[Case], list[Any], list[Any]]:
        """Cases, outputs and what was expected, side by side."""
        return self.cases, self.outputs, self.expected


Step = Callable[[Trial], Judgement | None]


def judge_trial(trial: Trial) -> Judgement:
    """Return what the first step says that has something to say."""
    return next(filter(None, (step(trial) for step in STEPS)))


def cannot_be_judged(trial: Trial) -> Judgement | None:
    """Guard against what makes every number worthless: no end, no value, damage."""
    sentence = next(filter(None, map(guards.broken_call, trial.calls)), None)
    return Judgement("guard", (sentence,)) if sentence else None


def passes(trial: Trial) -> Judgement | None:
    """Pass what has the right numbers everywhere."""
    right = outcome.same(trial.outputs, trial.expected) and not any(trial.unfit)
    return Judgement("passed") if right else None


def known_mistake(trial: Trial) -> Judgement | None:
    """Name the listed mistakes that give exactly these outputs."""
    wrong = recognise(trial.exercise, trial.outputs)
    return Judgement("mistake", name(trial.exercise, wrong), wrong) if wrong else None


def name(exercise: Implement, wrong: Wrong) -> tuple[str, ...]:
    """Say which mistakes it looks like."""
    hints = exercise.hints_of(wrong)
    if isinstance(exercise, FindTheBug) and wrong == exercise.given:
        return ("It still does exactly what the program you were given does.", *hints)
    if len(hints) > 1:
        count = "two" if len(hints) == 2 else str(len(hints))
        return (f"This looks like {count} mistakes at once.", *hints)
    return tuple(hints)


def known_mistake_where_it_fits(trial: Trial) -> Judgement | None:
    """Name the listed mistakes that are made on all inputs but those that break down.

    A mistake may well change the shape, so first all is compared that did not stop.
    """
    went_on = [i for i, made in enumerate(trial.calls) if not isinstance(made.output, Raised)]
    fit = [i for i, sentence in enumerate(trial.unfit) if not sentence]
    wrong = stops_alike(trial) or made_on(trial, went_on) or made_on(trial, fit)
    if not wrong:
        return None
    return Judgement("mistake", (*name(trial.exercise, wrong), *breakdown(trial)), wrong)


def stops_alike(trial: Trial) -> Wrong:
    """Return the only listed mistake that stops on the same inputs and agrees on all others."""
    stopped = sum(isinstance(made.output, Raised) for made in trial.calls)
    if not 0 < stopped <= len(trial.calls) - 2:
        return RIGHT
    alone = (only(mistake.name) for mistake in trial.exercise.mistakes)
    made = [w for w in alone if all(map(stop_or_agree, trial.outputs, outcomes(trial.exercise, w)))]
    return made[0] if len(made) == 1 else RIGHT


def stop_or_agree(found: Any, wanted: Any) -> bool:
    """Say whether two outputs are the same, an exception being like any other."""
    stops = isinstance(found, Raised), isinstance(wanted, Raised)
    return all(stops) or (not any(stops) and outcome.same(found, wanted))


def made_on(trial: Trial, inputs: list[int]) -> Wrong:
    """Return the only listed mistake, or pair, with these outputs on some of the inputs."""
    if len(inputs) < max(2, len(trial.cases) / 3) or len(inputs) == len(trial.cases):
        return RIGHT
    ways = trial.exercise.combinations()
    made = [w for w in ways if agrees_on(trial, inputs, outcomes(trial.exercise, w))]
    alone = [wrong for wrong in made if len(wrong) == 1]
    likely = alone or made
    return likely[0] if len(likely) == 1 and not agrees_on(trial, inputs, trial.expected) else RIGHT


def agrees_on(trial: Trial, inputs: list[int], wanted: list[Any]) -> bool:
    """Say whether these are the outputs on some of the inputs."""
    return all(outcome.same(trial.outputs[i], wanted[i]) for i in inputs)


def only(mistake: str) -> Wrong:
    """Return one mistake as a set."""
    return frozenset({mistake})


def breakdown(trial: Trial) -> tuple[str, ...]:
    """Return the first sentence on what cannot be compared; what was raised comes first."""
    raised = filter(None, map(guards.raised, trial.calls))
    where = zip(trial.unfit, *trial.sides, strict=True)
    others = (f"{odd}{on(odd, *side)}" for odd, *side in where if odd)
    return tuple([*raised, *others][:1])


def on(odd: str, case: Case, output: Any, expected: Any) -> str:
    """Name the input on which NaN or ∞ comes out first; of a shape the sizes say enough.

    They do not of a row of whole numbers with a wrong length: both are shown.
    """
    if " somewhere." in odd:
        return f" The first such input: {given(case)}."
    if outcome.is_short_row(output) and outcome.is_short_row(expected):
        both = f"yours is {outcome.show(output)}, {outcome.show(expected)} is right"
        return f" The first such input: {given(case)}; {both}."
    return ""


def raises(trial: Trial) -> Judgement | None:
    """Say what was raised."""
    raised = any(isinstance(call.output, Raised) for call in trial.calls)
    return breaks_down(trial) if raised else None


def said(*sentences: str | None) -> tuple[str, ...]:
    """Return those sentences that there are."""
    return tuple(filter(None, sentences))


def related(trial: Trial) -> Judgement | None:
    """Name the exact relation between what came out and what should have.

    What all customers together got is no number of the answer's: it has none.
    """
    if trial.exercise.together:
        return None
    if sentence := relation(*trial.sides):
        return Judgement("relation", (sentence,))
    fit = [i for i, odd in enumerate(trial.unfit) if not odd]
    if 2 <= len(fit) < len(trial.cases) and (
        sentence := relation(*([side[i] for i in fit] for side in trial.sides))
    ):
        return Judgement("relation", (f"Where it can be compared: {sentence}", *breakdown(trial)))
    return None


def beyond_a_known_mistake(trial: Trial) -> Judgement | None:
    """Name a listed mistake that something nobody listed was added to, such as a factor."""
    if trial.exercise.together:
        return None
    for mistake in trial.exercise.mistakes:
        mistaken = outcomes(trial.exercise, only(mistake.name))
        if sentence := plain_relation(trial.cases, trial.outputs, mistaken, trial.expected):
            two = "This looks like two mistakes at once."
            # a half may well be right and the other half missing: compare, do not judge
            beside = sentence.replace("what it should be", "what that mistake alone gives")
            beside = beside.replace("the right ones", "those of that mistake alone")
            found = (two, mistake.hint, f"Apart from that: {beside}")
            return Judgement("relation", found, only(mistake.name))
    return None


def lacks_a_property(trial: Trial) -> Judgement | None:
    """Say the first property that some comparable output lacks."""
    both = zip(trial.cases, trial.outputs, trial.unfit, strict=True)
    fit = [(case, output) for case, output, sentence in both if not sentence]
    for rule in trial.exercise.properties:
        if broken := [case for case, output in fit if not kept(rule, case, output)]:
            where = said(part(*trial.sides), shown(trial, broken[0]))
            where = () if trial.exercise.together else where
            return Judgement("property", (rule.sentence, *where))
    return None


def shown(trial: Trial, case: Case) -> str | None:
    """Show a short input if most of the others are right: then it is worth a closer look."""
    right = map(outcome.same, trial.outputs, trial.expected)
    numbers = sum(tensor.numel() for tensor in outcome.tensors(list(case.values())))
    if sum(right) <= len(trial.cases) / 2 or numbers > ROOM:
        return None
    return f"The first on which it is not so: {given(case)}."


def kept(rule: Property, case: Case, output: Any) -> bool:
    """Say whether an output keeps a rule. One that the rule cannot even read is left to others."""
    try:
        return rule.holds(case, output)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        return True


def has_another_form(trial: Trial) -> Judgement | None:
    """Say that an output has another kind or shape than expected."""
    both = zip(trial.outputs, trial.expected, strict=True)
    return breaks_down(trial) if any(outcome.form(o) != outcome.form(e) for o, e in both) else None


def holds_nan(trial: Trial) -> Judgement | None:
    """Say that an output holds NaN, or numbers of another type."""
    return breaks_down(trial) if any(trial.unfit) else None


def breaks_down(trial: Trial) -> Judgement:
    """Say what cannot be compared, and on how many inputs the answer is right nevertheless."""
    stops = [isinstance(made.output, Raised) for made in trial.calls]
    return Judgement("guard", (*breakdown(trial), *said(right_on_some(*trial.sides, stops))))


def departs(trial: Trial) -> Judgement:
    """Say where the answer is right, and where it departs first."""
    return Judgement("difference", said(part(*trial.sides), difference(*trial.sides)))


STEPS: tuple[Step, ...] = (
    cannot_be_judged,
    passes,
    known_mistake,
    known_mistake_where_it_fits,
    raises,
    related,
    beyond_a_known_mistake,
    has_another_form,
    lacks_a_property,
    holds_nan,
    departs,
)
