"""A residual weighed by 1 − α. Traps: α itself, the wrong term weighed, padding in the mean."""

import torch
import torch.nn.functional as F
from torch import Tensor

from mmtutor.checks.crossmodal.shared import flags
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
    pooled = pool(picture, mask, text.shape[1], wrong)
    kept = alpha if "alpha_itself" in wrong else 1.0 if "not_weighed" in wrong else 1 - alpha
    text = attended if "attended_for_text" in wrong else text
    if "bracket" in wrong:
        rest = kept * text + pooled
    elif "bracket_picture" in wrong:
        rest = text + kept * pooled
    elif "divided_up" in wrong:
        rest = (1 - alpha) * text + alpha * pooled
    else:
        both = text if "no_picture" in wrong else pooled if "no_text" in wrong else text + pooled
        rest = kept * both
    rest = rest / 2 if "averaged" in wrong else rest
    if "no_attended" in wrong:
        return rest.expand_as(attended)
    factor = alpha if "attended_by_alpha" in wrong else 1.0
    return (1 - alpha if "attended_by_rest" in wrong else factor) * attended + rest


def pool(picture: Tensor, mask: Tensor, words: int, wrong: Wrong) -> Tensor:
    """Bring the picture to the length of the text, in one of the ways that people try."""
    if "inverted" in wrong:
        mask = ~mask
    real = picture * mask.unsqueeze(-1)
    if "not_pooled" in wrong or "cut" in wrong:
        return picture if "not_pooled" in wrong else picture[:, :words]
    if "resampled" in wrong:
        return F.adaptive_avg_pool1d(picture.transpose(1, 2), words).transpose(1, 2)
    if "over_width" in wrong:
        return picture.mean(-1, keepdim=True)
    if "over_batch" in wrong:
        return picture.mean(0)
    if "whole_batch" in wrong:
        return picture[mask].mean(0)
    if "padding" in wrong or "divided_by_all" in wrong:
        return (picture if "padding" in wrong else real).mean(1, keepdim=True)
    count = mask.sum() if "divided_by_batch" in wrong else mask.sum(1)[:, None, None]
    mean = real.sum(1, keepdim=True) / (1 if "not_divided" in wrong else count)
    return mean.squeeze(1) if "no_axis" in wrong else mean


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
    return [
        case((2, 2), flags("110"), 0.25, seed=130),
        case((3, 4), flags("111", "101"), 0.7, seed=140),
        case((3, 2), flags("11011", "11000", "01111"), 0.4, seed=150),
        case((4, 3), flags("111110", "100000"), 1.0, seed=160),
        twins,
    ]


def only_attention_at_one(case: Case, output: Tensor) -> bool:
    """Say whether at α = 1 nothing but what attention found goes on."""
    return bool(case["alpha"] != 1) or agree(output, case["attended"])


def padding_has_no_say(case: Case, output: Tensor) -> bool:
    """Say whether two examples that differ in their padding alone have one result."""
    first, last = case["text"][0], case["text"][-1]
    return not torch.equal(first, last) or agree(output[0], output[-1])


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
        "attended and text: (batch, words, width). picture · mask[:, :, None]: (batch, patches, "
        "width) → its sum over the patches (batch, 1, width). How many are real: (batch, 1, 1). "
        "m (batch, 1, width) broadcasts over the words.",
        "real = mask.unsqueeze(...)\n"
        "mean = (picture * real).sum(dim=..., keepdim=...) / real.sum(dim=..., keepdim=...)\n"
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
            "attended_by_alpha",
            "You weigh what attention found by α, and the rest by what remains: a mean of the two. "
            "What stands before *attended* in the formula?",
            "attended",
        ),
        Mistake(
            "attended_by_rest",
            "(1 − α) weighs everything in your version, also what attention found. Where does the "
            "bracket open in the formula?",
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
            "inverted",
            "You average the *padding*, and a picture without any gives 0/0. Does True mean real?",
            "pool",
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
            "Two examples that differ in nothing but their padding should have one result; yours "
            "have two.",
            padding_has_no_say,
        ),
    ),
)
