"""One loss for two tasks whose labels are not all there. Traps: counts, and a task without any."""

import math
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

MISSING = -100


def multitask_loss(
    first_scores: Tensor,
    first_labels: Tensor,
    second_scores: Tensor,
    second_labels: Tensor,
    weights: tuple[float, float],
    wrong: Wrong = RIGHT,
) -> Tensor:
    """Reference: each task's mean over its own labels, weighted and added."""
    labels = torch.stack([first_labels, second_labels])
    prices = [
        price(scores, row, wrong)
        for scores, row in zip((first_scores, second_scores), labels, strict=True)
    ]
    return total(averaged(torch.stack(prices), labels, wrong), labels, weights, wrong)


def price(scores: Tensor, labels: Tensor, wrong: Wrong) -> Tensor:
    """Return what each picture costs (picture,); where its label is missing, class 0 is taken."""
    places = labels.clamp(min=0)[:, None]
    if "missing_is_last" in wrong:
        places = torch.where(labels[:, None] == MISSING, scores.shape[1] - 1, places)
    axis = 0 if "over_pictures" in wrong else 1
    at = partial(of_label, places)
    ways: dict[str, Callable[[], Tensor]] = {
        "score_alone": lambda: -at(scores),
        "probability": lambda: -at(scores.softmax(1)),
        "one_minus": lambda: 1 - at(scores.softmax(1)),
        "bits": lambda: -at(scores.log_softmax(1)) / math.log(2),
        "sign": lambda: at(scores.log_softmax(1)),
        "all_classes": lambda: -scores.log_softmax(1).sum(1),
        "softmax_twice": lambda: -at(scores.softmax(1).log_softmax(1)),
        "by_classes": lambda: -at(scores.log_softmax(1)) / scores.shape[1],
    }
    return either(ways, wrong, lambda: -at(scores.log_softmax(axis)))


def of_label(places: Tensor, values: Tensor) -> Tensor:
    """Return the value of each picture's label (picture,) from values (picture, class)."""
    return values.gather(1, places).squeeze(1)


def averaged(prices: Tensor, labels: Tensor, wrong: Wrong) -> Tensor:
    """Return the loss of each task (2,) from prices and labels (2, picture)."""
    known = labels != MISSING
    known = known & (labels > 0) if "first_class_missing" in wrong else known
    both = known.all(0).expand_as(known)
    counts = known.sum(1)
    summed, shared = (prices * known).sum(1), (prices * both).sum(1)
    mean = summed / counts.clamp(min=1)
    ways: dict[str, Callable[[], Tensor]] = {
        "over_all": lambda: summed / prices.shape[1],
        "summed": lambda: summed,
        "missing_is_first": lambda: prices.mean(1),
        "missing_is_last": lambda: prices.mean(1),
        "missing_in_sum": lambda: prices.sum(1) / counts.clamp(min=1),
        "both_labelled": lambda: shared / both.sum(1).clamp(min=1),
        "pooled": lambda: summed / counts.sum(),
        "mean_count": lambda: summed / counts.float().mean(),
        "first_count": lambda: summed / counts[0].clamp(min=1),
        "nan_if_none": lambda: summed / counts,
        "either_labelled": lambda: summed / known.any(0).sum().clamp(min=1),
        "first_mask": lambda: torch.stack([mean[0], shared[1] / both.sum(1)[1].clamp(min=1)]),
        "second_mask": lambda: torch.stack([shared[0] / both.sum(1)[0].clamp(min=1), mean[1]]),
        "first_mask_counted": lambda: torch.stack([mean[0], shared[1] / counts[0].clamp(min=1)]),
        "second_mask_counted": lambda: torch.stack([shared[0] / counts[1].clamp(min=1), mean[1]]),
        "largest": lambda: (prices * known).amax(1),
        "missing_only": lambda: (prices * ~known).sum(1) / (~known).sum(1).clamp(min=1),
    }
    return either(ways, wrong, lambda: mean)


