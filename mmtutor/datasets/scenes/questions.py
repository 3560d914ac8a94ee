"""Questions and their true answers, once every object has its place."""

from functools import cache

import torch
from jaxtyping import Int64
from torch import Tensor

from mmtutor.datasets.scenes.boxes import middles, rows_of
from mmtutor.datasets.scenes.kinds import NOTHING
from mmtutor.datasets.scenes.places import outwards
from mmtutor.datasets.scenes.plan import Plan
from mmtutor.datasets.scenes.words import ANSWERS, LONGEST, PADDING, QUESTIONS, SIDES, TYPES, WORDS


def slots_asked(plan: Plan, boxes: Int64[Tensor, "scene slot 4"]) -> Int64[Tensor, " scene"]:
    """The slot that each question is about; NOTHING where it is about none."""
    asked = torch.zeros(len(boxes), dtype=torch.long)
    if boxes.shape[1] > 1:
        # "Is A above B" names the first two objects, in the order that makes the coin right.
        down = middles(boxes)[..., 1]
        asked[plan.asks("above") & ((down[:, 0] < down[:, 1]) != plan.yes)] = 1
    asked = torch.where(plan.asks("side"), outwards(plan, boxes).argmax(dim=1), asked)
    nobody = plan.asks("count") | (plan.asks("exists") & ~plan.yes)
    return asked.masked_fill(nobody, NOTHING)


def true_answers(
    plan: Plan, boxes: Int64[Tensor, "scene slot 4"], asked: Int64[Tensor, " scene"]
) -> Int64[Tensor, " scene"]:
    """The true answer of every question, as numbers of `ANSWERS`."""
    slot = asked.clamp(min=0).unsqueeze(1)
    of_type = {
        "colour": ANSWERS.index("red") + plan.colours.gather(1, slot)[:, 0],
        "row": ANSWERS.index("top") + rows_of(boxes).gather(1, slot)[:, 0],
        "side": ANSWERS.index("umbrella") + plan.kinds.gather(1, slot)[:, 0],
        "count": ANSWERS.index("one") + plan.present.sum(dim=1) - 1,
        "above": ANSWERS.index("yes") + (~plan.yes).long(),
        "exists": ANSWERS.index("yes") + (~plan.yes).long(),
    }
    return torch.stack([of_type[name] for name in TYPES])[plan.types, torch.arange(len(asked))]


def questions_in_words(plan: Plan, asked: Int64[Tensor, " scene"]) -> Int64[Tensor, "scene word"]:
    """Every question as numbers of `WORDS`, padded on the right."""
    slots = torch.stack([asked.clamp(min=0), 1 - asked.clamp(0, 1)], dim=1)
    named = plan.kinds.gather(1, slots.clamp(max=plan.kinds.shape[1] - 1))
    absent = plan.asks("exists") & ~plan.yes
    named[absent, 0] = plan.missing[absent]
    fillers = torch.cat([named + WORDS.index("umbrella"), words_of_side(plan)], dim=1)
    templates = question_templates()[
        plan.types
    ]  # (scene, word): below 0 where a word is to be filled in
    filled = fillers.gather(1, (-templates - 1).clamp(min=0))
    return torch.where(templates < 0, filled, templates)


def words_of_side(plan: Plan) -> Int64[Tensor, "scene 1"]:
    """The word for the side that is asked for, as a number of `WORDS`."""
    return (WORDS.index(SIDES[0]) + plan.side).unsqueeze(1)


@cache
def question_templates() -> Int64[Tensor, "type word"]:
    """Questions as numbers: -1 and -2 stand for the kinds that they name, -3 for the side."""
    blanks = {"{0}": -1, "{1}": -2, "{side}": -3}
    rows = torch.full((len(TYPES), LONGEST), PADDING)
    for row, text in zip(rows, QUESTIONS.values(), strict=True):
        for place, word in enumerate(text.split()):
            row[place] = blanks[word] if word in blanks else WORDS.index(word)
    return rows
