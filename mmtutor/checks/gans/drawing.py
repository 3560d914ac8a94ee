"""Batch norm when you draw. Traps: the batch's own statistics, ε, the order of scale and shift."""

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
from mmtutor.checks.gans.shared import either


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
    off = hidden + mean if "added_mean" in wrong else hidden - mean
    measured = off / spread_of(variance, eps, wrong)
    if "bracket" in wrong:
        measured = hidden - mean / spread_of(variance, eps, wrong)
    ways: dict[str, Callable[[], Tensor]] = {
        "no_scale": lambda: measured + shift,
        "no_shift": lambda: measured * scale,
        "bare": lambda: measured,
        "exchanged": lambda: measured * shift + scale,
        "shift_first": lambda: (measured + shift) * scale,
        "both_factors": lambda: measured * (scale + shift),
        "one_more": lambda: measured * (1 + scale) + shift,
        "divided": lambda: measured / scale + shift,
        "minus_shift": lambda: measured * scale - shift,
        "sizes": lambda: measured * scale.abs() + shift,
        "turned_round": lambda: shift - measured * scale,
        "no_bracket": lambda: hidden - mean / spread_of(variance, eps, wrong) * scale + shift,
        "all_below": lambda: off / (spread_of(variance, eps, wrong) * scale + shift),
        "eps_after": lambda: off / variance.sqrt() + eps * scale + shift,
        "one_scale": lambda: measured * scale.mean() + shift,
        "off_in_size": lambda: measured.abs() * scale + shift,
        "exponential_scale": lambda: measured * scale.exp() + shift,
        "mean_scaled": lambda: (hidden - mean * scale) / spread_of(variance, eps, wrong) + shift,
        "input_added": lambda: measured * scale + shift + hidden,
    }
    return either(ways, wrong, measured * scale + shift)


def statistics(
    hidden: Tensor, mean: Tensor, variance: Tensor, wrong: Wrong
) -> tuple[Tensor, Tensor]:
    """Return the mean and the variance that the hidden numbers are measured by.

    Raises ValueError, as `F.batch_norm` does in training, for a batch of one.
    """
    own = hidden.mean(dim=0), hidden.var(dim=0, unbiased=False)
    if "training" in wrong:
        return own
    if "training_mode" in wrong:
        if len(hidden) == 1:
            raise ValueError
        return own
    if "moved" in wrong:
        return 0.9 * mean + 0.1 * own[0], 0.9 * variance + 0.1 * own[1]
    if "row" in wrong:
        return hidden.mean(dim=1, keepdim=True), hidden.var(dim=1, keepdim=True, unbiased=False)
    ways = {
        "not_centred": (torch.zeros_like(mean), variance),
        "own_mean": (own[0], variance),
        "own_variance": (mean, own[1]),
        "own_variance_by_fewer": (mean, hidden.var(dim=0)),
        "own_by_fewer": (own[0], hidden.var(dim=0)),
        "around_kept": (mean, (hidden - mean).square().mean(dim=0)),
        "by_one_fewer": (mean, variance * len(hidden) / (len(hidden) - 1)),
        "whole_batch": (hidden.mean(), hidden.var()),
        "whole_batch_by_n": (hidden.mean(), hidden.var(unbiased=False)),
        "alone_only": (mean, variance) if len(hidden) == 1 else own,
        "moments_exchanged_bare": (variance, mean),
        "one_for_all": (mean.mean(), variance.mean()),
        "moments_exchanged": (variance, mean.abs()),
        "moved_mean": (0.9 * mean + 0.1 * own[0], variance),
    }
    return next((way for name, way in ways.items() if name in wrong), (mean, variance))


def spread_of(variance: Tensor, eps: float, wrong: Wrong) -> Tensor:
    """Return what the hidden numbers are divided by."""
    ways: dict[str, Callable[[], Tensor]] = {
        "no_root": lambda: variance + eps,
        "no_root_no_eps": lambda: variance,
        "multiplied": lambda: 1 / (variance + eps).sqrt(),
        "no_eps": lambda: variance.sqrt(),
        "eps_outside": lambda: variance.sqrt() + eps,
        "eps_at_least": lambda: variance.clamp(min=eps).sqrt(),
        "eps_squared": lambda: (variance + eps**2).sqrt(),
        "eps_subtracted": lambda: (variance - eps).sqrt(),
        "eps_of_the_library": lambda: (variance + 1e-5).sqrt(),
        "variance_squared": lambda: (variance.square() + eps).sqrt(),
    }
    return either(ways, wrong, (variance + eps).sqrt())


