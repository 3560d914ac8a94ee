"""Letters as numbers: those of the words that are said, one for nothing, and one for the end."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Int64
from torch import Tensor, nn

from mmtutor.datasets.phrases import WORDS

LETTERS = " " + "".join(sorted({letter for words in WORDS.values() for letter in "".join(words)}))
"""All letters of both sources, and the space between two words."""
NOTHING = 0
"""CTC's blank; where letters are read, padding."""
STOP = len(LETTERS) + 1
"""Stands after the last letter of a text that is to be said."""

Texts = Int64[Tensor, "phrase letter"]


def encode(texts: Sequence[str]) -> Texts:
    """Return the numbers of letters, from 1, with padding behind the shorter texts.

    Raises ValueError for a letter that no word has.
    """
    if strange := {letter for text in texts for letter in text} - set(LETTERS):
        raise ValueError(f"no word has the letter {min(strange)!r}: they have {LETTERS!r}")
    rows = [torch.tensor([LETTERS.index(c) + 1 for c in text], dtype=torch.long) for text in texts]
    return nn.utils.rnn.pad_sequence(rows, batch_first=True)


def decode(numbers: Sequence[int]) -> str:
    """Return the letters of numbers; what is none is left out."""
    return "".join(LETTERS[n - 1] for n in numbers if 0 < n <= len(LETTERS))


def to_say(texts: Sequence[str]) -> Texts:
    """Return the numbers of letters, each text with STOP behind it."""
    numbers = F.pad(encode(texts), (0, 1))
    counts = (numbers != NOTHING).sum(dim=1, keepdim=True)
    return numbers.scatter(1, counts, STOP)


def words_of(texts: Texts) -> Int64[Tensor, "phrase letter"]:
    """Return which word each letter belongs to, a space to the word behind it.

    STOP is a word of its own, the last; padding is -1.
    """
    begins = (texts == encode([" "]).item()) | (texts == STOP)
    return begins.long().cumsum(dim=1).masked_fill(texts == NOTHING, -1)
