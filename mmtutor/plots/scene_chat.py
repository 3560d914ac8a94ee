"""What does a model answer about a scene, and where did it look?"""

from collections.abc import Callable, Sequence
from textwrap import fill
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8
from matplotlib.figure import Figure
from torch import Tensor

from mmtutor.datasets.asking.by_hand import Thing, draw_things, questions_about
from mmtutor.plots.describe import as_array, describe
from mmtutor.plots.looks import attention_over_pictures

Ask = Callable[[UInt8[Tensor, "3 64 64"], str], tuple[str, Float[Tensor, " patch"]]]
"""Answers a question about a picture and says where it looked; ValueError, with a sentence, for a
question that it cannot read."""


class Turn(NamedTuple):
    """A question about a scene, the model's answer, and the right one where it is known."""

    question: str
    answer: str
    truth: str | None
    look: np.ndarray
    """How much the model looked at each patch, in reading order."""

    @property
    def right(self) -> bool | None:
        """Whether the answer is right; None where that is not known."""
        return None if self.truth is None else self.answer == self.truth

    @property
    def verdict(self) -> str:
        """What is to be said of the answer."""
        return {
            None: "no clear answer is known",
            True: "right",
            False: f"wrong: the answer is {self.truth}",
        }[self.right]


def tidied(question: str) -> str:
    """Return a question as the model knows questions: in small letters, "?" a word of its own."""
    return " ".join(question.lower().replace("?", " ? ").split())


def asked(ask: Ask, things: Sequence[Thing], question: str, grid: tuple[int, int]) -> Turn:
    """Ask a question about a scene.

    Raises ValueError where `ask` does, or where its look is not one weight from 0 on for each patch
    of the grid.
    """
    question = tidied(question)
    answer, look = ask(draw_things(things), question)
    weights = as_array(look)
    if weights.shape != (grid[0] * grid[1],):
        raise ValueError(f"a look must have a weight for each of {grid[0]} x {grid[1]} patches.")
    if not np.isfinite(weights).all() or weights.min() < 0:
        raise ValueError("a look must be of weights from 0 on.")
    truth = {known.text: known.answer for known in questions_about(things)}
    return Turn(question, answer, truth.get(question), weights)


def look_says(turn: Turn, columns: int) -> str:
    """Say where the model looked most; the patches stand in `columns`."""
    row, column = divmod(int(turn.look.argmax()), columns)
    return (
        "As it answered, it looked most at "
        f"patch row {row}, column {column}: {turn.look.max():.2f}."
    )


def scene_chat(
    ask: Ask, things: Sequence[Thing], grid: tuple[int, int], questions: Sequence[str]
) -> Figure:
    """What does a model answer about a scene? The scene for each question, lit where it looked.

    The static twin of `mmtutor.widgets.SceneChat`.

    Args:
        ask: the model.
        things: what stands in the scene.
        grid: rows and columns of patches.
        questions: such as "what colour is the star ?".

    Raises:
        ValueError: as `asked`.
    """
    turns = [asked(ask, things, question, grid) for question in questions]
    said = [f"{turn.question} “{turn.answer}”, {turn.verdict}" for turn in turns]
    picture = draw_things(things).permute(1, 2, 0)
    looks = np.stack([turn.look for turn in turns])
    figure = attention_over_pictures([picture] * len(turns), looks, grid, questions)
    for panel, turn in zip(figure.axes, turns, strict=False):  # behind the panels stands the bar
        title = f"{fill(turn.question, 22)}\n“{turn.answer}”\nlook: {turn.look.max():.2f}"
        panel.set_title(title, fontsize=10)
    figure.set_figheight(figure.get_figheight() + 1.0)  # the titles have up to five lines
    return describe(figure, "; ".join(said) + ".")
