"""Mend two moves: nothing is detached, the forger asks to be caught, both sides move at once."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from mmtutor.checks.engine.exercise import RIGHT, Case, FindTheBug, Mistake, Wrong, random_tensor
from mmtutor.checks.gans.shared import either


def moves(
    generator: Tensor,
    inspector: Tensor,
    real: Tensor,
    noise: Tensor,
    rate: float,
    wrong: Wrong = RIGHT,
) -> Tensor:
    """Reference: both players' weights after a move of each, first the inspector's."""
    if "forger_first" in wrong:
        return joined(*forger_first(generator, inspector, real, noise, rate), wrong)
    if "at_once" in wrong:
        return joined(*at_once(generator, inspector, real, noise, rate), wrong)
    wrong = wrong | next((made for name, made in TOGETHER.items() if name in wrong), RIGHT)
    if "cut" in wrong:
        real, noise = real[: len(noise)], noise[: len(real)]
    g, d = generator.clone().requires_grad_(), inspector.clone().requires_grad_()
    drawn = noise @ g if "not_detached" in wrong else (noise @ g).detach()
    judged(real @ d, drawn @ d, wrong).backward()
    new = moved(d, "inspector", rate, wrong)
    if "inspector_again" in wrong:
        judged(real @ new.requires_grad_(), drawn @ new, wrong).backward()
        new = ascend(new, -rate)
    if "forger_helps" in wrong:
        g = helped(g, inspector, noise, rate)
    player = d if "old_inspector" in wrong else new.requires_grad_()
    fooled((noise @ g) @ player, wrong).backward()
    kept = kept_inspector(inspector, d, player, new, rate, wrong)
    return joined(moved(g, "forger", rate, wrong), kept.detach(), wrong)


def kept_inspector(
    inspector: Tensor, first: Tensor, player: Tensor, new: Tensor, rate: float, wrong: Wrong
) -> Tensor:
    """Return the inspector at the end: as it is after its move, or changed once more.

    `first` and `player` hold the gradients of the first and of the second loss.
    """
    ways: dict[str, Callable[[], Tensor]] = {
        "both_at_the_end": lambda: inspector - rate * player.grad,
        "both_move": lambda: new - rate * player.grad,
        "both_gradients": lambda: new - rate * (player.grad + first.grad),
        "old_returned": lambda: inspector,
    }
    return either(ways, wrong, new)


def moved(weights: Tensor, player: str, rate: float, wrong: Wrong) -> Tensor:
    """Return a player after its step."""
    if "adam" in wrong and weights.grad is not None:
        weights.grad = weights.grad / (weights.grad.abs() + 1e-8)
    return ascend(weights, step_of(rate, player, wrong))


TOGETHER: dict[str, Wrong] = {
    "minimax_alone": frozenset({"minimax", "not_detached", "both_move"}),
    "sums_and_second": frozenset({"inspector_sums", "forger_sums", "both_move"}),
    "both_at_the_end": frozenset({"old_inspector"}),
}
"""Several mistakes that are often made at once."""


def helped(g: Tensor, inspector: Tensor, noise: Tensor, rate: float) -> Tensor:
    """Return the forger moved along the inspector's loss, which it would make small."""
    g = g.detach().clone().requires_grad_()
    F.softplus(noise @ g @ inspector).mean().backward()
    return ascend(g, -rate).requires_grad_()


def step_of(rate: float, player: str, wrong: Wrong) -> float:
    """Return how far a player moves along its gradient."""
    ways = {
        f"{player}_climbs": rate,
        f"{player}_stands": 0.0,
        f"{player}_twice": -2 * rate,
        "no_rate": -1.0,
        "rate_squared": -(rate**2),
    }
    return next((way for name, way in ways.items() if name in wrong), -rate)


def joined(generator: Tensor, inspector: Tensor, wrong: Wrong) -> Tensor:
    """Return both players in one vector."""
    if "inspector_first" in wrong:
        return torch.cat([inspector, generator.flatten()])
    if "by_columns" in wrong:
        return torch.cat([generator.T.flatten(), inspector])
    return torch.cat([generator.flatten(), inspector])


