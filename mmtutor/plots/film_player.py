"""What does a monitor see in films, and what does it miss, at one threshold for all of them?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Bool, Float, Shaped, UInt8
from matplotlib.figure import Figure
from torch import Tensor

from mmtutor.plots.describe import as_array, describe
from mmtutor.plots.films import WIDE, as_frames, draw_strip, draw_time_line

Films = Shaped[Tensor, "film ..."] | Shaped[np.ndarray, "film ..."]
"""(film, time, channel, height, width): bytes, or floats from 0 to 1; one channel or three."""
Scores = Float[Tensor, "..."] | Float[np.ndarray, "..."]
"""(film, time)."""
Truth = Bool[Tensor, "..."] | Bool[np.ndarray, "..."]
"""(film, time)."""


@dataclass(frozen=True, eq=False)
class Watched:
    """Some films, their scores (NaN where a frame has none yet) and what is odd in them."""

    frames: UInt8[np.ndarray, "film time height width 3"]
    scores: Float[np.ndarray, "film time"]
    odd: Bool[np.ndarray, "film time"]
    names: tuple[str, ...]

    @property
    def span(self) -> tuple[float, float]:
        """The smallest and the largest score, or 1 apart where all are the same."""
        low, high = float(np.nanmin(self.scores)), float(np.nanmax(self.scores))
        return low, high if high > low else low + 1.0


class Counts(NamedTuple):
    """What the frames of some films are at a threshold."""

    hits: int
    """Odd frames above it."""
    misses: int
    """Odd frames not above it."""
    false: int
    """Usual frames above it."""


def watched(
    films: Films, scores: Scores, odd: Truth, names: Sequence[str] | None = None
) -> Watched:
    """Return films that can be played, named "film 1" and so on where no names are given.

    Raises:
        ValueError: films, scores, truth and names do not fit together, no frame has a score, or one
            is infinite.
    """
    numbers, truth = as_array(scores).astype(float), as_array(odd)
    if not len(films) or numbers.shape != truth.shape or numbers.shape != tuple(films.shape[:2]):
        shapes = f"{tuple(films.shape[:2])}, {numbers.shape} and {truth.shape}"
        raise ValueError(f"films, scores and odd must be (film, time), one film or more: {shapes}.")
    if np.isinf(numbers).any() or np.isnan(numbers).all():
        raise ValueError("scores must be numbers, or NaN where a frame has none, not all of them.")
    called = tuple(names or (f"film {place + 1}" for place in range(len(films))))
    if len(called) != len(films):
        raise ValueError(f"{len(called)} names for {len(films)} films.")
    return Watched(np.stack([as_frames(film) for film in films]), numbers, truth, called)


def counted(
    scores: Float[np.ndarray, "*shape"], odd: Bool[np.ndarray, "*shape"], threshold: float
) -> Counts:
    """Count what frames are at a threshold; a frame without a score is nothing."""
    alarms, silent = scores > threshold, scores <= threshold
    return Counts(int((odd & alarms).sum()), int((odd & silent).sum()), int((~odd & alarms).sum()))


def many(number: int, one: str, several: str) -> str:
    """Return "1 miss" or "2 misses"."""
    return f"{number} {one if number == 1 else several}"


def counts_say(counts: Counts) -> str:
    """Say what frames are."""
    hits, misses = many(counts.hits, "hit", "hits"), many(counts.misses, "miss", "misses")
    return f"{hits}, {misses}, {many(counts.false, 'false alarm', 'false alarms')}"


def first_alarm(
    scores: Float[np.ndarray, " time"], odd: Bool[np.ndarray, " time"], threshold: float
) -> int | None:
    """Return how many frames after the first odd one an alarm comes; None where none does."""
    begin = int(odd.argmax())
    (later,) = np.nonzero(scores[begin:] > threshold)
    return int(later[0]) if len(later) else None


def film_says(found: Watched, film: int, threshold: float) -> str:
    """Say what becomes of one film at a threshold."""
    scores, odd = found.scores[film], found.odd[film]
    said = f"{found.names[film]}: {counts_say(counted(scores, odd, threshold))}"
    if not odd.any():
        return f"{said}. Nothing is odd in it."
    delay = first_alarm(scores, odd, threshold)
    late = "at once" if delay == 0 else f"{many(delay or 0, 'frame', 'frames')} late"
    alarm = "no alarm comes" if delay is None else f"the first alarm comes {late}"
    return f"{said}. It is odd from frame {odd.argmax()} on: {alarm}."


def all_say(found: Watched, threshold: float) -> str:
    """Say what becomes of all films at the same threshold."""
    is_odd = found.odd.any(axis=1)
    strange, usual = np.flatnonzero(is_odd), np.flatnonzero(~is_odd)
    delays = [first_alarm(found.scores[film], found.odd[film], threshold) for film in strange]
    caught = len(strange) - delays.count(None)
    called = int((found.scores[usual] > threshold).any(axis=1).sum())
    frames = counts_say(counted(found.scores, found.odd, threshold))
    return (
        f"All {many(len(is_odd), 'film', 'films')}: {frames}. "
        f"Caught are {caught} of {len(strange)} odd films, alarmed {called} of "
        f"{len(usual)} usual ones."
    )


def film_player(
    films: Films,
    scores: Scores,
    odd: Truth,
    threshold: float,
    names: Sequence[str] | None = None,
    film: int = 0,
) -> Figure:
    """What does a monitor see in a film? Its frames, their scores, and one threshold for all films.

    The static twin of `mmtutor.widgets.FilmPlayer`.

    Args:
        films: the frames, bytes or floats from 0 to 1.
        scores: how odd a monitor finds each frame; NaN where it does not say yet.
        odd: what is truly odd.
        threshold: above it there is an alarm.
        names: of the films.
        film: the place of the film that is shown.

    Raises:
        ValueError: as `watched`, or where there is no such film.
    """
    found = watched(films, scores, odd, names)
    if not 0 <= film < len(found.names):
        raise ValueError(f"film must lie from 0 to {len(found.names) - 1}, not {film}.")
    frames = found.frames[film]
    sizes = {"height_ratios": [WIDE + 0.2, 2.2], "hspace": 0.02}
    size = (max(8.0, WIDE * len(frames) + 2.4), WIDE + 3.2)
    figure, (strip, below) = plt.subplots(2, 1, figsize=size, sharex=True, gridspec_kw=sizes)
    draw_strip(strip, frames, found.odd[film])
    draw_time_line(below, found.scores[film], found.odd[film], threshold)
    strip.set_title(film_says(found, film, threshold), fontsize=11, pad=16)
    figure.supxlabel(all_say(found, threshold), fontsize=11)
    return describe(figure, f"{film_says(found, film, threshold)} {all_say(found, threshold)}")
