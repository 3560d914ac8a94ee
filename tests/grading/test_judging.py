"""A remote answer hears what it would hear in a notebook, and right ones pass fresh inputs too."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from torch import Tensor

from mmtutor import checks
from mmtutor.checks.advisor.tool import PASSED_ON
from mmtutor.checks.engine import outcome
from mmtutor.checks.engine.call import call
from mmtutor.checks.engine.exercise import RIGHT as NO_MISTAKE
from mmtutor.checks.engine.exercise import Case, Exercise, Implement, versions
from mmtutor.checks.engine.judge import judge
from mmtutor.checks.engine.mistakes import play
from mmtutor.checks.engine.rows import rows, seated
from mmtutor.checks.engine.verdict import Verdict
from mmtutor.grading import handed_in
from mmtutor.grading.answer import RemoteAnswer
from mmtutor.grading.fresh import alike, fresh_cases, near
from mmtutor.grading.grade import names_of_answers
from mmtutor.grading.judging import departs_on_fresh, fingerprint
from mmtutor.grading.room import Room, described
from mmtutor.grading.wire import Message, decode, receive, send
from tests.answers import RIGHT
from tests.classroom import rooms

pytestmark = pytest.mark.answers

Reply = tuple[Message, list[Tensor]]
IMPLEMENT = [e for e in checks.all_exercises() if isinstance(e, Implement)]
each_function = pytest.mark.parametrize("exercise", IMPLEMENT, ids=lambda e: e.id)
ROOM = Room()


def piped(message: Message, tensors: list[Tensor]) -> Reply:
    """What arrives at the other end of a pipe."""
    stream = io.BytesIO()
    send(stream, message, tensors)
    stream.seek(0)
    heard = receive(stream)
    assert heard
    return heard


def ask(message: Message, tensors: list[Tensor], seconds: float) -> Reply:
    """Ask a room in this very process, through a pipe nevertheless."""
    return piped(*ROOM.reply(*piped(message, tensors)))


def remote(exercise: Exercise, answer: Any) -> Any:
    """An answer as the judge gets it from elsewhere."""
    handed_in.ANSWERS[exercise.id] = answer
    tensors: list[Tensor] = []
    told, tensors = piped({"answer": described(answer, tensors)}, tensors)
    if "value" in told["answer"]:
        return decode(told["answer"]["value"], tensors)
    return ... if told["answer"]["blank"] else RemoteAnswer(exercise.id, told["answer"], ask)


def essence(verdict: Verdict) -> tuple[Any, ...]:
    """A verdict without the place in the program, which only a notebook can know."""
    said = [s for s in verdict.said() if not s.startswith(("One change in", "By the way: Before"))]
    return verdict.status, verdict.mistakes, said


WRONG = [
    (exercise, wrong.answer)
    for exercise in IMPLEMENT[::3]
    for wrong in rooms()[exercise.id.split(".")[0]].WRONG[exercise.id][:1]
]


@pytest.mark.parametrize(("exercise", "answer"), WRONG, ids=lambda one: getattr(one, "id", ""))
def test_a_wrong_answer_hears_the_same_from_afar(exercise: Implement, answer: Any) -> None:
    assert essence(judge(exercise, remote(exercise, answer))) == essence(judge(exercise, answer))


@pytest.mark.parametrize("exercise", checks.all_exercises(), ids=lambda e: e.id)
def test_a_right_answer_passes_from_afar(exercise: Exercise) -> None:
    if exercise.id == "fusion.linear_head":
        pytest.skip("it trains six models")
    for answer in RIGHT[exercise.id][:1]:
        assert judge(exercise, remote(exercise, answer)).passed


def test_a_gradient_that_is_cut_elsewhere_is_missed_here() -> None:
    exercise = checks.find("attention.softmax")

    def cut(scores: Tensor, temperature: float) -> Tensor:
        return reference(scores, temperature).detach()

    reference = RIGHT[exercise.id][0]
    assert "gradient" in judge(exercise, remote(exercise, cut)).sentences[0]


def test_a_forbidden_function_is_heard_from_afar() -> None:
    exercise = checks.find("attention.softmax")
    called = remote(exercise, lambda scores, temperature: (scores / temperature).softmax(-1))
    assert "PyTorch's own `softmax`" in judge(exercise, called).sentences[0]


@each_function
def test_right_answers_are_right_on_fresh_inputs(exercise: Implement) -> None:
    for answer in RIGHT[exercise.id]:
        for seed in (1000, 123456789):
            assert any(right_on_fresh(one, answer, seed) for one in versions(exercise))


def right_on_fresh(exercise: Implement, answer: Callable[..., Any], seed: int) -> bool:
    """Say whether an answer has the reference's numbers on fresh inputs."""
    served = seated(exercise, answer)
    for case in fresh_cases(exercise, seed):
        wanted = play(exercise, NO_MISTAKE, case)
        if not near(outcome.like(call(served, case, 10.0).output, wanted), wanted):
            return False
    return True


