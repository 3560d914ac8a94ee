"""What a class hands in to the exercises of lesson 13."""

import math
from fractions import Fraction

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from tests.classroom import Wrong

# ── 1 · One vector for a text ─────────────────────────────────────────────────────────────────────


def pool_plain(tokens, mask):
    return tokens.mean(1)


def pool_divided_by_all(tokens, mask):
    return (tokens * mask[..., None]).mean(1)


def pool_indexed(tokens, mask):
    return tokens[mask].mean(1)


def pool_all_texts(tokens, mask):
    return tokens[mask.bool()].mean(0)


def pool_broadcast(tokens, mask):
    return (tokens * mask).sum(1) / mask.sum(1)


def pool_sum(tokens, mask):
    return (tokens * mask.unsqueeze(-1)).sum(1)


def pool_first(tokens, mask):
    return tokens[:, 0]


def pool_longest(tokens, mask):
    return (tokens * mask.unsqueeze(-1)).sum(1) / mask.sum(1).max()


def pool_front(tokens, mask):
    return torch.stack([t[:n].mean(0) for t, n in zip(tokens, mask.sum(1), strict=True)])


def pool_without_ends(tokens, mask):
    kept = [t[m.bool()] for t, m in zip(tokens, mask, strict=True)]
    return torch.stack([(k[1:-1] if len(k) > 2 else k).mean(0) for k in kept])


def pool_epsilon(tokens, mask):
    return (tokens * mask[..., None]).sum(1) / (mask.sum(1, keepdim=True) + 1e-2)


def pool_padding_summed(tokens, mask):
    return tokens.sum(1) / mask.sum(1, keepdim=True)


def pool_softmax(tokens, mask):
    return torch.einsum("btw,bt->bw", tokens, mask.float().softmax(1))


def pool_inverted(tokens, mask):
    hidden = tokens.masked_fill(mask[..., None].bool(), 0.0)
    return hidden.sum(1) / (mask == 0).sum(1, keepdim=True).clamp(min=1)


def pool_unit(tokens, mask):
    return F.normalize((tokens * mask[..., None]).sum(1), dim=1)


def pool_max(tokens, mask):
    return tokens.masked_fill(mask[..., None] == 0, -1e9).amax(1)


def pool_over_width(tokens, mask):
    return (tokens * mask[..., None]).sum(2) / tokens.shape[2]


def pool_nan(tokens, mask):
    return tokens.masked_fill(mask[..., None] == 0, float("nan")).nanmedian(1).values


def pool_first_mask(tokens, mask):
    seen = mask[0].bool()
    return tokens[:, seen].mean(1)


def pool_cls_left_out(tokens, mask):
    kept = mask.clone()
    kept[:, 0] = 0
    return (tokens * kept[..., None]).sum(1) / kept.sum(1, keepdim=True).clamp(min=1)


def pool_last(tokens, mask):
    return tokens[torch.arange(len(tokens)), mask.sum(1) - 1]


def pool_cut(tokens, mask):
    return tokens[:, : int(mask.sum(1).max())].mean(1)


def pool_first_text(tokens, mask):
    return torch.stack([tokens[0][mask[0] == 1].mean(0) for _ in tokens])


POOLED = (
    Wrong(pool_plain, "padding counts", "padding"),
    Wrong(pool_divided_by_all, "divides by all places", "all places"),
    Wrong(pool_indexed, "indexes with whole numbers", ""),
    Wrong(pool_all_texts, "one vector for all", "one"),
    Wrong(pool_broadcast, "an axis is missing", ""),
    Wrong(pool_sum, "sums", "sums"),
    Wrong(pool_first, "first token", "first"),
    Wrong(pool_longest, "divides by the longest", "longest"),
    Wrong(pool_front, "from the front", "front"),
    Wrong(pool_without_ends, "ends left out", ""),
    Wrong(pool_epsilon, "something added to the count", "divide|divisor|1e-2|0.01"),
    Wrong(pool_padding_summed, "padding in the sum", "sum has the padding"),
    Wrong(pool_softmax, "softmax of the mask", "softmax"),
    Wrong(pool_inverted, "mask inverted", "padding"),
    Wrong(pool_unit, "unit length", "length 1"),
    Wrong(pool_max, "the largest", "largest"),
    Wrong(pool_over_width, "over the width", "shape"),
    Wrong(pool_nan, "the median", "median"),
    Wrong(pool_first_mask, "one mask for all", "first"),
    Wrong(pool_cls_left_out, "the first place left out", "first place"),
    Wrong(pool_last, "the token at count − 1", "count minus 1"),
    Wrong(pool_cut, "cut to the longest", "longest"),
    Wrong(pool_first_text, "the first text for all", "first"),
)


def pool_where(tokens, mask):
    kept = torch.where(mask[..., None] == 1, tokens, 0.0)
    return kept.sum(dim=-2) / mask.sum(dim=-1)[:, None]


def pool_nanmean(tokens, mask):
    return tokens.masked_fill(~mask[..., None].bool(), math.nan).nanmean(dim=1)


def pool_matmul(tokens, mask):
    weights = mask / mask.sum(1, keepdim=True)
    return (weights[:, None] @ tokens).squeeze(1)


POOLED_RIGHT = (pool_where, pool_nanmean, pool_matmul)

# ── 2 · How much is trained? ──────────────────────────────────────────────────────────────────────

