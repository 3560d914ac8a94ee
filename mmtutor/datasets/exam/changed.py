"""Items in pairs: the same question about two scenes that differ in one thing, and the answer, too.

Whoever does not look says the same twice, and so never has a pair right. Source: Tong et al. 2024,
"Eyes Wide Shut?", arXiv:2401.06209 (MMVP), where pairs of photographs do the same.
"""

from collections.abc import Iterator
from itertools import combinations
from random import Random

from mmtutor.datasets.asking import Question
from mmtutor.datasets.asking.by_hand import allowed_colours, questions_about, things_of
from mmtutor.datasets.asking.making import names_one
from mmtutor.datasets.exam.items import Item
from mmtutor.datasets.exam.scenes import NEVER, Drawn, Things, item_of
from mmtutor.datasets.scenes import SIDE
from mmtutor.datasets.telling import Told

EDITS = {
    "repaint": ("colour", "exists"),
    "remove": ("count", "comparison"),
    "exchange": ("relation",),
}
"""What is changed in a scene, and which types of questions are then asked."""


def changed_pairs(told: Told, count: int, seed: int) -> list[Item]:
    """Return `count` items in `count` / 2 pairs, each type of question equally often.

    Raises ValueError where there are too few scenes, or where the pairs cannot be shared out.
    """
    types = [kind for some in EDITS.values() for kind in some]
    each, rest = divmod(count, 2 * len(types))
    left = dict.fromkeys(types, each)
    items: list[Item] = []
    for kind, one, other in pairs_of(told, Random(f"changed {seed}")):
        if left[kind]:
            left[kind] -= 1
            name = f"changed pair {len(items) // 2}"
            items += [item_of(one, "changed", len(items), name)]
            items += [item_of(other, "changed", len(items), name)]
        if not any(left.values()):
            break
    if rest or any(left.values()):
        raise ValueError(f"{count} items do not fill pairs of {len(types)} types: {left} are left")
    return items


def pairs_of(told: Told, random: Random) -> Iterator[tuple[str, Drawn, Drawn]]:
    """Yield pairs: a type, a question about a scene, and the same about the scene when changed."""
    for scene in range(len(told)):
        things = things_of(told.scenes, scene)
        edit = random.choice(list(EDITS))
        changed = edited(things, edit, random)
        found = differing(things, changed) if well_placed(changed) else []
        found = [(one, other) for one, other in found if one.type in EDITS[edit]]
        if found:
            kind = random.choice(sorted({one.type for one, _ in found}))
            one, other = random.choice([pair for pair in found if pair[0].type == kind])
            yield kind, (things, one), (changed, other)


def edited(things: Things, edit: str, random: Random) -> Things:
    """Repaint one kind, remove one thing, or let two things change places."""
    some = list(things)
    one, other = random.sample(range(len(some)), 2)
    a, b = some[one], some[other]
    if edit == "remove":
        del some[one]
    elif edit == "exchange":
        some[one] = a._replace(left=b.left, top=b.top)
        some[other] = b._replace(left=a.left, top=a.top)
    else:
        colour = random.choice(allowed_colours(a.kind))
        some = [t._replace(colour=colour) if t.kind == a.kind else t for t in some]
    return tuple(some)


def well_placed(things: Things) -> bool:
    """Say whether all things lie on the canvas, and none over another."""
    boxes = [thing.box for thing in things]
    inside = all(max(box) <= SIDE for box in boxes)
    apart = (
        a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
        for a, b in combinations(boxes, 2)
    )
    return inside and all(apart)


def differing(things: Things, changed: Things) -> list[tuple[Question, Question]]:
    """Return the questions that can be asked of both scenes and have another answer in each."""
    after = {question.text: question for question in questions_about(changed)}
    return [
        (question, after[question.text])
        for question in questions_about(things)
        if question.text in after
        and after[question.text].answer != question.answer
        and not names_one(question, NEVER)
    ]
