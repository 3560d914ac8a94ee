"""A layer with a low-rank detour, and the same folded in. Traps: α/r, the bias, merged twice."""

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

Pair = tuple[Tensor, Tensor]


def lora(
    x: Tensor,
    weight: Tensor,
    bias: Tensor,
    down: Tensor,
    up: Tensor,
    alpha: float,
    wrong: Wrong = RIGHT,
) -> Pair:
    """Reference: x Wᵀ + b + α/r x AᵀBᵀ, and W + α/r BA."""
    scale = factor(weight, down, alpha, wrong)
    if "first_rank" in wrong:
        down, up = down[:1], up[:, :1]
    detour = scale * (narrow(x @ down.T, wrong) @ up.T)
    change = scale * (up @ down)
    if "up_twice" in wrong:
        detour, change = 2 * detour, 2 * change
    output = forward(x, weight, bias, detour, scale, wrong)
    merged = folded(weight, change, scale, wrong)
    if "forward_by_merged_twice" in wrong:
        output = x @ merged.T + bias + detour
    return output, merged


def narrow(inner: Tensor, wrong: Wrong) -> Tensor:
    """Return what goes through the narrow place (example, rank), or what is made of it."""
    ways: dict[str, Callable[[], Tensor]] = {
        "between_relu": lambda: inner.relu(),
        "between_gelu": lambda: torch.nn.functional.gelu(inner),
        "between_tanh": lambda: inner.tanh(),
    }
    return either(ways, wrong, lambda: inner)


def factor(weight: Tensor, down: Tensor, alpha: float, wrong: Wrong) -> float:
    """Return by which number the detour is multiplied."""
    rank, (out, width) = len(down), weight.shape
    ways: dict[str, Callable[[], float]] = {
        "no_scale": lambda: 1.0,
        "alpha_alone": lambda: alpha,
        "one_over_rank": lambda: 1 / rank,
        "turned": lambda: rank / alpha,
        "times_rank": lambda: alpha * rank,
        "root_of_rank": lambda: alpha / math.sqrt(rank),
        "twice_scaled": lambda: (alpha / rank) ** 2,
        "root_of_scale": lambda: math.sqrt(alpha / rank),
        "by_width": lambda: alpha / width,
        "by_out": lambda: alpha / out,
        "whole_division": lambda: alpha // rank,
        "rank_and_one": lambda: alpha / (rank + 1),
        "over_rank_twice": lambda: alpha / rank**2,
        "by_count": lambda: alpha / down.numel(),
        "rank_plus_alpha": lambda: alpha / (rank + alpha),
        "halved": lambda: alpha / rank / 2,
        "subtracted": lambda: -alpha / rank,
    }
    return either(ways, wrong, lambda: alpha / rank)


def forward(
    x: Tensor, weight: Tensor, bias: Tensor, detour: Tensor, scale: float, wrong: Wrong
) -> Tensor:
    """Return what the layer gives."""
    plain = x @ weight.T + bias
    bare = detour / scale
    ways: dict[str, Callable[[], Tensor]] = {
        "output_plain": lambda: plain,
        "output_detour": lambda: detour,
        "output_detour_biased": lambda: detour + bias,
        "output_no_bias": lambda: x @ weight.T + detour,
        "output_bias_twice": lambda: plain + detour + bias,
        "output_bias_scaled": lambda: x @ weight.T + detour + scale * bias,
        "output_all_scaled": lambda: scale * (plain + bare),
        "output_plain_scaled": lambda: scale * plain + bare,
        "output_no_scale": lambda: plain + bare,
        "output_scaled_again": lambda: plain + scale * detour,
        "output_minus": lambda: plain - detour,
        "output_bent": lambda: plain + detour.relu(),
        "output_times": lambda: plain * (1 + detour),
    }
    return either(ways, wrong, lambda: plain + detour)


def folded(weight: Tensor, change: Tensor, scale: float, wrong: Wrong) -> Tensor:
    """Return the merged weight."""
    bare = change / scale
    ways: dict[str, Callable[[], Tensor]] = {
        "merged_plain": lambda: weight,
        "merged_change": lambda: change,
        "merged_twice": lambda: weight + 2 * change,
        "merged_no_scale": lambda: weight + bare,
        "merged_scaled_again": lambda: weight + scale * change,
        "merged_all_scaled": lambda: scale * (weight + bare),
        "merged_weight_scaled": lambda: scale * weight + bare,
        "merged_minus": lambda: weight - change,
        "merged_turned": lambda: (weight + change).T,
        "merged_times": lambda: weight * change,
    }
    return either(ways, wrong, lambda: weight + change)


