"""Weights that are learnt from uncertainty. Traps: σ or σ², the halves, the sign.

Kendall et al., 2018, arXiv:1705.07115: equation 7 for regression, equation 10 for classes.
"""

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


def uncertainty_loss(
    losses: Tensor, log_variances: Tensor, regression: Tensor, wrong: Wrong = RIGHT
) -> Tensor:
    """Reference: each loss by its precision, and half the logarithm of its variance."""
    s = log_variances[:1].expand_as(log_variances) if "first_for_all" in wrong else log_variances
    fitted = losses * precision(s, wrong) * halves(losses, regression, wrong)
    ways: dict[str, Callable[[], Tensor]] = {
        "log_sigma": lambda: fitted + s,
        "full_s": lambda: fitted + s,
        "s_subtracted": lambda: fitted - s / 2,
        "s_forgotten": lambda: fitted,
        "variance_added": lambda: fitted + s.exp() / 2,
        "sigma_added": lambda: fitted + (s / 2).exp(),
        "never_negative": lambda: fitted + s.exp().log1p() / 2,
        "absolute_s": lambda: fitted + s.abs() / 2,
        "s_clamped": lambda: fitted + s.clamp(min=0) / 2,
        "squared_s": lambda: fitted + s.square() / 2,
        "s_of_regression": lambda: fitted + torch.where(regression, s / 2, s),
        "s_of_classes": lambda: fitted + torch.where(regression, s, s / 2),
        "quarter_s": lambda: fitted + s / 4,
        "s_multiplied": lambda: fitted * s / 2,
        "s_is_variance": lambda: fitted + (s.abs() + 1e-8).log() / 2,
        "logarithm_again": lambda: fitted + s.abs().clamp(min=1e-3).log() / 2,
        "s_weighed": lambda: fitted + s.neg().exp() * s / 2,
    }
    found = either(ways, wrong, lambda: fitted + s / 2)
    ends: dict[str, Callable[[], Tensor]] = {
        "mean": lambda: found.mean(),
        "task_by_task": lambda: found,
        "first_only": lambda: found[0],
        "clamped": lambda: found.clamp(min=0).sum(),
        "total_clamped": lambda: found.sum().clamp(min=0),
        "total_absolute": lambda: found.sum().abs(),
        "negated": lambda: -found.sum(),
    }
    return either(ends, wrong, lambda: found.sum())


def precision(s: Tensor, wrong: Wrong) -> Tensor:
    """Return by what a loss is multiplied, up to the half of regression."""
    ways: dict[str, Callable[[], Tensor]] = {
        "log_sigma": lambda: (-2 * s).exp(),
        "squared_weight": lambda: (-2 * s).exp(),
        "by_sigma": lambda: (-s / 2).exp(),
        "weight_turned": lambda: s.exp(),
        "divided_by_s": lambda: 1 / s,
        "s_is_variance": lambda: 1 / (s.abs() + 1e-8),
        "times_s": lambda: s,
        "no_weight": lambda: torch.ones_like(s),
        "softmax": lambda: (-s).softmax(0),
        "one_plus": lambda: 1 / (1 + s.exp()),
        "divided_by_square": lambda: 1 / s.square(),
        "base_two": lambda: torch.pow(2.0, -s),
    }
    return either(ways, wrong, lambda: (-s).exp())


def halves(losses: Tensor, regression: Tensor, wrong: Wrong) -> Tensor:
    """Return 1/2 for a regression and 1 for classes, or what people take for it."""
    half, one = torch.full_like(losses, 0.5), torch.ones_like(losses)
    ways: dict[str, Callable[[], Tensor]] = {
        "no_half": lambda: one,
        "half_for_all": lambda: half,
        "half_exchanged": lambda: torch.where(regression, one, half),
        "doubled": lambda: torch.where(regression, one, 2 * one),
        "regression_only": lambda: half * regression,
        "classes_only": lambda: one * ~regression,
        "classes_doubled": lambda: torch.where(regression, half, 2 * one),
        "quarter": lambda: torch.where(regression, half / 2, one),
    }
    return either(ways, wrong, lambda: torch.where(regression, half, one))


