"""What an adviser costs, in numbers. Traps: shares and costs exchanged, the bound of a search."""

import math
from functools import cache, partial

from torch import Tensor

from mmtutor.checks.engine.exercise import Case, Mistake, Predict, Property
from mmtutor.checks.engine.places import each_alone_or_together
from mmtutor.checks.video.shared import at, once, whole

SERVED, CUSTOMERS, Z = 0.64, 100, 1.96
RATES = {0.3: (0.60, 0.05), 0.5: (0.25, 0.15), 0.7: (0.05, 0.50)}
"""At each threshold: answered though it should not, refused though it could."""
LIE, SILENCE = 6, 1
"""What the two errors cost."""
MANY, FEW = 0.25, 0.1
"""Two shares of questions that cannot be answered."""
FOUND, FIRST = 0.85, 0.8
TURN, PATIENCE = 0.5, 3


def half(variance: float, customers: int = CUSTOMERS, z: int | float = Z) -> float:
    """Return half the width of the interval of a mean."""
    return z * math.sqrt(variance / customers)


def cost(
    threshold: float, share: float, lie: int | float = LIE, silence: int | float = SILENCE
) -> float:
    """Return what a question costs on average, if this share cannot be answered."""
    answered, refused = RATES[threshold]
    return share * lie * answered + (1 - share) * silence * refused


@cache
def right() -> list[float]:
    """Return the seven numbers."""
    turns = sum((1 - TURN) ** before for before in range(PATIENCE))
    least = min(cost(threshold, FEW) for threshold in RATES)
    low, high = cost(0.3, MANY), cost(0.7, MANY)
    return [half(SERVED * (1 - SERVED)), low, high, least, FOUND, FOUND * FIRST, turns]


ONE = SERVED * (1 - SERVED)
WIDTH = (
    at("width_error", half(ONE, z=1), "Number 1 is one standard error. How many are there?"),
    at("width_full", 2 * half(ONE), "Number 1 is the full width. Half of it?"),
    at("width_no_n", half(ONE, 1), "Number 1 is that of a single customer. There are 100."),
    at(
        "width_spread",
        math.sqrt(ONE),
        "Number 1 is how much single customers differ. The mean of 100 is surer, and the half "
        "width is 1.96 of its standard errors.",
    ),
    at("width_error_outside", 0.48 / 100, "Number 1: n stands outside of the root, and 1.96?"),
    at("width_no_root", Z * ONE / 100, "In number 1 the root is missing."),
    at("width_n_outside", Z * 0.48 / 100, "In number 1, n stands outside of the root."),
    at("width_p", half(SERVED), "In number 1 stands p where p(1 − p) belongs."),
    at(
        "width_lost",
        half(1 - SERVED),
        "In number 1 stands 1 − p where p(1 − p) belongs, or 64 customers. There are 100.",
    ),
    at("width_no_p", half(1.0), "In number 1 p(1 − p) is missing."),
    at("width_worst", half(0.25), "Number 1 is that of one half served. It is 64 of 100."),
    at("width_90", half(ONE, z=1.645), "Number 1 is that of a 90 % interval."),
    at("width_two", half(ONE, z=2), "Number 1 is two standard errors. 1.96 of them?"),
    at("width_upper", SERVED + half(ONE), "Number 1 is the upper end. Half the width?"),
    at("width_lower", SERVED - half(ONE), "Number 1 is the lower end. Half the width?"),
    at("width_percent", 100 * half(ONE), "Number 1 is in per cent, or in customers."),
    at("width_share", SERVED, "Number 1 is the share itself. How sure is it?"),
)


