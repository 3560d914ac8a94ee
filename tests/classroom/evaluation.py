"""What a class hands in to the exercises of lesson 19."""

import math
import re
import string
import unicodedata

import numpy as np
import torch

from tests.classroom import Wrong

# ── 1 · What did it answer? ───────────────────────────────────────────────────────────────────────


def words_of(text):
    return re.findall(r"[a-z0-9]+", text.lower())


def parsed_substring(text, options):
    found = [i for i, option in enumerate(options) if option in text.lower()]
    return found[0] if len(found) == 1 else -1


def parsed_split(text, options):
    words = text.lower().split()
    said = {w for b, w in zip(["", *words], words, strict=False) if w in options and b != "not"}
    return options.index(said.pop()) if len(said) == 1 else -1


def parsed_strip(text, options):
    words = [w.strip(".,!?:;()'\"") for w in text.lower().split()]
    said = {w for b, w in zip(["", *words], words, strict=False) if w in options and b != "not"}
    return options.index(said.pop()) if len(said) == 1 else -1


def parsed_no_not(text, options):
    said = set(words_of(text)) & set(options)
    return options.index(said.pop()) if len(said) == 1 else -1


def parsed_first(text, options):
    words = words_of(text)
    for i, word in enumerate(words):
        if word in options and (i == 0 or words[i - 1] != "not"):
            return options.index(word)
    return -1


def parsed_last(text, options):
    words = words_of(text)
    said = [w for b, w in zip(["", *words], words, strict=False) if w in options and b != "not"]
    return options.index(said[-1]) if said else -1


def parsed_counts(text, options):
    words = words_of(text)
    said = [w for b, w in zip(["", *words], words, strict=False) if w in options and b != "not"]
    return options.index(said[0]) if len(said) == 1 else -1


def parsed_case(text, options):
    words = re.findall(r"\w+", text)
    said = {w for b, w in zip(["", *words], words, strict=False) if w in options and b != "not"}
    return options.index(said.pop()) if len(said) == 1 else -1


def parsed_not_anywhere(text, options):
    words = words_of(text)
    if "not" in words:
        return -1
    said = set(words) & set(options)
    return options.index(said.pop()) if len(said) == 1 else -1


def parsed_not_excludes(text, options):
    words = words_of(text)
    out = {w for b, w in zip(["", *words], words, strict=False) if b == "not"}
    said = (set(words) & set(options)) - out
    return options.index(said.pop()) if len(said) == 1 else -1


def parsed_replace(text, options):
    text = text.lower()
    for option in options:
        text = text.replace("not " + option, "")
    said = set(re.findall(r"[a-z0-9]+", text)) & set(options)
    return options.index(said.pop()) if len(said) == 1 else -1


def parsed_elimination(text, options):
    words = words_of(text)
    out = {w for b, w in zip(["", *words], words, strict=False) if b == "not"}
    said = (set(words) & set(options)) - out
    left = [o for o in options if o not in out]
    if not said and out and len(left) == 1:
        return options.index(left[0])
    return options.index(said.pop()) if len(said) == 1 else -1


def parsed_option(text, options):
    found = parsed_right(text, options)
    return options[found] if found >= 0 else "none"


def parsed_none(text, options):
    found = parsed_right(text, options)
    return found if found >= 0 else None


def parsed_one_based(text, options):
    found = parsed_right(text, options)
    return found + 1 if found >= 0 else -1


def parsed_zero(text, options):
    words = words_of(text)
    said = {w for b, w in zip(["", *words], words, strict=False) if w in options and b != "not"}
    return options.index(said.pop()) if len(said) == 1 else 0


def parsed_next_word(text, options):
    words = words_of(text)
    said = {
        w
        for w, after in zip(words, [*words[1:], ""], strict=True)
        if w in options and after != "not"
    }
    return options.index(said.pop()) if len(said) == 1 else -1


def parsed_no_word(text, options):
    words = words_of(text)
    no = ("not", "no", "never")
    said = {w for b, w in zip(["", *words], words, strict=False) if w in options and b not in no}
    return options.index(said.pop()) if len(said) == 1 else -1


def parsed_majority(text, options):
    words = words_of(text)
    said = [w for b, w in zip(["", *words], words, strict=False) if w in options and b != "not"]
    return options.index(max(said, key=said.count)) if said else -1


def parsed_regex_raw(text, options):
    found = [
        i
        for i, option in enumerate(options)
        if re.search(rf"\b{option}\b", text.lower())
        and not re.search(rf"\bnot {option}\b", text.lower())
    ]
    return found[0] if len(found) == 1 else -1


def parsed_letters_only(text, options):
    words = re.findall("[a-z]+", text.lower())
    said = {w for b, w in zip(["", *words], words, strict=False) if w in options and b != "not"}
    return options.index(said.pop()) if len(said) == 1 else -1


def parsed_joined(text, options):
    words = re.sub("[^a-z0-9 ]", "", text.lower()).split()
    said = {w for b, w in zip(["", *words], words, strict=False) if w in options and b != "not"}
    return options.index(said.pop()) if len(said) == 1 else -1


def parsed_right(text, options):
    words = words_of(text)
    said = {w for b, w in zip(["", *words], words, strict=False) if w in options and b != "not"}
    return options.index(said.pop()) if len(said) == 1 else -1


def parsed_numpy(text, options):
    return np.int64(parsed_right(text, options))


def parsed_split_pattern(text, options):
    said = []
    words = [word for word in re.split(r"[^a-z0-9]", text.lower()) if word]
    while words:
        word = words.pop()
        if word in options and (not words or words[-1] != "not"):
            said.append(options.index(word))
    return said[0] if said and min(said) == max(said) else -1


def parsed_bounds(text, options):
    plain = re.sub(r"[^a-z0-9]+", " ", text.lower())
    plain = re.sub(r"\bnot (?=not )", "", plain)
    said = []
    for number, option in enumerate(options):
        kept = re.sub(rf"\bnot {option}\b", " ", plain)
        if re.search(rf"\b{option}\b", kept):
            said.append(number)
    return said[0] if len(said) == 1 else -1


def parsed_tensor(text, options):
    return torch.tensor(parsed_right(text, options))


def parsed_from(words, options, nots=("not",)):
    pairs = zip(["", *words], words, strict=False)
    said = {word for before, word in pairs if word in options and before not in nots}
    return options.index(said.pop()) if len(said) == 1 else -1


def parsed_any_letter(text, options):
    return parsed_from(re.findall(r"\w+", text.lower()), options)


def parsed_isalnum(text, options):
    text = "".join(sign if sign.isalnum() else " " for sign in text.lower())
    return parsed_from(text.split(), options)


def parsed_punctuation(text, options):
    spaces = str.maketrans(dict.fromkeys(string.punctuation, " "))
    return parsed_from(text.lower().translate(spaces).split(), options)


def parsed_begins_with_not(text, options):
    words = words_of(text)
    pairs = zip(["", *words], words, strict=False)
    said = {w for b, w in pairs if w in options and not b.startswith("not")}
    return options.index(said.pop()) if len(said) == 1 else -1


def parsed_cannot(text, options):
    return parsed_from(words_of(text), options, ("not", "cannot"))


def parsed_genitive(text, options):
    return parsed_from(words_of(text.lower().replace("'s", "")), options)


def parsed_capital_not(text, options):
    words = re.findall(r"[A-Za-z0-9]+", text)
    pairs = zip(["", *words], words, strict=False)
    said = {word.lower() for before, word in pairs if word.lower() in options and before != "not"}
    return options.index(said.pop()) if len(said) == 1 else -1


def parsed_search(text, options):
    found = [o for o in options if re.search(rf"(?<!not )\b{o}\b", text.lower())]
    return options.index(found[0]) if len(found) == 1 else -1


def parsed_word_before_first(text, options):
    words = words_of(text)
    said = {w for i, w in enumerate(words) if w in options and words[i - 1] != "not"}
    return options.index(said.pop()) if len(said) == 1 else -1


def parsed_recursive(text, options):
    def said(words, before):
        if not words:
            return set()
        counts = words[0] in options and before != "not"
        return ({words[0]} if counts else set()) | said(words[1:], words[0])

    found = said(words_of(text), "")
    return options.index(*found) if len(found) == 1 else -1


