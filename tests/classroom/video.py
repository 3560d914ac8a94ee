"""What a class hands in to the exercises of lesson 16."""

import math
from itertools import pairwise

import numpy as np
import torch

from tests.classroom import Wrong

# ── 1 · What does looking through time cost? ──────────────────────────────────────────────────────

PAIRS = (
    Wrong([960, 921600, 65280, 46080], "frames for tubelets, all through", "tubelet"),
    Wrong([960, 230400, 27840, 23040], "frames for tubelets, in the tokens", "tubelet"),
    Wrong([480, 230400, 230400, 23040], "the two kinds multiplied", "multiply"),
    Wrong([480, 230400, 23140, 23040], "one token a step through time", "model 2"),
    Wrong([480, 230400, 4800, 23040], "only through time", "frame"),
    Wrong([480, 230400, 23040, 27840], "the last two exchanged", "places"),
    Wrong([480, 480, 58, 48], "for one token", "one"),
    Wrong([480, 229920, 26880, 22560], "no token looks at itself", "itself"),
    Wrong([480, 229920, 27840, 23040], "joint without itself", "itself"),
    Wrong([480, 230400, 27360, 23040], "itself once", "itself"),
    Wrong([480, 114960, 27840, 23040], "each two once", "query"),
    Wrong([480, 230400, 27840, 2304], "one step", "step"),
    Wrong([480, 230400, 27840, 46080], "the frames in the last", "frame"),
    Wrong([480, 230400, 2404, 23040], "one step and one place", "place"),
    Wrong([481, 231361, 27840, 23040], "a class token", "class token"),
    Wrong([1440, 2073600, 221760, 207360], "three colours", "colour"),
    Wrong([360, 129600, 16560, 12960], "square frames", "square"),
    Wrong([48, 2304, 27840, 23040], "one step's tokens", "step"),
    Wrong([480, 230400, 27840, 23140], "steps look at each other", "mean"),
    Wrong([480, 230400, 27840], "three numbers", "4"),
    Wrong([480, 230400, 27841, 23040], "off by one", "Number 3|number 3"),
    Wrong([480, 691200, 83520, 69120], "pairs times colours", "three times"),
    Wrong([480, 230400, 42240, 23040], "20 frames through time", "20 frames"),
    Wrong([640, 409600, 47360, 40960], "the area of a patch", "pixels a patch"),
    Wrong([140, 19600, 3360, 1960], "rows and columns added", "rows and columns"),
    Wrong([10, 100, 20, 10], "one token a step", "steps"),
    Wrong([480, 114960, 13440, 11280], "each two once, in all three", "query"),
    Wrong([480, 126720, 25680, 23040], "a causal mask over the steps", "mask"),
    Wrong([480, 27840, 230400, 23040], "numbers 2 and 3 exchanged", "changed places"),
    Wrong([480, 230400, 11520, 23040], "rows and columns apart", "row"),
    Wrong([480, 230.4, 27.84, 23.04], "pairs in thousands", "thousands"),
)

PAIRS_RIGHT = (
    (480, 230400, 27840, 23040),
    np.array([480, 230400, 27840, 23040]),
    [480.0, 230400.0, 27840.0, 480 * 48.0],
)

# ── 2 · Cut a film into tubelets ──────────────────────────────────────────────────────────────────


