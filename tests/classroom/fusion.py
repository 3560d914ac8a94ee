"""What a class hands in to the exercises of lesson 06."""

import math
from collections import Counter
from fractions import Fraction
from functools import partial, reduce

import numpy as np
import sklearn.metrics
import torch
import torch.nn.functional as F
from torch import nn

from tests.classroom import Wrong

# ── 1 · A weighted average ────────────────────────────────────────────────────────────────────────


def mixed(weights, features):
    """Return the sum of features, each times a weight: what most answers end with."""
    return torch.einsum("m,mbw->bw", weights, features)


def two_modalities(features, scores):
    w = scores.softmax(0)
    return w[0] * features[0] + w[1] * features[1]


def one_minus(features, scores):
    w = torch.sigmoid(scores[0] - scores[1])
    return w * features[0] + (1 - w) * features[1]


def stops_early(features, scores):
    w = scores.softmax(0)
    total = torch.zeros_like(features[0])
    for i in range(len(scores) - 1):
        total = total + w[i] * features[i]
    return total


def overwrites(features, scores):
    w = scores.softmax(0)
    for i in range(len(scores)):
        total = w[i] * features[i]
    return total


def in_place(features, scores):
    features *= scores.softmax(0).detach()[:, None, None]
    return features.sum(0)


def average_in_numpy(features, scores):
    f, s = features.detach().numpy(), scores.detach().numpy()
    w = np.exp(s) / np.exp(s).sum()
    return torch.tensor(np.tensordot(w, f, 1))


def average_by_loop(features, scores):
    powers = [torch.exp(s - scores.max()) for s in scores]
    total = 0
    for power, feature in zip(powers, features, strict=True):
        total = total + power / sum(powers) * feature
    return total


def average_by_recursion(features, scores):
    if len(scores) == 1:
        return features[0]
    rest = scores[1:].logsumexp(0)
    first = torch.sigmoid(scores[0] - rest)
    return first * features[0] + (1 - first) * average_by_recursion(features[1:], scores[1:])


class Averager:
    def __call__(self, features, scores):
        return (features * nn.Softmax(dim=0)(scores).view(-1, 1, 1)).sum(dim=0)


def average_by_matmul(power, features, scores):
    return features.permute(1, 2, 0) @ (power(scores) / power(scores).sum())


AVERAGE_WRONG = (
    Wrong(
        lambda features, scores: (lambda w: w[0] * features[0] + (1 - w[0]) * features[1:].sum(0))(
            scores.softmax(0)
        ),
        "the rest for each of the others",
        "Each of the others",
    ),
    Wrong(
        lambda features, scores: mixed(F.normalize(scores, dim=0), features),
        "divides by the length",
        "their length",
    ),
    Wrong(lambda features, scores: mixed(scores, features), "no softmax: the scores are weights"),
    Wrong(
        lambda features, scores: mixed(scores / scores.sum(), features),
        "divides the scores by their sum, no exponential",
    ),
    Wrong(
        lambda features, scores: (scores.softmax(0)[:, None, None] * features).mean(0),
        "the mean of the weighted features, not the sum",
    ),
    Wrong(
        lambda features, scores: (scores[:, None, None] * features).softmax(0).sum(0),
        "softmax over the products",
    ),
    Wrong(two_modalities, "only the first two modalities"),
    Wrong(one_minus, "a sigmoid, which holds for two modalities only"),
    Wrong(lambda features, scores: mixed(scores.sigmoid(), features), "sigmoid for softmax"),
    Wrong(lambda features, scores: features.mean(0), "ignores the scores"),
    Wrong(lambda features, scores: features.sum(0), "adds the modalities up"),
    Wrong(
        lambda features, scores: mixed(scores.detach().softmax(0), features),
        "detaches the scores",
    ),
    Wrong(average_in_numpy, "NumPy cuts the gradient"),
    Wrong(
        lambda features, scores: mixed(torch.tensor(scores.tolist()).softmax(0), features),
        "makes a new tensor of the scores",
    ),
    Wrong(lambda features, scores: mixed(scores.log_softmax(0), features), "log-softmax"),
    Wrong(lambda features, scores: mixed(scores.exp(), features), "exp without dividing"),
    Wrong(
        lambda features, scores: mixed(scores.exp() / scores.exp().mean(), features),
        "divides by the mean of the exponentials",
    ),
    Wrong(lambda features, scores: features[scores.argmax()], "takes the modality that wins"),
    Wrong(lambda features, scores: mixed((-scores).softmax(0), features), "softmin"),
    Wrong(
        lambda features, scores: scores.softmax(0)[:, None, None] * features,
        "does not add the modalities up",
    ),
    Wrong(
        lambda features, scores: (scores.softmax(0)[:, None, None] * features).sum(1),
        "sums over the batch",
    ),
    Wrong(
        lambda features, scores: (scores.softmax(0)[:, None, None] * features).sum(-1),
        "sums over the width",
    ),
    Wrong(
        lambda features, scores: (mixed(scores.softmax(0), features), scores.softmax(0)),
        "returns the weights too",
    ),
    Wrong(lambda features, scores: mixed(scores.softmax(0).softmax(0), features), "softmax twice"),
    Wrong(
        lambda features, scores: mixed((scores / len(scores) ** 0.5).softmax(0), features),
        "divides the scores by the root of their number, as attention does",
    ),
    Wrong(
        lambda features, scores: mixed(2**scores / (2**scores).sum(), features),
        "powers of 2 instead of e",
    ),
    Wrong(
        lambda features, scores: mixed(scores.abs() / scores.abs().sum(), features),
        "absolute values made to sum to 1",
    ),
    Wrong(
        lambda features, scores: mixed(scores.softmax(0).flip(0), features),
        "weights in reverse order",
    ),
    Wrong(
        lambda features, scores: mixed(scores.softmax(0), F.normalize(features, dim=-1)),
        "normalises the features first",
    ),
    Wrong(
        lambda features, scores: mixed(scores[:, None].softmax(-1)[:, 0], features),
        "softmax over an axis of length 1",
    ),
    Wrong(
        lambda features, scores: mixed(scores.softmax(0), features).squeeze(),
        "squeezes axes of size 1 away",
    ),
    Wrong(stops_early, "leaves the last modality out"),
    Wrong(overwrites, "overwrites the sum: only the last modality is left"),
    Wrong(in_place, "changes the features in place and detaches"),
    Wrong(
        lambda features, scores: mixed(scores, features) / len(scores),
        "no softmax, and divides by the number",
    ),
    Wrong(
        lambda features, scores: mixed(scores.softmax(0).round(decimals=1), features),
        "rounds the weights",
    ),
    Wrong(
        lambda features, scores: mixed(scores.softmax(0), features.softmax(-1)),
        "softmax of the features, too",
    ),
    Wrong(
        lambda features, scores: mixed(scores.clamp(min=0).softmax(0), features),
        "clamps the scores at 0 because weights are positive",
    ),
    Wrong(lambda features, scores: scores @ features, "matrix product that does not fit"),
    Wrong(lambda features, scores: print(features), "prints and returns nothing"),
)
AVERAGE_RIGHT = (
    average_by_loop,
    average_by_recursion,
    Averager(),
    partial(average_by_matmul, torch.exp),
    lambda features, scores: torch.tensordot(scores.softmax(0), features, dims=1),
    lambda features, scores: sum(
        w * x for w, x in zip(F.softmax(scores, dim=-1), features, strict=True)
    ),
    lambda features, scores: mixed((scores - scores.logsumexp(0)).exp(), features),
    lambda features, scores: mixed(scores.double().softmax(0), features.double()),
    lambda features, scores: (scores.softmax(0) @ features.flatten(1)).reshape(features.shape[1:]),
)

