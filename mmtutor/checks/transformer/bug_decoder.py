"""Mend a decoder whose cross-attention takes its queries from the memory."""

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


def decoder_block(
    x: Tensor, memory: Tensor, own: Tensor, cross: Tensor, wrong: Wrong = RIGHT
) -> Tensor:
    """Reference: causal self-attention, then attention of `x` to `memory`, each added on."""
    if "cross_first" in wrong:
        return own_half(cross_half(x, x, memory, own, cross, wrong), own, wrong)
    after = x if "cross_alone" in wrong else own_half(x, own, wrong)
    return after if "own_alone" in wrong else cross_half(x, after, memory, own, cross, wrong)


def own_half(x: Tensor, own: Tensor, wrong: Wrong) -> Tensor:
    """Return the tokens after they looked at themselves and at earlier ones."""
    every = torch.ones(x.shape[-2], x.shape[-2]).bool()
    seen = every.tril()
    if "transposed" in wrong:
        seen = every.triu()
    elif "no_mask" in wrong:
        seen = every
    elif "one_more" in wrong:
        seen = every.tril(1)
    elif "inverted" in wrong:
        seen = ~every.tril()
    elif "without_self" in wrong:
        seen = every.tril(-1) | torch.eye(len(every)).bool() & (every.cumsum(0) == 1)
    gathered = attend(x, x, x, own, seen, wrong)
    return gathered if "no_own_residual" in wrong else x + gathered


def cross_half(
    x: Tensor, after: Tensor, memory: Tensor, own: Tensor, cross: Tensor, wrong: Wrong
) -> Tensor:
    """Return the tokens after they looked at the memory; `x` is what came into the block."""
    query, key, value = after, memory, memory
    if {"memory_asks", "memory_asks_hidden", "memory_asks_cut"} & wrong:
        query, key, value = memory, after, after
    elif "memory_alone" in wrong:
        query = memory
    elif "memory_asks_for_x" in wrong:
        query, value = memory, after
    elif "memory_asks_by_x" in wrong:
        query, key = memory, after
    elif "values_of_x" in wrong:
        value = after
    elif "keys_of_x" in wrong:
        key = after
    elif "no_memory" in wrong:
        key, value = after, after
    elif "input_asks" in wrong:
        query = x
    if "own_matrices" in wrong:
        cross = own
    if "keys_for_queries" in wrong:
        cross = cross[[1, 0, 2]]
    seen = torch.ones(query.shape[-2], key.shape[-2]).bool()
    if {"memory_hidden", "memory_asks_hidden"} & wrong:
        seen = seen.tril()
    if "mask_kept" in wrong:
        seen = torch.ones(x.shape[-2], x.shape[-2]).tril().bool()
    gathered = attend(query, key, value, cross, seen, wrong)
    if "memory_asks_cut" in wrong:
        gathered = gathered[:, : x.shape[-2]]
    if "input_residual" in wrong:
        return x + gathered
    if "memory_residual" in wrong:
        return memory + gathered
    return gathered if "no_cross_residual" in wrong else after + gathered


def attend(
    query: Tensor, key: Tensor, value: Tensor, matrices: Tensor, seen: Tensor, wrong: Wrong
) -> Tensor:
    """Return what the queries gather, where `seen` (query, key) is True."""
    q, k, v = query @ matrices[0], key @ matrices[1], value @ matrices[2]
    scale = 1.0 if "no_scale" in wrong else math.sqrt(k.shape[-1])
    scores = (q @ k.mT / scale).masked_fill(~seen, -math.inf)
    return scores.softmax(-1) @ v


