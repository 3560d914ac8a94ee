"""Digits: what they are and that their split is fixed."""

import pytest
import torch

from mmtutor.datasets.digits import load_digits, split


@pytest.fixture(scope="module")
def digits():
    return load_digits()


def test_what_they_are(digits):
    assert len(digits) == 1797
    assert digits.images.shape == (1797, 8, 8)
    assert digits.images.min() == 0
    assert digits.images.max() == 1
    assert digits.labels[:10].tolist() == list(range(10))


def test_a_zero_is_hollow_and_a_one_is_not(digits):
    """The pictures are the right way round: ink is high, the middle of a 0 is paper."""
    middle = digits.images[:, 3:5, 3:5].mean(dim=(1, 2))
    assert middle[digits.labels == 0].mean() < 0.1
    assert middle[digits.labels == 1].mean() > 0.7


def test_the_split_covers_everything_once_and_every_digit_equally(digits):
    train, test = split(digits)
    assert torch.equal(torch.cat([train, test]).sort().values, torch.arange(1797))
    assert len(test) == 360
    shares = digits.labels[test].bincount() / digits.labels.bincount()
    assert shares.sub(0.2).abs().max() < 0.005


def test_the_split_is_fixed(digits):
    _, test = split(digits)
    _, other = split(digits, seed=1)
    assert test[:5].tolist() == [1496, 188, 705, 820, 413]
    assert not torch.equal(test, other)


@pytest.mark.parametrize("share", [-0.5, 0.0, 1.5])
def test_impossible_share(digits, share):
    with pytest.raises(ValueError, match="test_size"):
        split(digits, held_out=share)
