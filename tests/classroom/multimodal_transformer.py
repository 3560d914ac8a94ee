"""What a class hands in to the exercises of lesson 08."""

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F

from tests.classroom import Wrong

# ── 1 · How good can two of three be? ─────────────────────────────────────────────────────────────

LIMITS = (
    Wrong([0.9, 0.7, 0.75], "nobody guesses"),
    Wrong([0.95, 0.85, 0.75], "as if one knew when the voice decides", "when"),
    Wrong([0.95, 0.8, 0.875], "lost in one of eight ways"),
    Wrong([0.95, 0.75, 0.75], "words and voice: three of four"),
    Wrong([0.83, 0.67, 0.75], "the lesson's numbers", "lesson"),
    Wrong([0.95, 0.7, 0.67], "no guess, and two of three in the vote"),
    Wrong([0.933, 0.8, 0.75], "a third of the winks is guessed", "Number 1"),
    Wrong([0.95, 0.8, 0.6], "the vote is right where the words decide"),
    Wrong([0.9, 0.8, 0.75], "no guess with the face", "Number 1"),
    Wrong([0.95, 0.8, 0.33], "one of three", "Number 3|one half"),
    Wrong([0.73, 0.68, 0.75], "the mean of what each reaches alone"),
    Wrong([0.95, 0.65, 0.75], "words decide, or half of the voice"),
    Wrong([0.95, 0.8, 0.7], "a vote of 60 % and a third of the rest"),
    Wrong([0.975, 0.9, 0.75], "guesses three of four right"),
    Wrong([1.0, 0.7, 0.5], "everything certain, nothing guessed, a coin"),
    Wrong([0.95, 0.8, 1], "a vote is always right", "alone"),
    Wrong([95, 80, 75], "percent", "percent"),
    Wrong([0.95], "one number", "3 numbers"),
    Wrong("0.95, 0.8, 0.75", "a text", "text"),
    Wrong([0.95, 0.8, 0.25], "all three agree", "all three"),
    Wrong([0.8, 0.95, 0.75], "the first two exchanged", "changed places"),
    Wrong([0.95, 0.8, 0.625], "agreement, or a coin", "majority"),
    Wrong([0.05, 0.2, 0.25], "errors", "mistakes"),
    Wrong([0.65, 0.55, 0.75], "face alone, voice alone"),
    Wrong([0.95, 0.6, 0.75], "the words, where they decide", "Number 2"),
    Wrong([0.75, 0.8, 0.75], "a vote for number 1", "three of four"),
    Wrong([0.95, 0.8, 0.25], "how often the vote is wrong", "mistakes"),
    Wrong([0.95, 0.75, 0.75], "the winks are forgotten", "forgotten"),
    Wrong([0.95, 0.8, 0.95], "a vote as good as words and face", "what words and face reach"),
    Wrong([0.95, 0.8, 0.45], "0.6 · 0.75", "Number 3"),
    Wrong([0.95, 0.9, 0.75], "something else", "Number 2 is off"),
    Wrong([0.98, 0.8, 0.75], "something else", "Number 1 is off"),
    Wrong([0.95, 0.8, 0.77], "something else", "Number 3"),
)

LIMITS_RIGHT = (
    (0.95, 0.80, 0.75),
    np.array([0.95, 0.8, 0.75]),
    [Fraction(95, 100), Fraction(4, 5), Fraction(3, 4)],
    [0.6 + 0.3 + 0.05, 0.6 + 0.2, 6 / 8],
    [torch.tensor(0.95), 0.8, 0.75],
)

# ── 2 · Always neutral ────────────────────────────────────────────────────────────────────────────

NEUTRAL = (
    Wrong([0.81, 0.316, 0.431], "divided by all clips", "all clips"),
    Wrong([0.91, 0.316, 0.431], "missing ones are right", "label"),
    Wrong([0.9, 0.9, 0.431], "micro", "micro"),
    Wrong([0.9, 0.853, 0.431], "weighted", "weighted"),
    Wrong([0.9, 0.947, 0.431], "neutral alone", "alone"),
    Wrong([0.9, 0.333, 0.431], "the mean recall", "recall"),
    Wrong([0.9, 0.3, 0.431], "the mean precision", "precision"),
    Wrong([0.9, 0.317, 0.431], "the ordinary mean of both", "ordinary"),
    Wrong([0.9, 0.474, 0.431], "two classes", "how many classes"),
    Wrong([0.9, 0.462, 0.431], "some other mean", "1/3"),
    Wrong([0.9, 0.298, 0.431], "missing ones in the precision", "label"),
    Wrong([0.9, 0, 0.431], "nothing found, nothing gained", "neutral"),
    Wrong([0.9, 0.316, 0.388], "loss over missing labels", "label"),
    Wrong([0.9, 0.316, 0.41], "missing ones as neutral", "neutral"),
    Wrong([0.9, 0.316, 0.622], "bits", "bits"),
    Wrong([0.9, 0.316, 0.187], "base 10", "10"),
    Wrong([0.9, 0.316, 1.609], "mean over classes", "classes"),
    Wrong([0.9, 0.316, 0.223], "neutral ones only", "neutral"),
    Wrong([0.9, 0.316, 0.362], "0.2 for the others", "0.2"),
    Wrong([0.9, 0.316, -0.431], "sign", "sign"),
    Wrong([0.9, 0.316, 388], "the sum", "sum"),
    Wrong([0.81, 0.298, 0.388], "all divided by 1000", "all clips"),
    Wrong([90, 31.6, 0.431], "percent", "percent"),
    Wrong([0.316, 0.9, 0.431], "F1 first", "places"),
    Wrong([0.9, 0.32], "two numbers", "3 numbers"),
    Wrong([0.9, 0.316, 0.105], "the logarithm of the accuracy", "−ln of the accuracy"),
    Wrong([0.9, 0.316, 0.15], "some small loss", "own price"),
    Wrong([0.9, 0.5, 0.431], "a half"),
    Wrong([0.9, 0.316, 2.303], "the others only"),
)

NEUTRAL_RIGHT = (
    (0.9, 0.316, 0.431),
    [0.9, 0.3158, 0.43109],
    np.array([0.9, 0.3158, 0.4311]),
    [Fraction(9, 10), Fraction(6, 19), 0.431],
    [810 / 900, 1620 / 1710 / 3, -0.9 * math.log(0.8) - 0.1 * math.log(0.1)],
)

# ── 3 · One mask for the whole sequence ───────────────────────────────────────────────────────────


def mask_parts(words, present, patches, frames):
    """Return the four parts: what most answers put together somehow."""
    batch = len(words)
    return (
        torch.ones(batch, 1, dtype=torch.bool),
        (words != 0) & present[:, :1],
        present[:, 1:2].expand(batch, patches),
        present[:, 2:3].expand(batch, frames),
    )


def mask_forgets_padding(words, present, patches, frames):
    c, _, f, v = mask_parts(words, present, patches, frames)
    w = present[:, :1].expand(words.shape)
    return torch.cat([c, w, f, v], 1)[:, None, None]


def mask_forgets_present(words, present, patches, frames):
    b = len(words)
    ones = torch.ones(b, patches + frames, dtype=torch.bool)
    return torch.cat([torch.ones(b, 1, dtype=torch.bool), words != 0, ones], 1)[:, None, None]


def mask_says_hidden(words, present, patches, frames):
    return ~torch.cat(mask_parts(words, present, patches, frames), 1)[:, None, None]


def mask_of_padding(words, present, patches, frames):
    c, _, f, v = mask_parts(words, present, patches, frames)
    return torch.cat([c, (words == 0) & present[:, :1], f, v], 1)[:, None, None]


def mask_without_class(words, present, patches, frames):
    return torch.cat(mask_parts(words, present, patches, frames)[1:], 1)[:, None, None]


def mask_with_class_behind(words, present, patches, frames):
    c, w, f, v = mask_parts(words, present, patches, frames)
    return torch.cat([w, f, v, c], 1)[:, None, None]


def mask_with_two_axes(words, present, patches, frames):
    return torch.cat(mask_parts(words, present, patches, frames), 1)


def mask_with_three_axes(words, present, patches, frames):
    return torch.cat(mask_parts(words, present, patches, frames), 1).unsqueeze(1)


def mask_for_queries(words, present, patches, frames):
    return torch.cat(mask_parts(words, present, patches, frames), 1)[:, None, :, None]


def mask_of_numbers(words, present, patches, frames):
    return torch.cat(mask_parts(words, present, patches, frames), 1)[:, None, None].float()


def mask_of_integers(words, present, patches, frames):
    return torch.cat(mask_parts(words, present, patches, frames), 1)[:, None, None].long()


def mask_to_add(words, present, patches, frames):
    mask = torch.cat(mask_parts(words, present, patches, frames), 1)[:, None, None]
    return (~mask).float() * -1e9


def mask_unknown_hidden(words, present, patches, frames):
    c, _, f, v = mask_parts(words, present, patches, frames)
    return torch.cat([c, (words > 1) & present[:, :1], f, v], 1)[:, None, None]


def mask_by_length(words, present, patches, frames):
    c, _, f, v = mask_parts(words, present, patches, frames)
    lengths = (words != 0).sum(1, keepdim=True)
    w = (torch.arange(words.shape[1]) < lengths) & present[:, :1]
    return torch.cat([c, w, f, v], 1)[:, None, None]


