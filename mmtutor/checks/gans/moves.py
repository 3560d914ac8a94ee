"""Mend two moves: nothing is detached, the forger asks to be caught, both sides move at once."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from mmtutor.checks.engine.exercise import RIGHT, Case, FindTheBug, Mistake, Wrong, random_tensor


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
        return forger_first(generator, inspector, real, noise, rate)
    g, d = generator.clone().requires_grad_(), inspector.clone().requires_grad_()
    drawn = noise @ g if "not_detached" in wrong else (noise @ g).detach()
    loss = judged(real @ d, drawn @ d, wrong)
    loss.backward()
    new = ascend(d, rate if "inspector_climbs" in wrong else -rate)
    player = d if "old_inspector" in wrong else new.requires_grad_()
    scores = (noise @ g) @ player
    tricked = fooled(scores, wrong)
    tricked.backward()
    if "both_move" in wrong:
        new = new.detach() - rate * player.grad
    moved = ascend(g, -rate)
    return torch.cat([moved.flatten(), new.detach()])


def forger_first(
    generator: Tensor, inspector: Tensor, real: Tensor, noise: Tensor, rate: float
) -> Tensor:
    """Return what comes out when the forger moves before the inspector."""
    g, d = generator.clone().requires_grad_(), inspector.clone().requires_grad_()
    fooled(noise @ g @ inspector, RIGHT).backward()
    moved = ascend(g, -rate)
    judged(real @ d, noise @ moved @ d, RIGHT).backward()
    return torch.cat([moved.flatten(), ascend(d, -rate)])


def fooled(scores: Tensor, wrong: Wrong) -> Tensor:
    """Return the forger's loss, or one that people take for it."""
    ways: dict[str, Callable[[], Tensor]] = {
        "caught": lambda: F.softplus(scores).mean(),
        "minimax": lambda: -F.softplus(scores).mean(),
        "hinge": lambda: -scores.mean(),
        "forger_climbs": lambda: -F.softplus(-scores).mean(),
    }
    return next((way() for name, way in ways.items() if name in wrong), F.softplus(-scores).mean())


def judged(real: Tensor, drawn: Tensor, wrong: Wrong) -> Tensor:
    """Return the inspector's loss, perhaps without one of its halves."""
    if "drawn_only" in wrong:
        return F.softplus(drawn).mean()
    return F.softplus(-real).mean() + F.softplus(drawn).mean()


def ascend(weights: Tensor, rate: float) -> Tensor:
    """Return weights moved along their gradient."""
    slope = torch.zeros_like(weights) if weights.grad is None else weights.grad
    return (weights + rate * slope).detach().clone()


def move_cases() -> list[Case]:
    def case(size: int, many: int, rate: float, seed: int) -> Case:
        return Case(
            generator=random_tensor(2, size, seed=seed),
            inspector=random_tensor(size, seed=seed + 1),
            real=random_tensor(many, size, seed=seed + 2) + 1,
            noise=random_tensor(many + 1, 2, seed=seed + 3),
            rate=rate,
        )

    return [case(2, 2, 0.5, seed=0), case(3, 4, 0.7, seed=10), case(4, 3, 1.0, seed=20)]


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
            "fool",
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
            "detach second climb half fool player",
        ),
        Mistake(
            "drawn_only",
            "Real pairs have no say in the inspector's move.",
            "half",
        ),
    ),
)
