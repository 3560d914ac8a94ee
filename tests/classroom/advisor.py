"""What a class hands in to the exercises of lesson 20."""

import itertools
import math
import re

import numpy as np
import torch
import torch.nn.functional as F

from tests.classroom import Wrong

# ── 1 · What does the customer want now? ──────────────────────────────────────────────────────────


def state_right(wishes, said, anew):
    left = torch.where(anew[:, None], -1, wishes)
    after = torch.where(said >= 0, said, left)
    return torch.where(said == -2, -1, after)


def state_never_kept(wishes, said, anew):
    left = torch.where(anew[:, None], -1, wishes)
    return torch.where(said >= 0, said, left)


def state_not_minus_one(wishes, said, anew):
    left = torch.where(anew[:, None], -1, wishes)
    return torch.where(said != -1, said, left)


def state_truthy(wishes, said, anew):
    left = torch.where(anew[:, None], -1, wishes)
    after = torch.where(said > 0, said, left)
    return torch.where(said == -2, -1, after)


def state_no_anew(wishes, said, anew):
    after = torch.where(said >= 0, said, wishes)
    return torch.where(said == -2, -1, after)


def state_anew_last(wishes, said, anew):
    after = torch.where(said >= 0, said, wishes)
    after = torch.where(said == -2, -1, after)
    return torch.where(anew[:, None], -1, after)


def state_in_place(wishes, said, anew):
    wishes[anew] = -1
    wishes[said == -2] = -1
    wishes[said >= 0] = said[said >= 0]
    return wishes


def state_said_only(wishes, said, anew):
    return said.clamp(min=-1)


def state_maximum(wishes, said, anew):
    left = torch.where(anew[:, None], -1, wishes)
    after = torch.maximum(left, said)
    return torch.where(said == -2, -1, after)


def state_fill_empty(wishes, said, anew):
    left = torch.where(anew[:, None], -1, wishes)
    after = torch.where((left == -1) & (said >= 0), said, left)
    return torch.where(said == -2, -1, after)


def state_any_anew(wishes, said, anew):
    left = torch.full_like(wishes, -1) if anew.any() else wishes
    after = torch.where(said >= 0, said, left)
    return torch.where(said == -2, -1, after)


def state_zero(wishes, said, anew):
    left = torch.where(anew[:, None], 0, wishes)
    after = torch.where(said >= 0, said, left)
    return torch.where(said == -2, 0, after)


def state_row_cleared(wishes, said, anew):
    left = torch.where(anew[:, None] | (said == -2).any(1, keepdim=True), -1, wishes)
    return torch.where(said >= 0, said, left)


def state_anew_turned(wishes, said, anew):
    left = torch.where(anew[:, None], wishes, -1)
    after = torch.where(said >= 0, said, left)
    return torch.where(said == -2, -1, after)


def state_anew_returns_said(wishes, said, anew):
    rows = []
    for old, message, fresh in zip(wishes, said, anew, strict=True):
        rows.append(message if fresh else torch.where(message >= 0, message, old))
    return torch.stack(rows)


def state_sum(wishes, said, anew):
    left = torch.where(anew[:, None], 0, wishes)
    return left + said


def state_minus_two_for_empty(wishes, said, anew):
    left = torch.where(anew[:, None], -2, wishes)
    after = torch.where(said >= 0, said, left)
    return torch.where(said == -2, -2, after)


def state_first_row(wishes, said, anew):
    return state_right(wishes[:1], said[:1], anew[:1])


def state_first_flag(wishes, said, anew):
    return state_right(wishes, said, anew[0].expand(len(anew)))


def state_float(wishes, said, anew):
    return state_right(wishes, said, anew).float() + 0.5


def state_stops(wishes, said, anew):
    found = []
    for old, message, fresh in zip(wishes.tolist(), said.tolist(), anew.tolist(), strict=True):
        row = [-1] * len(old) if fresh else list(old)
        for place, value in enumerate(message):
            if value == -2:
                row[place] = -1
                break
            if value >= 0:
                row[place] = value
        found.append(row)
    return torch.tensor(found)


def state_until_silent(wishes, said, anew):
    new = wishes.clone()
    for i in range(len(wishes)):
        if anew[i]:
            new[i] = -1
        for j in range(wishes.shape[1]):
            if said[i, j] == -1:
                break
            new[i, j] = max(int(said[i, j]), -1)
    return new


def state_anew_if_all(wishes, said, anew):
    new = torch.full_like(wishes, -1) if anew.all() else wishes
    new = torch.where(said >= 0, said, new)
    return torch.where(said == -2, -1, new)


def state_anew_of_last(wishes, said, anew):
    for a in anew:
        flag = a
    new = torch.full_like(wishes, -1) if flag else wishes
    new = torch.where(said >= 0, said, new)
    return torch.where(said == -2, -1, new)


def state_carried(wishes, said, anew):
    rows, state = [], wishes[0].clone()
    for s, a in zip(said, anew, strict=True):
        state = torch.where(a, -1, state)
        state = torch.where(s >= 0, s, torch.where(s == -2, -1, state))
        rows.append(state)
    return torch.stack(rows)


def state_codes_exchanged(wishes, said, anew):
    left = torch.where(anew[:, None], -1, wishes)
    return torch.where(said == -2, left, said)


def state_never_for_all(wishes, said, anew):
    new = wishes.clone()
    new[anew] = -1
    new[:, (said == -2).any(0)] = -1
    return torch.where(said >= 0, said, new)


def state_anew_along_slots(wishes, said, anew):
    old = wishes.clone()
    for i, starts in enumerate(anew[: wishes.shape[1]]):
        old[:, i] = -1 if starts else old[:, i]
    return torch.where(said == -2, -1, torch.where(said >= 0, said, old))


def state_square(wishes, said, anew):
    new = torch.where(anew[:, None], -1, wishes)
    for d, s in itertools.product(range(len(wishes)), repeat=2):
        if s < wishes.shape[1] and said[d, s] != -1:
            new[d, s] = max(said[d, s], -1)
    return new


UPDATED = (
    Wrong(state_stops, "stops at never mind", "gives a value"),
    Wrong(state_never_kept, "never mind does nothing", "colour"),
    Wrong(state_not_minus_one, "−2 stays", "−2"),
    Wrong(state_truthy, "0 is not said", "0"),
    Wrong(state_no_anew, "anew is not used", "anew"),
    Wrong(state_anew_last, "anew comes last", "same message"),
    Wrong(state_in_place, "in place", "changes its input"),
    Wrong(state_said_only, "only the message", "not mention"),
    Wrong(state_maximum, "the larger", "larger"),
    Wrong(state_fill_empty, "only empty ones", "replaced"),
    Wrong(state_any_anew, "any", "all of them"),
    Wrong(state_zero, "0 for nothing", "0"),
    Wrong(state_row_cleared, "never mind clears the row", "its own"),
    Wrong(state_anew_turned, "turned", "wrong way"),
    Wrong(state_anew_returns_said, "the message as it is", "−2"),
    Wrong(state_sum, "added", "value|0"),
    Wrong(state_minus_two_for_empty, "−2 for empty", "−2|−1"),
    Wrong(state_first_row, "the first dialogue only", "first|shape"),
    Wrong(state_first_flag, "the first flag", "first"),
    Wrong(state_float, "something added", ""),
    Wrong(state_until_silent, "stops at the first slot not mentioned", "break"),
    Wrong(state_anew_if_all, "anew only if all start anew", "all"),
    Wrong(state_anew_of_last, "the last flag", "last dialogue"),
    Wrong(state_carried, "carried from dialogue to dialogue", "one before"),
    Wrong(state_codes_exchanged, "−1 empties, −2 leaves", "changed places"),
    Wrong(state_never_for_all, "never mind for all dialogues", "other customers"),
    Wrong(state_anew_along_slots, "anew along the slots", "lies along the slots"),
    Wrong(state_square, "as many slots as dialogues", "number of .dialogues"),
)


def state_numpy(wishes, said, anew):
    left = np.where(anew.numpy()[:, None], -1, wishes.numpy())
    return np.where(said.numpy() >= 0, said.numpy(), np.where(said.numpy() == -2, -1, left))


