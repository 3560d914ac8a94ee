"""A probe by closed form. Traps: where λ stands, the bias in the penalty, what is centred."""

from collections.abc import Callable

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
from mmtutor.checks.gpt.shared import either

Pair = tuple[Tensor, Tensor]


def ridge(features: Tensor, targets: Tensor, strength: float, wrong: Wrong = RIGHT) -> Pair:
    """Reference: centre both, solve (XᵀX + λI) W = XᵀY, and put the means into the bias."""
    x, y = features.double(), targets.double()
    if "unit_rows" in wrong:
        x = torch.nn.functional.normalize(x, dim=1)
    if {"bias_penalised", "first_free_of_ones"} & wrong:
        weight, bias = with_ones(x, y, strength, wrong)
    else:
        weight = solved(centred(x, wrong), y, strength, wrong, x)
        if {"scaled_back", "scaled_back_sample"} & wrong:
            weight = weight / deviation(x, "scaled_back_sample" in wrong)[:, None]
        bias = offset(x, y, weight, wrong)
    return weight.to(features.dtype), bias.to(features.dtype)


def with_ones(x: Tensor, y: Tensor, strength: float, wrong: Wrong) -> Pair:
    """Return what comes out if a column of ones is penalised like the others, or the first not."""
    x = torch.cat([x, torch.ones_like(x[:, :1])], dim=1)
    penalty = strength * torch.eye(x.shape[1]).double()
    if "first_free_of_ones" in wrong:
        penalty[0, 0] = 0.0
    both = torch.linalg.lstsq(x.T @ x + penalty, x.T @ y, driver="gelsd").solution
    return both[:-1], both[-1]


def deviation(x: Tensor, sample: bool = False) -> Tensor:
    """Return the deviation of each feature, 1 for one that does not vary."""
    found = x.std(0, correction=int(sample)) if len(x) > 1 else torch.zeros_like(x[0])
    return torch.where(found == 0, 1.0, found)


def centred(x: Tensor, wrong: Wrong) -> Tensor:
    """Return the features without their means, or something like it."""
    moved = x - x.mean(0)
    ways: dict[str, Callable[[], Tensor]] = {
        "not_centred": lambda: x,
        "no_bias": lambda: x,
        "centred_rows": lambda: x - x.mean(1, keepdim=True),
        "centred_all": lambda: x - x.mean(),
        "standardised": lambda: moved / deviation(x),
        "standardised_sample": lambda: moved / deviation(x, sample=True),
        "standard_weights": lambda: moved / deviation(x),
        "standard_weights_sample": lambda: moved / deviation(x, sample=True),
        "scaled_back": lambda: moved / deviation(x),
        "scaled_back_sample": lambda: moved / deviation(x, sample=True),
        "median": lambda: x - x.median(0)[0],
    }
    return either(ways, wrong, lambda: moved)


def solved(x: Tensor, y: Tensor, strength: float, wrong: Wrong, given: Tensor) -> Tensor:
    """Return the weights (feature, class); `given` are the features with their means."""
    gram, cross, one = x.T @ x, x.T @ y, torch.eye(x.shape[1]).double()
    count = len(x)
    grams: dict[str, Callable[[], Tensor]] = {
        "no_strength": lambda: gram,
        "shrunk_weights": lambda: gram,
        "on_all_entries": lambda: gram + strength,
        "on_data": lambda: strength * gram + one,
        "on_everything": lambda: strength * (gram + one),
        "one_for_strength": lambda: gram + one,
        "subtracted": lambda: gram - strength * one,
        "squared": lambda: gram + strength**2 * one,
        "rooted": lambda: gram + strength**0.5 * one,
        "times_examples": lambda: gram + count * strength * one,
        "by_examples": lambda: gram + strength / count * one,
        "doubled": lambda: gram + 2 * strength * one,
        "halved": lambda: gram + strength / 2 * one,
        "turned": lambda: gram + one / strength,
        "times_two_examples": lambda: gram + 2 * count * strength * one,
        "times_all": lambda: gram + count * y.shape[1] * strength * one,
        "times_sample": lambda: gram + max(count - 1, 1) * strength * one,
        "last_free": lambda: gram + strength * one * (torch.arange(len(one)) < len(one) - 1),
        "first_free": lambda: gram + strength * one * (torch.arange(len(one)) > 0),
        "gram_divided": lambda: gram / count + strength * one,
        "diagonal": lambda: (gram + strength * one) * one,
        "times_diagonal": lambda: gram * (1 + strength * one),
        "not_solved": lambda: one,
        "times_features": lambda: gram + x.shape[1] * strength * one,
    }
    matrix = either(grams, wrong, lambda: gram + strength * one)
    if "gram_not_centred" in wrong:
        matrix = given.T @ given + strength * one
    if "cross_not_centred" in wrong:
        cross = given.T @ y
    if "cross_divided" in wrong:
        cross = cross / count
    if "not_inverted" in wrong:
        return matrix @ cross
    weight = torch.linalg.lstsq(matrix, cross, driver="gelsd").solution
    return weight / (1 + strength) if "shrunk_weights" in wrong else weight


