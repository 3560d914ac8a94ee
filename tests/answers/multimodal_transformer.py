"""Right answers to the exercises of lesson 08, multimodal_transformer."""

import math
from fractions import Fraction

import torch
import torch.nn.functional as F


def key_mask_by_padding(words, present, patches, frames):
    sides = F.one_hot(torch.zeros(len(words), dtype=torch.long), 1).bool()
    face = present[:, 1].repeat(patches, 1).T
    voice = present[:, 2].repeat(frames, 1).T
    rest = torch.cat([words.ne(0) * present[:, [0]], face, voice], dim=1)
    return torch.cat((sides, rest), dim=1)[:, None, None]


def key_mask_in_loops(words, present, patches, frames):
    rows = []
    for ids, (word, face, voice) in zip(words.tolist(), present.tolist(), strict=True):
        row = [True] + [word and i != 0 for i in ids] + [face] * patches + [voice] * frames
        rows.append([[row]])
    return torch.tensor(rows)


def key_mask_by_repeating(words, present, patches, frames):
    counts = torch.tensor([words.shape[1], patches, frames])
    there = present.repeat_interleave(counts, dim=1)
    there[:, : words.shape[1]] &= words != 0
    return F.pad(there, (1, 0), value=True)[:, None, None, :]


def pooled_by_products(tokens, mask, sizes):
    which = torch.repeat_interleave(torch.arange(4), torch.tensor([1, *sizes]))
    member = (which == torch.arange(1, 4)[:, None]) & mask[:, None]
    total = torch.einsum("bmt,btw->bmw", member.to(tokens.dtype), tokens)
    return total / member.sum(-1, keepdim=True).clamp(min=1)


def pooled_in_loops(tokens, mask, sizes):
    result = torch.zeros(len(tokens), 3, tokens.shape[-1])
    for b in range(len(tokens)):
        start = 1
        for m, size in enumerate(sizes):
            kept = tokens[b, start : start + size][mask[b, start : start + size]]
            if len(kept):
                result[b, m] = kept.mean(0)
            start += size
    return result


def pooled_by_nanmean(tokens, mask, sizes):
    hidden = tokens.masked_fill(~mask.unsqueeze(-1), float("nan"))[:, 1:]
    parts = torch.split(hidden, sizes, dim=1)
    return torch.stack([part.nanmean(1) for part in parts], 1).nan_to_num(0.0)


def sequence_part_by_part(words, patches, frames, class_token, modality, place):
    parts = [class_token.expand(words.shape[0], 1, -1)]
    for x, kind in zip((words, patches, frames), modality, strict=True):
        parts.append(x + kind + place[: x.shape[1]])
    return torch.cat(parts, dim=1)


def sequence_by_index(words, patches, frames, class_token, modality, place):
    sizes = [words.shape[1], patches.shape[1], frames.shape[1]]
    x = torch.cat([words, patches, frames], dim=1)
    which = torch.tensor([m for m in range(3) for _ in range(sizes[m])])
    where = torch.tensor([i for size in sizes for i in range(size)])
    x = x + F.embedding(which, modality) + F.embedding(where, place)
    return torch.cat([class_token[None, None].repeat(len(x), 1, 1), x], dim=1)


def sequence_in_place(words, patches, frames, class_token, modality, place):
    a, b, c = words.shape[1], patches.shape[1], frames.shape[1]
    result = torch.empty(len(words), 1 + a + b + c, words.shape[2])
    result[:, 0] = class_token
    result[:, 1 : 1 + a] = words + modality[0] + place[:a]
    result[:, 1 + a : 1 + a + b] = patches + modality[1] + place[:b]
    result[:, 1 + a + b :] = frames + modality[-1] + place[:c]
    return result


def forward_with_the_class_last(words, face, voice, real, class_token, modality, matrices, head):
    batch = len(words)
    parts = [words + modality[0], face + modality[1], voice + modality[2]]
    x = torch.cat([*parts, class_token.expand(batch, 1, -1)], dim=1)
    seen = F.pad(real, (0, x.shape[1] - real.shape[1]), value=True)
    q, k, v = x @ matrices[0], x @ matrices[1], x @ matrices[2]
    scores = (q @ k.mT / math.sqrt(x.shape[-1])).masked_fill(~seen[:, None], -math.inf)
    return (x + scores.softmax(dim=-1) @ v)[:, -1] @ head


def forward_for_one_query(words, face, voice, real, class_token, modality, matrices, head):
    batch, word, width = words.shape
    first = class_token.repeat(batch, 1).unsqueeze(1)
    x = torch.cat([first, words + modality[0], face + modality[1], voice + modality[2]], dim=1)
    seen = torch.ones(x.shape[:2], dtype=torch.bool)
    seen[:, 1 : word + 1] = real
    query = class_token @ matrices[0]
    scores = torch.einsum("d,btd->bt", query, x @ matrices[1]) * width**-0.5
    weights = scores.masked_fill(~seen, -math.inf).softmax(1)
    found = torch.einsum("bt,btd->bd", weights, x @ matrices[2])
    return torch.matmul(class_token + found, head)


