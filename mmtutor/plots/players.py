"""How does it sound? Small players in a row, which need no kernel."""

import wave
from base64 import b64encode
from collections.abc import Mapping
from html import escape
from io import BytesIO

import numpy as np
from jaxtyping import Float
from torch import Tensor

from mmtutor.plots.describe import as_array

LOUDEST = 0.9
"""The largest number of each sound, of 1: all are brought to it."""


class Players:
    """Sounds with their names. A notebook that shows it stores them: mono, 16 bits a sample."""

    def __init__(self, sounds: Mapping[str, bytes]) -> None:
        self.sounds = dict(sounds)

    def _repr_mimebundle_(self, **_given: object) -> dict[str, str]:
        """Return what a page shows: a player for each, or their names in one line."""
        return {"text/html": self.html(), "text/plain": f"Sounds: {', '.join(self.sounds)}"}

    def html(self) -> str:
        """Return a player for each sound, its name above it."""
        return "".join(
            '<div style="display:inline-block;margin:4px 14px 4px 0">'
            f"<small>{escape(name)}</small><br>"
            f'<audio controls style="width:230px" aria-label="{escape(name)}" '
            f'src="data:audio/wav;base64,{b64encode(data).decode()}"></audio></div>'
            for name, data in self.sounds.items()
        )


def players(sounds: Mapping[str, Float[Tensor, " _"]], rate: int) -> Players:
    """How do these sound? A small player for each, all equally loud.

    `rate` is in samples a second.
    """
    return Players({name: as_wav(as_array(sound), rate) for name, sound in sounds.items()})


def as_wav(sound: Float[np.ndarray, " sample"], rate: int) -> bytes:
    """Return a WAV file: mono, 16 bits, its largest number LOUDEST; silence stays silent."""
    scaled = LOUDEST * sound / max(1e-9, float(np.abs(sound).max()))
    file = BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(rate)
        written.writeframes((scaled * 32767).round().astype("<i2").tobytes())
    return file.getvalue()