def parsed_by_line(text, options):
    said = set()
    for line in text.splitlines():
        pairs = zip(["", *words_of(line)], words_of(line), strict=False)
        said |= {word for before, word in pairs if word in options and before != "not"}
    return options.index(said.pop()) if len(said) == 1 else -1


def parsed_other_of_two(text, options):
    said = set()
    words = words_of(text)
    for before, word in zip(["", *words], words, strict=False):
        if word in options and before != "not":
            said.add(word)
        elif word in options and len(options) == 2:
            said.add(options[1 - options.index(word)])
    return options.index(said.pop()) if len(said) == 1 else -1


def parsed_place(text, options):
    words = words_of(text)
    pairs = enumerate(zip(["", *words], words, strict=False))
    at = [i for i, (before, word) in pairs if word in options and before != "not"]
    return at[0] if len({words[i] for i in at}) == 1 else -1


def parsed_folded(text, options):
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return parsed_from(words_of(plain), options)


def parsed_number_words(text, options):
    meant = {"two": "2", "three": "3", "twelve": "12"}
    return parsed_from([meant.get(word, word) for word in words_of(text)], options)


def parsed_leading_zeros(text, options):
    return parsed_from([word.lstrip("0") for word in words_of(text)], options)


def parsed_after_but(text, options):
    return parsed_from(words_of(text.lower().split("but")[-1]), options)


PARSED = (
    Wrong(parsed_substring, "substrings, no negation", "inside"),
    Wrong(parsed_split, "split at spaces", "Signs stick"),
    Wrong(parsed_strip, "signs at the ends only", "ends"),
    Wrong(parsed_no_not, "no negation", "never ask"),
    Wrong(parsed_first, "the first", "first"),
    Wrong(parsed_last, "the last", "last"),
    Wrong(parsed_counts, "twice is no answer", "twice"),
    Wrong(parsed_case, "no small letters", "small"),
    Wrong(parsed_not_anywhere, "a not anywhere", 'One "not"'),
    Wrong(parsed_not_excludes, "denied for good", "never counts again"),
    Wrong(parsed_replace, "cut out of the text", "not"),
    Wrong(parsed_elimination, "what is left", "not"),
    Wrong(parsed_option, "the option itself", "str"),
    Wrong(parsed_none, "None", "None"),
    Wrong(parsed_one_based, "from 1", "from 1"),
    Wrong(parsed_zero, "0 for nothing", "0"),
    Wrong(parsed_next_word, "the word behind", "behind"),
    Wrong(parsed_no_word, "other negations", "never"),
    Wrong(parsed_majority, "the most frequent", "said|most"),
    Wrong(parsed_regex_raw, "denied for good, by spaces", "not"),
    Wrong(parsed_letters_only, "no digits", "Digits"),
    Wrong(parsed_joined, "signs deleted", "delete signs"),
    Wrong(parsed_any_letter, "underscores in words", "underscore"),
    Wrong(parsed_isalnum, "accents in words", "accent"),
    Wrong(parsed_punctuation, "a list of signs", "list"),
    Wrong(parsed_begins_with_not, "nothing denies", "begins"),
    Wrong(parsed_cannot, "cannot denies", "cannot"),
    Wrong(parsed_genitive, "'s cut off", "star"),
    Wrong(parsed_capital_not, "Not is no not", "small"),
    Wrong(parsed_search, "searched, a space between", "knot"),
    Wrong(parsed_word_before_first, "the last before the first", "last one"),
    Wrong(parsed_by_line, "line by line", "line break"),
    Wrong(parsed_other_of_two, "not yes is no", "stands for the other"),
    Wrong(parsed_place, "the place of the word", "place of the"),
    Wrong(parsed_folded, "accents made plain", "plain ones"),
    Wrong(parsed_number_words, "two is 2", "Two or 3"),
    Wrong(parsed_leading_zeros, "02 is 2", "02 or 3"),
    Wrong(parsed_after_but, "what comes behind but", "so not blue"),
)

PARSED_RIGHT = (
    parsed_recursive,
    parsed_right,
    parsed_numpy,
    parsed_split_pattern,
    parsed_bounds,
    parsed_tensor,
)

# ── 2 · Two F1, and what they hide ────────────────────────────────────────────────────────────────


def tables(truth, said, classes):
    hits = torch.zeros(classes)
    right, found = torch.zeros(classes), torch.zeros(classes)
    for c in range(classes):
        hits[c] = ((truth == c) & (said == c)).sum()
        right[c], found[c] = (truth == c).sum(), (said == c).sum()
    return hits, right, found


def f1_right(truth, said, classes):
    hits, right, found = tables(truth, said, classes)
    each = 2 * hits / (right + found).clamp(min=1)
    return each.mean(), 2 * hits.sum() / (right.sum() + found.sum())


def f1_means(truth, said, classes):
    hits, right, found = tables(truth, said, classes)
    p = (hits / found.clamp(min=1)).mean()
    r = (hits / right.clamp(min=1)).mean()
    macro = 2 * p * r / (p + r) if p + r > 0 else torch.tensor(0.0)
    return macro, f1_right(truth, said, classes)[1]


def f1_nan(truth, said, classes):
    hits, right, found = tables(truth, said, classes)
    return (2 * hits / (right + found)).mean(), 2 * hits.sum() / (right.sum() + found.sum())


def f1_nanmean(truth, said, classes):
    hits, right, found = tables(truth, said, classes)
    return (2 * hits / (right + found)).nanmean(), 2 * hits.sum() / (right.sum() + found.sum())


def f1_weighted(truth, said, classes):
    hits, right, found = tables(truth, said, classes)
    each = 2 * hits / (right + found).clamp(min=1)
    return (each * right).sum() / right.sum(), 2 * hits.sum() / (right.sum() + found.sum())


def f1_accuracy(truth, said, classes):
    return f1_right(truth, said, classes)[0], (truth == said).float().mean()


def f1_filtered(truth, said, classes):
    kept = said != -1
    return f1_right(truth[kept], said[kept], classes)


def f1_present(truth, said, classes):
    hits, right, found = tables(truth, said, classes)
    each = 2 * hits / (right + found).clamp(min=1)
    return each[right > 0].mean(), 2 * hits.sum() / (right.sum() + found.sum())


def f1_negative_index(truth, said, classes):
    table = torch.zeros(classes, classes)
    for t, s in zip(truth, said, strict=True):
        table[t, s] += 1
    hits = table.diagonal()
    each = 2 * hits / (table.sum(0) + table.sum(1)).clamp(min=1)
    return each.mean(), 2 * hits.sum() / (2 * table.sum())


def f1_swapped(truth, said, classes):
    macro, micro = f1_right(truth, said, classes)
    return micro, macro


def f1_same(truth, said, classes):
    macro, _ = f1_right(truth, said, classes)
    return macro, macro


def f1_no_two(truth, said, classes):
    hits, right, found = tables(truth, said, classes)
    each = hits / (right + found).clamp(min=1)
    return each.mean(), hits.sum() / (right.sum() + found.sum())


def f1_stacked(truth, said, classes):
    return torch.stack(f1_right(truth, said, classes))


def f1_iou(truth, said, classes):
    hits, right, found = tables(truth, said, classes)
    each = hits / (right + found - hits).clamp(min=1)
    return each.mean(), hits.sum() / (right.sum() + found.sum() - hits.sum())


def f1_recall(truth, said, classes):
    hits, right, _ = tables(truth, said, classes)
    return (hits / right.clamp(min=1)).mean(), hits.sum() / right.sum()


def f1_binary(truth, said, classes):
    hits, right, found = tables(truth, said, classes)
    each = 2 * hits / (right + found).clamp(min=1)
    return each[1] if classes > 1 else each[0], 2 * hits.sum() / (right.sum() + found.sum())


def f1_sum(truth, said, classes):
    hits, right, found = tables(truth, said, classes)
    each = 2 * hits / (right + found).clamp(min=1)
    return each.sum(), 2 * hits.sum() / (right.sum() + found.sum())


def f1_rounded(truth, said, classes):
    macro, micro = f1_right(truth, said, classes)
    return round(float(macro), 2), round(float(micro), 2)