def forger_first(
    generator: Tensor, inspector: Tensor, real: Tensor, noise: Tensor, rate: float
) -> tuple[Tensor, Tensor]:
    """Return what comes out when the forger moves before the inspector."""
    g, d = generator.clone().requires_grad_(), inspector.clone().requires_grad_()
    fooled(noise @ g @ inspector, RIGHT).backward()
    moved = ascend(g, -rate)
    judged(real @ d, noise @ moved @ d, RIGHT).backward()
    return moved, ascend(d, -rate)


def at_once(
    generator: Tensor, inspector: Tensor, real: Tensor, noise: Tensor, rate: float
) -> tuple[Tensor, Tensor]:
    """Return what comes out when both move along the sum of both losses."""
    g, d = generator.clone().requires_grad_(), inspector.clone().requires_grad_()
    (judged(real @ d, noise @ g @ d, RIGHT) + fooled(noise @ g @ d, RIGHT)).backward()
    return ascend(g, -rate), ascend(d, -rate)


def fooled(scores: Tensor, wrong: Wrong) -> Tensor:
    """Return the forger's loss, or one that people take for it."""
    ways: dict[str, Callable[[], Tensor]] = {
        "caught": lambda: F.softplus(scores).mean(),
        "minimax": lambda: -F.softplus(scores).mean(),
        "hinge": lambda: -scores.mean(),
        "forger_sums": lambda: F.softplus(-scores).sum(),
        "caught_sums": lambda: F.softplus(scores).sum(),
        "forger_halves": lambda: F.softplus(-scores).mean() / 2,
        "no_logarithm": lambda: -scores.sigmoid().mean(),
        "forger_mean_first": lambda: F.softplus(-scores.mean()),
        "forger_margin": lambda: F.relu(1 - scores).mean(),
    }
    return either(ways, wrong, F.softplus(-scores).mean())


def judged(real: Tensor, drawn: Tensor, wrong: Wrong) -> Tensor:
    """Return the inspector's loss, or one that people take for it."""
    one, two = F.softplus(-real), F.softplus(drawn)
    ways: dict[str, Callable[[], Tensor]] = {
        "drawn_only": lambda: two.mean(),
        "real_only": lambda: one.mean(),
        "labels": lambda: F.softplus(real).mean() + F.softplus(-drawn).mean(),
        "inspector_sums": lambda: one.sum() + two.sum(),
        "inspector_halves": lambda: (one.mean() + two.mean()) / 2,
        "pooled": lambda: torch.cat([one, two]).mean(),
        "inspector_hinge": lambda: F.relu(1 - real).mean() + F.relu(1 + drawn).mean(),
        "critic": lambda: drawn.mean() - real.mean(),
        "both_real": lambda: one.mean() + F.softplus(-drawn).mean(),
        "both_drawn": lambda: F.softplus(real).mean() + two.mean(),
        "inspector_mean_first": lambda: F.softplus(-real.mean()) + F.softplus(drawn.mean()),
        "real_mean_first": lambda: F.softplus(-real.mean()) + two.mean(),
    }
    return either(ways, wrong, one.mean() + two.mean())


def ascend(weights: Tensor, rate: float) -> Tensor:
    """Return weights moved along their gradient."""
    slope = torch.zeros_like(weights) if weights.grad is None else weights.grad
    return (weights + rate * slope).detach().clone()


def move_cases() -> list[Case]:
    def case(size: int, real: int, drawn: int, rate: float, seed: int) -> Case:
        return Case(
            generator=random_tensor(2, size, seed=seed),
            inspector=random_tensor(size, seed=seed + 1),
            real=random_tensor(real, size, seed=seed + 2) + 1,
            noise=random_tensor(drawn, 2, seed=seed + 3),
            rate=rate,
        )

    return [
        case(2, 2, 3, 0.5, seed=0),
        case(3, 4, 5, 0.7, seed=10),
        case(4, 3, 4, 1.0, seed=20),
        case(1, 3, 4, 0.125, seed=30),
        case(3, 1, 5, 0.0004, seed=40),
        case(5, 3, 1, 1.5, seed=50),
        spread_out(case(3, 5, 4, 0.3, seed=60)),
    ]


def spread_out(case: Case) -> Case:
    """Return a case with numbers far from 0 and others that are 0."""
    case["generator"][0, 0] = case["inspector"][1] = case["noise"][1, 0] = 0.0
    case["real"][2] = 0.0
    case["real"][0] = 30.0 * case["real"][0]
    case["generator"][1] = case["generator"][0]
    return case


