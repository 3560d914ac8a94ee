"""The words of questions, answers and captions, and their numbers."""

from collections.abc import Sequence

import torch
from jaxtyping import Int64
from torch import Tensor

from mmtutor.datasets.scenes.kinds import COLOURS, KINDS

ROWS = ("top", "middle", "bottom")
"""The thirds of the canvas, by the middle of an object's box."""
NUMBERS = ("one", "two", "three", "four", "five", "six")
"""How many objects a scene can have, in words."""

QUESTIONS = {
    "colour": "what colour is the {0}",
    "row": "which row is the {0} in",
    "side": "what is on the {side}",
    "count": "how many objects are there",
    "above": "is the {0} above the {1}",
    "exists": "is there any {0}",
}
"""What can be asked: a type, and its words."""
SIDES = ("left", "right")
"""What stands for {side}."""
NEEDED = {"side": 2, "above": 2}
"""How many objects a question needs, where one is not enough."""

TYPES = tuple(QUESTIONS)
"""The types of questions: a scene's type is a place in this list."""
PADDING = 0
"""What fills a text up to its length."""
WORDS = (
    "·",
    *dict.fromkeys(
        word for text in QUESTIONS.values() for word in text.split() if not word.startswith("{")
    ),
    *SIDES,
    "a",
    "an",
    "and",
    *COLOURS,
    *KINDS,
)
"""The tokens of questions and captions; number 0 is the padding."""
ANSWERS = (*COLOURS, *ROWS, *KINDS, *NUMBERS, "yes", "no")
"""The tokens of answers, whatever the question."""
LONGEST = max(len(text.split()) for text in QUESTIONS.values())
"""Words in the longest question."""
CHANCE = {
    "colour": 1 / (len(COLOURS) - 1),
    "row": 1 / len(ROWS),
    "side": 1 / len(KINDS),
    "count": 1 / len(NUMBERS),
    "above": 1 / 2,
    "exists": 1 / 2,
}
"""How often somebody is right who never sees the picture, with the default arguments."""
LONGEST_CAPTION = 3 * len(NUMBERS) + 1
"""Words in the longest caption: article, colour and kind of each object, and one "and"."""
IGNORED = -100
"""The answer that is no answer: `torch.nn.functional.cross_entropy` leaves it out."""


def encode(texts: Sequence[str], longest: int = LONGEST) -> Int64[Tensor, "text {longest}"]:
    """Turn texts into numbers of `WORDS`, padded on the right to `longest` words.

    ValueError for an unknown word, or for none or too many.
    """
    rows = []
    for text in texts:
        words = text.lower().rstrip("?").split()
        if unknown := [word for word in words if word not in WORDS[1:]]:
            raise ValueError(f"the word {unknown[0]!r} is not among {', '.join(WORDS[1:])}")
        if not 0 < len(words) <= longest:
            raise ValueError(f"a text here has 1 to {longest} words, not {len(words)}: {text!r}")
        rows.append([WORDS.index(w) for w in words] + [PADDING] * (longest - len(words)))
    return torch.tensor(rows, dtype=torch.long).view(-1, longest)
