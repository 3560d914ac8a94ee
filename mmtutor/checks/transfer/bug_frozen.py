"""Mend a frozen tower that moves: statistics by train(), and weights by weight decay."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    FindTheBug,
    Mistake,
    Property,
    Wrong,
    random_tensor,
)
from mmtutor.checks.engine.properties import agree
from mmtutor.checks.gpt.shared import either

Four = tuple[Tensor, Tensor, Tensor, Tensor]
SMALL = 1e-5
"""What BatchNorm adds to a variance."""


class State(NamedTuple):
    """A tower (weight, and what its BatchNorm keeps) and a head."""

    weight: Tensor
    mean: Tensor
    variance: Tensor
    head: Tensor


def fine_tuned(
    x: Tensor,
    targets: Tensor,
    weight: Tensor,
    mean: Tensor,
    variance: Tensor,
    head: Tensor,
    rate: float,
    decay: float,
    steps: int,
    wrong: Wrong = RIGHT,
) -> Four:
    """Reference: only the head moves, down its gradient and its weight decay."""
    start = now = State(weight, mean, variance, head)
    memory = torch.zeros(2, *head.shape)
    for step in range(taken(steps, wrong)):
        batch = batch_counts(step, wrong)
        slopes = gradients(x, targets, now, batch, wrong)
        pull, memory = follow(slopes[1], now.head, decay, memory, step, wrong)
        pull = by_hand(pull, slopes[1], now.head, rate, decay, wrong)
        moved = now.weight - rate * on_tower(slopes[0], now.weight, decay, wrong)
        now = State(moved, *statistics(x, now, step, wrong), now.head - rate * pull)
    return returned(now, start, x, wrong)


def taken(steps: int, wrong: Wrong) -> int:
    """Return how many steps are taken."""
    ways = {"one_more": lambda: steps + 1, "one_less": lambda: steps - 1, "one": lambda: 1}
    return either(ways, wrong, lambda: steps)


def batch_counts(step: int, wrong: Wrong) -> bool:
    """Say whether BatchNorm works with the batch's statistics in this step."""
    if {"late_train", "early_train"} & wrong:
        return (step > 0) == ("late_train" in wrong)
    return bool({"trains", "batch_used"} & wrong)


def hidden(x: Tensor, now: State, batch: bool, weight: Tensor) -> Tensor:
    """Return what the tower gives before its tanh (example, width)."""
    inner = x @ weight.T
    mean, variance = now.mean, now.variance
    if batch:
        mean, variance = inner.mean(0), inner.var(0, correction=0)
    return (inner - mean) / (variance + SMALL).sqrt()


def gradients(
    x: Tensor, targets: Tensor, now: State, batch: bool, wrong: Wrong
) -> tuple[Tensor, Tensor]:
    """Return the slopes of the loss in the tower's weight (0 if it is frozen) and in the head."""
    if not {"tower_trained", "tower_trained_no_decay"} & wrong:
        features, back = forward(x, targets, now, batch, now.weight, wrong)
        return torch.zeros_like(now.weight), back @ features
    weight = now.weight.detach().requires_grad_()
    with torch.enable_grad():
        features, back = forward(x, targets, now, batch, weight, wrong)
        (slope,) = torch.autograd.grad(features @ now.head, weight, back.detach())
    return slope, (back @ features).detach()


def forward(
    x: Tensor, targets: Tensor, now: State, batch: bool, weight: Tensor, wrong: Wrong
) -> tuple[Tensor, Tensor]:
    """Return the features, and the slope of the loss in what the head makes of each example."""
    features = x @ weight.T if "no_norm" in wrong else hidden(x, now, batch, weight)
    features = features if "no_tanh" in wrong else features.tanh()
    back = 2 * (features @ now.head - targets)
    back = back if "summed" in wrong else back / len(x)
    return features, back / 2 if "halved" in wrong else back


def on_tower(slope: Tensor, weight: Tensor, decay: float, wrong: Wrong) -> Tensor:
    """Return what the tower's weight follows; frozen, it is nothing."""
    ways: dict[str, Callable[[], Tensor]] = {
        "decays": lambda: decay * weight,
        "tower_trained": lambda: slope + decay * weight,
        "tower_trained_no_decay": lambda: slope,
    }
    return either(ways, wrong, lambda: torch.zeros_like(weight))


