"""A class's answers to the exercises of lesson 01."""

import math
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from tests.classroom import Wrong

# Softmax with a temperature -----------------------------------------------------------------------


def simple(x, dim=-1):
    """A softmax that overflows."""
    return x.exp() / x.exp().sum(dim, keepdim=True)


def stable(x, dim=-1):
    """A softmax that does not."""
    return simple(x - x.max(dim, keepdim=True).values, dim)


def whole(scores, temperature):
    x = scores / temperature
    x = (x - x.max()).exp()
    return x / x.sum()


def largest_of_all(scores, temperature):
    x = scores / temperature
    return simple(x - x.max())


def largest_before_the_temperature(scores, temperature):
    return simple(scores / temperature - scores.max(-1, keepdim=True).values)


def no_keepdim(scores, temperature):
    x = (scores / temperature).exp()
    return x / x.sum(-1)


def no_keepdim_in_max(scores, temperature):
    x = scores / temperature
    x = x - x.max(-1).values
    return x.exp() / x.exp().sum(-1, keepdim=True)


def max_is_a_pair(scores, temperature):
    x = scores / temperature
    return simple(x - x.max(-1, keepdim=True))


def clamped(scores, temperature):
    return simple((scores / temperature).clamp(max=80))


def clamped_below(scores, temperature):
    return stable((scores / temperature).clamp(min=-20))


def both_ways_clamped(scores, temperature):
    return stable((scores / temperature).clamp(-10, 10))


def nan_away(scores, temperature):
    return torch.nan_to_num(simple(scores / temperature))


def through_numpy(scores, temperature):
    x = scores.detach().numpy() / temperature
    x = np.exp(x - x.max(-1, keepdims=True))
    return torch.from_numpy(x / x.sum(-1, keepdims=True))


def without_gradient(scores, temperature):
    with torch.no_grad():
        return stable(scores / temperature)


def as_numbers(scores, temperature):
    rows = [[math.exp(v / temperature - 1000 / temperature) for v in r] for r in scores.tolist()]
    return torch.tensor([[v / sum(row) for v in row] for row in rows])


def in_place(scores, temperature):
    scores -= scores.max(-1, keepdim=True).values
    scores /= temperature
    return simple(scores)


def hardest(scores, temperature):
    return F.one_hot(scores.argmax(-1), scores.shape[-1]).float()


def temperature_afterwards(scores, temperature):
    return stable(scores) / temperature


def power_afterwards(scores, temperature):
    return stable(scores) ** (1 / temperature)


def sorted_first(scores, temperature):
    return stable(scores.sort(descending=True).values / temperature)


def row_by_row(scores, temperature):
    return torch.stack([stable(row / temperature, dim=0) for row in scores])


def smallest_subtracted(scores, temperature):
    x = scores / temperature
    return simple(x - x.min(-1, keepdim=True).values)


def mean_subtracted(scores, temperature):
    x = scores / temperature
    return simple(x - x.mean(-1, keepdim=True))


def size_subtracted(scores, temperature):
    x = scores / temperature
    return simple(x - x.abs().max(-1, keepdim=True).values)


def divided_by_largest(scores, temperature):
    return simple(scores / temperature / scores.abs().max(-1, keepdim=True).values)


def max_along_first(scores, temperature):
    x = scores / temperature
    return simple(x - x.max(0, keepdim=True).values)


def to_base(base):
    def softmax(scores, temperature):
        x = scores / temperature
        x = base ** (x - x.max(-1, keepdim=True).values)
        return x / x.sum(-1, keepdim=True)

    return softmax


def one_more_below(scores, temperature):
    x = scores / temperature
    x = (x - x.max(-1, keepdim=True).values).exp()
    return x / (1 + x.sum(-1, keepdim=True))


def mean_below(scores, temperature):
    x = scores / temperature
    x = (x - x.max(-1, keepdim=True).values).exp()
    return x / x.mean(-1, keepdim=True)


def not_normalised(scores, temperature):
    x = scores / temperature
    return (x - x.max(-1, keepdim=True).values).exp()


def length_below(scores, temperature):
    x = scores / temperature
    x = (x - x.max(-1, keepdim=True).values).exp()
    return x / x.norm(dim=-1, keepdim=True)


def first_row_only(scores, temperature):
    return stable(scores[0] / temperature)


def shares(scores, temperature):
    x = scores / temperature
    return x / x.sum(-1, keepdim=True)


def from_zero_to_one(scores, temperature):
    x = scores / temperature
    low, high = x.min(-1, keepdim=True).values, x.max(-1, keepdim=True).values
    return (x - low) / (high - low)


def exponentials_of_weights(scores, temperature):
    return stable(stable(scores / temperature))


def sum_along_first(scores, temperature):
    x = scores / temperature
    x = (x - x.max(-1, keepdim=True).values).exp()
    return x / x.sum(0, keepdim=True)


def largest_is_zero(scores, temperature):
    x = scores / temperature
    x = (x - x.max(-1, keepdim=True).values).exp()
    x = x - 1
    return x / x.sum(-1, keepdim=True)


def exponentials_capped(scores, temperature):
    x = (scores / temperature).exp().clamp(max=1e30)
    return x / x.sum(-1, keepdim=True)


def through_pairs(scores, temperature):
    x = scores / temperature
    return 1 / (x.unsqueeze(-2) - x.unsqueeze(-1)).exp().sum(-1)


def number_by_number(scores, temperature):
    rows = (scores / temperature).reshape(-1, scores.shape[-1])
    found = []
    for row in rows:
        exponentials = [(value - max(row)).exp() for value in row]
        found.append(torch.stack([e / sum(exponentials) for e in exponentials]))
    return torch.stack(found).reshape(scores.shape)


def deeper(scores, temperature):
    if scores.ndim > 1:
        return torch.stack([deeper(part, temperature) for part in scores])
    return torch.exp(scores / temperature - torch.logsumexp(scores / temperature, 0))


def in_double(scores, temperature):
    x = scores.double() / temperature
    return stable(x).to(scores.dtype)


def shift_by_constant(scores, temperature):
    x = scores / temperature
    e = torch.exp(x - x.detach().amax(dim=-1, keepdim=True))
    return torch.einsum("...k,...->...k", e, 1 / torch.einsum("...k->...", e))


class Softmax(nn.Module):
    def forward(self, scores, temperature):
        x = scores.div(temperature)
        return x.sub(x.logsumexp(-1, keepdim=True)).exp()


def last_axis_first(scores, temperature):
    x = scores.movedim(-1, 0) / temperature
    return stable(x, dim=0).movedim(0, -1)


def general(scores, temperature, dim):
    return stable(scores * (1 / temperature), dim)


def one_pass(scores, temperature):
    x = scores / temperature
    largest, total = x[..., :1], torch.ones_like(x[..., :1])
    for k in range(1, x.shape[-1]):
        new = torch.maximum(largest, x[..., k : k + 1])
        total = total * (largest - new).exp() + (x[..., k : k + 1] - new).exp()
        largest = new
    return (x - largest).exp() / total


