"""What a class hands in to the exercises of lesson 07."""

import math
from fractions import Fraction
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from tests.classroom import Wrong

# ── 1 · Words ask, patches answer ─────────────────────────────────────────────────────────────────


def attend(scale=None, hide=None, soft=None, last=None):
    """Return cross-attention with a step replaced: what most answers differ in.

    `scale(scores, q, k, v)`, `hide(scores, mask)`, `soft(scores)` and `last(weights, values)` are
    the right steps unless they are given.
    """
    scale = scale or (lambda scores, q, k, v: scores / q.shape[-1] ** 0.5)
    hide = hide or (lambda scores, mask: scores.masked_fill(~mask[:, None, :], -math.inf))
    soft = soft or (lambda scores: scores.softmax(-1))
    last = last or (lambda weights, values: (weights @ values, weights))

    def answer(text, picture, query_matrix, key_matrix, value_matrix, mask):
        q, k, v = text @ query_matrix, picture @ key_matrix, picture @ value_matrix
        return last(soft(hide(scale(q @ k.transpose(1, 2), q, k, v), mask)), v)

    return answer


RIGHT_ATTENTION = attend()


def masked_after(text, picture, query_matrix, key_matrix, value_matrix, mask):
    q, k, v = text @ query_matrix, picture @ key_matrix, picture @ value_matrix
    w = (q @ k.transpose(1, 2) / q.shape[-1] ** 0.5).softmax(-1) * mask[:, None, :]
    return w @ v, w


def picture_hidden_first(text, picture, query_matrix, key_matrix, value_matrix, mask):
    picture = picture * mask.unsqueeze(-1)
    everything = torch.ones_like(mask)
    return RIGHT_ATTENTION(text, picture, query_matrix, key_matrix, value_matrix, everything)


def values_hidden(text, picture, query_matrix, key_matrix, value_matrix, mask):
    q, k = text @ query_matrix, picture @ key_matrix
    w = (q @ k.transpose(1, 2) / q.shape[-1] ** 0.5).softmax(-1)
    return w @ (picture @ value_matrix * mask.unsqueeze(-1)), w


def values_of_text(text, picture, query_matrix, key_matrix, value_matrix, mask):
    w = RIGHT_ATTENTION(text, picture, query_matrix, key_matrix, value_matrix, mask)[1]
    return w @ (text @ value_matrix), w


def no_values(text, picture, query_matrix, key_matrix, value_matrix, mask):
    w = RIGHT_ATTENTION(text, picture, query_matrix, key_matrix, value_matrix, mask)[1]
    return w @ picture, w


def patches_ask(text, picture, query_matrix, key_matrix, value_matrix, mask):
    q, k, v = picture @ query_matrix, text @ key_matrix, text @ value_matrix
    w = (q @ k.transpose(1, 2) / q.shape[-1] ** 0.5).softmax(-1)
    return w @ v, w


def matrices_swapped(text, picture, query_matrix, key_matrix, value_matrix, mask):
    return RIGHT_ATTENTION(text, picture, key_matrix, query_matrix, value_matrix, mask)


def with_residual(text, picture, query_matrix, key_matrix, value_matrix, mask):
    found, w = RIGHT_ATTENTION(text, picture, query_matrix, key_matrix, value_matrix, mask)
    return text + found, w


def value_is_key(text, picture, query_matrix, key_matrix, value_matrix, mask):
    w = RIGHT_ATTENTION(text, picture, query_matrix, key_matrix, value_matrix, mask)[1]
    return w @ (picture @ key_matrix), w


def width_scale(text, picture, query_matrix, key_matrix, value_matrix, mask):
    q, k, v = text @ query_matrix, picture @ key_matrix, picture @ value_matrix
    scores = q @ k.transpose(1, 2) / text.shape[-1] ** 0.5
    w = scores.masked_fill(~mask[:, None, :], -math.inf).softmax(-1)
    return w @ v, w


def no_transpose(text, picture, query_matrix, key_matrix, value_matrix, mask):
    scores = (text @ query_matrix) @ (picture @ key_matrix) / math.sqrt(query_matrix.shape[1])
    w = scores.masked_fill(~mask[:, None], -math.inf).softmax(-1)
    return w @ (picture @ value_matrix), w


def full_patches_first(text, picture, query_matrix, key_matrix, value_matrix, mask):
    numbers = torch.arange(mask.shape[1])
    mask = numbers < mask.sum(1, keepdim=True)
    return RIGHT_ATTENTION(text, picture, query_matrix, key_matrix, value_matrix, mask)


def first_mask_for_all(text, picture, query_matrix, key_matrix, value_matrix, mask):
    mask = mask[:1].expand_as(mask)
    return RIGHT_ATTENTION(text, picture, query_matrix, key_matrix, value_matrix, mask)


def sdpa_unmasked(text, picture, query_matrix, key_matrix, value_matrix, mask):
    q, k, v = text @ query_matrix, picture @ key_matrix, picture @ value_matrix
    found = F.scaled_dot_product_attention(q, k, v)
    return found, (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1)


def sdpa_inverted(text, picture, query_matrix, key_matrix, value_matrix, mask):
    q, k, v = text @ query_matrix, picture @ key_matrix, picture @ value_matrix
    found = F.scaled_dot_product_attention(q, k, v, attn_mask=~mask[:, None, :])
    return found, RIGHT_ATTENTION(text, picture, query_matrix, key_matrix, value_matrix, mask)[1]


def attention_by_matrix_transposed(text, picture, query_matrix, key_matrix, value_matrix, mask):
    return RIGHT_ATTENTION(text, picture, query_matrix.T, key_matrix.T, value_matrix.T, mask)


def attention_in_place(text, picture, query_matrix, key_matrix, value_matrix, mask):
    picture[~mask] = 0
    return RIGHT_ATTENTION(text, picture, query_matrix, key_matrix, value_matrix, mask)


def attention_by_loop(text, picture, query_matrix, key_matrix, value_matrix, mask):
    outputs, weights = [], []
    for words, patches, real in zip(text, picture, mask, strict=True):
        q, k, v = words @ query_matrix, patches[real] @ key_matrix, patches[real] @ value_matrix
        w = (q @ k.T / math.sqrt(query_matrix.shape[1])).softmax(1)
        whole = torch.zeros(len(words), len(patches), dtype=w.dtype)
        whole[:, real] = w
        outputs.append(w @ v)
        weights.append(whole)
    return torch.stack(outputs), torch.stack(weights)


def attention_in_numpy(text, picture, query_matrix, key_matrix, value_matrix, mask):
    text, picture = text.numpy(), picture.numpy()
    q, k = text @ query_matrix.numpy(), picture @ key_matrix.numpy()
    scores = np.einsum("bwi,bpi->bwp", q, k) / np.sqrt(q.shape[-1])
    scores = np.where(mask.numpy()[:, None, :], scores, -np.inf)
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    w = powers / powers.sum(-1, keepdims=True)
    return w @ (picture @ value_matrix.numpy()), w


def attention_by_library(text, picture, query_matrix, key_matrix, value_matrix, mask):
    q, k, v = text @ query_matrix, picture @ key_matrix, picture @ value_matrix
    seen = mask[:, None, :].expand(-1, text.shape[1], -1)
    eye = torch.eye(picture.shape[1], dtype=v.dtype).expand(len(v), -1, -1)
    look = F.scaled_dot_product_attention
    return look(q, k, v, attn_mask=seen), look(q, k, eye, attn_mask=seen)


def attention_without_maximum(text, picture, query_matrix, key_matrix, value_matrix, mask):
    q, k, v = text @ query_matrix, picture @ key_matrix, picture @ value_matrix
    powers = (q @ k.mT / q.shape[-1] ** 0.5).exp() * mask[:, None]
    w = powers / powers.sum(-1, keepdim=True)
    return w @ v, w


def attention_over_words_with_a_large_number(
    text, picture, query_matrix, key_matrix, value_matrix, mask
):
    q, k, v = text @ query_matrix, picture @ key_matrix, picture @ value_matrix
    scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(~mask[:, None], -1e9)
    w = scores.softmax(1)
    return w @ v, w


def attention_in_floats(text, picture, query_matrix, key_matrix, value_matrix, mask):
    def times(rows, matrix):
        columns = list(zip(*matrix, strict=True))
        return [[sum(map(float.__mul__, row, column)) for column in columns] for row in rows]

    matrices = query_matrix.tolist(), key_matrix.tolist(), value_matrix.tolist()
    outputs, maps = [], []
    for words, patches, real in zip(text.tolist(), picture.tolist(), mask.tolist(), strict=True):
        q, k, v = (
            times(x, matrix) for x, matrix in zip((words, patches, patches), matrices, strict=True)
        )
        weights = []
        for query in q:
            scores = [sum(map(float.__mul__, query, key)) / len(query) ** 0.5 for key in k]
            best = max(s for s, seen in zip(scores, real, strict=True) if seen)
            powers = [
                math.exp(s - best) if seen else 0.0 for s, seen in zip(scores, real, strict=True)
            ]
            weights.append([power / sum(powers) for power in powers])
        outputs.append(times(weights, v))
        maps.append(weights)
    return outputs, maps


