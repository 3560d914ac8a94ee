"""What a class hands in for the exercises of lesson 12, wrong and right."""

import math
from collections import Counter
from fractions import Fraction
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F

from tests.classroom import Wrong

# ── 1 · Every picture with every text ─────────────────────────────────────────────────────────────


def scored(p, t, tau):
    return F.normalize(p, dim=1) @ F.normalize(t, dim=1).T / tau


def unit_in_place(p, t, tau):
    p /= p.norm(dim=1, keepdim=True)
    t /= t.norm(dim=1, keepdim=True)
    return p @ t.T / tau


def pearson(p, t, tau):
    return scored(p - p.mean(1, keepdim=True), t - t.mean(1, keepdim=True), tau)


def angles(pictures, texts, temperature):
    return torch.acos(F.normalize(pictures, dim=1) @ F.normalize(texts, dim=1).T) / temperature


def safe_angles(pictures, texts, temperature):
    cosines = F.normalize(pictures, dim=1) @ F.normalize(texts, dim=1).T
    return cosines.clamp(-1, 1).arccos() / temperature


SIMILARITIES = (
    Wrong(angles, "an angle", "1/τ; yours is another|These are angles"),
    Wrong(safe_angles, "an angle, kept within ±1", "These are angles"),
    Wrong(lambda p, t, tau: p @ t.T / tau, "does not divide by the lengths"),
    Wrong(lambda p, t, tau: F.normalize(p) @ t.T / tau, "the texts keep their lengths"),
    Wrong(lambda p, t, tau: p @ F.normalize(t).T / tau, "the pictures keep their lengths"),
    Wrong(lambda p, t, tau: scored(p, t, 1 / tau), "multiplies with the temperature"),
    Wrong(lambda p, t, tau: scored(p, t, 1), "ignores the temperature"),
    Wrong(lambda p, t, tau: scored(p, t, 0.07), "τ = 0.07 built in"),
    Wrong(
        lambda p, t, tau: F.normalize(p, dim=0) @ F.normalize(t, dim=0).T / tau,
        "makes the columns 1 long",
    ),
    Wrong(lambda p, t, tau: scored(p, t, tau).T, "a row for each text"),
    Wrong(lambda p, t, tau: scored(t, p, tau), "a row for each text, by exchanged arguments"),
    Wrong(lambda p, t, tau: scored(p, t, tau).softmax(1), "softmax over the rows"),
    Wrong(lambda p, t, tau: scored(p, t, tau).softmax(0), "softmax over the columns"),
    Wrong(lambda p, t, tau: scored(p, t, tau).log_softmax(1), "log-softmax"),
    Wrong(lambda p, t, tau: scored(p, t, tau).exp(), "exponentials"),
    Wrong(
        lambda p, t, tau: p @ t.T / (p.square().sum(1)[:, None] * t.square().sum(1)) / tau,
        "squared lengths",
    ),
    Wrong(
        lambda p, t, tau: p @ t.T / (p.norm() * t.norm()) / tau, "one length for the whole table"
    ),
    Wrong(lambda p, t, tau: F.cosine_similarity(p, t) / tau, "picture i with text i only"),
    Wrong(lambda p, t, tau: scored(p, t, tau**0.5), "the root of τ"),
    Wrong(lambda p, t, tau: scored(p, t, tau**2), "τ²"),
    Wrong(lambda p, t, tau: scored(p, t, math.exp(tau)), "divides by e^τ"),
    Wrong(lambda p, t, tau: scored(p, t, 1) * math.exp(tau), "CLIP's logit scale: times e^τ"),
    Wrong(lambda p, t, tau: -torch.cdist(F.normalize(p), F.normalize(t)) / tau, "distances"),
    Wrong(
        lambda p, t, tau: -(torch.cdist(F.normalize(p), F.normalize(t)) ** 2) / tau,
        "squared distances",
    ),
    Wrong(lambda p, t, tau: (1 - scored(p, t, 1)) / tau, "1 − cosine"),
    Wrong(lambda p, t, tau: scored(p, t, 1).clamp(min=0) / tau, "no negative cosines"),
    Wrong(lambda p, t, tau: scored(p, t, 1).abs() / tau, "|cosine|"),
    Wrong(lambda p, t, tau: scored(p, t, 1).arccos() / tau, "angles"),
    Wrong(
        lambda p, t, tau: (
            (p / p.abs().sum(1, keepdim=True)) @ (t / t.abs().sum(1, keepdim=True)).T / tau
        ),
        "sums of absolute values for lengths",
    ),
    Wrong(
        lambda p, t, tau: (
            (p / p.abs().amax(1, keepdim=True)) @ (t / t.abs().amax(1, keepdim=True)).T / tau
        ),
        "the largest value for the length",
    ),
    Wrong(
        lambda p, t, tau: (p / p.sum(1, keepdim=True)) @ (t / t.sum(1, keepdim=True)).T / tau,
        "divides by the sum",
    ),
    Wrong(lambda p, t, tau: F.normalize(p @ t.T / tau), "makes the rows of the product 1 long"),
    Wrong(lambda p, t, tau: p @ t.T / math.sqrt(p.shape[1]) / tau, "√d, as in attention"),
    Wrong(lambda p, t, tau: scored(p, t, 1) / math.sqrt(p.shape[1]) / tau, "cosine, and √d, too"),
    Wrong(lambda p, t, tau: scored(p, t, tau) + 1e-2, "adds a little"),
    Wrong(pearson, "subtracts the mean: a correlation"),
    Wrong(unit_in_place, "changes what it was handed"),
    Wrong(lambda p, t, tau: scored(p, t, tau).argmax(1), "the best text"),
    Wrong(lambda p, t, tau: scored(p, t, tau).diagonal(), "the diagonal"),
    Wrong(lambda p, t, tau: (p @ t.T) * tau, "no lengths, and times τ"),
    Wrong(lambda p, t, tau: scored(p, t, 1 / tau).T, "times τ, and transposed"),
    Wrong(
        lambda p, t, tau: p @ t.T / (p.norm(dim=1)[:, None] + t.norm(dim=1)) / tau,
        "adds the lengths",
    ),
    Wrong(
        lambda p, t, tau: p @ t.T / (p.norm(dim=1) * t.norm(dim=1)) / tau,
        "lengths broadcast along one axis",
    ),
    Wrong(
        lambda p, t, tau: (
            p @ t.T / (p.norm(dim=1, keepdim=True) * t.norm(dim=1, keepdim=True)) / tau
        ),
        "texts' lengths along the rows",
    ),
    Wrong(lambda p, t, tau: scored(p, t, 1).round(decimals=1) / tau, "rounds the cosines"),
    Wrong(lambda p, t, tau: scored(p, t, tau).squeeze(), "squeezes a single row or column away"),
    Wrong(lambda p, t, tau: scored(p, t, max(tau, 0.1)), "a floor under τ"),
    Wrong(lambda p, t, tau: (scored(p, t, 1) + 1) / 2 / tau, "(cos + 1)/2", "into 0 to 1"),
    Wrong(
        lambda p, t, tau: F.normalize(p) @ F.normalize(t).reshape(t.shape[::-1]) / tau,
        "reshapes instead of transposing",
        "reshaped",
    ),
    Wrong(
        lambda p, t, tau: p @ t.T / (p.norm(dim=1).max() * t.norm(dim=1).max()) / tau,
        "the longest vector's length for all",
        "length of the longest",
    ),
)


class Towers:
    def __call__(self, pictures, texts, temperature):
        return torch.cosine_similarity(pictures[:, None], texts[None], dim=-1) / temperature


def cosine_by_hand(pictures, texts, temperature):
    rows = []
    for p in pictures.tolist():
        row = []
        for t in texts.tolist():
            dot = sum(a * b for a, b in zip(p, t, strict=True))
            row.append(dot / math.hypot(*p) / math.hypot(*t) / temperature)
        rows.append(row)
    return rows


