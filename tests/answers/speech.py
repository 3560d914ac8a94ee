"""Right answers to the exercises of lesson 17, speech."""

import math
from functools import cache
from itertools import groupby

import numpy as np
import torch
import torch.nn.functional as F


def collapsed_by_runs(frames, blank):
    runs = torch.unique_consecutive(frames)
    return runs[runs != blank]


def collapsed_by_mask(frames, blank):
    change = torch.ones(len(frames), dtype=torch.bool)
    change[1:] = frames[1:] != frames[:-1]
    return frames[change & (frames != blank)]


def collapsed_in_a_loop(frames, blank):
    before, found = None, []
    for one in frames.tolist():
        if one not in (before, blank):
            found.append(one)
        before = one
    return found


def collapsed_by_groups(frames, blank):
    return [letter for letter, _ in groupby(frames.tolist()) if letter != blank]


def ctc_by_rows(scores, labels, blank):
    states = torch.full((2 * len(labels) + 1,), blank)
    states[1::2] = labels
    skips = torch.zeros(len(states), dtype=torch.bool)
    skips[2:] = (states[2:] != blank) & (states[2:] != states[:-2])
    alpha = torch.full((len(states),), -torch.inf)
    alpha[:2] = scores[0, states[:2]]
    for row in scores[1:]:
        one = F.pad(alpha, (1, 0), value=-torch.inf)[:-1]
        two = F.pad(alpha, (2, 0), value=-torch.inf)[:-2].masked_fill(~skips, -torch.inf)
        alpha = torch.stack([alpha, one, two]).logsumexp(0) + row[states]
    return alpha[-2:].logsumexp(0)


def ctc_by_numpy(scores, labels, blank):
    text = [blank]
    for label in labels.tolist():
        text += [label, blank]
    alpha = np.full(len(text), -np.inf)
    alpha[:2] = [scores[0, one] for one in text[:2]]
    for t in range(1, len(scores)):
        old = alpha.copy()
        for s, one in enumerate(text):
            total = np.logaddexp(old[s], old[s - 1]) if s > 0 else old[s]
            if s > 1 and one != blank and one != text[s - 2]:
                total = np.logaddexp(total, old[s - 2])
            alpha[s] = total + float(scores[t, one])
    return alpha[-1] if len(text) == 1 else np.logaddexp(alpha[-1], alpha[-2])


def ctc_by_matrices(scores, labels, blank):
    count = 2 * len(labels) + 1
    states = torch.full((count,), blank)
    states[1::2] = labels
    moves = torch.eye(count) + torch.ones(count - 1).diag(1)
    for s in range(2, count):
        moves[s - 2, s] = float(states[s] != blank and states[s] != states[s - 2])
    alpha = torch.full((count,), -torch.inf, dtype=scores.dtype)
    alpha[0] = 0.0
    for row in scores:
        alpha = (alpha[:, None] + moves.log()).logsumexp(0) + row[states]
    return alpha[-2:].logsumexp(0)


def stretched_row_by_row(states, durations):
    rows = [row.repeat_interleave(lasts, 0) for row, lasts in zip(states, durations, strict=True)]
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)


def stretched_by_search(states, durations):
    ends = durations.cumsum(1)
    frame = torch.arange(int(ends[:, -1].max())).expand(len(ends), -1).contiguous()
    letter = torch.searchsorted(ends, frame, right=True).clamp(max=ends.shape[1] - 1)
    picked = states.gather(1, letter[:, :, None].expand(-1, -1, states.shape[2]))
    return picked * (frame < ends[:, -1:])[:, :, None]


def stretched_by_matrix(states, durations):
    ends = durations.cumsum(1)
    begins = ends - durations
    frame = torch.arange(int(ends.max()))[None, :, None]
    own = (begins[:, None] <= frame) & (frame < ends[:, None])
    return torch.einsum("bfl,blw->bfw", own.to(states.dtype), states)


def scores_by_product(weights, words, times):
    own = words[:, None] == torch.arange(len(times))
    looked = (weights @ own.to(weights.dtype)).argmax(1)
    step = torch.arange(len(weights))[:, None]
    heard = (times[:, 0] <= step) & (step < times[:, 1])
    hits = heard.gather(1, looked[:, None])
    return (hits.sum() / heard.sum()).item()


def scores_step_by_step(weights, words, times):
    hits, steps = 0, 0
    for t, row in enumerate(weights):
        mass = [row[words == w].sum().item() for w in range(len(times))]
        for w, (begin, end) in enumerate(times.tolist()):
            if begin <= t < end:
                steps += 1
                hits += mass.index(max(mass)) == w
    return hits / steps


