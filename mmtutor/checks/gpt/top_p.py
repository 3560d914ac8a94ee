"""The distribution of nucleus sampling. Traps: the token that crosses p, the order, the rest."""

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
from mmtutor.checks.gpt.shared import either, sums_to_one


def top_p(probabilities: Tensor, p: float, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: the fewest likely tokens that reach p together, made to sum to 1."""
    kept = nucleus(probabilities, p, wrong)
    left = probabilities * kept
    ways: dict[str, Callable[[], Tensor]] = {
        "not_renormalised": lambda: left,
        "mask": lambda: kept.to(probabilities.dtype),
        "even": lambda: kept / kept.sum(-1, keepdim=True),
        "softmax": lambda: left.softmax(-1),
        "softmax_of_kept": lambda: probabilities.masked_fill(~kept, -torch.inf).softmax(-1),
        "by_p": lambda: left / p,
        "by_everything": lambda: left / left.sum(),
        "first_axis": lambda: left / left.sum(0, keepdim=True),
        "rest_shared": lambda: left + (1 - left.sum(-1, keepdim=True)) / left.shape[-1],
        "rest_to_largest": lambda: rest_to_largest(left),
        "sorted": lambda: divided(left).sort(dim=-1, descending=True, stable=True).values,
        "cut_off": lambda: probabilities * ~kept,
    }
    return either(ways, wrong, lambda: divided(left))


def divided(left: Tensor) -> Tensor:
    """Make every row sum to 1."""
    return left / left.sum(-1, keepdim=True)


def rest_to_largest(left: Tensor) -> Tensor:
    """Give the probability that was cut off to the likeliest token."""
    best = left.argmax(-1, keepdim=True)
    return left.scatter_add(-1, best, 1 - left.sum(-1, keepdim=True))


def nucleus(probabilities: Tensor, p: float, wrong: Wrong) -> Tensor:
    """Return which tokens stay, in one of many ways."""
    order = probabilities.argsort(dim=-1, descending="ascending" not in wrong, stable=True)
    if "last_of_ties" in wrong:
        order = probabilities.argsort(dim=-1, stable=True).flip(-1)
    ranked = probabilities.gather(-1, order)
    reached = ranked.cumsum(-1)
    before = reached - ranked
    size = probabilities.shape[-1]
    ways: dict[str, Callable[[], Tensor]] = {
        "crossing_dropped": lambda: (reached <= p) | (torch.arange(size) == 0),
        "crossing_dropped_bare": lambda: reached <= p,
        "at_p_too": lambda: before <= p,
        "one_more": lambda: later(before, p),
        "complement": lambda: before < 1 - p,
        "share_of_tokens": lambda: torch.arange(size).expand_as(before) < max(1, round(p * size)),
        "greedy": lambda: (torch.arange(size) == 0).expand_as(before),
        "first_row": lambda: (
            (before < p).reshape(-1, size)[:1].expand(before.numel() // size, size).view_as(before)
        ),
    }
    apart: dict[str, Callable[[], Tensor]] = {
        "at_least_p": lambda: probabilities >= p,
        "at_least_rest": lambda: probabilities >= 1 - p,
        "share_of_largest": lambda: probabilities >= p * probabilities.amax(-1, keepdim=True),
        "not_sorted": lambda: probabilities.cumsum(-1) - probabilities < p,
        "not_put_back": lambda: before < p,
        "put_back_twice": lambda: (before < p).gather(-1, order),
        "ties_too": lambda: probabilities >= least(ranked, before, p),
    }
    if apart.keys() & wrong:
        return either(apart, wrong, lambda: before < p)
    kept = either(ways, wrong, lambda: before < p)
    return torch.zeros_like(kept).scatter(-1, order, kept)


def later(before: Tensor, p: float) -> Tensor:
    """Return which tokens stay if one more stays than needed."""
    kept = before < p
    return kept | torch.cat([torch.ones_like(kept[..., :1]), kept[..., :-1]], -1)


def least(ranked: Tensor, before: Tensor, p: float) -> Tensor:
    """Return the smallest probability that stays."""
    return ranked.masked_fill(before >= p, torch.inf).amin(-1, keepdim=True)


def top_p_cases() -> list[Case]:
    def case(*shape: int, p: float, seed: int, sharp: float = 1.5) -> Case:
        return Case(probabilities=(sharp * random_tensor(*shape, seed=seed)).softmax(-1), p=p)

    exact = torch.tensor([[0.125, 0.5, 0.25, 0.125], [0.25, 0.0, 0.25, 0.5]])
    tied = torch.tensor([[0.1, 0.3, 0.3, 0.3], [0.2, 0.2, 0.4, 0.2], [0.25, 0.25, 0.25, 0.25]])
    near = torch.tensor([[0.301, 0.3, 0.2, 0.199], [0.199, 0.2, 0.3, 0.301]])
    small = torch.tensor([[0.9995, 0.0003, 0.0002], [0.0004, 0.0004, 0.9992]])
    return [
        Case(probabilities=torch.tensor([0.1, 0.4, 0.2, 0.3]), p=0.6),
        case(3, 5, p=0.7, seed=500),
        case(2, 3, 6, p=0.9, seed=510),
        case(3, 2, 4, p=0.3, seed=520),
        Case(probabilities=exact, p=0.75),
        Case(probabilities=tied, p=0.5),
        Case(probabilities=near, p=0.45),
        case(4, 3, p=1.0, seed=530),
        Case(probabilities=small, p=0.9994),
        case(2, 5, p=0.0004, seed=540),
        case(3, 1, p=0.8, seed=550),
        case(1, 7, p=0.85, seed=560),
        case(2, 1, 3, p=0.62, seed=570, sharp=0.5),
    ]


def likeliest_stays(case: Case, output: Tensor) -> bool:
    """Say whether a likeliest token of each row has the most."""
    given = case["probabilities"]
    return bool((given.gather(-1, output.argmax(-1, keepdim=True)) == given.amax(-1, True)).all())


def keeps_shares(case: Case, output: Tensor) -> bool:
    """Say whether tokens that stay keep their shares of each other."""
    given = case["probabilities"] * (output > 0)
    return bool((given * output.sum(-1, True) - output * given.sum(-1, True)).abs().max() < 1e-4)


def enough_stay(case: Case, output: Tensor) -> bool:
    """Say whether what stays reaches p together."""
    left = (case["probabilities"] * (output > 0)).sum(-1)
    return bool((left > case["p"] - 1e-5).all())


def none_too_many(case: Case, output: Tensor) -> bool:
    """Say whether p would not be reached without the least likely of the tokens that stay."""
    given = case["probabilities"] * (output > 0)
    least = given.masked_fill(given == 0, torch.inf).amin(-1)
    return bool((given.sum(-1) - least < case["p"]).all())


TOP_P = Implement(
    id="gpt.top_p",
    title="The distribution of nucleus sampling",
    difficulty=2,
    minutes=15,
    hints=(
        "Sort a small row by hand, with the likeliest first, and add up. Which token is the one "
        "that reaches p? It belongs in. And how do you find the way back to the old order?",
        "Sorted, token k stays if the sum of those *before* it is smaller than p: "
        "Σ_{j<k} p_j < p. Then p'_i = p_i / Σ_{j stays} p_j.",
        "sort: values (…, token) and places (…, token). cumsum minus the values: what comes before "
        "each. The mask in sorted order goes back with `scatter` to the places.",
        "ranked, order = probabilities.sort(dim=-1, descending=..., stable=True)\n"
        "kept = ranked.cumsum(-1) - ... < p\n"
        "kept = torch.zeros_like(kept).scatter(-1, order, ...)\n"
        "left = probabilities * kept\nreturn left / ...",
    ),
    reference=top_p,
    cases=top_p_cases,
    mistakes=(
        Mistake(
            "crossing_dropped",
            "The token that crosses p is missing. What stays should *reach* p together: is that "
            "token needed for it?",
            "kept",
        ),
        Mistake(
            "crossing_dropped_bare",
            "The token that crosses p is missing, and where the likeliest alone is above p, "
            "nothing is left. What stays should *reach* p together.",
            "kept rest",
        ),
        Mistake(
            "at_p_too",
            "Where the sum is exactly p already, you keep one more token. When is p reached?",
            "kept rest",
        ),
        Mistake(
            "one_more",
            "You keep one token more than needed. Which is the last that stays, and is it the one "
            "that crosses p, or the next?",
            "kept",
        ),
        Mistake(
            "complement",
            "You keep tokens until 1 − p is reached. What does p measure: what stays, or what is "
            "cut off?",
            "kept rest",
        ),
        Mistake(
            "ascending",
            "You begin with the *unlikeliest* token. Which should be sure to stay?",
            "kept rest",
        ),
        Mistake(
            "last_of_ties",
            "Of equally likely tokens you keep the one with the larger number. Which of them does "
            "the card put first? (Sorting upwards and turning round puts the last one first.)",
            "kept rest",
        ),
        Mistake(
            "ties_too",
            "You keep every token that is as likely as the last one needed. Where several tie, "
            "fewer are enough: which of them?",
            "kept rest",
        ),
        Mistake(
            "share_of_tokens",
            "You keep a share p of the *tokens*. What should the tokens that stay sum to?",
            "kept rest",
        ),
        Mistake(
            "at_least_p",
            "You keep the tokens that are at least as likely as p, each by itself. What should "
            "reach p?",
            "kept rest",
        ),
        Mistake(
            "at_least_rest",
            "You keep the tokens that are at least as likely as 1 − p, each by itself. What should "
            "reach p?",
            "kept rest",
        ),
        Mistake(
            "share_of_largest",
            "You keep what is at least p times as likely as the likeliest: that is called min-p. "
            "What should reach p here?",
            "kept rest",
        ),
        Mistake(
            "not_sorted",
            "You add up in the order of the vocabulary. In which order should the tokens come in?",
            "kept rest",
        ),
        Mistake(
            "not_put_back",
            "The mask is in sorted order, and the probabilities are not: you keep the first places "
            "of the vocabulary. How does a sorted mask get back to its tokens?",
            "kept rest",
        ),
        Mistake(
            "put_back_twice",
            "You bring the mask back with `gather` by the order, which sorts it a second time. "
            "Which function writes *to* places instead of reading from them?",
            "kept rest",
        ),
        Mistake(
            "first_row",
            "The number of tokens that stay is that of the first row, for all rows. How many does "
            "each of them need?",
            "kept rest",
        ),
        Mistake(
            "greedy",
            "Only the likeliest token stays. How many are needed to reach p?",
            "kept rest",
        ),
        Mistake(
            "not_renormalised",
            "The right tokens stay, but they no longer sum to 1. One step is left.",
            "rest",
        ),
        Mistake(
            "mask",
            "You return which tokens stay, as 1 and 0. With which probabilities?",
            "rest",
        ),
        Mistake(
            "even",
            "All that stay get the same. Should a likelier token stay likelier?",
            "rest",
        ),
        Mistake(
            "softmax",
            "You take a softmax of what is left: it turns even 0 into something. By what must "
            "probabilities be divided to sum to 1?",
            "rest",
        ),
        Mistake(
            "softmax_of_kept",
            "You take a softmax of probabilities, which makes them far too even. By what must they "
            "be divided to sum to 1?",
            "rest",
        ),
        Mistake(
            "by_p",
            "You divide by p, but what stays sums to p or more. By what must it be divided?",
            "rest kept",
        ),
        Mistake(
            "by_everything",
            "You divide by the sum over all rows. What should sum to 1?",
            "rest kept",
        ),
        Mistake(
            "first_axis",
            "You divide by a sum along the first axis. On which axis do the tokens lie?",
            "rest kept",
        ),
        Mistake(
            "rest_shared",
            "What was cut off is shared out evenly among all tokens, so that those come back. By "
            "what must the rest be divided?",
            "rest kept",
        ),
        Mistake(
            "rest_to_largest",
            "What was cut off goes to the likeliest token alone. Each of the others should grow by "
            "the same factor.",
            "rest kept",
        ),
        Mistake(
            "sorted",
            "Your probabilities come sorted. Each token should keep its place.",
            "rest kept",
        ),
        Mistake(
            "cut_off",
            "You return the tokens that should go. Which way round is the mask?",
            "rest kept",
        ),
    ),
    properties=(
        Property("Each row should sum to 1; yours do not.", lambda c, o: sums_to_one(o)),
        Property(
            "A likeliest token of each row always stays, and has the most; yours has not.",
            likeliest_stays,
        ),
        Property(
            "Tokens that stay keep their shares: twice as likely before is twice as likely after. "
            "Yours do not.",
            keeps_shares,
        ),
        Property("What you keep does not reach p everywhere. Which token is missing?", enough_stay),
        Property(
            "More tokens stay than are needed: without the least likely of them p is reached, too.",
            none_too_many,
        ),
    ),
)
