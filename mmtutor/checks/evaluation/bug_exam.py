"""Mend a report that looks at the test set and counts silence twice.

The majority answer is read off the questions of the examination, which no model could know. And
questions without an answer are left out of what is right, and counted among what is wrong.
"""

from collections import Counter
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    FindTheBug,
    Mistake,
    Property,
    Wrong,
    random_tensor,
)
from mmtutor.checks.gpt.shared import either

Report = tuple[float, float, float, float]
Four = tuple[Tensor, Tensor, Tensor, Tensor]


def report(train: Tensor, answers: Tensor, said: Tensor, wrong: Wrong = RIGHT) -> Report:
    """Reference: shares of right, wrong and missing answers, and the majority baseline."""
    given = said > 0 if "zero_is_silent" in wrong else said >= 0
    good = right_share(answers, said, given, wrong)
    bad = wrong_share(answers, said, given, wrong)
    silent, base = silence(given, wrong), baseline(train, answers, said, wrong)
    share = given.double().mean().clamp(min=1 / len(given))
    ends: dict[str, Callable[[], Four]] = {
        "right_and_wrong": lambda: (bad, good, silent, base),
        "silence_second": lambda: (good, silent, bad, base),
        "baseline_first": lambda: (base, good, bad, silent),
        "silence_first": lambda: (silent, bad, good, base),
        "scaled_to_1": lambda: scaled(answers, said, given, base),
        "silence_in_wrong": lambda: (good, 1 - good, torch.zeros(()), base),
        "all_by_answered": lambda: (good / share, bad / share, silent / share, base),
        "rest_of_right": lambda: (good / share, 1 - good / share, silent, base),
        "right_filled": lambda: (filled(train, answers, said)[0], bad, silent, base),
        "only_answered": lambda: only_answered(train, answers, said, silent),
        "silence_shared": lambda: (good + silent / 2, bad + silent / 2, silent, base),
        "filled_up": lambda: (*filled(train, answers, said), silent, base),
    }
    found = either(ends, wrong, lambda: (good, bad, silent, base))
    return float(found[0]), float(found[1]), float(found[2]), float(found[3])


def scaled(answers: Tensor, said: Tensor, given: Tensor, base: Tensor) -> Four:
    """Return the first three as they were, divided by their sum."""
    good = ((said == answers) & given).sum() / given.sum().clamp(min=1)
    three = good, (said != answers).double().mean(), (~given).double().mean()
    total = torch.stack([share.double() for share in three]).sum()
    return three[0] / total, three[1] / total, three[2] / total, base


def only_answered(train: Tensor, answers: Tensor, said: Tensor, silent: Tensor) -> Four:
    """Return the report of the answered questions alone, 0 where there is none."""
    given = said >= 0
    same, usual, many = said == answers, answers == most(train), given.sum().clamp(min=1)
    return (
        (same & given).sum() / many,
        (~same & given).sum() / many,
        silent,
        (usual & given).sum() / many,
    )


def filled(train: Tensor, answers: Tensor, said: Tensor) -> tuple[Tensor, Tensor]:
    """Return what is right and wrong if the majority answer is given instead of none."""
    full = said.where(said >= 0, most(train))
    return (full == answers).double().mean(), (full != answers).double().mean()


def right_share(answers: Tensor, said: Tensor, given: Tensor, wrong: Wrong) -> Tensor:
    """Return the share of right answers among all questions, or another."""
    hit = (said == answers) & given
    ways: dict[str, Callable[[], Tensor]] = {
        "right_of_answered": lambda: hit[given].double().mean(),
        "right_of_answered_or_0": lambda: hit.sum() / given.sum().clamp(min=1),
        "silent_is_right": lambda: (hit | ~given).double().mean(),
        "right_count": lambda: hit.sum(),
        "right_of_all_and_silent": lambda: hit.sum() / (len(said) + (~given).sum()),
    }
    return either(ways, wrong, lambda: hit.double().mean())


def wrong_share(answers: Tensor, said: Tensor, given: Tensor, wrong: Wrong) -> Tensor:
    """Return the share of wrong answers among all questions, or another."""
    missed = (said != answers) & given
    ways: dict[str, Callable[[], Tensor]] = {
        "silent_is_wrong": lambda: (said != answers).double().mean(),
        "wrong_of_answered": lambda: missed[given].double().mean(),
        "wrong_of_answered_or_0": lambda: missed.sum() / given.sum().clamp(min=1),
        "silent_wrong_of_answered": lambda: (said != answers).sum() / given.sum().clamp(min=1),
        "wrong_count": lambda: missed.sum(),
    }
    return either(ways, wrong, lambda: missed.double().mean())