class CrossAttention:
    def __call__(self, text, picture, query_matrix, key_matrix, value_matrix, mask):
        q = torch.einsum("bwd,di->bwi", text, query_matrix)
        k = torch.einsum("bpd,di->bpi", picture, key_matrix)
        scores = torch.einsum("bwi,bpi->bwp", q, k) * query_matrix.shape[1] ** -0.5
        w = torch.softmax(scores + mask[:, None].to(scores.dtype).log(), dim=2)
        return [torch.einsum("bwp,bpd,dv->bwv", w, picture, value_matrix), w]


def renormalised(scores, mask):
    real = mask[:, None, :]
    top = scores.masked_fill(~real, -math.inf).amax(-1, keepdim=True)
    return torch.where(real, (scores - top).exp(), torch.zeros_like(scores))


def hidden_from_queries(text, picture, query_matrix, key_matrix, value_matrix, mask):
    q, k, v = picture @ query_matrix, text @ key_matrix, text @ value_matrix
    scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(~mask[:, :, None], -1e9)
    return scores.softmax(-1) @ v, scores.softmax(-1)


def maximum_of_the_hidden(text, picture, query_matrix, key_matrix, value_matrix, mask):
    q, k, v = text @ query_matrix, picture @ key_matrix, picture @ value_matrix
    scores = q @ k.mT / q.shape[-1] ** 0.5
    powers = (scores - scores.amax(-1, keepdim=True)).exp() * mask[:, None]
    w = powers / (powers.sum(-1, keepdim=True) + 1e-8)
    return w @ v, w


def shared_out_anew(text, picture, query_matrix, key_matrix, value_matrix, mask):
    q, k, v = text @ query_matrix, picture @ key_matrix, picture @ value_matrix
    w = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1) * mask[:, None]
    w = w / w.sum(-1, keepdim=True)
    return w @ v, w


def library_and_weights(scale, hide):
    """Return the library's output, and weights made by hand."""

    def answer(text, picture, query_matrix, key_matrix, value_matrix, mask):
        q, k, v = text @ query_matrix, picture @ key_matrix, picture @ value_matrix
        scores = q @ k.mT / scale(q)
        w = (scores.masked_fill(~mask[:, None], -math.inf) if hide else scores).softmax(-1)
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None]), w

    return answer


def library_without_mask(text, picture, query_matrix, key_matrix, value_matrix, mask):
    w = RIGHT_ATTENTION(text, picture, query_matrix, key_matrix, value_matrix, mask)[1]
    q, k, v = text @ query_matrix, picture @ key_matrix, picture @ value_matrix
    return F.scaled_dot_product_attention(q, k, v), w


CROSS_WRONG = (
    Wrong(attend(scale=lambda s, q, k, v: s), "forgot √d"),
    Wrong(attend(scale=lambda s, q, k, v: s / q.shape[-1]), "divides by d, not √d"),
    Wrong(attend(scale=lambda s, q, k, v: s * q.shape[-1] ** 0.5), "multiplies by √d"),
    Wrong(width_scale, "d is the width of the text, not of the queries"),
    Wrong(attend(scale=lambda s, q, k, v: s / v.shape[-1] ** 0.5), "d is the width of the values"),
    Wrong(attend(scale=lambda s, q, k, v: s / k.shape[1] ** 0.5), "d is the number of patches"),
    Wrong(attend(scale=lambda s, q, k, v: s / q.shape[1] ** 0.5), "d is the number of words"),
    Wrong(attend(soft=lambda s: s.softmax(1)), "softmax over the words"),
    Wrong(attend(soft=lambda s: s.softmax(0)), "softmax over the batch"),
    Wrong(attend(hide=lambda s, m: s), "no mask", "mask has no effect"),
    Wrong(
        attention_without_maximum,
        "no maximum subtracted: large scores overflow",
        "exponential of 150",
    ),
    Wrong(
        attention_over_words_with_a_large_number,
        "softmax over the words; the padding is hidden as it should be",
        r"(?s)^(?!.*became 0).*compete",
    ),
    Wrong(attend(hide=lambda s, m: s.masked_fill(~m[:, None], -20)), "hidden scores are -20"),
    Wrong(attend(hide=lambda s, m: s.masked_fill(~m[:, None], -100)), "hidden scores are -100"),
    Wrong(
        attend(hide=lambda s, m: s.masked_fill(m[:, None], -math.inf)), "looks at the padding only"
    ),
    Wrong(masked_after, "mask after the softmax: the rows no longer sum to 1"),
    Wrong(attend(hide=lambda s, m: s.masked_fill(~m[:, None], 0)), "hidden scores are 0, not -∞"),
    Wrong(attend(hide=lambda s, m: s * m[:, None]), "multiplies the scores with the mask"),
    Wrong(attend(hide=lambda s, m: s + m[:, None]), "adds the boolean mask"),
    Wrong(
        attend(hide=lambda s, m: s + (~m[:, None]).to(s.dtype) * -math.inf),
        "0 · -∞ is NaN where a patch is real",
    ),
    Wrong(
        attend(hide=lambda s, m: s.masked_fill(~m[:, None], -1.0)), "hidden scores are -1, not -∞"
    ),
    Wrong(attend(hide=lambda s, m: s.masked_fill(~m[:, None], math.inf)), "hidden scores are +∞"),
    Wrong(attend(hide=lambda s, m: s.masked_fill(~m[:, :, None], -math.inf)), "mask on the words"),
    Wrong(attend(hide=lambda s, m: s.masked_fill(~m, -math.inf)), "the mask has no axis for words"),
    Wrong(picture_hidden_first, "sets padded patches to 0 instead of hiding them"),
    Wrong(values_hidden, "hides the values, not the scores"),
    Wrong(with_residual, "adds a residual"),
    Wrong(attend(last=lambda w, v: (w, w @ v)), "weights come first"),
    Wrong(attend(last=lambda w, v: w @ v), "returns the output only"),
    Wrong(attend(last=lambda w, v: w), "returns the weights only"),
    Wrong(attend(last=lambda w, v: (w @ v, w.transpose(1, 2))), "weights transposed"),
    Wrong(attend(last=lambda w, v: (w @ v, w.mean(1))), "weights averaged over the words"),
    Wrong(values_of_text, "values made of words"),
    Wrong(no_values, "forgot the value matrix"),
    Wrong(value_is_key, "hands over keys"),
    Wrong(patches_ask, "the other direction"),
    Wrong(matrices_swapped, "query and key matrix change places"),
    Wrong(no_transpose, "does not transpose the keys"),
    Wrong(full_patches_first, "takes the padding to stand at the end", "at the end"),
    Wrong(first_mask_for_all, "the first picture's mask for all"),
    Wrong(sdpa_unmasked, "the library's call without a mask"),
    Wrong(sdpa_inverted, "the library's mask inverted, in the output only"),
    Wrong(attention_by_matrix_transposed, "matrices transposed"),
    Wrong(attention_in_place, "changes the picture"),
    Wrong(attend(soft=lambda s: s.softmax(-1).softmax(-1)), "softmax twice"),
    Wrong(attend(soft=lambda s: s.log_softmax(-1)), "log-softmax"),
    Wrong(attend(soft=lambda s: s.exp()), "exponentials that are not divided"),
    Wrong(attend(soft=lambda s: s), "no softmax"),
    Wrong(
        attend(soft=lambda s: F.one_hot(s.argmax(-1), s.shape[-1]).to(s.dtype)),
        "all weight on the strongest patch",
    ),
    Wrong(
        attend(
            scale=lambda s, q, k, v: s,
            last=lambda w, v: (w @ v / v.shape[-1] ** 0.5, w),
        ),
        "divides the output instead of the scores",
    ),
    Wrong(attend(hide=lambda s, m: s, scale=lambda s, q, k, v: s), "neither scale nor mask"),
    Wrong(
        attend(soft=lambda s: s.softmax(1), hide=lambda s, m: s),
        "softmax over the words, and no mask",
    ),
    Wrong(
        attend(soft=lambda s: s / s.sum(-1, keepdim=True), hide=lambda s, m: s * m[:, None]),
        "divides the scores by their sum",
    ),
    Wrong(attend(last=lambda w, v: ((w @ v).squeeze(), w.squeeze())), "squeezes"),
    Wrong(
        attend(last=lambda w, v: ((w @ v).sum(1, keepdim=True), w)), "adds the words' outputs up"
    ),
    Wrong(hidden_from_queries, "turns the direction, the mask at the queries", "patches ask"),
    Wrong(maximum_of_the_hidden, "subtracts the maximum of hidden scores, too", "150 beside -150"),
    Wrong(shared_out_anew, "shares out anew what is left of a softmax", "0/0"),
    Wrong(
        attend(hide=lambda s, m: s - 200.0 * ~m[:, None]),
        "takes 200 off hidden scores",
        "must get no weight",
    ),
    Wrong(library_and_weights(lambda q: 1, True), "weights without the scale", "not scaled"),
    Wrong(
        library_and_weights(lambda q: q.shape[-1] ** 0.5, False),
        "weights without the mask",
        "output is right",
    ),
    Wrong(library_without_mask, "an output without the mask", "weights are right"),
)
CROSS_RIGHT = (
    attention_in_floats,
    attention_by_loop,
    attention_in_numpy,
    attention_by_library,
    CrossAttention(),
    partial(attend(hide=lambda s, m: s.masked_fill(~m[:, None], -1e9))),
    attend(hide=renormalised, soft=lambda s: s / s.sum(-1, keepdim=True)),
    attend(hide=lambda s, m: torch.where(m[:, None], s, torch.finfo(s.dtype).min)),
    attend(scale=lambda s, q, k, v: (q / q.shape[-1] ** 0.25) @ (k / q.shape[-1] ** 0.25).mT),
    lambda text, picture, q, k, v, mask: RIGHT_ATTENTION(
        text.double(), picture.double(), q.double(), k.double(), v.double(), mask
    ),
)

