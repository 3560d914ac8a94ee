"""Texts for a network: the right preparation, and what goes wrong on the way.

Raw texts are strings. Every function here returns what the network is given: the numbers of the
tokens, (text, 16); 0 is padding and 1 a word that the vocabulary does not have.
"""

import re
from collections.abc import Sequence

import torch
from jaxtyping import Int64
from torch import Tensor

from mmtutor.datasets.bugs.named import by_name
from mmtutor.datasets.bugs.orders import WORDS

Raw = Sequence[str]
Ids = Int64[Tensor, "text token"]

LENGTH = 16
"""Tokens of every text; shorter ones end in padding."""
PADDING, UNKNOWN = 0, 1
NUMBERS = {word: number for number, word in enumerate(WORDS, 2)}
"""The number of each word of the vocabulary."""


def right(raw: Raw) -> Ids:
    """Lower the letters, split words and marks, look up their numbers, pad on the right."""
    return padded([numbers(tokens(text.lower())) for text in raw])


def tokens(text: str) -> list[str]:
    """Split a text into words and marks: a comma is a token of its own."""
    return re.findall(r"\w+|[^\w\s]", text)


def numbers(tokens: Sequence[str]) -> list[int]:
    """Return the number of each token; UNKNOWN where the vocabulary does not have it."""
    return [NUMBERS.get(token, UNKNOWN) for token in tokens]


def padded(rows: Sequence[list[int]]) -> Ids:
    """Return rows of one length: longer ones are cut, shorter ones get PADDING on the right."""
    return torch.tensor([(row + [PADDING] * LENGTH)[:LENGTH] for row in rows])


def padded_left(raw: Raw) -> Ids:
    """Padding stands in front of the text, where it was behind it in training."""
    ids = right(raw)
    order = (ids != PADDING).int().argsort(dim=1, stable=True)  # padding first, words in order
    return ids.gather(1, order)


def no_mask(raw: Raw) -> Ids:
    """Padding has the number of an unknown word, so that nothing marks it as padding."""
    ids = right(raw)
    return ids.masked_fill(ids == PADDING, UNKNOWN)


def half_cut(raw: Raw) -> Ids:
    """Texts are cut after the first half of the length."""
    ids = right(raw)
    ids[:, LENGTH // 2 :] = PADDING
    return ids


def case_kept(raw: Raw) -> Ids:
    """Capital letters stay, and the vocabulary has none."""
    return padded([numbers(tokens(text)) for text in raw])


def split_at_spaces(raw: Raw) -> Ids:
    """Another tokenizer: a comma stays on its word, and the vocabulary has no such word."""
    return padded([numbers(text.lower().split()) for text in raw])


def other_order(raw: Raw) -> Ids:
    """The vocabulary of another run: the same words, sorted in another order."""
    ids = right(raw)
    swapped = len(WORDS) + 3 - ids  # the first word of the vocabulary counts as the last
    return torch.where(ids > UNKNOWN, swapped, ids)


def off_by_one(raw: Raw) -> Ids:
    """One special token more in the vocabulary: every word has the number of the next."""
    ids = right(raw)
    return torch.where(ids > UNKNOWN, (ids - 1) % len(WORDS) + 2, ids)


BUGS = by_name(
    other_order,
    off_by_one,
    split_at_spaces,
    case_kept,
    padded_left,
    no_mask,
    half_cut,
)
"""What goes wrong with texts, by name."""
