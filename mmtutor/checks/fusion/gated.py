"""The exercises of lesson 06, fusion."""

from collections.abc import Callable
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmtutor import fusion
from mmtutor.checks.engine.exercise import (
    Case,
    FindTheBug,
    Implement,
    Measure,
    Mistake,
    Predict,
    Property,
    Wrong,
    random_tensor,
)
from mmtutor.datasets.paired import RULES, Pairs, Setting, make_pairs
from mmtutor.training import predict, seed_everything

RIGHT: Wrong = frozenset()


def agree(a: Tensor, b: Tensor) -> bool:
    """Say whether two tensors have one shape and the same numbers, within float32's precision."""
    return a.shape == b.shape and torch.allclose(a.double(), b.double(), atol=1e-4)


def between(low: Tensor, x: Tensor, high: Tensor) -> bool:
    """Say whether every number lies between two others."""
    return bool(((low - 1e-4 <= x) & (x <= high + 1e-4)).all())


# ------------------------------------------------------------------ a weighted average


def weighted_average(features: Tensor, scores: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: `Σ_i w_i x_i` with `w = softmax(scores)`."""
    weighed = features * lined_up(weights_of(scores, features, wrong), wrong)
    if "kept" in wrong:
        return weighed
    if "wrong_sum" in wrong:
        return weighed.sum(1)
    result = weighed.mean(0) if "divided_again" in wrong else weighed.sum(0)
    return result.mean(0) if "batch" in wrong else result


def weights_of(scores: Tensor, features: Tensor, wrong: Wrong) -> Tensor:
    """Return a weight for every modality, in one of the ways that people try."""
    ways: dict[str, Callable[[], Tensor]] = {
        "raw": lambda: scores,
        "not_divided": lambda: scores.exp(),
        "sigmoid": lambda: scores.sigmoid(),
        "sigmoid_shared": lambda: scores.sigmoid() / scores.sigmoid().sum(),
        "by_sum": lambda: scores / scores.sum(),
        "by_size": lambda: scores.abs() / scores.abs().sum(),
        "plain": lambda: torch.full_like(scores, 1 / len(scores)),
        "whole": lambda: torch.ones_like(scores),
        "largest": lambda: F.one_hot(scores.argmax(), len(scores)).to(scores),
        "squared": lambda: scores.softmax(0) ** 2,
        "turned": lambda: (-scores).softmax(0),
        "logarithm": lambda: scores.log_softmax(0),
        "by_root": lambda: (scores / features.shape[-1] ** 0.5).softmax(0),
        "twice": lambda: scores.softmax(0).softmax(0),
        "first_two": lambda: scores.softmax(0) * (torch.arange(len(scores)) < 2),
        "two_shares": lambda: two_shares(scores.softmax(0)[0], len(scores)),
        "of_features": lambda: (scores.view(-1, 1, 1) * features).softmax(0),
    }
    return next((way() for name, way in ways.items() if name in wrong), scores.softmax(0))


def two_shares(first: Tensor, count: int) -> Tensor:
    """Return the first modality's weight, the rest for the second, and nothing for the others."""
    return F.pad(torch.stack([first, 1 - first]), (0, count - 2))


def lined_up(weights: Tensor, wrong: Wrong) -> Tensor:
    """Return weights (modality,) as (modality, 1, 1), or with too few new axes."""
    if weights.ndim == 3 or "no_axes" in wrong:
        return weights
    return weights.unsqueeze(-1) if "one_axis" in wrong else weights.view(-1, 1, 1)


def average_cases() -> list[Case]:
    def case(batch: int, width: int, scores: list[float], seed: int) -> Case:
        features = random_tensor(len(scores), batch, width, seed=seed)
        return Case(features=features, scores=torch.tensor(scores))

    return [
        case(1, 3, [1.0, 0.2], seed=0),
        case(4, 2, [0.5, -1.0, 1.5], seed=10),
        case(2, 3, [0.3, 2.0, -0.4], seed=20),
        case(3, 4, [-0.6, -1.3, 0.2], seed=30),
        case(3, 5, [0.7, 0.7, 0.7, 0.7], seed=40),
    ]


def lies_among_modalities(case: Case, output: Tensor) -> bool:
    """Say whether every number lies between the modalities' smallest and largest."""
    return between(case["features"].amin(0), output, case["features"].amax(0))


def equal_scores_give_the_mean(case: Case, output: Tensor) -> bool:
    """Say whether nobody is preferred where all scores are equal."""
    return len(case["scores"].unique()) > 1 or agree(output, case["features"].mean(0))


AVERAGE = Implement(
    id="fusion.weighted_average",
    title="A weighted average",
    difficulty=1,
    minutes=10,
    hints=(
        "Two steps. First turn the scores into weights: positive, with the sum 1. Which function "
        "of lesson 01 does that? Then multiply each modality by its weight and add up.",
        "w_i = exp(s_i) / Σ_j exp(s_j), and z = Σ_i w_i x_i.",
        "scores (modality,) → weights (modality,) → (modality, 1, 1). Times features (modality, "
        "batch, width), summed over the modalities: (batch, width).",
        "weights = scores....(dim=...)\nreturn (weights.view(..., 1, 1) * features).sum(dim=...)",
    ),
    reference=weighted_average,
    cases=average_cases,
    mistakes=(
        Mistake(
            "raw",
            "Your weights are the scores themselves: some are negative, and they sum to anything. "
            "What turns scores into positive numbers with the sum 1?",
            "weight",
        ),
        Mistake(
            "not_divided",
            "Your weights are positive, but they do not sum to 1. What stands below the line of "
            "the softmax?",
            "weight",
        ),
        Mistake(
            "sigmoid",
            "Your weights are sigmoids: each lies between 0 and 1, but do they sum to 1? Which "
            "function lets the modalities share?",
            "weight",
        ),
        Mistake(
            "sigmoid_shared",
            "You divide sigmoids by their sum. The weights sum to 1, but a score of 5 hardly "
            "counts more than one of 3. Which function does the softmax use to make scores "
            "positive?",
            "weight",
        ),
        Mistake(
            "by_sum",
            "You divide the scores by their sum. What becomes of the weights when the scores are 1 "
            "and -1?",
            "weight",
        ),
        Mistake(
            "by_size",
            "You take the scores' absolute values, so that a score of -2 counts as much as one of "
            "2. Which function makes positive numbers and keeps their order?",
            "weight",
        ),
        Mistake(
            "plain",
            "Every modality has the same weight in your version. Which argument has no say?",
            "weight divided",
        ),
        Mistake(
            "whole",
            "You add up the modalities whole, as if every weight were 1. If you did call softmax: "
            "how many numbers lie along the axis that it runs over?",
            "weight divided reduce",
        ),
        Mistake(
            "largest",
            "Only the modality with the largest score reaches your result. How much weight has "
            "the second largest after a softmax?",
            "weight",
        ),
        Mistake(
            "squared",
            "Your weights are squared, so they sum to less than 1. Do you multiply by the weights "
            "twice?",
            "weight",
        ),
        Mistake(
            "turned",
            "The modality with the largest score gets the smallest weight. Where does a minus come "
            "from?",
            "weight",
        ),
        Mistake(
            "logarithm",
            "Your weights are negative: they are logarithms of weights. Which of the two functions "
            "`softmax` and `log_softmax` makes weights?",
            "weight",
        ),
        Mistake(
            "by_root",
            "You divide the scores by the root of the width, as attention does. Are these scores "
            "dot products?",
            "weight",
        ),
        Mistake(
            "twice",
            "Your weights went through a softmax twice, which makes them nearly equal. Once they "
            "sum to 1, what is left to do?",
            "weight",
        ),
        Mistake(
            "first_two",
            "Only the first two modalities reach your result. What if there are three or more?",
            "weight",
        ),
        Mistake(
            "two_shares",
            "The second modality gets all that the first leaves, which is right for two. What if "
            "there are three or more?",
            "weight",
        ),
        Mistake(
            "of_features",
            "Your softmax sees the features, too: each number of each example gets weights of its "
            "own. On what do the weights of this exercise depend?",
            "weight axes",
        ),
        Mistake(
            "no_axes",
            "Shapes are lined up from the right, so your weights (modality,) meet the *features* "
            "(width,), and only by luck do the sizes fit. Where do they need new axes?",
            "axes",
        ),
        Mistake(
            "one_axis",
            "Shapes are lined up from the right, so your weights (modality, 1) meet (batch, width):"
            " every *example* gets a weight, where the sizes fit. How many axes are missing?",
            "axes",
        ),
        Mistake(
            "divided_again",
            "You weigh the modalities and then take their *mean*: that divides once more. What do "
            "the weights sum to already?",
            "reduce divided",
        ),
        Mistake(
            "kept",
            "You return every modality, weighed, and they have not met. What does Σ ask for?",
            "reduce",
        ),
        Mistake(
            "wrong_sum",
            "You add up the examples of the batch. Over which axis do the modalities lie?",
            "reduce",
        ),
        Mistake(
            "batch",
            "One vector is left of the whole batch. Every example has its own features: which axis "
            "must survive?",
            "reduce",
        ),
    ),
    properties=(
        Property(
            "Where all scores are equal nobody is preferred, so the result is the mean of the "
            "modalities; yours is another.",
            equal_scores_give_the_mean,
        ),
        Property(
            "A weighted average lies between the smallest and the largest of what it averages; "
            "yours leaves that range.",
            lies_among_modalities,
        ),
    ),
)

# ------------------------------------------------------------------ late fusion of decisions


def late_decisions(picture_scores: Tensor, sound_scores: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: the mean of the two softmaxes."""
    result = decided(picture_scores, sound_scores, wrong)
    if "log" in wrong:
        return result.log()
    return result.softmax(-1) if "twice" in wrong else result


def decided(a: Tensor, b: Tensor, wrong: Wrong) -> Tensor:
    """Turn two rows of scores into one decision: they meet before the softmax, or after it."""
    if "mean_scores" in wrong or "sum_scores" in wrong:
        return chances((a + b) / (2 if "mean_scores" in wrong else 1), wrong)
    if "scores" in wrong:
        return (a + b) / 2
    if "together" in wrong:
        first, second = torch.cat([a, b], 1).softmax(1).chunk(2, 1)
        return first + second
    return joined(chances(a, wrong), chances(b, wrong), wrong)


def chances(scores: Tensor, wrong: Wrong) -> Tensor:
    """Turn scores (batch, label) into what should be probabilities."""
    if "votes" in wrong:
        return F.one_hot(scores.argmax(-1), scores.shape[-1]).to(scores)
    if "sigmoid" in wrong:
        return scores.sigmoid()
    return scores.softmax(0 if "axis" in wrong else -1)


def joined(p: Tensor, q: Tensor, wrong: Wrong) -> Tensor:
    """Make one probability of two, in one of the ways that people try."""
    ways: dict[str, Callable[[], Tensor]] = {
        "not_divided": lambda: p + q,
        "bracket": lambda: p + q / 2,
        "product": lambda: p * q,
        "geometric": lambda: (p * q) ** 0.5,
        "mean_log": lambda: (p.log() + q.log()) / 2,
        "maximum": lambda: torch.maximum(p, q),
        "maximum_shared": lambda: F.normalize(torch.maximum(p, q), p=1, dim=-1),
        "surest": lambda: torch.where((p.amax(-1) >= q.amax(-1)).unsqueeze(-1), p, q),
        "picture_only": lambda: p,
        "sound_only": lambda: q,
        "wrong_mean": lambda: torch.stack([p, q]).mean(1),
        "stacked": lambda: torch.stack([p, q]),
    }
    return next((way() for name, way in ways.items() if name in wrong), (p + q) / 2)


def decision_cases() -> list[Case]:
    def case(batch: int, labels: int, seed: int) -> Case:
        picture, sound = (2 * random_tensor(batch, labels, seed=seed + i) for i in range(2))
        return Case(picture_scores=picture, sound_scores=sound)

    return [case(1, 2, 100), case(3, 4, 110), case(5, 3, 120), case(4, 10, 130)]


def probabilities_sum_to_one(case: Case, output: Tensor) -> bool:
    """Say whether the probabilities of an example's labels sum to 1."""
    sums = output.detach().sum(-1)
    return agree(sums, torch.ones_like(sums))


def half_is_kept(case: Case, output: Tensor) -> bool:
    """Say whether no label has less than half of what one of the two gives it."""
    sides = [scores.softmax(-1) for scores in case.values()]
    return bool((output >= torch.maximum(*sides) / 2 - 1e-4).all())


DECISIONS = Implement(
    id="fusion.late_decisions",
    title="Two decisions, averaged",
    difficulty=1,
    minutes=10,
    hints=(
        "Late fusion of decisions: each classifier makes up its mind alone. What is a classifier's "
        "decision, its scores or its probabilities? And what happens first: deciding or meeting?",
        "p = (softmax(a) + softmax(b)) / 2, where a and b are the scores of the two.",
        "Scores (batch, label) → probabilities (batch, label), each row of sum 1 → their mean "
        "(batch, label), each row again of sum 1.",
        "picture = picture_scores.softmax(dim=...)\nsound = ...\nreturn (... + ...) / ...",
    ),
    reference=late_decisions,
    cases=decision_cases,
    mistakes=(
        Mistake(
            "mean_scores",
            "Your two modalities meet before the softmax: averaging the scores, or averaging the "
            "logarithms of the probabilities and normalising, which comes to the same. When has a "
            "classifier decided?",
            "join soft",
        ),
        Mistake(
            "sum_scores",
            "You add up the scores and then take the softmax, or multiply the probabilities and "
            "normalise, which comes to the same. In your version a label needs the consent of "
            "both. What is averaged in this exercise?",
            "join soft",
        ),
        Mistake(
            "scores",
            "You return a mean of scores, which may be negative. What makes probabilities of "
            "scores, and when?",
            "join chance returned",
        ),
        Mistake(
            "together",
            "One softmax runs over the labels of both modalities at once, so the louder of the two "
            "decides nearly alone. How many decisions are there to be averaged?",
            "join chance",
        ),
        Mistake(
            "axis",
            "Your softmax runs over the batch: examples compete with each other. Along which axis "
            "do the labels lie?",
            "chance",
        ),
        Mistake(
            "sigmoid",
            "Your probabilities are sigmoids: every label on its own, so that a row sums to "
            "anything. An example has exactly one label: which function shares out?",
            "chance",
        ),
        Mistake(
            "votes",
            "Each modality has one vote, whole, for its favourite. How sure it is has no effect: "
            "what could it give to the label that it likes second best?",
            "chance soft returned",
        ),
        Mistake(
            "not_divided",
            "Your rows sum to 2. How many decisions have you added up?",
            "join",
        ),
        Mistake(
            "bracket",
            "You halve the sound's probabilities only. Which comes first in Python, the sum or the "
            "division?",
            "join",
        ),
        Mistake(
            "product",
            "You multiply the probabilities, and your rows sum to less than 1. Which operation "
            "makes the mean of two numbers?",
            "join",
        ),
        Mistake(
            "geometric",
            "That is a geometric mean: the root of the product. Its rows sum to less than 1. Which "
            "mean is asked for?",
            "join soft returned",
        ),
        Mistake(
            "mean_log",
            "You return a mean of logarithms: negative numbers. Which of the two functions "
            "`softmax` and `log_softmax` makes probabilities?",
            "join soft returned",
        ),
        Mistake(
            "maximum",
            "You take the larger of the two probabilities of each label, so your rows sum to more "
            "than 1. What does the other modality think of that label?",
            "join soft",
        ),
        Mistake(
            "maximum_shared",
            "You take the larger of the two probabilities of each label and normalise. What does "
            "the other modality think of that label?",
            "join soft",
        ),
        Mistake(
            "surest",
            "In each example you believe only the modality that is surer. That is a way to decide, "
            "and another one: how much of each goes into a mean?",
            "join soft",
        ),
        Mistake(
            "picture_only",
            "Your result is the picture's decision. Which argument have you not used?",
            "join",
        ),
        Mistake(
            "sound_only",
            "Your result is the sound's decision. Which argument have you not used?",
            "join",
        ),
        Mistake(
            "wrong_mean",
            "You average the examples, one row for each modality. Over which axis of the stack do "
            "the modalities lie?",
            "join soft returned",
        ),
        Mistake(
            "stacked",
            "You return both decisions, and they have not met. What does late fusion do with them?",
            "join",
        ),
        Mistake(
            "log",
            "You return logarithms: they are negative. That is what a loss likes; what does the "
            "exercise ask for?",
            "returned",
        ),
        Mistake(
            "twice",
            "Your result went through one softmax more, which makes all labels nearly equal. What "
            "does each row sum to before it?",
            "returned",
        ),
    ),
    properties=(
        Property(
            "Each row holds the probabilities of one example's labels, so it sums to 1; yours does "
            "not.",
            probabilities_sum_to_one,
        ),
        Property(
            "Each side has half of the say: no label can fall below half of the probability that "
            "one side gives it. Somewhere yours does.",
            half_is_kept,
        ),
    ),
)

# ------------------------------------------------------------------ a gate for every feature


def gated(x1: Tensor, x2: Tensor, weight: Tensor, bias: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: `g = σ(W [x1; x2] + b)`, `z = g ⊙ x1 + (1 − g) ⊙ x2`."""
    g = gate(read(x1, x2, weight, wrong), bias, wrong)
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
    signal = signal if "no_bias" in wrong else signal + bias
    if "one_signal" in wrong:
        signal = signal.mean(1, keepdim=True)
    ways: dict[str, Callable[[], Tensor]] = {
        "raw": lambda: signal,
        "tanh": signal.tanh,
        "relu": signal.relu,
        "softmax": lambda: signal.softmax(1),
        "hard": lambda: (signal > 0).to(signal),
        "twice": lambda: signal.sigmoid().sigmoid(),
    }
    return next((way() for name, way in ways.items() if name in wrong), signal.sigmoid())


def mixed(g: Tensor, x1: Tensor, x2: Tensor, wrong: Wrong) -> Tensor:
    """Let two modalities through a gate, in one of the ways that people try."""
    ways: dict[str, Callable[[], Tensor]] = {
        "x2_whole": lambda: g * x1 + x2,
        "x1_whole": lambda: x1 + (1 - g) * x2,
        "residual": lambda: x1 + g * x2,
        "swapped": lambda: (1 - g) * x1 + g * x2,
        "plus": lambda: g * x1 + (1 + g) * x2,
        "both": lambda: g * (x1 + x2),
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
    return [case(1, 2, 200), case(2, 3, 210), case(3, 3, 220), idle, case(4, 5, 240)]


def lies_between_the_two(case: Case, output: Tensor) -> bool:
    """Say whether every number lies between those of the two modalities."""
    x1, x2 = case["x1"], case["x2"]
    return between(torch.minimum(x1, x2), output, torch.maximum(x1, x2))


def idle_is_the_mean(case: Case, output: Tensor) -> bool:
    """Say whether a gate of zeros is half open for everybody."""
    idle = not case["weight"].any() and not case["bias"].any()
    return not idle or agree(output, (case["x1"] + case["x2"]) / 2)


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

# -------------------------------------------------------------------- low-rank bilinear fusion


def low_rank(x1: Tensor, x2: Tensor, u: Tensor, v: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: `Σ_r ([x1; 1] U_r) ⊙ ([x2; 1] V_r)`."""
    if "crossed" in wrong:
        u, v = v, u
    first = projected(x1, u, "first", wrong)  # (rank, batch, out)
    second = projected(x2, v, "second", wrong)
    if "sum_first" in wrong:
        return first.sum(0) * second.sum(0)
    if "mean_first" in wrong:
        return first.mean(0) * second.mean(0)
    return over_ranks(met(first, second, wrong), wrong)


def projected(x: Tensor, matrices: Tensor, side: str, wrong: Wrong) -> Tensor:
    """Return `[x; 1]` times the matrix of every rank, in one of the ways that people try."""
    if "plus_one" in wrong:
        return x @ matrices[:, :-1] + 1
    if "front" in wrong:
        return F.pad(x, (1, 0), value=1.0) @ matrices
    nothing = "zeros" in wrong or f"one_missing_{side}" in wrong
    return F.pad(x, (0, 1), value=0.0 if nothing else 1.0) @ matrices


def met(first: Tensor, second: Tensor, wrong: Wrong) -> Tensor:
    """Let the projections meet: (rank, batch, out)."""
    if "first_only" in wrong or "second_only" in wrong:
        return first if "first_only" in wrong else second
    return first + second if "add" in wrong else first * second


def over_ranks(products: Tensor, wrong: Wrong) -> Tensor:
    """Make (batch, out) of the products of all ranks, in one of the ways that people try."""
    ways: dict[str, Callable[[], Tensor]] = {
        "mean": lambda: products.mean(0),
        "first_rank": lambda: products[0],
        "last_rank": lambda: products[-1],
        "maximum": lambda: products.amax(0),
        "chained": lambda: products.prod(0),
        "kept": lambda: products,
        "side_by_side": lambda: products.movedim(0, 1).flatten(1),
        "batch_sum": lambda: products.sum(1),
        "out_sum": lambda: products.sum(2),
    }
    return next((way() for name, way in ways.items() if name in wrong), products.sum(0))


def low_rank_cases() -> list[Case]:
    def case(batch: int, a: int, b: int, rank: int, out: int, seed: int) -> Case:
        return Case(
            x1=random_tensor(batch, a, seed=seed),
            x2=random_tensor(batch, b, seed=seed + 1),
            u=random_tensor(rank, a + 1, out, seed=seed + 2),
            v=random_tensor(rank, b + 1, out, seed=seed + 3),
        )

    single = case(3, 2, 3, rank=3, out=4, seed=330)
    for matrix in (single["u"], single["v"]):
        matrix[0], matrix[2] = 0.0, 0.0
    silent = case(2, 3, 4, rank=2, out=3, seed=340)
    silent["x1"], silent["x2"] = torch.zeros(2, 3), torch.zeros(2, 4)
    return [
        case(1, 2, 1, rank=2, out=2, seed=300),
        case(4, 3, 2, rank=3, out=5, seed=310),
        case(5, 3, 3, rank=2, out=4, seed=320),
        single,
        silent,
    ]


def silence_leaves_the_ones(case: Case, output: Tensor) -> bool:
    """Say whether, where both inputs are zero, the ones alone speak."""
    silent = not case["x1"].any() and not case["x2"].any()
    return not silent or agree(output, (case["u"][:, -1] * case["v"][:, -1]).sum(0).expand(2, -1))


def a_rank_alone_counts_whole(case: Case, output: Tensor) -> bool:
    """Say whether, where only one rank is not zero, its product is the result."""
    used = [rank for rank, matrix in enumerate(case["u"]) if matrix.any()]
    sides = [(F.pad(case[x], (0, 1), value=1.0), case[m]) for x, m in (("x1", "u"), ("x2", "v"))]
    first, second = (x @ matrices[used[0]] for x, matrices in sides)
    return len(used) > 1 or agree(output, first * second)


LOW_RANK = Implement(
    id="fusion.low_rank",
    title="Products of features, at a low price",
    difficulty=3,
    minutes=25,
    hints=(
        "Take one rank first. Append a 1 to each vector, project each with its own matrix, "
        "multiply the two results number by number. Only then think of the other ranks.",
        "z = Σ_r ([x1; 1] U_r) ⊙ ([x2; 1] V_r). The product comes before the sum.",
        "[x1; 1]: (batch, a + 1). Times u (rank, a + 1, out): (rank, batch, out). The same for x2 "
        "and v. Their product: (rank, batch, out). Its sum over the ranks: (batch, out).",
        "one = torch.ones(len(x1), ...)\n"
        "first = torch.cat([x1, one], dim=...) @ u  # (rank, batch, out)\n"
        "second = ...\nreturn (first ... second).sum(dim=...)",
    ),
    reference=low_rank,
    cases=low_rank_cases,
    mistakes=(
        Mistake(
            "zeros",
            "The last rows of U and V have no effect, as if you appended zeros or left these rows "
            "out. What should each of them be multiplied by?",
            "ones",
        ),
        Mistake(
            "one_missing_first",
            "The last rows of U have no effect, those of V do. What is appended to x1?",
            "ones",
        ),
        Mistake(
            "one_missing_second",
            "The last rows of V have no effect, those of U do. What is appended to x2?",
            "ones",
        ),
        Mistake(
            "front",
            "You put the 1 before the features. In [x; 1] the 1 is the last: which row of the "
            "matrix does it meet?",
            "ones",
        ),
        Mistake(
            "plus_one",
            "You add 1 to the projections. In the formula the 1 goes *through* the matrix: which "
            "row does it meet there?",
            "ones",
        ),
        Mistake(
            "sum_first",
            "You add up the ranks of each side before the two meet, so a rank of the first also "
            "meets all other ranks of the second. Which comes first in the formula, Σ or ⊙?",
            "ranks meet",
        ),
        Mistake(
            "mean_first",
            "You average the ranks of each side before the two meet. Which sign stands in the "
            "formula, and what does it stand before?",
            "ranks meet",
        ),
        Mistake(
            "add",
            "You add the two projections. Then no feature of one modality is ever multiplied by "
            "one of the other: which sign stands between the brackets?",
            "meet",
        ),
        Mistake(
            "first_only",
            "Your result does not depend on x2. What should the projection of x1 be multiplied by?",
            "meet sides ones",
        ),
        Mistake(
            "second_only",
            "Your result does not depend on x1. What should the projection of x2 be multiplied by?",
            "meet sides ones",
        ),
        Mistake(
            "mean",
            "You take the mean of the ranks. Which sign stands before the brackets of the formula?",
            "ranks",
        ),
        Mistake(
            "first_rank",
            "Only the first rank reaches your result. What happens to the others?",
            "ranks",
        ),
        Mistake(
            "last_rank",
            "Only the last rank reaches your result. Does a loop overwrite what it should add to?",
            "ranks",
        ),
        Mistake(
            "maximum",
            "You take the largest of the ranks. Which sign stands before the brackets of the "
            "formula?",
            "ranks",
        ),
        Mistake(
            "chained",
            "You multiply the ranks with each other. The two modalities are multiplied; what "
            "happens to the ranks?",
            "ranks",
        ),
        Mistake(
            "kept",
            "You return a product for every rank. What does Σ ask for?",
            "ranks",
        ),
        Mistake(
            "side_by_side",
            "You put the ranks side by side. How many numbers has an example in the result, and "
            "which sign stands before the brackets?",
            "ranks",
        ),
        Mistake(
            "batch_sum",
            "You add up the examples of the batch. Over which axis do the ranks lie?",
            "ranks",
        ),
        Mistake(
            "out_sum",
            "You add up the numbers of each output. Over which axis do the ranks lie?",
            "ranks",
        ),
        Mistake(
            "crossed",
            "x1 goes through V and x2 through U, which fits only where both have the same width. "
            "Which matrices belong to the first modality?",
            "sides",
        ),
    ),
    properties=(
        Property(
            "Where all ranks but one are zero, the product of that one is the result; yours is "
            "something else.",
            a_rank_alone_counts_whole,
        ),
        Property(
            "Where both inputs are zero, only the appended ones speak: the result is made of the "
            "last rows of U and V. Yours is something else.",
            silence_leaves_the_ones,
        ),
    ),
)

# ----------------------------------------------------------- find the bug: modality dropout


def modality_dropout(
    pictures: Tensor, sounds: Tensor, draw: Tensor, share: float, wrong: Wrong = RIGHT
) -> tuple[Tensor, Tensor]:
    """Reference: zeros for a picture where the draw is low, for a sound where it is high."""
    no_picture, no_sound = losses(draw, share, wrong)
    if "inverted" in wrong:
        no_picture, no_sound = ~no_picture, ~no_sound
    keep = 1 - (share / 2 if "scaled_by_half" in wrong else share)
    scale = 1 / keep if {"scaled", "scaled_by_half"} & wrong else 1.0
    return lose(pictures, no_picture, scale, wrong), lose(sounds, no_sound, scale, wrong)


def losses(draw: Tensor, share: float, wrong: Wrong) -> tuple[Tensor, Tensor]:
    """Say for every pair whether its picture and its sound are lost."""
    of_pictures = share if {"not_halved", "picture_not_halved"} & wrong else share / 2
    of_sounds = share if {"not_halved", "sound_not_halved"} & wrong else share / 2
    low = draw <= of_pictures if "inclusive" in wrong else draw < of_pictures
    high = draw > 1 - of_sounds if "strict" in wrong else draw >= 1 - of_sounds
    none = torch.zeros_like(low)
    ways = {
        "same_rows": (low, low),
        "rest": (low, ~low),
        "beside": (low, (draw >= of_pictures) & (draw < 2 * of_pictures)),
        "swapped": (high, low),
        "picture_only": (low, none),
        "sound_only": (none, high),
    }
    return next((rows for name, rows in ways.items() if name in wrong), (low, high))


def lose(x: Tensor, lost: Tensor, scale: float, wrong: Wrong) -> Tensor:
    """Put zeros where a modality is lost, in one of the ways that people try."""
    if "removed" in wrong:
        return x[~lost] * scale
    mask = lost if "no_axes" in wrong else lost.view(-1, 1, 1)
    filling = {
        "filled_with_mean": x.mean(0, keepdim=True),
        "filled_with_neighbour": x.roll(1, 0),
        "filled_with_one": torch.ones_like(x),
    }
    instead = next((f for name, f in filling.items() if name in wrong), torch.zeros_like(x))
    return torch.where(mask, instead, x * scale)


def dropout_cases() -> list[Case]:
    def case(
        draw: list[float], share: float, picture: tuple[int, int], sound: tuple[int, int], seed: int
    ) -> Case:
        return Case(
            pictures=random_tensor(len(draw), *picture, seed=seed),
            sounds=random_tensor(len(draw), *sound, seed=seed + 1),
            draw=torch.tensor(draw),
            share=share,
        )

    return [
        case([0.1, 0.9, 0.4], 0.5, (1, 2), (2, 1), seed=400),
        case([0.25, 0.75, 0.5, 0.0, 0.26, 0.99, 0.74], 0.5, (2, 3), (3, 2), seed=410),
        case([0.25, 0.75, 0.1, 0.9, 0.4, 0.6], 0.5, (2, 6), (3, 6), seed=420),
        case([0.8, 0.1, 0.25, 0.0, 0.9, 0.45], 0.3, (3, 2), (2, 4), seed=430),
        case([0.05, 0.62, 0.93, 0.21, 0.5], 0.8, (3, 3), (2, 2), seed=435),
        case([0.0, 0.5, 0.3, 0.97], 0.0, (2, 2), (1, 3), seed=440),
    ]


def rows_are_whole_or_zero(case: Case, output: tuple[Tensor, Tensor]) -> bool:
    """Say whether every picture and every sound is unchanged or zero all over."""
    pairs = list(zip((case["pictures"], case["sounds"]), output, strict=True))
    if any(x.shape != z.shape for x, z in pairs):
        return False
    kept = [(z == x).flatten(1).all(1) | (z == 0).flatten(1).all(1) for x, z in pairs]
    return bool(torch.stack(kept).all())


def nobody_loses_both(case: Case, output: tuple[Tensor, Tensor]) -> bool:
    """Say whether every pair has a modality left."""
    pictures, sounds = ((z == 0).flatten(1).all(1) for z in output)
    return len(pictures) == len(sounds) and not bool((pictures & sounds).any())


def middle_is_untouched(case: Case, output: tuple[Tensor, Tensor]) -> bool:
    """Say whether a pair whose draw is neither low nor high has lost nothing."""
    half = case["share"] / 2
    middle = (case["draw"] > half) & (case["draw"] < 1 - half)
    pairs = list(zip((case["pictures"], case["sounds"]), output, strict=True))
    if any(x.shape != z.shape for x, z in pairs):
        return False
    return all(agree(x[middle], z[middle]) for x, z in pairs)


DROPOUT_BUG = FindTheBug(
    id="fusion.modality_dropout",
    title="Find the bugs: modality dropout",
    difficulty=2,
    minutes=15,
    given=frozenset({"scaled", "same_rows"}),
    hints=(
        "There are two mistakes. Print what comes out for three pairs with the draws 0.1, 0.5 and "
        "0.9: which pairs have lost what? And are the others as they were?",
        "The picture is lost where draw < share/2, the sound where draw ≥ 1 − share/2. What is not "
        "lost stays as it was.",
        "draw: (batch,) → two masks (batch,), one for each modality → (batch, 1, 1), so that each "
        "falls on whole pictures and whole sounds.",
        "no_picture = draw < ...\nno_sound = ...\n"
        "return (\n  pictures.masked_fill(no_picture.view(-1, 1, 1), 0.0),\n  ...,\n)",
    ),
    reference=modality_dropout,
    cases=dropout_cases,
    mistakes=(
        Mistake(
            "scaled",
            "What is not lost grows by 1/(1 − share), as in ordinary dropout. There the sum of "
            "many numbers must stay the same; what does an encoder expect that sees one whole "
            "picture?",
            "scale",
        ),
        Mistake(
            "scaled_by_half",
            "What is not lost grows by 1/(1 − share/2). Should a whole picture look brighter "
            "because others were lost?",
            "scale",
        ),
        Mistake(
            "same_rows",
            "Picture and sound are lost in the same pairs. What can a model learn from a pair in "
            "which nothing is left?",
            "which strict",
        ),
        Mistake(
            "rest",
            "Every pair loses something in your version: where the picture is kept, the sound is "
            "lost. In which share of the pairs should nothing be lost?",
            "which strict",
        ),
        Mistake(
            "beside",
            "Your sounds are lost in a stretch of draws that begins where that of the pictures "
            "ends. That is as often, but not what the card asks for: at which end of the draws are "
            "sounds lost?",
            "which strict",
        ),
        Mistake(
            "swapped",
            "Low draws cost the sound in your version, and high ones the picture. Which way round "
            "does the card have it?",
            "which",
        ),
        Mistake(
            "picture_only",
            "Only pictures are lost. When does the model learn to do without the sound?",
            "which strict",
        ),
        Mistake(
            "sound_only",
            "Only sounds are lost. When does the model learn to do without the picture?",
            "which inclusive",
        ),
        Mistake(
            "not_halved",
            "Each modality is lost in the whole share of the pairs, so together they take twice as "
            "much. How is the share divided between the two?",
            "half",
        ),
        Mistake(
            "picture_not_halved",
            "Your pictures are lost in the whole share of the pairs, and the sounds in half of it. "
            "Up to which draw is a picture lost?",
            "half which",
        ),
        Mistake(
            "sound_not_halved",
            "Your sounds are lost in the whole share of the pairs, and the pictures in half of it. "
            "From which draw on is a sound lost?",
            "half which",
        ),
        Mistake(
            "inverted",
            "You lose what should be kept, and keep what should be lost. Which places does "
            "`masked_fill` fill, those that are True or those that are False?",
            "sense",
        ),
        Mistake(
            "inclusive",
            "A draw of exactly share/2 costs the picture in your version. With a share of 0, what "
            "happens to a draw of 0?",
            "inclusive",
        ),
        Mistake(
            "strict",
            "A draw of exactly 1 − share/2 costs nothing in your version. Does the sound's stretch "
            "contain its lower end?",
            "strict",
        ),
        Mistake(
            "filled_with_mean",
            "Instead of zeros you put in the mean of the batch. Where does the model see that "
            "something is missing, if every batch fills the gap with something else?",
            "filling",
        ),
        Mistake(
            "filled_with_neighbour",
            "A lost picture or sound is replaced by another pair's, which says something wrong "
            "instead of nothing. What stands for *missing* in this course's data?",
            "filling",
        ),
        Mistake(
            "filled_with_one",
            "You put ones where something is lost. Which number is the mean of the data, and so "
            "stands for *nothing known*?",
            "filling",
        ),
        Mistake(
            "removed",
            "You take the pairs out of the batch, so pictures and sounds no longer match each "
            "other or the labels. How do you keep a place and empty it?",
            "filling axes",
        ),
        Mistake(
            "no_axes",
            "Shapes are lined up from the right, so your mask (batch,) falls on the *columns* of "
            "every picture, where the sizes fit. Where does it need new axes?",
            "axes",
        ),
    ),
    properties=(
        Property(
            "Each picture and each sound stays exactly as it was or is zero all over; somewhere "
            "yours is neither.",
            rows_are_whole_or_zero,
        ),
        Property(
            "No pair may lose both modalities; somewhere one of yours does.",
            nobody_loses_both,
        ),
        Property(
            "Between share/2 and 1 − share/2 a draw costs nothing; somewhere it does in yours.",
            middle_is_untouched,
        ),
    ),
)

# --------------------------------------------------------------------------- macro F1


def macro_f1(predicted: Tensor, target: Tensor, classes: int, wrong: Wrong = RIGHT) -> float:
    """Reference: the mean of the labels' F1 = 2PR / (P + R); 0 where nothing was hit."""
    labels = torch.arange(classes)
    claimed = (predicted.unsqueeze(1) == labels).double()  # (example, label)
    true = (target.unsqueeze(1) == labels).double()
    hits, claims, owned = (claimed * true).sum(0), claimed.sum(0), true.sum(0)
    if "micro" in wrong:
        value = hits.sum() / len(target)
    elif "of_means" in wrong:
        value = of_one_label(
            (hits / claims.clamp(min=1)).mean(), (hits / owned.clamp(min=1)).mean()
        )
    else:
        agreed = (claimed == true).double().mean(0)
        value = averaged(per_label(hits, claims, owned, agreed, wrong), hits, claims, owned, wrong)
    return value.item() * (100 if "percent" in wrong else 1)


def of_one_label(precision: Tensor, recall: Tensor) -> Tensor:
    """Return 2PR / (P + R), and 0 where both are 0."""
    return 2 * precision * recall / (precision + recall).clamp(min=1e-12)


def per_label(hits: Tensor, claims: Tensor, owned: Tensor, agreed: Tensor, wrong: Wrong) -> Tensor:
    """Return a number for every label: F1, or what people take for it."""
    p, r = hits / claims.clamp(min=1), hits / owned.clamp(min=1)
    ways: dict[str, Callable[[], Tensor]] = {
        "precision": lambda: p,
        "recall": lambda: r,
        "arithmetic": lambda: (p + r) / 2,
        "geometric": lambda: (p * r).sqrt(),
        "no_two": lambda: of_one_label(p, r) / 2,
        "product": lambda: 2 * p * r,
        "smaller": lambda: torch.minimum(p, r),
        "jaccard": lambda: hits / (claims + owned - hits).clamp(min=1),
        "agreement": lambda: agreed,
        "nan": lambda: of_one_label(p, r) + 0 * (hits / hits),
        "one_nowhere": lambda: torch.where(claims + owned > 0, of_one_label(p, r), 1.0),
        "nan_nowhere": lambda: 2 * hits / (claims + owned),
    }
    return next((way() for name, way in ways.items() if name in wrong), of_one_label(p, r))


def averaged(values: Tensor, hits: Tensor, claims: Tensor, owned: Tensor, wrong: Wrong) -> Tensor:
    """Average over the labels, in one of the ways that people try."""
    some = torch.ones_like(hits).bool()
    left = {
        "one": torch.arange(len(hits)) == 1,
        "without_first": torch.arange(len(hits)) > 0,
        "zeros_out": hits > 0,
        "seen_only": claims + owned > 0,
        "target_only": owned > 0,
        "predicted_only": claims > 0,
    }
    values_left = values[next((rows for name, rows in left.items() if name in wrong), some)]
    if "weighted" in wrong:
        return (values * owned).sum() / owned.sum()
    if "median" in wrong:
        return values.median()
    return values_left.sum() if "sum" in wrong else values_left.mean()


def f1_cases() -> list[Case]:
    def case(predicted: str, target: str, classes: int) -> Case:
        read = [torch.tensor([int(letter) for letter in text]) for text in (predicted, target)]
        return Case(predicted=read[0], target=read[1], classes=classes)

    generator = torch.Generator().manual_seed(500)
    target = (6 * torch.rand(60, generator=generator) ** 2).long()
    guess = torch.randint(6, (60,), generator=generator)
    noisy = torch.where(torch.rand(60, generator=generator) < 0.6, target, guess)
    return [
        case("0110", "0100", 2),
        case("0010111220", "0000111212", 3),
        case("00010130144", "00011113314", 5),  # 2 occurs nowhere
        case("0001111012", "0001110133", 4),  # 2 is only predicted, 3 is never predicted
        case("00011110101", "00011101233", 4),  # 2 and 3 are never predicted
        case("0012", "0012", 3),
        Case(predicted=noisy, target=target, classes=6),
    ]


def share_of_one(case: Case, value: float | Tensor) -> bool:
    """Say whether a score lies between 0 and 1."""
    return bool(-1e-6 <= float(value) <= 1 + 1e-6)


def perfect_is_one(case: Case, value: float | Tensor) -> bool:
    """Say whether the score is 1 where every prediction is right and every label occurs."""
    return not torch.equal(case["predicted"], case["target"]) or abs(float(value) - 1) < 1e-6


MACRO_F1 = Implement(
    id="fusion.macro_f1",
    title="Macro F1",
    difficulty=2,
    minutes=15,
    differentiable=False,
    hints=(
        "Take one label. Of the times that it was predicted, how many were right? Of the times "
        "that it was true, how many were found? Make one number of these two, and only then go to "
        "the next label.",
        "For each label P = hits / predicted, R = hits / true, F1 = 2PR / (P + R), or 0 where "
        "there is no hit. The result is the mean of F1 over the labels 0 … classes − 1.",
        "predicted and target: (example,). For each label three counts: hits, predicted, true. "
        "`classes` values of F1, and their mean: one number.",
        "values = []\nfor label in range(classes):\n"
        "  hits = ((predicted == ...) & (target == ...)).sum()\n"
        "  values.append(2 * hits / ... if hits > 0 else ...)\n"
        "return sum(values) / ...",
    ),
    reference=macro_f1,
    cases=f1_cases,
    mistakes=(
        Mistake(
            "micro",
            "That is the accuracy: F1 over all labels at once (micro). There a rare label hardly "
            "counts: over what does *macro* average?",
            "average measure",
        ),
        Mistake(
            "weighted",
            "Your mean weighs each label by how often it occurs. How much should a rare label "
            "count in a macro average?",
            "average support",
        ),
        Mistake(
            "of_means",
            "You average precision and recall over the labels first and take one F1 at the end. "
            "What does macro F1 average?",
            "average measure",
        ),
        Mistake(
            "one",
            "That is the F1 of label 1 alone, as for a yes or no. How many labels are there?",
            "average",
        ),
        Mistake(
            "without_first",
            "Label 0 has no part in your mean. Is it the background here, or a label like the "
            "others?",
            "average",
        ),
        Mistake(
            "zeros_out",
            "A label without any hit has no part in your mean, so a model is rewarded for giving "
            "it up. What is its F1?",
            "average",
        ),
        Mistake(
            "seen_only",
            "A label that occurs in neither has no part in your mean; that is scikit-learn's "
            "habit, too. Over how many labels does the card average, and how does one tell "
            "scikit-learn which they are?",
            "average",
        ),
        Mistake(
            "target_only",
            "Only labels that occur in the target have a part in your mean. What of a label that "
            "is predicted and never true?",
            "average",
        ),
        Mistake(
            "predicted_only",
            "Only labels that are predicted have a part in your mean. What of a label that the "
            "model never finds?",
            "average",
        ),
        Mistake(
            "median",
            "You take the median of the labels' values. Which average is asked for?",
            "average",
        ),
        Mistake(
            "sum",
            "You add up the labels' values. How many labels are there?",
            "average",
        ),
        Mistake(
            "precision",
            "That is the precision: of what was predicted, how much was right. What is missing "
            "when a label is hardly ever predicted?",
            "measure",
        ),
        Mistake(
            "recall",
            "That is the recall (its mean is also called balanced accuracy): of what was true, how "
            "much was found. What is missing when a label is predicted too often?",
            "measure support",
        ),
        Mistake(
            "arithmetic",
            "You take the ordinary mean of precision and recall. With a precision of 1 and a "
            "recall of 0, what should F1 be?",
            "measure",
        ),
        Mistake(
            "geometric",
            "You take the root of precision times recall. Which mean of the two is F1?",
            "measure",
        ),
        Mistake(
            "no_two",
            "Your values are half of what they should be: a perfect label gets 0.5. What stands "
            "before the product in the formula?",
            "measure",
        ),
        Mistake(
            "product",
            "Your product of precision and recall is not divided: a perfect label gets 2. What "
            "stands below the line?",
            "measure",
        ),
        Mistake(
            "smaller",
            "You take the smaller of precision and recall. Does the larger one have no say in F1?",
            "measure",
        ),
        Mistake(
            "jaccard",
            "That is intersection over union: hits / (predicted + true − hits). How often do hits "
            "count in F1, above the line and below it?",
            "measure",
        ),
        Mistake(
            "agreement",
            "You count as right, for each label, also the many examples that rightly do *not* get "
            "it. Do these occur in precision or in recall?",
            "measure support",
        ),
        Mistake(
            "one_nowhere",
            "A label that occurs nowhere gets the F1 1 in your version, as if the model had earned "
            "it. What does the card say of such a label?",
            "measure average",
        ),
        Mistake(
            "nan",
            "A label without any hit makes your result NaN: 0 divided by 0. What should its F1 be?",
            "measure average percent",
        ),
        Mistake(
            "nan_nowhere",
            "A label that occurs nowhere makes your result NaN: 0 divided by 0. What should its F1 "
            "be?",
            "measure average percent",
        ),
        Mistake(
            "percent",
            "That is a percentage. Give a share of 1.",
            "percent",
        ),
    ),
    properties=(
        Property("F1 lies between 0 and 1; somewhere yours does not.", share_of_one),
        Property(
            "Where every prediction is right and every label occurs, macro F1 is 1; yours is not.",
            perfect_is_one,
        ),
    ),
)

# --------------------------------------------------------------- the best that can be done

NO_PICTURE, NO_SOUND, LABELS = 0.4, 0.2, 10


def lucky(known: float, labels: int = LABELS) -> float:
    """Return the accuracy of reading a share of the pairs and guessing in the rest."""
    return known + (1 - known) / labels


PICTURE_READ, SOUND_READ = 1 - NO_PICTURE, 1 - NO_SOUND
EITHER_READ = 1 - NO_PICTURE * NO_SOUND
RESCUED_BY_LOST = SOUND_READ + NO_SOUND * NO_PICTURE
"""0.88: where the sound is lost, the *lost* pictures taken for those that help."""
BY_PICTURE, BY_SOUND, BY_BOTH = lucky(PICTURE_READ), lucky(SOUND_READ), lucky(EITHER_READ)

LIMIT = Predict(
    id="fusion.limit",
    title="How good can anybody be?",
    difficulty=1,
    minutes=5,
    hints=(
        "Take 1,000 pairs. In how many can the picture be read? And in the others: is every guess "
        "wrong?",
        "accuracy = P(read) + P(not read) · 1/10. With both, nothing can be read only where the "
        "picture *and* the sound are lost.",
        "Two numbers between 0 and 1: first with the picture alone, then with both. Independent "
        "chances are multiplied.",
        "alone = 0.6 + ... * ...\nneither = ... * ...\nboth = (1 - neither) + ... * ...",
    ),
    truth=lambda: [BY_PICTURE, BY_BOTH],
    tolerance=0.005,
    mistakes=(
        Mistake(
            "no_luck",
            "Those are the shares of the pairs that can be read. What does a guess among ten "
            "labels add in the rest?",
            value=lambda: [PICTURE_READ, EITHER_READ],
        ),
        Mistake(
            "no_luck_with_both",
            "In your second number nobody guesses where both are lost. How often is a guess right?",
            value=lambda: [BY_PICTURE, EITHER_READ],
        ),
        Mistake(
            "no_luck_alone",
            "In your first number nobody guesses where the picture is lost. How often is a guess "
            "right?",
            value=lambda: [PICTURE_READ, BY_BOTH],
        ),
        Mistake(
            "product",
            "Your second number asks that picture *and* sound can be read. Both show the same "
            "digit: how many of them must be read?",
            value=lambda: [BY_PICTURE, lucky(PICTURE_READ * SOUND_READ)],
        ),
        Mistake(
            "product_no_luck",
            "Your second number asks that picture *and* sound can be read, and nobody guesses. "
            "Both show the same digit: how many must be read, and what if none can?",
            value=lambda: [PICTURE_READ, PICTURE_READ * SOUND_READ],
        ),
        Mistake(
            "product_no_guess",
            "Your second number asks that picture *and* sound can be read, and then nobody "
            "guesses. Both show the same digit: how many must be read, and what if none can?",
            value=lambda: [BY_PICTURE, PICTURE_READ * SOUND_READ],
        ),
        Mistake(
            "product_of_accuracies",
            "Your second number is the product of two accuracies: it asks that both be right. "
            "Both show the same digit: how many of them must be read?",
            value=lambda: [BY_PICTURE, BY_PICTURE * BY_SOUND],
        ),
        Mistake(
            "mean",
            "Your second number is the mean of the two alone. Where the picture is lost, does the "
            "sound tell nothing?",
            value=lambda: [BY_PICTURE, (BY_PICTURE + BY_SOUND) / 2],
        ),
        Mistake(
            "better",
            "Your second number is what the sound reaches alone, as if the sound were lost only "
            "where the picture is. They are lost independently: how often are both?",
            value=lambda: [BY_PICTURE, BY_SOUND],
        ),
        Mistake(
            "better_no_luck",
            "Your second number is the share in which the *sound* can be read. Where it is lost, "
            "can the picture help? And if not, is every guess wrong?",
            value=lambda: [PICTURE_READ, SOUND_READ],
        ),
        Mistake(
            "mean_no_luck",
            "Your second number is the mean of the two shares that can be read. Where one is lost, "
            "does the other tell nothing? And if both are, is every guess wrong?",
            value=lambda: [PICTURE_READ, (PICTURE_READ + SOUND_READ) / 2],
        ),
        Mistake(
            "two_guesses",
            "Your second number combines the two accuracies, lucky guesses included, as if one "
            "could guess twice and know which guess is right. When does anybody have to guess?",
            value=lambda: [BY_PICTURE, 1 - (1 - BY_PICTURE) * (1 - BY_SOUND)],
        ),
        Mistake(
            "losses_added",
            "You add the two losses. Where the picture is lost, how often is the sound lost, too?",
            value=lambda: [BY_PICTURE, lucky(1 - NO_PICTURE - NO_SOUND)],
        ),
        Mistake(
            "rescued_by_lost",
            "Your second number counts 80 % + 20 % · 40 % as read (or 1 − 60 % · 20 %), and nobody "
            "guesses. Where the sound is lost, in how many pairs does the picture help, and what "
            "is left to do in the others?",
            value=lambda: [BY_PICTURE, RESCUED_BY_LOST],
        ),
        Mistake(
            "rescued_by_lost_no_luck",
            "Nobody guesses in your numbers, and the second counts 80 % + 20 % · 40 % as read (or "
            "1 − 60 % · 20 %). Where the sound is lost, in how many pairs does the picture help?",
            value=lambda: [PICTURE_READ, RESCUED_BY_LOST],
        ),
        Mistake(
            "rescued_by_lost_with_luck",
            "In your second number somebody has to guess in 60 % · 20 % of the pairs. Nothing can "
            "be read only where both are *lost*: which two chances are multiplied?",
            value=lambda: [BY_PICTURE, lucky(RESCUED_BY_LOST)],
        ),
        Mistake(
            "swapped",
            "Your first number is what the *sound* reaches alone. Which of the two is lost in "
            "40 %?",
            value=lambda: [BY_SOUND, BY_BOTH],
        ),
        Mistake(
            "other_order",
            "The numbers stand in the other order. Which is asked for first?",
            value=lambda: [BY_BOTH, BY_PICTURE],
        ),
        Mistake(
            "coin",
            "You guess as with a coin. Among how many labels does one guess?",
            value=lambda: [lucky(PICTURE_READ, 2), lucky(EITHER_READ, 2)],
        ),
        Mistake(
            "ninth",
            "One in nine guesses is right in your numbers. Among how many labels does one guess "
            "who knows nothing?",
            value=lambda: [lucky(PICTURE_READ, 9), lucky(EITHER_READ, 9)],
        ),
        Mistake(
            "hundredth",
            "One in a hundred guesses is right in your numbers. The rule is redundant: how many "
            "pairs of digits occur?",
            value=lambda: [lucky(PICTURE_READ, 100), lucky(EITHER_READ, 100)],
        ),
        Mistake(
            "tenth_of_all",
            "You add a whole tenth. In which part of the pairs does anybody have to guess?",
            value=lambda: [PICTURE_READ + 1 / LABELS, EITHER_READ + 1 / LABELS],
        ),
        Mistake(
            "lost_for_read",
            "You take the shares that are *lost* for those that can be read. What does 40 % say?",
            value=lambda: [lucky(NO_PICTURE), lucky(1 - PICTURE_READ * SOUND_READ)],
        ),
        Mistake(
            "lost",
            "Those are the shares in which nothing can be read. What happens in all the others?",
            value=lambda: [NO_PICTURE, NO_PICTURE * NO_SOUND],
        ),
        Mistake(
            "luck_alone",
            "Those are the lucky guesses. What of the pairs that can be read?",
            value=lambda: [NO_PICTURE / LABELS, NO_PICTURE * NO_SOUND / LABELS],
        ),
        Mistake(
            "errors",
            "Those are the shares of mistakes. What is left for the right answers?",
            value=lambda: [1 - BY_PICTURE, 1 - BY_BOTH],
        ),
        Mistake(
            "percent",
            "Those are percentages. Give shares of 1.",
            value=lambda: [100 * BY_PICTURE, 100 * BY_BOTH],
        ),
    ),
    properties=(
        Property(
            "An accuracy lies between 0 and 1.",
            lambda case, answer: bool(((answer >= 0) & (answer <= 1)).all()),
        ),
        Property(
            "Who has both can do as if there were only the picture, so the second number cannot be "
            "the smaller one; yours is.",
            lambda case, answer: bool(answer.flatten()[0] <= answer.flatten()[-1]),
        ),
    ),
)

# ------------------------------------------------------------------ a head without a hidden layer


class LinearHead(fusion.LateFeatures):
    """Late fusion of features without a hidden layer after they meet."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__(width, classes)
        self.classify = nn.Linear(2 * width, classes)


UNSEEN = 10_000
"""Pairs to measure on: with so many, a coin's share strays by about 0.005 from start to start."""


@cache
def xor_pairs() -> tuple[Pairs, Pairs]:
    """Return the pairs to learn from and the unseen ones, as the notebook makes them."""
    setting = Setting(rule=RULES["xor"])
    return make_pairs(setting, fusion.QUICK.pairs), make_pairs(setting, UNSEEN, test=True)


@cache
def trained(variant: fusion.Variant, seeds: int = 3) -> dict[str, float]:
    """Train a variant on the xor rule from several starts; return means of what people report."""
    learn, unseen = xor_pairs()
    rows = []
    with torch.random.fork_rng():
        for seed in range(seeds):
            seed_everything(seed)
            model = fusion.build(variant, 2, fusion.QUICK.size)
            fusion.train(model, learn, fusion.QUICK)
            loss = F.cross_entropy(predict(model, unseen.pictures, unseen.sounds), unseen.labels)
            rows.append([fusion.right(model, unseen), fusion.right(model, learn), loss.item()])
    unseen_share, learnt_share, loss_left = torch.tensor(rows).mean(0).tolist()
    return {"unseen": unseen_share, "learnt": learnt_share, "loss": loss_left}


def with_hidden(measure: str = "unseen") -> float:
    """Return what late fusion of features reaches as it is."""
    return trained(fusion.LateFeatures)[measure]


def without_hidden(measure: str = "unseen") -> float:
    """Return what it reaches without its hidden layer."""
    return trained(LinearHead)[measure]


LINEAR_HEAD = Measure(
    id="fusion.linear_head",
    title="Late fusion without a hidden layer",
    difficulty=2,
    minutes=15,
    hints=(
        "Everything that you need exists: `fusion.LateFeatures` is the model with the hidden "
        "layer. Which one of its parts would you replace for the other, and by what?",
        "Without: scores = W [x1; x2] + b, with nothing that bends before or after. The encoders "
        "stay as they are. Both models are trained and measured alike.",
        "[x1; x2] is (batch, 2 · width), and there are `classes` scores: nn.Linear(2 · width, "
        "classes). The answer is a list of two shares between 0 and 1: with, then without.",
        "class LinearHead(fusion.LateFeatures):\n"
        "  def __init__(self, width, classes):\n"
        "    super().__init__(width, classes)\n"
        "    self.classify = ...\n\n"
        "measured = []\n"
        "for variant in (fusion.LateFeatures, ...):\n"
        "  model = fusion.build(variant, ..., fusion.QUICK.size)\n"
        "  fusion.train(model, ..., fusion.QUICK)\n"
        "  measured.append(fusion.right(model, ...))",
    ),
    truth=lambda: [with_hidden(), without_hidden()],
    # ±0.043 and ±0.022: several times what starts differ by, and 1 and 0.9 lie outside the first.
    tolerance=0.045,
    mistakes=(
        Mistake(
            "swapped",
            "The numbers stand in the other order. Which of the two models is asked for first?",
            value=lambda: [without_hidden(), with_hidden()],
        ),
        Mistake(
            "both_with",
            "Both are what a model reaches in which features can meet in a hidden layer. Does your "
            "own still have one after the features are put together, and did you build that one? "
            "Print the model. (And is the rule xor?)",
            value=lambda: [with_hidden(), with_hidden()],
        ),
        Mistake(
            "both_without",
            "Both are a coin's share. Is the first model `fusion.LateFeatures` as it is, and was "
            "it trained before you measured it?",
            value=lambda: [without_hidden(), without_hidden()],
        ),
        Mistake(
            "learnt_pairs",
            "Your second number is how many of its *training* pairs the model gets right: it knows "
            "some of them by heart. Which pairs have both models never seen?",
            value=lambda: [with_hidden("learnt"), without_hidden("learnt")],
        ),
        Mistake(
            "perfect",
            "Your first model makes no mistake at all, on grainy pictures and voices that it has "
            "never heard. Did you measure it, and on the unseen pairs?",
            value=lambda: [1.0, without_hidden()],
        ),
        Mistake(
            "loss",
            "Those look like losses: 0.69 is the cross-entropy of somebody who knows nothing of "
            "two labels. Which function returns the share of right pairs?",
            value=lambda: [with_hidden("loss"), without_hidden("loss")],
        ),
        Mistake(
            "loss_without",
            "Your second number looks like the loss: 0.69 is the cross-entropy of somebody who "
            "knows nothing of two labels. If it is a share of right pairs, does something still "
            "bend after your linear layer, such as a ReLU?",
            value=lambda: [with_hidden(), without_hidden("loss")],
        ),
        Mistake(
            "errors",
            "Those are the shares of mistakes. What is left for the right answers?",
            value=lambda: [1 - with_hidden(), 1 - without_hidden()],
        ),
        Mistake(
            "gain",
            "Your second number is by how much the hidden layer is better. What does the model "
            "*without* it reach?",
            value=lambda: [with_hidden(), with_hidden() - without_hidden()],
        ),
        Mistake(
            "drop",
            "Your second number is by how much the model without the hidden layer is worse. What "
            "does it reach?",
            value=lambda: [with_hidden(), without_hidden() - with_hidden()],
        ),
        Mistake(
            "percent",
            "Those are percentages. Give shares of 1.",
            value=lambda: [100 * with_hidden(), 100 * without_hidden()],
        ),
        Mistake(
            "percent_swapped",
            "Those are percentages, and they stand in the other order. Give shares of 1, the model "
            "with the hidden layer first.",
            value=lambda: [100 * without_hidden(), 100 * with_hidden()],
        ),
        Mistake(
            "percent_both_with",
            "Those are percentages, and both are of a model with a hidden layer. Which part have "
            "you replaced in the second?",
            value=lambda: [100 * with_hidden(), 100 * with_hidden()],
        ),
        Mistake(
            "count",
            "So many pairs are right. Out of how many?",
            value=lambda: [UNSEEN * with_hidden(), UNSEEN * without_hidden()],
        ),
    ),
    properties=(
        Property(
            "A share of right pairs lies between 0 and 1.",
            lambda case, answer: bool(((answer >= 0) & (answer <= 1)).all()),
        ),
        Property(
            "One of your numbers is clearly worse than tossing a coin, and there are only two "
            "labels. Is it a share of *right* pairs? Do the scores and the labels belong to the "
            "same pairs, and is the rule xor?",
            lambda case, answer: bool((answer > 0.4).all()),
        ),
        Property(
            "A hidden layer can learn all that a linear layer can, and here it learns more; your "
            "first number is not the larger one. Were both models trained alike?",
            lambda case, answer: bool(answer.flatten()[0] > answer.flatten()[-1]),
        ),
    ),
)

EXERCISES = (
    AVERAGE,
    DECISIONS,
    GATED,
    LOW_RANK,
    DROPOUT_BUG,
    MACRO_F1,
    LIMIT,
    LINEAR_HEAD,
)
