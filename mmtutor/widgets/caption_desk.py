"""The caption desk: let a model caption a picture, click a word, and see where it looked.

It knows no model: `teller` says the captions. Its script and its style lie beside this file and
travel with the notebook's own connection: nothing is fetched from anywhere. Its static twin is
`mmtutor.plots.caption_desk`.
"""

from collections.abc import Sequence
from pathlib import Path

import anywidget
import numpy as np
import traitlets
from jaxtyping import Shaped
from torch import Tensor

from mmtutor.plots.caption_desk import (
    COOLEST,
    HOTTEST,
    WAYS,
    Said,
    Teller,
    Wish,
    told,
    word_says,
)
from mmtutor.plots.describe import as_array, as_picture
from mmtutor.plots.looks import lifted
from mmtutor.plots.style import DIM
from mmtutor.widgets.style import script_of


class CaptionDesk(anywidget.AnyWidget):
    """A picture and what a model says of it, from any beginning, word by word.

    `picture`, `beginning`, `way` (a place in `plots.caption_desk.WAYS`), `temperature`, `draw` and
    `word`, the chosen word of the caption, follow what the reader does; Python can read and set
    them.

    Args:
        teller: says a caption of a picture by its number; where it raises ValueError, the page
            shows the sentence and keeps the caption before.
        pictures: floats from 0 to 1 or bytes, all of one size.
        grid: rows and columns of patches.

    Raises:
        ValueError: the first caption is none, or pictures or grid do not fit.
    """

    _esm = script_of(__file__)
    _css = Path(__file__).with_suffix(".css")

    picture = traitlets.Int(0).tag(sync=True)
    beginning = traitlets.Unicode("").tag(sync=True)
    way = traitlets.Int(0).tag(sync=True)
    temperature = traitlets.Float(1.0).tag(sync=True)
    draw = traitlets.Int(0).tag(sync=True)
    word = traitlets.Int(0).tag(sync=True)

    _shown = traitlets.Dict().tag(sync=True)
    _pixels = traitlets.Bytes().tag(sync=True)
    _looks = traitlets.Bytes().tag(sync=True)
    _error = traitlets.Unicode("").tag(sync=True)
    _fixed = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        teller: Teller,
        pictures: Sequence[Shaped[Tensor, "height width 3"] | Shaped[np.ndarray, "height width 3"]],
        grid: tuple[int, int],
    ) -> None:
        self._teller, self._grid = teller, grid
        self._pictures = [lifted(as_picture(one)) for one in pictures]
        self._wish = Wish()
        high, wide = self._pictures[0].shape[:2]
        fixed = {"ways": WAYS, "coolest": COOLEST, "hottest": HOTTEST, "dim": DIM}
        sizes = {"pictures": len(pictures), "high": high, "wide": wide, "grid": grid}
        super().__init__(_fixed={**fixed, **sizes}, **self._taken(self._wish))

    def _taken(self, wish: Wish) -> dict[str, object]:
        """Ask the teller; return what the page shows of the caption."""
        said = told(self._teller, wish)
        return {
            "_shown": as_shown(said, self._grid),
            "_pixels": self._pictures[wish.picture].tobytes(),
            "_looks": as_array(said.looks).astype("<f4").tobytes(),
        }

    @traitlets.observe("picture", "beginning", "way", "temperature", "draw")
    def _changed(self, _change: traitlets.Bunch) -> None:
        """Ask the teller again, or say why it cannot answer."""
        chosen = (self.picture, self.beginning, WAYS[self.way], self.temperature, self.draw)
        wish = Wish(*chosen)
        if wish == self._wish:
            return
        self._wish = wish
        try:
            taken = self._taken(wish)
        except ValueError as error:
            self._error = str(error)
            return
        with self.hold_sync():  # the page sees the new caption as a whole
            self._error = ""
            for name, value in taken.items():
                setattr(self, name, value)
            self.word = min(self.word, len(self._shown["words"]) - 1)

    @traitlets.validate("picture", "way", "word", "draw")
    def _stay_inside(self, proposal: traitlets.Bunch) -> int:
        """Refuse a choice that there is not."""
        name, value = proposal["trait"].name, proposal["value"]
        words = len(self._shown.get("words", ())) or 1
        counts = {"picture": len(self._pictures), "way": len(WAYS), "word": words}
        last = counts.get(name, value + 1) - 1
        if not 0 <= value <= last:
            raise traitlets.TraitError(f"{name} must lie from 0 to {max(last, 0)}, not {value}.")
        return value

    @traitlets.validate("temperature")
    def _stay_warm(self, proposal: traitlets.Bunch) -> float:
        """Refuse a temperature that the slider does not have."""
        if not COOLEST <= proposal["value"] <= HOTTEST:
            raise traitlets.TraitError(
                f"temperature must lie from {COOLEST} to {HOTTEST}, not {proposal['value']}."
            )
        return proposal["value"]

    @property
    def caption(self) -> str:
        """The caption on the page."""
        return " ".join(self._shown["words"])

    def __repr__(self) -> str:
        """One sentence: what a stored notebook says where the widget cannot be drawn."""
        return f"Caption desk with {len(self._pictures)} pictures, live in a running notebook"


def as_shown(said: Said, grid: tuple[int, int]) -> dict[str, object]:
    """Return what the page says of a caption: its words, a sentence for each, and the verdict."""
    if as_array(said.looks).shape[1] != grid[0] * grid[1]:
        raise ValueError(f"looks must have a weight for each of {grid[0]} x {grid[1]} patches.")
    return {
        "words": list(said.words),
        "given": said.given,
        "sentences": [word_says(said, at, grid[1]) for at in range(len(said.words))],
        "verdict": said.verdict,
    }
