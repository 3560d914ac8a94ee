"""The probe pad: type a few examples of two or three classes, and see what a classifier picks.

It knows no tower and no classifier: a shelf brings features, `learn` makes probabilities of them.
Its script and its style lie beside this file and travel with the notebook's own connection: nothing
is fetched from anywhere. Its static twin is `mmtutor.plots.probe_pad`.
"""

from collections.abc import Sequence

import anywidget
import traitlets

from mmtutor.plots.probe_pad import (
    CLASSES,
    MOST,
    Learn,
    Shelf,
    find_examples,
    judged,
    unknown,
    verdict_says,
)
from mmtutor.widgets.style import script_of, style_of

WINDOW = 24
"""So many pictures are seen at once."""


class ProbePad(anywidget.AnyWidget):
    """Lines to type examples into, and all other things, the likeliest of the chosen class first.

    `texts` (three lines, the third may be empty), `chosen` (the class whose things are seen) and
    `first` (how far down its list) follow what the reader does; Python can read and set them.

    Args:
        shelf: the things, and their features.
        learn: learns from features and classes; where it raises ValueError, the page says why.
        texts: the lines to begin with: emoji, or names between commas.

    Raises:
        ValueError: nothing can be learnt from the first lines.
    """

    _esm = script_of(__file__)
    _css = style_of(__file__)

    texts = traitlets.List(traitlets.Unicode(), minlen=MOST, maxlen=MOST).tag(sync=True)
    chosen = traitlets.Int(0).tag(sync=True)
    first = traitlets.Int(0).tag(sync=True)

    _shown = traitlets.Dict().tag(sync=True)
    _pictures = traitlets.Bytes().tag(sync=True)
    _error = traitlets.Unicode("").tag(sync=True)
    _fixed = traitlets.Dict().tag(sync=True)

    def __init__(self, shelf: Shelf, learn: Learn, texts: Sequence[str]) -> None:
        self._shelf, self._learn = shelf, learn
        texts = [*texts, *[""] * (MOST - len(texts))]
        self._verdict = judged(shelf, learn, texts)
        fixed = {"classes": CLASSES, "window": WINDOW, "side": shelf.pictures.shape[-1]}
        super().__init__(texts=texts, _fixed=fixed)
        self._show()

    @traitlets.observe("texts")
    def _learn_again(self, _change: traitlets.Bunch) -> None:
        """Learn from the new lines, or say why that cannot be."""
        try:
            self._verdict, error = judged(self._shelf, self._learn, self.texts), ""
        except ValueError as reason:
            error = str(reason)
        with self.hold_sync():
            self._error = error
            self.chosen = min(self.chosen, len(self._verdict.order) - 1)
            self.first = 0
            self._show()

    @traitlets.observe("chosen", "first")
    def _look_elsewhere(self, _change: traitlets.Bunch) -> None:
        self._show()

    def _show(self) -> None:
        """Send the page what it shows: examples, and a window of the chosen class's list."""
        verdict, shelf = self._verdict, self._shelf
        chances = verdict.chances[:, self.chosen]
        seen = verdict.order[self.chosen][self.first : self.first + WINDOW]
        typed = [find_examples(shelf, text) for text in self.texts]
        with self.hold_sync():
            self._shown = {
                "says": verdict_says(verdict),
                "examples": [[shelf.names[place] for place in one.places] for one in typed],
                "words": [list(one.words if shelf.read else ()) for one in typed],
                "unknown": [list(unknown(shelf, one)) for one in typed],
                "tiles": [
                    {
                        "name": shelf.names[p],
                        "symbol": shelf.symbols[p],
                        "chance": float(chances[p]),
                    }
                    for p in seen
                ],
                "classes": len(verdict.order),
                "last": max(0, len(verdict.order[0]) - WINDOW),
            }
            places = [*(place for one in typed for place in one.places), *seen]
            self._pictures = shelf.pictures[places].numpy().tobytes()

    def _tile(self, place: int, chance: float) -> dict[str, object]:
        """Return what the page needs to know of a thing in the list."""
        return {
            "name": self._shelf.names[place],
            "symbol": self._shelf.symbols[place],
            "chance": chance,
        }

    @traitlets.validate("chosen", "first")
    def _stay_inside(self, proposal: traitlets.Bunch) -> int:
        """Refuse a class or a place that there is not."""
        name, value = proposal["trait"].name, proposal["value"]
        order = self._verdict.order
        last = len(order) - 1 if name == "chosen" else max(0, len(order[0]) - 1)
        if not 0 <= value <= last:
            raise traitlets.TraitError(f"{name} must lie from 0 to {last}, not {value}.")
        return value

    @property
    def sentence(self) -> str:
        """What is said on the page."""
        return self._error or self._shown["says"]

    def __repr__(self) -> str:
        """One sentence: what a stored notebook says where the widget cannot be drawn."""
        return f"Probe pad over {len(self._shelf.names):,} pictures, live in a running notebook"
