"""A class's answers to the exercises of lesson 00."""

import math
from functools import partial, reduce

import numpy as np
import torch

from tests.classroom import Wrong


def by_division(weights, columns):
    number = weights.argmax().item()
    return number / columns, number % columns


def by_rounding(weights, columns):
    number = weights.argmax().item()
    return round(number / columns), number % columns


def rounded_up(weights, columns):
    number = weights.argmax().item()
    return math.ceil(number / columns), number % columns


def by_rows(weights, columns):
    rows = len(weights) // columns
    return divmod(int(weights.argmax()), rows)


def column_by_column(weights, columns):
    rows = len(weights) // columns
    number = int(weights.argmax())
    return number % rows, number // rows


def in_a_square(weights, columns):
    return divmod(int(weights.argmax()), int(len(weights) ** 0.5))


def previous(weights, columns):
    number = int(weights.argmax()) - 1
    return number // columns, number % columns


def following(weights, columns):
    return divmod(int(weights.argmax()) + 1, columns)


def starts_at_one(weights, columns):
    row, column = divmod(int(weights.argmax()), columns)
    return row + 1, column + 1


def row_starts_at_one(weights, columns):
    row, column = divmod(int(weights.argmax()), columns)
    return row + 1, column


def column_starts_at_one(weights, columns):
    row, column = divmod(int(weights.argmax()), columns)
    return row, column + 1


def second_best(weights, columns):
    return divmod(int(weights.topk(2).indices[1]), columns)


def more_than_half(weights, columns):
    for number, weight in enumerate(weights):
        if weight > 0.5:
            return divmod(number, columns)
    return 0, 0


def above_the_mean(weights, columns):
    number = int((weights > weights.mean()).nonzero()[0])
    return divmod(number, columns)


def above_twice_the_mean(weights, columns):
    number = int((weights > 2 / len(weights)).nonzero()[0])
    return divmod(number, columns)


def row_of_the_largest_mean(weights, columns):
    grid = weights.view(-1, columns)
    row = int(grid.mean(1).argmax())
    return row, int(grid[row].argmax())


def one_column_less(weights, columns):
    number = int(weights.argmax())
    return number // columns, number % columns - 1


def sums(weights, columns):
    grid = weights.view(-1, columns)
    return int(grid.sum(1).argmax()), int(grid.sum(0).argmax())


def in_each(weights, columns):
    grid = weights.view(-1, columns)
    return grid.argmax(0), grid.argmax(1)


def grid_on_its_side(weights, columns):
    grid = weights.view(columns, -1)
    return divmod(int(grid.argmax()), grid.shape[1])


def one_row_too_many(weights, columns):
    number, row = int(weights.argmax()), 0
    while number > columns:
        number -= columns
        row += 1
    return row, number


def not_times(weights, columns):
    number = int(weights.argmax())
    row = number // columns
    return row, number - row


def from_the_right(weights, columns):
    row, column = divmod(int(weights.argmax()), columns)
    return row, columns - 1 - column


def from_below(weights, columns):
    row, column = divmod(int(weights.argmax()), columns)
    return len(weights) // columns - 1 - row, column


def printed(weights, columns):
    print(divmod(int(weights.argmax()), columns))


def in_words(weights, columns):
    row, column = divmod(int(weights.argmax()), columns)
    return f"row {row}, column {column}"


def smallest_and_swapped(weights, columns):
    number = int(weights.argmin())
    return number % columns, number // columns


def swapped_and_from_one(weights, columns):
    row, column = divmod(int(weights.argmax()), columns)
    return column + 1, row + 1


def with_the_weight(weights, columns):
    weight, number = weights.max(dim=0)
    return weight, number // columns, number % columns


def sorted_upwards(weights, columns):
    number = int(weights.argsort()[0])
    return number // columns, number % columns


def row_of_the_sorted(weights, columns):
    ordered = sorted(weights.tolist(), reverse=True)
    return divmod(ordered.index(max(ordered)), columns)


def loop_forgets_the_best(weights, columns):
    best = 0
    for number in range(len(weights)):
        if weights[number] > weights[number - 1]:
            best = number
    return divmod(best, columns)


def row_of_row(weights, columns):
    row = int(weights.argmax()) // columns
    return row, row % columns


# Right, each in its own way ----------------------------------------------------------------------


