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
from mmtutor.checks.gans.shared import LOGARITHMS, OVERFLOWS, either, pays


def inspector(real: Tensor, drawn: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: `−E[ln σ(real)] − E[ln(1 − σ(drawn))]`."""
    one, two = pays(-real, wrong), pays(drawn, wrong)
    ways: dict[str, Callable[[], Tensor]] = {
        "labels": lambda: pays(real, wrong).mean() + pays(-drawn, wrong).mean(),
        "value": lambda: -one.mean() - two.mean(),
        "real_only": lambda: one.mean(),
        "drawn_only": lambda: two.mean(),
        "both_real": lambda: one.mean() + pays(-drawn, wrong).mean(),
        "both_drawn": lambda: pays(real, wrong).mean() + two.mean(),
        "half": lambda: (one.mean() + two.mean()) / 2,
        "sums": lambda: one.sum() + two.sum(),
        "real_sum": lambda: one.sum() + two.mean(),
        "drawn_sum": lambda: one.mean() + two.sum(),
        "by_real": lambda: (one.sum() + two.sum()) / len(one),
        "pooled": lambda: torch.cat([one, two]).mean(),
        "pooled_twice": lambda: 2 * torch.cat([one, two]).mean(),
        "mean_score": lambda: pays(-real.mean(), wrong) + pays(drawn.mean(), wrong),
        "twice": lambda: F.softplus(-real.sigmoid()).mean() + F.softplus(drawn.sigmoid()).mean(),
        "no_logarithm": lambda: 1 - real.sigmoid().mean() + drawn.sigmoid().mean(),
        "value_no_logarithm": lambda: -real.sigmoid().mean() - (1 - drawn.sigmoid()).mean(),
        "margin": lambda: F.relu(1 - real).mean() + F.relu(1 + drawn).mean(),
        "outside": lambda: -real.sigmoid().mean().log() - (-drawn).sigmoid().mean().log(),
        "minus": lambda: one.mean() - two.mean(),
        "one_outside": lambda: one.mean() - (1 + pays(-drawn, wrong)).mean(),
        "drawn_praised": lambda: one.mean() - pays(-drawn, wrong).mean(),
        "smoothed": lambda: 0.9 * one.mean() + 0.1 * pays(real, wrong).mean() + two.mean(),
        "critic": lambda: drawn.mean() - real.mean(),
        "critic_climbs": lambda: real.mean() - drawn.mean(),
        "squares": lambda: (1 - real.sigmoid()).square().mean() + drawn.sigmoid().square().mean(),
        "score_squares": lambda: (1 - real).square().mean() + drawn.square().mean(),
        "bits": lambda: (one.mean() + two.mean()) / math.log(2),
        "decimal": lambda: (one.mean() + two.mean()) / math.log(10),
        "probabilities": lambda: -real.log().mean() - (1 - drawn).log().mean(),
        "worst": lambda: one.max() + two.max(),
        "first": lambda: one[0] + two[0],
        "median": lambda: one.median() + two.median(),
        "real_median": lambda: one.median() + two.mean(),
        "cut": lambda: one[: len(two)].mean() + two[: len(one)].mean(),
        "counts": lambda: one.sum() / len(two) + two.sum() / len(one),
        "relativistic": lambda: pays(drawn.mean() - real.mean(), wrong),
        "all_differences": lambda: pays(drawn - real[:, None], wrong).mean(),
        "labels_and_sums": lambda: pays(real, wrong).sum() + pays(-drawn, wrong).sum(),
        "root_mean_square": lambda: one.square().mean().sqrt() + two.square().mean().sqrt(),
        "drawn_double": lambda: one.mean() + 2 * two.mean(),
        "real_double": lambda: 2 * one.mean() + two.mean(),
        "all_pairs": lambda: (one[:, None] + two).sum(),
        "product": lambda: one.mean() * two.mean(),
    }
    return either(ways, wrong, one.mean() + two.mean())


def inspector_cases() -> list[Case]:
    def case(real: int, drawn: int, seed: int) -> Case:
        scores = random_tensor(real, seed=seed) + 1, random_tensor(drawn, seed=seed + 1) - 0.5
        return Case(real=scores[0], drawn=scores[1])

    far = Case(real=torch.tensor([-100.0, 0.2]), drawn=torch.tensor([100.0, -100.0, 0.3]))
    return [
        case(2, 3, seed=0),
        case(5, 3, seed=10),
        case(4, 6, seed=20),
        case(1, 2, seed=30),
        case(3, 1, seed=40),
        far,
    ]


def a_loss_is_positive(case: Case, output: Tensor) -> bool:
    """Say whether the cross-entropy is above 0."""
    return not bool((output <= 0).any())


def mistakes_cost_their_score(case: Case, output: Tensor) -> bool:
    """Say whether the loss is at least what the sure mistakes alone cost: ln(1 + eˣ) ≥ x."""
    least = F.relu(-case["real"]).mean() + F.relu(case["drawn"]).mean()
    far = bool(case["real"].min() < -50)
    return output.numel() != 1 or not far or not bool(output.sum() < least - 1e-3)


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
            "both_drawn",
            "Real and drawn pairs pay the same way: an inspector that calls everything drawn "
            "would be perfect. What should a real pair with a low score pay?",
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
            "real_sum",
            "Real scores are summed and drawn ones averaged in your version. What does E[ ] stand "
            "for, in both terms?",
            "all",
        ),
        Mistake(
            "drawn_sum",
            "Drawn scores are summed and real ones averaged in your version. What does E[ ] stand "
            "for, in both terms?",
            "all",
        ),
        Mistake(
            "by_real",
            "You divide both sums by the number of *real* scores. There need not be as many drawn "
            "ones: which mean is whose?",
            "all",
        ),
        Mistake(
            "pooled_twice",
            "You take twice the mean over all scores together: right only where there are as many "
            "real ones as drawn ones. Each group has a mean of its own.",
            "all",
        ),
        Mistake(
            "mean_score",
            "You take the mean of the scores first, and then one logarithm. Which comes first in "
            "E[ln σ(s)]?",
            "all stable",
        ),
        Mistake(
            "value_no_logarithm",
            "You subtract probabilities. Where are the logarithms?",
            "all stable",
        ),
        Mistake(
            "one_outside",
            "You take 1 − ln σ(s) for drawn pairs. Where does the 1 stand in ln(1 − σ(s))?",
            "all",
        ),
        Mistake(
            "drawn_praised",
            "Drawn pairs are rewarded for *low* probabilities without end: you have ln σ(s) with "
            "a plus. Which logarithm do drawn pairs have, and which sign?",
            "all",
        ),
        Mistake(
            "smoothed",
            "You smooth the labels of real pairs, 0.9 for 1. That is a trick of its own; the "
            "formula has none.",
            "all",
        ),
        Mistake(
            "critic_climbs",
            "That is the difference of the mean scores, and its sign is turned, too. Where are "
            "the logarithms of σ(s)?",
            "all stable",
        ),
        Mistake(
            "twice",
            "Your scores go through a sigmoid twice. What do `F.softplus` and "
            "`binary_cross_entropy_with_logits` expect: scores, or probabilities?",
            "all stable",
        ),
        Mistake(
            "no_logarithm",
            "You add up probabilities. Where are the logarithms?",
            "all stable",
        ),
        Mistake(
            "margin",
            "That is the hinge loss. Which one does this exercise ask for?",
            "all stable",
        ),
        Mistake(
            "outside",
            "You take the logarithms of the means. Which comes first, the logarithm or the mean?",
            "all stable",
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
            "all stable",
        ),
        Mistake(
            "squares",
            "You take squared errors of the probabilities. The formula has logarithms.",
            "all stable",
        ),
        Mistake(
            "score_squares",
            "You take squared errors of the scores, as the least-squares GAN does. Which loss does "
            "this exercise ask for?",
            "all stable",
        ),
        *LOGARITHMS,
        Mistake(
            "worst",
            "Only the worst score of each group counts in your version. What does E[ ] stand for?",
            "all",
        ),
        Mistake(
            "first",
            "Only the first score of each group counts in your version. Does a loop return too "
            "early?",
            "all",
        ),
        Mistake(
            "median", "You take the median of each group. What does E[ ] stand for?", "all stable"
        ),
        Mistake(
            "real_median",
            "You take the median of the real scores, and the mean of the drawn ones. What does "
            "E[ ] stand for, in both terms?",
            "all stable",
        ),
        Mistake(
            "cut",
            "You cut the longer group to the length of the shorter one. There need not be as "
            "many real scores as drawn ones: each group has a mean of its own.",
            "all",
        ),
        Mistake(
            "counts",
            "You divide the sum over real scores by the number of drawn ones, and the other "
            "way round. Which number belongs to which mean?",
            "all",
        ),
        Mistake(
            "relativistic",
            "You put the *difference* of the two mean scores through one logarithm, as a "
            "relativistic GAN does. Each score has a logarithm of its own here, and each group "
            "a mean.",
            "all stable",
        ),
        Mistake(
            "all_differences",
            "You compare each drawn score with each real one, as a relativistic GAN does. Here "
            "each score is judged alone.",
            "all stable",
        ),
        Mistake(
            "labels_and_sums",
            "Your labels are swapped, and you take sums. Who is class 1, and what does E[ ] "
            "stand for?",
            "all",
        ),
        Mistake(
            "root_mean_square",
            "You take the root of the mean *square* of what each score costs. What does E[ ] "
            "stand for?",
            "all",
        ),
        Mistake(
            "drawn_double",
            "Drawn pairs count twice in your version. Which factor has the second term?",
            "all",
        ),
        Mistake(
            "real_double",
            "Real pairs count twice in your version. Which factor has the first term?",
            "all",
        ),
        Mistake(
            "all_pairs",
            "You add up over every pair of a real and a drawn score. Each group has a mean of "
            "its own, and the two are added.",
            "all",
        ),
        Mistake("product", "You multiply the two terms. How does the formula join them?", "all"),
        *OVERFLOWS,
    ),
    properties=(
        Property("A cross-entropy is positive; yours is not.", a_loss_is_positive),
        Property(
            "ln(1 + eˣ) is never below x, so the sure mistakes alone, a real pair at −100 and a "
            "drawn one at 100, cost more than your loss. Does something limit or bend the scores "
            "or their probabilities, or are some left out?",
            mistakes_cost_their_score,
        ),
    ),
)
