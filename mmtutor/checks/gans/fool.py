"""The forger's non-saturating loss. Traps: the minimax loss, the wrong label, the sign."""

from collections.abc import Callable

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


def fool(drawn: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: `−E[ln σ(drawn)]`."""
    ways: dict[str, Callable[[], Tensor]] = {
        "minimax": lambda: -F.softplus(drawn).mean(),
        "caught": lambda: F.softplus(drawn).mean(),
        "sign": lambda: -F.softplus(-drawn).mean(),
        "hinge": lambda: -drawn.mean(),
        "no_logarithm": lambda: -drawn.sigmoid().mean(),
        "missing": lambda: 1 - drawn.sigmoid().mean(),
        "sum": lambda: F.softplus(-drawn).sum(),
        "twice": lambda: F.softplus(-drawn.sigmoid()).mean(),
        "outside": lambda: -drawn.sigmoid().mean().log(),
        "half": lambda: F.softplus(-drawn).mean() / 2,
        "margin": lambda: F.relu(1 - drawn).mean(),
        "score_squares": lambda: (1 - drawn).square().mean(),
    }
    return next((way() for name, way in ways.items() if name in wrong), F.softplus(-drawn).mean())


def fool_cases() -> list[Case]:
    return [Case(drawn=random_tensor(n, seed=seed) - 1) for n, seed in ((2, 0), (5, 10), (3, 20))]


def better_scores_cost_less(case: Case, output: Tensor) -> bool:
    """Say whether the loss lies between those of its best and its worst drawing."""
    low, high = F.softplus(-case["drawn"].max()), F.softplus(-case["drawn"].min())
    return output.numel() != 1 or bool(low - 1e-5 <= output.sum() <= high + 1e-5)


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
            "all",
        ),
        Mistake(
            "no_logarithm",
            "You return −D. Between D and its loss stands a logarithm.",
            "all",
        ),
        Mistake(
            "missing",
            "You return 1 − D. Its slope is as flat as that of minimax. Which function of D grows "
            "without end as D goes to 0?",
            "all",
        ),
        Mistake("sum", "Your loss is a sum over the drawings. What does E[ ] stand for?", "all"),
        Mistake(
            "twice",
            "Your scores go through a sigmoid twice.",
            "all",
        ),
        Mistake(
            "outside",
            "You take the logarithm of the mean. Which comes first, the logarithm or the mean?",
            "all",
        ),
        Mistake("half", "Your number is half of it. What is divided by 2 there, and why?", "all"),
        Mistake(
            "margin",
            "That is what a real pair pays in the hinge game. Here it pays −ln σ(s).",
            "all",
        ),
        Mistake(
            "score_squares",
            "You take the squared error of the score, as the least-squares GAN does. Which loss "
            "does this exercise ask for?",
            "all",
        ),
    ),
    properties=(
        Property(
            "A mean of −ln σ(s) lies between that of the best drawing and that of the worst; yours "
            "does not.",
            better_scores_cost_less,
        ),
    ),
)