SIMILARITIES_RIGHT = (
    scored,
    Towers(),
    cosine_by_hand,
    lambda p, t, tau: (
        torch.einsum("nd,md->nm", p / p.norm(dim=1, keepdim=True), t / t.norm(dim=1, keepdim=True))
        / tau
    ),
    lambda p, t, tau: (
        (p.numpy() @ t.numpy().T)
        / np.outer(np.linalg.norm(p.numpy(), axis=1), np.linalg.norm(t.numpy(), axis=1))
        / tau
    ),
    lambda p, t, tau: scored(p.double(), t.double(), tau),
    lambda p, t, tau: (p @ t.T) / (p.norm(dim=1)[:, None] * t.norm(dim=1)[None, :]) / tau,
    lambda pictures, texts, temperature: (
        torch.stack([F.cosine_similarity(p[None], texts) for p in pictures]) / temperature
    ),
    lambda p, t, tau: (
        (1 - torch.cdist(F.normalize(p.double()), F.normalize(t.double())) ** 2 / 2) / tau
    ),
)

# ── 2 · The loss, in both directions ──────────────────────────────────────────────────────────────


def own(scores):
    return torch.arange(len(scores))


def nce(scores):
    return (F.cross_entropy(scores, own(scores)) + F.cross_entropy(scores.T, own(scores))) / 2


def naive_nce(s):
    e = s.exp()
    return -((e.diagonal() / e.sum(1)).log().mean() + (e.diagonal() / e.sum(0)).log().mean()) / 2


def one_maximum(s):
    return naive_nce(s - s.max())


def strangers_only(s):
    off = s.masked_fill(torch.eye(len(s)).bool(), -math.inf)
    return (off.logsumexp(1) - s.diagonal() + off.logsumexp(0) - s.diagonal()).mean() / 2


INFO_NCE = (
    Wrong(lambda s: F.cross_entropy(s, own(s)), "the rows only"),
    Wrong(lambda s: F.cross_entropy(s.T, own(s)), "the columns only"),
    Wrong(lambda s: 2 * nce(s), "adds both directions, does not halve"),
    Wrong(lambda s: nce(s) * len(s), "sums over the pairs"),
    Wrong(lambda s: -nce(s), "the sign"),
    Wrong(lambda s: nce(s) / len(s), "divides by n twice"),
    Wrong(strangers_only, "leaves the own pair out of the sum"),
    Wrong(naive_nce, "exp overflows at 100"),
    Wrong(one_maximum, "one maximum for the whole table: underflows"),
    Wrong(
        lambda s: (
            F.cross_entropy(s.softmax(1), own(s)) / 2 + F.cross_entropy(s.T.softmax(1), own(s)) / 2
        ),
        "softmax twice",
    ),
    Wrong(
        lambda s: F.cross_entropy(s, 0 * own(s)) / 2 + F.cross_entropy(s.T, 0 * own(s)) / 2,
        "every right answer at place 0",
    ),
    Wrong(
        lambda s: F.cross_entropy(s, own(s).roll(1)) / 2 + F.cross_entropy(s.T, own(s).roll(1)) / 2,
        "right answers one place off",
    ),
    Wrong(
        lambda s: F.cross_entropy(s, own(s).flip(0)) / 2 + F.cross_entropy(s.T, own(s).flip(0)) / 2,
        "right answers backwards",
    ),
    Wrong(
        lambda s: F.cross_entropy(s, own(s)) / 2 + F.cross_entropy(s, own(s)) / 2, "the rows twice"
    ),
    Wrong(
        lambda s: F.cross_entropy(s.T, own(s)) / 2 + F.cross_entropy(s.T, own(s)) / 2,
        "the columns twice",
    ),
    Wrong(lambda s: nce(s).detach(), "cuts the gradient"),
    Wrong(lambda s: nce(s).item(), "a float"),
    Wrong(lambda s: nce(s) / math.log(2), "bits"),
    Wrong(lambda s: nce(s) / math.log(10), "decimal logarithms"),
    Wrong(lambda s: nce(s) / math.log(max(len(s), 2)), "divides by ln n"),
    Wrong(lambda s: nce(s / 0.07), "divides by a temperature again"),
    Wrong(lambda s: -s.diagonal().mean(), "only pulls"),
    Wrong(lambda s: s.logsumexp(1).mean() / 2 + s.logsumexp(0).mean() / 2, "only pushes"),
    Wrong(
        lambda s: -s.log_softmax(1).mean() / 2 - s.log_softmax(0).mean() / 2,
        "the mean over all cells",
    ),
    Wrong(
        lambda s: -s.softmax(1).diagonal().mean() / 2 - s.softmax(0).diagonal().mean() / 2,
        "no logarithm",
    ),
    Wrong(
        lambda s: 1 - s.softmax(1).diagonal().mean() / 2 - s.softmax(0).diagonal().mean() / 2,
        "1 − probability",
    ),
    Wrong(
        lambda s: (
            -s.softmax(1).diagonal().mean().log() / 2 - s.softmax(0).diagonal().mean().log() / 2
        ),
        "the logarithm of the mean",
    ),
    Wrong(
        lambda s: F.binary_cross_entropy_with_logits(s, torch.eye(len(s))),
        "a sigmoid for each cell",
    ),
    Wrong(
        lambda s: (
            F.cross_entropy(s, own(s), reduction="none") / 2
            + F.cross_entropy(s.T, own(s), reduction="none") / 2
        ),
        "a number for each pair",
    ),
    Wrong(
        lambda s: torch.maximum(F.cross_entropy(s, own(s)), F.cross_entropy(s.T, own(s))),
        "the worse direction",
    ),
    Wrong(lambda s: F.cross_entropy((s + s.T) / 2, own(s)), "averages the scores first"),
    Wrong(lambda s: (s.argmax(1) == own(s)).float().mean(), "how often it is right"),
    Wrong(lambda s: nce(s.clamp(max=20)), "clamps the scores to 20"),
    Wrong(lambda s: nce(s.clamp(max=80)), "clamps the scores to 80"),
    Wrong(
        lambda s: (
            -(s.softmax(1).diagonal() + 1e-8).log().mean() / 2
            - (s.softmax(0).diagonal() + 1e-8).log().mean() / 2
        ),
        "a small number in the logarithm",
    ),
    Wrong(lambda s: (F.cross_entropy(s, own(s)), F.cross_entropy(s.T, own(s))), "a tuple"),
    Wrong(lambda s: nce(s)[None], "shape (1,)"),
    Wrong(
        lambda s: (
            F.cross_entropy(s, torch.arange(3)) / 2 + F.cross_entropy(s.T, torch.arange(3)) / 2
        ),
        "three pairs built in",
    ),
    Wrong(
        lambda s: (
            F.cross_entropy(s, own(s), label_smoothing=0.1) / 2
            + F.cross_entropy(s.T, own(s), label_smoothing=0.1) / 2
        ),
        "smooths the labels",
    ),
    Wrong(lambda s: (s.logsumexp((0, 1)) - s.diagonal()).mean(), "one sum over the whole table"),
    Wrong(lambda s: F.relu(1 + s - s.diagonal()[:, None]).mean(), "a margin"),
    Wrong(
        lambda s: -(s.log_softmax(1).diagonal() + s.log_softmax(1).T.diagonal()).mean() / 2,
        "transposes after the softmax",
    ),
    Wrong(lambda s: 2 * nce(s) * len(s), "sums, and does not halve"),
    Wrong(
        lambda s: F.nll_loss(s, own(s)) / 2 + F.nll_loss(s.T, own(s)) / 2,
        "nll_loss without log-softmax",
    ),
    Wrong(lambda s: nce(s) - math.log(len(s)), "subtracts chance"),
    Wrong(lambda s: nce(F.normalize(s)), "makes the rows 1 long first"),
    Wrong(
        lambda s: F.mse_loss(s.softmax(1), torch.eye(len(s))),
        "squared differences, of the rows",
        "(?s)Only the rows count.*squared differences",
    ),
    Wrong(
        lambda s: (s.amax(1) + s.amax(0) - 2 * s.diagonal()).mean() / 2,
        "the largest score for the logarithm of the sum",
        "only the largest score of a row",
    ),
    Wrong(
        lambda s: (
            -(s.softmax(1) * s.log_softmax(1)).sum(1).mean() / 2
            - (s.softmax(0) * s.log_softmax(0)).sum(0).mean() / 2
        ),
        "the entropy",
        "how unsure it is",
    ),
    Wrong(
        lambda s: (
            F.cross_entropy(s, torch.ones_like(own(s))) / 2
            + F.cross_entropy(s.T, torch.ones_like(own(s))) / 2
        ),
        "every right answer at place 1",
        "second column",
    ),
    Wrong(lambda s: naive_nce(s).nan_to_num(), "writes 0 for NaN", "limited or replaced"),
)