def drawing_cases() -> list[Case]:
    def case(many: int, width: int, seed: int, eps: float = 0.05, size: float = 1.0) -> Case:
        mean = size * random_tensor(width, seed=seed) + 1
        others = 2 * size * random_tensor(many - 1, width, seed=seed + 1) + 3
        return Case(
            hidden=torch.cat([others, mean[None]]),
            mean=mean,
            variance=random_tensor(width, seed=seed + 2).square() + 0.3,
            scale=random_tensor(width, seed=seed + 3) + 2,
            shift=random_tensor(width, seed=seed + 4) - 2,
            eps=eps,
        )

    far = case(4, 5, seed=30, eps=0.3, size=30.0)
    far["mean"][3:] = torch.tensor([-50.0, 60.0])
    far["hidden"] = torch.stack([*far["hidden"][:2], far["hidden"][0], far["mean"]])
    far["scale"] = torch.tensor([-30.0, 0.0, 0.0004, 40.0, 1.5])
    far["shift"] = torch.tensor([0.0, 30.0, -40.0, 2.0, -1.0])
    still = case(3, 4, seed=50, eps=1.125)
    still["variance"] = torch.tensor([0.0, 0.0004, 60.0, 0.2])  # a column that never changed
    still["hidden"][0, 2] = still["mean"][0] = 0.0
    still["hidden"][-1] = still["mean"]
    return [
        case(2, 3, seed=0),
        case(5, 2, seed=10, eps=0.2),
        case(3, 4, seed=20),
        far,
        case(2, 1, seed=40, eps=25.0),
        still,
        case(2, 3, seed=60, eps=0.0004),
        one_row(case(2, 3, seed=70, eps=0.5)),
    ]


def one_row(case: Case) -> Case:
    """Return a case with only the first of its rows: what is drawn alone."""
    return Case({**case, "hidden": case["hidden"][:1]})


