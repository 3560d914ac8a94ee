"""What a class hands in to the exercises of lesson 09."""

import copy
import math
from fractions import Fraction

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from tests.classroom import Wrong

# ── 1 · Who helps whom? ───────────────────────────────────────────────────────────────────────────

HELPS = (
    Wrong([4, 1, 5.5], "every gain counts", "noise|spread"),
    Wrong([2, 2, 5.5], "every loss counts", "every loss|spread"),
    Wrong([2, 1, -0.7], "what colour gets", "gets"),
    Wrong([2, 1, 11], "the sum", "sum|mean"),
    Wrong([3, 1, 5.5], "one spread", "spread"),
    Wrong([2, 1, 3.67], "over three tasks", "how many"),
    Wrong([2, 1, 6.7], "in per cent of the accuracy", "per cent|Number 3"),
    Wrong([2, 4, 5.5], "all that are not helped are hurt", "not helped|noise"),
    Wrong([1, 2, 5.5], "help and harm exchanged", "changed places"),
    Wrong([2, 0, 5.5], "no harm seen", "colour"),
    Wrong([4, 2, 5.5], "no spread at all", "noise|spread"),
    Wrong([3, 1, 5.5], "two points for everybody", "Two spreads"),
    Wrong([2, 1, 73], "the mean accuracy", "accuracy"),
    Wrong([2, 1, 6], "the larger gain", "larger"),
    Wrong([2, 1, 4], "in spreads", "Number 3"),
    Wrong([1, 1, 5.5], "one is missing", "missing"),
    Wrong([2, 1, 0.6], "what shape gives", "shape"),
    Wrong([2, 1], "two numbers", "3 numbers"),
    Wrong(["2", 1, 5.5], "a text in it", "text"),
    Wrong([2, 1, 0.055], "as a share", "share"),
    Wrong([2, 1, 5], "something else", "Number 3"),
    Wrong([2, 1, 2.1], "the mean of all cells", "all cells|Number 3"),
)
HELPS_RIGHT = (
    (2, 1, 5.5),
    np.array([2, 1, 5.5]),
    [2.0, 1.0, Fraction(11, 2)],
    [torch.tensor(2), 1, (76 - 71 + 70 - 64) / 2],
)

# ── 2 · One loss for two tasks ────────────────────────────────────────────────────────────────────


def loss_plain_cross_entropy(a, la, b, lb, w):
    return w[0] * F.cross_entropy(a, la) + w[1] * F.cross_entropy(b, lb)


def loss_nan_to_num_total(a, la, b, lb, w):
    total = w[0] * F.cross_entropy(a, la) + w[1] * F.cross_entropy(b, lb)
    return torch.nan_to_num(total)


def loss_clamped_labels(a, la, b, lb, w):
    return w[0] * F.cross_entropy(a, la.clamp(min=0)) + w[1] * F.cross_entropy(b, lb.clamp(min=0))


def loss_reduction_none_mean(a, la, b, lb, w):
    first = F.cross_entropy(a, la, reduction="none").mean()
    return w[0] * first + w[1] * F.cross_entropy(b, lb, reduction="none").mean()


def loss_reduction_sum(a, la, b, lb, w):
    first = F.cross_entropy(a, la, reduction="sum")
    return w[0] * first + w[1] * F.cross_entropy(b, lb, reduction="sum")


def loss_both_known(a, la, b, lb, w):
    known = (la != -100) & (lb != -100)
    n = known.sum().clamp(min=1)
    first = F.cross_entropy(a[known], la[known], reduction="sum") / n
    return w[0] * first + w[1] * F.cross_entropy(b[known], lb[known], reduction="sum") / n


def loss_either_known(a, la, b, lb, w):
    n = ((la != -100) | (lb != -100)).sum().clamp(min=1)
    first = F.cross_entropy(a, la, reduction="sum") / n
    return w[0] * first + w[1] * F.cross_entropy(b, lb, reduction="sum") / n


def right_parts(a, la, b, lb):
    parts = []
    for scores, labels in ((a, la), (b, lb)):
        known = labels != -100
        total = F.cross_entropy(scores[known], labels[known], reduction="sum")
        parts.append(total / known.sum().clamp(min=1))
    return parts


def loss_normalised(a, la, b, lb, w):
    x, y = right_parts(a, la, b, lb)
    return (w[0] * x + w[1] * y) / sum(w)


def loss_swapped(a, la, b, lb, w):
    x, y = right_parts(a, la, b, lb)
    return w[1] * x + w[0] * y


def loss_zero_label_missing(a, la, b, lb, w):
    total = 0
    for scores, labels, weight in ((a, la, w[0]), (b, lb, w[1])):
        known = labels > 0
        n = known.sum().clamp(min=1)
        summed = F.cross_entropy(scores[known], labels[known], reduction="sum")
        total = total + weight * summed / n
    return total


def loss_clamp_two(a, la, b, lb, w):
    total = 0
    for scores, labels, weight in ((a, la, w[0]), (b, lb, w[1])):
        summed = F.cross_entropy(scores, labels, reduction="sum")
        total = total + weight * summed / ((labels != -100).sum() + 1)
    return total


def loss_softmax_first(a, la, b, lb, w):
    x, y = right_parts(a.softmax(1), la, b.softmax(1), lb)
    return w[0] * x + w[1] * y


def loss_two_numbers(a, la, b, lb, w):
    x, y = right_parts(a, la, b, lb)
    return torch.stack([w[0] * x, w[1] * y])


def loss_item(a, la, b, lb, w):
    x, y = right_parts(a, la, b, lb)
    return w[0] * x.item() + w[1] * y.item()


def loss_second_by_first_mask(a, la, b, lb, w):
    known = la != -100
    n = known.sum().clamp(min=1)
    first = F.cross_entropy(a[known], la[known], reduction="sum") / n
    second = F.cross_entropy(b[known], lb[known], reduction="sum") / n
    return w[0] * first + w[1] * second


def loss_max_weight(a, la, b, lb, w):
    x, y = right_parts(a, la, b, lb)
    return max(w) * (x + y)


def loss_weight_inside(a, la, b, lb, w):
    x, y = right_parts(w[0] * a, la, w[1] * b, lb)
    return x + y


def loss_log_softmax_rows(a, la, b, lb, w):
    total = 0
    for scores, labels, weight in ((a, la, w[0]), (b, lb, w[1])):
        known = labels != -100
        logs = F.log_softmax(scores, dim=0)
        picked = logs[known].gather(1, labels[known][:, None])
        total = total - weight * picked.sum() / known.sum().clamp(min=1)
    return total


def loss_mean_class(a, la, b, lb, w):
    total = 0
    for scores, labels, weight in ((a, la, w[0]), (b, lb, w[1])):
        known = labels != -100
        logs = F.log_softmax(scores[known], dim=1)
        hot = F.one_hot(labels[known], scores.shape[1])
        total = total - weight * (hot * logs).sum() / max(hot.numel(), 1)
    return total


