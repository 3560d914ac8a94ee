"""Cut pictures into patches. Traps: `reshape` alone makes strips; the order inside a patch."""

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


def patchify(pictures: Tensor, size: int, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: squares of `size` pixels in reading order, each one long row."""
    *batch, channels, _, _ = pictures.shape
    if "strips" in wrong:
        return pictures.reshape(*batch, -1, channels * size**2)
    if "strips_by_channel" in wrong:
        return pictures.reshape(*batch, channels, -1, size**2).movedim(-3, -2).flatten(-2)
    if "strips_in_a_grid" in wrong:
        return strips_in_a_grid(pictures, size)
    if "inside_out" in wrong:  # (..., y, x, channels, rows, columns)
        cut = windows(pictures, size, wrong).movedim((-2, -1), (-5, -4))
        return cut.reshape(*batch, -1, channels * size**2)
    if "greyscale" in wrong or "first_channel" in wrong:
        grey = pictures.mean(-3, keepdim=True)
        return patchify(pictures[..., :1, :, :] if "first_channel" in wrong else grey, size)
    if "patch_mean" in wrong:
        return windows(pictures, size, wrong).mean((-2, -1)).flatten(-2).mT
    if "one_pixel" in wrong:
        return pictures[..., ::size, ::size].flatten(-2).mT
    if "in_pieces" in wrong:
        return in_pieces(pictures, size)
    if "lines" in wrong:  # (..., rows, y, channels, columns, x)
        cut = windows(pictures, size, wrong).movedim((-4, -2), (-5, -4))
        return cut.reshape(*batch, -1, channels * size**2)
    cut = windows(pictures, size, wrong)  # (..., channels, rows, columns, y, x)
    if "columns_first" in wrong:
        cut = cut.transpose(-4, -3)
    if "transposed" in wrong:
        cut = cut.transpose(-2, -1)
    if "channel_alone" in wrong:
        return cut.reshape(*batch, -1, size**2)
    if "channels_kept" in wrong:
        return cut.flatten(-2).flatten(-3, -2)
    if "channels_left" in wrong:
        return cut.reshape(*batch, -1, channels * size**2)
    if "bottom_up" in wrong:
        cut = cut.flip(-4)
    if "channels_in_lines" in wrong:
        return cut.movedim(-5, -2).flatten(-5, -4).flatten(-3)
    cut = cut.movedim(-5, -1 if "channels_last" in wrong else -3)
    return flatten_patches(cut, len(batch), wrong)


def strips_in_a_grid(pictures: Tensor, size: int) -> Tensor:
    """Split both sides with height and width exchanged, then go on as if nothing had happened."""
    *batch, channels, height, width = pictures.shape
    cut = pictures.reshape(*batch, channels, width // size, size, height // size, size)
    return cut.movedim((-4, -2), (-5, -4)).flatten(-3).flatten(-3, -2)


def in_pieces(pictures: Tensor, size: int) -> Tensor:
    """Cut each side into `size` pieces, however long they are."""
    strips = pictures.unflatten(-1, (size, -1)).unflatten(-3, (size, -1))
    return strips.movedim((-4, -2), (-5, -4)).flatten(-3).flatten(-3, -2)


def windows(pictures: Tensor, size: int, wrong: Wrong) -> Tensor:
    """Cut the two sides: (..., channels, rows, columns, y, x)."""
    if "dilated" in wrong:  # (..., channels, y, rows, x, columns)
        cut = pictures.unflatten(-1, (size, -1)).unflatten(-3, (size, -1))
        return cut.movedim((-4, -2), (-2, -1))
    step = 1 if {"overlapping", "corner"} & wrong else size
    down = 1 if "overlapping_rows" in wrong else step
    along = 1 if "overlapping_columns" in wrong else step
    cut = pictures.unfold(-2, size, down).unfold(-2, size, along)
    if {"last_missing", "last_row_missing"} & wrong:
        cut = cut[..., :-1, :, :, :]
    if {"last_missing", "last_column_missing"} & wrong:
        cut = cut[..., :-1, :, :]
    if "corner" in wrong:
        return cut[..., : pictures.shape[-2] // size, : pictures.shape[-1] // size, :, :]
    return cut


def flatten_patches(cut: Tensor, leading: int, wrong: Wrong) -> Tensor:
    """Make one row of every patch; `cut` has `leading` axes, two of the grid, three of a patch."""
    if "not_flat" in wrong:
        return cut.flatten(-5, -4)
    if "grid_kept" in wrong:
        return cut.flatten(-3)
    if "batch_flattened" in wrong:
        return cut.flatten(0, leading + 1).flatten(-3)
    patches = cut.flatten(-5, -4).flatten(-3)
    if "batch_in_a_row" in wrong:
        return patches.movedim(-2, 0).flatten(1)
    if "patches_first" in wrong:
        return patches.movedim(-2, 0)
    if "pixels_first" in wrong:
        return patches.transpose(-2, -1)
    if "unfold_reshaped" in wrong:
        return patches.transpose(-2, -1).reshape(patches.shape)
    return patches


def patchify_cases() -> list[Case]:
    special = random_tensor(3, 2, 2, 6, seed=3)
    special[0, 0, 0, 0], special[1, 1, 1, 1], special[2, 0, 0, 5] = 0.0, 255.0, -30.0
    special[2, 1] = special[1, 1]
    special[1] = special[0]
    return [
        Case(pictures=torch.arange(16.0).view(1, 4, 4), size=2),
        Case(pictures=random_tensor(3, 4, 6), size=2),
        Case(pictures=random_tensor(2, 2, 6, 9, seed=1), size=3),
        Case(pictures=random_tensor(2, 3, 3, 6, 4, seed=2), size=2),
        Case(pictures=special, size=2),
        Case(pictures=random_tensor(2, 1, 4, 4, seed=4), size=4),  # one patch, one channel
        Case(pictures=random_tensor(1, 2, 1, 3, seed=5), size=1),
        Case(pictures=random_tensor(1, 1, 1, seed=6), size=1),
    ]


def keeps_every_pixel(case: Case, patches: Tensor) -> bool:
    """Say whether the patches hold every pixel of the pictures exactly once."""
    given, found = case["pictures"].flatten(), patches.detach().flatten()
    return agree(found.sort().values, given.sort().values)


def starts_at_the_corner(case: Case, patches: Tensor) -> bool:
    """Say whether row 0 begins with the first line of the square in the top left corner."""
    size = case["size"]
    return agree(patches[..., 0, :size], case["pictures"][..., 0, 0, :size])


PATCHIFY = Implement(
    id="vit.patchify",
    title="Cut a picture into patches",
    difficulty=2,
    minutes=20,
    hints=(
        "Number the pixels of a 4 × 4 picture on paper and draw the cuts. Which pixels belong to "
        "the second patch? Are they neighbours in memory, too? `reshape` only renames: something "
        "has to move.",
        "Patch (r, k) holds the pixel (c, r · size + y, k · size + x) for all c, y, x. It becomes "
        "row r · columns + k, and c, then y, then x count up inside it.",
        "(…, channels, height, width) → (…, channels, rows, y, columns, x), which renames → "
        "(…, rows, columns, channels, y, x), which moves → (…, rows · columns, channels · y · x).",
        "*batch, channels, height, width = pictures.shape\n"
        "cut = pictures.reshape(*batch, channels, ..., size, ..., size)\n"
        "cut = cut.movedim(..., ...)  # the grid before the channels\n"
        "return cut.reshape(*batch, ..., channels * size * size)",
    ),
    reference=patchify,
    cases=patchify_cases,
    mistakes=(
        Mistake(
            "strips",
            "The shape is right, but your patches are strips: each holds pixels that follow one "
            "another in memory. Between the first and the second line of a square lies the rest of "
            "the picture's line. Which axes must change places before you flatten?",
            "cut grid inside turn shape",
        ),
        Mistake(
            "dilated",
            "Your patches are sieves: each takes every n-th pixel of the whole picture. When a "
            "side is split in two axes, the first counts in large steps and the second in small "
            "ones. Which of the two should be the patch's own pixel?",
            "cut",
        ),
        Mistake(
            "overlapping",
            "Your patches overlap: each begins one pixel after the one before. How far should the "
            "window move (`stride`, `step`) so that every pixel is taken once?",
            "cut",
        ),
        Mistake(
            "corner",
            "You get the right number of patches, but all from the top left corner: each begins "
            "one pixel after the one before. At which pixel does patch number r of a side begin?",
            "cut",
        ),
        Mistake(
            "columns_first",
            "Your patches run down the columns first. One reads a page line by line: which of "
            "*rows* and *columns* has to be the outer axis when the grid is flattened?",
            "grid",
        ),
        Mistake(
            "channels_last",
            "Inside a row your numbers go pixel by pixel, with the channels side by side. The "
            "order asked for is channel after channel: where does the channel's axis stand before "
            "you flatten?",
            "inside shape_alone",
        ),
        Mistake(
            "transposed",
            "Every patch is mirrored along its diagonal: its pixels run down instead of along. "
            "Which comes last in a row, y or x?",
            "turn",
        ),
        Mistake(
            "channel_alone",
            "You get a row for every channel of every patch. A patch is a square through *all* "
            "channels: on which side of the grid do they belong?",
            "shape shape_alone",
        ),
        Mistake(
            "channels_kept",
            "The channels still have an axis of their own, before that of the patches. A row holds "
            "all channels of its square: where must their axis stand before you flatten?",
            "shape shape_alone",
        ),
        Mistake(
            "channels_left",
            "The shape is right, but a row holds several patches of one channel. The channels "
            "still stand before the grid: which axis was left behind when the others moved?",
            "shape shape_alone",
        ),
        Mistake(
            "pixels_first",
            "Your patches stand in columns: the last two axes are the wrong way round. "
            "`F.unfold`, for one, returns them so. Which axis of a sentence counts its words?",
            "shape",
        ),
        Mistake(
            "unfold_reshaped",
            "The patches were right, as columns, and then `reshape` tore them up to get the right "
            "shape. What turns columns into rows?",
            "shape inside",
        ),
        Mistake(
            "batch_flattened",
            "The patches of all pictures stand in one long list. Every picture is a sentence of "
            "its own: which axes must stay as they are?",
            "shape",
        ),
        Mistake(
            "patches_first",
            "The axis of the patches stands before those of the batch. Along which axis are they "
            "stacked? Count from the end, so that it does not matter how many lead.",
            "shape",
        ),
        Mistake(
            "grid_kept",
            "Rows and columns of patches are still two axes. How many axes does a sentence need "
            "for its words?",
            "shape",
        ),
        Mistake(
            "not_flat",
            "Every patch is still a small picture. A token starts as one row of numbers: what is "
            "left to flatten?",
            "shape",
        ),
        Mistake(
            "strips_by_channel",
            "Your patches are strips in each channel: what follows one another in memory. Between "
            "the first and the second line of a square lies the rest of the picture's line. Which "
            "sides must be split before the axes move?",
            "cut grid inside turn shape",
        ),
        Mistake(
            "strips_in_a_grid",
            "Height and width have changed places in your `reshape`. It never complains as long as "
            "the product is right: which of the two sides comes first?",
            "cut grid inside turn shape",
        ),
        Mistake(
            "inside_out",
            "The pixel's own place (y and x) stands outside and the grid inside, so a row gathers "
            "the *same* pixel of several patches. Which two axes count the patches?",
            "cut grid inside turn shape",
        ),
        Mistake(
            "channels_in_lines",
            "Inside a row your numbers go line by line, and in each line channel after channel. "
            "The order asked for is channel after channel, each line by line.",
            "inside shape_alone turn shape",
        ),
        Mistake(
            "lines",
            "A row follows one line of pixels across several squares: the rows of squares are "
            "split, but the pixel's line y stands before the columns. Which two axes count the "
            "patches, and must come before all that is inside one?",
            "cut grid inside turn shape",
        ),
        Mistake(
            "in_pieces",
            "It looks as if each side is cut into `size` pieces, as `chunk` does. Here `size` is "
            "how many pixels a piece is long: how many pieces does a side of 6 pixels give then?",
            "cut grid inside turn shape",
        ),
        Mistake(
            "batch_in_a_row",
            "A row holds the patches of *all* pictures: the leading axes have gone into it, too. "
            "`flatten()` and `reshape(-1)` take every axis; which three make a row?",
            "cut grid inside turn shape",
        ),
        Mistake(
            "last_missing",
            "The last row and the last column of patches are missing. Where does Python's `range` "
            "stop?",
            "cut grid inside turn shape",
        ),
        Mistake(
            "last_row_missing",
            "The last row of patches is missing. Where does Python's `range` stop?",
            "cut grid inside turn shape",
        ),
        Mistake(
            "last_column_missing",
            "The last column of patches is missing. Where does Python's `range` stop?",
            "cut grid inside turn shape",
        ),
        Mistake(
            "overlapping_columns",
            "Down the picture your patches follow one another, but along a line each begins one "
            "pixel after the one before. Which step is missing?",
            "cut",
        ),
        Mistake(
            "overlapping_rows",
            "Along a line your patches follow one another, but down the picture each begins one "
            "pixel after the one before. Which step is missing?",
            "cut",
        ),
        Mistake(
            "greyscale",
            "The channels have become one, their mean. A row holds channels · size · size numbers: "
            "none of them is averaged.",
            "cut grid inside turn shape",
        ),
        Mistake(
            "patch_mean",
            "Every patch has become its mean, one number for each channel. A row holds all of its "
            "channels · size · size numbers.",
            "cut grid inside turn shape",
        ),
        Mistake(
            "one_pixel",
            "Only the first pixel of every patch is left, as a slice with a step takes it. A row "
            "holds all channels · size · size numbers of its square.",
            "cut grid inside turn shape",
        ),
        Mistake(
            "first_channel",
            "Only the first channel is left. A row holds channels · size · size numbers: where "
            "did the other channels go?",
            "cut grid inside turn shape",
        ),
        Mistake(
            "bottom_up",
            "Your rows of patches go from below. One reads a page from the top.",
            "grid shape",
        ),
    ),
    properties=(
        Property(
            "Cutting takes every pixel exactly once; yours loses, repeats or changes some.",
            keeps_every_pixel,
        ),
        Property(
            "The first row should begin with the first line of the square in the top left corner, "
            "seen through the first channel; yours begins otherwise.",
            starts_at_the_corner,
        ),
        Property(
            "The first patch should hold exactly the square in the top left corner, through all "
            "channels; yours holds other pixels, or in another order.",
            lambda case, patches: agree(
                patches[..., 0, :],
                case["pictures"][..., : case["size"], : case["size"]].flatten(-3),
            ),
        ),
        Property(
            "The first patch is right, others are not: are they in reading order, and does each "
            "begin where the one before it ends?",
            lambda case, patches: agree(patches, patchify(*case.values())),
        ),
    ),
)
