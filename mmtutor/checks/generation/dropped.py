"""Captions are dropped as wholes, for guidance. Traps: zeros, one decision for all, ≤ for <."""

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
from mmtutor.checks.gpt.shared import either

ALONE = "which what kept"
"""The group of mistakes that are tried with no other."""


def dropped(
    words: Tensor, null: Tensor, draws: Tensor, share: float, wrong: Wrong = RIGHT
) -> Tensor:
    """Reference: null where a caption's draw is below the share, else the caption."""
    lost = lost_where(words, draws, share, wrong)
    instead = instead_of(words, null, draws, share, wrong)
    kept = kept_as(words, draws, share, wrong)
    ways: dict[str, Callable[[], Tensor]] = {
        "removed": lambda: words[draws >= share],
        "moved": lambda: torch.cat([instead[draws < share], kept[draws >= share]]),
        "mixed": lambda: (1 - share) * words + share * null,
        "mixed_by_draw": lambda: torch.lerp(words, null.expand_as(words), draws[:, None, None]),
        "null_scaled": lambda: torch.where(lost, instead / max(share, 1e-3), kept),
        "null_joined": lambda: torch.cat([words, null.expand_as(words)], 1),
    }
    return either(ways, wrong, lambda: torch.where(lost, instead, kept))


def lost_where(words: Tensor, draws: Tensor, share: float, wrong: Wrong) -> Tensor:
    """Return True where a caption's words are lost, ready to meet (batch, word, width)."""
    low, place = draws < share, torch.arange(words.shape[1])
    first = torch.arange(len(draws)) < round(share * len(draws))
    ways: dict[str, Callable[[], Tensor]] = {
        "inverted": lambda: draws >= share,
        "at_share": lambda: draws <= share,
        "above": lambda: draws > share,
        "counted_down": lambda: torch.arange(len(draws)) < int(share * len(draws)),
        "high": lambda: draws > 1 - share,
        "inverted_high": lambda: draws < 1 - share,
        "first_decides": lambda: low[:1].expand_as(low),
        "last_decides": lambda: low[-1:].expand_as(low),
        "any_decides": lambda: low.any().expand_as(low),
        "all_decide": lambda: low.all().expand_as(low),
        "mean_decides": lambda: (draws.mean() < share).expand_as(low),
        "a_half": lambda: draws < 0.5,
        "half_share": lambda: draws < share / 2,
        "twice_share": lambda: draws < 2 * share,
        "always": lambda: torch.ones_like(low),
        "counted": lambda: first,
        "lowest": lambda: draws.argsort().argsort() < round(share * len(draws)),
        "next_draw": lambda: low.roll(1),
        "draws_turned": lambda: low.flip(0),
    }
    if "along_words" in wrong:
        return low[:, None]
    if "along_width" in wrong:
        return low
    lost = either(ways, wrong, lambda: low)[:, None, None]
    parts = {
        "first_word": place < 1,
        "last_word": place == place[-1],
        "all_but_first": place > 0,
        "share_of_words": place < round(share * len(place)),
    }
    chosen = next((some for name, some in parts.items() if name in wrong), place >= 0)
    return lost & chosen[:, None]


def instead_of(words: Tensor, null: Tensor, draws: Tensor, share: float, wrong: Wrong) -> Tensor:
    """Return what stands where a caption is lost."""
    ways: dict[str, Callable[[], Tensor]] = {
        "zeros": lambda: torch.zeros_like(words),
        "ones": lambda: torch.ones_like(words),
        "first_null": lambda: null[:1].expand_as(words),
        "last_null": lambda: null[-1:].expand_as(words),
        "mean_null": lambda: null.mean(0).expand_as(words),
        "null_turned": lambda: null.flip(0).expand_as(words),
        "added": lambda: words + null,
        "half": lambda: (words + null) / 2,
        "multiplied": lambda: words * null,
        "mean_caption": lambda: words.mean(0).expand_as(words),
        "mean_word": lambda: words.mean(1, keepdim=True).expand_as(words),
        "neighbour": lambda: words.roll(1, 0),
        "minus": lambda: -null.expand_as(words),
    }
    return either(ways, wrong, lambda: null.expand_as(words))


def kept_as(words: Tensor, draws: Tensor, share: float, wrong: Wrong) -> Tensor:
    """Return what becomes of a caption that is kept."""
    left = max(1 - share, 1e-3)
    ways: dict[str, Callable[[], Tensor]] = {
        "scaled": lambda: words / left,
        "scaled_down": lambda: words * (1 - share),
        "kept_zeros": lambda: torch.zeros_like(words),
        "kept_by_draw": lambda: words * draws[:, None, None],
    }
    return either(ways, wrong, lambda: words)