def the_mean_becomes_the_shift(case: Case, output: Tensor) -> bool:
    """Say whether the last row, where it is the running mean itself, comes out as the shift."""
    mean_itself = torch.equal(case["hidden"][-1], case["mean"])
    if output.shape != case["hidden"].shape or not mean_itself:
        return True
    return torch.allclose(output[-1].to(case["shift"].dtype), case["shift"], atol=1e-3)


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
            "training_mode",
            "It looks as if batch norm were in training mode: rows are measured by the batch that "
            "they came in, and one row alone is refused. Which switch tells PyTorch that nothing "
            "is trained?",
            "statistics",
        ),
        Mistake(
            "one_for_all",
            "You measure every column by one mean and one variance for all. How many are handed "
            "to you?",
            "statistics spread",
        ),
        Mistake(
            "moments_exchanged",
            "The mean and the variance have changed places. Which is subtracted, and which stands "
            "under the root?",
            "statistics spread",
        ),
        Mistake(
            "moved_mean",
            "You move the running mean a little towards this batch first. That is for training.",
            "statistics",
        ),
        Mistake(
            "added_mean",
            "You add the running mean. Which sign does the formula have?",
            "statistics",
        ),
        Mistake(
            "bracket",
            "You divide the *mean* by the standard deviation, and then subtract it. Where does "
            "the bracket end?",
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
            "own_variance_by_fewer",
            "Your mean is the one that was kept, but your variance is that of this batch, "
            "divided by n − 1: one row alone has none. Which variance is handed to you?",
            "statistics spread",
        ),
        Mistake(
            "own_by_fewer",
            "You measure the rows by the batch that they came in, with n − 1 in the variance: "
            "one row alone has none. Which mean and which variance were kept from training?",
            "statistics spread",
        ),
        Mistake(
            "around_kept",
            "Your variance is that of this batch around the mean that was kept. Which variance "
            "is handed to you?",
            "statistics spread",
        ),
        Mistake(
            "by_one_fewer",
            "You correct the variance by n / (n − 1): what was kept is used as it is, and one "
            "row alone would be divided by 0.",
            "statistics spread",
        ),
        Mistake(
            "whole_batch",
            "You measure all numbers by one mean and one variance of the whole batch. Each "
            "column has its own, and they were kept from training.",
            "statistics spread",
        ),
        Mistake(
            "whole_batch_by_n",
            "You measure all numbers by one mean and one variance of the whole batch, divided "
            "by n. Each column has its own, and they were kept from training.",
            "statistics spread",
        ),
        Mistake(
            "alone_only",
            "You use what was kept for one row alone only; several rows are measured by their "
            "batch. A drawing must not depend on who stands beside it.",
            "statistics spread",
        ),
        Mistake(
            "moments_exchanged_bare",
            "The mean and the variance have changed places, and a negative mean has no root. "
            "Which is subtracted, and which stands under the root?",
            "statistics spread",
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
        Mistake(
            "eps_at_least",
            "You keep the variance at ε or above. In batch norm ε is *added* to every variance.",
            "spread",
        ),
        Mistake(
            "eps_squared",
            "Your ε is squared before it is added to the variance. Is it one already?",
            "spread",
        ),
        Mistake(
            "eps_subtracted",
            "You subtract ε from the variance: a column that never changed gets the root of a "
            "negative number.",
            "spread",
        ),
        Mistake(
            "eps_of_the_library",
            "You add 1e-5, as PyTorch does by default. Which ε is handed to you?",
            "spread",
        ),
        Mistake(
            "variance_squared",
            "You square the variance and take the root again, as if it were a standard deviation. "
            "What does `variance` hold?",
            "spread",
        ),
        Mistake(
            "no_root_no_eps",
            "You divide by the variance itself, without the root and without ε.",
            "spread",
        ),
        Mistake("no_scale", "Your columns are not multiplied by `scale`.", "scale shift"),
        Mistake("no_shift", "You do not add `shift`.", "shift"),
        Mistake(
            "bare",
            "Neither `scale` nor `shift` has a say in your version. What happens after a row is "
            "measured?",
            "scale shift",
        ),
        Mistake(
            "exchanged",
            "`scale` and `shift` have changed places. Which one is multiplied, and which one "
            "added?",
            "scale shift",
        ),
        Mistake(
            "both_factors",
            "You multiply by `scale` + `shift`. Which of the two is a factor?",
            "scale shift",
        ),
        Mistake(
            "one_more",
            "You multiply by 1 + `scale`. Some layers keep it so; this one is handed γ itself.",
            "scale shift",
        ),
        Mistake(
            "divided",
            "You divide by `scale`. What does the formula do with γ?",
            "scale shift",
        ),
        Mistake(
            "minus_shift",
            "You subtract `shift`. Which sign does the formula have?",
            "scale shift",
        ),
        Mistake(
            "sizes",
            "You use the size of `scale`. γ may be negative: then the column is turned round.",
            "scale shift",
        ),
        Mistake(
            "turned_round",
            "You subtract the number from the mean. Which of the two is subtracted from the other?",
            "statistics spread scale shift",
        ),
        Mistake(
            "no_bracket",
            "You divide only the *mean* by the standard deviation, and multiply only that by "
            "`scale`. Where do the brackets stand?",
            "statistics spread scale shift",
        ),
        Mistake(
            "all_below",
            "`scale` and `shift` have slipped below the line. What is divided by the standard "
            "deviation, and what comes after it?",
            "statistics spread scale shift",
        ),
        Mistake(
            "eps_after",
            "You add ε outside the root, after the division, and `scale` multiplies it alone. "
            "Under what does ε belong?",
            "statistics spread scale shift",
        ),
        Mistake(
            "one_scale",
            "You multiply by the mean of `scale`. Each column has a factor of its own.",
            "statistics spread scale shift",
        ),
        Mistake(
            "off_in_size",
            "You take the *size* of how far a number is from its mean. Numbers below the mean "
            "stay below it.",
            "statistics spread scale shift",
        ),
        Mistake(
            "exponential_scale",
            "You multiply by e to the `scale`. This layer is handed γ itself.",
            "statistics spread scale shift",
        ),
        Mistake(
            "mean_scaled",
            "You multiply the *mean* by `scale`, and not what is measured. In which order do "
            "the steps come?",
            "statistics spread scale shift",
        ),
        Mistake(
            "input_added",
            "You add the input once more at the end. The formula ends with the shift.",
            "statistics spread scale shift",
        ),
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
