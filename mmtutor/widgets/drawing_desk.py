"""The drawing desk: say what to draw, drag guidance, steps and time, and see noise become it.

It knows no model: `draw` draws. Its script and its style lie beside this file and travel with the
notebook's own connection: nothing is fetched from anywhere. Its static twin is
`mmtutor.plots.moments`.
"""

from collections.abc import Callable

import anywidget
import traitlets
from jaxtyping import UInt8
from torch import Tensor

from mmtutor.widgets.style import script_of, style_of

MOST_STEPS, MOST_GUIDANCE = 64, 8.0
Draw = Callable[[str, str, float, float, int, int], UInt8[Tensor, "moment picture high wide"]]
"""From two captions, a place between them, guidance, steps and a seed: every moment of drawings.

Raises ValueError for words that it does not know. An empty second caption is the first one.
"""


class DrawingDesk(anywidget.AnyWidget):
    """Pictures on their way from noise to what a caption asks for.

    `first` and `second` are captions, `between` the place from the first (0) to the second (1),
    `guidance`, `steps` and `seed` say how it is drawn, and `time`, from 0 to 1, which moment is
    shown. All follow what the reader does; Python can read and set them.

    Args:
        draw: the model; where it raises ValueError, the page shows the sentence and keeps the
            pictures before.
        first: what is drawn at the beginning.
        guidance: how much guidance there is at the beginning.

    Raises:
        ValueError: the model does not know a word of the first caption.
    """

    _esm = script_of(__file__)
    _css = style_of(__file__)

    first = traitlets.Unicode().tag(sync=True)
    second = traitlets.Unicode("").tag(sync=True)
    between = traitlets.Float(0.0, min=0.0, max=1.0).tag(sync=True)
    guidance = traitlets.Float(1.5, min=0.0, max=MOST_GUIDANCE).tag(sync=True)
    steps = traitlets.Int(16, min=1, max=MOST_STEPS).tag(sync=True)
    seed = traitlets.Int(0, min=0).tag(sync=True)
    time = traitlets.Float(1.0, min=0.0, max=1.0).tag(sync=True)

    _ink = traitlets.Bytes().tag(sync=True)
    _sizes = traitlets.List().tag(sync=True)
    _error = traitlets.Unicode("").tag(sync=True)
    _most = traitlets.List().tag(sync=True)

    def __init__(self, draw: Draw, first: str, guidance: float = 1.5) -> None:
        self._draw = draw
        drawn = draw(first, "", 0.0, guidance, 16, 0)
        super().__init__(
            first=first, guidance=guidance, _most=[MOST_GUIDANCE, MOST_STEPS], **as_sent(drawn)
        )

    @traitlets.observe("first", "second", "between", "guidance", "steps", "seed")
    def _changed(self, _change: traitlets.Bunch) -> None:
        """Draw anew, or say why that cannot be drawn."""
        asked = (self.first, self.second, self.between, self.guidance, self.steps, self.seed)
        try:
            taken = as_sent(self._draw(*asked)) | {"_error": ""}
        except ValueError as problem:
            taken = {"_error": f"{problem}."}
        with self.hold_sync():  # the page sees the new pictures as a whole
            for name, value in taken.items():
                setattr(self, name, value)

    def __repr__(self) -> str:
        """One sentence: what a stored notebook says where the widget cannot be drawn."""
        return f"Drawing desk with “{self.first}”, live in a running notebook"


def as_sent(drawn: UInt8[Tensor, "moment picture high wide"]) -> dict[str, object]:
    """Return what the page gets of drawings."""
    return {"_ink": drawn.contiguous().numpy().tobytes(), "_sizes": list(drawn.shape)}
