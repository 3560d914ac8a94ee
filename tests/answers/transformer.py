"""Right answers to the exercises of lesson 02, the Transformer."""

import math

import torch
import torch.nn.functional as F

from mmtutor.checks.transformer.shared import linear, normalise, self_attention


def norm_with_var(x, gain, bias, epsilon):
    variance = x.var(-1, keepdim=True, correction=0)
    return gain * (x - x.mean(-1, keepdim=True)) / torch.sqrt(variance + epsilon) + bias


def norm_in_float64(x, gain, bias, epsilon):
    centred = x.double() - x.double().mean(-1, keepdim=True)
    size = centred.square().sum(-1, keepdim=True) / x.shape[-1]
    return torch.addcmul(bias.double(), centred * torch.rsqrt(size + epsilon), gain.double())


def norm_row_by_row(x, gain, bias, epsilon):
    rows = []
    for row in x.reshape(-1, x.shape[-1]):
        centred = row - row.mean()
        rows.append(centred / (torch.dot(centred, centred) / len(row) + epsilon) ** 0.5)
    return torch.stack(rows).view_as(x) * gain + bias


def bits_through_base_two(log_probabilities, lengths):
    bits = -log_probabilities.double() * math.log2(math.e)
    return bits.sum() / lengths.sum()


def bits_of_a_mean(log_probabilities, lengths):
    nats = log_probabilities.mean().item() / lengths.float().mean().item()
    return -nats / math.log(2)


def bits_in_a_loop(log_probabilities, lengths):
    bits, characters = 0.0, 0
    for p, length in zip(log_probabilities.tolist(), lengths.tolist(), strict=True):
        bits -= p / math.log(2)
        characters += length
    return bits / characters


def block_in_two_lines(x, matrices, first, second):
    x = x + self_attention(normalise(x), matrices)
    return x + linear(linear(normalise(x), first).relu(), second)


def block_by_torch(x, matrices, first, second):
    normed = F.layer_norm(x, x.shape[-1:])
    query, key, value = torch.einsum("bnd,mde->mbne", normed, matrices)
    x = x + F.scaled_dot_product_attention(query, key, value)
    return x + F.relu(F.layer_norm(x, x.shape[-1:]) @ first) @ second


def block_with_names(x, matrices, first, second):
    gathered = self_attention(normalise(x), matrices)
    middle = torch.add(gathered, x)
    hidden = torch.clamp(linear(normalise(middle), first), min=0)
    return torch.baddbmm(middle, hidden, second.expand(len(x), -1, -1))


def loss_by_torch(logits, tokens, padding):
    guesses, targets = logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten()
    return F.cross_entropy(guesses, targets.masked_fill(targets == padding, -100))


def loss_with_a_mask(logits, tokens, padding):
    targets = tokens[:, 1:]
    price = F.cross_entropy(logits[:, :-1].transpose(1, 2), targets, reduction="none")
    counts = targets != padding
    return price[counts].mean()


def loss_by_hand(logits, tokens, padding):
    logs = logits - torch.logsumexp(logits, dim=-1, keepdim=True)
    total, count = 0.0, 0
    for row, sentence in zip(logs, tokens.tolist(), strict=True):
        for guess, target in zip(row, sentence[1:], strict=False):
            if target != padding:
                total, count = total - guess[target], count + 1
    return total / count


def decoder_in_lines(x, memory, own, cross):
    length = x.shape[1]
    query, key, value = (x @ matrix for matrix in own)
    future = torch.ones(length, length).triu(1).bool()
    scores = query @ key.mT / math.sqrt(key.shape[-1])
    x = x + scores.masked_fill(future, -math.inf).softmax(-1) @ value
    query, key, value = x @ cross[0], memory @ cross[1], memory @ cross[2]
    return x + (query @ key.mT / math.sqrt(key.shape[-1])).softmax(-1) @ value


