"""What a class hands in for the exercises of lesson 10, wrong and right."""

import math
from fractions import Fraction
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch.distributions import Normal, kl_divergence

from tests.classroom import Wrong

# ── 1 · The loss of a joint autoencoder ───────────────────────────────────────────────────────────


def squared(x, y):
    return ((x - y) ** 2).sum(dim=1)


def joint(a, da, b, db, z, w, p):
    return (w[0] * squared(a, da) + w[1] * squared(b, db) + p * (z**2).sum(1)).mean()


def in_place(a, da, b, db, z, w, p):
    a -= da
    b -= db
    return (w[0] * (a**2).sum(1) + w[1] * (b**2).sum(1) + p * (z**2).sum(1)).mean()


def only_if_sizes_match(a, da, b, db, z, w, p):
    errors = torch.stack([a - da, b - db])
    return (errors**2).sum(dim=(1, 2)) @ torch.tensor(w) / len(a) + p * (z**2).sum(1).mean()


def weights_of_the_lesson(first, drawn_first, second, drawn_second, code, weights, penalty):
    one = (first - drawn_first).square().sum(dim=1)
    two = (second - drawn_second).square().sum(dim=1)
    return (1.0 * one + 4.0 * two + penalty * code.square().sum(dim=1)).mean()


def penalty_of_the_lesson(first, drawn_first, second, drawn_second, code, weights, penalty):
    one = (first - drawn_first).square().sum(dim=1)
    two = (second - drawn_second).square().sum(dim=1)
    return (weights[0] * one + weights[1] * two + 0.001 * code.square().sum(dim=1)).mean()


def squares_and_then_subtracts(a, da, b, db, z, w, p):
    errors = w[0] * ((a**2).sum(1) - (da**2).sum(1)) + w[1] * ((b**2).sum(1) - (db**2).sum(1))
    return (errors + p * (z**2).sum(1)).mean()


def one_mse_of_both(a, da, b, db, z, w, p):
    both = torch.cat([w[0] ** 0.5 * a, w[1] ** 0.5 * b], dim=1)
    drawn = torch.cat([w[0] ** 0.5 * da, w[1] ** 0.5 * db], dim=1)
    return F.mse_loss(drawn, both) + p * (z**2).sum(1).mean()


def mse_of_the_picture(a, da, b, db, z, w, p):
    return w[0] * F.mse_loss(da, a) + (w[1] * squared(b, db) + p * (z**2).sum(1)).mean()


def mse_of_the_caption(a, da, b, db, z, w, p):
    return w[1] * F.mse_loss(db, b) + (w[0] * squared(a, da) + p * (z**2).sum(1)).mean()


def sums_down_the_columns(a, da, b, db, z, w, p):
    first, second = ((x**2).sum(dim=0).mean() for x in (a - da, b - db))
    return w[0] * first + w[1] * second + p * (z**2).sum(dim=0).mean()


