"""F1 of classes, averaged in two ways. Traps: absent classes, no answer, F1 of means, accuracy.

Opitz and Burst, "Macro F1 and Macro F1", 2019, arXiv 1911.03347, is about the two macro F1.
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
from mmtutor.checks.gpt.shared import either

Pair = tuple[float, float]


def f1(truth: Tensor, said: Tensor, classes: int, wrong: Wrong = RIGHT) -> Pair:
    """Reference: macro and micro F1; −1 among what was said is no answer."""
    true, given, classes = prepared(truth, said, classes, wrong)
    hits, asked, answered = counts(true, given, classes, wrong)
    macro = averaged(hits, asked, answered, truth, given, wrong)
    micro = pooled(hits, asked, answered, truth, said, wrong)
    ends: dict[str, Callable[[], tuple[Tensor, Tensor]]] = {
        "exchanged": lambda: (micro, macro),
        "micro_is_macro": lambda: (macro, macro),
        "macro_is_micro": lambda: (micro, micro),
        "mean_of_both": lambda: ((macro + micro) / 2, micro),
    }
    both = either(ends, wrong, lambda: (macro, micro))
    return float(both[0]), float(both[1])


def prepared(truth: Tensor, said: Tensor, classes: int, wrong: Wrong) -> tuple[Tensor, Tensor, int]:
    """Return what is counted: truth, answers and how many classes there are."""
    kept = said >= 0
    ways: dict[str, Callable[[], tuple[Tensor, Tensor, int]]] = {
        "silence_left_out": lambda: (truth[kept], said[kept], classes),
        "silence_left_out_nan": lambda: (truth[kept], said[kept], classes),
        "silence_is_last": lambda: (truth, said % classes, classes),
        "silence_is_first": lambda: (truth, said.clamp(min=0), classes),
        "silence_is_right": lambda: (truth, said.where(kept, truth), classes),
        "silence_is_a_class": lambda: (truth, said % (classes + 1), classes + 1),
        "last_class_missing": lambda: (truth, said, classes - 1),
        "first_class_missing": lambda: (truth - 1, said.where(said != 0, -1) - 1, classes - 1),
        "background": lambda: (truth - 1, said.where(said != 0, -1) - 1, classes - 1),
        "one_class_more": lambda: (truth, said, classes + 1),
        "numbered_from_one": lambda: (truth - 1, said.where(said != 0, -1) - 1, classes),
        "last_class_missing_or_0": lambda: (truth, said, classes - 1),
        "largest_of_truth": lambda: (truth, said, int(truth.max()) + 1),
    }
    return either(ways, wrong, lambda: (truth, said, classes))


def counts(true: Tensor, given: Tensor, classes: int, wrong: Wrong) -> tuple[Tensor, ...]:
    """Return for each class how often it was hit, how often it was right, how often it was said."""
    number = torch.arange(classes)[:, None]
    is_true, is_said = true == number, given == number
    if "answered_for_said" in wrong:
        return (
            (is_true & is_said).sum(1).double(),
            is_true.sum(1).double(),
            (is_true & (given >= 0)).sum(1).double(),
        )
    hits = (is_true & is_said).sum(1).double()
    ways: dict[str, Callable[[], Tensor]] = {
        "plus_one": lambda: hits + 1,
        "hits_all": lambda: hits.sum().expand(classes).clone(),
    }
    return either(ways, wrong, lambda: hits), is_true.sum(1).double(), is_said.sum(1).double()


def share(a: Tensor, b: Tensor) -> Tensor:
    """Return a / b, 0 where that is 0 / 0."""
    return a / b.clamp(min=1)


def each_f1(hits: Tensor, asked: Tensor, answered: Tensor, wrong: Wrong) -> Tensor:
    """Return F1 of each class, or what people take for it."""
    precision, recall = share(hits, answered), share(hits, asked)
    ways: dict[str, Callable[[], Tensor]] = {
        "precisions": lambda: precision,
        "precision_twice": lambda: precision,
        "geometric_twice": lambda: (precision * recall).sqrt(),
        "one_below_twice": lambda: 2 * hits / (asked + answered + 1),
        "recalls": lambda: recall,
        "arithmetic": lambda: (precision + recall) / 2,
        "geometric": lambda: (precision * recall).sqrt(),
        "no_two": lambda: share(hits, asked + answered),
        "jaccard": lambda: share(hits, asked + answered - hits),
        "smaller": lambda: torch.minimum(precision, recall),
        "larger": lambda: torch.maximum(precision, recall),
        "no_false_alarms": lambda: share(2 * hits, hits + asked),
        "no_misses": lambda: share(2 * hits, hits + answered),
        "one_below": lambda: 2 * hits / (asked + answered + 1),
        "f2": lambda: share(5 * hits, 4 * asked + answered),
        "nan_each": lambda: 2 * hits / (asked + answered),
        "absent_is_one": lambda: (2 * hits / (asked + answered)).nan_to_num(1.0),
    }
    return either(ways, wrong, lambda: share(2 * hits, asked + answered))


def averaged(
    hits: Tensor, asked: Tensor, answered: Tensor, truth: Tensor, given: Tensor, wrong: Wrong
) -> Tensor:
    """Return the mean over classes, or another."""
    each = each_f1(hits, asked, answered, wrong)
    precision, recall = share(hits, answered), share(hits, asked)
    seen = asked + answered > 0
    ways: dict[str, Callable[[], Tensor]] = {
        "f1_of_means": lambda: harmonic(precision.mean(), recall.mean()),
        "f1_of_means_of_seen": lambda: harmonic(precision[seen].mean(), recall[seen].mean()),
        "weighted": lambda: (each * asked).sum() / asked.sum(),
        "weighted_by_said": lambda: (each * answered).sum() / answered.sum().clamp(min=1),
        "absent_skipped": lambda: each[seen].mean(),
        "only_in_truth": lambda: each[asked > 0].mean(),
        "only_in_said": lambda: each[answered > 0].sum() / (answered > 0).sum().clamp(min=1),
        "zeros_skipped": lambda: each[each > 0].sum() / (each > 0).sum().clamp(min=1),
        "summed": lambda: each.sum(),
        "median": lambda: each.median(),
        "best": lambda: each.max(),
        "worst": lambda: each.min(),
        "by_answers": lambda: each.sum() / len(truth),
        "harmonic_of_classes": lambda: (
            len(each) / (1 / each).sum() if (each > 0).all() else torch.zeros(())
        ),
        "agreement": lambda: (1 - (asked + answered - 2 * hits) / len(truth)).mean(),
        "background": lambda: each.sum() / max(len(each), 1),
        "last_class_missing_or_0": lambda: each.sum() / max(len(each), 1),
        "of_class_1": lambda: each[1:2].sum(),
        "first_class": lambda: each[0],
        "last_class": lambda: each[-1],
    }
    return either(ways, wrong, lambda: each.mean()).float()


def harmonic(precision: Tensor, recall: Tensor) -> Tensor:
    """Return the harmonic mean of two shares, 0 of two zeros."""
    return 2 * precision * recall / (precision + recall).clamp(min=1e-12)


def pooled(
    hits: Tensor, asked: Tensor, answered: Tensor, truth: Tensor, said: Tensor, wrong: Wrong
) -> Tensor:
    """Return F1 of the summed counts, or another."""
    all_hits, all_asked, all_said = hits.sum(), asked.sum(), answered.sum()
    if "silence_left_out_nan" in wrong:
        return 2 * all_hits / (all_asked + all_said)
    ways: dict[str, Callable[[], Tensor]] = {
        "accuracy": lambda: (truth == said).double().mean(),
        "accuracy_of_answered": lambda: all_hits / all_said,
        "accuracy_of_answered_or_0": lambda: share(all_hits, all_said),
        "precision_twice": lambda: share(all_hits, all_said),
        "geometric_twice": lambda: share(all_hits, (all_said * all_asked).sqrt()),
        "one_below_twice": lambda: 2 * all_hits / (all_asked + all_said + 1),
        "of_class_1": lambda: share(2 * hits, asked + answered)[1:2].sum(),
        "micro_arithmetic": lambda: (share(all_hits, all_said) + share(all_hits, all_asked)) / 2,
        "micro_jaccard": lambda: share(all_hits, all_asked + all_said - all_hits),
        "micro_no_two": lambda: share(all_hits, all_asked + all_said),
        "no_false_alarms": lambda: share(2 * all_hits, all_hits + all_asked),
        "no_misses": lambda: share(2 * all_hits, all_hits + all_said),
        "micro_weighted_by_said": lambda: (
            (share(2 * hits, asked + answered) * answered).sum() / answered.sum().clamp(min=1)
        ),
        "micro_by_class": lambda: share(2 * all_hits, all_asked + all_said) / len(hits),
        "micro_weighted": lambda: (
            (share(2 * hits, asked + answered) * asked).sum() / asked.sum().clamp(min=1)
        ),
    }
    return either(ways, wrong, lambda: share(2 * all_hits, all_asked + all_said)).float()


def case(count: int, classes: int, seed: int, silent: float = 0.8, known: float = 0.3) -> Case:
    """Some answers are right, some are missing; small classes are seldom."""
    drawn = random_tensor(4, count, seed=seed)
    truth = (drawn[0].abs() * classes / 2.5).long().clamp(max=classes - 1)
    other = (drawn[1].abs() * classes / 2).long().clamp(max=classes - 1)
    said = other.where(drawn[2] > known, truth)
    return Case(truth=truth, said=said.masked_fill(drawn[3] > silent, -1), classes=classes)


def written(truth: list[int], said: list[int], classes: int) -> Case:
    """Return answers as they are written."""
    return Case(truth=torch.tensor(truth), said=torch.tensor(said), classes=classes)


def f1_cases() -> list[Case]:
    return [
        written([0, 0, 0, 1], [0, 0, 1, -1], 3),
        written([0, 0, 1, 1, 2], [0, 1, 1, 1, 0], 4),
        written([0, 0, 1, 1, 2, 2, 2], [0, 1, 1, 1, 0, 2, 1], 3),
        written([2, 2, 2, 2, 2, 0], [2, 2, -1, -1, 2, 1], 3),
        written([1, 1, 1], [-1, -1, -1], 2),
        written([0], [0], 1),
        written([0, 0], [-1, 0], 1),
        written([3, 3, 1], [0, 2, 4], 5),
        written([120, 7, 120, 119], [120, 120, 7, -1], 130),
        written([1, 2, 1, 2], [1, 2, 1, 2], 4),
        case(12, 5, 10),
        case(30, 4, 20),
        case(40, 7, 30, 1.5, 0.8),
        case(25, 3, 40, 0.2),
        case(60, 9, 50, 3.0),
        case(50, 2, 60, 1.0, -0.5),
    ]


def between(case: Case, output: Pair) -> bool:
    """Say whether both lie between 0 and 1, as far as they are numbers."""
    return not any(float(one) < -1e-6 or float(one) > 1 + 1e-6 for one in output)


def is_near(place: int, when: Callable[[Case], bool], case: Case, output: Pair) -> bool:
    """Say whether one of the two is right in those cases."""
    wanted = f1(*case.values())[place]
    return not when(case) or abs(float(output[place]) - float(wanted)) < 1e-4


def all_there(case: Case) -> bool:
    """Say whether every class is right somewhere, and every question answered."""
    return len(case["truth"].unique()) == case["classes"] and bool((case["said"] >= 0).all())


def silent(case: Case) -> bool:
    """Say whether an answer is missing, and every class is right somewhere."""
    return len(case["truth"].unique()) == case["classes"] and bool((case["said"] < 0).any())


def absent(case: Case) -> bool:
    """Say whether some class is nowhere right."""
    return len(case["truth"].unique()) < case["classes"]


def every(case: Case) -> bool:
    """Choose every case."""
    return True


F1 = Implement(
    id="evaluation.f1",
    title="Two F1, and what they hide",
    difficulty=2,
    minutes=15,
    hints=(
        "Take one class after the other: which answers are hits, which questions have it as the "
        "right answer, and how often was it said? The missing answers are in only one of these.",
        "F1 = 2 · hits / (right + said). Macro: the mean of the classes' F1. Micro: the same "
        "formula with the sums over all classes.",
        "numbers: (classes, 1), truth == numbers and said == numbers: (classes, n). Summed over n "
        "they are counts (classes,). −1 is no class, so it is never counted as said.",
        "numbers = torch.arange(classes)[:, None]\n"
        "true, given = truth == numbers, said == numbers\n"
        "hits = (true & given).sum(1)\nboth = true.sum(1) + given.sum(1)\n"
        "return (2 * hits / both.clamp(min=1)).mean(), ...",
    ),
    reference=f1,
    cases=f1_cases,
    mistakes=(
        Mistake(
            "silence_left_out",
            "You leave out the questions without an answer. Who says nothing has missed the right "
            "class: it counts among those that were to be found.",
            "data micro",
        ),
        Mistake(
            "silence_left_out_nan",
            "You leave out the questions without an answer, and where none is left micro is 0/0. "
            "Who says nothing has missed the right class: it counts among those that were to be "
            "found.",
            "data micro ends",
        ),
        Mistake(
            "silence_is_last",
            "−1 became the *last* class: as a place, −1 counts from the end. It is no answer.",
            "data micro",
        ),
        Mistake(
            "silence_is_first",
            "No answer counts as class 0 in yours. It says no class at all.",
            "data micro",
        ),
        Mistake("silence_is_right", "No answer counts as a right one in yours.", "data micro"),
        Mistake(
            "silence_is_a_class",
            "No answer has become a class of its own, with an F1 of its own. It is none.",
            "data mean micro ends",
        ),
        Mistake(
            "last_class_missing",
            "The last class is missing in yours. They are 0 to `classes` − 1.",
            "each mean data micro ends",
        ),
        Mistake(
            "first_class_missing",
            "Class 0 is missing in yours. It is a class like all others.",
            "each mean data micro ends",
        ),
        Mistake(
            "one_class_more",
            "You count one class more than there are. They are 0 to `classes` − 1.",
            "data mean micro ends",
        ),
        Mistake(
            "largest_of_truth",
            "You read the number of classes off `truth`. The last ones may be nowhere right.",
            "data mean ends",
        ),
        Mistake("plus_one", "You add 1 to the hits.", "each mean data micro ends"),
        Mistake(
            "hits_all",
            "The hits of all classes together stand with each class. Each class has its own.",
            "each mean data micro ends",
        ),
        Mistake("precisions", "Macro is a mean of *precisions* in yours. F1?", "each mean data"),
        Mistake("recalls", "Macro is a mean of *recalls* in yours. F1?", "each mean"),
        Mistake(
            "arithmetic",
            "For macro you take the plain mean of precision and recall of each class. F1 is the "
            "harmonic one.",
            "each mean",
        ),
        Mistake(
            "geometric",
            "For macro you take the root of precision times recall. F1 is the harmonic mean.",
            "each mean",
        ),
        Mistake(
            "no_two",
            "In macro the factor 2 is missing: F1 = 2 · hits / (right + said).",
            "each mean",
        ),
        Mistake(
            "jaccard",
            "Macro is hits by the *union* of right and said in yours. F1 = 2 · hits / (right + "
            "said).",
            "each mean",
        ),
        Mistake(
            "smaller",
            "You take the smaller one of precision and recall. F1 lies between both.",
            "each mean",
        ),
        Mistake(
            "larger",
            "You take the larger one of precision and recall. F1 lies between both.",
            "each mean",
        ),
        Mistake(
            "f2",
            "That is F2, in which recall weighs more. In F1 both weigh the same.",
            "each mean",
        ),
        Mistake(
            "nan_each",
            "A class that is nowhere right and nowhere said is 0/0 in yours. Its F1 is 0 here.",
            "each mean",
        ),
        Mistake(
            "absent_is_one",
            "A class that is nowhere right and nowhere said has F1 1 in yours. It is 0 here.",
            "each mean",
        ),
        Mistake(
            "f1_of_means",
            "You average precision and recall over the classes first and take F1 of the two means. "
            "An F1 for each class comes first, then the mean.",
            "mean each",
        ),
        Mistake(
            "f1_of_means_of_seen",
            "You take F1 of the mean precision and the mean recall, and leave out classes that "
            "never come. An F1 for each class comes first, then the mean over all of them.",
            "mean each",
        ),
        Mistake(
            "weighted",
            "You weigh each class by how often it is right: that is weighted F1, in which frequent "
            "classes rule. In macro F1 each counts the same.",
            "mean",
        ),
        Mistake(
            "weighted_by_said",
            "You weigh each class by how often it was *said*. In macro F1 each counts the same.",
            "mean",
        ),
        Mistake(
            "absent_skipped",
            "You leave out classes that are nowhere right and nowhere said. They count as 0 here: "
            "the mean is over all `classes`.",
            "mean",
        ),
        Mistake(
            "only_in_truth",
            "You average over the classes in `truth` only. One that is said and never right costs, "
            "too: the mean is over all `classes`.",
            "mean",
        ),
        Mistake(
            "only_in_said",
            "You average over the classes that were said. One that was never said has F1 0, and "
            "counts.",
            "mean",
        ),
        Mistake("zeros_skipped", "You leave out the classes with F1 0. They count.", "mean"),
        Mistake("summed", "Macro is the *sum* of the classes' F1. The mean?", "mean"),
        Mistake("median", "Macro is the median of the classes' F1. The mean?", "mean"),
        Mistake("best", "Macro is the F1 of the best class. The mean of all?", "mean"),
        Mistake("worst", "Macro is the F1 of the worst class. The mean of all?", "mean"),
        Mistake(
            "by_answers",
            "Macro is divided by how many questions there are. Over what is the mean?",
            "mean",
        ),
        Mistake("first_class", "Macro is the F1 of class 0. The mean of all?", "mean"),
        Mistake("last_class", "Macro is the F1 of the last class. The mean of all?", "mean"),
        Mistake(
            "accuracy",
            "Micro is the accuracy in yours. They are the same only if every question is answered: "
            "who says nothing says nothing wrong.",
            "micro",
        ),
        Mistake(
            "accuracy_of_answered",
            "Micro is the share of right ones among the *answers*. The questions without an answer "
            "count among those that were to be found.",
            "micro ends",
        ),
        Mistake(
            "micro_arithmetic",
            "Micro is the plain mean of the pooled precision and recall. F1 is the harmonic one.",
            "micro",
        ),
        Mistake(
            "micro_jaccard",
            "Micro is hits by the *union* of right and said. F1 = 2 · hits / (right + said).",
            "micro",
        ),
        Mistake("micro_no_two", "In micro the factor 2 is missing.", "micro"),
        Mistake(
            "micro_by_class",
            "Micro is divided by the number of classes. The counts are summed, and that is all.",
            "each mean data micro ends",
        ),
        Mistake(
            "micro_weighted",
            "For micro you weigh the classes' F1 by how often each is right. Sum the counts of all "
            "classes first, then take one F1.",
            "micro mean ends",
        ),
        Mistake(
            "exchanged",
            "The two come back in the other order: macro first, then micro.",
            "ends micro mean each data",
        ),
        Mistake(
            "micro_is_macro",
            "Both are macro F1. For micro, sum the counts over the classes first.",
            "ends micro",
        ),
        Mistake(
            "macro_is_micro",
            "Both are micro F1. For macro, each class has its F1 first.",
            "ends mean each",
        ),
        Mistake(
            "mean_of_both",
            "Your first number is the mean of macro and micro.",
            "ends micro mean each data",
        ),
        Mistake(
            "accuracy_of_answered_or_0",
            "Micro divides by what was *said*: that is its precision, and silence costs "
            "nothing. A question without an answer counts among those that were to be found.",
            "each mean data micro ends",
        ),
        Mistake(
            "one_below",
            "You add 1 to right + said, against 0/0: so every F1 becomes smaller. Only a "
            "class that is nowhere right and nowhere said needs a rule.",
            "each mean data micro ends",
        ),
        Mistake(
            "agreement",
            "For macro you count the questions on which a class is neither right nor said as "
            "hits. They say nothing about the class.",
            "each mean data micro ends",
        ),
        Mistake(
            "background",
            "Class 0 is left out in yours, and where it is the only one both are 0. It is a "
            "class like any other.",
            "each mean data micro ends",
        ),
        Mistake(
            "no_false_alarms",
            "Below the line you leave out what was said and is not right. Who says a class "
            "everywhere must pay for it.",
            "each mean data micro ends",
        ),
        Mistake(
            "no_misses",
            "Below the line you leave out what was right and not said. Who misses a class "
            "must pay for it.",
            "each mean data micro ends",
        ),
        Mistake(
            "micro_weighted_by_said",
            "Micro is a mean of the classes' F1, weighted by how often each was said. Sum the "
            "counts first, then one F1.",
            "each mean data micro ends",
        ),
        Mistake(
            "harmonic_of_classes",
            "You take the harmonic mean over the classes. Macro is their plain mean.",
            "each mean data micro ends",
        ),
        Mistake(
            "precision_twice",
            "Both are *precisions*: hits by what was said. F1 asks as well how many of the right "
            "ones were found.",
            "each mean data micro ends",
        ),
        Mistake(
            "geometric_twice",
            "You take the root of precision times recall, in both. F1 is the harmonic mean.",
            "each mean data micro ends",
        ),
        Mistake(
            "one_below_twice",
            "You add 1 below the line, against 0/0: so every F1 becomes smaller, macro and micro. "
            "Only a class that is nowhere right and nowhere said needs a rule.",
            "each mean data micro ends",
        ),
        Mistake(
            "numbered_from_one",
            "You count the classes from 1 to `classes`. They are 0 to `classes` − 1.",
            "each mean data micro ends",
        ),
        Mistake(
            "last_class_missing_or_0",
            "The last class is missing in yours, and where it is the only one both are 0. The "
            "classes are 0 to `classes` − 1: `range(classes)`.",
            "each mean data micro ends",
        ),
        Mistake(
            "of_class_1",
            "You return F1 of class 1 alone. Macro and micro are about all `classes`.",
            "each mean data micro ends",
        ),
        Mistake(
            "answered_for_said",
            "For “said” you count the questions of a class that were *answered*, with whatever. "
            "On which was this class itself said?",
            "each mean data micro ends",
        ),
    ),
    properties=(
        Property("Both lie between 0 and 1.", between),
        Property(
            "Every class is right somewhere and every question is answered, and still macro F1 is "
            "off: F1 of each class, then their mean.",
            partial(is_near, 0, all_there),
        ),
        Property(
            "Micro F1 is off though every question is answered: sum hits, right ones and said ones "
            "over the classes, then one F1.",
            partial(is_near, 1, all_there),
        ),
        Property(
            "Macro F1 is off where answers are missing (−1): such a question was asked for its "
            "class, and nothing was said.",
            partial(is_near, 0, silent),
        ),
        Property(
            "Macro F1 is off where a class is nowhere right: its F1 is 0, and it counts.",
            partial(is_near, 0, absent),
        ),
        Property(
            "Micro F1 is off somewhere. It is 2 · hits / (right + said) with the sums over all "
            "classes, and −1 is nothing that was said.",
            partial(is_near, 1, every),
        ),
    ),
)
