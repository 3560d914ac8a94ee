"""A caption as one task more: which of all captions says what a picture of a letter shows?"""

from collections.abc import Sequence
from dataclasses import replace

import torch

from mmtutor.datasets.tasks.collection import Tasks
from mmtutor.datasets.tasks.splits import Splits

SAID = ("script", "case", "weight", "slant", "base")
"""What a caption says, in this order: "latin small bold upright e"."""


def with_captions(splits: tuple[Tasks, Tasks, Tasks], said: Sequence[str] = SAID) -> Splits:
    """Return the splits with a task "caption" more; its classes are the captions of all splits.

    A caption names what a picture has in the tasks `said`; pictures that agree in them share it.
    """
    written = [captions_of(part, said) for part in splits]
    names = tuple(sorted({caption for part in written for caption in part}))
    place = {caption: number for number, caption in enumerate(names)}
    return Splits(
        *(
            replace(
                part,
                labels=part.labels | {"caption": torch.tensor([place[c] for c in captions])},
                names=part.names | {"caption": names},
            )
            for part, captions in zip(splits, written, strict=True)
        )
    )


def captions_of(letters: Tasks, said: Sequence[str]) -> list[str]:
    """Return the caption of every picture: the names of its labels in a row."""
    words = [[letters.names[task][label] for label in letters.labels[task]] for task in said]
    return [" ".join(row) for row in zip(*words, strict=True)]
