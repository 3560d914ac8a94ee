"""Items about scenes: for each text every answer is right equally often, to the item."""

from collections.abc import Mapping, Sequence
from random import Random

from mmtutor.datasets.asking import CHOICES, Question, questions_of
from mmtutor.datasets.asking.by_hand import (
    Thing,
    allowed_colours,
    things_of,
)
from mmtutor.datasets.asking.making import names_one
from mmtutor.datasets.exam.items import Item
from mmtutor.datasets.scenes import COLOURS, KINDS
from mmtutor.datasets.telling import Told
from mmtutor.datasets.telling.words import RELATIONS

EXAM_KINDS = tuple(KINDS)[:6]
"""What takes part: the kinds that lesson 15's models know."""
NEVER = {(next(c for c in COLOURS if c not in allowed_colours(kind)), kind) for kind in EXAM_KINDS}
"""Pairs of colour and kind that no model of the course has learnt from."""

Things = tuple[Thing, ...]
Drawn = tuple[Things, Question]
Answers = dict[str, list[Drawn]]
"""For each answer to a text, scenes in which it is right."""
Pool = dict[str, dict[str, Answers]]
"""By type, for each text, its answers."""


def pool_of(told: Told, types: Sequence[str]) -> Pool:
    """Return all questions of some types about scenes; none names a pair of NEVER."""
    pool: Pool = {kind: {} for kind in types}
    for scene, facts in enumerate(told.facts):
        things = things_of(told.scenes, scene)
        for question in questions_of(facts, EXAM_KINDS):
            named = question.type == "exists" and names_one(question, NEVER)
            if question.type in pool and not named:
                answers = pool[question.type].setdefault(question.text, {})
                answers.setdefault(question.answer, []).append((things, question))
    return pool


def balanced(texts: Mapping[str, Answers], count: int, random: Random) -> list[Drawn]:
    """Draw `count` questions: a text is drawn, each relation in turn, and asked once per answer.

    Only texts with as many answers as any take part. Nothing is asked twice of one scene. Raises
    ValueError where `count` is no multiple of the number of answers, or there are too few scenes.
    """
    most = max(map(len, texts.values()))
    if count % most:
        raise ValueError(f"{count} questions cannot have {most} answers equally often")
    left = {text: min(map(len, a.values())) for text, a in texts.items() if len(a) == most}
    relations = sorted({relation_in(text) for text in left})
    taken: set[Drawn] = set()
    for block in range(count // most):
        relation = relations[block % len(relations)]
        free = [text for text, n in left.items() if n and relation_in(text) == relation]
        if not free:
            raise ValueError(f"there are too few scenes for {count} questions")
        text = random.choice(free)
        left[text] -= 1
        taken |= {draw_one(found, taken, random) for found in texts[text].values()}
    return sorted(taken, key=lambda drawn: (drawn[1].text, drawn[1].answer, drawn[0]))


def relation_in(text: str) -> str:
    """Return the relation that a question names, or nothing."""
    return next((word for word in RELATIONS if f" {word} " in text), "")


def draw_one(found: Sequence[Drawn], taken: set[Drawn], random: Random) -> Drawn:
    """Draw a scene that was not taken; half of those for "no" are traps, where there are any."""
    free = [drawn for drawn in found if drawn not in taken]
    trap = random.random() < 0.5
    return random.choice([drawn for drawn in free if drawn[1].trap == trap] or free)


def item_of(drawn: Drawn, dimension: str, number: int, pair: str = "") -> Item:
    """Turn a drawn question into an item."""
    things, question = drawn
    return Item(
        f"{dimension} {number}",
        dimension,
        question.type,
        question.text,
        question.answer,
        CHOICES[question.type],
        shows={"things": [list(thing) for thing in things]},
        pair=pair,
    )


def about_scenes(
    pool: Pool, types: Sequence[str], dimension: str, count: int, seed: int
) -> list[Item]:
    """Return `count` items of one dimension, each of its types equally often."""
    random = Random(f"{dimension} {seed}")
    share = count // len(types)
    drawn = [one for kind in types for one in balanced(pool[kind], share, random)]
    return [item_of(one, dimension, number) for number, one in enumerate(drawn)]
