"""Judge a submission: its answers in one process, the engine and the references in this one.

The engine judges a remote answer as it judges one in a notebook. What passes is then tried on
fresh inputs. Nothing here records an attempt: the grader's own progress is not touched.
"""

import hashlib
import time
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import torch

import mmtutor
from mmtutor import checks
from mmtutor.checks.engine import guards, outcome
from mmtutor.checks.engine.call import SEED
from mmtutor.checks.engine.difference import difference
from mmtutor.checks.engine.exercise import RIGHT, Case, Exercise, Implement, versions
from mmtutor.checks.engine.judge import judge, verdict
from mmtutor.checks.engine.mistakes import play
from mmtutor.checks.engine.rows import seated
from mmtutor.checks.engine.verdict import Judgement, Verdict
from mmtutor.grading.answer import RemoteAnswer
from mmtutor.grading.fresh import fresh_cases, near
from mmtutor.grading.points import points
from mmtutor.grading.process import Ended
from mmtutor.grading.record import Graded, Record
from mmtutor.grading.sitting import Place, Sitting
from mmtutor.grading.submissions import Submission
from mmtutor.grading.wire import Garbled, decode

BY_HAND = "by hand"
DIGITS = 4
"""Significant digits that two answers must share to count as doing the same."""


@dataclass(frozen=True)
class Rules:
    """How a run grades: where answers run, the seed of fresh inputs, and by exercise the name
    that the handed-out notebook gives its answer."""

    place: Place
    seed: int
    names: dict[str, str]


def grade(submission: Submission, rules: Rules) -> Record:
    """Grade one notebook. Whatever it does, there is a record: at worst, one to look at by hand."""
    exercises = checks.exercises(submission.lesson)
    names = {e.id: rules.names[e.id] for e in exercises if e.id in rules.names}
    with Sitting(rules.place, submission.cells, names) as sitting:
        try:
            sitting.start()
        except (Ended, Garbled):
            graded = [by_hand(e, "Its notebook ends the process that runs it.") for e in exercises]
        else:
            graded = [grade_exercise(e, sitting, rules) for e in exercises]
        notes = [*sitting.notes(), *handed_in_twice(sitting)]
    return record(submission, graded, notes, submission.hash)


def unfinished(submission: Submission, error: Exception) -> Record:
    """Return a record that says that grading itself failed; the next run tries again."""
    sentence = f"Grading stopped with {type(error).__name__}; grade again, or look by hand."
    graded = [by_hand(exercise, sentence) for exercise in checks.exercises(submission.lesson)]
    return record(submission, graded, [], "")


def record(submission: Submission, graded: list[Graded], notes: list[str], hash: str) -> Record:
    """Return a submission's record, without signs that no file or page could bear."""
    student, lesson = submission.student, submission.lesson
    shown = [replace(g, sentences=tuple(map(legible, g.sentences))) for g in graded]
    version = mmtutor.__version__
    return Record(student, lesson, version, tuple(shown), tuple(map(legible, notes)), hash)


def legible(text: str) -> str:
    """Return a text with a mark for every sign that is none, such as half a letter of Unicode."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "�" for sign in text)


def handed_in_twice(sitting: Sitting) -> list[str]:
    """Say which exercises have more than one check."""
    times = sitting.told.get("times", {})
    known = {e.id for e in checks.all_exercises()}
    return [
        f"`{id}` was handed in {count} times; the last one counts."
        for id, count in times.items()
        if id in known and isinstance(count, int) and count > 1
    ]


def grade_exercise(exercise: Exercise, sitting: Sitting, rules: Rules) -> Graded:
    """Judge the answer to one exercise, or say that there is none."""
    described = sitting.told.get("answers", {}).get(exercise.id)
    if described is None:
        return without_answer(exercise, sitting)
    try:
        answer = answer_of(exercise, described, sitting)
        found = judged(exercise, answer, rules)
        outputs = fingerprint(exercise, answer)
    except Garbled as error:
        return by_hand(exercise, f"What came back from the answer could not be read: {error}.")
    except Exception as error:  # the judge's own mistake must not cost a student anything
        return by_hand(exercise, f"The judge itself stopped with {type(error).__name__}.")
    if getattr(answer, "lost", None):
        sitting.end()  # a thread of it may still run: the next exercise gets a new process
    of = points(exercise)
    return Graded(
        exercise.id,
        found.status,
        float(of) if found.passed else 0.0,
        of,
        tuple(found.said()),
        found.mistakes,
        found.tried,
        "" if found.status in ("passed", "not attempted") else outputs,
    )


def by_hand(exercise: Exercise, sentence: str) -> Graded:
    """Ask for a person's eyes."""
    return Graded(exercise.id, BY_HAND, 0.0, points(exercise), (sentence,))