def test_an_answer_in_another_convention_is_right_on_fresh_inputs() -> None:
    exercise = checks.find("transformer.rotary")
    for answer in RIGHT[exercise.id]:
        assert departs_on_fresh(exercise, remote(exercise, answer), 1000) == ""
    nothing = remote(exercise, lambda query, key, value, positions: (query, key, value))
    assert "not on others" in departs_on_fresh(exercise, nothing, 1000)


@each_function
def test_fresh_inputs_are_others_and_the_same_for_a_seed(exercise: Implement) -> None:
    one, again, another = (fresh_cases(exercise, seed) for seed in (1000, 1000, 2001))
    assert len(one) >= 3
    assert all(map(alike, one, again))
    assert not any(alike(new, old) for new in one for old in exercise.cases())
    assert any(not alike(new, old) for new, old in zip(one, another, strict=False))


def test_a_constant_is_wrong_on_fresh_inputs() -> None:
    """What is learnt by heart fails wherever the right numbers depend on the input."""
    for exercise in IMPLEMENT:
        usual = [right_numbers(exercise, case) for case in exercise.cases()]
        fresh = [right_numbers(exercise, case) for case in fresh_cases(exercise, 1000)]
        assert any(not any(near(new, old) for old in usual) for new in fresh), exercise.id


def right_numbers(exercise: Implement, case: Case) -> Any:
    """Return what the reference answers; where a check judges row by row, its answer to each."""
    if exercise.together:
        return [exercise.reference(*row.values()) for row in rows(case)]
    return play(exercise, NO_MISTAKE, case)


def test_a_tool_that_knows_the_usual_customers_by_heart_serves_too_few_others() -> None:
    exercise = checks.find("advisor.tool")
    assert isinstance(exercise, Implement)
    heart = {
        str(row): exercise.reference(*row.values()) for c in exercise.cases() for row in rows(c)
    }
    names = list(exercise.cases()[0])

    def by_heart(*row: Any) -> Any:
        return heart.get(str(Case(zip(names, row, strict=True))), PASSED_ON)

    assert judge(exercise, by_heart).passed
    assert "not on others" in departs_on_fresh(exercise, remote(exercise, by_heart), 1000)


def test_answers_that_do_the_same_wrong_thing_share_a_fingerprint() -> None:
    exercise = checks.find("attention.softmax")

    def of(answer: Any) -> str:
        far = remote(exercise, answer)
        judge(exercise, far)
        return fingerprint(exercise, far)

    one, same = of(lambda s, t: s * 3), of(lambda scores, temperature: scores + 2 * scores)
    assert one and one == same != of(lambda s, t: s * 4)
    assert of(lambda s, t: "text") == ""


def test_names_of_answers_are_those_of_the_notebooks() -> None:
    names = names_of_answers(Path(__file__).resolve().parents[2])
    assert names["attention.softmax"] == "softmax"
    assert set(names) <= {exercise.id for exercise in checks.all_exercises()}
