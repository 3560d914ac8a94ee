"""Both errors of an adviser that may refuse. Traps: one denominator, exchanged, ties twice."""

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
from mmtutor.checks.gpt.shared import either

Pair = tuple[Tensor, Tensor]


def both_errors(
    scores: Tensor, answerable: Tensor, thresholds: Tensor, wrong: Wrong = RIGHT
) -> Pair:
    """Reference: answered though it should not, refused though it could, at each threshold."""
    if "sorted" in wrong:
        thresholds = thresholds.sort().values
    if "backwards" in wrong:
        thresholds = thresholds.sort(descending=True).values
    given, refused = decided(scores, answerable, thresholds, wrong)
    first = (given & ~answerable).sum(1).double()
    second = (refused & answerable).sum(1).double()
    one, other = divided(first, second, given, refused, answerable, wrong)
    ends: dict[str, Callable[[], Pair]] = {
        "exchanged": lambda: (other, one),
        "first_turned": lambda: (1 - one, other),
        "second_turned": lambda: (one, 1 - other),
        "percent": lambda: (100 * one, 100 * other),
        "rounded": lambda: (one.round(decimals=2), other.round(decimals=2)),
    }
    both = either(ends, wrong, lambda: (one, other))
    return both[0].float(), both[1].float()


def decided(scores: Tensor, answerable: Tensor, thresholds: Tensor, wrong: Wrong) -> Pair:
    """Return which questions are answered and which refused (threshold, question)."""
    lines = thresholds[:, None]
    answered = scores >= lines
    ways: dict[str, Callable[[], Pair]] = {
        "strict": lambda: (scores > lines, scores <= lines),
        "ties_twice": lambda: (answered, scores <= lines),
        "ties_nowhere": lambda: (scores > lines, scores < lines),
        "below": lambda: (scores <= lines, scores > lines),
        "below_strict": lambda: (scores < lines, answered),
        "first_threshold": lambda: pair(answered[:1].expand_as(answered)),
        "last_threshold": lambda: pair(answered[-1:].expand_as(answered)),
        "mean_score": lambda: pair((scores.mean() >= lines).expand_as(answered)),
    }
    return either(ways, wrong, lambda: pair(answered))


def pair(answered: Tensor) -> Pair:
    """Return which questions are answered, and the others."""
    return answered, ~answered


def divided(
    first: Tensor,
    second: Tensor,
    given: Tensor,
    refused: Tensor,
    answerable: Tensor,
    wrong: Wrong,
) -> Pair:
    """Return both shares. Nothing divided by nothing is NaN."""
    could, could_not = answerable.sum(), (~answerable).sum()
    all_given, all_refused = given.sum(1), refused.sum(1)
    rate = all_given / len(answerable)
    ways: dict[str, Callable[[], Pair]] = {
        "over_all": lambda: (first / len(answerable), second / len(answerable)),
        "over_decided": lambda: (first / all_given, second / all_refused),
        "over_decided_or_0": lambda: (
            first / all_given.clamp(min=1),
            second / all_refused.clamp(min=1),
        ),
        "over_other": lambda: (first / could, second / could_not),
        "first_over_other": lambda: (first / could, second / could),
        "second_over_other": lambda: (first / could_not, second / could_not),
        "empty_for_nan": lambda: (
            first[: len(first) * int(could_not > 0)] / could_not,
            second[: len(second) * int(could > 0)] / could,
        ),
        "all_over_kind": lambda: (all_given / could_not, all_refused / could),
        "second_rest": lambda: (first / could_not, 1 - first / could_not),
        "first_over_all": lambda: (first / len(answerable), second / could),
        "second_over_all": lambda: (first / could_not, second / len(answerable)),
        "first_over_given": lambda: (first / all_given, second / could),
        "second_over_refused": lambda: (first / could_not, second / all_refused),
        "of_errors": lambda: (first / (first + second), second / (first + second)),
        "counts": lambda: (first, second),
        "zero_for_nan": lambda: (first / could_not.clamp(min=1), second / could.clamp(min=1)),
        "one_for_nan": lambda: (
            (first / could_not).nan_to_num(1.0),
            (second / could).nan_to_num(1.0),
        ),
        "nan_both": lambda: (
            first / could_not + 0 * could / could,
            second / could + 0 * could_not / could_not,
        ),
        "all_wrong_for_nan": lambda: (
            (first / could_not).nan_to_num(1.0),
            (second / could).nan_to_num(0.0),
        ),
        "first_zero_for_nan": lambda: ((first / could_not).nan_to_num(0.0), second / could),
        "second_zero_for_nan": lambda: (first / could_not, (second / could).nan_to_num(0.0)),
        "all_given": lambda: (rate + 0 * first, second / could),
        "all_refused": lambda: (first / could_not, 1 - rate + 0 * second),
        "kind_turned": lambda: (
            (given & answerable).sum(1) / could,
            (refused & ~answerable).sum(1) / could_not,
        ),
        "one_sum": lambda: ((first + second) / len(answerable),) * 2,
    }
    return either(ways, wrong, lambda: (first / could_not, second / could))


