"""Mean intersection over union. Traps: accuracy, Dice, paper as a class, absent classes."""

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import RIGHT, Case, Implement, Mistake, Property, Wrong


def mean_iou(predicted: Tensor, target: Tensor, classes: int, wrong: Wrong = RIGHT) -> float:
    """Reference: the mean IoU over the classes 1 … `classes` that occur, all pictures together."""
    if "accuracy" in wrong:
        return (predicted == target).double().mean().item()
    if "ink_accuracy" in wrong:
        return (predicted == target)[target > 0].double().mean().item()
    if "any_ink" in wrong:
        return iou_of((predicted > 0).double(), (target > 0).double(), 1, RIGHT)
    if "per_picture" in wrong:
        pairs = zip(predicted, target, strict=True)
        return sum(iou_of(p, t, classes, wrong) for p, t in pairs) / len(target)
    return iou_of(predicted, target, classes, wrong)


def iou_of(predicted: Tensor, target: Tensor, classes: int, wrong: Wrong) -> float:
    """Return the mean over classes for one pile of pixels."""
    numbers = range("with_paper" not in wrong, classes + ("one_too_few" not in wrong))
    claims = torch.stack([predicted == c for c in numbers]).flatten(1).double()  # (class, pixel)
    truths = torch.stack([target == c for c in numbers]).flatten(1).double()
    both, claimed, true = (claims * truths).sum(1), claims.sum(1), truths.sum(1)
    below = denominator(both, claimed, true, wrong)
    above = 2 * both if "dice" in wrong else both
    if "pooled" in wrong:
        return (above.sum() / below.sum()).item()
    if "weighted" in wrong:
        return ((above / below).nan_to_num() * true / true.sum()).sum().item()
    return mean_of(above / below, both, claimed, true, wrong)


def denominator(both: Tensor, claimed: Tensor, true: Tensor, wrong: Wrong) -> Tensor:
    """Return what the intersection is divided by, for each class."""
    if "recall" in wrong:
        return true
    if "precision" in wrong:
        return claimed
    if "dice" in wrong or "counted_twice" in wrong:
        return claimed + true
    return claimed + true - both


def mean_of(scores: Tensor, both: Tensor, claimed: Tensor, true: Tensor, wrong: Wrong) -> float:
    """Average over the classes that occur, or over those that people take."""
    absent = claimed + true == 0
    if "absent_nan" in wrong:
        return scores.mean().item()
    if "absent_zero" in wrong or "absent_one" in wrong:
        return scores.masked_fill(absent, float("absent_one" in wrong)).mean().item()
    if "in_target_only" in wrong:
        return scores[true > 0].mean().item()
    return scores[both > 0 if "hits_only" in wrong else ~absent].mean().item()


def iou_cases() -> list[Case]:
    def case(predicted: list, target: list, classes: int) -> Case:
        return Case(predicted=torch.tensor(predicted), target=torch.tensor(target), classes=classes)

    small = case([[[1, 1, 1, 0], [2, 2, 0, 0]]], [[[1, 1, 0, 0], [2, 2, 2, 2]]], 2)
    missing = case(  # class 3 nowhere, class 2 only claimed, class 4 only true
        [[[0, 1, 1, 1], [0, 0, 5, 1], [2, 0, 5, 5]], [[0, 1, 0, 0], [1, 1, 0, 5], [5, 5, 5, 0]]],
        [[[1, 1, 1, 0], [0, 0, 5, 5], [4, 0, 5, 5]], [[0, 0, 1, 1], [1, 0, 4, 0], [5, 5, 0, 0]]],
        5,
    )
    perfect = case([[[0, 1, 1], [3, 3, 0]]], [[[0, 1, 1], [3, 3, 0]]], 3)
    greedy = case(  # finds all, and more
        [[[1, 1, 1], [2, 2, 0]], [[1, 1, 0], [2, 2, 2]]],
        [[[1, 0, 1], [2, 0, 0]], [[1, 0, 0], [2, 0, 2]]],
        2,
    )
    invented = case([[[1, 1, 0], [2, 0, 0]]], [[[1, 1, 1], [0, 0, 0]]], 2)
    return [small, missing, perfect, greedy, invented, random_maps()]


def random_maps() -> Case:
    """Three pictures in which half of the pixels are labelled at random; class 5 is nowhere."""
    generator = torch.Generator().manual_seed(3)
    target, noise = torch.randint(0, 5, (2, 3, 5, 6), generator=generator)
    kept = torch.rand(3, 5, 6, generator=generator) < 0.5
    return Case(predicted=torch.where(kept, target, noise), target=target, classes=5)


