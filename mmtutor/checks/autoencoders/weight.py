"""Measure what a weight on the caption buys. Traps: λ_2 without its root, or never undone."""

from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from mmtutor.checks.autoencoders.shared import PIXELS
from mmtutor.checks.engine.exercise import Measure, Mistake, Property
from mmtutor.datasets.letters import Letters, load_letters, split_by_pair


@cache
def pairs_of_letters() -> tuple[Letters, Letters]:
    """Return the lesson's letters: those to learn from, and those kept back."""
    every = load_letters()
    known, kept = (every.select(part) for part in split_by_pair(every))
    return known, kept


@cache
def errors_at(
    weight: float,
    of: str = "kept",
    learnt: str = "known",
    code: int = 32,
    power: float = 1.0,
) -> tuple[float, float]:
    """Return picture's and caption's error of the best linear code, for a weight of the caption."""
    from sklearn.decomposition import PCA  # imported late: it takes a second

    sets = dict(zip(("known", "kept"), pairs_of_letters(), strict=True))
    sets["every"] = load_letters()
    linear = PCA(code, svd_solver="full").fit(side_by_side(sets[learnt], weight))
    both = side_by_side(sets[of], weight)
    again = linear.inverse_transform(linear.transform(both))
    squares = torch.tensor(again - both).square()
    sums = squares[:, :PIXELS].sum(dim=1), squares[:, PIXELS:].sum(dim=1)
    picture, caption = (one**power for one in sums)
    return picture.mean().item(), caption.mean().item() / weight**power


@cache
def other_rows(learnt: float, drawn: float) -> tuple[float, float]:
    """Return the errors if the code is fitted for one weight, and rows of another are drawn."""
    from sklearn.decomposition import PCA

    known, kept = pairs_of_letters()
    linear = PCA(32, svd_solver="full").fit(side_by_side(known, learnt))
    both = side_by_side(kept, drawn)
    squares = torch.tensor(linear.inverse_transform(linear.transform(both)) - both).square()
    picture, caption = squares[:, :PIXELS].sum(dim=1), squares[:, PIXELS:].sum(dim=1)
    return picture.mean().item(), caption.mean().item() / drawn


@cache
def without_mean(weight: float) -> tuple[float, float]:
    """Return the errors if the mean is taken off by `transform` and never added again."""
    from sklearn.decomposition import PCA

    known, kept = (side_by_side(s, weight) for s in pairs_of_letters())
    linear = PCA(32, svd_solver="full").fit(known)
    squares = torch.tensor(linear.transform(kept) @ linear.components_ - kept).square()
    picture, caption = squares[:, :PIXELS].sum(dim=1), squares[:, PIXELS:].sum(dim=1)
    return picture.mean().item(), caption.mean().item() / weight


@cache
def alone(side: str) -> float:
    """Return the error of one side whose code is its own, fitted to nothing but this side."""
    from sklearn.decomposition import PCA

    known, kept = (getattr(part, side).numpy() for part in pairs_of_letters())
    linear = PCA(32, svd_solver="full").fit(known)
    again = linear.inverse_transform(linear.transform(kept))
    return torch.tensor(again - kept).square().sum(dim=1).mean().item()


def a_code_each() -> list[float]:
    """Return what somebody reports who gives each side a code of its own: λ_2 changes nothing."""
    return [alone("pixels"), alone("words")] * 2


@cache
def uncentred(weight: float) -> tuple[float, float]:
    """Return the errors of the best 32 directions through 0, for whom the mean is not taken off."""
    known, kept = (torch.from_numpy(side_by_side(s, weight)) for s in pairs_of_letters())
    directions = torch.linalg.svd(known, full_matrices=False).Vh[:32]
    squares = (kept @ directions.T @ directions - kept).square()
    picture, caption = squares[:, :PIXELS].sum(dim=1), squares[:, PIXELS:].sum(dim=1)
    return picture.mean().item(), caption.mean().item() / weight


