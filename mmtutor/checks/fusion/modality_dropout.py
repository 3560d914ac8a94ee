"""Mend modality dropout: both sides are lost in the same pairs, and what is kept grows."""

import math

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    FindTheBug,
    Mistake,
    Property,
    Wrong,
    random_tensor,
)
from mmtutor.checks.engine.properties import agree


def modality_dropout(
    pictures: Tensor, sounds: Tensor, draw: Tensor, share: float, wrong: Wrong = RIGHT
) -> tuple[Tensor, Tensor]:
    """Reference: zeros for a picture where the draw is low, for a sound where it is high."""
    no_picture, no_sound = losses(draw, share, wrong)
    if "inverted" in wrong:
        no_picture, no_sound = ~no_picture, ~no_sound
    keep = 1 - (share / 2 if "scaled_by_half" in wrong else share)
    scale = 1 / keep if {"scaled", "scaled_by_half"} & wrong else 1.0
    return lose(pictures, no_picture, scale, wrong), lose(sounds, no_sound, scale, wrong)


def losses(draw: Tensor, share: float, wrong: Wrong) -> tuple[Tensor, Tensor]:
    """Say for every pair whether its picture and its sound are lost."""
    of_pictures = share if {"not_halved", "picture_not_halved"} & wrong else share / 2
    of_sounds = share if {"not_halved", "sound_not_halved"} & wrong else share / 2
    low = draw <= of_pictures if "inclusive" in wrong else draw < of_pictures
    high = draw > 1 - of_sounds if "strict" in wrong else draw >= 1 - of_sounds
    none = torch.zeros_like(low)
    first = torch.arange(len(draw)) == 0
    ways = {
        "nothing_lost": (none, none),
        "first_pair_only": (low & first, high & first),
        "first_decides": (low[:1].expand_as(low), high[:1].expand_as(high)),
        "same_rows": (low, low),
        "rest": (low, ~low),
        "beside": (low, (draw >= of_pictures) & (draw < 2 * of_pictures)),
        "swapped": (high, low),
        "picture_only": (low, none),
        "sound_only": (none, high),
    }
    return next((rows for name, rows in ways.items() if name in wrong), (low, high))


def lose(x: Tensor, lost: Tensor, scale: float, wrong: Wrong) -> Tensor:
    """Put zeros where a modality is lost, in one of the ways that people try."""
    if "removed" in wrong:
        return x[~lost] * scale
    mask = lost if "no_axes" in wrong else lost.view(-1, 1, 1)
    filling = {
        "filled_with_mean": x.mean(0, keepdim=True),
        "filled_with_neighbour": x.roll(1, 0),
        "filled_with_one": torch.ones_like(x),
        "filled_with_number": x.mean().expand_as(x),
        "filled_with_own_mean": x.mean((1, 2), keepdim=True).expand_as(x),
        "filled_with_infinity": torch.full_like(x, -math.inf),
        "filled_with_nan": torch.full_like(x, math.nan),
    }
    instead = next((f for name, f in filling.items() if name in wrong), torch.zeros_like(x))
    return torch.where(mask, instead, x * scale)


def dropout_cases() -> list[Case]:
    def case(
        draw: list[float], share: float, picture: tuple[int, int], sound: tuple[int, int], seed: int
    ) -> Case:
        return Case(
            pictures=random_tensor(len(draw), *picture, seed=seed),
            sounds=random_tensor(len(draw), *sound, seed=seed + 1),
            draw=torch.tensor(draw),
            share=share,
        )

    loud = case([0.6, 0.05, 0.95, 0.3], 0.4, (2, 3), (4, 6), seed=470)
    for name in ("pictures", "sounds"):
        loud[name] = 40 * loud[name]
        loud[name][:, 0, 0] = 0.0
    loud["pictures"][3] = loud["pictures"][0]
    return [
        case([0.1, 0.9, 0.4], 0.5, (1, 2), (2, 1), seed=400),
        case([0.25, 0.75, 0.5, 0.0, 0.26, 0.99, 0.74], 0.5, (2, 3), (3, 2), seed=410),
        case([0.25, 0.75, 0.1, 0.9, 0.4, 0.6], 0.5, (2, 6), (3, 6), seed=420),
        case([0.8, 0.151, 0.25, 0.0, 0.9, 0.45], 0.305, (3, 2), (2, 4), seed=430),
        case([0.05, 0.62, 0.93, 0.21, 0.5], 0.8, (3, 3), (2, 2), seed=435),
        case([0.0, 0.5, 0.3, 0.97], 0.0, (2, 2), (1, 3), seed=440),
        case([0.2451, 0.5, 0.35, 0.97], 0.5, (2, 2), (1, 3), seed=445),
        case([0.55], 0.9, (3, 1), (1, 2), seed=450),
        case([0.4, 0.46, 0.44, 0.551, 0.54], 0.9, (2, 3), (4, 1), seed=455),
        case([0.0004, 0.9997, 0.0, 0.9994], 0.001, (2, 3), (4, 6), seed=460),
        loud,
    ]


