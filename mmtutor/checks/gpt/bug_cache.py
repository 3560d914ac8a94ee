"""Mend a key–value cache that begins to count anew: positions and mask need an offset."""

import math
from collections.abc import Callable

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
from mmtutor.checks.gpt.shared import either


def continue_with_cache(
    past: Tensor,
    new: Tensor,
    positions: Tensor,
    query_matrix: Tensor,
    key_matrix: Tensor,
    value_matrix: Tensor,
    wrong: Wrong = RIGHT,
) -> Tensor:
    """Reference: what causal attention gives for the new tokens; the past comes from a cache."""
    first = past if "past_bare" in wrong else past + positions[: len(past)]
    x = placed(past, new, positions, wrong)
    together = torch.cat([first, x])
    if "newest_first" in wrong:
        together = torch.cat([x, first])
    asking = together if "all_rows" in wrong else x[-1:] if "last_row" in wrong else x
    bare = new if "queries_bare" in wrong else asking
    keys, values = together @ key_matrix, together @ value_matrix
    if "values_bare" in wrong:
        values = torch.cat([past, new]) @ value_matrix
    if "keys_bare" in wrong:
        keys = torch.cat([past, new]) @ key_matrix
    scores = bare @ query_matrix @ keys.T / divisor(keys, past, wrong)
    weights = hidden(scores, seen(scores, len(past), wrong), wrong)
    return weights @ values


def placed(past: Tensor, new: Tensor, positions: Tensor, wrong: Wrong) -> Tensor:
    """Return the new tokens with their positions, right or otherwise."""
    start, count = len(past), len(new)
    ways: dict[str, Callable[[], Tensor]] = {
        "places_from_0": lambda: positions[:count],
        "places_from_end": lambda: positions[len(positions) - count :],
        "one_early": lambda: positions[max(start - 1, 0) :][:count],
        "one_late": lambda: positions[start + 1 :][:count],
        "to_the_end": lambda: positions[start:],
        "one_place": lambda: positions[start],
        "last_place": lambda: positions[start + count - 1],
        "new_bare": lambda: torch.zeros_like(new),
    }
    return new + either(ways, wrong, lambda: positions[start : start + count])


def divisor(keys: Tensor, past: Tensor, wrong: Wrong) -> float:
    """Return what the scores are divided by."""
    ways: dict[str, Callable[[], float]] = {
        "no_scale": lambda: 1.0,
        "by_length": lambda: math.sqrt(len(keys)),
        "by_width": lambda: float(keys.shape[-1]),
        "by_input": lambda: math.sqrt(past.shape[-1]),
    }
    return either(ways, wrong, lambda: math.sqrt(keys.shape[-1]))


def seen(scores: Tensor, start: int, wrong: Wrong) -> Tensor:
    """Return the mask (query, key) that says who sees whom."""
    every = torch.ones_like(scores, dtype=torch.bool)
    row = torch.arange(len(every))[:, None]
    ways: dict[str, Callable[[], Tensor]] = {
        "mask_from_0": lambda: every.tril(),
        "no_mask": lambda: every,
        "one_more": lambda: every.tril(start + 1),
        "without_self": lambda: every.tril(start - 1) | (row + start == 0),
        "new_hidden": lambda: every.tril(start) & (torch.arange(every.shape[1]) <= start),
        "past_hidden": lambda: every.tril(start) & (torch.arange(every.shape[1]) >= start),
        "future": lambda: every.triu(start),
        "inverted": lambda: ~every.tril(start),
        "minus": lambda: every.tril(-start),
        "by_new": lambda: every.tril(len(every)),
    }
    plain = {"all_rows": every.tril(), "newest_first": every.tril(start)}
    right = next((mask for name, mask in plain.items() if name in wrong), every.tril(start))
    if "last_row" in wrong:
        right = every
    return either(ways, wrong, lambda: right)


def hidden(scores: Tensor, seen: Tensor, wrong: Wrong) -> Tensor:
    """Return the weights, with what may not be seen hidden in one of many ways."""
    ways: dict[str, Callable[[], Tensor]] = {
        "filled_with_zero": lambda: scores.masked_fill(~seen, 0.0).softmax(-1),
        "after_softmax": lambda: scores.softmax(-1) * seen,
        "small_fill": lambda: scores.masked_fill(~seen, -100.0).softmax(-1),
        "axis": lambda: scores.masked_fill(~seen, -math.inf).softmax(0),
    }
    return either(ways, wrong, lambda: scores.masked_fill(~seen, -math.inf).softmax(-1))