def lora_cases() -> list[Case]:
    def case(
        examples: int, width: int, out: int, rank: int, alpha: float, seed: int, size: float = 1.0
    ) -> Case:
        return Case(
            x=random_tensor(examples, width, seed=seed),
            weight=random_tensor(out, width, seed=seed + 1),
            bias=random_tensor(out, seed=seed + 2),
            down=size * random_tensor(rank, width, seed=seed + 3),
            up=random_tensor(out, rank, seed=seed + 4),
            alpha=alpha,
        )

    start = case(3, 5, 4, 2, 8.0, 1660)
    start["up"][:] = 0.0  # as training begins
    loud = case(4, 3, 6, 2, 3.0, 1680)
    loud["x"].view(-1)[0], loud["x"].view(-1)[1], loud["x"].view(-1)[2] = 25.0, -25.0, 0.0
    loud["x"][3] = loud["x"][2]
    loud["bias"][0], loud["bias"][1], loud["bias"][2] = 28.0, -28.0, 0.0
    loud["bias"][4] = loud["bias"][3]
    heavy = case(5, 3, 4, 2, 5.0, 1690)
    for name in ("weight", "down", "up"):
        heavy[name].view(-1)[0], heavy[name].view(-1)[1] = 25.0, -25.0
        heavy[name].view(-1)[2] = 0.0
        heavy[name][1] = heavy[name][0]
    return [
        case(2, 3, 4, 2, 3.0, 1600),
        case(5, 4, 3, 2, 7.0, 1610),
        case(3, 6, 2, 4, 1.0, 1620),
        case(1, 5, 3, 1, 2.5, 1630),
        case(4, 1, 3, 2, 9.0, 1635),
        case(3, 4, 1, 3, 2.0, 1640),
        case(6, 5, 4, 3, 30.0, 1645),
        case(4, 2, 3, 5, 0.0005, 1650, 900.0),  # a rank above the width is allowed
        start,
        loud,
        heavy,
    ]


def right(case: Case) -> Pair:
    """Return the right output and merged weight."""
    return lora(*case.values())


def begins_unchanged(case: Case, output: Pair) -> bool:
    """Say whether the layer is the old one where B is 0."""
    old = case["x"] @ case["weight"].T + case["bias"]
    return bool(case["up"].any()) or (
        agree(output[0], old) and agree(output[1].float(), case["weight"])
    )


def merged_gives_the_same(case: Case, output: Pair) -> bool:
    """Say whether the merged weight gives the output."""
    if output[1].shape != case["weight"].shape:
        return False
    wanted = case["x"] @ output[1].float().T + case["bias"]
    return agree(output[0].float() / (1 + wanted.abs()), wanted / (1 + wanted.abs()))


def output_is_right(case: Case, output: Pair) -> bool:
    """Say whether the first of the two is right."""
    wanted = right(case)[0]
    return agree(output[0] / (1 + wanted.abs()), wanted / (1 + wanted.abs()))


