"""How alike two layers are. Traps: what is centred, squares and roots, and over which axis."""

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


def cka(x: Tensor, y: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: ‖YᵀX‖² / (‖XᵀX‖ ‖YᵀY‖), with both centred over the examples."""
    a, b = (prepared(side, wrong) for side in (x.double(), y.double()))
    if "first_centred" in wrong:
        b = y.double()
    if "second_centred" in wrong:
        a = x.double()
    if {"above_centred", "below_centred"} & wrong:
        value = halfway(x.double(), y.double(), above="above_centred" in wrong)
        return ended(value, wrong).to(x.dtype)
    return ended(compared(a, b, wrong), wrong).to(x.dtype)


def halfway(x: Tensor, y: Tensor, above: bool) -> Tensor:
    """Return what comes out if only what stands above the line, or below it, is centred."""
    a, b = x - x.mean(0), y - y.mean(0)
    top, low = ((a, b), (x, y)) if above else ((x, y), (a, b))
    return (top[1].T @ top[0]).square().sum() / (
        (low[0].T @ low[0]).norm() * (low[1].T @ low[1]).norm()
    )


def prepared(x: Tensor, wrong: Wrong) -> Tensor:
    """Return the features without their means, or something like it."""
    moved = x - x.mean(0)
    ways: dict[str, Callable[[], Tensor]] = {
        "not_centred": lambda: x,
        "rows_centred": lambda: x - x.mean(1, keepdim=True),
        "one_mean": lambda: x - x.mean(),
        "median": lambda: x - x.median(0)[0],
        "first_row": lambda: x - x[0],
        "sum_away": lambda: x - x.sum(0),
        "grams_half": lambda: x,
        "grams_flat": lambda: x,
        "both_centred": lambda: moved - moved.mean(1, keepdim=True),
        "standardised": lambda: moved / moved.square().sum(0).sqrt().clamp(min=1e-9),
        "unit_rows": lambda: torch.nn.functional.normalize(x, dim=1),
        "centred_unit_rows": lambda: torch.nn.functional.normalize(moved, dim=1),
        "unit_then_centred": lambda: (
            torch.nn.functional.normalize(x, dim=1)
            - torch.nn.functional.normalize(x, dim=1).mean(0)
        ),
    }
    return either(ways, wrong, lambda: moved)


def compared(x: Tensor, y: Tensor, wrong: Wrong) -> Tensor:
    """Return the similarity, or what people take for it."""
    cross, one, other = y.T @ x, x.T @ x, y.T @ y
    k, m = x @ x.T, y @ y.T
    size = torch.linalg.matrix_norm
    ways: dict[str, Callable[[], Tensor]] = {
        "not_squared": lambda: size(cross) / (size(one) * size(other)),
        "denominator_squared": lambda: size(cross) ** 2 / (size(one) * size(other)) ** 2,
        "rooted_below": lambda: size(cross) ** 2 / (size(one) * size(other)).sqrt(),
        "numerator_alone": lambda: size(cross) ** 2,
        "by_examples": lambda: size(cross) ** 2 / len(x) ** 2,
        "by_sum": lambda: size(cross) ** 2 / (size(one) + size(other)),
        "by_first": lambda: size(cross) ** 2 / size(one),
        "by_first_squared": lambda: size(cross) ** 2 / size(one) ** 2,
        "by_second_squared": lambda: size(cross) ** 2 / size(other) ** 2,
        "by_traces": lambda: size(cross) ** 2 / (one.trace() * other.trace()),
        "by_lengths": lambda: size(cross) / (size(x) * size(y)),
        "spectral": lambda: size(cross, 2) ** 2 / (size(one, 2) * size(other, 2)),
        "nuclear": lambda: size(cross, "nuc") / (size(one, "nuc") * size(other, "nuc")).sqrt(),
        "nuclear_squared": lambda: (
            size(cross, "nuc") ** 2 / (size(one, "nuc") * size(other, "nuc"))
        ),
        "absolute": lambda: cross.abs().sum() / (one.abs().sum() * other.abs().sum()).sqrt(),
        "absolute_squared": lambda: cross.abs().sum() ** 2 / (one.abs().sum() * other.abs().sum()),
        "mean_correlation": lambda: correlations(x, y).square().mean(),
        "mean_absolute": lambda: correlations(x, y).abs().mean(),
        "grams_half": lambda: gram_cosine(k - k.mean(0), m - m.mean(0)),
        "grams_flat": lambda: gram_cosine(k - k.mean(), m - m.mean()),
        "by_larger": lambda: size(cross) ** 2 / torch.maximum(size(one), size(other)) ** 2,
        "square_of_sum": lambda: cross.sum() ** 2 / (size(one) * size(other)),
        "mean_above": lambda: cross.square().mean() / (size(one) * size(other)),
        "diagonal_below": lambda: cross.square().sum() / (one.diag().norm() * other.diag().norm()),
        "bases": lambda: shared_base(x, y),
        "gram_product": lambda: (k @ m).norm() / (k.norm() * m.norm()),
        "gram_product_squared": lambda: ((k @ m).norm() / (k.norm() * m.norm())) ** 2,
        "one_by_one": lambda: one_by_one(x, y),
        "one_by_one_squared": lambda: one_by_one(x, y) ** 2,
        "sums": lambda: cross.sum() ** 2 / (one.sum() * other.sum()).clamp(min=1e-12),
        "regression": lambda: explained(y, x),
        "regression_back": lambda: explained(x, y),
        "without_diagonal": lambda: gram_cosine(k - k.diag().diag(), m - m.diag().diag()),
        "mean_of_rows": lambda: torch.nn.functional.cosine_similarity(k, m, dim=1).mean(),
    }
    return either(ways, wrong, lambda: size(cross) ** 2 / (size(one) * size(other)))


def gram_cosine(k: Tensor, m: Tensor) -> Tensor:
    """Return the cosine of two matrices, each written in one row."""
    return (k * m).sum() / (k.norm() * m.norm()).clamp(min=1e-12)


def one_by_one(x: Tensor, y: Tensor) -> Tensor:
    """Return the cosine of two layers, first feature with first, second with second."""
    width = min(x.shape[1], y.shape[1])
    return torch.nn.functional.cosine_similarity(
        x[:, :width].flatten(), y[:, :width].flatten(), dim=0
    )


def explained(y: Tensor, x: Tensor) -> Tensor:
    """Return which share of one a linear regression from the other explains."""
    return (torch.linalg.qr(x)[0].T @ y).square().sum() / y.square().sum()


def shared_base(x: Tensor, y: Tensor) -> Tensor:
    """Return which share of the smaller one's directions the other has, CCA's mean square."""
    base, other = torch.linalg.qr(x)[0], torch.linalg.qr(y)[0]
    return (base.T @ other).square().sum() / min(x.shape[1], y.shape[1])


def correlations(x: Tensor, y: Tensor) -> Tensor:
    """Return the cosine of every column of one with every column of the other."""
    lengths = y.norm(dim=0)[:, None] * x.norm(dim=0)
    return (y.T @ x) / lengths.clamp(min=1e-12)


def ended(value: Tensor, wrong: Wrong) -> Tensor:
    """Return the similarity, or what people make of it."""
    ways: dict[str, Callable[[], Tensor]] = {
        "rooted": lambda: value.clamp(min=0).sqrt(),
        "distance": lambda: 1 - value,
        "squared": lambda: value.square(),
        "negated": lambda: -value,
        "angle": lambda: value.clamp(-1, 1).acos(),
        "halved": lambda: value / 2,
    }
    return either(ways, wrong, lambda: value)


def cka_cases() -> list[Case]:
    def case(
        examples: int, width: int, other: int, seed: int, shared: float = 0.0, far: float = 0.7
    ) -> Case:
        x = random_tensor(examples, width, seed=seed) * (0.5 + torch.arange(width) / width)
        y = random_tensor(examples, other, seed=seed + 1)
        y = y + shared * x @ random_tensor(width, other, seed=seed + 2)
        means = far * random_tensor(width, seed=seed + 3), far * random_tensor(other, seed=seed + 4)
        return Case(x=x + means[0], y=y + means[1])

    loud = case(6, 3, 4, 1760)
    for name in ("x", "y"):
        loud[name].view(-1)[0], loud[name].view(-1)[5] = 25.0, -25.0
        loud[name].view(-1)[2] = 0.0
        loud[name][4] = loud[name][3]
    turned = case(5, 3, 3, 1770)
    turned["y"] = 2.0 * turned["x"] @ torch.linalg.qr(random_tensor(3, 3, seed=1775))[0] + 1.0
    tiny = case(7, 4, 2, 1780, 0.4)
    tiny["x"], tiny["y"] = 0.2 * tiny["x"], 0.3 * tiny["y"]
    fixed = case(6, 3, 2, 1790, 0.3)
    fixed["x"][:, 1] = 1.5
    return [
        case(4, 2, 3, 1700, 0.5),
        case(7, 5, 3, 1710, 0.8),
        case(5, 8, 6, 1720),
        case(9, 1, 4, 1730, 0.6),
        case(6, 3, 1, 1740, 1.0, 2.0),
        case(2, 4, 3, 1745),
        case(12, 4, 5, 1750, 2.0, 0.0),
        loud,
        turned,
        tiny,
        fixed,
    ]


def right(case: Case) -> Tensor:
    """Return the right similarity."""
    return cka(*case.values())


def is_a_share(case: Case, output: Tensor) -> bool:
    """Say whether it lies between 0 and 1."""
    return bool(((output >= -1e-4) & (output <= 1 + 1e-4)).all())


def one_if_turned(case: Case, output: Tensor) -> bool:
    """Say whether it is 1 where one is the other, turned, scaled and moved."""
    return abs(float(right(case)) - 1) > 1e-4 or agree(output.float(), right(case).float())


def right_without_means(case: Case, output: Tensor) -> bool:
    """Say whether it is right where hardly anything is to be centred."""
    small = len(case["x"]) == 12
    return not small or agree(output.float(), right(case).float())


CKA = Implement(
    id="transfer.cka",
    title="How alike are two layers?",
    difficulty=3,
    minutes=15,
    hints=(
        "Two layers may have different widths, but they see the same examples. Take the mean of "
        "each *feature* away first.",
        "CKA = ‖YᵀX‖² / (‖XᵀX‖ ‖YᵀY‖), where ‖M‖² is the sum of the squares of all entries, "
        "and X, Y are centred.",
        "X is (example, p), Y is (example, q): YᵀX is (q, p), XᵀX (p, p), YᵀY (q, q). Each norm "
        "is one number.",
        "x, y = x - x.mean(dim=...), y - ...\n"
        "together = ((y.T @ x) ** 2).sum()\n"
        "return together / ((x.T @ x).norm() * ...)",
    ),
    reference=cka,
    cases=cka_cases,
    mistakes=(
        Mistake(
            "not_centred",
            "Nothing is centred: a mean far from 0 makes any two layers alike.",
            "centre",
        ),
        Mistake(
            "rows_centred",
            "You take the mean of each *example* away. Along which axis do the values of one "
            "feature lie?",
            "centre",
        ),
        Mistake(
            "one_mean",
            "You take one mean of all numbers away. Each feature has its own.",
            "centre",
        ),
        Mistake(
            "both_centred",
            "You take the features' means away and then each example's, too.",
            "centre",
        ),
        Mistake("first_centred", "Only the first of the two is centred.", "centre form end"),
        Mistake("second_centred", "Only the second of the two is centred.", "centre form end"),
        Mistake(
            "above_centred",
            "What stands above the line is centred, what stands below is not.",
            "centre form end",
        ),
        Mistake(
            "below_centred",
            "What stands below the line is centred, what stands above is not.",
            "centre form end",
        ),
        Mistake(
            "median",
            "You take the median away where the mean should be.",
            "centre",
        ),
        Mistake(
            "grams_half",
            "You centre the table of similarities along one axis only. Along both, or take the "
            "mean of each feature away before.",
            "centre form end",
        ),
        Mistake(
            "grams_flat",
            "You take one mean of all similarities away. Take the mean of each feature away "
            "before.",
            "centre form end",
        ),
        Mistake(
            "first_row",
            "You take the *first example* away where the mean should be.",
            "centre",
        ),
        Mistake(
            "sum_away",
            "You take the *sum* of each feature away. By how many is it to be divided?",
            "centre",
        ),
        Mistake(
            "standardised",
            "You divide each feature by its deviation. The card only centres.",
            "centre",
        ),
        Mistake(
            "unit_rows",
            "You bring each example to length 1 in place of centring.",
            "centre unit",
        ),
        Mistake(
            "centred_unit_rows",
            "You bring each example to length 1 after centring. The card only centres.",
            "centre unit",
        ),
        Mistake(
            "unit_then_centred",
            "You bring each example to length 1 before you centre. The card only centres.",
            "centre",
        ),
        Mistake(
            "not_squared",
            "The numerator is the norm. The card has its square.",
            "form end",
        ),
        Mistake(
            "denominator_squared",
            "Below the line the norms are squared, too: compare with the card.",
            "form end",
        ),
        Mistake(
            "rooted_below",
            "Below the line you take a root of the norms' product. A norm has its root already.",
            "form",
        ),
        Mistake(
            "numerator_alone",
            "That is the numerator. By what is it to be divided, so that scale has no say?",
            "form",
        ),
        Mistake(
            "by_examples",
            "You divide by the number of examples, squared. Which two norms stand below the line?",
            "form",
        ),
        Mistake(
            "by_larger",
            "You divide by the larger norm, squared. Both stand below the line.",
            "form",
        ),
        Mistake(
            "square_of_sum",
            "Above the line you add all entries up and square the sum: + and − cancel. Which "
            "comes first?",
            "form centre",
        ),
        Mistake(
            "mean_above",
            "Above the line you average the squares. The norm adds them up.",
            "form",
        ),
        Mistake(
            "diagonal_below",
            "Below the line you take the diagonal only. The norm counts every entry.",
            "form",
        ),
        Mistake(
            "bases",
            "That compares the spaces that the two span (QR, or CCA): a direction in which "
            "hardly anything varies counts as much as any other.",
            "form centre end",
        ),
        Mistake(
            "gram_product",
            "You multiply the tables of similarities as matrices. In that form of CKA they are "
            "multiplied entry by entry, and the products added up.",
            "form end",
        ),
        Mistake(
            "gram_product_squared",
            "You multiply the tables of similarities as matrices, and square. In that form of CKA "
            "they are multiplied entry by entry, and the products added up.",
            "form end",
        ),
        Mistake(
            "one_by_one",
            "You compare the first feature with the first, the second with the second. A layer "
            "that is turned has others: YᵀX compares all with all.",
            "form centre end",
        ),
        Mistake(
            "one_by_one_squared",
            "You compare the first feature with the first, the second with the second, and square. "
            "A layer that is turned has others: YᵀX compares all with all.",
            "form centre end",
        ),
        Mistake(
            "sums",
            "You add the entries up as they are: + and − cancel. ‖M‖² is the sum of their squares.",
            "form centre",
        ),
        Mistake(
            "regression",
            "That is how much of Y a linear regression from X explains: how much each direction of "
            "X varies has no say. Compare with the card.",
            "form centre end",
        ),
        Mistake(
            "regression_back",
            "That is how much of X a linear regression from Y explains: how much each direction of "
            "Y varies has no say. Compare with the card.",
            "form centre end",
        ),
        Mistake("by_sum", "Below the line the norms are to be multiplied, not added.", "form"),
        Mistake("by_first", "You divide by one norm only. Which two stand below the line?", "form"),
        Mistake(
            "by_first_squared",
            "You divide by ‖XᵀX‖². Y has a norm of its own.",
            "form",
        ),
        Mistake(
            "by_second_squared",
            "You divide by ‖YᵀY‖². X has a norm of its own.",
            "form",
        ),
        Mistake(
            "by_traces",
            "You divide by ‖X‖² ‖Y‖² (or by traces). Below the line stand the norms of XᵀX and "
            "YᵀY.",
            "form end unit",
        ),
        Mistake(
            "by_lengths",
            "You divide ‖YᵀX‖ by the lengths of X and Y. Below the line stand the norms of XᵀX and "
            "YᵀY, and above it a square.",
            "form end",
        ),
        Mistake(
            "spectral",
            "Your norm is the largest singular value (`ord=2`). The card's is the root of the sum "
            "of all squares.",
            "form",
        ),
        Mistake(
            "nuclear",
            "Your norm is the sum of the singular values. The card's is the root of the sum of "
            "all squares.",
            "form end",
        ),
        Mistake(
            "nuclear_squared",
            "Your norm is the sum of the singular values, and the numerator squared. The card's "
            "norm is the root of the sum of all squares.",
            "form end",
        ),
        Mistake(
            "absolute",
            "You add absolute values up. The card's norm is the root of the sum of squares.",
            "form end",
        ),
        Mistake(
            "absolute_squared",
            "Your norm is the sum of absolute values. The card's is the root of the sum of "
            "squares.",
            "form end",
        ),
        Mistake(
            "mean_correlation",
            "You average squared correlations of single features. A layer that is turned has "
            "others: put all of YᵀX into one norm.",
            "form centre",
        ),
        Mistake(
            "mean_absolute",
            "You average correlations of single features. Put all of YᵀX into one norm.",
            "form centre",
        ),
        Mistake(
            "without_diagonal",
            "You leave the diagonal out. The card counts every entry.",
            "form",
        ),
        Mistake(
            "mean_of_rows",
            "You average one cosine for each example. Write all similarities in one row.",
            "form",
        ),
        Mistake("rooted", "You take the root of it.", "end"),
        Mistake("distance", "That is 1 − CKA, a distance.", "end"),
        Mistake("squared", "You square it once more.", "end"),
        Mistake("negated", "The sign is turned.", "end"),
        Mistake("angle", "That is an angle. The similarity is asked for.", "end"),
        Mistake("halved", "It is half of what it should be.", "end"),
    ),
    properties=(
        Property(
            "It should lie between 0 and 1, and yours does not. Above the line stands all of YᵀX, "
            "squared; do the norms of XᵀX and of YᵀY stand below, each of a centred side?",
            is_a_share,
        ),
        Property(
            "Where one layer is the other, turned, scaled and moved, it should be 1, and is not. "
            "What stands above and below the line then?",
            one_if_turned,
        ),
        Property(
            "You are wrong even where the means are hardly above 0. Which norms stand above and "
            "below the line, and which is squared?",
            right_without_means,
        ),
        Property(
            "Where the means are hardly above 0 all is nearly right. Of which axis is the mean "
            "taken away, and of both?",
            lambda case, output: agree(output.float(), right(case).float()),
        ),
    ),
)
