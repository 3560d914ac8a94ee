"""The frame pad: drag over a plane of pictures, or along a line of them, and see each one large.

A plane may be a walk through a latent space, a line the steps of a training. Its script and its
style lie beside this file and travel with the notebook's own connection: nothing is fetched from
anywhere. Its static twin is `mmtutor.plots.frames`.
"""

from collections.abc import Sequence
from pathlib import Path

import anywidget
import traitlets
from jaxtyping import UInt8
from torch import Tensor

from mmtutor.plots.frames import check_frames
from mmtutor.widgets.style import script_of


class FramePad(anywidget.AnyWidget):
    """A plane of pictures with a text for each; one line of them has one slider.

    `column` and `row` say which one is shown large; Python can read and set them, and they follow
    what the reader does.

    Args:
        pictures: 0 is paper, 255 is ink.
        texts: what is said under each picture, row by row.
        across: what the slider from left to right is called.
        down: what the slider from top to bottom is called; not needed for one line.

    Raises:
        ValueError: not one text for each picture.
    """

    _esm = script_of(__file__)
    _css = Path(__file__).with_suffix(".css")

    column = traitlets.Int(0).tag(sync=True)
    row = traitlets.Int(0).tag(sync=True)

    _ink = traitlets.Bytes().tag(sync=True)
    _sizes = traitlets.List().tag(sync=True)
    _texts = traitlets.List().tag(sync=True)
    _names = traitlets.List().tag(sync=True)

    def __init__(
        self,
        pictures: UInt8[Tensor, "row column high wide"],
        texts: Sequence[Sequence[str]],
        across: str = "across",
        down: str = "down",
    ) -> None:
        check_frames(pictures, texts)
        super().__init__(
            _ink=pictures.contiguous().numpy().tobytes(),
            _sizes=list(pictures.shape),
            _texts=[list(line) for line in texts],
            _names=[across, down],
        )

    @traitlets.validate("column", "row")
    def _stay_inside(self, proposal: traitlets.Bunch) -> int:
        """Refuse a place that has no picture."""
        name, value = proposal["trait"].name, proposal["value"]
        last = self._sizes[name == "column"] - 1
        if not 0 <= value <= last:
            raise traitlets.TraitError(f"{name} must lie from 0 to {last}, not {value}.")
        return value

    @property
    def text(self) -> str:
        """What is said under the picture that is shown large."""
        return self._texts[self.row][self.column]

    def __repr__(self) -> str:
        """One sentence: what a stored notebook says where the widget cannot be drawn."""
        rows, columns = self._sizes[:2]
        return f"Pad of {rows} × {columns} pictures, live in a running notebook"
