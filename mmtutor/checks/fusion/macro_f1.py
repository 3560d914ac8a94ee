"""Macro F1. Traps: micro or weighted averages, F1 of the means, labels without a hit."""

from collections.abc import Callable

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import RIGHT, Case, Implement, Mistake, Property, Wrong


def macro_f1(predicted: Tensor, target: Tensor, classes: int, wrong: Wrong = RIGHT) -> float:
    """Reference: the mean of the labels' F1 = 2PR / (P + R); 0 where nothing was hit."""
    labels = torch.arange(classes)
    claimed = (predicted.unsqueeze(1) == labels).double()  # (example, label)
    true = (target.unsqueeze(1) == labels).double()
    hits, claims, owned = (claimed * true).sum(0), claimed.sum(0), true.sum(0)
    if "micro" in wrong:
        value = hits.sum() / len(target)
    elif "of_means" in wrong or "of_means_nan" in wrong:
        p, r = (hits / claims.clamp(min=1)).mean(), (hits / owned.clamp(min=1)).mean()
        value = of_one_label(p, r) if "of_means" in wrong else 2 * p * r / (p + r)
    else:
        agreed = (claimed == true).double().mean(0)
        value = averaged(per_label(hits, claims, owned, agreed, wrong), hits, claims, owned, wrong)
    return value.item() * (100 if "percent" in wrong else 1)


def of_one_label(precision: Tensor, recall: Tensor) -> Tensor:
    """Return 2PR / (P + R), and 0 where both are 0."""
    return 2 * precision * recall / (precision + recall).clamp(min=1e-12)


def per_label(hits: Tensor, claims: Tensor, owned: Tensor, agreed: Tensor, wrong: Wrong) -> Tensor:
    """Return a number for every label: F1, or what people take for it."""
    p, r = hits / claims.clamp(min=1), hits / owned.clamp(min=1)
    ways: dict[str, Callable[[], Tensor]] = {
        "precision": lambda: p,
        "recall": lambda: r,
        "arithmetic": lambda: (p + r) / 2,
        "geometric": lambda: (p * r).sqrt(),
        "no_two": lambda: of_one_label(p, r) / 2,
        "product": lambda: 2 * p * r,
        "larger": lambda: torch.maximum(p, r),
        "smaller": lambda: torch.minimum(p, r),
        "f_two": lambda: 5 * hits / (claims + 4 * owned).clamp(min=1),
        "f_half": lambda: 1.25 * hits / (claims + owned / 4).clamp(min=0.25),
        "squared": lambda: of_one_label(p, r) ** 2,
        "smoothed": lambda: (2 * hits + 1) / (claims + owned + 1),
        "whole": lambda: of_one_label(p, r).floor(),
        "hits_of_all": lambda: (2 * hits.sum() / (claims + owned)).nan_to_num(0.0, posinf=0.0),
        "jaccard": lambda: hits / (claims + owned - hits).clamp(min=1),
        "agreement": lambda: agreed,
        "negatives_hit": lambda: of_one_label(*every_agreement(claims, owned, agreed)),
        "nan": lambda: of_one_label(p, r) + 0 * (hits / hits),
        "one_nowhere": lambda: torch.where(claims + owned > 0, of_one_label(p, r), 1.0),
        "nan_nowhere": lambda: 2 * hits / (claims + owned),
    }
    return next((way() for name, way in ways.items() if name in wrong), of_one_label(p, r))


def every_agreement(claims: Tensor, owned: Tensor, agreed: Tensor) -> tuple[Tensor, Tensor]:
    """Return precision and recall with all that is agreed for hits; 0 where a label has no part."""
    hits = agreed * claims.sum()
    return hits / claims.where(claims > 0, torch.inf), hits / owned.where(owned > 0, torch.inf)


def averaged(values: Tensor, hits: Tensor, claims: Tensor, owned: Tensor, wrong: Wrong) -> Tensor:
    """Average over the labels, in one of the ways that people try."""
    some, labels = torch.ones_like(hits).bool(), torch.arange(len(hits))
    left = {
        "one": labels == 1,
        "first_label": labels == 0,
        "last_label": labels == len(hits) - 1,
        "without_first": labels > 0,
        "without_last": labels < len(hits) - 1,
        "up_to_target": labels <= owned.nonzero().max(),
        "up_to_seen": labels <= (claims + owned).nonzero().max(),
        "zeros_out": hits > 0,
        "seen_only": claims + owned > 0,
        "target_only": owned > 0,
        "predicted_only": claims > 0,
    }
    values_left = values[next((rows for name, rows in left.items() if name in wrong), some)]
    if "weighted" in wrong:
        return (values * owned).sum() / owned.sum()
    if "weighted_claims" in wrong:
        return (values * claims).sum() / claims.sum()
    if {"median", "best", "worst"} & wrong:
        rank = (
            0
            if "worst" in wrong
            else len(values) - 1
            if "best" in wrong
            else (len(values) - 1) // 2
        )
        return values.sort().values[rank]
    if "by_examples" in wrong or "by_one_less" in wrong:
        return values.sum() / (owned.sum() if "by_examples" in wrong else len(values) - 1)
    if "zeros_out" in wrong and not len(values_left):  # who leaves labels out says 0 then
        return torch.zeros(())
    return values_left.sum() if "sum" in wrong else values_left.mean()