def state_loops(wishes, said, anew):
    after = wishes.clone()
    for i in range(len(wishes)):
        if anew[i]:
            after[i] = -1
        for j, value in enumerate(said[i]):
            if value != -1:
                after[i, j] = max(int(value), -1)
    return after


def state_clamp(wishes, said, anew):
    left = wishes.masked_fill(anew.unsqueeze(1), -1)
    return torch.where(said == -1, left, said.clamp(min=-1))


UPDATED_RIGHT = (state_right, state_numpy, state_loops, state_clamp)

# ── 2 · “The cheaper one” ─────────────────────────────────────────────────────────────────────────

PLACES = ["the first one", "the second one", "the third one"]


def means(phrase, shown, last, prices, colours, at=0, cheaper=None, colour=None, end=None):
    """Return what is meant, with one rule replaced."""
    if phrase in PLACES:
        place = PLACES.index(phrase) + at
        return shown[place] if place < len(shown) else -1
    if phrase == "the last one":
        return end(shown, last, prices) if end else shown[-1] if shown else -1
    if last == -1:
        return -1
    if phrase == "the cheaper one":
        if cheaper:
            return cheaper(shown, last, prices)
        fits = [i for i in shown if prices[i] < prices[last]]
    else:
        if colour:
            return colour(shown, last, colours)
        fits = [i for i in shown if colours[i] == colours[last] and i != last]
    return fits[0] if len(fits) == 1 else -1


def meant_from_one(*given):
    return means(*given, at=1)


def meant_cheapest(*given):
    def cheapest(shown, last, prices):
        return min(shown, key=prices.__getitem__, default=-1)

    return means(*given, cheaper=cheapest)


def meant_cheapest_below(*given):
    def cheapest(shown, last, prices):
        fits = [i for i in shown if prices[i] < prices[last]]
        return min(fits, key=prices.__getitem__, default=-1)

    return means(*given, cheaper=cheapest)


def meant_first_below(*given):
    def first(shown, last, prices):
        return next((i for i in shown if prices[i] < prices[last]), -1)

    return means(*given, cheaper=first)


def meant_in_catalogue(*given):
    def only(shown, last, prices):
        fits = [i for i in range(len(prices)) if prices[i] < prices[last]]
        return fits[0] if len(fits) == 1 else -1

    return means(*given, cheaper=only)


def meant_as_cheap(*given):
    def only(shown, last, prices):
        fits = [i for i in shown if prices[i] <= prices[last] and i != last]
        return fits[0] if len(fits) == 1 else -1

    return means(*given, cheaper=only)


def meant_two_shown(*given):
    def cheaper(shown, last, prices):
        if len(shown) != 2:
            return -1
        return min(shown, key=prices.__getitem__)

    return means(*given, cheaper=cheaper)


def meant_itself(*given):
    def only(shown, last, colours):
        fits = [i for i in shown if colours[i] == colours[last]]
        return fits[0] if len(fits) == 1 else -1

    return means(*given, colour=only)


def meant_first_colour(*given):
    def first(shown, last, colours):
        return next((i for i in shown if colours[i] == colours[last] and i != last), -1)

    return means(*given, colour=first)


def meant_colour_anywhere(*given):
    def only(shown, last, colours):
        fits = [i for i, c in enumerate(colours) if c == colours[last] and i != last]
        return fits[0] if len(fits) == 1 else -1

    return means(*given, colour=only)


def meant_last_talked(*given):
    return means(*given, end=lambda shown, last, prices: last)


def meant_last_of_all(*given):
    return means(*given, end=lambda shown, last, prices: len(prices) - 1)


def meant_no_guard(phrase, shown, last, prices, colours):
    if phrase in PLACES or phrase == "the last one":
        return means(phrase, shown, last, prices, colours)
    if phrase == "the cheaper one":
        fits = [i for i in shown if prices[i] < prices[last]]
    else:
        fits = [i for i in shown if colours[i] == colours[last] and i != last]
    return fits[0] if len(fits) == 1 else -1


def meant_raises(phrase, shown, last, prices, colours):
    if phrase in PLACES:
        return shown[PLACES.index(phrase)]
    if phrase == "the last one":
        return shown[-1]
    return means(phrase, shown, last, prices, colours)


def meant_none(*given):
    found = means(*given)
    return None if found == -1 else found


def meant_place(phrase, shown, last, prices, colours):
    found = means(phrase, shown, last, prices, colours)
    return shown.index(found) if found >= 0 else -1


def meant_guess(phrase, shown, last, prices, colours):
    found = means(phrase, shown, last, prices, colours)
    return shown[0] if found == -1 and shown else found


def meant_clamped(phrase, shown, last, prices, colours):
    if phrase in PLACES:
        return shown[min(PLACES.index(phrase), len(shown) - 1)] if shown else -1
    return means(phrase, shown, last, prices, colours)


def meant_catalogue_place(phrase, shown, last, prices, colours):
    return PLACES.index(phrase) if phrase in PLACES else means(phrase, shown, last, prices, colours)


def meant_by_lower_id(*given):
    def only(shown, last, prices):
        fits = [i for i in shown if i < last]
        return fits[0] if len(fits) == 1 else -1

    return means(*given, cheaper=only)


def meant_by_places(*given):
    def cheaper(shown, last, prices):
        fits = [i for n, i in enumerate(shown) if prices[n] < prices[last]]
        return fits[0] if len(fits) == 1 else -1

    def alike(shown, last, colours):
        fits = [i for n, i in enumerate(shown) if colours[n] == colours[last] and i != last]
        return fits[0] if len(fits) == 1 else -1

    return means(*given, cheaper=cheaper, colour=alike)


def meant_last_as_place(phrase, shown, last, prices, colours):
    if "last" not in phrase and phrase not in PLACES:
        last = shown[last] if 0 <= last < len(shown) else -1
    return means(phrase, shown, last, prices, colours)


def meant_still_shown(phrase, shown, last, prices, colours):
    return means(phrase, shown, last if last in shown else -1, prices, colours)


def meant_pops(phrase, shown, last, prices, colours):
    if last in shown and phrase == "that colour":
        shown.remove(last)
    return means(phrase, shown, last, prices, colours)


def meant_cheaper_than_first(*given):
    def only(shown, last, prices):
        fits = [i for i in shown if prices[i] < prices[shown[0]]]
        return fits[0] if len(fits) == 1 else -1

    return means(*given, cheaper=only)


def meant_place_itself(phrase, shown, last, prices, colours):
    places = {name: i for i, name in enumerate(PLACES)} | {"the last one": len(shown) - 1}
    if phrase in places:
        return places[phrase] if places[phrase] < len(shown) else -1
    return means(phrase, shown, last, prices, colours)


def meant_then_shown(phrase, shown, last, prices, colours):
    if phrase in (*PLACES, "the last one"):
        return means(phrase, shown, last, prices, colours)
    found = means(phrase, range(len(prices)), last, prices, colours)
    return found if found in shown else -1


def meant_cheapest_ever(phrase, shown, last, prices, colours):
    if phrase == "the cheaper one":
        return min(shown, key=prices.__getitem__, default=-1)
    return means(phrase, shown, last, prices, colours)


def meant_three_or_none(phrase, shown, *rest):
    return -1 if phrase in PLACES and len(shown) < 3 else means(phrase, shown, *rest)


def meant_needs_last(phrase, shown, last, *rest):
    return -1 if last == -1 else means(phrase, shown, last, *rest)


def meant_without_last(phrase, shown, last, *rest):
    return means(phrase, [i for i in shown if i != last], last, *rest)


def meant_other_price(*given):
    shown, last, prices, colours = given[1:]

    def alike(*_):
        fits = [i for i in shown if colours[i] == colours[last] and prices[i] != prices[last]]
        return fits[0] if len(fits) == 1 else -1

    return means(*given, colour=alike)


