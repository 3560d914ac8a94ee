"""What stands in a sequence of several modalities, and where does its class token look?"""

from collections.abc import Sequence
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float, UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from mmtutor.plots.describe import as_array, describe
from mmtutor.plots.sound import LOUDNESS
from mmtutor.plots.style import FUSED, INK, PICTURE, SOUND, TEXT


class TokenRow(NamedTuple):
    """The content of a row behind its class token: words, a face in patches, frames of sound."""

    title: str
    words: Sequence[str]
    face: UInt8[Tensor, "high wide 1"]
    patch: int
    mel: Float[Tensor, "frame band"]

    @property
    def colors(self) -> list[str]:
        """The colour of each token's modality, the class token first."""
        patches = (self.face.shape[0] // self.patch) ** 2
        counts = (1, len(self.words), patches, len(self.mel))
        pairs = zip((FUSED, TEXT, PICTURE, SOUND), counts, strict=True)
        return [color for color, count in pairs for _ in range(count)]


def token_rows(
    rows: Sequence[TokenRow], looks: Sequence[Float[Tensor, " token"]] | None = None
) -> Figure:
    """Draw each token of each row; with `looks`, a bar under each for its attention weight.

    An empty word is padding. All bars have one scale.
    """
    panels = 1 if looks is None else 2
    size = (10, (1.35 if looks is None else 2.1) * len(rows) + 0.2)
    figure, axes = plt.subplots(panels * len(rows), 1, figsize=size, squeeze=False)
    top = 1.0 if looks is None else max(float(look.max()) for look in looks)
    for i, row in enumerate(rows):
        draw_tokens(axes[panels * i, 0], row)
        if looks is not None:
            draw_look(axes[panels * i + 1, 0], looks[i], row.colors, top)
    return describe(figure, " ".join(said_of(i, row, looks) for i, row in enumerate(rows)))


def draw_tokens(axes: Axes, row: TokenRow) -> None:
    """Draw one box for every token: a word as a word, a patch and a frame as they look."""
    for place, color in enumerate(row.colors):
        axes.add_patch(Rectangle((place + 0.06, 0), 0.88, 1, fill=False, edgecolor=color, lw=1.6))
    for place, word in enumerate(("class", *row.words)):
        axes.text(place + 0.5, 0.5, word, rotation=90, ha="center", va="center", fontsize=8.5)
    start, size = 1 + len(row.words), row.patch
    per_row = row.face.shape[1] // size
    for number in range(per_row**2):
        y, x = size * (number // per_row), size * (number % per_row)
        square = as_array(row.face[y : y + size, x : x + size, 0])
        show(axes, square, start + number, "gray", (0.0, 255.0), (0.3, 0.7))
    start, ends = start + per_row**2, (float(row.mel.min()), float(row.mel.max()))
    for number, frame in enumerate(row.mel):
        show(axes, as_array(frame)[::-1, None], start + number, LOUDNESS, ends, (0.08, 0.92))
    axes.set(xlim=(0, len(row.colors)), ylim=(-0.05, 1.05), xticks=[], yticks=[], aspect="auto")
    axes.set_title(row.title, fontsize=10, loc="left")
    axes.spines[:].set_visible(False)


def show(
    axes: Axes,
    picture: np.ndarray,
    place: int,
    colors: str,
    ends: tuple[float, float],
    height: tuple[float, float],
) -> None:
    """Draw a small picture in the box of a token, from one height of it to another."""
    extent = (place + 0.12, place + 0.88, *height)
    axes.imshow(picture, colors, extent=extent, vmin=ends[0], vmax=ends[1])


def draw_look(axes: Axes, look: Float[Tensor, " token"], colors: Sequence[str], top: float) -> None:
    """Draw a bar for the attention weight of each token, with its number where there is room."""
    weights = look.tolist()
    axes.bar([place + 0.5 for place in range(len(weights))], weights, color=colors, width=0.88)
    for place, weight in enumerate(weights):
        if weight >= 0.1 * top:
            text = f"{weight:.2f}".lstrip("0")
            axes.text(place + 0.5, weight, text, ha="center", va="bottom", fontsize=8, color=INK)
    axes.set(xlim=(0, len(weights)), ylim=(0, 1.2 * top), xticks=[], ylabel="weight")


def said_of(number: int, row: TokenRow, looks: Sequence[Float[Tensor, " token"]] | None) -> str:
    """Say what stands in a row, and which token has the largest weight."""
    words = [word for word in row.words if word]
    patches = (row.face.shape[0] // row.patch) ** 2
    said = f"{row.title}: class token, {len(words)} words, {patches} patches, {len(row.mel)} frames"
    if looks is None:
        return f"{said}."
    place = int(looks[number].argmax())
    names = ["the class token", *row.words]
    names += [f"patch {i + 1}" for i in range(patches)]
    names += [f"frame {i + 1}" for i in range(len(row.mel))]
    return f"{said}; most attention, {looks[number][place]:.2f}, goes to {names[place]}."
