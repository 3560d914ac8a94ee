"""Items on what no model of the course has learnt from: new pairs, and new layouts."""

from random import Random

from mmtutor.datasets.asking import Question, questions_of
from mmtutor.datasets.asking.by_hand import CASES, Cells, scene_with, things_of
from mmtutor.datasets.asking.questions import exists
from mmtutor.datasets.asking.words import ANSWER_NUMBERS
from mmtutor.datasets.exam.items import Item
from mmtutor.datasets.exam.scenes import (
    EXAM_KINDS,
    NEVER,
    Answers,
    Things,
    balanced,
    item_of,
)
from mmtutor.datasets.telling import Told, make_told


def new_pairs(told: Told, count: int, seed: int) -> list[Item]:
    """Return items on whether there is a pair of colour and kind that was never learnt from.

    Half of the scenes have it. The others, of `told`, are traps: both are there, not together.
    """
    with_it = make_told(3 * count, kinds=6, pairs="held_out", seed=seed)
    texts: dict[str, Answers] = {exists(*pair): {"yes": [], "no": []} for pair in sorted(NEVER)}
    for some, answer in ((with_it, "yes"), (told, "no")):
        for scene, facts in enumerate(some.facts):
            for question in questions_of(facts, EXAM_KINDS):
                if question.text in texts and question.answer == answer:
                    found = (things_of(some.scenes, scene), question)
                    texts[question.text][answer] += [found] * (answer == "yes" or question.trap)
    drawn = balanced(texts, count, Random(f"new pairs {seed}"))
    return [item_of(one, "new pairs", number) for number, one in enumerate(drawn)]


LAYOUTS = ("two in two rows", "one under the other", "corner to corner")
"""Where two of a kind stand; scenes to learn from have them in one row."""


def new_layouts(count: int, seed: int) -> list[Item]:
    """Return items on how many there are, where two of a kind stand in different rows.

    Of three scenes of the same layout one has two of the kind that is asked for, one a single one
    beside two of another kind, one none: so neither ink nor the number of things tells.
    """
    random, items = Random(f"new layouts {seed}"), []
    for block in range(count // 3):
        kind = EXAM_KINDS[block % len(EXAM_KINDS)]
        cells = CASES[LAYOUTS[block // len(EXAM_KINDS) % len(LAYOUTS)]]
        for answer in ANSWER_NUMBERS:
            things = scene_about(kind, answer, cells, random)
            question = Question("count", f"how many {kind}s are there ?", answer, ())
            items.append(item_of((things, question), "new layouts", len(items)))
    return items


def scene_about(kind: str, answer: str, cells: Cells, random: Random) -> Things:
    """Draw scenes with two of one kind in some cells and one of another, until the answer fits."""
    while True:
        things = scene_with(cells, random)
        if ANSWER_NUMBERS.index(answer) == sum(thing.kind == kind for thing in things):
            return things
