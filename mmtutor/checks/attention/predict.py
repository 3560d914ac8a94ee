"""One weight of two, worked out by hand. Traps: no √d, d instead of √d, the other key."""

import math

import torch

from mmtutor.checks.engine.exercise import Mistake, Predict, Property

QUERY = torch.tensor([1.0, 1.0, 1.0, 1.0])
KEYS = torch.tensor([[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, -1.0, -1.0]])


def first_weight(scale: float) -> float:
    """Return the weight of the first of `KEYS` when the dot products are divided by `scale`."""
    return (KEYS @ QUERY / scale).softmax(-1)[0].item()


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
    tolerance=0.01,
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
            "You took the share of the scores themselves: 2 / (2 + 0). A softmax takes the share "
            "of their exponentials, so that nothing gets exactly 0 or 1.",
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
    ),
    properties=(
        Property(
            "A weight lies between 0 and 1.", lambda case, answer: bool(0 <= answer.item() <= 1)
        ),
    ),
)