def dropped_cases() -> list[Case]:
    def case(
        draws: list[float], share: float, size: tuple[int, int], seed: int, scale: float = 1.0
    ) -> Case:
        return Case(
            words=scale * random_tensor(len(draws), *size, seed=seed),
            null=scale * (random_tensor(*size, seed=seed + 1) + 0.3),
            draws=torch.tensor(draws),
            share=share,
        )

    twins = case([0.6, 0.05, 0.6, 0.31, 0.2], 0.3, (3, 4), 470, 30.0)
    twins["words"][2] = twins["words"][0]
    twins["words"][0, 0, 0] = twins["words"][2, 0, 0] = twins["null"][0, 1] = 0.0
    return [
        case([0.1, 0.7, 0.25], 0.25, (2, 4), 400),
        case([0.9, 0.05, 0.45, 0.0], 0.5, (4, 3), 410),
        case([0.3, 0.62, 0.08], 0.4, (2, 3), 420),
        case([0.55, 0.15, 0.95, 0.6, 0.35], 0.6, (3, 2), 430),
        case([0.0, 0.5, 0.3], 0.0, (2, 5), 440),
        case([0.0, 0.999, 0.5, 0.2], 1.0, (3, 2), 445),
        case([0.151, 0.149, 0.8, 0.1496], 0.15, (5, 1), 450),
        case([0.2], 0.8, (3, 2), 455),
        case([0.75], 0.5, (1, 4), 458),
        case([0.0004, 0.9, 0.0007, 0.5], 0.0005, (2, 3), 460),
        case([0.125, 0.11, 0.86, 0.09, 0.4, 0.97, 0.13], 0.125, (4, 5), 465, 0.003),
        twins,
    ]


def whole(case: Case, output: Tensor) -> bool:
    """Say whether each caption is untouched or null, with all its words."""
    words, null = case["words"], case["null"]
    if output.shape != words.shape:
        return True
    near = {"atol": 1e-5, "rtol": 1e-4}
    found = output.detach().to(words.dtype)
    kept = torch.isclose(found, words, **near).flatten(1).all(1)
    lost = torch.isclose(found, null.expand_as(words), **near).flatten(1).all(1)
    return bool((kept | lost).all())


def low_draws_go(case: Case, output: Tensor) -> bool:
    """Say whether captions whose draws are below the share are null."""
    low = case["draws"] < case["share"]
    wanted = case["null"].expand_as(case["words"])
    return output.shape != wanted.shape or agree(output[low].double(), wanted[low].double())


def others_stay(case: Case, output: Tensor) -> bool:
    """Say whether the other captions are as they were."""
    high = case["draws"] >= case["share"]
    words = case["words"]
    return output.shape != words.shape or agree(output[high].double(), words[high].double())


