"""KL to the standard normal. Traps: ln σ² taken for σ or σ², the signs, the other direction."""

import math

import torch
import torch.nn.functional as F
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
from mmtutor.checks.engine.properties import agree


def kl(mean: Tensor, log_variance: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: `(μ² + σ² − 1 − ln σ²) / 2`, for each dimension."""
    if "other_way" in wrong:
        return ((mean.square() + 1) / log_variance.exp() - 1 + log_variance) / 2
    if "library" in wrong:
        return F.kl_div(mean, log_variance, reduction="none")
    if "arguments" in wrong:
        return (log_variance.square() + mean.exp() - 1 - mean) / 2
    logarithm, variance = spread_of(log_variance, wrong)
    square, one = square_of(mean, wrong), one_of(wrong)
    inside = square + variance - one - logarithm
    if "times" in wrong:
        inside = square * variance - one - logarithm
    result = halved(square, variance, one, logarithm, wrong) if "no_half" not in wrong else inside
    result = inside / 2 if "times" in wrong else result
    result = -result if "sign" in wrong else result
    return result.sum(1) if "summed" in wrong else result


def square_of(mean: Tensor, wrong: Wrong) -> Tensor:
    """Return μ², or what people write for it."""
    ways = {
        "plain_mean": mean,
        "size": mean.abs(),
        "no_mean": torch.zeros_like(mean),
        "prior_at_one": (mean - 1).square(),
        "doubled_mean": 2 * mean,
    }
    found = next((way for name, way in ways.items() if name in wrong), None)
    return mean.square() if found is None else found


def one_of(wrong: Wrong) -> float:
    """Return the 1 that is subtracted."""
    return 0.0 if "no_one" in wrong else -1.0 if "plus_one" in wrong else 1.0


def halved(square: Tensor, variance: Tensor, one: float, logarithm: Tensor, wrong: Wrong) -> Tensor:
    """Return half of the bracket, or of a part of it only."""
    if "half_of_mean" in wrong:
        return square / 2 + variance - one - logarithm
    if "half_of_two" in wrong:
        return (square + variance) / 2 - one - logarithm
    if "half_of_logarithm" in wrong:
        return square + variance - one - logarithm / 2
    return (square + variance - one - logarithm) / 2


def spread_of(log_variance: Tensor, wrong: Wrong) -> tuple[Tensor, Tensor]:
    """Return ln σ² and σ² from what the encoder says, or from what people take it for."""
    ways = {
        "as_variance": (log_variance.log(), log_variance),
        "as_log_deviation": (2 * log_variance, (2 * log_variance).exp()),
        "deviation": (log_variance, (log_variance / 2).exp()),
        "fourth": (log_variance, (2 * log_variance).exp()),
        "doubled_logarithm": (2 * log_variance, log_variance.exp()),
        "precision": (log_variance, (-log_variance).exp()),
        "minus_logarithm": (-log_variance, log_variance.exp()),
        "no_logarithm": (torch.zeros_like(log_variance), log_variance.exp()),
        "no_variance": (log_variance, torch.zeros_like(log_variance)),
        "halved_twice": (log_variance / 2, (log_variance / 2).exp()),
        "log_deviation": (log_variance / 2, log_variance.exp()),
        "squared_logarithm": (log_variance, log_variance.square()),
        "exchanged": (log_variance.exp(), log_variance),
        "never_undone": (log_variance, log_variance),
        "size_of_logarithm": (log_variance.abs().log(), log_variance.abs()),
        "base_two": (log_variance / math.log(2), log_variance.exp()),
        "base_ten": (log_variance / math.log(10), log_variance.exp()),
        "power_of_ten": (log_variance, 10**log_variance),
        "power_of_two": (log_variance, 2**log_variance),
        "clamped": (log_variance.clamp(-10, 10), log_variance.clamp(-10, 10).exp()),
        "clamped_variance": (log_variance, log_variance.clamp(-10, 10).exp()),
    }
    found = next((way for name, way in ways.items() if name in wrong), None)
    return (log_variance, log_variance.exp()) if found is None else found


def kl_cases() -> list[Case]:
    def case(*size: int, seed: int) -> Case:
        log_variance = random_tensor(*size, seed=seed + 1)
        return Case(mean=random_tensor(*size, seed=seed) + 0.3, log_variance=log_variance)

    far = case(5, 3, seed=30)
    far["mean"] = 20 * far["mean"]
    far["log_variance"] = torch.tensor([-50.0, -17.0, -12.0, 0.0, 0.01, 11.0, 21.0]).repeat(3)[:15]
    far["log_variance"] = far["log_variance"].view(5, 3)
    mirrored = case(2, 4, seed=40)
    mirrored["mean"][1] = -mirrored["mean"][0]
    mirrored["log_variance"][1] = mirrored["log_variance"][0]
    prior = Case(mean=torch.zeros(2, 3), log_variance=torch.zeros(2, 3))
    near = Case(mean=torch.tensor([[0.1], [0.0]]), log_variance=torch.tensor([[0.0], [0.2]]))
    return [
        case(1, 2, seed=0),
        case(3, 4, seed=10),
        case(2, 3, seed=20),
        prior,
        mirrored,
        near,
        far,
    ]


def never_negative(case: Case, output: Tensor) -> bool:
    """Say whether the divergence is nowhere below 0."""
    return bool((output >= -1e-5).all())


def the_prior_costs_nothing(case: Case, output: Tensor) -> bool:
    """Say whether a Gaussian that is the prior costs 0."""
    is_prior = (case["mean"] == 0) & (case["log_variance"] == 0)
    return output.shape != is_prior.shape or bool((output[is_prior].abs() < 1e-5).all())


def both_sides_cost_the_same(case: Case, output: Tensor) -> bool:
    """Say whether means μ and −μ, of one variance, are equally far from the prior."""
    mean, spread = case["mean"], case["log_variance"]
    if output.shape != mean.shape or len(mean) != 2 or not torch.equal(mean[0], -mean[1]):
        return True
    return not torch.equal(spread[0], spread[1]) or agree(output[0], output[1])


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
            "You take `log_variance` for ln σ. It is ln σ²: what is σ, then? (`Normal` asks for "
            "σ.)",
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
            "library",
            "That looks like `F.kl_div`, which compares two lists of probabilities. Here each "
            "number stands for a Gaussian: where are the four terms of the formula?",
            "one spread mean sign half sum",
        ),
        Mistake(
            "doubled_logarithm",
            "Your last term counts twice. Is there a 2 too many, or a ½ that does not reach it?",
            "spread half one",
        ),
        Mistake(
            "precision",
            "You have 1/σ² where the formula has σ². Which sign has the exponent?",
            "spread",
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
        Mistake(
            "no_variance",
            "The term σ² itself is missing: a Gaussian as wide as you like would cost less and "
            "less.",
            "spread half",
        ),
        Mistake(
            "halved_twice",
            "You have σ and ln σ where the formula has σ² and ln σ². The half stands in front of "
            "the bracket already.",
            "spread",
        ),
        Mistake(
            "log_deviation",
            "Your last term is ln σ, half of ln σ². Is there a half too many?",
            "spread half",
        ),
        Mistake(
            "squared_logarithm",
            "You square `log_variance`. What undoes a logarithm?",
            "spread",
        ),
        Mistake(
            "exchanged",
            "Two terms have changed places: where the formula has σ² you have ln σ², and the "
            "other way round.",
            "spread",
        ),
        Mistake(
            "never_undone",
            "You take `log_variance` for σ² *and* for ln σ², so that it cancels. Which of the two "
            "is it?",
            "spread",
        ),
        Mistake(
            "size_of_logarithm",
            "You take the size of `log_variance` for the variance. A variance below 1 has a "
            "negative logarithm: what undoes it?",
            "spread",
        ),
        Mistake(
            "base_two",
            "Your ln σ² is a logarithm to base 2. `log_variance` is a natural one already.",
            "spread",
        ),
        Mistake(
            "base_ten",
            "Your ln σ² is a logarithm to base 10. `log_variance` is a natural one already.",
            "spread",
        ),
        Mistake(
            "power_of_ten",
            "You undo the logarithm with 10 to the power. Which base has ln?",
            "spread",
        ),
        Mistake(
            "power_of_two",
            "You undo the logarithm with 2 to the power. Which base has ln?",
            "spread",
        ),
        Mistake(
            "clamped",
            "You keep `log_variance` between two bounds. The card says that any number will do.",
            "spread",
        ),
        Mistake(
            "clamped_variance",
            "You keep `log_variance` between two bounds before you undo the logarithm. The card "
            "says that any number will do.",
            "spread",
        ),
        Mistake(
            "no_mean",
            "Your μ has no say: two Gaussians of the same width cost the same, wherever they "
            "stand.",
            "mean half",
        ),
        Mistake(
            "prior_at_one",
            "You measure from 1. Where is the mean of N(0, 1)?",
            "mean",
        ),
        Mistake(
            "doubled_mean",
            "You double μ where the formula squares it.",
            "mean half",
        ),
        Mistake(
            "times",
            "You multiply μ² with σ². In the formula the two are added.",
            "spread mean one half",
        ),
        Mistake(
            "half_of_mean",
            "The ½ stands before μ² only. How far does the bracket go?",
            "half",
        ),
        Mistake(
            "half_of_two",
            "The ½ stands before μ² + σ² only. How far does the bracket go?",
            "half",
        ),
        Mistake(
            "half_of_logarithm",
            "The ½ stands before ln σ² only. How far does the bracket go?",
            "half spread",
        ),
        Mistake(
            "arguments",
            "The two arguments have changed places: you square `log_variance`, and take `mean` "
            "for the logarithm.",
            "one spread mean half sign sum",
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
            "A Gaussian that is the prior itself, μ = 0 and ln σ² = 0, costs nothing; yours costs "
            "something.",
            the_prior_costs_nothing,
        ),
        Property(
            "N(μ, σ²) and N(−μ, σ²) are equally far from the prior; in your version they are not.",
            both_sides_cost_the_same,
        ),
        Property(
            "A divergence is never negative; yours is somewhere.",
            never_negative,
        ),
    ),
)
