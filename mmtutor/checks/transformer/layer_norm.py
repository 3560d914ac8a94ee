"""Layer norm by hand. Traps: another axis, another spread, the epsilon outside the root."""

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


def layer_norm(
    x: Tensor, gain: Tensor, bias: Tensor, epsilon: float, wrong: Wrong = RIGHT
) -> Tensor:
    """Reference: `gain (x − mean) / √(variance + ε) + bias` along the last axis."""
    axis = axes(x, wrong)
    centred = x - x.mean(axis, keepdim=True)
    variance = spread(x if "rms" in wrong else centred, axis, wrong)
    top = x if {"not_centred", "rms"} & wrong else centred
    if "not_divided" in wrong:
        return with_gain(top, gain, bias, wrong)
    return with_gain(top / divisor(variance, epsilon, wrong), gain, bias, wrong)


def axes(x: Tensor, wrong: Wrong) -> tuple[int, ...]:
    """Return the axes along which mean and variance are taken."""
    if "first_axis" in wrong:
        return (0,)
    if "positions" in wrong:
        return (-2,)
    if "last_two" in wrong:
        return (-2, -1)
    if "all_but_first" in wrong:
        return tuple(range(1, x.ndim))
    if "second_axis" in wrong:
        return (1,)
    return tuple(range(x.ndim)) if "everything" in wrong else (-1,)


def spread(x: Tensor, axis: tuple[int, ...], wrong: Wrong) -> Tensor:
    """Return the variance of numbers whose mean is 0, or what is taken for it."""
    if "summed" in wrong:
        return x.square().sum(axis, keepdim=True)
    if "absolute" in wrong:
        return x.abs().mean(axis, keepdim=True).square()
    count = torch.ones_like(x).sum(axis, keepdim=True) - float("unbiased" in wrong)
    return x.square().sum(axis, keepdim=True) / count


def divisor(variance: Tensor, epsilon: float, wrong: Wrong) -> Tensor:
    """Return what the centred numbers are divided by."""
    if "variance" in wrong:
        return variance + epsilon
    if "outside" in wrong:
        return variance.sqrt() + epsilon
    if "no_epsilon" in wrong:
        return variance.sqrt()
    if "epsilon_squared" in wrong:
        epsilon = epsilon**2
    if "at_least" in wrong:
        return variance.clamp(min=epsilon).sqrt()
    return (variance - epsilon if "epsilon_minus" in wrong else variance + epsilon).sqrt()


def with_gain(x: Tensor, gain: Tensor, bias: Tensor, wrong: Wrong) -> Tensor:
    """Stretch and shift every column."""
    if "no_gain" in wrong:
        return x + bias
    if "no_bias" in wrong:
        return x * gain
    if "plain" in wrong:
        return x
    if "swapped" in wrong:
        return x * bias + gain
    if "bias_first" in wrong:
        return (x + bias) * gain
    if "bias_minus" in wrong:
        return x * gain - bias
    return x * (1 + gain) + bias if "gain_and_one" in wrong else x * gain + bias


def layer_norm_cases() -> list[Case]:
    def case(shape: tuple[int, ...], epsilon: float, seed: int) -> Case:
        return Case(
            x=random_tensor(*shape, seed=seed),
            gain=random_tensor(shape[-1], seed=seed + 1),
            bias=random_tensor(shape[-1], seed=seed + 2),
            epsilon=epsilon,
        )

    wild = case((3, 4, 5), 30.0, 40)
    for value in (wild["x"], wild["gain"], wild["bias"]):
        value.view(-1)[0], value.view(-1)[1], value.view(-1)[2] = 0.0, 25.0, -25.0
    wild["x"][1] = wild["x"][0]
    flat = case((2, 3, 4), 0.04, 50)
    flat["x"][1, 2] = 7.0  # a row without any spread
    tiny = case((3, 6), 1e-5, 60)
    tiny["x"] /= 400  # ε is as large as the variance
    deep, thin = case((2, 3, 4, 5), 0.7, 20), case((2, 1, 1), 0.3, 80)
    plainly = [plain(one) for one in (case((2, 5, 3), 0.123, 70), wild, flat, tiny, deep, thin)]
    first = case((2, 3), 0.1, 10)
    first["gain"] = first["gain"].abs()
    return [first, *plainly, case((2, 4, 5, 3), 0.2, 90), wild, thin]


def plain(case: Case) -> Case:
    """Return a case whose gain and bias change nothing."""
    ones = torch.ones_like(case["gain"])
    return Case({**case, "gain": ones, "bias": torch.zeros_like(ones)})


def is_plain(case: Case) -> bool:
    """Say whether gain and bias change nothing."""
    return bool((case["gain"] == 1).all() and (case["bias"] == 0).all())


def is_right(case: Case, output: Tensor) -> bool:
    """Say whether the numbers are those of the formula."""
    return agree(output, layer_norm(*case.values()))


