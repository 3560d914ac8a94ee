"""Cosines over τ. Traps: lengths of one side, the wrong axis, τ left out or used twice."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from mmtutor.checks.contrastive.shared import either, lengthened
from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    Implement,
    Mistake,
    Property,
    Wrong,
    random_tensor,
)
from mmtutor.checks.engine.properties import agree


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
            "shifted": lambda: (met + 1) / 2,
            "reshaped": lambda: left @ right.reshape(right.shape[::-1]),
            "distance": lambda: torch.cdist(left, right),
            "paired": lambda: (left * right).sum(1),
            "with_itself": lambda: left @ left.T,
            "turned": lambda: right @ left.T,
            "no_negative": lambda: met.clamp(min=0),
            "sizes": lambda: met.abs(),
            "angle": lambda: met.clamp(-1, 1).arccos(),
            "negative_distance": lambda: -torch.cdist(left, right),
            "negative_squares": lambda: -torch.cdist(left, right).square(),
            "lengths_added": lambda: pictures @ texts.T / (lengths(pictures) + lengths(texts).T),
        },
        wrong,
        met,
    )
    return bent(tempered(cosines, temperature, pictures.shape[1], wrong), wrong)


def tempered(cosines: Tensor, temperature: float, width: int, wrong: Wrong) -> Tensor:
    """Divide by the temperature, or do what people do instead."""
    ways: dict[str, Callable[[], Tensor]] = {
        "multiplied": lambda: cosines * temperature,
        "no_temperature": lambda: cosines,
        "exponent": lambda: cosines * math.exp(temperature),
        "divided_twice": lambda: cosines / temperature**2,
        "width_instead": lambda: cosines / width**0.5,
        "width_too": lambda: cosines / (temperature * width**0.5),
        "root": lambda: cosines / temperature**0.5,
        "divided_by_exponent": lambda: cosines / math.exp(temperature),
        "at_least": lambda: cosines / max(temperature, 0.1),
    }
    return either(ways, wrong, cosines / temperature)


def lengths(vectors: Tensor) -> Tensor:
    """Return how long each vector is, as a column."""
    return vectors.norm(dim=1, keepdim=True)


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
        pictures[1:2] = 3 * pictures[0]  # another length, the same direction
        texts[0] = pictures[0] / 2
        return Case(pictures=pictures, texts=texts, temperature=temperature)

    return [
        case(2, 3, 2, 0.5, seed=0),
        case(3, 3, 4, 0.2, seed=10),
        case(4, 3, 5, 0.07, seed=20),
        twins(case(4, 4, 4, 1.7, seed=30)),
        case(1, 3, 4, 0.0004, seed=40),
        case(3, 1, 2, 25.0, seed=50),
        case(2, 4, 1, 0.125, seed=60),
        spread_out(case(3, 5, 4, 0.3, seed=70)),
    ]


def twins(case: Case) -> Case:
    """Return a case in which two pictures are the same, and two texts."""
    case["pictures"][3], case["texts"][2] = case["pictures"][2].clone(), case["texts"][1].clone()
    return case


def spread_out(case: Case) -> Case:
    """Return a case with vectors very long and very short, and zeros in them."""
    case["pictures"] = case["pictures"] * torch.tensor([[1000.0], [0.002], [50.0]])
    case["texts"] = case["texts"] * torch.tensor([[0.01], [300.0], [1.0], [40.0], [0.5]])
    case["pictures"][2, 1] = case["texts"][3, 0] = 0.0
    return case


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
            "plain_sum",
            "You divide by the sum of the numbers, which may well be 0 or negative. How long is "
            "the vector (3, 4)?",
            "length",
        ),
        Mistake(
            "centred",
            "You take the mean off each vector first: that is a correlation. Do you know of any "
            "mean in a cosine?",
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
            "root",
            "You divide by the root of the temperature. If you divide both sides before they "
            "meet: what becomes of their product?",
            "temperature",
        ),
        Mistake(
            "divided_by_exponent",
            "You divide by e to the temperature. The temperature is handed over as it is.",
            "temperature",
        ),
        Mistake(
            "at_least",
            "You keep the temperature at 0.1 or above. Low ones are asked for, too.",
            "temperature",
        ),
        Mistake(
            "no_negative",
            "You set negative cosines to 0. What is the score of two vectors that point opposite "
            "ways?",
            "meet",
        ),
        Mistake(
            "sizes",
            "You take the size of the cosines: opposite ways count as the same. What is the score "
            "of two vectors that point opposite ways?",
            "meet",
        ),
        Mistake(
            "angle",
            "These are angles: vectors that point the same way get 0, the lowest. Which function "
            "of the angle is asked for?",
            "meet",
        ),
        Mistake(
            "negative_distance",
            "These are distances with a minus: the order is right, and the numbers are others. "
            "Which product of two unit vectors is their cosine?",
            "meet",
        ),
        Mistake(
            "negative_squares",
            "These are squared distances with a minus. For unit vectors they are 2 cos − 2: which "
            "product gives the cosine itself?",
            "meet",
        ),
        Mistake(
            "lengths_added",
            "You divide by the *sum* of the two lengths. How do the two lengths stand together in "
            "the formula?",
            "meet length",
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
        Mistake(
            "shifted",
            "You move the cosines into 0 to 1, as (cos + 1)/2. What is the score of two vectors "
            "at right angles?",
            "meet",
        ),
        Mistake(
            "reshaped",
            "It looks as if the texts were reshaped to (d, m): that keeps the order of the "
            "numbers, and so mixes those of different texts. Which operation turns rows into "
            "columns?",
            "meet",
        ),
        Mistake(
            "longest",
            "You divide all vectors of a side by one number, the length of the longest. How many "
            "lengths are there, if each vector has its own?",
            "length",
        ),
    ),
    properties=(
        Property(
            "The first picture and the first text point the same way. Their cosine is 1 and their "
            "score 1/τ; yours is another.",
            same_direction_is_one,
        ),
        Property(
            "The second picture is three times the first. It points the same way, so it has the "
            "same scores; yours differ.",
            only_the_direction_counts,
        ),
        Property(
            "A cosine lies between -1 and 1, so no score is larger than 1/τ; somewhere yours is.",
            within_a_cosine,
        ),
    ),
)