def f1_cases() -> list[Case]:
    def case(predicted: str, target: str, classes: int) -> Case:
        read = [torch.tensor([int(letter) for letter in text]) for text in (predicted, target)]
        return Case(predicted=read[0], target=read[1], classes=classes)

    generator = torch.Generator().manual_seed(500)
    target = (6 * torch.rand(60, generator=generator) ** 2).long()
    guess = torch.randint(6, (60,), generator=generator)
    noisy = torch.where(torch.rand(60, generator=generator) < 0.6, target, guess)
    return [
        case("0110", "0100", 2),
        case("0010111220", "0000111212", 3),
        case("00010130144", "00011113314", 5),  # 2 occurs nowhere
        case("0001111012", "0001110133", 4),  # 2 is only predicted, 3 is never predicted
        case("00011110101", "00011101233", 4),  # 2 and 3 are never predicted
        case("0012", "0012", 3),
        case("0122110", "0112010", 4),  # 3, the highest, occurs nowhere
        case("0132110", "0112010", 5),  # 3 is only predicted, 4, the highest, occurs nowhere
        case("0112011", "0132010", 4),  # 3, the highest, is never predicted
        case("00001111", "01111000", 2),  # precision and recall are small
        case("1", "1", 2),
        case("20", "02", 3),
        Case(predicted=noisy, target=target, classes=6),
    ]


def share_of_one(case: Case, value: float | Tensor) -> bool:
    """Say whether a score lies between 0 and 1."""
    return bool(-1e-6 <= float(value) <= 1 + 1e-6)


def perfect_is_one(case: Case, value: float | Tensor) -> bool:
    """Say whether the score is 1 where every prediction is right and every label occurs."""
    all_occur = len(case["target"].unique()) == case["classes"]
    perfect = torch.equal(case["predicted"], case["target"]) and all_occur
    return not perfect or abs(float(value) - 1) < 1e-6


