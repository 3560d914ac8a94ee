"""Right answers to the exercises of lesson 19, evaluation."""

import re


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
    words = "".join(sign if sign.isalnum() else " " for sign in text.lower()).split()
    last, found = "", -1
    for word in words:
        if word in options and last != "not":
            if found not in (-1, options.index(word)):
                return -1
            found = options.index(word)
        last = word
    return found


RIGHT = {
    "evaluation.parsed": [parsed_by_words, parsed_by_search, parsed_by_letters],
}