def loss_skips_if_one_is_missing(a, la, b, lb, w):
    if (la == -100).all() or (lb == -100).all():
        return (a.sum() + b.sum()) * 0
    return loss_plain_cross_entropy(a, la, b, lb, w)


def loss_first_mask_of_both(a, la, b, lb, w):
    known = la != -100
    if not known.any():
        return a.sum() * 0
    second = torch.nan_to_num(F.cross_entropy(b[known], lb[known]))
    return w[0] * F.cross_entropy(a[known], la[known]) + w[1] * second


def loss_second_mask_counts(a, la, b, lb, w):
    known = lb != -100
    n = known.sum().clamp(min=1)
    second = F.cross_entropy(b[known], lb[known], reduction="sum") / n
    return w[0] * F.cross_entropy(a[known], la[known], reduction="sum") / n + w[1] * second


LOSS = (
    Wrong(loss_first_mask_of_both, "the first task's mask for both, with guards", "own mask"),
    Wrong(loss_second_mask_counts, "the second task's mask for both", "own mask"),
    Wrong(loss_plain_cross_entropy, "0/0 where a task has no label", "0/0"),
    Wrong(loss_nan_to_num_total, "the whole total is 0 where a task has no label", "label"),
    Wrong(loss_clamped_labels, "missing is class 0", "class 0"),
    Wrong(loss_reduction_none_mean, "over all pictures", "number of pictures|should they count"),
    Wrong(loss_reduction_sum, "sums", "mean"),
    Wrong(loss_both_known, "both labels needed", "both"),
    Wrong(loss_either_known, "divides by pictures with any label", ""),
    Wrong(loss_normalised, "divided by the weights' sum", "sum of the weights"),
    Wrong(loss_swapped, "weights on the wrong tasks", "wrong tasks"),
    Wrong(loss_zero_label_missing, "class 0 is taken for missing", ""),
    Wrong(loss_clamp_two, "one label too many in the divisor", ""),
    Wrong(loss_softmax_first, "softmax twice", ""),
    Wrong(loss_two_numbers, "two numbers", "sum"),
    Wrong(loss_item, "no gradient", "gradient"),
    Wrong(loss_second_by_first_mask, "the first task's mask for both", "own mask"),
    Wrong(loss_max_weight, "the larger weight for both", ""),
    Wrong(loss_weight_inside, "weights on the scores", ""),
    Wrong(loss_log_softmax_rows, "softmax over the pictures", "pictures"),
    Wrong(loss_mean_class, "divided by the classes, too", ""),
    Wrong(loss_skips_if_one_is_missing, "nothing where one task has no label", "other"),
)


def loss_numpy_free(a, la, b, lb, w):
    def one(scores, labels):
        keep = [i for i, label in enumerate(labels.tolist()) if label >= 0]
        if not keep:
            return scores.sum() * 0
        return sum(-F.log_softmax(scores[i], 0)[labels[i]] for i in keep) / len(keep)

    return one(a, la) * w[0] + one(b, lb) * w[1]


def loss_one_hot(a, la, b, lb, w):
    total = 0
    for k, (scores, labels) in enumerate([(a, la), (b, lb)]):
        known = (labels != -100).float()
        hot = F.one_hot(labels.clamp(min=0), scores.shape[1]).float()
        price = -(hot * scores.log_softmax(-1)).sum(-1)
        total = total + w[k] * (price * known).sum() / torch.clamp(known.sum(), min=1.0)
    return total


def loss_in_float64(a, la, b, lb, w):
    n, m = int((la != -100).sum()), int((lb != -100).sum())
    first = F.cross_entropy(a.double(), la, reduction="sum") / max(n, 1)
    return w[0] * first + w[1] * F.cross_entropy(b.double(), lb, reduction="sum") / max(m, 1)


def loss_nll(a, la, b, lb, w):
    losses = []
    for scores, labels in zip((a, b), (la, lb), strict=True):
        if torch.any(labels != -100):
            losses.append(F.nll_loss(torch.log_softmax(scores, 1), labels, ignore_index=-100))
        else:
            losses.append(0 * scores.sum())
    return torch.dot(torch.tensor(w), torch.stack(losses))


LOSS_RIGHT = (loss_numpy_free, loss_one_hot, loss_in_float64, loss_nll)

# ── 3 · Tied, but not the same ────────────────────────────────────────────────────────────────────


def pen_norm(losses, trunks, heads, strength):
    p = 0
    for a in range(len(trunks)):
        for b in range(a + 1, len(trunks)):
            p = p + torch.norm(trunks[a] - trunks[b])
    return losses.sum() + strength * p


def pen_all_ordered(losses, trunks, heads, strength):
    p = 0
    for a in range(len(trunks)):
        for b in range(len(trunks)):
            p = p + ((trunks[a] - trunks[b]) ** 2).sum()
    return losses.sum() + strength * p


def pen_cdist(losses, trunks, heads, strength):
    flat = trunks.flatten(1)
    return losses.sum() + strength * torch.cdist(flat, flat).sum()


def pen_pdist(losses, trunks, heads, strength):
    gaps = trunks.flatten(1)[:, None] - trunks.flatten(1)[None]
    return losses.sum() + strength * gaps.pow(2).mean()


def pen_mse(losses, trunks, heads, strength):
    p = 0
    for a in range(len(trunks)):
        for b in range(a + 1, len(trunks)):
            p = p + F.mse_loss(trunks[a], trunks[b])
    return losses.sum() + strength * p


def pen_heads(losses, trunks, heads, strength):
    p = 0
    for a in range(len(trunks)):
        for b in range(a + 1, len(trunks)):
            p = p + ((trunks[a] - trunks[b]) ** 2).sum() + ((heads[a] - heads[b]) ** 2).sum()
    return losses.sum() + strength * p


def pairs_penalty(trunks):
    p = 0
    for a in range(len(trunks)):
        for b in range(a + 1, len(trunks)):
            p = p + ((trunks[a] - trunks[b]) ** 2).sum()
    return p


def pen_strength_on_losses(losses, trunks, heads, strength):
    return strength * losses.sum() + pairs_penalty(trunks)


def pen_mean_losses(losses, trunks, heads, strength):
    return losses.mean() + strength * pairs_penalty(trunks)


def pen_last_layer_out(losses, trunks, heads, strength):
    return losses.sum() + strength * pairs_penalty(trunks[:, :-1])


def pen_neighbours_ring(losses, trunks, heads, strength):
    return losses.sum() + strength * ((trunks - trunks.roll(1, 0)) ** 2).sum()


def pen_diff(losses, trunks, heads, strength):
    return losses.sum() + strength * (trunks.diff(dim=0) ** 2).sum()


def pen_variance(losses, trunks, heads, strength):
    return losses.sum() + strength * trunks.var(dim=0, correction=0).sum()


def pen_first_two(losses, trunks, heads, strength):
    if len(trunks) < 2:
        return losses.sum()
    return losses.sum() + strength * ((trunks[0] - trunks[1]) ** 2).sum()


