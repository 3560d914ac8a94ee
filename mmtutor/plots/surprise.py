"""Which characters surprise a model: a text in rows, each character on the colour of its bits."""

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from mmtutor.plots.attention import largest, weight_bar
from mmtutor.plots.describe import as_array, describe
from mmtutor.plots.style import ATTENTION

SPECIAL = str.maketrans({"\n": "↵", "\t": "→", " ": "·"})
"""How white space is shown."""


def surprise_text(text: str, bits: Float[Tensor, " character"], columns: int = 48) -> Figure:
    """Draw a text, each character on a square whose colour says how many bits it cost.

    Raises:
        ValueError: there is not one number for each character.
    """
    if len(text) != len(bits):
        raise ValueError(f"{len(text)} characters need as many numbers, not {len(bits)}")
    shown, rows = text.translate(SPECIAL), -(-len(text) // columns)
    cells = np.full(rows * columns, np.nan)
    cells[: len(text)] = as_array(bits)
    top = largest(cells[: len(text)])
    figure, axes = plt.subplots(figsize=(9.0, 0.34 * rows + 0.4))
    image = axes.imshow(cells.reshape(rows, columns), vmin=0, vmax=top, cmap=ATTENTION)
    for place, character in enumerate(shown):
        color = "black" if cells[place] > 0.55 * top else "white"
        row, column = divmod(place, columns)
        options = {"ha": "center", "va": "center", "family": "monospace", "fontsize": 10}
        axes.text(column, row, character, color=color, **options)
    axes.set_axis_off()
    weight_bar(figure, image, [axes], "bits")
    worst = int(cells[: len(text)].argmax())
    said = f"{len(text)} characters, {np.mean(as_array(bits)):.2f} bits each on average; "
    said += f"the most, {cells[worst]:.1f}, for “{shown[worst]}” after “{shown[:worst][-12:]}”."
    return describe(figure, said)
