"""Measure what a bug costs, at test time and in both. Traps: training pictures, another flip."""

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import Measure, Mistake, Property
from mmtutor.checks.engine.places import each_alone_or_together
from mmtutor.datasets.digits import load_digits, split

Preparation = Callable[[Tensor], Tensor]
"""From pictures (digit, row, column) to pictures."""
PREPARATIONS: dict[str, Preparation] = {
    "right": lambda x: x,
    "mirrored": lambda x: x.flip(-1),
    "upside_down": lambda x: x.flip(-2),
    "turned": lambda x: x.flip(-1, -2),
    "sides_swapped": lambda x: x.mT,
    "upper": lambda x: x * (torch.arange(8) < 4)[:, None],
    "lower": lambda x: x * (torch.arange(8) >= 4)[:, None],
    "right_half": lambda x: x * (torch.arange(8) >= 4),
    "other_order": lambda x: x.flip(0),
    "two_rows": lambda x: x * (torch.arange(8) < 2)[:, None],
    "one_less": lambda x: x * (torch.arange(8) < 3)[:, None],
    "one_more": lambda x: x * (torch.arange(8) < 5)[:, None],
}


@cache
def accuracy(training: str, test: str, unseen: bool = True) -> float:
    """Return the share of digits that lie nearest to the mean picture of their own kind."""
    digits = load_digits()
    learnt, held_out = split(digits)
    pictures, labels = digits.images, digits.labels
    asked = held_out if unseen else learnt
    learn = PREPARATIONS[training](pictures[learnt])
    means = torch.stack([learn[labels[learnt] == digit].mean(dim=0) for digit in range(10)])
    given = PREPARATIONS[test](pictures[asked])
    nearest = torch.cdist(given.flatten(1), means.flatten(1)).argmin(dim=1)
    return (nearest == labels[asked]).double().mean().item()


def right(unseen: bool = True) -> list[float]:
    """Return the four accuracies that the card asks for."""
    pairs = [("right", "right"), ("right", "mirrored"), ("mirrored",) * 2, ("upper",) * 2]
    return [accuracy(training, test, unseen) for training, test in pairs]


def wrong(name: str, hint: str, value: Callable[[], float]) -> Mistake:
    """Return a mistake in one place."""
    return Mistake(name, hint, value=value)


NOTHING_WRONG = [
    wrong(
        "training_pictures",
        "The first: that is the share of its *training* pictures that the reader gets right. Which "
        "has it never seen?",
        lambda: right(unseen=False)[0],
    ),
    wrong("perfect", "The first: thought, or measured? Not every digit is read.", lambda: 1.0),
]
AT_TEST = [
    wrong(
        "nothing_mirrored",
        "The second: nothing changes with you. Are the *test* pictures mirrored, and the means "
        "not?",
        lambda: accuracy("right", "right"),
    ),
    wrong(
        "upside_down",
        "The second: those pictures stand on their heads. Along which axis are left and right?",
        lambda: accuracy("right", "upside_down"),
    ),
    wrong(
        "turned",
        "The second: those pictures are turned by half a circle, flipped along both axes. Along "
        "which axis are left and right?",
        lambda: accuracy("right", "turned"),
    ),
    wrong(
        "sides_swapped",
        "The second: rows and columns are exchanged there. A mirror leaves the rows where they "
        "are.",
        lambda: accuracy("right", "sides_swapped"),
    ),
    wrong(
        "half_at_test",
        "The second: that is what comes out when the lower half is missing at test time. Here the "
        "pictures are mirrored.",
        lambda: accuracy("right", "upper"),
    ),
    wrong(
        "chance",
        "The second: that is guessing. Thought, or measured? Some digits look alike in a mirror.",
        lambda: 0.1,
    ),
]
IN_BOTH = [
    wrong(
        "both_at_test",
        "The third: that is a mirror on one side only. Are the *training* pictures and the test "
        "pictures mirrored?",
        lambda: accuracy("right", "mirrored"),
    ),
    wrong(
        "both_training_pictures",
        "The third: that is the share of its *training* pictures that the reader gets right. Which "
        "has it never seen?",
        lambda: right(unseen=False)[2],
    ),
    wrong(
        "both_chance",
        "The third: that is guessing. Thought, or measured?",
        lambda: 0.1,
    ),
    wrong("both_perfect", "The third: not every digit is read. Was it measured?", lambda: 1.0),
]
HALVES = [
    wrong(
        "half_thought",
        "The fourth: half of the picture leaves half of the answers? Measured, or thought?",
        lambda: accuracy("right", "right") / 2,
    ),
    wrong("half_coin", "The fourth: thought, or measured?", lambda: 0.5),
    wrong(
        "half_only_test",
        "The fourth: the lower half is missing at test time alone. The card asks for both.",
        lambda: accuracy("right", "upper"),
    ),
    wrong(
        "other_half",
        "The fourth: that is what the lower half (or one side) gives. Which rows arrive?",
        lambda: accuracy("lower", "lower"),
    ),
    wrong(
        "right_half",
        "The fourth: that is what the right half of the *columns* gives. Pictures are (digit, row, "
        "column): which axis has the rows?",
        lambda: accuracy("right_half", "right_half"),
    ),
    wrong(
        "half_nothing",
        "The fourth: nothing is missing with you. Is what `upper` returns used for both?",
        lambda: accuracy("right", "right"),
    ),
    wrong(
        "two_rows",
        "The fourth: only two rows arrive there. How many has a half?",
        lambda: accuracy("two_rows", "two_rows"),
    ),
    wrong(
        "three_rows",
        "The fourth: only three rows arrive there. Where does a slice end?",
        lambda: accuracy("one_less", "one_less"),
    ),
    wrong(
        "five_rows",
        "The fourth: five rows arrive there. Where does a slice end?",
        lambda: accuracy("one_more", "one_more"),
    ),
]