class InfoNCE(torch.nn.Module):
    def forward(self, scores):
        rows = scores.logsumexp(dim=1) - scores.diag()
        columns = scores.logsumexp(dim=0) - scores.diag()
        return 0.5 * (rows + columns).mean()


def nce_by_pair(scores):
    total = torch.zeros((), dtype=scores.dtype)
    for i in range(len(scores)):
        total = total - torch.log_softmax(scores[i], dim=0)[i]
        total = total - torch.log_softmax(scores[:, i], dim=0)[i]
    return total / (2 * len(scores))


def nce_by_maxima(s):
    r, c = s - s.amax(1, keepdim=True), s - s.amax(0, keepdim=True)
    rows = r.exp().sum(1).log() - r.diagonal()
    return (rows + c.exp().sum(0).log() - c.diagonal()).mean() / 2


INFO_NCE_RIGHT = (
    nce,
    InfoNCE(),
    nce_by_pair,
    nce_by_maxima,
    lambda scores: nce(scores.double()),
    lambda scores: -(scores.log_softmax(0) + scores.log_softmax(1)).trace() / (2 * len(scores)),
    lambda s: F.cross_entropy(torch.cat([s, s.T]), own(s).repeat(2)),
    lambda s: (
        F.cross_entropy(s, torch.eye(len(s))) / 2 + F.cross_entropy(s.T, torch.eye(len(s))) / 2
    ),
    lambda s: -torch.einsum("ii->", s.log_softmax(1) + s.log_softmax(0)) / s.numel() ** 0.5 / 2,
)

# ── 3 · Two captions that are the same ────────────────────────────────────────────────────────────


def same(names):
    return (names[:, None] == names).float()


def shares(names):
    return same(names) / same(names).sum(1, keepdim=True)


def half_for_itself(names):
    others = same(names) - torch.eye(len(names))
    count = others.sum(1, keepdim=True)
    split = torch.eye(len(names)) / 2 + others / count.clamp(min=1) / 2
    return torch.where(count > 0, split, torch.eye(len(names)))


def first_place(names):
    table = torch.zeros(len(names), len(names))
    for i, name in enumerate(names.tolist()):
        table[i, names.tolist().index(name)] = 1
    return table


def next_to_it(names):
    table = torch.eye(len(names))
    for i in range(len(names) - 1):
        if names[i] == names[i + 1]:
            table[i, i + 1] = table[i + 1, i] = 1
    return table / table.sum(1, keepdim=True)


def by_one_hot(names):
    hot = F.one_hot(names).float()
    return hot @ hot.T / hot.sum(0)[names][:, None]


def by_bincount(names):
    alike = (names[:, None] == names).float()
    return alike / torch.bincount(names)[names][:, None]


def by_one_hot_rows(names):
    rows = F.one_hot(names).float()
    alike = rows @ rows.T
    return alike / alike.sum(dim=1, keepdim=True)


TARGETS = (
    Wrong(by_bincount, "counts with the numbers as places", "You use the numbers as places"),
    Wrong(by_one_hot_rows, "one-hot rows", "You use the numbers as places"),
    Wrong(same, "ones: no shares"),
    Wrong(lambda y: torch.eye(len(y)), "the plain targets"),
    Wrong(lambda y: same(y) / len(y), "divides by n"),
    Wrong(lambda y: same(y) / same(y).sum(), "shares of the whole table"),
    Wrong(lambda y: same(y).softmax(1), "softmax of 0 and 1"),
    Wrong(lambda y: (same(y) * 100).softmax(0).long(), "rounded to whole numbers"),
    Wrong(lambda y: F.one_hot(y - y.min()).float(), "a column for each name, not for each text"),
    Wrong(
        lambda y: (same(y) - torch.eye(len(y))) / (same(y).sum(1, keepdim=True) - 1).clamp(min=1),
        "leaves itself out",
    ),
    Wrong(
        lambda y: same(y) / same(y).sum(1, keepdim=True).sqrt(), "divides by the root of the count"
    ),
    Wrong(half_for_itself, "half for itself, half for the copies"),
    Wrong(first_place, "everything to the first with the name"),
    Wrong(next_to_it, "sees copies only side by side"),
    Wrong(by_one_hot, "uses the names as places: negative or huge names break it"),
    Wrong(
        lambda y: (
            ((y[:, None] - y).abs() <= 1).float()
            / ((y[:, None] - y).abs() <= 1).float().sum(1, keepdim=True)
        ),
        "neighbouring numbers count as the same",
    ),
    Wrong(lambda y: torch.softmax(-(y[:, None] - y).abs().float(), 1), "nearer numbers get more"),
    Wrong(
        lambda y: (y[:, None] * y).float() / (y[:, None] * y).float().sum(1, keepdim=True),
        "multiplies the numbers",
    ),
    Wrong(
        lambda y: (1 - same(y)) / (1 - same(y)).sum(1, keepdim=True).clamp(min=1),
        "shares for the strangers",
    ),
    Wrong(lambda y: shares(y).bool(), "true and false"),
    Wrong(lambda y: shares(y).int(), "whole numbers"),
    Wrong(lambda y: shares(y).flatten(), "flattened"),
    Wrong(lambda y: shares(y).diagonal(), "the diagonal"),
    Wrong(lambda y: shares(y).sort(dim=1, descending=True).values, "sorted rows"),
    Wrong(lambda y: shares(y.sort().values), "sorts the names first"),
    Wrong(lambda y: 0.9 * torch.eye(len(y)) + 0.1 * shares(y), "a little of both"),
    Wrong(lambda y: same(y) / 2, "copies come twice: a half built in"),
    Wrong(
        lambda y: torch.where(same(y).sum(1, keepdim=True) > 1, same(y) / 2, same(y)),
        "halves for every name that comes again",
    ),
    Wrong(lambda y: same(y).log_softmax(1), "log-softmax"),
    Wrong(lambda y: same(y) / same(y).norm(dim=1, keepdim=True), "makes the rows 1 long"),
    Wrong(lambda y: shares(y % 10), "the last digit only"),
    Wrong(lambda y: shares(y.abs()), "the sign does not count"),
    Wrong(lambda y: shares(y.clamp(0, 99)), "names from 0 to 99"),
    Wrong(lambda y: shares(y.to(torch.int8)), "names of 8 bits"),
    Wrong(lambda y: shares(y.float()), "large names as float32: neighbours become equal"),
    Wrong(
        lambda y: same(y) / torch.bincount(y.clamp(min=0))[y.clamp(min=0)][:, None],
        "counts by the number itself",
    ),
    Wrong(lambda y: same(y) / len(y.unique()), "divides by the number of names"),
    Wrong(
        lambda y: (same(y) + 1e-2) / (same(y) + 1e-2).sum(1, keepdim=True), "a little for everybody"
    ),
    Wrong(lambda y: same(y).triu() / same(y).triu().sum(1, keepdim=True), "copies further on only"),
    Wrong(
        lambda y: same(y).tril() / same(y).tril().sum(1, keepdim=True), "copies further back only"
    ),
    Wrong(
        lambda y: torch.stack([(y == k).float() / (y == k).sum() for k in y.unique()]),
        "a row for each name",
    ),
    Wrong(lambda y: shares(y).squeeze(), "squeezes a batch of one away"),
    Wrong(lambda y: same(y) / (same(y).sum(1, keepdim=True) + 1), "one too many in the count"),
    Wrong(
        lambda names: torch.tensor([[float(a is b) for b in names] for a in names]),
        "compares members of a tensor with `is`",
        "all zeros",
    ),
    Wrong(
        lambda names: same(names) / names.bincount()[:, None],
        "row k divided by how often the name k occurs",
        "Place k of `bincount",
    ),
    Wrong(lambda names: torch.eye(len(names))[names], "names as columns", "number of a column"),
    Wrong(
        lambda names: shares(names).fill_diagonal_(1), "a whole 1 for the own column", "a whole 1"
    ),
)


