"""The words of conversations about scenes, and their numbers."""

from collections.abc import Sequence

import torch
from jaxtyping import Int64
from torch import Tensor

from mmtutor.datasets.scenes import ROWS
from mmtutor.datasets.telling import WORDS as CAPTION_WORDS
from mmtutor.datasets.telling.words import PLURALS

PAD, IMAGE, USER, MODEL, STOP = "<pad>", "<image>", "<user>", "<model>", "<end>"
"""The signs of a conversation: filler, one picture token, who speaks, and the end of a turn."""
SIGNS = (PAD, IMAGE, USER, MODEL, STOP)
COLUMNS = ("left", "centre", "right")
"""The thirds of the canvas across, by the middle of an object's box."""
ANSWER_NUMBERS = ("none", "one", "two")
MORE = (
    *("what", "colour", "is", "the", "which", "row", "column", "in", "how", "many", "are", "there"),
    *("?", "yes", "no", "thing", "more", "than", "describe", "scene"),
    *(*COLUMNS, *ROWS, *ANSWER_NUMBERS),
)
PLURAL = "+s"
"""The second piece of a word for several: "stars" is read as "star" and "+s" (lesson 03)."""
WHOLE = (word for word in CAPTION_WORDS[1:] if word not in PLURALS)
WORDS = (*SIGNS, *dict.fromkeys((*WHOLE, *MORE, PLURAL)))
"""All tokens of conversations: a token's number is its place. Padding is 0."""
NUMBERS = {word: number for number, word in enumerate(WORDS)}
PADDING, IMAGE_TOKEN, USER_TOKEN, MODEL_TOKEN, END = (NUMBERS[sign] for sign in SIGNS)


def encode(
    texts: Sequence[str], length: int | None = None, side: str = "right"
) -> Int64[Tensor, "text token"]:
    """Return the numbers of texts, filled up on one side ("left" or "right") to `length` tokens.

    Without a length they are as wide as the longest. Raises ValueError for a word that is not in
    WORDS, or for a text that is too long.
    """
    rows = [[number_of(piece) for piece in pieces(text)] for text in texts]
    longest = max(map(len, rows), default=0)
    length = longest if length is None else length
    if longest > length:
        raise ValueError(f"a text has {longest} tokens, but there is room for {length}")
    if side not in ("left", "right"):
        raise ValueError(f"padding goes to the left or to the right, not to {side!r}")
    fill = [[PADDING] * (length - len(row)) for row in rows]
    pairs = zip(rows, fill, strict=True)
    full = [row + rest if side == "right" else rest + row for row, rest in pairs]
    return torch.tensor(full, dtype=torch.long).view(len(rows), length)


def pieces(text: str) -> list[str]:
    """Return the tokens of a text: words, but for several of a kind the kind and PLURAL."""
    found = []
    for word in text.split():
        found += [PLURALS[word], PLURAL] if word in PLURALS else [word]
    return found


def number_of(word: str) -> int:
    """Return a token's number; ValueError where there is none."""
    if word not in NUMBERS:
        raise ValueError(f"conversations here do not have the word {word!r}")
    return NUMBERS[word]


def decode(ids: Int64[Tensor, "text token"]) -> list[str]:
    """Return texts in words, without their padding."""
    texts = [" ".join(WORDS[i] for i in row if i != PADDING) for row in ids.tolist()]
    return [text.replace(f" {PLURAL}", PLURAL[1:]) for text in texts]
