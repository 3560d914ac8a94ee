"""The forger's non-saturating loss. Traps: the minimax loss, the wrong label, the sign."""

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


def fool(drawn: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: `−E[ln σ(drawn)]`."""
    cost, praise = pays(-drawn, wrong), pays(drawn, wrong)
    ways: dict[str, Callable[[], Tensor]] = {
        "minimax": lambda: -praise.mean(),
        "caught": lambda: praise.mean(),
        "sign": lambda: -cost.mean(),
        "hinge": lambda: -drawn.mean(),
        "no_logarithm": lambda: -drawn.sigmoid().mean(),
        "missing": lambda: 1 - drawn.sigmoid().mean(),
        "sum": lambda: cost.sum(),
        "minimax_sum": lambda: -praise.sum(),
        "twice": lambda: F.softplus(-drawn.sigmoid()).mean(),
        "outside": lambda: -drawn.sigmoid().mean().log(),
        "mean_score": lambda: pays(-drawn.mean(), wrong),
        "half": lambda: cost.mean() / 2,
        "margin": lambda: F.relu(1 - drawn).mean(),
        "score_squares": lambda: (1 - drawn).square().mean(),
        "squares": lambda: (1 - drawn.sigmoid()).square().mean(),
        "both": lambda: cost.mean() + praise.mean(),
        "smoothed": lambda: 0.9 * cost.mean() + 0.1 * praise.mean(),
        "one_outside": lambda: 1 + cost.mean(),
        "size": lambda: pays(drawn.abs(), wrong).mean(),
        "bare": lambda: (-drawn).exp().mean(),
        "worst": lambda: cost.max(),
        "median": lambda: cost.median(),
        "softmax": lambda: -drawn.log_softmax(0).mean(),
        "bits": lambda: cost.mean() / math.log(2),
        "decimal": lambda: cost.mean() / math.log(10),
        "probabilities": lambda: -drawn.log().mean(),
        "sizes_of_scores": lambda: -drawn.abs().log().mean(),
        "first": lambda: cost[0],
        "first_left_out": lambda: cost[1:].mean(),
        "best": lambda: cost.min(),
        "one_fewer": lambda: cost.sum() / (len(cost) - 1),
        "size_praised": lambda: pays(-drawn.abs(), wrong).mean(),
        "cut_at_zero": lambda: pays(-F.relu(drawn), wrong).mean(),
        "low_only": lambda: cost[drawn < 0].mean(),
        "root_mean_square": lambda: cost.square().mean().sqrt(),
        "caught_sum": lambda: praise.sum(),
        "sign_sum": lambda: -cost.sum(),
        "steeper": lambda: F.softplus(-drawn, beta=2).mean(),
        "bent": lambda: pays(-drawn.tanh(), wrong).mean(),
        "softmax_sum": lambda: -drawn.log_softmax(0).sum(),
    }
    return either(ways, wrong, cost.mean())


def fool_cases() -> list[Case]:
    made = [Case(drawn=random_tensor(n, seed=seed) - 1) for n, seed in ((2, 0), (5, 10), (3, 20))]
    far = Case(drawn=torch.tensor([-100.0, 0.2, 100.0, 1.5]))
    good = Case(drawn=torch.tensor([0.3, 2.0, 0.9]))
    return [*made, Case(drawn=torch.tensor([-0.7])), good, far]


def better_scores_cost_less(case: Case, output: Tensor) -> bool:
    """Say whether the loss lies between those of its best and its worst drawing."""
    low, high = F.softplus(-case["drawn"].max()), F.softplus(-case["drawn"].min())
    apart = (output.sum() < low - 1e-5) | (output.sum() > high + 1e-5)
    return output.numel() != 1 or not bool(apart)


def mistakes_cost_their_score(case: Case, output: Tensor) -> bool:
    """Say whether the loss is at least what bad drawings alone cost: ln(1 + eˣ) ≥ x."""
    least = F.relu(-case["drawn"]).mean()
    far = bool(case["drawn"].min() < -50)
    return output.numel() != 1 or not far or not bool(output.sum() < least - 1e-3)


FOOL = Implement(
    id="gans.fool",
    title="The forger's loss that does not fall asleep",
    difficulty=1,
    minutes=10,
    gradient=True,
    hints=(
        "The forger wants its drawings to be called real. What would a *real* pair with this score "
        "pay?",
        "L = −E[ln σ(s)], the non-saturating loss.",
        "drawn (n,) → one number, (). −ln σ(s) = ln(1 + e^(−s)).",
        "return F.softplus(...).mean()",
    ),
    reference=fool,
    cases=fool_cases,
    mistakes=(
        Mistake(
            "minimax",
            "That is the minimax loss, ln(1 − D): it points the right way, and falls asleep where "
            "scores are low. Which logarithm does the non-saturating loss take?",
            "all",
        ),
        Mistake(
            "caught",
            "Your forger learns to be *caught*: it pays for high scores. Which class should its "
            "drawings be taken for?",
            "all",
        ),
        Mistake(
            "sign",
            "Your loss is negative, and the worst drawings are rewarded. Which sign stands in "
            "front of the mean?",
            "all",
        ),
        Mistake(
            "hinge",
            "That is the forger's side of the hinge loss: the score itself. Where is the "
            "logarithm?",
            "all stable",
        ),
        Mistake(
            "no_logarithm",
            "You return −D. Between D and its loss stands a logarithm.",
            "all stable",
        ),
        Mistake(
            "missing",
            "You return 1 − D. Its slope is as flat as that of minimax. Which function of D grows "
            "without end as D goes to 0?",
            "all stable",
        ),
        Mistake("sum", "Your loss is a sum over the drawings. What does E[ ] stand for?", "all"),
        Mistake(
            "twice",
            "It looks as if your scores went through a sigmoid twice. Does the loss that you call "
            "take scores, or probabilities?",
            "all stable",
        ),
        Mistake(
            "outside",
            "You take the logarithm of the mean. Which comes first, the logarithm or the mean?",
            "all stable",
        ),
        Mistake("half", "Your number is half of it. What is divided by 2 there, and why?", "all"),
        Mistake(
            "margin",
            "That is what a real pair pays in the hinge game. Here it pays −ln σ(s).",
            "all stable",
        ),
        Mistake(
            "score_squares",
            "You take the squared error of the score, as the least-squares GAN does. Which loss "
            "does this exercise ask for?",
            "all stable",
        ),
        Mistake(
            "minimax_sum",
            "That is the minimax loss, and a sum: it falls asleep where scores are low. Which "
            "logarithm is asked for, and what does E[ ] stand for?",
            "all",
        ),
        Mistake(
            "mean_score",
            "You take the mean of the scores first, and then one logarithm. Which comes first in "
            "E[ln σ(s)]?",
            "all stable",
        ),
        Mistake(
            "squares",
            "You take squared errors of the probabilities. The formula has a logarithm.",
            "all stable",
        ),
        Mistake(
            "both",
            "You add the inspector's half: your forger wants to be taken for real and to be "
            "caught. Which of the two should go?",
            "all",
        ),
        Mistake(
            "smoothed",
            "You smooth the label, 0.9 for 1. That is a trick of its own; the formula has none.",
            "all",
        ),
        Mistake(
            "one_outside",
            "You have 1 − ln σ(s). What does the formula have besides the logarithm?",
            "all",
        ),
        Mistake(
            "size",
            "You take the *size* of the score. Should a drawing with a high score pay?",
            "all",
        ),
        Mistake(
            "bare",
            "You return e^(−s). What stands between σ(s) = 1/(1 + e^(−s)) and its loss?",
            "all stable",
        ),
        Mistake(
            "worst",
            "Only the worst drawing counts in your version. What does E[ ] stand for?",
            "all",
        ),
        Mistake(
            "median",
            "You take the median of the drawings. What does E[ ] stand for?",
            "all stable",
        ),
        Mistake(
            "softmax",
            "Your drawings compete with each other in a softmax. Each score has a sigmoid of its "
            "own.",
            "all stable",
        ),
        *LOGARITHMS,
        Mistake(
            "sizes_of_scores",
            "You take the logarithm of the *size* of each score. What makes a probability of a "
            "score?",
            "all stable",
        ),
        Mistake(
            "first",
            "Only the first drawing counts in your version. Does a loop return too early?",
            "all",
        ),
        Mistake(
            "first_left_out",
            "You leave the first drawing out. Where does counting start?",
            "all stable",
        ),
        Mistake(
            "best",
            "Only the best drawing counts in your version. What does E[ ] stand for?",
            "all stable",
        ),
        Mistake(
            "one_fewer",
            "You divide by n − 1, which is 0 for a single drawing. How many drawings is the "
            "mean taken over?",
            "all",
        ),
        Mistake(
            "size_praised",
            "You take the *size* of the score: a drawing that is seen through pays as little "
            "as one that fools. What should a score of −100 pay?",
            "all stable",
        ),
        Mistake(
            "cut_at_zero",
            "You set scores below 0 to 0, and those are the drawings that should be pushed "
            "hardest. What does the formula do with them?",
            "all stable",
        ),
        Mistake(
            "low_only",
            "Only drawings with scores below 0 count in your version. E[ ] is over all of them.",
            "all",
        ),
        Mistake(
            "root_mean_square",
            "You take the root of the mean *square* of what each drawing costs. What does E[ ] "
            "stand for?",
            "all",
        ),
        Mistake(
            "caught_sum",
            "Your forger learns to be *caught*: it pays for high scores, and it takes a sum. "
            "Which class should its drawings be taken for, and what does E[ ] stand for?",
            "all",
        ),
        Mistake(
            "sign_sum",
            "Your loss is a sum, and it is negative: the worst drawings are rewarded. Which "
            "sign stands in front, and what does E[ ] stand for?",
            "all",
        ),
        Mistake(
            "steeper",
            "Your softplus is steeper than the one asked for: ln(1 + e^(−2s)) / 2. What is −ln "
            "σ(s) in terms of softplus?",
            "all stable",
        ),
        Mistake(
            "bent",
            "You put the scores through tanh first: they end at ±1. The formula takes them as "
            "they are.",
            "all stable",
        ),
        Mistake(
            "softmax_sum",
            "Your drawings compete with each other in a softmax, and you take a sum. Each "
            "score has a sigmoid of its own, and then comes a mean.",
            "all stable",
        ),
        *OVERFLOWS,
    ),
    properties=(
        Property(
            "A mean of −ln σ(s) lies between that of the best drawing and that of the worst; yours "
            "does not.",
            better_scores_cost_less,
        ),
        Property(
            "−ln σ(s) is never below −s, so the drawing with a score of −100 alone costs more "
            "than your loss. Does something limit or bend the scores or their probabilities, or "
            "are some left out?",
            mistakes_cost_their_score,
        ),
    ),
)
