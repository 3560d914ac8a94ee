"""Films of three lamps, with eighteen questions: most need the film, some only one frame of it.

A red, a green and a blue lamp stand still, glide four steps and stand still again, and each flashes
once. What leaves the picture on one side comes in on the other. All is drawn in such a way that a
film run backwards is as likely as the film. So one frame says nothing of where a lamp goes, of who
sets off first or who flashes first, and neither does the heap of all frames without their order.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int64, UInt8
from torch import Tensor

LAMPS = ("red", "green", "blue")
PAIRS = ((0, 1), (0, 2), (1, 2))
"""Which two lamps a question compares."""
FRAMES, SIDE = 8, 16
WAYS = ("left", "right", "up", "down")
STEPS = 4
"""From one frame to the next is a step; a lamp glides in four of the seven."""
SPEEDS = (1.0, 1.75, 2.5)
"""Pixels a step. Each film has all three, and each lamp up to 0.2 more or less."""
RADII = (2.0, 3.0)
"""Pixels: a small lamp's and a large one's."""
DIM, BRIGHT, FLASH = 0.5, 1.0, 2
"""How much of full light a lamp gives, how much in its flash, and how many frames that lasts."""
GRAIN = 4.0
"""The standard deviation of the camera's noise, in grey levels."""
TOGETHER = 50
"""Films that are drawn in one go: they stay in the processor's cache."""
TYPES = ("direction", "first", "faster", "turned", "flash", "size")


class Question(NamedTuple):
    """What is asked of a film: of one lamp, or of two. `choices` are the possible answers."""

    type: str
    text: str
    choices: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Lamps:
    """Films, their answers, and what is true of them.

    `answers` are numbers of the choices of QUESTIONS. `places` are the middles of the lamps in
    pixels, across and down. A lamp stands until frame `starts`, glides `STEPS` steps and stands
    again; it is bright in the frames `flashes` and `flashes` + 1.
    """

    frames: UInt8[Tensor, "film 8 3 16 16"]
    answers: Int64[Tensor, "film 18"]
    places: Float[Tensor, "film 8 3 2"]
    starts: Int64[Tensor, "film 3"]
    flashes: Int64[Tensor, "film 3"]

    def __len__(self) -> int:
        return len(self.frames)


def questions() -> tuple[Question, ...]:
    """Return what is asked of every film: three questions of each type, in the order of TYPES."""
    yes = ("no", "yes")
    pairs = [(LAMPS[one], LAMPS[other]) for one, other in PAIRS]
    return (
        *(Question("direction", f"Which way does the {lamp} lamp get?", WAYS) for lamp in LAMPS),
        *(Question("first", f"Does {a} set off before {b}?", yes) for a, b in pairs),
        *(Question("faster", f"Is {a} faster than {b}?", yes) for a, b in pairs),
        *(Question("turned", f"Does the {lamp} lamp turn back?", yes) for lamp in LAMPS),
        *(Question("flash", f"Does {a} flash before {b}?", yes) for a, b in pairs),
        *(Question("size", f"Is the {lamp} lamp large?", yes) for lamp in LAMPS),
    )


QUESTIONS = questions()