DROPPED = Implement(
    id="generation.dropped",
    title="A caption is dropped as a whole",
    difficulty=2,
    minutes=10,
    hints=(
        "For three captions with the draws 0.1, 0.7 and 0.2 write down which are dropped. How many "
        "decisions are there: one, three, or one for each word?",
        "Caption i becomes null if draws[i] < share, and stays words[i] otherwise.",
        "draws < share: (batch,). To meet (batch, word, width): (batch, 1, 1). null: (word, width) "
        "meets every caption by itself.",
        "lost = (draws < share)[:, ..., ...]\nreturn torch.where(lost, ..., ...)",
    ),
    reference=dropped,
    cases=dropped_cases,
    gradient=True,
    mistakes=(
        Mistake(
            "inverted",
            "It is turned round: captions with draws below the share stay, and the others go.",
            "which",
        ),
        Mistake(
            "at_share",
            "A draw that is *equal* to the share drops a caption in yours. It must be below it.",
            "which",
        ),
        Mistake(
            "above",
            "It is turned round: captions with draws *above* the share go, and the others stay.",
            ALONE,
        ),
        Mistake(
            "counted_down",
            "You drop the first ones of the batch, a share of it rounded down. The draws decide.",
            ALONE,
        ),
        Mistake(
            "high",
            "You drop where the draw is *high*, above 1 − share. As often, but not the captions "
            "that the card names.",
            "which",
        ),
        Mistake(
            "inverted_high",
            "You drop where the draw is below 1 − `share`. What does `share` say: how many go, or "
            "how many stay?",
            "which",
        ),
        Mistake(
            "first_decides",
            "The first caption's draw decides for all of them. Each has its own.",
            "which",
        ),
        Mistake("last_decides", "The last caption's draw decides for all of them.", ALONE),
        Mistake(
            "any_decides",
            "If a single draw is low, all captions go in yours. Each has a draw of its own.",
            "which",
        ),
        Mistake("all_decide", "Captions go in yours only if all draws are low.", ALONE),
        Mistake("mean_decides", "The mean of the draws decides for all captions.", ALONE),
        Mistake("a_half", "Your share is one half, whatever is given.", ALONE),
        Mistake("half_share", "Your share is half as large as given.", ALONE),
        Mistake("twice_share", "Your share is twice as large as given.", ALONE),
        Mistake("always", "All captions are dropped, always.", ALONE),
        Mistake(
            "counted",
            "You drop the first ones of the batch, so many as the share says. The draws decide.",
            ALONE,
        ),
        Mistake(
            "lowest",
            "You drop a fixed number of captions, those with the lowest draws. Each draw is "
            "compared with the share.",
            ALONE,
        ),
        Mistake("next_draw", "Each caption gets the draw of another one.", ALONE),
        Mistake("draws_turned", "The draws come in reverse: the last one first.", ALONE),
        Mistake(
            "along_words",
            "The draws lie along the *words*: the same words are lost in every caption, and it "
            "works only where there are as many words as captions. One decision for each caption.",
            ALONE,
        ),
        Mistake(
            "along_width",
            "The draws lie along the *width* of the vectors, and it works only where it is as "
            "large as the batch. One decision for each caption.",
            ALONE,
        ),
        Mistake(
            "first_word",
            "Only the *first word* of a caption is dropped in yours. All of them go.",
            "what which",
        ),
        Mistake("last_word", "Only the *last word* of a caption is dropped in yours.", ALONE),
        Mistake("all_but_first", "The first word of each caption stays in yours.", ALONE),
        Mistake(
            "share_of_words",
            "You drop a share of the *words* of a caption. It goes as a whole, or not at all.",
            ALONE,
        ),
        Mistake(
            "zeros",
            "A dropped caption becomes zeros in yours, as in dropout. There are vectors for the "
            "caption that says nothing, and they can learn only if they are used.",
            "what",
        ),
        Mistake("ones", "A dropped caption becomes ones in yours.", ALONE),
        Mistake(
            "first_null",
            "All words become the *first* vector of `null`. Each place has its own.",
            "what",
        ),
        Mistake("last_null", "All words become the *last* vector of `null`.", ALONE),
        Mistake(
            "mean_null",
            "All words become the mean of the vectors of `null`. Each place has its own.",
            "what",
        ),
        Mistake("null_turned", "The vectors of `null` come in reverse.", ALONE),
        Mistake(
            "added",
            "`null` is *added* to a dropped caption. It takes its place: nothing may be left of "
            "what was said.",
            "what",
        ),
        Mistake("half", "A dropped caption is half itself and half `null` in yours.", ALONE),
        Mistake("multiplied", "A dropped caption is multiplied by `null` in yours.", ALONE),
        Mistake("mean_caption", "A dropped caption becomes the mean of the batch in yours.", ALONE),
        Mistake("mean_word", "A dropped caption becomes the mean of its words in yours.", ALONE),
        Mistake(
            "neighbour",
            "A dropped caption becomes *another caption* of the batch. That says something, and "
            "something wrong.",
            ALONE,
        ),
        Mistake("minus", "A dropped caption becomes `null` with the wrong sign.", ALONE),
        Mistake(
            "scaled",
            "What is kept is divided by 1 − share, as dropout does for numbers. A caption that is "
            "kept stays as it is.",
            "kept",
        ),
        Mistake(
            "scaled_down",
            "What is kept is multiplied by 1 − share. A caption that is kept stays as it is.",
            ALONE,
        ),
        Mistake("kept_zeros", "Captions that should stay become zeros.", ALONE),
        Mistake("kept_by_draw", "Captions that should stay are multiplied by their draw.", ALONE),
        Mistake(
            "null_scaled",
            "`null` is divided by the share. It stays as it is.",
            ALONE,
        ),
        Mistake(
            "removed",
            "Dropped captions are missing from your batch: it became shorter. They are to be "
            "*replaced*.",
            ALONE,
        ),
        Mistake(
            "moved",
            "The captions have changed places: the dropped ones come first in yours. Each stays at "
            "its place.",
            ALONE,
        ),
        Mistake(
            "mixed",
            "You mix each caption with `null`. It is dropped, or it is not: what do the draws say?",
            ALONE,
        ),
        Mistake("mixed_by_draw", "You mix each caption with `null`, by its draw.", ALONE),
        Mistake("null_joined", "You put `null` behind the captions. It takes their place.", ALONE),
    ),
    properties=(
        Property(
            "Somewhere a caption is neither as it was nor `null`, word for word: it goes as a "
            "whole, or not at all.",
            whole,
        ),
        Property("A caption whose draw is below the share is still there in yours.", low_draws_go),
        Property("A caption whose draw is not below the share has changed in yours.", others_stay),
    ),
)
