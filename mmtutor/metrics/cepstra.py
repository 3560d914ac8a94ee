"""How different do two sounds sound? The distance of their mel cepstra, along the best warping."""

import torch
from jaxtyping import Float
from torch import Tensor

from mmtutor.pipelines.mel_frames import SOUND


def cepstra(mels: Float[Tensor, "frame 40"], count: int = 12) -> Float[Tensor, "frame {count}"]:
    """Return the mel cepstrum of each frame, without its loudness: a cosine transform of ln power.

    ln power = c_0 + 2 sum_d c_d cos(pi d (band + 1/2) / bands): c_1 tells low from high bands.
    """
    bands = mels.shape[1]
    turns = torch.outer(torch.arange(bands) + 0.5, torch.arange(1, count + 1)) / bands
    return (mels * SOUND.deviation + SOUND.mean) @ (torch.pi * turns).cos().to(mels) / bands


def cepstral_distances(
    one: Float[Tensor, "frame 40"], other: Float[Tensor, "later 40"]
) -> Float[Tensor, "frame later"]:
    """Return how different each frame of one sound is from each of the other, in decibels.

    10 / ln 10 · sqrt(2 sum_d (c_d - c'_d)²): between spectra smoothed to 12 coefficients. Source:
    Kubichek 1993, "Mel-cepstral distance measure for objective speech quality assessment".
    """
    scale = 10 / torch.log(torch.tensor(10.0)) * 2**0.5
    return scale * torch.cdist(cepstra(one), cepstra(other), compute_mode=EXACT)


EXACT = "donot_use_mm_for_euclid_dist"
"""How PyTorch takes distances one by one: by products, equal frames would differ a little."""


def mel_cepstral_distance(
    one: Float[Tensor, "frame 40"], other: Float[Tensor, "later 40"]
) -> float:
    """Return the mean distance along the cheapest way through both sounds, in decibels.

    Dynamic time warping: at each step one of them goes on, or both. A lower number is nearer.
    """
    cost = cepstral_distances(one, other).tolist()
    best: dict[tuple[int, int], tuple[float, int]] = {(-1, -1): (0.0, 0)}
    for i, row in enumerate(cost):
        for j, here in enumerate(row):
            before = ((i - 1, j - 1), (i - 1, j), (i, j - 1))
            total, length = min(best[place] for place in before if place in best)
            best[i, j] = (total + here, length + 1)
    total, length = best[len(cost) - 1, len(cost[0]) - 1]
    return total / length
