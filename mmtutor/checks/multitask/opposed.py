"""Measure what opposed tasks do to each other. Traps: a sum, the other pair, the other moment."""

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import Measure, Mistake, Property
from mmtutor.checks.engine.places import each_alone_or_together

AGREE, OPPOSE = 1.0, -1.0
STEPS, RATE = 100, 0.05
EARLY = 30
"""After so many steps the agreeing tasks are in conflict, but not yet all of the way."""


@cache
def world() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return pictures (example, pixel), what the first task wants, noise, and the trunk's start."""
    generator = torch.Generator().manual_seed(13)
    x = torch.randn(40, 6, generator=generator)
    rule, start = torch.randn(2, 6, generator=generator)
    return x, x @ rule, 0.3 * torch.randn(2, 40, generator=generator), start


def targets(sign: float) -> Tensor:
    """Return what the two tasks want (2, example)."""
    _, wanted, noise, _ = world()
    return torch.stack([wanted, sign * wanted]) + noise


def losses(trunk: Tensor, heads: Tensor, sign: float) -> Tensor:
    """Return the loss of each task (2,)."""
    return ((heads[:, None] * (world()[0] @ trunk) - targets(sign)) ** 2).mean(1)


def slopes(trunk: Tensor, heads: Tensor, sign: float) -> tuple[Tensor, Tensor]:
    """Return the gradient of each task on the trunk (2, pixel) and on its head (2,)."""
    x = world()[0]
    off = heads[:, None] * (x @ trunk) - targets(sign)
    back = 2 * off / len(x)
    return (back * heads[:, None]) @ x, (back * (x @ trunk)).sum(1)


@cache
def trained(sign: float, with_heads: bool, steps: int = STEPS) -> tuple[Tensor, Tensor]:
    """Return trunk and heads after so many steps down the sum of both losses."""
    trunk, heads = world()[3], torch.ones(2)
    for _ in range(steps):
        pulls, turns = slopes(trunk, heads, sign)
        trunk = trunk - RATE * pulls.sum(0)
        heads = heads - RATE * turns if with_heads else heads
    return trunk, heads


def cosine(sign: float, steps: int = 0, with_heads: bool = False) -> float:
    """Return the cosine of the two gradients on the trunk after so many steps."""
    a, b = slopes(*trained(sign, with_heads, steps), sign)[0]
    return (a @ b / (a.norm() * b.norm())).item()


def judged_as(trained_on: float, with_heads: bool, judged_on: float) -> float:
    """Return the cosine after 30 steps on some targets, with heads of 1, for others."""
    a, b = slopes(trained(trained_on, with_heads, EARLY)[0], torch.ones(2), judged_on)[0]
    return (a @ b / (a.norm() * b.norm())).item()


def loss(sign: float, with_heads: bool, steps: int = STEPS) -> Tensor:
    """Return both losses (2,) after training."""
    return losses(*trained(sign, with_heads, steps), sign)


@cache
def right() -> list[float]:
    """Measure the four numbers."""
    return [
        cosine(OPPOSE),
        loss(OPPOSE, False).mean().item(),
        loss(OPPOSE, True).mean().item(),
        cosine(AGREE, EARLY),
    ]


def is_near(answer: Tensor, place: int, share: float = 0.02) -> bool:
    """Say whether one of the numbers is right."""
    return abs(float(answer.flatten()[place]) / right()[place] - 1) < share


def at(name: str, value: Callable[[], float], hint: str) -> Mistake:
    """Return a wrong number and what to say of it."""
    return Mistake(name, hint, value=cache(value))


def dot(sign: float) -> float:
    """Return the dot product of the gradients at the start."""
    a, b = slopes(world()[3], torch.ones(2), sign)[0]
    return (a @ b).item()


