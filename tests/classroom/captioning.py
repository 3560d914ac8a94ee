"""What a class hands in to the exercises of lesson 14."""

import math
from collections import Counter
from fractions import Fraction

import numpy as np
import torch
import torch.nn.functional as F

from tests.classroom import Wrong

# ── 1 · Read one, say the next ────────────────────────────────────────────────────────────────────


def shifted_plain(captions, padding):
    return captions[:, :-1], captions[:, 1:]


def shifted_mask_by_inputs(captions, padding):
    inputs, targets = captions[:, :-1], captions[:, 1:].clone()
    targets[inputs == padding] = -100
    return inputs, targets


def shifted_zero(captions, padding):
    inputs, targets = captions[:, :-1], captions[:, 1:].clone()
    targets[targets == 0] = -100
    return inputs, targets


def shifted_both_masked(captions, padding):
    filled = captions.masked_fill(captions == padding, -100)
    return filled[:, :-1], filled[:, 1:]


def shifted_in_place(captions, padding):
    inputs, targets = captions[:, :-1], captions[:, 1:]
    targets[targets == padding] = -100
    return inputs, targets


def shifted_rolled(captions, padding):
    targets = torch.roll(captions, -1, dims=1)
    return captions, targets.masked_fill(targets == padding, -100)


def shifted_rolled_flat(captions, padding):
    targets = torch.roll(captions, -1)[:, :-1]
    return captions[:, :-1], targets.masked_fill(targets == padding, -100)


def shifted_same(captions, padding):
    inputs = captions[:, :-1]
    return inputs, inputs.masked_fill(inputs == padding, -100)


def shifted_swapped(captions, padding):
    inputs, targets = captions[:, :-1], captions[:, 1:]
    return targets.masked_fill(targets == padding, -100), inputs


def shifted_wrong_way(captions, padding):
    targets = captions[:, :-1]
    return captions[:, 1:], targets.masked_fill(targets == padding, -100)


def shifted_end_masked(captions, padding):
    inputs, targets = captions[:, :-1], captions[:, 1:]
    lengths = (captions != padding).sum(1, keepdim=True)
    return inputs, targets.masked_fill(torch.arange(targets.shape[1]) >= lengths - 2, -100)


def shifted_one_padding_kept(captions, padding):
    inputs, targets = captions[:, :-1], captions[:, 1:]
    lengths = (captions != padding).sum(1, keepdim=True)
    return inputs, targets.masked_fill(torch.arange(targets.shape[1]) >= lengths, -100)


def shifted_axis(captions, padding):
    inputs, targets = captions[:-1], captions[1:]
    return inputs, targets.masked_fill(targets == padding, -100)


def shifted_end_cut(captions, padding):
    inputs, targets = captions[:, :-1].clone(), captions[:, 1:]
    for row in range(len(captions)):
        length = int((captions[row] != padding).sum())
        if length - 1 < inputs.shape[1]:
            inputs[row, length - 1] = padding
    return inputs, targets.masked_fill(targets == padding, -100)


def shifted_first_lengths(captions, padding):
    inputs, targets = captions[:, :-1], captions[:, 1:]
    real = int((captions[0] != padding).sum()) - 1
    return inputs, torch.cat([targets[:, :real], torch.full_like(targets[:, real:], -100)], 1)


def shifted_float(captions, padding):
    inputs, targets = captions[:, :-1], captions[:, 1:].float()
    return inputs, torch.where(targets == padding, -100.0, targets)


def shifted_only_targets(captions, padding):
    targets = captions[:, 1:]
    return targets.masked_fill(targets == padding, -100)


def shifted_trimmed(captions, padding):
    rows = [row[row != padding] for row in captions]
    inputs = torch.nn.utils.rnn.pad_sequence([r[:-1] for r in rows], True, padding)
    targets = torch.nn.utils.rnn.pad_sequence([r[1:] for r in rows], True, -100)
    return inputs, targets


def shifted_last_column(captions, padding):
    inputs, targets = captions[:, :-1], captions[:, 1:].clone()
    targets[:, -1][targets[:, -1] == padding] = -100
    return inputs, targets


def shifted_wrong_number(captions, padding):
    inputs, targets = captions[:, :-1], captions[:, 1:]
    return inputs, targets.masked_fill(targets == padding, -1)


SHIFTED = (
    Wrong(shifted_plain, "padding is a target", "Padding is still among"),
    Wrong(shifted_mask_by_inputs, "looks for padding in the inputs", "first padding behind"),
    Wrong(shifted_zero, "0 for padding", "0 for padding"),
    Wrong(shifted_both_masked, "the inputs are masked, too", "inputs becomes −100"),
    Wrong(shifted_in_place, "writes into captions", "changes its input"),
    Wrong(shifted_rolled, "start at the end of the targets", "round"),
    Wrong(shifted_same, "no shift", "copy"),
    Wrong(shifted_swapped, "targets first", "changed places"),
    Wrong(shifted_wrong_way, "the earlier from the later", "later word"),
    Wrong(shifted_end_masked, "never learns to stop", "stop"),
    Wrong(shifted_one_padding_kept, "off by one in the length", "first padding behind"),
    Wrong(shifted_axis, "the axis of captions", "axis"),
    Wrong(shifted_end_cut, "the end is not read", "end out of the inputs"),
    Wrong(shifted_trimmed, "the end is cut off row by row", "end out of the inputs"),
    Wrong(shifted_first_lengths, "the first caption's length", "first caption"),
    Wrong(shifted_float, "targets are floats", "float"),
    Wrong(shifted_only_targets, "no inputs", "2 things"),
    Wrong(shifted_last_column, "only the last column is masked", "padding"),
    Wrong(shifted_wrong_number, "−1", "−1"),
)


def shifted_list_of_rows(captions, padding):
    rows = captions.tolist()
    return (
        [row[:-1] for row in rows],
        [[-100 if word == padding else word for word in row[1:]] for row in rows],
    )


def shifted_numpy(captions, padding):
    rows = captions.numpy()
    return rows[:, :-1], np.where(rows[:, 1:] == padding, -100, rows[:, 1:])


def shifted_lengths(captions, padding):
    lengths = (captions != padding).sum(dim=1)
    places = torch.arange(captions.shape[1] - 1)
    targets = captions[:, 1:].clone()
    targets[places[None] >= lengths[:, None] - 1] = -100
    return captions.narrow(1, 0, len(places)), targets


SHIFTED_RIGHT = (shifted_list_of_rows, shifted_numpy, shifted_lengths, shifted_rolled_flat)

# ── 2 · A mask with a picture in front ────────────────────────────────────────────────────────────


def seen(patches, real):
    return torch.cat([torch.ones(len(real), patches, dtype=torch.bool), real], 1)


def triangle(total):
    return torch.ones(total, total, dtype=torch.bool).tril()


def mask_causal(patches, real):
    return triangle(patches + real.shape[1]) & seen(patches, real)[:, None]


def mask_no_padding(patches, real):
    may = triangle(patches + real.shape[1])
    may[:patches, :patches] = True
    return may.expand(len(real), -1, -1)


def mask_prefix_rows(patches, real):
    may = triangle(patches + real.shape[1])
    may[:patches] = True
    return may & seen(patches, real)[:, None]


def mask_prefix_columns(patches, real):
    may = torch.zeros(patches + real.shape[1], patches + real.shape[1], dtype=torch.bool)
    may[:, :patches] = True
    return may & seen(patches, real)[:, None]


def mask_rows(patches, real):
    may = triangle(patches + real.shape[1])
    may[:patches, :patches] = True
    return may & seen(patches, real)[:, :, None]