# ── 2 · Two decisions, averaged ───────────────────────────────────────────────────────────────────


def softmax_row(row):
    powers = [math.exp(number - max(row)) for number in row]
    return [power / sum(powers) for power in powers]


def decisions_in_lists(picture_scores, sound_scores):
    pairs = zip(picture_scores.tolist(), sound_scores.tolist(), strict=True)
    return [
        [(p + q) / 2 for p, q in zip(softmax_row(a), softmax_row(b), strict=True)] for a, b in pairs
    ]


def decisions_in_numpy(picture_scores, sound_scores):
    def softmax(scores):
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    return (softmax(picture_scores.numpy()) + softmax(sound_scores.numpy())) / 2


def votes(picture_scores, sound_scores):
    labels = picture_scores.shape[1]
    return (
        F.one_hot(picture_scores.argmax(1), labels) + F.one_hot(sound_scores.argmax(1), labels)
    ) / 2


def surer_one(picture_scores, sound_scores):
    p, q = picture_scores.softmax(1), sound_scores.softmax(1)
    return torch.where(p.amax(1, keepdim=True) > q.amax(1, keepdim=True), p, q)


def geometric(picture_scores, sound_scores):
    return ((picture_scores.log_softmax(1) + sound_scores.log_softmax(1)) / 2).exp()


def product(picture_scores, sound_scores):
    both = picture_scores.softmax(1) * sound_scores.softmax(1)
    return both / both.sum(1, keepdim=True)


class Decider:
    def __call__(self, picture_scores, sound_scores):
        softmax = nn.Softmax(dim=1)
        return torch.stack([softmax(picture_scores), softmax(sound_scores)]).mean(dim=0)


def decisions_with(softmax, picture_scores, sound_scores):
    return torch.lerp(softmax(picture_scores), softmax(sound_scores), 0.5)


DECISIONS_WRONG = (
    Wrong(
        lambda p, q: torch.minimum(p.softmax(1), q.softmax(1)),
        "the smaller of the two",
        "smaller of the two",
    ),
    Wrong(
        lambda p, q: (p.softmax(1).softmax(1) + q.softmax(1).softmax(1)) / 2,
        "two softmaxes each",
        "two softmaxes",
    ),
    Wrong(
        lambda p, q: ((p / 2).softmax(1) + (q / 2).softmax(1)) / 2,
        "halves the scores",
        "halve the scores",
    ),
    Wrong(lambda p, q: ((p + q) / 2).softmax(1), "averages the scores, then softmax"),
    Wrong(lambda p, q: (p + q).softmax(1), "adds the scores, then softmax"),
    Wrong(geometric, "averages the logarithms: a geometric mean that does not sum to 1"),
    Wrong(lambda p, q: geometric(p, q).log().softmax(1), "geometric mean, normalised"),
    Wrong(lambda p, q: p.softmax(1) + q.softmax(1), "does not divide by 2"),
    Wrong(lambda p, q: (p.softmax(0) + q.softmax(0)) / 2, "softmax over the batch"),
    Wrong(lambda p, q: (p.sigmoid() + q.sigmoid()) / 2, "sigmoid for softmax"),
    Wrong(product, "product of the probabilities"),
    Wrong(lambda p, q: p.softmax(1) * q.softmax(1), "product, not normalised"),
    Wrong(lambda p, q: torch.maximum(p.softmax(1), q.softmax(1)), "the larger of the two"),
    Wrong(lambda p, q: p.softmax(1), "the picture alone"),
    Wrong(lambda p, q: q.softmax(1), "the sound alone"),
    Wrong(lambda p, q: ((p.softmax(1) + q.softmax(1)) / 2).log(), "returns logarithms"),
    Wrong(lambda p, q: ((p.softmax(1) + q.softmax(1)) / 2).argmax(1), "returns the label"),
    Wrong(
        lambda p, q: ((p.softmax(1) + q.softmax(1)) / 2).softmax(1), "softmax again after the mean"
    ),
    Wrong(lambda p, q: 0.7 * p.softmax(1) + 0.3 * q.softmax(1), "weights 0.7 and 0.3"),
    Wrong(lambda p, q: (p + q) / 2, "the mean of the scores, no softmax at all"),
    Wrong(
        lambda p, q: torch.cat([p, q], 1).softmax(1).view(len(p), 2, -1).sum(1),
        "one softmax over both rows of scores",
    ),
    Wrong(lambda p, q: (p.softmax(1) + q) / 2, "softmax of one of the two only"),
    Wrong(votes, "each casts one vote instead of a probability"),
    Wrong(surer_one, "the surer one decides alone"),
    Wrong(
        lambda p, q: ((p.softmax(1) ** 2 + q.softmax(1) ** 2) / 2).sqrt(), "root of the mean square"
    ),
    Wrong(lambda p, q: torch.stack([p.softmax(1), q.softmax(1)]), "returns both, not their mean"),
    Wrong(
        lambda p, q: torch.stack([p.softmax(1), q.softmax(1)]).mean(1), "averages over the batch"
    ),
    Wrong(lambda p, q: (p.softmax(1) + q.softmax(1)) / p.shape[1], "divides by the labels"),
    Wrong(lambda p, q: (p.exp() + q.exp()) / 2, "exponentials that are not divided"),
    Wrong(
        lambda p, q: (p.exp() + q.exp()) / (p.exp() + q.exp()).sum(1, keepdim=True),
        "adds the exponentials before dividing",
    ),
    Wrong(
        lambda p, q: (2**p / (2**p).sum(1, keepdim=True) + 2**q / (2**q).sum(1, keepdim=True)) / 2,
        "powers of 2 instead of e",
    ),
    Wrong(
        lambda p, q: (p / p.sum(1, keepdim=True) + q / q.sum(1, keepdim=True)) / 2,
        "divides the scores by their sum",
    ),
    Wrong(
        lambda p, q: (p.exp() / p.exp().sum() + q.exp() / q.exp().sum()) / 2,
        "the sum of the softmax runs over the whole batch",
    ),
    Wrong(lambda p, q: p.softmax(1) + q.softmax(1) / 2, "a pair of brackets is missing"),
    Wrong(
        lambda p, q: (p.log_softmax(1) + q.log_softmax(1)) / 2, "the mean of the log-probabilities"
    ),
    Wrong(
        lambda p, q: ((p.softmax(1) + q.softmax(1)) / 2).round(decimals=2), "rounds to 2 decimals"
    ),
    Wrong(lambda p, q: (p.softmax(1), q.softmax(1)), "returns a pair"),
    Wrong(lambda p, q: 2 / (1 / p.softmax(1) + 1 / q.softmax(1)), "the harmonic mean"),
    Wrong(lambda p, q: ((-p).softmax(1) + (-q).softmax(1)) / 2, "the sign of the scores"),
    Wrong(
        lambda p, q: (F.softmax(p - p.mean(), 1).round() + F.softmax(q, 1)) / 2,
        "rounds one of the two",
    ),
)
DECISIONS_RIGHT = (
    decisions_in_lists,
    decisions_in_numpy,
    Decider(),
    partial(decisions_with, partial(torch.softmax, dim=-1)),
    lambda p, q: torch.logaddexp(p.log_softmax(1), q.log_softmax(1)).exp() / 2,
    lambda p, q: (p.double().softmax(1) + q.double().softmax(1)) / 2,
    lambda p, q: torch.stack([p, q]).softmax(-1).mean(0),
    lambda p, q: torch.einsum(
        "kbl,k->bl", torch.stack([p, q]).softmax(2), torch.tensor([0.5, 0.5], dtype=p.dtype)
    ),
    lambda p, q: 0.5 * F.softmax(p, dim=1) + 0.5 * F.softmax(q, dim=1),
)