COUNTED = (
    Wrong([3072, 73728, 113040, 1774464], "no bias in the probe", "bias"),
    Wrong([3080, 36864, 113040, 1774464], "one of two matrices", "half"),
    Wrong([3080, 12288, 113040, 1774464], "one block", "one block"),
    Wrong([3080, 1769472, 113040, 1774464], "the frozen matrices", "frozen"),
    Wrong([3080, 294912, 113040, 1774464], "times α/r", "α"),
    Wrong([3080, 110592, 113040, 1774464], "keys, too", "keys"),
    Wrong([3080, 147456, 113040, 1774464], "all four matrices", "two of the four"),
    Wrong([3080, 73728, 110592, 1774464], "adapters without biases", "bias"),
    Wrong([3080, 73728, 18840, 1774464], "one adapter", "one block"),
    Wrong([3080, 73728, 226080, 1774464], "two in each block", "one"),
    Wrong([3080, 73728, 113040, 1772928], "no layer norms", "layer norms"),
    Wrong([3080, 73728, 113040, 1773696], "half of the layer norms", "layer norms"),
    Wrong([3080, 73728, 113040, 1769472], "no biases, no norms", "biases"),
    Wrong([3080, 73728, 113040, 10646784], "all blocks", "last"),
    Wrong([3080, 73728, 113040, 1777544], "with the head", "probe"),
    Wrong([3080, 76808, 116120, 1777544], "the head in all", "probe"),
    Wrong([3072, 73728, 110592, 1771008], "no biases at all", "biases"),
    Wrong([3080, 73728, 113040], "three numbers", "4 numbers"),
    Wrong([3080, 73728, 113040, "1774464"], "a text", "text"),
    Wrong([3080, 73700, 113000, 1774000], "rounded", "rounded"),
    Wrong([3456, 73728, 113040, 1774464], "the bias of the width", "class"),
    Wrong([3080, 331776, 113040, 1774464], "all six layers", "all six"),
    Wrong([12320, 294912, 452160, 7097856], "bytes", "bytes"),
    Wrong([3080, 73728, 113040, 1774080], "one bias of 384 is missing", "bias of the width"),
    Wrong([3080, 76808, 189848, 1964312], "added up", "add them up"),
    Wrong([3080, 73728, 113040, 1795227], "a slip of the pen", "Number 4 is off"),
    Wrong([3080, 73728, 113040, 1774463], "a slip of arithmetic", "slip of arithmetic"),
)
COUNTED_RIGHT = (
    np.array([3080, 73728, 113040, 1774464]),
    [3080.0, Fraction(73728), torch.tensor(113040), 1774464],
    (385 * 8, 12 * 6144, 6 * 18840, 4 * 147840 + 591360 + 590208 + 1536),
)

# ── 3 · Families stay together ────────────────────────────────────────────────────────────────────


def fam_first_examples(families, order, count):
    test = torch.zeros(len(families), dtype=torch.bool)
    test[:count] = True
    return test


def fam_count_families(families, order, count):
    return torch.isin(families, order[:count])


def fam_under(families, order, count):
    test = torch.zeros(len(families), dtype=torch.bool)
    for family in order:
        more = test | (families == family)
        if more.sum() > count:
            break
        test = more
    return test


def fam_skip(families, order, count):
    test = torch.zeros(len(families), dtype=torch.bool)
    for family in order:
        more = test | (families == family)
        if more.sum() <= count:
            test = more
    return test


def fam_unique(families, order, count):
    test = torch.zeros(len(families), dtype=torch.bool)
    for family in families.unique():
        if test.sum() >= count:
            break
        test |= families == family
    return test


def fam_range(families, order, count):
    test = torch.zeros(len(families), dtype=torch.bool)
    for family in range(len(order)):
        if test.sum() >= count:
            break
        test |= families == family
    return test


def fam_check_after(families, order, count):
    test = torch.zeros(len(families), dtype=torch.bool)
    for family in order:
        test |= families == family
        if test.sum() >= count:
            break
    return test


def fam_strict(families, order, count):
    test = torch.zeros(len(families), dtype=torch.bool)
    for family in order:
        if test.sum() > count:
            break
        test |= families == family
    return test


def fam_train(families, order, count):
    return ~fam_right(families, order, count)


def fam_right(families, order, count):
    test = torch.zeros(len(families), dtype=torch.bool)
    for family in order:
        if test.sum() >= count:
            break
        test |= families == family
    return test


def fam_places(families, order, count):
    return fam_right(families, order, count).nonzero().flatten()


def fam_ints(families, order, count):
    return fam_right(families, order, count).long()


def fam_cut(families, order, count):
    test = torch.zeros(len(families), dtype=torch.bool)
    for family in order:
        for place in (families == family).nonzero().flatten():
            if test.sum() < count:
                test[place] = True
    return test


def fam_first_of(families, order, count):
    test = torch.zeros(len(families), dtype=torch.bool)
    for family in order:
        if test.sum() >= count:
            break
        test[(families == family).nonzero()[0]] = True
    return test


def fam_argsort(families, order, count):
    return fam_right(families, order.sort()[0], count)


def fam_backwards(families, order, count):
    return fam_right(families, order.flip(0), count)


def fam_as_index(families, order, count):
    test = torch.zeros(len(families), dtype=torch.bool)
    test[order[:count]] = True
    return test


def fam_share(families, order, count):
    n = int(count / len(families) * len(order))
    return torch.isin(families, order[:n])


def fam_train_count(families, order, count):
    return fam_right(families, order, len(families) - count)


def fam_closest(families, order, count):
    test = torch.zeros(len(families), dtype=torch.bool)
    for family in order:
        more = test | (families == family)
        if abs(int(more.sum()) - count) > abs(int(test.sum()) - count):
            break
        test = more
    return test


def fam_overwritten(families, order, count):
    test, held = torch.zeros(len(families), dtype=torch.bool), 0
    for family in order:
        if held >= count:
            break
        test = families == family
        held += int(test.sum())
    return test


def fam_never_stops(families, order, count):
    return torch.isin(families, order)


def fam_train_first(families, order, count):
    return ~fam_right(families, order, len(families) - count)


def fam_by_places(families, order, count):
    test = torch.zeros(len(families), dtype=torch.bool)
    for family in order.argsort():
        if test.sum() < count:
            test |= families == family
    return test


