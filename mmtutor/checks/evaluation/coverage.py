"""Risk against coverage. Traps: the unsure first, ties torn apart, accuracy, the wrong divisor.

El-Yaniv and Wiener, "On the Foundations of Noise-free Selective Classification", JMLR 2010;
Geifman and El-Yaniv, "Selective Classification for Deep Neural Networks", 2017, arXiv 1705.08500.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    Implement,
    Mistake,
    Property,
    Wrong,
    random_tensor,
)
from mmtutor.checks.engine.properties import agree
from mmtutor.checks.gpt.shared import either

Pair = tuple[Tensor, Tensor]


def coverage(confidence: Tensor, right: Tensor, wrong: Wrong = RIGHT) -> Pair:
    """Reference: for each different confidence, highest first, coverage and risk at it."""
    given = answered(confidence, right, wrong)
    shares, risks = covered(given, confidence, right, wrong), risk(given, confidence, right, wrong)
    ends: dict[str, Callable[[], Pair]] = {
        "exchanged": lambda: (risks, shares),
        "from_the_end": lambda: (shares.flip(0), risks.flip(0)),
        "risk_turned_round": lambda: (shares, risks.flip(0)),
        "last_missing": lambda: (shares[:-1], risks[:-1]),
        "first_missing": lambda: (shares[1:], risks[1:]),
        "nothing_first": lambda: (padded(shares), padded(risks)),
        "by_risk": lambda: (shares, risks.sort().values),
    }
    both = either(ends, wrong, lambda: (shares, risks))
    return both[0].float(), both[1].float()


def padded(values: Tensor) -> Tensor:
    """Return values behind a zero."""
    return torch.cat([torch.zeros(1).double(), values.double()])


def answered(confidence: Tensor, right: Tensor, wrong: Wrong) -> Tensor:
    """Return which answers are given at each threshold (threshold, answer)."""
    levels = confidence.unique().flip(0)[:, None]
    ranked = confidence.sort(descending=True).values[:, None]
    ways: dict[str, Callable[[], Tensor]] = {
        "unsure_first": lambda: confidence <= levels.flip(0),
        "below": lambda: confidence <= levels,
        "strict": lambda: confidence > levels,
        "strict_or_0": lambda: confidence > levels,
        "ties_torn": lambda: one_by_one(confidence.argsort(descending=True, stable=True)),
        "ties_right_first": lambda: one_by_one(by_both(confidence, right)),
        "ties_wrong_first": lambda: one_by_one(by_both(confidence, ~right)),
        "unsure_one_by_one": lambda: one_by_one(confidence.argsort(stable=True)),
        "given_order": lambda: one_by_one(torch.arange(len(confidence))),
        "each_repeated": lambda: confidence >= ranked,
        "each_in_place": lambda: confidence >= confidence[:, None],
        "ties_first": lambda: first_of_each(confidence),
        "alone": lambda: confidence == levels,
    }
    return either(ways, wrong, lambda: confidence >= levels)


def first_of_each(confidence: Tensor) -> Tensor:
    """Return which answers are given up to the first of each group of equally sure ones."""
    order = confidence.argsort(descending=True, stable=True)
    ranked = confidence[order]
    begins = torch.cat([torch.ones(1).bool(), ranked[1:] != ranked[:-1]])
    return one_by_one(order)[begins]


def by_both(confidence: Tensor, first: Tensor) -> Tensor:
    """Return the order from the surest on; of ties those that are `first`."""
    front = (~first).long().argsort(stable=True)
    return front[confidence[front].argsort(descending=True, stable=True)]


def one_by_one(order: Tensor) -> Tensor:
    """Return which answers are given if one after the other is added in this order."""
    return order.argsort() <= torch.arange(len(order))[:, None]


def covered(given: Tensor, confidence: Tensor, right: Tensor, wrong: Wrong) -> Tensor:
    """Return the share of answers that are given at each threshold."""
    number = torch.arange(1, len(given) + 1)
    ways: dict[str, Callable[[], Tensor]] = {
        "counts": lambda: given.sum(1),
        "by_step": lambda: number / len(given),
        "levels": lambda: confidence.unique().flip(0),
        "silent": lambda: 1 - given.double().mean(1),
        "of_right": lambda: (given & right).sum(1) / right.sum().clamp(min=1),
        "right_of_all": lambda: (given & right).double().mean(1),
        "block_share": lambda: given.double().mean(1).diff(prepend=torch.zeros(1).double()),
        "by_most": lambda: given.sum(1) / max(len(given), 1),
    }
    return either(ways, wrong, lambda: given.double().mean(1))


def risk(given: Tensor, confidence: Tensor, right: Tensor, wrong: Wrong) -> Tensor:
    """Return the share of wrong ones among the answers that are given."""
    bad, many = (given & ~right).sum(1).double(), given.sum(1).double()
    zero = torch.zeros(1).double()
    fresh, fresh_bad = many.diff(prepend=zero), bad.diff(prepend=zero)
    number = torch.arange(1, len(given) + 1)
    rest = ~given
    ways: dict[str, Callable[[], Tensor]] = {
        "accuracy": lambda: 1 - bad / many,
        "over_all": lambda: bad / len(right),
        "wrong_counts": lambda: bad,
        "of_the_wrong": lambda: bad / (~right).sum().clamp(min=1),
        "block_alone": lambda: fresh_bad / fresh.where(fresh != 0, 1),
        "mean_of_blocks": lambda: (fresh_bad / fresh.where(fresh != 0, 1)).cumsum(0) / number,
        "by_threshold": lambda: bad / number,
        "of_the_rest": lambda: (rest & ~right).sum(1) / rest.sum(1).clamp(min=1),
        "strict_or_0": lambda: bad / many.clamp(min=1),
        "odds": lambda: bad / (many - bad).clamp(min=1),
        "expected": lambda: (given * (1 - confidence.double())).sum(1) / many,
        "over_all_accuracy": lambda: (many - bad) / len(right),
        "mean_so_far": lambda: (bad / many).cumsum(0) / number,
        "largest_so_far": lambda: (bad / many).cummax(0).values,
        "smallest_so_far": lambda: (bad / many).cummin(0).values,
        "one_more": lambda: bad / (many + 1),
        "silence_is_wrong": lambda: 1 - (many - bad) / len(right),
        "judged": lambda: (given != right).double().mean(1),
        "risk_of_first": lambda: risk(first_of_each(confidence), confidence, right, RIGHT),
    }
    return either(ways, wrong, lambda: bad / many)


def written(confidence: list[float], right: list[int]) -> Case:
    """Return answers as they are written."""
    return Case(confidence=torch.tensor(confidence), right=torch.tensor(right).bool())


STABLE = 16
"""Of more answers `sort` may mix those that are equally sure; they are all right or all wrong."""


def case(count: int, seed: int, steps: float, scale: float = 1.0) -> Case:
    """Confidences in steps, so that some are equal; the sure ones are right more often."""
    drawn = random_tensor(2, count, seed=seed)
    confidence = (drawn[0] * steps).round() / steps
    right = drawn[0] + 1.5 * drawn[1] > -0.3
    if count > STABLE:
        right = right[(confidence == confidence[:, None]).long().argmax(1)]
    return Case(confidence=confidence * scale, right=right)


def coverage_cases() -> list[Case]:
    return [
        written([0.9, 0.6, 0.9, 0.3], [1, 0, 0, 1]),
        written([0.2, 0.8, 0.5], [0, 1, 1]),
        written([0.7], [0]),
        written([0.7], [1]),
        written([0.5, 0.5, 0.5, 0.5, 0.5], [1, 0, 0, 1, 0]),
        written([0.0, 1.0, 1.0, 0.0, 0.4, 0.4], [0, 0, 1, 1, 1, 0]),
        written([0.501, 0.502, 0.503, 0.5], [1, 0, 1, 0]),
        written([3.0, -25.0, 140.0, -2.0, 30.0, 140.0], [1, 1, 0, 0, 1, 1]),
        written([0.1, 0.2, 0.3], [1, 1, 1]),
        written([0.3, 0.1, 0.2], [0, 0, 0]),
        written([1e-4, 2e-4, 3e-4, 2e-4], [0, 1, 1, 0]),
        case(20, 10, 2.0),
        case(30, 20, 100.0),
        case(9, 30, 1.0, 0.01),
        case(50, 40, 3.0, 30.0),
        case(15, 50, 4.0),
    ]


def fits(case: Case, output: Pair) -> bool:
    """Say whether both have a place for each different confidence."""
    many = (len(case["confidence"].unique()),)
    return len(output) == 2 and all(torch.as_tensor(x).shape == many for x in output)


def kept(say: Callable[[Case, Tensor, Tensor], bool], case: Case, output: Pair) -> bool:
    """Say whether coverage and risk keep a rule, if there are as many as there should be."""
    return not fits(case, output) or say(case, *map(torch.as_tensor, output))


def rises(case: Case, shares: Tensor, risks: Tensor) -> bool:
    """Say whether coverage rises and ends at 1."""
    return bool((shares.diff() > 0).all()) and abs(float(shares[-1]) - 1) < 1e-5


def coverage_is_right(case: Case, shares: Tensor, risks: Tensor) -> bool:
    """Say whether coverage is right."""
    return agree(shares, coverage(*case.values())[0])


def ends_in_all(case: Case, shares: Tensor, risks: Tensor) -> bool:
    """Say whether the last risk is the share of wrong ones among all answers."""
    return abs(float(risks[-1]) - float((~case["right"]).float().mean())) < 1e-4


def begins_with_surest(case: Case, shares: Tensor, risks: Tensor) -> bool:
    """Say whether the first risk is that of the surest answers."""
    surest = case["confidence"] == case["confidence"].max()
    return abs(float(risks[0]) - float((~case["right"][surest]).float().mean())) < 1e-4


def risk_is_right(case: Case, shares: Tensor, risks: Tensor) -> bool:
    """Say whether all risks are right."""
    return agree(risks, coverage(*case.values())[1])


COVERAGE = Implement(
    id="evaluation.coverage",
    title="It may say nothing",
    difficulty=2,
    minutes=15,
    hints=(
        "Choose a threshold: who is at least as sure answers, the others say nothing. At which "
        "thresholds does something change?",
        "At threshold t: coverage = answers with confidence ≥ t / all; risk = wrong ones among "
        "these / these. The thresholds are the different confidences, the highest first.",
        "levels: (threshold,). `confidence >= levels[:, None]`: (threshold, answer). Both results: "
        "(threshold,).",
        "levels = confidence.unique().flip(0)\ngiven = confidence >= levels[:, None]\n"
        "coverage = given.float().mean(...)\nrisk = (given & ...).sum(1) / ...\n"
        "return coverage, risk",
    ),
    reference=coverage,
    cases=coverage_cases,
    mistakes=(
        Mistake(
            "unsure_first",
            "You begin with the answers that are *least* sure. Who stays when the model says less?",
            "given ends",
        ),
        Mistake(
            "below",
            "You give the answers that are at most as sure as the threshold. Which are to be "
            "given?",
            "given ends",
        ),
        Mistake(
            "strict",
            "Only what is surer than the threshold is given in yours. What is as sure is given, "
            "too.",
            "given ends",
        ),
        Mistake(
            "strict_or_0",
            "Only what is surer than the threshold is given in yours, so that at the first nothing "
            "is. What is as sure is given, too.",
            "given ends risk",
        ),
        Mistake(
            "ties_torn",
            "You add one answer after the other. Answers that are equally sure come together: no "
            "threshold lies between them.",
            "given",
        ),
        Mistake(
            "ties_right_first",
            "Of answers that are equally sure you let the right ones go first. They come together: "
            "no threshold lies between them.",
            "given covered risk ends",
        ),
        Mistake(
            "ties_wrong_first",
            "Of answers that are equally sure you let the wrong ones go first. They come together: "
            "no threshold lies between them.",
            "given covered risk ends",
        ),
        Mistake(
            "unsure_one_by_one",
            "You add one answer after the other, and begin with the *least* sure. The surest stay "
            "longest, and equally sure ones come together.",
            "given covered risk ends",
        ),
        Mistake(
            "given_order",
            "You add the answers in the order in which they are given. Where does the confidence "
            "come in?",
            "given covered risk ends",
        ),
        Mistake(
            "each_repeated",
            "A threshold comes as often as there are answers that are so sure. Each *different* "
            "confidence comes once.",
            "given",
        ),
        Mistake(
            "each_in_place",
            "There is a number for each answer, in the order in which they are given. Each "
            "*different* confidence comes once, the highest first.",
            "given",
        ),
        Mistake(
            "ties_first",
            "Of answers that are equally sure only the first is given in yours. They come "
            "together.",
            "given",
        ),
        Mistake(
            "alone",
            "Only answers that are exactly as sure as the threshold are given in yours. Those that "
            "are surer are given, too.",
            "given",
        ),
        Mistake("counts", "Your coverage is a count. Which *share* of all is it?", "covered"),
        Mistake(
            "by_step",
            "Your coverage counts *thresholds*. How many of all answers are given at each?",
            "covered given",
        ),
        Mistake(
            "levels",
            "You return the thresholds. Which share is answered at each?",
            "given covered risk ends",
        ),
        Mistake("silent", "That is the share that is *not* answered.", "covered"),
        Mistake(
            "of_right",
            "Your coverage is the share of the right ones that are given. Right or wrong: given?",
            "given covered risk ends",
        ),
        Mistake(
            "right_of_all",
            "Your coverage counts right answers only. A wrong one is given, too.",
            "covered",
        ),
        Mistake(
            "block_share",
            "Your coverage is the share that is *new* at each threshold. All that is given?",
            "covered given",
        ),
        Mistake(
            "by_most",
            "You divide by how many different confidences there are. By how many answers?",
            "covered given",
        ),
        Mistake("accuracy", "That is the accuracy. Risk is the share of *wrong* ones.", "risk"),
        Mistake(
            "over_all",
            "You divide the wrong ones by *all* answers. Of those given, how many are wrong?",
            "risk",
        ),
        Mistake("wrong_counts", "Your risk is a count. Of those given, which share?", "risk"),
        Mistake(
            "of_the_wrong",
            "You divide by all wrong answers. Of those *given*, how many are wrong?",
            "given covered risk ends",
        ),
        Mistake(
            "block_alone",
            "Your risk is that of the answers which are new at each threshold. All that is given "
            "counts.",
            "risk given covered",
        ),
        Mistake(
            "mean_of_blocks",
            "You average the risks of the groups of equally sure answers. A group counts by how "
            "many answers it has.",
            "risk given",
        ),
        Mistake(
            "of_the_rest",
            "That is the risk of those that are *not* given.",
            "risk given",
        ),
        Mistake(
            "by_threshold",
            "You divide by how many *thresholds* have come so far. By how many answers?",
            "risk given",
        ),
        Mistake(
            "odds",
            "You divide wrong ones by right ones. By all that are given?",
            "given covered risk ends",
        ),
        Mistake(
            "expected",
            "Your risk is 1 − mean confidence: what the model believes. How many are wrong?",
            "risk given",
        ),
        Mistake(
            "over_all_accuracy",
            "You count right ones, and divide them by all answers. Risk: wrong ones by those "
            "given.",
            "given covered risk ends",
        ),
        Mistake(
            "mean_so_far",
            "You average the risks of all thresholds so far. Each has its own.",
            "risk given",
        ),
        Mistake(
            "largest_so_far",
            "Your risk never falls. Is it not allowed to?",
            "risk given",
        ),
        Mistake(
            "smallest_so_far",
            "Your risk never rises. Is it not allowed to?",
            "risk given",
        ),
        Mistake(
            "one_more", "You divide by one answer more than are given.", "given covered risk ends"
        ),
        Mistake("exchanged", "Coverage comes first, then risk.", "ends"),
        Mistake(
            "from_the_end",
            "Both come from the lowest threshold up. The highest comes first.",
            "ends",
        ),
        Mistake(
            "risk_turned_round",
            "Coverage rises as it should, and the risks come in the other order.",
            "ends",
        ),
        Mistake(
            "last_missing",
            "The last threshold is missing, at which everything is answered.",
            "ends",
        ),
        Mistake("first_missing", "The first threshold is missing, the highest.", "ends"),
        Mistake(
            "nothing_first",
            "You put a threshold in front at which nothing is answered. There is one for each "
            "different confidence.",
            "ends",
        ),
        Mistake("by_risk", "You sort the risks. Each belongs to its threshold.", "ends risk given"),
        Mistake(
            "silence_is_wrong",
            "Silence counts as wrong in your risk. It is the share among the answers that are "
            "*given*.",
            "given covered risk ends",
        ),
        Mistake(
            "judged",
            "You count a right answer that is kept back as an error, and a wrong one as a "
            "success. Risk looks at the answers that are given, and at no others.",
            "given covered risk ends",
        ),
        Mistake(
            "risk_of_first",
            "Of answers that are equally sure only the first counts in your *risk*. They are "
            "given together, as in your coverage.",
            "given covered risk ends",
        ),
    ),
    properties=(
        Property(
            "Coverage rises from threshold to threshold and ends at 1. Yours does not.",
            partial(kept, rises),
        ),
        Property(
            "Coverage is off somewhere: the share of answers at least as sure as the threshold.",
            partial(kept, coverage_is_right),
        ),
        Property(
            "The last risk should be that of all answers: there everything is answered.",
            partial(kept, ends_in_all),
        ),
        Property(
            "The first risk should be that of the surest answers, all that are equally sure.",
            partial(kept, begins_with_surest),
        ),
        Property(
            "Coverage and the risks at both ends are right, a risk in between is not. What is "
            "given there?",
            partial(kept, risk_is_right),
        ),
    ),
)
