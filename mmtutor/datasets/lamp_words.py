"""Films of lamps in words: captions of what happens in which order, and sentences about one event.

A caption holds three facts: who sets off in which order, who flashes in which order, and where each
lamp goes. It is worded in such a way that the set of its words tells the directions alone, and not
of which lamp: "red flashes before blue before green" has the words of every other order.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Int64
from torch import Tensor

from mmtutor.datasets.lamps import FLASH, FRAMES, LAMPS, SIDE, STEPS, WAYS, Lamps

# ── Captions ──────────────────────────────────────────────────────────────────────────────────────


def captions(films: Lamps, seed: int = 0) -> list[str]:
    """Put films into words: three facts in any order, each in one of two wordings."""
    generator = torch.Generator().manual_seed(seed)
    wordings = torch.randint(2, (len(films), 3), generator=generator).tolist()
    orders = torch.rand(len(films), 3, generator=generator).argsort(1).tolist()
    facts = films.starts.tolist(), films.flashes.tolist(), films.answers[:, : len(LAMPS)].tolist()
    texts = []
    for start, flash, way, wording, order in zip(*facts, wordings, orders, strict=True):
        clauses = [
            in_order(start, "sets off", wording[0]),
            in_order(flash, "flashes", wording[1]),
            in_directions(way, ("goes", "moves")[wording[2]]),
        ]
        texts.append(", ".join(clauses[number] for number in order))
    return texts


def in_order(moments: Sequence[int], does: str, wording: int) -> str:
    """Return "red flashes before blue before green", or the same from the last to the first."""
    word = ("before", "after")[wording]
    lamps = sorted(range(len(LAMPS)), key=lambda lamp: moments[lamp], reverse=wording == 1)
    first, second, third = (LAMPS[lamp] for lamp in lamps)
    return f"{first} {does} {word} {second} {word} {third}"


def in_directions(ways: Sequence[int], verb: str) -> str:
    """Return where each lamp goes: "red goes left green up blue right"."""
    first, *others = (f"{lamp} {WAYS[way]}" for lamp, way in zip(LAMPS, ways, strict=True))
    return " ".join([first.replace(" ", f" {verb} "), *others])


def meanings(films: Lamps) -> Int64[Tensor, " film"]:
    """Return one number for each film: films whose captions say the same have the same one."""
    orders = [moments.argsort(1) for moments in (films.starts, films.flashes)]
    facts = torch.cat([*orders, films.answers[:, : len(LAMPS)]], 1)
    return facts.unique(dim=0, return_inverse=True)[1]


# ── One event, and when it happens ────────────────────────────────────────────────────────────────

EVENTS = {
    "flashes": ("flashes", "lights up"),
    "sets off": ("sets off", "begins to glide"),
    "comes to rest": ("comes to rest", "stops"),
    "turns back": ("turns back", "changes its way"),
    "glides": ("glides", "is moving"),
}
"""What a lamp may do, each in two wordings."""


def sentence(lamp: int, event: str, wording: int = 0) -> str:
    """Return "the red lamp flashes": one event of one lamp."""
    return f"the {LAMPS[lamp]} lamp {EVENTS[event][wording]}"


def event_frames(films: Lamps) -> Bool[Tensor, "film lamp event time"]:
    """Return in which frames each of EVENTS happens to each lamp; nowhere, where it does not.

    Two frames of a flash; the last that stands and the first that does not, or the other way round;
    the frame at which a lamp turns, with its two neighbours; all five places of a glide.
    """
    time = torch.arange(FRAMES)
    flash = within(time, films.flashes, FLASH)
    off, rest = within(time, films.starts, 2), within(time, films.starts + STEPS - 1, 2)
    turn = within(time, turning(films) - 1, 3) & (turning(films) > 0).unsqueeze(2)
    return torch.stack([flash, off, rest, turn, within(time, films.starts, STEPS + 1)], 2)


def within(
    time: Int64[Tensor, " time"], first: Int64[Tensor, "film lamp"], count: int
) -> Bool[Tensor, "film lamp time"]:
    """Return which moments are among the `count` from `first` on."""
    since = time - first.unsqueeze(2)
    return (since >= 0) & (since < count)


def turning(films: Lamps) -> Int64[Tensor, "film lamp"]:
    """Return the frame after which a lamp goes back, and 0 where it never does."""
    steps = (films.places.diff(dim=1) + SIDE / 2) % SIDE - SIDE / 2
    back = (steps[:, 1:] * steps[:, :-1]).sum(3) < -0.1  # (film, two steps, lamp)
    return torch.where(back.any(1), back.int().argmax(1) + 1, 0)
