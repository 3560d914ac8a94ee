"""The exercises of lesson 12, contrastive."""

import math
from collections.abc import Callable
from functools import cache
from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor

from mmtutor.checks.engine.exercise import (
    Case,
    FindTheBug,
    Implement,
    Measure,
    Mistake,
    Predict,
    Property,
    Wrong,
    random_tensor,
)

RIGHT: Wrong = frozenset()


def either(ways: dict[str, Callable[[], Tensor]], wrong: Wrong, right: Tensor) -> Tensor:
    """Return what the mistake that is being made gives, or what is right where none is made."""
    return next((way() for name, way in ways.items() if name in wrong), right)


def agree(a: Tensor, b: Tensor) -> bool:
    """Say whether two tensors have one shape and the same numbers, within float32's precision."""
    return a.shape == b.shape and torch.allclose(a.double(), b.double(), atol=1e-4)


def diagonal(scores: Tensor) -> Tensor:
    """Return a mask (n, n), True where a row meets its own column."""
    return torch.eye(len(scores), dtype=torch.bool)


# ------------------------------------------------------------------ cosines, over the temperature


def similarities(
    pictures: Tensor, texts: Tensor, temperature: float, wrong: Wrong = RIGHT
) -> Tensor:
    """Reference: `cos(picture_i, text_j) / τ`."""
    left, right = (
        lengthened(pictures, "texts_only", wrong),
        lengthened(texts, "pictures_only", wrong),
    )
    met = left @ right.T
    cosines = either(
        {
            "after": lambda: F.normalize(met, dim=1),
            "one_minus": lambda: 1 - met,
            "distance": lambda: torch.cdist(left, right),
            "paired": lambda: (left * right).sum(1),
            "with_itself": lambda: left @ left.T,
            "turned": lambda: right @ left.T,
        },
        wrong,
        met,
    )
    return bent(tempered(cosines, temperature, pictures.shape[1], wrong), wrong)


def lengthened(x: Tensor, forgotten: str, wrong: Wrong) -> Tensor:
    """Make every vector as long as 1, in one of the ways that people try."""
    ways: dict[str, Callable[[], Tensor]] = {
        "raw": lambda: x,
        "after": lambda: x,
        forgotten: lambda: x,
        "batch_axis": lambda: F.normalize(x, dim=0),
        "whole": lambda: x / x.norm(),
        "sum": lambda: x / x.abs().sum(1, keepdim=True),
        "largest": lambda: x / x.abs().amax(1, keepdim=True),
        "squared": lambda: x / x.square().sum(1, keepdim=True),
        "layer_norm": lambda: F.layer_norm(x, x.shape[1:]),
    }
    return either(ways, wrong, F.normalize(x, dim=1))


def tempered(cosines: Tensor, temperature: float, width: int, wrong: Wrong) -> Tensor:
    """Divide by the temperature, or do what people do instead."""
    ways: dict[str, Callable[[], Tensor]] = {
        "multiplied": lambda: cosines * temperature,
        "no_temperature": lambda: cosines,
        "exponent": lambda: cosines * math.exp(temperature),
        "divided_twice": lambda: cosines / temperature**2,
        "width_instead": lambda: cosines / width**0.5,
        "width_too": lambda: cosines / (temperature * width**0.5),
    }
    return either(ways, wrong, cosines / temperature)


def bent(scores: Tensor, wrong: Wrong) -> Tensor:
    """Return the scores, or what somebody made of them who went a step too far."""
    ways: dict[str, Callable[[], Tensor]] = {
        "softmax": lambda: scores.softmax(-1),
        "softmax_down": lambda: scores.softmax(0),
        "logarithm": lambda: scores.log_softmax(-1),
        "sigmoid": lambda: scores.sigmoid(),
        "exponential": lambda: scores.exp(),
    }
    return either(ways, wrong, scores)


def similarity_cases() -> list[Case]:
    def case(n: int, m: int, width: int, temperature: float, seed: int) -> Case:
        pictures = random_tensor(n, width, seed=seed)
        texts = random_tensor(m, width, seed=seed + 1)
        pictures[1] = 3 * pictures[0]  # another length, the same direction
        texts[0] = pictures[0] / 2
        return Case(pictures=pictures, texts=texts, temperature=temperature)

    return [
        case(2, 3, 2, 0.5, seed=0),
        case(3, 3, 4, 0.2, seed=10),
        case(4, 3, 5, 0.07, seed=20),
        case(4, 4, 4, 1.7, seed=30),
    ]


def only_the_direction_counts(case: Case, output: Tensor) -> bool:
    """Say whether the second picture, three times the first, has the first's scores."""
    return len(output) < 2 or agree(output[0], output[1])


def within_a_cosine(case: Case, output: Tensor) -> bool:
    """Say whether no score is larger than that of two vectors that point the same way."""
    return bool((output.abs() <= (1 + 1e-4) / case["temperature"]).all())


def same_direction_is_one(case: Case, output: Tensor) -> bool:
    """Say whether the first picture and the first text, which point the same way, get 1 / τ."""
    return abs(output[0, 0].item() * case["temperature"] - 1) < 1e-3


