"""The loss's gradient. Traps: one direction, the pull or the push alone, the divisor."""

from collections.abc import Callable

import torch
from torch import Tensor

from mmtutor.checks.contrastive.shared import diagonal, either, is_flat, score_cases
from mmtutor.checks.engine.exercise import RIGHT, Case, Implement, Mistake, Property, Wrong
from mmtutor.checks.engine.properties import agree


def gradient(scores: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: `(softmax over rows + softmax over columns − 2 · identity) / 2n`."""
    if "scores_averaged" in wrong:
        scores = (scores + scores.T) / 2
    if "loss" in wrong:
        costs = scores.logsumexp(1) + scores.logsumexp(0) - 2 * scores.diagonal()
        return costs.mean() / 2
    if "averaged_rows" in wrong:
        mean = (scores + scores.T) / 2
        return (mean.softmax(1) - torch.eye(len(scores))) / len(scores)
    if "one_softmax" in wrong:
        return scores.flatten().softmax(0).view_as(scores) - torch.eye(len(scores)) / len(scores)
    rows, columns = soft(scores, wrong), soft(scores.T, wrong).T
    if "axis_lost" in wrong:
        rows = (scores - scores.logsumexp(1)).exp()
    if "rows_turned" in wrong:
        columns = rows.T
    if "not_turned" in wrong:
        columns = columns.T
    rows, columns = rows - pulled(scores, wrong, 1), columns - pulled(scores, wrong, 2)
    ways: dict[str, Callable[[], Tensor]] = {
        "rows_only": lambda: rows,
        "columns_only": lambda: columns,
        "pull_only": lambda: (rows + columns) / 2 * diagonal(scores),
        "push_only": lambda: (rows + columns) / 2 * ~diagonal(scores),
        "product": lambda: (
            (rows + pulled(scores, wrong, 1)) * (columns + pulled(scores, wrong, 2))
            - torch.eye(len(scores))
        ),
        "difference": lambda: (rows - columns) / 2,
        "joint_only": lambda: (rows + columns) / 2 + (1 - len(scores)) * torch.eye(len(scores)),
        "no_brackets": lambda: (
            len(scores) * (rows + columns) + (2 * len(scores) - 1) * torch.eye(len(scores))
        ),
        "own_only": lambda: (
            len(scores) * (rows + columns) / 2 + (len(scores) - 1) * torch.eye(len(scores))
        ),
    }
    both = shared(either(ways, wrong, (rows + columns) / 2), wrong)
    return -both if "sign" in wrong else both * scores if "times_scores" in wrong else both


def soft(scores: Tensor, wrong: Wrong) -> Tensor:
    """Return each row's softmax, or what people take for it."""
    shares = scores.softmax(1)
    ways: dict[str, Callable[[], Tensor]] = {
        "overflow": lambda: scores.exp() / scores.exp().sum(1, keepdim=True),
        "logarithms": lambda: scores.log_softmax(1),
        "derivative": lambda: shares * (1 - shares),
        "raw": lambda: scores,
        "sigmoid": lambda: scores.sigmoid(),
        "limited": lambda: scores.clamp(max=50).softmax(1),
    }
    return either(ways, wrong, shares)


def pulled(scores: Tensor, wrong: Wrong, direction: int) -> Tensor:
    """Return what is subtracted in a direction: the right answers."""
    one = torch.eye(len(scores))
    ways: dict[str, Callable[[], Tensor]] = {
        "no_identity": lambda: 0 * one,
        "one_identity": lambda: one if direction == 1 else 0 * one,
        "ones": lambda: torch.ones_like(scores),
        "plus": lambda: -one,
        "other_diagonal": lambda: one.flip(1),
        "two_each": lambda: 2 * one,
    }
    return either(ways, wrong, one)


def shared(both: Tensor, wrong: Wrong) -> Tensor:
    """Divide as the means of the loss ask for, or as people do instead."""
    ways: dict[str, Callable[[], Tensor]] = {
        "not_shared": lambda: both,
        "not_halved": lambda: 2 * both / len(both),
        "undivided": lambda: 2 * both,
        "by_cells": lambda: both / len(both) ** 2,
        "halved_twice": lambda: both / (2 * len(both)),
        "temperature": lambda: both / (0.07 * len(both)),
    }
    return either(ways, wrong, both / len(both))


def gradient_cases() -> list[Case]:
    return [Case(scores=case["scores"]) for case in score_cases()]


def nothing_is_left_over(case: Case, output: Tensor) -> bool:
    """Say whether the pulls and the pushes sum to 0."""
    return abs(output.sum().item()) < 1e-4


def pairs_are_pulled(case: Case, output: Tensor) -> bool:
    """Say whether no pair is pushed away, and nothing else is pulled."""
    own = diagonal(output)
    return bool((output[own] <= 1e-5).all() and (output[~own] >= -1e-5).all())


def guessing_pushes_evenly(case: Case, output: Tensor) -> bool:
    """Say whether with equal scores every other cell is pushed with 1/n²."""
    pushes = output[~diagonal(output)]
    return not is_flat(case["scores"]) or agree(pushes, torch.full_like(pushes, len(output) ** -2))


GRADIENT = Implement(
    id="contrastive.gradient",
    title="Who pulls, who pushes",
    difficulty=3,
    minutes=25,
    hints=(
        "Take one row and its cross-entropy ln Σ_k exp(s_k) − s_own. What is its derivative with "
        "respect to the own score, and to another one? Then remember how many rows are averaged, "
        "and that each cell lies in a row *and* in a column.",
        "∂/∂s_k of ln Σ exp(s) is softmax(s)_k. So a row gives p_k − [k is its own]. L is the mean "
        "of 2n such terms: n rows and n columns.",
        "scores (n, n) → shares along the rows (n, n), shares along the columns (n, n), the "
        "identity (n, n). All three are added, with signs and factors, to (n, n).",
        "rows = scores.softmax(dim=...)\ncolumns = scores.softmax(dim=...)\n"
        "own = torch.eye(len(scores))\nreturn (rows + columns - ...) / (...)",
    ),
    reference=gradient,
    forbids=("backward", "grad"),
    cases=gradient_cases,
    mistakes=(
        Mistake(
            "rows_only",
            "Only the rows push. Each cell lies in a column, too: whose question is that?",
            "way",
        ),
        Mistake(
            "columns_only",
            "Only the columns push. Each cell lies in a row, too: whose question is that?",
            "way",
        ),
        Mistake(
            "not_turned",
            "The shares of the columns lie the wrong way round: you took them from `scores.T`. "
            "Which cell does the number at (i, j) of your second part belong to?",
            "way",
        ),
        Mistake(
            "pull_only",
            "Only the pairs are moved. What do the other texts of a row feel, which share in the "
            "denominator?",
            "way pulled",
        ),
        Mistake(
            "push_only",
            "Only the others are moved. What do the pairs feel?",
            "way pulled",
        ),
        Mistake(
            "no_identity",
            "The pull on the pairs is missing. What does −s_own, in each row and each column, add?",
            "pulled",
        ),
        Mistake(
            "one_identity",
            "The pairs are pulled once, but each is the right answer to two questions. Which ones?",
            "pulled way",
        ),
        Mistake(
            "ones",
            "You subtract 1 from every cell. Which cells hold a right answer?",
            "pulled",
        ),
        Mistake(
            "plus",
            "The pairs are pushed away, harder than all others. Which sign has the own score in "
            "the loss?",
            "pulled",
        ),
        Mistake(
            "not_shared",
            "Your gradient does not shrink when the batch grows. Over how many rows does the loss "
            "take a mean?",
            "shared",
        ),
        Mistake(
            "not_halved",
            "Your gradient is twice too large. What stands before the bracket of the two "
            "directions?",
            "shared",
        ),
        Mistake(
            "undivided",
            "Rows and columns are added as they are. The loss is a mean of how many terms in all?",
            "shared",
        ),
        Mistake(
            "by_cells",
            "You divide by n² cells. How many questions does each direction ask: one for each "
            "cell, or one for each row?",
            "shared",
        ),
        Mistake(
            "sign",
            "Your sign is turned. The gradient says where the loss *grows*; what happens to the "
            "loss when a pair's score grows?",
            "sign",
        ),
        Mistake(
            "times_scores",
            "You multiply by the scores. With respect to what is the derivative taken: the scores, "
            "or a factor in front of them?",
            "sign",
        ),
        Mistake(
            "derivative",
            "p (1 − p) is the derivative of a probability. What is the derivative of its "
            "logarithm?",
            "soft",
        ),
        Mistake(
            "logarithms",
            "You use the logarithms of the shares. What is the derivative of ln Σ exp(s)?",
            "soft",
        ),
        Mistake(
            "raw",
            "You use the scores themselves, without a softmax. What is the derivative of "
            "ln Σ exp(s)?",
            "soft way",
        ),
        Mistake(
            "overflow",
            "Small scores are right, but at a score of 100 you return NaN: e^100 is larger than "
            "any float32. Which function does it safely?",
            "soft sign",
        ),
        Mistake(
            "rows_turned",
            "Your second part is the first, turned over: a row's softmax lies in each column. "
            "Over which numbers does the softmax of a *column* run?",
            "way",
        ),
        Mistake(
            "scores_averaged",
            "You average the scores with their transpose first. What is averaged in the loss, the "
            "scores or the two directions?",
            "way soft",
        ),
        Mistake(
            "one_softmax",
            "One softmax runs over the whole matrix. What competes with what in a row, and what "
            "in a column?",
            "way soft pulled shared sign",
        ),
        Mistake(
            "product",
            "You multiply the shares of rows and columns. How do the two directions stand "
            "together in the loss?",
            "way pulled",
        ),
        Mistake(
            "difference",
            "You subtract the columns' part from the rows'. How do the two directions stand "
            "together in the loss?",
            "way pulled",
        ),
        Mistake(
            "joint_only",
            "You divide the shares by n, and not the 1 of the pairs. Does the mean of the loss "
            "cover both?",
            "way shared pulled soft",
        ),
        Mistake(
            "own_only",
            "You divide the 1 of the pairs by n, and not the shares. Does the mean of the loss "
            "cover both?",
            "way shared pulled soft",
        ),
        Mistake(
            "other_diagonal",
            "You subtract 1 on the other diagonal, from the right at the top to the left at the "
            "bottom. Where do picture i and text i meet?",
            "pulled",
        ),
        Mistake(
            "two_each",
            "You subtract 2 in each direction. How many right answers has a row?",
            "pulled",
        ),
        Mistake(
            "halved_twice",
            "Your gradient is halved once too often. The loss is a mean of how many terms in all?",
            "shared",
        ),
        Mistake(
            "temperature",
            "You divide by a temperature of 0.07. The derivative is taken with respect to the "
            "scores, which are divided by it already.",
            "shared",
        ),
        Mistake(
            "loss",
            "This is the loss itself, one number. How many scores are there, each with a "
            "derivative of its own?",
            "way soft pulled shared sign",
        ),
        Mistake(
            "axis_lost",
            "It looks as if a sum along the rows had lost its axis: every *column* j is divided "
            "by the sum of row j. What does `keepdim=True` keep?",
            "way soft",
        ),
        Mistake(
            "averaged_rows",
            "You average the scores with their transpose and take one softmax. What is averaged "
            "in the loss, the scores or the two directions?",
            "way soft pulled shared sign",
        ),
        Mistake(
            "no_brackets",
            "You divide the 1 of the pairs, and not the shares. What comes first in Python, a sum "
            "or a division?",
            "way shared pulled soft",
        ),
        Mistake(
            "sigmoid",
            "You ask of every cell alone (a sigmoid). In this loss, what competes with what?",
            "soft way",
        ),
        Mistake(
            "limited",
            "You keep the scores at 50 or below, so that larger ones count alike. What may be "
            "subtracted from a whole row without changing its softmax?",
            "soft sign",
        ),
    ),
    properties=(
        Property(
            "A constant added to all scores changes no probability, so all numbers of the gradient "
            "sum to 0; yours do not.",
            nothing_is_left_over,
        ),
        Property(
            "The score of a pair has to grow (a gradient of at most 0) and all others have to fall "
            "(at least 0); somewhere yours says otherwise.",
            pairs_are_pulled,
        ),
        Property(
            "Where all scores are equal, each cell beside the diagonal is pushed with 1/n²; yours "
            "is pushed differently.",
            guessing_pushes_evenly,
        ),
    ),
)