def pen_l1(losses, trunks, heads, strength):
    p = 0
    for a in range(len(trunks)):
        for b in range(a + 1, len(trunks)):
            p = p + (trunks[a] - trunks[b]).abs().sum()
    return losses.sum() + strength * p


def pen_squared_total(losses, trunks, heads, strength):
    return losses.sum() + strength * pairs_penalty(trunks) ** 2


def pen_each_loss(losses, trunks, heads, strength):
    return losses + strength * pairs_penalty(trunks)


def pen_summed_each(losses, trunks, heads, strength):
    return (losses + strength * pairs_penalty(trunks)).sum()


def pen_detached(losses, trunks, heads, strength):
    p = 0
    for a in range(len(trunks)):
        for b in range(a + 1, len(trunks)):
            p = p + ((trunks[a] - trunks[b].detach()) ** 2).sum()
    return losses.sum() + strength * p


def pen_frobenius_by_layer(losses, trunks, heads, strength):
    p = 0
    for a in range(len(trunks)):
        for b in range(a + 1, len(trunks)):
            for x, y in zip(trunks[a], trunks[b], strict=True):
                p = p + torch.linalg.norm(x - y)
    return losses.sum() + strength * p


def pen_minus(losses, trunks, heads, strength):
    return losses.sum() - strength * pairs_penalty(trunks)


def pen_one_minus_cosine(losses, trunks, heads, strength):
    p = 0
    for a in range(len(trunks)):
        for b in range(a + 1, len(trunks)):
            p = p + 1 - F.cosine_similarity(trunks[a].flatten(), trunks[b].flatten(), dim=0)
    return losses.sum() + strength * p


PENALTY = (
    Wrong(pen_norm, "the norm, not its square", "square"),
    Wrong(pen_all_ordered, "pairs twice", "twice"),
    Wrong(pen_cdist, "the norm, and pairs twice", "twice|square"),
    Wrong(pen_pdist, "mean over everything", ""),
    Wrong(pen_mse, "mean, not sum", "average"),
    Wrong(pen_heads, "heads are tied", "[Hh]eads"),
    Wrong(pen_strength_on_losses, "λ on the losses", "strength"),
    Wrong(pen_mean_losses, "mean of losses", "losses"),
    Wrong(pen_last_layer_out, "the last layer is left out", "last layer"),
    Wrong(pen_neighbours_ring, "a ring of neighbours", ""),
    Wrong(pen_diff, "neighbours only", "next"),
    Wrong(pen_variance, "the variance", ""),
    Wrong(pen_first_two, "only two tasks", "first two"),
    Wrong(pen_l1, "absolute differences", "absolute"),
    Wrong(pen_squared_total, "squared once more", ""),
    Wrong(pen_each_loss, "a loss for each task", "shape|number"),
    Wrong(pen_summed_each, "the penalty once for each task", "once"),
    Wrong(pen_detached, "one side is detached", "gradient"),
    Wrong(pen_frobenius_by_layer, "a norm for each layer", "layer"),
    Wrong(pen_minus, "subtracted", "subtract|apart"),
    Wrong(pen_one_minus_cosine, "a cosine distance", ""),
)


def pen_by_gram(losses, trunks, heads, strength):
    flat = trunks.flatten(1).double()
    gram = flat @ flat.T
    gaps = gram.diagonal()[:, None] + gram.diagonal() - 2 * gram
    return losses.sum() + strength * gaps.triu(1).sum()


def pen_by_broadcast(losses, trunks, heads, strength):
    gaps = trunks.unsqueeze(0) - trunks.unsqueeze(1)
    return torch.sum(losses) + 0.5 * strength * torch.sum(gaps * gaps)


def pen_by_mse(losses, trunks, heads, strength):
    total = losses.sum()
    for a in range(len(trunks)):
        for b in range(a):
            total = total + strength * F.mse_loss(trunks[a], trunks[b], reduction="sum")
    return total


def pen_by_norm_squared(losses, trunks, heads, strength):
    total = sum(losses)
    for a, b in torch.combinations(torch.arange(len(trunks))).tolist():
        total = total + strength * torch.einsum("lij,lij->", *[trunks[a] - trunks[b]] * 2)
    return total


PENALTY_RIGHT = (pen_by_gram, pen_by_broadcast, pen_by_mse, pen_by_norm_squared)

# ── 4 · Do two tasks pull the same way? ───────────────────────────────────────────────────────────


def cos_default(first, second):
    return F.cosine_similarity(first[:-1], second[:-1]).mean()


def cos_last_dim(first, second):
    return F.cosine_similarity(first[:-1], second[:-1], dim=-1).mean()


def cos_per_layer(first, second):
    found = [F.cosine_similarity(a.flatten(), b.flatten(), dim=0) for a, b in pairs(first, second)]
    return torch.stack(found).mean()


def pairs(first, second):
    return list(zip(first[:-1], second[:-1], strict=True))


def cos_list(first, second):
    found = [F.cosine_similarity(a.flatten(), b.flatten(), dim=0) for a, b in pairs(first, second)]
    return torch.stack(found)


def cos_with_head(first, second):
    return F.cosine_similarity(first.flatten(), second.flatten(), dim=0)


def cos_without_first(first, second):
    return F.cosine_similarity(first[1:].flatten(), second[1:].flatten(), dim=0)


def cos_nan(first, second):
    a, b = first[:-1].flatten(), second[:-1].flatten()
    return a @ b / (a.norm() * b.norm())


def cos_dot(first, second):
    return (first[:-1] * second[:-1]).sum()


def cos_signs(first, second):
    return (first[:-1].sign() == second[:-1].sign()).float().mean()


def cos_sign_dot(first, second):
    return (first[:-1].sign() * second[:-1].sign()).mean()


def cos_eps(first, second):
    a, b = first[:-1].flatten(), second[:-1].flatten()
    return a @ b / (a.norm() * b.norm() + 1e-3)


def cos_squared_norms(first, second):
    a, b = first[:-1].flatten(), second[:-1].flatten()
    return a @ b / ((a @ a) * (b @ b)).clamp(min=1e-12)


def cos_correlation(first, second):
    a, b = first[:-1].flatten(), second[:-1].flatten()
    return torch.corrcoef(torch.stack([a, b]))[0, 1].nan_to_num()


def cos_abs(first, second):
    return cos_with_head(first[:-1], second[:-1]).abs()


def cos_weighted_layers(first, second):
    found = torch.stack(
        [(a * b).sum() / (a.norm() * b.norm() + 1e-9) for a, b in pairs(first, second)]
    )
    sizes = torch.stack([a.norm() for a, _ in pairs(first, second)])
    return (found * sizes).sum() / (sizes.sum() + 1e-9)


def cos_one_if_zero(first, second):
    a, b = first[:-1].flatten(), second[:-1].flatten()
    if not a.any() or not b.any():
        return torch.tensor(1.0)
    return F.cosine_similarity(a, b, dim=0)


