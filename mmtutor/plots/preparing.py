"""What does a device give, and what does a model get? Raw and prepared, tones and their pitches."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float, Int16, Int64, UInt8
from matplotlib.figure import Figure
from torch import Tensor

from mmtutor.plots.describe import as_array, as_picture, describe
from mmtutor.plots.sound import LOUDNESS
from mmtutor.plots.style import BASELINE, INK, KEY, PICTURE, QUERY, SOUND, TEXT


def raw_and_prepared(
    text: str,
    ids: Int64[Tensor, " token"],
    picture: UInt8[Tensor, "high wide 3"],
    planes: Float[Tensor, "3 side side"],
    wave: Int16[Tensor, " sample"],
    mel: Float[Tensor, "frame band"],
    rate: int,
) -> Figure:
    """What happens to a text, a picture and a sound? Above what comes in, below what goes on."""
    figure, axes = plt.subplots(2, 3, figsize=(10.5, 5.0), width_ratios=(1.15, 1, 1.15))
    (words, camera, microphone), (numbers, network, frames) = axes
    for panel in (words, numbers):
        panel.set(xticks=[], yticks=[])
        panel.spines[:].set_visible(False)
    words.text(0.5, 0.5, f"“{text}”", ha="center", va="center", fontsize=12, color=TEXT)
    row = "  ".join(str(number) for number in ids.tolist())
    numbers.text(
        0.5, 0.5, row, ha="center", va="center", fontsize=13, color=TEXT, family="monospace"
    )
    camera.imshow(as_picture(picture), interpolation="nearest")
    tiles = np.concatenate(list(as_array(planes)), axis=1)
    network.imshow(tiles, "gray", interpolation="nearest")
    for panel in (camera, network):
        panel.set(xticks=[], yticks=[])
    for number, name in enumerate(("red", "green", "blue")):
        middle = (number + 0.5) * planes.shape[2] - 0.5
        network.text(middle, planes.shape[1] + 0.5, name, ha="center", va="top", fontsize=9)
    microphone.plot(np.arange(len(wave)) / rate, as_array(wave), color=SOUND, linewidth=0.5)
    microphone.set(xlabel="seconds")
    frames.imshow(as_array(mel).T, LOUDNESS, origin="lower", aspect="auto", interpolation="nearest")
    frames.set(xlabel="window", ylabel="mel band")
    low, high = float(planes.min()), float(planes.max())
    titles = (
        (f"keyboard: {len(text)} characters", f"camera: {tuple(picture.shape)}, 0 to 255"),
        (
            f"model: {len(ids)} whole numbers",
            f"model: {tuple(planes.shape)}, {low:.0f} to {high:.0f}",
        ),
    )
    last = (f"microphone: {len(wave):,} samples", f"model: {tuple(mel.shape)}, dark is loud")
    for panels, pair, end in zip(axes, titles, last, strict=True):
        for panel, title in zip(panels, (*pair, end), strict=True):
            panel.set_title(title, fontsize=10)
    what = (
        "A sentence, a picture and a sound as a device gives them, and below as a model gets them"
    )
    return describe(
        figure, f"{what}: whole numbers, planes of red, green and blue, a log-mel picture."
    )


def sampled_tones(pitches: Sequence[float | int], rate: int, samples: int = 16) -> Figure:
    """Which tone went through these points? Two tones, and what is left of them at `rate`."""
    figure, axes = plt.subplots(figsize=(8.4, 2.8))
    fine = np.linspace(0, samples / rate, 2000)
    styles = ((QUERY, "-"), (KEY, "--"))
    for (color, dash), hertz in zip(styles, pitches, strict=False):
        # The second tone is turned over: a folded pitch runs backwards.
        sign = 1 if hertz == pitches[0] else -1
        line = sign * np.sin(2 * np.pi * hertz * fine)
        axes.plot(1000 * fine, line, dash, color=color, linewidth=1.2, label=f"{hertz:,.0f} Hz")
    points = np.arange(samples + 1) / rate
    heard = np.sin(2 * np.pi * pitches[0] * points)
    axes.plot(1000 * points, heard, "o", color=INK, label=f"samples, {rate:,} a second")
    axes.set(xlabel="milliseconds", ylabel="air pressure", ylim=(-1.15, 1.75))
    axes.legend(ncols=3, loc="upper center")
    pair = " and ".join(f"{hertz:,.0f} hertz" for hertz in pitches)
    return describe(figure, f"Tones of {pair} go through the same samples, {rate:,} a second.")


def spectra(
    hertz: Float[Tensor, " frequency"],
    lines: Mapping[str, Float[Tensor, " frequency"]],
    text: str,
    lowest: float | int = -100,
) -> Figure:
    """How loud is each pitch? One line of decibels for each entry, over a linear axis of pitch."""
    figure, axes = plt.subplots(figsize=(7.4, 3.0))
    styles = ((QUERY, "-"), (KEY, "--"), (SOUND, "-."), (PICTURE, ":"))
    for (name, values), (color, dash) in zip(lines.items(), styles, strict=False):
        axes.plot(as_array(hertz), as_array(values), dash, color=color, linewidth=1.3, label=name)
    axes.axhline(0, color=BASELINE, linewidth=0.6)
    axes.set(xlabel="pitch in Hz", ylabel="dB", ylim=(lowest, 8))
    axes.legend(loc="upper right")
    return describe(figure, text)


def mel_triangles(filters: Float[Tensor, "frequency band"], rate: int) -> Figure:
    """Which pitches count for which band? A triangle for each band, every sixth one named."""
    figure, axes = plt.subplots(figsize=(7.4, 2.2))
    hertz = np.linspace(0, rate / 2, len(filters))
    for band, weights in enumerate(as_array(filters).T):
        named = band % 6 == 1
        axes.plot(
            hertz, weights, color=SOUND if named else BASELINE, linewidth=1.5 if named else 0.8
        )
        if named:
            axes.annotate(
                f"band {band}", (hertz[weights.argmax()], weights.max() + 0.06), ha="center"
            )
    axes.set(xlabel="pitch in Hz", ylabel="weight", ylim=(0, 1.3))
    text = f"{filters.shape[1]} triangles over the pitches: narrow ones below, wide ones above."
    return describe(figure, text)
