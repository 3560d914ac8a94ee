"""Where learnt weights come to rest. Traps: the half, σ for σ², and fear of a loss below 0."""

import math

from torch import Tensor

from mmtutor.checks.engine.exercise import Mistake, Predict, Property
from mmtutor.checks.engine.places import each_alone_or_together

LOSS = 0.05
"""The loss of the task, which has classes: its share is e^(−s) L + s/2."""


def right() -> list[float]:
    """Return the best s, the weight there, the share there, and the loss where that is 0."""
    s = math.log(2 * LOSS)
    return [s, math.exp(-s), math.exp(-s) * LOSS + s / 2, 1 / (2 * math.e)]


def is_near(answer: Tensor, place: int) -> bool:
    """Say whether one of the numbers is right."""
    return abs(float(answer.flatten()[place]) / right()[place] - 1) < 0.005


def at(name: str, value: float, hint: str) -> Mistake:
    """Return a wrong number."""
    return Mistake(name, hint, value=lambda: value)


def whole(name: str, hint: str, *values: float) -> Mistake:
    """Return four wrong numbers."""
    return Mistake(name, hint, value=lambda: list(values))


def four(s: float, share: float, zero: float) -> tuple[float, float, float, float]:
    """Return what follows from a wrong s."""
    return s, math.exp(-s), share, zero


PLACES = (
    at(
        "s_of_loss",
        math.log(LOSS),
        "Number 1: the slope of e^(−s) L + s/2 is −e^(−s) L + ½, not + 1. Where is it 0?",
    ),
    at(
        "s_turned",
        -math.log(2 * LOSS),
        "Number 1: the sign. A small loss means a sure task: is σ² above 1 or below?",
    ),
    at(
        "s_is_variance",
        2 * LOSS,
        "Number 1 is σ². What is s, then?",
    ),
    at(
        "s_is_sigma",
        math.log(2 * LOSS) / 2,
        "Number 1 is ln σ. Here s is ln σ².",
    ),
    at(
        "s_half_loss",
        math.log(LOSS / 2),
        "Number 1: −e^(−s) L + ½ = 0, so e^(−s) = 1 / (2L). Did the 2 come to stand below?",
    ),
    at(
        "s_decimal",
        -1.0,
        "Number 1 comes from a logarithm to base 10. The natural one is asked for.",
    ),
    at("s_zero", 0.0, "Number 1: at s = 0 the slope is −L + ½. Is that 0?"),
)
WEIGHT = (
    at(
        "weight_of_loss",
        1 / LOSS,
        "Number 2 is 1/L. What is e^(−s) at the s of number 1?",
    ),
    at(
        "weight_turned",
        2 * LOSS,
        "Number 2 is σ². The weight is e^(−s) = 1/σ².",
    ),
    at("weight_root", math.sqrt(10), "Number 2 is 1/σ. The weight is 1/σ²."),
    at("weight_half", 1 / (4 * LOSS), "Number 2 is half of e^(−s). For classes there is no ½."),
    at("weight_loss", 0.5, "Number 2 is e^(−s) L. The weight alone is asked for."),
    at("weight_squared", 100.0, "Number 2 is e^(−2s). Is s ln σ or ln σ²?"),
)
SHARE = (
    at(
        "share_full_s",
        0.5 + math.log(2 * LOSS),
        "Number 3: you add s. The card adds s/2.",
    ),
    at("share_no_s", 0.5, "Number 3 is e^(−s) L alone. What is added to it?"),
    at(
        "share_s_alone",
        math.log(2 * LOSS) / 2,
        "Number 3 is s/2 alone. What is added to it?",
    ),
    at(
        "share_subtracted",
        0.5 - math.log(2 * LOSS) / 2,
        "Number 3: you subtract s/2, or take s as positive. Nothing is wrong with a loss below 0.",
    ),
    at(
        "share_absolute",
        -0.5 - math.log(2 * LOSS) / 2,
        "Number 3 has lost its sign. Nothing is wrong with a loss below 0.",
    ),
    at(
        "share_clamped",
        0.0,
        "Number 3: it is not 0. Nothing is wrong with a loss below 0: put s into e^(−s) L + s/2.",
    ),
    at("share_at_zero", LOSS, "Number 3 is the share at s = 0. Which s is the best?"),
    at(
        "share_of_loss",
        1 + math.log(LOSS) / 2,
        "Number 3 is the share at s = ln L. Is it the smallest?",
    ),
    at(
        "share_one",
        1 + math.log(2 * LOSS) / 2,
        "Number 3: e^(−s) L is not 1 at the s of number 1. What is it?",
    ),
    at(
        "share_halved",
        0.25 + math.log(2 * LOSS) / 2,
        "Number 3 has a ½ before e^(−s) L. For classes there is none.",
    ),
)
ZERO = (
    at(
        "zero_half",
        0.5,
        "Number 4 is where the best *s* turns negative (σ² = 1). The *share* is asked for.",
    ),
    at(
        "zero_of_loss",
        1 / math.e,
        "Number 4: the best share is ½ + ½ ln(2L). Where is the 2?",
    ),
    at("zero_square", 1 / (2 * math.e**2), "Number 4: ½ + ½ ln(2L) = 0, so what is ln(2L)?"),
    at(
        "zero_square_of_loss",
        math.exp(-2),
        "Number 4: the best share is ½ + ½ ln(2L), not 1 + ½ ln L.",
    ),
    at("zero_turned", math.e / 2, "Number 4: ln(2L) = −1, not + 1."),
    at("zero_root", math.exp(-0.5) / 2, "Number 4: ½ + ½ ln(2L) = 0 means ln(2L) = −1, not −½."),
    at(
        "zero_nothing",
        0.0,
        "Number 4: with s chosen the share is below 0 long before the loss is 0.",
    ),
    at("zero_one", 1.0, "Number 4: at L = 1 the best share is ½ + ½ ln 2. Is that 0?"),
    at(
        "zero_kept_s",
        -LOSS * math.log(2 * LOSS),
        "Number 4 keeps the s that is best for L = 0.05. Each L has a best s of its own: put "
        "s = ln(2L) into the share first.",
    ),
    at("zero_e", math.exp(-1) * 2, "Number 4: 2L = e^(−1). What is L?"),
)
S_LOG = math.log(LOSS)


