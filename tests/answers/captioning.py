"""Right answers to the exercises of lesson 14, captioning."""

import math
from collections import Counter
from fractions import Fraction

import torch
import torch.nn.functional as F

from mmtutor.checks.captioning import width


def shifted_by_slices(captions, padding):
    inputs, targets = captions[:, :-1], captions[:, 1:]
    return inputs, targets.masked_fill(targets == padding, -100)


def shifted_by_where(captions, padding):
    later = captions.roll(-1, dims=1)[:, :-1]
    return captions[:, :-1].clone(), torch.where(later != padding, later, -100)


def shifted_word_by_word(captions, padding):
    inputs, targets = [], []
    for row in captions.tolist():
        inputs.append(row[:-1])
        targets.append([word if word != padding else -100 for word in row[1:]])
    return torch.tensor(inputs), torch.tensor(targets)


def prefix_mask_by_tril(patches, real):
    total = patches + real.shape[1]
    may = torch.ones(total, total).tril().bool()
    may[:patches, :patches] = True
    front = torch.ones(len(real), patches, dtype=torch.bool)
    return may & torch.cat([front, real], dim=1)[:, None]


def prefix_mask_by_places(patches, real):
    places = torch.arange(patches + real.shape[1])
    row, column = places[:, None], places[None]
    may = (column < patches) | ((row >= patches) & (column <= row))
    return may & F.pad(real, (patches, 0), value=True).unsqueeze(1)


def prefix_mask_in_loops(patches, real):
    captions, words = real.shape
    total = patches + words
    mask = torch.zeros(captions, total, total, dtype=torch.bool)
    for caption in range(captions):
        for row in range(total):
            for column in range(total):
                if column < patches:
                    mask[caption, row, column] = True
                elif column <= row:
                    mask[caption, row, column] = real[caption, column - patches]
    return mask


def grams(words, size):
    return Counter(tuple(words[i : i + size]) for i in range(len(words) - size + 1))


def clipped_by_counters(candidate, references, size):
    most = Counter()
    for reference in references:
        most |= grams(reference, size)
    mine = grams(candidate, size)
    return (mine & most).total(), mine.total()


def clipped_gram_by_gram(candidate, references, size):
    def pieces(words):
        return [words[start : start + size] for start in range(len(words) - size + 1)]

    mine, done, hits = pieces(candidate), [], 0
    for piece in mine:
        if piece not in done:
            done.append(piece)
            known = max(pieces(reference).count(piece) for reference in references)
            hits += min(mine.count(piece), known)
    return hits, len(mine)


def clipped_by_text(candidate, references, size):
    def pieces(words):
        shifted = [words[offset:] for offset in range(size)]
        return list(map(" ".join, zip(*shifted, strict=False)))

    left = [pieces(reference) for reference in references]
    hits = 0
    for piece in pieces(candidate):
        if any(piece in theirs for theirs in left):
            hits += 1
        for theirs in left:
            if piece in theirs:
                theirs.remove(piece)
    return hits, len(pieces(candidate))


def bleu_by_sums(hits, totals, reference_lengths):
    shares = hits.sum(0) / totals.sum(0).clamp(min=1)
    lengths = totals[:, 0].tolist()
    rows = reference_lengths.tolist()
    r = sum(min(row, key=lambda n: (abs(n - c), n)) for c, row in zip(lengths, rows, strict=True))
    penalty = min(1.0, math.exp(1 - r / sum(lengths)))
    return penalty * shares.prod() ** (1 / len(shares))


def bleu_by_logarithms(hits, totals, reference_lengths):
    found, of = hits.double().sum(0), totals.double().sum(0)
    if (found == 0).any():
        return 0.0
    words = totals[:, :1]
    ordered = reference_lengths.sort(dim=1).values
    closest = ordered.gather(1, (ordered - words).abs().argmin(dim=1, keepdim=True)).sum()
    c = words.sum()
    shorter = 1 - closest / c if c < closest else torch.zeros(())
    return torch.exp(shorter + (found / of).log().mean())


def bleu_caption_by_caption(hits, totals, reference_lengths):
    orders = hits.shape[1]
    found, of, c, r = [0] * orders, [0] * orders, 0, 0
    for mine, out_of, lengths in zip(
        hits.tolist(), totals.tolist(), reference_lengths.tolist(), strict=True
    ):
        found = [a + b for a, b in zip(found, mine, strict=True)]
        of = [a + b for a, b in zip(of, out_of, strict=True)]
        c += out_of[0]
        r += sorted(lengths, key=lambda n: (abs(n - out_of[0]), n))[0]
    result = 1.0
    for a, b in zip(found, of, strict=True):
        result *= (a / b) ** (1 / orders) if a else 0.0
    return result if c >= r else result * math.exp(1 - r / c)


def hallucinated_by_sets(captions, present, names):
    objects = dict(names)
    bad_captions = bad = said = 0
    for caption, there in zip(captions, present, strict=True):
        mine = {objects[word] for word in caption if word in objects}
        absent = mine - set(there)
        bad_captions += len(absent) > 0
        bad += len(absent)
        said += len(mine)
    return bad_captions / len(captions), bad / max(said, 1)


def hallucinated_by_lists(captions, present, names):
    answers = []
    for caption, there in zip(captions, present, strict=True):
        mine = []
        for word, thing in names:
            if word in caption and thing not in mine:
                mine.append(thing)
        answers.append([thing in there for thing in mine])
    every = [true for answer in answers for true in answer]
    of_captions = sum(not all(answer) for answer in answers) / len(answers)
    return of_captions, every.count(False) / len(every) if every else 0.0