# ── 3 · A gate for every feature ──────────────────────────────────────────────────────────────────


def gate_of(x1, x2, weight, bias):
    """Return the right gate, for answers that go wrong after it."""
    return torch.sigmoid(torch.cat([x1, x2], 1) @ weight.T + bias)


def gated_by(gate):
    """Return an answer that is right but for its gate."""

    def answer(x1, x2, weight, bias):
        g = gate(x1, x2, weight, bias)
        return g * x1 + (1 - g) * x2

    return answer


def gated_then(mix):
    """Return an answer that has the right gate and mixes in another way."""
    return lambda x1, x2, weight, bias: mix(gate_of(x1, x2, weight, bias), x1, x2)


def interleaved(x1, x2, weight, bias):
    both = torch.stack([x1, x2], dim=-1).flatten(1)
    return torch.sigmoid(both @ weight.T + bias)


def gate_in_loops(x1, x2, weight, bias):
    rows = []
    for a, b in zip(x1.tolist(), x2.tolist(), strict=True):
        both, row = a + b, []
        for i in range(len(a)):
            t = sum(w * x for w, x in zip(weight[i].tolist(), both, strict=True)) + float(bias[i])
            g = 1 / (1 + math.exp(-t)) if t > 0 else math.exp(t) / (1 + math.exp(t))
            row.append(g * a[i] + (1 - g) * b[i])
        rows.append(row)
    return torch.tensor(rows)


def gate_in_numpy(x1, x2, weight, bias):
    x1, x2 = x1.numpy(), x2.numpy()
    t = np.concatenate([x1, x2], axis=1) @ weight.numpy().T + bias.numpy()
    g = 0.5 * (1 + np.tanh(t / 2))
    return g * x1 + (1 - g) * x2


def gate_in_linear(x1, x2, weight, bias):
    linear = nn.Linear(weight.shape[1], weight.shape[0], dtype=weight.dtype)
    linear.weight.data, linear.bias.data = weight, bias
    g = linear(torch.cat([x1, x2], dim=1)).sigmoid()
    return g * x1 + (1 - g) * x2


class Gate:
    def __call__(self, x1, x2, weight, bias):
        first, second = weight.chunk(2, dim=1)
        g = (x1 @ first.T + x2 @ second.T + bias).sigmoid()
        return x2 + g * (x1 - x2)


def gate_with(linear, x1, x2, weight, bias):
    return torch.lerp(x2, x1, linear(torch.cat((x1, x2), -1), weight, bias).sigmoid())


GATED_WRONG = (
    Wrong(
        gated_then(lambda g, x1, x2: (1 - g) * x1 + (1 - g) * x2), "1 - g for both", "both alike"
    ),
    Wrong(
        gated_by(lambda x1, x2, w, b: (1 + (torch.cat([x1, x2], 1) @ w.T + b).tanh()) / 2),
        "σ(2t)",
        "twice as steep",
    ),
    Wrong(gated_then(lambda g, x1, x2: (1 - g) * x1 + g * x2), "the gate opens for the second"),
    Wrong(gated_by(lambda x1, x2, w, b: torch.cat([x1, x2], 1) @ w.T + b), "no sigmoid"),
    Wrong(gated_by(lambda x1, x2, w, b: (torch.cat([x1, x2], 1) @ w.T).sigmoid()), "no bias"),
    Wrong(gated_by(lambda x1, x2, w, b: gate_of(x2, x1, w, b)), "[x2; x1] instead of [x1; x2]"),
    Wrong(
        gated_by(lambda x1, x2, w, b: (torch.cat([x1, x2], 1) @ w + b).sigmoid()),
        "does not transpose the weight",
    ),
    Wrong(
        gated_by(
            lambda x1, x2, w, b: (torch.cat([x1, x2], 1) @ w.reshape(w.shape[::-1]) + b).sigmoid()
        ),
        "reshapes the weight instead of transposing it",
    ),
    Wrong(
        gated_by(lambda x1, x2, w, b: (torch.cat([x1, x2], 1) @ w.T + b).tanh()),
        "tanh for the sigmoid",
    ),
    Wrong(
        gated_by(lambda x1, x2, w, b: (torch.cat([x1, x2], 1) @ w.T + b).softmax(1)),
        "softmax over the features for the sigmoid",
    ),
    Wrong(
        gated_by(lambda x1, x2, w, b: (x1 @ w[:, : x1.shape[1]].T + b).sigmoid()),
        "the gate reads the first modality only",
    ),
    Wrong(
        gated_by(lambda x1, x2, w, b: (x2 @ w[:, x1.shape[1] :].T + b).sigmoid()),
        "the gate reads the second modality only",
    ),
    Wrong(
        gated_by(lambda x1, x2, w, b: gate_of(x1, x2, w, b).mean(1, keepdim=True)),
        "one gate for all features",
    ),
    Wrong(
        gated_by(lambda x1, x2, w, b: gate_of(x1, x2, w, b).mean(0, keepdim=True)),
        "one gate for all examples",
    ),
    Wrong(gated_then(lambda g, x1, x2: g * x1 + g * x2), "g for both, no 1 - g"),
    Wrong(gated_then(lambda g, x1, x2: g * x1 + x2), "the second is not held back"),
    Wrong(gated_then(lambda g, x1, x2: g * x1), "the second is left out"),
    Wrong(gated_then(lambda g, x1, x2: x1 + (1 - g) * x2), "the first is not held back"),
    Wrong(gated_then(lambda g, x1, x2: x1 + g * (x1 - x2)), "starts from the wrong side"),
    Wrong(gated_then(lambda g, x1, x2: (g * x1, (1 - g) * x2)), "returns the parts"),
    Wrong(gated_then(lambda g, x1, x2: g), "returns the gate"),
    Wrong(gated_then(lambda g, x1, x2: (g * x1 + (1 - g) * x2, g)), "returns the gate as well"),
    Wrong(gated_by(lambda x1, x2, w, b: gate_of(x1, x2, w, b).sigmoid()), "sigmoid twice"),
    Wrong(
        gated_by(lambda x1, x2, w, b: (torch.cat([x1, x2], 1) @ w.T - b).sigmoid()),
        "subtracts the bias",
    ),
    Wrong(
        gated_by(lambda x1, x2, w, b: (torch.cat([x1, x2], 1) @ w.T).sigmoid() + b),
        "the bias comes after the sigmoid",
    ),
    Wrong(
        gated_by(lambda x1, x2, w, b: (gate_of(x1, x2, w, b) > 0.5).to(x1.dtype)),
        "a gate that is open or shut",
    ),
    Wrong(gated_by(interleaved), "the features of the two alternate"),
    Wrong(
        gated_then(lambda g, x1, x2: g * x1.tanh() + (1 - g) * x2.tanh()),
        "tanh of the features, as in the paper",
    ),
    Wrong(
        gated_by(lambda x1, x2, w, b: ((x1 + x2) @ w[:, : x1.shape[1]].T + b).sigmoid()),
        "adds the features instead of putting them together",
    ),
    Wrong(
        gated_by(lambda x1, x2, w, b: (torch.cat([x1, x2], 0) @ w.T + b).sigmoid()),
        "puts the examples together, not the features",
    ),
    Wrong(
        gated_by(lambda x1, x2, w, b: 1 / (1 + (torch.cat([x1, x2], 1) @ w.T + b).exp())),
        "the sign in the sigmoid",
    ),
    Wrong(
        gated_by(lambda x1, x2, w, b: (torch.cat([x1, x2], 1) @ w.T + b).clamp(0, 1)),
        "clamps to 0 … 1 instead of the sigmoid",
    ),
    Wrong(
        gated_by(lambda x1, x2, w, b: F.hardsigmoid(torch.cat([x1, x2], 1) @ w.T + b)),
        "the hard sigmoid",
    ),
    Wrong(
        gated_by(lambda x1, x2, w, b: (torch.cat([x1, x2], 1) @ w.T + b).relu()),
        "relu for the sigmoid",
    ),
    Wrong(gated_then(lambda g, x1, x2: g * x1 + (1 - g) * x2 + x1), "adds the first once more"),
    Wrong(gated_then(lambda g, x1, x2: (g * x1 + (1 - g) * x2) / 2), "halves the result"),
    Wrong(gated_then(lambda g, x1, x2: (g * x1 + (1 - g) * x2).squeeze()), "squeezes"),
    Wrong(gated_then(lambda g, x1, x2: g * (x1 + x2)), "gates the sum of both"),
    Wrong(gated_then(lambda g, x1, x2: g @ x1.T + (1 - g) @ x2.T), "matrix product for ⊙"),
    Wrong(
        lambda x1, x2, weight, bias: (gate_of(x1, x2, weight, bias), x1, x2)[1] * 0.5 + 0.5 * x2,
        "computes a gate and does not use it",
    ),
    Wrong(
        lambda x1, x2, weight, bias: F.linear(torch.cat([x1, x2], 1), weight, bias),
        "stops after the linear layer",
    ),
)
GATED_RIGHT = (
    gate_in_loops,
    gate_in_numpy,
    gate_in_linear,
    Gate(),
    partial(gate_with, F.linear),
    gated_by(lambda x1, x2, w, b: torch.addmm(b, torch.hstack([x1, x2]), w.t()).sigmoid()),
    gated_by(
        lambda x1, x2, w, b: torch.einsum("bi,oi->bo", torch.cat([x1, x2], 1), w).add(b).sigmoid()
    ),
    lambda x1, x2, w, b: gated_then(lambda g, a, c: g * a + c - g * c)(x1, x2, w, b),
    lambda x1, x2, w, b: gated_by(gate_of)(x1.double(), x2.double(), w.double(), b.double()),
)

