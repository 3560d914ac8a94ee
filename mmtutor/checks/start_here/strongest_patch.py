"""The row and column of the largest weight. Traps: swapped, counted from 1, a square assumed."""

import math

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import RIGHT, Case, Implement, Mistake, Property, Wrong

Place = tuple[int | float, int | float]
"""A row and a column."""


def strongest_patch(weights: Tensor, columns: int, wrong: Wrong = RIGHT) -> Place:
    """Reference: the row and column of the patch with the largest weight, counted from 0."""
    if "sums" in wrong:
        grid = weights.view(-1, columns)
        row, column = int(grid.sum(1).argmax()), int(grid.sum(0).argmax())
    else:
        row, column = place_of(number_of(weights, wrong), len(weights), columns, wrong)
    row, column = counted(row, column, len(weights) // columns, columns, wrong)
    return (column, row) if "swapped" in wrong else (row, column)


def number_of(weights: Tensor, wrong: Wrong) -> int | float:
    """Return the number of the patch that is taken for the strongest."""
    if "weight" in wrong:
        return weights.max().item()
    if "value" in wrong:
        return int(weights.max())
    if "smallest" in wrong:
        return int(weights.argmin())
    number = int(weights.argmax())
    return number + 1 if "next" in wrong else number - 1 if "before" in wrong else number


def place_of(number: int | float, patches: int, columns: int, wrong: Wrong) -> Place:
    """Turn the number of a patch into a row and a column."""
    divisor = patches // columns if "rows" in wrong else columns
    if "square" in wrong:
        divisor = int(patches**0.5)
    divisor += ("one_more" in wrong) - ("one_less" in wrong)
    if "reversed" in wrong:
        number, divisor = divisor, int(number)
    row, column = row_of(number, divisor, wrong), number % divisor
    if "flat" in wrong:
        return 0, number
    if "down_first" in wrong:
        return number % (patches // columns), number // (patches // columns)
    if "row_start" in wrong:
        return number - column, column
    if "not_wrapped" in wrong:
        return row, number
    if "not_times" in wrong:
        return row, number - row
    return (row - 1, divisor) if "late" in wrong and column == 0 and row > 0 else (row, column)


def row_of(number: int | float, divisor: int, wrong: Wrong) -> int | float:
    """Divide the number of a patch, with or without a remainder."""
    if "fraction" in wrong:
        return number / divisor
    if "rounded" in wrong:
        return round(number / divisor)
    return math.ceil(number / divisor) if "rounded_up" in wrong else number // divisor


def counted(row: int | float, column: int | float, rows: int, columns: int, wrong: Wrong) -> Place:
    """Count rows and columns from elsewhere."""
    if "from_below" in wrong:
        row = rows - 1 - row
    if "from_right" in wrong:
        column = columns - 1 - column
    row += bool({"from_one", "row_from_one"} & wrong)
    column += bool({"from_one", "column_from_one"} & wrong) - ("column_less" in wrong)
    if "row_twice" in wrong:
        return row, row
    return (column, column) if "column_twice" in wrong else (row, column)


def peaked(size: int, place: int, lowest: int) -> Tensor:
    """Weights that sum to 1, with the largest at `place` and the smallest at `lowest`."""
    scores = torch.zeros(size)
    scores[place], scores[lowest] = 3.0, -1.0
    return scores.softmax(0)


def cases() -> list[Case]:
    flat = [2, 15, 2, 9, 3, 1, 9, 10, 13, 12, 12, 12]  # row 2 and column 3 hold most
    near = [300, 10, 301, 5, 4, 299, 6, 75]  # none above a half, three almost alike
    return [
        Case(weights=peaked(6, place=5, lowest=1), columns=3),
        Case(weights=peaked(16, place=6, lowest=15), columns=4),
        Case(weights=peaked(12, place=7, lowest=2), columns=6),
        Case(weights=peaked(20, place=3, lowest=12), columns=5),
        Case(weights=peaked(16, place=8, lowest=5), columns=4),
        Case(weights=torch.tensor(flat) / 100, columns=4),
        Case(weights=torch.tensor(near) / 1000, columns=2),
        Case(weights=torch.tensor([0.1, 0.2, 0.6, 0.0, 0.1]), columns=1),
        Case(weights=torch.tensor([0.25, 0.0, 0.05, 0.7]), columns=4),
        Case(weights=torch.tensor([1.0]), columns=1),
        Case(weights=peaked(35, place=0, lowest=34), columns=7),
    ]


def is_strongest(case: Case, place: Place) -> bool:
    """Say whether the largest weight lies at a row and a column."""
    number = place[0] * case["columns"] + place[1]
    return bool(number == int(case["weights"].argmax()))


def towers(case: Case) -> bool:
    """Say whether one weight is larger than all the others together."""
    return bool(case["weights"].max() > 0.5)


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
            "row_from_one",
            "Your row is one too large. With which number does the top row begin?",
            "count",
        ),
        Mistake(
            "column_from_one",
            "Your column is one too large. With which number does the leftmost column begin?",
            "count",
        ),
        Mistake(
            "column_less",
            "Your column is one too small: in the leftmost column it is −1. The remainder of a "
            "division counts from 0 already; what is left to subtract?",
            "count",
        ),
        Mistake(
            "from_below",
            "You count the rows from below. Row 0 is the top one.",
            "count",
        ),
        Mistake(
            "from_right",
            "You count the columns from the right. Column 0 is the leftmost one.",
            "count",
        ),
        Mistake(
            "row_twice",
            "You return the row in both places. What becomes of the remainder of the division?",
            "count order divide",
        ),
        Mistake(
            "column_twice",
            "You return the column in both places. How often does a whole row fit into the patch's "
            "number?",
            "count order divide",
        ),
        Mistake(
            "smallest",
            "That is the patch with the *smallest* weight: where the word looks least.",
            "which",
        ),
        Mistake(
            "next",
            "That is the patch after the strongest one. `argmax` counts from 0 already; what is "
            "left to add?",
            "which",
        ),
        Mistake(
            "before",
            "That is the patch before the strongest one. `argmax` counts from 0 already; what is "
            "left to subtract?",
            "which",
        ),
        Mistake(
            "sums",
            "You take the row and the column whose weights are largest *in sum*. Middling weights "
            "together can be more than the strongest one: which single weight counts?",
            "which divide",
        ),
        Mistake(
            "value",
            "You return row 0, column 0 whatever the weights are. Did you take the largest weight "
            "itself, which is at most 1? You need its *place*: compare `max` and `argmax`.",
            "which order divide count",
        ),
        Mistake(
            "weight",
            "You divide the largest *weight*. You need its place in the list: compare `max` and "
            "`argmax`.",
            "which order divide count",
        ),
        Mistake(
            "reversed",
            "You divide the number of columns by the number of the patch. How often does a row fit "
            "into the patch's number: what is to be divided by what?",
            "divide count which",
        ),
        Mistake(
            "one_less",
            "You divide by one column too few. Counting from 0 changes the columns' numbers: does "
            "it change how many there are?",
            "divide count which",
        ),
        Mistake(
            "one_more",
            "You divide by one column too many. How many patches does one go through before the "
            "next row begins?",
            "divide count which",
        ),
        Mistake(
            "row_start",
            "Your row is the number of the first patch in it. How many whole rows lie before that "
            "patch?",
            "divide count",
        ),
        Mistake(
            "down_first",
            "You number the patches down the columns. In the card's list, does one go along a row "
            "first or down a column?",
            "divide order",
        ),
        Mistake(
            "rows",
            "You divide by the number of rows. How many patches does one go through before the "
            "next row begins?",
            "divide order",
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
            "rounded",
            "You round the row to the nearest number, so the right half of each row lands in the "
            "next one. How often does a row fit *whole*?",
            "divide",
        ),
        Mistake(
            "rounded_up",
            "You round the row up. How many rows lie *whole* before the patch?",
            "divide",
        ),
        Mistake(
            "late",
            "The first patch of a row is counted to the row before, with a column that does not "
            "exist. When you count rows off one by one: do you go on when exactly one row is left?",
            "divide count which",
        ),
        Mistake(
            "not_times",
            "Your column is the number less the *row*. How many patches lie in the rows above?",
            "divide count",
        ),
        Mistake(
            "not_wrapped",
            "Your row is right, but your column is the number of the patch in the whole list. What "
            "is left of it when the rows above are taken away? Think of `%`.",
            "divide count",
        ),
        Mistake(
            "flat",
            "You return the patch's number as its column, in row 0. A number beyond the first row "
            "has to wrap around: think of `divmod`.",
            "divide count",
        ),
    ),
    properties=(
        Property(
            "A column counts from 0: it cannot be negative, and yours is somewhere.",
            lambda case, place: place[1] >= 0,
        ),
        Property(
            "The column must be smaller than the number of columns; somewhere yours is not.",
            lambda case, place: place[1] < case["columns"],
        ),
        Property(
            "row · columns + column should be the number of the strongest patch; yours is another "
            "patch. Two steps can go wrong: which number has the patch, and where does it lie?",
            lambda case, place: not towers(case) or is_strongest(case, place),
        ),
        Property(
            "Your patch is the strongest where one weight towers above the others, and another "
            "where several are nearly as large. Do you compare each weight with all the others, or "
            "with a bound, a neighbour or a sum?",
            is_strongest,
        ),
    ),
)
