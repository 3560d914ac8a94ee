"""Soft sharing: models that are tied to each other. Traps: λ, the square, pairs, the heads."""

from collections.abc import Callable
from itertools import combinations, pairwise, permutations

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


def soft_loss(
    losses: Tensor, trunks: Tensor, heads: Tensor, strength: float, wrong: Wrong = RIGHT
) -> Tensor:
    """Reference: the losses of all tasks, and how far their trunks lie apart."""
    penalty = apart(trunks, heads, wrong)
    ways: dict[str, Callable[[], Tensor]] = {
        "strength_on_losses": lambda: strength * losses.sum() + penalty,
        "strength_on_both": lambda: strength * (losses.sum() + penalty),
        "no_strength": lambda: losses.sum() + penalty,
        "mixed": lambda: (1 - strength) * losses.sum() + strength * penalty,
        "subtracted": lambda: losses.sum() - strength * penalty,
        "mean_loss": lambda: losses.mean() + strength * penalty,
        "penalty_alone": lambda: strength * penalty,
        "bare_penalty": lambda: penalty,
        "losses_alone": lambda: losses.sum(),
        "strength_squared": lambda: losses.sum() + strength**2 * penalty,
        "divided": lambda: losses.sum() + penalty / strength,
        "halved": lambda: losses.sum() + strength / 2 * penalty,
        "for_each_task": lambda: losses.sum() + len(losses) * strength * penalty,
        "first_loss": lambda: losses[0] + strength * penalty,
        "penalty_squared": lambda: losses.sum() + strength * penalty**2,
        "times": lambda: losses.sum() * (1 + strength * penalty),
    }
    return either(ways, wrong, lambda: losses.sum() + strength * penalty)


def apart(trunks: Tensor, heads: Tensor, wrong: Wrong) -> Tensor:
    """Return the penalty of trunks (task, layer, out, in), or what people take for it."""
    if "to_the_mean" in wrong:
        trunks, heads = (torch.stack([x, x.mean(0).expand_as(x)], 1) for x in (trunks, heads))
        sides = zip(trunks, heads, strict=True)
        return sum((distance(*a, *b, wrong=wrong) for a, b in sides), torch.zeros(()))
    found = [
        distance(trunks[a], trunks[b], heads[a], heads[b], wrong) for a, b in pairs(trunks, wrong)
    ]
    summed = sum(found, torch.zeros(()))
    if "root_of_all" in wrong:
        return summed.sqrt()
    return summed / max(len(found), 1) if "mean_of_pairs" in wrong else summed


def pairs(trunks: Tensor, wrong: Wrong) -> list[tuple[int, int]]:
    """Return which tasks are compared."""
    tasks = range(len(trunks))
    ways: dict[str, Callable[[], list[tuple[int, int]]]] = {
        "twice": lambda: list(permutations(tasks, 2)),
        "neighbours": lambda: list(pairwise(tasks)),
        "ring": lambda: [(task, (task + 1) % len(trunks)) for task in tasks],
        "to_the_first": lambda: [(0, task) for task in tasks[1:]],
        "first_pair": lambda: list(combinations(tasks, 2))[:1],
    }
    return either(ways, wrong, lambda: list(combinations(tasks, 2)))


def distance(a: Tensor, b: Tensor, head_a: Tensor, head_b: Tensor, wrong: Wrong) -> Tensor:
    """Return how far two trunks (layer, out, in) lie apart, squared, or something like it."""
    gap, heads = a - b, head_a - head_b
    ways: dict[str, Callable[[], Tensor]] = {
        "not_squared": lambda: gap.norm(),
        "norm_of_layers": lambda: gap.flatten(1).norm(dim=1).sum(),
        "norm_of_rows": lambda: gap.norm(dim=-1).sum(),
        "absolute": lambda: gap.abs().sum(),
        "mean": lambda: gap.square().mean(),
        "mean_of_layers": lambda: gap.square().flatten(1).sum(1).mean(),
        "mean_in_layers": lambda: gap.square().flatten(1).mean(1).sum(),
        "square_of_sum": lambda: gap.sum() ** 2,
        "plain_sum": lambda: gap.sum(),
        "added": lambda: (a + b).square().sum(),
        "weight_decay": lambda: a.square().sum() + b.square().sum(),
        "of_norms": lambda: (a.norm() - b.norm()) ** 2,
        "heads_too": lambda: gap.square().sum() + heads.square().sum(),
        "heads_alone": lambda: heads.square().sum(),
        "first_layer": lambda: gap[0].square().sum(),
        "last_layer": lambda: gap[-1].square().sum(),
        "without_last": lambda: gap[:-1].square().sum(),
        "product": lambda: (a * b).sum(),
        "fourth_power": lambda: gap.square().sum() ** 2,
        "largest": lambda: gap.square().max(),
        "one_minus_cosine": lambda: 1 - (a * b).sum() / (a.norm() * b.norm()),
    }
    return either(ways, wrong, lambda: gap.square().sum())


