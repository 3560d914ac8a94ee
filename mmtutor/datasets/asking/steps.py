"""A step in words beside the answer: what stands there of that which the question is about."""

from dataclasses import replace

from mmtutor.datasets.asking.conversations import in_words_of
from mmtutor.datasets.asking.making import Asked
from mmtutor.datasets.asking.questions import Question
from mmtutor.datasets.telling import Facts, Group
from mmtutor.datasets.telling.words import PLURALS

DOT = "."
"""What ends the words on one group."""


def with_steps(asked: Asked, after: bool = False) -> Asked:
    """Return the same questions; before each answer stand the facts that it rests on, in words.

    "the star is one red top left . the suns are two blue middle . no". With `after` they stand
    behind it: "no the star is …". What is not there has no facts.
    """
    facts = asked.told.facts
    longer = []
    for scene, question in zip(asked.scene.tolist(), asked.questions, strict=True):
        parts = [*step_of(question, facts[scene]), question.answer]
        order = [parts[-1], *parts[:-1]] if after else parts
        longer.append(question._replace(answer=" ".join(order)))
    return replace(asked, questions=tuple(longer))


def step_of(question: Question, facts: Facts) -> list[str]:
    """Return the facts that an answer rests on, each in words and with a full stop."""
    return [f"{in_words_of(group)} {DOT}" for group in about(question, facts)]


def about(question: Question, facts: Facts) -> list[Group]:
    """Return the groups that a question names or that its answer rests on, named ones first."""
    kinds = [PLURALS.get(word, word) for word in question.text.split()]
    named = sorted((g for g in facts if g.kind in kinds), key=lambda group: kinds.index(group.kind))
    found = [g for g in facts if g not in named and set(g.boxes) <= set(question.boxes)]
    return named + found
