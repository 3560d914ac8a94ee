"""A mean for each modality, without padding. Traps: what is divided by, and where it begins."""

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
from mmtutor.checks.multimodal_transformer.shared import Sizes, padded, spans


def pooled(tokens: Tensor, mask: Tensor, sizes: Sizes, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: for each modality the mean of its tokens that are there, and 0 if none is."""
    if "padding_only" in wrong:
        mask = ~mask
    if "first_mask" in wrong:
        mask = mask[:1].expand_as(mask)
    if {"mask_early", "mask_late"} & wrong:
        mask = mask.roll(-1 if "mask_early" in wrong else 1, 1)
    means = [
        mean(tokens[:, span], mask[:, span], mask.sum(1, keepdim=True), wrong)
        if "class_in_each" not in wrong
        else with_class(tokens, mask, span)
        for span in cut(sizes, wrong)
    ]
    result = torch.stack(means, dim=1)
    if "modalities_turned" in wrong:
        return result.flip(1)
    if "side_by_side" in wrong:
        return result.flatten(1)
    if "axes_turned" in wrong:
        return result.transpose(0, 1)
    if "with_class" in wrong:
        return torch.cat([tokens[:, :1], result], dim=1)
    return result.mean(1) if "one_mean" in wrong else result


def with_class(tokens: Tensor, mask: Tensor, span: slice) -> Tensor:
    """Return the mean of the class token and what is there of a modality."""
    seen = mask[:, span].unsqueeze(-1)
    return (tokens[:, 0] + (tokens[:, span] * seen).sum(1)) / (1 + seen.sum(1))


def cut(sizes: Sizes, wrong: Wrong) -> list[slice]:
    """Return which tokens are taken for those of each modality."""
    right, total = spans(sizes), 1 + sum(sizes)
    first, second, third = right
    ways: dict[str, Callable[[], list[slice]]] = {
        "class_in": lambda: spans(sizes, first=0),
        "class_in_words": lambda: [slice(0, first.stop), second, third],
        "late": lambda: spans(sizes, first=2),
        "ends_early": lambda: [slice(s.start, s.stop - 1) for s in right],
        "sizes_turned": lambda: spans((sizes[2], sizes[1], sizes[0])),
        "start_forgotten": lambda: [slice(1, 1 + size) for size in sizes],
        "up_to_end": lambda: [slice(s.start, total) for s in right],
        "from_front": lambda: [slice(1, s.stop) for s in right],
    }
    return either(ways, wrong, lambda: right)


def mean(x: Tensor, mask: Tensor, real: Tensor, wrong: Wrong) -> Tensor:
    """Return one vector for a modality: a mean, or what people take for it."""
    seen = mask.unsqueeze(-1)
    total, count = (x * seen).sum(1), mask.sum(1, keepdim=True)
    ways: dict[str, Callable[[], Tensor]] = {
        "padding_counts": lambda: x.mean(1),
        "padding_summed": lambda: x.sum(1) / count.clamp(min=1),
        "padding_summed_if_any": lambda: x.sum(1) / count.clamp(min=1) * (count > 0),
        "absent_by_first": lambda: total / count.clamp(min=1) * mask[:, :1],
        "absent_by_any": lambda: total / count.clamp(min=1) * mask.all(1, keepdim=True),
        "in_front": lambda: (
            (x * (torch.arange(x.shape[1]) < count)[..., None]).sum(1) / count.clamp(min=1)
        ),
        "divided_by_all": lambda: (x * seen).mean(1),
        "not_divided": lambda: total,
        "nan": lambda: total / count,
        "divided_by_everything": lambda: total / real,
        "one_more": lambda: total / (count + 1),
        "largest": lambda: x.masked_fill(~seen, -math.inf).amax(1).masked_fill(count == 0, 0.0),
        "largest_of_zeros": lambda: (x * seen).amax(1),
        "first_real": lambda: x[torch.arange(len(x)), mask.float().argmax(1)] * (count > 0),
        "first_token": lambda: x[:, 0],
        "last_token": lambda: x[:, -1],
        "over_batch": lambda: (total.sum(0) / count.sum().clamp(min=1)).expand_as(total),
        "absent_mean": lambda: torch.where(count > 0, total / count.clamp(min=1), x.mean(1)),
        "absent_infinite": lambda: torch.where(count > 0, total / count.clamp(min=1), -math.inf),
        "absent_one": lambda: torch.where(count > 0, total / count.clamp(min=1), 1.0),
        "longest": lambda: total / count.amax(0, keepdim=True).clamp(min=1),
        "root": lambda: total / count.clamp(min=1).sqrt(),
        "without_zeros": lambda: total / ((x != 0).any(-1).sum(1, keepdim=True)).clamp(min=1),
        "softmax": lambda: (x * mask.float().softmax(1)[..., None]).sum(1),
        "softmax_if_any": lambda: (x * mask.float().softmax(1)[..., None]).sum(1) * (count > 0),
        "over_width": lambda: total / count.clamp(min=1) / x.shape[-1],
    }
    return either(ways, wrong, lambda: total / count.clamp(min=1))


def pooled_cases() -> list[Case]:
    def case(
        words: tuple[str, ...],
        faces: tuple[str, ...],
        voices: tuple[str, ...],
        width: int,
        seed: int,
        strength: float = 1.0,
    ) -> Case:
        mask = padded(words, faces, voices)
        tokens = strength * random_tensor(*mask.shape, width, seed=seed)
        return Case(tokens=tokens, mask=mask, sizes=(len(words[0]), len(faces[0]), len(voices[0])))

    loud = case(("0110", "1011"), ("11111", "11111"), ("110", "011"), 6, 950)
    loud["tokens"][:, 1], loud["tokens"][0, 2], loud["tokens"][1, 2] = 30.0, -30.0, 25.0
    loud["tokens"][:, 3, 0] = 0.0
    same = case(("1100", "1101"), ("11", "11"), ("011", "111"), 4, 960)
    same["tokens"][1] = same["tokens"][0]
    same["tokens"][:, 3:5] = 0.0  # of the padding here, and of a real word
    twins = case(("0110", "0110"), ("101", "101"), ("1", "1"), 3, 970)
    mask, other = twins["mask"], twins["tokens"][1].clone()
    twins["tokens"][1] = torch.where(mask[0, :, None], twins["tokens"][0], other)
    return [
        case(("110", "100"), ("11", "11"), ("1", "1"), 2, 900),
        case(("1110", "1000", "0101"), ("11", "11", "11"), ("111", "111", "100"), 5, 910),
        case(("11000", "00000", "11110"), ("111", "111", "000"), ("11", "00", "11"), 4, 920),
        case(("0110", "1111"), ("11111", "00000"), ("100", "111"), 1, 930),
        case(("1",), ("101",), ("11001",), 3, 940),
        case(("11", "10", "01", "11", "10"), ("1",) * 5, ("1101",) * 4 + ("0011",), 7, 945),
        loud,
        same,
        twins,
    ]


def right(case: Case) -> Tensor:
    """Return the right means."""
    return pooled(*case.values())


def lies_between(case: Case, output: Tensor) -> bool:
    """Say whether every number lies between the smallest and the largest of the tokens, or 0."""
    tokens = case["tokens"]
    low, high = tokens.amin(1).clamp(max=0)[:, None], tokens.amax(1).clamp(min=0)[:, None]
    return bool(((output >= low - 1e-4) & (output <= high + 1e-4)).all())


def absent_is_zero(case: Case, output: Tensor) -> bool:
    """Say whether a modality of which nothing is there gives 0."""
    there = torch.stack([case["mask"][:, span].any(1) for span in spans(case["sizes"])], dim=1)
    return bool((output[~there] == 0).all())


def single_is_right(case: Case, output: Tensor) -> bool:
    """Say whether modalities that have one token each, and no padding, are that token."""
    seen = [case["mask"][:, span] for span in spans(case["sizes"])]
    single = torch.stack([m.all(1) & torch.tensor(m.shape[1] == 1) for m in seen], dim=1)
    return agree(output[single], right(case)[single])


def padding_is_ignored(case: Case, output: Tensor) -> bool:
    """Say whether two examples agree that differ only in what stands at padding."""
    tokens, mask = case["tokens"], case["mask"]
    seen = tokens.masked_fill(~mask[..., None], 0.0)
    alike = len(mask) == 2 and torch.equal(mask[0], mask[1]) and torch.equal(seen[0], seen[1])
    return not alike or agree(output[0], output[1])


def whole_is_right(case: Case, output: Tensor) -> bool:
    """Say whether modalities without padding are right."""
    whole = torch.stack([case["mask"][:, span].all(1) for span in spans(case["sizes"])], dim=1)
    return agree(output[whole], right(case)[whole])


def there_is_right(case: Case, output: Tensor) -> bool:
    """Say whether modalities of which something is there are right."""
    there = torch.stack([case["mask"][:, span].any(1) for span in spans(case["sizes"])], dim=1)
    return agree(output[there], right(case)[there])


POOLED = Implement(
    id="multimodal_transformer.pooled",
    title="A mean for each modality",
    difficulty=1,
    minutes=15,
    hints=(
        "Cut the words out first, of the tokens and of the mask alike. What is to be summed, and "
        "by how many is it to be divided?",
        "mean = Σ_i mask_i · token_i / Σ_i mask_i, over the tokens i of one modality, and 0 where "
        "Σ_i mask_i = 0.",
        "tokens[:, span] (batch, n, width) · mask[:, span, None] (batch, n, 1), summed over n: "
        "(batch, width); the counts (batch, 1). Three of these on top of each other: "
        "(batch, 3, width).",
        "means, start = [], 1\nfor size in sizes:\n"
        "  x, seen = tokens[:, start : ...], mask[:, start : ..., None]\n"
        "  means.append((x * seen).sum(1) / seen.sum(1).clamp(...))\n  start = ...\n"
        "return torch.stack(means, dim=...)",
    ),
    reference=pooled,
    cases=pooled_cases,
    mistakes=(
        Mistake(
            "padding_counts",
            "The padding counts in your means. What does the mask say?",
            "mean",
        ),
        Mistake(
            "padding_summed",
            "You divide by the number of real tokens, but the sum has the padding in it. A vector "
            "at a place of padding need not be 0.",
            "mean",
        ),
        Mistake(
            "padding_summed_if_any",
            "What is absent is 0, as it should be. Elsewhere you divide by the number of real "
            "tokens, but the sum has the padding in it.",
            "mean",
        ),
        Mistake(
            "absent_by_first",
            "A modality whose *first* token is hidden counts as absent with you, even if others "
            "are there.",
            "mean",
        ),
        Mistake(
            "absent_by_any",
            "A modality with any padding counts as absent with you. When is nothing of it there?",
            "mean",
        ),
        Mistake(
            "in_front",
            "It looks as if you counted the real tokens and took so many from the front. Padding "
            "may stand anywhere: what does the mask say of each place?",
            "mean",
        ),
        Mistake(
            "divided_by_all",
            "The padding is left out of the sum but still counted: you divide by all places of the "
            "modality. How many tokens are real?",
            "mean",
        ),
        Mistake("not_divided", "Those are sums. By how many is each to be divided?", "mean"),
        Mistake(
            "nan",
            "Right, but where nothing of a modality is there you divide 0 by 0. What does the card "
            "ask for then?",
            "mean",
        ),
        Mistake(
            "divided_by_everything",
            "You divide by the number of real tokens in the *whole* sequence. How many has this "
            "modality?",
            "mean cut mask",
        ),
        Mistake("one_more", "You divide by one token too many.", "mean"),
        Mistake("largest", "You take the largest number where a mean is asked for.", "mean"),
        Mistake(
            "largest_of_zeros",
            "You take the largest number where a mean is asked for, and 0 for the padding.",
            "mean",
        ),
        Mistake(
            "class_in_each",
            "The class token counts in each of the three means. To which modality does it belong?",
            "mean mask",
        ),
        Mistake(
            "first_real",
            "You take the first real token of each modality. What of the others?",
            "mean cut mask",
        ),
        Mistake(
            "first_token",
            "You take the first token of each modality. What of the others?",
            "mean cut mask",
        ),
        Mistake(
            "last_token",
            "You take the last token of each modality. What of the others?",
            "mean cut mask",
        ),
        Mistake(
            "over_batch",
            "You average over the examples, too: all have the same means. Which axis is that of "
            "the tokens?",
            "mean",
        ),
        Mistake(
            "absent_mean",
            "Where nothing of a modality is there you average over all its places. What does the "
            "card ask for then?",
            "mean",
        ),
        Mistake(
            "absent_infinite",
            "Where nothing of a modality is there you give −∞. What does the card ask for then?",
            "mean",
        ),
        Mistake(
            "absent_one",
            "Where nothing of a modality is there you give 1. What does the card ask for then?",
            "mean",
        ),
        Mistake(
            "longest",
            "You divide by the number of real tokens of the example that has most of them. How "
            "many has *this* one?",
            "mean",
        ),
        Mistake(
            "root",
            "You divide by the *root* of the number of real tokens. A mean divides by the number.",
            "mean",
        ),
        Mistake(
            "without_zeros",
            "It looks as if you counted the tokens that are not 0 everywhere. Padding need not be "
            "0: what says which tokens are real?",
            "mean mask",
        ),
        Mistake(
            "softmax",
            "The weights are a softmax of the mask, in which what is hidden still has a share, "
            "exp(0) = 1. How much may padding weigh in a mean?",
            "mean",
        ),
        Mistake(
            "softmax_if_any",
            "What is absent is 0, as it should be. Elsewhere the weights are a softmax of the "
            "mask, in which padding still has a share, exp(0) = 1. How much may it weigh?",
            "mean",
        ),
        Mistake(
            "over_width",
            "You divide by the width, too. Over which axis is the mean?",
            "mean",
        ),
        Mistake(
            "class_in",
            "Your spans begin one token too early: the class token counts as a word, the last word "
            "as a patch and the last patch as a frame. Where do the words begin?",
            "cut",
        ),
        Mistake(
            "class_in_words",
            "The class token counts as one of the words. At which place do they begin?",
            "cut",
        ),
        Mistake(
            "late",
            "Your spans begin one token too late: the first word is left out. At which place do "
            "the words begin?",
            "cut mask mean",
        ),
        Mistake(
            "ends_early",
            "The last token of each modality is left out. Does a slice contain its end?",
            "cut",
        ),
        Mistake(
            "sizes_turned",
            "You read `sizes` from the wrong end. Which of the three is the number of words?",
            "cut",
        ),
        Mistake(
            "start_forgotten",
            "All your spans begin at the first word. Where do the patches begin?",
            "cut",
        ),
        Mistake(
            "up_to_end",
            "Each of your spans runs on to the end of the sequence. Where do the words end?",
            "cut",
        ),
        Mistake(
            "from_front",
            "Each of your spans ends where it should but begins at the first word.",
            "cut",
        ),
        Mistake(
            "padding_only",
            "You average over the *padding*. What does True mean here?",
            "mask mean cut",
        ),
        Mistake(
            "first_mask",
            "The first example's mask serves for all. Which row belongs to the second?",
            "mask mean",
        ),
        Mistake(
            "mask_early",
            "Your mask lies one place too early on the tokens. Has it a place for the class token?",
            "mask mean cut",
        ),
        Mistake(
            "mask_late",
            "Your mask lies one place too late on the tokens: the first word is judged by the "
            "class token's place. Are both cut in the same way?",
            "mask mean cut",
        ),
        Mistake(
            "modalities_turned",
            "The means come in the wrong order: voice, face, words. Which is asked for first?",
            "form cut",
        ),
        Mistake(
            "one_mean",
            "You average over the three modalities, too. One vector for each is asked for.",
            "form",
        ),
        Mistake(
            "side_by_side",
            "The three means stand side by side in one long row (`cat`). Which shape does the card "
            "ask for, and what puts tensors on a new axis?",
            "form",
        ),
        Mistake(
            "axes_turned",
            "The first axis is the modality and the second the example. Which way round does the "
            "card have it?",
            "form",
        ),
        Mistake(
            "with_class",
            "The class token comes back in front of the three means. Only the three are asked for.",
            "form",
        ),
    ),
    properties=(
        Property(
            "A mean lies between the smallest and the largest of what it is made of; somewhere "
            "yours does not. What is in the sum, and by how many do you divide?",
            lies_between,
        ),
        Property(
            "A modality of one single token should come out as that token; yours does not. At "
            "which place does each modality begin and end, and is anything done to the mean?",
            single_is_right,
        ),
        Property(
            "A modality of one single token comes out right; one of several, even without any "
            "padding, does not. What is made of its tokens: their mean, or something else? And "
            "does it end where it should?",
            whole_is_right,
        ),
        Property(
            "Where nothing of a modality is there the answer is 0; yours is not. Are tokens and "
            "mask cut at the same places?",
            absent_is_zero,
        ),
        Property(
            "In two examples the real tokens are the same and only what stands at the padding is "
            "not; your means differ. How much does a token weigh that the mask hides?",
            padding_is_ignored,
        ),
        Property(
            "Modalities without padding are right, those with some not always. Which tokens are "
            "summed, by how many do you divide, and when does a modality count as absent?",
            there_is_right,
        ),
    ),
)
