"""What a class hands in to the exercises of lesson 17."""

import math
from itertools import groupby, pairwise

import numpy as np
import torch
import torch.nn.functional as F

from tests.classroom import Wrong

# ── 1 · From frames to letters ────────────────────────────────────────────────────────────────────


def collapsed_right(frames, blank):
    return [letter for letter, _ in groupby(frames.tolist()) if letter != blank]


def collapsed_blanks_first(frames, blank):
    return torch.unique_consecutive(frames[frames != blank])


def collapsed_last_of_output(frames, blank):
    out = []
    for one in frames.tolist():
        if one != blank and (not out or out[-1] != one):
            out.append(one)
    return out


def collapsed_zero(frames, blank):
    return collapsed_right(frames, 0)


def collapsed_unique(frames, blank):
    found = frames.unique()
    return found[found != blank]


def collapsed_seen(frames, blank):
    return [one for one in dict.fromkeys(frames.tolist()) if one != blank]


def collapsed_runs_only(frames, blank):
    return torch.unique_consecutive(frames)


def collapsed_blanks_only(frames, blank):
    return frames[frames != blank]


def collapsed_last_lost(frames, blank):
    out = []
    for one, following in pairwise(frames.tolist()):
        if one != following and one != blank:
            out.append(one)
    return out


def collapsed_first_lost(frames, blank):
    out = []
    for before, one in pairwise(frames.tolist()):
        if one != before and one != blank:
            out.append(one)
    return out


def collapsed_filled(frames, blank):
    out = collapsed_right(frames, blank)
    return out + [blank] * (len(frames) - len(out))


def collapsed_text(frames, blank):
    return "".join(map(str, collapsed_right(frames, blank)))


def collapsed_until_blank(frames, blank):
    out = []
    for one, _ in groupby(frames.tolist()):
        if one == blank:
            break
        out.append(one)
    return out


def collapsed_set(frames, blank):
    return set(frames.tolist()) - {blank}


def collapsed_strip(frames, blank):
    out = [one for one, _ in groupby(frames.tolist())]
    while out and out[0] == blank:
        out.pop(0)
    while out and out[-1] == blank:
        out.pop()
    return out


def collapsed_places(frames, blank):
    change = torch.ones(len(frames), dtype=torch.bool)
    change[1:] = frames[1:] != frames[:-1]
    return (change & (frames != blank)).nonzero().flatten()


def collapsed_changes(frames, blank):
    keep = F.pad(frames.diff() != 0, (1, 0), value=True) & (frames != blank)
    return keep


def collapsed_positive(frames, blank):
    runs = torch.unique_consecutive(frames)
    return runs[runs > blank]


def collapsed_wraps(frames, blank):
    rows = frames.tolist()
    return [one for i, one in enumerate(rows) if one != rows[i - 1] and one != blank]


def collapsed_prev_skips_blank(frames, blank):
    out, before = [], None
    for one in frames.tolist():
        if one == blank:
            continue
        if one != before:
            out.append(one)
        before = one
    return out


def collapsed_moved_down(frames, blank):
    return [one - 1 for one in collapsed_right(frames, blank)]


def collapsed_starts_zero(frames, blank):
    out, before = [], 0
    for one in frames.tolist():
        if one not in (before, blank):
            out.append(one)
        before = one
    return out


def collapsed_counts(frames, blank):
    return [(one, len(list(run))) for one, run in groupby(frames.tolist()) if one != blank]


def collapsed_two_by_two(frames, blank):
    rows, out, i = frames.tolist(), [], 0
    while i < len(rows):
        if rows[i] != blank:
            out.append(rows[i])
        i += 2 if i + 1 < len(rows) and rows[i] == rows[i + 1] else 1
    return out


def collapsed_in_place(frames, blank):
    frames[1:][frames[1:] == frames[:-1]] = blank
    return frames[frames != blank]


COLLAPSED = (
    Wrong(collapsed_blanks_first, "blanks first", "first|between"),
    Wrong(collapsed_last_of_output, "compared with the last letter", "between|frame before"),
    Wrong(collapsed_zero, "blank is 0", "blank"),
    Wrong(collapsed_unique, "unique, sorted", "once|sorted|order"),
    Wrong(collapsed_seen, "each letter once", "once"),
    Wrong(collapsed_runs_only, "blanks stay", "blank"),
    Wrong(collapsed_blanks_only, "runs stay", "run"),
    Wrong(collapsed_last_lost, "the last run is lost", "last"),
    Wrong(collapsed_first_lost, "the first run is lost", "first"),
    Wrong(collapsed_filled, "filled up", "fill|long"),
    Wrong(collapsed_text, "a text", "text|str"),
    Wrong(collapsed_until_blank, "ends at the first blank", "stop|end"),
    Wrong(collapsed_set, "a set", "set"),
    Wrong(collapsed_strip, "only the ends are stripped", "ends|inside|between"),
    Wrong(collapsed_places, "places", "frame|place"),
    Wrong(collapsed_changes, "a mask", "mask|which"),
    Wrong(collapsed_positive, "above the blank", "blank"),
    Wrong(collapsed_wraps, "the first is compared with the last", "first"),
    Wrong(collapsed_prev_skips_blank, "a blank is not remembered", "between|frame before"),
    Wrong(collapsed_moved_down, "letters less one", "1"),
    Wrong(collapsed_starts_zero, "begins after a 0", "first|0"),
    Wrong(collapsed_counts, "pairs of letter and count", ""),
    Wrong(collapsed_two_by_two, "pairs are merged", "run|three"),
    Wrong(collapsed_in_place, "changes its input", "changes"),
)


def collapsed_loop(frames, blank):
    out, before = [], None
    for one in frames:
        if (before is None or one != before) and one != blank:
            out.append(int(one))
        before = one
    return out


def collapsed_mask(frames, blank):
    change = torch.ones(len(frames), dtype=torch.bool)
    change[1:] = frames[1:] != frames[:-1]
    return frames[change & (frames != blank)]


def collapsed_numpy(frames, blank):
    rows = frames.numpy()
    runs = rows[np.concatenate([[True], rows[1:] != rows[:-1]])]
    return runs[runs != blank]


def collapsed_tensor(frames, blank):
    return torch.tensor(collapsed_right(frames, blank))


COLLAPSED_RIGHT = (
    collapsed_right,
    collapsed_loop,
    collapsed_mask,
    collapsed_numpy,
    collapsed_tensor,
)

# ── 2 · All the ways to say a word ────────────────────────────────────────────────────────────────


def with_blanks(labels, blank):
    states = [blank]
    for label in labels.tolist():
        states += [label, blank]
    return states


def forward(scores, states, skip, add, first=2):
    """Return the last row of alphas; `skip(s)` says where two states may be taken at once."""
    alpha = [float(scores[0, s]) if i < first else -math.inf for i, s in enumerate(states)]
    for row in scores[1:].tolist():
        new = []
        for i, s in enumerate(states):
            ways = [alpha[i]] + ([alpha[i - 1]] if i else [])
            if i > 1 and skip(i):
                ways.append(alpha[i - 2])
            new.append(add(ways) + row[s])
        alpha = new
    return alpha


