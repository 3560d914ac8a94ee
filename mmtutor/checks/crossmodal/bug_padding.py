"""Mend heads that hide a neighbour's padding: the mask is tiled, not repeated row by row."""

import math

import torch
from torch import Tensor

from mmtutor.checks.crossmodal.shared import flags, taken, takes, weighed
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


def picture_reads(
    picture: Tensor, text: Tensor, mask: Tensor, heads: int, wrong: Wrong = RIGHT
) -> Tensor:
    """Reference: patches read a padded question, with several heads in one row of examples."""
    batch, _, width = picture.shape
    if "words_ask" in wrong:
        picture, text, mask = text, picture, torch.ones(picture.shape[:2], dtype=torch.bool)
    if "one_head" in wrong:
        heads = 1
    if "zeroed" in wrong:
        text = text * mask.unsqueeze(-1)
    query, key, value = (split(x, heads, wrong) for x in (picture, text, text))
    scores = query @ key.transpose(1, 2) / scale(width, heads, wrong)
    weights = weighed(scores, copies(mask, heads, wrong), wrong)
    if "one_map" in wrong:
        return weights.unflatten(0, (batch, heads)).mean(1) @ text
    found = joined(weights @ value, batch, heads, wrong)
    return picture + found if "residual" in wrong else found


def split(x: Tensor, heads: int, wrong: Wrong) -> Tensor:
    """Lay out heads as examples: (batch, token, width) → (batch · heads, token, part)."""
    if {"split_flat", "flat"} & wrong:
        return x.reshape(len(x) * heads, x.shape[1], -1)
    if {"every_other", "interleaved"} & wrong:
        return x.unflatten(-1, (-1, heads)).movedim(3, 1).flatten(0, 1)
    return x.unflatten(-1, (heads, -1)).movedim(2, 0 if "order_left" in wrong else 1).flatten(0, 1)


