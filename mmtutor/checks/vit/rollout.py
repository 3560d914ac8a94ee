"""The exercises of lesson 04, the Vision Transformer."""

import math

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import (
    Case,
    FindTheBug,
    Implement,
    Mistake,
    Predict,
    Property,
    Wrong,
    random_tensor,
)

RIGHT: Wrong = frozenset()


def agree(a: Tensor, b: Tensor) -> bool:
    """Say whether two tensors have one shape and the same numbers, within float32's precision."""
    return a.shape == b.shape and torch.allclose(a.double(), b.double(), atol=1e-4)


# ----------------------------------------------------------------------- cut into patches


def patchify(pictures: Tensor, size: int, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: squares of `size` pixels in reading order, each one long row."""
    *batch, channels, _, _ = pictures.shape
    if "strips" in wrong:
        return pictures.reshape(*batch, -1, channels * size**2)
    cut = windows(pictures, size, wrong)  # (..., channels, rows, columns, y, x)
    if "columns_first" in wrong:
        cut = cut.transpose(-4, -3)
    if "transposed" in wrong:
        cut = cut.transpose(-2, -1)
    if "channel_alone" in wrong:
        return cut.reshape(*batch, -1, size**2)
    if "channels_left" in wrong:
        return cut.reshape(*batch, -1, channels * size**2)
    cut = cut.movedim(-5, -1 if "channels_last" in wrong else -3)
    return flatten_patches(cut, len(batch), wrong)


def windows(pictures: Tensor, size: int, wrong: Wrong) -> Tensor:
    """Cut the two sides: (..., channels, rows, columns, y, x)."""
    if "dilated" in wrong:  # (..., channels, y, rows, x, columns)
        cut = pictures.unflatten(-1, (size, -1)).unflatten(-3, (size, -1))
        return cut.movedim((-4, -2), (-2, -1))
    step = 1 if {"overlapping", "corner"} & wrong else size
    cut = pictures.unfold(-2, size, step).unfold(-2, size, step)
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
    if "patches_first" in wrong:
        return patches.movedim(-2, 0)
    if "pixels_first" in wrong:
        return patches.transpose(-2, -1)
    if "unfold_reshaped" in wrong:
        return patches.transpose(-2, -1).reshape(patches.shape)
    return patches


def patchify_cases() -> list[Case]:
    return [
        Case(pictures=torch.arange(16.0).view(1, 4, 4), size=2),
        Case(pictures=random_tensor(3, 4, 6), size=2),
        Case(pictures=random_tensor(2, 2, 6, 9, seed=1), size=3),
        Case(pictures=random_tensor(2, 3, 3, 6, 4, seed=2), size=2),
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
            "shape",
        ),
        Mistake(
            "batch_flattened",
            "The patches of all pictures stand in one long list. Every picture is a sentence of "
            "its own: which axes must stay as they are?",
            "shape",
        ),
        Mistake(
            "patches_first",
            "The axis of the patches stands before those of the batch. Along which axis do you "
            "stack? Count from the end, so that it does not matter how many lead.",
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
    ),
)

# -------------------------------------------------------------------- the encoder's input


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

# ---------------------------------------------------------------- what half a patch costs

SIDE, PATCH = 32, 16


def length(patch: int, class_token: int = 1) -> int:
    """Return how many tokens a picture of `SIDE` pixels gives."""
    return class_token + (SIDE // patch) ** 2


BEFORE, AFTER = length(PATCH), length(PATCH // 2)

COUNT = Predict(
    id="vit.count",
    title="Half the patch: how much more attention?",
    difficulty=1,
    minutes=5,
    hints=(
        "Draw the picture and the cuts, before and after. How many patches are there each time, "
        "and who else sits among the tokens?",
        "tokens = 1 + (side / patch)². A map holds a weight for each pair of tokens: tokens².",
        "Both sides of the picture are cut into side / patch pieces. A map has the shape "
        "(tokens, tokens). The answer is one number: the new map's size divided by the old one's.",
        "before = 1 + (32 / 16) ** 2\nafter = 1 + (32 / ...) ** 2\nfactor = (...) / (...)",
    ),
    truth=lambda: (AFTER / BEFORE) ** 2,
    mistakes=(
        Mistake(
            "no_class_token",
            "That is the factor for the patches alone. Which token is not a patch?",
            value=lambda: (length(PATCH // 2, 0) / length(PATCH, 0)) ** 2,
        ),
        Mistake(
            "class_token_late",
            "You count the class token after the halving, but not before it. When does it join?",
            value=lambda: (AFTER / length(PATCH, 0)) ** 2,
        ),
        Mistake(
            "class_token_early",
            "You count the class token before the halving, but not after it. Does it leave?",
            value=lambda: (length(PATCH // 2, 0) / BEFORE) ** 2,
        ),
        Mistake(
            "one_side",
            "You cut one side of the patch in half and leave the other. How many small patches "
            "does one large one fall into when both sides are halved?",
            value=lambda: ((1 + 8) / BEFORE) ** 2,
        ),
        Mistake(
            "tokens",
            "By so much the *sentence* grows. A map holds a weight for each pair: how does that "
            "number grow with the length?",
            value=lambda: AFTER / BEFORE,
        ),
        Mistake(
            "patches",
            "So many times as many *patches* there are. Two things are left: is every token a "
            "patch, and how many weights does a map of them hold?",
            value=lambda: 4.0,
        ),
        Mistake(
            "twice",
            "The side of a patch is halved, but the cost does not grow by that factor. How many "
            "sides has a patch, and how many tokens does each token look at?",
            value=lambda: 2.0,
        ),
        Mistake(
            "inverse",
            "Your number is less than 1. Do smaller patches make more tokens, or fewer? Which of "
            "the two maps do you divide by?",
            value=lambda: (BEFORE / AFTER) ** 2,
        ),
        Mistake(
            "not_divided",
            "So many weights the new map holds. How many times as many is that?",
            value=lambda: AFTER**2,
        ),
        Mistake(
            "difference",
            "So many weights come *on top*. How many times as many are there?",
            value=lambda: AFTER**2 - BEFORE**2,
        ),
    ),
    properties=(
        Property(
            "Smaller patches make more tokens, so the map must grow: the factor is larger than 1.",
            lambda case, answer: bool(answer.item() > 1),
        ),
    ),
)

# ------------------------------------------------------------------------ attention rollout


def rollout(maps: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: mean over heads, half identity, product of all layers, the last one leftmost."""
    if "heads_late" in wrong:
        heads = [product(mixed(maps[:, i], wrong), wrong) for i in range(maps.shape[1])]
        flow = torch.stack(heads).mean(0)
    else:
        flow = product(mixed(joined(maps, wrong), wrong), wrong)
    if "residual_late" in wrong:
        flow = 0.5 * flow + 0.5 * torch.eye(maps.shape[-1], dtype=maps.dtype)
    if "transposed" in wrong:
        flow = flow.T
    if "class_patches" in wrong:
        return flow[0, 1:]
    return flow[0] if "class_row" in wrong else flow


def joined(maps: Tensor, wrong: Wrong) -> Tensor:
    """Make one map of a layer's heads: (layers, tokens, tokens)."""
    if {"max_heads", "max_renormalised"} & wrong:
        return maps.amax(1)
    if "wrong_axis" in wrong:
        return maps.mean(0)
    if "sum_heads" in wrong:
        return maps.sum(1)
    return maps[:, 0] if "first_head" in wrong else maps.mean(1)


def mixed(maps: Tensor, wrong: Wrong) -> Tensor:
    """Mix every layer's map with the identity, which stands for the residual path."""
    if {"no_residual", "residual_late"} & wrong:
        return maps
    identity = torch.eye(maps.shape[-1], dtype=maps.dtype)
    if "max_renormalised" in wrong:
        return (maps + identity) / (maps + identity).sum(-1, keepdim=True)
    return maps + identity if "not_halved" in wrong else 0.5 * maps + 0.5 * identity


def product(layers: Tensor, wrong: Wrong) -> Tensor:
    """Join the layers of (layers, tokens, tokens)."""
    if "last_layer" in wrong:
        return layers[-1]
    if "mean_layers" in wrong:
        return layers.mean(0)
    if "elementwise" in wrong:
        return layers.prod(0)
    if "first_skipped" in wrong:
        layers = layers[1:]
    flow = layers[0]
    for layer in layers[1:]:
        flow = flow @ layer if "order" in wrong else layer @ flow
    return flow


def rollout_cases() -> list[Case]:
    def case(*shape: int, seed: int) -> Case:
        return Case(maps=(2 * random_tensor(*shape, shape[-1], seed=seed)).softmax(-1))

    neighbour = torch.eye(4).roll(1, dims=1)  # each token looks at the next one only
    away = torch.stack([neighbour, neighbour.roll(1, dims=1)]).unsqueeze(1)
    return [
        case(2, 2, 2, seed=40),
        case(3, 2, 3, seed=41),
        case(4, 3, 5, seed=42),
        Case(maps=away.expand(2, 2, 4, 4).clone()),
    ]


def shares(case: Case, output: Tensor) -> bool:
    """Say whether every row sums to 1."""
    sums = output.detach().double().sum(-1)
    return agree(sums, torch.ones_like(sums))


def some_stays(case: Case, output: Tensor) -> bool:
    """Say whether at least half of every token passes every layer unchanged."""
    layers, _, count, _ = case["maps"].shape
    if output.shape != (count, count):
        return False
    return bool((output.diagonal() >= 0.5**layers - 1e-4).all())


ROLLOUT = Implement(
    id="vit.rollout",
    title="Attention rollout",
    difficulty=2,
    minutes=20,
    differentiable=False,
    hints=(
        "A map says how one layer mixes its inputs. Two layers one after the other mix twice: "
        "which operation on two matrices does that? And what goes round the attention in every "
        "layer without being mixed?",
        "Ā_l = ½ · mean over heads of A_l + ½ · I, and rollout = Ā_L Ā_{L-1} … Ā_1, where layer 1 "
        "is the first.",
        "maps (layers, heads, tokens, tokens) → mean over heads (layers, tokens, tokens) → mixed "
        "with the identity, the same shape → the matrix product over the layers (tokens, tokens).",
        "mixed = 0.5 * maps.mean(dim=...) + 0.5 * torch.eye(...)\n"
        "flow = mixed[0]\n"
        "for layer in mixed[1:]:\n  flow = ... @ ...\n"
        "return flow",
    ),
    reference=rollout,
    cases=rollout_cases,
    mistakes=(
        Mistake(
            "order",
            "The layers are multiplied the other way round. The output of layer 1 is the input of "
            "layer 2: if y = A x and z = B y, what is z in terms of x?",
            "product",
        ),
        Mistake(
            "elementwise",
            "You multiply the maps place by place. What reaches a token comes by *every* way "
            "through the layer between: which product sums over the tokens in the middle?",
            "product",
        ),
        Mistake(
            "mean_layers",
            "You average the layers, as if they stood side by side. They stand one behind the "
            "other: what does the second do to what the first has mixed?",
            "product late",
        ),
        Mistake(
            "last_layer",
            "Your result shows the last layer only. What had the tokens that it looks at gathered "
            "before?",
            "product late",
        ),
        Mistake(
            "first_skipped",
            "The first layer is missing from your product. Where does the flow start, and where "
            "does your loop?",
            "product",
        ),
        Mistake(
            "no_residual",
            "Only the attention flows. Every layer also adds its input to its output: which matrix "
            "stands for a path on which each token keeps to itself?",
            "residual",
        ),
        Mistake(
            "residual_late",
            "The identity comes in once, after the product. How many residual paths are there, "
            "and where do they lie?",
            "residual late",
        ),
        Mistake(
            "not_halved",
            "You add the identity to maps whose rows sum to 1 already, so the rows double in every "
            "layer. What brings their sum back to 1?",
            "residual",
        ),
        Mistake(
            "max_heads",
            "You take the largest weight among the heads, so the rows sum to more than 1. How are "
            "the heads joined in the formula?",
            "heads",
        ),
        Mistake(
            "max_renormalised",
            "You take the largest weight among the heads and bring the rows back to 1 afterwards. "
            "Some programs do, on purpose. How does the formula here join the heads?",
            "heads residual",
        ),
        Mistake(
            "wrong_axis",
            "You average over the layers and then multiply the heads. Which of the four axes "
            "stands for what?",
            "heads late",
        ),
        Mistake(
            "sum_heads",
            "You sum over the heads, so a row sums to the number of heads. How are they joined in "
            "the formula?",
            "heads",
        ),
        Mistake(
            "first_head",
            "Only the first head has a say. Which axis holds the others?",
            "heads",
        ),
        Mistake(
            "heads_late",
            "You roll out every head alone and average at the end. In the next layer, does a head "
            "see only what the same head wrote before? When must they be joined?",
            "heads late",
        ),
        Mistake(
            "transposed",
            "Rows and columns are swapped. Row i should say where token i comes from: which of the "
            "two sums to 1?",
        ),
        Mistake(
            "class_row",
            "You return one row, that of the class token. The exercise asks for the whole matrix; "
            "the row is easily taken from it later.",
            "returned",
        ),
        Mistake(
            "class_patches",
            "You return what the class token gets from the patches. That is what one draws in the "
            "end; the exercise asks for the whole matrix.",
            "returned",
        ),
    ),
    properties=(
        Property(
            "Every row shares out one token's origin, so it should sum to 1; yours does not.",
            shares,
        ),
        Property(
            "Half of every token passes each layer unchanged, so after L layers at least 1/2^L of "
            "it still comes from itself; somewhere yours keeps less.",
            some_stays,
        ),
    ),
)

# --------------------------------------------------------- find the bug: the class token


def picture_scores(
    patches: Tensor, class_token: Tensor, positions: Tensor, head: Tensor, wrong: Wrong = RIGHT
) -> Tensor:
    """Reference: one round of self-attention, then scores from the class token alone."""
    first = class_token.expand(len(patches), 1, -1)
    if "no_positions" in wrong or "patches_only" in wrong:
        table = torch.zeros_like(positions) if "no_positions" in wrong else positions
        x = torch.cat([first, patches + table[1:]], dim=1)
    elif {"appended", "half_mended"} & wrong:
        x = torch.cat([patches, first], dim=1) + positions
    else:
        x = torch.cat([first, patches], dim=1) + positions
    seen = x if "before" in wrong else attend(x, wrong)
    scores = read_out(seen, wrong) @ head
    return scores.softmax(-1) if "probabilities" in wrong else scores


def attend(x: Tensor, wrong: Wrong) -> Tensor:
    """Let every token look at all of them: (batch, tokens, width)."""
    scale = 1.0 if "no_scale" in wrong else math.sqrt(x.shape[-1])
    scores = x @ x.transpose(1, 2) / scale
    gathered = scores.softmax(1 if "axis" in wrong else -1) @ x
    return gathered if "no_residual" in wrong else x + gathered


def read_out(x: Tensor, wrong: Wrong) -> Tensor:
    """Return the vector, or the vectors, that the scores are made of."""
    if "every_token" in wrong:
        return x
    if "first_example" in wrong:
        return x[0]
    if "mean_all" in wrong:
        return x.mean(1)
    if "mean_patches" in wrong:
        return x[:, 1:].mean(1)
    return x[:, -1] if {"half_mended", "last_patch"} & wrong else x[:, 0]


def bug_cases() -> list[Case]:
    def case(shape: tuple[int, ...], seed: int) -> Case:
        batch, count, width, classes = shape
        return Case(
            patches=random_tensor(batch, count, width, seed=seed),
            class_token=random_tensor(width, seed=seed + 1),
            positions=random_tensor(1 + count, width, seed=seed + 2),
            head=random_tensor(width, classes, seed=seed + 3),
        )

    reordered = case((2, 4, 3, 3), 70)
    reordered["patches"][1] = reordered["patches"][0].flip(0)
    reordered["positions"].zero_()
    return [case((2, 2, 3, 2), 50), case((3, 5, 4, 2), 60), reordered]


def order_is_no_news(case: Case, scores: Tensor) -> bool:
    """Say whether a picture and its patches in another order agree, where positions are 0."""
    return bool(case["positions"].any()) or agree(scores[0], scores[1])


def pictures_differ(case: Case, scores: Tensor) -> bool:
    """Say whether different pictures get different scores."""
    return not case["positions"].any() or not agree(scores[0], scores[1])


CLASS_TOKEN_BUG = FindTheBug(
    id="vit.bug_class_token",
    title="Find the bug: who speaks for the picture?",
    difficulty=2,
    minutes=15,
    given=frozenset({"appended"}),
    hints=(
        "Follow one token through the program: the class token. Give it the values 100, 100, … and "
        "print `x` after each line. Is it where the last line looks for it?",
        "z_0 = [x_class; x_1; … x_N] + E_pos, one round of attention, and then scores = z^0 head: "
        "only the vector with number 0 is read.",
        "x (batch, 1 + N, width) has the class token at [:, 0], and row 0 of the positions "
        "(1 + N, width) is made for it. What is read: (batch, width). The scores: (batch, "
        "classes).",
        "first = class_token.expand(len(patches), 1, -1)\n"
        "x = torch.cat([..., ...], dim=1) + positions\n"
        "weights = ...  # as before\nx = x + weights @ x\nreturn x[:, ...] @ head",
    ),
    reference=picture_scores,
    cases=bug_cases,
    mistakes=(
        Mistake(
            "appended",
            "The scores are read from the patch in the top left corner. After `torch.cat`, which "
            "token has the number 0?",
            "read order",
        ),
        Mistake(
            "half_mended",
            "You read the class token now, and the symptom is gone. But look at the positions: "
            "which row was made for the class token, and which does it get at the end of the line?",
            "read order",
        ),
        Mistake(
            "last_patch",
            "The class token has moved, and so has your reading: now the last patch speaks. Which "
            "of the two changes was needed?",
            "read",
        ),
        Mistake(
            "mean_all",
            "You average all tokens, the class token among them. The order of the patches no "
            "longer matters, but who was to speak for the picture?",
            "read",
        ),
        Mistake(
            "mean_patches",
            "You average the patches and leave the class token out. Some models do, and then they "
            "need none. Here it has been given a place: what is it for?",
            "read",
        ),
        Mistake(
            "before",
            "Every picture gets the same scores: the class token is read before it has looked at "
            "anything. In which line does it meet the patches?",
            "read residual scale axis positions",
        ),
        Mistake(
            "first_example",
            "You get scores for each token of the *first picture*. Which axis does `x[0]` count "
            "along, and which one did you mean?",
            "read",
        ),
        Mistake(
            "every_token",
            "You return scores for every token. How many verdicts does a picture need?",
            "read",
        ),
        Mistake(
            "patches_only",
            "The class token comes without a position now: row 0 of the table is never used. To "
            "what did the program that you were given add the positions?",
            "positions order",
        ),
        Mistake(
            "no_positions",
            "The positions are gone. The symptom was shown with positions of zero, where nothing "
            "can tell; what happens to real ones?",
            "positions order",
        ),
        Mistake(
            "no_residual",
            "The attention's result replaces the tokens. What did the program do with the tokens "
            "that went in?",
            "residual",
        ),
        Mistake(
            "no_scale",
            "The scores of the attention are no longer scaled. What did the program divide by?",
            "scale",
        ),
        Mistake(
            "axis",
            "The attention's softmax runs over the queries. Which axis holds the keys?",
            "axis",
        ),
        Mistake(
            "probabilities",
            "You return probabilities. Did the program that you were given end with a softmax?",
        ),
    ),
    properties=(
        Property(
            "Where all positions are 0, nobody knows the order of the patches, so it cannot change "
            "the scores; yours change.",
            order_is_no_news,
        ),
        Property(
            "Two different pictures should get different scores; yours get the same.",
            pictures_differ,
        ),
    ),
)

# --------------------------------------------------------------- intersection over union


def mean_iou(predicted: Tensor, target: Tensor, classes: int, wrong: Wrong = RIGHT) -> float:
    """Reference: the mean IoU over the classes 1 … `classes` that occur, all pictures together."""
    if "accuracy" in wrong:
        return (predicted == target).double().mean().item()
    if "ink_accuracy" in wrong:
        return (predicted == target)[target > 0].double().mean().item()
    if "any_ink" in wrong:
        return iou_of((predicted > 0).double(), (target > 0).double(), 1, RIGHT)
    if "per_picture" in wrong:
        pairs = zip(predicted, target, strict=True)
        return sum(iou_of(p, t, classes, wrong) for p, t in pairs) / len(target)
    return iou_of(predicted, target, classes, wrong)


def iou_of(predicted: Tensor, target: Tensor, classes: int, wrong: Wrong) -> float:
    """Return the mean over classes for one pile of pixels."""
    numbers = range("with_paper" not in wrong, classes + ("one_too_few" not in wrong))
    claims = torch.stack([predicted == c for c in numbers]).flatten(1).double()  # (class, pixel)
    truths = torch.stack([target == c for c in numbers]).flatten(1).double()
    both, claimed, true = (claims * truths).sum(1), claims.sum(1), truths.sum(1)
    below = denominator(both, claimed, true, wrong)
    above = 2 * both if "dice" in wrong else both
    if "pooled" in wrong:
        return (above.sum() / below.sum()).item()
    if "weighted" in wrong:
        return ((above / below).nan_to_num() * true / true.sum()).sum().item()
    return mean_of(above / below, both, claimed, true, wrong)


def denominator(both: Tensor, claimed: Tensor, true: Tensor, wrong: Wrong) -> Tensor:
    """Return what the intersection is divided by, for each class."""
    if "recall" in wrong:
        return true
    if "precision" in wrong:
        return claimed
    if "dice" in wrong or "counted_twice" in wrong:
        return claimed + true
    return claimed + true - both


def mean_of(scores: Tensor, both: Tensor, claimed: Tensor, true: Tensor, wrong: Wrong) -> float:
    """Average over the classes that occur, or over those that people take."""
    absent = claimed + true == 0
    if "absent_nan" in wrong:
        return scores.mean().item()
    if "absent_zero" in wrong or "absent_one" in wrong:
        return scores.masked_fill(absent, float("absent_one" in wrong)).mean().item()
    if "in_target_only" in wrong:
        return scores[true > 0].mean().item()
    return scores[both > 0 if "hits_only" in wrong else ~absent].mean().item()


def iou_cases() -> list[Case]:
    def case(predicted: list, target: list, classes: int) -> Case:
        return Case(predicted=torch.tensor(predicted), target=torch.tensor(target), classes=classes)

    small = case([[[1, 1, 1, 0], [2, 2, 0, 0]]], [[[1, 1, 0, 0], [2, 2, 2, 2]]], 2)
    missing = case(  # class 3 nowhere, class 2 only claimed, class 4 only true
        [[[0, 1, 1, 1], [0, 0, 5, 1], [2, 0, 5, 5]], [[0, 1, 0, 0], [1, 1, 0, 5], [5, 5, 5, 0]]],
        [[[1, 1, 1, 0], [0, 0, 5, 5], [4, 0, 5, 5]], [[0, 0, 1, 1], [1, 0, 4, 0], [5, 5, 0, 0]]],
        5,
    )
    perfect = case([[[0, 1, 1], [3, 3, 0]]], [[[0, 1, 1], [3, 3, 0]]], 3)
    greedy = case(  # finds all, and more
        [[[1, 1, 1], [2, 2, 0]], [[1, 1, 0], [2, 2, 2]]],
        [[[1, 0, 1], [2, 0, 0]], [[1, 0, 0], [2, 0, 2]]],
        2,
    )
    invented = case([[[1, 1, 0], [2, 0, 0]]], [[[1, 1, 1], [0, 0, 0]]], 2)
    return [small, missing, perfect, greedy, invented, random_maps()]


def random_maps() -> Case:
    """Three pictures in which half of the pixels are labelled at random; class 5 is nowhere."""
    generator = torch.Generator().manual_seed(3)
    target, noise = torch.randint(0, 5, (2, 3, 5, 6), generator=generator)
    kept = torch.rand(3, 5, 6, generator=generator) < 0.5
    return Case(predicted=torch.where(kept, target, noise), target=target, classes=5)


def only_perfect_is_one(case: Case, score: float | Tensor) -> bool:
    """Say whether the score is 1 where the two maps are equal, and nowhere else."""
    return (abs(float(score) - 1) < 1e-6) == torch.equal(case["predicted"], case["target"])


IOU = Implement(
    id="vit.iou",
    title="Intersection over union",
    difficulty=2,
    minutes=20,
    differentiable=False,
    hints=(
        "Take one class and draw two shapes: where the model sees it and where it is. What is the "
        "overlap, and what do both cover together? Then average over the classes.",
        "IoU_c = |P_c ∩ T_c| / |P_c ∪ T_c|, where P_c is the set of pixels labelled c and T_c the "
        "set that is truly c. The mean runs over the classes c ≥ 1 whose union is not empty.",
        "predicted == c and target == c: two boolean maps (pictures, height, width). Their `&` and "
        "their `|`, each summed over all three axes: two whole numbers for each class.",
        "scores = []\nfor c in range(..., ...):\n  claimed, true = predicted == c, target == c\n"
        "  union = (... | ...).sum()\n  if union > 0:\n"
        "    scores.append((... & ...).sum() / union)\n"
        "return sum(scores) / ...",
    ),
    reference=mean_iou,
    cases=iou_cases,
    mistakes=(
        Mistake(
            "accuracy",
            "That is the share of pixels that are right, and most of them are paper. What would a "
            "model score that never draws anything?",
            "denominator absent pool first last micro",
        ),
        Mistake(
            "ink_accuracy",
            "That is the share of true ink that is labelled rightly. What does it cost a model, "
            "in your measure, to paint everything?",
            "denominator absent pool first last micro",
        ),
        Mistake(
            "any_ink",
            "You compare ink with paper, whatever the class. Would your measure notice a model "
            "that finds every object and calls it by a wrong name?",
            "denominator absent pool first last micro",
        ),
        Mistake(
            "recall",
            "You divide by the pixels that truly have the class. Labelling too much then costs "
            "nothing: which pixels are missing below the line?",
            "denominator micro",
        ),
        Mistake(
            "precision",
            "You divide by the pixels that were labelled so. Finding too little then costs "
            "nothing: which pixels are missing below the line?",
            "denominator",
        ),
        Mistake(
            "counted_twice",
            "Below the line stands the sum of the two areas. How often does that sum count a pixel "
            "that lies in both?",
            "denominator",
        ),
        Mistake(
            "dice",
            "That is the Dice score: twice the overlap over the sum of the areas. It ranks much "
            "like this one, but it is another number. What does a *union* count once?",
            "denominator",
        ),
        Mistake(
            "with_paper",
            "Paper counts as a class in your mean. With which number do the classes begin?",
            "first",
        ),
        Mistake(
            "one_too_few",
            "The last class is missing from your mean. Where does Python's `range` stop?",
            "last",
        ),
        Mistake(
            "absent_zero",
            "A class that occurs in neither map counts 0 in your mean, although nothing went wrong "
            "there. By how many classes should you divide?",
            "absent",
        ),
        Mistake(
            "absent_one",
            "A class that occurs in neither map counts 1 in your mean: a model gains from classes "
            "that nobody drew. What should happen to them?",
            "absent",
        ),
        Mistake(
            "absent_nan",
            "A class that occurs in neither map gives 0/0, and one NaN spoils the mean. Which "
            "classes are to be left out?",
            "absent",
        ),
        Mistake(
            "in_target_only",
            "You leave out every class that is not in the truth. A model that sees a class where "
            "there is none then gets away with it: what is its union?",
            "absent",
        ),
        Mistake(
            "hits_only",
            "You leave out the classes with no overlap at all, which are the model's worst. What "
            "is their IoU?",
            "absent",
        ),
        Mistake(
            "per_picture",
            "You score every picture alone and average the scores. Which pixels are counted "
            "together in this exercise?",
            "pool",
        ),
        Mistake(
            "pooled",
            "You add up the overlaps of all classes, and the unions, and divide once: large "
            "objects drown small ones. What should be averaged?",
            "pool absent micro",
        ),
        Mistake(
            "weighted",
            "Every class counts by its area in your mean. How much should a small object's class "
            "count?",
            "pool absent denominator",
        ),
    ),
    properties=(
        Property(
            "The measure should be 1 where the two maps are equal, and only there; yours is not.",
            only_perfect_is_one,
        ),
    ),
)

EXERCISES = (PATCHIFY, TOKENS, COUNT, ROLLOUT, CLASS_TOKEN_BUG, IOU)
