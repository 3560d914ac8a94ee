"""Right answers to the exercises of lesson 19, evaluation."""

import math
import re
from collections import Counter

import numpy as np
import torch


def parsed_by_words(text, options):
    words = re.findall(r"[a-z0-9]+", text.lower())
    said = set()
    for before, word in zip(["", *words], words, strict=False):
        if word in options and before != "not":
            said.add(word)
    return options.index(said.pop()) if len(said) == 1 else -1


def parsed_by_search(text, options):
    plain = " ".join(re.split(r"[^a-z0-9]+", text.lower()))
    found = [
        number
        for number, option in enumerate(options)
        if re.search(rf"(?<!\bnot )\b{option}\b", plain)
    ]
    return found[0] if len(found) == 1 else -1


def parsed_by_letters(text, options):
    kept = [sign if sign.isascii() and sign.isalnum() else " " for sign in text.lower()]
    words = "".join(kept).split()
    last, found = "", -1
    for word in words:
        if word in options and last != "not":
            if found not in (-1, options.index(word)):
                return -1
            found = options.index(word)
        last = word
    return found


def f1_by_counts(truth, said, classes):
    hits, both = torch.zeros(classes), torch.zeros(classes)
    for right, answer in zip(truth.tolist(), said.tolist(), strict=True):
        both[right] += 1
        if answer >= 0:
            both[answer] += 1
            hits[answer] += answer == right
    each = torch.where(both > 0, 2 * hits / both, 0.0)
    return each.mean(), 2 * hits.sum() / both.sum()


def f1_by_precision(truth, said, classes):
    def harmonic(precision, recall):
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0

    each, right, total = [], 0, 0
    for number in range(classes):
        hits = int(((truth == number) & (said == number)).sum())
        found, wanted = int((said == number).sum()), int((truth == number).sum())
        precision = hits / found if found else 0.0
        recall = hits / wanted if wanted else 0.0
        each.append(harmonic(precision, recall))
        right, total = right + hits, total + found
    return sum(each) / classes, harmonic(right / total if total else 0.0, right / len(truth))


def f1_by_confusion(truth, said, classes):
    table = torch.zeros(classes, classes + 1)
    table.index_put_((truth, said % (classes + 1)), torch.ones(len(truth)), accumulate=True)
    table = table[:, :classes]
    hits = table.diagonal()
    both = truth.bincount(minlength=classes) + table.sum(0)
    return (2 * hits / both).nan_to_num(0.0).mean(), 2 * hits.sum() / both.sum()


def ece_bin_by_bin(confidence, right, bins):
    error = 0.0
    for k in range(1, bins + 1):
        inside = (confidence * bins > k - 1) & (confidence * bins <= k)
        if k == 1:
            inside |= confidence == 0
        if inside.any():
            gap = right[inside].double().mean() - confidence[inside].double().mean()
            error += float(inside.double().mean() * gap.abs())
    return error


def ece_by_sums(confidence, right, bins):
    place = ((confidence * bins).ceil().long() - 1).clamp(min=0)
    gaps = torch.zeros(bins, dtype=torch.float64)
    gaps.index_add_(0, place, right.double() - confidence.double())
    return gaps.abs().sum() / len(right)


def ece_by_edges(confidence, right, bins):
    edges = torch.arange(1, bins) / bins
    place = torch.bucketize(confidence, edges)
    inside = place == torch.arange(bins)[:, None]
    difference = (inside * (right.float() - confidence)).sum(1)
    return difference.abs().sum() / len(confidence)


def paired_draw_by_draw(first, second, draws, level):
    found = torch.stack([second[row].mean() - first[row].mean() for row in draws])
    tail = (1 - level) / 2
    return found.quantile(tail), found.quantile(1 - tail)


def paired_by_gather(first, second, draws, level):
    means = (second - first)[draws].mean(dim=(1, 2))
    ends = torch.tensor([0.5 - level / 2, 0.5 + level / 2])
    low, high = torch.quantile(means, ends)
    return low, high


def paired_by_counts(first, second, draws, level):
    gains = second.mean(1) - first.mean(1)
    found = []
    for row in draws.tolist():
        times = Counter(row)
        found.append(sum(times[i] * float(gains[i]) for i in times) / len(row))
    tail = (1 - level) / 2
    return float(np.quantile(found, tail)), float(np.quantile(found, 1 - tail))


