"""Right answers to the exercises of lesson 03, gpt."""

import math
from collections import Counter
from itertools import pairwise

import torch
import torch.nn.functional as F


def windows_by_unfold(tokens, length):
    pieces = tokens.unfold(0, length + 1, length)
    return pieces[:, :-1], pieces[:, 1:]


def windows_in_a_loop(tokens, length):
    starts = range(0, len(tokens) - length, length)
    inputs = [tokens[start : start + length] for start in starts]
    targets = [tokens[start + 1 : start + length + 1] for start in starts]
    return torch.stack(inputs), torch.stack(targets)


def windows_by_index(tokens, length):
    count = (tokens.shape[0] - 1) // length
    places = torch.arange(count * length).reshape(count, length)
    return tokens[places], tokens[places + 1]


def perplexity_by_cross_entropy(logits, targets, real):
    return F.cross_entropy(logits[real], targets[real]).exp()


def perplexity_batch_by_batch(logits, targets, real):
    total, count = 0.0, 0
    for scores, wanted, counts in zip(logits, targets, real, strict=True):
        total += F.cross_entropy(scores[counts], wanted[counts], reduction="sum").item()
        count += counts.sum().item()
    return math.exp(total / count)


def perplexity_with_ignored(logits, targets, real):
    hidden = targets.masked_fill(~real, -100)
    return F.cross_entropy(logits.flatten(0, 2), hidden.flatten(), ignore_index=-100).exp()


def temperature_by_one_hot(logits, temperature):
    if temperature == 0:
        return F.one_hot(logits.argmax(-1), logits.shape[-1]).float()
    return F.softmax(logits / temperature, dim=-1)


def temperature_by_logarithms(logits, temperature):
    if temperature > 0:
        scaled = logits / temperature
        return (scaled - scaled.logsumexp(-1, keepdim=True)).exp()
    first = (logits == logits.max(-1, keepdim=True).values).long().argmax(-1, keepdim=True)
    return (torch.arange(logits.shape[-1]) == first).float()


def temperature_row_by_row(logits, temperature):
    rows = logits.reshape(-1, logits.shape[-1])
    result = torch.zeros_like(rows)
    for i, row in enumerate(rows):
        if temperature:
            result[i] = torch.softmax(row / temperature, 0)
        else:
            result[i, row.argmax()] = 1
    return result.reshape(logits.shape)


def nucleus_by_places(probabilities, p):
    ranked, order = probabilities.sort(dim=-1, descending=True, stable=True)
    left = ranked * (ranked.cumsum(-1) - ranked < p)
    back = left.gather(-1, order.argsort(-1))
    return back / back.sum(-1, keepdim=True)


def nucleus_in_a_loop(probabilities, p):
    rows = []
    for row in probabilities.reshape(-1, probabilities.shape[-1]).tolist():
        total, kept = 0.0, [0.0] * len(row)
        for i in sorted(range(len(row)), key=lambda i: -row[i]):
            if total < p:
                kept[i] = row[i]
                total += row[i]
        rows.append([one / total for one in kept])
    return torch.tensor(rows).view_as(probabilities)


def nucleus_by_removing(probabilities, p):
    ranked, order = torch.sort(probabilities, descending=True, stable=True, dim=-1)
    remove = ranked.cumsum(-1) >= p
    remove[..., 1:] = remove[..., :-1].clone()
    remove[..., 0] = False
    left = probabilities.masked_fill(torch.zeros_like(remove).scatter(-1, order, remove), 0.0)
    return left / left.sum(-1, keepdim=True)


def merge_by_counter(tokens, new):
    text, merged = tokens.tolist(), []
    counts = Counter(pair for pair in pairwise(text) if all(pair))
    if not counts:
        return tokens
    pair = counts.most_common(1)[0][0]
    for token in text:
        if merged and (merged[-1], token) == pair:
            merged[-1] = new
        else:
            merged.append(token)
    return torch.tensor(merged)


