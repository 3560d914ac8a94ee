"""The speaker: type words, see what a model looks at while it speaks, hear it, change its speed.

It knows no model: `say` speaks. Its script and its style lie beside this file and travel with the
notebook's own connection: nothing is fetched from anywhere. Its static twin is
`mmtutor.plots.speaker`.
"""

from collections.abc import Callable

import anywidget
import numpy as np
import traitlets
from jaxtyping import Float, UInt8

from mmtutor.plots.describe import as_array
from mmtutor.plots.players import as_wav
from mmtutor.plots.sound import LOUDNESS
from mmtutor.plots.speaking import Said, look_says
from mmtutor.plots.style import ATTENTION, palette
from mmtutor.widgets.style import script_of, style_of

SLOWEST, FASTEST = 0.6, 1.6
"""The ends of the slider."""

Say = Callable[[str, float], Said]
"""Says a text at a speed; raises ValueError, with a sentence, for what it cannot say."""


class Speaker(anywidget.AnyWidget):
    """A box to type into, a slider for the speed, and what a model made of it: seen and heard.

    `text` and `speed` follow what the reader does; Python can read and set them. `said` is what the
    page shows.

    Args:
        say: the model; where it raises ValueError, the page shows the sentence and keeps what was
            said before.
        text: what is said first.
        speed: 1 is the model's own.

    Raises:
        ValueError: the first text cannot be said.
    """

    _esm = script_of(__file__)
    _css = style_of(__file__)

    text = traitlets.Unicode().tag(sync=True)
    speed = traitlets.Float(1.0).tag(sync=True)

    _shown = traitlets.Dict().tag(sync=True)
    _weights = traitlets.Bytes().tag(sync=True)
    _mel = traitlets.Bytes().tag(sync=True)
    _wav = traitlets.Bytes().tag(sync=True)
    _error = traitlets.Unicode("").tag(sync=True)
    _fixed = traitlets.Dict().tag(sync=True)
    _palettes = traitlets.Bytes().tag(sync=True)

    def __init__(self, say: Say, text: str, speed: float = 1.0) -> None:
        self._say, self.said = say, say(text, speed)
        super().__init__(
            text=text,
            speed=speed,
            _fixed={"slowest": SLOWEST, "fastest": FASTEST},
            _palettes=palette(ATTENTION) + palette(LOUDNESS),
            **for_the_page(self.said),
        )

    @traitlets.validate("speed")
    def _stay_inside(self, proposal: traitlets.Bunch) -> float:
        """Refuse a speed that the slider does not have."""
        if not SLOWEST <= proposal["value"] <= FASTEST:
            raise traitlets.TraitError(
                f"speed must lie from {SLOWEST} to {FASTEST}, not {proposal['value']}."
            )
        return proposal["value"]

    @traitlets.observe("text", "speed")
    def _changed(self, _change: traitlets.Bunch) -> None:
        """Say the text as it is now, or say why it cannot be said."""
        error = ""
        try:
            self.said = self._say(self.text, self.speed)
        except ValueError as problem:
            error = str(problem)
        with self.hold_sync():  # the page sees what was said as a whole
            self._error = error
            for name, value in for_the_page(self.said).items():
                setattr(self, name, value)

    def __repr__(self) -> str:
        """One sentence: what a stored notebook says where the widget cannot be drawn."""
        return f'Speaker, live in a running notebook. It says "{self.said.look.letters}"'


def for_the_page(said: Said) -> dict[str, object]:
    """Return what the page shows: numbers from 0 to 255 for both pictures, and the sound."""
    look = said.look
    weights, mel = as_array(look.weights), as_array(said.mel)
    return {
        "_weights": as_bytes(weights, 0.0).tobytes(),
        "_mel": as_bytes(mel, float(mel.min())).tobytes(),
        "_wav": as_wav(as_array(said.wave), said.rate),
        "_shown": {
            "letters": [*look.letters, *["end"] * (weights.shape[1] - len(look.letters))],
            "steps": len(weights),
            "frames": len(mel),
            "bands": mel.shape[1],
            "seconds": said.seconds,
            "strongest": weights.argmax(axis=1).tolist(),
            "says": said.says,
            "looks": look_says(look),
        },
    }


def as_bytes(
    values: Float[np.ndarray, "time place"], low: float
) -> UInt8[np.ndarray, "time place"]:
    """Return numbers from `low` to the largest as 0 to 255."""
    span = max(1e-9, float(values.max()) - low)
    return ((values - low) / span * 255).round().astype(np.uint8)