# ── 2 · Whose padding is it? ──────────────────────────────────────────────────────────────────────


def reads(split=None, hide=None, scale=None, join=None, softmax=-1):
    """Return the lesson's program with a step replaced; the right steps unless they are given.

    `hide(mask, heads)` is what is seen, (batch · heads, 1, words).
    """
    split = split or (lambda x, h: x.unflatten(-1, (h, -1)).transpose(1, 2).flatten(0, 1))
    hide = hide or (lambda mask, heads: mask.repeat_interleave(heads, 0).unsqueeze(1))
    scale = scale or (lambda width, heads: math.sqrt(width // heads))
    join = join or (lambda x, b, h: x.unflatten(0, (b, h)).transpose(1, 2).flatten(2))

    def answer(picture, text, mask, heads):
        q, k, v = split(picture, heads), split(text, heads), split(text, heads)
        scores = q @ k.transpose(1, 2) / scale(picture.shape[-1], heads)
        seen = hide(mask, heads)
        w = scores.masked_fill(~seen, -math.inf).softmax(softmax)
        return join(w @ v, len(picture), heads)

    return answer


RIGHT_READER = reads()


def padded_picture_reads(picture, text, mask, heads):
    return reads(hide=lambda m, h: m.repeat(h, 1).unsqueeze(1))(picture, text, mask, heads)


def one_head(picture, text, mask, heads):
    scores = picture @ text.transpose(1, 2) / picture.shape[-1] ** 0.5
    return scores.masked_fill(~mask[:, None], -math.inf).softmax(-1) @ text


def words_cut(picture, text, mask, heads):
    rows = []
    for i in range(len(picture)):
        n = int(mask[i].sum())
        real = torch.ones(1, n, dtype=torch.bool)
        rows.append(RIGHT_READER(picture[i : i + 1], text[i : i + 1, :n], real, heads))
    return torch.cat(rows)


def one_at_a_time_unmasked(picture, text, mask, heads):
    everything = torch.ones_like(mask[:1])
    pairs = zip(picture, text, strict=True)
    return torch.cat([RIGHT_READER(p[None], t[None], everything, heads) for p, t in pairs])


def one_at_a_time_first_mask(picture, text, mask, heads):
    pairs = zip(picture, text, strict=True)
    return torch.cat([RIGHT_READER(p[None], t[None], mask[:1], heads) for p, t in pairs])


def masked_with(change):
    """Return the right program, given another mask."""
    return lambda picture, text, mask, heads: RIGHT_READER(picture, text, change(mask), heads)


def zeroed_words(picture, text, mask, heads):
    text = text * mask.unsqueeze(-1)
    return RIGHT_READER(picture, text, torch.ones_like(mask), heads)


def mask_after(picture, text, mask, heads):
    def split(x):
        return x.unflatten(-1, (heads, -1)).transpose(1, 2)

    q, k, v = split(picture), split(text), split(text)
    w = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1) * mask[:, None, None]
    return (w @ v).transpose(1, 2).flatten(2)


def fills(number):
    def answer(picture, text, mask, heads):
        def split(x):
            return x.unflatten(-1, (heads, -1)).transpose(1, 2)

        q, k, v = split(picture), split(text), split(text)
        scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(~mask[:, None, None], number)
        return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)

    return answer


def words_ask(picture, text, mask, heads):
    return RIGHT_READER(text, picture, torch.ones(picture.shape[:2], dtype=torch.bool), heads)


def heads_averaged(picture, text, mask, heads):
    found = RIGHT_READER(picture, text, mask, heads).unflatten(-1, (heads, -1))
    return found.mean(2)


def reads_by_loop(picture, text, mask, heads):
    part = picture.shape[-1] // heads
    out = torch.zeros_like(picture)
    for b in range(len(picture)):
        words = text[b][mask[b]]
        for h in range(heads):
            columns = slice(h * part, (h + 1) * part)
            scores = picture[b, :, columns] @ words[:, columns].T / math.sqrt(part)
            out[b, :, columns] = scores.softmax(-1) @ words[:, columns]
    return out


def reads_in_numpy(picture, text, mask, heads):
    p, t = (x.numpy().reshape(*x.shape[:2], heads, -1) for x in (picture, text))
    scores = np.einsum("bphc,bwhc->bhpw", p, t) / np.sqrt(p.shape[-1])
    scores = np.where(mask.numpy()[:, None, None], scores, -np.inf)
    w = np.exp(scores - scores.max(-1, keepdims=True))
    w = w / w.sum(-1, keepdims=True)
    return np.einsum("bhpw,bwhc->bphc", w, t).reshape(picture.shape)


def reads_by_library(picture, text, mask, heads):
    p, t = (x.unflatten(-1, (heads, -1)).transpose(1, 2) for x in (picture, text))
    found = F.scaled_dot_product_attention(p, t, t, attn_mask=mask[:, None, None, :])
    return found.transpose(1, 2).flatten(2)


def reads_by_module(picture, text, mask, heads):
    width = picture.shape[-1]
    module = nn.MultiheadAttention(width, heads, bias=False, batch_first=True, dtype=text.dtype)
    eye = torch.eye(width, dtype=text.dtype)
    module.in_proj_weight.data, module.out_proj.weight.data = eye.repeat(3, 1), eye
    return module(picture, text, text, key_padding_mask=~mask)[0]


class Reader:
    def __call__(self, picture, text, mask, heads):
        chunks = zip(picture.chunk(heads, -1), text.chunk(heads, -1), strict=True)
        return torch.cat([self.head(p, t, mask) for p, t in chunks], dim=-1)

    def head(self, picture, text, mask):
        scores = picture @ text.mT / picture.shape[-1] ** 0.5
        return (scores + mask[:, None].to(scores.dtype).log()).softmax(-1) @ text


def shared_after(picture, text, mask, heads):
    q, k = (x.unflatten(-1, (heads, -1)).transpose(1, 2) for x in (picture, text))
    w = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1) * mask[:, None, None]
    return (w / w.sum(-1, keepdim=True) @ k).transpose(1, 2).flatten(2)


def one_map(picture, text, mask, heads):
    q, k = (x.unflatten(-1, (heads, -1)).transpose(1, 2) for x in (picture, text))
    scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(~mask[:, None, None], -math.inf)
    return scores.softmax(-1).mean(1) @ text


def patches_compete(picture, text, mask, heads):
    q, k = (x.unflatten(-1, (heads, -1)).transpose(1, 2) for x in (picture, text))
    w = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-2).masked_fill(~mask[:, None, None], 0)
    return (w @ k).transpose(1, 2).flatten(2)