def decoder_by_torch(x, memory, own, cross):
    x = x + F.scaled_dot_product_attention(x @ own[0], x @ own[1], x @ own[2], is_causal=True)
    return x + F.scaled_dot_product_attention(x @ cross[0], memory @ cross[1], memory @ cross[2])


def decoder_by_einsum(x, memory, own, cross):
    def attend(asked, told, matrices, hidden):
        scores = torch.einsum("bqd,bkd->bqk", asked @ matrices[0], told @ matrices[1])
        weights = (scores / asked.shape[-1] ** 0.5 + hidden).softmax(-1)
        return torch.einsum("bqk,bkd->bqd", weights, told @ matrices[2])

    future = torch.full((x.shape[1], x.shape[1]), -math.inf).triu(1)
    x = x + attend(x, x, own, future)
    return x + attend(x, memory, cross, 0.0)


def sinusoid_by_columns(length, width):
    p = torch.arange(length).unsqueeze(1)
    rates = torch.exp(torch.arange(0, width, 2) * (-math.log(10000.0) / width))
    table = torch.zeros(length, width)
    table[:, 0::2] = torch.sin(p * rates)
    table[:, 1::2] = torch.cos(p * rates)
    return table


def sinusoid_by_stack(length, width):
    angle = torch.arange(length)[:, None] / 10000 ** (2 * torch.arange(width // 2) / width)
    return torch.stack([angle.sin(), angle.cos()], dim=-1).reshape(length, width)


def sinusoid_number_by_number(length, width):
    rows = []
    for p in range(length):
        angles = [p / 10000 ** (2 * (j // 2) / width) for j in range(width)]
        rows.append([math.cos(a) if j % 2 else math.sin(a) for j, a in enumerate(angles)])
    return torch.tensor(rows)


def rotary_neighbours(query, key, value, positions):
    width = query.shape[-1]
    angle = positions[:, None] / 10000 ** (2 * torch.arange(width // 2) / width)

    def turn(x):
        a, b = x[..., 0::2], x[..., 1::2]
        new = [a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()]
        return torch.stack(new, dim=-1).flatten(-2)

    return turn(query), turn(key), value


def rotary_halves(query, key, value, positions):
    width = query.shape[-1]
    rates = 10000.0 ** (-torch.arange(0, width, 2) / width)
    angle = torch.cat([positions[:, None] * rates] * 2, dim=-1)

    def turn(x):
        a, b = x.chunk(2, dim=-1)
        return x * angle.cos() + torch.cat([-b, a], dim=-1) * angle.sin()

    return turn(query), turn(key), value


def rotary_complex(query, key, value, positions):
    width = query.shape[-1]
    angle = positions.float().outer(10000.0 ** (-torch.arange(0, width, 2).float() / width))
    turn = torch.polar(torch.ones_like(angle), angle)
    both = []
    for x in (query, key):
        pairs = torch.view_as_complex(x.reshape(*x.shape[:-1], -1, 2).contiguous())
        both.append(torch.view_as_real(pairs * turn).flatten(-2))
    return both[0], both[1], value


RIGHT = {
    "transformer.layer_norm": [norm_with_var, norm_in_float64, norm_row_by_row],
    "transformer.bits": [bits_through_base_two, bits_of_a_mean, bits_in_a_loop],
    "transformer.predict": [
        [512 * 64**2, 512**2 * 64, 511, 1],
        (2_097_152, 16_777_216, 511, 1),
        torch.tensor([2**21, 2**24, 511, 1]),
    ],
    "transformer.block": [block_in_two_lines, block_by_torch, block_with_names],
    "transformer.loss": [loss_by_torch, loss_with_a_mask, loss_by_hand],
    "transformer.bug_decoder": [decoder_in_lines, decoder_by_torch, decoder_by_einsum],
    "transformer.sinusoid": [sinusoid_by_columns, sinusoid_by_stack, sinusoid_number_by_number],
    "transformer.rotary": [rotary_neighbours, rotary_halves, rotary_complex],
}