def mask_or(words, present, patches, frames):
    c, _, f, v = mask_parts(words, present, patches, frames)
    return torch.cat([c, (words != 0) | present[:, :1], f, v], 1)[:, None, None]


def mask_columns_mixed(words, present, patches, frames):
    c, w, f, v = mask_parts(words, present[:, [0, 2, 1]], patches, frames)
    return torch.cat([c, w, f, v], 1)[:, None, None]


def mask_voice_before_face(words, present, patches, frames):
    c, w, f, v = mask_parts(words, present, patches, frames)
    return torch.cat([c, w, v, f], 1)[:, None, None]


def mask_sizes_mixed(words, present, patches, frames):
    return torch.cat(mask_parts(words, present, frames, patches), 1)[:, None, None]


def mask_repeated_wrongly(words, present, patches, frames):
    """`repeat` where `repeat_interleave` is needed: the columns take turns."""
    c, w, _, _ = mask_parts(words, present, patches, frames)
    rest = present[:, 1:].repeat(1, max(patches, frames))[:, : patches + frames]
    if rest.shape[1] < patches + frames:
        rest = present[:, 1:].repeat(1, patches + frames)[:, : patches + frames]
    return torch.cat([c, w, rest], 1)[:, None, None]


def mask_any_row(words, present, patches, frames):
    """Hides words only where the column is padding in the whole batch."""
    c, _, f, v = mask_parts(words, present, patches, frames)
    w = (words != 0).any(0, keepdim=True) & present[:, :1]
    return torch.cat([c, w, f, v], 1)[:, None, None]


def mask_if_present(words, present, patches, frames):
    """One `if` for the whole batch."""
    c, w, f, v = mask_parts(words, present, patches, frames)
    f = torch.full_like(f, bool(present[:, 1].all()))
    v = torch.full_like(v, bool(present[:, 2].all()))
    return torch.cat([c, w, f, v], 1)[:, None, None]


def mask_class_present(words, present, patches, frames):
    c, w, f, v = mask_parts(words, present, patches, frames)
    return torch.cat([c & present.any(1, keepdim=True), w, f, v], 1)[:, None, None]


def mask_class_as_word(words, present, patches, frames):
    with_class = torch.cat([torch.ones(len(words), 1, dtype=torch.long), words], 1)
    _, _, f, v = mask_parts(words, present, patches, frames)
    w = (with_class != 0) & present[:, :1]
    return torch.cat([w, f, v], 1)[:, None, None]


def mask_absent_class_false(words, present, patches, frames):
    c, w, f, v = mask_parts(words, present, patches, frames)
    return torch.cat([torch.zeros_like(c), w, f, v], 1)[:, None, None]


def mask_for_all_queries(words, present, patches, frames):
    mask = torch.cat(mask_parts(words, present, patches, frames), 1)[:, None, None]
    return mask.expand(-1, -1, mask.shape[-1], -1)


def mask_absent_words_alone(words, present, patches, frames):
    """Knows padding for absence: the words are hidden by their zeros alone."""
    c, _, f, v = mask_parts(words, present, patches, frames)
    return torch.cat([c, words != 0, f, v], 1)[:, None, None]


def mask_words_at_the_class(words, present, patches, frames):
    w = words.shape[1]
    mask = torch.ones(len(words), 1 + w + patches + frames, dtype=torch.bool)
    mask[:, :w] = (words != 0) & present[:, :1]
    mask[:, w : w + patches] = present[:, 1:2]
    mask[:, w + patches :] = present[:, 2:3]
    return mask[:, None, None]


def mask_of_one_place_each(words, present, patches, frames):
    c, w, _, _ = mask_parts(words, present, patches, frames)
    return torch.cat([c, w, present[:, 1:]], 1)[:, None, None]


def mask_first_sides(words, present, patches, frames):
    c, w, _, _ = mask_parts(words, present, patches, frames)
    _, _, f, v = mask_parts(words, present[:1].expand_as(present), patches, frames)
    return torch.cat([c, w, f, v], 1)[:, None, None]


def mask_last_face(words, present, patches, frames):
    c, w, _, v = mask_parts(words, present, patches, frames)
    f = present[-1:, 1:2].expand(len(words), patches)
    return torch.cat([c, w, f, v], 1)[:, None, None]


KEY_MASK = (
    Wrong(mask_forgets_padding, "padding attends", "padding"),
    Wrong(mask_forgets_present, "absent modalities attend", "absent"),
    Wrong(mask_says_hidden, "True is hidden", "inverted"),
    Wrong(mask_of_padding, "only the padding", "padding"),
    Wrong(mask_without_class, "no class token", "one token short"),
    Wrong(mask_with_class_behind, "class token at the end", "end"),
    Wrong(mask_with_two_axes, "no axes", "axes"),
    Wrong(mask_with_three_axes, "one axis missing", "axes"),
    Wrong(mask_for_queries, "on the queries", "quer"),
    Wrong(mask_of_numbers, "floats", "boolean|True|float"),
    Wrong(mask_of_integers, "whole numbers", "boolean|True|whole"),
    Wrong(mask_to_add, "to be added", "bool"),
    Wrong(mask_unknown_hidden, "hides unknown words", "1"),
    Wrong(mask_by_length, "counts from the front", "front"),
    Wrong(mask_or, "or for and", "or"),
    Wrong(mask_columns_mixed, "face and voice exchanged", "column"),
    Wrong(mask_voice_before_face, "voice first", "order|before"),
    Wrong(mask_sizes_mixed, "patches for frames", "how many|patches"),
    Wrong(mask_repeated_wrongly, "repeat for repeat_interleave"),
    Wrong(mask_any_row, "one row for the batch", "every"),
    Wrong(mask_if_present, "one if for the batch"),
    Wrong(mask_class_present, "class token hidden where nothing is there", "class token"),
    Wrong(mask_class_as_word, "class token is a word", "class token"),
    Wrong(mask_absent_class_false, "class token hidden", "class token"),
    Wrong(mask_for_all_queries, "expanded over queries", "shape"),
    Wrong(mask_absent_words_alone, "words' absence ignored", "words"),
    Wrong(mask_words_at_the_class, "words begin at the class token", "class token"),
    Wrong(mask_first_sides, "face and voice of the first example", "face and voice decide"),
    Wrong(mask_last_face, "the face of the last example", "Which row"),
    Wrong(mask_of_one_place_each, "one place for each modality", "too short"),
)


def mask_by_masked_fill(words, present, patches, frames):
    mask = torch.ones(len(words), 1 + words.shape[1] + patches + frames, dtype=torch.bool)
    w = words.shape[1]
    mask[:, 1 : w + 1] = torch.logical_and(words > 0, present[:, 0].unsqueeze(1))
    mask[:, w + 1 : w + 1 + patches] = present[:, 1].unsqueeze(1)
    mask[:, w + 1 + patches :] = present[:, 2].unsqueeze(1)
    return mask.view(len(words), 1, 1, -1)


def mask_in_numpy(words, present, patches, frames):
    p = present.numpy()
    spread = np.repeat(p, [words.shape[1], patches, frames], axis=1)
    spread[:, : words.shape[1]] &= words.numpy() != 0
    return np.concatenate([np.ones((len(p), 1), bool), spread], 1)[:, None, None]


def mask_by_lists(words, present, patches, frames):
    rows = []
    for text, there in zip(words, present, strict=True):
        row = [True]
        row += [bool(there[0]) and bool(i) for i in text]
        row += patches * [bool(there[1])] + frames * [bool(there[2])]
        rows.append(row)
    return torch.tensor(rows).reshape(len(rows), 1, 1, len(rows[0]))


def mask_by_product(words, present, patches, frames):
    c, w, f, v = mask_parts(words, present, patches, frames)
    return torch.hstack([c, w * present[:, :1], f, v]).unsqueeze(1).unsqueeze(2)


def mask_by_numbers(words, present, patches, frames):
    """Paint everything with numbers first, then ask which are not 0."""
    ids = torch.cat([words, torch.ones(len(words), patches + frames).long()], 1)
    counts = torch.tensor([words.shape[1], patches, frames])
    ids = ids * present.long().repeat_interleave(counts, 1)
    return F.pad(ids, (1, 0), value=7).ne(0)[:, None, None, :]


KEY_MASK_RIGHT = (
    mask_by_masked_fill,
    mask_in_numpy,
    mask_by_lists,
    mask_by_product,
    mask_by_numbers,
)

# ── 4 · A mean for each modality ──────────────────────────────────────────────────────────────────


def mean_spans(sizes, start=1):
    stops = [start + sum(sizes[: m + 1]) for m in range(3)]
    return [slice(stop - size, stop) for stop, size in zip(stops, sizes, strict=True)]


def means(per_part, start=1):
    """Return an answer that treats the tokens and the mask of each modality in some way."""

    def answer(tokens, mask, sizes):
        return torch.stack(
            [per_part(tokens[:, s], mask[:, s, None]) for s in mean_spans(sizes, start)], dim=1
        )

    return answer


def proper_mean(x, m):
    return (x * m).sum(1) / m.sum(1).clamp(min=1)


def mean_of_sequence(tokens, mask, sizes):
    m = mask[:, :, None]
    return (tokens * m).sum(1) / m.sum(1).clamp(min=1)


def mean_of_tokens_first(tokens, mask, sizes):
    """Takes the padding out of the whole batch at once."""
    return torch.stack([tokens[:, s][mask[:, s]].mean(0) for s in mean_spans(sizes)])


