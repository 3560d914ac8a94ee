"""Right answers to the exercises of lesson 07, cross-modal attention."""

import math

import torch
import torch.nn.functional as F

from mmtutor.metrics import pointing_accuracy


def cross_by_einsum(text, picture, query_matrix, key_matrix, value_matrix, mask):
    query = torch.einsum("bnw,wi->bni", text, query_matrix)
    key, value = picture @ key_matrix, picture @ value_matrix
    scores = torch.einsum("bni,bpi->bnp", query, key) * query_matrix.shape[1] ** -0.5
    weights = torch.where(mask[:, None, :], scores, torch.tensor(-1e30)).softmax(-1)
    return torch.einsum("bnp,bpv->bnv", weights, value), weights


def cross_by_torch(text, picture, query_matrix, key_matrix, value_matrix, mask):
    query, key, value = text @ query_matrix, picture @ key_matrix, picture @ value_matrix
    identity = torch.eye(key.shape[1]).expand(len(key), -1, -1)
    seen = mask.unsqueeze(1)
    weights = F.scaled_dot_product_attention(query, key, identity, attn_mask=seen)
    return F.scaled_dot_product_attention(query, key, value, attn_mask=seen), weights


def cross_picture_by_picture(text, picture, query_matrix, key_matrix, value_matrix, mask):
    outputs, maps = [], []
    for words, patches, real in zip(text, picture, mask, strict=True):
        kept = patches[real]  # padding is never seen
        scores = (words @ query_matrix) @ (kept @ key_matrix).T / math.sqrt(key_matrix.shape[1])
        weights = scores.softmax(-1)
        outputs.append(weights @ (kept @ value_matrix))
        places = torch.eye(len(real))[real]  # (kept, patches)
        maps.append(weights @ places)
    return torch.stack(outputs), torch.stack(maps)


def cross_renormalised(text, picture, query_matrix, key_matrix, value_matrix, mask):
    scores = (text @ query_matrix) @ (picture @ key_matrix).mT / query_matrix.size(1) ** 0.5
    weights = scores.double().softmax(-1) * mask.unsqueeze(1)  # float32 has no e^-300
    weights = (weights / weights.sum(-1, keepdim=True)).float()
    return weights @ picture @ value_matrix, weights


def reads_with_interleaved_masks(picture, text, mask, heads):
    batch, _, width = picture.shape
    q, k, v = (
        x.unflatten(-1, (heads, -1)).transpose(1, 2).flatten(0, 1) for x in (picture, text, text)
    )
    seen = mask.repeat_interleave(heads, dim=0)[:, None]
    weights = (q @ k.mT / math.sqrt(width / heads)).masked_fill(~seen, -1e9).softmax(-1)
    return (weights @ v).unflatten(0, (batch, heads)).transpose(1, 2).flatten(2)


def reads_heads_outermost(picture, text, mask, heads):
    q, k, v = (torch.cat(x.chunk(heads, dim=-1)) for x in (picture, text, text))
    scores = q @ k.transpose(1, 2) / math.sqrt(q.shape[-1])
    hidden = ~mask.repeat(heads, 1).unsqueeze(1)  # head after head, as the rows are
    found = scores.masked_fill(hidden, -math.inf).softmax(-1) @ v
    return torch.cat(found.chunk(heads), dim=-1)


def reads_by_torch(picture, text, mask, heads):
    q, k, v = (x.unflatten(-1, (heads, -1)).transpose(1, 2) for x in (picture, text, text))
    found = F.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None])
    return found.transpose(1, 2).flatten(2)


def reads_question_by_question(picture, text, mask, heads):
    rows = []
    for patches, words, real in zip(picture, text, mask, strict=True):
        parts = zip(patches.chunk(heads, -1), words[real].chunk(heads, -1), strict=True)
        rows.append(torch.cat([F.scaled_dot_product_attention(q, k, k) for q, k in parts], -1))
    return torch.stack(rows)


def gated_in_two_lines(x, attended, matrix, a, b):
    y = x + torch.tanh(a) * attended
    return y + torch.tanh(b) * (y @ matrix)


def gated_with_one_matrix(x, attended, matrix, a, b):
    y = torch.addcmul(x, a.tanh(), attended)
    return y @ (torch.eye(len(matrix)) + b.tanh() * matrix)


