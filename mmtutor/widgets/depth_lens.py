"""The depth lens: type a text, stop a language model at any depth, and see what it would say next.

It knows no model: `read` turns a text into a `Reading`. Its script and its style lie beside this
file and travel with the notebook's own connection: nothing is fetched from anywhere. Its static
twin is `mmtutor.plots.depth_lens`.
"""

from collections.abc import Callable
from pathlib import Path

import anywidget
import numpy as np
import traitlets

from mmtutor.plots.depth import Reading, check_reading, likeliest, sentence, stop, visible
from mmtutor.plots.style import palette
from mmtutor.widgets.style import script_of

Read = Callable[[str], Reading]


class DepthLens(anywidget.AnyWidget):
    """A text token by token, the likeliest next tokens at a depth, and where each head looked.

    `text`, `place` (the token pointed at), `depth` (0 is the embedding, d the stream after block d)
    and `head` follow what the reader does; Python can read and set them. The maps are those of the
    block that was the last to be read; all its heads share one bar from 0 to the largest weight.

    Args:
        read: what the model did with a text; where it raises ValueError, the page shows the
            sentence and keeps the text before.
        text: the text to begin with.

    Raises:
        ValueError: what `read` returns for the first text does not fit together.
    """

    _esm = script_of(__file__)
    _css = Path(__file__).with_suffix(".css")

    text = traitlets.Unicode().tag(sync=True)
    place = traitlets.Int(0).tag(sync=True)
    depth = traitlets.Int(0).tag(sync=True)
    head = traitlets.Int(0).tag(sync=True)

    _shown = traitlets.Dict().tag(sync=True)
    _maps = traitlets.Bytes().tag(sync=True)
    _error = traitlets.Unicode("").tag(sync=True)
    _palette = traitlets.Bytes(palette()).tag(sync=True)

    def __init__(self, read: Read, text: str) -> None:
        self._read = read
        shown, maps = take(read(text))
        layers, _, tokens = shown["shape"]
        super().__init__(text=text, _shown=shown, _maps=maps, place=tokens - 1, depth=layers)

    @traitlets.observe("text")
    def _typed(self, change: traitlets.Bunch) -> None:
        """Read the new text and point at its last token, or say why it cannot be read."""
        if change["old"] is traitlets.Undefined or not self._shown:
            return
        try:
            if not change["new"]:
                raise ValueError("type at least one letter to read")
            shown, maps = take(self._read(change["new"]))
        except ValueError as error:
            self._error = str(error)
            return
        self._error = ""
        with self.hold_sync():  # the page sees the new text as a whole
            self._shown, self._maps = shown, maps
            self.place = shown["shape"][2] - 1

    @traitlets.validate("place", "depth", "head")
    def _stay_inside(self, proposal: traitlets.Bunch) -> int:
        """Refuse an index that the reading does not have."""
        name, value = proposal["trait"].name, proposal["value"]
        layers, heads, tokens = self._shown["shape"]
        last = {"place": tokens - 1, "depth": layers, "head": heads - 1}[name]
        if not 0 <= value <= last:
            raise traitlets.TraitError(f"{name} must lie from 0 to {last}, not {value}.")
        return value

    @property
    def sentence(self) -> str:
        """What is said on the page: the likeliest next token, and what really follows."""
        return self._shown["sentences"][self.depth][self.place]

    def __repr__(self) -> str:
        """One sentence: what a stored notebook says where the widget cannot be drawn."""
        layers, heads, tokens = self._shown["shape"]
        return (
            f"Depth lens over {tokens} tokens, {layers} blocks of {heads} heads, "
            "live in a running notebook"
        )


def take(reading: Reading) -> tuple[dict[str, object], bytes]:
    """Return what the page shows of a reading, and its maps as bytes, each layer's largest 255."""
    maps, probabilities = check_reading(reading)
    layers, heads, tokens, _ = maps.shape
    names, depths, places = reading.names, range(layers + 1), range(tokens)
    tops = maps.max(axis=(1, 2, 3))
    scaled = maps / np.maximum(tops, 1e-9)[:, None, None, None]
    shown = {
        "shape": [layers, heads, tokens],
        "tokens": [visible(token) for token in reading.tokens],
        "stops": [stop(depth, layers) for depth in depths],
        "guesses": [[likeliest(probabilities[d, p], names) for p in places] for d in depths],
        "sentences": [[sentence(reading, p, d) for p in places] for d in depths],
        "tops": [round(float(top), 2) for top in tops],
    }
    return shown, (scaled * 255).round().astype(np.uint8).tobytes()