def without_answer(exercise: Exercise, sitting: Sitting) -> Graded:
    """Say why there is no answer: its check was not reached, or is not there."""
    if any(f'check("{exercise.id}"' in cell.replace("'", '"') for cell in sitting.cells):
        sentence = "Its check was not reached: an error stands in its cell or in one before it."
        return Graded(exercise.id, "not attempted", 0.0, points(exercise), (sentence,))
    return by_hand(exercise, f'The cell `check("{exercise.id}", …)` is missing.')


def answer_of(exercise: Exercise, described: Any, sitting: Sitting) -> Any:
    """Return what the judge is to judge: a value, or a function that lives elsewhere."""
    if not isinstance(described, dict):
        raise Garbled("an answer is not described")
    if described.get("blank") is True:
        return ...
    if "value" in described:
        return decode(described["value"], sitting.tensors)
    return RemoteAnswer(exercise.id, described, sitting.ask)


def judged(exercise: Exercise, answer: Any, rules: Rules) -> Verdict:
    """Judge as a notebook does, and what passes once more on fresh inputs."""
    if not isinstance(exercise, Implement):
        return judge(exercise, answer)
    tuned = with_time(exercise, rules.place.limits.call)
    found = judge(tuned, answer)
    if not found.passed:
        return found
    sentence = departs_on_fresh(tuned, answer, rules.seed)
    return verdict(tuned, Judgement("difference", (sentence,))) if sentence else found


@cache
def with_time(exercise: Implement, factor: float) -> Implement:
    """Return the exercise with the time of a call that this machine and the reference need."""
    begun = time.perf_counter()
    for case in exercise.cases():
        play(exercise, RIGHT, case)
    return replace(
        exercise, seconds=factor * exercise.seconds + 100 * (time.perf_counter() - begun)
    )


@cache
def fresh(exercise: Implement, seed: int) -> list[tuple[Case, Any]]:
    """Return fresh inputs, and what a right answer gives for each."""
    return [(case, play(exercise, RIGHT, case)) for case in fresh_cases(exercise, seed)]


def departs_on_fresh(exercise: Implement, answer: RemoteAnswer, seed: int) -> str:
    """Say how an answer that was right on the usual inputs departs on others; empty if nowhere.

    It may keep to any of the exercise's conventions, on all of them to the same.
    """
    said = (departs_in(version, answer, seed) for version in versions(exercise))
    return min(said, key=bool)


def departs_in(exercise: Implement, answer: RemoteAnswer, seed: int) -> str:
    """Say how an answer departs from the reference on fresh inputs; empty if nowhere."""
    told = "It is right on the inputs of the notebook's check, and not on others of the same kind: "
    for case, wanted in fresh(exercise, seed):
        made = seated(exercise, answer).call(case, exercise.seconds, SEED)
        found = outcome.like(made.output, wanted)
        if sentence := guards.broken_call(made) or guards.raised(made):
            return told + sentence
        if not near(found, wanted):
            odd = guards.wrong_kind(found, wanted)
            return told + (odd or difference([case], [found], [wanted]))
    return ""


def fingerprint(exercise: Exercise, answer: Any) -> str:
    """Return a short hash of what an answer gave on the usual inputs, to a few digits."""
    outputs = answer.outputs if isinstance(answer, RemoteAnswer) else [answer]
    if isinstance(exercise, Implement):
        outputs = outputs[: len(exercise.cases())]
    forms = str([outcome.form(output) for output in outputs if outcome.is_numeric(output)])
    digits = [f"{number:.{DIGITS - 1}e}" for number in numbers_of(outputs)]
    return hashlib.sha256(f"{forms}{digits}".encode()).hexdigest()[:12] if digits else ""


def numbers_of(outputs: list[Any]) -> list[float]:
    """Return all numbers in outputs; nothing where there are none."""
    parts = [part for part in outcome.parts(outputs) if outcome.is_numeric(part)]
    found = [outcome.numbers(part) for part in parts if not is_complex(part)]
    return torch.cat(found).tolist() if found else []


def is_complex(value: Any) -> bool:
    """Say whether a value is a tensor of complex numbers, which have no order."""
    return isinstance(value, torch.Tensor) and value.is_complex()