def mean_spans_overlap(tokens, mask, sizes):
    w, p, f = sizes
    spans = [slice(1, w), slice(w, w + p), slice(w + p, w + p + f)]
    return torch.stack([proper_mean(tokens[:, s], mask[:, s, None]) for s in spans], 1)


def mean_start_forgotten(tokens, mask, sizes):
    out = []
    for size in sizes:
        out.append(proper_mean(tokens[:, 1 : 1 + size], mask[:, 1 : 1 + size, None]))
    return torch.stack(out, 1)


def mean_along_last(tokens, mask, sizes):
    return torch.stack([proper_mean(tokens[:, s], mask[:, s, None]) for s in mean_spans(sizes)], -1)


def mean_concatenated(tokens, mask, sizes):
    return torch.cat([proper_mean(tokens[:, s], mask[:, s, None]) for s in mean_spans(sizes)], 1)


def mean_as_tuple(tokens, mask, sizes):
    return tuple(proper_mean(tokens[:, s], mask[:, s, None]) for s in mean_spans(sizes))


def mean_kept_axis(tokens, mask, sizes):
    parts = [proper_mean(tokens[:, s], mask[:, s, None])[:, None] for s in mean_spans(sizes)]
    return torch.stack(parts, 1)


def mean_class_added(tokens, mask, sizes):
    return means(proper_mean)(tokens, mask, sizes) + tokens[:, :1]


def mean_fixed_sizes(tokens, mask, sizes):
    """The example's sizes are built in."""
    return means(proper_mean)(tokens, mask, (3, 2, 1))


def mean_mask_without_class(tokens, mask, sizes):
    """Takes the mask for one without the class token."""
    spans = mean_spans(sizes)
    before = [slice(s.start - 1, s.stop - 1) for s in spans]
    parts = zip(spans, before, strict=True)
    return torch.stack([proper_mean(tokens[:, s], mask[:, b, None]) for s, b in parts], 1)


def mean_mask_from_the_class(tokens, mask, sizes):
    pairs = zip(tokens[:, 1:].split(sizes, 1), mask[:, :-1].split(sizes, 1), strict=True)
    return torch.stack([proper_mean(x, m[..., None]) for x, m in pairs], 1)


def padding_in_the_sum(x, m):
    return x.sum(1) / m.sum(1).clamp(min=1) * m.any(1)


def absent_if_first_is(x, m):
    return torch.where(m[:, 0], proper_mean(x, m), torch.zeros(()))


def as_many_from_the_front(x, m):
    front = torch.arange(x.shape[1])[:, None] < m.sum(1, keepdim=True)
    return proper_mean(x, front)


def mean_with_the_class(tokens, mask, sizes):
    first = tokens[:, 0]
    return means(lambda x, m: (first + (x * m).sum(1)) / (1 + m.sum(1)))(tokens, mask, sizes)


def mean_of_thirds(tokens, mask, sizes):
    pairs = zip(tokens[:, 1:].tensor_split(3, 1), mask[:, 1:].tensor_split(3, 1), strict=True)
    return torch.stack([proper_mean(x, m[..., None]) for x, m in pairs], 1)


def by_softmax(x, m):
    return (x * m.float().softmax(1)).sum(1) * m.any(1)


def a_tenth_for_padding(x, m):
    w = torch.where(m, 1.0, 0.1)
    return (x * w).sum(1) / w.sum(1) * m.any(1)


def by_nanmedian(x, m):
    return x.masked_fill(~m, math.nan).nanmedian(1).values.nan_to_num(0.0)


POOLED = (
    Wrong(means(lambda x, m: x.mean(1)), "the padding counts", "padding"),
    Wrong(means(lambda x, m: (x * m).mean(1)), "divided by all", "counted|all places"),
    Wrong(means(lambda x, m: (x * m).sum(1)), "a sum", "sums"),
    Wrong(means(lambda x, m: (x * m).sum(1) / m.sum(1)), "0/0", "0 by 0"),
    Wrong(means(lambda x, m: x.sum(1) / m.sum(1).clamp(min=1)), "padding in the sum", "padding"),
    Wrong(means(proper_mean, start=0), "spans begin at the class token", "early"),
    Wrong(means(lambda x, m: proper_mean(x, ~m)), "the padding alone", "padding"),
    Wrong(means(lambda x, m: x.masked_fill(~m, -math.inf).amax(1)), "the largest, −∞ if absent"),
    Wrong(means(lambda x, m: x.masked_fill(~m, 0).amax(1)), "the largest with 0", "largest"),
    Wrong(means(lambda x, m: (x * m).sum(1) / (m.sum(1) + 1e-1)), "a large epsilon"),
    Wrong(means(lambda x, m: (x * m).sum(1) / (m.sum(1) + 1)), "one more", "one token too many"),
    Wrong(mean_of_sequence, "one mean of all", "shape|one vector"),
    Wrong(mean_of_tokens_first, "the batch is averaged, too"),
    Wrong(mean_spans_overlap, "spans one off at both ends"),
    Wrong(mean_start_forgotten, "start is never moved"),
    Wrong(mean_along_last, "stacked along the last axis", "axes|shape"),
    Wrong(mean_concatenated, "one long row", "row"),
    Wrong(mean_as_tuple, "a tuple", "tuple"),
    Wrong(mean_kept_axis, "an axis too many", "shape|axis"),
    Wrong(mean_class_added, "the class token is added"),
    Wrong(mean_fixed_sizes, "built-in sizes"),
    Wrong(mean_mask_without_class, "the mask one place early", "mask"),
    Wrong(means(lambda x, m: (x * m).sum(1) / m.sum()), "divided by the batch's count"),
    Wrong(means(lambda x, m: (x * m).sum(0) / m.sum(0).clamp(min=1)), "the mean over the batch"),
    Wrong(means(lambda x, m: (x * m).median(1).values), "a median with zeros"),
    Wrong(means(lambda x, m: F.normalize(proper_mean(x, m), dim=-1)), "brought to length 1"),
    Wrong(mean_mask_from_the_class, "the mask is cut from 0", "too late"),
    Wrong(means(padding_in_the_sum), "padding in the sum, absent 0", "sum has the padding"),
    Wrong(means(absent_if_first_is), "absent if the first token is", "first"),
    Wrong(means(as_many_from_the_front), "as many from the front", "front"),
    Wrong(mean_with_the_class, "the class token in each mean", "class token"),
    Wrong(mean_of_thirds, "three equal parts", "sizes"),
    Wrong(means(lambda x, m: (x * m.float().softmax(1)).sum(1)), "a softmax of the mask"),
    Wrong(means(by_softmax), "a softmax of the mask, absent 0", "softmax of the mask"),
    Wrong(means(a_tenth_for_padding), "what is hidden weighs a tenth", "that the mask hides"),
    Wrong(means(by_nanmedian), "a median", "single token comes out right"),
    Wrong(means(lambda x, m: (x * m).amax(1)), "the largest, and 0", "largest"),
)


def pooled_by_where(tokens, mask, sizes):
    x = torch.where(mask[..., None], tokens, torch.zeros(()))
    parts = zip(x[:, 1:].split(sizes, 1), mask[:, 1:].split(sizes, 1), strict=True)
    rows = []
    for part, seen in parts:
        n = seen.sum(1)[:, None]
        rows.append(torch.where(n > 0, part.sum(1) / n, torch.zeros(())))
    return torch.stack(rows, 1)


def pooled_in_numpy(tokens, mask, sizes):
    x, m = tokens.numpy().astype(np.float64), mask.numpy()
    edges = np.cumsum([1, *sizes])
    out = np.zeros((len(x), 3, x.shape[2]))
    for k in range(3):
        seen = m[:, edges[k] : edges[k + 1], None]
        total = (x[:, edges[k] : edges[k + 1]] * seen).sum(1)
        out[:, k] = total / np.maximum(seen.sum(1), 1)
    return out


def pooled_by_weights(tokens, mask, sizes):
    rows = []
    for s in mean_spans(sizes):
        weights = mask[:, s].double()
        weights = weights / weights.sum(1, keepdim=True).clamp(min=1e-9)
        rows.append(torch.einsum("bt,btw->bw", weights, tokens[:, s].double()))
    return torch.stack(rows, dim=1)


def pooled_with_epsilon(tokens, mask, sizes):
    return means(lambda x, m: (x * m).sum(1) / (m.sum(1) + 1e-9))(tokens, mask, sizes)


def pooled_example_by_example(tokens, mask, sizes):
    out = []
    for x, m in zip(tokens, mask, strict=True):
        rows = [x[s][m[s]] for s in mean_spans(sizes)]
        out.append(torch.stack([r.mean(0) if len(r) else torch.zeros(x.shape[1]) for r in rows]))
    return torch.stack(out)


POOLED_RIGHT = (
    pooled_by_where,
    pooled_in_numpy,
    pooled_by_weights,
    pooled_with_epsilon,
    pooled_example_by_example,
)

# ── 5 · Three modalities, one sequence ────────────────────────────────────────────────────────────


def joined(prepare, first=lambda c, modality, place: c):
    """Return an answer that prepares each part, and the class token, in some way."""

    def answer(words, patches, frames, class_token, modality, place):
        parts = [prepare(x, m, modality, place) for m, x in enumerate((words, patches, frames))]
        c = first(class_token, modality, place).expand(len(words), 1, -1)
        return torch.cat([c, *parts], dim=1)

    return answer