def costs(name: str, number: int, threshold: float, share: float) -> tuple[Mistake, ...]:
    """Return what people write for a cost at a threshold."""
    a, r = RATES[threshold]
    n, c, u = f"Number {number}", LIE, share
    return (
        at(f"{name}_unweighted", c * a + r, f"{n}: how *often* does either kind of question come?"),
        at(f"{name}_lies", u * c * a, f"{n} counts only what is answered and should not be."),
        at(f"{name}_refusals", (1 - u) * r, f"{n} counts only what is refused and should not be."),
        at(
            f"{name}_no_costs",
            u * a + (1 - u) * r,
            f"{n} is how often something goes wrong. What does each of the two errors cost?",
        ),
        at(
            f"{name}_kinds",
            (1 - u) * c * a + u * r,
            f"{n}: the shares of the two kinds of question have changed places.",
        ),
        at(
            f"{name}_costs",
            u * a + (1 - u) * c * r,
            f"{n}: the costs of the two errors have changed places.",
        ),
        at(
            f"{name}_rates",
            u * c * r + (1 - u) * a,
            f"{n}: the two rates have changed places. Which comes first in the table?",
        ),
        at(
            f"{name}_halves",
            (c * a + r) / 2,
            f"{n}: you give both kinds of question the same weight.",
        ),
        at(
            f"{name}_one_share",
            u * (c * a + r),
            f"{n}: you give both kinds of question the share of those that cannot be answered.",
        ),
        at(
            f"{name}_odds",
            cost(threshold, u / (1 + u)),
            f"{n}: one in {1 / u:.0f} is a share of 1/{1 / u:.0f}, not 1 to {1 / u:.0f}.",
        ),
        at(
            f"{name}_all_dear",
            LIE * (u * a + (1 - u) * r),
            f"{n}: a needless refusal costs 1, not 6.",
        ),
        at(
            f"{name}_by_costs",
            cost(threshold, u) / (LIE + SILENCE),
            f"{n}: you divide by both costs. The shares of the questions are the weights.",
        ),
        at(f"{name}_sum", a + r, f"{n} is the sum of the two rates. Weights and costs?"),
        at(
            f"{name}_everybody",
            u * c * a + r,
            f"{n}: only questions that *can* be answered are refused needlessly.",
        ),
        at(
            f"{name}_all_lie",
            c * a + (1 - u) * r,
            f"{n}: only questions that *cannot* be answered are answered in vain.",
        ),
        at(
            f"{name}_no_rates",
            u * c + 1 - u,
            f"{n}: how many of each kind go wrong? See the table.",
        ),
        at(
            f"{name}_rest",
            u * c * (1 - a) + (1 - u) * r,
            f"{n}: the first rate is what goes *wrong* already, not what goes right.",
        ),
        at(
            f"{name}_less",
            u * c * a - (1 - u) * r,
            f"{n}: both errors cost something. You take one away from the other.",
        ),
        at(f"{name}_hundred", 100 * cost(threshold, u), f"{n} is for 100 questions. For one?"),
    )


