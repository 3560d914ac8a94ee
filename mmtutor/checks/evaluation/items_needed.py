"""How many questions are enough? Traps: full widths, no square, no pairs, corrections that differ.

Holm, "A simple sequentially rejective multiple test procedure", 1979.
"""

import math
from collections.abc import Callable
from functools import cache, partial

from torch import Tensor

from mmtutor.checks.engine.exercise import Case, Mistake, Predict, Property
from mmtutor.checks.engine.places import each_alone_or_together
from mmtutor.checks.video.shared import at, once, whole

Z, QUESTIONS, WANTED = 1.96, 400, 0.02
ONE, OTHER = 0.8, 0.7
"""The shares that two models have right."""
GAINED, LOST = 0.12, 0.02
"""Of the same questions: what only the first has right, and only the second."""
SINGLE, BOTH = ONE * (1 - ONE), ONE * (1 - ONE) + OTHER * (1 - OTHER)
PAIRED = GAINED + LOST - (GAINED - LOST) ** 2
"""The variances of a question: one model, two that answer different ones, and the same ones."""


def half(variance: float | int, questions: int = QUESTIONS, z: float | int = Z) -> float:
    """Return half the width of the interval of a mean."""
    return z * math.sqrt(variance / questions)


def needed(variance: float, z: float | int = Z, wanted: float = WANTED) -> float:
    """Return how many questions make half the width so small, not rounded."""
    return z**2 * variance / wanted**2


@cache
def right() -> list[float]:
    """Return the six numbers."""
    one, two = math.ceil(needed(SINGLE)), math.ceil(needed(PAIRED))
    return [half(SINGLE), float(one), half(BOTH), half(PAIRED), float(two), 2.0]


def everywhere(z: float) -> list[float]:
    """Return the six numbers with another multiple of the standard error."""
    one, two = math.ceil(needed(SINGLE, z)), math.ceil(needed(PAIRED, z))
    return [half(SINGLE, z=z), float(one), half(BOTH, z=z), half(PAIRED, z=z), float(two), 2.0]


