"""Three numbers before training. Traps: other logarithms, and choosing among too many or few."""

import math

from mmtutor.checks.engine.exercise import Mistake, Predict, Property
from mmtutor.checks.engine.places import each_alone_or_together

BATCH, NEGATIVES, NAMES = 128, 256, 500


def rounded(name: str, hint: str, number: float) -> list[Mistake]:
    """Return a mistake whose number is small, as it is and with the two decimals asked for."""
    return [
        Mistake(name, hint, value=lambda: number),
        Mistake(f"{name}_rounded", f"{hint} (It is rounded.)", value=lambda: round(number, 2)),
    ]


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
            *rounded(
                "first_probability",
                "Your first number looks like the probability of a lucky guess. What does a "
                "cross-entropy make of a probability?",
                1 / BATCH,
            ),
            *rounded(
                "first_divided",
                "Your first number looks like ln 128 divided by 128 once more. Every picture pays "
                "the same: what is the mean of that?",
                math.log(BATCH) / BATCH,
            ),
            Mistake(
                "first_others",
                "Your first number is the probability of a *wrong* guess. Which probability does "
                "a cross-entropy look at, and what does it make of it?",
                value=lambda: 1 - 1 / BATCH,
            ),
            Mistake(
                "first_two",
                "Your first number is that of two texts. Among how many does each picture choose?",
                value=lambda: math.log(2),
            ),
            Mistake(
                "first_names",
                "Your first number is that of 500 texts. How many are in the batch?",
                value=lambda: math.log(NAMES),
            ),
            Mistake(
                "first_whole",
                "Your first number is a whole one. Give two decimals.",
                value=lambda: round(math.log(BATCH)),
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
            Mistake(
                "first_other_batch",
                "Your first number is that of 256 texts. How many are in *this* batch?",
                value=lambda: math.log(NEGATIVES),
            ),
            Mistake(
                "first_zero",
                "Your first number is 0, as if the model knew everything. What does somebody pay "
                "who guesses?",
                value=lambda: 0.0,
            ),
            Mistake(
                "first_negative",
                "Your first number is negative. Which sign stands before the logarithm of a "
                "probability?",
                value=lambda: -math.log(BATCH),
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
            Mistake(
                "second_other",
                "Your second number is that of 128 pairs. How many are in *this* batch?",
                value=lambda: math.log(BATCH),
            ),
            Mistake(
                "second_names",
                "Your second number is that of 500 names. How many pairs are in the batch?",
                value=lambda: math.log(NAMES),
            ),
            Mistake(
                "second_probability",
                "Your second number is 1/N. What does the bound do with N?",
                value=lambda: 1 / NEGATIVES,
            ),
            Mistake(
                "second_whole",
                "Your second number is a whole one. Give two decimals.",
                value=lambda: round(math.log(NEGATIVES)),
            ),
            Mistake(
                "second_sum",
                "Your second number is twice ln N. How often does ln N stand in the bound?",
                value=lambda: 2 * math.log(NEGATIVES),
            ),
            Mistake(
                "second_negative",
                "Your second number is negative. ln N − L: how low can L be?",
                value=lambda: -math.log(NEGATIVES),
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
                "Your third number says never: as if the right name stood behind all that tie with "
                "it, or because it was rounded away. How often is it first, if lots are drawn?",
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
            Mistake(
                "third_zero_too_few",
                "Your third number is ten times too large. How many of 500 are first?",
                value=lambda: 10 / NAMES,
            ),
            Mistake(
                "third_others",
                "Your third number is the share of pictures that do *not* find their name. Which "
                "share is asked for?",
                value=lambda: 1 - 1 / NAMES,
            ),
            Mistake(
                "third_two",
                "Your third number is 2/500. How many names are first when lots are drawn?",
                value=lambda: 2 / NAMES,
            ),
            Mistake(
                "third_batch",
                "Your third number is one of a *batch*. Among how many names are the lots drawn?",
                value=lambda: 1 / NEGATIVES,
            ),
            Mistake(
                "third_first_batch",
                "Your third number is one of the *first* batch. Among how many names are the lots "
                "drawn?",
                value=lambda: 1 / BATCH,
            ),
            Mistake(
                "third_five",
                "Your third number is five times too large. Among how many names are the lots "
                "drawn, and how many of them are first?",
                value=lambda: 5 / NAMES,
            ),
            Mistake(
                "third_count",
                "Your third number is the number of names. Which share of the pictures finds its "
                "own?",
                value=lambda: float(NAMES),
            ),
        ],
    ),
    properties=(
        Property(
            "A share of right answers, the third number, lies between 0 and 1.",
            lambda case, answer: bool(0 <= answer.flatten()[-1] <= 1),
        ),
        Property(
            "Neither a loss of guessing nor the most that a bound can certify is below 0; one of "
            "your first two numbers is.",
            lambda case, answer: bool((answer.flatten()[:2] >= 0).all()),
        ),
        Property(
            "A loss is never negative, so nothing can certify more than ln N; your second number "
            "is larger.",
            lambda case, answer: bool(answer.flatten()[1] <= math.log(NEGATIVES) + 0.01),
        ),
        Property(
            "Both of the first two numbers grow with the number of texts, 128 in the first and 256 "
            "in the second: so the first is smaller than the second; yours is not.",
            lambda case, answer: bool(answer.flatten()[0] < answer.flatten()[1]),
        ),
    ),
)