def add_logs(ways):
    top = max(ways)
    if top == -math.inf:
        return top
    return top + math.log(sum(math.exp(way - top) for way in ways))


def letters_differ(states, blank):
    return lambda i: states[i] != blank and states[i] != states[i - 2]


def ctc_right(scores, labels, blank):
    states = with_blanks(labels, blank)
    alpha = forward(scores, states, letters_differ(states, blank), add_logs)
    return add_logs(alpha[-2:])


def ctc_skip_equal(scores, labels, blank):
    states = with_blanks(labels, blank)
    return add_logs(forward(scores, states, lambda i: states[i] != blank, add_logs)[-2:])


def ctc_skip_all(scores, labels, blank):
    return add_logs(forward(scores, with_blanks(labels, blank), lambda i: True, add_logs)[-2:])


def ctc_never_skip(scores, labels, blank):
    return add_logs(forward(scores, with_blanks(labels, blank), lambda i: False, add_logs)[-2:])


def ctc_viterbi(scores, labels, blank):
    states = with_blanks(labels, blank)
    return max(forward(scores, states, letters_differ(states, blank), max)[-2:])


def ctc_max_in_the_end(scores, labels, blank):
    states = with_blanks(labels, blank)
    return max(forward(scores, states, letters_differ(states, blank), add_logs)[-2:])


def ctc_last_only(scores, labels, blank):
    states = with_blanks(labels, blank)
    return forward(scores, states, letters_differ(states, blank), add_logs)[-1]


def ctc_last_letter(scores, labels, blank):
    states = with_blanks(labels, blank)
    alpha = forward(scores, states, letters_differ(states, blank), add_logs)
    return alpha[-2] if len(alpha) > 1 else alpha[-1]


def ctc_all_states(scores, labels, blank):
    states = with_blanks(labels, blank)
    return add_logs(forward(scores, states, letters_differ(states, blank), add_logs))


def ctc_starts_blank(scores, labels, blank):
    states = with_blanks(labels, blank)
    return add_logs(forward(scores, states, letters_differ(states, blank), add_logs, 1)[-2:])


def ctc_starts_anywhere(scores, labels, blank):
    states = with_blanks(labels, blank)
    return add_logs(forward(scores, states, letters_differ(states, blank), add_logs, 99)[-2:])


def ctc_no_blanks(scores, labels, blank):
    states = labels.tolist() or [blank]
    return forward(scores, states, lambda i: False, add_logs, 1)[-1]


def ctc_plain_exp(scores, labels, blank):
    def plain(ways):
        total = sum(math.exp(way) for way in ways)
        return math.log(total) if total > 0 else -math.inf

    states = with_blanks(labels, blank)
    return plain(forward(scores, states, letters_differ(states, blank), plain)[-2:])


def ctc_nan(scores, labels, blank):
    def stable(ways):
        ways = torch.tensor(ways)
        top = ways.max()
        return float(top + (ways - top).exp().sum().log())

    states = with_blanks(labels, blank)
    return stable(forward(scores, states, letters_differ(states, blank), stable)[-2:])


def ctc_negated(scores, labels, blank):
    return -ctc_right(scores, labels, blank)


def ctc_mean_by_letter(scores, labels, blank):
    return ctc_right(scores, labels, blank) / max(len(labels), 1)


def ctc_probability(scores, labels, blank):
    return math.exp(ctc_right(scores, labels, blank))


def ctc_minus_thousand(scores, labels, blank):
    found = ctc_right(scores, labels, blank)
    return -1e30 if found == -math.inf else found


def ctc_blank_zero(scores, labels, blank):
    return ctc_right(scores, labels, 0)


def ctc_frame_short(scores, labels, blank):
    return ctc_right(scores[:-1], labels, blank) if len(scores) > 1 else -math.inf


def ctc_first_twice(scores, labels, blank):
    return ctc_right(torch.cat([scores[:1], scores]), labels, blank)


def ctc_library(scores, labels, blank):
    loss = F.ctc_loss(
        scores[:, None], labels[None], [len(scores)], [len(labels)], blank, reduction="none"
    )
    return -loss[0]


def ctc_empty_double(scores, labels, blank):
    states = with_blanks(labels, blank)
    alpha = forward(scores, states, letters_differ(states, blank), add_logs)
    return add_logs([alpha[2 * len(labels)], alpha[2 * len(labels) - 1]])


def ctc_best_path(scores, labels, blank):
    return scores.max(dim=1).values.sum()


def ctc_wraps(scores, labels, blank):
    states = torch.tensor(with_blanks(labels, blank))
    skip = torch.zeros(len(states), dtype=torch.bool)
    skip[2:] = (states[2:] != blank) & (states[2:] != states[:-2])
    alpha = torch.full((len(states),), -torch.inf)
    alpha[:2] = scores[0, states[:2]]
    for row in scores[1:]:
        two = torch.where(skip, alpha.roll(2), -torch.inf)
        alpha = torch.stack([alpha, alpha.roll(1), two]).logsumexp(0) + row[states]
    return alpha[-2:].logsumexp(0)


def ctc_same_frame(scores, labels, blank):
    states = with_blanks(labels, blank)
    skip = letters_differ(states, blank)
    alpha = [float(scores[0, s]) if i < 2 else -math.inf for i, s in enumerate(states)]
    for row in scores[1:].tolist():
        for i, s in enumerate(states):
            ways = [alpha[i]] + ([alpha[i - 1]] if i else [])
            ways += [alpha[i - 2]] if i > 1 and skip(i) else []
            alpha[i] = add_logs(ways) + row[s]
    return add_logs(alpha[-2:])


def ctc_greedy(scores, labels, blank):
    best, path = scores.max(1)
    said = [one for one, _ in groupby(path.tolist()) if one != blank]
    return best.sum() if said == labels.tolist() else -math.inf


def ctc_plus(scores, labels, blank):
    states = with_blanks(labels, blank)
    alpha = forward(scores, states, letters_differ(states, blank), sum)
    return add_logs(alpha[-2:])


def ctc_plus_guarded(scores, labels, blank):
    states = with_blanks(labels, blank)
    alpha = [float(scores[0, s]) if i < 2 else -math.inf for i, s in enumerate(states)]
    for row in scores[1:].tolist():
        new = list(alpha)
        for i in range(1, len(states)):
            new[i] = new[i] + alpha[i - 1] if new[i] > -math.inf else alpha[i - 1]
        alpha = [a + row[s] for a, s in zip(new, states, strict=True)]
    return add_logs(alpha[-2:])


def ctc_looks_ahead(scores, labels, blank):
    states = with_blanks(labels, blank)

    def skip(i):
        return states[i] != blank and (i + 2 >= len(states) or states[i] != states[i + 2])

    return add_logs(forward(scores, states, skip, add_logs)[-2:])


def ctc_never_again(scores, labels, blank):
    states = with_blanks(labels, blank)
    return add_logs(
        forward(scores, states, lambda i: states[i] not in (blank, *states[:i]), add_logs)[-2:]
    )


