"""Right answers to the exercises of lesson 20, advisor."""

import re

import torch
import torch.nn.functional as F


def updated_by_where(wishes, said, anew):
    left = torch.where(anew[:, None], -1, wishes)
    after = torch.where(said >= 0, said, left)
    return torch.where(said == -2, -1, after)


def updated_slot_by_slot(wishes, said, anew):
    found = []
    for old, message, fresh in zip(wishes.tolist(), said.tolist(), anew.tolist(), strict=True):
        row = []
        for wish, word in zip(old, message, strict=True):
            if word >= 0:
                row.append(word)
            elif word == -2 or fresh:
                row.append(-1)
            else:
                row.append(wish)
        found.append(row)
    return found


def updated_by_masks(wishes, said, anew):
    after = wishes.clone()
    after[anew] = -1
    after[said == -2] = -1
    after[said >= 0] = said[said >= 0]
    return after


def only(ids):
    return ids[0] if len(ids) == 1 else -1


def meant_by_cases(phrase, shown, last, prices, colours):
    places = {"the first one": 0, "the second one": 1, "the third one": 2}
    if phrase in places:
        place = places[phrase]
        return shown[place] if place < len(shown) else -1
    if phrase == "the last one":
        return shown[-1] if shown else -1
    if last < 0:
        return -1
    if phrase == "the cheaper one":
        return only([i for i in shown if prices[i] < prices[last]])
    return only([i for i in shown if colours[i] == colours[last] and i != last])


def meant_by_slices(phrase, shown, last, prices, colours):
    fits = {
        "the first one": shown[:1],
        "the second one": shown[1:2],
        "the third one": shown[2:3],
        "the last one": shown[len(shown) - 1 :] if shown else [],
        "the cheaper one": [i for i in shown if last >= 0 and prices[i] < prices[last]],
        "that colour": [i for i in shown if i != last >= 0 and colours[i] == colours[last]],
    }
    return only(fits[phrase])


def meant_by_match(phrase, shown, last, prices, colours):
    match phrase.split()[1]:
        case "first":
            found = [i for place, i in enumerate(shown) if place == 0]
        case "second":
            found = [i for place, i in enumerate(shown) if place == 1]
        case "third":
            found = [i for place, i in enumerate(shown) if place == 2]
        case "last":
            found = [*reversed(shown)][:1]
        case _ if last == -1:
            found = []
        case "cheaper":
            found = [i for i in set(shown) if prices[last] > prices[i]]
        case _:
            found = [i for i in {*shown} - {last} if colours[last] == colours[i]]
    return -1 if len(found) != 1 else found[0]


def both_errors_by_matrices(scores, answerable, thresholds):
    answered = scores >= thresholds[:, None]
    first = (answered & ~answerable).sum(1) / (~answerable).sum()
    second = (~answered & answerable).sum(1) / answerable.sum()
    return first, second


def both_errors_by_means(scores, answerable, thresholds):
    could_not, could = scores[~answerable], scores[answerable]
    first = [(could_not >= t).float().mean() for t in thresholds]
    return torch.stack(first), torch.stack([(could < t).float().mean() for t in thresholds])


def both_errors_in_loops(scores, answerable, thresholds):
    pairs = list(zip(scores.tolist(), answerable.tolist(), strict=True))
    rows = []
    for t in thresholds.tolist():
        bad = [score >= t for score, can in pairs if not can]
        shy = [score < t for score, can in pairs if can]
        rows.append([sum(x) / len(x) if x else float("nan") for x in (bad, shy)])
    return [row[0] for row in rows], [row[1] for row in rows]


def reranked_by_sorting(first, second, k):
    ids = range(len(first))
    short = sorted(ids, key=lambda i: (-first[i].item(), i))[:k]
    return torch.tensor(sorted(short, key=lambda i: (-second[i].item(), i)))


def reranked_by_stable_sorts(first, second, k):
    short = first.argsort(descending=True, stable=True)[:k].sort().values
    return short[second[short].argsort(descending=True, stable=True)]


def reranked_from_the_back(first, second, k):
    both = second.argsort(descending=True, stable=True)
    kept = torch.zeros(len(first), dtype=torch.bool)
    kept[first.argsort(descending=True, stable=True)[:k]] = True
    return both[kept[both]]