# ── 4 · Products of features, at a low price ──────────────────────────────────────────────────────


def with_one(x):
    """Return features with a 1 behind them."""
    return torch.cat([x, torch.ones_like(x[:, :1])], dim=1)


def projections(x1, x2, u, v):
    """Return both sides' projections, (rank, batch, out)."""
    return with_one(x1) @ u, with_one(x2) @ v


def after(combine):
    """Return an answer with the right projections, which combines them in another way."""
    return lambda x1, x2, u, v: combine(*projections(x1, x2, u, v))


def appended(make):
    """Return an answer that appends something else."""
    return lambda x1, x2, u, v: ((make(x1) @ u) * (make(x2) @ v)).sum(0)


def ranks_overwritten(x1, x2, u, v):
    for one_u, one_v in zip(u, v, strict=True):
        z = (with_one(x1) @ one_u) * (with_one(x2) @ one_v)
    return z


def ranks_from_one(x1, x2, u, v):
    z = 0
    for r in range(1, len(u)):
        z = z + (with_one(x1) @ u[r]) * (with_one(x2) @ v[r])
    return z


def two_ranks(x1, x2, u, v):
    a, b = projections(x1, x2, u[:2], v[:2])
    return a[0] * b[0] + a[-1] * b[-1]


def ones_written_over(x1, x2, u, v):
    one1, one2 = x1.clone(), x2.clone()
    one1[:, -1], one2[:, -1] = 1, 1
    return ((one1 @ u[:, :-1]) * (one2 @ v[:, :-1])).sum(0)


def low_rank_loops(x1, x2, u, v):
    z = torch.zeros(len(x1), u.shape[2], dtype=x1.dtype)
    for example in range(len(x1)):
        for out in range(u.shape[2]):
            for r in range(len(u)):
                first = u[r, -1, out] + sum(x * w for x, w in zip(x1[example], u[r, :-1, out]))  # noqa: B905
                second = v[r, -1, out] + sum(x * w for x, w in zip(x2[example], v[r, :-1, out]))  # noqa: B905
                z[example, out] += first * second
    return z


def low_rank_full_tensor(x1, x2, u, v):
    tensor = torch.einsum("rio,rjo->ijo", u, v)
    return torch.einsum("bi,bj,ijo->bo", with_one(x1), with_one(x2), tensor)


def low_rank_numpy(x1, x2, u, v):
    one1 = np.column_stack([x1.numpy(), np.ones(len(x1))])
    one2 = np.column_stack([x2.numpy(), np.ones(len(x2))])
    return np.einsum("bi,rio,bj,rjo->bo", one1, u.numpy(), one2, v.numpy())


class LowRank:
    def __call__(self, x1, x2, u, v):
        ranks = zip(u, v, strict=True)
        terms = [
            (F.pad(x1, (0, 1), value=1) @ a) * (F.pad(x2, (0, 1), value=1) @ b) for a, b in ranks
        ]
        return reduce(torch.add, terms)


def low_rank_with(one, x1, x2, u, v):
    return torch.einsum("bi,rio,bj,rjo->bo", one(x1), u, one(x2), v)