def follows(first: float, weight: float | None = None) -> list[float]:
    """Return the numbers that follow from a wrong s, or from a wrong weight at the right one."""
    weight = math.exp(-first) if weight is None else weight
    return [first, weight, weight * LOSS + first / 2, right()[3]]


def followed(wrong: Mistake) -> Mistake:
    """Return a wrong s with the weight and the share that follow from it."""
    value = wrong.value() if wrong.value else 0.0
    hint = f"{wrong.hint} Numbers 2 and 3 follow from it."
    return whole(f"{wrong.name}_carried_on", hint, *follows(value))


def weighed(wrong: Mistake) -> Mistake:
    """Return a wrong weight with the share that follows from it."""
    value = wrong.value() if wrong.value else 0.0
    hint = f"{wrong.hint} Number 3 follows from it."
    return whole(f"{wrong.name}_carried_on", hint, *follows(right()[0], value))


WHOLE = (
    whole(
        "regression",
        "Those are the numbers of a *regression*, ½ e^(−s) L + s/2. For classes there is no ½ "
        "before the loss.",
        *(S_LOG, 1 / LOSS, 0.5 + S_LOG / 2, 1 / math.e),
    ),
    whole(
        "regression_weight",
        "Those are the numbers of a *regression*, ½ e^(−s) L + s/2. For classes there is no ½ "
        "before the loss: the best s is another.",
        *(S_LOG, 0.5 / LOSS, 0.5 + S_LOG / 2, 1 / math.e),
    ),
    whole(
        "full_s",
        "You take e^(−s) L + s, as if s were ln σ in one place and ln σ² in the other. The card "
        "adds s/2.",
        *(S_LOG, 1 / LOSS, 1 + S_LOG, 1 / math.e),
    ),
    whole(
        "sigma",
        "You take s for ln σ: e^(−2s) L + s. The card has ln σ².",
        *(math.log(2 * LOSS) / 2, 10.0, 0.5 + math.log(2 * LOSS) / 2, 1 / (2 * math.e)),
    ),
    whole(
        "at_loss",
        "Everything is taken at s = ln L. The slope of e^(−s) L + s/2 is −e^(−s) L + ½: where is "
        "it 0?",
        *(S_LOG, 1 / LOSS, 1 + S_LOG / 2, math.exp(-2)),
    ),
    whole(
        "two_forgotten",
        "In numbers 1 and 4 a 2 is missing: the slope of e^(−s) L + s/2 is −e^(−s) L + ½, not + 1. "
        "Numbers 2 and 3 follow from number 1.",
        *(S_LOG, 1 / LOSS, 1 + S_LOG / 2, 1 / math.e),
    ),
    whole(
        "weight_turned_carried_on",
        "Number 2 is σ². The weight is e^(−s) = 1/σ². Number 3 follows from it if it is number 2 "
        "times L, and s/2.",
        *follows(right()[0], 2 * LOSS),
    ),
    *(followed(wrong) for wrong in PLACES),
    *(weighed(wrong) for wrong in WEIGHT if wrong.name != "weight_turned"),
    whole(
        "turned",
        "The sign of s is turned in all of it. A small loss means a sure task: is σ² above 1 or "
        "below?",
        *(-math.log(2 * LOSS), 0.1, 0.5 - math.log(2 * LOSS) / 2, 1 / (2 * math.e)),
    ),
)
EVERY = each_alone_or_together(
    right, list(PLACES), list(WEIGHT), list(SHARE), list(ZERO), whole=WHOLE
)
HARD_TO_TELL = {"weight_turned+share_s_alone"}
"""Next to `weight_turned_carried_on`: 0.4 % apart."""
MISTAKES = tuple(
    mistake for mistake in EVERY if mistake.name.count("+") < 2 and mistake.name not in HARD_TO_TELL
)
"""Three wrong numbers of four at a time are too many ways to tell apart."""


