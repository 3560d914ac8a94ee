"""What the bench of bugs shows of one preparation."""

from dataclasses import dataclass

from jaxtyping import Float, UInt8
from torch import Tensor

Shown = UInt8[Tensor, "high wide 3"] | Float[Tensor, "frame band"] | tuple[str, ...]
"""A picture, a log-mel picture (which may hold infinities), or tokens."""


@dataclass(frozen=True, eq=False)
class Case:
    """One preparation of some examples, what a reader says of them, and how often it is right.

    Args:
        sentence: what the preparation does.
        shown: what the reader is given for each example, made visible.
        said: what the reader answers for each example.
        truth: what would be right.
        scores: the share of right answers by question, the reader trained with the right one.
        alike: the same, the reader trained with this preparation, too.
        silent: whether nobody would notice: by `scores`, and by `alike`.
    """

    sentence: str
    shown: tuple[Shown, ...]
    said: tuple[str, ...]
    truth: tuple[str, ...]
    scores: dict[str, float]
    alike: dict[str, float]
    silent: tuple[bool, bool]
