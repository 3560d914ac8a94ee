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
    if "any_ink_accuracy" in wrong:
        return (predicted == target)[(target > 0) | (predicted > 0)].double().mean().item()
    if "any_ink" in wrong:
        return iou_of((predicted > 0).double(), (target > 0).double(), 1, RIGHT)
    if "per_picture" in wrong:
        pairs = zip(predicted, target, strict=True)
        return sum(iou_of(p, t, classes, wrong) for p, t in pairs) / len(target)
    if "first_picture" in wrong:
        return iou_of(predicted[:1], target[:1], classes, wrong)
    if "per_class_and_picture" in wrong:
        return mean_of_pictures(predicted, target, classes)
    return iou_of(predicted, target, classes, wrong)


def mean_of_pictures(predicted: Tensor, target: Tensor, classes: int) -> float:
    """Average each class over the pictures in which it occurs, then the classes."""
    numbers = torch.arange(1, classes + 1).view(-1, 1, 1, 1)
    claims, truths = predicted == numbers, target == numbers  # (class, picture, height, width)
    both, either = (claims & truths).sum((2, 3)), (claims | truths).sum((2, 3))
    return (both.double() / either).nanmean(1).nanmean().item()


def numbers_of(predicted: Tensor, target: Tensor, classes: int, wrong: Wrong) -> range:
    """Return the classes that are counted."""
    first = 0 if "with_paper" in wrong else 2 if "from_two" in wrong else 1
    if "largest_predicted" in wrong:
        classes = int(predicted.max())
    if "largest_true" in wrong:
        classes = int(target.max())
    return range(first, classes + ("one_too_few" not in wrong))


def iou_of(predicted: Tensor, target: Tensor, classes: int, wrong: Wrong) -> float:
    """Return the mean over classes for one pile of pixels."""
    numbers = numbers_of(predicted, target, classes, wrong)
    if not numbers:
        return float("nan")
    if "without_paper_pixels" in wrong:
        ink = (target > 0) & (predicted > 0)
        predicted, target = predicted[ink], target[ink]
    claims = torch.stack([(predicted == c).flatten() for c in numbers]).double()  # (class, pixel)
    truths = torch.stack([(target == c).flatten() for c in numbers]).double()
    both, claimed, true = (claims * truths).sum(1), claims.sum(1), truths.sum(1)
    below = denominator(both, claimed, true, wrong)
    above = 2 * both if "dice" in wrong else both
    if "smoothed" in wrong:
        above, below = above + 1, below + 1
    if "label_product" in wrong:
        products = (predicted * target).flatten()
        above = torch.stack([products == c for c in numbers]).sum(1).double()
    if "all_agreement" in wrong:
        above = (predicted == target).sum().double().expand_as(both)
    if "pooled" in wrong:
        return (above.sum() / below.sum()).item()
    if "weighted" in wrong:
        return ((above / below).nan_to_num() * true / true.sum()).sum().item()
    scores = below / above if "upside_down" in wrong else above / below
    return mean_of(scores, both, claimed, true, wrong)


def denominator(both: Tensor, claimed: Tensor, true: Tensor, wrong: Wrong) -> Tensor:
    """Return what the intersection is divided by, for each class."""
    if "recall" in wrong:
        return true
    if "precision" in wrong:
        return claimed
    if "recall_safe" in wrong:
        return true.clamp(min=1)
    if "precision_safe" in wrong:
        return claimed.clamp(min=1)
    if "not_both" in wrong:
        return claimed + true - 2 * both
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
    if "in_predicted_only" in wrong:
        return scores[claimed > 0].mean().item()
    kept = scores[both > 0 if "hits_only" in wrong else ~absent]
    if "whole_division" in wrong:
        kept = kept.floor()
    if "summed" in wrong:
        return kept.sum().item()
    return (kept.median() if "median" in wrong else kept.mean()).item()


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
    one_class = case([[[1, 1, 1, 0], [1, 0, 0, 0]]], [[[1, 1, 0, 0], [1, 0, 1, 1]]], 1)
    high_missed = case([[[1, 1, 0], [1, 0, 1]]], [[[1, 3, 3], [1, 0, 1]]], 3)
    late = case([[[1, 1, 0]], [[2, 0, 3]]], [[[1, 0, 0]], [[2, 2, 3]]], 3)  # 2 and 3 come later
    pixel = case([[[1]]], [[[1]]], 1)
    return [
        small,
        missing,
        perfect,
        greedy,
        invented,
        random_maps(),
        one_class,
        high_missed,
        late,
        pixel,
    ]


def random_maps() -> Case:
    """Three pictures in which half of the pixels are labelled at random; class 5 is nowhere."""
    generator = torch.Generator().manual_seed(3)
    target, noise = torch.randint(0, 5, (2, 3, 5, 6), generator=generator)
    kept = torch.rand(3, 5, 6, generator=generator) < 0.5
    return Case(predicted=torch.where(kept, target, noise), target=target, classes=5)


def is_right(case: Case, score: float | Tensor) -> bool:
    """Say whether the score is the mean IoU."""
    return abs(float(score) - mean_iou(*case.values())) < 1e-4


def is_equal(case: Case) -> bool:
    """Say whether the two maps are equal."""
    return torch.equal(case["predicted"], case["target"])


