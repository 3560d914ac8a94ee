"""One merge of byte-pair encoding. Traps: ties, overlaps, gaps between words, one place only."""

from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import RIGHT, Case, Implement, Mistake, Property, Wrong
from mmtutor.checks.gpt.shared import either

Counts = dict[tuple[int, int], int]
"""How often each pair stands side by side, in the order in which they are first seen."""


def merge(tokens: Tensor, new: int, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: the most frequent pair inside words becomes one token, wherever it stands."""
    text = tokens.tolist()
    if "own_number" in wrong:
        new = max(text) + 1
    if "again" in wrong:
        return again(text, new)
    counts = count_pairs(text, wrong)
    if not counts or ("not_once" in wrong and max(counts.values()) < 2):
        return tokens.clone()
    pair = chosen(counts, wrong)
    ways: dict[str, Callable[[], list[int]]] = {
        "second_kept": lambda: replaced(text, pair, [new, pair[1]]),
        "first_kept": lambda: replaced(text, pair, [pair[0], new]),
        "not_skipped": lambda: not_skipped(text, pair, new),
        "filled": lambda: replaced(text, pair, [new, 0]),
        "twice": lambda: replaced(text, pair, [new, new]),
        "dropped": lambda: replaced(text, pair, []),
        "overlaps_replaced": lambda: overlaps(text, pair, new, [new]),
        "overlaps_swallowed": lambda: overlaps(text, pair, new, []),
        "in_a_string": lambda: in_a_string(text, pair, new),
        "first_place": lambda: replaced(text, pair, [new], most=1),
        "from_the_right": lambda: replaced(text[::-1], pair[::-1], [new])[::-1],
        "both_orders": lambda: replaced(replaced(text, pair, [new]), pair[::-1], [new]),
        "each_token": lambda: [new if token in pair else token for token in text],
        "gaps_dropped": lambda: [token for token in replaced(text, pair, [new]) if token],
        "pair": lambda: list(pair),
        "added": lambda: added(text, pair, new),
        "at_the_end": lambda: [*replaced(text, pair, []), *[new] * apart(text, pair)],
        "first_word": lambda: first_word(text, pair, new),
        "last_missing": lambda: last_missing(text, pair, new),
    }
    return torch.tensor(either(ways, wrong, lambda: replaced(text, pair, [new])))


def count_pairs(text: list[int], wrong: Wrong) -> Counts:
    """Count the pairs inside words, or otherwise."""
    if "words_once" in wrong:
        text = each_word_once(text)
    if "across_gaps" in wrong:
        text = [token for token in text if token]
    if "wrapped" in wrong:
        text = [*text, *text[:1]]
    if "stride_two" in wrong:
        text = in_twos(text)
    gaps = "gaps_counted" in wrong
    pairs = [pair for pair in pairwise(text) if gaps or 0 not in pair]
    if "any_order" in wrong:
        pairs = [(min(pair), max(pair)) for pair in pairs]
    if "overlaps_once" in wrong:
        return {pair: apart(text, pair) for pair in dict.fromkeys(pairs)}
    if "first_missing" in wrong:
        pairs = pairs[1:] or pairs
    return Counter(pairs)


def in_twos(text: list[int]) -> list[int]:
    """Cut the text into twos, with a gap after each."""
    starts = range(0, len(text) - 1, 2)
    return [token for start in starts for token in (text[start], text[start + 1], 0)]


def each_word_once(text: list[int]) -> list[int]:
    """Return the different words, with a gap after each."""
    words = " ".join(str(token) if token else "|" for token in text).split("|")
    different = dict.fromkeys(word.strip() for word in words)
    return [int(token) for word in different for token in [*word.split(), "0"]]


def apart(text: list[int], pair: tuple[int, int]) -> int:
    """Count how often a pair can be replaced."""
    return len(text) - len(replaced(text, pair, [-1]))


def chosen(counts: Counts, wrong: Wrong) -> tuple[int, int]:
    """Return the most frequent pair; of equally frequent ones that which was seen first."""
    most = max(counts.values())
    best = [pair for pair, count in counts.items() if count == most]
    ways: dict[str, Callable[[], tuple[int, int]]] = {
        "last_of_ties": lambda: best[-1],
        "smallest_of_ties": lambda: min(best),
        "largest_of_ties": lambda: max(best),
        "largest_pair": lambda: max(counts),
        "frequent_tokens": lambda: frequent_tokens(counts),
        "rarest": lambda: min(counts, key=lambda pair: counts[pair]),
        "first_pair": lambda: next(iter(counts)),
    }
    return either(ways, wrong, lambda: best[0])


def frequent_tokens(counts: Counts) -> tuple[int, int]:
    """Return the two tokens that stand in most pairs, whether they are neighbours or not."""
    tokens: Counter[int] = Counter()
    for pair, count in counts.items():
        for token in pair:
            tokens[token] += count
    ((a, _), (b, _)) = (tokens.most_common(2) * 2)[:2]
    return a, b


def replaced(text: list[int], pair: tuple[int, ...], by: list[int], most: int = -1) -> list[int]:
    """Put `by` in the place of a pair, from the left, wherever it stands or `most` times."""
    result: list[int] = []
    place = 0
    while place < len(text):
        if most and tuple(text[place : place + 2]) == pair:
            result += by
            place, most = place + 2, most - 1
        else:
            result.append(text[place])
            place += 1
    return result


def not_skipped(text: list[int], pair: tuple[int, int], new: int) -> list[int]:
    """Write the new token and go on with the second half of the pair, which may begin another."""
    both = zip(text, [*text[1:], 0], strict=True)
    return [new if two == pair else two[0] for two in both]


def added(text: list[int], pair: tuple[int, int], new: int) -> list[int]:
    """Put the new token behind a pair, and keep the pair."""
    return replaced(text, pair, [*pair, new])


def first_word(text: list[int], pair: tuple[int, int], new: int) -> list[int]:
    """Merge inside the first word alone."""
    end = text.index(0) if 0 in text else len(text)
    return replaced(text[:end], pair, [new]) + text[end:]


def overlaps(text: list[int], pair: tuple[int, int], new: int, by: list[int]) -> list[int]:
    """Put `by` for each place that overlaps with the pair before it."""
    result: list[int] = []
    for place in range(len(text)):
        starts = tuple(text[place : place + 2]) == pair
        ends = place > 0 and tuple(text[place - 1 : place + 1]) == pair
        result += (by if ends else [new]) if starts else [] if ends else [text[place]]
    return result


def in_a_string(text: list[int], pair: tuple[int, int], new: int) -> list[int]:
    """Replace in the written text, where 1 2 is also found in 11 2."""
    written = " ".join(map(str, text)).replace(f"{pair[0]} {pair[1]}", str(new))
    return [int(token) for token in written.split()]


def last_missing(text: list[int], pair: tuple[int, int], new: int) -> list[int]:
    """Stop before the last token, which is lost unless a pair ends with it."""
    result = replaced([*text, -1], pair, [new])[:-1]
    return result[:-1] if result[-1] == text[-1] else result


def again(text: list[int], new: int) -> Tensor:
    """Merge until no pair is left that stands more than once."""
    tokens = torch.tensor(text)
    while (counts := count_pairs(tokens.tolist(), RIGHT)) and max(counts.values()) > 1:
        tokens, new = merge(tokens, new), new + 1
    return tokens


def merge_cases() -> list[Case]:
    texts = [
        ([1, 2, 3, 1, 2], 9),
        ([5, 6, 0, 7, 5, 6, 0, 7, 0, 7], 8),  # the gaps would make the most frequent pair
        ([4, 4, 4, 0, 2, 3, 0, 2, 3, 4], 6),  # 4 4 4 holds two pairs; the first of two ties
        ([3, 3, 3, 3, 3, 0, 3, 3], 5),
        ([6, 2, 6, 2, 6, 1, 9], 12),
        ([9, 8, 0, 1, 2, 0, 5, 7, 0, 1, 2, 0, 5, 7], 30),  # ties: neither smallest nor largest
        ([8, 1, 0, 8, 1, 0, 8, 1, 0, 2, 5, 4, 0, 7, 2, 5, 0, 6], 15),  # a word that comes often
        ([7, 5, 3], 1),
        ([2, 0, 2, 0, 2], 4),  # no pair
        ([6], 7),
        ([1, 4, 0, 4, 1, 0, 1, 4, 0, 3, 2, 0, 3, 2, 0, 3, 2, 13, 2, 3, 21], 11),
        ([8, 1, 0, 2, 9, 0, 3, 1, 0, 2, 4, 0, 8, 1, 0, 2, 9], 20),  # 1 and 2 meet over a gap
        ([2, 5, 0, 7, 2, 0, 8, 7], 13),  # the end and the beginning do not meet
        ([120, 300, 7, 0, 300, 7, 120, 300, 7, 120], 1000),
        ([0, 0, 0, 5, 1, 5, 1, 0, 1, 5, 0], 2),
        ([2, 9, 0, 3, 1, 0, 3, 1, 0, 2, 9, 3, 0, 2, 2], 40),
    ]
    return [Case(tokens=torch.tensor(text), new=new) for text, new in texts]


def expanded_length(case: Case, output: Tensor) -> bool:
    """Say whether the text has become shorter by one for every new token, as a merge makes it."""
    added = int((output == case["new"]).sum()) - int((case["tokens"] == case["new"]).sum())
    return output.numel() + added == case["tokens"].numel()


def keeps_gaps(case: Case, output: Tensor) -> bool:
    """Say whether there are as many gaps as before."""
    return int((output == 0).sum()) == int((case["tokens"] == 0).sum())


MERGE = Implement(
    id="gpt.merge",
    title="One merge of byte-pair encoding",
    difficulty=3,
    minutes=20,
    hints=(
        "Count all pairs first, then walk through the text once more. How far do you walk on "
        "after a pair?",
        "count(a, b) = how many i have text[i] = a, text[i + 1] = b and neither is 0. The pair: "
        "the largest count, of several the one that is met first.",
        "tokens (n,) → a list of numbers → a dictionary (a, b) → count → one pair → a new, shorter "
        "list → a tensor. A dictionary keeps the order in which its keys came.",
        "counts = Counter(pair for pair in zip(text, text[1:]) if ...)\n"
        "pair = max(counts, key=...)   # the first of the largest\n"
        "while i < len(text):\n  if tuple(text[i : i + 2]) == pair: ...; i += 2\n"
        "  else: ...; i += 1",
    ),
    reference=merge,
    cases=merge_cases,
    mistakes=(
        Mistake(
            "gaps_counted",
            "Pairs with a gap (0) are counted, too, so that a merge can swallow the end of a word. "
            "Which pairs lie inside a word?",
            "all",
        ),
        Mistake(
            "across_gaps",
            "You count pairs over the gaps between words, as if those were not there. Where do the "
            "two tokens of a pair stand?",
            "all",
        ),
        Mistake(
            "wrapped",
            "The last token of the text and the first count as a pair, as after `roll`. Do they "
            "stand side by side?",
            "all",
        ),
        Mistake(
            "stride_two",
            "You cut the text into twos, so that only every other pair is counted. How far apart "
            "do two pairs begin?",
            "all",
        ),
        Mistake(
            "largest_pair",
            "You take the pair with the largest *numbers*. By what should the largest be chosen?",
            "all",
        ),
        Mistake(
            "frequent_tokens",
            "You put the two most frequent tokens together. Do they stand side by side? Pairs are "
            "what is to be counted.",
            "all",
        ),
        Mistake(
            "last_of_ties",
            "Of equally frequent pairs you take the one that came last. `>=` instead of `>`? Which "
            "does the card take?",
            "all",
        ),
        Mistake(
            "smallest_of_ties",
            "Of equally frequent pairs you take the one with the smallest numbers, as sorting (or "
            "`unique`) does. Which does the card take?",
            "all",
        ),
        Mistake(
            "largest_of_ties",
            "Of equally frequent pairs you take the one with the largest numbers, as a maximum of "
            "(count, pair) does. Which does the card take?",
            "all",
        ),
        Mistake("rarest", "You merge the *rarest* pair. Which should it be?", "all"),
        Mistake(
            "first_pair", "You merge the first pair of the text. How often does each occur?", "all"
        ),
        Mistake(
            "overlaps_once",
            "Pairs that overlap (as in 4 4 4) are counted once. The card counts *every* place "
            "where the two stand side by side.",
            "all",
        ),
        Mistake(
            "words_once",
            "A word that comes several times counts once. Does a frequent word not make its pairs "
            "frequent?",
            "all",
        ),
        Mistake(
            "any_order",
            "You count (a, b) and (b, a) as one pair. Are they the same piece of text?",
            "all",
        ),
        Mistake(
            "both_orders",
            "You also replace the pair the other way round, (b, a). Is it the same piece of text?",
            "all",
        ),
        Mistake(
            "not_skipped",
            "After a new token you go on with the second half of the pair, which stays in the "
            "text. How far do you walk on after a pair?",
            "all",
        ),
        Mistake(
            "second_kept",
            "The new token takes the place of the pair's first half alone. How many tokens does it "
            "replace?",
            "all",
        ),
        Mistake(
            "first_kept",
            "The new token takes the place of the pair's second half alone. How many tokens does "
            "it replace?",
            "all",
        ),
        Mistake(
            "filled",
            "A merge leaves a 0 behind, which means the end of a word. The text should become "
            "shorter.",
            "all",
        ),
        Mistake("twice", "A pair becomes *two* new tokens. Into how many should it merge?", "all"),
        Mistake("dropped", "The pair disappears. What should stand in its place?", "all"),
        Mistake(
            "overlaps_replaced",
            "Where the pair overlaps with itself (4 4 4), you put a new token for each of its "
            "places, though they share a token. Which tokens are left once the first pair is "
            "merged?",
            "all",
        ),
        Mistake(
            "overlaps_swallowed",
            "Where the pair overlaps with itself (4 4 4), a single new token swallows the whole "
            "run. How many tokens does one of them replace?",
            "all",
        ),
        Mistake(
            "in_a_string",
            "You replace in written text, where 1 2 is also found in 11 2 and in 1 20. How could "
            "you compare whole numbers?",
            "all",
        ),
        Mistake(
            "first_place",
            "Only the first place is merged. Where else does the pair stand?",
            "all",
        ),
        Mistake(
            "from_the_right",
            "Where a pair overlaps with itself (4 4 4), you merge from the right. From which side "
            "does the card go?",
            "all",
        ),
        Mistake(
            "added",
            "The new token comes on top: the pair is still there. What should it replace?",
            "all",
        ),
        Mistake(
            "at_the_end",
            "The new tokens stand at the end of the text. Where did their pairs stand?",
            "all",
        ),
        Mistake(
            "first_word",
            "You merge in the first word alone. Where else does the pair stand?",
            "all",
        ),
        Mistake(
            "each_token",
            "Each of the two tokens is replaced by itself, also where the other is not its "
            "neighbour. What is to be replaced?",
            "all",
        ),
        Mistake(
            "gaps_dropped",
            "The gaps (0) have disappeared, so all words run together. They stay where they are.",
            "all",
        ),
        Mistake("pair", "You return the pair itself. What does the text look like then?", "all"),
        Mistake(
            "not_once",
            "Where no pair comes twice, you merge nothing. The card merges the most frequent pair "
            "even if it comes once.",
            "all",
        ),
        Mistake(
            "again",
            "You go on merging while some pair comes more than once. One merge is asked for.",
            "all",
        ),
        Mistake(
            "own_number",
            "You number the new token yourself, by the largest of the text. Which number is "
            "handed over?",
            "all",
        ),
        Mistake(
            "first_missing",
            "The first pair of the text is not counted. Where does the count begin?",
            "all",
        ),
        Mistake(
            "last_missing",
            "The last token of the text is lost when no pair ends with it. What becomes of it at "
            "the end of your loop?",
            "all",
        ),
    ),
    properties=(
        Property(
            "Each merge makes the text shorter by exactly one, and each leaves one new token; "
            "yours does not. What takes the place of the two tokens of a pair?",
            expanded_length,
        ),
        Property("There should be as many gaps (0) as before; yours are not.", keeps_gaps),
    ),
)