def mcnemar_by_sum(first, second):
    b, c = int((first & ~second).sum()), int((second & ~first).sum())
    n = b + c
    return min(1.0, 2 * sum(math.comb(n, k) for k in range(min(b, c) + 1)) / 2**n)


def mcnemar_by_library(first, second):
    differ = first != second
    many, won = int(differ.sum()), int(first[differ].sum())
    from scipy.stats import binomtest

    return float(binomtest(won, many).pvalue) if many else 1.0


def mcnemar_by_coins(first, second):
    ways = [1]
    for one, other in zip(first.tolist(), second.tolist(), strict=True):
        if one != other:
            ways = [a + b for a, b in zip([0, *ways], [*ways, 0], strict=True)]
    won = sum(one and not other for one, other in zip(first, second, strict=True))
    least = min(int(won), len(ways) - 1 - int(won))
    below = sum(ways[: least + 1])
    return 1.0 if 2 * below > sum(ways) else 2 * below / sum(ways)


def coverage_by_thresholds(confidence, right):
    shares, risks = [], []
    for level in sorted(set(confidence.tolist()), reverse=True):
        given = confidence >= level
        shares.append(float(given.float().mean()))
        risks.append(float((~right[given]).float().mean()))
    return torch.tensor(shares), torch.tensor(risks)


def coverage_by_order(confidence, right):
    ranked, order = confidence.sort(descending=True)
    bad = (~right[order]).float().cumsum(0)
    last = torch.cat([ranked[1:] != ranked[:-1], torch.tensor([True])])
    many = torch.arange(1, len(order) + 1)[last]
    return many / len(order), bad[last] / many


def coverage_by_counts(confidence, right):
    levels, group, many = confidence.unique(return_inverse=True, return_counts=True)
    bad = torch.zeros(len(levels)).index_add(0, group, (~right).float())
    given, missed = many.flip(0).cumsum(0), bad.flip(0).cumsum(0)
    return given / given[-1], missed / given


def report_by_masks(train, answers, said):
    answered, same = said >= 0, said == answers
    majority = train.bincount().argmax()
    shares = [(same & answered), (~same & answered), ~answered, answers == majority]
    return tuple(share.float().mean() for share in shares)


def report_by_counts(train, answers, said):
    pairs = list(zip(said.tolist(), answers.tolist(), strict=True))
    right = sum(a == b for a, b in pairs)
    silent = sum(a < 0 for a, _ in pairs)
    counts = Counter(train.tolist())
    often = min(counts, key=lambda label: (-counts[label], label))
    blind = sum(b == often for _, b in pairs)
    n = len(pairs)
    return right / n, (n - right - silent) / n, silent / n, blind / n


def report_by_library(train, answers, said):
    right = (said == answers).double().mean()
    silent = (said == -1).double().mean()
    labels, counts = train.unique(return_counts=True)
    often = labels[counts == counts.max()].min()
    return right, 1 - right - silent, silent, (answers == often).double().mean()


NEEDED = [0.0392, 1537, 0.059613, 0.0353338, 1249, 2]

RIGHT = {
    "evaluation.parsed": [parsed_by_words, parsed_by_search, parsed_by_letters],
    "evaluation.f1": [f1_by_counts, f1_by_precision, f1_by_confusion],
    "evaluation.ece": [ece_bin_by_bin, ece_by_sums, ece_by_edges],
    "evaluation.paired": [paired_draw_by_draw, paired_by_gather, paired_by_counts],
    "evaluation.mcnemar": [mcnemar_by_sum, mcnemar_by_library, mcnemar_by_coins],
    "evaluation.coverage": [coverage_by_thresholds, coverage_by_order, coverage_by_counts],
    "evaluation.items_needed": [
        NEEDED,
        np.array([0.0392, 1537, 0.0596, 0.0353, 1249, 2]),
        torch.tensor(
            [
                1.96 * (0.16 / 400) ** 0.5,
                math.ceil(1.96**2 * 0.16 / 0.0004),
                1.96 * (0.37 / 400) ** 0.5,
                1.96 * (0.13 / 400) ** 0.5,
                math.ceil(1.96**2 * 0.13 / 0.0004),
                2,
            ]
        ),
    ],
    "evaluation.bug_exam": [report_by_masks, report_by_counts, report_by_library],
}
