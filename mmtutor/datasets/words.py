"""Words of random letters, padded to one length, and what they are backwards."""

import string

import torch
from jaxtyping import Int64
from torch import Tensor

ALPHABET = "·" + string.ascii_lowercase
"""The tokens: letter number i, with the padding as number 0."""
PADDING = 0


def random_words(
    count: int, shortest: int = 3, longest: int = 12, seed: int = 0
) -> Int64[Tensor, "word {longest}"]:
    """Return `count` different words of random letters, padded on the right with 0.

    Take the first part to train and the rest to test: no word comes twice. Lengths are
    equally likely but for the shortest, of which fewer are different. Raises ValueError when too
    few different words were found.
    """
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(shortest, longest + 1, (2 * count, 1), generator=generator)
    letters = torch.randint(1, len(ALPHABET), (2 * count, longest), generator=generator)
    words = letters * (torch.arange(longest) < lengths)
    different = words.unique(dim=0)
    if len(different) < count:
        raise ValueError(f"there are too few different words of {shortest} to {longest} letters")
    return different[torch.randperm(len(different), generator=generator)[:count]]


def backwards(words: Int64[Tensor, "word longest"]) -> Int64[Tensor, "word longest"]:
    """Return every word from its last letter to its first; the padding stays at the end."""
    return words.gather(1, mirror(words)) * (words != PADDING)


def mirror(words: Int64[Tensor, "word longest"]) -> Int64[Tensor, "word longest"]:
    """Return where each place of the reversed word finds its letter (0 on the padding)."""
    lengths = (words != PADDING).sum(dim=1, keepdim=True)
    return (lengths - 1 - torch.arange(words.shape[1], device=words.device)).clamp(min=0)


def encode(texts: list[str], longest: int = 12) -> Int64[Tensor, "word {longest}"]:
    """Turn words of the letters a … z into numbers; ValueError for any other or a longer word."""
    for text in texts:
        if not set(text) <= set(ALPHABET[1:]) or not 0 < len(text) <= longest:
            raise ValueError(f"{text!r} must have 1 to {longest} letters from a to z")
    padded = [text.ljust(longest, ALPHABET[PADDING]) for text in texts]
    return torch.tensor([[ALPHABET.index(letter) for letter in text] for text in padded])


def decode(words: Int64[Tensor, "word longest"]) -> list[str]:
    """Turn numbers back into words, without the padding."""
    letters = ["".join(ALPHABET[number] for number in word) for word in words.tolist()]
    return [text.rstrip(ALPHABET[PADDING]) for text in letters]
