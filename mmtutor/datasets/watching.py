"""Films of cameras that watch one thing all day: what is usual, and what is not.

A ball with a bright front drives evenly along a row or a column and turns at the walls. An odd
film is a usual one whose clock goes wrong at some frame: from there on it runs backwards (the ball
drives with its front behind), stands still, or jumps. So every single frame of an odd film could be
one of a usual film. Each camera has a grain of its own: what is much for one is little for another.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

ODD = ("reverse", "stop", "jump")
FRAMES = 16
SIDE = 16
FRAME_RATE = 8
"""Frames a second: a film is two seconds."""
EARLIEST, LATEST = 6, 12
"""The first odd frame, evenly drawn. Whoever predicts from two frames has tried four by then."""
RIM = 3.5
"""Pixels from a wall to the middle of a ball that turns there."""
SLOWEST, FASTEST = 0.9, 1.6
"""Pixels a frame."""
RADIUS, FRONT, AHEAD = 2.5, 1.3, 1.5
"""Pixels: of the ball, of its bright front, and how far ahead of the middle the front lies."""
GROUND, BODY, LIGHT = 40, 70, 120
"""Grey levels: of the ground, what the ball adds, and what its front adds."""
FINEST, COARSEST = 8.0, 32.0
"""The standard deviation of a camera's noise in grey levels; its logarithm is evenly drawn."""
SHORTEST_JUMP, LONGEST_JUMP = 4.0, 12.0
"""Frames by which the clock leaps at every odd frame of "jump"."""


@dataclass(frozen=True, eq=False)
class Watching:
    """Films of some cameras, which of their frames are odd, and how much each camera's noise is.

    `frames` are (film, time, channel, height, width). A film is odd from one frame on to its end.
    """

    frames: UInt8[Tensor, "film 16 1 16 16"]
    odd: Bool[Tensor, "film 16"]
    grain: Float[Tensor, " film"]

    def __len__(self) -> int:
        return len(self.odd)

    @property
    def begins(self) -> Int[Tensor, " film"]:
        """The number of each film's first odd frame, counted from 0; -1 where nothing is odd."""
        return torch.where(self.odd.any(dim=1), self.odd.int().argmax(dim=1), -1)


def make_watching(count: int, seed: int = 0, odd: str | None = None) -> Watching:
    """Make `count` films, all of them usual, or all of them odd in one of the ways of `ODD`.

    The same arguments give the same films; films of one seed differ in what is odd, and in nothing
    before it. ValueError for another way.
    """
    if odd is not None and odd not in ODD:
        raise ValueError(f"odd must be None or one of {', '.join(ODD)}, not {odd!r}")
    generator = torch.Generator().manual_seed(seed)
    begins = torch.randint(EARLIEST, LATEST + 1, (count, 1), generator=generator)
    leaps = leap(count, generator)
    time = torch.arange(FRAMES).expand(count, -1)
    is_odd = (time >= begins) & (odd is not None)
    wrong = {"reverse": 2 * begins - 2 - time, "stop": begins - 1, "jump": time + leaps}
    clock = torch.where(is_odd, wrong.get(odd, time), time)
    pictures = draw(*drive(clock.float(), generator))
    grain = FINEST * (COARSEST / FINEST) ** torch.rand(count, generator=generator)
    noise = grain[:, None, None, None] * torch.randn(pictures.shape, generator=generator)
    frames = (pictures + noise).round().clamp(0, 255).to(torch.uint8)
    return Watching(frames.unsqueeze(2), is_odd, grain)


def leap(count: int, generator: torch.Generator) -> Float[Tensor, "{count} 16"]:
    """Return how far a clock is ahead if it leaps at every frame, by a number drawn each time."""
    size = LONGEST_JUMP - SHORTEST_JUMP
    return (SHORTEST_JUMP + size * torch.rand(count, FRAMES, generator=generator)).cumsum(dim=1)


def drive(
    clock: Float[Tensor, "film 16"], generator: torch.Generator
) -> tuple[Float[Tensor, "film 16 2"], Float[Tensor, "film 16 2"]]:
    """Return where a ball is at each time of its clock, across and down, and where its front is.

    It drives from a place, in one of four directions and at a speed that are drawn. The front is
    a direction: a vector of length 1.
    """
    chance = torch.rand(4, len(clock), 1, generator=generator)
    speed = SLOWEST + (FASTEST - SLOWEST) * chance[0]
    angle = math.pi / 2 * (4 * chance[1]).floor()  # right, down, left or up
    way = torch.stack([angle.cos(), angle.sin()], dim=-1)  # (film, 1, 2)
    free = SIDE - 2 * RIM
    gone = free * chance[2:].permute(1, 2, 0) + (speed * clock).unsqueeze(-1) * way
    there = gone % (2 * free)  # on a road there and back
    back = there > free
    place = RIM + torch.where(back, 2 * free - there, there)
    return place, torch.where(back, -way, way)


def draw(
    place: Float[Tensor, "film 16 2"], front: Float[Tensor, "film 16 2"]
) -> Float[Tensor, "film 16 16 16"]:
    """Draw each ball with its front, without noise, in grey levels."""
    return GROUND + BODY * disc(place, RADIUS) + LIGHT * disc(place + AHEAD * front, FRONT)


def disc(middle: Float[Tensor, "film 16 2"], radius: float) -> Float[Tensor, "film 16 16 16"]:
    """Return which part of each pixel a disc covers, about: 1 inside, 0 outside, soft between."""
    pixel = torch.arange(SIDE) + 0.5
    across = pixel - middle[..., 0, None, None]
    down = pixel[:, None] - middle[..., 1, None, None]
    return (radius + 0.5 - (across.square() + down.square()).sqrt()).clamp(0, 1)