JOINT_LOSS = (
    Wrong(squares_and_then_subtracts, "‖x‖² − ‖x̂‖²", "subtract"),
    Wrong(one_mse_of_both, "one mse_loss of both sides", "both sides together"),
    Wrong(mse_of_the_picture, "mse_loss for the first side only", "Only the first"),
    Wrong(mse_of_the_caption, "mse_loss for the second side only", "Only the second"),
    Wrong(sums_down_the_columns, "sums over the pairs and averages over the numbers", "dim=0"),
    Wrong(
        lambda a, da, b, db, z, w, p: (
            p * (w[0] * squared(a, da) + w[1] * squared(b, db) + (z**2).sum(1)).mean()
        ),
        "the penalty before everything",
        r"in front of your errors, too",
    ),
    Wrong(
        lambda a, da, b, db, z, w, p: (
            w[0] * (a - da).sum(1) + w[1] * (b - db).sum(1) + p * (z**2).sum(1)
        ).mean(),
        "adds the differences up, no square",
        "without a square",
    ),
    Wrong(
        lambda a, da, b, db, z, w, p: (
            w[0] * squared(a, da) + w[1] * squared(b, db) + p * z.sum(1) ** 2
        ).mean(),
        "squares the sum of a code",
        "before it squares",
    ),
    Wrong(
        lambda a, da, b, db, z, w, p: (
            w[0] * squared(a, da) / 2 + w[1] * squared(b, db) / 2 + p * (z**2).sum(1)
        ).mean(),
        "a half before each error, by habit",
        "½",
    ),
    Wrong(weights_of_the_lesson, "constants copied from the lesson", "`weights`"),
    Wrong(penalty_of_the_lesson, "a constant copied from the lesson", "`penalty`"),
    Wrong(lambda a, da, b, db, z, w, p: joint(a, da, b, db, z, w, 0), "leaves out Ω"),
    Wrong(
        lambda a, da, b, db, z, w, p: (
            w[0] * F.mse_loss(da, a) + w[1] * F.mse_loss(db, b) + p * (z**2).sum(1).mean()
        ),
        "averages the squared errors over the numbers of a side",
    ),
    Wrong(
        lambda a, da, b, db, z, w, p: (
            w[0] * F.mse_loss(da, a) + w[1] * F.mse_loss(db, b) + p * (z**2).mean()
        ),
        "averages over everything, the code, too",
    ),
    Wrong(lambda *x: joint(*x) * len(x[0]), "sums over the pairs"),
    Wrong(lambda a, da, b, db, z, w, p: joint(a, da, b, db, z, (1, 1), p), "ignores the weights"),
    Wrong(lambda a, da, b, db, z, w, p: joint(a, da, b, db, z, w[::-1], p), "swaps the weights"),
    Wrong(
        lambda a, da, b, db, z, w, p: joint(a, da, b, db, z, (1.0, 4.0), p),
        "copies the lesson's weights 1 and 4",
    ),
    Wrong(
        lambda a, da, b, db, z, w, p: joint(a, da, b, db, z, w, 0.001),
        "copies the lesson's penalty 0.001",
    ),
    Wrong(
        lambda a, da, b, db, z, w, p: joint(a, da, b, db, z, w, 0) + p * z.norm(dim=1).mean(),
        "the code's length is not squared",
    ),
    Wrong(
        lambda a, da, b, db, z, w, p: (
            w[0] * (a - da).norm(dim=1) + w[1] * (b - db).norm(dim=1) + p * z.norm(dim=1)
        ).mean(),
        "no norm is squared",
    ),
    Wrong(
        lambda a, da, b, db, z, w, p: (
            w[0] * (a - da).norm(dim=1) + w[1] * (b - db).norm(dim=1) + p * (z**2).sum(1)
        ).mean(),
        "the errors' norms are not squared",
    ),
    Wrong(
        lambda a, da, b, db, z, w, p: joint(a, da, b, db, z, w, 0) + p * (z**2).sum(),
        "the penalty is summed over the pairs",
    ),
    Wrong(
        lambda a, da, b, db, z, w, p: joint(a, da, b, db, z, w, 0) + p * (z**2).mean(),
        "the code's squares are averaged over its numbers",
    ),
    Wrong(
        lambda a, da, b, db, z, w, p: (
            w[0] * squared(a, da) + w[1] * squared(b, db) + p * (z**2).sum(1)
        ),
        "hands over a number for each pair",
    ),
    Wrong(lambda *x: joint(*x) / 2, "halves everything"),
    Wrong(
        lambda a, da, b, db, z, w, p: (
            w[0] * (a - da).sum(1) ** 2 + w[1] * (b - db).sum(1) ** 2 + p * (z**2).sum(1)
        ).mean(),
        "squares the sum of the differences",
    ),
    Wrong(
        lambda a, da, b, db, z, w, p: joint(a, da, b, db, z, (w[0] ** 2, w[1] ** 2), p),
        "the weights stand inside the square",
    ),
    Wrong(
        lambda a, da, b, db, z, w, p: (
            w[0] * (a - da).abs().sum(1) + w[1] * (b - db).abs().sum(1) + p * (z**2).sum(1)
        ).mean(),
        "absolute errors",
    ),
    Wrong(lambda *x: joint(*x).detach(), "cuts the gradient"),
    Wrong(lambda *x: joint(*x).item(), "returns a float: no gradient"),
    Wrong(lambda *x: torch.tensor(float(joint(*x))), "builds a new tensor: no gradient"),
    Wrong(lambda a, da, b, db, z, w, p: joint(a, da, b, db, z, w, -p), "subtracts the penalty"),
    Wrong(
        lambda a, da, b, db, z, w, p: joint(a, da, b, db, z, w, p) / sum(w),
        "divides by the sum of the weights",
    ),
    Wrong(
        lambda a, da, b, db, z, w, p: joint(a, da, b, db, z, (w[0], 0), p),
        "forgets the second side",
    ),
    Wrong(
        lambda a, da, b, db, z, w, p: joint(a, da, b, db, z, (0, w[1]), p), "forgets the first side"
    ),
    Wrong(
        lambda a, da, b, db, z, w, p: joint(a, da, b, db, z, (w[0], w[0]), p),
        "the first weight for both sides",
    ),
    Wrong(
        lambda a, da, b, db, z, w, p: w[0] * F.mse_loss(da, a) + w[1] * F.mse_loss(db, b),
        "averages over the numbers, and leaves out Ω",
    ),
    Wrong(
        lambda a, da, b, db, z, w, p: joint(a, da, b, db, z, w[::-1], 0),
        "swaps the weights, and leaves out Ω",
    ),
    Wrong(
        lambda a, da, b, db, z, w, p: (
            w[0] * squared(a, da).sum() + w[1] * squared(b, db).sum() + p * (z**2).sum(1).mean()
        ),
        "sums the errors over the pairs, and averages only Ω",
    ),
    Wrong(
        lambda a, da, b, db, z, w, p: (
            (w[0] * squared(a, da) + w[1] * squared(b, db)).mean() / (a.shape[1] + b.shape[1])
            + p * (z**2).sum(1).mean()
        ),
        "divides by all numbers of a pair",
    ),
    Wrong(
        lambda a, da, b, db, z, w, p: joint(a, da, b, db, z, w, p**2),
        "squares the penalty's factor",
    ),
    Wrong(
        lambda a, da, b, db, z, w, p: joint(a, da, b, db, z, w, 0) + p * (z.mean(0) ** 2).sum(),
        "penalises the mean code",
    ),
    Wrong(in_place, "changes what it was handed"),
    Wrong(only_if_sizes_match, "works only if both sides have as many numbers"),
    Wrong(
        lambda a, da, b, db, z, w, p: w[0] * squared(a, db) + w[1] * squared(b, da),
        "compares a side with the other",
    ),
    Wrong(
        lambda a, da, b, db, z, w, p: joint(a, da, b, db, z, w, p) + p * (w[0] + w[1]),
        "penalises the weights, too",
    ),
    Wrong(
        lambda a, da, b, db, z, w, p: joint(a, da, b, db, da, w, p),
        "penalises what was drawn in place of the code",
    ),
    Wrong(
        lambda a, da, b, db, z, w, p: (joint(a, da, b, db, z, w, p), joint(a, da, b, db, z, w, 0)),
        "returns two losses",
    ),
    Wrong(
        lambda a, da, b, db, z, w, p: (
            w[0] * squared(a, da).mean()
            + w[1] * squared(b, db).mean()
            + p * z.norm() ** 2 / z.numel()
        ),
        "divides the penalty by all numbers of the codes",
    ),
    Wrong(
        lambda a, da, b, db, z, w, p: joint(a.round(), da, b.round(), db, z, w, p),
        "rounds what went in",
    ),
    Wrong(
        lambda a, da, b, db, z, w, p: joint(a, da.clamp(0, 1), b, db.clamp(0, 1), z, w, p),
        "clamps what was drawn to 0 to 1",
    ),
    Wrong(
        lambda *x: joint(*(t.detach() if torch.is_tensor(t) else t for t in x[:4]), *x[4:]),
        "only the code's gradient is left",
    ),
    Wrong(lambda *x: joint(*x).sqrt(), "a root over everything"),
)


def joint_by_pair(a, da, b, db, z, w, p):
    total = 0.0
    for i in range(len(a)):
        total = total + w[0] * torch.dot(a[i] - da[i], a[i] - da[i])
        total = total + w[1] * torch.dot(b[i] - db[i], b[i] - db[i]) + p * torch.dot(z[i], z[i])
    return total / len(a)


class Joint:
    def __call__(self, first, drawn_first, second, drawn_second, code, weights, penalty):
        loss = torch.nn.MSELoss(reduction="sum")
        parts = weights[0] * loss(drawn_first, first) + weights[1] * loss(drawn_second, second)
        return (parts + penalty * code.pow(2).sum()) / code.shape[0]


JOINT_LOSS_RIGHT = (
    joint,
    joint_by_pair,
    Joint(),
    lambda a, da, b, db, z, w, p: joint(
        a.double(), da.double(), b.double(), db.double(), z.double(), w, p
    ),
    lambda a, da, b, db, z, w, p: (
        w[0] * F.mse_loss(da, a) * a.shape[1]
        + w[1] * F.mse_loss(db, b) * b.shape[1]
        + p * F.mse_loss(z, torch.zeros_like(z)) * z.shape[1]
    ),
    lambda a, da, b, db, z, w, p: (
        torch.stack([torch.einsum("pn,pn->", d, d) for d in (a - da, b - db, z)])
        @ torch.tensor([w[0], w[1], p], dtype=a.dtype)
        / len(a)
    ),
    lambda a, da, b, db, z, w, p: (
        torch.cat([w[0] ** 0.5 * (a - da), w[1] ** 0.5 * (b - db), p**0.5 * z], 1).square().sum()
        / len(z)
    ),
    lambda first, drawn_first, second, drawn_second, code, weights, penalty: joint(
        drawn_first, first, drawn_second, second, -code, weights, penalty
    ),
)

# ── 2 · Modality dropout ──────────────────────────────────────────────────────────────────────────


def columns(first, second):
    return torch.stack([first, second], dim=1).float()


def by_rank(draw, share):
    lose = int(share * len(draw))
    there = torch.ones(len(draw), 2)
    order = draw.argsort()
    there[order[:lose], 0] = 0
    there[order[len(draw) - lose :], 1] = 0
    return there


def drawn_again(draw, share):
    return columns(torch.rand(len(draw)) >= share, torch.rand(len(draw)) < 1 - share)


def soft(draw, share):
    return torch.stack([(draw - share).clamp(0, 1), (1 - share - draw).clamp(0, 1)], dim=1)


def both_bounds_slipped(draw, share):
    return torch.stack([draw > share, draw <= 1 - share], dim=1).float()


