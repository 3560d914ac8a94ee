"""A program that reads scenes and words from pixels: it knows how they are drawn.

Every kind at every size in every colour is laid over every place; where hardly anything is left
over, it stands there. What it gets right shows what is possible: the ceiling.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from mmtutor.datasets.asking.by_hand import Thing, questions_about
from mmtutor.datasets.exam.scenes import EXAM_KINDS, Things
from mmtutor.datasets.exam.showing import LETTER
from mmtutor.datasets.glyphs import draw
from mmtutor.datasets.scenes import COLOURS, LARGEST, SIDE, as_input
from mmtutor.datasets.scenes.stamps import extents_of_stamps, stamps_of_kinds
from mmtutor.datasets.telling.facts import Box

Pictures = UInt8[Tensor, "picture 3 64 64"]
LEAST = 0.5
"""How much of a stamp's ink must be explained, of 1, for the thing to be there."""
TOGETHER = 10
"""Pictures that are read in one go."""


def things_in(pictures: Pictures) -> list[Things]:
    """Return what stands in each picture, from the clearest to the least clear."""
    found: list[Things] = []
    for some in pictures.split(TOGETHER):
        fits = explained(as_input(some))
        found += [tuple(chosen(candidates(picture))) for picture in fits]
    return found


class Candidate(NamedTuple):
    """Something that may stand somewhere: how well it explains the ink, what it is, its box."""

    fit: float
    thing: Thing
    box: Box


def candidates(fits: Float[Tensor, "colour stamp 64 64"]) -> list[Candidate]:
    """Return what may stand where in a picture."""
    sizes, extents = stamps_of_kinds().shape[1], extents_of_exam()
    places = (fits > LEAST).nonzero()
    found = []
    for fit, (colour, stamp, top, left) in zip(
        fits[tuple(places.T)].tolist(), places.tolist(), strict=True
    ):
        name, (high, wide) = EXAM_KINDS[stamp // sizes], extents[stamp]
        thing = Thing(name, tuple(COLOURS)[colour], left, top, stamp % sizes)
        found.append(Candidate(fit, thing, (left, top, left + wide, top + high)))
    return found


@cache
def extents_of_exam() -> list[list[int]]:
    """Return height and width of every stamp, kind by kind, size by size."""
    return extents_of_stamps()[: len(EXAM_KINDS)].flatten(0, 1).tolist()


def explained(
    ink: Float[Tensor, "picture 3 64 64"],
) -> Float[Tensor, "picture colour stamp 64 64"]:
    """Return which part of its ink a stamp explains, with its corner at each place.

    1 − (what is left over)² / (the stamp's ink)²: 1 where it fits, 0 or less where nothing is.
    A stamp is a kind at a size. −∞ where it would not lie on the canvas.
    """
    stamps = stamps_of_kinds()[: len(EXAM_KINDS)].flatten(0, 1)  # (stamp, 17, 17)
    taken = 1 - torch.tensor(list(COLOURS.values()))  # (colour, channel): what full ink takes
    wide = F.pad(ink, (0, LARGEST - 1, 0, LARGEST - 1))
    alike = F.conv2d(wide.flatten(0, 1).unsqueeze(1), stamps.unsqueeze(1)).unflatten(0, (-1, 3))
    alike = torch.einsum("pnshw,cn->pcshw", alike, taken)
    energy = taken.square().sum(dim=1)[:, None] * stamps.square().sum(dim=(1, 2))
    return (2 * alike - in_boxes(ink).unsqueeze(1)) / energy[..., None, None]


def in_boxes(ink: Float[Tensor, "picture 3 64 64"]) -> Float[Tensor, "picture stamp 64 64"]:
    """Return the square of all ink in each stamp's box; infinite where it leaves the canvas."""
    squares = F.pad(ink.square().sum(dim=1).double(), (1, 0, 1, 0)).cumsum(1).cumsum(2)
    extents = extents_of_exam()
    found = torch.full((len(ink), len(extents), SIDE, SIDE), torch.inf)
    for stamp, (high, wide) in enumerate(extents):
        below, right = squares[:, high:], slice(wide, None)
        rows, columns = SIDE + 1 - high, SIDE + 1 - wide
        above = squares[:, :rows]
        sums = below[..., right] - below[..., :columns] - above[..., right] + above[..., :columns]
        found[:, stamp, :rows, :columns] = sums.float()
    return found


def chosen(some: Sequence[Candidate]) -> list[Thing]:
    """Keep the best explanations of which none lies over a better one."""
    kept: list[Candidate] = []
    for one in sorted(some, reverse=True):
        if not any(over(one.box, other.box) for other in kept):
            kept.append(one)
    return [one.thing for one in kept]


def over(a: Box, b: Box) -> bool:
    """Say whether two boxes have a pixel in common."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def answer_about(things: Things, question: str) -> str:
    """Answer a question about things; "" where it cannot be answered."""
    known = {asked.text: asked.answer for asked in questions_about(things)}
    words = question.split()
    if question in known:
        return known[question]
    if words[:2] == ["how", "many"]:
        number = sum(f"{thing.kind}s" == words[2] for thing in things)
        return ("none", "one", "two")[number] if number < 3 else ""
    if words[:2] == ["are", "there"] and len(words) == 5:
        there = any((t.colour, f"{t.kind}s") == (words[2], words[3]) for t in things)
        return "yes" if there else "no"
    return ""


# ── Words ─────────────────────────────────────────────────────────────────────────────────────────


@cache
def written(text: str) -> Float[Tensor, "1 1 20 wide"]:
    """Return the ink of a word, with length 1."""
    ink = torch.cat([draw(letter, size=LETTER) / 255 for letter in text], dim=1)
    return (ink / ink.norm()).view(1, 1, LETTER, -1)


def word_fits(picture: UInt8[Tensor, "3 64 64"], options: Sequence[str]) -> Float[Tensor, " word"]:
    """Return how well each word fits at its best place: a cosine of ink, 1 at most."""
    ink = as_input(picture.unsqueeze(0))[0].amax(dim=0).view(1, 1, SIDE, SIDE)
    found = []
    for word in options:
        shape = written(word)
        size = F.conv2d(ink.square(), torch.ones_like(shape)).clamp(min=1.0).sqrt()
        found.append((F.conv2d(ink, shape) / size).amax())
    return torch.stack(found)