def follow(
    slope: Tensor, head: Tensor, decay: float, memory: Tensor, step: int, wrong: Wrong
) -> tuple[Tensor, Tensor]:
    """Return what the head follows, and what the optimiser keeps for the next step."""
    pull = slope + decay * head
    kept = {
        "momentum": lambda: torch.stack([0.9 * memory[0] + pull, memory[1]]),
        "accumulated": lambda: torch.stack([memory[0] + slope, memory[1]]),
        "adam": lambda: torch.stack(
            [0.9 * memory[0] + 0.1 * pull, 0.999 * memory[1] + 0.001 * pull**2]
        ),
        "adamw": lambda: torch.stack(
            [0.9 * memory[0] + 0.1 * slope, 0.999 * memory[1] + 0.001 * slope**2]
        ),
    }
    memory = either(kept, wrong, lambda: memory)

    def adam() -> Tensor:
        first, second = memory[0] / (1 - 0.9 ** (step + 1)), memory[1] / (1 - 0.999 ** (step + 1))
        return first / (second.sqrt() + 1e-8)

    ways: dict[str, Callable[[], Tensor]] = {
        "no_decay": lambda: slope,
        "decay_doubled": lambda: slope + 2 * decay * head,
        "decay_subtracted": lambda: slope - decay * head,
        "decay_alone": lambda: decay * head,
        "head_frozen": lambda: torch.zeros_like(head),
        "upwards": lambda: decay * head - slope,
        "momentum": lambda: memory[0],
        "accumulated": lambda: memory[0] + decay * head,
        "adam": adam,
        "adamw": lambda: adam() + decay * head,
    }
    return either(ways, wrong, lambda: pull), memory


def by_hand(
    pull: Tensor, slope: Tensor, head: Tensor, rate: float, decay: float, wrong: Wrong
) -> Tensor:
    """Return what the head follows if somebody writes the step and its decay by hand."""
    after = head - rate * slope
    ways: dict[str, Callable[[], Tensor]] = {
        "decay_halved": lambda: slope + decay / 2 * head,
        "decay_afterwards": lambda: slope + decay * after,
        "decay_alone_rated": lambda: slope + decay / rate * head,
        "decay_alone_rated_afterwards": lambda: slope + decay / rate * after,
    }
    return either(ways, wrong, lambda: pull)


def statistics(x: Tensor, now: State, step: int, wrong: Wrong) -> tuple[Tensor, Tensor]:
    """Return the running mean and variance after a step."""
    inner = x @ now.weight.T
    moving = "only_statistics" in wrong or batch_counts(step, wrong - {"batch_used"})
    if not moving:
        return now.mean, now.variance
    return 0.9 * now.mean + 0.1 * inner.mean(0), 0.9 * now.variance + 0.1 * inner.var(0)


def returned(now: State, start: State, x: Tensor, wrong: Wrong) -> Four:
    """Return the tower's weight and statistics, and the head."""
    inner = x @ now.weight.T
    ways: dict[str, Callable[[], Four]] = {
        "statistics_exchanged": lambda: (now.weight, now.variance, now.mean, now.head),
        "weight_turned": lambda: (now.weight.T, *now[1:]),
        "batch_returned": lambda: (now.weight, inner.mean(0), inner.var(0), now.head),
        "deviation_returned": lambda: (now.weight, now.mean, now.variance.sqrt(), now.head),
    }
    return either(ways, wrong, lambda: tuple(now))


