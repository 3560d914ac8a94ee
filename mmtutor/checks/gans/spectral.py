"""Spectral norm. Traps: other norms, and the singular value squared, smallest or clipped."""

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
from mmtutor.checks.gans.shared import either


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
        "column_sum": lambda: weight / weight.abs().sum(dim=0).max(),
        "at_most_one": lambda: weight / values[0].clamp(min=1),
        "values_clipped": lambda: rebuilt(weight, values.clamp(max=1)),
        "largest_only": lambda: rebuilt(weight, torch.cat([values[:1] / values[0], values[1:]])),
        "signed_entry": lambda: weight / weight.max(),
        "longest_row": lambda: weight / weight.norm(dim=1).max(),
        "longest_column": lambda: weight / weight.norm(dim=0).max(),
        "plus_one": lambda: weight / (1 + values[0]),
        "deviation": lambda: weight / weight.std(),
        "centred": lambda: (
            (weight - weight.mean()) / torch.linalg.svdvals(weight - weight.mean())[0]
        ),
        "subtracted": lambda: weight - values[0],
        "inverse": lambda: values[0] / weight,
        "second": lambda: weight / values[min(1, len(values) - 1)],
        "smallest_eigenvalue": lambda: weight / values[-1] ** 2,
        "one_step": lambda: (
            weight / (weight @ F.normalize(torch.ones(weight.shape[1]), dim=0)).norm()
        ),
        "values": lambda: values,
        "reciprocal": lambda: 1 / values[0],
        "condition": lambda: weight * values[-1] / values[0],
        "trace": lambda: weight / weight.trace(),
        "rank": lambda: weight / torch.linalg.matrix_rank(weight),
        "sum_of_sizes": lambda: weight / weight.abs().sum(),
        "two_values": lambda: weight / values[:2].prod().sqrt(),
        "strongest_alone": lambda: rebuilt(weight, first_only(values) / values[0]),
        "strongest_part": lambda: rebuilt(weight, first_only(values)),
        "softmax": lambda: weight.softmax(dim=1),
        "mean_row": lambda: weight / weight.mean(0).norm(),
        "root_of_size": lambda: weight / values[0] / max(weight.shape) ** 0.5,
        "first_row": lambda: weight / weight[0].norm(),
        "first_column": lambda: weight / weight[:, 0].norm(),
        "one_round": lambda: weight / walked(weight, 1),
        "three_rounds": lambda: weight / walked(weight, 3),
        "half_a_round": lambda: weight / (weight @ F.normalize(weight.sum(dim=0), dim=0)).norm(),
        "two_sides": lambda: weight / (weight.norm(dim=1).max() * weight.norm(dim=0).max()).sqrt(),
    }
    return either(ways, wrong, weight / values[0])


def rebuilt(weight: Tensor, values: Tensor) -> Tensor:
    """Return the matrix with other singular values."""
    left, _, right = torch.linalg.svd(weight, full_matrices=False)
    return left @ torch.diag(values) @ right


def first_only(values: Tensor) -> Tensor:
    """Return singular values of which only the first is left."""
    return values * (torch.arange(len(values)) == 0)


def walked(weight: Tensor, rounds: int) -> Tensor:
    """Return the stretch after so many rounds of power iteration from a vector of ones."""
    v = F.normalize(torch.ones(weight.shape[1]), dim=0)
    for _ in range(rounds):
        v = F.normalize(weight.T @ (weight @ v), dim=0)
    return (weight @ v).norm()


def turned_only(weight: Tensor) -> Tensor:
    """Return the matrix with all its singular values set to 1."""
    left, _, right = torch.linalg.svd(weight, full_matrices=False)
    return left @ right


