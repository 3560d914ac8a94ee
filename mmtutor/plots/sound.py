"""What does a sound look like? Its waveform, its spectrum over time, its log-mel picture."""

import matplotlib.pyplot as plt
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from mmtutor.plots.describe import as_array, describe
from mmtutor.plots.style import SOUND

LOUDNESS = "Greens"
"""The colour map of loudness: pale is quiet, dark green is loud."""


def wave_to_mel(
    wave: Float[Tensor, " sample"],
    spectrum: Float[Tensor, "frame frequency"],
    mel: Float[Tensor, "frame band"],
    rate: int,
    name: str,
) -> Figure:
    """How does a sound become a picture? A waveform, its spectrum in decibels, its mel bands."""
    seconds = len(wave) / rate
    figure, axes = plt.subplots(1, 3, figsize=(11, 2.9), width_ratios=(1, 1.15, 1.15))
    time = [sample / rate for sample in range(len(wave))]
    axes[0].plot(time, as_array(wave), color=SOUND, linewidth=0.5)
    axes[0].set(title="waveform", ylabel="air pressure", ylim=(-1, 1))
    parts = {"short-time Fourier": (spectrum, rate / 2000, "pitch in kHz")}
    parts["log-mel"] = (mel, mel.shape[1], "mel band")
    for panel, (title, (values, top, ylabel)) in zip(axes[1:], parts.items(), strict=True):
        shown = panel.imshow(
            as_array(values).T, LOUDNESS, origin="lower", aspect="auto", extent=(0, seconds, 0, top)
        )
        panel.set(title=f"{title}, {values.shape[0]} × {values.shape[1]}", ylabel=ylabel)
        figure.colorbar(
            shown, ax=panel, label="loudness in dB" if values is spectrum else "log power"
        )
    figure.get_layout_engine().set(wspace=0.08)
    for panel in axes:
        panel.set_xlabel("seconds")
    text = (
        f"{name} as a waveform of {len(wave):,} samples, as a spectrum over time, and as a log-mel "
        f"picture of {mel.shape[0]} frames by {mel.shape[1]} bands."
    )
    return describe(figure, text)


def log_mel_row(mels: Float[Tensor, "sound frame band"], captions: list[str]) -> Figure:
    """What do words look like? Log-mel pictures side by side, all on one scale of loudness."""
    figure, axes = plt.subplots(1, len(mels), figsize=(1.25 * len(mels), 1.9), squeeze=False)
    low, high = float(mels.min()), float(mels.max())
    for panel, mel, caption in zip(axes[0], mels, captions, strict=True):
        panel.imshow(as_array(mel).T, LOUDNESS, origin="lower", aspect="auto", vmin=low, vmax=high)
        panel.set_title(caption, fontsize=10)
        panel.set(xticks=[], yticks=[])
    axes[0, 0].set_ylabel("mel band")
    axes[0, 0].set_xlabel("time")
    return describe(figure, f"Log-mel pictures of {len(mels)} sounds: {', '.join(captions)}.")
