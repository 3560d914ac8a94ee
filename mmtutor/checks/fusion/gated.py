"""A gate for every feature. Traps: what is left for the second side, and what the gate reads."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
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
from mmtutor.checks.fusion.shared import between


def gated(x1: Tensor, x2: Tensor, weight: Tensor, bias: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: `g = σ(W [x1; x2] + b)`, `z = g ⊙ x1 + (1 − g) ⊙ x2`."""
    g = gate(read(x1, x2, weight, wrong), bias, wrong)
    if "one_for_batch" in wrong:
        g = g.mean(0, keepdim=True)
    if "one_gate" in wrong or "one_number" in wrong:
        g = g.mean(1, keepdim=True) if "one_gate" in wrong else g.mean()
    if "bent" in wrong:
        x1, x2 = x1.tanh(), x2.tanh()
    return mixed(g, x1, x2, wrong)


def read(x1: Tensor, x2: Tensor, weight: Tensor, wrong: Wrong) -> Tensor:
    """Return what the gate makes of the two inputs before bias and sigmoid: (batch, width)."""
    width = x1.shape[1]
    if "from_x1" in wrong:
        return x1 @ weight[:, :width].T
    if "from_x2" in wrong:
        return x2 @ weight[:, width:].T
    if "added_up" in wrong:
        return (x1 + x2) @ weight[:, :width].T
    if "cat_axis" in wrong:
        return weight @ torch.cat([x1, x2], 0)
    pair = torch.cat([x2, x1] if "order" in wrong else [x1, x2], 1)
    if "interleaved" in wrong:
        pair = torch.stack([x1, x2], 2).flatten(1)
    return pair @ (weight.reshape(2 * width, width) if "reshaped" in wrong else weight.T)


def gate(signal: Tensor, bias: Tensor, wrong: Wrong) -> Tensor:
    """Turn a signal into a gate."""
    if "bias_outside" in wrong:
        return signal.sigmoid() + bias
    sign = 0 if "no_bias" in wrong else -1 if "bias_minus" in wrong else 1
    signal = signal + sign * bias
    if "one_signal" in wrong:
        signal = signal.mean(1, keepdim=True)
    ways: dict[str, Callable[[], Tensor]] = {
        "raw": lambda: signal,
        "tanh": signal.tanh,
        "relu": signal.relu,
        "softmax": lambda: signal.softmax(1),
        "hard": lambda: (signal > 0).to(signal),
        "clipped": lambda: signal.clamp(0, 1),
        "steep": lambda: (2 * signal).sigmoid(),
        "squared": lambda: signal.sigmoid() ** 2,
        "hard_sigmoid": lambda: F.hardsigmoid(signal),
        "twice": lambda: signal.sigmoid().sigmoid(),
    }
    return next((way() for name, way in ways.items() if name in wrong), signal.sigmoid())


def mixed(g: Tensor, x1: Tensor, x2: Tensor, wrong: Wrong) -> Tensor:
    """Let two modalities through a gate, in one of the ways that people try."""
    ways: dict[str, Callable[[], Tensor]] = {
        "x2_whole": lambda: g * x1 + x2,
        "x1_whole": lambda: x1 + (1 - g) * x2,
        "residual": lambda: x1 + g * x2,
        "away": lambda: x1 + g * (x1 - x2),
        "x1_again": lambda: x1 + g * x1 + (1 - g) * x2,
        "swapped": lambda: (1 - g) * x1 + g * x2,
        "plus": lambda: g * x1 + (1 + g) * x2,
        "both": lambda: g * (x1 + x2),
        "rest_both": lambda: (1 - g) * (x1 + x2),
        "bracket": lambda: g * x1 + 1 - g * x2,
        "minus": lambda: g * x1 - (1 - g) * x2,
        "x1_only": lambda: g * x1,
        "halved": lambda: (g * x1 + (1 - g) * x2) / 2,
        "gate": lambda: g,
    }
    return next((way() for name, way in ways.items() if name in wrong), g * x1 + (1 - g) * x2)


