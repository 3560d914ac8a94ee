"""Right answers to the exercises of lesson 06, fusion."""

import math

import torch
import torch.nn.functional as F
from sklearn.metrics import f1_score


def average_by_einsum(features, scores):
    return torch.einsum("mbw,m->bw", features, torch.softmax(scores, dim=0))


def average_in_a_loop(features, scores):
    total = sum(math.e**score for score in scores)
    result = torch.zeros_like(features[0])
    for x, score in zip(features, scores, strict=True):
        result = result + math.e**score / total * x
    return result


def average_by_tensordot(features, scores):
    return torch.tensordot(F.softmax(scores.double(), -1), features.double(), dims=1)


def average_as_attention(features, scores):
    tokens = features.permute(1, 2, 0)  # (batch, width, modality)
    return tokens @ (scores - scores.logsumexp(0)).exp()


def decisions_in_a_stack(picture_scores, sound_scores):
    return torch.stack([picture_scores, sound_scores]).softmax(dim=-1).mean(dim=0)


def decisions_by_exponentials(a, b):
    pa, pb = (x.double().exp() / x.double().exp().sum(1, keepdim=True) for x in (a, b))
    return 0.5 * pa + 0.5 * pb


def decisions_row_by_row(a, b):
    return torch.stack([(F.softmax(x, 0) + F.softmax(y, 0)) / 2 for x, y in zip(a, b, strict=True)])


def decisions_through_logarithms(a, b):
    both = torch.logaddexp(a.log_softmax(1), b.log_softmax(1))
    return (both - math.log(2)).exp()


def fusion_gate_by_linear(x1, x2, weight, bias):
    g = torch.sigmoid(F.linear(torch.cat([x1, x2], dim=-1), weight, bias))
    return x2 + g * (x1 - x2)


def fusion_gate_by_halves(x1, x2, weight, bias):
    first, second = weight.chunk(2, dim=1)
    signal = x1 @ first.T + x2 @ second.T + bias
    return torch.lerp(x2, x1, 1 / (1 + (-signal).exp()))


def fusion_gate_example_by_example(x1, x2, weight, bias):
    rows = []
    for a, b in zip(x1, x2, strict=True):
        g = (weight @ torch.hstack([a, b]) + bias).sigmoid()
        rows.append(torch.stack([g, 1 - g]).mul(torch.stack([a, b])).sum(0))
    return torch.stack(rows)


def fusion_gate_by_einsum(x1, x2, weight, bias):
    pair = torch.stack([x1, x2], 1).double()  # (batch, modality, width)
    w = weight.double().unflatten(1, (2, -1))
    signal = torch.einsum("bmi,omi->bo", pair, w) + bias
    shares = torch.stack([signal, torch.zeros_like(signal)], 1).softmax(1)
    return (shares * pair).sum(1)


def with_a_one(x):
    return torch.cat([x, torch.ones(len(x), 1)], dim=1)


def low_rank_by_einsum(x1, x2, u, v):
    return torch.einsum("ba,rao,bc,rco->bo", with_a_one(x1), u, with_a_one(x2), v)


def low_rank_by_rank(x1, x2, u, v):
    result = 0
    for first, second in zip(u, v, strict=True):
        result = result + (with_a_one(x1) @ first) * (with_a_one(x2) @ second)
    return result


def low_rank_with_rows_as_biases(x1, x2, u, v):
    first = x1 @ u[:, :-1] + u[:, -1:]
    second = x2 @ v[:, :-1] + v[:, -1:]
    return (first * second).sum(0)


def low_rank_through_the_full_tensor(x1, x2, u, v):
    tensor = torch.einsum("rao,rco->oac", u.double(), v.double())
    outer = with_a_one(x1).double().unsqueeze(2) * with_a_one(x2).double().unsqueeze(1)
    return torch.einsum("bac,oac->bo", outer, tensor)


def low_rank_by_bilinear(x1, x2, u, v):
    tensor = sum(a.T.unsqueeze(2) * b.T.unsqueeze(1) for a, b in zip(u, v, strict=True))
    return F.bilinear(with_a_one(x1), with_a_one(x2), tensor)