def mask_rows_and_columns(patches, real):
    may = triangle(patches + real.shape[1])
    may[:patches, :patches] = True
    s = seen(patches, real)
    return may & s[:, None] & s[:, :, None]


def mask_forbidden(patches, real):
    may = triangle(patches + real.shape[1])
    may[:patches, :patches] = True
    return ~(may & seen(patches, real)[:, None])


def mask_triu(patches, real):
    may = triangle(patches + real.shape[1]).T.clone()
    may[:, :patches] = True
    return may & seen(patches, real)[:, None]


def mask_diagonal_missing(patches, real):
    may = torch.ones(patches + real.shape[1], patches + real.shape[1]).tril(-1).bool()
    may[:patches, :patches] = True
    return may & seen(patches, real)[:, None]


def mask_one_too_many(patches, real):
    may = triangle(patches + real.shape[1])
    may[: patches + 1, : patches + 1] = True
    return may & seen(patches, real)[:, None]


def mask_minus_infinity(patches, real):
    may = triangle(patches + real.shape[1])
    may[:patches, :patches] = True
    may = may & seen(patches, real)[:, None]
    return torch.zeros(may.shape).masked_fill(~may, -torch.inf)


def mask_no_batch(patches, real):
    may = triangle(patches + real.shape[1])
    may[:patches, :patches] = True
    return may & seen(patches, real)[0]


def mask_words_first(patches, real):
    words = real.shape[1]
    total = patches + words
    may = torch.zeros(total, total, dtype=torch.bool)
    may[:words, :words] = triangle(words)
    may[:, words:] = True
    front = torch.ones(len(real), patches, dtype=torch.bool)
    return may & torch.cat([real, front], 1)[:, None]


def mask_pad_false(patches, real):
    may = triangle(patches + real.shape[1])
    may[:patches, :patches] = True
    return may & F.pad(real, (patches, 0))[:, None]


def mask_words_blind(patches, real):
    may = triangle(patches + real.shape[1])
    may[:patches, :patches] = True
    may[patches:, :patches] = False
    return may & seen(patches, real)[:, None]


def mask_or(patches, real):
    may = triangle(patches + real.shape[1])
    may[:patches, :patches] = True
    return may | seen(patches, real)[:, None]


def mask_lengths(patches, real):
    may = triangle(patches + real.shape[1])
    may[:patches, :patches] = True
    lengths = real.sum(1) + patches
    return may & (torch.arange(len(may)) < lengths[:, None])[:, None]


def mask_bidirectional(patches, real):
    total = patches + real.shape[1]
    may = torch.ones(total, total, dtype=torch.bool)
    may[:patches, patches:] = False
    return may & seen(patches, real)[:, None]


def mask_diagonal_kept(patches, real):
    may = triangle(patches + real.shape[1])
    may[:patches, :patches] = True
    return (may & seen(patches, real)[:, None]) | torch.eye(len(may), dtype=torch.bool)


def mask_turned_real(patches, real):
    may = triangle(patches + real.shape[1])
    may[:patches, :patches] = True
    return may & seen(patches, ~real)[:, None]


def mask_pad_row_sees_only_picture(patches, real):
    may = triangle(patches + real.shape[1])
    may[:patches, :patches] = True
    s = seen(patches, real)
    front = torch.arange(len(may)) < patches
    return may & s[:, None] & (s[:, :, None] | front)


def mask_moved_triangle(patches, real):
    total = patches + real.shape[1]
    may = torch.ones(total, total).tril(patches - 1).bool()
    return may & seen(patches, real)[:, None]


def mask_padded_behind(patches, real):
    may = triangle(patches + real.shape[1])
    may[:patches, :patches] = True
    return may & F.pad(real, (0, patches), value=True)[:, None]


PREFIX = (
    Wrong(mask_causal, "the picture is causal", "causal over the picture"),
    Wrong(mask_no_padding, "padding is seen", "`real`"),
    Wrong(mask_prefix_rows, "the picture sees words", "picture sees the words"),
    Wrong(mask_prefix_columns, "words see no words", "no word"),
    Wrong(mask_rows, "rows for columns", "rows"),
    Wrong(mask_rows_and_columns, "rows as well", "only the columns"),
    Wrong(mask_forbidden, "True is forbidden", "may \\*not\\* look"),
    Wrong(mask_triu, "the upper triangle", "later"),
    Wrong(mask_diagonal_missing, "a word does not see itself", "itself"),
    Wrong(mask_one_too_many, "a slice too long", "one token too long"),
    Wrong(mask_minus_infinity, "0 and −∞", "float|type"),
    Wrong(mask_no_batch, "the first caption's mask", "all captions"),
    Wrong(mask_words_first, "words in front", "before the picture"),
    Wrong(mask_pad_false, "the picture is hidden as padding", "patch"),
    Wrong(mask_words_blind, "the picture is not seen", "do not see the picture"),
    Wrong(mask_or, "or for and", "either"),
    Wrong(mask_lengths, "counts the words of a caption", "count"),
    Wrong(mask_bidirectional, "words see later ones", "later words"),
    Wrong(mask_diagonal_kept, "padding sees itself", "Padding sees itself"),
    Wrong(mask_turned_real, "real is turned", "hide the words"),
    Wrong(mask_pad_row_sees_only_picture, "padding's rows are closed to words", "words look|row"),
    Wrong(mask_moved_triangle, "the triangle is moved", "whole triangle"),
    Wrong(mask_padded_behind, "real in front", "begin at 0"),
)


def mask_where(patches, real):
    total = patches + real.shape[1]
    row = torch.arange(total)[:, None].expand(total, total)
    column = row.T
    may = torch.where(row < patches, column < patches, column <= row)
    mask = may.repeat(len(real), 1, 1)
    mask[:, :, patches:] &= real[:, None]
    return mask


def mask_blocks(patches, real):
    words = real.shape[1]
    full = torch.ones(len(real), patches, patches, dtype=torch.bool)
    none = torch.zeros(len(real), patches, words, dtype=torch.bool)
    all_patches = torch.ones(len(real), words, patches, dtype=torch.bool)
    among = triangle(words) & real[:, None]
    return torch.cat([torch.cat([full, none], 2), torch.cat([all_patches, among], 2)], 1)


def mask_numpy(patches, real):
    return mask_blocks(patches, real).numpy()


PREFIX_RIGHT = (mask_where, mask_blocks, mask_numpy)

# ── 3 · Clipped counts ────────────────────────────────────────────────────────────────────────────


def grams(words, size):
    return [tuple(words[i : i + size]) for i in range(len(words) - size + 1)]


def count_unclipped(candidate, references, size):
    mine = grams(candidate, size)
    known = {g for r in references for g in grams(r, size)}
    return sum(g in known for g in mine), len(mine)


def count_sets(candidate, references, size):
    mine = set(grams(candidate, size))
    known = {g for r in references for g in grams(r, size)}
    return len(mine & known), len(grams(candidate, size))


def count_sets_twice(candidate, references, size):
    mine = set(grams(candidate, size))
    known = {g for r in references for g in grams(r, size)}
    return len(mine & known), len(mine)


def count_summed(candidate, references, size):
    mine = Counter(grams(candidate, size))
    known = Counter(g for r in references for g in grams(r, size))
    return (mine & known).total(), mine.total()


def count_best_reference(candidate, references, size):
    mine = Counter(grams(candidate, size))
    return max((mine & Counter(grams(r, size))).total() for r in references), mine.total()


def count_first(candidate, references, size):
    mine = Counter(grams(candidate, size))
    return (mine & Counter(grams(references[0], size))).total(), mine.total()