def positions_run_on(words, patches, frames, class_token, modality, place):
    x = torch.cat([words + modality[0], patches + modality[1], frames + modality[2]], 1)
    x = x + place[: x.shape[1]]
    return torch.cat([class_token.expand(len(x), 1, -1), x], 1)


def positions_for_everything(words, patches, frames, class_token, modality, place):
    c = class_token.expand(len(words), 1, -1)
    x = torch.cat([c, words + modality[0], patches + modality[1], frames + modality[2]], 1)
    return x + place[: x.shape[1]]


def modalities_after_joining(words, patches, frames, class_token, modality, place):
    """Adds the modalities to the joined sequence and forgets the class token in front."""
    a, b, c = words.shape[1], patches.shape[1], frames.shape[1]
    parts = [x + place[: x.shape[1]] for x in (words, patches, frames)]
    x = torch.cat([class_token.expand(len(words), 1, -1), *parts], 1)
    kinds = torch.zeros(x.shape[1], x.shape[2])
    kinds[:a], kinds[a : a + b], kinds[a + b : a + b + c] = modality[0], modality[1], modality[2]
    return x + kinds


def modalities_to_the_end(words, patches, frames, class_token, modality, place):
    """As above, but the last span goes to the end."""
    a, b = words.shape[1], patches.shape[1]
    parts = [x + place[: x.shape[1]] for x in (words, patches, frames)]
    x = torch.cat([class_token.expand(len(words), 1, -1), *parts], 1)
    kinds = torch.zeros(x.shape[1], x.shape[2])
    kinds[:a], kinds[a : a + b], kinds[a + b :] = modality[0], modality[1], modality[2]
    return x + kinds


def modality_with_class(words, patches, frames, class_token, modality, place):
    """The class token belongs to the words: modality 0 from place 0 on, the others right."""
    a, b = 1 + words.shape[1], 1 + words.shape[1] + patches.shape[1]
    parts = [x + place[: x.shape[1]] for x in (words, patches, frames)]
    x = torch.cat([class_token.expand(len(words), 1, -1), *parts], 1).clone()
    x[:, :a] = x[:, :a] + modality[0]
    x[:, a:b] = x[:, a:b] + modality[1]
    x[:, b:] = x[:, b:] + modality[2]
    return x


def class_at_the_end(words, patches, frames, class_token, modality, place):
    x = joined(lambda x, m, kind, at: x + kind[m] + at[: x.shape[1]])(
        words, patches, frames, class_token, modality, place
    )
    return torch.cat([x[:, 1:], x[:, :1]], 1)


def class_forgotten(words, patches, frames, class_token, modality, place):
    return joined(lambda x, m, kind, at: x + kind[m] + at[: x.shape[1]])(
        words, patches, frames, class_token, modality, place
    )[:, 1:]


def class_for_each_modality(words, patches, frames, class_token, modality, place):
    c = class_token.expand(len(words), 1, -1)
    parts = []
    for m, x in enumerate((words, patches, frames)):
        parts += [c, x + modality[m] + place[: x.shape[1]]]
    return torch.cat(parts, 1)


def class_without_batch(words, patches, frames, class_token, modality, place):
    x = class_forgotten(words, patches, frames, class_token, modality, place)
    return torch.cat([class_token, x], dim=1)


def class_random(words, patches, frames, class_token, modality, place):
    x = class_forgotten(words, patches, frames, class_token, modality, place)
    return torch.cat([torch.randn(len(x), 1, x.shape[2]), x], dim=1)


def joined_along_width(words, patches, frames, class_token, modality, place):
    return torch.cat([words, patches, frames], dim=-1)


def added_together(words, patches, frames, class_token, modality, place):
    return words + patches + frames + class_token


def counter_forgotten(words, patches, frames, class_token, modality, place):
    """The counter runs from 1 in the words, because the class token took 0, and restarts at 0."""
    parts = [
        words + modality[0] + place[1 : 1 + words.shape[1]],
        patches + modality[1] + place[: patches.shape[1]],
        frames + modality[2] + place[: frames.shape[1]],
    ]
    return torch.cat([class_token.expand(len(words), 1, -1), *parts], 1)


def scaled_tokens(words, patches, frames, class_token, modality, place):
    root = math.sqrt(words.shape[-1])
    return joined(lambda x, m, kind, at: root * x + kind[m] + at[: x.shape[1]])(
        words, patches, frames, class_token, modality, place
    )


def places_not_cut(words, patches, frames, class_token, modality, place):
    c = class_token.expand(len(words), 1, -1)
    return torch.cat([c, words + modality[0] + place, patches + modality[1] + place], 1)


def class_takes_place_0(words, patches, frames, class_token, modality, place):
    return joined(
        lambda x, m, kind, at: x + kind[m] + at[1 : 1 + x.shape[1]], lambda c, kind, at: c + at[0]
    )(words, patches, frames, class_token, modality, place)


def voice_not_marked(words, patches, frames, class_token, modality, place):
    kinds = torch.cat([modality[:2], torch.zeros_like(modality[:1])])
    return joined(lambda x, m, kind, at: x + kinds[m] + at[: x.shape[1]])(
        words, patches, frames, class_token, modality, place
    )


def patches_counted_on(words, patches, frames, class_token, modality, place):
    w, p = words.shape[1], patches.shape[1]
    c = class_token.expand(len(words), 1, -1)
    moved = patches + modality[1] + place[w : w + p]
    last = frames + modality[2] + place[: frames.shape[1]]
    return torch.cat([c, words + modality[0] + place[:w], moved, last], 1)


SEQUENCE = (
    Wrong(positions_run_on, "positions run on", "run on"),
    Wrong(positions_for_everything, "positions of the whole sequence", "run on"),
    Wrong(modalities_after_joining, "spans one early", "early"),
    Wrong(modalities_to_the_end, "spans early, the last to the end"),
    Wrong(modality_with_class, "the class token is a word", "class token"),
    Wrong(class_at_the_end, "class token at the end", "end"),
    Wrong(class_forgotten, "no class token", "missing"),
    Wrong(class_for_each_modality, "three class tokens", "One is enough"),
    Wrong(class_without_batch, "class token without axes"),
    Wrong(class_random, "a random class token", "random"),
    Wrong(joined_along_width, "joined along the width"),
    Wrong(added_together, "added, not joined"),
    Wrong(counter_forgotten, "words from 1, the rest from 0"),
    Wrong(scaled_tokens, "times √d"),
    Wrong(joined(lambda x, m, kind, at: x + at[: x.shape[1]]), "no modality", "modality"),
    Wrong(joined(lambda x, m, kind, at: x + kind[m]), "no positions", "place"),
    Wrong(joined(lambda x, m, kind, at: x), "nothing is added"),
    Wrong(joined(lambda x, m, kind, at: x + kind[m] + at[m]), "place of the modality", "place"),
    Wrong(joined(lambda x, m, kind, at: x + kind[0] + at[: x.shape[1]]), "one for all", "words"),
    Wrong(joined(lambda x, m, kind, at: x + kind[m - 1] + at[: x.shape[1]]), "one before"),
    Wrong(joined(lambda x, m, kind, at: x + kind.mean(0) + at[: x.shape[1]]), "their mean"),
    Wrong(joined(lambda x, m, kind, at: x + kind[m] + at[-x.shape[1] :]), "the last places"),
    Wrong(joined(lambda x, m, kind, at: x + kind[m] + at[0]), "place 0 for all"),
    Wrong(joined(lambda x, m, kind, at: x + kind[m] * at[: x.shape[1]]), "multiplied together"),
    Wrong(
        joined(
            lambda x, m, kind, at: x + kind[m] + at[: x.shape[1]],
            lambda c, kind, at: c + kind.mean(0),
        ),
        "the class token gets the mean of the modalities",
        "class_token|class token",
    ),
    Wrong(joined(lambda x, m, kind, at: x + kind[m] + at[1 : 1 + x.shape[1]]), "from 1", "from 1"),
    Wrong(places_not_cut, "all of the table for each part", "too many"),
    Wrong(class_takes_place_0, "the class token takes place 0, each part begins at 1", "place 0"),
    Wrong(voice_not_marked, "no modality for the voice", "frames"),
    Wrong(patches_counted_on, "patches are counted on, frames are not", "counted on"),
    Wrong(joined(lambda x, m, kind, at: x - kind[m] + at[: x.shape[1]]), "minus", "modality"),
    Wrong(joined(lambda x, m, kind, at: x + kind[min(m, 1)] + at[: x.shape[1]]), "1 for the voice"),
)


def sequence_by_zip(words, patches, frames, class_token, modality, place):
    kinds = modality.unbind()
    rows = [class_token.unsqueeze(0).unsqueeze(0).expand(words.size(0), -1, -1)]
    rows += [
        x + k + place.narrow(0, 0, x.size(1))
        for x, k in zip((words, patches, frames), kinds, strict=True)
    ]
    return torch.concat(rows, 1)


def sequence_in_numpy(words, patches, frames, class_token, modality, place):
    w, p, f, c, m, at = (x.numpy() for x in (words, patches, frames, class_token, modality, place))
    first = np.broadcast_to(c, (len(w), 1, len(c)))
    parts = [x + m[i] + at[: x.shape[1]] for i, x in enumerate((w, p, f))]
    return np.concatenate([first, *parts], 1)