def silence(given: Tensor, wrong: Wrong) -> Tensor:
    """Return the share of questions without an answer, or another."""
    ways: dict[str, Callable[[], Tensor]] = {
        "answered_share": lambda: given.double().mean(),
        "silent_count": lambda: (~given).sum(),
        "silent_by_answered": lambda: (~given).sum() / given.sum().clamp(min=1),
    }
    return either(ways, wrong, lambda: (~given).double().mean())


def most(labels: Tensor) -> Tensor:
    """Return the most frequent label, of several the smallest."""
    return labels.bincount().argmax()


def first_most(labels: Tensor) -> int:
    """Return the most frequent label, of several the one that comes first."""
    return Counter(labels.tolist()).most_common(1)[0][0]


def same_place(train: Tensor, answers: Tensor) -> Tensor:
    """Return how often training and examination agree at the same place."""
    count = min(len(train), len(answers))
    return (train[:count] == answers[:count]).double().mean()


def baseline(train: Tensor, answers: Tensor, said: Tensor, wrong: Wrong) -> Tensor:
    """Return what always giving the most frequent answer of training would get right."""
    given = said >= 0
    counts = train.bincount(minlength=int(answers.max()) + 1).double()
    there = answers.bincount(minlength=len(counts)).double()
    majority, present = most(train), train.unique(return_counts=True)[1]
    ways: dict[str, Callable[[], Tensor]] = {
        "majority_of_test": lambda: (answers == most(answers)).double().mean(),
        "majority_of_both": lambda: (answers == most(torch.cat([train, answers]))).double().mean(),
        "majority_of_said": lambda: (
            (answers == most(said[given])).double().mean() if given.any() else torch.zeros(())
        ),
        "on_train": lambda: (train == majority).double().mean(),
        "test_on_train": lambda: (train == most(answers)).double().mean(),
        "both_on_train": lambda: (train == most(torch.cat([train, answers]))).double().mean(),
        "train_by_test": lambda: (train == majority).sum() / len(answers),
        "train_and_said": lambda: (
            (answers == most(torch.cat([train, said[given]]))).double().mean()
        ),
        "on_answered": lambda: (answers == majority)[given].double().mean(),
        "on_answered_or_0": lambda: (
            ((answers == majority) & given).sum() / given.sum().clamp(min=1)
        ),
        "without_silent": lambda: ((answers == majority) & given).double().mean(),
        "rarest": lambda: (answers == counts.where(counts > 0, torch.inf).argmin()).double().mean(),
        "largest_label": lambda: (answers == train.max()).double().mean(),
        "smallest_label": lambda: (answers == train.min()).double().mean(),
        "where_largest": lambda: (answers == train.argmax()).double().mean(),
        "rank_of_label": lambda: (answers == present.argmax()).double().mean(),
        "most_as_label": lambda: (answers == counts.max()).double().mean(),
        "rarest_or_absent": lambda: (answers == train.bincount().argmin()).double().mean(),
        "first_label": lambda: (answers == train[0]).double().mean(),
        "last_label": lambda: (answers == train[-1]).double().mean(),
        "median_label": lambda: (answers == train.median()).double().mean(),
        "mean_label": lambda: (answers == train.double().mean().round()).double().mean(),
        "tie_to_larger": lambda: (
            (answers == len(counts) - 1 - counts.flip(0).argmax()).double().mean()
        ),
        "tie_to_both": lambda: (counts == counts.max())[answers].double().mean(),
        "tie_by_test": lambda: (
            (answers == (counts + there / (len(answers) + 1)).argmax()).double().mean()
        ),
        "tie_to_first": lambda: (answers == first_most(train)).double().mean(),
        "chance": lambda: torch.tensor(1 / len(train.unique())),
        "chance_of_all": lambda: torch.tensor(1 / len(counts)),
        "chance_of_test": lambda: torch.tensor(1 / len(answers.unique())),
        "guess_by_share": lambda: (counts * there).sum() / (len(train) * len(answers)),
        "model_against_majority": lambda: (said == majority).double().mean(),
        "base_count": lambda: (answers == majority).sum(),
        "same_place": lambda: same_place(train, answers),
        "base_wrong": lambda: (answers != majority).double().mean(),
    }
    return either(ways, wrong, lambda: (answers == majority).double().mean())