LOW_RANK_WRONG = (
    Wrong(after(lambda a, b: (a * b.flip(0)).sum(0)), "ranks of v in reverse order", "last V"),
    Wrong(
        lambda x1, x2, u, v: ((F.pad(x1, (1, 0), value=1.0) @ u) * (with_one(x2) @ v)).sum(0),
        "the 1 in front on one side",
        "features of x1, and behind",
    ),
    Wrong(
        appended(lambda x: torch.cat([torch.ones_like(x[:, :1]), x], 1)), "the 1 stands in front"
    ),
    Wrong(
        lambda x1, x2, u, v: ((x1 @ u[:, :-1]) * (x2 @ v[:, :-1])).sum(0),
        "no 1, and the last row of the matrices dropped",
    ),
    Wrong(
        lambda x1, x2, u, v: ((x1 @ u[:, 1:]) * (x2 @ v[:, 1:])).sum(0),
        "no 1, and the first row of the matrices dropped",
    ),
    Wrong(lambda x1, x2, u, v: ((x1 @ u) * (x2 @ v)).sum(0), "no 1: the shapes do not fit"),
    Wrong(
        lambda x1, x2, u, v: ((with_one(x1) @ u) * (x2 @ v[:, :-1])).sum(0),
        "a 1 behind the first only",
    ),
    Wrong(
        lambda x1, x2, u, v: ((x1 @ u[:, :-1]) * (with_one(x2) @ v)).sum(0),
        "a 1 behind the second only",
    ),
    Wrong(appended(lambda x: F.pad(x, (0, 1))), "a 0 appended instead of a 1"),
    Wrong(after(lambda a, b: a.sum(0) * b.sum(0)), "sums the ranks before the product"),
    Wrong(after(lambda a, b: (a * b).prod(0)), "multiplies the ranks"),
    Wrong(after(lambda a, b: (a * b).mean(0)), "the mean of the ranks"),
    Wrong(after(lambda a, b: a * b), "does not sum the ranks"),
    Wrong(after(lambda a, b: (a * b)[0]), "the first rank only"),
    Wrong(after(lambda a, b: (a + b).sum(0)), "adds the projections"),
    Wrong(after(lambda a, b: (a * b).sum(-1)), "sums over the outputs"),
    Wrong(after(lambda a, b: (a * b).sum(1)), "sums over the batch"),
    Wrong(after(lambda a, b: a @ b.transpose(1, 2)), "matrix product instead of ⊙"),
    Wrong(lambda x1, x2, u, v: ((with_one(x1) @ u) * (with_one(x2) @ u)).sum(0), "u on both sides"),
    Wrong(
        lambda x1, x2, u, v: ((with_one(x1) @ v) * (with_one(x2) @ u)).sum(0),
        "u and v change places",
    ),
    Wrong(after(lambda a, b: (a * b).sum(0) / len(a) ** 0.5), "divides by the root of the rank"),
    Wrong(after(lambda a, b: (a * b).amax(0)), "the largest rank"),
    Wrong(after(lambda a, b: (a * b).relu().sum(0)), "a relu that nobody asked for"),
    Wrong(after(lambda a, b: (a * b).sum(0).squeeze()), "squeezes"),
    Wrong(after(lambda a, b: (a * b).sum(0).T), "transposed"),
    Wrong(
        lambda x1, x2, u, v: torch.einsum("bi,rio,bj,rko->bo", with_one(x1), u, with_one(x2), v),
        "einsum with letters that do not meet",
    ),
    Wrong(ranks_overwritten, "overwrites the sum: the last rank only"),
    Wrong(ranks_from_one, "starts at the second rank"),
    Wrong(two_ranks, "two ranks as in the lesson"),
    Wrong(ones_written_over, "writes the 1 over the last feature"),
    Wrong(after(lambda a, b: F.normalize((a * b).sum(0), dim=-1)), "normalises the result"),
    Wrong(after(lambda a, b: torch.cat([a, b], -1).sum(0)), "puts the projections side by side"),
    Wrong(after(lambda a, b: (a * b).sum(0) + a.sum(0) + b.sum(0)), "adds the sides once more"),
    Wrong(after(lambda a, b: (a * b).cumsum(0)[0]), "takes the wrong end of the running sum"),
    Wrong(
        appended(lambda x: torch.cat([x, torch.rand(len(x), 1, dtype=x.dtype)], 1)),
        "appends a random number",
    ),
    Wrong(
        lambda x1, x2, u, v: ((x1 @ u[:, :-1] + 1) * (x2 @ v[:, :-1] + 1)).sum(0),
        "adds 1 to the projection",
    ),
    Wrong(
        lambda x1, x2, u, v: (((x1 + 1) @ u[:, :-1]) * ((x2 + 1) @ v[:, :-1])).sum(0),
        "adds 1 to the features",
        r"(?s)^(?!.*rank).*add 1 to every feature",
    ),
    Wrong(after(lambda a, b: (a * a).sum(0)), "squares the first projection"),
    Wrong(after(lambda a, b: (a / b).sum(0)), "divides instead of multiplying"),
    Wrong(
        appended(lambda x: torch.cat([x, x.mean(1, keepdim=True)], 1)), "appends the mean, not 1"
    ),
    Wrong(
        lambda x1, x2, u, v: low_rank_with(with_one, F.normalize(x1, dim=1), x2, u, v),
        "normalises the first features",
    ),
)
LOW_RANK_RIGHT = (
    low_rank_loops,
    low_rank_full_tensor,
    low_rank_numpy,
    LowRank(),
    partial(low_rank_with, with_one),
    lambda x1, x2, u, v: ((x1 @ u[:, :-1] + u[:, -1:]) * (x2 @ v[:, :-1] + v[:, -1:])).sum(dim=0),
    lambda x1, x2, u, v: torch.stack(
        [(with_one(x1) @ a) * (with_one(x2) @ b) for a, b in zip(u, v, strict=True)], dim=-1
    ).sum(-1),
    lambda x1, x2, u, v: (
        torch.bmm(with_one(x1).expand(len(u), -1, -1), u)
        * torch.bmm(with_one(x2).expand(len(v), -1, -1), v)
    ).sum(0),
    lambda x1, x2, u, v: after(lambda a, b: (a * b).sum(0))(
        x1.double(), x2.double(), u.double(), v.double()
    ),
)

# ── 5 · Modality dropout ──────────────────────────────────────────────────────────────────────────


def wiped(x, lost):
    """Return x with its lost examples at 0."""
    return x.masked_fill(lost.view(-1, 1, 1), 0.0)


def loses(picture, sound):
    """Return an answer that wipes what the two rules say: each takes draw and share."""
    return lambda pictures, sounds, draw, share: (
        wiped(pictures, picture(draw, share)),
        wiped(sounds, sound(draw, share)),
    )


def low(draw, share):
    return draw < share / 2


def high(draw, share):
    return draw >= 1 - share / 2


def careless_dropout(pictures, sounds, draw, share):
    lost = (draw < share / 2).view(-1, 1, 1)
    kept = 1 / (1 - share)
    return pictures.masked_fill(lost, 0.0) * kept, sounds.masked_fill(lost, 0.0) * kept


def filled_with(fill):
    def answer(pictures, sounds, draw, share):
        return (
            pictures.masked_fill(low(draw, share).view(-1, 1, 1), fill),
            sounds.masked_fill(high(draw, share).view(-1, 1, 1), fill),
        )

    return answer


def scaled_by(scale):
    def answer(pictures, sounds, draw, share):
        first, second = loses(low, high)(pictures, sounds, draw, share)
        return first * scale(share), second * scale(share)

    return answer


def dropout_in_place(pictures, sounds, draw, share):
    pictures[draw < share / 2] = 0
    sounds[draw >= 1 - share / 2] = 0
    return pictures, sounds


def draws_again(pictures, sounds, draw, share):
    return loses(low, high)(pictures, sounds, torch.rand(len(draw)), share)


def drops_rows(pictures, sounds, draw, share):
    return pictures[draw >= share / 2], sounds[draw < 1 - share / 2]


def fills_with_mean(pictures, sounds, draw, share):
    lost, gone = low(draw, share).view(-1, 1, 1), high(draw, share).view(-1, 1, 1)
    return torch.where(lost, pictures.mean(), pictures), torch.where(gone, sounds.mean(), sounds)


def numbers_dropped(pictures, sounds, draw, share):
    keep = (draw >= share / 2).view(-1, 1, 1), (draw < 1 - share / 2).view(-1, 1, 1)
    noise = torch.rand_like(pictures) > 0.5, torch.rand_like(sounds) > 0.5
    return pictures * (keep[0] | noise[0]), sounds * (keep[1] | noise[1])


def first_example_decides(pictures, sounds, draw, share):
    if draw[0] < share / 2:
        return torch.zeros_like(pictures), sounds
    if draw[0] >= 1 - share / 2:
        return pictures, torch.zeros_like(sounds)
    return pictures, sounds


def dropout_stops(pictures, sounds, draw, share):
    pictures, sounds = pictures.clone(), sounds.clone()
    for i in range(len(draw)):
        if draw[i] < share / 2:
            pictures[i] = 0
        elif draw[i] >= 1 - share / 2:
            sounds[i] = 0
        return pictures, sounds


def first_row_only(pictures, sounds, draw, share):
    pictures, sounds = pictures.clone(), sounds.clone()
    pictures[low(draw, share), 0] = 0
    sounds[high(draw, share), 0] = 0
    return pictures, sounds