def decoder_cases() -> list[Case]:
    def case(shape: tuple[int, int, int, int], seed: int, strength: float = 1.0) -> Case:
        batch, length, source, width = shape
        return Case(
            x=random_tensor(batch, length, width, seed=seed),
            memory=random_tensor(batch, source, width, seed=seed + 1),
            own=strength * random_tensor(3, width, width, seed=seed + 2),
            cross=strength * random_tensor(3, width, width, seed=seed + 3),
        )

    deaf = case((2, 3, 3, 4), 20)
    deaf["cross"][2].zero_()  # what the memory says adds nothing
    begin_alike = case((3, 4, 4, 5), 30)
    begin_alike["memory"][1] = begin_alike["memory"][0]
    begin_alike["x"][1, :2] = begin_alike["x"][0, :2]
    odd = case((3, 4, 4, 2), 40, 0.2)
    odd["x"].view(-1)[0], odd["x"].view(-1)[1], odd["x"].view(-1)[-1] = 0.0, 25.0, -25.0
    odd["memory"].view(-1)[0], odd["memory"].view(-1)[1] = 0.0, -25.0
    odd["memory"].view(-1)[-1] = 25.0
    odd["x"][1], odd["memory"][1] = odd["x"][0], odd["memory"][0]
    heavy = case((2, 3, 3, 3), 50, 0.2)
    for name in ("own", "cross"):
        heavy[name].view(-1)[0], heavy[name].view(-1)[1] = 25.0, -25.0
        heavy[name].view(-1)[2] = 0.0
    longer = case((1, 5, 2, 3), 25)
    longer["cross"][2].zero_()
    return [
        case((2, 3, 3, 2), 10),
        deaf,
        longer,
        begin_alike,
        odd,
        heavy,
        case((2, 4, 6, 5), 60),
        case((1, 6, 2, 3), 70),
        case((2, 1, 4, 3), 80),
        case((3, 2, 1, 1), 90),
    ]


def memory_adds_nothing(case: Case) -> bool:
    """Say whether the values of the memory are all 0."""
    return not bool(case["cross"][2].any())


def beginnings_agree(case: Case, output: Tensor) -> bool:
    """Say whether two sequences that begin alike, with one memory, give the same so far."""
    x, memory = case["x"], case["memory"]
    if len(x) < 2 or x.shape[1] < 3 or not torch.equal(memory[0], memory[1]):
        return True
    if not torch.equal(x[0, :2], x[1, :2]):
        return True
    return agree(output[0, :2], output[1, :2])


def is_right(case: Case, output: Tensor) -> bool:
    """Say whether the output is that of the mended block."""
    return agree(output, decoder_block(*case.values()))


