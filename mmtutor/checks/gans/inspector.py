"""The inspector's loss. Traps: labels swapped, sums for means, one half only, the sign."""

import math
from collections.abc import Callable

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


def inspector(real: Tensor, drawn: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: `−E[ln σ(real)] − E[ln(1 − σ(drawn))]`."""
    one, two = F.softplus(-real), F.softplus(drawn)
    ways: dict[str, Callable[[], Tensor]] = {
        "labels": lambda: F.softplus(real).mean() + F.softplus(-drawn).mean(),
        "value": lambda: -one.mean() - two.mean(),
        "real_only": lambda: one.mean(),
        "drawn_only": lambda: two.mean(),
        "both_real": lambda: one.mean() + F.softplus(-drawn).mean(),
        "half": lambda: (one.mean() + two.mean()) / 2,
        "sums": lambda: one.sum() + two.sum(),
        "pooled": lambda: torch.cat([one, two]).mean(),
        "twice": lambda: F.softplus(-real.sigmoid()).mean() + F.softplus(drawn.sigmoid()).mean(),
        "no_logarithm": lambda: 1 - real.sigmoid().mean() + drawn.sigmoid().mean(),
        "margin": lambda: F.relu(1 - real).mean() + F.relu(1 + drawn).mean(),
        "outside": lambda: -real.sigmoid().mean().log() - (-drawn).sigmoid().mean().log(),
        "minus": lambda: one.mean() - two.mean(),
        "critic": lambda: drawn.mean() - real.mean(),
        "squares": lambda: (1 - real.sigmoid()).square().mean() + drawn.sigmoid().square().mean(),
        "score_squares": lambda: (1 - real).square().mean() + drawn.square().mean(),
        "bits": lambda: (one.mean() + two.mean()) / math.log(2),
    }
    return next((way() for name, way in ways.items() if name in wrong), one.mean() + two.mean())


def inspector_cases() -> list[Case]:
    def case(real: int, drawn: int, seed: int) -> Case:
        scores = random_tensor(real, seed=seed) + 1, random_tensor(drawn, seed=seed + 1) - 0.5
        return Case(real=scores[0], drawn=scores[1])

    return [case(2, 3, seed=0), case(5, 3, seed=10), case(4, 6, seed=20)]


def a_loss_is_positive(case: Case, output: Tensor) -> bool:
    """Say whether the cross-entropy is above 0."""
    return bool((output > 0).all())


INSPECTOR = Implement(
    id="gans.inspector",
    title="The inspector's loss",
    difficulty=1,
    minutes=10,
    gradient=True,
    hints=(
        "It is a classifier with two classes. What does a real pair pay when D says 0.9? What does "
        "a drawn one pay?",
        "L = −E[ln σ(s)] over real scores − E[ln(1 − σ(s))] over drawn ones.",
        "real (n,), drawn (m,) → one mean for each, (), added. `F.softplus(x)` is ln(1 + eˣ), and "
        "−ln σ(s) = ln(1 + e^(−s)).",
        "of_real = F.softplus(...).mean()\nof_drawn = F.softplus(...).mean()\nreturn ... + ...",
    ),
    reference=inspector,
    cases=inspector_cases,
    mistakes=(
        Mistake(
            "labels",
            "Your labels are swapped: real pairs pay for being called real. Who is class 1?",
            "all",
        ),
        Mistake(
            "value",
            "Your number is the value that the inspector wants *large*. A loss is made small: what "
            "is missing in front?",
            "all",
        ),
        Mistake("real_only", "Drawn pairs cost nothing in your version.", "all"),
        Mistake("drawn_only", "Real pairs cost nothing in your version.", "all"),
        Mistake(
            "both_real",
            "Real and drawn pairs pay the same way: an inspector that calls everything real would "
            "be perfect. What should a drawn pair with a high score pay?",
            "all",
        ),
        Mistake(
            "half",
            "Your number is half of it. The formula adds the two means.",
            "all",
        ),
        Mistake(
            "sums",
            "You add up the scores of the batch. What does E[ ] stand for?",
            "all",
        ),
        Mistake(
            "pooled",
            "You take one mean over all scores together. Each of the two groups has a mean of its "
            "own, and they are added.",
            "all",
        ),
        Mistake(
            "twice",
            "Your scores go through a sigmoid twice. What do `F.softplus` and "
            "`binary_cross_entropy_with_logits` expect: scores, or probabilities?",
            "all",
        ),
        Mistake(
            "no_logarithm",
            "You add up probabilities. Where are the logarithms?",
            "all",
        ),
        Mistake(
            "margin",
            "That is the hinge loss. Which one does this exercise ask for?",
            "all",
        ),
        Mistake(
            "outside",
            "You take the logarithms of the means. Which comes first, the logarithm or the mean?",
            "all",
        ),
        Mistake(
            "minus",
            "You subtract what drawn pairs cost: the inspector would be paid for calling them "
            "real. Both terms are costs.",
            "all",
        ),
        Mistake(
            "critic",
            "That is the difference of the mean scores, the loss of a Wasserstein critic. Where "
            "are the logarithms of σ(s)?",
            "all",
        ),
        Mistake(
            "squares",
            "You take squared errors of the probabilities. The formula has logarithms.",
            "all",
        ),
        Mistake(
            "score_squares",
            "You take squared errors of the scores, as the least-squares GAN does. Which loss does "
            "this exercise ask for?",
            "all",
        ),
        Mistake("bits", "Your logarithm has base 2. The formula has the natural one.", "all"),
    ),
    properties=(Property("A cross-entropy is positive; yours is not.", a_loss_is_positive),),
)
