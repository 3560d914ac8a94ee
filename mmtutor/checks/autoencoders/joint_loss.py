"""The exercises of lesson 10, autoencoders."""

from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mmtutor.checks.engine.exercise import (
    Case,
    FindTheBug,
    Implement,
    Measure,
    Mistake,
    Predict,
    Property,
    Wrong,
    random_tensor,
)
from mmtutor.datasets.letters import Letters, load_letters, split_by_pair

RIGHT: Wrong = frozenset()

# ------------------------------------------------------------------ the joint loss


def joint_loss(
    first: Tensor,
    drawn_first: Tensor,
    second: Tensor,
    drawn_second: Tensor,
    code: Tensor,
    weights: tuple[float, float],
    penalty: float,
    wrong: Wrong = RIGHT,
) -> Tensor:
    """Reference: `λ_1 ‖x_1 − x̂_1‖² + λ_2 ‖x_2 − x̂_2‖² + penalty ‖z‖²`, averaged over pairs."""
    a, b = error(first - drawn_first, wrong), error(second - drawn_second, wrong)
    left, right = lambdas(weights, wrong)
    size = omega(code, penalty, wrong)
    each = left * a + right * b + (-size if "minus_omega" in wrong else size)
    return each.sum() if "over_pairs" in wrong else each.mean()


def error(difference: Tensor, wrong: Wrong) -> Tensor:
    """Return the error of each pair, in one of the ways that people measure it."""
    if "absolute" in wrong:
        return difference.abs().sum(1)
    if "root" in wrong:
        return difference.norm(dim=1)
    if "sum_first" in wrong:
        return difference.sum(1).square()
    squares = difference.square()
    return squares.mean(1) if "averaged" in wrong else squares.sum(1)


def lambdas(weights: tuple[float, float], wrong: Wrong) -> tuple[float, float]:
    """Return what each side's error costs."""
    left, right = weights
    ways = {
        "swapped": (right, left),
        "unweighted": (1.0, 1.0),
        "first_only": (left, 0.0),
        "second_only": (0.0, right),
        "half": (left / 2, right / 2),
        "squared_weights": (left**2, right**2),
    }
    return next((way for name, way in ways.items() if name in wrong), weights)


def omega(code: Tensor, penalty: float, wrong: Wrong) -> Tensor:
    """Return what the size of each code costs."""
    ways = {
        "no_omega": code.new_zeros(len(code)),
        "free_omega": code.square().sum(1),
        "norm": penalty * code.norm(dim=1),
        "mean_square": penalty * code.square().mean(1),
        "plus_code": penalty * code.sum(1),
        "sizes": penalty * code.abs().sum(1),
        "whole_batch": penalty * code.square().sum().expand(len(code)),
    }
    found = next((way for name, way in ways.items() if name in wrong), None)
    return penalty * code.square().sum(1) if found is None else found


def joint_cases() -> list[Case]:
    def case(
        pairs: int, sizes: tuple, weights: tuple, penalty: float, seed: int, off: float = 1.0
    ) -> Case:
        first, second = (random_tensor(pairs, n, seed=seed + n) for n in sizes)
        miss = [random_tensor(pairs, n, seed=seed + 50 + n) for n in sizes]
        drawn = [x + off * error for x, error in zip((first, second), miss, strict=True)]
        code = random_tensor(pairs, 3, seed=seed + 99)
        both = {"first": first, "drawn_first": drawn[0], "second": second, "drawn_second": drawn[1]}
        return Case(**both, code=code, weights=weights, penalty=penalty)

    return [
        case(1, (2, 3), (2.0, 5.0), 0.3, seed=0),
        case(3, (4, 2), (1.5, 4.0), 0.1, seed=100),
        case(2, (5, 3), (3.0, 0.5), 0.7, seed=200),
        case(2, (3, 2), (2.0, 3.0), 0.4, seed=300, off=0.0),
    ]