SOFTMAX = (
    Wrong(lambda s, t: stable(s / t, dim=0), "sums along the first axis"),
    Wrong(lambda s, t: stable(s / t, dim=-2), "sums along the last axis but one"),
    Wrong(lambda s, t: stable(s / t, dim=1), "axis 1: right for two axes only"),
    Wrong(whole, "one sum over everything"),
    Wrong(lambda s, t: stable(s), "ignores the temperature"),
    Wrong(lambda s, t: stable(s * t), "multiplies by the temperature"),
    Wrong(lambda s, t: stable(s / math.sqrt(t)), "the temperature's square root"),
    Wrong(lambda s, t: stable(s / t**2), "the temperature squared"),
    Wrong(lambda s, t: stable(s - t), "subtracts the temperature: nothing happens"),
    Wrong(lambda s, t: stable(s / 2), "a temperature of 2, whatever was asked"),
    Wrong(lambda s, t: stable(s / 0.5), "a temperature of one half, whatever was asked"),
    Wrong(temperature_afterwards, "divides the weights by the temperature"),
    Wrong(power_afterwards, "a power of the weights, not summed again"),
    Wrong(lambda s, t: simple(s / t), "overflows at 1000", "1000|overflow|infinit|NaN"),
    Wrong(
        lambda s, t: s.exp() / t / s.exp().sum(-1, keepdim=True), "weights divided by T, overflows"
    ),
    Wrong(largest_of_all, "subtracts the largest of all rows: a small row vanishes"),
    Wrong(largest_before_the_temperature, "subtracts the largest before it is divided by T"),
    Wrong(smallest_subtracted, "subtracts the smallest: overflows"),
    Wrong(mean_subtracted, "subtracts the mean: overflows"),
    Wrong(size_subtracted, "subtracts the largest size: rows far below 0 vanish"),
    Wrong(max_along_first, "subtracts the largest along the first axis"),
    Wrong(divided_by_largest, "divides by the largest instead of subtracting it"),
    Wrong(no_keepdim, "forgets keepdim in the sum"),
    Wrong(no_keepdim_in_max, "forgets keepdim in the maximum"),
    Wrong(max_is_a_pair, "forgets .values: max gives a pair", "TypeError"),
    Wrong(clamped, "clamps the scores at 80"),
    Wrong(clamped_below, "clamps the scores at −20", "differences|clamp"),
    Wrong(both_ways_clamped, "clamps the scores to ±10"),
    Wrong(nan_away, "writes 0 where it overflowed"),
    Wrong(through_numpy, "no gradient: through NumPy", "[Gg]radient"),
    Wrong(without_gradient, "no gradient: under no_grad", "[Gg]radient"),
    Wrong(lambda s, t: stable(s / t).detach(), "no gradient: detached", "[Gg]radient"),
    Wrong(lambda s, t: stable(s.data / t), "no gradient: .data", "[Gg]radient"),
    Wrong(
        lambda s, t: torch.tensor(stable(s / t).tolist()),
        "no gradient: a new tensor",
        "[Gg]radient",
    ),
    Wrong(lambda s, t: stable(s / t).tolist(), "returns a list", "[Gg]radient|list"),
    Wrong(as_numbers, "numbers of a list of lists, 1000 subtracted"),
    Wrong(in_place, "changes the scores that it was given", "chang"),
    Wrong(lambda s, t: (s / t).softmax(-1), "PyTorch's softmax, a method", "PyTorch"),
    Wrong(lambda s, t: torch.softmax(s / t, dim=-1), "PyTorch's softmax", "PyTorch"),
    Wrong(lambda s, t: F.softmax(s / t, dim=-1), "PyTorch's softmax, functional", "PyTorch"),
    Wrong(lambda s, t: nn.Softmax(dim=-1)(s / t), "PyTorch's softmax, a module", "PyTorch"),
    Wrong(lambda s, t: (s / t).log_softmax(-1).exp(), "PyTorch's log-softmax", "PyTorch"),
    Wrong(lambda s, t: (s / t).log_softmax(-1), "a log-softmax"),
    Wrong(lambda s, t: stable(-s / t), "the sign is turned"),
    Wrong(to_base(2), "powers of 2"),
    Wrong(to_base(10), "powers of 10"),
    Wrong(hardest, "all weight on the largest"),
    Wrong(not_normalised, "exponentials, not divided by their sum"),
    Wrong(mean_below, "divides by the mean"),
    Wrong(one_more_below, "one more in the denominator"),
    Wrong(shares, "no exponentials"),
    Wrong(lambda s, t: (s / t).sigmoid(), "sigmoid"),
    Wrong(from_zero_to_one, "scales each row to 0 … 1"),
    Wrong(lambda s, t: (s / t).relu() / (s / t).relu().sum(-1, keepdim=True), "relu for exp"),
    Wrong(exponentials_of_weights, "softmax twice"),
    Wrong(sum_along_first, "largest along the last axis, sum along the first"),
    Wrong(largest_is_zero, "subtracts 1 from the exponentials"),
    Wrong(sorted_first, "sorts the scores"),
    Wrong(row_by_row, "a loop over the first axis: right for two axes only"),
    Wrong(first_row_only, "the first row alone"),
    Wrong(lambda s, t: stable(s / t).squeeze(), "squeezes"),
    Wrong(lambda s, t: stable(s / t).mT, "transposed"),
    Wrong(lambda s, t: stable(s / t).round(decimals=2), "rounded to two decimals"),
    Wrong(lambda s, t: simple((s / t).half()).float(), "half precision, overflows"),
    Wrong(lambda s, t: stable(s, dim=0), "first axis, and no temperature"),
    Wrong(lambda s, t: simple(s * t), "multiplies, and overflows"),
    Wrong(lambda s, t: 100 * stable(s / t), "percent"),
    Wrong(lambda s, t: stable((s / t).abs()), "size of the scores"),
    Wrong(lambda s, t: print(stable(s / t)), "prints", "None|return"),
    Wrong(
        through_pairs,
        "one over a sum that overflows: right numbers, NaN for a gradient",
        "gradient",
    ),
    Wrong(lambda s, t: stable(s / max(t, 1.0)), "temperatures below 1 taken as 1", "below 1"),
    Wrong(length_below, "length 1 for sum 1", "F.normalize"),
    Wrong(
        lambda s, t: F.normalize((s / t - (s / t).amax(-1, keepdim=True)).exp(), dim=-1),
        "`F.normalize`",
        "F.normalize",
    ),
    Wrong(exponentials_capped, "caps the exponentials", "or their exponentials"),
)

SOFTMAX_RIGHT = (
    lambda scores, temperature: stable(scores / temperature),
    number_by_number,
    deeper,
    in_double,
    shift_by_constant,
    Softmax(),
    last_axis_first,
    partial(general, dim=-1),
    one_pass,
    lambda s, t: torch.exp(s / t - torch.logsumexp(s / t, dim=-1, keepdim=True)),
    lambda s, t: torch.pow(math.e, s / t - (s / t).amax(-1, keepdim=True)).div(
        torch.pow(math.e, s / t - (s / t).amax(-1, keepdim=True)).sum(-1, keepdim=True)
    ),
)

# One weight by hand -------------------------------------------------------------------------------

PREDICT = (
    Wrong(0.982, "not scaled"),
    Wrong(0.1192, "the second key's weight"),
    Wrong(0.7311, "divided by the width, not by its root"),
    Wrong(2, "the scaled score"),
    Wrong(2.0, "the scaled score, as a float"),
    Wrong(4, "the score"),
    Wrong(0.5, "two keys, half each"),
    Wrong(1.0, "everything on the key that is the same"),
    Wrong(7.389, "the exponential, not divided"),
    Wrong(7.389 / 8.389 * 100, "in percent"),
    Wrong(88, "in percent, rounded"),
    Wrong(0.018, "not scaled, and the second key"),
    Wrong(0.2689, "divided by the width, and the second key"),
    Wrong(0.9, "one decimal"),
    Wrong(0.86, "reckoned badly"),
    Wrong(0.8, "powers of 2"),
    Wrong(0.99, "powers of 10"),
    Wrong(0.944, "divided by the root of the number of keys"),
    Wrong(0.953, "a second score of −1, or the wrong root"),
    Wrong(2 / 3, "no exponentials: 2 / (2 + 1)"),
    Wrong(-0.127, "the logarithm of the weight"),
    Wrong(0.0, "an orthogonal key gets nothing, and that is the first"),
    Wrong(7.389 / 8.389 / 2, "the mean of the values"),
    Wrong("0.88", "a text", "quotation|text"),
    Wrong("88 %", "a text in percent", "text|quotation"),
    Wrong((0, 88), "a comma for a point: 0,88", "one|1|comma"),
    Wrong([0.88, 0.12], "both weights", "2"),
    Wrong(torch.tensor([2.0, 0.0]).softmax(0), "both weights, as a tensor", "2"),
    Wrong(None, "None", "None"),
    Wrong(lambda: 0.88, "a function", "function"),
    Wrong(True, "True", "number"),
    Wrong(float("nan"), "not a number", "finite"),
    Wrong(math.exp(4), "the exponential of the score"),
    Wrong(1.88, "1 + weight"),
    Wrong(0.6225, "sigmoid of one half: divided by the width and again by 2"),
    Wrong(0.9997, "multiplied by the root", "just below 1"),
    Wrong(1, "the first key takes everything", "share of their exponentials"),
    Wrong(0.87, "a slip in the second decimal", "Very near"),
    Wrong(0.89, "rounded up", "Very near"),
    Wrong(0.885, "a slip in the third decimal", "Very near"),
    Wrong(8.389, "the sum of the exponentials", "sum of both"),
    Wrong(0.7616, "a difference of exponentials for one of them", "subtracted"),
    Wrong(0.8647, "1 − exp(−2)", "1 − exp"),
)

PREDICT_RIGHT = (
    0.88,
    0.881,
    1 / (1 + math.exp(-2)),
    np.float32(0.8808),
    torch.tensor(2.0).sigmoid(),
    torch.tensor([0.8808]),
    [0.88],
    torch.tensor([2.0, 0.0]).softmax(0)[0],
    np.exp(2) / (np.exp(2) + 1),
)

# Scaled dot-product attention ---------------------------------------------------------------------


def scores_of(query, key):
    return query @ key.transpose(-2, -1) / math.sqrt(key.shape[-1])


def weigh(scores, value, mask, fill=float("-inf"), dim=-1):
    weights = scores.masked_fill(~mask, fill).softmax(dim)
    weights = torch.nan_to_num(weights)
    return weights @ value, weights


def scaled_by(number):
    """An answer that divides the scores by `number(query, key, value)`."""
    return lambda q, k, v, m: weigh(q @ k.transpose(-2, -1) / number(q, k, v), v, m)


def filled_with(number):
    return lambda q, k, v, m: weigh(scores_of(q, k), v, m, number)


def hidden_afterwards(query, key, value, mask):
    weights = scores_of(query, key).softmax(-1) * mask
    return weights @ value, weights


def hidden_afterwards_and_divided(query, key, value, mask):
    weights = scores_of(query, key).softmax(-1) * mask
    weights = weights / weights.sum(-1, keepdim=True).clamp(min=1e-9)
    return weights @ value, weights


def largest_of_all_subtracted(query, key, value, mask):
    scores = scores_of(query, key)
    left = (scores - scores.amax(-1, keepdim=True)).exp() * mask
    weights = left / left.sum(-1, keepdim=True).clamp(min=1e-12)
    return weights @ value, weights


def hidden_by_product(query, key, value, mask):
    weights = (scores_of(query, key) * mask).softmax(-1)
    return weights @ value, weights


def hidden_by_sum(query, key, value, mask):
    weights = (scores_of(query, key) + mask).softmax(-1)
    return weights @ value, weights


def nan_left(query, key, value, mask):
    weights = scores_of(query, key).masked_fill(~mask, float("-inf")).softmax(-1)
    return weights @ value, weights


