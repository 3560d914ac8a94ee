"""Mend a training of two tasks: the shared layer is a copy, and the heads come too late."""

from collections.abc import Callable
from functools import partial

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

Pair = tuple[Tensor, Tensor]


def trained(
    x: Tensor,
    targets: Tensor,
    trunk: Tensor,
    heads: Tensor,
    rate: float,
    steps: int,
    wrong: Wrong = RIGHT,
) -> Pair:
    """Reference: plain gradient descent, by hand, on the sum of two losses."""
    if "targets_exchanged" in wrong:
        targets = targets.flip(0)
    trunks, own = torch.stack([trunk, trunk]), heads
    kept = torch.zeros_like(trunks), torch.zeros_like(heads)
    trunk_rule, head_rule = Rule(wrong), Rule(wrong)
    for _ in range(taken(steps, wrong)):
        if "in_turn" in wrong:
            trunks, own = in_turn(x, targets, trunks, own, rate)
            continue
        pulls, turns = slopes(x, targets, trunks, own, wrong)
        kept = pulls, turns = remembered((pulls, turns), kept, wrong)
        trunks = trunks - rate * trunk_rule(on_trunks(pulls, wrong))
        own = own - rate * head_rule(on_heads(turns, wrong))
    return returned(trunks, own, heads, wrong)


def remembered(found: Pair, kept: Pair, wrong: Wrong) -> Pair:
    """Return the gradients with what is left of earlier steps: nothing, all, or nine tenths."""
    share = 1.0 if "accumulated" in wrong else 0.9 if "momentum" in wrong else 0.0
    return found[0] + share * kept[0], found[1] + share * kept[1]


class Rule:
    """How far a weight moves for its gradient: plainly, or as another optimiser has it."""

    def __init__(self, wrong: Wrong) -> None:
        self.wrong, self.taken, self.mean, self.squares = wrong, 0, 0.0, 0.0

    def __call__(self, slope: Tensor) -> Tensor:
        """Return what is multiplied by the rate, from the gradient (any shape)."""
        ways = {"adam": self.adam, "rmsprop": self.rmsprop, "adagrad": self.adagrad}
        return either(
            {name: partial(way, slope) for name, way in ways.items()}, self.wrong, lambda: slope
        )

    def adam(self, slope: Tensor) -> Tensor:
        """Return Adam's step, with PyTorch's settings."""
        self.taken += 1
        self.mean = 0.9 * self.mean + 0.1 * slope
        self.squares = 0.999 * self.squares + 0.001 * slope.square()
        mean, squares = self.mean / (1 - 0.9**self.taken), self.squares / (1 - 0.999**self.taken)
        return mean / (squares.sqrt() + 1e-8)

    def rmsprop(self, slope: Tensor) -> Tensor:
        """Return RMSprop's step, with PyTorch's settings."""
        self.squares = 0.99 * self.squares + 0.01 * slope.square()
        return slope / (self.squares.sqrt() + 1e-8)

    def adagrad(self, slope: Tensor) -> Tensor:
        """Return Adagrad's step, with PyTorch's settings."""
        self.squares = self.squares + slope.square()
        return slope / (self.squares.sqrt() + 1e-10)


def in_turn(x: Tensor, targets: Tensor, trunks: Tensor, own: Tensor, rate: float) -> Pair:
    """Take a step down the first task's loss, then one down the second's."""
    for task in torch.eye(2):
        pulls, turns = slopes(x, targets, trunks, own, RIGHT)
        trunks = trunks - rate * (task[:, None, None] * pulls).sum(0)
        own = own - rate * task[:, None] * turns
    return trunks, own


def taken(steps: int, wrong: Wrong) -> int:
    """Return how many steps are taken."""
    ways = {"one_more": lambda: steps + 1, "one_less": lambda: steps - 1, "one": lambda: 1}
    return either(ways, wrong, lambda: steps)


def slopes(x: Tensor, targets: Tensor, trunks: Tensor, heads: Tensor, wrong: Wrong) -> Pair:
    """Return the gradients of both losses on their trunks (2, width, feature) and heads."""
    hidden = x @ trunks.mT  # (2, example, width)
    hidden = hidden if "no_tanh" in wrong else hidden.tanh()
    off = (hidden @ heads[:, :, None]).squeeze(-1) - targets
    count = 1 if "summed" in wrong else len(x)
    back = 2 * off / count
    if {"halved", "half_square"} & wrong:
        back = back / 2
    slope = 1 if "no_tanh" in wrong else 1 - hidden.square()
    inner = back[:, :, None] * heads[:, None] * slope
    return inner.mT @ x, (hidden * back[:, :, None]).sum(1)


