"""What a class hands in to the exercises of lesson 15."""

import statistics
from collections import Counter
from fractions import Fraction

import numpy as np
import torch
import torch.nn.functional as F

from tests.classroom import Wrong

# ── 1 · What does a picture cost? ─────────────────────────────────────────────────────────────────

PLACES = (
    Wrong([96, 15440, 118, 9], "no pooling in the text", "patches"),
    Wrong([96, 3920, 118, 9], "no pooling at all", "pooling"),
    Wrong([24, 15360, 46, 9], "no bias", "bias"),
    Wrong([24, 3920, 46, 9], "the layer reads one patch", "four"),
    Wrong([24, 15440, 22, 9], "the picture does not count", "places"),
    Wrong([24, 15440, 46, 7], "the ends are forgotten", "<end>"),
    Wrong([24, 15440, 46, 11], "<model> carries loss", "<model>"),
    Wrong([24, 15440, 46, 22], "the whole text carries loss", "user"),
    Wrong([24, 15440, 46, 46], "everything carries loss", "every token"),
    Wrong([16, 15440, 38, 9], "a square picture", "square"),
    Wrong([6, 15440, 28, 9], "pooled by 4 along each side", "twice"),
    Wrong([48, 15440, 70, 9], "pooled along one side", "2 × 2"),
    Wrong([24, 3840, 46, 9], "one patch, no bias", "four"),
    Wrong([24, 192, 46, 9], "the numbers that go in", "weights"),
    Wrong([24, 15440, 45, 9], "the question mark is no token", "Number 3"),
    Wrong([24, 15440, 40, 9], "signs are no tokens", "signs"),
    Wrong([25, 15440, 47, 9], "a class token", "class token"),
    Wrong([24, 15440, 46], "three numbers", "4"),
    Wrong([24, 21920, 46, 9], "two layers", "two layers"),
    Wrong([24, 15440, 46, 2], "only the first answer", "Both"),
    Wrong([24, 15361, 46, 9], "one bias for all", "single bias"),
    Wrong([24, 15680, 46, 9], "a bias for each patch", "each patch"),
    Wrong([24, 272, 46, 9], "inputs and outputs added", "adds"),
    Wrong([24, 368640, 46, 9], "weights for each place, no bias", "each place"),
    Wrong([24, 7680, 46, 9], "two patches, no bias", "2 × 2"),
    Wrong([24, 61440, 46, 9], "pixels, no bias", "pixels"),
    Wrong([24, 15632, 46, 9], "a bias for each input, too", "each input"),
    Wrong([24, 61760, 46, 9], "80 numbers for each patch", "whole square"),
    Wrong([24, 61600, 46, 9], "a number of no meaning", "Number 2 is off"),
    Wrong([6, 15440, 28, 9], "one side of the grid", "one side"),
)

PLACES_RIGHT = (
    (24, 15440, 46, 9),
    np.array([24, 15440, 46, 9]),
    [24.0, 192 * 80 + 80.0, 46.0, 9.0],
)

# ── 2 · Which tokens carry the loss? ──────────────────────────────────────────────────────────────


def speaking(tokens, model, end, sign=False, last=True):
    """Return where the model speaks, token by token, with or without the sign and the end."""
    found = torch.zeros_like(tokens, dtype=torch.bool)
    for row in range(len(tokens)):
        inside = False
        for place, token in enumerate(tokens[row].tolist()):
            if token == model:
                inside = True
                found[row, place] = sign
            elif inside:
                inside = token != end
                found[row, place] = inside or last
    return found


def labels_no_end(tokens, model, end):
    return torch.where(speaking(tokens, model, end, last=False), tokens, -100)


def labels_with_sign(tokens, model, end):
    return torch.where(speaking(tokens, model, end, sign=True), tokens, -100)


def labels_plain_cumsum(tokens, model, end):
    begun, ended = (tokens == model).cumsum(1), (tokens == end).cumsum(1)
    return tokens.masked_fill(begun == ended, -100)


def labels_last_model(tokens, model, end):
    found = torch.full_like(tokens, -100)
    for i, row in enumerate(tokens):
        where = (row == model).nonzero()
        if len(where):
            first = where[-1].item() + 1
            stop = (row[first:] == end).nonzero()[0].item() + first + 1
            found[i, first:stop] = row[first:stop]
    return found


def labels_first_model(tokens, model, end):
    found = torch.full_like(tokens, -100)
    for i, row in enumerate(tokens):
        where = (row == model).nonzero()
        if len(where):
            first = where[0].item() + 1
            stop = (row[first:] == end).nonzero()[0].item() + first + 1
            found[i, first:stop] = row[first:stop]
    return found


def labels_to_row_end(tokens, model, end):
    after = ((tokens == model).cumsum(1) - (tokens == model).long()) > 0
    return tokens.masked_fill(~after, -100)


def labels_no_padding_only(tokens, model, end):
    return tokens.masked_fill(tokens == 0, -100)


def labels_shifted(tokens, model, end):
    mine = torch.where(speaking(tokens, model, end), tokens, -100)
    return F.pad(mine[:, 1:], (0, 1), value=-100)


def labels_shorter(tokens, model, end):
    return torch.where(speaking(tokens, model, end), tokens, -100)[:, 1:]


def labels_minus_hundred_turned(tokens, model, end):
    return tokens.masked_fill(speaking(tokens, model, end), -100)


def labels_zeros(tokens, model, end):
    return tokens * speaking(tokens, model, end)


def labels_boolean(tokens, model, end):
    return speaking(tokens, model, end)


def labels_flat(tokens, model, end):
    signs, ends = (tokens == model).flatten(), (tokens == end).flatten()
    begun, ended = signs.cumsum(0), ends.cumsum(0)
    kept = (begun > ended).view_as(tokens)
    return tokens.masked_fill(~kept, -100)


def labels_first_row(tokens, model, end):
    kept = speaking(tokens, model, end)
    return tokens.masked_fill(~kept[0], -100)


def labels_one_word(tokens, model, end):
    before = F.pad(tokens[:, :-1], (1, 0), value=-1)
    return tokens.masked_fill(before != model, -100)


