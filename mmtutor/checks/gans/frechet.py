"""The Fréchet distance by hand. Traps: no last term, a variance taken for a deviation."""

from mmtutor.checks.engine.exercise import Mistake, Predict

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
    mistakes=(
        Mistake(
            "no_root",
            "Your first number lacks the last term. What does − 2 (Σ_r Σ_d)^½ come to?",
            value=lambda: [14.0, 0.0],
        ),
        Mistake(
            "mean_only",
            "Your first number is the distance of the means. Their widths differ, too.",
            value=lambda: [9.0, 0.0],
        ),
        Mistake(
            "deviation",
            "You take 4 for a standard deviation. N(3, 4) has the *variance* 4.",
            value=lambda: [18.0, 0.0],
        ),
        Mistake(
            "not_squared",
            "The distance of the means is squared in the formula.",
            value=lambda: [4.0, 0.0],
        ),
        Mistake(
            "no_product_root",
            "You have multiplied the variances without the root: 2 · 1 · 4. What stands at the "
            "upper right of the bracket?",
            value=lambda: [6.0, 0.0],
        ),
        Mistake(
            "copyist_not_perfect",
            "The first is right. Somebody who hands over the real pictures has the same mean and "
            "the same covariance: what is left of the formula?",
            value=lambda: [10.0, 10.0],
        ),
    ),
)