PADDING_WRONG = (
    Wrong(padded_picture_reads, "the given program, unchanged"),
    Wrong(masked_with(torch.ones_like), "took the mask out"),
    Wrong(masked_with(lambda m: ~m), "the mask inverted"),
    Wrong(masked_with(lambda m: m[:1].expand_as(m)), "the first question's mask for all"),
    Wrong(masked_with(lambda m: m.any(0).expand_as(m)), "a word is seen if it is real anywhere"),
    Wrong(masked_with(lambda m: m.all(0).expand_as(m)), "only words that are real everywhere"),
    Wrong(masked_with(lambda m: m.flip(0)), "the questions' masks in reverse order"),
    Wrong(
        masked_with(lambda m: torch.arange(m.shape[1]) < m.sum(1, keepdim=True)),
        "takes the padding to stand at the end",
        "at the end",
    ),
    Wrong(words_cut, "cuts each question to its length", "at the end"),
    Wrong(fills(-20.0), "hidden scores are -20"),
    Wrong(one_at_a_time_unmasked, "one question at a time, without a mask"),
    Wrong(one_at_a_time_first_mask, "one question at a time, with the first one's mask"),
    Wrong(
        reads(hide=lambda m, h: m.repeat_interleave(h, 1).unsqueeze(1)),
        "repeats the words, not the examples",
    ),
    Wrong(reads(hide=lambda m, h: m.unsqueeze(1)), "no mask for each head"),
    Wrong(
        reads(
            hide=lambda m, h: m.repeat(h, 1).unsqueeze(1),
            join=lambda x, b, h: x.unflatten(0, (h, b)).transpose(0, 1).transpose(1, 2).flatten(2),
        ),
        "changes the order when the heads are joined, not when they are split",
    ),
    Wrong(
        reads(join=lambda x, b, h: x.unflatten(0, (h, b)).permute(1, 2, 0, 3).flatten(2)),
        "mask mended, and the join broken",
    ),
    Wrong(
        reads(join=lambda x, b, h: x.reshape(b, x.shape[1], -1)),
        "joins the heads without a transpose",
    ),
    Wrong(reads(scale=lambda w, h: math.sqrt(w)), "√width instead of √(width / heads)"),
    Wrong(reads(scale=lambda w, h: w // h), "divides by d, not √d"),
    Wrong(reads(scale=lambda w, h: 1.0), "forgot √d"),
    Wrong(reads(scale=lambda w, h: math.sqrt(h)), "√heads"),
    Wrong(one_head, "one head, whatever `heads` says"),
    Wrong(
        lambda picture, text, mask, heads: RIGHT_READER(picture, text, mask, 2),
        "two heads built in",
    ),
    Wrong(
        reads(
            split=lambda x, h: x.unflatten(-1, (-1, h)).permute(0, 3, 1, 2).flatten(0, 1),
        ),
        "the heads take every other column",
    ),
    Wrong(
        reads(split=lambda x, h: x.reshape(len(x) * h, x.shape[1], -1)),
        "splits the heads without a transpose",
    ),
    Wrong(zeroed_words, "sets padded words to 0 instead of hiding them"),
    Wrong(mask_after, "mask after the softmax"),
    Wrong(fills(0.0), "hidden scores are 0"),
    Wrong(fills(-1.0), "hidden scores are -1"),
    Wrong(fills(math.inf), "hidden scores are +∞"),
    Wrong(reads(softmax=1), "softmax over the patches"),
    Wrong(reads(softmax=0), "softmax over examples and heads"),
    Wrong(words_ask, "the words ask"),
    Wrong(heads_averaged, "averages the heads"),
    Wrong(
        lambda picture, text, mask, heads: picture + RIGHT_READER(picture, text, mask, heads),
        "adds a residual",
    ),
    Wrong(
        lambda picture, text, mask, heads: RIGHT_READER(picture, text, mask, heads).transpose(1, 2),
        "transposed",
    ),
    Wrong(
        lambda picture, text, mask, heads: (RIGHT_READER(picture, text, mask, heads), mask),
        "returns a pair",
    ),
    Wrong(
        lambda picture, text, mask, heads: RIGHT_READER(picture[:1], text[:1], mask[:1], heads),
        "the first example only",
    ),
    Wrong(
        reads(hide=lambda m, h: m.repeat(1, h).view(-1, m.shape[1]).flip(0).unsqueeze(1)),
        "the rows of the mask in reverse order",
    ),
    Wrong(
        reads(
            hide=lambda m, h: torch.ones(len(m) * h, 1, m.shape[1], dtype=torch.bool),
            scale=lambda w, h: math.sqrt(w),
        ),
        "no mask, and √width",
    ),
    Wrong(
        reads(
            hide=lambda m, h: m.repeat_interleave(h, 1).reshape(len(m) * h, 1, -1),
        ),
        "repeats each word's flag and cuts the result into rows",
        "flag, and cut",
    ),
    Wrong(
        reads(
            split=lambda x, h: x.unflatten(-1, (-1, h)).permute(0, 3, 1, 2).flatten(0, 1),
            join=lambda x, b, h: x.unflatten(0, (b, h)).permute(0, 2, 3, 1).flatten(2),
        ),
        "deals the columns out to the heads one by one, and back",
        "every other column",
    ),
    Wrong(
        reads(
            split=lambda x, h: x.reshape(len(x) * h, x.shape[1], -1),
            join=lambda x, b, h: x.reshape(b, x.shape[1], -1),
        ),
        "takes heads apart and joins them by reshape alone",
        "neither take heads apart nor join",
    ),
    Wrong(one_map, "averages the heads' weights", "one map"),
    Wrong(patches_compete, "softmax over the patches, then zeroes", "over the patches"),
    Wrong(fills(-10), "hidden scores are -10", "hidden words still have a say"),
)
PADDING_RIGHT = (
    RIGHT_READER,
    reads_by_loop,
    reads_in_numpy,
    reads_by_library,
    reads_by_module,
    Reader(),
    shared_after,
    fills(-math.inf),
    fills(-1e9),
    partial(reads(hide=lambda m, h: m.unsqueeze(1).expand(-1, h, -1).reshape(len(m) * h, 1, -1))),
    reads(
        split=lambda x, h: torch.cat(x.chunk(h, -1)),
        hide=lambda m, h: m.repeat(h, 1).unsqueeze(1),
        join=lambda x, b, h: torch.cat(x.chunk(h), -1),
    ),
    lambda p, t, m, h: RIGHT_READER(p.double(), t.double(), m, h),
)

# ── 3 · A gate that starts closed ─────────────────────────────────────────────────────────────────


def gated_in_numpy(x, attended, matrix, a, b):
    x, attended, matrix = (t.detach().numpy() for t in (x, attended, matrix))
    y = x + np.tanh(a.item()) * attended
    return torch.from_numpy(y + np.tanh(b.item()) * (y @ matrix))


def gate_in_place(x, attended, matrix, a, b):
    x += a.detach().tanh() * attended
    return x + b.tanh() * (x @ matrix)


def gate_by_exp(a):
    return (a.exp() - (-a).exp()) / (a.exp() + (-a).exp())


def gated_with(gate, small=None):
    """Return the block with another gate, or another small network."""
    small = small or (lambda y, matrix: y @ matrix)

    def answer(x, attended, matrix, a, b):
        y = x + gate(a) * attended
        return y + gate(b) * small(y, matrix)

    return answer


def gated_by_loop(x, attended, matrix, a, b):
    rows = []
    for words, found in zip(x, attended, strict=True):
        y = [word + torch.tanh(a) * one for word, one in zip(words, found, strict=True)]
        rows.append(torch.stack([word + torch.tanh(b) * (matrix.T @ word) for word in y]))
    return torch.stack(rows)


class GatedBlock:
    def __call__(self, x, attended, matrix, a, b):
        y = torch.addcmul(x, nn.Tanh()(a), attended)
        return torch.addcmul(y, nn.Tanh()(b), F.linear(y, matrix.T))


def one_matrix(x, attended, matrix, a, b):
    y = x + a.tanh() * attended
    return y @ (torch.eye(len(matrix), dtype=x.dtype) + b.tanh() * matrix)


BLOCK_WRONG = (
    Wrong(
        lambda x, attended, matrix, a, b: (
            x + a.tanh() * attended + b.tanh() * (a.tanh() * attended @ matrix)
        ),
        "the network reads what the gate let in",
        "without the stream",
    ),
    Wrong(gated_with(lambda a: a), "no tanh"),
    Wrong(gated_with(torch.sigmoid), "sigmoid for tanh: the gate starts half open"),
    Wrong(gated_with(torch.tan), "tan for tanh"),
    Wrong(gated_with(torch.atan), "arc tangent for tanh"),
    Wrong(gated_with(torch.sinh), "sinh for tanh"),
    Wrong(gated_with(F.hardtanh), "the hard tanh"),
    Wrong(gated_with(F.relu), "relu for tanh"),
    Wrong(gated_with(lambda a: a.tanh().abs()), "the gate cannot be negative"),
    Wrong(gated_with(lambda a: a.tanh() ** 2), "the gate squared"),
    Wrong(gated_with(lambda a: (a / 2).tanh()), "2 · sigmoid - 1, which is tanh of a half"),
    Wrong(gated_with(lambda a: a.tanh().clamp(min=0)), "the gate clamped at 0"),
    Wrong(gated_with(lambda a: 1 - a.tanh()), "one minus the gate"),
    Wrong(gated_with(lambda a: a.tanh().tanh()), "tanh twice"),
    Wrong(gated_with(lambda a: a.detach().tanh()), "detaches the gates"),
    Wrong(gated_with(lambda a: math.tanh(a)), "math.tanh cuts the gradient"),
    Wrong(gated_with(lambda a: torch.tensor(a.item()).tanh()), "new tensors of the gates"),
    Wrong(gated_in_numpy, "NumPy cuts the gradient"),
    Wrong(gated_with(torch.tanh, lambda y, m: y @ m.T), "the matrix transposed"),
    Wrong(gated_with(torch.tanh, lambda y, m: m @ y), "matrix on the wrong side"),
    Wrong(gated_with(torch.tanh, lambda y, m: (y @ m).relu()), "a relu that nobody asked for"),
    Wrong(gated_with(torch.tanh, lambda y, m: (y @ m).tanh()), "tanh of the network, too"),
    Wrong(gated_with(torch.tanh, lambda y, m: y * m.diagonal()), "the diagonal of the matrix only"),
    Wrong(gated_with(torch.tanh, lambda y, m: m.sum() * y), "multiplies by a sum"),
    Wrong(lambda x, attended, matrix, a, b: x + a.tanh() * attended, "stops after the first gate"),
    Wrong(
        lambda x, attended, matrix, a, b: x + a.tanh() * attended + b.tanh() * (x @ matrix),
        "the network reads x, not y",
    ),
    Wrong(
        lambda x, attended, matrix, a, b: x + a.tanh() * attended + b.tanh() * (attended @ matrix),
        "the network reads what was attended",
    ),
    Wrong(
        lambda x, attended, matrix, a, b: b.tanh() * ((x + a.tanh() * attended) @ matrix),
        "no residual around the network",
    ),
    Wrong(
        lambda x, attended, matrix, a, b: x + b.tanh() * ((x + a.tanh() * attended) @ matrix),
        "the second residual adds x, not y",
    ),
    Wrong(
        lambda x, attended, matrix, a, b: gated_with(torch.tanh)(x, attended, matrix, a, a),
        "the first gate twice",
    ),
    Wrong(
        lambda x, attended, matrix, a, b: gated_with(torch.tanh)(x, attended, matrix, b, a),
        "the gates change places",
    ),
    Wrong(
        lambda x, attended, matrix, a, b: gated_with(torch.tanh)(attended, x, matrix, a, b),
        "x and attended change places",
    ),
    Wrong(
        lambda x, attended, matrix, a, b: gated_with(torch.tanh)(0 * x, attended, matrix, a, b),
        "no residual around the attention",
    ),
    Wrong(
        lambda x, attended, matrix, a, b: gated_with(torch.tanh)(
            x - a.tanh() * x, attended, matrix, a, b
        ),
        "(1 - gate) · x, as in a highway",
    ),
    Wrong(
        lambda x, attended, matrix, a, b: gated_with(torch.tanh)(x, x + attended, matrix, a, b),
        "the gate lets x + attended in",
    ),
    Wrong(
        lambda x, attended, matrix, a, b: (
            x + (a * attended).tanh() + b.tanh() * ((x + (a * attended).tanh()) @ matrix)
        ),
        "tanh of gate times attended",
    ),
    Wrong(
        lambda x, attended, matrix, a, b: gated_with(torch.tanh)(x, attended.tanh(), matrix, a, b),
        "tanh of what was attended",
    ),
    Wrong(
        lambda x, attended, matrix, a, b: gated_with(torch.tanh)(
            x, attended @ matrix, matrix, a, b
        ),
        "the matrix twice",
    ),
    Wrong(
        lambda x, attended, matrix, a, b: (
            x + a.tanh() * attended + b * ((x + a.tanh() * attended) @ matrix)
        ),
        "tanh missing at the second gate",
    ),
    Wrong(
        lambda x, attended, matrix, a, b: (
            x + a * attended + b.tanh() * ((x + a * attended) @ matrix)
        ),
        "tanh missing at the first gate",
    ),
    Wrong(
        lambda x, attended, matrix, a, b: x + a.tanh() * b.tanh() * (attended @ matrix),
        "both gates on one path",
    ),
    Wrong(
        lambda x, attended, matrix, a, b: x - a.tanh() * attended - b.tanh() * (x @ matrix),
        "signs",
    ),
    Wrong(gate_in_place, "changes x in place"),
    Wrong(
        lambda x, attended, matrix, a, b: gated_with(torch.tanh)(
            x, attended, matrix, a, b.detach()
        ),
        "detaches the second gate",
    ),
    Wrong(lambda x, attended, matrix, a, b: x, "the identity: a gate that never opens"),
    Wrong(
        lambda x, attended, matrix, a, b: (x + a.tanh() * attended, b.tanh() * (x @ matrix)),
        "returns two parts",
    ),
    Wrong(
        lambda x, attended, matrix, a, b: (
            (y := a.tanh() * (x + attended)) + b.tanh() * (y @ matrix)
        ),
        "the first gate before x, too",
        "first gate closes the stream",
    ),
    Wrong(
        lambda x, attended, matrix, a, b: b.tanh() * ((y := x + a.tanh() * attended) + y @ matrix),
        "the second gate before y, too",
        "second gate closes the stream",
    ),
    Wrong(
        lambda x, attended, matrix, a, b: ((y := x + a.tanh() * attended) + b.tanh() * y) @ matrix,
        "the bracket closes before the matrix",
        "All of your stream goes through the matrix",
    ),
    Wrong(
        lambda x, attended, matrix, a, b: (y := x + a * attended.tanh()) + b * (y @ matrix).tanh(),
        "the tanh around what is let in, not around the gates",
        "around what is let in",
    ),
    Wrong(
        lambda x, attended, matrix, a, b: (
            x + a.tanh() * attended + b.tanh() * ((x + attended) @ matrix)
        ),
        "the network reads x + attended",
        "wide open",
    ),
    Wrong(
        lambda x, attended, matrix, a, b: (y := x + a.tanh() + attended) + b.tanh() + y @ matrix,
        "adds the tanh instead of multiplying",
        "add the tanh",
    ),
    Wrong(gated_with(torch.erf), "the error function for tanh", "first step"),
    Wrong(
        gated_with(torch.tanh, lambda y, matrix: F.layer_norm(y, y.shape[-1:]) @ matrix),
        "a layer norm before the matrix",
        "second step",
    ),
)
BLOCK_RIGHT = (
    gated_by_loop,
    GatedBlock(),
    one_matrix,
    gated_with(torch.tanh),
    gated_with(lambda a: 2 * torch.sigmoid(2 * a) - 1),
    partial(gated_with(lambda a: 1 - 2 / (1 + (2 * a).exp()))),
    gated_with(torch.tanh, lambda y, m: torch.einsum("bwi,io->bwo", y, m)),
    lambda x, attended, matrix, a, b: gated_with(torch.tanh)(
        x.double(), attended.double(), matrix.double(), a.double(), b.double()
    ),
    lambda x, attended, matrix, a, b: (
        x
        + a.tanh() * attended
        + b.tanh() * (x @ matrix)
        + a.tanh() * b.tanh() * (attended @ matrix)
    ),
)

# ── 4 · How much of the old is kept: α ────────────────────────────────────────────────────────────


def real_mean(picture, mask):
    real = mask.unsqueeze(-1)
    return (picture * real).sum(1, keepdim=True) / real.sum(1, keepdim=True)


def kept_by(mean=real_mean, kept=lambda alpha: 1 - alpha):
    """Return the weighted residual with another mean, or another weight for what is kept."""

    def answer(attended, text, picture, mask, alpha):
        return attended + kept(alpha) * (text + mean(picture, mask))

    return answer


def first_patches(attended, text, picture, mask, alpha):
    return attended + (1 - alpha) * (text + picture[:, : text.shape[1]])


def resampled(attended, text, picture, mask, alpha):
    stretched = F.adaptive_avg_pool1d(picture.transpose(1, 2), text.shape[1]).transpose(1, 2)
    return attended + (1 - alpha) * (text + stretched)


def cut_mean(picture, mask):
    pairs = zip(picture, mask, strict=True)
    return torch.stack([p[: int(m.sum())].mean(0) for p, m in pairs]).unsqueeze(1)


def flat_mean(attended, text, picture, mask, alpha):
    return attended + (1 - alpha) * (text + real_mean(picture, mask)[:, 0])


def alpha_by_loop(attended, text, picture, mask, alpha):
    rows = []
    for found, words, patches, real in zip(attended, text, picture, mask, strict=True):
        rows.append(found + (1 - alpha) * (words + patches[real].mean(0)))
    return torch.stack(rows)


def alpha_by_numbers(attended, text, picture, mask, alpha):
    rows = []
    for b in range(len(text)):
        places = [p for p in range(picture.shape[1]) if mask[b, p]]
        for w in range(text.shape[1]):
            mean = sum(picture[b, p] for p in places) / len(places)
            rows.append(attended[b, w] + text[b, w] + mean - alpha * (text[b, w] + mean))
    return torch.stack(rows).view_as(text)


class WeightedResidual:
    def __call__(self, attended, text, picture, mask, alpha):
        share = mask.to(picture.dtype) / mask.sum(1, keepdim=True)
        mean = torch.bmm(share.unsqueeze(1), picture)
        return torch.lerp(attended + text + mean, attended, alpha)


def by_nan(picture, mask):
    return picture.masked_fill(~mask[..., None], math.nan).nanmean(1, keepdim=True)


def stretched_by(means):
    """Return the weighted residual with a row of the picture for each word."""

    def answer(attended, text, picture, mask, alpha):
        real = picture * mask.unsqueeze(-1)
        return attended + (1 - alpha) * (text + means(real.mT, text.shape[1]).mT)

    return answer


def first_real(picture, mask):
    return picture[torch.arange(len(mask)), mask.float().argmax(1)][:, None]


def real_median(picture, mask):
    pairs = zip(picture, mask, strict=True)
    return torch.stack([p[m].median(0).values for p, m in pairs]).unsqueeze(1)


def padding_mean(picture, mask):
    hidden = (~mask).unsqueeze(-1).to(picture.dtype)
    return (picture * hidden).sum(1, keepdim=True) / hidden.sum(1, keepdim=True).clamp(min=1)


ALPHA_WRONG = (
    Wrong(kept_by(lambda p, m: p[:, -1:]), "the last patch", "last patch"),
    Wrong(
        kept_by(lambda p, m: real_mean(p, m).flip(0)),
        "another picture of the batch",
        "another picture",
    ),
    Wrong(kept_by(lambda p, m: p.mean(1, keepdim=True)), "the padding counts in the mean"),
    Wrong(
        kept_by(lambda p, m: (p * m.unsqueeze(-1)).mean(1, keepdim=True)),
        "padding is 0, but divides by all patches",
    ),
    Wrong(kept_by(lambda p, m: real_mean(p, ~m)), "the mean of the padding"),
    Wrong(
        kept_by(lambda p, m: (p * m.unsqueeze(-1)).sum(1, keepdim=True)), "the sum, not the mean"
    ),
    Wrong(kept_by(lambda p, m: p.sum(1, keepdim=True)), "the sum of all patches"),
    Wrong(
        kept_by(lambda p, m: (p * m.unsqueeze(-1)).sum(1, keepdim=True) / m.sum()),
        "divides by the real patches of the whole batch",
    ),
    Wrong(
        kept_by(lambda p, m: p.sum(1, keepdim=True) / m.sum(1).view(-1, 1, 1)),
        "all patches, divided by the number of real ones",
    ),
    Wrong(kept_by(lambda p, m: p[m].mean(0)), "one mean for the whole batch"),
    Wrong(kept_by(lambda p, m: real_mean(p, m).mean(0)), "the mean of the pictures' means"),
    Wrong(kept_by(lambda p, m: real_mean(p, m).mean(-1, keepdim=True)), "the width averaged, too"),
    Wrong(
        kept_by(lambda p, m: p.masked_fill(~m.unsqueeze(-1), -math.inf).amax(1, keepdim=True)),
        "the maximum, not the mean",
    ),
    Wrong(kept_by(lambda p, m: p.median(1, keepdim=True).values), "the median of all patches"),
    Wrong(kept_by(lambda p, m: p[:, :1]), "the first patch"),
    Wrong(kept_by(cut_mean), "takes the padding to stand at the end"),
    Wrong(
        kept_by(
            lambda p, m: (p * m.unsqueeze(-1)).sum(1, keepdim=True) / (m.sum(1).view(-1, 1, 1) + 1)
        ),
        "divides by one more",
    ),
    Wrong(
        kept_by(
            lambda p, m: (p * m.unsqueeze(-1)).sum(1, keepdim=True) / m.sum(1).view(-1, 1, 1) ** 0.5
        ),
        "divides by the root of the number",
    ),
    Wrong(
        kept_by(lambda p, m: real_mean(p, m[:1].expand_as(m))), "the first picture's mask for all"
    ),
    Wrong(kept_by(kept=lambda alpha: alpha), "α instead of 1 - α"),
    Wrong(kept_by(kept=lambda alpha: 1 + alpha), "1 + α"),
    Wrong(kept_by(kept=lambda alpha: alpha - 1), "α - 1"),
    Wrong(kept_by(kept=lambda alpha: 1 - alpha.sigmoid()), "a sigmoid that nobody asked for"),
    Wrong(kept_by(kept=lambda alpha: 1 - alpha.tanh()), "tanh of α, as in the gate"),
    Wrong(kept_by(kept=lambda alpha: 1 - alpha.clamp(0, 1)), "clamps α to 0 … 1", "off at 0 and 1"),
    Wrong(kept_by(kept=lambda alpha: (1 - alpha).abs()), "|1 - α|", "absolute value"),
    Wrong(kept_by(kept=lambda alpha: (1 - alpha).clamp(min=0)), "1 - α clamped at 0", "1 − α off"),
    Wrong(
        kept_by(
            lambda p, m: (
                (p * m.unsqueeze(-1)).sum(1, keepdim=True) / m.sum(1).clamp(min=2).view(-1, 1, 1)
            )
        ),
        "divides by at least 2",
        "single real patch",
    ),
    Wrong(kept_by(kept=lambda alpha: (1 - alpha) ** 2), "squares the weight"),
    Wrong(kept_by(kept=lambda alpha: (1 - alpha) / 2), "averages text and picture"),
    Wrong(kept_by(kept=lambda alpha: 1 - alpha.item()), "a number cuts the gradient"),
    Wrong(kept_by(kept=lambda alpha: 1 - alpha.detach()), "detaches α"),
    Wrong(kept_by(kept=lambda alpha: 1 - float(alpha)), "float cuts the gradient"),
    Wrong(kept_by(kept=lambda alpha: 1), "ignores α"),
    Wrong(kept_by(kept=lambda alpha: 0.5), "α is 0.5, as at the start"),
    Wrong(
        lambda attended, text, picture, mask, alpha: (
            alpha * attended + (1 - alpha) * (text + real_mean(picture, mask))
        ),
        "α weighs what attention found, too",
    ),
    Wrong(
        lambda attended, text, picture, mask, alpha: (
            (1 - alpha) * attended + alpha * (text + real_mean(picture, mask))
        ),
        "α and 1 - α change places, and the first is weighed",
        r"(?s)^(?!.*everything).*attention found is weighed by 1 − α",
    ),
    Wrong(
        lambda attended, text, picture, mask, alpha: (
            (1 - alpha) * (attended + text + real_mean(picture, mask))
        ),
        "1 - α weighs everything",
    ),
    Wrong(
        lambda attended, text, picture, mask, alpha: attended + (1 - alpha) * text,
        "the picture is left out",
    ),
    Wrong(
        lambda attended, text, picture, mask, alpha: (
            attended + (1 - alpha) * real_mean(picture, mask)
        ),
        "the text is left out",
    ),
    Wrong(
        lambda attended, text, picture, mask, alpha: (
            (1 - alpha) * (text + real_mean(picture, mask))
        ),
        "what attention found is left out",
    ),
    Wrong(
        lambda attended, text, picture, mask, alpha: (
            attended + (1 - alpha) * text + real_mean(picture, mask)
        ),
        "a pair of brackets is missing: only the text is weighed",
    ),
    Wrong(
        lambda attended, text, picture, mask, alpha: (
            attended + text + (1 - alpha) * real_mean(picture, mask)
        ),
        "only the picture is weighed",
    ),
    Wrong(
        lambda attended, text, picture, mask, alpha: (
            attended + (1 - alpha) * text + alpha * real_mean(picture, mask)
        ),
        "α between text and picture",
    ),
    Wrong(first_patches, "as many patches as words"),
    Wrong(resampled, "stretches averaged, as in the lesson"),
    Wrong(flat_mean, "the mean has no axis for the words"),
    Wrong(
        lambda attended, text, picture, mask, alpha: attended + (1 - alpha) * (text + picture),
        "adds sequences of different lengths",
    ),
    Wrong(
        lambda attended, text, picture, mask, alpha: (
            attended - (1 - alpha) * (text + real_mean(picture, mask))
        ),
        "a sign",
    ),
    Wrong(
        lambda attended, text, picture, mask, alpha: (
            attended + (1 - alpha) * (text * real_mean(picture, mask))
        ),
        "multiplies text and picture",
    ),
    Wrong(
        lambda attended, text, picture, mask, alpha: (
            attended + alpha * (text + picture.mean(1, keepdim=True))
        ),
        "α for 1 - α, and the padding counts",
    ),
    Wrong(
        lambda attended, text, picture, mask, alpha: (
            attended + (1 - alpha) * (text + real_mean(picture, mask))
        ).squeeze(),
        "squeezes",
    ),
    Wrong(
        lambda attended, text, picture, mask, alpha: (
            attended + 1 - alpha * (text + real_mean(picture, mask))
        ),
        "no brackets around 1 - alpha",
        "no brackets of its own",
    ),
    Wrong(stretched_by(F.adaptive_avg_pool1d), "a stretch for each word", "own stretch"),
    Wrong(stretched_by(F.interpolate), "a patch for each word", "one patch of its own"),
    Wrong(kept_by(first_real), "the first real patch", "Only the first real patch"),
    Wrong(kept_by(real_median), "the median of the real patches", "median of the real"),
    Wrong(kept_by(padding_mean), "the mean of the padding, 0 without any", "average the .padding"),
    Wrong(
        lambda attended, text, picture, mask, alpha: (
            attended + (1 - alpha) * (text + real_mean(picture, mask) / text.shape[1])
        ),
        "shares the mean out among the words",
        "given to each whole",
    ),
    Wrong(
        lambda attended, text, picture, mask, alpha: (
            attended + (1 - alpha) * (text.mean(1, keepdim=True) + real_mean(picture, mask))
        ),
        "averages the words, too",
        "same for every word",
    ),
)
ALPHA_RIGHT = (
    alpha_by_loop,
    alpha_by_numbers,
    WeightedResidual(),
    kept_by(),
    kept_by(by_nan),
    partial(kept_by(lambda p, m: torch.stack([a[b].mean(0) for a, b in zip(p, m)])[:, None])),  # noqa: B905
    kept_by(
        lambda p, m: (
            torch.einsum("bpd,bp->bd", p, m.to(p.dtype)).unsqueeze(1) / m.sum(1)[:, None, None]
        )
    ),
    kept_by(
        lambda p, m: torch.where(m[..., None], p, 0).sum(1, keepdim=True) / m.sum(1)[:, None, None]
    ),
    lambda attended, text, picture, mask, alpha: kept_by()(
        attended.double(), text.double(), picture.double(), mask, alpha.double()
    ),
)

# ── 5 · What does a blind look score? ─────────────────────────────────────────────────────────────

BLIND_WRONG = (
    Wrong(0.046, "cut off after three decimals", "cut the number off"),
    Wrong(17 * 14 / 64**2, "the share of the area"),
    Wrong(6 / 64, "counts the row at y = 28, which the box leaves out"),
    Wrong(2 / 64, "leaves out the column at x = 12, which is in the box"),
    Wrong(4 / 64, "the corners of the patches, not their middles"),
    Wrong(9 / 64, "patches that touch the box"),
    Wrong(1 / 64, "one of the 64 patches", "or as if there were one right patch"),
    Wrong(3, "a count, not a share"),
    Wrong(4.69, "percent"),
    Wrong(4.6875, "percent, exact"),
    Wrong("4.69 %", "percent in words"),
    Wrong("3/64", "a string"),
    Wrong(3 / 8, "a share of one axis"),
    Wrong(1 / 8, "a share of the other axis"),
    Wrong(3 / 8 + 1 / 8, "adds the two axes"),
    Wrong(0.05, "rounded too far"),
    Wrong(0.0499, "the number of the lesson"),
    Wrong(3 / 4096, "patches out of pixels"),
    Wrong(238, "pixels of the box"),
    Wrong(1 - 3 / 64, "the misses"),
    Wrong(64 / 3, "upside down"),
    Wrong(3 / 63, "divides by one less"),
    Wrong(3 / 16, "divides by 8 + 8"),
    Wrong(3 / 49, "patches counted between the lines"),
    Wrong(0.0, "thinks a blind look never hits"),
    Wrong(0.5, "hit or miss"),
    Wrong(1 / 238, "one over the area"),
    Wrong([3, 64], "a list"),
    Wrong((3 / 8, 1 / 8), "the two axes, not their product"),
    Wrong(12 / 64, "counts whole and half patches"),
    Wrong(0.0531, "the area with a pixel off: 16 × 13.6"),
    Wrong(16 * 13 / 4096, "the area, both edges left out"),
    Wrong(18 * 15 / 4096, "the area, both edges counted"),
    Wrong(lambda: 3 / 64, "a function"),
    Wrong("three of 64", "words"),
    Wrong(-3 / 64, "a sign"),
    Wrong(2 / 64, "sides counted in whole patches: 2 and 1", "it looks as if"),
    Wrong(9 / 64, "takes 12 and 28 for rows in the box", "it looks as if"),
    Wrong(4 / 64, "the area, 3.7 patches, rounded", "area were counted in patches"),
    Wrong(0.09, "six patches, two decimals", "six patches"),
    Wrong(0.03, "two patches, two decimals", "two patches"),
    Wrong(0.06, "the area, two decimals", "area"),
    Wrong(0.04, "two decimals, cut off", "cut off after two"),
    Wrong(0.02, "one patch, two decimals", "one patch of 64"),
    Wrong(1 / 3, "three of the nine patches that the box touches", "patches that the box touches"),
    Wrong(0, "none at all", "mark those between"),
    Wrong(0.267, "the blind answers of the lesson", "blind .answer"),
    Wrong(0.47, "the decimal point", "decimal point"),
    Wrong(0.0047, "the decimal point", "decimal point"),
)
BLIND_RIGHT = (
    3 / 64,
    0.047,
    0.0469,
    0.046875,
    Fraction(3, 64),
    np.float32(3 / 64),
    torch.tensor(3 / 64),
    np.array(0.0469),
    (3 / 8) * (1 / 8),
)

# ── 6 · Pointing accuracy ─────────────────────────────────────────────────────────────────────────


def points(place=None, strongest=None, inside=None, share=None):
    """Return pointing accuracy with a step replaced; the right steps unless they are given.

    `place(index, columns, patch)` is (x, y), `inside(x, y, boxes)` says whether they hit.
    """
    place = place or (lambda i, c, p: ((i % c + 0.5) * p, (i // c + 0.5) * p))
    strongest = strongest or (lambda weights: weights.argmax(1))
    share = share or (lambda hits: hits.double().mean())
    inside = inside or in_box

    def answer(weights, boxes, columns, patch):
        x, y = place(strongest(weights), columns, patch)
        return share(inside(x, y, boxes))

    return answer


def in_box(x, y, boxes):
    left, top, right, bottom = boxes.T
    return (left <= x) & (x < right) & (top <= y) & (y < bottom)


def inside_in_order(order):
    return lambda x, y, boxes: in_box(x, y, boxes[:, order])


def closed_box(x, y, boxes):
    left, top, right, bottom = boxes.T
    return (left <= x) & (x <= right) & (top <= y) & (y <= bottom)


def open_box(x, y, boxes):
    left, top, right, bottom = boxes.T
    return (left < x) & (x < right) & (top < y) & (y < bottom)


def half_closed_left(x, y, boxes):
    left, top, right, bottom = boxes.T
    return (left < x) & (x <= right) & (top < y) & (y <= bottom)


def x_only(x, y, boxes):
    return (boxes[:, 0] <= x) & (x < boxes[:, 2])


def y_only(x, y, boxes):
    return (boxes[:, 1] <= y) & (y < boxes[:, 3])


def one_or_other(x, y, boxes):
    return x_only(x, y, boxes) | y_only(x, y, boxes)


def width_and_height(x, y, boxes):
    left, top, width, height = boxes.T
    return (left <= x) & (x < left + width) & (top <= y) & (y < top + height)


def grid_of(weights, columns, patch):
    index = torch.arange(weights.shape[1])
    return (index % columns + 0.5) * patch, (index // columns + 0.5) * patch


def mass_in_box(weights, boxes, columns, patch):
    x, y = grid_of(weights, columns, patch)
    inside = torch.stack([in_box(x, y, box.expand(len(x), 4)) for box in boxes])
    return (weights * inside).sum(1).mean()


def centre_of_mass(weights, boxes, columns, patch):
    x, y = grid_of(weights, columns, patch)
    share = weights / weights.sum(1, keepdim=True)
    return in_box((share * x).sum(1), (share * y).sum(1), boxes).double().mean()


def touches(weights, boxes, columns, patch):
    i = weights.argmax(1)
    x, y = i % columns * patch, i // columns * patch
    left, top, right, bottom = boxes.T
    return ((x < right) & (x + patch > left) & (y < bottom) & (y + patch > top)).double().mean()


def whole_in_box(weights, boxes, columns, patch):
    i = weights.argmax(1)
    x, y = i % columns * patch, i // columns * patch
    left, top, right, bottom = boxes.T
    return ((x >= left) & (x + patch <= right) & (y >= top) & (y + patch <= bottom)).double().mean()


def square_grid(weights, boxes, columns, patch):
    return points()(weights, boxes, int(weights.shape[1] ** 0.5), patch)


def mean_row(weights, boxes, columns, patch):
    return points()(weights.mean(0, keepdim=True).expand_as(weights), boxes, columns, patch)


def any_of_three(weights, boxes, columns, patch):
    top = weights.topk(min(3, weights.shape[1])).indices
    hits = [in_box(*grid_place(i, columns, patch), boxes) for i in top.T]
    return torch.stack(hits).any(0).double().mean()


def grid_place(i, columns, patch):
    return (i % columns + 0.5) * patch, (i // columns + 0.5) * patch


def pointing_loop(weights, boxes, columns, patch):
    hits = 0
    for row, box in zip(weights.tolist(), boxes.tolist(), strict=True):
        r, c = divmod(row.index(max(row)), columns)
        x, y = (c + 0.5) * patch, (r + 0.5) * patch
        hits += box[0] <= x < box[2] and box[1] <= y < box[3]
    return hits / len(weights)


def pointing_numpy(weights, boxes, columns, patch):
    rows, places = np.unravel_index(
        weights.numpy().argmax(1), (weights.shape[1] // columns, columns)
    )
    x, y = (places + 0.5) * patch, (rows + 0.5) * patch
    left, top, right, bottom = boxes.numpy().T
    return np.mean((left <= x) & (x < right) & (top <= y) & (y < bottom))


def pointing_map(weights, boxes, columns, patch):
    x, y = grid_of(weights, columns, patch)
    inside = torch.stack([in_box(x, y, box.expand(len(x), 4)) for box in boxes])
    best = F.one_hot(weights.argmax(1), weights.shape[1])
    return (inside * best).sum().item() / len(weights)


def pointing_by_grid(weights, boxes, columns, patch):
    hits = []
    for grid, (left, top, right, bottom) in zip(
        weights.unflatten(1, (-1, columns)), boxes.tolist(), strict=True
    ):
        row, column = (grid == grid.max()).nonzero()[0].tolist()
        middle = column * patch + patch / 2, row * patch + patch / 2
        hits.append(left <= middle[0] < right and top <= middle[1] < bottom)
    return Fraction(sum(hits), len(hits))


class Pointing:
    def __call__(self, weights, boxes, columns, patch):
        best = weights.sort(dim=1, descending=True).indices[:, 0]
        row = torch.div(best, columns, rounding_mode="floor")
        column = best - row * columns
        middle = torch.stack([column, row], 1) * patch + patch / 2
        hit = (middle >= boxes[:, :2]).all(1) & (middle < boxes[:, 2:]).all(1)
        return hit.float().mean()


def first_row_only(weights, boxes, columns, patch):
    hits = 0
    for row, box in zip(weights, boxes, strict=True):
        x, y = grid_place(row.argmax(), columns, patch)
        hits += bool(in_box(x, y, box[None]))
        return hits / len(weights)


def of_the_grid(choose):
    """Return a score in which any patch may hit that `choose(weights)` says yes to."""

    def answer(weights, boxes, columns, patch):
        x, y = grid_of(weights, columns, patch)
        inside = torch.stack([in_box(x, y, box.expand(len(x), 4)) for box in boxes])
        return (inside & choose(weights)).any(1).double().mean()

    return answer


def numbered_downwards(weights, boxes, columns, patch):
    rows = weights.shape[1] // columns
    return points(lambda i, c, p: ((i // rows + 0.5) * p, (i % rows + 0.5) * p))(
        weights, boxes, columns, patch
    )


def shut_in_patches(x, y, boxes, patch):
    left, top, right, bottom = (boxes // patch).T
    x, y = x // patch, y // patch
    return (left <= x) & (x <= right) & (top <= y) & (y <= bottom)


def patches_of_the_box(weights, boxes, columns, patch):
    inside = partial(shut_in_patches, patch=patch)
    return points(inside=inside)(weights, boxes, columns, patch)


def near_the_middle(weights, boxes, columns, patch):
    def inside(x, y, boxes):
        left, top, right, bottom = boxes.T
        across, down = (left + right) / 2 - x, (top + bottom) / 2 - y
        return (across.abs() < patch) & (down.abs() < patch)

    return points(inside=inside)(weights, boxes, columns, patch)


def chained(x, y, boxes):
    left, top, right, bottom = boxes.T
    return left <= x < right and top <= y < bottom


POINTING_WRONG = (
    Wrong(
        points(lambda i, c, p: ((i % c + 0.5) * p, i // c * p)),
        "the upper edge for y",
        "upper edge, your x",
    ),
    Wrong(
        points(inside=lambda x, y, b: x_only(x, y, b) & (b[:, 1] <= y) & (y <= b[:, 3])),
        "the lower edge counts",
        "lower edge belongs",
    ),
    Wrong(
        points(inside=lambda x, y, b: (b[:, 0] <= x) & (x <= b[:, 2]) & y_only(x, y, b)),
        "the right edge counts",
        "right edge belongs",
    ),
    Wrong(
        points(inside=lambda x, y, b: (b[:, 0] < x) & (x < b[:, 2]) & y_only(x, y, b)),
        "the left edge does not count",
        "left edge does not",
    ),
    Wrong(
        points(inside=lambda x, y, b: x_only(x, y, b) & (b[:, 1] < y) & (y < b[:, 3])),
        "the upper edge does not count",
        "upper edge does not",
    ),
    Wrong(
        points(lambda i, c, p: ((i // c + 0.5) * p, (i % c + 0.5) * p)),
        "row and column change places",
    ),
    Wrong(points(lambda i, c, p: (i % c * p, i // c * p)), "the corner, not the middle"),
    Wrong(points(lambda i, c, p: ((i % c + 1) * p, (i // c + 1) * p)), "the far corner"),
    Wrong(
        points(lambda i, c, p: (i % c * p + 0.5, i // c * p + 0.5)),
        "adds half a pixel, not half a patch",
    ),
    Wrong(points(lambda i, c, p: (i % c + 0.5, i // c + 0.5)), "patches, not pixels"),
    Wrong(points(lambda i, c, p: ((i % c + 1.5) * p, (i // c + 1.5) * p)), "counts patches from 1"),
    Wrong(
        points(lambda i, c, p: (i % c * p + (p + 1) // 2, i // c * p + (p + 1) // 2)),
        "rounds the middle up",
    ),
    Wrong(
        points(lambda i, c, p: (i % p * c + c / 2, i // p * c + c / 2)),
        "columns and patch change places",
    ),
    Wrong(
        points(lambda i, c, p: ((i % 8 + 0.5) * p, (i // 8 + 0.5) * p)), "eight columns built in"
    ),
    Wrong(points(lambda i, c, p: ((i % c + 0.5) * 8, (i // c + 0.5) * 8)), "8 pixels built in"),
    Wrong(square_grid, "takes the grid to be square"),
    Wrong(points(lambda i, c, p: ((i % c + 0.5) * p, (i % c + 0.5) * p)), "the column for both"),
    Wrong(
        points(lambda i, c, p: ((i % c + 0.5) * p, (i / c + 0.5) * p)),
        "/ instead of // for the row",
    ),
    Wrong(points(strongest=lambda w: w.argmin(1)), "the weakest patch"),
    Wrong(points(strongest=lambda w: w.argmax()), "one look for the whole batch"),
    Wrong(points(strongest=lambda w: w.argmax(0)), "argmax over the batch"),
    Wrong(points(strongest=lambda w: w.max(1).values), "the weight instead of its place"),
    Wrong(points(strongest=lambda w: w.abs().argmax(1)[:1]), "the first look only"),
    Wrong(points(strongest=lambda w: w.topk(2).indices[:, 1]), "the second strongest"),
    Wrong(points(inside=closed_box), "right and bottom edge count as inside"),
    Wrong(points(inside=open_box), "left and top edge do not count"),
    Wrong(points(inside=half_closed_left), "the edges the wrong way round"),
    Wrong(points(inside=inside_in_order([1, 0, 3, 2])), "top, left, bottom, right"),
    Wrong(points(inside=inside_in_order([0, 2, 1, 3])), "left, right, top, bottom"),
    Wrong(points(inside=width_and_height), "the box as left, top, width, height"),
    Wrong(points(inside=x_only), "looks at x only"),
    Wrong(points(inside=y_only), "looks at y only"),
    Wrong(points(inside=one_or_other), "or instead of and"),
    Wrong(points(inside=lambda x, y, b: in_box(x, y, b[:1].expand_as(b))), "the first box for all"),
    Wrong(points(inside=lambda x, y, b: ~in_box(x, y, b)), "the misses"),
    Wrong(points(share=lambda h: h.sum()), "a count, not a share"),
    Wrong(points(share=lambda h: h.double().mean() * 100), "percent"),
    Wrong(points(share=lambda h: h), "one answer for each row"),
    Wrong(points(share=lambda h: h.double()), "one number for each row"),
    Wrong(points(share=lambda h: h.any().double()), "1 if any look hits"),
    Wrong(points(share=lambda h: h.all().double()), "1 if all looks hit"),
    Wrong(points(share=lambda h: h.sum() // len(h)), "whole division"),
    Wrong(points(share=lambda h: h.mean()), "the mean of booleans raises"),
    Wrong(points(share=lambda h: h.double().mean().round(decimals=1)), "rounds to one decimal"),
    Wrong(mass_in_box, "the weight in the box instead of hits"),
    Wrong(centre_of_mass, "the centre of the weights instead of the strongest patch"),
    Wrong(touches, "a patch that touches the box is a hit"),
    Wrong(whole_in_box, "only a patch that lies in the box whole is a hit"),
    Wrong(mean_row, "averages the looks first"),
    Wrong(any_of_three, "a hit among the three strongest"),
    Wrong(
        points(
            lambda i, c, p: (i // c * p, i % c * p),
            inside=closed_box,
        ),
        "row and column change places, the corner, and the edges count",
    ),
    Wrong(numbered_downwards, "numbers the patches down the columns", "down the columns"),
    Wrong(
        points(lambda i, c, p: (i % c + 0.5 * p, i // c + 0.5 * p)),
        "no bracket around c + ½",
        "which brackets",
    ),
    Wrong(
        points(lambda i, c, p: ((i % c - 0.5) * p, (i // c - 0.5) * p)),
        "c - ½: counts columns from 1",
        "one patch too far left",
    ),
    Wrong(
        points(lambda i, c, p: ((i % c * p + p) / 2, (i // c * p + p) / 2)),
        "halves the whole",
        "halved as a whole",
    ),
    Wrong(
        points(lambda i, c, p: (i % c * p + 0.5, i // c * p + 0.5)),
        "half a pixel, not half a patch",
        "within its first pixel",
    ),
    Wrong(patches_of_the_box, "counts patches from the box's first to its last", "outermost"),
    Wrong(near_the_middle, "asks whether the patch is near the box's middle", "near the .middle"),
    Wrong(first_row_only, "returns in the first round of the loop", "inside the loop"),
    Wrong(of_the_grid(lambda w: w > w.mean(1, keepdim=True)), "any patch above the mean", "any"),
    Wrong(
        of_the_grid(lambda w: w >= w.topk(min(2, w.shape[1])).values[:, -1:]),
        "one of the two strongest patches",
        "two strongest",
    ),
    Wrong(points(inside=chained), "chains the comparisons", "`&`, .* take many"),
)
POINTING_RIGHT = (
    pointing_loop,
    pointing_numpy,
    pointing_map,
    pointing_by_grid,
    Pointing(),
    points(),
    partial(points(lambda i, c, p: (i % c * p + p // 2, i // c * p + p // 2))),
    points(lambda i, c, p: ((i % c + 0.5) * p, ((i - i % c) / c + 0.5) * p)),
    points(
        strongest=lambda w: w.numpy().argmax(1),
        inside=lambda x, y, b: in_box(x, y, b.numpy()),
        share=np.mean,
    ),
    points(share=lambda h: h.sum().item() / len(h)),
)

WRONG = {
    "crossmodal.cross_attention": CROSS_WRONG,
    "crossmodal.bug_padding": PADDING_WRONG,
    "crossmodal.gated": BLOCK_WRONG,
    "crossmodal.alpha": ALPHA_WRONG,
    "crossmodal.blind": BLIND_WRONG,
    "crossmodal.pointing": POINTING_WRONG,
}
RIGHT = {
    "crossmodal.cross_attention": CROSS_RIGHT,
    "crossmodal.bug_padding": PADDING_RIGHT,
    "crossmodal.gated": BLOCK_RIGHT,
    "crossmodal.alpha": ALPHA_RIGHT,
    "crossmodal.blind": BLIND_RIGHT,
    "crossmodal.pointing": POINTING_RIGHT,
}