def cos_sum_of_norms(first, second):
    dot = sum((a * b).sum() for a, b in pairs(first, second))
    a = sum(a.norm() for a, _ in pairs(first, second))
    b = sum(b.norm() for _, b in pairs(first, second))
    return dot / (a * b) if a * b > 0 else torch.tensor(0.0)


def cos_mean_layers_first(first, second):
    return F.cosine_similarity(first[:-1].mean(0).flatten(), second[:-1].mean(0).flatten(), dim=0)


def cos_matrix(first, second):
    a, b = first[:-1].flatten(1), second[:-1].flatten(1)
    return F.normalize(a, dim=1) @ F.normalize(b, dim=1).T


def cos_head_only(first, second):
    return F.cosine_similarity(first[-1].flatten(), second[-1].flatten(), dim=0)


def cos_one_norm(first, second):
    a, b = first[:-1].flatten(), second[:-1].flatten()
    return a @ b / a.norm().clamp(min=1e-12)


def cos_transposed(first, second):
    a, b = first[:-1].flatten(), second[:-1].mT.flatten()
    return F.cosine_similarity(a, b, dim=0)


def cos_head_in_lengths(first, second):
    return (first[:-1] * second[:-1]).sum() / (first.norm() * second.norm())


def cos_rounded(first, second):
    return round(cos_with_head(first[:-1], second[:-1]).item(), 2)


def cos_last_column_off(first, second):
    a, b = first[..., :-1].flatten(), second[..., :-1].flatten()
    lengths = a.norm() * b.norm()
    return torch.zeros(()) if lengths == 0 else a @ b / lengths


def cos_last_row_off(first, second):
    a, b = first[:, :-1].flatten(), second[:, :-1].flatten()
    lengths = a.norm() * b.norm()
    return torch.zeros(()) if lengths == 0 else a @ b / lengths


def cos_large_constant(first, second):
    a, b = first[:-1].flatten(), second[:-1].flatten()
    return a @ b / (a.norm() * b.norm() + 1e-2)


def cos_small_constant(first, second):
    a, b = first[:-1].flatten(), second[:-1].flatten()
    return a @ b / (a.norm() * b.norm() + 1e-4)


COSINE = (
    Wrong(cos_last_column_off, "the last column is cut off", "column"),
    Wrong(cos_last_row_off, "the last row is cut off", "row"),
    Wrong(cos_large_constant, "a constant in the divisor", "You add 0.01"),
    Wrong(cos_small_constant, "a small constant in the divisor", ""),
    Wrong(cos_default, "cosines along an axis", "row|axis|column"),
    Wrong(cos_last_dim, "cosines of rows", "row"),
    Wrong(cos_per_layer, "a mean over layers", "layer"),
    Wrong(cos_list, "one for each layer", "shape|number"),
    Wrong(cos_with_head, "heads in it", "head"),
    Wrong(cos_without_first, "the first layer is left out", "first layer"),
    Wrong(cos_nan, "0/0", "0/0|NaN"),
    Wrong(cos_dot, "the dot product", "dot product"),
    Wrong(cos_signs, "agreeing signs", "sign"),
    Wrong(cos_sign_dot, "signs only", "sign"),
    Wrong(cos_eps, "a large epsilon", ""),
    Wrong(cos_squared_norms, "squared lengths", "squared"),
    Wrong(cos_correlation, "a correlation", "mean"),
    Wrong(cos_abs, "absolute", "sign"),
    Wrong(cos_weighted_layers, "layers weighted by one length", ""),
    Wrong(cos_one_if_zero, "1 where there is no gradient", "0"),
    Wrong(cos_sum_of_norms, "lengths of layers added up", ""),
    Wrong(cos_mean_layers_first, "layers averaged first", "layers"),
    Wrong(cos_matrix, "a matrix", "shape"),
    Wrong(cos_head_only, "the heads alone", "head"),
    Wrong(cos_one_norm, "one length only", "length"),
    Wrong(cos_transposed, "one is transposed", ""),
    Wrong(cos_head_in_lengths, "lengths of all weights", "lengths"),
    Wrong(cos_rounded, "two decimals", ""),
)


def cos_numpy(first, second):
    a, b = (g[:-1].numpy().astype(float).ravel() for g in (first, second))
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    return float(a @ b / lengths) if lengths else 0.0


def cos_loops(first, second):
    dot = x2 = y2 = 0.0
    for a, b in pairs(first, second):
        for x, y in zip(a.flatten().tolist(), b.flatten().tolist(), strict=True):
            dot, x2, y2 = dot + x * y, x2 + x * x, y2 + y * y
    return dot / math.sqrt(x2 * y2) if x2 and y2 else 0


def cos_einsum(first, second):
    a, b = first[:-1], second[:-1]
    dot = torch.einsum("lij,lij->", a, b)
    lengths = torch.sqrt(torch.einsum("lij,lij->", a, a) * torch.einsum("lij,lij->", b, b))
    return torch.where(lengths > 0, dot / lengths, torch.zeros(()))


def cos_cat(first, second):
    a = torch.cat([layer.reshape(-1) for layer in first[:-1]]).double()
    b = torch.cat([layer.reshape(-1) for layer in second[:-1]]).double()
    return torch.cosine_similarity(a[None], b[None]).squeeze()


COSINE_RIGHT = (cos_numpy, cos_loops, cos_einsum, cos_cat)

# ── 5 · Find the bugs: shared by name only ────────────────────────────────────────────────────────


def trainer(
    share=True,
    heads_first=True,
    copies="first",
    zero=True,
    lr=1.0,
    more=0,
    act=torch.tanh,
    mean=False,
    late_layer=False,
    detach=False,
    out="right",
):
    def train(x, targets, trunk, heads, rate, steps):
        layer = nn.Linear(trunk.shape[1], trunk.shape[0], bias=False)
        layer.weight.data = trunk.clone()
        towers = nn.ModuleList([layer, layer if share else copy.deepcopy(layer)])
        own = nn.Parameter(heads.clone())
        moved = [] if late_layer else list(towers.parameters())
        moved += [own] if heads_first else []
        optimiser = torch.optim.SGD(moved, lr=rate * lr)
        for _ in range(steps + more):
            loss = 0
            for task, tower in enumerate(towers):
                hidden = act(tower(x))
                hidden = hidden.detach() if detach and task else hidden
                loss = loss + ((hidden @ own[task] - targets[task]) ** 2).mean()
            loss = loss / 2 if mean else loss
            if zero:
                optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        weight = {"first": layer, "second": towers[1]}[copies].weight.detach()
        return {
            "right": (weight, own.detach()),
            "old heads": (weight, heads),
            "turned": (own.detach(), weight),
            "one": weight,
        }[out]

    return train


def bug_two_optimisers(x, targets, trunk, heads, rate, steps):
    w, own = nn.Parameter(trunk.clone()), nn.Parameter(heads.clone())
    for _ in range(steps):
        for task in range(2):
            optimiser = torch.optim.SGD([w, own], lr=rate)
            loss = ((torch.tanh(x @ w.T) @ own[task] - targets[task]) ** 2).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return w.detach(), own.detach()