def count_range(candidate, references, size):
    def short(words):
        return Counter(tuple(words[i : i + size]) for i in range(len(words) - size))

    known = Counter()
    for r in references:
        known |= short(r)
    mine = short(candidate)
    return (mine & known).total(), mine.total()


def count_tails(candidate, references, size):
    def long(words):
        return Counter(tuple(words[i : i + size]) for i in range(len(words)))

    known = Counter()
    for r in references:
        known |= long(r)
    mine = long(candidate)
    return (mine & known).total(), mine.total()


def clipped_right(candidate, references, size):
    known = Counter()
    for r in references:
        known |= Counter(grams(r, size))
    mine = Counter(grams(candidate, size))
    return (mine & known).total(), mine.total()


def count_over_words(candidate, references, size):
    return clipped_right(candidate, references, size)[0], len(candidate)


def count_precision(candidate, references, size):
    hits, total = clipped_right(candidate, references, size)
    return hits / max(total, 1)


def count_exchanged(candidate, references, size):
    return clipped_right(candidate, references, size)[::-1]


def count_exact(candidate, references, size):
    mine = Counter(grams(candidate, size))
    known = [Counter(grams(r, size)) for r in references]
    return sum(n for g, n in mine.items() if any(k[g] == n for k in known)), mine.total()


def count_reference_total(candidate, references, size):
    total = max(len(grams(r, size)) for r in references)
    return clipped_right(candidate, references, size)[0], total


def count_at_least_one(candidate, references, size):
    hits, total = clipped_right(candidate, references, size)
    return hits, max(total, 1)


def count_negative(candidate, references, size):
    return clipped_right(candidate, references, size)[0], len(candidate) - size + 1


def count_words(candidate, references, size):
    return clipped_right(candidate, references, 1)


def count_up_to(candidate, references, size):
    pairs = [clipped_right(candidate, references, n) for n in range(1, size + 1)]
    return sum(a for a, _ in pairs), sum(b for _, b in pairs)


def count_lists(candidate, references, size):
    mine = Counter([candidate[i : i + size] for i in range(len(candidate) - size + 1)])
    return mine.total(), mine.total()


def count_text(candidate, references, size):
    text, found = [" ".join(r) for r in references], 0
    for g in Counter(grams(candidate, size)):
        found += min(grams(candidate, size).count(g), max(t.count(" ".join(g)) for t in text))
    return found, len(grams(candidate, size))


def count_min(candidate, references, size):
    known = Counter(grams(references[0], size))
    for r in references[1:]:
        known &= Counter(grams(r, size))
    mine = Counter(grams(candidate, size))
    return (mine & known).total(), mine.total()


def count_returns_in_loop(candidate, references, size):
    mine = Counter(grams(candidate, size))
    for r in references:
        known = Counter(grams(r, size))
        hits = (mine & known).total()
    return hits, mine.total()


def count_first_that_knows_it(candidate, references, size):
    mine, hits = Counter(grams(candidate, size)), 0
    for gram, count in mine.items():
        for r in references:
            if gram in grams(r, size):
                hits += min(count, grams(r, size).count(gram))
                break
    return hits, mine.total()


def count_nothing_if_one_is_short(candidate, references, size):
    if any(len(r) < size for r in references):
        return 0, len(grams(candidate, size))
    return clipped_right(candidate, references, size)


def count_again_and_again(candidate, references, size):
    mine, hits = grams(candidate, size), 0
    for gram in mine:
        hits += min(mine.count(gram), max(grams(r, size).count(gram) for r in references))
    return hits, len(mine)


def count_glued(candidate, references, size):
    def grams(words):
        return Counter("".join(words[i : i + size]) for i in range(len(words) - size + 1))

    mine, theirs = grams(candidate), [grams(reference) for reference in references]
    hits = sum(min(n, max(their[gram] for their in theirs)) for gram, n in mine.items())
    return hits, sum(mine.values())


CLIPPED = (
    Wrong(count_glued, "words glued together", "glue"),
    Wrong(count_unclipped, "not clipped", "each time"),
    Wrong(count_sets, "sets", "set"),
    Wrong(count_sets_twice, "sets for both numbers", "set|once"),
    Wrong(count_summed, "clips by the sum of the references", "together"),
    Wrong(count_best_reference, "one reference for the whole caption", "one reference for"),
    Wrong(count_first, "the first reference", "first reference"),
    Wrong(count_range, "the last n-gram is missing", "last n-gram"),
    Wrong(count_tails, "short pieces", "shorter"),
    Wrong(count_over_words, "counts words", "words of the caption"),
    Wrong(count_precision, "a share", "2 things"),
    Wrong(count_exchanged, "total first", "changed places"),
    Wrong(count_exact, "equal counts only", "exactly"),
    Wrong(count_reference_total, "n-grams of the reference", "reference"),
    Wrong(count_at_least_one, "1 where there is none", "then the second number is 0"),
    Wrong(count_negative, "a negative number of n-grams", "below 0"),
    Wrong(count_words, "single words", "single words"),
    Wrong(count_up_to, "all sizes", "all sizes"),
    Wrong(count_lists, "lists cannot be counted", "list"),
    Wrong(count_text, "finds words within words, and no overlaps", ""),
    Wrong(count_min, "the least", "least"),
    Wrong(count_returns_in_loop, "the last reference wins", "last reference"),
    Wrong(count_first_that_knows_it, "the first that knows it", "first reference that"),
    Wrong(count_nothing_if_one_is_short, "an early return", "inputs"),
    Wrong(count_again_and_again, "adds a count each time", "again"),
)


def count_by_hand(candidate, references, size):
    mine, used, hits = grams(candidate, size), {}, 0
    allowed = {g: max(grams(r, size).count(g) for r in references) for g in mine}
    for g in mine:
        if used.get(g, 0) < allowed[g]:
            used[g] = used.get(g, 0) + 1
            hits += 1
    return hits, len(mine)


def count_as_tensor(candidate, references, size):
    return torch.tensor(clipped_right(candidate, references, size))


def count_in_arrays(candidate, references, size):
    return [np.int64(n) for n in clipped_right(candidate, references, size)]


CLIPPED_RIGHT = (count_by_hand, clipped_right, count_as_tensor, count_in_arrays)

# ── 4 · BLEU ──────────────────────────────────────────────────────────────────────────────────────


def closest(c, row):
    return min(row.tolist(), key=lambda n: (abs(n - c), n))


def joined(hits, totals, r, penalty=lambda c, r: min(1, math.exp(1 - r / c))):
    p = hits.sum(0).double() / totals.sum(0).clamp(min=1)
    return penalty(float(totals[:, 0].sum()), r) * p.prod() ** (1 / len(p))


def right_r(totals, lengths):
    return sum(closest(int(c), row) for c, row in zip(totals[:, 0], lengths, strict=True))


def bleu_mean_of_sentences(hits, totals, lengths):
    each = []
    for h, t, row in zip(hits, totals, lengths, strict=True):
        each.append(joined(h[None], t[None], closest(int(t[0]), row)))
    return torch.stack(each).mean()


def bleu_mean_of_precisions(hits, totals, lengths):
    p = (hits / totals.clamp(min=1)).mean(0)
    c, r = float(totals[:, 0].sum()), right_r(totals, lengths)
    return min(1, math.exp(1 - r / c)) * p.prod() ** (1 / len(p))


def bleu_longest(hits, totals, lengths):
    return joined(hits, totals, float(lengths.max(1).values.sum()))


def bleu_shortest(hits, totals, lengths):
    return joined(hits, totals, float(lengths.min(1).values.sum()))


