"""Measure whom a low τ pushes. Traps: a share of all eight texts, τ as a factor."""

from collections.abc import Callable
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from mmtutor.checks.engine.exercise import Measure, Mistake, Property
from mmtutor.checks.engine.places import each_alone_or_together

COSINES = (0.35, 0.31, 0.22, 0.18, 0.10, 0.04, -0.02, -0.08)
"""Of one picture with eight texts; the first is its own."""
TEMPERATURES = (1.0, 0.5, 0.2, 0.1, 0.07, 0.05, 0.03, 0.02, 0.01, 0.005)


@cache
def pushes(temperature: float) -> Tensor:
    """Return the gradient of a picture's loss with respect to its eight cosines."""
    cosines = torch.tensor(COSINES, dtype=torch.float64, requires_grad=True)
    loss = F.cross_entropy(cosines.unsqueeze(0) / temperature, torch.tensor([0]))
    return torch.autograd.grad(loss, cosines)[0]


def hardest(temperature: float) -> float:
    """Return which part of the push on the wrong texts the hardest of them gets."""
    wrong = pushes(temperature)[1:]
    return (wrong.max() / wrong.sum()).item()


def largest_above(part: Callable[[float], float], level: float = 0.9) -> float:
    """Return the largest temperature of the list at which `part` is more than `level`."""
    return max(t for t in TEMPERATURES if part(t) > level)


def of_all(temperature: float) -> float:
    """Return the hardest wrong text's part of the softmax over all eight texts."""
    return (torch.tensor(COSINES) / temperature).softmax(0)[1].item()


def measured() -> list[float]:
    """Return what the exercise asks for."""
    return [hardest(1.0), hardest(0.07), largest_above(hardest)]


def at_two(part: Callable[[float], float]) -> tuple[Callable[[], float], Callable[[], float]]:
    """Return what somebody reports who measures `part`, at both temperatures."""
    return lambda: part(1.0), lambda: part(0.07)


PARTS: dict[str, tuple[Callable[[float], float], str]] = {
    "of_all": (
        of_all,
        "is its share among all eight texts, the own one included. Among which ones is the push "
        "shared?",
    ),
    "plain": (
        lambda t: pushes(t)[1].item(),
        "is the push itself. Which part of the whole push on the wrong texts is that?",
    ),
    "against_own": (
        lambda t: (pushes(t)[1] / pushes(t).abs().sum()).item(),
        "is a part of all forces, the pull on the own text included. Among which ones is the push "
        "shared?",
    ),
    "own": (
        lambda t: (torch.tensor(COSINES) / t).softmax(0)[0].item(),
        "is the share of the picture's *own* text. Which one is the hardest of the others?",
    ),
    "ratio": (
        lambda t: of_all(t) / PARTS["own"][0](t),
        "is the hardest's share as a part of the *own* text's. Among which ones is the push "
        "shared?",
    ),
    "easiest": (
        lambda t: (pushes(t)[1:].min() / pushes(t)[1:].sum()).item(),
        "is that of the easiest wrong text. Which one is the hardest to tell from the own?",
    ),
    "second": (
        lambda t: (pushes(t)[2] / pushes(t)[1:].sum()).item(),
        "is that of the second hardest text. From which place on do the wrong texts count?",
    ),
    "others": (
        lambda t: 1 - hardest(t),
        "is what is left for the other wrong texts. Which part does the hardest get?",
    ),
    "percent": (lambda t: 100 * hardest(t), "is a percentage. Give a share of 1."),
    "equal": (lambda t: 1 / 7, "is one seventh, as if all seven were pushed alike. Are they?"),
    "cosine": (lambda t: COSINES[1], "is the cosine. What pushes is the slope of the loss."),
    "of_cosines": (
        lambda t: COSINES[1] / sum(COSINES[1:]),
        "is the cosine's part of the sum of cosines. What pushes is the slope of the loss.",
    ),
    "one_decimal": (
        lambda t: round(hardest(t), 1),
        "is rounded to one decimal. At least two are asked for.",
    ),
    "half": (lambda t: hardest(t / 2), "is that at half the temperature. Which τ is asked for?"),
}


TOO_NEAR = ((0, "plain"), (1, "cosine"), (1, "equal"))
"""Numbers that another way gives, too: at τ = 1 the push is the share among all eight."""


