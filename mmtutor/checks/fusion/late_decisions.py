"""The mean of two classifiers' probabilities. Traps: averaged scores, votes, products."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
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


def late_decisions(picture_scores: Tensor, sound_scores: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: the mean of the two softmaxes."""
    result = decided(picture_scores, sound_scores, wrong)
    if "log" in wrong:
        return result.log()
    return result.softmax(-1) if "twice" in wrong else result


def decided(a: Tensor, b: Tensor, wrong: Wrong) -> Tensor:
    """Turn two rows of scores into one decision: they meet before the softmax, or after it."""
    if "mean_scores" in wrong or "sum_scores" in wrong:
        return chances((a + b) / (2 if "mean_scores" in wrong else 1), wrong)
    if "scores" in wrong:
        return (a + b) / 2
    if "picture_raw" in wrong or "sound_raw" in wrong:
        p, q = (a, b.softmax(-1)) if "picture_raw" in wrong else (a.softmax(-1), b)
        return (p + q) / 2
    if "together" in wrong:
        first, second = torch.cat([a, b], 1).softmax(1).chunk(2, 1)
        return first + second
    return joined(chances(a, wrong), chances(b, wrong), wrong)


def chances(scores: Tensor, wrong: Wrong) -> Tensor:
    """Turn scores (batch, label) into what should be probabilities."""
    ways: dict[str, Callable[[], Tensor]] = {
        "votes": lambda: F.one_hot(scores.argmax(-1), scores.shape[-1]).to(scores),
        "sigmoid": scores.sigmoid,
        "axis": lambda: scores.softmax(0),
        "whole_batch": lambda: scores.flatten().softmax(0).view_as(scores),
        "exponentials": scores.exp,
        "base_two": lambda: (scores * math.log(2)).softmax(-1),
        "turned": lambda: (-scores).softmax(-1),
        "twice_each": lambda: scores.softmax(-1).softmax(-1),
        "cooled": lambda: (scores / 2).softmax(-1),
        "by_sum": lambda: scores / scores.sum(-1, keepdim=True),
    }
    return next((way() for name, way in ways.items() if name in wrong), scores.softmax(-1))


def joined(p: Tensor, q: Tensor, wrong: Wrong) -> Tensor:
    """Make one probability of two, in one of the ways that people try."""
    ways: dict[str, Callable[[], Tensor]] = {
        "not_divided": lambda: p + q,
        "bracket": lambda: p + q / 2,
        "product": lambda: p * q,
        "geometric": lambda: (p * q) ** 0.5,
        "mean_log": lambda: (p.log() + q.log()) / 2,
        "by_labels": lambda: (p + q) / p.shape[-1],
        "harmonic": lambda: 2 * p * q / (p + q),
        "root_mean_square": lambda: ((p**2 + q**2) / 2).sqrt(),
        "maximum": lambda: torch.maximum(p, q),
        "minimum": lambda: torch.minimum(p, q),
        "decided": lambda: F.one_hot((p + q).argmax(-1), p.shape[-1]).to(p),
        "maximum_shared": lambda: F.normalize(torch.maximum(p, q), p=1, dim=-1),
        "surest": lambda: torch.where((p.amax(-1) >= q.amax(-1)).unsqueeze(-1), p, q),
        "by_confidence": lambda: by_confidence(p, q),
        "picture_only": lambda: p,
        "sound_only": lambda: q,
        "wrong_mean": lambda: torch.stack([p, q]).mean(1),
        "stacked": lambda: torch.stack([p, q]),
    }
    return next((way() for name, way in ways.items() if name in wrong), (p + q) / 2)


def by_confidence(p: Tensor, q: Tensor) -> Tensor:
    """Weigh each side by its highest probability."""
    sure_p, sure_q = p.amax(-1, keepdim=True), q.amax(-1, keepdim=True)
    return (sure_p * p + sure_q * q) / (sure_p + sure_q)


