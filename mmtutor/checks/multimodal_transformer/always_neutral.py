"""What a model is worth that always says neutral. Traps: another average, labels that are missing.

The trap is old in this field: most clips are neutral, so whoever looks at none is mostly right.
"""

import math

from torch import Tensor

from mmtutor.checks.engine.exercise import Mistake, Predict, Property
from mmtutor.checks.engine.places import each_alone_or_together

NEUTRAL, POSITIVE, NEGATIVE, MISSING = 810, 60, 30, 100
SURE, REST = 0.8, 0.1
"""The probability that the model gives to neutral, and to each of the others."""
TOLERANCES = (0.005, 0.001, 0.005)
"""Precision and recall have an ordinary mean near their harmonic one: three decimals tell them."""
LABELLED = NEUTRAL + POSITIVE + NEGATIVE
CLIPS = LABELLED + MISSING
SUMMED = -NEUTRAL * math.log(SURE) - (POSITIVE + NEGATIVE) * math.log(REST)
"""What all labels together cost, in nats."""


def f1(precision: float, recall: float = 1.0) -> float:
    """Return the F1 of one class; all that is neutral is found."""
    return 2 * precision * recall / (precision + recall)


SHARE = NEUTRAL / LABELLED
"""Accuracy, and the precision of *neutral*, too."""


def right() -> list[float]:
    """Return accuracy, macro F1 and the mean loss."""
    return [SHARE, f1(SHARE) / 3, SUMMED / LABELLED]


def is_near(answer: Tensor, place: int) -> bool:
    """Say whether one of the numbers is right."""
    return abs(float(answer.flatten()[place]) / right()[place] - 1) < TOLERANCES[place]


def at(name: str, value: float, hint: str) -> Mistake:
    """Return a wrong number."""
    return Mistake(name, hint, value=lambda: value)


def whole(name: str, hint: str, *values: float) -> Mistake:
    """Return three wrong numbers."""
    return Mistake(name, hint, value=lambda: list(values))


ACCURACY = (
    at(
        "missing_wrong",
        NEUTRAL / CLIPS,
        "Number 1: you divide by all clips. Of how many is it known whether the model is right?",
    ),
    at(
        "missing_neutral",
        (NEUTRAL + MISSING) / CLIPS,
        "Number 1: clips without a label count as right. Does anybody know what they are?",
    ),
    at(
        "accuracy_of_classes",
        1 / 3,
        "Number 1 is the mean over the classes of the share that is found. Accuracy asks of each "
        "clip whether it is right.",
    ),
    at(
        "probability",
        SURE,
        "Number 1 is the probability that the model gives to *neutral*. How often is it right?",
    ),
)
F_ONE = (
    at(
        "micro",
        SHARE,
        "Number 2 is the micro average: it counts clips, not classes, and is the accuracy again.",
    ),
    at(
        "weighted",
        SHARE * f1(SHARE),
        "Number 2 is the *weighted* average, in which neutral counts nine times as much as the "
        "others together. In the macro average every class counts alike.",
    ),
    at(
        "neutral_alone",
        f1(SHARE),
        "Number 2 is the F1 of *neutral* alone. How many classes are there, and what is the F1 of "
        "one that is never found?",
    ),
    at(
        "of_two",
        f1(SHARE) / 2,
        "Number 2: by how many classes do you divide?",
    ),
    at(
        "recalls",
        1 / 3,
        "Number 2 is the mean of the recalls. F1 also asks how many of those called neutral are.",
    ),
    at(
        "precisions",
        SHARE / 3,
        "Number 2 is the mean of the precisions. F1 also asks how many of the neutral ones are "
        "found.",
    ),
    at(
        "arithmetic",
        (SHARE + 1) / 6,
        "Number 2: you take the ordinary mean of precision and recall. F1 is their harmonic mean, "
        "2PR / (P + R).",
    ),
    at(
        "missing_in_precision",
        f1(NEUTRAL / CLIPS) / 3,
        "Number 2: the precision of neutral counts clips without a label as wrong. Does anybody "
        "know what they are?",
    ),
    at(
        "missing_right_in_precision",
        f1((NEUTRAL + MISSING) / CLIPS) / 3,
        "Number 2: clips without a label count as neutral. Does anybody know what they are?",
    ),
    at("zero", 0.0, "Number 2: two of the three F1 are 0, but what is that of neutral?"),
)
LOSS = (
    at(
        "over_missing",
        SUMMED / CLIPS,
        "Number 3 is averaged over the clips without a label, too: they add nothing to the sum but "
        "are counted. By how many is it to be divided?",
    ),
    at(
        "missing_as_neutral",
        (SUMMED - MISSING * math.log(SURE)) / CLIPS,
        "Number 3: clips without a label cost as much as neutral ones. Is anything known of them?",
    ),
    at(
        "missing_as_other",
        (SUMMED - MISSING * math.log(REST)) / CLIPS,
        "Number 3: clips without a label cost as much as positive ones. Is anything known of them?",
    ),
    at(
        "missing_in_sum",
        (SUMMED - MISSING * math.log(SURE)) / LABELLED,
        "Number 3: clips without a label are in the sum, but you divide by the others.",
    ),
    at(
        "bits",
        SUMMED / LABELLED / math.log(2),
        "Number 3 is in bits: it comes from logarithms to base 2. The natural one is asked for.",
    ),
    at(
        "decimal",
        SUMMED / LABELLED / math.log(10),
        "Number 3 comes from logarithms to base 10. The natural one is asked for.",
    ),
    at(
        "over_classes",
        (-math.log(SURE) - 2 * math.log(REST)) / 3,
        "Number 3 is the mean over the three *classes*. The mean over the labels is asked for.",
    ),
    at(
        "neutral_only",
        -math.log(SURE),
        "Number 3 is what a neutral clip costs. What do the 90 others cost?",
    ),
    at(
        "others_only",
        -math.log(REST),
        "Number 3 is what a positive or a negative clip costs. What do the neutral ones cost?",
    ),
    at(
        "log_of_mean",
        -math.log(SHARE * SURE + (1 - SHARE) * REST),
        "Number 3 is the logarithm of a mean probability. First the logarithms, then the mean.",
    ),
    at(
        "of_accuracy",
        -math.log(SHARE),
        "Number 3 is −ln of the accuracy. The loss is made of the probabilities that the model "
        "gives: what does each label cost, and what do all of them on average?",
    ),
    at(
        "two_tenths",
        SHARE * -math.log(SURE) + (1 - SHARE) * -math.log(2 * REST),
        "Number 3: a positive clip costs −ln of the probability of *positive*. Is that 0.2?",
    ),
    at(
        "sign",
        -SUMMED / LABELLED,
        "Number 3: a probability is at most 1. Which sign has its logarithm, and which a loss?",
    ),
    at("summed", SUMMED, "Number 3 is the sum. By how many labels is it to be divided?"),
)
WHOLE = (
    whole(
        "percent",
        "Those are percentages. Give 0.9, not 90.",
        *(100 * SHARE, 100 * f1(SHARE) / 3, SUMMED / LABELLED),
    ),
    whole(
        "f1_first",
        "Macro F1 and accuracy have changed places. Which is asked for first?",
        *(f1(SHARE) / 3, SHARE, SUMMED / LABELLED),
    ),
    whole(
        "loss_first",
        "The numbers stand in the other order. Which is asked for first?",
        *(SUMMED / LABELLED, f1(SHARE) / 3, SHARE),
    ),
)