def in_axes(film, frames, patch):
    """Return (batch, t, frame, channel, row, y, column, x)."""
    b, time, c, h, w = film.shape
    return film.reshape(b, time // frames, frames, c, h // patch, patch, w // patch, patch)


def tubelets_reshape(film, frames, patch):
    return film.reshape(len(film), -1, frames * film.shape[2] * patch * patch)


def tubelets_conv_order(film, frames, patch):
    return in_axes(film, frames, patch).permute(0, 1, 4, 6, 3, 2, 5, 7).flatten(4).flatten(1, 3)


def tubelets_channels_last(film, frames, patch):
    return in_axes(film, frames, patch).permute(0, 1, 4, 6, 2, 5, 7, 3).flatten(4).flatten(1, 3)


def tubelets_place_first(film, frames, patch):
    return in_axes(film, frames, patch).permute(0, 4, 6, 1, 2, 3, 5, 7).flatten(4).flatten(1, 3)


def tubelets_columns_first(film, frames, patch):
    return in_axes(film, frames, patch).permute(0, 1, 6, 4, 2, 3, 5, 7).flatten(4).flatten(1, 3)


def tubelets_transposed(film, frames, patch):
    return in_axes(film, frames, patch).permute(0, 1, 4, 6, 2, 3, 7, 5).flatten(4).flatten(1, 3)


def tubelets_time_last(film, frames, patch):
    return in_axes(film, frames, patch).permute(0, 1, 4, 6, 3, 5, 7, 2).flatten(4).flatten(1, 3)


def tubelets_grid_left(film, frames, patch):
    return in_axes(film, frames, patch).permute(0, 1, 4, 6, 2, 3, 5, 7).flatten(4)


def tubelets_not_flat(film, frames, patch):
    return in_axes(film, frames, patch).permute(0, 1, 4, 6, 2, 3, 5, 7).flatten(1, 3)


def tubelets_all_films(film, frames, patch):
    return in_axes(film, frames, patch).permute(0, 1, 4, 6, 2, 3, 5, 7).flatten(4).flatten(0, 3)


def tubelets_frames_alone(film, frames, patch):
    return in_axes(film, 1, patch).permute(0, 1, 4, 6, 2, 3, 5, 7).flatten(4).flatten(1, 3)


def tubelets_exchanged(film, frames, patch):
    cut = film.transpose(1, 2)
    return tubelets_right(cut, frames, patch)


def tubelets_one_permute_less(film, frames, patch):
    cut = in_axes(film, frames, patch).permute(0, 1, 2, 3, 4, 6, 5, 7)
    return cut.reshape(len(film), -1, frames * film.shape[2] * patch**2)


def tubelets_sieve(film, frames, patch):
    b, time, c, h, w = film.shape
    cut = film.reshape(b, frames, time // frames, c, h // patch, patch, w // patch, patch)
    return cut.permute(0, 2, 4, 6, 1, 3, 5, 7).flatten(4).flatten(1, 3)


def tubelets_overlap(film, frames, patch):
    cut = film.unfold(1, frames, 1).unfold(3, patch, patch).unfold(4, patch, patch)
    return cut.permute(0, 1, 3, 4, 5, 2, 6, 7).flatten(4).flatten(1, 3)


def tubelets_mean(film, frames, patch):
    cut = in_axes(film, frames, patch).mean(2)
    return cut.permute(0, 1, 3, 5, 2, 4, 6).flatten(4).flatten(1, 3)


def tubelets_every_other(film, frames, patch):
    return tubelets_right(film[:, ::frames], 1, patch)


def tubelets_numbers_first(film, frames, patch):
    return tubelets_right(film, frames, patch).mT


def tubelets_no_batch(film, frames, patch):
    return tubelets_right(film, frames, patch)[0]


def tubelets_normalised(film, frames, patch):
    tokens = tubelets_right(film, frames, patch)
    return tokens - tokens.mean(-1, keepdim=True)


def tubelets_channels_in_tokens(film, frames, patch):
    return in_axes(film, frames, patch).permute(0, 1, 3, 4, 6, 2, 5, 7).flatten(5).flatten(1, 4)


def tubelets_wide_sieve(film, frames, patch):
    b, time, c, h, w = film.shape
    cut = film.reshape(b, frames, time // frames, c, patch, h // patch, patch, w // patch)
    return cut.permute(0, 2, 5, 7, 1, 3, 4, 6).flatten(4).flatten(1, 3)


def tubelets_unfolded_only(film, frames, patch):
    cut = film.unfold(1, frames, frames).unfold(3, patch, patch).unfold(4, patch, patch)
    return cut.reshape(len(film), -1, frames * film.shape[2] * patch**2)


def tubelets_neighbours_joined(film, frames, patch):
    return tubelets_frames_alone(film, frames, patch).reshape(
        len(film), -1, frames * film.shape[2] * patch**2
    )


def tubelets_all_chunks(film, frames, patch):
    rows = [row for part in film.chunk(frames, 1) for row in part.chunk(patch, 3)]
    return torch.stack([box.flatten(1) for row in rows for box in row.chunk(patch, 4)], 1)


def tubelets_begin_together(film, frames, patch):
    found = []
    for t in range(film.shape[1] // frames):
        for row in film[:, t : t + frames].split(patch, 3):
            found += [box.flatten(1) for box in row.split(patch, 4)]
    return torch.stack(found, 1)


def tubelets_three_channels(film, frames, patch):
    b, time, _, h, w = film.shape
    cut = film.reshape(b, time // frames, frames, 3, h // patch, patch, w // patch, patch)
    return cut.permute(0, 1, 4, 6, 2, 3, 5, 7).reshape(b, -1, frames * 3 * patch**2)


def tubelets_films_in_a_box(film, frames, patch):
    rows = [row for part in film.split(frames, 1) for row in part.split(patch, 3)]
    return [box.flatten() for row in rows for box in row.split(patch, 4)]


TUBELETS = (
    Wrong(tubelets_reshape, "reshape alone", "strips"),
    Wrong(tubelets_conv_order, "channel before time", "before time"),
    Wrong(tubelets_channels_last, "channels last", "channels"),
    Wrong(tubelets_place_first, "place before time", "time first"),
    Wrong(tubelets_columns_first, "columns first", "column"),
    Wrong(tubelets_transposed, "mirrored", "mirrored"),
    Wrong(tubelets_time_last, "time last", "time"),
    Wrong(tubelets_grid_left, "the grid is left", "axes"),
    Wrong(tubelets_not_flat, "not flat", "row of numbers"),
    Wrong(tubelets_all_films, "films in one list", "films"),
    Wrong(tubelets_frames_alone, "each frame alone", "frame"),
    Wrong(tubelets_exchanged, "time and channel exchanged", "channel"),
    Wrong(tubelets_one_permute_less, "not all axes moved", ""),
    Wrong(tubelets_sieve, "frames far apart", "sieve"),
    Wrong(tubelets_overlap, "overlapping in time", "overlap"),
    Wrong(tubelets_mean, "the mean of frames", "mean"),
    Wrong(tubelets_every_other, "the first frame only", "first frame"),
    Wrong(tubelets_numbers_first, "tokens in columns", "columns"),
    Wrong(tubelets_no_batch, "the first film only", ""),
    Wrong(tubelets_normalised, "minus its mean", ""),
    Wrong(tubelets_channels_in_tokens, "a token for each channel", "channel"),
    Wrong(tubelets_wide_sieve, "all far apart", "sieve"),
    Wrong(tubelets_unfolded_only, "no axis moved after unfold", "unfold"),
    Wrong(tubelets_neighbours_joined, "two places of a frame in a token", "neighbours"),
    Wrong(tubelets_all_chunks, "chunk for split", "chunk"),
    Wrong(tubelets_begin_together, "the step of the loop forgotten", "multiplied"),
    Wrong(tubelets_three_channels, "three channels built in", "Three channels"),
    Wrong(tubelets_films_in_a_box, "all films in a box", "films"),
)


def tubelets_right(film, frames, patch):
    return in_axes(film, frames, patch).permute(0, 1, 4, 6, 2, 3, 5, 7).flatten(4).flatten(1, 3)


def tubelets_convolved(film, frames, patch):
    count = film.shape[2] * frames * patch**2
    eye = torch.eye(count).view(count, frames, film.shape[2], patch, patch).transpose(1, 2)
    cut = torch.conv3d(film.transpose(1, 2), eye, stride=(frames, patch, patch))
    return cut.flatten(2).mT


def tubelets_numpy(film, frames, patch):
    b, time, c, h, w = film.shape
    t, r, k = time // frames, h // patch, w // patch
    cut = film.numpy().reshape(b, t, frames, c, r, patch, k, patch)
    return np.ascontiguousarray(cut.transpose(0, 1, 4, 6, 2, 3, 5, 7)).reshape(b, t * r * k, -1)


def tubelets_chunks(film, frames, patch):
    tokens = [
        box.flatten(1)
        for step in film.split(frames, 1)
        for line in step.split(patch, 3)
        for box in line.split(patch, 4)
    ]
    return torch.stack(tokens, 1)


TUBELETS_RIGHT = (tubelets_right, tubelets_convolved, tubelets_numpy, tubelets_chunks)

# ── 3 · A few frames of a long film ───────────────────────────────────────────────────────────────


def sampled_linspace(total, count):
    return torch.linspace(0, total - 1, count).long()


def sampled_numpy_round(total, count):
    return np.linspace(0, total - 1, count).round().astype(int)


def sampled_begins(total, count):
    return [i * total // count for i in range(count)]


def sampled_first(total, count):
    return list(range(count))


def sampled_last(total, count):
    return list(range(total - count, total))


def sampled_step(total, count):
    return list(range(0, total, max(total // count, 1)))[:count]


def sampled_whole_half(total, count):
    part = total // count
    return [i * part + part // 2 for i in range(count)]


def sampled_round(total, count):
    return [round((i + 0.5) * total / count) for i in range(count)]


def sampled_up(total, count):
    return [math.ceil((i + 0.5) * total / count) for i in range(count)]


def sampled_random(total, count):
    return [int((i + float(torch.rand(()))) * total / count) for i in range(count)]


def sampled_linspace_inside(total, count):
    return torch.linspace(0, total, count + 2)[1:-1].long()


def sampled_no_floor(total, count):
    return [(i + 0.5) * total / count for i in range(count)]


def sampled_set(total, count):
    return sorted({int((i + 0.5) * total / count) for i in range(count)})


def sampled_short_film(total, count):
    if total < count:
        return list(range(total))
    return [int((i + 0.5) * total / count) for i in range(count)]


def sampled_from_one(total, count):
    return [int((i + 0.5) * total / count) + 1 for i in range(count)]


def sampled_counted_from_one(total, count):
    return [int((i - 0.5) * total / count) - 1 for i in range(1, count + 1)]


def sampled_middle_frames(total, count):
    start = (total - count) // 2
    return list(range(start, start + count))


def sampled_half_frame(total, count):
    return [int(i * total / count + 0.5) for i in range(count)]


def sampled_ends_of_parts(total, count):
    return [(i + 1) * total // count - 1 for i in range(count)]


def sampled_cut_whole(total, count):
    cuts = [i * total // count for i in range(count + 1)]
    return [(a + b) // 2 for a, b in pairwise(cuts)]


def sampled_earlier(total, count):
    return [math.ceil((i + 0.5) * total / count) - 1 for i in range(count)]


def sampled_even(total, count):
    return [round((i + 0.5) * total / count - 0.5) for i in range(count)]


def sampled_drift(total, count):
    step = total / count
    place, found = step / 2, []
    for _ in range(count):
        found.append(int(place))
        place += step
    return found


def sampled_array_split(total, count):
    parts = np.array_split(np.arange(total), count)
    return [int(part[len(part) // 2]) if len(part) else total - 1 for part in parts]


def sampled_one_part(total, count):
    return [0] if count == 1 else [(2 * i + 1) * total // (2 * count) for i in range(count)]


def sampled_split(total, count):
    parts = np.array_split(np.arange(total), count)
    return [int(part[len(part) // 2]) if len(part) else 0 for part in parts]


def sampled_second_part(total, count):
    return [int((i + 0.5) * total / count) for i in range(1, count + 1)]


SAMPLED = (
    Wrong(sampled_linspace, "linspace with both ends", "linspace"),
    Wrong(sampled_numpy_round, "linspace, rounded", "last"),
    Wrong(sampled_begins, "the beginnings", "first"),
    Wrong(sampled_first, "the first frames", "first frames"),
    Wrong(sampled_last, "the last frames", "last frames"),
    Wrong(sampled_step, "whole steps", ""),
    Wrong(sampled_whole_half, "whole parts", "round"),
    Wrong(sampled_round, "rounded, half to even", "joined|round|cover"),
    Wrong(sampled_up, "rounded up", "up"),
    Wrong(sampled_random, "by chance", ""),
    Wrong(sampled_linspace_inside, "one part more", "part"),
    Wrong(sampled_no_floor, "not rounded", ""),
    Wrong(sampled_set, "each once", "once"),
    Wrong(sampled_short_film, "a short film as it is", "`count`|once|shorter|long"),
    Wrong(sampled_from_one, "counted from 1", "from 1"),
    Wrong(sampled_counted_from_one, "one too early", "early"),
    Wrong(sampled_middle_frames, "neighbours in the middle", "neighbours|middle"),
    Wrong(sampled_half_frame, "half a frame", "half"),
    Wrong(sampled_ends_of_parts, "the ends", "last"),
    Wrong(sampled_cut_whole, "cut between frames", "cut"),
    Wrong(sampled_earlier, "a tie goes to the earlier frame", "earlier"),
    Wrong(sampled_even, "a tie goes to the even frame", "even"),
    Wrong(sampled_drift, "a rounded step, added again and again", "just below"),
    Wrong(sampled_array_split, "parts of whole frames", "equal"),
    Wrong(sampled_one_part, "one part is frame 0", "one part"),
    Wrong(sampled_split, "array_split, and 0 for a part without frames", "array_split"),
    Wrong(sampled_second_part, "parts counted from 1", "second part"),
)


def sampled_step_by_step(total, count):
    middle, found = total / (2 * count), []
    for part in range(count):
        found.append(math.floor(middle + total * part / count + 1e-9))
    return found


def sampled_odd(total, count):
    return torch.arange(1, 2 * count, 2) * total // (2 * count)


def sampled_numpy(total, count):
    return np.floor((np.arange(count) + 0.5) * total / count).astype(np.int64)


SAMPLED_RIGHT = (sampled_step_by_step, sampled_odd, sampled_numpy)

# ── 4 · The film runs backwards ───────────────────────────────────────────────────────────────────

BACKWARDS = (
    Wrong([1, 6, 5, 4, 6, 2, 3], "the film forwards", "backwards"),
    Wrong([6, 1, 2, 4, -6, 2, 1], "beginnings stay beginnings", "begin"),
    Wrong([5, 3, 3, 4, -6, 2, 1], "8 for 7", "0 to 7"),
    Wrong([4, 2, 2, 3, -6, 2, 1], "end minus beginning", "four frames|Count"),
    Wrong([4, 2, 2, 4, 6, 2, 1], "the way forwards", "sign|was"),
    Wrong([4, 2, 2, 4, -6, -2, 1], "a speed below 0", "sign|above 0"),
    Wrong([4, 2, 2, 4, -6, 2, 0], "all pairs change", "not all"),
    Wrong([4, 2, 2, 4, -6, 2, 3], "no pair changes", "most"),
    Wrong([4, 2, 2, 4, -6, 2, 2], "pairs that change", "change"),
    Wrong([4, 2, 5, 4, -6, 2, 1], "the turn forwards", "as it was"),
    Wrong([4, 2, 2, 4, 14, 2, 1], "all the way", "to and fro"),
    Wrong([4, 2, 2, 4, -14, 2, 1], "all the way, with a sign", "with a sign"),
    Wrong([6, 2, 2, 4, -6, 2, 1], "red's last frame", "last"),
    Wrong([4, 1, 2, 4, -6, 2, 1], "green's first frame", "first"),
    Wrong([4, 2, 12, 4, -6, 2, 1], "a column", "column"),
    Wrong([4, 2, 2, 4, -6, 6 / 7, 1], "the mean way", "net|step"),
    Wrong([4, 2, 2, 4, 0, 2, 1], "it comes back", "ball"),
    Wrong([4, 2, 2, 5, -6, 2, 1], "a frame too many", "many"),
    Wrong([4, 2, 2, 4, -6, 2], "six numbers", "7"),
    Wrong([1, 6, 2, 4, -6, 2, 3], "only the ball is turned", "Numbers 1, 2 and 7"),
    Wrong([3, 5, 5, 4, -6, 2, 1], "not numbered anew", "anew"),
    Wrong([4, 2, 2, 4, -6, 14, 1], "all steps together", "one step"),
    Wrong([4, 2, 4, 4, -6, 2, 1], "the middle of the film", "middle"),
    Wrong([-4, -6, -6, 4, -6, 2, 1], "frames below 0", "below 0"),
)

BACKWARDS_RIGHT = (
    (4, 2, 2, 4, -6, 2, 1),
    [4.0, 2.0, 2.0, 4.0, -6.0, 2.0, 1.0],
    np.array([4, 2, 2, 4, -6, 2, 1.0]),
)

# ── 5 · Which comes first? ────────────────────────────────────────────────────────────────────────


def order_plain(begins):
    return begins[:, :, None] < begins[:, None, :]


def order_at_once(begins):
    late = begins.masked_fill(begins < 0, 10**6)
    return late[:, :, None] <= late[:, None, :]


def order_turned(begins):
    late = begins.masked_fill(begins < 0, 10**6)
    return late[:, None, :] < late[:, :, None]


def order_both_happen(begins):
    happens = begins >= 0
    return order_plain(begins) & happens[:, :, None] & happens[:, None, :]


def order_never_each(begins):
    return order_plain(begins) | (begins < 0)[:, None, :]


def order_hundred(begins):
    late = torch.where(begins < 0, 100, begins)
    return late[:, :, None] < late[:, None, :]


def order_last(begins):
    late = torch.where(begins < 0, begins.max(), begins)
    return late[:, :, None] < late[:, None, :]


def order_positive(begins):
    late = torch.where(begins > 0, begins, 10**6)
    return late[:, :, None] < late[:, None, :]


def order_absolute(begins):
    late = begins.abs()
    return late[:, :, None] < late[:, None, :]


def order_argsort(begins):
    late = begins.masked_fill(begins < 0, 10**6)
    rank = late.argsort(dim=1, stable=True).argsort(1)
    return rank[:, :, None] < rank[:, None, :]


def order_upper(begins):
    return order_right(begins).triu()


def order_float(begins):
    return order_right(begins).float()


def order_difference(begins):
    late = begins.masked_fill(begins < 0, 10**6)
    return late[:, None, :] - late[:, :, None]


def order_first_film(begins):
    return order_right(begins)[0]


def order_only_first(begins):
    late = begins.masked_fill(begins < 0, 10**6)
    return late == late.amin(1, keepdim=True)


def order_in_place(begins):
    begins[begins < 0] = 10**6
    return begins[:, :, None] < begins[:, None, :]


def order_no_batch(begins):
    late = begins.masked_fill(begins < 0, 10**6).flatten()
    return late[:, None] < late[None, :]


def order_counts(begins):
    return order_right(begins).sum(2)


def order_not_later(begins):
    late = begins.masked_fill(begins < 0, 10**6)
    return ~(late[:, :, None] > late[:, None, :])


def order_sorted(begins):
    late = begins.masked_fill(begins < 0, 10**6).sort(1).values
    return late[:, :, None] < late[:, None, :]


def order_films_for_events(begins):
    late, films = begins.masked_fill(begins < 0, 10**6), min(begins.shape)
    found = torch.zeros(*begins.shape, begins.shape[1], dtype=torch.bool)
    for i in range(films):
        found[:, i, :films] = late[:, i : i + 1] < late[:, :films]
    return found


def order_whole_films(begins):
    found = order_right(begins)
    found[(begins < 0).any(1)] = False
    return found


def order_films_compared(begins):
    late = begins.masked_fill(begins < 0, 10**6)
    return late[:, None, :] < late[None, :, :]


def order_until_never(begins):
    found = order_right(begins)
    for film, row in zip(found, begins.tolist(), strict=True):
        if -1 in row:
            film[row.index(-1) :] = False
    return found


def order_by_truth(begins):
    rows = begins.tolist()
    return torch.tensor([[[bool(a) and a < b for b in row] for a in row] for row in rows])


def order_bytes(begins):
    late = begins.to(torch.uint8)
    return late[:, :, None] < late[:, None, :]


def order_places(begins):
    turn = begins.masked_fill(begins < 0, 10**6).argsort(dim=1, stable=True)
    return turn[:, :, None] < turn[:, None, :]


ORDER = (
    Wrong(order_plain, "never is first", "never"),
    Wrong(order_at_once, "equal beginnings count", "same (time|frame)"),
    Wrong(order_turned, "i and j exchanged", "turned|after"),
    Wrong(order_both_happen, "never is left out", "never"),
    Wrong(order_never_each, "never before never", "never"),
    Wrong(order_hundred, "never at 100", "100"),
    Wrong(order_last, "never with the last", "last"),
    Wrong(order_positive, "frame 0 is never", "[Ff]rame 0"),
    Wrong(order_absolute, "never at 1", "[Nn]ever"),
    Wrong(order_argsort, "ties by number", "smaller number"),
    Wrong(order_upper, "only i < j", "i < j"),
    Wrong(order_float, "numbers", "True"),
    Wrong(order_difference, "a difference", ""),
    Wrong(order_first_film, "one film", ""),
    Wrong(order_only_first, "the first event", ""),
    Wrong(order_in_place, "changes its input", "input"),
    Wrong(order_no_batch, "all films together", ""),
    Wrong(order_counts, "counts", "count"),
    Wrong(order_not_later, "not later", "same (time|frame)"),
    Wrong(order_sorted, "sorted before", "sort"),
    Wrong(order_films_for_events, "as many events as films", "films"),
    Wrong(order_whole_films, "a film with a never has no order", "other events"),
    Wrong(order_films_compared, "films compared", "film"),
    Wrong(order_until_never, "stops at the first never", "stop"),
    Wrong(order_by_truth, "0 taken for never", "False"),
    Wrong(order_bytes, "numbers up to 255", "type of your numbers"),
    Wrong(order_places, "argsort taken for ranks", "argsort"),
)


def order_right(begins):
    late = begins.masked_fill(begins < 0, 10**6)
    return late[:, :, None] < late[:, None, :]


def order_infinite(begins):
    late = begins.float().masked_fill(begins == -1, math.inf)
    return late.unsqueeze(-1) < late.unsqueeze(-2)


def order_numpy(begins):
    rows = begins.numpy()
    late = np.where(rows < 0, rows.max() + 1, rows)
    return late[:, :, None] < late[:, None, :]


def order_lists(begins):
    rows = begins.tolist()
    return [[[a >= 0 and (b < 0 or a < b) for b in row] for a in row] for row in rows]


ORDER_RIGHT = (order_right, order_infinite, order_numpy, order_lists)

# ── 6 · How long until the alarm? ─────────────────────────────────────────────────────────────────


def one_by_one(scores, odd, threshold, wait):
    """Return `wait(loud, begin, end)` of each film that is odd, NaN of the others."""
    found = []
    for row, marks in zip(scores > threshold, odd.tolist(), strict=True):
        if True not in marks:
            found.append(math.nan)
            continue
        end = len(marks) - marks[::-1].index(True)
        found.append(float(wait(row.tolist(), marks.index(True), end)))
    return torch.tensor(found)


def delays_argmax(scores, odd, threshold):
    return (scores > threshold).long().argmax(1) - odd.long().argmax(1)


def delays_argmax_after(scores, odd, threshold):
    begin = odd.long().argmax(1, keepdim=True)
    heard = (scores > threshold) & (torch.arange(odd.shape[1]) >= begin)
    return (heard.long().argmax(1) - begin[:, 0]).float()


def delays_within(scores, odd, threshold):
    heard = (scores > threshold) & odd
    wait = (torch.arange(odd.shape[1]) - odd.long().argmax(1, keepdim=True)).float()
    delay = torch.where(heard, wait, math.inf).amin(1)
    return torch.where(odd.any(1), delay, math.nan)


def delays_any(scores, odd, threshold):
    def wait(loud, begin, end):
        return loud.index(True) - begin if True in loud else math.inf

    return one_by_one(scores, odd, threshold, wait)


def delays_clamped(scores, odd, threshold):
    return delays_any(scores, odd, threshold).clamp(min=0)


def delays_give_up(scores, odd, threshold):
    def wait(loud, begin, end):
        first = loud.index(True) if True in loud else math.inf
        return first - begin if first >= begin else math.inf

    return one_by_one(scores, odd, threshold, wait)


def delays_strictly(scores, odd, threshold):
    def wait(loud, begin, end):
        return loud.index(True, begin + 1) - begin if True in loud[begin + 1 :] else math.inf

    return one_by_one(scores, odd, threshold, wait)


def delays_plus_one(scores, odd, threshold):
    return delays_right(scores, odd, threshold) + 1


def delays_from_end(scores, odd, threshold):
    def wait(loud, begin, end):
        return loud.index(True, begin) - end if True in loud[begin:] else math.inf

    return one_by_one(scores, odd, threshold, wait)


def delays_frame(scores, odd, threshold):
    def wait(loud, begin, end):
        return loud.index(True, begin) if True in loud[begin:] else math.inf

    return one_by_one(scores, odd, threshold, wait)


def delays_at_least(scores, odd, threshold):
    return delays_right(torch.where(scores == threshold, threshold + 1, scores), odd, threshold)


def delays_minus_one(scores, odd, threshold):
    found = delays_right(scores, odd, threshold)
    return torch.where(found.isinf(), -1.0, found)


def delays_length(scores, odd, threshold):
    found = delays_right(scores, odd, threshold)
    return torch.where(found.isinf(), float(odd.shape[1]), found)


def delays_nan_both(scores, odd, threshold):
    found = delays_right(scores, odd, threshold)
    return torch.where(found.isinf(), math.nan, found)


def delays_zero_usual(scores, odd, threshold):
    return delays_right(scores, odd, threshold).nan_to_num(0.0, posinf=math.inf)


def delays_inf_usual(scores, odd, threshold):
    return delays_right(scores, odd, threshold).nan_to_num(math.inf, posinf=math.inf)


def delays_dropped(scores, odd, threshold):
    found = delays_right(scores, odd, threshold)
    return found[~found.isnan()]


def delays_mean(scores, odd, threshold):
    found = delays_right(scores, odd, threshold)
    return found[found.isfinite()].mean()


def delays_largest(scores, odd, threshold):
    def wait(loud, begin, end):
        return len(loud) - 1 - loud[::-1].index(True) - begin if True in loud[begin:] else math.inf

    return one_by_one(scores, odd, threshold, wait)


def delays_count(scores, odd, threshold):
    def wait(loud, begin, end):
        return sum(loud[begin:])

    return one_by_one(scores, odd, threshold, wait)


def delays_whole(scores, odd, threshold):
    return delays_right(scores, odd, threshold).long()


def delays_rise(scores, odd, threshold):
    change = odd.int().diff(dim=1, prepend=odd[:, :1].int()) == 1
    found = delays_right(scores, odd, threshold)
    return torch.where(change.any(1), found, math.nan)


def delays_three_frames(scores, odd, threshold):
    found = delays_right(scores, odd, threshold)
    return torch.where(found > 2, math.inf, found)


def delays_two_alarms(scores, odd, threshold):
    def wait(loud, begin, end):
        heard = [t for t, one in enumerate(loud) if one][:2]
        return next((t - begin for t in heard if t >= begin), math.inf)

    return one_by_one(scores, odd, threshold, wait)


def delays_last_frame(scores, odd, threshold):
    def wait(loud, begin, end):
        return next((t for t, one in enumerate(loud[begin:-1]) if one), math.inf)

    return one_by_one(scores, odd, threshold, wait)


def delays_starts_only(scores, odd, threshold):
    def wait(loud, begin, end):
        starts = [t for t in range(len(loud)) if loud[t] and not (t and loud[t - 1])]
        return next((t - begin for t in starts if t >= begin), math.inf)

    return one_by_one(scores, odd, threshold, wait)


def delays_zero_is_never(scores, odd, threshold):
    return torch.tensor(
        [wait or math.inf for wait in delays_right(scores, odd, threshold).tolist()]
    )


def delays_until_usual(scores, odd, threshold):
    found = []
    for wait, marks in zip(delays_right(scores, odd, threshold), odd, strict=True):
        if not marks.any():
            break
        found.append(float(wait))
    return torch.tensor(found)


def delays_silent_film(scores, odd, threshold):
    loud = scores > threshold
    heard = loud & (odd.long().cumsum(1) > 0)
    wait = (heard.long().argmax(1) - odd.long().argmax(1)).float()
    wait[~loud.any(1)] = math.inf
    return torch.where(odd.any(1), wait, math.nan)


def delays_no_else(scores, odd, threshold):
    wait = delays_right(scores, odd, threshold)
    return wait[~wait.isinf()]


DELAYS = (
    Wrong(delays_argmax, "two argmax", ""),
    Wrong(delays_argmax_after, "argmax of nothing", ""),
    Wrong(delays_within, "only within", "late"),
    Wrong(delays_any, "false alarms count", "false"),
    Wrong(delays_clamped, "false alarms count as 0", "early|false"),
    Wrong(delays_give_up, "gives up after a false alarm", "early|another"),
    Wrong(delays_strictly, "only after the first odd frame", "first odd frame"),
    Wrong(delays_plus_one, "one too many", "1|one"),
    Wrong(delays_from_end, "from the end", "end"),
    Wrong(delays_frame, "the frame", "frame"),
    Wrong(delays_at_least, "at the threshold", "equal"),
    Wrong(delays_minus_one, "−1 for never", "−1"),
    Wrong(delays_length, "the length for never", "length"),
    Wrong(delays_nan_both, "NaN for never", "NaN"),
    Wrong(delays_zero_usual, "0 for usual films", "NaN"),
    Wrong(delays_inf_usual, "∞ for usual films", "NaN"),
    Wrong(delays_dropped, "usual films are dropped", "left out"),
    Wrong(delays_mean, "the mean", "film|single"),
    Wrong(delays_largest, "the last alarm", "last"),
    Wrong(delays_count, "how many alarms", "count"),
    Wrong(delays_whole, "whole numbers", ""),
    Wrong(delays_rise, "odd from frame 0 on is not seen", "frame 0"),
    Wrong(delays_three_frames, "looks three frames far", "gets ∞ though"),
    Wrong(delays_two_alarms, "the first two alarms", "gets ∞ though"),
    Wrong(delays_last_frame, "the last frame is left out", "last frame"),
    Wrong(delays_starts_only, "an alarm that goes on", "begins in yours"),
    Wrong(delays_zero_is_never, "a delay of 0 taken for none", "False"),
    Wrong(delays_until_usual, "the loop ends at a usual film", "loop"),
    Wrong(delays_silent_film, "∞ only for films without an alarm", "no alarm at all"),
    Wrong(delays_no_else, "films without an alarm are dropped", "left out"),
)


def delays_right(scores, odd, threshold):
    begin = odd.long().argmax(1, keepdim=True)
    wait = (torch.arange(odd.shape[1]) - begin).float()
    heard = (scores > threshold) & (wait >= 0)
    delay = torch.where(heard, wait, math.inf).amin(1)
    return torch.where(odd.any(1), delay, math.nan)


def delays_loops(scores, odd, threshold):
    def wait(loud, begin, end):
        return next((t for t, one in enumerate(loud[begin:]) if one), math.inf)

    return one_by_one(scores, odd, threshold, wait)


def delays_numpy(scores, odd, threshold):
    marks = np.maximum.accumulate(odd.numpy(), 1)
    heard = (scores.numpy() > threshold) & marks
    first, begin = heard.argmax(1), marks.argmax(1)
    found = np.where(heard.any(1), (first - begin).astype(float), np.inf)
    return np.where(marks.any(1), found, np.nan)


def delays_list(scores, odd, threshold):
    return delays_loops(scores, odd, threshold).tolist()


DELAYS_RIGHT = (delays_right, delays_loops, delays_numpy, delays_list)

# ── 7 · Every film has its alarm ──────────────────────────────────────────────────────────────────


def line_of(usual, share):
    return usual.flatten().quantile(1 - share)


def ranged(x, low, high):
    return (x - low) / (high - low)


def alarms_given(usual, scores, share):
    line = line_of(ranged(usual, usual.min(), usual.max()), share)
    low, high = scores.amin(1, keepdim=True), scores.amax(1, keepdim=True)
    return ranged(scores, low, high) > line


def alarms_epsilon(usual, scores, share):
    line = line_of(ranged(usual, usual.min(), usual.max()), share)
    low, high = scores.amin(1, keepdim=True), scores.amax(1, keepdim=True)
    return (scores - low) / (high - low + 1e-9) > line


def alarms_all_test(usual, scores, share):
    line = line_of(ranged(usual, usual.min(), usual.max()), share)
    return ranged(scores, scores.min(), scores.max()) > line


def alarms_both_films(usual, scores, share):
    line = line_of(ranged(usual, usual.amin(1, True), usual.amax(1, True)), share)
    return ranged(scores, scores.amin(1, True), scores.amax(1, True)) > line


def alarms_other_axis(usual, scores, share):
    line = line_of(ranged(usual, usual.min(), usual.max()), share)
    return ranged(scores, scores.amin(0, True), scores.amax(0, True)) > line


def alarms_raw_test(usual, scores, share):
    return scores > line_of(ranged(usual, usual.min(), usual.max()), share)


def alarms_raw_line(usual, scores, share):
    return ranged(scores, usual.min(), usual.max()) > line_of(usual, share)


def alarms_test_line(usual, scores, share):
    return scores > line_of(scores, share)


def alarms_film_lines(usual, scores, share):
    return scores > scores.quantile(1 - share, dim=1, keepdim=True)


def alarms_z(usual, scores, share):
    line = line_of((usual - usual.mean()) / usual.std(), share)
    mean, spread = scores.mean(1, keepdim=True), scores.std(1, keepdim=True)
    return (scores - mean) / spread > line


def alarms_turned_share(usual, scores, share):
    return scores > usual.flatten().quantile(share)


def alarms_maximum(usual, scores, share):
    return scores > usual.max()


def alarms_mean_line(usual, scores, share):
    return scores > usual.quantile(1 - share, dim=1).mean()


def alarms_equal(usual, scores, share):
    return scores >= line_of(usual, share)


def alarms_films(usual, scores, share):
    return (scores > line_of(usual, share)).any(1)


def alarms_first_film(usual, scores, share):
    return scores > usual[0].quantile(1 - share)


def alarms_below(usual, scores, share):
    return scores < line_of(usual, share)


def alarms_differences(usual, scores, share):
    return scores - line_of(usual, share)


def alarms_median(usual, scores, share):
    line = line_of(usual - usual.median(), share)
    return scores - scores.median(1, keepdim=True).values > line


def alarms_sigmas(usual, scores, share):
    return scores > usual.mean() + 2 * usual.std()


def alarms_by_largest(usual, scores, share):
    line = (usual / usual.amax(1, keepdim=True)).flatten().quantile(1 - share)
    return scores / scores.amax(1, keepdim=True) > line


def alarms_counted(usual, scores, share):
    ranked = usual.flatten().sort(descending=True).values
    return scores > ranked[min(int(share * len(ranked)), len(ranked) - 1)]


def alarms_of_range(usual, scores, share):
    return scores > usual.min() + (1 - share) * (usual.max() - usual.min())


def alarms_lines_in_a_row(usual, scores, share):
    return scores > usual.quantile(1 - share, dim=1)


def alarms_film_low(usual, scores, share):
    low, high = usual.min(), usual.max()
    line = line_of(ranged(usual, low, high), share)
    return ranged(scores, scores.amin(1, keepdim=True), high) > line


def alarms_normal(usual, scores, share):
    normal = torch.distributions.Normal(usual.mean(), usual.std())
    return scores > normal.icdf(torch.tensor(1 - share))


BUG_SCORES = (
    Wrong(alarms_given, "nothing mended", "each|Each"),
    Wrong(alarms_epsilon, "only the division mended", "film"),
    Wrong(alarms_all_test, "all test films together", "peak"),
    Wrong(alarms_both_films, "validation scaled so, too", "one by one"),
    Wrong(alarms_other_axis, "the other axis", "frame"),
    Wrong(alarms_raw_test, "half mended", "units"),
    Wrong(alarms_raw_line, "the other half", "units"),
    Wrong(alarms_test_line, "the line from test films", "test"),
    Wrong(alarms_film_lines, "a line for each film", "line"),
    Wrong(alarms_z, "z-scores for each film", "spread"),
    Wrong(alarms_turned_share, "share turned", "below"),
    Wrong(alarms_maximum, "the largest usual score", "highest"),
    Wrong(alarms_mean_line, "the mean of lines", "average"),
    Wrong(alarms_equal, "at the line", "equal"),
    Wrong(alarms_films, "one answer a film", "film"),
    Wrong(alarms_first_film, "the first film's line", "first"),
    Wrong(alarms_below, "below", "below"),
    Wrong(alarms_differences, "differences", "True"),
    Wrong(alarms_median, "minus the film's median", "median"),
    Wrong(alarms_sigmas, "two sigmas", "line"),
    Wrong(alarms_by_largest, "each film by its largest", "own largest"),
    Wrong(alarms_counted, "no place between two scores", "one of the usual scores"),
    Wrong(alarms_of_range, "a share of the range", "way"),
    Wrong(alarms_lines_in_a_row, "not flattened", "before `quantile`"),
    Wrong(alarms_film_low, "half of the scale mended", "units"),
    Wrong(alarms_normal, "a normal distribution", "normal"),
)


def alarms_right(usual, scores, share):
    return scores > line_of(usual, share)


def alarms_one_scale(usual, scores, share):
    low, high = usual.min(), usual.max()
    return ranged(scores, low, high) > line_of(ranged(usual, low, high), share)


def alarms_numpy(usual, scores, share):
    return scores.numpy() > np.quantile(usual.numpy().astype(np.float64), 1 - share)


def alarms_loops(usual, scores, share):
    line = torch.quantile(usual, 1 - share).item()
    return torch.tensor([[score > line for score in film] for film in scores.tolist()])


BUG_SCORES_RIGHT = (alarms_right, alarms_one_scale, alarms_numpy, alarms_loops)

# ── All of it ─────────────────────────────────────────────────────────────────────────────────────

WRONG = {
    "video.pairs": PAIRS,
    "video.tubelets": TUBELETS,
    "video.sampled": SAMPLED,
    "video.backwards": BACKWARDS,
    "video.order": ORDER,
    "video.delays": DELAYS,
    "video.bug_scores": BUG_SCORES,
}
RIGHT = {
    "video.pairs": PAIRS_RIGHT,
    "video.tubelets": TUBELETS_RIGHT,
    "video.sampled": SAMPLED_RIGHT,
    "video.backwards": BACKWARDS_RIGHT,
    "video.order": ORDER_RIGHT,
    "video.delays": DELAYS_RIGHT,
    "video.bug_scores": BUG_SCORES_RIGHT,
}
