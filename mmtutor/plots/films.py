"""What happens in a film, when does a model look, and when does a monitor call?"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Bool, Float, Shaped, UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from torch import Tensor

from mmtutor.plots.describe import as_array, as_picture, describe
from mmtutor.plots.style import BASELINE, GRADIENT, INK, KEY, PICTURE, baseline

Film = Shaped[Tensor, "..."] | Shaped[np.ndarray, "..."]
"""(time, channel, height, width): bytes, or floats from 0 to 1; one channel (grey) or three."""
WIDE = 0.85
"""Inches of one frame."""
AROUND = 0.17
"""The share of a panel's width that is left between two frames."""


def as_frames(film: Film) -> UInt8[np.ndarray, "time height width 3"]:
    """Return a film's frames as pictures. ValueError for other than one or three channels."""
    array = as_array(film)
    if array.ndim != 4 or array.shape[1] not in (1, 3):
        raise ValueError(f"A film must be (time, 1 or 3, height, width), not {array.shape}.")
    shown = np.broadcast_to(array, (len(array), 3, *array.shape[2:]))
    return np.stack([as_picture(frame) for frame in shown.transpose(0, 2, 3, 1)])


def filmstrip(film: Film, labels: Sequence[str] | None = None, odd: Sequence[bool] = ()) -> Figure:
    """What happens in a film? Its frames in a row, with their numbers from 0 on.

    Args:
        film: the frames.
        labels: a text under each frame.
        odd: of each frame, whether it gets a frame in the colour of what is looked for.

    Raises:
        ValueError: not a film, or not one label for each frame.
    """
    frames = as_frames(film)
    for given in (labels, odd):
        if given is not None and len(given) not in (0, len(frames)):
            raise ValueError(f"{len(given)} labels for {len(frames)} frames.")
    figure, axes = plt.subplots(figsize=(WIDE * len(frames), WIDE + (0.55 if labels else 0.3)))
    draw_strip(axes, frames, odd)
    if labels:
        axes.set_xticks(range(len(frames)), labels, fontsize=9)
        axes.tick_params(bottom=False, labelbottom=True)
    said = f": {', '.join(labels)}" if labels else ""
    return describe(figure, f"The {len(frames)} frames of a film{said}.")


def filmstrips(films: Mapping[str, Film]) -> Figure:
    """How do several films differ? A row of numbered frames for each, with its name.

    Raises:
        ValueError: no film, or films of different lengths.
    """
    strips = {name: as_frames(film) for name, film in films.items()}
    lengths = {len(frames) for frames in strips.values()}
    if len(lengths) != 1:
        raise ValueError(f"films in rows need one length, not {sorted(lengths)}.")
    wide, high = WIDE * lengths.pop() + 1.0, (WIDE + 0.12) * len(strips) + 0.2
    figure, axes = plt.subplots(len(strips), 1, figsize=(wide, high), squeeze=False)
    for place, (panel, (name, frames)) in enumerate(zip(axes[:, 0], strips.items(), strict=True)):
        draw_strip(panel, frames, numbers=place == 0)
        panel.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=10)
    return describe(figure, f"Frames of {len(strips)} films in rows: {', '.join(strips)}.")


def changes(pictures: Float[Tensor, "picture high wide"], titles: Sequence[str]) -> Figure:
    """Where does light come and where does it go? Signed pictures on one scale around 0.

    Raises:
        ValueError: not one title for each picture.
    """
    if len(pictures) != len(titles):
        raise ValueError(f"{len(pictures)} pictures need as many titles, not {len(titles)}.")
    top = pictures.abs().max().item()
    figure, axes = plt.subplots(1, len(titles), figsize=(2.2 * len(titles) + 0.8, 2.2))
    for panel, picture, title in zip(axes, pictures, titles, strict=True):
        image = panel.imshow(as_array(picture), cmap=GRADIENT, vmin=-top, vmax=top)
        panel.set_title(title)
        panel.set_xticks([])
        panel.set_yticks([])
    figure.colorbar(image, ax=axes, label="light, or its change", fraction=0.03)
    return describe(figure, f"{', '.join(titles)}: where light is, comes (above 0) and goes.")


def look_over_time(
    weights: Float[Tensor, " weight"] | Float[np.ndarray, " weight"],
    film: Film,
    event: Bool[Tensor, " time"] | Bool[np.ndarray, " time"] | None = None,
    title: str = "",
) -> Figure:
    """When does a model look? A bar under each frame, beside the share of an even look.

    Args:
        weights: of each frame, its share of the look.
        film: the frames.
        event: where there is something to look for: those frames are framed.
        title: what is asked.

    Raises:
        ValueError: not a film, or not a weight for each frame.
    """
    frames, bars = as_frames(film), as_array(weights)
    if bars.shape != (len(frames),):
        raise ValueError(f"a look must have a weight for each of {len(frames)} frames.")
    marked = np.zeros(len(frames), dtype=bool) if event is None else as_array(event)
    figure, (strip, below) = _strip_and_panel(len(frames), 1.7)
    draw_strip(strip, frames, marked)
    strip.set_title(title, fontsize=11, pad=16)
    below.bar(range(len(frames)), bars, 0.7, color=PICTURE)
    _even_share(below, 1 / len(frames))
    below.set(ylabel="weight", xlabel="frame", ylim=(0, max(1.15 * bars.max(), 1.5 / len(frames))))
    best, inside = int(bars.argmax()), float(bars[marked].sum())
    said = f"{title} It looks most at frame {best}: {bars[best]:.2f}, even {1 / len(frames):.2f}."
    if marked.any():
        figure.legend(handles=[_mark("something to see")], loc="outside lower right", fontsize=10)
        said += f" On the frames with something to see: {inside:.2f}, even {marked.mean():.2f}."
    return describe(figure, said.strip())