FIRST = (
    at(
        "start_agree",
        lambda: cosine(AGREE),
        "Number 1 is that of the *agreeing* tasks. The opposed ones are asked for.",
    ),
    at(
        "start_end",
        lambda: -1.0,
        "Number 1 is what one expects of opposed tasks, or what it is after training. At the start "
        "the trunk is right for neither: measure it there.",
    ),
    at(
        "start_dot",
        lambda: dot(OPPOSE),
        "Number 1 is the dot product. Divide by both lengths.",
    ),
    at("start_absolute", lambda: -cosine(OPPOSE), "Number 1 has lost its sign."),
    at(
        "start_one_step",
        lambda: cosine(OPPOSE, 1),
        "Number 1 is that after one step. Measure it at `start`.",
    ),
    at(
        "start_distance",
        lambda: 1 - cosine(OPPOSE),
        "Number 1 is 1 − cosine.",
    ),
    at("start_nothing", lambda: 0.0, "Number 1 is not 0. Measure it at `start`."),
)
FIXED = (
    at(
        "fixed_sum",
        lambda: loss(OPPOSE, False).sum().item(),
        "Number 2 is the sum of both losses. Their mean is asked for.",
    ),
    at(
        "fixed_agree",
        lambda: loss(AGREE, False).mean().item(),
        "Number 2 is that of the *agreeing* tasks. The opposed ones are asked for.",
    ),
    at(
        "fixed_trained",
        lambda: loss(OPPOSE, True).mean().item(),
        "Number 2 is with heads that are trained. With fixed ones it is asked for first.",
    ),
    at(
        "fixed_start",
        lambda: loss(OPPOSE, False, 0).mean().item(),
        "Number 2 is the loss at the start. What is it after training?",
    ),
    at(
        "fixed_zero",
        lambda: 0.0,
        "Number 2: one trunk whose heads are both 1 says the same to both tasks. Can it be right "
        "for both?",
    ),
)
TRAINED = (
    at(
        "trained_sum",
        lambda: loss(OPPOSE, True).sum().item(),
        "Number 3 is the sum of both losses. Their mean is asked for.",
    ),
    at(
        "trained_agree",
        lambda: loss(AGREE, True).mean().item(),
        "Number 3 is that of the *agreeing* tasks. The opposed ones are asked for.",
    ),
    at(
        "trained_fixed",
        lambda: loss(OPPOSE, False).mean().item(),
        "Number 3 is with fixed heads. Train them, too.",
    ),
    at(
        "trained_first",
        lambda: loss(OPPOSE, True)[0].item(),
        "Number 3 is the first task's loss. The mean of both is asked for.",
    ),
    at(
        "trained_second",
        lambda: loss(OPPOSE, True)[1].item(),
        "Number 3 is the second task's loss. The mean of both is asked for.",
    ),
    at(
        "trained_start",
        lambda: loss(OPPOSE, True, 0).mean().item(),
        "Number 3 is the loss at the start. What is it after training?",
    ),
    at(
        "trained_old_heads",
        lambda: losses(trained(OPPOSE, True)[0], torch.ones(2), OPPOSE).mean().item(),
        "Number 3: the trained trunk is judged with heads of 1. Which heads were trained with it?",
    ),
)
LAST = (
    at(
        "last_absolute",
        lambda: 1.0,
        "Number 4: is that measured at the start, at a trunk that was trained on `opposed`, or "
        "expected of tasks that agree? After 30 steps on `agreeing` it is asked for.",
    ),
    at(
        "last_hundred",
        lambda: -1.0,
        "Number 4 is what it is after all 100 steps, or for the opposed tasks. The agreeing ones "
        "after 30 steps are asked for.",
    ),
    at(
        "last_own_heads",
        lambda: cosine(AGREE, EARLY, True),
        "Number 4 is with heads that are trained, too. Fixed ones are asked for.",
    ),
    at(
        "last_old_heads",
        lambda: judged_as(AGREE, True, AGREE),
        "Number 4: the trunk was trained together with its heads, but heads of 1 judge it. Train "
        "with fixed heads.",
    ),
    at(
        "last_other_targets",
        lambda: judged_as(AGREE, False, OPPOSE),
        "Number 4: the trunk was trained on `agreeing`, but the gradients are those of `opposed`.",
    ),
    at("last_absolute_value", lambda: -cosine(AGREE, EARLY), "Number 4 has lost its sign."),
    at(
        "last_one_less",
        lambda: cosine(AGREE, EARLY - 1),
        "Number 4 is that after 29 steps: one is missing.",
    ),
    at(
        "last_one_more",
        lambda: cosine(AGREE, EARLY + 1),
        "Number 4 is that after 31 steps: one too many.",
    ),
    at(
        "last_zero",
        lambda: 0.0,
        "Number 4 is not 0. Towards the bottom the *sum* of the gradients goes to 0, not each of "
        "them: what does that say of their directions?",
    ),
    at(
        "last_distance",
        lambda: 1 - cosine(AGREE, EARLY),
        "Number 4 is 1 − cosine.",
    ),
    at(
        "last_opposed_start",
        lambda: cosine(OPPOSE),
        "Number 4 is that of the opposed tasks at the start. The agreeing ones after 30 steps are "
        "asked for.",
    ),
    at(
        "last_ten",
        lambda: cosine(AGREE, 10),
        "Number 4 is that after ten steps. After 30 it is asked for.",
    ),
)
WHOLE = (
    Mistake(
        "all_sums",
        "Both losses are sums of the two tasks'. Their mean is asked for.",
        value=lambda: [right()[0], 2 * right()[1], 2 * right()[2], right()[3]],
    ),
    Mistake(
        "losses_exchanged",
        "The two losses have changed places: fixed heads come first.",
        value=lambda: [right()[0], right()[2], right()[1], right()[3]],
    ),
    Mistake(
        "cosines_exchanged",
        "The two cosines have changed places.",
        value=lambda: [right()[3], right()[1], right()[2], right()[0]],
    ),
    Mistake(
        "all_agree",
        "Those are the numbers of the agreeing tasks in all four places. The first three ask for "
        "the opposed ones.",
        value=lambda: [
            cosine(AGREE),
            loss(AGREE, False).mean().item(),
            loss(AGREE, True).mean().item(),
            right()[3],
        ],
    ),
)
EVERY = each_alone_or_together(
    right, list(FIRST), list(FIXED), list(TRAINED), list(LAST), whole=WHOLE
)
MISTAKES = tuple(mistake for mistake in EVERY if mistake.name.count("+") < 2)
"""Three wrong numbers of four at a time are too many ways to tell apart."""


