"""A classifier made of prompts. Traps: a mean not renormalised, votes, the wrong axis."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from mmtutor.checks.contrastive.shared import either
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


def zero_shot(pictures: Tensor, prompts: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: the class whose mean prompt vector, made as long as 1, is nearest."""
    if "prompts_mixed" in wrong:
        prompts = prompts.transpose(0, 1)
    scores = class_scores(pictures, prompts, wrong)  # (picture, class)
    ways: dict[str, Callable[[], Tensor]] = {
        "least": lambda: scores.argmin(1),
        "wrong_axis": lambda: scores.argmax(0),
        "scores": lambda: scores,
        "best_score": lambda: scores.amax(1),
        "one_hot": lambda: F.one_hot(scores.argmax(1), scores.shape[1]),
        "from_one": lambda: scores.argmax(1) + 1,
        "runner_up": lambda: scores.argsort(1, descending=True)[:, min(1, scores.shape[1] - 1)],
        "probabilities": lambda: scores.softmax(1),
        "remainder": lambda: best_prompt(pictures, prompts) % prompts.shape[1],
    }
    return either(ways, wrong, scores.argmax(1))


def best_prompt(pictures: Tensor, prompts: Tensor) -> Tensor:
    """Return the number of the nearest prompt, all of them counted in one row."""
    return (pictures @ prompts.flatten(0, 1).T).argmax(1)


def class_scores(pictures: Tensor, prompts: Tensor, wrong: Wrong) -> Tensor:
    """Return how much each picture resembles each class, in one of the ways that people try."""
    each = torch.einsum("nd,cpd->ncp", pictures, prompts)
    mean = prompts.mean(1)
    ways: dict[str, Callable[[], Tensor]] = {
        "not_renormalised": lambda: pictures @ mean.T,
        "best_prompt": lambda: each.amax(2),
        "worst_prompt": lambda: each.amin(2),
        "first_prompt": lambda: each[:, :, 0],
        "last_prompt": lambda: each[:, :, -1],
        "votes": lambda: F.one_hot(each.argmax(1), each.shape[1]).sum(1).float(),
        "shares": lambda: each.softmax(1).mean(2),
        "every_prompt": lambda: each.flatten(1),
        "reshaped": lambda: pictures @ F.normalize(in_turn(prompts).mean(0), dim=1).T,
        "layer_norm": lambda: pictures @ F.layer_norm(mean, mean.shape[1:]).T,
        "class_axis": lambda: pictures @ F.normalize(mean, dim=0).T,
        "by_sum": lambda: pictures @ F.normalize(mean, p=1, dim=1).T,
        "squared": lambda: pictures @ (mean / mean.square().sum(1, keepdim=True)).T,
        "distance": lambda: -torch.cdist(pictures, mean),
        "median_cosine": lambda: each.median(2).values,
        "median_prompt": lambda: pictures @ F.normalize(prompts.median(1).values, dim=1).T,
        "sizes": lambda: (pictures @ F.normalize(mean, dim=1).T).abs(),
        "longer": lambda: pictures @ (mean * mean.norm(dim=1, keepdim=True)).T,
        "two_prompts": lambda: pictures @ F.normalize(prompts[:, :2].mean(1), dim=1).T,
        "prompt_axis": lambda: pictures @ F.normalize(prompts, dim=1).mean(1).T,
        "above_half": lambda: (pictures @ F.normalize(mean, dim=1).T > 0.5).float(),
    }
    return either(ways, wrong, pictures @ F.normalize(mean, dim=1).T)


def in_turn(prompts: Tensor) -> Tensor:
    """Return the prompts reshaped to (prompt, class, d): dealt to the classes one by one."""
    classes, count, width = prompts.shape
    return prompts.reshape(count, classes, width)