def only_omega_is_left(case: Case, output: Tensor) -> bool:
    """Say whether a pair that was drawn perfectly costs the size of its code, and nothing else."""
    if not torch.equal(case["first"], case["drawn_first"]):
        return True
    size = (case["penalty"] * case["code"].square().sum(dim=1)).mean()
    return output.numel() != 1 or torch.isclose(output.sum().to(size), size, rtol=1e-3).item()


JOINT = Implement(
    id="autoencoders.joint_loss",
    title="The loss of a joint autoencoder",
    difficulty=1,
    minutes=10,
    hints=(
        "Three terms for each pair: how badly the first side was drawn, how badly the second, and "
        "how large the code is. Then the mean over the pairs.",
        "L = λ_1 Σ_i (x_1i − x̂_1i)² + λ_2 Σ_i (x_2i − x̂_2i)² + penalty · Σ_i z_i², averaged over "
        "the batch.",
        "(pair, n) − (pair, n), squared, summed along dim=1: (pair,). Three such rows, weighed and "
        "added: (pair,). Its mean: ().",
        "one = (first - drawn_first)....sum(dim=...)\ntwo = ...\nsize = ...\n"
        "return (weights[0] * one + ... + penalty * size).mean()",
    ),
    reference=joint_loss,
    cases=joint_cases,
    mistakes=(
        Mistake(
            "averaged",
            "Your errors are averaged over the numbers of a side, so a picture of 1,024 pixels "
            "counts as little as a caption. What do the double bars with the square ask for?",
            "error",
        ),
        Mistake(
            "absolute",
            "Your errors are absolute values. What stands at the upper right of the double bars?",
            "error",
        ),
        Mistake(
            "root",
            "Your errors are lengths, with a root. The formula has the *squared* length: which "
            "step is one too many?",
            "error",
        ),
        Mistake(
            "swapped",
            "The first side pays λ_2 and the second λ_1 in your version. Which of the weights "
            "comes first?",
            "lambda",
        ),
        Mistake(
            "unweighted",
            "Both sides cost the same in your version. Which argument has no say?",
            "lambda",
        ),
        Mistake(
            "first_only",
            "Only the first side's error reaches your loss. Who would ever learn to draw the "
            "second?",
            "lambda",
        ),
        Mistake(
            "second_only",
            "Only the second side's error reaches your loss. Who would ever learn to draw the "
            "first?",
            "lambda",
        ),
        Mistake(
            "half",
            "Your errors count half. Is there a mean over the two sides that nobody asked for?",
            "lambda",
        ),
        Mistake(
            "squared_weights",
            "Your λ are squared. Only what stands between the bars is.",
            "lambda",
        ),
        Mistake(
            "no_omega",
            "The size of the codes costs nothing in your version. What is Ω?",
            "omega",
        ),
        Mistake(
            "free_omega",
            "Ω is there, but at full price. Which argument says how much it costs?",
            "omega",
        ),
        Mistake(
            "norm",
            "Your Ω is the length of the code, with a root. Which power does the formula have?",
            "omega",
        ),
        Mistake(
            "mean_square",
            "Your Ω averages over the numbers of a code. Do the double bars sum or average?",
            "omega",
        ),
        Mistake(
            "plus_code",
            "Your Ω adds up the numbers of the code, signs and all: a code far below zero would be "
            "rewarded. What is missing?",
            "omega",
        ),
        Mistake(
            "sizes",
            "Your Ω adds up absolute values. Which power does the formula have?",
            "omega",
        ),
        Mistake(
            "whole_batch",
            "Your Ω is that of all codes of the batch together, while the errors are averaged over "
            "the pairs. Along which axis should a code be summed?",
            "omega",
        ),
        Mistake(
            "minus_omega",
            "Your Ω is subtracted, so that large codes are rewarded.",
            "omega",
        ),
        Mistake(
            "sum_first",
            "You add the differences up before you square: a pixel that is too dark makes up for "
            "one that is too light. Which comes first?",
            "error",
        ),
        Mistake(
            "over_pairs",
            "Your loss is a sum over the pairs: it doubles when the batch does. What does the "
            "exercise ask for instead?",
        ),
    ),
    properties=(
        Property(
            "Where both sides are drawn perfectly, only Ω = penalty · ‖z‖² should be left, as a "
            "mean over the pairs; yours is something else.",
            only_omega_is_left,
        ),
    ),
)