def bleu_argmin_tie(hits, totals, lengths):
    place = (lengths - totals[:, :1]).abs().argmin(1)
    return joined(hits, totals, float(lengths.gather(1, place[:, None]).sum()))


def bleu_tie_longer(hits, totals, lengths):
    r = sum(
        min(row.tolist(), key=lambda n: (abs(n - int(c)), -n))
        for c, row in zip(totals[:, 0], lengths, strict=True)
    )
    return joined(hits, totals, r)


def bleu_no_brevity(hits, totals, lengths):
    return joined(hits, totals, 0, lambda c, r: 1)


def bleu_unclamped(hits, totals, lengths):
    return joined(hits, totals, right_r(totals, lengths), lambda c, r: math.exp(1 - r / c))


def bleu_turned(hits, totals, lengths):
    return joined(hits, totals, right_r(totals, lengths), lambda c, r: min(1, math.exp(1 - c / r)))


def bleu_arithmetic(hits, totals, lengths):
    p = hits.sum(0) / totals.sum(0).clamp(min=1)
    c, r = float(totals[:, 0].sum()), right_r(totals, lengths)
    return min(1, math.exp(1 - r / c)) * p.mean()


def bleu_no_root(hits, totals, lengths):
    p = hits.sum(0) / totals.sum(0).clamp(min=1)
    c, r = float(totals[:, 0].sum()), right_r(totals, lengths)
    return min(1, math.exp(1 - r / c)) * p.prod()


def bleu_epsilon(hits, totals, lengths):
    p = hits.sum(0).double() / totals.sum(0).clamp(min=1)
    c, r = float(totals[:, 0].sum()), right_r(totals, lengths)
    return min(1, math.exp(1 - r / c)) * (p + 1e-8).log().mean().exp()


def bleu_per_cent(hits, totals, lengths):
    return 100 * joined(hits, totals, right_r(totals, lengths))


def bleu_nan(hits, totals, lengths):
    p = hits.sum(0) / totals.sum(0)
    c, r = float(totals[:, 0].sum()), right_r(totals, lengths)
    return min(1, math.exp(1 - r / c)) * p.prod() ** (1 / len(p))


def bleu_all_lengths(hits, totals, lengths):
    p = hits.sum(0).double() / totals.sum(0).clamp(min=1)
    c, r = float(totals.sum()), right_r(totals, lengths)
    return min(1, math.exp(1 - r / c)) * p.prod() ** (1 / len(p))


def bleu_quarter(hits, totals, lengths):
    p = hits.sum(0).double() / totals.sum(0).clamp(min=1)
    c, r = float(totals[:, 0].sum()), right_r(totals, lengths)
    return min(1, math.exp(1 - r / c)) * p.prod() ** 0.25


def bleu_smoothed(hits, totals, lengths):
    p = (hits.sum(0).double() + 1) / (totals.sum(0) + 1)
    c, r = float(totals[:, 0].sum()), right_r(totals, lengths)
    return min(1, math.exp(1 - r / c)) * p.prod() ** (1 / len(p))


def bleu_skips_zero(hits, totals, lengths):
    p = hits.sum(0).double() / totals.sum(0).clamp(min=1)
    p = p[p > 0]
    if len(p) == 0:
        return torch.tensor(0.0)
    c, r = float(totals[:, 0].sum()), right_r(totals, lengths)
    return min(1, math.exp(1 - r / c)) * p.prod() ** (1 / len(p))


def bleu_first_references(hits, totals, lengths):
    return joined(hits, totals, float(lengths[:, 0].sum()))


def bleu_closest_of_sums(hits, totals, lengths):
    return joined(hits, totals, closest(int(totals[:, 0].sum()), lengths.sum(0)))


def bleu_summed_over_n(hits, totals, lengths):
    p = hits.sum() / totals.sum()
    c, r = float(totals[:, 0].sum()), right_r(totals, lengths)
    return min(1, math.exp(1 - r / c)) * p


def bleu_wrong_axis(hits, totals, lengths):
    p = hits.sum(1).double() / totals.sum(1)
    c, r = float(totals[:, 0].sum()), right_r(totals, lengths)
    return min(1, math.exp(1 - r / c)) * p.prod() ** (1 / len(p))


def bleu_silent_caption(hits, totals, lengths):
    if (hits == 0).any():
        return 0.0
    return joined(hits, totals, right_r(totals, lengths))


def bleu_longer_only(hits, totals, lengths):
    r = 0
    for c, row in zip(totals[:, 0].tolist(), lengths.tolist(), strict=True):
        longer = [n for n in row if n >= c] or row
        r += min(longer, key=lambda n: abs(n - c))
    return joined(hits, totals, r)


def bleu_one_more(hits, totals, lengths):
    p = hits.sum(0) / (totals.sum(0) + 1)
    c, r = float(totals[:, 0].sum()), right_r(totals, lengths)
    return min(1, math.exp(1 - r / c)) * p.prod() ** (1 / len(p))


def bleu_words_found(hits, totals, lengths):
    p = hits.sum(0).double() / totals.sum(0).clamp(min=1)
    c, r = max(float(hits[:, 0].sum()), 1.0), right_r(totals, lengths)
    return min(1, math.exp(1 - r / c)) * p.prod() ** (1 / len(p))


BLEU = (
    Wrong(bleu_mean_of_sentences, "a mean of sentences", "for each caption and average"),
    Wrong(bleu_mean_of_precisions, "a mean of shares", "own shares"),
    Wrong(bleu_longest, "the longest reference", "longest"),
    Wrong(bleu_shortest, "the shortest reference", "shortest"),
    Wrong(bleu_argmin_tie, "the first of a tie", "stands first"),
    Wrong(bleu_tie_longer, "the longer of a tie", "longer"),
    Wrong(bleu_no_brevity, "no brevity penalty", "missing"),
    Wrong(bleu_unclamped, "above 1", "at most 1"),
    Wrong(bleu_turned, "c and r exchanged", "c/r"),
    Wrong(bleu_arithmetic, "arithmetic mean", "ordinary mean"),
    Wrong(bleu_no_root, "no root", "root"),
    Wrong(bleu_epsilon, "an epsilon", "BLEU is 0"),
    Wrong(bleu_per_cent, "per cent", "100"),
    Wrong(bleu_nan, "0/0", "0/0"),
    Wrong(bleu_all_lengths, "all n-grams for words", "words"),
    Wrong(bleu_quarter, "always the fourth root", "fourth"),
    Wrong(bleu_smoothed, "smoothed", "add 1"),
    Wrong(bleu_skips_zero, "skips what is not found", "leave that n out"),
    Wrong(bleu_first_references, "the first reference", "first reference"),
    Wrong(bleu_closest_of_sums, "closest of the sums", "sum up each column"),
    Wrong(bleu_summed_over_n, "all n-grams together", "throw"),
    Wrong(bleu_wrong_axis, "the wrong axis", "axis"),
    Wrong(bleu_silent_caption, "0 for one silent caption", "one caption"),
    Wrong(bleu_longer_only, "longer references only", "at least as long"),
    Wrong(bleu_one_more, "1 in the divisor", "shares"),
    Wrong(bleu_words_found, "c counts hits", "\\*found\\*|which words c counts"),
)


def bleu_in_logs(hits, totals, lengths):
    value = 0.0
    for n in range(hits.shape[1]):
        found, of = int(hits[:, n].sum()), int(totals[:, n].sum())
        if found == 0:
            return 0
        value += math.log(found / of) / hits.shape[1]
    c, r = int(totals[:, 0].sum()), right_r(totals, lengths)
    return math.exp(value + min(0, 1 - r / c))


def bleu_right(hits, totals, lengths):
    return joined(hits, totals, right_r(totals, lengths))