MEANT = (
    Wrong(meant_from_one, "counts one too far", "count"),
    Wrong(meant_cheapest, "the cheapest", "cheapest"),
    Wrong(meant_cheapest_below, "the cheapest of the cheaper ones", "cheapest"),
    Wrong(meant_first_below, "the first cheaper one", "first"),
    Wrong(meant_in_catalogue, "in the catalogue", "catalogue"),
    Wrong(meant_as_cheap, "as cheap", "less"),
    Wrong(meant_two_shown, "only of two", "cheaper"),
    Wrong(meant_itself, "itself", "itself"),
    Wrong(meant_first_colour, "the first in that colour", "first"),
    Wrong(meant_colour_anywhere, "in the catalogue", "catalogue"),
    Wrong(meant_last_talked, "the last talked about", "talked"),
    Wrong(meant_last_of_all, "the last of the catalogue", "catalogue"),
    Wrong(meant_no_guard, "−1 as a place", "-1|−1"),
    Wrong(meant_raises, "no guard", "IndexError"),
    Wrong(meant_none, "None", "None"),
    Wrong(meant_place, "a place", "id"),
    Wrong(meant_guess, "guesses the first", "unclear"),
    Wrong(meant_clamped, "the third of two", "two"),
    Wrong(meant_catalogue_place, "a place in the catalogue", "catalogue|shown"),
    Wrong(meant_by_lower_id, "ids compared for prices", "id"),
    Wrong(meant_by_places, "prices by place", "place in `shown`"),
    Wrong(meant_last_as_place, "the last as a place", "It is an id"),
    Wrong(meant_still_shown, "only while it is shown", "not shown any more"),
    Wrong(meant_pops, "a list changed in place", "copy"),
    Wrong(meant_cheaper_than_first, "compared with the first shown", "talked about"),
    Wrong(meant_place_itself, "a place for an id", "return the .place."),
    Wrong(meant_then_shown, "the only one of the catalogue, if shown", "whether it is shown"),
    Wrong(meant_cheapest_ever, "the cheapest, whatever the last", "cheapest of those shown"),
    Wrong(meant_three_or_none, "none if fewer than three", "fewer than three"),
    Wrong(meant_needs_last, "nothing without a last one", "needs no item before"),
    Wrong(meant_without_last, "the last one taken out first", "out of `shown` first"),
    Wrong(meant_other_price, "another price for another item", "compare the ids"),
)


def meant_filter(phrase, shown, last, prices, colours):
    match = {
        "the cheaper one": lambda i: prices[i] < prices[last],
        "that colour": lambda i: i != last and colours[i] == colours[last],
    }
    if phrase in match:
        found = list(filter(match[phrase], shown)) if last >= 0 else []
        return found[0] if len(found) == 1 else -1
    place = {"first": 0, "second": 1, "third": 2, "last": len(shown) - 1}[phrase.split()[1]]
    return shown[place] if 0 <= place < len(shown) else -1


def meant_tensor(*given):
    return torch.tensor(means(*given))


def meant_float(*given):
    return float(means(*given))


MEANT_RIGHT = (means, meant_filter, meant_tensor, meant_float)

# ── 3 · Search first, then look again ─────────────────────────────────────────────────────────────


def rank_all(first, second, k):
    return second.argsort(descending=True, stable=True)


def rank_all_cut(first, second, k):
    return second.argsort(descending=True, stable=True)[:k]


def rank_first_only(first, second, k):
    return first.argsort(descending=True, stable=True)[:k]


def rank_ascending(first, second, k):
    short = first.argsort(descending=True, stable=True)[:k].sort().values
    return short[second[short].argsort(stable=True)]


def rank_places(first, second, k):
    short = first.argsort(descending=True, stable=True)[:k].sort().values
    return second[short].argsort(descending=True, stable=True)


def rank_sum(first, second, k):
    short = first.argsort(descending=True, stable=True)[:k].sort().values
    return short[(first + second)[short].argsort(descending=True, stable=True)]


def rank_sum_of_all(first, second, k):
    return (first + second).argsort(descending=True, stable=True)[:k]


def rank_worst(first, second, k):
    short = first.argsort(stable=True)[:k].sort().values
    return short[second[short].argsort(descending=True, stable=True)]


def rank_ties_by_first(first, second, k):
    short = first.argsort(descending=True, stable=True)[:k]
    return short[second[short].argsort(descending=True, stable=True)]


def rank_topk(first, second, k):
    short = first.topk(k).indices
    return short[second[short].argsort(descending=True, stable=True)]


def rank_scores(first, second, k):
    short = first.argsort(descending=True, stable=True)[:k]
    return second[short].sort(descending=True).values


def rank_swapped(first, second, k):
    short = second.argsort(descending=True, stable=True)[:k].sort().values
    return short[first[short].argsort(descending=True, stable=True)]


def rank_one_less(first, second, k):
    short = first.argsort(descending=True, stable=True)[: k - 1].sort().values
    return short[second[short].argsort(descending=True, stable=True)]


def rank_by_best(first, second, k):
    short = first.argsort(descending=True, stable=True)[:k].sort().values
    scores = second[short] / second[short].max()
    return short[scores.argsort(descending=True, stable=True)]


def rank_flipped(first, second, k):
    short = first.argsort(descending=True, stable=True)[:k].sort().values
    return short[second[short].argsort(stable=True).flip(0)]


def rank_product(first, second, k):
    short = first.argsort(descending=True, stable=True)[:k].sort().values
    return short[(first * second)[short].argsort(descending=True, stable=True)]


def rank_pairs(first, second, k):
    pairs = sorted(zip(first.tolist(), second.tolist(), range(len(first)), strict=True))[::-1][:k]
    return [i for _, _, i in sorted(pairs, key=lambda p: (-p[1], p[2]))]


def rank_padded(first, second, k):
    short = first.argsort(descending=True, stable=True)[:k].sort().values
    found = short[second[short].argsort(descending=True, stable=True)]
    return F.pad(found, (0, k - len(found)), value=-1)


def rank_ids(first, second, k):
    return first.argsort(descending=True, stable=True)[:k].sort().values


def rank_second_of_first_k(first, second, k):
    ids = first.argsort(descending=True, stable=True)[:k].sort().values
    return ids[second[:k].argsort(descending=True, stable=True)]


def rank_above_line(first, second, k):
    k = min(k, len(first))
    edge = first.sort(descending=True).values[k - 1]
    ids = (first > edge).nonzero().squeeze(1)
    return ids[second[ids].argsort(descending=True, stable=True)]


def rank_zeros_outside(first, second, k):
    ids = first.argsort(descending=True, stable=True)[:k]
    mask = torch.zeros_like(second)
    mask[ids] = 1
    return (second * mask).argsort(descending=True, stable=True)[:k]


def rank_places_of_best(first, second, k):
    short = first.argsort(descending=True, stable=True)[:k]
    return second[short].argsort(descending=True, stable=True)


def rank_last_k(first, second, k):
    short = first.argsort(descending=True, stable=True)[-k:].sort().values
    return short[second[short].argsort(descending=True, stable=True)]


RERANKED = (
    Wrong(rank_all, "everything", "catalogue"),
    Wrong(rank_all_cut, "reranks everything", "catalogue"),
    Wrong(rank_first_only, "the first stage only", "first scores"),
    Wrong(rank_ascending, "ascending", "worst"),
    Wrong(rank_places, "places", "places"),
    Wrong(rank_sum, "the sum", "sum"),
    Wrong(rank_sum_of_all, "the sum of all", "sum"),
    Wrong(rank_worst, "the worst k", "worst"),
    Wrong(rank_ties_by_first, "ties by the first score", "id"),
    Wrong(rank_topk, "k beyond the items", "k"),
    Wrong(rank_scores, "scores", "ids"),
    Wrong(rank_swapped, "roles exchanged", "changed places"),
    Wrong(rank_one_less, "one too few", "too few"),
    Wrong(rank_by_best, "divided by the best", "divide"),
    Wrong(rank_flipped, "flipped", "larger id"),
    Wrong(rank_product, "the product", "product"),
    Wrong(rank_pairs, "ties of the first stage by the second score", "k ids|smaller"),
    Wrong(rank_padded, "padded", "k|long"),
    Wrong(rank_ids, "by id", "order of the ids"),
    Wrong(rank_second_of_first_k, "second scores of the first k items", "first"),
    Wrong(rank_above_line, "above the k-th only", "as good"),
    Wrong(rank_zeros_outside, "0 for all others", "score 0"),
    Wrong(rank_places_of_best, "places in the shortlist, unsorted", "places .in the shortlist"),
    Wrong(rank_last_k, "the last k of a falling order", "take its .last. k"),
)


