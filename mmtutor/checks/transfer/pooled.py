"""One vector for a text: a mean over its real tokens. Traps: padding, the divisor, the axis."""

import math
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


def pooled(tokens: Tensor, mask: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: the mean of the tokens (text, token, width) at which the mask is 1."""
    if "padding_only" in wrong:
        mask = 1 - mask
    if "first_mask" in wrong:
        mask = mask[:1].expand_as(mask)
    if {"mask_early", "mask_late"} & wrong:
        mask = mask.roll(-1 if "mask_early" in wrong else 1, 1)
    if "without_first" in wrong:
        mask = mask * (mask.cumsum(1) > 1)
    if "without_place_0" in wrong:
        mask = mask * (torch.arange(mask.shape[1]) > 0)
    if "without_ends" in wrong:
        mask = mask * (mask.cumsum(1) > 1) * (mask.flip(1).cumsum(1).flip(1) > 1)
    return mean(tokens, mask, wrong)


def mean(x: Tensor, mask: Tensor, wrong: Wrong) -> Tensor:
    """Return one vector for each text: a mean, or what people take for it."""
    seen, count = mask[..., None] == 1, mask.sum(1, keepdim=True)
    total, rows = (x * seen).sum(1), torch.arange(len(x))
    in_front = torch.arange(x.shape[1]) < count
    last = (mask * torch.arange(1, x.shape[1] + 1)).argmax(1)
    ways: dict[str, Callable[[], Tensor]] = {
        "padding_counts": lambda: x.mean(1),
        "padding_summed": lambda: x.sum(1) / count,
        "divided_by_all": lambda: (x * seen).mean(1),
        "not_divided": lambda: total,
        "divided_by_batch": lambda: total / count.sum(),
        "mean_count": lambda: total / count.float().mean(),
        "one_more": lambda: total / (count + 1),
        "one_less": lambda: total / (count - 1).clamp(min=1),
        "texts": lambda: total / len(x),
        "width": lambda: total / x.shape[2],
        "largest": lambda: x.masked_fill(~seen, -math.inf).amax(1),
        "largest_of_zeros": lambda: (x * seen).amax(1),
        "median": lambda: x.masked_fill(~seen, math.nan).nanmedian(1)[0],
        "first_token": lambda: x[:, 0],
        "first_real": lambda: x[rows, mask.argmax(1)],
        "last_token": lambda: x[:, -1],
        "last_real": lambda: x[rows, last],
        "last_counted": lambda: x[rows, count[:, 0] - 1],
        "first_text": lambda: (total / count)[:1].expand_as(total),
        "smallest": lambda: x.masked_fill(~seen, math.inf).amin(1),
        "cut_to_longest": lambda: x[:, : int(count.max())].mean(1),
        "in_front": lambda: (x * in_front[..., None]).sum(1) / count,
        "over_texts": lambda: (total.sum(0) / count.sum()).expand_as(total),
        "one_vector": lambda: x[mask == 1].mean(0),
        "mean_of_texts": lambda: (total / count).mean(0).expand_as(total),
        "longest": lambda: total / count.amax(),
        "root": lambda: total / count.sqrt(),
        "squared": lambda: total / count**2,
        "without_zeros": lambda: x.sum(1) / (x != 0).any(-1).sum(1, keepdim=True).clamp(min=1),
        "nonzero_numbers": lambda: total / ((x * seen) != 0).sum(1).clamp(min=1),
        "softmax": lambda: (x * mask.float().softmax(1)[..., None]).sum(1),
        "mask_as_places": lambda: x[rows[:, None], mask.clamp(max=x.shape[1] - 1)].mean(1),
        "unit": lambda: torch.nn.functional.normalize(total, dim=1),
        "unit_tokens": lambda: (
            (torch.nn.functional.normalize(x, dim=2) * seen).sum(1) / count.clamp(min=1)
        ),
        "ends": lambda: (x[rows, mask.argmax(1)] + x[rows, last]) / 2,
    }
    return either(ways, wrong, lambda: total / count.clamp(min=1))


def pooled_cases() -> list[Case]:
    def case(rows: tuple[str, ...], width: int, seed: int, strength: float = 1.0) -> Case:
        mask = torch.tensor([[int(sign) for sign in row] for row in rows])
        return Case(tokens=strength * random_tensor(*mask.shape, width, seed=seed), mask=mask)

    loud = case(("0111", "1101", "1111"), 6, 1350)
    loud["tokens"][:, 1], loud["tokens"][0, 2], loud["tokens"][1, 2] = 30.0, -30.0, 25.0
    loud["tokens"][:, 3, 0] = 0.0
    same = case(("11100", "10110"), 4, 1360)
    same["tokens"][1] = same["tokens"][0]
    same["tokens"][:, 2] = 0.0  # a real word that is 0
    twins = case(("011010", "011010"), 3, 1370)
    other = twins["tokens"][1].clone()
    twins["tokens"][1] = torch.where(twins["mask"][0, :, None] == 1, twins["tokens"][0], other)
    return [
        case(("110", "111"), 2, 1300),
        case(("11100", "11111", "10000"), 4, 1310),
        case(("111100", "111111"), 1, 1320),
        case(("1111",), 3, 1330),
        case(("1", "1"), 5, 1335),
        case(("1110", "1011", "0101", "1111", "0110"), 7, 1340),
        loud,
        same,
        twins,
    ]


def right(case: Case) -> Tensor:
    """Return the right means."""
    return pooled(*case.values())


def padding_is_ignored(case: Case, output: Tensor) -> bool:
    """Say whether two texts agree that differ only in what stands at padding."""
    tokens, mask = case["tokens"], case["mask"]
    seen = tokens * mask[..., None]
    alike = len(mask) == 2 and torch.equal(mask[0], mask[1]) and torch.equal(seen[0], seen[1])
    return not alike or agree(output[0], output[1])


def lies_between(case: Case, output: Tensor) -> bool:
    """Say whether every number lies between the smallest and the largest of the text's tokens."""
    low, high = case["tokens"].amin(1), case["tokens"].amax(1)
    return bool(((output >= low - 1e-4) & (output <= high + 1e-4)).all())


def whole_is_right(case: Case, output: Tensor) -> bool:
    """Say whether texts without padding are right."""
    whole = case["mask"].all(1)
    return agree(output[whole], right(case)[whole])


POOLED = Implement(
    id="transfer.pooled",
    title="One vector for a text",
    difficulty=1,
    minutes=10,
    hints=(
        "Which tokens are to be summed, and by how many is the sum of *this* text to be divided?",
        "mean = Σ_i mask_i · token_i / Σ_i mask_i, over the places i of one text.",
        "tokens (text, token, width) · mask[:, :, None] (text, token, 1), summed over the tokens: "
        "(text, width). The counts are (text, 1).",
        "total = (tokens * mask[:, :, ...]).sum(dim=...)\n"
        "count = mask.sum(dim=..., keepdim=True)\nreturn total / ...",
    ),
    reference=pooled,
    cases=pooled_cases,
    mistakes=(
        Mistake(
            "padding_counts",
            "The padding counts in your mean. What does the mask say?",
            "mean mask",
        ),
        Mistake(
            "padding_summed",
            "You divide by the number of real tokens, but the sum has the padding in it. A "
            "vector at a place of padding need not be 0.",
            "mean mask",
        ),
        Mistake(
            "divided_by_all",
            "The padding is left out of the sum but still counted: you divide by all places. How "
            "many tokens of the text are real?",
            "mean mask",
        ),
        Mistake("not_divided", "Those are sums. By how many is each to be divided?", "mean"),
        Mistake(
            "divided_by_batch",
            "You divide by the number of real tokens of *all* texts together. How many has this "
            "one?",
            "mean",
        ),
        Mistake(
            "mean_count",
            "You divide every text by the mean number of real tokens. How many has this one?",
            "mean mask",
        ),
        Mistake("one_more", "You divide by one token too many.", "mean mask"),
        Mistake("one_less", "You divide by one token too few.", "mean mask"),
        Mistake(
            "texts",
            "You divide by the number of texts. Over which axis is the mean?",
            "mean mask",
        ),
        Mistake(
            "width",
            "You divide by the width of a vector. Over which axis is the mean?",
            "mean mask",
        ),
        Mistake("largest", "You take the largest number where a mean is asked for.", "mean mask"),
        Mistake(
            "largest_of_zeros",
            "You take the largest number where a mean is asked for, and 0 for the padding.",
            "mean mask",
        ),
        Mistake("median", "You take the median where a mean is asked for.", "mean mask"),
        Mistake(
            "first_token",
            "You take the first token's vector. What of the others?",
            "mean mask",
        ),
        Mistake(
            "first_real",
            "You take the first real token's vector. What of the others?",
            "mean mask",
        ),
        Mistake("last_token", "You take the last place's vector, padding or not.", "mean mask"),
        Mistake(
            "last_real",
            "You take the last real token's vector. What of the others?",
            "mean mask",
        ),
        Mistake(
            "ends",
            "You average the first and the last real token. What of those between?",
            "mean mask",
        ),
        Mistake(
            "last_counted",
            "You take one vector, at the place of the count minus 1. What of the other tokens? "
            "(And padding may stand anywhere.)",
            "mean mask",
        ),
        Mistake(
            "first_text",
            "All texts get the first one's mean.",
            "mean mask",
        ),
        Mistake(
            "smallest",
            "You take the smallest number where a mean is asked for.",
            "mean mask",
        ),
        Mistake(
            "cut_to_longest",
            "You cut what is longer than the longest text and average the rest, padding "
            "included. What does the mask say of each place?",
            "mean mask",
        ),
        Mistake(
            "in_front",
            "It looks as if you counted the real tokens and took so many from the front. Padding "
            "may stand anywhere: what does the mask say of each place?",
            "mean mask",
        ),
        Mistake(
            "over_texts",
            "All texts get one and the same vector: you average over the texts, too. Which axis "
            "is that of the tokens?",
            "mean mask",
        ),
        Mistake(
            "one_vector",
            "You return one vector for all texts together: picking with a mask throws the axes of "
            "text and token into one. A vector for each text is asked for.",
            "mean mask",
        ),
        Mistake(
            "mean_of_texts",
            "You average the texts' means: all get the same vector. One for each is asked for.",
            "mean mask",
        ),
        Mistake(
            "longest",
            "You divide by the number of real tokens of the longest text. How many has *this* one?",
            "mean mask",
        ),
        Mistake(
            "root",
            "You divide by the *root* of the number of real tokens. A mean divides by the number.",
            "mean mask",
        ),
        Mistake("squared", "You divide by the number of real tokens twice.", "mean mask"),
        Mistake(
            "without_zeros",
            "It looks as if you took for padding what is 0. Padding need not be 0, and a word may "
            "be: what says which tokens are real?",
            "mean mask",
        ),
        Mistake(
            "nonzero_numbers",
            "It looks as if you counted numbers that are not 0. A real token may hold a 0: what "
            "says how many tokens are real?",
            "mean mask",
        ),
        Mistake(
            "softmax",
            "The weights are a softmax of the mask, in which what is hidden still has a share, "
            "exp(0) = 1. How much may padding weigh in a mean?",
            "mean mask",
        ),
        Mistake(
            "mask_as_places",
            "Your mask picks tokens 0 and 1 again and again: whole numbers are *places*. What "
            "picks by yes and no?",
            "mean mask",
        ),
        Mistake(
            "unit",
            "Your vectors have length 1. That is often done next, but the mean itself is asked "
            "for.",
            "mean mask",
        ),
        Mistake(
            "unit_tokens",
            "You bring every token to length 1 before the mean. They count as they are.",
            "mean mask",
        ),
        Mistake(
            "padding_only",
            "You average over the *padding*. What does a 1 in the mask mean?",
            "mask",
        ),
        Mistake(
            "first_mask",
            "The first text's mask serves for all. Which row belongs to the second?",
            "mask",
        ),
        Mistake("mask_early", "Your mask lies one place too early on the tokens.", "mask"),
        Mistake("mask_late", "Your mask lies one place too late on the tokens.", "mask"),
        Mistake(
            "without_first",
            "The first real token is left out. The card leaves out padding only.",
            "mask",
        ),
        Mistake(
            "without_place_0",
            "What stands at the first place is always left out. The card leaves out padding only.",
            "mask mean",
        ),
        Mistake(
            "without_ends",
            "The first and the last real token are left out. The card leaves out padding only.",
            "mask",
        ),
    ),
    properties=(
        Property(
            "Two texts that differ only in what stands at *padding* should get the same vector; "
            "with you they do not.",
            padding_is_ignored,
        ),
        Property(
            "A mean lies between the smallest and the largest of the numbers; yours does not "
            "always.",
            lies_between,
        ),
        Property(
            "Even texts without any padding come out wrong. Are all their tokens in the sum, over "
            "which axis is it, and by how many is it divided?",
            whole_is_right,
        ),
        Property(
            "Texts without padding are right, those with some not always. Which tokens are "
            "summed, and by how many do you divide?",
            lambda case, output: agree(output, right(case)),
        ),
    ),
)