def nested_loops(weights, columns):
    best = (0, 0)
    for row in range(len(weights) // columns):
        for column in range(columns):
            if weights[row * columns + column] > weights[best[0] * columns + best[1]]:
                best = (row, column)
    return best


def counting_down(weights, columns):
    number, row = weights.tolist().index(max(weights.tolist())), 0
    while number >= columns:
        number, row = number - columns, row + 1
    return row, number


def recursive(weights, columns):
    first, rest = weights[:columns], weights[columns:]
    if len(rest) == 0 or first.max() >= rest.max():
        return 0, int(first.argmax())
    row, column = recursive(rest, columns)
    return row + 1, column


class Strongest:
    def __call__(self, weights, columns):
        return [int(weights.argmax()) // columns, int(weights.argmax()) % columns]


def maxima(weights, columns):
    grid = weights.reshape(-1, columns)
    return grid.max(1).values.argmax(), grid.max(0).values.argmax()


def found_in_grid(weights, columns):
    grid = weights.reshape(-1, columns)
    row, column = (grid == grid.max()).nonzero()[0].tolist()
    return row, column


def by_tool(tool, weights, columns):
    return tool(int(weights.argmax()), columns)


def reduced(weights, columns):
    numbers = range(len(weights))
    return divmod(reduce(lambda a, b: a if weights[a] >= weights[b] else b, numbers), columns)


WRONG = {
    "start_here.strongest_patch": (
        Wrong(lambda w, c: (int(w.argmax()) % c, int(w.argmax()) // c), "column first"),
        Wrong(lambda w, c: divmod(int(w.argmin()), c), "the weakest patch"),
        Wrong(by_division, "divides with a remainder of a row: / for //"),
        Wrong(by_rounding, "rounds to the next row"),
        Wrong(rounded_up, "rounds the row up"),
        Wrong(by_rows, "divides by the number of rows"),
        Wrong(column_by_column, "reads the list column by column"),
        Wrong(in_a_square, "ignores columns, takes the grid for a square"),
        Wrong(lambda w, c: divmod(int(w.argmax()), 4), "4 columns as in the lesson"),
        Wrong(lambda w, c: divmod(int(w.argmax()), 3), "3 columns as in the example"),
        Wrong(previous, "one patch too early, counts the numbers from 1"),
        Wrong(following, "one patch too late"),
        Wrong(starts_at_one, "counts rows and columns from 1"),
        Wrong(row_starts_at_one, "counts rows from 1"),
        Wrong(column_starts_at_one, "counts columns from 1"),
        Wrong(second_best, "the second strongest patch"),
        Wrong(more_than_half, "the first weight above one half", "nearly as large"),
        Wrong(above_the_mean, "the first weight above the mean"),
        Wrong(above_twice_the_mean, "the first weight above 2 / patches"),
        Wrong(row_of_the_largest_mean, "the row with the largest mean", "nearly as large"),
        Wrong(one_column_less, "takes 1 from the remainder", "one too small"),
        Wrong(sums, "the row and the column with the largest sum", "in sum"),
        Wrong(in_each, "the strongest in every column and in every row"),
        Wrong(grid_on_its_side, "reshapes to (columns, rows)"),
        Wrong(one_row_too_many, "a column that equals `columns` is the next row's 0: > for >="),
        Wrong(not_times, "subtracts the row instead of row times columns"),
        Wrong(from_the_right, "counts columns from the right"),
        Wrong(from_below, "counts rows from below"),
        Wrong(lambda w, c: w.argmax(), "returns the number of the patch"),
        Wrong(lambda w, c: w.max(), "returns the largest weight"),
        Wrong(lambda w, c: int(w.argmax()) // c, "returns the row alone"),
        Wrong(printed, "prints instead of returning", "None|return"),
        Wrong(in_words, "returns a text"),
        Wrong(smallest_and_swapped, "the weakest patch, and column first"),
        Wrong(swapped_and_from_one, "column first, and counted from 1"),
        Wrong(with_the_weight, "returns the weight, too"),
        Wrong(sorted_upwards, "sorts upwards and takes the first: the weakest"),
        Wrong(row_of_the_sorted, "looks for the place in the sorted list: always 0"),
        Wrong(loop_forgets_the_best, "compares with the neighbour, not with the best so far"),
        Wrong(row_of_row, "takes the column from the row, not from the number"),
        Wrong(lambda w, c: (int(w.argmax()) // c,) * 2, "the row twice"),
        Wrong(lambda w, c: (int(w.argmax()) % c,) * 2, "the column twice"),
        Wrong(lambda w, c: (int(w.argmax()) // c, int(w.argmax())), "no remainder taken"),
        Wrong(lambda w, c: (0, int(w.argmax())), "everything lies in row 0"),
        Wrong(lambda w, c: (1, 2), "the answer of the example"),
        Wrong(lambda w: divmod(int(w.argmax()), 3), "takes no columns", "argument|columns"),
        Wrong(
            lambda w, c: (w.max() // c, w.max() % c),
            "divides the weight, not its place",
            r"(?s)^(?!.*does not depend).*largest .weight",
        ),
        Wrong(
            lambda w, c: (int(w.argmax()) - int(w.argmax()) % c, int(w.argmax()) % c),
            "the row's first patch for the row",
            "first patch in it",
        ),
        Wrong(lambda w, c: divmod(int(w.argmax()), c - 1), "takes 1 off the columns", "too few"),
        Wrong(column_by_column, "numbers the patches down the columns", "down the columns"),
    )
}

RIGHT = {
    "start_here.strongest_patch": (
        lambda weights, columns: divmod(weights.argmax().item(), columns),
        lambda weights, columns: np.unravel_index(
            weights.numpy().argmax(), (len(weights) // columns, columns)
        ),
        lambda weights, columns: torch.unravel_index(
            weights.argmax(), (len(weights) // columns, columns)
        ),
        lambda weights, columns: (weights.argmax() // columns, weights.argmax() % columns),
        nested_loops,
        counting_down,
        recursive,
        Strongest(),
        maxima,
        found_in_grid,
        partial(by_tool, divmod),
        reduced,
        lambda w, columns: torch.stack([w.argmax() // columns, w.argmax() % columns]).int(),
        lambda w, columns: np.array(divmod(int(w.argmax()), columns)),
        lambda w, columns: divmod(w.argsort(descending=True).tolist()[0], columns),
    )
}