MOVES = FindTheBug(
    id="gans.moves",
    title="Find the bugs: two moves",
    difficulty=3,
    minutes=25,
    given=frozenset({"not_detached", "caught", "both_move"}),
    hints=(
        "There are three mistakes. Ask at every `backward()`: whose gradients does it fill, and "
        "whose should it fill? And whom does the forger want to be taken for?",
        "First d ← d − rate · ∂L/∂d. Then g ← g − rate · ∂L_fool/∂g, with the new d, which stands "
        "still. L_fool = −E[ln σ(s)].",
        "drawn (n, size) must not lead back to g in the first move. After it, g.grad has to be "
        "None. In the second move only g changes: (2, size).",
        "drawn = (noise @ g).detach()\n…\nfooled = F.softplus(...).mean()\nfooled.backward()\n"
        "with torch.no_grad():\n    g -= ...",
    ),
    reference=moves,
    cases=move_cases,
    mistakes=(
        Mistake(
            "not_detached",
            "The inspector's loss reaches the forger's gradient: its `backward()` goes on into g, "
            "and what it leaves there is added to the forger's own. What cuts it off?",
            "detach",
        ),
        Mistake(
            "caught",
            "The forger's loss pays for *high* scores: the labels are swapped, and it learns to be "
            "caught.",
            "fool",
        ),
        Mistake(
            "both_move",
            "The inspector moves a second time, along the forger's loss: it is made to be fooled. "
            "Who should stand still in the second move?",
            "second",
        ),
        Mistake(
            "old_inspector",
            "The forger plays against the inspector as it was *before* its move. In which order do "
            "they move?",
            "player",
        ),
        Mistake(
            "inspector_climbs",
            "The inspector walks up its loss instead of down.",
            "climb",
        ),
        Mistake(
            "forger_climbs",
            "The forger walks up its loss instead of down.",
            "forger fool",
        ),
        Mistake(
            "minimax",
            "Your forger has the minimax loss, ln(1 − σ(s)). Which one falls asleep, and which is "
            "asked for?",
            "fool",
        ),
        Mistake(
            "hinge",
            "Your forger has the loss of the hinge game, −s. The non-saturating one is asked for.",
            "fool",
        ),
        Mistake(
            "forger_first",
            "Your forger moves first, and the inspector then sees its new drawings. Who moves "
            "first here?",
            "detach second climb half fool player forger",
        ),
        Mistake(
            "drawn_only",
            "Real pairs have no say in the inspector's move.",
            "half",
        ),
        Mistake(
            "real_only",
            "Drawn pairs have no say in the inspector's move.",
            "half detach",
        ),
        Mistake(
            "labels",
            "The inspector's labels are swapped: it learns to give drawn pairs the high scores. "
            "Who should get them?",
            "half",
        ),
        Mistake(
            "inspector_sums",
            "The inspector's loss is a sum over the scores. What does E[ ] stand for?",
            "half",
        ),
        Mistake(
            "inspector_halves",
            "The inspector's loss is halved. Are its two means added or averaged?",
            "half",
        ),
        Mistake(
            "pooled",
            "The inspector's loss is one mean over real and drawn scores together. Each group has "
            "a mean of its own, and the two are added.",
            "half",
        ),
        Mistake(
            "inspector_hinge",
            "Your inspector has the loss of the hinge game. The program that was handed out has "
            "logarithms, and they were right.",
            "half",
        ),
        Mistake(
            "critic",
            "Your inspector has the loss of a Wasserstein critic, a difference of means. The "
            "program that was handed out has logarithms, and they were right.",
            "half",
        ),
        Mistake(
            "forger_sums",
            "The forger's loss is a sum over its drawings. What does E[ ] stand for?",
            "fool",
        ),
        Mistake(
            "caught_sums",
            "The forger's loss is a sum over its drawings, and it pays for *high* scores: it "
            "learns to be caught.",
            "fool",
        ),
        Mistake(
            "forger_halves",
            "The forger's loss is halved. Which factor does −E[ln σ(s)] have?",
            "fool",
        ),
        Mistake(
            "no_logarithm",
            "The forger's loss has no logarithm: −σ(s) is as flat as minimax where scores are low.",
            "fool",
        ),
        Mistake(
            "inspector_stands",
            "The inspector has not moved. Is its new vector the one that you return?",
            "climb half player second",
        ),
        Mistake(
            "forger_stands",
            "The forger has not moved. Is its new matrix the one that you return?",
            "forger fool player detach",
        ),
        Mistake(
            "inspector_twice",
            "The inspector moves twice as far as it should. Is a gradient there that was filled "
            "twice?",
            "climb half",
        ),
        Mistake(
            "forger_twice",
            "The forger moves twice as far as it should. Is a gradient there that was filled "
            "twice?",
            "forger fool",
        ),
        Mistake(
            "no_rate",
            "Your steps are as long as the gradients. Which argument says how far a player moves?",
            "climb forger second",
        ),
        Mistake(
            "at_once",
            "Both players move along the sum of both losses, in one step. Each has a loss of its "
            "own, and they move in turn.",
            "detach second climb half fool player forger",
        ),
        Mistake(
            "both_real",
            "Real and drawn pairs pay the same way: your inspector learns to give every pair a "
            "high score. Which of them should get low ones?",
            "half",
        ),
        Mistake(
            "both_drawn",
            "Real and drawn pairs pay the same way: your inspector learns to give every pair a "
            "low score. Which of them should get high ones?",
            "half",
        ),
        Mistake(
            "inspector_mean_first",
            "The inspector takes the mean of the scores first, and then one logarithm. Which "
            "comes first in E[ln σ(s)]?",
            "half",
        ),
        Mistake(
            "real_mean_first",
            "The inspector sees the mean of the real pairs only. What is averaged, the pairs "
            "or their logarithms?",
            "half",
        ),
        Mistake(
            "forger_mean_first",
            "The forger takes the mean of the scores first, and then one logarithm. Which "
            "comes first in E[ln σ(s)]?",
            "fool",
        ),
        Mistake(
            "forger_margin",
            "Your forger has a hinge with a margin, 1 − s above 0. The non-saturating loss is "
            "asked for.",
            "fool",
        ),
        Mistake(
            "old_returned",
            "You return the inspector as it was *before* its move, though the forger has "
            "played against the new one. What does the result hold?",
            "detach second climb half fool player forger result",
        ),
        Mistake(
            "minimax_alone",
            "The forger's loss is minimax now, ln(1 − σ(s)), and not the one asked for. And "
            "two mistakes are still there: whose gradients does the first `backward()` fill, "
            "and who moves in the second step?",
            "detach second climb half fool player forger result",
        ),
        Mistake(
            "sums_and_second",
            "Both losses are sums, and the inspector moves a second time, along the forger's "
            "loss. What does E[ ] stand for, and who stands still in the second move?",
            "detach second climb half fool player forger result",
        ),
        Mistake(
            "both_gradients",
            "The inspector moves a second time, along both gradients: its own is still in "
            "`d.grad`, and the forger's is added. Who should stand still in the second move?",
            "detach second climb half fool player forger result",
        ),
        Mistake(
            "both_at_the_end",
            "You fill the gradients of both losses first, and move both players at the end: "
            "the inspector has the forger's gradient, too, and the forger plays against the "
            "old inspector. Who moves before the second loss is taken?",
            "detach second climb half fool player forger result",
        ),
        Mistake(
            "forger_helps",
            "The forger moves along the *inspector's* loss, too, before it moves along its "
            "own: it helps to be caught. Who moves in the first step?",
            "detach second climb half fool player forger result",
        ),
        Mistake(
            "adam",
            "It looks as if Adam made the steps: they are as long as `rate`, whatever the "
            "gradient. What is asked for is rate times the gradient.",
            "detach second climb half fool player forger result",
        ),
        Mistake(
            "rate_squared",
            "Your steps are `rate` squared times the gradient. How often does it enter?",
            "detach second climb half fool player forger result",
        ),
        Mistake(
            "inspector_again",
            "The inspector moves twice along its own loss. One move of each makes a round.",
            "detach second climb half fool player forger result",
        ),
        Mistake(
            "cut",
            "You cut the real pairs and the noise to equal numbers. There need not be as many: "
            "each group has a mean of its own.",
            "detach second climb half fool player forger result",
        ),
        Mistake(
            "inspector_first",
            "Your result holds the inspector before the forger. Which one comes first?",
            "result",
        ),
        Mistake(
            "by_columns",
            "The forger's matrix is laid out column by column. `flatten()` goes row by row.",
            "result",
        ),
    ),
)