def labels_in_place(tokens, model, end):
    kept = speaking(tokens, model, end)
    tokens[~kept] = -100
    return tokens


def labels_end_from_right(tokens, model, end):
    found = torch.full_like(tokens, -100)
    for i, row in enumerate(tokens.tolist()):
        if model in row:
            first = row.index(model) + 1
            last = len(row) - row[::-1].index(end)
            found[i, first:last] = tokens[i, first:last]
    return found


def labels_user_after_end(tokens, model, end):
    kept = speaking(tokens, model, end)
    later = F.pad(kept[:, :-1], (1, 0))
    return tokens.masked_fill(~(kept | later), -100)


def labels_wrong_axis(tokens, model, end):
    signs, ends = tokens == model, tokens == end
    begun, ended = signs.cumsum(0) - signs.long(), ends.cumsum(0) - ends.long()
    return tokens.masked_fill(begun <= ended, -100)


def labels_parity(tokens, model, end):
    flips = ((tokens == model) | (tokens == end)).cumsum(1) % 2 == 1
    return tokens.masked_fill(~flips, -100)


def labels_float(tokens, model, end):
    return torch.where(speaking(tokens, model, end), tokens.float(), -100.0) + 0.5


LABELS = (
    Wrong(labels_no_end, "the end is not learnt", "stop"),
    Wrong(labels_with_sign, "the sign is learnt", "sign"),
    Wrong(labels_plain_cumsum, "one token early: the sign in, the end out", "too early"),
    Wrong(labels_last_model, "the last turn only", "last"),
    Wrong(labels_first_model, "the first turn only", "first"),
    Wrong(labels_to_row_end, "never stops", "Where does an answer end"),
    Wrong(labels_no_padding_only, "only padding is left out", ""),
    Wrong(labels_shifted, "shifted already", "moved"),
    Wrong(labels_shorter, "shifted and shorter", "shorter"),
    Wrong(labels_minus_hundred_turned, "the mask is turned", "turned"),
    Wrong(labels_zeros, "0 instead of −100", "0"),
    Wrong(labels_boolean, "a mask", "mask|bool"),
    Wrong(labels_flat, "cumsum over all rows, and one early", ""),
    Wrong(labels_first_row, "the first row's mask", "first row"),
    Wrong(labels_one_word, "only the word behind the sign", "first token"),
    Wrong(labels_in_place, "writes into its input", "input"),
    Wrong(labels_end_from_right, "everything between first sign and last end", "between"),
    Wrong(labels_user_after_end, "one token too many", "late"),
    Wrong(labels_wrong_axis, "counts down the rows", "down the"),
    Wrong(labels_parity, "counts both signs in one", "too early"),
    Wrong(labels_float, "half a token more", ""),
)


def labels_numpy(tokens, model, end):
    rows, kept = tokens.numpy(), speaking(tokens, model, end).numpy()
    return np.where(kept, rows, -100)


def labels_lists(tokens, model, end):
    kept = speaking(tokens, model, end).tolist()
    pairs = zip(tokens.tolist(), kept, strict=True)
    return [[t if k else -100 for t, k in zip(r, m, strict=True)] for r, m in pairs]


def labels_flat_right(tokens, model, end):
    signs, ends = (tokens == model).flatten(), (tokens == end).flatten()
    begun, ended = signs.cumsum(0) - signs.long(), ends.cumsum(0) - ends.long()
    return tokens.where((begun > ended).view_as(tokens), -100)


def labels_parity_right(tokens, model, end):
    signs = (tokens == model) | (tokens == end)
    before = (signs.cumsum(1) - signs.long()) % 2 == 1
    return tokens.where(before, torch.tensor(-100))


LABELS_RIGHT = (labels_numpy, labels_lists, labels_flat_right, labels_parity_right)

# ── 3 · A picture between words ───────────────────────────────────────────────────────────────────


def put_in_front(words, places, features):
    return torch.cat([features, words[:, features.shape[1] :]], dim=1)


def put_in_longer(words, places, features):
    return torch.cat([features, words], dim=1)


def put_in_sum(words, places, features):
    mixed = words.clone()
    mixed[places] += features.flatten(0, 1)
    return mixed


def put_in_by_transpose(words, places, features):
    mixed = words.clone()
    mixed[places] = features.transpose(0, 1).reshape(-1, features.shape[2])
    return mixed


def put_in_one_picture(words, places, features):
    mixed = words.clone()
    for row in range(len(words)):
        mixed[row, places[row]] = features[0]
    return mixed


def put_in_first_rows_places(words, places, features):
    mixed = words.clone()
    mixed[:, places[0]] = features
    return mixed


def put_in_block(words, places, features):
    mixed = words.clone()
    for row in range(len(words)):
        first = int(places[row].nonzero()[0])
        end = min(first + features.shape[1], words.shape[1])
        mixed[row, first:end] = features[row, : end - first]
    return mixed


def put_in_changes(words, places, features):
    words[places] = features.flatten(0, 1)
    return words


def put_in_detached(words, places, features):
    mixed = words.clone()
    mixed[places] = features.flatten(0, 1).detach()
    return mixed


def put_in_no_gradient(words, places, features):
    mixed = words.detach().clone()
    mixed[places] = features.flatten(0, 1)
    return mixed


def put_in_numpy(words, places, features):
    mixed = words.detach().numpy().copy()
    mixed[places.numpy()] = features.detach().numpy().reshape(-1, features.shape[2])
    return torch.from_numpy(mixed)


def put_in_turned(words, places, features):
    mixed = words.clone()
    kept = ~places
    fill = features.flatten(0, 1).repeat(20, 1)[: int(kept.sum())]
    mixed[kept] = fill
    return mixed


def put_in_zeroed(words, places, features):
    mixed = torch.zeros_like(words)
    mixed[places] = features.flatten(0, 1)
    return mixed


def put_in_first_feature(words, places, features):
    return torch.where(places[..., None], features[:, :1], words)


def put_in_mean(words, places, features):
    return torch.where(places[..., None], features.mean(1, keepdim=True), words)


