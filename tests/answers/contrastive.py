"""Right answers, written in other ways than the reference. Every one of them must pass.

`RIGHT["attention.softmax"]` is a list of at least three. The checks' tests run them all.
"""

import math
from functools import reduce

import einops
import torch
import torch.nn.functional as F
from sklearn.metrics import f1_score, jaccard_score

from mmtutor.metrics import pointing_accuracy


def softmax_by_torch(scores, temperature):
    return torch.softmax(scores / temperature, dim=-1)


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
    positive = (scores - scores.amax(-1, keepdim=True)).exp() * mask
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


def place_by_divmod(weights, columns):
    return divmod(weights.argmax().item(), columns)


def place_by_view(weights, columns):
    grid = weights.view(-1, columns)
    row = grid.amax(1).argmax()
    return int(row), int(grid[row].argmax())


def place_by_sorting(weights, columns):
    number = torch.argsort(weights, descending=True)[0]
    return number // columns, number % columns


def patchify_square_by_square(pictures, size):
    rows, columns = pictures.shape[-2] // size, pictures.shape[-1] // size
    squares = [
        pictures[..., r * size : (r + 1) * size, k * size : (k + 1) * size].flatten(-3)
        for r in range(rows)
        for k in range(columns)
    ]
    return torch.stack(squares, dim=-2)


def patchify_by_einops(pictures, size):
    form = "... c (r y) (k x) -> ... (r k) (c y x)"
    return einops.rearrange(pictures, form, y=size, x=size)


def patchify_by_unfold(pictures, size):
    *batch, channels, height, width = pictures.shape
    columns = F.unfold(pictures.reshape(-1, channels, height, width), size, stride=size)
    return columns.mT.reshape(*batch, -1, channels * size * size)


def patchify_by_convolution(pictures, size):
    *batch, channels, height, width = pictures.shape
    picks = torch.eye(channels * size**2).view(-1, channels, size, size)
    patches = F.conv2d(pictures.reshape(-1, channels, height, width), picks, stride=size)
    return patches.flatten(2).transpose(1, 2).reshape(*batch, -1, channels * size**2)