def dropout_loop(pictures, sounds, draw, share):
    pictures, sounds = pictures.clone(), sounds.clone()
    for i, number in enumerate(draw.tolist()):
        if number < share / 2:
            pictures[i] = 0
        if number >= 1 - share / 2:
            sounds[i] = 0
    return pictures, sounds


def dropout_numpy(pictures, sounds, draw, share):
    draw = draw.numpy()[:, None, None]
    return (
        np.where(draw < share / 2, 0, pictures.numpy()),
        np.where(draw >= 1 - share / 2, 0, sounds.numpy()),
    )


class Dropout:
    def __call__(self, pictures, sounds, draw, share):
        zero = torch.zeros(())
        lost, gone = draw < share / 2, draw >= 1 - share / 2
        return (
            torch.where(lost[:, None, None], zero.to(pictures), pictures),
            torch.where(gone[:, None, None], zero.to(sounds), sounds),
        )


def dropout_rows(zeros, pictures, sounds, draw, share):
    first = [zeros(p) if d < share / 2 else p for p, d in zip(pictures, draw, strict=True)]
    second = [zeros(s) if d >= 1 - share / 2 else s for s, d in zip(sounds, draw, strict=True)]
    return torch.stack(first), torch.stack(second)


def dropout_multiplies(pictures, sounds, draw, share):
    heard = (draw < 1 - share / 2).to(sounds.dtype)
    seen = (draw >= share / 2).to(pictures.dtype)
    return torch.einsum("bhw,b->bhw", pictures, seen), torch.einsum("bfm,b->bfm", sounds, heard)


DROPOUT_WRONG = (
    Wrong(careless_dropout, "the given program, unchanged"),
    Wrong(loses(low, low), "only the scale taken out: both are lost together"),
    Wrong(
        lambda p, s, draw, share: tuple(
            x / (1 - share) for x in loses(low, high)(p, s, draw, share)
        ),
        "the sound mended, the scale still there",
    ),
    Wrong(scaled_by(lambda share: 1 / (1 - share / 2)), "scaled by 1 / (1 - share / 2)"),
    Wrong(scaled_by(lambda share: 1 - share), "scaled by 1 - share"),
    Wrong(loses(low, lambda d, s: d >= s / 2), "every other pair loses its sound"),
    Wrong(loses(low, lambda d, s: d > 1 - s / 2), "> instead of ≥ for the sound"),
    Wrong(loses(lambda d, s: d <= s / 2, high), "≤ instead of < for the picture"),
    Wrong(loses(lambda d, s: d < s, lambda d, s: d >= 1 - s), "share instead of its half"),
    Wrong(
        loses(low, lambda d, s: (d >= s / 2) & (d < s)),
        "the sound is lost in the next stretch, not the last",
    ),
    Wrong(loses(low, lambda d, s: d >= 1 - s), "share instead of its half for the sound"),
    Wrong(loses(lambda d, s: d < s, high), "share instead of its half for the picture"),
    Wrong(loses(high, low), "picture and sound change places"),
    Wrong(lambda p, s, draw, share: loses(low, high)(p, s, draw, share)[::-1], "sounds come first"),
    Wrong(dropout_in_place, "changes the inputs"),
    Wrong(fills_with_mean, "fills with the mean of the batch"),
    Wrong(filled_with(1.0), "fills with ones"),
    Wrong(filled_with(-math.inf), "fills with -inf, as a mask of attention does"),
    Wrong(filled_with(math.nan), "fills with NaN, for missing"),
    Wrong(loses(lambda d, s: ~low(d, s), lambda d, s: ~high(d, s)), "loses what should be kept"),
    Wrong(draws_again, "draws random numbers of its own"),
    Wrong(drops_rows, "takes the pairs out of the batch"),
    Wrong(numbers_dropped, "drops single numbers of the lost, as ordinary dropout does"),
    Wrong(first_example_decides, "the first pair decides for the batch"),
    Wrong(dropout_stops, "returns inside the loop"),
    Wrong(first_row_only, "wipes the first row only"),
    Wrong(loses(lambda d, s: d < 0.25, lambda d, s: d >= 0.75), "share 0.5 built in"),
    Wrong(loses(low, lambda d, s: d >= 0.75), "0.75 built in for the sound"),
    Wrong(lambda p, s, draw, share: (wiped(p, low(draw, share)), s), "the sound is never lost"),
    Wrong(lambda p, s, draw, share: (p, wiped(s, high(draw, share))), "the picture is never lost"),
    Wrong(lambda p, s, draw, share: wiped(p, low(draw, share)), "returns the pictures only"),
    Wrong(
        lambda p, s, draw, share: (
            torch.where(draw < share / 2, torch.zeros_like(p), p),
            torch.where(draw >= 1 - share / 2, torch.zeros_like(s), s),
        ),
        "the mask lies along the last axis",
    ),
    Wrong(lambda p, s, draw, share: (F.dropout(p, share), F.dropout(s, share)), "ordinary dropout"),
    Wrong(loses(low, lambda d, s: d >= 1 - s / 4), "a quarter of the share for the sound"),
    Wrong(lambda p, s, draw, share: (p, s), "returns what came in"),
    Wrong(
        lambda p, s, draw, share: torch.cat(
            [x.flatten(1) for x in loses(low, high)(p, s, draw, share)], 1
        ),
        "returns one tensor",
    ),
    Wrong(
        lambda p, s, draw, share: tuple(x.flatten(1) for x in loses(low, high)(p, s, draw, share)),
        "returns rows, not the shapes that came in",
    ),
    Wrong(
        lambda p, s, draw, share: (
            wiped(p, low(draw, share)) / (1 - share / 2),
            wiped(s, low(draw, share)) / (1 - share / 2),
        ),
        "both lost together, and another scale",
    ),
)
DROPOUT_RIGHT = (
    dropout_loop,
    dropout_numpy,
    Dropout(),
    partial(dropout_rows, torch.zeros_like),
    dropout_multiplies,
    loses(low, high),
    loses(lambda d, s: 2 * d < s, lambda d, s: ~(d < 1 - s / 2)),
    lambda p, s, draw, share: list(loses(low, high)(p, s, draw, share)),
    lambda p, s, draw, share: loses(low, high)(p.double(), s.double(), draw.double(), share),
)

# ── 6 · Macro F1 ──────────────────────────────────────────────────────────────────────────────────


def counts(predicted, target, classes):
    """Return hits, predicted and true counts of every label."""
    hits = torch.bincount(target[predicted == target], minlength=classes).double()
    said = torch.bincount(predicted, minlength=classes).double()
    true = torch.bincount(target, minlength=classes).double()
    return hits, said, true


def ratio(a, b):
    return torch.where(b > 0, a / b.clamp(min=1e-9), torch.zeros_like(a))


def f1_of(hits, said, true):
    return ratio(2 * hits, said + true)


def macro(score):
    """Return an answer: `score` of (hits, predicted, true) for all labels, averaged."""
    return lambda predicted, target, classes: score(*counts(predicted, target, classes)).mean()


def over(which):
    """Return an answer: F1 averaged over the labels that `which` (hits, predicted, true) names."""

    def answer(predicted, target, classes):
        found = counts(predicted, target, classes)
        return f1_of(*found)[which(*found)].mean()

    return answer


def of_means(predicted, target, classes):
    hits, said, true = counts(predicted, target, classes)
    p, r = ratio(hits, said).mean(), ratio(hits, true).mean()
    return 2 * p * r / (p + r)


def any_hit(predicted, target, classes):
    _, said, true = counts(predicted, target, classes)
    hits = (predicted == target).sum().double().expand(classes)
    return ratio(2 * hits, said + true).mean()