def decision_cases() -> list[Case]:
    def case(batch: int, labels: int, seed: int) -> Case:
        picture, sound = (2 * random_tensor(batch, labels, seed=seed + i) for i in range(2))
        return Case(picture_scores=picture, sound_scores=sound)

    sure = case(3, 4, 140)
    for name in sure:
        sure[name] = 5 * sure[name]
    even = case(5, 3, 150)
    even["picture_scores"][0], even["sound_scores"][1] = 0.0, 0.0
    far = case(4, 10, 160)
    shift = torch.tensor([[40.0], [-40.0], [40.0], [-40.0]])
    far["picture_scores"] = far["picture_scores"] + shift
    far["sound_scores"] = far["sound_scores"] - shift
    far["picture_scores"][2] = far["picture_scores"][0]
    cases = [case(1, 2, 100), case(3, 4, 110), case(5, 3, 120), case(4, 10, 130)]
    return [*cases, case(1, 10, 135), sure, even, far]


def probabilities_sum_to_one(case: Case, output: Tensor) -> bool:
    """Say whether the probabilities of an example's labels sum to 1."""
    sums = output.detach().sum(-1)
    return agree(sums, torch.ones_like(sums))


def half_is_kept(case: Case, output: Tensor) -> bool:
    """Say whether no label has less than half of what one of the two gives it."""
    sides = [scores.softmax(-1) for scores in case.values()]
    return bool((output >= torch.maximum(*sides) / 2 - 1e-4).all())


ALONE = "join soft chance returned"
"""Every group: a mistake of all of them is never paired."""

