"""Where the objects stand: each in a cell of its own, 3 × 3, and twins in one row."""

from functools import cache
from itertools import product

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Int64
from torch import Tensor

from mmtutor.datasets.scenes import SIDE
from mmtutor.datasets.scenes.boxes import box_at
from mmtutor.datasets.telling.groups import GROUPS

CELLS = 3
CELL = SIDE // CELLS


def place_groups(
    first: Int64[Tensor, "scene 2"],
    extents: Int64[Tensor, "scene slot 2"],
    present: Bool[Tensor, "scene slot"],
    generator: torch.Generator,
) -> Int64[Tensor, "scene slot 4"]:
    """Each object in a cell of its own, twins in one row; the first object keeps its place."""
    down, across = ((first + extents[:, 0] / 2) / (SIDE / CELLS)).long().unbind(1)
    rows = rows_of_groups(down, present, generator).repeat(1, 2)  # (scene, slot)
    columns = columns_in_rows(rows, across, present, generator)
    room = CELL + 1 - extents
    corner = torch.stack([rows, columns], dim=-1) * SIDE // CELLS
    corner += (torch.rand(room.shape, generator=generator) * room).long()
    corner[:, 0] = first
    return box_at(corner, extents)


def rows_of_groups(
    first: Int64[Tensor, " scene"], present: Bool[Tensor, "scene slot"], generator: torch.Generator
) -> Int64[Tensor, "scene group"]:
    """Draw a row for each group; the first group's is given, and no row holds more than three."""
    members = present.view(-1, 2, GROUPS).sum(dim=1)  # (scene, group)
    ways = all_rows()  # (way, group)
    filled = torch.einsum("sg,wgr->swr", members, F.one_hot(ways, CELLS))
    fits = (filled.amax(dim=2) <= CELLS) & (ways[:, 0] == first.unsqueeze(1))
    luck = torch.rand(fits.shape, generator=generator)
    return ways[luck.masked_fill(~fits, -1.0).argmax(dim=1)]


@cache
def all_rows() -> Int64[Tensor, "way group"]:
    """Return all ways to give three groups a row each."""
    return torch.tensor([*product(range(CELLS), repeat=GROUPS)])


def columns_in_rows(
    rows: Int64[Tensor, "scene slot"],
    first: Int64[Tensor, " scene"],
    present: Bool[Tensor, "scene slot"],
    generator: torch.Generator,
) -> Int64[Tensor, "scene slot"]:
    """Draw a column for each object, different ones within a row; the first object's is given."""
    scene = torch.arange(len(rows))
    luck = torch.rand(len(rows), CELLS, CELLS, generator=generator)  # (scene, row, column)
    luck[scene, rows[:, 0], first] = -1.0  # the given column comes first in its row
    order = luck.argsort(dim=2)
    taken = F.one_hot(rows, CELLS) * present.unsqueeze(2)  # (scene, slot, row)
    before = taken.cumsum(dim=1) - taken  # how many stand in each row already
    turn = before.gather(2, rows.unsqueeze(2)).squeeze(2).clamp(max=CELLS - 1)
    return order[scene.unsqueeze(1), rows, turn]