def both_errors_cases() -> list[Case]:
    def written(scores: list[float], answerable: list[int], thresholds: list[float]) -> Case:
        return Case(
            scores=torch.tensor(scores),
            answerable=torch.tensor(answerable).bool(),
            thresholds=torch.tensor(thresholds),
        )

    def case(questions: int, thresholds: int, seed: int, scale: float = 1.0) -> Case:
        """Scores in steps, of which some are thresholds; answerable ones are higher."""
        drawn = random_tensor(2, questions, seed=seed)
        scores = (drawn[0] * 4).round() / 4
        lines = (random_tensor(thresholds, seed=seed + 1) * 4).round() / 4
        kinds = drawn[0] + drawn[1] > -0.4
        return Case(scores=scores * scale, answerable=kinds, thresholds=lines * scale)

    return [
        written([0.9, 0.5, 0.5, 0.2, 0.7], [1, 1, 0, 1, 0], [0.5]),
        written([0.9, 0.5, 0.5, 0.2, 0.7], [1, 1, 0, 1, 0], [0.8, 0.0, 0.5, 1.0]),
        written([0.5], [1], [0.5, 0.4, 0.6]),
        written([0.5], [0], [0.6, 0.5]),
        written([0.3, 0.8, 0.6, 0.1], [1, 1, 1, 1], [0.7, 0.2]),
        written([0.3, 0.8, 0.6, 0.1], [0, 0, 0, 0], [0.2, 0.7, 0.3]),
        written([0.0, 0.0, 1.0, 1.0, -1.0], [1, 0, 1, 0, 0], [0.0, 1.0]),
        written([-30.0, 150.0, 25.0, -2.0, 3.0, 25.0], [0, 1, 0, 1, 1, 1], [25.0, 151.0, -40.0]),
        written([1e-4, 2e-4, 3e-4, 2e-4], [0, 1, 1, 0], [2e-4, 1.5e-4]),
        written([0.501, 0.502, 0.503, 0.504, 0.505], [1, 0, 1, 0, 1], [0.503, 0.5045]),
        case(20, 6, 10),
        case(31, 4, 20),
        case(9, 12, 30, 0.01),
        case(50, 7, 40, 30.0),
    ]


def kept(say: Callable[[Case, Tensor, Tensor], bool], case: Case, output: Pair) -> bool:
    """Say whether both shares keep a rule, if there are as many as thresholds."""
    found = [torch.as_tensor(x).float() for x in output]
    fits = len(found) == 2 and all(x.shape == case["thresholds"].shape for x in found)
    return not fits or say(case, *found)


def alike(a: Tensor, b: Tensor) -> bool:
    """Say whether two rows hold the same numbers; NaN is NaN."""
    return torch.allclose(a.float(), b.float(), atol=1e-4, equal_nan=True)


def nothing_is_nan(case: Case, first: Tensor, second: Tensor) -> bool:
    """Say whether a share is NaN exactly where there is no question of its kind."""
    kinds = case["answerable"]
    none = bool(kinds.all()), not bool(kinds.any())
    return all(
        bool(x.isnan().all() if empty else not x.isnan().any())
        for x, empty in zip((first, second), none, strict=True)
    )


