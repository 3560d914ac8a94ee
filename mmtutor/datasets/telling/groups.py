"""What stands in scenes to be told: two or three groups, each of one object or two alike."""

import torch
from jaxtyping import Bool, Int64
from torch import Tensor

from mmtutor.datasets.scenes import KINDS, LARGEST, SIDES, SMALLEST, TYPES
from mmtutor.datasets.scenes.plan import Plan, colours_of
from mmtutor.datasets.scenes.stamps import extents_of_stamps

GROUPS = 3
"""The most groups of a scene; slot i and slot i + 3 of a scene hold the twins of group i."""
TWINS = 0.3
"""The share of groups that have two members."""
COMPANIONS = (tuple(KINDS).index("anchor"), tuple(KINDS).index("flower"))
"""Two kinds that go together in the world "companions"."""
TOGETHER = 0.9
"""In that world, the share of the scenes with one of the two that also have the other."""


def plan_groups(
    count: int, kinds: int, world: str, pairs: str, relations: str, generator: torch.Generator
) -> Plan:
    """Draw everything but the places."""
    groups = kinds_of_groups(count, kinds, generator)
    several = 2 + torch.randint(2, (count,), generator=generator)
    present = torch.arange(GROUPS) < several.unsqueeze(1)
    if relations == "held_out":
        groups = with_neighbours(groups)
    if world != "plain":
        groups = with_companions(groups, present, kinds, world, generator)
    colours = colours_of(groups, pairs, generator)
    twins = present & (torch.rand(present.shape, generator=generator) < TWINS)
    sizes = torch.randint(LARGEST - SMALLEST + 1, (count, 2 * GROUPS), generator=generator)
    kind = groups.repeat(1, 2)
    return Plan(
        torch.full((count,), TYPES.index("count")),
        kind,
        torch.zeros(count, dtype=torch.long),  # nothing is asked that could be missing
        colours.repeat(1, 2),
        sizes,
        extents_of_stamps()[kind, sizes],
        torch.cat([present, twins], dim=1),
        torch.full((count,), SIDES.index("left")),
        torch.zeros(count, dtype=torch.bool),
    )


def kinds_of_groups(
    count: int, kinds: int, generator: torch.Generator
) -> Int64[Tensor, "scene group"]:
    """Draw a kind for each group, all different, each as likely."""
    return torch.rand(count, kinds, generator=generator).argsort(dim=1)[:, :GROUPS]


def neighbours(one: int, other: int) -> bool:
    """Say whether two kinds are never related in training: 0 and 1, 2 and 3, and so on."""
    return one // 2 == other // 2


def with_neighbours(groups: Int64[Tensor, "scene group"]) -> Int64[Tensor, "scene group"]:
    """Make the second group the neighbour of the first; if the third was that, they change."""
    partner = groups[:, 0] ^ 1
    third = torch.where(groups[:, 2] == partner, groups[:, 1], groups[:, 2])
    return torch.stack([groups[:, 0], partner, third], dim=1)


def with_companions(
    groups: Int64[Tensor, "scene group"],
    present: Bool[Tensor, "scene group"],
    kinds: int,
    world: str,
    generator: torch.Generator,
) -> Int64[Tensor, "scene group"]:
    """Let the companions go together, or always apart: another kind takes a place, or gives it.

    A scene without either stays as it is; in the world "parted" it gets one of them.
    """
    coins = torch.rand(len(groups), generator=generator) < TOGETHER
    spare = torch.rand(len(groups), kinds, generator=generator).argsort(dim=1).tolist()
    rows = []
    for row, here, coin, others in zip(
        groups.tolist(), present.sum(dim=1).tolist(), coins.tolist(), spare, strict=True
    ):
        found = [kind for kind in row[:here] if kind in COMPANIONS]
        if world == "parted" or found:
            # Others come in random order, so that either of the two is as likely to be kept.
            kept = (found or [kind for kind in others if kind in COMPANIONS])[0]
            both = coin and world == "companions"
            row = changed(row, others, kept, both)
        rows.append(row)
    return torch.tensor(rows)


def changed(row: list[int], others: list[int], kept: int, both: bool) -> list[int]:
    """Return the kinds of a scene with one companion, or with both, in front."""
    pair = [kept, *(kind for kind in COMPANIONS if kind != kept)]
    rest = dict.fromkeys(kind for kind in (*row, *others) if kind not in COMPANIONS)
    return [*pair[: 1 + both], *rest][: len(row)]
