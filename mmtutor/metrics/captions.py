"""How like its references is a caption? BLEU, METEOR and CIDEr, in plain Python.

A caption is a list of words; each caption has several references. Scores run from 0 to 1, CIDEr's
from 0 to 10.
"""

import math
from collections import Counter
from collections.abc import Sequence
from functools import cache

Words = Sequence[str]
"""A caption, word by word."""


def ngrams(words: Words, n: int) -> Counter[tuple[str, ...]]:
    """Count the runs of `n` words."""
    return Counter(zip(*(words[i:] for i in range(n)), strict=False))


# ── BLEU ──────────────────────────────────────────────────────────────────────────────────────────


def clipped(candidate: Words, references: Sequence[Words], n: int) -> tuple[int, int]:
    """Return how many of a candidate's runs of `n` words a reference has, too, and all of them.

    A run counts at most as often as in the reference that has it most often.
    """
    found, most = ngrams(candidate, n), Counter()
    for reference in references:
        most |= ngrams(reference, n)
    return (found & most).total(), found.total()


def closest_length(candidate: Words, references: Sequence[Words]) -> int:
    """Return the length of the reference that is nearest in length; of two as near, the shorter."""
    return min(map(len, references), key=lambda long: (abs(long - len(candidate)), long))


def bleu(
    candidates: Sequence[Words], references: Sequence[Sequence[Words]], up_to: int = 4
) -> float:
    """Return BLEU of a corpus: counts are summed over all captions before anything is divided.

    Source: Papineni et al. 2002, "BLEU: a Method for Automatic Evaluation of Machine Translation".
    """
    pairs = list(zip(candidates, references, strict=True))
    logs = 0.0
    for n in range(1, up_to + 1):
        right, total = map(sum, zip(*(clipped(*pair, n) for pair in pairs), strict=True))
        if not right:
            return 0.0
        logs += math.log(right / total) / up_to
    long = sum(len(candidate) for candidate in candidates)
    wanted = sum(closest_length(*pair) for pair in pairs)
    return math.exp(logs + min(0.0, 1 - wanted / long))


def sentence_bleu(candidate: Words, references: Sequence[Words], up_to: int = 4) -> float:
    """Return BLEU of a single caption: 0 wherever no run of `up_to` words is right."""
    return bleu([candidate], [references], up_to)


# ── METEOR ────────────────────────────────────────────────────────────────────────────────────────


@cache
def stem(word: str) -> str:
    """Return a word without its plural's "s": all that stems do to the words of the scenes."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def fewest_chunks(candidate: Words, reference: Words) -> tuple[int, int]:
    """Return how many words can be aligned, and in how few chunks of neighbours.

    A word is aligned to an equal one; what is then left, to one with the same stem.
    """
    best = {(0, -2): 0}  # reference words used (bits), the last one's place: chunks so far
    ways = alignments(candidate, reference)
    for options in ways:
        scarce = ways.count(options) > len(options)  # else none of them need stay alone
        after: dict[tuple[int, int], int] = {}
        for (used, last), chunks in best.items():
            places = [at for at in options if not used >> at & 1]
            for place in places + [-2] * (scarce or not places):
                state = (used, -2) if place < 0 else (used | 1 << place, place)
                count = chunks + (place >= 0 and place != last + 1)
                after[state] = min(after.get(state, count), count)
        best = after
    most = max(used.bit_count() for used, _ in best)
    return most, min(chunks for (used, _), chunks in best.items() if used.bit_count() == most)


def alignments(candidate: Words, reference: Words) -> list[list[int]]:
    """Return, for each candidate word, the places of equal words, or else of equal stems."""
    exact = [[at for at, other in enumerate(reference) if other == word] for word in candidate]
    free = {at for at, word in enumerate(reference) if word not in set(candidate)}
    return [
        places or [at for at in free if stem(reference[at]) == stem(word)]
        for word, places in zip(candidate, exact, strict=True)
    ]


@cache
def meteor_of_one(candidate: tuple[str, ...], reference: tuple[str, ...]) -> float:
    """Return METEOR against one reference."""
    matches, chunks = fewest_chunks(candidate, reference)
    if not matches:
        return 0.0
    precision, recall = matches / len(candidate), matches / len(reference)
    harmonic = precision * recall / (0.9 * precision + 0.1 * recall)
    return harmonic * (1 - 0.5 * (chunks / matches) ** 3)


def meteor(candidates: Sequence[Words], references: Sequence[Sequence[Words]]) -> float:
    """Return the mean METEOR of captions, each against the reference that suits it best.

    Stages: exact, then stems. Source: Banerjee and Lavie 2005, "METEOR: An Automatic Metric for MT
    Evaluation"; weights (0.9, 3, 0.5) as Lavie and Agarwal 2007 and nltk.
    """
    pairs = zip(candidates, references, strict=True)
    best = [max(meteor_of_one(tuple(c), tuple(r)) for r in several) for c, several in pairs]
    return sum(best) / len(best)


# ── CIDEr ─────────────────────────────────────────────────────────────────────────────────────────


def cider(candidates: Sequence[Words], references: Sequence[Sequence[Words]]) -> float:
    """Return the mean CIDEr: cosines of counts in which what is rare among scenes counts more.

    Averaged over references and runs of 1 to 4 words, times 10. Source: Vedantam et al. 2015,
    "CIDEr: Consensus-based Image Description Evaluation", arXiv:1411.5726, equations 1 to 3.
    """
    total = 0.0
    for n in range(1, 5):
        counted = [[ngrams(reference, n) for reference in several] for several in references]
        scenes = Counter(run for several in counted for run in set().union(*several))
        for candidate, several in zip(candidates, counted, strict=True):
            own = ngrams(candidate, n)
            total += sum(cosine(own, other, scenes, len(references)) for other in several) / len(
                several
            )
    return 10 * total / (4 * len(candidates))


def cosine(one: Counter, other: Counter, scenes: Counter, count: int) -> float:
    """Return the cosine of two counts, each run weighted by log(count / scenes that have it)."""

    def weighted(runs: Counter) -> dict[tuple[str, ...], float]:
        return {run: n * math.log(count / max(1, scenes[run])) for run, n in runs.items()}

    a, b = weighted(one), weighted(other)
    lengths = math.hypot(*a.values()) * math.hypot(*b.values())
    return sum(value * b.get(run, 0.0) for run, value in a.items()) / lengths if lengths else 0.0