def nan_left_in_output(query, key, value, mask):
    weights = scores_of(query, key).masked_fill(~mask, float("-inf")).softmax(-1)
    return weights @ value, torch.nan_to_num(weights)


def nan_left_in_weights(query, key, value, mask):
    weights = scores_of(query, key).masked_fill(~mask, float("-inf")).softmax(-1)
    return torch.nan_to_num(weights @ value), weights


def even_look_at_nothing(query, key, value, mask):
    output, weights = weigh(scores_of(query, key), value, mask, -1e9)
    return output * mask.any(-1, keepdim=True), weights


def zero_if_anything_is_hidden(query, key, value, mask):
    _, weights = weigh(scores_of(query, key), value, mask)
    weights = weights * mask.all(-1, keepdim=True)
    return weights @ value, weights


def queries_seen_by_nobody(query, key, value, mask):
    _, weights = weigh(scores_of(query, key), value, mask, -1e9)
    weights = weights * mask.any(-2, keepdim=True)
    return weights @ value, weights


def small_number_then_zero(query, key, value, mask):
    weights = scores_of(query, key).masked_fill(~mask, -20).softmax(-1) * mask
    return weights @ value, weights


def first_mask_of_a_batch(query, key, value, mask):
    if mask.dim() > 2:
        mask = mask[0]
    return weigh(scores_of(query, key), value, mask)


def mask_turned(query, key, value, mask):
    return weigh(scores_of(query, key), value, ~mask)


def mask_transposed(query, key, value, mask):
    return weigh(scores_of(query, key), value, mask.transpose(-2, -1))


def mask_ignored(query, key, value, mask):
    weights = scores_of(query, key).softmax(-1)
    return weights @ value, weights


def mask_on_keys_alone(query, key, value, mask):
    return weigh(scores_of(query, key), value, mask.any(-2, keepdim=True))


def mask_of_the_first(query, key, value, mask):
    while mask.ndim > 2:
        mask = mask[0]
    return weigh(scores_of(query, key), value, mask)


def mask_with_heads(query, key, value, mask):
    return weigh(scores_of(query, key), value, mask.unsqueeze(1))


def keys_set_to_zero(query, key, value, mask):
    key = key * mask.any(-2).unsqueeze(-1)
    weights = scores_of(query, key).softmax(-1)
    return weights @ value, weights


def values_set_to_zero(query, key, value, mask):
    weights = scores_of(query, key).softmax(-1)
    return (weights * mask) @ value, weights


def query_set_to_zero(query, key, value, mask):
    seen = mask.expand(*query.shape[:-1], key.shape[-2]).any(-1, keepdim=True)
    weights = scores_of(query * seen, key).masked_fill(~mask & seen, float("-inf")).softmax(-1)
    return weights @ value, weights


def other_order(query, key, value, mask):
    output, weights = weigh(scores_of(query, key), value, mask)
    return weights, output


def output_alone(query, key, value, mask):
    return weigh(scores_of(query, key), value, mask)[0]


def scores_for_weights(query, key, value, mask):
    scores = scores_of(query, key)
    return weigh(scores, value, mask)[0], scores


def over_queries(query, key, value, mask):
    return weigh(scores_of(query, key), value, mask, dim=-2)


def axis_one(query, key, value, mask):
    return weigh(scores_of(query, key), value, mask, dim=1)


def first_axes_swapped(query, key, value, mask):
    return weigh(query @ key.transpose(0, 1) / math.sqrt(key.shape[-1]), value, mask)


def key_not_transposed(query, key, value, mask):
    return weigh(query @ key / math.sqrt(key.shape[-1]), value, mask)


def capital_t(query, key, value, mask):
    return weigh(query @ key.T / math.sqrt(key.shape[-1]), value, mask)


def compares_with_values(query, key, value, mask):
    return weigh(query @ value.transpose(-2, -1) / math.sqrt(key.shape[-1]), value, mask)


def mixes_the_keys(query, key, value, mask):
    return weigh(scores_of(query, key), key, mask)


def the_best_alone(query, key, value, mask):
    scores = scores_of(query, key).masked_fill(~mask, float("-inf"))
    weights = F.one_hot(scores.argmax(-1), key.shape[-2]).float() * mask.any(-1, keepdim=True)
    return weights @ value, weights


def scaled_after(query, key, value, mask):
    scores = (query @ key.transpose(-2, -1)).masked_fill(~mask, float("-inf"))
    weights = torch.nan_to_num(scores.softmax(-1)) / math.sqrt(key.shape[-1])
    return weights @ value, weights


def cosine(query, key, value, mask):
    return weigh(F.normalize(query, dim=-1) @ F.normalize(key, dim=-1).mT, value, mask)


def distance(query, key, value, mask):
    return weigh(-torch.cdist(query, key) / math.sqrt(key.shape[-1]), value, mask)


def turned_and_not_scaled(query, key, value, mask):
    return weigh(query @ key.transpose(-2, -1), value, ~mask)


def afterwards_and_not_scaled(query, key, value, mask):
    weights = (query @ key.transpose(-2, -1)).softmax(-1) * mask
    return weights @ value, weights


def not_scaled_and_nan(query, key, value, mask):
    weights = (query @ key.transpose(-2, -1)).masked_fill(~mask, float("-inf")).softmax(-1)
    return weights @ value, weights


def softmax_by_hand_overflows(query, key, value, mask):
    weights = scores_of(query, key).exp() * mask
    weights = weights / weights.sum(-1, keepdim=True).clamp(min=1e-9)
    return weights @ value, weights


def not_divided(query, key, value, mask):
    scores = scores_of(query, key)
    weights = (scores - scores.amax(-1, keepdim=True)).exp() * mask
    return weights @ value, weights


def averaged(query, key, value, mask):
    output, weights = weigh(scores_of(query, key), value, mask)
    return output / key.shape[-2], weights


def mean_weights(query, key, value, mask):
    output, weights = weigh(scores_of(query, key), value, mask)
    return output, weights.mean(-2)


def only_two_axes(query, key, value, mask):
    scores = torch.einsum("qd,kd->qk", query, key) / math.sqrt(key.shape[-1])
    return weigh(scores, value, mask)


def only_three_axes(query, key, value, mask):
    scores = torch.bmm(query, key.transpose(1, 2)) / math.sqrt(key.shape[-1])
    return weigh(scores, value, mask)


def fills_in_place(query, key, value, mask):
    query /= math.sqrt(key.shape[-1])
    return weigh(query @ key.transpose(-2, -1), value, mask)


def sums_of_einsum(query, key, value, mask):
    scores = torch.einsum("...qd,...kd->...qk", query, key) / key.shape[-1] ** 0.5
    weights = torch.nan_to_num(torch.where(mask, scores, -torch.inf).softmax(-1), nan=0.0)
    return torch.einsum("...qk,...kv->...qv", weights, value), weights


def hidden_twice(query, key, value, mask):
    scores = scores_of(query, key).masked_fill(~mask, -1e30)
    weights = scores.softmax(-1) * mask
    return weights @ value, weights


def in_double_precision(query, key, value, mask):
    scores = (query.double() @ key.double().mT) * key.shape[-1] ** -0.5
    weights = scores.masked_fill(~mask, -math.inf).softmax(-1).nan_to_num()
    return weights @ value.double(), weights


def by_exponentials(query, key, value, mask):
    scores = scores_of(query, key).masked_fill(~mask, -math.inf)
    largest = scores.amax(-1, keepdim=True).masked_fill(~mask.any(-1, keepdim=True), 0.0)
    e = (scores - largest).exp()
    weights = e / e.sum(-1, keepdim=True).clamp(min=1e-30)
    return weights @ value, weights


def rows_in_numpy(query, key, value, mask):
    q, k, v = query.numpy(), key.numpy(), value.numpy()
    scores = q @ np.swapaxes(k, -1, -2) / np.sqrt(k.shape[-1])
    seen = np.broadcast_to(mask.numpy(), scores.shape)
    weights = np.zeros_like(scores)
    for place in np.ndindex(scores.shape[:-1]):
        row, ok = scores[place], seen[place]
        if ok.any():
            e = np.exp(row[ok] - row[ok].max())
            weights[place][ok] = e / e.sum()
    return weights @ v, weights


def a_minus_infinity_added(query, key, value, mask):
    hidden = torch.zeros(mask.shape).masked_fill(mask.logical_not(), float("-inf"))
    scores = query / math.sqrt(query.size(-1)) @ key.transpose(-1, -2) + hidden
    weights = scores.softmax(dim=-1)
    weights = torch.where(weights.isnan(), torch.zeros_like(weights), weights)
    return torch.matmul(weights, value), weights


class Attention:
    def __init__(self, dim):
        self.dim = dim

    def __call__(self, query, key, value, mask):
        weights = F.softmax(scores_of(query, key).where(mask, torch.tensor(-1e30)), self.dim)
        weights = weights.masked_fill(~mask, 0)
        return [weights @ value, weights]


def with_tool(tool, query, key, value, mask):
    return tool(scores_of(query, key), value, mask)


def scale_twice_half(query, key, value, mask):
    fourth = key.shape[-1] ** 0.25
    return weigh((query / fourth) @ (key / fourth).mT, value, mask)


def by_logarithm_of_mask(query, key, value, mask):
    weights = (scores_of(query, key) + mask.float().log()).softmax(-1).nan_to_num(0)
    return weights @ value, weights


