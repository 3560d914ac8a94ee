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
from mmtutor.checks.engine.properties import agree


def product(means: Tensor, variances: Tensor, present: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: mean and variance (2, pair) of the experts who are there, times the prior."""
    if "one_axis_off" in wrong:
        means, variances, present = means.T, variances.T, present.T
    if "surest" in wrong:
        return surest(means, variances, present)
    there = heard(present.to(means), wrong)
    precisions = there * precision_of(variances, wrong)
    in_mean, in_variance = precisions, precisions
    if "absent_mean" in wrong:
        in_mean = precision_of(variances, wrong)
    if "absent_variance" in wrong:
        in_variance = precision_of(variances, wrong)
    if "absent_prior" in wrong:
        in_variance = torch.where(there > 0, precisions, 1.0)
    total = in_variance.sum(0) + prior_of(there, wrong)
    mean = mean_of(in_mean, means, there, variances, total, in_variance, wrong)
    spread = spread_of(there * variances, total, in_variance, wrong)
    if {"averaged", "averaged_sum"} & wrong:
        many = 1 + there.sum(0)
        mean, spread = (mean * many if "averaged_sum" in wrong else mean), spread * many
    found = torch.stack([spread, mean] if "variance_first" in wrong else [mean, spread])
    return found / there.sum(0).clamp(min=1) if "counted" in wrong else found


def surest(means: Tensor, variances: Tensor, present: Tensor) -> Tensor:
    """Return what the surest of those who are there says alone, the prior among them."""
    spread, mean = torch.ones_like(means[0]), torch.zeros_like(means[0])
    for its_mean, its_variance, there in zip(means, variances, present, strict=True):
        surer = there & (its_variance < spread)
        mean = torch.where(surer, its_mean, mean)
        spread = torch.where(surer, its_variance, spread)
    return torch.stack([mean, spread])


def heard(there: Tensor, wrong: Wrong) -> Tensor:
    """Return 1 for each expert who is heard and 0 for the others."""
    ways = {
        "absent_too": lambda: torch.ones_like(there),
        "inverted": lambda: 1 - there,
        "all_or_nobody": lambda: there.amin(0, keepdim=True).expand_as(there),
    }
    return next((way() for name, way in ways.items() if name in wrong), there)


def precision_of(variances: Tensor, wrong: Wrong) -> Tensor:
    """Return the precision of each expert, or what people take for it."""
    ways = {
        "variances": lambda: variances,
        "deviations": lambda: 1 / variances.sqrt(),
        "squares": lambda: 1 / variances.square(),
        "logarithms": lambda: (-variances).exp(),
        "equal": lambda: torch.ones_like(variances),
    }
    return next((way() for name, way in ways.items() if name in wrong), 1 / variances)


def prior_of(there: Tensor, wrong: Wrong) -> Tensor:
    """Return how sure the prior is, in each pair."""
    if "no_prior" in wrong:
        return torch.zeros_like(there[0])
    if "prior_each" in wrong:
        return torch.full_like(there[0], len(there))
    if "prior_each_present" in wrong:
        return there.sum(0)
    return torch.ones_like(there[0])


def mean_of(
    weights: Tensor,
    means: Tensor,
    there: Tensor,
    variances: Tensor,
    total: Tensor,
    precisions: Tensor,
    wrong: Wrong,
) -> Tensor:
    """Return the mean of the product, or of what people take for it."""
    met = (weights * means).sum(0)
    ways = {
        "plain_mean": lambda: (there * means).sum(0) / (there.sum(0) + 1),
        "plain_mean_of_experts": lambda: (there * means).sum(0) / there.sum(0).clamp(min=1),
        "unweighed": lambda: (there * means).sum(0) / total,
        "added_means": lambda: (there * means).sum(0),
        "not_divided": lambda: met,
        "multiplied": lambda: met * total,
        "by_variances": lambda: (
            (there * variances * means).sum(0) / (there * variances).sum(0).clamp(min=1e-6)
        ),
        "by_variances_with_prior": lambda: (
            (there * variances * means).sum(0) / (1 + (there * variances).sum(0))
        ),
        "by_deviations": lambda: (there * means / variances.sqrt()).sum(0) / total,
        "root_of_total": lambda: met / total.sqrt(),
        "mean_without_prior": lambda: met / precisions.sum(0),
        "prior_at_one": lambda: (met + 1) / total,
    }
    return next((way() for name, way in ways.items() if name in wrong), met / total)


def spread_of(variances: Tensor, total: Tensor, precisions: Tensor, wrong: Wrong) -> Tensor:
    """Return the variance of the product, or what people take for it."""
    count = (variances > 0).sum(0)
    ways = {
        "precision": lambda: total,
        "logarithm": lambda: -total.log(),
        "deviation": lambda: total.rsqrt(),
        "added_variances": lambda: 1 + variances.sum(0),
        "only_variances": lambda: variances.sum(0),
        "mean_variance": lambda: variances.sum(0) / count.clamp(min=1),
        "mean_variance_with_prior": lambda: (1 + variances.sum(0)) / (1 + count),
        "multiplied_variances": lambda: torch.where(variances > 0, variances, 1.0).prod(0),
        "spread_without_prior": lambda: 1 / precisions.sum(0),
        "squared_spread": lambda: 1 / total.square(),
    }
    return next((way() for name, way in ways.items() if name in wrong), 1 / total)


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
        case([[True, False, True, False, True]], seed=30),  # one expert, and pairs without any
        twins(
            case([[True, False], [True, True], [False, True], [False] * 2, [False, True]], seed=50)
        ),
        far_apart(
            case(
                [
                    [True, True, False],
                    [True, False, False],
                    [False, True, True],
                    [False, False, True],
                ],
                seed=40,
            )
        ),
    ]


def twins(case: Case) -> Case:
    """Return a case in which two experts say the same mean."""
    case["means"][4] = case["means"][2]
    return case


def far_apart(case: Case) -> Case:
    """Return a case whose experts are very sure and very unsure, and far from each other."""
    case["means"] = 90 * case["means"]
    case["means"][0, 0] = 0.0
    case["variances"] = torch.tensor([0.0005, 0.02, 3.0, 400.0]).repeat(3).view(3, 4).T
    return case


def the_prior_alone(case: Case, output: Tensor) -> bool:
    """Say whether pairs without any expert get the prior: mean 0, variance 1."""
    alone = ~case["present"].any(0)
    if output.shape != (2, len(alone)) or not alone.any():
        return True
    return agree(output[:, alone], torch.tensor([[0.0], [1.0]]).expand(2, int(alone.sum())))


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
            "inverted",
            "Those who are *absent* speak in your product, and those who are there are silent. "
            "What does True mean in `present`?",
            "there",
        ),
        Mistake(
            "absent_mean",
            "Absent experts still pull at your mean, though not at your variance. To which of the "
            "two sums does `present` belong?",
            "there mean",
        ),
        Mistake(
            "absent_variance",
            "Absent experts still make your variance smaller, as if they were there and said a "
            "mean of 0. To which of the two sums does `present` belong?",
            "there",
        ),
        Mistake(
            "absent_prior",
            "An absent expert counts as N(0, 1) in your product, so that the prior speaks more "
            "than once. Which precision says nothing at all?",
            "there prior weigh",
        ),
        Mistake(
            "all_or_nobody",
            "If one expert is absent, none of that pair is heard in your version. Who should be "
            "left out?",
            "there",
        ),
        Mistake(
            "prior_each_present",
            "The prior has a say once for every expert who is there. How often is it there itself?",
            "prior there",
        ),
        Mistake(
            "absent_too",
            "Experts who are not there have a say in your product. Which precision says nothing?",
            "there",
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
            "averaged",
            "You average the precisions. Are two experts who agree no surer than one? What does "
            "the formula do with 1/σ_i²?",
            "weigh mean second added prior there",
        ),
        Mistake(
            "averaged_sum",
            "You average the precisions, and your sum of weighed means is not averaged. What does "
            "the formula do with 1/σ_i²?",
            "weigh mean second added prior there",
        ),
        Mistake(
            "plain_mean",
            "Your mean is a plain mean: the sure and the unsure count the same. What should each "
            "mean be weighed with?",
            "mean",
        ),
        Mistake(
            "logarithms",
            "You undo a logarithm that is none: `variances` are variances already. What is the "
            "precision of one?",
            "weigh",
        ),
        Mistake(
            "equal",
            "Every expert's precision is 1 in your product, whatever its variance. Who should "
            "count more?",
            "weigh mean second",
        ),
        Mistake(
            "plain_mean_of_experts",
            "Your mean is a plain mean of the experts, without weights and without the prior. "
            "What should each mean be weighed with?",
            "mean",
        ),
        Mistake(
            "unweighed",
            "Your sum of means has no weights, though what you divide by has. With what does each "
            "μ_i stand in the formula?",
            "mean",
        ),
        Mistake(
            "added_means",
            "Your means are added up, without weights. With what does each μ_i stand in the "
            "formula, and what stands before the sum?",
            "mean",
        ),
        Mistake(
            "by_variances",
            "Your mean is weighed with the variances: whoever is *unsure* pulls most. With what "
            "should each mean be weighed?",
            "mean weigh",
        ),
        Mistake(
            "by_variances_with_prior",
            "Your mean is weighed with the variances, the prior's among them: whoever is *unsure* "
            "pulls most. With what should each mean be weighed?",
            "mean weigh second added",
        ),
        Mistake(
            "by_deviations",
            "In your mean each μ_i is divided by σ_i. Which power of σ_i does the formula have?",
            "mean weigh",
        ),
        Mistake(
            "surest",
            "In your version the surest speaks alone. A product lets everybody speak who is there: "
            "what adds up?",
            "order second mean weigh prior there added",
        ),
        Mistake(
            "root_of_total",
            "Your mean is multiplied with σ where the formula has σ².",
            "mean",
        ),
        Mistake(
            "prior_at_one",
            "Your prior pulls the mean towards 1. Where is the mean of N(0, 1)?",
            "mean prior",
        ),
        Mistake(
            "added_variances",
            "Your second row is 1 plus the experts' variances: you are less sure the more you "
            "hear. What is it that adds up?",
            "second added",
        ),
        Mistake(
            "only_variances",
            "Your second row is the sum of the experts' variances: you are less sure the more you "
            "hear. What is it that adds up, and who else is there?",
            "second added",
        ),
        Mistake(
            "mean_variance",
            "Your second row is the mean of the experts' variances. Are two who agree no surer "
            "than one?",
            "second added",
        ),
        Mistake(
            "mean_variance_with_prior",
            "Your second row is the mean of all variances, the prior's among them. Are two who "
            "agree no surer than one?",
            "second added",
        ),
        Mistake(
            "multiplied_variances",
            "Your second row is the product of the variances. It is the *densities* that are "
            "multiplied: what happens to the precisions?",
            "second added",
        ),
        Mistake(
            "spread_without_prior",
            "The prior has its say in your mean and not in your variance.",
            "second prior mean",
        ),
        Mistake(
            "squared_spread",
            "Your second row is σ⁴. The formula's left side is 1/σ²: how often is it to be turned "
            "over?",
            "second",
        ),
        Mistake(
            "variance_first",
            "Your rows stand in the other order. Which comes first?",
            "order",
        ),
        Mistake(
            "counted",
            "You divide by how many are there. A product of experts is no average: two who agree "
            "are surer than one.",
            "order second mean",
        ),
        Mistake(
            "one_axis_off",
            "You add up over the pairs. Along which axis do the experts of one pair lie?",
            "order second mean weigh prior there",
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
            "mean prior added",
        ),
        Mistake(
            "precision",
            "Your second row is the precision of the product. What is asked for?",
            "second weigh",
        ),
        Mistake(
            "deviation",
            "Your second row is the standard deviation. What is asked for is the variance.",
            "second",
        ),
    ),
    properties=(
        Property(
            "Where nobody is there, only the prior speaks: mean 0 and variance 1. Yours says "
            "something "
            "else.",
            the_prior_alone,
        ),
        Property(
            "Nobody becomes less sure by hearing more: the prior's variance is 1, and yours "
            "exceeds it somewhere.",
            surer_than_the_prior,
        ),
    ),
)