def targets_by_pair(names):
    count = Counter(names.tolist())
    return [[1 / count[a] if a == b else 0.0 for b in names.tolist()] for a in names.tolist()]


TARGETS_RIGHT = (
    shares,
    targets_by_pair,
    lambda names: F.normalize(same(names), p=1, dim=1),
    lambda y: same(y) / same(y).sum(0),
    lambda y: (
        (y.numpy()[:, None] == y.numpy()) / (y.numpy()[:, None] == y.numpy()).sum(1, keepdims=True)
    ),
    lambda y: same(y).double() / same(y).double().sum(1, keepdim=True),
    lambda y: by_one_hot(y.unique(return_inverse=True)[1]),
    lambda y: (
        torch.eq(y.unsqueeze(1), y.unsqueeze(0))
        / y.unique(return_inverse=True, return_counts=True)[2][
            y.unique(return_inverse=True)[1]
        ].unsqueeze(1)
    ),
    lambda y: torch.where(same(y) > 0, 0.0, -math.inf).softmax(dim=1),
    lambda names: [
        [Fraction(int(a == b), names.tolist().count(a)) for b in names.tolist()]
        for a in names.tolist()
    ],
)

# ── 4 · Find the bugs: a small CLIP ───────────────────────────────────────────────────────────────


def careless(pictures, texts, log_scale):
    scale = log_scale.exp().clamp(max=100)
    scores = scale * texts @ pictures.T
    alike = (pictures @ pictures.T + texts @ texts.T) / 2
    wanted = (alike / scale).softmax(dim=0)
    text_loss = -(wanted * scores.log_softmax(dim=1)).sum(dim=1)
    picture_loss = -(wanted.T * scores.T.log_softmax(dim=0)).sum(dim=1)
    return ((text_loss + picture_loss) / 2).mean()


def half_mended(
    pictures, texts, log_scale, *, unit=True, soft=False, axis=1, over="divide", rows=1
):
    """The careless program with some of its mistakes."""
    if unit:
        pictures, texts = F.normalize(pictures), F.normalize(texts)
    scale = log_scale.exp().clamp(max=100)
    scores = scale * texts @ pictures.T
    alike = (pictures @ pictures.T + texts @ texts.T) / 2
    wanted = (alike / scale if over == "divide" else alike * scale).softmax(dim=rows)
    wanted = wanted if soft else torch.eye(len(texts), dtype=scores.dtype)
    text_loss = -(wanted * scores.log_softmax(dim=1)).sum(dim=1)
    picture_loss = -(wanted.T * scores.T.log_softmax(dim=axis)).sum(dim=1)
    return ((text_loss + picture_loss) / 2).mean()


def clip(pictures, texts, log_scale, cap=100.0, unit=F.normalize, loss=nce):
    return loss(log_scale.exp().clamp(max=cap) * unit(texts) @ unit(pictures).T)


def sharp_targets(pictures, texts, log_scale):
    pictures, texts = F.normalize(pictures, dim=1), F.normalize(texts, dim=1)
    scale = log_scale.exp().clamp(max=100)
    scores = scale * texts @ pictures.T
    alike = (pictures @ pictures.T + texts @ texts.T) / 2
    wanted = (alike * scale).softmax(dim=1)
    text_loss = -(wanted * scores.log_softmax(dim=1)).sum(dim=1)
    picture_loss = -(wanted.T * scores.T.log_softmax(dim=1)).sum(dim=1)
    return ((text_loss + picture_loss) / 2).mean()


def detached_targets(pictures, texts, log_scale):
    pictures, texts = F.normalize(pictures, dim=1), F.normalize(texts, dim=1)
    scale = log_scale.exp().clamp(max=100)
    scores = scale * texts @ pictures.T
    alike = (pictures @ pictures.T + texts @ texts.T) / 2
    wanted = (alike / scale).softmax(dim=1).detach()
    text_loss = -(wanted * scores.log_softmax(dim=1)).sum(dim=1)
    picture_loss = -(wanted.T * scores.T.log_softmax(dim=1)).sum(dim=1)
    return ((text_loss + picture_loss) / 2).mean()


def fixed_temperature(pictures, texts, log_scale):
    pictures, texts = F.normalize(pictures, dim=1), F.normalize(texts, dim=1)
    scores = texts @ pictures.T / 0.07
    own = torch.arange(len(scores))
    return (F.cross_entropy(scores, own) + F.cross_entropy(scores.T, own)) / 2


def hundredfold_targets(pictures, texts, log_scale):
    p, t = F.normalize(pictures), F.normalize(texts)
    scores = log_scale.exp().clamp(max=100) * t @ p.T
    wanted = (50 * (p @ p.T + t @ t.T)).detach().softmax(1)
    return (F.cross_entropy(scores, wanted) + F.cross_entropy(scores.T, wanted.T)) / 2