def time_line(
    scores: Float[Tensor, " time"] | Float[np.ndarray, " time"],
    odd: Bool[Tensor, " truth"] | Bool[np.ndarray, " truth"],
    threshold: float,
    title: str = "",
) -> Figure:
    """When does a monitor call? The score of each frame, a threshold, and what is truly odd.

    A score may be NaN: that frame has none yet.

    Raises:
        ValueError: not one truth for each score.
    """
    line, truth = as_array(scores), as_array(odd)
    if line.shape != truth.shape:
        raise ValueError(f"{len(line)} scores for {len(truth)} frames.")
    figure, axes = plt.subplots(figsize=(7.2, 2.8))
    draw_time_line(axes, line, truth, threshold)
    axes.set_title(title)
    hits, false = ((line > threshold) & some for some in (truth, ~truth))
    said = f"{hits.sum()} of {truth.sum()} odd frames above {threshold:.3g}"
    return describe(figure, f"{title} {said}, and {false.sum()} usual ones.".strip())


def draw_time_line(
    axes: Axes,
    scores: Float[np.ndarray, " time"],
    odd: Bool[np.ndarray, " time"],
    threshold: float,
) -> None:
    """Draw scores over frames, the odd ones on a band, and what each frame is at a threshold."""
    time, alarms = np.arange(len(scores)), scores > threshold
    for frame in time[odd]:
        axes.axvspan(frame - 0.5, frame + 0.5, color=KEY, alpha=0.25, linewidth=0)
    axes.plot(time, scores, color=INK, linewidth=1)
    points = {
        "hit": (odd & alarms, {"marker": "o", "facecolor": INK}),
        "miss": (odd & ~alarms & ~np.isnan(scores), {"marker": "o", "facecolor": "white"}),
        "false alarm": (~odd & alarms, {"marker": "X", "facecolor": INK}),
    }
    for name, (where, looks) in points.items():
        axes.scatter(time[where], scores[where], 55, edgecolor=INK, label=name, zorder=3, **looks)
    low, high = np.nanmin([*scores, threshold]), np.nanmax([*scores, threshold])
    axes.set(xlim=(-0.5, len(scores) - 0.5), xlabel="frame", ylabel="score")
    axes.set_ylim(low - 0.08 * (high - low or 1), high + 0.12 * (high - low or 1))
    baseline(axes, threshold, "threshold", right=False)
    bands = [Patch(color=KEY, alpha=0.25, label="odd")] if odd.any() else []
    drawn = axes.get_legend_handles_labels()[0]
    axes.legend(handles=[*drawn, *bands], loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=10)


def draw_strip(
    axes: Axes,
    frames: UInt8[np.ndarray, "time height width 3"],
    marked: Sequence[bool] | np.ndarray = (),
    numbers: bool = True,
) -> None:
    """Frames side by side, frame t around t on the axis of time; marked ones have a rim."""
    high = frames.shape[1] / frames.shape[2] * (1 - AROUND)
    for time, frame in enumerate(frames):
        left, right = time - (1 - AROUND) / 2, time + (1 - AROUND) / 2
        axes.imshow(frame, extent=(left, right, 0, high), interpolation="nearest")
        rim = plt.Rectangle((left, 0), right - left, high, fill=False, clip_on=False)
        is_marked = bool(len(marked)) and bool(marked[time])
        rim.set(edgecolor=KEY if is_marked else BASELINE, linewidth=3 if is_marked else 0.6)
        axes.add_patch(rim)
        if numbers:
            axes.text(time, high + 0.06, str(time), ha="center", va="bottom", fontsize=9)
    axes.set(xlim=(-0.5, len(frames) - 0.5), ylim=(-0.03, high + 0.03), yticks=[], aspect="equal")
    axes.tick_params(bottom=False, labelbottom=False)
    axes.spines[:].set_visible(False)


def _strip_and_panel(count: int, high: float) -> tuple[Figure, np.ndarray]:
    """A row of frames, and under it a panel with the same scale of time."""
    sizes = {"height_ratios": [WIDE + 0.2, high], "hspace": 0.02}  # the width decides: columns meet
    return plt.subplots(
        2, 1, figsize=(WIDE * count + 1.6, WIDE + high + 1.1), sharex=True, gridspec_kw=sizes
    )


def _even_share(axes: Axes, share: float) -> None:
    """The line of an even look, with its name beside the panel, where no bar can hide it."""
    axes.axhline(share, color=BASELINE, linestyle="--", linewidth=1.2)
    where = {"xycoords": ("axes fraction", "data"), "xytext": (4, 0), "textcoords": "offset points"}
    text = f"even share:\n{share:.3g}"
    axes.annotate(text, (1, share), color=BASELINE, fontsize=10, va="center", **where)


def _mark(label: str) -> Patch:
    """The rim of a marked frame, for a legend."""
    return Patch(facecolor="none", edgecolor=KEY, linewidth=3, label=label)