def sequence_token_by_token(words, patches, frames, class_token, modality, place):
    batch = []
    for example in zip(words, patches, frames, strict=True):
        rows = [class_token]
        for m, tokens in enumerate(example):
            rows += [token + modality[m] + place[i] for i, token in enumerate(tokens)]
        batch.append(torch.stack(rows))
    return torch.stack(batch)


def sequence_by_padding(words, patches, frames, class_token, modality, place):
    x = torch.cat([words, patches, frames], 1)
    which = torch.cat(
        [torch.full((p.shape[1],), m) for m, p in enumerate((words, patches, frames))]
    )
    where = torch.cat([torch.arange(p.shape[1]) for p in (words, patches, frames)])
    x = F.pad(x + modality[which] + place[where], (0, 0, 1, 0))
    mark = F.one_hot(torch.tensor(0), x.shape[1])[:, None]
    return x + mark * class_token


def sequence_in_double(words, patches, frames, class_token, modality, place):
    return joined(lambda x, m, kind, at: x.double() + kind[m] + at[: x.shape[1]])(
        words, patches, frames, class_token, modality, place
    )


SEQUENCE_RIGHT = (
    sequence_by_zip,
    sequence_in_numpy,
    sequence_token_by_token,
    sequence_by_padding,
    sequence_in_double,
)

# ── 6 · Find the bugs: who answers, and who is hidden? ────────────────────────────────────────────


def layer(mask=None, read=lambda x: x[:, 0], order="cwfv", side="key", rest="plain"):
    """Return the program with a mask, a reader and an order of its own."""

    def answer(words, face, voice, real, class_token, modality, matrices, head):
        first = class_token.expand(len(words), 1, -1)
        named = {
            "c": first,
            "w": words + modality[0],
            "f": face + modality[1],
            "v": voice + modality[2],
        }
        x = torch.cat([named[letter] for letter in order], dim=1)
        seen = (mask or mended)(real, x.shape[1])
        query, key, value = x @ matrices[0], x @ matrices[1], x @ matrices[2]
        scores = query @ key.mT / math.sqrt(x.shape[-1])
        hidden = ~seen[:, None] if side == "key" else ~seen[:, :, None]
        weights = scores.masked_fill(hidden, -math.inf).softmax(dim=-1)
        if rest == "nan":
            weights = weights.nan_to_num(0.0)
        x = x + weights @ value
        return read(x) @ head

    return answer


def mended(real, tokens):
    always = torch.ones(len(real), tokens - real.shape[1], dtype=torch.bool)
    return torch.cat([always[:, :1], real, always[:, 1:]], 1)


def as_given(real, tokens):
    return torch.cat([real, torch.ones(len(real), tokens - real.shape[1], dtype=torch.bool)], 1)


def at_the_back(real, tokens):
    return torch.cat([torch.ones(len(real), tokens - real.shape[1], dtype=torch.bool), real], 1)


def zeros_around(real, tokens):
    none = torch.zeros(len(real), tokens - real.shape[1], dtype=torch.bool)
    return torch.cat([none[:, :1], real, none[:, 1:]], 1)


def one_in_front_too_many(real, tokens):
    always = torch.ones(len(real), tokens - real.shape[1], dtype=torch.bool)
    return torch.cat([always[:, :2], real, always[:, 2:]], 1)


def class_hidden(real, tokens):
    seen = mended(real, tokens).clone()
    seen[:, 0] = False
    return seen


def negated(real, tokens):
    return ~mended(real, tokens)


def negated_words(real, tokens):
    return mended(~real, tokens)


def nothing_hidden(real, tokens):
    return torch.ones(len(real), tokens, dtype=torch.bool)


def first_row_for_all(real, tokens):
    return mended(real[:1].expand_as(real), tokens)


def lengths_from_the_front(real, tokens):
    front = torch.arange(real.shape[1]) < real.sum(1, keepdim=True)
    return mended(front, tokens)


def with_the_patches(words, face, voice, real, class_token, modality, matrices, head):
    """The face goes with the words: hidden as many as words are padding."""
    always = torch.ones(len(words), 1, dtype=torch.bool)
    f = real[:, : face.shape[1]]
    f = F.pad(f, (0, face.shape[1] - f.shape[1]), value=True)
    v = torch.ones(len(words), voice.shape[1], dtype=torch.bool)
    seen = torch.cat([always, real, f, v], 1)
    return layer(lambda r, n: seen)(words, face, voice, real, class_token, modality, matrices, head)


def zero_for_hidden(words, face, voice, real, class_token, modality, matrices, head):
    """Puts zeros for the padding and drops the mask."""
    kept = (words + modality[0]) * real[..., None] - modality[0]
    return layer(nothing_hidden)(kept, face, voice, real, class_token, modality, matrices, head)


def words_cut_out(words, face, voice, real, class_token, modality, matrices, head):
    """Cuts the words to the longest text and drops the mask."""
    longest = int(real.sum(1).max())
    return layer(nothing_hidden)(
        words[:, :longest], face, voice, real[:, :longest], class_token, modality, matrices, head
    )


def small_number(words, face, voice, real, class_token, modality, matrices, head):
    """Fills hidden scores with −10, which is not little enough."""
    first = class_token.expand(len(words), 1, -1)
    x = torch.cat([first, words + modality[0], face + modality[1], voice + modality[2]], 1)
    seen = mended(real, x.shape[1])
    scores = x @ matrices[0] @ (x @ matrices[1]).mT / math.sqrt(x.shape[-1])
    return (x + scores.masked_fill(~seen[:, None], -3.0).softmax(-1) @ (x @ matrices[2]))[
        :, 0
    ] @ head


def class_with_modality(words, face, voice, real, class_token, modality, matrices, head):
    return layer()(words, face, voice, real, class_token + modality[0], modality, matrices, head)


def whole_row(words, face, voice, class_token, modality):
    first = class_token.expand(len(words), 1, -1)
    return torch.cat([first, words + modality[0], face + modality[1], voice + modality[2]], 1)


def gathers_x(words, face, voice, real, class_token, modality, matrices, head):
    x = whole_row(words, face, voice, class_token, modality)
    scores = x @ matrices[0] @ (x @ matrices[1]).mT / math.sqrt(x.shape[-1])
    hidden = ~mended(real, x.shape[1])[:, None]
    return (x + scores.masked_fill(hidden, -math.inf).softmax(-1) @ x)[:, 0] @ head


def keys_ask(words, face, voice, real, class_token, modality, matrices, head):
    return layer()(words, face, voice, real, class_token, modality, matrices[[1, 0, 2]], head)


def zeroed_words(words, face, voice, real, class_token, modality, matrices, head):
    return layer(nothing_hidden)(
        words * real[..., None], face, voice, real, class_token, modality, matrices, head
    )


def no_class_token(words, face, voice, real, class_token, modality, matrices, head):
    return layer(as_given, order="wfv")(
        words, face, voice, real, class_token, modality, matrices, head
    )


def class_alone(words, face, voice, real, class_token, modality, matrices, head):
    return class_token.expand(len(words), -1) @ head


FORWARD = (
    Wrong(layer(as_given, lambda x: x[:, -1]), "as given", "still does exactly"),
    Wrong(layer(as_given), "mask not mended", "one place too early"),
    Wrong(layer(mended, lambda x: x[:, -1]), "reader not mended", "last frame"),
    Wrong(layer(at_the_back), "mask at the back", "end"),
    Wrong(layer(one_in_front_too_many), "mask one late", "late"),
    Wrong(layer(zeros_around), "only words are seen", "Only words"),
    Wrong(layer(class_hidden), "class token hidden", "class token"),
    Wrong(layer(negated), "inverted", "inverted"),
    Wrong(layer(negated_words), "words inverted", "padding"),
    Wrong(layer(nothing_hidden), "no mask", "no mask"),
    Wrong(layer(first_row_for_all), "first text for all", "first text"),
    Wrong(layer(lengths_from_the_front), "lengths from the front"),
    Wrong(layer(mended, side="query", rest="nan"), "mask on the queries"),
    Wrong(layer(mended, lambda x: x.mean(1)), "mean of all", "mean"),
    Wrong(layer(mended, lambda x: x[:, 1]), "first word", "word"),
    Wrong(layer(mended, lambda x: x[:, 1:].mean(1)), "mean without the class token", "mean"),
    Wrong(layer(mended, lambda x: x[0]), "first example for the class token"),
    Wrong(layer(mended, lambda x: x), "all tokens answer", "shape"),
    Wrong(layer(mended, lambda x: x[:, :1]), "an axis too many", "shape"),
    Wrong(layer(as_given, order="wfvc"), "class token at the end, read at 0"),
    Wrong(layer(mended, lambda x: x[:, -1], order="wfvc"), "moved to the end, mask for the front"),
    Wrong(layer(mended, order="cfwv"), "face before the words, mask for the words first"),
    Wrong(with_the_patches, "padding of words hides patches"),
    Wrong(zero_for_hidden, "zeros for padding and no mask"),
    Wrong(words_cut_out, "cut to the longest text"),
    Wrong(small_number, "−3 for hidden scores"),
    Wrong(class_with_modality, "class token marked as a word", "class token"),
    Wrong(gathers_x, "x for the values", "values"),
    Wrong(keys_ask, "keys and queries exchanged", "changed places"),
    Wrong(zeroed_words, "words zeroed, no mask", "becomes 0"),
    Wrong(no_class_token, "no class token, the first word answers"),
    Wrong(class_alone, "the class token alone", "does not change"),
)