def fam_last_alone(families, order, count):
    test = torch.zeros(len(families), dtype=torch.bool)
    for family in order:
        if test.sum() < count:
            test = families == family
    return test


def fam_skips_first(families, order, count):
    test = torch.zeros(len(families), dtype=torch.bool)
    for family in order[1:]:
        if test.sum() < count:
            test |= families == family
    return test


FAMILY = (
    Wrong(fam_first_examples, "the first examples", "between examples"),
    Wrong(fam_count_families, "counts families", "count families"),
    Wrong(fam_under, "stops before", "stop before"),
    Wrong(fam_skip, "fills up", "leave out"),
    Wrong(fam_unique, "by number", "numbers"),
    Wrong(fam_range, "0, 1, 2", "0, 1, 2"),
    Wrong(fam_check_after, "takes one at count 0", "0"),
    Wrong(fam_strict, "one more", "one more"),
    Wrong(fam_train, "the training set", "training"),
    Wrong(fam_places, "places", ""),
    Wrong(fam_ints, "whole numbers", "bool"),
    Wrong(fam_cut, "cuts the last", "cut"),
    Wrong(fam_first_of, "one member each", ""),
    Wrong(fam_argsort, "sorted order", "numbers"),
    Wrong(fam_backwards, "from the end", "end"),
    Wrong(fam_as_index, "families taken for places", ""),
    Wrong(fam_share, "a share of families", "side|small|order"),
    Wrong(fam_train_count, "count is the training's", "training"),
    Wrong(fam_closest, "nearest to count", "nearest"),
    Wrong(fam_overwritten, "only the last", "last"),
    Wrong(fam_never_stops, "all of them", "All families"),
    Wrong(fam_train_first, "training is filled first", "set first"),
    Wrong(fam_by_places, "order as places", "argsort"),
    Wrong(fam_last_alone, "the last family alone", "overwrites"),
    Wrong(fam_skips_first, "the first family is left out", "first family"),
)


def fam_numpy_like(families, order, count):
    counts = {int(f): int((families == f).sum()) for f in order}
    chosen, held = [], 0
    for f, n in counts.items():
        if held >= count:
            break
        chosen.append(f)
        held += n
    return torch.tensor([int(f) in chosen for f in families])


def fam_recursive(families, order, count):
    if count <= 0 or not len(order):
        return torch.zeros_like(families, dtype=torch.bool)
    here = families == order[0]
    return here | fam_recursive(families, order[1:], count - int(here.sum()))


def fam_ranks(families, order, count):
    rank = (families[:, None] == order).int().argmax(1)
    before = (rank[None] < rank[:, None]).sum(1)
    return before < count


FAMILY_RIGHT = (fam_numpy_like, fam_recursive, fam_ranks)

# ── 4 · A probe without training ──────────────────────────────────────────────────────────────────


def rid_ones(x, y, s):
    one = torch.cat([x, torch.ones(len(x), 1)], 1)
    both = torch.linalg.solve(one.T @ one + s * torch.eye(one.shape[1]), one.T @ y)
    return both[:-1], both[-1]


def rid_plain(x, y, s):
    w = torch.linalg.solve(x.T @ x + s * torch.eye(x.shape[1]), x.T @ y)
    return w, (y - x @ w).mean(0)


def rid_no_bias(x, y, s):
    w = torch.linalg.solve(x.T @ x + s * torch.eye(x.shape[1]), x.T @ y)
    return w, torch.zeros(y.shape[1])


def rid_all_entries(x, y, s):
    c = x - x.mean(0)
    w = torch.linalg.pinv(c.T @ c + s) @ c.T @ y
    return w, y.mean(0) - x.mean(0) @ w


def rid_mean_loss(x, y, s):
    c = x - x.mean(0)
    w = torch.linalg.solve(c.T @ c / len(x) + s * torch.eye(x.shape[1]), c.T @ y / len(x))
    return w, y.mean(0) - x.mean(0) @ w


def rid_squared(x, y, s):
    c = x - x.mean(0)
    w = torch.linalg.solve(c.T @ c + s**2 * torch.eye(x.shape[1]), c.T @ y)
    return w, y.mean(0) - x.mean(0) @ w


def rid_data(x, y, s):
    c = x - x.mean(0)
    w = torch.linalg.solve(s * c.T @ c + torch.eye(x.shape[1]), c.T @ y)
    return w, y.mean(0) - x.mean(0) @ w


def rid_standard(x, y, s):
    spread = x.std(0, correction=0)
    c = (x - x.mean(0)) / torch.where(spread == 0, 1.0, spread)
    w = torch.linalg.solve(c.T @ c + s * torch.eye(x.shape[1]), c.T @ y)
    return w, y.mean(0)


def rid_bias_mean(x, y, s):
    c = x - x.mean(0)
    w = torch.linalg.solve(c.T @ c + s * torch.eye(x.shape[1]), c.T @ y)
    return w, y.mean(0)


def rid_exchanged(x, y, s):
    w, b = rid_right(x, y, s)
    return b, w


def rid_right(x, y, s):
    c = x - x.mean(0)
    w = torch.linalg.solve(c.T @ c + s * torch.eye(x.shape[1]), c.T @ y)
    return w, y.mean(0) - x.mean(0) @ w


def rid_turned(x, y, s):
    w, b = rid_right(x, y, s)
    return w.T, b


def rid_rows(x, y, s):
    c = x - x.mean(1, keepdim=True)
    w = torch.linalg.solve(c.T @ c + s * torch.eye(x.shape[1]), c.T @ y)
    return w, y.mean(0) - x.mean(0) @ w


def rid_half(x, y, s):
    c = x - x.mean(0)
    w = torch.linalg.solve(c.T @ c + s / 2 * torch.eye(x.shape[1]), c.T @ y)
    return w, y.mean(0) - x.mean(0) @ w