SCALED = (
    Wrong(scaled_by(lambda q, k, v: 1), "not scaled"),
    Wrong(scaled_by(lambda q, k, v: k.shape[-1]), "divided by the width, not its root"),
    Wrong(scaled_by(lambda q, k, v: 1 / math.sqrt(k.shape[-1])), "multiplied by the root"),
    Wrong(scaled_by(lambda q, k, v: math.sqrt(v.shape[-1])), "the root of the value's width"),
    Wrong(scaled_by(lambda q, k, v: math.sqrt(k.shape[-2])), "the root of the number of keys"),
    Wrong(scaled_by(lambda q, k, v: math.sqrt(q.shape[-2])), "the root of the number of queries"),
    Wrong(scaled_by(lambda q, k, v: math.sqrt(k.numel())), "the root of all numbers in key"),
    Wrong(scaled_by(lambda q, k, v: 8), "8, as for a width of 64"),
    Wrong(scaled_by(lambda q, k, v: 2), "2, as in the lesson's example"),
    Wrong(scaled_by(lambda q, k, v: math.log(k.shape[-1]) + 1), "a logarithm for the root"),
    Wrong(scaled_after, "divides the weights, not the scores"),
    Wrong(hidden_afterwards, "hides after the softmax"),
    Wrong(
        hidden_afterwards_and_divided,
        "hides after the softmax and divides: a hidden score that towers leaves nothing",
        "When must a score be hidden?",
    ),
    Wrong(
        largest_of_all_subtracted,
        "subtracts the largest score of all keys, hidden ones too",
        "in the maximum that is subtracted",
    ),
    Wrong(hidden_by_product, "multiplies the scores by the mask: hidden ones get 0"),
    Wrong(hidden_by_sum, "adds the mask to the scores"),
    Wrong(filled_with(0), "fills hidden scores with 0"),
    Wrong(filled_with(1e-9), "fills with 1e-9, which is 0"),
    Wrong(filled_with(-1), "fills with −1"),
    Wrong(filled_with(-10), "fills with −10: still seen a little"),
    Wrong(filled_with(-1e9), "fills with −1e9: a query that sees nothing looks evenly"),
    Wrong(filled_with(1e9), "the sign of the fill"),
    Wrong(filled_with(float("inf")), "plus infinity"),
    Wrong(nan_left, "NaN for a query that sees nothing"),
    Wrong(nan_left_in_output, "NaN left in the output alone"),
    Wrong(nan_left_in_weights, "NaN left in the weights alone"),
    Wrong(even_look_at_nothing, "output 0, but weights even, for a query that sees nothing"),
    Wrong(zero_if_anything_is_hidden, "0 for every query from which anything is hidden"),
    Wrong(queries_seen_by_nobody, "looks for keys that nobody sees, not for queries"),
    Wrong(filled_with(-20), "fills with −20", "below every score"),
    Wrong(filled_with(-50), "fills with −50", "below every score"),
    Wrong(small_number_then_zero, "fills with −20, sets hidden weights to 0", "below every score"),
    Wrong(first_mask_of_a_batch, "the first mask of a batch"),
    Wrong(mask_turned, "the mask the other way round"),
    Wrong(mask_transposed, "the mask transposed"),
    Wrong(mask_ignored, "ignores the mask"),
    Wrong(mask_on_keys_alone, "one mask for all queries"),
    Wrong(mask_of_the_first, "the first example's mask for all"),
    Wrong(mask_with_heads, "puts an axis for heads into the mask"),
    Wrong(keys_set_to_zero, "sets hidden keys to 0"),
    Wrong(values_set_to_zero, "weights as if nothing were hidden"),
    Wrong(other_order, "weights first", "order|first|pair|exchange|swap"),
    Wrong(output_alone, "output alone", "2 things|pair|weights"),
    Wrong(lambda q, k, v, m: weigh(scores_of(q, k), v, m)[1], "weights alone", "2 things|pair"),
    Wrong(scores_for_weights, "returns the scores for weights"),
    Wrong(over_queries, "softmax over the queries"),
    Wrong(axis_one, "softmax over axis 1"),
    Wrong(first_axes_swapped, "transposes the first two axes"),
    Wrong(key_not_transposed, "forgets to transpose"),
    Wrong(capital_t, "key.T turns all axes"),
    Wrong(compares_with_values, "compares queries with values"),
    Wrong(mixes_the_keys, "mixes keys, not values"),
    Wrong(the_best_alone, "takes the best key alone"),
    Wrong(cosine, "cosine for the dot product"),
    Wrong(distance, "a distance for the dot product"),
    Wrong(turned_and_not_scaled, "mask turned, and not scaled"),
    Wrong(afterwards_and_not_scaled, "hides afterwards, and not scaled"),
    Wrong(not_scaled_and_nan, "not scaled, and NaN"),
    Wrong(softmax_by_hand_overflows, "exponentials without the largest subtracted"),
    Wrong(not_divided, "weights not divided by their sum"),
    Wrong(averaged, "divides the output by the number of keys"),
    Wrong(mean_weights, "weights averaged over the queries"),
    Wrong(only_two_axes, "einsum for two axes only"),
    Wrong(only_three_axes, "bmm: three axes only"),
    Wrong(fills_in_place, "changes the query that it was given", "chang"),
    Wrong(lambda q, k, v, m: weigh(-scores_of(q, k), v, m), "the sign is turned"),
    Wrong(lambda q, k, v, m: tuple(t.squeeze() for t in weigh(scores_of(q, k), v, m)), "squeezes"),
    Wrong(lambda q, k, v, m: (v * m.any(), m.float()), "the mask for weights"),
    Wrong(
        lambda q, k, v: weigh(scores_of(q, k), v, torch.tensor(True)),
        "takes no mask",
        "argument|mask",
    ),
    Wrong(scaled_by(lambda q, k, v: 2), "the root of one width built in", "built in"),
    Wrong(
        lambda q, k, v, m: weigh(scores_of(q, k), v, m, dim=1),
        "axis 1: right for two axes only",
        "count from the end",
    ),
    Wrong(query_set_to_zero, "the query set to 0 where it may look nowhere", "scores are the same"),
)

SCALED_RIGHT = (
    sums_of_einsum,
    hidden_twice,
    in_double_precision,
    by_exponentials,
    rows_in_numpy,
    a_minus_infinity_added,
    Attention(-1),
    partial(with_tool, weigh),
    scale_twice_half,
    by_logarithm_of_mask,
    lambda query, key, value, mask: weigh(scores_of(query, key), value, mask),
)

# How far do dot products spread? ------------------------------------------------------------------


def measure(of, draw=torch.randn, widths=(16, 64, 256)):
    """Measure `of(query, key)` on 5000 pairs of each width."""
    generator = torch.Generator().manual_seed(3)
    return [float(of(*draw(2, 5000, w, generator=generator))) for w in widths]


SPREAD = (
    Wrong([16.0, 64.0, 256.0], "variances"),
    Wrong([16, 64, 256], "the widths"),
    Wrong([1.0, 1.0, 1.0], "scaled"),
    Wrong([0.25, 0.125, 0.0625], "divided by the width"),
    Wrong([0.01, -0.02, 0.05], "means"),
    Wrong([0, 0, 0], "means, known by heart"),
    Wrong([16.0, 8.0, 4.0], "the other order"),
    Wrong([2.0, 2.83, 4.0], "the root of the root"),
    Wrong([4, 4, 4], "one width for all"),
    Wrong([8, 8, 8], "one width for all: the lesson's"),
    Wrong([3.19, 6.38, 12.77], "mean sizes"),
    Wrong([5.66, 11.31, 22.63], "a query with itself"),
    Wrong([0.88, 1.76, 3.53], "torch.rand"),
    Wrong([0.0283, 0.0566, 0.1131], "standard errors", "standard error"),
    Wrong([0.2503, 0.1248, 0.0626], "cosines", "cosine"),
    Wrong([141.4, 141.4, 141.4], "summed over the pairs"),
    Wrong([8, 16, 32], "twice the deviation"),
    Wrong([4, 16, 64], "4 to the power of 1, 2, 3"),
    Wrong([4, 8, 12], "goes on linearly"),
    Wrong([1, 2, 4], "relative to the first"),
    Wrong([4.0, 8.0, 256.0], "the last is a variance"),
    Wrong([4.5, 8.6, 17.4], "too few draws"),
    Wrong([4.0, 8.0, 12.8], "the last too small"),
    Wrong([17.2, 33.9, 66.0], "the largest"),
    Wrong([4.0, 8.0], "two numbers", "3"),
    Wrong(4.0, "one number", "3"),
    Wrong([4.0, 8.0, 16.0, 32.0], "four numbers", "3"),
    Wrong("4, 8, 16", "a text", "text|quotation"),
    Wrong(["4", "8", "16"], "texts in a list"),
    Wrong({16: 4.0, 64: 8.0, 256: 16.0}, "a dict", "dict"),
    Wrong({4.0, 8.0, 16.0}, "a set has no order", "set"),
    Wrong(None, "None", "None"),
    Wrong(lambda width: math.sqrt(width), "a function", "function"),
    Wrong([torch.randn(5), torch.randn(5), torch.randn(5)], "the dot products themselves"),
    Wrong([float("nan")] * 3, "NaN", "finite"),
    Wrong([2.0, 4.0, 8.0], "half of it"),
    Wrong([-4.0, -8.0, -16.0], "negative"),
    Wrong([2.7, 5.4, 10.8], "half the quartiles' distance"),
    Wrong([4.0, 8.0, 15.0], "the last too small", "Number 3 is too small; the others are right"),
    Wrong([4, 9, 16], "the middle too large", "Number 2 is too large; the others are right"),
    Wrong([4, 8, 32], "the last is that of width 1024", "What is off is twice"),
    Wrong([2.01, 4.05, 8.01], "widths of 4, 16 and 64", "widths 4, 16 and 64"),
    Wrong([8.01, 16.07, 31.99], "widths of 64, 256 and 1024", "64, 256 and 1024"),
    Wrong([4.05, 5.71, 8.01], "widths of 16, 32 and 64", "16, 32"),
    Wrong([4.05, 8.01, 11.36], "a last width of 128", "width 128"),
    Wrong([2.51, 4.89, 9.69], "the deviation of the sizes", "absolute"),
    Wrong([25.58, 94.36, 365.59], "the deviation of the squares", "squared before"),
    Wrong([1.398, 2.08, 2.777], "logarithms", "logarithm"),
    Wrong(measure(lambda q, k: (q * k).sum(-1).mean(), torch.rand), "means of rand", "`rand`"),
    Wrong([42.0, 71.4, 119.2], "ranges", "whole range"),
    Wrong([116.8, 141.3, 142.1], "sums over the pairs, measured", "over the pairs"),
)

