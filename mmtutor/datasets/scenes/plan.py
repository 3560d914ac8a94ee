"""What scenes hold and what is asked, drawn before anything has its place."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int64
from torch import Tensor

from mmtutor.datasets.scenes.kinds import COLOURS, held_out_colour
from mmtutor.datasets.scenes.stamps import LARGEST, SMALLEST, extents_of_stamps
from mmtutor.datasets.scenes.words import NEEDED, SIDES, TYPES


@dataclass(frozen=True, eq=False)
class Plan:
    """What is decided about scenes before anything has its place."""

    types: Int64[Tensor, " scene"]
    kinds: Int64[Tensor, "scene slot"]
    missing: Int64[Tensor, " scene"]  # a kind that is not in the scene
    colours: Int64[Tensor, "scene slot"]
    sizes: Int64[Tensor, "scene slot"]
    extents: Int64[Tensor, "scene slot 2"]  # height and width of the ink in pixels
    present: Bool[Tensor, "scene slot"]
    side: Int64[Tensor, " scene"]
    yes: Bool[Tensor, " scene"]  # a coin: the answer to a question of yes or no

    def asks(self, name: str) -> Bool[Tensor, " scene"]:
        """Say which scenes have a question of this type."""
        return self.types == TYPES.index(name)


def make_plan(
    count: int,
    kinds: int,
    objects: tuple[int, int],
    questions: Sequence[str],
    pairs: str,
    generator: torch.Generator,
) -> Plan:
    """Draw everything but the places, each possibility equally likely."""

    def draw_below(high: int, *shape: int) -> Int64[Tensor, "..."]:
        return torch.randint(high, shape, generator=generator)

    types = torch.tensor([TYPES.index(name) for name in questions])[
        draw_below(len(questions), count)
    ]
    order = torch.rand(count, kinds, generator=generator).argsort(dim=1)
    kind = order[:, : objects[1]]
    sizes = draw_below(LARGEST - SMALLEST + 1, *kind.shape)
    return Plan(
        types,
        kind,
        order[:, -1],
        colours_of(kind, pairs, generator),
        sizes,
        extents_of_stamps()[kind, sizes],
        torch.arange(objects[1]) < numbers_of_objects(types, objects, generator).unsqueeze(1),
        draw_below(len(SIDES), count),
        draw_below(2, count).bool(),
    )


def numbers_of_objects(
    types: Int64[Tensor, " scene"], objects: tuple[int, int], generator: torch.Generator
) -> Int64[Tensor, " scene"]:
    """How many objects each scene has: every number that suits its question, equally likely."""
    fewest = torch.tensor([NEEDED.get(name, 1) for name in TYPES])[types].clamp(min=objects[0])
    share = torch.rand(len(types), generator=generator)
    return fewest + (share * (objects[1] + 1 - fewest)).long()


def colours_of(
    kind: Int64[Tensor, "scene slot"], pairs: str, generator: torch.Generator
) -> Int64[Tensor, "scene slot"]:
    """A colour for every object, each allowed one equally likely."""
    if pairs == "all":
        return torch.randint(len(COLOURS), kind.shape, generator=generator)
    # One colour fewer, and every number from the held-out one on moves up by one.
    colour = torch.randint(len(COLOURS) - 1, kind.shape, generator=generator)
    colour = colour + (colour >= held_out_colour(kind))
    if pairs == "held_out":
        colour[:, 0] = held_out_colour(kind[:, 0])
    return colour