def rank_python(first, second, k):
    ids = sorted(range(len(first)), key=lambda i: (-float(first[i]), i))[:k]
    return sorted(ids, key=lambda i: (-float(second[i]), i))


def rank_numpy(first, second, k):
    short = np.sort(np.argsort(-first.numpy(), kind="stable")[:k])
    return short[np.argsort(-second.numpy()[short], kind="stable")]


def rank_masked(first, second, k):
    short = first.argsort(descending=True, stable=True)[:k]
    masked = torch.full_like(second, -torch.inf)
    masked[short] = second[short]
    return masked.argsort(descending=True, stable=True)[: len(short)]


def rank_lexsort(first, second, k):
    ids = np.arange(len(first))
    short = np.lexsort((ids, -first.numpy()))[:k]
    return torch.tensor(short[np.lexsort((short, -second.numpy()[short]))])


RERANKED_RIGHT = (rank_python, rank_numpy, rank_masked, rank_lexsort)

# ── 4 · Two ways to be wrong about “I do not know” ────────────────────────────────────────────────


def errors(scores, answerable, thresholds, answered=None, over=None):
    """Return both errors, with what is answered or the divisors replaced."""
    given = scores >= thresholds[:, None] if answered is None else answered
    no, yes = over or ((~answerable).sum(), answerable.sum())
    return (given & ~answerable).sum(1) / no, (~given & answerable).sum(1) / yes


def errors_strict(scores, answerable, thresholds):
    return errors(scores, answerable, thresholds, scores > thresholds[:, None])


def errors_over_all(scores, answerable, thresholds):
    return errors(scores, answerable, thresholds, over=(len(scores), len(scores)))


def errors_exchanged(scores, answerable, thresholds):
    return errors(scores, answerable, thresholds)[::-1]


def errors_over_other(scores, answerable, thresholds):
    return errors(scores, answerable, thresholds, over=(answerable.sum(), (~answerable).sum()))


def errors_below(scores, answerable, thresholds):
    return errors(scores, answerable, thresholds, scores < thresholds[:, None])


def errors_over_decided(scores, answerable, thresholds):
    given = scores >= thresholds[:, None]
    return errors(scores, answerable, thresholds, over=(given.sum(1), (~given).sum(1)))


def errors_zero(scores, answerable, thresholds):
    return tuple(x.nan_to_num(0.0) for x in errors(scores, answerable, thresholds))


def errors_counts(scores, answerable, thresholds):
    return errors(scores, answerable, thresholds, over=(1, 1))


def errors_accuracy(scores, answerable, thresholds):
    first, second = errors(scores, answerable, thresholds)
    return 1 - first, 1 - second


def errors_one_number(scores, answerable, thresholds):
    given = scores >= thresholds[:, None]
    return (given != answerable).float().mean(1)


def errors_mean(scores, answerable, thresholds):
    first, second = errors(scores, answerable, thresholds)
    return first.mean(), second.mean()


def errors_single(scores, answerable, thresholds):
    return errors(scores, answerable, thresholds[:1])


def errors_sorted(scores, answerable, thresholds):
    return errors(scores, answerable, thresholds.sort().values)


def errors_turned_kind(scores, answerable, thresholds):
    return errors(scores, ~answerable, thresholds)


def errors_answered(scores, answerable, thresholds):
    given = scores >= thresholds[:, None]
    return given.float().mean(1), errors(scores, answerable, thresholds)[1]


def errors_both_ties(scores, answerable, thresholds):
    lines = thresholds[:, None]
    no, yes = (~answerable).sum(), answerable.sum()
    return (
        ((scores >= lines) & ~answerable).sum(1) / no,
        ((scores <= lines) & answerable).sum(1) / yes,
    )


def errors_axis(scores, answerable, thresholds):
    given = scores >= thresholds[:, None]
    return (given & ~answerable).sum(0) / (~answerable).sum(), (~given & answerable).sum(0) / 2


def errors_percent(scores, answerable, thresholds):
    first, second = errors(scores, answerable, thresholds)
    return 100 * first, 100 * second


def errors_clamped(scores, answerable, thresholds):
    over = ((~answerable).sum().clamp(min=1), answerable.sum().clamp(min=1))
    return errors(scores, answerable, thresholds, over=over)


def errors_one_divisor(scores, answerable, thresholds):
    yes = scores[None] >= thresholds[:, None]
    n = (~answerable).sum()
    return (yes & ~answerable).sum(1) / n, (~yes & answerable).sum(1) / n


def errors_left_out(scores, answerable, thresholds):
    a, r = [], []
    for t in thresholds:
        if (~answerable).any():
            a.append((scores[~answerable] >= t).float().mean())
        if answerable.any():
            r.append((scores[answerable] < t).float().mean())
    return torch.tensor(a), torch.tensor(r)


def errors_rest(scores, answerable, thresholds):
    yes = scores[None] >= thresholds[:, None]
    a = (yes & ~answerable).sum(1) / (~answerable).sum()
    return a, 1 - a


def errors_last_threshold(scores, answerable, thresholds):
    for t in thresholds:
        yes = scores >= t
    a = (yes & ~answerable).sum() / (~answerable).sum()
    r = (~yes & answerable).sum() / answerable.sum()
    return a.expand(len(thresholds)), r.expand(len(thresholds))


def errors_half(*given):
    return tuple(x.nan_to_num(0.5) for x in errors(*given))


def errors_all_decided(scores, answerable, thresholds):
    given = scores >= thresholds[:, None]
    return given.sum(1) / (~answerable).sum(), (~given).sum(1) / answerable.sum()


def errors_of_errors(scores, answerable, thresholds):
    given = scores >= thresholds[:, None]
    both = (given & ~answerable).sum(1), (~given & answerable).sum(1)
    return both[0] / sum(both), both[1] / sum(both)


BOTH_ERRORS = (
    Wrong(errors_strict, ">", "≥"),
    Wrong(errors_over_all, "over all", "all"),
    Wrong(errors_exchanged, "exchanged", "exchanged"),
    Wrong(errors_over_other, "divisors exchanged", "divisors"),
    Wrong(errors_below, "below", "below"),
    Wrong(errors_over_decided, "over the decided", "answered"),
    Wrong(errors_zero, "0 for NaN", "NaN"),
    Wrong(errors_counts, "counts", "counts"),
    Wrong(errors_accuracy, "what is right", "right"),
    Wrong(errors_one_number, "one error", "2|two"),
    Wrong(errors_mean, "means over thresholds", ""),
    Wrong(errors_single, "the first threshold", ""),
    Wrong(errors_sorted, "sorted", "sort"),
    Wrong(errors_turned_kind, "kinds exchanged", "changed places"),
    Wrong(errors_answered, "of all questions", "all"),
    Wrong(errors_both_ties, "ties twice", "equals"),
    Wrong(errors_axis, "over thresholds", "shape|axis"),
    Wrong(errors_percent, "per cent", "per cent|100"),
    Wrong(errors_clamped, "clamped divisors", "NaN"),
    Wrong(errors_one_divisor, "one divisor for both", "answerable"),
    Wrong(errors_left_out, "no share without questions", "missing"),
    Wrong(errors_rest, "1 − the first", "add up"),
    Wrong(errors_last_threshold, "the last threshold for all", "last"),
    Wrong(errors_half, "0.5 for NaN", "is NaN where"),
    Wrong(errors_all_decided, "all answered, all refused", "are wrong"),
    Wrong(errors_of_errors, "divided by all errors", "all errors"),
)


def errors_masked_means(scores, answerable, thresholds):
    given = (scores >= thresholds.reshape(-1, 1)).double()
    return given[:, ~answerable].mean(1), 1 - given[:, answerable].mean(1)