def frozen_cases() -> list[Case]:
    def case(
        examples: int,
        features: int,
        width: int,
        rate: float,
        decay: float,
        steps: int,
        seed: int,
    ) -> Case:
        return Case(
            x=random_tensor(examples, features, seed=seed),
            targets=random_tensor(examples, seed=seed + 1),
            weight=random_tensor(width, features, seed=seed + 2),
            mean=random_tensor(width, seed=seed + 3),
            variance=random_tensor(width, seed=seed + 4).square() + 0.5,
            head=random_tensor(width, seed=seed + 5),
            rate=rate,
            decay=decay,
            steps=steps,
        )

    loud = case(4, 3, 2, 0.01, 0.2, 3, 1850)
    loud["x"].view(-1)[0], loud["x"].view(-1)[1], loud["x"].view(-1)[2] = 25.0, -25.0, 0.0
    loud["targets"][0], loud["targets"][1], loud["targets"][2] = 28.0, -28.0, 0.0
    loud["targets"][3] = loud["targets"][2]
    loud["x"][3] = loud["x"][2]
    heavy = case(5, 2, 4, 0.01, 0.3, 2, 1860)
    heavy["weight"][0, 0], heavy["weight"][0, 1], heavy["weight"][1, 0] = 25.0, -25.0, 0.0
    heavy["weight"][3] = heavy["weight"][2]
    heavy["head"][0], heavy["head"][1], heavy["head"][2] = 25.0, -25.0, 0.0
    heavy["head"][3] = 0.0
    heavy["mean"][0], heavy["mean"][1], heavy["mean"][2] = 24.0, -24.0, 0.0
    heavy["mean"][3] = 0.0
    heavy["variance"][0], heavy["variance"][1] = 30.0, 0.0
    heavy["variance"][3] = heavy["variance"][2]
    heavy["x"] *= 0.05
    near = case(5, 2, 3, 0.02, 0.1, 1, 1870)  # close to a mean whose variance is hardly any
    near["weight"][1] *= 0.002
    near["mean"][1], near["variance"][1] = 0.0, 1e-4
    return [
        case(3, 2, 4, 0.1, 0.5, 2, 1800),
        case(6, 4, 3, 0.3, 0.137, 5, 1810),
        case(7, 1, 4, 0.2, 0.4, 4, 1820),
        case(5, 3, 1, 0.5, 0.2, 6, 1830),
        case(4, 5, 2, 0.4, 0.3, 1, 1835),
        case(8, 3, 5, 0.1, 0.0, 3, 1840),  # nothing decays
        case(4, 3, 2, 0.2, 0.1, 0, 1843),
        case(4, 6, 3, 0.02, 0.9, 7, 1845),
        case(3, 4, 2, 0.0005, 2.0, 3, 1848),
        loud,
        heavy,
        near,
    ]


def right(case: Case) -> Four:
    """Return what is right."""
    return fine_tuned(*case.values())


def tower_stays(case: Case, output: Four) -> bool:
    """Say whether the tower's weight is what was given."""
    return agree(output[0].float(), case["weight"])


def statistics_stay(case: Case, output: Four) -> bool:
    """Say whether BatchNorm's statistics are what was given."""
    return all(agree(output[i].float(), case[n]) for i, n in ((1, "mean"), (2, "variance")))


def one_step(case: Case, output: Four) -> bool:
    """Say whether the head is right after a single step."""
    return case["steps"] != 1 or agree(output[3].float(), right(case)[3])


