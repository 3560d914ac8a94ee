"""Where does the class token look more than usual? Traps: row, axis, what is divided by what."""

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
from mmtutor.checks.gpt.shared import either
from mmtutor.checks.multimodal_transformer.shared import Sizes, spans


def lift(attention: Tensor, sizes: Sizes, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: the class token's attention to each modality over its mean over the examples."""
    row = looks(attention, wrong)  # (example, head, token)
    row = heads_joined(row, wrong)
    if {"tokens_first", "tokens_first_summed"} & wrong:
        row = row / row.mean(0)
    shares = torch.stack([paid(row[..., span], wrong) for span in cut(sizes, wrong)], dim=-1)
    if "without_class" in wrong:
        shares = shares / shares.sum(-1, keepdim=True)
    if "tokens_first" in wrong:
        shares = shares / torch.tensor(sizes)
    ratio = compared(shares, sizes, wrong)
    if ratio.ndim == 3 and "each_head" not in wrong:
        ratio = ratio.amax(1) if "best_head" in wrong else ratio.mean(1)
    ways: dict[str, Callable[[], Tensor]] = {
        "modalities_turned": lambda: ratio.flip(-1),
        "axes_turned": lambda: ratio.mT,
        "which": lambda: ratio.argmax(-1),
        "sums_to_one": lambda: ratio / ratio.sum(-1, keepdim=True),
        "logarithm": lambda: ratio.log(),
        "softmax": lambda: ratio.softmax(-1),
    }
    return either(ways, wrong, lambda: ratio)


def looks(attention: Tensor, wrong: Wrong) -> Tensor:
    """Return the attention (example, head, token) that the class token pays, or another's."""
    ways: dict[str, Callable[[], Tensor]] = {
        "last_row": lambda: attention[:, :, -1],
        "first_word": lambda: attention[:, :, 1],
        "all_rows": lambda: attention.mean(2),
        "words_rows": lambda: attention[:, :, 1:].mean(2),
        "received": lambda: attention[:, :, :, 0],
    }
    return either(ways, wrong, lambda: attention[:, :, 0])


def heads_joined(row: Tensor, wrong: Wrong) -> Tensor:
    """Average over the heads, or do something else with them."""
    late = {"heads_late", "each_head", "best_head"}
    ways: dict[str, Callable[[], Tensor]] = {
        "first_head": lambda: row[:, 0],
        "last_head": lambda: row[:, -1],
        "largest_head": lambda: row.amax(1),
    }
    return row if late & wrong else either(ways, wrong, lambda: row.mean(1))


def cut(sizes: Sizes, wrong: Wrong) -> list[slice]:
    """Return which tokens are taken for those of each modality."""
    first, second, third = spans(sizes)
    ways: dict[str, Callable[[], list[slice]]] = {
        "class_in": lambda: spans(sizes, first=0),
        "late": lambda: spans(sizes, first=2),
        "class_in_words": lambda: [slice(0, first.stop), second, third],
        "class_in_to_end": lambda: [*spans(sizes, first=0)[:2], slice(third.start - 1, third.stop)],
        "start_forgotten": lambda: [slice(1, 1 + size) for size in sizes],
        "ends_early": lambda: [
            slice(s.start, max(s.start + 1, s.stop - 1)) for s in (first, second, third)
        ],
        "sizes_turned": lambda: spans((sizes[2], sizes[1], sizes[0])),
    }
    return either(ways, wrong, lambda: [first, second, third])


def paid(part: Tensor, wrong: Wrong) -> Tensor:
    """Return how much attention the tokens of a modality get together."""
    ways: dict[str, Callable[[], Tensor]] = {
        "largest_token": lambda: part.amax(-1),
        "first_token": lambda: part[..., 0],
        "squared": lambda: part.square().sum(-1),
    }
    return either(ways, wrong, lambda: part.sum(-1))


def compared(shares: Tensor, sizes: Sizes, wrong: Wrong) -> Tensor:
    """Compare the shares (example, …, modality) with what is usual, or with something else."""
    usual = shares.mean(0, keepdim=True)
    count = torch.tensor(sizes)
    ways: dict[str, Callable[[], Tensor]] = {
        "not_divided": lambda: shares,
        "tokens_first": lambda: shares,
        "tokens_first_summed": lambda: shares,
        "mean_shares": lambda: usual.expand_as(shares),
        "difference": lambda: shares - usual,
        "upside_down": lambda: usual / shares,
        "over_modalities": lambda: shares / shares.mean(-1, keepdim=True),
        "over_all": lambda: shares / shares.mean(),
        "by_uniform": lambda: shares * (1 + count.sum()) / count,
        "by_fraction": lambda: shares * count.sum() / count,
        "by_tokens": lambda: shares / count,
        "by_thirds": lambda: 3 * shares,
        "by_sum": lambda: shares / shares.sum(0, keepdim=True),
        "by_largest": lambda: shares / shares.amax(0, keepdim=True),
        "by_median": lambda: shares / shares.quantile(0.5, dim=0, keepdim=True),
        "by_others": lambda: shares / others(shares),
        "minus_one": lambda: shares / usual - 1,
        "by_deviation": lambda: (shares - usual) / shares.std(0, correction=0, keepdim=True),
        "mean_of_ratios": lambda: (shares / usual).mean(0, keepdim=True).expand_as(shares),
        "by_first": lambda: shares / shares[:1],
    }
    return either(ways, wrong, lambda: shares / usual)


def others(shares: Tensor) -> Tensor:
    """Return the mean over all other examples."""
    return (shares.sum(0, keepdim=True) - shares) / (len(shares) - 1)


def lift_cases() -> list[Case]:
    def case(batch: int, heads: int, sizes: Sizes, seed: int, sharp: float = 1.0) -> Case:
        tokens = 1 + sum(sizes)
        scores = sharp * random_tensor(batch, heads, tokens, tokens, seed=seed)
        return Case(attention=scores.softmax(-1), sizes=sizes)

    padding = case(5, 2, (4, 2, 3), 1030, 2.0)
    weights = padding["attention"]
    weights[:3, ..., 3:5] = 0.0  # two words of three examples are padding
    weights[1] = weights[0]
    weights /= weights.sum(-1, keepdim=True)
    faint = case(4, 3, (2, 5, 1), 1040, 4.0)
    return [
        case(2, 2, (2, 1, 1), 1000),
        case(3, 1, (1, 2, 4), 1010),
        case(1, 3, (3, 2, 2), 1020),
        padding,
        faint,
        case(7, 4, (3, 1, 2), 1050),
        case(4, 5, (5, 4, 1), 1060, 0.3),
    ]


def mean_is_one(case: Case, output: Tensor) -> bool:
    """Say whether the lifts to each modality average to 1 over the examples."""
    return bool(((output.mean(0) - 1).abs() < 1e-3).all())


def never_negative(case: Case, output: Tensor) -> bool:
    """Say whether no lift is below 0."""
    return bool((output >= 0).all())


LIFT = Implement(
    id="multimodal_transformer.lift",
    title="Where does the class token look more than usual?",
    difficulty=3,
    minutes=20,
    hints=(
        "A modality with many tokens gets much attention in every example. What would you compare "
        "with, to see that it gets *more* here?",
        "share[b, m] = Σ_{i in m} mean_h attention[b, h, class, i]; "
        "lift[b, m] = share[b, m] / mean_b share[b, m].",
        "attention (example, head, query, key) → the class token's row (example, head, key) → mean "
        "over heads (example, key) → sums over three spans (example, 3) → divided by their mean "
        "over the examples (3,).",
        "row = attention[:, :, ...].mean(...)\n"
        "shares = torch.stack([part.sum(1) for part in row[:, 1:].split(...)], dim=1)\n"
        "return shares / shares.mean(...)",
    ),
    reference=lift,
    cases=lift_cases,
    mistakes=(
        Mistake(
            "last_row",
            "You read the *last* token's attention. At which place stands the class token?",
            "row",
        ),
        Mistake(
            "first_word",
            "You read the first *word's* attention. At which place stands the class token?",
            "row",
        ),
        Mistake(
            "all_rows",
            "You average over all tokens that look. Only the class token's look is asked for.",
            "row",
        ),
        Mistake(
            "words_rows",
            "You average over all tokens that look but the class token. Its look is the one that "
            "is asked for.",
            "row",
        ),
        Mistake(
            "received",
            "You read how much the others look *at* the class token. Which of the last two axes is "
            "the token that looks?",
            "row",
        ),
        Mistake(
            "heads_late",
            "You divide in each head and average the ratios afterwards, so a head that hardly "
            "looks at a modality counts as much as one that looks often. What does the card "
            "average first?",
            "head compare form",
        ),
        Mistake(
            "each_head",
            "You return a lift for each head. The card averages over them.",
            "head compare form part",
        ),
        Mistake(
            "best_head",
            "You take the head with the largest lift. The card averages over the heads.",
            "head compare form part",
        ),
        Mistake("first_head", "Only the first head is in it. How many are there?", "head"),
        Mistake("last_head", "Only the last head is in it. How many are there?", "head"),
        Mistake(
            "largest_head",
            "You take the largest head for each token. The card averages over them.",
            "head",
        ),
        Mistake(
            "class_in",
            "Your spans begin one token too early: the class token counts as a word, the last word "
            "as a patch and the last patch as a frame. Where do the words begin?",
            "cut",
        ),
        Mistake(
            "late",
            "Your spans begin one token too late: the first word is left out. At which place do "
            "the words begin?",
            "cut part head row compare form",
        ),
        Mistake(
            "class_in_words",
            "The class token counts as one of the words: what it pays to itself is in your first "
            "share. At which place do the words begin?",
            "cut",
        ),
        Mistake(
            "class_in_to_end",
            "Your spans begin one token too early, and the last one runs to the end: the class "
            "token counts as a word, the last word as a patch. Where do the words begin?",
            "cut part",
        ),
        Mistake(
            "start_forgotten",
            "All your spans begin at the first word. Where do the patches begin?",
            "cut",
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
            "largest_token",
            "Of each modality you take the token with the most attention. The card adds them up.",
            "part",
        ),
        Mistake(
            "first_token",
            "Of each modality you take the first token. The card adds them up.",
            "part cut",
        ),
        Mistake("squared", "The attention is squared before you add it up.", "part"),
        Mistake(
            "without_class",
            "You make the three shares sum to 1 first, which takes out what the class token pays "
            "to itself. The card leaves them as they are.",
            "part cut",
        ),
        Mistake(
            "not_divided",
            "Those are the shares themselves. A modality with many tokens has a large one in every "
            "example: by what is it to be divided?",
            "compare form",
        ),
        Mistake(
            "tokens_first",
            "You divide token by token and average the ratios afterwards. The card adds a "
            "modality's attention up first, then divides.",
            "compare form part cut",
        ),
        Mistake(
            "tokens_first_summed",
            "You divide token by token and add the ratios up. The card adds a modality's attention "
            "up first, then divides.",
            "compare form part cut",
        ),
        Mistake(
            "mean_shares",
            "Those are the mean shares, for every example the same. What is to be divided by them?",
            "compare form",
        ),
        Mistake(
            "difference",
            "You subtract the mean share. The card divides by it.",
            "compare form",
        ),
        Mistake(
            "upside_down",
            "Your ratio is upside down. What is a lift of a modality that gets twice as much as "
            "usual?",
            "compare form",
        ),
        Mistake(
            "over_modalities",
            "You divide by the mean over the three *modalities* of the example. Over what is the "
            "usual share of one modality a mean?",
            "compare form cut part",
        ),
        Mistake(
            "over_all",
            "You divide by one number, the mean over examples and modalities alike. Each modality "
            "has its own usual share.",
            "compare form part cut",
        ),
        Mistake(
            "by_uniform",
            "You divide by what the modality would get if all tokens got the same. The card "
            "divides by what it usually gets: over what is that a mean?",
            "compare form",
        ),
        Mistake(
            "by_fraction",
            "You divide by the modality's part of all words, patches and frames: what it would get "
            "if these got the same. The card divides by what it usually gets.",
            "compare form",
        ),
        Mistake(
            "by_tokens",
            "You divide by the number of tokens: that is attention per token. By what does the "
            "card divide?",
            "compare form",
        ),
        Mistake(
            "by_thirds",
            "You divide by 1/3. Does each modality usually get a third?",
            "compare form part cut",
        ),
        Mistake(
            "by_sum",
            "You divide by the *sum* over the examples. The card divides by their mean.",
            "compare form",
        ),
        Mistake(
            "by_largest",
            "You divide by the largest share of any example. The card divides by their mean.",
            "compare form",
        ),
        Mistake(
            "by_median",
            "You divide by the median over the examples. The card divides by their mean.",
            "compare form",
        ),
        Mistake(
            "by_others",
            "You divide by the mean over the *other* examples. The card takes all of them.",
            "compare form",
        ),
        Mistake(
            "by_first",
            "You divide by the first example's share. The card divides by the mean over all.",
            "compare form",
        ),
        Mistake(
            "minus_one",
            "Your lift is 1 too small: is it by how much *more* there is? The card asks for the "
            "ratio.",
            "compare form",
        ),
        Mistake(
            "by_deviation",
            "You count in standard deviations from the mean share. The card asks for the ratio.",
            "compare form",
        ),
        Mistake(
            "mean_of_ratios",
            "All your lifts are 1. Did you average over the examples at the end, divide a thing by "
            "itself, or average over the tokens that are looked *at*, whose attention always sums "
            "to 1?",
            "compare form row head cut part",
        ),
        Mistake(
            "modalities_turned",
            "The lifts come in the wrong order: voice, face, words. Which is asked for first?",
            "form compare cut",
        ),
        Mistake(
            "axes_turned",
            "The first axis is the modality and the second the example. Which way round does the "
            "card have it?",
            "form compare",
        ),
        Mistake(
            "which",
            "You return which modality has the largest lift. The lifts themselves are asked for.",
            "form compare row head cut part",
        ),
        Mistake(
            "sums_to_one",
            "You make the three lifts of an example sum to 1. The card leaves them as they are.",
            "form compare",
        ),
        Mistake(
            "logarithm",
            "You take the logarithm of the lifts. The card asks for the ratio.",
            "form compare",
        ),
        Mistake(
            "softmax",
            "You take a softmax of the lifts. The card leaves them as they are.",
            "form compare",
        ),
    ),
    properties=(
        Property("A ratio of two shares is never negative; yours is.", never_negative),
        Property(
            "Over all examples the lifts to one modality have the mean 1; yours do not. By what is "
            "a share to be divided?",
            mean_is_one,
        ),
    ),
)