def errors_numpy(scores, answerable, thresholds):
    s, a, t = (x.numpy() for x in (scores, answerable, thresholds))
    given = s[None] >= t[:, None]
    with np.errstate(all="ignore"):
        return (given & ~a).sum(1) / np.float64((~a).sum()), (~given & a).sum(1) / np.float64(
            a.sum()
        )


def errors_floats(scores, answerable, thresholds):
    no = [s for s, a in zip(scores.tolist(), answerable.tolist(), strict=True) if not a]
    yes = [s for s, a in zip(scores.tolist(), answerable.tolist(), strict=True) if a]
    lines = thresholds.tolist()
    first = [sum(s >= t for s in no) / len(no) if no else math.nan for t in lines]
    return first, [sum(s < t for s in yes) / len(yes) if yes else math.nan for t in lines]


BOTH_ERRORS_RIGHT = (errors, errors_masked_means, errors_numpy, errors_floats)

# ── 5 · Does the answer hang on what it cites? ────────────────────────────────────────────────────


def share(values):
    return sum(values) / len(values) if values else math.nan


def hang(answers, without, control, cites=lambda c: c >= 0, differs=lambda a, b: a[0] != b[0]):
    """Return both shares, with one of the questions replaced."""
    rows = [r for r in zip(answers, without, control, strict=True) if cites(r[0][1])]
    return share([differs(a, b) for a, b, _ in rows]), share([differs(a, c) for a, _, c in rows])


def hang_all(*given):
    return hang(*given, cites=lambda c: True)


def hang_truthy(*given):
    return hang(*given, cites=bool)


def hang_positive(*given):
    return hang(*given, cites=lambda c: c > 0)


def hang_by_id(*given):
    return hang(*given, differs=lambda a, b: a[1] != b[1])


def hang_pairs(*given):
    return hang(*given, differs=lambda a, b: a != b)


def hang_lower(*given):
    return hang(*given, differs=lambda a, b: a[0].lower() != b[0].lower())


def hang_exchanged(*given):
    return hang(*given)[::-1]


def hang_same(*given):
    return hang(*given, differs=lambda a, b: a[0] == b[0])


def hang_over_all(answers, without, control):
    rows = [r for r in zip(answers, without, control, strict=True) if r[0][1] >= 0]
    return (
        sum(a[0] != b[0] for a, b, _ in rows) / len(answers),
        sum(a[0] != c[0] for a, _, c in rows) / len(answers),
    )


def hang_zero(answers, without, control):
    found = hang(answers, without, control)
    return (0.0, 0.0) if math.isnan(found[0]) else found


def hang_division(answers, without, control):
    rows = [r for r in zip(answers, without, control, strict=True) if r[0][1] >= 0]
    return (
        sum(a[0] != b[0] for a, b, _ in rows) / len(rows),
        sum(a[0] != c[0] for a, _, c in rows) / len(rows),
    )


def hang_only(answers, without, control):
    rows = [r for r in zip(answers, without, control, strict=True) if r[0][1] >= 0]
    return share([a[0] != b[0] and a[0] == c[0] for a, b, c in rows]), hang(
        answers, without, control
    )[1]


def hang_either(answers, without, control):
    rows = [r for r in zip(answers, without, control, strict=True) if r[0][1] >= 0]
    return share([a[0] != b[0] or a[0] != c[0] for a, b, c in rows]), hang(
        answers, without, control
    )[1]


def hang_control_uncited(answers, without, control):
    rows = list(zip(answers, control, strict=True))
    others = share([a[0] != c[0] for a, c in rows if a[1] < 0])
    return hang(answers, without, control)[0], others


def hang_stays(*given):
    first, second = hang(*given)
    return first, 1 - second


def hang_first_only(*given):
    return hang(*given)[0]


def hang_unknown(*given):
    return hang(*given, differs=lambda a, b: b[0] == "I do not know.")


def hang_between(answers, without, control):
    rows = [r for r in zip(answers, without, control, strict=True) if r[0][1] >= 0]
    return share([c[0] != b[0] for _, b, c in rows]), hang(answers, without, control)[1]


def hang_none(answers, without, control):
    if all(cited < 0 for _, cited in answers):
        return None
    return hang(answers, without, control)


def hang_first_by_pairs(*given):
    return hang_pairs(*given)[0], hang(*given)[1]


def hang_counts(answers, without, control):
    many = sum(cited >= 0 for _, cited in answers)
    return tuple(x * many for x in hang(answers, without, control))


def hang_anywhere(answers, without, control):
    def gone(texts):
        return share([text not in texts for text, cited in answers if cited >= 0])

    return gone({text for text, _ in without}), gone({text for text, _ in control})


def hang_slipped(answers, without, control):
    left = [answer for answer in answers if answer[1] >= 0]

    def changed(other):
        return share([a[0] != b[0] for a, b in zip(left, other, strict=False)])

    return changed(without), changed(control)


def hang_each_filtered(*lists):
    answers, without, control = ([text for text, cited in some if cited >= 0] for some in lists)
    if not answers:
        return math.nan, math.nan
    return (
        sum(a != b for a, b in zip(answers, without, strict=False)) / len(answers),
        sum(a != c for a, c in zip(answers, control, strict=False)) / len(answers),
    )


def hang_in_place(answers, without, control):
    for i in reversed(range(len(answers))):
        if answers[i][1] < 0:
            del answers[i], without[i], control[i]
    return hang(answers, without, control)


def hang_two_nones(answers, without, control):
    if all(cited < 0 for _, cited in answers):
        return None, None
    return hang(answers, without, control)


def hang_one_and_zero(answers, without, control):
    if all(cited < 0 for _, cited in answers):
        return 1.0, 0.0
    return hang(answers, without, control)


def hang_of_those_that_change(answers, without, control):
    rows = [r for r in zip(answers, without, control, strict=True) if r[0][1] >= 0]
    moved = [r for r in rows if r[0][0] != r[1][0]]
    if not moved:
        return share([False for _ in rows]), share([False for _ in rows])
    return len(moved) / len(rows), share([a[0] != c[0] for a, _, c in moved])


def hang_both_cite(answers, without, control):
    def changed(other):
        rows = [r for r in zip(answers, other, strict=True) if r[0][1] >= 0 and r[1][1] >= 0]
        return share([a[0] != b[0] for a, b in rows])

    return changed(without), changed(control)


def hang_until_uncited(answers, without, control):
    many = next((i for i, (_, cited) in enumerate(answers) if cited < 0), len(answers))
    return hang(answers[:many], without[:many], control[:many])


def hang_by_text(answers, without, control):
    rows = zip(answers, without, control, strict=True)
    once = {a[0]: (a, b, c) for a, b, c in rows if a[1] >= 0}
    return (
        hang(*(list(some) for some in zip(*once.values(), strict=True)))
        if once
        else hang([], [], [])
    )


GROUNDED = (
    Wrong(hang_all, "all answers", "without a citation"),
    Wrong(hang_truthy, "truthy", "if cited"),
    Wrong(hang_positive, "item 0", "item 0"),
    Wrong(hang_by_id, "ids", "which item"),
    Wrong(hang_pairs, "pairs", "texts"),
    Wrong(hang_lower, "capitals", "Capitals"),
    Wrong(hang_exchanged, "exchanged", "exchanged"),
    Wrong(hang_same, "what stays", "stay"),
    Wrong(hang_over_all, "over all", "all"),
    Wrong(hang_zero, "0 for NaN", "NaN"),
    Wrong(hang_division, "0/0", "ZeroDivisionError"),
    Wrong(hang_only, "without those of the control", "control"),
    Wrong(hang_either, "either", "any"),
    Wrong(hang_control_uncited, "the rest as control", "without"),
    Wrong(hang_stays, "the control stays", "stays"),
    Wrong(hang_first_only, "one number", "2|two"),
    Wrong(hang_unknown, "refusals only", "I do not know"),
    Wrong(hang_between, "against the control", "control"),
    Wrong(hang_none, "None", "None"),
    Wrong(hang_first_by_pairs, "pairs compared for the first", "texts"),
    Wrong(hang_counts, "counts", "counts"),
    Wrong(hang_anywhere, "the text anywhere", "anywhere"),
    Wrong(hang_slipped, "filtered beside unfiltered", "beside each other"),
    Wrong(hang_each_filtered, "each list filtered by itself", "beside each other"),
    Wrong(hang_in_place, "lists changed in place", "copy"),
    Wrong(hang_two_nones, "None twice for NaN", "None"),
    Wrong(hang_one_and_zero, "1 and 0 for NaN", "1 and 0"),
    Wrong(hang_of_those_that_change, "of those that change", "Both are shares"),
    Wrong(hang_both_cite, "the new answer must cite, too", "cites nothing"),
    Wrong(hang_until_uncited, "stops at the first that cites nothing", "`break`"),
    Wrong(hang_by_text, "equal texts count once", "same text count once"),
)


