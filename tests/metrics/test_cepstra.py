"""The mel cepstral distance: of smoothed spectra, along the best warping."""

import math

import torch

from mmtutor.metrics import cepstra


def test_cepstral_distance_is_that_of_smoothed_spectra() -> None:
    """With all coefficients it is the root mean square of the decibels, loudness left out."""
    one, other = torch.randn(2, 3, 40, dtype=torch.float64)
    decibels = (one - other) * 4 * 10 / math.log(10)
    decibels = decibels - decibels.mean(dim=1, keepdim=True)
    difference = cepstra.cepstra(one, 39) - cepstra.cepstra(other, 39)
    full = 10 / math.log(10) * (2 * difference.square().sum(dim=1)).sqrt()
    # the cosine transform's length counts the last coefficients as the others
    assert torch.allclose(full, decibels.square().mean(dim=1).sqrt(), rtol=1e-6)


def test_warping_follows_the_slower_sound() -> None:
    one = torch.randn(6, 40)
    slow = one.repeat_interleave(torch.tensor([1, 3, 2, 1, 1, 4]), dim=0)
    assert cepstra.mel_cepstral_distance(one, slow) == 0
    assert cepstra.mel_cepstral_distance(one, one + 0.5) < 1e-4  # louder, not different
    there, back = cepstra.mel_cepstral_distance(one, -one), cepstra.mel_cepstral_distance(-one, one)
    assert there > 1 and math.isclose(there, back, rel_tol=1e-5)
