"""Right answers to the exercises of lesson 16, video."""

import math

import numpy as np
import torch
import torch.nn.functional as F


def tubelets_by_axes(film, frames, patch):
    batch, time, channels, height, width = film.shape
    t, r, k = time // frames, height // patch, width // patch
    cut = film.reshape(batch, t, frames, channels, r, patch, k, patch)
    cut = cut.permute(0, 1, 4, 6, 2, 3, 5, 7)
    return cut.reshape(batch, t * r * k, frames * channels * patch * patch)


def tubelets_box_by_box(film, frames, patch):
    tokens = []
    for t in range(0, film.shape[1], frames):
        for r in range(0, film.shape[3], patch):
            for k in range(0, film.shape[4], patch):
                box = film[:, t : t + frames, :, r : r + patch, k : k + patch]
                tokens.append(box.flatten(1))
    return torch.stack(tokens, dim=1)


def tubelets_by_unfold(film, frames, patch):
    pieces = []
    for start in range(0, film.shape[1], frames):
        still = film[:, start : start + frames].flatten(1, 2)
        pieces.append(F.unfold(still, patch, stride=patch).mT)
    return torch.cat(pieces, dim=1)


def sampled_by_floor(total, count):
    return [math.floor((i + 0.5) * total / count) for i in range(count)]


def sampled_in_whole_numbers(total, count):
    return torch.tensor([(2 * i + 1) * total // (2 * count) for i in range(count)])


def sampled_by_arange(total, count):
    return ((torch.arange(count) + 0.5) * total / count).long()


def order_by_infinity(begins):
    late = begins.float().masked_fill(begins < 0, math.inf)
    return late[:, :, None] < late[:, None, :]


def order_by_cases(begins):
    happens = begins >= 0
    first, second = begins.unsqueeze(2), begins.unsqueeze(1)
    return happens.unsqueeze(2) & ((first < second) | ~happens.unsqueeze(1))


def order_in_loops(begins):
    films, events = begins.shape
    found = torch.zeros(films, events, events, dtype=torch.bool)
    for film, row in enumerate(begins.tolist()):
        for i, one in enumerate(row):
            for j, other in enumerate(row):
                found[film, i, j] = one != -1 and (other == -1 or one < other)
    return found


def delays_film_by_film(scores, odd, threshold):
    found = []
    for row, marks in zip(scores.tolist(), odd.tolist(), strict=True):
        if True not in marks:
            found.append(math.nan)
            continue
        begin = marks.index(True)
        later = [t for t, score in enumerate(row) if t >= begin and score > threshold]
        found.append(later[0] - begin if later else math.inf)
    return torch.tensor(found)


def delays_by_where(scores, odd, threshold):
    begin = odd.long().argmax(1, keepdim=True)
    wait = (torch.arange(odd.shape[1]) - begin).float()
    heard = (scores > threshold) & (wait >= 0)
    delay = torch.where(heard, wait, math.inf).amin(1)
    return torch.where(odd.any(1), delay, math.nan)


def delays_by_cumsum(scores, odd, threshold):
    after = odd.cumsum(1) > 0
    heard = (scores > threshold) & after
    silent = (after & (heard.cumsum(1) == 0)).sum(1).float()
    silent[~heard.any(1)] = math.inf
    silent[~odd.any(1)] = math.nan
    return silent


def alarms_without_a_scale(usual, scores, share):
    return scores > usual.flatten().quantile(1 - share)


def alarms_in_units_of_validation(usual, scores, share):
    low, high = usual.min(), usual.max()
    line = ((usual - low) / (high - low)).flatten().quantile(1 - share)
    return (scores - low) / (high - low) > line


def alarms_film_by_film(usual, scores, share):
    mean, spread = usual.mean(), usual.std()
    line = torch.quantile((usual - mean) / spread, 1 - share)
    return torch.stack([(film - mean) / spread > line for film in scores])


RIGHT = {
    "video.pairs": [
        [480, 480**2, 480 * (48 + 10), 480 * 48],
        [10 * 48, 230400, 10 * 48**2 + 48 * 10**2, 10 * 48**2],
        torch.tensor([480.0, 230400.0, 27840.0, 23040.0]),
    ],
    "video.tubelets": [tubelets_by_axes, tubelets_box_by_box, tubelets_by_unfold],
    "video.sampled": [sampled_by_floor, sampled_in_whole_numbers, sampled_by_arange],
    "video.backwards": [
        [7 - 3, 7 - 5, 7 - 5, 7 - 4 + 1, 2 - 8, 2, 1],
        np.array([4, 2, 2, 4, -6, 2, 1]),
        torch.tensor([4.0, 2.0, 2.0, 4.0, -6.0, 2.0, 1.0]),
    ],
    "video.order": [order_by_infinity, order_by_cases, order_in_loops],
    "video.delays": [delays_film_by_film, delays_by_where, delays_by_cumsum],
    "video.bug_scores": [
        alarms_without_a_scale,
        alarms_in_units_of_validation,
        alarms_film_by_film,
    ],
}
