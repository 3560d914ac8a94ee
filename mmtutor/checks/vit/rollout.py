"""Attention rollout. Traps: the order of the product, the residual path, how heads are joined."""

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
    if "min_heads" in wrong:
        return maps.amin(1)
    if "wrong_axis" in wrong:
        return maps.mean(0)
    if "sum_heads" in wrong:
        return maps.sum(1)
    if "first_head" in wrong:
        return maps[:, 0]
    return maps[:, -1] if "last_head" in wrong else maps.mean(1)


def mixed(maps: Tensor, wrong: Wrong) -> Tensor:
    """Mix every layer's map with the identity, which stands for the residual path."""
    if {"no_residual", "residual_late", "identity_of_input"} & wrong:
        return maps
    identity = torch.eye(maps.shape[-1], dtype=maps.dtype)
    if "max_renormalised" in wrong:
        return (maps + identity) / (maps + identity).sum(-1, keepdim=True)
    if "columns" in wrong:
        return (maps + identity) / (maps + identity).sum(-2, keepdim=True)
    if "ones" in wrong:
        identity = torch.ones_like(identity)
    if "half_alone" in wrong:
        return 0.5 * maps
    if "identity_whole" in wrong:
        return 0.5 * maps + identity
    if "map_whole" in wrong:
        return maps + 0.5 * identity
    if "first_bare" in wrong:
        return torch.cat([maps[:1], 0.5 * maps[1:] + 0.5 * identity])
    if "first_only" in wrong:
        return torch.cat([0.5 * maps[:1] + 0.5 * identity, maps[1:]])
    share = 0.1 if "less_residual" in wrong else 0.9 if "more_residual" in wrong else 0.5
    return maps + identity if "not_halved" in wrong else (1 - share) * maps + share * identity


def product(layers: Tensor, wrong: Wrong) -> Tensor:
    """Join the layers of (layers, tokens, tokens)."""
    if "last_layer" in wrong:
        return layers[-1]
    if "first_layer" in wrong:
        return layers[0]
    if "mean_layers" in wrong:
        return layers.mean(0)
    if "sum_layers" in wrong:
        return layers.sum(0)
    if "elementwise" in wrong:
        return layers.prod(0)
    if "first_skipped" in wrong:
        layers = layers[1:]
    if "last_skipped" in wrong:
        layers = layers[:-1]
    if "first_twice" in wrong:
        layers = torch.cat([layers[:1], layers])
    if "last_twice" in wrong:
        layers = torch.cat([layers, layers[-1:]])
    if "mean_power" in wrong:
        return torch.linalg.matrix_power(layers.mean(0), len(layers))
    if "maps_transposed" in wrong:
        layers = layers.mT
    flow = torch.eye(layers.shape[-1], dtype=layers.dtype)
    identity, passed = flow, []
    for layer in layers:
        flow = flow @ layer if "order" in wrong else layer @ flow
        if "identity_of_input" in wrong:  # `layer` is the bare map
            flow = 0.5 * flow + 0.5 * identity
        passed.append(flow)
    return torch.stack(passed) if "every_layer" in wrong else flow


def rollout_cases() -> list[Case]:
    def case(*shape: int, seed: int) -> Case:
        return Case(maps=(2 * random_tensor(*shape, shape[-1], seed=seed)).softmax(-1))

    neighbour = torch.eye(4).roll(1, dims=1)  # each token looks at the next one only
    away = torch.stack([neighbour, neighbour.roll(1, dims=1)]).unsqueeze(1)
    still = case(2, 3, 5, seed=43)
    still["maps"][1:] = torch.eye(5)  # the second layer leaves everything as it is
    repeated = case(5, 3, 4, seed=46)
    repeated["maps"][1] = repeated["maps"][0]
    return [
        case(2, 3, 4, seed=40),
        case(3, 2, 3, seed=41),
        case(4, 3, 5, seed=42),
        Case(maps=away.expand(2, 2, 4, 4).clone()),
        repeated,
        still,
        case(2, 1, 4, seed=44),
        case(2, 2, 1, seed=45),
    ]


