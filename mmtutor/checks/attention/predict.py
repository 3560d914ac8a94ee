"""One weight of two, worked out by hand. Traps: no √d, d instead of √d, the other key."""

import math

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import Mistake, Predict, Property

QUERY = torch.tensor([1.0, 1.0, 1.0, 1.0])
KEYS = torch.tensor([[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, -1.0, -1.0]])


def first_weight(scale: float) -> float:
    """Return the weight of the first of `KEYS` when the dot products are divided by `scale`."""
    return (KEYS @ QUERY / scale).softmax(-1)[0].item()


def near(answer: Tensor) -> bool:
    """Say whether no more than a slip in rounding can lie between the answer and the weight."""
    return abs(answer.item() - first_weight(2.0)) < 0.012


PREDICT = Predict(
    id="attention.predict",
    title="One weight by hand",
    difficulty=1,
    minutes=5,
    hints=(
        "Start with the two dot products of the query with each key. Only then scale.",
        "weight_1 = exp(s_1) / (exp(s_1) + exp(s_2)), where s_i = query · key_i / √d.",
        "The query has 4 numbers, so d = 4. There are two keys, so two scores and two weights.",
        "s_1 = (1 + 1 + 1 + 1) / √4 = ...\ns_2 = (1 + 1 - 1 - 1) / √4 = ...\n"
        "weight_1 = 1 / (1 + exp(s_2 - s_1)) = ...",
    ),
    truth=lambda: first_weight(math.sqrt(4)),
    tolerance=0.003,  # two decimals, rounded
    mistakes=(
        Mistake(
            "no_scale",
            "That is the weight without the scale. What are the dot products divided by?",
            value=lambda: first_weight(1.0),
        ),
        Mistake(
            "by_width",
            "That is the weight if you divide by d. Attention divides by another function of d.",
            value=lambda: first_weight(4.0),
        ),
        Mistake(
            "other_key",
            "That is the weight of the second key. Which key is more like the query?",
            value=lambda: 1 - first_weight(2.0),
        ),
        Mistake(
            "no_exponential",
            "So near to 1? The share of the scores themselves would be 1, 2 / (2 + 0): a softmax "
            "takes the share of their exponentials. And the share would be just below 1 if the "
            "scores were made larger: the scale makes them smaller.",
            value=lambda: 1.0,
        ),
        Mistake(
            "percent",
            "That looks like a percentage. Give the weight as a share of 1.",
            value=lambda: 100 * first_weight(2.0),
        ),
        Mistake(
            "exponential",
            "That is the exponential of the first score. What is it divided by?",
            value=lambda: math.exp(2),
        ),
        Mistake(
            "score",
            "That is the scaled score of the first key, not yet its weight. One step is left.",
            value=lambda: 2.0,
        ),
        Mistake(
            "other_key_no_scale",
            "That is the weight of the second key, and without the scale. Which key is asked for, "
            "and what are the dot products divided by?",
            value=lambda: 1 - first_weight(1.0),
        ),
        Mistake(
            "other_key_by_width",
            "That is the weight of the second key, and divided by d. Which key is asked for, and "
            "by which function of d does attention divide?",
            value=lambda: 1 - first_weight(4.0),
        ),
        Mistake(
            "by_keys",
            "That is the weight if you divide by the root of the number of *keys*. Whose number "
            "does d count?",
            value=lambda: first_weight(math.sqrt(2)),
        ),
        Mistake(
            "twice_scaled",
            "That is the weight if you divide by d and by its root. Once is enough, by which?",
            value=lambda: first_weight(8.0),
        ),
        Mistake(
            "base_two",
            "That is the share of powers of 2. Which number does a softmax raise to the power of a "
            "score?",
            value=lambda: 0.8,
        ),
        Mistake(
            "base_ten",
            "That is the share of powers of 10. Which number does a softmax raise to the power of "
            "a score?",
            value=lambda: 100 / 101,
        ),
        Mistake(
            "even",
            "You share evenly between the two keys. Is the query as much like the second key as "
            "like the first?",
            value=lambda: 0.5,
        ),
        Mistake(
            "second_score",
            "It looks as if the second score came out as −1. What is 1 + 1 − 1 − 1?",
            value=lambda: 1 / (1 + math.exp(-3)),
        ),
        Mistake(
            "second_unscaled",
            "That is 2 / (2 + 1): a share of the scores, with exp(0) = 1 for the second. Take the "
            "exponential of *both* scores.",
            value=lambda: 2 / 3,
        ),
        Mistake(
            "nothing",
            "A weight of 0 would need a score of −∞. Which key is the first, and what are the two "
            "scores?",
            value=lambda: 0.0,
        ),
        Mistake(
            "dot_product",
            "That is the dot product of the query with the first key. It is still to be scaled, "
            "and then to be turned into a weight.",
            value=lambda: 4.0,
        ),
        Mistake(
            "raw_exponential",
            "That is the exponential of the first dot product, not scaled. And what is an "
            "exponential divided by?",
            value=lambda: math.exp(4),
        ),
        Mistake(
            "logarithm",
            "That is the logarithm of the weight. A weight is never negative.",
            value=lambda: math.log(first_weight(2.0)),
        ),
        Mistake(
            "sum",
            "That is the sum of both exponentials. Which share of it belongs to the first key?",
            value=lambda: math.exp(2) + 1,
        ),
        Mistake(
            "difference",
            "It looks as if one exponential is subtracted from the other: (e² − 1) / (e² + 1). The "
            "first weight is a share: what alone stands above the line?",
            value=lambda: math.tanh(1),
        ),
        Mistake(
            "odds",
            "That is the second exponential divided by the first. By what is each of them divided "
            "to become a weight?",
            value=lambda: math.exp(-2),
        ),
    ),
    properties=(
        Property(
            "A weight lies between 0 and 1; yours does not. Which step turns scores into weights?",
            lambda case, answer: bool(0 <= answer.item() <= 1),
        ),
        Property(
            "The first key is like the query, the second is not, so the first gets more than one "
            "half; yours is less.",
            lambda case, answer: answer.item() >= 0.5,
        ),
        Property(
            "It looks as if 1 − exp(−2) is taken. exp(−2) is the second exponential divided by the "
            "first, not yet a weight: by what are both divided?",
            lambda case, answer: abs(answer.item() - (1 - math.exp(-2))) > 0.001,
        ),
        Property(
            "The two scaled scores differ by 2. At that difference the larger weight is about 7 "
            "times the smaller one; yours is another share. Go through the steps once more: dot "
            "products, scale, exponentials, share.",
            lambda case, answer: near(answer),
        ),
        Property(
            "Very near: the way seems right, the last digit is not. Keep more digits on the way, "
            "and round once, at the end.",
            lambda case, answer: not near(answer),
        ),
    ),
)