def uncertainty_cases() -> list[Case]:
    def case(regression: str, seed: int, low: float = 0.05, size: float = 1.0) -> Case:
        tasks = len(regression)
        return Case(
            losses=random_tensor(tasks, seed=seed).square() + low,
            log_variances=size * random_tensor(tasks, seed=seed + 1),
            regression=torch.tensor([task == "r" for task in regression]),
        )

    loud = case("rcc", 650)
    loud["losses"][:] = torch.tensor([1e-13, 30.0, 0.0])
    loud["log_variances"][:] = torch.tensor([-30.0, 0.0, 23.0])
    negative = case("cr", 660)
    negative["losses"][:] = torch.tensor([-0.7, -22.0])
    small = case("crc", 670, 0.0, 0.002)
    small["losses"] *= 0.002
    sure = case("rc", 680, 0.001)
    sure["losses"][:] = torch.tensor([0.02, 0.05])
    sure["log_variances"][:] = torch.tensor([-3.0, -2.0])
    return [
        case("rc", 600),
        case("crr", 610),
        case("ccrc", 620, 1.0),
        case("r", 630),
        case("c", 635),
        case("rrrrr", 640),
        case("cccccc", 645),
        loud,
        negative,
        small,
        sure,
    ]


def right(case: Case) -> Tensor:
    """Return the right total."""
    return uncertainty_loss(*case.values())


def of_kind(regression: bool, case: Case, output: Tensor) -> bool:
    """Say whether the total is right where all tasks are of one kind."""
    other = bool((case["regression"] != regression).any())
    return other or agree(output, right(case))


def may_be_negative(case: Case, output: Tensor) -> bool:
    """Say whether it is negative where the right one is, clearly."""
    return bool(right(case) > -0.3) or bool((output < 0).all())