def total(losses: Tensor, labels: Tensor, weights: tuple[float, float], wrong: Wrong) -> Tensor:
    """Return one number from the losses of the tasks (2,)."""
    first, second = weights
    counts = (labels != MISSING).sum(1)
    weigh = partial(weighted, losses)
    ways: dict[str, Callable[[], Tensor]] = {
        "weights_exchanged": lambda: weigh(second, first),
        "no_weights": lambda: weigh(1.0, 1.0),
        "first_weight": lambda: weigh(first, first),
        "second_weight": lambda: weigh(second, second),
        "first_weighted_only": lambda: weigh(first, 1.0),
        "second_weighted_only": lambda: weigh(1.0, second),
        "normalised": lambda: weigh(first, second) / (first + second),
        "halved": lambda: weigh(first, second) / 2,
        "squared_weights": lambda: weigh(first**2, second**2),
        "divided": lambda: weigh(1 / first, 1 / second),
        "first_only": lambda: first * losses[0],
        "second_only": lambda: second * losses[1],
        "larger_weight": lambda: weigh(max(weights), max(weights)),
        "softmax_weights": lambda: weigh(*torch.tensor(weights).softmax(0)),
        "none_drops_both": lambda: weigh(first, second) * (counts > 0).all(),
    }
    return either(ways, wrong, lambda: weigh(first, second))


def weighted(losses: Tensor, first: float | Tensor, second: float | Tensor) -> Tensor:
    """Return the weighted sum of two losses."""
    return first * losses[0] + second * losses[1]


def loss_cases() -> list[Case]:
    def case(
        first: list[int],
        second: list[int],
        classes: tuple[int, int],
        weights: tuple[float, float],
        seed: int,
    ) -> Case:
        return Case(
            first_scores=2 * random_tensor(len(first), classes[0], seed=seed),
            first_labels=torch.tensor(first),
            second_scores=2 * random_tensor(len(second), classes[1], seed=seed + 1),
            second_labels=torch.tensor(second),
            weights=weights,
        )

    no = MISSING
    far = case([2, 0, no, 1], [1, 0, 0, no], (3, 2), (0.5, 0.25), 905)
    far["first_scores"][:2] = torch.tensor([[25.0, -25.0, 0.0], [-25.0, 0.0, -1.0]])
    far["second_scores"][:2] = torch.tensor([[25.0, 0.0], [-25.0, 0.0]])
    for name in ("first_scores", "second_scores"):
        far[name][3] = far[name][1]
    return [
        case([1, 0, no], [no, no, 3], (2, 4), (1.0, 0.5), 900),
        case([2, no, 0, 1, 2], [1, 1, no, no, 0], (3, 2), (0.3, 2.0), 910),
        case([no] * 4, [4, no, 0, 2], (2, 5), (3.0, 0.7), 920),
        case([1, 3, 0, no, 3, 2], [no] * 6, (4, 3), (0.6, 1.7), 930),
        case([0, 1, 2, 1], [1, 0, 1, 1], (3, 2), (0.25, 4.0), 940),
        far,
        case([1], [2], (2, 3), (2.0, 0.1), 950),
        case([0, no, 0, no, 0], [5, 0, 6, no, 1], (1, 7), (1.5, 0.4), 960),
        case([0, no, 0], [0, 0, 0], (5, 1), (0.8, 5.0), 970),
        # one picture has both labels, another none
        case([no, 2, no, 0, no, no, 3], [2, no, 1, 0, no, 1, no], (4, 3), (0.0005, 1.3), 980),
    ]


def right(case: Case) -> Tensor:
    """Return the right loss."""
    return multitask_loss(*case.values())


def is_complete(case: Case) -> bool:
    """Say whether no label is missing."""
    return not bool((torch.stack([case["first_labels"], case["second_labels"]]) == MISSING).any())