def whole(name: str, hint: str, value: Callable[[list[float]], list[float]]) -> Mistake:
    """Return a mistake in all four numbers."""
    return Mistake(name, hint, value=lambda: value(right()))


TEST_PICTURES = 360
"""So many digits are held out."""
SILENT = Measure(
    id="modalities.silent",
    title="Which bug is silent?",
    difficulty=1,
    minutes=10,
    hints=(
        "`accuracy` takes two preparations: what is done to the training pictures, and what is "
        "done to the test pictures. Which two belong to each of the four numbers?",
        "Right: (as_it_is, as_it_is). A bug at test time only: (as_it_is, bug). In both: (bug, "
        "bug).",
        "Pictures are (digit, row, column). Left and right change places along the last axis; the "
        "upper half are the rows 0 to 3. Four shares between 0 and 1.",
        "def mirrored(pictures):\n  return pictures.flip(dims=...)\n\n"
        "def upper(pictures):\n  return pictures[:, ...]\n\n"
        "measured = [accuracy(as_it_is, as_it_is), accuracy(as_it_is, ...), "
        "accuracy(mirrored, ...), ...]",
    ),
    truth=right,
    tolerance=(0.006, 0.012, 0.006, 0.006),  # two decimals
    mistakes=each_alone_or_together(
        right,
        NOTHING_WRONG,
        AT_TEST,
        IN_BOTH,
        HALVES,
        whole=(
            Mistake(
                "all_training",
                "Those are shares of the *training* pictures. Which digits has the reader never "
                "seen?",
                value=lambda: right(unseen=False),
            ),
            Mistake(
                "other_order",
                "Second and third are guessing: it looks as if the *digits* came in another order "
                "and their labels did not. Axis 0 counts pictures: along which one are left and "
                "right?",
                value=lambda: [
                    right()[0],
                    accuracy("right", "other_order"),
                    accuracy("other_order", "other_order"),
                    right()[3],
                ],
            ),
            whole(
                "percent",
                "Percentages? Give shares of 1.",
                lambda r: [100 * x for x in r],
            ),
            whole(
                "errors",
                "Those are shares of *mistakes*. What is left for the right answers?",
                lambda r: [1 - x for x in r],
            ),
            whole(
                "counts",
                "So many digits are right. Out of how many? Give shares.",
                lambda r: [TEST_PICTURES * x for x in r],
            ),
            whole(
                "losses",
                "Those are by how much each falls behind the first. Give the accuracies "
                "themselves.",
                lambda r: [r[0], *(r[0] - x for x in r[1:])],
            ),
            whole(
                "all_losses",
                "Those are by how much each falls behind the first, and the first behind itself. "
                "Give the accuracies themselves.",
                lambda r: [r[0] - x for x in r],
            ),
            whole(
                "middle_swapped",
                "The second and the third have changed places. Which is asked for first: the "
                "mirror at test time only, or in both?",
                lambda r: [r[0], r[2], r[1], r[3]],
            ),
        ),
    ),
    properties=(
        Property(
            "A share of right digits lies between 0 and 1.",
            lambda case, answer: bool(((answer >= 0) & (answer <= 1)).all()),
        ),
        Property(
            "The first is the share of digits read right with nothing wrong at all: most of them "
            "are. Yours is less than a half.",
            lambda case, answer: float(answer.flatten()[0]) > 0.5,
        ),
        Property(
            "A mirror in training *and* test changes no distance between a picture and a mean: "
            "first and third are one number. Yours differ.",
            lambda case, answer: bool((answer.flatten()[0] - answer.flatten()[2]).abs() < 0.01),
        ),
        Property(
            "The reader learns nothing from what never arrives: the fourth should be less than the "
            "first.",
            lambda case, answer: bool(answer.flatten()[3] < answer.flatten()[0]),
        ),
    ),
)