def offset(x: Tensor, y: Tensor, weight: Tensor, wrong: Wrong) -> Tensor:
    """Return the bias (class,)."""
    through = x.mean(0) @ weight
    ways: dict[str, Callable[[], Tensor]] = {
        "no_bias": lambda: torch.zeros_like(through),
        "zero_bias": lambda: torch.zeros_like(through),
        "mean_target": lambda: y.mean(0),
        "standardised": lambda: y.mean(0),
        "standardised_sample": lambda: y.mean(0),
        "added_mean": lambda: y.mean(0) + through,
        "through_alone": lambda: through,
        "minus_through": lambda: -through,
        "sign": lambda: through - y.mean(0),
        "shrunk": lambda: y.sum(0) / (len(y) + 1) - through,
        "one_bias": lambda: (y.mean() - through.mean()).expand_as(through),
        "all_mean": lambda: y.mean() - through,
        "first_example": lambda: y[0] - x[0] @ weight,
        "through_one_mean": lambda: y.mean(0) - x.mean() * weight.sum(0),
        "summed": lambda: y.sum(0) - x.sum(0) @ weight,
    }
    return either(ways, wrong, lambda: y.mean(0) - through)


def ridge_cases() -> list[Case]:
    def case(
        examples: int, features: int, classes: int, strength: float, seed: int, far: float = 1.5
    ) -> Case:
        """Features away from 0, each in its own scale; targets of 0 and 1."""
        scale = 0.5 + torch.arange(features) / max(features, 2)
        x = scale * random_tensor(examples, features, seed=seed)
        places = random_tensor(examples, classes, seed=seed + 2).argmax(1)
        return Case(
            features=x + far * random_tensor(features, seed=seed + 1),
            targets=torch.nn.functional.one_hot(places, classes).float(),
            strength=strength,
        )

    loud = case(6, 2, 3, 3.0, 1550)
    loud["features"].view(-1)[0], loud["features"].view(-1)[1] = 25.0, -25.0
    loud["features"].view(-1)[2] = 0.0
    loud["targets"] = random_tensor(6, 3, seed=1552)  # any numbers are targets
    loud["targets"].view(-1)[0], loud["targets"].view(-1)[1] = 28.0, -28.0
    twins = case(7, 3, 2, 0.8, 1560)
    twins["features"][1] = twins["features"][0]
    constant = case(6, 4, 2, 0.5, 1570)
    constant["features"][:, 1] = 2.0
    quiet = case(12, 3, 4, 0.0005, 1545)
    quiet["features"] = 0.01 * quiet["features"]  # so that λ has a say
    centre = case(8, 3, 4, 1.2, 1580)
    centre["features"] = centre["features"] - centre["features"].mean(0)
    return [
        case(5, 2, 3, 0.5, 1500),
        case(9, 4, 3, 2.0, 1510),
        case(4, 6, 2, 0.7, 1520),  # more features than examples
        case(7, 1, 5, 1.5, 1530),
        case(8, 3, 1, 0.3, 1535),
        case(1, 3, 2, 0.4, 1540),
        quiet,
        case(10, 3, 2, 40.0, 1548),
        loud,
        twins,
        constant,
        centre,
    ]


def right(case: Case) -> Pair:
    """Return the right weight and bias."""
    return ridge(*case.values())


def bias_is_free(case: Case, output: Pair) -> bool:
    """Say whether what is left over is 0 in the mean, as a bias that costs nothing makes it."""
    weight, bias = (part.double() for part in output)
    left = case["targets"].double() - case["features"].double() @ weight - bias
    return bool((left.mean(0).abs() < 1e-3).all())


def at_the_bottom(case: Case, output: Pair) -> bool:
    """Say whether no slope is left in the weights."""
    return agree(output[0], right(case)[0])