def ctc_pad_zero(scores, labels, blank):
    states = torch.tensor(with_blanks(labels, blank))
    jump = torch.zeros(len(states), dtype=torch.bool)
    jump[2:] = (states[2:] != blank) & (states[2:] != states[:-2])
    alpha = torch.full((len(states),), -math.inf)
    alpha[:2] = scores[0, states[:2]]
    for row in scores[1:]:
        one, two = F.pad(alpha, (1, 0))[:-1], F.pad(alpha, (2, 0))[:-2]
        two = torch.where(jump, two[: len(alpha)], -math.inf)
        alpha = torch.stack([alpha, one, two]).logsumexp(0) + row[states]
    return alpha[-2:].logsumexp(0)


CTC = (
    Wrong(ctc_skip_equal, "skips between equal letters", "equal"),
    Wrong(ctc_skip_all, "skips everywhere", "skip"),
    Wrong(ctc_never_skip, "never skips", "blank"),
    Wrong(ctc_viterbi, "the best path", "best|largest|sum"),
    Wrong(ctc_max_in_the_end, "the better end", "end"),
    Wrong(ctc_last_only, "ends in the blank", "last|end"),
    Wrong(ctc_last_letter, "ends in the letter", "last|end"),
    Wrong(ctc_all_states, "ends anywhere", "end"),
    Wrong(ctc_starts_blank, "begins with the blank", "begin|first"),
    Wrong(ctc_starts_anywhere, "begins anywhere", "begin|first"),
    Wrong(ctc_no_blanks, "no blanks", "blank"),
    Wrong(ctc_plain_exp, "without the maximum", "maximum|largest|small"),
    Wrong(ctc_nan, "∞ − ∞", "NaN"),
    Wrong(ctc_negated, "the loss", "sign|minus|negat"),
    Wrong(ctc_mean_by_letter, "by letter", "letter"),
    Wrong(ctc_probability, "the chance itself", "logarithm"),
    Wrong(ctc_minus_thousand, "−1e30", "−∞"),
    Wrong(ctc_blank_zero, "blank is 0", "blank"),
    Wrong(ctc_frame_short, "the last frame is missing", "last frame|path left out"),
    Wrong(ctc_first_twice, "the first frame twice", "first frame"),
    Wrong(ctc_library, "the library's", "ctc_loss"),
    Wrong(ctc_empty_double, "the empty text counts twice", "empty"),
    Wrong(ctc_best_path, "greedy", "labels"),
    Wrong(ctc_wraps, "roll goes round", "round|end"),
    Wrong(ctc_same_frame, "in place", "same frame|frame"),
    Wrong(ctc_greedy, "only the path of the best symbols counts", "one path"),
    Wrong(ctc_plus, "logarithms added, but for the ends", "multiplies the chances"),
    Wrong(ctc_plus_guarded, "logarithms added where there are any", "logarithms added where"),
    Wrong(ctc_looks_ahead, "the jump looks at the next letter", "the one before it"),
    Wrong(ctc_never_again, "a blank before all letters that came before", "anywhere.* before"),
    Wrong(ctc_pad_zero, "0 comes in from outside", "from outside"),
)


def ctc_torch(scores, labels, blank):
    states = torch.full((2 * len(labels) + 1,), blank)
    states[1::2] = labels
    alpha = torch.full((len(states),), -torch.inf)
    alpha[:2] = scores[0, states[:2]]
    skip = torch.zeros(len(states), dtype=torch.bool)
    skip[2:] = (states[2:] != blank) & (states[2:] != states[:-2])
    for row in scores[1:]:
        one = F.pad(alpha[:-1], (1, 0), value=-torch.inf)
        two = F.pad(alpha, (2, 0), value=-torch.inf)[:-2].where(skip, torch.tensor(-torch.inf))
        alpha = torch.logaddexp(torch.logaddexp(alpha, one), two) + row[states]
    return alpha[-2:].logsumexp(0)


def ctc_backward(scores, labels, blank):
    return ctc_right(scores.flip(0), labels.flip(0), blank)


def ctc_matrix(scores, labels, blank):
    states = with_blanks(labels, blank)
    count = len(states)
    moves = torch.full((count, count), -torch.inf, dtype=torch.float64)
    for i in range(count):
        moves[i, i] = 0
        if i:
            moves[i - 1, i] = 0
        if i > 1 and states[i] not in (blank, states[i - 2]):
            moves[i - 2, i] = 0
    alpha = torch.full((count,), -torch.inf, dtype=torch.float64)
    alpha[0] = 0  # before the first frame, in the blank
    for row in scores.double():
        alpha = (alpha[:, None] + moves).logsumexp(0) + row[states]
    return alpha[-2:].logsumexp(0)


CTC_RIGHT = (ctc_right, ctc_torch, ctc_backward, ctc_matrix)

# ── 3 · Each letter as long as it lasts ───────────────────────────────────────────────────────────


def rows_of(states, durations):
    return [row.repeat_interleave(lasts, 0) for row, lasts in zip(states, durations, strict=True)]


def filled_up(rows, front=False, last=False):
    size = max(map(len, rows))
    out = torch.zeros(len(rows), size, rows[0].shape[1], dtype=rows[0].dtype)
    for i, row in enumerate(rows):
        if front:
            out[i, size - len(row) :] = row
        else:
            out[i, : len(row)] = row
            if last and len(row):
                out[i, len(row) :] = row[-1]
    return out


def stretched_right(states, durations):
    return filled_up(rows_of(states, durations))


def stretched_front(states, durations):
    return filled_up(rows_of(states, durations), front=True)


def stretched_last(states, durations):
    return filled_up(rows_of(states, durations), last=True)


def stretched_first_row(states, durations):
    return states.repeat_interleave(durations[0], dim=1)


def stretched_cut(states, durations):
    rows = rows_of(states, durations)
    return torch.stack([row[: min(map(len, rows))] for row in rows])


def stretched_all_one(states, durations):
    return states.flatten(0, 1).repeat_interleave(durations.flatten(), 0)


def stretched_at_least_one(states, durations):
    return stretched_right(states, durations.clamp(min=1))


def stretched_tiled(states, durations):
    rows = []
    for row, lasts in zip(states, durations, strict=True):
        count = int(lasts.sum())
        rows.append(row.repeat(count, 1)[:count])
    return filled_up(rows)


def stretched_padded_letters(states, durations):
    most = int(durations.max())
    real = torch.arange(most) < durations[:, :, None]
    return (states[:, :, None] * real[..., None]).flatten(1, 2)