def penalty_cases() -> list[Case]:
    def case(
        tasks: int,
        layers: int,
        out: int,
        width: int,
        classes: int,
        strength: float,
        seed: int,
        size: float = 1.0,
    ) -> Case:
        return Case(
            losses=random_tensor(tasks, seed=seed).square() + 0.2,
            trunks=size * random_tensor(tasks, layers, out, width, seed=seed + 1),
            heads=random_tensor(tasks, classes, width, seed=seed + 2),
            strength=strength,
        )

    equal = case(3, 2, 3, 4, 2, 0.5, 860)
    equal["trunks"][1:] = equal["trunks"][0]
    loud = case(3, 2, 2, 3, 4, 0.01, 870)
    loud["trunks"].view(-1)[0], loud["trunks"].view(-1)[1] = 25.0, -25.0
    loud["trunks"].view(-1)[2], loud["losses"][0], loud["losses"][1] = 0.0, 0.0, 30.0
    loud["losses"][2] = -22.0
    return [
        case(2, 1, 2, 3, 4, 0.3, 800),
        case(2, 3, 2, 5, 4, 0.1, 810),
        case(3, 2, 4, 6, 5, 0.7, 820, 0.4),
        case(4, 3, 2, 1, 5, 2.5, 830, 0.5),
        case(5, 2, 1, 3, 1, 0.2, 840, 0.3),
        case(1, 2, 3, 4, 5, 0.9, 850),
        equal,
        loud,
        case(3, 4, 2, 5, 6, 0.0005, 880, 8.0),
        case(2, 3, 4, 2, 1, 30.0, 890, 0.1),
        case(3, 2, 2, 2, 3, 0.0, 895),
    ]


def right(case: Case) -> Tensor:
    """Return the right total."""
    return soft_loss(*case.values())


def right_if_equal(case: Case, output: Tensor) -> bool:
    """Say whether only the losses are left where all trunks are equal."""
    same = bool((case["trunks"] == case["trunks"][:1]).all())
    return not same or agree(output, case["losses"].sum())


def right_if_two(case: Case, output: Tensor) -> bool:
    """Say whether all is right where there are two tasks."""
    return len(case["losses"]) != 2 or agree(output, right(case))


