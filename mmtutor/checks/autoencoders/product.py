"""A product of experts. Traps: variances for precisions, no prior, experts who are absent."""

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    Implement,
    Mistake,
    Property,
    Wrong,
    random_tensor,
)


def product(means: Tensor, variances: Tensor, present: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: mean and variance (2, pair) of the experts who are there, times the prior."""
    there = torch.ones_like(means) if "absent_too" in wrong else present.to(means)
    precisions = there * (variances if "variances" in wrong else 1 / variances)
    if "deviations" in wrong:
        precisions = there / variances.sqrt()
    if "squares" in wrong:
        precisions = there / variances.square()
    prior = 0.0 if "no_prior" in wrong else len(means) if "prior_each" in wrong else 1.0
    total = (precisions.sum(0) + prior).clamp(min=1e-6)
    mean = (precisions * means).sum(0) / total
    if "plain_mean" in wrong:
        mean = (there * means).sum(0) / (there.sum(0) + prior).clamp(min=1e-6)
    if "not_divided" in wrong:
        mean = (precisions * means).sum(0)
    if "multiplied" in wrong:
        mean = (precisions * means).sum(0) * total
    if "mean_without_prior" in wrong:
        mean = (precisions * means).sum(0) / precisions.sum(0).clamp(min=1e-6)
    spread = total if "precision" in wrong else 1 / total
    spread = spread.log() if "logarithm" in wrong else spread
    return torch.stack([mean, spread.sqrt() if "deviation" in wrong else spread])


def product_cases() -> list[Case]:
    def case(present: list[list[bool]], seed: int) -> Case:
        size = (len(present), len(present[0]))
        variances = (random_tensor(*size, seed=seed + 1) / 2).exp()
        there = torch.tensor(present)
        return Case(means=random_tensor(*size, seed=seed), variances=variances, present=there)

    return [
        case([[True], [True]], seed=0),
        case([[True, False, True], [True, True, False]], seed=10),
        case([[True, True], [False, True], [True, True]], seed=20),
    ]


def surer_than_the_prior(case: Case, output: Tensor) -> bool:
    """Say whether no variance exceeds the prior's."""
    return output.shape != (2, case["means"].shape[1]) or bool((output[1] <= 1 + 1e-5).all())


PRODUCT = Implement(
    id="autoencoders.product",
    title="A product of experts",
    difficulty=3,
    minutes=20,
    hints=(
        "Work with precisions, 1/σ². They add up. The prior is an expert, too: what are its mean "
        "and its precision?",
        "1/σ² = 1 + Σ_i 1/σ_i² and μ = σ² Σ_i μ_i/σ_i², over the experts who are there.",
        "means, variances, present (expert, pair). Precisions (expert, pair), 0 where nobody is "
        "there; summed over the experts, plus the prior's: (pair,). Both results: (2, pair).",
        "precisions = present / ...\ntotal = 1 + precisions.sum(dim=...)\n"
        "mean = (... * means).sum(dim=...) / ...\nreturn torch.stack([mean, 1 / ...])",
    ),
    reference=product,
    cases=product_cases,
    mistakes=(
        Mistake(
            "no_prior",
            "The prior has no say in your product. How sure is N(0, 1), as a precision?",
            "prior",
        ),
        Mistake(
            "absent_too",
            "Experts who are not there have a say in your product. Which precision says nothing?",
        ),
        Mistake(
            "variances",
            "Whoever is *unsure* counts most in your version. What is a precision?",
            "weigh",
        ),
        Mistake(
            "deviations",
            "Your precisions are 1/σ. Which power does a precision have?",
            "weigh",
        ),
        Mistake(
            "plain_mean",
            "Your mean is a plain mean: the sure and the unsure count the same. What should each "
            "mean be weighed with?",
            "weigh mean",
        ),
        Mistake(
            "not_divided",
            "Your mean is a weighted *sum*. What do the weights add up to?",
            "mean",
        ),
        Mistake(
            "squares",
            "Your precisions are 1/σ⁴. `variances` already holds squares: what is 1/σ²?",
            "weigh",
        ),
        Mistake(
            "prior_each",
            "The prior has a say once for every expert in your product. How often is it there?",
            "prior",
        ),
        Mistake(
            "multiplied",
            "Your mean is multiplied by the precisions' sum. A weighted mean is *divided* by what "
            "its weights add up to.",
            "mean",
        ),
        Mistake(
            "logarithm",
            "Your second row is the logarithm of the variance. What is asked for is the variance.",
            "second",
        ),
        Mistake(
            "mean_without_prior",
            "The prior has its say in your variance and not in your mean: it pulls the mean "
            "towards 0. By which sum of precisions is the mean divided?",
            "mean prior",
        ),
        Mistake(
            "precision",
            "Your second row is the precision of the product. What is asked for?",
            "second",
        ),
        Mistake(
            "deviation",
            "Your second row is the standard deviation. What is asked for is the variance.",
            "second",
        ),
    ),
    properties=(
        Property(
            "Nobody becomes less sure by hearing more: the prior's variance is 1, and yours "
            "exceeds it somewhere.",
            surer_than_the_prior,
        ),
    ),
)