def rid_pinv(x, y, s):
    c = x - x.mean(0)
    w = torch.linalg.pinv(c) @ y
    return w, y.mean(0) - x.mean(0) @ w


def rid_sign(x, y, s):
    w, _ = rid_right(x, y, s)
    return w, y.mean(0) + x.mean(0) @ w


def rid_one_bias(x, y, s):
    w, _ = rid_right(x, y, s)
    return w, (y - x @ w).mean()


def rid_not_inverse(x, y, s):
    c = x - x.mean(0)
    w = (c.T @ c + s * torch.eye(x.shape[1])) @ (c.T @ y)
    return w, y.mean(0) - x.mean(0) @ w


def rid_elementwise(x, y, s):
    c = x - x.mean(0)
    w = (c.T @ y) / ((c**2).sum(0)[:, None] + s)
    return w, y.mean(0) - x.mean(0) @ w


def rid_weight_alone(x, y, s):
    return rid_right(x, y, s)[0]


def rid_last_free(x, y, s):
    c, penalty = x - x.mean(0), s * torch.eye(x.shape[1])
    penalty[-1, -1] = 0.0
    w = torch.linalg.pinv(c.T @ c + penalty) @ (c.T @ y)
    return w, y.mean(0) - x.mean(0) @ w


def rid_covariance(x, y, s):
    c, n = x - x.mean(0), max(len(x) - 1, 1)
    w = torch.linalg.solve(c.T @ c / n + s * torch.eye(x.shape[1]), c.T @ y / n)
    return w, y.mean(0) - x.mean(0) @ w


def rid_wrong_column(x, y, s):
    one = torch.cat([x, torch.ones(len(x), 1)], 1).double()
    penalty = s * torch.eye(one.shape[1], dtype=torch.float64)
    penalty[0, 0] = 0.0
    both = torch.linalg.pinv(one.T @ one + penalty) @ (one.T @ y.double())
    return both[:-1], both[-1]


def rid_half_centred(x, y, s):
    w = torch.linalg.solve(x.T @ x + s * torch.eye(x.shape[1]), x.T @ (y - y.mean(0)))
    return w, y.mean(0) - x.mean(0) @ w


def rid_median_left(x, y, s):
    w, _ = rid_right(x, y, s)
    return w, (y - x @ w).median(0).values


def rid_mse(x, y, s):
    c, n = x - x.mean(0), y.numel()
    w = torch.linalg.solve(c.T @ c / n + s * torch.eye(x.shape[1]), c.T @ y / n)
    return w, y.mean(0) - x.mean(0) @ w


RIDGE = (
    Wrong(rid_ones, "penalised bias", "penalised"),
    Wrong(rid_plain, "not centred", "means"),
    Wrong(rid_no_bias, "no bias", "bias"),
    Wrong(rid_all_entries, "on all entries", "every"),
    Wrong(rid_mean_loss, "a mean of squares", "number of examples"),
    Wrong(rid_squared, "λ squared", "squared"),
    Wrong(rid_data, "λ on the data", "data"),
    Wrong(rid_standard, "standardised", "deviation"),
    Wrong(rid_bias_mean, "the bias is the mean", "targets' mean"),
    Wrong(rid_exchanged, "other order", "order"),
    Wrong(rid_turned, "transposed", "rows and columns"),
    Wrong(rid_rows, "wrong axis", "each \\*example"),
    Wrong(rid_half, "half of λ", "halved"),
    Wrong(rid_pinv, "no λ", "λ"),
    Wrong(rid_sign, "sign in the bias", "sign"),
    Wrong(rid_one_bias, "one bias", "mean of what is asked"),
    Wrong(rid_not_inverse, "not inverted", "inverse"),
    Wrong(rid_elementwise, "each feature alone", "diagonal"),
    Wrong(rid_weight_alone, "weight alone", "2 things"),
    Wrong(rid_last_free, "the last feature is free", "last feature"),
    Wrong(rid_covariance, "a covariance", "n − 1"),
    Wrong(rid_wrong_column, "the wrong column is free", "column"),
    Wrong(rid_half_centred, "only the targets are centred", "as they are given"),
    Wrong(rid_median_left, "the median of what is left", "mean error"),
    Wrong(rid_mse, "a mean over examples and classes", "mse_loss"),
)


def rid_dual(x, y, s):
    x, y = x.double(), y.double()
    c, t = x - x.mean(0), y - y.mean(0)
    w = c.T @ torch.linalg.solve(c @ c.T + s * torch.eye(len(x)).double(), t)
    return w, y.mean(0) - x.mean(0) @ w


def rid_svd(x, y, s):
    x, y = x.double(), y.double()
    u, d, v = torch.linalg.svd(x - x.mean(0), full_matrices=False)
    w = v.T @ ((d / (d**2 + s))[:, None] * (u.T @ y))
    return w, (y - x @ w).mean(0)


def rid_inverse(x, y, s):
    mu = x.mean(0, keepdim=True)
    c = (x - mu).double()
    w = torch.inverse(c.T @ c + s * torch.eye(x.shape[1]).double()) @ c.T @ (y - y.mean(0)).double()
    return w.float(), (y.mean(0) - mu.double() @ w).float().squeeze(0)


RIDGE_RIGHT = (rid_dual, rid_svd, rid_inverse)

# ── 5 · A low-rank detour ─────────────────────────────────────────────────────────────────────────


def lora_with(scale, detour=1.0, change=1.0):
    def answer(x, w, b, d, u, a):
        k = scale(a, d, u)
        return F.linear(x, w, b) + detour * k * (x @ d.T @ u.T), w + change * k * (u @ d)

    return answer


def lora_merged_and_detour(x, w, b, d, u, a):
    merged = w + a / len(d) * u @ d
    return F.linear(x, merged, b) + a / len(d) * (x @ d.T @ u.T), merged