UNCERTAINTY = Implement(
    id="multitask.uncertainty",
    title="Weights that are learnt",
    difficulty=3,
    minutes=15,
    gradient=True,
    hints=(
        "s = ln σ². What is 1/σ² then, written with s, and what is ln σ?",
        "1/σ² = e^(−s), and ln σ = s/2. Regression: ½ e^(−s) L + s/2. Classes: e^(−s) L + s/2. The "
        "sum of all tasks.",
        "losses, log_variances and regression are (task,); `torch.where(regression, 0.5, 1.0)` is, "
        "too. The total is one number.",
        "factor = torch.where(regression, ..., 1.0)\n"
        "return (factor * torch.exp(...) * losses + ...).sum()",
    ),
    reference=uncertainty_loss,
    cases=uncertainty_cases,
    mistakes=(
        Mistake(
            "log_sigma",
            "You take s for ln σ. Here it is ln σ²: what is 1/σ² then, and what is ln σ?",
            "weight s",
        ),
        Mistake(
            "squared_weight",
            "Your weight is e^(−2s). That would be 1/σ² if s were ln σ; what is s here?",
            "weight s",
        ),
        Mistake(
            "full_s",
            "You add s. The card adds ln σ: what is that, if s is ln σ²?",
            "weight s",
        ),
        Mistake(
            "by_sigma",
            "Your weight is 1/σ. The card has 1/σ².",
            "weight",
        ),
        Mistake(
            "weight_turned",
            "Your weight *grows* with the variance. What should count less, a sure task or an "
            "unsure one?",
            "weight",
        ),
        Mistake(
            "divided_by_s",
            "You divide by s as if it were the variance. It is its logarithm.",
            "weight",
        ),
        Mistake(
            "s_is_variance",
            "You take s for σ² itself, in the weight and in the term that is added. It is the "
            "*logarithm* of σ²: what is 1/σ² then, and what is ln σ?",
            "weight s end half",
        ),
        Mistake(
            "divided_by_square",
            "You divide by s² as if s were σ. It is the logarithm of σ².",
            "weight",
        ),
        Mistake("times_s", "You multiply by s. What is 1/σ², written with s?", "weight"),
        Mistake("no_weight", "The losses are not weighted.", "weight"),
        Mistake(
            "softmax",
            "Your weights sum to 1, as a softmax's do. Each should be 1/σ² of its own task.",
            "weight",
        ),
        Mistake("one_plus", "You divide by 1 + σ². The card has 1/σ².", "weight"),
        Mistake("base_two", "Your power has the base 2. Which base has the logarithm?", "weight"),
        Mistake(
            "s_subtracted",
            "You subtract s/2. Then a huge variance costs nothing, and s grows for ever.",
            "s end",
        ),
        Mistake(
            "s_forgotten",
            "The term ln σ is missing. Then a huge variance makes every loss vanish: what stops s "
            "from growing?",
            "s",
        ),
        Mistake("variance_added", "You add σ²/2. The card adds ln σ.", "s"),
        Mistake("sigma_added", "You add σ. The card adds ln σ.", "s"),
        Mistake(
            "never_negative",
            "You add ½ ln(1 + σ²), which is never negative. People do that, but the card adds "
            "ln σ: what is wrong with a loss below 0?",
            "s",
        ),
        Mistake(
            "absolute_s",
            "You add |s|/2. May ln σ not be negative?",
            "s end",
        ),
        Mistake("s_clamped", "Where s is below 0 you add 0. May ln σ not be negative?", "s end"),
        Mistake("squared_s", "You square s before you add it.", "s"),
        Mistake(
            "s_of_regression",
            "You add s/2 for regression and s for classes. ln σ is the same for both: which part "
            "differs?",
            "s",
        ),
        Mistake(
            "s_of_classes",
            "You add s for regression and s/2 for classes. ln σ is the same for both.",
            "s",
        ),
        Mistake("quarter_s", "You add s/4: one half too many. What is ln σ?", "s"),
        Mistake("s_multiplied", "You multiply by s/2. It is to be added.", "s weight half end"),
        Mistake(
            "logarithm_again",
            "You take the logarithm of s. It is a logarithm already.",
            "s end",
        ),
        Mistake("s_weighed", "You multiply s/2 by 1/σ², too. Only the loss is weighted.", "s"),
        Mistake(
            "no_half",
            "The ½ of regression is missing. Where does it come from? A Gaussian's −ln p has "
            "(y − ŷ)² / 2σ².",
            "half",
        ),
        Mistake(
            "half_for_all",
            "Every task gets a ½. Which kind of task has it?",
            "half",
        ),
        Mistake(
            "half_exchanged",
            "The ½ stands on the classes. Which kind of task has it?",
            "half",
        ),
        Mistake(
            "doubled",
            "Both kinds of loss count twice as much as they should. Where is the ½?",
            "half",
        ),
        Mistake("regression_only", "The losses of classes are missing.", "half weight"),
        Mistake("classes_only", "The losses of regressions are missing.", "half weight"),
        Mistake(
            "classes_doubled",
            "The losses of classes count twice. Which factor has each kind?",
            "half",
        ),
        Mistake(
            "quarter",
            "The ½ of regression is there twice. Is it in the loss that you are given? No: once.",
            "half",
        ),
        Mistake("mean", "You average over the tasks. Their sum is asked for.", "end"),
        Mistake("task_by_task", "You return one number for each task. Add them up.", "end"),
        Mistake("first_only", "Only the first task is in it.", "end"),
        Mistake(
            "clamped",
            "A task below 0 counts as 0 in yours. Nothing is wrong with a negative loss: only its "
            "slope matters.",
            "end",
        ),
        Mistake(
            "total_clamped",
            "A total below 0 becomes 0, and then nothing learns any more. Nothing is wrong with a "
            "negative loss: only its slope matters.",
            "end s",
        ),
        Mistake(
            "total_absolute",
            "You take the absolute value, so training drives the total back up to 0. Nothing is "
            "wrong with a negative loss.",
            "end",
        ),
        Mistake("negated", "The sign of the whole is turned.", "end"),
        Mistake(
            "first_for_all",
            "The first task's variance serves for all.",
            "weight s end half",
        ),
    ),
    properties=(
        Property(
            "Where all tasks are sure of themselves (σ far below 1) the total is negative, which "
            "is fine: ln σ is. Yours is not. What is ln σ, written with s = ln σ²?",
            may_be_negative,
        ),
        Property(
            "You are wrong where all tasks have classes: e^(−s) L + s/2 each. Which of the two "
            "terms is off?",
            lambda case, output: of_kind(False, case, output),
        ),
        Property(
            "With classes all is right, but not with regressions. What do they have that classes "
            "do not?",
            lambda case, output: of_kind(True, case, output),
        ),
    ),
)
