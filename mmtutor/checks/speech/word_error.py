"""Word error rate. Traps: letters, means of rates, what is divided by, costs, empty texts.

Levenshtein 1966, "Binary codes capable of correcting deletions, insertions and reversals".
"""

from collections import Counter
from collections.abc import Callable
from difflib import SequenceMatcher
from functools import partial
from statistics import median

from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    Implement,
    Mistake,
    Property,
    Wrong,
)
from mmtutor.checks.gpt.shared import either
from mmtutor.checks.speech.shared import drawing

Words = list[str]
Pairs = list[tuple[Words, Words]]


def word_error(said: list[str], wanted: list[str], wrong: Wrong = RIGHT) -> float:
    """Reference: the edits of all texts by the words of all that is wanted."""
    pairs = taken_apart(said, wanted, wrong)
    needed = [edits(one, other, wrong) for one, other in pairs]
    if "letters_of_words" in wrong:
        needed = [table(list(a), list(b)) for a, b in zip(said, wanted, strict=True)]
    return float(divided(needed, pairs, wrong))


def taken_apart(said: list[str], wanted: list[str], wrong: Wrong) -> Pairs:
    """Return the words of each pair of texts."""
    texts = list(zip(said, wanted, strict=True))
    ways: dict[str, Callable[[], Pairs]] = {
        "letters": lambda: [(list(a), list(b)) for a, b in texts],
        "letters_no_spaces": lambda: [tuple(map(closed, pair)) for pair in texts],
        "each_space": lambda: [(a.split(" "), b.split(" ")) for a, b in texts],
        "one_text": lambda: [(" ".join(said).split(), " ".join(wanted).split())],
        "first_text": lambda: [(said[0].split(), wanted[0].split())],
        "last_text": lambda: [(said[-1].split(), wanted[-1].split())],
        "empty_left_out": lambda: [(a.split(), b.split()) for a, b in texts if b.split()],
        "silence_left_out": lambda: [(a.split(), b.split()) for a, b in texts if a.split()],
        "first_letters": lambda: [(initials(a), initials(b)) for a, b in texts],
        "sorted": lambda: [(sorted(a.split()), sorted(b.split())) for a, b in texts],
        "no_case": lambda: [(a.lower().split(), b.lower().split()) for a, b in texts],
        "each_word_once": lambda: [(distinct(a), distinct(b)) for a, b in texts],
    }
    return either(ways, wrong, lambda: [(a.split(), b.split()) for a, b in texts])


def closed(text: str) -> Words:
    """Return the letters of a text without spaces."""
    return list(text.replace(" ", ""))


def initials(text: str) -> Words:
    """Return the first letters of a text's words."""
    return [word[0] for word in text.split()]


def distinct(text: str) -> Words:
    """Return each word of a text once."""
    return list(dict.fromkeys(text.split()))


def edits(one: Words, other: Words, wrong: Wrong) -> int:
    """Return how many edits a text needs."""
    same = sum(a == b for a, b in zip(one, other, strict=False))
    short, far = min(len(one), len(other)), abs(len(one) - len(other))
    left, right = Counter(one), Counter(other)
    blocks = sum(m.size for m in SequenceMatcher(None, one, other, False).get_matching_blocks())
    ways: dict[str, Callable[[], int]] = {
        "by_place": lambda: short - same,
        "by_place_and_length": lambda: short - same + far,
        "by_place_wanted": lambda: len(other) - same,
        "length_only": lambda: far,
        "missing_words": lambda: (right - left).total(),
        "strange_words": lambda: (left - right).total(),
        "both_bags": lambda: (right - left).total() + (left - right).total(),
        "larger_bag": lambda: max((right - left).total(), (left - right).total()),
        "missing_kinds": lambda: len(set(other) - set(one)),
        "matched_in_blocks": lambda: max(len(one), len(other)) - blocks,
        "whole_text": lambda: int(one != other),
        "exchange_two": lambda: table(one, other, exchange=2),
        "put_free": lambda: table(one, other, put=0),
        "leave_free": lambda: table(one, other, leave=0),
        "put_two": lambda: table(one, other, put=2),
        "leave_two": lambda: table(one, other, leave=2),
        "row_from_one": lambda: one_too_far(one, other, 1, 0),
        "column_short": lambda: one_too_far(one, other, 0, -1),
        "diagonal_above": lambda: beside(one, other),
        "in_common": lambda: max(len(one), len(other)) - common(one, other),
        "opcodes": lambda: operations(one, other),
        "only_exchange": lambda: table(one, other, put=99, leave=99) % 99,
        "never_equal": lambda: table(one, other, equal=1),
        "begin_free": lambda: table(one, other, begin=(0, 1)),
        "begin_said_free": lambda: table(one, other, begin=(1, 0)),
        "begins_free": lambda: table(one, other, begin=(0, 0)),
        "end_free": lambda: table(one, other, end=True),
        "neighbours": lambda: transposed(one, other),
        "last_word_unseen": lambda: table(one[:-1], other[:-1]),
        "first_word_unseen": lambda: table(one[1:], other[1:]),
        "at_most_length": lambda: min(table(one, other), len(other)),
        "one_more": lambda: table(one, other) + 1,
    }
    return either(ways, wrong, lambda: table(one, other))


