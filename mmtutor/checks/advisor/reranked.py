"""Search, then look again. Traps: the whole catalogue, sums, places for ids, fewer than k."""

from collections.abc import Callable

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


def reranked(first: Tensor, second: Tensor, k: int, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: the k best of the first stage, the best of the second stage at the front."""
    if "roles_exchanged" in wrong:
        first, second = second, first
    short = shortlist(first, second, k, wrong)
    order = ordered(short, first, second, wrong)
    ends: dict[str, Callable[[], Tensor]] = {
        "only_sum": lambda: ranked(first + second)[:k],
        "rank_sum": lambda: ranked(-places(first) - places(second))[:k],
        "masked": lambda: ranked(second * torch.isin(torch.arange(len(second)), short))[:k],
        "places": lambda: short.argsort()[order.argsort()[short.argsort()].argsort()],
        "places_of_best": lambda: ranked(second[short]),
        "scores": lambda: second[order],
        "ranks": lambda: order.argsort(),
        "from_one": lambda: order + 1,
        "best_only": lambda: order[:1],
        "rest_behind": lambda: torch.cat([order, rest(order, ranked(first))]),
    }
    return either(ends, wrong, lambda: order)


def ranked(scores: Tensor, larger_id: bool = False) -> Tensor:
    """Return ids from the highest score down; of ties the smaller id comes first, or the larger."""
    if larger_id:
        return len(scores) - 1 - scores.flip(0).argsort(descending=True, stable=True)
    return scores.argsort(descending=True, stable=True)


def places(scores: Tensor) -> Tensor:
    """Return the place of each item if they stand in order, the best at 0."""
    return ranked(scores).argsort()


def rest(some: Tensor, ids: Tensor) -> Tensor:
    """Return the ids that are missing in `some`, in their order."""
    return ids[~torch.isin(ids, some)]


def shortlist(first: Tensor, second: Tensor, k: int, wrong: Wrong) -> Tensor:
    """Return which items reach the second stage, the best of the first stage at the front."""
    best = ranked(first)
    line = first.sort(descending=True).values[min(k, len(first)) - 1]
    ways: dict[str, Callable[[], Tensor]] = {
        "everything": lambda: best,
        "first_ones": lambda: torch.arange(len(first))[:k],
        "lowest": lambda: first.argsort(stable=True)[:k],
        "last_k": lambda: best[-k:],
        "larger_id_kept": lambda: ranked(first, larger_id=True)[:k],
        "ties_kept": lambda: best[first[best] >= line],
        "above_line": lambda: best[first[best] > line],
        "one_less": lambda: best[: k - 1],
        "one_more": lambda: best[: k + 1],
        "in_both": lambda: best[:k][torch.isin(best[:k], ranked(second)[:k])],
        "cut_after": lambda: ranked(second)[:k],
        "by_sum_first": lambda: ranked(first + second)[:k],
        "by_size": lambda: ranked(first.abs())[:k],
        "above_zero": lambda: best[:k][first[best[:k]] > 0],
        "by_best_first": lambda: ranked(first / first.max())[:k],
    }
    return either(ways, wrong, lambda: best[:k])


def ordered(short: Tensor, first: Tensor, second: Tensor, wrong: Wrong) -> Tensor:
    """Return the items of the shortlist in their final order."""

    def by(scores: Tensor) -> Tensor:
        """Return the shortlist by scores of all items; of ties the smaller id comes first."""
        ids = short.sort().values
        return ids[ranked(scores[ids])]

    ways: dict[str, Callable[[], Tensor]] = {
        "first_order": lambda: short,
        "ascending": lambda: by(-second),
        "ascending_flipped": lambda: by(second).flip(0),
        "by_sum": lambda: by(first + second),
        "by_product": lambda: by(first * second),
        "by_id": lambda: short.sort().values,
        "ties_by_first": lambda: short[ranked(second[short])],
        "ties_by_larger": lambda: by_larger(short, second),
        "by_first_k": lambda: short.sort().values[ranked(second[: len(short)])],
        "by_place": lambda: short[ranked(second[: len(short)])],
        "by_best": lambda: by(second / second[short].max()) if len(short) else short,
        "by_difference": lambda: by(second - first),
        "by_size_second": lambda: by(second.abs()),
    }
    return either(ways, wrong, lambda: by(second))


def by_larger(short: Tensor, second: Tensor) -> Tensor:
    """Return a shortlist by the second scores; of ties the larger id comes first."""
    ids = short.sort(descending=True).values
    return ids[ranked(second[ids])]


def reranked_cases() -> list[Case]:
    def written(first: list[float], second: list[float], k: int) -> Case:
        return Case(first=torch.tensor(first), second=torch.tensor(second), k=k)

    def case(items: int, k: int, seed: int, steps: float = 100.0, scale: float = 1.0) -> Case:
        """Scores in steps, so that some are equal."""
        drawn = (random_tensor(2, items, seed=seed) * steps).round() / steps * scale
        return Case(first=drawn[0], second=drawn[1], k=k)

    return [
        written([0.9, 0.2, 0.8, 0.4], [0.1, 0.9, 0.6, 0.3], 2),
        written([0.9, 0.2, 0.8, 0.4], [0.1, 0.9, 0.6, 0.3], 3),
        written([0.3], [0.5], 1),
        written([0.1, 0.7, 0.3], [2.0, 1.0, 3.0], 1),
        written([0.1, 0.7], [0.4, 0.2], 5),
        written([0.5, 0.5, 0.5, 0.5, 0.5], [0.1, 0.3, 0.2, 0.9, 0.3], 3),
        written([0.2, 0.9, 0.4, 0.9, 0.1, 0.8], [0.0, 0.5, 0.5, 0.5, 0.7, 0.5], 4),
        written([-3.0, -1.0, -2.0, -9.0, -1.5], [-4.0, -2.0, -1.0, -0.5, -3.0], 3),
        written([150.0, -40.0, 151.0, 30.0, 29.0], [-30.0, 900.0, 45.0, 44.0, -25.0], 4),
        written([1e-4, 3e-4, 2e-4, 0.0], [2e-4, 1e-4, 4e-4, 9e-4], 3),
        written([0.501, 0.502, 0.503, 0.504], [0.304, 0.301, 0.303, 0.302], 2),
        written([0.0, -0.5, 0.3, 0.2, -0.1], [0.0, 0.6, -0.2, 0.1, -0.7], 4),
        written([-30.0, -25.0, -40.0, -21.0], [25.0, 30.0, 41.0, 22.0], 3),
        case(12, 5, 10),
        case(9, 4, 20, 2.0),
        case(30, 7, 30, 3.0, 20.0),
        case(7, 20, 40, 1.0),
        case(15, 6, 50, 1.0, 0.01),
        case(8, 2, 60),
    ]


def whole(output: Tensor) -> Tensor:
    """Return what came out as a row of whole numbers."""
    return torch.as_tensor(output).flatten().long()


def has_k(case: Case, output: Tensor) -> bool:
    """Say whether there are k ids, or as many as there are items."""
    return len(whole(output)) == min(case["k"], len(case["first"]))


def each_once(case: Case, output: Tensor) -> bool:
    """Say whether every id is one of the catalogue and comes once."""
    ids = whole(output)
    inside = bool(((ids >= 0) & (ids < len(case["first"]))).all())
    return inside and len(ids.unique()) == len(ids)


def are_best(case: Case, output: Tensor) -> bool:
    """Say whether the ids are those of the k best of the first stage, in any order."""
    wanted = reranked(*case.values()).sort().values
    return not has_k(case, output) or torch.equal(whole(output).sort().values, wanted)


def fall(case: Case, output: Tensor) -> bool:
    """Say whether the second scores fall from id to id, or stay."""
    return not each_once(case, output) or bool((case["second"][whole(output)].diff() <= 0).all())


def ties_are_right(case: Case, output: Tensor) -> bool:
    """Say whether all is right."""
    return not has_k(case, output) or torch.equal(whole(output), reranked(*case.values()))


RERANKED = Implement(
    id="advisor.reranked",
    title="Search first, then look again",
    difficulty=2,
    minutes=15,
    hints=(
        "Two questions, two scores: who may come to the second interview, and who is hired? "
        "Which score answers which?",
        "Shortlist = the k ids with the highest first scores. Result = the shortlist, sorted by "
        "(−second, id).",
        "`first`, `second`: (item). Shortlist and result: (min(k, items)), whole numbers. Second "
        "scores of the shortlist: `second[short]`; their `argsort` gives *places* in it.",
        "short = first.argsort(descending=True, stable=True)[...]\nshort = short.sort().values  "
        "# so that a stable sort keeps the smaller id in front\n"
        "order = second[...].argsort(descending=..., stable=True)\nreturn short[...]",
    ),
    reference=reranked,
    cases=reranked_cases,
    mistakes=(
        Mistake(
            "everything",
            "All of the catalogue is in your result. Only the k best of the first stage go on.",
            "short",
        ),
        Mistake(
            "cut_after",
            "You rerank the whole catalogue and cut then. Only the k best of the *first* stage may "
            "go on; that is what makes the second stage cheap.",
            "short order",
        ),
        Mistake(
            "first_ones",
            "You take the first k items of the catalogue. Which have the highest first scores?",
            "short order",
        ),
        Mistake("lowest", "You let the k *worst* of the first stage go on.", "short"),
        Mistake(
            "larger_id_kept",
            "If several items are equally good at the edge of the shortlist, the one with the "
            "smaller id goes on. In yours it is the larger.",
            "short",
        ),
        Mistake(
            "ties_kept",
            "If several items are equally good at the edge of the shortlist, you let all of them "
            "go on. There are k.",
            "short order end",
        ),
        Mistake(
            "above_line",
            "What is as good as the k-th of the first stage is lost in yours, and that one itself: "
            "`>` where `≥` was meant? k ids go on.",
            "short order end",
        ),
        Mistake(
            "one_less",
            "One item too few goes on. Where does a slice stop?",
            "short order end",
        ),
        Mistake("one_more", "One item too many goes on. Where does a slice stop?", "short end"),
        Mistake(
            "in_both",
            "You return what is among the k best by *both* scores. The second stage only sorts.",
            "short order end",
        ),
        Mistake(
            "by_sum_first",
            "The shortlist is by the sum of both scores in yours. The first alone decides who goes "
            "on.",
            "short order end",
        ),
        Mistake(
            "only_sum",
            "You add both scores and take the k best sums. The first alone decides who goes on, "
            "the second alone sorts.",
            "short order end",
        ),
        Mistake(
            "rank_sum",
            "You add the places in both orders. The first alone decides who goes on, the second "
            "alone sorts.",
            "short order end",
        ),
        Mistake(
            "masked",
            "Items outside of the shortlist get the score 0 in yours, and 0 is better than a "
            "negative one.",
            "short order end",
        ),
        Mistake(
            "by_size",
            "The shortlist is by the first scores without their signs. −3 is worse than 1.",
            "short order end",
        ),
        Mistake(
            "above_zero",
            "Items with a first score of 0 or less are lost in yours. They may be among the best.",
            "short order end",
        ),
        Mistake(
            "by_best_first",
            "You divide the first scores by the best one. If that is negative, the order turns "
            "round.",
            "short order end",
        ),
        Mistake(
            "roles_exchanged",
            "The two scores have changed places: the *first* chooses, the second sorts.",
            "short order end",
        ),
        Mistake(
            "first_order",
            "Your result stands in the order of the first scores. What does the second stage do?",
            "order",
        ),
        Mistake(
            "ascending",
            "The worst of the shortlist stands at the front. `sort` begins with the smallest.",
            "order",
        ),
        Mistake(
            "ascending_flipped",
            "If two second scores are equal, the larger id stands in front; was a sorted list "
            "turned round? And the worst stands at the front.",
            "order short end",
        ),
        Mistake(
            "by_sum",
            "You sort by the sum of both scores. The first stage has done its work: the second "
            "alone sorts.",
            "order",
        ),
        Mistake(
            "by_product",
            "You sort by the product of both scores. The second alone sorts.",
            "order short end",
        ),
        Mistake(
            "by_id",
            "Your result stands in the order of the ids. The highest second score comes first.",
            "order",
        ),
        Mistake(
            "ties_by_first",
            "If two second scores are equal, the one with the better first score stands in front "
            "in yours. The smaller *id* does.",
            "order short",
        ),
        Mistake(
            "ties_by_larger",
            "If two second scores are equal, the larger id stands in front in yours. The smaller "
            "does.",
            "order",
        ),
        Mistake(
            "by_first_k",
            "You sort by the second scores of the *first* k items of the catalogue. Which items "
            "are in the shortlist?",
            "short order end",
        ),
        Mistake(
            "by_best",
            "You divide the second scores by the best one. If that is negative, the order turns "
            "round.",
            "order short end",
        ),
        Mistake(
            "by_difference",
            "You sort by the difference of the scores. The second alone sorts.",
            "order short end",
        ),
        Mistake(
            "by_size_second",
            "You sort by the second scores without their signs. −3 is worse than 1.",
            "order short end",
        ),
        Mistake(
            "places",
            "Those are places *in the shortlist*. Which ids stand there?",
            "end order short",
        ),
        Mistake("scores", "Those are scores. The *ids* are asked for.", "end order short"),
        Mistake(
            "ranks",
            "You say which rank each has. Which id comes first, which second?",
            "end order short",
        ),
        Mistake("from_one", "You count ids from 1. The first item has the id 0.", "end short"),
        Mistake(
            "best_only",
            "Only the best is in your result. All of the shortlist is asked for.",
            "end short",
        ),
        Mistake(
            "rest_behind",
            "The rest of the catalogue follows behind the shortlist in yours. k ids are asked for.",
            "end short order",
        ),
        Mistake(
            "places_of_best",
            "Those are places *in the shortlist*, the best first score being at 0. Which ids stand "
            "there?",
            "short order end",
        ),
        Mistake(
            "last_k",
            "The order begins with the best, and you take its *last* k: the worst of the first "
            "stage go on.",
            "short order end",
        ),
        Mistake(
            "by_place",
            "You take the second scores of the items 0, 1, 2 … for those of the shortlist. Each "
            "has its own: `second[id]`.",
            "short order end",
        ),
    ),
    properties=(
        Property(
            "k ids come out, or as many as there are items if these are fewer. In yours it is "
            "another number.",
            has_k,
        ),
        Property(
            "An id is one of 0, 1, … and comes once. In yours one repeats or lies outside.",
            each_once,
        ),
        Property(
            "What comes out are the k ids with the highest *first* scores, in whatever order; of "
            "ties at the edge the smaller ids. In yours there is another one.",
            are_best,
        ),
        Property(
            "The *second* scores fall from one id to the next, or stay. In yours somewhere they "
            "rise.",
            fall,
        ),
        Property(
            "Where two second scores are equal, the smaller id stands in front. In yours somewhere "
            "it does not.",
            ties_are_right,
        ),
    ),
)