def only_perfect_is_one(case: Case, score: float | Tensor) -> bool:
    """Say whether the score is 1 where the two maps are equal, and nowhere else."""
    return (abs(float(score) - 1) < 1e-6) == torch.equal(case["predicted"], case["target"])


IOU = Implement(
    id="vit.iou",
    title="Intersection over union",
    difficulty=2,
    minutes=20,
    hints=(
        "Take one class and draw two shapes: where the model sees it and where it is. What is the "
        "overlap, and what do both cover together? Then average over the classes.",
        "IoU_c = |P_c ∩ T_c| / |P_c ∪ T_c|, where P_c is the set of pixels labelled c and T_c the "
        "set that is truly c. The mean runs over the classes c ≥ 1 whose union is not empty.",
        "predicted == c and target == c: two boolean maps (pictures, height, width). Their `&` and "
        "their `|`, each summed over all three axes: two whole numbers for each class.",
        "scores = []\nfor c in range(..., ...):\n  claimed, true = predicted == c, target == c\n"
        "  union = (... | ...).sum()\n  if union > 0:\n"
        "    scores.append((... & ...).sum() / union)\n"
        "return sum(scores) / ...",
    ),
    reference=mean_iou,
    cases=iou_cases,
    mistakes=(
        Mistake(
            "accuracy",
            "That is the share of pixels that are right, and most of them are paper. What would a "
            "model score that never draws anything?",
            "denominator absent pool first last micro",
        ),
        Mistake(
            "ink_accuracy",
            "That is the share of true ink that is labelled rightly. What does it cost a model, "
            "in your measure, to paint everything?",
            "denominator absent pool first last micro",
        ),
        Mistake(
            "any_ink",
            "You compare ink with paper, whatever the class. Would your measure notice a model "
            "that finds every object and calls it by a wrong name?",
            "denominator absent pool first last micro",
        ),
        Mistake(
            "recall",
            "You divide by the pixels that truly have the class. Labelling too much then costs "
            "nothing: which pixels are missing below the line?",
            "denominator micro",
        ),
        Mistake(
            "precision",
            "You divide by the pixels that were labelled so. Finding too little then costs "
            "nothing: which pixels are missing below the line?",
            "denominator",
        ),
        Mistake(
            "counted_twice",
            "Below the line stands the sum of the two areas. How often does that sum count a pixel "
            "that lies in both?",
            "denominator",
        ),
        Mistake(
            "dice",
            "That is the Dice score: twice the overlap over the sum of the areas. It ranks much "
            "like this one, but it is another number. What does a *union* count once?",
            "denominator",
        ),
        Mistake(
            "with_paper",
            "Paper counts as a class in your mean. With which number do the classes begin?",
            "first",
        ),
        Mistake(
            "one_too_few",
            "The last class is missing from your mean. Where does Python's `range` stop?",
            "last",
        ),
        Mistake(
            "absent_zero",
            "A class that occurs in neither map counts 0 in your mean, although nothing went wrong "
            "there. By how many classes should you divide?",
            "absent",
        ),
        Mistake(
            "absent_one",
            "A class that occurs in neither map counts 1 in your mean: a model gains from classes "
            "that nobody drew. What should happen to them?",
            "absent",
        ),
        Mistake(
            "absent_nan",
            "A class that occurs in neither map gives 0/0, and one NaN spoils the mean. Which "
            "classes are to be left out?",
            "absent",
        ),
        Mistake(
            "in_target_only",
            "You leave out every class that is not in the truth. A model that sees a class where "
            "there is none then gets away with it: what is its union?",
            "absent",
        ),
        Mistake(
            "hits_only",
            "You leave out the classes with no overlap at all, which are the model's worst. What "
            "is their IoU?",
            "absent",
        ),
        Mistake(
            "per_picture",
            "You score every picture alone and average the scores. Which pixels are counted "
            "together in this exercise?",
            "pool",
        ),
        Mistake(
            "pooled",
            "You add up the overlaps of all classes, and the unions, and divide once: large "
            "objects drown small ones. What should be averaged?",
            "pool absent micro",
        ),
        Mistake(
            "weighted",
            "Every class counts by its area in your mean. How much should a small object's class "
            "count?",
            "pool absent denominator",
        ),
    ),
    properties=(
        Property(
            "The measure should be 1 where the two maps are equal, and only there; yours is not.",
            only_perfect_is_one,
        ),
    ),
)
