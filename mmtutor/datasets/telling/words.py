"""The words that captions are made of, and their numbers."""

from collections.abc import Sequence

from jaxtyping import Int64
from torch import Tensor

from mmtutor.datasets.scenes import COLOURS, KINDS, ROWS
from mmtutor.pipelines import WordPipeline

PLURALS = {f"{kind}s": kind for kind in KINDS}
"""The word for several objects of a kind, and the kind."""
PLACES = {row: f"{'in' if row == 'middle' else 'at'} the {row}" for row in ROWS}
"""How a caption says in which third of the canvas something stands."""
RELATIONS = ("left of", "right of", "above", "below")
"""What one thing can be to another: "a star left of a heart"."""
WITH = {
    "to the left": "left of",
    "to the right": "right of",
    "above": "above",
    "below": "below",
}
"""What stands after "with": "a heart with a star to the left" says that the star is left of it."""
NUMERALS = {"a": 1, "an": 1, "two": 2}
"""Words for how many there are."""

BEGIN, STOP = ">", "."
"""The signs that stand before and after a caption."""
SAID = dict.fromkeys(
    word for text in (*PLACES.values(), *RELATIONS, *WITH, "with", "and") for word in text.split()
)
WORDS = (BEGIN, STOP, *NUMERALS, *COLOURS, *KINDS, *PLURALS, *SAID)
"""All words: the first has number 2, for 0 is padding and 1 is any word that is not here."""
LONGEST = 22
"""Words in the longest caption, both signs counted."""
PIPELINE = WordPipeline(WORDS, LONGEST)
START, END = (PIPELINE.numbers[sign] for sign in (BEGIN, STOP))
NOUNS = {PIPELINE.numbers[word]: PLURALS.get(word, word) for word in (*KINDS, *PLURALS)}
"""The numbers of the words that name an object, and the kind that they name."""


def encode(captions: Sequence[str]) -> Int64[Tensor, "caption word"]:
    """Return the numbers of captions between their two signs, filled up with 0 on the right.

    Raises ValueError for a word that is not in WORDS, or for a caption that is too long.
    """
    texts = [f"{BEGIN} {caption} {STOP}" for caption in captions]
    for text in texts:
        words = PIPELINE.cut(text)
        if strange := [word for word in words if word not in PIPELINE.numbers]:
            raise ValueError(f"captions here do not have the word {strange[0]!r}")
        if len(words) > LONGEST:
            raise ValueError(f"a caption has at most {LONGEST - 2} words, not {len(words) - 2}")
    return PIPELINE.prepare(texts)


def decode(ids: Int64[Tensor, "caption word"]) -> list[str]:
    """Return captions in words, without their signs.

    What follows the first full stop is cut, and so is what no caption has room for.
    """
    captions = []
    for text in PIPELINE.restore(ids):
        words = text.split()
        words = words[: words.index(STOP)] if STOP in words else words
        captions.append(" ".join([word for word in words if word != BEGIN][: LONGEST - 2]))
    return captions
