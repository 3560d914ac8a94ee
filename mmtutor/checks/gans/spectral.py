"""Spectral norm. Traps: other norms, and the singular value squared, smallest or clipped."""

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


def spectral(weight: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: the matrix over its largest singular value."""
    values = torch.linalg.svdvals(weight)
    ways: dict[str, Callable[[], Tensor]] = {
        "frobenius": lambda: weight / weight.norm(),
        "entry": lambda: weight / weight.abs().max(),
        "rows": lambda: weight / weight.norm(dim=1, keepdim=True),
        "columns": lambda: weight / weight.norm(dim=0, keepdim=True),
        "squared": lambda: weight / values[0] ** 2,
        "sum": lambda: weight / values.sum(),
        "smallest": lambda: weight / values[-1],
        "value": lambda: values[0],
        "multiplied": lambda: weight * values[0],
        "root": lambda: weight / values[0].sqrt(),
        "clipped": lambda: weight.clamp(-1, 1),
        "orthogonal": lambda: turned_only(weight),
        "mean": lambda: weight / values.mean(),
        "row_sum": lambda: weight / weight.abs().sum(dim=1).max(),
    }
    return next((way() for name, way in ways.items() if name in wrong), weight / values[0])


def turned_only(weight: Tensor) -> Tensor:
    """Return the matrix with all its singular values set to 1."""
    left, _, right = torch.linalg.svd(weight, full_matrices=False)
    return left @ right


def spectral_cases() -> list[Case]:
    made = ((2, 3, 0), (4, 3, 10), (3, 3, 20), (2, 5, 30))
    return [Case(weight=1.7 * random_tensor(a, b, seed=seed)) for a, b, seed in made]


def stretches_nothing(case: Case, output: Tensor) -> bool:
    """Say whether the largest singular value is 1."""
    if output.shape != case["weight"].shape:
        return True
    return abs(torch.linalg.svdvals(output.double())[0].item() - 1) < 1e-3


SPECTRAL = Implement(
    id="gans.spectral",
    title="Spectral norm",
    difficulty=2,
    minutes=15,
    hints=(
        "By how much can the matrix stretch a vector at most? Divide by that.",
        "W / σ(W), with σ(W) the largest singular value: the largest |W v| over all |v| = 1.",
        "weight (out, in) → its singular values, largest first (`torch.linalg.svdvals`) → one "
        "number → (out, in).",
        "largest = torch.linalg.svdvals(...)[...]\nreturn ... / ...",
    ),
    reference=spectral,
    cases=spectral_cases,
    mistakes=(
        Mistake(
            "frobenius",
            "You divide by the root of the sum of all squares, the Frobenius norm. It is never "
            "smaller than the largest stretch: your layers shrink everything.",
            "all",
        ),
        Mistake(
            "entry",
            "You divide by the largest entry. A matrix of many small entries can stretch a lot.",
            "all",
        ),
        Mistake(
            "rows",
            "You make every row as long as 1. How far do all rows together stretch a vector?",
            "all",
        ),
        Mistake(
            "columns",
            "You make every column as long as 1. How far do all columns together stretch a vector?",
            "all",
        ),
        Mistake(
            "squared",
            "You divide by the square of the largest singular value: is yours an eigenvalue of "
            "W Wᵀ?",
            "all",
        ),
        Mistake(
            "sum",
            "You divide by the sum of the singular values, the nuclear norm. Which of them is the "
            "largest stretch?",
            "all",
        ),
        Mistake(
            "smallest",
            "You divide by the smallest singular value. In which order do they come?",
            "all",
        ),
        Mistake(
            "value",
            "You return the singular value. What is asked for is the matrix, divided by it.",
            "all",
        ),
        Mistake(
            "multiplied",
            "You multiply by the largest singular value, so that the layer stretches still more.",
            "all",
        ),
        Mistake(
            "root",
            "You divide by the root of the largest singular value. Is the root already in it?",
            "all",
        ),
        Mistake(
            "clipped",
            "You clip the entries, as the first Wasserstein GANs did. That bounds the entries, and "
            "not how far they stretch together.",
            "all",
        ),
        Mistake(
            "orthogonal",
            "You set *all* singular values to 1. Only the largest should become 1; the others keep "
            "their proportion to it.",
            "all",
        ),
        Mistake(
            "mean",
            "You divide by the mean of the singular values. Which of them is the largest stretch?",
            "all",
        ),
        Mistake(
            "row_sum",
            "You divide by the largest row sum: the most by which the largest *entry* of a vector "
            "can grow. Asked for is by how much its *length* can.",
            "all",
        ),
    ),
    properties=(
        Property(
            "The result should stretch no vector, and at least one not shrink: its largest "
            "singular value is 1, and yours is another.",
            stretches_nothing,
        ),
    ),
)