def hallucinated_by_tensors(captions, present, names):
    things = sorted({thing for _, thing in names})
    lookup = {word: things.index(thing) for word, thing in names}
    said = torch.zeros(len(captions), len(things), dtype=torch.bool)
    there = torch.zeros_like(said)
    for row, (caption, objects) in enumerate(zip(captions, present, strict=True)):
        for word in caption:
            if word in lookup:
                said[row, lookup[word]] = True
        for thing in objects:
            there[row, things.index(thing)] = True
    absent = said & ~there
    share = absent.sum() / said.sum().clamp(min=1)
    return absent.any(1).double().mean(), share


def beam_step_by_topk(scores, finished, log_probs, end, width):
    steps = log_probs.clone()
    steps[finished] = -torch.inf
    steps[finished, end] = 0.0
    best, places = (scores[:, None] + steps).flatten().topk(width)
    return best, places // steps.shape[1], places % steps.shape[1]


def beam_step_by_sorting(scores, finished, log_probs, end, width):
    candidates = []
    for beam, (score, over) in enumerate(zip(scores.tolist(), finished.tolist(), strict=True)):
        if over:
            candidates.append((score, beam, end))
            continue
        for word, step in enumerate(log_probs[beam].tolist()):
            candidates.append((score + step, beam, word))
    candidates.sort(reverse=True)
    best, parents, words = zip(*candidates[:width], strict=True)
    return torch.tensor(best), torch.tensor(parents), torch.tensor(words)


def beam_step_by_index(scores, finished, log_probs, end, width):
    stays = torch.full_like(log_probs, -1e9).index_fill(1, torch.tensor([end]), 0.0)
    totals = scores.unsqueeze(1) + torch.where(finished.unsqueeze(1), stays, log_probs)
    order = totals.reshape(-1).argsort(descending=True)[:width]
    parents, words = torch.unravel_index(order, totals.shape)
    return totals[parents, words], parents, words


def beam_search_mended(table, width, most):
    beams = torch.zeros(width, 1, dtype=torch.long)
    scores = torch.full((width,), -torch.inf)
    scores[0] = 0.0
    finished = torch.zeros(width, dtype=torch.bool)
    for _ in range(most):
        steps = table[beams[:, -1]]
        steps[finished] = -torch.inf
        steps[finished, 0] = 0.0
        scores, places = (scores[:, None] + steps).flatten().topk(width)
        parents, words = places // len(table), places % len(table)
        beams = torch.cat([beams[parents], words[:, None]], dim=1)
        finished = finished[parents] | (words == 0)
    return beams[0, 1:], scores[0]


def beam_search_of_lists(table, width, most):
    beams = [(0.0, [0])]
    for _ in range(most):
        longer = []
        for score, said in beams:
            if len(said) > 1 and said[-1] == 0:
                longer.append((score, [*said, 0]))
                continue
            for word, step in enumerate(table[said[-1]].tolist()):
                longer.append((score + step, [*said, word]))
        beams = sorted(longer, reverse=True)[:width]
    score, said = beams[0]
    return torch.tensor(said[1:]), torch.tensor(score)


def beam_search_until_the_best_has_ended(table, width, most):
    beams = [(0.0, [0])]
    while len(beams[0][1]) <= most:
        over = [beam for beam in beams if beam[1][1:] and beam[1][-1] == 0]
        going = [beam for beam in beams if beam not in over]
        if beams[0] in over:
            break
        longer = [
            (score + table[said[-1], word].item(), [*said, word])
            for score, said in going
            for word in range(len(table))
        ]
        over = [(score, [*said, 0]) for score, said in over]
        beams = sorted(over + longer, reverse=True)[:width]
    score, said = beams[0]
    return torch.tensor((said[1:] + [0] * most)[:most]), score


MATCHES = 6
PRECISION, RECALL = Fraction(MATCHES, 7), Fraction(MATCHES, 8)
MEAN = 10 * PRECISION * RECALL / (RECALL + 9 * PRECISION)
PENALTY = Fraction(1, 2) * Fraction(2, MATCHES) ** 3

RIGHT = {
    "captioning.shifted": [shifted_by_slices, shifted_by_where, shifted_word_by_word],
    "captioning.prefix_mask": [prefix_mask_by_tril, prefix_mask_by_places, prefix_mask_in_loops],
    "captioning.clipped": [clipped_by_counters, clipped_gram_by_gram, clipped_by_text],
    "captioning.bleu": [bleu_by_sums, bleu_by_logarithms, bleu_caption_by_caption],
    "captioning.hallucinated": [
        hallucinated_by_sets,
        hallucinated_by_lists,
        hallucinated_by_tensors,
    ],
    "captioning.bug_beam": [
        beam_search_mended,
        beam_search_of_lists,
        beam_search_until_the_best_has_ended,
    ],
    "captioning.width": [
        [width.beam(1)[1], width.beam(2)[1], 4, 5],
        [0.0606, 0.126, 4, 5],
        torch.tensor([0.53 * 0.4 * 0.55 * 0.52, 0.3 * 0.7 * 0.6, 4, 5]),
    ],
    "captioning.chunks": [
        [2, MEAN, PENALTY, MEAN * (1 - PENALTY)],
        [2, 0.759, 0.0185, 0.745],
        torch.tensor([2, 0.75949, 0.018519, 0.74543]),
    ],
    "captioning.beam": [beam_step_by_topk, beam_step_by_sorting, beam_step_by_index],
}
