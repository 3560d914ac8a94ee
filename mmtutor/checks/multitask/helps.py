"""Read a matrix of help. Traps: noise taken for help, and who helps whom."""

from torch import Tensor

from mmtutor.checks.engine.exercise import Mistake, Predict, Property
from mmtutor.checks.engine.places import each_alone_or_together

ALONE = {"shape": (71.0, 1.0), "colour": (90.0, 0.5), "size": (64.0, 2.0)}
"""Accuracy of a task that is trained alone, and its spread over the seeds."""
TOGETHER = {
    ("shape", "colour"): 76.0,
    ("shape", "size"): 70.5,
    ("colour", "shape"): 88.2,
    ("colour", "size"): 90.4,
    ("size", "shape"): 67.0,
    ("size", "colour"): 70.0,
}
"""The accuracy of the first when it is trained with the second."""


def gains() -> dict[tuple[str, str], float]:
    """Return what each task gains from each other one, in points."""
    return {pair: score - ALONE[pair[0]][0] for pair, score in TOGETHER.items()}


def count(spreads: float, sign: int = 1) -> float:
    """Return how many gains (or losses, for −1) are larger than so many spreads of the task."""
    return float(sum(sign * g > spreads * ALONE[pair[0]][1] for pair, g in gains().items()))


def given_by(helper: str) -> list[float]:
    """Return what the other tasks gain from one."""
    return [g for (_, other), g in gains().items() if other == helper]


def taken_by(helped: str) -> list[float]:
    """Return what one task gains from the others."""
    return [g for (task, _), g in gains().items() if task == helped]


def right() -> list[float]:
    """Return how often a task helps, how often it hurts, and what colour gives."""
    return [count(2.0), count(2.0, -1), sum(given_by("colour")) / 2]


def is_near(answer: Tensor, place: int) -> bool:
    """Say whether one of the numbers is right."""
    return abs(float(answer.flatten()[place]) - right()[place]) < 0.02


def at(name: str, value: float, hint: str) -> Mistake:
    """Return a wrong number."""
    return Mistake(name, hint, value=lambda: value)


def whole(name: str, hint: str, *values: float) -> Mistake:
    """Return three wrong numbers."""
    return Mistake(name, hint, value=lambda: list(values))


HELPED = (
    at(
        "any_gain",
        count(0.0),
        "Number 1 counts every gain, also those within the noise. How large are two spreads of the "
        "task that is helped?",
    ),
    at(
        "one_spread",
        count(1.0),
        "Number 1: do you ask for *one* spread, for the same two points in every row, or did a "
        "loss slip in? Two spreads of the task that is helped are asked for: for size that is 4 "
        "points.",
    ),
    at(
        "one_helps",
        1.0,
        "Number 1: one is missing. Look through the rows once more: by how much does each cell "
        "differ from `alone` in its row?",
    ),
    at(
        "none_helps",
        0.0,
        "Number 1: no task helps? Compare each cell with `alone` in its own row. (A pair need not "
        "help both ways.)",
    ),
    at("all_help", 6.0, "Number 1 counts all cells. Which of them are above `alone`?"),
    at("five_help", 5.0, "Number 1: not even so many cells are above `alone`."),
)
HURT = (
    at(
        "any_loss",
        count(0.0, -1),
        "Number 2 counts every loss. Shape falls by half a point: how large are two spreads there?",
    ),
    at(
        "none_hurts",
        0.0,
        "Number 2: does none hurt? The spread of colour is small: a loss of 1.8 points is more "
        "than two of its spreads.",
    ),
    at(
        "not_helped",
        6 - count(2.0),
        "Number 2 counts all cells that are not helped. Within the noise is no loss.",
    ),
    at(
        "hurt_three",
        3.0,
        "Number 2: so many cells are not even below `alone`.",
    ),
)
GIVEN = (
    at(
        "taken",
        sum(taken_by("colour")) / 2,
        "Number 3 is what colour *gets* from the others (its row). What does it *give* (its "
        "column)?",
    ),
    at("summed", sum(given_by("colour")), "Number 3 is the sum. The mean is asked for."),
    at(
        "all_three",
        sum(given_by("colour")) / 3,
        "Number 3: how many tasks can colour help?",
    ),
    at("largest", max(given_by("colour")), "Number 3 is the larger gain. The mean is asked for."),
    at("smallest", min(given_by("colour")), "Number 3 is the smaller gain. The mean is asked for."),
    at(
        "shape_gives",
        sum(given_by("shape")) / 2,
        "Number 3 is what *shape* gives. Which column is colour's?",
    ),
    at(
        "size_gives",
        sum(given_by("size")) / 2,
        "Number 3 is what *size* gives. Which column is colour's?",
    ),
    at(
        "accuracy",
        73.0,
        "Number 3 is the mean *accuracy* beside colour. How much is gained over being alone?",
    ),
    at(
        "relative",
        100 * (5 / 71 + 6 / 64) / 2,
        "Number 3 is a gain in per cent of the accuracy alone. Points are asked for: the "
        "difference.",
    ),
    at(
        "mean_of_all",
        sum(gains().values()) / 6,
        "Number 3 is the mean over all cells. Which column is colour's?",
    ),
    at(
        "over_row",
        -sum(given_by("colour")) / 2,
        "Number 3: what is subtracted from what? A gain is positive.",
    ),
    at(
        "shares",
        sum(given_by("colour")) / 200,
        "Number 3 is a share of 1. Points are asked for.",
    ),
    at(
        "spreads",
        (5 / 1.0 + 6 / 2.0) / 2,
        "Number 3 is in spreads. Points are asked for.",
    ),
)
WHOLE = (
    whole(
        "by_columns",
        "You read the table the other way round: the *row* is the task that is helped.",
        *(2.0, 1.0, sum(taken_by("colour")) / 2),
    ),
    whole(
        "first_two_exchanged",
        "Help and harm have changed places. Which is asked for first?",
        *(1.0, 2.0, sum(given_by("colour")) / 2),
    ),
)

HELPS = Predict(
    id="multitask.helps",
    title="Who helps whom?",
    difficulty=1,
    minutes=10,
    hints=(
        "Write a small table of differences first: each cell minus `alone` in its row. Then ask of "
        "each whether it is more than noise.",
        "A gain counts if cell − alone > 2 · spread, a loss if alone − cell > 2 · spread, with the "
        "spread of the row.",
        "Two counts between 0 and 6, and the mean of the two differences in the column of colour.",
        "gains = [[..., -0.5], [-1.8, ...], [3.0, ...]]\nlimits = [2.0, 1.0, ...]\n"
        "given_by_colour = (... + ...) / 2",
    ),
    truth=right,
    tolerance=0.005,
    mistakes=each_alone_or_together(right, list(HELPED), list(HURT), list(GIVEN), whole=WHOLE[1:]),
    properties=(
        Property(
            "The first two numbers count cells: whole numbers from 0 to 6.",
            lambda case, answer: all(float(n) in range(7) for n in answer.flatten()[:2]),
        ),
        Property(
            "Number 1 is off. In each row subtract `alone` and compare with twice its spread.",
            lambda case, answer: is_near(answer, 0),
        ),
        Property(
            "Number 2 is off. A cell below `alone` hurts only if it is below by more than two "
            "spreads.",
            lambda case, answer: is_near(answer, 1),
        ),
        Property(
            "Number 3 is off. Colour helps two tasks: by how many points each?",
            lambda case, answer: is_near(answer, 2),
        ),
    ),
)