SMALL_CLIP = (
    Wrong(sharp_targets, "`* scale` in the wanted shares", "answer key, sharper"),
    Wrong(detached_targets, "soft shares, detached", "its own answer key"),
    Wrong(fixed_temperature, "a fixed τ", "Your τ is 0.07"),
    Wrong(careless, "hands back the program as it was"),
    Wrong(partial(half_mended, unit=False), "the vectors keep their lengths"),
    Wrong(partial(half_mended, soft=True), "the wanted shares are still soft"),
    Wrong(partial(half_mended, axis=0), "the pictures' softmax still along the wrong axis"),
    Wrong(partial(half_mended, soft=True, axis=0, rows=0), "mends the lengths only"),
    Wrong(partial(half_mended, unit=False, axis=0), "mends the targets only"),
    Wrong(partial(half_mended, unit=False, soft=True), "mends the axis only"),
    Wrong(partial(half_mended, soft=True, over="multiply"), "soft shares, sharpened"),
    Wrong(
        partial(half_mended, soft=True, over="multiply", axis=0),
        "soft shares, sharpened, and the axis",
    ),
    Wrong(partial(clip, cap=math.inf), "does not keep 1/τ at 100"),
    Wrong(partial(clip, cap=50.0), "keeps 1/τ at 50"),
    Wrong(lambda p, t, s: clip(p, t, s.clamp(max=100), cap=math.inf), "keeps ln(1/τ) at 100"),
    Wrong(lambda p, t, s: nce(s * F.normalize(t) @ F.normalize(p).T), "forgets exp"),
    Wrong(lambda p, t, s: nce((-s).exp() * F.normalize(t) @ F.normalize(p).T), "τ in place of 1/τ"),
    Wrong(lambda p, t, s: nce(F.normalize(t) @ F.normalize(p).T), "ignores the scale"),
    Wrong(lambda p, t, s: nce(F.normalize(t) @ F.normalize(p).T / 0.07), "τ = 0.07 built in"),
    Wrong(lambda p, t, s: clip(p, t, s, loss=lambda x: F.cross_entropy(x, own(x))), "texts only"),
    Wrong(
        lambda p, t, s: clip(p, t, s, loss=lambda x: F.cross_entropy(x.T, own(x))), "pictures only"
    ),
    Wrong(lambda p, t, s: 2 * clip(p, t, s), "does not halve"),
    Wrong(lambda p, t, s: clip(p, t, s) * len(p), "sums"),
    Wrong(lambda p, t, s: -clip(p, t, s), "the sign"),
    Wrong(lambda p, t, s: clip(p, t, s).detach(), "cuts the gradient"),
    Wrong(lambda p, t, s: clip(p, t, s).item(), "a float"),
    Wrong(lambda p, t, s: clip(p, t, s.detach()), "no gradient for the temperature"),
    Wrong(lambda p, t, s: clip(p.detach(), t, s), "no gradient for the pictures"),
    Wrong(partial(clip, unit=lambda x: F.normalize(x, dim=0)), "makes the columns 1 long"),
    Wrong(partial(clip, unit=lambda x: x / x.norm()), "one length for the table"),
    Wrong(partial(clip, unit=lambda x: x / x.square().sum(1, keepdim=True)), "squared lengths"),
    Wrong(
        lambda p, t, s: nce(s.exp().clamp(max=100) * F.normalize(t) @ p.T),
        "the pictures keep their lengths",
    ),
    Wrong(
        lambda p, t, s: nce(s.exp().clamp(max=100) * t @ F.normalize(p).T),
        "the texts keep their lengths",
    ),
    Wrong(
        partial(
            clip,
            loss=lambda x: (
                F.cross_entropy(x.softmax(1), own(x)) / 2
                + F.cross_entropy(x.T.softmax(1), own(x)) / 2
            ),
        ),
        "softmax twice",
    ),
    Wrong(partial(clip, loss=lambda x: F.cross_entropy(x, own(x))), "one direction"),
    Wrong(
        partial(
            clip,
            loss=lambda x: (
                F.cross_entropy(x, own(x).flip(0)) / 2 + F.cross_entropy(x.T, own(x).flip(0)) / 2
            ),
        ),
        "right answers backwards",
    ),
    Wrong(partial(clip, loss=naive_nce), "exp overflows at 100"),
    Wrong(
        lambda p, t, s: nce((s.exp() * F.normalize(t) @ F.normalize(p).T).clamp(max=10)),
        "clamps the scores at 10",
    ),
    Wrong(
        lambda p, t, s: nce((s.exp() * F.normalize(t) @ F.normalize(p).T).clamp(max=100)),
        "clamps the scores, not the scale",
    ),
    Wrong(
        lambda p, t, s: nce(s.exp().clamp(min=100) * F.normalize(t) @ F.normalize(p).T),
        "at least 100",
    ),
    Wrong(
        lambda p, t, s: nce(s.exp().clamp(max=100) * F.normalize(t) @ F.normalize(t).T),
        "texts with texts",
    ),
    Wrong(lambda p, t, s: clip(p, t, s)[None], "shape (1,)"),
    Wrong(
        partial(clip, unit=lambda x: x, loss=lambda x: F.cross_entropy(x, own(x))),
        "no lengths, one direction",
    ),
    Wrong(
        partial(half_mended, unit=True, soft=True, axis=1, rows=0),
        "soft shares along the wrong axis",
    ),
    Wrong(lambda p, t, s: clip(p, t, s) + 0.01 * s, "punishes the scale"),
    Wrong(
        lambda p, t, s: F.cross_entropy(
            s.exp().clamp(max=100) * F.normalize(t) @ F.normalize(p).T, torch.arange(4)
        ),
        "four pairs built in, one direction",
    ),
    Wrong(
        hundredfold_targets,
        "its own answer key, so sharp that it is right where no two pairs are alike",
        "its own answer key, so sharp",
    ),
    Wrong(
        lambda p, t, ls: nce(ls.exp().clamp(max=100) * F.normalize(t @ p.T)),
        "normalises the scores",
        "normalise the scores",
    ),
    Wrong(
        lambda p, t, ls: -(ls.exp().clamp(max=100) * F.cosine_similarity(p, t)).mean(),
        "only pulls",
        "only raise the scores",
    ),
    Wrong(lambda p, t, ls: clip(p, t, ls, cap=10), "at most 10", "at 10 or below"),
    Wrong(
        lambda p, t, ls: clip(
            p,
            t,
            ls,
            loss=lambda s: (
                F.cross_entropy(s, own(s), label_smoothing=0.1) / 2
                + F.cross_entropy(s.T, own(s), label_smoothing=0.1) / 2
            ),
        ),
        "smooths the labels",
        "smooth the labels",
    ),
)


class Clip(torch.nn.Module):
    def forward(self, pictures, texts, log_scale):
        scale = torch.clamp(log_scale, max=math.log(100)).exp()
        cosines = torch.cosine_similarity(texts[:, None], pictures[None], dim=2)
        return nce(scale * cosines)


SMALL_CLIP_RIGHT = (
    clip,
    half_mended,
    Clip(),
    partial(clip, loss=nce_by_pair),
    lambda p, t, s: clip(p.double(), t.double(), s.double()),
    lambda pictures, texts, log_scale: nce_by_maxima(
        log_scale.exp().clamp(max=100) * scored(pictures, texts, 1)
    ),
    lambda p, t, s: nce(
        torch.minimum(s.exp(), torch.tensor(100.0, dtype=s.dtype))
        * torch.einsum(
            "id,jd->ij", p / p.norm(dim=1, keepdim=True), t / t.norm(dim=1, keepdim=True)
        )
    ),
)

# ── 5 · A classifier made of words ────────────────────────────────────────────────────────────────


def classes(prompts):
    return F.normalize(prompts.mean(dim=1), dim=1)


def vote(pictures, prompts):
    best = torch.einsum("nd,cpd->npc", pictures, prompts).argmax(dim=2)
    return best.mode(dim=1).values


