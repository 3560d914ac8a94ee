"""How hard three losses push a score. Traps: slopes for forces, losses for slopes."""

import math

from mmtutor.checks.engine.exercise import Mistake, Predict

SCORE = -4.0
LOW = 1 / (1 + math.exp(-SCORE))

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
    mistakes=(
        Mistake(
            "swapped",
            "You have minimax and non-saturating the other way round. Which of them falls asleep "
            "at low scores?",
            value=lambda: [1 - LOW, LOW, 1.0],
        ),
        Mistake(
            "slopes",
            "These are the slopes. The force is what a step of descent makes of them: the other "
            "sign.",
            value=lambda: [-LOW, LOW - 1, -1.0],
        ),
        Mistake(
            "losses",
            "These are the losses themselves. How much do they change when s does?",
            value=lambda: [math.log(1 - LOW), -math.log(LOW), -SCORE],
        ),
        Mistake(
            "score",
            "The first two are right. The hinge loss is −s: what is its slope, and does it depend "
            "on s?",
            value=lambda: [LOW, 1 - LOW, -SCORE],
        ),
        Mistake(
            "positive",
            "You have worked with s = +4. Drawings that are seen through have a *negative* score.",
            value=lambda: [1 - LOW, 1 - (1 - LOW), -1.0],
        ),
        Mistake(
            "product",
            "Your first two are equal: that is σ(1 − σ), the slope of the sigmoid. The logarithm "
            "has a slope, too: chain rule.",
            value=lambda: [LOW * (1 - LOW), LOW * (1 - LOW), 1.0],
        ),
    ),
)