LOW = (
    *costs("low", 2, 0.3, MANY),
    at(
        "low_served",
        MANY * LIE * 0.6 + (1 - MANY) * 0.95,
        "Number 2: the second rate is what is *refused*. What is answered rightly costs nothing.",
    ),
    at("low_middle", cost(0.5, MANY), "Number 2 is that of threshold 0.5."),
    at("low_high", cost(0.7, MANY), "Number 2 is that of threshold 0.7."),
    at("low_few", cost(0.3, FEW), "Number 2: one question in *four* cannot be answered."),
)
HIGH = (
    *costs("high", 3, 0.7, MANY),
    at("high_middle", cost(0.5, MANY), "Number 3 is that of threshold 0.5."),
    at("high_low", cost(0.3, MANY), "Number 3 is that of threshold 0.3."),
    at("high_few", cost(0.7, FEW), "Number 3: one question in *four* cannot be answered."),
)
LEAST = (
    at("least_low", cost(0.3, FEW), "Number 4 is that of threshold 0.3. Is another one cheaper?"),
    at("least_high", cost(0.7, FEW), "Number 4 is that of threshold 0.7. Is another one cheaper?"),
    at("least_many", cost(0.7, MANY), "Number 4 is that of before. Now it is one in *ten*."),
    at(
        "least_same", cost(0.5, MANY), "Number 4: one in *ten* cannot be answered now, not in four."
    ),
    at(
        "least_total",
        sum(cost(t, FEW) for t in RATES),
        "Number 4 is the sum over all three thresholds. Which is the least?",
    ),
    at(
        "least_mean",
        sum(cost(t, FEW) for t in RATES) / len(RATES),
        "Number 4 is the mean over all three thresholds. Which is the least?",
    ),
    at("least_threshold", 0.5, "Number 4 is a threshold. What does it cost?"),
    *costs("least", 4, 0.5, FEW),
)
BOUND = (
    at("bound_product", FOUND * FIRST, "Number 5: the *best* reranker that there could be?"),
    at("bound_first", FIRST, "Number 5 is how good the reranker is. What can none get back?"),
    at("bound_all", 1, "Number 5: what the search has not found, no reranker sees."),
    at("bound_lost", 1 - FOUND, "Number 5 is what is lost. What is left?"),
    at("bound_union", FOUND + 0.15 * FIRST, "Number 5: what is not found cannot be put first."),
    at("bound_mean", (FOUND + FIRST) / 2, "Number 5 is a mean. What can no reranker get back?"),
    at("bound_hundred", 100 * FOUND, "Number 5 is in per cent."),
    at("bound_one_of_ten", 0.1, "Number 5 is that of a blind choice among ten. The best reranker?"),
    at("bound_tenth", FOUND / 10, "Number 5 is that of a blind choice among the ten."),
)
AT_FIRST = (
    at("first_alone", FIRST, "Number 6: 80 % of those that it *gets*. Of all?"),
    at("first_found", FOUND, "Number 6 is how many are found. How many stand first?"),
    at("first_mean", (FOUND + FIRST) / 2, "Number 6 is a mean. One step comes after the other."),
    at("first_less", FOUND + FIRST - 1, "Number 6: take 80 % *of* those that are found."),
    at("first_union", FOUND + 0.15 * FIRST, "Number 6 is too high: both steps must go well."),
    at("first_lost", FOUND * (1 - FIRST), "Number 6 is what the reranker loses."),
    at("first_wrong", 1 - FOUND * FIRST, "Number 6 is what goes wrong."),
    at("first_quotient", FIRST / FOUND, "Number 6 is a quotient. Take 80 % *of* those found."),
    at("first_gap", FOUND - FIRST, "Number 6 is a difference. Take 80 % *of* those found."),
    at("first_sum", FOUND + FIRST, "Number 6 is a sum, above 1. Take 80 % *of* those found."),
    at(
        "first_of_lost",
        (1 - FOUND) * FIRST,
        "Number 6 is 80 % of those that are *not* found. Take those that are.",
    ),
    at("first_hundred", 68, "Number 6 is in per cent."),
)
TURNS = (
    at("turns_endless", 2, "Number 7 is that of a customer who never loses patience."),
    at("turns_two", 1.5, "Number 7 stops after two turns. How many does the customer take?"),
    at("turns_four", 1.875, "Number 7 has a fourth turn in it. The customer leaves after three."),
    at("turns_all", 3, "Number 7 is the most. Who is served at the first turn takes one."),
    at("turns_served", 0.875, "Number 7 is the share that is served. How many *turns* is it?"),
    at("turns_lost", 0.125, "Number 7 is the share that leaves. How many *turns* is it?"),
    at(
        "turns_leave",
        1.375,
        "Number 7: who leaves without being served has taken three turns, too.",
    ),
    at("turns_of_served", 1.375 / 0.875, "Number 7 is that of those who are served. Of all?"),
    at("turns_half", 1, "Number 7: half of them take more than one turn."),
    at("turns_before", 0.75, "Number 7 counts the turns *before* the last one."),
    at("turns_added", 6, "Number 7: 1, 2 and 3 turns are not equally frequent, and it is a mean."),
    at("turns_cut", 1.25, "Number 7: half see a second turn, and half of these a third."),
    at("turns_middle", 2.25, "Number 7: how many see a second turn, and how many a third?"),
)
WHOLE = (
    whole(
        "no_costs",
        "Numbers 2 to 4 are how often something goes wrong. What does each of the errors cost?",
        right()[0],
        cost(0.3, MANY, 1),
        cost(0.7, MANY, 1),
        cost(0.5, FEW, 1),
        *right()[4:],
    ),
    whole(
        "no_costs_least",
        "Numbers 2 to 4 say how often something goes wrong, and not what each of the errors costs.",
        right()[0],
        cost(0.3, MANY, 1),
        cost(0.7, MANY, 1),
        min(cost(t, FEW, 1) for t in RATES),
        *right()[4:],
    ),
    whole(
        "kinds",
        "Numbers 2 to 4: the shares of the two kinds of question have changed places.",
        right()[0],
        cost(0.3, 1 - MANY),
        cost(0.7, 1 - MANY),
        min(cost(t, 1 - FEW) for t in RATES),
        *right()[4:],
    ),
    whole(
        "kinds_middle",
        "Numbers 2 to 4: the two kinds of question have changed places in their shares.",
        right()[0],
        cost(0.3, 1 - MANY),
        cost(0.7, 1 - MANY),
        cost(0.5, 1 - FEW),
        *right()[4:],
    ),
    whole(
        "costs",
        "Numbers 2 to 4: the costs of the two errors have changed places.",
        right()[0],
        cost(0.3, MANY, 1, LIE),
        cost(0.7, MANY, 1, LIE),
        min(cost(t, FEW, 1, LIE) for t in RATES),
        *right()[4:],
    ),
    whole(
        "unweighted",
        "Numbers 2 to 4: how *often* does either kind of question come?",
        right()[0],
        *(LIE * a + r for a, r in (RATES[0.3], RATES[0.7])),
        min(LIE * a + r for a, r in RATES.values()),
        *right()[4:],
    ),
)