def hang_numpy(answers, without, control):
    texts = [np.array([text for text, _ in side]) for side in (answers, without, control)]
    cited = np.array([one for _, one in answers]) >= 0
    if not cited.any():
        return np.nan, np.nan
    return (texts[0] != texts[1])[cited].mean(), (texts[0] != texts[2])[cited].mean()


def hang_list(*given):
    return [*hang(*given)]


def hang_tensors(*given):
    return tuple(map(torch.tensor, hang(*given)))


def hang_counting(answers, without, control):
    count = moved = stirred = 0
    for i in range(len(answers)):
        if answers[i][1] < 0:
            continue
        count += 1
        if without[i][0] != answers[i][0]:
            moved += 1
        if control[i][0] != answers[i][0]:
            stirred += 1
    return (moved / count, stirred / count) if count else (float("nan"), float("nan"))


GROUNDED_RIGHT = (hang, hang_numpy, hang_list, hang_tensors, hang_counting)

# ── 6 · What does it cost? ────────────────────────────────────────────────────────────────────────

COSTS = [0.0941, 0.9375, 0.45, 0.285, 0.85, 0.68, 1.75]


def but(place, value):
    """Return the right numbers with one replaced."""
    return [value if i == place - 1 else n for i, n in enumerate(COSTS)]


TURNS = (
    Wrong(but(1, 0.048), "one standard error", "standard error"),
    Wrong(but(1, 0.188), "full width", "full"),
    Wrong(but(1, 0.734), "the upper end", "upper"),
    Wrong(but(1, 9.41), "per cent", "per cent"),
    Wrong(but(1, 0.0045), "no root", "root"),
    Wrong(but(2, 3.65), "no weights", "often"),
    Wrong(but(2, 0.1875), "no costs", "cost"),
    Wrong(but(2, 2.7125), "kinds exchanged", "changed places"),
    Wrong(but(3, 0.075), "one error only", "only"),
    Wrong(but(3, 2.2625), "costs exchanged", "costs"),
    Wrong(but(4, 0.405), "not the least", "cheaper"),
    Wrong(but(4, 0.45), "as before", "ten"),
    Wrong(but(4, 0.5), "the threshold", "threshold"),
    Wrong(but(5, 0.68), "not the bound", "best"),
    Wrong(but(5, 1.0), "everything", "search"),
    Wrong(but(6, 0.8), "80 %", "Of all"),
    Wrong(but(6, 0.825), "the mean", "mean"),
    Wrong(but(7, 2.0), "endless", "patience"),
    Wrong(but(7, 1.375), "without those who leave", "leaves"),
    Wrong(but(7, 3.0), "all three", "most"),
    Wrong([0.0941, 0.9375, 0.4875, 0.285, 0.68, 0.8, 2.0], "four wrong", "Number"),
    Wrong([0.0941, 0.1875, 0.3875, 0.16, 0.85, 0.68, 1.75], "no costs at all", "cost"),
    Wrong(COSTS[:6], "six numbers", "7"),
    Wrong(but(7, 0.3), "no meaning", "Number 7"),
    Wrong(but(1, 0.48), "how much one differs", "1.96 of its"),
    Wrong(but(2, 0.9125), "one share for both kinds", "both kinds"),
    Wrong(but(2, 0.76), "odds for a share", "share of 1/4"),
    Wrong(but(2, 0.9375 / 7), "divided by the costs", "weights"),
    Wrong(but(2, 2.25), "the rates forgotten", "See the table"),
    Wrong(but(4, 0.39), "the mean of three", "mean over all three"),
    Wrong(but(6, 0.12), "80 % of the misses", "not. found"),
)

TURNS_RIGHT = (
    tuple(COSTS),
    np.array(COSTS),
    torch.tensor(COSTS),
    [0.094, 0.94, 0.45, 0.285, 0.85, 0.68, 1.75],
)

# ── 7 · An adviser that knows everything ──────────────────────────────────────────────────────────


def cosines(messages, items):
    return F.normalize(messages, dim=1) @ F.normalize(items, dim=1).T


def answer_given(messages, items, threshold):
    scores = cosines(messages, items)
    scores = scores / scores.max(1, keepdim=True).values
    best, which = scores.max(1)
    return torch.where(best >= threshold, which, -1)


def answered_by(scores, threshold):
    best, which = scores.max(1)
    return torch.where(best >= threshold, which, -1)


def answer_softmax(messages, items, threshold):
    return answered_by(cosines(messages, items).softmax(1), threshold)


def answer_by_sum(messages, items, threshold):
    scores = cosines(messages, items)
    return answered_by(scores / scores.sum(1, keepdim=True), threshold)


def answer_by_global_best(messages, items, threshold):
    scores = cosines(messages, items)
    return answered_by(scores / scores.max(), threshold)


def answer_by_range(messages, items, threshold):
    scores = cosines(messages, items)
    low, high = scores.min(1, keepdim=True).values, scores.max(1, keepdim=True).values
    return answered_by((scores - low) / (high - low), threshold)


def answer_by_norm(messages, items, threshold):
    return answered_by(F.normalize(cosines(messages, items), dim=1), threshold)


def answer_clamped_best(messages, items, threshold):
    scores = cosines(messages, items)
    return answered_by(scores / scores.max(1, keepdim=True).values.clamp(min=1e-6), threshold)


def answer_dot(messages, items, threshold):
    return answered_by(messages @ items.T, threshold)


def answer_strict(messages, items, threshold):
    best, which = cosines(messages, items).max(1)
    return torch.where(best > threshold, which, -1)


def answer_always(messages, items, threshold):
    return cosines(messages, items).argmax(1)


def answer_all(messages, items, threshold):
    best, which = cosines(messages, items).max(1)
    return which if (best >= threshold).all() else torch.full_like(which, -1)


def answer_zero(messages, items, threshold):
    best, which = cosines(messages, items).max(1)
    return torch.where(best >= threshold, which, 0)


def answer_scores(messages, items, threshold):
    best = cosines(messages, items).amax(1)
    return torch.where(best >= threshold, best, -1)


def answer_zscore(messages, items, threshold):
    scores = cosines(messages, items)
    spread = scores.std(1, keepdim=True, unbiased=False) + 1e-8
    return answered_by((scores - scores.mean(1, keepdim=True)) / spread, threshold)


def answer_scaled_threshold(messages, items, threshold):
    scores = cosines(messages, items)
    best, which = scores.max(1)
    return torch.where(best >= threshold * scores.max(), which, -1)


def answer_sigmoid(messages, items, threshold):
    return answered_by(cosines(messages, items).sigmoid(), threshold)


def answer_axis(messages, items, threshold):
    best, which = cosines(messages, items).max(0)
    return torch.where(best >= threshold, which, -1)


def answer_margin(messages, items, threshold):
    top = cosines(messages, items).sort(1, descending=True)
    second = top.values[:, 1] if top.values.shape[1] > 1 else 0
    return torch.where(top.values[:, 0] - second >= threshold, top.indices[:, 0], -1)


def answer_turned(messages, items, threshold):
    best, which = cosines(messages, items).max(1)
    return torch.where(best < threshold, which, -1)


def answer_distance(messages, items, threshold):
    normalize = torch.nn.functional.normalize
    d = torch.cdist(normalize(messages, dim=1), normalize(items, dim=1))
    best, which = d.min(1)
    return torch.where(best <= threshold, which, -1)


