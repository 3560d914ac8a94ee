"""Cut films into boxes. Traps: time and space exchanged, where the channels go, what overlaps.

A token is a tubelet of ViViT (Arnab et al. 2021, arXiv 2103.15691).
"""

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
from mmtutor.checks.engine.properties import agree
from mmtutor.checks.gpt.shared import either

INSIDE = "fcyx"
"""The numbers of a token in order: frame, channel, row and column."""


def tubelets(film: Tensor, frames: int, patch: int, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: boxes of `frames` × `patch` × `patch`, by time, row, column; each a flat row."""
    batch = len(film)
    sizes = (batch, -1, frames * film.shape[2] * patch**2)
    whole: dict[str, Callable[[], Tensor]] = {
        "strips": lambda: film.reshape(sizes),
        "no_time": lambda: laid(boxes(film, 1, patch, 1, patch), "brk", "tfcyx").flatten(2, -2),
        "channels_as_time": lambda: tubelets(film.transpose(1, 2), frames, patch),
        "sizes_exchanged": lambda: tubelets(film, patch, frames),
        "sides_exchanged": lambda: in_a_wrong_grid(film, frames, patch),
        "time_cut_in_pieces": lambda: tubelets(film, film.shape[1] // frames, patch),
        "frames_one_by_one": lambda: tubelets(film, 1, patch),
        "greyscale": lambda: tubelets(film.mean(2, keepdim=True), frames, patch),
        "first_channel": lambda: tubelets(film[:, :, :1], frames, patch),
        "first_frame": lambda: tubelets(film[:, ::frames], 1, patch),
        "mean_frame": lambda: tubelets(film.unflatten(1, (-1, frames)).mean(2), 1, patch),
        "last_frame": lambda: tubelets(film[:, frames - 1 :: frames], 1, patch),
        "pixel_means": lambda: (
            laid(boxes(film, frames, patch, frames, patch), "btrk", "cyxf")
            .unflatten(-1, (film.shape[2], -1))
            .mean(-1)
            .flatten(1, 3)
        ),
        "last_channel": lambda: tubelets(film[:, :, -1:], frames, patch),
        "first_film": lambda: tubelets(film[:1], frames, patch),
        "first_film_alone": lambda: tubelets(film[:1], frames, patch)[0],
        "first_film_for_all": lambda: (
            tubelets(film[:1], frames, patch).expand(batch, -1, -1).clone()
        ),
        "last_film_for_all": lambda: (
            tubelets(film[-1:], frames, patch).expand(batch, -1, -1).clone()
        ),
        "films_mixed": lambda: tubelets(mixed(film, frames), frames, patch),
        "films_as_frames": lambda: tubelets(
            film.flatten(0, 1).unflatten(0, (-1, batch)).transpose(0, 1), frames, patch
        ),
        "stripes_across": lambda: stripes(film.unfold(1, frames, frames).unfold(3, patch, patch)),
        "stripes_down": lambda: stripes(
            film.unfold(1, frames, frames).unfold(4, patch, patch).transpose(3, 4)
        ),
        "channels_in_grid": lambda: boxes(film, frames, patch, frames, patch).reshape(sizes),
        "places_joined": lambda: tubelets(film, 1, patch).reshape(sizes),
        "all_cut_in_pieces": lambda: in_pieces(film, frames, patch),
        "begins_together": lambda: cut_slowly(film, frames, patch, later=1),
        "begins_together_in_space": lambda: cut_slowly(film, frames, patch, further=1),
        "wide_as_high": lambda: cut_slowly(film, frames, patch, wide=film.shape[3]),
        "high_as_wide": lambda: cut_slowly(film, frames, patch, high=film.shape[4]),
        "three_channels": lambda: with_built_in(film, frames, patch, channels=3),
        "two_frames": lambda: with_built_in(film, frames, patch, long=2),
        "boxes_backwards": lambda: tubelets(
            film.unflatten(1, (-1, frames)).flip(2).flatten(1, 2), frames, patch
        ),
        "time_backwards": lambda: tubelets(film.flip(1), frames, patch),
        "channels_backwards": lambda: tubelets(film.flip(2), frames, patch),
    }
    return either(whole, wrong, lambda: cut(film, frames, patch, wrong))


def cut(film: Tensor, frames: int, patch: int, wrong: Wrong) -> Tensor:
    """Cut, then lay out the grid and what is inside."""
    later = 1 if {"overlapping_time", "overlapping"} & wrong else frames
    further = 1 if {"overlapping_space", "overlapping"} & wrong else patch
    further = max(patch // 2, 1) if "overlapping_by_half" in wrong else further
    found = boxes(film, frames, patch, later, further, wrong)
    found = without_the_last(found, wrong)
    insides = {
        "channel_first": "cfyx",
        "channel_last": "fyxc",
        "pixel_by_pixel": "yxfc",
        "time_last": "cyxf",
        "channel_last_time_last": "yxcf",
        "transposed": "fcxy",
        "line_by_line": "fycx",
    }
    grids = {
        "place_first": "brkt",
        "columns_first": "btkr",
        "columns_first_place": "bkrt",
        "row_first": "brtk",
        "column_first": "bktr",
    }
    inside = next((order for name, order in insides.items() if name in wrong), INSIDE)
    grid = next((order for name, order in grids.items() if name in wrong), "btrk")
    return flat(found, grid, inside, wrong)


def without_the_last(found: Tensor, wrong: Wrong) -> Tensor:
    """Return boxes without the last, or those but the first, along an axis of the grid."""
    ways: dict[str, Callable[[], Tensor]] = {
        "last_step_missing": lambda: found[:, :-1],
        "last_row_missing": lambda: found[:, :, :, :-1],
        "last_column_missing": lambda: found[:, :, :, :, :-1],
        "first_step_only": lambda: found[:, :1],
        "every_other_step": lambda: found[:, ::2],
    }
    return either(ways, wrong, lambda: found)


def mixed(film: Tensor, frames: int) -> Tensor:
    """Return films of which each has pieces of all, as if the batch came behind the time."""
    pieces = film.reshape(-1, len(film), frames, *film.shape[2:])
    return pieces.transpose(0, 1).flatten(1, 2)


def stripes(found: Tensor) -> Tensor:
    """Return (batch, time, channel, stripe, length, frame, width) as tokens."""
    return found.permute(0, 1, 3, 5, 2, 6, 4).flatten(3).flatten(1, 2)


def flat(found: Tensor, grid: str, inside: str, wrong: Wrong) -> Tensor:
    """Return the tokens, or what is left if something was not flattened as asked for."""
    grown: dict[str, Callable[[], Tensor]] = {
        "grid_kept": lambda: laid(found, grid, inside),
        "time_kept": lambda: laid(found, grid, inside).flatten(2, 3),
        "not_flat": lambda: ordered(found, grid + inside).flatten(1, 3),
        "batch_flattened": lambda: laid(found, grid, inside).flatten(0, 3),
        "numbers_first": lambda: laid(found, grid, inside).flatten(1, 3).mT,
        "films_in_turn": lambda: (
            laid(found, grid, inside).flatten(1, 3).transpose(0, 1).reshape(in_all(found))
        ),
        "films_in_tokens": lambda: (
            laid(found, grid, inside).flatten(1, 3).transpose(0, 1).flatten(0, 1)
        ),
        "films_in_numbers": lambda: (
            laid(found, grid, inside).flatten(1, 3).transpose(0, 1).flatten(1)
        ),
        "tokens_first": lambda: laid(found, grid, inside).flatten(1, 3).transpose(0, 1),
        "channel_alone": lambda: (
            ordered(found, f"{grid}c{inside.replace('c', '')}").flatten(5).flatten(1, 4)
        ),
        "channels_in_step": lambda: ordered(found, "btcrkfyx").flatten(5).flatten(1, 4),
        "channels_before_step": lambda: ordered(found, "bctrkfyx").flatten(5).flatten(1, 4),
        "frame_alone": lambda: (
            ordered(found, f"{grid}f{inside.replace('f', '')}").flatten(5).flatten(1, 4)
        ),
        "one_row": lambda: laid(found, grid, inside).flatten(1),
        "torn": lambda: (
            laid(found, grid, inside)
            .flatten(1, 3)
            .mT.reshape(len(found), -1, found[0, 0, :, 0, 0].numel())
        ),
    }
    return either(grown, wrong, lambda: laid(found, grid, inside).flatten(1, 3))


def in_all(found: Tensor) -> tuple[int, int, int]:
    """Return the right sizes: films, tokens of each, numbers of a token."""
    films, time, channels, row, column, *inside = found.shape
    return films, time * row * column, channels * math.prod(inside)


def boxes(
    film: Tensor, frames: int, patch: int, later: int, further: int, wrong: Wrong = RIGHT
) -> Tensor:
    """Return (batch, time, channel, row, column, frame, y, x); `later`, `further` are the steps."""
    if {"sieve_time", "sieve"} & wrong:
        film = film.unflatten(1, (frames, -1)).transpose(1, 2).flatten(1, 2)
    if {"sieve_space", "sieve_rows", "sieve"} & wrong:
        film = film.unflatten(3, (patch, -1)).transpose(3, 4).flatten(3, 4)
    if {"sieve_space", "sieve_columns", "sieve"} & wrong:
        film = film.unflatten(4, (patch, -1)).transpose(4, 5).flatten(4, 5)
    return film.unfold(1, frames, later).unfold(3, patch, further).unfold(4, patch, further)


def ordered(found: Tensor, order: str) -> Tensor:
    """Return boxes with their axes in another order."""
    return found.permute(*("btcrkfyx".index(axis) for axis in order))


def laid(found: Tensor, grid: str, inside: str) -> Tensor:
    """Return boxes on a grid, each a flat row."""
    return ordered(found, grid + inside).flatten(len(grid))


def in_pieces(film: Tensor, frames: int, patch: int) -> Tensor:
    """Cut time into `frames` pieces and each side into `patch`, as `chunk` does."""
    times = film.chunk(frames, 1)
    rows = [row for time in times for row in time.chunk(patch, 3)]
    return torch.stack([box.flatten(1) for row in rows for box in row.chunk(patch, 4)], 1)


def cut_slowly(
    film: Tensor,
    frames: int,
    patch: int,
    *,
    later: int | None = None,
    further: int | None = None,
    high: int | None = None,
    wide: int | None = None,
) -> Tensor:
    """Cut in a loop over boxes, with other steps between them or another size of the frame."""
    steps, rows, columns = (
        range(size // box)
        for size, box in (
            (film.shape[1], frames),
            (high or film.shape[3], patch),
            (wide or film.shape[4], patch),
        )
    )
    starts = [
        (t * (later or frames), r * (further or patch), k * (further or patch))
        for t in steps
        for r in rows
        for k in columns
    ]
    found = [film[:, t : t + frames, :, r : r + patch, k : k + patch] for t, r, k in starts]
    return torch.stack([one.flatten(1) for one in found], 1)


def with_built_in(
    film: Tensor, frames: int, patch: int, *, channels: int | None = None, long: int | None = None
) -> Tensor:
    """Cut with a number of channels or frames that is built in; it stops where they are others."""
    batch, time, _, height, width = film.shape
    long, channels = long or frames, channels or film.shape[2]
    inside = film.reshape(
        *(batch, time // long, long, channels),
        *(height // patch, patch, width // patch, patch),
    )
    return inside.permute(0, 1, 4, 6, 2, 3, 5, 7).flatten(4).flatten(1, 3)


def in_a_wrong_grid(film: Tensor, frames: int, patch: int) -> Tensor:
    """Split both sides with height and width exchanged, then go on as if nothing had happened."""
    height, width = film.shape[-2:]
    turned = film.reshape(*film.shape[:-2], width, height)
    return tubelets(turned, frames, patch)


def tubelets_cases() -> list[Case]:
    def case(size: tuple[int, ...], frames: int, patch: int, seed: int, scale: float = 1.0) -> Case:
        return Case(film=scale * random_tensor(*size, seed=seed), frames=frames, patch=patch)

    special = case((3, 4, 2, 4, 6), 2, 2, 70, 40.0)
    special["film"][1] = special["film"][0]
    special["film"][2, 1] = special["film"][2, 0]
    special["film"][2, 0, 0, 0, :3] = 0.0
    counted = Case(film=torch.arange(96.0).view(1, 4, 1, 4, 6), frames=2, patch=2)
    return [
        counted,
        case((2, 4, 3, 6, 4), 2, 2, 10),
        case((3, 6, 2, 6, 9), 2, 3, 20),
        case((2, 6, 5, 4, 8), 3, 2, 30),
        case((4, 9, 2, 4, 2), 3, 1, 40),
        case((2, 5, 3, 4, 8), 1, 4, 50),
        special,
        case((1, 2, 3, 4, 4), 2, 4, 80),  # one box
        case((7, 9, 2, 12, 8), 3, 4, 85),
        case((1, 1, 1, 1, 1), 1, 1, 90),
        case((1, 4, 6, 8, 4), 4, 2, 95),
    ]


def keeps_every_number(case: Case, output: Tensor) -> bool:
    """Say whether every number of the film comes exactly once."""
    given, found = case["film"].flatten(), output.detach().flatten()
    return agree(found.sort().values, given.sort().values)


def box(case: Case) -> Tensor:
    """Return the first box of each film: (batch, frame, channel, y, x)."""
    film, frames, patch = case.values()
    return film[:, :frames, :, :patch, :patch]


def first_holds_the_corner(case: Case, output: Tensor) -> bool:
    """Say whether the first token holds the numbers of the first box, in any order."""
    wanted = box(case).flatten(1)
    return output.ndim != 3 or agree(output[:, 0].sort(-1).values, wanted.sort(-1).values)


def first_is_in_order(case: Case, output: Tensor) -> bool:
    """Say whether the first token is the first box, number by number."""
    return output.ndim != 3 or agree(output[:, 0], box(case).flatten(1))


def films_are_alike(case: Case, output: Tensor) -> bool:
    """Say whether, if the first film is right, the others are, too."""
    wanted = tubelets(*case.values())
    if output.shape != wanted.shape:
        return True
    return agree(output, wanted) or not agree(output[0], wanted[0])


def tokens_are_in_order(case: Case, output: Tensor) -> bool:
    """Say whether all is right."""
    return agree(output, tubelets(*case.values()))


TUBELETS = Implement(
    id="video.tubelets",
    title="Cut a film into tubelets",
    difficulty=2,
    minutes=20,
    hints=(
        "Lay a film of four frames on the table, each frame a sheet of 4 × 6 pixels. Which numbers "
        "belong to the first box of 2 × 2 × 2, and are they neighbours in memory? `reshape` only "
        "renames: something has to move.",
        "Token (t, r, k) holds film[t · frames + f, c, r · patch + y, k · patch + x] for all f, c, "
        "y, x. It is token number (t · rows + r) · columns + k.",
        "(batch, time, channel, height, width) → (batch, t, f, channel, r, y, k, x), which renames "
        "→ (batch, t, r, k, f, channel, y, x), which moves → (batch, t · r · k, f · channel · y · "
        "x).",
        "batch, time, channels, height, width = film.shape\n"
        "cut = film.reshape(batch, ..., frames, channels, ..., patch, ..., patch)\n"
        "cut = cut.permute(0, ...)  # t, row, column, then frame, channel, y, x\n"
        "return cut.reshape(batch, ..., frames * channels * patch * patch)",
    ),
    reference=tubelets,
    cases=tubelets_cases,
    mistakes=(
        Mistake(
            "strips",
            "The shape is right, but your boxes are strips: each holds numbers that follow one "
            "another in memory. Between two lines of a box lies the rest of the frame's line. "
            "Which axes must move before you flatten?",
            "cut grid inside shape",
        ),
        Mistake(
            "no_time",
            "Your tokens hold a place through *all* the film. A box is `frames` long.",
            "cut grid inside shape",
        ),
        Mistake(
            "channels_as_time",
            "You cut along the channels and take all of time. The film is (batch, *time, channel*, "
            "height, width).",
            "cut grid inside shape",
        ),
        Mistake(
            "sizes_exchanged",
            "`frames` and `patch` have changed places: your boxes are `patch` long and `frames` "
            "wide.",
            "cut grid inside shape",
        ),
        Mistake(
            "sides_exchanged",
            "Height and width have changed places in your `reshape`. It never complains as long as "
            "the product is right.",
            "cut grid inside shape",
        ),
        Mistake(
            "time_cut_in_pieces",
            "You cut time into `frames` pieces, as `chunk` does. `frames` is how *long* a piece "
            "is.",
            "cut grid inside shape",
        ),
        Mistake(
            "frames_one_by_one",
            "You cut each frame by itself. A box goes through `frames` of them.",
            "cut grid inside shape",
        ),
        Mistake(
            "greyscale",
            "The channels have become one, their mean. A token holds all of them.",
            "cut grid inside shape",
        ),
        Mistake(
            "first_channel",
            "Only the first channel is left. A token holds all of them.",
            "cut grid inside shape",
        ),
        Mistake(
            "first_frame",
            "Only the first frame of each box is left. A token holds all of its frames.",
            "cut grid inside shape",
        ),
        Mistake(
            "last_frame",
            "Only the last frame of each box is left. A token holds all of its frames.",
            "cut grid inside shape",
        ),
        Mistake(
            "mean_frame",
            "The frames of a box have become one, their mean. What moves is lost in it.",
            "cut grid inside shape",
        ),
        Mistake(
            "pixel_means",
            "Every box has become its mean, one number for each channel. A token holds all of its "
            "numbers.",
            "cut grid inside shape",
        ),
        Mistake(
            "last_channel",
            "Only the last channel is left. A token holds all of them.",
            "cut grid inside shape",
        ),
        Mistake(
            "first_film",
            "Only the first film of the batch is cut. Each film is a sequence of tokens.",
            "cut grid inside shape",
        ),
        Mistake(
            "first_film_alone",
            "Only the first film of the batch is cut, and the axis of films is gone.",
            "cut grid inside shape",
        ),
        Mistake(
            "first_film_for_all",
            "All films of the batch have the tokens of the first one.",
            "cut grid inside shape",
        ),
        Mistake(
            "last_film_for_all",
            "All films of the batch have the tokens of the last one.",
            "cut grid inside shape",
        ),
        Mistake(
            "films_mixed",
            "The boxes of several films stand in one sequence: batch and time have changed places "
            "in your `reshape`. Each film is a sequence of its own.",
            "cut grid inside shape",
        ),
        Mistake(
            "films_as_frames",
            "Frames of several films are in one film: batch and time are mixed in your `reshape`. "
            "Each film is a sequence of its own.",
            "cut grid inside shape",
        ),
        Mistake(
            "stripes_across",
            "Your boxes are as wide as the frame. Cut the columns, too.",
            "cut grid inside shape",
        ),
        Mistake(
            "stripes_down",
            "Your boxes are as high as the frame. Cut the rows, too.",
            "cut grid inside shape",
        ),
        Mistake(
            "channels_in_grid",
            "The axis of channels still stands between time and rows when you flatten, as `unfold` "
            "leaves it. It belongs into the box: which axes must move first?",
            "cut grid inside shape",
        ),
        Mistake(
            "places_joined",
            "You cut frame by frame and then put *neighbours in one frame* into a token. A token "
            "holds the same place in `frames` frames: which axes must move before you flatten?",
            "cut grid inside shape",
        ),
        Mistake(
            "all_cut_in_pieces",
            "You cut time into `frames` pieces and each side into `patch`, as `chunk` does. "
            "`frames` and `patch` are how *long* a piece is.",
            "cut grid inside shape",
        ),
        Mistake(
            "begins_together",
            "Your boxes begin in the frames 0, 1, 2, …: their number is not yet multiplied by "
            "`frames`.",
            "cut grid inside shape",
        ),
        Mistake(
            "begins_together_in_space",
            "Your boxes begin at the pixels 0, 1, 2, …: their number is not yet multiplied by "
            "`patch`.",
            "cut grid inside shape",
        ),
        Mistake(
            "wide_as_high",
            "Your columns go as far as the frame is *high*. How far do they go?",
            "cut grid inside shape",
        ),
        Mistake(
            "high_as_wide",
            "Your rows go as far as the frame is *wide*. How far do they go?",
            "cut grid inside shape",
        ),
        Mistake(
            "three_channels",
            "Three channels are built in. How many has the film that is given?",
            "cut grid inside shape",
        ),
        Mistake(
            "two_frames",
            "Boxes of two frames are built in. How long is a box?",
            "cut grid inside shape",
        ),
        Mistake(
            "boxes_backwards",
            "The frames of a box come in reverse. Time runs forwards.",
            "cut grid inside shape",
        ),
        Mistake("time_backwards", "Your film runs backwards.", "cut grid inside shape"),
        Mistake("channels_backwards", "The channels come in reverse.", "cut grid inside shape"),
        Mistake(
            "overlapping_time",
            "Your boxes overlap in time: each begins one frame after the one before. How far "
            "should the window move?",
            "cut",
        ),
        Mistake(
            "overlapping_space",
            "Your boxes overlap within the frame: each begins one pixel after the one before. How "
            "far should the window move?",
            "cut",
        ),
        Mistake(
            "overlapping",
            "Your boxes overlap, in time and space: each begins one after the one before. How far "
            "should the window move?",
            "cut",
        ),
        Mistake(
            "overlapping_by_half",
            "Your boxes overlap within the frame: each begins half a box after the one before. How "
            "far should the window move?",
            "cut",
        ),
        Mistake(
            "sieve_time",
            "Your boxes are sieves in time: they take every n-th frame of the film. When time is "
            "split into two axes, which of them counts in large steps?",
            "cut",
        ),
        Mistake(
            "sieve_space",
            "Your boxes are sieves: they take every n-th pixel of the frame. When a side is split "
            "into two axes, which of them counts in large steps?",
            "cut",
        ),
        Mistake(
            "sieve_rows",
            "Your boxes take every n-th *line* of the frame. When the height is split into two "
            "axes, which of them counts in large steps?",
            "cut",
        ),
        Mistake(
            "sieve_columns",
            "Your boxes take every n-th *column* of pixels. When the width is split into two axes, "
            "which of them counts in large steps?",
            "cut",
        ),
        Mistake(
            "sieve",
            "Your boxes are sieves in time and in the frame: they take every n-th frame, line and "
            "column. When an axis is split into two, which of them counts in large steps?",
            "cut",
        ),
        Mistake(
            "last_step_missing",
            "The last boxes in time are missing. Where does Python's `range` stop?",
            "cut",
        ),
        Mistake(
            "last_row_missing",
            "The last row of boxes is missing. Where does Python's `range` stop?",
            "cut",
        ),
        Mistake(
            "last_column_missing",
            "The last column of boxes is missing. Where does Python's `range` stop?",
            "cut",
        ),
        Mistake(
            "first_step_only",
            "Only the first boxes in time are there. The film goes on after `frames` frames.",
            "cut grid",
        ),
        Mistake(
            "every_other_step",
            "Every second step in time is missing.",
            "cut",
        ),
        Mistake(
            "channel_first",
            "Inside a token the channel counts before time. That is the order of a Conv3d's "
            "weights; here the frame comes first, then the channel.",
            "inside",
        ),
        Mistake(
            "channel_last",
            "Inside a token the channels stand side by side for each pixel. Here they come before "
            "row and column.",
            "inside",
        ),
        Mistake(
            "pixel_by_pixel",
            "Inside a token you go pixel by pixel, each through all frames and channels. Here time "
            "comes first, then the channel.",
            "inside",
        ),
        Mistake(
            "time_last",
            "Inside a token each pixel runs through time before the next one comes. Here time "
            "comes first.",
            "inside",
        ),
        Mistake(
            "channel_last_time_last",
            "Inside a token channel and time come last. Here they come first, time before channel.",
            "inside",
        ),
        Mistake(
            "transposed",
            "Each frame of a box is mirrored along its diagonal: which comes last, row or column?",
            "inside",
        ),
        Mistake(
            "line_by_line",
            "Inside a token each line runs through all channels. Here a channel is whole before "
            "the next one comes.",
            "inside",
        ),
        Mistake(
            "place_first",
            "A place runs through all of time before the next place comes. Tokens go by time "
            "first, "
            "then by row and column.",
            "grid",
        ),
        Mistake(
            "columns_first",
            "Your tokens run down the columns. One reads a page line by line.",
            "grid",
        ),
        Mistake(
            "columns_first_place",
            "Your tokens go by column, row, time: the reverse of what is asked for.",
            "grid",
        ),
        Mistake(
            "row_first",
            "Your tokens go by row, then by time, then by column. Time comes first.",
            "grid",
        ),
        Mistake(
            "column_first",
            "Your tokens go by column, then by time, then by row. Time comes first, then the row.",
            "grid",
        ),
        Mistake(
            "grid_kept",
            "Time, rows and columns of boxes are still three axes. A sequence has one axis of "
            "tokens.",
            "shape cut grid inside",
        ),
        Mistake(
            "time_kept",
            "Time is still an axis of its own. A sequence has one axis of tokens.",
            "shape cut grid inside",
        ),
        Mistake(
            "not_flat",
            "Every box is still a small film. A token is one row of numbers.",
            "shape cut grid inside",
        ),
        Mistake(
            "batch_flattened",
            "The boxes of all films stand in one long list. Each film is a sequence of its own.",
            "shape cut grid inside",
        ),
        Mistake(
            "numbers_first",
            "Your tokens stand in columns: the last two axes are the wrong way round.",
            "shape cut grid inside",
        ),
        Mistake(
            "films_in_turn",
            "The tokens of several films stand in one sequence: the axis of films did not come "
            "first when you joined axes.",
            "shape cut grid inside",
        ),
        Mistake(
            "films_in_tokens",
            "The boxes of all films stand in one long list, place by place. Each film is a "
            "sequence of its own: which axis do you join along?",
            "shape cut grid inside",
        ),
        Mistake(
            "films_in_numbers",
            "A token holds the boxes of *all* films of the batch in yours. Each film is a sequence "
            "of its own: the batch stays the first axis.",
            "shape cut grid inside",
        ),
        Mistake(
            "tokens_first",
            "The axis of tokens stands before that of the batch.",
            "shape cut grid inside",
        ),
        Mistake(
            "channel_alone",
            "You get a token for every channel of every box. A box goes through all channels.",
            "shape cut grid inside",
        ),
        Mistake(
            "channels_in_step",
            "You get a token for every channel, all of one channel before those of the next. A box "
            "goes through all channels.",
            "shape cut grid inside",
        ),
        Mistake(
            "channels_before_step",
            "You get a token for every channel: first all of the first channel's film, then the "
            "next one's. A box goes through all channels.",
            "shape cut grid inside",
        ),
        Mistake(
            "frame_alone",
            "You get a token for every frame of every box. A box goes through `frames` of them.",
            "shape cut grid inside",
        ),
        Mistake(
            "one_row",
            "All boxes of a film stand in one long row. Each is a token.",
            "shape cut grid inside",
        ),
        Mistake(
            "torn",
            "The tokens were right, as columns, and then `reshape` tore them up to get the right "
            "shape. What turns columns into rows?",
            "shape cut grid inside",
        ),
    ),
    properties=(
        Property(
            "Cutting takes every number of the film exactly once; yours loses, repeats or changes "
            "some.",
            keeps_every_number,
        ),
        Property(
            "The first film of a batch is cut as asked for, others are not. Which axis do the "
            "films lie along, and what happens to it?",
            films_are_alike,
        ),
        Property(
            "The first token should hold the box in the corner: the first `frames` frames, all "
            "channels, the top left square. Yours holds others.",
            first_holds_the_corner,
        ),
        Property(
            "The first token holds the right numbers in another order. It goes by time, channel, "
            "row, column.",
            first_is_in_order,
        ),
        Property(
            "The first token is right, others are not: do they go by time, row, column, and does "
            "each begin where the one before ends?",
            tokens_are_in_order,
        ),
    ),
)