ZERO_SHOT = (
    Wrong(lambda x, p: (x @ p.mean(1).T).argmax(1), "the means keep their lengths"),
    Wrong(lambda x, p: (x @ p.sum(1).T).argmax(1), "sums of prompts, not made 1 long"),
    Wrong(lambda x, p: (x @ classes(p).T).argmax(0), "the best picture for each class"),
    Wrong(lambda x, p: x @ classes(p).T, "scores in place of classes"),
    Wrong(lambda x, p: (x @ classes(p).T).softmax(1), "probabilities"),
    Wrong(lambda x, p: (x @ classes(p).T).argmax(1) + 1, "counts from 1"),
    Wrong(lambda x, p: (x @ p[:, 0].T).argmax(1), "the first prompt only"),
    Wrong(lambda x, p: (x @ p[:, -1].T).argmax(1), "the last prompt only"),
    Wrong(
        lambda x, p: torch.einsum("nd,cpd->ncp", x, p).amax(2).argmax(1),
        "the nearest prompt decides",
    ),
    Wrong(
        lambda x, p: torch.einsum("nd,cpd->ncp", x, p).amin(2).argmax(1), "the worst prompt decides"
    ),
    Wrong(
        lambda x, p: torch.einsum("nd,cpd->ncp", x, p).mean(2).argmax(1), "the mean of the cosines"
    ),
    Wrong(
        lambda x, p: torch.einsum("nd,cpd->ncp", x, p).median(2).values.argmax(1),
        "the median of the cosines",
    ),
    Wrong(vote, "each prompt votes"),
    Wrong(lambda x, p: (x @ classes(p).T).argmax(1).float(), "floats"),
    Wrong(lambda x, p: (x @ classes(p).T).argmin(1), "the farthest class"),
    Wrong(lambda x, p: torch.cdist(x, classes(p)).argmax(1), "the largest distance"),
    Wrong(
        lambda x, p: torch.cdist(x, p.mean(1)).argmin(1),
        "distances to means that keep their lengths",
    ),
    Wrong(lambda x, p: (x @ F.normalize(p.mean(1), dim=0).T).argmax(1), "makes the columns 1 long"),
    Wrong(lambda x, p: (x @ F.normalize(p.mean(0)).T).argmax(1), "averages over the classes"),
    Wrong(
        lambda x, p: (x @ (p.mean(1) / p.mean(1).norm()).T).argmax(1), "one length for all classes"
    ),
    Wrong(lambda x, p: (x @ classes(p).T).max(1).values, "the cosines of the best"),
    Wrong(lambda x, p: (x @ classes(p).T).topk(1).indices, "shape (n, 1)"),
    Wrong(lambda x, p: F.one_hot((x @ classes(p).T).argmax(1), len(p)), "one-hot rows"),
    Wrong(lambda x, p: (x @ p.flatten(0, 1).T).argmax(1), "the number of the prompt"),
    Wrong(
        lambda x, p: (x @ p.flatten(0, 1).T).argmax(1) // p.shape[1],
        "the class of the nearest prompt",
    ),
    Wrong(
        lambda x, p: (x @ p.flatten(0, 1).T).argmax(1) % len(p),
        "the number of the prompt, folded wrongly",
    ),
    Wrong(
        lambda x, p: (x @ (p.mean(1) / p.mean(1).square().sum(1, keepdim=True)).T).argmax(1),
        "divides by the squared length",
    ),
    Wrong(
        lambda x, p: (x @ (p.mean(1) * p.mean(1).norm(dim=1, keepdim=True)).T).argmax(1),
        "multiplies with the length",
    ),
    Wrong(
        lambda x, p: (x @ (p.mean(1) / p.mean(1).abs().sum(1, keepdim=True)).T).argmax(1),
        "sums of absolute values for the length",
    ),
    Wrong(lambda x, p: (x @ classes(p).T).argmax(), "one number for all"),
    Wrong(
        lambda x, p: (x @ classes(p).T).squeeze().argmax(-1),
        "squeezes a single picture or class away",
    ),
    Wrong(lambda x, p: (x @ F.normalize(p.median(1).values).T).argmax(1), "the median prompt"),
    Wrong(lambda x, p: (x @ classes(p).T).abs().argmax(1), "|cosine|"),
    Wrong(lambda x, p: (x @ classes(p).T > 0.5).long().argmax(1), "the first class above ½"),
    Wrong(lambda x, p: torch.zeros(len(x), dtype=torch.long), "always class 0"),
    Wrong(lambda x, p: (x @ p.mean(1).T).argmax(1) + 1, "lengths, and counts from 1"),
    Wrong(
        lambda x, p: (x @ F.normalize(p, dim=1).mean(1).T).argmax(1),
        "makes something 1 long before averaging",
    ),
    Wrong(
        lambda x, p: (x @ F.normalize(p, dim=2).mean(1).T).argmax(1),
        "makes the prompts 1 long, not the mean",
    ),
    Wrong(lambda x, p: (x @ classes(p).T).argsort(1)[:, 0], "sorts upwards and takes the first"),
    Wrong(lambda x, p: (x @ classes(p).T).argsort(1, descending=True)[:, 1], "the second best"),
    Wrong(
        lambda x, p: (x.round(decimals=1) @ classes(p).round(decimals=1).T).argmax(1),
        "rounds the vectors",
    ),
    Wrong(lambda x, p: (x @ F.normalize(p[:, :2].mean(1)).T).argmax(1), "two prompts built in"),
    Wrong(lambda x, p: (x @ classes(p[:3]).T).argmax(1), "three classes built in"),
    Wrong(
        lambda p, prompts: (p @ prompts.flatten(0, 1).T).argmax(1) % prompts.shape[1],
        "the remainder for the quotient",
        "remainder",
    ),
    Wrong(
        lambda p, prompts: (
            p
            @ F.normalize(prompts.reshape(prompts.shape[1], prompts.shape[0], -1).mean(0), dim=1).T
        ).argmax(1),
        "reshapes to (prompt, class, d)",
        "reshaped",
    ),
    Wrong(
        lambda p, prompts: (p @ F.layer_norm(prompts.mean(1), prompts.shape[2:]).T).argmax(1),
        "a layer norm of the means",
        "layer norm",
    ),
)


class Classifier:
    def __call__(self, pictures, prompts):
        return torch.cosine_similarity(pictures[:, None], prompts.mean(1)[None], dim=2).argmax(1)


def zero_shot_by_picture(pictures, prompts):
    found = []
    for x in pictures.tolist():
        cosines = []
        for own_prompts in prompts.tolist():
            mean = [sum(values) / len(own_prompts) for values in zip(*own_prompts, strict=True)]
            cosines.append(sum(a * b for a, b in zip(x, mean, strict=True)) / math.hypot(*mean))
        found.append(cosines.index(max(cosines)))
    return found


ZERO_SHOT_RIGHT = (
    lambda pictures, prompts: (pictures @ classes(prompts).T).argmax(dim=1),
    Classifier(),
    zero_shot_by_picture,
    lambda x, p: (x @ F.normalize(p.sum(1)).T).topk(1).indices[:, 0],
    lambda x, p: torch.cdist(x.double(), classes(p.double())).argmin(1),
    lambda x, p: np.argmax(
        x.numpy()
        @ (p.numpy().mean(1) / np.linalg.norm(p.numpy().mean(1), axis=1, keepdims=True)).T,
        axis=1,
    ),
    lambda x, p: (x @ classes(p).T).argmax(1).to(torch.int32),
    lambda x, p: torch.einsum("nd,cd->nc", x, classes(p)).max(dim=1).indices.tolist(),
    lambda x, p: (x @ classes(p).T * 100).softmax(1).argmax(1),
)

# ── 6 · Three numbers to know before you train ────────────────────────────────────────────────────

CHANCE = (
    Wrong([7.0, 8.0, 0.002], "bits"),
    Wrong([2.11, 2.41, 0.002], "decimal logarithms"),
    Wrong([4.84, 5.55, 0.002], "ln 127: the strangers"),
    Wrong([4.84, 5.54, 0.002], "ln 127 and ln 255"),
    Wrong([4.85, 5.55, 0.2], "percent"),
    Wrong([4.85, 5.55, 1], "everybody is at the first place"),
    Wrong([4.85, 5.55, 0], "nobody is"),
    Wrong([4.85, 5.55, 0.5], "a coin"),
    Wrong([4.85, 5.55, 500], "the number of names"),
    Wrong([4.85, 5.55, 0.02], "a zero too few"),
    Wrong([4.85, 5.55, 0.004], "two directions"),
    Wrong([4.85, 0.0, 0.002], "ln N − L with L = ln N"),
    Wrong([4.85, 0.69, 0.002], "takes the loss of the first question off"),
    Wrong([5.55, 4.85, 0.002], "exchanges the first two"),
    Wrong([0.002, 5.55, 4.85], "backwards"),
    Wrong([-4.85, 5.55, 0.002], "a sign"),
    Wrong([-4.85, -5.55, 0.002], "two signs"),
    Wrong([9.70, 5.55, 0.002], "adds both directions"),
    Wrong([2.43, 5.55, 0.002], "halves"),
    Wrong([128, 256, 0.002], "no logarithms"),
    Wrong([0.0078, 0.0039, 0.002], "1/N"),
    Wrong([4.9, 5.5, 0.002], "one decimal"),
    Wrong([5, 6, 0.002], "whole numbers"),
    Wrong([4.85, 5.55], "two numbers"),
    Wrong(["4.85", "5.55", "0.002"], "strings"),
    Wrong("4.85, 5.55, 0.002", "one string"),
    Wrong([4.85, 5.55, None], "one missing"),
    Wrong([4.85, 5.55, "0.2 %"], "a percentage as a string"),
    Wrong(4.85, "one number"),
    Wrong([4.85, 256, 0.002], "no logarithm in the second"),
    Wrong([4.85, 11.09, 0.002], "twice ln N"),
    Wrong([4.85, 6.21, 0.002], "ln 500"),
    Wrong([5.55, 5.55, 0.002], "the lesson's 256 for both"),
    Wrong([4.85, 4.85, 0.002], "128 for both"),
    Wrong([0, 5.55, 0.002], "the loss starts at 0"),
    Wrong([1.0, 5.55, 0.002], "the loss starts at 1"),
    Wrong([4.85, float("inf"), 0.002], "no bound"),
    Wrong([4.85, 5.55, 6.21], "a loss for the share"),
    Wrong([4.85, 5.55, 0.0039], "1/256"),
    Wrong([4.85, 5.55, 0.0078], "1/128"),
    Wrong([7, 8, 0.2], "bits, and percent"),
    Wrong({"loss": 4.85, "bound": 5.55, "R@1": 0.002}, "a dictionary"),
    Wrong([4.85, 5.55, float("nan")], "not a number"),
    Wrong([0.01, 5.55, 0.002], "the probability of a lucky guess, rounded", "lucky guess"),
    Wrong([0.99, 5.55, 0.002], "the probability of a wrong guess", "wrong"),
    Wrong([0.04, 5.55, 0.002], "ln 128 / 128", "once more"),
    Wrong([0.69, 5.55, 0.002], "ln 2", "two texts"),
    Wrong([6.21, 5.55, 0.002], "ln 500 in the first place", "500 texts"),
    Wrong([4.85, 0.0039, 0.002], "1/N", "1/N"),
    Wrong([5, 6, 0.002], "whole numbers", "Give two decimals"),
    Wrong([4.85, 5.55, 0.0078], "one of the first batch", r"\*first\* batch"),
    Wrong([4.85, 5.55, 0.01], "five of 500", "five times too large"),
    Wrong([-2.11, -2.41, 0.002], "decimal logarithms with a minus", "below 0"),
    Wrong([4.85, 1.71, 0.002], "a second number below the first", "yours is not"),
)
CHANCE_RIGHT = (
    [4.85, 5.55, 0.002],
    (4.852, 5.545, 0.002),
    [math.log(128), math.log(256), 1 / 500],
    torch.tensor([128.0, 256.0, math.exp(0.002)]).log(),
    np.array([4.85, 5.55, 0.002]),
    [np.log(128), np.log(256), 1 / 500],
    [torch.tensor(128.0).log(), torch.tensor(256.0).log(), torch.tensor(1 / 500)],
)

