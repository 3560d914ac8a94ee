"""Mend heads that hide a neighbour's padding: the mask is tiled, not repeated row by row."""

import math

from torch import Tensor

from mmtutor.checks.crossmodal.shared import flags
from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    FindTheBug,
    Mistake,
    Property,
    Wrong,
    random_tensor,
)


def picture_reads(
    picture: Tensor, text: Tensor, mask: Tensor, heads: int, wrong: Wrong = RIGHT
) -> Tensor:
    """Reference: patches read a padded question, with several heads in one row of examples."""
    batch, _, width = picture.shape

    def split(x: Tensor) -> Tensor:  # (batch, token, width) → (batch · heads, token, part)
        parts = x.unflatten(-1, (heads, -1))
        return parts.movedim(2, 0 if "order_left" in wrong else 1).flatten(0, 1)

    if "zeroed" in wrong:
        text = text * mask.unsqueeze(-1)
    query, key, value = split(picture), split(text), split(text)
    below = 1 if "no_scale" in wrong else width if "full_width" in wrong else width // heads
    scores = query @ key.transpose(1, 2) / math.sqrt(below)
    gathered = words_weighed(scores, copies(mask, heads, wrong), wrong) @ value
    if "join_turned" in wrong:
        return gathered.unflatten(0, (heads, batch)).movedim(0, 2).flatten(2)
    return gathered.unflatten(0, (batch, heads)).transpose(1, 2).flatten(2)


def copies(mask: Tensor, heads: int, wrong: Wrong) -> Tensor:
    """Return a row of the mask for every head of every example: (batch · heads, word)."""
    rows = len(mask) * heads
    if {"tiled", "order_left"} & wrong:
        return mask.repeat(heads, 1)
    if "shortest" in wrong:
        return mask.all(0).expand(rows, -1)
    if "longest" in wrong:
        return mask.any(0).expand(rows, -1)
    if "first_only" in wrong:
        return mask[:1].expand(rows, -1)
    return mask.repeat_interleave(heads, dim=0)


def words_weighed(scores: Tensor, mask: Tensor, wrong: Wrong) -> Tensor:
    """Turn scores (batch · heads, patch, word) into weights."""
    axis = 1 if "axis" in wrong else -1
    if {"ignored", "zeroed"} & wrong:
        return scores.softmax(axis)
    seen = (~mask if "inverted" in wrong else mask).unsqueeze(2 if "wrong_side" in wrong else 1)
    if "after_softmax" in wrong:
        return scores.softmax(axis) * seen
    hidden = 0.0 if "filled_with_zero" in wrong else -math.inf
    return scores.masked_fill(~seen, hidden).softmax(axis)


def padded_cases() -> list[Case]:
    def case(shape: tuple[int, ...], mask: Tensor, seed: int) -> Case:
        patches, width, heads = shape
        batch, words = mask.shape
        picture = random_tensor(batch, patches, width, seed=seed)
        text = random_tensor(batch, words, width, seed=seed + 1)
        return Case(picture=picture, text=text, mask=mask, heads=heads)

    return [
        case((2, 2, 2), flags("111", "100"), seed=50),
        case((4, 6, 2), flags("1110", "1111", "1100"), seed=60),
        case((5, 6, 3), flags("11000", "11110"), seed=70),
    ]


def stays_among_real_words(case: Case, output: Tensor) -> bool:
    """Say whether every column of the output lies in the range of its question's real words."""
    hidden = ~case["mask"].unsqueeze(-1)
    largest = case["text"].masked_fill(hidden, -math.inf).amax(1, keepdim=True)
    smallest = case["text"].masked_fill(hidden, math.inf).amin(1, keepdim=True)
    return bool(((output <= largest + 1e-4) & (output >= smallest - 1e-4)).all())


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
        Mistake(
            "shortest",
            "You hide what is padding in *any* question, so that no patch reads any. But how much "
            "of a long question is left beside a short one?",
            "copies nan",
        ),
        Mistake(
            "longest",
            "You hide only what is padding in *every* question. What do the patches read in the "
            "short ones?",
            "copies",
        ),
        Mistake(
            "first_only",
            "The first question's mask serves for all of them. Which row of the mask belongs to "
            "the second question?",
            "copies",
        ),
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
            "copies hide sense late",
        ),
        Mistake(
            "filled_with_zero",
            "You replace hidden scores by 0. What did the program that you were given put there, "
            "and why?",
            "hide",
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
            "axis nan late",
        ),
        Mistake(
            "full_width",
            "The scale uses the whole width. Over how many numbers does a head's dot product sum?",
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
            "What a patch reads is a mean of the real words of its own question, so no column can "
            "leave their range; yours does.",
            stays_among_real_words,
        ),
    ),
)