def forward_by_pytorch(words, face, voice, real, class_token, modality, matrices, head):
    parts = [x + kind for x, kind in zip((words, face, voice), modality, strict=True)]
    x = torch.cat([class_token.expand(len(words), 1, -1), *parts], dim=1)
    always = torch.ones(len(words), x.shape[1] - real.shape[1], dtype=torch.bool)
    seen = torch.cat([always[:, :1], real, always[:, 1:]], dim=1)[:, None]
    q, k, v = (x @ matrix for matrix in matrices)
    x = x + F.scaled_dot_product_attention(q, k, v, attn_mask=seen)
    return x[:, 0] @ head


def dropout_by_parts(mask, sizes, draws, share):
    parts = mask[:, 1:].split(sizes, dim=1)
    there = torch.stack([part.any(1) for part in parts], dim=1)
    kept = draws >= share
    lost = ~(kept & there).any(1)
    best = draws.masked_fill(~there, -1).argmax(1)
    kept[lost, best[lost]] = True
    parts = [part & kept[:, m : m + 1] for m, part in enumerate(parts)]
    return torch.cat([mask[:, :1], *parts], dim=1)


def dropout_in_loops(mask, sizes, draws, share):
    result = mask.clone()
    starts = [1, 1 + sizes[0], 1 + sizes[0] + sizes[1]]
    spans = [slice(start, start + size) for start, size in zip(starts, sizes, strict=True)]
    for b in range(len(mask)):
        there = [m for m in range(3) if mask[b, spans[m]].any()]
        kept = [m for m in there if draws[b, m] >= share]
        if not kept:
            kept = [max(there, key=lambda m: draws[b, m])]
        for m in range(3):
            if m not in kept:
                result[b, spans[m]] = False
    return result


# The largest draw among those that are there is always kept: by itself or as the last one.
def dropout_by_raising(mask, sizes, draws, share):
    which = torch.arange(3).repeat_interleave(torch.tensor(sizes))
    there = torch.zeros(len(mask), 3).index_add(1, which, mask[:, 1:].float()) > 0
    draws = torch.where(there, draws, -torch.ones(()))
    kept = (draws >= share) | (draws == draws.max(dim=1, keepdim=True).values)
    return mask * F.pad(kept[:, which], (1, 0), value=True)


def lift_by_splitting(attention, sizes):
    row = attention[:, :, 0].mean(dim=1)
    shares = torch.stack([part.sum(1) for part in row[:, 1:].split(sizes, dim=1)], dim=1)
    return shares / shares.mean(dim=0)


# A mean over the tokens instead of their sum: their number cancels in the ratio.
def lift_per_token(attention, sizes):
    row = attention.sum(1)[:, 0]
    shares, start = [], 1
    for size in sizes:
        shares.append(row[:, start : start + size].mean(1))
        start += size
    shares = torch.stack(shares).T
    return shares * len(shares) / shares.sum(0)


def lift_by_einsum(attention, sizes):
    which = torch.repeat_interleave(torch.arange(4), torch.tensor([1, *sizes]))
    member = F.one_hot(which)[:, 1:].double()
    shares = torch.einsum("bht,tm->bm", attention[:, :, 0].double(), member)
    return shares / shares.mean(0)


def measured():
    words, mouth, voice = (torch.tensor([1] * n + [-1] * (10 - n)) for n in (8, 9, 4))
    table = torch.cartesian_prod(words, mouth, voice, torch.arange(3))
    changed = torch.zeros(4)
    counts = torch.tensor([3000, 6000, 3000, 1000])
    for *senses, eyes in table.tolist():

        def judged(s, e):
            return (sum(s) if e == 3 else s[e]) > 0

        before = judged(senses, eyes)
        for m in range(3):
            swapped = [-s if i == m else s for i, s in enumerate(senses)]
            hidden = [0 if i == m else s for i, s in enumerate(senses)]
            covered = judged(hidden, 3 if m == 1 else eyes)
            changed[0 if m == eyes else 1] += judged(swapped, eyes) != before
            changed[2] += m == eyes and covered != before
            changed[3] += m == 1 and eyes == 0 and covered != before
    return changed / counts


RIGHT = {
    "multimodal_transformer.limits": [
        [0.95, 0.8, 0.75],
        (Fraction(19, 20), 4 / 5, 3 / 4),
        torch.tensor([0.95, 0.80, 0.75]),
    ],
    "multimodal_transformer.always_neutral": [
        [0.9, 0.316, 0.431],
        [9 / 10, 2 * 0.9 / 1.9 / 3, -(0.9 * math.log(0.8) + 0.1 * math.log(0.1))],
        torch.tensor([0.9, 0.3158, 0.4311]),
    ],
    "multimodal_transformer.key_mask": [
        key_mask_by_padding,
        key_mask_in_loops,
        key_mask_by_repeating,
    ],
    "multimodal_transformer.pooled": [pooled_by_products, pooled_in_loops, pooled_by_nanmean],
    "multimodal_transformer.sequence": [
        sequence_part_by_part,
        sequence_by_index,
        sequence_in_place,
    ],
    "multimodal_transformer.bug_forward": [
        forward_with_the_class_last,
        forward_for_one_query,
        forward_by_pytorch,
    ],
    "multimodal_transformer.dropout": [dropout_by_parts, dropout_in_loops, dropout_by_raising],
    "multimodal_transformer.swap_cover": [
        measured(),
        [1, 0, 0.615, 0.48],
        (1.0, 0.0, (0.8 + 0.644 + 0.4) / 3, 0.48),
    ],
    "multimodal_transformer.lift": [lift_by_splitting, lift_per_token, lift_by_einsum],
}
