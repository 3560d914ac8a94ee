"""A class's answers to the exercises of lesson 03."""

import math
from collections import Counter
from functools import partial
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from tests.classroom import Wrong

# Inputs and targets from one text -----------------------------------------------------------------


def cut_whole(tokens, length):
    n = len(tokens) // length
    return tokens[: n * length].reshape(n, length)


def same_for_both(tokens, length):
    n = (len(tokens) - 1) // length
    x = tokens[: n * length].view(n, length)
    return x, x


def rolled_in_windows(tokens, length):
    x = cut_whole(tokens, length)
    return x, x.roll(-1, dims=1)


def rolled_everywhere(tokens, length):
    return cut_whole(tokens, length), cut_whole(tokens.roll(-1), length)


def rolled_windows_and_text(tokens, length):
    x = cut_whole(tokens, length)
    return x, x.roll(-1)


def rolled_the_other_way(tokens, length):
    return cut_whole(tokens, length), cut_whole(torch.roll(tokens, 1), length)


def exchanged(tokens, length):
    return cut_whole(tokens[1:], length), cut_whole(tokens[:-1], length)


def chunks_of_one_more(tokens, length):
    x = cut_whole(tokens, length + 1)
    return x[:, :-1], x[:, 1:]


def chunks_shifted(tokens, length):
    x = cut_whole(tokens, length)
    return x[:, :-1], x[:, 1:]


def every_start(tokens, length):
    starts = range(len(tokens) - length)
    x = torch.stack([tokens[i : i + length] for i in starts])
    y = torch.stack([tokens[i + 1 : i + length + 1] for i in starts])
    return x, y


def range_too_short(tokens, length):
    starts = range(0, len(tokens) - length - 1, length)
    x = [tokens[i : i + length] for i in starts]
    y = [tokens[i + 1 : i + length + 1] for i in starts]
    return torch.stack(x), torch.stack(y)


def range_too_long(tokens, length):
    starts = range(0, len(tokens), length)
    x = torch.stack([tokens[i : i + length] for i in starts])
    y = torch.stack([tokens[i + 1 : i + length + 1] for i in starts])
    return x, y


def unequal_counts(tokens, length):
    return cut_whole(tokens, length), cut_whole(tokens[1:], length)


def flat_shift(tokens, length):
    return tokens[:-1], tokens[1:]


def only_one(tokens, length):
    return tokens[:length][None], tokens[1 : length + 1][None]


def not_even_an_axis(tokens, length):
    return tokens[:length], tokens[1 : length + 1]


def columns(tokens, length):
    x, y = in_one_line(tokens, length)
    return x.T, y.T


def batchified(tokens, length):
    n = (len(tokens) - 1) // length
    return tokens[: n * length].view(length, n).T, tokens[1 : n * length + 1].view(length, n).T


def two_further(tokens, length):
    n = (len(tokens) - 2) // length
    return cut_whole(tokens[:-2], length)[:n], cut_whole(tokens[2:], length)[:n]


def zero_at_the_end(tokens, length):
    x = cut_whole(tokens, length)
    return x, torch.cat([x[:, 1:], torch.zeros(len(x), 1, dtype=torch.long)], 1)


def ignored_at_the_end(tokens, length):
    x = cut_whole(tokens, length)
    return x, F.pad(x[:, 1:], (0, 1), value=-100)


def last_repeated(tokens, length):
    x = cut_whole(tokens, length)
    return x, torch.cat([x[:, 1:], x[:, -1:]], 1)


def filled_up(tokens, length):
    def fill(x):
        return F.pad(x, (0, -len(x) % length)).view(-1, length)

    return fill(tokens[:-1]), fill(tokens[1:])


def next_window(tokens, length):
    x = cut_whole(tokens, length)
    return x[:-1], x[1:]


def last_target_alone(tokens, length):
    n = (len(tokens) - 1) // length
    return tokens[: n * length].view(n, length), tokens[length::length][:n]


def from_behind(tokens, length):
    rest = (len(tokens) - 1) % length
    return tokens[rest:-1].view(-1, length), tokens[rest + 1 :].view(-1, length)


def one_stacked(tokens, length):
    return torch.stack(in_one_line(tokens, length))


def as_floats(tokens, length):
    x, y = in_one_line(tokens, length)
    return x, F.one_hot(y)


def one_fewer(tokens, length):
    n = len(tokens) // length - 1
    return tokens[: n * length].view(n, length), tokens[1 : n * length + 1].view(n, length)


def only_first_and_last(tokens, length):
    x, y = in_one_line(tokens, length)
    return x[:2], y[:2]


def printed(tokens, length):
    print(in_one_line(tokens, length))


def in_one_line(tokens, length):
    n = (len(tokens) - 1) // length
    return cut_whole(tokens[:-1], length)[:n], cut_whole(tokens[1:], length)[:n]


def as_strided(tokens, length):
    n = (tokens.numel() - 1) // length
    x = tokens.as_strided((n, length), (length, 1))
    return x.clone(), tokens[1:].as_strided((n, length), (length, 1), 1)


def in_numpy(tokens, length):
    text = tokens.numpy()
    n = (text.size - 1) // length
    return text[: n * length].reshape(n, length), text[1 : n * length + 1].reshape(-1, length)


def lists_of_lists(tokens, length):
    text, x, y = tokens.tolist(), [], []
    while len(text) > length:
        x.append(text[:length])
        y.append(text[1 : length + 1])
        text = text[length:]
    return x, y


def by_chunk_and_pairs(tokens, length):
    both = torch.stack([tokens[:-1], tokens[1:]])
    n = both.shape[1] // length
    return tuple(both[:, : n * length].reshape(2, n, length).unbind(0))


def with_split(tokens, length):
    both = zip(tokens[:-1].split(length), tokens[1:].split(length), strict=True)
    whole = [(x, y) for x, y in both if len(x) == length]
    return torch.stack([x for x, _ in whole]), torch.stack([y for _, y in whole])


class Cutter:
    def __call__(self, tokens, length):
        return list(in_one_line(tokens, length))


