"""Cost and path length of recurrence and attention. Traps: the two costs swapped, one step off."""

import torch

from mmtutor.checks.engine.exercise import Mistake, Predict, Property
from mmtutor.checks.engine.places import each_alone_or_together

TOKENS, WIDTH = 512, 64


def right() -> list[float]:
    """Return both costs, n d² and n² d, then both path lengths, n − 1 and 1."""
    return [float(TOKENS * WIDTH**2), float(TOKENS**2 * WIDTH), float(TOKENS - 1), 1.0]


def wrong(name: str, hint: str, *numbers: float | int) -> Mistake:
    """Return a mistake in one place, or in all."""
    value = [float(n) for n in numbers]
    return Mistake(name, hint, value=lambda: value[0] if len(value) == 1 else value)


RECURRENCE = [
    wrong(
        "recurrence_pairs",
        "In the recurrent layer you count n² · d, as if every token met every other. What happens "
        "once for each token?",
        TOKENS**2 * WIDTH,
    ),
    wrong(
        "recurrence_cubed",
        "In the recurrent layer you count d³. For each of the n tokens a d × d matrix meets a "
        "vector.",
        WIDTH**3,
    ),
    wrong(
        "recurrence_small",
        "In the recurrent layer you count n · d: one multiplication for each number of the state. "
        "A matrix of d × d meets a vector of d: how many is that, for one token?",
        TOKENS * WIDTH,
    ),
    wrong(
        "recurrence_once",
        "You count the recurrent layer's product once. For how many tokens is it done?",
        WIDTH**2,
    ),
    wrong(
        "recurrence_twice",
        "In the recurrent layer you count a second product or the additions, too. The card asks "
        "for W h alone, and for multiplications.",
        2 * TOKENS * WIDTH**2,
    ),
    wrong(
        "recurrence_step_less",
        "You let the recurrent layer make a product less than there are tokens. The card counts "
        "one for each token.",
        (TOKENS - 1) * WIDTH**2,
    ),
]
ATTENTION = [
    wrong(
        "attention_projections",
        "In attention you count the matrices that make queries, keys and values, too. The card "
        "asks for the dot products alone.",
        TOKENS**2 * WIDTH + 3 * TOKENS * WIDTH**2,
    ),
    wrong(
        "attention_recurrent",
        "In attention you count n · d². How many dot products are there, and how many "
        "multiplications has one?",
        TOKENS * WIDTH**2,
    ),
    wrong(
        "attention_squared",
        "In attention you count d² for each pair. How many multiplications has the dot product of "
        "two vectors of d numbers?",
        TOKENS**2 * WIDTH**2,
    ),
    wrong(
        "attention_three",
        "In attention you count three times as much. Queries, keys and values are three, but the "
        "card asks for one thing: every query with every key.",
        3 * TOKENS**2 * WIDTH,
    ),
    wrong(
        "attention_pairs",
        "In attention you count the *pairs*. How many multiplications has the dot product of one?",
        TOKENS**2,
    ),
    wrong(
        "attention_row",
        "In attention you count one query: it meets every key. How many queries are there?",
        TOKENS * WIDTH,
    ),
    wrong(
        "attention_twice",
        "In attention you count twice as much: the values' sum, too, or the additions? The card "
        "asks for the scores alone, and for multiplications.",
        2 * TOKENS**2 * WIDTH,
    ),
    wrong(
        "attention_half",
        "In attention you count each pair once, or half of them. Nothing is hidden here: query i "
        "meets key j, and query j meets key i.",
        TOKENS * (TOKENS + 1) / 2 * WIDTH,
    ),
    wrong(
        "attention_no_self",
        "In attention no token of yours meets itself. Every query meets every key.",
        TOKENS * (TOKENS - 1) * WIDTH,
    ),
    wrong(
        "attention_half_of_all",
        "In attention you count half of what there is. Nothing is hidden here, so query i meets "
        "key j, and query j meets key i.",
        TOKENS**2 / 2 * WIDTH,
    ),
]
PATH = [
    wrong(
        "path_logarithm",
        "The way through the recurrent layer: that is the logarithm of 512, the way through a "
        "tree. Here each token hears from the one before it only.",
        9,
    ),
    wrong(
        "path_tokens",
        "The way through the recurrent layer: you count tokens, and the card counts steps from one "
        "to the next. From token 1 to token 2 it is one.",
        TOKENS,
    ),
    wrong(
        "path_between",
        "The way through the recurrent layer: you count the tokens that lie between. How many "
        "steps from one to the next are there?",
        TOKENS - 2,
    ),
    wrong(
        "path_one",
        "The way through the recurrent layer: one step leads to the *next* token only.",
        1,
    ),
]
SHORT = [
    wrong(
        "short_logarithm",
        "The way through attention: that is the logarithm of 512, the way through a tree. Here "
        "every token meets every other.",
        9,
    ),
    wrong(
        "short_tokens",
        "The way through attention: through how many others does it lead, if every query looks at "
        "every key?",
        TOKENS,
    ),
    wrong(
        "short_steps",
        "The way through attention: does it have to go through the tokens between?",
        TOKENS - 1,
    ),
    wrong(
        "short_none",
        "The way through attention: from one token to another there is a step, if a direct one.",
        0,
    ),
    wrong(
        "short_two",
        "The way through attention: the card counts one step for each token that the news reaches. "
        "How many others are there on its way?",
        2,
    ),
]