LORA = Implement(
    id="transfer.lora",
    title="A low-rank detour",
    difficulty=2,
    minutes=15,
    hints=(
        "Go the detour alone first: from x through A, then through B. By which number is it "
        "multiplied, and what is it added to?",
        "output = x Wᵀ + b + α/r · (x Aᵀ) Bᵀ; merged = W + α/r · B A.",
        "x @ down.T is (example, rank), and @ up.T makes it (example, out). up @ down is "
        "(out, in), like the weight.",
        "scale = alpha / len(...)\noutput = x @ weight.T + bias + scale * (x @ ... @ ...)\n"
        "merged = weight + scale * (... @ ...)\nreturn output, merged",
    ),
    reference=lora,
    cases=lora_cases,
    mistakes=(
        Mistake(
            "no_scale",
            "α/r is forgotten. By what is the detour to be multiplied?",
            "scale out merge",
        ),
        Mistake("alpha_alone", "The detour is multiplied by α. And r?", "scale"),
        Mistake(
            "one_over_rank",
            "You divide by r, or average over it, but where is α?",
            "scale",
        ),
        Mistake("turned", "That is r/α. The card has α/r.", "scale"),
        Mistake("times_rank", "You multiply by r. The card divides.", "scale"),
        Mistake(
            "root_of_rank",
            "You divide α by the *root* of r. (That exists and is called rsLoRA. The card has "
            "α/r.)",
            "scale",
        ),
        Mistake(
            "twice_scaled",
            "The detour is scaled twice: once on the way down and once up?",
            "scale out merge",
        ),
        Mistake("root_of_scale", "You take the root of α/r.", "scale"),
        Mistake(
            "by_width",
            "You divide α by the number of inputs. Which axis of `down` is the rank?",
            "scale",
        ),
        Mistake(
            "by_out",
            "You divide α by the number of outputs. Which axis of `up` is the rank?",
            "scale",
        ),
        Mistake(
            "whole_division",
            "α // r cuts off what comes after the point. Divide with `/`.",
            "scale",
        ),
        Mistake(
            "over_rank_twice",
            "You divide by r twice (a mean over the rank, too?).",
            "scale",
        ),
        Mistake(
            "by_count",
            "You divide α by the number of *all* entries of A. Which axis of `down` is the rank?",
            "scale",
        ),
        Mistake(
            "rank_plus_alpha",
            "You divide α by r + α. The card divides by r.",
            "scale",
        ),
        Mistake(
            "halved",
            "The detour is half of what it should be.",
            "scale out merge",
        ),
        Mistake(
            "first_rank",
            "Only the first row of A and the first column of B are used. The detour has r of them.",
            "scale out merge",
        ),
        Mistake("rank_and_one", "You divide by r + 1.", "scale"),
        Mistake("subtracted", "You subtract the detour.", "scale out merge"),
        Mistake("up_twice", "The detour counts twice.", "scale out merge"),
        Mistake(
            "forward_by_merged_twice",
            "In your output the detour counts twice: does x go through the merged weight *and* "
            "through the detour?",
            "out merge",
        ),
        Mistake(
            "output_plain",
            "Your output is that of the frozen layer alone.",
            "out",
        ),
        Mistake(
            "output_detour",
            "Your output is the detour alone. Where is the frozen layer?",
            "out",
        ),
        Mistake(
            "output_detour_biased",
            "Your output is the detour and the bias. Where is the frozen weight?",
            "out",
        ),
        Mistake("output_no_bias", "The bias is missing in the output.", "out"),
        Mistake("output_bias_twice", "The bias is added twice.", "out"),
        Mistake(
            "output_bias_scaled",
            "In the output the bias is multiplied by α/r. To what does the factor belong?",
            "out scale",
        ),
        Mistake(
            "output_all_scaled",
            "In the output α/r multiplies the frozen layer, too. To what does it belong?",
            "out scale",
        ),
        Mistake(
            "output_plain_scaled",
            "In the output α/r multiplies the frozen layer in place of the detour.",
            "out scale",
        ),
        Mistake(
            "output_no_scale",
            "α/r is in the merged weight but not in the output.",
            "out scale",
        ),
        Mistake(
            "output_scaled_again",
            "In the output the detour is multiplied by α/r twice.",
            "out scale",
        ),
        Mistake("output_minus", "In the output the detour is subtracted.", "out scale"),
        Mistake(
            "between_relu",
            "A ReLU stands between A and B. LoRA has nothing there: else it could not be merged.",
            "out scale",
        ),
        Mistake(
            "between_gelu",
            "A GELU stands between A and B. LoRA has nothing there: else it could not be merged.",
            "out scale",
        ),
        Mistake(
            "between_tanh",
            "A tanh stands between A and B. LoRA has nothing there: else it could not be merged.",
            "out scale",
        ),
        Mistake(
            "output_bent",
            "Something cuts the detour off below 0. It is two matrices and nothing between or "
            "after.",
            "out scale",
        ),
        Mistake("output_times", "You multiply by the detour. Add it.", "out scale"),
        Mistake(
            "merged_plain",
            "Nothing is merged: the second thing that comes back is the frozen weight.",
            "merge",
        ),
        Mistake(
            "merged_change",
            "The second thing that comes back is the change alone. What is it added to?",
            "merge",
        ),
        Mistake(
            "merged_twice",
            "The change is merged twice.",
            "merge scale",
        ),
        Mistake(
            "merged_no_scale",
            "α/r is in the output but not in the merged weight.",
            "merge scale",
        ),
        Mistake(
            "merged_scaled_again",
            "In the merged weight α/r is multiplied twice.",
            "merge scale",
        ),
        Mistake(
            "merged_all_scaled",
            "In the merged weight α/r multiplies W, too. To what does it belong?",
            "merge scale",
        ),
        Mistake(
            "merged_weight_scaled",
            "In the merged weight α/r multiplies W in place of the change.",
            "merge scale",
        ),
        Mistake("merged_minus", "In the merged weight the change is subtracted.", "merge scale"),
        Mistake(
            "merged_turned",
            "The merged weight is transposed: it should be (out, in), as W is.",
            "merge",
        ),
        Mistake("merged_times", "You multiply W by the change. Add it.", "merge scale"),
    ),
    properties=(
        Property(
            "Where B is 0, as training begins, the layer should be the old one; yours is not.",
            begins_unchanged,
        ),
        Property(
            "Where B is 0 your layer is the old one, but the detour in your output is off: x "
            "through all of A, then through all of B, and by which number is it multiplied?",
            output_is_right,
        ),
        Property(
            "Your output is right, but x through your merged weight, with the bias, does not give "
            "it.",
            merged_gives_the_same,
        ),
    ),
)