def written(train: list[int], answers: list[int], said: list[int]) -> Case:
    """Return an examination as it is written."""
    return Case(train=torch.tensor(train), answers=torch.tensor(answers), said=torch.tensor(said))


def drawn(train: int, test: int, labels: int, seed: int, silent: float = 0.7) -> Case:
    """Labels whose frequencies differ in training and in the examination."""
    known = (random_tensor(train, seed=seed).abs() * labels / 2).long() % labels
    asked = (random_tensor(test, seed=seed + 1).abs() * labels / 2 + 1).long() % labels
    chance = random_tensor(3, test, seed=seed + 2)
    other = (chance[0].abs() * labels).long() % labels
    said = other.where(chance[1] > 0.2, asked).masked_fill(chance[2] > silent, -1)
    return Case(train=known, answers=asked, said=said)


def report_cases() -> list[Case]:
    return [
        written([2, 0, 2, 1], [1, 1, 1, 2, 0], [1, 1, 0, -1, -1]),
        written([1, 0, 0], [0, 1, 2, 2], [0, 1, 1, 2]),
        written([0, 1, 1, 0, 2], [0, 1, 1, 1, 0, 2, 2], [-1, 1, -1, 0, 0, 2, 1]),
        written([3, 3, 1, 1, 2], [1, 3, 3, 3, 2, 2], [1, -1, 3, 2, 2, 2]),
        written([1], [1, 0, 0], [-1, -1, -1]),
        written([4, 4, 4, 0, 0, 1], [0], [0]),
        written([0, 2, 2], [2], [-1]),
        written([1, 0, 0], [1], [0]),
        written([5, 5, 0], [0, 1, 2, 0, 0], [-1, 0, 2, 1, 0]),
        written([3, 1, 3, 2, 2, 1], [1, 3, 3, 2, 2, 2, 0, 1, 3], [1, 1, -1, 2, 0, 2, 0, 1, -1]),
        written([120, 7, 120, 119], [7, 7, 120, 7, 119, 3], [7, 120, -1, 7, 119, 200]),
        written([2, 1, 2], [2, 2, 1], [2, 2, 1]),
        written([0, 3, 3, 0, 0], [3, 3, 0, 3, 1], [-1, 3, 0, 0, -1]),
        written([2, 1, 2, 1], [1, 1, 2, 0], [1, -1, 2, 0]),
        drawn(20, 30, 4, 10),
        drawn(50, 12, 6, 20, 0.2),
        drawn(9, 60, 3, 30, 1.5),
        drawn(15, 25, 5, 40, -0.3),
        drawn(40, 17, 8, 50),
    ]


def sums_to_one(case: Case, output: Report) -> bool:
    """Say whether right, wrong and silent ones are all questions."""
    return len(output) != 4 or abs(sum(map(float, output[:3])) - 1) < 1e-4


def is_near(place: int, case: Case, output: Report) -> bool:
    """Say whether one of the four is right."""
    wanted = report(*case.values())[place]
    return len(output) != 4 or abs(float(output[place]) - float(wanted)) < 1e-4


