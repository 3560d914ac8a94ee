"""A joint autoencoder's loss. Traps: means for sums, swapped λ, a penalty without square."""

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
    a, b = error(first, drawn_first, wrong), error(second, drawn_second, wrong)
    a = a / first.shape[1] if "averaged_first" in wrong else a
    b = b / second.shape[1] if "averaged_second" in wrong else b
    if "side_by_side" in wrong:
        a, b = (each / (first.shape[1] + second.shape[1]) for each in (a, b))
    left, right = lambdas(weights, wrong)
    size = omega(code, penalty, wrong)
    if "errors_over_pairs" in wrong:
        return (left * a + right * b).sum() + size.mean()
    if "penalty_on_errors" in wrong:
        left, right = penalty * left, penalty * right
    each = left * a + right * b + (-size if "minus_omega" in wrong else size)
    return each.sum() if "over_pairs" in wrong else each.mean()


def error(side: Tensor, drawn: Tensor, wrong: Wrong) -> Tensor:
    """Return the error of each pair, in one of the ways that people measure it."""
    difference = side - drawn
    if "squares_first" in wrong:
        return side.square().sum(1) - drawn.square().sum(1)
    if "signed" in wrong:
        return difference.sum(1)
    if "pairs_for_numbers" in wrong:
        return difference.square().sum(0).mean().expand(len(side))
    if "absolute" in wrong:
        return difference.abs().sum(1)
    if "root" in wrong:
        return difference.norm(dim=1)
    if "sum_first" in wrong:
        return difference.sum(1).square()
    if "cubes" in wrong:
        return difference.abs().pow(3).sum(1)
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
        "rooted_weights": (left**0.5, right**0.5),
        "first_weight": (left, left),
        "second_weight": (right, right),
        "shares": (left / (left + right), right / (left + right)),
        "divided": (1 / left, 1 / right),
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
        "code_summed": penalty * code.sum(1).square(),
        "pairs_for_numbers": penalty * code.square().sum(0).mean().expand(len(code)),
        "sizes": penalty * code.abs().sum(1),
        "whole_batch": penalty * code.square().sum().expand(len(code)),
        "mean_code": penalty * code.mean(0).square().sum().expand(len(code)),
        "penalty_squared": penalty**2 * code.square().sum(1),
        "divided_omega": code.square().sum(1) / penalty,
        "omega_half": penalty * code.square().sum(1) / 2,
        "largest": penalty * code.square().amax(1),
    }
    found = next((way for name, way in ways.items() if name in wrong), None)
    return penalty * code.square().sum(1) if found is None else found


def joint_cases() -> list[Case]:
    def case(
        pairs: int,
        sizes: tuple,
        weights: tuple,
        penalty: float,
        seed: int,
        off: float = 1.0,
        width: int = 3,
    ) -> Case:
        first, second = (random_tensor(pairs, n, seed=seed + n) for n in sizes)
        miss = [random_tensor(pairs, n, seed=seed + 50 + n) for n in sizes]
        drawn = [x + off * error for x, error in zip((first, second), miss, strict=True)]
        code = random_tensor(pairs, width, seed=seed + 99)
        both = {"first": first, "drawn_first": drawn[0], "second": second, "drawn_second": drawn[1]}
        return Case(**both, code=code, weights=weights, penalty=penalty)

    return [
        case(1, (2, 3), (2.0, 5.0), 0.3, seed=0),
        case(3, (4, 2), (1.5, 4.0), 0.1, seed=100),
        case(2, (5, 3), (3.0, 0.5), 0.7, seed=200),
        case(2, (3, 2), (2.0, 3.0), 0.4, seed=300, off=0.0),
        case(4, (1, 6), (0.2, 7.0), 25.0, seed=400, off=30.0, width=5),
        case(5, (7, 1), (6.0, 0.3), 0.004, seed=500, off=0.01, width=1),
        spread_out(case(4, (3, 5), (2.0, 0.125), 1.125, seed=600, width=2)),
        spread_out(case(3, (2, 4), (30.0, 0.7), 0.0005, seed=700, off=0.0)),
    ]