def all_or_nothing(case: Case, first: Tensor, second: Tensor) -> bool:
    """Say whether who refuses everything makes the second error only, and who nothing, the first.

    A threshold above every score refuses everything, one below every score nothing.
    """
    lines, scores = case["thresholds"], case["scores"]
    high, low = lines > scores.max(), lines < scores.min()
    pairs = ((first[high], 0.0), (first[low], 1.0), (second[high], 1.0), (second[low], 0.0))
    return all(bool(((x - y).abs() < 1e-4).logical_or(x.isnan()).all()) for x, y in pairs)


def first_is_right(case: Case, first: Tensor, second: Tensor) -> bool:
    """Say whether the first share is right."""
    return alike(first, both_errors(*case.values())[0])


def second_is_right(case: Case, first: Tensor, second: Tensor) -> bool:
    """Say whether the second share is right."""
    return alike(second, both_errors(*case.values())[1])


BOTH_ERRORS = Implement(
    id="advisor.both_errors",
    title="Two ways to be wrong about “I do not know”",
    difficulty=2,
    minutes=15,
    hints=(
        "Sort the questions into four heaps: answerable or not, answered or refused. Which two "
        "heaps are errors, and out of which questions could each of them come?",
        "At a threshold t: answered = scores ≥ t. First: answered and not answerable / all that "
        "are not answerable. Second: refused and answerable / all that are answerable.",
        "`scores >= thresholds[:, None]`: (threshold, question). Each sum over questions: "
        "(threshold). 0 / 0 of two tensors is NaN by itself.",
        "answered = scores >= thresholds[:, None]\n"
        "first = (answered & ...).sum(1) / (...).sum()\n"
        "second = (~answered & ...).sum(1) / ...\nreturn first, second",
    ),
    reference=both_errors,
    cases=both_errors_cases,
    mistakes=(
        Mistake(
            "strict",
            "A score that equals the threshold is refused in yours. It is answered: ≥.",
            "ties",
        ),
        Mistake(
            "ties_twice",
            "A score that equals the threshold is answered *and* refused in yours. It is answered.",
            "ties over",
        ),
        Mistake(
            "ties_nowhere",
            "A score that equals the threshold is neither answered nor refused in yours. It is "
            "answered.",
            "ties over",
        ),
        Mistake(
            "below",
            "Yours answers what scores *at most* the threshold; or it counts what goes right, and "
            "refuses what equals the threshold. The higher a score, the surer, and ≥ is answered.",
            "ties over end",
        ),
        Mistake(
            "below_strict",
            "Those are the shares of what goes *right*: rightly refused, rightly answered. Or does "
            "yours answer what scores *below* the threshold? The errors are asked for.",
            "ties over end",
        ),
        Mistake(
            "first_threshold",
            "Only the first threshold counts in yours. There is a pair of shares for each.",
            "ties over order",
        ),
        Mistake(
            "last_threshold",
            "Only the last threshold counts in yours. There is a pair of shares for each.",
            "over ties order end",
        ),
        Mistake(
            "mean_score",
            "You take the mean of the scores first. Each question is answered or refused by "
            "itself.",
            "ties over order end",
        ),
        Mistake(
            "over_all",
            "You divide both by *all* questions. Who may refuse too much, and who answer too much? "
            "Each error has its own kind of question.",
            "over",
        ),
        Mistake(
            "over_decided",
            "You divide by how many were answered, and refused. Divide by how many *could* go "
            "wrong in this way: all unanswerable ones, all answerable ones.",
            "over",
        ),
        Mistake(
            "over_decided_or_0",
            "You divide by how many were answered, and refused, and take 0 if none was. Divide by "
            "how many *could* go wrong in this way: all unanswerable, all answerable ones.",
            "over",
        ),
        Mistake(
            "over_other",
            "The two divisors have changed places. Out of which questions does each error come?",
            "over",
        ),
        Mistake(
            "first_over_other",
            "You divide both by how many are answerable. Out of which questions does the first "
            "come?",
            "over ties order end",
        ),
        Mistake(
            "second_over_other",
            "You divide both by how many are *not* answerable. Out of which questions does the "
            "second come?",
            "over ties order end",
        ),
        Mistake(
            "all_over_kind",
            "You count *all* that are answered, and all that are refused. Which of them are wrong?",
            "over ties order end",
        ),
        Mistake(
            "second_rest",
            "Your second share is 1 − the first. Each error has a kind of question of its own: the "
            "two do not add up to 1.",
            "over ties order end",
        ),
        Mistake(
            "empty_for_nan",
            "If there is no question of a kind, its share is missing in yours. There is a NaN for "
            "each threshold.",
            "over ties order end",
        ),
        Mistake(
            "first_over_all",
            "You divide the first by *all* questions. Out of which could it come?",
            "over",
        ),
        Mistake(
            "second_over_all",
            "You divide the second by *all* questions. Out of which could it come?",
            "over",
        ),
        Mistake(
            "first_over_given",
            "You divide the first by how many were answered. Out of which questions could it come?",
            "over",
        ),
        Mistake(
            "second_over_refused",
            "You divide the second by how many were refused. Out of which questions could it come?",
            "over",
        ),
        Mistake("counts", "Those are counts. Which shares?", "over"),
        Mistake(
            "zero_for_nan",
            "If there is no question of a kind, you return 0, as if nothing went wrong. It could "
            "not: NaN.",
            "over",
        ),
        Mistake(
            "one_for_nan",
            "If there is no question of a kind, you return 1. There is no such share: NaN.",
            "over",
        ),
        Mistake(
            "nan_both",
            "If one kind of question is missing, *both* shares are NaN in yours. The other one is "
            "there.",
            "over ties order end",
        ),
        Mistake(
            "all_wrong_for_nan",
            "If there is no question of a kind, you return 1 for the first and 0 for the second. "
            "Neither is there: NaN.",
            "over ties order end",
        ),
        Mistake(
            "first_zero_for_nan",
            "If nothing is unanswerable, you return 0 for the first. It could not go wrong: NaN.",
            "over ties order end",
        ),
        Mistake(
            "second_zero_for_nan",
            "If nothing is answerable, you return 0 for the second. It could not go wrong: NaN.",
            "over ties order end",
        ),
        Mistake(
            "all_given",
            "The first is the share of *all* questions that is answered. Only the unanswerable "
            "ones count.",
            "over",
        ),
        Mistake(
            "all_refused",
            "The second is the share of *all* questions that is refused. Only the answerable ones "
            "count.",
            "over",
        ),
        Mistake(
            "kind_turned",
            "Answerable and unanswerable have changed places in yours.",
            "over end",
        ),
        Mistake(
            "one_sum",
            "Both of yours are the share of all questions that went wrong either way. Keep the two "
            "errors apart.",
            "over end",
        ),
        Mistake(
            "exchanged",
            "The two are exchanged. First comes what is answered though it should not be.",
            "end",
        ),
        Mistake(
            "first_turned",
            "The first is the share that is rightly *refused*. How many are answered?",
            "end over",
        ),
        Mistake(
            "second_turned",
            "The second is the share that is rightly *answered*. How many are refused?",
            "end over",
        ),
        Mistake("percent", "Those are per cent. Shares from 0 to 1 are asked for.", "end over"),
        Mistake("rounded", "You round. Return the shares as they are.", "end over"),
        Mistake(
            "sorted",
            "You sort the thresholds. The result keeps the order in which they are given.",
            "order",
        ),
        Mistake(
            "backwards",
            "You sort the thresholds, the highest first. The result keeps the order in which they "
            "are given.",
            "order",
        ),
        Mistake(
            "of_errors",
            "You divide by all errors: which share of them is of this kind? Out of which "
            "*questions* does each error come?",
            "over",
        ),
    ),
    properties=(
        Property(
            "A share is NaN where there is no question of its kind, and nowhere else.",
            partial(kept, nothing_is_nan),
        ),
        Property(
            "A threshold above every score refuses all: the first error is 0 and the second 1. One "
            "below every score answers all: 1 and 0. In yours somewhere it is not so.",
            partial(kept, all_or_nothing),
        ),
        Property(
            "The first is off: of the questions that are *not* answerable, which share has a "
            "score ≥ the threshold?",
            partial(kept, first_is_right),
        ),
        Property(
            "The second is off: of the questions that are answerable, which share has a score < "
            "the threshold?",
            partial(kept, second_is_right),
        ),
    ),
)