def zero_shot_cases() -> list[Case]:
    def case(n: int, spread: list[float], count: int, width: int, seed: int) -> Case:
        pictures = F.normalize(random_tensor(n, width, seed=seed), dim=1)
        centres = random_tensor(len(spread), 1, width, seed=seed + 1)
        noise = random_tensor(len(spread), count, width, seed=seed + 2)
        prompts = F.normalize(centres, dim=2) + torch.tensor(spread).view(-1, 1, 1) * noise
        return Case(pictures=pictures, prompts=F.normalize(prompts, dim=2))

    aligned = case(1, [0.1, 1.0, 0.4, 0.7], 3, 3, seed=420)
    aligned["pictures"] = F.normalize(aligned["prompts"].mean(1), dim=1)
    tiny = Case(
        pictures=torch.tensor([[0.6, 0.8], [1.0, 0.0]]),
        prompts=torch.tensor([[[0.8, 0.6], [0.8, 0.6]], [[0.0, 1.0], [0.96, 0.28]]]),
    )
    return [
        tiny,
        case(7, [0.1, 0.9, 0.4], 2, 3, seed=400),
        case(40, [0.05, 0.6, 1.2, 0.3], 5, 3, seed=410),
        aligned,
        case(60, [0.2, 1.5, 0.6], 4, 6, seed=430),
        Case(  # two classes nearly as near, and one whose prompts nearly cancel
            pictures=torch.tensor([[1.0, 0.0], [0.0, 1.0]]),
            prompts=torch.tensor(
                [
                    [[0.8045, 0.5940], [0.8045, 0.5940]],
                    [[0.8048, 0.5935], [0.8048, 0.5935]],
                    [[0.96, 0.28], [-1.0, 0.0]],
                ]
            ),
        ),
        case(1, [0.3, 0.9], 3, 4, seed=440),
        case(5, [0.8], 2, 3, seed=450),
        case(30, [0.5, 1.1, 0.9, 0.2, 0.7], 1, 4, seed=460),
        Case(
            pictures=torch.tensor([[1.0], [-1.0], [1.0]]),
            prompts=torch.tensor([[[1.0], [1.0], [-1.0]], [[-1.0], [-1.0], [-1.0]]]),
        ),
    ]


def names_a_class(case: Case, output: Tensor) -> bool:
    """Say whether every answer is the number of a class."""
    return bool(((output >= 0) & (output < len(case["prompts"]))).all())


def own_direction_wins(case: Case, output: Tensor) -> bool:
    """Say whether a picture that points where a class's mean points belongs to that class."""
    own = F.normalize(case["prompts"].mean(1), dim=1)
    if case["pictures"].shape != own.shape or not agree(case["pictures"], own):
        return True
    return torch.equal(output, torch.arange(len(own)))