MACRO_F1 = Implement(
    id="fusion.macro_f1",
    title="Macro F1",
    difficulty=2,
    minutes=15,
    hints=(
        "Take one label. Of the times that it was predicted, how many were right? Of the times "
        "that it was true, how many were found? Make one number of these two, and only then go to "
        "the next label.",
        "For each label P = hits / predicted, R = hits / true, F1 = 2PR / (P + R), or 0 where "
        "there is no hit. The result is the mean of F1 over the labels 0 … classes − 1.",
        "predicted and target: (example,). For each label three counts: hits, predicted, true. "
        "`classes` values of F1, and their mean: one number.",
        "values = []\nfor label in range(classes):\n"
        "  hits = ((predicted == ...) & (target == ...)).sum()\n"
        "  values.append(2 * hits / ... if hits > 0 else ...)\n"
        "return sum(values) / ...",
    ),
    reference=macro_f1,
    cases=f1_cases,
    mistakes=(
        Mistake(
            "micro",
            "That is the accuracy: F1 over all labels at once (micro). There a rare label hardly "
            "counts: over what does *macro* average?",
            "average measure",
        ),
        Mistake(
            "weighted",
            "Your mean weighs each label by how often it occurs. How much should a rare label "
            "count in a macro average?",
            "average support",
        ),
        Mistake(
            "weighted_claims",
            "Your mean weighs each label by how often it is predicted. How much should a rare "
            "label count in a macro average?",
            "average measure",
        ),
        Mistake(
            "of_means",
            "You average precision and recall over the labels first and take one F1 at the end. "
            "What does macro F1 average?",
            "average measure",
        ),
        Mistake(
            "of_means_nan",
            "You average precision and recall over the labels first, take one F1 at the end, and "
            "divide 0 by 0 where nothing is hit. What does macro F1 average?",
            "average measure percent support",
        ),
        Mistake(
            "one",
            "That is the F1 of label 1 alone, as for a yes or no. How many labels are there?",
            "average",
        ),
        Mistake(
            "without_first",
            "Label 0 has no part in your mean. Is it the background here, or a label like the "
            "others?",
            "average",
        ),
        Mistake(
            "first_label",
            "That is the F1 of label 0 alone. Does a loop return too early?",
            "average measure",
        ),
        Mistake(
            "last_label",
            "That is the F1 of the last label alone. Does a loop overwrite what it should add to?",
            "average measure",
        ),
        Mistake(
            "without_last",
            "The last label has no part in your mean. Where does `range` end?",
            "average",
        ),
        Mistake(
            "up_to_target",
            "You take the highest label of the target for the number of labels. Which argument "
            "says how many there are, whether they occur or not?",
            "average measure",
        ),
        Mistake(
            "up_to_seen",
            "You read off the data how many labels there are. Which argument says it, whether they "
            "occur or not?",
            "average measure",
        ),
        Mistake(
            "by_one_less",
            "You divide by one label too few. The labels are 0 … `classes` − 1: how many is that?",
            "average",
        ),
        Mistake(
            "by_examples",
            "You divide by the number of examples. Of what is the mean?",
            "average",
        ),
        Mistake(
            "zeros_out",
            "A label without any hit has no part in your mean, so a model is rewarded for giving "
            "it up. What is its F1?",
            "average",
        ),
        Mistake(
            "seen_only",
            "A label that occurs in neither has no part in your mean; that is scikit-learn's "
            "habit, too. Over how many labels does the card average, and how does one tell "
            "scikit-learn which they are?",
            "average",
        ),
        Mistake(
            "target_only",
            "Only labels that occur in the target have a part in your mean. What of a label that "
            "is predicted and never true?",
            "average",
        ),
        Mistake(
            "predicted_only",
            "Only labels that are predicted have a part in your mean. What of a label that the "
            "model never finds?",
            "average",
        ),
        Mistake(
            "median",
            "You take the median of the labels' values. Which average is asked for?",
            "average",
        ),
        Mistake(
            "best",
            "That is the F1 of the label that goes best. What of the others?",
            "average measure",
        ),
        Mistake(
            "worst",
            "That is the F1 of the label that goes worst. What of the others?",
            "average measure",
        ),
        Mistake(
            "sum",
            "You add up the labels' values. How many labels are there?",
            "average",
        ),
        Mistake(
            "precision",
            "That is the precision: of what was predicted, how much was right. What is missing "
            "when a label is hardly ever predicted?",
            "measure",
        ),
        Mistake(
            "recall",
            "That is the recall (its mean is also called balanced accuracy): of what was true, how "
            "much was found. What is missing when a label is predicted too often?",
            "measure support",
        ),
        Mistake(
            "arithmetic",
            "You take the ordinary mean of precision and recall. With a precision of 1 and a "
            "recall of 0, what should F1 be?",
            "measure",
        ),
        Mistake(
            "geometric",
            "You take the root of precision times recall. Which mean of the two is F1?",
            "measure",
        ),
        Mistake(
            "no_two",
            "Your values are half of what they should be: a perfect label gets 0.5. What stands "
            "before the product in the formula?",
            "measure",
        ),
        Mistake(
            "product",
            "Your product of precision and recall is not divided: a perfect label gets 2. What "
            "stands below the line?",
            "measure",
        ),
        Mistake(
            "larger",
            "You take the larger of precision and recall. Does the smaller one have no say in F1?",
            "measure",
        ),
        Mistake(
            "smaller",
            "You take the smaller of precision and recall. Does the larger one have no say in F1?",
            "measure",
        ),
        Mistake(
            "jaccard",
            "That is intersection over union: hits / (predicted + true − hits). How often do hits "
            "count in F1, above the line and below it?",
            "measure",
        ),
        Mistake(
            "f_two",
            "That is F2, which counts the recall four times. What stands below the line of F1?",
            "measure",
        ),
        Mistake(
            "f_half",
            "That is F½, which counts the precision more. What stands below the line of F1?",
            "measure",
        ),
        Mistake(
            "squared",
            "You square the labels' values. What is averaged in this exercise?",
            "measure",
        ),
        Mistake(
            "smoothed",
            "You add 1 above and below the line. What is the F1 of a label without a hit, by the "
            "card?",
            "measure average support",
        ),
        Mistake(
            "whole",
            "Only a perfect label counts in your version. Which of Python's two divisions drops "
            "the remainder, or is something turned into whole numbers on the way?",
            "measure average",
        ),
        Mistake(
            "hits_of_all",
            "You divide the hits of *all* labels by the counts of one. Which examples are the hits "
            "of one label?",
            "measure average support percent",
        ),
        Mistake(
            "negatives_hit",
            "You count every agreement as a hit, also where a label was neither predicted nor "
            "true. Which examples are a label's hits?",
            "measure support",
        ),
        Mistake(
            "agreement",
            "You count as right, for each label, also the many examples that rightly do *not* get "
            "it. Do these occur in precision or in recall?",
            "measure support",
        ),
        Mistake(
            "one_nowhere",
            "A label that occurs nowhere gets the F1 1 in your version, as if the model had earned "
            "it. What does the card say of such a label?",
            "measure average",
        ),
        Mistake(
            "nan",
            "A label without any hit makes your result NaN: 0 divided by 0. What should its F1 be?",
            "measure average percent",
        ),
        Mistake(
            "nan_nowhere",
            "A label that occurs nowhere makes your result NaN: 0 divided by 0. What should its F1 "
            "be?",
            "measure average percent",
        ),
        Mistake(
            "percent",
            "That is a percentage. Give a share of 1.",
            "percent",
        ),
    ),
    properties=(
        Property("F1 lies between 0 and 1; somewhere yours does not.", share_of_one),
        Property(
            "Where every prediction is right and every label occurs, macro F1 is 1; yours is not.",
            perfect_is_one,
        ),
    ),
)
