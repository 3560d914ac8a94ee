"""Measure what moves in a frozen network. Traps: names for numbers, no copy, buffers forgotten."""

from collections.abc import Callable
from functools import cache, partial

import torch
from torch import Tensor, nn

from mmtutor.checks.engine.exercise import Case, Measure, Mistake, Property
from mmtutor.checks.engine.places import each_alone_or_together

STEPS = 10
HEAD = 4 + 1
"""How many numbers the head holds."""
Values = dict[str, Tensor]


def tower_and_head() -> tuple[nn.Sequential, nn.Linear, Tensor, Tensor]:
    """Return the tower, a head, inputs (step, example, feature) and what is wanted."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(23)
        layers = (nn.Linear(6, 9), nn.BatchNorm1d(9), nn.Tanh(), nn.Linear(9, 4), nn.BatchNorm1d(4))
        tower, head = nn.Sequential(*layers), nn.Linear(4, 1)
        return tower, head, torch.randn(STEPS, 16, 6), torch.randn(STEPS, 16, 1)


@cache
def after(training: bool, zeroed: bool, steps: int = STEPS) -> tuple[Values, Tensor, Tensor]:
    """Train the head; return the tower's state, its outputs as in use, and as in training."""
    tower, head, x, y = tower_and_head()
    tower.train(training)
    tower.requires_grad_(zeroed)
    optimiser = torch.optim.SGD(
        [*tower.parameters(), *head.parameters()], lr=0.1, weight_decay=0.01
    )
    for i in range(steps):
        loss = ((head(tower(x[i])) - y[i]) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        for parameter in tower.parameters() if zeroed else ():
            parameter.grad = torch.zeros_like(parameter)
        optimiser.step()
    state = {name: value.clone() for name, value in tower.state_dict().items()}
    with torch.no_grad():
        return state, tower.eval()(x[0]), tower.train()(x[0])


def changed(training: bool, zeroed: bool) -> Values:
    """Return for every entry of the state which of its numbers have changed."""
    old, new = after(training, zeroed, 0)[0], after(training, zeroed)[0]
    return {name: new[name] != value for name, value in old.items()}


def count(training: bool, zeroed: bool, *ends: str) -> int:
    """Count the numbers that have changed, in entries whose name ends so (in all, if none)."""
    found = changed(training, zeroed).items()
    return sum(int(value.sum()) for name, value in found if name.endswith(ends or ("",)))


def names(training: bool, zeroed: bool) -> int:
    """Count the entries in which anything has changed."""
    return sum(bool(value.any()) for value in changed(training, zeroed).values())


def gap(training: bool = True, zeroed: bool = False, steps: int = STEPS) -> Tensor:
    """Return how far the tower's outputs have moved, as in use."""
    return after(training, zeroed, steps)[1] - after(training, zeroed, 0)[1]


def entries(*ends: str) -> int:
    """Count all numbers of the state whose name ends so (of all, if none), moved or not."""
    state = after(False, False, 0)[0]
    return sum(v.numel() for name, v in state.items() if name.endswith(ends or ("",)))


@cache
def drift_elsewhere(batch: int, with_head: bool, warmed: bool = False) -> float:
    """Return the drift for another batch, of the head's outputs, or begun in training mode."""
    tower, head, x, y = tower_and_head()
    found = []
    for _ in range(2):
        with torch.no_grad():
            features = tower.train(warmed and not found)(x[batch])
        found.append(head(features).detach() if with_head else features)
        tower.train().requires_grad_(False)
        optimiser = torch.optim.SGD(head.parameters(), lr=0.1, weight_decay=0.01)
        for i in range(STEPS):
            loss = ((head(tower(x[i])) - y[i]) ** 2).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return (found[1] - found[0]).abs().max().item()


PARAMETERS = ("weight", "bias")


@cache
def right() -> list[float]:
    """Measure the four numbers."""
    counted = [float(count(*how)) for how in ((True, False), (False, False), (False, True))]
    return [*counted[:2], gap().abs().max().item(), counted[2]]


def is_near(place: int, case: Case, answer: Tensor) -> bool:
    """Say whether one of the numbers is right."""
    return abs(float(answer.flatten()[place]) - right()[place]) <= 0.02 * right()[place]


def at(name: str, value: Callable[[], float | int], hint: str) -> Mistake:
    """Return a wrong number and what to say of it."""
    return Mistake(name, hint, value=cache(lambda: float(value())))


TRAINING = (
    at(
        "training_nothing",
        lambda: 0,
        "Number 1 is not 0. Did you look at the parameters only, or keep a `state_dict()` without "
        "copies? It shows the numbers as they are *now*: clone them before.",
    ),
    at(
        "training_names",
        lambda: names(True, False),
        "Number 1 counts entries of the state dict. How many *numbers* in them have changed?",
    ),
    at(
        "training_no_counter",
        lambda: count(True, False, "mean", "var"),
        "Number 1: each BatchNorm also counts its batches, and that number moves, too.",
    ),
    at(
        "training_means",
        lambda: count(True, False, "mean"),
        "Number 1: the running means move. What else does a BatchNorm keep?",
    ),
    at(
        "training_one_counter",
        lambda: count(True, False) - 1,
        "Number 1: there are two BatchNorms, and each counts its batches, too.",
    ),
    at(
        "training_zeroed",
        lambda: count(True, True),
        "Number 1 is that with zeroed gradients. With `zeroed=False` it is asked for.",
    ),
    at(
        "training_decayed",
        lambda: count(False, True),
        "Number 1 is that of zeroed gradients in evaluation mode. With `training=True, "
        "zeroed=False` it is asked for.",
    ),
    at(
        "training_first_layer",
        lambda: 2 * 9 + 1,
        "Number 1: there are two BatchNorms.",
    ),
    at(
        "training_second_norm",
        lambda: 2 * 4 + 1,
        "Number 1 is that of the second BatchNorm. There are two BatchNorms.",
    ),
    at(
        "training_means_and_counters",
        lambda: count(True, False, "mean", "tracked"),
        "Number 1: the running means and the counters move. What else does a BatchNorm keep?",
    ),
    at(
        "training_norms",
        lambda: 2 * count(True, False, "mean", "var") + 2,
        "Number 1 is all that the two BatchNorms hold. Their weights and biases are parameters, "
        "and frozen.",
    ),
    at(
        "training_norms_no_counter",
        lambda: 2 * count(True, False, "mean", "var"),
        "Number 1: the weights and biases of a BatchNorm are parameters, and frozen. And each "
        "BatchNorm counts its batches.",
    ),
    at(
        "training_with_head",
        lambda: count(True, False) + HEAD,
        "Number 1 has the head in it. It is no part of the tower.",
    ),
    at("training_head", lambda: HEAD, "Number 1 is that of the head. The tower is asked about."),
    at(
        "training_each_step",
        lambda: STEPS * count(True, False),
        "Number 1 counts what moves in each step anew. Compare once: before all steps and after.",
    ),
    at(
        "training_counted",
        lambda: count(True, False, "mean", "var") + 2 * STEPS,
        "Number 1 adds up how far each counter went. It is one number that has changed.",
    ),
    at(
        "training_entries",
        lambda: len(after(False, False, 0)[0]),
        "Number 1 is how many entries the state dict has. How many *numbers* have changed?",
    ),
    at(
        "training_names_no_counter",
        lambda: 4,
        "Number 1 counts entries, without the counters. How many *numbers* have changed?",
    ),
    at("training_layers", lambda: 2, "Number 1 counts layers. How many *numbers* have changed?"),
    at(
        "training_all",
        lambda: entries(),
        "Number 1 is all numbers of the state dict. Which of them are not what they were?",
    ),
    at(
        "training_parameters",
        lambda: entries(*PARAMETERS),
        "Number 1 is the number of parameters, or how many numbers have *not* changed. Parameters "
        "are frozen here: what else is in the state?",
    ),
)
EVALUATED = (
    at(
        "eval_still_training",
        lambda: count(True, False),
        "Number 2: the tower is still in training mode. Call `train` with `training=False`.",
    ),
    at(
        "eval_counters",
        lambda: 2,
        "Number 2: `num_batches_tracked` counts in training mode only.",
    ),
    at(
        "eval_parameters",
        lambda: entries(*PARAMETERS),
        "Number 2: a parameter with `requires_grad=False` has no gradient at all, and the "
        "optimiser passes over it.",
    ),
    at(
        "eval_decayed",
        lambda: count(False, True),
        "Number 2 is what moves if the gradients are zeroed. With `requires_grad=False` there is "
        "none.",
    ),
    at(
        "eval_head",
        lambda: HEAD,
        "Number 2 is that of the head. It is no part of the tower.",
    ),
    at(
        "eval_names",
        lambda: names(True, False),
        "Number 2 counts entries, with the tower in training mode. Call `train` with "
        "`training=False`, and count numbers.",
    ),
    at(
        "eval_statistics",
        lambda: count(True, False, "mean", "var"),
        "Number 2: the running means and variances move in training mode only.",
    ),
    at(
        "eval_with_head",
        lambda: count(True, False) + HEAD,
        "Number 2: the tower is still in training mode, and the head is no part of it.",
    ),
    at(
        "eval_stayed",
        lambda: entries(),
        "Number 2 is how many have *not* changed.",
    ),
)
DRIFT = (
    at("drift_mean", lambda: gap().abs().mean().item(), "Number 3 is the mean of the gaps."),
    at("drift_sum", lambda: gap().abs().sum().item(), "Number 3 is the sum of the gaps."),
    at("drift_norm", lambda: gap().norm().item(), "Number 3 is the length of all gaps together."),
    at("drift_signed", lambda: gap().max().item(), "Number 3: the largest gap may be downwards."),
    at(
        "drift_negative",
        lambda: -gap().abs().max().item(),
        "Number 3 has a sign. The largest *absolute* difference is asked for.",
    ),
    at("drift_square", lambda: gap().square().mean().item(), "Number 3 is the mean square."),
    at(
        "drift_root_square",
        lambda: gap().square().mean().sqrt().item(),
        "Number 3 is the root of the mean square. The largest gap is asked for.",
    ),
    at("drift_largest_square", lambda: gap().square().max().item(), "Number 3 is a square."),
    at(
        "drift_of_largest",
        lambda: after(True, False)[1].max().item() - after(True, False, 0)[1].max().item(),
        "Number 3 is the gap between the two largest outputs. Subtract first.",
    ),
    at(
        "drift_nothing",
        lambda: 0.0,
        "Number 3 is not 0. Is it measured in evaluation mode on both sides, before and after, "
        "with the tower trained in training mode?",
    ),
    at(
        "drift_first_example",
        lambda: gap()[0].abs().max().item(),
        "Number 3 is that of the first example. `x[0]` is a batch: take the largest of all.",
    ),
    at(
        "drift_last_example",
        lambda: gap()[-1].abs().max().item(),
        "Number 3 is that of the last example. `x[0]` is a batch: take the largest of all.",
    ),
    at(
        "drift_first_feature",
        lambda: gap()[:, 0].abs().max().item(),
        "Number 3 is that of the first feature. Take the largest over all of them.",
    ),
    at(
        "drift_relative",
        lambda: gap().abs().max().item() / after(True, False, 0)[1].abs().max().item(),
        "Number 3 is divided by the largest output. The difference itself is asked for.",
    ),
    at(
        "drift_relative_after",
        lambda: gap().abs().max().item() / after(True, False)[1].abs().max().item(),
        "Number 3 is divided by the largest output afterwards. The difference itself is asked for.",
    ),
    at(
        "drift_mean_signed",
        lambda: gap().mean().item(),
        "Number 3 is a mean, in which + and − cancel. The largest absolute gap is asked for.",
    ),
    at(
        "drift_sum_signed",
        lambda: gap().sum().item(),
        "Number 3 is a sum, in which + and − cancel. The largest absolute gap is asked for.",
    ),
    at(
        "drift_examples",
        lambda: gap().norm(dim=1).max().item(),
        "Number 3 is the length of an example's gap. The largest *single* difference is asked for.",
    ),
    at(
        "drift_examples_mean",
        lambda: gap().abs().mean(1).max().item(),
        "Number 3 averages over the features of an example. The largest *single* difference is "
        "asked for.",
    ),
    at(
        "drift_largest_mean",
        lambda: gap().abs().amax(1).mean().item(),
        "Number 3 averages each example's largest gap. The largest of all is asked for.",
    ),
    at("drift_median", lambda: gap().abs().median().item(), "Number 3 is the median gap."),
    at(
        "drift_smallest",
        lambda: gap().abs().min().item(),
        "Number 3 is the smallest gap. The largest is asked for.",
    ),
    at(
        "drift_modes",
        lambda: (after(True, False)[1] - after(True, False)[2]).abs().max().item(),
        "Number 3 compares an output in training mode with one in evaluation mode. Both are to be "
        "taken in evaluation mode, one before the steps and one after.",
    ),
    at(
        "drift_warmed",
        lambda: drift_elsewhere(0, False, warmed=True),
        "Number 3 begins with an output in training mode (which moves the statistics once more). "
        "Both outputs are to be taken in evaluation mode.",
    ),
    at(
        "drift_last_batch",
        lambda: drift_elsewhere(-1, False),
        "Number 3 is that for the last examples. `x[0]` is asked for.",
    ),
    at(
        "drift_head",
        lambda: drift_elsewhere(0, True),
        "Number 3 is the head's output. The tower's is asked for.",
    ),
    at(
        "drift_decay",
        lambda: gap(False, True).abs().max().item(),
        "Number 3 is that of the zeroed gradients. The one in training mode is asked for.",
    ),
    at(
        "drift_both",
        lambda: gap(True, True).abs().max().item(),
        "Number 3 is that in training mode *with* zeroed gradients. Without them it is asked for.",
    ),
    at(
        "drift_one_step",
        lambda: gap(steps=1).abs().max().item(),
        "Number 3 is that after one step. How many does `train` take?",
    ),
    at(
        "drift_outputs",
        lambda: after(True, False)[1].abs().max().item(),
        "Number 3 is the largest output, not the largest gap.",
    ),
)
ZEROED = (
    at(
        "zeroed_nothing",
        lambda: 0,
        "Number 4 is not 0. w ← w − rate · (gradient + decay · w): what is left if the gradient "
        "is 0? (And did you clone the numbers before?)",
    ),
    at(
        "zeroed_parameters",
        lambda: entries(*PARAMETERS),
        "Number 4 is the number of all parameters. Some are 0 from the start: what becomes of "
        "them when they decay?",
    ),
    at("zeroed_all", lambda: entries(), "Number 4 is all numbers of the state dict."),
    at(
        "zeroed_training",
        lambda: count(True, True),
        "Number 4 is that in training mode. With `training=False` it is asked for.",
    ),
    at(
        "zeroed_names",
        lambda: names(False, True),
        "Number 4 counts entries of the state dict. How many *numbers* in them have changed?",
    ),
    at(
        "zeroed_weights",
        lambda: count(False, True, "weight"),
        "Number 4 counts weights only, or linear layers only. Biases decay, too, unless they are "
        "0, and so do the weights of a BatchNorm.",
    ),
    at(
        "zeroed_matrices",
        lambda: 6 * 9 + 9 * 4,
        "Number 4 counts the two matrices only. Biases decay, too, unless they are 0, and so do "
        "the weights of a BatchNorm.",
    ),
    at(
        "zeroed_tensors",
        lambda: 8,
        "Number 4 counts tensors. How many *numbers* in them have changed?",
    ),
    at(
        "zeroed_statistics",
        lambda: count(True, False),
        "Number 4 is that of number 1. Zero the gradients, in evaluation mode.",
    ),
    at(
        "zeroed_with_head",
        lambda: count(False, True) + HEAD,
        "Number 4 has the head in it. It is no part of the tower.",
    ),
    at("zeroed_head", lambda: HEAD, "Number 4 is that of the head. The tower is asked about."),
    at(
        "zeroed_each_step",
        lambda: STEPS * count(False, True),
        "Number 4 counts what moves in each step anew. Compare once: before all steps and after.",
    ),
    at(
        "zeroed_entries",
        lambda: len(after(False, False, 0)[0]),
        "Number 4 is how many entries the state dict has. How many *numbers* have changed?",
    ),
    at(
        "zeroed_stayed",
        lambda: entries() - count(False, True),
        "Number 4 is how many have *not* changed.",
    ),
)
WHOLE = (
    Mistake(
        "all_with_head",
        "You count the head's numbers, too. The tower's are asked for.",
        value=lambda: [right()[0] + HEAD, HEAD, right()[2], right()[3] + HEAD],
    ),
    Mistake(
        "all_each_step",
        "You count what moves in each step anew. Compare once: before all steps and after.",
        value=lambda: [STEPS * right()[0], 0, right()[2], STEPS * right()[3]],
    ),
    Mistake(
        "all_names",
        "You count entries of the state dict. How many *numbers* in them have changed?",
        value=lambda: [names(True, False), 0, right()[2], names(False, True)],
    ),
    Mistake(
        "all_shares",
        "Numbers 1 and 4 are shares. How *many* numbers have changed?",
        value=lambda: [right()[0] / entries(), 0, right()[2], right()[3] / entries()],
    ),
    Mistake(
        "all_zero",
        "Nothing seems to move at all, not even the output. Are what was before and what is after "
        "both kept, as copies, and is the output taken twice?",
        value=lambda: [0, 0, 0, 0],
    ),
    Mistake(
        "modes_exchanged",
        "Numbers 1 and 2 have changed places: the first is that in training mode.",
        value=lambda: [right()[1], right()[0], *right()[2:]],
    ),
    Mistake(
        "all_unmoved",
        "Nothing seems to move at all. A `state_dict()` shows the numbers as they are *now*: did "
        "you clone them before?",
        value=lambda: [0, 0, right()[2], 0],
    ),
    Mistake(
        "all_stayed",
        "You count the numbers that have *not* changed.",
        value=lambda: [entries() - right()[0], entries(), right()[2], entries() - right()[3]],
    ),
    Mistake(
        "parameters_only",
        "You look at `parameters()`. The state dict also holds what a layer keeps without training "
        "it, its buffers.",
        value=lambda: [0, 0, right()[2], right()[3]],
    ),
)
MISTAKES = each_alone_or_together(
    right, list(TRAINING), list(EVALUATED), list(DRIFT), list(ZEROED), whole=WHOLE, at_most=2
)


MOVED = Measure(
    id="transfer.moved",
    title="What moves in a frozen network?",
    difficulty=2,
    minutes=15,
    hints=(
        "Before: `{name: value.clone() for name, value in tower.state_dict().items()}`. After: "
        "compare every entry with its copy, number by number.",
        "changed = Σ over entries of (after ≠ before).sum(). The gap: max |tower(x) after − "
        "tower(x) before|, both in evaluation mode.",
        "The state dict has 14 entries with 157 numbers: parameters, and for each BatchNorm a "
        "running mean, a running variance and a count.",
        "def moved(training, zeroed):\n    tower, head = new()\n"
        "    before = {name: value.clone() for ...}\n    train(tower, head, training, zeroed)\n"
        "    return sum((value != before[name])... for name, value in ...)\n",
    ),
    truth=right,
    tolerance=(1e-4, 1e-4, 0.01, 1e-4),
    mistakes=MISTAKES,
    properties=(
        Property(
            "Number 1 is off. Which numbers of the state dict are not what they were, after "
            "training in training mode with `requires_grad=False`?",
            partial(is_near, 0),
        ),
        Property(
            "Number 2 is off. The same with the tower in evaluation mode.",
            partial(is_near, 1),
        ),
        Property(
            "Number 3 is off. The tower's output for `x[0]`, in evaluation mode, before and after "
            "the steps of number 1: subtract, and take the largest gap.",
            partial(is_near, 2),
        ),
        Property(
            "Number 4 is off. Evaluation mode, zeroed gradients: which numbers of the state dict "
            "are not what they were?",
            partial(is_near, 3),
        ),
    ),
)
