"""Pointing accuracy. Traps: rows for columns, corners for middles, which edges count."""

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


def pointing(
    weights: Tensor, boxes: Tensor, columns: int, patch: int, wrong: Wrong = RIGHT
) -> float:
    """Reference: the share of rows whose most attended patch has its middle in the box."""
    if "first_box" in wrong:
        boxes = boxes[:1].expand_as(boxes)
    number = chosen(weights, wrong)  # (look, candidate)
    x, y = middles(number, weights.shape[1] // columns, columns, patch, wrong)
    if "centre" in wrong:
        share = (weights / weights.sum(1, keepdim=True)).to(x)
        x, y = ((share * place).sum(1, keepdim=True) for place in (x, y))
    hits = inside(x, y, boxes.unsqueeze(1), patch, wrong).double()
    hit = (hits * weights).sum(1) if "mass" in wrong else hits.amax(1)
    if "half_mass" in wrong:
        hit = ((hits * weights).sum(1) > 0.5).double()
    if "above_mean" in wrong:
        hit = (hits * (weights > weights.mean(1, keepdim=True))).amax(1)
    return score(hit, weights.shape[1], wrong).item()


def chosen(weights: Tensor, wrong: Wrong) -> Tensor:
    """Return the numbers of the patches that are looked at: one for each row, or several."""
    best = weights.argmax(1, keepdim=True)
    ways: dict[str, Callable[[], Tensor]] = {
        "mass": lambda: torch.arange(weights.shape[1]).unsqueeze(0),
        "centre": lambda: torch.arange(weights.shape[1]).unsqueeze(0),
        "above_mean": lambda: torch.arange(weights.shape[1]).unsqueeze(0),
        "half_mass": lambda: torch.arange(weights.shape[1]).unsqueeze(0),
        "one_for_all": lambda: weights.argmax().expand_as(best),
        "first_look": lambda: best[:1].expand_as(best),
        "mean_look": lambda: weights.mean(0).argmax().expand_as(best),
        "least": lambda: weights.argmin(1, keepdim=True),
        "second": lambda: weights.argsort(1)[:, -2:][:, :1],
        "best_two": lambda: weights.argsort(1)[:, -2:],
        "best_three": lambda: weights.argsort(1)[:, -3:],
        "value": lambda: weights.amax(1, keepdim=True),
    }
    return next((way() for name, way in ways.items() if name in wrong), best)


def score(hit: Tensor, patches: int, wrong: Wrong) -> Tensor:
    """Make one number of the rows' hits, in one of the ways that people try."""
    ways: dict[str, Callable[[], Tensor]] = {
        "count": hit.sum,
        "percent": lambda: 100 * hit.mean(),
        "any_row": hit.amax,
        "first_row": lambda: hit[0] / len(hit),
        "last_row": lambda: hit[-1] / len(hit),
        "by_patches": lambda: hit.sum() / patches,
        "all_rows": hit.amin,
    }
    return next((way() for name, way in ways.items() if name in wrong), hit.mean())


def middles(
    number: Tensor, rows: int, columns: int, patch: int, wrong: Wrong
) -> tuple[Tensor, Tensor]:
    """Return where the patches of these numbers have their middles: across, down."""
    if "pixel_number" in wrong:
        return number % (columns * patch), number // (columns * patch)
    if "patch_for_columns" in wrong:
        columns, patch = patch, columns
    lines = {"by_rows": rows, "by_patch": patch, "square": math.isqrt(rows * columns)}
    long = next((n for name, n in lines.items() if name in wrong), columns)
    column, row = number % long, number / long if "not_whole" in wrong else number // long
    if "down_first" in wrong:
        column, row = number // rows, number % rows
    if "swapped" in wrong:
        column, row = row, column
    if "column_twice" in wrong or "row_twice" in wrong:
        column, row = (column, column) if "column_twice" in wrong else (row, row)
    halves = {
        "corner": 0.0,
        "before": -0.5,
        "far_corner": 1.0,
        "from_one": 1.5,
        "half_pixel": 0.5 - 1 / (2 * patch),
        "rounded_up": (patch + 1) // 2 / patch,
    }
    half = next((part for name, part in halves.items() if name in wrong), 0.5)
    if "half_alone" in wrong:
        return column + patch / 2, row + patch / 2
    if "all_halved" in wrong:
        return (column + 1) * patch / 2, (row + 1) * patch / 2
    size = 1 if "grid_units" in wrong else patch
    right, below = ("corner_across" not in wrong) * half, ("corner_down" not in wrong) * half
    return (column + right) * size, (row + below) * size


def inside(x: Tensor, y: Tensor, boxes: Tensor, patch: int, wrong: Wrong) -> Tensor:
    """Say whether a place lies in a box, in one of the ways that people try."""
    left, top, right, bottom = boxes.unbind(-1)
    if "edges_in_pairs" in wrong:
        left, right, top, bottom = boxes.unbind(-1)
    if "box_size" in wrong:
        right, bottom = left + right, top + bottom
    across = between(x, left, right, patch, of_side("across", wrong))
    down = between(y, top, bottom, patch, of_side("down", wrong))
    if "across_only" in wrong or "down_only" in wrong:
        return across if "across_only" in wrong else down
    return across | down if "either" in wrong else across & down


def of_side(side: str, wrong: Wrong) -> Wrong:
    """Return the mistakes, with those that are made on one side only under their common name."""
    return wrong | {name.removesuffix(f"_{side}") for name in wrong}


def between(m: Tensor, start: Tensor, end: Tensor, patch: int, wrong: Wrong) -> Tensor:
    """Say whether a middle lies between two edges."""
    if "overlap" in wrong:
        return (m + patch / 2 > start) & (m - patch / 2 < end)
    if "whole" in wrong:
        return (m - patch / 2 >= start) & (m + patch / 2 <= end)
    if "floored" in wrong:
        return (start // patch <= m // patch) & (m // patch < end // patch)
    if "floored_shut" in wrong:
        return (start // patch <= m // patch) & (m // patch <= end // patch)
    if "near_middle" in wrong:
        return ((start + end) / 2 - m).abs() < patch
    if "box_middle" in wrong:
        return ((start + end) / 2 - m).abs() < patch / 2
    if "starts_only" in wrong or "ends_only" in wrong:
        return start <= m if "starts_only" in wrong else m < end
    if "widened" in wrong:
        return (start - patch / 2 <= m) & (m < end + patch / 2)
    begun = start < m if "strict" in wrong else start <= m
    return begun & (m <= end if "inclusive" in wrong else m < end)


def pointing_cases() -> list[Case]:
    """Boxes near the most attended patch, at the top left corner, and exactly on the patch."""
    wide = [looks(40, 4, 5, 8, seed) for seed in (200, 201)]
    high = [looks(40, 7, 4, 6, seed) for seed in (202, 203)]
    odd = looks(30, 3, 6, 5, seed=204)
    corners = [looks(40, 4, 7, 4, seed=205), looks(40, 6, 3, 8, seed=206)]
    for case in corners:
        generator = torch.Generator().manual_seed(case["columns"])
        start = torch.randint(0, 4, (40, 2), generator=generator)
        case["boxes"] = torch.cat([start, start + 1 + start.flip(1) * 2 + start % 2], dim=1)
    exact = looks(6, 3, 4, 8, seed=207)
    number = exact["weights"].argmax(1)
    corner = 8 * torch.stack([number % 4, number // 4], dim=1)
    exact["boxes"] = torch.cat([corner, corner + 8], dim=1)
    close = looks(20, 5, 4, 7, seed=209)
    for row, number in enumerate(close["weights"].argmax(1).tolist()):
        close["weights"][row, (number + 1) % 20] = 0.9995 * close["weights"][row, number]
        close["weights"][row, (number + 2) % 20] = 0.0
    close["weights"][1] = close["weights"][0]
    single = [looks(1, 1, 3, 5, seed=210), looks(12, 5, 1, 4, seed=211), looks(12, 3, 8, 1, 212)]
    large = looks(25, 6, 9, 16, seed=213)
    return [looks(2, 2, 3, 4, seed=208), *wide, *high, odd, *corners, exact, close, *single, large]


def looks(batch: int, rows: int, columns: int, patch: int, seed: int) -> Case:
    """Draw weights, and boxes of which many have an edge on the middle of the strongest patch."""
    generator = torch.Generator().manual_seed(seed)
    weights = (2 * random_tensor(batch, rows * columns, seed=seed)).softmax(-1)
    number = weights.argmax(1)
    middle = patch * torch.stack([number % columns, number // columns], dim=1) + patch // 2
    size = torch.randint(2, 2 * patch + 3, (batch, 2), generator=generator)
    before = size * torch.randint(-1, 4, (batch, 2), generator=generator) // 2
    start = (middle - before).clamp(min=0)
    return Case(
        weights=weights, boxes=torch.cat([start, start + size], dim=1), columns=columns, patch=patch
    )


def exact_is_one(case: Case, score: float | Tensor) -> bool:
    """Say whether the score is 1 where every box is exactly the strongest patch."""
    patch, columns = case["patch"], case["columns"]
    number = case["weights"].argmax(1)
    corner = patch * torch.stack([number % columns, number // columns], dim=1)
    exact = torch.cat([corner, corner + patch], dim=1)
    return not torch.equal(case["boxes"], exact) or abs(float(score) - 1) < 1e-6


ALONE = "grid order middle start end fraction edges edge axes select returned"
"""Every group: a mistake of all of them is never paired."""

POINTING = Implement(
    id="crossmodal.pointing",
    title="Pointing accuracy",
    difficulty=2,
    minutes=20,
    hints=(
        "Follow one row of weights. Which patch is the strongest? In which row and column of the "
        "grid does it lie, and at which pixel is its middle? Only then look at the box.",
        "number = argmax of the weights; column = number mod columns, row = number div columns; "
        "x = (column + ½) · patch, y = (row + ½) · patch. A hit: left ≤ x < right and "
        "top ≤ y < bottom. The score is hits / rows.",
        "weights (batch, patches) → number (batch,) → x and y (batch,). boxes (batch, 4) → four "
        "times (batch,). Hits: (batch,) of True and False. Their mean: one number.",
        "number = weights.argmax(dim=...)\n"
        "x = (number % ... + 0.5) * ...\ny = (number // ... + 0.5) * ...\n"
        "left, top, right, bottom = boxes.unbind(dim=...)\n"
        "hit = (left <= x) & ...\nreturn hit.float()....",
    ),
    reference=pointing,
    cases=pointing_cases,
    mistakes=(
        Mistake(
            "swapped",
            "Your patches and your boxes do not speak of the same axes. When a patch's number "
            "grows by one, does it move across or down? And in which order does a box name its "
            "edges?",
            "grid order",
        ),
        Mistake(
            "by_rows",
            "You divide by the number of *rows* of the grid. After how many patches does a new "
            "line begin in reading order?",
            "grid order",
        ),
        Mistake(
            "by_patch",
            "You divide by the size of a patch. After how many patches does a new line begin in "
            "reading order?",
            "grid order",
        ),
        Mistake(
            "square",
            "You take the grid for a square. Here it may be wider or higher: after how many "
            "patches does a new line begin?",
            "grid order",
        ),
        Mistake(
            "not_whole",
            "Your rows are no whole numbers: the further right a patch lies, the lower you place "
            "it. Which of Python's two divisions leaves the remainder out?",
            "grid order fraction",
        ),
        Mistake(
            "down_first",
            "You number the patches down the columns. In reading order, does one go down first or "
            "across?",
            "grid order",
        ),
        Mistake(
            "pixel_number",
            "You read the patch's number as if it were a pixel's. How many pixels wide is a patch, "
            "and how many patches are there in a line?",
            "grid order middle start end",
        ),
        Mistake(
            "grid_units",
            "Your place is counted in patches and the box in pixels. What is between them?",
            "grid order middle start end select",
        ),
        Mistake(
            "corner",
            "It looks as if you tested the top left corner of the patch, or a point within its "
            "first pixel. How far from the corner lies the middle, and in which direction?",
            "middle",
        ),
        Mistake(
            "corner_across",
            "Your x is the patch's left edge, your y its middle. What is added to the column?",
            ALONE,
        ),
        Mistake(
            "corner_down",
            "Your y is the patch's upper edge, your x its middle. What is added to the row?",
            ALONE,
        ),
        Mistake(
            "far_corner",
            "You test the bottom right corner of the patch. How far from a corner lies the middle?",
            "middle grid",
        ),
        Mistake(
            "before",
            "Your places lie one patch too far left and up. With which number does the first "
            "column begin, and on which side of its edge lies its middle?",
            ALONE,
        ),
        Mistake(
            "half_alone",
            "Half a patch is added to the *number* of the column and the row. What is to be "
            "multiplied by the size of a patch, and which brackets does that need?",
            ALONE,
        ),
        Mistake(
            "all_halved",
            "Your places are halved as a whole, and crowd into the upper left quarter. What alone "
            "does the card halve?",
            ALONE,
        ),
        Mistake(
            "from_one",
            "Your places lie one patch too far right and down. What is the number of the first "
            "column?",
            "middle grid",
        ),
        Mistake(
            "rounded_up",
            "You round half a patch up. A patch of 5 pixels: is its middle at 2.5 or at 3, and "
            "may a box end at 3?",
            "middle grid",
        ),
        Mistake(
            "patch_for_columns",
            "It looks as if `columns` and `patch` had changed places. Which of the two says after "
            "how many patches a new line begins?",
            ALONE,
        ),
        Mistake(
            "column_twice",
            "Your x and your y are made of the same number, the patch's column. Which of % and // "
            "gives its row?",
            ALONE,
        ),
        Mistake(
            "row_twice",
            "Your x and your y are made of the same number, the patch's row. Which of % and // "
            "gives its column?",
            ALONE,
        ),
        Mistake(
            "half_pixel",
            "It looks as if your middles lie half a pixel too far left and up, or as if the wrong "
            "edges belong to your boxes. A patch of 8 pixels begins at 0 and ends where the next "
            "begins: what lies halfway?",
            "middle",
        ),
        Mistake(
            "box_size",
            "You read the last two numbers of a box as its width and height. What does the card "
            "say that they are?",
            "edges order",
        ),
        Mistake(
            "edges_in_pairs",
            "You read a box as left, right, top, bottom. In which order does the card name them?",
            "edges order middle",
        ),
        Mistake(
            "first_box",
            "The first box serves for all looks. To which look does the second box belong?",
            ALONE,
        ),
        Mistake(
            "overlap",
            "A patch that only touches its box is a hit in your version. Which point of the patch "
            "must lie inside?",
            "start end middle",
        ),
        Mistake(
            "widened",
            "You make the box larger by half a patch on each side. Must the box hold the patch's "
            "middle, or may the patch lie beside it?",
            "start end middle",
        ),
        Mistake(
            "starts_only",
            "Your boxes have no right and no lower edge. Can a look to the right of the object be "
            "a hit?",
            ALONE,
        ),
        Mistake(
            "ends_only",
            "Your boxes have no left and no upper edge. Can a look to the left of the object be a "
            "hit?",
            ALONE,
        ),
        Mistake(
            "whole",
            "You ask for the whole patch inside the box. An object may be smaller than a patch: "
            "which point of the patch must lie inside?",
            "start end middle",
        ),
        Mistake(
            "floored",
            "You round the edges of the box down to whole patches, and a small box may lose all of "
            "them. In which unit can place and box be compared without rounding?",
            "start end middle",
        ),
        Mistake(
            "floored_shut",
            "You round the edges of the box down to whole patches and count both of the outermost. "
            "Which point of the patch must lie inside, in pixels?",
            "start end middle",
        ),
        Mistake(
            "near_middle",
            "You ask whether the patch is near the *middle* of the box, whatever its size. Between "
            "which edges must the patch's middle lie?",
            "start end middle",
        ),
        Mistake(
            "box_middle",
            "You ask whether the middle of the *box* lies in the patch. Whose middle must lie in "
            "what?",
            "start end middle",
        ),
        Mistake(
            "inclusive",
            "The right and the lower edge belong to your boxes. A box from 4 to 8 holds the pixels "
            "4, 5, 6, 7: which sign leaves the 8 out?",
            "end edge",
        ),
        Mistake(
            "strict",
            "The left and the upper edge do not belong to your boxes. A box from 4 to 8 holds the "
            "pixels 4, 5, 6, 7: which sign lets the 4 in?",
            "start edge",
        ),
        Mistake(
            "inclusive_across",
            "The right edge belongs to your boxes, the lower one does not. By the card, which "
            "edges are exclusive?",
            ALONE,
        ),
        Mistake(
            "inclusive_down",
            "The lower edge belongs to your boxes, the right one does not. By the card, which "
            "edges are exclusive?",
            ALONE,
        ),
        Mistake(
            "strict_across",
            "The left edge does not belong to your boxes, the upper one does. Which sign does the "
            "card put between left and x?",
            ALONE,
        ),
        Mistake(
            "strict_down",
            "The upper edge does not belong to your boxes, the left one does. Which sign belongs "
            "between top and y?",
            ALONE,
        ),
        Mistake(
            "across_only",
            "You look at left and right only. Can a look above the object be a hit?",
            "axes fraction",
        ),
        Mistake(
            "down_only",
            "You look at top and bottom only. Can a look beside the object be a hit?",
            "axes",
        ),
        Mistake(
            "either",
            "One of the two directions is enough for a hit in your version. Which word joins the "
            "conditions: and, or or?",
            "axes",
        ),
        Mistake(
            "mass",
            "You add up the weights inside the box. That is a fine measure, and another one: of "
            "how many patches does pointing accuracy ask where they lie?",
            "select",
        ),
        Mistake(
            "least",
            "You take the *least* attended patch. Which end of the order did you mean?",
            "select",
        ),
        Mistake(
            "one_for_all",
            "You look for the strongest patch of the whole batch at once. Every row points on its "
            "own: along which axis do its patches lie?",
            "select grid order middle start end",
        ),
        Mistake(
            "first_look",
            "The first look serves for all boxes. Which look belongs to the second box?",
            ALONE,
        ),
        Mistake(
            "mean_look",
            "You average the looks before you ask for the strongest patch, so that all rows share "
            "one. What is to be averaged, and when?",
            ALONE,
        ),
        Mistake(
            "second",
            "You take the second strongest patch. Does an order begin at 0 or at 1?",
            ALONE,
        ),
        Mistake(
            "best_two",
            "A hit of one of the two strongest patches is enough in your version. How many patches "
            "of a row may try?",
            ALONE,
        ),
        Mistake(
            "above_mean",
            "A hit of any patch with more than average weight is enough in your version. How many "
            "patches of a row may try?",
            ALONE,
        ),
        Mistake(
            "half_mass",
            "A look hits in your version if more than half of its weight lies in the box. Of how "
            "many patches does pointing accuracy ask where they lie?",
            ALONE,
        ),
        Mistake(
            "best_three",
            "A hit of one of the three strongest patches is enough in your version. How many "
            "patches of a row may try?",
            ALONE,
        ),
        Mistake(
            "centre",
            "You test the centre of all the weights, which may lie where nobody looks. Which patch "
            "alone counts?",
            ALONE,
        ),
        Mistake(
            "value",
            "You take the largest *weight* for the number of a patch. What does `max` return, and "
            "what `argmax`?",
            ALONE,
        ),
        Mistake(
            "first_row",
            "Only your first row can count. Does the `return` stand inside the loop?",
            ALONE,
        ),
        Mistake(
            "last_row",
            "Only your last row can count. Is the counter set back in every round of the loop, or "
            "written over instead of added to?",
            ALONE,
        ),
        Mistake(
            "by_patches",
            "You divide the hits by the number of *patches*. Of what is the share asked for?",
            ALONE,
        ),
        Mistake(
            "any_row",
            "Your score is 1 as soon as one row hits. How large a share of the rows is that?",
            ALONE,
        ),
        Mistake(
            "all_rows",
            "Your score is 1 only where all rows hit, and else 0: do you ask for `all`, or divide "
            "by `//`? What share is it that hits?",
            ALONE,
        ),
        Mistake(
            "count",
            "You return how many rows hit. How many rows are there?",
            "returned",
        ),
        Mistake(
            "percent",
            "That is a percentage. Give a share of 1.",
            "returned",
        ),
    ),
    properties=(
        Property(
            "A share lies between 0 and 1; yours does not.",
            lambda case, score: bool(0 <= float(score) <= 1),
        ),
        Property(
            "Where every box is exactly the strongest patch, every row hits: the score is 1. Yours "
            "is less.",
            exact_is_one,
        ),
    ),
)