def all_occur(case: Case) -> bool:
    """Say whether every class occurs in both maps of every picture."""
    numbers = range(1, case["classes"] + 1)
    maps = [*case["predicted"], *case["target"]]
    return all(bool((one == c).any()) for one in maps for c in numbers)


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
            "Every class that is not in the truth is left out, of the mean or of what you divide "
            "by. A model that sees a class where there is none then gets away with it: what is its "
            "union?",
            "absent",
        ),
        Mistake(
            "hits_only",
            "The classes with no overlap at all, which are the model's worst, are left out, of the "
            "mean or of what you divide by. What is their IoU?",
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
        Mistake(
            "any_ink_accuracy",
            "You count right pixels among all that are ink in either map, whatever the class. What "
            "should be averaged?",
            "denominator absent pool first last micro",
        ),
        Mistake(
            "from_two",
            "The first class is missing from your mean. With which number do the classes begin?",
            "first",
        ),
        Mistake(
            "largest_predicted",
            "You count the classes by the largest label that the *model* uses. A class that it "
            "never uses is then forgiven. Which argument says how many there are?",
            "last absent pool denominator first",
        ),
        Mistake(
            "largest_true",
            "You count the classes by the largest label in the *truth*. A class that the model "
            "only imagines is then forgiven. Which argument says how many there are?",
            "last absent pool denominator first",
        ),
        Mistake(
            "in_predicted_only",
            "Every class that the model never uses is left out, of the mean or of what you divide "
            "by. A model that misses a class then gets away with it: what is its IoU?",
            "absent pool last",
        ),
        Mistake(
            "first_picture",
            "Only the first picture counts. Which axis holds the others?",
            "pool absent denominator",
        ),
        Mistake(
            "per_class_and_picture",
            "You average every class over the pictures. Which pixels are counted together in this "
            "exercise?",
            "pool absent denominator first last micro",
        ),
        Mistake(
            "precision_safe",
            "You divide by the pixels that were labelled so (0 where there are none). Finding too "
            "little then costs nothing: which pixels are missing below the line?",
            "denominator absent micro pool",
        ),
        Mistake(
            "recall_safe",
            "You divide by the pixels that truly have the class (0 where there are none). "
            "Labelling too much then costs nothing: which pixels are missing below the line?",
            "denominator absent micro pool",
        ),
        Mistake(
            "not_both",
            "Below the line stand the pixels that lie in one of the two, but not in both. Does a "
            "union leave the overlap out?",
            "denominator absent micro pool",
        ),
        Mistake(
            "smoothed",
            "You add 1 above and below the line, as one does in a loss. A measure counts what is "
            "there: which classes would give 0/0, and what is to happen to them?",
            "denominator absent pool micro",
        ),
        Mistake(
            "upside_down",
            "Your ratio is upside down: an IoU is never larger than 1.",
            "denominator absent pool micro",
        ),
        Mistake(
            "all_agreement",
            "Above the line stand *all* pixels on which the maps agree, for every class the same. "
            "Which of them belong to class c?",
            "denominator absent pool micro first last",
        ),
        Mistake(
            "label_product",
            "Your overlap is where the *product* of the two labels is c: 2 · 2 is 4. Where do both "
            "maps say c?",
            "denominator absent pool micro first last",
        ),
        Mistake(
            "without_paper_pixels",
            "You leave out the pixels that are paper in either map, and with them every invented "
            "and every missed pixel. Paper is left out of the *mean*, not of the pixels.",
            "denominator absent pool micro first last",
        ),
        Mistake(
            "whole_division",
            "Your ratios are whole numbers, mostly 0: `//` drops the rest.",
            "denominator absent pool micro average",
        ),
        Mistake(
            "summed",
            "The classes are added up, and the sum is not divided. By how many classes should it "
            "be?",
            "absent pool micro average denominator first last",
        ),
        Mistake(
            "median",
            "You take the median of the classes. Which average does the card ask for?",
            "absent pool micro average",
        ),
    ),
    properties=(
        Property(
            "An IoU lies between 0 and 1, and so does a mean of them; yours does not. Is your "
            "overlap a part of your union, and do you divide by as many classes as you add up?",
            lambda case, score: -1e-6 <= float(score) <= 1 + 1e-6,
        ),
        Property(
            "The measure should be 1 where the two maps are equal; yours is not. There the overlap "
            "of a class is its union: count both. And by how many is the sum over the classes "
            "divided?",
            lambda case, score: not is_equal(case) or is_right(case, score),
        ),
        Property(
            "Even for one class in one picture yours is not the pixels in both over the pixels in "
            "either.",
            lambda case, score: case["classes"] > 1 or is_right(case, score),
        ),
        Property(
            "One class is right. With several in one picture yours is not their mean: which "
            "classes count, and how much each?",
            lambda case, score: (
                not all_occur(case) or len(case["target"]) > 1 or is_right(case, score)
            ),
        ),
        Property(
            "One picture is right, several are not. All their pixels are one pile: count first, "
            "divide once.",
            lambda case, score: not all_occur(case) or is_right(case, score),
        ),
        Property(
            "Right as long as every class occurs in both maps of every picture. What becomes of a "
            "class that is missing in one map (0), in both (left out), or in one picture (counted "
            "together with the others)?",
            is_right,
        ),
    ),
)