def patchify_by_permute(pictures, size):
    channels, height, width = pictures.shape[-3:]
    x = pictures.reshape(-1, channels, height // size, size, width // size, size)
    x = x.permute(0, 2, 4, 1, 3, 5).contiguous()
    return x.view(*pictures.shape[:-3], (height // size) * (width // size), -1)


def tokens_by_cat(patches, projection, class_token, positions):
    x = torch.matmul(patches, projection)
    first = class_token[None, None].repeat(x.size(0), 1, 1)
    return torch.cat((first, x), dim=1) + positions[None]


def tokens_position_by_position(patches, projection, class_token, positions):
    first = (class_token + positions[0]).expand(len(patches), -1)
    rest = [patches[:, i] @ projection + positions[i + 1] for i in range(patches.shape[1])]
    return torch.stack([first, *rest], dim=1)


def tokens_by_einsum(patches, projection, class_token, positions):
    x = torch.einsum("bnp,pw->bnw", patches.double(), projection.double())
    return F.pad(x, (0, 0, 1, 0)) + positions + pad_below(class_token, positions)


def pad_below(class_token, positions):
    return F.pad(class_token[None], (0, 0, 0, len(positions) - 1))


def tokens_picture_by_picture(patches, projection, class_token, positions):
    linear = [F.linear(picture, projection.T) for picture in patches]
    return torch.stack([torch.vstack([class_token, x]) + positions for x in linear])


def rollout_in_a_loop(maps):
    tokens = maps.shape[-1]
    flow = torch.eye(tokens)
    for layer in maps.mean(dim=1):
        flow = (layer + torch.eye(tokens)) / 2 @ flow
    return flow


def rollout_normalising_rows(maps):
    mixed = maps.mean(1) + torch.eye(maps.shape[-1])
    mixed = mixed / mixed.sum(-1, keepdim=True)
    return torch.linalg.multi_dot([*mixed.flip(0)])


def rollout_through_the_transpose(maps):
    identity = torch.eye(maps.shape[-1], dtype=torch.float64)
    mixed = torch.einsum("lhqk->lqk", maps.double()) / maps.shape[1] + identity
    flow = identity
    for layer in mixed:
        flow = flow @ layer.T
    return flow.T / 2 ** len(maps)


def rollout_with_reduce(maps):
    identity = torch.eye(maps.shape[-1])
    return reduce(lambda flow, layer: layer @ flow, maps.mean(1).lerp(identity, 0.5))


def scores_class_token_first(patches, class_token, positions, head):
    x = torch.cat([class_token.expand(len(patches), 1, -1), patches], dim=1) + positions
    return (x + F.scaled_dot_product_attention(x, x, x))[:, 0] @ head


def scores_class_token_last(patches, class_token, positions, head):
    batch, _, width = patches.shape
    x = torch.cat([patches, class_token.expand(batch, 1, width)], dim=1) + positions.roll(-1, 0)
    weights = (x @ x.mT / math.sqrt(width)).softmax(-1)
    return ((x + weights @ x) @ head)[:, -1]


def scores_of_one_query(patches, class_token, positions, head):
    query = class_token + positions[0]
    others = patches + positions[1:]
    keys = torch.cat([query.expand(len(patches), 1, -1), others], dim=1)
    weights = torch.softmax(keys @ query * len(query) ** -0.5, dim=-1)
    return (query + torch.einsum("bn,bnw->bw", weights, keys)) @ head


def iou_in_a_loop(predicted, target, classes):
    scores = []
    for number in range(1, classes + 1):
        claimed, true = predicted == number, target == number
        union = (claimed | true).sum()
        if union:
            scores.append((claimed & true).sum() / union)
    return sum(scores) / len(scores)


def iou_by_confusion(predicted, target, classes):
    pairs = (target * (classes + 1) + predicted).flatten()
    table = pairs.bincount(minlength=(classes + 1) ** 2).view(classes + 1, -1).double()
    overlap = table.diagonal()
    union = table.sum(0) + table.sum(1) - overlap
    return (overlap / union)[1:].nanmean()


def iou_by_one_hot(predicted, target, classes):
    p, t = (F.one_hot(x, classes + 1)[..., 1:].flatten(0, -2).bool() for x in (predicted, target))
    union = (p | t).sum(0)
    return ((p & t).sum(0)[union > 0] / union[union > 0]).mean().item()


def iou_by_sets(predicted, target, classes):
    p, t = predicted.flatten().tolist(), target.flatten().tolist()
    shares = []
    for c in set(p + t) - {0}:
        claimed = {i for i, label in enumerate(p) if label == c}
        true = {i for i, label in enumerate(t) if label == c}
        shares.append(len(claimed & true) / len(claimed | true))
    return sum(shares) / len(shares)


def iou_by_sklearn(predicted, target, classes):
    labels = sorted({*predicted.unique().tolist(), *target.unique().tolist()} - {0})
    return jaccard_score(target.flatten(), predicted.flatten(), labels=labels, average="macro")


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
    weights = scores.softmax(-1) * mask.unsqueeze(1)
    weights = weights / weights.sum(-1, keepdim=True)
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


def similarities_by_normalize(pictures, texts, temperature):
    return F.normalize(pictures, dim=-1) @ F.normalize(texts, dim=-1).mT / temperature


def similarities_dividing_by_lengths(pictures, texts, temperature):
    lengths = torch.outer(pictures.norm(dim=1), texts.norm(dim=1))
    return torch.einsum("nd,md->nm", pictures, texts) / lengths / temperature


def similarities_by_broadcasting(pictures, texts, temperature):
    return F.cosine_similarity(pictures[:, None], texts[None], dim=-1).double() / temperature


def similarities_in_a_loop(pictures, texts, temperature):
    def cosine(a, b):
        return (a * b).sum() / (a.square().sum().sqrt() * b.square().sum().sqrt())

    return torch.stack([torch.stack([cosine(p, t) / temperature for t in texts]) for p in pictures])


def info_nce_by_torch(scores):
    own = torch.arange(len(scores))
    return (F.cross_entropy(scores, own) + F.cross_entropy(scores.T, own)) / 2


def info_nce_through_logarithms(scores):
    both = scores.logsumexp(0) + scores.logsumexp(1)
    return (both / 2 - scores.diagonal()).mean()


def info_nce_with_an_identity(scores):
    own = torch.eye(*scores.shape, dtype=torch.float64)
    shares = scores.double().log_softmax(-1) + scores.double().log_softmax(-2)
    return -(own * shares).sum() / (2 * len(scores))


def info_nce_question_by_question(scores):
    n, paid = len(scores), 0.0
    for i in range(n):
        for question in (scores[i], scores[:, i]):
            paid = paid + (question - scores[i, i]).logsumexp(0)
    return paid / (2 * n)


def targets_by_counting(names):
    same = torch.eq(names[:, None], names[None, :])
    return same / same.sum(-1, keepdim=True)


def targets_in_a_loop(names):
    n, values = len(names), names.tolist()
    shares = torch.zeros(n, n, dtype=torch.float64)
    for i in range(n):
        for j in range(n):
            if values[i] == values[j]:
                shares[i, j] = 1 / values.count(values[i])
    return shares


def targets_by_one_hot(names):
    belongs = F.one_hot(names.unique(return_inverse=True)[1]).float()
    return belongs @ (belongs / belongs.sum(0)).T


def targets_by_softmax(names):
    return torch.where(names.view(-1, 1) == names, 0.0, -math.inf).softmax(dim=1)


def clip_by_torch(pictures, texts, log_scale):
    pictures, texts = F.normalize(pictures, dim=1), F.normalize(texts, dim=1)
    scores = log_scale.exp().clamp(max=100) * texts @ pictures.T
    own = torch.arange(len(scores))
    return (F.cross_entropy(scores, own) + F.cross_entropy(scores.T, own)) / 2


def clip_line_by_line(pictures, texts, log_scale):
    pictures = pictures / pictures.norm(dim=1, keepdim=True)
    texts = texts / texts.norm(dim=1, keepdim=True)
    scores = log_scale.exp().clamp(max=100) * texts @ pictures.T
    wanted = torch.eye(len(scores))
    text_loss = -(wanted * scores.log_softmax(dim=1)).sum(dim=1)
    picture_loss = -(wanted.T * scores.T.log_softmax(dim=1)).sum(dim=1)
    return ((text_loss + picture_loss) / 2).mean()


def clip_in_float64(pictures, texts, log_scale):
    cosines = F.cosine_similarity(texts.double()[:, None], pictures.double()[None], dim=-1)
    scores = cosines * log_scale.double().clamp(max=math.log(100)).exp()
    both = scores.logsumexp(0).mean() + scores.logsumexp(1).mean()
    return both / 2 - scores.trace() / len(scores)


def clip_pair_by_pair(pictures, texts, log_scale):
    scale = torch.minimum(log_scale.exp(), torch.tensor(100.0))
    left, right = ([v / v.norm() for v in side] for side in (pictures, texts))
    costs = []
    for i, (p, t) in enumerate(zip(left, right, strict=True)):
        row = torch.stack([scale * (t @ other) for other in left])
        column = torch.stack([scale * (p @ other) for other in right])
        costs.append(-row.log_softmax(0)[i] / 2 - column.log_softmax(0)[i] / 2)
    return sum(costs) / len(costs)


def zero_shot_by_normalize(pictures, prompts):
    return (pictures @ F.normalize(prompts.mean(dim=1), dim=-1).T).argmax(dim=1)


def zero_shot_by_sum(pictures, prompts):
    classes = prompts.sum(1)  # a sum points where the mean points
    return torch.einsum("nd,cd->nc", pictures, classes / classes.norm(dim=1, keepdim=True)).argmax(
        1
    )


def zero_shot_in_a_loop(pictures, prompts):
    found = []
    for picture in pictures.double():
        scores = [torch.cosine_similarity(picture, p.double().mean(0), dim=0) for p in prompts]
        found.append(max(range(len(scores)), key=lambda c: scores[c]))
    return torch.tensor(found)


def zero_shot_by_distance(pictures, prompts):
    return torch.cdist(pictures, F.normalize(prompts.mean(1), dim=1)).min(dim=1).indices


def gradient_by_softmax(scores):
    both = scores.softmax(0) + scores.softmax(1) - 2 * torch.eye(len(scores))
    return both / (2 * len(scores))


def gradient_by_autograd(scores):
    scores = scores.detach().clone().requires_grad_()
    return torch.autograd.grad(info_nce_by_torch(scores), scores)[0]


def gradient_by_torch_func(scores):
    return torch.func.grad(info_nce_through_logarithms)(scores.double())


def gradient_in_a_loop(scores):
    n, result = len(scores), torch.zeros_like(scores)
    for i in range(n):
        result[i] += scores[i].softmax(0)
        result[:, i] += scores[:, i].softmax(0)
        result[i, i] -= 2
    return result / (2 * n)


def joint_loss_by_torch(first, drawn_first, second, drawn_second, code, weights, penalty):
    one = F.mse_loss(drawn_first, first, reduction="sum") / len(first)
    two = F.mse_loss(drawn_second, second, reduction="sum") / len(first)
    return weights[0] * one + weights[1] * two + penalty * code.pow(2).sum() / len(code)


def joint_loss_pair_by_pair(first, drawn_first, second, drawn_second, code, weights, penalty):
    total = 0.0
    for a, b, c, d, z in zip(first, drawn_first, second, drawn_second, code, strict=True):
        total = total + weights[0] * torch.dot(a - b, a - b) + weights[1] * torch.dot(c - d, c - d)
        total = total + penalty * torch.dot(z, z)
    return total / len(first)


def joint_loss_by_norm(first, drawn_first, second, drawn_second, code, weights, penalty):
    sides = ((first - drawn_first, weights[0]), (second - drawn_second, weights[1]))
    sides += ((code, penalty),)
    return sum(w * torch.linalg.vector_norm(x, dim=1) ** 2 for x, w in sides).mean()


def hide_by_cat(draw, share):
    return torch.cat([(draw >= share)[:, None], (draw < 1 - share)[:, None]], dim=1).float()


def hide_in_a_loop(draw, share):
    return torch.tensor([[float(u >= share), float(u < 1 - share)] for u in draw.tolist()])


def hide_from_true(draw, share):
    present = torch.ones(len(draw), 2)
    present[draw < share, 0] = 0
    present[draw >= 1 - share, 1] = 0
    return present


def kl_by_torch(mean, log_variance):
    q = torch.distributions.Normal(mean, (log_variance / 2).exp())
    return torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0))


def kl_as_in_the_paper(mean, log_variance):
    return -0.5 * (1 + log_variance - mean**2 - log_variance.exp())


def kl_by_deviation(mean, log_variance):
    deviation = torch.exp(log_variance / 2)
    return (mean * mean + deviation * deviation - 1) / 2 - torch.log(deviation)


def product_with_the_prior_as_an_expert(means, variances, present):
    means = torch.cat([means, torch.zeros(1, means.shape[1])])
    precisions = torch.cat([present / variances, torch.ones(1, means.shape[1])])
    return torch.stack([(precisions * means).sum(0), torch.ones_like(means[0])]) / precisions.sum(0)


def product_one_by_one(means, variances, present):
    mean, variance = torch.zeros(means.shape[1]), torch.ones(means.shape[1])
    for m, v, there in zip(means, variances, present, strict=True):
        both = 1 / (1 / variance + 1 / v)
        mean = torch.where(there, both * (mean / variance + m / v), mean)
        variance = torch.where(there, both, variance)
    return torch.stack([mean, variance])


def product_by_masking(means, variances, present):
    precisions = (1 / variances).masked_fill(~present, 0.0)
    variance = 1 / (1 + precisions.sum(dim=0))
    return torch.stack([variance * torch.einsum("ep,ep->p", precisions, means), variance])


def vae_by_torch(pictures, weight, mean, log_variance, noise, beta):
    code = mean + torch.exp(0.5 * log_variance) * noise
    drawn = 0.5 * F.mse_loss(code @ weight, pictures, reduction="none").sum(dim=-1)
    return (drawn + beta * kl_by_torch(mean, log_variance).sum(dim=-1)).mean()


def vae_by_deviation(pictures, weight, mean, log_variance, noise, beta):
    deviation = log_variance.exp().sqrt()
    miss = pictures - torch.addcmul(mean, deviation, noise) @ weight
    far = kl_as_in_the_paper(mean, log_variance)
    return (miss.pow(2).sum() / 2 + beta * far.sum()) / len(pictures)


def vae_picture_by_picture(pictures, weight, mean, log_variance, noise, beta):
    rows = []
    for x, m, lv, e in zip(pictures, mean, log_variance, noise, strict=True):
        miss = x - (m + (lv / 2).exp() * e) @ weight
        rows.append(miss @ miss / 2 + beta * kl_by_deviation(m, lv).sum())
    return torch.stack(rows).mean()


def inspector_by_torch(real, drawn):
    one = F.binary_cross_entropy_with_logits(real, torch.ones_like(real))
    return one + F.binary_cross_entropy_with_logits(drawn, torch.zeros_like(drawn))


def inspector_by_logarithms(real, drawn):
    return -F.logsigmoid(real).mean() - F.logsigmoid(-drawn).mean()


def inspector_by_sums(real, drawn):
    one = torch.log1p(torch.exp(-real)).sum() / len(real)
    return one + torch.log1p(torch.exp(drawn)).sum() / drawn.numel()


def fool_by_torch(drawn):
    return F.binary_cross_entropy_with_logits(drawn, torch.ones_like(drawn))


def fool_by_softplus(drawn):
    return F.softplus(-drawn).mean()


def fool_by_logarithm(drawn):
    return -(1 / (1 + torch.exp(-drawn))).log().mean()


def moves_by_grad(generator, inspector, real, noise, rate):
    d = inspector.clone().requires_grad_()
    loss = inspector_by_torch(real @ d, (noise @ generator).detach() @ d)
    d = (d - rate * torch.autograd.grad(loss, d)[0]).detach()
    g = generator.clone().requires_grad_()
    slope = torch.autograd.grad(fool_by_torch(noise @ g @ d), g)[0]
    return torch.cat([(g - rate * slope).detach().flatten(), d])


def moves_by_optimisers(generator, inspector, real, noise, rate):
    g, d = torch.nn.Parameter(generator.clone()), torch.nn.Parameter(inspector.clone())
    first, second = torch.optim.SGD([d], lr=rate), torch.optim.SGD([g], lr=rate)
    inspector_by_logarithms(real @ d, (noise @ g).detach() @ d).backward()
    first.step()
    second.zero_grad()
    fool_by_softplus((noise @ g) @ d).backward()
    second.step()
    return torch.cat([g.detach().flatten(), d.detach()])


def moves_by_hand(generator, inspector, real, noise, rate):
    drawn = noise @ generator
    up = ((real @ inspector).sigmoid() - 1) @ real / len(real)
    down = (drawn @ inspector).sigmoid() @ drawn / len(drawn)
    inspector = inspector - rate * (up + down)
    push = ((drawn @ inspector).sigmoid() - 1) / len(drawn)
    slope = noise.T @ torch.outer(push, inspector)
    return torch.cat([(generator - rate * slope).flatten(), inspector])


def spectral_by_svd(weight):
    return weight / torch.linalg.svdvals(weight)[0]


def spectral_by_norm(weight):
    return weight / torch.linalg.matrix_norm(weight, ord=2)


def spectral_by_eigenvalues(weight):
    return weight / torch.linalg.eigvalsh(weight.T @ weight)[-1].sqrt()


def drawing_by_formula(hidden, mean, variance, scale, shift, eps):
    return (hidden - mean) / (variance + eps).sqrt() * scale + shift


def drawing_by_torch(hidden, mean, variance, scale, shift, eps):
    return torch.nn.functional.batch_norm(hidden, mean, variance, scale, shift, False, 0.1, eps)


def drawing_column_by_column(hidden, mean, variance, scale, shift, eps):
    columns = []
    for k in range(hidden.shape[1]):
        slope = scale[k] / torch.sqrt(variance[k] + eps)
        columns.append(slope * hidden[:, k] + (shift[k] - slope * mean[k]))
    return torch.stack(columns, dim=1)


def diversity_by_pdist(features, letters):
    groups = [features[letters == k] for k in letters.unique()]
    return torch.stack([torch.pdist(group).mean() for group in groups]).mean()


def diversity_by_cdist(features, letters):
    found = []
    for k in set(letters.tolist()):
        group = features[letters == k]
        n = len(group)
        apart = torch.cdist(group, group, compute_mode="donot_use_mm_for_euclid_dist")
        found.append(apart.sum() / (n * (n - 1)))
    return sum(found) / len(found)


def diversity_pair_by_pair(features, letters):
    found = {}
    for i in range(len(features)):
        for j in range(i):
            if letters[i] == letters[j]:
                gap = (features[i] - features[j]).square().sum().sqrt()
                found.setdefault(int(letters[i]), []).append(gap)
    return torch.stack([torch.stack(gaps).mean() for gaps in found.values()]).mean()


RIGHT = {
    "start_here.strongest_patch": [place_by_divmod, place_by_view, place_by_sorting],
    "attention.softmax": [
        softmax_by_torch,
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
    "vit.patchify": [
        patchify_square_by_square,
        patchify_by_einops,
        patchify_by_unfold,
        patchify_by_convolution,
        patchify_by_permute,
    ],
    "vit.tokens": [
        tokens_by_cat,
        tokens_position_by_position,
        tokens_by_einsum,
        tokens_picture_by_picture,
    ],
    "vit.count": [11.56, 11.6, (17 / 5) ** 2, torch.tensor(289 / 25)],
    "vit.rollout": [
        rollout_in_a_loop,
        rollout_normalising_rows,
        rollout_through_the_transpose,
        rollout_with_reduce,
    ],
    "vit.bug_class_token": [
        scores_class_token_first,
        scores_class_token_last,
        scores_of_one_query,
    ],
    "vit.iou": [iou_in_a_loop, iou_by_confusion, iou_by_one_hot, iou_by_sets, iou_by_sklearn],
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
    "contrastive.similarities": [
        similarities_by_normalize,
        similarities_dividing_by_lengths,
        similarities_by_broadcasting,
        similarities_in_a_loop,
    ],
    "contrastive.info_nce": [
        info_nce_by_torch,
        info_nce_through_logarithms,
        info_nce_with_an_identity,
        info_nce_question_by_question,
    ],
    "contrastive.targets": [
        targets_by_counting,
        targets_in_a_loop,
        targets_by_one_hot,
        targets_by_softmax,
    ],
    "contrastive.small_clip": [
        clip_by_torch,
        clip_line_by_line,
        clip_in_float64,
        clip_pair_by_pair,
    ],
    "contrastive.zero_shot": [
        zero_shot_by_normalize,
        zero_shot_by_sum,
        zero_shot_in_a_loop,
        zero_shot_by_distance,
    ],
    "contrastive.chance": [
        [4.852, 5.545, 0.002],
        (math.log(128), math.log(256), 1 / 500),
        torch.tensor([7 * math.log(2), 8 * math.log(2), 0.002]),
        [4.85, 5.55, 0.002],
    ],
    "contrastive.gradient": [
        gradient_by_softmax,
        gradient_by_autograd,
        gradient_by_torch_func,
        gradient_in_a_loop,
    ],
    "contrastive.temperature": [
        [0.1736, 0.6595, 0.03],
        (0.17, 0.66, 0.03),
        torch.tensor([0.174, 0.66, 0.03]),
    ],
    "autoencoders.joint_loss": [joint_loss_by_torch, joint_loss_pair_by_pair, joint_loss_by_norm],
    "autoencoders.hide": [hide_by_cat, hide_in_a_loop, hide_from_true],
    "autoencoders.kl": [kl_by_torch, kl_as_in_the_paper, kl_by_deviation],
    "autoencoders.product": [
        product_with_the_prior_as_an_expert,
        product_one_by_one,
        product_by_masking,
    ],
    "autoencoders.find_bugs": [vae_by_torch, vae_by_deviation, vae_picture_by_picture],
    "autoencoders.beta": [[1024, 1 / 1024], (1024.0, 0.000977), torch.tensor([1024, 2**-10])],
    "autoencoders.weight": [
        [8.866, 1.034, 10.444, 0.643],
        (8.9, 1.03, 10.4, 0.64),
        torch.tensor([8.87, 1.035, 10.45, 0.643]),
    ],
    "gans.inspector": [inspector_by_torch, inspector_by_logarithms, inspector_by_sums],
    "gans.fool": [fool_by_torch, fool_by_softplus, fool_by_logarithm],
    "gans.force": [[0.018, 0.982, 1], (0.01799, 0.98201, 1.0), torch.tensor([0.018, 0.982, 1.0])],
    "gans.moves": [moves_by_grad, moves_by_optimisers, moves_by_hand],
    "gans.spectral": [spectral_by_svd, spectral_by_norm, spectral_by_eigenvalues],
    "gans.drawing": [drawing_by_formula, drawing_by_torch, drawing_column_by_column],
    "gans.diversity": [diversity_by_pdist, diversity_by_cdist, diversity_pair_by_pair],
    "gans.frechet": [[10.0, 0.0], (10, 0), torch.tensor([10.0, 0.0])],
}
