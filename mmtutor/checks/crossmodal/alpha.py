"""A residual weighed by 1 − α. Traps: α itself, the wrong term weighed, padding in the mean."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from mmtutor.checks.crossmodal.shared import flags, taken, takes
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


def weighted_residual(
    attended: Tensor,
    text: Tensor,
    picture: Tensor,
    mask: Tensor,
    alpha: Tensor,
    wrong: Wrong = RIGHT,
) -> Tensor:
    """Reference: `attended + (1 − α)(text + mean of the real patches)`."""
    pooled = pool(picture, taken(mask, wrong), text.shape[1], wrong)
    text = attended if "attended_for_text" in wrong else text
    rest = old(text, pooled, alpha, wrong)
    if "no_bracket" in wrong:
        return attended + 1 - alpha * (text + pooled)
    if "no_attended" in wrong:
        return rest.expand_as(attended)
    factor = alpha if "attended_by_alpha" in wrong else 1.0
    return (1 - alpha if "attended_by_rest" in wrong else factor) * attended + rest


def old(text: Tensor, pooled: Tensor, alpha: Tensor, wrong: Wrong) -> Tensor:
    """Return what is kept of text and picture, in one of the ways that people try."""
    kept = kept_of(alpha, wrong)
    ways: dict[str, Callable[[], Tensor]] = {
        "bracket": lambda: kept * text + pooled,
        "bracket_picture": lambda: text + kept * pooled,
        "divided_up": lambda: (1 - alpha) * text + alpha * pooled,
        "no_picture": lambda: kept * text,
        "no_text": lambda: kept * pooled,
        "averaged": lambda: kept * (text + pooled) / 2,
        "multiplied": lambda: kept * text * pooled,
        "subtracted": lambda: kept * (text - pooled),
    }
    return next((way() for name, way in ways.items() if name in wrong), kept * (text + pooled))


def kept_of(alpha: Tensor, wrong: Wrong) -> Tensor:
    """Return the factor before the old."""
    ways: dict[str, Callable[[], Tensor]] = {
        "alpha_itself": lambda: alpha,
        "not_weighed": lambda: torch.ones_like(alpha),
        "plus": lambda: 1 + alpha,
        "negative": lambda: alpha - 1,
        "clipped": lambda: 1 - alpha.clamp(0, 1),
        "kept_clipped": lambda: (1 - alpha).clamp(min=0),
        "size": lambda: (1 - alpha).abs(),
        "squared": lambda: (1 - alpha) ** 2,
        "sigmoid": lambda: 1 - alpha.sigmoid(),
        "tanh": lambda: 1 - alpha.tanh(),
    }
    return next((way() for name, way in ways.items() if name in wrong), 1 - alpha)


def pool(picture: Tensor, mask: Tensor, words: int, wrong: Wrong) -> Tensor:
    """Bring the picture to the length of the text, in one of the ways that people try.

    What is padding is taken out, not multiplied by 0: 0 · ∞ is NaN.
    """
    real = torch.where(mask.unsqueeze(-1), picture, 0.0)
    count = mask.sum(1)[:, None, None]
    mean = real.sum(1, keepdim=True) / count
    ways: dict[str, Callable[[], Tensor]] = {
        "not_pooled": lambda: picture,
        "cut": lambda: picture[:, :words],
        "first_patch": lambda: picture[:, :1],
        "last_patch": lambda: picture[:, -1:],
        "divided_by_words": lambda: real.sum(1, keepdim=True) / words,
        "neighbour": lambda: mean.flip(0),
        "first_real": lambda: picture[torch.arange(len(mask)), mask.int().argmax(1)].unsqueeze(1),
        "middle_real": lambda: torch.stack(
            [
                one[row].median(0, keepdim=True).values
                for one, row in zip(picture, mask, strict=True)
            ]
        ),
        "inverted_safely": lambda: (
            torch.where(mask.unsqueeze(-1), 0.0, picture).sum(1, keepdim=True)
            / (~mask).sum(1)[:, None, None].clamp(min=1)
        ),
        "divided_again": lambda: mean / words,
        "resampled_real": lambda: F.adaptive_avg_pool1d(real.mT, words).mT,
        "interpolated": lambda: F.interpolate(picture.mT, words).mT,
        "interpolated_real": lambda: F.interpolate(real.mT, words).mT,
        "resampled": lambda: F.adaptive_avg_pool1d(picture.mT, words).mT,
        "over_width": lambda: picture.mean(-1, keepdim=True),
        "over_batch": lambda: picture.mean(0),
        "over_both": lambda: mean.mean(-1, keepdim=True),
        "whole_batch": lambda: picture[mask].mean(0),
        "mean_of_means": lambda: mean.mean(0),
        "padding": lambda: picture.mean(1, keepdim=True),
        "padding_added": lambda: picture.sum(1, keepdim=True),
        "padding_in_sum": lambda: picture.sum(1, keepdim=True) / count,
        "divided_by_all": lambda: real.mean(1, keepdim=True),
        "divided_by_batch": lambda: real.sum(1, keepdim=True) / mask.sum(),
        "divided_by_more": lambda: real.sum(1, keepdim=True) / (count + 1),
        "divided_by_two": lambda: real.sum(1, keepdim=True) / count.clamp(min=2),
        "divided_by_root": lambda: real.sum(1, keepdim=True) / count**0.5,
        "not_divided": lambda: real.sum(1, keepdim=True),
        "largest": lambda: picture.masked_fill(~mask.unsqueeze(-1), -1e9).amax(1, keepdim=True),
        "middle": lambda: picture.median(1, keepdim=True).values,
        "no_axis": lambda: mean.squeeze(1),
    }
    return next((way() for name, way in ways.items() if name in wrong), mean)


def alpha_cases() -> list[Case]:
    def case(shape: tuple[int, ...], mask: Tensor, alpha: float, seed: int) -> Case:
        words, width = shape
        batch, patches = mask.shape
        return Case(
            attended=random_tensor(batch, words, width, seed=seed),
            text=random_tensor(batch, words, width, seed=seed + 1),
            picture=random_tensor(batch, patches, width, seed=seed + 2),
            mask=mask,
            alpha=torch.tensor(alpha),
        )

    twins = case((3, 3), flags("11010", "11010"), 0.25, seed=170)
    for name in ("attended", "text", "picture"):
        padding = ~twins["mask"][:1, :, None] if name == "picture" else torch.tensor(False)
        twins[name] = torch.where(padding, twins[name], twins[name][:1])
    loud = case((4, 3), flags("01101", "10011"), 0.6, seed=180)
    for name in ("attended", "text", "picture"):
        loud[name] = 40 * loud[name]
        loud[name][0, 0] = 0.0
    return [
        case((2, 2), flags("110"), 0.25, seed=130),
        case((3, 4), flags("111", "101"), 0.7, seed=140),
        case((3, 2), flags("11011", "11000", "01110"), 0.4, seed=150),
        case((4, 3), flags("111110", "100000"), 1.0, seed=160),
        twins,
        case((3, 5), flags("0100", "0111"), -0.5, seed=190),
        case((1, 1), flags("1"), 0.0, seed=200),
        case((4, 3), flags("1011000", "0001011"), 2.5, seed=210),
        loud,
        case((2, 3), flags("1101", "0110"), 30.0, seed=220),
        case((2, 3), flags("0111", "1010"), -30.0, seed=230),
    ]


def only_attention_at_one(case: Case, output: Tensor) -> bool:
    """Say whether at α = 1 nothing but what attention found goes on."""
    return bool(case["alpha"] != 1) or agree(output, case["attended"])


def picture_is_one_for_all(case: Case, output: Tensor) -> bool:
    """Say whether every word gets the same from the picture."""
    rest = output - case["attended"] - (1 - case["alpha"]) * case["text"]
    spread = (rest - rest.mean(1, keepdim=True)).abs().amax()
    return bool(spread <= 1e-4 * (1 + output.abs().amax()))


def padding_has_no_say(case: Case, output: Tensor) -> bool:
    """Say whether two examples that differ in their padding alone have one result."""
    first, last = case["text"][0], case["text"][-1]
    return not torch.equal(first, last) or agree(output[0], output[-1])


ALONE = "kept attended part bracket pool"
"""Every group: a mistake of all of them is never paired."""

ALPHA = Implement(
    id="crossmodal.alpha",
    title="How much of the old is kept: α",
    difficulty=2,
    minutes=20,
    gradient=True,
    hints=(
        "Three things are added: what attention found, the text, and the picture. Which of them "
        "does the factor weigh? And the picture has another length than the text: what is left of "
        "it after a mean over its patches?",
        "h = attended + (1 − α)(H_T + m), where m is the sum of the real patches divided by their "
        "number. m is the same for every word.",
        "attended and text: (batch, words, width). picture, with 0 where mask[:, :, None] is "
        "False: (batch, patches, width) → its sum over the patches (batch, 1, width). How many are "
        "real: (batch, 1, 1). m (batch, 1, width) broadcasts over the words.",
        "real = mask.unsqueeze(...)\n"
        "patches = torch.where(real, picture, 0.0)  # what is absent is left out\n"
        "mean = patches.sum(dim=..., keepdim=...) / real.sum(dim=..., keepdim=...)\n"
        "return ... + (...) * (text + mean)",
    ),
    reference=weighted_residual,
    cases=alpha_cases,
    mistakes=(
        Mistake(
            "alpha_itself",
            "You weigh text and picture by α. At α = 1 they should vanish and at α = 0 go on "
            "whole: which factor does that?",
            "kept",
        ),
        Mistake(
            "not_weighed",
            "α has no effect on text and picture in your version. Which factor stands before their "
            "bracket?",
            "kept part",
        ),
        Mistake(
            "no_bracket",
            "It looks as if 1 were added to everything and α times the bracket subtracted. What "
            "does Python take α from when `1 - alpha` has no brackets of its own?",
            ALONE,
        ),
        Mistake(
            "plus",
            "You weigh text and picture by 1 + α: the larger α the more is kept. Which sign stands "
            "in the bracket?",
            "kept",
        ),
        Mistake(
            "negative",
            "The old is subtracted: its factor has the other sign. In which order do 1 and α "
            "stand, and which sign stands before the bracket?",
            "kept",
        ),
        Mistake(
            "clipped",
            "You cut α off at 0 and 1. The card names no bounds, and beyond them α would have no "
            "gradient: what is to be done with an α of 1.2?",
            "kept pool",
        ),
        Mistake(
            "kept_clipped",
            "You cut 1 − α off at 0. The card names no bounds: what does the formula make of an α "
            "above 1?",
            "kept pool",
        ),
        Mistake(
            "size",
            "You take the absolute value of 1 − α. What does the formula make of an α above 1?",
            "kept pool",
        ),
        Mistake(
            "squared",
            "The factor before text and picture is squared. Do you multiply by it twice?",
            "kept",
        ),
        Mistake(
            "sigmoid",
            "You put α through a sigmoid. What stands before the bracket in the formula, and is α "
            "a score?",
            "kept",
        ),
        Mistake(
            "tanh",
            "You put α through a tanh, as the gate of the exercise before. What does this formula "
            "do with α?",
            "kept",
        ),
        Mistake(
            "attended_by_alpha",
            "What attention found is weighed by α in your version. What stands before *attended* "
            "in the formula?",
            "attended",
        ),
        Mistake(
            "attended_by_rest",
            "What attention found is weighed by 1 − α in your version. Before which bracket does "
            "that factor stand in the formula?",
            "attended",
        ),
        Mistake(
            "no_attended",
            "What attention found does not reach your result. Which argument have you not used?",
            "attended",
        ),
        Mistake(
            "attended_for_text",
            "You add what attention found once more, in the place of the text. Which two sequences "
            "stand in the bracket?",
            "attended part",
        ),
        Mistake(
            "bracket",
            "The factor weighs the text alone, and the picture goes on whole. What does Python "
            "multiply where there is no bracket?",
            "part",
        ),
        Mistake(
            "bracket_picture",
            "The factor weighs the picture alone, and the text goes on whole. Which of the two "
            "stands inside the bracket?",
            "part",
        ),
        Mistake(
            "divided_up",
            "α divides up between text and picture in your version: the more of the one, the less "
            "of the other. In the formula, which factor stands before each of them?",
            "part kept",
        ),
        Mistake(
            "no_picture",
            "The picture is missing beside what attention found. Which two sequences stand in the "
            "bracket?",
            "part pool",
        ),
        Mistake(
            "no_text",
            "The text is missing beside what attention found. Which two sequences stand in the "
            "bracket?",
            "part",
        ),
        Mistake(
            "averaged",
            "You take the mean of text and picture. Which sign stands between them, and what is it "
            "divided by?",
            "part",
        ),
        Mistake(
            "multiplied",
            "You multiply text and picture. Which sign stands between them?",
            "part pool",
        ),
        Mistake(
            "subtracted",
            "You subtract the picture from the text. Which sign stands between them in the "
            "bracket?",
            "part pool",
        ),
        Mistake(
            "padding",
            "The padding counts in your mean of the patches. Which argument says what is real?",
            "pool",
        ),
        Mistake(
            "divided_by_all",
            "You leave the padding out of the sum, but you divide by the number of *all* patches. "
            "How many have you added up?",
            "pool",
        ),
        Mistake(
            "divided_by_batch",
            "You divide by the number of real patches in the *whole batch*. How many has one "
            "picture, and along which axis do you count them?",
            "pool",
        ),
        Mistake(
            "not_divided",
            "You add up the patches. The more there are the larger that gets: what makes a mean "
            "of it?",
            "pool",
        ),
        Mistake(
            "padding_added",
            "You add up all patches, the padding among them, and divide by nothing. Which argument "
            "says what is real, and what makes a mean of a sum?",
            "pool",
        ),
        Mistake(
            "padding_in_sum",
            "You divide by the number of real patches, but the padding is in the sum. How is it "
            "left out before you add up?",
            "pool",
        ),
        Mistake(
            "divided_by_more",
            "You divide by one patch too many. Is something added to the number of real patches?",
            "pool",
        ),
        Mistake(
            "divided_by_two",
            "A picture with a single real patch gets half of it. By how many is one patch divided?",
            "pool",
        ),
        Mistake(
            "divided_by_root",
            "You divide by the root of the number of patches. What makes a mean of a sum of four?",
            "pool",
        ),
        Mistake(
            "largest",
            "You take the largest of the real patches, number by number. Which measure does the "
            "card ask for?",
            "pool",
        ),
        Mistake(
            "middle",
            "You take the median of all patches. Which measure does the card ask for, and of "
            "which patches?",
            "pool",
        ),
        Mistake(
            "middle_real",
            "You take the median of the real patches. Which measure does the card ask for?",
            ALONE,
        ),
        Mistake(
            "first_real",
            "Only the first real patch of each picture reaches your result. What is to be done "
            "with the others?",
            "pool",
        ),
        Mistake(
            "first_patch",
            "Only the first patch of the picture reaches your result, padding or not. What is to "
            "be done with the others?",
            "pool",
        ),
        Mistake(
            "last_patch",
            "Only the last patch of the picture reaches your result, padding or not. What is to "
            "be done with the others?",
            "pool",
        ),
        Mistake(
            "divided_by_words",
            "You divide the sum of the patches by the number of *words*. How many patches have you "
            "added up?",
            "pool",
        ),
        Mistake(
            "neighbour",
            "Each text gets the mean of another picture of the batch. Which picture belongs to it?",
            "pool",
        ),
        *takes("picture", "patch", "pool"),
        Mistake(
            "mean_of_means",
            "You average the means of the pictures, so that all of the batch share one. Which axis "
            "must survive?",
            "pool",
        ),
        Mistake(
            "over_both",
            "One number is left of each picture. A patch has `width` numbers: over which axis "
            "alone is the mean?",
            "pool",
        ),
        Mistake(
            "inverted",
            "You average the *padding*, and a picture without any gives 0/0. Does True mean real?",
            "pool",
        ),
        Mistake(
            "inverted_safely",
            "You average the *padding*, and nothing where there is none. Does True mean real?",
            "pool",
        ),
        Mistake(
            "divided_again",
            "You divide the mean of the patches by the number of words. The mean is the same for "
            "every word: is it shared out among them, or given to each whole?",
            ALONE,
        ),
        Mistake(
            "whole_batch",
            "All pictures of the batch share one mean. What does `picture[mask]` do with the axis "
            "of the batch?",
            "pool",
        ),
        Mistake(
            "over_batch",
            "You average over the pictures of the batch. Along which axis do the patches of one "
            "picture lie?",
            "pool",
        ),
        Mistake(
            "over_width",
            "You average the numbers of each patch. Along which axis do the patches of one picture "
            "lie?",
            "pool",
        ),
        Mistake(
            "no_axis",
            "Your means have the shape (batch, width). Lined up from the right, the batch meets "
            "the *words*: which axis should be kept, with size 1?",
            "pool",
        ),
        Mistake(
            "resampled_real",
            "You set the padding to zero and give each word the mean of its own stretch of "
            "patches. How does the card bring the picture to the length of the text, and what do "
            "the zeros do to a mean?",
            ALONE,
        ),
        Mistake(
            "interpolated",
            "It looks as if each word got one patch of its own, picked from the row, padding or "
            "not. How does the card bring the picture to the length of the text?",
            ALONE,
        ),
        Mistake(
            "interpolated_real",
            "It looks as if each word got one patch of its own, picked from the row, or zeros. How "
            "does the card bring the picture to the length of the text?",
            ALONE,
        ),
        Mistake(
            "resampled",
            "You give each word the mean of its own stretch of patches, as `resample` does in the "
            "lesson. How does the card bring the picture to the length of the text, and what does "
            "your way know of the padding?",
            "pool",
        ),
        Mistake(
            "not_pooled",
            "You add patch number i to word number i, which works only where there are as many "
            "patches as words. How does the card bring the picture to the length of the text?",
            "pool",
        ),
        Mistake(
            "cut",
            "You keep as many patches as there are words and drop the others. Which part of the "
            "picture do you lose? How does the card bring it to the length of the text?",
            "pool",
        ),
    ),
    properties=(
        Property(
            "At α = 1 only what attention found goes on; with yours, something else does, too.",
            only_attention_at_one,
        ),
        Property(
            "What is left when attended + (1 − α) · text is taken away from your result should be "
            "the same for every word, and changes from word to word. Is there one mean of the "
            "picture for all words, and is the text weighed as in the formula?",
            picture_is_one_for_all,
        ),
        Property(
            "Two examples that differ in nothing but their padding should have one result; yours "
            "have two.",
            padding_has_no_say,
        ),
    ),
)
