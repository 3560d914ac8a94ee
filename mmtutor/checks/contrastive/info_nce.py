"""The loss in both directions. Traps: one direction, sums for means, overflow."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from mmtutor.checks.contrastive.shared import (
    diagonal,
    either,
    is_flat,
    joined,
    number,
    reduced,
    score_cases,
)
from mmtutor.checks.engine.exercise import RIGHT, Case, Implement, Mistake, Property, Wrong


def info_nce(scores: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: the mean cross-entropy of rows and columns; the diagonal is right."""
    if "temperature_again" in wrong:
        scores = scores / 0.07
    if "outside" in wrong:
        return -(mean_share(scores).log() + mean_share(scores.T).log()) / 2
    if "scores_averaged" in wrong:
        scores = (scores + scores.T) / 2
    sides = [costs(scores, wrong), costs(scores.T, wrong)]
    if "averaged_before" in wrong:
        share = (scores.softmax(1) + scores.softmax(0)) / 2
        sides = [-share.diagonal().log()] * 2
    if "rows_only" in wrong or "columns_only" in wrong:
        sides = [sides["columns_only" in wrong]] * 2
    rows, columns = (reduced(side, wrong) for side in sides)
    loss = -joined(rows, columns, wrong) if "sign" in wrong else joined(rows, columns, wrong)
    return loss / math.log(2) if "bits" in wrong else loss


def mean_share(scores: Tensor) -> Tensor:
    """Return the mean probability of the right answers."""
    return scores.softmax(1).diagonal().mean()


def costs(scores: Tensor, wrong: Wrong) -> Tensor:
    """Return what each row costs (n,), in one of the ways that people try."""
    if "sigmoid" in wrong:
        return -F.logsigmoid(torch.where(diagonal(scores), scores, -scores)).sum(1)
    share = log_shares(scores, wrong)
    ways: dict[str, Callable[[], Tensor]] = {
        "first_column": lambda: share[:, 0],
        "largest": lambda: share.amax(1),
        "every_mean": lambda: share.mean(1),
        "every_sum": lambda: share.sum(1),
        "one_off": lambda: share.roll(1, dims=1).diagonal(),
        "backwards": lambda: share.flip(1).diagonal(),
        "smoothed": lambda: 0.9 * share.diagonal() + 0.1 * share.mean(1),
        "no_numerator": lambda: -scores.logsumexp(1),
        "second_column": lambda: share[:, 1],
        "entropy": lambda: (share.exp() * share).sum(1),
        "squares": lambda: -(scores.softmax(1) - torch.eye(len(scores))).square().mean(1),
    }
    picked = either(ways, wrong, share.diagonal())
    return 1 - picked if "one_minus" in wrong else -picked


def log_shares(scores: Tensor, wrong: Wrong) -> Tensor:
    """Return ln softmax of each row, or what people take for it."""
    others = scores.masked_fill(diagonal(scores), -math.inf)
    ways: dict[str, Callable[[], Tensor]] = {
        "no_log": lambda: scores.softmax(1),
        "one_minus": lambda: scores.softmax(1),
        "no_positive": lambda: scores - others.logsumexp(1, keepdim=True),
        "no_denominator": lambda: scores,
        "softmax_before": lambda: scores.softmax(1).log_softmax(1),
        "whole_matrix": lambda: scores - scores.flatten().logsumexp(0),
        "underflow": lambda: scores.softmax(1).log(),
        "overflow": lambda: (scores.exp() / scores.exp().sum(1, keepdim=True)).log(),
        "little": lambda: (scores.softmax(1) + 1e-8).log(),
        "one_maximum": lambda: over_one_maximum(scores),
        "maximum": lambda: scores - scores.amax(1, keepdim=True),
        "overflow_of_sum": lambda: scores - scores.exp().sum(1, keepdim=True).log(),
    }
    return either(ways, wrong, scores.log_softmax(1))


def over_one_maximum(scores: Tensor) -> Tensor:
    """Return ln softmax with one maximum for the whole table: rows far below it vanish."""
    raised = (scores - scores.max()).exp()
    return (raised / raised.sum(1, keepdim=True)).log()


def mistakes_cost_their_gap(case: Case, output: Tensor) -> bool:
    """Say whether each answer costs at least what its score lacks to the best."""
    scores = case["scores"]
    lack = (scores.amax(1) + scores.amax(0) - 2 * scores.diagonal()).mean() / 2
    return number(output) >= lack.item() * (1 - 1e-4) - 1e-3


def guessing_costs_ln_n(case: Case, output: Tensor) -> bool:
    """Say whether equal scores cost ln n."""
    scores = case["scores"]
    return not is_flat(scores) or abs(number(output) - math.log(len(scores))) < 1e-4