def spectral_cases() -> list[Case]:
    made = (
        *((2, 3, 1.7, 0), (4, 3, 1.7, 10), (3, 3, 1.7, 20), (2, 5, 1.7, 30)),
        *((3, 4, 0.1, 40), (3, 2, 0.7, 50), (1, 4, 0.3, 60), (3, 1, 0.4, 70)),
        (2, 4, 50.0, 80),
    )
    cases = [Case(weight=size * random_tensor(a, b, seed=seed)) for a, b, size, seed in made]
    cases[1]["weight"][2] = cases[1]["weight"][0]
    cases[4]["weight"][0, 1] = cases[8]["weight"][1, 1] = 0.0
    return cases


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
            "at_most_one",
            "A matrix that stretches less than 1 stays as it is in your version. The formula "
            "divides by σ(W), whether that is large or small.",
            "all",
        ),
        Mistake(
            "values_clipped",
            "You clip the singular values at 1. Dividing keeps their proportions; clipping does "
            "not.",
            "all",
        ),
        Mistake(
            "largest_only",
            "You divide the largest singular value alone. Dividing the *matrix* divides all of "
            "them.",
            "all",
        ),
        Mistake(
            "column_sum",
            "You divide by the largest column sum: the most by which the sum of absolute values "
            "of a vector can grow. Asked for is by how much its *length* can.",
            "all",
        ),
        Mistake(
            "signed_entry",
            "You divide by the largest entry, signs and all. A matrix of many small entries can "
            "stretch a lot.",
            "all",
        ),
        Mistake(
            "longest_row",
            "You divide by the longest row. Several rows together stretch further than the "
            "longest of them.",
            "all",
        ),
        Mistake(
            "longest_column",
            "You divide by the longest column: that is how far the unit vectors of the axes are "
            "stretched. Is one of them stretched most?",
            "all",
        ),
        Mistake(
            "plus_one",
            "You add 1 to the singular value before you divide. Whatever for?",
            "all",
        ),
        Mistake(
            "deviation",
            "You divide by the standard deviation of the entries. How far do they stretch a "
            "vector together?",
            "all",
        ),
        Mistake(
            "centred",
            "You take the mean off the entries first: that is another matrix, which stretches "
            "other vectors.",
            "all",
        ),
        Mistake(
            "subtracted",
            "You subtract the largest singular value from each entry. What does the formula do "
            "with it?",
            "all",
        ),
        Mistake(
            "inverse",
            "You divide the singular value by the matrix, entry by entry. Which stands above the "
            "line?",
            "all",
        ),
        Mistake(
            "second",
            "You divide by the *second* singular value. Where does counting start?",
            "all",
        ),
        Mistake(
            "smallest_eigenvalue",
            "It looks as if you took the first eigenvalue of W Wᵀ or Wᵀ W. Those come in rising "
            "order, and they are squares of singular values.",
            "all",
        ),
        Mistake(
            "one_step",
            "You divide by how far one vector, all of whose numbers are equal, is stretched. The "
            "*most* is asked for, over all directions.",
            "all",
        ),
        Mistake(
            "values",
            "You return the singular values. What is asked for is the matrix, divided by the "
            "largest of them.",
            "all",
        ),
        Mistake(
            "reciprocal",
            "You return one over the singular value. What is asked for is the matrix, times that.",
            "all",
        ),
        Mistake(
            "condition",
            "You divide by the condition number, the largest singular value over the smallest. "
            "Which of them is the largest stretch?",
            "all",
        ),
        Mistake(
            "trace",
            "You divide by the trace. How far does the matrix stretch a vector at most?",
            "all",
        ),
        Mistake(
            "rank",
            "You divide by the rank: it says how many directions are left, not how far they "
            "are stretched.",
            "all",
        ),
        Mistake(
            "sum_of_sizes",
            "You divide by the sum of the entries' sizes. No vector is stretched so far: which "
            "number is the largest stretch?",
            "all",
        ),
        Mistake(
            "two_values",
            "You divide by the geometric mean of the first two singular values. Only the "
            "largest is asked for.",
            "all",
        ),
        Mistake(
            "strongest_alone",
            "You keep only the strongest direction. Dividing the *matrix* keeps all of them, "
            "in proportion.",
            "all",
        ),
        Mistake(
            "strongest_part",
            "You keep only the strongest direction, as it is. What is divided by σ(W) is the "
            "whole matrix.",
            "all",
        ),
        Mistake(
            "softmax", "You make a softmax of each row. What does the formula divide by?", "all"
        ),
        Mistake(
            "mean_row",
            "You divide by the length of the mean row. How far do all rows together stretch a "
            "vector?",
            "all",
        ),
        Mistake(
            "root_of_size",
            "You divide by the root of the size, too. What does the formula divide by?",
            "all",
        ),
        Mistake(
            "first_row",
            "You divide by the length of the first row. How far do all rows together stretch a "
            "vector?",
            "all",
        ),
        Mistake(
            "first_column",
            "You divide by the length of the first column: that is how far one vector is "
            "stretched. Which is stretched most?",
            "all",
        ),
        Mistake(
            "one_round",
            "It looks like one round of power iteration: it has not arrived at the largest "
            "stretch yet. How many rounds does it need, or is there a function that gives σ(W) "
            "at once?",
            "all",
        ),
        Mistake(
            "three_rounds",
            "It looks like a few rounds of power iteration: it has not arrived at the largest "
            "stretch yet. How many rounds does it need, or is there a function that gives σ(W) "
            "at once?",
            "all",
        ),
        Mistake(
            "half_a_round",
            "It looks like one round of power iteration, begun with the rows: it has not "
            "arrived at the largest stretch yet. How many rounds does it need?",
            "all",
        ),
        Mistake(
            "two_sides",
            "You divide by the root of the longest row times the longest column. How far does "
            "the matrix stretch a vector at most?",
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