def scores_by_adding(weights, words, times):
    mass = torch.zeros(len(weights), len(times), dtype=weights.dtype)
    real = words >= 0
    mass.index_add_(1, words[real], weights[:, real])
    own = torch.nn.functional.one_hot(mass.argmax(1), len(times)).bool()
    step = torch.arange(len(weights))[:, None]
    heard = (step >= times[:, 0]) & (step < times[:, 1])
    return (own & heard).sum() / heard.any(1).sum()


def error_by_rows(said, wanted):
    edits = words = 0
    for one, other in zip(said, wanted, strict=True):
        one, other = one.split(), other.split()
        row = list(range(len(other) + 1))
        for i, word in enumerate(one, start=1):
            above, row = row, [i]
            for j, target in enumerate(other, start=1):
                row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (word != target)))
        edits, words = edits + row[-1], words + len(other)
    return edits / words


def error_by_recursion(said, wanted):
    edits = words = 0
    for one, other in zip(map(str.split, said), map(str.split, wanted), strict=True):

        @cache
        def needed(i, j, one=one, other=other):
            if not i or not j:
                return i + j
            if one[i - 1] == other[j - 1]:
                return needed(i - 1, j - 1)
            return 1 + min(needed(i - 1, j), needed(i, j - 1), needed(i - 1, j - 1))

        edits, words = edits + needed(len(one), len(other)), words + len(other)
    return torch.tensor(edits / words)


def error_by_table(said, wanted):
    rates = []
    total = sum(len(text.split()) for text in wanted)
    for one, other in zip(said, wanted, strict=True):
        one, other = one.split(), other.split()
        d = np.add.outer(np.arange(len(one) + 1), np.arange(len(other) + 1))
        for i in range(len(one)):
            for j in range(len(other)):
                exchange = d[i, j] + (one[i] != other[j])
                d[i + 1, j + 1] = min(d[i, j + 1] + 1, d[i + 1, j] + 1, exchange)
        rates.append(d[-1, -1] / total)
    return sum(rates)


def griffin_by_angle(loud, phases, rounds):
    size = 2 * (len(loud) - 1)
    window = torch.hann_window(size, dtype=loud.dtype)
    for _ in range(rounds):
        wave = torch.istft(torch.polar(loud, phases), size, size // 4, window=window)
        phases = torch.stft(wave, size, size // 4, window=window, return_complex=True).angle()
    return torch.istft(torch.polar(loud, phases), size, size // 4, window=window)


def griffin_by_size(loud, phases, rounds):
    size = 2 * (len(loud) - 1)
    window = torch.hann_window(size, dtype=loud.dtype)
    spectrum = loud * torch.exp(1j * phases)
    for _ in range(rounds):
        wave = torch.istft(spectrum, size, size // 4, window=window)
        rebuilt = torch.stft(wave, size, size // 4, window=window, return_complex=True)
        spectrum = loud * rebuilt / (rebuilt.abs() + 1e-16)
    return torch.istft(spectrum, size, size // 4, window=window)


def griffin_by_waves(loud, phases, rounds):
    size = 2 * (len(loud) - 1)
    settings = {"n_fft": size, "hop_length": size // 4}
    settings["window"] = torch.hann_window(size, dtype=loud.dtype)
    wave = torch.istft(torch.complex(loud * phases.cos(), loud * phases.sin()), **settings)
    for _ in range(rounds):
        found = torch.stft(wave, return_complex=True, **settings)
        wave = torch.istft(loud * torch.sgn(found), **settings)
    return wave


RIGHT = {
    "speech.collapsed": [
        collapsed_by_runs,
        collapsed_by_mask,
        collapsed_in_a_loop,
        collapsed_by_groups,
    ],
    "speech.ctc": [ctc_by_rows, ctc_by_numpy, ctc_by_matrices],
    "speech.stretched": [stretched_row_by_row, stretched_by_search, stretched_by_matrix],
    "speech.decibel": [
        [-26.0206, 2.13796, -7.9588, 15.2003, 6.9897],
        (20 * math.log10(3 / 60), 10 ** (6.6 / 20), 20 * math.log10(0.4), 35 / math.log(10), 6.99),
        torch.tensor([-26.02, 2.14, -7.96, 15.2, 6.99]),
    ],
    "speech.alignment_scores": [scores_by_product, scores_step_by_step, scores_by_adding],
    "speech.word_error": [error_by_rows, error_by_recursion, error_by_table],
    "speech.bug_griffin": [griffin_by_angle, griffin_by_size, griffin_by_waves],
}
