"""Right answers to the exercises of lesson 00, start here."""

import torch


def place_by_divmod(weights, columns):
    return divmod(weights.argmax().item(), columns)


def place_by_view(weights, columns):
    grid = weights.view(-1, columns)
    row = grid.amax(1).argmax()
    return int(row), int(grid[row].argmax())


def place_by_sorting(weights, columns):
    number = torch.argsort(weights, descending=True)[0]
    return number // columns, number % columns


RIGHT = {
    "start_here.strongest_patch": [place_by_divmod, place_by_view, place_by_sorting],
}