def f1_arithmetic(truth, said, classes):
    hits, right, found = tables(truth, said, classes)
    p, r = hits / found.clamp(min=1), hits / right.clamp(min=1)
    total = 2 * hits.sum() / (right.sum() + found.sum())
    return ((p + r) / 2).mean(), total


def f1_max_class(truth, said, classes):
    return f1_right(truth, said, int(truth.max()) + 1)


def f1_one(truth, said, classes):
    return f1_right(truth, said, classes)[0]


def f1_of_answers(truth, said, classes):
    answered = (said >= 0).sum().clamp(min=1)
    return f1_right(truth, said, classes)[0], (truth == said).sum() / answered


def f1_plus_one(truth, said, classes):
    hits, right, found = tables(truth, said, classes)
    return (2 * hits / (right + found + 1)).mean(), f1_right(truth, said, classes)[1]


def f1_no_false_alarms(truth, said, classes):
    hits, right, _ = tables(truth, said, classes)
    each = 2 * hits / (hits + right).clamp(min=1)
    return each.mean(), 2 * hits.sum() / (hits.sum() + right.sum())


def f1_clamped_apart(truth, said, classes):
    hits, right, found = tables(truth, said, classes)
    each = 2 * hits / (right.clamp(min=1) + found.clamp(min=1))
    return each.mean(), f1_right(truth, said, classes)[1]


def f1_precisions(truth, said, classes):
    hits, _, found = tables(truth, said, classes)
    return (hits / found.clamp(min=1)).mean(), hits.sum() / found.sum().clamp(min=1)


def f1_from_one(truth, said, classes):
    hits, right, found = tables(truth - 1, said.clamp(min=0) - 1, classes)
    each = 2 * hits / (right + found).clamp(min=1)
    return each.mean(), 2 * hits.sum() / (right.sum() + found.sum()).clamp(min=1)


def f1_smoothed(truth, said, classes):
    hits, right, found = tables(truth, said, classes)
    both = right + found
    return (2 * hits / (both + 1)).mean(), 2 * hits.sum() / (both.sum() + 1)


F1 = (
    Wrong(f1_means, "F1 of the means", "means"),
    Wrong(f1_nan, "0/0", "0/0"),
    Wrong(f1_nanmean, "absent classes skipped", "leave out classes"),
    Wrong(f1_weighted, "weighted", "weigh"),
    Wrong(f1_accuracy, "micro is the accuracy", "accuracy"),
    Wrong(f1_filtered, "silence left out", "leave out"),
    Wrong(f1_present, "only classes in truth", "truth"),
    Wrong(f1_negative_index, "−1 is the last class", "last"),
    Wrong(f1_swapped, "exchanged", "order"),
    Wrong(f1_same, "both macro", "macro"),
    Wrong(f1_no_two, "no factor 2", "half|2"),
    Wrong(f1_iou, "intersection over union", "union|1"),
    Wrong(f1_recall, "recall", "recall"),
    Wrong(f1_binary, "class 1", "class"),
    Wrong(f1_sum, "a sum", "sum"),
    Wrong(f1_rounded, "two decimals", "round|decimal"),
    Wrong(f1_arithmetic, "arithmetic mean", "plain mean|harmonic"),
    Wrong(f1_max_class, "classes from truth", "truth"),
    Wrong(f1_one, "macro alone", "2 things"),
    Wrong(f1_of_answers, "precision as micro", "precision"),
    Wrong(f1_plus_one, "1 added below", "add 1"),
    Wrong(f1_no_false_alarms, "false alarms forgotten", "said and is not right"),
    Wrong(f1_precisions, "precision in both", "precisions"),
    Wrong(f1_from_one, "classes from 1", "from 1"),
    Wrong(f1_smoothed, "one more below", "add 1 below"),
)


def f1_list(truth, said, classes):
    return [float(x) for x in f1_right(truth, said, classes)]


def f1_in_sets(truth, said, classes):
    each, hits = [], 0
    pairs = list(enumerate(zip(truth.tolist(), said.tolist(), strict=True)))
    for c in range(classes):
        true, found = {i for i, (t, _) in pairs if t == c}, {i for i, (_, s) in pairs if s == c}
        hits += len(true & found)
        each.append(2 * len(true & found) / max(len(true) + len(found), 1))
    return sum(each) / classes, 2 * hits / (len(truth) + int((said >= 0).sum()))


def f1_one_hot(truth, said, classes):
    true = torch.eye(classes)[truth]
    found = torch.eye(classes + 1)[said][:, :classes]
    both = true.sum(0) + found.sum(0)
    each = torch.where(both > 0, 2 * (true * found).sum(0) / both, torch.zeros(()))
    return each.mean(), 2 * (true * found).sum() / both.sum()


F1_RIGHT = (f1_clamped_apart, f1_right, f1_list, f1_in_sets, f1_one_hot, f1_stacked)

# ── 3 · Does 80 % mean 80 %? ──────────────────────────────────────────────────────────────────────


def binned(place, confidence, right, weigh=True, close=abs, size=1):
    total, count = 0.0, 0
    for k in place.unique():
        inside = place == k
        gap = close(float(right[inside].float().mean() - confidence[inside].mean()))
        total += gap * (float(inside.float().mean()) if weigh else size)
        count += 1
    return total, count


def upper(confidence, bins):
    return ((confidence * bins).ceil() - 1).clamp(min=0)


def ece_right(confidence, right, bins):
    return binned(upper(confidence, bins), confidence, right)[0]


def ece_floor(confidence, right, bins):
    return binned((confidence * bins).floor(), confidence, right)[0]


def ece_floor_clamped(confidence, right, bins):
    return binned((confidence * bins).floor().clamp(max=bins - 1), confidence, right)[0]


def ece_zero_apart(confidence, right, bins):
    return binned((confidence * bins).ceil() - 1, confidence, right)[0]


def ece_zero_lost(confidence, right, bins):
    error = 0.0
    for k in range(bins):
        inside = (confidence > k / bins) & (confidence <= (k + 1) / bins)
        if inside.any():
            gap = right[inside].float().mean() - confidence[inside].mean()
            error += inside.float().mean() * gap.abs()
    return error


def ece_half_open(confidence, right, bins):
    error = 0.0
    for k in range(bins):
        inside = (confidence >= k / bins) & (confidence < (k + 1) / bins)
        if inside.any():
            gap = right[inside].float().mean() - confidence[inside].mean()
            error += inside.float().mean() * gap.abs()
    return error


def ece_both_edges(confidence, right, bins):
    error = 0.0
    for k in range(bins):
        inside = (confidence >= k / bins) & (confidence <= (k + 1) / bins)
        if inside.any():
            gap = right[inside].float().mean() - confidence[inside].mean()
            error += inside.float().mean() * gap.abs()
    return error


def ece_mean_of_bins(confidence, right, bins):
    total, count = binned(upper(confidence, bins), confidence, right, weigh=False)
    return total / count


def ece_over_bins(confidence, right, bins):
    return binned(upper(confidence, bins), confidence, right, weigh=False)[0] / bins


def ece_squared(confidence, right, bins):
    return binned(upper(confidence, bins), confidence, right, close=lambda x: x * x)[0]


def ece_signed(confidence, right, bins):
    return binned(upper(confidence, bins), confidence, right, close=lambda x: x)[0]


def ece_rms(confidence, right, bins):
    return ece_squared(confidence, right, bins) ** 0.5


def ece_nan(confidence, right, bins):
    place = upper(confidence, bins)
    error = 0.0
    for k in range(bins):
        inside = place == k
        gap = right[inside].float().mean() - confidence[inside].mean()
        error += inside.float().mean() * gap.abs()
    return error


def ece_centres(confidence, right, bins):
    place = upper(confidence, bins)
    error = 0.0
    for k in place.unique():
        inside = place == k
        error += inside.float().mean() * (right[inside].float().mean() - (k + 0.5) / bins).abs()
    return error


def ece_maximum(confidence, right, bins):
    place = upper(confidence, bins)
    gaps = []
    for k in place.unique():
        inside = place == k
        gaps.append(float((right[inside].float().mean() - confidence[inside].mean()).abs()))
    return max(gaps)