def forward_other_order(words, face, voice, real, class_token, modality, matrices, head):
    """Voice, face, class token, words: nothing here knows the order."""
    return layer(at_the_back, lambda x: x[:, -1 - words.shape[1]], order="vfcw")(
        words, face, voice, real, class_token, modality, matrices, head
    )


def forward_by_lists(words, face, voice, real, class_token, modality, matrices, head):
    rows = []
    for w, f, v, r in zip(words, face, voice, real, strict=True):
        x = torch.cat([class_token[None], w[r] + modality[0], f + modality[1], v + modality[2]])
        scores = (x @ matrices[1]) @ (class_token @ matrices[0]) / x.shape[1] ** 0.5
        rows.append((class_token + scores.softmax(0) @ x @ matrices[2]) @ head)
    return torch.stack(rows)


def forward_in_numpy(words, face, voice, real, class_token, modality, matrices, head):
    w, f, v, r, c, m, a, h = (
        t.numpy() for t in (words, face, voice, real, class_token, modality, matrices, head)
    )
    first = np.broadcast_to(c, (len(w), 1, len(c)))
    x = np.concatenate([first, w + m[0], f + m[1], v + m[2]], 1).astype(np.float64)
    seen = np.ones(x.shape[:2], bool)
    seen[:, 1 : 1 + r.shape[1]] = r
    scores = x @ a[1] @ (c @ a[0]) / np.sqrt(x.shape[-1])
    scores = np.where(seen, scores, -np.inf)
    weights = np.exp(scores - scores.max(1, keepdims=True))
    weights /= weights.sum(1, keepdims=True)
    return (c + np.einsum("bt,btd->bd", weights, x @ a[2])) @ h


FORWARD_RIGHT = (
    layer(),
    layer(as_given, lambda x: x[:, -1], order="wfvc"),
    forward_other_order,
    forward_by_lists,
    forward_in_numpy,
)

# ── 7 · Modality dropout through the mask ─────────────────────────────────────────────────────────


def dropping(kept, spread=None, combine=lambda mask, shown: mask & shown):
    """Return an answer that decides what is kept in some way."""

    def answer(mask, sizes, draws, share):
        there = torch.stack([part.any(1) for part in mask[:, 1:].split(sizes, dim=1)], dim=1)
        chosen = kept(draws, share, there)
        if spread:
            return combine(mask, spread(chosen, sizes))
        shown = chosen.repeat_interleave(torch.tensor(sizes), dim=1)
        return combine(mask, F.pad(shown, (1, 0), value=True))

    return answer


def saved(draws, share, there, chosen=None, number=None):
    chosen = draws >= share if chosen is None else chosen
    lost = ~(chosen & there).any(1)
    best = draws.masked_fill(~there, -1).argmax(1) if number is None else number(draws, there)
    return chosen | (lost[:, None] & (torch.arange(3) == best[:, None]))


def keeps_low(draws, share, there):
    return saved(draws, share, there, draws < share)


def keeps_low_no_save(draws, share, there):
    return draws < share


def no_save(draws, share, there):
    return draws >= share


def saves_everything(draws, share, there):
    chosen = draws >= share
    return chosen | ~(chosen & there).any(1, keepdim=True)


def saves_words(draws, share, there):
    return saved(draws, share, there, number=lambda d, t: torch.zeros(len(d)).long())


def saves_first_there(draws, share, there):
    return saved(draws, share, there, number=lambda d, t: t.float().argmax(1))


def saves_smallest(draws, share, there):
    return saved(draws, share, there, number=lambda d, t: d.masked_fill(~t, 2).argmin(1))


def saves_largest_of_all(draws, share, there):
    return saved(draws, share, there, number=lambda d, t: d.argmax(1))


def saves_if_all_three(draws, share, there):
    chosen = draws >= share
    none = ~chosen.any(1)
    best = draws.masked_fill(~there, -1).argmax(1)
    return chosen | (none[:, None] & (torch.arange(3) == best[:, None]))


def saves_if_all_three_of_all(draws, share, there):
    chosen = draws >= share
    none = ~chosen.any(1)
    return chosen | (none[:, None] & (torch.arange(3) == draws.argmax(1)[:, None]))


def saves_random(draws, share, there):
    return saved(draws, share, there, number=lambda d, t: torch.randint(3, (len(d),)))


def saves_whole_batch(draws, share, there):
    chosen = draws >= share
    if not (chosen & there).any():
        chosen = torch.ones_like(chosen)
    return chosen


def keeps_strictly(draws, share, there):
    return saved(draws, share, there, draws > share)


def keeps_by_rest(draws, share, there):
    return saved(draws, share, there, draws < 1 - share)


def rounds_draws(draws, share, there):
    return saved(draws, share, there, draws.round().bool())


def spread_without_class(chosen, sizes):
    return chosen.repeat_interleave(torch.tensor(sizes), dim=1)


def spread_class_at_end(chosen, sizes):
    return F.pad(spread_without_class(chosen, sizes), (0, 1), value=True)


def spread_class_false(chosen, sizes):
    return F.pad(spread_without_class(chosen, sizes), (1, 0), value=False)


def spread_class_with_words(chosen, sizes):
    w, p, f = sizes
    return chosen.repeat_interleave(torch.tensor([w + 1, p, f]), dim=1)


def spread_turned(chosen, sizes):
    return F.pad(spread_without_class(chosen.flip(1), sizes), (1, 0), value=True)


def spread_by_repeat(chosen, sizes):
    many = chosen.repeat(1, max(sizes))[:, : sum(sizes)]
    many = F.pad(many, (1, 1 + sum(sizes) - 1 - many.shape[1]), value=True)
    return many


def drop_in_place(mask, sizes, draws, share):
    kept = draws >= share
    start = 1
    for m, size in enumerate(sizes):
        mask[:, start : start + size] &= kept[:, m : m + 1]
        start += size
    return mask


def drop_one_draw(mask, sizes, draws, share):
    """Any low draw drops everything of the example."""
    low = (draws < share).any(1, keepdim=True)
    rest = mask[:, 1:] & ~low
    return torch.cat([mask[:, :1], rest], 1)


def drop_tokens(mask, sizes, draws, share):
    """Ordinary dropout of single tokens."""
    torch.manual_seed(0)
    shown = torch.rand(mask.shape) >= share
    shown[:, 0] = True
    return mask & shown


def drop_returns_kept(mask, sizes, draws, share):
    return draws >= share


def drop_to_floats(mask, sizes, draws, share):
    return dropping(saved)(mask, sizes, draws, share).float() / (1 - share + 1e-6)


def drop_seen_there(mask, sizes, draws, share, there):
    kept = saved(draws, share, there)
    shown = kept.repeat_interleave(torch.tensor(sizes), dim=1)
    return mask & F.pad(shown, (1, 0), value=True)


def drop_there_by_first(mask, sizes, draws, share):
    there = torch.stack([part[:, 0] for part in mask[:, 1:].split(sizes, dim=1)], dim=1)
    return drop_seen_there(mask, sizes, draws, share, there)


def drop_there_by_all(mask, sizes, draws, share):
    there = torch.stack([part.all(1) for part in mask[:, 1:].split(sizes, dim=1)], dim=1)
    return drop_seen_there(mask, sizes, draws, share, there)


def drop_the_smallest(mask, sizes, draws, share):
    smallest = draws == draws.amin(1, keepdim=True)
    kept = ~(smallest & (draws < share))
    shown = kept.repeat_interleave(torch.tensor(sizes), dim=1)
    return mask & F.pad(shown, (1, 0), value=True)


def drop_early(mask, sizes, draws, share):
    parts = mask[:, :-1].split(sizes, dim=1)
    kept = saved(draws, share, torch.stack([part.any(1) for part in parts], dim=1))
    parts = [part & kept[:, m : m + 1] for m, part in enumerate(parts)]
    return torch.cat([*parts, mask[:, -1:]], dim=1)


def drop_in_order(mask, sizes, draws, share):
    out = mask.clone()
    for b in range(len(mask)):
        start = 1
        for m, size in enumerate(sizes):
            trial = out[b].clone()
            trial[start : start + size] = False
            if draws[b, m] < share and trial[1:].any():
                out[b] = trial
            start += size
    return out


def one_or_all(draws, share, there):
    best = draws.masked_fill(~there, -1).argmax(1)[:, None] == torch.arange(3)
    whole = ((draws >= share) & there).all(1, keepdim=True)
    return torch.where(whole, torch.ones_like(there), best)


def saves_if_all_are_there(draws, share, there):
    kept = draws >= share
    lost = ~kept.any(1, keepdim=True) & there.all(1, keepdim=True)
    return kept | (lost & (draws == draws.amax(1, keepdim=True)))


def leaves_the_incomplete(draws, share, there):
    return (draws >= share) | (draws == draws.amax(1, keepdim=True)) | ~there.all(1, keepdim=True)


def saves_in_the_batch(draws, share, there):
    kept = draws >= share
    if (kept & there).any():
        return kept
    return draws == draws.masked_fill(~there, -1).amax(1, keepdim=True)