def on_trunks(pulls: Tensor, wrong: Wrong) -> Tensor:
    """Return the gradient that each of the two trunks follows; shared, they are one."""
    both = pulls.sum(0).expand_as(pulls)
    ways: dict[str, Callable[[], Tensor]] = {
        "copied": lambda: pulls,
        "copied_second": lambda: pulls,
        "copies_averaged": lambda: pulls,
        "detached": lambda: pulls[:1].expand_as(pulls),
        "detached_first": lambda: pulls[1:].expand_as(pulls),
        "first_task_only": lambda: pulls[:1].expand_as(pulls),
        "trunk_frozen": lambda: torch.zeros_like(pulls),
        "nothing_moves": lambda: torch.zeros_like(pulls),
        "averaged": lambda: both / 2,
        "trunk_twice": lambda: 2 * both,
        "upwards": lambda: -both,
    }
    return either(ways, wrong, lambda: both)


def on_heads(turns: Tensor, wrong: Wrong) -> Tensor:
    """Return the gradient that the two heads (2, width) follow."""
    nothing = torch.zeros_like(turns)
    ways: dict[str, Callable[[], Tensor]] = {
        "heads_late": lambda: nothing,
        "nothing_moves": lambda: nothing,
        "first_head_late": lambda: torch.stack([nothing[0], turns[1]]),
        "second_head_late": lambda: torch.stack([turns[0], nothing[1]]),
        "first_task_only": lambda: torch.stack([turns[0], nothing[1]]),
        "one_head": lambda: turns.sum(0).expand_as(turns),
        "upwards": lambda: -turns,
    }
    return either(ways, wrong, lambda: turns)


def returned(trunks: Tensor, own: Tensor, heads: Tensor, wrong: Wrong) -> Pair:
    """Return the trunk and the heads that come out."""
    ways: dict[str, Callable[[], Pair]] = {
        "copied_second": lambda: (trunks[1], own),
        "copies_averaged": lambda: (trunks.mean(0), own),
        "old_heads": lambda: (trunks[0], heads),
        "trunk_turned": lambda: (trunks[0].T, own),
        "heads_exchanged": lambda: (trunks[0], own.flip(0)),
    }
    return either(ways, wrong, lambda: (trunks[0], own))


def shared_cases() -> list[Case]:
    def case(
        examples: int, features: int, width: int, rate: float, steps: int, seed: int, size: float
    ) -> Case:
        return Case(
            x=random_tensor(examples, features, seed=seed),
            targets=random_tensor(2, examples, seed=seed + 1),
            trunk=size * random_tensor(width, features, seed=seed + 2),
            heads=random_tensor(2, width, seed=seed + 3),
            rate=rate,
            steps=steps,
        )

    loud = case(4, 3, 2, 0.001, 3, 450, 0.1)
    loud["x"].view(-1)[0], loud["x"].view(-1)[1], loud["x"].view(-1)[2] = 25.0, -25.0, 0.0
    loud["targets"][0, 0], loud["targets"][0, 1], loud["targets"][1, 0] = 28.0, -28.0, 0.0
    heavy = case(5, 2, 3, 0.001, 2, 460, 0.1)
    heavy["trunk"][0, 0], heavy["trunk"][0, 1], heavy["trunk"][1, 0] = 25.0, -25.0, 0.0
    heavy["heads"][0, 0], heavy["heads"][1, 1], heavy["heads"][0, 1] = 25.0, -25.0, 0.0
    heavy["x"] *= 0.05
    twins = case(4, 3, 5, 0.2, 6, 470, 0.7)
    twins["x"][1] = twins["x"][0]
    return [
        case(3, 2, 4, 0.1, 2, 400, 0.5),
        case(6, 4, 3, 0.3, 5, 410, 0.4),
        case(1, 5, 6, 0.2, 3, 420, 0.3),
        case(7, 1, 4, 0.05, 9, 430, 0.8),
        case(5, 3, 1, 1.2, 4, 440, 0.6),
        case(5, 6, 3, 0.15, 1, 445, 0.5),
        case(4, 6, 3, 0.0005, 24, 448, 0.5),
        case(3, 4, 2, 0.1, 0, 449, 0.5),
        loud,
        heavy,
        twins,
    ]


def right(case: Case) -> Pair:
    """Return what is right."""
    return trained(*case.values())


def one_step(case: Case, output: Pair) -> bool:
    """Say whether the trunk is right after a single step."""
    return case["steps"] != 1 or agree(output[0], right(case)[0])


def heads_after_one(case: Case, output: Pair) -> bool:
    """Say whether the heads are right after a single step."""
    return case["steps"] != 1 or agree(output[1], right(case)[1])