def grounded_in_loops(answers, without, control):
    moved, stirred = [], []
    for (text, cited), (bare, _), (same, _) in zip(answers, without, control, strict=True):
        if cited >= 0:
            moved.append(text != bare)
            stirred.append(text != same)
    if not moved:
        return float("nan"), float("nan")
    return sum(moved) / len(moved), sum(stirred) / len(stirred)


def grounded_by_places(answers, without, control):
    places = [i for i, answer in enumerate(answers) if answer[1] != -1]

    def share(others):
        changed = [answers[i][0] != others[i][0] for i in places]
        return torch.tensor(changed).float().mean()  # of nothing it is NaN

    return share(without), share(control)


def grounded_by_columns(answers, without, control):
    texts, cited = zip(*answers, strict=True)
    count = sum(one > -1 for one in cited)
    shares = []
    for others in (without, control):
        same = [text == other[0] for text, other in zip(texts, others, strict=True)]
        stays = sum(s and one > -1 for s, one in zip(same, cited, strict=True))
        shares.append(1 - stays / count if count else torch.nan)
    return tuple(shares)


def reply_by_max(messages, items, threshold):
    scores = F.normalize(messages, dim=1) @ F.normalize(items, dim=1).T
    best, which = scores.max(1)
    return torch.where(best >= threshold, which, -1)


def reply_by_cosine(messages, items, threshold):
    scores = F.cosine_similarity(messages[:, None], items[None], dim=-1)
    which = scores.argmax(1)
    which[scores.amax(1) < threshold] = -1
    return which


def reply_in_loops(messages, items, threshold):
    found = []
    for message in messages:
        scores = [F.cosine_similarity(message, item, dim=0) for item in items]
        best = max(range(len(items)), key=scores.__getitem__)
        found.append(best if scores[best] >= threshold else -1)
    return found


def tool_of_these(text, shown, prices, limit, things):
    words = text.split()
    if not shown or "these" not in words or words[0] == "which":
        return -1
    return sum(any(kind == words[-2] for _, kind in things[i]) for i in shown)


def tool_for_the_cheapest(text, shown, prices, limit, things):
    if text in ("which of these is the cheapest ?", "which of these costs least ?") and shown:
        return min(shown, key=prices.__getitem__)
    return -1


def tool_for_the_shop(text, shown, prices, limit, things):
    first = re.fullmatch(r"how many cards with an? (\w+) (\w+) do you have \?", text)
    found = first or re.fullmatch(r"on how many of your cards is there an? (\w+) (\w+) \?", text)
    if not found:
        return -1
    cards = [
        card for card, price in zip(things, prices, strict=True) if price <= limit or limit < 0
    ]
    return sum(list(found.groups()) in card for card in cards)


RIGHT = {
    "advisor.updated": [updated_by_where, updated_slot_by_slot, updated_by_masks],
    "advisor.meant": [meant_by_cases, meant_by_slices, meant_by_match],
    "advisor.both_errors": [
        both_errors_by_matrices,
        both_errors_by_means,
        both_errors_in_loops,
    ],
    "advisor.reranked": [
        reranked_by_sorting,
        reranked_by_stable_sorts,
        reranked_from_the_back,
    ],
    "advisor.grounded": [grounded_in_loops, grounded_by_places, grounded_by_columns],
    "advisor.bug_adviser": [reply_by_max, reply_by_cosine, reply_in_loops],
    "advisor.tool": [tool_of_these, tool_for_the_cheapest, tool_for_the_shop],
    "advisor.turns": [
        [
            1.96 * (0.64 * 0.36 / 100) ** 0.5,
            0.25 * 6 * 0.6 + 0.75 * 0.05,
            0.25 * 6 * 0.05 + 0.75 * 0.5,
            0.1 * 6 * 0.25 + 0.9 * 0.15,
            0.85,
            0.85 * 0.8,
            1 + 0.5 + 0.25,
        ],
        [0.094, 0.9375, 0.45, 0.285, 0.85, 0.68, 1.75],
        torch.tensor([0.0941, 0.94, 0.45, 0.285, 0.85, 0.68, 1.75]),
    ],
}