NEGATIVE = Predict(
    id="multitask.negative",
    title="A loss below zero",
    difficulty=3,
    minutes=10,
    hints=(
        "Hold L fixed and look at e^(−s) L + s/2 as a function of s alone. Where is its slope 0?",
        "−e^(−s) L + ½ = 0, so e^(−s) = 1/(2L), which is the weight. Put it back: ½ + s/2.",
        "Four numbers: s below 0, a weight above 1, a share below 0, a loss between 0 and 0.5.",
        "s = math.log(2 * ...)\nweight = math.exp(...)\nshare = weight * 0.05 + ...\n"
        "# ½ + ½ ln(2L) = 0 where 2L = ...\nzero = math.exp(...) / 2",
    ),
    truth=right,
    tolerance=0.005,
    mistakes=MISTAKES,
    properties=(
        Property(
            "Number 1 is off. What is the slope of e^(−s) L + s/2 in s, and where is it 0?",
            lambda case, answer: is_near(answer, 0),
        ),
        Property(
            "Number 2 is off. By which factor is L multiplied at the s of number 1?",
            lambda case, answer: is_near(answer, 1),
        ),
        Property(
            "Number 3 is off. Put the s of number 1 into e^(−s) L + s/2.",
            lambda case, answer: is_near(answer, 2),
        ),
        Property(
            "Number 4 is off. At the best s the share is ½ + ½ ln(2L). For which L is that 0?",
            lambda case, answer: is_near(answer, 3),
        ),
    ),
)