SHARED_BUG = FindTheBug(
    id="multitask.bug_shared",
    title="Find the bugs: shared by name only",
    difficulty=2,
    minutes=20,
    given=frozenset({"copied", "heads_late"}),
    hints=(
        "There are two mistakes. Print `first is second` for the two layers, and count the numbers "
        "that the optimiser was given: which of them should move?",
        "One layer serves both tasks, so its gradient is the sum of both tasks'. An optimiser "
        "moves only what it was given when it was made.",
        "A layer of weight (width, feature), once; heads (2, width). The optimiser needs both: "
        "width · feature + 2 · width numbers.",
        "shared = ...  # one layer\ntowers = [shared, ...]\n"
        "own = torch.nn.Parameter(heads.clone())\n"
        "optimiser = torch.optim.SGD([shared.weight, ...], lr=rate)",
    ),
    reference=trained,
    cases=shared_cases,
    mistakes=(
        Mistake(
            "copied",
            "The second task trains a *copy* of the layer, so the one that comes back has learnt "
            "from the first task alone. What makes two tasks share one layer?",
            "trunk",
        ),
        Mistake(
            "heads_late",
            "The heads never move. Was the optimiser given them, and when?",
            "heads",
        ),
        Mistake(
            "copied_second",
            "There are still two layers, and the second task's comes back. It has learnt from that "
            "task alone.",
            "trunk end",
        ),
        Mistake(
            "copies_averaged",
            "There are still two layers; you average them at the end. A shared layer is one from "
            "the first step.",
            "trunk end",
        ),
        Mistake(
            "detached",
            "The second task uses the layer's numbers, but no gradient of its loss gets there: is "
            "something detached, or copied anew in each step?",
            "trunk heads",
        ),
        Mistake(
            "detached_first",
            "The first task uses the layer, but no gradient of its loss gets there. Is only the "
            "second one's parameter with the optimiser?",
            "trunk heads",
        ),
        Mistake(
            "first_task_only",
            "Only the first task's loss is trained. The sum of both was in the program you were "
            "given.",
            "trunk heads",
        ),
        Mistake(
            "trunk_frozen",
            "The heads move now, but the shared layer does not. Which parameters has the "
            "optimiser?",
            "trunk heads",
        ),
        Mistake(
            "nothing_moves",
            "Nothing moves at all: what comes back is what was given. Does the optimiser have the "
            "parameters that you return, and is there a gradient when it takes its step?",
            "trunk heads rest end",
        ),
        Mistake(
            "averaged",
            "The layer follows the *mean* of both gradients. The sum of the losses has the sum of "
            "the gradients.",
            "trunk",
        ),
        Mistake(
            "trunk_twice",
            "The shared layer moves twice as far as it should: is its step taken twice?",
            "trunk",
        ),
        Mistake("upwards", "The steps go uphill.", "trunk heads rest"),
        Mistake(
            "first_head_late",
            "The first task's head does not move.",
            "heads",
        ),
        Mistake(
            "second_head_late",
            "The second task's head does not move. Does the optimiser have it?",
            "heads trunk",
        ),
        Mistake(
            "one_head",
            "Both heads get the same gradient, the sum. Each belongs to its own task.",
            "heads",
        ),
        Mistake(
            "old_heads",
            "The heads are trained, but those that come back are the ones that were given.",
            "heads end",
        ),
        Mistake(
            "accumulated",
            "The gradients of earlier steps are still there. `zero_grad` was in the program you "
            "were given.",
            "rest",
        ),
        *(
            Mistake(
                name,
                f"The steps are those of another optimiser, {optimiser}. The card asks for plain "
                "gradient descent, as the program you were given had it.",
                "rest trunk heads end",
            )
            for name, optimiser in (
                ("adam", "Adam"),
                ("rmsprop", "RMSprop"),
                ("adagrad", "Adagrad"),
                ("momentum", "SGD with a momentum of 0.9"),
            )
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
        Mistake(
            "halved",
            "All steps are half as long: is the sum of the losses halved?",
            "rest trunk heads",
        ),
        Mistake(
            "targets_exchanged",
            "The targets have changed places. They were right in the program you were given.",
            "rest",
        ),
        Mistake(
            "in_turn",
            "You take a step for one task, then one for the other, which meets a layer that has "
            "moved already. One step goes down the sum of both losses.",
            "rest trunk heads",
        ),
        Mistake("one_more", "One step too many is taken.", "rest"),
        Mistake("one_less", "One step too few is taken.", "rest"),
        Mistake("one", "Only one step is taken. How many are asked for?", "rest trunk heads end"),
        Mistake(
            "trunk_turned",
            "The layer comes back transposed. It is (width, feature).",
            "end",
        ),
        Mistake("heads_exchanged", "The heads come back in the other order.", "end rest heads"),
    ),
    properties=(
        Property(
            "After a single step the layer is wrong already. Do the gradients of both tasks reach "
            "it, added up, is the step plain gradient descent's, or is something else no longer as "
            "it was in the program you were given?",
            one_step,
        ),
        Property(
            "After a single step the heads are wrong already. Each should follow its own task's "
            "gradient.",
            heads_after_one,
        ),
        Property(
            "The first step is right; later ones are not. What is left over from the step before, "
            "does something begin anew, or is something trained that should not be?",
            lambda case, output: all(map(agree, output, right(case))),
        ),
    ),
)