def merge_with_a_dictionary(tokens, new):
    text, counts = tokens.tolist(), {}
    for a, b in pairwise(text):
        if a != 0 and b != 0:
            counts[a, b] = counts.get((a, b), 0) + 1
    pair = max(counts, key=counts.get, default=None)
    merged, skip = [], False
    for place, token in enumerate(text):
        if skip:
            skip = False
        else:
            skip = tuple(text[place : place + 2]) == pair
            merged.append(new if skip else token)
    return torch.tensor(merged)


def merge_with_tensors(tokens, new):
    pairs = torch.stack([tokens[:-1], tokens[1:]], dim=1)
    same = (pairs[:, None] == pairs).all(-1) & (pairs != 0).all(-1)
    if not same.any():
        return tokens.clone()
    places, free = same[same.sum(1).argmax()].nonzero().flatten().tolist(), -1
    merged, kept = tokens.clone(), torch.ones(len(tokens), dtype=torch.bool)
    for place in places:
        if place > free:
            merged[place], kept[place + 1], free = new, False, place + 1
    return merged[kept]


def cache_recomputed(past, new, positions, query_matrix, key_matrix, value_matrix):
    x = torch.cat([past, new])
    x = x + positions[: len(x)]
    q, k, v = x @ query_matrix, x @ key_matrix, x @ value_matrix
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)[len(past) :]


def cache_with_offset(past, new, positions, query_matrix, key_matrix, value_matrix):
    start, end = len(past), len(past) + len(new)
    first, x = past + positions[:start], new + positions[start:end]
    keys = torch.cat([first @ key_matrix, x @ key_matrix])
    values = torch.cat([first @ value_matrix, x @ value_matrix])
    scores = x @ query_matrix @ keys.mT * key_matrix.shape[1] ** -0.5
    future = torch.arange(end) > torch.arange(start, end)[:, None]
    return scores.masked_fill(future, float("-inf")).softmax(-1) @ values


def cache_token_by_token(past, new, positions, query_matrix, key_matrix, value_matrix):
    seen, rows = list(past + positions[: len(past)]), []
    for token in new:
        seen.append(token + positions[len(seen)])
        x = torch.stack(seen)
        scores = x @ key_matrix @ (x[-1] @ query_matrix) / math.sqrt(key_matrix.shape[1])
        rows.append(scores.softmax(0) @ (x @ value_matrix))
    return torch.stack(rows)


def prefix_in_loops(attention, tokens):
    total, count = 0, 0
    for maps, text in zip(attention, tokens.tolist(), strict=True):
        for i, token in enumerate(text):
            places = [j + 1 for j in range(i) if text[j] == token]
            if places:
                total = total + maps[:, i, places].sum(-1)
                count += 1
    return total / count


def prefix_by_einsum(attention, tokens):
    same = (tokens.unsqueeze(2) == tokens.unsqueeze(1)).float().tril(-1)
    where = F.pad(same, (1, 0))[..., :-1]
    return torch.einsum("bhik,bik->h", attention, where) / same.amax(-1).sum()


def prefix_by_shift(attention, tokens):
    earlier = torch.tril(tokens[..., None] == tokens[:, None], diagonal=-1)
    paid = (attention[..., 1:] * earlier[:, None, :, :-1]).sum(-1)
    asks = earlier.any(-1)
    return paid.transpose(0, 1)[:, asks].mean(-1)


RIGHT = {
    "gpt.windows": [windows_by_unfold, windows_in_a_loop, windows_by_index],
    "gpt.perplexity": [
        perplexity_by_cross_entropy,
        perplexity_batch_by_batch,
        perplexity_with_ignored,
    ],
    "gpt.temperature": [temperature_by_one_hot, temperature_by_logarithms, temperature_row_by_row],
    "gpt.top_p": [nucleus_by_places, nucleus_in_a_loop, nucleus_by_removing],
    "gpt.merge": [merge_by_counter, merge_with_a_dictionary, merge_with_tensors],
    "gpt.bug_cache": [cache_recomputed, cache_with_offset, cache_token_by_token],
    "gpt.prefix_matching": [prefix_in_loops, prefix_by_einsum, prefix_by_shift],
    "gpt.parameters": [56224, 56_224.0, torch.tensor(56224)],
}