def rows_are_whole_or_zero(case: Case, output: tuple[Tensor, Tensor]) -> bool:
    """Say whether every picture and every sound is unchanged or zero all over."""
    pairs = list(zip((case["pictures"], case["sounds"]), output, strict=True))
    if any(x.shape != z.shape for x, z in pairs):
        return False
    kept = [(z == x).flatten(1).all(1) | (z == 0).flatten(1).all(1) for x, z in pairs]
    return bool(torch.stack(kept).all())


def nobody_loses_both(case: Case, output: tuple[Tensor, Tensor]) -> bool:
    """Say whether every pair has a modality left."""
    pictures, sounds = ((z == 0).flatten(1).all(1) for z in output)
    return len(pictures) == len(sounds) and not bool((pictures & sounds).any())


def middle_is_untouched(case: Case, output: tuple[Tensor, Tensor]) -> bool:
    """Say whether a pair whose draw is neither low nor high has lost nothing."""
    half = case["share"] / 2
    middle = (case["draw"] > half) & (case["draw"] < 1 - half)
    pairs = list(zip((case["pictures"], case["sounds"]), output, strict=True))
    if any(x.shape != z.shape for x, z in pairs):
        return False
    return all(agree(x[middle], z[middle]) for x, z in pairs)


ALONE = "scale which strict half inclusive sense filling axes"
"""Every group: a mistake of all of them is never paired."""