def sk(**options):
    """Return an answer that calls scikit-learn."""
    return lambda predicted, target, classes: sklearn.metrics.f1_score(target, predicted, **options)


def skips_missing(predicted, target, classes):
    total = 0.0
    for label in range(classes):
        hits = ((predicted == label) & (target == label)).sum().item()
        if hits == 0:
            continue
        p, r = hits / (predicted == label).sum().item(), hits / (target == label).sum().item()
        total += 2 * p * r / (p + r)
    return total / len(set(target.tolist()))


def divides_by_zero(predicted, target, classes):
    scores = []
    for label in range(classes):
        hits = ((predicted == label) & (target == label)).sum().item()
        p, r = hits / (predicted == label).sum().item(), hits / (target == label).sum().item()
        scores.append(2 * p * r / (p + r))
    return sum(scores) / classes


def nan_for_nothing(predicted, target, classes):
    hits, said, true = counts(predicted, target, classes)
    p, r = hits / said, hits / true
    return (2 * p * r / (p + r)).mean()


def last_label(predicted, target, classes):
    for label in range(classes):
        hits = ((predicted == label) & (target == label)).sum()
        f1 = 2 * hits / ((predicted == label).sum() + (target == label).sum()).clamp(min=1)
    return f1


def whole_division(predicted, target, classes):
    hits, said, true = counts(predicted, target, classes)
    return (2 * hits.long() // (said + true).long().clamp(min=1)).double().mean()


def as_many_as_seen(predicted, target, classes):
    return sklearn.metrics.f1_score(target, predicted, average="macro")


def f1_in_sets(predicted, target, classes):
    total = Fraction(0)
    for label in range(classes):
        said = {i for i, x in enumerate(predicted.tolist()) if x == label}
        true = {i for i, x in enumerate(target.tolist()) if x == label}
        if said & true:
            total += Fraction(2 * len(said & true), len(said) + len(true))
    return float(total / classes)


def f1_counter(predicted, target, classes):
    said, true = Counter(predicted.tolist()), Counter(target.tolist())
    hits = Counter(p for p, t in zip(predicted.tolist(), target.tolist(), strict=True) if p == t)
    return sum(2 * hits[k] / (said[k] + true[k]) for k in range(classes) if hits[k]) / classes


def f1_numpy(predicted, target, classes):
    table = np.zeros((classes, classes))
    np.add.at(table, (target.numpy(), predicted.numpy()), 1)
    hits, both = np.diag(table), table.sum(0) + table.sum(1)
    return np.divide(2 * hits, both, out=np.zeros(classes), where=both > 0).mean()


class MacroF1:
    def __call__(self, predicted, target, classes):
        said, true = F.one_hot(predicted, classes), F.one_hot(target, classes)
        hits = (said * true).sum(0)
        return (2 * hits / (said.sum(0) + true.sum(0)).clamp(min=1)).mean()


def f1_report(zero, predicted, target, classes):
    found = sklearn.metrics.precision_recall_fscore_support(
        target, predicted, labels=list(range(classes)), average=None, zero_division=zero
    )
    return found[2].mean()


F1_WRONG = (
    Wrong(
        macro(lambda h, p, t: torch.maximum(ratio(h, p), ratio(h, t))),
        "the larger of P and R",
        "larger of precision",
    ),
    Wrong(
        lambda predicted, target, classes: f1_of(*counts(predicted, target, classes)).min(),
        "the worst label",
        "goes worst",
    ),
    Wrong(lambda predicted, target, classes: (predicted == target).double().mean(), "accuracy"),
    Wrong(sk(average="micro"), "micro F1"),
    Wrong(sk(average="weighted"), "weighted F1"),
    Wrong(sk(average="macro"), "scikit-learn without labels: absent labels are left out"),
    Wrong(sk(), "scikit-learn with its default, which is for two labels"),
    Wrong(sk(average=None), "one F1 for each label that occurs"),
    Wrong(over(lambda h, p, t: t > 0), "the mean over the labels that occur"),
    Wrong(over(lambda h, p, t: p > 0), "the mean over the labels that were predicted"),
    Wrong(over(lambda h, p, t: h > 0), "the mean over the labels with a hit"),
    Wrong(
        macro(lambda h, p, t: torch.where(p + t > 0, f1_of(h, p, t), torch.ones_like(h))),
        "an absent label counts 1",
    ),
    Wrong(macro(lambda h, p, t: ratio(h, p)), "macro precision"),
    Wrong(macro(lambda h, p, t: ratio(h, t)), "macro recall"),
    Wrong(of_means, "F1 of the mean precision and the mean recall"),
    Wrong(macro(lambda h, p, t: (ratio(h, p) + ratio(h, t)) / 2), "the arithmetic mean of P and R"),
    Wrong(macro(lambda h, p, t: f1_of(h, p, t) / 2), "forgot the 2"),
    Wrong(macro(lambda h, p, t: ratio(h, p + t - h)), "intersection over union"),
    Wrong(
        macro(lambda h, p, t: (ratio(h, p) * ratio(h, t)).sqrt()), "the geometric mean of P and R"
    ),
    Wrong(macro(lambda h, p, t: ratio(5 * h, p + 4 * t)), "F2"),
    Wrong(macro(lambda h, p, t: f1_of(h, p, t) * 100), "percent"),
    Wrong(
        lambda predicted, target, classes: f1_of(*counts(predicted, target, classes)).sum(),
        "the sum over labels",
    ),
    Wrong(
        lambda predicted, target, classes: f1_of(*counts(predicted, target, classes)),
        "one number for each label",
    ),
    Wrong(
        lambda predicted, target, classes: f1_of(*counts(predicted, target, classes)).median(),
        "the median",
    ),
    Wrong(
        lambda predicted, target, classes: f1_of(*counts(predicted, target, classes))[:-1].mean(),
        "leaves the last label out",
    ),
    Wrong(
        lambda predicted, target, classes: f1_of(*counts(predicted, target, classes))[1:].mean(),
        "starts at label 1",
    ),
    Wrong(
        lambda predicted, target, classes: (
            f1_of(*counts(predicted, target, classes)).sum() / len(target)
        ),
        "divides by the examples",
    ),
    Wrong(
        lambda predicted, target, classes: (
            f1_of(*counts(predicted, target, 100)).sum() / (int(target.max()) + 1)
        ),
        "counts the labels by the highest that occurs",
        "Which argument says how many",
    ),
    Wrong(
        lambda predicted, target, classes: f1_of(*counts(predicted, target, 100)).sum() / 10,
        "ten labels built in",
    ),
    Wrong(any_hit, "the hits of all labels together"),
    Wrong(skips_missing, "divides by the labels that occur"),
    Wrong(divides_by_zero, "divides by zero"),
    Wrong(nan_for_nothing, "0 / 0 is NaN"),
    Wrong(last_label, "keeps the last label only"),
    Wrong(whole_division, "whole division"),
    Wrong(macro(lambda h, p, t: ratio(2 * h + 1, p + t + 1)), "smoothing that nobody asked for"),
    Wrong(
        lambda predicted, target, classes: round(
            float(f1_of(*counts(predicted, target, classes)).mean()), 1
        ),
        "rounds to one decimal",
    ),
    Wrong(macro(lambda h, p, t: 1 - f1_of(h, p, t)), "one minus F1"),
    Wrong(
        lambda predicted, target, classes: (
            f1_of(*counts(predicted, target, classes)).sum() / (classes - 1)
        ),
        "divides by classes - 1",
    ),
    Wrong(
        lambda predicted, target, classes: sklearn.metrics.balanced_accuracy_score(
            target, predicted
        ),
        "balanced accuracy",
    ),
    Wrong(
        macro(lambda h, p, t: ratio(2 * ratio(h, p) * ratio(h, t), ratio(h, p) + ratio(h, t)) ** 2),
        "squares F1",
    ),
)
F1_RIGHT = (
    f1_in_sets,
    f1_counter,
    f1_numpy,
    MacroF1(),
    partial(f1_report, 0),
    macro(f1_of),
    macro(lambda h, p, t: ratio(2 * ratio(h, p) * ratio(h, t), ratio(h, p) + ratio(h, t))),
    lambda predicted, target, classes: sklearn.metrics.f1_score(
        target, predicted, labels=range(classes), average="macro", zero_division=0
    ),
    lambda predicted, target, classes: sklearn.metrics.f1_score(
        predicted.numpy(), target.numpy(), labels=range(classes), average="macro", zero_division=0.0
    ),
    lambda predicted, target, classes: (
        f1_of(*counts(predicted, target, classes)).float().mean().item()
    ),
)

# ── 7 · How good can anybody be? ──────────────────────────────────────────────────────────────────

LIMIT_WRONG = (
    Wrong([0.6, 0.92], "forgot that one guess in ten is right"),
    Wrong([0.64, 0.92], "forgot the guess with both"),
    Wrong([0.6, 0.928], "forgot the guess with the picture"),
    Wrong([0.928, 0.64], "the two in the other order"),
    Wrong([64, 92.8], "percent"),
    Wrong(["64 %", "92.8 %"], "percent in words"),
    Wrong([0.64, 0.82], "the sound alone instead of both"),
    Wrong([0.82, 0.928], "the sound alone instead of the picture"),
    Wrong([0.6, 0.8], "the shares that are not lost"),
    Wrong([0.4, 0.2], "the shares that are lost"),
    Wrong([0.4, 0.08], "the shares that are lost to all"),
    Wrong([0.36, 0.072], "the shares that are wrong"),
    Wrong([0.64, 0.73], "the mean of the two"),
    Wrong([0.64, 0.5248], "the product of the two limits"),
    Wrong([0.64, 0.532], "needs both to be readable"),
    Wrong([0.64, 0.48], "needs both, and does not guess"),
    Wrong([0.64, 0.9352], "multiplies the errors of the two"),
    Wrong([0.64, 0.46], "adds the lost shares: 1 - 0.6 + 0.06"),
    Wrong([0.64, 0.4], "adds the lost shares and does not guess"),
    Wrong([0.73, 0.919], "the numbers of the lesson"),
    Wrong([0.1, 0.1], "chance"),
    Wrong([0.64, 1.0], "both know everything"),
    Wrong([1.0, 1.0], "forgot that anything gets lost"),
    Wrong([0.68, 0.936], "one guess in five"),
    Wrong([0.8, 0.96], "one guess in two"),
    Wrong([0.64, 0.9], "rounded too far"),
    Wrong([0.6, 0.9], "rounded to one decimal"),
    Wrong(0.64, "one number"),
    Wrong([0.64], "a list of one number"),
    Wrong([0.64, 0.82, 0.928], "picture, sound, both"),
    Wrong("0.64, 0.928", "a string"),
    Wrong({"picture": 0.64, "both": 0.928}, "a dictionary"),
    Wrong([0.64, None], "the second is missing"),
    Wrong([0.64, 0.864], "one guess in ten of the wrong share"),
    Wrong([0.92, 0.6], "the other order, and no guess"),
    Wrong(lambda: [0.64, 0.928], "a function"),
    Wrong([0.94, 0.98], "one minus the share of wrong guesses, miscounted"),
)
LIMIT_RIGHT = (
    [0.64, 0.928],
    (0.64, 0.928),
    [0.64, 0.93],
    np.array([0.64, 0.928]),
    torch.tensor([0.64, 0.928]),
    [Fraction(64, 100), Fraction(928, 1000)],
    [0.6 + 0.4 * 0.1, 0.92 + 0.08 / 10],
    [np.float32(0.64), np.float64(0.928)],
    [torch.tensor(0.64), torch.tensor(0.928)],
    [[0.64, 0.928]],
)

# ── 8 · Late fusion without a hidden layer ────────────────────────────────────────────────────────

HEAD_WRONG = (
    Wrong([0.49, 0.95], "the two in the other order"),
    Wrong([95.0, 49.0], "percent"),
    Wrong([0.95, 0.95], "the hidden layer was not taken out"),
    Wrong([0.487, 0.487], "the hidden layer is missing in both"),
    Wrong([0.5, 0.5], "chance twice"),
    Wrong([0.95, 0.75], "three of four cases, by thought alone", "thought, and not measured"),
    Wrong([1.0, 0.5], "the limits, not measured"),
    Wrong([1.0, 0.75], "thought, not measured"),
    Wrong([0.99, 0.575], "measured on the pairs it learnt from"),
    Wrong([0.99, 0.49], "the first on the pairs it learnt from", "hardly a mistake"),
    Wrong([0.05, 0.51], "the shares that are wrong"),
    Wrong([0.95, 0.46], "reports the difference as the second"),
    Wrong([0.95], "one number"),
    Wrong(0.95, "a number, not a list"),
    Wrong([0.95, 0.49, 0.46], "three numbers"),
    Wrong("0.95, 0.49", "a string"),
    Wrong({"with": 0.95, "without": 0.49}, "a dictionary"),
    Wrong([9503, 4874], "counts of 10,000"),
    Wrong([0.51, 0.49], "untrained models"),
    Wrong([0.9, 0.83], "the redundant or complementary rule"),
    Wrong([0.95, 0.0], "thinks that without the layer all is wrong"),
    Wrong([0.95, 0.88], "early fusion's number"),
    Wrong([0.1, 1.5], "the losses"),
    Wrong([0.95, None], "the second is missing"),
    Wrong(["95 %", "49 %"], "percent in words"),
    Wrong([math.nan, math.nan], "NaN"),
    Wrong([-0.95, 0.49], "a sign"),
    Wrong([0.49, 0.9, 0.1], "three numbers in no order"),
    Wrong([0.7, 0.6], "half-trained models"),
)
HEAD_RIGHT = (
    [0.9503, 0.4874],
    (0.9466, 0.4926),
    [0.95, 0.5],
    np.array([0.945, 0.51]),
    torch.tensor([0.95, 0.49]),
    [torch.tensor(0.955), torch.tensor(0.48)],
    [np.float32(0.95), np.float64(0.495)],
    [Fraction(95, 100), Fraction(1, 2)],
    [[0.95, 0.49]],
)

WRONG = {
    "fusion.weighted_average": AVERAGE_WRONG,
    "fusion.late_decisions": DECISIONS_WRONG,
    "fusion.gated": GATED_WRONG,
    "fusion.low_rank": LOW_RANK_WRONG,
    "fusion.modality_dropout": DROPOUT_WRONG,
    "fusion.macro_f1": F1_WRONG,
    "fusion.limit": LIMIT_WRONG,
    "fusion.linear_head": HEAD_WRONG,
}
RIGHT = {
    "fusion.weighted_average": AVERAGE_RIGHT,
    "fusion.late_decisions": DECISIONS_RIGHT,
    "fusion.gated": GATED_RIGHT,
    "fusion.low_rank": LOW_RANK_RIGHT,
    "fusion.modality_dropout": DROPOUT_RIGHT,
    "fusion.macro_f1": F1_RIGHT,
    "fusion.limit": LIMIT_RIGHT,
    "fusion.linear_head": HEAD_RIGHT,
}