PREDICT = Predict(
    id="transformer.predict",
    title="How far, and how dear?",
    difficulty=1,
    minutes=5,
    hints=(
        "For the cost: how many multiplications has the product of a d × d matrix and a vector, "
        "and a dot product of two vectors? How often is each done? For the way: draw five tokens "
        "and the arrows along which news travels.",
        "Recurrence: n · d² and n − 1 steps. Attention: n² · d and 1 step.",
        "W (64, 64) times h (64,) for each of 512 tokens; 512 queries times 512 keys, each pair a "
        "dot product of 64 numbers. The answer is a list of four numbers.",
        "n, d = 512, 64\nanswer = [n * ..., n**2 * ..., n - ..., ...]",
    ),
    truth=right,
    tolerance=(0.0005, 0.0005, 0.0005, 0.01),
    mistakes=each_alone_or_together(
        right,
        RECURRENCE,
        ATTENTION,
        PATH,
        SHORT,
        whole=(
            wrong(
                "costs_swapped",
                "The two costs have changed places. In which of the two does every token meet "
                "every "
                "other?",
                TOKENS**2 * WIDTH,
                TOKENS * WIDTH**2,
                TOKENS - 1,
                1,
            ),
            wrong(
                "ways_swapped",
                "The two ways have changed places. In which layer does token 1 meet token 512 "
                "directly?",
                TOKENS * WIDTH**2,
                TOKENS**2 * WIDTH,
                1,
                TOKENS - 1,
            ),
            wrong(
                "layers_swapped",
                "You have all four, the attention's first. Which layer does the card ask for "
                "first, "
                "in both pairs?",
                TOKENS**2 * WIDTH,
                TOKENS * WIDTH**2,
                1,
                TOKENS - 1,
            ),
            wrong(
                "by_layer",
                "You have all four, but layer by layer. The card asks for both costs first, then "
                "for both ways.",
                TOKENS * WIDTH**2,
                TOKENS - 1,
                TOKENS**2 * WIDTH,
                1,
            ),
            wrong(
                "lengths_swapped",
                "It looks as if n were 64 and d 512. Which is the number of tokens?",
                WIDTH * TOKENS**2,
                WIDTH**2 * TOKENS,
                WIDTH - 1,
                1,
            ),
        ),
    ),
    properties=(
        Property(
            "You are near, but not there: the card asks for exact numbers. Is something rounded?",
            lambda case, answer: (
                not bool(((answer.flatten() / torch.tensor(right()) - 1).abs() < 0.03).all())
            ),
        ),
        Property(
            "In attention every token meets every other, so where n is larger than d the scores "
            "cost more than the recurrent layer's products; yours do not.",
            lambda case, answer: bool(answer[1] > answer[0]),
        ),
        Property(
            "In the recurrent layer news travels from each token to the next, in attention from "
            "any to any: the first way should be the longer one.",
            lambda case, answer: bool(answer[2] > answer[3]),
        ),
    ),
)