LAYER_NORM = Implement(
    id="transformer.layer_norm",
    title="Layer norm",
    difficulty=1,
    minutes=10,
    hints=(
        "Every token's vector is brought to mean 0 and spread 1 by itself, whatever the other "
        "tokens hold. So along which axis do mean and variance run, and how many are there?",
        "gain · (x − mean) / √(variance + ε) + bias. The variance is the mean of the squared "
        "deviations.",
        "x (…, width) has a mean and a variance of shape (…, 1): `keepdim=True`. gain and bias "
        "(width) broadcast over all rows.",
        "centred = x - x.mean(dim=..., keepdim=True)\n"
        "variance = (...).mean(dim=..., keepdim=True)\n"
        "return gain * centred / (...) + bias",
    ),
    reference=layer_norm,
    cases=layer_norm_cases,
    gradient=True,
    forbids=("layer_norm", "native_layer_norm"),
    mistakes=(
        Mistake(
            "first_axis",
            "Mean and variance run along the *first* axis, so a row depends on others. Which axis "
            "holds the numbers of one token?",
            "axis",
        ),
        Mistake(
            "positions",
            "Mean and variance run along the second to last axis, so over the rows. Which axis "
            "holds the numbers of one token?",
            "axis",
        ),
        Mistake(
            "last_two",
            "One mean and one variance serve a whole sequence: they run over the last *two* axes. "
            "Each token has its own: which axis holds its numbers?",
            "axis",
        ),
        Mistake(
            "second_axis",
            "Mean and variance run along axis 1. In a table that is the last axis, but with more "
            "axes it is not. How do you name the last one whatever there is before it?",
            "axis",
        ),
        Mistake(
            "all_but_first",
            "Mean and variance run over all axes but the first. In a table that is the last one "
            "alone, but with more axes it is not. Which single axis holds one token's numbers?",
            "axis",
        ),
        Mistake(
            "everything",
            "One mean and one variance serve all numbers there are. Each token has its own: which "
            "axis holds its numbers?",
            "axis",
        ),
        Mistake(
            "unbiased",
            "Your variance is divided by width − 1, as `var` and `std` do unless they are told "
            "otherwise. By what does the card divide?",
            "spread",
        ),
        Mistake(
            "variance",
            "You divide by the variance plus ε itself. What stands around it in the formula?",
            "epsilon divided",
        ),
        Mistake(
            "outside",
            "Your ε stands outside of the root. To what is it added in the formula?",
            "epsilon divided",
        ),
        Mistake(
            "no_epsilon",
            "ε is not in there. A row whose numbers are all alike has variance 0: what happens to "
            "it?",
            "epsilon divided",
        ),
        Mistake(
            "at_least",
            "ε is a lower bound of your variance. What does the formula do with the two?",
            "epsilon divided",
        ),
        Mistake("epsilon_squared", "Your ε is squared. Is it in the formula?", "epsilon divided"),
        Mistake("epsilon_minus", "You subtract ε. Which sign has the formula?", "epsilon divided"),
        Mistake(
            "summed",
            "Your variance is the *sum* of the squared deviations (a `norm` is its root). The mean "
            "of them is asked for.",
            "spread",
        ),
        Mistake(
            "absolute",
            "Your spread is the mean *absolute* deviation. What happens to each deviation in a "
            "variance?",
            "spread",
        ),
        Mistake(
            "not_divided",
            "The numbers are centred and nothing else: they keep their spread. What are they "
            "divided by?",
            "spread epsilon divided centre",
        ),
        Mistake(
            "not_centred",
            "You divide the numbers as they come. What is subtracted before?",
            "centre",
        ),
        Mistake(
            "rms",
            "No mean is subtracted, neither above the line nor in the spread: that is RMS norm, "
            "which newer models use. Here the mean goes first.",
            "centre spread",
        ),
        Mistake("no_gain", "The gain has no effect. With which sign does it come in?", "gain"),
        Mistake("no_bias", "The bias has no effect. With which sign does it come in?", "gain"),
        Mistake(
            "plain",
            "Gain and bias have no effect. They are what the layer learns: how do they come in?",
            "gain",
        ),
        Mistake(
            "swapped",
            "Gain and bias have changed places: you multiply by the bias. Which of them stretches?",
            "gain",
        ),
        Mistake(
            "bias_first",
            "The bias is added before the gain multiplies. Which comes first in the formula?",
            "gain",
        ),
        Mistake("bias_minus", "You subtract the bias. Which sign has the formula?", "gain"),
        Mistake(
            "gain_and_one",
            "You multiply by 1 + gain. Some models store it so; what does the formula say?",
            "gain",
        ),
    ),
    properties=(
        Property(
            "With gain 1 and bias 0 every row of the result should have mean 0; yours has not.",
            lambda case, y: not is_plain(case) or bool((y.mean(-1).abs() < 1e-3).all()),
        ),
        Property(
            "With gain 1 and bias 0 you are not right yet. Every row has mean 0 now; look at what "
            "you divide by: a variance of which numbers, and where does ε stand?",
            lambda case, y: not is_plain(case) or is_right(case, y),
        ),
        Property(
            "With gain 1 and bias 0 you are right. Which of the two multiplies, which is added, "
            "and "
            "when?",
            is_right,
        ),
    ),
)
