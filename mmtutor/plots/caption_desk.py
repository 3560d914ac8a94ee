"""What does a model say of a picture, and where did it look at each word?"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Shaped
from matplotlib.figure import Figure
from torch import Tensor

from mmtutor.datasets.scenes import KINDS
from mmtutor.datasets.telling.words import PLURALS
from mmtutor.plots.describe import as_array, describe
from mmtutor.plots.looks import attention_over_pictures

WAYS = ("greedy", "beam 2", "beam 4", "beam 8", "sample")
"""How the next words are chosen."""
COOLEST, HOTTEST = 0.1, 2.0
"""The temperatures that a sample can have."""


class Said(NamedTuple):
    """A caption, and how it came about.

    `given` is how many of its words were written by hand. `shares` holds how likely each word was
    to the model, `looks` where it looked when it chose the word: a weight for each patch in reading
    order. `verdict` is a sentence on whether the caption is true.
    """

    words: tuple[str, ...]
    given: int
    shares: tuple[float, ...]
    looks: Float[Tensor, "word patch"]
    verdict: str


class Wish(NamedTuple):
    """What a reader chose: a picture, the beginning of a caption, and how to go on from there.

    `temperature` and `draw`, the number of the throw, matter to the way "sample" alone.
    """

    picture: int = 0
    beginning: str = ""
    way: str = WAYS[0]
    temperature: float = 1.0
    draw: int = 0


Teller = Callable[[Wish], Said]
"""Says a caption; raises ValueError, with a sentence, for a beginning that it cannot read."""


def told(teller: Teller, wish: Wish) -> Said:
    """Ask a teller.

    Raises ValueError where it says nothing, or where words, shares and looks do not fit.
    """
    said = teller(wish)
    weights = as_array(said.looks)
    if not len(said.words) == len(said.shares) == len(weights) or not said.words:
        raise ValueError(
            f"{len(said.words)} words, {len(said.shares)} shares and {len(weights)} looks: "
            "a caption has one of each for every word, and at least one word."
        )
    if not np.isfinite(weights).all() or weights.min() < 0:
        raise ValueError("looks must be weights from 0 on.")
    return said


def word_says(said: Said, word: int, columns: int) -> str:
    """Say how likely a word was, and where the model looked; the patches stand in `columns`."""
    weights = as_array(said.looks)[word]
    row, column = divmod(int(weights.argmax()), columns)
    given = ", written by hand," if word < said.given else ""
    return (
        f"“{said.words[word]}”{given} had {100 * said.shares[word]:.0f} %; "
        f"at this word the model looks most at patch row {row}, column {column}: "
        f"{weights.max():.2f}."
    )


def caption_desk(
    teller: Teller,
    picture: Shaped[Tensor, "height width 3"] | Shaped[np.ndarray, "height width 3"],
    grid: tuple[int, int],
    wish: Wish = Wish(),  # noqa: B008 - a frozen value
) -> Figure:
    """Where did the model look at each noun? The picture, lit for one noun after another.

    Args:
        teller: says the caption.
        picture: the picture that `wish` names: floats from 0 to 1, or bytes.
        grid: rows and columns of patches.
        wish: what the caption begins with, and how the model goes on.

    Raises:
        ValueError: the caption is none, or the picture or the grid do not fit its looks.
    """
    said = told(teller, wish)
    nouns = [at for at, word in enumerate(said.words) if word in KINDS or word in PLURALS]
    nouns = nouns or [len(said.words) - 1]
    looks = as_array(said.looks)[nouns]
    names = [said.words[at] for at in nouns]
    figure = attention_over_pictures([picture] * len(nouns), looks, grid, names)
    caption = " ".join(said.words)
    figure.suptitle(f"“{caption}”\n{said.verdict}", fontsize=10)
    return describe(figure, f"{wish.way}: “{caption}”. {said.verdict}")