EXAM_BUG = FindTheBug(
    id="evaluation.bug_exam",
    title="Find the bugs: a report that cannot be",
    difficulty=2,
    minutes=15,
    given=frozenset({"majority_of_test", "right_of_answered", "silent_is_wrong"}),
    hints=(
        "Add the first three numbers that it prints. Then ask of the last one: who could have "
        "known which answer is the most frequent *here*?",
        "Right, wrong and silent are each a share of *all* questions, and each question is in one "
        "of them. The majority answer is known before the examination: from training.",
        "All four are one number. `said == answers` is False where `said` is −1, and so `said != "
        "answers` is True there.",
        "majority = train.bincount()...\nanswered = said >= 0\n"
        "right = (said == answers)...\nwrong = ((said != answers) & ...)...\n"
        "silent = ...\nreturn right, wrong, silent, (answers == ...).float().mean()",
    ),
    reference=report,
    cases=report_cases,
    mistakes=(
        Mistake(
            "right_of_answered",
            "What is right is divided by the questions that were *answered*, and silence is left "
            "out of it. The other shares are of all questions.",
            "right",
        ),
        Mistake(
            "right_of_answered_or_0",
            "What is right is still divided by the questions that were *answered*. The other "
            "shares are of all questions.",
            "right",
        ),
        Mistake("silent_is_right", "Silence counts as right in yours.", "right"),
        Mistake("right_count", "The first number is a count. The share of all questions?", "right"),
        Mistake(
            "right_of_all_and_silent",
            "In the first number silent questions stand twice below the line.",
            "right wrong silent base order",
        ),
        Mistake(
            "silent_is_wrong",
            "Silence counts as *wrong*: −1 is not the right answer, either. But it has a share of "
            "its own.",
            "wrong",
        ),
        Mistake(
            "wrong_of_answered",
            "What is wrong is divided by the questions that were *answered*. By all of them?",
            "wrong",
        ),
        Mistake(
            "wrong_of_answered_or_0",
            "What is wrong is divided by the questions that were answered, and is 0 without any. "
            "By all of them?",
            "wrong",
        ),
        Mistake(
            "silent_wrong_of_answered",
            "Silence counts as wrong, and the sum is divided by what was answered.",
            "right wrong silent base order",
        ),
        Mistake("wrong_count", "The second number is a count. The share of all?", "wrong"),
        Mistake(
            "answered_share",
            "The third number is the share that *was* answered. Silence is asked for.",
            "silent",
        ),
        Mistake("silent_count", "The third number is a count. The share of all?", "silent"),
        Mistake(
            "silent_by_answered",
            "The third number is divided by the questions that were answered. By all of them?",
            "right wrong silent base order",
        ),
        Mistake(
            "zero_is_silent",
            "Answer number 0 counts as silence in yours. Only −1 is.",
            "right wrong silent base order",
        ),
        Mistake(
            "majority_of_test",
            "The majority answer is read off the *examination*. Nobody knows its answers before. "
            "From where could a model that never looks know what is frequent?",
            "base",
        ),
        Mistake(
            "majority_of_both",
            "The majority answer is read off training and examination together. Nobody knows the "
            "answers of the examination before.",
            "base",
        ),
        Mistake(
            "majority_of_said",
            "The majority answer is the one that the *model* gives most often. The baseline has no "
            "model.",
            "base",
        ),
        Mistake(
            "on_train",
            "The baseline is measured on the *training* questions. Choose there, measure here.",
            "base",
        ),
        Mistake(
            "on_answered",
            "The baseline answers only what the model answered. It answers all questions.",
            "base",
        ),
        Mistake(
            "on_answered_or_0",
            "The baseline is divided by the questions that the model answered. It answers all "
            "questions.",
            "base",
        ),
        Mistake(
            "without_silent",
            "The baseline gets nothing where the model is silent. It answers all questions.",
            "base",
        ),
        Mistake("rarest", "The baseline gives the *rarest* answer of training.", "base"),
        Mistake(
            "largest_label",
            "The baseline gives the answer with the largest number. Which is the most frequent?",
            "base",
        ),
        Mistake("first_label", "The baseline gives the first answer of training.", "base"),
        Mistake("last_label", "The baseline gives the last answer of training.", "base"),
        Mistake(
            "median_label",
            "The baseline gives the median of the answers' numbers. Which is the most frequent?",
            "base",
        ),
        Mistake(
            "mean_label",
            "The baseline gives the mean of the answers' numbers. Which is the most frequent?",
            "base",
        ),
        Mistake(
            "tie_to_larger",
            "Of two answers that are as frequent the baseline takes the one with the larger "
            "number. The smaller one is asked for.",
            "base",
        ),
        Mistake(
            "tie_to_first",
            "Of two answers that are as frequent the baseline takes the one that comes first. The "
            "one with the smaller number is asked for.",
            "base",
        ),
        Mistake(
            "chance",
            "The last number is the chance of a blind guess among the answers of training. What "
            "does always the same answer get?",
            "base",
        ),
        Mistake(
            "chance_of_all",
            "The last number is the chance of a blind guess among all numbers up to the largest. "
            "What does always the same answer get?",
            "base",
        ),
        Mistake(
            "chance_of_test",
            "The last number is the chance of a blind guess among the answers of the examination. "
            "What does always the same answer get?",
            "base",
        ),
        Mistake(
            "guess_by_share",
            "Your baseline guesses as often as each answer came in training. It always gives the "
            "most frequent one.",
            "base",
        ),
        Mistake(
            "model_against_majority",
            "The last number is how often the *model* gives the majority answer. How often is that "
            "right?",
            "base",
        ),
        Mistake("base_count", "The last number is a count. The share of all?", "base"),
        Mistake("base_wrong", "The last number is what the baseline gets *wrong*.", "base"),
        Mistake(
            "right_and_wrong",
            "The first two come in the other order: right, wrong, silent, baseline.",
            "order right wrong silent base",
        ),
        Mistake(
            "silence_second",
            "The second and third come in the other order: right, wrong, silent, baseline.",
            "order right wrong silent base",
        ),
        Mistake(
            "baseline_first",
            "The baseline comes first. Right, wrong, silent, baseline.",
            "order right wrong silent base",
        ),
        Mistake(
            "silence_first",
            "The first and third come in the other order: right, wrong, silent, baseline.",
            "right wrong silent base order",
        ),
        Mistake(
            "scaled_to_1",
            "You divided the first three by their sum. Then they sum to 1, but what is "
            "counted is still wrong: who counts where?",
            "right wrong silent base order",
        ),
        Mistake(
            "filled_up",
            "Where the model kept silent you give the majority answer, and count it. It has "
            "not answered there.",
            "right wrong silent base order",
        ),
        Mistake(
            "test_on_train",
            "The majority answer is read off the examination, and measured on training. It is "
            "the other way round.",
            "right wrong silent base order",
        ),
        Mistake(
            "train_by_test",
            "You count how often the majority answer is right in *training*, and divide by "
            "the questions of the examination. Where is it to be right?",
            "right wrong silent base order",
        ),
        Mistake(
            "train_and_said",
            "The majority answer is read off training and what the model said. The baseline "
            "has no model.",
            "right wrong silent base order",
        ),
        Mistake(
            "smallest_label",
            "The baseline gives the answer with the smallest number. Which is the most frequent?",
            "right wrong silent base order",
        ),
        Mistake(
            "where_largest",
            "You take the *place* of the largest answer in `train` for an answer. Count "
            "first, how often each one comes.",
            "right wrong silent base order",
        ),
        Mistake(
            "rank_of_label",
            "You take a place among the *different* answers for the answer itself: `unique` "
            "gives both.",
            "right wrong silent base order",
        ),
        Mistake(
            "most_as_label",
            "You take how often the most frequent answer comes for the answer itself. Which is it?",
            "right wrong silent base order",
        ),
        Mistake(
            "rarest_or_absent",
            "The baseline gives the number that is rarest in training, even one that never "
            "comes. Which is the most frequent?",
            "right wrong silent base order",
        ),
        Mistake(
            "tie_to_both",
            "Of two answers that are as frequent your baseline gets both right. It always "
            "gives the same one: the smaller.",
            "right wrong silent base order",
        ),
        Mistake(
            "tie_by_test",
            "Of two answers that are as frequent the baseline takes the one that is more "
            "frequent in the *examination*. Nobody knows that before: the smaller one is "
            "asked for.",
            "right wrong silent base order",
        ),
        Mistake(
            "same_place",
            "You compare training and examination place by place. What does always the same "
            "answer get?",
            "right wrong silent base order",
        ),
        Mistake(
            "only_answered",
            "You leave the questions without an answer out of everything but silence. All "
            "four are shares of *all* questions.",
            "right wrong silent base order",
        ),
        Mistake(
            "silence_shared",
            "You share out silence, half to right and half to wrong. It has a share of its own.",
            "right wrong silent base order",
        ),
        Mistake(
            "both_on_train",
            "The majority answer is read off training and examination together, and measured "
            "on training. Choose in training alone, measure in the examination.",
            "right wrong silent base order",
        ),
        Mistake(
            "silence_in_wrong",
            "Silence has gone into what is wrong, and the third number is 0. It has a share of "
            "its own.",
            "right wrong silent base order",
        ),
        Mistake(
            "all_by_answered",
            "The first three are divided by the questions that were *answered*. By all of them?",
            "right wrong silent base order",
        ),
        Mistake(
            "rest_of_right",
            "What is right is divided by the questions that were *answered*, and the rest of "
            "these is wrong. Both are shares of all questions.",
            "right wrong silent base order",
        ),
        Mistake(
            "right_filled",
            "Where the model kept silent you give the majority answer, and count it as right. It "
            "has not answered there.",
            "right wrong silent base order",
        ),
    ),
    properties=(
        Property(
            "The first three do not sum to 1. Each question is right, wrong or silent: one of "
            "them.",
            sums_to_one,
        ),
        Property(
            "The first number is off: the share of all questions that were answered right.",
            partial(is_near, 0),
        ),
        Property(
            "The second number is off: the share of all questions that were answered, and wrong.",
            partial(is_near, 1),
        ),
        Property(
            "The third number is off: the share of all questions without an answer.",
            partial(is_near, 2),
        ),
        Property(
            "The baseline is off: which answer is the most frequent in training, and to what share "
            "of the examination is it right?",
            partial(is_near, 3),
        ),
    ),
)
