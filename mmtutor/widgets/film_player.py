"""The film player: play films, drag a monitor's threshold, and see what it catches and misses.

It knows no model: films, their scores and what is truly odd are given. Its script and its style lie
beside this file and travel with the notebook's own connection: nothing is fetched from anywhere.
Its static twin is `mmtutor.plots.film_player`.
"""

from collections.abc import Sequence

import anywidget
import numpy as np
import traitlets

from mmtutor.plots.film_player import Films, Scores, Truth, Watched, watched
from mmtutor.widgets.style import script_of, style_of

STEPS = 200
"""So many places the threshold has, from the lowest score to the highest; a key moves it by one."""


class FilmPlayer(anywidget.AnyWidget):
    """Films to play, the scores of their frames as a curve, and one threshold for all films.

    `film` and `frame`, the film and the frame that are shown, counted from 0, and `threshold`
    follow what the reader does (while a film plays, `frame` waits until it stops); Python can read
    and set them. `mmtutor.plots.film_player.film_says` and `all_say` say in Python what the page
    says.

    Args:
        films: the frames, (film, time, channel, height, width), as `plots.film_player`.
        scores: how odd a monitor finds each frame; NaN where it does not say yet.
        odd: what is truly odd.
        threshold: where the threshold stands first; the highest score without it.
        names: of the films.
        rate: frames a second.

    Raises:
        ValueError: what is given does not fit together, or the rate is not above 0.
    """

    _esm = script_of(__file__)
    _css = style_of(__file__)

    film = traitlets.Int(0).tag(sync=True)
    frame = traitlets.Int(0).tag(sync=True)
    threshold = traitlets.Float(0.0).tag(sync=True)

    _pixels = traitlets.Bytes().tag(sync=True)
    _fixed = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        films: Films,
        scores: Scores,
        odd: Truth,
        threshold: float | None = None,
        names: Sequence[str] | None = None,
        rate: float = 4.0,
    ) -> None:
        if not rate > 0:
            raise ValueError(f"rate must be above 0 frames a second, not {rate}.")
        found = watched(films, scores, odd, names)
        super().__init__(
            threshold=found.span[1] if threshold is None else threshold,
            _pixels=np.ascontiguousarray(found.frames).tobytes(),
            _fixed={**for_the_page(found), "rate": rate, "steps": STEPS},
        )

    @traitlets.validate("film", "frame")
    def _stay_inside(self, proposal: traitlets.Bunch) -> int:
        """Refuse a film or a frame that there is not."""
        name, value = proposal["trait"].name, proposal["value"]
        last = (len(self._fixed["names"]) if name == "film" else self._fixed["frames"]) - 1
        if not 0 <= value <= last:
            raise traitlets.TraitError(f"{name} must lie from 0 to {last}, not {value}.")
        return value

    @traitlets.validate("threshold")
    def _be_a_number(self, proposal: traitlets.Bunch) -> float:
        """Refuse what no score can be compared with."""
        if not np.isfinite(proposal["value"]):
            raise traitlets.TraitError(f"threshold must be a number, not {proposal['value']}.")
        return proposal["value"]

    def __repr__(self) -> str:
        """One sentence: what a stored notebook says where the widget cannot be drawn."""
        names = ", ".join(self._fixed["names"])
        return f"Film player, live in a running notebook. Films: {names}"


def for_the_page(found: Watched) -> dict[str, object]:
    """Return what the page has to know once: plain lists, None for a score that is not there."""
    _, frames, high, wide, _ = found.frames.shape
    return {
        "names": found.names,
        "frames": frames,
        "high": high,
        "wide": wide,
        "scores": [[None if np.isnan(x) else x for x in row] for row in found.scores.tolist()],
        "odd": found.odd.tolist(),
        "span": found.span,
    }