def bleu_numpy(hits, totals, lengths):
    return np.float64(bleu_in_logs(hits, totals, lengths))


BLEU_RIGHT = (bleu_in_logs, bleu_right, bleu_numpy)

# ── 5 · Said, but not there ───────────────────────────────────────────────────────────────────────


def chair(
    captions, present, names, say, absent=lambda said, there: [o for o in said if o not in there]
):
    said = [say(caption, dict(names)) for caption in captions]
    bad = [absent(mine, there) for mine, there in zip(said, present, strict=True)]
    total = sum(map(len, said))
    return sum(map(bool, bad)) / len(captions), sum(map(len, bad)) / max(total, 1)


def chair_doubles(captions, present, names):
    return chair(captions, present, names, lambda c, n: [n[w] for w in c if w in n])


def chair_different_words(captions, present, names):
    return chair(captions, present, names, lambda c, n: [n[w] for w in dict.fromkeys(c) if w in n])


def chair_words(captions, present, names):
    return chair(captions, present, names, lambda c, n: [w for w in set(c) if w in n])


def chair_substring(captions, present, names):
    def say(c, n):
        return {n[w] for w in n if w in " ".join(c)}

    return chair(captions, present, names, say)


def chair_plural_cut(captions, present, names):
    def say(c, n):
        return {w.removesuffix("s") for w in c if w.removesuffix("s") in n.values()}

    return chair(captions, present, names, say)


def right_sets(c, n):
    return {n[w] for w in c if w in n}


def chair_mean(captions, present, names):
    shares, bad = [], 0
    for caption, there in zip(captions, present, strict=True):
        mine = right_sets(caption, dict(names))
        absent = mine - set(there)
        bad += bool(absent)
        if mine:
            shares.append(len(absent) / len(mine))
    return bad / len(captions), sum(shares) / max(len(shares), 1)


def chair_speaking_only(captions, present, names):
    a, b = chair(captions, present, names, right_sets)
    speaking = sum(bool(right_sets(c, dict(names))) for c in captions)
    return a * len(captions) / max(speaking, 1), b


def chair_left_out(captions, present, names):
    return chair(
        captions,
        present,
        names,
        right_sets,
        lambda said, there: [o for o in there if o not in said],
    )


def chair_missing_set(captions, present, names):
    return chair(captions, present, names, right_sets, lambda said, there: set(there) - said)


def chair_truth(captions, present, names):
    return chair(captions, present, names, right_sets, lambda said, there: said & set(there))


def chair_exchanged(captions, present, names):
    return chair(captions, present, names, right_sets)[::-1]


def chair_counts(captions, present, names):
    a, b = chair(captions, present, names, right_sets)
    return a * len(captions), b


def chair_per_word(captions, present, names):
    a, b = chair(captions, present, names, right_sets)
    total = sum(len(right_sets(c, dict(names))) for c in captions)
    return a, b * total / sum(map(len, captions))


def chair_per_present(captions, present, names):
    a, b = chair(captions, present, names, right_sets)
    total = sum(len(right_sets(c, dict(names))) for c in captions)
    return a, b * total / sum(len(there) for there in present)


def chair_over_corpus(captions, present, names):
    n = dict(names)
    a, _ = chair(captions, present, names, right_sets)
    said = {o for c in captions for o in right_sets(c, n)}
    pairs = zip(captions, present, strict=True)
    bad = {o for c, there in pairs for o in right_sets(c, n) - set(there)}
    return a, len(bad) / max(len(said), 1)


def chair_all_pictures(captions, present, names):
    everything = [o for there in present for o in there]
    return chair(captions, [everything] * len(captions), names, right_sets)


def chair_zero_division(captions, present, names):
    n = dict(names)
    said = [right_sets(c, n) for c in captions]
    bad = [s - set(there) for s, there in zip(said, present, strict=True)]
    return sum(map(bool, bad)) / len(bad), sum(map(len, bad)) / sum(map(len, said))


def chair_key_error(captions, present, names):
    return chair(captions, present, names, lambda c, n: {n[w] for w in c})


def chair_multiset(captions, present, names):
    def absent(said, there):
        left, bad = list(there), []
        for o in said:
            if o in left:
                left.remove(o)
            else:
                bad.append(o)
        return bad

    return chair(captions, present, names, lambda c, n: [n[w] for w in c if w in n], absent)


def chair_all_absent(captions, present, names):
    _, b = chair(captions, present, names, right_sets)
    n = dict(names)
    pairs = zip(captions, present, strict=True)
    none = [bool(s := right_sets(c, n)) and not s & set(there) for c, there in pairs]
    return sum(none) / len(none), b


def chair_doubles_below(captions, present, names):
    n, bad_captions, bad, said = dict(names), 0, 0, 0
    for caption, there in zip(captions, present, strict=True):
        mine = [n[w] for w in caption if w in n]
        absent = set(mine) - set(there)
        bad_captions, bad, said = bad_captions + bool(absent), bad + len(absent), said + len(mine)
    return bad_captions / len(captions), bad / max(said, 1)


def chair_returns_in_the_loop(captions, present, names):
    n, bad_captions, bad, said = dict(names), 0, 0, 0
    for caption, there in zip(captions, present, strict=True):
        absent = right_sets(caption, n) - set(there)
        bad_captions, bad = bad_captions + bool(absent), bad + len(absent)
        said += len(right_sets(caption, n))
        return bad_captions / len(captions), bad / max(said, 1)


def chair_nothing_there(captions, present, names):
    n, pairs = dict(names), list(zip(captions, present, strict=True))
    none = [not right_sets(c, n) & set(there) for c, there in pairs]
    return sum(none) / len(none), chair(captions, present, names, right_sets)[1]


HALLUCINATED = (
    Wrong(chair_doubles, "counts an object twice", "twice"),
    Wrong(chair_different_words, "two words, two objects", "two words"),
    Wrong(chair_words, "compares words", "compare \\*words\\*"),
    Wrong(chair_substring, "finds stars in starfish", "inside"),
    Wrong(chair_plural_cut, "cuts the s", "s off"),
    Wrong(chair_mean, "mean of the captions' shares", "average"),
    Wrong(chair_speaking_only, "without silent captions", "say no object"),
    Wrong(chair_left_out, "what is left out, with doubles", "not said|said and not there|Number"),
    Wrong(chair_missing_set, "what is left out", "not said"),
    Wrong(chair_truth, "what is true", "said and there"),
    Wrong(chair_exchanged, "exchanged", "changed places"),
    Wrong(chair_counts, "a count", "share|how many"),
    Wrong(chair_per_word, "over all words", "words"),
    Wrong(chair_per_present, "over what is in the pictures", "in the pictures"),
    Wrong(chair_over_corpus, "each kind once", "several captions"),
    Wrong(chair_all_pictures, "all pictures together", "any"),
    Wrong(chair_zero_division, "0/0", "ZeroDivision"),
    Wrong(chair_key_error, "a word that is no name", "KeyError"),
    Wrong(chair_multiset, "one in the picture for each that is said", "Number 1"),
    Wrong(chair_all_absent, "all must be absent", "One is enough"),
    Wrong(chair_doubles_below, "doubles in the divisor", "divide by"),
    Wrong(chair_returns_in_the_loop, "returns in the loop", "first caption"),
    Wrong(chair_nothing_there, "nothing said is there", "nothing"),
)


def chair_loops(captions, present, names):
    bad_captions, bad, said = 0, 0, 0
    for i in range(len(captions)):
        found = set()
        for word in captions[i]:
            for name, thing in names:
                if word == name:
                    found.add(thing)
        wrong = [thing for thing in found if thing not in present[i]]
        bad_captions += 1 if wrong else 0
        bad += len(wrong)
        said += len(found)
    return bad_captions / len(captions), 0 if said == 0 else bad / said


