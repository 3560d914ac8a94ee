"""What a class hands in to the exercises of lesson 19."""

import re

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
    said = {w for w, after in zip(words, [*words[1:], ""], strict=True) if w in options and after != "not"}
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
    words = [word for word in re.split(r"\W", text.lower()) if word]
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


PARSED = (
    Wrong(parsed_substring, "substrings, no negation", "inside"),
    Wrong(parsed_split, "split at spaces", "Signs stick"),
    Wrong(parsed_strip, "signs at the ends only", "ends"),
    Wrong(parsed_no_not, "no negation", "never ask"),
    Wrong(parsed_first, "the first", "first"),
    Wrong(parsed_last, "the last", "last"),
    Wrong(parsed_counts, "twice is no answer", "twice"),
    Wrong(parsed_case, "no small letters", "small"),
    Wrong(parsed_not_anywhere, "a not anywhere", "One \"not\""),
    Wrong(parsed_not_excludes, "denied for good", "never counts again"),
    Wrong(parsed_replace, "cut out of the text", "not"),
    Wrong(parsed_elimination, "what is left", "not"),
    Wrong(parsed_option, "the option itself", "str"),
    Wrong(parsed_none, "None", "None"),
    Wrong(parsed_one_based, "from 1", "from 1"),
    Wrong(parsed_zero, "0 for nothing", "0"),
    Wrong(parsed_next_word, "the word behind", "behind"),
    Wrong(parsed_no_word, "other negations", "Other words"),
    Wrong(parsed_majority, "the most frequent", "said|most"),
    Wrong(parsed_regex_raw, "denied for good, by spaces", "not"),
    Wrong(parsed_letters_only, "no digits", "Digits"),
    Wrong(parsed_joined, "signs deleted", "delete signs"),
)

PARSED_RIGHT = (parsed_right, parsed_numpy, parsed_split_pattern, parsed_bounds, parsed_tensor)


WRONG = {
    "evaluation.parsed": PARSED,
}
RIGHT = {
    "evaluation.parsed": PARSED_RIGHT,
}