PENALTY = Implement(
    id="multitask.penalty",
    title="Tied, but not the same",
    difficulty=1,
    minutes=15,
    gradient=True,
    hints=(
        "Begin with two tasks: subtract one trunk from the other. What is the squared length of "
        "this difference, if all its numbers are written in one row?",
        "total = Σ_t L_t + λ Σ_{a<b} ‖θ_a − θ_b‖², and ‖x‖² = Σ x². θ is a trunk; heads are not "
        "in it.",
        "trunks[a] - trunks[b] is (layer, out, in); the sum of its squares is one number. Three "
        "tasks make three pairs, four make six, one makes none.",
        "penalty = 0\nfor a in range(len(trunks)):\n    for b in range(a + 1, ...):\n"
        "        penalty = penalty + ((trunks[a] - ...) ** 2).sum()\n"
        "return losses.sum() + ... * penalty",
    ),
    reference=soft_loss,
    cases=penalty_cases,
    mistakes=(
        Mistake(
            "strength_on_losses",
            "The strength stands on the losses. Which term is it to make stronger or weaker?",
            "total",
        ),
        Mistake(
            "strength_on_both",
            "The strength multiplies both terms, so it changes nothing in how they compare. Which "
            "of them is it for?",
            "total",
        ),
        Mistake("no_strength", "The penalty comes without its strength.", "total"),
        Mistake(
            "mixed",
            "You weigh the losses with 1 − strength. They count as they are.",
            "total",
        ),
        Mistake(
            "subtracted",
            "You subtract the penalty: then training drives the trunks apart.",
            "total",
        ),
        Mistake("mean_loss", "You average the losses. The card adds them up.", "total"),
        Mistake(
            "penalty_alone",
            "That is the penalty alone. What keeps the models at their tasks?",
            "total",
        ),
        Mistake(
            "bare_penalty",
            "That is Σ‖θ_a − θ_b‖² alone: where are the losses, and the strength?",
            "total",
        ),
        Mistake(
            "losses_alone",
            "Those are the losses alone. What ties the trunks?",
            "total pair norm",
        ),
        Mistake(
            "penalty_squared",
            "You square the penalty once more: a sum of squares is ‖x‖² already.",
            "total norm pair",
        ),
        Mistake("strength_squared", "The strength is multiplied twice.", "total"),
        Mistake("divided", "You divide by the strength.", "total"),
        Mistake(
            "halved",
            "The penalty is half of what it should be. Is there a ½ on the card, or did each pair "
            "get half?",
            "total pair",
        ),
        Mistake(
            "for_each_task",
            "The penalty is added once for every task. It is one number, added once.",
            "total pair",
        ),
        Mistake("first_loss", "Only the first task's loss is in it.", "total"),
        Mistake("times", "You multiply the losses by the penalty. It is to be added.", "total"),
        Mistake(
            "twice",
            "Every pair is counted twice: a with b, and b with a. How many pairs do three tasks "
            "make?",
            "pair",
        ),
        Mistake(
            "neighbours",
            "You compare each task with the next only. Which pair is left out if there are three?",
            "pair",
        ),
        Mistake(
            "ring",
            "You compare each task with the next, and the last with the first: two tasks are "
            "compared twice, and of four two pairs are left out.",
            "pair",
        ),
        Mistake(
            "to_the_first",
            "You compare every task with the first only. Which pairs are left out?",
            "pair",
        ),
        Mistake("first_pair", "Only the first two tasks are compared.", "pair"),
        Mistake(
            "mean_of_pairs",
            "You average over the pairs. The card adds them up.",
            "pair",
        ),
        Mistake(
            "to_the_mean",
            "You compare every trunk with the *mean* trunk. The card compares them with each "
            "other.",
            "pair",
        ),
        Mistake(
            "root_of_all",
            "You take the root of the sum over all pairs. Where is a root on the card?",
            "pair norm",
        ),
        Mistake(
            "not_squared",
            "That is the norm ‖θ_a − θ_b‖, with the root. The card has its *square*. (Near 0 the "
            "norm pulls as hard as far away, the square hardly at all.)",
            "norm",
        ),
        Mistake(
            "norm_of_layers",
            "You add up norms, one for each layer, and each has its root. The card has the square.",
            "norm",
        ),
        Mistake(
            "norm_of_rows",
            "You add up norms along the last axis, each with its root. The card has the square of "
            "the norm over all weights.",
            "norm",
        ),
        Mistake(
            "absolute",
            "You add up the absolute differences. Which norm does the card have, and squared?",
            "norm",
        ),
        Mistake(
            "mean",
            "You average the squared differences. The card adds them up.",
            "norm",
        ),
        Mistake(
            "mean_of_layers",
            "You average over the layers. The card adds all weights up.",
            "norm",
        ),
        Mistake(
            "mean_in_layers",
            "You average within a layer and add the layers up. The card adds all weights up.",
            "norm",
        ),
        Mistake(
            "square_of_sum",
            "You add the differences up first and square the sum: + and − cancel. Which comes "
            "first?",
            "norm",
        ),
        Mistake("plain_sum", "The differences are not squared: + and − cancel.", "norm pair"),
        Mistake("added", "You add the two trunks. What tells how far they lie apart?", "norm"),
        Mistake(
            "weight_decay",
            "You add the squares of the weights themselves: that pulls each trunk to 0, not to the "
            "other. Subtract before you square.",
            "norm",
        ),
        Mistake(
            "of_norms",
            "You compare the *lengths* of the trunks. Two of one length can point anywhere: "
            "subtract first.",
            "norm",
        ),
        Mistake(
            "heads_too",
            "The heads are tied, too. Their tasks are different ones: which weights does the card "
            "tie?",
            "norm",
        ),
        Mistake("heads_alone", "You tie the heads. Which weights does the card tie?", "norm"),
        Mistake("first_layer", "Only the first layer is tied.", "norm"),
        Mistake("last_layer", "Only the last layer is tied.", "norm"),
        Mistake(
            "without_last",
            "The last layer of the trunk is left out. Heads stand in `heads`: all of `trunks` is "
            "tied.",
            "norm",
        ),
        Mistake(
            "product",
            "You multiply the two trunks and add up. How far apart are they?",
            "norm",
        ),
        Mistake("fourth_power", "You square twice: the sum of squares is ‖x‖² already.", "norm"),
        Mistake(
            "one_minus_cosine",
            "You compare directions, 1 − cosine. How far apart are the two?",
            "norm",
        ),
        Mistake("largest", "You take the largest squared difference. The card adds up.", "norm"),
    ),
    properties=(
        Property(
            "Where all trunks are equal nothing is to be paid: the losses alone should be left, "
            "and they are not.",
            right_if_equal,
        ),
        Property(
            "You are wrong where there are only two tasks: one pair. The squared length of one "
            "difference, times the strength, and the losses: which is off?",
            right_if_two,
        ),
        Property(
            "With two tasks all is right. How many pairs do three of them make, and one?",
            lambda case, output: agree(output, right(case)),
        ),
    ),
)