ALONE = (
    at("alone_error", half(SINGLE, z=1), "Number 1 is one standard error. How many are there?"),
    at(
        "alone_full",
        2 * half(SINGLE),
        "Number 1 is twice as large: the full width, or 0.8 for √(0.8 · 0.2).",
    ),
    at("alone_two", half(SINGLE, z=2), "Number 1 is two standard errors, or has too few digits."),
    at("alone_90", half(SINGLE, z=1.645), "Number 1 is that of a 90 % interval."),
    at("alone_99", half(SINGLE, z=2.576), "Number 1 is that of a 99 % interval."),
    at("alone_variance", SINGLE / QUESTIONS, "Number 1 is a variance: take its root, then 1.96."),
    at("alone_worst", half(0.25), "Number 1 is that of a model with one half right. It has 80 %."),
    at("alone_other", half(OTHER * (1 - OTHER)), "Number 1 is that of the model with 70 %."),
    at("alone_no_share", half(1), "In number 1 p(1 − p) is missing."),
    at("alone_p", half(ONE), "In number 1 stands p where p(1 − p) belongs."),
    at("alone_no_root", Z * SINGLE / 20, "In number 1, p(1 − p) stands outside of the root."),
    at("alone_by_n", Z * 0.4 / QUESTIONS, "In number 1, n stands outside of the root."),
    at("alone_root_n", half(SINGLE, 20), "Number 1 takes √400 for n: it stands in the root."),
    at("alone_no_n", half(SINGLE, 1), "Number 1 is that of a single question. There are 400."),
    at("alone_z_of_variance", Z * SINGLE / QUESTIONS, "In number 1 the root is missing."),
    at("alone_percent", 100 * half(SINGLE), "Number 1 is in per cent."),
    at("alone_end", ONE + half(SINGLE), "Number 1 is the upper end. Half the width?"),
    at("alone_lower", ONE - half(SINGLE), "Number 1 is the lower end. Half the width?"),
)
MANY = (
    at("many_down", math.floor(needed(SINGLE)), "Number 2 is rounded down: then it is too wide."),
    at("many_exact", needed(SINGLE), "Number 2 is no whole number. Up or down?"),
    at("many_one_more", math.ceil(needed(SINGLE)) + 1, "Number 2 is one too many."),
    at(
        "many_full", math.ceil(needed(SINGLE, wanted=0.01)), "Number 2 makes the *full* width 0.02."
    ),
    at(
        "many_quarter",
        math.ceil(needed(SINGLE, wanted=0.04)),
        "Number 2 makes half the width 0.04.",
    ),
    at(
        "many_error",
        SINGLE / WANTED**2,
        "Number 2 makes one standard error 0.02. And 1.96 of them?",
    ),
    at("many_worst", needed(0.25), "Number 2 is that of a model with one half right."),
    at(
        "many_double",
        1600,
        "Number 2 takes 2 for 1.96, or four times 400. What gives 0.02 exactly?",
    ),
    at("many_90", math.ceil(needed(SINGLE, 1.645)), "Number 2 is that of a 90 % interval."),
    at(
        "many_linear",
        784,
        "Number 2 is not squared somewhere: for half the width it takes four times as many.",
    ),
    at("many_1500", 1500, "Number 2 is rounded. The smallest n itself is asked for."),
    at("many_1540", 1540, "Number 2 is rounded. The smallest n itself is asked for, to the unit."),
    at("many_p", math.ceil(needed(ONE)), "In number 2 stands p where p(1 − p) belongs."),
    at(
        "many_no_square",
        math.ceil(Z * SINGLE / WANTED),
        "In number 2 neither 1.96 nor 0.02 is squared. The root is to be undone for both.",
    ),
    at("many_twice", 800, "Number 2 doubles the questions. The width shrinks with their root."),
    at("many_more", math.ceil(needed(SINGLE)) - 400, "Number 2 is how many *more*. In all?"),
    at("many_root", math.sqrt(needed(SINGLE)), "Number 2 is the root of n."),
    at("many_other", math.ceil(needed(0.21)), "Number 2 is that of the model with 70 %."),
)
APART = (
    at("apart_sum", half(SINGLE) + half(0.21), "Number 3 adds the half widths. What adds up?"),
    at(
        "apart_sum_of_errors",
        half(SINGLE, z=1) + half(0.21, z=1),
        "Number 3 adds standard errors. What adds up, and what of 1.96?",
    ),
    at("apart_half", half(BOTH) / 2, "Number 3 is half of half the width."),
    at("apart_shares", half(ONE + OTHER), "In number 3 stands p where p(1 − p) belongs."),
    at("apart_percent", 100 * half(BOTH), "Number 3 is in per cent."),
    at("apart_error", half(BOTH, z=1), "Number 3 is one standard error. How many are there?"),
    at("apart_full", 2 * half(BOTH), "Number 3 is the full width."),
    at("apart_one", half(SINGLE), "Number 3 is that of the first model. Both can be lucky."),
    at("apart_other", half(0.21), "Number 3 is that of the second model. Both can be lucky."),
    at("apart_minus", half(0.21) - half(SINGLE), "Number 3 subtracts. Chance never cancels so."),
    at("apart_variances_minus", half(0.05), "Number 3 subtracts the variances. They add up."),
    at("apart_mean", (half(SINGLE) + half(0.21)) / 2, "Number 3 is the mean of two half widths."),
    at(
        "apart_pooled",
        half(2 * 0.75 * 0.25),
        "Number 3 takes 75 % for both. Each has its own share.",
    ),
    at("apart_all", half(BOTH, 800), "Number 3 divides by 800. Each model has 400 questions."),
    at("apart_difference", half(0.09), "Number 3 is that of a model with 10 % right."),
    at("apart_first_twice", half(2 * SINGLE), "Number 3 takes 80 % for both."),
    at("apart_second_twice", half(2 * 0.21), "Number 3 takes 70 % for both."),
    at("apart_paired", half(PAIRED), "Number 3 is that of the same questions. These differ."),
    at(
        "apart_end",
        ONE - OTHER + half(BOTH),
        "Number 3 is the upper end. Half the width?",
    ),
    at(
        "apart_lower",
        ONE - OTHER - half(BOTH),
        "Number 3 is the lower end. Half the width?",
    ),
    at("apart_90", half(BOTH, z=1.645), "Number 3 is that of a 90 % interval."),
    at("apart_two", half(BOTH, z=2), "Number 3 is two standard errors. 1.96 of them?"),
    at("apart_z_of_variance", Z * BOTH / QUESTIONS, "In number 3 the root is missing."),
)
SAME = (
    at(
        "same_no_minus",
        half(GAINED + LOST),
        "Number 4 is the mean of the squares. A variance takes the square of the mean off.",
    ),
    at(
        "same_not_squared",
        half(GAINED + LOST - (GAINED - LOST)),
        "Number 4 takes the mean off. Its square?",
    ),
    at(
        "same_independent",
        half(GAINED * (1 - GAINED) + LOST * (1 - LOST)),
        "Number 4 takes gains and losses as if they were independent. It is one number for each "
        "question: +1, −1 or 0.",
    ),
    at("same_apart", half(BOTH), "Number 4 is that of different questions. These are the same."),
    at("same_one", half(SINGLE), "Number 4 is that of one model."),
    at("same_difference", half(0.09), "Number 4 is that of a model with 10 % right."),
    at("same_differ", half(0.14 * 0.86), "Number 4 takes 14 % as one model's share, or 12 % as v."),
    at("same_squared", half(0.14**2), "Number 4 takes (14 %)² for the variance."),
    at("same_mean", half(GAINED - LOST), "Number 4 takes the mean gain for the variance."),
    at("same_half", half(BOTH) / 2, "Number 4 is half of number 3. The same questions: a new v."),
    at("same_gained", half(0.12 * 0.88), "Number 4 takes the 12 % alone."),
    at("same_percent", 100 * half(PAIRED), "Number 4 is in per cent."),
    at("same_error", half(PAIRED, z=1), "Number 4 is one standard error. How many are there?"),
    at(
        "same_sum",
        half(0.12 * 0.88) + half(0.02 * 0.98),
        "Number 4 adds half widths of gains and losses. It is one number for each question.",
    ),
    at("same_full", 2 * half(PAIRED), "Number 4 is the full width."),
    at("same_56", half(PAIRED, 56), "Number 4 divides by the 56 on which they differ. All count."),
    at("same_800", half(PAIRED, 800), "Number 4 divides by 800. There are 400 questions."),
    at("same_added", half(0.14 + 0.01), "Number 4 adds the square of the mean. Take it off."),
    at("same_gain", GAINED - LOST, "Number 4 is the mean gain itself. Half the width?"),
    at(
        "same_parts_minus",
        half(GAINED * (1 - GAINED) - LOST * (1 - LOST)),
        "Number 4 subtracts the variances of gains and losses. It is one number for each question.",
    ),
    at(
        "same_shares_squared",
        half(GAINED**2 + LOST**2 - (GAINED - LOST) ** 2),
        "Number 4 squares the shares. The *gains* are squared: (+1)² and (−1)² are 1.",
    ),
    at(
        "same_apart_800",
        half(BOTH, 800),
        "Number 4 is that of different questions, 800 of them. These are the same 400.",
    ),
    at("same_90", half(PAIRED, z=1.645), "Number 4 is that of a 90 % interval."),
    at("same_two", half(PAIRED, z=2), "Number 4 is two standard errors. 1.96 of them?"),
    at("same_z_of_variance", Z * PAIRED / QUESTIONS, "In number 4 the root is missing."),
)
MANY_SAME = (
    at("few_down", math.floor(needed(PAIRED)), "Number 5 is rounded down: then it is too wide."),
    at("few_exact", needed(PAIRED), "Number 5 is no whole number. Up or down?"),
    at("few_one_more", math.ceil(needed(PAIRED)) + 1, "Number 5 is one too many."),
    at("few_full", math.ceil(needed(PAIRED, wanted=0.01)), "Number 5 makes the *full* width 0.02."),
    at(
        "few_quarter", math.ceil(needed(PAIRED, wanted=0.04)), "Number 5 makes half the width 0.04."
    ),
    at("few_alone", math.ceil(needed(SINGLE)), "Number 5 is that of one model."),
    at("few_apart", math.ceil(needed(BOTH)), "Number 5 is that of different questions."),
    at(
        "few_no_minus",
        math.ceil(needed(GAINED + LOST)),
        "Number 5 is made with the mean of the squares. A variance takes the square of the mean "
        "off.",
    ),
    at(
        "few_linear",
        math.ceil(QUESTIONS * half(PAIRED) / WANTED),
        "Number 5 is not squared: for half the width it takes four times as many.",
    ),
    at(
        "few_error", PAIRED / WANTED**2, "Number 5 makes one standard error 0.02. And 1.96 of them?"
    ),
    at(
        "few_not_squared", math.ceil(Z * PAIRED / WANTED**2), "In number 5 the 1.96 is not squared."
    ),
    at(
        "few_independent",
        math.ceil(needed(GAINED * (1 - GAINED) + LOST * (1 - LOST))),
        "Number 5 takes gains and losses as if they were independent.",
    ),
    at("few_mean", math.ceil(needed(0.1)), "Number 5 takes the mean gain for the variance."),
    at("few_gained", math.ceil(needed(GAINED)), "Number 5 takes the 12 % for the variance."),
    at("few_no_square", math.ceil(Z * PAIRED / WANTED), "In number 5 nothing is squared."),
    at("few_difference", math.ceil(needed(0.09)), "Number 5 is that of a model with 10 % right."),
    at("few_14", math.ceil(needed(0.14 * 0.86)), "Number 5 takes 14 % as the share of one model."),
    at(
        "few_from_two_digits",
        round(QUESTIONS * (0.035 / WANTED) ** 2),
        "Number 5 comes from number 4 with two digits. Round at the end.",
    ),
    at(
        "few_from_three_digits",
        math.ceil(QUESTIONS * (0.0353 / WANTED) ** 2),
        "Number 5 comes from number 4 with three digits. Round at the end.",
    ),
    at("few_two", needed(PAIRED, 2), "Number 5 takes two standard errors. 1.96 of them?"),
    at("few_1200", 1200, "Number 5 is rounded. The smallest n itself is asked for."),
    at("few_more", math.ceil(needed(PAIRED)) - 400, "Number 5 is how many *more*. In all?"),
    at("few_differ", math.ceil(needed(PAIRED) * 0.14), "Number 5 counts where they differ. All?"),
    at("few_both", 2 * math.ceil(needed(PAIRED)), "Number 5 counts each question twice."),
)
HOLM = (
    at("holm_all", 5, "Number 6: 0.05 is for one comparison. Here are six."),
    at(
        "holm_bonferroni",
        1,
        "Number 6: every p is compared with 0.05 / 6 (Bonferroni). Holm goes on.",
    ),
    at(
        "holm_goes_on",
        3,
        "Number 6: after the first p that is too large none is kept. Where is it?",
    ),
    at(
        "holm_from_above",
        4,
        "Number 6: begin with the *smallest* p, stop at the first too large, count the *shown*.",
    ),
    at("holm_unsorted", 0, "Number 6: sort first. The smallest p is compared with 0.05 / 6."),
    at("holm_six", 6, "Number 6 keeps all. With what is the largest p compared?"),
)
VARIANCES = {
    GAINED + LOST - (GAINED - LOST): "take the mean off. Its square?",
    0.14 * 0.86: "take 14 % as one model's share. The mean of a gain is 12 % − 2 %, not 14 %.",
    GAINED: "take the 12 % for the variance.",
    0.12 * 0.88: "take the 12 % alone.",
    GAINED - LOST: "take the mean gain for the variance.",
    0.14 + 0.01: "add the square of the mean. Take it off.",
    0.14**2: "take (14 %)² for the variance.",
    BOTH: "are those of different questions. These are the same.",
}
"""What people take for the variance of a gain, in number 4 and so in number 5, too."""