def gated_cases() -> list[Case]:
    def case(batch: int, width: int, seed: int) -> Case:
        return Case(
            x1=random_tensor(batch, width, seed=seed),
            x2=random_tensor(batch, width, seed=seed + 1),
            weight=random_tensor(width, 2 * width, seed=seed + 2),
            bias=random_tensor(width, seed=seed + 3),
        )

    idle = case(4, 2, seed=230)
    idle["weight"], idle["bias"] = torch.zeros(2, 4), torch.zeros(2)
    loud, sharp = case(4, 5, seed=270), case(4, 5, seed=280)
    loud["weight"] = 0.03 * loud["weight"]
    for name in ("x1", "x2"):
        loud[name], sharp[name] = 40 * loud[name], 0.1 * sharp[name]
        loud[name][-1] = 0.0
    sharp["x1"][1] = sharp["x1"][0]
    sharp["weight"], sharp["bias"] = 40 * sharp["weight"], 20 * sharp["bias"]
    ordinary = [case(1, 2, 200), case(2, 3, 210), case(3, 3, 220), case(4, 2, 225)]
    return [*ordinary, idle, case(4, 5, 240), case(3, 1, 250), loud, sharp, biased(case(4, 5, 290))]


def biased(case: Case) -> Case:
    """Return a case in which the bias outweighs all that is read."""
    case["bias"] = torch.tensor([25.0, -25.0, 22.0, -24.0, 0.0])
    case["weight"] = 8 * case["weight"]
    return case


def lies_between_the_two(case: Case, output: Tensor) -> bool:
    """Say whether every number lies between those of the two modalities."""
    x1, x2 = case["x1"], case["x2"]
    return between(torch.minimum(x1, x2), output, torch.maximum(x1, x2))


def idle_is_the_mean(case: Case, output: Tensor) -> bool:
    """Say whether a gate of zeros is half open for everybody."""
    idle = not case["weight"].any() and not case["bias"].any()
    return not idle or agree(output, (case["x1"] + case["x2"]) / 2)


ALONE = "mix gate bias read spread bent"
"""Every group: a mistake of all of them is never paired."""

