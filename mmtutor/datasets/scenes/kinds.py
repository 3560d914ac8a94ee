"""What can stand in a scene: kinds, colours, and the pairs of both that are held out."""

from jaxtyping import Int64
from torch import Tensor

KINDS = {
    "umbrella": "☂",
    "star": "★",
    "heart": "♥",
    "anchor": "⚓",
    "flower": "✿",
    "airplane": "✈",
    "face": "☻",
    "sun": "☀",
    "castle": "♜",
    "horse": "♞",
    "flag": "⚑",
    "crown": "♛",
}
"""The objects: a word, and the character that is drawn for it."""
COLOURS = {
    "red": (0.85, 0.10, 0.10),
    "orange": (0.95, 0.55, 0.00),
    "green": (0.05, 0.60, 0.20),
    "blue": (0.10, 0.30, 0.90),
    "purple": (0.60, 0.15, 0.70),
    "black": (0.10, 0.10, 0.10),
}
"""What colour they can have: a word, and its red, green and blue from 0 to 1."""
NOTHING = -1
"""The kind and the colour of a slot that holds no object; the slot of a question about none."""


def held_out_colour(kind: Int64[Tensor, "*shape"]) -> Int64[Tensor, "*shape"]:
    """The colour that this kind never has in a scene with `pairs="seen"`."""
    return kind % len(COLOURS)
