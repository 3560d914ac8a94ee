"""Neighbouring patches side by side. Traps: rows instead of squares, the mean, columns first."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    Implement,
    Mistake,
    Property,
    Wrong,
    random_tensor,
)
from mmtutor.checks.gpt.shared import either


def pooled(patches: Tensor, rows: int, pool: int, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: squares of pool × pool patches, each one vector, all in reading order."""
    count, number, width = patches.shape
    columns = number // rows
    high, wide = rows // pool, columns // pool
    grid = patches.reshape(count, high, pool, wide, pool, width)
    inner = {
        "columns_inside": (0, 1, 3, 4, 2, 5),
        "numbers_first": (0, 1, 3, 5, 2, 4),
        "squares_by_column": (0, 3, 1, 2, 4, 5),
        "transposed": (0, 3, 1, 4, 2, 5),
    }
    order = next((axes for name, axes in inner.items() if name in wrong), (0, 1, 3, 2, 4, 5))
    squares = grid.permute(*order)
    ways: dict[str, Callable[[], Tensor]] = {
        "in_a_row": lambda: patches.reshape(count, -1, pool * pool * width),
        "mean": lambda: squares.reshape(count, high * wide, pool**2, width).mean(2),
        "sum": lambda: squares.reshape(count, high * wide, pool**2, width).sum(2),
        "largest": lambda: squares.reshape(count, high * wide, pool**2, width).amax(2),
        "first_of_square": lambda: squares.reshape(count, high * wide, pool**2, width)[:, :, 0],
        "square_kept": lambda: squares.reshape(count, high, wide, pool**2 * width),
        "not_joined": lambda: squares.reshape(count, high * wide, pool**2, width),
        "only_reordered": lambda: squares.reshape(count, number, width),
        "turned_grid": lambda: turned_grid(patches, rows, pool),
        "square_grid": lambda: pooled_as(patches, math.isqrt(number), math.isqrt(number), pool),
        "rows_from_root": lambda: pooled_as(
            patches, math.isqrt(number), number // math.isqrt(number), pool
        ),
        "columns_from_width": lambda: pooled_by_width(patches, rows, pool),
        "only_down": lambda: (
            patches.reshape(count, high, pool, columns, width).transpose(2, 3).flatten(3)
        ).flatten(1, 2),
        "only_across": lambda: patches.reshape(count, -1, pool * width),
        "pool_is_count": lambda: (
            patches.reshape(count, pool, high, pool, wide, width).transpose(2, 3).flatten(3)
        ).flatten(1, 2),
        "rows_twice": lambda: grid_of_rows(patches, rows, pool),
        "overlapping": lambda: windows(patches, rows, pool),
        "pool_two": lambda: pooled_as(patches, rows, columns, 2),
        "reversed": lambda: squares.reshape(count, high * wide, -1).flip(1),
        "strided": lambda: patches.reshape(count, pool**2, -1, width).transpose(1, 2).flatten(2),
        "pictures_mixed": lambda: grid.permute(1, 3, 0, 2, 4, 5).reshape(count, high * wide, -1),
        "halves": lambda: grid.permute(0, 2, 4, 1, 3, 5).reshape(count, high * wide, -1),
    }
    return either(ways, wrong, lambda: squares.reshape(count, high * wide, -1))


