"""Handwritten digits, 8 pixels square: the smallest real pictures, seconds to train on.

scikit-learn ships them: 1,797 digits by 13 people, the test part of UCI's "Optical
Recognition of Handwritten Digits" set (Alpaydin & Kaynak, 1998). `data/digits.md` is the data card.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float32, Int64
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Digits:
    """Pictures and what they show. Pixels run from 0 (paper) to 1 (ink), in steps of 1/16."""

    images: Float32[Tensor, "digit 8 8"]
    labels: Int64[Tensor, " digit"]

    def __len__(self) -> int:
        return len(self.labels)


def load_digits() -> Digits:
    """All 1,797 digits, in scikit-learn's order."""
    from sklearn.datasets import load_digits as load

    pixels, labels = load(return_X_y=True)  # pixels count ink from 0 to 16
    images = torch.from_numpy(pixels).float().reshape(-1, 8, 8) / 16
    return Digits(images, torch.from_numpy(labels).long())


def split(
    digits: Digits, held_out: float = 0.2, seed: int = 0
) -> tuple[Int64[Tensor, " train"], Int64[Tensor, " test"]]:
    """Positions to train on and to test on, with every digit equally represented in both.

    The same arguments give the same split on any machine. Raises ValueError (from scikit-learn)
    where `held_out` is not between 0 and 1.
    """
    from sklearn.model_selection import train_test_split

    train, test = train_test_split(
        torch.arange(len(digits)).numpy(),
        test_size=held_out,
        random_state=seed,
        stratify=digits.labels.numpy(),
    )
    return torch.from_numpy(train), torch.from_numpy(test)