def ece_no_bins(confidence, right, bins):
    return (right.float().mean() - confidence.mean()).abs()


def ece_answers(confidence, right, bins):
    return (right.float() - confidence).abs().mean()


def ece_ten(confidence, right, bins):
    return ece_right(confidence, right, 10)


def ece_percent(confidence, right, bins):
    return 100 * ece_right(confidence, right, bins)


def ece_wrong_share(confidence, right, bins):
    return ece_right(confidence, ~right, bins)


def ece_counts(confidence, right, bins):
    return ece_right(confidence, right, bins) * len(right)


def ece_sorted(confidence, right, bins):
    order = confidence.argsort()
    return sum(
        float((right[i].float().mean() - confidence[i].mean()).abs()) * len(i) / len(order)
        for i in order.chunk(bins)
    )


def ece_linspace(confidence, right, bins):
    edges = torch.linspace(0, 1, bins)
    return binned(torch.bucketize(confidence, edges), confidence, right)[0]


def ece_accuracy_of_all(confidence, right, bins):
    place, total = upper(confidence, bins), 0.0
    for k in place.unique():
        inside = place == k
        total += inside.sum() * (right.float().mean() - confidence[inside].mean()).abs()
    return total / len(confidence)


def ece_sum_of_confidences(confidence, right, bins):
    place, total = upper(confidence, bins), 0.0
    for k in place.unique():
        inside = place == k
        total += inside.sum() * (right[inside].float().mean() - confidence[inside].sum()).abs()
    return total / len(confidence)


def ece_of_the_right(confidence, right, bins):
    place, total = upper(confidence, bins), 0.0
    for k in place.unique():
        inside = place == k
        share = right[inside].sum() / right.sum().clamp(min=1)
        total += (share - confidence[inside].mean()).abs() * inside.float().mean()
    return total


def ece_right_alone(confidence, right, bins):
    return ece_right(confidence[right], right[right], bins)


def ece_sure_where_right(confidence, right, bins):
    place, total = upper(confidence, bins), 0.0
    for k in place.unique():
        inside = place == k
        sure = (confidence * right)[inside].sum() / right[inside].sum().clamp(min=1)
        total += (right[inside].float().mean() - sure).abs() * inside.float().mean()
    return total


ECE = (
    Wrong(ece_floor, "floor, 1 in a bin of its own", "edge|wrong side"),
    Wrong(ece_floor_clamped, "floor", "wrong side"),
    Wrong(ece_zero_apart, "0 in a bin of its own", "edge|0"),
    Wrong(ece_zero_lost, "0 lost", "exactly 0"),
    Wrong(ece_half_open, "half open on the wrong side, 1 lost", "wrong side"),
    Wrong(ece_both_edges, "edges in two bins", "edge"),
    Wrong(ece_mean_of_bins, "mean over bins", "share"),
    Wrong(ece_over_bins, "mean over all bins", "share"),
    Wrong(ece_squared, "squared", "square"),
    Wrong(ece_signed, "signed", "sign"),
    Wrong(ece_rms, "root of squares", "root"),
    Wrong(ece_nan, "empty bins", "empty"),
    Wrong(ece_centres, "centres", "centre"),
    Wrong(ece_maximum, "the largest gap", "largest"),
    Wrong(ece_no_bins, "no bins", "bins"),
    Wrong(ece_answers, "each answer", "each answer"),
    Wrong(ece_ten, "always ten", "bins"),
    Wrong(ece_percent, "per cent", "100"),
    Wrong(ece_wrong_share, "wrong ones", "wrong"),
    Wrong(ece_counts, "counts", "how many"),
    Wrong(ece_sorted, "bins of equal counts", "equally"),
    Wrong(ece_linspace, "one bin too few", "edge"),
    Wrong(ece_accuracy_of_all, "the accuracy of all", "of \\*all"),
    Wrong(ece_sum_of_confidences, "a sum of confidences", "sum"),
    Wrong(ece_of_the_right, "the share of all right ones", "all .right. ones"),
    Wrong(ece_right_alone, "only right answers", "Only the right"),
    Wrong(ece_sure_where_right, "confidence where right", "Only the .right."),
)


def ece_histogram(confidence, right, bins):
    place = np.clip(np.ceil(confidence.numpy() * bins).astype(int) - 1, 0, None)
    count = np.bincount(place, minlength=bins)
    hit = np.bincount(place, weights=right.numpy().astype(float), minlength=bins)
    sure = np.bincount(place, weights=confidence.numpy().astype(float), minlength=bins)
    return float(np.abs(hit - sure).sum() / count.sum())


def ece_plain(confidence, right, bins):
    held = {}
    for c, r in zip(confidence.tolist(), right.tolist(), strict=True):
        held.setdefault(max(math.ceil(c * bins), 1), []).append(r - c)
    return sum(abs(sum(gaps)) for gaps in held.values()) / len(right)


def ece_tensor(confidence, right, bins):
    return torch.tensor(ece_right(confidence, right, bins))


ECE_RIGHT = (ece_right, ece_histogram, ece_plain, ece_tensor)

# ── 4 · Is the second model better? ───────────────────────────────────────────────────────────────


def paired_right(first, second, draws, level):
    means = (second - first).mean(1)[draws].mean(1)
    return means.quantile((1 - level) / 2), means.quantile((1 + level) / 2)


def paired_unpaired(first, second, draws, level):
    a = first.mean(1)[draws].mean(1)
    b = second.mean(1)[draws.flip(0)].mean(1)
    tail = (1 - level) / 2
    return (b - a).quantile(tail), (b - a).quantile(1 - tail)


def paired_own_intervals(first, second, draws, level):
    a, b = first.mean(1)[draws].mean(1), second.mean(1)[draws].mean(1)
    tail = (1 - level) / 2
    return b.quantile(tail) - a.quantile(tail), b.quantile(1 - tail) - a.quantile(1 - tail)


def paired_worst_case(first, second, draws, level):
    a, b = first.mean(1)[draws].mean(1), second.mean(1)[draws].mean(1)
    tail = (1 - level) / 2
    return b.quantile(tail) - a.quantile(1 - tail), b.quantile(1 - tail) - a.quantile(tail)


def paired_answers(first, second, draws, level):
    gains = (second - first).flatten()[draws].mean(1)
    tail = (1 - level) / 2
    return gains.quantile(tail), gains.quantile(1 - tail)


def paired_one_minus(first, second, draws, level):
    means = (second - first).mean(1)[draws].mean(1)
    return means.quantile(1 - level), means.quantile(level)


def paired_turned(first, second, draws, level):
    return paired_right(second, first, draws, level)


def paired_upside_down(first, second, draws, level):
    low, high = paired_right(first, second, draws, level)
    return high, low


def paired_normal(first, second, draws, level):
    means = (second - first).mean(1)[draws].mean(1)
    return means.mean() - 1.96 * means.std(), means.mean() + 1.96 * means.std()


def paired_standard_error(first, second, draws, level):
    gains = (second - first).mean(1)
    half = 1.96 * gains.std() / len(gains) ** 0.5
    return gains.mean() - half, gains.mean() + half


def paired_wrong_axis(first, second, draws, level):
    means = (second - first).mean(1)[draws].mean(0)
    tail = (1 - level) / 2
    return means.quantile(tail), means.quantile(1 - tail)


def paired_no_mean(first, second, draws, level):
    means = (second - first).mean(1)[draws]
    tail = (1 - level) / 2
    return means.quantile(tail), means.quantile(1 - tail)


def paired_ignored(first, second, draws, level):
    gains = (second - first).mean(1)
    tail = (1 - level) / 2
    return gains.quantile(tail), gains.quantile(1 - tail)


def paired_sorted(first, second, draws, level):
    means = (second - first).mean(1)[draws].mean(1).sort().values
    cut = int(len(means) * (1 - level) / 2)
    return means[cut], means[len(means) - 1 - cut]


def paired_95(first, second, draws, level):
    return paired_right(first, second, draws, 0.95)


def paired_first_question(first, second, draws, level):
    return paired_right(first[:, :1], second[:, :1], draws, level)


