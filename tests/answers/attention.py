"""Right answers to the exercises of lesson 01, attention."""

import math

import torch
import torch.nn.functional as F


def softmax_in_float64(scores, temperature):
    scaled = scores.double() / temperature
    positive = (scaled - scaled.max(dim=-1, keepdim=True).values).exp()
    return positive / positive.sum(-1, keepdim=True)


def softmax_row_by_row(scores, temperature):
    rows = []
    for row in scores.reshape(-1, scores.shape[-1]):
        positive = torch.exp((row - max(row)) / temperature)
        rows.append(positive / sum(positive))
    return torch.stack(rows).reshape(scores.shape)


def softmax_through_logarithms(s, t=1.0):
    return (s / t - torch.logsumexp(s / t, dim=-1, keepdim=True)).exp()


def attention_by_einsum(query, key, value, mask):
    scores = torch.einsum("...qd,...kd->...qk", query, key) * query.size(-1) ** -0.5
    weights = torch.softmax(torch.where(mask, scores, torch.tensor(-1e30)), -1) * mask
    return torch.einsum("...qk,...kv->...qv", weights, value), weights


def attention_fused(query, key, value, mask):
    identity = torch.eye(key.shape[-2]).expand(*key.shape[:-1], -1)
    weights = F.scaled_dot_product_attention(query, key, identity, attn_mask=mask)
    return F.scaled_dot_product_attention(query, key, value, attn_mask=mask), weights


def attention_scaling_the_query(query, key, value, mask):
    scores = (query / math.sqrt(query.shape[-1])) @ key.mT
    scores = scores + torch.zeros_like(scores).masked_fill(mask.logical_not(), float("-inf"))
    weights = scores.softmax(-1).nan_to_num(0.0)
    return (weights @ value, weights)


def attention_with_exponentials(query, key, value, mask):
    scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
    shown = scores.masked_fill(~mask, -1e30)
    positive = (shown - shown.amax(-1, keepdim=True)).exp() * mask
    weights = positive / positive.sum(-1, keepdim=True).clamp(min=1e-30)
    return weights @ value, weights


def causal_with_infinity(x, query_matrix, key_matrix, value_matrix):
    query, key, value = x @ query_matrix, x @ key_matrix, x @ value_matrix
    scores = query @ key.mT / key.shape[-1] ** 0.5
    future = torch.full_like(scores, float("-inf")).triu(1)
    return (scores + future).softmax(-1) @ value


def causal_by_torch(x, query_matrix, key_matrix, value_matrix):
    return F.scaled_dot_product_attention(
        x @ query_matrix, x @ key_matrix, x @ value_matrix, is_causal=True
    )


def causal_position_by_position(x, query_matrix, key_matrix, value_matrix):
    query, key, value = x @ query_matrix, x @ key_matrix, x @ value_matrix
    rows = []
    for i in range(x.shape[-2]):
        scores = query[..., i : i + 1, :] @ key[..., : i + 1, :].mT / math.sqrt(key.shape[-1])
        rows.append(scores.softmax(-1) @ value[..., : i + 1, :])
    return torch.cat(rows, dim=-2)


def heads_by_view(query, key, value, heads):
    batch, length, width = query.shape
    q, k, v = (x.view(batch, length, heads, -1).transpose(1, 2) for x in (query, key, value))
    weights = (q @ k.mT / math.sqrt(width // heads)).softmax(-1)
    return (weights @ v).transpose(1, 2).reshape(batch, length, width)


def heads_by_chunk(query, key, value, heads):
    parts = zip(*(x.chunk(heads, dim=-1) for x in (query, key, value)), strict=True)
    return torch.cat([F.scaled_dot_product_attention(q, k, v) for q, k, v in parts], dim=-1)


def heads_by_einsum(query, key, value, heads):
    q, k, v = (x.unflatten(-1, (heads, -1)) for x in (query, key, value))
    weights = torch.einsum("bqhd,bkhd->bhqk", q, k).div(q.shape[-1] ** 0.5).softmax(-1)
    return torch.einsum("bhqk,bkhd->bqhd", weights, v).flatten(-2)


def additive_by_einsum(query, key, query_matrix, key_matrix, vector):
    q, k = query @ query_matrix, key @ key_matrix
    return torch.einsum("...qkh,h->...qk", (q[..., :, None, :] + k[..., None, :, :]).tanh(), vector)


def additive_in_a_loop(query, key, query_matrix, key_matrix, vector):
    rows = [
        torch.tanh((q @ query_matrix).unsqueeze(-2) + key @ key_matrix) @ vector
        for q in query.unbind(-2)
    ]
    return torch.stack(rows, dim=-2)


def additive_with_linear(query, key, query_matrix, key_matrix, vector):
    q = F.linear(query, query_matrix.T).unsqueeze(-2)
    k = F.linear(key, key_matrix.T).unsqueeze(-3)
    return F.linear(torch.tanh(q + k), vector.unsqueeze(0)).squeeze(-1)


RIGHT = {
    "attention.softmax": [
        softmax_in_float64,
        softmax_row_by_row,
        softmax_through_logarithms,
    ],
    "attention.scaled_dot_product": [
        attention_by_einsum,
        attention_fused,
        attention_scaling_the_query,
        attention_with_exponentials,
    ],
    "attention.bug_future": [causal_with_infinity, causal_by_torch, causal_position_by_position],
    "attention.bug_heads": [heads_by_view, heads_by_chunk, heads_by_einsum],
    "attention.additive": [additive_by_einsum, additive_in_a_loop, additive_with_linear],
    "attention.predict": [0.8808, 0.881, torch.tensor(0.8808), 1 / (1 + math.exp(-2))],
    "attention.spread": [[4, 8, 16], (3.98, 8.02, 15.9), torch.tensor([4.0, 8.0, 16.0])],
}