def shares(case: Case, output: Tensor) -> bool:
    """Say whether every row sums to 1."""
    sums = output.detach().double().sum(-1)
    return agree(sums, torch.ones_like(sums))


def stands_still(case: Case) -> bool:
    """Say whether every layer but the first leaves all tokens as they are."""
    later = case["maps"][1:]
    return torch.equal(later, torch.eye(later.shape[-1]).expand_as(later))


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
            "product turned",
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
            "turned",
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
        Mistake(
            "sum_layers",
            "You add the layers up. They stand one behind the other: what does the second do to "
            "what the first has mixed?",
            "product late",
        ),
        Mistake(
            "first_layer",
            "Your result shows the first layer only. Where do the later ones take their input?",
            "product late",
        ),
        Mistake(
            "last_skipped",
            "The last layer is missing from your product. Where does your loop end?",
            "product",
        ),
        Mistake(
            "first_twice",
            "The first layer comes in twice. With what does the flow start, and with which layer "
            "does your loop?",
            "product",
        ),
        Mistake(
            "min_heads",
            "You take the smallest weight among the heads. How does the formula join them?",
            "heads",
        ),
        Mistake(
            "last_head",
            "Only the last head has a say. Which axis holds the others?",
            "heads",
        ),
        Mistake(
            "identity_whole",
            "The map is halved, the identity is not. What stands before each in the formula?",
            "residual",
        ),
        Mistake(
            "map_whole",
            "The identity is halved, the map is not. What stands before each in the formula?",
            "residual",
        ),
        Mistake(
            "ones",
            "You add a one (or a half) *everywhere*. The identity has ones on its diagonal only: "
            "what keeps a token to itself?",
            "residual",
        ),
        Mistake(
            "columns",
            "You bring the *columns* back to a sum of 1. Whose origin does a row share out?",
            "residual heads",
        ),
        Mistake(
            "half_alone",
            "Every map is halved, and nothing stands for the other half. Which matrix lets each "
            "token keep half of itself?",
            "residual heads late product",
        ),
        Mistake(
            "less_residual",
            "A tenth of each layer is identity in yours. By how much does the formula weigh it?",
            "residual",
        ),
        Mistake(
            "more_residual",
            "Nine tenths of each layer are identity in yours. By how much does the formula weigh "
            "it?",
            "residual",
        ),
        Mistake(
            "first_bare",
            "The first layer goes in without its residual path. Which layers have one?",
            "residual product",
        ),
        Mistake(
            "maps_transposed",
            "It looks as if every map is turned over (`.T`) before it is multiplied, or as if the "
            "product runs the other way and is turned over at the end. Row i of a map says what "
            "token i gathers: does it have to be turned?",
            "product turned late returned",
        ),
        Mistake(
            "mean_power",
            "The layers are averaged, and that one map is multiplied with itself. Every layer has "
            "a map of its own: which of them comes first in the flow?",
            "product late",
        ),
        Mistake(
            "identity_of_input",
            "It looks as if half of the identity is added *after* each product: then the path "
            "round layer 2 begins at the program's input. What does layer 2 add to its output, "
            "that input or what layer 1 gave?",
            "residual product late",
        ),
        Mistake(
            "last_twice",
            "The last layer comes in twice. With what does the flow start, and where does your "
            "loop end?",
            "product",
        ),
        Mistake(
            "every_layer",
            "You return the flow after every layer, one below the other. Which of them is the one "
            "that the exercise asks for?",
            "product returned turned late",
        ),
        Mistake(
            "first_only",
            "Only the first layer has its residual path. Which layers have one?",
            "residual product",
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
        Property(
            "Even where all layers but the first leave every token as it is, yours is not half the "
            "mean of the first layer's heads and half the identity. Is it the mean of the heads, "
            "is it mixed half and half, and does a product with the identity leave it alone?",
            lambda case, output: not stands_still(case) or agree(output, rollout(case["maps"])),
        ),
        Property(
            "One layer is right, several are not: multiply them as matrices, each of them once, "
            "the first one rightmost.",
            lambda case, output: agree(output, rollout(case["maps"])),
        ),
    ),
)
