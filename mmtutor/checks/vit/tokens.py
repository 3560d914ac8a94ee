"""From patches to the encoder's input. Traps: the class token last, positions without it."""

import math

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


def tokens(
    patches: Tensor,
    projection: Tensor,
    class_token: Tensor,
    positions: Tensor,
    wrong: Wrong = RIGHT,
) -> Tensor:
    """Reference: `[x_class; x_1 E; … x_N E] + E_pos`."""
    if "reshaped" in wrong:
        projection = projection.reshape(projection.shape[::-1]).T
    x = patches @ (projection.T if "transposed" in wrong else projection)
    if "scaled" in wrong:
        x = x * math.sqrt(x.shape[-1])
    if "scaled_down" in wrong:
        x = x / math.sqrt(patches.shape[-1])
    if "class_added" in wrong or "no_class" in wrong:
        x = x + class_token if "class_added" in wrong else x
        return with_positions(x, positions[:-1] if "shifted" in wrong else positions[1:], wrong)
    if "patches_only" in wrong or "shifted" in wrong:
        x = x + (positions[:-1] if "shifted" in wrong else positions[1:])
    if "class_over_first" in wrong:
        return torch.cat([class_token.expand(len(x), 1, -1), x[:, 1:]], dim=1) + positions[:-1]
    first = first_row(x, class_token, wrong)
    if "class_added_too" in wrong:
        x = x + class_token
    if "patches_twice" in wrong:
        x = x + positions[1:]
    if "position_of_class" in wrong:
        return torch.cat([first + positions[0], x], dim=1)
    x = torch.cat([x, first] if {"class_last", "class_last_whole"} & wrong else [first, x], dim=1)
    if not {"patches_only", "shifted"} & wrong:
        x = with_positions(x, positions, wrong)
    if "first_picture" in wrong:
        return x[0]
    return x[-1] if "last_picture" in wrong else x


def first_row(x: Tensor, class_token: Tensor, wrong: Wrong) -> Tensor:
    """Return the class token for every picture, (batch, 1, width), or what is taken for it."""
    if "class_is_mean" in wrong:
        return x.mean(1, keepdim=True)
    if "class_of_zeros" in wrong:
        class_token = torch.zeros_like(class_token)
    first = class_token.expand(len(x), 1, -1)
    if "class_once" in wrong:
        return torch.cat([first[:1], torch.zeros_like(first[1:])])
    return first


def with_positions(x: Tensor, positions: Tensor, wrong: Wrong) -> Tensor:
    """Give every token its position, in one of the ways that people try."""
    if "no_positions" in wrong:
        return x
    if "multiplied" in wrong:
        return x * positions
    if "subtracted" in wrong:
        return x - positions
    if "twice" in wrong:
        return x + 2 * positions
    if "turned" in wrong:
        return x + positions.flip(0)
    if "class_last_whole" in wrong:
        return x + positions.roll(-1, 0)
    if "rolled" in wrong:
        return x + positions.roll(1, 0)
    if "rolled_back" in wrong:
        return x + positions.roll(-1, 0)
    if "stacked" in wrong:
        return torch.cat([x, positions.expand(len(x), -1, -1)], dim=1)
    if "concatenated" in wrong:
        return torch.cat([x, positions.expand(len(x), -1, -1)], dim=-1)
    return x + (positions[0] if "same_position" in wrong else positions)


def tokens_cases() -> list[Case]:
    def case(shape: tuple[int, ...], seed: int) -> Case:
        batch, count, pixels, width = shape
        return Case(
            patches=random_tensor(batch, count, pixels, seed=seed),
            projection=random_tensor(pixels, width, seed=seed + 1),
            class_token=random_tensor(width, seed=seed + 2),
            positions=random_tensor(1 + count, width, seed=seed + 3),
        )

    special = case((3, 2, 4, 5), 50)
    for value in special.values():
        value.view(-1)[0], value.view(-1)[1], value.view(-1)[-1] = 0.0, 25.0, -25.0
    special["patches"][1] = special["patches"][0]
    return [
        case((1, 2, 5, 4), 10),
        case((2, 4, 3, 5), 20),
        case((3, 6, 4, 4), 30),
        case((2, 1, 1, 1), 40),
        special,
    ]


def class_token_leads(case: Case, output: Tensor) -> bool:
    """Say whether token 0 is the class token at position 0, in every picture."""
    wanted = (case["class_token"] + case["positions"][0]).expand(len(case["patches"]), -1)
    return agree(output[:, 0], wanted)


def differs_by_patches(case: Case, output: Tensor) -> bool:
    """Say whether two pictures' tokens differ as their projected patches do."""
    projected = case["patches"] @ case["projection"]
    return agree((output - output[:1])[:, 1:], projected - projected[:1])