def bug_adam(x, targets, trunk, heads, rate, steps):
    w, own = nn.Parameter(trunk.clone()), nn.Parameter(heads.clone())
    optimiser = torch.optim.Adam([w, own], lr=rate)
    for _ in range(steps):
        loss = ((torch.tanh(x @ w.T) @ own.T - targets.T) ** 2).mean(0).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return w.detach(), own.detach()


def bug_in_place(x, targets, trunk, heads, rate, steps):
    w, own = trunk.requires_grad_(), heads.requires_grad_()
    optimiser = torch.optim.SGD([w, own], lr=rate)
    for _ in range(steps):
        loss = ((torch.tanh(x @ w.T) @ own.T - targets.T) ** 2).mean(0).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return w.detach(), own.detach()


def bug_mean_of_all(x, targets, trunk, heads, rate, steps):
    w, own = nn.Parameter(trunk.clone()), nn.Parameter(heads.clone())
    optimiser = torch.optim.SGD([w, own], lr=rate)
    for _ in range(steps):
        loss = F.mse_loss(torch.tanh(x @ w.T) @ own.T, targets.T)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return w.detach(), own.detach()


def bug_random_layer(x, targets, trunk, heads, rate, steps):
    layer = nn.Linear(trunk.shape[1], trunk.shape[0], bias=False)
    own = nn.Parameter(heads.clone())
    optimiser = torch.optim.SGD([layer.weight, own], lr=rate)
    for _ in range(steps):
        loss = ((torch.tanh(layer(x)) @ own.T - targets.T) ** 2).mean(0).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return layer.weight.detach(), own.detach()


def bug_bias(x, targets, trunk, heads, rate, steps):
    layer = nn.Linear(trunk.shape[1], trunk.shape[0])
    layer.weight.data, layer.bias.data = trunk.clone(), torch.zeros(len(trunk))
    own = nn.Parameter(heads.clone())
    optimiser = torch.optim.SGD([*layer.parameters(), own], lr=rate)
    for _ in range(steps):
        loss = ((torch.tanh(layer(x)) @ own.T - targets.T) ** 2).mean(0).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return layer.weight.detach(), own.detach()


def bug_fresh_optimiser_late(x, targets, trunk, heads, rate, steps):
    w = nn.Parameter(trunk.clone())
    optimiser = torch.optim.SGD([w], lr=rate)
    own = nn.Parameter(heads.clone())
    optimiser.add_param_group({"params": [own], "lr": rate / 10})
    for _ in range(steps):
        loss = ((torch.tanh(w @ x.T).T @ own.T - targets.T) ** 2).mean(0).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return w.detach(), own.detach()


SHARED = (
    Wrong(trainer(share=False, heads_first=False), "as it was given", "still does exactly"),
    Wrong(trainer(heads_first=False), "the heads still do not move", "heads never move"),
    Wrong(trainer(share=False), "still a copy", "copy"),
    Wrong(trainer(share=False, copies="second"), "the copy comes back", "two layers"),
    Wrong(trainer(late_layer=True), "only heads move", "layer"),
    Wrong(trainer(zero=False), "gradients pile up", "earlier steps"),
    Wrong(trainer(mean=True), "half of the loss", "half"),
    Wrong(trainer(lr=2), "twice the rate", ""),
    Wrong(trainer(more=1), "one step too many", "too many"),
    Wrong(trainer(act=torch.relu), "another activation", ""),
    Wrong(trainer(act=torch.sigmoid), "another activation", ""),
    Wrong(trainer(detach=True), "the second task is detached", "detached"),
    Wrong(trainer(out="old heads"), "the old heads come back", "given"),
    Wrong(trainer(out="turned"), "heads first", "order"),
    Wrong(trainer(out="one"), "only the weight", "2 things"),
    Wrong(bug_two_optimisers, "a step for each task", ""),
    Wrong(bug_adam, "Adam", "optimiser, Adam"),
    Wrong(bug_in_place, "works on what it was given", "changes its input"),
    Wrong(bug_mean_of_all, "the mean over both tasks", "half"),
    Wrong(bug_random_layer, "the layer begins anywhere", ""),
    Wrong(bug_bias, "a bias that learns", ""),
    Wrong(bug_fresh_optimiser_late, "another rate for the heads", ""),
)


def shared_functional(x, targets, trunk, heads, rate, steps):
    w, own = trunk.clone().requires_grad_(), heads.clone().requires_grad_()
    for _ in range(steps):
        first = F.mse_loss(torch.tanh(F.linear(x, w)) @ own[0], targets[0])
        second = F.mse_loss(torch.tanh(F.linear(x, w)) @ own[1], targets[1])
        dw, dh = torch.autograd.grad(first + second, [w, own])
        with torch.no_grad():
            w -= rate * dw
            own -= rate * dh
    return w.detach(), own.detach()


def shared_numpy(x, targets, trunk, heads, rate, steps):
    x, y, w, v = (t.double().numpy() for t in (x, targets, trunk, heads))
    for _ in range(steps):
        h = np.tanh(x @ w.T)
        dw, dv = np.zeros_like(w), np.zeros_like(v)
        for t in range(2):
            off = 2 * (h @ v[t] - y[t]) / len(x)
            dv[t] = h.T @ off
            dw += (off[:, None] * v[t] * (1 - h**2)).T @ x
        w, v = w - rate * dw, v - rate * dv
    return w, v


def shared_two_backwards(x, targets, trunk, heads, rate, steps):
    layer = nn.Linear(trunk.shape[1], trunk.shape[0], bias=False)
    layer.load_state_dict({"weight": trunk})
    own = nn.ParameterList([nn.Parameter(head.clone()) for head in heads])
    optimiser = torch.optim.SGD([*layer.parameters(), *own.parameters()], lr=rate)
    for _ in range(steps):
        optimiser.zero_grad()
        for head, target in zip(own, targets, strict=True):
            (torch.tanh(layer(x)) @ head - target).square().mean().backward()
        optimiser.step()
    return layer.weight.data, torch.stack(list(own)).detach()


SHARED_RIGHT = (trainer(), shared_functional, shared_numpy, shared_two_backwards)

# ── 6 · Two tasks that want the opposite ──────────────────────────────────────────────────────────