FROZEN_BUG = FindTheBug(
    id="transfer.bug_frozen",
    title="Find the bugs: frozen, and yet it moves",
    difficulty=2,
    minutes=20,
    given=frozenset({"trains", "decays"}),
    hints=(
        "There are two mistakes. Print `tower.state_dict()` before and after one step: which "
        "entries have changed, and which line of the program writes each of them?",
        "w ← w − rate · (gradient + decay · w). What is left of this if the gradient is 0? And in "
        "training mode BatchNorm moves its means, gradient or not.",
        "The weight (width, feature), the running mean and variance (width,) come back as they "
        "were given. Only the head (width,) moves, and it still decays.",
        "tower.eval()\noptimiser = torch.optim.SGD([...], lr=rate, weight_decay=...)\n"
        "for _ in range(steps):\n    with torch.no_grad():\n        features = tower(x)\n"
        "    loss = ((features @ own - targets) ** 2).mean()\n    ...",
    ),
    reference=fine_tuned,
    cases=frozen_cases,
    mistakes=(
        Mistake(
            "trains",
            "The tower's BatchNorm still works as in training: it normalises by the batch, and its "
            "running mean and variance move, gradient or not. A new module is in training mode: "
            "what takes it out, and does it stay out?",
            "norm",
        ),
        Mistake(
            "decays",
            "The tower's weight still shrinks, though its gradient is 0: weight decay needs none. "
            "Who hands the weight to the optimiser?",
            "tower",
        ),
        Mistake(
            "batch_used",
            "The statistics no longer move, but the tower still normalises by the *batch*. A "
            "frozen tower uses the ones that it was given.",
            "norm learns",
        ),
        Mistake(
            "only_statistics",
            "The head learns from a frozen tower, but the running mean and variance still move. "
            "Does something go through the tower in training mode?",
            "norm learns",
        ),
        Mistake(
            "late_train",
            "The first step is right; from the second on BatchNorm works as in training. Does "
            "`train()` undo your `eval()`?",
            "norm",
        ),
        Mistake(
            "early_train",
            "The first step is taken in training mode; only then is the tower put into "
            "evaluation mode. Which comes first?",
            "norm steps",
        ),
        Mistake(
            "no_norm",
            "BatchNorm is gone, or works without the mean and variance that it is given. It was "
            "right in the program you were given, apart from its mode.",
            "norm tower learns",
        ),
        Mistake(
            "tower_trained",
            "Now the tower's weight is trained. It is to stay as it is.",
            "tower",
        ),
        Mistake(
            "tower_trained_no_decay",
            "Now the tower's weight is trained, without decay. It is to stay as it is.",
            "tower",
        ),
        Mistake(
            "no_decay",
            "The *head* no longer decays. Its weight decay was right in the program you were "
            "given: who is it meant for?",
            "head tower",
        ),
        Mistake(
            "decay_doubled",
            "The head decays twice as fast: is decay · w² in the loss, without a ½?",
            "head",
        ),
        Mistake(
            "decay_halved",
            "The head decays half as fast. Is there a ½ that is not in the program you were given?",
            "head",
        ),
        Mistake(
            "decay_afterwards",
            "The decay is taken from the head *after* the gradient's step. Both are taken from the "
            "head as it was.",
            "head rest",
        ),
        Mistake(
            "decay_alone_rated",
            "The decay of the head is not multiplied by the rate: w ← w − rate · (gradient + "
            "decay · w).",
            "head",
        ),
        Mistake(
            "decay_alone_rated_afterwards",
            "The decay of the head is not multiplied by the rate, and it is taken after the "
            "gradient's step: w ← w − rate · (gradient + decay · w).",
            "head rest",
        ),
        Mistake("decay_subtracted", "The decay makes the head grow.", "head"),
        Mistake(
            "decay_alone",
            "The head only decays: no gradient of the loss reaches it. Is it cut off by `no_grad`, "
            "or set to 0?",
            "head rest learns",
        ),
        Mistake(
            "head_frozen",
            "The head comes back as it was given. Which parameters has the optimiser, and which "
            "head do you return?",
            "head rest steps learns",
        ),
        Mistake("upwards", "The steps go uphill.", "head rest"),
        Mistake(
            "momentum",
            "Your steps have momentum. Plain gradient descent was in the program you were given.",
            "head memory",
        ),
        Mistake(
            "adam",
            "That is Adam. Plain gradient descent was in the program you were given.",
            "head rest tower",
        ),
        Mistake(
            "adamw",
            "That is AdamW. Plain gradient descent was in the program you were given.",
            "head rest tower",
        ),
        Mistake(
            "accumulated",
            "The gradients of earlier steps are still there. `zero_grad` was in the program you "
            "were given.",
            "head memory",
        ),
        Mistake(
            "no_tanh",
            "The tanh is gone. It was right in the program you were given.",
            "rest",
        ),
        Mistake(
            "summed",
            "You add the squares of all examples up. The program you were given had their mean.",
            "rest",
        ),
        Mistake("halved", "The loss is halved. It was not in the program you were given.", "rest"),
        Mistake("one_more", "One step too many is taken.", "steps"),
        Mistake("one_less", "One step too few is taken.", "steps"),
        Mistake(
            "one", "Only one step is taken. How many are asked for?", "steps norm tower memory"
        ),
        Mistake(
            "statistics_exchanged",
            "Mean and variance come back in the other order.",
            "end",
        ),
        Mistake(
            "weight_turned",
            "The tower's weight comes back transposed. It is (width, feature).",
            "end",
        ),
        Mistake(
            "batch_returned",
            "The mean and variance that come back are the batch's. The tower's own are asked for.",
            "end norm",
        ),
        Mistake(
            "deviation_returned",
            "The variance comes back as a deviation, its root.",
            "end",
        ),
    ),
    properties=(
        Property(
            "The tower's weight does not come back as it was given. What still writes into it?",
            tower_stays,
        ),
        Property(
            "The running mean and variance do not come back as they were given.",
            statistics_stay,
        ),
        Property(
            "The tower stays as it was, but after a single step the head is wrong already. Which "
            "features does it learn from, and is its step (loss, optimiser, rate, decay) that of "
            "the program you were given?",
            one_step,
        ),
        Property(
            "The tower comes back as it was, and the first step of the head is right; later ones "
            "are not. Is the tower that they use the old one still? What else is left over from "
            "the step before, or begins anew?",
            lambda case, output: all(map(agree, output, right(case))),
        ),
    ),
)