def carried(variance: float, hint: str) -> Mistake:
    """Return the mistake of a wrong variance of a gain in both numbers that need one."""
    numbers = half(SINGLE), 1537, half(BOTH), half(variance), math.ceil(needed(variance)), 2
    return whole(f"gain_{variance:.4f}", f"Numbers 4 and 5 {hint}", *numbers)


SHARES: dict[str, tuple[str, Callable[[float], float]]] = {
    "error": ("are one standard error. How many are there?", lambda v: half(v, z=1)),
    "full": ("are the full width. Half of it is asked for.", lambda v: 2 * half(v)),
    "two": ("are two standard errors. 1.96 of them?", lambda v: half(v, z=2)),
    "z_of_variance": ("lack the root.", lambda v: Z * v / QUESTIONS),
    "by_n": ("have n outside of the root.", lambda v: Z * math.sqrt(v) / QUESTIONS),
    "no_n": ("are those of one question. There are 400.", lambda v: half(v, 1)),
    "root_n": ("take √400 for n: it stands in the root.", lambda v: half(v, 20)),
}
"""One slip in all that is a share: numbers 1, 3 and 4."""
NEEDED: dict[str, tuple[str, Callable[[float], float]]] = {
    "quarter": ("make half the width 0.04.", lambda v: math.ceil(needed(v, wanted=0.04))),
    "no_square": ("square nothing: to undo the root, square.", lambda v: math.ceil(Z * v / WANTED)),
    "z_alone": ("do not square the 1.96.", lambda v: math.ceil(Z * v / WANTED**2)),
    "root": ("are the root of n.", lambda v: math.sqrt(needed(v))),
}
"""One slip in both numbers of questions: 2 and 5."""