def make_lamps(count: int, seed: int = 0) -> Lamps:
    """Make `count` films. The same arguments give the same films."""
    generator = torch.Generator().manual_seed(seed)
    ways = torch.randint(4, (count, 3), generator=generator)
    turned, early, large = (torch.randint(2, (3, count, 3), generator=generator) == 1).unbind()
    starts = some_of(FRAMES - STEPS, count, generator)  # 0 to 3, another for each lamp
    flashes = FLASH * some_of(FRAMES // FLASH, count, generator)  # 0, 2, 4 or 6
    speeds = torch.tensor(SPEEDS)[some_of(3, count, generator)]
    speeds = speeds + 0.4 * torch.rand(count, 3, generator=generator) - 0.2
    places = travel(ways, turned, early, starts, speeds, generator)
    parts = zip(places.split(TOGETHER), large.split(TOGETHER), flashes.split(TOGETHER), strict=True)
    frames = torch.cat([drawn(*some, generator) for some in parts])
    answers = torch.cat(
        [
            ways,
            compared(starts),
            compared(-speeds),
            turned.long(),
            compared(flashes),
            large.long(),
        ],
        dim=1,
    )
    return Lamps(frames, answers, places, starts, flashes)


def some_of(choices: int, count: int, generator: torch.Generator) -> Int64[Tensor, "{count} 3"]:
    """Draw three different numbers below `choices` for each film."""
    return torch.rand(count, choices, generator=generator).argsort(1)[:, :3]


def compared(numbers: Tensor) -> Int64[Tensor, "film 3"]:
    """Return 1 where the first lamp of a pair has the smaller number."""
    return torch.stack([numbers[:, one] < numbers[:, other] for one, other in PAIRS], 1).long()


def travel(
    ways: Int64[Tensor, "film 3"],
    turned: Bool[Tensor, "film 3"],
    early: Bool[Tensor, "film 3"],
    starts: Int64[Tensor, "film 3"],
    speeds: Float[Tensor, "film 3"],
    generator: torch.Generator,
) -> Float[Tensor, "film 8 3 2"]:
    """Return where the lamps are. One that turns takes its first step back, or its last.

    So it still gets two steps in its direction, and backwards an early turn is a late one.
    """
    steps = torch.ones(*ways.shape, STEPS)
    steps[..., 0] = torch.where(turned & early, -1.0, 1.0)
    steps[..., -1] = torch.where(turned & ~early, -1.0, 1.0)
    path = torch.cat([torch.zeros_like(steps[..., :1]), steps.cumsum(2)], 2)  # 0 where it stands
    taken = (torch.arange(FRAMES) - starts.unsqueeze(2)).clamp(0, STEPS)
    gone = path.gather(2, taken) * speeds.unsqueeze(2)  # (film, lamp, frame)
    heading = torch.tensor([[-1.0, 0.0], [1.0, 0.0], [0.0, -1.0], [0.0, 1.0]])[ways]
    begin = SIDE * torch.rand(len(ways), 1, 3, 2, generator=generator)
    return (begin + gone.transpose(1, 2).unsqueeze(3) * heading.unsqueeze(1)) % SIDE


def drawn(
    places: Float[Tensor, "film 8 3 2"],
    large: Bool[Tensor, "film 3"],
    flashes: Int64[Tensor, "film 3"],
    generator: torch.Generator,
) -> UInt8[Tensor, "film 8 3 16 16"]:
    """Draw each lamp into its own colour, over the edges, with the grain of a camera."""
    away = torch.arange(SIDE) + 0.5 - places.unsqueeze(4)  # (film, frame, lamp, axis, pixel)
    away = (away + SIDE / 2) % SIDE - SIDE / 2
    distance = (away[..., 0, None, :] ** 2 + away[..., 1, :, None] ** 2).sqrt()
    radius = torch.tensor(RADII)[large.long()][:, None, :, None, None]
    since = torch.arange(FRAMES)[:, None] - flashes.unsqueeze(1)  # (film, frame, lamp)
    light = torch.where((since >= 0) & (since < FLASH), BRIGHT, DIM)
    picture = 255 * light[..., None, None] * (radius + 0.5 - distance).clamp(0, 1)
    picture = picture + GRAIN * torch.randn(picture.shape, generator=generator)
    return picture.round().clamp(0, 255).to(torch.uint8)


BACKWARDS = ("direction", "first", "flash")
"""Types whose answers become the other one where a film is run backwards; the rest stay."""


def reversed_films(films: Lamps) -> Lamps:
    """Run films backwards, with the answers that are then right.

    The proof that the order of frames is needed: a film and its reverse hold the same frames.
    """
    answers = films.answers.clone()
    for number, question in enumerate(QUESTIONS):
        if question.type in BACKWARDS:
            answers[:, number] = answers[:, number] ^ 1  # left and right, up and down, no and yes
    return Lamps(
        films.frames.flip(1),
        answers,
        films.places.flip(1),
        FRAMES - 1 - STEPS - films.starts,
        FRAMES - FLASH - films.flashes,
    )