# ── 7 · Who pulls, who pushes ─────────────────────────────────────────────────────────────────────


def slope(s, row=1.0, column=1.0, identity=2.0):
    return (
        row * s.softmax(1) + column * s.softmax(0) - identity * torch.eye(len(s), dtype=s.dtype)
    ) / (2 * len(s))


def naive_slope(s):
    e = s.exp()
    return (e / e.sum(1, keepdim=True) + e / e.sum(0) - 2 * torch.eye(len(s))) / (2 * len(s))


def by_autograd(scores):
    scores = scores.clone().requires_grad_()
    nce(scores).backward()
    return scores.grad


def by_torch_func(scores):
    return torch.func.grad(nce)(scores)


GRADIENT = (
    Wrong(by_autograd, "lets autograd do it, which the card rules out", "`backward`"),
    Wrong(by_torch_func, "lets autograd do it, by torch.func", "yourself"),
    Wrong(lambda s: slope(s, 2, 0), "the rows only"),
    Wrong(lambda s: slope(s, 0, 2), "the columns only"),
    Wrong(lambda s: slope(s) * len(s), "forgets 1/n"),
    Wrong(lambda s: slope(s) * 2, "forgets ½"),
    Wrong(lambda s: slope(s) * 2 * len(s), "forgets 1/n and ½"),
    Wrong(lambda s: -slope(s), "the sign"),
    Wrong(lambda s: slope(s, identity=0), "forgets the own pair"),
    Wrong(lambda s: slope(s, identity=1), "takes 1 off once, not twice"),
    Wrong(lambda s: slope(s) / len(s), "divides by n²"),
    Wrong(
        lambda s: s.flatten().softmax(0).view_as(s) - torch.eye(len(s)) / len(s),
        "one softmax over the table",
    ),
    Wrong(
        lambda s: (s.softmax(1) + s.softmax(1).T - 2 * torch.eye(len(s))) / (2 * len(s)),
        "transposes the rows' softmax",
    ),
    Wrong(naive_slope, "exp overflows at 100"),
    Wrong(
        lambda s: (
            (s.softmax(1) * (1 - s.softmax(1)) + s.softmax(0) * (1 - s.softmax(0))) / (2 * len(s))
        ),
        "p(1 − p), from memory",
    ),
    Wrong(lambda s: slope(s, 1, 0, 1) / 1, "half of the rows' part"),
    Wrong(lambda s: slope(s).T, "transposed"),
    Wrong(lambda s: slope(s).abs(), "sizes"),
    Wrong(lambda s: slope(s) * (1 - torch.eye(len(s))), "the diagonal is 0"),
    Wrong(lambda s: slope(s) / 0.07, "divides by a temperature"),
    Wrong(
        lambda s: (s.log_softmax(1) + s.log_softmax(0) - 2 * torch.eye(len(s))) / (2 * len(s)),
        "log-softmax for softmax",
    ),
    Wrong(
        lambda s: (s.softmax(1) * s.softmax(0) - torch.eye(len(s))) / len(s),
        "multiplies both softmaxes",
    ),
    Wrong(lambda s: slope(s, 1, -1, 0), "rows minus columns"),
    Wrong(
        lambda s: (s.softmax(1) + s.softmax(0)) / 2 - torch.eye(len(s)), "forgets 1/n, by averaging"
    ),
    Wrong(lambda s: slope(s).sum(1), "sums over the rows"),
    Wrong(lambda s: slope(s).diagonal(), "the diagonal"),
    Wrong(
        lambda s: slope(s)[~torch.eye(len(s)).bool()].reshape(len(s), -1), "leaves the diagonal out"
    ),
    Wrong(lambda s: nce(s), "the loss"),
    Wrong(
        lambda s: (s.softmax(1) + s.softmax(0) - torch.ones(len(s))) / (2 * len(s)),
        "takes 1 off everywhere",
    ),
    Wrong(
        lambda s: (
            (torch.eye(len(s)) * (1 - s.softmax(1)) + torch.eye(len(s)) * (1 - s.softmax(0)))
            / (2 * len(s))
        ),
        "1 − p on the diagonal, nothing else",
    ),
    Wrong(lambda s: -slope(s) * 2, "the sign, and no ½"),
    Wrong(lambda s: slope(s, 2, 0) * len(s), "the rows only, no 1/n"),
    Wrong(lambda s: (s.sigmoid() - torch.eye(len(s))) / len(s), "sigmoids"),
    Wrong(lambda s: slope(s.clamp(max=20)), "clamps the scores"),
    Wrong(lambda s: slope(s - s.max(), 1, 1, 2) + 1e-4, "adds a little"),
    Wrong(
        lambda s: (s.softmax(1) + s.softmax(0)) / (2 * len(s)) - torch.eye(len(s)),
        "divides only the softmaxes by n",
    ),
    Wrong(
        lambda s: (s.softmax(1) + s.softmax(0)) / 2 - torch.eye(len(s)) / len(s),
        "divides only the diagonal by n",
    ),
    Wrong(lambda s: slope(s) / 2, "halves twice"),
    Wrong(lambda s: slope(s) * 4, "a batch of four built in"),
    Wrong(
        lambda s: (s.softmax(1) + s.softmax(0) - 2 * torch.eye(len(s)).flip(1)) / (2 * len(s)),
        "the other diagonal",
    ),
    Wrong(lambda s: ((s.softmax(1) + s.softmax(0)) / 2 - torch.eye(len(s))).sign(), "signs only"),
    Wrong(lambda s: (s.softmax(1).mean(0) + s.softmax(0).mean(1)) / 2, "means of the softmaxes"),
    Wrong(lambda s: slope(s).round(decimals=2), "rounds"),
    Wrong(lambda s: slope((s + s.T) / 2), "averages the scores first"),
    Wrong(
        lambda s: (
            (s.softmax(1) * (1 - s.softmax(1)) + s.softmax(0) * (1 - s.softmax(0))) / (2 * len(s))
        ),
        "p (1 − p), in which a sure pair is not even pushed",
        "(?s)The pull on the pairs is missing.*derivative of a probability",
    ),
    Wrong(
        lambda s: (
            ((s - s.logsumexp(1)).exp() + s.softmax(0) - 2 * torch.eye(len(s))) / (2 * len(s))
        ),
        "loses an axis: divides the columns by the rows' sums",
        "lost its axis",
    ),
    Wrong(
        lambda s: s.softmax(1) + s.softmax(0) - 2 * torch.eye(len(s)) / (2 * len(s)),
        "no brackets",
        "first in Python",
    ),
    Wrong(
        lambda s: (s.sigmoid() - torch.eye(len(s))) / len(s), "a sigmoid for each cell", "sigmoid"
    ),
    Wrong(lambda s: slope(s.clamp(max=50)), "limits the scores to 50", "50 or below"),
    Wrong(
        lambda s: (((s + s.T) / 2).softmax(1) - torch.eye(len(s))) / len(s),
        "one softmax of averaged scores",
        "average the scores",
    ),
    Wrong(nce, "the loss", "loss itself"),
)