def chair_fractions(captions, present, names):
    a, b = chair(captions, present, names, right_sets)
    return [Fraction(a), Fraction(b)]


def chair_tensor(captions, present, names):
    return torch.tensor(chair(captions, present, names, right_sets))


HALLUCINATED_RIGHT = (chair_loops, chair_fractions, chair_tensor)

# ── 6 · Find the bugs ─────────────────────────────────────────────────────────────────────────────


def search(table, width, most, ended=True, parents=True, finish="parents", last=0):
    beams = torch.zeros(width, 1, dtype=torch.long)
    scores = torch.full((width,), -torch.inf)
    scores[0] = 0.0
    finished = torch.zeros(width, dtype=torch.bool)
    for _ in range(most):
        steps = table[beams[:, -1]].clone()
        if ended:
            steps[finished] = -torch.inf
            steps[finished, 0] = 0.0
        scores, places = (scores[:, None] + steps).flatten().topk(width)
        origin, words = places // len(table), places % len(table)
        beams = torch.cat([beams[origin] if parents else beams, words[:, None]], 1)
        finished = (finished[origin] if finish == "parents" else finished) | (words == 0)
    return beams[last, 1:], scores[last]


def bug_given(table, width, most):
    beams = torch.zeros(width, 1, dtype=torch.long)
    scores = torch.full((width,), -torch.inf)
    scores[0] = 0.0
    for _ in range(most):
        steps = table[beams[:, -1]]
        scores, places = (scores[:, None] + steps).flatten().topk(width)
        words = places % len(table)
        beams = torch.cat([beams, words[:, None]], dim=1)
    return beams[0, 1:], scores[0]


def bug_only_parents(table, width, most):
    return search(table, width, most, ended=False)


def bug_only_ended(table, width, most):
    return search(table, width, most, parents=False)


def bug_finished_by_rank(table, width, most):
    return search(table, width, most, finish="rank")


def bug_last(table, width, most):
    return search(table, width, most, last=-1)


def bug_mean(table, width, most):
    sentence, score = search(table, width, most)
    return sentence, score / most


def bug_per_length(table, width, most):
    sentence, score = search(table, width, most)
    return sentence, score / ((sentence != 0).sum() + 1)