def right_if_complete(case: Case, output: Tensor) -> bool:
    """Say whether the loss is right where no label is missing."""
    return not is_complete(case) or agree(output, right(case))


def right_if_none(case: Case, output: Tensor) -> bool:
    """Say whether the loss is right where a task has no label at all."""
    none = any(bool((case[f"{n}_labels"] == MISSING).all()) for n in ("first", "second"))
    return not none or agree(output, right(case))


LOSS = Implement(
    id="multitask.loss",
    title="One loss for two tasks",
    difficulty=1,
    minutes=15,
    gradient=True,
    hints=(
        "Do one task first: which of its pictures have a label, and what do these cost on average? "
        "Then the same for the other, and only then the weights.",
        "L_t = (1/n_t) Σ −ln p(label), over the n_t pictures with a label of task t; 0 where n_t "
        "is 0. Total: w₁ L₁ + w₂ L₂.",
        "known = labels != -100 is (picture,). scores[known] is (n_t, class), labels[known] is "
        "(n_t,); the loss of a task is one number, and so is the total.",
        "def task_loss(scores, labels):\n    known = labels != -100\n"
        "    total = F.cross_entropy(scores[known], labels[known], reduction='sum')\n"
        "    return total / ...  # which must not be 0\n\n"
        "return weights[0] * task_loss(...) + ...",
    ),
    reference=multitask_loss,
    cases=loss_cases,
    mistakes=(
        Mistake(
            "over_all",
            "You divide by the number of pictures, also of those without a label. They add nothing "
            "to the sum: should they count?",
            "mean",
        ),
        Mistake(
            "summed",
            "You add the prices of a task's pictures up. The card asks for their mean.",
            "mean",
        ),
        Mistake(
            "missing_is_first",
            "A missing label counts as class 0 in yours. Is anything known of such a picture?",
            "mean price",
        ),
        Mistake(
            "missing_is_last",
            "A missing label counts as the last class in yours. Is anything known of such a "
            "picture?",
            "mean price",
        ),
        Mistake(
            "missing_in_sum",
            "Pictures without a label are in the sum (as class 0), though you divide by the number "
            "of the others.",
            "mean price",
        ),
        Mistake(
            "both_labelled",
            "Only pictures with *both* labels count in yours. What can a picture teach that has "
            "one?",
            "mean",
        ),
        Mistake(
            "either_labelled",
            "You divide by the number of pictures with *any* label. Each task has its own count.",
            "mean",
        ),
        Mistake(
            "first_mask",
            "Both tasks are masked with the *first* task's labels, so the second learns nothing "
            "from a picture that has its label alone. Each task has its own mask.",
            "mean price count masks",
        ),
        Mistake(
            "second_mask",
            "Both tasks are masked with the *second* task's labels, so the first learns nothing "
            "from a picture that has its label alone. Each task has its own mask.",
            "mean price count masks",
        ),
        Mistake(
            "first_mask_counted",
            "Both tasks are masked, and divided, by the *first* task's labels. Each task has its "
            "own mask and its own count.",
            "mean price count masks",
        ),
        Mistake(
            "second_mask_counted",
            "Both tasks are masked, and divided, by the *second* task's labels. Each task has its "
            "own mask and its own count.",
            "mean price count masks",
        ),
        Mistake(
            "first_class_missing",
            "Pictures of class 0 are left out. Which label says that there is none?",
            "mean price",
        ),
        Mistake(
            "pooled",
            "You divide both sums by the number of labels of both tasks together, or weigh each "
            "task by its share of them. Over which labels is a task's own mean?",
            "mean",
        ),
        Mistake(
            "mean_count",
            "You divide both sums by the same number, the mean of the two counts of labels. Each "
            "task has its own count.",
            "mean count",
        ),
        Mistake(
            "first_count",
            "You divide both sums by the number of labels of the *first* task. Each task has its "
            "own count.",
            "mean count",
        ),
        Mistake(
            "nan_if_none",
            "Where a task has no label at all its mean is 0/0, not a number, and one such batch "
            "spoils all weights. (PyTorch's `cross_entropy` does that, too.) What should it be?",
            "mean",
        ),
        Mistake(
            "largest",
            "You take the most expensive picture of each task. The card asks for the mean.",
            "mean",
        ),
        Mistake(
            "missing_only",
            "Your mean is over the pictures *without* a label. Which way round is the mask?",
            "mean price",
        ),
        Mistake(
            "over_pictures",
            "The softmax runs over the pictures. Along which axis are the classes of one picture?",
            "price",
        ),
        Mistake(
            "score_alone",
            "A picture costs minus its score in yours. Where is the softmax, and the logarithm?",
            "price",
        ),
        Mistake(
            "probability",
            "A picture costs minus its *probability* in yours. Where is the logarithm?",
            "price",
        ),
        Mistake(
            "one_minus",
            "A picture costs 1 − p in yours. The cross-entropy is −ln p.",
            "price",
        ),
        Mistake(
            "softmax_twice",
            "You take a softmax twice: PyTorch's `cross_entropy` takes one itself, so it wants the "
            "scores as they are.",
            "price",
        ),
        Mistake(
            "by_classes",
            "You divide by the number of classes, too. A picture counts once.",
            "price",
        ),
        Mistake("bits", "That is in bits. The natural logarithm is asked for.", "price"),
        Mistake(
            "sign",
            "The sign is wrong: a probability is at most 1, so its logarithm is negative. Which "
            "sign has a loss?",
            "price",
        ),
        Mistake(
            "all_classes",
            "You add −ln p of *all* classes up. Which class is the label's?",
            "price",
        ),
        Mistake(
            "weights_exchanged",
            "The weights stand on the wrong tasks: the first of them belongs to the first task.",
            "total",
        ),
        Mistake("no_weights", "The weights are not used. Where do they come in?", "total"),
        Mistake(
            "first_weight",
            "Both tasks get the first weight. Whose is the second?",
            "total",
        ),
        Mistake(
            "second_weight",
            "Both tasks get the second weight. Whose is the first?",
            "total",
        ),
        Mistake(
            "first_weighted_only",
            "The second task's loss comes without its weight.",
            "total",
        ),
        Mistake(
            "second_weighted_only",
            "The first task's loss comes without its weight.",
            "total",
        ),
        Mistake(
            "normalised",
            "You divide by the sum of the weights. The card asks for the weighted *sum*.",
            "total",
        ),
        Mistake(
            "halved",
            "You take the mean of the two weighted losses. The card asks for their sum.",
            "total count",
        ),
        Mistake("squared_weights", "The weights are multiplied twice.", "total"),
        Mistake(
            "divided",
            "You divide by the weights. What should a task with a weight of 2 count?",
            "total",
        ),
        Mistake("first_only", "The second task is not in it.", "total count"),
        Mistake("second_only", "The first task is not in it.", "total masks"),
        Mistake(
            "larger_weight",
            "Both tasks get the larger weight. Each has its own.",
            "total",
        ),
        Mistake(
            "softmax_weights",
            "You take a softmax of the weights. They count as they are.",
            "total",
        ),
        Mistake(
            "none_drops_both",
            "Where one task has no label, nothing is left of the other's loss either.",
            "total mean",
        ),
    ),
    properties=(
        Property(
            "Where no label is missing it should be the weighted sum of two ordinary mean "
            "cross-entropies, and it is not. Is it the price of a picture, by what you divide, or "
            "the weight?",
            right_if_complete,
        ),
        Property(
            "Where one task has no label at all, its loss is 0 and the total is the other's "
            "weighted loss; yours is another.",
            right_if_none,
        ),
        Property(
            "Where no label is missing all is right, and where a task has none, too. By what do "
            "you divide where only *some* are missing?",
            lambda case, output: agree(output, right(case)),
        ),
    ),
)
