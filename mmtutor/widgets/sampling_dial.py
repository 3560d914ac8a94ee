"""The sampling dial: type a prompt, turn temperature, top-k and top-p, and let the text grow.

It knows no model: `scores` gives the logits after a text, and the lesson's own function turns them
into the probabilities to draw from. Its script and its style lie beside this file and travel with
the notebook's own connection: nothing is fetched from anywhere. Its static twin is
`mmtutor.plots.sampling_bars`.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import anywidget
import numpy as np
import torch
import traitlets
from jaxtyping import Float
from torch import Tensor

from mmtutor.plots.depth import visible
from mmtutor.plots.sampling import check_shares, sentence
from mmtutor.widgets.style import script_of

Scores = Callable[[str], Float[Tensor, " vocabulary"]]
Distribution = Callable[..., Float[Tensor, " vocabulary"]]

MOST = 12
"""So many bars are shown."""
HOTTEST = 2.0
"""The right end of the temperature's slider; its left end is 0, the likeliest token alone."""


class SamplingDial(anywidget.AnyWidget):
    """The next token's probabilities before and after three dials, and a text that grows by them.

    `text`, `temperature`, `top_p` and `top_k` follow what the reader does; Python can read and set
    them. A `top_k` of 0 and a `top_p` of 1 cut nothing off. `grow(count)` writes so many tokens,
    `restart()` goes back to what was typed last; after it, the same dials give the same text.

    Args:
        scores: the logits of the token after a text; where it raises ValueError, the page shows
            the sentence.
        distribution: called as `distribution(logits, temperature=…, top_k=…, top_p=…)`, None where
            nothing is cut off; returns the probabilities to draw from.
        names: what each token of the vocabulary writes.
        prompt: the text to begin with, not empty.
        seed: of the draws.

    Raises:
        ValueError: the prompt is empty or cannot be read, or the probabilities do not fit.
    """

    _esm = script_of(__file__)
    _css = Path(__file__).with_suffix(".css")

    text = traitlets.Unicode("").tag(sync=True)
    temperature = traitlets.Float(1.0, min=0.0, max=HOTTEST).tag(sync=True)
    top_p = traitlets.Float(1.0, min=0.01, max=1.0).tag(sync=True)
    top_k = traitlets.Int(0, min=0).tag(sync=True)

    _size = traitlets.Int().tag(sync=True)
    _prompt = traitlets.Unicode("").tag(sync=True)
    _bars = traitlets.List().tag(sync=True)
    _sentence = traitlets.Unicode("").tag(sync=True)
    _error = traitlets.Unicode("").tag(sync=True)
    _hottest = traitlets.Float(HOTTEST).tag(sync=True)

    def __init__(
        self,
        scores: Scores,
        distribution: Distribution,
        names: Sequence[str],
        prompt: str = "The ",
        seed: int = 0,
    ) -> None:
        self._scores, self._distribution, self._names = scores, distribution, list(names)
        self._seed, self._generator = seed, torch.Generator().manual_seed(seed)
        self._grows = False
        super().__init__(text=prompt, _prompt=prompt, _size=len(self._names))
        self.on_msg(self._pressed)
        self.observe(self._turned, ["temperature", "top_p", "top_k"])
        self.observe(self._typed, "text")
        self._read()
        if self._error:
            raise ValueError(self._error)

    def grow(self, count: int = 1) -> None:
        """Draw so many tokens, one after the other, and write each behind the text."""
        self._grows = True
        for _ in range(count):
            if self._error:
                break
            drawn = torch.multinomial(self._shares, 1, generator=self._generator)
            self.text += self._names[int(drawn)]
        self._grows = False

    def restart(self) -> None:
        """Go back to what was typed last, and draw as at the beginning."""
        self._generator.manual_seed(self._seed)
        self.text = self._prompt

    def _pressed(self, _: object, message: dict[str, object], __: object) -> None:
        """Do what a button of the page says."""
        if message.get("do") == "grow":
            self.grow(int(message["count"]))
        if message.get("do") == "restart":
            self.restart()

    def _typed(self, _: traitlets.Bunch) -> None:
        """Remember what the reader typed; what was drawn is no prompt."""
        if not self._grows:
            self._prompt = self.text
        self._read()

    def _read(self) -> None:
        """Ask the model for the token after the text, or say why it has none."""
        try:
            if not self.text:
                raise ValueError("type at least one letter for the model to read")
            self._logits = self._scores(self.text).detach()
        except ValueError as error:
            self._error = str(error)
            return
        self._error = ""
        self._turned()

    def _turned(self, _: traitlets.Bunch | None = None) -> None:
        """Draw the bars anew: as the model says it, and as the dials have it."""
        cut = {"top_k": self.top_k or None, "top_p": self.top_p if self.top_p < 1 else None}
        before = self._distribution(self._logits, temperature=1.0, top_k=None, top_p=None)
        self._shares = self._distribution(self._logits, temperature=self.temperature, **cut)
        before, after = (check_shares(p, self._names) for p in (before, self._shares))
        shown = np.argsort(-before, kind="stable")[:MOST]
        self._bars = [[visible(self._names[n]), before[n], after[n]] for n in shown.tolist()]
        self._sentence = sentence(after, self._names)

    def __repr__(self) -> str:
        """One sentence: what a stored notebook says where the widget cannot be drawn."""
        return f"Sampling dial over {self._size} tokens, live in a running notebook"
