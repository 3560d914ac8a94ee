"""Make scenes: plan them, place the objects, paint, ask."""

from collections.abc import Sequence

import torch

from mmtutor.datasets.scenes.collection import Scenes
from mmtutor.datasets.scenes.drawing import paint
from mmtutor.datasets.scenes.kinds import KINDS, NOTHING
from mmtutor.datasets.scenes.places import Place, arrange, place_anywhere, place_in_cells
from mmtutor.datasets.scenes.plan import Plan, make_plan
from mmtutor.datasets.scenes.questions import questions_in_words, slots_asked, true_answers
from mmtutor.datasets.scenes.words import NEEDED, NUMBERS, TYPES


def make_scenes(
    count: int,
    *,
    kinds: int = len(KINDS),
    objects: tuple[int, int] = (1, 6),
    questions: Sequence[str] = TYPES,
    placement: str = "anywhere",
    pairs: str = "seen",
    seed: int = 0,
) -> Scenes:
    """Draw `count` scenes.

    Args:
        count: how many.
        kinds: how many of `KINDS` take part, from the first.
        objects: the fewest and the most objects of a scene; every number is equally likely.
        questions: types out of `QUESTIONS`, equally likely.
        placement: "anywhere", or "jittered": each object's middle in a cell of its own, 3 × 3.
        pairs: "seen" (no kind in its held-out colour), "held_out" (the first object, which
            questions of colour and row are about, is in its held-out colour, the others are
            not) or "all".
        seed: the same seed and arguments give the same scenes.

    Raises ValueError, with what is allowed, for anything else.
    """
    check_arguments(kinds, objects, questions, placement, pairs)
    generator = torch.Generator().manual_seed(seed)
    plan = make_plan(count, kinds, objects, questions, pairs, generator)
    place = place_anywhere if placement == "anywhere" else place_in_cells
    return scenes_of(plan, place, generator)


def scenes_of(plan: Plan, place: Place, generator: torch.Generator) -> Scenes:
    """Place and paint what is planned, and ask."""
    boxes = arrange(plan, place, generator)
    pictures, owners = paint(plan, boxes, generator)
    asked = slots_asked(plan, boxes)
    return Scenes(
        pictures,
        owners,
        plan.kinds.masked_fill(~plan.present, NOTHING),
        plan.colours.masked_fill(~plan.present, NOTHING),
        boxes * plan.present.unsqueeze(-1),
        plan.types,
        questions_in_words(plan, asked),
        true_answers(plan, boxes, asked),
        asked,
    )


def check_arguments(
    kinds: int, objects: tuple[int, int], questions: Sequence[str], placement: str, pairs: str
) -> None:
    """Raise ValueError for what `make_scenes` cannot draw."""
    fewest, most = objects
    if not 2 <= kinds <= len(KINDS):
        raise ValueError(f"kinds must be 2 to {len(KINDS)}, not {kinds}")
    if not 1 <= fewest <= most <= min(kinds, len(NUMBERS)):
        raise ValueError(
            f"objects must run from 1 to at most {min(kinds, len(NUMBERS))}, not {objects}: "
            "every object of a scene is of another kind"
        )
    if not questions or set(questions) - set(TYPES):
        raise ValueError(f"questions must be some of {', '.join(TYPES)}, not {questions!r}")
    if too_many := [name for name in questions if NEEDED.get(name, 1) > most]:
        raise ValueError(f"a question of type {too_many[0]!r} needs two objects")
    if "exists" in questions and most == kinds:
        raise ValueError("with every kind in a scene, there is none to ask for in vain")
    if placement not in ("anywhere", "jittered"):
        raise ValueError(f"placement must be anywhere or jittered, not {placement!r}")
    if pairs not in ("seen", "held_out", "all"):
        raise ValueError(f"pairs must be seen, held_out or all, not {pairs!r}")
