"""Greedy, a beam, the best of all, and length. Traps: the full stop, the first other width."""

import math
from collections.abc import Callable
from functools import cache

from torch import Tensor

from mmtutor.checks.engine.exercise import Measure, Mistake, Property
from mmtutor.checks.engine.places import each_alone_or_together

NEXT = {
    "START": {"a": 0.53, "two": 0.30, "the": 0.17},
    "a": {"red": 0.40, "star": 0.35, "sun": 0.25},
    "two": {"stars": 0.70, "red": 0.30},
    "the": {"sun": 0.95, "star": 0.05},
    "red": {"star": 0.55, "sun": 0.25, "stars": 0.20},
    "star": {".": 0.52, "above": 0.48},
    "stars": {".": 0.60, "above": 0.40},
    "sun": {".": 0.90, "above": 0.10},
    "above": {"the": 0.90, "a": 0.10},
}
ROUNDS = 10


def beam(width: int, power: float = 0.0) -> tuple[str, float]:
    """Return the best sentence that a beam finds, and its probability."""
    beams = [(1.0, ["START"])]
    for _ in range(ROUNDS):
        over = [(p, said) for p, said in beams if said[-1] == "."]
        longer = [
            (p * q, [*said, word])
            for p, said in beams
            if said[-1] != "."
            for word, q in NEXT[said[-1]].items()
        ]
        beams = sorted(over + longer, reverse=True)[:width]
    ended = [(p, said[1:]) for p, said in beams if said[-1] == "."]
    p, said = max(ended, key=lambda one: math.log(one[0]) / len(one[1]) ** power)
    return " ".join(said), p


def words(width: int, power: float) -> int:
    """Return how many words a sentence has, without the full stop."""
    return len(beam(width, power)[0].split()) - 1


@cache
def right() -> list[float]:
    """Return two probabilities, a width, and a number of words."""
    best = beam(1000)[1]
    first = next(width for width in range(1, 100) if beam(width)[1] == best)
    return [beam(1)[1], beam(2)[1], float(first), float(words(10, 1.0))]


def is_near(answer: Tensor, place: int, share: float = 0.005) -> bool:
    """Say whether one of the numbers is right."""
    return abs(float(answer.flatten()[place]) / right()[place] - 1) < share


def at(name: str, value: float, hint: str) -> Mistake:
    """Return a wrong number."""
    return Mistake(name, hint, value=lambda: value)


def whole(name: str, hint: str, values: Callable[[], list[float]]) -> Mistake:
    """Return four wrong numbers."""
    return Mistake(name, hint, value=values)