def answer_distance_left(messages, items, threshold):
    normalize = torch.nn.functional.normalize
    d = torch.cdist(normalize(messages, dim=1), normalize(items, dim=1))
    best, which = d.min(1)
    return torch.where(1 - best >= threshold, which, -1)


def answer_no_root(messages, items, threshold):
    a = messages / (messages**2).sum(1, keepdim=True).clamp(min=1e-12)
    b = items / (items**2).sum(1, keepdim=True).clamp(min=1e-12)
    best, which = (a @ b.T).max(1)
    return torch.where(best >= threshold, which, -1)


def answer_one_length(messages, items, threshold):
    a = messages / messages.norm()
    b = torch.nn.functional.normalize(items, dim=1)
    best, which = (a @ b.T).max(1)
    return torch.where(best >= threshold, which, -1)


def answer_centred(messages, items, threshold):
    normalize = torch.nn.functional.normalize
    a = messages - messages.mean(1, keepdim=True)
    b = items - items.mean(1, keepdim=True)
    best, which = (normalize(a, dim=1) @ normalize(b, dim=1).T).max(1)
    return torch.where(best >= threshold, which, -1)


def answer_first_enough(messages, items, threshold):
    normalize = torch.nn.functional.normalize
    scores = normalize(messages, dim=1) @ normalize(items, dim=1).T
    out = []
    for row in scores:
        hit = (row >= threshold).nonzero()
        out.append(hit[0, 0] if len(hit) else torch.tensor(-1))
    return torch.stack(out)


def answer_angle(messages, items, threshold):
    return answered_by(1 - cosines(messages, items).clamp(-1, 1).acos() / math.pi, threshold)


def answer_products_normal(messages, items, threshold):
    return answered_by(F.normalize(messages @ items.T, dim=1), threshold)


def answer_nearest_by_distance(messages, items, threshold):
    best = cosines(messages, items).max(1).values
    return torch.where(best >= threshold, torch.cdist(messages, items).argmin(1), -1)


def answer_last_enough(messages, items, threshold):
    out = torch.full((len(messages),), -1)
    for m, i in (cosines(messages, items) >= threshold).nonzero().tolist():
        out[m] = i
    return out


def answer_zero_by_zero(messages, items, threshold):
    scores = messages / messages.norm(dim=1, keepdim=True) @ F.normalize(items, dim=1).T
    return answered_by(scores, threshold)


BUG_ADVISER = (
    Wrong(answer_given, "as given", "still"),
    Wrong(answer_softmax, "softmax", "softmax"),
    Wrong(answer_by_sum, "by the sum", "sum"),
    Wrong(answer_by_global_best, "by the best of all", "all"),
    Wrong(answer_by_range, "by the range", "scale"),
    Wrong(answer_by_norm, "by the norm", "length"),
    Wrong(answer_clamped_best, "clamped", "division"),
    Wrong(answer_dot, "products", "length"),
    Wrong(answer_strict, ">", "equal"),
    Wrong(answer_always, "no threshold", "refused|threshold"),
    Wrong(answer_all, "all or none", "itself"),
    Wrong(answer_zero, "0 for −1", "−1"),
    Wrong(answer_scores, "scores", ""),
    Wrong(answer_zscore, "z-scores", "standard|threshold"),
    Wrong(answer_scaled_threshold, "threshold of the best", "best"),
    Wrong(answer_sigmoid, "sigmoid", "threshold"),
    Wrong(answer_axis, "axis", "shape|axis|long|short"),
    Wrong(answer_margin, "margin", "second"),
    Wrong(answer_turned, "turned", "wrong way"),
    Wrong(answer_distance, "distances", "distance"),
    Wrong(answer_distance_left, "1 − the distance", "distance"),
    Wrong(answer_no_root, "no root", "root"),
    Wrong(answer_one_length, "one length for all", "one length"),
    Wrong(answer_centred, "correlations", "mean"),
    Wrong(answer_first_enough, "the first near enough", "first"),
    Wrong(answer_angle, "an angle", "angle"),
    Wrong(answer_products_normal, "the products of length 1", "products to length 1"),
    Wrong(answer_nearest_by_distance, "the nearest by distance", "by its distance"),
    Wrong(answer_last_enough, "the last near enough", "the .last. item"),
    Wrong(answer_zero_by_zero, "0/0", "0/0 is NaN"),
)


def answer_right(messages, items, threshold):
    return answered_by(cosines(messages, items), threshold)


def answer_einsum(messages, items, threshold):
    scores = torch.einsum("mw,iw->mi", F.normalize(messages, dim=1), F.normalize(items, dim=1))
    which = scores.argmax(1)
    return which.masked_fill(scores.amax(1) < threshold, -1)


def answer_numpy(messages, items, threshold):
    m, i = messages.double().numpy(), items.double().numpy()
    lengths = np.linalg.norm(m, axis=1)[:, None] * np.linalg.norm(i, axis=1)
    scores = m @ i.T / np.maximum(lengths, 1e-12)
    return np.where(scores.max(1) >= threshold, scores.argmax(1), -1)


def answer_each(messages, items, threshold):
    found = []
    for row in cosines(messages, items).tolist():
        best = max(row)
        found.append(row.index(best) if best >= threshold else -1)
    return found


BUG_ADVISER_RIGHT = (answer_right, answer_einsum, answer_numpy, answer_each)

# ── All of it ─────────────────────────────────────────────────────────────────────────────────────


# ── 8 · A tool of your own ────────────────────────────────────────────────────────────────────────


def tool_these(text, shown, prices, limit, things):
    if not shown or "these" not in text or "how many" not in text:
        return -1
    return sum(1 for i in shown if any(thing[1] in text for thing in things[i]))


def tool_cheapest_words(text, shown, prices, limit, things):
    if shown and ("cheapest" in text or "least" in text):
        return sorted((prices[i], i) for i in shown)[0][1]
    return -1


def tool_two_kinds(text, shown, prices, limit, things):
    found = tool_these(text, shown, prices, limit, things)
    return tool_cheapest_words(text, shown, prices, limit, things) if found < 0 else found


def tool_in_numpy(text, shown, prices, limit, things):
    if not shown or not text.startswith("which of these"):
        return np.int64(-1)
    return np.array(shown)[np.array(prices)[shown].argmin()]


def tool_last_of_equals(text, shown, prices, limit, things):
    if not shown or not text.startswith("which of these"):
        return -1
    return min(reversed(shown), key=lambda i: prices[i])


def tool_how_many(text, shown, prices, limit, things):
    if not shown or "how many" not in text:
        return -1
    return sum(any(kind in text for _, kind in things[i]) for i in shown)


def tool_empty_table(text, shown, prices, limit, things):
    if "these" not in text or "how many" not in text:
        return -1
    return sum(any(kind in text for _, kind in things[i]) for i in shown)


def tool_min_of_nothing(text, shown, prices, limit, things):
    if text.startswith("which of these"):
        return min(shown, key=lambda i: prices[i])
    return -1


def tool_place(text, shown, prices, limit, things):
    if not shown or not text.startswith("which of these"):
        return -1
    on_table = [prices[i] for i in shown]
    return on_table.index(min(on_table))


def tool_whole_shop(text, shown, prices, limit, things):
    if not shown or not text.startswith("which of these"):
        return -1
    return prices.index(min(prices))


def tool_price(text, shown, prices, limit, things):
    if not shown or not text.startswith("which of these"):
        return -1
    return min(prices[i] for i in shown)


def shop_count(limit_fits, thing_fits):
    def answer(text, shown, prices, limit, things):
        words = text.split()
        colours = [w for w in words if w in ("red", "blue", "green", "orange", "purple", "black")]
        kinds = ("umbrella", "star", "heart", "anchor", "flower", "airplane")
        kinds = [w for w in words if w in kinds]
        if not colours or not kinds or "how many" not in text or "cards" not in text:
            return -1
        cards = [things[i] for i, p in enumerate(prices) if limit_fits(p, limit)]
        return sum(thing_fits(card, colours[0], kinds[0]) for card in cards)

    return answer


def in_limit(price, limit):
    return limit < 0 or price <= limit


def has(card, colour, kind):
    return [colour, kind] in card