def put_in_by_token(words, places, features):
    which = torch.arange(words.shape[1]) % features.shape[1]
    return torch.where(places[..., None], features[:, which], words)


def put_in_backwards(words, places, features):
    mixed = words.clone()
    mixed[places] = features.flip(1).flatten(0, 1)
    return mixed


def put_in_off_by_one(words, places, features):
    mixed = words.clone()
    mixed[places.roll(1, 1)] = features.flatten(0, 1)
    return mixed


def put_in_whole_cumsum(words, places, features):
    which = places.cumsum(1).clamp(max=features.shape[1] - 1)
    chosen = features.gather(1, which[..., None].expand(-1, -1, words.shape[2]))
    return torch.where(places[..., None], chosen, words)


def put_in_flat_reshape(words, places, features):
    flat = features.reshape(features.shape[0], features.shape[2], -1).mT
    mixed = words.clone()
    mixed[places] = flat.reshape(-1, features.shape[2])
    return mixed


def put_in_one_counter(words, places, features):
    mixed, k = words.clone(), 0
    for row in range(len(words)):
        for token in range(words.shape[1]):
            if places[row, token]:
                mixed[row, token] = features[row, k]
                k += 1
    return mixed


def put_in_down_rows(words, places, features):
    which, mixed = places.cumsum(0) - 1, words.clone()
    for row, token in places.nonzero().tolist():
        mixed[row, token] = features[row, which[row, token]]
    return mixed


def put_in_last_row(words, places, features):
    for row in range(len(words)):
        mixed = words.clone()
        mixed[row, places[row]] = features[row]
    return mixed


PUT_IN = (
    Wrong(put_in_front, "always in front", "beginning"),
    Wrong(put_in_longer, "the text becomes longer", "longer"),
    Wrong(put_in_sum, "added", "added"),
    Wrong(put_in_by_transpose, "features of all pictures mixed", "mixed"),
    Wrong(put_in_one_picture, "the first picture for all", "first row's picture"),
    Wrong(put_in_first_rows_places, "the first row's places", "first row's places"),
    Wrong(put_in_block, "in one piece", "one piece"),
    Wrong(put_in_changes, "writes into words", "input"),
    Wrong(put_in_detached, "no gradient to features", "gradient"),
    Wrong(put_in_no_gradient, "no gradient to words", "gradient"),
    Wrong(put_in_numpy, "no gradient at all", "gradient"),
    Wrong(put_in_turned, "the mask is turned", ""),
    Wrong(put_in_zeroed, "words are lost", "0"),
    Wrong(put_in_first_feature, "the first feature everywhere", "first"),
    Wrong(put_in_mean, "the mean everywhere", "mean"),
    Wrong(put_in_by_token, "the number of the token instead of the place", ""),
    Wrong(put_in_backwards, "in reverse", "reverse"),
    Wrong(put_in_off_by_one, "one place too late", ""),
    Wrong(put_in_whole_cumsum, "counts from one", ""),
    Wrong(put_in_flat_reshape, "numbers mixed", ""),
    Wrong(put_in_one_counter, "goes on counting in the next row", "begins with its own"),
    Wrong(put_in_down_rows, "counts down the rows", "column"),
    Wrong(put_in_last_row, "the copy is made in the loop", "last row"),
)


def put_in_scatter(words, places, features):
    return words.masked_scatter(places[..., None], features)


def put_in_index_put(words, places, features):
    return words.index_put((places,), features.flatten(0, 1))


def put_in_product(words, places, features):
    which = F.one_hot((places.cumsum(1) - 1).clamp(min=0), features.shape[1]).to(words.dtype)
    chosen = which * places[..., None]
    return words * ~places[..., None] + chosen @ features


PUT_IN_RIGHT = (put_in_scatter, put_in_index_put, put_in_product)

# ── 4 · Four patches, one token ───────────────────────────────────────────────────────────────────


