"""What would it say if it stopped here? The logit lens: a language model read out at every depth.

A model's blocks add to one stream of numbers, and its output layer can be laid on that stream after
any of them. Source: nostalgebraist 2020, "interpreting GPT: the logit lens".
"""

from collections.abc import Sequence
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from mmtutor.plots.describe import as_array, describe
from mmtutor.plots.letters import drawable, families, shorten
from mmtutor.plots.style import ATTENTION
from mmtutor.plots.temperature import label_bar

TOP = 5
"""So many of the next tokens are shown."""
SIGNS = str.maketrans({" ": "␣", "\n": "⏎", "\t": "⇥"})
"""How characters that leave no ink are shown."""


class Reading(NamedTuple):
    """What a language model did with a text: where it looked, and what it would say at each depth.

    Depth 0 is the embedding, depth d the stream after block d. The probabilities at a token are for
    the token after it, and `names` has a name for each token of the vocabulary.
    """

    tokens: Sequence[str]
    maps: Float[Tensor, "layer head query key"]
    probabilities: Float[Tensor, "depth token vocabulary"]
    names: Sequence[str]


def check_reading(reading: Reading) -> tuple[np.ndarray, np.ndarray]:
    """Return maps and probabilities as arrays. ValueError where they do not fit each other."""
    maps, probabilities = as_array(reading.maps), as_array(reading.probabilities)
    tokens, words = len(reading.tokens), len(reading.names)
    if tokens == 0:
        raise ValueError("a reading needs at least one token")
    if maps.ndim != 4 or maps.shape[2:] != (tokens, tokens):
        raise ValueError(f"maps must be (layer, head, {tokens}, {tokens}), not {maps.shape}")
    if probabilities.shape != (len(maps) + 1, tokens, words):
        expected = (len(maps) + 1, tokens, words)
        raise ValueError(f"probabilities must be {expected}, not {probabilities.shape}")
    for name, shares in (("maps", maps), ("probabilities", probabilities)):
        if not (np.isfinite(shares).all() and shares.min() >= 0 and shares.max() <= 1 + 1e-3):
            raise ValueError(f"{name} must lie between 0 and 1: are they from before the softmax?")
    return maps, probabilities


def visible(token: str) -> str:
    """Return a token with a sign for each space and line break."""
    return token.translate(SIGNS) or "∅"


def likeliest(
    probabilities: Float[np.ndarray, " vocabulary"], names: Sequence[str], count: int = TOP
) -> list[tuple[str, float]]:
    """Return the likeliest tokens, as shown, and their probabilities; of equal ones the first."""
    best = np.argsort(-probabilities, kind="stable")[:count]
    return [(visible(names[place]), float(probabilities[place])) for place in best]


def stop(depth: int, last: int) -> str:
    """Name a depth."""
    if depth == 0:
        return "after the embedding"
    return f"after block {depth} of {last}"


def sentence(reading: Reading, place: int, depth: int) -> str:
    """Say what the model would say after a token, if it stopped at this depth."""
    last = len(reading.maps)
    name, share = likeliest(as_array(reading.probabilities)[depth, place], reading.names, 1)[0]
    said = f"“{visible(reading.tokens[place])}”, {stop(depth, last)}: next “{name}” {share:.2f}"
    if place + 1 < len(reading.tokens):
        said += f"; what follows is “{visible(reading.tokens[place + 1])}”"
    return said


def depth_lens(reading: Reading) -> Figure:
    """What would it say next, after each token and at each depth? The likeliest token in each cell.

    The static twin of `mmtutor.widgets.DepthLens`. A cell's colour is the probability of its token;
    bold are those that really follow.

    Raises:
        ValueError: maps, probabilities, tokens and names do not fit each other.
    """
    _, probabilities = check_reading(reading)
    depths, tokens, _ = probabilities.shape
    size = (max(4.0, 0.27 * tokens + 2.2), 0.3 * depths + 1.0)
    figure, axes = plt.subplots(figsize=size)
    image = axes.imshow(probabilities.max(axis=2), vmin=0, vmax=1, cmap=ATTENTION, aspect="auto")
    for depth, place in np.ndindex(depths, tokens):
        write_cell(axes, reading, probabilities, depth, place)
    axes.set_xticks(range(tokens), [drawn(token) for token in reading.tokens], family=families())
    axes.set_yticks(range(depths), [stop(depth, depths - 1) for depth in range(depths)])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("token read")
    label_bar(figure.colorbar(image, ax=axes, ticks=[0, 0.5, 1], aspect=10), "probability")
    return describe(figure, summary(reading, probabilities))


def write_cell(
    axes: Axes, reading: Reading, probabilities: np.ndarray, depth: int, place: int
) -> None:
    """Write the likeliest next token into its cell, bold where it really follows."""
    best = int(probabilities[depth, place].argmax())
    name, following = reading.names[best], reading.tokens[place + 1 : place + 2]
    axes.text(
        *(place, depth, drawn(name)),
        ha="center",
        va="center",
        fontsize=9,
        family=families(),
        color="black" if probabilities[depth, place, best] > 0.6 else "white",
        weight="bold" if name in following else "normal",
    )


def drawn(token: str) -> str:
    """Return a token short enough for a cell, in letters that can be drawn."""
    return shorten(drawable(visible(token), instead="□"), 8)


def right_at(reading: Reading, probabilities: np.ndarray) -> list[float]:
    """Return, for each depth, how often the likeliest token is the one that follows."""
    best = probabilities.argmax(axis=2)[:, :-1]
    named = [[reading.names[place] for place in row] for row in best]
    following = list(reading.tokens[1:])
    hits = [[n == f for n, f in zip(row, following, strict=True)] for row in named]
    return [float(np.mean(row)) if row else 0.0 for row in hits]


def summary(reading: Reading, probabilities: np.ndarray) -> str:
    """Return the figure's description."""
    shares = ", ".join(f"{share:.2f}" for share in right_at(reading, probabilities))
    text = visible("".join(reading.tokens))
    return (
        f"The likeliest next token after each token of “{text}”, at {len(probabilities)} depths. "
        f"Share of tokens that really follow, from the embedding to the last block: {shares}."
    )
