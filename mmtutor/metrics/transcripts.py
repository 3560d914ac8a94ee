"""How much of what was said is right: by whole phrase, by word, by letter."""

from collections.abc import Sequence


def edits(said: Sequence, wanted: Sequence) -> int:
    """Return how many must be put in, left out or exchanged to make one of the other.

    Source: Levenshtein 1966, "Binary codes capable of correcting deletions, insertions and
    reversals".
    """
    row = list(range(len(wanted) + 1))
    for place, one in enumerate(said, 1):
        above, row = row, [place]
        for at, other in enumerate(wanted):
            row.append(min(row[at] + 1, above[at + 1] + 1, above[at] + (one != other)))
    return row[-1]


def error_rate(said: Sequence[Sequence], wanted: Sequence[Sequence]) -> float:
    """Return how many edits all of `said` need, by the number of what was wanted.

    Lists of words give the word error rate, texts the character error rate. May be above 1.
    """
    needed = sum(edits(one, other) for one, other in zip(said, wanted, strict=True))
    return needed / max(1, sum(map(len, wanted)))


def word_errors(said: Sequence[str], wanted: Sequence[str]) -> float:
    """Return the word error rate of texts."""
    return error_rate([text.split() for text in said], [text.split() for text in wanted])


def heard(said: Sequence[str], wanted: Sequence[str]) -> dict[str, float]:
    """Return the share of phrases that are right, and the errors by word and by letter."""
    right = [one == other for one, other in zip(said, wanted, strict=True)]
    return {
        "right": sum(right) / len(right),
        "word error": word_errors(said, wanted),
        "letter error": error_rate(said, wanted),
    }