def paired_sum(first, second, draws, level):
    return paired_right(first.sum(1, keepdim=True), second.sum(1, keepdim=True), draws, level)


def paired_only_second(first, second, draws, level):
    means = second.mean(1)[draws].mean(1) - first.mean()
    tail = (1 - level) / 2
    return means.quantile(tail), means.quantile(1 - tail)


def paired_unique(first, second, draws, level):
    gains = (second - first).mean(1)
    means = torch.stack([gains[row.unique()].mean() for row in draws])
    tail = (1 - level) / 2
    return means.quantile(tail), means.quantile(1 - tail)


def paired_middle(first, second, draws, level):
    low, high = paired_right(first, second, draws, level)
    return (low + high) / 2, (high - low) / 2


def paired_difference(first, second, draws, level):
    return (second - first).mean()


def paired_of(means, level):
    return means.quantile((1 - level) / 2), means.quantile((1 + level) / 2)


def paired_lower_medians(first, second, draws, level):
    return paired_of((second - first).mean(1)[draws].median(1).values, level)


def paired_numbers_times(first, second, draws, level):
    return paired_of((draws * (second - first).mean(1)).mean(1), level)


def paired_over_half(first, second, draws, level):
    return paired_right((first > 0.5).float(), (second > 0.5).float(), draws, level)


def paired_counted(first, second, draws, level):
    often = torch.nn.functional.one_hot(draws, len(first)).sum(1).float()
    return paired_of(often @ (second - first).mean(1) / len(first), level)


def paired_each_question(first, second, draws, level):
    return paired_of((second - first)[draws].mean(1).flatten(), level)


def paired_whole(first, second, draws, level):
    return paired_of((second.long() - first.long()).float().mean(1)[draws].mean(1), level)


def paired_clamped(first, second, draws, level):
    low, high = paired_right(first, second, draws, level)
    return low.clamp(0, 1), high.clamp(0, 1)


PAIRED = (
    Wrong(paired_unpaired, "no pairs", "same|other items|reverse"),
    Wrong(paired_own_intervals, "bounds subtracted", "bounds"),
    Wrong(paired_worst_case, "far bounds", "far ends"),
    Wrong(paired_answers, "answers drawn", "answers"),
    Wrong(paired_one_minus, "both tails twice", "each"),
    Wrong(paired_turned, "turned", "turned"),
    Wrong(paired_upside_down, "upper first", "order"),
    Wrong(paired_normal, "1.96 spreads", "quantile|draws"),
    Wrong(paired_standard_error, "without draws", "draws"),
    Wrong(paired_wrong_axis, "over the draws", "over the draws"),
    Wrong(paired_no_mean, "no mean", "single"),
    Wrong(paired_ignored, "no draws", "draws"),
    Wrong(paired_sorted, "sorted places", "quantile"),
    Wrong(paired_95, "always 95", "level"),
    Wrong(paired_first_question, "first question", "first question"),
    Wrong(paired_sum, "sum of questions", "sum"),
    Wrong(paired_only_second, "one model drawn", "drawn again"),
    Wrong(paired_unique, "each item once", "once"),
    Wrong(paired_middle, "middle and half", "."),
    Wrong(paired_difference, "no interval", "2 things"),
    Wrong(paired_lower_medians, "medians", "median"),
    Wrong(paired_numbers_times, "numbers of items as weights", "numbers"),
    Wrong(paired_over_half, "scores made 0 or 1", "mostly"),
    Wrong(paired_each_question, "a mean for each question", "each question"),
    Wrong(paired_whole, "scores as whole numbers", "decimals"),
    Wrong(paired_clamped, "nothing below 0", "below 0"),
)


def paired_stacked(first, second, draws, level):
    means = (second - first)[draws].flatten(1).mean(1)
    return torch.quantile(means, torch.tensor([(1 - level) / 2, (1 + level) / 2]))


def paired_two_means(first, second, draws, level):
    means = second.mean(1)[draws].mean(1) - first.mean(1)[draws].mean(1)
    return [means.quantile((1 - level) / 2), means.quantile(1 - (1 - level) / 2)]


def paired_numpy(first, second, draws, level):
    gains = (second - first).double().numpy().mean(1)
    means = gains[draws.numpy()].mean(1)
    return tuple(np.percentile(means, [50 - 50 * level, 50 + 50 * level]))


PAIRED_RIGHT = (paired_counted, paired_right, paired_stacked, paired_two_means, paired_numpy)

# ── 5 · Better, or lucky? ─────────────────────────────────────────────────────────────────────────


def split(first, second):
    return int((first & ~second).sum()), int((~first & second).sum())


def coins(m, n):
    return sum(math.comb(n, k) for k in range(m + 1)) / 2**n


def mcnemar_right(first, second):
    b, c = split(first, second)
    return min(1.0, 2 * coins(min(b, c), b + c))


def mcnemar_one_side(first, second):
    b, c = split(first, second)
    return coins(min(b, c), b + c)


def mcnemar_uncapped(first, second):
    b, c = split(first, second)
    return 2 * coins(min(b, c), b + c)


def mcnemar_range(first, second):
    b, c = split(first, second)
    return min(1.0, 2 * coins(min(b, c) - 1, b + c))


def mcnemar_first(first, second):
    b, c = split(first, second)
    return min(1.0, 2 * coins(b, b + c))


def mcnemar_larger(first, second):
    b, c = split(first, second)
    return min(1.0, 2 * coins(max(b, c), b + c))


def mcnemar_agree(first, second):
    b, c = int((first & second).sum()), int((~first & ~second).sum())
    return min(1.0, 2 * coins(min(b, c), b + c))


def mcnemar_totals(first, second):
    b, c = int(first.sum()), int(second.sum())
    return min(1.0, 2 * coins(min(b, c), b + c))


def mcnemar_all(first, second):
    b, c = split(first, second)
    return min(1.0, 2 * coins(min(b, c), len(first)))


def mcnemar_chi(first, second):
    b, c = split(first, second)
    return math.erfc(math.sqrt((b - c) ** 2 / (b + c) / 2)) if b + c else 1.0


def mcnemar_chi_corrected(first, second):
    b, c = split(first, second)
    return math.erfc(math.sqrt(max(abs(b - c) - 1, 0) ** 2 / (b + c) / 2)) if b + c else 1.0


def mcnemar_statistic(first, second):
    b, c = split(first, second)
    return (b - c) ** 2 / (b + c) if b + c else 0.0


def mcnemar_exactly(first, second):
    b, c = split(first, second)
    return math.comb(b + c, b) / 2 ** (b + c)


def mcnemar_zero(first, second):
    b, c = split(first, second)
    return mcnemar_right(first, second) if b + c else 0.0


def mcnemar_divides(first, second):
    b, c = split(first, second)
    share = b / (b + c)
    return mcnemar_right(first, second) if share >= 0 else 1.0


def mcnemar_from_one(first, second):
    b, c = split(first, second)
    n = b + c
    return min(1.0, 2 * sum(math.comb(n, k) for k in range(1, min(b, c) + 1)) / 2**n)


def mcnemar_normal(first, second):
    n = len(first)
    p, q = float(first.float().mean()), float(second.float().mean())
    spread = math.sqrt((p * (1 - p) + q * (1 - q)) / n)
    return math.erfc(abs(p - q) / spread / math.sqrt(2)) if spread else 1.0


def mcnemar_complement(first, second):
    return 1 - mcnemar_right(first, second)


def mcnemar_middle(first, second):
    b, c = split(first, second)
    n, m = b + c, min(b, c)
    return 2 * coins(m, n) - math.comb(n, m) / 2**n


def mcnemar_significant(first, second):
    return mcnemar_right(first, second) < 0.05


def mcnemar_no_ways(first, second):
    b, c = split(first, second)
    return min(1.0, 2 * (min(b, c) + 1) / 2 ** (b + c))


def mcnemar_equal_half(first, second):
    b, c = split(first, second)
    p = 2 * coins(min(b, c), b + c)
    return p if p <= 1 else p / 2


def mcnemar_in_order(first, second):
    b, c = split(first, second)
    ways = sum(math.perm(b + c, k) for k in range(min(b, c) + 1))
    return min(1.0, 2 * ways / 2 ** (b + c))


