"""Steps in words: they tell the truth about what a question is about, and nothing else."""

import pytest

from mmtutor.datasets.asking import Asked, in_words, make_asked
from mmtutor.datasets.asking.steps import about, with_steps


@pytest.fixture(scope="module")
def asked() -> Asked:
    return make_asked(400, scenes=200, seed=5)


@pytest.mark.parametrize(("after", "place"), [(False, -1), (True, 0)])
def test_the_answer_stands_at_the_end_or_in_front(asked: Asked, after: bool, place: int) -> None:
    longer = with_steps(asked, after)
    for question, more in zip(asked.questions, longer.questions, strict=True):
        assert more.answer.split()[place] == question.answer
        assert more._replace(answer=question.answer) == question


def test_the_same_words_stand_on_either_side(asked: Asked) -> None:
    before, after = with_steps(asked), with_steps(asked, after=True)
    for one, two in zip(before.questions, after.questions, strict=True):
        *facts, answer = one.answer.split()
        assert [answer, *facts] == two.answer.split()


def test_every_step_is_a_fact_of_the_scene(asked: Asked) -> None:
    longer = with_steps(asked).questions
    for scene, question in zip(asked.scene.tolist(), longer, strict=True):
        facts = in_words(asked.told.facts[scene]).split(" . ")
        *steps, _ = question.answer.split(" . ")
        assert {step.removesuffix(" .") for step in steps} <= {f.removesuffix(" .") for f in facts}


def test_a_step_holds_what_the_answer_rests_on_named_things_first(asked: Asked) -> None:
    for scene, question in zip(asked.scene.tolist(), asked.questions, strict=True):
        groups = about(question, asked.told.facts[scene])
        boxes = {box for group in groups for box in group.boxes}
        assert set(question.boxes) <= boxes
        if question.type in ("relation", "comparison"):
            first = min(groups, key=lambda group: question.text.index(group.kind))
            assert groups[0] == first and len(groups) == 2


def test_what_is_not_there_has_no_step(asked: Asked) -> None:
    none = [q for q in with_steps(asked).questions if q.type == "count" and not q.boxes]
    assert none and {question.answer for question in none} == {"none"}
