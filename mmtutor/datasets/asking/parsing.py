"""What an open answer says: the one answer that it commits to, if it commits to one."""

import re
from collections.abc import Sequence

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
ALIKE = dict(zip("012", ANSWER_NUMBERS, strict=True)) | {"zero": "none", "center": "centre"}
"""Other ways to write a choice."""
DENIALS = {"not", "no", "never", "neither", "nor"}
"""Words that deny the choices behind them, up to a comma, a full stop or "but"."""


def parse(text: str, kind: str) -> str | None:
    """Return the answer that a text gives to a question of a type; None where it is not clear.

    As `parse_among`, with the type's choices.
    """
    return parse_among(text, CHOICES[kind])


def parse_among(text: str, choices: Sequence[str]) -> str | None:
    """Return the one of some choices that a text commits to; None where it is not clear.

    Whole words count, in small and large letters: "notice" holds no "no". A text that names two
    different choices ("red or blue") gives none. What is denied ("not a red one") is no answer, and
    so "not red, but blue" is "blue". Where the choices are A, B, C …, large letters alone count.
    """
    letters = all(len(choice) == 1 and choice.isupper() for choice in choices)
    text = (text if letters else text.lower()).replace("’", "'").replace("n't ", " not ")
    words = [ALIKE.get(word, word) for word in re.findall(r"\w+(?:-\w+)*|[,.;:!?]", text)]
    named, denied = set(), False
    for word in words:
        if word in choices:
            named |= set() if denied else {word}
        elif word.lower() in DENIALS:
            denied = True
        elif word == "but" or word in ",.;:!?":
            denied = False
    return named.pop() if len(named) == 1 else None
