"""How hard three losses push a score. Traps: slopes for forces, losses for slopes."""

import math

from mmtutor.checks.engine.exercise import Mistake, Predict
from mmtutor.checks.engine.places import each_alone_or_together

SCORE = -4.0
LOW = 1 / (1 + math.exp(-SCORE))


def at(score: float) -> float:
    """Return σ(s)."""
    return 1 / (1 + math.exp(-score))


FIRST = [
    Mistake(
        "first_other",
        "Your first number is the non-saturating force: minimax falls asleep at low scores.",
        value=lambda: 1 - LOW,
    ),
    Mistake(
        "first_sign",
        "Your first number is negative: is it the slope, or the loss itself? The force has the "
        "other "
        "sign than the slope.",
        value=lambda: -LOW,
    ),
    Mistake(
        "first_rounded",
        "Your first number is rounded too far: three decimals are asked for.",
        value=lambda: 0.02,
    ),
    Mistake(
        "first_cut",
        "Your first number is cut off after three decimals, not rounded.",
        value=lambda: 0.017,
    ),
    Mistake(
        "first_by_hand",
        "Your first number is that of the lesson's s = −1. Which score is given here?",
        value=lambda: at(-1.0),
    ),
    Mistake(
        "first_asleep",
        "Your first number is that of the lesson's s = −6. Which score is given here?",
        value=lambda: at(-6.0),
    ),
    Mistake(
        "first_exponential",
        "Your first number is e⁻⁴. σ(s) = 1/(1 + e^(−s)) is a little less.",
        value=lambda: math.exp(-4),
    ),
    Mistake(
        "first_half",
        "Your first number is σ(0). Which score is given?",
        value=lambda: 0.5,
    ),
    Mistake(
        "first_by_d",
        "Your first number is a slope along D. Ask for the slope along s, and D depends on s.",
        value=lambda: 1 / (1 - LOW),
    ),
    Mistake(
        "first_product",
        "Your first number is σ(1 − σ), the slope of the sigmoid. The logarithm has a slope, "
        "too: chain rule.",
        value=lambda: LOW * (1 - LOW),
    ),
    Mistake(
        "first_asleep_rounded",
        "Your first number is σ(−6), rounded. Which score is given here?",
        value=lambda: 0.002,
    ),
    Mistake(
        "first_tenth",
        "In your first number the decimal point stands one place too far left.",
        value=lambda: LOW / 10,
    ),
    Mistake(
        "first_tenfold",
        "In your first number the decimal point stands one place too far right.",
        value=lambda: 10 * LOW,
    ),
    Mistake(
        "first_hinge",
        "Your first number is 1, the force of another loss. What is the slope of ln(1 − σ(s)) "
        "where scores are low?",
        value=lambda: 1.0,
    ),
    Mistake(
        "first_nothing",
        "Your first number is 0. It is small, but three decimals show it.",
        value=lambda: 0.0,
    ),
]
SECOND = [
    Mistake(
        "second_other",
        "Your second number is that of minimax, which falls asleep at low scores.",
        value=lambda: LOW,
    ),
    Mistake(
        "second_product",
        "Your second number is σ(1 − σ), the slope of the sigmoid. The logarithm has a slope, too: "
        "chain rule.",
        value=lambda: LOW * (1 - LOW),
    ),
    Mistake(
        "second_sign",
        "Your second number is the slope. The force is what a step of descent makes of it: the "
        "other "
        "sign.",
        value=lambda: LOW - 1,
    ),
    Mistake(
        "second_loss",
        "Your second number is the loss itself. How much does it change when s does?",
        value=lambda: -math.log(LOW),
    ),
    Mistake(
        "second_rounded",
        "Your second number is rounded too far: three decimals are asked for.",
        value=lambda: 0.98,
    ),
    Mistake(
        "second_by_hand",
        "Your second number is that of the lesson's s = −1. Which score is given here?",
        value=lambda: 1 - at(-1.0),
    ),
    Mistake(
        "second_asleep",
        "Your second number is that of the lesson's s = −6. Which score is given here?",
        value=lambda: 1 - at(-6.0),
    ),
    Mistake(
        "second_exponential",
        "Your second number is e⁴. Nothing pushes so hard: what is 1 − σ(s)?",
        value=lambda: math.exp(4),
    ),
    Mistake(
        "second_by_d",
        "Your second number is a slope along D. Ask for the slope along s, and D depends on s.",
        value=lambda: 1 / LOW,
    ),
    Mistake(
        "second_one",
        "Your second number is 1. It is close to it, but three decimals show the difference.",
        value=lambda: 1.0,
    ),
]
THIRD = [
    Mistake(
        "third_loss",
        "Your third number is the hinge loss −s itself. What is its slope, and does it depend on "
        "s?",
        value=lambda: -SCORE,
    ),
    Mistake(
        "third_score",
        "Your third number is s. What is the slope of −s, and does it depend on s?",
        value=lambda: SCORE,
    ),
    Mistake(
        "third_sign",
        "Your third number has the wrong sign: the force is minus the slope, and the slope of −s "
        "is "
        "what?",
        value=lambda: -1.0,
    ),
    Mistake(
        "third_flat",
        "Your third number is 0. Does −s stand still when s changes?",
        value=lambda: 0.0,
    ),
    Mistake(
        "third_margin",
        "Your third number is 1 − s, what the inspector's hinge would ask. The forger's loss is "
        "−s, "
        "and its force is asked for.",
        value=lambda: 1 - SCORE,
    ),
    Mistake(
        "third_sigmoid",
        "Your third number has a σ in it. The hinge loss has none: what is the slope of −s?",
        value=lambda: LOW,
    ),
    Mistake(
        "third_one_minus",
        "Your third number is 1 − σ(s). The hinge loss has no σ: what is the slope of −s?",
        value=lambda: 1 - LOW,
    ),
]
WHOLE = (
    Mistake(
        "swapped",
        "You have minimax and non-saturating the other way round. Which of them falls asleep at "
        "low "
        "scores?",
        value=lambda: [1 - LOW, LOW, 1.0],
    ),
    Mistake(
        "slopes",
        "These are the slopes. The force is what a step of descent makes of them: the other sign.",
        value=lambda: [-LOW, LOW - 1, -1.0],
    ),
    Mistake(
        "losses",
        "These are the losses themselves. How much do they change when s does?",
        value=lambda: [math.log(1 - LOW), -math.log(LOW), -SCORE],
    ),
    Mistake(
        "sizes",
        "These are the sizes of the losses themselves. How much do they change when s does?",
        value=lambda: [LOW, -math.log(LOW), -SCORE],
    ),
    Mistake(
        "positive",
        "You have worked with s = +4. Drawings that are seen through have a *negative* score.",
        value=lambda: [1 - LOW, LOW, -1.0],
    ),
    Mistake(
        "slopes_swapped",
        "These are the slopes, and the first two have changed places. Which loss falls asleep, and "
        "which sign has the force?",
        value=lambda: [LOW - 1, -LOW, -1.0],
    ),
    Mistake(
        "by_hand",
        "These are the lesson's forces at s = −1. Which score is given here?",
        value=lambda: [at(-1.0), 1 - at(-1.0), 1.0],
    ),
    Mistake(
        "asleep",
        "These are the forces at the lesson's s = −6. Which score is given here?",
        value=lambda: [at(-6.0), 1 - at(-6.0), 1.0],
    ),
    Mistake(
        "asleep_rounded",
        "These are the forces at the lesson's s = −6, rounded. Which score is given here?",
        value=lambda: [0.002, 0.998, 1.0],
    ),
    Mistake(
        "bits",
        "You differentiate logarithms of base 2. The losses have the natural one.",
        value=lambda: [LOW / math.log(2), (1 - LOW) / math.log(2), 1.0],
    ),
    Mistake(
        "decimal",
        "You differentiate logarithms of base 10. The losses have the natural one.",
        value=lambda: [LOW / math.log(10), (1 - LOW) / math.log(10), 1.0],
    ),
    Mistake(
        "sigmoid_slopes",
        "You give σ(1 − σ), the slope of the sigmoid. The logarithm has a slope, too: chain rule.",
        value=lambda: [LOW * (1 - LOW), LOW * (1 - LOW), 1.0],
    ),
    Mistake(
        "tangent",
        "It looks as if tanh stood for σ. What is σ(−4) = 1/(1 + e⁴)?",
        value=lambda: [math.tanh(-4), 1 - math.tanh(-4), 1.0],
    ),
    Mistake(
        "times_score",
        "You multiply the slopes by the size of s. The slope at s is the force itself.",
        value=lambda: [4 * LOW, 4 - 4 * LOW, 4.0],
    ),
    Mistake(
        "squares",
        "Your forces are squared. Which function of σ is the slope of each logarithm?",
        value=lambda: [LOW**2, (1 - LOW) ** 2, 1.0],
    ),
    Mistake(
        "ones",
        "You give every loss the force of the hinge loss. Which of them has a slope that "
        "depends on s?",
        value=lambda: [1.0, 1.0, 1.0],
    ),
    Mistake(
        "half_way",
        "These are the forces at s = −2. Which score is given here?",
        value=lambda: [at(-2.0), 1 - at(-2.0), 1.0],
    ),
    Mistake(
        "percent",
        "Your numbers are percentages. A force is asked for as it is.",
        value=lambda: [100 * LOW, 100 - 100 * LOW, 100.0],
    ),
    Mistake(
        "backwards",
        "You have all three, in another order: minimax, non-saturating, hinge is the card's.",
        value=lambda: [1.0, 1 - LOW, LOW],
    ),
    Mistake(
        "two_decimals",
        "Your numbers are rounded too far. Three decimals are asked for.",
        value=lambda: [0.02, 0.98, 1.0],
    ),
    Mistake(
        "whole",
        "Your numbers are rounded to whole ones. Three decimals are asked for.",
        value=lambda: [0.0, 1.0, 1.0],
    ),
)


FORCE = Predict(
    id="gans.force",
    title="Who is pushed, and how hard?",
    difficulty=2,
    minutes=10,
    hints=(
        "Differentiate each loss with respect to the score s, and turn the sign: the force points "
        "where the step goes.",
        "d/ds ln(1 − σ(s)) = −σ(s); d/ds (−ln σ(s)) = −(1 − σ(s)); d/ds (−s) = −1.",
        "Three numbers, none of them negative. σ(−4) = 1/(1 + e⁴).",
        "low = 1 / (1 + math.exp(...))\nanswer = [..., 1 - ..., ...]",
    ),
    truth=lambda: [LOW, 1 - LOW, 1.0],
    tolerance=0.001,
    mistakes=each_alone_or_together(lambda: [LOW, 1 - LOW, 1.0], FIRST, SECOND, THIRD, whole=WHOLE),
)
