"""Conversations: signs that say who speaks, around questions, answers and captions."""

from collections.abc import Sequence

from mmtutor.datasets.asking.making import Asked
from mmtutor.datasets.asking.questions import Question, be, column_of, the
from mmtutor.datasets.asking.words import ANSWER_NUMBERS, IMAGE, MODEL, STOP, USER
from mmtutor.datasets.telling import Facts, Group

CAPTION_WISH = "describe the scene"
"""What a user says who wants a caption."""


def turn(wish: str, answer: str | None = None) -> str:
    """Return what a user says, and the model's answer; without one it is the model's turn."""
    return f"{USER} {wish} {MODEL}" + (f" {answer} {STOP}" if answer is not None else "")


def conversation(
    turns: Sequence[tuple[str, str | None]], pictures: int = 16, told: str = ""
) -> str:
    """Return a conversation about a picture, or about what is told in words.

    `pictures` is how many places the picture takes: the model puts its features there.
    """
    front = [IMAGE] * pictures + ([told] if told else [])
    return " ".join([*front, *(turn(*one) for one in turns)])


def in_words(facts: Facts) -> str:
    """Return a scene in words: all that can be asked of it follows from them."""
    return " ".join(f"{in_words_of(group)} ." for group in facts)


def in_words_of(group: Group) -> str:
    """Return one group in words: "the star is one red top left", "the suns are two blue middle".

    What is told of a thing stands behind its name: a language model finds it there sooner than in
    front (lesson 03).
    """
    column = f" {column_of(group)}" if group.number == 1 else ""
    number = ANSWER_NUMBERS[group.number]
    return f"{the(group)} {be(group)} {number} {group.colour} {group.place}{column}"


def by_scene(asked: Asked, turns: int) -> list[tuple[int, tuple[Question, ...]]]:
    """Return the questions of each scene, at most so many in one conversation."""
    found: dict[int, list[Question]] = {}
    for scene, question in zip(asked.scene.tolist(), asked.questions, strict=True):
        found.setdefault(scene, []).append(question)
    return [
        (scene, tuple(some[first : first + turns]))
        for scene, some in found.items()
        for first in range(0, len(some), turns)
    ]
