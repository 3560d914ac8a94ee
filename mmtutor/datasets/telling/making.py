"""Make scenes with captions: plan the groups, place and paint them, and choose five captions."""

from dataclasses import dataclass
from random import Random

import torch

from mmtutor.datasets.scenes import KINDS, Scenes
from mmtutor.datasets.scenes.making import scenes_of
from mmtutor.datasets.telling.claims import claims
from mmtutor.datasets.telling.facts import Facts, facts_of
from mmtutor.datasets.telling.grammar import FORMS, right_captions
from mmtutor.datasets.telling.groups import neighbours, plan_groups
from mmtutor.datasets.telling.placing import place_groups

REFERENCES = 5
"""How many captions each scene comes with."""
WORLDS = ("plain", "companions", "parted")
HELD = ("seen", "held_out", "all")


@dataclass(frozen=True, eq=False)
class Told:
    """Scenes, what is true of each, and five of its right captions; slots i and i + 3 are twins."""

    scenes: Scenes
    facts: list[Facts]
    references: list[tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.facts)

    def __repr__(self) -> str:
        return f"{len(self)} scenes with {REFERENCES} captions each"

    def right(self, scene: int) -> tuple[str, ...]:
        """Return all right captions of a scene."""
        return right_captions(self.facts[scene])


def make_told(
    count: int,
    *,
    kinds: int = len(KINDS),
    world: str = "plain",
    pairs: str = "seen",
    relations: str = "seen",
    seed: int = 0,
) -> Told:
    """Draw `count` scenes with captions.

    Args:
        count: how many.
        kinds: how many of `KINDS` take part, from the first; an even number from 6 on.
        world: "plain"; "companions" (of the scenes with an anchor or a flower, 90 % have both); or
            "parted" (every scene has one of the two, and none has both).
        pairs: "seen" (no kind in its held-out colour), "held_out" (the first group is in its
            held-out colour, the others are not) or "all".
        relations: "seen" (no caption relates neighbours, as KINDS are listed: the first with the
            second, the third with the fourth …), "held_out" (every scene has a pair of neighbours,
            and captions relate them if any right one does) or "all".
        seed: the same seed and arguments give the same scenes and captions.

    Raises ValueError, with what is allowed, for anything else.
    """
    check_arguments(kinds, world, pairs, relations)
    generator = torch.Generator().manual_seed(seed)
    plan = plan_groups(count, kinds, world, pairs, relations, generator)
    scenes = scenes_of(plan, place_groups, generator)
    facts, random = facts_of(scenes), Random(seed)
    return Told(scenes, facts, [references_of(one, relations, random) for one in facts])


def check_arguments(kinds: int, world: str, pairs: str, relations: str) -> None:
    """Raise ValueError for what `make_told` cannot draw."""
    if kinds not in range(6, len(KINDS) + 1, 2):
        raise ValueError(f"kinds must be an even number from 6 to {len(KINDS)}, not {kinds}")
    if world not in WORLDS:
        raise ValueError(f"world must be one of {', '.join(WORLDS)}, not {world!r}")
    if unknown := {pairs, relations} - set(HELD):
        raise ValueError(
            f"pairs and relations must be seen, held_out or all, not {unknown.pop()!r}"
        )
    if world != "plain" and relations == "held_out":
        raise ValueError('held-out relations are drawn in the world "plain" only')


def references_of(facts: Facts, relations: str, random: Random) -> tuple[str, ...]:
    """Choose five right captions, each form as likely; some come twice where there are fewer."""
    pool = allowed([form(facts) for form in FORMS.values()], relations)
    chosen = []
    while len(chosen) < REFERENCES:
        left = [form for form in pool if form]
        if not left:
            return tuple(chosen[i % len(chosen)] for i in range(REFERENCES))
        form = random.choice(left)
        chosen.append(form.pop(random.randrange(len(form))))
    return tuple(chosen)


def allowed(pool: list[list[str]], relations: str) -> list[list[str]]:
    """Keep the captions that relate no neighbours, or, where any does, those that do."""
    if relations == "all":
        return pool
    held = [[text for text in form if relates_neighbours(text)] for form in pool]
    if relations == "held_out":
        return held if any(held) else pool
    return [
        [text for text in form if text not in out] for form, out in zip(pool, held, strict=True)
    ]


def relates_neighbours(caption: str) -> bool:
    """Say whether a caption relates two kinds that are neighbours."""
    said = claims(caption)
    number = tuple(KINDS).index
    return any(
        neighbours(number(said.items[one].kind), number(said.items[other].kind))
        for one, _, other in said.relations
    )
