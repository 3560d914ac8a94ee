"""What an open answer says: the one answer that it commits to, if it commits to one."""

import re
from itertools import pairwise

from mmtutor.datasets.asking.words import ANSWER_NUMBERS, COLUMNS
from mmtutor.datasets.scenes import COLOURS, ROWS

CHOICES = {
    "colour": tuple(COLOURS),
    "row": ROWS,
    "column": COLUMNS,
    "count": ANSWER_NUMBERS,
    "exists": ("no", "yes"),
    "relation": ("no", "yes"),
    "comparison": ("no", "yes"),
    "two-step": tuple(COLOURS),
}
"""What can be answered to each type of question."""
DIGITS = dict(zip("012", ANSWER_NUMBERS, strict=True))


def parse(text: str, kind: str) -> str | None:
    """Return the answer that a text gives to a question of a type; None where it is not clear.

    Whole words count, in small and large letters: "notice" holds no "no". A text that names two
    different choices ("red or blue") gives none. What is denied ("not red") is no answer, and so
    "not red, but blue" is "blue".
    """
    words = re.findall(r"\w+|[,.;]", text.lower())
    words = [DIGITS.get(word, word) for word in words]
    denied = {after for before, after in pairwise(words) if before == "not"}
    named = {word for word in words if word in CHOICES[kind]} - denied
    return named.pop() if len(named) == 1 else None
