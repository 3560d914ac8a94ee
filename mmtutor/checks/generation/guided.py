"""Classifier-free guidance. Traps: the other convention, the wrong way, the null caption.

Ho and Salimans 2022, arXiv 2207.12598, count the scale from 0 at the velocity with the caption;
most programs count as this exercise does, from 0 at the velocity without it.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    Implement,
    Mistake,
    Property,
    Wrong,
    random_tensor,
)
from mmtutor.checks.engine.properties import agree
from mmtutor.checks.engine.velocities import Captioned, beside
from mmtutor.checks.gpt.shared import either

Velocity = Callable[[Tensor, Tensor, Tensor], Tensor]
ALONE = "rule scale words time"
"""The group of mistakes that are tried with no other."""


def guided(
    velocity: Velocity,
    x: Tensor,
    t: Tensor,
    captions: Tensor,
    null: int,
    scale: Tensor,
    wrong: Wrong = RIGHT,
) -> Tensor:
    """Reference: the velocity without the caption, and `scale` times the way to that with it."""
    t = 1 - t if "time_turned" in wrong else t
    nothing = silenced(captions, null, wrong)
    silent = velocity(x, torch.zeros_like(t) if "silent_at_0" in wrong else t, nothing)
    told = velocity(x, t, told_to(captions, wrong))
    if "interleaved" in wrong:
        silent, told = interleaved(velocity, x, t, nothing, captions)
    s, way = scales(scale, x, wrong), told - silent
    ways: dict[str, Callable[[], Tensor]] = {
        "one_more": lambda: told + s * way,
        "turned": lambda: told - s * way,
        "away": lambda: silent - s * way,
        "turned_from_told": lambda: told - (s - 1) * way,
        "told_added": lambda: silent + s * told,
        "silent_added": lambda: told + s * silent,
        "way_only": lambda: s * way,
        "told_scaled": lambda: s * told,
        "silent_scaled": lambda: s * silent,
        "no_scale": lambda: told,
        "never_told": lambda: silent,
        "mean": lambda: (silent + told) / 2,
        "sum": lambda: silent + told,
        "half_and_half": lambda: (silent + s * told) / (1 + s.abs()),
        "silent_twice": lambda: silent + silent + s * way,
        "less_silent": lambda: told - s * silent,
        "divided": lambda: silent + way / (1 + s.abs()),
        "unsigned_way": lambda: silent + s * way.abs(),
        "squared_scale": lambda: silent + s.square() * way,
        "as_long_as_told": lambda: as_long(silent + s * way, told),
        "both_scaled": lambda: s * (told + silent),
    }
    return either(ways, wrong, lambda: silent + s * way)


def interleaved(
    velocity: Velocity, x: Tensor, t: Tensor, nothing: Tensor, captions: Tensor
) -> tuple[Tensor, Tensor]:
    """Ask with pictures 0, 0, 1, 1 … and with captions 0, 1 …, 0, 1 …, which do not belong."""
    both = velocity(
        x.repeat_interleave(2, 0), t.repeat_interleave(2), torch.cat([nothing, captions])
    )
    return both[: len(x)], both[len(x) :]


def as_long(guided: Tensor, told: Tensor) -> Tensor:
    """Return a guided velocity with the spread of the one with the caption, as some programs do."""
    axes = tuple(range(1, guided.dim()))
    spread = guided.std(axes, keepdim=True, correction=0) + 1e-9
    return guided * told.std(axes, keepdim=True, correction=0) / spread


def silenced(captions: Tensor, null: int, wrong: Wrong) -> Tensor:
    """Return the captions without their words."""
    numbers = {"null_is_0": 0, "null_is_minus_1": -1, "null_is_1": 1, "null_next": null + 1}
    for name, number in numbers.items():
        if name in wrong:
            return torch.full_like(captions, number)
    nothing = torch.full_like(captions, null)
    parts = {
        "first_word": (slice(None), slice(0, 1)),
        "last_word": (slice(None), slice(-1, None)),
        "first_picture": (slice(0, 1), slice(None)),
        "all_but_first_word": (slice(None), slice(1, None)),
    }
    for name, place in parts.items():
        if name in wrong:
            kept = captions.clone()
            kept[place] = null
            return kept
    if "other_caption" in wrong:
        return captions.roll(1, 0)
    return captions * null if "multiplied_words" in wrong else nothing


def told_to(captions: Tensor, wrong: Wrong) -> Tensor:
    """Return the captions that the network is asked with."""
    ways = {
        "first_caption": captions[:1].expand_as(captions),
        "captions_turned": captions.flip(0),
    }
    return next((some for name, some in ways.items() if name in wrong), captions)


def scales(scale: Tensor, x: Tensor, wrong: Wrong) -> Tensor:
    """Return the scale of each picture beside the pictures."""
    ways = {
        "clipped": scale.clamp(0, 1),
        "not_beyond": scale.clamp(max=1),
        "not_negative": scale.clamp(min=0),
        "at_least_1": scale.clamp(min=1),
        "first_scale": scale[:1].expand_as(scale),
        "mean_scale": scale.mean(0, keepdim=True).expand_as(scale),
        "largest_scale": scale.amax(0, keepdim=True).expand_as(scale),
        "last_scale": scale[-1:].expand_as(scale),
        "scales_turned": scale.flip(0),
        "whole_scale": scale.trunc(),
        "nearest_scale": scale.round(),
        "size_of_scale": scale.abs(),
        "one_less": scale - 1,
        "two_less": scale - 2,
    }
    for name, after in {"last_axis": 0, "along_height": 1, "along_channel": 2}.items():
        if name in wrong:
            return scale.view(-1, *[1] * after)
    return beside(next((some for name, some in ways.items() if name in wrong), scale), x)


def guided_cases() -> list[Case]:
    def case(
        scale: list[float],
        null: int,
        words: int,
        size: tuple[int, int, int],
        seed: int,
        large: float = 1.0,
    ) -> Case:
        batch = len(scale)
        numbers = random_tensor(batch, words, seed=seed)
        chosen = (numbers.abs() * 10).long() + 1
        return Case(
            velocity=Captioned(0.5 - seed % 7 / 5, seed % 4 - 1.5),
            x=large * random_tensor(batch, *size, seed=seed + 1),
            t=random_tensor(batch, seed=seed + 2).sigmoid(),
            captions=chosen + (chosen >= null),  # no word is null
            null=null,
            scale=torch.tensor(scale),
        )

    first = case([2.0, 0.5], 0, 3, (1, 1, 2), 300)
    ends = case([0.0, 1.0, 3.0], 9, 2, (2, 3, 4), 310)
    twins = case([1.5, -0.6, 2.4, 1.5], 4, 2, (3, 2, 3), 370, 30.0)
    for name in ("x", "t", "captions"):
        twins[name][3] = twins[name][0]
    twins["x"][1, 0, 0, 0] = 0.0
    spoken = case([4.0, 2.5, -1.0, 1.25, 0.0], 7, 4, (2, 1, 3), 380)
    spoken["captions"][1], spoken["captions"][3, 2:] = 7, 7  # nothing said, and little
    spoken["captions"][0, 0] = 150
    spoken["t"] = torch.tensor([0.0, 0.3, 1.0, 0.0004, 0.75])
    return [
        first,
        ends,
        case([-1.5, 1.75, 7.5], 5, 4, (1, 2, 3), 320),
        case([1.3, 2.6], 3, 1, (4, 3, 1), 330),
        case([0.25], 6, 3, (2, 4, 5), 340),
        case([30.0, -25.0, 0.137, 0.0004], 2, 5, (3, 1, 4), 350),
        case([3.5, 1.2], -1, 3, (2, 2, 5), 355),
        case([0.7, 1.6, 2.2, 0.1], 120, 2, (4, 5, 1), 360, 0.003),
        case([2.25, 0.9, -0.4], 1, 6, (3, 4, 2), 365),
        twins,
        spoken,
    ]


def ends_of(case: Case) -> tuple[Tensor, Tensor]:
    """Return the velocities without the captions and with them."""
    nothing = torch.full_like(case["captions"], case["null"])
    network, x, t = case["velocity"], case["x"], case["t"]
    return network(x, t, nothing).double(), network(x, t, case["captions"]).double()


def fits(case: Case, output: Tensor) -> bool:
    """Say whether an answer has the shape of the pictures."""
    return output.shape == case["x"].shape


def at_zero(case: Case, output: Tensor) -> bool:
    """Say whether scale 0 gives the velocity without the caption."""
    chosen = case["scale"] == 0
    return not fits(case, output) or agree(output[chosen].double(), ends_of(case)[0][chosen])


def at_one(case: Case, output: Tensor) -> bool:
    """Say whether scale 1 gives the velocity with the caption."""
    chosen = case["scale"] == 1
    return not fits(case, output) or agree(output[chosen].double(), ends_of(case)[1][chosen])


def nothing_said(case: Case, output: Tensor) -> bool:
    """Say whether the scale has no say where the caption is null already."""
    chosen = (case["captions"] == case["null"]).all(1)
    return not fits(case, output) or agree(output[chosen].double(), ends_of(case)[0][chosen])


def on_the_line(case: Case, output: Tensor) -> bool:
    """Say whether each picture's velocity lies on the line through the two, wherever on it."""
    if not fits(case, output):
        return True
    silent, told = (one.flatten(1) for one in ends_of(case))
    way, gone = told - silent, output.double().flatten(1) - silent
    share = (gone * way).sum(1, keepdim=True) / way.square().sum(1, keepdim=True).clamp(min=1e-9)
    room = 1e-3 * (1 + gone.abs().amax(1, keepdim=True))
    return bool(((gone - share * way).abs() <= room).all())


