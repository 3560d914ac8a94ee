"""How does one picture become another? A plane or a line of pictures, each with its text."""

import math
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float, UInt8
from matplotlib.figure import Figure
from torch import Tensor

from mmtutor.plots.describe import describe
from mmtutor.plots.pairs import bare


def check_frames(
    pictures: UInt8[Tensor, "row column high wide"], texts: Sequence[Sequence[str]]
) -> None:
    """Raise ValueError unless there is one text for each picture."""
    rows, columns = pictures.shape[:2]
    if len(texts) != rows or {len(line) for line in texts} != {columns}:
        said = " + ".join(str(len(line)) for line in texts)
        raise ValueError(f"{rows} × {columns} pictures need as many texts, not {said or 0}.")


def frames(
    pictures: UInt8[Tensor, "row column high wide"],
    texts: Sequence[Sequence[str]],
    across: str = "",
    down: str = "",
    names: Sequence[str] = (),
) -> Figure:
    """Draw every picture with its text beneath.

    Arrows say which way is `across` and `down`; `names` stand at the left of the rows.

    Raises:
        ValueError: not one text for each picture.
    """
    check_frames(pictures, texts)
    rows, columns, high, wide = pictures.shape
    lines = max(text.count("\n") + bool(text) for line in texts for text in line)
    size = (1.5 * max(1, wide / high) * columns + 1.2, (1.5 + 0.18 * lines) * rows + 0.4)
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
    for (row, column), panel in np.ndenumerate(axes):
        bare(panel, pictures[row, column])
        panel.set_xlabel(texts[row][column], fontsize=8.5, labelpad=3)
    for panel, name in zip(axes[:, 0], names, strict=False):
        panel.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=10)
    figure.supxlabel(f"{across} →" if across else "", fontsize=10)
    figure.supylabel(f"← {down}" if down else "", fontsize=10)
    corners = dict.fromkeys(texts[row][column] for row in (0, -1) for column in (0, -1))
    said = [" to ".join(text for text in corners if text), ", ".join(names)]
    line = "; ".join(part for part in said if part).replace("\n", " ")
    return describe(figure, f"{rows} × {columns} pictures: {line}.")


def as_ink(drawn: Float[Tensor, "*batch pixel"]) -> UInt8[Tensor, "*batch side side"]:
    """Return square pictures in bytes, from rows of ink: 0 is paper, 1 is black.

    What a model draws beyond 0 and 1 is cut off.
    """
    side = math.isqrt(drawn.shape[-1])
    return (255 * drawn.detach().clamp(0, 1)).byte().unflatten(-1, (side, side))


def two_lines(caption: str) -> str:
    """Return "g, serif, bold, slanted" in two lines: the letter, and the face beneath it."""
    return caption.replace(", ", "\n", 1).replace(", ", " ")


def ink_rows(rows: Mapping[str, Float[Tensor, "picture pixel"]], texts: Sequence[str]) -> Figure:
    """How do several ways to draw the same compare? A row of pictures for each, with its name.

    The text of a column stands under each of its pictures.

    Raises:
        ValueError: not one text for each picture of a row.
    """
    pictures = torch.stack([as_ink(drawn) for drawn in rows.values()])
    return frames(pictures, [list(texts)] * len(rows), names=[*rows])


def moments(drawn: UInt8[Tensor, "moment picture high wide"], count: int = 5) -> Figure:
    """How does noise become pictures? `count` moments of some drawings, from the first to the last.

    Time runs from 0 to 1.

    Raises:
        ValueError: fewer than two moments are asked for, or there are fewer.
    """
    if not 2 <= count <= len(drawn):
        raise ValueError(f"of {len(drawn)} moments, 2 to {len(drawn)} can be shown, not {count}.")
    shown = torch.linspace(0, len(drawn) - 1, count).round().long()
    names = [f"t = {place / (len(drawn) - 1):.2f}" for place in shown.tolist()]
    return frames(drawn[shown], [[""] * drawn.shape[1]] * count, names=names)


def sheet(drawn: Float[Tensor, "picture pixel"], rows: int) -> UInt8[Tensor, "high wide"]:
    """Return square pictures side by side on one sheet of so many rows, in reading order.

    Raises:
        ValueError: the rows would not be equally long.
    """
    if len(drawn) % rows:
        raise ValueError(f"{len(drawn)} pictures do not fill {rows} rows.")
    lines = [torch.cat(list(line), dim=1) for line in as_ink(drawn).chunk(rows)]
    return torch.cat(lines)