def slope_by_cell(scores):
    n, s = len(scores), scores.double()
    out = torch.zeros(n, n)
    for i in range(n):
        for j in range(n):
            row = (s[i, j] - s[i].logsumexp(0)).exp()
            column = (s[i, j] - s[:, j].logsumexp(0)).exp()
            out[i, j] = (row + column - 2 * (i == j)) / (2 * n)
    return out


def slope_numpy(scores):
    s = scores.numpy().astype(np.float64)
    rows, columns = np.exp(s - s.max(1, keepdims=True)), np.exp(s - s.max(0, keepdims=True))
    both = rows / rows.sum(1, keepdims=True) + columns / columns.sum(0, keepdims=True)
    return (both - 2 * np.eye(len(s))) / (2 * len(s))


def in_two_steps(scores):
    part = scores.softmax(dim=1)
    part.fill_diagonal_(0)
    part -= torch.diag(part.sum(1))
    other = scores.T.softmax(dim=1).clone()
    other.fill_diagonal_(0)
    other -= torch.diag(other.sum(1))
    return (part + other.T) / (2 * len(scores))


GRADIENT_RIGHT = (
    slope,
    slope_by_cell,
    slope_numpy,
    in_two_steps,
    lambda scores: slope(scores.double()),
    lambda s: (
        (
            (s.softmax(1) - torch.eye(len(s))) / len(s)
            + (s.T.softmax(1) - torch.eye(len(s))).T / len(s)
        )
        / 2
    ),
    lambda s: (
        (s.log_softmax(1).exp() + s.log_softmax(0).exp()).sub(2 * torch.eye(len(s))).div(2 * len(s))
    ),
    lambda scores: slope(scores).tolist(),
)

# ── 8 · Whom does a low temperature push? ─────────────────────────────────────────────────────────

TEMPERATURE = (
    Wrong([0.66, 0.17, 0.03], "exchanges the first two", "larger than the first|order"),
    Wrong([0.15, 0.30, 0.03], "shares of all eight, the own text among them"),
    Wrong([0.147, 0.304, 0.03], "shares of all eight, three decimals"),
    Wrong([0.17, 0.66, 0.02], "one temperature too low"),
    Wrong([0.17, 0.66, 0.05], "one temperature too high"),
    Wrong([0.17, 0.66, 0.005], "the smallest τ"),
    Wrong([0.17, 0.66, 1.0], "the largest of the list"),
    Wrong([0.17, 0.66, 6], "the place in the list"),
    Wrong([17, 66, 0.03], "percent"),
    Wrong([0.17, 0.66, 0.94], "the part at that τ"),
    Wrong([0.15, 0.54, 0.01], "the own text's share"),
    Wrong([0.15, 0.54, 0.03], "the own text's share, the third right"),
    Wrong([0.153, 0.539, 0.03], "the own text's share, three decimals"),
    Wrong([0.2, 0.7, 0.03], "one decimal"),
    Wrong([0.66, 0.17, 0.03], "exchanges the first two"),
    Wrong([0.03, 0.17, 0.66], "another order"),
    Wrong([0.14, 0.14, 0.03], "one seventh each"),
    Wrong([0.143, 0.66, 0.03], "one seventh at τ = 1"),
    Wrong([0.17, 0.17, 0.03], "τ changes nothing"),
    Wrong([0.147, 4.346, 0.03], "the push itself, over τ"),
    Wrong([0.17, 0.144, 0.03], "multiplies with τ"),
    Wrong([0.31, 0.31, 0.03], "the cosine"),
    Wrong([0.41, 0.41, 0.03], "the cosine's part of their sum"),
    Wrong([0.17, 0.66], "two numbers"),
    Wrong([0.17, 0.66, None], "one missing"),
    Wrong([0.17, 0.66, [0.03, 0.02, 0.01, 0.005]], "a list in the third place"),
    Wrong(["0.17", "0.66", "0.03"], "strings"),
    Wrong("0.17, 0.66, 0.03", "one string"),
    Wrong([0.17, 0.66, 0.1], "half, not 90 %"),
    Wrong([0.17, 0.66, 0.04], "a τ that is not in the list"),
    Wrong([0.17, 0.66, 0.034], "interpolates"),
    Wrong([0.17, 0.79, 0.03], "τ = 0.05 in the second"),
    Wrong([0.17, 0.52, 0.03], "τ = 0.1 in the second"),
    Wrong([0.21, 0.66, 0.03], "τ = 0.5 in the first"),
    Wrong([-0.17, -0.66, 0.03], "signs"),
    Wrong([0.83, 0.34, 0.03], "the others' part"),
    Wrong([0.12, 0.10, 0.03], "the least hard"),
    Wrong(0.17, "one number"),
    Wrong({1: 0.17, 0.07: 0.66}, "a dictionary"),
    Wrong([0.17, 0.66, 33.3], "1/τ"),
    Wrong([1.0, 0.07, 0.03], "the temperatures"),
    Wrong([0.15, 0.30, 0.03], "of all eight texts, two digits", "own one's or"),
    Wrong([0.96, 0.56, 0.03], "compared with the own text", r"\*own\* text's"),
    Wrong([0.174, 0.189, 0.03], "τ = 0.7", "τ = 0.7"),
    Wrong([0.174, 0.66, 0.01], "too low", "at a larger one"),
    Wrong([0.174, 0.66, 0.07], "a τ at which it is less", "At your third τ"),
    Wrong([0.174, 0.66, 1.0], "the largest of all τ", "At your third τ"),
)
TEMPERATURE_RIGHT = (
    [0.17, 0.66, 0.03],
    (0.174, 0.660, 0.03),
    torch.tensor([0.1736, 0.6595, 0.03]),
    np.array([0.17355, 0.65952, 0.03]),
    [torch.tensor(0.17355), torch.tensor(0.65952), 0.03],
    [np.float32(0.17355), np.float32(0.65952), 3e-2],
    [0.17355172336101532, 0.6595184803009033, 0.03],
)

WRONG = {
    "contrastive.similarities": SIMILARITIES,
    "contrastive.info_nce": INFO_NCE,
    "contrastive.targets": TARGETS,
    "contrastive.small_clip": SMALL_CLIP,
    "contrastive.zero_shot": ZERO_SHOT,
    "contrastive.chance": CHANCE,
    "contrastive.gradient": GRADIENT,
    "contrastive.temperature": TEMPERATURE,
}
RIGHT = {
    "contrastive.similarities": SIMILARITIES_RIGHT,
    "contrastive.info_nce": INFO_NCE_RIGHT,
    "contrastive.targets": TARGETS_RIGHT,
    "contrastive.small_clip": SMALL_CLIP_RIGHT,
    "contrastive.zero_shot": ZERO_SHOT_RIGHT,
    "contrastive.chance": CHANCE_RIGHT,
    "contrastive.gradient": GRADIENT_RIGHT,
    "contrastive.temperature": TEMPERATURE_RIGHT,
}