def bug_stops_at_any(table, width, most):
    beams, scores = torch.zeros(width, 1, dtype=torch.long), torch.full((width,), -torch.inf)
    scores[0] = 0.0
    for _ in range(most):
        steps = table[beams[:, -1]]
        scores, places = (scores[:, None] + steps).flatten().topk(width)
        words = places % len(table)
        beams = torch.cat([beams[places // len(table)], words[:, None]], 1)
        if (words == 0).any():
            break
    return F.pad(beams[0, 1:], (0, most - beams.shape[1] + 1)), scores[0]


def bug_removed(table, width, most):
    beams, done = [(0.0, [0])], []
    for _ in range(most):
        longer = []
        for score, said in beams:
            for word in range(len(table)):
                longer.append((score + table[said[-1], word].item(), [*said, word]))
        longer.sort(reverse=True)
        beams = [b for b in longer[:width] if b[1][-1] != 0]
        done += [b for b in longer[:width] if b[1][-1] == 0]
    score, said = max(done or beams)
    return torch.tensor((said[1:] + [0] * most)[:most]), score


def bug_short(table, width, most):
    sentence, score = search(table, width, most)
    return sentence[: int((sentence != 0).sum()) + 1], score


def bug_flag_by_any_zero(table, width, most):
    beams = torch.zeros(width, 1, dtype=torch.long)
    scores = torch.full((width,), -torch.inf)
    scores[0] = 0.0
    for _ in range(most):
        finished = (beams == 0).any(1)
        steps = table[beams[:, -1]]
        steps[finished] = -torch.inf
        steps[finished, 0] = 0.0
        scores, places = (scores[:, None] + steps).flatten().topk(width)
        beams = torch.cat([beams[places // len(table)], (places % len(table))[:, None]], 1)
    return beams[0, 1:], scores[0]


def bug_wrong_divisor(table, width, most):
    beams = torch.zeros(width, 1, dtype=torch.long)
    scores = torch.full((width,), -torch.inf)
    scores[0] = 0.0
    finished = torch.zeros(width, dtype=torch.bool)
    for _ in range(most):
        steps = table[beams[:, -1]]
        steps[finished] = -torch.inf
        steps[finished, 0] = 0.0
        scores, places = (scores[:, None] + steps).flatten().topk(width)
        parents, words = places // width, places % len(table)
        beams = torch.cat([beams[parents], words[:, None]], 1)
        finished = finished[parents] | (words == 0)
    return beams[0, 1:], scores[0]


def bug_greedy(table, width, most):
    return search(table, 1, most)


def bug_exhaustive(table, width, most):
    return search(table, min(width * len(table), 60), most)


def bug_only_infinite(table, width, most):
    beams = torch.zeros(width, 1, dtype=torch.long)
    scores = torch.full((width,), -torch.inf)
    scores[0] = 0.0
    finished = torch.zeros(width, dtype=torch.bool)
    for _ in range(most):
        steps = table[beams[:, -1]]
        steps[finished] = -torch.inf
        scores, places = (scores[:, None] + steps).flatten().topk(width)
        parents, words = places // len(table), places % len(table)
        beams = torch.cat([beams[parents], words[:, None]], 1)
        finished = finished[parents] | (words == 0)
    return beams[0, 1:], scores[0]


def bug_end_paid(table, width, most):
    beams = torch.zeros(width, 1, dtype=torch.long)
    scores = torch.full((width,), -torch.inf)
    scores[0] = 0.0
    finished = torch.zeros(width, dtype=torch.bool)
    for _ in range(most):
        steps = table[beams[:, -1]]
        steps[finished, 1:] = -torch.inf
        scores, places = (scores[:, None] + steps).flatten().topk(width)
        parents, words = places // len(table), places % len(table)
        beams = torch.cat([beams[parents], words[:, None]], 1)
        finished = finished[parents] | (words == 0)
    return beams[0, 1:], scores[0]


def bug_not_filled(table, width, most):
    sentence, score = search(table, width, most)
    return sentence[: int((sentence != 0).sum()) + 1], score


def bug_wiped(table, width, most):
    sentence, score = search(table, width, most, ended=False)
    return sentence * ((sentence == 0).cumsum(0) == 0), score


def bug_put_aside(table, width, most):
    beams, done = [(0.0, [0])], []
    for _ in range(most):
        longer = [
            (score + table[said[-1], word].item(), [*said, word])
            for score, said in beams
            for word in range(len(table))
        ]
        best = sorted(longer, reverse=True)[:width]
        beams = [b for b in best if b[1][-1] != 0]
        done += [b for b in best if b[1][-1] == 0]
    score, said = max(done + beams)
    return torch.tensor((said[1:] + [0] * most)[:most]), score


def bug_rescored(table, width, most):
    sentence, _ = search(table, width, most, parents=False)
    score, before = 0.0, 0
    for word in sentence.tolist():
        score, before = score + table[before, word].item(), word
        if word == 0:
            break
    return sentence, score


BUG = (
    Wrong(bug_given, "as it was", "exactly what the program"),
    Wrong(bug_only_parents, "still goes on", "goes on"),
    Wrong(bug_only_ended, "parents still lost", "Which old beam|parents|belong"),
    Wrong(bug_finished_by_rank, "flags stay with the rank", "rank"),
    Wrong(bug_last, "the last beam", "last beam"),
    Wrong(bug_mean, "a mean", "rounds|divided"),
    Wrong(bug_per_length, "a mean per word", "number of words"),
    Wrong(bug_stops_at_any, "stops too early", "some beam has ended"),
    Wrong(bug_removed, "the ended ones make room for others", ""),
    Wrong(bug_short, "cut at its end", "cut off"),
    Wrong(bug_flag_by_any_zero, "the start counts as an end", "begins"),
    Wrong(bug_wrong_divisor, "divides by the width", "`width`"),
    Wrong(bug_greedy, "width is ignored", "one"),
    Wrong(bug_exhaustive, "wider than asked for", ""),
    Wrong(bug_only_infinite, "ended ones are lost", "lost"),
    Wrong(bug_end_paid, "pays again", "pays"),
    Wrong(bug_not_filled, "as short as it is", "cut off"),
    Wrong(bug_wiped, "wipes out what follows", "wipe out"),
    Wrong(bug_put_aside, "ended ones put aside", "aside"),
    Wrong(bug_rescored, "mends the score, not the sentence", "several beams"),
)


def bug_mended_by_last_word(table, width, most):
    beams = torch.zeros(width, 1, dtype=torch.long)
    scores = torch.tensor([0.0] + [-torch.inf] * (width - 1))
    for step in range(most):
        steps = table[beams[:, -1]].clone()
        if step:
            over = beams[:, -1] == 0
            steps[over] = torch.tensor([0.0] + [-torch.inf] * (len(table) - 1))
        totals = (scores[:, None] + steps).flatten()
        places = totals.argsort(descending=True)[:width]
        scores = totals[places]
        beams = torch.cat([beams[places // len(table)], (places % len(table))[:, None]], 1)
    return beams[0, 1:], scores[0]


def bug_mended_lists(table, width, most):
    rows = table.double().tolist()
    beams = [((0.0), ())]
    for _ in range(most):
        candidates = {}
        for score, said in beams:
            if 0 in said:
                candidates[(*said, 0)] = score
            else:
                for word, step in enumerate(rows[said[-1] if said else 0]):
                    candidates[(*said, word)] = score + step
        beams = sorted(((s, w) for w, s in candidates.items()), reverse=True)[:width]
    return list(beams[0][1]), beams[0][0]


BUG_RIGHT = (bug_mended_by_last_word, bug_mended_lists, search)

# ── 7 · How wide, and how long? ───────────────────────────────────────────────────────────────────

GREEDY, TWO, BEST, LONG = 0.060632, 0.126, 0.14535, 0.071
WIDTH = (
    Wrong([TWO, TWO, 4, 5], "greedy's is that of 2", "beam of 1"),
    Wrong([GREEDY, BEST, 4, 5], "the best for 2", "wider"),
    Wrong([GREEDY, TWO, 2, 5], "the first width that is better", "best of all"),
    Wrong([GREEDY, TWO, 3, 5], "one too few", "3"),
    Wrong([GREEDY, TWO, 5, 5], "one too many", "smaller"),
    Wrong([GREEDY, TWO, 10, 5], "any width that finds it", "smallest"),
    Wrong([GREEDY, TWO, 1000, 5], "the widest", "smaller"),
    Wrong([GREEDY, TWO, 4, 6], "with the full stop", "full stop"),
    Wrong([GREEDY, TWO, 4, 2], "power is 0", "power"),
    Wrong([GREEDY, TWO, 6, 5], "where power 1 changes", "power"),
    Wrong([-2.803, -2.071, 4, 5], "logarithms", "logarithm"),
    Wrong([GREEDY / 0.52, TWO, 4, 5], "without the full stop", "full stop"),
    Wrong([TWO, GREEDY, 4, 5], "exchanged", "changed places"),
    Wrong([GREEDY, TWO, 5, 4], "exchanged", "changed places"),
    Wrong([GREEDY, TWO, 4], "one is missing", "4 numbers"),
    Wrong([GREEDY, TWO, 4, "a star above the sun ."], "a text", "text"),
    Wrong([0.06, 0.13, 4, 5], "too few digits", "decimals"),
    Wrong([6.0632, 12.6, 4, 5], "per cent", ""),
    Wrong([0.0909, TWO, 4, 5], "something else", "Number 1"),
)
WIDTH_RIGHT = (
    [GREEDY, TWO, 4, 5],
    (0.0606, 0.126, 4.0, 5.0),
    np.array([GREEDY, TWO, 4, 5]),
    [Fraction(60632, 10**6), torch.tensor(0.126), 4, 5],
)

# ── 8 · METEOR by hand ────────────────────────────────────────────────────────────────────────────

MEAN, PENALTY = 0.75949, 0.0185185
CHUNKS = (
    Wrong([4, MEAN, 0.14815, 0.64698], "the first a with the first a", "fewest"),
    Wrong([3, MEAN, 0.0625, 0.71203], "three chunks", "cut in two"),
    Wrong([2, 0.8, PENALTY, 0.78519], "the harmonic mean", "2PR"),
    Wrong([2, 0.84507, PENALTY, 0.82942], "P and R exchanged", "changed places"),
    Wrong([2, MEAN, 0.16667, 0.63291], "no cube", "cube"),
    Wrong([2, MEAN, 0.03704, 0.73136], "no half", "½"),
    Wrong([2, MEAN, PENALTY, MEAN - PENALTY], "subtracted", "F − penalty"),
    Wrong([2, MEAN, PENALTY, 0.01407], "F times the penalty", "penalty"),
    Wrong([6, MEAN, 0.5, 0.37975], "each word a chunk", "chunk of its own"),
    Wrong([2, 0.63291, 0.032, 0.61266], "one a is matched", "`a`"),
    Wrong([2, MEAN, 0.01166, 0.75063], "divided by 7", "caption"),
    Wrong([1, MEAN, 0.00231, 0.75774], "one chunk", "One chunk"),
    Wrong([3, 0.88608, 0.03936, 0.8512], "below is above", "below"),
    Wrong([2, MEAN, PENALTY], "one is missing", "4 numbers"),
    Wrong([2, 0.76, 0.02, 0.75], "too few digits", "decimals|digits"),
    Wrong([4, MEAN, PENALTY, 0.74543], "the chunks alone", "first `a`"),
    Wrong([2, 0.857, PENALTY, 0.8413], "the precision for F", "Your F is the precision"),
)
CHUNKS_RIGHT = (
    [2, MEAN, PENALTY, 0.74543],
    (2.0, 60 / 79, 1 / 54, 60 / 79 * 53 / 54),
    [2, 0.759, 0.0185, 0.745],
)

# ── 9 · One step of a beam search ─────────────────────────────────────────────────────────────────


def step(scores, finished, log_probs, end, width, closed=-torch.inf, free=0.0):
    steps = log_probs.clone()
    steps[finished] = closed
    steps[finished, end] = free
    return scores[:, None] + steps


def kept(totals, width):
    best, places = totals.flatten().topk(width)
    return best, places // totals.shape[1], places % totals.shape[1]


def step_extended(scores, finished, log_probs, end, width):
    return kept(scores[:, None] + log_probs, width)


def step_dropped(scores, finished, log_probs, end, width):
    return kept((scores[:, None] + log_probs).masked_fill(finished[:, None], -1e9), width)


def step_paid(scores, finished, log_probs, end, width):
    steps = log_probs.clone()
    for word in range(steps.shape[1]):
        if word != end:
            steps[finished, word] = -torch.inf
    return kept(scores[:, None] + steps, width)


def step_free(scores, finished, log_probs, end, width):
    return kept(scores[:, None] + log_probs.masked_fill(finished[:, None], 0), width)


def step_probability(scores, finished, log_probs, end, width):
    return kept(step(scores, finished, log_probs, end, width, closed=0.0, free=1.0), width)


def step_no_scores(scores, finished, log_probs, end, width):
    best, parents, words = kept(step(scores * 0, finished, log_probs, end, width), width)
    return best, parents, words


def step_exchanged(scores, finished, log_probs, end, width):
    best, parents, words = kept(step(scores, finished, log_probs, end, width), width)
    return best, words, parents


def step_divides_by_beams(scores, finished, log_probs, end, width):
    best, places = step(scores, finished, log_probs, end, width).flatten().topk(width)
    return best, places // len(scores), places % len(scores)


def step_divides_by_width(scores, finished, log_probs, end, width):
    best, places = step(scores, finished, log_probs, end, width).flatten().topk(width)
    return best, places // width, places % log_probs.shape[1]


def step_places(scores, finished, log_probs, end, width):
    totals = step(scores, finished, log_probs, end, width)
    best, places = totals.flatten().topk(width)
    return best, places // totals.shape[1], places


def step_each_beam(scores, finished, log_probs, end, width):
    best, words = step(scores, finished, log_probs, end, width).max(dim=1)
    order = best.argsort(descending=True)[:width]
    return best[order], order, words[order]


def step_topk_rows(scores, finished, log_probs, end, width):
    best, words = step(scores, finished, log_probs, end, width).topk(width, dim=1)
    return best[0], torch.zeros_like(words[0]), words[0]


def step_writes(scores, finished, log_probs, end, width):
    log_probs[finished] = -torch.inf
    log_probs[finished, end] = 0.0
    return kept(scores[:, None] + log_probs, width)


def step_broadcast(scores, finished, log_probs, end, width):
    steps = step(scores * 0, finished, log_probs, end, width)
    return kept(scores + steps, width)


def step_as_many(scores, finished, log_probs, end, width):
    return kept(step(scores, finished, log_probs, end, width), len(scores))


def step_exp(scores, finished, log_probs, end, width):
    best, parents, words = kept(step(scores, finished, log_probs, end, width), width)
    return best.exp(), parents, words


def step_last_word(scores, finished, log_probs, end, width):
    totals = scores[:, None] + log_probs
    totals[finished] = -torch.inf
    totals[finished, -1] = scores[finished]
    return kept(totals, width)


def step_finished_first(scores, finished, log_probs, end, width):
    over = finished.nonzero().flatten()
    totals = (scores[:, None] + log_probs).masked_fill(finished[:, None], -torch.inf)
    best, parents, words = kept(totals, max(width - len(over), 0))
    ends = torch.full_like(over, end)
    all_scores = torch.cat([scores[over], best])
    order = all_scores.argsort(descending=True)[:width]
    return all_scores[order], torch.cat([over, parents])[order], torch.cat([ends, words])[order]


def step_ranks(scores, finished, log_probs, end, width):
    best, _, words = kept(step(scores, finished, log_probs, end, width), width)
    return best, torch.arange(width), words


def step_normalised(scores, finished, log_probs, end, width):
    best, parents, words = kept(step(scores, finished, log_probs, end, width) / 2, width)
    return best, parents, words


def step_old_scores(scores, finished, log_probs, end, width):
    _, parents, words = kept(step(scores, finished, log_probs, end, width), width)
    return scores[parents], parents, words


def step_two_things(scores, finished, log_probs, end, width):
    best, places = step(scores, finished, log_probs, end, width).flatten().topk(width)
    return best, places


def step_words_by_width(scores, finished, log_probs, end, width):
    best, places = step(scores, finished, log_probs, end, width).flatten().topk(width)
    return best, places // log_probs.shape[1], places % width


def step_end_free_for_all(scores, finished, log_probs, end, width):
    steps = log_probs.clone()
    steps[finished] = -torch.inf
    steps[:, end] = 0.0
    return kept(scores[:, None] + steps, width)


BEAM = (
    Wrong(step_extended, "finished ones go on", "go on"),
    Wrong(step_dropped, "finished ones are lost", "thrown away|lost|`end`"),
    Wrong(step_paid, "the end is paid for again", "again"),
    Wrong(step_free, "every word for nothing", "every|`end`"),
    Wrong(step_probability, "1 for a log probability", "`end`|1 added"),
    Wrong(step_no_scores, "the scores so far are missing", "so far|`scores`"),
    Wrong(step_exchanged, "words before parents", "changed places"),
    Wrong(step_divides_by_beams, "divides by the beams", "beams"),
    Wrong(step_divides_by_width, "divides by the width", "`width`"),
    Wrong(step_places, "places for words", "places"),
    Wrong(step_each_beam, "one candidate a beam", "own best"),
    Wrong(step_topk_rows, "the first beam alone", "first beam|finished"),
    Wrong(step_writes, "writes into log_probs", "changes its input"),
    Wrong(step_broadcast, "scores along the words", ""),
    Wrong(step_as_many, "as many as before", "as many"),
    Wrong(step_exp, "probabilities", "probabilit|logarithm"),
    Wrong(step_last_word, "the last word for the end", "`end`"),
    Wrong(step_finished_first, "finished ones always stay", "finished"),
    Wrong(step_ranks, "parents are ranks", "rank"),
    Wrong(step_normalised, "divided by two", ""),
    Wrong(step_old_scores, "the parents' scores", "without the new"),
    Wrong(step_two_things, "places are not taken apart", "3 things"),
    Wrong(step_words_by_width, "the remainder by width", "remainder"),
    Wrong(step_end_free_for_all, "the end is free for all", "every"),
)


def step_by_hand(scores, finished, log_probs, end, width):
    rows = []
    for beam in range(len(scores)):
        words = [end] if finished[beam] else range(log_probs.shape[1])
        for word in words:
            more = 0.0 if finished[beam] else float(log_probs[beam, word])
            rows.append((float(scores[beam]) + more, beam, word))
    rows = sorted(rows, key=lambda row: -row[0])[:width]
    return [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows]


def step_as_float64(scores, finished, log_probs, end, width):
    return kept(step(scores.double(), finished, log_probs.double(), end, width, -1e300), width)


def step_where(scores, finished, log_probs, end, width):
    stay = torch.arange(log_probs.shape[1]) == end
    totals = scores.unsqueeze(-1) + log_probs
    kept_score = torch.where(stay, scores.unsqueeze(-1), -torch.inf)
    return kept(torch.where(finished.unsqueeze(-1), kept_score, totals), width)


BEAM_RIGHT = (step_by_hand, step_as_float64, step_where)

# ── All of it ─────────────────────────────────────────────────────────────────────────────────────

WRONG = {
    "captioning.shifted": SHIFTED,
    "captioning.prefix_mask": PREFIX,
    "captioning.clipped": CLIPPED,
    "captioning.bleu": BLEU,
    "captioning.hallucinated": HALLUCINATED,
    "captioning.bug_beam": BUG,
    "captioning.width": WIDTH,
    "captioning.chunks": CHUNKS,
    "captioning.beam": BEAM,
}
RIGHT = {
    "captioning.shifted": SHIFTED_RIGHT,
    "captioning.prefix_mask": PREFIX_RIGHT,
    "captioning.clipped": CLIPPED_RIGHT,
    "captioning.bleu": BLEU_RIGHT,
    "captioning.hallucinated": HALLUCINATED_RIGHT,
    "captioning.bug_beam": BUG_RIGHT,
    "captioning.width": WIDTH_RIGHT,
    "captioning.chunks": CHUNKS_RIGHT,
    "captioning.beam": BEAM_RIGHT,
}