def cache_cases() -> list[Case]:
    def case(sizes: tuple[int, ...], seed: int) -> Case:
        past, new, window, width, inner, out = sizes
        return Case(
            past=random_tensor(past, width, seed=seed),
            new=random_tensor(new, width, seed=seed + 1),
            positions=random_tensor(window, width, seed=seed + 2),
            query_matrix=random_tensor(width, inner, seed=seed + 3),
            key_matrix=random_tensor(width, inner, seed=seed + 4),
            value_matrix=random_tensor(width, out, seed=seed + 5),
        )

    sharp = case((1, 4, 7, 3, 5, 2), 650)
    sharp["query_matrix"], sharp["past"] = 4 * sharp["query_matrix"], 3 * sharp["past"]
    return [
        case((3, 2, 6, 4, 5, 1), 600),
        case((4, 1, 8, 3, 2, 5), 610),  # one token at a time, as in writing
        case((2, 5, 7, 6, 3, 4), 620),  # just as many as there are positions
        case((0, 3, 5, 2, 4, 6), 630),  # the first call: nothing in the cache
        with_odd_numbers(case((5, 3, 9, 4, 2, 6), 640)),
        sharp,
        low_scores(),
        case((0, 1, 1, 1, 1, 1), 660),
        case((6, 4, 12, 5, 3, 2), 670),
    ]


def low_scores() -> Case:
    """Scores of −32 a_i a_j, all below −1500; exact in float32, however they are computed."""
    places = torch.tensor([7, 7 + 1 / 128, 7 + 2 / 128, 7 - 1 / 128, 7 - 2 / 128])
    x = torch.stack([places, torch.tensor([1.0, -1.0, 2.0, 0.0, -2.0])], dim=1)
    positions = torch.tensor([[0.0, 1.0], [0.0, -1.0], [0.0, 3.0], [0.0, 0.5], [0.0, 2.0]])
    query_matrix, key_matrix = torch.zeros(2, 16), torch.zeros(2, 16)
    query_matrix[0, 0], key_matrix[0, 0] = 16.0, -8.0
    value_matrix = torch.tensor([[0.125, 0.0, -0.25], [1.0, -0.5, 0.25]])
    matrices = {"query_matrix": query_matrix, "key_matrix": key_matrix}
    past, new = x[:2], x[2:]
    return Case(past=past, new=new, positions=positions, **matrices, value_matrix=value_matrix)


def with_odd_numbers(case: Case) -> Case:
    """Put zeros, twins and large numbers into a case; what meets a large number is small."""
    for name in ("past", "new", "positions"):
        case[name][:, 1] /= 30
        case[name][0, 0], case[name][2, 0] = 30.0, -30.0
    case["past"][1], case["new"][1] = case["past"][0], 0.0
    case["past"][3], case["positions"][6] = 0.0, 0.0
    for name in ("query_matrix", "key_matrix", "value_matrix"):
        case[name][0] /= 40
        case[name][1, 0], case[name][1, 1], case[name][2, 0] = 25.0, -25.0, 0.0
    return case


def ordinary(case: Case) -> bool:
    """Say whether no score is very high or very low."""
    x = torch.cat([case["past"], case["new"]])
    x = x + case["positions"][: len(x)]
    return bool(((x @ case["query_matrix"]) @ (x @ case["key_matrix"]).T).abs().max() < 100)


def is_right(case: Case, output: Tensor) -> bool:
    """Say whether the output is what the mended program gives."""
    return agree(output, continue_with_cache(*case.values()))