EITHER = (
    "is a share among all eight texts: the own one's or, nearly as large, the hardest's. Among "
    "which ones is the push shared?"
)
"""With two digits nobody can tell the two at τ = 1."""


def wrong_parts(place: int) -> list[Mistake]:
    """Return what people report as the first number (place 0) or the second (place 1)."""
    which = ("first", "second")[place]
    return [
        Mistake(
            f"{which}_{name}",
            f"Your {which} number {EITHER if (place, name) == (0, 'own') else hint}",
            value=at_two(part)[place],
        )
        for name, (part, hint) in PARTS.items()
        if (place, name) not in TOO_NEAR
    ]


TEMPERATURE = Measure(
    id="contrastive.temperature",
    title="Whom does a low temperature push?",
    difficulty=2,
    minutes=15,
    hints=(
        "Make the cosines a tensor that asks for its gradient, divide by τ, take the cross-entropy "
        "with the first text as the right one, and look at the gradient of the seven others.",
        "part = push on the hardest / sum of the pushes on all seven wrong texts. The loss is "
        "−ln softmax(cosines / τ)_own.",
        "cosines (8,) → gradient (8,): the first number is the pull on the own text, the other "
        "seven are pushes. The part: one number for each τ.",
        "def part(temperature):\n  mine = cosines.clone().requires_grad_()\n"
        "  loss = -(mine / ...).log_softmax(dim=0)[...]\n  loss.backward()\n"
        "  push = mine.grad[...]\n  return (push.max() / ...).item()",
    ),
    truth=measured,
    tolerance=0.025,
    mistakes=each_alone_or_together(
        measured,
        wrong_parts(0),
        [
            *wrong_parts(1),
            Mistake(
                "second_multiplied",
                "Your second number is what comes out if the cosines are *multiplied* by τ. Which "
                "of the two makes differences larger when τ is low?",
                value=lambda: hardest(1 / 0.07),
            ),
            Mistake(
                "second_tenfold",
                "Your second number is that at τ = 0.7. Which τ is asked for?",
                value=lambda: hardest(0.7),
            ),
            Mistake(
                "second_without",
                "Your second number is that at τ = 1 again. Where does τ go into your loss?",
                value=lambda: hardest(1.0),
            ),
        ],
        [
            Mistake(
                "third_own",
                "At your τ it is more than 90 %, but at a larger one of the list it already is. "
                "(At yours the *own* text, too, has more than 90 %, of the softmax: is that "
                "what you looked at?)",
                value=lambda: largest_above(PARTS["own"][0]),
            ),
            Mistake(
                "third_smallest",
                "At your τ it is more than 90 %, and it is the smallest of the list. Which is the "
                "largest at which that is so?",
                value=lambda: min(TEMPERATURES),
            ),
            Mistake(
                "third_half",
                "At your τ the hardest gets more than half. Which part is asked for?",
                value=lambda: largest_above(hardest, 0.5),
            ),
            Mistake(
                "third_above",
                "At your τ the hardest gets less than 90 %: it is the smallest τ of the list for "
                "which that is so. Which is the next one?",
                value=lambda: min(t for t in TEMPERATURES if hardest(t) <= 0.9),
            ),
            Mistake(
                "third_next",
                "At your τ it is more than 90 %, but at a larger one of the list it already is. "
                "Have you tried all of them?",
                value=lambda: 0.02,
            ),
            Mistake(
                "third_inverse",
                "Your third number is 1/τ, the factor before the cosines. Which τ is that?",
                value=lambda: 1 / largest_above(hardest),
            ),
        ],
    ),
    properties=(
        Property(
            "A part lies between 0 and 1, and so do all τ of the list.",
            lambda case, answer: bool(((answer >= 0) & (answer <= 1)).all()),
        ),
        Property(
            "At a lower temperature the hardest gets a larger part: your second number should be "
            "larger than the first. Are the cosines divided by τ, and is it the hardest that you "
            "look at?",
            lambda case, answer: bool(answer.flatten()[1] > answer.flatten()[0]),
        ),
        Property(
            "The third number is a τ of the list; yours is not among them.",
            lambda case, answer: any(abs(answer.flatten()[2] - t) < 0.02 * t for t in TEMPERATURES),
        ),
        Property(
            "At your third τ the hardest gets less than 90 %. Does a lower one give it more or "
            "less?",
            lambda case, answer: hardest(answer.flatten()[2].item()) > 0.9,
        ),
    ),
)