def stretched_even(states, durations):
    letters = durations.shape[1]
    rows = []
    for row, lasts in zip(states, durations, strict=True):
        count = int(lasts.sum())
        rows.append(row[torch.arange(count) * letters // max(count, 1)])
    return filled_up(rows)


def stretched_list(states, durations):
    return rows_of(states, durations)


def stretched_too_late(states, durations):
    ends = durations.cumsum(1)
    frame = torch.arange(int(ends[:, -1].max())).expand(len(ends), -1).contiguous()
    letter = torch.searchsorted(ends, frame).clamp(max=ends.shape[1] - 1)
    picked = states.gather(1, letter[..., None].expand(-1, -1, states.shape[2]))
    return picked * (frame < ends[:, -1:])[..., None]


def stretched_no_mask(states, durations):
    ends = durations.cumsum(1)
    frame = torch.arange(int(ends[:, -1].max())).expand(len(ends), -1).contiguous()
    letter = torch.searchsorted(ends, frame, right=True).clamp(max=ends.shape[1] - 1)
    return states.gather(1, letter[..., None].expand(-1, -1, states.shape[2]))


def stretched_ones(states, durations):
    rows = rows_of(states, durations)
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=1.0)


def stretched_batch_second(states, durations):
    return torch.nn.utils.rnn.pad_sequence(rows_of(states, durations))


def stretched_shared(states, durations):
    rows = rows_of(states / durations.clamp(min=1)[..., None], durations)
    return filled_up(rows)


def stretched_first_text(states, durations):
    return rows_of(states, durations)[0][None]


def stretched_wide(states, durations):
    total = int(durations.sum())
    found = stretched_right(states, durations)
    return F.pad(found, (0, 0, 0, total - found.shape[1]))


def stretched_one_more(states, durations):
    return stretched_right(states, durations + 1)


def stretched_backwards(states, durations):
    return filled_up([row.flip(0) for row in rows_of(states, durations)])


def stretched_zero_shift(states, durations):
    rows = []
    for row, lasts in zip(states, durations, strict=True):
        lasts = lasts[lasts > 0]
        rows.append(row[: len(lasts)].repeat_interleave(lasts, 0))
    return filled_up(rows)


def stretched_once(states, durations):
    found = torch.zeros_like(stretched_right(states, durations))
    for b, (row, lasts) in enumerate(zip(states, durations, strict=True)):
        place = 0
        for vector, count in zip(row, lasts.tolist(), strict=True):
            if count:
                found[b, place] = vector
            place += count
    return found


def stretched_last_letter_missing(states, durations):
    return filled_up(rows_of(states[:, :-1], durations[:, :-1]))


def stretched_letter_frames(states, durations):
    size = int(durations.max())
    found = torch.zeros(len(states), size, states.shape[2])
    for b, row in enumerate(rows_of(states, durations)):
        found[b, : min(size, len(row))] = row[:size]
    return found


def stretched_alike(states, durations):
    size = int(durations.sum(1).max())
    return F.interpolate(states.transpose(1, 2), size=size, mode="nearest").transpose(1, 2)


def stretched_gap_frame(states, durations):
    rows = []
    for row, lasts in zip(states, durations.tolist(), strict=True):
        pieces = [
            vector.expand(count, -1) if count else torch.zeros(1, len(vector))
            for vector, count in zip(row, lasts, strict=True)
        ]
        rows.append(torch.cat(pieces))
    return filled_up(rows)


def stretched_last_letter_silent(states, durations):
    found = stretched_right(states, durations)
    for row, begin in zip(found, durations[:, :-1].sum(1).tolist(), strict=True):
        row[begin:] = 0
    return found


STRETCHED = (
    Wrong(stretched_front, "zeros in front", "front|behind"),
    Wrong(stretched_last, "the last letter goes on", "zero|last|end"),
    Wrong(stretched_first_row, "the first row's durations", "first|row"),
    Wrong(stretched_cut, "cut to the shortest", "short|long"),
    Wrong(stretched_all_one, "one long row", "row|one"),
    Wrong(stretched_at_least_one, "at least one frame", "0"),
    Wrong(stretched_tiled, "the text again and again", "again|letter"),
    Wrong(stretched_padded_letters, "each letter filled up", "letter"),
    Wrong(stretched_even, "all letters as long", "letter|long"),
    Wrong(stretched_list, "a list", ""),
    Wrong(stretched_too_late, "one frame too late", "late|frame|one"),
    Wrong(stretched_no_mask, "no zeros", "zero|last|end"),
    Wrong(stretched_ones, "ones behind the end", "1|zero"),
    Wrong(stretched_batch_second, "frames first", "axes|places|batch"),
    Wrong(stretched_shared, "divided by its duration", "divide|share|frame"),
    Wrong(stretched_first_text, "the first text", "first"),
    Wrong(stretched_wide, "as many frames as all have", "frames|long"),
    Wrong(stretched_one_more, "one more each", "one more|too long|1"),
    Wrong(stretched_backwards, "backwards", "revers|backward"),
    Wrong(stretched_zero_shift, "silent letters shift the rest", "0|silent"),
    Wrong(stretched_once, "each letter once", "once|first"),
    Wrong(stretched_last_letter_missing, "the last letter is missing", "last|short"),
    Wrong(stretched_letter_frames, "as many frames as the longest letter", "longest .letter"),
    Wrong(stretched_alike, "all letters alike over the longest row", "equally long"),
    Wrong(stretched_gap_frame, "a letter of 0 frames leaves one of zeros", "a frame of zeros"),
    Wrong(stretched_last_letter_silent, "zeros for the last letter", "last letter"),
)


def stretched_searched(states, durations):
    found = stretched_no_mask(states, durations)
    return found * (torch.arange(found.shape[1]) < durations.sum(1, keepdim=True))[..., None]


def stretched_product(states, durations):
    ends = durations.cumsum(1)
    frame = torch.arange(int(ends[:, -1].max()))[None, :, None]
    own = (frame >= (ends - durations)[:, None]) & (frame < ends[:, None])
    return own.to(states.dtype) @ states


def stretched_numpy(states, durations):
    rows = [np.repeat(s, d, axis=0) for s, d in zip(states.numpy(), durations.numpy(), strict=True)]
    out = np.zeros((len(rows), max(map(len, rows)), states.shape[2]), dtype=np.float32)
    for i, row in enumerate(rows):
        out[i, : len(row)] = row
    return out


def stretched_loops(states, durations):
    rows = []
    for row, lasts in zip(states.tolist(), durations.tolist(), strict=True):
        rows.append([vector for vector, n in zip(row, lasts, strict=True) for _ in range(n)])
    size = max(map(len, rows))
    nothing = [0.0] * states.shape[2]
    return torch.tensor([row + [nothing] * (size - len(row)) for row in rows])


STRETCHED_RIGHT = (
    stretched_right,
    stretched_searched,
    stretched_product,
    stretched_numpy,
    stretched_loops,
)

# ── 4 · How many decibels? ────────────────────────────────────────────────────────────────────────

DECIBEL = (
    Wrong([-13.01, 4.571, -3.979, 15.2, 6.99], "10 for amplitudes", "amplitude"),
    Wrong([-13.01, 2.138, -7.96, 15.2, 6.99], "10 in the first", "amplitude|norm"),
    Wrong([26.02, 2.138, 7.96, 15.2, 6.99], "no signs", "sign"),
    Wrong([-26.02, 4.57, -7.96, 15.2, 6.99], "power in the second", "norm|amplitude"),
    Wrong([-26.02, 6.6, -7.96, 15.2, 6.99], "the difference", "decibel|factor|divided"),
    Wrong([-26.02, 2.138, -3.98, 15.2, 6.99], "10 in the third", "amplitude|sample"),
    Wrong([-26.02, 2.138, -7.96, 30.4, 6.99], "20 for powers", "power"),
    Wrong([-26.02, 2.138, -7.96, 3.5, 6.99], "ln only", "ln|decibel"),
    Wrong([-26.02, 2.138, -7.96, 35, 6.99], "ten times ln", "ln|log"),
    Wrong([-26.02, 2.138, -7.96, 15.2, 13.98], "20 for a power", "power"),
    Wrong([-59.9, 2.138, -18.3, 15.2, 6.99], "ln for log10", "log|base"),
    Wrong([0.05, 2.138, -7.96, 15.2, 6.99], "the ratio", "decibel|logarithm|ratio"),
    Wrong([-1.301, 2.138, -0.398, 1.52, 0.699], "bels without a factor", "10|20|factor"),
    Wrong([-26.02, 0.468, -7.96, 15.2, 6.99], "upside down", "upside|divided"),
    Wrong([-26.02, 1.35, -7.96, 15.2, 6.99], "the ratio of decibels", "decibels|ratio"),
    Wrong([-26.02, 2.138, -7.96, -2.17, 6.99], "half a unit", ""),
    Wrong([-26.02, 2.138, -7.96, 15.2], "four numbers", "5"),
    Wrong([-26, 2.1, -8, 15.2, 7], "rounded too far", "round|decimals|digits|Number 2|number 2"),
    Wrong([-25.58, 2.138, -7.96, 15.2, 6.99], "by the sum", ""),
    Wrong([-26.02, 2.138, -7.96, -15.2, 6.99], "the other way round", "louder"),
)

DECIBEL_RIGHT = (
    (-26.02, 2.138, -7.959, 15.2, 6.99),
    np.array([-26.0206, 2.13796, -7.9588, 15.2003, 6.9897]),
    [20 * math.log10(0.05), 10**0.33, 20 * math.log10(0.4), 35 / math.log(10), 10 * math.log10(5)],
    [-26, 2.14, -8, 15.2, 7],
)

# ── 5 · Did it look at the right word? ────────────────────────────────────────────────────────────


def masses(weights, words, count):
    own = (words[:, None] == torch.arange(count)).to(weights.dtype)
    return weights @ own


def is_heard(times, steps):
    step = torch.arange(steps)[:, None]
    return (times[:, 0] <= step) & (step < times[:, 1])


def share(looked, heard):
    real = heard.any(1)
    return heard.gather(1, looked[:, None]).squeeze(1)[real].float().mean().item()


def scores_right(weights, words, times):
    looked = masses(weights, words, len(times)).argmax(1)
    return share(looked, is_heard(times, len(weights)))


def scores_letter(weights, words, times):
    looked = words[weights.argmax(1)]
    heard = is_heard(times, len(weights))
    real = heard.any(1)
    return (looked == heard.long().argmax(1))[real].float().mean().item()


def scores_mean(weights, words, times):
    own = words[:, None] == torch.arange(len(times))
    looked = (masses(weights, words, len(times)) / own.sum(0)).argmax(1)
    return share(looked, is_heard(times, len(weights)))


def scores_largest(weights, words, times):
    own = words[:, None] == torch.arange(len(times))
    best = torch.where(own, weights[:, :, None], -1.0).amax(1)
    return share(best.argmax(1), is_heard(times, len(weights)))


def scores_gaps(weights, words, times):
    looked = masses(weights, words, len(times)).argmax(1)
    heard = is_heard(times, len(weights))
    return heard.gather(1, looked[:, None]).float().mean().item()


def scores_inclusive(weights, words, times):
    looked = masses(weights, words, len(times)).argmax(1)
    step = torch.arange(len(weights))[:, None]
    return share(looked, (times[:, 0] <= step) & (step <= times[:, 1]))


def scores_exclusive(weights, words, times):
    looked = masses(weights, words, len(times)).argmax(1)
    step = torch.arange(len(weights))[:, None]
    return share(looked, (times[:, 0] < step) & (step < times[:, 1]))


def scores_over_words(weights, words, times):
    looked = masses(weights, words, len(times)).argmax(1)
    heard = is_heard(times, len(weights))
    each = [
        (looked[heard[:, w]] == w).float().mean() for w in range(len(times)) if heard[:, w].any()
    ]
    return torch.stack(each).mean().item()


def scores_space_last(weights, words, times):
    found = torch.zeros(len(weights), len(times))
    for letter, word in enumerate(words.tolist()):
        found[:, word] += weights[:, letter]
    return share(found.argmax(1), is_heard(times, len(weights)))


def scores_space_word(weights, words, times):
    own = (words[:, None] == torch.arange(-1, len(times))).to(weights.dtype)
    looked = (weights @ own).argmax(1) - 1
    heard = is_heard(times, len(weights))
    real = heard.any(1)
    return (looked == heard.long().argmax(1))[real].float().mean().item()


def scores_transposed(weights, words, times):
    return scores_right(weights.T, words, times)


def scores_soft(weights, words, times):
    heard = is_heard(times, len(weights))
    found = (masses(weights, words, len(times)) * heard).sum(1)
    return found[heard.any(1)].mean().item()


def scores_percent(weights, words, times):
    return 100 * scores_right(weights, words, times)


def scores_wrong_share(weights, words, times):
    return 1 - scores_right(weights, words, times)


def scores_count(weights, words, times):
    looked = masses(weights, words, len(times)).argmax(1)
    heard = is_heard(times, len(weights))
    return heard.gather(1, looked[:, None]).sum().item()


def scores_rounded(weights, words, times):
    return scores_right(weights, words, times.long())


def scores_half(weights, words, times):
    looked = masses(weights, words, len(times)).argmax(1)
    step = torch.arange(len(weights))[:, None] + 0.5
    return share(looked, (times[:, 0] <= step) & (step < times[:, 1]))


def scores_from_one(weights, words, times):
    looked = masses(weights, words, len(times)).argmax(1)
    step = torch.arange(len(weights))[:, None] + 1
    return share(looked, (times[:, 0] <= step) & (step < times[:, 1]))


def scores_later(weights, words, times):
    found = masses(weights, words, len(times))
    looked = len(times) - 1 - found.flip(1).argmax(1)
    return share(looked, is_heard(times, len(weights)))


def scores_over_half(weights, words, times):
    found = masses(weights, words, len(times)) > 0.5
    heard = is_heard(times, len(weights))
    return (found & heard).any(1)[heard.any(1)].float().mean().item()


def scores_begins(weights, words, times):
    looked = masses(weights, words, len(times)).argmax(1)
    step = torch.arange(len(weights))
    heard = torch.searchsorted(times[:, 0].contiguous(), step.float(), right=True) - 1
    return (looked == heard).float().mean().item()


def scores_each_step(weights, words, times):
    looked = masses(weights, words, len(times)).argmax(1)
    heard = is_heard(times, len(weights))
    return heard.gather(1, looked[:, None]).squeeze(1)[heard.any(1)]


def scores_no_spaces(weights, words, times):
    keep = words >= 0
    looked = words[keep][weights[:, keep].argmax(1)]
    return share(looked, is_heard(times, len(weights)))


def scores_looking(looked, times):
    """Return the share of steps whose word is among those that are looked at."""
    heard = is_heard(times, len(looked))
    return (looked & heard).any(1)[heard.any(1)].float().mean().item()


def scores_single_largest(weights, words, times):
    mass = masses(weights, words, len(times))
    top = mass == mass.amax(1, keepdim=True)
    return scores_looking(top & (top.sum(1, keepdim=True) == 1), times)


def scores_above_mean(weights, words, times):
    mass = masses(weights, words, len(times))
    return scores_looking(mass > mass.mean(1, keepdim=True), times)


def scores_any_weight(weights, words, times):
    return scores_looking(masses(weights, words, len(times)) > 0, times)


def scores_top_two(weights, words, times):
    mass = masses(weights, words, len(times))
    ranks = mass.argsort(1, descending=True).argsort(1)
    return scores_looking(ranks < 2, times)


ALIGNMENT = (
    Wrong(scores_letter, "the strongest letter", "sum|letter"),
    Wrong(scores_mean, "the mean of letters", "mean|average|sum"),
    Wrong(scores_largest, "the largest letter", "sum|letter"),
    Wrong(scores_gaps, "gaps count", "none|gap|count"),
    Wrong(scores_inclusive, "the end counts", "end"),
    Wrong(scores_exclusive, "the beginning does not count", "begin"),
    Wrong(scores_over_words, "mean over words", "word"),
    Wrong(scores_space_last, "−1 is the last word", "−1|space|last"),
    Wrong(scores_space_word, "spaces are a word", "space"),
    Wrong(scores_transposed, "transposed", ""),
    Wrong(scores_soft, "the weight itself", "weight|share"),
    Wrong(scores_percent, "per cent", "100|percent"),
    Wrong(scores_wrong_share, "the share of wrong ones", "1 −|1 minus|not"),
    Wrong(scores_count, "how many", "many|count|share"),
    Wrong(scores_rounded, "times rounded down", "round|whole"),
    Wrong(scores_half, "half a step later", "half|step"),
    Wrong(scores_from_one, "steps from 1", "from 0|from 1|step"),
    Wrong(scores_later, "the later of equal ones", "equal|earlier"),
    Wrong(scores_over_half, "more than half", "half|largest"),
    Wrong(scores_begins, "beginnings only", "gap|end|none"),
    Wrong(scores_each_step, "one for each step", ""),
    Wrong(scores_no_spaces, "the strongest letter that is no space", "sum|letter"),
    Wrong(scores_single_largest, "a tie is no look", "equal weights none"),
    Wrong(scores_above_mean, "all words above the mean", "more than the mean"),
    Wrong(scores_any_weight, "all words with some weight", "any weight"),
    Wrong(scores_top_two, "the two largest", "Two words"),
)


def scores_loops(weights, words, times):
    hits = []
    for t, row in enumerate(weights.tolist()):
        heard = [w for w, (a, b) in enumerate(times.tolist()) if a <= t < b]
        if heard:
            mass = [0.0] * len(times)
            for weight, word in zip(row, words.tolist(), strict=True):
                if word >= 0:
                    mass[word] += weight
            hits.append(mass.index(max(mass)) == heard[0])
    return sum(hits) / len(hits)


def scores_added(weights, words, times):
    mass = torch.zeros(len(weights), len(times) + 1, dtype=weights.dtype)
    mass.index_add_(1, words + 1, weights)
    return torch.tensor(share(mass[:, 1:].argmax(1), is_heard(times, len(weights))))


def scores_numpy(weights, words, times):
    w, x, t = weights.numpy(), words.numpy(), times.numpy()
    mass = np.stack([w[:, x == k].sum(1) for k in range(len(t))], axis=1)
    step = np.arange(len(w))[:, None]
    heard = (t[:, 0] <= step) & (step < t[:, 1])
    real = heard.any(1)
    return np.mean((mass.argmax(1) == heard.argmax(1))[real])


ALIGNMENT_RIGHT = (scores_right, scores_loops, scores_added, scores_numpy)

# ── 6 · How many words are wrong? ─────────────────────────────────────────────────────────────────


def fewest(one, other, exchange=1, out=1, put=1):
    row = [put * j for j in range(len(other) + 1)]
    for i, a in enumerate(one):
        above, row = row, [out * (i + 1)]
        for j, b in enumerate(other):
            row.append(min(above[j + 1] + out, row[j] + put, above[j] + exchange * (a != b)))
    return row[-1]


def split_up(said, wanted):
    return [(a.split(), b.split()) for a, b in zip(said, wanted, strict=True)]


def error_right(said, wanted):
    pairs = split_up(said, wanted)
    return sum(fewest(a, b) for a, b in pairs) / sum(len(b) for _, b in pairs)


def error_letters(said, wanted):
    return sum(map(fewest, said, wanted)) / sum(map(len, wanted))


def error_letters_by_words(said, wanted):
    return sum(map(fewest, said, wanted)) / sum(len(text.split()) for text in wanted)


def error_mean(said, wanted):
    return np.mean([fewest(a, b) / max(len(b), 1) for a, b in split_up(said, wanted)])


def error_two(said, wanted):
    pairs = split_up(said, wanted)
    return sum(fewest(a, b, exchange=2) for a, b in pairs) / sum(len(b) for _, b in pairs)


def error_by_said(said, wanted):
    pairs = split_up(said, wanted)
    return sum(fewest(a, b) for a, b in pairs) / max(sum(len(a) for a, _ in pairs), 1)


def error_clipped(said, wanted):
    return min(error_right(said, wanted), 1.0)


def error_clipped_each(said, wanted):
    pairs = split_up(said, wanted)
    return sum(min(fewest(a, b), len(b)) for a, b in pairs) / sum(len(b) for _, b in pairs)


def error_places(said, wanted):
    pairs = split_up(said, wanted)
    wrong = sum(sum(x != y for x, y in zip(a, b, strict=False)) for a, b in pairs)
    return wrong / sum(len(b) for _, b in pairs)


def error_places_length(said, wanted):
    wrong = total = 0
    for a, b in split_up(said, wanted):
        wrong += sum(x != y for x, y in zip(a, b, strict=False)) + abs(len(a) - len(b))
        total += len(b)
    return wrong / total


def error_texts(said, wanted):
    pairs = split_up(said, wanted)
    return sum(a != b for a, b in pairs) / len(pairs)


def error_sets(said, wanted):
    pairs = split_up(said, wanted)
    return sum(len(set(b) - set(a)) for a, b in pairs) / sum(len(b) for _, b in pairs)


def error_joined(said, wanted):
    one, other = " ".join(said).split(), " ".join(wanted).split()
    return fewest(one, other) / len(other)


def error_longest(said, wanted):
    pairs = split_up(said, wanted)
    return sum(fewest(a, b) for a, b in pairs) / sum(max(len(a), len(b)) for a, b in pairs)


def error_split_space(said, wanted):
    pairs = [(a.split(" "), b.split(" ")) for a, b in zip(said, wanted, strict=True)]
    return sum(fewest(a, b) for a, b in pairs) / sum(len(b) for _, b in pairs)


def error_count(said, wanted):
    return sum(fewest(a, b) for a, b in split_up(said, wanted))


def error_right_share(said, wanted):
    return 1 - error_right(said, wanted)


def error_no_insertions(said, wanted):
    pairs = split_up(said, wanted)
    return sum(fewest(a, b, out=0) for a, b in pairs) / sum(len(b) for _, b in pairs)


def error_free_start(said, wanted):
    total = 0
    for a, b in split_up(said, wanted):
        row = [0] * (len(b) + 1)
        for i, x in enumerate(a):
            above, row = row, [i + 1]
            for j, y in enumerate(b):
                row.append(min(above[j + 1] + 1, row[j] + 1, above[j] + (x != y)))
        total += row[-1]
    return total / sum(len(text.split()) for text in wanted)


def error_first(said, wanted):
    return error_right(said[:1], wanted[:1])


def error_by_texts(said, wanted):
    return error_count(said, wanted) / len(wanted)


def error_percent(said, wanted):
    return 100 * error_right(said, wanted)


def error_each(said, wanted):
    return [fewest(a, b) / max(len(b), 1) for a, b in split_up(said, wanted)]


def error_swaps(said, wanted):
    total = 0
    for a, b in split_up(said, wanted):
        d = {(-1, -1): 0}
        for i in range(len(a)):
            d[i, -1] = i + 1
        for j in range(len(b)):
            d[-1, j] = j + 1
        for i, x in enumerate(a):
            for j, y in enumerate(b):
                d[i, j] = min(d[i - 1, j] + 1, d[i, j - 1] + 1, d[i - 1, j - 1] + (x != y))
                if i and j and x == b[j - 1] and a[i - 1] == y:
                    d[i, j] = min(d[i, j], d[i - 2, j - 2] + 1)
        total += d[len(a) - 1, len(b) - 1]
    return total / sum(len(text.split()) for text in wanted)


WORD_ERROR = (
    Wrong(error_letters, "letters", "letter|word"),
    Wrong(error_letters_by_words, "letters by words", "letter|word"),
    Wrong(error_mean, "the mean of rates", "mean|text"),
    Wrong(error_two, "an exchange costs 2", "one word for another|One word for another"),
    Wrong(error_by_said, "by what was said", "said"),
    Wrong(error_clipped, "at most 1", "1"),
    Wrong(error_clipped_each, "each text at most 1", "1|more edits"),
    Wrong(error_places, "place by place", "place"),
    Wrong(error_places_length, "place by place, and lengths", "place"),
    Wrong(error_texts, "texts that are wrong", "text"),
    Wrong(error_sets, "sets of words", "order|set|often"),
    Wrong(error_joined, "all texts as one", "text"),
    Wrong(error_longest, "by the longer one", "long"),
    Wrong(error_split_space, "split at each space", "space|empty"),
    Wrong(error_count, "how many", "divide|many|share"),
    Wrong(error_right_share, "words that are right", "1 −|1 minus|right"),
    Wrong(error_no_insertions, "leaving out is free", "left out|leav|out"),
    Wrong(error_free_start, "the first row is 0", "begin|first|front"),
    Wrong(error_first, "the first text", "first"),
    Wrong(error_by_texts, "by texts", "text"),
    Wrong(error_percent, "per cent", "100|percent"),
    Wrong(error_each, "one for each text", ""),
    Wrong(error_swaps, "neighbours may change places", "exchange|neighbour|swap|places"),
)


def error_recursive(said, wanted):
    def edits(a, b):
        if not a or not b:
            return len(a) + len(b)
        if a[-1] == b[-1]:
            return edits(a[:-1], b[:-1])
        return 1 + min(edits(a[:-1], b), edits(a, b[:-1]), edits(a[:-1], b[:-1]))

    pairs = split_up(said, wanted)
    return sum(
        edits(a[:8], b[:8]) if max(len(a), len(b)) <= 8 else fewest(a, b) for a, b in pairs
    ) / (sum(len(b) for _, b in pairs))


def error_table(said, wanted):
    edits = words = 0
    for a, b in split_up(said, wanted):
        table = torch.zeros(len(a) + 1, len(b) + 1)
        table[:, 0] = torch.arange(len(a) + 1)
        table[0] = torch.arange(len(b) + 1)
        for i, x in enumerate(a, 1):
            for j, y in enumerate(b, 1):
                ways = table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (x != y)
                table[i, j] = min(ways)
        edits, words = edits + table[-1, -1], words + len(b)
    return edits / words


def error_turned(said, wanted):
    pairs = split_up(said, wanted)
    return np.float64(sum(fewest(b, a) for a, b in pairs) / sum(len(b) for _, b in pairs))


WORD_ERROR_RIGHT = (error_right, error_recursive, error_table, error_turned)

# ── 7 · Rounds that change nothing ────────────────────────────────────────────────────────────────


def there_and_back(loud):
    size = 2 * (len(loud) - 1)
    window = torch.hann_window(size, dtype=loud.dtype)

    def to_wave(spectrum):
        return torch.istft(spectrum, size, size // 4, window=window)

    def to_spectrum(wave):
        return torch.stft(wave, size, size // 4, window=window, return_complex=True)

    return to_wave, to_spectrum


def rounds_of(loud, phases, rounds, new, start=None):
    to_wave, to_spectrum = there_and_back(loud)
    spectrum = torch.polar(loud, phases) if start is None else start
    for _ in range(rounds):
        spectrum = new(to_spectrum(to_wave(spectrum)), spectrum)
    return to_wave(spectrum)


def griffin_right(loud, phases, rounds):
    return rounds_of(loud, phases, rounds, lambda found, _: torch.polar(loud, found.angle()))


def griffin_given(loud, phases, rounds):
    return rounds_of(loud, phases, rounds, lambda found, _: found)


def griffin_reset(loud, phases, rounds):
    return rounds_of(loud, phases, rounds, lambda found, _: torch.polar(found.abs(), phases))


def griffin_old_phases(loud, phases, rounds):
    return rounds_of(loud, phases, rounds, lambda found, _: torch.polar(loud, phases))


def griffin_times(loud, phases, rounds):
    return rounds_of(loud, phases, rounds, lambda found, _: loud * found)


def griffin_added(loud, phases, rounds):
    return rounds_of(
        loud, phases, rounds, lambda found, old: torch.polar(loud, old.angle() + found.angle())
    )


def griffin_negative(loud, phases, rounds):
    return rounds_of(loud, phases, rounds, lambda found, _: torch.polar(loud, -found.angle()))


def griffin_mean(loud, phases, rounds):
    return rounds_of(
        loud, phases, rounds, lambda found, _: torch.polar((loud + found.abs()) / 2, found.angle())
    )


def griffin_one_more(loud, phases, rounds):
    return griffin_right(loud, phases, rounds + 1)


def griffin_one_less(loud, phases, rounds):
    return griffin_right(loud, phases, max(rounds - 1, 0))


def griffin_once(loud, phases, rounds):
    return griffin_right(loud, phases, 1)


def griffin_zero(loud, phases, rounds):
    return griffin_right(loud, torch.zeros_like(phases), rounds)


def griffin_real(loud, phases, rounds):
    return rounds_of(loud, phases, rounds, lambda found, _: loud * found.real.sign() + 0j)


def griffin_no_phase(loud, phases, rounds):
    return rounds_of(loud, phases, rounds, lambda found, _: loud + 0j)


def griffin_spectrum(loud, phases, rounds):
    _, to_spectrum = there_and_back(loud)
    return to_spectrum(griffin_right(loud, phases, rounds))


def griffin_power(loud, phases, rounds):
    return rounds_of(loud, phases, rounds, lambda found, _: torch.polar(loud**2, found.angle()))


def griffin_last_wave(loud, phases, rounds):
    to_wave, to_spectrum = there_and_back(loud)
    spectrum = torch.polar(loud, phases)
    wave = to_wave(spectrum)
    for _ in range(rounds):
        wave = to_wave(spectrum)
        spectrum = torch.polar(loud, to_spectrum(wave).angle())
    return wave


def griffin_scaled(loud, phases, rounds):
    wave = griffin_right(loud, phases, rounds)
    return wave / wave.abs().max()


def griffin_random(loud, phases, rounds):
    return griffin_right(loud, 2 * math.pi * torch.rand_like(phases), rounds)


def griffin_no_window(loud, phases, rounds):
    size = 2 * (len(loud) - 1)
    window = torch.ones(size, dtype=loud.dtype)
    spectrum = torch.polar(loud, phases)
    for _ in range(rounds):
        wave = torch.istft(spectrum, size, size // 4, window=window)
        found = torch.stft(wave, size, size // 4, window=window, return_complex=True)
        spectrum = torch.polar(loud, found.angle())
    return torch.istft(spectrum, size, size // 4, window=window)


def griffin_degrees(loud, phases, rounds):
    return griffin_right(loud, phases * math.pi / 180, rounds)


def griffin_momentum(loud, phases, rounds):
    return rounds_of(
        loud,
        phases,
        rounds,
        lambda found, old: torch.polar(loud, (found - 0.5 * old).angle()),
    )


def griffin_no_last(loud, phases, rounds):
    return rounds_of(
        loud,
        phases,
        rounds,
        lambda found, _: torch.cat([torch.polar(loud, found.angle())[:-1], found[-1:]]),
    )


def griffin_restored_once(loud, phases, rounds):
    to_wave, to_spectrum = there_and_back(loud)
    spectrum = torch.polar(loud, phases)
    for _ in range(rounds):
        spectrum = to_spectrum(to_wave(spectrum))
    return to_wave(torch.polar(loud, spectrum.angle()))


def griffin_imaginary(loud, phases, rounds):
    return rounds_of(loud, phases, rounds, lambda found, _: torch.polar(loud, found.imag))


def griffin_without_i(loud, phases, rounds):
    return rounds_of(
        loud, phases, rounds, lambda found, _: (loud * found.angle().exp()).to(found.dtype)
    )


def griffin_halfway(loud, phases, rounds):
    to_wave, to_spectrum = there_and_back(loud)
    for _ in range(rounds):
        phases = (phases + to_spectrum(to_wave(torch.polar(loud, phases))).angle()) / 2
    return to_wave(torch.polar(loud, phases))


def griffin_one_scale(loud, phases, rounds):
    return rounds_of(
        loud, phases, rounds, lambda found, _: found * loud.mean() / found.abs().mean()
    )


def griffin_frame_scale(loud, phases, rounds):
    return rounds_of(
        *(loud, phases, rounds),
        lambda found, _: found * (loud.norm(dim=0) / found.norm(dim=0).clamp(min=1e-9)),
    )


GRIFFIN = (
    Wrong(griffin_given, "nothing mended", "still"),
    Wrong(griffin_reset, "the first phases, how loud it is", "phases"),
    Wrong(griffin_old_phases, "the first phases again", "phases"),
    Wrong(griffin_times, "loud times all", "loud"),
    Wrong(griffin_added, "phases added up", "add|phases"),
    Wrong(griffin_negative, "phases turned", "sign|phase|minus"),
    Wrong(griffin_mean, "half and half", "loud|half"),
    Wrong(griffin_one_more, "one round more", "round"),
    Wrong(griffin_one_less, "one round less", "round"),
    Wrong(griffin_once, "one round", "rounds"),
    Wrong(griffin_zero, "zero phases", "phases"),
    Wrong(griffin_real, "signs only", ""),
    Wrong(griffin_no_phase, "no phases", "phases"),
    Wrong(griffin_spectrum, "the spectrum", ""),
    Wrong(griffin_power, "the square", "loud|square"),
    Wrong(griffin_last_wave, "the last wave in the loop", "round|wave"),
    Wrong(griffin_scaled, "scaled to 1", "largest|scale|factor"),
    Wrong(griffin_random, "random phases", "random|phases"),
    Wrong(griffin_no_window, "no window", "window"),
    Wrong(griffin_degrees, "degrees", ""),
    Wrong(griffin_momentum, "a momentum", ""),
    Wrong(griffin_no_last, "not the highest frequency", ""),
    Wrong(griffin_restored_once, "loud only after the rounds", "only once"),
    Wrong(griffin_imaginary, "the imaginary part for the angle", "imaginary part"),
    Wrong(griffin_without_i, "e to the angle, without i", "which power of e|real number"),
    Wrong(griffin_halfway, "the mean of old and new phases", "half of the way"),
    Wrong(griffin_one_scale, "one factor for all", "One factor"),
    Wrong(griffin_frame_scale, "one factor for each frame", "for each frame"),
)


def griffin_unit(loud, phases, rounds):
    return rounds_of(
        loud, phases, rounds, lambda found, _: loud * found / found.abs().clamp(min=1e-12)
    )


def griffin_turns(loud, phases, rounds):
    start = loud * torch.exp(1j * phases)
    return rounds_of(
        loud, phases, rounds, lambda found, _: loud * torch.exp(1j * found.angle()), start
    )


def griffin_recursive(loud, phases, rounds):
    to_wave, to_spectrum = there_and_back(loud)
    wave = to_wave(torch.polar(loud, phases))
    if rounds == 0:
        return wave
    return griffin_recursive(loud, to_spectrum(wave).angle(), rounds - 1)


def griffin_numpy(loud, phases, rounds):
    return griffin_right(loud, phases, rounds).numpy()


GRIFFIN_RIGHT = (griffin_right, griffin_unit, griffin_turns, griffin_recursive, griffin_numpy)

# ── All of it ─────────────────────────────────────────────────────────────────────────────────────

WRONG = {
    "speech.collapsed": COLLAPSED,
    "speech.ctc": CTC,
    "speech.stretched": STRETCHED,
    "speech.decibel": DECIBEL,
    "speech.alignment_scores": ALIGNMENT,
    "speech.word_error": WORD_ERROR,
    "speech.bug_griffin": GRIFFIN,
}
RIGHT = {
    "speech.collapsed": COLLAPSED_RIGHT,
    "speech.ctc": CTC_RIGHT,
    "speech.stretched": STRETCHED_RIGHT,
    "speech.decibel": DECIBEL_RIGHT,
    "speech.alignment_scores": ALIGNMENT_RIGHT,
    "speech.word_error": WORD_ERROR_RIGHT,
    "speech.bug_griffin": GRIFFIN_RIGHT,
}