SPREAD_RIGHT = (
    [4, 8, 16],
    (4.02, 7.95, 16.1),
    np.array([3.98, 8.03, 15.9]),
    torch.tensor([4.0, 8.0, 16.0]),
    [torch.tensor(4.01), torch.tensor(8.02), torch.tensor(15.97)],
    [math.sqrt(width) for width in (16, 64, 256)],
    [np.float32(4.1), np.float32(8.1), np.float32(16.2)],
    measure(lambda q, k: (q * k).sum(-1).std()),
    measure(lambda q, k: torch.einsum("nd,nd->n", q, k).var(unbiased=False).sqrt()),
)

# Find the bug: it can see the future --------------------------------------------------------------


def projected(x, query_matrix, key_matrix, value_matrix):
    query, key, value = x @ query_matrix, x @ key_matrix, x @ value_matrix
    return query @ key.transpose(-2, -1) / math.sqrt(key.shape[-1]), value


def causal(change):
    """An answer whose weights are `change(scores, seen)`."""

    def answer(x, query_matrix, key_matrix, value_matrix):
        scores, value = projected(x, query_matrix, key_matrix, value_matrix)
        return change(scores, torch.ones_like(scores).tril().bool()) @ value

    return answer


def hide(scores, seen, fill=float("-inf")):
    return scores.masked_fill(~seen, fill).softmax(-1)


def shifted(diagonal, mend=False):
    def change(scores, seen):
        weights = hide(scores, torch.ones_like(scores).tril(diagonal).bool())
        return weights.nan_to_num() if mend else weights

    return causal(change)


def other_scale(number):
    def answer(x, query_matrix, key_matrix, value_matrix):
        query, key, value = x @ query_matrix, x @ key_matrix, x @ value_matrix
        scores = query @ key.transpose(-2, -1) / number(x, query, key, value)
        return hide(scores, torch.ones_like(scores).tril().bool()) @ value

    return answer


def divided_again(scores, seen):
    weights = scores.softmax(-1) * seen
    return weights / weights.sum(-1, keepdim=True)


def with_weights(x, query_matrix, key_matrix, value_matrix):
    scores, value = projected(x, query_matrix, key_matrix, value_matrix)
    weights = hide(scores, torch.ones_like(scores).tril().bool())
    return weights @ value, weights


def weights_only(x, query_matrix, key_matrix, value_matrix):
    scores, _ = projected(x, query_matrix, key_matrix, value_matrix)
    return hide(scores, torch.ones_like(scores).tril().bool())


def mixes_x(x, query_matrix, key_matrix, value_matrix):
    scores, _ = projected(x, query_matrix, key_matrix, value_matrix)
    return hide(scores, torch.ones_like(scores).tril().bool()) @ x


def mixes_keys(x, query_matrix, key_matrix, value_matrix):
    return causal(hide)(x, query_matrix, key_matrix, key_matrix)


def queries_and_keys_swapped(x, query_matrix, key_matrix, value_matrix):
    return causal(hide)(x, key_matrix, query_matrix, value_matrix)


def last_place_only(scores, seen):
    hidden = torch.zeros_like(scores).bool()
    hidden[..., :-1, -1] = True
    return scores.masked_fill(hidden, float("-inf")).softmax(-1)


def first_place_only(scores, seen):
    hidden = torch.zeros_like(scores).bool()
    hidden[..., 0, 1:] = True
    return scores.masked_fill(hidden, float("-inf")).softmax(-1)


def four_places(scores, seen):
    seen = torch.ones(4, 4).tril().bool()
    return hide(scores, seen)


def compares_x(x, query_matrix, key_matrix, value_matrix):
    scores = x @ x.transpose(-2, -1) / math.sqrt(x.shape[-1])
    return hide(scores, torch.ones_like(scores).tril().bool()) @ (x @ value_matrix)


def hides_in_x(x, query_matrix, key_matrix, value_matrix):
    scores, value = projected(x.tril(), query_matrix, key_matrix, value_matrix)
    return scores.softmax(-1) @ value


def residual(x, query_matrix, key_matrix, value_matrix):
    return x + causal(hide)(x, query_matrix, key_matrix, value_matrix)


def values_hidden(scores, seen):
    return scores.softmax(-1) * seen


def mask_over_batch(x, query_matrix, key_matrix, value_matrix):
    scores, value = projected(x, query_matrix, key_matrix, value_matrix)
    seen = torch.ones(scores.shape[0], scores.shape[-1]).tril().bool()
    return hide(scores, seen) @ value


def even_past(scores, seen):
    return seen.float() / seen.sum(-1, keepdim=True)


def small_weights_away(scores, seen):
    weights = (scores * seen).softmax(-1) * seen
    return weights / weights.sum(-1, keepdim=True)


def zero_is_hidden(scores, seen):
    kept = scores * seen
    return kept.masked_fill(kept == 0, float("-inf")).softmax(-1)


def exponentials_hidden(scores, seen):
    e = scores.exp() * seen
    return e / e.sum(-1, keepdim=True)


def with_a_loop(x, query_matrix, key_matrix, value_matrix):
    query, key, value = x @ query_matrix, x @ key_matrix, x @ value_matrix
    rows = []
    for i in range(x.shape[-2]):
        scores = (key[..., : i + 1, :] @ query[..., i, :, None])[..., 0] / key.shape[-1] ** 0.5
        rows.append((scores.softmax(-1)[..., None] * value[..., : i + 1, :]).sum(-2))
    return torch.stack(rows, dim=-2)


def loop_misses_itself(x, query_matrix, key_matrix, value_matrix):
    query, key, value = x @ query_matrix, x @ key_matrix, x @ value_matrix
    rows = [torch.zeros_like(value[..., 0, :])]
    for i in range(1, x.shape[-2]):
        scores = (key[..., :i, :] @ query[..., i, :, None])[..., 0] / key.shape[-1] ** 0.5
        rows.append((scores.softmax(-1)[..., None] * value[..., :i, :]).sum(-2))
    return torch.stack(rows, dim=-2)


def by_numpy(x, query_matrix, key_matrix, value_matrix):
    x, a, b, c = (t.numpy() for t in (x, query_matrix, key_matrix, value_matrix))
    scores = (x @ a) @ np.swapaxes(x @ b, -1, -2) / np.sqrt(b.shape[-1])
    scores = np.where(np.tri(scores.shape[-1], dtype=bool), scores, -np.inf)
    e = np.exp(scores - scores.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True) @ (x @ c)


def by_pytorch(x, query_matrix, key_matrix, value_matrix):
    q, k, v = x @ query_matrix, x @ key_matrix, x @ value_matrix
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)


class Causal:
    def __call__(self, *given):
        x, a, b, c = (t.double() for t in given)
        scores, value = projected(x, a, b, c)
        places = torch.arange(x.shape[-2])
        return hide(scores, places[:, None] >= places) @ value


def added_infinity(scores, seen):
    n = scores.shape[-1]
    return (scores + torch.full((n, n), -math.inf).triu(1)).softmax(-1)


def hides_afterwards_and_divides(x, query_matrix, key_matrix, value_matrix):
    query, key, value = x @ query_matrix, x @ key_matrix, x @ value_matrix
    weights = (query @ key.mT / math.sqrt(key.shape[-1])).softmax(-1).tril()
    return weights / (weights.sum(-1, keepdim=True) + 1e-9) @ value