def spread_out(case: Case) -> Case:
    """Return a case with numbers far from 0, and some that are 0."""
    for name in ("first", "drawn_first", "second", "drawn_second", "code"):
        case[name] = 40 * case[name]
        case[name][0, 0] = case[name][2, 1] = 0.0
        case[name][1] = case[name][0]
    return case


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
    gradient=True,
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
            "averaged_first",
            "Only the first side's error is averaged over its numbers. Do the double bars with the "
            "square sum or average?",
            "error lambda",
        ),
        Mistake(
            "averaged_second",
            "Only the second side's error is averaged over its numbers. Do the double bars with "
            "the square sum or average?",
            "error lambda",
        ),
        Mistake(
            "side_by_side",
            "Your errors are averaged over the numbers of both sides together, as one `mse_loss` "
            "of both side by side would be. What do the double bars with the square ask for?",
            "error",
        ),
        Mistake(
            "pairs_for_numbers",
            "It looks as if you had added up over the pairs and averaged over the numbers "
            "(`dim=0`?). The formula has it the other way round.",
            "error omega pairs",
        ),
        Mistake(
            "signed",
            "Your differences are added up without a square: a side drawn too bright everywhere "
            "would be rewarded. Which power stands at the double bars?",
            "error",
        ),
        Mistake(
            "squares_first",
            "You square each side and its drawing, and subtract then. Which comes first between "
            "the double bars?",
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
            "Your errors count half. Is there a ½, or a mean over the two sides, that nobody asked "
            "for?",
            "lambda",
        ),
        Mistake(
            "squared_weights",
            "Your λ are squared. Only what stands between the bars is.",
            "lambda",
        ),
        Mistake(
            "rooted_weights",
            "Your λ are the roots of those that were handed over. That is right *inside* the "
            "bars; where do yours stand?",
            "lambda",
        ),
        Mistake(
            "first_weight",
            "Both sides pay λ_1 in your version. What does the second side pay?",
            "lambda",
        ),
        Mistake(
            "second_weight",
            "Both sides pay λ_2 in your version. What does the first side pay?",
            "lambda",
        ),
        Mistake(
            "shares",
            "You divide the errors by λ_1 + λ_2, a weighted mean. The formula has a weighted "
            "*sum*.",
            "lambda",
        ),
        Mistake(
            "divided",
            "Your errors are divided by the λ. Should a side that matters more cost more or less?",
            "lambda",
        ),
        Mistake(
            "penalty_on_errors",
            "`penalty` stands in front of your errors, too. To which term of L does it belong?",
            "lambda omega",
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
            "code_summed",
            "Your Ω adds the numbers of a code up before it squares: 3 and −3 would cost nothing. "
            "Which comes first?",
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
            "mean_code",
            "Your Ω is the size of the *mean* code: codes far out on both sides of zero would "
            "cost nothing. Which comes first, the square or the mean over the pairs?",
            "omega",
        ),
        Mistake(
            "penalty_squared",
            "Your `penalty` is squared. Which of the two factors of Ω is?",
            "omega",
        ),
        Mistake(
            "divided_omega",
            "Your Ω is divided by `penalty`: the higher the penalty, the less a code costs.",
            "omega",
        ),
        Mistake(
            "omega_half",
            "Your Ω counts half. Does the formula of Ω have a ½?",
            "omega",
        ),
        Mistake(
            "largest",
            "Your Ω looks at the largest number of each code only. What does the norm do with the "
            "others?",
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
            "cubes",
            "Your errors are third powers. Which power stands at the double bars?",
            "error",
        ),
        Mistake(
            "errors_over_pairs",
            "Your errors are summed over the pairs and Ω is averaged over them. The mean is taken "
            "of "
            "all of L, at the end.",
            "pairs omega",
        ),
        Mistake(
            "over_pairs",
            "Your loss is a sum over the pairs: it doubles when the batch does. What does the "
            "exercise ask for instead?",
            "pairs",
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