def in_shares(name: str, hint: str, of: Callable[[float], float]) -> Mistake:
    """Return the mistake of one slip in all that is a share."""
    numbers = of(SINGLE), 1537, of(BOTH), of(PAIRED), 1249, 2
    return whole(f"shares_{name}", f"Numbers 1, 3 and 4 {hint}", *numbers)


def in_numbers(name: str, hint: str, of: Callable[[float], float]) -> Mistake:
    """Return the mistake of one slip in both numbers of questions."""
    numbers = half(SINGLE), of(SINGLE), half(BOTH), half(PAIRED), of(PAIRED), 2
    return whole(f"needed_{name}", f"Numbers 2 and 5 {hint}", *numbers)


WHOLE = (
    *(in_shares(name, hint, of) for name, (hint, of) in SHARES.items()),
    *(in_numbers(name, hint, of) for name, (hint, of) in NEEDED.items()),
    *(carried(variance, hint) for variance, hint in VARIANCES.items()),
    whole(
        "p_in_1_and_2",
        "Numbers 1 and 2: there stands p where p(1 − p) belongs.",
        *(half(ONE), math.ceil(needed(ONE)), half(BOTH), half(PAIRED), 1249, 2),
    ),
    whole(
        "upper_ends",
        "Numbers 1, 3 and 4 are upper ends. Half the width?",
        *(ONE + half(SINGLE), 1537, 0.1 + half(BOTH), 0.1 + half(PAIRED), 1249, 2),
    ),
    whole(
        "lower_ends",
        "Numbers 1, 3 and 4 are lower ends. Half the width?",
        *(ONE - half(SINGLE), 1537, 0.1 - half(BOTH), 0.1 - half(PAIRED), 1249, 2),
    ),
    whole(
        "all_errors",
        "You take one standard error everywhere. The interval goes 1.96 of them to either side.",
        *(half(SINGLE, z=1), 400, half(BOTH, z=1), half(PAIRED, z=1), 325, 2),
    ),
    whole(
        "all_full",
        "You take the full width everywhere. Half of it is asked for.",
        *(2 * half(SINGLE), 6147, 2 * half(BOTH), 2 * half(PAIRED), 4995, 2),
    ),
    whole(
        "all_two",
        "You take 2 for 1.96 everywhere.",
        *(half(SINGLE, z=2), 1600, half(BOTH, z=2), half(PAIRED, z=2), 1300, 2),
    ),
    whole(
        "same_as_alone",
        "Numbers 4 and 5 are those of one model. What is the variance of a gain?",
        *(half(SINGLE), 1537, half(BOTH), half(SINGLE), 1537, 2),
    ),
    whole(
        "exchanged",
        "Numbers 3 and 4 are exchanged. Which are the same questions?",
        *(half(SINGLE), 1537, half(PAIRED), half(BOTH), 1249, 2),
    ),
    whole("all_90", "You take 1.645 for 1.96 everywhere: 90 %.", *everywhere(1.645)),
    whole("all_99", "You take 2.576 for 1.96 everywhere: 99 %.", *everywhere(2.576)),
    whole("all_258", "You take 2.58 for 1.96 everywhere: 99 %.", *everywhere(2.58)),
    whole(
        "no_square_taken",
        "Numbers 4 and 5: a variance is the mean of the squares minus the square of the mean. The "
        "second part is missing.",
        *(half(SINGLE), 1537, half(BOTH), half(0.14), 1345, 2),
    ),
    whole(
        "all_percent",
        "Numbers 1, 3 and 4 are in per cent. Shares are asked for.",
        *(100 * half(SINGLE), 1537, 100 * half(BOTH), 100 * half(PAIRED), 1249, 2),
    ),
)
PLACES = [once(*some) for some in (ALONE, MANY, APART, SAME, MANY_SAME, HOLM)]
USUAL = {"error", "full", "two", "90", "worst", "down", "linear", "more"}
USUAL |= {
    "sum",
    "no_minus",
    "independent",
    "difference",
    "not_squared",
    "all",
    "bonferroni",
    "goes_on",
}
"""What people get wrong in two numbers at once: names of mistakes without their number's."""


