"""KL to the standard normal. Traps: ln σ² taken for σ or σ², the signs, the other direction."""

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


def kl(mean: Tensor, log_variance: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: `(μ² + σ² − 1 − ln σ²) / 2`, for each dimension."""
    if "other_way" in wrong:
        return ((mean.square() + 1) / log_variance.exp() - 1 + log_variance) / 2
    logarithm, variance = spread_of(log_variance, wrong)
    square = mean if "plain_mean" in wrong else mean.abs() if "size" in wrong else mean.square()
    one = 0.0 if "no_one" in wrong else -1.0 if "plus_one" in wrong else 1.0
    inside = square + variance - one - logarithm
    result = inside if "no_half" in wrong else inside / 2
    result = -result if "sign" in wrong else result
    return result.sum(1) if "summed" in wrong else result


def spread_of(log_variance: Tensor, wrong: Wrong) -> tuple[Tensor, Tensor]:
    """Return ln σ² and σ² from what the encoder says, or from what people take it for."""
    ways = {
        "as_variance": (log_variance.log(), log_variance),
        "as_log_deviation": (2 * log_variance, (2 * log_variance).exp()),
        "deviation": (log_variance, (log_variance / 2).exp()),
        "fourth": (log_variance, (2 * log_variance).exp()),
        "minus_logarithm": (-log_variance, log_variance.exp()),
        "no_logarithm": (torch.zeros_like(log_variance), log_variance.exp()),
    }
    found = next((way for name, way in ways.items() if name in wrong), None)
    return (log_variance, log_variance.exp()) if found is None else found


def kl_cases() -> list[Case]:
    def case(*size: int, seed: int) -> Case:
        log_variance = random_tensor(*size, seed=seed + 1)
        return Case(mean=random_tensor(*size, seed=seed) + 0.3, log_variance=log_variance)

    return [case(1, 2, seed=0), case(3, 4, seed=10), case(2, 3, seed=20)]


def never_negative(case: Case, output: Tensor) -> bool:
    """Say whether the divergence is nowhere below 0."""
    return bool((output >= -1e-5).all())


KL = Implement(
    id="autoencoders.kl",
    title="How far from the prior?",
    difficulty=2,
    minutes=15,
    hints=(
        "Four terms, half of their sum, for each dimension on its own. The encoder says ln σ²: "
        "which two of the four terms need it, and in which form?",
        "KL(N(μ, σ²) ‖ N(0, 1)) = ½ (μ² + σ² − 1 − ln σ²).",
        "mean, log_variance (pair, code) → (pair, code). log_variance = ln σ², so σ² = e to the "
        "power of log_variance.",
        "variance = log_variance....\nreturn (mean... + variance - ... - ...) / 2",
    ),
    reference=kl,
    cases=kl_cases,
    mistakes=(
        Mistake(
            "sign",
            "All signs are turned: your number is −KL. A divergence is never negative; what would "
            "training make of yours?",
            "sign",
        ),
        Mistake(
            "no_half",
            "Your number is twice too large. What stands in front of the bracket?",
            "half",
        ),
        Mistake(
            "no_one",
            "A Gaussian that *is* the prior should cost nothing: μ = 0 and σ² = 1. What does yours "
            "cost? A term is missing.",
            "one",
        ),
        Mistake(
            "as_variance",
            "You take `log_variance` for the variance itself. What undoes a logarithm?",
            "spread",
        ),
        Mistake(
            "as_log_deviation",
            "You take `log_variance` for ln σ. It is ln σ²: which 2 is one too many?",
            "spread",
        ),
        Mistake(
            "deviation",
            "One of your terms has σ where the formula has σ². Is there a half too many in an "
            "exponent?",
            "spread",
        ),
        Mistake(
            "fourth",
            "One of your terms has σ⁴ where the formula has σ². Does `log_variance.exp()` need a "
            "square?",
            "spread",
        ),
        Mistake(
            "plus_one",
            "You add the 1. A Gaussian that *is* the prior should cost nothing: what does yours "
            "cost?",
            "one",
        ),
        Mistake(
            "other_way",
            "That is KL(N(0, 1) ‖ N(μ, σ²)), of the prior from the encoder's Gaussian. Which of "
            "the two comes first here?",
            "one spread mean sign half sum",
        ),
        Mistake(
            "minus_logarithm",
            "Your ln σ² is added. Try σ² = 1000: should a larger ln σ² make the divergence larger "
            "or smaller in this term?",
            "spread",
        ),
        Mistake(
            "no_logarithm",
            "A very narrow Gaussian is far from the prior, too, and yours costs next to nothing. "
            "Which term grows when σ² goes to 0?",
            "spread",
        ),
        Mistake("plain_mean", "Your μ is not squared: a negative mean gets a reward.", "mean"),
        Mistake(
            "size",
            "You take the size of μ. Which power of it does the formula have?",
            "mean",
        ),
        Mistake(
            "summed",
            "You add up the dimensions. Here every dimension keeps its own number: (pair, code).",
            "sum",
        ),
    ),
    properties=(
        Property(
            "A divergence is never negative; yours is somewhere.",
            never_negative,
        ),
    ),
)
