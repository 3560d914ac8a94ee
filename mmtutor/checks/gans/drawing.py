"""Batch norm when you draw. Traps: the batch's own statistics, ε, the order of scale and shift."""

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


def drawing(
    hidden: Tensor,
    mean: Tensor,
    variance: Tensor,
    scale: Tensor,
    shift: Tensor,
    eps: float,
    wrong: Wrong = RIGHT,
) -> Tensor:
    """Reference: `(h − μ) / √(v + ε) · γ + β`, with the running mean and the running variance."""
    mean, variance = statistics(hidden, mean, variance, wrong)
    spread = spread_of(variance, eps, wrong)
    if "no_scale" in wrong:
        scale = torch.ones_like(scale)
    if "no_shift" in wrong:
        return (hidden - mean) / spread * scale
    if "shift_first" in wrong:
        return ((hidden - mean) / spread + shift) * scale
    return (hidden - mean) / spread * scale + shift


def statistics(
    hidden: Tensor, mean: Tensor, variance: Tensor, wrong: Wrong
) -> tuple[Tensor, Tensor]:
    """Return the mean and the variance that the hidden numbers are measured by."""
    own = hidden.mean(dim=0), hidden.var(dim=0, unbiased=False)
    if "training" in wrong:
        return own
    if "moved" in wrong:
        return 0.9 * mean + 0.1 * own[0], 0.9 * variance + 0.1 * own[1]
    if "row" in wrong:
        return hidden.mean(dim=1, keepdim=True), hidden.var(dim=1, keepdim=True, unbiased=False)
    ways = {
        "not_centred": (torch.zeros_like(mean), variance),
        "own_mean": (own[0], variance),
        "own_variance": (mean, own[1]),
    }
    return next((way for name, way in ways.items() if name in wrong), (mean, variance))


def spread_of(variance: Tensor, eps: float, wrong: Wrong) -> Tensor:
    """Return what the hidden numbers are divided by."""
    ways = {
        "no_root": lambda: variance + eps,
        "multiplied": lambda: 1 / (variance + eps).sqrt(),
        "no_eps": lambda: variance.sqrt(),
        "eps_outside": lambda: variance.sqrt() + eps,
    }
    return next((way() for name, way in ways.items() if name in wrong), (variance + eps).sqrt())


def drawing_cases() -> list[Case]:
    def case(many: int, width: int, seed: int) -> Case:
        mean = random_tensor(width, seed=seed) + 1
        others = 2 * random_tensor(many - 1, width, seed=seed + 1) + 3
        return Case(
            hidden=torch.cat([mean[None], others]),
            mean=mean,
            variance=random_tensor(width, seed=seed + 2).square() + 0.3,
            scale=random_tensor(width, seed=seed + 3) + 2,
            shift=random_tensor(width, seed=seed + 4) - 2,
            eps=0.05,
        )

    return [case(2, 3, seed=0), case(5, 2, seed=10), case(3, 4, seed=20)]


def the_mean_becomes_the_shift(case: Case, output: Tensor) -> bool:
    """Say whether the first row, which is the running mean itself, comes out as the shift."""
    if output.shape != case["hidden"].shape:
        return True
    return torch.allclose(output[0].to(case["shift"].dtype), case["shift"], atol=1e-4)


DRAWING = Implement(
    id="gans.drawing",
    title="Batch norm when you draw",
    difficulty=2,
    minutes=10,
    hints=(
        "In training a row is measured by the batch that it comes in. Now there may be no batch. "
        "By what do you measure it?",
        "(h − μ) / √(v + ε) · γ + β, with the running mean μ and the running variance v.",
        "hidden (picture, width); mean, variance, scale, shift (width,): each column has its own. "
        "Nothing is averaged here. Result (picture, width).",
        "return (hidden - ...) / (... + eps).sqrt() * ... + ...",
    ),
    reference=drawing,
    cases=drawing_cases,
    mistakes=(
        Mistake(
            "training",
            "You measure the rows by the batch that they came in: that is training mode. Ask for "
            "one drawing alone, and it is its own mean: every drawing is the same. Which mean and "
            "which variance were kept from training?",
            "statistics",
        ),
        Mistake(
            "moved",
            "You move the running mean and variance a little towards this batch first. That is for "
            "training; what is drawn must not change who draws.",
            "statistics",
        ),
        Mistake(
            "row",
            "You take the mean and the variance along each row: that is layer norm. Batch norm has "
            "a mean for each *column*, and it is handed to you.",
            "statistics",
        ),
        Mistake("not_centred", "You do not subtract the running mean.", "statistics"),
        Mistake(
            "own_mean",
            "Your variance is the one that was kept, but your mean is that of this batch.",
            "statistics",
        ),
        Mistake(
            "own_variance",
            "Your mean is the one that was kept, but your variance is that of this batch.",
            "statistics",
        ),
        Mistake(
            "no_root",
            "You divide by the variance. What has the unit of the numbers themselves?",
            "spread",
        ),
        Mistake("multiplied", "You multiply by the standard deviation. Divide by it.", "spread"),
        Mistake(
            "no_eps",
            "Where is ε? Without it a column that never changed would be divided by 0.",
            "spread",
        ),
        Mistake(
            "eps_outside",
            "You add ε to the standard deviation. In batch norm it is added to the *variance*, "
            "under the root.",
            "spread",
        ),
        Mistake("no_scale", "Your columns are not multiplied by `scale`.", "scale shift"),
        Mistake("no_shift", "You do not add `shift`.", "shift"),
        Mistake(
            "shift_first",
            "You add `shift` before you multiply by `scale`. Which comes last?",
            "shift scale",
        ),
    ),
    properties=(
        Property(
            "A row that equals the running mean should come out as `shift`, whoever stands beside "
            "it; yours does not.",
            the_mean_becomes_the_shift,
        ),
    ),
)