def pairs() -> list[Mistake]:
    """Return what two numbers wrong in usual ways give."""
    usual = ([m for m in place if m.name.split("_", 1)[1] in USUAL] for place in PLACES)
    found = each_alone_or_together(right, *usual, whole=WHOLE, at_most=2)
    return [mistake for mistake in found if "+" in mistake.name]


TOLERANCE = (0.004, 1e-4, 0.004, 0.004, 1e-4, 0.01)


def is_near(place: int, case: Case, answer: Tensor) -> bool:
    """Say whether one of the numbers is right."""
    wanted = right()[place]
    return abs(float(answer.flatten()[place]) - wanted) <= TOLERANCE[place] * wanted


QUESTIONS_ASKED = (
    "One model: 1.96 · √(p(1 − p)/n).",
    "Solve 1.96 · √(p(1 − p)/n) ≤ 0.02 for n, and round so that it holds.",
    "Two models that do not know of each other: the squares of the standard errors add up.",
    "The gain of a question is +1, −1 or 0. What is its mean, and the mean of its square?",
    "As number 2, with the variance of a gain.",
    "Sort the p. The smallest is compared with 0.05/6, the next with 0.05/5; stop at the first "
    "that is larger.",
)

ITEMS_NEEDED = Predict(
    id="evaluation.items_needed",
    title="How many questions are enough?",
    difficulty=1,
    minutes=15,
    hints=(
        "An interval half as wide needs how many times the questions?",
        "Half the width = 1.96 · √(variance of one question / n). One model: p(1 − p). Different "
        "questions: the sum of both. The same questions: mean of gain² − (mean of gain)².",
        "Numbers 1, 3 and 4 are shares below 0.1, numbers 2 and 5 whole numbers above 1,000, "
        "number 6 is at most 6.",
        "half = lambda variance, n: 1.96 * (variance / n) ** 0.5\n"
        "many = lambda variance: math.ceil(1.96**2 * variance / ...)\n"
        "gain = 0.12 + 0.02 - ...\n"
        "[half(0.8 * 0.2, 400), many(...), half(..., 400), half(gain, 400), many(gain), ...]",
    ),
    truth=right,
    tolerance=TOLERANCE,
    mistakes=(*each_alone_or_together(right, *PLACES, whole=WHOLE, at_most=1), *pairs()),
    properties=tuple(
        Property(f"Number {place + 1} is off. {question}", partial(is_near, place))
        for place, question in enumerate(QUESTIONS_ASKED)
    ),
)