ALWAYS_NEUTRAL = Predict(
    id="multimodal_transformer.always_neutral",
    title="Always neutral",
    difficulty=1,
    minutes=10,
    hints=(
        "Forget the 100 clips that nobody has labelled: nothing is known of them, so they are in "
        "no sum and in no count. What is left?",
        "F1 of a class = 2PR / (P + R), and 0 for one that is never hit; macro F1 = the mean over "
        "the three classes. Loss = Σ −ln p(label) / (number of labels).",
        "Three numbers: a share of 900; a third of one F1, as the two others are 0; a mean over "
        "900 labels of two kinds of prices.",
        "accuracy = 810 / ...\nneutral = 2 * accuracy * 1 / (accuracy + 1)\n"
        "macro_f1 = (neutral + 0 + 0) / ...\n"
        "loss = -(810 * math.log(0.8) + 90 * math.log(...)) / ...",
    ),
    truth=right,
    tolerance=TOLERANCES,
    mistakes=each_alone_or_together(right, list(ACCURACY), list(F_ONE), list(LOSS), whole=WHOLE),
    properties=(
        Property(
            "Accuracy and F1 lie between 0 and 1.",
            lambda case, answer: bool(((answer[:2] >= 0) & (answer[:2] <= 1)).all()),
        ),
        Property(
            "Two of three classes are never found, so their F1 is 0, and the mean over the three "
            "is 1/3 at most; yours is more. Is it a mean over classes?",
            lambda case, answer: float(answer.flatten()[1]) <= 1 / 3 + 1e-3,
        ),
        Property(
            "A label costs −ln 0.8 = 0.22 or −ln 0.1 = 2.30, so their mean lies between; yours "
            "does not. Is each label's own price in the sum, and by how many do you divide?",
            lambda case, answer: 0.22 < float(answer.flatten()[2]) < 2.31,
        ),
        Property(
            "Number 1 is off. How many clips have a label, and of how many of these does the model "
            "say what it is?",
            lambda case, answer: is_near(answer, 0),
        ),
        Property(
            "Number 2 is off (or rounded to fewer than three decimals). What are precision and "
            "recall of *neutral*, what is its F1, and what becomes of it in a mean over three "
            "classes?",
            lambda case, answer: is_near(answer, 1),
        ),
        Property(
            "Number 3 is off (or rounded to fewer than three decimals). 810 labels have one price "
            "and 90 another: what do they cost together, and among how many is it shared?",
            lambda case, answer: is_near(answer, 2),
        ),
    ),
)