def never_negative(case: Case, output: Tensor) -> bool:
    """Say whether the loss is at least 0."""
    return bool(number(output) >= -1e-5)


def certainty_is_free(case: Case, output: Tensor) -> bool:
    """Say whether a diagonal far above everything else costs nothing."""
    off = case["scores"].masked_fill(diagonal(case["scores"]), -math.inf)
    lead = case["scores"].diagonal().min() - off.max()
    return bool(lead < 20) or abs(number(output)) < 1e-3


OVERFLOW_GROUP = "share pick"

INFO_NCE = Implement(
    id="contrastive.info_nce",
    title="The loss, in both directions",
    difficulty=2,
    minutes=15,
    gradient=True,
    hints=(
        "Read one row as a multiple-choice question: n texts, and one belongs to this picture. "
        "What does a classifier pay for that? Each column is such a question, too.",
        "L = ½ (mean_i −ln softmax(s_i·)_i + mean_j −ln softmax(s_·j)_j).",
        "scores (n, n) → ln softmax along the rows (n, n) → its diagonal (n,) → the mean. The same "
        "for `scores.T`. Half of the sum of the two: one number, shape ().",
        "own = torch.arange(len(scores))\nrows = F.cross_entropy(..., own)\n"
        "columns = F.cross_entropy(..., own)\nreturn ...",
    ),
    reference=info_nce,
    cases=score_cases,
    mistakes=(
        Mistake(
            "rows_only",
            "Only the rows count: each picture looks for its text. If you add two terms, both read "
            "along the rows. How does a text look for its picture?",
            "way",
        ),
        Mistake(
            "columns_only",
            "Only the columns count: each text looks for its picture. If you add two terms, both "
            "read along the columns. How does a picture look for its text?",
            "way",
        ),
        Mistake(
            "scores_averaged",
            "You mix the scores with their transpose and take one cross-entropy. What is averaged "
            "in the formula, the scores or the two losses?",
            "way",
        ),
        Mistake(
            "averaged_before",
            "You average the two probabilities and take one logarithm. In the formula, what comes "
            "first: the logarithm or the mean?",
            "way share pick",
        ),
        Mistake(
            "not_halved",
            "You add the two directions: somebody who guesses pays twice ln n. What is a mean of "
            "two?",
            "half",
        ),
        Mistake(
            "bracket",
            "You halve the second direction only. Which comes first in Python, the sum or the "
            "division?",
            "half way",
        ),
        Mistake(
            "worse",
            "You keep the worse of the two directions. Should the better one have no say?",
            "half way",
        ),
        Mistake(
            "multiplied",
            "You multiply the two directions. How do they stand together in the formula?",
            "half way sign share pick",
        ),
        Mistake(
            "geometric",
            "You take the root of the product of the two directions. Which mean is asked for?",
            "half way sign share pick",
        ),
        Mistake(
            "stacked",
            "You return both directions, one beside the other. A loss is one number: how do the "
            "two become one?",
            "half way",
        ),
        Mistake(
            "summed",
            "You add up the pairs: a batch that is twice as large costs twice as much. How does "
            "the loss stay comparable?",
            "reduce",
        ),
        Mistake(
            "by_cells",
            "You divide by n², the number of cells. How many questions does a direction ask: one "
            "for each cell, or one for each row?",
            "reduce",
        ),
        Mistake(
            "kept",
            "You return a number for each pair. What does mean_i ask for?",
            "reduce",
        ),
        Mistake(
            "median",
            "You take the median of the pairs. Which average is asked for?",
            "reduce",
        ),
        Mistake(
            "sign",
            "Your sign is turned: whoever descends makes the matches *worse*. What stands before "
            "the logarithm?",
            "sign",
        ),
        Mistake(
            "no_log",
            "You use the probabilities themselves, without a logarithm. (`F.nll_loss` takes none "
            "for you.) What does a cross-entropy do with them?",
            "share",
        ),
        Mistake(
            "one_minus",
            "You count what is missing to a probability of 1. That can never cost more than 1; "
            "what does a sure mistake cost in a cross-entropy?",
            "share",
        ),
        Mistake(
            "bits",
            "Your logarithm has base 2. Which one does the formula have?",
            "unit",
        ),
        Mistake(
            "no_positive",
            "The right answer is missing from your denominator, so that the loss can fall below 0. "
            "Over which columns does a softmax sum?",
            "share",
        ),
        Mistake(
            "no_denominator",
            "You only raise the scores of the pairs, and nothing pushes the others away. What "
            "stands below the line of the softmax?",
            "share way",
        ),
        Mistake(
            "softmax_before",
            "Your scores went through a softmax twice, which makes all answers nearly equal. What "
            "does `F.cross_entropy` do by itself?",
            "share",
        ),
        Mistake(
            "whole_matrix",
            "Your softmax runs over the whole matrix, so that all pairs of the batch compete with "
            "each other. How many texts does one picture choose among?",
            "share way",
        ),
        Mistake(
            "sigmoid",
            "You ask of every cell alone whether it is a pair: that is SigLIP's loss. In this one, "
            "what competes with what?",
            "share way pick",
        ),
        Mistake(
            "underflow",
            "Right, until a model is sure of a wrong answer: then the right one's probability is 0 "
            "in float32, and its logarithm −∞. Which function takes both in one safe step?",
            OVERFLOW_GROUP,
        ),
        Mistake(
            "overflow",
            "Small scores are right, but at a score of 100 you return NaN: e^100 is larger than "
            "any float32. Which function takes the logarithm and the softmax in one safe step?",
            OVERFLOW_GROUP,
        ),
        Mistake(
            "overflow_of_sum",
            "Small scores are right, but at a score of 100 you return ∞: e^100 is larger than any "
            "float32. Which function takes the logarithm of a sum of exponentials safely?",
            OVERFLOW_GROUP,
        ),
        Mistake(
            "first_column",
            "You take the first column for the right answer in every row. Where in the matrix do "
            "picture i and text i meet?",
            "pick",
        ),
        Mistake(
            "largest",
            "You take the model's favourite for the right answer, whatever it is. Where in the "
            "matrix do picture i and text i meet?",
            "pick",
        ),
        Mistake(
            "every_mean",
            "Every column counts as a right answer in your version: you average all cells. Which "
            "cells are pairs?",
            "pick reduce",
        ),
        Mistake(
            "every_sum",
            "Every column counts as a right answer in your version: you add up all cells. Which "
            "cells are pairs?",
            "pick reduce",
        ),
        Mistake(
            "temperature_again",
            "You divide by a temperature of 0.07. The scores are divided by it already.",
            "scale unit share way pick",
        ),
        Mistake(
            "outside",
            "You take the logarithm of the mean probability. Which comes first, the logarithm or "
            "the mean?",
            "scale sign way share pick half reduce unit",
        ),
        Mistake(
            "one_off",
            "Your right answers are one place off. Where in the matrix do picture i and text i "
            "meet?",
            "pick share",
        ),
        Mistake(
            "backwards",
            "Your right answers stand on the other diagonal, from the right at the top to the "
            "left at the bottom. Where in the matrix do picture i and text i meet?",
            "pick share",
        ),
        Mistake(
            "smoothed",
            "You smooth the labels: a tenth of the right answer goes to all columns. That is a "
            "trick of its own; the formula has none.",
            "pick share reduce",
        ),
        Mistake(
            "no_numerator",
            "Everything is pushed down and no pair is pulled up: what stands *above* the line of "
            "the fraction?",
            "pick share way",
        ),
        Mistake(
            "little",
            "You add a small number before the logarithm, so that a sure mistake costs no more "
            "than 18 or so. `log_softmax` needs no such help.",
            "share pick",
        ),
        Mistake(
            "one_maximum",
            "You subtract one maximum from the whole matrix. A row that lies far below it "
            "vanishes, and 0/0 is NaN: whose maximum should each row subtract?",
            "share pick way",
        ),
        Mistake(
            "second_column",
            "You take the second column for the right answer in every row. Where in the matrix do "
            "picture i and text i meet?",
            "pick",
        ),
        Mistake(
            "entropy",
            "You weigh the logarithms with the model's own probabilities: that says how unsure it "
            "is, whether right or wrong. Who knows which text belongs to picture i?",
            "pick share",
        ),
        Mistake(
            "squares",
            "You take squared differences between shares and the right answers. What does a sure "
            "mistake cost there, and what in a cross-entropy?",
            "pick share reduce",
        ),
        Mistake(
            "maximum",
            "Where the own score is the largest, nothing is left to pay in your version: only the "
            "largest score of a row stands against it. What stands below the line of the softmax?",
            "share pick",
        ),
    ),
    properties=(
        Property(
            "Where all scores are equal the model can only guess among n, and that costs ln n; "
            "yours costs something else.",
            guessing_costs_ln_n,
        ),
        Property(
            "No probability is larger than 1, so the loss is never negative; somewhere yours is.",
            never_negative,
        ),
        Property(
            "Where every pair leads by far, nothing is left to pay; yours is not 0.",
            certainty_is_free,
        ),
        Property(
            "A sum of exponentials is never below the largest of them, so an answer whose score "
            "lies 400 below another costs at least 400; yours costs less. Is something limited "
            "or replaced (`clamp`, `nan_to_num`), or is a mean another one than the formula's?",
            mistakes_cost_their_gap,
        ),
    ),
)
