"""The row and column of the largest weight. Traps: swapped, counted from 1, a square assumed."""

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import RIGHT, Case, Implement, Mistake, Property, Wrong


def strongest_patch(
    weights: Tensor, columns: int, wrong: Wrong = RIGHT
) -> tuple[int | float, int | float]:
    """Reference: the row and column of the patch with the largest weight, counted from 0."""
    if "value" in wrong:
        place = int(weights.max())
    elif "smallest" in wrong:
        place = int(weights.argmin())
    else:
        place = int(weights.argmax())
    divisor = len(weights) // columns if "rows" in wrong else columns
    if "square" in wrong:
        divisor = int(len(weights) ** 0.5)
    row, column = place / divisor if "fraction" in wrong else place // divisor, place % divisor
    if "flat" in wrong:
        row, column = 0, place
    if "from_one" in wrong:
        row, column = row + 1, column + 1
    return (column, row) if "swapped" in wrong else (row, column)


def peaked(size: int, place: int, lowest: int) -> Tensor:
    """Weights that sum to 1, with the largest at `place` and the smallest at `lowest`."""
    scores = torch.zeros(size)
    scores[place], scores[lowest] = 3.0, -1.0
    return scores.softmax(0)


def cases() -> list[Case]:
    return [
        Case(weights=peaked(6, place=5, lowest=1), columns=3),
        Case(weights=peaked(16, place=6, lowest=15), columns=4),
        Case(weights=peaked(12, place=7, lowest=2), columns=6),
        Case(weights=peaked(20, place=3, lowest=12), columns=5),
        Case(weights=peaked(16, place=8, lowest=5), columns=4),
    ]


STRONGEST_PATCH = Implement(
    id="start_here.strongest_patch",
    title="From a weight to a place",
    difficulty=1,
    minutes=5,
    hints=(
        "Two steps. Which of the 16 patches has the largest weight? In which row and column of the "
        "picture does a patch with that number lie?",
        "Patches are numbered row by row: number = row · columns + column. Turn that around.",
        "weights: (patches,). The number of the largest: one whole number. The answer: two whole "
        "numbers, row first, both counted from 0.",
        "number = int(weights.argmax())\nrow = number // ...\ncolumn = number % ...\n"
        "return row, column",
    ),
    reference=strongest_patch,
    cases=cases,
    mistakes=(
        Mistake(
            "swapped",
            "Row and column are swapped: the place is mirrored along the picture's diagonal. Which "
            "of the two does the exercise ask for first?",
            "order",
        ),
        Mistake(
            "from_one",
            "You count from 1. Here rows and columns count from 0, as everywhere in Python.",
            "count",
        ),
        Mistake(
            "smallest",
            "That is the patch with the *smallest* weight: where the word looks least.",
            "which",
        ),
        Mistake(
            "value",
            "You return row 0, column 0 whatever the weights are. Did you take the largest weight "
            "itself, which is less than 1? You need its *place*: compare `max` and `argmax`.",
            "which order divide count",
        ),
        Mistake(
            "rows",
            "You divide by the number of rows. How many patches does one go through before the "
            "next row begins?",
            "divide",
        ),
        Mistake(
            "square",
            "You take the picture for a square. Which argument says how wide a row is?",
            "divide",
        ),
        Mistake(
            "fraction",
            "Your row is not a whole number. How often does the number of columns fit *whole* into "
            "the patch's number? Think of `//`.",
            "divide",
        ),
        Mistake(
            "flat",
            "You return the patch's number as its column, in row 0. A number beyond the first row "
            "has to wrap around: think of `divmod`.",
            "divide",
        ),
    ),
    properties=(
        Property(
            "The column must be smaller than the number of columns; yours is not.",
            lambda case, place: 0 <= place[1] < case["columns"],
        ),
        Property(
            "row · columns + column should be the number of the patch; yours is another patch.",
            lambda case, place: (
                place[0] * case["columns"] + place[1] == int(case["weights"].argmax())
            ),
        ),
    ),
)