DECISIONS = Implement(
    id="fusion.late_decisions",
    title="Two decisions, averaged",
    difficulty=1,
    minutes=10,
    hints=(
        "Late fusion of decisions: each classifier makes up its mind alone. What is a classifier's "
        "decision, its scores or its probabilities? And what happens first: deciding or meeting?",
        "p = (softmax(a) + softmax(b)) / 2, where a and b are the scores of the two.",
        "Scores (batch, label) → probabilities (batch, label), each row of sum 1 → their mean "
        "(batch, label), each row again of sum 1.",
        "picture = picture_scores.softmax(dim=...)\nsound = ...\nreturn (... + ...) / ...",
    ),
    reference=late_decisions,
    cases=decision_cases,
    mistakes=(
        Mistake(
            "mean_scores",
            "Your two modalities meet before the softmax: averaging the scores, or averaging the "
            "logarithms of the probabilities and normalising, which comes to the same. When has a "
            "classifier decided?",
            "join soft",
        ),
        Mistake(
            "sum_scores",
            "You add up the scores and then take the softmax, or multiply the probabilities and "
            "normalise, which comes to the same. In your version a label needs the consent of "
            "both. What is averaged in this exercise?",
            "join soft",
        ),
        Mistake(
            "scores",
            "You return a mean of scores, which may be negative. What makes probabilities of "
            "scores, and when?",
            "join chance returned",
        ),
        Mistake(
            "together",
            "One softmax runs over the labels of both modalities at once, so the louder of the two "
            "decides nearly alone. How many decisions are there to be averaged?",
            "join chance",
        ),
        Mistake(
            "axis",
            "Your softmax runs over the batch: examples compete with each other. Along which axis "
            "do the labels lie?",
            "chance",
        ),
        Mistake(
            "sigmoid",
            "Your probabilities are sigmoids: every label on its own, so that a row sums to "
            "anything. An example has exactly one label: which function shares out?",
            "chance",
        ),
        Mistake(
            "whole_batch",
            "One softmax runs over all scores of the batch, so that all rows together sum to 1. "
            "To what does one example's row sum?",
            ALONE,
        ),
        Mistake(
            "exponentials",
            "You take exponentials and do not divide them. What stands below the line of the "
            "softmax?",
            ALONE,
        ),
        Mistake(
            "base_two",
            "It looks as if your probabilities were made of powers of 2. Which number does the "
            "softmax raise to the scores?",
            ALONE,
        ),
        Mistake(
            "turned",
            "The label with the largest score gets the smallest probability. Where does a minus "
            "come from?",
            ALONE,
        ),
        Mistake(
            "twice_each",
            "Each side's scores went through two softmaxes. What do they sum to after the first?",
            ALONE,
        ),
        Mistake(
            "cooled",
            "You halve the scores before the softmax, which makes both sides doubt. What is halved "
            "in the card?",
            ALONE,
        ),
        Mistake(
            "by_sum",
            "You divide the scores by their sum. What becomes of a probability where scores are "
            "negative?",
            ALONE,
        ),
        Mistake(
            "picture_raw",
            "You average the picture's *scores* with the sound's probabilities. Which of the two "
            "has not decided yet?",
            ALONE,
        ),
        Mistake(
            "sound_raw",
            "You average the sound's *scores* with the picture's probabilities. Which of the two "
            "has not decided yet?",
            ALONE,
        ),
        Mistake(
            "harmonic",
            "That is a harmonic mean: one over the mean of the reciprocals. Which mean is meant by "
            "half of the sum?",
            ALONE,
        ),
        Mistake(
            "root_mean_square",
            "You square the probabilities and take the root of their mean. Is there a square in "
            "the card's mean?",
            ALONE,
        ),
        Mistake(
            "votes",
            "Each modality has one vote, whole, for its favourite. How sure it is has no effect: "
            "what could it give to the label that it likes second best?",
            "chance soft returned",
        ),
        Mistake(
            "not_divided",
            "Your rows sum to 2. How many decisions have you added up?",
            "join",
        ),
        Mistake(
            "by_labels",
            "You divide by the number of labels. Of how many probabilities do you take the mean?",
            "join",
        ),
        Mistake(
            "bracket",
            "You halve the sound's probabilities only. Which comes first in Python, the sum or the "
            "division?",
            "join",
        ),
        Mistake(
            "product",
            "You multiply the probabilities, and your rows sum to less than 1. Which operation "
            "makes the mean of two numbers?",
            "join",
        ),
        Mistake(
            "geometric",
            "That is a geometric mean: the root of the product. Its rows sum to less than 1. Which "
            "mean is asked for?",
            "join soft returned",
        ),
        Mistake(
            "mean_log",
            "You return a mean of logarithms: negative numbers. Which of the two functions "
            "`softmax` and `log_softmax` makes probabilities?",
            "join soft returned",
        ),
        Mistake(
            "maximum",
            "You take the larger of the two probabilities of each label, so your rows sum to more "
            "than 1. What does the other modality think of that label?",
            "join soft",
        ),
        Mistake(
            "minimum",
            "You take the smaller of the two probabilities of each label, so your rows sum to less "
            "than 1. What does the other modality think of that label?",
            ALONE,
        ),
        Mistake(
            "decided",
            "Your result has one label and no doubt. Which step after the mean throws the "
            "probabilities away?",
            ALONE,
        ),
        Mistake(
            "maximum_shared",
            "You take the larger of the two probabilities of each label and normalise. What does "
            "the other modality think of that label?",
            "join soft",
        ),
        Mistake(
            "by_confidence",
            "The surer side has more of the say in your version. How much of each goes into a "
            "plain mean?",
            "join soft",
        ),
        Mistake(
            "surest",
            "In each example you believe only the modality that is surer. That is a way to decide, "
            "and another one: how much of each goes into a mean?",
            "join soft",
        ),
        Mistake(
            "picture_only",
            "Your result is the picture's decision. Which argument have you not used?",
            "join",
        ),
        Mistake(
            "sound_only",
            "Your result is the sound's decision. Which argument have you not used?",
            "join",
        ),
        Mistake(
            "wrong_mean",
            "You average the examples, one row for each modality. Over which axis of the stack do "
            "the modalities lie?",
            "join soft returned",
        ),
        Mistake(
            "stacked",
            "You return both decisions, and they have not met. What does late fusion do with them?",
            "join",
        ),
        Mistake(
            "log",
            "You return logarithms: they are negative. That is what a loss likes; what does the "
            "exercise ask for?",
            "returned",
        ),
        Mistake(
            "twice",
            "Your result went through one softmax more, which makes all labels nearly equal. What "
            "does each row sum to before it?",
            "returned",
        ),
    ),
    properties=(
        Property(
            "Each row holds the probabilities of one example's labels, so it sums to 1; yours does "
            "not.",
            probabilities_sum_to_one,
        ),
        Property(
            "No label can fall below half of the probability that one side gives it; somewhere "
            "yours does. Has each side half of the say, and is each side's probability the softmax "
            "of its scores?",
            half_is_kept,
        ),
    ),
)
