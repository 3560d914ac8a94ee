"""Texts to numbers of words, in rows of one length."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Bool, Int64
from torch import Tensor

from mmtutor.pipelines.description import Pipeline

PADDING = 0
"""The number that fills a row up; no word and no byte has it."""
UNKNOWN = 1
"""The number of every word that a WordPipeline does not know."""
FIRST = 2
"""The number of the first word, and of the first byte."""
STRANGER = "�"
"""What stands for an unknown word, or for bytes that are no character."""


@dataclass(frozen=True)
class WordPipeline(Pipeline):
    """Texts to numbers of words; 0 is padding, 1 every word that is not in `words`.

    A text is first brought to one form (NFC) and, if `lowered`, to small letters; signs are words
    of their own. Texts are cut after `length` words and filled up with 0 on the given `side`.
    """

    steps = "NFC; words and signs; cut after length; 0 pads, 1 is unknown"

    words: tuple[str, ...]
    length: int
    side: str = "right"
    lowered: bool = True

    def __post_init__(self) -> None:
        """Raise ValueError for a side that is none, or words that no text could hold."""
        require_side(self.side)
        if len(self.numbers) < len(self.words):
            raise ValueError("a word stands twice in the list: which number should it have?")
        if strange := [word for word in self.words if self.cut(word) != [word]]:
            raise ValueError(f"{strange[0]!r} is not one word as this pipeline cuts texts")

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of every word."""
        return {word: number for number, word in enumerate(self.words, FIRST)}

    def cut(self, text: str) -> list[str]:
        """Return the words and signs of a text, in the form in which `words` has them."""
        text = unicodedata.normalize("NFC", text)
        return re.findall(r"\w+|[^\w\s]", text.lower() if self.lowered else text)

    def prepare(self, texts: Sequence[str]) -> Int64[Tensor, "text token"]:
        """Return one row of `length` numbers for each text."""
        rows = [[self.numbers.get(word, UNKNOWN) for word in self.cut(text)] for text in texts]
        return padded([row[: self.length] for row in rows], self.length, self.side)

    def restore(self, ids: Int64[Tensor, "text token"]) -> list[str]:
        """Return the texts, a blank between words. Capitals, spaces and unknown words are lost."""
        names = ("", STRANGER, *self.words)
        return [" ".join(names[i] for i in row if i != PADDING) for row in ids.tolist()]

    def mask(self, ids: Int64[Tensor, "text token"]) -> Bool[Tensor, "text token"]:
        """Say which tokens are real: True where it is not padding."""
        return ids != PADDING


def require_side(side: str) -> None:
    """Raise ValueError unless `side` is a side to pad on."""
    if side not in ("left", "right"):
        raise ValueError(f"padding stands on the left or on the right, not {side!r}")


def padded(rows: Sequence[Sequence[int]], length: int, side: str) -> Int64[Tensor, "row {length}"]:
    """Fill rows up to `length` with padding, on one side."""
    table = torch.full((len(rows), length), PADDING)
    for line, row in zip(table, rows, strict=True):
        start = 0 if side == "right" else length - len(row)
        line[start : start + len(row)] = torch.tensor(row, dtype=torch.long)
    return table
