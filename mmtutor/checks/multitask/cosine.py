"""Do two tasks pull the same way? Traps: a mean over layers, heads, and no lengths."""

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


def gradient_cosine(first: Tensor, second: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: one cosine over all shared weights; the last layer is each task's own."""
    a, b = (chosen(gradient, wrong) for gradient in (first, second))
    if {"heads_in_lengths", "heads_in_dot"} & wrong:
        return spread(half_with_heads(first, second, wrong), wrong)
    return spread(compared(a, b, wrong), wrong)


def half_with_heads(first: Tensor, second: Tensor, wrong: Wrong) -> Tensor:
    """Return a quotient of which one half, the dot product or the lengths, holds the heads."""
    whole, trunks = (first, second), (first[:-1], second[:-1])
    a, b = whole if "heads_in_dot" in wrong else trunks
    x, y = trunks if "heads_in_dot" in wrong else whole
    return divided((a * b).sum(), x.norm() * y.norm())


def chosen(gradient: Tensor, wrong: Wrong) -> Tensor:
    """Return the layers (layer, out, in) that count."""
    ways: dict[str, Callable[[], Tensor]] = {
        "heads_too": lambda: gradient,
        "heads_alone": lambda: gradient[-1:],
        "first_out": lambda: gradient[1:],
        "first_alone": lambda: gradient[:1],
        "last_shared": lambda: gradient[-2:-1],
        "last_row": lambda: gradient[:, :-1],
        "last_column": lambda: gradient[..., :-1],
    }
    return either(ways, wrong, lambda: gradient[:-1])


def compared(a: Tensor, b: Tensor, wrong: Wrong) -> Tensor:
    """Return the cosine of two gradients (layer, out, in), or what people take for it."""
    x, y = a.flatten(), b.flatten()
    dot, lengths = x @ y, x.norm() * y.norm()
    ways: dict[str, Callable[[], Tensor]] = {
        "layers": lambda: ratio(a.flatten(1), b.flatten(1)).mean(),
        "layers_summed": lambda: ratio(a.flatten(1), b.flatten(1)).sum(),
        "rows": lambda: ratio(a, b).mean(),
        "columns": lambda: ratio(a.mT, b.mT).mean(),
        "across_layers": lambda: ratio(a.movedim(0, -1), b.movedim(0, -1)).mean(),
        "median": lambda: ratio(a.flatten(1), b.flatten(1)).median(),
        "summed_first": lambda: ratio(a.flatten(1).sum(1), b.flatten(1).sum(1)),
        "layers_added": lambda: ratio(a.sum(0).flatten(), b.sum(0).flatten()),
        "dot": lambda: dot,
        "mean_product": lambda: (x * y).mean(),
        "by_first": lambda: divided(dot, x.norm()),
        "by_second": lambda: divided(dot, y.norm()),
        "by_first_squared": lambda: divided(dot, x @ x),
        "by_second_squared": lambda: divided(dot, y @ y),
        "by_squares": lambda: divided(dot, lengths**2),
        "by_sum": lambda: divided(dot, x.norm() + y.norm()),
        "by_root": lambda: divided(dot, lengths.sqrt()),
        "hundredth_added": lambda: dot / (lengths + 1e-2),
        "thousandth_added": lambda: dot / (lengths + 1e-3),
        "millionth_added": lambda: dot / (lengths + 1e-6),
        "absolute_lengths": lambda: divided(dot, x.abs().sum() * y.abs().sum()),
        "largest_lengths": lambda: divided(dot, x.abs().amax() * y.abs().amax()),
        "signs": lambda: (x.sign() * y.sign()).mean(),
        "agreeing_signs": lambda: (x.sign() == y.sign()).float().mean(),
        "sign_of_dot": lambda: dot.sign(),
        "centred": lambda: ratio(x - x.mean(), y - y.mean()),
        "nan_if_zero": lambda: dot / lengths,
        "absolute_products": lambda: divided((x * y).abs().sum(), lengths),
    }
    return either(ways, wrong, lambda: ratio(x, y))


def ratio(a: Tensor, b: Tensor) -> Tensor:
    """Return cosines along the last axis, 0 where one of the two is 0 everywhere."""
    return divided((a * b).sum(-1), a.norm(dim=-1) * b.norm(dim=-1))


def divided(a: Tensor, b: Tensor) -> Tensor:
    """Return a / b, and 0 where b is 0."""
    return torch.where(b == 0, torch.zeros_like(a), a / torch.where(b == 0, 1.0, b))


def spread(cosine: Tensor, wrong: Wrong) -> Tensor:
    """Return the cosine, or what people make of it."""
    ways: dict[str, Callable[[], Tensor]] = {
        "absolute": lambda: cosine.abs(),
        "distance": lambda: 1 - cosine,
        "angle": lambda: cosine.clamp(-1, 1).acos(),
        "degrees": lambda: cosine.clamp(-1, 1).acos().rad2deg(),
        "not_negative": lambda: cosine.clamp(min=0),
        "half_way": lambda: (cosine + 1) / 2,
        "squared": lambda: cosine.square(),
        "negated": lambda: -cosine,
    }
    return either(ways, wrong, lambda: cosine)


def cosine_cases() -> list[Case]:
    def case(layers: int, out: int, width: int, seed: int, pull: float = 0.0) -> Case:
        first = random_tensor(layers, out, width, seed=seed)
        second = random_tensor(layers, out, width, seed=seed + 1) + pull * first
        sizes = torch.linspace(0.3, 2.0, layers)[:, None, None]  # layers differ in length
        return Case(first=first * sizes, second=second * sizes.flip(0))

    zero = case(3, 2, 4, 740)
    zero["first"][:2] = 0.0
    other = case(3, 4, 2, 745)
    other["second"][:-1] = 0.0
    half = case(4, 3, 2, 750, 0.5)
    half["first"][1] = 0.0
    loud = case(4, 3, 5, 760)
    loud["first"].view(-1)[0], loud["first"].view(-1)[1] = 25.0, -25.0
    loud["second"].view(-1)[0], loud["second"].view(-1)[1] = 0.0, 28.0
    loud["second"].view(-1)[2], loud["second"].view(-1)[3] = -28.0, 25.0
    loud["first"][2] = loud["first"][0]
    tiny = case(3, 2, 5, 770, 0.4)
    tiny["first"], tiny["second"] = 1e-3 * tiny["first"], 1e-3 * tiny["second"]
    opposed = case(4, 2, 3, 780)
    opposed["second"][:-1] = -2.0 * opposed["first"][:-1]
    return [
        case(2, 2, 3, 700, 0.8),
        case(3, 2, 4, 710, -0.7),
        case(4, 5, 3, 720, 0.5),
        case(5, 1, 6, 730, -0.4),
        case(3, 4, 1, 735, 0.3),
        zero,
        other,
        half,
        loud,
        tiny,
        opposed,
    ]


def right(case: Case) -> Tensor:
    """Return the right cosine."""
    return gradient_cosine(*case.values())


def one_layer(case: Case, output: Tensor) -> bool:
    """Say whether the cosine is right where one layer is shared."""
    return len(case["first"]) != 2 or agree(output, right(case))


def is_a_cosine(case: Case, output: Tensor) -> bool:
    """Say whether it lies between −1 and 1."""
    return bool((output.abs() <= 1 + 1e-4).all())


def zero_if_zero(case: Case, output: Tensor) -> bool:
    """Say whether it is 0 where a task has no gradient on what is shared."""
    none = any(not bool(case[name][:-1].any()) for name in ("first", "second"))
    return not none or agree(output, torch.zeros_like(output))


COSINE = Implement(
    id="multitask.cosine",
    title="Do two tasks pull the same way?",
    difficulty=2,
    minutes=15,
    hints=(
        "A gradient is one arrow in the space of all shared weights. Which numbers belong to it, "
        "and how do you write them as one row?",
        "cos(a, b) = a·b / (‖a‖ ‖b‖), where a and b are all shared weights in one row; 0 where a "
        "length is 0.",
        "first[:-1] is (layer − 1, out, in); flattened it is (weight,). A dot product and two "
        "lengths are one number each.",
        "a, b = first[:-1].flatten(), ...\nlengths = a.norm() * ...\n"
        "if lengths == 0:\n    return torch.tensor(0.0)\nreturn ... / lengths",
    ),
    reference=gradient_cosine,
    cases=cosine_cases,
    mistakes=(
        Mistake(
            "heads_too",
            "The last layer is in it. That is each task's own head: does anybody share it?",
            "which",
        ),
        Mistake(
            "heads_in_lengths",
            "The dot product is over the shared weights, but the lengths are those of all weights, "
            "heads included.",
            "which form",
        ),
        Mistake(
            "heads_in_dot",
            "The lengths are those of the shared weights, but the dot product is over all, heads "
            "included.",
            "which form end",
        ),
        Mistake(
            "heads_alone",
            "That is the last layer alone, the heads. Which layers are shared?",
            "which form",
        ),
        Mistake(
            "first_out",
            "The first layer is left out and the last is in it. Which one is the head?",
            "which",
        ),
        Mistake(
            "first_alone",
            "Only the first layer is compared. Which others are shared?",
            "which form",
        ),
        Mistake(
            "last_shared",
            "Only the last shared layer is compared. Which others are shared?",
            "which form",
        ),
        Mistake(
            "last_row",
            "You cut off the last *row* of each matrix; the head is still in it. Along which axis "
            "do the layers lie?",
            "which form",
        ),
        Mistake(
            "last_column",
            "You cut off the last *column* of each matrix; the head is still in it. Along which "
            "axis do the layers lie?",
            "which form",
        ),
        Mistake(
            "layers",
            "You average one cosine for each layer. Then a layer with hardly any gradient counts "
            "as much as one with a large one. Write all shared weights in one row first.",
            "form",
        ),
        Mistake(
            "layers_summed",
            "You add one cosine for each layer up. Write all shared weights in one row first.",
            "form",
        ),
        Mistake(
            "rows",
            "You average cosines along the last axis, one for each row of a matrix. Write all "
            "shared weights in one row first.",
            "form",
        ),
        Mistake(
            "columns",
            "You average one cosine for each column of a matrix. Write all shared weights in one "
            "row first.",
            "form",
        ),
        Mistake(
            "across_layers",
            "Your cosines run along the first axis, across the layers. Write all shared weights in "
            "one row first.",
            "form",
        ),
        Mistake(
            "median",
            "You take the median of the layers' cosines. Write all shared weights in one row "
            "first.",
            "form end",
        ),
        Mistake(
            "summed_first",
            "You add each layer up to one number before you compare. What becomes of + and −?",
            "form",
        ),
        Mistake(
            "layers_added",
            "You add (or average) the layers before you compare. Are their weights the same ones?",
            "form",
        ),
        Mistake(
            "dot",
            "That is the dot product. A large gradient makes it large: by what is it to be "
            "divided?",
            "form",
        ),
        Mistake(
            "mean_product",
            "That is the mean of the products. By what is their sum to be divided?",
            "form",
        ),
        Mistake(
            "by_first",
            "You divide by the length of the first gradient only.",
            "form",
        ),
        Mistake(
            "by_second",
            "You divide by the length of the second gradient only.",
            "form",
        ),
        Mistake(
            "by_first_squared",
            "You divide by the squared length of the first gradient: that is the factor of a "
            "projection. A cosine needs both lengths.",
            "form",
        ),
        Mistake(
            "by_second_squared",
            "You divide by the squared length of the second gradient: that is the factor of a "
            "projection. A cosine needs both lengths.",
            "form",
        ),
        Mistake(
            "by_squares",
            "You divide by the *squared* lengths. Where is the root?",
            "form",
        ),
        Mistake(
            "by_sum",
            "You divide by the *sum* of the two lengths.",
            "form",
        ),
        Mistake(
            "by_root",
            "You divide by the root of the product of the lengths: one root too many?",
            "form",
        ),
        *(
            Mistake(
                name,
                f"You add {constant} to the product of the lengths. Where gradients are small it "
                "pushes the cosine towards 0. Where alone is there anything to guard?",
                "form which end",
            )
            for name, constant in (
                ("hundredth_added", "0.01"),
                ("thousandth_added", "0.001"),
                ("millionth_added", "0.000001"),
            )
        ),
        Mistake(
            "absolute_lengths",
            "Your lengths are sums of absolute values. Which length does a cosine need?",
            "form",
        ),
        Mistake(
            "largest_lengths",
            "Your lengths are largest absolute values. Which length does a cosine need?",
            "form",
        ),
        Mistake(
            "signs",
            "You compare signs only: a tiny weight counts as much as a large one.",
            "form",
        ),
        Mistake(
            "agreeing_signs",
            "That is the share of weights on which the signs agree. How *large* are they?",
            "form end",
        ),
        Mistake(
            "sign_of_dot",
            "That is only the sign. How much do the two agree?",
            "form end",
        ),
        Mistake(
            "centred",
            "You subtract the mean first: that is a correlation. A gradient's mean is part of it.",
            "form",
        ),
        Mistake(
            "nan_if_zero",
            "Where a task has no gradient at all yours is 0/0, not a number. What does the card "
            "want there?",
            "form which",
        ),
        Mistake(
            "absolute_products",
            "You add absolute products up, so nothing can cancel. When is a cosine negative?",
            "form end",
        ),
        Mistake(
            "absolute",
            "The sign is lost. It is what tells agreement from conflict.",
            "end",
        ),
        Mistake(
            "distance",
            "That is 1 − cosine, a distance. The cosine is asked for.",
            "end",
        ),
        Mistake("angle", "That is the angle. Its cosine is asked for.", "end"),
        Mistake("degrees", "That is the angle in degrees. Its cosine is asked for.", "end"),
        Mistake(
            "not_negative",
            "Below 0 you return 0. A conflict is what the number is to show.",
            "end",
        ),
        Mistake("half_way", "You move it to 0 … 1. The cosine itself is asked for.", "end"),
        Mistake("squared", "You square the cosine. It is asked for as it is.", "end"),
        Mistake(
            "negated",
            "The sign is turned: two gradients of one direction have the cosine 1.",
            "end",
        ),
    ),
    properties=(
        Property("A cosine lies between −1 and 1; yours does not.", is_a_cosine),
        Property(
            "Where a task has no gradient on what is shared it should be 0, and is not.",
            zero_if_zero,
        ),
        Property(
            "You are wrong where only *one* layer is shared: then there is nothing to average. "
            "Which weights are in it, a dot product, two lengths, and what is done with them: "
            "which of these is off?",
            one_layer,
        ),
        Property(
            "With one shared layer all is right. Where there are several: are all their weights in "
            "one row, each once?",
            lambda case, output: agree(output, right(case)),
        ),
    ),
)