def mcnemar_maximum(first, second):
    return max(1.0, mcnemar_uncapped(first, second))


def mcnemar_as_uneven(first, second):
    b, c = split(first, second)
    n = b + c
    return sum(math.comb(n, k) for k in range(n + 1) if abs(n - 2 * k) >= abs(b - c)) / 2**n


def mcnemar_right_in_all(first, second):
    most = min(int(first.sum()), int(second.sum()))
    return min(1.0, 2 * coins(most, int((first != second).sum())))


def mcnemar_small_factorials(first, second):
    b, c = split(first, second)
    made = [torch.arange(1.0, k + 1).prod() for k in range(b + c + 1)]
    ways = (made[-1] / made[k] / made[b + c - k] for k in range(min(b, c) + 1))
    return min(1.0, 2 * float(sum(ways)) / 2 ** (b + c))


def mcnemar_fisher(first, second):
    n, a, b = len(first), int(first.sum()), int(second.sum())
    ways = [math.comb(n, k) * math.comb(n, a + b - k) for k in range(a + b + 1)]
    return min(1.0, sum(way for way in ways if way <= ways[a]) / math.comb(2 * n, a + b))


MCNEMAR = (
    Wrong(mcnemar_one_side, "one side", "one side|half"),
    Wrong(mcnemar_uncapped, "above 1", "above 1"),
    Wrong(mcnemar_range, "one too early", "too early"),
    Wrong(mcnemar_first, "up to the first's", "first"),
    Wrong(mcnemar_larger, "up to the larger", "larger"),
    Wrong(mcnemar_agree, "agreements", "both"),
    Wrong(mcnemar_totals, "totals", "in all"),
    Wrong(mcnemar_all, "all questions", "every"),
    Wrong(mcnemar_chi, "χ²", "χ²"),
    Wrong(mcnemar_chi_corrected, "χ², corrected", "correction"),
    Wrong(mcnemar_statistic, "the statistic", "statistic"),
    Wrong(mcnemar_exactly, "exactly this split", "exactly"),
    Wrong(mcnemar_zero, "0 without disagreement", "never differ"),
    Wrong(mcnemar_divides, "divides by 0", "Zero"),
    Wrong(mcnemar_from_one, "from 1", "begins"),
    Wrong(mcnemar_normal, "unpaired", "."),
    Wrong(mcnemar_complement, "1 − p", "1 −|minus"),
    Wrong(mcnemar_middle, "mid-p", "mid-p"),
    Wrong(mcnemar_significant, "yes or no", "0.05"),
    Wrong(mcnemar_no_ways, "no binomials", "ways"),
    Wrong(mcnemar_equal_half, "halved above 1", "as many|1"),
    Wrong(mcnemar_in_order, "permutations", "perm"),
    Wrong(mcnemar_maximum, "max for min", "max"),
    Wrong(mcnemar_right_in_all, "all that it has right", "right in .all."),
    Wrong(mcnemar_small_factorials, "factorials overflow", "factorials"),
    Wrong(mcnemar_fisher, "Fisher's test", "another test"),
)


def mcnemar_tensor(first, second):
    return torch.tensor(mcnemar_right(first, second))


def mcnemar_both_tails(first, second):
    b, c = split(first, second)
    n, far = b + c, abs(b - c)
    return sum(math.comb(n, k) for k in range(n + 1) if abs(n - 2 * k) >= far) / 2**n


def mcnemar_in_logs(first, second):
    b, c = split(first, second)
    n, m = torch.tensor(float(b + c)).double(), min(b, c)
    k = torch.arange(m + 1).double()
    logs = torch.lgamma(n + 1) - torch.lgamma(k + 1) - torch.lgamma(n - k + 1) - n * math.log(2)
    return (2 * logs.exp().sum()).clamp(max=1)


def mcnemar_numpy(first, second):
    differ = (first != second).numpy()
    won, n = int(first.numpy()[differ].sum()), int(differ.sum())
    return np.float64(1.0 if n == 0 else min(1.0, 2 * coins(min(won, n - won), n)))


MCNEMAR_RIGHT = (
    mcnemar_as_uneven,
    mcnemar_right,
    mcnemar_tensor,
    mcnemar_both_tails,
    mcnemar_in_logs,
    mcnemar_numpy,
)

# ── 6 · It may say nothing ────────────────────────────────────────────────────────────────────────


def given_at(confidence):
    levels = confidence.unique().flip(0)
    return levels, confidence >= levels[:, None]


def coverage_right(confidence, right):
    _, given = given_at(confidence)
    return given.float().mean(1), (given & ~right).sum(1) / given.sum(1)


def coverage_unsure(confidence, right):
    levels = confidence.unique()
    given = confidence <= levels[:, None]
    return given.float().mean(1), (given & ~right).sum(1) / given.sum(1)


def coverage_ascending(confidence, right):
    shares, risks = coverage_right(confidence, right)
    return shares.flip(0), risks.flip(0)


def coverage_torn(confidence, right):
    order = confidence.argsort(descending=True, stable=True)
    number = torch.arange(1, len(order) + 1)
    return number / len(order), (~right[order]).float().cumsum(0) / number


def coverage_accuracy(confidence, right):
    _, given = given_at(confidence)
    return given.float().mean(1), (given & right).sum(1) / given.sum(1)


def coverage_of_all(confidence, right):
    _, given = given_at(confidence)
    return given.float().mean(1), (given & ~right).float().mean(1)


def coverage_strict(confidence, right):
    given = confidence > confidence.unique().flip(0)[:, None]
    return given.float().mean(1), (given & ~right).sum(1) / given.sum(1)


def coverage_swapped(confidence, right):
    return coverage_right(confidence, right)[::-1]


def coverage_block(confidence, right):
    levels, given = given_at(confidence)
    risks = torch.stack([(~right[confidence == level]).float().mean() for level in levels])
    return given.float().mean(1), risks


def coverage_levels(confidence, right):
    levels, _ = given_at(confidence)
    return levels, coverage_right(confidence, right)[1]


def coverage_counts(confidence, right):
    _, given = given_at(confidence)
    return given.sum(1), coverage_right(confidence, right)[1]


def coverage_each(confidence, right):
    given = confidence >= confidence[:, None]
    return given.float().mean(1), (given & ~right).sum(1) / given.sum(1)


def coverage_with_zero(confidence, right):
    zero = torch.zeros(1)
    return tuple(torch.cat([zero, part]) for part in coverage_right(confidence, right))


def coverage_all_at_once(confidence, right):
    return torch.tensor(1.0), (~right).float().mean()


def coverage_unsorted(confidence, right):
    levels = torch.tensor(list(dict.fromkeys(confidence.tolist())))
    given = confidence >= levels[:, None]
    return given.float().mean(1), (given & ~right).sum(1) / given.sum(1)


def coverage_sets(confidence, right):
    levels = torch.tensor(sorted(set(confidence.tolist())))
    given = confidence >= levels[:, None]
    return given.float().mean(1), (given & ~right).sum(1) / given.sum(1)


def coverage_rest(confidence, right):
    _, given = given_at(confidence)
    rest = ~given
    return given.float().mean(1), (rest & ~right).sum(1) / rest.sum(1).clamp(min=1)


def coverage_grid(confidence, right):
    levels = torch.linspace(1, 0, len(confidence.unique()))
    given = confidence >= levels[:, None]
    return given.float().mean(1), (given & ~right).sum(1) / given.sum(1).clamp(min=1)


def coverage_ties_last(confidence, right):
    order = confidence.argsort(descending=True, stable=True)
    number = torch.arange(1, len(order) + 1)
    risks = (~right[order]).float().cumsum(0) / number
    ranked = confidence[order]
    firsts = torch.cat([torch.tensor([True]), ranked[1:] != ranked[:-1]])
    return (number / len(order))[firsts], risks[firsts]


def coverage_believed(confidence, right):
    _, given = given_at(confidence)
    return given.float().mean(1), (given * (1 - confidence)).sum(1) / given.sum(1)


def coverage_area(confidence, right):
    shares, risks = coverage_right(confidence, right)
    return torch.trapezoid(risks, shares)


def coverage_silence_wrong(confidence, right):
    _, given = given_at(confidence)
    return given.float().mean(1), 1 - (given & right).float().mean(1)