def saves_what_is_first_among_them(draws, share, there):
    """Takes a place in the list of those that are there for the modality."""
    kept = draws >= share
    for i in range(len(kept)):
        if not (kept[i] & there[i]).any():
            kept[i, draws[i][there[i]].argmax()] = True
    return kept


DROPOUT = (
    Wrong(dropping(keeps_low), "keeps what is low", "keep what should be dropped"),
    Wrong(dropping(keeps_low_no_save), "keeps what is low, saves nothing"),
    Wrong(dropping(no_save), "nothing saved", "lose all"),
    Wrong(dropping(saves_everything), "everything saved, as in the lesson", "keeps one"),
    Wrong(dropping(saves_words), "the words saved", "words"),
    Wrong(dropping(saves_first_there), "the first there saved", "first"),
    Wrong(dropping(saves_smallest), "the smallest saved", "smallest"),
    Wrong(dropping(saves_largest_of_all), "an absent one saved", "absent"),
    Wrong(dropping(saves_if_all_three), "only if all three are dropped", "three"),
    Wrong(dropping(saves_if_all_three_of_all), "only if all three, any of them", "absent"),
    Wrong(dropping(saves_random), "a random one saved"),
    Wrong(dropping(saves_whole_batch), "saves only if the batch loses all"),
    Wrong(dropping(keeps_strictly), "≤ for <", "exactly"),
    Wrong(dropping(keeps_by_rest), "keeps draws below 1 − share"),
    Wrong(dropping(rounds_draws), "0.5 for the share", "share"),
    Wrong(dropping(saved, spread_without_class), "no class token"),
    Wrong(dropping(saved, spread_class_at_end), "class token at the end"),
    Wrong(dropping(saved, spread_class_false), "class token hidden", "class token"),
    Wrong(dropping(saved, spread_class_with_words), "class token goes with the words", "class"),
    Wrong(dropping(saved, spread_turned), "columns turned", "voice"),
    Wrong(dropping(saved, spread_by_repeat), "columns take turns", "take turns"),
    Wrong(dropping(saved, combine=lambda mask, shown: shown), "padding back", "padding"),
    Wrong(dropping(saved, combine=lambda mask, shown: mask | shown), "or for and", "or"),
    Wrong(dropping(saved, combine=lambda mask, shown: mask & ~shown), "hides what is kept"),
    Wrong(drop_in_place, "changes the mask", "changes its input"),
    Wrong(drop_one_draw, "one low draw drops all"),
    Wrong(drop_tokens, "tokens, not modalities"),
    Wrong(drop_returns_kept, "returns what is kept"),
    Wrong(drop_to_floats, "floats, scaled"),
    Wrong(drop_there_by_first, "presence read at the first token", "first"),
    Wrong(drop_there_by_all, "presence asks for all tokens", "any padding"),
    Wrong(drop_the_smallest, "at most the smallest draw is dropped", "At most one"),
    Wrong(drop_early, "everything one token early", "early"),
    Wrong(dropping(saves_if_all_are_there), "saves where all are there", "all three are"),
    Wrong(dropping(leaves_the_incomplete), "leaves the incomplete", "left as it is"),
    Wrong(dropping(saves_in_the_batch), "saves in the batch", "every. example"),
    Wrong(dropping(saves_what_is_first_among_them), "wrong index", "by itself"),
    Wrong(drop_in_order, "one after the other, never the last", "Right where the draws alone"),
    Wrong(dropping(one_or_all), "only the best if any is dropped"),
)


def drop_by_loops(mask, sizes, draws, share):
    rows = []
    for row, draw in zip(mask.tolist(), draws.tolist(), strict=True):
        parts, start = [], 1
        for size in sizes:
            parts.append(row[start : start + size])
            start += size
        there = [any(part) for part in parts]
        kept = [d >= share for d in draw]
        if not any(k and t for k, t in zip(kept, there, strict=True)) and any(there):
            best = max((d, m) for m, d in enumerate(draw) if there[m])[1]
            kept[best] = True
        new = row[:1]
        for part, keep in zip(parts, kept, strict=True):
            new += part if keep else [False] * len(part)
        rows.append(new)
    return torch.tensor(rows)


def drop_in_numpy(mask, sizes, draws, share):
    m, u = mask.numpy(), draws.numpy().copy()
    edges = np.cumsum([1, *sizes])
    there = np.stack([m[:, a:b].any(1) for a, b in pairwise(edges)], 1)
    u[~there] = -1
    kept = (u >= share) | (u == u.max(1, keepdims=True))
    return m & np.concatenate([np.ones((len(m), 1), bool), np.repeat(kept, sizes, 1)], 1)


def drop_by_max(mask, sizes, draws, share):
    """A modality goes if its draw is low and another one that is there has a larger draw."""
    which = torch.arange(3).repeat_interleave(torch.tensor(sizes))
    there = torch.stack([mask[:, 1:][:, which == m].any(1) for m in range(3)], 1)
    larger = (draws[:, None] > draws[:, :, None]) & there[:, None]
    dropped = (draws < share) & larger.any(2)
    out = mask.clone()
    out[:, 1:] &= ~dropped[:, which]
    return out


def drop_by_where(mask, sizes, draws, share):
    return torch.where(dropping(saved)(torch.ones_like(mask) & mask, sizes, draws, share), mask, 0)


def drop_by_list(mask, sizes, draws, share):
    return dropping(saved)(mask, sizes, draws, share).tolist()


DROPOUT_RIGHT = (dropping(saved), drop_by_loops, drop_in_numpy, drop_by_max, drop_by_list)

# ── 8 · Swap it, or cover it? ─────────────────────────────────────────────────────────────────────

SWAP_COVER = (
    Wrong([1, 0, 0.7, 0.48], "the eyes stay", "eyes"),
    Wrong([1, 0, 0.5, 0.48], "a coin", "coin"),
    Wrong([1, 0, 0.591, 0.48], "the eyes are covered for all", "eyes"),
    Wrong([1, 0, 0.615, 0], "the face, but not the eyes", "eyes"),
    Wrong([1, 0, 0.615, 0.401], "all examples", "Number 4"),
    Wrong([1, 0, 0.615, 0.16], "divided by all", "divide"),
    Wrong([1, 0, 0.615, 0.28], "open or wink", "wink"),
    Wrong([1, 0, 0.615, 0.08], "only winks", "wink"),
    Wrong([1, 0, 0.615, 0.644], "only shut eyes", "shut"),
    Wrong([1, 0, 0.615, 0.12], "only the eyes", "mouth"),
    Wrong([1, 0, 0.615, 0.32], "positives after covering", "positive"),
    Wrong([1, 0, 0.615, 0.88], "still swapped from before", "still swapped"),
    Wrong([0.333, 0.333, 0.615, 0.48], "one modality in all", "one and the same"),
    Wrong([1, 0.333, 0.615, 0.48], "the words, always", "Number 2"),
    Wrong([0, 1, 0.385, 0.52], "what stays", "stay"),
    Wrong([100, 0, 61.5, 48], "percent", "percent"),
    Wrong([3000, 0, 1844, 480], "counts", "counts"),
    Wrong([1, 0, 1, 0], "covering as swapping"),
    Wrong([1, 0, 0, 0.48], "covered with the same", "Number 3"),
    Wrong([1, 0, 0.7, 0], "the eyes stay in both", "eyes"),
    Wrong([1, 0, 0.267, 0.48], "each covered in all", "Number 3"),
    Wrong([1, 0, 0.205, 0.48], "divided by 9,000", "three times"),
    Wrong([1, 0, 1.844, 0.48], "three shares summed", "sum of three"),
    Wrong([0.615, 0.48, 1, 0], "cover first", "first"),
    Wrong([1, 0, 0.615], "three numbers", "4 numbers"),
    Wrong([True, False, 0.615, 0.48], "words of logic"),
    Wrong([1, 0, 0.8, 0.48], "the words alone", "words decide"),
    Wrong([1, 0, 0.644, 0.48], "the mouth alone", "mouth decides"),
    Wrong([1, 0, 0.385, 0.48], "what stays in the third", "stay"),
    Wrong([0.3, 0.7, 0.107, 0.32], "positives, not changes", "positive"),
    Wrong([1, 0, 0.55, 0.48], "something else", "Number 3 is off"),
    Wrong([1, 0, 0.6, 0.48], "words and voice only", "words or voice decide"),
    Wrong([1, 0, 0.722, 0.48], "words and mouth only", "words or mouth decide"),
    Wrong([1, 0, 0.522, 0.48], "mouth and voice only", "mouth or voice decide"),
    Wrong([1, 0, 0.6147, 0.5], "a coin for the last", "Number 4 is what a coin"),
    Wrong([1, 0, 0.5, 0.5], "two coins", "Number 3 is what a coin.*Number 4 is what a coin"),
    Wrong([0, 1, 0.615, 0.48], "the first two exchanged", "changed places"),
    Wrong([1, 0, 0.332, 0.08], "in doubt positive", "positive. in doubt"),
    Wrong([1, 0, 0.332, 0.48], "in doubt positive in the third", "positive. in doubt"),
    Wrong([1, 0, 0.61, 0.5], "a coin, and rounded", "coin"),
    Wrong([1, 0, 0.615, 0.21], "something else", "Number 4 is off"),
)