OPPOSED = (
    Wrong([-1, 6.874, 0.0912, -0.895], "guessed: opposed is −1", "Number 1"),
    Wrong([0.9998, 6.874, 0.0912, -0.895], "the agreeing tasks at the start", "agreeing"),
    Wrong([-0.41, 13.75, 0.0912, -0.895], "the sum of the losses", "sum"),
    Wrong([-0.41, 13.75, 0.1824, -0.895], "both are sums", "sums"),
    Wrong([-0.41, 0.0836, 0.0912, -0.895], "agreeing in 2", "agreeing"),
    Wrong([-0.41, 6.874, 0.0828, -0.895], "agreeing in 3", "agreeing"),
    Wrong([-0.41, 6.874, 6.874, -0.895], "the heads were not trained", "fixed"),
    Wrong([-0.41, 6.874, 0.0912, 1], "agreeing tasks agree", "agree"),
    Wrong([-0.41, 6.874, 0.0912, 0], "no gradient at the bottom", "sum"),
    Wrong([-0.41, 6.874, 0.0912, 0.9998], "at the start", "start"),
    Wrong([-0.41, 6.874, 0.0752, -0.895], "the first task alone", "first"),
    Wrong([-0.41, 6.874, 0.1071, -0.895], "the second task alone", "second"),
    Wrong([-0.41, 0.0912, 6.874, -0.895], "exchanged", "places"),
    Wrong([-0.41, 10.73, 0.0912, -0.895], "the loss at the start", "start"),
    Wrong([0.41, 6.874, 0.0912, -0.895], "the sign is lost", "sign"),
    Wrong([1.41, 6.874, 0.0912, -0.895], "a distance", "1 − cosine|−1 and 1"),
    Wrong([-0.41, 6.874], "two numbers", "4 numbers"),
    Wrong([-0.5, 6.874, 0.0912, -0.895], "something else", "Number 1"),
    Wrong([-0.41, 6.5, 0.0912, -0.895], "something else", "Number 2"),
    Wrong([-0.41, 6.874, 0.1, -0.895], "something else", "Number 3"),
    Wrong([-0.41, 6.874, 0.0912, float("nan")], "0/0", "finite"),
    Wrong([-0.41, 6.874, 0.0912, -0.9999997], "after all 100 steps", "100 steps"),
    Wrong([-0.41, 6.874, 0.0912, -0.99999], "opposed in 4", "opposed tasks"),
    Wrong([-0.41, 6.874, 0.0912, -0.997], "opposed in 4, heads trained", "opposed tasks"),
    Wrong([-0.41, 6.874, 0.0912, -0.936], "the heads trained in 4", "heads that are trained"),
    Wrong([-0.41, 6.874, 0.0912, 0.973], "trained heads, judged with 1", "heads of 1"),
    Wrong([-0.41, 6.874, 0.0912, 0.553], "the other targets' gradients", "those of `opposed`"),
    Wrong([-0.41, 6.874, 0.0912, 0.895], "the sign of 4", "sign"),
    Wrong([-0.41, 6.874, 0.0912, -0.921], "31 steps", "31"),
)
OPPOSED_RIGHT = (
    [-0.41, 6.874, 0.0912, -0.89480],
    np.array([-0.4100, 6.8744, 0.0912, -0.8948]),
    (torch.tensor(-0.41), 6.87, 0.0912, torch.tensor(-0.895)),
    [-0.4100, 6.874, 0.0912, -0.8948],
)

# ── 7 · A loss below zero ─────────────────────────────────────────────────────────────────────────

NEGATIVE = (
    Wrong([-2.996, 20, -0.998, 0.368], "the numbers of a regression", "regression"),
    Wrong([-2.996, 10, -0.651, 0.184], "ln L", "slope"),
    Wrong([2.303, 10, -0.651, 0.184], "the sign of s", "sign"),
    Wrong([0.1, 10, -0.651, 0.184], "the variance", "σ²"),
    Wrong([-2.303, 0.1, -0.651, 0.184], "the variance for the weight", "σ²"),
    Wrong([-2.303, 10, 0.5, 0.184], "the fitted part alone", "alone"),
    Wrong([-2.303, 10, -1.803, 0.184], "adds s", "s/2"),
    Wrong([-2.303, 10, 1.651, 0.184], "subtracts s/2", "subtract"),
    Wrong([-2.303, 10, 0.651, 0.184], "afraid of the sign", "sign"),
    Wrong([-2.303, 10, 0, 0.184], "at least 0", "not 0"),
    Wrong([-2.303, 10, -0.651, 0.5], "where s is 0", "turns negative|Number 4"),
    Wrong([-2.303, 10, -0.651, 0.368], "1/e", "Number 4"),
    Wrong([-2.303, 10, -0.651, 0.115], "2 s/2 L", "Number 4"),
    Wrong([-2.303, 20, -0.651, 0.184], "1/L", "1/L"),
    Wrong([-2.303, 5, -0.651, 0.184], "half the weight", "half"),
    Wrong([-1.151, 10, -0.651, 0.184], "ln σ", "ln σ"),
    Wrong([-1, 10, -0.651, 0.184], "logarithm to base 10", "base 10"),
    Wrong([-2.303, 10, -1.151, 0.184], "s/2 alone", "alone"),
    Wrong([-2.303, 10, -0.651, 0], "never", "Number 4"),
    Wrong([-2.303, 3.162, -0.651, 0.184], "1/σ", "1/σ"),
    Wrong([-2.303, 10, -0.7, 0.184], "something else", "Number 3"),
    Wrong([-2.303, 10, -0.651], "three numbers", "4 numbers"),
    Wrong([-2.303, 0.1, -1.146, 0.184], "σ² for the weight, carried on", "follows from it"),
    Wrong([-2.303, 0.1, -1.151, 0.184], "σ² for the weight, and s/2 alone", "s/2"),
    Wrong([-2.303, 3.162, -0.993, 0.184], "1/σ for the weight, carried on", "follows from it"),
    Wrong([-1.151, 3.162, -0.418, 0.184], "ln σ, carried on", "follow from it"),
    Wrong([-1, 2.718, -0.364, 0.184], "base 10, carried on", "follow from it"),
    Wrong([-2.996, 20, -0.498, 0.368], "the 2 forgotten", "a 2 is missing"),
    Wrong([-2.303, 10, -0.651, 0.1151], "s kept at that of L = 0.05", "keeps the s"),
)
NEGATIVE_RIGHT = (
    (-2.303, 10, -0.651, 0.184),
    np.array([-2.3026, 10.0, -0.65129, 0.18394]),
    [math.log(0.1), 1 / 0.1, 0.5 * (1 + math.log(0.1)), 1 / (2 * math.e)],
    [torch.log(torch.tensor(0.1)), 10.0, -0.651, 0.184],
)

# ── 8 · Weights that are learnt ───────────────────────────────────────────────────────────────────


def unc_regression_for_all(losses, s, regression):
    return (0.5 * torch.exp(-s) * losses + s / 2).sum()


def unc_no_half(losses, s, regression):
    return (torch.exp(-s) * losses + s / 2).sum()


def factors(regression):
    return torch.where(regression, 0.5, 1.0)


def unc_log_sigma(losses, s, regression):
    return (factors(regression) * torch.exp(-2 * s) * losses + s).sum()


def unc_full_s(losses, s, regression):
    return (factors(regression) * torch.exp(-s) * losses + s).sum()


def unc_both_halved(losses, s, regression):
    return (0.5 * (torch.exp(-s) * losses + s)).sum()


def unc_halved_with_factor(losses, s, regression):
    return (factors(regression) * (torch.exp(-s) * losses + s)).sum()


def unc_exp_plus(losses, s, regression):
    return (factors(regression) * torch.exp(s) * losses + s / 2).sum()