DROPOUT_BUG = FindTheBug(
    id="fusion.modality_dropout",
    title="Find the bugs: modality dropout",
    difficulty=2,
    minutes=15,
    given=frozenset({"scaled", "same_rows"}),
    hints=(
        "There are two mistakes. Print what comes out for three pairs with the draws 0.1, 0.5 and "
        "0.9: which pairs have lost what? And are the others as they were?",
        "The picture is lost where draw < share/2, the sound where draw ≥ 1 − share/2. What is not "
        "lost stays as it was.",
        "draw: (batch,) → two masks (batch,), one for each modality → (batch, 1, 1), so that each "
        "falls on whole pictures and whole sounds.",
        "no_picture = draw < ...\nno_sound = ...\n"
        "return (\n  pictures.masked_fill(no_picture.view(-1, 1, 1), 0.0),\n  ...,\n)",
    ),
    reference=modality_dropout,
    cases=dropout_cases,
    mistakes=(
        Mistake(
            "scaled",
            "What is not lost grows by 1/(1 − share), as in ordinary dropout. There the sum of "
            "many numbers must stay the same; what does an encoder expect that sees one whole "
            "picture?",
            "scale",
        ),
        Mistake(
            "scaled_by_half",
            "What is not lost grows by 1/(1 − share/2). Should a whole picture look brighter "
            "because others were lost?",
            "scale",
        ),
        Mistake(
            "same_rows",
            "Picture and sound are lost in the same pairs. What can a model learn from a pair in "
            "which nothing is left?",
            "which strict",
        ),
        Mistake(
            "rest",
            "Every pair loses something in your version: where the picture is kept, the sound is "
            "lost. In which share of the pairs should nothing be lost?",
            "which strict",
        ),
        Mistake(
            "beside",
            "Your sounds are lost in a stretch of draws that begins where that of the pictures "
            "ends. That is as often, but not what the card asks for: at which end of the draws are "
            "sounds lost?",
            "which strict",
        ),
        Mistake(
            "swapped",
            "Low draws cost the sound in your version, and high ones the picture. Which way round "
            "does the card have it?",
            "which",
        ),
        Mistake(
            "nothing_lost",
            "Nothing is lost at all: both come back as they came in. Do you use what "
            "`masked_fill` returns?",
            ALONE,
        ),
        Mistake(
            "first_pair_only",
            "Only the first pair loses anything. Does your loop return too early, or look at one "
            "draw alone?",
            ALONE,
        ),
        Mistake(
            "first_decides",
            "The first draw decides for the whole batch. To which pair does the second draw "
            "belong?",
            ALONE,
        ),
        Mistake(
            "picture_only",
            "Only pictures are lost. When does the model learn to do without the sound?",
            "which strict",
        ),
        Mistake(
            "sound_only",
            "Only sounds are lost. When does the model learn to do without the picture?",
            "which inclusive",
        ),
        Mistake(
            "not_halved",
            "Each modality is lost in the whole share of the pairs, so together they take twice as "
            "much. How is the share divided between the two?",
            "half",
        ),
        Mistake(
            "picture_not_halved",
            "Your pictures are lost in the whole share of the pairs, and the sounds in half of it. "
            "Up to which draw is a picture lost?",
            "half which",
        ),
        Mistake(
            "sound_not_halved",
            "Your sounds are lost in the whole share of the pairs, and the pictures in half of it. "
            "From which draw on is a sound lost?",
            "half which",
        ),
        Mistake(
            "inverted",
            "You lose what should be kept, and keep what should be lost. Which places does "
            "`masked_fill` fill, those that are True or those that are False?",
            "sense",
        ),
        Mistake(
            "inclusive",
            "A draw of exactly share/2 costs the picture in your version. With a share of 0, what "
            "happens to a draw of 0?",
            "inclusive",
        ),
        Mistake(
            "strict",
            "A draw of exactly 1 − share/2 costs nothing in your version. Does the sound's stretch "
            "contain its lower end?",
            "strict",
        ),
        Mistake(
            "filled_with_mean",
            "Instead of zeros you put in the mean of the batch. Where does the model see that "
            "something is missing, if every batch fills the gap with something else?",
            "filling",
        ),
        Mistake(
            "filled_with_neighbour",
            "A lost picture or sound is replaced by another pair's, which says something wrong "
            "instead of nothing. What stands for *missing* in this course's data?",
            "filling",
        ),
        Mistake(
            "filled_with_number",
            "You fill the gap with one number, the mean of the batch. Which number is the mean of "
            "the course's data, whatever the batch?",
            "filling",
        ),
        Mistake(
            "filled_with_own_mean",
            "You fill a lost picture with its own mean, which still tells something of it. What is "
            "known of one that is lost?",
            "filling",
        ),
        Mistake(
            "filled_with_infinity",
            "You put -∞ where something is lost, as a mask of attention does with scores. What "
            "would an encoder make of it, and what does the card ask for?",
            "filling",
        ),
        Mistake(
            "filled_with_nan",
            "You put NaN where something is lost, and all that is computed from it becomes NaN. "
            "What does the card ask for?",
            "filling",
        ),
        Mistake(
            "filled_with_one",
            "You put ones where something is lost. Which number is the mean of the data, and so "
            "stands for *nothing known*?",
            "filling",
        ),
        Mistake(
            "removed",
            "You take the pairs out of the batch, so pictures and sounds no longer match each "
            "other or the labels. How do you keep a place and empty it?",
            "filling axes",
        ),
        Mistake(
            "no_axes",
            "Shapes are lined up from the right, so your mask (batch,) falls on the *columns* of "
            "every picture, where the sizes fit. Where does it need new axes?",
            "axes",
        ),
    ),
    properties=(
        Property(
            "Each picture and each sound stays exactly as it was or is zero all over; somewhere "
            "yours is neither.",
            rows_are_whole_or_zero,
        ),
        Property(
            "No pair may lose both modalities; somewhere one of yours does.",
            nobody_loses_both,
        ),
        Property(
            "Between share/2 and 1 − share/2 a draw costs nothing; somewhere it does in yours.",
            middle_is_untouched,
        ),
    ),
)
