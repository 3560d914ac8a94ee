"""Which tokens of a conversation are the picture's, which are words, and which are learnt?"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mmtutor.plots.describe import describe
from mmtutor.plots.style import INK, PICTURE, TEXT

PER_LINE = 18
"""Tokens that stand side by side."""
SEEN, LEARNT, LEFT_OUT = 0.1, 0.3, "–"


def conversation_tokens(
    tokens: Sequence[str], learnt: Sequence[bool], picture: str = "<image>"
) -> Figure:
    """Draw each token in the colour of its modality, and under it what is to be said there.

    A token is to be said at the place before it, so what stands under a token is the next one, if
    that is `learnt`; a dash where nothing is. Raises ValueError for another number of marks.
    """
    if len(tokens) != len(learnt):
        raise ValueError(f"{len(tokens)} tokens, but {len(learnt)} marks")
    lines = -(-len(tokens) // PER_LINE)
    figure, axes = plt.subplots(figsize=(11, 1.0 * lines + 0.1))
    targets = [word if mark else LEFT_OUT for word, mark in zip(tokens, learnt, strict=True)]
    for i, word in enumerate(tokens):
        target = targets[i + 1] if i + 1 < len(tokens) else LEFT_OUT
        draw_token(axes, (i % PER_LINE, -(i // PER_LINE)), word, target, word == picture)
    axes.set(xlim=(-1.1, PER_LINE), ylim=(-lines + 0.8, 0.95), xticks=[], yticks=[])
    for line in range(lines):
        axes.text(-0.1, 0.62 - line, "reads", ha="right", va="center", fontsize=9, color=INK)
        axes.text(-0.1, 0.13 - line, "says", ha="right", va="center", fontsize=9, color=INK)
    axes.spines[:].set_visible(False)
    return describe(figure, in_words(tokens, learnt, picture))


def draw_token(
    axes: Axes, corner: tuple[int, int], word: str, target: str, is_picture: bool
) -> None:
    """Draw what is read at a place, and below it what is to be said there."""
    (x, y), color = corner, PICTURE if is_picture else TEXT
    box = {"facecolor": (color, SEEN), "edgecolor": color, "lw": 1.2}
    axes.add_patch(Rectangle((x + 0.03, y + 0.4), 0.94, 0.44, **box))
    shown = "▦" if is_picture else word
    axes.text(x + 0.5, y + 0.62, shown, ha="center", va="center", fontsize=8, color=INK)
    if target != LEFT_OUT:
        axes.add_patch(Rectangle((x + 0.03, y + 0.0), 0.94, 0.28, color=(INK, LEARNT), lw=0))
    weight = "bold" if target != LEFT_OUT else "normal"
    axes.text(
        x + 0.5, y + 0.13, target, ha="center", va="center", fontsize=8, color=INK, weight=weight
    )


def in_words(tokens: Sequence[str], learnt: Sequence[bool], picture: str) -> str:
    """Say how many tokens there are of each kind, and which are learnt."""
    places = sum(word == picture for word in tokens)
    said = " ".join(word for word, mark in zip(tokens, learnt, strict=True) if mark)
    return (
        f"{len(tokens)} tokens, {places} of them the picture's; the loss looks at "
        f"{sum(learnt)}: {said or 'none'}."
    )