SIMILARITIES = Implement(
    id="contrastive.similarities",
    title="Every picture with every text",
    difficulty=1,
    minutes=10,
    hints=(
        "A cosine compares directions, whatever the lengths. What must each vector be divided by, "
        "so that a plain product of the two sides gives cosines? The temperature comes last.",
        "s_ij = (p_i · t_j) / (|p_i| |t_j| τ), where |p| is the root of the sum of squares.",
        "pictures (n, d) → lengths (n, 1) → unit vectors (n, d). The same for texts: (m, d). The "
        "product of (n, d) and (d, m) has the shape (n, m).",
        "p = pictures / pictures.norm(dim=..., keepdim=...)\nt = ...\nreturn p @ ... / ...",
    ),
    reference=similarities,
    cases=similarity_cases,
    mistakes=(
        Mistake(
            "raw",
            "These are dot products: a vector that is twice as long scores twice as much. What "
            "should be divided out before the two sides meet?",
            "length",
        ),
        Mistake(
            "pictures_only",
            "The pictures count by their direction, but a longer text still scores more. Whose "
            "length have you left in?",
            "length",
        ),
        Mistake(
            "texts_only",
            "The texts count by their direction, but a longer picture still scores more. Whose "
            "length have you left in?",
            "length",
        ),
        Mistake(
            "batch_axis",
            "You divide along the batch: each of the d columns is made as long as 1. Along which "
            "axis do the numbers of one vector lie?",
            "length",
        ),
        Mistake(
            "whole",
            "You divide all vectors of a side by one number, the length of the whole matrix. How "
            "many lengths are there, if each vector has its own? (`norm` takes a `dim`.)",
            "length",
        ),
        Mistake(
            "sum",
            "You divide by the sum of the absolute values. Which length does a cosine divide by: "
            "what does Pythagoras say?",
            "length",
        ),
        Mistake(
            "largest",
            "You divide by the largest number of each vector. How long is the vector (3, 4)?",
            "length",
        ),
        Mistake(
            "squared",
            "You divide by the *square* of the length. How long is the vector (3, 4), and how long "
            "is yours after the division?",
            "length",
        ),
        Mistake(
            "layer_norm",
            "That is a layer norm: mean 0 and spread 1, so every vector has the length √d, and its "
            "mean is lost. Which length does a cosine need?",
            "length",
        ),
        Mistake(
            "after",
            "You normalise the scores, row by row. A cosine needs something of length 1 *before* "
            "the product: what is it?",
            "length meet",
        ),
        Mistake(
            "multiplied",
            "You multiply by the temperature. Should a low one make the differences smaller or "
            "larger?",
            "temperature",
        ),
        Mistake(
            "no_temperature",
            "The temperature has no effect. If you do divide by it: before or after the lengths "
            "are made 1?",
            "temperature",
        ),
        Mistake(
            "exponent",
            "You multiply by e to the temperature. Some programs keep ln(1/τ) and need the "
            "exponential; what is handed over here?",
            "temperature",
        ),
        Mistake(
            "divided_twice",
            "You divide by the temperature twice. If you divide both sides before they meet: what "
            "becomes of their product?",
            "temperature",
        ),
        Mistake(
            "width_instead",
            "You divide by √d, as attention does, and the temperature has no effect. Does a cosine "
            "grow with the width?",
            "temperature",
        ),
        Mistake(
            "width_too",
            "You divide by √d as well, as attention does. Does a cosine grow with the width?",
            "temperature",
        ),
        Mistake(
            "one_minus",
            "You subtract the cosine from 1, so that the *least* alike score highest. Which is "
            "asked for, a likeness or a distance?",
            "meet",
        ),
        Mistake(
            "distance",
            "These are distances: pairs that point the same way score lowest. Which product of two "
            "unit vectors is their cosine?",
            "meet",
        ),
        Mistake(
            "paired",
            "You compare each picture with one text only, that of its own row. How many scores "
            "have 3 pictures and 4 texts?",
            "meet bend",
        ),
        Mistake(
            "with_itself",
            "You compare pictures with pictures. Which argument has no say in your result?",
            "meet length",
        ),
        Mistake(
            "turned",
            "Your rows are the texts. What is the first axis of (n, m)?",
            "meet",
        ),
        Mistake(
            "softmax",
            "You return shares that sum to 1 in each row. That is a step of the loss; what is "
            "asked for here?",
            "bend",
        ),
        Mistake(
            "softmax_down",
            "You return shares that sum to 1 in each column. That is a step of the loss; what is "
            "asked for here?",
            "bend",
        ),
        Mistake(
            "logarithm",
            "You return logarithms of shares, all below 0. That is a step of the loss; what is "
            "asked for here?",
            "bend",
        ),
        Mistake(
            "sigmoid",
            "You return sigmoids, all between 0 and 1. What is asked for, scores or chances?",
            "bend",
        ),
        Mistake(
            "exponential",
            "You return exponentials, which are never negative. What is the score of two vectors "
            "that point opposite ways?",
            "bend",
        ),
    ),
    properties=(
        Property(
            "The second picture is three times the first. It points the same way, so it has the "
            "same scores; yours differ.",
            only_the_direction_counts,
        ),
        Property(
            "A cosine lies between -1 and 1, so no score is larger than 1/τ; somewhere yours is.",
            within_a_cosine,
        ),
        Property(
            "The first picture and the first text point the same way. Their cosine is 1 and their "
            "score 1/τ; yours is another.",
            same_direction_is_one,
        ),
    ),
)

# ------------------------------------------------------------------ the loss, in both directions


def info_nce(scores: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: the mean cross-entropy of rows and columns; the diagonal is right."""
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
        "overflow_of_sum": lambda: scores - scores.exp().sum(1, keepdim=True).log(),
    }
    return either(ways, wrong, scores.log_softmax(1))


def reduced(side: Tensor, wrong: Wrong) -> Tensor:
    """Make one number of what the rows cost."""
    ways: dict[str, Callable[[], Tensor]] = {
        "summed": lambda: side.sum(),
        "by_cells": lambda: side.mean() / len(side),
        "kept": lambda: side,
        "median": lambda: side.median(),
    }
    return either(ways, wrong, side.mean())


def joined(rows: Tensor, columns: Tensor, wrong: Wrong) -> Tensor:
    """Let the two directions meet."""
    ways: dict[str, Callable[[], Tensor]] = {
        "not_halved": lambda: rows + columns,
        "bracket": lambda: rows + columns / 2,
        "worse": lambda: torch.maximum(rows, columns),
        "stacked": lambda: torch.stack([rows, columns]),
    }
    return either(ways, wrong, (rows + columns) / 2)


def score_cases() -> list[Case]:
    sure = random_tensor(4, 4, seed=140) + 30 * torch.eye(4)
    sharp = 40 * random_tensor(5, 5, seed=150)
    sharp = sharp.masked_fill(diagonal(sharp), 100.0)  # e^100 is no float32
    mistaken = random_tensor(3, 3, seed=160)
    mistaken[:2, 2] = 400.0  # sure of wrong answers: the right one's share is 0 in float32
    return [
        Case(scores=random_tensor(2, 2, seed=100)),
        Case(scores=random_tensor(3, 3, seed=110)),
        Case(scores=2 * random_tensor(4, 4, seed=120)),
        Case(scores=3 * random_tensor(6, 6, seed=130)),
        Case(scores=torch.full((3, 3), 0.7)),
        Case(scores=sure),
        Case(scores=sharp),
        Case(scores=mistaken),
    ]


def number(output: Tensor) -> float:
    """Return what a loss says, or the mean of somebody's who returns one for each pair."""
    return torch.as_tensor(output).double().mean().item()


def is_flat(scores: Tensor) -> bool:
    """Say whether a model has given every cell the same score."""
    return len(scores.unique()) == 1


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
    ),
)