def coverage_risk_of_first(confidence, right):
    order = confidence.argsort(descending=True, stable=True)
    number, sure = torch.arange(1, len(order) + 1), confidence[order]
    first = torch.cat([torch.tensor([True]), sure[1:] != sure[:-1]])
    return coverage_right(confidence, right)[0], ((~right[order]).cumsum(0) / number)[first]


def coverage_recursive(confidence, right):
    def steps(rest):
        if not len(rest):
            return []
        given = confidence >= rest.max()
        here = (given.double().mean(), 1 - right[given].double().mean())
        return [here, *steps(rest[rest < rest.max()])]

    shares, risks = zip(*steps(confidence), strict=True)
    return torch.stack(shares), torch.stack(risks)


def coverage_first_of_ties(confidence, right):
    ranked, order = confidence.sort(descending=True)
    begins = torch.cat([torch.ones(1).bool(), ranked[1:] != ranked[:-1]])
    number = torch.arange(1, len(order) + 1)
    return (number / len(order))[begins], ((~right[order]).cumsum(0) / number)[begins]


COVERAGE = (
    Wrong(coverage_unsure, "the unsure first", "least"),
    Wrong(coverage_ascending, "lowest threshold first", "lowest|reverse|order"),
    Wrong(coverage_torn, "ties torn", "equally sure"),
    Wrong(coverage_accuracy, "accuracy", "wrong|1 −"),
    Wrong(coverage_of_all, "by all", "all"),
    Wrong(coverage_strict, "strictly surer", "surer"),
    Wrong(coverage_swapped, "exchanged", "other order|first"),
    Wrong(coverage_block, "the block alone", "new"),
    Wrong(coverage_levels, "thresholds", "threshold"),
    Wrong(coverage_counts, "counts", "share|count"),
    Wrong(coverage_each, "one for each answer", "different"),
    Wrong(coverage_with_zero, "a zero in front", "in front"),
    Wrong(coverage_all_at_once, "all answered", "confidence"),
    Wrong(coverage_unsorted, "not sorted", "."),
    Wrong(coverage_sets, "lowest threshold first", "lowest|reverse|order"),
    Wrong(coverage_rest, "the rest", "not"),
    Wrong(coverage_grid, "a grid of thresholds", "overage"),
    Wrong(coverage_ties_last, "the first of each block", "equally"),
    Wrong(coverage_believed, "what it believes", "believes"),
    Wrong(coverage_area, "the area", "2 things"),
    Wrong(coverage_silence_wrong, "silence is wrong", "Silence counts"),
    Wrong(coverage_risk_of_first, "risk of the first of each block", "only the first"),
    Wrong(coverage_first_of_ties, "the first of a tie, by sort", "only the first"),
)


def coverage_lists(confidence, right):
    pairs = sorted(zip(confidence.tolist(), right.tolist(), strict=True), reverse=True)
    shares, risks, bad = [], [], 0
    for place, (sure, good) in enumerate(pairs, start=1):
        bad += not good
        if place == len(pairs) or pairs[place][0] != sure:
            shares.append(place / len(pairs))
            risks.append(bad / place)
    return shares, risks


def coverage_numpy(confidence, right):
    levels = np.unique(confidence.numpy())[::-1]
    given = confidence.numpy()[None] >= levels[:, None]
    bad = (given & ~right.numpy()).sum(1)
    return given.mean(1), bad / given.sum(1)


def coverage_matrix(confidence, right):
    levels = confidence.unique(sorted=True).flip(0)
    given = (confidence[None] >= levels[:, None]).double()
    return given.mean(1), given @ (1 - right.double()) / given.sum(1)


COVERAGE_RIGHT = (
    coverage_recursive,
    coverage_right,
    coverage_lists,
    coverage_numpy,
    coverage_matrix,
)

# ── 7 · How many questions are enough? ────────────────────────────────────────────────────────────

NEEDED = (
    Wrong([0.02, 400, 0.0304, 0.018, 325, 2], "one standard error", "one standard error"),
    Wrong([0.0784, 6147, 0.1192, 0.0707, 4995, 2], "full widths", "full width"),
    Wrong([0.0392, 1536, 0.0596, 0.0353, 1248, 2], "rounded down", "down"),
    Wrong([0.0392, 1537, 0.0841, 0.0353, 1249, 2], "half widths added", "adds"),
    Wrong([0.0392, 1537, 0.0596, 0.0596, 1249, 2], "4 as 3", "different questions"),
    Wrong([0.0392, 1537, 0.0596, 0.0367, 1345, 2], "no square of the mean", "square of the mean"),
    Wrong([0.0392, 1537, 0.0596, 0.0347, 1249, 2], "independent", "independent"),
    Wrong([0.0392, 1537, 0.0596, 0.0353, 1249, 1], "Bonferroni", "Bonferroni"),
    Wrong([0.0392, 1537, 0.0596, 0.0353, 1249, 5], "no correction", "six"),
    Wrong([0.0392, 1537, 0.0596, 0.0353, 1249, 3], "does not stop", "none is kept"),
    Wrong([0.0392, 784, 0.0596, 0.0353, 707, 2], "linear", "squared"),
    Wrong([3.92, 1537, 0.0596, 0.0353, 1249, 2], "per cent", "per cent"),
    Wrong([3.92, 1537, 5.96, 3.53, 1249, 2], "all in per cent", "per cent"),
    Wrong([0.049, 2401, 0.0596, 0.0353, 1249, 2], "p = 0.5", "one half right"),
    Wrong([0.0392, 1537, 0.06, 0.0353, 1249, 2], "pooled", "75 %|digits"),
    Wrong([0.0392, 1137, 0.0596, 0.0353, 849, 2], "how many more", "more"),
    Wrong([0.0392, 1537, 0.0596, 0.0353, 3554, 2], "unpaired in 5", "different questions"),
    Wrong([0.04, 1600, 0.0608, 0.0361, 1300, 2], "2 for 1.96", "2 for 1.96"),
    Wrong([0.0392, 1537, 0.0422, 0.0353, 1249, 2], "divided by 800", "800|mean"),
    Wrong([0.0392, 1537, 0.0596, 0.0353, 1249], "five numbers", "6 numbers"),
    Wrong([0.0392, 1537, 0.0596, 0.0353, 1250, 2], "one too many", "Number 5 is one too many"),
    Wrong([0.039, 1537, 0.06, 0.035, 1249, 2], "two digits", "decimals"),
    Wrong([0.0329, 1083, 0.05, 0.0297, 880, 2], "90 % everywhere", "90 %"),
    Wrong([0.0392, 1537, 0.0353, 0.0596, 1249, 2], "3 and 4 exchanged", "exchanged"),
    Wrong([0.0392, 1537, 0.0596, 0.034, 1157, 2], "14 % as a share", "Numbers 4 and 5 take 14"),
    Wrong([0.0392, 1537, 0.0596, 0.0196, 385, 2], "minus the mean", "Its square"),
    Wrong([0.0877, 7684, 0.0596, 0.0353, 1249, 2], "p for p(1 - p)", "Numbers 1 and 2"),
    Wrong([0.0392, 385, 0.0596, 0.0353, 313, 2], "half of the half", "Numbers 2 and 5"),
)

NEEDED_RIGHT = (
    (0.0392, 1537, 0.0596, 0.0353, 1249, 2),
    [0.03920, 1537.0, 0.05961, 0.03533, 1249.0, 2.0],
    np.array([0.0392, 1537, 0.0596, 0.03533, 1249, 2]),
    torch.tensor([0.0392, 1537.0, 0.0596, 0.0353, 1249.0, 2.0]),
)

# ── 8 · Find the bugs: a report that cannot be ────────────────────────────────────────────────────


def exam(train, answers, said, right=None, wrong=None, silent=None, base=None):
    answered = said >= 0
    shares = [
        (said == answers).float().mean() if right is None else right,
        ((said != answers) & answered).float().mean() if wrong is None else wrong,
        (~answered).float().mean() if silent is None else silent,
        (answers == train.bincount().argmax()).float().mean() if base is None else base,
    ]
    return tuple(shares)