def off(place: int, question: str) -> Property:
    """Return the rule that one of the numbers is right, with the question to ask if it is not."""
    return Property(f"Number {place + 1} is off. {question}", partial(is_near, place))


def is_near(place: int, case: Case, answer: Tensor) -> bool:
    """Say whether one of the numbers is right."""
    found, wanted = float(answer.flatten()[place]), right()[place]
    return abs(found - wanted) <= 0.01 * wanted


PLACES = [once(*some) for some in (WIDTH, LOW, HIGH, LEAST, BOUND, AT_FIRST, TURNS)]


def pairs() -> list[Mistake]:
    """Return the usual slips in two numbers at a time: the first three of each."""
    usual = [some[:3] for some in PLACES]
    found = each_alone_or_together(right, *usual, whole=WHOLE, at_most=2)
    return [mistake for mistake in found if "+" in mistake.name]


PREDICTED = Predict(
    id="advisor.turns",
    title="What does it cost?",
    difficulty=1,
    minutes=15,
    hints=(
        "Imagine 100 customers, 100 questions, 100 searches, and count heads: how many are of "
        "which kind, and what happens to each?",
        "1: 1.96 √(p(1 − p)/n). 2 to 4: share of unanswerable · 6 · first rate + share of "
        "answerable · 1 · second rate. 5, 6: what is found; what is found *and* put first. 7: "
        "everybody takes the first turn, and who is not served the next.",
        "Seven numbers: 1 is a share below 0.2, 2 to 4 are costs below 1, 5 and 6 are shares, 7 "
        "lies between 1 and 3.",
        "half = 1.96 * math.sqrt(... / 100)\n"
        "def cost(share, first, second):\n    return share * ... * first + ... * 1 * second\n"
        "least = min(cost(0.1, ...), ...)\nbound = ...\nfirst = ... * ...\n"
        "turns = 1 + ... + ...",
    ),
    truth=right,
    tolerance=(0.01,) * 7,
    mistakes=(*each_alone_or_together(right, *PLACES, whole=WHOLE, at_most=1), *pairs()),
    properties=(
        off(0, "What is the root of p(1 − p)/n?"),
        off(1, "At threshold 0.3: how many of 100 questions go wrong in which way?"),
        off(2, "At threshold 0.7: how many of 100 questions go wrong in which way?"),
        off(3, "Work out all three costs with one unanswerable question in ten."),
        off(4, "Of 100 searches, in how many does the reranker see the right item at all?"),
        off(5, "Of 100 searches, in how many is it found, and in how many of these put first?"),
        off(6, "How many take a first turn, how many a second, how many a third?"),
    ),
)