RIDGE = Implement(
    id="transfer.ridge",
    title="A probe without training",
    difficulty=2,
    minutes=20,
    hints=(
        "Take the mean of each feature away first. Then no bias is needed to find the weights, "
        "and it can be worked out afterwards.",
        "W = (XᵀX + λI)⁻¹ XᵀY, with X the features without their means; b = ȳ − x̄ W.",
        "XᵀX and λI are (feature, feature), XᵀY is (feature, class); "
        "torch.linalg.solve(M, N) gives M⁻¹N. x̄ is (feature,), ȳ (class,).",
        "mean = features.mean(dim=0)\nx = features - ...\n"
        "weight = torch.linalg.solve(x.T @ x + ... * torch.eye(...), x.T @ targets)\n"
        "bias = targets.mean(dim=0) - ... @ weight\nreturn weight, bias",
    ),
    reference=ridge,
    cases=ridge_cases,
    mistakes=(
        Mistake(
            "bias_penalised",
            "The bias is penalised, too (a column of ones gets its λ like any feature). The card "
            "leaves it free.",
            "gram centre bias rows",
        ),
        Mistake(
            "first_free_of_ones",
            "The *first* feature is not penalised, and the bias is. In which column do the ones "
            "stand?",
            "gram centre bias rows",
        ),
        Mistake(
            "no_bias",
            "There is no bias. Nothing forces the plane through 0: what does the card return?",
            "centre bias",
        ),
        Mistake(
            "zero_bias",
            "The weights are those with a bias, but the bias comes back as 0.",
            "bias centre",
        ),
        Mistake(
            "not_centred",
            "The weights are those without a bias, and the bias is added afterwards. Both are "
            "chosen together: whose means are to be taken away first?",
            "centre",
        ),
        Mistake(
            "gram_not_centred",
            "XᵀX is that of the features as they are given (only the targets, or XᵀY, are "
            "centred). Whose means are to be taken away first?",
            "centre gram",
        ),
        Mistake(
            "cross_not_centred",
            "XᵀX is centred, XᵀY is not.",
            "centre cross gram",
        ),
        Mistake(
            "centred_rows",
            "You take the mean of each *example* away. Along which axis do the values of one "
            "feature lie?",
            "centre rowwise",
        ),
        Mistake(
            "centred_all",
            "You take one mean of all numbers away. Each feature has its own.",
            "centre",
        ),
        Mistake("median", "You take the median away where the mean should be.", "centre"),
        Mistake(
            "standardised",
            "You divide the features by their deviations. The card takes them as they are (and "
            "whoever uses your weights has features that are neither centred nor divided).",
            "centre bias",
        ),
        Mistake(
            "standardised_sample",
            "You divide the features by their deviations (with n − 1). The card takes them as "
            "they are (and whoever uses your weights has features that are neither centred nor "
            "divided).",
            "centre bias",
        ),
        Mistake(
            "standard_weights",
            "Your weights are those for features that were divided by their deviations. The card "
            "takes features as they are.",
            "centre unscaled",
        ),
        Mistake(
            "standard_weights_sample",
            "Your weights are those for features that were divided by their deviations (with "
            "n − 1). The card takes features as they are.",
            "centre unscaled",
        ),
        Mistake(
            "scaled_back",
            "You divide the features by their deviations, and the weights again. So each feature "
            "is penalised in its own unit; the card's penalty takes weights as they are.",
            "centre bias gram",
        ),
        Mistake(
            "scaled_back_sample",
            "You divide the features by their deviations (with n − 1), and the weights again. So "
            "each feature is penalised in its own unit; the card's penalty takes weights as they "
            "are.",
            "centre bias gram",
        ),
        Mistake(
            "unit_rows",
            "You bring each example to length 1. The card takes features as they are.",
            "rows",
        ),
        Mistake("no_strength", "There is no λ: that is plain least squares.", "gram rows"),
        Mistake(
            "on_all_entries",
            "λ is added to *every* entry of XᵀX. `matrix + number` does that; on which entries "
            "does λI stand?",
            "gram centre rows",
        ),
        Mistake(
            "on_data",
            "λ multiplies the data's term, XᵀX. Which term is it to make stronger?",
            "gram",
        ),
        Mistake(
            "on_everything",
            "λ multiplies XᵀX and I together. Which term is it to make stronger?",
            "gram",
        ),
        Mistake("one_for_strength", "You add I without its λ.", "gram"),
        Mistake("subtracted", "You subtract λI: that makes the weights larger.", "gram"),
        Mistake("squared", "λ is squared.", "gram"),
        Mistake("rooted", "You take the root of λ.", "gram"),
        Mistake(
            "times_examples",
            "λ is multiplied by the number of examples: is your error a mean? The card sums the "
            "squares.",
            "gram",
        ),
        Mistake(
            "times_two_examples",
            "λ is multiplied by twice the number of examples: is your error a mean with a ½? "
            "The card sums the squares.",
            "gram",
        ),
        Mistake(
            "times_all",
            "λ is multiplied by the numbers of examples and of classes: is your error a mean "
            "over all (`mse_loss`)? The card sums the squares.",
            "gram",
        ),
        Mistake(
            "times_sample",
            "λ is multiplied by n − 1: is yours a covariance? The card sums the squares.",
            "gram",
        ),
        Mistake(
            "last_free",
            "The *last feature* is not penalised. That would be right for a column of ones at "
            "the end; have you one?",
            "gram",
        ),
        Mistake(
            "first_free",
            "The *first feature* is not penalised. That would be right for a column of ones in "
            "front; have you one?",
            "gram",
        ),
        Mistake(
            "shrunk_weights",
            "You divide the weights of plain least squares by 1 + λ. Where does λ stand on the "
            "card?",
            "gram rows",
        ),
        Mistake("by_examples", "λ is divided by the number of examples.", "gram"),
        Mistake(
            "times_features",
            "λ is multiplied by the number of features.",
            "gram",
        ),
        Mistake(
            "doubled",
            "λ is doubled: a ½ on the error and none on the penalty? The card has none.",
            "gram",
        ),
        Mistake("halved", "λ is halved. Is there a ½ on the card?", "gram"),
        Mistake(
            "turned",
            "You use 1/λ. A large λ should make the weights small.",
            "gram",
        ),
        Mistake(
            "gram_divided",
            "XᵀX is divided by the number of examples, and XᵀY is not.",
            "gram cross",
        ),
        Mistake(
            "cross_divided",
            "XᵀY is divided by the number of examples, and XᵀX is not.",
            "gram cross",
        ),
        Mistake(
            "diagonal",
            "You divide by the diagonal alone, each feature by itself. Features that go together "
            "are counted twice so: solve with the whole matrix.",
            "gram",
        ),
        Mistake(
            "times_diagonal",
            "You make the diagonal larger by the share λ. λ itself is to be added.",
            "gram centre rows",
        ),
        Mistake(
            "not_solved",
            "That is XᵀY. By which matrix is it to be divided?",
            "gram",
        ),
        Mistake(
            "not_inverted",
            "You multiply by the matrix. Its *inverse* is asked for: solve.",
            "gram cross",
        ),
        Mistake(
            "mean_target",
            "The bias is the targets' mean. What do the weights make of the features' mean?",
            "bias unscaled",
        ),
        Mistake(
            "added_mean",
            "The bias: the sign of x̄ W. What has to be left at the means?",
            "bias",
        ),
        Mistake(
            "through_alone",
            "The bias is x̄ W. From what is it to be subtracted?",
            "bias",
        ),
        Mistake(
            "minus_through",
            "The bias is −x̄ W: the targets' mean is missing.",
            "bias",
        ),
        Mistake("sign", "The bias has the wrong sign.", "bias"),
        Mistake(
            "shrunk",
            "The bias: the targets' sum is divided by one example too many.",
            "bias",
        ),
        Mistake(
            "one_bias",
            "All classes get one bias. Along which axis is the mean of one class's targets?",
            "bias",
        ),
        Mistake(
            "all_mean",
            "The targets' mean is that of all classes together. Each class has its own.",
            "bias",
        ),
        Mistake(
            "first_example",
            "The bias makes the *first example* right. Which should it make right?",
            "bias",
        ),
        Mistake(
            "through_one_mean",
            "In the bias you take one mean of all features' numbers. Each feature has its own.",
            "bias unscaled rowwise",
        ),
        Mistake("summed", "The bias is made of sums. Of means, it should be.", "bias"),
    ),
    properties=(
        Property(
            "A bias that costs nothing leaves a mean error of 0 for each class; yours does not.",
            bias_is_free,
        ),
        Property(
            "The bias fits your weights, but the weights are not the best ones. Which means are "
            "taken away first, on which entries does λ stand, is it times anything, and is it the "
            "*matrix* that is inverted, not its entries?",
            at_the_bottom,
        ),
    ),
)
