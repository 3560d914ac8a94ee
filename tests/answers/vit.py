"""Right answers to the exercises of lesson 04, the Vision Transformer."""

import math
from functools import reduce

import einops
import torch
import torch.nn.functional as F
from sklearn.metrics import jaccard_score


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


RIGHT = {
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
    "vit.count": [11.56, (17 / 5) ** 2, torch.tensor(289 / 25)],
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
}
