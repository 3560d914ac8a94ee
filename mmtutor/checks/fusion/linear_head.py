"""Measure late fusion without a hidden layer. Traps: swapped, on learnt pairs, in other units."""

from functools import cache

import torch
import torch.nn.functional as F
from torch import nn

from mmtutor import fusion
from mmtutor.checks.engine.exercise import Measure, Mistake, Property
from mmtutor.datasets.paired import RULES, Pairs, Setting, make_pairs
from mmtutor.training import predict, seed_everything


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
    # ±0.028 and ±0.024: several times what starts differ by. 0.99, the share of the pairs that were
    # learnt, and 0.9 lie outside the first.
    tolerance=(0.03, 0.05),
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
            "Your first model makes hardly a mistake, on grainy pictures and voices that it has "
            "never heard. Did you measure it, and on the unseen pairs?",
            value=lambda: [1.0, without_hidden()],
        ),
        Mistake(
            "three_of_four",
            "Your second number is what the best sum could reach if all four kinds of pairs were "
            "alike: thought, and not measured? What did your own model get when it was trained?",
            value=lambda: [with_hidden(), 0.75],
        ),
        Mistake(
            "thought",
            "Those look like limits, worked out by thought. What do the two models get when they "
            "are trained and measured?",
            value=lambda: [1.0, 0.75],
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
            "Your first model falls behind what late fusion of features reaches in the lesson. Was "
            "it trained for all steps, on the xor rule, and is it the one with the hidden layer?",
            lambda case, answer: bool(answer.flatten()[0] > 0.9 or answer.flatten()[1] > 0.9),
        ),
        Property(
            "Your second number is clearly better than tossing a coin. Does something still bend "
            "after the features are put together, and on which pairs did you measure it?",
            lambda case, answer: bool(answer.flatten()[1] < 0.54 or answer.flatten()[0] < 0.54),
        ),
        Property(
            "A hidden layer can learn all that a linear layer can, and here it learns more; your "
            "first number is not the larger one. Were both models trained alike?",
            lambda case, answer: bool(answer.flatten()[0] > answer.flatten()[-1]),
        ),
    ),
)
