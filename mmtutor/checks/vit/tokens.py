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
    x = patches @ (projection.T if "transposed" in wrong else projection)
    if "scaled" in wrong:
        x = x * math.sqrt(x.shape[-1])
    if "class_added" in wrong or "no_class" in wrong:
        x = x + class_token if "class_added" in wrong else x
        return with_positions(x, positions[:-1] if "shifted" in wrong else positions[1:], wrong)
    if "patches_only" in wrong or "shifted" in wrong:
        x = x + (positions[:-1] if "shifted" in wrong else positions[1:])
    first = class_token.expand(len(x), 1, -1)
    x = torch.cat([x, first] if "class_last" in wrong else [first, x], dim=1)
    return x if {"patches_only", "shifted"} & wrong else with_positions(x, positions, wrong)


def with_positions(x: Tensor, positions: Tensor, wrong: Wrong) -> Tensor:
    """Give every token its position, in one of the ways that people try."""
    if "no_positions" in wrong:
        return x
    if "multiplied" in wrong:
        return x * positions
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

    return [case((1, 2, 3, 2), 10), case((2, 4, 3, 5), 20), case((3, 6, 4, 4), 30)]


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
            "You return one token for each patch and none besides. Who is going to speak for the "
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
        ),
        Mistake(
            "scaled",
            "Your projected patches are √width times too large. The first Transformer scaled its "
            "word embeddings so; does this formula?",
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
    ),
)