GATED = Implement(
    id="fusion.gated",
    title="A gate for every feature",
    difficulty=2,
    minutes=15,
    hints=(
        "The gate is a small layer that sees both modalities. It says for every feature how much "
        "of the first comes through. What is left for the second, if the shares sum to 1?",
        "g = σ(W [x1; x2] + b), then z = g ⊙ x1 + (1 − g) ⊙ x2. [ ; ] puts two vectors one after "
        "the other, ⊙ multiplies number by number.",
        "[x1; x2]: (batch, 2 · width). `weight` is (out, in) = (width, 2 · width), as `nn.Linear` "
        "keeps it, so it must be turned (`weight.T`) before [x1; x2] is multiplied by it; as it "
        'stands you get "shapes cannot be multiplied". g and z: (batch, width).',
        "both = torch.cat([..., ...], dim=...)\ng = (both @ ... + ...)....()\n"
        "return g * ... + (...) * ...",
    ),
    reference=gated,
    cases=gated_cases,
    mistakes=(
        Mistake(
            "x2_whole",
            "The gate holds back x1 only, and x2 passes whole. Where the gate lets x1 in, what "
            "should become of x2?",
            "mix",
        ),
        Mistake(
            "x1_whole",
            "The gate holds back x2 only, and x1 passes whole. Which factor stands before x1 in "
            "the formula?",
            "mix",
        ),
        Mistake(
            "residual",
            "Your x1 passes whole and x2 is added through the gate. What stands before each of the "
            "two in the formula?",
            "mix",
        ),
        Mistake(
            "away",
            "Your z moves away from x2 as the gate closes or opens: the difference is added to the "
            "wrong one of the two. At g = 1 and at g = 0, what should z be?",
            ALONE,
        ),
        Mistake(
            "x1_again",
            "x1 is added once more to the mixture. Does a residual stand in the formula?",
            ALONE,
        ),
        Mistake(
            "swapped",
            "Where your gate is open (near 1), x2 comes through. Whom does g let in in the "
            "formula?",
            "mix",
        ),
        Mistake(
            "plus",
            "The two shares do not sum to 1: opening for x1 opens for x2, too. Which sign stands "
            "in the bracket?",
            "mix",
        ),
        Mistake(
            "both",
            "One gate opens for both alike. What should happen to x2 while x1 is let in?",
            "mix",
        ),
        Mistake(
            "rest_both",
            "What the gate leaves is taken of both alike. Which of the two is multiplied by g in "
            "the formula?",
            ALONE,
        ),
        Mistake(
            "bracket",
            "A bracket is missing: Python reads `1 - g * x2` as one minus a product. What should "
            "be subtracted before x2 is multiplied?",
            "mix",
        ),
        Mistake(
            "minus",
            "You subtract the second modality. Which sign stands between the two in the formula?",
            "mix",
        ),
        Mistake(
            "x1_only",
            "Only x1 comes through your gate, and the second modality is lost. What fills the "
            "space that the gate leaves?",
            "mix",
        ),
        Mistake(
            "halved",
            "You halve the mixture. What do g and 1 − g sum to already?",
            "mix",
        ),
        Mistake(
            "gate",
            "You return the gate itself. What does it open for?",
            "mix bent",
        ),
        Mistake(
            "tanh",
            "Your gate is a tanh: it reaches down to -1, and then x1 comes in with the wrong sign. "
            "Between which numbers does a share lie?",
            "gate",
        ),
        Mistake(
            "softmax",
            "Your gate is a softmax over the features: they compete, and if one is open the others "
            "are shut. How many features may be open at once?",
            "gate spread",
        ),
        Mistake(
            "raw",
            "Nothing keeps your gate between 0 and 1. Which function does the formula put around "
            "the bracket?",
            "gate bias",
        ),
        Mistake(
            "relu",
            "Your gate is a ReLU: nothing keeps it below 1. Between which numbers does a share "
            "lie?",
            "gate",
        ),
        Mistake(
            "twice",
            "Your gate went through two sigmoids, so it is never less than half open. What comes "
            "out of a sigmoid for 0, the smallest that the first one gives?",
            "gate",
        ),
        Mistake(
            "hard",
            "Your gate is either open or shut. How could it be trained, and which function opens "
            "it little by little?",
            "gate",
        ),
        Mistake(
            "clipped",
            "You cut what W makes off at 0 and 1. Which function comes near 0 and 1 and never "
            "gets there?",
            ALONE,
        ),
        Mistake(
            "steep",
            "Your gate is twice as steep: (1 + tanh(t)) / 2 is σ(2t). What is σ(t)?",
            ALONE,
        ),
        Mistake(
            "squared",
            "Your gate is squared, so it is less open than it should be. How often is x1 "
            "multiplied by g?",
            ALONE,
        ),
        Mistake(
            "hard_sigmoid",
            "Your gate is a hard sigmoid, three straight lines. Which curve is meant by σ?",
            ALONE,
        ),
        Mistake(
            "bias_minus",
            "You subtract the bias. Which sign stands before b?",
            "bias",
        ),
        Mistake(
            "no_bias",
            "The bias has no effect. Where does the formula add it?",
            "bias",
        ),
        Mistake(
            "bias_outside",
            "You add the bias after the sigmoid, so your gate leaves the range from 0 to 1. Where "
            "does the bracket of σ close?",
            "bias gate",
        ),
        Mistake(
            "order",
            "Your gate reads the second modality first. Which half of W belongs to x1?",
            "read",
        ),
        Mistake(
            "interleaved",
            "Your gate reads the two modalities by turns, a feature of x1, a feature of x2 and so "
            "on. What does [x1; x2] say of the order?",
            "read",
        ),
        Mistake(
            "from_x1",
            "Your gate sees only x1. How could it notice that x2 is the better witness?",
            "read",
        ),
        Mistake(
            "from_x2",
            "Your gate sees only x2. How could it notice that x1 is the better witness?",
            "read",
        ),
        Mistake(
            "added_up",
            "Your gate reads the sum of the two modalities. What do the brackets and the semicolon "
            "of [x1; x2] say, and how wide is it?",
            "read",
        ),
        Mistake(
            "cat_axis",
            "You put x2 *under* x1, as if the batch were twice as large; only where the batch is "
            "as large as the width do the shapes fit. Along which axis do the features lie?",
            "read",
        ),
        Mistake(
            "reshaped",
            "You reshaped W until it fitted. That shuffles its numbers: they keep their reading "
            "order and change their rows. Which operation turns rows into columns?",
            "read",
        ),
        Mistake(
            "one_gate",
            "One gate serves for all features. How many numbers does W make for an example?",
            "spread",
        ),
        Mistake(
            "one_for_batch",
            "All examples of the batch share one gate. Whom should an example's gate look at?",
            ALONE,
        ),
        Mistake(
            "one_signal",
            "You average what W makes of an example before the sigmoid, so that all features have "
            "one gate. How many numbers does W make, and how many features are there?",
            "spread bias",
        ),
        Mistake(
            "one_number",
            "One number serves as the gate of the whole batch. What should an example with a noisy "
            "picture do differently from its neighbour?",
            "spread",
        ),
        Mistake(
            "bent",
            "You bend the features with a tanh before they are mixed. The paper's unit does, but "
            "what does the formula of this exercise mix?",
            "bent",
        ),
    ),
    properties=(
        Property(
            "With a weight and a bias of zeros the gate is half open, so z is the mean of the two; "
            "yours is another.",
            idle_is_the_mean,
        ),
        Property(
            "g and 1 − g are shares of 1, so every number of z lies between those of x1 and x2; "
            "somewhere yours does not.",
            lies_between_the_two,
        ),
    ),
)
