"""Shared by the exercises of lesson 08: where each modality stands in the one sequence.

The class token stands first, then come words, patches and frames of sound. `sizes` are their
numbers: `pooled`, `dropout` and `lift` are given them. `padded` makes masks of such sequences.
"""

import torch
from torch import Tensor

from mmtutor.checks.crossmodal.shared import flags

Sizes = tuple[int, int, int]
"""How many words, patches and frames of sound there are."""


def spans(sizes: Sizes, first: int = 1) -> list[slice]:
    """Return where the three modalities stand; `first` is the place of the first word."""
    stops = torch.tensor(sizes).cumsum(0).add(first).tolist()
    return [slice(stop - size, stop) for stop, size in zip(stops, sizes, strict=True)]


def padded(words: tuple[str, ...], faces: tuple[str, ...], voices: tuple[str, ...]) -> Tensor:
    """Return a mask (example, token) with the class token; "110" are two words and padding."""
    rows = zip(words, faces, voices, strict=True)
    return flags(*("1" + word + face + voice for word, face, voice in rows))


def modality_of(sizes: Sizes, first: int = 1) -> Tensor:
    """Return the modality of every token of the sequence; −1 is the class token's."""
    which = torch.full((1 + sum(sizes),), -1)
    for modality, span in enumerate(spans(sizes, first)):
        which[span] = modality
    return which