def lora_plain_merged(x, w, b, d, u, a):
    return F.linear(x, w, b) + a / len(d) * (x @ d.T @ u.T), w


def lora_change(x, w, b, d, u, a):
    return F.linear(x, w, b) + a / len(d) * (x @ d.T @ u.T), a / len(d) * u @ d


def lora_no_bias(x, w, b, d, u, a):
    merged = w + a / len(d) * u @ d
    return x @ merged.T, merged


def lora_exchanged(x, w, b, d, u, a):
    merged = w + a / len(d) * u @ d
    return merged, F.linear(x, merged, b)


def lora_all_scaled(x, w, b, d, u, a):
    return a / len(d) * (F.linear(x, w, b) + x @ d.T @ u.T), w + a / len(d) * u @ d


def lora_output_unscaled(x, w, b, d, u, a):
    return F.linear(x, w, b) + x @ d.T @ u.T, w + a / len(d) * u @ d


def lora_merged_unscaled(x, w, b, d, u, a):
    return F.linear(x, w, b) + a / len(d) * (x @ d.T @ u.T), w + u @ d


def lora_relu(x, w, b, d, u, a):
    return F.linear(x, w, b) + a / len(d) * ((x @ d.T).relu() @ u.T), w + a / len(d) * u @ d


def lora_biased_detour(x, w, b, d, u, a):
    k = a / len(d)
    return x @ w.T + k * (x @ d.T @ u.T + b), w + k * u @ d


def lora_detour_alone(x, w, b, d, u, a):
    k = a / len(d)
    return k * (x @ d.T @ u.T) + b, w + k * u @ d


def lora_wrong_order(x, w, b, d, u, a):
    k = a / len(d)
    return F.linear(x, w, b) + k * (x @ d.T @ u.T), w + k * (d.T @ u.T)


def lora_in_place(x, w, b, d, u, a):
    w += a / len(d) * u @ d
    return F.linear(x, w, b), w


def lora_one(x, w, b, d, u, a):
    return F.linear(x, w + a / len(d) * u @ d, b)


def lora_first_rank(x, w, b, d, u, a):
    k = a / len(d)
    return F.linear(x, w, b) + k * (x @ d[:1].T @ u[:, :1].T), w + k * u[:, :1] @ d[:1]


def lora_merged_product(x, w, b, d, u, a):
    k = a / len(d)
    return F.linear(x, w, b) + k * (x @ d.T @ u.T), w * (1 + k * u @ d)