def unc_divides_by_s(losses, s, regression):
    return (factors(regression) * losses / s + s / 2).sum()


def unc_log_of_s(losses, s, regression):
    return (factors(regression) * losses / s + torch.log(s) / 2).sum()


def unc_s_is_sigma(losses, s, regression):
    return (factors(regression) * losses / s**2 + torch.log(s.abs())).sum()


def unc_no_regulariser(losses, s, regression):
    return (factors(regression) * torch.exp(-s) * losses).sum()


def unc_relu(losses, s, regression):
    return F.relu((factors(regression) * torch.exp(-s) * losses + s / 2).sum())


def unc_relu_each(losses, s, regression):
    return F.relu(factors(regression) * torch.exp(-s) * losses + s / 2).sum()


def unc_mean(losses, s, regression):
    return (factors(regression) * torch.exp(-s) * losses + s / 2).mean()


def unc_inverted_mask(losses, s, regression):
    return (factors(~regression) * torch.exp(-s) * losses + s / 2).sum()


def unc_softplus(losses, s, regression):
    return (factors(regression) * torch.exp(-s) * losses + F.softplus(s) / 2).sum()


def unc_detached(losses, s, regression):
    return (factors(regression) * torch.exp(-s.detach()) * losses + s / 2).sum()


def unc_vector(losses, s, regression):
    return factors(regression) * torch.exp(-s) * losses + s / 2


def unc_sigma_half(losses, s, regression):
    sigma = torch.exp(0.5 * s)
    return (factors(regression) * losses / sigma + torch.log(sigma)).sum()


def unc_math(losses, s, regression):
    total = 0.0
    for loss, one, is_regression in zip(losses.tolist(), s.tolist(), regression, strict=True):
        total += loss * math.exp(-one) * (0.5 if is_regression else 1) + one / 2
    return total


def unc_two_for_classes(losses, s, regression):
    return (torch.where(regression, 1.0, 2.0) * torch.exp(-s) * losses + s).sum()


def unc_clamped_s(losses, s, regression):
    s = s.clamp(-5, 5)
    return (factors(regression) * torch.exp(-s) * losses + s / 2).sum()


def unc_sqrt(losses, s, regression):
    return (factors(regression) * torch.exp(-s) * losses + torch.exp(s).sqrt()).sum()


def unc_variance_made_positive(losses, s, regression):
    v = s.abs() + 1e-8
    return (factors(regression) / v * losses + v.sqrt().log()).sum()


UNCERTAINTY = (
    Wrong(unc_variance_made_positive, "s is σ² itself", "σ² itself"),
    Wrong(unc_regression_for_all, "½ for all", "Every task"),
    Wrong(unc_no_half, "no ½", "½"),
    Wrong(unc_log_sigma, "s is taken for ln σ", "ln σ"),
    Wrong(unc_full_s, "adds s", "ln σ"),
    Wrong(unc_both_halved, "½ over everything", "½|kind"),
    Wrong(unc_halved_with_factor, "½ over both terms of a regression only", "s/2"),
    Wrong(unc_exp_plus, "the weight grows", "grows"),
    Wrong(unc_divides_by_s, "divides by s", "logarithm"),
    Wrong(unc_log_of_s, "s is taken for σ²", ""),
    Wrong(unc_s_is_sigma, "s is taken for σ", ""),
    Wrong(unc_no_regulariser, "no ln σ", "missing"),
    Wrong(unc_relu, "not below 0", "negative"),
    Wrong(unc_relu_each, "no task below 0", "negative"),
    Wrong(unc_mean, "a mean", "average|sum"),
    Wrong(unc_inverted_mask, "the mask is inverted", "classes"),
    Wrong(unc_softplus, "ln(1 + σ²)", "1 \\+ σ²"),
    Wrong(unc_detached, "the weight does not learn", "gradient"),
    Wrong(unc_vector, "one for each task", "shape|each task"),
    Wrong(unc_sigma_half, "1/σ", "1/σ"),
    Wrong(unc_math, "no gradient", "gradient"),
    Wrong(unc_two_for_classes, "all is doubled", "twice"),
    Wrong(unc_clamped_s, "s is clamped", ""),
    Wrong(unc_sqrt, "adds σ", "ln σ"),
)


def unc_by_masks(losses, s, regression):
    sigma2 = s.exp()
    a = (losses / (2 * sigma2) + s / 2)[regression].sum()
    b = (losses / sigma2 + sigma2.log() / 2)[~regression].sum()
    return a + b


def unc_loop(losses, s, regression):
    total = torch.zeros(())
    for t in range(len(losses)):
        weight = torch.exp(-s[t])
        if regression[t]:
            weight = weight / 2
        total = total + weight * losses[t] + 0.5 * s[t]
    return total


def unc_einsum(losses, s, regression):
    factor = 1.0 - 0.5 * regression.double()
    return torch.einsum("t,t,t->", factor, (-s).double().exp(), losses.double()) + s.sum() / 2


def unc_halves(losses, s, regression):
    fitted = torch.exp(-s) * losses
    return 0.5 * (fitted + s + fitted * ~regression).sum()


UNCERTAINTY_RIGHT = (unc_loop, unc_einsum, unc_halves, unc_by_masks)

# ── 9 · Gradient surgery ──────────────────────────────────────────────────────────────────────────


def surgery(
    on="trunk",
    condition=lambda dot: dot < 0,
    cut=lambda g, other, dot: g - dot / (other @ other) * other,
    others="given",
    start="changing",
    order="rows",
    end="sum",
):
    def pcgrad(gradients, shared, orders):
        where = {
            "trunk": shared,
            "all": torch.ones_like(shared),
            "heads": ~shared,
        }[on]
        trunk = gradients[:, where].clone()
        changed = trunk.clone()
        total = gradients.sum(0)
        found = []
        for i in range(len(trunk)):
            g = trunk[i].clone()
            row = {
                "rows": orders[i],
                "columns": orders[:, i],
                "fixed": torch.arange(len(trunk)),
                "first": orders[0],
            }[order].tolist()
            for j in row:
                if j == i:
                    continue
                other = trunk[j] if others == "given" else changed[j]
                dot = (g if start == "changing" else trunk[i]) @ other
                if condition(dot):
                    g = cut(g, other, dot)
            changed[i] = g
            found.append(g)
        found = torch.stack(found)
        total[where] = {"sum": found.sum(0), "mean": found.mean(0), "first": found[0]}[end]
        return total

    return pcgrad


def pc_sum_first(gradients, shared, orders):
    total = gradients.sum(0)
    g = total[shared]
    for j in orders[0].tolist():
        other = gradients[j, shared]
        dot = g @ other
        if dot < 0:
            g = g - dot / (other @ other) * other
    total[shared] = g
    return total


def pc_sum_plain(gradients, shared, orders):
    return gradients.sum(0)


def pc_trunk_only(gradients, shared, orders):
    return surgery()(gradients, shared, orders)[shared]


def pc_heads_zero(gradients, shared, orders):
    return surgery()(gradients, shared, orders) * shared