# ------------------------------------------------------------------ hiding a side


def hide(draw: Tensor, share: float, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: 1 where a side is present, 0 where it is hidden; a column for each."""
    first, second = draw >= share, draw < 1 - share
    ways = {
        "inverted": (~first, ~second),
        "both_lost": (first, first),
        "swapped": (second, first),
        "total": (draw >= share / 2, draw < 1 - share / 2),
        "first_only": (first, torch.ones_like(first)),
        "second_only": (torch.ones_like(first), second),
        "whole_batch": tuple(x[:1].expand_as(x) for x in (first, second)),
        "fair": (draw >= 0.5, draw < 0.5),
        "opposite": (first, ~first),
        "opposite_second": (second, ~second),
        "above": (draw > share, second),
        "up_to": (first, draw <= 1 - share),
    }
    found = next((way for name, way in ways.items() if name in wrong), (first, second))
    there = torch.stack(found, dim=0 if "rows" in wrong else 1).float()
    return there / (1 - share) if "rescaled" in wrong else there


def hide_cases() -> list[Case]:
    def case(draw: list[float], share: float) -> Case:
        return Case(draw=torch.tensor(draw), share=share)

    return [
        case([0.05, 0.95, 0.5], 0.2),
        case([0.3, 0.9, 0.02, 0.99, 0.6, 0.15, 0.45], 0.25),
        case([0.75, 0.1, 0.35, 0.65, 0.2], 0.3),
        case([0.55, 0.04, 0.25, 0.97, 0.75, 0.11, 0.88], 0.25),
    ]


def there_or_not(case: Case, output: Tensor) -> bool:
    """Say whether every number is 1 or 0."""
    return bool(((output == 0) | (output == 1)).all())


def nobody_loses_both(case: Case, output: Tensor) -> bool:
    """Say whether every pair has a side left."""
    return output.shape != (len(case["draw"]), 2) or bool(output.bool().any(1).all())


HIDE = Implement(
    id="autoencoders.hide",
    title="Modality dropout",
    difficulty=2,
    minutes=10,
    differentiable=False,
    hints=(
        "Think of the draws as points on a line from 0 to 1. The lowest part of the line loses the "
        "first side, the highest part the second. Can a point lie in both?",
        "present_1 = (u ≥ share), present_2 = (u < 1 − share).",
        "draw (pair,) → two rows of True and False (pair,), as columns: (pair, 2). Then "
        "`.float()` makes 1 and 0 of them.",
        "first = draw >= ...\nsecond = draw < ...\n"
        "return torch.stack([first, second], dim=...).float()",
    ),
    reference=hide,
    cases=hide_cases,
    mistakes=(
        Mistake(
            "inverted",
            "Your 1 and 0 are the other way round. What does a 1 mean here?",
            "who",
        ),
        Mistake(
            "both_lost",
            "Whoever loses the first side loses the second, too, and the encoder sees nothing at "
            "all. From which end of the line should the second side's share be taken?",
            "who",
        ),
        Mistake(
            "swapped",
            "Your columns have changed places. Which side do the lowest draws lose?",
            "who",
        ),
        Mistake(
            "total",
            "Only half of the share is lost on each side. Is `share` meant for each side, or for "
            "both together?",
            "who",
        ),
        Mistake("first_only", "The second side is never hidden in your version.", "who"),
        Mistake("second_only", "The first side is never hidden in your version.", "who"),
        Mistake(
            "whole_batch",
            "All pairs lose the same side: the first draw decides for the whole batch. How many "
            "draws are there, and for whom?",
            "who",
        ),
        Mistake(
            "fair",
            "Each pair loses one side in your version, whatever the share is. Where does `share` "
            "come in?",
            "who",
        ),
        Mistake(
            "opposite",
            "Your second side is there exactly where the first is hidden, so no pair keeps both. "
            "Which share of the line should keep both?",
            "who",
        ),
        Mistake(
            "opposite_second",
            "Your columns are opposites, so no pair keeps both sides. Which share of the line "
            "should keep both?",
            "who",
        ),
        Mistake(
            "above",
            "A draw that is exactly `share` loses its first side in your version. Which sign "
            "stands in the first line, ≥ or >?",
            "who",
        ),
        Mistake(
            "up_to",
            "A draw that is exactly 1 − `share` keeps its second side in your version. Which sign "
            "stands in the second line, < or ≤?",
            "who",
        ),
        Mistake(
            "rescaled",
            "You make up for what is hidden by scaling what is left, as `nn.Dropout` does. Here "
            "the result only says who is there: what should a 1 be?",
        ),
        Mistake(
            "rows",
            "Your result lies on its side: a row for each side instead of a column.",
        ),
    ),
    properties=(
        Property(
            "Some pair loses both sides in your version, and has nothing to be drawn from.",
            nobody_loses_both,
        ),
        Property("A side is there (1) or it is not (0). Yours has other numbers.", there_or_not),
    ),
)

# ------------------------------------------------------------------ the KL term


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

# ------------------------------------------------------------------ a product of experts


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

# ------------------------------------------------------------------ find the bugs: a VAE


def vae_loss(
    pictures: Tensor,
    weight: Tensor,
    mean: Tensor,
    log_variance: Tensor,
    noise: Tensor,
    beta: float,
    wrong: Wrong = RIGHT,
) -> Tensor:
    """Reference: `E[½ ‖x − z W‖² + β Σ KL]`, with `z = μ + σ ε`."""
    deviation = (log_variance if "as_log_deviation" in wrong else log_variance / 2).exp()
    deviation = torch.ones_like(mean) if "unit" in wrong else deviation
    deviation = log_variance if "as_deviation" in wrong else deviation
    deviation = log_variance.exp() / 2 if "half_outside" in wrong else deviation
    code = mean - deviation * noise if "minus_noise" in wrong else mean + deviation * noise
    squares = (pictures - (mean if "no_sample" in wrong else code) @ weight).square()
    drawn = (squares.mean(1) if "averaged" in wrong else squares.sum(1)) / 2
    drawn = 2 * drawn if "no_half" in wrong else drawn
    terms = (mean.square() + log_variance.exp() - 1 - log_variance) / 2
    far = terms.mean(1) if "kl_averaged" in wrong else terms.sum(1)
    far = -far if "kl_sign" in wrong else far
    far = 2 * far if "kl_no_half" in wrong else far
    weighed = beta * drawn + far if "beta_on_picture" in wrong else drawn + beta * far
    return weighed.sum() if "over_pictures" in wrong else weighed.mean()


def vae_cases() -> list[Case]:
    def case(pairs: int, pixels: int, code: int, beta: float, seed: int) -> Case:
        numbers = [(pairs, pixels), (code, pixels), *[(pairs, code)] * 3]
        names = ("pictures", "weight", "mean", "log_variance", "noise")
        sizes = dict(zip(names, numbers, strict=True))
        made = {
            name: random_tensor(*size, seed=seed + place)
            for place, (name, size) in enumerate(sizes.items())
        }
        return Case(**made, beta=beta)

    return [
        case(1, 2, 3, 2.0, seed=0),
        case(3, 4, 2, 0.5, seed=10),
        case(4, 5, 3, 3.0, seed=20),
    ]


BUGS = FindTheBug(
    id="autoencoders.find_bugs",
    title="Find the bugs: a variational autoencoder",
    difficulty=3,
    minutes=20,
    given=frozenset({"averaged", "as_log_deviation", "kl_averaged"}),
    hints=(
        "There are three mistakes. Ask of each line: does it sum or average, and over what? And "
        "what exactly does the encoder return: σ, σ², or a logarithm of one of them?",
        "z = μ + σ ε; L = ½ Σ_pixels (x − z W)² + β Σ_dimensions ½ (μ² + σ² − 1 − ln σ²), averaged "
        "over the pictures.",
        "log_variance = ln σ² (picture, code), so σ = e to the power of half of it. squares "
        "(picture, pixel), summed along dim=1: (picture,). KL (picture, code), summed: (picture,).",
        "deviation = (log_variance / ...).exp()\ncode = mean + ...\n"
        "drawn = (pictures - code @ weight).square()....(dim=1) / 2\n"
        "far = (...)....(dim=1) / 2\nreturn (drawn + ...).mean()",
    ),
    reference=vae_loss,
    cases=vae_cases,
    mistakes=(
        Mistake(
            "averaged",
            "The error is averaged over the pixels, so with 1,024 of them β weighs a thousand "
            "times more than it says. What does the formula do over the pixels?",
            "picture",
        ),
        Mistake(
            "no_half",
            "Your error of the picture is twice too large. Which factor does the formula have?",
        ),
        Mistake(
            "as_log_deviation",
            "The noise is multiplied with σ² in place of σ. Of what is `log_variance` the "
            "logarithm?",
            "sample",
        ),
        Mistake(
            "unit",
            "The noise has the size 1, whatever the encoder says. Where does σ come in?",
            "sample",
        ),
        Mistake(
            "as_deviation",
            "The noise is multiplied with `log_variance` itself. What undoes a logarithm?",
            "sample",
        ),
        Mistake(
            "half_outside",
            "The noise is multiplied with σ²/2. The half belongs into the exponent: σ is the root "
            "of σ².",
            "sample",
        ),
        Mistake(
            "no_sample",
            "You draw from μ, without noise: then σ costs KL and is good for nothing.",
            "sample",
        ),
        Mistake(
            "minus_noise",
            "Your noise is subtracted. By chance that would do no harm, but here the noise is "
            "given: z = μ + σ ε.",
            "sample",
        ),
        Mistake(
            "kl_averaged",
            "KL is averaged over the dimensions of the code. Those of independent dimensions add "
            "up.",
            "far",
        ),
        Mistake(
            "kl_no_half",
            "Your KL is twice too large. Which factor stands in front of its bracket?",
        ),
        Mistake(
            "kl_sign",
            "Your KL is subtracted: the further from the prior, the better. Which way should it "
            "push?",
            "far",
        ),
        Mistake(
            "beta_on_picture",
            "β weighs the picture's error in your version. Which term belongs to β?",
            "picture far",
        ),
        Mistake(
            "over_pictures",
            "Your loss is a sum over the pictures. The formula is averaged over them.",
        ),
    ),
)

# ------------------------------------------------------------------ what does β weigh?

PIXELS = 1024

BETA = Predict(
    id="autoencoders.beta",
    title="What does β weigh?",
    difficulty=2,
    minutes=5,
    hints=(
        "Write both losses down, one under the other. By which factor do their first terms differ? "
        "Multiply the whole second loss by it: minimising is not changed by a factor.",
        "mean = sum / n. L_mean = E/n + β KL = (E + n β KL)/n.",
        "Two numbers: the factor of the KL term in the bracket above, for β = 1; then the β that "
        "brings it back to 1.",
        "[n * ..., 1 / ...]",
    ),
    truth=lambda: [float(PIXELS), 1 / PIXELS],
    mistakes=(
        Mistake(
            "swapped",
            "You have both numbers, the other way round. Does averaging make the first term small "
            "or large, compared with KL?",
            value=lambda: [1 / PIXELS, float(PIXELS)],
        ),
        Mistake(
            "root",
            "Your numbers are 32 and 1/32: that is the picture's side. How many pixels are summed?",
            value=lambda: [32.0, 1 / 32],
        ),
        Mistake(
            "same",
            "You say that nothing changes. A mean over n numbers is what part of their sum?",
            value=lambda: [1.0, 1.0],
        ),
        Mistake(
            "small_twice",
            "The second is right. Your friend's first term is small, and β = 1 stands beside it: "
            "does that make β count for more, or for less?",
            value=lambda: [1 / PIXELS, 1 / PIXELS],
        ),
        Mistake(
            "same_twice",
            "Your second number makes it worse: what must 1024 · β be, to be 1?",
            value=lambda: [float(PIXELS), float(PIXELS)],
        ),
        Mistake(
            "square",
            "You have divided twice. Only the first term is averaged, and only once.",
            value=lambda: [float(PIXELS) ** 2, 1 / PIXELS**2],
        ),
        Mistake(
            "half",
            "You have a ½ before one of the two errors. Here neither loss has one.",
            value=lambda: [PIXELS / 2, 2 / PIXELS],
        ),
        Mistake(
            "spread",
            "You have divided one of the two errors by 2 s². Here neither loss has an s.",
            value=lambda: [8.0 * PIXELS, 1 / (8 * PIXELS)],
        ),
        Mistake(
            "rounded",
            "Your second number is rounded too far: three digits are asked for, not three "
            "decimals. What is 1/1024 to three digits?",
            value=lambda: [float(PIXELS), 0.001],
        ),
        Mistake(
            "one",
            "The first is right. Your friend took β = 1 and was not happy with it: which β makes "
            "1024 · β equal to 1?",
            value=lambda: [float(PIXELS), 1.0],
        ),
    ),
)

# ------------------------------------------------------------------ what does λ_2 buy?


@cache
def pairs_of_letters() -> tuple[Letters, Letters]:
    """Return the lesson's letters: those to learn from, and those kept back."""
    every = load_letters()
    known, kept = (every.select(part) for part in split_by_pair(every))
    return known, kept


@cache
def errors_at(weight: float, of: str = "kept", learnt: str = "known") -> tuple[float, float]:
    """Return picture's and caption's error of the best linear code, for a weight of the caption."""
    from sklearn.decomposition import PCA  # imported late: it takes a second

    sets = dict(zip(("known", "kept"), pairs_of_letters(), strict=True))
    linear = PCA(CODE, svd_solver="full").fit(side_by_side(sets[learnt], weight))
    both = side_by_side(sets[of], weight)
    again = linear.inverse_transform(linear.transform(both))
    squares = torch.tensor(again - both).square()
    picture, caption = squares[:, :PIXELS].sum(dim=1), squares[:, PIXELS:].sum(dim=1)
    return picture.mean().item(), caption.mean().item() / weight


def side_by_side(letters: Letters, weight: float) -> NDArray[np.float32]:
    """Return pictures and captions as rows, the captions times the root of their weight."""
    return torch.cat([letters.pixels, weight**0.5 * letters.words], dim=1).numpy()


CODE, LIGHT, HEAVY = 32, 1.0, 16.0
WORDS = 59


def at_both(**how: str) -> list[float]:
    """Return what somebody reports who measures in this way."""
    return [*errors_at(LIGHT, **how), *errors_at(HEAVY, **how)]


def scaled(*factors: float) -> list[float]:
    """Return the right numbers, each times a factor."""
    return [number * factor for number, factor in zip(at_both(), factors, strict=True)]


WEIGHT = Measure(
    id="autoencoders.weight",
    title="What does λ_2 buy?",
    difficulty=2,
    minutes=15,
    hints=(
        "A squared error of the caption that costs λ_2 times as much is the squared error of a "
        "caption that is how many times as long?",
        "rows = (x_1, √λ_2 · x_2). The first 32 principal components of the training rows make "
        "Σ ‖x_1 − x̂_1‖² + λ_2 ‖x_2 − x̂_2‖² over them as small as 32 numbers can.",
        "rows (pair, 1024 + 59) → 32 numbers each → rows again. Squared differences: the first "
        "1,024 columns summed, the other 59 summed and divided by λ_2. Means over the pairs.",
        "def errors(weight):\n    linear = PCA(32).fit(rows(train, ...))\n"
        "    both = rows(test, ...)\n"
        "    off = torch.tensor(linear.inverse_transform(...) - both).square()\n"
        "    return off[:, :1024].sum(dim=1).mean(), off[:, 1024:]....mean() / ...",
    ),
    truth=at_both,
    tolerance=0.02,
    mistakes=(
        Mistake(
            "not_divided",
            "Your last number is the error of the *longer* caption. How much longer is it, and "
            "what does that do to a square?",
            value=lambda: scaled(1.0, 1.0, 1.0, HEAVY),
        ),
        Mistake(
            "divided_by_root",
            "Your last number is divided by the factor before the caption. What is divided is a "
            "*squared* error.",
            value=lambda: scaled(1.0, 1.0, 1.0, HEAVY**0.5),
        ),
        Mistake(
            "no_root",
            "You have multiplied the caption with λ_2 itself, so that its squared error costs λ_2 "
            "squared.",
            value=lambda: [*errors_at(LIGHT), *errors_at(HEAVY**2)],
        ),
        Mistake(
            "no_root_not_divided",
            "You have multiplied the caption with λ_2 itself, so that its squared error costs λ_2 "
            "squared; and your last number is the error of the longer caption.",
            value=lambda: [
                *errors_at(LIGHT),
                errors_at(HEAVY**2)[0],
                errors_at(HEAVY**2)[1] * HEAVY**2,
            ],
        ),
        Mistake(
            "inverse",
            "You have made the caption *shorter*. Should it cost more or less than before?",
            value=lambda: [*errors_at(LIGHT), *errors_at(1 / HEAVY)],
        ),
        Mistake(
            "training",
            "These are the errors on the pairs that the code was fitted to. The pairs asked for "
            "are those that were kept back.",
            value=lambda: at_both(of="known"),
        ),
        Mistake(
            "fitted_to_test",
            "You have fitted the components to the pairs that you measure on. To which should they "
            "be fitted?",
            value=lambda: at_both(learnt="kept"),
        ),
        Mistake(
            "averaged",
            "Your errors are averaged over pixels and words. What do the double bars with the "
            "square ask for?",
            value=lambda: scaled(1 / PIXELS, 1 / WORDS, 1 / PIXELS, 1 / WORDS),
        ),
        Mistake(
            "same",
            "Your last two numbers are the first two. Where does λ_2 come in?",
            value=lambda: [*errors_at(LIGHT), *errors_at(LIGHT)],
        ),
        Mistake(
            "heavy_first",
            "You have all four, the heavy caption first. In which order are they asked for?",
            value=lambda: [*errors_at(HEAVY), *errors_at(LIGHT)],
        ),
        Mistake(
            "caption_first",
            "You have all four, but the caption's error before the picture's.",
            value=lambda: [*errors_at(LIGHT)[::-1], *errors_at(HEAVY)[::-1]],
        ),
        Mistake(
            "by_side",
            "You have all four, sorted by side. The order is: both errors at λ_2 = 1, then both at "
            "λ_2 = 16.",
            value=lambda: [at_both()[place] for place in (0, 2, 1, 3)],
        ),
    ),
    properties=(
        Property(
            "What costs more is drawn better: your caption's error should be smaller at λ_2 = 16 "
            "than at 1.",
            lambda case, answer: bool(answer.flatten()[3] < answer.flatten()[1]),
        ),
        Property(
            "The code has 32 numbers for both sides: what the caption gains, the picture loses. "
            "Your picture's error should be larger at λ_2 = 16.",
            lambda case, answer: bool(answer.flatten()[2] > answer.flatten()[0]),
        ),
    ),
)

EXERCISES = (JOINT, HIDE, KL, PRODUCT, BUGS, BETA, WEIGHT)
