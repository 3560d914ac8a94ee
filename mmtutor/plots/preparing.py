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
    frames.imshow(as_array(mel).T, LOUDNESS, origin="lower", aspect="auto")
    frames.set(xlabel="frame", ylabel="mel band")
    titles = (
        (f"keyboard: {len(text)} characters", f"camera: {tuple(picture.shape)}, 0 to 255"),
        (f"model: {len(ids)} whole numbers", f"model: {tuple(planes.shape)}, around 0"),
    )
    last = (f"microphone: {len(wave):,} samples", f"model: {tuple(mel.shape)}, logarithms")
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


def pitch_over_time(
    panels: Mapping[str, Float[Tensor, "frame frequency"]], rates: Sequence[int], seconds: float
) -> Figure:
    """Which pitch sounds when? A picture of loudness in decibels for each sound, up to 60 dB down.

    `rates` are the samples a second of each: the highest pitch shown is half of it.
    """
    figure, axes = plt.subplots(1, len(panels), figsize=(3.5 * len(panels), 2.8), squeeze=False)
    for panel, (title, loud), rate in zip(axes[0], panels.items(), rates, strict=True):
        top = float(loud.max())
        shown = panel.imshow(
            as_array(loud).T - top,
            LOUDNESS,
            origin="lower",
            aspect="auto",
            extent=(0, seconds, 0, rate / 2000),
            vmin=-60,
            vmax=0,
        )
        panel.set(title=title, xlabel="seconds")
        panel.title.set_fontsize(10)
    axes[0, 0].set_ylabel("pitch in kHz")
    figure.colorbar(shown, ax=axes, label="dB under the loudest", aspect=18)
    return describe(figure, f"Pitch over time: {'; '.join(panels)}.")


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