LORA = (
    Wrong(lora_with(lambda a, d, u: 1.0), "no scale", "forgotten"),
    Wrong(lora_with(lambda a, d, u: a), "α alone", "And r"),
    Wrong(lora_with(lambda a, d, u: len(d) / a), "r/α", "r/α"),
    Wrong(lora_with(lambda a, d, u: a / math.sqrt(len(d))), "root of r", "root"),
    Wrong(lora_with(lambda a, d, u: a / d.shape[1]), "divided by the width", "inputs"),
    Wrong(lora_with(lambda a, d, u: a / u.shape[0]), "divided by the outputs", "outputs"),
    Wrong(lora_with(lambda a, d, u: a // len(d)), "whole division", "//"),
    Wrong(lora_with(lambda a, d, u: a / len(d), change=2.0), "merged twice", "twice"),
    Wrong(lora_with(lambda a, d, u: a / len(d), detour=0.0), "frozen output", "frozen"),
    Wrong(lora_merged_and_detour, "merged and detour", "twice"),
    Wrong(lora_plain_merged, "nothing merged", "Nothing is merged"),
    Wrong(lora_change, "the change alone", "change alone"),
    Wrong(lora_no_bias, "no bias", "bias"),
    Wrong(lora_exchanged, "other order", "order"),
    Wrong(lora_all_scaled, "all scaled", "frozen layer"),
    Wrong(lora_output_unscaled, "output without scale", "not in the output"),
    Wrong(lora_merged_unscaled, "merged without scale", "not in the merged"),
    Wrong(lora_relu, "a relu between", "ReLU"),
    Wrong(lora_biased_detour, "bias scaled", "bias"),
    Wrong(lora_detour_alone, "no frozen weight", "frozen weight"),
    Wrong(lora_wrong_order, "transposed change", "size|shape"),
    Wrong(lora_in_place, "writes into the weight", "changes its input"),
    Wrong(lora_one, "one thing", "2 things"),
    Wrong(lora_first_rank, "one rank of all", "first row"),
    Wrong(lora_with(lambda a, d, u: a / d.numel()), "by all entries", "entries"),
    Wrong(lora_merged_product, "multiplied in", "merged"),
)


def lora_einsum(x, w, b, d, u, a):
    change = torch.einsum("or,ri->oi", u, d).mul(a).div(d.shape[0])
    merged = w + change
    return torch.einsum("ei,oi->eo", x, merged) + b, merged


def lora_module(x, w, b, d, u, a):
    layer, down, up = (
        nn.Linear(*w.T.shape),
        nn.Linear(*d.T.shape, bias=False),
        nn.Linear(*u.T.shape, bias=False),
    )
    layer.weight.data, layer.bias.data = w, b
    down.weight.data, up.weight.data = d, u
    with torch.no_grad():
        return layer(x) + up(down(x)) * (a / len(d)), layer.weight + a * (u @ d) / len(d)


def lora_by_ranks(x, w, b, d, u, a):
    change = sum(torch.outer(u[:, i], d[i]) for i in range(len(d))) * a / len(d)
    return (x.double() @ (w + change).double().T + b).float(), w + change


LORA_RIGHT = (lora_einsum, lora_module, lora_by_ranks)

# ── 6 · Find the bugs: frozen, and yet it moves ───────────────────────────────────────────────────


def bug_with(
    eval_before=True,
    train_each=False,
    tower_in=False,
    zero=False,
    decays=True,
    optimiser=torch.optim.SGD,
    loss=F.mse_loss,
    clear=True,
    **more,
):
    def answer(x, targets, weight, mean, variance, head, rate, decay, steps):
        tower = nn.Sequential(
            nn.Linear(weight.shape[1], weight.shape[0], bias=False),
            nn.BatchNorm1d(weight.shape[0], affine=False),
            nn.Tanh(),
        )
        tower[0].weight.data = weight.clone()
        tower[1].running_mean, tower[1].running_var = mean.clone(), variance.clone()
        tower.train(not eval_before)
        own = nn.Parameter(head.clone())
        parameters = [*tower.parameters(), own] if tower_in else [own]
        made = optimiser(parameters, lr=rate, weight_decay=decay if decays else 0.0, **more)
        for _ in range(steps):
            if train_each:
                tower.train()
            found = loss(tower(x) @ own, targets)
            if clear:
                made.zero_grad()
            found.backward()
            if zero:
                tower[0].weight.grad.zero_()
            made.step()
        return tower[0].weight.detach(), tower[1].running_mean, tower[1].running_var, own.detach()

    return answer


def bug_none_at_all(x, targets, weight, mean, variance, head, rate, decay, steps):
    return weight, mean, variance, head


def bug_head_only(x, targets, weight, mean, variance, head, rate, decay, steps):
    return bug_with()(x, targets, weight, mean, variance, head, rate, decay, steps)[3]


def bug_put_back(x, targets, weight, mean, variance, head, rate, decay, steps):
    found = bug_with(eval_before=False)(
        x, targets, weight, mean, variance, head, rate, decay, steps
    )
    return weight, mean, variance, found[3]


def bug_untracked(x, targets, weight, mean, variance, head, rate, decay, steps):
    features = F.batch_norm(x @ weight.T, None, None, training=True).tanh()
    own = head.clone()
    for _ in range(steps):
        errors = features @ own - targets
        own = own - rate * (2 / len(x) * errors @ features + decay * own)
    return weight, mean, variance, own


def bug_no_batchnorm(x, targets, weight, mean, variance, head, rate, decay, steps):
    features, own = (x @ weight.T).tanh(), head.clone()
    for _ in range(steps):
        errors = features @ own - targets
        own = own - rate * (2 / len(x) * errors @ features + decay * own)
    return weight, mean, variance, own


def bug_adam_like(x, targets, weight, mean, variance, head, rate, decay, steps):
    return bug_with(optimiser=torch.optim.Adam)(
        x, targets, weight, mean, variance, head, rate, decay, steps
    )


def bug_deviation(x, targets, weight, mean, variance, head, rate, decay, steps):
    features, own = torch.tanh((x @ weight.T - mean) / (variance + 1e-5)), head.clone()
    for _ in range(steps):
        errors = features @ own - targets
        own = own - rate * (2 / len(x) * errors @ features + decay * own)
    return weight, mean, variance, own


def bug_eval_late(x, targets, weight, mean, variance, head, rate, decay, steps):
    norm = nn.BatchNorm1d(len(weight), affine=False)
    norm.running_mean, norm.running_var = mean.clone(), variance.clone()
    own = head.clone()
    for _ in range(steps):
        features = norm(x @ weight.T).tanh()
        norm.eval()
        own = own - rate * (2 / len(x) * (features @ own - targets) @ features + decay * own)
    return weight, norm.running_mean, norm.running_var, own


BUG = (
    Wrong(bug_with(False, tower_in=True, zero=True), "as it was given", "still does exactly"),
    Wrong(bug_with(tower_in=True, zero=True), "decay left", "decay"),
    Wrong(bug_with(False), "train left", "BatchNorm"),
    Wrong(bug_with(train_each=True), "eval undone", "BatchNorm"),
    Wrong(bug_with(decays=False), "no decay at all", "head"),
    Wrong(bug_with(False, tower_in=True, zero=True, decays=False), "decay taken out", ""),
    Wrong(bug_with(tower_in=True), "the tower is trained", "trained"),
    Wrong(bug_none_at_all, "nothing is trained", "head"),
    Wrong(bug_head_only, "the head alone comes back", "4 things"),
    Wrong(bug_put_back, "trained with the batch, then put back", "batch"),
    Wrong(bug_untracked, "normalised by the batch", "batch"),
    Wrong(bug_no_batchnorm, "no BatchNorm", "BatchNorm"),
    Wrong(bug_adam_like, "Adam", "Adam"),
    Wrong(bug_with(optimiser=torch.optim.AdamW), "AdamW", "AdamW"),
    Wrong(bug_with(momentum=0.9), "momentum", "momentum"),
    Wrong(bug_with(clear=False), "no zero_grad", "zero_grad"),
    Wrong(
        bug_with(loss=lambda a, b: F.mse_loss(a, b, reduction="sum")), "summed", "add the squares"
    ),
    Wrong(bug_with(loss=F.l1_loss), "absolute error", "head"),
    Wrong(bug_deviation, "divided by the variance", "head"),
    Wrong(bug_eval_late, "eval after the first step", "first step"),
    Wrong(bug_with(optimiser=torch.optim.RMSprop), "RMSprop", "optimiser"),
)


def bug_no_grad(x, targets, weight, mean, variance, head, rate, decay, steps):
    with torch.no_grad():
        features = torch.tanh((x @ weight.T - mean) * (variance + 1e-5).rsqrt())
    own = head.clone().requires_grad_()
    made = torch.optim.SGD([own], lr=rate, weight_decay=decay)
    for _ in range(steps):
        made.zero_grad()
        (features @ own - targets).square().mean().backward()
        made.step()
    return weight, mean, variance, own.detach()


def bug_groups(x, targets, weight, mean, variance, head, rate, decay, steps):
    tower = nn.Sequential(
        nn.Linear(weight.shape[1], weight.shape[0], bias=False),
        nn.BatchNorm1d(weight.shape[0], affine=False),
        nn.Tanh(),
    ).eval()
    state = {"0.weight": weight, "1.running_mean": mean, "1.running_var": variance}
    tower.load_state_dict(state, strict=False)
    own = nn.Parameter(head.clone())
    groups = [
        {"params": tower.parameters(), "lr": 0.0, "weight_decay": 0.0},
        {"params": [own], "lr": rate, "weight_decay": decay},
    ]
    made = torch.optim.SGD(groups, lr=rate)
    for _ in range(steps):
        loss = F.mse_loss(tower(x) @ own, targets)
        made.zero_grad()
        loss.backward()
        made.step()
    found = tower.state_dict()
    return *(found[name].clone() for name in state), own.detach()


BUG_RIGHT = (bug_with(), bug_no_grad, bug_groups)

# ── 7 · What moves in a frozen network? ───────────────────────────────────────────────────────────

MOVED = (
    Wrong([6, 0, 0.645, 6], "entries counted", "entries"),
    Wrong([0, 0, 0.645, 0], "no copies", "clone"),
    Wrong([0, 0, 0.645, 116], "parameters only", "parameters"),
    Wrong([26, 0, 0.645, 116], "no counters", "counts its batches"),
    Wrong([27, 0, 0.645, 116], "one counter", "counts its batches"),
    Wrong([28, 28, 0.645, 116], "eval forgotten", "training mode"),
    Wrong([28, 0, 0.157, 116], "the mean gap", "mean"),
    Wrong([28, 0, 0.324, 116], "signed", "downwards"),
    Wrong([28, 0, -0.645, 116], "with a sign", "absolute"),
    Wrong([28, 0, 0.0, 116], "no drift", "not 0"),
    Wrong([28, 0, 1.486, 116], "modes mixed", "mode"),
    Wrong([28, 0, 0.645, 129], "all parameters", "0 from the start"),
    Wrong([28, 0, 0.645, 103], "weights only", "weights only"),
    Wrong([28, 0, 0.645, 90], "matrices only", "matrices only"),
    Wrong([28, 0, 0.645, 144], "in training mode", "training mode"),
    Wrong([144, 0, 0.645, 116], "zeroed in 1", "zeroed"),
    Wrong([116, 0, 0.645, 28], "1 and 4 exchanged", "evaluation mode"),
    Wrong([28, 0, 0.645, 0], "nothing decays", "not 0"),
    Wrong([157, 0, 0.645, 116], "all numbers", "all numbers"),
    Wrong([28, 0, 0.645, 116, 1], "five numbers", "4 numbers"),
    Wrong([28, 2, 0.645, 116], "counters count", "num_batches"),
    Wrong([13, 0, 0.645, 116], "the means", "means"),
    Wrong([28, 0, 0.609, 116], "the drift with zeroed gradients", "zeroed"),
    Wrong([129, 157, 0.645, 41], "what stays", "not"),
    Wrong([0.178, 0, 0.645, 0.739], "shares", "shares"),
    Wrong([28, 0, 0.2, 116], "something else", "3"),
    Wrong([0, 0, 0, 0], "nothing", "copies"),
    Wrong([0, 28, 0.645, 116], "modes exchanged", "changed places"),
    Wrong([9, 0, 0.645, 116], "the second BatchNorm alone", "two BatchNorms"),
    Wrong([15, 0, 0.645, 116], "means and counters", "What else"),
    Wrong([54, 0, 0.645, 116], "all of the BatchNorms", "frozen"),
    Wrong([280, 0, 0.645, 116], "counted anew in each step", "each step anew"),
    Wrong([33, 5, 0.645, 121], "the head, too", "head"),
    Wrong([28, 0, 0.2691, 116], "the first example", "first example"),
    Wrong([28, 0, 0.9334, 116], "relative", "divided"),
)
MOVED_RIGHT = (
    np.array([28, 0, 0.64500, 116]),
    [torch.tensor(28), 0, torch.tensor(0.6450), 116.0],
    (28, 0, Fraction(645, 1000), 116),
)

# ── 8 · How alike are two layers? ─────────────────────────────────────────────────────────────────


def cka_uncentred(x, y):
    return (y.T @ x).norm() ** 2 / ((x.T @ x).norm() * (y.T @ y).norm())


def cka_rows(x, y):
    return cka_uncentred(x - x.mean(1, keepdim=True), y - y.mean(1, keepdim=True))


def centred(x):
    return x - x.mean(0)


def cka_not_squared(x, y):
    x, y = centred(x), centred(y)
    return (y.T @ x).norm() / ((x.T @ x).norm() * (y.T @ y).norm())


def cka_below_squared(x, y):
    x, y = centred(x), centred(y)
    return (y.T @ x).norm() ** 2 / ((x.T @ x).norm() ** 2 * (y.T @ y).norm() ** 2)


def cka_numerator(x, y):
    return (centred(y).T @ centred(x)).norm() ** 2


def cka_spectral(x, y):
    x, y = centred(x), centred(y)
    n = torch.linalg.matrix_norm
    return n(y.T @ x, 2) ** 2 / (n(x.T @ x, 2) * n(y.T @ y, 2))


def cka_traces(x, y):
    x, y = centred(x), centred(y)
    return (y.T @ x).norm() ** 2 / (torch.trace(x.T @ x) * torch.trace(y.T @ y))


def cka_root(x, y):
    return cka_uncentred(centred(x), centred(y)).sqrt()


def cka_half(x, y):
    return cka_uncentred(centred(x), y)


def cka_standardised(x, y):
    a, b = ((z - z.mean(0)) / (z.std(0) + 1e-9) for z in (x, y))
    return cka_uncentred(a, b)


def cka_global(x, y):
    return cka_uncentred(x - x.mean(), y - y.mean())


def cka_cosine(x, y):
    x, y = centred(x), centred(y)
    return F.cosine_similarity(x.flatten(), y.flatten(), dim=0)


def cka_correlation(x, y):
    return torch.corrcoef(torch.cat([x, y], 1).T)[: x.shape[1], x.shape[1] :].square().mean()


def cka_distance(x, y):
    return 1 - cka_uncentred(centred(x), centred(y))


def cka_trace_above(x, y):
    x, y = centred(x), centred(y)
    return torch.trace(x.T @ x @ x.T @ x) / ((x.T @ x).norm() * (y.T @ y).norm())


def cka_epsilon(x, y):
    x, y = centred(x), centred(y)
    return (y.T @ x).norm() ** 2 / ((x.T @ x).norm() * (y.T @ y).norm() + 1e-2)


def cka_max(x, y):
    x, y = centred(x), centred(y)
    return (y.T @ x).abs().max() ** 2 / ((x.T @ x).abs().max() * (y.T @ y).abs().max())


def cka_one_sample(x, y):
    x, y = centred(x), centred(y)
    k, m = x @ x.T, y @ y.T
    k, m = k - torch.diag(k.diag()), m - torch.diag(m.diag())
    return (k * m).sum() / (k.norm() * m.norm())


def cka_above(x, y):
    top = (centred(y).T @ centred(x)).square().sum()
    return top / ((x.T @ x).norm() * (y.T @ y).norm())


def cka_grams_half(x, y):
    k, m = (z @ z.T - (z @ z.T).mean(0) for z in (x, y))
    return (k * m).sum() / (k.norm() * m.norm())


def cka_bases(x, y):
    p, q = (torch.linalg.qr(centred(z))[0] for z in (x, y))
    return (p.T @ q).square().sum() / min(x.shape[1], y.shape[1])


def cka_first_row(x, y):
    return cka_uncentred(x - x[0], y - y[0])


def cka_square_of_sum(x, y):
    x, y = centred(x), centred(y)
    return (y.T @ x).sum() ** 2 / ((x.T @ x).norm() * (y.T @ y).norm())


def cka_matrix_product(x, y):
    x, y = x - x.mean(0), y - y.mean(0)
    one, other = x @ x.T, y @ y.T
    return (one @ other).norm() / (one.norm() * other.norm())


def cka_regression(x, y):
    x, y = x - x.mean(0), y - y.mean(0)
    return (torch.linalg.qr(x).Q.T @ y).norm() ** 2 / y.norm() ** 2


CKA = (
    Wrong(cka_uncentred, "not centred", "centred"),
    Wrong(cka_rows, "wrong axis", "example"),
    Wrong(cka_not_squared, "not squared", "square"),
    Wrong(cka_below_squared, "squared below", "squared"),
    Wrong(cka_numerator, "numerator", "numerator"),
    Wrong(cka_spectral, "spectral norm", "singular"),
    Wrong(cka_traces, "traces", "traces"),
    Wrong(cka_root, "root", "root"),
    Wrong(cka_half, "one centred", "first"),
    Wrong(cka_standardised, "standardised", "deviation"),
    Wrong(cka_global, "one mean", "one mean"),
    Wrong(cka_cosine, "cosine of flattened", ""),
    Wrong(cka_correlation, "mean squared correlation", "correlations|single"),
    Wrong(cka_distance, "distance", "distance"),
    Wrong(cka_trace_above, "X twice", "y"),
    Wrong(cka_epsilon, "something added below", "below|divided|1e-2|0.01"),
    Wrong(cka_max, "largest entries", ""),
    Wrong(cka_one_sample, "without the diagonal", "diagonal"),
    Wrong(cka_above, "centred above only", "above the line is centred"),
    Wrong(cka_grams_half, "the tables centred on one side", "one axis"),
    Wrong(cka_bases, "CCA", "CCA"),
    Wrong(cka_first_row, "the first example taken away", "first example"),
    Wrong(cka_square_of_sum, "the square of a sum", "cancel"),
    Wrong(cka_matrix_product, "tables multiplied as matrices", "entry by entry"),
    Wrong(cka_regression, "R² of a regression", "regression"),
)


def cka_by_kernels(x, y):
    h = torch.eye(len(x)) - torch.ones(len(x), len(x)) / len(x)
    k, m = h @ x @ x.T @ h, h @ y @ y.T @ h
    return torch.trace(k @ m) / (torch.trace(k @ k) * torch.trace(m @ m)).sqrt()


def cka_in_float64(x, y):
    x, y = centred(x.double()), centred(y.double())
    return float((y.T @ x).pow(2).sum() / ((x.T @ x).norm() * (y.T @ y).norm()))


def cka_einsum(x, y):
    a, b = x - x.mean(dim=0, keepdim=True), y - y.mean(dim=0, keepdim=True)
    top = torch.einsum("ep,eq->pq", a, b).square().sum()
    low = torch.linalg.matrix_norm(a.T @ a) * torch.linalg.matrix_norm(b.mT @ b)
    return top / low


CKA_RIGHT = (cka_by_kernels, cka_in_float64, cka_einsum)

WRONG = {
    "transfer.pooled": POOLED,
    "transfer.counted": COUNTED,
    "transfer.family": FAMILY,
    "transfer.ridge": RIDGE,
    "transfer.lora": LORA,
    "transfer.bug_frozen": BUG,
    "transfer.moved": MOVED,
    "transfer.cka": CKA,
}
RIGHT = {
    "transfer.pooled": POOLED_RIGHT,
    "transfer.counted": COUNTED_RIGHT,
    "transfer.family": FAMILY_RIGHT,
    "transfer.ridge": RIDGE_RIGHT,
    "transfer.lora": LORA_RIGHT,
    "transfer.bug_frozen": BUG_RIGHT,
    "transfer.moved": MOVED_RIGHT,
    "transfer.cka": CKA_RIGHT,
}