CACHE_BUG = FindTheBug(
    id="gpt.bug_cache",
    title="Find the bugs: a cache that counts anew",
    difficulty=3,
    minutes=20,
    given=frozenset({"places_from_0", "mask_from_0"}),
    hints=(
        "Say three tokens are in the cache and two are new. Which positions have the new ones in "
        "the text? Write the mask for them by hand: 2 rows and 5 columns.",
        "New token i stands at position len(past) + i, and sees the keys 0 … len(past) + i.",
        "past (past, width), new (new, width), keys (past + new, inner), scores and mask (new, "
        "past + new). `tril(k)` also keeps the k diagonals above the main one.",
        "start = len(past)\nx = new + positions[... : ...]\n...\n"
        "seen = torch.ones_like(scores).tril(...).bool()",
    ),
    reference=continue_with_cache,
    cases=cache_cases,
    mistakes=(
        Mistake(
            "places_from_0",
            "The new tokens get the positions 0, 1, …, which those of the cache have already. "
            "Where in the text do they stand?",
            "place",
        ),
        Mistake(
            "mask_from_0",
            "New token i sees only the keys 0 … i, as if nothing stood before it. Which row of the "
            "whole mask is its own?",
            "mask",
        ),
        Mistake(
            "places_from_end",
            "The new tokens get the last positions of the table. It may be longer than the text: "
            "where in the text do they stand?",
            "place",
        ),
        Mistake(
            "one_early",
            "The new tokens stand one position too early: the first of them shares its place with "
            "the last token of the cache. How many places are taken?",
            "place mask",
        ),
        Mistake(
            "one_late",
            "The new tokens stand one position too late, which leaves a gap behind the cache and "
            "may go past the end of the table. From what are places counted?",
            "place mask hide scale keys first",
        ),
        Mistake(
            "to_the_end",
            "You add all positions that are left, to the end of the table. It may be longer than "
            "the text: how many tokens are new?",
            "place mask hide scale keys first",
        ),
        Mistake(
            "one_place",
            "All new tokens get the position of the first of them. How many positions do they "
            "take?",
            "place mask",
        ),
        Mistake(
            "last_place",
            "All new tokens get the position of the last of them. How many positions do they take?",
            "place mask",
        ),
        Mistake(
            "new_bare",
            "The new tokens get no positions at all. Those of the cache have theirs.",
            "place",
        ),
        Mistake(
            "past_bare",
            "The tokens of the cache have lost their positions. What did the program that you were "
            "given add to them?",
            "first",
        ),
        Mistake(
            "no_mask",
            "Nothing is hidden, so a new token sees the new ones that come after it. With one new "
            "token at a time that goes unnoticed.",
            "mask",
        ),
        Mistake(
            "one_more",
            "Each new token also sees its next neighbour. Where does the edge of the mask lie?",
            "mask place",
        ),
        Mistake(
            "without_self",
            "A new token does not see itself. Where does the edge of the mask lie?",
            "mask place",
        ),
        Mistake(
            "new_hidden",
            "The new tokens see the cache and the first of themselves, and none of the others, not "
            "even their own. What may new token i see?",
            "mask place",
        ),
        Mistake(
            "past_hidden",
            "The new tokens see only each other: the cache is hidden, or left out of keys and "
            "values. What is it for?",
            "mask place first",
        ),
        Mistake(
            "future",
            "The new tokens see themselves and what comes after them, and not the past. Which "
            "triangle should be True?",
            "mask place first",
        ),
        Mistake(
            "inverted",
            "The mask is the wrong way round: a new token sees only what comes after it, and the "
            "last one sees nothing, hence the NaN. `masked_fill` fills where its mask is True.",
            "mask place first scale hide keys",
        ),
        Mistake(
            "minus",
            "The edge of the mask moves the wrong way, so that the first new tokens see nothing, "
            "hence the NaN. Which sign has an offset above the diagonal?",
            "mask place first scale hide keys",
        ),
        Mistake(
            "by_new",
            "The edge of the mask moves by the number of *new* tokens. How many stand before the "
            "first of them?",
            "mask place",
        ),
        Mistake(
            "newest_first",
            "The new keys stand *before* those of the cache, and the mask counts from the other "
            "end. In which order does the text go?",
            "mask keys place",
        ),
        Mistake(
            "all_rows",
            "You also return the outputs of the tokens in the cache. Only those of the new ones "
            "are asked for.",
            "mask keys place",
        ),
        Mistake(
            "last_row",
            "You return the output of the last new token alone. How many are new?",
            "mask keys place",
        ),
        Mistake(
            "queries_bare",
            "The queries come from tokens without positions. What did the program that you were "
            "given make them from?",
            "keys place",
        ),
        Mistake(
            "values_bare",
            "The values come from tokens without positions. What did the program that you were "
            "given make them from?",
            "keys place first",
        ),
        Mistake(
            "keys_bare",
            "The keys come from tokens without positions. What did the program that you were given "
            "make them from?",
            "keys place first",
        ),
        Mistake(
            "no_scale",
            "The scores are no longer scaled. By what did the program that you were given divide?",
            "scale mask place keys first",
        ),
        Mistake(
            "by_length",
            "The scores are divided by the root of the number of keys. By what did the program "
            "that you were given divide?",
            "scale mask place keys first",
        ),
        Mistake(
            "by_width",
            "The scores are divided by the width of a key itself. By what did the program that "
            "you were given divide?",
            "scale mask place keys first",
        ),
        Mistake(
            "by_input",
            "The scores are divided by the root of the tokens' width. How wide is a key?",
            "scale mask place keys first",
        ),
        Mistake(
            "filled_with_zero",
            "Hidden scores are 0, and exp(0) is not 0. What did the program that you were given "
            "put there?",
            "hide scale mask place keys first",
        ),
        Mistake(
            "small_fill",
            "Your hidden score is a number like −100. Where the scores of the past are lower "
            "still, the future gets everything. Which number is below every score?",
            "hide scale mask place keys first",
        ),
        Mistake(
            "after_softmax",
            "The future is taken away after the softmax, so the weights no longer sum to 1. What "
            "did the program that you were given do?",
            "hide scale mask place keys first",
        ),
        Mistake(
            "axis",
            "The softmax runs over the queries. Each *row* of the weights should sum to 1.",
            "hide scale mask place keys first",
        ),
    ),
    properties=(
        Property(
            "Where the cache is *empty*, everything begins at 0, and the program that you were "
            "given was right; yours is not. What else did you change?",
            lambda case, output: len(case["past"]) > 0 or is_right(case, output),
        ),
        Property(
            "Where one single token is new it sees everything, so the mask has no say; yours is "
            "wrong even there. Which position has the new token?",
            lambda case, output: len(case["new"]) != 1 or is_right(case, output),
        ),
        Property(
            "Right where the cache is empty and where one token is new, but not where several are: "
            "which position has each, and which keys does it see?",
            lambda case, output: not ordinary(case) or is_right(case, output),
        ),
        Property(
            "Right for ordinary scores, but not for very high or low ones: which number in your "
            "program is not small or large enough for every score?",
            is_right,
        ),
    ),
)