TOKENS = Implement(
    id="vit.tokens",
    title="From patches to the encoder's input",
    difficulty=2,
    minutes=15,
    hints=(
        "Three steps: make every patch as wide as the model, put one more token before them, and "
        "tell every token where it stands. Which of these steps concerns the class token?",
        "z_0 = [x_class; x_1 E; x_2 E; … x_N E] + E_pos. The semicolon puts tokens below one "
        "another, and E_pos has a row for each of the 1 + N.",
        "patches (batch, N, pixels) @ projection (pixels, width) → (batch, N, width). The class "
        "token (width,) → (batch, 1, width). Together: (batch, 1 + N, width). The positions "
        "(1 + N, width) broadcast over the batch.",
        "x = patches @ ...\n"
        "first = class_token.expand(len(patches), ..., -1)\n"
        "return torch.cat([..., ...], dim=...) + ...",
    ),
    reference=tokens,
    cases=tokens_cases,
    mistakes=(
        Mistake(
            "class_last",
            "The class token stands at the end. In the formula, on which side of the patches is "
            "x_class?",
            "place",
        ),
        Mistake(
            "no_class",
            "There is one token for each patch and none besides. Who is going to speak for the "
            "whole picture?",
            "place alone",
        ),
        Mistake(
            "class_added",
            "You add the class token to every patch, so the sentence has not become longer. A "
            "semicolon is not a plus: what does it do with x_class?",
            "place alone",
        ),
        Mistake(
            "patches_only",
            "The patches have their positions, but the class token has none: its row of the table "
            "is never used. Look where the bracket of the formula closes.",
            "positions alone",
        ),
        Mistake(
            "shifted",
            "Your positions are off by one: the first patch gets the class token's row, and the "
            "last row is never used. How many tokens are there when the positions are added?",
            "positions",
        ),
        Mistake(
            "no_positions",
            "Nothing says where a token stands: shuffle the patches and the encoder would not "
            "notice. Which argument have you not used?",
            "positions",
        ),
        Mistake(
            "same_position",
            "Every token gets the same position, so none can tell where it stands. How many rows "
            "does the table have, and how many of them do you use?",
            "positions",
        ),
        Mistake(
            "multiplied",
            "You multiply by the positions. Where a position holds a 0, what is left of the patch? "
            "Which sign has the formula?",
            "positions",
        ),
        Mistake(
            "concatenated",
            "You put the positions *beside* the tokens, which makes them twice as wide. How wide "
            "is E_pos in the formula, and with which sign does it come in?",
            "positions",
        ),
        Mistake(
            "transposed",
            "The projection is transposed. `nn.Linear` keeps its weight as (out, in); which shape "
            "has this one?",
            "projection",
        ),
        Mistake(
            "scaled",
            "Your projected patches are √width times too large. The first Transformer scaled its "
            "word embeddings so; does this formula?",
            "scale",
        ),
        Mistake(
            "class_last_whole",
            "The class token stands at the end, and has taken its position with it. In the "
            "formula, on which side of the patches is x_class?",
            "place positions",
        ),
        Mistake(
            "position_of_class",
            "The class token has its position, but the patches have none. Look where the bracket "
            "of the formula closes.",
            "positions alone place",
        ),
        Mistake(
            "turned",
            "The positions run from the end. Token 0 gets row 0 of the table.",
            "positions",
        ),
        Mistake(
            "rolled",
            "Every token gets the position of the one *before* it. Token i takes row i.",
            "positions place alone",
        ),
        Mistake(
            "rolled_back",
            "Every token gets the position of the one *after* it. Token i takes row i.",
            "positions place alone",
        ),
        Mistake(
            "twice",
            "The positions come in twice. Is there a second `+` that adds them?",
            "positions alone",
        ),
        Mistake(
            "subtracted",
            "You subtract the positions. Which sign has the formula?",
            "positions alone",
        ),
        Mistake(
            "class_of_zeros",
            "Your token 0 begins as zeros. Which argument holds what it should begin with?",
            "alone row",
        ),
        Mistake(
            "class_is_mean",
            "Your token 0 is the mean of the patches. The class token comes with no picture behind "
            "it: which argument holds it?",
            "alone row",
        ),
        Mistake(
            "class_once",
            "The class token stands before the first picture's patches only. How many pictures are "
            "in the batch? Think of `expand`.",
            "alone row",
        ),
        Mistake(
            "reshaped",
            "The projection's numbers are torn up by a `reshape`. What turns rows into columns?",
            "projection",
        ),
        Mistake(
            "scaled_down",
            "Your projected patches are divided by the root of the number of pixels. Does the "
            "formula do that?",
            "scale",
        ),
        Mistake(
            "stacked",
            "You put the positions *below* the tokens, which doubles the sentence. With "
            "which sign does E_pos come in?",
            "positions",
        ),
        Mistake(
            "class_over_first",
            "The class token stands where the first patch was, so there are N tokens, not 1 + N. "
            "It joins the patches: which of them has to go?",
            "place positions alone row projection scale",
        ),
        Mistake(
            "class_added_too",
            "The class token stands before the patches, and it is added to every patch as well. "
            "What does the formula have for a patch besides x_i E and its position?",
            "place positions alone row",
        ),
        Mistake(
            "patches_twice",
            "The patches get their positions twice: before the class token joins, and after. Where "
            "does the formula add E_pos?",
            "place positions alone",
        ),
        Mistake(
            "first_picture",
            "Only the first picture comes back. The result is (batch, 1 + N, width): which axis "
            "has gone?",
            "place positions alone row",
        ),
        Mistake(
            "last_picture",
            "Only the last picture comes back. Does a loop put each picture in the place of the "
            "one before?",
            "place positions alone row",
        ),
    ),
    properties=(
        Property(
            "Token 0 should be the class token at position 0, the same for every picture of the "
            "batch; yours is another.",
            class_token_leads,
        ),
        Property(
            "Between two pictures of a batch, class token and positions are the same: their tokens "
            "should differ exactly as their projected patches do. Yours differ in another way.",
            differs_by_patches,
        ),
        Property(
            "Token 0 is right, the patches' tokens are not: each should be x_i E, in the order of "
            "the patches, plus the position with its own number.",
            lambda case, output: agree(output, tokens(*case.values())),
        ),
    ),
)