def a_third(draw, share):
    return torch.stack([draw >= 1 / 3, draw < 2 / 3], dim=1).float()


HIDE = (
    Wrong(
        lambda u, s: columns(u >= s, (u < s) | (u >= 2 * s)),
        "takes both shares from the low end",
        "low end",
    ),
    Wrong(
        lambda u, s: columns((u >= 1 - s) | (u < 1 - 2 * s), u < 1 - s),
        "takes both shares from the high end",
        "high end",
    ),
    Wrong(
        lambda u, s: columns(u >= u.quantile(s), u < u.quantile(1 - s)),
        "takes the bounds from the batch",
        "quantile",
    ),
    Wrong(
        lambda u, s: columns(u < s, u > 1 - s),
        "turns both signs round",
        "point the other way",
    ),
    Wrong(both_bounds_slipped, "both bounds slipped together", "Both edges"),
    Wrong(a_third, "a constant copied from the lesson", "does not change with `share`"),
    Wrong(lambda u, s: columns(u < 1 - s, u >= s), "swaps the columns"),
    Wrong(lambda u, s: columns(u > s, u < 1 - s), "> in place of ≥"),
    Wrong(lambda u, s: columns(u >= s, u <= 1 - s), "≤ in place of <"),
    Wrong(lambda u, s: columns(u > s, u <= 1 - s), "both edges the wrong way"),
    Wrong(lambda u, s: torch.stack([u >= s, u < 1 - s]).float(), "a row for each side"),
    Wrong(drawn_again, "throws dice of its own"),
    Wrong(lambda u, s: columns(u < s, u >= 1 - s), "1 where a side is hidden"),
    Wrong(lambda u, s: columns(u >= 1 / 3, u < 2 / 3), "copies the lesson's third"),
    Wrong(lambda u, s: columns(u >= s, u >= 1 - s), "the second condition the wrong way round"),
    Wrong(lambda u, s: columns(u >= s, u >= s), "both sides by one condition"),
    Wrong(lambda u, s: columns(u >= s, u < s), "one of both is always hidden"),
    Wrong(lambda u, s: columns(u >= s / 2, u < 1 - s / 2), "halves the share"),
    Wrong(soft, "shades in place of 0 and 1"),
    Wrong(by_rank, "counts pairs in place of looking at the line"),
    Wrong(lambda u, s: columns(u >= s, u < 1 - s) * u[:, None], "multiplies with the draw"),
    Wrong(lambda u, s: columns(u >= s, u < 1 - s) / (1 - s), "rescales as dropout does"),
    Wrong(lambda u, s: columns(u <= 1 - s, u > s), "the lowest lose the second side"),
    Wrong(lambda u, s: columns(u >= s, u < 2 * s), "2/3 read as twice the share"),
    Wrong(
        lambda u, s: columns(u >= s, u < s + 0.5), "the second bound half a line above the first"
    ),
    Wrong(lambda u, s: torch.cat([u >= s, u < 1 - s]).float(), "a single long vector"),
    Wrong(lambda u, s: ((u >= s).float(), (u < 1 - s).float()), "a tuple of two"),
    Wrong(
        lambda u, s: torch.stack([u >= s, u < 1 - s, (u >= s) & (u < 1 - s)], dim=1).float(),
        "a third column: both there",
    ),
    Wrong(lambda u, s: columns(u.round() >= s, u.round() < 1 - s), "rounds the draw first"),
    Wrong(lambda u, s: columns(u >= s, torch.ones_like(u)), "the second side is never hidden"),
    Wrong(lambda u, s: columns(torch.ones_like(u), u < 1 - s), "the first side is never hidden"),
    Wrong(
        lambda u, s: torch.bernoulli(torch.full((len(u), 2), 1.0 - s)),
        "dice of its own, each side alone",
    ),
    Wrong(lambda u, s: columns(u < 1 - s, u >= s).T, "swaps the sides, and a row for each"),
    Wrong(lambda u, s: columns(u >= 1 - s, u < s), "1 where hidden, and columns swapped"),
    Wrong(lambda u, s: columns(u >= s, u < 1 - s).reshape(2, -1), "reshapes to two rows"),
    Wrong(lambda u, s: (u >= s) & (u < 1 - s), "one flag for the pair"),
    Wrong(lambda u, s: columns(u >= s, 1 - u >= s) * 2 - 1, "−1 where hidden"),
    Wrong(
        lambda u, s: columns(u >= s, (u < 1 - s) & (u >= s)),
        "a pair that lost the first loses the second, too",
    ),
    Wrong(lambda u, s: columns(u >= u.mean(), u < 1 - s), "the mean of the draws for the share"),
    Wrong(lambda u, s: columns(u >= s, u < 1 - s).squeeze(), "squeezes a batch of one pair away"),
    Wrong(
        lambda u, s: [[float(x >= s), float(x < s)] for x in u.tolist()],
        "lists, and one of both always hidden",
    ),
)


def hide_by_pair(draw, share):
    rows = []
    for number in draw.tolist():
        rows.append([0.0 if number < share else 1.0, 0.0 if number >= 1 - share else 1.0])
    return torch.tensor(rows)


def hide_by_zeros(draw, share):
    there = torch.ones(draw.shape[0], 2)
    there[draw < share, 0] = 0
    there[draw >= 1 - share, 1] = 0
    return there


HIDE_RIGHT = (
    lambda u, s: columns(u >= s, u < 1 - s),
    hide_by_zeros,
    lambda u, s: torch.cat([(u >= s)[:, None], (u < 1 - s)[:, None]], dim=1).double(),
    lambda u, s: np.stack([u.numpy() >= s, u.numpy() < 1 - s], axis=1).astype(np.float32),
    lambda u, s: 1 - columns(u < s, u >= 1 - s),
    lambda draw, share: torch.vstack((~(draw < share), ~(draw >= 1 - share))).T.to(torch.float32),
    lambda u, s: torch.where(torch.stack([u >= s, u < 1 - s], -1), 1.0, 0.0),
    hide_by_pair,
)

# ── 3 · How far from the prior? ───────────────────────────────────────────────────────────────────


def log_of_deviation(mean, log_variance):
    deviation = torch.exp(log_variance / 2)
    return 0.5 * (mean**2 + deviation**2 - 1 - torch.log(deviation))


def half_of_one_term(mean, log_variance):
    return 0.5 * mean**2 + log_variance.exp() - 1 - log_variance