SWAP_COVER_RIGHT = (
    [1, 0, 0.615, 0.48],
    (1.0, 0.0, 461 / 750, 12 / 25),
    np.array([1, 0, 0.6147, 0.48]),
    [torch.tensor(1.0), torch.tensor(0.0), torch.tensor(0.6146667), torch.tensor(0.48)],
    [1, 0, Fraction(461, 750), 0.48],
)

# ── 9 · Where does the class token look more than usual? ──────────────────────────────────────────


def lifts(row=lambda a: a[:, :, 0].mean(1), part=lambda x: x.sum(1), ratio=None, start=1):
    """Return an answer that reads, sums and compares in some way."""

    def answer(attention, sizes):
        looks = row(attention)
        shares = torch.stack([part(looks[:, s]) for s in mean_spans(sizes, start)], dim=1)
        return (ratio or (lambda s: s / s.mean(0)))(shares)

    return answer


def lift_heads_late(attention, sizes):
    row = attention[:, :, 0]
    shares = torch.stack([row[..., s].sum(-1) for s in mean_spans(sizes)], -1)
    return (shares / shares.mean(0)).mean(1)


def lift_each_head(attention, sizes):
    row = attention[:, :, 0]
    shares = torch.stack([row[..., s].sum(-1) for s in mean_spans(sizes)], -1)
    return shares / shares.mean(0)


def lift_mean_over_heads_and_batch(attention, sizes):
    row = attention[:, 0, 0]
    usual = attention[:, :, 0].mean((0, 1))
    return torch.stack([row[:, s].sum(1) / usual[s].sum() for s in mean_spans(sizes)], 1)


def lift_token_by_token(attention, sizes):
    """Divides token by token and adds the ratios up."""
    row = attention[:, :, 0].mean(1)
    ratio = row / row.mean(0)
    return torch.stack([ratio[:, s].sum(1) for s in mean_spans(sizes)], 1)


def lift_token_by_token_mean(attention, sizes):
    row = attention[:, :, 0].mean(1)
    ratio = row / row.mean(0)
    return torch.stack([ratio[:, s].mean(1) for s in mean_spans(sizes)], 1)


def lift_without_self(attention, sizes):
    row = attention[:, :, 0, 1:].mean(1)
    row = row / row.sum(1, keepdim=True)
    shares = torch.stack([x.sum(1) for x in row.split(sizes, 1)], 1)
    return shares / shares.mean(0)


def lift_of_all(attention, sizes):
    shares = lifts(ratio=lambda s: s)(attention, sizes)
    return shares / shares.mean()


def lift_one_number(attention, sizes):
    return lifts()(attention, sizes).mean()


def lift_fixed_spans(attention, sizes):
    return lifts()(attention, (2, 1, 1))


def lift_start_forgotten(attention, sizes):
    row = attention[:, :, 0].mean(1)
    shares = torch.stack([row[:, 1 : 1 + n].sum(1) for n in sizes], 1)
    return shares / shares.mean(0)


def lift_to_the_end(attention, sizes):
    row = attention[:, :, 0].mean(1)
    a, b, _ = sizes
    shares = torch.stack([row[:, :a].sum(1), row[:, a : a + b].sum(1), row[:, a + b :].sum(1)], 1)
    return shares / shares.mean(0)


def lift_by_fraction(attention, sizes):
    count = torch.tensor(sizes)
    return lifts(ratio=lambda s: s / (count / count.sum()))(attention, sizes)


LIFT = (
    Wrong(lift_heads_late, "heads averaged after the ratio", "each head"),
    Wrong(lift_each_head, "a lift for each head", "head"),
    Wrong(lift_mean_over_heads_and_batch, "the first head over all heads' mean"),
    Wrong(lift_token_by_token, "ratios of tokens added"),
    Wrong(lift_token_by_token_mean, "ratios of tokens averaged"),
    Wrong(lift_without_self, "shares made to sum to 1", "sum to 1"),
    Wrong(lift_of_all, "one mean for all", "one number"),
    Wrong(lift_one_number, "one number"),
    Wrong(lift_fixed_spans, "built-in spans"),
    Wrong(lifts(lambda a: a[:, :, -1].mean(1)), "the last row", "last"),
    Wrong(lifts(lambda a: a[:, :, :, 0].mean(1)), "the column", "at\\* the class token"),
    Wrong(lifts(lambda a: a.mean((1, 2))), "all rows", "average over all tokens"),
    Wrong(lifts(lambda a: a.mean((1, 3))), "all columns", "looked"),
    Wrong(lifts(lambda a: a[:, 0, 0]), "the first head", "first head"),
    Wrong(lifts(lambda a: a[:, :, 0].amax(1)), "the largest head", "largest"),
    Wrong(lifts(start=0), "spans from 0", "early"),
    Wrong(lifts(start=2), "spans one late"),
    Wrong(lifts(ratio=lambda s: s), "shares", "shares themselves"),
    Wrong(lifts(ratio=lambda s: s - s.mean(0)), "a difference", "subtract"),
    Wrong(lifts(ratio=lambda s: s.mean(0) / s), "upside down", "upside down"),
    Wrong(lifts(ratio=lambda s: s / s.mean(1, keepdim=True)), "over modalities", "modalities"),
    Wrong(lifts(ratio=lambda s: s / s.sum(0)), "over the sum", "sum"),
    Wrong(lifts(ratio=lambda s: s / s.amax(0)), "over the largest", "largest"),
    Wrong(lifts(ratio=lambda s: s / s.sum(1, keepdim=True)), "shares of three"),
    Wrong(lifts(part=lambda x: x.amax(1)), "the largest token", "most attention"),
    Wrong(lifts(part=lambda x: x[:, 0]), "the first token", "first token"),
    Wrong(lifts(ratio=lambda s: 3 * s), "over a third", "third|1/3"),
    Wrong(lifts(ratio=lambda s: (s / s.mean(0)).T), "transposed", "axis|axes"),
    Wrong(lifts(ratio=lambda s: (s / s.mean(0)).argmax(1)), "which is largest", "which"),
    Wrong(lifts(ratio=lambda s: (s / s.mean(0)).softmax(1)), "a softmax", "softmax"),
    Wrong(lifts(ratio=lambda s: s / s.median(0).values), "the lower median"),
    Wrong(lift_start_forgotten, "all spans begin at the first word", "first word"),
    Wrong(lift_to_the_end, "spans early, the last to the end", "early"),
    Wrong(lift_by_fraction, "over the part of the tokens", "part of all"),
    Wrong(lifts(ratio=lambda s: s / s.mean(0) - 1), "one less", "1 too small"),
    Wrong(lifts(ratio=lambda s: 100 * s / s.mean(0)), "percent", "percent"),
    Wrong(lifts(lambda a: a[:, :, 0].sum(1), lambda x: x.amax(1)), "the largest token", "most"),
)


def lift_in_numpy(attention, sizes):
    row = attention.numpy().astype(np.float64).mean(1)[:, 0]
    edges = np.cumsum([1, *sizes])[:-1]
    shares = np.add.reduceat(row, edges, axis=1)
    return shares / shares.mean(0)


def lift_in_loops(attention, sizes):
    batch = len(attention)
    shares = torch.zeros(batch, 3)
    for b in range(batch):
        for h in range(attention.shape[1]):
            token = 1
            for m in range(3):
                for _ in range(sizes[m]):
                    shares[b, m] += attention[b, h, 0, token].item()
                    token += 1
    return batch * shares / shares.sum(0)


def lift_by_cumsum(attention, sizes):
    sums = attention[:, :, 0].mean(1).cumsum(1)
    ends = torch.tensor(sizes).cumsum(0)
    shares = torch.diff(sums[:, torch.cat([torch.tensor([0]), ends])], dim=1)
    return shares / shares.mean(0, keepdim=True)


def lift_by_scatter(attention, sizes):
    row = attention[:, :, 0, 1:].sum(1)
    which = torch.arange(3).repeat_interleave(torch.tensor(sizes))
    shares = torch.zeros(len(row), 3).index_add(1, which, row)
    return shares.div(shares.mean(dim=0, keepdim=True))


LIFT_RIGHT = (
    lifts(),
    lifts(part=lambda x: x.mean(1)),
    lift_in_numpy,
    lift_in_loops,
    lift_by_cumsum,
    lift_by_scatter,
)

WRONG = {
    "multimodal_transformer.limits": LIMITS,
    "multimodal_transformer.always_neutral": NEUTRAL,
    "multimodal_transformer.key_mask": KEY_MASK,
    "multimodal_transformer.pooled": POOLED,
    "multimodal_transformer.sequence": SEQUENCE,
    "multimodal_transformer.bug_forward": FORWARD,
    "multimodal_transformer.dropout": DROPOUT,
    "multimodal_transformer.swap_cover": SWAP_COVER,
    "multimodal_transformer.lift": LIFT,
}

RIGHT = {
    "multimodal_transformer.limits": LIMITS_RIGHT,
    "multimodal_transformer.always_neutral": NEUTRAL_RIGHT,
    "multimodal_transformer.key_mask": KEY_MASK_RIGHT,
    "multimodal_transformer.pooled": POOLED_RIGHT,
    "multimodal_transformer.sequence": SEQUENCE_RIGHT,
    "multimodal_transformer.bug_forward": FORWARD_RIGHT,
    "multimodal_transformer.dropout": DROPOUT_RIGHT,
    "multimodal_transformer.swap_cover": SWAP_COVER_RIGHT,
    "multimodal_transformer.lift": LIFT_RIGHT,
}