tool_shop = shop_count(in_limit, has)
tool_no_limit = shop_count(lambda price, limit: True, has)
tool_strict = shop_count(lambda price, limit: limit < 0 or price < limit, has)
tool_zero = shop_count(lambda price, limit: limit <= 0 or price <= limit, has)
tool_no_minus_one = shop_count(lambda price, limit: price <= limit, has)


def crossed(card, colour, kind):
    return any(c == colour for c, _ in card) and any(k == kind for _, k in card)


tool_crossed = shop_count(in_limit, crossed)
tool_things = shop_count(in_limit, lambda card, colour, kind: card.count([colour, kind]))


def tool_odd_text(text, shown, prices, limit, things):
    kind = text.split()[-2]
    if not shown or not text.startswith("how many of these"):
        return -1
    return sum(any(kind == k for _, k in things[i]) for i in shown)


def tool_none(text, shown, prices, limit, things):
    if shown and text.startswith("which of these"):
        return min(shown, key=lambda i: prices[i])


def tool_says_it(text, shown, prices, limit, things):
    if shown and text.startswith("which of these"):
        return f"Card {min(shown, key=lambda i: prices[i])}."
    return -1


def tool_always_zero(text, shown, prices, limit, things):
    return 0


def tool_misspelt(text, shown, prices, limit, things):
    if shown and text == "which of those is the cheapest?":
        return min(shown, key=lambda i: prices[i])
    return -1


def tool_one_sentence(text, shown, prices, limit, things):
    if shown and text == "which of these is the cheapest ?":
        return min(shown, key=lambda i: prices[i])
    return -1


def tool_sells(text, shown, prices, limit, things):
    if not shown:
        return -1
    return min(shown, key=lambda i: prices[i])


def shows(kind, card):
    return any(kind == k for _, k in card)


def tool_one_article(text, shown, prices, limit, things):
    sentences = r"(?:how many of these show|on how many of these is there) a (\w+) \?"
    found = re.fullmatch(sentences, text)
    return sum(shows(found[1], things[i]) for i in shown) if found and shown else -1


def tool_shy_of_zero(text, shown, prices, limit, things):
    return tool_these(text, shown, prices, limit, things) or -1


def tool_seeks_the_price(text, shown, prices, limit, things):
    if not shown or not text.startswith("which of these"):
        return -1
    return prices.index(min(prices[i] for i in shown))


def tool_as_many_as_shown(text, shown, prices, limit, things):
    return tool_these(text, range(len(shown)), prices, limit, things)


def tool_limits_the_table(text, shown, prices, limit, things):
    if not shown or "these" not in text or "how many" not in text:
        return -1
    kind = text.split()[-2]
    return sum(shows(kind, things[i]) and in_limit(prices[i], limit) for i in shown)


def tool_shop_is_table(text, shown, prices, limit, things):
    here = [prices[i] for i in shown], limit, [things[i] for i in shown]
    return tool_shop(text, shown, *here)


def tool_hears_you(text, shown, prices, limit, things):
    if "you" not in text:
        return -1
    words = text.split()
    pairs = [pair for card in things for pair in card if set(pair) <= set(words)]
    fits = (
        [in_limit(p, limit) and pairs[0] in c for c, p in zip(things, prices, strict=True)]
        if pairs
        else []
    )
    return sum(fits) if pairs else -1


def tool_known_things(text, shown, prices, limit, things):
    sentences = {}
    for colour, kind in itertools.chain(*things):
        count = sum(
            in_limit(p, limit) and [colour, kind] in c for c, p in zip(things, prices, strict=True)
        )
        a = "an" if colour == "orange" else "a"
        sentences[f"how many cards with {a} {colour} {kind} do you have ?"] = count
        sentences[f"on how many of your cards is there {a} {colour} {kind} ?"] = count
    return sentences.get(text, -1)


def tool_those_that_do_not(text, shown, prices, limit, things):
    found = tool_these(text, shown, prices, limit, things)
    return len(shown) - found if found >= 0 else -1


def tool_kind_first(text, shown, prices, limit, things):
    turned = [[thing[::-1] for thing in card] for card in things]
    return tool_one_word(text, shown, prices, limit, turned)


def tool_one_word(text, shown, prices, limit, things):
    if not shown or "these" not in text or "how many" not in text:
        return -1
    return sum(shows(text.split()[-2], things[i]) for i in shown)


def tool_smallest_id(text, shown, prices, limit, things):
    return min(shown) if tool_cheapest_words(text, shown, prices, limit, things) >= 0 else -1


def tool_begins_with_0(text, shown, prices, limit, things):
    best = 0
    for i in shown:
        best = i if prices[i] < prices[best] else best
    return best if tool_cheapest_words(text, shown, prices, limit, things) >= 0 else -1


TOOL = (
    Wrong(tool_how_many, "it takes every how many", "none of the sentences"),
    Wrong(tool_empty_table, "0 of no cards", "No card is shown"),
    Wrong(tool_min_of_nothing, "the least of nothing", "ValueError.*min"),
    Wrong(tool_place, "a place for an id", "place in `shown`"),
    Wrong(tool_whole_shop, "the cheapest of the shop", "of the whole shop"),
    Wrong(tool_price, "a price for an id", "returns the least price"),
    Wrong(tool_no_limit, "no limit", "counts cards that cost more"),
    Wrong(tool_strict, "< for ≤", "exactly the limit"),
    Wrong(tool_zero, "0 for no limit", "limit of 0"),
    Wrong(tool_no_minus_one, "−1 for a limit", "−1 says that there is none"),
    Wrong(tool_crossed, "colour and kind of different things", "of the .same. thing"),
    Wrong(tool_things, "things for cards", "counts things"),
    Wrong(tool_odd_text, "stops at a short text", "IndexError"),
    Wrong(tool_none, "None for −1", "returns None"),
    Wrong(tool_says_it, "a sentence", "no whole number"),
    Wrong(tool_always_zero, "always 0", "says something else"),
    Wrong(tool_misspelt, "nobody says that", "too few are served"),
    Wrong(tool_one_sentence, "one of two sentences", "too few are served"),
    Wrong(tool_sells, "whatever is said", "says something else"),
    Wrong(tool_one_article, "'an' forgotten", 'nine in ten.*after "an"'),
    Wrong(tool_shy_of_zero, "passes on where it counts none", "where the number is 0"),
    Wrong(tool_seeks_the_price, "the first of that price, shown or not", "may not be shown"),
    Wrong(tool_as_many_as_shown, "range(len(shown)) for shown", "stand .in. `shown`"),
    Wrong(tool_limits_the_table, "the limit for all", "leaves out shown cards"),
    Wrong(tool_shop_is_table, "the shop's question about shown cards", "shown or not"),
    Wrong(tool_hears_you, "a number for whom a card was asked of", "says something else"),
    Wrong(tool_those_that_do_not, "cards that do not show it", "too large a number"),
    Wrong(tool_kind_first, "the colour taken for the kind", "which part of a thing"),
    Wrong(tool_smallest_id, "the smallest id", "costs less"),
    Wrong(tool_begins_with_0, "begins with card 0", "begin with one"),
)
TOOL_RIGHT = (
    tool_these,
    tool_cheapest_words,
    tool_two_kinds,
    tool_in_numpy,
    tool_last_of_equals,
    tool_shop,
    tool_known_things,
)


WRONG = {
    "advisor.updated": UPDATED,
    "advisor.meant": MEANT,
    "advisor.reranked": RERANKED,
    "advisor.both_errors": BOTH_ERRORS,
    "advisor.grounded": GROUNDED,
    "advisor.turns": TURNS,
    "advisor.bug_adviser": BUG_ADVISER,
    "advisor.tool": TOOL,
}
RIGHT = {
    "advisor.updated": UPDATED_RIGHT,
    "advisor.meant": MEANT_RIGHT,
    "advisor.reranked": RERANKED_RIGHT,
    "advisor.both_errors": BOTH_ERRORS_RIGHT,
    "advisor.grounded": GROUNDED_RIGHT,
    "advisor.turns": TURNS_RIGHT,
    "advisor.bug_adviser": BUG_ADVISER_RIGHT,
    "advisor.tool": TOOL_RIGHT,
}