def random_windows(tokens, length):
    starts = torch.randint(0, len(tokens) - length, ((len(tokens) - 1) // length,))
    pieces = tokens.unfold(0, length + 1, 1)[starts]
    return pieces[:, :-1], pieces[:, 1:]


def half_windows(tokens, length):
    pieces = tokens.unfold(0, length + 1, max(length // 2, 1))
    return pieces[:, :-1], pieces[:, 1:]


def number_of_pieces(tokens, length):
    n = (len(tokens) - 1) // length
    return torch.stack(tokens[: n * length].chunk(length)), torch.stack(
        tokens[1 : n * length + 1].chunk(length)
    )


def from_the_second(tokens, length):
    return in_one_line(tokens[1:], length)


def next_number(tokens, length):
    x, _ = in_one_line(tokens, length)
    return x, x + 1


def all_viewed(tokens, length):
    x = tokens.view(-1, length)
    return x[:, :-1], x[:, 1:]


WINDOWS = (
    Wrong(same_for_both, "inputs for targets", "targets are the inputs"),
    Wrong(rolled_in_windows, "rolls inside each window"),
    Wrong(rolled_everywhere, "rolls the text: the first token comes last"),
    Wrong(rolled_windows_and_text, "rolls the cut windows as one text"),
    Wrong(rolled_the_other_way, "shifts the wrong way", "before"),
    Wrong(exchanged, "inputs and targets exchanged", "other order"),
    Wrong(chunks_of_one_more, "pieces of length + 1", "length \\+ 1"),
    Wrong(chunks_shifted, "windows one too short", "too short"),
    Wrong(every_start, "a window at every token", "every token"),
    Wrong(range_too_short, "the last exact window lost", "missing"),
    Wrong(range_too_long, "unequal windows cannot be stacked", "stack"),
    Wrong(unequal_counts, "a window of inputs without targets"),
    Wrong(flat_shift, "not cut", "cut"),
    Wrong(only_one, "the first window alone", "first window"),
    Wrong(not_even_an_axis, "the first window without an axis", "first row"),
    Wrong(columns, "windows as columns"),
    Wrong(batchified, "dealt out to the windows", "dealt"),
    Wrong(two_further, "two ahead", "after the next"),
    Wrong(zero_at_the_end, "the last target is 0", "0"),
    Wrong(ignored_at_the_end, "the last target is ignored", "100"),
    Wrong(last_repeated, "the last target is the last input"),
    Wrong(filled_up, "a partial window filled with 0", "filled"),
    Wrong(next_window, "the target is the next window", "next"),
    Wrong(last_target_alone, "one target a window", "one target"),
    Wrong(from_behind, "drops at the beginning", "beginning"),
    Wrong(one_stacked, "one tensor of both", "2 things"),
    Wrong(as_floats, "targets one-hot", "shape"),
    Wrong(one_fewer, "drops a whole window"),
    Wrong(only_first_and_last, "two windows at most"),
    Wrong(printed, "prints", "print"),
    Wrong(random_windows, "draws windows at random", "random"),
    Wrong(half_windows, "windows that overlap by half"),
    Wrong(number_of_pieces, "takes the length for a number of windows", "shape|columns|dealt"),
    Wrong(from_the_second, "begins with the second token"),
    Wrong(next_number, "the next number, not the next token", "large by 1"),
    Wrong(all_viewed, "views everything, which rarely fits", "too short"),
)

WINDOWS_RIGHT = (
    in_one_line,
    as_strided,
    in_numpy,
    lists_of_lists,
    by_chunk_and_pairs,
    with_split,
    Cutter(),
)

# How many parameters has this GPT? ----------------------------------------------------------------

PARAMETERS = (
    Wrong(72224, "the tied head counted again", "tied"),
    Wrong(72724, "the tied head and its bias"),
    Wrong(56724, "a bias for the head", "bias"),
    Wrong(54176, "no positions", "positions"),
    Wrong(40224, "no embedding at all", "embedding"),
    Wrong(55360, "no biases", "biases"),
    Wrong(56160, "no last norm", "after the last"),
    Wrong(55776, "no norms", "norm"),
    Wrong(55840, "no norms in the blocks"),
    Wrong(56000, "scales without shifts"),
    Wrong(56032, "one norm a block"),
    Wrong(53056, "three maps of attention", "back to the width"),
    Wrong(94240, "times the heads", "heads"),
    Wrong(43840, "feed-forward one way", "there and not back"),
    Wrong(30816, "one block", "block"),
    Wrong(36864, "12 d² for each block", "rule of thumb"),
    Wrong(52864, "12 d² and the embedding", "rule of thumb"),
    Wrong(54912, "12 d² and the tables", "rule of thumb"),
    Wrong(38112, "the blocks alone", "blocks"),
    Wrong(12704, "one block alone", "one block"),
    Wrong(18048, "the tables alone"),
    Wrong(56000, "rounded to thousands"),
    Wrong(56.224, "in thousands", "thousands"),
    Wrong("56224", "a text", "quotation"),
    Wrong(None, "None", "None"),
    Wrong([16000, 2048, 38112, 64], "the parts", "4"),
    Wrong(lambda: 56224, "a function", "function"),
    Wrong(-56224, "the sign"),
    Wrong(56223, "a slip of one"),
    Wrong(112448, "twice"),
    Wrong(54112, "no positions and no last norm", "positions"),
    Wrong(72160, "the tied head, and no last norm"),
    Wrong(0, "nothing"),
    Wrong(100_000, "a guess"),
    Wrong(50_000, "a guess"),
    Wrong(56_256, "one norm too large"),
    Wrong(58_272, "positions counted twice"),
)

PARAMETERS_RIGHT = (
    56224,
    56224.0,
    16000 + 2048 + 3 * 12704 + 64,
    torch.tensor(56224),
    np.int64(56224),
    [56224],
    sum(
        p.numel()
        for p in nn.ModuleList(
            [nn.Embedding(500, 32), nn.Embedding(64, 32), nn.LayerNorm(32)]
            + [nn.TransformerEncoderLayer(32, 4, 128) for _ in range(3)]
        ).parameters()
    ),
)

# One perplexity for several batches ---------------------------------------------------------------


def losses_of(logits, targets):
    return F.cross_entropy(logits.movedim(-1, 1), targets, reduction="none")


def batch_means(logits, targets, real):
    means = [losses_of(x, t)[r].mean() for x, t, r in zip(logits, targets, real, strict=True)]
    return torch.stack(means).mean().exp()


def batch_perplexities(logits, targets, real):
    means = [
        losses_of(x, t)[r].mean().exp().item()
        for x, t, r in zip(logits, targets, real, strict=True)
    ]
    return sum(means) / len(means)


def row_means(logits, targets, real):
    loss = losses_of(logits.flatten(0, 1), targets.flatten(0, 1))
    r = real.flatten(0, 1)
    return ((loss * r).sum(1) / r.sum(1)).mean().exp()


def row_perplexities(logits, targets, real):
    loss = losses_of(logits.flatten(0, 1), targets.flatten(0, 1))
    r = real.flatten(0, 1)
    return ((loss * r).sum(1) / r.sum(1)).exp().mean()


def of_everything(logits, targets, real):
    return F.cross_entropy(logits.flatten(0, 2), targets.flatten()).exp()


def zeros_in_the_mean(logits, targets, real):
    return (losses_of(logits, targets) * real).mean().exp()


def zero_ignored(logits, targets, real):
    return F.cross_entropy(logits.flatten(0, 2), targets.flatten(), ignore_index=0).exp()


def zero_set_and_ignored(logits, targets, real):
    t = targets * real
    return F.cross_entropy(logits.flatten(0, 2), t.flatten(), ignore_index=0).exp()


def zero_set(logits, targets, real):
    t = targets.masked_fill(~real, 0)
    return F.cross_entropy(logits.flatten(0, 2), t.flatten()).exp()


def in_base_two(logits, targets, real):
    return 2 ** F.cross_entropy(logits[real], targets[real])


def bits_and_e(logits, targets, real):
    logs = torch.log2(logits.softmax(-1)).gather(-1, targets[..., None])[..., 0]
    return (-logs[real].mean()).exp()


def the_loss(logits, targets, real):
    return F.cross_entropy(logits[real], targets[real])


def the_wrong_sign(logits, targets, real):
    return (-F.cross_entropy(logits[real], targets[real])).exp()


def shifted_again(logits, targets, real):
    x, t, r = logits[:, :, :-1], targets[:, :, 1:], real[:, :, 1:]
    return F.cross_entropy(x[r], t[r]).exp()


def of_tokens(logits, targets, real):
    return losses_of(logits, targets)[real].exp().mean()


def of_mean_probability(logits, targets, real):
    p = logits.softmax(-1).gather(-1, targets[..., None])[..., 0]
    return 1 / p[real].mean()


def by_hand_with_softmax(logits, targets, real):
    p = logits.softmax(-1).gather(-1, targets[..., None])[..., 0]
    return (-p.log()[real].mean()).exp()


def with_epsilon(logits, targets, real, epsilon=1e-9):
    p = logits.softmax(-1).gather(-1, targets[..., None])[..., 0]
    return (-(p + epsilon).log()[real].mean()).exp()


def product_of_probabilities(logits, targets, real):
    p = logits.softmax(-1).gather(-1, targets[..., None])[..., 0][real]
    return p.prod() ** (-1 / len(p))


def softmax_first(logits, targets, real):
    return F.cross_entropy(logits.softmax(-1)[real], targets[real]).exp()


def softmax_over_positions(logits, targets, real):
    logs = logits.log_softmax(2).gather(-1, targets[..., None])[..., 0]
    return (-logs[real].mean()).exp()


def softmax_over_batches(logits, targets, real):
    logs = logits.log_softmax(0).gather(-1, targets[..., None])[..., 0]
    return (-logs[real].mean()).exp()


def real_turned_round(logits, targets, real):
    return F.cross_entropy(logits[~real], targets[~real]).exp()


def exponential_of_sum(logits, targets, real):
    return F.cross_entropy(logits[real], targets[real], reduction="sum").exp()


def for_each_batch(logits, targets, real):
    return [
        F.cross_entropy(x[r], t[r]).exp() for x, t, r in zip(logits, targets, real, strict=True)
    ]


def overwritten(logits, targets, real):
    for x, t, r in zip(logits, targets, real, strict=True):
        result = F.cross_entropy(x[r], t[r]).exp()
    return result


def per_row(logits, targets, real):
    total = F.cross_entropy(logits[real], targets[real], reduction="sum")
    return (total / (real.shape[0] * real.shape[1])).exp()


def weighted_by_batch_length(logits, targets, real):
    total = 0
    for x, t, r in zip(logits, targets, real, strict=True):
        total += losses_of(x, t)[r].mean() * r.sum()
    return (total / real.numel()).exp()


def weighted_perplexities(logits, targets, real):
    total = 0
    for x, t, r in zip(logits, targets, real, strict=True):
        total += losses_of(x, t)[r].mean().exp() * r.sum()
    return total / real.sum()


def no_gather(logits, targets, real):
    logs = logits.log_softmax(-1)
    return (-logs.max(-1).values[real].mean()).exp()


def without_softmax(logits, targets, real):
    return (-logits.gather(-1, targets[..., None])[..., 0][real].mean()).exp()


def entropy_of_the_model(logits, targets, real):
    logs = logits.log_softmax(-1)
    return (-(logs.exp() * logs).sum(-1)[real].mean()).exp()


def straight_into_cross_entropy(logits, targets, real):
    return F.cross_entropy(logits, targets).exp()


def clipped(logits, targets, real):
    return F.cross_entropy(logits[real], targets[real]).clamp(max=10).exp()


def perplexity_in_numpy(logits, targets, real):
    x = logits.numpy().astype(np.float64)
    x = x - x.max(-1, keepdims=True)
    logs = x - np.log(np.exp(x).sum(-1, keepdims=True))
    picked = np.take_along_axis(logs, targets.numpy()[..., None], -1)[..., 0]
    return np.exp(-picked[real.numpy()].mean())


def in_four_loops(logits, targets, real):
    losses = []
    for b in range(logits.shape[0]):
        for r in range(logits.shape[1]):
            for i in range(logits.shape[2]):
                if real[b, r, i]:
                    x = logits[b, r, i]
                    losses.append((x.logsumexp(0) - x[targets[b, r, i]]).item())
    return math.exp(sum(losses) / len(losses))


def by_weights(logits, targets, real):
    w = real / real.sum()
    loss = nn.CrossEntropyLoss(reduction="none")(logits.flatten(0, 2), targets.flatten())
    return torch.exp(loss @ w.flatten())


def in_bits(logits, targets, real):
    return 2 ** (F.cross_entropy(logits[real], targets[real]) / math.log(2))


def by_one_hot(logits, targets, real):
    wanted = F.one_hot(targets, logits.shape[-1]) * real[..., None]
    return (-(logits.double().log_softmax(-1) * wanted).sum() / real.sum()).exp()


def means_with_weights(logits, targets, real):
    total = sum(
        losses_of(x, t)[r].mean() * r.sum() for x, t, r in zip(logits, targets, real, strict=True)
    )
    return (total / real.sum()).exp().item()


def negative_probability(logits, targets, real):
    return F.nll_loss(logits.softmax(-1)[real], targets[real]).exp()


def zero_logits(logits, targets, real):
    masked = logits * real[..., None]
    return F.cross_entropy(masked.flatten(0, 2), targets.flatten()).exp()


def returns_in_the_loop(logits, targets, real):
    for x, t, r in zip(logits, targets, real, strict=True):
        return F.cross_entropy(x[r], t[r]).exp()


def running_mean(logits, targets, real):
    mean = None
    for x, t, r in zip(logits, targets, real, strict=True):
        loss = F.cross_entropy(x[r], t[r])
        mean = loss if mean is None else (mean + loss) / 2
    return mean.exp()


def axes_confused(logits, targets, real):
    rows = logits.movedim(-1, 0).reshape(-1, logits.shape[-1])
    return F.cross_entropy(rows[real.flatten()], targets[real]).exp()


def of_each_token(logits, targets, real):
    return F.cross_entropy(logits[real], targets[real], reduction="none").exp()


def two_digits(logits, targets, real):
    return round(F.cross_entropy(logits[real], targets[real]).exp().item(), 2)


PERPLEXITY = (
    Wrong(batch_means, "the mean of the batches' means", "batch"),
    Wrong(batch_perplexities, "the mean of the batches' perplexities", "batches' perplexities"),
    Wrong(row_means, "the mean of the rows' means", "row"),
    Wrong(row_perplexities, "the mean of the rows' perplexities", "rows' perplexities"),
    Wrong(of_everything, "padding counts", "padding"),
    Wrong(zeros_in_the_mean, "padding counts as 0", "divide"),
    Wrong(zero_ignored, "the id 0 is ignored, padding is not", "0"),
    Wrong(zero_set_and_ignored, "padding becomes 0, and real 0s go with it", "id 0"),
    Wrong(zero_set, "padding becomes 0 and counts"),
    Wrong(in_base_two, "2 to the nats", "base"),
    Wrong(bits_and_e, "e to the bits", "base|∞|NaN"),
    Wrong(the_loss, "the loss", "mean loss"),
    Wrong(the_wrong_sign, "the inverse", "sign"),
    Wrong(shifted_again, "shifts once more"),
    Wrong(of_tokens, "the mean of 1 / p", "1 / p"),
    Wrong(of_mean_probability, "1 over the mean probability", "logarithm"),
    Wrong(by_hand_with_softmax, "log of a softmax: ∞", "∞"),
    Wrong(with_epsilon, "adds 1e-9"),
    Wrong(partial(with_epsilon, epsilon=1e-12), "adds 1e-12"),
    Wrong(product_of_probabilities, "a product that becomes 0"),
    Wrong(softmax_first, "softmax twice", "softmax"),
    Wrong(softmax_over_positions, "softmax over positions", "positions"),
    Wrong(softmax_over_batches, "softmax over batches", "batches"),
    Wrong(real_turned_round, "the padding alone"),
    Wrong(exponential_of_sum, "no mean", "sum"),
    Wrong(for_each_batch, "one for each batch"),
    Wrong(overwritten, "the last batch", "last batch"),
    Wrong(per_row, "divided by the rows", "rows"),
    Wrong(weighted_by_batch_length, "weighted, but divided by all places"),
    Wrong(weighted_perplexities, "the weighted mean of perplexities"),
    Wrong(no_gather, "the likeliest token's", "likely"),
    Wrong(without_softmax, "no softmax", "logits"),
    Wrong(entropy_of_the_model, "the entropy"),
    Wrong(straight_into_cross_entropy, "the axes of cross_entropy", "stops|expected|shape"),
    Wrong(clipped, "the mean loss is capped at 10"),
    Wrong(negative_probability, "no logarithm", "below 1"),
    Wrong(zero_logits, "padding's logits are 0 and count", "equally likely"),
    Wrong(returns_in_the_loop, "returns after the first batch", "first batch"),
    Wrong(running_mean, "each new batch counts half"),
    Wrong(axes_confused, "a reshape that mixes the axes"),
    Wrong(of_each_token, "one for each token", "single number"),
    Wrong(two_digits, "rounds to two digits"),
)

PERPLEXITY_RIGHT = (
    perplexity_in_numpy,
    in_four_loops,
    by_weights,
    in_bits,
    by_one_hot,
    means_with_weights,
)

# The next token at a temperature ------------------------------------------------------------------


def cold(logits, temperature, zero):
    """Softmax above 0, and what somebody does at 0."""
    return zero(logits) if temperature == 0 else (logits / temperature).softmax(-1)


def hot(hotter, logits, temperature):
    """Greedy at 0, and what somebody does above."""
    if temperature == 0:
        return first_of_largest(logits)
    return hotter(logits, temperature)


def first_of_largest(logits):
    return F.one_hot(logits.argmax(-1), logits.shape[-1]).float()


def at_zero(zero):
    return lambda logits, temperature: cold(logits, temperature, zero)


def above_zero(hotter):
    return lambda logits, temperature: hot(hotter, logits, temperature)


def no_case_for_zero(logits, temperature):
    return (logits / temperature).softmax(-1)


def falsy(logits, temperature):
    return (logits / (temperature or 1.0)).softmax(-1)


def never_zero(logits, temperature, least=1e-6):
    return (logits / max(temperature, least)).softmax(-1)


def plus_epsilon(logits, temperature):
    return (logits / (temperature + 1e-8)).softmax(-1)


def low_is_greedy(logits, temperature):
    if temperature < 0.01:
        return first_of_largest(logits)
    return (logits / temperature).softmax(-1)


def all_largest(logits):
    return (logits == logits.max(-1, keepdim=True).values).float()


def largest_of_everything(logits):
    return (logits == logits.max()).float()


def scattered_in_dimension_zero(logits):
    return torch.zeros_like(logits).scatter(0, logits.argmax(0, keepdim=True), 1.0)


def one_place(logits):
    result = torch.zeros(logits.shape[-1])
    result[logits.argmax()] = 1
    return result


def by_topk(logits):
    return torch.zeros_like(logits).scatter(-1, logits.topk(1).indices, 1)


def last_largest(logits):
    last = logits.shape[-1] - 1 - logits.flip(-1).argmax(-1)
    return F.one_hot(last, logits.shape[-1]).float()


def exponentials(logits, temperature):
    e = (logits / temperature).exp()
    return e / e.sum(-1, keepdim=True)


def shifted_by_all(logits, temperature):
    e = (logits / temperature - (logits / temperature).max()).exp()
    return e / e.sum(-1, keepdim=True)


def powers_of_softmax(logits, temperature):
    p = logits.softmax(-1) ** (1 / temperature)
    return p / p.sum(-1, keepdim=True)


def with_a_floor(logits, temperature):
    return ((logits - logits.max(-1, keepdim=True).values) / temperature).clamp(min=-3).softmax(-1)


def sampled(logits, temperature):
    p = hot(lambda x, t: (x / t).softmax(-1), logits, temperature)
    return torch.multinomial(p.reshape(-1, p.shape[-1]), 1)


def greedy_one_hot_of_whole_numbers(logits):
    return F.one_hot(logits.argmax(-1), logits.shape[-1])


def two_axes_only(logits, temperature):
    if temperature == 0:
        return first_of_largest(logits)
    return (logits / temperature).softmax(1)


def row_loop(logits, temperature):
    return torch.stack([hot(lambda x, t: (x / t).softmax(0), row, temperature) for row in logits])


def changes_logits(logits, temperature):
    if temperature == 0:
        return first_of_largest(logits)
    logits /= temperature
    return logits.softmax(-1)


def capped_at_one(logits, temperature):
    if temperature == 0:
        return first_of_largest(logits)
    return (logits / min(temperature, 1)).softmax(-1)


def hard_gumbel(logits, temperature):
    if temperature == 0:
        return first_of_largest(logits)
    return F.gumbel_softmax(logits, tau=temperature)


def tie_by_chance(logits):
    return first_of_largest(logits + 1e-4 * torch.rand(logits.shape))


def forgets_to_return(logits, temperature):
    if temperature == 0:
        return first_of_largest(logits)
    (logits / temperature).softmax(-1)


def ones_at_index(logits):
    result = torch.zeros_like(logits)
    result[logits.argmax(-1)] = 1
    return result


TEMPERATURE = (
    Wrong(no_case_for_zero, "divides by 0", "divide by 0"),
    Wrong(falsy, "0 becomes 1", "temperature 1 gives"),
    Wrong(never_zero, "a tiny temperature: ties share", "share"),
    Wrong(partial(never_zero, least=1e-3), "a temperature of 0.001 at least"),
    Wrong(partial(never_zero, least=0.1), "a temperature of 0.1 at least", "small number"),
    Wrong(plus_epsilon, "adds a little: ties share", "share"),
    Wrong(low_is_greedy, "greedy below 0.01"),
    Wrong(at_zero(all_largest), "1 for every tie", "more than 1"),
    Wrong(at_zero(largest_of_everything), "the largest of everything"),
    Wrong(at_zero(scattered_in_dimension_zero), "greedy along the first axis"),
    Wrong(at_zero(one_place), "one place for all rows", "shape|row"),
    Wrong(at_zero(last_largest), "the last of ties", "last"),
    Wrong(at_zero(lambda x: x.argmax(-1)), "the index", "which"),
    Wrong(at_zero(lambda x: x), "the logits", "logits"),
    Wrong(at_zero(torch.zeros_like), "zeros"),
    Wrong(at_zero(lambda x: torch.full_like(x, 1 / x.shape[-1])), "evenly", "same"),
    Wrong(at_zero(lambda x: first_of_largest(-x)), "the smallest at 0"),
    Wrong(above_zero(lambda x, t: (x * t).softmax(-1)), "multiplies", "multiply"),
    Wrong(above_zero(lambda x, t: x.softmax(-1) / t), "divides afterwards", "after"),
    Wrong(above_zero(lambda x, t: x.softmax(-1)), "no temperature", "no effect"),
    Wrong(above_zero(lambda x, t: (x / t**0.5).softmax(-1)), "the root", "root"),
    Wrong(above_zero(lambda x, t: (x / t).log_softmax(-1)), "logarithms", "logarithm"),
    Wrong(above_zero(lambda x, t: (x / t).sigmoid()), "a sigmoid"),
    Wrong(above_zero(lambda x, t: x / t), "no softmax"),
    Wrong(above_zero(lambda x, t: (x / t).softmax(0)), "along the first axis"),
    Wrong(above_zero(lambda x, t: (-x / t).softmax(-1)), "the other sign"),
    Wrong(above_zero(exponentials), "overflows", "exponential"),
    Wrong(above_zero(shifted_by_all), "one maximum for all"),
    Wrong(above_zero(powers_of_softmax), "powers of a softmax that is 0 already"),
    Wrong(above_zero(with_a_floor), "no score more than 3 below"),
    Wrong(above_zero(lambda x, t: first_of_largest(x)), "always greedy", "every temperature"),
    Wrong(two_axes_only, "dim=1", "[Aa]xis"),
    Wrong(row_loop, "loops over the first axis"),
    Wrong(sampled, "samples", "shape|random|chance"),
    Wrong(changes_logits, "changes its input", "changes its input"),
    Wrong(capped_at_one, "a temperature of 1 at most", "above 1"),
    Wrong(hard_gumbel, "samples with Gumbel noise", "random"),
    Wrong(at_zero(tie_by_chance), "breaks ties by chance"),
    Wrong(at_zero(ones_at_index), "indexes rows instead of tokens"),
    Wrong(at_zero(greedy_one_hot_of_whole_numbers), "whole numbers", "int64"),
    Wrong(forgets_to_return, "returns on one branch only", "None"),
    Wrong(above_zero(lambda x, t: (x.log_softmax(-1) / t).exp()), "not made to sum to 1 again"),
    Wrong(above_zero(lambda x, t: (x / (1 + t)).softmax(-1)), "divides by 1 + T"),
    Wrong(above_zero(lambda x, t: (x - t).softmax(-1)), "subtracts T", "no effect"),
    Wrong(above_zero(lambda x, t: (t / x).softmax(-1)), "T divided by the logits"),
)


def with_where(logits, temperature):
    best = torch.arange(logits.shape[-1]) == logits.argmax(-1, keepdim=True)
    soft = (logits.double() / (temperature or 1)).softmax(-1)
    return torch.where(best, 1.0, 0.0) if temperature == 0 else soft


def temperature_in_numpy(logits, temperature):
    x = logits.numpy().astype(np.float64)
    if temperature == 0:
        return np.eye(x.shape[-1])[x.argmax(-1)]
    x = x / temperature
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def recursive(logits, temperature):
    if logits.ndim > 1:
        return torch.stack([recursive(row, temperature) for row in logits])
    row = logits.tolist()
    if temperature == 0:
        return torch.tensor([float(i == row.index(max(row))) for i in range(len(row))])
    e = [math.exp((x - max(row)) / temperature) for x in row]
    return torch.tensor([x / sum(e) for x in e])


class Tempered(nn.Module):
    def forward(self, logits, temperature):
        if temperature > 0:
            return nn.Softmax(dim=-1)(logits * (1 / temperature))
        return nn.functional.one_hot(logits.argmax(dim=-1), logits.size(-1)).to(logits)


TEMPERATURE_RIGHT = (
    with_where,
    temperature_in_numpy,
    recursive,
    Tempered(),
    at_zero(first_of_largest),
    above_zero(lambda x, t: torch.exp(F.log_softmax(x / t, -1))),
    at_zero(lambda x: torch.eye(x.shape[-1])[x.argmax(-1)]),
)

# The distribution of nucleus sampling -------------------------------------------------------------


def in_order(probabilities, p, stays, put_back=True):
    """Sort, let `stays(ranked, cumulated, p)` choose, put back and divide."""
    ranked, order = probabilities.sort(dim=-1, descending=True, stable=True)
    kept = stays(ranked, ranked.cumsum(-1), p)
    kept = torch.zeros_like(kept).scatter(-1, order, kept) if put_back else kept
    left = probabilities * kept
    return left / left.sum(-1, keepdim=True)


def staying(stays, **options):
    return lambda probabilities, p: in_order(probabilities, p, stays, **options)


def up_to_p(ranked, total, p):
    return total <= p


def below_p(ranked, total, p):
    return total < p


def up_to_p_and_first(ranked, total, p):
    kept = total <= p
    kept[..., 0] = True
    return kept


def one_after(ranked, total, p):
    kept = total - ranked < p
    kept[..., 1:] = kept[..., 1:] | kept[..., :-1].clone()
    return kept


def before_or_at(ranked, total, p):
    return total - ranked <= p


def until_the_rest(ranked, total, p):
    return total - ranked < 1 - p


def as_many_as_first(ranked, total, p):
    count = (total - ranked < p).reshape(-1, ranked.shape[-1])[0].sum()
    return (torch.arange(ranked.shape[-1]) < count).expand_as(ranked)


def as_many_as_most(ranked, total, p):
    count = (total - ranked < p).sum(-1).max()
    return (torch.arange(ranked.shape[-1]) < count).expand_as(ranked)


def half_of_all(ranked, total, p):
    return (torch.arange(ranked.shape[-1]) < math.ceil(p * ranked.shape[-1])).expand_as(ranked)


def shifted_mask(ranked, total, p):
    """The way of many libraries, with the shift forgotten."""
    return ~(total > p)


def right(ranked, total, p):
    return total - ranked < p


def upwards(probabilities, p):
    ranked, order = probabilities.sort(dim=-1)
    kept = ranked.cumsum(-1) - ranked < p
    left = probabilities * torch.zeros_like(kept).scatter(-1, order, kept)
    return left / left.sum(-1, keepdim=True)


def upwards_and_cut(probabilities, p):
    ranked, order = probabilities.sort(dim=-1, stable=True)
    cut = ranked.cumsum(-1) <= 1 - p
    left = probabilities.masked_fill(torch.zeros_like(cut).scatter(-1, order, cut), 0)
    return left / left.sum(-1, keepdim=True)


def turned_round(probabilities, p):
    order = probabilities.argsort(-1).flip(-1)
    ranked = probabilities.gather(-1, order)
    kept = torch.zeros_like(ranked).scatter(-1, order, (ranked.cumsum(-1) - ranked < p).float())
    return probabilities * kept / (probabilities * kept).sum(-1, keepdim=True)


def unsorted(probabilities, p):
    kept = probabilities.cumsum(-1) - probabilities < p
    left = probabilities * kept
    return left / left.sum(-1, keepdim=True)


def left_sorted(probabilities, p):
    ranked = probabilities.sort(dim=-1, descending=True).values
    left = ranked * (ranked.cumsum(-1) - ranked < p)
    return left / left.sum(-1, keepdim=True)


def gathered_back(probabilities, p):
    ranked, order = probabilities.sort(dim=-1, descending=True)
    left = ranked * (ranked.cumsum(-1) - ranked < p)
    left = left.gather(-1, order)
    return left / left.sum(-1, keepdim=True)


def above_p(probabilities, p):
    left = probabilities * (probabilities >= p)
    return left / left.sum(-1, keepdim=True)


def min_p(probabilities, p):
    left = probabilities * (probabilities >= p * probabilities.max(-1, keepdim=True).values)
    return left / left.sum(-1, keepdim=True)


def not_divided(probabilities, p):
    ranked, order = probabilities.sort(dim=-1, descending=True, stable=True)
    kept = ranked.cumsum(-1) - ranked < p
    return probabilities * torch.zeros_like(kept).scatter(-1, order, kept)


def divided_by_p(probabilities, p):
    return not_divided(probabilities, p) / p


def softmax_of_left(probabilities, p):
    return not_divided(probabilities, p).softmax(-1)


def softmax_with_infinity(probabilities, p):
    left = not_divided(probabilities, p)
    return left.masked_fill(left == 0, -math.inf).softmax(-1)


def evenly(probabilities, p):
    kept = not_divided(probabilities, p) > 0
    return kept / kept.sum(-1, keepdim=True)


def mask_alone(probabilities, p):
    return (not_divided(probabilities, p) > 0).float()


def yes_and_no(probabilities, p):
    return not_divided(probabilities, p) > 0


def divided_by_all(probabilities, p):
    left = not_divided(probabilities, p)
    return left / left.sum()


def divided_without_keepdim(probabilities, p):
    left = not_divided(probabilities, p)
    return left / left.sum(-1)


def divided_along_first(probabilities, p):
    left = not_divided(probabilities, p)
    return left / left.sum(0)


def ties_stay(probabilities, p):
    left = not_divided(probabilities, p)
    least = left.masked_fill(left == 0, 2).amin(-1, keepdim=True)
    left = probabilities * (probabilities >= least)
    return left / left.sum(-1, keepdim=True)


def nothing_cut(probabilities, p):
    return probabilities


def two_at_least(probabilities, p):
    ranked, order = probabilities.sort(dim=-1, descending=True, stable=True)
    kept = ranked.cumsum(-1) - ranked < p
    kept[..., :2] = True
    left = probabilities * torch.zeros_like(kept).scatter(-1, order, kept)
    return left / left.sum(-1, keepdim=True)


def treats_as_logits(probabilities, p):
    return in_order(probabilities.softmax(-1), p, right)


def scatter_in_dimension_one(probabilities, p):
    ranked, order = probabilities.sort(dim=-1, descending=True, stable=True)
    kept = ranked.cumsum(1) - ranked < p
    left = probabilities * torch.zeros_like(kept).scatter(1, order, kept)
    return left / left.sum(1, keepdim=True)


def index_of_first(probabilities, p):
    """Finds nothing at p = 1 where the sum ends a rounding below."""
    ranked, order = probabilities.sort(dim=-1, descending=True, stable=True)
    count = (ranked.cumsum(-1) >= p).int().argmax(-1, keepdim=True) + 1
    kept = torch.arange(ranked.shape[-1]) < count
    left = probabilities * torch.zeros_like(kept).scatter(-1, order, kept)
    return left / left.sum(-1, keepdim=True)


def cut_twice(probabilities, p):
    return in_order(in_order(probabilities, p, right), p, right)


def changes_probabilities(probabilities, p):
    probabilities[not_divided(probabilities, p) == 0] = 0
    return probabilities / probabilities.sum(-1, keepdim=True)


def first_axis_sorted(probabilities, p):
    ranked, order = probabilities.sort(dim=0, descending=True)
    kept = ranked.cumsum(0) - ranked < p
    left = probabilities * torch.zeros_like(kept).scatter(0, order, kept)
    return left / left.sum(-1, keepdim=True)


def quantile(probabilities, p):
    left = probabilities * (probabilities >= probabilities.quantile(1 - p, dim=-1, keepdim=True))
    return left / left.sum(-1, keepdim=True)


def a_little_for_all(probabilities, p):
    left = not_divided(probabilities, p)
    left = left.masked_fill(left == 0, 1e-3)
    return left / left.sum(-1, keepdim=True)


def largest_is_one(probabilities, p):
    left = not_divided(probabilities, p)
    return left / left.amax(-1, keepdim=True)


TOP_P = (
    Wrong(staying(up_to_p), "drops the token that crosses", "crosses"),
    Wrong(staying(below_p), "drops the token that reaches"),
    Wrong(staying(up_to_p_and_first), "drops the crossing token, keeps the first", "crosses"),
    Wrong(staying(shifted_mask), "the shift of the mask forgotten", "crosses"),
    Wrong(staying(one_after), "one more than needed", "more"),
    Wrong(staying(before_or_at), "one more where p is hit exactly", "exactly"),
    Wrong(staying(until_the_rest), "until 1 − p"),
    Wrong(staying(as_many_as_first), "the first row's number"),
    Wrong(staying(as_many_as_most), "the largest number for all rows"),
    Wrong(staying(half_of_all), "a share of the tokens"),
    Wrong(staying(right, put_back=False), "the mask not put back"),
    Wrong(upwards, "begins with the unlikeliest", "unlikeliest"),
    Wrong(upwards_and_cut, "cut from below: ties the other way round"),
    Wrong(turned_round, "sorted upwards and turned round", "equally likely"),
    Wrong(unsorted, "not sorted", "order of the vocabulary"),
    Wrong(left_sorted, "comes back sorted", "sorted"),
    Wrong(gathered_back, "gather for scatter"),
    Wrong(above_p, "each by itself above p", "by itself"),
    Wrong(min_p, "min-p", "min-p"),
    Wrong(not_divided, "not divided", "sum to 1"),
    Wrong(divided_by_p, "divided by p", "divide by p"),
    Wrong(softmax_of_left, "softmax of what is left", "softmax"),
    Wrong(softmax_with_infinity, "softmax of what stays", "softmax"),
    Wrong(evenly, "evenly", "same"),
    Wrong(mask_alone, "the mask", "1 and 0"),
    Wrong(yes_and_no, "a boolean mask"),
    Wrong(divided_by_all, "one sum for all rows", "all rows"),
    Wrong(divided_without_keepdim, "keepdim forgotten"),
    Wrong(divided_along_first, "sums along the first axis"),
    Wrong(ties_stay, "all ties stay", "as likely as"),
    Wrong(nothing_cut, "nothing is cut"),
    Wrong(two_at_least, "two at least"),
    Wrong(treats_as_logits, "a softmax of probabilities before"),
    Wrong(scatter_in_dimension_one, "dim=1"),
    Wrong(lambda q, p: first_of_largest(q), "greedy", "likeliest"),
    Wrong(index_of_first, "finds no place at p = 1", "`p` is 1"),
    Wrong(cut_twice, "cuts what was cut"),
    Wrong(changes_probabilities, "changes its input", "changes its input"),
    Wrong(first_axis_sorted, "sorts along the first axis"),
    Wrong(quantile, "a quantile of the probabilities"),
    Wrong(a_little_for_all, "leaves a little to all", "shares"),
    Wrong(largest_is_one, "divides by the largest", "largest"),
)


def by_rank(probabilities, p):
    """Each token's own question: how much is ahead of me?"""
    a, b = probabilities[..., :, None], probabilities[..., None, :]
    place = torch.arange(probabilities.shape[-1])
    ahead = (b > a) | ((b == a) & (place < place[:, None]))
    left = probabilities * ((b * ahead).sum(-1) < p)
    return left / left.sum(-1, keepdim=True)


def nucleus_in_numpy(probabilities, p):
    q = probabilities.numpy()
    order = np.argsort(-q, axis=-1, kind="stable")
    ranked = np.take_along_axis(q, order, -1)
    left = np.where(np.cumsum(ranked, -1) - ranked < p, ranked, 0)
    back = np.zeros_like(q)
    np.put_along_axis(back, order, left, -1)
    return back / back.sum(-1, keepdims=True)


def one_row(row, p):
    kept, total = {}, 0.0
    for i, q in sorted(enumerate(row), key=lambda pair: (-pair[1], pair[0])):
        if total >= p:
            break
        kept[i], total = q, total + q
    return [kept.get(i, 0.0) / total for i in range(len(row))]


def in_python(probabilities, p):
    rows = [one_row(row, p) for row in probabilities.reshape(-1, probabilities.shape[-1]).tolist()]
    return torch.tensor(rows).reshape(probabilities.shape)


def count_and_cut(probabilities, p):
    ranked, order = probabilities.sort(dim=-1, descending=True, stable=True)
    count = (ranked.cumsum(-1) < p).sum(-1, keepdim=True) + 1
    rank = order.argsort(-1)
    left = torch.where(rank < count, probabilities, torch.zeros(()))
    return F.normalize(left, p=1, dim=-1)


TOP_P_RIGHT = (
    staying(right),
    by_rank,
    nucleus_in_numpy,
    in_python,
    count_and_cut,
    partial(lambda stays, q, p: in_order(q, p, stays), right),
)

# One merge of byte-pair encoding ------------------------------------------------------------------


def pairs_of(text):
    return [pair for pair in pairwise(text) if 0 not in pair]


def put(text, pair, new):
    result, i = [], 0
    while i < len(text):
        if i + 1 < len(text) and (text[i], text[i + 1]) == pair:
            result.append(new)
            i += 2
        else:
            result.append(text[i])
            i += 1
    return result


def merging(choose=None, replace=put, pairs=pairs_of):
    """A merge of three steps, any of which may be somebody's own."""

    def merge(tokens, new):
        text = tokens.tolist()
        found = pairs(text)
        if not found:
            return tokens
        pair = choose(found) if choose else Counter(found).most_common(1)[0][0]
        return torch.tensor(replace(text, pair, new))

    return merge


def with_gaps(text):
    return list(pairwise(text))


def left_gap_only(text):
    return [(a, b) for a, b in pairwise(text) if a != 0]


def last_tie(found):
    counts, best = Counter(found), None
    for pair in counts:
        if best is None or counts[pair] >= counts[best]:
            best = pair
    return best


def largest_count_and_pair(found):
    counts = Counter(found)
    return max(counts, key=lambda pair: (counts[pair], pair))


def sorted_by_count(found):
    counts = Counter(found)
    return sorted(counts, key=lambda pair: counts[pair])[-1]


def smallest_pair(found):
    counts = Counter(found)
    return min(counts, key=lambda pair: (-counts[pair], pair))


def of_a_set(found):
    return max(sorted(set(found)), key=found.count)


def rarest(found):
    return Counter(found).most_common()[-1][0]


def of_two_frequent_tokens(found):
    (a, _), (b, _) = (Counter(token for pair in found for token in pair).most_common(2) * 2)[:2]
    return (a, b)


def no_skip(text, pair, new):
    result = []
    for i, token in enumerate(text):
        result.append(new if tuple(text[i : i + 2]) == pair else token)
    return result


def skip_forgets_last(text, pair, new):
    result, i = [], 0
    while i < len(text) - 1:
        if (text[i], text[i + 1]) == pair:
            result.append(new)
            i += 2
        else:
            result.append(text[i])
            i += 1
    return result


def once(text, pair, new):
    for i in range(len(text) - 1):
        if (text[i], text[i + 1]) == pair:
            return [*text[:i], new, *text[i + 2 :]]
    return text


def from_the_right(text, pair, new):
    return put(text[::-1], pair[::-1], new)[::-1]


def either_order(text, pair, new):
    return put(put(text, pair, new), pair[::-1], new)


def each_by_itself(text, pair, new):
    return [new if token in pair else token for token in text]


def gap_left(text, pair, new):
    result = list(text)
    for i in range(len(text) - 1):
        if (result[i], result[i + 1]) == pair:
            result[i], result[i + 1] = new, 0
    return result


def without_gaps(text, pair, new):
    return [token for token in put(text, pair, new) if token]


def by_text(text, pair, new):
    """Replaces in a string of numbers: 1 2 is found in 11 2, too."""
    written = " ".join(map(str, text))
    written = written.replace(f"{pair[0]} {pair[1]}", str(new))
    return [int(number) for number in written.split()]


def also_new_pairs(text, pair, new):
    return put(text, pair, max(text) + 1)


def pair_kept_too(text, pair, new):
    result = []
    for i, token in enumerate(text):
        result.append(token)
        if tuple(text[i : i + 2]) == pair:
            result.append(new)
    return result


def each_word_once(text):
    words, word = [], []
    for token in [*text, 0]:
        if token:
            word.append(token)
        elif word not in words:
            words.append(word)
            word = []
        else:
            word = []
    return [pair for word in words for pair in pairwise(word)]


def without_overlaps(text):
    found, i = [], 0
    while i < len(text) - 1:
        pair = (text[i], text[i + 1])
        if 0 not in pair:
            found.append(pair)
        i += 2 if pair[0] == pair[1] and found and found[-1] == pair else 1
    return found


def only_twice(tokens, new):
    found = Counter(pairs_of(tokens.tolist()))
    if not found or found.most_common(1)[0][1] < 2:
        return tokens
    return merging()(tokens, new)


def empty_raises(tokens, new):
    text = tokens.tolist()
    pair = Counter(pairs_of(text)).most_common(1)[0][0]
    return torch.tensor(put(text, pair, new))


def until_nothing_repeats(tokens, new):
    while True:
        found = Counter(pairs_of(tokens.tolist()))
        if not found or found.most_common(1)[0][1] < 2:
            return tokens
        tokens, new = merging()(tokens, new), new + 1


def merge_unique(tokens, new):
    pairs = torch.stack([tokens[:-1], tokens[1:]], 1)
    pairs = pairs[(pairs != 0).all(1)]
    if not len(pairs):
        return tokens
    found, counts = pairs.unique(dim=0, return_counts=True)
    return torch.tensor(put(tokens.tolist(), tuple(found[counts.argmax()].tolist()), new))


def unordered(text):
    return [tuple(sorted(pair)) for pair in pairs_of(text)]


def inserted_in_place(tokens, new):
    merged = merging()(tokens, new)
    tokens[: len(merged)] = merged
    return tokens[: len(merged)]


def every_other(text):
    return [pair for pair in zip(text[::2], text[1::2], strict=False) if 0 not in pair]


def over_gaps(text):
    return list(pairwise([token for token in text if token]))


def closed_to_a_ring(text):
    return [pair for pair in zip(text, [*text[1:], text[0]], strict=True) if 0 not in pair]


def each_pair_once(text):
    return list(dict.fromkeys(pairs_of(text)))


def largest_pair(found):
    return max(Counter(found))


def in_the_first_word(text, pair, new):
    end = text.index(0) if 0 in text else len(text)
    return put(text[:end], pair, new) + text[end:]


def at_the_end(text, pair, new):
    merged = put(text, pair, new)
    return [token for token in merged if token != new] + [new] * merged.count(new)


def swallows_overlaps(text, pair, new):
    result = []
    for token in text:
        if result and (result[-1], token) == pair:
            result[-1] = new
        elif not (result and result[-1] == new and pair == (token, token)):
            result.append(token)
    return result


def misses_the_last_pair(text, pair, new):
    return put(text[:-1], pair, new) + text[-1:]


def split_into_words(tokens, new):
    words = [[]]
    for token in merging()(tokens, new).tolist():
        if token:
            words[-1].append(token)
        else:
            words.append([])
    return words


def nothing_where_no_pair(tokens, new):
    return merging()(tokens, new) if pairs_of(tokens.tolist()) else None


MERGE = (
    Wrong(merging(pairs=with_gaps), "counts pairs with gaps", "gap"),
    Wrong(merging(pairs=left_gap_only), "a pair may end with a gap"),
    Wrong(merging(last_tie), "the last of ties", "last"),
    Wrong(merging(sorted_by_count), "sorts, and takes the last", "last"),
    Wrong(merging(largest_count_and_pair), "ties by the larger pair", "largest numbers"),
    Wrong(merging(smallest_pair), "ties by the smaller pair", "smallest numbers"),
    Wrong(merging(of_a_set), "ties by the order of a set", "smallest numbers"),
    Wrong(merge_unique, "unique sorts", "smallest numbers"),
    Wrong(merging(rarest), "the rarest"),
    Wrong(merging(of_two_frequent_tokens), "two frequent tokens"),
    Wrong(merging(lambda found: found[0]), "the first pair", "first pair"),
    Wrong(merging(replace=no_skip), "does not skip", "second half"),
    Wrong(merging(replace=skip_forgets_last), "loses the last token", "last token"),
    Wrong(merging(replace=once), "the first place only", "first place"),
    Wrong(merging(replace=from_the_right), "from the right", "right"),
    Wrong(merging(replace=either_order), "either order", "other way round"),
    Wrong(merging(replace=each_by_itself), "each token by itself", "by itself"),
    Wrong(merging(replace=gap_left), "leaves gaps behind", "0"),
    Wrong(merging(replace=without_gaps), "loses the gaps", "gaps"),
    Wrong(merging(replace=by_text), "replaces in a string"),
    Wrong(merging(replace=also_new_pairs), "a number of its own", "number"),
    Wrong(merging(replace=pair_kept_too), "adds and keeps"),
    Wrong(merging(replace=lambda text, pair, new: list(pair)), "the pair", "pair itself"),
    Wrong(merging(pairs=each_word_once), "each word once", "once"),
    Wrong(merging(pairs=without_overlaps), "overlaps once"),
    Wrong(merging(pairs=unordered), "pairs without order", "one pair"),
    Wrong(only_twice, "not a pair that comes once", "once"),
    Wrong(empty_raises, "stops where there is no pair", "IndexError"),
    Wrong(until_nothing_repeats, "all merges", "One merge"),
    Wrong(inserted_in_place, "changes its input", "changes its input"),
    Wrong(lambda tokens, new: tokens, "nothing"),
    Wrong(lambda tokens, new: (merging()(tokens, new), (1, 2)), "the pair, too", "tuple"),
    Wrong(merging(pairs=every_other), "counts every other pair", "twos"),
    Wrong(merging(pairs=over_gaps), "counts over gaps", "over the gaps"),
    Wrong(merging(pairs=closed_to_a_ring), "the last meets the first", "last token"),
    Wrong(merging(pairs=each_pair_once), "counts each pair once", "How often"),
    Wrong(merging(largest_pair), "the pair with the largest numbers", "numbers"),
    Wrong(merging(replace=in_the_first_word), "the first word only", "first word"),
    Wrong(merging(replace=at_the_end), "the new tokens at the end", "end of the text"),
    Wrong(merging(replace=swallows_overlaps), "swallows what overlaps"),
    Wrong(merging(replace=misses_the_last_pair), "misses a pair at the end"),
    Wrong(split_into_words, "a list of words"),
    Wrong(nothing_where_no_pair, "None where there is no pair", "None"),
)


def by_groups(tokens, new):
    words, word = [], []
    for token in tokens.tolist():
        if token == 0:
            words.append(word)
            word = []
        else:
            word.append(token)
    words.append(word)
    counts = {}
    for word in words:
        for pair in pairwise(word):
            counts[pair] = counts.get(pair, 0) + 1
    if counts:
        best = max(counts, key=counts.get)
        words = [put(word, best, new) for word in words]
    merged = words[0]
    for word in words[1:]:
        merged = [*merged, 0, *word]
    return torch.tensor(merged)


def strictly_more(found):
    best, most = None, 0
    for pair in found:
        if found.count(pair) > most:
            best, most = pair, found.count(pair)
    return best


def shortened(text, pair, new):
    text, i = list(text), 0
    while i + 1 < len(text):
        if (text[i], text[i + 1]) == pair:
            text[i] = new
            del text[i + 1]
        i += 1
    return text


def in_an_array(tokens, new):
    return merging()(tokens, new).numpy()


def as_a_list(tokens, new):
    return merging()(tokens, new).tolist()


MERGE_RIGHT = (
    merging(),
    merging(strictly_more),
    merging(replace=shortened),
    merging(lambda found: max(found, key=found.count)),
    by_groups,
    in_an_array,
    as_a_list,
)

# A cache that counts anew -------------------------------------------------------------------------


def cached(
    places=lambda past, new, positions: positions[past : past + new],
    seen=lambda every, past: every.tril(past),
    past_places=lambda past, positions: positions[:past],
    scale=lambda keys, x: math.sqrt(keys.shape[-1]),
    hide=lambda scores, seen: scores.masked_fill(~seen, -math.inf).softmax(-1),
    order=lambda old, x: torch.cat([old, x]),
):
    """The mended program, any step of which may be somebody's own."""

    def attend(past, new, positions, query_matrix, key_matrix, value_matrix):
        first = past + past_places(len(past), positions)
        x = new + places(len(past), len(new), positions)
        keys = order(first @ key_matrix, x @ key_matrix)
        values = order(first @ value_matrix, x @ value_matrix)
        scores = x @ query_matrix @ keys.T / scale(keys, x)
        mask = seen(torch.ones_like(scores).bool(), len(past))
        return hide(scores, mask) @ values

    return attend


def from_zero(past, new, positions):
    return positions[:new]


def no_offset(every, past):
    return every.tril()


def no_cache(past, new, positions, query_matrix, key_matrix, value_matrix):
    x = torch.cat([past, new])
    x = x + positions[: len(x)]
    return F.scaled_dot_product_attention(
        x @ query_matrix, x @ key_matrix, x @ value_matrix, is_causal=True
    )


def no_cache_and_all_seen(past, new, positions, query_matrix, key_matrix, value_matrix):
    x = torch.cat([past, new])
    x = x + positions[: len(x)]
    return F.scaled_dot_product_attention(x @ query_matrix, x @ key_matrix, x @ value_matrix)[
        len(past) :
    ]


def no_cache_last_only(past, new, positions, query_matrix, key_matrix, value_matrix):
    return no_cache(past, new, positions, query_matrix, key_matrix, value_matrix)[-1:]


def causal_by_torch(past, new, positions, query_matrix, key_matrix, value_matrix):
    """PyTorch's causal mask begins at the upper left: the offset is missing."""
    first = past + positions[: len(past)]
    x = new + positions[len(past) : len(past) + len(new)]
    all_of_it = torch.cat([first, x])
    return F.scaled_dot_product_attention(
        x @ query_matrix, all_of_it @ key_matrix, all_of_it @ value_matrix, is_causal=True
    )


def new_ones_only(past, new, positions, query_matrix, key_matrix, value_matrix):
    x = new + positions[len(past) : len(past) + len(new)]
    return F.scaled_dot_product_attention(
        x @ query_matrix, x @ key_matrix, x @ value_matrix, is_causal=True
    )


def bare_queries(past, new, positions, query_matrix, key_matrix, value_matrix):
    x = torch.cat([past, new])
    y = x + positions[: len(x)]
    mask = torch.ones(len(x), len(x)).tril().bool()
    return F.scaled_dot_product_attention(
        x @ query_matrix, y @ key_matrix, y @ value_matrix, attn_mask=mask
    )[len(past) :]


def bare_values(past, new, positions, query_matrix, key_matrix, value_matrix):
    x = torch.cat([past, new])
    y = x + positions[: len(x)]
    mask = torch.ones(len(x), len(x)).tril().bool()
    return F.scaled_dot_product_attention(
        y @ query_matrix, y @ key_matrix, x @ value_matrix, attn_mask=mask
    )[len(past) :]


def one_position(past, new, positions):
    return positions[past]


def last_positions(past, new, positions):
    return positions[-new:]


def flipped_offset(every, past):
    return every.tril(-past)


def past_placed_twice(past, new, positions, *matrices):
    return recomputed(past + positions[: len(past)], new, positions, *matrices)


def keys_for_queries(past, new, positions, query_matrix, key_matrix, value_matrix):
    return recomputed(past, new, positions, key_matrix, query_matrix, value_matrix)


def bare_exponentials(scores, seen):
    positive = scores.exp() * seen
    return positive / positive.sum(-1, keepdim=True)


def last_row_alone(every, past):
    mask = every.tril(past)
    mask[:-1] = True
    return mask


def new_square(past, new, positions, query_matrix, key_matrix, value_matrix):
    start = len(past)
    x = torch.cat([past, new]) + positions[: start + len(new)]
    scores = x[start:] @ query_matrix @ (x @ key_matrix).T / math.sqrt(key_matrix.shape[1])
    seen = torch.ones(len(new), len(new)).tril().bool()
    return scores.masked_fill(~seen, -math.inf).softmax(-1) @ (x @ value_matrix)


CACHE = (
    Wrong(cached(places=from_zero, seen=no_offset), "nothing mended", "still does exactly"),
    Wrong(cached(seen=no_offset), "only the positions mended", "sees only the keys"),
    Wrong(cached(places=from_zero), "only the mask mended", "positions 0, 1"),
    Wrong(cached(seen=lambda every, past: every), "no mask", "[Nn]othing is hidden"),
    Wrong(cached(places=from_zero, seen=lambda every, past: every), "no mask, positions from 0"),
    Wrong(cached(seen=lambda every, past: every.tril(past + 1)), "one more", "neighbour"),
    Wrong(cached(seen=lambda every, past: every.tril(past - 1)), "not itself"),
    Wrong(cached(seen=lambda every, past: every.triu(past)), "the other triangle"),
    Wrong(cached(seen=lambda every, past: every.triu(past + 1)), "the future alone"),
    Wrong(cached(seen=flipped_offset), "the offset with the wrong sign"),
    Wrong(cached(seen=lambda every, past: every.tril(every.shape[1])), "an offset of everything"),
    Wrong(
        cached(seen=lambda every, past: every.tril(every.shape[1] - past)), "new for past in tril"
    ),
    Wrong(
        cached(places=lambda past, new, positions: positions[past:]), "all that are left", "table"
    ),
    Wrong(cached(places=last_positions), "the last positions of the table", "table"),
    Wrong(cached(places=one_position), "the same position for all new ones", "first of them"),
    Wrong(cached(places=lambda p, n, positions: positions[p + n - 1]), "the last position for all"),
    Wrong(cached(places=lambda p, n, positions: positions[p + 1 : p + n + 1]), "one too late"),
    Wrong(cached(places=lambda p, n, positions: positions[max(p - 1, 0) :][:n]), "one too early"),
    Wrong(cached(places=lambda p, n, positions: 0), "no positions", "no positions"),
    Wrong(cached(places=lambda p, n, positions: positions[n : 2 * n]), "past and new exchanged"),
    Wrong(cached(past_places=lambda p, positions: 0), "the cache has no positions", "cache"),
    Wrong(cached(past_places=lambda p, positions: positions[-p:]), "the cache at the end"),
    Wrong(cached(scale=lambda keys, x: 1), "no scale", "scale"),
    Wrong(cached(scale=lambda keys, x: keys.shape[-1]), "by the width, not its root"),
    Wrong(cached(scale=lambda keys, x: math.sqrt(len(keys))), "by the length", "number of keys"),
    Wrong(cached(scale=lambda keys, x: math.sqrt(x.shape[-1])), "by the input's width", "width"),
    Wrong(cached(hide=lambda s, seen: (s * seen).softmax(-1)), "hidden with 0", "exp\\(0\\)"),
    Wrong(cached(hide=lambda s, seen: s.softmax(-1) * seen), "hidden afterwards", "after"),
    Wrong(cached(hide=lambda s, m: s.masked_fill(m, -math.inf).softmax(-1)), "inverted"),
    Wrong(cached(hide=lambda s, m: s.masked_fill(~m, -math.inf).softmax(0)), "over queries"),
    Wrong(cached(hide=lambda s, m: s.masked_fill(~m, -100.0).softmax(-1)), "−100 hides too little"),
    Wrong(cached(order=lambda old, x: torch.cat([x, old])), "new before past", "before"),
    Wrong(no_cache, "all outputs"),
    Wrong(no_cache_last_only, "the last output"),
    Wrong(no_cache_and_all_seen, "recomputed without a mask", "[Nn]othing is hidden"),
    Wrong(causal_by_torch, "PyTorch's causal mask without an offset", "sees only the keys"),
    Wrong(new_ones_only, "the cache is not used", "cache"),
    Wrong(bare_queries, "queries without positions", "queries"),
    Wrong(bare_values, "values without positions", "values"),
    Wrong(past_placed_twice, "the cache gets its positions twice"),
    Wrong(keys_for_queries, "the matrices exchanged"),
    Wrong(new_square, "a mask of the new tokens alone", "stops"),
    Wrong(cached(hide=bare_exponentials), "exponentials that overflow or vanish", "NaN"),
    Wrong(cached(hide=lambda s, m: s.masked_fill(~m, -1e3).softmax(-1)), "hides with −1000"),
    Wrong(cached(hide=lambda s, m: s.masked_fill(~m, 0)), "no softmax"),
    Wrong(cached(hide=lambda s, m: (s + m).softmax(-1)), "adds the mask"),
    Wrong(cached(seen=last_row_alone), "hides from the last row alone"),
    Wrong(cached(places=lambda p, n, positions: positions[p:n]), "a slice to n", "stops"),
    Wrong(cached(places=lambda p, n, where: where[:n] + where[p : p + n]), "both positions"),
)


def recomputed(past, new, *rest):
    return no_cache(past, new, *rest)[past.shape[0] :]


def with_a_mask_of_places(past, new, positions, query_matrix, key_matrix, value_matrix):
    n, m = len(past), len(new)
    everything = torch.vstack([past, new]) + positions[: n + m]
    place = torch.arange(n + m)
    mask = torch.where(place[None] <= place[n:, None], 0.0, -torch.inf)
    return F.scaled_dot_product_attention(
        everything[n:] @ query_matrix,
        everything @ key_matrix,
        everything @ value_matrix,
        attn_mask=mask,
    )


def cache_in_numpy(past, new, positions, *matrices):
    p, n, where = past.double().numpy(), new.double().numpy(), positions.double().numpy()
    q, k, v = (matrix.double().numpy() for matrix in matrices)
    x = np.concatenate([p, n]) + where[: len(p) + len(n)]
    scores = x @ q @ (x @ k).T / np.sqrt(k.shape[1])
    scores[np.triu_indices(len(x), 1)] = -np.inf
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return (weights / weights.sum(-1, keepdims=True) @ (x @ v))[len(p) :]


def one_after_the_other(past, new, positions, *matrices):
    rows = []
    for token in new:
        rows.append(recomputed(past, token[None], positions, *matrices)[0])
        past = torch.cat([past, token[None]])
    return torch.stack(rows)


CACHE_RIGHT = (
    cached(),
    cached(seen=lambda every, past: ~every.triu(past + 1)),
    cached(places=lambda p, n, positions: positions[p:][:n]),
    recomputed,
    with_a_mask_of_places,
    cache_in_numpy,
    one_after_the_other,
)

# Does this head continue what it has read? --------------------------------------------------------


def scored(places, asks=None, gather=None, average=None):
    """Loops over sequences and positions; each step may be somebody's own.

    `places(text, i)` are those looked at, `asks(text, i)` says whether i counts.
    """

    def score(attention, tokens):
        found = []
        for maps, text in zip(attention, tokens.tolist(), strict=True):
            rows = []
            for i in range(len(text)):
                where = [k for k in places(text, i) if 0 <= k < len(text)]
                if (asks or seen_before)(text, i):
                    looked = maps[:, i, where]
                    rows.append(gather(looked) if gather else looked.sum(-1))
            found.append(rows)
        return average(found) if average else torch.stack([r for rs in found for r in rs]).mean(0)

    return score


def seen_before(text, i):
    return text[i] in text[:i]


def after_earlier(text, i):
    return [j + 1 for j in range(i) if text[j] == text[i]]


def earlier(text, i):
    return [j for j in range(i) if text[j] == text[i]]


def before_earlier(text, i):
    return [j - 1 for j in range(i) if text[j] == text[i]]


def after_last(text, i):
    return after_earlier(text, i)[-1:]


def after_first(text, i):
    return after_earlier(text, i)[:1]


def after_any(text, i):
    return [j + 1 for j in range(len(text)) if text[j] == text[i]]


def after_or_at(text, i):
    return sorted({*earlier(text, i), *after_earlier(text, i)})


def continuation_token(text, i):
    """All places that hold a token which once came after: not only the place itself."""
    next_tokens = {text[k] for k in after_earlier(text, i)}
    return [k for k in range(i) if text[k] in next_tokens]


def where_next_stands(text, i):
    return [j for j in range(i) if i + 1 < len(text) and text[j] == text[i + 1]]


def previous(text, i):
    return [i - 1]


def not_seen(text, i):
    return not seen_before(text, i)


def mean_or_nothing(looked):
    return looked.mean(-1)


def shifted_diagonal(attention, tokens):
    half = tokens.shape[1] // 2
    return attention.diagonal(-(half - 1), dim1=-2, dim2=-1).mean((0, 2))


def second_half_of_two(attention, tokens):
    half = tokens.shape[1] // 2
    rows = [attention[:, :, i, i - half + 1] for i in range(half, tokens.shape[1])]
    return torch.stack(rows).mean((0, 2)) if half > 1 else attention[:, :, -1, -1].mean(0)


def rolled(attention, tokens):
    """`roll` brings the last place to the front."""
    same = (tokens[:, :, None] == tokens[:, None]).roll(1, -1)
    asks = (tokens[:, :, None] == tokens[:, None]).tril(-1).any(-1)
    paid = (attention * same[:, None]).sum(-1) * asks[:, None]
    return paid.sum((0, 2)) / asks.sum()


def with_itself(attention, tokens):
    same = (tokens[:, :, None] == tokens[:, None]).tril()
    where = F.pad(same, (1, 0))[..., :-1]
    paid = (attention * where[:, None]).sum(-1)
    return paid.sum((0, 2)) / same.any(-1).sum()


def upside_down(attention, tokens):
    return scored(after_earlier)(attention.mT, tokens)


def one_text(attention, tokens):
    return scored(after_earlier)(attention, tokens[:1].expand_as(tokens))


def first_text_only(attention, tokens):
    return scored(after_earlier)(attention[:1], tokens[:1])


def no_head_axis(attention, tokens):
    return scored(after_earlier)(attention, tokens).mean()


def for_each_text(attention, tokens):
    found = [
        scored(after_earlier)(a[None], t[None]) if len(set(t.tolist())) < len(t) else a[:, 0, 0] * 0
        for a, t in zip(attention, tokens, strict=True)
    ]
    return torch.stack(found)


def mean_of_means(found):
    return torch.stack([torch.stack(rows).mean(0) for rows in found if rows]).mean(0)


def all_summed(found):
    return torch.stack([r for rows in found for r in rows]).sum(0)


def by_pairs(attention, tokens):
    same = (tokens[:, :, None] == tokens[:, None]).tril(-1)
    where = F.pad(same, (1, 0))[..., :-1]
    return (attention * where[:, None]).sum((0, 2, 3)) / where.sum()


def hits(attention, tokens):
    best = attention.argmax(-1)
    found = []
    for b, text in enumerate(tokens.tolist()):
        for i in range(len(text)):
            if seen_before(text, i):
                found.append([int(k) in after_earlier(text, i) for k in best[b, :, i]])
    return torch.tensor(found).float().mean(0)


def everywhere(attention, tokens):
    same = (tokens[:, :, None] == tokens[:, None]).tril(-1)
    where = F.pad(same, (1, 0))[..., :-1]
    return (attention * where[:, None]).mean((0, 2, 3))


def not_next_to_it(text, i):
    return [j + 1 for j in range(i - 1) if text[j] == text[i]]


def with_the_same_next(text, i):
    return [k for k in after_earlier(text, i) if i + 1 < len(text) and text[k] == text[i + 1]]


def itself_too(text, i):
    return sorted({*after_earlier(text, i), i})


def two_latest(text, i):
    return after_earlier(text, i)[-2:]


def asks_before_the_end(text, i):
    return seen_before(text, i) and i + 1 < len(text)


def zero_is_padding(text, i):
    return seen_before(text, i) and text[i] != 0


def place_by_place(attention, tokens):
    same = (tokens[:, :, None] == tokens[:, None]).tril(-1)
    paid = (attention[..., 1:] * same[:, None, :, :-1]).sum(-1)
    asks = same.any(-1).sum(0)
    return (paid.sum(0)[:, asks > 0] / asks[asks > 0]).mean(1)


PREFIX = (
    Wrong(scored(earlier), "the earlier token itself", "earlier \\*same\\* token"),
    Wrong(scored(before_earlier), "what came before", "before"),
    Wrong(scored(after_last), "the last occurrence only", "last earlier"),
    Wrong(scored(after_first), "the first occurrence only", "first occurrence"),
    Wrong(scored(after_or_at), "the token and what came after"),
    Wrong(scored(continuation_token), "every place with such a continuation"),
    Wrong(scored(where_next_stands), "looks for the next token", "next"),
    Wrong(scored(previous), "the previous token", "previous"),
    Wrong(scored(after_earlier, lambda text, i: True), "all positions", "all positions"),
    Wrong(scored(after_earlier, lambda text, i: i > 0), "all but the first", "first"),
    Wrong(scored(after_earlier, lambda text, i: text.count(text[i]) > 1), "also the first time"),
    Wrong(scored(after_earlier, not_seen), "positions that do not ask"),
    Wrong(scored(after_earlier, lambda t, i: i >= len(t) // 2), "the second half", "second half"),
    Wrong(scored(after_earlier, gather=mean_or_nothing), "the mean on the places", "mean"),
    Wrong(scored(after_earlier, gather=lambda x: x.amax(-1)), "the largest", "largest"),
    Wrong(scored(after_earlier, average=mean_of_means), "means of sequences that ask"),
    Wrong(scored(after_earlier, average=all_summed), "the sum", "sum"),
    Wrong(second_half_of_two, "one stretch said twice"),
    Wrong(shifted_diagonal, "a diagonal"),
    Wrong(rolled, "later tokens, and a roll"),
    Wrong(with_itself, "itself counts as an occurrence", "itself"),
    Wrong(upside_down, "query and key exchanged", "exchanged"),
    Wrong(one_text, "one text for all", "first sequence's tokens"),
    Wrong(first_text_only, "one sequence", "first sequence"),
    Wrong(no_head_axis, "one number", "heads"),
    Wrong(for_each_text, "one for each sequence"),
    Wrong(by_pairs, "divided by places", "places"),
    Wrong(hits, "how often the largest is right", "largest"),
    Wrong(everywhere, "the mean over everything"),
    Wrong(lambda attention, tokens: attention.mean((0, 2, 3)), "the mean attention"),
    Wrong(lambda a, t: scored(after_earlier)(a, t).argmax(), "which head is best", "shape|number"),
    Wrong(scored(not_next_to_it), "leaves out A A", "at once"),
    Wrong(scored(with_the_same_next), "asks for the same continuation", "comes next"),
    Wrong(scored(itself_too), "attention on itself is added", "itself"),
    Wrong(scored(two_latest), "the two latest occurrences"),
    Wrong(scored(after_earlier, asks_before_the_end), "the last position never asks"),
    Wrong(scored(after_earlier, zero_is_padding), "0 for padding", "0"),
    Wrong(place_by_place, "the mean over places of means", "each place"),
    Wrong(lambda a, t: scored(after_earlier)(a, t).log(), "the logarithm", "logarithm"),
)


def with_a_dictionary(attention, tokens):
    total, count = torch.zeros(attention.shape[1]), 0
    for maps, text in zip(attention, tokens.tolist(), strict=True):
        places = {}
        for i, token in enumerate(text):
            if token in places:
                total += maps[:, i, places[token]].sum(1)
                count += 1
            places.setdefault(token, []).append(i + 1)
    return total / count


def later_as_well(attention, tokens):
    """Without a triangle for the places: what is later has no attention anyway."""
    same = tokens.unsqueeze(-1) == tokens.unsqueeze(-2)
    paid = torch.einsum("bhik,bik->bhi", attention[..., 1:], same[..., :-1].float())
    asks = same.tril(-1).any(-1)
    return torch.stack([paid[:, h][asks].mean() for h in range(paid.shape[1])])


def prefix_in_numpy(attention, tokens):
    a, t = attention.numpy(), tokens.numpy()
    same = np.tril(t[:, :, None] == t[:, None, :], -1)
    return (a[..., 1:] * same[:, None, :, :-1]).sum((0, 2, 3)) / same.any(-1).sum()


def head_by_head(attention, tokens):
    return [
        scored(after_earlier)(attention[:, [h]], tokens).item() for h in range(attention.shape[1])
    ]


PREFIX_RIGHT = (
    scored(after_earlier),
    scored(after_any),
    with_a_dictionary,
    later_as_well,
    prefix_in_numpy,
    head_by_head,
)

WRONG = {
    "gpt.windows": WINDOWS,
    "gpt.parameters": PARAMETERS,
    "gpt.perplexity": PERPLEXITY,
    "gpt.temperature": TEMPERATURE,
    "gpt.top_p": TOP_P,
    "gpt.merge": MERGE,
    "gpt.bug_cache": CACHE,
    "gpt.prefix_matching": PREFIX,
}

RIGHT = {
    "gpt.windows": WINDOWS_RIGHT,
    "gpt.parameters": PARAMETERS_RIGHT,
    "gpt.perplexity": PERPLEXITY_RIGHT,
    "gpt.temperature": TEMPERATURE_RIGHT,
    "gpt.top_p": TOP_P_RIGHT,
    "gpt.merge": MERGE_RIGHT,
    "gpt.bug_cache": CACHE_RIGHT,
    "gpt.prefix_matching": PREFIX_RIGHT,
}