def scale(width: int, heads: int, wrong: Wrong) -> float:
    """Return what the scores are divided by."""
    roots = {
        "no_scale": 1,
        "full_width": width,
        "by_part": (width // heads) ** 2,
        "by_heads": heads,
        "times_root": heads / width,
    }
    return math.sqrt(next((n for name, n in roots.items() if name in wrong), width // heads))


def joined(found: Tensor, batch: int, heads: int, wrong: Wrong) -> Tensor:
    """Put the heads of an example side by side: (batch · heads, patch, part) → (…, width)."""
    if {"join_flat", "flat"} & wrong:
        return found.reshape(batch, found.shape[1], -1)
    if "join_turned" in wrong:
        return found.unflatten(0, (heads, batch)).movedim(0, 2).flatten(2)
    parts = found.unflatten(0, (batch, heads)).transpose(1, 2)
    if "heads_averaged" in wrong or "heads_added" in wrong:
        return parts.mean(2) if "heads_averaged" in wrong else parts.sum(2)
    return parts.mT.flatten(2) if "interleaved" in wrong else parts.flatten(2)


def copies(mask: Tensor, heads: int, wrong: Wrong) -> Tensor:
    """Return a row of the mask for every head of every example: (batch · heads, word)."""
    mask = taken(mask, wrong)
    if {"tiled", "order_left"} & wrong:
        return mask.repeat(heads, 1)
    if "word_by_word" in wrong:
        return mask.repeat_interleave(heads, dim=1).reshape(-1, mask.shape[1])
    return mask.repeat_interleave(heads, dim=0)


def padded_cases() -> list[Case]:
    def case(shape: tuple[int, ...], mask: Tensor, seed: int) -> Case:
        patches, width, heads = shape
        batch, words = mask.shape
        picture = random_tensor(batch, patches, width, seed=seed)
        text = random_tensor(batch, words, width, seed=seed + 1)
        return Case(picture=picture, text=text, mask=mask, heads=heads)

    loud = case((3, 4, 2), flags("1010", "0111"), seed=85)
    loud["picture"], loud["text"] = 0.02 * loud["picture"], 60 * loud["text"]
    bright = case((2, 6, 3), flags("110", "011"), seed=95)
    bright["picture"], bright["text"] = 60 * bright["picture"], 0.02 * bright["text"]
    bright["picture"][:, 0], bright["text"][0, 0] = 0.0, 0.0
    return [
        case((2, 2, 2), flags("111", "100"), seed=50),
        case((4, 6, 2), flags("1110", "1111", "1100"), seed=60),
        case((5, 6, 3), flags("11000", "11110"), seed=70),
        case((4, 8, 2), flags("01101", "10010", "11011"), seed=75),
        case((1, 1, 1), flags("1"), seed=80),
        case((3, 5, 1), flags("0110", "1101"), seed=82),
        loud,
        bright,
        far(),
        twins(),
    ]


def twins() -> Case:
    """Return a case of two examples that differ in what their padding holds, and that is large."""
    inputs = Case(
        picture=random_tensor(1, 3, 4, seed=105).repeat(2, 1, 1),
        text=random_tensor(1, 4, 4, seed=106).repeat(2, 1, 1),
        mask=flags("0110", "0110"),
        heads=2,
    )
    inputs["text"][:, ::3] = 20 * random_tensor(2, 2, 4, seed=107)
    return inputs


def far() -> Case:
    """Return a case with scores near 150 and -150: their exponentials are ∞ and 0."""
    picture = torch.tensor([[8.0, 8.2, 0.0, 16.6], [-8.1, -8.0, 0.2, -16.8]])
    text = torch.tensor([[12.0, 12.4, 0.3, 12.1], [12.2, 12.5, 0.1, 12.6], [12.3, 12.1, 0.2, 12.4]])
    return Case(
        picture=picture.repeat(2, 1, 1),
        text=text.repeat(2, 1, 1),
        mask=flags("011", "101"),
        heads=2,
    )


def stays_among_real_words(case: Case, output: Tensor) -> bool:
    """Say whether every column of the output lies in the range of its question's real words."""
    hidden = ~case["mask"].unsqueeze(-1)
    largest = case["text"].masked_fill(hidden, -math.inf).amax(1, keepdim=True)
    smallest = case["text"].masked_fill(hidden, math.inf).amin(1, keepdim=True)
    return bool(((output <= largest + 1e-4) & (output >= smallest - 1e-4)).all())


def padding_has_no_say(case: Case, output: Tensor) -> bool:
    """Say whether two examples that differ in their padding alone have one result."""
    text, real = case["text"], case["mask"].unsqueeze(-1)
    twin = torch.equal(case["picture"][0], case["picture"][-1])
    twin = twin and torch.equal(case["mask"][0], case["mask"][-1])
    same = twin and torch.equal((text * real)[0], (text * real)[-1])
    return not same or agree(output[0], output[-1])


ALONE = "copies join nan hide sense late axis scale blank"
"""Every group: a mistake of all of them is never paired."""

PADDING_BUG = FindTheBug(
    id="crossmodal.bug_padding",
    title="Find the bug: whose padding is it?",
    difficulty=2,
    minutes=20,
    given=frozenset({"tiled"}),
    hints=(
        "Take two questions and two heads. Number the four rows that `split` makes: which question "
        "and which head is each? Then write beside them what the program hides in each row.",
        "Row i of the scores belongs to question i // heads and head i % heads. A row's mask must "
        "be the mask of *its* question.",
        "split: (batch, words, width) → (batch, words, heads, part) → (batch, heads, words, part) "
        "→ (batch · heads, words, part): the heads count fastest. The mask: (batch, words) → "
        "(batch · heads, words), in the same order → (batch · heads, 1, words).",
        "query, key, value = split(picture), split(text), split(text)  # as before\n"
        "seen = mask....(heads, ...)  # question 0, question 0, question 1, question 1\n"
        "scores = scores.masked_fill(~seen.unsqueeze(...), -math.inf)\n"
        "# the rest as before",
    ),
    reference=picture_reads,
    cases=padded_cases,
    mistakes=(
        Mistake(
            "tiled",
            "The masks stand in the order question 0, question 1, question 0, question 1. In which "
            "order does `split` lay out questions and heads? Print both for two of each.",
            "copies",
        ),
        Mistake(
            "word_by_word",
            "You repeat each *word's* flag, and cut the result into rows: a row then mixes flags "
            "of neighbouring words. What is to be repeated whole, a flag or a question's row?",
            "copies",
        ),
        Mistake(
            "order_left",
            "Scores and mask agree now: head after head. But the line that joins the heads still "
            "believes that question comes after question. What does `unflatten` find in row 1?",
            "copies join",
        ),
        Mistake(
            "join_turned",
            "The heads are joined as if head came after head, so questions get each other's "
            "numbers. In which order does `split` lay out questions and heads?",
            "join",
        ),
        *takes("question", "word", "copies sense nan late hide"),
        Mistake(
            "ignored",
            "The mask has no effect any more. A question no longer depends on its neighbours, but "
            "on what now?",
            "copies hide sense",
        ),
        Mistake(
            "zeroed",
            "You set the padded words to zero. A word of zeros still has a score, namely 0: what "
            "share does exp(0) take?",
            "copies hide sense late blank",
        ),
        Mistake(
            "filled_with_zero",
            "You replace hidden scores by 0. What did the program that you were given put there, "
            "and why?",
            "hide axis",
        ),
        Mistake(
            "filled_with_infinity",
            "Hidden scores become +∞ in your version: then the padding takes everything, and "
            "∞ − ∞ is NaN. Which sign stood in the program that you were given?",
            ALONE,
        ),
        Mistake(
            "overflow",
            "That is right while the scores are small, but the exponential of 150 is ∞ in these "
            "numbers and that of -150 is 0. What may be subtracted from all scores of a patch "
            "first, and what does `softmax` do about it?",
            ALONE,
        ),
        Mistake(
            "after_softmax",
            "The padding is removed after the softmax, when it has taken its share: the rows no "
            "longer sum to 1. When did the program that you were given hide it?",
            "hide late",
        ),
        Mistake(
            "wrong_side",
            "You hide *patches*, and a patch that may look nowhere is NaN. Patches ask, words "
            "answer: which axis of the scores belongs to the words?",
            "hide",
        ),
        Mistake(
            "inverted",
            "Your patches read the padding and nothing else. What does True mean in this mask, and "
            "what in `masked_fill`?",
            "sense nan",
        ),
        Mistake(
            "axis",
            "The softmax runs over the patches. Every patch shares out its attention over the "
            "words: which axis is that?",
            "axis nan blank",
        ),
        Mistake(
            "axis_even",
            "The patches compete for each word in your softmax, and a hidden word is shared out "
            "among them evenly. Every patch shares out its attention: over what?",
            "axis hide nan late",
        ),
        Mistake(
            "over_batch",
            "The softmax runs over examples and heads. Every patch of every head shares out its "
            "own attention: which axis do the words have?",
            ALONE,
        ),
        Mistake(
            "twice",
            "Your weights went through a softmax twice, so even the padding gets some. Once they "
            "sum to 1, what is left to do?",
            ALONE,
        ),
        Mistake(
            "hardest",
            "All of a patch's attention goes to one word. How much does the second best get after "
            "a softmax?",
            ALONE,
        ),
        Mistake(
            "words_ask",
            "In your version the words ask and the patches answer. Whose length has the result, "
            "and to whom did the mask belong?",
            ALONE,
        ),
        Mistake(
            "one_head",
            "Your program has a single head, whatever `heads` says. How many softmaxes should a "
            "patch get?",
            ALONE,
        ),
        Mistake(
            "split_flat",
            "`view` or `reshape` alone cannot take heads apart: it cuts the numbers in reading "
            "order, and tokens get mixed. Which axes must change places in between?",
            ALONE,
        ),
        Mistake(
            "every_other",
            "Your heads take every other column. Which columns belong to the first head, by the "
            "card?",
            ALONE,
        ),
        Mistake(
            "interleaved",
            "Your heads take every other column, and give them back so. Which columns belong to "
            "the first head, by the card?",
            ALONE,
        ),
        Mistake(
            "flat",
            "`view` or `reshape` alone can neither take heads apart nor join them: both cut the "
            "numbers in reading order, and tokens get mixed. Which axes must change places?",
            ALONE,
        ),
        Mistake(
            "one_map",
            "You average the heads' weights, so that one map serves all columns. Which weights "
            "mix the columns of the first head?",
            ALONE,
        ),
        Mistake(
            "join_flat",
            "`view` or `reshape` alone cannot join heads: the patches of one head follow each "
            "other, and get mixed with the next head's. Which axes must change places first?",
            "join copies",
        ),
        Mistake(
            "heads_averaged",
            "You average the heads. Each of them has columns of its own: how wide should the "
            "result be?",
            ALONE,
        ),
        Mistake(
            "heads_added",
            "You add the heads up. Each of them has columns of its own: how wide should the "
            "result be?",
            ALONE,
        ),
        Mistake(
            "residual",
            "You add the picture to what its patches read. Did the program that you were given?",
            ALONE,
        ),
        Mistake(
            "full_width",
            "The scale uses the whole width. Over how many numbers does a head's dot product sum?",
            "scale",
        ),
        Mistake(
            "by_part",
            "You divide by the width of a head, not by its root. What did the program that you "
            "were given take?",
            "scale",
        ),
        Mistake(
            "by_heads",
            "You divide by the root of the number of heads. Over how many numbers does the dot "
            "product of one head sum?",
            "scale",
        ),
        Mistake(
            "times_root",
            "You multiply the scores by the root. In which direction did the program that you were "
            "given scale them?",
            "scale",
        ),
        Mistake(
            "no_scale",
            "The scores are no longer scaled. What did the program that you were given divide by?",
            "scale",
        ),
    ),
    properties=(
        Property(
            "Two questions that differ in nothing but what their padding holds must be read alike; "
            "with yours they are not, so hidden words still have a say. Which score has exactly "
            "the exponential 0?",
            padding_has_no_say,
        ),
        Property(
            "What a patch reads is a mean of the real words of its own question, so no column can "
            "leave their range; yours does.",
            stays_among_real_words,
        ),
    ),
)