# ------------------------------------------------------------------ several right answers in a row


def targets(names: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: in each row an equal share for every column with the same name."""
    if "no_axis" in wrong:
        same = (names == names).float()
        return same / same.sum()
    if "classes" in wrong:
        return F.one_hot(names).float()
    same = (names.unsqueeze(1) == names).float()
    first = F.one_hot(same.argmax(1), len(names)).float()
    ways: dict[str, Callable[[], Tensor]] = {
        "identity": lambda: torch.eye(len(names)),
        "no_self_safe": lambda: same - torch.eye(len(names)),
        "no_self": lambda: same - torch.eye(len(names)),
        "different": lambda: 1 - same,
        "first_only": lambda: first,
        "up_to_here": lambda: same.tril(),
        "everybody": lambda: torch.ones_like(same),
    }
    return divided(either(ways, wrong, same), names, wrong)


def divided(same: Tensor, names: Tensor, wrong: Wrong) -> Tensor:
    """Make shares of zeros and ones, in one of the ways that people try."""
    ways: dict[str, Callable[[], Tensor]] = {
        "not_divided": lambda: same,
        "by_n": lambda: same / len(names),
        "by_names": lambda: same / len(names.unique()),
        "by_total": lambda: same / same.sum(),
        "by_root": lambda: F.normalize(same, dim=1),
        "softmax": lambda: same.softmax(1),
        "no_self_safe": lambda: same / same.sum(1, keepdim=True).clamp(min=1),
    }
    return either(ways, wrong, same / same.sum(1, keepdim=True))


def name_cases() -> list[Case]:
    rows = ([4, 4, 1], [0, 2, 0, 5, 0], [3, 1, 3, 3, 1, 7], [2, 0, 1], [9, 8, 8, 2, 9, 8, 0])
    return [Case(names=torch.tensor(row)) for row in rows]


def rows_sum_to_one(case: Case, output: Tensor) -> bool:
    """Say whether the shares of each row sum to 1."""
    sums = output.double().sum(-1)
    return agree(sums, torch.ones_like(sums))


def same_name_same_share(case: Case, output: Tensor) -> bool:
    """Say whether two columns with one name get the same share in every row."""
    same = case["names"].unsqueeze(1) == case["names"]
    first = same.int().argmax(1)  # for each column the first with its name
    return agree(output.nan_to_num(), output[:, first].nan_to_num())


def others_get_nothing(case: Case, output: Tensor) -> bool:
    """Say whether a column with another name has no share."""
    same = case["names"].unsqueeze(1) == case["names"]
    return not bool(output[~same].any())


TARGETS = Implement(
    id="contrastive.targets",
    title="Two captions that are the same",
    difficulty=2,
    minutes=15,
    differentiable=False,
    hints=(
        "Take one row and ask of every column: does it have this row's name? Then think of the "
        "row as a probability: what is there to share, and among how many?",
        "t_ij = 1 / (how often the name of i occurs) where the names of i and j are equal, else 0.",
        "names as a column (n, 1) against names as a row (n,): booleans (n, n). Their sum along "
        "each row: (n, 1). Shares (n, n), as floats.",
        "same = names.unsqueeze(...) == names\nreturn same / same.sum(dim=..., keepdim=...)",
    ),
    reference=targets,
    cases=name_cases,
    mistakes=(
        Mistake(
            "identity",
            "Only the diagonal gets something. When two pictures have the same name, is the "
            "other one's text wrong?",
            "who share",
        ),
        Mistake(
            "no_self",
            "A row's own column gets nothing: you leave the pair itself out, and 0/0 where a name "
            "occurs once. Is a picture's own text a right answer?",
            "who",
        ),
        Mistake(
            "no_self_safe",
            "A row's own column gets nothing, and a name that occurs once has a row of zeros. Is a "
            "picture's own text a right answer?",
            "who share",
        ),
        Mistake(
            "different",
            "The shares go to the columns with *another* name. Who belongs together?",
            "who",
        ),
        Mistake(
            "first_only",
            "Only the first text with a name gets something. Is the second one, which says the "
            "same, wrong?",
            "who share",
        ),
        Mistake(
            "up_to_here",
            "Only texts up to a row's own count as right. What of one further along that says the "
            "same?",
            "who",
        ),
        Mistake(
            "everybody",
            "Every column gets the same share, whatever its name. Which columns are right answers?",
            "who share",
        ),
        Mistake(
            "not_divided",
            "Right answers get a whole 1 each, so that a row with two of them sums to 2. What "
            "should a row of probabilities sum to?",
            "share",
        ),
        Mistake(
            "by_n",
            "You divide by the number of columns. Among how many of them is a row shared?",
            "share",
        ),
        Mistake(
            "by_names",
            "You divide by how many different names there are. Among how many columns is a row "
            "shared?",
            "share",
        ),
        Mistake(
            "by_total",
            "Your whole matrix sums to 1. What should each row sum to?",
            "share",
        ),
        Mistake(
            "by_root",
            "You divide by the root of the count: the *squares* of a row sum to 1. What should sum "
            "to 1?",
            "share",
        ),
        Mistake(
            "softmax",
            "A softmax gives something to every column, also to the wrong ones. What is the "
            "exponential of 0?",
            "share",
        ),
        Mistake(
            "no_axis",
            "You compare each name with itself. (`.T` does nothing to a single axis.) Where does "
            "`names` need a new axis, so that each meets each?",
            "who share",
        ),
        Mistake(
            "classes",
            "Your columns are names: this says which name each row has. What are the columns of "
            "(n, n)?",
            "who share",
        ),
    ),
    properties=(
        Property(
            "What a row has to give is 1 in all; somewhere your row sums to something else.",
            rows_sum_to_one,
        ),
        Property(
            "A column with another name gets nothing; somewhere yours does.",
            others_get_nothing,
        ),
        Property(
            "Two columns with the same name are equally right; somewhere yours get different "
            "shares.",
            same_name_same_share,
        ),
    ),
)

# ------------------------------------------------------------------ find the bug: a small CLIP


def small_clip(pictures: Tensor, texts: Tensor, log_scale: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: CLIP's loss of a batch, from vectors of any length and from ln(1/τ)."""
    left = lengthened(pictures, "pictures_long", wrong)
    right = lengthened(texts, "texts_long", wrong)
    scale = scale_of(log_scale, wrong)
    scores = scale * right @ left.T  # (text, picture), as in the program that is handed out
    of_texts = labels(left, right, scale, wrong)
    of_pictures = of_texts if "own_targets_twice" in wrong else of_texts.T
    shares = scores.T.log_softmax(0 if "one_way" in wrong else 1)
    by_text = -(of_texts * scores.log_softmax(1)).sum(1)
    by_picture = -(of_pictures * shares).sum(1)
    first = by_picture if "pictures_only" in wrong else by_text
    return joined(reduced(first, wrong), reduced(by_picture, wrong), wrong)


def scale_of(log_scale: Tensor, wrong: Wrong) -> Tensor:
    """Return 1/τ, at most 100, or what people take for it."""
    ways: dict[str, Callable[[], Tensor]] = {
        "no_exp": lambda: log_scale.clamp(max=100),
        "no_limit": lambda: log_scale.exp(),
        "low_limit": lambda: log_scale.exp().clamp(max=math.log(100)),
        "inverse": lambda: 1 / log_scale.exp().clamp(max=100),
        "temperature": lambda: 1 / log_scale,
    }
    return either(ways, wrong, log_scale.clamp(max=math.log(100)).exp())


def labels(left: Tensor, right: Tensor, scale: Tensor, wrong: Wrong) -> Tensor:
    """Return what each row should give to each column.

    Raises ValueError, as `F.cross_entropy` does, and RuntimeError, as a product does, where labels
    are counted along the width and there are not as many as pairs.
    """
    alike = (left @ left.T + right @ right.T) / 2
    ways: dict[str, Callable[[], Tensor]] = {
        "own_targets": lambda: (alike / scale).softmax(0 if "wrong_axis" in wrong else 1),
        "own_targets_twice": lambda: (alike / scale).softmax(1),
        "own_targets_sharp": lambda: (alike * scale).softmax(1),
        "wrong_axis": lambda: counted_along_the_width(left, ValueError),
        "wide_matrix": lambda: counted_along_the_width(left, RuntimeError),
    }
    return either(ways, wrong, torch.eye(len(left)))


def counted_along_the_width(left: Tensor, error: type[Exception]) -> Tensor:
    """Return an identity as large as the width, or raise where the batch is of another size."""
    if left.shape[0] != left.shape[1]:
        raise error
    return torch.eye(left.shape[1])


def clip_cases() -> list[Case]:
    def case(n: int, width: int, log_scale: float, seed: int) -> Case:
        pictures = random_tensor(n, width, seed=seed)
        texts = 1.5 * random_tensor(n, width, seed=seed + 1)
        return Case(pictures=pictures, texts=texts, log_scale=torch.tensor(log_scale))

    perfect = case(4, 5, 1.5, seed=340)
    lengths = torch.tensor([[0.5], [1.0], [1.7], [2.5]])
    perfect["pictures"], perfect["texts"] = torch.eye(4, 5) * lengths, torch.eye(4, 5) * 1.3
    same = case(3, 4, 2.0, seed=350)
    same["pictures"] = same["texts"] = same["texts"][:1].repeat(3, 1)
    return [
        case(2, 3, 1.2, seed=300),
        case(3, 2, 2.66, seed=310),
        case(5, 4, 0.6, seed=320),
        case(4, 3, 5.0, seed=330),  # e^5 is above 100
        perfect,
        same,
        case(3, 3, 2.2, seed=360),  # here labels along the width do not raise
        case(4, 4, 5.1, seed=370),
    ]


def right_angles(vectors: Tensor) -> bool:
    """Say whether every two vectors stand at right angles."""
    return not bool((vectors @ vectors.T)[~diagonal(vectors)].any())


def perfect_pairs_cost_little(case: Case, output: Tensor) -> bool:
    """Say whether pairs of one direction, all else at right angles, cost ln(1 + (n-1) e^(-1/τ))."""
    if not right_angles(case["pictures"]):
        return True
    rest = (len(case["pictures"]) - 1) * math.exp(-math.exp(case["log_scale"].item()))
    return abs(number(output) - math.log1p(rest)) < 1e-3


def one_point_costs_ln_n(case: Case, output: Tensor) -> bool:
    """Say whether a model that gives every picture and text the same vector pays ln n."""
    vectors = torch.cat([case["pictures"], case["texts"]])
    collapsed = bool((vectors == vectors[0]).all())
    return not collapsed or abs(number(output) - math.log(len(vectors) / 2)) < 1e-3


SMALL_CLIP = FindTheBug(
    id="contrastive.small_clip",
    title="Find the bugs: a small CLIP",
    difficulty=3,
    minutes=30,
    given=frozenset({"raw", "own_targets", "one_way", "wrong_axis"}),
    hints=(
        "There are four mistakes. Ask of every line: what shape has its result, and what does one "
        "row of it stand for? Then ask who decides here which answers are right.",
        "L = ½ (mean over texts of −ln softmax(row)_own + mean over pictures of −ln softmax(column)"
        "_own), of the scores min(1/τ, 100) · cos(text, picture).",
        "pictures, texts: (n, d), each row made as long as 1. scores: (n, n), a row for each text; "
        "`scores.T` has a row for each picture. log_scale holds ln(1/τ): what undoes a logarithm?",
        "texts = texts / ...\npictures = ...\nscale = ....clamp(max=100)\n"
        "scores = scale * texts @ pictures.T\nown = torch.arange(...)\n"
        "text_loss = F.cross_entropy(scores, own)\npicture_loss = ...\nreturn ...",
    ),
    reference=small_clip,
    cases=clip_cases,
    mistakes=(
        Mistake(
            "raw",
            "Long vectors score more than short ones, so a model can lower this loss by making its "
            "vectors longer. What does CLIP compare, vectors or their directions?",
            "length",
        ),
        Mistake(
            "pictures_long",
            "The texts count by their direction, but a long picture still scores more than a short "
            "one. Whose length have you left in?",
            "length",
        ),
        Mistake(
            "texts_long",
            "The pictures count by their direction, but a long text still scores more than a short "
            "one. Whose length have you left in?",
            "length",
        ),
        Mistake(
            "batch_axis",
            "You normalise along the batch, so that each of the d columns is as long as 1. Along "
            "which axis do the numbers of one vector lie?",
            "length",
        ),
        Mistake(
            "whole",
            "You divide all vectors of a side by one number, the length of the whole matrix. How "
            "many lengths are there, if each vector has its own?",
            "length",
        ),
        Mistake(
            "own_targets",
            "The model writes its own answer key: the less its vectors differ, the more equal the "
            "targets, until one point for everything suits them. Who knows which text belongs to "
            "picture i?",
            "labels",
        ),
        Mistake(
            "own_targets_twice",
            "The model still writes its own answer key, though each direction has its own now. Who "
            "knows which text belongs to picture i?",
            "labels axis",
        ),
        Mistake(
            "own_targets_sharp",
            "The model still writes its own answer key, sharper than before. Who knows which text "
            "belongs to picture i?",
            "labels axis",
        ),
        Mistake(
            "wrong_axis",
            "Your labels are built from the wrong axis. A row of `scores` is one question: how "
            "many questions are there, and along which axis do the labels of *one* sum to 1?",
            "axis",
        ),
        Mistake(
            "wide_matrix",
            "Your matrix of labels has d rows and columns, one for each number of a vector. How "
            "many texts ask, and how many pictures may each choose among?",
            "labels axis",
        ),
        Mistake(
            "one_way",
            "Texts look for their pictures, and no picture looks for its text. If you have two "
            "terms: which cells of `scores` compete in the softmax of each?",
            "way",
        ),
        Mistake(
            "pictures_only",
            "Pictures look for their texts, and no text looks for its picture. What did the first "
            "of the two terms do?",
            "way",
        ),
        Mistake(
            "no_exp",
            "You multiply by ln(1/τ) itself: the scores stay so small that even perfect pairs cost "
            "something. What undoes a logarithm?",
            "scale",
        ),
        Mistake(
            "no_limit",
            "Nothing keeps 1/τ at 100 or below. In which of your lines is it 1/τ, no longer its "
            "logarithm?",
            "scale",
        ),
        Mistake(
            "low_limit",
            "You keep 1/τ below ln 100, about 4.6. Which of the two may be at most 100: the scale, "
            "or its logarithm?",
            "scale",
        ),
        Mistake(
            "inverse",
            "You take the exponential for τ and divide by it. Of what is `log_scale` the "
            "logarithm?",
            "scale",
        ),
        Mistake(
            "temperature",
            "You divide by `log_scale`, as if it were τ. Of what is it the logarithm?",
            "scale",
        ),
        Mistake(
            "not_halved",
            "You add the two directions: somebody who guesses pays twice ln n. What did the "
            "program's last line do?",
            "half",
        ),
        Mistake(
            "summed",
            "You add up the pairs, so a batch that is twice as large costs twice as much. What did "
            "the program's last line do?",
            "reduce",
        ),
        Mistake(
            "by_cells",
            "You divide by n², the number of cells. Which axis did the program sum before it took "
            "the mean?",
            "reduce",
        ),
        Mistake(
            "kept",
            "You return a number for each pair. What did the program's last line do?",
            "reduce",
        ),
    ),
    properties=(
        Property(
            "Where the vectors of a pair point the same way, and all others stand at right angles, "
            "the loss is ln(1 + (n − 1) e^(−1/τ)), whatever the lengths; yours is another.",
            perfect_pairs_cost_little,
        ),
        Property(
            "Where all pictures and all texts have one and the same vector, the model can only "
            "guess, and that costs ln n; yours costs something else.",
            one_point_costs_ln_n,
        ),
    ),
)

# ------------------------------------------------------------------ a classifier made of words


def zero_shot(pictures: Tensor, prompts: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: the class whose mean prompt vector, made as long as 1, is nearest."""
    if "prompts_mixed" in wrong:
        prompts = prompts.transpose(0, 1)
    scores = class_scores(pictures, prompts, wrong)  # (picture, class)
    ways: dict[str, Callable[[], Tensor]] = {
        "least": lambda: scores.argmin(1),
        "wrong_axis": lambda: scores.argmax(0),
        "scores": lambda: scores,
        "best_score": lambda: scores.amax(1),
        "one_hot": lambda: F.one_hot(scores.argmax(1), scores.shape[1]),
        "from_one": lambda: scores.argmax(1) + 1,
    }
    return either(ways, wrong, scores.argmax(1))


def class_scores(pictures: Tensor, prompts: Tensor, wrong: Wrong) -> Tensor:
    """Return how much each picture resembles each class, in one of the ways that people try."""
    each = torch.einsum("nd,cpd->ncp", pictures, prompts)
    mean = prompts.mean(1)
    ways: dict[str, Callable[[], Tensor]] = {
        "not_renormalised": lambda: pictures @ mean.T,
        "best_prompt": lambda: each.amax(2),
        "worst_prompt": lambda: each.amin(2),
        "first_prompt": lambda: each[:, :, 0],
        "last_prompt": lambda: each[:, :, -1],
        "votes": lambda: F.one_hot(each.argmax(1), each.shape[1]).sum(1).float(),
        "shares": lambda: each.softmax(1).mean(2),
        "every_prompt": lambda: each.flatten(1),
        "class_axis": lambda: pictures @ F.normalize(mean, dim=0).T,
        "by_sum": lambda: pictures @ F.normalize(mean, p=1, dim=1).T,
        "squared": lambda: pictures @ (mean / mean.square().sum(1, keepdim=True)).T,
        "distance": lambda: -torch.cdist(pictures, mean),
    }
    return either(ways, wrong, pictures @ F.normalize(mean, dim=1).T)


def zero_shot_cases() -> list[Case]:
    def case(n: int, spread: list[float], count: int, width: int, seed: int) -> Case:
        pictures = F.normalize(random_tensor(n, width, seed=seed), dim=1)
        centres = random_tensor(len(spread), 1, width, seed=seed + 1)
        noise = random_tensor(len(spread), count, width, seed=seed + 2)
        prompts = F.normalize(centres, dim=2) + torch.tensor(spread).view(-1, 1, 1) * noise
        return Case(pictures=pictures, prompts=F.normalize(prompts, dim=2))

    aligned = case(1, [0.1, 1.0, 0.4, 0.7], 3, 3, seed=420)
    aligned["pictures"] = F.normalize(aligned["prompts"].mean(1), dim=1)
    tiny = Case(
        pictures=torch.tensor([[0.6, 0.8], [1.0, 0.0]]),
        prompts=torch.tensor([[[0.8, 0.6], [0.8, 0.6]], [[0.0, 1.0], [0.96, 0.28]]]),
    )
    return [
        tiny,
        case(7, [0.1, 0.9, 0.4], 2, 3, seed=400),
        case(40, [0.05, 0.6, 1.2, 0.3], 5, 3, seed=410),
        aligned,
        case(60, [0.2, 1.5, 0.6], 4, 6, seed=430),
    ]


def names_a_class(case: Case, output: Tensor) -> bool:
    """Say whether every answer is the number of a class."""
    return bool(((output >= 0) & (output < len(case["prompts"]))).all())


def own_direction_wins(case: Case, output: Tensor) -> bool:
    """Say whether a picture that points where a class's mean points belongs to that class."""
    own = F.normalize(case["prompts"].mean(1), dim=1)
    if case["pictures"].shape != own.shape or not agree(case["pictures"], own):
        return True
    return torch.equal(output, torch.arange(len(own)))


ZERO_SHOT = Implement(
    id="contrastive.zero_shot",
    title="A classifier made of words",
    difficulty=2,
    minutes=15,
    differentiable=False,
    hints=(
        "First make one vector of each class's prompts. Is a mean of unit vectors still a unit "
        "vector, and is it equally long for every class?",
        "m_c = mean_k v_ck, w_c = m_c / |m_c|. The class of picture i: the c with the largest "
        "p_i · w_c.",
        "prompts (class, prompt, d) → their means (class, d) → unit vectors (class, d). pictures "
        "(n, d) times (d, class): (n, class) → whole numbers (n,).",
        "classes = prompts.mean(dim=...)\nclasses = classes / classes.norm(dim=..., keepdim=...)\n"
        "return (pictures @ ...).argmax(dim=...)",
    ),
    reference=zero_shot,
    cases=zero_shot_cases,
    mistakes=(
        Mistake(
            "not_renormalised",
            "A class whose prompts disagree has a short mean, and loses because of that. (The mean "
            "of the prompts' cosines comes to the same.) What had the prompts that their mean "
            "lacks?",
            "class",
        ),
        Mistake(
            "best_prompt",
            "The best prompt of each class decides, and the others have no say. How do all of them "
            "become one vector?",
            "class",
        ),
        Mistake(
            "worst_prompt",
            "The worst prompt of each class decides. How do all of them become one vector?",
            "class",
        ),
        Mistake(
            "first_prompt",
            "Only the first prompt of each class counts. How do all of them become one vector?",
            "class",
        ),
        Mistake(
            "last_prompt",
            "Only the last prompt of each class counts. Does a loop overwrite what it should add "
            "to?",
            "class",
        ),
        Mistake(
            "votes",
            "Each prompt has one vote, and the majority decides. Where do the prompts meet here: "
            "after each has chosen, or before?",
            "class soft",
        ),
        Mistake(
            "shares",
            "You average the shares that each prompt gives to the classes. Where do the prompts "
            "meet here: after a softmax, or before any score?",
            "class soft",
        ),
        Mistake(
            "every_prompt",
            "You number the prompts, all of them in one row. What is to be numbered, and how many "
            "are there?",
            "class mixed flat",
        ),
        Mistake(
            "class_axis",
            "You make the means as long as 1 along the classes: each of the d columns, not each "
            "class. Along which axis do the numbers of one vector lie?",
            "class",
        ),
        Mistake(
            "by_sum",
            "You divide each mean by the sum of its absolute values. Which length has a unit "
            "vector?",
            "class",
        ),
        Mistake(
            "squared",
            "You divide each mean by the *square* of its length, so that a class whose prompts "
            "disagree wins because of that. How long should every class be?",
            "class",
        ),
        Mistake(
            "distance",
            "You look for the nearest mean by distance, but the means are not equally long. What "
            "has to happen to them first?",
            "class",
        ),
        Mistake(
            "prompts_mixed",
            "You average over the classes, so that what you predict is the number of a *prompt*. "
            "Which axis of (class, prompt, d) should go?",
            "mixed",
        ),
        Mistake(
            "least",
            "You choose the class that resembles the picture least. Is a large cosine near or far?",
            "choice",
        ),
        Mistake(
            "wrong_axis",
            "You look for the best picture of each class. Who chooses here, and among what?",
            "choice class",
        ),
        Mistake(
            "scores",
            "You return the scores. Which class do they speak for?",
            "choice",
        ),
        Mistake(
            "best_score",
            "You return how large the largest score is. *Which* class has it?",
            "choice flat",
        ),
        Mistake(
            "one_hot",
            "You return a row of zeros and a one for each picture. Which number says the same?",
            "choice",
        ),
        Mistake(
            "from_one",
            "Your classes are counted from 1. From what do they count here?",
            "choice",
        ),
    ),
    properties=(
        Property(
            "Every answer is the number of a class, counted from 0; somewhere yours is none.",
            names_a_class,
        ),
        Property(
            "A picture that points exactly where the mean of a class's prompts points belongs to "
            "that class; yours goes elsewhere.",
            own_direction_wins,
        ),
    ),
)

# ------------------------------------------------------------------ numbers, and what is wrong


def each_alone_or_together(right: Callable[[], list[float]], *places: list[Mistake]) -> tuple:
    """Return a mistake for every way to get one number wrong, or several at a time.

    `places` holds, for each number, what people answer instead; its hints speak of that number.
    """

    def combined(wrong: tuple[Mistake | None, ...]) -> Mistake:
        made = [mistake for mistake in wrong if mistake]

        def value() -> list[float]:
            pairs = zip(right(), wrong, strict=True)
            return [m.value() if m and m.value else number for number, m in pairs]

        names, hints = "+".join(m.name for m in made), " ".join(m.hint for m in made)
        return Mistake(names, hints, value=value)

    rows = sorted(product(*([None, *place] for place in places)), key=lambda r: 3 - r.count(None))
    return tuple(combined(row) for row in rows if any(row))


BATCH, NEGATIVES, NAMES = 128, 256, 500

CHANCE = Predict(
    id="contrastive.chance",
    title="Three numbers to know before you train",
    difficulty=1,
    minutes=5,
    hints=(
        "A model that knows nothing gives every text the same probability. Which, and what does a "
        "cross-entropy make of it? For the second number: how low can a loss be? For the third: "
        "when nobody is ahead, who is first?",
        "L = −ln p, with p = 1/n for somebody who guesses. I ≥ ln N − L, and L is never negative.",
        "A list of three numbers: nats, nats, and a share between 0 and 1. `math.log` is the "
        "natural logarithm.",
        "untrained = -math.log(1 / ...)\nceiling = math.log(...) - ...\nrecall = ... / ...",
    ),
    truth=lambda: [math.log(BATCH), math.log(NEGATIVES), 1 / NAMES],
    tolerance=0.0015,
    mistakes=each_alone_or_together(
        lambda: [math.log(BATCH), math.log(NEGATIVES), 1 / NAMES],
        [
            Mistake(
                "first_bits",
                "Your first number is a logarithm to base 2, in bits. Which base have nats?",
                value=lambda: math.log2(BATCH),
            ),
            Mistake(
                "first_decimal",
                "Your first number is a logarithm to base 10. Which base have nats?",
                value=lambda: math.log10(BATCH),
            ),
            Mistake(
                "first_probability",
                "Your first number is the probability of a lucky guess. What does a cross-entropy "
                "make of a probability?",
                value=lambda: 1 / BATCH,
            ),
            Mistake(
                "first_sum",
                "Your first number is the sum of both directions. What does the loss do with the "
                "two?",
                value=lambda: 2 * math.log(BATCH),
            ),
            Mistake(
                "first_half",
                "Your first number is half of one direction's loss. Both directions cost the same "
                "here: what is their mean?",
                value=lambda: math.log(BATCH) / 2,
            ),
            Mistake(
                "first_half_batch",
                "Your first number is that of 64 texts. Among how many does each picture choose?",
                value=lambda: math.log(BATCH / 2),
            ),
            Mistake(
                "first_negatives",
                "Your first number leaves out one of the texts. Is the right one among those that "
                "a picture chooses from?",
                value=lambda: math.log(BATCH - 1),
            ),
            Mistake(
                "first_cells",
                "Your first number is as large as the batch. What does *one* picture cost, on "
                "average, and what does a cross-entropy make of a probability?",
                value=lambda: float(BATCH),
            ),
        ],
        [
            Mistake(
                "second_bits",
                "Your second number is in bits. Which base has ln?",
                value=lambda: math.log2(NEGATIVES),
            ),
            Mistake(
                "second_decimal",
                "Your second number is a logarithm to base 10. Which base has ln?",
                value=lambda: math.log10(NEGATIVES),
            ),
            Mistake(
                "second_untrained",
                "Your second number is what an *untrained* model certifies. How low can the loss "
                "be, at best?",
                value=lambda: 0.0,
            ),
            Mistake(
                "second_other_batch",
                "Your second number mixes the two batches: you subtract the loss of the first "
                "question. What is the lowest loss there can be?",
                value=lambda: math.log(NEGATIVES) - math.log(BATCH),
            ),
            Mistake(
                "second_batch",
                "Your second number is the number of pairs itself. What does the bound do with N?",
                value=lambda: float(NEGATIVES),
            ),
        ],
        [
            Mistake(
                "third_all",
                "Your third number is what a tie gives whose winner is always said to be the right "
                "one. All 500 names tie: how often is the right one first, if lots are drawn?",
                value=lambda: 1.0,
            ),
            Mistake(
                "third_none",
                "Your third number says never, as if the right name stood behind all that tie with "
                "it. How often is it first, if lots are drawn?",
                value=lambda: 0.0,
            ),
            Mistake(
                "third_percent",
                "Your third number is a percentage. Give a share of 1.",
                value=lambda: 100 / NAMES,
            ),
            Mistake(
                "third_all_percent",
                "Your third number is a percentage, of a tie whose winner is always said to be the "
                "right one. If all 500 draw lots: how often is the right one first?",
                value=lambda: 100.0,
            ),
            Mistake(
                "third_coin",
                "Your third number is a coin's. Among how many names are the lots drawn?",
                value=lambda: 0.5,
            ),
            Mistake(
                "third_negatives",
                "Your third number leaves out the right name. Does it draw a lot, too?",
                value=lambda: 1 / (NAMES - 1),
            ),
            Mistake(
                "third_logarithm",
                "Your third number is the loss of guessing among 500. Which share of the pictures "
                "finds its name?",
                value=lambda: math.log(NAMES),
            ),
        ],
    ),
    properties=(
        Property(
            "A share of right answers, the third number, lies between 0 and 1.",
            lambda case, answer: bool(0 <= answer.flatten()[-1] <= 1),
        ),
        Property(
            "A loss is never negative, so nothing can certify more than ln N; your second number "
            "is larger.",
            lambda case, answer: bool(answer.flatten()[1] <= math.log(NEGATIVES) + 0.01),
        ),
        Property(
            "Guessing among more costs more, so the first number is smaller than the second, which "
            "is about twice as many; yours is not.",
            lambda case, answer: bool(answer.flatten()[0] < answer.flatten()[1]),
        ),
    ),
)

# ------------------------------------------------------------------ who pulls, who pushes


def gradient(scores: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: `(softmax over rows + softmax over columns − 2 · identity) / 2n`."""
    rows, columns = soft(scores, wrong), soft(scores.T, wrong).T
    if "not_turned" in wrong:
        columns = columns.T
    rows, columns = rows - pulled(scores, wrong, 1), columns - pulled(scores, wrong, 2)
    ways: dict[str, Callable[[], Tensor]] = {
        "rows_only": lambda: rows,
        "columns_only": lambda: columns,
        "pull_only": lambda: (rows + columns) / 2 * diagonal(scores),
        "push_only": lambda: (rows + columns) / 2 * ~diagonal(scores),
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
    }
    return either(ways, wrong, one)


def shared(both: Tensor, wrong: Wrong) -> Tensor:
    """Divide as the means of the loss ask for, or as people do instead."""
    ways: dict[str, Callable[[], Tensor]] = {
        "not_shared": lambda: both,
        "not_halved": lambda: 2 * both / len(both),
        "undivided": lambda: 2 * both,
        "by_cells": lambda: both / len(both) ** 2,
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
    differentiable=False,
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
            "Everything is pushed, the pairs most of all. What does −s_own, in each row and each "
            "column, add?",
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

# ------------------------------------------------------------------ what a low temperature does

COSINES = (0.35, 0.31, 0.22, 0.18, 0.10, 0.04, -0.02, -0.08)
"""Of one picture with eight texts; the first is its own."""
TEMPERATURES = (1.0, 0.5, 0.2, 0.1, 0.07, 0.05, 0.03, 0.02, 0.01, 0.005)


@cache
def pushes(temperature: float) -> Tensor:
    """Return the gradient of a picture's loss with respect to its eight cosines."""
    cosines = torch.tensor(COSINES, dtype=torch.float64, requires_grad=True)
    loss = F.cross_entropy(cosines.unsqueeze(0) / temperature, torch.tensor([0]))
    return torch.autograd.grad(loss, cosines)[0]


def hardest(temperature: float) -> float:
    """Return which part of the push on the wrong texts the hardest of them gets."""
    wrong = pushes(temperature)[1:]
    return (wrong.max() / wrong.sum()).item()


def largest_above(part: Callable[[float], float], level: float = 0.9) -> float:
    """Return the largest temperature of the list at which `part` is more than `level`."""
    return max(t for t in TEMPERATURES if part(t) > level)


def of_all(temperature: float) -> float:
    """Return the hardest wrong text's part of the softmax over all eight texts."""
    return (torch.tensor(COSINES) / temperature).softmax(0)[1].item()


def measured() -> list[float]:
    """Return what the exercise asks for."""
    return [hardest(1.0), hardest(0.07), largest_above(hardest)]


def at_two(part: Callable[[float], float]) -> tuple[Callable[[], float], Callable[[], float]]:
    """Return what somebody reports who measures `part`, at both temperatures."""
    return lambda: part(1.0), lambda: part(0.07)


PARTS: dict[str, tuple[Callable[[float], float], str]] = {
    "of_all": (
        of_all,
        "is its share among all eight texts, the own one included. Among which ones is the push "
        "shared?",
    ),
    "plain": (
        lambda t: pushes(t)[1].item(),
        "is the push itself. Which part of the whole push on the wrong texts is that?",
    ),
    "against_own": (
        lambda t: (pushes(t)[1] / pushes(t).abs().sum()).item(),
        "is a part of all forces, the pull on the own text included. Among which ones is the push "
        "shared?",
    ),
    "own": (
        lambda t: (torch.tensor(COSINES) / t).softmax(0)[0].item(),
        "is the share of the picture's *own* text. Which one is the hardest of the others?",
    ),
    "easiest": (
        lambda t: (pushes(t)[1:].min() / pushes(t)[1:].sum()).item(),
        "is that of the easiest wrong text. Which one is the hardest to tell from the own?",
    ),
    "second": (
        lambda t: (pushes(t)[2] / pushes(t)[1:].sum()).item(),
        "is that of the second hardest text. From which place on do the wrong texts count?",
    ),
    "others": (
        lambda t: 1 - hardest(t),
        "is what is left for the other wrong texts. Which part does the hardest get?",
    ),
    "percent": (lambda t: 100 * hardest(t), "is a percentage. Give a share of 1."),
}


def wrong_parts(place: int) -> list[Mistake]:
    """Return what people report as the first number (place 0) or the second (place 1)."""
    which = ("first", "second")[place]
    return [
        Mistake(f"{which}_{name}", f"Your {which} number {hint}", value=at_two(part)[place])
        for name, (part, hint) in PARTS.items()
        if (place, name) != (0, "plain")  # at τ = 1 the push is the share among all eight
    ]


TEMPERATURE = Measure(
    id="contrastive.temperature",
    title="Whom does a low temperature push?",
    difficulty=2,
    minutes=15,
    hints=(
        "Make the cosines a tensor that asks for its gradient, divide by τ, take the cross-entropy "
        "with the first text as the right one, and look at the gradient of the seven others.",
        "part = push on the hardest / sum of the pushes on all seven wrong texts. The loss is "
        "−ln softmax(cosines / τ)_own.",
        "cosines (8,) → gradient (8,): the first number is the pull on the own text, the other "
        "seven are pushes. The part: one number for each τ.",
        "def part(temperature):\n  mine = cosines.clone().requires_grad_()\n"
        "  loss = -(mine / ...).log_softmax(dim=0)[...]\n  loss.backward()\n"
        "  push = mine.grad[...]\n  return (push.max() / ...).item()",
    ),
    truth=measured,
    tolerance=0.025,
    mistakes=each_alone_or_together(
        measured,
        wrong_parts(0),
        [
            *wrong_parts(1),
            Mistake(
                "second_multiplied",
                "Your second number is what comes out if the cosines are *multiplied* by τ. Which "
                "of the two makes differences larger when τ is low?",
                value=lambda: hardest(1 / 0.07),
            ),
            Mistake(
                "second_without",
                "Your second number is that at τ = 1 again. Where does τ go into your loss?",
                value=lambda: hardest(1.0),
            ),
        ],
        [
            Mistake(
                "third_own",
                "At your τ it is the picture's *own* text that has more than 90 % of the softmax. "
                "Among which texts is the push shared?",
                value=lambda: largest_above(PARTS["own"][0]),
            ),
            Mistake(
                "third_smallest",
                "At your τ it is more than 90 %, and it is the smallest of the list. Which is the "
                "largest at which that is so?",
                value=lambda: min(TEMPERATURES),
            ),
            Mistake(
                "third_half",
                "At your τ the hardest gets more than half. Which part is asked for?",
                value=lambda: largest_above(hardest, 0.5),
            ),
            Mistake(
                "third_above",
                "At your τ the hardest gets less than 90 %: it is the smallest τ of the list for "
                "which that is so. Which is the next one?",
                value=lambda: min(t for t in TEMPERATURES if hardest(t) <= 0.9),
            ),
            Mistake(
                "third_next",
                "At your τ it is more than 90 %, but at a larger one of the list it already is. "
                "Have you tried all of them?",
                value=lambda: 0.02,
            ),
            Mistake(
                "third_inverse",
                "Your third number is 1/τ, the factor before the cosines. Which τ is that?",
                value=lambda: 1 / largest_above(hardest),
            ),
        ],
    ),
    properties=(
        Property(
            "A part lies between 0 and 1, and so do all τ of the list.",
            lambda case, answer: bool(((answer >= 0) & (answer <= 1)).all()),
        ),
        Property(
            "At a lower temperature the hardest gets a larger part: your second number should be "
            "larger than the first. Do you divide by τ?",
            lambda case, answer: bool(answer.flatten()[1] > answer.flatten()[0]),
        ),
        Property(
            "The third number is a τ of the list; yours is not among them.",
            lambda case, answer: any(abs(answer.flatten()[2] - t) < 0.02 * t for t in TEMPERATURES),
        ),
    ),
)

EXERCISES = (
    SIMILARITIES,
    INFO_NCE,
    TARGETS,
    SMALL_CLIP,
    ZERO_SHOT,
    CHANCE,
    GRADIENT,
    TEMPERATURE,
)
