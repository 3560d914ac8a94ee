"""The Fréchet distance by hand. Traps: no last term, a variance taken for a deviation."""

from mmtutor.checks.engine.exercise import Mistake, Predict
from mmtutor.checks.engine.places import each_alone_or_together

FIRST = [
    Mistake(
        "no_root",
        "Your first number lacks the last term. What does − 2 (Σ_r Σ_d)^½ come to?",
        value=lambda: 14.0,
    ),
    Mistake(
        "mean_only",
        "Your first number is the distance of the means. Their widths differ, too.",
        value=lambda: 9.0,
    ),
    Mistake(
        "no_means",
        "Your first number lacks the distance of the means.",
        value=lambda: 1.0,
    ),
    Mistake(
        "deviation",
        "It looks as if the variance 4 were taken for a standard deviation, or the last term "
        "added. N(3, 4) has the *variance* 4, and 2 (Σ_r Σ_d)^½ is subtracted.",
        value=lambda: 18.0,
    ),
    Mistake(
        "not_squared",
        "In your first number the distance of the means is not squared.",
        value=lambda: 4.0,
    ),
    Mistake(
        "no_product_root",
        "In your first number the variances are multiplied without the root: 2 · 1 · 4. What "
        "stands at the upper right of the bracket?",
        value=lambda: 6.0,
    ),
    Mistake(
        "no_two",
        "In your first number the root is subtracted once, or one variance from the other. What "
        "stands before the root, and what comes before it?",
        value=lambda: 12.0,
    ),
    Mistake(
        "whole_root",
        "Your first number is a root of the formula. d is what stands there, squares and all.",
        value=lambda: 10**0.5,
    ),
    Mistake(
        "spreads_added",
        "Your first number adds the standard deviations, or the 4, to the distance of the means. "
        "Go through the trace term by term: 1, 4, and then?",
        value=lambda: 13.0,
    ),
    Mistake(
        "deviations",
        "Your first number is 1 too large. Go term by term: what do ‖μ_r − μ_d‖², Σ_r, Σ_d and "
        "− 2 (Σ_r Σ_d)^½ come to?",
        value=lambda: 11.0,
    ),
    Mistake(
        "deviation_root",
        "8 comes out if the trace holds the standard deviations 1 and 2 and no root, or if each "
        "variance has a root of its own and they are *added*, 1 + 4 − 2 (1 + 2). What does the "
        "formula put under one root?",
        value=lambda: 8.0,
    ),
    Mistake(
        "variances_only",
        "Your first number is 1 + 4, or half of what it should be. Does it have the means, "
        "squared?",
        value=lambda: 5.0,
    ),
    Mistake(
        "differences",
        "Your first number adds differences that are not squared.",
        value=lambda: 2.0,
    ),
    Mistake(
        "sixteen",
        "It looks as if the variance 4 were squared: 9 + 1 + 16 − … N(3, 4) has the *variance* 4 "
        "already.",
        value=lambda: 22.0,
    ),
    Mistake(
        "divergence",
        "That looks like a Kullback–Leibler divergence. Which formula does the card give?",
        value=lambda: 1.443,
    ),
    Mistake(
        "divergence_back",
        "That looks like the Kullback–Leibler divergence, the other way round. Which formula "
        "does the card give?",
        value=lambda: 5.307,
    ),
    Mistake(
        "root_added",
        "Your first number is 9 + 1 + 4 + 2: the root is added, and once. Which sign and which "
        "factor has it?",
        value=lambda: 16.0,
    ),
    Mistake(
        "nothing_squared",
        "It looks as if 4 were added to the distance 3 of the means. It stands squared in the "
        "formula, and Σ_r and the root are missing.",
        value=lambda: 7.0,
    ),
    Mistake(
        "means_subtracted",
        "In your first number the squared distance of the means is subtracted. Which sign has it?",
        value=lambda: -8.0,
    ),
    Mistake(
        "negative",
        "Your first number is negative. Which squares are subtracted from which?",
        value=lambda: -10.0,
    ),
    Mistake(
        "zero",
        "Your first number says that both are the same. Do their means agree?",
        value=lambda: 0.0,
    ),
]
SECOND = [
    Mistake(
        "copyist_as_far",
        "Your second number is that of the first question. Somebody who hands over the real "
        "pictures has the same mean and the same covariance: what is left of the formula?",
        value=lambda: 10.0,
    ),
    Mistake(
        "copyist_one",
        "Your second number is 1, as if equal were 1. It is a *distance*: how far is something "
        "from itself?",
        value=lambda: 1.0,
    ),
    Mistake(
        "copyist_lesson",
        "Your second number is the lesson's, for a copyist who drew its pictures by lot. This one "
        "hands over all real pictures themselves.",
        value=lambda: 14.19,
    ),
    Mistake(
        "copyist_two",
        "In your second number the last term is missing, or comes only once. What is left of Σ + "
        "Σ − 2 (Σ Σ)^½?",
        value=lambda: 2.0,
    ),
    Mistake(
        "copyist_negative",
        "Your second number is negative, and a distance is not. What is left of Σ + Σ − 2 (Σ Σ)^½?",
        value=lambda: -2.0,
    ),
    Mistake(
        "copyist_minus_one",
        "Your second number is −1, and a distance is never negative. How far is something from "
        "itself?",
        value=lambda: -1.0,
    ),
    Mistake(
        "copyist_four",
        "In your second number Σ is still 4 somewhere. Both covariances are the same here: "
        "what is left of Σ + Σ − 2 (Σ Σ)^½?",
        value=lambda: 4.0,
    ),
    Mistake(
        "copyist_third",
        "Your second number is 0.33. That is no distance of something from itself: put the "
        "same mean and the same covariance into the formula.",
        value=lambda: 0.33,
    ),
    Mistake(
        "copyist_half",
        "How far is something from itself? Put the same mean and the same covariance into the "
        "formula, in your second number.",
        value=lambda: 0.5,
    ),
]

FRECHET = Predict(
    id="gans.frechet",
    title="The Fréchet distance of two Gaussians",
    difficulty=2,
    minutes=10,
    hints=(
        "In one dimension a covariance is a variance, the trace is the number itself, and the root "
        "of a product is the product of the standard deviations.",
        "(μ_r − μ_d)² + σ_r² + σ_d² − 2 σ_r σ_d.",
        "Two numbers: one for N(0, 1) and N(3, 4), whose *variance* is 4; one for a forger that "
        "copies.",
        "answer = [(0 - 3) ** 2 + ... + ... - 2 * ..., ...]",
    ),
    truth=lambda: [10.0, 0.0],
    mistakes=each_alone_or_together(lambda: [10.0, 0.0], FIRST, SECOND),
)
