"""A class's answers to the exercises of lesson 02."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from mmtutor.checks.transformer.shared import linear, normalise, self_attention
from tests.classroom import Wrong

# Layer norm ---------------------------------------------------------------------------------------


def norm_over_batch(x, gain, bias, epsilon):
    mean, variance = x.mean(0), x.var(0, correction=0)
    return gain * (x - mean) / torch.sqrt(variance + epsilon) + bias


def norm_like_std(x, gain, bias, epsilon):
    return gain * (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + epsilon) + bias


def norm_with_default_var(x, gain, bias, epsilon):
    centred = x - x.mean(-1, keepdim=True)
    return centred / (x.var(-1, keepdim=True) + epsilon).sqrt() * gain + bias


def norm_without_keepdim(x, gain, bias, epsilon):
    return gain * (x - x.mean(-1)) / torch.sqrt(x.var(-1, correction=0) + epsilon) + bias


def norm_forgets_root(x, gain, bias, epsilon):
    centred = x - x.mean(-1, keepdim=True)
    return gain * centred / (centred.pow(2).mean(-1, keepdim=True) + epsilon) + bias


def norm_std_epsilon(x, gain, bias, epsilon):
    deviation = x.std(-1, keepdim=True, unbiased=False)
    return (x - x.mean(-1, keepdim=True)) / (deviation + epsilon) * gain + bias


def norm_all(x, gain, bias, epsilon):
    return gain * (x - x.mean()) / torch.sqrt(x.var(correction=0) + epsilon) + bias


def norm_rms(x, gain, bias, epsilon):
    return gain * x / torch.sqrt(x.pow(2).mean(-1, keepdim=True) + epsilon) + bias


def norm_multiplied_root(x, gain, bias, epsilon):
    centred = x - x.mean(-1, keepdim=True)
    return gain * centred * torch.sqrt(centred.pow(2).mean(-1, keepdim=True) + epsilon) + bias


def norm_builtin(x, gain, bias, epsilon):
    return F.layer_norm(x, x.shape[-1:], gain, bias, epsilon)


def norm_module(x, gain, bias, epsilon):
    return nn.LayerNorm(x.shape[-1], eps=epsilon)(x)


def norm_detached(x, gain, bias, epsilon):
    mean, variance = x.mean(-1, keepdim=True), x.var(-1, keepdim=True, correction=0)
    return gain * (x - mean.detach()) / torch.sqrt(variance.detach() + epsilon) + bias


def norm_square_of_mean(x, gain, bias, epsilon):
    mean = x.mean(-1, keepdim=True)
    variance = (mean**2) - (x**2).mean(-1, keepdim=True)
    return gain * (x - mean) / torch.sqrt(variance.abs() + epsilon).square() + bias


def norm_fixed_epsilon(x, gain, bias, epsilon):
    variance = x.var(-1, keepdim=True, correction=0)
    return gain * (x - x.mean(-1, keepdim=True)) / torch.sqrt(variance + 1e-5) + bias


def norm_in_place(x, gain, bias, epsilon):
    x -= x.mean(-1, keepdim=True)
    x /= torch.sqrt(x.pow(2).mean(-1, keepdim=True) + epsilon)
    return gain * x + bias


def norm_bracket(x, gain, bias, epsilon):
    mean, variance = x.mean(-1, keepdim=True), x.var(-1, keepdim=True, correction=0)
    return gain * x - mean / torch.sqrt(variance + epsilon) + bias


def norm_bias_inside(x, gain, bias, epsilon):
    mean, variance = x.mean(-1, keepdim=True), x.var(-1, keepdim=True, correction=0)
    return gain * ((x - mean) / torch.sqrt(variance + epsilon) + bias)


def norm_two_axes(x, gain, bias, epsilon):
    mean = x.mean((-1, -2), keepdim=True)
    return (x - mean) / torch.sqrt(
        x.var((-1, -2), keepdim=True, correction=0) + epsilon
    ) * gain + bias


def norm_squares(x, gain, bias, epsilon):
    centred = x - x.mean(-1, keepdim=True)
    return gain * centred / (centred.norm(dim=-1, keepdim=True) + epsilon) + bias


def norm_median(x, gain, bias, epsilon):
    centred = x - x.median(-1, keepdim=True).values
    return gain * centred / torch.sqrt(x.var(-1, keepdim=True, correction=0) + epsilon) + bias


def norm_minmax(x, gain, bias, epsilon):
    low, high = x.amin(-1, keepdim=True), x.amax(-1, keepdim=True)
    return gain * (x - low) / (high - low + epsilon) + bias


def norm_spread_of_x(x, gain, bias, epsilon):
    centred = x - x.mean(-1, keepdim=True)
    return gain * centred / torch.sqrt(x.pow(2).mean(-1, keepdim=True) + epsilon) + bias


def norm_over_all_but_first(x, gain, bias, epsilon):
    axes = tuple(range(1, x.ndim))
    variance = x.var(axes, keepdim=True, correction=0)
    return gain * (x - x.mean(axes, keepdim=True)) / torch.sqrt(variance + epsilon) + bias


def norm_along_one(x, gain, bias, epsilon):
    variance = x.var(1, keepdim=True, correction=0)
    return gain * (x - x.mean(1, keepdim=True)) / torch.sqrt(variance + epsilon) + bias


LAYER_NORM = (
    Wrong(norm_over_all_but_first, "over all axes but the first", "all axes but the first"),
    Wrong(norm_along_one, "along axis 1", "along axis 1"),
    Wrong(norm_over_batch, "mean and variance over the first axis", "first"),
    Wrong(norm_like_std, "std is unbiased, and epsilon outside of the root", "two mistakes"),
    Wrong(norm_with_default_var, "the unbiased variance", "width − 1"),
    Wrong(norm_without_keepdim, "keepdim is missing", "keepdim|axis"),
    Wrong(norm_forgets_root, "divided by the variance", "variance"),
    Wrong(norm_std_epsilon, "epsilon outside of the root", "outside"),
    Wrong(norm_all, "one mean for everything", "all numbers"),
    Wrong(norm_rms, "RMS norm", "RMS"),
    Wrong(norm_multiplied_root, "multiplied by the root", "divide|look at"),
    Wrong(norm_builtin, "PyTorch's own", "layer_norm"),
    Wrong(norm_module, "PyTorch's module without gain and bias", "Gain and bias"),
    Wrong(norm_detached, "mean and variance are detached", "gradient"),
    Wrong(norm_square_of_mean, "no root, in a roundabout way", "variance"),
    Wrong(norm_fixed_epsilon, "epsilon built in", "epsilon"),
    Wrong(norm_in_place, "changes its input", "changes its input"),
    Wrong(norm_bracket, "brackets missing around x − mean", "mean 0|one change|look at"),
    Wrong(norm_bias_inside, "the bias inside of the gain", "before the gain"),
    Wrong(norm_two_axes, "over the sequence, too", "two|axes"),
    Wrong(norm_squares, "the sum of squares, epsilon outside", "sum|two mistakes"),
    Wrong(norm_median, "the median for the mean", "mean 0"),
    Wrong(norm_minmax, "brought to 0 to 1", "mean 0"),
    Wrong(norm_spread_of_x, "the spread of x itself, not of the deviations", "variance of which"),
)


def norm_by_var_mean(x, gain, bias, epsilon):
    variance, mean = torch.var_mean(x, dim=-1, keepdim=True, correction=0)
    return torch.rsqrt(variance + epsilon) * (x - mean) * gain + bias


def norm_of_moments(x, gain, bias, epsilon):
    mean = x.sum(-1, keepdim=True) / x.size(-1)
    square = (x * x).sum(-1, keepdim=True) / x.size(-1)
    return (x - mean) / (square - mean**2 + epsilon) ** 0.5 * gain + bias


def norm_by_matrix(x, gain, bias, epsilon):
    width = x.shape[-1]
    centred = x @ (torch.eye(width) - torch.full((width, width), 1 / width))
    size = torch.einsum("...d,...d->...", centred, centred)[..., None] / width
    return bias + centred * gain * (size + epsilon).pow(-0.5)


def norm_by_batch_norm(x, gain, bias, epsilon):
    flat = x.reshape(-1, x.shape[-1]).T
    centred = flat - flat.mean(0)
    return (centred / torch.sqrt(centred.square().mean(0) + epsilon)).T.reshape(
        x.shape
    ) * gain + bias


def norm_by_std(x, gain, bias, epsilon):
    variance = x.std(-1, keepdim=True, correction=0).square()
    centred = x.sub(x.mean(-1, keepdim=True))
    return torch.add(bias, torch.mul(gain, centred.div(variance.add(epsilon).sqrt())))


LAYER_NORM_RIGHT = (
    norm_by_var_mean,
    norm_of_moments,
    norm_by_matrix,
    norm_by_batch_norm,
    norm_by_std,
)

# Bits per character -------------------------------------------------------------------------------


def bits_nats(log_probabilities, lengths):
    return -log_probabilities.sum() / lengths.sum()


def bits_per_token(log_probabilities, lengths):
    return -log_probabilities.mean() / math.log(2)


def bits_of_ratios(log_probabilities, lengths):
    return (-log_probabilities / lengths / math.log(2)).mean()


def bits_negative(log_probabilities, lengths):
    return log_probabilities.sum() / math.log(2) / lengths.sum()


def bits_times(log_probabilities, lengths):
    return -log_probabilities.sum() * math.log(2) / lengths.sum()


def bits_all(log_probabilities, lengths):
    return -log_probabilities.sum() / math.log(2)


def bits_through_probability(log_probabilities, lengths):
    return -torch.log2(log_probabilities.exp()).sum() / lengths.sum()


def bits_log_of_log(log_probabilities, lengths):
    return -torch.log2(-log_probabilities).sum() / lengths.sum()


def bits_perplexity(log_probabilities, lengths):
    return torch.exp(-log_probabilities.sum() / lengths.sum())


def bits_power(log_probabilities, lengths):
    return 2 ** (-log_probabilities.sum() / math.log(2) / lengths.sum())


def bits_each(log_probabilities, lengths):
    return -log_probabilities / math.log(2) / lengths


def bits_weighted(log_probabilities, lengths):
    return -(log_probabilities * lengths).sum() / lengths.sum() / math.log(2)


def bits_decimal(log_probabilities, lengths):
    return -log_probabilities.sum() / math.log(10) / lengths.sum()


def bits_entropy(log_probabilities, lengths):
    p = log_probabilities.exp()
    return -(p * log_probabilities).sum() / math.log(2) / lengths.sum()


def bits_mean_by_sum(log_probabilities, lengths):
    return -log_probabilities.mean() / math.log(2) / lengths.sum()


def bits_characters_per(log_probabilities, lengths):
    return lengths.sum() / (-log_probabilities.sum() / math.log(2))


def bits_whole_division(log_probabilities, lengths):
    return -log_probabilities.sum() / math.log(2) // lengths.sum()


def bits_rounded(log_probabilities, lengths):
    return round(float(-log_probabilities.sum() / math.log(2) / lengths.sum()), 2)


def bits_bytes(log_probabilities, lengths):
    return -log_probabilities.sum() / math.log(2) / lengths.sum() / 8


def bits_mean_of_lengths(log_probabilities, lengths):
    return -log_probabilities.sum() / math.log(2) / lengths.float().mean()


def bits_prints(log_probabilities, lengths):
    print(-log_probabilities.sum() / math.log(2) / lengths.sum())


def bits_long_mean(log_probabilities, lengths):
    return -log_probabilities.mean() / lengths.mean() / math.log(2)


def bits_without_first(log_probabilities, lengths):
    return -log_probabilities[1:].sum() / math.log(2) / lengths[1:].sum()


def bits_of_mean_probability(log_probabilities, lengths):
    return -torch.log2(log_probabilities.exp().mean()) / lengths.float().mean()


def bits_twice(log_probabilities, lengths):
    return bits_nats(log_probabilities, lengths) / math.log(2) / math.log(2)


def bits_bounded(log_probabilities, lengths):
    return -log_probabilities.exp().clamp(min=1e-10).log2().sum() / lengths.sum()


BITS = (
    Wrong(bits_bounded, "probabilities bounded from below", "bound"),
    Wrong(bits_without_first, "the first token left out", "all tokens"),
    Wrong(bits_of_mean_probability, "the mean of probabilities", "mean of −ln p|∞"),
    Wrong(bits_twice, "divided by ln 2 twice", "ln 2"),
    Wrong(bits_nats, "nats", "nats"),
    Wrong(bits_per_token, "bits per token", "token"),
    Wrong(bits_of_ratios, "the mean of ratios", "average"),
    Wrong(bits_negative, "the sign", "negative"),
    Wrong(bits_times, "multiplied by ln 2", "multiply"),
    Wrong(bits_all, "not divided", "whole text"),
    Wrong(bits_through_probability, "a small probability becomes 0", "as small as"),
    Wrong(bits_log_of_log, "takes logarithms for probabilities", "logarithm of"),
    Wrong(bits_perplexity, "perplexity per character", "perplexity"),
    Wrong(bits_power, "the same through powers of 2", "perplexity"),
    Wrong(bits_each, "a number for each token", "single number"),
    Wrong(bits_weighted, "weighted by length", "multiplied"),
    Wrong(bits_decimal, "the logarithm of base 10", "ln 10"),
    Wrong(bits_entropy, "weighs each by its probability", "what else happens"),
    Wrong(bits_mean_by_sum, "divided twice", "twice"),
    Wrong(bits_characters_per, "upside down", "characters by the bits"),
    Wrong(bits_whole_division, "whole division", "round|//|whole|cut"),
    Wrong(bits_rounded, "rounded too far", "round"),
    Wrong(bits_bytes, "bytes per character", "8|eight"),
    Wrong(bits_mean_of_lengths, "the sum over a mean length", ""),
    Wrong(bits_prints, "prints and returns nothing", "return"),
    Wrong(bits_long_mean, "the mean of whole numbers", "float"),
)


def bits_numpy(log_probabilities, lengths):
    return float(np.sum(-log_probabilities.numpy() / np.log(2)) / np.sum(lengths.numpy()))


def bits_as_average(log_probabilities, lengths):
    per_character = -log_probabilities / lengths / math.log(2)
    return (per_character * lengths).sum() / lengths.sum()


def bits_repeated(log_probabilities, lengths):
    each = torch.repeat_interleave(-log_probabilities.double() / lengths, lengths)
    return each.mean() / math.log(2)


def bits_by_dot(log_probabilities, lengths):
    share = torch.ones_like(log_probabilities) / lengths.sum()
    return torch.dot(log_probabilities, share) * -math.log2(math.e)


def bits_list(log_probabilities, lengths):
    return sum(-p / math.log(2) for p in log_probabilities) / sum(lengths)


BITS_RIGHT = (bits_numpy, bits_as_average, bits_repeated, bits_by_dot, bits_list)

# How far, and how dear? ---------------------------------------------------------------------------

PREDICT = (
    Wrong([2**24, 2**21, 511, 1], "the costs are swapped", "two costs"),
    Wrong([2**21, 2**24, 512, 1], "counts tokens, not steps", "steps"),
    Wrong([2**15, 2**24, 511, 1], "d multiplications for a matrix", "matrix"),
    Wrong([2**21, 2**18, 511, 1], "pairs", "pairs"),
    Wrong([2**21, 2**24, 1, 511], "the ways are swapped", "ways"),
    Wrong([2**21, 2**24, 511, 0], "no step in attention", "direct"),
    Wrong([2**21, 2**24, 511, 512], "through all tokens", "between|through"),
    Wrong([2**21, 2**24, 510, 1], "the tokens between", "between"),
    Wrong([4096, 2**24, 511, 1], "one product", "how many tokens"),
    Wrong([2**22, 2**25, 511, 1], "multiplications and additions", "additions"),
    Wrong([2**21, 2**23, 511, 1], "half of the pairs", "half"),
    Wrong([2**21, 512 * 511 * 64, 511, 1], "without itself", "itself"),
    Wrong([2**24, 2**21, 1, 511], "attention first", "first"),
    Wrong([2**21, 511, 2**24, 1], "layer by layer", "layer by layer"),
    Wrong([511 * 4096, 2**24, 511, 1], "a product less", "less"),
    Wrong([2**21, 2**24, 511], "three numbers", "4 numbers"),
    Wrong([2**21, 512 * 64, 511, 1], "one query", "one query"),
    Wrong([2**24, 2**21, 63, 1], "n and d swapped", "64"),
    Wrong(["2097152", "16777216", "511", "1"], "texts", "text"),
    Wrong([2**21, 2**24, 9, 1], "log2 of the length, as in a tree", ""),
    Wrong([2**15, 2**18, 511, 1], "forgets d in both", "matrix"),
    Wrong([2**21, 2**24, 511, 2], "through a third token", "step"),
    Wrong([2**21, 3 * 2**24, 511, 1], "queries, keys and values", "3|three"),
    Wrong([2.1e6, 1.68e7, 511, 1], "rounded", "rounded"),
    Wrong([2**21, 2**24, 511, 9], "log2 of the length in attention", "logarithm"),
    Wrong([2**21, 2**24 + 3 * 2**21, 511, 1], "projections counted", "matrices"),
    Wrong([2**24, 2**24, 511, 1], "both n² d", "once for each token"),
    Wrong([2**21, 2**21, 511, 1], "both n d²", "dot products"),
    Wrong([2**18, 2**24, 511, 1], "d³", "d³"),
    Wrong([2**21, 2**30, 511, 1], "n² d²", "for each pair"),
    Wrong([511, 1, 2**21, 2**24], "the ways first", "another order"),
)

PREDICT_RIGHT = (
    np.array([2097152, 16777216, 511, 1]),
    [2.097e6, 1.678e7, 511, 1],
    (512 * 64 * 64, 512 * 512 * 64, 512 - 1, 1.0),
    [torch.tensor(2097152), torch.tensor(16777216), 511, 1],
    torch.tensor([[2097152.0, 16777216.0], [511.0, 1.0]]),
)

# A pre-norm block ---------------------------------------------------------------------------------


def think(x, first, second):
    """The feed-forward network as it should be."""
    return linear(linear(x, first).relu(), second)


def block_post(x, matrices, first, second):
    x = normalise(x + self_attention(x, matrices))
    return normalise(x + think(x, first, second))


def block_overwrites(x, matrices, first, second):
    x = normalise(x)
    x = x + self_attention(x, matrices)
    x = normalise(x)
    return x + think(x, first, second)


def block_linear(x, matrices, first, second):
    x = x + self_attention(normalise(x), matrices)
    return x + linear(linear(normalise(x), first), second)


def block_no_second_residual(x, matrices, first, second):
    x = x + self_attention(normalise(x), matrices)
    return think(normalise(x), first, second)


def block_no_residuals(x, matrices, first, second):
    x = self_attention(normalise(x), matrices)
    return think(normalise(x), first, second)


def block_no_second_norm(x, matrices, first, second):
    x = x + self_attention(normalise(x), matrices)
    return x + think(x, first, second)


def block_gelu(x, matrices, first, second):
    x = x + self_attention(normalise(x), matrices)
    return x + linear(F.gelu(linear(normalise(x), first)), second)


def block_old_x(x, matrices, first, second):
    after = x + self_attention(normalise(x), matrices)
    return x + think(normalise(after), first, second)


def block_both_from_x(x, matrices, first, second):
    attention = self_attention(normalise(x), matrices)
    network = think(normalise(x), first, second)
    return x + attention + network


def block_gathered_alone(x, matrices, first, second):
    gathered = self_attention(normalise(x), matrices)
    return x + gathered + think(normalise(gathered), first, second)


def block_late_relu(x, matrices, first, second):
    x = x + self_attention(normalise(x), matrices)
    return x + linear(linear(normalise(x), first), second).relu()


def block_sandwich(x, matrices, first, second):
    x = x + normalise(self_attention(normalise(x), matrices))
    return x + normalise(think(normalise(x), first, second))


def block_result_normed(x, matrices, first, second):
    x = x + normalise(self_attention(x, matrices))
    return x + normalise(think(x, first, second))


def block_final_norm(x, matrices, first, second):
    x = x + self_attention(normalise(x), matrices)
    return normalise(x + think(normalise(x), first, second))


def block_dropout(x, matrices, first, second):
    x = x + F.dropout(self_attention(normalise(x), matrices), 0.1)
    return x + F.dropout(think(normalise(x), first, second), 0.1)


def block_concatenated(x, matrices, first, second):
    x = torch.cat([x, self_attention(normalise(x), matrices)], dim=-1)
    return x + think(normalise(x), first, second)


def block_mixed(x, matrices, first, second):
    x = x + self_attention(normalise(x), matrices)
    return normalise(x + think(x, first, second))


def block_once_normed(x, matrices, first, second):
    normed = normalise(x)
    x = x + self_attention(normed, matrices)
    return x + think(normed, first, second)


def block_network_first(x, matrices, first, second):
    x = x + think(normalise(x), first, second)
    return x + self_attention(normalise(x), matrices)


def block_matrices_swapped(x, matrices, first, second):
    x = x + self_attention(normalise(x), matrices)
    return x + linear(linear(normalise(x), second.T).relu(), first.T)


def block_halved(x, matrices, first, second):
    x = (x + self_attention(normalise(x), matrices)) / 2
    return (x + think(normalise(x), first, second)) / 2


def block_in_place(x, matrices, first, second):
    x += self_attention(normalise(x), matrices)
    x += think(normalise(x), first, second)
    return x


def block_relu_outside(x, matrices, first, second):
    x = x + self_attention(normalise(x), matrices)
    return (x + think(normalise(x), first, second)).relu()


def block_own_norm(x, matrices, first, second):
    def norm(x):
        return (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + 1e-5)

    x = x + self_attention(norm(x), matrices)
    return x + think(norm(x), first, second)


def block_softmaxed(x, matrices, first, second):
    x = x + self_attention(normalise(x), matrices)
    return x + linear(linear(normalise(x), first).softmax(-1), second)


def block_leaky(x, matrices, first, second):
    x = x + self_attention(normalise(x), matrices)
    return x + linear(F.leaky_relu(linear(normalise(x), first)), second)


def block_causal(x, matrices, first, second):
    query, key, value = (normalise(x) @ matrix for matrix in matrices)
    x = x + F.scaled_dot_product_attention(query, key, value, is_causal=True)
    return x + think(normalise(x), first, second)


def block_three_norms(x, matrices, first, second):
    x = normalise(x)
    x = x + self_attention(normalise(x), matrices)
    return x + think(normalise(x), first, second)


def block_twice(x, matrices, first, second):
    x = x + self_attention(normalise(x), matrices)
    x = x + think(normalise(x), first, second)
    return x + think(normalise(x), first, second)


BLOCK = (
    Wrong(block_leaky, "leaky ReLU", "what bends"),
    Wrong(block_causal, "a causal mask", "attention's half"),
    Wrong(block_three_norms, "x is normed once more at the start", "road"),
    Wrong(block_twice, "the network twice", "Up to the feed-forward"),
    Wrong(block_post, "post-norm", "post-norm"),
    Wrong(block_overwrites, "x is overwritten by its norm", "overwritten"),
    Wrong(block_linear, "no ReLU", "Nothing bends"),
    Wrong(block_no_second_residual, "the second residual is missing", "replaces"),
    Wrong(block_no_residuals, "no residuals", "replaces"),
    Wrong(block_no_second_norm, "the network gets its input as it is", "Up to the feed-forward"),
    Wrong(block_gelu, "GELU", "GELU"),
    Wrong(block_old_x, "the network's result is added to the input", "input"),
    Wrong(block_both_from_x, "parallel", "side by side"),
    Wrong(block_gathered_alone, "the network sees the gathered alone", "Up to the feed-forward"),
    Wrong(block_late_relu, "the ReLU after both", "after both"),
    Wrong(block_sandwich, "normed before and after each half", "attention's half"),
    Wrong(block_result_normed, "normed after each half, before the sum", "\\*give\\*"),
    Wrong(block_final_norm, "one norm too many at the end", "once more"),
    Wrong(block_dropout, "dropout is on", "random"),
    Wrong(block_concatenated, "put side by side instead of added", "stops with"),
    Wrong(block_mixed, "pre-norm, then post-norm", "comes after the sum"),
    Wrong(block_once_normed, "the norm of x is used twice", "side by side"),
    Wrong(block_network_first, "the network first", "first"),
    Wrong(block_matrices_swapped, "both matrices transposed and swapped", "feed-forward|look at"),
    Wrong(block_halved, "sums are halved", "give back x"),
    Wrong(block_in_place, "changes its input", "changes its input"),
    Wrong(block_relu_outside, "a ReLU on the road", "ReLU"),
    Wrong(block_own_norm, "an unbiased norm of its own", "attention's half"),
    Wrong(block_softmaxed, "softmax for ReLU", "Up to the feed-forward"),
)


def block_maximum(x, matrices, first, second):
    middle = x + self_attention(normalise(x), matrices)
    return middle + torch.maximum(normalise(middle) @ first, torch.zeros(1)) @ second


def block_of_functions(x, matrices, first, second):
    halves = (
        lambda y: self_attention(y, matrices),
        lambda y: linear(F.relu(linear(y, first)), second),
    )
    for half in halves:
        x = half(normalise(x)) + x
    return x


def block_with_bmm(x, matrices, first, second):
    mean, spread = x.mean(-1, keepdim=True), x.var(-1, keepdim=True, correction=0)
    y = (x - mean) * torch.rsqrt(spread + 1e-5)
    scores = torch.bmm(y @ matrices[0], (y @ matrices[1]).transpose(1, 2))
    x = x + torch.bmm(torch.softmax(scores * x.shape[-1] ** -0.5, 2), y @ matrices[2])
    return x + F.linear(F.relu(F.linear(F.layer_norm(x, [x.shape[-1]]), first.T)), second.T)


def block_in_float64(x, matrices, first, second):
    x, matrices, first, second = (t.double() for t in (x, matrices, first, second))
    x = x + self_attention(normalise(x), matrices)
    return x + linear(linear(normalise(x), first).relu(), second)


def block_sequence_by_sequence(x, matrices, first, second):
    return torch.stack([block_maximum(one, matrices, first, second) for one in x])


BLOCK_RIGHT = (
    block_maximum,
    block_of_functions,
    block_with_bmm,
    block_in_float64,
    block_sequence_by_sequence,
)

# The next-token loss ------------------------------------------------------------------------------


def prices(logits, targets):
    """What each guess costs."""
    return F.cross_entropy(logits.transpose(1, 2), targets, reduction="none")


def loss_not_shifted(logits, tokens, padding):
    return F.cross_entropy(logits.flatten(0, 1), tokens.flatten(), ignore_index=padding)


def loss_backwards(logits, tokens, padding):
    return F.cross_entropy(
        logits[:, 1:].flatten(0, 1), tokens[:, :-1].flatten(), ignore_index=padding
    )


def loss_with_padding(logits, tokens, padding):
    return F.cross_entropy(logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten())


def loss_sequence_means(logits, tokens, padding):
    price, counts = prices(logits[:, :-1], tokens[:, 1:]), tokens[:, 1:] != padding
    return ((price * counts).sum(1) / counts.sum(1).clamp(min=1)).mean()


def loss_mean_of_masked(logits, tokens, padding):
    price, counts = prices(logits[:, :-1], tokens[:, 1:]), tokens[:, 1:] != padding
    return (price * counts).mean()


def loss_sum(logits, tokens, padding):
    return (prices(logits[:, :-1], tokens[:, 1:]) * (tokens[:, 1:] != padding)).sum()


def loss_mask_of_inputs(logits, tokens, padding):
    price, counts = prices(logits[:, :-1], tokens[:, 1:]), tokens[:, :-1] != padding
    return (price * counts).sum() / counts.sum()


def loss_double_softmax(logits, tokens, padding):
    return F.cross_entropy(
        logits[:, :-1].softmax(-1).flatten(0, 1), tokens[:, 1:].flatten(), ignore_index=padding
    )


def loss_nll_of_logits(logits, tokens, padding):
    return F.nll_loss(logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten(), ignore_index=padding)


def loss_softmax_log(logits, tokens, padding):
    p = logits[:, :-1].softmax(-1).gather(-1, tokens[:, 1:, None]).squeeze(-1)
    counts = tokens[:, 1:] != padding
    return -(p.log() * counts).sum() / counts.sum()


def loss_rolled(logits, tokens, padding):
    targets = tokens.roll(-1, 1)
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=padding)


def loss_over_batch(logits, tokens, padding):
    logs = logits[:, :-1].log_softmax(0).gather(-1, tokens[:, 1:, None])[..., 0]
    counts = tokens[:, 1:] != padding
    return -(logs * counts).sum() / counts.sum()


def loss_two_shifts(logits, tokens, padding):
    guesses, targets = logits[:, :-1], tokens[:, 1:]
    return F.cross_entropy(
        guesses[:, :-1].flatten(0, 1), targets[:, 1:].flatten(), ignore_index=padding
    )


def loss_padding_zero(logits, tokens, padding):
    return F.cross_entropy(logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten(), ignore_index=0)


def loss_wrong_reshape(logits, tokens, padding):
    guesses = logits[:, :-1].reshape(len(logits), logits.shape[-1], -1)
    return F.cross_entropy(guesses, tokens[:, 1:], ignore_index=padding)


def loss_item(logits, tokens, padding):
    return F.cross_entropy(
        logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten(), ignore_index=padding
    ).item()


def loss_inverted(logits, tokens, padding):
    price, counts = prices(logits[:, :-1], tokens[:, 1:]), tokens[:, 1:] == padding
    return (price * counts).sum() / counts.sum()


def loss_transposed_forgotten(logits, tokens, padding):
    return F.cross_entropy(logits[:, :-1], tokens[:, 1:], ignore_index=padding)


def loss_perplexity(logits, tokens, padding):
    return loss_perplexity_of(logits, tokens, padding).exp()


def loss_perplexity_of(logits, tokens, padding):
    """The right loss, of which the perplexity is made."""
    price, counts = prices(logits[:, :-1], tokens[:, 1:]), tokens[:, 1:] != padding
    return price[counts].mean()


def loss_bits(logits, tokens, padding):
    return loss_perplexity_of(logits, tokens, padding) / math.log(2)


def loss_negative(logits, tokens, padding):
    return -loss_perplexity_of(logits, tokens, padding)


def loss_until_padding(logits, tokens, padding):
    counts = (tokens[:, 1:] != padding).cumprod(1).bool()
    return prices(logits[:, :-1], tokens[:, 1:])[counts].sum() / counts.sum().clamp(min=1)


def loss_logits_masked(logits, tokens, padding):
    counts = (tokens[:, 1:] != padding)[..., None]
    return prices(logits[:, :-1] * counts, tokens[:, 1:]).mean()


def loss_first_sequence(logits, tokens, padding):
    return F.cross_entropy(logits[0, :-1], tokens[0, 1:], ignore_index=padding)


def loss_clamped(logits, tokens, padding):
    p = logits[:, :-1].softmax(-1).clamp(min=1e-9)
    logs = p.gather(-1, tokens[:, 1:, None]).squeeze(-1).log()
    return -logs[tokens[:, 1:] != padding].mean()


def loss_by_real_tokens(logits, tokens, padding):
    price, counts = prices(logits[:, :-1], tokens[:, 1:]), tokens[:, 1:] != padding
    return (price * counts).sum() / (tokens != padding).sum()


def loss_flat_shift(logits, tokens, padding):
    return F.cross_entropy(logits.flatten(0, 1)[:-1], tokens.flatten()[1:], ignore_index=padding)


def loss_smoothed(logits, tokens, padding):
    guesses, targets = logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten()
    return F.cross_entropy(guesses, targets, ignore_index=padding, label_smoothing=0.1)


def loss_hidden_logits(logits, tokens, padding):
    logits = logits.masked_fill((tokens == padding)[..., None], -math.inf)
    return loss_perplexity_of(logits, tokens, padding)


def loss_own_with_padding(logits, tokens, padding):
    return F.cross_entropy(logits.flatten(0, 1), tokens.flatten())


LOSS = (
    Wrong(loss_by_real_tokens, "divided by all real tokens", "guessed by nobody"),
    Wrong(loss_flat_shift, "flattened before it is shifted", "next"),
    Wrong(loss_smoothed, "label smoothing", "0.1"),
    Wrong(loss_hidden_logits, "logits of padding are −∞", "masked_fill"),
    Wrong(loss_own_with_padding, "not shifted, and padding counted", "two mistakes"),
    Wrong(loss_not_shifted, "targets not shifted", "own"),
    Wrong(loss_backwards, "shifted the wrong way", "wrong way"),
    Wrong(loss_with_padding, "padding counted", "Padding"),
    Wrong(loss_sequence_means, "the mean of means", "average in each"),
    Wrong(loss_mean_of_masked, "divided by all places", "all"),
    Wrong(loss_sum, "the sum", "sum"),
    Wrong(loss_mask_of_inputs, "the mask of what is read", "read"),
    Wrong(loss_double_softmax, "softmax twice", "twice"),
    Wrong(loss_nll_of_logits, "no softmax", "nll_loss"),
    Wrong(loss_softmax_log, "softmax, then the logarithm of 0", "∞|NaN"),
    Wrong(loss_rolled, "the last guesses the first", "first"),
    Wrong(loss_over_batch, "softmax over the batch", "batch"),
    Wrong(loss_two_shifts, "shifted twice", "after the next"),
    Wrong(loss_padding_zero, "0 built in", "padding"),
    Wrong(loss_wrong_reshape, "reshape instead of transpose", "Which token do the logits"),
    Wrong(loss_item, "a number without gradient", "gradient"),
    Wrong(loss_inverted, "the mask is inverted", "wrong way round|NaN"),
    Wrong(loss_transposed_forgotten, "axes of cross_entropy", "on axis 1"),
    Wrong(loss_perplexity, "the perplexity", "perplexity"),
    Wrong(loss_bits, "bits", "bits"),
    Wrong(loss_negative, "the sign", "sign|negative"),
    Wrong(loss_until_padding, "stops counting at the first padding", "first padding"),
    Wrong(loss_logits_masked, "logits of padding set to 0, and counted", "padding"),
    Wrong(loss_first_sequence, "only the first sequence", ""),
    Wrong(loss_clamped, "probabilities bounded from below", ""),
)


def loss_ignoring(logits, tokens, padding):
    targets = tokens[:, 1:].reshape(-1).clone()
    targets[targets == padding] = -100
    return F.cross_entropy(logits[:, :-1].reshape(-1, logits.shape[-1]), targets)


def loss_with_one_hot(logits, tokens, padding):
    logs = F.log_softmax(logits[:, :-1], dim=-1)
    words = torch.arange(logits.shape[-1])
    hits = (tokens[:, 1:, None] == words) & (tokens[:, 1:, None] != padding)
    real = (tokens[:, 1:] != padding).sum()
    return -logs.masked_fill(~hits, 0).sum() / real


def loss_chosen(logits, tokens, padding):
    real = tokens[:, 1:] != padding
    return F.cross_entropy(logits[:, :-1][real], tokens[:, 1:][real])


def loss_with_nll(logits, tokens, padding):
    real = (tokens[:, 1:] != padding).double()
    logs = logits.double().log_softmax(-1)[:, :-1]
    price = F.nll_loss(logs.movedim(-1, 1), tokens[:, 1:], reduction="none")
    return torch.sum(price * real) / torch.sum(real)


def loss_list(logits, tokens, padding):
    found = [
        F.cross_entropy(logits[b, i], tokens[b, i + 1])
        for b in range(tokens.shape[0])
        for i in range(tokens.shape[1] - 1)
        if tokens[b, i + 1] != padding
    ]
    return torch.stack(found).mean()


LOSS_RIGHT = (loss_ignoring, loss_with_one_hot, loss_chosen, loss_with_nll, loss_list)

# Who asks whom? -----------------------------------------------------------------------------------


def attend(query, key, value, matrices, seen):
    """As the notebook has it."""
    query, key, value = query @ matrices[0], key @ matrices[1], value @ matrices[2]
    scores = query @ key.mT / math.sqrt(key.shape[-1])
    return scores.masked_fill(~seen, -math.inf).softmax(dim=-1) @ value


def causal(x):
    """Who sees whom among the tokens themselves."""
    return torch.ones(x.shape[1], x.shape[1]).tril().bool()


def everything(x, memory):
    """Every token sees the whole memory."""
    return torch.ones(x.shape[1], memory.shape[1]).bool()


def decoder_as_given(x, memory, own, cross):
    x = x + attend(x, x, x, own, causal(x))
    return x + attend(memory, x, x, cross, everything(memory, x))


def decoder_values_left(x, memory, own, cross):
    x = x + attend(x, x, x, own, causal(x))
    return x + attend(x, memory, x, cross, everything(x, memory))


def decoder_keys_left(x, memory, own, cross):
    x = x + attend(x, x, x, own, causal(x))
    return x + attend(x, x, memory, cross, everything(x, x))


def decoder_masked_memory(x, memory, own, cross):
    x = x + attend(x, x, x, own, causal(x))
    return x + attend(x, memory, memory, cross, everything(x, memory).tril())


def decoder_mask_kept(x, memory, own, cross):
    seen = causal(x)
    x = x + attend(x, x, x, own, seen)
    return x + attend(x, memory, memory, cross, seen)


def decoder_transposed_mask(x, memory, own, cross):
    x = x + attend(x, x, x, own, causal(x).T)
    return x + attend(x, memory, memory, cross, everything(x, memory))


def decoder_no_mask(x, memory, own, cross):
    x = x + attend(x, x, x, own, everything(x, x))
    return x + attend(x, memory, memory, cross, everything(x, memory))


def decoder_causal_bug(x, memory, own, cross):
    x = x + attend(x, x, x, own, causal(x))
    seen = everything(memory, x).tril()
    return x + attend(memory, x, x, cross, seen)


def decoder_old_queries(x, memory, own, cross):
    after = x + attend(x, x, x, own, causal(x))
    return after + attend(x, memory, memory, cross, everything(x, memory))


def decoder_memory_queries(x, memory, own, cross):
    x = x + attend(x, x, x, own, causal(x))
    return x + attend(memory, memory, memory, cross, everything(memory, memory))


def decoder_joined(x, memory, own, cross):
    x = x + attend(x, x, x, own, causal(x))
    both = torch.cat([memory, x], dim=1)
    return x + attend(x, both, both, cross, everything(x, both))


def decoder_no_residual(x, memory, own, cross):
    x = x + attend(x, x, x, own, causal(x))
    return attend(x, memory, memory, cross, everything(x, memory))


def decoder_residual_of_memory(x, memory, own, cross):
    x = x + attend(x, x, x, own, causal(x))
    return memory + attend(x, memory, memory, cross, everything(x, memory))


def decoder_transposed_result(x, memory, own, cross):
    x = x + attend(x, x, x, own, causal(x))
    query, key, value = x @ cross[0], memory @ cross[1], memory @ cross[2]
    scores = key @ query.mT / math.sqrt(key.shape[-1])
    return x + scores.softmax(-1).mT @ value


def decoder_wrong_matrices(x, memory, own, cross):
    x = x + attend(x, x, x, own, causal(x))
    return x + attend(x, memory, memory, own, everything(x, memory))


def decoder_order_turned(x, memory, own, cross):
    x = x + attend(x, memory, memory, cross, everything(x, memory))
    return x + attend(x, x, x, own, causal(x))


def decoder_cut_memory(x, memory, own, cross):
    memory = memory[:, : x.shape[1]]
    x = x + attend(x, x, x, own, causal(x))
    return x + attend(x, memory, memory, cross, everything(x, memory))


def decoder_mean_of_memory(x, memory, own, cross):
    x = x + attend(x, x, x, own, causal(x))
    return x + memory.mean(1, keepdim=True) @ cross[2]


def decoder_own_twice(x, memory, own, cross):
    x = x + attend(x, x, x, own, causal(x))
    return x + attend(x, x, x, cross, causal(x))


def decoder_memory_in_own(x, memory, own, cross):
    x = x + attend(x, memory, memory, own, everything(x, memory))
    return x + attend(x, memory, memory, cross, everything(x, memory))


def decoder_strict(x, memory, own, cross):
    x = x + attend(x, x, x, own, causal(x).tril(-1))
    return x + attend(x, memory, memory, cross, everything(x, memory))


def decoder_seen_swapped(x, memory, own, cross):
    x = x + attend(x, x, x, own, causal(x))
    return x + attend(x, memory, memory, cross, everything(memory, x))


def decoder_cut_result(x, memory, own, cross):
    x = x + attend(x, x, x, own, causal(x))
    return x + attend(memory, x, x, cross, everything(memory, x))[:, : x.shape[1]]


def decoder_keys_mended(x, memory, own, cross):
    x = x + attend(x, x, x, own, causal(x))
    return x + attend(memory, memory, x, cross, everything(memory, memory))


def decoder_values_mended(x, memory, own, cross):
    x = x + attend(x, x, x, own, causal(x))
    return x + attend(memory, x, memory, cross, everything(memory, x))


def decoder_both_from_input(x, memory, own, cross):
    gathered = attend(x, x, x, own, causal(x))
    return x + gathered + attend(x, memory, memory, cross, everything(x, memory))


def decoder_one_word(x, memory, own, cross):
    x = x + attend(x, x, x, own, causal(x))
    return x + attend(x, memory[:, :1], memory[:, :1], cross, everything(x, memory[:, :1]))


def decoder_keys_for_queries(x, memory, own, cross):
    x = x + attend(x, x, x, own, causal(x))
    return x + attend(x, memory, memory, cross[[1, 0, 2]], everything(x, memory))


BUG_DECODER = (
    Wrong(decoder_keys_for_queries, "matrices of queries and keys exchanged", "changed places"),
    Wrong(decoder_cut_result, "cuts the result to fit", "cut what comes out"),
    Wrong(decoder_keys_mended, "the keys mended alone", "keys and the values"),
    Wrong(decoder_values_mended, "the values mended alone", "keys and the values"),
    Wrong(decoder_both_from_input, "both from the input", "input"),
    Wrong(decoder_one_word, "only the first of the memory", "what may be seen"),
    Wrong(decoder_as_given, "as it was", "given does"),
    Wrong(decoder_values_left, "the values still come from x", "values"),
    Wrong(decoder_keys_left, "the keys still come from x", "keys"),
    Wrong(decoder_masked_memory, "a causal mask for the memory", "hide"),
    Wrong(decoder_mask_kept, "the mask of the self-attention for the memory", "hide"),
    Wrong(decoder_transposed_mask, "the mask transposed", "transposed"),
    Wrong(decoder_no_mask, "no mask at all", "sees every other"),
    Wrong(decoder_causal_bug, "mends the symptom by a mask", "memory\\*? asks|two mistakes|cross"),
    Wrong(decoder_old_queries, "queries of the block's input", "input"),
    Wrong(decoder_memory_queries, "the memory asks itself", "itself"),
    Wrong(decoder_joined, "looks at both at once", "not written yet"),
    Wrong(decoder_no_residual, "the residual is gone", "replaces"),
    Wrong(decoder_residual_of_memory, "added to the memory", "memory"),
    Wrong(
        decoder_transposed_result,
        "softmax over the positions of x",
        "look at the `-1`",
    ),
    Wrong(decoder_wrong_matrices, "the matrices of the self-attention", "holds its own"),
    Wrong(decoder_order_turned, "the memory first", "before it looks"),
    Wrong(decoder_cut_memory, "cuts the memory to x's length", ""),
    Wrong(decoder_mean_of_memory, "the mean of the memory", "cross-attention"),
    Wrong(decoder_own_twice, "looks at itself twice", "memory"),
    Wrong(decoder_memory_in_own, "looks at the memory twice", "self-attention"),
    Wrong(decoder_strict, "a token does not see itself", "itself|NaN"),
    Wrong(decoder_seen_swapped, "the mask's axes are swapped", "stops with"),
)


def decoder_mended(x, memory, own, cross):
    x = x + attend(x, x, x, own, causal(x))
    return x + attend(x, memory, memory, cross, everything(x, memory))


def decoder_with_broadcast(x, memory, own, cross):
    x = x + attend(x, x, x, own, torch.arange(x.shape[1]) <= torch.arange(x.shape[1])[:, None])
    return x + attend(x, memory, memory, cross, torch.tensor(True))


def decoder_position_by_position(x, memory, own, cross):
    rows = []
    for i in range(x.shape[1]):
        past = x[:, : i + 1]
        one = x[:, i : i + 1] + attend(x[:, i : i + 1], past, past, own, torch.tensor(True))
        rows.append(one + attend(one, memory, memory, cross, torch.tensor(True)))
    return torch.cat(rows, 1)


def decoder_by_bmm(x, memory, own, cross):
    scores = torch.bmm(x @ own[0], torch.transpose(x @ own[1], 1, 2)) / x.shape[2] ** 0.5
    scores = torch.where(causal(x), scores, float("-inf"))
    x = torch.baddbmm(x, torch.softmax(scores, dim=2), x @ own[2])
    scores = torch.bmm(x @ cross[0], torch.transpose(memory @ cross[1], 1, 2)) / x.shape[2] ** 0.5
    return torch.baddbmm(x, torch.softmax(scores, dim=2), memory @ cross[2])


def decoder_in_float64(x, memory, own, cross):
    return decoder_mended(x.double(), memory.double(), own.double(), cross.double())


BUG_DECODER_RIGHT = (
    decoder_mended,
    decoder_with_broadcast,
    decoder_position_by_position,
    decoder_by_bmm,
    decoder_in_float64,
)

# Sinusoid positions -------------------------------------------------------------------------------


def table_of(length, width, first=torch.sin, second=torch.cos, exponent=None, shift=0):
    """A table with a few things to choose."""
    i = torch.arange(width // 2)
    power = 2 * i / width if exponent is None else exponent(i, width)
    angle = (torch.arange(length)[:, None] + shift) / 10000.0**power
    return torch.stack([first(angle), second(angle)], dim=-1).flatten(-2)


def sinusoid_halves(length, width):
    angle = torch.arange(length)[:, None] / 10000 ** (2 * torch.arange(width // 2) / width)
    return torch.cat([angle.sin(), angle.cos()], dim=-1)


def sinusoid_swapped(length, width):
    return table_of(length, width, torch.cos, torch.sin)


def sinusoid_from_one(length, width):
    return table_of(length, width, shift=1)


def sinusoid_half_exponent(length, width):
    return table_of(length, width, exponent=lambda i, d: i / d)


def sinusoid_double_step(length, width):
    rates = 10000 ** (2 * torch.arange(0, width, 2) / width)
    angle = torch.arange(length)[:, None] / rates
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(-2)


def sinusoid_each_column(length, width):
    angle = torch.arange(length)[:, None] / 10000 ** (torch.arange(width) / width)
    table = angle.clone()
    table[:, 0::2], table[:, 1::2] = angle[:, 0::2].sin(), angle[:, 1::2].cos()
    return table


def sinusoid_times(length, width):
    return table_of(length, width, exponent=lambda i, d: -2 * i / d)


def sinusoid_minus_one(length, width):
    return table_of(length, width, exponent=lambda i, d: i / max(d // 2 - 1, 1))


def sinusoid_degrees(length, width):
    return table_of(length, width, lambda a: a.deg2rad().sin(), lambda a: a.deg2rad().cos())


def sinusoid_sines(length, width):
    return table_of(length, width, second=torch.sin)


def sinusoid_transposed(length, width):
    return table_of(length, width).T


def sinusoid_caret(length, width):
    angle = torch.arange(length)[:, None] / (10000 * 2 * torch.arange(1, width // 2 + 1) / width)
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(-2)


def sinusoid_double_column(length, width):
    def at(p, j):
        angle = p / 10000 ** (2 * j / width)
        return math.cos(angle) if j % 2 else math.sin(angle)

    return torch.tensor([[at(p, j) for j in range(width)] for p in range(length)])


def sinusoid_base_1000(length, width):
    return table_of(length, width, exponent=lambda i, d: 2 * i / d * 0.75)


def sinusoid_all_sine_then_cosine(length, width):
    position = torch.arange(length)[:, None]
    angle = position / 10000 ** (2 * (torch.arange(width) // 2) / width)
    angle[:, 1::2] = angle[:, 0::2].cos()
    angle[:, 0::2] = angle[:, 0::2].sin()
    return angle + 1


def sinusoid_scaled(length, width):
    return table_of(length, width) / math.sqrt(width)


def sinusoid_relative(length, width):
    angle = torch.arange(length)[:, None] / length / 10000 ** (2 * torch.arange(width // 2) / width)
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(-2)


def sinusoid_axes(length, width):
    angle = torch.arange(length) / 10000 ** (2 * torch.arange(width // 2) / width)
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(-2)


def sinusoid_half_table(length, width):
    angle = torch.arange(length)[:, None] / 10000 ** (2 * torch.arange(width // 2) / width)
    return angle.sin()


def sinusoid_two_pi(length, width):
    return table_of(length, width, exponent=None) * 0 + table_of_turns(length, width)


def table_of_turns(length, width):
    """Angles in whole turns."""
    angle = torch.arange(length)[:, None] / 10000 ** (2 * torch.arange(width // 2) / width)
    return torch.stack([(6.2831853 * angle).sin(), (6.2831853 * angle).cos()], dim=-1).flatten(-2)


def sinusoid_not_stacked(length, width):
    angle = torch.arange(length)[:, None] / 10000 ** (2 * torch.arange(width // 2) / width)
    return torch.stack([angle.sin(), angle.cos()], dim=1).flatten(-2)


def sinusoid_by_half_width(length, width):
    return table_of(length, width, exponent=lambda i, d: 2 * i / (d // 2))


def sinusoid_pairs_from_one(length, width):
    return table_of(length, width, exponent=lambda i, d: 2 * (i + 1) / d)


SINUSOID = (
    Wrong(sinusoid_halves, "two halves", "take turns"),
    Wrong(sinusoid_swapped, "cosine first", "changed places"),
    Wrong(sinusoid_from_one, "positions from 1", "begin at 1"),
    Wrong(sinusoid_half_exponent, "exponent i/d", "i/d"),
    Wrong(sinusoid_double_step, "doubled twice", "4i/d"),
    Wrong(sinusoid_each_column, "a frequency for each column", "of its own"),
    Wrong(sinusoid_times, "multiplied by the power", "divided"),
    Wrong(sinusoid_minus_one, "the last exponent is 1", "d/2 − 1"),
    Wrong(sinusoid_degrees, "degrees", "degrees"),
    Wrong(sinusoid_sines, "sines alone", "sines"),
    Wrong(sinusoid_transposed, "transposed", "transpose|swapped"),
    Wrong(sinusoid_caret, "a multiple for a power", "sin p|first pair|Columns 0"),
    Wrong(sinusoid_double_column, "2j for column j", "counts \\*pairs"),
    Wrong(sinusoid_base_1000, "another base", "1000"),
    Wrong(sinusoid_all_sine_then_cosine, "adds 1", "1"),
    Wrong(sinusoid_scaled, "divided by the root of the width", "divided|factor|times|root"),
    Wrong(sinusoid_relative, "positions as shares", "length"),
    Wrong(sinusoid_axes, "no new axis", "stops with|shape"),
    Wrong(sinusoid_half_table, "sines only, half the width", "shape|half"),
    Wrong(sinusoid_two_pi, "whole turns", "sin p"),
    Wrong(sinusoid_not_stacked, "stacked along another axis", "left half|halves|take turns"),
    Wrong(sinusoid_by_half_width, "divided by half the width", "4i/d"),
    Wrong(sinusoid_pairs_from_one, "pairs from 1", "from 1"),
)


def sinusoid_numpy(length, width):
    table = np.zeros((length, width))
    for i in range(width // 2):
        table[:, 2 * i] = np.sin(np.arange(length) / 10000 ** (2 * i / width))
        table[:, 2 * i + 1] = np.cos(np.arange(length) / 10000 ** (2 * i / width))
    return torch.from_numpy(table)


def sinusoid_by_shift(length, width):
    angle = torch.arange(length)[:, None] / 10000 ** (torch.arange(width) // 2 * 2 / width)
    return torch.sin(angle + (torch.arange(width) % 2) * math.pi / 2)


def sinusoid_complex(length, width):
    angle = torch.arange(length)[:, None] * 10000 ** (-torch.arange(0, width, 2) / width)
    return torch.view_as_real(torch.polar(torch.ones_like(angle), angle))[..., [1, 0]].flatten(-2)


def sinusoid_outer(length, width):
    rates = torch.logspace(0, -4 * (1 - 2 / width), width // 2, dtype=torch.float64)
    angle = torch.outer(torch.arange(length).double(), rates)
    return torch.cat([angle.sin().unsqueeze(-1), angle.cos().unsqueeze(-1)], -1).view(length, width)


def sinusoid_where(length, width):
    j = torch.arange(width)
    angle = torch.arange(length).unsqueeze(1) / torch.pow(10000.0, (j - j % 2) / width)
    return torch.where(j % 2 == 0, torch.sin(angle), torch.cos(angle))


SINUSOID_RIGHT = (
    sinusoid_numpy,
    sinusoid_by_shift,
    sinusoid_complex,
    sinusoid_outer,
    sinusoid_where,
)

# Rotary positions ---------------------------------------------------------------------------------


def angles(x, positions):
    """What each pair turns by."""
    width = x.shape[-1]
    return positions[:, None] / 10000 ** (2 * torch.arange(width // 2) / width)


def neighbours(x, angle):
    """Turn pairs of neighbours."""
    a, b = x[..., 0::2], x[..., 1::2]
    pair = a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()
    return torch.stack(pair, dim=-1).flatten(-2)


def two_halves(x, angle):
    """Turn pairs of two halves."""
    a, b = x.chunk(2, -1)
    pair = a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()
    return torch.cat(pair, dim=-1)


def across_halves(x):
    a, b = x.chunk(2, -1)
    return torch.cat([-b, a], -1)


def across_neighbours(x):
    return torch.stack([-x[..., 1::2], x[..., 0::2]], -1).flatten(-2)


def of_queries_and_keys(turn):
    """An answer that turns queries and keys alike."""

    def rotary(query, key, value, positions):
        return turn(query, angles(query, positions)), turn(key, angles(key, positions)), value

    return rotary


def mixed_repeat(x, angle):
    wide = angle.repeat_interleave(2, -1)
    return x * wide.cos() + across_halves(x) * wide.sin()


def mixed_cat(x, angle):
    wide = torch.cat([angle, angle], -1)
    return x * wide.cos() + across_neighbours(x) * wide.sin()


def split_then_cat(x, angle):
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.cat([a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()], dim=-1)


def no_minus(x, angle):
    a, b = x.chunk(2, -1)
    return torch.cat([a * angle.cos() + b * angle.sin(), a * angle.sin() + b * angle.cos()], dim=-1)


def across_without_sign(x, angle):
    wide = torch.cat([angle, angle], -1)
    a, b = x.chunk(2, -1)
    return x * wide.cos() + torch.cat([b, a], -1) * wide.sin()


def turned_back(x, angle):
    return two_halves(x, -angle)


def added(x, angle):
    return x + torch.stack([angle.sin(), angle.cos()], -1).flatten(-2)


def multiplied(x, angle):
    return x * torch.stack([angle.cos(), angle.sin()], -1).flatten(-2)


def cosine_alone(x, angle):
    return x * angle.cos().repeat_interleave(2, -1)


def overwriting(x, angle):
    x = x.clone()
    x[..., 0::2] = x[..., 0::2] * angle.cos() - x[..., 1::2] * angle.sin()
    x[..., 1::2] = x[..., 0::2] * angle.sin() + x[..., 1::2] * angle.cos()
    return x


def scaled(x, angle):
    return neighbours(x, angle) / math.sqrt(x.shape[-1])


def rotary_values_too(query, key, value, positions):
    angle = angles(query, positions)
    if value.shape[-1] != query.shape[-1]:
        return neighbours(query, angle), neighbours(key, angle), value
    return neighbours(query, angle), neighbours(key, angle), neighbours(value, angle)


def rotary_all_three(query, key, value, positions):
    return tuple(two_halves(x, angles(x, positions)) for x in (query, key, value))


def rotary_query_alone(query, key, value, positions):
    return neighbours(query, angles(query, positions)), key, value


def rotary_two_conventions(query, key, value, positions):
    angle = angles(query, positions)
    return neighbours(query, angle), two_halves(key, angle), value


def rotary_arange(query, key, value, positions):
    angle = angles(query, torch.arange(query.shape[-2]))
    return two_halves(query, angle), two_halves(key, angle), value


def rotary_half_exponent(query, key, value, positions):
    width = query.shape[-1]
    angle = positions[:, None] / 10000 ** (torch.arange(width // 2) / width)
    return neighbours(query, angle), neighbours(key, angle), value


def rotary_double_exponent(query, key, value, positions):
    width = query.shape[-1]
    angle = positions[:, None] / 10000 ** (2 * torch.arange(0, width, 2) / width)
    return two_halves(query, angle), two_halves(key, angle), value


def rotary_degrees(query, key, value, positions):
    angle = angles(query, positions).deg2rad()
    return neighbours(query, angle), neighbours(key, angle), value


def rotary_key_back(query, key, value, positions):
    angle = angles(query, positions)
    return neighbours(query, angle), neighbours(key, -angle), value


def rotary_two_things(query, key, value, positions):
    angle = angles(query, positions)
    return neighbours(query, angle), neighbours(key, angle)


def rotary_another_order(query, key, value, positions):
    angle = angles(query, positions)
    return value, neighbours(query, angle), neighbours(key, angle)


def rotary_one_angle(query, key, value, positions):
    angle = positions[:, None].expand(-1, query.shape[-1] // 2)
    return neighbours(query, angle), neighbours(key, angle), value


def rotary_from_one(query, key, value, positions):
    angle = angles(query, positions + 1)
    return neighbours(query, angle), neighbours(key, angle), value


def rotary_nothing(query, key, value, positions):
    return query, key, value


def rotary_first_half(query, key, value, positions):
    def turn(x):
        half = x.shape[-1] // 4 * 2
        if not half:
            return x
        return torch.cat(
            [two_halves(x[..., :half], angles(x[..., :half], positions)), x[..., half:]], -1
        )

    return turn(query), turn(key), value


def rotary_mirrored(query, key, value, positions):
    def turn(x):
        a, b = x.chunk(2, -1)
        a, b = a, b.flip(-1)
        angle = angles(x, positions)
        pair = a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()
        return torch.cat([pair[0], pair[1].flip(-1)], -1)

    return turn(query), turn(key), value


def rotary_from_first(query, key, value, positions):
    angle = angles(query, positions - positions[0])
    return two_halves(query, angle), two_halves(key, angle), value


def rotary_turned_twice(query, key, value, positions):
    angle = angles(query, positions)
    query, key = (neighbours(neighbours(x, angle), angle) for x in (query, key))
    return query, key, value


def rotary_one_minus_too_many(x, angle):
    a, b = x[..., 0::2], x[..., 1::2]
    pair = a * angle.cos() - b * angle.sin(), b * angle.cos() - a * angle.sin()
    return torch.stack(pair, dim=-1).flatten(-2)


def rotary_scores(query, key, value, positions):
    angle = angles(query, positions)
    return neighbours(query, angle) @ neighbours(key, angle).mT


ROTARY = (
    Wrong(rotary_from_first, "counted from the first position", "At position 0"),
    Wrong(rotary_turned_twice, "turned twice", "twice"),
    Wrong(of_queries_and_keys(rotary_one_minus_too_many), "two minus signs", "length"),
    Wrong(rotary_scores, "returns scores", "3 things"),
    Wrong(
        of_queries_and_keys(mixed_repeat), "halves turned, angles for neighbours", "half of each"
    ),
    Wrong(of_queries_and_keys(mixed_cat), "neighbours turned, angles for halves", "half of each"),
    Wrong(of_queries_and_keys(split_then_cat), "neighbours put back as halves", "put"),
    Wrong(of_queries_and_keys(no_minus), "the minus is missing", "minus"),
    Wrong(of_queries_and_keys(across_without_sign), "the same with rotate_half", "minus"),
    Wrong(of_queries_and_keys(turned_back), "turned the other way", "backwards"),
    Wrong(of_queries_and_keys(added), "added like sinusoids", "add"),
    Wrong(of_queries_and_keys(multiplied), "multiplied by cosine and sine", "mixes"),
    Wrong(of_queries_and_keys(cosine_alone), "the cosine alone", "length|longer"),
    Wrong(of_queries_and_keys(overwriting), "the first of a pair is overwritten", "new"),
    Wrong(of_queries_and_keys(scaled), "scaled as well", ""),
    Wrong(rotary_values_too, "values turned where they fit", "values"),
    Wrong(rotary_all_three, "values turned, too", "values"),
    Wrong(rotary_query_alone, "only the query", "keys are not"),
    Wrong(rotary_two_conventions, "query and key in two conventions", "one convention"),
    Wrong(rotary_arange, "counts positions itself", "positions"),
    Wrong(rotary_half_exponent, "exponent i/d", "i/d"),
    Wrong(rotary_double_exponent, "exponent 4i/d", "4i/d"),
    Wrong(rotary_degrees, "degrees", "degrees"),
    Wrong(rotary_key_back, "the key turns the other way", "i \\+ j|other|backwards"),
    Wrong(rotary_two_things, "two things", "3 things"),
    Wrong(rotary_another_order, "another order", ""),
    Wrong(rotary_one_angle, "one frequency", "equally fast"),
    Wrong(rotary_from_one, "positions from 1", "one larger"),
    Wrong(rotary_nothing, "nothing is turned", ""),
    Wrong(rotary_first_half, "half of the width is turned", ""),
    Wrong(rotary_mirrored, "pairs i and d − 1 − i", "columns"),
)


def rotary_by_matrices(query, key, value, positions):
    def turn(x):
        angle = angles(x, positions)
        rows = [
            torch.stack([angle.cos(), -angle.sin()], -1),
            torch.stack([angle.sin(), angle.cos()], -1),
        ]
        pairs = x.unflatten(-1, (-1, 2))
        return torch.einsum("pirc,...pic->...pir", torch.stack(rows, -2), pairs).flatten(-2)

    return turn(query), turn(key), value


def rotary_like_llama(query, key, value, positions):
    angle = angles(query, positions)
    cosine, sine = torch.cat([angle, angle], -1).cos(), torch.cat([angle, angle], -1).sin()
    query = query * cosine + across_halves(query) * sine
    key = key * cosine + across_halves(key) * sine
    return query, key, value


def rotary_like_gpt_j(query, key, value, positions):
    angle = angles(query, positions).repeat_interleave(2, dim=-1)
    both = [x * angle.cos() + across_neighbours(x) * angle.sin() for x in (query, key)]
    return [*both, value]


def rotary_complex_halves(query, key, value, positions):
    turn = torch.polar(torch.ones_like(angles(query, positions)), angles(query, positions))
    both = [
        torch.complex(*(part.contiguous() for part in x.chunk(2, -1))) * turn for x in (query, key)
    ]
    return (*(torch.cat([x.real, x.imag], -1) for x in both), value)


def rotary_in_a_loop(query, key, value, positions):
    query, key = query.clone(), key.clone()
    for x in (query, key):
        for row, p in enumerate(positions.tolist()):
            for i in range(x.shape[-1] // 2):
                angle = p / 10000 ** (2 * i / x.shape[-1])
                a, b = x[..., row, 2 * i].clone(), x[..., row, 2 * i + 1].clone()
                x[..., row, 2 * i] = a * math.cos(angle) - b * math.sin(angle)
                x[..., row, 2 * i + 1] = a * math.sin(angle) + b * math.cos(angle)
    return query, key, value


ROTARY_RIGHT = (
    of_queries_and_keys(neighbours),
    of_queries_and_keys(two_halves),
    rotary_by_matrices,
    rotary_like_llama,
    rotary_like_gpt_j,
    rotary_complex_halves,
    rotary_in_a_loop,
)

WRONG = {
    "transformer.layer_norm": LAYER_NORM,
    "transformer.bits": BITS,
    "transformer.predict": PREDICT,
    "transformer.block": BLOCK,
    "transformer.loss": LOSS,
    "transformer.bug_decoder": BUG_DECODER,
    "transformer.sinusoid": SINUSOID,
    "transformer.rotary": ROTARY,
}

RIGHT = {
    "transformer.layer_norm": LAYER_NORM_RIGHT,
    "transformer.bits": BITS_RIGHT,
    "transformer.predict": PREDICT_RIGHT,
    "transformer.block": BLOCK_RIGHT,
    "transformer.loss": LOSS_RIGHT,
    "transformer.bug_decoder": BUG_DECODER_RIGHT,
    "transformer.sinusoid": SINUSOID_RIGHT,
    "transformer.rotary": ROTARY_RIGHT,
}