def modality_dropout_with_where(pictures, sounds, draw, share):
    draw = draw[:, None, None]
    silent = (1 - draw) <= share / 2
    return (
        torch.where(draw < share / 2, 0.0, pictures),
        torch.where(silent, torch.zeros(()), sounds),
    )


def modality_dropout_by_factors(pictures, sounds, draw, share):
    seen = (draw >= share / 2).float().reshape(-1, 1, 1)
    heard = (draw < 1 - share / 2).float().reshape(-1, 1, 1)
    return pictures * seen, sounds * heard


def modality_dropout_pair_by_pair(pictures, sounds, draw, share):
    pictures, sounds = pictures.clone(), sounds.clone()
    for i, number in enumerate(draw.tolist()):
        if number < share / 2:
            pictures[i] = 0
        elif number >= 1 - share / 2:
            sounds[i] = 0
    return pictures, sounds


def modality_dropout_by_einsum(pictures, sounds, draw, share):
    keep = torch.stack([~(draw < share / 2), ~(draw >= 1 - share / 2)]).double()
    return tuple(
        torch.einsum("bij,b->bij", x.double(), k)
        for x, k in zip((pictures, sounds), keep, strict=True)
    )


def macro_f1_by_sklearn(predicted, target, classes):
    labels = list(range(classes))
    return f1_score(target, predicted, labels=labels, average="macro", zero_division=0)


def macro_f1_in_a_loop(predicted, target, classes):
    values = []
    for label in range(classes):
        hits = sum(p == label and t == label for p, t in zip(predicted, target, strict=True))
        precision = hits / max(int((predicted == label).sum()), 1)
        recall = hits / max(int((target == label).sum()), 1)
        both = precision + recall
        values.append(2 * precision * recall / both if both else 0.0)
    return sum(values) / len(values)


def macro_f1_from_a_table(predicted, target, classes):
    table = torch.zeros(classes, classes)
    table.index_put_((target, predicted), torch.ones(len(target)), accumulate=True)
    hits = table.diagonal()
    return (2 * hits / (table.sum(0) + table.sum(1)).clamp(min=1)).mean()


def macro_f1_by_one_hot(predicted, target, classes):
    p, t = (F.one_hot(x, classes).double() for x in (predicted, target))
    return (2 * (p * t).sum(0) / (p + t).sum(0)).nan_to_num(0.0).mean().item()


def macro_f1_by_counting(predicted, target, classes):
    claims, owned = (x.bincount(minlength=classes) for x in (predicted, target))
    hits = target[predicted == target].bincount(minlength=classes)
    total = claims + owned
    return torch.where(total > 0, 2 * hits / total, 0.0).mean()


RIGHT = {
    "fusion.weighted_average": [
        average_by_einsum,
        average_in_a_loop,
        average_by_tensordot,
        average_as_attention,
    ],
    "fusion.late_decisions": [
        decisions_in_a_stack,
        decisions_by_exponentials,
        decisions_row_by_row,
        decisions_through_logarithms,
    ],
    "fusion.gated": [
        fusion_gate_by_linear,
        fusion_gate_by_halves,
        fusion_gate_example_by_example,
        fusion_gate_by_einsum,
    ],
    "fusion.low_rank": [
        low_rank_by_einsum,
        low_rank_by_rank,
        low_rank_with_rows_as_biases,
        low_rank_through_the_full_tensor,
        low_rank_by_bilinear,
    ],
    "fusion.modality_dropout": [
        modality_dropout_with_where,
        modality_dropout_by_factors,
        modality_dropout_pair_by_pair,
        modality_dropout_by_einsum,
    ],
    "fusion.macro_f1": [
        macro_f1_by_sklearn,
        macro_f1_in_a_loop,
        macro_f1_from_a_table,
        macro_f1_by_one_hot,
        macro_f1_by_counting,
    ],
    "fusion.limit": [[0.64, 0.928], (16 / 25, 0.93), torch.tensor([0.64, 0.928])],
    "fusion.linear_head": [
        [0.948, 0.497],
        (0.9381, 0.4867),
        torch.tensor([0.9543, 0.508]),
        [9520 / 10_000, 5064 / 10_000],
        [0.9645, 0.514],
    ],
}