def side_by_side(letters: Letters, weight: float) -> NDArray[np.float32]:
    """Return pictures and captions as rows, the captions times the root of their weight."""
    return torch.cat([letters.pixels, weight**0.5 * letters.words], dim=1).numpy()


LIGHT, HEAVY = 1.0, 16.0
WORDS = 59


def at_both(**how: Any) -> list[float]:
    """Return what somebody reports who measures in this way."""
    return [*errors_at(LIGHT, **how), *errors_at(HEAVY, **how)]


def scaled(*factors: float) -> list[float]:
    """Return the right numbers, each times a factor."""
    return [number * factor for number, factor in zip(at_both(), factors, strict=True)]


WEIGHT = Measure(
    id="autoencoders.weight",
    title="What does λ_2 buy?",
    difficulty=2,
    minutes=15,
    hints=(
        "A squared error of the caption that costs λ_2 times as much is the squared error of a "
        "caption that is how many times as long?",
        "rows = (x_1, √λ_2 · x_2). The first 32 principal components of the training rows make "
        "Σ ‖x_1 − x̂_1‖² + λ_2 ‖x_2 − x̂_2‖² over them as small as 32 numbers can.",
        "rows (pair, 1024 + 59) → 32 numbers each → rows again. Squared differences: the first "
        "1,024 columns summed, the other 59 summed and divided by λ_2. Means over the pairs.",
        'def errors(weight):\n    linear = PCA(32, svd_solver="full").fit(rows(train, ...))\n'
        "    both = rows(test, ...)\n"
        "    off = torch.tensor(linear.inverse_transform(...) - both).square()\n"
        "    return off[:, :1024].sum(dim=1).mean(), off[:, 1024:]....mean() / ...",
    ),
    truth=at_both,
    tolerance=(0.005, 0.02, 0.005, 0.02),
    mistakes=(
        Mistake(
            "not_divided",
            "Your last number is the error of the *longer* caption. How much longer is it, and "
            "what does that do to a square?",
            value=lambda: scaled(1.0, 1.0, 1.0, HEAVY),
        ),
        Mistake(
            "divided_by_root",
            "Your last number is divided by the factor before the caption. What is divided is a "
            "*squared* error.",
            value=lambda: scaled(1.0, 1.0, 1.0, HEAVY**0.5),
        ),
        Mistake(
            "no_root",
            "You have multiplied the caption with λ_2 itself, so that its squared error costs λ_2 "
            "squared.",
            value=lambda: [*errors_at(LIGHT), *errors_at(HEAVY**2)],
        ),
        Mistake(
            "no_root_not_divided",
            "You have multiplied the caption with λ_2 itself, so that its squared error costs λ_2 "
            "squared; and your last number is the error of the longer caption.",
            value=lambda: [
                *errors_at(LIGHT),
                errors_at(HEAVY**2)[0],
                errors_at(HEAVY**2)[1] * HEAVY**2,
            ],
        ),
        Mistake(
            "inverse",
            "It looks as if the caption cost *less* than before: was it made shorter, or the "
            "picture longer? Which of the two should be longer?",
            value=lambda: [*errors_at(LIGHT), *errors_at(1 / HEAVY)],
        ),
        Mistake(
            "training",
            "These are the errors on the pairs that the code was fitted to. The pairs asked for "
            "are those that were kept back.",
            value=lambda: at_both(of="known"),
        ),
        Mistake(
            "fitted_to_test",
            "You have fitted the components to the pairs that you measure on. To which should they "
            "be fitted?",
            value=lambda: at_both(learnt="kept"),
        ),
        Mistake(
            "fitted_to_all",
            "You have fitted the components to all pairs, those that you measure on among them. To "
            "which should they be fitted?",
            value=lambda: at_both(learnt="every"),
        ),
        Mistake(
            "training_not_divided",
            "These are the errors on the pairs that the code was fitted to, and the last one is "
            "that "
            "of the longer caption. Which pairs are asked for, and what becomes of λ_2 in a "
            "square?",
            value=lambda: [*at_both(of="known")[:3], at_both(of="known")[3] * HEAVY],
        ),
        Mistake(
            "divided_twice",
            "Your last number is divided by λ_2 twice. How often is λ_2 in the error of the longer "
            "caption?",
            value=lambda: scaled(1.0, 1.0, 1.0, 1 / HEAVY),
        ),
        Mistake(
            "picture_divided",
            "Your third number, the picture's error, is divided by λ_2, too. Which columns of the "
            "rows were made longer?",
            value=lambda: scaled(1.0, 1.0, 1 / HEAVY, 1.0),
        ),
        Mistake(
            "both_of_every",
            "It looks as if you had drawn all pairs again, those that the code was fitted to among "
            "them. The pairs asked for are those that were kept back.",
            value=lambda: at_both(of="every"),
        ),
        Mistake(
            "light_code",
            "It looks as if one code, fitted at λ_2 = 1, had drawn both. To which rows must the "
            "second be fitted?",
            value=lambda: [*errors_at(LIGHT), *other_rows(LIGHT, HEAVY)],
        ),
        Mistake(
            "light_rows",
            "It looks as if the second code was fitted to the longer captions, and then drew the "
            "short ones. Where does √λ_2 come in a second time?",
            value=lambda: [*errors_at(LIGHT), *other_rows(HEAVY, LIGHT)],
        ),
        Mistake(
            "light_rows_divided",
            "It looks as if the second code was fitted to the longer captions, and then drew the "
            "short ones, whose error you divided by λ_2. Where does √λ_2 come in a second time?",
            value=lambda: [
                *errors_at(LIGHT),
                other_rows(HEAVY, LIGHT)[0],
                other_rows(HEAVY, LIGHT)[1] / HEAVY,
            ],
        ),
        Mistake(
            "no_root_divided_by_weight",
            "You have multiplied the caption with λ_2 itself, so that its squared error holds λ_2 "
            "squared, and divided it by λ_2 once.",
            value=lambda: [
                *errors_at(LIGHT),
                errors_at(HEAVY**2)[0],
                errors_at(HEAVY**2)[1] * HEAVY,
            ],
        ),
        Mistake(
            "mean_lost",
            "Your errors are far too large: as if the mean that `transform` takes off had never "
            "been added again. What does `inverse_transform` do?",
            value=lambda: [*without_mean(LIGHT), *without_mean(HEAVY)],
        ),
        Mistake(
            "factors",
            "Your last two numbers are factors, from λ_2 = 1 to 16. What is asked for are the "
            "errors themselves.",
            value=lambda: [*errors_at(LIGHT), *[at_both()[i + 2] / at_both()[i] for i in (0, 1)]],
        ),
        Mistake(
            "heavy_turned",
            "Your last two numbers have changed places. In which order are they asked for?",
            value=lambda: [*errors_at(LIGHT), *errors_at(HEAVY)[::-1]],
        ),
        Mistake(
            "sixteen_numbers",
            "Your code has 16 numbers. How many does the card give it? (16 is λ_2.)",
            value=lambda: at_both(code=16),
        ),
        Mistake(
            "four",
            "Your last two numbers are those at λ_2 = 4, as in the lesson. Which λ_2 is asked for?",
            value=lambda: [*errors_at(LIGHT), *errors_at(4.0)],
        ),
        Mistake(
            "hundred",
            "Your last two numbers are those at λ_2 = 100. Which λ_2 is asked for?",
            value=lambda: [*errors_at(LIGHT), *errors_at(100.0)],
        ),
        Mistake(
            "heavy_twice",
            "Your first two numbers are the last two. What is λ_2 at first?",
            value=lambda: [*errors_at(HEAVY), *errors_at(HEAVY)],
        ),
        Mistake(
            "lengths",
            "Your numbers are roots of the errors. What is asked for are the squares.",
            value=lambda: [number**0.5 for number in at_both()],
        ),
        Mistake(
            "mean_of_lengths",
            "Your numbers are means of lengths, ‖x − x̂‖ without the square. What stands behind "
            "the double bars?",
            value=lambda: at_both(power=0.5),
        ),
        Mistake(
            "a_code_each",
            "It looks as if picture and caption had a code of 32 numbers each, so that λ_2 has "
            "nothing to decide. For how many columns together are the 32 numbers?",
            value=a_code_each,
        ),
        Mistake(
            "uncentred",
            "It looks as if the mean had not been taken off before the 32 directions were found. "
            "What does `PCA` do first, and add again in `inverse_transform`?",
            value=lambda: [*uncentred(LIGHT), *uncentred(HEAVY)],
        ),
        Mistake(
            "sums",
            "Your errors are sums over the pairs. What is asked for is their mean.",
            value=lambda: scaled(*[float(len(pairs_of_letters()[1]))] * 4),
        ),
        Mistake(
            "halved",
            "Your errors are all halved. The formula has no ½.",
            value=lambda: scaled(0.5, 0.5, 0.5, 0.5),
        ),
        Mistake(
            "one_decimal",
            "Your numbers are rounded to one decimal. Two are asked for.",
            value=lambda: [round(number, 1) for number in at_both()],
        ),
        Mistake(
            "whole",
            "Your numbers are rounded to whole ones. Two decimals are asked for.",
            value=lambda: [float(round(number)) for number in at_both()],
        ),
        Mistake(
            "averaged_rounded",
            "Your errors are averaged over pixels and words, and then rounded. What do the double "
            "bars with the square ask for?",
            value=lambda: [
                round(number, 2) for number in scaled(1 / PIXELS, 1 / WORDS, 1 / PIXELS, 1 / WORDS)
            ],
        ),
        Mistake(
            "both_added",
            "Your picture's errors hold the caption's, too. Which columns belong to the picture?",
            value=lambda: [
                at_both()[0] + at_both()[1],
                at_both()[1],
                at_both()[2] + HEAVY * at_both()[3],
                at_both()[3],
            ],
        ),
        Mistake(
            "averaged",
            "Your errors are averaged over pixels and words. What do the double bars with the "
            "square ask for?",
            value=lambda: scaled(1 / PIXELS, 1 / WORDS, 1 / PIXELS, 1 / WORDS),
        ),
        Mistake(
            "same",
            "Your last two numbers are the first two. Where does λ_2 come in?",
            value=lambda: [*errors_at(LIGHT), *errors_at(LIGHT)],
        ),
        Mistake(
            "heavy_first",
            "You have all four, the heavy caption first. In which order are they asked for?",
            value=lambda: [*errors_at(HEAVY), *errors_at(LIGHT)],
        ),
        Mistake(
            "caption_first",
            "You have all four, but the caption's error before the picture's.",
            value=lambda: [*errors_at(LIGHT)[::-1], *errors_at(HEAVY)[::-1]],
        ),
        Mistake(
            "by_side",
            "You have all four, sorted by side. The order is: both errors at λ_2 = 1, then both at "
            "λ_2 = 16.",
            value=lambda: [at_both()[place] for place in (0, 2, 1, 3)],
        ),
    ),
    properties=(
        Property(
            "What costs more is drawn better: your caption's error should be smaller at λ_2 = 16 "
            "than at 1.",
            lambda case, answer: bool(answer.flatten()[3] < answer.flatten()[1]),
        ),
        Property(
            "The code has 32 numbers for both sides: what the caption gains, the picture loses. "
            "Your picture's error should be larger at λ_2 = 16.",
            lambda case, answer: bool(answer.flatten()[2] > answer.flatten()[0]),
        ),
    ),
)