BUG_FUTURE = (
    Wrong(
        hides_afterwards_and_divides,
        "hides after the softmax and divides: nothing is left where the future towers above",
        "(?s)first position.*right on 5 of 6",
    ),
    Wrong(causal(lambda s, m: (s * m).softmax(-1)), "the program as it was given", "still"),
    Wrong(causal(lambda s, m: s.softmax(-1)), "no mask at all"),
    Wrong(causal(lambda s, m: s.tril().softmax(-1)), "tril on the scores: still 0s"),
    Wrong(causal(lambda s, m: hide(s, m, 1e-9)), "fills with 1e-9"),
    Wrong(causal(lambda s, m: hide(s, m, -1.0)), "fills with −1"),
    Wrong(causal(lambda s, m: hide(s, m, -10.0)), "fills with −10: it leaks a little"),
    Wrong(causal(lambda s, m: hide(s, m, float("inf"))), "plus infinity", r"are \+∞"),
    Wrong(causal(lambda s, m: hide(s, ~m)), "hides the past, and itself"),
    Wrong(causal(lambda s, m: hide(s, m.mT)), "hides the past"),
    Wrong(causal(values_hidden), "hides after the softmax: rows no longer sum to 1"),
    Wrong(causal(small_weights_away), "as given, then hides again and divides", ""),
    Wrong(causal(lambda s, m: (s + m).softmax(-1)), "adds the mask"),
    Wrong(causal(lambda s, m: (s - ~m * 1.0).softmax(-1)), "subtracts 1 where hidden"),
    Wrong(causal(even_past), "the mean of the past"),
    Wrong(shifted(-1), "does not look at itself: NaN in the first row"),
    Wrong(shifted(-1, mend=True), "does not look at itself, NaN mended"),
    Wrong(loop_misses_itself, "a loop that stops before itself"),
    Wrong(shifted(1), "looks one place ahead"),
    Wrong(causal(last_place_only), "hides the last position alone: the symptom goes"),
    Wrong(causal(first_place_only), "mends the first row alone: the symptom goes"),
    Wrong(causal(four_places), "a mask for four places"),
    Wrong(mask_over_batch, "a mask over batch and keys"),
    Wrong(causal(lambda s, m: hide(s, m).mT), "weights transposed"),
    Wrong(causal(lambda s, m: s.masked_fill(~m, -math.inf).softmax(-2)), "over the queries"),
    Wrong(other_scale(lambda x, q, k, v: 1), "loses the scale"),
    Wrong(other_scale(lambda x, q, k, v: k.shape[-1]), "divides by the width, not its root"),
    Wrong(other_scale(lambda x, q, k, v: math.sqrt(x.shape[-1])), "the root of x's width"),
    Wrong(other_scale(lambda x, q, k, v: math.sqrt(v.shape[-1])), "the root of the value's width"),
    Wrong(other_scale(lambda x, q, k, v: math.sqrt(x.shape[-2])), "the root of the length"),
    Wrong(other_scale(lambda x, q, k, v: math.sqrt(3)), "a width of 3 built in"),
    Wrong(with_weights, "returns the weights, too", "tuple|single|one"),
    Wrong(weights_only, "returns the weights"),
    Wrong(mixes_x, "forgets the value matrix"),
    Wrong(mixes_keys, "mixes keys for values"),
    Wrong(residual, "adds a residual path"),
    Wrong(lambda x, a, b, c: causal(hide)(x.flip(-2), a, b, c).flip(-2), "time runs backwards"),
    Wrong(lambda x, a, b, c: (x @ c).cumsum(-2), "a running sum"),
    Wrong(causal(lambda s, m: torch.nan_to_num(hide(-s, m))), "the sign of the scores"),
    Wrong(causal(lambda s, m: hide(s, m).softmax(-1)), "softmax twice"),
    Wrong(other_scale(lambda x, q, k, v: 1 / math.sqrt(k.shape[-1])), "multiplies by the root"),
    Wrong(
        causal(zero_is_hidden),
        "hides every score that is exactly 0, also in the past",
        "can be exactly 0|exactly 0",
    ),
    Wrong(lambda *g: causal(hide)(*g).squeeze(), "squeezes"),
    Wrong(causal(lambda s, m: hide(s, m)[..., -1:, :]), "the last position alone"),
    Wrong(queries_and_keys_swapped, "queries and keys swapped", "changed places"),
    Wrong(compares_x, "compares x with itself", "compared with itself"),
    Wrong(hides_in_x, "sets numbers of x to 0, and hides no score", "numbers of `x` to 0"),
    Wrong(
        causal(lambda s, m: s.masked_fill(~m, -math.inf).softmax(1)),
        "axis 1: right without a batch",
        "count from the end",
    ),
)

BUG_FUTURE_RIGHT = (
    causal(hide),
    causal(lambda s, m: hide(s, m, -1e30)),
    with_a_loop,
    by_numpy,
    by_pytorch,
    Causal(),
    causal(added_infinity),
    causal(lambda s, m: (s + m.float().log()).softmax(-1)),
    causal(lambda s, m: torch.where(m, s, -torch.inf).softmax(-1)),
    partial(lambda tool, *given: causal(tool)(*given), hide),
)

# Find the bug: heads that mix up the words --------------------------------------------------------