GREEDY = (
    at(
        "greedy_log",
        math.log(beam(1)[1]),
        "Number 1 is a logarithm. The probability is asked for.",
    ),
    at("greedy_two", beam(2)[1], "Number 1 is that of a beam of 2. Greedy is a beam of 1."),
    at("greedy_best", beam(1000)[1], "Number 1 is that of the best sentence. Is greedy's?"),
    at(
        "greedy_no_stop",
        beam(1)[1] / 0.52,
        "Number 1: the full stop is a word like any other. What is its probability?",
    ),
    at(
        "greedy_per_word",
        beam(1)[1] ** 0.25,
        "Number 1 is that per word. Of the whole sentence it is a product.",
    ),
    at("greedy_star", 0.53 * 0.35 * 0.52, "Number 1: which word follows `a` in greedy's?"),
    at("greedy_first", 0.53, "Number 1 is that of the first word. The sentence is asked for."),
)
TWO = (
    at("two_log", math.log(beam(2)[1]), "Number 2 is a logarithm. The probability is asked for."),
    at("two_greedy", beam(1)[1], "Number 2 is greedy's. Set `width` to 2."),
    at(
        "two_best",
        beam(1000)[1],
        "Number 2 is that of a wider beam. What does a beam of 2 find?",
    ),
    at(
        "two_no_stop",
        beam(2)[1] / 0.6,
        "Number 2: the full stop is a word like any other. What is its probability?",
    ),
    at(
        "two_per_word",
        beam(2)[1] ** (1 / 3),
        "Number 2 is that per word. Of the whole sentence it is a product.",
    ),
    at(
        "two_power",
        beam(10, 1.0)[1],
        "Number 2 is that of a sentence chosen with a power of 1 and a wide beam.",
    ),
)
FIRST = (
    at(
        "width_two",
        2.0,
        "Number 3: a beam of 2 finds a better sentence than greedy, but is it the best of all? Try "
        "a very wide one.",
    ),
    at("width_three", 3.0, "Number 3: does a beam of 3 find what a very wide beam finds?"),
    at("width_five", 5.0, "Number 3 finds it. Is there no smaller width that does?"),
    at(
        "width_six",
        6.0,
        "Number 3 is where a power of 1 begins to matter. With a power of 0 the best sentence is "
        "found earlier.",
    ),
    at("width_eight", 8.0, "Number 3 finds it. Is there no smaller width that does so?"),
    at("width_ten", 10.0, "Number 3 finds it, but so do smaller widths. Which is the smallest?"),
    at("width_wide", 1000.0, "Number 3 finds it. Do smaller widths find it, too?"),
    at("width_one", 1.0, "Number 3: greedy does not find it."),
)
WORDS = (
    at("words_stop", 6.0, "Number 4 counts the full stop. Words alone are asked for."),
    at(
        "words_power",
        2.0,
        "Number 4 is that of a power of 0, or of a beam too narrow. With `width=10, power=1` it is "
        "another.",
    ),
    at(
        "words_power_stop",
        3.0,
        "Number 4 is that of a power of 0 with its full stop, or of a beam of 1. With `width=10, "
        "power=1` it is another.",
    ),
    at("words_probability", beam(10, 1.0)[1], "Number 4 is a probability. Count the words."),
    at(
        "words_more",
        4.0,
        "Number 4: print the sentence that `width=10, power=1` gives, and count.",
    ),
    at("words_letters", float(len(beam(10, 1.0)[0])), "Number 4 counts letters. `split` it."),
    at("words_letters_less", 21.0, "Number 4 counts letters. `split` the sentence into words."),
    at("words_letters_no_stop", 20.0, "Number 4 counts letters. `split` the text into words."),
)
WHOLE = (
    whole(
        "all_power",
        "With a power of 1 in all of them? The first three ask for a power of 0.",
        lambda: [beam(1, 1.0)[1], beam(2, 1.0)[1], 6.0, right()[3]],
    ),
    whole(
        "all_logs",
        "Numbers 1 and 2 are logarithms. Probabilities are asked for.",
        lambda: [math.log(right()[0]), math.log(right()[1]), *right()[2:]],
    ),
    whole(
        "first_two_exchanged",
        "Numbers 1 and 2 have changed places: greedy comes first.",
        lambda: [right()[1], right()[0], *right()[2:]],
    ),
    whole(
        "last_two_exchanged",
        "Numbers 3 and 4 have changed places: the width comes first.",
        lambda: [*right()[:2], right()[3], right()[2]],
    ),
    whole(
        "no_stops",
        "Numbers 1 and 2: the full stop is a word like any other, and has a probability.",
        lambda: [right()[0] / 0.52, right()[1] / 0.6, *right()[2:]],
    ),
)
MISTAKES = each_alone_or_together(
    right, list(GREEDY), list(TWO), list(FIRST), list(WORDS), whole=WHOLE, at_most=2
)
"""Three wrong numbers of four at a time are too many ways to tell apart."""


WIDTH = Measure(
    id="captioning.width",
    title="How wide, and how long?",
    difficulty=2,
    minutes=10,
    hints=(
        "`beam(1)` is greedy. Print what comes out for several widths, and change one thing at a "
        "time.",
        "The best of all is what a beam finds that is so wide that nothing is thrown away: "
        "`beam(1000)`.",
        "Two probabilities between 0 and 1, a width (a whole number), and a number of words "
        "(whole, too).",
        "greedy = beam(width=...)[1]\ntwo = beam(width=...)[1]\n"
        "for width in range(1, 12):\n    print(width, beam(width))\n"
        "sentence, _ = beam(width=10, power=...)\nlen(sentence.split()) - ...",
    ),
    truth=right,
    tolerance=(0.005, 0.005, 0.001, 0.001),
    mistakes=MISTAKES,
    properties=(
        Property(
            "Numbers 1 and 2 are probabilities: between 0 and 1.",
            lambda case, answer: bool(((answer[:2] > 0) & (answer[:2] < 1)).all()),
        ),
        Property(
            "Number 1 is off. What does `beam(1)` return behind the sentence?",
            lambda case, answer: is_near(answer, 0),
        ),
        Property(
            "Number 2 is off. What does `beam(2)` return behind the sentence?",
            lambda case, answer: is_near(answer, 1),
        ),
        Property(
            "Number 3 is off. Find out what `beam(1000)` finds, then which is the first width that "
            "finds it, too. (`power` stays 0.)",
            lambda case, answer: is_near(answer, 2),
        ),
        Property(
            "Number 4 is off. Print the sentence of `beam(10, power=1)` and count its words, "
            "without the full stop.",
            lambda case, answer: is_near(answer, 3),
        ),
    ),
)