DECODER_BUG = FindTheBug(
    id="transformer.bug_decoder",
    title="Find the bug: who asks whom?",
    difficulty=2,
    minutes=15,
    given=frozenset({"memory_asks"}),
    hints=(
        "The decoder writes, and the memory holds what was read. While it writes the third word, "
        "who has a question, and who has the answers? Follow both through the program's last "
        "lines.",
        "x = x + attend(x, x, x) with the causal mask, then x = x + attend(queries of x, keys and "
        "values of memory), without a mask.",
        "In the cross-attention the scores are (batch, position of x, position of memory), and "
        "what comes out is (batch, position of x, width), as it must be to be added to x.",
        "seen = torch.ones(length, length).tril().bool()\n"
        "x = x + attend(x, x, x, own, seen)\nreturn x + attend(..., ..., ..., cross)",
    ),
    reference=decoder_block,
    cases=decoder_cases,
    mistakes=(
        Mistake(
            "memory_asks",
            "In the cross-attention the *memory* asks and the decoder's tokens answer. So the "
            "first output sees words that are not written yet, and nothing of the memory is "
            "gathered. Which of the two has the question?",
            "cross order",
        ),
        Mistake(
            "memory_asks_hidden",
            "The mask hides the symptom, not the bug: in the cross-attention the *memory* still "
            "asks and the decoder's tokens answer. Which of the two has the question?",
            "cross order",
        ),
        Mistake(
            "memory_asks_cut",
            "You cut what comes out to the length of x, but in the cross-attention the *memory* "
            "still asks and the decoder's tokens answer. Which of the two has the question?",
            "cross order",
        ),
        Mistake(
            "memory_asks_for_x",
            "In the cross-attention the memory asks, and its keys answer with values of x. Which "
            "of the two has the question, and which both the keys and the values?",
            "cross order",
        ),
        Mistake(
            "memory_asks_by_x",
            "In the cross-attention the memory asks, and the keys of x answer with values of the "
            "memory. Which of the two has the question, and which both the keys and the values?",
            "cross order",
        ),
        Mistake(
            "mask_kept",
            "The causal mask of the self-attention serves the memory as well, so it hides a part "
            "of it, and it stops where the memory has another length. The memory is all there "
            "before the first word is written: is there anything to hide?",
            "cross order mask",
        ),
        Mistake(
            "memory_alone",
            "In the cross-attention the memory asks *itself*: the decoder's tokens have no say in "
            "what they gather. Which of the two has the question?",
            "cross order",
        ),
        Mistake(
            "values_of_x",
            "The weights are those for the memory, but what is gathered comes from x. Where do the "
            "values come from?",
            "cross order",
        ),
        Mistake(
            "keys_of_x",
            "The weights are scores of x with itself, though the values are the memory's. Where do "
            "the keys come from?",
            "cross order",
        ),
        Mistake(
            "no_memory",
            "The second attention is one of x with itself: the memory has no say. Which two of the "
            "three come from it?",
            "cross order",
        ),
        Mistake(
            "input_asks",
            "The queries of the cross-attention are made of the block's *input*, before it looked "
            "at itself. Which x is up to date there?",
            "cross order",
        ),
        Mistake(
            "own_matrices",
            "The cross-attention works with the matrices of the self-attention. Which argument "
            "holds its own?",
            "matrices order",
        ),
        Mistake(
            "keys_for_queries",
            "In the cross-attention the matrices of queries and keys have changed places. The "
            "matrices were right in the program you were given.",
            "matrices order",
        ),
        Mistake(
            "transposed",
            "Your causal mask is transposed: a position sees itself and the *later* ones. The one "
            "you were given was right.",
            "mask order",
        ),
        Mistake(
            "no_mask",
            "In the self-attention every position sees every other, also those not written yet. "
            "What did the program you were given do about it?",
            "mask order",
        ),
        Mistake(
            "one_more",
            "In the self-attention a position also sees the *next* one. The diagonal of the mask "
            "you were given was right.",
            "mask order",
        ),
        Mistake(
            "inverted",
            "In the self-attention a position sees the later ones only: the mask is inverted. In "
            "the one you were given True meant “may be seen”.",
            "mask order",
        ),
        Mistake(
            "without_self",
            "In the self-attention no position but the first sees itself. The diagonal of the mask "
            "you were given was right.",
            "mask order",
        ),
        Mistake(
            "memory_hidden",
            "A causal mask hides a part of the memory: position i sees the memory's first places "
            "only. The memory is all there before the first word is written: is there anything to "
            "hide?",
            "cross order",
        ),
        Mistake(
            "no_own_residual",
            "The self-attention's result replaces x. What did the program you were given do?",
            "mask order",
        ),
        Mistake(
            "no_cross_residual",
            "The cross-attention's result replaces x. What did the program you were given do?",
            "cross order",
        ),
        Mistake(
            "input_residual",
            "The cross-attention's result is added to the block's *input*, so what the "
            "self-attention gathered is lost.",
            "cross order",
        ),
        Mistake(
            "memory_residual",
            "The cross-attention's result is added to the *memory*. Whose tokens does the block "
            "hand on?",
            "cross order",
        ),
        Mistake(
            "cross_first",
            "x looks at the memory before it looks at itself. What came first in the program you "
            "were given?",
            "order",
        ),
        Mistake(
            "cross_alone",
            "The self-attention is gone. The bug is elsewhere: put it back.",
            "order mask cross",
        ),
        Mistake(
            "own_alone",
            "The cross-attention is gone, and with it the memory. Mend it instead.",
            "order mask cross",
        ),
        Mistake(
            "no_scale",
            "The scores are no longer divided by the root of the width, as they were.",
            "scale",
        ),
    ),
    properties=(
        Property(
            "Two sequences that begin alike and have one memory should give the same as long as "
            "they are alike: nobody sees what is not written yet. Yours differ.",
            beginnings_agree,
        ),
        Property(
            "Where the memory's values are 0 (`cross[2]` is) the cross-attention adds nothing, and "
            "what the self-attention left should come out. Yours is another: is the self-attention "
            "as it was, and is `cross[2]` what makes the memory's values?",
            lambda case, output: not memory_adds_nothing(case) or is_right(case, output),
        ),
        Property(
            "The self-attention is right. In the cross-attention something is not: what are its "
            "queries, keys and values made of, what may be seen, and to what is its result added?",
            is_right,
        ),
    ),
)