OPPOSED = Measure(
    id="multitask.opposed",
    title="Two tasks that want the opposite",
    difficulty=2,
    minutes=15,
    hints=(
        "`torch.autograd.grad` of one loss alone gives that task's gradient on the trunk. Two such "
        "gradients make a cosine.",
        "cos = a·b / (‖a‖ ‖b‖), a and b the gradients of the two losses on the trunk. Losses: "
        "`losses(...).mean()` after `train`.",
        "The trunk has 6 weights, so each gradient has 6 numbers. The answer has four: cosine, "
        "loss, loss, cosine.",
        "def cosine(trunk, heads, targets):\n    trunk = trunk.clone().requires_grad_()\n"
        "    first, second = losses(trunk, heads, targets)\n"
        "    a, = torch.autograd.grad(first, trunk, retain_graph=True)\n    b, = ...\n"
        "    return a @ b / ...\n\n"
        "losses(*train(opposed, train_heads=...), opposed).mean()",
    ),
    truth=right,
    tolerance=0.01,
    mistakes=MISTAKES,
    properties=(
        Property(
            "A cosine lies between −1 and 1; one of yours does not.",
            lambda case, answer: bool((answer.flatten()[[0, 3]].abs() <= 1.001).all()),
        ),
        Property(
            "A squared error is never negative; one of your losses is.",
            lambda case, answer: bool((answer.flatten()[1:3] >= 0).all()),
        ),
        Property(
            "Number 1 is off. At `start`, with heads of 1: the gradient of each of the two losses "
            "on the trunk, their dot product, by both lengths.",
            lambda case, answer: is_near(answer, 0),
        ),
        Property(
            "Number 2 is off. Train on `opposed` with fixed heads; what comes back goes into "
            "`losses`, and the mean of both tasks is asked for.",
            lambda case, answer: is_near(answer, 1),
        ),
        Property(
            "Number 3 is off. Train on `opposed` with `train_heads=True`; trunk *and* heads that "
            "come back go into `losses`.",
            lambda case, answer: is_near(answer, 2),
        ),
        Property(
            "Number 4 is off. Train on `agreeing` for 30 steps with fixed heads, and take the "
            "cosine at the trunk that comes back.",
            lambda case, answer: is_near(answer, 3),
        ),
    ),
)
