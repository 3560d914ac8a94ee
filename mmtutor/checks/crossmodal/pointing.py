"""Pointing accuracy. Traps: rows for columns, corners for middles, which edges count."""

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
    if "mass" in wrong:
        number = torch.arange(weights.shape[1]).unsqueeze(0)
    elif "one_for_all" in wrong:
        number = weights.argmax().expand(len(weights), 1)
    else:
        number = (-weights if "least" in wrong else weights).argmax(1, keepdim=True)
    x, y = middles(number, weights.shape[1] // columns, columns, patch, wrong)
    hits = inside(x, y, boxes.unsqueeze(1), patch, wrong).double()
    hit = (hits * weights).sum(1) if "mass" in wrong else hits[:, 0]
    if "count" in wrong:
        return hit.sum().item()
    return hit.mean().item() * (100 if "percent" in wrong else 1)


def middles(
    number: Tensor, rows: int, columns: int, patch: int, wrong: Wrong
) -> tuple[Tensor, Tensor]:
    """Return where the patches of these numbers have their middles: across, down."""
    if "pixel_number" in wrong:
        return number % (columns * patch), number // (columns * patch)
    lines = {"by_rows": rows, "by_patch": patch, "square": round((rows * columns) ** 0.5)}
    long = next((n for name, n in lines.items() if name in wrong), columns)
    column, row = number % long, number / long if "not_whole" in wrong else number // long
    if "swapped" in wrong:
        column, row = row, column
    half = 0.0 if "corner" in wrong else 0.5 - ("half_pixel" in wrong) / (2 * patch)
    size = 1 if "grid_units" in wrong else patch
    return (column + half) * size, (row + half) * size


def inside(x: Tensor, y: Tensor, boxes: Tensor, patch: int, wrong: Wrong) -> Tensor:
    """Say whether a place lies in a box, in one of the ways that people try."""
    left, top, right, bottom = boxes.unbind(-1)
    if "box_size" in wrong:
        right, bottom = left + right, top + bottom
    across, down = (between(*side, patch, wrong) for side in ((x, left, right), (y, top, bottom)))
    if "across_only" in wrong or "down_only" in wrong:
        return across if "across_only" in wrong else down
    return across | down if "either" in wrong else across & down


def between(m: Tensor, start: Tensor, end: Tensor, patch: int, wrong: Wrong) -> Tensor:
    """Say whether a middle lies between two edges."""
    if "overlap" in wrong:
        return (m + patch / 2 > start) & (m - patch / 2 < end)
    if "whole" in wrong:
        return (m - patch / 2 >= start) & (m + patch / 2 <= end)
    if "floored" in wrong:
        return (start // patch <= m // patch) & (m // patch < end // patch)
    if "box_middle" in wrong:
        return ((start + end) / 2 - m).abs() < patch / 2
    begun = start < m if "strict" in wrong else start <= m
    return begun & (m <= end if "inclusive" in wrong else m < end)


def pointing_cases() -> list[Case]:
    """Boxes near the most attended patch, at the top left corner, and exactly on the patch."""
    wide = [looks(40, 3, 5, 8, seed) for seed in (200, 201)]
    high = [looks(40, 6, 4, 6, seed) for seed in (202, 203)]
    odd = looks(30, 4, 6, 5, seed=204)
    corners = [looks(40, 4, 7, 4, seed=205), looks(40, 5, 3, 8, seed=206)]
    for case in corners:
        generator = torch.Generator().manual_seed(case["columns"])
        start = torch.randint(0, 4, (40, 2), generator=generator)
        case["boxes"] = torch.cat([start, start + 1 + start.flip(1) * 2 + start % 2], dim=1)
    exact = looks(6, 3, 4, 8, seed=207)
    number = exact["weights"].argmax(1)
    corner = 8 * torch.stack([number % 4, number // 4], dim=1)
    exact["boxes"] = torch.cat([corner, corner + 8], dim=1)
    return [looks(2, 2, 3, 4, seed=208), *wide, *high, odd, *corners, exact]


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
            "You test the top left corner of the patch. How far from it lies the middle, and in "
            "which direction?",
            "middle",
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
            "overlap",
            "A patch that only touches its box is a hit in your version. Which point of the patch "
            "must lie inside?",
            "start end middle",
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