KL = (
    Wrong(lambda m, v: F.kl_div(m, v, reduction="none"), "another library's KL", "F.kl_div"),
    Wrong(
        lambda m, v: kl_divergence(Normal(m, v.exp()), Normal(0.0, 1.0)),
        "gives `Normal` the variance",
        "`Normal` asks for σ",
    ),
    Wrong(lambda m, v: (m**2 + v.exp() - 1 - 2 * v) / 2, "doubles the logarithm", "counts twice"),
    Wrong(lambda m, v: (m**2 + v.exp() - 1) / 2 - v, "closes the bracket early", "counts twice"),
    Wrong(lambda m, v: (m**2 + (-v).exp() - 1 - v) / 2, "the exponent's sign", "1/σ²"),
    Wrong(log_of_deviation, "ln σ for ln σ²", "Your last term is ln σ"),
    Wrong(half_of_one_term, "½ on one term only", "½ stands before μ² only"),
    Wrong(lambda m, v: m**2 + v.exp() - 1 - v, "forgets the half"),
    Wrong(lambda m, v: 0.5 * (m**2 + v.exp() - v), "forgets −1"),
    Wrong(lambda m, v: -0.5 * (m**2 + v.exp() - 1 - v), "the sign"),
    Wrong(lambda m, v: 0.5 * (m**2 + v - 1 - v.log()), "takes ln σ² for σ²"),
    Wrong(lambda m, v: 0.5 * (m**2 + v.abs() - 1 - v.abs().log()), "takes |ln σ²| for σ²"),
    Wrong(lambda m, v: 0.5 * (m**2 + (2 * v).exp() - 1 - 2 * v), "takes it for ln σ"),
    Wrong(lambda m, v: 0.5 * (m**2 + (v / 2).exp() - 1 - v), "σ in place of σ²"),
    Wrong(lambda m, v: 0.5 * (m**2 + (v / 2).exp() - 1 - v / 2), "σ in place of σ², twice"),
    Wrong(lambda m, v: (0.5 * (m**2 + v.exp() - 1 - v)).sum(dim=1), "sums over the code"),
    Wrong(
        lambda m, v: (0.5 * (m**2 + v.exp() - 1 - v)).sum(dim=1).mean(),
        "sums and averages to one number",
    ),
    Wrong(lambda m, v: (0.5 * (m**2 + v.exp() - 1 - v)).mean(), "the mean of everything"),
    Wrong(
        lambda m, v: (0.5 * (m**2 + v.exp() - 1 - v)).sum(dim=1, keepdim=True),
        "sums over the code, keeps the axis",
    ),
    Wrong(lambda m, v: 0.5 * (m + v.exp() - 1 - v), "the mean is not squared"),
    Wrong(lambda m, v: 0.5 * (m.abs() + v.exp() - 1 - v), "|μ| in place of μ²"),
    Wrong(lambda m, v: 0.5 * (m**2 + v.exp() - 1 + v), "adds the logarithm"),
    Wrong(lambda m, v: 0.5 * (m**2 + v.exp() + 1 - v), "adds 1"),
    Wrong(
        lambda m, v: 0.5 * (v + (1 + m**2) / v.exp() - 1),
        "the other direction: from the prior to the encoder",
    ),
    Wrong(lambda m, v: 0.5 * (m**2 + v.exp() - 1 - v) / math.log(2), "in bits"),
    Wrong(lambda m, v: 0.5 * (m**2 + v.exp() - 1 - v / math.log(2)), "a binary logarithm"),
    Wrong(lambda m, v: 0.5 * (m**2 + v.exp() - 1 - v / math.log(10)), "a decimal logarithm"),
    Wrong(lambda m, v: 0.5 * (m**2 + v.exp() ** 2 - 1 - v), "squares the variance"),
    Wrong(lambda m, v: 0.5 * m**2 + v.exp() - 1 - v, "the half stands before μ² only"),
    Wrong(lambda m, v: 0.5 * (m**2 + v.exp()) - 1 - v, "the half stands before two terms only"),
    Wrong(
        lambda m, v: 0.5 * (m**2 + v.clamp(-3, 3).exp() - 1 - v.clamp(-3, 3)),
        "clamps the logarithm to ±3",
    ),
    Wrong(
        lambda m, v: 0.5 * (m**2 + v.clamp(-10, 10).exp() - 1 - v.clamp(-10, 10)),
        "clamps the logarithm to ±10",
    ),
    Wrong(
        lambda m, v: kl_divergence(Normal(m, v.exp()), Normal(0.0, 1.0)), "hands σ² where σ belongs"
    ),
    Wrong(
        lambda m, v: kl_divergence(
            Normal(torch.zeros_like(m), torch.ones_like(v)), Normal(m, (v / 2).exp())
        ),
        "the library's, the other way round",
    ),
    Wrong(lambda m, v: F.kl_div(m, v), "the library's loss for something else"),
    Wrong(lambda m, v: 0.5 * (m**2 + v.exp() - 1 - v).T, "transposed"),
    Wrong(lambda m, v: -0.5 * (1 + v - m**2 - v**2), "squares the logarithm where exp belongs"),
    Wrong(lambda m, v: -0.5 * (1 + v - m**2 - (v.exp() ** 0.5)), "σ in place of σ², from memory"),
    Wrong(lambda m, v: 0.5 * (v + m**2 - 1 - v.log()), "takes ln σ² for σ² (other order)"),
    Wrong(lambda m, v: 0.5 * (m**2 + v.exp() - 1), "forgets the logarithm"),
    Wrong(lambda m, v: 0.5 * (v.exp() - 1 - v), "forgets the mean"),
    Wrong(lambda m, v: 0.5 * (m**2), "only the mean"),
    Wrong(lambda m, v: m**2 + v.exp() - v, "forgets half and −1"),
    Wrong(lambda m, v: (m**2 + v.exp() - 1 - v).sum(dim=1), "forgets the half, and sums"),
    Wrong(lambda m, v: 0.5 * ((m - 1) ** 2 + v.exp() - 1 - v), "a prior with mean 1"),
    Wrong(lambda m, v: 0.5 * (m**2 * v.exp() - 1 - v), "multiplies μ² with σ²"),
    Wrong(lambda m, v: 0.5 * (m**2 + 10**v - 1 - v), "10 to the power in place of e"),
    Wrong(lambda m, v: 0.5 * (m**2 + v - 1 - v.exp()), "exchanges σ² and ln σ²"),
    Wrong(lambda m, v: 0.5 * (v**2 + m.exp() - 1 - m), "exchanges the arguments"),
    Wrong(lambda m, v: (0.5 * (m**2 + v.exp() - 1 - v)).mean(dim=0), "averages over the pairs"),
    Wrong(lambda m, v: (0.5 * (m**2 + v.exp() - 1 - v)).squeeze(), "squeezes axes of size 1"),
    Wrong(lambda m, v: (m**2 + v.exp() - 1 - v) // 2, "whole numbers by //"),
    Wrong(lambda m, v: 0.5 * (m**2 + v.exp() - 1 - v).clamp(min=1e-3), "never below a floor"),
)


def kl_by_number(mean, log_variance):
    out = torch.empty_like(mean)
    for i in range(mean.shape[0]):
        for j in range(mean.shape[1]):
            mu, log_var = float(mean[i, j]), float(log_variance[i, j])
            out[i, j] = 0.5 * (mu * mu + math.exp(log_var) - 1 - log_var)
    return out


KL_RIGHT = (
    lambda m, v: 0.5 * (m**2 + v.exp() - 1 - v),
    lambda m, v: -0.5 * (1 + v - m.pow(2) - v.exp()),
    lambda m, v: (m * m + torch.expm1(v) - v) / 2,
    lambda m, v: kl_divergence(
        Normal(m, (v / 2).exp()), Normal(torch.zeros_like(m), torch.ones_like(m))
    ),
    lambda m, v: 0.5 * (m.numpy() ** 2 + np.exp(v.numpy()) - 1 - v.numpy()),
    lambda m, v: 0.5 * (m.double() ** 2 + v.double().exp() - 1 - v.double()),
    lambda mean, log_variance: [
        [(a * a + math.exp(b) - 1 - b) / 2 for a, b in zip(x, y, strict=True)]
        for x, y in zip(mean.tolist(), log_variance.tolist(), strict=True)
    ],
    kl_by_number,
)

# ── 4 · A product of experts ──────────────────────────────────────────────────────────────────────


def product_of(means, variances, present, prior=1.0):
    precision = present.float() / variances
    total = prior + precision.sum(0)
    return torch.stack([(precision * means).sum(0) / total, 1 / total])


def one_by_one(means, variances, present):
    mean, variance = torch.zeros(means.shape[1]), torch.ones(means.shape[1])
    for m, v, there in zip(means, variances, present, strict=True):
        gain = torch.where(there, variance / (variance + v), torch.zeros_like(v))
        mean, variance = mean + gain * (m - mean), (1 - gain) * variance
    return torch.stack([mean, variance])


def one_by_one_wrong(means, variances, present):
    mean, variance = torch.zeros(means.shape[1]), torch.ones(means.shape[1])
    for m, v, there in zip(means, variances, present, strict=True):
        w = there.float()
        mean, variance = (mean / variance + w * m / v) * variance, 1 / (1 / variance + w / v)
    return torch.stack([mean, variance])


def by_variance(m, v, p):
    w = p * v
    return torch.stack([(w * m).sum(0) / w.sum(0).clamp(min=1e-9), product_of(m, v, p)[1]])


def masked_mean_only(m, v, p):
    total = 1 + (1 / v).sum(0)
    return torch.stack([(p * m / v).sum(0) / total, 1 / total])


def masked_precision_only(m, v, p):
    total = 1 + (p / v).sum(0)
    return torch.stack([(m / v).sum(0) / total, 1 / total])


def average(m, v, p):
    count = p.sum(0).clamp(min=1)
    return torch.stack([(p * m).sum(0) / count, (p * v).sum(0) / count])


def two_experts(m, v, p):
    w = p / v
    total = 1 + w[0] + w[1]
    return torch.stack([(w[0] * m[0] + w[1] * m[1]) / total, 1 / total])


def absent_are_standard(m, v, p):
    return product_of(torch.where(p, m, 0.0), torch.where(p, v, 1.0), torch.ones_like(p))


def added_variances(means, variances, present):
    precisions = present / variances
    total = 1 + precisions.sum(dim=0)
    mean = (precisions * means).sum(dim=0) / total
    return torch.stack([mean, 1 + (present * variances).sum(dim=0)])


def weighed_and_added(means, variances, present):
    weights = present * variances
    total = 1 + weights.sum(dim=0)
    return torch.stack([(weights * means).sum(dim=0) / total, total])


def standard_for_absent(means, variances, present):
    means = torch.where(present, means, torch.zeros_like(means))
    precisions = 1 / torch.where(present, variances, torch.ones_like(variances))
    total = 1 + precisions.sum(dim=0)
    return torch.stack([(precisions * means).sum(dim=0) / total, 1 / total])


def mask_on_the_mean(means, variances, present):
    precisions = 1 / variances
    total = 1 + precisions.sum(dim=0)
    return torch.stack([(present * precisions * means).sum(dim=0) / total, 1 / total])


def the_surest_alone(m, v, p):
    v = torch.cat([torch.ones(1, v.shape[1]), torch.where(p, v, torch.inf)])
    m = torch.cat([torch.zeros(1, m.shape[1]), m])
    surest = v.argmin(0, keepdim=True)
    return torch.cat([m.gather(0, surest), v.gather(0, surest)])


def weighed_by_variance(m, v, p):
    weights = p * v
    return torch.stack([(weights * m).sum(0) / (1 + weights.sum(0)), 1 / (1 + (p / v).sum(0))])


def weighed_by_deviation(m, v, p):
    total = 1 + (p / v).sum(0)
    return torch.stack([(p * m / v.sqrt()).sum(0) / total, 1 / total])


PRODUCT = (
    Wrong(the_surest_alone, "the surest wins", "speaks alone"),
    Wrong(weighed_by_variance, "means weighed with variances", r"\*unsure\* pulls most"),
    Wrong(weighed_by_deviation, "means divided by σ", "divided by σ_i"),
    Wrong(added_variances, "adds the variances", "1 plus the experts' variances"),
    Wrong(
        weighed_and_added, "weighs with variances, and adds them", "1 plus the experts' variances"
    ),
    Wrong(standard_for_absent, "an absent expert replaced by N(0, 1)", "counts as N\\(0, 1\\)"),
    Wrong(mask_on_the_mean, "the mask on the mean only", "still make your variance smaller"),
    Wrong(lambda m, v, p: product_of(m, v, p, prior=0.0), "forgets the prior"),
    Wrong(lambda m, v, p: product_of(m, v, torch.ones_like(p)), "the absent speak, too"),
    Wrong(average, "averages means and variances"),
    Wrong(
        lambda m, v, p: torch.stack([product_of(m, v, p)[0], 1 + (p * v).sum(0)]),
        "adds the variances",
    ),
    Wrong(
        lambda m, v, p: torch.stack([product_of(m, v, p)[0], 1 / product_of(m, v, p)[1]]),
        "returns the precision",
    ),
    Wrong(lambda m, v, p: product_of(m, v, p).flip(0), "the variance first"),
    Wrong(
        lambda m, v, p: torch.stack([product_of(m, v, p)[0], product_of(m, v, p)[1].sqrt()]),
        "returns σ",
    ),
    Wrong(lambda m, v, p: product_of(m.T, v.T, p.T), "sums over the pairs"),
    Wrong(lambda m, v, p: product_of(m, v, ~p), "the mask is inverted"),
    Wrong(by_variance, "weighs means by the variance"),
    Wrong(
        lambda m, v, p: torch.stack([(p * m / v).sum(0), product_of(m, v, p)[1]]),
        "the mean is not multiplied with σ²",
    ),
    Wrong(masked_mean_only, "the absent are left out of the mean only"),
    Wrong(masked_precision_only, "the absent are left out of the precision only"),
    Wrong(lambda m, v, p: product_of(m, v**2, p), "takes variances for standard deviations"),
    Wrong(lambda m, v, p: product_of(m, v.exp(), p), "takes variances for their logarithms"),
    Wrong(lambda m, v, p: product_of(m, v.sqrt(), p), "σ in place of σ²"),
    Wrong(
        lambda m, v, p: product_of(m, v, p, prior=float(len(m))), "the prior once for each expert"
    ),
    Wrong(
        lambda m, v, p: product_of(m, v, p, prior=p.sum(0)), "the prior once for each who is there"
    ),
    Wrong(lambda m, v, p: product_of(m, v, p).T, "(pair, 2)"),
    Wrong(lambda m, v, p: torch.cat([*product_of(m, v, p)]), "one long vector"),
    Wrong(absent_are_standard, "an absent expert counts as another prior"),
    Wrong(two_experts, "works for two experts only"),
    Wrong(one_by_one_wrong, "multiplies with the old variance"),
    Wrong(
        lambda m, v, p: product_of(m, v, p) / p.sum(0).clamp(min=1), "divides by how many are there"
    ),
    Wrong(lambda m, v, p: product_of(m * v, v, p), "means are summed, not weighed"),
    Wrong(
        lambda m, v, p: torch.stack([average(m, v, p)[0], product_of(m, v, p)[1]]),
        "the plain mean of those present",
    ),
    Wrong(
        lambda m, v, p: torch.stack([product_of(m, v, p, prior=0.0)[0], product_of(m, v, p)[1]]),
        "the prior is in the variance, not in the mean",
    ),
    Wrong(
        lambda m, v, p: torch.stack([product_of(m, v, p)[0], product_of(m, v, p, prior=0.0)[1]]),
        "the prior is in the mean, not in the variance",
    ),
    Wrong(lambda m, v, p: product_of(m * p, v, torch.ones_like(p)), "the absent speak with mean 0"),
    Wrong(lambda m, v, p: product_of(m, v * p, torch.ones_like(p)), "divides by a variance of 0"),
    Wrong(
        lambda m, v, p: product_of(m, v, p, prior=0.0).flip(0),
        "forgets the prior, and the variance first",
    ),
    Wrong(
        lambda m, v, p: product_of(m, v, torch.ones_like(p), prior=0.0), "forgets prior and mask"
    ),
    Wrong(lambda m, v, p: product_of(m, v, p)[0], "only the mean"),
    Wrong(lambda m, v, p: product_of(m + 1, v, p), "a prior with mean 1, shifted wrongly"),
    Wrong(
        lambda m, v, p: product_of(m, v, p.any(0, keepdim=True) & torch.ones_like(p)),
        "all speak if one is there",
    ),
    Wrong(
        lambda m, v, p: product_of(m, v, p.all(0, keepdim=True) & torch.ones_like(p)),
        "nobody speaks if one is absent",
    ),
    Wrong(
        lambda m, v, p: product_of(
            m[p].reshape(-1, m.shape[1]), v[p].reshape(-1, m.shape[1]), torch.ones(1)
        ),
        "reshapes what the mask left",
    ),
    Wrong(lambda m, v, p: product_of(m, v, p, prior=1e-8), "a small number in place of the prior"),
    Wrong(
        lambda m, v, p: torch.stack(
            [product_of(m, v, p)[0], torch.where(p, v, torch.ones_like(v)).prod(0)]
        ),
        "multiplies the variances",
    ),
)


def product_by_pair(means, variances, present):
    rows = [[], []]
    for j in range(means.shape[1]):
        precision, weighted = 1.0, 0.0
        for i in range(means.shape[0]):
            if present[i, j]:
                precision += 1 / variances[i, j].item()
                weighted += means[i, j].item() / variances[i, j].item()
        rows[0].append(weighted / precision)
        rows[1].append(1 / precision)
    return torch.tensor(rows)


def product_with_row(means, variances, present):
    ones = torch.ones(1, means.shape[1])
    m, v = torch.cat([0 * ones, means]), torch.cat([ones, variances])
    p = torch.cat([ones.bool(), present])
    return product_of(m, v, p, prior=0.0)


def product_numpy(means, variances, present):
    weight = np.where(present.numpy(), 1 / variances.numpy(), 0)
    total = 1 + weight.sum(axis=0)
    return np.array([(weight * means.numpy()).sum(axis=0) / total, 1 / total])


PRODUCT_RIGHT = (
    lambda m, v, p: tuple(product_of(m, v, p)),
    product_of,
    one_by_one,
    product_by_pair,
    product_with_row,
    product_numpy,
    lambda m, v, p: product_of(m.double(), v.double(), p),
    lambda m, v, p: product_of(m, v.masked_fill(~p, math.inf), torch.ones_like(p)),
    lambda means, variances, present: (
        torch.stack(
            [torch.einsum("ep,ep->p", present / variances, means), torch.ones(means.shape[1])]
        )
        / (1 + (present / variances).sum(0))
    ),
    partial(product_of, prior=1),
)

# ── 5 · Find the bugs ─────────────────────────────────────────────────────────────────────────────


def careless(x, w, mean, v, e, beta):
    code = mean + v.exp() * e
    drawn = (x - code @ w).square().mean(dim=1) / 2
    far = (mean.square() + v.exp() - 1 - v).mean(dim=1) / 2
    return (drawn + beta * far).mean()


def vae(
    x, w, mean, v, e, beta, *, spread=0.5, pixels=torch.sum, codes=torch.sum, half=2, kl_half=2
):
    code = mean + (spread * v).exp() * e
    drawn = pixels((x - code @ w).square(), dim=1) / half
    far = codes(mean.square() + v.exp() - 1 - v, dim=1) / kl_half
    return (drawn + beta * far).mean()


def own_noise(x, w, mean, v, e, beta):
    return vae(x, w, mean, v, torch.randn_like(e), beta)


FIND_BUGS = (
    Wrong(
        lambda x, w, m, v, e, b: (
            (x - (m + (v / 2).exp() * e) @ w).square().sum(1).mean() / 2
            + b * (m**2 + v.exp() - 1 - v).sum() / 2
        ),
        "sums KL over the pictures, and averages the error",
        "Your KL is summed over the pictures",
    ),
    Wrong(
        lambda x, w, m, v, e, b: (
            (x - ((m + e) * (v / 2).exp()) @ w).square().sum(1).mean() / 2
            + b * (m**2 + v.exp() - 1 - v).sum(1).mean() / 2
        ),
        "scales μ, too",
        "Your μ is multiplied",
    ),
    Wrong(
        lambda x, w, m, v, e, b: (
            (x - (m + (v / 2).exp() * e) @ w).square().sum(1).mean() / 2
            + b * (m**2 + (2 * v).exp() - 1 - 2 * v).sum(1).mean() / 2
        ),
        "ln σ in KL",
        "for ln σ",
    ),
    Wrong(careless, "hands back the program as it was"),
    Wrong(partial(vae, spread=1.0), "mends both means, not σ"),
    Wrong(partial(vae, pixels=torch.mean), "the pixels are still averaged"),
    Wrong(partial(vae, codes=torch.mean), "the code is still averaged"),
    Wrong(partial(vae, spread=1.0, pixels=torch.mean), "mends the code's sum only"),
    Wrong(partial(vae, spread=1.0, codes=torch.mean), "mends the pixels' sum only"),
    Wrong(partial(vae, pixels=torch.mean, codes=torch.mean), "mends σ only"),
    Wrong(partial(vae, half=1), "loses the half of the error"),
    Wrong(partial(vae, kl_half=1), "loses the half of KL"),
    Wrong(partial(vae, half=1, kl_half=1), "loses both halves"),
    Wrong(lambda x, w, m, v, e, b: vae(x, w, m, v, e, 1.0), "ignores β"),
    Wrong(lambda x, w, m, v, e, b: vae(x, w, m, v, e, 1.0) * b, "β before both"),
    Wrong(lambda x, w, m, v, e, b: vae(x, w, m, v, 0 * e, b), "leaves out the noise"),
    Wrong(lambda x, w, m, v, e, b: vae(x, w, m, v, -e, b), "subtracts the noise"),
    Wrong(own_noise, "throws noise of its own"),
    Wrong(lambda x, w, m, v, e, b: vae(x, w, m, v, e, b) * len(x), "sums over the pictures"),
    Wrong(partial(vae, spread=2.0), "doubles the logarithm in place of halving it"),
    Wrong(partial(vae, spread=-0.5), "one over σ"),
    Wrong(lambda x, w, m, v, e, b: vae(x, w, m, v, e, b).detach(), "cuts the gradient"),
    Wrong(lambda x, w, m, v, e, b: vae(x, w, m, v, e, b).item(), "returns a float"),
    Wrong(lambda x, w, m, v, e, b: vae(x, w, m, v, e, 0.0), "forgets KL"),
    Wrong(lambda x, w, m, v, e, b: vae(x, w, m, v, e, b) + b * w.shape[0] / 2, "forgets −1 in KL"),
    Wrong(
        lambda x, w, m, v, e, b: (
            F.mse_loss((m + (v / 2).exp() * e) @ w, x, reduction="sum") / 2
            + b * (m**2 + v.exp() - 1 - v).sum(1).mean() / 2
        ),
        "sums the error over the pictures, and averages KL",
    ),
    Wrong(
        lambda x, w, m, v, e, b: (
            F.mse_loss((m + (v / 2).exp() * e) @ w, x) / 2
            + b * (m**2 + v.exp() - 1 - v).sum(1).mean() / 2
        ),
        "the library's mean over pixels",
    ),
    Wrong(
        lambda x, w, m, v, e, b: (
            (x - (m + (v / 2).exp() * e) @ w).norm(dim=1).mean() / 2
            + b * (m**2 + v.exp() - 1 - v).sum(1).mean() / 2
        ),
        "the norm is not squared",
    ),
    Wrong(
        lambda x, w, m, v, e, b: (
            (x - (m + (v / 2).exp() * e) @ w).square().sum(0).mean() / 2
            + b * (m**2 + v.exp() - 1 - v).sum(0).mean() / 2
        ),
        "sums over the pictures and averages over the numbers",
    ),
    Wrong(lambda x, w, m, v, e, b: vae(x, w, m, v, e, b)[None], "shape (1,)"),
    Wrong(lambda x, w, m, v, e, b: vae(x, w.T, m, v, e, b), "the matrix transposed"),
    Wrong(lambda x, w, m, v, e, b: vae(x, w, m, v, e, b / 2), "halves KL twice"),
    Wrong(lambda x, w, m, v, e, b: vae(x, w, m, v, e, b * x.shape[1]), "β times the pixels"),
    Wrong(lambda x, w, m, v, e, b: vae(x, w, m, v, e, b / x.shape[1]), "β over the pixels"),
    Wrong(
        lambda x, w, m, v, e, b: careless(x, w, m, v, e, b) * x.shape[1],
        "multiplies everything by the pixels",
    ),
    Wrong(
        lambda x, w, m, v, e, b: (
            (x - (m + (v / 2).exp() * e) @ w).square().sum(1).mean() / 2
            + b * (m**2 + (v / 2).exp() - 1 - v).sum(1).mean() / 2
        ),
        "σ in KL, too",
    ),
    Wrong(
        lambda x, w, m, v, e, b: (
            (x - (m + (v / 2).exp() * e) @ w).square().sum(1).mean() / 2
            + b * (m**2 + v.exp() - 1 - v / 2).sum(1).mean() / 2
        ),
        "half the logarithm in KL, too",
    ),
    Wrong(
        lambda x, w, m, v, e, b: (
            (x - (m + (v / 2).exp() * e) @ w).square().sum(1).mean() / 2
            - b * (m**2 + v.exp() - 1 - v).sum(1).mean() / 2
        ),
        "subtracts KL",
    ),
    Wrong(lambda x, w, m, v, e, b: vae(x, w, m, v.detach(), e, b), "no gradient for the variance"),
    Wrong(
        lambda x, w, m, v, e, b: vae(x, w, m, v, e, b) + 1e-3 * w.square().sum(),
        "adds weight decay",
    ),
    Wrong(partial(vae, pixels=torch.mean, kl_half=1), "the pixels averaged, and no half in KL"),
)


def vae_by_picture(pictures, weight, mean, log_variance, noise, beta):
    total = torch.zeros(())
    for x, m, v, e in zip(pictures, mean, log_variance, noise, strict=True):
        z = m + v.exp().sqrt() * e
        total = total + ((x - z @ weight) ** 2).sum() / 2
        total = total + beta * sum(0.5 * (m[d] ** 2 + v[d].exp() - 1 - v[d]) for d in range(len(m)))
    return total / len(pictures)


def vae_by_library(pictures, weight, mean, log_variance, noise, beta):
    spread = torch.exp(0.5 * log_variance)
    said = Normal(mean, spread)
    far = kl_divergence(said, Normal(torch.zeros_like(mean), torch.ones_like(mean))).sum()
    drawn = F.mse_loss((mean + spread * noise) @ weight, pictures, reduction="sum") / 2
    return (drawn + beta * far) / pictures.shape[0]


FIND_BUGS_RIGHT = (
    vae,
    vae_by_picture,
    vae_by_library,
    lambda x, w, m, v, e, b: vae(*(t.double() for t in (x, w, m, v, e)), b),
    lambda x, w, m, v, e, b: (
        -(
            -0.5 * (x - torch.einsum("pc,cn->pn", m + (v / 2).exp() * e, w)).pow(2).sum()
            + 0.5 * b * (1 + v - m.pow(2) - v.exp()).sum()
        )
        / len(x)
    ),
    lambda x, w, m, v, e, b: (
        0.5 * ((x - torch.addcmul(m, v.exp() ** 0.5, e).matmul(w)).norm(dim=1) ** 2).mean()
        + 0.5 * b * (m * m + v.expm1() - v).sum(-1).mean()
    ),
    lambda pictures, weight, mean, log_variance, noise, beta: vae(
        pictures, weight, mean, log_variance, noise, beta
    ),
)

# ── 6 · What does β weigh? ────────────────────────────────────────────────────────────────────────

BETA = (
    Wrong([1.024, 0.977], "takes the comma of 1,024 for a point", "parts the thousands"),
    Wrong([1.024, 0.000977], "takes the comma for a point, at first", "parts the thousands"),
    Wrong([1024, 9.77e4], "e4 for e-4", "exponent"),
    Wrong([1024, 0.00097], "cuts off after two digits", "cut off"),
    Wrong([1024, 0.977], "writes thousandths", "a thousand times too large"),
    Wrong([1025, 0.000976], "adds in place of multiplying", "added or multiplied"),
    Wrong([1024, 0.00098], "two digits where three are asked", "two significant digits"),
    Wrong(["1024", 0.000977], "a text among numbers", "is a text"),
    Wrong([1, 1], "thinks that nothing changes"),
    Wrong([1 / 1024, 1024], "the wrong way round"),
    Wrong([0.000977, 1024], "the wrong way round, rounded"),
    Wrong([1024, 1024], "the same for both"),
    Wrong([0.000977, 0.000977], "the same for both, small"),
    Wrong([1024, 1], "the friend's own β for the second"),
    Wrong([1, 0.000977], "the friend's own β for the first"),
    Wrong([32, 0.03125], "a root: the side of the picture"),
    Wrong([32, 0.0312], "a root, rounded"),
    Wrong([2048, 0.000488], "a ½ that is in neither loss"),
    Wrong([512, 0.00195], "the ½ the other way"),
    Wrong([1024, 0.000488], "a ½ in the second only"),
    Wrong([2048, 0.000977], "a ½ in the first only"),
    Wrong([1024, 0.001], "rounded to three decimals"),
    Wrong([1000, 0.001], "rounds 1,024"),
    Wrong([1024, 0.00977], "a zero too few"),
    Wrong([1024, 0.0000977], "a zero too many"),
    Wrong([1024, 0.0], "rounds to zero"),
    Wrong([1024, 97.7], "a percentage of a thousandth"),
    Wrong([1024, 0.0977], "in percent"),
    Wrong([1024, -0.000977], "a negative β"),
    Wrong([1083, 1 / 1083], "counts the words of the caption, too"),
    Wrong([1048576, 9.54e-7], "the square"),
    Wrong([6.931, -6.931], "logarithms"),
    Wrong([1024], "one number"),
    Wrong(1024, "not a list"),
    Wrong([1024, 0.000977, 1], "three numbers"),
    Wrong(["1024", "0.000977"], "strings"),
    Wrong("1024, 0.000977", "one string"),
    Wrong([1024, None], "the second is missing"),
    Wrong([1024, "1/1024"], "a fraction as a string"),
    Wrong({"friend": 1024, "take": 1 / 1024}, "a dictionary"),
    Wrong([1 / 0.07, 0.07], "another lesson's number"),
    Wrong([64, 0.0156], "the matrix's other size"),
    Wrong([8192, 0.000122], "takes s = 0.25 and a half in: 1024 · 8"),
    Wrong([1024, 1023 / 1024], "subtracts"),
    Wrong([float("nan"), 0.000977], "not a number"),
)
BETA_RIGHT = (
    [1024, 0.000977],
    [1024.0, 1 / 1024],
    (1024, 9.77e-4),
    torch.tensor([1024, 0.0009765625]),
    np.array([1024, 0.000977]),
    [1024, 2**-10],
    [np.float64(1024), np.float32(1 / 1024)],
    [torch.tensor(1024), torch.tensor(1 / 1024)],
    [1024, Fraction(1, 1024)],
)

# ── 7 · What does λ₂ buy? ─────────────────────────────────────────────────────────────────────────

WEIGHT = (
    Wrong([8.86, 1.03, 8.53, 1.72], "makes the picture longer", "or the picture longer"),
    Wrong([8.86, 1.03, 0.65, 0.64], "divides the picture's error, too", "third number"),
    Wrong([8.86, 1.03, 0.64, 10.43], "turns the last two round", "changed places"),
    Wrong([8.86, 1.03, 1.18, 0.62], "factors for the last two", "factors"),
    Wrong([7.37, 0.88, 8.72, 0.55], "draws all pairs again", "all pairs again"),
    Wrong([8.86, 1.03, 10.83, 15.34], "draws the short captions", "short ones"),
    Wrong([8.86, 1.03, 10.83, 0.96], "draws the short captions, divided", "short ones, whose"),
    Wrong([8.86, 1.03, 20.61, 10.72], "λ in place of its root, divided by λ", "λ_2 once"),
    Wrong([8.86, 1.03, 13.30, 1.97], "fits once, at λ = 1", "To which rows"),
    Wrong([41.68, 2.38, 43.53, 2.00], "never adds the mean again", "inverse_transform"),
    Wrong([8.86, 1.03, 10.34, 0.64], "two digits swapped in typing", "Number 3 is too small"),
    Wrong([8.86, 1.03, 20.61, 0.67], "λ in place of its root"),
    Wrong([8.86, 1.03, 10.43, 10.30], "the caption's error still holds λ"),
    Wrong([8.86, 1.03, 10.43, 2.58], "divides by the root of the root: λ undone by half"),
    Wrong([8.86, 1.03, 10.43, 0.04], "λ divided out twice"),
    Wrong([7.02, 0.84, 8.30, 0.53], "measures the training pairs"),
    Wrong([4.98, 0.59, 6.31, 0.33], "fits to the kept-back pairs"),
    Wrong([7.40, 0.87, 8.62, 0.52], "fits to all pairs"),
    Wrong([8.86, 10.43, 1.03, 0.64], "sorted by side"),
    Wrong([1.03, 8.86, 0.64, 10.43], "the caption first"),
    Wrong([10.43, 0.64, 8.86, 1.03], "λ = 16 first"),
    Wrong([0.0087, 0.0175, 0.0102, 0.0109], "means over the numbers of a side"),
    Wrong([0.01, 0.02, 0.01, 0.01], "means over the numbers, two decimals"),
    Wrong([14.36, 1.63, 16.77, 0.87], "16 numbers in place of 32"),
    Wrong([8.86, 1.03, 9.33, 0.74], "the lesson's λ = 4"),
    Wrong([8.86, 1.03, 16.58, 0.65], "λ = 100"),
    Wrong([2.98, 1.02, 3.23, 0.80], "roots: distances"),
    Wrong([1072.5, 125.2, 1262.1, 77.9], "sums over the pairs"),
    Wrong([1.18, 0.62], "two factors"),
    Wrong([8.86, 1.03], "two of the four"),
    Wrong([8.9, 1.0, 10.4, 0.6], "one decimal"),
    Wrong([9, 1, 10, 1], "whole numbers"),
    Wrong([9.90, 1.03, 20.73, 0.64], "sums of both errors where the picture's belongs"),
    Wrong([8.86, 1.03, 10.43, None], "the last is missing"),
    Wrong(["8.86", "1.03", "10.43", "0.64"], "strings"),
    Wrong({1: [8.86, 1.03], 16: [10.43, 0.64]}, "a dictionary"),
    Wrong([8.86, 1.03, 8.86, 1.03], "λ = 1 twice"),
    Wrong([10.43, 0.64, 10.43, 0.64], "λ = 16 twice"),
    Wrong([7.02, 0.84, 8.30, 8.46], "training pairs, and λ in the caption's error"),
    Wrong([8.86, 1.03, 20.61, 171.6], "λ in place of its root, and not taken out"),
    Wrong([9.4, 0.27, 9.4, 0.58], "the lesson's network"),
    Wrong([886, 103, 1043, 64], "a hundred times"),
    Wrong(8.86, "one number"),
    Wrong([-8.86, -1.03, -10.43, -0.64], "signs"),
    Wrong([4.43, 0.52, 5.22, 0.32], "halves"),
)
WEIGHT_RIGHT = (
    [[8.86, 1.03], [10.43, 0.64]],
    [8.867, 1.0338, 10.472, 0.6459],  # of the default solver, which draws lots
    [8.86, 1.03, 10.43, 0.64],
    (8.864, 1.034, 10.431, 0.644),
    torch.tensor([8.8637, 1.0343, 10.4306, 0.6439]),
    np.array([8.8637, 1.0343, 10.4306, 0.6439]),
    [np.float32(8.86372), np.float32(1.0343115), np.float32(10.4306135), np.float32(0.6439354)],
    [torch.tensor(8.86), torch.tensor(1.03), torch.tensor(10.43), torch.tensor(0.64)],
    torch.tensor([8.8637, 1.0343, 10.4306, 0.6439], dtype=torch.float64),
)

WRONG = {
    "autoencoders.joint_loss": JOINT_LOSS,
    "autoencoders.hide": HIDE,
    "autoencoders.kl": KL,
    "autoencoders.product": PRODUCT,
    "autoencoders.find_bugs": FIND_BUGS,
    "autoencoders.beta": BETA,
    "autoencoders.weight": WEIGHT,
}
RIGHT = {
    "autoencoders.joint_loss": JOINT_LOSS_RIGHT,
    "autoencoders.hide": HIDE_RIGHT,
    "autoencoders.kl": KL_RIGHT,
    "autoencoders.product": PRODUCT_RIGHT,
    "autoencoders.find_bugs": FIND_BUGS_RIGHT,
    "autoencoders.beta": BETA_RIGHT,
    "autoencoders.weight": WEIGHT_RIGHT,
}