def pooled_as(patches: Tensor, rows: int, columns: int, pool: int) -> Tensor:
    """Return what comes out of a grid of so many rows and columns.

    Raises RuntimeError where that is no grid of these patches, or cannot be pooled so.
    """
    count, _, width = patches.shape
    grid = patches.reshape(count, rows // pool, pool, columns // pool, pool, width)
    return grid.transpose(2, 3).flatten(3).flatten(1, 2)


def pooled_by_width(patches: Tensor, rows: int, pool: int) -> Tensor:
    """Return what comes out where the width of the vectors is taken for the number of patches.

    Raises RuntimeError where that is no grid of these patches.
    """
    count, _, width = patches.shape
    columns = width // rows
    grid = patches.reshape(count, rows // pool, pool, columns // pool, pool, -1)
    return grid.transpose(2, 3).reshape(count, -1, pool**2 * width)


def grid_of_rows(patches: Tensor, rows: int, pool: int) -> Tensor:
    """Return what comes out where there are taken to be as many columns as rows, of any width."""
    grid = patches.reshape(len(patches), rows // pool, pool, rows // pool, pool, -1)
    return grid.transpose(2, 3).flatten(3).flatten(1, 2)


def windows(patches: Tensor, rows: int, pool: int) -> Tensor:
    """Return the squares around every corner of the grid: neighbours share patches."""
    grid = patches.unflatten(1, (rows, -1)).unfold(1, pool, 1).unfold(2, pool, 1)
    return grid.permute(0, 1, 2, 4, 5, 3).flatten(3).flatten(1, 2)


def turned_grid(patches: Tensor, rows: int, pool: int) -> Tensor:
    """Return what comes out where rows and columns of the grid are exchanged."""
    count, number, width = patches.shape
    columns = number // rows
    grid = patches.reshape(count, columns // pool, pool, rows // pool, pool, width)
    return grid.permute(0, 1, 3, 2, 4, 5).reshape(count, number // pool**2, -1)


def pooled_cases() -> list[Case]:
    def case(count: int, rows: int, columns: int, pool: int, width: int, seed: int) -> Case:
        patches = random_tensor(count, rows * columns, width, seed=seed)
        return Case(patches=patches, rows=rows, pool=pool)

    twins = case(2, 2, 6, 2, 3, 90)
    twins["patches"] = 30 * torch.cat([twins["patches"][:1]] * 2)
    twins["patches"][:, 3] = 0.0
    numbered = case(1, 4, 6, 2, 1, 10)
    numbered["patches"] = torch.arange(24.0).view(1, 24, 1)
    return [
        numbered,
        case(2, 2, 4, 2, 3, 20),
        case(3, 4, 6, 2, 5, 30),
        case(1, 6, 9, 3, 2, 40),
        case(2, 3, 5, 1, 4, 50),
        case(2, 8, 4, 4, 3, 60),
        case(4, 6, 2, 2, 7, 70),
        case(2, 1, 1, 1, 3, 80),
        case(2, 4, 4, 2, 3, 110),
        case(1, 6, 6, 3, 2, 120),
        twins,
    ]


def no_number_is_lost(case: Case, output: Tensor) -> bool:
    """Say whether the numbers that come out are those that went in."""
    patches = case["patches"].double().flatten().sort().values
    found = output.double().flatten().sort().values
    return found.shape == patches.shape and torch.allclose(found, patches, atol=1e-6)


def shape_is_right(case: Case, output: Tensor) -> bool:
    """Say whether there are fewer vectors, each as much longer."""
    count, number, width = case["patches"].shape
    square = case["pool"] ** 2
    return tuple(output.shape) == (count, number // square, square * width)


def first_patch_comes_first(case: Case, output: Tensor) -> bool:
    """Say whether each picture's first vector begins with the numbers of its first patch."""
    patches = case["patches"]
    if not shape_is_right(case, output):
        return True
    return torch.allclose(output[:, 0, : patches.shape[2]].double(), patches[:, 0].double())


def neighbour_comes_second(case: Case, output: Tensor) -> bool:
    """Say whether the first vector goes on with the numbers of the second patch of its row."""
    patches, width = case["patches"], case["patches"].shape[2]
    if not shape_is_right(case, output) or case["pool"] == 1:
        return True
    return torch.allclose(output[:, 0, width : 2 * width].double(), patches[:, 1].double())


def lower_row_follows(case: Case, output: Tensor) -> bool:
    """Say whether the second row of the first square begins with the patch under the first."""
    patches, width, pool = case["patches"], case["patches"].shape[2], case["pool"]
    if not shape_is_right(case, output) or pool == 1:
        return True
    under = patches[:, patches.shape[1] // case["rows"]]
    return torch.allclose(output[:, 0, pool * width : (pool + 1) * width].double(), under.double())


def squares_in_order(case: Case, output: Tensor) -> bool:
    """Say whether every vector begins with the first patch of its square."""
    patches, pool = case["patches"], case["pool"]
    if not shape_is_right(case, output):
        return True
    corners = patches.unflatten(1, (case["rows"], -1))[:, ::pool, ::pool].flatten(1, 2)
    return torch.allclose(output[:, :, : patches.shape[2]].double(), corners.double())


POOLED = Implement(
    id="vqa.pooled",
    title="Four patches, one token",
    difficulty=2,
    minutes=15,
    hints=(
        "Number the patches of a grid of 4 rows and 6 columns from 0 to 23 and draw a frame round "
        "each 2 × 2 square. Which four numbers stand in the first square, and which in the second?",
        "Square (i, j) holds the patches of rows i·pool … i·pool + pool − 1 and columns j·pool … "
        "j·pool + pool − 1, in reading order.",
        "(picture, rows · columns, width) → (picture, rows/pool, pool, columns/pool, pool, width) "
        "→ (picture, rows/pool, columns/pool, pool, pool, width) → (picture, square, pool² width)",
        "columns = patches.shape[1] // rows\n"
        "grid = patches.reshape(len(patches), rows // pool, pool, ..., pool, -1)\n"
        "grid = grid.transpose(..., ...)\nreturn grid.reshape(len(patches), ..., ...)",
    ),
    reference=pooled,
    cases=pooled_cases,
    gradient=True,
    mistakes=(
        Mistake(
            "in_a_row",
            "You join patches that follow one another in a *row*. Squares take pool of a row, and "
            "then those *under* them.",
            "way",
        ),
        Mistake(
            "columns_inside",
            "Inside a square you go down first, then to the right. Reading order goes to the right "
            "first.",
            "way",
        ),
        Mistake(
            "numbers_first",
            "The numbers of the four patches are interleaved. Each patch's numbers stay together, "
            "one patch behind the other.",
            "way",
        ),
        Mistake(
            "squares_by_column",
            "The squares come column by column. Reading order: the first row of squares first.",
            "way",
        ),
        Mistake(
            "transposed",
            "Both are by columns: the squares, and the patches inside them. The grid is turned.",
            "way",
        ),
        Mistake(
            "mean",
            "You take the *mean* of each square. All its numbers are kept, side by side: the "
            "projector decides what to do with them.",
            "way",
        ),
        Mistake("sum", "You add up each square. All its numbers are kept, side by side.", "way"),
        Mistake(
            "largest",
            "You keep the largest number of each square. All its numbers are kept, side by side.",
            "way",
        ),
        Mistake(
            "first_of_square",
            "You keep the first patch of each square and drop the others.",
            "way",
        ),
        Mistake(
            "square_kept",
            "The squares still stand in a grid. A language model reads one row: flatten it.",
            "way",
        ),
        Mistake(
            "not_joined",
            "The patches of a square are found, but not joined: one axis too many.",
            "way",
        ),
        Mistake(
            "only_reordered",
            "The patches have the right order, but there are as many as before. Those of a square "
            "become *one* vector.",
            "way",
        ),
        Mistake(
            "turned_grid",
            "Rows and columns of the grid are exchanged: `rows` counts rows, and a row has as many "
            "patches as there are columns.",
            "way",
        ),
        Mistake(
            "strided",
            "You join patches that lie far apart in the *list*, as if it were cut into pool² long "
            "pieces. Where do the neighbours of a patch stand in it?",
            "way",
        ),
        Mistake(
            "pictures_mixed",
            "The pictures are mixed: their axis is no longer the first one when you flatten.",
            "way",
        ),
        Mistake(
            "square_grid",
            "You take the grid for a square: as many columns as rows, the root of the number of "
            "patches. `rows` is given; how many patches has a row?",
            "way",
        ),
        Mistake(
            "rows_from_root",
            "You take the root of the number of patches for the number of rows. The grid need not "
            "be square, and `rows` is given.",
            "way",
        ),
        Mistake(
            "columns_from_width",
            "Your number of columns comes from the *width* of the vectors. How many patches are "
            "there, and in how many rows?",
            "way",
        ),
        Mistake(
            "only_down",
            "You join `pool` patches of a column. A square has pool · pool patches.",
            "way",
        ),
        Mistake(
            "only_across",
            "You join `pool` patches of a row. A square has pool · pool patches.",
            "way",
        ),
        Mistake(
            "pool_is_count",
            "You make `pool` squares down and across. `pool` is how many *patches* a side of a "
            "square has.",
            "way",
        ),
        Mistake(
            "rows_twice",
            "You take as many columns as rows, and what is left over goes into the vectors. How "
            "many patches has a row?",
            "way",
        ),
        Mistake(
            "overlapping",
            "Your squares overlap: each begins one patch after the last. Each patch belongs to one "
            "square only, so the next one begins `pool` patches later.",
            "way",
        ),
        Mistake(
            "pool_two",
            "You always join 2 × 2 patches. `pool` says how many, along each side.",
            "way",
        ),
        Mistake("reversed", "The squares come from the last to the first.", "way"),
        Mistake(
            "halves",
            "You join patches that lie far apart: one of each square. Which axis counts squares, "
            "and which counts inside a square?",
            "way",
        ),
    ),
    properties=(
        Property(
            "There are to be pool² times fewer vectors, each pool² times as long: (picture, "
            "square, pool² · width).",
            shape_is_right,
        ),
        Property(
            "The numbers that come out are not those that went in: none is lost, added up or "
            "repeated.",
            no_number_is_lost,
        ),
        Property(
            "The first square begins with the numbers of the first patch. Yours does not.",
            first_patch_comes_first,
        ),
        Property(
            "In the first square the patch to the right of the first comes second. In yours it "
            "does not.",
            neighbour_comes_second,
        ),
        Property(
            "In the first square the lower row begins with the patch *under* the first. In yours "
            "it does not: how many patches lie between the two in the list?",
            lower_row_follows,
        ),
        Property(
            "The first square is right as far as it was looked at, but the others do not follow "
            "in reading order: each begins with the patch at its upper left.",
            squares_in_order,
        ),
    ),
)
