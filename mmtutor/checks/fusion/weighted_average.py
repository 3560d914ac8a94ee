"""A softmax-weighted average. Traps: raw scores, softmax on the wrong axis, dividing again."""

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
from mmtutor.checks.fusion.shared import between


def weighted_average(features: Tensor, scores: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: `Σ_i w_i x_i` with `w = softmax(scores)`."""
    weighed = features * lined_up(weights_of(scores, features, wrong), wrong)
    if "kept" in wrong:
        return weighed
    if "wrong_sum" in wrong:
        return weighed.sum(1)
    result = weighed.mean(0) if "divided_again" in wrong else weighed.sum(0)
    return result.mean(0) if "batch" in wrong else result


def weights_of(scores: Tensor, features: Tensor, wrong: Wrong) -> Tensor:
    """Return a weight for every modality, in one of the ways that people try."""
    ways: dict[str, Callable[[], Tensor]] = {
        "raw": lambda: scores,
        "not_divided": lambda: scores.exp(),
        "sigmoid": lambda: scores.sigmoid(),
        "sigmoid_shared": lambda: scores.sigmoid() / scores.sigmoid().sum(),
        "by_sum": lambda: scores / scores.sum(),
        "by_size": lambda: scores.abs() / scores.abs().sum(),
        "plain": lambda: torch.full_like(scores, 1 / len(scores)),
        "whole": lambda: torch.ones_like(scores),
        "largest": lambda: F.one_hot(scores.argmax(), len(scores)).to(scores),
        "squared": lambda: scores.softmax(0) ** 2,
        "by_squares": lambda: scores**2 / (scores**2).sum(),
        "base_two": lambda: 2**scores / (2**scores).sum(),
        "by_count": lambda: (scores / len(scores) ** 0.5).softmax(0),
        "clipped": lambda: scores.relu().softmax(0),
        "reversed": lambda: scores.softmax(0).flip(0),
        "without_last": lambda: scores.softmax(0) * (torch.arange(len(scores)) < len(scores) - 1),
        "last_one": lambda: scores.softmax(0) * (torch.arange(len(scores)) == len(scores) - 1),
        "first_one": lambda: scores.softmax(0) * (torch.arange(len(scores)) == 0),
        "turned": lambda: (-scores).softmax(0),
        "logarithm": lambda: scores.log_softmax(0),
        "by_root": lambda: (scores / features.shape[-1] ** 0.5).softmax(0),
        "twice": lambda: scores.softmax(0).softmax(0),
        "first_two": lambda: scores.softmax(0) * (torch.arange(len(scores)) < 2),
        "first_pair": lambda: F.pad(scores[:2].softmax(0), (0, len(scores) - 2)),
        "rest_for_all": lambda: rest_for_all(scores.softmax(0)[0], len(scores)),
        "by_norm": lambda: F.normalize(scores, dim=0),
        "two_shares": lambda: two_shares(scores.softmax(0)[0], len(scores)),
        "of_features": lambda: (scores.view(-1, 1, 1) * features).softmax(0),
    }
    return next((way() for name, way in ways.items() if name in wrong), scores.softmax(0))


def two_shares(first: Tensor, count: int) -> Tensor:
    """Return the first modality's weight, the rest for the second, and nothing for the others."""
    return F.pad(torch.stack([first, 1 - first]), (0, count - 2))


def rest_for_all(first: Tensor, count: int) -> Tensor:
    """Return the first modality's weight, and all of the rest for each of the others."""
    return torch.cat([first.unsqueeze(0), (1 - first).expand(count - 1)])


def lined_up(weights: Tensor, wrong: Wrong) -> Tensor:
    """Return weights (modality,) as (modality, 1, 1), or with too few new axes."""
    if weights.ndim == 3 or "no_axes" in wrong:
        return weights
    return weights.unsqueeze(-1) if "one_axis" in wrong else weights.view(-1, 1, 1)


def average_cases() -> list[Case]:
    def case(batch: int, width: int, scores: list[float], seed: int) -> Case:
        features = random_tensor(len(scores), batch, width, seed=seed)
        return Case(features=features, scores=torch.tensor(scores))

    scores = [-0.6, 0.0, 1.3, 0.2]
    doubled, alike, loud = (case(3, 5, scores, seed=seed) for seed in (50, 60, 70))
    doubled["features"][:, 1] = 2 * doubled["features"][:, 0]
    alike["features"] = alike["features"][:1].expand(4, -1, -1).clone()
    loud["features"] = 40 * loud["features"]
    loud["features"][1] = 0.0
    return [
        case(1, 3, [1.0, 0.2], seed=0),
        case(4, 2, [0.5, -1.0, 1.5], seed=10),
        case(2, 3, [0.3, 2.0, -0.4], seed=20),
        case(3, 4, [-0.6, -1.3, 0.2], seed=30),
        case(3, 5, [0.7, 0.7, 0.7, 0.7], seed=40),
        case(3, 5, [-0.7, 0.4, 0.1, -2.0], seed=45),
        case(2, 1, [0.9, -0.8], seed=48),
        doubled,
        alike,
        loud,
        case(4, 2, [30.0, 28.5, -27.0], seed=80),
        case(4, 2, [-42.0, -40.5, -41.0], seed=85),
    ]


def lies_among_modalities(case: Case, output: Tensor) -> bool:
    """Say whether every number lies between the modalities' smallest and largest."""
    return between(case["features"].amin(0), output, case["features"].amax(0))


def doubled_gives_double(case: Case, output: Tensor) -> bool:
    """Say whether an example with twice the features of the one before has twice its result."""
    features = case["features"]
    twice = features.shape[1] > 1 and torch.equal(features[:, 1], 2 * features[:, 0])
    return not twice or agree(output[1], 2 * output[0])


def alike_stays(case: Case, output: Tensor) -> bool:
    """Say whether modalities that are all alike have themselves as their average."""
    first = case["features"][0]
    return not all(torch.equal(x, first) for x in case["features"]) or agree(output, first)


def equal_scores_give_the_mean(case: Case, output: Tensor) -> bool:
    """Say whether nobody is preferred where all scores are equal."""
    return len(case["scores"].unique()) > 1 or agree(output, case["features"].mean(0))


AVERAGE = Implement(
    id="fusion.weighted_average",
    title="A weighted average",
    difficulty=1,
    minutes=10,
    gradient=True,
    hints=(
        "Two steps. First turn the scores into weights: positive, with the sum 1. Which function "
        "of lesson 01 does that? Then multiply each modality by its weight and add up.",
        "w_i = exp(s_i) / Σ_j exp(s_j), and z = Σ_i w_i x_i.",
        "scores (modality,) → weights (modality,) → (modality, 1, 1). Times features (modality, "
        "batch, width), summed over the modalities: (batch, width).",
        "weights = scores....(dim=...)\nreturn (weights.view(..., 1, 1) * features).sum(dim=...)",
    ),
    reference=weighted_average,
    cases=average_cases,
    mistakes=(
        Mistake(
            "raw",
            "Your weights are the scores themselves: some are negative, and they sum to anything. "
            "What turns scores into positive numbers with the sum 1?",
            "weight",
        ),
        Mistake(
            "not_divided",
            "Your weights are positive, but they do not sum to 1. What stands below the line of "
            "the softmax?",
            "weight",
        ),
        Mistake(
            "sigmoid",
            "Your weights are sigmoids: each lies between 0 and 1, but do they sum to 1? Which "
            "function lets the modalities share?",
            "weight",
        ),
        Mistake(
            "sigmoid_shared",
            "You divide sigmoids by their sum. The weights sum to 1, but a score of 5 hardly "
            "counts more than one of 3. Which function does the softmax use to make scores "
            "positive?",
            "weight",
        ),
        Mistake(
            "by_sum",
            "You divide the scores by their sum. What becomes of the weights when the scores are 1 "
            "and -1?",
            "weight",
        ),
        Mistake(
            "by_size",
            "You take the scores' absolute values, so that a score of -2 counts as much as one of "
            "2. Which function makes positive numbers and keeps their order?",
            "weight",
        ),
        Mistake(
            "plain",
            "Every modality has the same weight in your version. Which argument has no say?",
            "weight divided",
        ),
        Mistake(
            "whole",
            "You add up the modalities whole, as if every weight were 1. If you did call softmax: "
            "how many numbers lie along the axis that it runs over?",
            "weight divided reduce",
        ),
        Mistake(
            "largest",
            "Only the modality with the largest score reaches your result. How much weight has "
            "the second largest after a softmax?",
            "weight",
        ),
        Mistake(
            "squared",
            "Your weights are squared, so they sum to less than 1. Do you multiply by the weights "
            "twice?",
            "weight",
        ),
        Mistake(
            "turned",
            "The modality with the largest score gets the smallest weight. Where does a minus come "
            "from?",
            "weight",
        ),
        Mistake(
            "logarithm",
            "Your weights are negative: they are logarithms of weights. Which of the two functions "
            "`softmax` and `log_softmax` makes weights?",
            "weight",
        ),
        Mistake(
            "by_root",
            "You divide the scores by the root of the width, as attention does. Are these scores "
            "dot products?",
            "weight",
        ),
        Mistake(
            "by_count",
            "You divide the scores by the root of their number, as if they were dot products. What "
            "does the formula do to them before the softmax?",
            "weight",
        ),
        Mistake(
            "by_squares",
            "You divide the squares of the scores by their sum, so that -2 counts as much as 2. "
            "Which function makes positive numbers and keeps their order?",
            "weight",
        ),
        Mistake(
            "base_two",
            "It looks as if your weights were powers of 2. Which number does the softmax raise to "
            "the scores?",
            "weight",
        ),
        Mistake(
            "clipped",
            "Negative scores count as 0 in your version. Does a score have to be positive for its "
            "weight to be?",
            "weight",
        ),
        Mistake(
            "reversed",
            "The weights stand in the reverse order: the first modality gets the last one's. "
            "Which weight belongs to which?",
            "weight",
        ),
        Mistake(
            "without_last",
            "The last modality does not reach your result. Where does your loop end?",
            "weight",
        ),
        Mistake(
            "last_one",
            "Only the last modality reaches your result. Does a loop overwrite what it should add "
            "to?",
            "weight",
        ),
        Mistake(
            "first_one",
            "Only the first modality reaches your result, weighed. Does a loop return too early?",
            "weight",
        ),
        Mistake(
            "first_pair",
            "Only the first two modalities share out your weights. What if there are three or "
            "more, and which function generalises the sigmoid?",
            "weight",
        ),
        Mistake(
            "twice",
            "Your weights went through a softmax twice, which makes them nearly equal. Once they "
            "sum to 1, what is left to do?",
            "weight",
        ),
        Mistake(
            "first_two",
            "Only the first two modalities reach your result. What if there are three or more?",
            "weight",
        ),
        Mistake(
            "two_shares",
            "The second modality gets all that the first leaves, which is right for two. What if "
            "there are three or more?",
            "weight",
        ),
        Mistake(
            "rest_for_all",
            "Each of the others gets all that the first leaves. How do several share what is left?",
            "weight",
        ),
        Mistake(
            "by_norm",
            "You divide the scores by their length, so that their *squares* sum to 1. What should "
            "sum to 1, and may a weight be negative?",
            "weight",
        ),
        Mistake(
            "of_features",
            "Your softmax sees the features, too: each number of each example gets weights of its "
            "own. On what do the weights of this exercise depend?",
            "weight axes",
        ),
        Mistake(
            "no_axes",
            "Shapes are lined up from the right, so your weights (modality,) meet the *features* "
            "(width,), and only by luck do the sizes fit. Where do they need new axes?",
            "axes",
        ),
        Mistake(
            "one_axis",
            "Shapes are lined up from the right, so your weights (modality, 1) meet (batch, width):"
            " every *example* gets a weight, where the sizes fit. How many axes are missing?",
            "axes",
        ),
        Mistake(
            "divided_again",
            "You weigh the modalities and then take their *mean*: that divides once more. What do "
            "the weights sum to already?",
            "reduce divided",
        ),
        Mistake(
            "kept",
            "You return every modality, weighed, and they have not met. What does Σ ask for?",
            "reduce",
        ),
        Mistake(
            "wrong_sum",
            "You add up the examples of the batch. Over which axis do the modalities lie?",
            "reduce",
        ),
        Mistake(
            "batch",
            "One vector is left of the whole batch. Every example has its own features: which axis "
            "must survive?",
            "reduce",
        ),
    ),
    properties=(
        Property(
            "An example with twice the features of another has twice its result; yours has not. "
            "Are the features anything but weighed?",
            doubled_gives_double,
        ),
        Property(
            "Where all modalities hold the same numbers, their weighted average holds them, too; "
            "yours does not. Do your weights sum to 1?",
            alike_stays,
        ),
        Property(
            "Where all scores are equal nobody is preferred, so the result is the mean of the "
            "modalities; yours is another.",
            equal_scores_give_the_mean,
        ),
        Property(
            "A weighted average lies between the smallest and the largest of what it averages; "
            "yours leaves that range.",
            lies_among_modalities,
        ),
    ),
)