def cut(x, heads):
    """The right cut: (batch, heads, length, width / heads)."""
    batch, length, width = x.shape
    return x.view(batch, length, heads, width // heads).transpose(1, 2)


def wrong_cut(x, heads):
    batch, length, width = x.shape
    return x.view(batch, heads, length, width // heads)


def every_other(x, heads):
    batch, length, width = x.shape
    return x.reshape(batch, length, width // heads, heads).permute(0, 3, 1, 2)


def joined(x):
    return x.transpose(1, 2).flatten(2)


def attend(query, key, value, scale=None, dim=-1):
    scores = query @ key.transpose(-2, -1) / (scale or math.sqrt(query.shape[-1]))
    return scores.softmax(dim) @ value


def heads_with(cutter=cut, joiner=joined, **how):
    return lambda q, k, v, heads: joiner(attend(*(cutter(x, heads) for x in (q, k, v)), **how))


def value_not_mended(query, key, value, heads):
    found = attend(cut(query, heads), cut(key, heads), wrong_cut(value, heads))
    return joined(found)


def key_not_mended(query, key, value, heads):
    return joined(attend(cut(query, heads), wrong_cut(key, heads), cut(value, heads)))


def query_not_mended(query, key, value, heads):
    return joined(attend(wrong_cut(query, heads), cut(key, heads), cut(value, heads)))


def columns_attend(query, key, value, heads):
    q, k, v = (cut(x, heads) for x in (query, key, value))
    return joined(v @ (q.mT @ k / math.sqrt(q.shape[-1])).softmax(-1))


def scores_mix(query, key, value, heads):
    q, k, v = (cut(x, heads) for x in (query, key, value))
    return joined(q @ k.mT / math.sqrt(q.shape[-1]) @ v)


def value_alone_mended(query, key, value, heads):
    return joined(attend(wrong_cut(query, heads), wrong_cut(key, heads), cut(value, heads)))


def over_heads(query, key, value, heads):
    batch, length, width = query.shape
    q, k, v = (x.view(batch, length, heads, width // heads) for x in (query, key, value))
    return attend(q, k, v).reshape(batch, length, width)


def not_put_back(query, key, value, heads):
    return attend(*(cut(x, heads) for x in (query, key, value))).reshape(query.shape)


def wrong_on_both_sides(query, key, value, heads):
    return attend(*(wrong_cut(x, heads) for x in (query, key, value))).reshape(query.shape)


def one_head(query, key, value, heads):
    return attend(query, key, value)


def one_head_with_scale(query, key, value, heads):
    return attend(query, key, value, math.sqrt(query.shape[-1] // heads))


def mean_of_heads(query, key, value, heads):
    found = attend(*(cut(x, heads) for x in (query, key, value)))
    return found.mean(1).repeat(1, 1, heads)


def heads_stay(query, key, value, heads):
    return attend(*(cut(x, heads) for x in (query, key, value)))


def looped(slices, axis=-1, order=1):
    def answer(query, key, value, heads):
        found = []
        for i in range(heads)[::order]:
            part = slices(i, query.shape[-1], heads)
            found.append(attend(query[..., part], key[..., part], value[..., part]))
        return torch.cat(found, dim=axis)

    return answer


def right_slice(i, width, heads):
    return slice(i * width // heads, (i + 1) * width // heads)


def chunks_of_length(query, key, value, heads):
    parts = zip(*(x.chunk(heads, dim=1) for x in (query, key, value)), strict=True)
    return torch.cat([attend(*part) for part in parts], dim=1)


def shared_query(query, key, value, heads):
    return joined(attend(cut(query, heads)[:, :1], cut(key, heads), cut(value, heads)))


def weights_of_all(query, key, value, heads):
    scores = query @ key.mT / math.sqrt(query.shape[-1] // heads)
    return joined(scores.softmax(-1).unsqueeze(1) @ cut(value, heads))


def mean_weights_for_all(query, key, value, heads):
    q, k = cut(query, heads), cut(key, heads)
    weights = (q @ k.mT / math.sqrt(q.shape[-1])).softmax(-1).mean(1)
    return weights @ value


def two_heads_only(query, key, value, heads):
    return heads_with()(query, key, value, 2)


def key_and_value_swapped(query, key, value, heads):
    return heads_with()(query, value, key, heads)


def query_and_key_swapped(query, key, value, heads):
    return heads_with()(key, query, value, heads)


def heads_first(x, heads):
    batch, length, width = x.shape
    return x.view(length, batch, heads, width // heads).permute(1, 2, 0, 3)


def last_axes_swapped(x, heads):
    batch, length, width = x.shape
    return x.view(batch, length, heads, width // heads).permute(0, 2, 3, 1)


def not_scaled_and_not_put_back(query, key, value, heads):
    found = attend(*(cut(x, heads) for x in (query, key, value)), scale=1)
    return found.reshape(query.shape)


def heads_in_numpy(query, key, value, heads):
    q, k, v = (x.numpy() for x in (query, key, value))
    out = np.empty_like(v)
    for i in range(heads):
        part = right_slice(i, q.shape[-1], heads)
        s = np.einsum("bqd,bkd->bqk", q[..., part], k[..., part]) / np.sqrt(q.shape[-1] // heads)
        e = np.exp(s - s.max(-1, keepdims=True))
        out[..., part] = e / e.sum(-1, keepdims=True) @ v[..., part]
    return out


def in_chunks(query, key, value, heads):
    parts = zip(*(x.chunk(heads, -1) for x in (query, key, value)), strict=True)
    return torch.cat([attend(*part) for part in parts], -1)


def one_after_the_other(query, key, value, heads):
    d = query.shape[-1] // heads
    first = attend(query[..., :d], key[..., :d], value[..., :d])
    if heads == 1:
        return first
    rest = one_after_the_other(query[..., d:], key[..., d:], value[..., d:], heads - 1)
    return torch.cat([first, rest], -1)


def in_letters(query, key, value, heads):
    q, k, v = (x.unflatten(-1, (heads, -1)) for x in (query, key, value))
    weights = (torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5).softmax(-1)
    return torch.einsum("bhqk,bkhd->bqhd", weights, v).flatten(-2)


def heads_as_batch(query, key, value, heads):
    q, k, v = (torch.cat(x.split(x.shape[-1] // heads, -1), 0) for x in (query, key, value))
    return torch.cat(attend(q, k, v).chunk(heads, 0), -1)


class Heads(nn.Module):
    def forward(self, query, key, value, heads):
        q, k, v = (cut(x.double(), heads) for x in (query, key, value))
        return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(query.shape)


BUG_HEADS = (
    Wrong(heads_with(wrong_cut), "the program as it was given", "still"),
    Wrong(value_not_mended, "value still cut wrongly"),
    Wrong(key_not_mended, "key still cut wrongly"),
    Wrong(value_alone_mended, "only value mended: the symptom goes"),
    Wrong(over_heads, "no transpose: attends over heads at each position"),
    Wrong(not_put_back, "cut rightly, not transposed back"),
    Wrong(wrong_on_both_sides, "wrong cut, undone by a wrong join"),
    Wrong(one_head, "one head: the symptom goes"),
    Wrong(one_head_with_scale, "one head with a head's scale"),
    Wrong(heads_with(every_other), "every heads-th column, joined one behind the other"),
    Wrong(
        heads_with(every_other, lambda x: x.permute(0, 2, 3, 1).flatten(2)),
        "every heads-th column, put back: the symptom goes",
    ),
    Wrong(mean_of_heads, "the mean of the heads"),
    Wrong(heads_stay, "does not join", "one row of the whole width"),
    Wrong(heads_with(joiner=lambda x: x.sum(1)), "sums the heads", "shape"),
    Wrong(looped(lambda i, w, h: slice(i, None, h)), "a loop with every heads-th column"),
    Wrong(looped(lambda i, w, h: slice(i * w // h, (i + 1) * w // h - 1)), "misses a column"),
    Wrong(looped(lambda i, w, h: slice(0, w // h)), "the first slice for every head"),
    Wrong(looped(right_slice, axis=1), "puts heads one below the other", "shape"),
    Wrong(looped(right_slice, axis=0), "puts heads into the batch", "shape"),
    Wrong(looped(right_slice, order=-1), "the last head first"),
    Wrong(chunks_of_length, "cuts the length, not the width"),
    Wrong(shared_query, "the first head's query for all"),
    Wrong(weights_of_all, "one map for all heads"),
    Wrong(mean_weights_for_all, "the mean of the heads' maps for all"),
    Wrong(two_heads_only, "two heads built in"),
    Wrong(key_and_value_swapped, "key and value swapped"),
    Wrong(query_and_key_swapped, "query and key swapped"),
    Wrong(heads_with(heads_first), "batch and length mixed up"),
    Wrong(heads_with(last_axes_swapped), "attends over columns"),
    Wrong(heads_with(scale=1), "not scaled"),
    Wrong(
        lambda q, k, v, h: heads_with(scale=math.sqrt(q.shape[-1]))(q, k, v, h), "root of the width"
    ),
    Wrong(lambda q, k, v, h: heads_with(scale=q.shape[-1] // h)(q, k, v, h), "no root"),
    Wrong(lambda q, k, v, h: heads_with(scale=math.sqrt(h))(q, k, v, h), "root of heads"),
    Wrong(lambda q, k, v, h: heads_with(scale=math.sqrt(q.shape[1]))(q, k, v, h), "root of length"),
    Wrong(heads_with(scale=math.sqrt(2)), "a scale for two columns built in"),
    Wrong(heads_with(dim=-2), "softmax over queries"),
    Wrong(heads_with(dim=1), "softmax over heads"),
    Wrong(not_scaled_and_not_put_back, "not scaled, and not put back"),
    Wrong(heads_with(wrong_cut, scale=1), "as given, and not scaled"),
    Wrong(lambda q, k, v, h: v, "gives value back: the symptom goes"),
    Wrong(
        lambda q, k, v, h: v.mean(1, keepdim=True).expand_as(v), "an even look: the symptom goes"
    ),
    Wrong(lambda q, k, v, h: heads_with()(q, k, v, h).squeeze(), "squeezes"),
    Wrong(lambda q, k, v, h: heads_with()(q, k, v, h).mT, "transposed"),
    Wrong(looped(lambda i, w, h: slice(i, i + w // h)), "slices that overlap", "overlap"),
    Wrong(looped(lambda i, w, h: slice(i * h, (i + 1) * h)), "sizes swapped", "width of a head"),
    Wrong(columns_attend, "columns attend to each other", "columns.*attend to each other"),
    Wrong(
        heads_with(joiner=lambda x: x.permute(0, 2, 3, 1).flatten(2)),
        "joins column by column",
        "shuffled together",
    ),
    Wrong(scores_mix, "no softmax", "scores themselves"),
    Wrong(query_not_mended, "query still cut wrongly", "Does the query of a head"),
)

BUG_HEADS_RIGHT = (
    heads_with(),
    looped(right_slice),
    heads_in_numpy,
    in_chunks,
    one_after_the_other,
    in_letters,
    heads_as_batch,
    Heads(),
    partial(lambda cutter, q, k, v, h: heads_with(cutter)(q, k, v, h), cut),
)

# Bahdanau's additive scores -----------------------------------------------------------------------


def pairs(query, key, query_matrix, key_matrix):
    """The two projections, laid out for every pair: (…, query, key, hidden) by broadcasting."""
    return (query @ query_matrix).unsqueeze(-2), (key @ key_matrix).unsqueeze(-3)


def additive(squash=torch.tanh, combine=torch.add, finish=lambda scores: scores):
    def answer(query, key, query_matrix, key_matrix, vector):
        left, right = pairs(query, key, query_matrix, key_matrix)
        return finish(squash(combine(left, right)) @ vector)

    return answer


def keys_first(query, key, query_matrix, key_matrix, vector):
    left, right = (query @ query_matrix).unsqueeze(-3), (key @ key_matrix).unsqueeze(-2)
    return torch.tanh(left + right) @ vector


def tanh_of_each(query, key, query_matrix, key_matrix, vector):
    left, right = pairs(query, key, query_matrix, key_matrix)
    return (left.tanh() + right.tanh()) @ vector


def tanh_of_query(query, key, query_matrix, key_matrix, vector):
    left, right = pairs(query, key, query_matrix, key_matrix)
    return (left.tanh() + right) @ vector


def tanh_at_last(query, key, query_matrix, key_matrix, vector):
    left, right = pairs(query, key, query_matrix, key_matrix)
    return ((left + right) @ vector).tanh()


def hidden_left(query, key, query_matrix, key_matrix, vector):
    left, right = pairs(query, key, query_matrix, key_matrix)
    return torch.tanh(left + right) * vector


def no_vector(query, key, query_matrix, key_matrix, vector):
    left, right = pairs(query, key, query_matrix, key_matrix)
    return torch.tanh(left + right).sum(-1)


def mean_over_hidden(query, key, query_matrix, key_matrix, vector):
    left, right = pairs(query, key, query_matrix, key_matrix)
    return (torch.tanh(left + right) * vector).mean(-1)


def vector_inside(query, key, query_matrix, key_matrix, vector):
    left, right = pairs(query, key, query_matrix, key_matrix)
    return torch.tanh((left + right) * vector).sum(-1)


def matrices_swapped(query, key, query_matrix, key_matrix, vector):
    return additive()(query, key, key_matrix, query_matrix, vector)


def key_matrix_for_both(query, key, query_matrix, key_matrix, vector):
    return additive()(query, key, query_matrix, query_matrix, vector)


def each_with_its_own(query, key, query_matrix, key_matrix, vector):
    return torch.tanh(query @ query_matrix + key @ key_matrix) @ vector


def own_on_the_diagonal(query, key, query_matrix, key_matrix, vector):
    n = min(query.shape[-2], key.shape[-2])
    both = (query @ query_matrix)[..., :n, :] + (key @ key_matrix)[..., :n, :]
    return torch.diag_embed(both.tanh() @ vector)


def query_alone(query, key, query_matrix, key_matrix, vector):
    scores = torch.tanh(query @ query_matrix) @ vector
    return scores.unsqueeze(-1).expand(*scores.shape, key.shape[-2])


def key_alone(query, key, query_matrix, key_matrix, vector):
    scores = torch.tanh(key @ key_matrix) @ vector
    return scores.unsqueeze(-2).expand(*scores.shape[:-1], query.shape[-2], -1)


def dot_product(query, key, query_matrix, key_matrix, vector):
    return (query @ query_matrix) @ (key @ key_matrix).mT


def scaled_dot_product(query, key, query_matrix, key_matrix, vector):
    return (query @ query_matrix) @ (key @ key_matrix).mT / math.sqrt(vector.shape[0])


def weighted_dot_product(query, key, query_matrix, key_matrix, vector):
    return (query @ query_matrix * vector) @ (key @ key_matrix).mT


def dot_product_of_tanh(query, key, query_matrix, key_matrix, vector):
    return torch.tanh((query @ query_matrix) @ (key @ key_matrix).mT)


def matrices_transposed(query, key, query_matrix, key_matrix, vector):
    return additive()(query, key, query_matrix.T, key_matrix.T, vector)


def scaled_scores(query, key, query_matrix, key_matrix, vector):
    return additive()(query, key, query_matrix, key_matrix, vector) / math.sqrt(vector.shape[0])


def unit_vector(query, key, query_matrix, key_matrix, vector):
    return additive()(query, key, query_matrix, key_matrix, vector / vector.norm())


def loop_over_two_axes(query, key, query_matrix, key_matrix, vector):
    scores = torch.zeros(query.shape[0], key.shape[0])
    for i, q in enumerate(query):
        for j, k in enumerate(key):
            scores[i, j] = vector @ torch.tanh(q @ query_matrix + k @ key_matrix)
    return scores


def first_axes(query, key, query_matrix, key_matrix, vector):
    left, right = (query @ query_matrix)[:, None], (key @ key_matrix)[None, :]
    return torch.tanh(left + right) @ vector


def batch_axis(query, key, query_matrix, key_matrix, vector):
    left, right = (query @ query_matrix)[:, :, None], (key @ key_matrix)[:, None]
    return torch.tanh(left + right) @ vector


def tanh_forgotten_and_softmax(query, key, query_matrix, key_matrix, vector):
    left, right = pairs(query, key, query_matrix, key_matrix)
    return ((left + right) @ vector).softmax(-1)


def keys_first_and_no_vector(query, key, query_matrix, key_matrix, vector):
    left, right = (query @ query_matrix).unsqueeze(-3), (key @ key_matrix).unsqueeze(-2)
    return torch.tanh(left + right).sum(-1)


def all_in_letters(query, key, query_matrix, key_matrix, vector):
    left = torch.einsum("...qa,ah->...qh", query, query_matrix)[..., :, None, :]
    right = torch.einsum("...kb,bh->...kh", key, key_matrix)[..., None, :, :]
    return torch.einsum("...h,h->...", torch.tanh(left + right), vector)


def put_side_by_side(query, key, query_matrix, key_matrix, vector):
    q, k = query.shape[-2], key.shape[-2]
    left = query.unsqueeze(-2).expand(*query.shape[:-1], k, query.shape[-1])
    right = key.unsqueeze(-3).expand(*key.shape[:-2], q, *key.shape[-2:])
    both = torch.cat([left, right], -1) @ torch.cat([query_matrix, key_matrix], 0)
    return both.tanh() @ vector


def pair_by_pair(query, key, query_matrix, key_matrix, vector):
    if query.ndim > 2:
        parts = zip(query, key, strict=True)
        return torch.stack([pair_by_pair(q, k, query_matrix, key_matrix, vector) for q, k in parts])
    rows = [
        torch.stack([vector @ torch.tanh(q @ query_matrix + k @ key_matrix) for k in key])
        for q in query
    ]
    return torch.stack(rows)


def column_by_column(query, key, query_matrix, key_matrix, vector):
    left = query @ query_matrix
    columns = [
        torch.tanh(left + (key[..., j : j + 1, :] @ key_matrix)) @ vector
        for j in range(key.shape[-2])
    ]
    return torch.stack(columns, dim=-1)


def additive_in_numpy(query, key, query_matrix, key_matrix, vector):
    q, k, a, b, v = (t.numpy() for t in (query, key, query_matrix, key_matrix, vector))
    return np.tanh(np.expand_dims(q @ a, -2) + np.expand_dims(k @ b, -3)) @ v


class Additive(nn.Module):
    def forward(self, query, key, query_matrix, key_matrix, vector):
        left = F.linear(query.double(), query_matrix.T.double())[..., :, None, :]
        right = F.linear(key.double(), key_matrix.T.double())[..., None, :, :]
        return torch.matmul((left + right).tanh(), vector.double()[:, None]).squeeze(-1)


ADDITIVE = (
    Wrong(additive(lambda x: x), "no tanh"),
    Wrong(additive(torch.sigmoid), "sigmoid for tanh"),
    Wrong(additive(torch.relu), "relu for tanh"),
    Wrong(additive(torch.sin), "sin for tanh"),
    Wrong(additive(torch.tan), "tan for tanh"),
    Wrong(additive(torch.atan), "arctan for tanh"),
    Wrong(additive(F.gelu), "gelu for tanh"),
    Wrong(additive(lambda x: 2 * torch.sigmoid(x) - 1), "tanh of half: 2σ(x) − 1"),
    Wrong(additive(lambda x: x.clamp(-1, 1)), "clamps for tanh"),
    Wrong(additive(combine=torch.mul), "multiplies the projections"),
    Wrong(additive(combine=torch.sub), "subtracts the projections"),
    Wrong(additive(combine=lambda a, b: (a + b) / 2), "the mean of the projections"),
    Wrong(additive(combine=torch.maximum), "the larger of the projections"),
    Wrong(additive(finish=lambda s: s.softmax(-1)), "a softmax", "softmax"),
    Wrong(additive(finish=lambda s: s.log_softmax(-1)), "a log-softmax"),
    Wrong(additive(finish=lambda s: s.mT), "transposed"),
    Wrong(keys_first, "keys before queries"),
    Wrong(additive(finish=lambda s: s.tanh()), "tanh once more"),
    Wrong(additive(finish=lambda s: s.abs()), "sizes"),
    Wrong(additive(finish=lambda s: -s), "the sign"),
    Wrong(additive(finish=lambda s: s.exp()), "exponentials"),
    Wrong(additive(finish=lambda s: s.squeeze()), "squeezes"),
    Wrong(additive(finish=lambda s: s.mean(-1)), "the mean over keys", "mean"),
    Wrong(additive(finish=lambda s: s.unsqueeze(-1)), "an axis too many", "shape"),
    Wrong(tanh_of_query, "tanh of the query alone"),
    Wrong(tanh_at_last, "tanh at last"),
    Wrong(hidden_left, "multiplies by the vector and does not sum", "shape|sum"),
    Wrong(no_vector, "no vector: a sum"),
    Wrong(mean_over_hidden, "the mean over hidden"),
    Wrong(vector_inside, "the vector inside tanh"),
    Wrong(matrices_swapped, "matrices swapped"),
    Wrong(key_matrix_for_both, "one matrix for both"),
    Wrong(each_with_its_own, "query i with key i alone"),
    Wrong(own_on_the_diagonal, "the diagonal alone"),
    Wrong(query_alone, "the query alone"),
    Wrong(key_alone, "the key alone"),
    Wrong(dot_product, "a dot product of the projections"),
    Wrong(scaled_dot_product, "a scaled dot product of the projections"),
    Wrong(weighted_dot_product, "a weighted dot product"),
    Wrong(dot_product_of_tanh, "tanh of a dot product"),
    Wrong(matrices_transposed, "matrices transposed"),
    Wrong(scaled_scores, "scaled by the root of hidden"),
    Wrong(unit_vector, "the vector made a unit vector"),
    Wrong(loop_over_two_axes, "a loop for two axes only"),
    Wrong(first_axes, "new axes in front: right without batch only"),
    Wrong(batch_axis, "new axes for exactly one batch axis"),
    Wrong(tanh_forgotten_and_softmax, "no tanh, and a softmax"),
    Wrong(keys_first_and_no_vector, "keys first, and no vector"),
    Wrong(additive(lambda x: (x.exp() - 1) / (x.exp() + 1)), "tanh of half", "exp\\(2x\\)"),
    Wrong(additive(lambda x: x.tanh().tanh()), "tanh twice", "small nothing seems wrong"),
    Wrong(tanh_of_each, "tanh of each, then the sum", "bent apart"),
)

ADDITIVE_RIGHT = (
    additive(),
    all_in_letters,
    put_side_by_side,
    pair_by_pair,
    column_by_column,
    additive_in_numpy,
    Additive(),
    additive(lambda x: 2 * torch.sigmoid(2 * x) - 1),
    additive(lambda x: 1 - 2 / ((2 * x).exp() + 1)),
    partial(lambda squash, *given: additive(squash)(*given), torch.tanh),
)

WRONG = {
    "attention.softmax": SOFTMAX,
    "attention.predict": PREDICT,
    "attention.scaled_dot_product": SCALED,
    "attention.spread": SPREAD,
    "attention.bug_future": BUG_FUTURE,
    "attention.bug_heads": BUG_HEADS,
    "attention.additive": ADDITIVE,
}

RIGHT = {
    "attention.softmax": SOFTMAX_RIGHT,
    "attention.predict": PREDICT_RIGHT,
    "attention.scaled_dot_product": SCALED_RIGHT,
    "attention.spread": SPREAD_RIGHT,
    "attention.bug_future": BUG_FUTURE_RIGHT,
    "attention.bug_heads": BUG_HEADS_RIGHT,
    "attention.additive": ADDITIVE_RIGHT,
}