def gated_by_exponentials(x, attended, matrix, a, b):
    first, second = (2 / (1 + (-2 * gate.double()).exp()) - 1 for gate in (a, b))
    y = first * attended.double() + x
    return F.linear(y, matrix.T.double()) * second + y


def gated_multiplied_out(x, attended, matrix, a, b):
    new = a.tanh() * attended
    return x + new + b.tanh() * torch.einsum("bnw,wv->bnv", x + new, matrix)


def alpha_with_a_masked_sum(attended, text, picture, mask, alpha):
    real = mask.unsqueeze(-1)
    mean = (picture * real).sum(1, keepdim=True) / real.sum(1, keepdim=True)
    return attended + (1 - alpha) * (text + mean)


def alpha_with_nanmean(attended, text, picture, mask, alpha):
    mean = picture.masked_fill(~mask[..., None], math.nan).nanmean(1)[:, None]
    return torch.lerp(attended + text + mean, attended, alpha)


def alpha_picture_by_picture(attended, text, picture, mask, alpha):
    means = torch.stack([p[real].mean(0) for p, real in zip(picture, mask, strict=True)])
    return attended + text + means[:, None] - alpha * (text + means[:, None])


def alpha_by_a_matrix(attended, text, picture, mask, alpha):
    even = mask.double() / mask.sum(1, keepdim=True)  # an even look at what is real
    mean = torch.bmm(even.unsqueeze(1), picture.double()).expand(-1, text.shape[1], -1)
    return attended + (1 - alpha) * text + (1 - alpha) * mean


def pointing_by_coordinates(weights, boxes, columns, patch):
    number = weights.argmax(dim=1)
    x, y = (number % columns + 0.5) * patch, (number // columns + 0.5) * patch
    left, top, right, bottom = boxes.unbind(dim=1)
    return ((left <= x) & (x < right) & (top <= y) & (y < bottom)).float().mean()


def pointing_in_a_loop(weights, boxes, columns, patch):
    hits = 0
    for row, (left, top, right, bottom) in zip(weights, boxes.tolist(), strict=True):
        down, across = divmod(int(row.argmax()), columns)
        x, y = across * patch + patch // 2, down * patch + patch // 2
        hits += x in range(left, right) and y in range(top, bottom)
    return hits / len(weights)


def pointing_through_regions(weights, boxes, columns, patch):
    across = (torch.arange(columns) + 0.5) * patch
    down = (torch.arange(weights.shape[1] // columns) + 0.5) * patch
    left, top, right, bottom = boxes.unsqueeze(-1).unbind(1)
    in_rows, in_columns = (down >= top) & (down < bottom), (across >= left) & (across < right)
    return pointing_accuracy(weights, (in_rows[:, :, None] & in_columns[:, None]).flatten(1))


def pointing_by_meshgrid(weights, boxes, columns, patch):
    rows = weights.shape[1] // columns
    y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    places = patch * torch.stack([x, y], -1).flatten(0, 1) + patch / 2  # (patches, 2)
    place = places[weights.topk(1).indices[:, 0]]
    return ((place >= boxes[:, :2]) & (place < boxes[:, 2:])).all(1).double().mean().item()


RIGHT = {
    "crossmodal.cross_attention": [
        cross_by_einsum,
        cross_by_torch,
        cross_picture_by_picture,
        cross_renormalised,
    ],
    "crossmodal.bug_padding": [
        reads_with_interleaved_masks,
        reads_heads_outermost,
        reads_by_torch,
        reads_question_by_question,
    ],
    "crossmodal.gated": [
        gated_in_two_lines,
        gated_with_one_matrix,
        gated_by_exponentials,
        gated_multiplied_out,
    ],
    "crossmodal.alpha": [
        alpha_with_a_masked_sum,
        alpha_with_nanmean,
        alpha_picture_by_picture,
        alpha_by_a_matrix,
    ],
    "crossmodal.blind": [0.046875, 3 / 64, 0.047, torch.tensor(3 / 64)],
    "crossmodal.pointing": [
        pointing_by_coordinates,
        pointing_in_a_loop,
        pointing_through_regions,
        pointing_by_meshgrid,
    ],
}