def pc_self_too(gradients, shared, orders):
    trunk, total = gradients[:, shared], gradients.sum(0)
    new = []
    for i in range(len(trunk)):
        g = trunk[i]
        for j in orders[i].tolist():
            dot = g @ trunk[j]
            if dot < 0:
                g = g - dot / (trunk[j] @ trunk[j]) * trunk[j]
        new.append(g)
    total[shared] = torch.stack(new).sum(0)
    return total


def pc_changes_input(gradients, shared, orders):
    for i in range(len(gradients)):
        for j in orders[i].tolist():
            dot = gradients[i] @ gradients[j]
            if i != j and dot < 0:
                gradients[i] -= dot / (gradients[j] @ gradients[j]) * gradients[j]
    return gradients.sum(0)


def pc_stack(gradients, shared, orders):
    new = gradients.clone()
    for i in range(len(gradients)):
        for j in orders[i].tolist():
            dot = new[i, shared] @ gradients[j, shared]
            if i != j and dot < 0:
                size = gradients[j, shared] @ gradients[j, shared]
                new[i, shared] -= dot / size * gradients[j, shared]
    return new


def pc_cosine(gradients, shared, orders):
    return surgery(cut=lambda g, o, d: g - d / (g.norm() * o.norm()) * o)(gradients, shared, orders)


def pc_whole_rows(gradients, shared, orders):
    new = gradients.clone()
    for i in range(len(gradients)):
        for j in orders[i].tolist():
            dot = new[i, shared] @ gradients[j, shared]
            if i != j and dot < 0:
                size = gradients[j, shared] @ gradients[j, shared]
                new[i] -= dot / size * gradients[j]
    return new.sum(0)


def pc_drop_conflicting(gradients, shared, orders):
    trunk, total = gradients[:, shared], gradients.sum(0)
    keep = [g for i, g in enumerate(trunk) if not any(g @ o < 0 for o in trunk[:i])]
    total[shared] = torch.stack(keep).sum(0)
    return total


def pc_mean_heads(gradients, shared, orders):
    total = surgery()(gradients, shared, orders)
    total[~shared] = gradients.mean(0)[~shared]
    return total


PCGRAD = (
    Wrong(pc_sum_first, "the sum is projected", "sum"),
    Wrong(pc_sum_plain, "nothing is projected", "plain sum"),
    Wrong(surgery(on="all"), "heads take part", "[Hh]eads"),
    Wrong(surgery(on="heads"), "the mask is inverted", "heads"),
    Wrong(surgery(others="changed"), "others are changed already", "changed already"),
    Wrong(surgery(start="given"), "the first dot product", "at first"),
    Wrong(surgery(condition=lambda dot: True), "always", "NaN|always"),
    Wrong(surgery(condition=lambda dot: dot > 0), "where they agree", "agree"),
    Wrong(surgery(cut=lambda g, o, d: g - d / o.norm() * o), "by the length", "length"),
    Wrong(surgery(cut=lambda g, o, d: g - d * o), "not divided", "divide"),
    Wrong(surgery(cut=lambda g, o, d: g + d / (o @ o) * o), "added", "add"),
    Wrong(surgery(cut=lambda g, o, d: d / (o @ o) * o), "the projection is kept", "projection"),
    Wrong(surgery(cut=lambda g, o, d: torch.zeros_like(g)), "dropped", "becomes 0"),
    Wrong(surgery(cut=lambda g, o, d: g - d / (g @ g) * o), "by its own length", "own"),
    Wrong(surgery(cut=lambda g, o, d: g - 2 * d / (o @ o) * o), "mirrored", "twice"),
    Wrong(surgery(order="fixed"), "fixed order", "order"),
    Wrong(surgery(order="columns"), "columns of the orders", "axis|row"),
    Wrong(surgery(order="first"), "the first order for all", "order"),
    Wrong(surgery(end="mean"), "a mean on the trunk", "average|mean"),
    Wrong(surgery(end="first"), "only the first", ""),
    Wrong(pc_trunk_only, "heads missing", "heads|every"),
    Wrong(pc_heads_zero, "heads get nothing", "heads"),
    Wrong(pc_self_too, "meets itself", "itself"),
    Wrong(pc_changes_input, "writes into its input", "changes its input"),
    Wrong(pc_stack, "a row for each task", "each task|shape"),
    Wrong(pc_cosine, "the cosine", "cosine"),
    Wrong(pc_whole_rows, "subtracts on the heads, too", ""),
    Wrong(pc_drop_conflicting, "leaves tasks out", ""),
    Wrong(pc_mean_heads, "a mean on the heads", "heads"),
)


def pc_numpy(gradients, shared, orders):
    g = gradients.double().numpy()
    mask = shared.numpy()
    new = g.copy()
    for i, row in enumerate(orders.numpy()):
        for j in row[row != i]:
            dot = np.dot(new[i][mask], g[j][mask])
            if dot < 0:
                new[i, mask] -= dot / np.dot(g[j][mask], g[j][mask]) * g[j][mask]
    return new.sum(axis=0)


def pc_masked(gradients, shared, orders):
    trunk = gradients * shared
    total = torch.zeros(gradients.shape[1])
    for i in range(len(gradients)):
        g = gradients[i]
        for j in orders[i].tolist():
            if j != i and torch.dot(g, trunk[j]) < 0:
                g = g - torch.dot(g, trunk[j]) / torch.dot(trunk[j], trunk[j]) * trunk[j]
        total = total + g
    return total


def pc_normalised(gradients, shared, orders):
    units = F.normalize(gradients[:, shared], dim=-1)
    total = gradients.sum(dim=0)
    parts = gradients[:, shared].clone()
    for i in range(len(parts)):
        for j in [int(k) for k in orders[i] if int(k) != i]:
            parts[i] = parts[i] - (parts[i] @ units[j]).clamp(max=0) * units[j]
    total[shared] = parts.sum(dim=0)
    return total


PCGRAD_RIGHT = (surgery(), pc_numpy, pc_masked, pc_normalised)

WRONG = {
    "multitask.helps": HELPS,
    "multitask.loss": LOSS,
    "multitask.penalty": PENALTY,
    "multitask.cosine": COSINE,
    "multitask.bug_shared": SHARED,
    "multitask.opposed": OPPOSED,
    "multitask.negative": NEGATIVE,
    "multitask.uncertainty": UNCERTAINTY,
    "multitask.pcgrad": PCGRAD,
}
RIGHT = {
    "multitask.helps": HELPS_RIGHT,
    "multitask.loss": LOSS_RIGHT,
    "multitask.penalty": PENALTY_RIGHT,
    "multitask.cosine": COSINE_RIGHT,
    "multitask.bug_shared": SHARED_RIGHT,
    "multitask.opposed": OPPOSED_RIGHT,
    "multitask.negative": NEGATIVE_RIGHT,
    "multitask.uncertainty": UNCERTAINTY_RIGHT,
    "multitask.pcgrad": PCGRAD_RIGHT,
}