def exam_given(train, answers, said):
    answered = said >= 0
    right = (said == answers)[answered].float().mean()
    wrong = (said != answers).float().mean()
    silent = (~answered).float().mean()
    majority = answers.bincount().argmax()
    return right, wrong, silent, (answers == majority).float().mean()


def exam_only_baseline(train, answers, said):
    right, wrong, silent, _ = exam_given(train, answers, said)
    return exam(train, answers, said, right, wrong, silent)


def exam_only_shares(train, answers, said):
    majority = answers.bincount().argmax()
    return exam(train, answers, said, base=(answers == majority).float().mean())


def exam_only_right(train, answers, said):
    majority = answers.bincount().argmax()
    wrong = (said != answers).float().mean()
    return exam(train, answers, said, wrong=wrong, base=(answers == majority).float().mean())


def exam_on_train(train, answers, said):
    majority = train.bincount().argmax()
    return exam(train, answers, said, base=(train == majority).float().mean())


def exam_both_of_answered(train, answers, said):
    answered = said >= 0
    right = (said == answers)[answered].float().mean()
    return exam(train, answers, said, right, (said != answers)[answered].float().mean())


def exam_of_answered_silent_out(train, answers, said):
    answered = said >= 0
    right = (said == answers).sum() / answered.sum().clamp(min=1)
    return exam(train, answers, said, right)


def exam_silent_wrong(train, answers, said):
    right = (said == answers).float().mean()
    return exam(train, answers, said, wrong=1 - right)


def exam_answered(train, answers, said):
    return exam(train, answers, said, silent=(said >= 0).float().mean())


def exam_positive(train, answers, said):
    answered = said > 0
    right = ((said == answers) & answered).float().mean()
    wrong = ((said != answers) & answered).float().mean()
    return exam(train, answers, said, right, wrong, (~answered).float().mean())


def exam_filtered_baseline(train, answers, said):
    majority = train.bincount().argmax()
    base = (answers == majority)[said >= 0].float().mean()
    return exam(train, answers, said, base=base)


def exam_chance(train, answers, said):
    return exam(train, answers, said, base=1 / len(train.unique()))


def exam_mode_of_model(train, answers, said):
    base = (said == train.bincount().argmax()).float().mean()
    return exam(train, answers, said, base=base)


def exam_both(train, answers, said):
    majority = torch.cat([train, answers]).bincount().argmax()
    return exam(train, answers, said, base=(answers == majority).float().mean())


def exam_largest_tie(train, answers, said):
    counts = train.bincount()
    majority = (counts == counts.max()).nonzero()[-1]
    return exam(train, answers, said, base=(answers == majority).float().mean())


def exam_first_seen_tie(train, answers, said):
    listed = train.tolist()
    majority = max(dict.fromkeys(listed), key=listed.count)
    return exam(train, answers, said, base=(answers == majority).float().mean())


def exam_max(train, answers, said):
    return exam(train, answers, said, base=(answers == train.max()).float().mean())


def exam_counts(train, answers, said):
    return tuple(share * len(said) for share in exam(train, answers, said))


def exam_swapped(train, answers, said):
    right, wrong, silent, base = exam(train, answers, said)
    return right, silent, wrong, base


def exam_three(train, answers, said):
    return exam(train, answers, said)[:3]


def exam_argmax_count(train, answers, said):
    counts = train.bincount()
    return exam(train, answers, said, base=counts.max() / len(train))


def exam_tie_by_test(train, answers, said):
    labels = 1 + int(max(train.max(), answers.max()))
    known, asked = train.bincount(minlength=labels), answers.bincount(minlength=labels)
    often = (known * 1000 + asked).argmax()
    return *exam(train, answers, said)[:3], (answers == often).float().mean()


def exam_answered_only(train, answers, said):
    given = said >= 0
    shares = exam(train, answers[given], said[given]) if given.any() else (0.0, 0.0, 0.0, 0.0)
    return shares[0], shares[1], (~given).float().mean(), shares[3]


def exam_scaled(train, answers, said):
    given = said >= 0
    right = (said == answers).sum() / given.sum().clamp(min=1)
    three = torch.stack([right, (said != answers).float().mean(), (~given).float().mean()])
    return *(three / three.sum()), exam(train, answers, said)[3]


def exam_no_silence(train, answers, said):
    right = (said == answers).float().mean()
    return exam(train, answers, said, wrong=1 - right, silent=torch.tensor(0.0))


def exam_by_answered(train, answers, said):
    many = (said >= 0).sum().clamp(min=1) / len(said)
    *three, base = exam(train, answers, said)
    return *(share / many for share in three), base


EXAM = (
    Wrong(exam_given, "as it was", "still does"),
    Wrong(exam_only_baseline, "only the baseline mended", "answered"),
    Wrong(exam_only_shares, "only the shares mended", "examination"),
    Wrong(exam_only_right, "only the first mended", "wrong"),
    Wrong(exam_on_train, "measured on training", "training"),
    Wrong(exam_both_of_answered, "both of those answered", "answered"),
    Wrong(exam_of_answered_silent_out, "right of those answered", "answered"),
    Wrong(exam_silent_wrong, "silence is wrong", "Silence"),
    Wrong(exam_answered, "the share answered", "was"),
    Wrong(exam_positive, "0 is silence", "0"),
    Wrong(exam_filtered_baseline, "baseline of those answered", "baseline|NaN"),
    Wrong(exam_chance, "chance", "chance"),
    Wrong(exam_mode_of_model, "the model's majority", "model"),
    Wrong(exam_both, "both sets", "together"),
    Wrong(exam_largest_tie, "the larger of a tie", "larger"),
    Wrong(exam_first_seen_tie, "the first of a tie", "."),
    Wrong(exam_max, "the largest label", "largest"),
    Wrong(exam_counts, "counts", "."),
    Wrong(exam_swapped, "in another order", "order"),
    Wrong(exam_three, "no baseline", "4 things"),
    Wrong(exam_argmax_count, "its share of training", "training"),
    Wrong(exam_tie_by_test, "a tie decided by the examination", "examination"),
    Wrong(exam_answered_only, "of the answered alone", "out of everything"),
    Wrong(exam_scaled, "divided by the sum", "their sum"),
    Wrong(exam_no_silence, "silence is wrong, and none is left", "third number is 0"),
    Wrong(exam_by_answered, "all by those answered", "first three"),
)


def exam_plain(train, answers, said):
    return exam(train, answers, said)


def exam_stacked(train, answers, said):
    return torch.stack(exam(train, answers, said))


def exam_numpy(train, answers, said):
    a, s = answers.numpy(), said.numpy()
    often = np.bincount(train.numpy()).argmax()
    return ((a == s).mean(), ((a != s) & (s >= 0)).mean(), (s < 0).mean(), (a == often).mean())


def exam_by_hand(train, answers, said):
    counts = {}
    for label in train.tolist():
        counts[label] = counts.get(label, 0) + 1
    often = sorted(counts, key=lambda label: (-counts[label], label))[0]
    found = [0, 0, 0, 0]
    for truth, answer in zip(answers.tolist(), said.tolist(), strict=True):
        found[2 if answer == -1 else int(answer != truth)] += 1
        found[3] += truth == often
    return [count / len(answers) for count in found]


EXAM_RIGHT = (exam_plain, exam_stacked, exam_numpy, exam_by_hand)

WRONG = {
    "evaluation.parsed": PARSED,
    "evaluation.f1": F1,
    "evaluation.ece": ECE,
    "evaluation.paired": PAIRED,
    "evaluation.mcnemar": MCNEMAR,
    "evaluation.coverage": COVERAGE,
    "evaluation.items_needed": NEEDED,
    "evaluation.bug_exam": EXAM,
}
RIGHT = {
    "evaluation.parsed": PARSED_RIGHT,
    "evaluation.f1": F1_RIGHT,
    "evaluation.ece": ECE_RIGHT,
    "evaluation.paired": PAIRED_RIGHT,
    "evaluation.mcnemar": MCNEMAR_RIGHT,
    "evaluation.coverage": COVERAGE_RIGHT,
    "evaluation.items_needed": NEEDED_RIGHT,
    "evaluation.bug_exam": EXAM_RIGHT,
}