def is_right(case: Case, output: Tensor) -> bool:
    """Say whether it is right."""
    return not fits(case, output) or agree(output.double(), guided(*case.values()).double())


GUIDED = Implement(
    id="generation.guided",
    title="Guided by the words",
    difficulty=2,
    minutes=15,
    hints=(
        "Without the caption the network says 3, with it 5. How long is the way from the one to "
        "the other, and where does it begin?",
        "v = v(null) + scale · (v(caption) − v(null)).",
        "The caption without words has the shape of `captions`, (batch, word): "
        "`torch.full_like(captions, null)`. Both velocities: (batch, channel, height, width). "
        "scale: (batch,), and so (batch, 1, 1, 1).",
        "silent = velocity(x, t, torch.full_like(captions, ...))\ntold = velocity(...)\n"
        "return ... + scale[:, None, None, None] * (... - ...)",
    ),
    reference=guided,
    cases=guided_cases,
    mistakes=(
        Mistake(
            "one_more",
            "You begin at the velocity *with* the caption, so scale 0 gives that one: it is the "
            "convention that the card does not have, (1 + scale) · with − scale · without.",
            "rule",
        ),
        Mistake(
            "turned",
            "Your way leads from the velocity with the caption to the one without: scale 1 gives "
            "the one without. From which to which is it to lead?",
            "rule",
        ),
        Mistake(
            "away",
            "You begin at the right place and go *away* from what the caption says: a sign is "
            "wrong.",
            "rule",
        ),
        Mistake(
            "turned_from_told",
            "You begin at the velocity with the caption and go on by `scale` − 1, but back: a sign "
            "is wrong.",
            ALONE,
        ),
        Mistake(
            "silent_at_0",
            "Without the caption you ask the network at time 0. Both are asked at the same time.",
            ALONE,
        ),
        Mistake(
            "told_added",
            "You add `scale` times the velocity with the caption. What is to be multiplied is the "
            "*way* from the one to the other.",
            "rule",
        ),
        Mistake(
            "silent_added",
            "You add `scale` times the velocity without the caption to the one with it. What is "
            "to be multiplied is the *way* from the one to the other.",
            "rule",
        ),
        Mistake(
            "way_only",
            "You return `scale` times the way. Where does it begin? Scale 0 gives zeros in yours.",
            "rule",
        ),
        Mistake(
            "told_scaled",
            "You multiply the velocity with the caption by the scale. The velocity without it "
            "plays no part in yours.",
            "rule words",
        ),
        Mistake(
            "silent_scaled",
            "The caption plays no part in yours: it is `scale` times the velocity without.",
            ALONE,
        ),
        Mistake(
            "no_scale",
            "That is the velocity with the caption, whatever the scale.",
            ALONE,
        ),
        Mistake(
            "never_told",
            "That is the velocity without the caption, whatever the scale.",
            ALONE,
        ),
        Mistake("mean", "You take the mean of the two, whatever the scale.", ALONE),
        Mistake("sum", "You take the sum of the two, whatever the scale.", ALONE),
        Mistake(
            "half_and_half",
            "You take a weighted mean, whose weights sum to 1 and are never negative. Scale 2 is "
            "to lead *beyond* the velocity with the caption.",
            ALONE,
        ),
        Mistake(
            "silent_twice",
            "The velocity without the caption comes in once too often.",
            ALONE,
        ),
        Mistake(
            "less_silent",
            "The velocity with the caption comes whole, minus `scale` times the one without. The "
            "scale multiplies the *way* from the one to the other: is a pair of brackets missing?",
            "rule",
        ),
        Mistake("divided", "You divide by the scale. A larger scale is to lead further.", ALONE),
        Mistake("unsigned_way", "The way from the one to the other has lost its sign.", ALONE),
        Mistake("squared_scale", "The scale comes in as a square.", ALONE),
        Mistake(
            "as_long_as_told",
            "You make the result as large as the velocity with the caption. Some programs do; "
            "the card does not.",
            ALONE,
        ),
        Mistake("both_scaled", "You multiply the sum of the two by the scale.", ALONE),
        Mistake(
            "null_is_0",
            "You take 0 for the word that says nothing. Which number is it? It is given.",
            "words",
        ),
        Mistake(
            "null_is_minus_1",
            "You take −1 for the word that says nothing. Which number is it? It is given.",
            ALONE,
        ),
        Mistake(
            "null_is_1",
            "You take 1 for the word that says nothing. Which number is it? It is given.",
            ALONE,
        ),
        Mistake("null_next", "Your null word is one too large.", ALONE),
        Mistake(
            "first_word",
            "Only the *first word* of a caption is taken away in yours. The network has learnt "
            "captions without any word.",
            "words",
        ),
        Mistake(
            "last_word",
            "Only the *last word* of a caption is taken away in yours. The network has learnt "
            "captions without any word.",
            ALONE,
        ),
        Mistake(
            "all_but_first_word",
            "The first word of a caption is still there in yours when all should be taken away.",
            ALONE,
        ),
        Mistake(
            "first_picture",
            "Only the first picture's caption is taken away in yours.",
            "words scale",
        ),
        Mistake(
            "time_turned",
            "You ask at 1 − t. The network is asked at the time that you are given.",
            ALONE,
        ),
        Mistake(
            "interleaved",
            "In your double batch the pictures come as 0, 0, 1, 1 … and the captions as 0, 1 …, 0, "
            "1 …: which caption goes with which picture?",
            ALONE,
        ),
        Mistake(
            "other_caption",
            "Instead of no caption you hand over *another picture's*. What is without a caption?",
            ALONE,
        ),
        Mistake("multiplied_words", "You multiply the words by `null`.", ALONE),
        Mistake("first_caption", "All pictures get the first one's caption.", ALONE),
        Mistake("captions_turned", "The captions come in reverse: the last one first.", ALONE),
        Mistake(
            "clipped",
            "Your scale stays between 0 and 1. It may be any number: 2 leads beyond the velocity "
            "with the caption.",
            "scale",
        ),
        Mistake(
            "not_beyond",
            "Your scale is never above 1. It may be any number: 2 leads beyond the velocity with "
            "the caption.",
            ALONE,
        ),
        Mistake(
            "not_negative",
            "Your scale is never below 0. It may be any number.",
            "scale",
        ),
        Mistake("at_least_1", "Your scale is never below 1. It may be any number.", ALONE),
        Mistake("first_scale", "All pictures get the first one's scale.", "scale"),
        Mistake("mean_scale", "All pictures get the mean scale. Each has its own.", "scale"),
        Mistake("largest_scale", "All pictures get the largest scale. Each has its own.", ALONE),
        Mistake("last_scale", "All pictures get the last one's scale.", ALONE),
        Mistake("scales_turned", "The scales come in reverse: the last one first.", ALONE),
        Mistake("whole_scale", "The scales are cut to whole numbers in yours.", ALONE),
        Mistake("nearest_scale", "The scales are rounded to whole numbers in yours.", ALONE),
        Mistake("size_of_scale", "The scales have lost their sign in yours.", ALONE),
        Mistake(
            "one_less",
            "Your scale is 1 too small: yours gives the velocity without the caption at scale 1.",
            ALONE,
        ),
        Mistake("two_less", "Your scale is 2 too small.", ALONE),
        Mistake(
            "last_axis",
            "The scales lie along the *width*: each column of pixels has one, and it works only "
            "where the batch is as large as the width. To which axis do they belong?",
            "scale",
        ),
        Mistake(
            "along_height",
            "The scales lie along the *height*: each row of pixels has one, and it works only "
            "where the batch is as large as the height. To which axis do they belong?",
            ALONE,
        ),
        Mistake(
            "along_channel",
            "The scales lie along the *channels*, and it works only where there are as many of "
            "them as pictures. To which axis do they belong?",
            ALONE,
        ),
    ),
    properties=(
        Property(
            "Scale 0 is to give the velocity without the caption, all words `null`. Yours gives "
            "another.",
            at_zero,
        ),
        Property(
            "Scale 1 is to give the velocity with the caption. Yours gives another.",
            at_one,
        ),
        Property(
            "Where a caption is nothing but `null` already, the two velocities are the same and "
            "the scale has no say. In yours it has.",
            nothing_said,
        ),
        Property(
            "Your velocity does not lie on the straight line through the one without the caption "
            "and the one with it.",
            on_the_line,
        ),
        Property(
            "Your velocity lies on the line through the two, but not `scale` times the way from "
            "the one without the caption. Does each picture have its own scale?",
            is_right,
        ),
    ),
)
