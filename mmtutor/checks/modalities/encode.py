"""Byte-pair encoding by rank. Traps: the longest match, the order of the text, one place only."""

from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from mmtutor.checks.engine.exercise import RIGHT, SHIFT, Case, Implement, Mistake, Property, Wrong
from mmtutor.checks.modalities.shared import either

Pair = tuple[int, int]
FIRST = 256
"""The number of the first merge: the bytes have 0 to 255."""
NOTHING = -1
"""What fills the row up to the length of the text."""


def encode(data: Tensor, merges: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: what was learnt first is joined first, wherever it stands; merge r is 256 + r."""
    text = data.tolist()
    ranks = {(a, b): FIRST + r for r, (a, b) in enumerate(merges.tolist())}
    ways: dict[str, Callable[[], list[int]]] = {
        "longest": lambda: longest(text, ranks),
        "first_match": lambda: first_match(text, ranks),
        "leftmost": lambda: leftmost(text, ranks),
        "rightmost": lambda: leftmost(text, ranks, last=True),
        "last_rank_first": lambda: by_rank(text, ranks, max),
        "reversed": lambda: in_turn(text, dict(reversed(ranks.items()))),
        "most_frequent": lambda: most_frequent(text, ranks),
        "one_pass": lambda: one_pass(text, ranks),
        "first_place": lambda: first_place(text, ranks),
        "first_merge": lambda: in_turn(text, dict(list(ranks.items())[:1])),
        "bytes_only": lambda: in_turn(text, {p: n for p, n in ranks.items() if max(p) < FIRST}),
        "from_the_right": lambda: from_the_right(text, ranks),
        "all_at_once": lambda: all_at_once(text, ranks),
        "not_skipped": lambda: not_skipped(text, ranks),
        "second_kept": lambda: in_turn(text, ranks, lambda pair, new: [new, pair[1]]),
        "any_order": lambda: in_turn_either_way(text, ranks),
        "ranks_alone": lambda: renumbered(text, ranks, -FIRST),
        "from_257": lambda: renumbered(text, ranks, 1),
        "from_255": lambda: renumbered(text, ranks, -1),
        "after_largest": lambda: renumbered(text, ranks, max(text) + 1 - FIRST),
        "last_missing": lambda: in_turn(text, dict(list(ranks.items())[:-1])),
        "length": lambda: [len(in_turn(text, ranks))],
        "seconds": lambda: in_turn(text, ranks, lambda pair, new: [pair[0]]),
        "twice": lambda: in_turn(text, ranks, lambda pair, new: [new, new]),
        "from_the_bytes": lambda: joined(text, *list(by_pair(ranks))[-1]),
        "last_byte_lost": lambda: last_byte_lost(text, ranks),
        "learnt_anew": lambda: learnt_anew(text, ranks),
        "in_twos": lambda: in_twos(text, ranks),
        "stops_where_missing": lambda: stops_where_missing(text, ranks),
        "sorted_pairs": lambda: in_turn(text, dict(sorted(ranks.items()))),
        "pair_kept": lambda: in_turn(text, ranks, lambda pair, new: [*pair, new]),
        "walks": lambda: walks(text, ranks),
        "in_a_string": lambda: in_a_string(text, ranks),
        "order_ignored": lambda: order_ignored(text, ranks),
        "gaps_left": lambda: in_turn(text, ranks, lambda pair, new: [new, NOTHING]),
        "each_token": lambda: each_token(text, ranks),
        "only_joined": lambda: [token for token in in_turn(text, ranks) if token >= FIRST],
        "start_missing": lambda: text[:1] + in_turn(text[1:], ranks),
    }
    found = either(ways, wrong, lambda: in_turn(text, ranks))
    return filled(torch.tensor(found, dtype=torch.int64), len(text), wrong)


def filled(tokens: Tensor, length: int, wrong: Wrong) -> Tensor:
    """Return a row of this length, −1 behind the tokens, or otherwise."""
    left = max(length - len(tokens), 0)
    ways: dict[str, Callable[[], Tensor]] = {
        "not_filled": lambda: tokens,
        "filled_with_zero": lambda: F.pad(tokens, (0, left)),
        "filled_before": lambda: F.pad(tokens, (left, 0), value=NOTHING),
    }
    return either(ways, wrong, lambda: F.pad(tokens, (0, left), value=NOTHING))


def in_turn(
    text: list[int],
    ranks: dict[Pair, int],
    becomes: Callable[[Pair, int], list[int]] = lambda pair, new: [new],
) -> list[int]:
    """Take the merges in turn, and put what it becomes in the place of each pair, from the left."""
    for pair, new in ranks.items():
        text = joined(text, pair, becomes(pair, new))
    return text


def joined(text: list[int], pair: Pair, by: list[int], most: int = -1) -> list[int]:
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


def by_rank(
    text: list[int], ranks: dict[Pair, int], choose: Callable[[list[int]], int]
) -> list[int]:
    """Join one kind of pair after the other, of those that are there that with the chosen rank."""
    pairs = {new: pair for pair, new in ranks.items()}
    while found := [ranks[pair] for pair in pairwise(text) if pair in ranks]:
        new = choose(found)
        text = joined(text, pairs[new], [new])
    return text


def most_frequent(text: list[int], ranks: dict[Pair, int]) -> list[int]:
    """Join the pair that is most frequent in this text, again and again."""
    while found := Counter(pair for pair in pairwise(text) if pair in ranks):
        pair = found.most_common(1)[0][0]
        text = joined(text, pair, [ranks[pair]])
    return text


def leftmost(text: list[int], ranks: dict[Pair, int], last: bool = False) -> list[int]:
    """Join the first pair of the text that can be joined, again and again."""
    while places := [i for i, pair in enumerate(pairwise(text)) if pair in ranks]:
        place = places[-1 if last else 0]
        text = [*text[:place], ranks[text[place], text[place + 1]], *text[place + 2 :]]
    return text


def spelled(ranks: dict[Pair, int]) -> dict[int, list[int]]:
    """Return the bytes of every token that a merge makes."""
    bytes_of: dict[int, list[int]] = {}
    for (a, b), new in ranks.items():
        bytes_of[new] = bytes_of.get(a, [a]) + bytes_of.get(b, [b])
    return bytes_of


def longest(text: list[int], ranks: dict[Pair, int]) -> list[int]:
    """From the left take the longest token that fits, whatever its rank."""
    return matched(text, sorted(spelled(ranks).items(), key=lambda item: -len(item[1])))


def first_match(text: list[int], ranks: dict[Pair, int]) -> list[int]:
    """From the left take the token of the lowest rank that fits."""
    return matched(text, list(spelled(ranks).items()))


def matched(text: list[int], tokens: list[tuple[int, list[int]]]) -> list[int]:
    """From the left take the first of these tokens that fits, or else a byte."""
    result: list[int] = []
    place = 0
    while place < len(text):
        fits = ((new, b) for new, b in tokens if text[place : place + len(b)] == b)
        new, some = next(fits, (text[place], [0]))
        result.append(new)
        place += len(some)
    return result


def one_pass(text: list[int], ranks: dict[Pair, int]) -> list[int]:
    """Walk through the text once, and join whatever two neighbours can be joined."""
    result: list[int] = []
    place = 0
    while place < len(text):
        pair = tuple(text[place : place + 2])
        result.append(ranks.get(pair, text[place]))  # type: ignore[call-overload]
        place += 2 if pair in ranks else 1
    return result


def walks(text: list[int], ranks: dict[Pair, int]) -> list[int]:
    """Walk through the text again and again, until there is nothing to join."""
    while (after := one_pass(text, ranks)) != text:
        text = after
    return text


def in_a_string(text: list[int], ranks: dict[Pair, int]) -> list[int]:
    """Replace in the written numbers, where 98 99 is also found in 198 99."""
    written = " ".join(map(str, text))
    for (a, b), new in ranks.items():
        written = written.replace(f"{a} {b}", str(new))
    return [int(number) for number in written.split()]


def order_ignored(text: list[int], ranks: dict[Pair, int]) -> list[int]:
    """Join two tokens of a pair in whichever order they come first."""
    for pair, new in ranks.items():
        found: list[int] = []
        place = 0
        while place < len(text):
            both = sorted(text[place : place + 2]) == sorted(pair)
            found.append(new if both else text[place])
            place += 2 if both else 1
        text = found
    return text


def first_place(text: list[int], ranks: dict[Pair, int]) -> list[int]:
    """Join each pair at its first place alone."""
    for pair, new in ranks.items():
        text = joined(text, pair, [new], most=1)
    return text


def from_the_right(text: list[int], ranks: dict[Pair, int]) -> list[int]:
    """Look for pairs from the end, which matters where they overlap."""
    for (a, b), new in ranks.items():
        text = joined(text[::-1], (b, a), [new])[::-1]
    return text


def all_at_once(text: list[int], ranks: dict[Pair, int]) -> list[int]:
    """Replace all hits, and drop what stands behind one: of a a a nothing but one hit is left."""
    for pair, new in ranks.items():
        hits = [two == pair for two in pairwise(text)]
        places = zip(text, [*hits, False], [False, *hits], strict=True)
        text = [new if hit else token for token, hit, behind in places if not behind]
    return text


def not_skipped(text: list[int], ranks: dict[Pair, int]) -> list[int]:
    """Write the new token and go on with the second half of the pair."""
    for pair, new in ranks.items():
        both = zip(text, [*text[1:], -1], strict=True)
        text = [new if two == pair else two[0] for two in both]
    return text


def by_pair(ranks: dict[Pair, int]) -> list[tuple[Pair, list[int]]]:
    """Return each pair and what it becomes."""
    return [(pair, [new]) for pair, new in ranks.items()]


def last_byte_lost(text: list[int], ranks: dict[Pair, int]) -> list[int]:
    """Walk to the last but one token with each merge, so that the last is lost."""
    for pair, by in by_pair(ranks):
        found = joined([*text, -2], pair, by)[:-1]
        text = found if text[-1:] != found[-1:] else found[:-1]
    return text


def learnt_anew(text: list[int], ranks: dict[Pair, int]) -> list[int]:
    """Join the pair that is most frequent now, as often as there are merges."""
    for new in ranks.values():
        counts = Counter(pairwise(text))
        if counts:
            text = joined(text, counts.most_common(1)[0][0], [new])
    return text


def in_twos(text: list[int], ranks: dict[Pair, int]) -> list[int]:
    """Look only at every other pair."""
    for pair, new in ranks.items():
        pieces = [text[i : i + 2] for i in range(0, len(text), 2)]
        text = [t for piece in pieces for t in ([new] if tuple(piece) == pair else piece)]
    return text


def stops_where_missing(text: list[int], ranks: dict[Pair, int]) -> list[int]:
    """Stop at the first merge that finds nothing."""
    for pair, by in by_pair(ranks):
        if pair not in pairwise(text):
            break
        text = joined(text, pair, by)
    return text


def each_token(text: list[int], ranks: dict[Pair, int]) -> list[int]:
    """Replace each of the two tokens, wherever it stands."""
    for pair, new in ranks.items():
        text = [new if token in pair else token for token in text]
    return text


def in_turn_either_way(text: list[int], ranks: dict[Pair, int]) -> list[int]:
    """Let a merge also join the two in the other order."""
    for (a, b), new in ranks.items():
        text = joined(joined(text, (a, b), [new]), (b, a), [new])
    return text


def renumbered(text: list[int], ranks: dict[Pair, int], by: int) -> list[int]:
    """Give the tokens that merges make other numbers, so that later merges may not find them."""
    return in_turn(text, {pair: new + by for pair, new in ranks.items()})


def encode_cases() -> list[Case]:
    many = [(98, 99), (97, 98), (256, 100), (97, 97), (257, 256), (258, 257)]
    cases = [
        ([97, 98, 99, 97, 98], [(97, 98), (256, 99)]),
        ([97, 98, 99, 100, 97, 98, 97, 98], [(98, 99), (97, 98), (256, 100)]),
        ([97, 98, 99], [(98, 99), (97, 98), (257, 99)]),  # the longest match is another
        ([97, 97, 97, 97, 97, 98], [(97, 97), (256, 97)]),
        ([97, 97, 97, 98, 97, 97, 97], [(97, 98), (97, 97), (257, 257)]),
        ([1, 2, 1, 2, 3, 2, 1, 3, 1], [(2, 1), (1, 2), (3, 256), (256, 257)]),
        ([97, 98, 98, 99, 98, 99, 100, 97, 97, 97, 98, 99, 100, 97, 98, 98, 99], many),
        ([7], [(7, 7)]),
        ([5, 6, 7, 8], [(6, 5), (8, 7)]),  # nothing to join
        ([9, 9], [(9, 9)]),
        ([0, 255, 0, 255, 255, 0], [(255, 0), (0, 256), (255, 255)]),
        ([97, 98, 97, 98, 98, 99, 97, 98, 99], [(98, 99), (97, 98)]),  # the rarer one comes first
        ([228, 189, 160, 229, 165, 189, 228, 189, 160], [(228, 189), (189, 160), (256, 160)]),
        ([97, 98, 99, 100, 101], [(99, 100), (97, 98), (257, 256), (258, 101)]),
        ([3, 4, 5, 3, 4, 3, 4, 5], [(3, 4), (4, 5), (256, 5), (258, 256)]),
        ([3, 1, 3, 1, 2, 1, 2, 1], [(1, 2), (3, 256), (3, 1), (256, 1)]),
    ]
    names = names_of_bytes()
    return [Case(data=names[text], merges=names[torch.tensor(merges)]) for text, merges in cases]


def names_of_bytes() -> Tensor:
    """Return a number for each byte and token: its own, or for who grades another byte's."""
    dice = torch.Generator().manual_seed(SHIFT.get())
    order = torch.randperm(FIRST, generator=dice) if SHIFT.get() else torch.arange(FIRST)
    return torch.cat([order, torch.arange(FIRST, 2 * FIRST)])


def expanded(tokens: list[int], merges: list[list[int]]) -> list[int]:
    """Return the bytes that tokens stand for."""
    found: list[int] = []
    for token in tokens:
        pair = token - FIRST
        found += expanded(merges[pair], merges) if 0 <= pair < len(merges) else [token]
    return found


def tokens_of(output: Tensor) -> list[int]:
    """Return the tokens without what fills the row."""
    return [token for token in output.tolist() if token != NOTHING]


def spells_the_text(case: Case, output: Tensor) -> bool:
    """Say whether the tokens give the bytes back."""
    return expanded(tokens_of(output), case["merges"].tolist()) == case["data"].tolist()


def overlaps(case: Case) -> bool:
    """Say whether three alike stand in a row somewhere, in the text or in its tokens."""
    tokens = tokens_of(encode(case["data"], case["merges"]))
    rows = [case["data"].tolist(), tokens]
    return any(a == b == c for row in rows for a, b, c in zip(row, row[1:], row[2:], strict=False))


def nothing_left(case: Case, output: Tensor) -> bool:
    """Say whether no two neighbours are left that a merge joins."""
    merges = set(map(tuple, case["merges"].tolist()))
    return not any(pair in merges for pair in pairwise(tokens_of(output)))


ENCODE = Implement(
    id="modalities.encode",
    title="Byte pairs, joined by rank",
    difficulty=2,
    minutes=20,
    hints=(
        "Take the merges on the card one after the other and go through the whole text with each, "
        "on paper. When can a later merge find something that an earlier one has made?",
        "for r = 0, 1, …: every (a_r, b_r) that stands side by side becomes 256 + r, from the left "
        "to the right; then comes r + 1, in the text that is left.",
        "data (byte,) → a list; merges (merge, 2) → for each a pair (a, b); the list becomes "
        "shorter by one with each pair that is joined → a row (byte,) again, filled up with −1.",
        "text = data.tolist()\nfor rank, (a, b) in enumerate(merges.tolist()):\n"
        "  new, i = [], 0\n  while i < len(text):\n    if text[i : i + 2] == [a, b]:\n"
        "      new.append(...); i += ...\n    else:\n      new.append(text[i]); i += 1\n"
        "  text = new\nreturn torch.tensor(text + [-1] * (...))",
    ),
    reference=encode,
    cases=encode_cases,
    mistakes=(
        Mistake(
            "longest",
            "From the left you take the *longest* token that fits. In byte-pair encoding length "
            "does not count: what was learnt first is joined first.",
            "all",
        ),
        Mistake(
            "first_match",
            "From the left you take the first merge whose whole spelling fits. A merge joins two "
            "*neighbours*, anywhere in the text, before the next merge is looked at.",
            "all",
        ),
        Mistake(
            "leftmost",
            "You join the first pair of the *text* that can be joined, again and again. Which of "
            "all pairs that can be joined comes first?",
            "all",
        ),
        Mistake(
            "rightmost",
            "You join the last pair of the *text* that can be joined, again and again. Which of "
            "all pairs that can be joined comes first?",
            "all",
        ),
        Mistake(
            "last_rank_first",
            "Of the pairs that can be joined you take the one that was learnt *last*. Which comes "
            "first?",
            "all",
        ),
        Mistake(
            "reversed",
            "You go through the merges from the last to the first. In which order were they "
            "learnt?",
            "all",
        ),
        Mistake(
            "most_frequent",
            "You join the pair that is most frequent in *this* text, as in learning. When a text "
            "is encoded, the ranks decide.",
            "all",
        ),
        Mistake(
            "one_pass",
            "You walk through the text once and join whatever two neighbours can be joined. Which "
            "pair should be joined before the others are looked at?",
            "all",
        ),
        Mistake(
            "walks",
            "You walk through the text again and again and join whatever two neighbours can be "
            "joined. Which pair should be joined, everywhere, before the others are looked at?",
            "all",
        ),
        Mistake(
            "in_a_string",
            "You replace in a written text, where 98 99 is also found in 198 99. Compare tokens, "
            "not digits.",
            "all",
        ),
        Mistake(
            "order_ignored",
            "A pair is also joined in the other order, whichever comes first. Are a b and b a the "
            "same piece of text?",
            "all",
        ),
        Mistake(
            "first_place",
            "Each merge joins only the first place where its pair stands. In how many places can "
            "it stand?",
            "all",
        ),
        Mistake("first_merge", "Only the first merge is made. What becomes of the others?", "all"),
        Mistake(
            "bytes_only",
            "Only pairs of *bytes* are joined. A later merge may join what an earlier one has "
            "made: is it looked for in the new text?",
            "all",
        ),
        Mistake(
            "from_the_right",
            "Where pairs overlap (as in a a a) you join from the right. Where does the card begin?",
            "all",
        ),
        Mistake(
            "not_skipped",
            "After a pair you go on with its second half, which stays in the text. How far do you "
            "walk on?",
            "all",
        ),
        Mistake(
            "second_kept",
            "The new token takes the place of the pair's first half alone. How many tokens does it "
            "replace?",
            "all",
        ),
        Mistake(
            "all_at_once",
            "All places of a pair are looked for at once. In a a a the pair a a begins at two of "
            "them, but they share a token: which is joined, and what becomes of the third a?",
            "all",
        ),
        Mistake(
            "any_order",
            "A merge of yours also joins its two parts in the other order. Are a b and b a the "
            "same piece of text?",
            "all",
        ),
        Mistake(
            "ranks_alone",
            "Your new tokens have the numbers 0, 1, …, which are those of bytes. From where does "
            "the card count them?",
            "all",
        ),
        Mistake(
            "from_257",
            "Your new tokens are numbered from 257. From where does the card count them?",
            "all",
        ),
        Mistake(
            "from_255",
            "Your new tokens are numbered from 255, which is a byte. From where does the card "
            "count them?",
            "all",
        ),
        Mistake(
            "after_largest",
            "Your new tokens are numbered on from the largest byte of this text. Would the same "
            "merge have the same number in another text?",
            "all",
        ),
        Mistake(
            "from_the_bytes",
            "Each merge starts from the *bytes* again, so only the last one leaves a trace. Which "
            "text does a merge work on?",
            "all",
        ),
        Mistake(
            "last_byte_lost",
            "The end of the text is lost unless a pair ends with it. How far does your walk go?",
            "all",
        ),
        Mistake(
            "learnt_anew",
            "You *learn* merges from this text: its most frequent pairs are joined. Which pairs "
            "are given?",
            "all",
        ),
        Mistake(
            "in_twos",
            "You look only at every other pair. How far do you walk on where nothing is joined?",
            "all",
        ),
        Mistake(
            "stops_where_missing",
            "You stop at the first merge that finds nothing. May a later one find something?",
            "all",
        ),
        Mistake(
            "sorted_pairs",
            "The merges are sorted by the numbers in them. In which order were they learnt?",
            "all",
        ),
        Mistake(
            "pair_kept",
            "The new token comes behind the pair, and the pair stays. What should it replace?",
            "all",
        ),
        Mistake(
            "gaps_left",
            "Where a pair was joined a −1 stays in the middle of the row, and later merges do not "
            "see over it. Where does the card want what fills the row?",
            "all",
        ),
        Mistake(
            "each_token",
            "Each of the two tokens is replaced by itself, wherever it stands. What has to stand "
            "side by side?",
            "all",
        ),
        Mistake(
            "not_filled",
            "The tokens are right, and the row is as long as there are tokens. With what does the "
            "card fill it up?",
            "all",
        ),
        Mistake(
            "filled_with_zero",
            "The row is filled up with 0, which is a byte. What does the card ask for?",
            "all",
        ),
        Mistake(
            "filled_before",
            "The row is filled up on the left. On which side does the card ask for it?",
            "all",
        ),
        Mistake("last_missing", "The last merge is never made. Where does your loop end?", "all"),
        Mistake(
            "length",
            "You count the tokens. The tokens themselves are asked for.",
            "all",
        ),
        Mistake(
            "seconds",
            "Where a pair stood you leave its first half. Which number has the merge?",
            "all",
        ),
        Mistake(
            "twice", "A pair becomes *two* new tokens. Into how many should it be joined?", "all"
        ),
        Mistake(
            "only_joined",
            "Bytes that no merge joins are missing. Where do they go?",
            "all",
        ),
        Mistake(
            "start_missing",
            "The first byte is never joined. Where does your walk begin?",
            "all",
        ),
    ),
    properties=(
        Property(
            "Written out in bytes again, your tokens do not give the text. What does a new token "
            "stand for, and what does it replace?",
            lambda case, output: overlaps(case) or spells_the_text(case, output),
        ),
        Property(
            "Written out in bytes again, your tokens do not give a text with three alike in a row, "
            "a a a: the pair a a begins at two places there. Which is joined, and what of the "
            "third a?",
            spells_the_text,
        ),
        Property(
            "Two neighbours are left that a merge joins. Is anything joined, and does each merge "
            "go through the whole text, also through what others have made?",
            nothing_left,
        ),
        Property(
            "Your tokens spell the text, and nothing is left to be joined; but other pairs were "
            "joined than those with the lowest rank. Which of two that share a token comes first?",
            lambda case, output: torch.equal(output, encode(*case.values())),
        ),
    ),
)