def table(
    one: Words,
    other: Words,
    exchange: int = 1,
    put: int = 1,
    leave: int = 1,
    equal: int = 0,
    begin: tuple[int, int] = (1, 1),
    end: bool = False,
) -> int:
    """Return the cost of the cheapest way from one text to the other, row by row.

    `begin` are factors of the first row and the first column; `end`: what is left over is free.
    """
    row = [put * begin[0] * j for j in range(len(other) + 1)]
    for i, a in enumerate(one, 1):
        above, row = row, [leave * begin[1] * i]
        for j, b in enumerate(other):
            step = equal if a == b else exchange
            row.append(min(row[j] + put, above[j + 1] + leave, above[j] + step))
    return min(row) if end else row[-1]


def one_too_far(one: Words, other: Words, row_more: int, column_more: int) -> int:
    """Return the edits if the first row, or the first column, begins with another number."""
    row = [j + row_more for j in range(len(other) + 1)]
    for i, a in enumerate(one, 1):
        above, row = row, [i + column_more]
        for j, b in enumerate(other):
            row.append(min(row[j] + 1, above[j + 1] + 1, above[j] + (a != b)))
    return row[-1]


def beside(one: Words, other: Words) -> int:
    """Return the edits if an exchange comes from above, and not from above and left."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        above, row = row, [i]
        for j, b in enumerate(other):
            row.append(min(row[j] + 1, above[j + 1] + (a != b)))
    return row[-1]


def common(one: Words, other: Words) -> int:
    """Return how many words stand in both, in the same order, at most."""
    return (len(one) + len(other) - table(one, other, exchange=2)) // 2


def operations(one: Words, other: Words) -> int:
    """Return the words that `SequenceMatcher` changes."""
    codes = SequenceMatcher(None, one, other, False).get_opcodes()
    return sum(max(b - a, d - c) for kind, a, b, c, d in codes if kind != "equal")


def transposed(one: Words, other: Words) -> int:
    """Return the edits if neighbours may change places for 1 (Damerau)."""
    rows = [list(range(len(other) + 1))]
    for i, a in enumerate(one):
        row = [i + 1]
        for j, b in enumerate(other):
            best = min(row[j] + 1, rows[-1][j + 1] + 1, rows[-1][j] + (a != b))
            if i and j and a == other[j - 1] and one[i - 1] == b:
                best = min(best, rows[-2][j - 1] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]


def divided(needed: list[int], pairs: Pairs, wrong: Wrong) -> int | float:
    """Return the edits by what they are divided by."""
    total = sum(needed)
    said, wanted = (sum(len(pair[side]) for pair in pairs) for side in (0, 1))
    each = [n / max(len(b), 1) for n, (_, b) in zip(needed, pairs, strict=True)]
    ways: dict[str, Callable[[], int | float]] = {
        "mean_of_rates": lambda: sum(each) / len(each),
        "by_said": lambda: total / max(said, 1),
        "by_longer": lambda: total / max(1, sum(max(map(len, pair)) for pair in pairs)),
        "by_both": lambda: total / (said + wanted),
        "by_larger": lambda: total / max(said, wanted),
        "by_texts": lambda: total / len(pairs),
        "by_letters": lambda: total / max(1, sum(len(w) for _, b in pairs for w in b)),
        "by_kinds": lambda: total / len({w for _, b in pairs for w in b}),
        "clipped": lambda: min(total / max(wanted, 1), 1.0),
        "clipped_mean": lambda: sum(min(one, 1.0) for one in each) / len(each),
        "accuracy": lambda: 1 - total / max(wanted, 1),
        "accuracy_at_least": lambda: max(0.0, 1 - total / max(wanted, 1)),
        "how_many": lambda: total,
        "percent": lambda: 100 * total / max(wanted, 1),
        "sum_of_rates": lambda: sum(each),
        "median": lambda: median(each),
        "rounded_down": lambda: total // max(wanted, 1),
        "worst": lambda: max(each),
        "one_more_word": lambda: total / (wanted + 1),
    }
    return either(ways, wrong, lambda: total / max(wanted, 1))


DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def word_error_cases() -> list[Case]:
    def case(*pairs: tuple[str, str]) -> Case:
        return Case(said=[a for a, _ in pairs], wanted=[b for _, b in pairs])

    return [
        case(("two five", "two"), ("nine one one", "one one six")),
        case(("one two three", "one two three four"), ("", "six"), ("two two", "two")),
        case(("five  one   nine", "five one nine"), ("two one", "one two"), ("six", "six ten")),
        case(("one one one one one", "two"), ("six four", "six")),  # above 1
        case(("four two", ""), ("one", "one six seven eight"), ("", "")),
        case(("zero one two three four five", "one two three four five zero"), ("a b", "b a b")),
        case((" one two ", "one  two"), ("eight", "eighty"), ("nine nine", "Nine one")),
        case(("six", "six")),
        case(("", "three")),
        case(("seven two two", "two seven two eight two two two"), ("one", "two one one")),
        case(("a b c d", "b c d e"), ("x", "x y z x"), ("p q r s t", "q p s r")),
        case(("p q r s a b c", "a b c p x q x r x s"), ("a b", "a b"), ("k l m n", "n k l m")),
        *(drawn(*size) for size in ((5, 4, 10), (9, 6, 20), (3, 9, 30), (40, 3, 40))),
    ]


def drawn(texts: int, length: int, seed: int) -> Case:
    """Return phrases of digits and what was heard of them: some words lost, put in, exchanged."""
    draw = drawing(seed, 60 * texts * length)
    wanted = [[DIGITS[draw(10)] for _ in range(1 + draw(length))] for _ in range(texts)]
    said = [[w for word in text for w in misheard(word, draw)] for text in wanted]
    return Case(said=[" ".join(text) for text in said], wanted=[" ".join(t) for t in wanted])


def misheard(word: str, draw: Callable[[int], int]) -> Words:
    """Return what is heard of a word: mostly itself."""
    heard = {0: [], 1: [word, DIGITS[draw(10)]], 2: [DIGITS[draw(10)]], 3: [word, word]}
    return heard.get(draw(9), [word])


def right(case: Case) -> float:
    """Return the right rate."""
    return word_error(*case.values())


def is_positive(case: Case, output: float) -> bool:
    """Say whether the rate is at least 0."""
    return float(output) >= -1e-9


def perfect_is_zero(case: Case, output: float) -> bool:
    """Say whether 0 comes out where all is right."""
    return right(case) > 0 or abs(float(output)) < 1e-9


def zero_is_perfect(case: Case, output: float) -> bool:
    """Say whether all is right where 0 comes out."""
    return right(case) == 0 or abs(float(output)) > 1e-9


def counts_words(case: Case, output: float) -> bool:
    """Say whether the rate is a whole number of wanted words."""
    words = sum(len(text.split()) for text in case["wanted"])
    return abs(float(output) * words - round(float(output) * words)) < 1e-3


def like(more: bool, case: Case, output: float) -> bool:
    """Say whether the rate is not too large, or not too small."""
    return float(output) <= right(case) + 1e-4 if more else float(output) >= right(case) - 1e-4


WORD_ERROR = Implement(
    id="speech.word_error",
    title="How many words are wrong?",
    difficulty=2,
    minutes=20,
    hints=(
        "Take one text. Suppose you know the fewest edits for all shorter beginnings of both. "
        "Which three last steps lead to the two whole texts?",
        "d(i, j) = min(d(i−1, j) + 1, d(i, j−1) + 1, d(i−1, j−1) + (0 if word i of one equals "
        "word j of the other, else 1)); d(i, 0) = i, d(0, j) = j. Rate = Σ edits / Σ words wanted.",
        "A table of (words said + 1) × (words wanted + 1) numbers for each pair of texts; its last "
        "one counts. Result: one number.",
        "row = list(range(len(other) + 1))\nfor i, word in enumerate(one, start=1):\n"
        "    above, row = row, [...]\n    for j, target in enumerate(other, start=1):\n"
        "        row.append(min(above[j] + ..., row[j - 1] + ..., above[j - 1] + ...))\n"
        "edits = row[-1]\nrate = sum of edits / ...",
    ),
    reference=word_error,
    cases=word_error_cases,
    mistakes=(
        Mistake("letters", "You compare *letters*. Words are asked for.", "words"),
        Mistake(
            "letters_no_spaces",
            "You compare letters, without spaces. Words are asked for.",
            "words",
        ),
        Mistake(
            "each_space",
            'Your texts are cut at *each* space: so two spaces make an empty word, and "" has one. '
            "What does `split()` do without an argument?",
            "words",
        ),
        Mistake(
            "one_text",
            "All texts are joined to one. So words of one text may stand for those of another.",
            "words divide",
        ),
        Mistake("first_text", "Only the first text counts in yours.", "words divide"),
        Mistake("last_text", "Only the last text counts in yours.", "words divide"),
        Mistake(
            "empty_left_out",
            "Texts of which nothing is wanted are left out. What was said there is wrong, too.",
            "words",
        ),
        Mistake(
            "silence_left_out",
            "Texts of which nothing was said are left out. All of their words are missing.",
            "words",
        ),
        Mistake("first_letters", "You compare the first letters of words only.", "words"),
        Mistake("sorted", "You compare sorted words. Their order counts.", "words edits"),
        Mistake(
            "no_case",
            "Capitals and small letters are the same in yours. Words are equal if all their "
            "letters are.",
            "words",
        ),
        Mistake("each_word_once", "Each word of a text counts only once in yours.", "words edits"),
        Mistake(
            "by_place",
            "You compare word by word, place by place, as far as both go. One word left out in "
            "front spoils all that follow.",
            "edits words",
        ),
        Mistake(
            "by_place_and_length",
            "You compare place by place and add what one is longer. One word left out in front "
            "costs *one* edit, and spoils all in yours.",
            "edits words",
        ),
        Mistake(
            "by_place_wanted",
            "You count places at which the word wanted does not stand. One word left out in front "
            "costs *one* edit.",
            "edits words",
        ),
        Mistake(
            "length_only",
            "Only the lengths of texts count in yours: one word for another costs nothing.",
            "edits words",
        ),
        Mistake(
            "missing_words",
            "You count words that are missing, in whatever order the rest stands. Words too many "
            "are edits, too, and the order counts.",
            "edits words",
        ),
        Mistake(
            "strange_words",
            "You count words too many, in whatever order they stand. Missing ones are edits, too.",
            "edits words",
        ),
        Mistake(
            "both_bags",
            "You count words that are missing and words too many, in whatever order. One for "
            "another is *one* edit, and the order counts.",
            "edits words",
        ),
        Mistake("larger_bag", "Your edits do not look at the order of words.", "edits words"),
        Mistake(
            "missing_kinds",
            "You take sets: words that come twice count once, in whatever order.",
            "edits words",
        ),
        Mistake(
            "matched_in_blocks",
            "Blocks of equal words (`SequenceMatcher`) are not always the *fewest* edits.",
            "edits words",
        ),
        Mistake(
            "whole_text",
            "A text that is wrong anywhere counts as one error in yours. Count its edits.",
            "edits words",
        ),
        Mistake(
            "exchange_two",
            "One word for another costs 2 in yours, as if one were left out and one put in. It "
            "costs 1.",
            "edits words",
        ),
        Mistake(
            "put_free",
            "Words that are missing cost nothing in yours: putting one in is an edit.",
            "edits words",
        ),
        Mistake(
            "leave_free",
            "Words too many cost nothing in yours: leaving one out is an edit.",
            "edits words",
        ),
        Mistake("put_two", "Putting a word in costs 2 in yours. It costs 1.", "edits words"),
        Mistake("leave_two", "Leaving a word out costs 2 in yours. It costs 1.", "edits words"),
        Mistake(
            "row_from_one",
            "The first row of your table begins with 1. What does it take to make nothing of "
            "nothing?",
            "edits words divide",
        ),
        Mistake(
            "column_short",
            "The first column of your table counts one word too few. What does it take to make "
            "nothing of one word?",
            "edits words divide",
        ),
        Mistake(
            "diagonal_above",
            "An exchange comes from the number right above in yours. It uses up a word of *both*: "
            "from which number does it come?",
            "edits words divide",
        ),
        Mistake(
            "in_common",
            "You take the words that both have in common, in order, from the longer text. An "
            "alignment that keeps most words is not always the one with the fewest edits.",
            "edits words divide",
        ),
        Mistake(
            "opcodes",
            "What `SequenceMatcher` changes is not always the *fewest* edits.",
            "edits words divide",
        ),
        Mistake("median", "That is the median of the texts' rates. Add up.", "edits words divide"),
        Mistake("rounded_down", "You divide by `//`, which rounds down.", "edits words divide"),
        Mistake(
            "only_exchange",
            "Your steps along one text alone are so dear that they are lost.",
            "edits words",
        ),
        Mistake(
            "never_equal",
            "Equal words cost an edit in yours, too. What does it cost to keep a word?",
            "edits words",
        ),
        Mistake(
            "begin_free",
            "Words that are missing in front cost nothing: the first *row* of your table is all "
            "zeros. What does it take to make j words of nothing?",
            "edits words",
        ),
        Mistake(
            "begin_said_free",
            "Words too many in front cost nothing: the first *column* of your table is all zeros. "
            "What does it take to make nothing of i words?",
            "edits words",
        ),
        Mistake(
            "begins_free",
            "The first row and the first column of your table are all zeros. What do words in "
            "front cost?",
            "edits words",
        ),
        Mistake(
            "end_free",
            "You take the smallest number of the last row. What is left over in the end costs, "
            "too.",
            "edits words",
        ),
        Mistake(
            "neighbours",
            "Two neighbours that change places are one edit in yours. There are three kinds of "
            "edits, and this is none.",
            "edits words",
        ),
        Mistake(
            "last_word_unseen", "The last word of both texts is never looked at.", "edits words"
        ),
        Mistake(
            "first_word_unseen", "The first word of both texts is never looked at.", "edits words"
        ),
        Mistake(
            "at_most_length",
            "No text has more edits than words in yours. It may: words too many count.",
            "edits words",
        ),
        Mistake(
            "letters_of_words",
            "You count edits of *letters* and divide by words.",
            "words edits divide",
        ),
        Mistake("one_more", "Every text has one edit too many.", "edits words"),
        Mistake(
            "mean_of_rates",
            "You take a rate for each text and then their mean: so a short text weighs as much as "
            "a long one. Add up first.",
            "divide",
        ),
        Mistake(
            "by_said",
            "You divide by the words that were *said*. What was wanted?",
            "divide",
        ),
        Mistake(
            "by_longer", "You divide by the longer text of each pair. What was wanted?", "divide"
        ),
        Mistake("by_both", "You divide by the words of both together. What was wanted?", "divide"),
        Mistake(
            "by_larger",
            "You divide by the words said or wanted, whichever are more. What was wanted?",
            "words edits divide",
        ),
        Mistake("by_texts", "You divide by the number of texts, not of words.", "divide"),
        Mistake(
            "by_letters",
            "You divide by letters. Words are asked for.",
            "words edits divide",
        ),
        Mistake(
            "by_kinds",
            "You divide by how many *different* words are wanted.",
            "words edits divide",
        ),
        Mistake(
            "clipped",
            "Your rate is never above 1. It may be.",
            "words edits divide",
        ),
        Mistake(
            "clipped_mean",
            "Your rate is a mean of those of the texts, each at most 1. Add up first.",
            "words edits divide",
        ),
        Mistake("accuracy", "That is 1 minus the rate of errors.", "divide"),
        Mistake(
            "accuracy_at_least",
            "That is 1 minus the rate of errors, and at least 0.",
            "words edits divide",
        ),
        Mistake(
            "how_many", "That is how *many* edits are needed. By what is it divided?", "divide"
        ),
        Mistake("percent", "That is a percentage. A share is asked for.", "divide"),
        Mistake(
            "sum_of_rates",
            "The rates of all texts are added up.",
            "words edits divide",
        ),
        Mistake(
            "worst",
            "That is the worst text's rate. All texts count.",
            "words edits divide",
        ),
        Mistake(
            "one_more_word",
            "You divide by one word too many. At least one is wanted: what is it to save from?",
            "words edits divide",
        ),
    ),
    properties=(
        Property("The rate is never below 0. Yours is.", is_positive),
        Property(
            "Where all is right the rate is 0. Yours is not: what does it cost to keep a word, and "
            "which numbers stand in the first row and column?",
            perfect_is_zero,
        ),
        Property(
            "Your rate is 0 where something is wrong: some kind of edit costs nothing, or some "
            "text is not looked at.",
            zero_is_perfect,
        ),
        Property(
            "Your number times the words that are wanted is no whole number. By what do you "
            "divide?",
            counts_words,
        ),
        Property(
            "Your rate is too high at times: there is a way with fewer edits, or something is "
            "counted that is no edit.",
            partial(like, True),
        ),
        Property(
            "Your rate is too low at times: something is not counted that is an edit.",
            partial(like, False),
        ),
    ),
)
