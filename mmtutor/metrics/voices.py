"""Whose voice is that? A linear judge of the mean spectrum, who learns from real sound."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from mmtutor.pipelines.mel_frames import Lengths, Mels, within

Voices = Int64[Tensor, " phrase"]
Whose = Callable[[Mels, Lengths], Voices]
"""Says whose voice phrases are in."""


def long_term(mels: Mels, frames: Lengths) -> Float[Tensor, "phrase 80"]:
    """Return each band's mean over a phrase's frames, and its deviation: no order, no length."""
    real = within(frames, mels.shape[1]).unsqueeze(2)
    count = frames.unsqueeze(1)
    mean = (mels * real).sum(dim=1) / count
    away = (mels - mean.unsqueeze(1)) * real
    return torch.cat([mean, (away.square().sum(dim=1) / count).sqrt()], dim=1)


def voice_judge(mels: Mels, frames: Lengths, voices: Voices) -> Whose:
    """Return a function that says whose voice phrases are in, among those that it learns from.

    It is a logistic regression on the `long_term` spectrum.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    model.fit(long_term(mels, frames).numpy(), voices.numpy())

    def says(mels: Mels, frames: Lengths) -> Voices:
        return torch.from_numpy(model.predict(long_term(mels, frames).numpy()))

    return says