ZERO_SHOT = Implement(
    id="contrastive.zero_shot",
    title="A classifier made of words",
    difficulty=2,
    minutes=15,
    hints=(
        "First make one vector of each class's prompts. Is a mean of unit vectors still a unit "
        "vector, and is it equally long for every class?",
        "m_c = mean_k v_ck, w_c = m_c / |m_c|. The class of picture i: the c with the largest "
        "p_i · w_c.",
        "prompts (class, prompt, d) → their means (class, d) → unit vectors (class, d). pictures "
        "(n, d) times (d, class): (n, class) → whole numbers (n,).",
        "classes = prompts.mean(dim=...)\nclasses = classes / classes.norm(dim=..., keepdim=...)\n"
        "return (pictures @ ...).argmax(dim=...)",
    ),
    reference=zero_shot,
    cases=zero_shot_cases,
    mistakes=(
        Mistake(
            "not_renormalised",
            "A class whose prompts disagree has a short mean, and loses because of that. (The mean "
            "of the prompts' cosines comes to the same.) What had the prompts that their mean "
            "lacks?",
            "class",
        ),
        Mistake(
            "best_prompt",
            "The best prompt of each class decides, and the others have no say. How do all of them "
            "become one vector?",
            "class",
        ),
        Mistake(
            "worst_prompt",
            "The worst prompt of each class decides. How do all of them become one vector?",
            "class",
        ),
        Mistake(
            "first_prompt",
            "Only the first prompt of each class counts. How do all of them become one vector?",
            "class",
        ),
        Mistake(
            "last_prompt",
            "Only the last prompt of each class counts. Does a loop overwrite what it should add "
            "to?",
            "class",
        ),
        Mistake(
            "votes",
            "Each prompt has one vote, and the majority decides. Where do the prompts meet here: "
            "after each has chosen, or before?",
            "class soft",
        ),
        Mistake(
            "shares",
            "You average the shares that each prompt gives to the classes. Where do the prompts "
            "meet here: after a softmax, or before any score?",
            "class soft",
        ),
        Mistake(
            "every_prompt",
            "You number the prompts, all of them in one row. What is to be numbered, and how many "
            "are there?",
            "class mixed flat",
        ),
        Mistake(
            "class_axis",
            "You make the means as long as 1 along the classes: each of the d columns, not each "
            "class. Along which axis do the numbers of one vector lie?",
            "class",
        ),
        Mistake(
            "by_sum",
            "You divide each mean by the sum of its absolute values. Which length has a unit "
            "vector?",
            "class",
        ),
        Mistake(
            "squared",
            "You divide each mean by the *square* of its length, so that a class whose prompts "
            "disagree wins because of that. How long should every class be?",
            "class",
        ),
        Mistake(
            "distance",
            "You look for the nearest mean by distance, but the means are not equally long. What "
            "has to happen to them first?",
            "class",
        ),
        Mistake(
            "prompts_mixed",
            "You average over the classes, so that what you predict is the number of a *prompt*. "
            "Which axis of (class, prompt, d) should go?",
            "mixed",
        ),
        Mistake(
            "least",
            "You choose the class that resembles the picture least. Is a large cosine near or far?",
            "choice",
        ),
        Mistake(
            "wrong_axis",
            "You look for the best picture of each class. Who chooses here, and among what?",
            "choice class",
        ),
        Mistake(
            "scores",
            "You return the scores. Which class do they speak for?",
            "choice",
        ),
        Mistake(
            "best_score",
            "You return how large the largest score is. *Which* class has it?",
            "choice flat",
        ),
        Mistake(
            "one_hot",
            "You return a row of zeros and a one for each picture. Which number says the same?",
            "choice",
        ),
        Mistake(
            "from_one",
            "Your classes are counted from 1. From what do they count here?",
            "choice",
        ),
        Mistake(
            "median_cosine",
            "You take the median of the prompts' cosines. How do all prompts become one vector?",
            "class",
        ),
        Mistake(
            "median_prompt",
            "You take the median of the prompts, number by number. Which mean is asked for?",
            "class",
        ),
        Mistake(
            "sizes",
            "You take the size of the cosines, so that the *opposite* of a class belongs to it, "
            "too.",
            "class",
        ),
        Mistake(
            "longer",
            "You multiply each mean by its length, or normalise it the wrong way: a class whose "
            "prompts disagree loses still more. How long should every class be?",
            "class",
        ),
        Mistake(
            "two_prompts",
            "Only the first two prompts of each class count. How many are there?",
            "class",
        ),
        Mistake(
            "prompt_axis",
            "You normalise along the prompts, before they are averaged. Along which axis do the "
            "numbers of *one* vector lie, and what is to be made as long as 1?",
            "class",
        ),
        Mistake(
            "above_half",
            "You take the first class whose cosine is above ½. Which class is asked for?",
            "class",
        ),
        Mistake(
            "runner_up",
            "You return the second best. Where does counting start?",
            "choice",
        ),
        Mistake(
            "probabilities",
            "You return shares. Which class has the largest?",
            "choice",
        ),
        Mistake(
            "remainder",
            "The remainder of a prompt's number says which of its class's prompts it is. How "
            "would you get the class? And how do all prompts of a class have a say?",
            "class mixed flat choice soft",
        ),
        Mistake(
            "reshaped",
            "It looks as if the prompts were reshaped to (prompt, class, d): that keeps their "
            "order, and so deals them to the wrong classes. Along which axis of (class, prompt, "
            "d) is the mean?",
            "class mixed",
        ),
        Mistake(
            "layer_norm",
            "That is a layer norm: every mean loses its own mean, and gets the length √d. Which "
            "step of it is asked for?",
            "class",
        ),
    ),
    properties=(
        Property(
            "Every answer is the number of a class, counted from 0; somewhere yours is none.",
            names_a_class,
        ),
        Property(
            "A picture that points exactly where the mean of a class's prompts points belongs to "
            "that class; yours goes elsewhere.",
            own_direction_wins,
        ),
    ),
)