def gridded(patches, rows, pool):
    count, number, width = patches.shape
    return patches.reshape(count, rows // pool, pool, number // rows // pool, pool, width)


def pooled_no_transpose(patches, rows, pool):
    count, number, width = patches.shape
    return gridded(patches, rows, pool).reshape(count, number // pool**2, pool**2 * width)


def pooled_mean(patches, rows, pool):
    return gridded(patches, rows, pool).mean((2, 4)).flatten(1, 2)


def pooled_max(patches, rows, pool):
    return gridded(patches, rows, pool).amax((2, 4)).flatten(1, 2)


def pooled_square_grid(patches, rows, pool):
    count, number, width = patches.shape
    side = int(number**0.5)
    grid = patches[:, : side**2].reshape(count, side // pool, pool, side // pool, pool, width)
    return grid.transpose(2, 3).reshape(count, -1, pool**2 * width)


def pooled_square_root(patches, rows, pool):
    count, number, width = patches.shape
    side = round(number**0.5)
    grid = patches.reshape(count, side // pool, pool, side // pool, pool, width)
    return grid.transpose(2, 3).reshape(count, -1, pool**2 * width)


def pooled_rows_twice(patches, rows, pool):
    grid = patches.reshape(len(patches), rows // pool, pool, rows // pool, pool, -1)
    return grid.permute(0, 1, 3, 2, 4, 5).flatten(3).flatten(1, 2)


def pooled_columns_first(patches, rows, pool):
    return gridded(patches, rows, pool).permute(0, 1, 3, 4, 2, 5).flatten(3).flatten(1, 2)


def pooled_turned(patches, rows, pool):
    count, number, width = patches.shape
    grid = patches.reshape(count, number // rows // pool, pool, rows // pool, pool, width)
    return grid.transpose(2, 3).reshape(count, number // pool**2, -1)


def pooled_squares_by_column(patches, rows, pool):
    return gridded(patches, rows, pool).permute(0, 3, 1, 2, 4, 5).flatten(3).flatten(1, 2)


def pooled_one_axis(patches, rows, pool):
    return gridded(patches, rows, pool).transpose(2, 3).flatten(3)


def pooled_unjoined(patches, rows, pool):
    return gridded(patches, rows, pool).transpose(2, 3).flatten(3, 4).flatten(1, 2)


def pooled_slices(patches, rows, pool):
    grid = patches.unflatten(1, (rows, -1))
    parts = [grid[:, i::pool, j::pool] for j in range(pool) for i in range(pool)]
    return torch.cat(parts, -1).flatten(1, 2)


def pooled_plain_unfold(patches, rows, pool):
    grid = patches.mT.unflatten(2, (rows, -1))
    return F.unfold(grid, pool, stride=pool).mT


def pooled_unfold_columns(patches, rows, pool):
    grid = patches.mT.unflatten(2, (rows, -1))
    return F.unfold(grid, pool, stride=pool)


def pooled_two(patches, rows, pool):
    grid = patches.unflatten(1, (rows, -1))
    parts = [grid[:, i::2, j::2] for i in range(2) for j in range(2)]
    return torch.cat(parts, -1).flatten(1, 2)


def pooled_overlapping(patches, rows, pool):
    grid = patches.unflatten(1, (rows, -1))
    found = grid.unfold(1, pool, 1).unfold(2, pool, 1)
    return found.permute(0, 1, 2, 4, 5, 3).flatten(3).flatten(1, 2)


def pooled_detached(patches, rows, pool):
    found = gridded(patches, rows, pool).transpose(2, 3).flatten(3).flatten(1, 2)
    return found.detach()


def pooled_first(patches, rows, pool):
    return patches.unflatten(1, (rows, -1))[:, ::pool, ::pool].flatten(1, 2)


def pooled_strided(patches, rows, pool):
    count, number, width = patches.shape
    return patches.reshape(count, pool**2, number // pool**2, width).transpose(1, 2).flatten(2)


def pooled_only_along_row(patches, rows, pool):
    count, number, width = patches.shape
    return patches.reshape(count, number // pool, pool * width)


def pooled_pictures_mixed(patches, rows, pool):
    found = gridded(patches, rows, pool).permute(1, 3, 0, 2, 4, 5)
    return found.reshape(len(patches), -1, pool**2 * patches.shape[2])


def pooled_flipped(patches, rows, pool):
    return gridded(patches, rows, pool).transpose(2, 3).flip(3).flatten(3).flatten(1, 2)


def pooled_root(patches, rows, pool):
    count, number, width = patches.shape
    side = int(number**0.5)
    grid = patches.reshape(count, side // pool, pool, number // side // pool, pool, width)
    return grid.transpose(2, 3).flatten(3).flatten(1, 2)


POOLED = (
    Wrong(pooled_no_transpose, "neighbours in a row", "row"),
    Wrong(pooled_mean, "the mean", "mean"),
    Wrong(pooled_max, "the largest", "largest"),
    Wrong(pooled_square_grid, "takes the grid for a square", ""),
    Wrong(pooled_square_root, "takes the grid for a square, all patches", "square"),
    Wrong(pooled_rows_twice, "as many columns as rows", "columns as rows"),
    Wrong(pooled_columns_first, "down first inside", "down first"),
    Wrong(pooled_turned, "rows for columns", "exchanged"),
    Wrong(pooled_squares_by_column, "squares column by column", "column by column"),
    Wrong(pooled_one_axis, "a grid comes out", "grid"),
    Wrong(pooled_unjoined, "not joined", "joined"),
    Wrong(pooled_slices, "slices in the other order", "down first"),
    Wrong(pooled_plain_unfold, "unfold puts the numbers first", "interleaved"),
    Wrong(pooled_unfold_columns, "unfold as it comes", ""),
    Wrong(pooled_two, "always 2 × 2", "2 × 2"),
    Wrong(pooled_overlapping, "squares overlap", "overlap"),
    Wrong(pooled_detached, "no gradient", "gradient"),
    Wrong(pooled_first, "the first patch of each", "first patch"),
    Wrong(pooled_strided, "patches that lie far apart", ""),
    Wrong(pooled_only_along_row, "two of a row", ""),
    Wrong(pooled_pictures_mixed, "pictures mixed", ""),
    Wrong(pooled_flipped, "the lower row first", ""),
    Wrong(pooled_root, "a square grid", "root"),
)


def pooled_slices_right(patches, rows, pool):
    grid = patches.unflatten(1, (rows, -1))
    parts = [grid[:, i::pool, j::pool] for i in range(pool) for j in range(pool)]
    return torch.cat(parts, -1).flatten(1, 2)


def pooled_unfolds_right(patches, rows, pool):
    found = patches.unflatten(1, (rows, -1)).unfold(1, pool, pool).unfold(2, pool, pool)
    return found.permute(0, 1, 2, 4, 5, 3).flatten(3).flatten(1, 2)


def pooled_einsum_right(patches, rows, pool):
    found = torch.einsum("nhiwjd->nhwijd", gridded(patches, rows, pool))
    return found.reshape(len(patches), -1, pool**2 * patches.shape[2])


POOLED_RIGHT = (pooled_slices_right, pooled_unfolds_right, pooled_einsum_right)

# ── 5 · Find the bugs: the labels stand somewhere else ────────────────────────────────────────────


def longer(tokens, image, count):
    return tokens.repeat_interleave(torch.where(tokens == image, count, 1))


def expanded(tokens, said, image, count):
    labels = tokens.masked_fill(~said, -100)
    return longer(tokens, image, count), labels.repeat_interleave(
        torch.where(tokens == image, count, 1)
    )


def bug_labels_only_shift(tokens, said, image, count):
    labels, tokens = tokens.masked_fill(~said, -100), longer(tokens, image, count)
    labels = F.pad(labels, (0, len(tokens) - len(labels)), value=-100)
    return tokens[:-1], labels[1:]


def bug_labels_only_places(tokens, said, image, count):
    tokens, labels = expanded(tokens, said, image, count)
    return tokens[:-1], labels[:-1]


def bug_labels_front(tokens, said, image, count):
    labels, tokens = tokens.masked_fill(~said, -100), longer(tokens, image, count)
    labels = F.pad(labels, (len(tokens) - len(labels), 0), value=-100)
    return tokens[:-1], labels[1:]


def bug_labels_front_unshifted(tokens, said, image, count):
    labels, tokens = tokens.masked_fill(~said, -100), longer(tokens, image, count)
    labels = F.pad(labels, (len(tokens) - len(labels), 0), value=-100)
    return tokens[:-1], labels[:-1]


def bug_labels_wrong_way(tokens, said, image, count):
    tokens, labels = expanded(tokens, said, image, count)
    return tokens[1:], labels[:-1]


def bug_labels_unequal(tokens, said, image, count):
    tokens, labels = expanded(tokens, said, image, count)
    return tokens, labels[1:]


def bug_labels_whole(tokens, said, image, count):
    return expanded(tokens, said, image, count)


def bug_labels_shift_first(tokens, said, image, count):
    labels = F.pad(tokens.masked_fill(~said, -100)[1:], (0, 1), value=-100)
    copies = torch.where(tokens == image, count, 1)
    return tokens.repeat_interleave(copies)[:-1], labels.repeat_interleave(copies)[:-1]


def bug_labels_cut_first(tokens, said, image, count):
    labels = tokens.masked_fill(~said, -100)
    read, say = tokens[:-1], labels[1:]
    copies = torch.where(read == image, count, 1)
    return read.repeat_interleave(copies), say.repeat_interleave(copies)


def bug_labels_own_copies(tokens, said, image, count):
    labels = tokens.masked_fill(~said, -100)
    tokens = longer(tokens, image, count)
    labels = labels.repeat_interleave(torch.where(labels == image, count, 1))
    labels = F.pad(labels, (0, len(tokens) - len(labels)), value=-100)
    return tokens[:-1], labels[1:]


def bug_labels_places_said(tokens, said, image, count):
    tokens, labels = expanded(tokens, said, image, count)
    labels = torch.where(tokens == image, tokens, labels)
    return tokens[:-1], labels[1:]


def bug_labels_one_more(tokens, said, image, count):
    return bug_labels_right(tokens, said, image, count + 1)


def bug_labels_right(tokens, said, image, count):
    tokens, labels = expanded(tokens, said, image, count)
    return tokens[:-1], labels[1:]


def bug_labels_one_picture(tokens, said, image, count):
    labels = tokens.masked_fill(~said, -100)
    where = (tokens == image).nonzero().flatten().tolist()
    if where:
        p = where[0]
        tokens = torch.cat([tokens[:p], torch.full((count,), image), tokens[p + 1 :]])
        labels = torch.cat([labels[:p], torch.full((count,), -100), labels[p + 1 :]])
    return tokens[:-1], labels[1:]


def bug_labels_no_mask(tokens, said, image, count):
    tokens = longer(tokens, image, count)
    return tokens[:-1], tokens[1:]


def bug_labels_pictures_out(tokens, said, image, count):
    tokens = longer(tokens, image, count)
    return tokens[:-1], tokens.masked_fill(tokens == image, -100)[1:]


def bug_labels_said_by_value(tokens, said, image, count):
    mine = tokens[said]
    tokens = longer(tokens, image, count)
    return tokens[:-1], tokens.masked_fill(~torch.isin(tokens, mine), -100)[1:]


def bug_labels_from_the_end(tokens, said, image, count):
    words = int(said.sum())
    tokens = longer(tokens, image, count)
    labels = torch.full_like(tokens, -100)
    labels[len(tokens) - words :] = tokens[len(tokens) - words :]
    return tokens[:-1], labels[1:]


def bug_labels_by_count(tokens, said, image, count):
    labels = tokens.masked_fill(~said, -100)
    where = int((tokens == image).nonzero()[0]) if (tokens == image).any() else 0
    tokens = longer(tokens, image, count)
    filled = torch.full((len(tokens) - len(labels),), -100)
    labels = torch.cat([labels[: where + 1], filled, labels[where + 1 :]])
    return tokens[:-1], labels[1:]


def bug_labels_swapped(tokens, said, image, count):
    tokens, labels = expanded(tokens, said, image, count)
    return labels[1:], tokens[:-1]


def bug_labels_two(tokens, said, image, count):
    tokens, labels = expanded(tokens, said, image, count)
    return tokens[:-1], F.pad(labels[2:], (0, 1), value=-100)


def bug_labels_rolled(tokens, said, image, count):
    tokens, labels = expanded(tokens, said, image, count)
    return tokens, labels.roll(-1)


BUG_LABELS = (
    Wrong(bug_labels_only_shift, "one bug left: the places", "too far in front"),
    Wrong(bug_labels_only_places, "one bug left: the shift", "read there"),
    Wrong(bug_labels_front, "padded in front", "front"),
    Wrong(bug_labels_front_unshifted, "padded in front, no shift", "front"),
    Wrong(bug_labels_wrong_way, "the earlier from the later", "earlier"),
    Wrong(bug_labels_unequal, "inputs too long", "longer"),
    Wrong(bug_labels_whole, "nothing is cut", "shifted"),
    Wrong(bug_labels_shift_first, "the shift before the places", "before"),
    Wrong(bug_labels_cut_first, "the cut and the shift before the places", "before"),
    Wrong(bug_labels_own_copies, "looks for pictures among the labels", "too far in front"),
    Wrong(bug_labels_places_said, "pictures carry loss", "picture"),
    Wrong(bug_labels_one_more, "a place too many", "too many"),
    Wrong(bug_labels_one_picture, "one picture only", "first picture"),
    Wrong(bug_labels_no_mask, "all carry loss", "All tokens"),
    Wrong(bug_labels_pictures_out, "all words carry loss", "All words"),
    Wrong(bug_labels_said_by_value, "what is said anywhere is said everywhere", ""),
    Wrong(bug_labels_from_the_end, "what is said stands at the end", ""),
    Wrong(bug_labels_by_count, "all places behind the first picture", ""),
    Wrong(bug_labels_swapped, "labels first", "changed places"),
    Wrong(bug_labels_two, "two ahead", ""),
    Wrong(bug_labels_rolled, "rolled", "round"),
)


def bug_labels_said_copies(tokens, said, image, count):
    copies = torch.where(tokens == image, count, 1)
    tokens, said = tokens.repeat_interleave(copies), said.repeat_interleave(copies)
    return tokens[:-1], torch.where(said, tokens, -100)[1:]


def bug_labels_lists(tokens, said, image, count):
    tokens, labels = expanded(tokens, said, image, count)
    return tokens[:-1].tolist(), labels[1:].tolist()


def bug_labels_pieces(tokens, said, image, count):
    text, labels = [], []
    for token, mine in zip(tokens, said, strict=True):
        text += [token.repeat(count)] if token == image else [token[None]]
        say = token[None] if mine else torch.tensor([-100])
        labels += [say.repeat(count)] if token == image else [say]
    return torch.cat(text)[:-1], torch.cat(labels)[1:]


BUG_LABELS_RIGHT = (
    bug_labels_right,
    bug_labels_said_copies,
    bug_labels_lists,
    bug_labels_pieces,
)

# ── 6 · Find the bugs: a loss that is too good ────────────────────────────────────────────────────


def looped(scores, labels, back=1, counts=lambda n: n != -100, divisor=None, first=1):
    total, count = torch.zeros(()), 0
    for row in range(labels.shape[0]):
        for place in range(first, labels.shape[1]):
            label = labels[row, place]
            if counts(label):
                total = total - scores[row, place - back].softmax(0)[label].log()
                count += 1
    return total / (count if divisor is None else divisor)


def bug_loss_given(scores, labels):
    return looped(scores, labels, 0, lambda n: n > 0, labels.numel())


def bug_loss_only_places(scores, labels):
    return looped(scores, labels, 1, lambda n: n > 0, labels.numel())


def bug_loss_only_zero(scores, labels):
    return looped(scores, labels, 0, lambda n: n != -100, labels.numel())


def bug_loss_only_divisor(scores, labels):
    return looped(scores, labels, 0, lambda n: n > 0)


def bug_loss_zero_left(scores, labels):
    return looped(scores, labels, 1, lambda n: n > 0)


def bug_loss_divisor_left(scores, labels):
    return looped(scores, labels, 1, lambda n: n != -100, labels.numel())


def bug_loss_place_left(scores, labels):
    return looped(scores, labels, 0)


def bug_loss_wraps(scores, labels):
    return looped(scores, labels, first=0)


def bug_loss_counts_all_labels(scores, labels):
    return looped(scores, labels, divisor=(labels != -100).sum())


def bug_loss_counts_positive(scores, labels):
    return looped(scores, labels, divisor=(labels[:, 1:] > 0).sum())


def bug_loss_rows(scores, labels):
    losses = [
        F.cross_entropy(s[:-1], n[1:]) for s, n in zip(scores, labels, strict=True) if any(n != -1)
    ]
    return torch.stack(losses).mean()


def bug_loss_rows_skipping(scores, labels):
    losses = []
    for s, n in zip(scores, labels, strict=True):
        if (n[1:] != -100).any():
            losses.append(F.cross_entropy(s[:-1], n[1:]))
    return torch.stack(losses).mean()


def bug_loss_next(scores, labels):
    kept = labels[:, :-1].flatten()
    return F.cross_entropy(scores[:, 1:].flatten(0, 1), kept)


def bug_loss_sum(scores, labels):
    return F.cross_entropy(scores[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), reduction="sum")


def bug_loss_softmax_twice(scores, labels):
    chances = scores[:, :-1].softmax(-1)
    return F.cross_entropy(chances.flatten(0, 1), labels[:, 1:].flatten())


def bug_loss_no_softmax(scores, labels):
    return F.nll_loss(scores[:, :-1].flatten(0, 1), labels[:, 1:].flatten())


def bug_loss_probabilities(scores, labels):
    return F.nll_loss(scores[:, :-1].softmax(-1).flatten(0, 1), labels[:, 1:].flatten())


def bug_loss_wrong_axis(scores, labels):
    return F.nll_loss(scores[:, :-1].log_softmax(1).flatten(0, 1), labels[:, 1:].flatten())


def bug_loss_clamped(scores, labels):
    wanted = labels[:, 1:].clamp(min=0)
    return F.cross_entropy(scores[:, :-1].flatten(0, 1), wanted.flatten())


def bug_loss_ignores_zero(scores, labels):
    wanted = labels[:, 1:].clamp(min=0)
    return F.cross_entropy(scores[:, :-1].flatten(0, 1), wanted.flatten(), ignore_index=0)


def bug_loss_item(scores, labels):
    return F.cross_entropy(scores[:, :-1].flatten(0, 1), labels[:, 1:].flatten()).item()


def bug_loss_by_rows_number(scores, labels):
    return looped(scores, labels, divisor=len(labels))


def bug_loss_minus_sign(scores, labels):
    return -looped(scores, labels)


def bug_loss_last_word(scores, labels):
    return looped(scores[:, :-1], labels[:, :-1])


def bug_loss_log_of_mean(scores, labels):
    kept = labels[:, 1:] != -100
    chances = scores[:, :-1].softmax(-1)[kept]
    return -chances.gather(1, labels[:, 1:][kept][:, None]).mean().log()


def bug_loss_flat(scores, labels):
    return F.cross_entropy(scores.flatten(0, 1)[:-1], labels.flatten()[1:])


def bug_loss_along_rows(scores, labels):
    return F.cross_entropy(scores[:-1].flatten(0, 1), labels[1:].flatten())


BUG_LOSS = (
    Wrong(bug_loss_given, "nothing is mended", "still does exactly"),
    Wrong(bug_loss_only_places, "two bugs left", ""),
    Wrong(bug_loss_only_zero, "two bugs left", ""),
    Wrong(bug_loss_only_divisor, "two bugs left", ""),
    Wrong(bug_loss_zero_left, "word 0 is left out", "Word 0"),
    Wrong(bug_loss_divisor_left, "divided by all places", "all"),
    Wrong(bug_loss_place_left, "its own place", "own"),
    Wrong(bug_loss_wraps, "place −1", "counts from the end"),
    Wrong(bug_loss_counts_all_labels, "the label at place 0 in the divisor", "place 0"),
    Wrong(bug_loss_counts_positive, "word 0 not in the divisor", ""),
    Wrong(bug_loss_rows, "mean of rows, nan for an empty one", ""),
    Wrong(bug_loss_rows_skipping, "mean of the rows", "conversation"),
    Wrong(bug_loss_next, "the place after", "after"),
    Wrong(bug_loss_sum, "the sum", "sum"),
    Wrong(bug_loss_softmax_twice, "softmax twice", ""),
    Wrong(bug_loss_no_softmax, "no softmax", "softmax"),
    Wrong(bug_loss_probabilities, "no logarithm", "logarithm"),
    Wrong(bug_loss_wrong_axis, "softmax over the places", "over the places"),
    Wrong(bug_loss_clamped, "−100 counts as 0", "−100"),
    Wrong(bug_loss_ignores_zero, "0 is ignored", "0"),
    Wrong(bug_loss_item, "a plain number", "gradient"),
    Wrong(bug_loss_by_rows_number, "divided by the conversations", "conversations"),
    Wrong(bug_loss_minus_sign, "the sign", "sign|negative"),
    Wrong(bug_loss_last_word, "the last place is lost", "last"),
    Wrong(bug_loss_log_of_mean, "the logarithm of the mean", ""),
    Wrong(bug_loss_flat, "one long row is shifted", "one long row"),
    Wrong(bug_loss_along_rows, "shifted along the rows", "along the rows"),
)


def bug_loss_reference(scores, labels):
    return looped(scores, labels)


def bug_loss_transposed(scores, labels):
    return F.cross_entropy(scores[:, :-1].mT, labels[:, 1:])


def bug_loss_float64(scores, labels):
    kept = labels[:, 1:] != -100
    ahead = scores[:, :-1].double().log_softmax(-1)[kept]
    return -ahead.gather(1, labels[:, 1:][kept][:, None]).mean()


BUG_LOSS_RIGHT = (bug_loss_reference, bug_loss_transposed, bug_loss_float64)

# ── 7 · Does it look? ─────────────────────────────────────────────────────────────────────────────

TRUE = [0.80833, 0.825, 0.46389, 0.75]


def off(place, value):
    return [value if i == place else n for i, n in enumerate(TRUE)]


BY_TYPE = (
    Wrong([0.825, 0.80833, 0.46389, 0.75], "the first two exchanged", "changed places"),
    Wrong([0.80833, 0.825, 0.75, 0.46389], "the last two exchanged", "changed places"),
    Wrong(off(0, 0.825), "over types", "question"),
    Wrong(off(1, 0.80833), "over questions", "type"),
    Wrong(off(2, 0.42083), "over questions", "three types"),
    Wrong(off(2, 0.49167), "the scene before", "before"),
    Wrong(off(2, 0.825), "the right pictures", "next scene"),
    Wrong(off(3, 1.0), "answers that are others", "others"),
    Wrong(off(3, 0.0), "against the old colours", "before the painting"),
    Wrong(off(3, 0.80417), "over all questions", "all questions"),
    Wrong(off(3, 0.25), "those that do not follow", "not"),
    Wrong([80.8, 82.5, 46.4, 75], "per cent", "per cent"),
    Wrong([0.80833, 0.825, 0.46389], "three numbers", "4"),
    Wrong(off(0, 194), "a count", "share"),
    Wrong(off(3, 90), "a count", "share"),
    Wrong([0.80833, 0.80833, 0.42083, 0.75], "never by type", "type"),
    Wrong(off(2, 0.46944), "the last scene keeps its picture", "first one"),
    Wrong(off(2, 0.05278), "answers moved by one question", "answers"),
    Wrong(off(2, 0.47778), "two scenes on", "after the next"),
    Wrong(off(3, 0.50833), "right before and after", "before the painting"),
    Wrong(off(3, 0.7), "painted backwards", "backwards"),
    Wrong(off(3, 0.375), "of all 240", "240"),
    Wrong(off(3, 0.6), "some other number", "Paint"),
    Wrong(off(2, 0.36111), "how far it falls", "falls"),
    Wrong([0.8, 0.8, 0.5, 0.8], "one digit", ""),
    Wrong([0.8083, 0.825, 0.481, 0.75], "kinds that are there", "lacks"),
    Wrong([0.8083, 0.825, 0.4639, 0.375], "one object painted", "one object"),
    Wrong([0.8083, 0.825, 0.4639, 0.3], "painted backwards", "direction"),
)

BY_TYPE_RIGHT = (tuple(TRUE), np.array(TRUE), [Fraction(97, 120), 0.825, 0.4639, Fraction(3, 4)])

# ── 8 · Right, say three of nine ──────────────────────────────────────────────────────────────────


def sets_of(people):
    return [people[:i] + people[i + 1 :] for i in range(len(people))]


def agreed_everybody(answer, people):
    return min(people.count(answer) / 3, 1)


def agreed_no_minimum(answer, people):
    return sum(some.count(answer) / 3 for some in sets_of(people)) / len(people)


def agreed_share(answer, people):
    return people.count(answer) / len(people)


def agreed_ten(answer, people):
    return sum(min(some.count(answer) / 3, 1) for some in sets_of(people)) / 10


def agreed_nine(answer, people):
    return sum(min(some.count(answer) / 3, 1) for some in sets_of(people)) / 9


def agreed_majority(answer, people):
    return float(Counter(people).most_common(1)[0][0] == answer)


def agreed_three(answer, people):
    return float(people.count(answer) >= 3)


def agreed_sum(answer, people):
    return sum(min(some.count(answer) / 3, 1) for some in sets_of(people))


def agreed_whole(answer, people):
    return sum(min(some.count(answer) // 3, 1) for some in sets_of(people)) / len(people)


def agreed_maximum(answer, people):
    return sum(max(some.count(answer) / 3, 1) for some in sets_of(people)) / len(people)


def agreed_removed(answer, people):
    scores = []
    for one in people:
        others = list(people)
        others.remove(answer) if answer in others else None
        scores.append(min(others.count(answer) / 3, 1) + 0 * len(one))
    return sum(scores) / len(scores)


def agreed_filtered(answer, people):
    scores = []
    for one in people:
        others = [p for p in people if p != one]
        scores.append(min(others.count(answer) / 3, 1))
    return sum(scores) / len(scores)


def agreed_substring(answer, people):
    text = [" ".join(some).count(answer) for some in sets_of(people)]
    return sum(min(n / 3, 1) for n in text) / len(text)


def agreed_contains(answer, people):
    scores = [min(sum(answer in p for p in some) / 3, 1) for some in sets_of(people)]
    return sum(scores) / len(scores)


def agreed_median(answer, people):
    return statistics.median(min(some.count(answer) / 3, 1) for some in sets_of(people))


def agreed_best(answer, people):
    return max(min(some.count(answer) / 3, 1) for some in sets_of(people))


def agreed_popped(answer, people):
    scores = []
    for _ in range(len(people)):
        people.pop(0)
        scores.append(min(people.count(answer) / 3, 1))
    return sum(scores) / len(scores)


def agreed_growing(answer, people):
    scores = [min(people[:i].count(answer) / 3, 1) for i in range(len(people))]
    return sum(scores) / len(scores)


def agreed_returns_early(answer, people):
    for i in range(len(people)):
        others = people[:i] + people[i + 1 :]
        return min(others.count(answer) / 3, 1)


def agreed_no_last(answer, people):
    sets = sets_of(people)[:-1]
    return sum(min(some.count(answer) / 3, 1) for some in sets) / len(sets)


def agreed_threes(answer, people):
    sets = [people[i : i + 3] for i in range(0, len(people), 3)]
    return sum(min(some.count(answer) / 3, 1) for some in sets) / len(sets)


def agreed_skips_two(answer, people):
    sets = [people[:i] + people[i + 2 :] for i in range(len(people))]
    return sum(min(some.count(answer) / 3, 1) for some in sets) / len(sets)


def agreed_list(answer, people):
    return [min(some.count(answer) / 3, 1) for some in sets_of(people)]


def agreed_less_one(answer, people):
    return sum(min(some.count(answer) / 3, 1) for some in sets_of(people)) / (len(people) - 1)


def agreed_first_agreeing(answer, people):
    scores = []
    for _ in people:
        i = people.index(answer)
        others = people[:i] + people[i + 1 :]
        scores.append(min(others.count(answer) / 3, 1))
    return sum(scores) / len(scores)


def agreed_each_once(answer, people):
    scores = []
    for i, said in enumerate(people):
        if people.index(said) == i:
            scores.append(min((people[:i] + people[i + 1 :]).count(answer) / 3, 1))
    return sum(scores) / len(scores)


AGREED = (
    Wrong(agreed_everybody, "nobody is left out", "all"),
    Wrong(agreed_no_minimum, "no cap", "more than 1"),
    Wrong(agreed_share, "the share of people", ""),
    Wrong(agreed_ten, "always ten", "10"),
    Wrong(agreed_nine, "nine sets", "9"),
    Wrong(agreed_majority, "the most frequent answer", ""),
    Wrong(agreed_three, "three or nothing", ""),
    Wrong(agreed_sum, "the sum", "sum"),
    Wrong(agreed_whole, "whole division", "//"),
    Wrong(agreed_maximum, "max for min", "larger"),
    Wrong(agreed_removed, "always one of the agreeing ones is left out", ""),
    Wrong(agreed_filtered, "leaves out all who say the same", "everybody who said"),
    Wrong(agreed_substring, "counts letters in one text", ""),
    Wrong(agreed_contains, "part of an answer", "dark red"),
    Wrong(agreed_median, "the median", ""),
    Wrong(agreed_best, "the best set", "best"),
    Wrong(agreed_popped, "empties its input", "input"),
    Wrong(agreed_growing, "only those before", ""),
    Wrong(agreed_returns_early, "only the first set", "first"),
    Wrong(agreed_no_last, "the last set is missing", ""),
    Wrong(agreed_threes, "sets of three", ""),
    Wrong(agreed_skips_two, "leaves two out", ""),
    Wrong(agreed_list, "all scores", ""),
    Wrong(agreed_less_one, "divides by the others", "one less"),
    Wrong(agreed_first_agreeing, "leaves out whom index finds", "first who said"),
    Wrong(agreed_each_once, "one set for each different answer", "different"),
)


def agreed_mean_first(answer, people):
    counts = [some.count(answer) for some in sets_of(people)]
    return min(statistics.mean(counts) / 3, 1)


def agreed_fraction(answer, people):
    scores = [min(Fraction(some.count(answer), 3), Fraction(1)) for some in sets_of(people)]
    return sum(scores) / len(scores)


def agreed_numpy(answer, people):
    same = np.array([p == answer for p in people], dtype=float)
    return np.minimum((same.sum() - same) / 3, 1).mean()


AGREED_RIGHT = (agreed_mean_first, agreed_fraction, agreed_numpy)

# ── All of it ─────────────────────────────────────────────────────────────────────────────────────

WRONG = {
    "vqa.places": PLACES,
    "vqa.labels": LABELS,
    "vqa.put_in": PUT_IN,
    "vqa.pooled": POOLED,
    "vqa.bug_labels": BUG_LABELS,
    "vqa.bug_loss": BUG_LOSS,
    "vqa.by_type": BY_TYPE,
    "vqa.agreed": AGREED,
}
RIGHT = {
    "vqa.places": PLACES_RIGHT,
    "vqa.labels": LABELS_RIGHT,
    "vqa.put_in": PUT_IN_RIGHT,
    "vqa.pooled": POOLED_RIGHT,
    "vqa.bug_labels": BUG_LABELS_RIGHT,
    "vqa.bug_loss": BUG_LOSS_RIGHT,
    "vqa.by_type": BY_TYPE_RIGHT,
    "vqa.agreed": AGREED_RIGHT,
}
